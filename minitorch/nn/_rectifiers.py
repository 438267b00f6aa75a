"""`nn.functional`: activations of straight pieces."""
from minitorch import random
from minitorch.autograd.operator import named
from minitorch.backend import array_module, device_name, to_device, to_host
from minitorch.kernels import rectifiers
from minitorch.nn._softmax import check_tensor
from minitorch.ops import delivered
from minitorch.ops.inplace import inplace as in_place
from minitorch.tensor import Tensor, wrap


def check_numbers(function, **numbers):
    """Refuse tensors where numbers belong; the first number is the second argument.

    Raises:
        TypeError: naming the argument.
    """
    for position, (name, value) in enumerate(numbers.items(), 2):
        if isinstance(value, Tensor):
            raise TypeError(f"{function}(): argument '{name}' (position {position}) must be Number, not Tensor")


# ---- bounded ------------------------------------------------------------------------------------------------------------

hardtanh_ = in_place(rectifiers.hardtanh)
hardsigmoid_, hardswish_ = in_place(rectifiers.hardsigmoid), in_place(rectifiers.hardswish)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """min(max(x, min_val), max_val), elementwise.

    Raises:
        ValueError: min_val is above max_val.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.hardtanh(torch.tensor([-2.0, 0.5, 3.0]))
        tensor([-1.0000,  0.5000,  1.0000])
    """
    check_tensor("hardtanh", input)
    check_numbers("hardtanh", min_val=min_val, max_val=max_val)
    if min_val > max_val:
        raise ValueError(f"min_val cannot be greater than max_val, got {min_val} and {max_val}")
    return (hardtanh_ if inplace else rectifiers.hardtanh)(input, min_val=min_val, max_val=max_val)


def relu6(input, inplace=False):
    """min(max(x, 0), 6), elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.relu6(torch.tensor([-1.0, 2.0, 7.0]))
        tensor([0., 2., 6.])
    """
    check_tensor("relu6", input)
    return (hardtanh_ if inplace else rectifiers.hardtanh)(input, min_val=0, max_val=6)


def hardsigmoid(input, inplace=False):
    """min(max(x + 3, 0), 6) / 6, elementwise: near the logistic function, without an exponential.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.hardsigmoid(torch.tensor([-4.0, 0.0, 1.5]))
        tensor([0.0000, 0.5000, 0.7500])
    """
    check_tensor("hardsigmoid", input)
    return (hardsigmoid_ if inplace else rectifiers.hardsigmoid)(input)


def hardswish(input, inplace=False):
    """x min(max(x + 3, 0), 6) / 6, elementwise: near silu, without an exponential.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.hardswish(torch.tensor([-1.0, 1.0, 4.0]))
        tensor([-0.3333,  0.6667,  4.0000])

    Source: Howard et al. (2019), https://arxiv.org/abs/1905.02244
    """
    check_tensor("hardswish", input)
    return (hardswish_ if inplace else rectifiers.hardswish)(input)


# ---- shrunk -------------------------------------------------------------------------------------------------------------

threshold_ = in_place(named(rectifiers.threshold, "ThresholdBackward1"))


def hardshrink(input, lambd=0.5, *, out=None):
    """0 where |x| ≤ λ, else x.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.hardshrink(torch.tensor([-2.0, 0.25, 3.0]))
        tensor([-2.,  0.,  3.])
    """
    check_tensor("hardshrink", input)
    check_numbers("hardshrink", lambd=lambd)
    shrunk = rectifiers.hardshrink(input, lambd=lambd)
    return shrunk if out is None else delivered("hardshrink", out, shrunk)


def softshrink(input, lambd=0.5):
    """x brought nearer to 0 by λ, and 0 where |x| ≤ λ.

    Raises:
        RuntimeError: λ is negative.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.softshrink(torch.tensor([-2.0, 0.25, 3.0]))
        tensor([-1.5000,  0.0000,  2.5000])
    """
    check_tensor("softshrink", input)
    check_numbers("softshrink", lambd=lambd)
    if input.is_floating_point() and not lambd >= 0:
        raise RuntimeError(f"lambda must not be negative, but found {lambd}")
    return rectifiers.softshrink(input, lambd=lambd)


def tanhshrink(input):
    """x - tanh(x), elementwise.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.tanhshrink(torch.tensor([0.0, 2.0]))
        tensor([0.0000, 1.0360])
    """
    return input - input.tanh()


def threshold(input, threshold, value, inplace=False):
    """x where x > threshold, else value.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.threshold(torch.tensor([-1.0, 0.5, 2.0]), 1.0, 9.0)
        tensor([9., 9., 2.])
    """
    check_tensor("threshold", input)
    check_numbers("threshold", threshold=threshold, value=value)
    return (threshold_ if inplace else rectifiers.threshold)(input, threshold=threshold, value=value)


# ---- with slopes of their own -------------------------------------------------------------------------------------------


def prelu(input, weight):
    """x where x > 0, else w x, with a learned w.

    Args:
        weight: one number for everything, or one for each channel (dimension 1 of the input).

    Raises:
        RuntimeError: as many numbers as there are channels were expected, or one dtype.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.prelu(torch.tensor([[-1.0, -1.0, 2.0]]), torch.tensor([0.25, 0.5, 0.75]))
        tensor([[-0.2500, -0.5000,  2.0000]])

    Source: He et al. (2015), https://arxiv.org/abs/1502.01852
    """
    check_tensor("prelu", input)
    check_tensor("prelu", weight, "weight", 2)
    if input.dtype is not weight.dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {input.dtype} and {weight.dtype}")
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    if weight.numel() != 1:
        if input.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor: it has no channels, so give one weight.")
        channels = input.shape[1] if input.ndim > 1 else 1
        if weight.numel() != channels:
            raise RuntimeError(f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {weight.numel()} and "
                               f"channel size = {channels}.")
    if weight.ndim and input.ndim != 1:
        weight = weight.reshape((1, -1, *(1,) * (input.ndim - 2)) if input.ndim else ())
    return rectifiers.prelu(input, weight)


mean_rrelu_ = in_place(named(rectifiers.mean_rrelu, "RreluWithNoiseBackward1"))
random_rrelu_ = in_place(named(rectifiers.rrelu, "RreluWithNoiseBackward1"))


def drawn_slopes(x, lower, upper, generator):
    """1 where x > 0, elsewhere a uniform of [lower, upper), drawn in float64 and in the order of the indices."""
    values = to_host(x)
    slopes, below = array_module().ones(values.shape, values.dtype), values <= 0
    slopes[below] = (generator or random.default_generator).uniform(int(below.sum()), lower, upper, array_module().float64)
    return wrap(to_device(slopes, device_name(x)))


def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, inplace=False):
    """x where x > 0, else s x: in training s is drawn from [lower, upper) for each value, else it is the mean of the bounds.

    Raises:
        RuntimeError: lower is above upper.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.rrelu(torch.tensor([-1.0, 2.0]), 0.25, 0.75)
        tensor([-0.5000,  2.0000])

    Source: Xu et al. (2015), https://arxiv.org/abs/1505.00853
    """
    return drawn_rrelu(input, lower, upper, training, inplace)


def drawn_rrelu(input, lower, upper, training, inplace, generator=None):
    """`rrelu`, drawing from any generator."""
    check_tensor("rrelu", input)
    check_numbers("rrelu", lower=lower, upper=upper)
    if lower > upper:
        raise RuntimeError(f"Lower bound should be less than or equal to the upper bound, got {lower} and {upper}")
    if not training:
        return (mean_rrelu_ if inplace else rectifiers.mean_rrelu)(input, negative_slope=(lower + upper) / 2)
    if not input.is_floating_point() or input.dtype.itemsize == 2:
        raise NotImplementedError(f"random slopes are not implemented for {input.dtype}: use float32 or float64")
    return (random_rrelu_ if inplace else rectifiers.rrelu)(input, drawn_slopes(input._array, lower, upper, generator))


def rrelu_(input, lower=1.0 / 8, upper=1.0 / 3, training=False, generator=None):
    """In-place version of `rrelu`, drawing from any generator."""
    return drawn_rrelu(input, lower, upper, training, True, generator)


Tensor.hardshrink, Tensor.prelu = hardshrink, prelu
