"""`nn.functional`: layer and batch normalization."""
import math

from minitorch.backend import on_own_device
from minitorch.kernels import normalization
from minitorch.kernels.blocks import product
from minitorch.nn._softmax import check_tensor
from minitorch.tensor import wrap


def _check_parameter(name, p, input):
    """A parameter has the input's dtype; beside half precision float32 is fine too.

    Raises:
        RuntimeError: it has another.
    """
    if p is not None and p.dtype is not input.dtype and (p.dtype.itemsize != 4 or input.dtype.itemsize != 2):
        raise RuntimeError(f"mixed dtype: expect {name} to have scalar type of Float or the input's {input.dtype}, got {p.dtype}")


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """(x - E[x]) / √(Var[x] + ε) · weight + bias, with the mean and the biased variance over the last dimensions.

    Args:
        normalized_shape: the sizes of these last dimensions, a list or tuple.
        weight, bias: of that shape.
        eps: keeps the square root away from zero.

    Shape:
        (*, *normalized_shape) -> the same.

    Raises:
        RuntimeError: the input does not end in `normalized_shape`, or a parameter has another shape or dtype.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.layer_norm(torch.tensor([[1.0, 3.0], [0.0, 0.5]]), (2,))
        tensor([[-1.0000,  1.0000],
                [-0.9999,  0.9999]])

    Source: Ba, Kiros and Hinton (2016), https://arxiv.org/abs/1607.06450, equation 4
    """
    check_tensor("layer_norm", input)
    if not isinstance(normalized_shape, (list, tuple)):
        kind = type(normalized_shape).__name__
        raise TypeError(f"layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not {kind}")
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError("Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, got []")
    for name, p in (("weight", weight), ("bias", bias)):
        if p is not None and tuple(p.shape) != shape:
            raise RuntimeError(f"Expected {name} to be of same shape as normalized_shape {list(shape)}, but got shape {list(p.shape)}")
    if tuple(input.shape[-len(shape):]) != shape:
        raise RuntimeError(f"Given normalized_shape={list(shape)}, expected input with shape [*, {', '.join(map(str, shape))}], "
                           f"but got input of size{list(input.shape)}")
    _check_parameter("weight", weight, input)
    _check_parameter("bias", bias, input)
    if weight is not None and bias is not None and weight.dtype is not bias.dtype:
        raise RuntimeError(f"mixed dtype: expect weight and bias to have one scalar type, got {weight.dtype} and {bias.dtype}")
    return normalization.layer_norm(input, weight, bias, normalized_shape=shape, eps=eps)


@on_own_device
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """(x - mean) / √(var + ε) · weight + bias, one mean and variance for each channel (dimension 1).

    In training they are the batch's own, and the running statistics move towards them, by the unbiased variance; else they
    are the running statistics.

    Args:
        running_mean, running_var: of shape (C,), updated in place in training; both None: nothing is tracked.
        weight, bias: of shape (C,).
        momentum: how far the running statistics move: new = (1 - momentum) · old + momentum · batch.
        eps: keeps the square root away from zero.

    Shape:
        (N, C, *) -> the same.

    Raises:
        ValueError: one value a channel in training, `eps` not positive there, or only one running statistic given.
        RuntimeError: a parameter or statistic is missing or has another length or dtype.

    Example:
        >>> import minitorch as torch
        >>> mean, var = torch.zeros(1), torch.ones(1)
        >>> torch.nn.functional.batch_norm(torch.tensor([[1.0], [3.0]]), mean, var, training=True), mean, var
        (tensor([[-1.0000],
                [ 1.0000]]), tensor([0.2000]), tensor([1.1000]))

    Source: Ioffe and Szegedy (2015), https://arxiv.org/abs/1502.03167, algorithm 1
    """
    check_tensor("batch_norm", input)
    if training:
        if input.ndim == 0:
            raise IndexError("batch_norm: the input needs a batch and a channel dimension, got 0 dimensions")
        if input.shape[0] * product(input.shape[2:]) == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.shape}")
        if eps <= 0.0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    return normalized(input, weight, bias, running_mean, running_var, training, momentum, eps)


def normalized(input, weight, bias, running_mean, running_var, training, momentum, eps):
    """`batch_norm` of one value a channel too, and with any eps, as `torch.batch_norm` takes them."""
    if not isinstance(momentum, (int, float)):
        raise TypeError(f"batch_norm(): argument 'momentum' (position 7) must be float, not {type(momentum).__name__}")
    channels = input.shape[1] if input.ndim > 1 else 0
    for name, p in (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)):
        if p is None:
            if name.startswith("running") and not training:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
        elif p.numel() != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {p.numel()}")
        elif name.startswith("running") and p.requires_grad:
            raise RuntimeError(f"batch_norm is not differentiable with respect to '{name}': it cannot have requires_grad True")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if input.ndim < 2:
        raise IndexError(f"Dimension out of range: batch_norm expects an input of shape (N, C, ...), got {list(input.shape)}")
    if not input.is_floating_point():
        raise NotImplementedError(f'"batch_norm" not implemented for {input.dtype}: convert the input first, for instance with .float()')
    dtypes = {p.dtype for p in (running_mean, running_var, weight, bias) if p is not None}
    if len(dtypes) > 1:
        raise RuntimeError(f"mixed dtype: expect statistics and parameters of one scalar type, got {', '.join(sorted(map(str, dtypes)))}")
    _check_parameter("weight", running_mean if weight is None else weight, input)
    _check_parameter("bias", bias, input)
    if not training:
        return normalization.batch_norm(input, running_mean.data, running_var.data, weight, bias, training=False, eps=eps)
    mean, var = normalization.batch_statistics(input._array)
    count = input.numel() // channels if channels else 0
    if running_mean is not None and count:
        for running, batch in ((running_mean._array, mean), (running_var._array, var * unbiased(count))):
            running[...] = (1 - momentum) * running + momentum * batch
    return normalization.batch_norm(input, wrap(mean), wrap(var), weight, bias, training=True, eps=eps)


def unbiased(count):
    """n / (n - 1), the unbiased variance over the biased one: nan for a single value, which has no spread."""
    return count / (count - 1) if count != 1 else math.nan
