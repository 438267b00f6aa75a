"""`nn.functional`: pooling over one and three dimensions, power means, and what undoes a maximum.

Windows of an axis know nothing of the other axes, so a volume is pooled plane by plane and then along its depth, a line as an image
one row high: all by the kernels of two dimensions.
"""
from operator import index

from minitorch.kernels.pooling import refuse
from minitorch.kernels.windows import whole
from minitorch.nn import _pooling as planes
from minitorch.nn._activation import relu
from minitorch.nn._convolution import check_tensors
from minitorch.ops.choosing import sign
from minitorch.ops.gathering import gather
from minitorch.ops.shape import flatten, reshape, squeeze, unsqueeze


def checked(function, axes, input, **settings):
    """The settings as tuples of one whole number an axis; the input has one or two dimensions more, of which only the batch may be empty.

    Raises:
        TypeError: a setting is not made of whole numbers.
        RuntimeError: lengths or numbers of dimensions that do not fit.
    """
    check_tensors(function, input=input)
    if input.ndim not in (axes + 1, axes + 2):
        raise RuntimeError(f"{function}: Expected {axes + 1}D or {axes + 2}D (batch mode) tensor for input, but got: {list(input.shape)}")
    found = []
    for name, value in settings.items():
        values = (value,) if whole(value) else value
        if not isinstance(values, (tuple, list)) or not all(map(whole, values)):
            raise TypeError(f"{function}(): argument '{name}' must be tuple of ints, not {type(value).__name__}")
        if not values and name == "stride":
            values = settings["kernel_size"]
            values = (values,) if whole(values) else values
        if len(values) not in (1, axes):
            raise RuntimeError(f"{function}() argument '{name}' should contain one int or {axes}, got {len(values)}")
        found.append(tuple(map(index, values)) * (axes // len(values)))
    return found


def as_volume(function, input):
    """The volume without an empty dimension but the batch's.

    Raises:
        RuntimeError: one is empty.
    """
    if 0 in input.shape[-4:]:
        raise RuntimeError(f"{function}(): Expected input's non-batch dimensions to have positive length, but input has a shape of "
                           f"{list(input.shape)}")
    return unsqueeze(input, 0) if input.ndim == 4 else input


def along_depth(x):
    """(N, C, D, H, W) as (N, C, D, H·W): a window along the depth has one column."""
    return flatten(x, 3)


def shaped(out, sizes, input):
    """(N, C, D', H'·W') as a volume of these (H', W'), with a batch if the input has one."""
    out = reshape(out, (*out.shape[:3], *sizes))
    return out if input.ndim == 5 else squeeze(out, 0)


# ---- one dimension -------------------------------------------------------------------------------------------------------

def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest element of each window of (N, C, L) or (C, L); settings as `max_pool2d`'s, with one number each.

    Raises:
        RuntimeError: sizes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.max_pool1d(torch.tensor([[1.0, 5.0, 2.0, 0.0, 7.0]]), 3, stride=2)
        tensor([[5., 7.]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.max_pool1d.html
    """
    stride = kernel_size if stride is None else stride
    (k,), (s,), (p,), (d,) = checked("max_pool1d", 1, input, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    refuse("max_pool1d", input._array.dtype, "biu")
    rows = planes.max_pool2d(unsqueeze(input, -2), (1, k), (1, s), (0, p), (1, d), ceil_mode, return_indices)
    return tuple(squeeze(r, -2) for r in rows) if return_indices else squeeze(rows, -2)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """The mean of each window of (N, C, L) or (C, L); settings as `avg_pool2d`'s, with one number each.

    Raises:
        RuntimeError: sizes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.avg_pool1d(torch.tensor([[1.0, 5.0, 3.0, 1.0, 8.0]]), 3, stride=2)
        tensor([[3., 4.]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.avg_pool1d.html
    """
    stride = kernel_size if stride is None else stride
    (k,), (s,), (p,) = checked("avg_pool1d", 1, input, kernel_size=kernel_size, stride=stride, padding=padding)
    return squeeze(planes.avg_pool2d(unsqueeze(input, -2), (1, k), (1, s), (0, p), ceil_mode, count_include_pad), -2)


def adaptive_avg_pool1d(input, output_size):
    """The mean of each of `output_size` windows that share (N, C, L) or (C, L) out, window o of m from ⌊o·L / m⌋ to ⌈(o + 1)·L / m⌉.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.adaptive_avg_pool1d(torch.tensor([[1.0, 5.0, 3.0]]), 2)
        tensor([[3., 4.]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.adaptive_avg_pool1d.html
    """
    (m,), = checked("adaptive_avg_pool1d", 1, input, output_size=output_size)
    return squeeze(planes.adaptive_avg_pool2d(unsqueeze(input, -2), (1, m)), -2)


def adaptive_max_pool1d(input, output_size, return_indices=False):
    """The largest element of each of `output_size` windows that share (N, C, L) or (C, L) out, and its place if asked for.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.adaptive_max_pool1d(torch.tensor([[1.0, 5.0, 3.0]]), 3, return_indices=True)
        (tensor([[1., 5., 3.]]), tensor([[0, 1, 2]]))

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.adaptive_max_pool1d.html
    """
    (m,), = checked("adaptive_max_pool1d", 1, input, output_size=output_size)
    if 0 in input.shape[-2:]:
        raise RuntimeError(f"adaptive_max_pool1d(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                           f"{list(input.shape)}")
    rows = planes.adaptive_max_pool2d(unsqueeze(input, -2), (1, m), return_indices)
    return tuple(squeeze(r, -2) for r in rows) if return_indices else squeeze(rows, -2)


# ---- three dimensions ----------------------------------------------------------------------------------------------------

def deepest(flat, places, sizes, at):
    """Places in the volume: which plane the largest element of the depth's window is in, and where that plane's largest lies."""
    H, W = sizes
    columns = flat.shape[3]
    plane = at // columns
    return plane * (H * W) + gather(along_depth(places), 2, plane)


def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest element of each window of (N, C, D, H, W) or (C, D, H, W); settings as `max_pool2d`'s, for depth, height and width.

    Raises:
        RuntimeError: sizes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.max_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 2, return_indices=True)
        (tensor([[[[7.]]]]), tensor([[[[7]]]]))

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.max_pool3d.html
    """
    stride = kernel_size if stride is None else stride
    (kd, *k), (sd, *s), (pd, *p), (dd, *d) = checked("max_pool3d", 3, input, kernel_size=kernel_size, stride=stride, padding=padding,
                                                     dilation=dilation)
    x = as_volume("max_pool3d", input)
    N, C, D, H, W = x.shape
    y, places = planes.max_pool2d(reshape(x, (N, C * D, H, W)), k, s, p, d, ceil_mode, True)
    flat = along_depth(reshape(y, (N, C, D, *y.shape[2:])))
    out, at = planes.max_pool2d(flat, (kd, 1), (sd, 1), (pd, 0), (dd, 1), ceil_mode, True)
    if not return_indices:
        return shaped(out, y.shape[2:], input)
    at = deepest(flat, reshape(places, (N, C, D, *y.shape[2:])), (H, W), at)
    return shaped(out, y.shape[2:], input), shaped(at, y.shape[2:], input)


def avg_pool3d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """The mean of each window of (N, C, D, H, W) or (C, D, H, W): of the planes' means along the depth.

    Settings as `avg_pool2d`'s, for depth, height and width.

    Raises:
        RuntimeError: sizes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.avg_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 2)
        tensor([[[[3.5000]]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.avg_pool3d.html
    """
    stride = kernel_size if stride is None else stride
    (kd, *k), (sd, *s), (pd, *p) = checked("avg_pool3d", 3, input, kernel_size=kernel_size, stride=stride, padding=padding)
    refuse("avg_pool3d", input._array.dtype, "bu")
    x = as_volume("avg_pool3d", input)
    N, C, D, H, W = x.shape
    if D < kd or H < k[0] or W < k[1]:
        raise RuntimeError(f"avg_pool3d: input image {D, H, W} smaller than kernel size {kd, *k}: padding does not make up for it")
    y = planes.avg_pool2d(reshape(x, (N, C * D, H, W)), k, s, p, ceil_mode, count_include_pad, divisor_override)
    sizes = y.shape[2:]
    out = planes.avg_pool2d(along_depth(reshape(y, (N, C, D, *sizes))), (kd, 1), (sd, 1), (pd, 0), ceil_mode, count_include_pad,
                            None if divisor_override is None else 1)
    return shaped(out, sizes, input)


def adaptive_avg_pool3d(input, output_size):
    """The mean of each of (depth, height, width) windows that share (N, C, D, H, W) or (C, D, H, W) out; None keeps the input's size.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.adaptive_avg_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), (None, 1, 1))
        tensor([[[[1.5000]],
        <BLANKLINE>
                 [[5.5000]]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.adaptive_avg_pool3d.html
    """
    x, (m, *sizes) = shared_out("adaptive_avg_pool3d", input, output_size)
    N, C, D, H, W = x.shape
    if 0 in sizes:
        return shaped(reshape(x[:, :, :0], (N, C, m, *sizes)), sizes, input)
    y = planes.adaptive_avg_pool2d(reshape(x, (N, C * D, H, W)), sizes)
    return shaped(planes.adaptive_avg_pool2d(along_depth(reshape(y, (N, C, D, *sizes))), (m, sizes[0] * sizes[1])), sizes, input)


def adaptive_max_pool3d(input, output_size, return_indices=False):
    """The largest element of each of (depth, height, width) windows that share (N, C, D, H, W) or (C, D, H, W) out.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.adaptive_max_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), (2, 1, 1)).flatten()
        tensor([3., 7.])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.adaptive_max_pool3d.html
    """
    x, (m, *sizes) = shared_out("adaptive_max_pool3d", input, output_size)
    N, C, D, H, W = x.shape
    if 0 in sizes:
        out = shaped(reshape(x[:, :, :0], (N, C, m, *sizes)), sizes, input)
        return (out, out.detach().long()) if return_indices else out
    y, places = planes.adaptive_max_pool2d(reshape(x, (N, C * D, H, W)), sizes, True)
    flat = along_depth(reshape(y, (N, C, D, *sizes)))
    out, at = planes.adaptive_max_pool2d(flat, (m, sizes[0] * sizes[1]), True)
    if not return_indices:
        return shaped(out, sizes, input)
    at = deepest(flat, reshape(places, (N, C, D, *sizes)), (H, W), at)
    return shaped(out, sizes, input), shaped(at, sizes, input)


def shared_out(function, input, output_size):
    """The volume with a batch, and the output's sizes."""
    inputs = input.size()
    sizes = (output_size,) * 3 if whole(output_size) else output_size
    if not isinstance(sizes, (tuple, list)) or not all(m is None or whole(m) for m in sizes):
        raise TypeError(f"{function}(): argument 'output_size' must be whole numbers or None, got {output_size!r}")
    if len(sizes) != 3:
        raise RuntimeError(f"{function}: output_size must be one number or 3 (depth, height, width), got {output_size!r}")
    if input.ndim not in (4, 5):
        raise RuntimeError(f"{function}(): Expected 4D or 5D tensor, but got {list(input.shape)}")
    x = unsqueeze(input, 0) if input.ndim == 4 else input
    if 0 in x.shape[1 if input.ndim == 5 else 2:]:
        raise RuntimeError(f"{function}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                           f"{list(input.shape)}")
    return x, [n if m is None else index(m) for n, m in zip(inputs[-3:], sizes)]


# ---- power means ---------------------------------------------------------------------------------------------------------

def power_mean(means, count, norm_type):
    """(Σ xᵖ)^(1/p) of windows of so many elements, from the means of xᵖ: 0 sends no gradient back, where the root has none."""
    return (sign(means) * relu(abs(means)) * count) ** (1.0 / norm_type)


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(Σ xᵖ)^(1/p) over each window of (N, C, L) or (C, L), p = `norm_type`.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.lp_pool1d(torch.tensor([[3.0, 4.0]]), 2, 2)
        tensor([[5.]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.lp_pool1d.html
    """
    return power_mean(avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode), kernel_size, norm_type)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(Σ xᵖ)^(1/p) over each window of (N, C, H, W) or (C, H, W), p = `norm_type`.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.lp_pool2d(torch.tensor([[[1.0, 2.0], [2.0, 4.0]]]), 2, 2)
        tensor([[[5.]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.lp_pool2d.html
    """
    height, width = (kernel_size,) * 2 if whole(kernel_size) else kernel_size
    return power_mean(planes.avg_pool2d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode), height * width, norm_type)


def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(Σ xᵖ)^(1/p) over each window of (N, C, D, H, W) or (C, D, H, W), p = `norm_type`.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.lp_pool3d(torch.ones(1, 2, 2, 2), 3, 2)
        tensor([[[[2.]]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.lp_pool3d.html
    """
    depth, height, width = (kernel_size,) * 3 if whole(kernel_size) else kernel_size
    return power_mean(avg_pool3d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode), depth * height * width, norm_type)
