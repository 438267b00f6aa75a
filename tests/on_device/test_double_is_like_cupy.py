"""The strict double of CuPy beside CuPy itself: class, dtype, shape and layout of results, classes of errors, what waits.

Each line of `probes.txt` is an expression over a library `xp` and the arrays made below; CuPy runs on the emulated device.
"""
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from comparisons import cuda
from tests import cupy_double

warnings.filterwarnings("ignore", module="cupy")

HOST = {
    "a": np.arange(12, dtype="f4").reshape(3, 4) + 1, "d": np.arange(6.0).reshape(2, 3) - 2, "i": np.array([0, 2, 1]),
    "j": np.arange(4, dtype="i4"),
    "u": np.array([1, 2, 250], "u1"), "m": np.arange(12).reshape(3, 4) % 3 == 0, "s": np.array(2.5, "f4"), "h": np.arange(4, dtype="f2"),
    "e": np.zeros((0, 3), "f4"), "t": np.arange(24, dtype="f4").reshape(2, 3, 4),
}

PROBES = Path(__file__).with_name("probes.txt").read_text().splitlines()

PLAIN = (bool, int, float, complex, str, type, type(None), np.generic, np.dtype)

# Where the double is not like CuPy, and why
NUMPY = "CuPy takes calls of NumPy's functions over, and gives calls with NumPy's arrays back: the double refuses both"
STRICTER, OTHER_ERROR = "the double refuses what nobody should write", "an error in both, of another class"
DIFFERENT = {
    "np.exp(a)": NUMPY, "np.sum(a)": NUMPY, "xp.sum(hosts.a)": NUMPY,
    "a.sum(axis=[0])": STRICTER, "a.argmax(axis=(0, 1))": STRICTER, "a[1.0]": STRICTER, "bool(e)": STRICTER,
    "xp.sum([1, 2])": OTHER_ERROR, "xp.where(True, a, 0)": OTHER_ERROR, "a['x']": OTHER_ERROR, "xp.concatenate([s, s])": OTHER_ERROR,
    "xp.copyto(xp.empty_like(a), hosts.a)": OTHER_ERROR, "xp.outer(i, 2)": OTHER_ERROR,
    "a[True]": "CuPy waits, as for any mask; the double does not see a mask in it",
    "a.argsort(0)": "only the layout", "xp.einsum('ij,kj->ik', a, a)": "only the layout",
    "xp.apply_along_axis(xp.sum, 0, a)": "the double has no functions of functions",
}


def setitem(array, key, value):
    array[key] = value
    return array


def described(value, array):
    """What is compared of a result."""
    if isinstance(value, array):
        return "array", str(value.dtype), value.shape, value.flags.c_contiguous, value.flags.f_contiguous
    if isinstance(value, np.ndarray):
        return "numpy", str(value.dtype), value.shape
    if isinstance(value, (list, tuple)):
        return type(value).__name__, *(described(v, array) for v in value)
    return repr(value) if isinstance(value, PLAIN) else type(value).__name__


def said(expression, xp, counted):
    """What a library makes of an expression: a description and whether it waited for the device; or the class of the error."""
    names = {name: xp.asarray(value) for name, value in HOST.items()}
    names |= {"hosts": SimpleNamespace(**HOST), "xp": xp, "np": np, "setitem": setitem}
    with counted() as counts, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = described(eval(expression, names), xp.ndarray)
        except Exception as error:
            return next(c.__name__ for c in type(error).__mro__ if c.__module__ in ("builtins", "numpy.exceptions"))
    return found, counts["synchronize"] > 0


@pytest.mark.emulated
@pytest.mark.parametrize("expression", PROBES)
def test_the_double_says_what_cupy_says(expression):
    import cupy

    real, double = said(expression, cupy, cuda.counted), said(expression, cupy_double.cupy, cupy_double.counted)
    assert (real == double) != (expression in DIFFERENT), f"CuPy: {real}; the double: {double}"
