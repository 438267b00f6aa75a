"""What minitorch asks of the array library, CuPy has; and the check that says so finds what is planted."""
import functools
from pathlib import Path

import pytest

from tests.cupy_surface import check, package

ROOT = Path(__file__).parent.parent
BACKEND = {"minitorch/backend.py": """
import numpy
try:
    import cupy
    from cupyx.scipy import special as cupy_special
except ImportError:
    cupy = None

default = cupy or numpy

def array_module(*values):
    for value in values:
        if isinstance(value, cupy.ndarray):
            return cupy
    return numpy

def on_host(array):
    return isinstance(array, numpy.ndarray)

def special(array):
    if on_host(array):
        import scipy.special
        return scipy.special
    return cupy_special

class CupyOn:
    def __init__(self, index):
        self.device = cupy.cuda.Device(index)

    def __enter__(self):
        self.device.__enter__()
        return cupy

def library_on(device):
    return CupyOn(int(device.partition(":")[2]))
"""}


@functools.cache
def minitorch():
    return check(package(ROOT / "minitorch"))


def planted(source, **others):
    """What is found in a module among the files of a small program, as (line, what)."""
    files = BACKEND | {"minitorch/planted.py": source} | {f"minitorch/{name}.py": text for name, text in others.items()}
    return [(f.file.removeprefix("minitorch/"), f.line, f.what) for f in check(files)[1]]


def test_all_that_minitorch_asks_of_the_array_library_exists_in_cupy():
    assert not minitorch()[1], "\n".join(map(str, minitorch()[1]))


def test_the_check_sees_what_is_asked():
    """Each form in which the library is at hand in minitorch: were one not followed any more, the check would be blind there."""
    uses = minitorch()[0]
    assert len(uses) > 400 and len({name for _, _, name in uses}) > 120
    seen = {(file.removeprefix("minitorch/"), name) for file, _, name in uses}
    for use in (("ops/elementwise.py", "cupy.tanh"),                      # array_module(x).tanh
                ("ops/elementwise.py", "cupyx.scipy.special.erf"),        # special(x).erf
                ("ops/reduction.py", "cupy.add.reduce"),                  # a method of a ufunc
                ("nn/init.py", "cupy.linalg.qr"),                         # linalg = array_module(x).linalg
                ("ops/creation.py", "cupy.eye"),                          # with library(device) as xp
                ("ops/creation.py", "cupy.zeros"),                        # getattr(xp, name), the name from a table of functions
                ("ops/comparison.py", "cupy.left_shift"),                 # lambda xp, a, b
                ("kernels/pooling.py", "cupy.arange"),                    # a parameter
                ("kernels/normalization.py", "cupy.sqrt"),                # self.xp
                ("backend.py", "cupy.lib.stride_tricks.as_strided"), ("backend.py", "cupy.add.at"),
                ("backend.py", "cupy.cuda.runtime.getDeviceProperties")):     # a chain through what a function returns
        assert use in seen, use


HEAD = "from minitorch.backend import array_module, default, library_on, on_host, special\nimport numpy\n"      # two lines

# What is planted in the third line, and words of what is found there
MISTAKES = {
    "a name": ("def f(x): return array_module(x).einsum_path('ij,jk', x, x)", "has no cupy.einsum_path"),
    "a name in a chain": ("def f(x): return array_module(x).linalg.multi_dot([x, x])", "has no cupy.linalg.multi_dot"),
    "another local name": ("def f(x):  np = array_module(x); return np.vecdot(x, x)", "has no cupy.vecdot"),
    "one of several names": ("def f(x):  lib, (a, b) = array_module(x), x.shape; return lib.unstack(x)", "has no cupy.unstack"),
    "one before a star": ("def f(x):  lib, a, b = array_module(x), *x.shape; return lib.unstack(x)", "has no cupy.unstack"),
    "a walrus": ("def f(x): return (lib := array_module(x)).matvec(x, x)", "has no cupy.matvec"),
    "a module of it": ("def f(x):  l = array_module(x).linalg; return l.svdvals(x)", "has no cupy.linalg.svdvals"),
    "a special function": ("def f(x): return special(x).hyp2f1(1, 2, 3, x)", "has no cupyx.scipy.special.hyp2f1"),
    "the default": ("z = default.errstate(all='ignore')", "has no cupy.errstate"),
    "with": ("with library_on('cuda:0') as lib: z = lib.geomspace(1, 2)", "has no cupy.geomspace"),
    "a keyword of a function": ("def f(x): return array_module(x).sum(x, axis=0, initial=0.0)", "'initial'"),
    "a position of a function": ("def f(x): return array_module(x).tanh(x, x, x)", "it takes 1 arguments, not 3"),
    "an argument left out": ("def f(x): return array_module(x).roll(x)", "'shift'"),
    "a keyword of a function behind *": ("def f(x, *a): return array_module(x).std(*a, correction=1)", "'correction'"),
    "a keyword of a ufunc": ("def f(x): return array_module(x).divide(x, x, where=x > 0)", "has no where="),
    "a method of a ufunc": ("def f(x): return array_module(x).maximum.reduce(x)", "reduce of add, multiply alone"),
    "at of a ufunc": ("def f(x): return array_module(x).multiply.at(x, 0, 2)", "at of add, subtract"),
    "a keyword of a ufunc's method": ("def f(x): return array_module(x).add.reduce(x, initial=0)", "'initial'"),
    "a ufunc under a name": ("def f(x):  total = array_module(x).add.reduce; return total(x, where=x > 0)", "'where'"),
    "a keyword of a method": ("def f(x): return x.mean(axis=0, where=x > 1)", "arrays of CuPy 14.2.0 have .mean"),
    "a method": ("def f(x): x.setflags(write=False)", "have no .setflags"),
    "a flag": ("def f(x): return x.flags.writeable", "have no .writeable"),
    "a parameter": ("def g(lib, x): return lib.nanquantile(x, 0.5)\ndef f(x): return g(array_module(x), x)", "has no cupy.nanquantile"),
    "a parameter by keyword": ("def g(x, *, lib): return lib.frompyfunc(x)\ndef f(x): return g(x, lib=array_module(x))", "cupy.frompyfunc"),
    "a parameter that nobody gives": ("def g(xp, x): return xp.nditer(x)", "has no cupy.nditer"),
    "a lambda": ("f = made(lambda lib, x: lib.block(x))\ndef made(op):\n    return lambda x: op(array_module(x), x)", "has no cupy.block"),
    "a decorated function": ("def deco(op): return lambda x: op(array_module(x), x)\n@deco\ndef f(lib, x): return lib.insert(x)", 5),
    "what a function returns": ("def lib_of(x): return array_module(x)\ndef f(x): return lib_of(x).insert(x, 0, 0)", 4),
    "an attribute of an object": ("class A:\n    def __init__(s, x): s.lib = array_module(x)\n    def f(s): return s.lib.seterr()", 5),
    "an attribute of another object": ("class A:\n    def __init__(s, m): s.lib = m\na = A(default)\ndef f(b): return b.lib.seterr()", 6),
    "a base's start": ("class A:\n    def __init__(s, m): s.v = m.seterr\nclass B(A):\n    def __init__(s): super().__init__(default)", 4),
    "a name of a table": ("T = {'a': 'sum', 'b': 'unstack'}\ndef f(x, k): return getattr(default, T[k])(x)", "has no cupy.unstack"),
    "names of a loop": ("for name in ('ones', 'geomspace'): z = getattr(default, name)", "has no cupy.geomspace"),
    "a table of functions": ("T = {'a': lambda m, x: m.vecdot(x, x)}\ndef f(x): return T['a'](array_module(x), x)", "has no cupy.vecdot"),
    "a table of the library's": ("T = [default.exp, default.einsum_path]", "has no cupy.einsum_path"),
    "a partial function": ("from functools import partial\ndef g(m, x): return m.insert(x)\nf = partial(g, default)", 4),
    "in a branch": ("def f(x):\n    if on_host(x):\n        return 1\n    elif x.ndim:\n        return array_module(x).insert(x)", 7),
    "in a comprehension": ("def f(xs): return [m.insert(x) for x in xs for m in (array_module(x),)]", "has no cupy.insert"),
    "a name that cannot be read": ("def f(x, name): return getattr(array_module(x), 'arc' + name)(x)", "cannot read"),
    "to nobody knows where": ("def f(x, g): return g(array_module(x), x)", "cannot follow"),
    "into a container": ("def f(x): return {'lib': array_module(x)}", "cannot follow"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_planted_mistake_is_found(what):
    """In the file and in the line where it stands, and nothing else is."""
    source, words = MISTAKES[what]
    found = planted(HEAD + source + "\n")
    assert len(found) == 1 and found[0][0] == "planted.py", found
    assert found[0][1] == words if isinstance(words, int) else words in found[0][2], found


def test_modules_hand_the_library_to_each_other():
    user = "from minitorch import planted as p\nfrom .planted import lib_of as of\ndef f(x): return p.lib_of(x).insert(of(x).zeros(3))\n"
    assert [f[:2] for f in planted(HEAD + "def lib_of(x): return array_module(x)", user=user)] == [("user.py", 3)]


SOUND = {
    "the host's library": "def f(n): return numpy.maximum.reduce(numpy.ones(n), initial=0.0)",
    "the host's under a usual name": "import numpy as xp\ndef f(n): return xp.vecdot(n, n)",
    "the host's arrays": "def f(n):\n    a = numpy.zeros(n)\n    a.setflags(write=False)\n    return a.sum(initial=0, where=a > 1)",
    "arrays known to be the host's": "def f(x): return x.sum(where=x > 0) if isinstance(x, numpy.ndarray) else 0",
    "arrays that turned out to be": "def f(x):\n    if not on_host(x):\n        return 0\n    return x.mean(where=x > 0)",
    "arrays of a tensor on the host": "def f(t): return t.is_cpu and t._array.flags.writeable",
    "an attribute asked for": "def f(x):\n    if hasattr(x, 'setflags'):\n        x.setflags(write=False)",
    "a tensor's keywords": "def f(t): return t.sum(dim=0, keepdim=True).max(dim=1)",
    "all that may be": "def f(x, *a, **k):  xp = array_module(x); return xp.add(x, x, out=x, dtype='f4'), xp.sum(*a, **k)",
    "values": "def f(x):  xp = array_module(x); return xp.finfo(x.dtype).min, xp.pi, xp.float32(1), xp.ndarray, xp.dtype('f4').itemsize",
    "a name where it is another": (
        "def f(x, k):\n    if on_host(x) or k != 'unstack':\n        return getattr(array_module(x), k)(x)\nf(1, 'exp'), f(1, 'unstack')"),
    "a name after it is told": (
        "def f(x, k):\n    if k in ('insert', 'block'):\n        return\n    getattr(default, k)(x)\nf(1, 'exp'), f(1, 'insert')"),
    "methods of ufuncs": "def f(x, i):  xp = array_module(x); xp.add.at(x, i, 1), xp.add.reduce(x, 0), xp.maximum.at(x, i, 1)",
    "whose library it is": "def f(x): return array_module(x) is numpy or isinstance(x, default.ndarray)",
}


@pytest.mark.parametrize("what", SOUND)
def test_no_false_alarm(what):
    assert not planted(HEAD + SOUND[what] + "\n")
