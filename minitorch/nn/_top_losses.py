"""Losses and tables that PyTorch has at its top too, with other arguments than in nn.functional: `torch.kl_div(x, t, 2)`.

A reduction is a number here: 0 for every loss, 1 for their mean, 2 for their sum. Any other stands for 0, which is also what PyTorch takes
where none is given.
"""
import math

from minitorch.backend import array_module, on_own_device
from minitorch.nn import _ctc, _embedding_bag, _likelihoods, _losses, _margins
from minitorch.nn._embedding import rows_of
from minitorch.nn._top import typed
from minitorch.ops.shape import broadcast_shape
from minitorch.tensor import Tensor, wrap


def named(reduction):
    """The word for a reduction."""
    return {1: "mean", 2: "sum"}.get(reduction, "none")


# ---- losses ----------------------------------------------------------------------------------------------------------

@typed
def kl_div(input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False):
    """`nn.functional.kl_div`.

    Example:
        >>> import minitorch as torch
        >>> torch.kl_div(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.25, 0.75]]), 2)
        tensor(0.1308)
    """
    return _likelihoods.divergence(input, target, named(reduction), log_target)


@typed
def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int):
    """`nn.functional.poisson_nll_loss` with everything given.

    Example:
        >>> import minitorch as torch
        >>> torch.poisson_nll_loss(torch.tensor([0.0, 1.0]), torch.tensor([3.0, 2.0]), True, False, 1e-8, 0)
        tensor([1.0000, 0.7183])
    """
    return _likelihoods.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=named(reduction))


@typed
def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor = None, pos_weight: Tensor = None, reduction: int = 0):
    """`nn.functional.binary_cross_entropy_with_logits`.

    Example:
        >>> import minitorch as torch
        >>> torch.binary_cross_entropy_with_logits(torch.tensor([0.0, 200.0]), torch.tensor([1.0, 1.0]), reduction=1)
        tensor(0.3466)
    """
    if target.shape != input.shape:                   # the target may be the larger one
        input = input.broadcast_to(broadcast_shape(input.shape, target.shape))
        if target.shape != input.shape:
            raise RuntimeError(f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(input.shape)}")
    return _losses.binary_cross_entropy_with_logits(input, target, weight, pos_weight=pos_weight, reduction=named(reduction))


@typed
def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0):
    """`nn.functional.margin_ranking_loss` of tensors that broadcast.

    Example:
        >>> import minitorch as torch
        >>> torch.margin_ranking_loss(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 3.0]), torch.tensor([1.0, 1.0]), 0.0, 1)
        tensor(0.5000)
    """
    return _margins.ranking(input1, input2, target, margin, named(reduction))


@typed
def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0):
    """`nn.functional.hinge_embedding_loss`.

    Example:
        >>> import minitorch as torch
        >>> torch.hinge_embedding_loss(torch.tensor([0.5, 0.25]), torch.tensor([1.0, -1.0]), 1.0, 0)
        tensor([0.5000, 0.7500])
    """
    return _margins.hinge_embedding_loss(input, target, margin, reduction=named(reduction))


@typed
def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0):
    """`nn.functional.cosine_embedding_loss`.

    Example:
        >>> import minitorch as torch
        >>> torch.cosine_embedding_loss(torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 1.0]]), torch.tensor([1.0]))
        tensor([0.2929])
    """
    return _margins.cosine_embedding_loss(input1, input2, target, margin, reduction=named(reduction))


@typed
def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
                        swap: bool = False, reduction: int = 0):
    """`nn.functional.triplet_margin_loss`, with any margin.

    Example:
        >>> import minitorch as torch
        >>> torch.triplet_margin_loss(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 5.5]]))
        tensor([0.5000])
    """
    return _margins.triplet(anchor, positive, negative, margin, p, eps, swap, named(reduction))


@typed
def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths, target_lengths, blank: int = 0, reduction: int = 0,
             zero_infinity: bool = False):
    """`nn.functional.ctc_loss`.

    Example:
        >>> import minitorch as torch
        >>> torch.ctc_loss(torch.zeros(3, 1, 2).log_softmax(2), torch.tensor([[1, 1]]), (3,), (2,), 0, 2)
        tensor(2.0794)
    """
    return _ctc.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, named(reduction), zero_infinity)


# ---- tables ----------------------------------------------------------------------------------------------------------

@typed
def embedding(weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False):
    """`nn.functional.embedding`, the table first; a negative `padding_idx` is no row.

    Example:
        >>> import minitorch as torch
        >>> torch.embedding(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1, 0]))
        tensor([[3., 4.],
                [1., 2.]])
    """
    return rows_of(weight, indices, padding_idx, scale_grad_by_freq, sparse)


@on_own_device
@typed
def embedding_bag(weight: Tensor, indices: Tensor, offsets: Tensor, scale_grad_by_freq: bool = False, mode: int = 0, sparse: bool = False,
                  per_sample_weights: Tensor = None, include_last_offset: bool = False, padding_idx: int = None):
    """`nn.functional.embedding_bag`, the table first, and what it found on its way.

    Args:
        mode: 0 for sums, 1 for means, 2 for maxima.

    Returns:
        the results; the bag of each index; how many rows each mean or maximum is of (0 for sums); for maxima the rows that hold them,
        else the numbers of rows again.

    Raises:
        RuntimeError: dtypes, dimensions, offsets or an index that do not fit.

    Example:
        >>> import minitorch as torch
        >>> rows = torch.tensor([[1.0, 2.0], [3.0, 0.0]])
        >>> torch.embedding_bag(rows, torch.tensor([0, 1, 1]), torch.tensor([0, 2]), mode=2)
        (tensor([[3., 2.],
                [3., 0.]]), tensor([0, 0, 1]), tensor([2, 1]), tensor([[1, 0],
                [1, 1]]))
    """
    if indices.ndim != 1 or offsets.ndim != 1:
        raise RuntimeError(f"indices and offsets have to be 1D Tensors, but got dimensions {indices.ndim} and {offsets.ndim}")
    if mode not in (0, 1, 2):
        raise RuntimeError(f"`mode` must be sum, mean, or max: 0, 1 or 2, but got {mode}")
    if per_sample_weights is not None and mode:
        raise RuntimeError("embedding_bag: per_sample_weights only supported with mode='sum'")
    result = _embedding_bag.embedding_bag(
        indices, weight, offsets, scale_grad_by_freq=scale_grad_by_freq and mode < 2, mode=("sum", "mean", "max")[mode], sparse=False,
        per_sample_weights=per_sample_weights, include_last_offset=include_last_offset, padding_idx=padding_idx)
    xp, kind = array_module(weight._array), indices._array.dtype
    rows, inside, places = _embedding_bag.bags(indices, offsets, include_last_offset)
    bag_of = xp.searchsorted(offsets._array, xp.arange(indices._array.size), side="right") - 1
    if padding_idx is not None:
        inside = inside & (rows != padding_idx % len(weight))
    count = inside.sum(axis=1) * (mode > 0)
    best = largest_rows(xp, weight._array, rows, inside) if mode == 2 else count
    return result, *(wrap(found.astype(kind)) for found in (bag_of, count, best))


def largest_rows(xp, weight, rows, inside):
    """Which row holds the first maximum of each bag, element by element; 0 of none."""
    if not rows.shape[1]:
        return xp.zeros((len(rows), weight.shape[1]), "i8")
    seen = xp.where(inside[..., None], weight[rows], -math.inf)
    chosen = xp.take_along_axis(rows, seen.argmax(axis=1), axis=1)
    return xp.where(inside.any(axis=1)[:, None], chosen, 0)
