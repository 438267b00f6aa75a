"""`nn.functional`: group, instance and root-mean-square normalization."""
from minitorch.backend import array_module, on_own_device
from minitorch.kernels import grouping, normalization
from minitorch.kernels.blocks import product
from minitorch.kernels.windows import whole
from minitorch.nn._normalization import _check_parameter, unbiased
from minitorch.nn._softmax import check_tensor
from minitorch.ops.shape import reshape


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """(x - E[x]) / √(Var[x] + ε) · weight + bias, with the mean and the biased variance of each group of channels of each sample.

    Args:
        num_groups: into how many groups the channels (dimension 1) fall.
        weight, bias: one number a channel, of shape (C,).
        eps: keeps the square root away from zero.

    Shape:
        (N, C, *) -> the same.

    Raises:
        RuntimeError: the groups do not divide the channels, or a parameter has another shape or dtype.
        ValueError: one value a group.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.group_norm(torch.tensor([[1.0, 3.0, 0.0, 0.5]]), 2)
        tensor([[-1.0000,  1.0000, -0.9999,  0.9999]])

    Source: Wu and He (2018), https://arxiv.org/abs/1803.08494, equation 7
    """
    check_tensor("group_norm", input)
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    if not whole(num_groups):
        raise TypeError(f"group_norm(): argument 'num_groups' (position 2) must be int, not {type(num_groups).__name__}")
    if input.shape[0] * input.shape[1] // num_groups * product(input.shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(input.shape)}")
    return grouped(input, num_groups, weight, bias, eps)


def grouped(input, num_groups, weight, bias, eps):
    """`group_norm` of one value a group too, as `torch.group_norm` takes it."""
    if input.ndim < 2:
        raise IndexError(f"group_norm: Dimension out of range: expected an input (N, C, ...), got {list(input.shape)}")
    channels = input.shape[1]
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if channels % num_groups:
        raise RuntimeError("Expected number of channels in input to be divisible by num_groups, but got input of shape "
                           f"{list(input.shape)} and num_groups={num_groups}")
    for name, p in (("weight", weight), ("bias", bias)):
        if p is not None and tuple(p.shape) != (channels,):
            raise RuntimeError(f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of shape "
                               f"{list(p.shape)} and input of shape {list(input.shape)}")
        _check_parameter(name, p, input)
    return grouping.group_norm(input, weight, bias, num_groups=num_groups, eps=eps)


@on_own_device
def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    """(x - mean) / √(var + ε) · weight + bias, a mean and a variance for each channel of each sample: `group_norm`, a channel a group.

    Args:
        running_mean, running_var: of shape (C,), moved towards the mean over the samples of their statistics (the variances unbiased).
        weight, bias: of shape (C,).
        use_input_stats: whether the samples' own statistics are used, else the running ones.
        momentum: how far the running statistics move: new = (1 - momentum) · old + momentum · batch.
        eps: keeps the square root away from zero.

    Shape:
        (N, C, *) -> the same.

    Raises:
        ValueError: one value a channel, or only one running statistic given.
        RuntimeError: a parameter or statistic is missing or has another length or dtype.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.instance_norm(torch.tensor([[[1.0, 3.0], [0.0, 0.5]]]))
        tensor([[[-1.0000,  1.0000],
                 [-0.9999,  0.9999]]])

    Source: Ulyanov, Vedaldi and Lempitsky (2016), https://arxiv.org/abs/1607.08022, equation 3
    """
    check_tensor("instance_norm", input)
    if use_input_stats and product(input.shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    return single(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps)


def single(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps):
    """`instance_norm` of one value a channel too, as `torch.instance_norm` takes it."""
    if not isinstance(momentum, (int, float)):
        raise TypeError(f"instance_norm(): argument 'momentum' (position 7) must be float, not {type(momentum).__name__}")
    places = product(input.shape[2:])
    if input.ndim < 2:
        raise IndexError(f"instance_norm: Dimension out of range: expected an input (N, C, ...), got {list(input.shape)}")
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    for name, p in (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)):
        if p is not None and tuple(p.shape) != (input.shape[1],):
            raise RuntimeError(f"{name} should contain {input.shape[1]} elements not {p.numel()}")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if not input.is_floating_point():
        raise NotImplementedError(f'"instance_norm" not implemented for {input.dtype}: convert the input, for instance with .float()')
    _check_parameter("weight", weight, input)
    _check_parameter("bias", bias, input)
    if not use_input_stats:
        return normalization.batch_norm(input, running_mean.data, running_var.data, weight, bias, training=False, eps=eps)
    if running_mean is not None and input.numel():
        _follow(input, running_mean, running_var, momentum, places)
    if 0 in input.shape:
        return reshape(input, input.shape).clone()
    return grouping.group_norm(input, weight, bias, num_groups=input.shape[1], eps=eps)


def _follow(input, running_mean, running_var, momentum, places):
    """Move the running statistics towards the samples'."""
    N, C = input.shape[:2]
    mean, var = normalization.batch_statistics(input._array.reshape(1, N * C, places))
    for running, batch in ((running_mean._array, mean), (running_var._array, var * unbiased(places))):
        running[...] = (1 - momentum) * running + momentum * batch.reshape(N, C).mean(axis=0)


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """x / √(E[x²] + ε) · weight, with the mean square over the last dimensions.

    Args:
        normalized_shape: the sizes of these last dimensions, a list or tuple.
        weight: of that shape.
        eps: keeps the square root away from zero; None for the dtype's machine epsilon.

    Shape:
        (*, *normalized_shape) -> the same.

    Raises:
        RuntimeError: the input does not end in `normalized_shape`, or the weight has another shape.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.rms_norm(torch.tensor([[3.0, 4.0]]), (2,))
        tensor([[0.8485, 1.1314]])

    Source: Zhang and Sennrich (2019), https://arxiv.org/abs/1910.07467, equation 4
    """
    check_tensor("rms_norm", input)
    if not isinstance(normalized_shape, (list, tuple)):
        kind = type(normalized_shape).__name__
        raise TypeError(f"rms_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not {kind}")
    if eps is not None and not isinstance(eps, (int, float)):
        raise TypeError(f"rms_norm(): argument 'eps' (position 4) must be float, not {type(eps).__name__}")
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError("Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, got []")
    if weight is not None and tuple(weight.shape) != shape:
        raise RuntimeError(f"Expected weight to be of same shape as normalized_shape {list(shape)}, but got shape {list(weight.shape)}")
    if input.ndim < len(shape):
        raise ValueError(f"Input tensor must have at least {len(shape)} dimensions, but got {input.ndim}")
    if tuple(input.shape[-len(shape):]) != shape:
        raise RuntimeError(f"Given normalized_shape={list(shape)}, expected input with shape [*, {', '.join(map(str, shape))}], "
                           f"but got input of size{list(input.shape)}")
    if not input.is_floating_point():
        raise NotImplementedError(f'"rms_norm" not implemented for {input.dtype}: convert the input first, for instance with .float()')
    eps = float(array_module(input._array).finfo(input._array.dtype).eps) if eps is None else eps
    if weight is None or weight.dtype is input.dtype:
        return grouping.rms_norm(input, weight, normalized_shape=shape, eps=eps)
    return grouping.rms_norm(input, normalized_shape=shape, eps=eps) * weight
