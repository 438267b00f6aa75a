"""Pooling over height and width."""
from minitorch.nn import functional as F
from minitorch.nn.modules.module import Module


class _MaxPoolNd(Module):
    __constants__ = ["kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"]

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride if stride is not None else kernel_size
        self.padding, self.dilation, self.return_indices, self.ceil_mode = padding, dilation, return_indices, ceil_mode

    def extra_repr(self):
        """The settings."""
        return (f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
                f"ceil_mode={self.ceil_mode}")


class MaxPool2d(_MaxPoolNd):
    """The largest value of each window.

    Args:
        kernel_size: height and width of the window, one int or two.
        stride: the step of the window; the window's size when omitted.
        padding: rows and columns of -∞ added on each side, at most half a window.
        dilation: the distance of the window's points.
        return_indices: whether the places of the maxima are returned too, counted in the plane.
        ceil_mode: whether the last window may reach over the edge.

    Shape:
        (N, C, H, W) or (C, H, W) -> the same with H' = ⌊(H + 2·padding - dilation·(kernel_size - 1) - 1)/stride⌋ + 1.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.MaxPool2d(2)(torch.arange(16.0).reshape(1, 4, 4))
        tensor([[[ 5.,  7.],
                 [13., 15.]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.MaxPool2d.html
    """

    def forward(self, input):
        """The maxima, with their places if asked for."""
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation, ceil_mode=self.ceil_mode,
                            return_indices=self.return_indices)


class AvgPool2d(Module):
    """The mean of each window.

    Args:
        kernel_size: height and width of the window, one int or two.
        stride: the step of the window; the window's size when omitted.
        padding: rows and columns of zeros added on each side, at most half a window.
        ceil_mode: whether the last window may reach over the edge.
        count_include_pad: whether the zeros of the padding count in the mean.
        divisor_override: what the sum is divided by instead of the number of values.

    Shape:
        (N, C, H, W) or (C, H, W) -> the same with H' = ⌊(H + 2·padding - kernel_size)/stride⌋ + 1.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.AvgPool2d(2)(torch.arange(16.0).reshape(1, 4, 4))
        tensor([[[ 2.5000,  4.5000],
                 [10.5000, 12.5000]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.AvgPool2d.html
    """

    __constants__ = ["kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"]

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride if stride is not None else kernel_size
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input):
        """The means."""
        return F.avg_pool2d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
                            self.divisor_override)

    def extra_repr(self):
        """The settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AdaptiveAvgPool2d(Module):
    """The mean of each of `output_size` windows that share the plane: window i has rows ⌊iH/H'⌋ to ⌈(i+1)H/H'⌉.

    Args:
        output_size: height and width of the result, one int or two; None keeps the input's.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.AdaptiveAvgPool2d(1)(torch.arange(16.0).reshape(1, 4, 4))
        tensor([[[7.5000]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.AdaptiveAvgPool2d.html
    """

    __constants__ = ["output_size"]

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input):
        """The means."""
        return F.adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self):
        """The setting."""
        return f"output_size={self.output_size}"


class AdaptiveMaxPool2d(Module):
    """The largest value of each of `output_size` windows that share the plane.

    Args:
        output_size: height and width of the result, one int or two; None keeps the input's.
        return_indices: whether the places of the maxima are returned too, counted in the plane.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.AdaptiveMaxPool2d(2)(torch.arange(16.0).reshape(1, 4, 4))
        tensor([[[ 5.,  7.],
                 [13., 15.]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.AdaptiveMaxPool2d.html
    """

    __constants__ = ["output_size", "return_indices"]

    def __init__(self, output_size, return_indices=False):
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input):
        """The maxima, with their places if asked for."""
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)

    def extra_repr(self):
        """The setting."""
        return f"output_size={self.output_size}"
