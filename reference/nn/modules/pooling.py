"""Pooling over height and width in plain PyTorch, on the reference's kernels."""
from torch import nn

from reference.kernels import pooling


class MaxPool2d(nn.Module):
    """The largest value of each window."""

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride if stride is not None else kernel_size
        self.padding, self.dilation, self.return_indices, self.ceil_mode = padding, dilation, return_indices, ceil_mode

    def forward(self, input):
        settings = {"kernel_size": self.kernel_size, "stride": self.stride, "padding": self.padding, "dilation": self.dilation,
                    "ceil_mode": self.ceil_mode}
        out, place = pooling.max_pool2d(input, **settings)
        return (out, pooling.indices_of(place, pooling.sliding_windows(input.shape, **settings))) if self.return_indices else out


class AvgPool2d(nn.Module):
    """The mean of each window."""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride if stride is not None else kernel_size
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input):
        return pooling.avg_pool2d(input, kernel_size=self.kernel_size, stride=self.stride, padding=self.padding, ceil_mode=self.ceil_mode,
                                  count_include_pad=self.count_include_pad, divisor_override=self.divisor_override)


class AdaptiveAvgPool2d(nn.Module):
    """The mean of each of output_size windows that share the plane."""

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input):
        return pooling.adaptive_avg_pool2d(input, output_size=self.output_size)


class AdaptiveMaxPool2d(nn.Module):
    """The largest value of each of output_size windows that share the plane."""

    def __init__(self, output_size, return_indices=False):
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input):
        out, place = pooling.adaptive_max_pool2d(input, output_size=self.output_size)
        return (out, pooling.indices_of(place, pooling.adaptive_windows(input.shape, self.output_size))) if self.return_indices else out
