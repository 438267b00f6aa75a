"""`nn.functional`: losses that ask for a margin, between two inputs or between classes."""
from minitorch.backend import on_host
from minitorch.dtypes import int64
from minitorch.kernels import margin as kernels
from minitorch.nn._distance import pairwise_distance
from minitorch.nn._losses import _check_broadcast, _kind, _reduction
from minitorch.nn._softmax import check_tensor
from minitorch.nn._units import logsigmoid
from minitorch.ops.choosing import clamp_min, minimum, where
from minitorch.ops.creation import arange, zeros_like


def reduced(loss, reduction):
    """All losses, their mean or their sum."""
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- of two or three inputs ----------------------------------------------------------------------------------------------


def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """max(0, -t (x₁ - x₂) + margin): t = 1 asks for x₁ above x₂, t = -1 for the opposite.

    Raises:
        RuntimeError: the tensors have different numbers of dimensions.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.margin_ranking_loss(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 3.0]), torch.tensor([1.0, 1.0]))
        tensor(0.5000)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(f"margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: {input1.shape}, "
                           f"input2: {input2.shape}, target: {target.shape}")
    return ranking(input1, input2, target, margin, reduction)


def ranking(input1, input2, target, margin, reduction):
    """`margin_ranking_loss` of tensors that broadcast."""
    return reduced(clamp_min(-target * (input1 - input2) + 1.0 * margin, 0), reduction)


def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    """x where t = 1, max(0, margin - x) where t = -1: for distances x of similar and of different pairs.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.hinge_embedding_loss(torch.tensor([0.5, 0.25]), torch.tensor([1.0, -1.0]))
        tensor(0.6250)
    """
    reduction = _reduction(reduction, size_average, reduce)
    check_tensor("hinge_embedding_loss", input)
    check_tensor("hinge_embedding_loss", target, "target", 2)
    zeros = zeros_like(input)
    apart = where(target != 1, clamp_min(margin - input, 0).to(input.dtype), zeros)
    near = where(target != -1, input, zeros)
    return reduced(apart + near, reduction)


SMALL = 1e-12                                         # what torch adds to squared lengths


def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """1 - cos(x₁, x₂) where t = 1, max(0, cos(x₁, x₂) - margin) where t = -1.

    Shape:
        inputs (N, D) and target (N,), or (D,) and ().

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.cosine_embedding_loss(torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 1.0]]), torch.tensor([1.0]))
        tensor(0.2929)
    """
    reduction = _reduction(reduction, size_average, reduce)
    for position, (name, value) in enumerate((("input1", input1), ("input2", input2), ("target", target)), 1):
        check_tensor("cosine_embedding_loss", value, name, position)
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.ndim != target.ndim + 1 or input2.ndim != target.ndim + 1:
        raise RuntimeError(f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs with sizes "
                           f"{list(input1.shape)} and {list(input2.shape)}.")
    lengths = ((input1 * input1).sum(-1) + SMALL) * ((input2 * input2).sum(-1) + SMALL)
    cos = (input1 * input2).sum(-1) / lengths.sqrt()
    zeros = zeros_like(cos)
    near = where(target == 1, 1 - cos, zeros)
    apart = where(target == -1, clamp_min(cos - margin, 0), zeros)
    return reduced(near + apart, reduction)


def _check_margin(margin):
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")


def _check_triplet(anchor, positive, negative):
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError("The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
                           f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs")


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, size_average=None, reduce=None,
                        reduction="mean"):
    """max(0, d(a, p) - d(a, n) + margin), with the distance of `pairwise_distance`.

    Args:
        margin: how much farther than the positive the negative should be.
        p, eps: of the distance.
        swap: whether d(p, n) counts where it is less than d(a, n).

    Raises:
        ValueError: the margin is not positive.

    Example:
        >>> import minitorch as torch
        >>> a, p, n = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 5.5]])
        >>> torch.nn.functional.triplet_margin_loss(a, p, n)
        tensor(0.5000)

    Source: Balntas et al. (2016), Learning Local Feature Descriptors with Triplets
    """
    reduction = _reduction(reduction, size_average, reduce)
    for position, (name, value) in enumerate((("anchor", anchor), ("positive", positive), ("negative", negative)), 1):
        check_tensor("triplet_margin_loss", value, name, position)
    _check_margin(margin)
    return triplet(anchor, positive, negative, margin, p, eps, swap, reduction)


def triplet(anchor, positive, negative, margin, p, eps, swap, reduction):
    """`triplet_margin_loss`, with any margin."""
    return _triplet(anchor, positive, negative, lambda x, y: pairwise_distance(x, y, p, eps), margin, swap, reduction)


def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"):
    """max(0, d(a, p) - d(a, n) + margin), for any distance d.

    Example:
        >>> import minitorch as torch
        >>> a, p, n = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 6.0]])
        >>> distance = lambda x, y: (x - y).abs().amax(1)
        >>> torch.nn.functional.triplet_margin_with_distance_loss(a, p, n, distance_function=distance, margin=3.0)
        tensor(1.)
    """
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    _check_margin(margin)
    return _triplet(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, reduction)


def _triplet(anchor, positive, negative, distance, margin, swap, reduction):
    _check_triplet(anchor, positive, negative)
    near, apart = distance(anchor, positive), distance(anchor, negative)
    if swap:
        apart = minimum(apart, distance(positive, negative))
    return reduced(clamp_min(margin + near - apart, 0), reduction)


# ---- of labels -----------------------------------------------------------------------------------------------------------


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """log(1 + exp(-t x)) for labels t of -1 and 1, finite however large x is.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.soft_margin_loss(torch.tensor([0.0, -200.0]), torch.tensor([1.0, 1.0]), reduction="none")
        tensor([  0.6931, 200.0000])
    """
    reduction = _reduction(reduction, size_average, reduce)
    check_tensor("soft_margin_loss", input)
    check_tensor("soft_margin_loss", target, "target", 2)
    if not input.is_floating_point():
        raise RuntimeError(f"result type Float can't be cast to the desired output type {_kind(input)}: convert the input first")
    _check_broadcast(target, input)
    return kernels.soft_margin_loss(input, target, reduction=reduction)


def _rows(name, input):
    """Scores (C,) or (N, C) as rows, and whether there was a batch.

    Raises:
        RuntimeError: other dimensions, or no class.
        NotImplementedError: they are not floating.
    """
    if input.ndim > 2 or input.ndim and input.shape[-1] == 0:
        raise RuntimeError(f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}")
    if not input.is_floating_point():
        raise NotImplementedError(f'"{name}" not implemented for {input.dtype}: convert the input first')
    return input.reshape(1, -1) if input.ndim < 2 else input


def _check_range(target, low, high, message):
    if on_host(target._array) and target.numel() and (target.min() < low or target.max() > high):
        raise RuntimeError(f"{message}: expected {low} to {high}")


def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Σᵢ w[t] max(0, margin - x[t] + x[i])ᵖ / C over all classes i but the target t.

    Args:
        input, target: scores (N, C) and classes (N,), or (C,) and ().
        p: 1 or 2.
        weight: a weight for each class.

    Raises:
        ValueError: another p.
        RuntimeError: shapes do not fit, or a target is no class.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.multi_margin_loss(torch.tensor([[0.5, 1.0, 0.0]]), torch.tensor([1]))
        tensor(0.1667)
    """
    reduction = _reduction(reduction, size_average, reduce)
    check_tensor("multi_margin_loss", input)
    check_tensor("multi_margin_loss", target, "target", 2)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    x = _rows("multi_margin_loss", input)
    classes = x.shape[1]
    if target.ndim > 1 or target.numel() != len(x):
        raise RuntimeError("multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
                           f"Expected target size [{len(x)}], got {list(target.shape)}")
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    if target.dtype is not int64:
        raise RuntimeError(f"expected scalar type Long but found {_kind(target)}")
    if weight is not None and weight.dtype is not input.dtype:
        raise RuntimeError(f"expected scalar type {_kind(input)} but found {_kind(weight)}")
    _check_range(target, 0, classes - 1, "target out of range")
    index = target.reshape(-1, 1)
    short = (margin - x.gather(1, index) + x).relu() ** p
    if weight is not None:
        short = short * weight[index]
    others = arange(classes, device=input.device) != index
    loss = (short * others).sum(1) / classes
    return reduced(loss.reshape(target.shape), reduction)


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """Σⱼ Σᵢ max(0, 1 - x[j] + x[i]) / C over the target classes j and all other classes i.

    Args:
        input: scores (N, C) or (C,).
        target: in each row the classes that hold, then -1 and anything; shaped as the input.

    Raises:
        RuntimeError: shapes do not fit, or a target is no class.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.multilabel_margin_loss(torch.tensor([0.5, 1.0, 0.0]), torch.tensor([1, 0, -1]))
        tensor(0.1667)
    """
    reduction = _reduction(reduction, size_average, reduce)
    check_tensor("multilabel_margin_loss", input)
    check_tensor("multilabel_margin_loss", target, "target", 2)
    if input.ndim <= 2 and target.shape != input.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    x = _rows("multilabel_margin_loss", input)
    classes = x.shape[1]
    if target.dtype is not int64:
        raise RuntimeError(f"expected scalar type Long but found {_kind(target)}")
    _check_range(target, -1, classes - 1, "argument #2 'target' is out of range")
    index = target.reshape(x.shape)
    holds = (index >= 0).long().cumprod(1)
    index = index * holds
    is_target = zeros_like(index).scatter_add(1, index, holds) > 0
    short = (1 - x.gather(1, index).unsqueeze(2) + x.unsqueeze(1)).relu()
    loss = (short * holds.unsqueeze(2) * ~is_target.unsqueeze(1)).sum((1, 2)) / classes
    return reduced(loss.reshape(input.shape[:-1]), reduction)


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """-Σ (t log σ(x) + (1 - t) log σ(-x)) / C along the last dimension, for logits x.

    Args:
        weight: a weight for each class.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.multilabel_soft_margin_loss(torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 1.0]]))
        tensor(0.4100)
    """
    if size_average is not None or reduce is not None or reduction in ("none", "mean", "sum"):
        reduction = _reduction(reduction, size_average, reduce)
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    loss = loss.sum(-1) / input.size(-1)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    return reduced(loss, reduction)
