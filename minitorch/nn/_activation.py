"""`nn.functional`: the rectifiers and silu."""
from minitorch.kernels import activation
from minitorch.nn._softmax import check_tensor
from minitorch.ops.inplace import inplace as in_place
from minitorch.tensor import Tensor

relu_, leaky_relu_, silu_ = map(in_place, (activation.relu, activation.leaky_relu, activation.silu))


def relu(input, inplace=False):
    """max(x, 0), elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.relu(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    check_tensor("relu", input)
    return relu_(input) if inplace else activation.relu(input)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """x where x > 0, else negative_slope · x, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.leaky_relu(torch.tensor([-1.0, 2.0]), 0.1)
        tensor([-0.1000,  2.0000])
    """
    check_tensor("leaky_relu", input)
    if isinstance(negative_slope, Tensor):
        raise TypeError("leaky_relu(): argument 'negative_slope' (position 2) must be Number, not Tensor")
    function = leaky_relu_ if inplace else activation.leaky_relu
    return function(input, negative_slope=negative_slope)


def silu(input, inplace=False):
    """x σ(x), elementwise, σ the logistic function.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.silu(torch.tensor([-1.0, 2.0]))
        tensor([-0.2689,  1.7616])
    """
    check_tensor("silu", input)
    return silu_(input) if inplace else activation.silu(input)
