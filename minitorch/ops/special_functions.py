"""Special functions: inverse hyperbolic, error and gamma functions, Bessel functions, x ln y and their kin."""
import math

from minitorch.autograd.operator import differentiable, elementwise
from minitorch.backend import array_module, special
from minitorch.dtypes import default_numpy
from minitorch.ops.arithmetic import add
from minitorch.ops.choosing import sign, where_op
from minitorch.ops.comparison import logical_and, result_kind
from minitorch.ops.elementwise import cos, exp, log, log1p, rsqrt, sigmoid, sin
from minitorch.tensor import Tensor

ROOT_PI = math.sqrt(math.pi)


def computed(name, *operands):
    """A function of the library of special functions, in the operands' own dtype; halves are computed in float32."""
    first = next(a for a in operands if hasattr(a, "dtype"))
    xp, kind = array_module(first), first.dtype
    wide = "f4" if kind == "f2" else kind
    values = [xp.asarray(a, dtype=wide) for a in operands]
    return getattr(special(values[0]), name)(*values).astype(kind, copy=False)


def floats_only(name, *operands):
    """Refuse integers as torch does."""
    if result_kind(*operands) != "f":
        raise NotImplementedError(f'"{name}_cpu" not implemented for integers and bool: convert with .float()')


def not_implemented(name):
    """The rule of an argument in which torch has no derivative."""
    raise RuntimeError(f"derivative for aten::{name} is not implemented: detach the argument, or use a function that has one")


# ---- inverse hyperbolic -----------------------------------------------------------------------------------------------------

@elementwise(promotes="float", name="AsinhBackward0")
def asinh(input):
    """The inverse of sinh, elementwise: ln(x + √(x² + 1)).

    Example:
        >>> import minitorch as torch
        >>> torch.asinh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8814])
    """
    return array_module(input).arcsinh(input)

@asinh.derivative                                     # dy/dx = 1/√(x² + 1)
def _(grad, input):
    return grad * rsqrt(input * input + 1)


@elementwise(promotes="float", name="AcoshBackward0")
def acosh(input):
    """The inverse of cosh, elementwise: ln(x + √(x² - 1)); nan below 1.

    Example:
        >>> import minitorch as torch
        >>> torch.acosh(torch.tensor([1.0, 2.0]))
        tensor([0.0000, 1.3170])
    """
    return array_module(input).arccosh(input)

@acosh.derivative                                     # dy/dx = 1/√(x² - 1)
def _(grad, input):
    return grad * rsqrt(input * input - 1)


@elementwise(promotes="float", name="AtanhBackward0")
def atanh(input):
    """The inverse of tanh, elementwise: ln((1 + x)/(1 - x))/2; ±inf at ±1, nan beyond.

    Example:
        >>> import minitorch as torch
        >>> torch.atanh(torch.tensor([0.0, 0.5]))
        tensor([0.0000, 0.5493])
    """
    return array_module(input).arctanh(input)

@atanh.derivative                                     # dy/dx = 1/(1 - x²)
def _(grad, input):
    return grad / (1 - input * input)


# ---- error functions and the normal distribution --------------------------------------------------------------------------------

@elementwise(promotes="float", name="ErfcBackward0")
def erfc(input):
    """1 - erf(x), exact also where erf is nearly 1.

    Example:
        >>> import minitorch as torch
        >>> torch.erfc(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.1573])
    """
    return computed("erfc", input)

@erfc.derivative                                      # dy/dx = -(2/√π) e^(-x²)
def _(grad, input):
    return grad * (exp(-(input * input)) * (-2 / ROOT_PI))


@elementwise(promotes="float", name="ErfinvBackward0")
def erfinv(input):
    """The inverse of erf, elementwise: ±inf at ±1, nan beyond.

    Example:
        >>> import minitorch as torch
        >>> torch.erfinv(torch.tensor([0.0, 0.5]))
        tensor([0.0000, 0.4769])
    """
    return computed("erfinv", input)

@erfinv.derivative                                    # x = erf(y), dx/dy = (2/√π) e^(-y²): dy/dx = (√π/2) e^(y²)
def _(grad, out):
    return grad * (exp(out * out) * (ROOT_PI / 2))


@elementwise(promotes="float", name="SpecialErfcxBackward0")
def erfcx(input):
    """e^(x²) erfc(x), elementwise, without overflow for large x.

    Example:
        >>> import minitorch as torch
        >>> torch.special.erfcx(torch.tensor([0.0, 10.0]))
        tensor([1.0000, 0.0561])
    """
    refuse_half("erfcx", input)
    return computed("erfcx", input)

@erfcx.derivative                                     # (e^(x²) erfc x)' = 2x e^(x²) erfc x - 2/√π = 2xy - 2/√π
def _(grad, input, out):
    return grad * (2 * input * out - 2 / ROOT_PI)


def refuse_half(name, input):
    """Raise torch's error for functions that float16 lacks."""
    if input.dtype == "f2":
        raise NotImplementedError(f'"{name}_cpu" not implemented for \'Half\': convert with .float()')


@elementwise(promotes="float", name="SpecialNdtrBackward0")
def ndtr(input):
    """The normal distribution's Φ(x): the area of its density below x.

    Example:
        >>> import minitorch as torch
        >>> torch.special.ndtr(torch.tensor([0.0, 1.0]))
        tensor([0.5000, 0.8413])
    """
    return computed("ndtr", input)

@ndtr.derivative                                      # Φ'(x) = e^(-x²/2)/√(2π)
def _(grad, input):
    return grad * (exp(input * input * -0.5) * (1 / math.sqrt(2 * math.pi)))


@elementwise(promotes="float", name="SpecialNdtriBackward0")
def ndtri(input):
    """The inverse of Φ: the x below which the normal density has this area.

    Example:
        >>> import minitorch as torch
        >>> torch.special.ndtri(torch.tensor([0.5, 0.975]))
        tensor([0.0000, 1.9600])
    """
    refuse_half("ndtri", input)
    return computed("ndtri", input)

@ndtri.derivative                                     # dy/dx = 1/Φ'(y) = √(2π) e^(y²/2)
def _(grad, out):
    return grad * (exp(out * out * 0.5) * math.sqrt(2 * math.pi))


@elementwise(promotes="float", name="SpecialLogNdtrBackward0")
def log_ndtr(input):
    """ln Φ(x), exact also far below 0.

    Example:
        >>> import minitorch as torch
        >>> torch.special.log_ndtr(torch.tensor([0.0, -10.0]))
        tensor([ -0.6931, -53.2313])
    """
    refuse_half("log_ndtr", input)
    return computed("log_ndtr", input)

@log_ndtr.derivative                                  # Φ'/Φ with Φ(x) = erfc(-x/√2)/2 = e^(-x²/2) erfcx(-x/√2)/2: √(2/π)/erfcx(-x/√2)
def _(grad, input):
    return grad / erfcx(input * -math.sqrt(0.5)) * math.sqrt(2 / math.pi)


@elementwise
def surprise(x, t):
    """-(t log x + (1 - t) log(1 - x)), the logarithms never below -100."""
    xp = array_module(x)
    return (t - 1) * xp.log1p(-x).clip(-100, None) - t * xp.log(x).clip(-100, None)

@surprise.derivative("x")                             # finite at 0 and 1 too, where the logarithms are bounded
def _(grad, x, t):
    return grad * (x - t) / (x * (1 - x)).clip(1e-12, None)

@surprise.derivative("t")
def _(grad, x):
    return grad * (log1p(-x) - log(x))


# ---- gamma functions --------------------------------------------------------------------------------------------------------------

@elementwise(promotes="float", name="LgammaBackward0")
def lgamma(input):
    """ln |Γ(x)|, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.lgamma(torch.tensor([1.0, 5.0]))
        tensor([0.0000, 3.1781])
    """
    return computed("gammaln", array_module(input).where(input == -math.inf, math.inf, input))

@lgamma.derivative
def _(grad, input):
    return grad * digamma(input)


@elementwise(promotes="float", name="DigammaBackward0")
def digamma(input):
    """ψ(x) = Γ'(x)/Γ(x), elementwise; -inf at 0, nan at the other poles.

    Example:
        >>> import minitorch as torch
        >>> torch.digamma(torch.tensor([1.0, 0.5]))
        tensor([-0.5772, -1.9635])
    """
    xp = array_module(input)
    pole = (input <= 0) & (input == xp.floor(input))
    return xp.where(pole, xp.where(input == 0, xp.copysign(xp.asarray(math.inf, dtype=input.dtype), -input), math.nan),
                    computed("digamma", xp.where(pole, 1.0, input)))

@digamma.derivative
def _(grad, input):
    return grad * polygamma_op(input, n=1)


@differentiable(name="PolygammaBackward0")
def polygamma_op(input, *, n):
    xp = array_module(input)
    if n == 0:
        return digamma.op.forward(input)
    if n == 1:                                        # ψ'(x) = ζ(2, x), below 0 by the reflection ψ'(x) + ψ'(1 - x) = (π/sin πx)²
        low = input < 0.5
        mirrored = xp.where(low, 1 - input, input)
        value = computed("zeta", xp.full_like(input, 2.0), mirrored)
        return xp.where(low, (math.pi / xp.sin(math.pi * input)) ** 2 - value, value).astype(input.dtype, copy=False)
    # ψ⁽ⁿ⁾(x) = (-1)ⁿ⁺¹ n! ζ(n + 1, x)
    return computed("zeta", xp.full_like(input, n + 1.0), input) * ((-1) ** (n + 1) * (math.factorial(n) if n < 171 else math.inf))

@polygamma_op.derivative
def _(grad, input, n):
    return grad * polygamma_op(input, n=n + 1)


def polygamma(n, input, *, out=None):
    """The n-th derivative of digamma, elementwise.

    Raises:
        RuntimeError: n is negative.

    Example:
        >>> import minitorch as torch
        >>> torch.polygamma(1, torch.tensor([1.0, 0.5]))
        tensor([1.6449, 4.9348])
    """
    from minitorch.ops.conversion import cast
    if not isinstance(input, Tensor):
        raise TypeError(f"polygamma(): argument 'input' (position 2) must be Tensor, not {type(input).__name__}")
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n: got {n}")
    from minitorch.ops.lapack import delivered
    x = input if input._array.dtype.kind == "f" else cast(input, dtype=default_numpy())
    return delivered("polygamma", out, digamma(x) if n == 0 else polygamma_op(x, n=n))


def mvlgamma(input, p):
    """The logarithm of the multivariate gamma function of dimension p: p(p - 1)/4 ln π + Σⱼ ln Γ(x - j/2), j < p.

    Raises:
        RuntimeError: p is not positive.

    Example:
        >>> import minitorch as torch
        >>> torch.mvlgamma(torch.tensor([2.0, 3.0]), 2)
        tensor([0.4516, 1.5502])
    """
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1: got {p}")
    if input._array.dtype.kind == "b":
        raise RuntimeError("mvlgamma is not implemented for bool: convert with .float()")
    total = lgamma(input)
    for j in range(1, p):
        total = total + lgamma(input - j / 2)
    return add(total, p * (p - 1) / 4 * math.log(math.pi))


@elementwise(name="IgammaBackward0", numbers=False)
def igamma(input, other):
    """The regularized lower incomplete gamma function P(a, x): the part of Γ(a)'s integral below x.

    Example:
        >>> import minitorch as torch
        >>> torch.special.gammainc(torch.tensor([1.0]), torch.tensor([1.0]))
        tensor([0.6321])
    """
    floats_only("igamma", input, other)
    return computed("gammainc", input, other)

@igamma.derivative("input")
def _(grad):
    not_implemented("igamma: input")

@igamma.derivative("other")                           # ∂P/∂x = xᵃ⁻¹ e⁻ˣ/Γ(a)
def _(grad, input, other):
    return grad * exp((input - 1) * log(other) - other - lgamma(input))


@elementwise(name="IgammacBackward0", numbers=False)
def igammac(input, other):
    """The regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x).

    Example:
        >>> import minitorch as torch
        >>> torch.special.gammaincc(torch.tensor([1.0]), torch.tensor([1.0]))
        tensor([0.3679])
    """
    floats_only("igammac", input, other)
    return computed("gammaincc", input, other)

@igammac.derivative("input")
def _(grad):
    not_implemented("igammac: input")

@igammac.derivative("other")
def _(grad, input, other):
    return -grad * exp((input - 1) * log(other) - other - lgamma(input))


@elementwise(promotes="float", name="SpecialZetaBackward0")
def zeta(input, other):
    """Hurwitz's ζ(x, q) = Σₖ 1/(k + q)ˣ, k ≥ 0, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.special.zeta(torch.tensor([2.0]), torch.tensor([1.0]))
        tensor([1.6449])
    """
    return computed("zeta", input, other)

@zeta.derivative("input")
def _(grad):
    not_implemented("special_zeta: self")

@zeta.derivative("other")                             # ∂ζ/∂q = -x ζ(x + 1, q)
def _(grad, input, other):
    return grad * (-input * zeta(input + 1, other))


# ---- products with logarithms -------------------------------------------------------------------------------------------------

@elementwise(promotes="float", name="XlogyBackward0")
def xlogy(input, other):
    """x ln y, elementwise, and 0 where x is 0 (unless y is nan).

    Example:
        >>> import minitorch as torch
        >>> torch.xlogy(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 3.0]))
        tensor([0.0000, 2.1972])
    """
    return computed("xlogy", input, other)

@xlogy.derivative("input")                            # ∂/∂x = ln y, and 0 where x = 0 and y ≤ 0
def _(grad, input, other):
    nothing = logical_and(equals(input, 0), at_most(other, 0))
    return where_op(nothing, 0.0, grad * log(where_op(nothing, 1.0, other)))

@xlogy.derivative("other")
def _(grad, input, other):
    return grad * input / other


def equals(value, number):
    """Where an operand (an array, a Tensor or a number) equals a number, as arrays."""
    value = getattr(value, "_array", value)
    return array_module(value).asarray(value == number)


def at_most(value, number):
    """Where an operand is at most a number, as arrays."""
    value = getattr(value, "_array", value)
    return array_module(value).asarray(value <= number)


@elementwise(promotes="float", name="SpecialXlog1PyBackward0")
def xlog1py(input, other):
    """x ln(1 + y), elementwise, and 0 where x is 0 (unless y is nan).

    Example:
        >>> import minitorch as torch
        >>> torch.special.xlog1py(torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 2.0]))
        tensor([0.0000, 2.1972])
    """
    return computed("xlog1py", input, other)

@xlog1py.derivative("input")                          # ∂/∂x = ln(1 + y), and 0 where x = 0 and y ≤ -1
def _(grad, input, other):
    from minitorch.ops.elementwise import log1p
    nothing = logical_and(equals(input, 0), at_most(other, -1))
    return where_op(nothing, 0.0, grad * log1p(where_op(nothing, 0.0, other)))

@xlog1py.derivative("other")
def _(grad, input, other):
    return grad * input / (other + 1)


@elementwise(promotes="float", name="SpecialEntrBackward0")
def entr(input):
    """-x ln x, elementwise: 0 at 0, -inf below.

    Example:
        >>> import minitorch as torch
        >>> torch.special.entr(torch.tensor([0.0, 0.5]))
        tensor([0.0000, 0.3466])
    """
    return computed("entr", input)

@entr.derivative                                      # dy/dx = -ln x - 1
def _(grad, input):
    return grad * (-log(input) - 1)


@elementwise(name="Logaddexp2Backward0", numbers=False)
def logaddexp2(input, other):
    """log₂(2^input + 2^other), stable.

    Example:
        >>> import minitorch as torch
        >>> torch.logaddexp2(torch.tensor([0.0]), torch.tensor([0.0]))
        tensor([1.])
    """
    floats_only("logaddexp2", input, other)
    return array_module(input).logaddexp2(input, other)

@logaddexp2.derivative("input")                       # ∂y/∂a = 2ᵃ/(2ᵃ + 2ᵇ) = σ((a - b) ln 2)
def _(grad, input, other):
    return grad * sigmoid((input - other) * math.log(2))

@logaddexp2.derivative("other")
def _(grad, input, other):
    return grad * sigmoid((other - input) * math.log(2))


# ---- sinc and Bessel functions ---------------------------------------------------------------------------------------------------

@elementwise(promotes="float", name="SincBackward0")
def sinc(input):
    """sin(πx)/(πx), elementwise, and 1 at 0.

    Example:
        >>> import minitorch as torch
        >>> torch.sinc(torch.tensor([0.0, 0.5]))
        tensor([1.0000, 0.6366])
    """
    xp = array_module(input)
    angle = xp.where(input == 0, 1.0, math.pi * input).astype(input.dtype, copy=False)
    return xp.where(input == 0, 1.0, xp.sin(angle) / angle).astype(input.dtype, copy=False)

@sinc.derivative                                      # y = sin(πx)/(πx): dy/dx = (πx cos πx - sin πx)/(πx²), and 0 at 0
def _(grad, input):
    nothing = equals(input, 0)
    x = where_op(nothing, 1.0, input)
    angle = x * math.pi
    return where_op(nothing, 0.0, grad * ((angle * cos(angle) - sin(angle)) / (angle * x)))


def modified_bessel(name, title, node):
    """One of I₀ and I₁, plain or scaled by e^(-|x|)."""
    def forward(input):
        return computed(name, input)
    forward.__name__ = forward.__qualname__ = name
    forward.__doc__ = f"""{title}, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.special.{name}(torch.tensor([0.0])).item()
        {1.0 if "0" in name else 0.0}
    """
    return elementwise(forward, promotes="float", name=node)


i0 = modified_bessel("i0", "The modified Bessel function I₀ of the first kind", "I0Backward0")
i0e = modified_bessel("i0e", "I₀(x) e^(-|x|), without overflow", "SpecialI0EBackward0")
i1 = modified_bessel("i1", "The modified Bessel function I₁ of the first kind", "SpecialI1Backward0")
i1e = modified_bessel("i1e", "I₁(x) e^(-|x|), without overflow", "SpecialI1EBackward0")

@i0.derivative                                        # I₀' = I₁
def _(grad, input):
    return grad * i1(input)

@i0e.derivative                                       # (I₀ e^(-|x|))' = I₁ e^(-|x|) - sign(x) I₀ e^(-|x|)
def _(grad, input, out):
    return grad * (i1e(input) - sign(input) * out)

@i1.derivative                                        # I₁' = I₀ - I₁/x, and 1/2 at 0
def _(grad, input, out):
    nothing = equals(input, 0)
    return grad * where_op(nothing, 0.5, i0(input) - out / where_op(nothing, 1.0, input))

@i1e.derivative                                       # (I₁ e^(-|x|))' = I₀ e^(-|x|) - y (sign(x) + 1/x), and 1/2 at 0
def _(grad, input, out):
    nothing = equals(input, 0)
    x = where_op(nothing, 1.0, input)
    return grad * where_op(nothing, 0.5, i0e(input) - out * (sign(x) + 1 / x))
