"""`nn.functional`: the softmax family and gelu."""
import warnings

from minitorch.kernels import activation
from minitorch.tensor import Tensor


def check_tensor(function, value, name="input", position=1):
    """Refuse what is no Tensor, as torch's functions do.

    Raises:
        TypeError: naming the argument.
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"{function}(): argument '{name}' (position {position}) must be Tensor, not {type(value).__name__}")


def _softmax_dim(name, ndim, stacklevel):
    """The dimension that old programs mean when they name none."""
    warnings.warn(f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
                  stacklevel=stacklevel)
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """exp(xᵢ) / Σⱼ exp(xⱼ) along `dim`.

    Args:
        dim: the dimension along which the results sum to 1.
        dtype: cast the input to this dtype first.

    Raises:
        IndexError: `dim` is out of range.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.softmax(torch.tensor([0.0, 0.0]), dim=0)
        tensor([0.5000, 0.5000])
    """
    check_tensor("softmax", input)
    return activation.softmax(input, dim=_softmax_dim("softmax", input.ndim, _stacklevel) if dim is None else dim, dtype=dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """exp(-xᵢ) / Σⱼ exp(-xⱼ) along `dim`: the softmax of -x.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.softmin(torch.tensor([0.0, 0.0]), dim=0)
        tensor([0.5000, 0.5000])
    """
    check_tensor("softmin", input)
    return activation.softmax(-input, dim=_softmax_dim("softmin", input.ndim, _stacklevel) if dim is None else dim, dtype=dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """log softmax(x) along `dim`, accurate where the softmax itself rounds to 0; arguments as softmax's.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.log_softmax(torch.tensor([0.0, 200.0]), dim=0)
        tensor([-200.,    0.])
    """
    check_tensor("log_softmax", input)
    return activation.log_softmax(input, dim=_softmax_dim("log_softmax", input.ndim, _stacklevel) if dim is None else dim, dtype=dtype)


def gelu(input, *, approximate="none"):
    """x Φ(x), elementwise, Φ the distribution function of the standard normal distribution.

    Args:
        approximate: "none", or "tanh" for x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    Raises:
        RuntimeError: another `approximate`.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.gelu(torch.tensor([-1.0, 0.0, 1.0]))
        tensor([-0.1587,  0.0000,  0.8413])

    Source: Hendrycks and Gimpel (2016), https://arxiv.org/abs/1606.08415
    """
    check_tensor("gelu", input)
    return activation.gelu(input, approximate=approximate)
