"""Parameters as one vector, and back."""
from minitorch.ops.joining import cat
from minitorch.tensor import Tensor


def parameters_to_vector(parameters):
    """All parameters flattened and joined into one vector.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.utils.parameters_to_vector(torch.nn.Linear(2, 3).parameters()).shape
        torch.Size([9])
    """
    return cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec, parameters):
    """Let each parameter share the memory of its part of the vector.

    Raises:
        TypeError: `vec` is no Tensor.
        RuntimeError: the vector is too short.

    Example:
        >>> import minitorch as torch
        >>> m = torch.nn.Linear(1, 1)
        >>> torch.nn.utils.vector_to_parameters(torch.tensor([2.0, 3.0]), m.parameters())
        >>> m.weight.item(), m.bias.item()
        (2.0, 3.0)
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = vec[start:end].view(parameter.shape).data
        start = end
