"""Broken rules must not pass: forty rules chosen by seed, each broken once, and every mutant fails the check of a component that uses it.

This says how much the proof notices. It runs with the catalogue's own strategies and tolerances.
"""
import functools
import random

import numpy as np
import pytest

from comparisons import mutants
from comparisons.catalogue import ENTRIES
from comparisons.check import check
from minitorch.testing import Mismatch

NUMBER, SEED = 40, 20
# Mutants that compute what the rule computes, with the reason
EQUIVALENT = {}
ELSEWHERE = {"ops.conversion.move"}                  # runs only where there is a device


@pytest.fixture(scope="module")
def users():
    return mutants.users(ENTRIES.values())


def users_of(rule, users):
    """The entries that run a rule, those that bear its name first."""
    names = users[rule.function]
    return sorted(names, key=lambda n: (rule.op.name not in n, len(n)))[:8]


def broken():
    """NUMBER (rule, what, function) triples, chosen by SEED."""
    choice = random.Random(SEED)
    rules = mutants.rules()
    choice.shuffle(rules)
    found = []
    for rule in rules:
        made = mutants.mutant(rule.function, choice.randrange)
        if made is not None and f"{rule.name}: {made[0]}" not in EQUIVALENT and rule.name not in ELSEWHERE:
            found.append((rule, *made))
    return found[:NUMBER]


def judge(name):
    """The error of a quick check of an entry, None if it agrees."""
    with np.errstate(all="ignore"):
        return check(ENTRIES[name], 12, shrink=False, bad=False).error


@functools.cache
def agrees(name):
    """Whether an entry agrees with nothing broken: only then does a failure mean something."""
    return judge(name) is None


def caught(rule, function, names):
    """The error by which a broken rule was noticed, None if it was not."""
    for name in filter(agrees, names):
        with mutants.installed(rule, function):
            error = judge(name)
        if error is not None:
            return error
    return None


def test_every_mutant_is_caught_and_every_rule_is_run(users):
    unproven = [r.name for r in mutants.rules() if not users[r.function] and mutants.gives_something(r.function)]
    assert not set(unproven) - ELSEWHERE, "rules that no entry runs"
    chosen = broken()
    assert len(chosen) == NUMBER
    survivors, errors = [], []
    for rule, what, function in chosen:
        error = caught(rule, function, users_of(rule, users))
        errors.append(error)
        if error is None:
            survivors.append(f"{rule.name}: {what} (checked with {users_of(rule, users)})")
    assert not survivors, "\n".join(survivors)
    assert sum(isinstance(e, Mismatch) for e in errors) >= NUMBER // 2, "most mutants should compute something wrong, not break down"


def test_an_unbroken_copy_survives():
    """The harness itself breaks nothing: a rule compiled anew from its own source passes."""
    own = [r for r in mutants.rules() if r.op.name in ENTRIES and mutants.parse(r.function) is not None]
    for rule in random.Random(SEED).sample(own, 5):
        assert caught(rule, mutants.compiled(mutants.parse(rule.function), rule.function), [rule.op.name]) is None, rule.name
