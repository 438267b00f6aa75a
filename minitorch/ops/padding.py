"""Padding: values put before and after along dimensions, or cut away where the number is negative."""
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module
from minitorch.ops.creation import arange
from minitorch.ops.gathering import index_select
from minitorch.tensor import Tensor

_SUPPORTED = """
Supported combinations for non-constant padding:
  - 2D or 3D input: padding size = 2 (pads last dimension)
  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)
  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"""


@differentiable(name="ConstantPadNdBackward0")
def constant_pad(input, *, sides, value):
    """The array with (before, after) places of `value` along each dimension; negative numbers cut places away."""
    shape = tuple(size + before + after for size, (before, after) in zip(input.shape, sides, strict=True))
    padded = array_module(input).full(shape, value, input.dtype)
    inside = tuple(slice(max(before, 0), size - max(after, 0)) for size, (before, after) in zip(shape, sides, strict=True))
    kept = tuple(slice(max(-before, 0), size - max(-after, 0)) for size, (before, after) in zip(input.shape, sides, strict=True))
    padded[inside] = input[kept]
    return padded


@constant_pad.derivative                              # what was added is cut away, what was cut away is zero
def _(grad, sides):
    return constant_pad(grad, sides=tuple((-before, -after) for before, after in sides), value=0)


def pad(input, pad, mode="constant", value=None):
    """Put values before and after along the last dimensions.

    Args:
        pad: (before, after) of the last dimension, then of the one before it, and so on; negative numbers cut away.
        mode: "constant"; "reflect" (mirrored, the edge not repeated), "replicate" (the edge repeated) or "circular" (from the other
            end), for the last one to three dimensions.
        value: the constant, 0 when omitted.

    Raises:
        NotImplementedError: an unknown mode, or one that does not fit the number of dimensions.
        RuntimeError: an odd length of `pad`, a padding for which the input has not values enough, or nothing left.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.pad(torch.tensor([[1, 2, 3]]), (2, 1), "reflect")
        tensor([[3, 2, 1, 2, 3, 2]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.pad.html
    """
    check_arguments(input, pad, mode, value)
    sides = [(0, 0)] * input.ndim
    for k in range(len(pad) // 2):
        sides[-1 - k] = pad[2 * k], pad[2 * k + 1]
    if mode == "constant":
        for size, (before, after) in zip(input.shape, sides, strict=True):
            if min(size + before, size + after, size + before + after) < 0:
                raise RuntimeError(f"narrow(): length must be non-negative: {before, after} cuts away more than the {size} places there "
                                   "are.")
        fill = value.item() if isinstance(value, Tensor) else 0 if value is None else value
        return constant_pad(input, sides=tuple(sides), value=fill)
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if not 2 <= len(pad) <= 6 or input.ndim - len(pad) // 2 not in (1, 2):
        raise NotImplementedError(f"Padding size {len(pad)} is not supported for {input.ndim}D input tensor.{_SUPPORTED}")
    check_sizes(input, sides, len(pad) // 2, mode)
    if not any(pad):
        return input.clone()
    if min(pad) >= 0:
        return bordered(input, sides=tuple(sides), mode=mode)
    for dim, (before, after) in enumerate(sides):
        if before or after:
            input = index_select(input, dim, source_places(input, dim, before, after, mode))
    return input


@differentiable(name="ReflectionPadBackward0")
def bordered(input, *, sides, mode):
    """The input in the middle, and dimension by dimension its borders, copied from what lies there already."""
    middle = tuple(slice(before, before + n) for n, (before, _) in zip(input.shape, sides))
    out = array_module(input).empty([n + sum(side) for n, side in zip(input.shape, sides)], input.dtype)
    out[middle] = input
    for border, source in borders(input.shape, sides, mode):
        out[border] = out[source]
    return out

@bordered.derivative
def bordered_backward(grad, input_shape, sides, mode):
    return unbordered(grad, shape=input_shape, sides=sides, mode=mode)


@differentiable(name="ReflectionPadBackwardBackward0")
def unbordered(grad_out, *, shape, sides, mode):
    """The adjoint of `bordered`: each border is added to what it was copied from, the last first."""
    total = grad_out.copy()
    for border, source in reversed(borders(shape, sides, mode)):
        part = total[border]
        axis = next(k for k, s in enumerate(border) if s != slice(None))
        total[source] += part.sum(axis=axis, keepdims=True) if mode == "replicate" else part
    middle = tuple(slice(before, before + n) for n, (before, _) in zip(shape, sides))
    return total[middle].copy()

@unbordered.derivative
def _(grad, sides, mode):
    return bordered(grad, sides=sides, mode=mode)


def borders(shape, sides, mode):
    """Where the borders of a padded array lie, and what they are copied from: pairs of indices."""
    found = []
    for dim, (n, (before, after)) in enumerate(zip(shape, sides)):
        last = before + n - 1
        sources = {"reflect": (slice(2 * before, before, -1), slice(last - 1, last - 1 - after if last > after else None, -1)),
                   "replicate": (slice(before, before + 1), slice(last, last + 1)),
                   "circular": (slice(n, n + before), slice(before, before + after))}[mode]
        for length, border, source in zip((before, after), (slice(0, before), slice(last + 1, last + 1 + after)), sources):
            if length:
                found.append([(*(slice(None),) * dim, part, *(slice(None),) * (len(shape) - dim - 1)) for part in (border, source)])
    return found


def check_arguments(input, pad, mode, value):
    """Refuse arguments of the wrong types, unknown modes, and lengths that no input of these dimensions can have."""
    expected = "pad(): argument {} must be {}, not {}".format
    if not isinstance(input, Tensor):
        raise TypeError(expected("'input' (position 1)", "Tensor", type(input).__name__))
    if not isinstance(pad, list | tuple):
        raise TypeError(expected("'pad' (position 2)", "tuple of ints", type(pad).__name__))
    for i, places in enumerate(pad):
        if not isinstance(places, int) or isinstance(places, bool):
            raise TypeError(f"pad(): argument 'pad' (position 2) must be tuple of ints, but found element of type {type(places).__name__} "
                            f"at pos {i}")
    if not isinstance(mode, str):
        raise TypeError(expected("'mode' (position 3)", "str", type(mode).__name__))
    if isinstance(value, str):
        raise TypeError(expected("'value' (position 4)", "float", "str"))
    if mode not in ("constant", "reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if len(pad) % 2 != 0:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * input.ndim:
        raise RuntimeError("Padding length should be less than or equal to two times the input dimension but got padding length "
                           f"{len(pad)} and input of dimension {input.ndim}")


def check_sizes(input, sides, padded, mode):
    """Refuse what the values of the input do not suffice for: only the batch, before the channels, may be empty."""
    shape = list(input.shape)
    if mode != "circular" and 0 in shape[input.ndim - padded - 1:]:
        raise RuntimeError(f"Expected {padded + 1}D or {padded + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero "
                           f"dimensions for input, but got: {shape}")
    for dim in range(input.ndim - padded, input.ndim):
        size, (before, after) = shape[dim], sides[dim]
        if mode == "reflect" and max(before, after) >= size:
            raise RuntimeError("Padding size should be less than the corresponding input dimension, but got: padding "
                               f"({before}, {after}) at dimension {dim} of input {shape}")
        if mode == "circular" and max(before, after) > size:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if size + before + after < (mode != "circular"):
            raise RuntimeError(f"input (dimension {dim}: {size}) is too small. Calculated output: {size + before + after}")


def source_places(input, dim, before, after, mode):
    """For each place of the padded dimension, the place of the input whose value it gets."""
    last = input.shape[dim] - 1
    places = arange(-before, last + 1 + after, device=input.device)
    if mode == "circular":
        return places % (last + 1)
    if mode == "replicate":
        return places.clamp(0, last)
    return last - (last - places.abs()).abs()         # mirrored at 0, then at the last place
