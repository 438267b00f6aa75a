"""Functions of layers that PyTorch has at its top too, with other arguments than in nn.functional: `torch.batch_norm(...)`.

They take positions rather than words: all statistics and switches must be given, a reduction is a number, and `inplace=True` is a
function of its own.
"""
import functools
import inspect

from minitorch.nn import _dropout, _grouping, _normalization, _pooling, _pooling_kinds, _rectifiers, _units
from minitorch.nn._channel_dropout import _alpha_dropout, _drop_channels
from minitorch.ops import padding
from minitorch.random import Generator
from minitorch.tensor import Tensor

KINDS = {int: (int,), float: (float, int), bool: (bool,), str: (str,), Tensor: (Tensor,), Generator: (Generator,)}


def typed(function):
    """A function that answers arguments of other kinds than its annotations say with PyTorch's TypeError."""
    signature = inspect.signature(function)
    optional = {p.name for p in signature.parameters.values() if p.default is None or p.annotation == Tensor | None}
    kinds = [(place, p.name, Tensor if p.annotation == Tensor | None else p.annotation)
             for place, p in enumerate(signature.parameters.values(), 1) if p.annotation is not p.empty]

    @functools.wraps(function)
    def checked(*args, **settings):
        given = signature.bind(*args, **settings).arguments
        for place, name, kind in kinds:
            value = given.get(name)
            if name not in given or value is None and name in optional:
                continue
            if isinstance(value, Tensor) and kind in (int, float) and not value.ndim:
                given[name] = value.item()
            elif not isinstance(value, KINDS[kind]) or kind is int and isinstance(value, bool):
                raise TypeError(f"{function.__name__}(): argument '{name}' (position {place}) must be {kind.__name__}, "
                                f"not {type(value).__name__}")
        return function(**given)
    return checked


# ---- dropout ---------------------------------------------------------------------------------------------------------

def _check_chance(p):
    if not 0.0 <= p <= 1.0:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")


@typed
def dropout(input: Tensor, p: float, train: bool):
    """`nn.functional.dropout` with its switch given.

    Raises:
        RuntimeError: p is outside [0, 1].

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.dropout(torch.ones(4), 0.5, True)
        tensor([0., 0., 2., 0.])
    """
    _check_chance(p)
    return _dropout.dropout(input, p, train)


@typed
def dropout_(input: Tensor, p: float, train: bool):
    """In-place version of `dropout`."""
    _check_chance(p)
    return _dropout.dropout(input, p, train, True)


@typed
def alpha_dropout(input: Tensor, p: float, train: bool):
    """`nn.functional.alpha_dropout` with its switch given."""
    _check_chance(p)
    return _alpha_dropout(input, p, train, False, False)


@typed
def alpha_dropout_(input: Tensor, p: float, train: bool):
    """In-place version of `alpha_dropout`."""
    _check_chance(p)
    return _alpha_dropout(input, p, train, True, False)


@typed
def feature_dropout(input: Tensor, p: float, train: bool):
    """Dropout of whole channels: dimensions 0 and 1 are the batch and the channels.

    Raises:
        RuntimeError: p is outside [0, 1], or there are no channels.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.feature_dropout(torch.ones(1, 3, 2), 0.5, True)
        tensor([[[0., 0.],
                 [0., 0.],
                 [2., 2.]]])
    """
    _check_chance(p)
    return _drop_channels(input, p, train, False)


@typed
def feature_dropout_(input: Tensor, p: float, train: bool):
    """In-place version of `feature_dropout`."""
    _check_chance(p)
    return _drop_channels(input, p, train, True)


@typed
def feature_alpha_dropout(input: Tensor, p: float, train: bool):
    """`nn.functional.feature_alpha_dropout` with its switch given."""
    _check_chance(p)
    return _alpha_dropout(input, p, train, False, True)


@typed
def feature_alpha_dropout_(input: Tensor, p: float, train: bool):
    """In-place version of `feature_alpha_dropout`."""
    _check_chance(p)
    return _alpha_dropout(input, p, train, True, True)


# ---- normalization ---------------------------------------------------------------------------------------------------

@typed
def batch_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None,
               training: bool, momentum: float, eps: float, cudnn_enabled: bool):
    """`nn.functional.batch_norm` with everything given; a single value a channel is 0.

    Args:
        cudnn_enabled: taken for compatibility; there is one implementation.

    Example:
        >>> import minitorch as torch
        >>> torch.batch_norm(torch.tensor([[1.0], [3.0]]), None, None, None, None, True, 0.1, 1e-5, False)
        tensor([[-1.0000],
                [ 1.0000]])
    """
    return _normalization.normalized(input, weight, bias, running_mean, running_var, training, momentum, eps)


@typed
def instance_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None, running_var: Tensor | None,
                  use_input_stats: bool, momentum: float, eps: float, cudnn_enabled: bool):
    """`nn.functional.instance_norm` with everything given; a single value a channel is 0.

    Example:
        >>> import minitorch as torch
        >>> torch.instance_norm(torch.tensor([[[1.0, 3.0]]]), None, None, None, None, True, 0.1, 1e-5, False)
        tensor([[[-1.0000,  1.0000]]])
    """
    return _grouping.single(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps)


@typed
def group_norm(input: Tensor, num_groups: int, weight: Tensor = None, bias: Tensor = None, eps: float = 1e-5, cudnn_enabled: bool = True):
    """`nn.functional.group_norm`; a single value a group is 0.

    Example:
        >>> import minitorch as torch
        >>> torch.group_norm(torch.tensor([[1.0, 3.0, 0.0, 0.5]]), 2)
        tensor([[-1.0000,  1.0000, -0.9999,  0.9999]])
    """
    return _grouping.grouped(input, num_groups, weight, bias, eps)


@typed
def layer_norm(input: Tensor, normalized_shape, weight: Tensor = None, bias: Tensor = None, eps: float = 1e-5, cudnn_enable: bool = True):
    """`nn.functional.layer_norm`.

    Example:
        >>> import minitorch as torch
        >>> torch.layer_norm(torch.tensor([[1.0, 3.0]]), (2,))
        tensor([[-1.0000,  1.0000]])
    """
    return _normalization.layer_norm(input, normalized_shape, weight, bias, eps)


# ---- pooling ---------------------------------------------------------------------------------------------------------

def max_pool1d(input, kernel_size, stride=(), padding=0, dilation=1, ceil_mode=False):
    """`nn.functional.max_pool1d` without the places of the maxima.

    Example:
        >>> import minitorch as torch
        >>> torch.max_pool1d(torch.tensor([[1.0, 5.0, 2.0, 0.0]]), 2)
        tensor([[5., 2.]])
    """
    return _pooling_kinds.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d_with_indices(input, kernel_size, stride=(), padding=0, dilation=1, ceil_mode=False):
    """`nn.functional.max_pool1d` and the places of the maxima.

    Example:
        >>> import minitorch as torch
        >>> torch.max_pool1d_with_indices(torch.tensor([[1.0, 5.0, 2.0, 0.0]]), 2)
        (tensor([[5., 2.]]), tensor([[1, 2]]))
    """
    return _pooling_kinds.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d(input, kernel_size, stride=(), padding=0, dilation=1, ceil_mode=False):
    """`nn.functional.max_pool2d` without the places of the maxima.

    Example:
        >>> import minitorch as torch
        >>> torch.max_pool2d(torch.tensor([[[1.0, 5.0], [2.0, 0.0]]]), 2)
        tensor([[[5.]]])
    """
    return _pooling.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(input, kernel_size, stride=(), padding=0, dilation=1, ceil_mode=False):
    """`nn.functional.max_pool3d` without the places of the maxima.

    Example:
        >>> import minitorch as torch
        >>> torch.max_pool3d(torch.tensor([[[[1.0, 5.0]]]]), (1, 1, 2))
        tensor([[[[5.]]]])
    """
    return _pooling_kinds.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode)


def adaptive_max_pool1d(input, output_size):
    """`nn.functional.adaptive_max_pool1d` and the places of the maxima.

    Example:
        >>> import minitorch as torch
        >>> torch.adaptive_max_pool1d(torch.tensor([[1.0, 5.0, 2.0, 0.0]]), 2)
        (tensor([[5., 2.]]), tensor([[1, 2]]))
    """
    return _pooling_kinds.adaptive_max_pool1d(input, output_size, True)


# ---- activation and padding ------------------------------------------------------------------------------------------

def celu(input, alpha=1.0):
    """`nn.functional.celu`.

    Example:
        >>> import minitorch as torch
        >>> torch.celu(torch.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])
    """
    return _units.celu(input, alpha)


def selu(input):
    """`nn.functional.selu`.

    Example:
        >>> import minitorch as torch
        >>> torch.selu(torch.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
    """
    return _units.selu(input)


def threshold(input, threshold, value):
    """`nn.functional.threshold`.

    Example:
        >>> import minitorch as torch
        >>> torch.threshold(torch.tensor([-1.0, 0.5, 2.0]), 1.0, 9.0)
        tensor([9., 9., 2.])
    """
    return _rectifiers.threshold(input, threshold, value)


@typed
def rrelu(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, generator: Generator = None):
    """`nn.functional.rrelu`, drawing from any generator.

    Example:
        >>> import minitorch as torch
        >>> torch.rrelu(torch.tensor([-1.0, 2.0]), 0.25, 0.75)
        tensor([-0.5000,  2.0000])
    """
    return _rectifiers.drawn_rrelu(input, lower, upper, training, False, generator)


def constant_pad_nd(input, pad, value=0):
    """`nn.functional.pad` with one value.

    Example:
        >>> import minitorch as torch
        >>> torch.constant_pad_nd(torch.tensor([1, 2]), (1, 0), 7)
        tensor([7, 1, 2])
    """
    return padding.pad(input, pad, "constant", value)
