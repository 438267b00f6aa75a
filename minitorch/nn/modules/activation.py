"""Activations: layers without parameters. MultiheadAttention has a file of its own."""
from minitorch.nn import functional as F
from minitorch.nn._softmax import check_tensor
from minitorch.nn.modules.attention import MultiheadAttention as MultiheadAttention
from minitorch.nn.modules.module import Module
from minitorch.ops.elementwise import sigmoid, tanh


class ReLU(Module):
    """y = max(x, 0).

    Args:
        inplace: whether the input itself is changed.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.ReLU()(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.ReLU.html
    """

    __constants__ = ["inplace"]

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        """max(x, 0)."""
        return F.relu(input, self.inplace)

    def extra_repr(self):
        """The setting, where it is not the default."""
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """y = x where x > 0, else negative_slope · x.

    Args:
        negative_slope: the slope below zero.
        inplace: whether the input itself is changed.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.LeakyReLU(0.1)(torch.tensor([-1.0, 2.0]))
        tensor([-0.1000,  2.0000])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.LeakyReLU.html
    """

    __constants__ = ["inplace", "negative_slope"]

    def __init__(self, negative_slope=0.01, inplace=False):
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input):
        """x or negative_slope · x."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self):
        """The settings."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class GELU(Module):
    """y = x Φ(x), Φ the distribution function of the standard normal.

    Args:
        approximate: "none" for Φ itself, "tanh" for the approximation 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).

    Example:
        >>> import minitorch as torch
        >>> torch.nn.GELU()(torch.tensor([-1.0, 2.0]))
        tensor([-0.1587,  1.9545])

    Source: Hendrycks and Gimpel (2016), https://docs.pytorch.org/docs/2.13/generated/torch.nn.GELU.html
    """

    __constants__ = ["approximate"]

    def __init__(self, approximate="none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        """x Φ(x)."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self):
        """The setting."""
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """y = x σ(x), σ the logistic function.

    Args:
        inplace: whether the input itself is changed.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.SiLU()(torch.tensor([-1.0, 2.0]))
        tensor([-0.2689,  1.7616])

    Source: Elfwing et al. (2017), https://docs.pytorch.org/docs/2.13/generated/torch.nn.SiLU.html
    """

    __constants__ = ["inplace"]

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        """x σ(x)."""
        return F.silu(input, self.inplace)

    def extra_repr(self):
        """The setting, where it is not the default."""
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """y = 1 / (1 + exp(-x)).

    Example:
        >>> import minitorch as torch
        >>> torch.nn.Sigmoid()(torch.tensor([0.0, 2.0]))
        tensor([0.5000, 0.8808])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Sigmoid.html
    """

    def forward(self, input):
        """1 / (1 + exp(-x))."""
        check_tensor("sigmoid", input)
        return sigmoid(input)


class Tanh(Module):
    """y = tanh(x).

    Example:
        >>> import minitorch as torch
        >>> torch.nn.Tanh()(torch.tensor([0.0, 2.0]))
        tensor([0.0000, 0.9640])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Tanh.html
    """

    def forward(self, input):
        """tanh(x)."""
        check_tensor("tanh", input)
        return tanh(input)


class _AlongDim(Module):
    __constants__ = ["dim"]

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def extra_repr(self):
        """The dimension."""
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """y_i = exp(x_i) / Σ_j exp(x_j), along a dimension.

    Args:
        dim: the dimension along which the result sums to 1.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.Softmax(dim=0)(torch.tensor([1.0, 1.0]))
        tensor([0.5000, 0.5000])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Softmax.html
    """

    def forward(self, input):
        """exp(x) over its sum."""
        return F.softmax(input, self.dim, _stacklevel=5)


class LogSoftmax(_AlongDim):
    """y_i = x_i - log Σ_j exp(x_j), along a dimension.

    Args:
        dim: the dimension along which the exponentials sum to 1.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.LogSoftmax(dim=0)(torch.tensor([1.0, 1.0]))
        tensor([-0.6931, -0.6931])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.LogSoftmax.html
    """

    def forward(self, input):
        """x less the logarithm of the sum of its exponentials."""
        return F.log_softmax(input, self.dim, _stacklevel=5)
