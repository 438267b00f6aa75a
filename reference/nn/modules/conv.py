"""2-d convolution in plain PyTorch, on the reference's kernel; paddings other than zeros are put on by copying places."""
import math

import torch
from torch import nn

from reference.kernels.convolution import conv2d
from reference.nn import init


def _pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


class Conv2d(nn.Module):
    """y[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c]; W and b from U(-k, k), k = √(groups/(C·kH·kW))."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros",
                 device=None, dtype=None):
        super().__init__()
        self.kernel_size, self.stride, self.dilation, self.groups = _pair(kernel_size), _pair(stride), _pair(dilation), groups
        self.padding = padding if isinstance(padding, str) else _pair(padding)
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

    def _sides(self, axis):
        """How many places go before and after along height (0) or width (1)."""
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
        for axis in (0, 1):
            dim = x.dim() - 2 + axis
            x = x.index_select(dim, self._places(axis, x.size(dim)))
        return x

    def forward(self, input):
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = self._padded(input), 0
        batch = input if input.dim() == 4 else input[None]
        y = conv2d(batch, self.weight, self.bias, stride=self.stride, padding=padding, dilation=self.dilation, groups=self.groups)
        return y if input.dim() == 4 else y[0]
