"""`nn.functional`: dropout of whole channels, and dropout that keeps mean and variance of what selu gives."""
import math
import warnings

from minitorch.backend import array_module
from minitorch.nn._softmax import check_tensor
from minitorch.random import bernoulli_mask
from minitorch.tensor import wrap


def _check(function, input, p):
    check_tensor(function, input)
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _mask(input, p, channels=True):
    """Booleans, true with the chance 1 - p, for each value or for each channel.

    Raises:
        RuntimeError: there are no channels, or the input is not floating.
    """
    if channels and input.ndim < 2:
        raise RuntimeError(f"Feature dropout requires at least 2 dimensions in the input, got {input.ndim}")
    if not input.is_floating_point():
        kind = input.dtype.legacy.removesuffix("Tensor")
        raise RuntimeError(f"result type Float can't be cast to the desired output type {kind}: dropout needs a floating input")
    like = input._array
    if channels:
        like = array_module(like).empty((*like.shape[:2], *(1,) * (like.ndim - 2)), like.dtype)
    return bernoulli_mask(like, 1 - p)


def _drop_channels(input, p, training, inplace):
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(0.0) if inplace else input * 0.0
    factors = wrap(_mask(input, p).astype(input._array.dtype) / (1 - p))        # one number a channel
    return input.mul_(factors) if inplace else input * factors


def _of_batch(input, p, training, inplace, batched):
    """The same with a batch of one, if there was none."""
    if batched:
        return _drop_channels(input, p, training, inplace)
    return _drop_channels(input.unsqueeze(0), p, training, inplace).squeeze(0)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Dropout of whole channels of (N, C, L) or (C, L).

    Raises:
        ValueError: p is outside [0, 1].
        RuntimeError: the input has other dimensions.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.dropout1d(torch.ones(1, 3, 2))
        tensor([[[0., 0.],
                 [0., 0.],
                 [2., 2.]]])

    Source: Tompson et al. (2015), https://arxiv.org/abs/1411.4280
    """
    _check("dropout1d", input, p)
    if input.ndim not in (2, 3):
        raise RuntimeError(f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input: (N, C, L) or (C, L)")
    return _of_batch(input, p, training, inplace, input.ndim == 3)


def dropout2d(input, p=0.5, training=True, inplace=False):
    """Dropout of whole channels of (N, C, H, W); as in torch an input of three dimensions is (N, C, L), with a warning.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.dropout2d(torch.ones(1, 3, 2, 2)).sum((2, 3))
        tensor([[0., 0., 8.]])

    Source: Tompson et al. (2015), https://arxiv.org/abs/1411.4280
    """
    _check("dropout2d", input, p)
    if input.ndim == 3:
        warnings.warn("dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired: it is "
                      "taken for (N, C, L). Use dropout1d to say so.", stacklevel=2)
    elif input.ndim != 4:
        warnings.warn(f"dropout2d: Received a {input.ndim}-D input to dropout2d, which is deprecated: use dropout instead.", stacklevel=2)
    return _of_batch(input, p, training, inplace, True)


def dropout3d(input, p=0.5, training=True, inplace=False):
    """Dropout of whole channels of (N, C, D, H, W) or (C, D, H, W).

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.dropout3d(torch.ones(1, 3, 2, 2, 2)).sum((2, 3, 4))
        tensor([[ 0.,  0., 16.]])

    Source: Tompson et al. (2015), https://arxiv.org/abs/1411.4280
    """
    _check("dropout3d", input, p)
    if input.ndim not in (4, 5):
        warnings.warn(f"dropout3d: Received a {input.ndim}-D input to dropout3d, which is deprecated: use dropout instead.", stacklevel=2)
    return _of_batch(input, p, training, inplace, input.ndim == 5)


ALPHA = 1.7580993408473766                            # -lim selu(x) for x -> -∞


def _alpha_dropout(input, p, training, inplace, channels):
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(0.0) if inplace else input * 0.0
    mask = wrap(_mask(input, p, channels).astype(input._array.dtype))
    a = 1 / math.sqrt((ALPHA * ALPHA * p + 1) * (1 - p))
    shift = (mask - 1) * (ALPHA * a) + ALPHA * a * p
    return input.mul_(mask * a).add_(shift) if inplace else input * (mask * a) + shift


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """In training a (x m + α' (m - 1) + α' p), m zero with the chance p: mean 0 and variance 1 stay what they are.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.alpha_dropout(torch.zeros(3), training=True)
        tensor([-0.7792, -0.7792,  0.7792])

    Source: Klambauer et al. (2017), https://arxiv.org/abs/1706.02515
    """
    _check("alpha_dropout", input, p)
    return _alpha_dropout(input, p, training, inplace, False)


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """`alpha_dropout` of whole channels: dimensions 0 and 1 are the batch and the channels.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.feature_alpha_dropout(torch.zeros(1, 3, 1), training=True).reshape(3)
        tensor([-0.7792, -0.7792,  0.7792])
    """
    _check("feature_alpha_dropout", input, p)
    return _alpha_dropout(input, p, training, inplace, True)
