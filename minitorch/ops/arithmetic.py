"""Arithmetic: sums, products, quotients, powers, remainders, rounding. Rounding has gradient 0 everywhere."""
import math

from minitorch import dtypes
from minitorch.autograd.operator import elementwise, named
from minitorch.backend import array_module, on_host
from minitorch.ops.choosing import where_op, zeros_of
from minitorch.ops.comparison import logical_and, result_kind
from minitorch.ops.elementwise import log
from minitorch.tensor import Tensor


@elementwise(name="AddBackward0")
def plus(input, other):
    return input + other

@plus.derivative("input")
def _(grad):
    return grad

@plus.derivative("other")
def _(grad):
    return grad


@elementwise(name="SubBackward0")
def minus(input, other):
    return input - other

@minus.derivative("input")
def _(grad):
    return grad

@minus.derivative("other")
def _(grad):
    return -grad


@elementwise(name="MulBackward0")
def mul(input, other):
    """input · other, elementwise, after broadcasting and promotion.

    Example:
        >>> import minitorch as torch
        >>> torch.mul(torch.tensor([1.0, 2.0]), 3)
        tensor([3., 6.])
    """
    return input * other

@mul.derivative("input")                              # ∂(ab)/∂a = b
def _(grad, other):
    return grad * other

@mul.derivative("other")                              # ∂(ab)/∂b = a
def _(grad, input):
    return grad * input


@elementwise(promotes="float", name="DivBackward0")
def quotient(input, other):
    return input / other

@quotient.derivative("input")                         # ∂(a/b)/∂a = 1/b
def _(grad, other):
    return grad / other

@quotient.derivative("other")                         # ∂(a/b)/∂b = -a/b² = -(a/b)/b
def _(grad, input, other):
    return -grad * ((input / other) / other)


def add(input, other, *, alpha=1):
    """input + alpha · other, elementwise, after broadcasting and promotion.

    Example:
        >>> import minitorch as torch
        >>> torch.add(torch.tensor([1.0, 2.0]), torch.tensor([10.0, 20.0]), alpha=2)
        tensor([21., 42.])
    """
    return plus(input, scaled(other, alpha, input, other))


def sub(input, other, *, alpha=1):
    """input - alpha · other, elementwise, after broadcasting and promotion.

    Raises:
        RuntimeError: both operands are bool: use `^` or `logical_xor`.
    """
    return difference(input, scaled(other, alpha, input, other))


def difference(input, other):
    """input - other; PyTorch refuses it for bool."""
    difference_allowed(input, other)
    return minus(input, other)


def difference_allowed(input, other):
    """Refuse bool, as PyTorch does."""
    if is_bool(input) and is_bool(other):
        raise RuntimeError("Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
                           "operator instead.")
    if is_bool(input) or is_bool(other):
        raise RuntimeError("Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
                           "use the `~` or `logical_not()` operator instead.")


def rsub(input, other, *, alpha=1):
    """other - alpha · input, elementwise."""
    factor = scaled(input, alpha, input, other)
    difference_allowed(other, factor)
    return (taken_from if isinstance(other, Tensor) else taken_from_number)(factor, other)


@elementwise(name="RsubBackward0")
def taken_from(input, other):
    return other - input

@taken_from.derivative("input")
def _(grad):
    return -grad

@taken_from.derivative("other")
def _(grad):
    return grad

taken_from_number = named(taken_from, "RsubBackward1")


def scaled(value, alpha, *operands):
    """alpha · value. Integers take no floating alpha, only bool takes a bool one; what is bool stays bool."""
    if type(alpha) is int and alpha == 1:
        return value
    kinds = [t._array.dtype.kind if isinstance(t, Tensor) else "b" if isinstance(t, bool) else "f" if isinstance(t, float) else "i"
             for t in operands]
    if isinstance(alpha, bool) and set(kinds) != {"b"}:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and "f" not in kinds:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if alpha == 1:
        return value
    alpha = bool(alpha) if set(kinds) == {"b"} else alpha
    return mul(value, alpha) if isinstance(value, Tensor) else value and alpha if isinstance(value, bool) else value * alpha


def is_bool(value):
    """Whether an operand's dtype is bool."""
    return isinstance(value, bool) if not isinstance(value, Tensor) else value._array.dtype.kind == "b"


def div(input, other, *, rounding_mode=None):
    """input / other, elementwise: true division, or rounded towards zero ("trunc") or down ("floor").

    Raises:
        RuntimeError: an unknown rounding mode.

    Example:
        >>> import minitorch as torch
        >>> torch.div(torch.tensor([-7, 7]), 2), torch.div(torch.tensor([-7, 7]), 2, rounding_mode="trunc")
        (tensor([-3.5000,  3.5000]), tensor([-3,  3]))
    """
    if rounding_mode is None:
        return quotient(input, other)
    if rounding_mode == "floor":
        return floor_quotient(input, other)
    if rounding_mode == "trunc":
        return trunc_divide(input, other)
    raise RuntimeError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'")


def true_divide(input, other):
    """input / other, elementwise; integers are divided as floats."""
    return quotient(input, other)


@elementwise(name="NotImplemented")
def floor_divide(input, other):
    """⌊input / other⌋, elementwise, in the operands' common dtype.

    Example:
        >>> import minitorch as torch
        >>> torch.floor_divide(torch.tensor([-7, 7]), 2)
        tensor([-4,  3])
    """
    refuse_bool("floor_divide", input, other)
    refuse_zero_divisor(input, other)
    xp = array_module(input, other)
    if result_kind(input, other) != "f":
        return xp.floor_divide(input, other)
    exact = xp.floor_divide(input, other)             # NumPy gives nan for x // 0 where torch divides
    return xp.where(xp.asarray(other) == 0, xp.true_divide(input, other), exact)

@floor_divide.derivative
def _(grad):
    raise RuntimeError("derivative for aten::floor_divide is not implemented: use div(..., rounding_mode='floor'), whose gradient is 0")


@elementwise(name="DivBackward1")
def floor_quotient(input, other):
    return floor_divide.op.forward(input, other)

@floor_quotient.derivative
def _(grad):
    return zeros_of(grad), zeros_of(grad)


@elementwise(name="DivBackward1")
def trunc_divide(input, other):
    refuse_bool("div_trunc", input, other)
    refuse_zero_divisor(input, other)
    xp = array_module(input, other)
    if result_kind(input, other) == "f":
        return xp.trunc(input / other)
    down = xp.floor_divide(input, other)              # one more where the exact quotient is negative and not whole
    return down + ((down < 0) & (down * other != input)).astype(down.dtype)

@trunc_divide.derivative
def _(grad):
    return zeros_of(grad), zeros_of(grad)


def refuse_bool(name, *operands):
    """Raise torch's error for an operation that bool lacks."""
    if result_kind(*operands) == "b":
        raise NotImplementedError(f'"{name}" not implemented for \'Bool\': convert with .int()')


def refuse_zero_divisor(input, other):
    """Integers have no infinity: division by zero is an error (looked for where looking is free)."""
    if result_kind(input, other) != "f":
        zero = other == 0 if not hasattr(other, "dtype") else on_host(other) and bool((other == 0).any())
        if zero:
            raise RuntimeError("ZeroDivisionError")


@elementwise(name="RemainderBackward0")
def remainder(input, other):
    """input - other · ⌊input / other⌋: the remainder with the divisor's sign (Python's %).

    Example:
        >>> import minitorch as torch
        >>> torch.remainder(torch.tensor([-3.0, 3.0]), 2)
        tensor([1., 1.])
    """
    refuse_bool("remainder", input, other)
    refuse_zero_divisor(input, other)
    return array_module(input, other).remainder(input, other)

@remainder.derivative("input")
def _(grad):
    return grad

@remainder.derivative("other")                        # ∂/∂b (a - b⌊a/b⌋) = -⌊a/b⌋ almost everywhere
def _(grad, input, other):
    return -grad * floor_quotient(input, other)


@elementwise(name="FmodBackward0", numbers="second")
def fmod(input, other):
    """input - other · trunc(input / other): the remainder with the dividend's sign (C's fmod)."""
    refuse_bool("fmod", input, other)
    refuse_zero_divisor(input, other)
    return array_module(input, other).fmod(input, other)

@fmod.derivative("input")
def _(grad):
    return grad

@fmod.derivative("other")
def _(grad, input, other):
    return -grad * trunc_divide(input, other)


@elementwise(name="PowBackward0")
def power(input, other):
    xp = array_module(input, other)
    if not isinstance(other, (int, float)) or not hasattr(input, "dtype"):
        refuse_bool("pow", input, other)
    if isinstance(other, (int, float)):               # the exponents that programs use, without a general power
        if other == 2 and input.dtype.kind != "b":
            return input * input
        if other == 1:
            return input.copy()
        if other == 3:
            return input * input * input
        if other == 0.5:
            return xp.sqrt(input)
        if input.dtype.kind == "i" and other < 0 or input.dtype.kind == "u" and other < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
    elif hasattr(other, "dtype") and other.dtype.kind in "iu" and not hasattr(input, "dtype"):
        input = xp.asarray(input, dtype=other.dtype)
    if hasattr(other, "dtype") and other.dtype.kind == "i":
        return integer_power(xp, input, other)
    return xp.power(input, other)

@power.derivative("input")                            # ∂aᵇ/∂a = b aᵇ⁻¹, and 0 where b = 0 whatever a is
def _(grad, input, other):
    if not hasattr(other, "shape"):
        return zeros_of(grad) if other == 0 else grad * (power(input, other - 1) * other if other != 2 else input * 2)
    return where_op(other == 0, 0.0, grad * (other * power(input, other - 1)))

@power.derivative("other")                            # ∂aᵇ/∂b = aᵇ ln a, and 0 where a = 0 and b ≥ 0
def _(grad, input, other, out):
    if not hasattr(input, "shape"):
        if input == 0:
            return where_op(other >= 0, 0.0, grad * (out * -math.inf))
        return grad * (out * (math.log(input) if input > 0 else math.nan))
    return where_op(logical_and(input == 0, other >= 0), 0.0, grad * (out * log(input)))

power_tensor, power_of_number = named(power, "PowBackward1"), named(power, "PowBackward2")


def integer_power(xp, base, exponent):
    """base ** exponent in wrapping integers; a negative exponent leaves ±1 of a base ±1, and 0 of all others."""
    negative = exponent < 0
    value = xp.power(base, xp.where(negative, 0, exponent))
    odd = exponent % 2 != 0
    reciprocal = xp.where(base == 1, 1, xp.where(base == -1, xp.where(odd, -1, 1), 0))
    return xp.where(negative, reciprocal, value).astype(value.dtype)


def pow(input, exponent):
    """input ** exponent, elementwise; either may be a number.

    Raises:
        RuntimeError: an integer tensor with a negative integer number as exponent.

    Example:
        >>> import minitorch as torch
        >>> torch.pow(torch.tensor([1.0, 2.0, 3.0]), 2)
        tensor([1., 4., 9.])
    """
    if isinstance(exponent, Tensor):
        return (power_tensor if isinstance(input, Tensor) else power_of_number)(input, exponent)
    if isinstance(exponent, int) and exponent < 0 and isinstance(input, Tensor) and input._array.dtype.kind in "iu":
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    return power(input, exponent)


def number(value):
    """A Python float of a number; a TypeError for anything else."""
    dtypes.number_type(value)
    return float(value)


def float_power(input, exponent):
    """input ** exponent in float64."""
    from minitorch.ops.conversion import cast
    promoted = [cast(t, dtype=dtypes.float64.numpy) if isinstance(t, Tensor) else number(t) for t in (input, exponent)]
    return pow(*promoted)


@elementwise(name="NegBackward0")
def negative(input):
    return -input

@negative.derivative
def _(grad):
    return -grad


def neg(input):
    """-input, elementwise.

    Raises:
        RuntimeError: a bool tensor: use `~`.

    Example:
        >>> import minitorch as torch
        >>> torch.neg(torch.tensor([1.0, -2.0]))
        tensor([-1.,  2.])
    """
    if is_bool(input):
        raise RuntimeError("Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the "
                           "`~` or `logical_not()` operator instead.")
    return negative(input)


def positive(input):
    """+input: the tensor itself.

    Raises:
        RuntimeError: a bool tensor.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"positive(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    if is_bool(input):
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


# ---- between two values ---------------------------------------------------------------------------------------------------

@elementwise(name="LerpBackward1")
def between(input, end, weight):
    way = end - input                                 # the form that is exact at the nearer end
    if hasattr(weight, "dtype"):
        return array_module(weight).where(weight < 0.5, input + weight * way, end - way * (1 - weight))
    way *= weight if weight < 0.5 else weight - 1
    way += input if weight < 0.5 else end
    return way

@between.derivative("input")
def _(grad, weight):
    return grad * (1 - weight)

@between.derivative("end")
def _(grad, weight):
    return grad * weight

@between.derivative("weight")
def _(grad, input, end):
    return grad * (end - input)


between_by_number = named(between, "LerpBackward0")


def lerp(input, end, weight):
    """input + weight · (end - input), elementwise, exact at both ends.

    Raises:
        NotImplementedError: integers.

    Example:
        >>> import minitorch as torch
        >>> torch.lerp(torch.tensor([0.0, 10.0]), torch.tensor([1.0, 20.0]), 0.5)
        tensor([ 0.5000, 15.0000])
    """
    for name, value in (("end", end), ("weight", weight)):
        if name == "end" and not isinstance(value, Tensor):
            raise TypeError(f"lerp(): argument 'end' (position 2) must be Tensor, not {type(value).__name__}")
        if isinstance(value, Tensor) and value._array.dtype != input._array.dtype:
            raise RuntimeError(f"expected dtype {input.dtype} for `{name}`, but got dtype {value.dtype}")
    if isinstance(input, Tensor) and input._array.dtype.kind != "f":
        raise NotImplementedError(f"lerp is not implemented for {input.dtype}: convert with .float()")
    return (between if isinstance(weight, Tensor) else between_by_number)(input, end, weight)


def two_tensors(name, *values):
    """Refuse numbers where torch takes tensors alone."""
    for k, value in enumerate(values, 1):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}(): argument 'tensor{k}' (position {k + 1}) must be Tensor, not {type(value).__name__}")


def addcmul(input, tensor1, tensor2, *, value=1):
    """input + value · tensor1 · tensor2, elementwise."""
    two_tensors("addcmul", tensor1, tensor2)
    product = mul(tensor1, tensor2)
    return plus(input, product if value == 1 else mul(product, value))


def addcdiv(input, tensor1, tensor2, *, value=1):
    """input + value · tensor1 / tensor2, elementwise.

    Raises:
        RuntimeError: tensor1 and tensor2 are both integers.
    """
    two_tensors("addcdiv", tensor1, tensor2)
    if all(t._array.dtype.kind != "f" for t in (tensor1, tensor2)):
        raise RuntimeError("Integer division with addcdiv is no longer supported: use addcdiv(input, tensor1.float(), tensor2)")
    ratio = quotient(tensor1, tensor2)
    return plus(input, ratio if value == 1 else mul(ratio, value))


# ---- rounding ---------------------------------------------------------------------------------------------------------------

def rounding(name, function, doc):
    """An operation whose gradient is 0 everywhere."""
    def forward(input):
        refuse_bool(name, input)
        return function(array_module(input), input) if input.dtype.kind == "f" else input.copy()
    forward.__name__, forward.__doc__, forward.__qualname__ = name, doc, name
    op = elementwise(forward)

    @op.derivative
    def _(grad):
        return zeros_of(grad)
    return op


floor = rounding("floor", lambda xp, x: xp.floor(x), "The largest whole number that is not above x, elementwise.")
ceil = rounding("ceil", lambda xp, x: xp.ceil(x), "The smallest whole number that is not below x, elementwise.")
trunc = rounding("trunc", lambda xp, x: xp.trunc(x), "x without its fraction, elementwise.")
round_whole = rounding("round", lambda xp, x: xp.rint(x), "The nearest whole number, elementwise.")


def round(input, *, decimals=0):
    """The nearest number of so many decimals; halves go to the even neighbour.

    Example:
        >>> import minitorch as torch
        >>> torch.round(torch.tensor([0.5, 1.5, -2.5]))
        tensor([ 0.,  2., -2.])
    """
    if not decimals:
        return round_whole(input)
    return round_decimals(input, decimals=decimals)


@elementwise(name="RoundBackward1")
def round_decimals(input, *, decimals):
    if input.dtype.kind != "f":
        raise NotImplementedError(f'"round_cpu" not implemented for {input.dtype}: only floating numbers have decimals')
    ten = 10.0 ** abs(decimals)
    xp = array_module(input)
    return xp.rint(input * ten) / ten if decimals > 0 else xp.rint(input / ten) * ten

@round_decimals.derivative
def _(grad):
    return zeros_of(grad)


def frac(input):
    """x - trunc(x), elementwise.

    Raises:
        NotImplementedError: integers.
    """
    if input._array.dtype.kind != "f":
        raise NotImplementedError(f'"frac_cpu" not implemented for {input.dtype}: convert with .float()')
    return frac_op(input)


@elementwise(name="FracBackward0")
def frac_op(input):
    xp = array_module(input)
    whole = xp.trunc(input, out=xp.empty_like(input))
    return xp.subtract(input, whole, out=whole)

@frac_op.derivative
def _(grad):
    return grad
