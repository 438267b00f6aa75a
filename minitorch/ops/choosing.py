"""Choosing among operands: where, bounds, the larger and the smaller.

Conventions at kinks, all PyTorch's: |x| and sign have slope 0 at 0; clamp passes the gradient on its bounds; a tie of
maximum or minimum gives half to each side.
"""
from minitorch import dtypes
from minitorch.autograd.operator import differentiable, elementwise, named
from minitorch.backend import array_module, chosen, cleared
from minitorch.ops.comparison import isfinite
from minitorch.tensor import Tensor, wrap


def zeros_of(grad):
    """Zeros of the shape and dtype of a gradient, an array or a Tensor."""
    if isinstance(grad, Tensor):
        return wrap(zeros_of(grad._array))
    return array_module(grad).zeros(grad.shape, grad.dtype)


@elementwise(apart=1, name="WhereBackward0")
def where_op(condition, input, other):
    return chosen(condition, input, other)

@where_op.derivative("input")
def _(grad, condition):
    return where_op(condition, grad, 0.0)

@where_op.derivative("other")
def _(grad, condition):
    return where_op(condition, 0.0, grad)


@differentiable(name="WhereBackward0")
def zeroed(input, mask):
    """0 where the mask holds, whatever stands there (0 times an infinity would be nan), else `input`."""
    return cleared(input, mask)

@zeroed.derivative("input")
def _(grad, mask):
    return zeroed(grad, mask)


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
    if not hasattr(condition, "dtype"):
        raise TypeError(f"where(): argument 'condition' (position 1) must be Tensor, not {type(condition).__name__}")
    if str(condition.dtype).rpartition(".")[2] not in ("bool", "uint8"):
        raise RuntimeError(f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype}")
    if isinstance(input, (int, float)) and isinstance(other, (int, float)):          # two numbers take the dtypes that `tensor` gives them
        kind = max(map(dtypes.number_type, (input, other)), key=dtypes.CATEGORY.get)
        input = wrap(array_module(condition._array).asarray(input, dtype=kind))
    return where_op(condition, input, other)


@elementwise(name="AbsBackward0")
def abs(input):
    """|x|, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.abs(torch.tensor([-1.5, 2.0]))
        tensor([1.5000, 2.0000])
    """
    if input.dtype.kind == "b":
        raise NotImplementedError("\"abs_cpu\" not implemented for 'Bool': convert with .int()")
    return array_module(input).abs(input)

@abs.derivative
def _(grad, input):
    return grad * sign(input)


@elementwise(name="SignBackward0")
def sign(input):
    """-1, 0 or 1, elementwise; 0 for nan."""
    if input.dtype.kind == "b":
        return input.copy()
    if input.dtype.kind in "iu":
        return array_module(input).sign(input)
    return ((input > 0).view("i1") - (input < 0).view("i1")).astype(input.dtype)

@sign.derivative
def _(grad):
    return zeros_of(grad)


@elementwise(name="ClampBackward0")
def bound(input, min=None, max=None):
    return array_module(input).clip(input, min, max)

@bound.derivative                                     # the gradient passes within the bounds, and belongs to the bound outside
def _(grad, input, min, max, needs):
    inside, below, above = True, False, False
    if min is not None:
        inside, below = input >= min, input < min
    if max is not None:
        inside, above = inside & (input <= max), input > max
    if min is not None and max is not None and (needs[1] or needs[2]):
        below, above = below & (min < max), above | (max < min)
    return [where_op(mask, grad, 0.0) if need else None for mask, need in zip((inside, below, above), needs)]

bound_tensor, bound_number = bound, named(bound, "ClampBackward1")
raised_tensor, raised_number = named(bound, "ClampMinBackward1"), named(bound, "ClampMinBackward0")
lowered_tensor, lowered_number = named(bound, "ClampMaxBackward1"), named(bound, "ClampMaxBackward0")


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


def refuse_none(name, **bound):
    """A bound that is asked for must be there."""
    for word, value in bound.items():
        if value is None:
            raise TypeError(f"{name}(): argument '{word}' (position 2) must be Tensor or Number, not NoneType")


def clamp_min(input, min):
    """max(x, min), elementwise."""
    refuse_none("clamp_min", min=min)
    return (raised_tensor if isinstance(min, Tensor) else raised_number)(input, min, None)


def clamp_max(input, max):
    """min(x, max), elementwise."""
    refuse_none("clamp_max", max=max)
    return (lowered_tensor if isinstance(max, Tensor) else lowered_number)(input, None, max)


@elementwise(name="MaximumBackward0", numbers=False)
def maximum(input, other):
    """The larger of two operands, elementwise; nan if either is nan."""
    return array_module(input, other).maximum(input, other)

@maximum.derivative("input")
def _(grad, input, other):
    return share(grad, input < other, input == other)

@maximum.derivative("other")
def _(grad, input, other):
    return share(grad, other < input, input == other)


@elementwise(name="MinimumBackward0", numbers=False)
def minimum(input, other):
    """The smaller of two operands, elementwise; nan if either is nan."""
    return array_module(input, other).minimum(input, other)

@minimum.derivative("input")
def _(grad, input, other):
    return share(grad, input > other, input == other)

@minimum.derivative("other")
def _(grad, input, other):
    return share(grad, other > input, input == other)


def share(grad, beaten, tie):
    """The gradient where the other operand was not chosen (beside nan, both get it), half of it where both are equal."""
    return where_op(tie, grad * 0.5, where_op(beaten, 0.0, grad))


@elementwise(name="NanToNumBackward0")
def nan_to_num(input, *, nan=None, posinf=None, neginf=None):
    """nan and infinities replaced: nan by 0, ±inf by the dtype's extremes, unless given."""
    for name, value in (("nan", nan), ("posinf", posinf), ("neginf", neginf)):
        if value is not None and not hasattr(value, "__float__"):
            raise TypeError(f"nan_to_num(): argument '{name}' must be float, not {type(value).__name__}")
    xp = array_module(input)
    nan, posinf, neginf = (None if value is None else float(value) for value in (nan or 0.0, posinf, neginf))
    if input.dtype.kind != "f" or posinf is not None or neginf is not None:
        return xp.nan_to_num(input, nan=nan, posinf=posinf, neginf=neginf)
    found = xp.isnan(input)
    y = cleared(input, found) if nan == 0 else xp.where(found, nan, input).astype(input.dtype, copy=False)
    largest = float(dtypes.finfo(dtypes.of(input)).max)
    return xp.clip(y, -largest, largest)

@nan_to_num.derivative
def _(grad, input):
    return where_op(isfinite(input), grad, 0.0)
