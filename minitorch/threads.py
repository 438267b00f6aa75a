"""How many threads products of matrices run on: a question to the OpenBLAS that NumPy's wheel (and SciPy's) brings along.

With another BLAS, or another build, the number is remembered, and the environment (OMP_NUM_THREADS) decides.
"""
import ctypes
import os
from functools import cache
from pathlib import Path

import numpy

_asked = None


@cache
def libraries():
    """(get, set) of each OpenBLAS beside an installed NumPy or SciPy."""
    site, found = Path(numpy.__file__).parent.parent, []
    for package in ("numpy", "scipy"):
        places = site / f"{package}.libs", site / package / ".dylibs"
        for path in sorted(p for place in places for p in place.glob("libscipy_openblas*")):
            library = ctypes.CDLL(str(path))
            for suffix in ("64_", ""):
                name = f"scipy_openblas_{{}}_num_threads{suffix}".format
                if hasattr(library, name("set")):
                    found.append((getattr(library, name("get")), getattr(library, name("set"))))
                    break
    return found


def get_threads():
    """The number of threads."""
    if libraries():
        return libraries()[0][0]()
    return _asked or int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)


def set_threads(number):
    """Ask for a number of threads."""
    global _asked
    _asked = number
    for _, change in libraries():
        change(number)
