"""`nn.functional`: linear."""
from minitorch.kernels import linear as kernels
from minitorch.nn._convolution import check_tensors


def linear(input, weight, bias=None):
    """y = x Wᵀ + b.

    Args:
        input: (*, in_features), any number of dimensions.
        weight: (out_features, in_features), or (in_features) for a single output without its dimension.
        bias: (out_features), or None.

    Raises:
        RuntimeError: sizes or dtypes that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.linear(torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 1.0], [0.0, 2.0]]), torch.tensor([0.5, 0.0]))
        tensor([3.5000, 4.0000])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.linear.html
    """
    check_tensors("linear", input=input, weight=weight, bias=bias)
    if bias is None:
        op = kernels.without_bias if input.ndim == 2 else kernels.of_many_without_bias
    else:
        op = kernels.linear if input.ndim == 2 else kernels.of_many
    return op(input, weight, bias)
