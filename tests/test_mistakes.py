"""Each mistake of `mistakes.py`, planted: what the layers make of it that need no CuPy."""
import inspect
from pathlib import Path

import numpy as np
import pytest

from tests import cupy_double, mistakes
from tests.cupy_surface import check
from tests.mistakes import LAYERS, MISTAKES, verdict


@pytest.mark.parametrize("name", MISTAKES)
def test_some_layer_catches_it(name):
    caught = MISTAKES[name].caught
    assert caught and set(caught) <= set(MISTAKES[name].layers)


def test_the_mistakes_are_nineteen_and_no_layer_is_enough():
    assert len(MISTAKES) == 19 and all(m.wrong.endswith(".") for m in MISTAKES.values())
    for layer in LAYERS:
        assert any(layer not in m.caught for m in MISTAKES.values()) and any(layer in m.caught for m in MISTAKES.values())


@pytest.fixture(scope="module")
def findings():
    return check({"tests/mistakes.py": Path(mistakes.__file__).read_text()})[1]


@pytest.mark.parametrize("name", MISTAKES)
def test_what_the_scan_says(findings, name):
    lines, first = inspect.getsourcelines(MISTAKES[name].run)
    found = [f.what for f in findings if first <= f.line < first + len(lines)]
    asked = MISTAKES[name].caught.get("scan")
    assert len(found) == (asked is not None) and all(asked in what for what in found), found


def test_the_scan_says_nothing_else(findings):
    assert len(findings) == sum("scan" in m.caught for m in MISTAKES.values())


@pytest.mark.parametrize("name", [name for name, m in MISTAKES.items() if "numpy" in m.layers])
def test_what_numpy_says(name):
    m = MISTAKES[name]
    assert verdict(m.run, np, m.meant) == m.caught.get("numpy")


@pytest.mark.parametrize("name", [name for name, m in MISTAKES.items() if "double" in m.layers])
def test_what_the_double_says(name):
    m = MISTAKES[name]
    assert verdict(m.run, cupy_double.cupy, m.meant, cupy_double.no_synchronize) == m.caught.get("double")


def test_a_verdict_is_of_the_error_dtype_shape_or_values():
    """What is right passes, and each way to be wrong has its word."""
    right = np.ones((2, 3), "f4")
    said = {None: right, "dtype": right.astype("f8"), "shape": right[0], "values": right + 1}
    assert {verdict(lambda xp: value, np, right): None for value in said.values()} == dict.fromkeys(said)
    assert verdict(lambda xp: 1 / 0, np, right) == "ZeroDivisionError"
    assert verdict(lambda xp: xp.asarray(right) * 2, cupy_double.cupy, 2 * right, cupy_double.no_synchronize) is None
