"""`nn.functional`: pooling."""
from minitorch.backend import on_own_device
from minitorch.kernels import pooling as kernels
from minitorch.nn._convolution import check_tensors
from minitorch.ops.reduction import mean
from minitorch.tensor import wrap


@on_own_device
def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest element of each window.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size, stride, padding, dilation: one number, or (height, width). The stride is the kernel's size if None; of the
            padding, at most half the kernel's size, nothing is ever the largest.
        ceil_mode: round the output's size up: a last window may reach beyond the padding.
        return_indices: also return where each largest element lies: row·W + column.

    Raises:
        RuntimeError: sizes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 1.0, 7.0]]])
        >>> torch.nn.functional.max_pool2d(x, 2, return_indices=True)
        (tensor([[[5., 7.]]]), tensor([[[1, 7]]]))

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.max_pool2d.html
    """
    check_tensors("max_pool2d", input=input)
    out, place = kernels.max_pool2d(input, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)
    if return_indices:
        windows = kernels.max_windows(input.shape, kernel_size, stride, padding, dilation, ceil_mode)
        return out, wrap(kernels.indices_of(place._array, windows))
    return out


def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """The mean of each window.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size, stride, padding: one number, or (height, width). The stride is the kernel's size if None.
        ceil_mode: round the output's size up: a last window may reach beyond the padding.
        count_include_pad: whether the zeros of the padding count.
        divisor_override: divide each sum by this number instead.

    Raises:
        RuntimeError: sizes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.avg_pool2d(torch.tensor([[[1.0, 5.0, 2.0, 0.0], [3.0, 3.0, 1.0, 7.0]]]), 2)
        tensor([[[3.0000, 2.5000]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.avg_pool2d.html
    """
    check_tensors("avg_pool2d", input=input)
    if input.ndim < 3:
        raise IndexError(f"avg_pool2d: Dimension out of range: expected an input (N, C, H, W) or (C, H, W), got size {list(input.shape)}")
    return kernels.avg_pool2d(input, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
                              count_include_pad=count_include_pad, divisor_override=divisor_override)


@on_own_device
def adaptive_max_pool2d(input, output_size, return_indices=False):
    """The largest element of each of (height, width) windows that share the input out.

    Window o of m over n elements reaches from ⌊o·n / m⌋ to ⌈(o + 1)·n / m⌉.

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: one number, or (height, width), where None keeps the input's size.
        return_indices: also return where each largest element lies: row·W + column.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.adaptive_max_pool2d(torch.tensor([[[1.0, 5.0, 2.0], [3.0, 4.0, 7.0]]]), (1, 2))
        tensor([[[5., 7.]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.adaptive_max_pool2d.html
    """
    check_tensors("adaptive_max_pool2d", input=input)
    out, place = kernels.adaptive_max_pool2d(input, output_size=output_size)
    if return_indices:
        windows = kernels.adaptive_windows("adaptive_max_pool2d", input.shape, output_size)
        return out, wrap(kernels.indices_of(place._array, windows))
    return out


def adaptive_avg_pool2d(input, output_size):
    """The mean of each of (height, width) windows that share the input out.

    Window o of m over n elements reaches from ⌊o·n / m⌋ to ⌈(o + 1)·n / m⌉.

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: one number, or (height, width), where None keeps the input's size.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.adaptive_avg_pool2d(torch.tensor([[[1.0, 5.0, 2.0], [3.0, 3.0, 6.0]]]), (1, 2))
        tensor([[[3., 4.]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.adaptive_avg_pool2d.html
    """
    check_tensors("adaptive_avg_pool2d", input=input)
    if input.ndim in (3, 4) and _is_one(output_size, input.shape[-2:]):  # one mean, in torch too: nan of nothing, no integers
        if 0 in input.shape[-2:] or input._array.dtype.kind != "f":
            return mean(input, (-1, -2), keepdim=True)
        return kernels.mean_of_all(input, output_size=1)
    return kernels.adaptive_avg_pool2d(input, output_size=output_size)


def _is_one(output_size, sizes):
    """Whether an output size means one window; None is the input's size."""
    if not isinstance(output_size, (tuple, list)):
        return output_size == 1
    return len(output_size) == 2 and all((n if o is None else o) == 1 for o, n in zip(output_size, sizes))
