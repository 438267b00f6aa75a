"""Nineteen ways to write for a GPU what runs with NumPy and is wrong there, and what catches each.

A mistake is a small function over an array library, `xp`. It returns what it computed; `meant` says, in NumPy, what it should have.
`caught` says how each layer shows it: the word that `source` or `verdict` gives. A layer that is not named lets it pass; one that begins
to catch it, or catches it otherwise, fails the test: so the table stays true.

    scan      read from the source alone (`cupy_surface`)
    numpy     run with NumPy
    double    run on CuPy's strict double (`cupy_double`)
    forward   run by CuPy itself on the emulated device (`emulated_cuda`)
    reverse   there, with the threads of each kernel in reversed order
"""
import contextlib
from typing import NamedTuple

import numpy as np

LAYERS = ("scan", "numpy", "double", "forward", "reverse")
DEVICES = ("double", "forward", "reverse")
MISTAKES = {}


class Mistake(NamedTuple):
    """One of them.

    Args:
        run: the function of the library.
        wrong: a sentence that says what is wrong.
        meant: the values that were meant, None if nothing can be known of them.
        caught: {layer: how it shows}.
        cuda: whether it is a kernel in CUDA's C++, which only CuPy itself can compile.
    """

    run: object
    wrong: str
    meant: object
    caught: dict
    cuda: bool

    @property
    def layers(self):
        """Where it can be tried."""
        return [layer for layer in LAYERS if not self.cuda or layer not in ("numpy", "double")]


def mistake(meant=None, cuda=False, **caught):
    """Name a function as a mistake; its docstring is the sentence."""
    caught |= dict.fromkeys(DEVICES, caught.pop("device")) if "device" in caught else {}
    return lambda run: MISTAKES.setdefault(run.__name__, Mistake(run, run.__doc__, meant, caught, cuda)).run


def verdict(run, library, meant, watch=contextlib.nullcontext):
    """How a run shows that something is wrong: the class of its error, "dtype", "shape" or "values" of its result; None if it does not.

    Args:
        watch: gives a context in which whatever waits for the device is an error; the result is looked at after it.
    """
    try:
        with watch():
            found = run(library)
    except Exception as error:
        return type(error).__name__
    found = found.get() if hasattr(found, "get") else np.asarray(found)
    if meant is None:
        return None
    meant = np.asarray(meant)
    return ("dtype" if found.dtype != meant.dtype else "shape" if found.shape != meant.shape else
            None if np.allclose(found, meant, rtol=1e-5, equal_nan=True) else "values")


A = np.arange(12, dtype="f4").reshape(3, 4) + 1
ROW = np.ones(4, "f4")


@mistake(meant=np.exp(A), double="TypeError")
def numpy_on_a_device(xp):
    """A function of NumPy gets an array of the device: CuPy takes the call over without a word, and others of its kind convert."""
    return np.exp(xp.asarray(A))


@mistake(meant=A.sum(), device="TypeError")
def conversion_to_numpy(xp):
    """`np.asarray` of an array of the device would copy it to the host."""
    return np.asarray(xp.asarray(A)).sum()


@mistake(meant=A + ROW, device="TypeError")
def array_of_the_host_as_operand(xp):
    """A constant was made with NumPy and is added to an array of the device."""
    return xp.asarray(A) + ROW


@mistake(meant=A / A.max(), device="DeviceSynchronized")
def number_of_an_array(xp):
    """`float()` of an array waits until the device has computed it."""
    a = xp.asarray(A)
    return a / float(a.max())


@mistake(meant=A @ A.T, scan="cupy.einsum_path", device="AttributeError")
def function_that_cupy_lacks(xp):
    """CuPy has no `einsum_path`."""
    a = xp.asarray(A)
    return xp.einsum("ij,kj->ik", a, a, optimize=xp.einsum_path("ij,kj->ik", a, a)[0])


@mistake(meant=A.sum(0), scan="cupy.sum", device="TypeError")
def keyword_of_a_function(xp):
    """CuPy's `sum` has no `initial`."""
    return xp.sum(xp.asarray(A), axis=0, initial=0.0)


@mistake(meant=np.where(A > 6, 1, 0).astype("f4"), scan="cupy.divide", device="DeviceSynchronized")      # CuPy shows the mask in its error
def keyword_of_a_ufunc(xp):
    """CuPy's ufuncs have no `where`."""
    a = xp.asarray(A)
    return xp.divide(a, a, where=a > 6, out=xp.zeros((3, 4), "f4"))


@mistake(meant=A * 2, numpy="dtype", device="dtype")
def precision_of_a_scalar(xp):
    """A number of NumPy (`np.float64`) makes float32 arrays float64, which a GPU computes many times slower; Python's numbers do not."""
    return xp.asarray(A) * np.sqrt(np.float64(4))


@mistake(meant=A * ROW, device="ValueError")
def arrays_of_two_devices(xp):
    """The operands lie on two devices."""
    with xp.cuda.Device(1) if hasattr(xp, "cuda") else contextlib.nullcontext():
        row = xp.ones(4, "f4")
    return xp.asarray(A) * row


@mistake(meant=A + ROW, numpy="ValueError", double="UndefinedBehaviour", forward="values", reverse="values")
def writing_into_a_broadcast_view(xp):
    """The rows of a broadcast view are one row: three sums are written into it."""
    view = xp.broadcast_to(xp.ones(4, "f4"), (3, 4))
    view += xp.asarray(A)
    return view


@mistake(meant=np.array([3, 2, 0], "f4"), double="UndefinedBehaviour", reverse="values")
def index_twice_in_an_assignment(xp):
    """Two values are written to one place: with NumPy the last one stays, on a device any."""
    z = xp.zeros(3, "f4")
    z[xp.asarray(np.array([0, 1, 0]))] = xp.asarray(np.array([1, 2, 3], "f4"))
    return z


@mistake(numpy="IndexError")
def index_out_of_range(xp):
    """A label is one too large: NumPy refuses it, a device wraps it or reads what lies behind."""
    return xp.asarray(A)[xp.asarray(np.array([0, 3]))]


@mistake(meant=A.max(0), scan="cupy.maximum.reduce", device="NotImplementedError")
def method_of_a_ufunc(xp):
    """CuPy has `reduce` of `add` and `multiply` alone."""
    return xp.maximum.reduce(xp.asarray(A), axis=0)


@mistake(meant=A[1:].mean(0), scan=".mean", device="TypeError")
def keyword_of_a_method(xp):
    """The methods of CuPy's arrays have no `where`."""
    a = xp.asarray(A)
    return a.mean(axis=0, where=a > 4)


@mistake(meant=A.sum(), device="TypeError")
def array_taken_for_a_number(xp):
    """What NumPy's `sum` gives is a scalar, which can be rounded; CuPy's is a 0-d array, which cannot."""
    return round(xp.asarray(A).sum(), 2)


@mistake(meant=A[A > 3].sum(), device="DeviceSynchronized")
def size_that_depends_on_values(xp):
    """How many elements a mask selects is known only when the device has computed it."""
    a = xp.asarray(A)
    return a[a > 3].sum()


@mistake(meant=np.concatenate([ROW[None], A[1:]]), device="ValueError")
def assignment_of_an_array_of_the_host(xp):
    """A row made with NumPy is written into an array of the device."""
    a = xp.asarray(A).copy()
    a[0] = ROW
    return a


@mistake(meant=A * 2, cuda=True, forward="CompileException", reverse="CompileException")
def kernel_that_does_not_compile(xp):
    """A name in a kernel's source is misspelt."""
    return xp.ElementwiseKernel("T x", "T y", "y = x * to", "misspelt")(xp.asarray(A))


@mistake(meant=A * 2, cuda=True, forward="values", reverse="values")
def kernel_that_computes_something_else(xp):
    """A factor in a kernel's source is wrong."""
    return xp.ElementwiseKernel("T x", "T y", "y = x * 3", "wrong_factor")(xp.asarray(A))
