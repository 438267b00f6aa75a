"""Functions of one operand (and a few of two): exponentials, logarithms, trigonometry, sigmoid, erf."""
import math

from minitorch.autograd.operator import elementwise
from minitorch.backend import array_module, fused, special
from minitorch.ops.choosing import clamp, where_op
from minitorch.ops.comparison import result_kind

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
def tanh_backward(grad, out):
    return grad * (1 - out * out)


@elementwise(promotes="float", name="Atan2Backward0", numbers=False)
def atan2(input, other):
    """The angle of the point (other, input), in radians, in (-π, π]."""
    return array_module(input, other).arctan2(input, other)

@atan2.derivative("input")                            # θ = atan2(y, x): ∂θ/∂y = x/(x² + y²)
def _(grad, input, other):
    return grad * (other * inverse_square(input, other))

@atan2.derivative("other")                            # ∂θ/∂x = -y/(x² + y²)
def _(grad, input, other):
    return grad * -(input * inverse_square(input, other))


def inverse_square(y, x):
    """1/(x² + y²), and 0 at the origin, where there is no angle."""
    square = y * y + x * x
    return where_op(square == 0, 0.0, 1 / square)


@elementwise(name="HypotBackward0", numbers=False)
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


@elementwise(name="LogaddexpBackward0", numbers=False)
def logaddexp(input, other):
    """ln(e^input + e^other), stable: max + log1p(e^-|a-b|)."""
    if result_kind(input, other) != "f":
        raise RuntimeError("logaddexp is not implemented for integers: convert with .float()")
    return array_module(input, other).logaddexp(input, other)

@logaddexp.derivative("input")                        # ∂y/∂a = eᵃ/(eᵃ + eᵇ) = σ(a - b)
def _(grad, input, other):
    return grad * sigmoid(input - other)

@logaddexp.derivative("other")
def _(grad, input, other):
    return grad * sigmoid(other - input)


# ---- sigmoid and erf ----------------------------------------------------------------------------------------------------------

@elementwise(promotes="float", name="SigmoidBackward0")
def sigmoid(input):
    """1/(1 + e⁻ˣ), elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.sigmoid(torch.tensor([0.0, 2.0]))
        tensor([0.5000, 0.8808])
    """
    return logistic(input, array_module(input).empty_like(input))

@fused
def logistic(xp, x, space):
    y = xp.negative(x, out=space)
    y = xp.exp(y, out=y)                              # inf for x below -88 in float32, and 1/inf is the right 0
    y += 1
    return xp.divide(1, y, out=y)

@sigmoid.derivative                                   # dy/dx = y (1 - y)
def sigmoid_backward(grad, out):
    return sigmoid_slope(grad, out)

@fused
def sigmoid_slope(xp, grad, y):
    return grad * (y * (1 - y))


@elementwise(promotes="float", name="LogitBackward0")
def logit_of(input):
    return array_module(input).log(input / (1 - input))

@logit_of.derivative                                  # dy/dx = 1/(x (1 - x)), nan outside [0, 1]
def _(grad, input):
    return where_op((input < 0) | (input > 1), math.nan, grad / (input * (1 - input)))


def logit(input, eps=None):
    """ln(x/(1 - x)), the inverse of sigmoid; with `eps`, x is first clamped to [eps, 1 - eps]."""
    return logit_of(input if eps is None else clamp(input, eps, 1 - eps))


@elementwise(promotes="float", name="ErfBackward0")
def erf(input):
    """(2/√π) ∫₀ˣ e^(-t²) dt, elementwise."""
    return special(input).erf(input) if input.dtype != "f2" else special(input).erf(input.astype("f4")).astype("f2")

@erf.derivative                                       # dy/dx = (2/√π) e^(-x²)
def _(grad, input):
    return grad * (exp(-(input * input)) * (2 / math.sqrt(math.pi)))
