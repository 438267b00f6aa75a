"""torch.nn.init: how parameters start. Every function writes into its tensor, unseen by autograd, and returns it.

Draws follow torch's streams bit for bit: one call of `uniform_` or `normal_` with a bound computed in Python floats, unless said otherwise.
Source: https://docs.pytorch.org/docs/2.13/nn.init.html
"""
import math
import warnings

from minitorch.autograd.modes import no_grad
from minitorch.backend import array_module, on_own_device
from minitorch.ops.choosing import where
from minitorch.ops.creation import empty_like
from minitorch.ops.creation import eye as identity
from minitorch.ops.sampling import randperm
from minitorch.tensor import wrap

__all__ = [
    "calculate_gain", "uniform_", "normal_", "trunc_normal_", "constant_", "ones_", "zeros_", "eye_", "dirac_", "xavier_uniform_",
    "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "sparse_",
    "uniform", "normal", "constant", "eye", "dirac", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal",
    "sparse",
]
_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid")


def calculate_gain(nonlinearity, param=None):
    """The factor by which a nonlinearity's weights are scaled so that the variance of the signal is kept.

    Args:
        nonlinearity: "linear", "conv1d" ..., "sigmoid" (all 1), "tanh" (5/3), "relu" (√2), "leaky_relu" (√(2/(1+slope²))), "selu" (3/4).
        param: the slope of leaky_relu, 0.01 when omitted.

    Raises:
        ValueError: an unknown nonlinearity, or a slope that is no number.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.init.calculate_gain("leaky_relu", 0.2)
        1.3867504905630728
    """
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2.0 / (1 + slope ** 2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _calculate_fan_in_and_fan_out(tensor):
    """How many inputs an output has and how many outputs an input has: a weight's second and first size, times its kernel."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


def _calculate_correct_fan(tensor, mode):
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Draw from U(a, b).

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.init.uniform_(torch.empty(2))
        tensor([0.4963, 0.7682])
    """
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor, mean=0.0, std=1.0, generator=None):
    """Draw from N(mean, std²)."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    """Draw from N(mean, std²) cut off at a and b.

    Where [a, b] holds more than 0.3 of the distribution, normals are drawn until all fit: every round draws the whole tensor and
    fills the places still open. Else values from U(a, b) are kept with the chance density/peak, again in whole rounds.
    """
    below = lambda x: (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn("mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.",
                      stacklevel=2)
    with no_grad():
        if below((b - mean) / std) - below((a - mean) / std) > 0.3:
            outside = lambda drawn: (drawn < a) | (drawn > b)
            return _redraw(tensor, lambda t: t.normal_(mean, std, generator=generator), outside)
        mode = max(a, min(mean, b))
        peak = -0.5 * ((mode - mean) / std) ** 2

        def refused(drawn):
            log_density = ((drawn - mean) / std) ** 2 * -0.5 - peak
            return empty_like(drawn).uniform_(generator=generator).log() > log_density
        return _redraw(tensor, lambda t: t.uniform_(a, b, generator=generator), refused)


def _redraw(tensor, draw, refused):
    """Fill a tensor by `draw`, again and again, until no value was refused; places once filled keep their values."""
    waiting = refused(draw(tensor))
    if waiting.any():
        values = tensor.clone()
        while waiting.any():
            drawn = draw(empty_like(tensor))
            values = where(waiting, drawn, values)
            waiting &= refused(drawn)
        tensor.copy_(values)
    return tensor


def constant_(tensor, val):
    """Fill with one value."""
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor):
    """Fill with 1."""
    return constant_(tensor, 1.0)


def zeros_(tensor):
    """Fill with 0."""
    return constant_(tensor, 0.0)


def eye_(tensor):
    """Make a matrix the identity: a Linear with it passes its input through.

    Raises:
        ValueError: the tensor is not 2-d.
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        return tensor.copy_(identity(*tensor.shape))


def dirac_(tensor, groups=1):
    """Make a convolution's weight pass its input channels through: 1 at the kernel's centre, for as many channels as there are.

    Raises:
        ValueError: the tensor is not 3, 4 or 5-d, or `groups` does not divide its first size.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    outputs = tensor.shape[0] // groups
    centre = tuple(size // 2 for size in tensor.shape[2:])
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(outputs, tensor.shape[1])):
                tensor[(group * outputs + channel, channel, *centre)] = 1
    return tensor


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """Draw from U(-b, b), b = gain · √(6 / (fan_in + fan_out)).

    Source: Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.
    """
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """Draw from N(0, std²), std = gain · √(2 / (fan_in + fan_out)).

    Source: Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.
    """
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """Draw from U(-b, b), b = gain · √(3 / fan).

    Args:
        a: the slope of the leaky_relu that follows.
        mode: "fan_in" keeps the variance forward, "fan_out" backward.
        nonlinearity: what follows; see `calculate_gain`.

    Raises:
        ValueError: unknown mode or nonlinearity, or fewer than 2 dimensions.

    Source: He et al. (2015), Delving deep into rectifiers.
    """
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    fan = _calculate_correct_fan(tensor, mode)
    std = calculate_gain(nonlinearity, a) / math.sqrt(fan)
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """Draw from N(0, std²), std = gain / √fan; the arguments are those of `kaiming_uniform_`.

    Source: He et al. (2015), Delving deep into rectifiers.
    """
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    fan = _calculate_correct_fan(tensor, mode)
    std = calculate_gain(nonlinearity, a) / math.sqrt(fan)
    return normal_(tensor, 0.0, std, generator)


@on_own_device
def orthogonal_(tensor, gain=1, generator=None):
    """Make the rows (or the columns, if there are fewer) orthonormal, times gain; more dimensions are flattened after the first.

    The Q of a QR of normals, columns signed by R's diagonal so that Q is uniform. LAPACK's rounding: equal to torch to 1e-5.

    Raises:
        ValueError: fewer than 2 dimensions.

    Source: Saxe et al. (2013), Exact solutions to the nonlinear dynamics of learning in deep linear neural networks.
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    with no_grad():
        flat = tensor.new_empty((tensor.shape[0], tensor.numel() // tensor.shape[0])).normal_(0, 1, generator=generator)._array
        wide = flat.shape[0] < flat.shape[1]
        linalg = array_module(flat).linalg
        q, r = linalg.qr(flat.T if wide else flat)
        q = q * array_module(r).sign(r.diagonal())
        return tensor.copy_(wrap(q.T if wide else q).reshape(tensor.shape)).mul_(gain)


def sparse_(tensor, sparsity, std=0.01, generator=None):
    """Draw a matrix from N(0, std²), then set the fraction `sparsity` of every column to 0.

    The places are permutations from the default generator, also where one is given.

    Raises:
        ValueError: the tensor is not 2-d.

    Source: Martens (2010), Deep learning via Hessian-free optimization.
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[randperm(rows)[:zeros], column] = 0
    return tensor


def _deprecated(function):
    def old(*args, **kwargs):
        warnings.warn(f"`nn.init.{old.__name__}` is now deprecated in favor of `nn.init.{function.__name__}`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)
    old.__name__ = old.__qualname__ = function.__name__[:-1]
    old.__doc__ = f"The old name of `{function.__name__}`."
    return old


uniform, normal, constant, eye, dirac = map(_deprecated, (uniform_, normal_, constant_, eye_, dirac_))
xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal = map(
    _deprecated, (xavier_uniform_, xavier_normal_, kaiming_uniform_, kaiming_normal_))
orthogonal, sparse = map(_deprecated, (orthogonal_, sparse_))
