"""The kernels that PyTorch also offers as `torch.softmax` and as methods of Tensor."""
from minitorch.kernels import activation
from minitorch.ops.inplace import inplace
from minitorch.ops.keywords import as_torch_takes
from minitorch.ops.lapack import delivered
from minitorch.tensor import Tensor


def softmax(input, dim, dtype=None, *, out=None):
    """exp(xᵢ) / Σⱼ exp(xⱼ) along `dim`, of the input cast to `dtype` if one is given.

    Example:
        >>> import minitorch as torch
        >>> torch.softmax(torch.tensor([0.0, 0.0]), 0)
        tensor([0.5000, 0.5000])
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"softmax(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return delivered("softmax", out, activation.softmax(input, dim=dim, dtype=dtype))


def log_softmax(input, dim, dtype=None, *, out=None):
    """log softmax(x) along `dim`, accurate where the softmax itself rounds to 0."""
    if not isinstance(input, Tensor):
        raise TypeError(f"log_softmax(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return delivered("log_softmax", out, activation.log_softmax(input, dim=dim, dtype=dtype))


def relu(input):
    """max(x, 0), elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.relu(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"relu(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return activation.relu(input)


Tensor.relu, Tensor.relu_ = relu, inplace(relu, "relu_")
softmax, log_softmax = as_torch_takes(softmax), as_torch_takes(log_softmax)
Tensor.softmax, Tensor.log_softmax = softmax, log_softmax
