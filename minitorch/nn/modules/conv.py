"""Convolution layers: what they share, and those of one, two and three dimensions."""
import math

from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.utils import _pair, _reverse_repeat_tuple, _single, _triple
from minitorch.nn.parameter import Parameter
from minitorch.ops.creation import empty

_PADDINGS = ("same", "valid")
_PADDING_MODES = ("reflect", "circular", "replicate", "zeros")


class _ConvNd(Module):
    """Parameters, settings and printed form of all convolutions."""

    __constants__ = ["stride", "padding", "dilation", "groups", "padding_mode", "output_padding", "in_channels", "out_channels",
                     "kernel_size"]

    def __init__(self, in_channels, out_channels, kernel_size, stride, padding, dilation, transposed, output_padding, groups, bias,
                 padding_mode, device=None, dtype=None):
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str):
            if padding not in _PADDINGS:
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {', '.join(_PADDINGS)}")
            if padding == "same" and any(s != 1 for s in stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(f"padding_mode must be one of {', '.join(_PADDING_MODES)}, but got padding_mode='{padding_mode}'")
        self.in_channels, self.out_channels, self.kernel_size, self.stride = in_channels, out_channels, kernel_size, stride
        self.padding, self.dilation, self.transposed, self.output_padding = padding, dilation, transposed, output_padding
        self.groups, self.padding_mode = groups, padding_mode
        self._reversed_padding_repeated_twice = self._both_sides(padding)
        channels = (in_channels, out_channels // groups) if transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(empty((*channels, *kernel_size), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _both_sides(self, padding):
        """How much to pad before and after, last dimension first, as `functional.pad` takes it."""
        if padding == "valid":
            return [0, 0] * len(self.kernel_size)
        if padding == "same":                         # an odd total puts the larger half behind
            totals = [d * (k - 1) for d, k in zip(reversed(self.dilation), reversed(self.kernel_size), strict=True)]
            return [side for total in totals for side in (total // 2, total - total // 2)]
        return list(_reverse_repeat_tuple(padding, 2))

    def reset_parameters(self):
        """Draw weight, then bias."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self):
        """The settings; those at their defaults are left out."""
        zeros = (0,) * len(self.kernel_size)
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        if self.padding != zeros:
            parts.append(f"padding={self.padding}")
        if self.dilation != (1,) * len(self.dilation):
            parts.append(f"dilation={self.dilation}")
        if self.output_padding != zeros:
            parts.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class Conv2d(_ConvNd):
    """2-d convolution (cross-correlation): y[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c].

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: height and width of the kernel, one int or two.
        stride: the step of the kernel.
        padding: rows and columns added on each side, or "valid" (none) or "same" (as many as keep the size).
        dilation: the distance of the kernel's points.
        groups: into how many groups the channels fall; an output channel sees the inputs of its group.
        bias: whether b is learned; else there is none.
        padding_mode: "zeros", "reflect", "replicate" or "circular".

    Shape:
        (N, C, H, W) or (C, H, W) -> (N, O, H', W'), H' = ⌊(H + 2·padding - dilation·(kernel_size - 1) - 1)/stride⌋ + 1;
        weight (O, C/groups, kH, kW), bias (O). Both start from U(-k, k), k = √(groups/(C·kH·kW)).

    Raises:
        ValueError: `groups` does not divide the channels, an unknown padding or padding mode, "same" with a stride.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.Conv2d(16, 33, (3, 5), stride=(2, 1), padding=(4, 2))(torch.randn(20, 16, 50, 100)).shape
        torch.Size([20, 33, 28, 100])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Conv2d.html
    """

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros",
                 device=None, dtype=None):
        super().__init__(in_channels, out_channels, _pair(kernel_size), _pair(stride),
                         padding if isinstance(padding, str) else _pair(padding), _pair(dilation), False, _pair(0), groups, bias,
                         padding_mode, device, dtype)

    def forward(self, input):
        """The convolution; other paddings than zeros are put on first."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0
        return F.conv2d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_ConvNd):
    """1-d convolution (cross-correlation): y[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c]; arguments as Conv2d's, with one number each.

    Shape:
        (N, C, L) or (C, L) -> (N, O, L'), L' = ⌊(L + 2·padding - dilation·(kernel_size - 1) - 1)/stride⌋ + 1;
        weight (O, C/groups, K), bias (O). Both start from U(-k, k), k = √(groups/(C·K)).

    Raises:
        ValueError: `groups` does not divide the channels, an unknown padding or padding mode, "same" with a stride.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.Conv1d(16, 33, 3, stride=2)(torch.randn(20, 16, 50)).shape
        torch.Size([20, 33, 24])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Conv1d.html
    """

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros",
                 device=None, dtype=None):
        super().__init__(in_channels, out_channels, _single(kernel_size), _single(stride),
                         padding if isinstance(padding, str) else _single(padding), _single(dilation), False, _single(0), groups, bias,
                         padding_mode, device, dtype)

    def forward(self, input):
        """The convolution; other paddings than zeros are put on first."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0
        return F.conv1d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv3d(_ConvNd):
    """3-d convolution (cross-correlation): y[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c]; arguments as Conv2d's, for depth, height and width.

    Shape:
        (N, C, D, H, W) or (C, D, H, W) -> (N, O, D', H', W'), each size as Conv2d's;
        weight (O, C/groups, kD, kH, kW), bias (O). Both start from U(-k, k), k = √(groups/(C·kD·kH·kW)).

    Raises:
        ValueError: `groups` does not divide the channels, an unknown padding or padding mode, "same" with a stride.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.Conv3d(3, 5, (3, 5, 2), stride=(2, 1, 1), padding=(4, 2, 0))(torch.randn(2, 3, 10, 8, 9)).shape
        torch.Size([2, 5, 8, 8, 8])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Conv3d.html
    """

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros",
                 device=None, dtype=None):
        super().__init__(in_channels, out_channels, _triple(kernel_size), _triple(stride),
                         padding if isinstance(padding, str) else _triple(padding), _triple(dilation), False, _triple(0), groups, bias,
                         padding_mode, device, dtype)

    def forward(self, input):
        """The convolution; other paddings than zeros are put on first."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0
        return F.conv3d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)
