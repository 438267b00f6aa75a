"""CuPy's ufuncs: fewer keywords than NumPy's, few reductions, few dtypes under `.at`; and the operators made of them."""
import numpy as np

from .arrays import NUMBERS, Traced, host, index, ndarray, operand, wrap, writable

# The dtypes that the atomic functions of a device take
AT = {"add": "ilqefdILQ", "subtract": "iI", "maximum": "ilqefdILQ", "minimum": "ilqefdILQ",
      "bitwise_and": "ilqILQ", "bitwise_or": "ilqILQ", "bitwise_xor": "ilqILQ"}
REDUCES = ("add", "multiply")


class ufunc:
    """One of CuPy's elementwise functions.

    Args:
        name: its name in CuPy.
        function: NumPy's or SciPy's.
        nin, nout: how many arrays go in and come out.
    """

    def __init__(self, name, function, nin, nout):
        self.name, self.__name__, self.function, self.nin, self.nout = f"cupy_{name}", name, function, nin, nout
        self.nargs = nin + nout

    def __repr__(self):
        return f"<ufunc '{self.name}'>"

    def __call__(self, *args, out=None, dtype=None, casting="same_kind", **others):
        if others:
            raise TypeError(f"Wrong arguments {others}")
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(f"Wrong number of arguments for {self!r}")
        args, given = args[:self.nin], args[self.nin:]
        out = (*given, *(out if isinstance(out, tuple) else (out,) if out is not None else ()))
        with np.errstate(all="ignore"):               # a device says nothing of overflow or invalid values
            result = self.compute([operand(a) for a in args], {} if dtype is None else {"dtype": dtype})
        if not out:                                   # in C's order, whatever that of the operands
            made = wrap(tuple(np.asarray(r, order="C") for r in (result if self.nout > 1 else (result,))))
            made = tuple(map(Traced.of, made)) if any(isinstance(a, Traced) for a in args) else made
            return made if self.nout > 1 else made[0]
        for array, value in zip(out, result if self.nout > 1 else (result,)):
            store(array, np.asarray(value), casting)
        return out if self.nout > 1 else out[0]

    def compute(self, args, settings):
        """The values; integers to negative powers are no error here."""
        if self.__name__ in ("power", "pow") and all(np.asarray(a).dtype.kind in "iu" for a in args) and np.any(np.asarray(args[1]) < 0):
            base, exponent = np.broadcast_arrays(*args)
            inverse = np.where(base == 1, 1, np.where(base == -1, 1 - 2 * (exponent & 1), 0))
            return np.where(exponent < 0, inverse, base ** abs(exponent)).astype(np.result_type(*args))
        if self.__name__ == "sign" and np.asarray(args[0]).dtype == bool:
            return np.asarray(args[0]).astype("i1")
        return self.function(*args, **settings)

    def lacks(self, method):
        """Raise CuPy's error for a method that this ufunc has not."""
        raise NotImplementedError(f"`{self.name}.{method}` is not supported yet")

    def check_axis(self, array, axis):
        """A 0-d array has no axis, where NumPy lets 0 and -1 pass."""
        if array.ndim == 0 and axis not in (None, ()):
            raise np.exceptions.AxisError(axis, 0)

    def at(self, a, indices, b=None):
        if self.__name__ not in AT:
            self.lacks("at")
        target, key, value = writable(host(a)), index(a, indices), operand(b)
        if target.dtype.char not in AT[self.__name__]:
            raise TypeError(f"cupy.{self.__name__}.at does not support {target.dtype}")
        with np.errstate(all="ignore"):
            self.function.at(target, key, value)

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False):
        if self.__name__ not in REDUCES:
            self.lacks("reduce")
        self.check_axis(array, axis)
        return stored(self.function.reduce(host(array), axis=axis, dtype=dtype, keepdims=keepdims), out)

    def accumulate(self, array, axis=0, dtype=None, out=None):
        if self.__name__ not in REDUCES:
            self.lacks("accumulate")
        self.check_axis(array, axis)
        return stored(self.function.accumulate(host(array), axis=axis, dtype=dtype), out)

    def reduceat(self, array, indices, axis=0, dtype=None, out=None):
        if self.__name__ != "add":
            self.lacks("reduceat")
        return stored(self.function.reduceat(host(array), host(indices), axis=axis, dtype=dtype), out)

    def outer(self, A, B, **settings):
        return wrap(self.function.outer(operand(A), operand(B), **settings))


def store(out, values, casting="same_kind"):
    """Write a result into an array that was given for it."""
    if not isinstance(out, ndarray):
        raise TypeError(f"Unsupported type {type(out)}")
    target = writable(host(out))
    if not np.can_cast(values.dtype, target.dtype, casting):
        raise TypeError(f"Cannot cast output operand from {values.dtype!r} to {target.dtype!r} according to the rule '{casting}'")
    if np.broadcast_shapes(values.shape, target.shape) != target.shape:
        raise ValueError(f"Out shape is mismatched: {values.shape} does not fit into {target.shape}")
    target[...] = values
    return out


def stored(result, out):
    """A result in `out`, or as a new array."""
    return wrap(result) if out is None else store(out, np.asarray(result), "unsafe")


# ---- operators --------------------------------------------------------------------------------------------------------

BINARY = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "floordiv": "floor_divide", "mod": "remainder",
          "pow": "power", "lshift": "left_shift", "rshift": "right_shift", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}
COMPARISONS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal"}
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}


def install_operators(cupy):
    """Give the array its operators."""
    def binary(function):
        known = (ndarray, np.ndarray, *NUMBERS)

        def forward(self, other):
            return function(self, other) if isinstance(other, known) else NotImplemented

        def reflected(self, other):
            return function(other, self) if isinstance(other, known) else NotImplemented

        def in_place(self, other):
            return function(self, other, out=self) if isinstance(other, known) else NotImplemented
        return forward, reflected, in_place

    for name, function in BINARY.items():
        for prefix, method in zip(("__", "__r", "__i"), binary(getattr(cupy, function))):
            setattr(ndarray, f"{prefix}{name}__", method)
    for name, function in COMPARISONS.items():
        setattr(ndarray, f"__{name}__", binary(getattr(cupy, function))[0])
    for name, differs in (("__eq__", False), ("__ne__", True)):      # with None: element by element too
        compare = getattr(ndarray, name)
        setattr(ndarray, name, lambda self, other, compare=compare, differs=differs:
                wrap(np.full(self.shape, differs)) if other is None else compare(self, other))
    for name, function in UNARY.items():
        setattr(ndarray, f"__{name}__", lambda self, function=getattr(cupy, function): function(self))
    ndarray.__divmod__ = binary(cupy.divmod)[0]

    def product(a, b):
        if isinstance(a, ndarray) and isinstance(b, ndarray):
            return wrap(np.matmul(host(a), host(b)))
        if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
            raise TypeError("Unsupported type <class 'numpy.ndarray'>")
        return NotImplemented
    ndarray.__matmul__, ndarray.__rmatmul__ = product, lambda self, other: product(other, self)
