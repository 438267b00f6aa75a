"""Broken rules must not pass: forty rules chosen by seed, each broken once, and every mutant fails the check of a component that uses it.

This says how much the proof notices. It runs with the catalogue's own strategies and tolerances.
"""
import functools
import inspect
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


@pytest.fixture(scope="module")
def users():
    return mutants.users(ENTRIES.values())


def users_of(rule, users):
    """The entries that run a rule, those that bear its name first."""
    names = users[inspect.unwrap(rule.function).__code__]
    return sorted(names, key=lambda n: (rule.op.name not in n, len(n)))[:8]


def broken():
    """NUMBER (rule, what, function) triples, chosen by SEED."""
    choice = random.Random(SEED)
    rules = mutants.rules()
    choice.shuffle(rules)
    found = []
    for rule in rules:
        made = mutants.mutant(rule.function, choice.randrange)
        if made is not None and f"{rule.name}: {made[0]}" not in EQUIVALENT:
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


def test_every_rule_is_run_by_some_entry(users):
    unproven = [r.name for r in mutants.rules() if not users[inspect.unwrap(r.function).__code__]]
    assert not unproven


def test_every_mutant_is_caught(users):
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


def test_an_unbroken_copy_survives(users):
    """The harness itself breaks nothing: a rule compiled anew from its own source passes."""
    for rule in random.Random(SEED).sample(mutants.rules(), 5):
        tree = mutants.parse(rule.function)
        if tree is not None:
            assert caught(rule, mutants.compiled(tree, rule.function), users_of(rule, users)[:2]) is None, rule.name
