"""Comparisons, logic and bits: results of bool (or integers), and so without a history."""
from minitorch.autograd.operator import elementwise
from minitorch.backend import array_module
from minitorch.tensor import Tensor


def result_kind(*operands):
    """The kind of dtype that promoted operands have: of the first array among them."""
    return next(a.dtype.kind for a in operands if hasattr(a, "dtype"))


def comparison(name, function, doc, numbers="second"):
    """An operation with a bool result, and so without a history."""
    def forward(input, other):
        return function(array_module(input, other), input, other)
    forward.__name__, forward.__doc__, forward.__qualname__ = name, doc, name
    return constant(elementwise(forward, promotes="bool", numbers=numbers))


def constant(op):
    """An operator whose results have no history whatever its operands need."""
    @op.derivative
    def _(grad, needs):
        return [None for _ in needs]
    return op


eq = comparison("eq", lambda xp, a, b: xp.equal(a, b), "input == other, elementwise.")
ne = comparison("ne", lambda xp, a, b: xp.not_equal(a, b), "input != other, elementwise.")
lt = comparison("lt", lambda xp, a, b: xp.less(a, b), "input < other, elementwise.")
le = comparison("le", lambda xp, a, b: xp.less_equal(a, b), "input <= other, elementwise.")
gt = comparison("gt", lambda xp, a, b: xp.greater(a, b), "input > other, elementwise.")
ge = comparison("ge", lambda xp, a, b: xp.greater_equal(a, b), "input >= other, elementwise.")
logical_and = comparison("logical_and", lambda xp, a, b: (a != 0) & (b != 0), "True where both operands are nonzero.", numbers=False)
logical_or = comparison("logical_or", lambda xp, a, b: (a != 0) | (b != 0), "True where either operand is nonzero.", numbers=False)
logical_xor = comparison("logical_xor", lambda xp, a, b: (a != 0) ^ (b != 0), "True where exactly one operand is nonzero.", numbers=False)


def bitwise(name, function, doc):
    """A bit operation: integers and bool only."""
    def forward(input, other):
        if result_kind(input, other) == "f":
            raise NotImplementedError(f'"{name}_cpu" not implemented for floating tensors: bits belong to integers and bool')
        return function(array_module(input, other), input, other)
    forward.__name__, forward.__doc__, forward.__qualname__ = name, doc, name
    return constant(elementwise(forward))


bitwise_and = bitwise("bitwise_and", lambda xp, a, b: xp.bitwise_and(a, b), "The bits that both operands have (`&`).")
bitwise_or = bitwise("bitwise_or", lambda xp, a, b: xp.bitwise_or(a, b), "The bits that either operand has (`|`).")
bitwise_xor = bitwise("bitwise_xor", lambda xp, a, b: xp.bitwise_xor(a, b), "The bits that exactly one operand has (`^`).")


def shift(name, doc, shifted, beyond):
    """A shift of bits: `shifted` by fewer places than there are, `beyond` by all others."""
    def forward(input, other):
        kind = next(a.dtype for a in (input, other) if hasattr(a, "dtype"))
        if kind.kind not in "iu":
            raise NotImplementedError(f'"{name}" not implemented for {kind}: only the bits of integers are shifted')
        xp = array_module(input, other)
        inside = (other >= 0) & (other < 8 * kind.itemsize)
        bits = xp.asarray(input, dtype=kind)
        return xp.where(inside, shifted(xp, bits, xp.where(inside, other, 0).astype(kind)), beyond(bits))
    forward.__name__, forward.__doc__, forward.__qualname__ = name, doc, name
    return constant(elementwise(forward))


bitwise_left_shift = shift("bitwise_left_shift", "The bits moved left by `other` places, zeros moving in (`<<`).",
                           lambda xp, a, b: xp.left_shift(a, b), lambda a: a * 0)
bitwise_right_shift = shift("bitwise_right_shift", "The bits moved right by `other` places, copies of the sign moving in (`>>`).",
                            lambda xp, a, b: xp.right_shift(a, b), lambda a: (a < 0) * a.dtype.type(-1 if a.dtype.kind == "i" else 0))


def predicate(name, function, doc):
    """A bool of each value."""
    def forward(input):
        return function(array_module(input), input)
    forward.__name__, forward.__doc__, forward.__qualname__ = name, doc, name
    return constant(elementwise(forward, promotes="bool"))


isnan = predicate("isnan", lambda xp, x: xp.isnan(x), "True where the value is nan.")
isinf = predicate("isinf", lambda xp, x: xp.isinf(x), "True where the value is infinite.")
isfinite = predicate("isfinite", lambda xp, x: xp.isfinite(x), "True where the value is neither nan nor infinite.")
logical_not = predicate("logical_not", lambda xp, x: x == 0, "True where the value is 0.")


def bitwise_not(input):
    """All bits turned (`~`); for bool, the negation.

    Raises:
        RuntimeError: a floating tensor.
    """
    return bits_turned(input)


@elementwise
def bits_turned(input):
    if input.dtype.kind == "f":
        raise NotImplementedError("bitwise_not is not implemented for floating tensors: bits belong to integers and bool")
    return array_module(input).invert(input)


def inverted(self):
    """`~tensor`.

    Raises:
        TypeError: a floating tensor.
    """
    if self._array.dtype.kind == "f":
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bits_turned(self)


def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """True where |input - other| ≤ atol + rtol · |other|; equal infinities are close."""
    for t in (input, other):
        if not isinstance(t, Tensor):
            raise TypeError(f"isclose() takes Tensors, got {type(t).__name__}")
    if input.dtype is not other.dtype:
        raise RuntimeError(f"{input.dtype.legacy.removesuffix('Tensor')} did not match {other.dtype.legacy.removesuffix('Tensor')}")
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"rtol and atol must be greater than or equal to zero, but got {rtol} and {atol}")
    near = (input == other) | ((input - other).abs() <= atol + rtol * other.abs()) & isfinite(other)
    return near | isnan(input) & isnan(other) if equal_nan else near


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all values are close, as `isclose` says; a Python bool."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input, other):
    """Whether two tensors have the same shape and values; a Python bool."""
    for t in (input, other):
        if not isinstance(t, Tensor):
            raise TypeError(f"equal() takes Tensors, got {type(t).__name__}")
    return input._array.shape == other._array.shape and bool((input._array == other._array).all())
