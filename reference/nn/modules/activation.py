"""The activations in plain PyTorch, on the reference's kernels."""
import torch
from torch import nn

from reference.kernels import activation
from reference.nn import _activation as functions
from reference.nn.modules.attention import MultiheadAttention as MultiheadAttention


class ReLU(nn.Module):
    """max(x, 0)."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return functions.relu(input, self.inplace)


class LeakyReLU(nn.Module):
    """x where x > 0, else negative_slope · x."""

    def __init__(self, negative_slope=0.01, inplace=False):
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input):
        return functions.leaky_relu(input, self.negative_slope, self.inplace)


class GELU(nn.Module):
    """x Φ(x)."""

    def __init__(self, approximate="none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        y, cdf = activation.gelu(input, approximate=self.approximate)
        return y


class SiLU(nn.Module):
    """x σ(x)."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        return functions.silu(input, self.inplace)


class Sigmoid(nn.Module):
    """1 / (1 + exp(-x))."""

    def forward(self, input):
        return 1 / (1 + torch.exp(-input))


class Tanh(nn.Module):
    """(exp(2x) - 1) / (exp(2x) + 1), exact near 0."""

    def forward(self, input):
        e = torch.expm1(2 * input)
        return e / (e + 2)


class Softmax(nn.Module):
    """exp(x) over its sum along a dimension."""

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return activation.softmax(input, dim=_dim(self.dim, input))


class LogSoftmax(nn.Module):
    """x less the logarithm of the sum of its exponentials along a dimension."""

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return activation.log_softmax(input, dim=_dim(self.dim, input))


def _dim(dim, input):
    """The dimension that old programs mean when they name none."""
    return dim if dim is not None else 0 if input.dim() in (0, 1, 3) else 1
