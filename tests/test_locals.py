"""The comparison of local variables: it sees what is bound, pairs it by name and count, and blames the name that differs."""
import numpy as np
import pytest
import torch

from comparisons.catalogue import ENTRIES
from comparisons.checks import references
from comparisons.locals import compare_records, trace
from comparisons.tracing import Recorder


def kernel(x, scale, *, times=2):
    """A kernel with what the tracer must see: loops, writes into elements, several lines, in-place changes, uninitialised memory."""
    y = np.empty((times, len(x)))
    total = x * 0
    for t in range(times):
        z = (x * scale
             + t)
        y[t] = z
        total += z
        z *= np.nan
    mean, count = total / times, len(x)
    return y, mean, count


def reference(x, scale, *, times=2):
    y = x.new_empty(times, len(x))
    total = x * 0
    for t in range(times):
        z = (x * scale
             + t)
        y[t] = z
        total = total + z
        z = z * float("nan")
    mean, count = total / times, len(x)
    return y, mean, count


def wrong_scale(x, scale, *, times=2):
    y = x.new_empty(times, len(x))
    total = x * 0
    for t in range(times):
        z = x * scale - t
        y[t] = z
        total = total + z
        z = z * float("nan")
    mean, count = total / times, len(x)
    return y, mean, count


def other_steps(x, scale, *, times=2):
    total = x * 0
    for t in range(times + 1):
        z = x * scale + t
        z = z * float("nan")
        total = total + z
    return total


def rows(theirs):
    x = np.array([1.0, -2.0, 0.5])
    with Recorder({"kernel": kernel}) as a:
        kernel(x, 3.0)
    with Recorder({"kernel": theirs}) as b:
        theirs(torch.from_numpy(x), 3.0)
    return {row.name: row for row in compare_records(a, b)}


def test_equal_functions_agree_in_every_variable():
    found = rows(reference)
    assert all(r.ok for r in found.values()), found
    assert set(found) == {"x", "scale", "times", "y", "total", "t", "z", "mean", "count"}
    assert found["z"].values == 4 and found["y"].values == 1 and found["mean"].worst == 0
    first = kernel.__code__.co_firstlineno
    assert found["mean"].line == first + 10 and found["y"].line == first + 11


def test_the_name_that_differs_is_blamed():
    found = rows(wrong_scale)
    assert {n for n, r in found.items() if not r.ok} == {"z", "y", "total", "mean"}
    assert "expected" in found["z"].error


def test_unequal_counts_are_a_difference():
    found = rows(other_steps)
    assert "values" in found["z"].error and "values" in found["total"].error


def test_the_tracer_restores_what_was_there():
    import sys
    before = sys.gettrace()
    with Recorder({"kernel": kernel}):
        kernel(np.ones(2), 1.0)
    assert sys.gettrace() is before


WITH_REFERENCE = [e for e in ENTRIES.values() if e.op or references.of(e) is not None]


@pytest.mark.parametrize("entry", WITH_REFERENCE, ids=lambda e: e.name)
def test_locals_agree_with_the_reference(entry):
    """Line by line: what a component's functions share by name with their reference's has the same values."""
    different = [f"{r.function}, {r.name} (lines {r.line} and {r.reference_line}): {r.error}" for r in trace(entry, 4) if not r.ok]
    assert not different, "\n".join(different)
