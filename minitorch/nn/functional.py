"""torch.nn.functional: the layers as functions, a section a family.

Source: https://docs.pytorch.org/docs/2.13/nn.functional.html
"""
from minitorch.backend import on_host
from minitorch.dtypes import int64
from minitorch.kernels import activation
from minitorch.kernels import dropout as masked
from minitorch.nn._embedding import embedding  # noqa: F401
from minitorch.nn._losses import (  # noqa: F401
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from minitorch.nn._normalization import batch_norm, layer_norm  # noqa: F401
from minitorch.nn._softmax import gelu, log_softmax, softmax, softmin  # noqa: F401
from minitorch.ops.creation import arange
from minitorch.ops.elementwise import sigmoid as sigmoid
from minitorch.ops.elementwise import tanh as tanh
from minitorch.ops.inplace import inplace as in_place
from minitorch.ops.padding import pad as pad
from minitorch.random import bernoulli_mask
from minitorch.tensor import Tensor

# A section a family, in the order of torch's documentation. Operations come from minitorch.ops and minitorch.kernels; here they
# get torch's signatures.


def _check_tensor(function, input):
    if not isinstance(input, Tensor):
        raise TypeError(f"{function}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")


# ---- linear ------------------------------------------------------------------------------------------------------------

# ---- convolution -------------------------------------------------------------------------------------------------------

# ---- pooling -----------------------------------------------------------------------------------------------------------

# ---- attention ---------------------------------------------------------------------------------------------------------

from minitorch.nn._attention import multi_head_attention_forward as multi_head_attention_forward  # noqa: E402
from minitorch.nn._attention import scaled_dot_product_attention as scaled_dot_product_attention  # noqa: E402

# ---- activation --------------------------------------------------------------------------------------------------------

def relu(input, inplace=False):
    """max(x, 0), elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.relu(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    _check_tensor("relu", input)
    return relu_(input) if inplace else activation.relu(input)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """x where x > 0, else negative_slope · x, elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.leaky_relu(torch.tensor([-1.0, 2.0]), 0.1)
        tensor([-0.1000,  2.0000])
    """
    _check_tensor("leaky_relu", input)
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
    _check_tensor("silu", input)
    return _silu_(input) if inplace else activation.silu(input)


relu_, leaky_relu_, _silu_ = map(in_place, (activation.relu, activation.leaky_relu, activation.silu))

# ---- dropout -----------------------------------------------------------------------------------------------------------

def dropout(input, p=0.5, training=True, inplace=False):
    """In training, zero with the chance p and divided by 1 - p otherwise; else the input itself.

    The mask is drawn from the default generator, in the memory order of the input.

    Raises:
        ValueError: p is outside [0, 1].

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.dropout(torch.ones(4))
        tensor([2., 0., 2., 0.])
    """
    _check_tensor("dropout", input)
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(0.0) if inplace else input * 0.0
    if not input.is_floating_point():
        kind = input.dtype.legacy.removesuffix("Tensor")
        raise RuntimeError(f"result type Float can't be cast to the desired output type {kind}: dropout needs a floating input")
    mask = bernoulli_mask(input._array, 1 - p)
    return _dropout_(input, mask, p=p) if inplace else masked.dropout(input, mask, p=p)


_dropout_ = in_place(masked.dropout)

# ---- distance, padding and shape ---------------------------------------------------------------------------------------

def one_hot(tensor, num_classes=-1):
    """For each index a row of zeros with a 1 at the index.

    Args:
        num_classes: the length of the rows; the largest index and one when -1.

    Raises:
        RuntimeError: the tensor is not int64, an index is negative or too large, or there is none to infer the classes from.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
        tensor([[1, 0, 0],
                [0, 0, 1]])
    """
    if tensor.dtype is not int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor, got {tensor.dtype}: convert it with .long().")
    if tensor.numel() == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if on_host(tensor._array) and tensor.numel():     # a check of values would wait for a device
        if tensor.min() < 0:
            raise RuntimeError("Class values must be non-negative.")
        if num_classes != -1 and tensor.max() >= num_classes:
            raise RuntimeError("Class values must be smaller than num_classes.")
    if num_classes == -1:
        num_classes = tensor.max().item() + 1
    return (tensor.unsqueeze(-1) == arange(num_classes, device=tensor.device)).to(int64)


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """x / max(‖x‖, eps), the p-norm taken along `dim`.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.normalize(torch.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    if not input.is_floating_point():
        raise RuntimeError("linalg.vector_norm: Expected a floating point or complex tensor as input. "
                           f"Got {input.dtype.legacy.removesuffix('Tensor')}")
    norm = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return input / norm if out is None else out.copy_(input / norm)

