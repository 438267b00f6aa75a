"""Broken rules must not pass: forty rules chosen by seed, each broken once, and every mutant fails the check of a component that uses it.

This says how much the proof notices. It runs against the catalogue's own strategies and tolerances.
"""
import inspect
import random

import numpy as np
import pytest

from comparisons import mutants
from comparisons.catalogue import ENTRIES
from comparisons.check import check

NUMBER, SEED = 40, 20
# Mutants that compute the same as the rule, with the reason; found by hand, never needed for long
EQUIVALENT = {}


@pytest.fixture(scope="module")
def users():
    return mutants.users(ENTRIES.values())


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
        if len(found) == NUMBER:
            break
    return found


def survives(rule, function, names):
    """Whether all components that use a rule still agree with torch."""
    with mutants.installed(rule, function), np.errstate(all="ignore"):
        return all(check(ENTRIES[name], 12, shrink=False, bad=False).ok for name in names)


def test_every_rule_is_run_by_some_entry(users):
    unproven = [r.name for r in mutants.rules() if not users[inspect.unwrap(r.function).__code__]]
    assert not unproven


def test_every_mutant_is_caught(users):
    chosen = broken()
    assert len(chosen) == NUMBER
    survivors = []
    for rule, what, function in chosen:
        names = sorted(users[inspect.unwrap(rule.function).__code__], key=lambda n: (rule.op.name not in n, len(n)))
        if survives(rule, function, names[:8]):
            survivors.append(f"{rule.name}: {what} (checked with {names[:8]})")
    assert not survivors, "\n".join(survivors)


def test_an_unbroken_copy_survives(users):
    """The harness itself breaks nothing: a rule compiled anew from its own source passes."""
    for rule in random.Random(SEED).sample(mutants.rules(), 5):
        tree = mutants.parse(rule.function)
        if tree is not None:
            names = users[inspect.unwrap(rule.function).__code__][:2]
            assert survives(rule, mutants._compiled(tree, rule.function), names), rule.name
