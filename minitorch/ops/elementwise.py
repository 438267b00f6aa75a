"""Elementwise operations: each value of the result depends on the values at its own place.

Conventions at kinks, all PyTorch's: |x| and sign have slope 0 at 0; clamp passes the gradient on its bounds; a tie of
maximum or minimum gives half to each side; rounding has gradient 0 everywhere.
"""
import math

from minitorch.autograd.operator import elementwise, named
from minitorch.backend import array_module, special
from minitorch.tensor import Tensor


def zeros_of(grad):
    """Zeros of the shape and dtype of a gradient, an array or a Tensor."""
    return Tensor_zeros(grad) if isinstance(grad, Tensor) else array_module(grad).zeros(grad.shape, grad.dtype)


def Tensor_zeros(t):
    from minitorch.tensor import wrap
    return wrap(zeros_of(t._array))


# ---- arithmetic -------------------------------------------------------------------------------------------------------

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
    return plus(input, other if alpha == 1 else mul(other, scale_of(alpha, input, other)))


def sub(input, other, *, alpha=1):
    """input - alpha · other, elementwise, after broadcasting and promotion.

    Raises:
        RuntimeError: both operands are bool: use `^` or `logical_xor`.
    """
    return difference(input, other if alpha == 1 else mul(other, scale_of(alpha, input, other)))


def difference(input, other):
    """input - other; PyTorch refuses it for bool."""
    if is_bool(input) or is_bool(other):
        both = is_bool(input) and is_bool(other)
        raise RuntimeError("Subtraction, the `-` operator, with " + ("two bool tensors" if both else "a bool tensor") + " is not supported. " + (
            "Use the `^` or `logical_xor()` operator instead." if both else "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."))
    return minus(input, other)


def rsub(input, other, *, alpha=1):
    """other - alpha · input, elementwise."""
    return sub(other, input, alpha=alpha) if isinstance(other, Tensor) else difference(other, input if alpha == 1 else mul(input, alpha))


def scale_of(alpha, *operands):
    """A valid `alpha`: integers take no floating one, only bool takes a bool one."""
    kinds = [t._array.dtype.kind for t in operands if isinstance(t, Tensor)]
    if isinstance(alpha, bool) and "b" not in kinds:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and "f" not in kinds:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    return alpha


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
        return floor_divide(input, other)
    if rounding_mode == "trunc":
        return trunc_divide(input, other)
    raise RuntimeError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'")


def true_divide(input, other):
    """input / other, elementwise; integers are divided as floats."""
    return quotient(input, other)


@elementwise(name="DivBackward1")
def floor_divide(input, other):
    """⌊input / other⌋, elementwise, in the operands' common dtype.

    Example:
        >>> import minitorch as torch
        >>> torch.floor_divide(torch.tensor([-7, 7]), 2)
        tensor([-4,  3])
    """
    refuse_zero_divisor(input, other)
    xp = array_module(input, other)
    if result_kind(input, other) != "f":
        return xp.floor_divide(input, other)
    exact = xp.floor_divide(input, other)             # NumPy gives nan for x // 0 where torch divides
    return xp.where(xp.asarray(other) == 0, xp.true_divide(input, other), exact)

@floor_divide.derivative
def _(grad):
    return zeros_of(grad), zeros_of(grad)


@elementwise(name="DivBackward1")
def trunc_divide(input, other):
    refuse_zero_divisor(input, other)
    xp = array_module(input, other)
    if result_kind(input, other) == "f":
        return xp.trunc(input / other)
    down = xp.floor_divide(input, other)              # one more where the exact quotient is negative and not whole
    return down + ((down < 0) & (down * other != input)).astype(down.dtype)

@trunc_divide.derivative
def _(grad):
    return zeros_of(grad), zeros_of(grad)


def result_kind(*operands):
    """The kind of dtype that promoted operands have: of the first array among them."""
    return next(a.dtype.kind for a in operands if hasattr(a, "dtype"))


def refuse_zero_divisor(input, other):
    """Integers have no infinity: division by zero is an error (looked for where looking is free)."""
    from minitorch.backend import on_host
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
    refuse_zero_divisor(input, other)
    return array_module(input, other).remainder(input, other)

@remainder.derivative("input")
def _(grad):
    return grad

@remainder.derivative("other")                        # ∂/∂b (a - b⌊a/b⌋) = -⌊a/b⌋ almost everywhere
def _(grad, input, other):
    return -grad * floor_divide(input, other)


@elementwise(name="FmodBackward0")
def fmod(input, other):
    """input - other · trunc(input / other): the remainder with the dividend's sign (C's fmod)."""
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
    if isinstance(other, (int, float)):               # the exponents that programs use, without a general power
        if other == 2:
            return input * input
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
    return where(other == 0, 0.0, grad * (other * power(input, other - 1)))

@power.derivative("other")                            # ∂aᵇ/∂b = aᵇ ln a, and 0 where a = 0 and b ≥ 0
def _(grad, input, other, out):
    if not hasattr(input, "shape"):
        return zeros_of(grad) if input == 0 else grad * (out * math.log(input)) if input > 0 else grad * (out * math.nan)
    return where(logical_and(input == 0, other >= 0), 0.0, grad * (out * log(input)))

power_tensor = named(power, "PowBackward1")


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
    return power(input, exponent) if not isinstance(exponent, Tensor) else power_tensor(input, exponent)


def float_power(input, exponent):
    """input ** exponent in float64."""
    from minitorch.ops.conversion import cast
    promoted = [cast(t, dtype=float64()) if isinstance(t, Tensor) else float(t) for t in (input, exponent)]
    return pow(*promoted)


def float64():
    from minitorch import dtypes
    return dtypes.float64.numpy


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
        raise RuntimeError("Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.")
    return negative(input)


def positive(input):
    """+input: the tensor itself.

    Raises:
        RuntimeError: a bool tensor.
    """
    if is_bool(input):
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


# ---- powers, exponentials and logarithms ----------------------------------------------------------------------------------

@elementwise(promotes="float", name="ExpBackward0")
def exp(input):
    """eˣ, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.exp(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 2.7183])
    """
    return array_module(input).exp(input)

@exp.derivative                                       # dy/dx = y
def _(grad, out):
    return grad * out


@elementwise(promotes="float", name="Exp2Backward0")
def exp2(input):
    """2ˣ, elementwise."""
    return array_module(input).exp2(input)

@exp2.derivative                                      # dy/dx = y ln 2
def _(grad, out):
    return grad * (out * math.log(2))


@elementwise(promotes="float", name="Expm1Backward0")
def expm1(input):
    """eˣ - 1, exact for small x."""
    return array_module(input).expm1(input)

@expm1.derivative                                     # dy/dx = eˣ = y + 1
def _(grad, out):
    return grad * (out + 1)


@elementwise(promotes="float", name="LogBackward0")
def log(input):
    """The natural logarithm, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.log(torch.tensor([1.0, 10.0]))
        tensor([0.0000, 2.3026])
    """
    return array_module(input).log(input)

@log.derivative                                       # dy/dx = 1/x
def _(grad, input):
    return grad / input


@elementwise(promotes="float", name="Log2Backward0")
def log2(input):
    """The logarithm to base 2, elementwise."""
    return array_module(input).log2(input)

@log2.derivative                                      # dy/dx = 1/(x ln 2)
def _(grad, input):
    return grad / (input * math.log(2))


@elementwise(promotes="float", name="Log10Backward0")
def log10(input):
    """The logarithm to base 10, elementwise."""
    return array_module(input).log10(input)

@log10.derivative                                     # dy/dx = 1/(x ln 10)
def _(grad, input):
    return grad / (input * math.log(10))


@elementwise(promotes="float", name="Log1PBackward0")
def log1p(input):
    """ln(1 + x), exact for small x."""
    return array_module(input).log1p(input)

@log1p.derivative                                     # dy/dx = 1/(1 + x)
def _(grad, input):
    return grad / (input + 1)


@elementwise(promotes="float", name="SqrtBackward0")
def sqrt(input):
    """√x, elementwise; nan for negative numbers.

    Example:
        >>> import minitorch as torch
        >>> torch.sqrt(torch.tensor([4.0, 9.0]))
        tensor([2., 3.])
    """
    return array_module(input).sqrt(input)

@sqrt.derivative                                      # dy/dx = 1/(2y)
def _(grad, out):
    return grad / (2 * out)


@elementwise(promotes="float", name="RsqrtBackward0")
def rsqrt(input):
    """1/√x, elementwise."""
    return 1 / array_module(input).sqrt(input)

@rsqrt.derivative                                     # dy/dx = -x^(-3/2)/2 = -y³/2
def _(grad, out):
    return -0.5 * grad * (out * out * out)


@elementwise(name="PowBackward0")
def square(input):
    """x², elementwise."""
    return input * input if input.dtype.kind != "b" else input.astype("int64")

@square.derivative                                    # dy/dx = 2x
def _(grad, input):
    return grad * (input * 2)


@elementwise(promotes="float", name="ReciprocalBackward0")
def reciprocal(input):
    """1/x, elementwise."""
    return 1 / input

@reciprocal.derivative                                # dy/dx = -1/x² = -y²
def _(grad, out):
    return -grad * (out * out)


# ---- trigonometric and hyperbolic -----------------------------------------------------------------------------------------

@elementwise(promotes="float", name="SinBackward0")
def sin(input):
    """The sine of an angle in radians, elementwise."""
    return array_module(input).sin(input)

@sin.derivative
def _(grad, input):
    return grad * cos(input)


@elementwise(promotes="float", name="CosBackward0")
def cos(input):
    """The cosine of an angle in radians, elementwise."""
    return array_module(input).cos(input)

@cos.derivative
def _(grad, input):
    return grad * -sin(input)


@elementwise(promotes="float", name="TanBackward0")
def tan(input):
    """The tangent of an angle in radians, elementwise."""
    return array_module(input).tan(input)

@tan.derivative                                       # dy/dx = 1 + y²
def _(grad, out):
    return grad * (out * out + 1)


@elementwise(promotes="float", name="AsinBackward0")
def asin(input):
    """The arc sine, in radians; nan outside [-1, 1]."""
    return array_module(input).arcsin(input)

@asin.derivative                                      # dy/dx = 1/√(1 - x²)
def _(grad, input):
    return grad * rsqrt(1 - input * input)


@elementwise(promotes="float", name="AcosBackward0")
def acos(input):
    """The arc cosine, in radians; nan outside [-1, 1]."""
    return array_module(input).arccos(input)

@acos.derivative                                      # dy/dx = -1/√(1 - x²)
def _(grad, input):
    return grad * -rsqrt(1 - input * input)


@elementwise(promotes="float", name="AtanBackward0")
def atan(input):
    """The arc tangent, in radians."""
    return array_module(input).arctan(input)

@atan.derivative                                      # dy/dx = 1/(1 + x²)
def _(grad, input):
    return grad / (input * input + 1)


@elementwise(promotes="float", name="SinhBackward0")
def sinh(input):
    """(eˣ - e⁻ˣ)/2, elementwise."""
    return array_module(input).sinh(input)

@sinh.derivative
def _(grad, input):
    return grad * cosh(input)


@elementwise(promotes="float", name="CoshBackward0")
def cosh(input):
    """(eˣ + e⁻ˣ)/2, elementwise."""
    return array_module(input).cosh(input)

@cosh.derivative
def _(grad, input):
    return grad * sinh(input)


@elementwise(promotes="float", name="TanhBackward0")
def tanh(input):
    """The hyperbolic tangent, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.tanh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7616])
    """
    return array_module(input).tanh(input)

@tanh.derivative                                      # dy/dx = 1 - y²
def _(grad, out):
    return grad * (1 - out * out)


@elementwise(promotes="float", name="Atan2Backward0")
def atan2(input, other):
    """The angle of the point (other, input), in radians, in (-π, π]."""
    return array_module(input, other).arctan2(input, other)

@atan2.derivative("input")                            # θ = atan2(y, x): ∂θ/∂y = x/(x² + y²)
def _(grad, input, other):
    return grad * (other / (input * input + other * other))

@atan2.derivative("other")                            # ∂θ/∂x = -y/(x² + y²)
def _(grad, input, other):
    return grad * -(input / (input * input + other * other))


@elementwise(name="HypotBackward0")
def hypot(input, other):
    """√(input² + other²), without overflow."""
    if result_kind(input, other) != "f":
        raise RuntimeError("\"hypot_cpu\" not implemented for integers: convert with .float()")
    return array_module(input, other).hypot(input, other)

@hypot.derivative("input")                            # ∂r/∂a = a/r
def _(grad, input, out):
    return grad * (input / out)

@hypot.derivative("other")
def _(grad, other, out):
    return grad * (other / out)


@elementwise(name="LogaddexpBackward0")
def logaddexp(input, other):
    """ln(e^input + e^other), stable: max + log1p(e^-|a-b|)."""
    if result_kind(input, other) != "f":
        raise RuntimeError("logaddexp is not implemented for integers: convert with .float()")
    return array_module(input, other).logaddexp(input, other)

@logaddexp.derivative("input")                        # ∂y/∂a = e^(a - y)
def _(grad, input, out):
    return grad * exp(input - out)

@logaddexp.derivative("other")
def _(grad, other, out):
    return grad * exp(other - out)


# ---- sigmoid and erf ----------------------------------------------------------------------------------------------------------

@elementwise(promotes="float", name="SigmoidBackward0")
def sigmoid(input):
    """1/(1 + e⁻ˣ), elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.sigmoid(torch.tensor([0.0, 2.0]))
        tensor([0.5000, 0.8808])
    """
    xp = array_module(input)
    y = xp.asarray(xp.negative(input))
    xp.exp(y, out=y)                                  # inf for x below -88 in float32, and 1/inf is the right 0
    y += 1
    return xp.divide(1, y, out=y)

@sigmoid.derivative                                   # dy/dx = y (1 - y)
def _(grad, out):
    return grad * (out * (1 - out))


@elementwise(promotes="float", name="LogitBackward0")
def logit_of(input):
    return array_module(input).log(input / (1 - input))

@logit_of.derivative                                  # dy/dx = 1/(x (1 - x))
def _(grad, input):
    return grad / (input * (1 - input))


def logit(input, eps=None):
    """ln(x/(1 - x)), the inverse of sigmoid; with `eps`, x is first clamped to [eps, 1 - eps]."""
    return logit_of(input if eps is None else clamp(input, eps, 1 - eps))


@elementwise(promotes="float", name="ErfBackward0")
def erf(input):
    """(2/√π) ∫₀ˣ e^(-t²) dt, elementwise."""
    return special(input).erf(input)

@erf.derivative                                       # dy/dx = (2/√π) e^(-x²)
def _(grad, input):
    return grad * (exp(-(input * input)) * (2 / math.sqrt(math.pi)))


# ---- magnitude, bounds and rounding ---------------------------------------------------------------------------------------

@elementwise(name="AbsBackward0")
def abs(input):
    """|x|, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.abs(torch.tensor([-1.5, 2.0]))
        tensor([1.5000, 2.0000])
    """
    return array_module(input).abs(input)

@abs.derivative
def _(grad, input):
    return grad * sign(input)


@elementwise(name="SignBackward0")
def sign(input):
    """-1, 0 or 1, elementwise."""
    return array_module(input).sign(input) if input.dtype.kind != "b" else input.copy()

@sign.derivative
def _(grad):
    return zeros_of(grad)


@elementwise(name="ClampBackward1")
def bound(input, min=None, max=None):
    xp = array_module(input)
    y = input if min is None else xp.maximum(input, min)
    return y if max is None else xp.minimum(y, max)

@bound.derivative                                     # the gradient passes within the bounds, and belongs to the bound outside
def _(grad, input, min, max, needs):
    inside, below, above = True, False, False
    if min is not None:
        inside, below = input >= min, input < min
    if max is not None:
        inside, above = inside & (input <= max), input > max
    if min is not None and max is not None and (needs[1] or needs[2]):
        below, above = below & (min < max), above | (max < min)
    return [where(mask, grad, 0.0) if need else None for mask, need in zip((inside, below, above), needs)]

bound_tensor, bound_number = bound, named(bound, "ClampBackward0")


def clamp(input, min=None, max=None):
    """Each value brought into [min, max]; either bound may be None, a number or a tensor. If min > max, the result is max.

    Raises:
        RuntimeError: both bounds are None.

    Example:
        >>> import minitorch as torch
        >>> torch.clamp(torch.tensor([-2.0, 0.5, 3.0]), -1, 1)
        tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if isinstance(min, Tensor) != isinstance(max, Tensor) and min is not None and max is not None:
        raise TypeError("clamp() takes bounds of one kind: two numbers or two Tensors")
    return (bound_tensor if isinstance(min, Tensor) or isinstance(max, Tensor) else bound_number)(input, min, max)


def clamp_min(input, min):
    """max(x, min), elementwise."""
    return clamp(input, min=min)


def clamp_max(input, max):
    """min(x, max), elementwise."""
    return clamp(input, max=max)


@elementwise(name="MaximumBackward0")
def maximum(input, other):
    """The larger of two operands, elementwise; nan if either is nan."""
    return array_module(input, other).maximum(input, other)

@maximum.derivative("input")
def _(grad, input, other):
    return share(grad, input > other, input == other)

@maximum.derivative("other")
def _(grad, input, other):
    return share(grad, other > input, input == other)


@elementwise(name="MinimumBackward0")
def minimum(input, other):
    """The smaller of two operands, elementwise; nan if either is nan."""
    return array_module(input, other).minimum(input, other)

@minimum.derivative("input")
def _(grad, input, other):
    return share(grad, input < other, input == other)

@minimum.derivative("other")
def _(grad, input, other):
    return share(grad, other < input, input == other)


def share(grad, mine, tie):
    """The gradient where this operand was chosen, half of it where both are equal."""
    return where(tie, grad * 0.5, where(mine, grad, 0.0))


def rounding(name, function, doc):
    """An operation whose gradient is 0 everywhere."""
    def forward(input):
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
        tensor([0., 2., -2.])
    """
    if not decimals:
        return round_whole(input)
    ten = 10.0 ** decimals
    return quotient(round_whole(mul(input, ten)), ten) if decimals > 0 else mul(round_whole(quotient(input, 1 / ten)), 1 / ten)


def frac(input):
    """x - trunc(x), elementwise."""
    return minus(input, trunc(input))


@elementwise(name="NanToNumBackward0")
def nan_to_num(input, *, nan=None, posinf=None, neginf=None):
    """nan and infinities replaced: nan by 0, ±inf by the dtype's extremes, unless given."""
    xp = array_module(input)
    return xp.nan_to_num(input, nan=nan or 0.0, posinf=posinf, neginf=neginf)

@nan_to_num.derivative
def _(grad, input):
    return where(isfinite(input), grad, 0.0)


# ---- choosing -----------------------------------------------------------------------------------------------------------------

@elementwise(apart=1, name="WhereBackward0")
def where_op(condition, input, other):
    return array_module(condition, input, other).where(condition, input, other)

@where_op.derivative("input")
def _(grad, condition):
    return where_op(condition, grad, 0.0)

@where_op.derivative("other")
def _(grad, condition):
    return where_op(condition, 0.0, grad)


def where(condition, input=None, other=None):
    """`input` where the condition holds, `other` elsewhere; with the condition alone, the indices where it holds.

    Raises:
        RuntimeError: the condition is not bool.

    Example:
        >>> import minitorch as torch
        >>> torch.where(torch.tensor([True, False]), torch.tensor([1.0, 2.0]), 0.0)
        tensor([1., 0.])
    """
    if input is None and other is None:
        from minitorch.ops.indexing import nonzero
        return nonzero(condition, as_tuple=True)
    if getattr(condition, "dtype", None) is not None and str(condition.dtype).rpartition(".")[2] not in ("bool", "uint8"):
        raise RuntimeError(f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype}")
    return where_op(condition, input, other)


@elementwise(name="LerpBackward0")
def lerp(input, end, weight):
    """input + weight · (end - input), in the form that is exact at both ends."""
    xp = array_module(input, end, weight)
    half = xp.asarray(weight) < 0.5
    return xp.where(half, input + weight * (end - input), end - (end - input) * (1 - weight))

@lerp.derivative("input")
def _(grad, weight):
    return grad * (1 - weight)

@lerp.derivative("end")
def _(grad, weight):
    return grad * weight

@lerp.derivative("weight")
def _(grad, input, end):
    return grad * (end - input)


def addcmul(input, tensor1, tensor2, *, value=1):
    """input + value · tensor1 · tensor2, elementwise."""
    product = mul(tensor1, tensor2)
    return plus(input, product if value == 1 else mul(product, value))


def addcdiv(input, tensor1, tensor2, *, value=1):
    """input + value · tensor1 / tensor2, elementwise.

    Raises:
        RuntimeError: tensor1 and tensor2 are both integers.
    """
    if all(t._array.dtype.kind != "f" for t in (tensor1, tensor2)):
        raise RuntimeError("Integer division with addcdiv is no longer supported: use addcdiv(input, tensor1.float(), tensor2)")
    ratio = quotient(tensor1, tensor2)
    return plus(input, ratio if value == 1 else mul(ratio, value))


# ---- comparisons and logic: no gradient --------------------------------------------------------------------------------------

def comparison(name, function, doc, promotes="bool"):
    """An operation with a bool (or integer) result, and so without a history."""
    def forward(input, other):
        return function(array_module(input, other), input, other)
    forward.__name__, forward.__doc__, forward.__qualname__ = name, doc, name
    return constant(elementwise(forward, promotes=promotes))


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
logical_and = comparison("logical_and", lambda xp, a, b: xp.logical_and(a, b), "True where both operands are nonzero.")
logical_or = comparison("logical_or", lambda xp, a, b: xp.logical_or(a, b), "True where either operand is nonzero.")
logical_xor = comparison("logical_xor", lambda xp, a, b: xp.logical_xor(a, b), "True where exactly one operand is nonzero.")


def bitwise(name, function, doc):
    """A bit operation: integers and bool only."""
    def forward(input, other):
        if result_kind(input, other) == "f":
            raise RuntimeError(f'"{name}_cpu" not implemented for floating tensors: bits belong to integers and bool')
        return function(array_module(input, other), input, other)
    forward.__name__, forward.__doc__, forward.__qualname__ = name, doc, name
    return constant(elementwise(forward))


bitwise_and = bitwise("bitwise_and", lambda xp, a, b: xp.bitwise_and(a, b), "The bits that both operands have (`&`).")
bitwise_or = bitwise("bitwise_or", lambda xp, a, b: xp.bitwise_or(a, b), "The bits that either operand has (`|`).")
bitwise_xor = bitwise("bitwise_xor", lambda xp, a, b: xp.bitwise_xor(a, b), "The bits that exactly one operand has (`^`).")


def predicate(name, function, doc):
    """A bool of each value."""
    def forward(input):
        return function(array_module(input), input)
    forward.__name__, forward.__doc__, forward.__qualname__ = name, doc, name
    return constant(elementwise(forward, promotes="bool"))


isnan = predicate("isnan", lambda xp, x: xp.isnan(x), "True where the value is nan.")
isinf = predicate("isinf", lambda xp, x: xp.isinf(x), "True where the value is infinite.")
isfinite = predicate("isfinite", lambda xp, x: xp.isfinite(x), "True where the value is neither nan nor infinite.")
logical_not = predicate("logical_not", lambda xp, x: xp.logical_not(x), "True where the value is 0.")


def bitwise_not(input):
    """All bits turned (`~`); for bool, the negation.

    Raises:
        RuntimeError: a floating tensor.
    """
    return bits_turned(input)


@elementwise
def bits_turned(input):
    if input.dtype.kind == "f":
        raise RuntimeError("bitwise_not is not implemented for floating tensors: bits belong to integers and bool")
    return array_module(input).invert(input)


def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """True where |input - other| ≤ atol + rtol · |other|; equal infinities are close."""
    near = logical_or(eq(input, other), logical_and(le(abs(minus(input, other)), plus(mul(abs(other), rtol), atol)), isfinite(other)))
    return logical_or(near, logical_and(isnan(input), isnan(other))) if equal_nan else near


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all values are close, as `isclose` says; a Python bool."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input, other):
    """Whether two tensors have the same shape and values; a Python bool."""
    return input._array.shape == other._array.shape and bool((input._array == other._array).all())
