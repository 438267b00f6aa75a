"""Signs, neighbours and parts of numbers; the larger and the smaller that look past nan; divisors of integers."""
import math

from minitorch.autograd.operator import differentiable, elementwise
from minitorch.backend import array_module
from minitorch.ops.choosing import sign, where_op, zeros_of
from minitorch.ops.comparison import constant, isnan, predicate, result_kind
from minitorch.ops.elementwise import exp2
from minitorch.ops.special_functions import equals, floats_only, not_implemented
from minitorch.tensor import Tensor, wrap


def sgn(input):
    """-1, 0 or 1, elementwise: `sign`, also for complex numbers in PyTorch.

    Example:
        >>> import minitorch as torch
        >>> torch.sgn(torch.tensor([-2.0, 0.0, 3.0]))
        tensor([-1.,  0.,  1.])
    """
    return sign(input)


signbit = predicate("signbit", lambda xp, x: xp.signbit(x) if x.dtype.kind == "f" else x < 0, """Whether the sign is set: -0.0 has it.

    Example:
        >>> import minitorch as torch
        >>> torch.signbit(torch.tensor([-0.0, 1.0]))
        tensor([ True, False])
    """)
isneginf = predicate("isneginf", lambda xp, x: x == -math.inf if x.dtype.kind == "f" else xp.zeros_like(x, dtype="?"),
                     """True where the value is -inf.

    Example:
        >>> import minitorch as torch
        >>> torch.isneginf(torch.tensor([-torch.inf, torch.inf]))
        tensor([ True, False])
    """)
isposinf = predicate("isposinf", lambda xp, x: x == math.inf if x.dtype.kind == "f" else xp.zeros_like(x, dtype="?"),
                     """True where the value is inf.

    Example:
        >>> import minitorch as torch
        >>> torch.isposinf(torch.tensor([-torch.inf, torch.inf]))
        tensor([False,  True])
    """)
isreal = predicate("isreal", lambda xp, x: xp.ones_like(x, dtype="?"), """True: there are no complex numbers here.

    Example:
        >>> import minitorch as torch
        >>> torch.isreal(torch.tensor([1.0]))
        tensor([True])
    """)


def heaviside(input, values):
    """0 below 0, 1 above, and `values` at 0.

    Raises:
        RuntimeError: unequal dtypes.

    Example:
        >>> import minitorch as torch
        >>> torch.heaviside(torch.tensor([-1.0, 0.0, 2.0]), torch.tensor(0.5))
        tensor([0.0000, 0.5000, 1.0000])
    """
    if isinstance(values, Tensor) and input._array.dtype != values._array.dtype:
        raise RuntimeError(f"heaviside is not yet implemented for tensors with different dtypes: got {input.dtype} and {values.dtype}")
    return heaviside_op(input, values)


@elementwise(name="NotImplemented", numbers=False)
def heaviside_op(input, values):
    return array_module(input).where(input == 0, values, (input > 0).astype(input.dtype))

@heaviside_op.derivative
def _(grad):
    not_implemented("heaviside")


@elementwise(promotes="float", name="CopysignBackward0")
def copysign_op(input, other):
    return array_module(input, other).copysign(input, other)

@copysign_op.derivative("input")                      # y = ±x: dy/dx = y/x, and 0 at 0
def _(grad, input, out):
    nothing = equals(input, 0)
    return grad * where_op(nothing, 0.0, out / where_op(nothing, 1.0, input))

@copysign_op.derivative("other")
def _(grad):
    return zeros_of(grad)


def copysign(input, other):
    """|input| with the sign of `other`, a tensor or a number; that of -0.0 counts.

    Example:
        >>> import minitorch as torch
        >>> torch.copysign(torch.tensor([1.0, -2.0]), torch.tensor([-0.0, 3.0]))
        tensor([-1.,  2.])
    """
    return copysign_op(input, other)


@elementwise(name="NextafterBackward0", numbers=False)
def nextafter(input, other):
    """The next number that the dtype has from `input` towards `other`.

    Example:
        >>> import minitorch as torch
        >>> (torch.nextafter(torch.tensor(1.0), torch.tensor(2.0)) - 1).item() == torch.finfo(torch.float32).eps
        True
    """
    floats_only("nextafter", input, other)
    return array_module(input).nextafter(input, other)

@nextafter.derivative
def _(grad):
    not_implemented("nextafter")


@elementwise(name="FmaxBackward0", numbers=False)
def fmax(input, other):
    """The larger of two operands, elementwise; of a nan and a number, the number.

    Example:
        >>> import minitorch as torch
        >>> torch.fmax(torch.tensor([1.0, torch.nan]), torch.tensor([2.0, 3.0]))
        tensor([2., 3.])
    """
    return array_module(input).fmax(input, other)

@fmax.derivative("input")                             # of equal operands the first gets it all
def _(grad, input, other):
    return where_op((input >= other) | isnan(other), grad, 0.0)

@fmax.derivative("other")
def _(grad, input, other):
    return where_op((input >= other) | isnan(other), 0.0, grad)


@elementwise(name="FminBackward0", numbers=False)
def fmin(input, other):
    """The smaller of two operands, elementwise; of a nan and a number, the number.

    Example:
        >>> import minitorch as torch
        >>> torch.fmin(torch.tensor([1.0, torch.nan]), torch.tensor([2.0, 3.0]))
        tensor([1., 3.])
    """
    return array_module(input).fmin(input, other)

@fmin.derivative("input")
def _(grad, input, other):
    return where_op((input <= other) | isnan(other), grad, 0.0)

@fmin.derivative("other")
def _(grad, input, other):
    return where_op((input <= other) | isnan(other), 0.0, grad)


# ---- parts and scales ---------------------------------------------------------------------------------------------------------

@elementwise(promotes="float", name="LdexpBackward0", numbers=False)
def ldexp(input, other):
    """input · 2^other, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.ldexp(torch.tensor([1.5]), torch.tensor([3]))
        tensor([12.])
    """
    return input * array_module(other).exp2(other)

@ldexp.derivative("input")
def _(grad, other):
    return grad * exp2(other)

@ldexp.derivative("other")                            # ∂/∂b a 2ᵇ = a 2ᵇ ln 2
def _(grad, out):
    return grad * (out * math.log(2))


@differentiable(outputs="mantissa exponent", name="FrexpBackward0")
def frexp_op(input):
    mantissa, exponent = array_module(input).frexp(input)
    return mantissa, exponent.astype("int32", copy=False)

@frexp_op.derivative                                  # x = m 2ᵉ, and e is constant almost everywhere: ∂m/∂x = 2⁻ᵉ
def _(grad, exponent):
    exponent = getattr(exponent, "_array", exponent)
    scale = array_module(exponent).exp2(-exponent.astype("f8")).astype(getattr(grad, "_array", grad).dtype)
    return grad * (wrap(scale) if isinstance(grad, Tensor) else scale)


def frexp(input):
    """x as m · 2ᵉ with 1/2 ≤ |m| < 1: (mantissa, exponent).

    Raises:
        RuntimeError: integers.

    Example:
        >>> import minitorch as torch
        >>> torch.frexp(torch.tensor([3.0])).exponent
        tensor([2], dtype=torch.int32)
    """
    from minitorch.return_types import named_result
    if input._array.dtype.kind != "f":
        raise RuntimeError(f"torch.frexp() only supports floating-point dtypes: got {input.dtype}")
    return named_result("frexp", *frexp_op(input))


@elementwise(promotes="float", name="Deg2RadBackward0")
def deg2rad(input):
    """Degrees as radians: x π/180.

    Example:
        >>> import minitorch as torch
        >>> torch.deg2rad(torch.tensor([180.0, 90.0]))
        tensor([3.1416, 1.5708])
    """
    return input * (math.pi / 180)

@deg2rad.derivative
def _(grad):
    return grad * (math.pi / 180)


@elementwise(promotes="float", name="Rad2DegBackward0")
def rad2deg(input):
    """Radians as degrees: x 180/π.

    Example:
        >>> import minitorch as torch
        >>> torch.rad2deg(torch.tensor([torch.pi]))
        tensor([180.])
    """
    return input * (180 / math.pi)

@rad2deg.derivative
def _(grad):
    return grad * (180 / math.pi)


# ---- integers -------------------------------------------------------------------------------------------------------------------

def divisors(name, doc):
    """gcd or lcm: of integers only."""
    def forward(input, other):
        if result_kind(input, other) not in "iu":
            raise NotImplementedError(f'"{name}_cpu" not implemented for floating tensors and bool: divisors belong to integers')
        return getattr(array_module(input), name)(input, other)
    forward.__name__, forward.__doc__, forward.__qualname__ = name, doc, name
    return constant(elementwise(forward, numbers=False))


gcd = divisors("gcd", """The greatest common divisor, elementwise; of 0 and 0 it is 0.

    Example:
        >>> import minitorch as torch
        >>> torch.gcd(torch.tensor([12, 7]), torch.tensor([18, 0]))
        tensor([6, 7])
    """)
lcm = divisors("lcm", """The least common multiple, elementwise; 0 beside 0.

    Example:
        >>> import minitorch as torch
        >>> torch.lcm(torch.tensor([4, 3]), torch.tensor([6, 0]))
        tensor([12,  0])
    """)
