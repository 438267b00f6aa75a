"""Convolutions in plain PyTorch, on the reference's kernel; paddings other than zeros are put on by copying places."""
import math

import torch
from torch import nn

from reference.kernels.convolution import conv2d
from reference.nn import init


class _Convolution(nn.Module):
    axes = 2

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros",
                 device=None, dtype=None):
        super().__init__()
        self.kernel_size, self.stride, self.dilation = map(self._each, (kernel_size, stride, dilation))
        self.groups = groups
        self.padding = padding if isinstance(padding, str) else self._each(padding)
        self.padding_mode = padding_mode
        shape = out_channels, in_channels // groups, *self.kernel_size
        self.weight = nn.Parameter(torch.empty(shape, device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(out_channels, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self):
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        fan_in = self.weight[0].numel()
        if self.bias is not None and fan_in != 0:
            bound = 1 / math.sqrt(fan_in)
            init.uniform_(self.bias, -bound, bound)

    def _each(self, value):
        """A setting as one number an axis."""
        return tuple(value) if isinstance(value, (tuple, list)) else (value,) * self.axes

    def _sides(self, axis):
        """How many places go before and after along an axis."""
        if self.padding == "valid":
            return 0, 0
        if self.padding == "same":
            total = self.dilation[axis] * (self.kernel_size[axis] - 1)
            return total // 2, total - total // 2
        return self.padding[axis], self.padding[axis]

    def _places(self, axis, size):
        """For each place of a padded axis, the place that it copies."""
        before, after = self._sides(axis)
        places = torch.arange(-before, size + after)
        if self.padding_mode == "circular":
            return places % size
        if self.padding_mode == "replicate":
            return places.clamp(0, size - 1)
        return size - 1 - (size - 1 - places.abs()).abs()

    def _padded(self, x):
        """x with copies of its own values around it."""
        for axis in range(self.axes):
            dim = x.dim() - self.axes + axis
            x = x.index_select(dim, self._places(axis, x.size(dim)))
        return x

    def forward(self, input):
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = self._padded(input), 0
        batch = input if input.dim() == self.axes + 2 else input[None]
        y = self._convolve(batch, padding)
        return y if input.dim() == self.axes + 2 else y[0]


class Conv2d(_Convolution):
    """y[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c]; W and b from U(-k, k), k = √(groups/(C·kH·kW))."""

    def _convolve(self, x, padding):
        return conv2d(x, self.weight, self.bias, stride=self.stride, padding=padding, dilation=self.dilation, groups=self.groups)


class Conv1d(_Convolution):
    """y[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c]: of images one row high."""

    axes = 1

    def _convolve(self, x, padding):
        padding = padding if isinstance(padding, str) else (0, *self._each(padding))
        return conv2d(x[:, :, None], self.weight[:, :, None], self.bias, stride=(1, *self.stride), padding=padding,
                      dilation=(1, *self.dilation), groups=self.groups)[:, :, 0]


class Conv3d(_Convolution):
    """y[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c]: every plane of the output is a sum of 2-d convolutions of planes."""

    axes = 3

    def _convolve(self, x, padding):
        sides = self._sides(0) if padding == self.padding else (0, 0)
        planes = padding if isinstance(padding, str) else self._each(padding)[1:]
        x = nn.functional.pad(x, (0, 0, 0, 0, *sides))
        (s, *stride), (d, *dilation), depth = self.stride, self.dilation, self.kernel_size[0]
        settings = {"stride": tuple(stride), "padding": planes, "dilation": tuple(dilation), "groups": self.groups}
        count = (x.shape[2] - d * (depth - 1) - 1) // s + 1
        return torch.stack([sum(conv2d(x[:, :, h * s + m * d], self.weight[:, :, m], self.bias if m == 0 else None, **settings)
                                for m in range(depth)) for h in range(count)], 2)
