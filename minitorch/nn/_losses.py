"""`nn.functional`: the losses, with torch's checks and its older settings."""
import warnings

from minitorch.kernels import loss
from minitorch.nn._linear import linear
from minitorch.nn._reduction import legacy_get_string
from minitorch.nn._softmax import check_tensor
from minitorch.ops.shape import broadcast_shape


def _reduction(reduction, size_average=None, reduce=None):
    """A valid reduction, also by its older names.

    Raises:
        ValueError: it is none of "none", "mean", "sum".
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_get_string(size_average, reduce, emit_warning=False)
        warnings.warn(f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.", stacklevel=3)
        return reduction
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3)
        return "mean"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def _kind(t):
    """torch's word for a dtype in its messages: Float, Long ..."""
    return t.dtype.legacy.removesuffix("Tensor")


# ---- with class labels -------------------------------------------------------------------------------------------------

def _check_labels(input, target):
    """Shapes and dtypes of scores (C,), (N, C) or (N, C, *) and labels (), (N,) or (N, *); the labels, without an idle dimension.

    Raises:
        ValueError, RuntimeError: as torch's.
    """
    shape = tuple(input.shape)
    if not shape:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if len(shape) == 1:
        if target.ndim == 1 and target.shape[0] != 1:
            raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target.shape[0]}")
        expected = ()
        target = target.reshape(()) if target.ndim == 1 else target
    else:
        expected = shape[:1] + shape[2:]
        batch = target.shape[0] if target.ndim else 0
        if batch != shape[0]:
            raise ValueError(f"Expected input batch_size ({shape[0]}) to match target batch_size ({batch}).")
    if tuple(target.shape) != expected:
        raise RuntimeError(f"Expected target size {list(expected)}, got {list(target.shape)}")
    if target.dtype.legacy not in ("LongTensor", "ByteTensor"):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {_kind(target)}")
    return target


def _check_weight(weight, input, dim):
    """One weight for each class, in the input's dtype."""
    if weight is not None:
        if tuple(weight.shape) != (input.shape[dim],):
            raise RuntimeError(f"weight tensor should be defined either for all {input.shape[dim]} classes or no classes "
                               f"but got weight tensor of shape: {list(weight.shape)}")
        if weight.dtype is not input.dtype:
            raise RuntimeError(f"expected scalar type {_kind(input)} but found {_kind(weight)}")


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """The negative log-likelihood -w[t] x[t] of the target classes t, for log-probabilities x.

    Args:
        input: log-probabilities (C,), (N, C) or (N, C, *).
        target: classes (), (N,) or (N, *), int64 or uint8.
        weight: a weight for each class (C,); the mean is Σ w[t] · loss / Σ w[t].
        ignore_index: targets of this value do not count.
        reduction: "mean", "sum" or "none"; `size_average` and `reduce` are its older form.

    Raises:
        IndexError: a target is no class.
        ValueError, RuntimeError: shapes or dtypes do not fit.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.nll_loss(torch.tensor([[-0.5, -1.0], [-2.0, -0.25]]), torch.tensor([0, 1]))
        tensor(0.3750)
    """
    reduction = _reduction(reduction, size_average, reduce)
    check_tensor("nll_loss_nd", input)
    check_tensor("nll_loss_nd", target, "target", 2)
    target = _check_labels(input, target)
    _check_weight(weight, input, loss.class_dim(input.ndim))
    function = loss.nll_loss2d if input.ndim > 2 else loss.nll_loss
    return function(input, target, weight, ignore_index=ignore_index, reduction=reduction)


def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
    """-Σ q log softmax(x) along the classes: q has 1 at the target class, or is a distribution given as `target`.

    Args:
        input: scores (C,), (N, C) or (N, C, *).
        target: classes (), (N,) or (N, *), int64 or uint8; or probabilities in the shape of the input.
        weight: a weight for each class (C,).
        ignore_index: target classes of this value do not count.
        reduction: "mean" (over the weights of the target classes; over the batch for probabilities), "sum" or "none".
        label_smoothing: ε: the targets become (1 - ε) q + ε/C.

    Raises:
        IndexError: a target is no class.
        ValueError, RuntimeError: shapes, dtypes or settings do not fit.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.cross_entropy(torch.tensor([[0.0, 0.0], [2.0, 0.0]]), torch.tensor([0, 0]))
        tensor(0.4100)
    """
    reduction = _reduction(reduction, size_average, reduce)
    check_tensor("cross_entropy_loss", input)
    check_tensor("cross_entropy_loss", target, "target", 2)
    if label_smoothing > 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    label_smoothing = max(label_smoothing, 0.0)
    dim = loss.class_dim(input.ndim)
    if target.shape == input.shape:
        if not target.is_floating_point():
            raise RuntimeError(f"Expected floating point type for target with class probabilities, got {_kind(target)}")
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        if weight is not None and tuple(weight.shape) != (input.shape[dim],):
            raise RuntimeError(f"cross_entropy: weight tensor should be defined either for all {input.shape[dim]} classes or no classes "
                               f"but got weight tensor of shape: {list(weight.shape)}")
        return loss.soft_cross_entropy(input, target, weight, reduction=reduction, label_smoothing=label_smoothing)
    target = _check_labels(input, target)
    _check_weight(weight, input, dim)
    function = loss.cross_entropy2d if input.ndim > 2 else loss.cross_entropy
    return function(input, target, weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing)


# ---- with values -------------------------------------------------------------------------------------------------------

def _check_pair(input, target):
    """Input and target broadcast; a warning if they must.

    Raises:
        RuntimeError: they do not.
    """
    if target.shape != input.shape:
        warnings.warn(f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will likely lead to "
                      "incorrect results due to broadcasting. Please ensure they have the same size.", stacklevel=3)
        broadcast_shape(input.shape, target.shape)


def _weighted(losses, weight, reduction, input, over_weights=True):
    """The losses times their weights, and the reduction of that: the mean over Σ w, or over their number."""
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    losses = losses * weight
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    return losses.sum() / weight.sum() if over_weights else losses.mean()


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """(x - t)², and its mean or sum.

    Args:
        reduction: "mean", "sum" or "none"; `size_average` and `reduce` are its older form.
        weight: a weight for each loss, in the shape of the input; the mean is then Σ w · loss / Σ w.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 4.0]))
        tensor(2.5000)
    """
    _check_pair(input, target)
    reduction = _reduction(reduction, size_average, reduce)
    if weight is not None:
        return _weighted(loss.mse_loss(input, target, reduction="none"), weight, reduction, input)
    return loss.mse_loss(input, target, reduction=reduction)


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """|x - t|, and its mean or sum; arguments as mse_loss's.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.l1_loss(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 4.0]))
        tensor(1.5000)
    """
    _check_pair(input, target)
    reduction = _reduction(reduction, size_average, reduce)
    if weight is not None:
        return _weighted(loss.l1_loss(input, target, reduction="none"), weight, reduction, input)
    return loss.l1_loss(input, target, reduction=reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """(x - t)²/2β where |x - t| < β, else |x - t| - β/2, and its mean or sum.

    Raises:
        RuntimeError: `beta` is negative.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.smooth_l1_loss(torch.tensor([0.5, 3.0]), torch.tensor([0.0, 0.0]), reduction="none")
        tensor([0.1250, 2.5000])

    Source: Girshick (2015), https://arxiv.org/abs/1504.08083, equation 3
    """
    _check_pair(input, target)
    reduction = _reduction(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta, got {beta}")
    if beta == 0:
        return loss.l1_loss(input, target, reduction=reduction)
    return loss.smooth_l1_loss(input, target, reduction=reduction, beta=beta)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """(x - t)²/2 where |x - t| ≤ δ, else δ (|x - t| - δ/2), and its mean or sum.

    Raises:
        RuntimeError: `delta` is not positive.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.huber_loss(torch.tensor([0.5, 3.0]), torch.tensor([0.0, 0.0]), reduction="none", delta=2.0)
        tensor([0.1250, 4.0000])

    Source: Huber (1964), "Robust Estimation of a Location Parameter"
    """
    _check_pair(input, target)
    reduction = _reduction(reduction)
    if delta <= 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta, got {delta}")
    if not input.is_floating_point() and target.is_floating_point():
        raise RuntimeError(f"result type {_kind(target)} can't be cast to the desired output type {_kind(input)}: convert the input first")
    if weight is not None:
        return _weighted(loss.huber_loss(input, target, reduction="none", delta=delta), weight, reduction, input, over_weights=False)
    return loss.huber_loss(input, target, reduction=reduction, delta=delta).to(input.dtype)


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """-w (t log x + (1 - t) log(1 - x)) for probabilities x, and its mean or sum; the logarithms are at least -100.

    Args:
        input, target: between 0 and 1, of one shape.
        weight: broadcast to that shape.

    Raises:
        ValueError: the shapes differ.
        RuntimeError: a value is not between 0 and 1, or the dtypes differ.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.5, 1.0]), torch.tensor([1.0, 1.0]))
        tensor(0.3466)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueError(f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. "
                         "Please ensure they have the same size.")
    if target.dtype is not input.dtype:
        raise RuntimeError(f"Found dtype {_kind(target)} but expected {_kind(input)}")
    if not input.is_floating_point():
        raise NotImplementedError(f"\"binary_cross_entropy\" not implemented for '{_kind(input)}': use a floating dtype")
    _check_broadcast(weight, input)
    return loss.binary_cross_entropy(input, target, weight, reduction=reduction)


def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
    """binary_cross_entropy of σ(x), for logits x: accurate and finite however large they are.

    Args:
        input, target: of one shape.
        weight: broadcast to that shape.
        pos_weight: the weight of t = 1 against that of t = 0, broadcast to that shape: one for each class, as a rule.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor([0.0, 200.0]), torch.tensor([1.0, 1.0]))
        tensor(0.3466)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    if input.is_floating_point() and not target.is_floating_point():
        raise RuntimeError(f"result type {_kind(input)} can't be cast to the desired output type {_kind(target)}: convert the target first")
    _check_broadcast(weight, input)
    _check_broadcast(pos_weight, input)
    return loss.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction=reduction).to(target.dtype)


def _check_broadcast(weight, input):
    """A weight that broadcasts to the input's shape.

    Raises:
        RuntimeError: it does not, or would make the result larger.
    """
    if weight is not None:
        shape = broadcast_shape(input.shape, weight.shape)
        if tuple(shape) != tuple(input.shape):
            raise RuntimeError(f"output with shape {list(input.shape)} doesn't match the broadcast shape {list(shape)}")


def linear_cross_entropy(input, linear_weight, target, *, linear_bias=None, weight=None, reduction="mean", ignore_index=None,
                         label_smoothing=0.0, options=None):
    """`cross_entropy` of a linear map of the input.

    Args:
        input: (N, F) or (F,).
        linear_weight: (C, F), or (C, *, F) for classes at several places.
        target: as `cross_entropy`'s.
        linear_bias: (C,) or (C, *).
        weight, reduction, ignore_index, label_smoothing: as `cross_entropy`'s.
        options: taken for compatibility; nothing is cut into chunks.

    Raises:
        RuntimeError: shapes that do not fit, or classes to be ignored beside probabilities.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.linear_cross_entropy(torch.tensor([[1.0, 0.0]]), torch.eye(2), torch.tensor([0]))
        tensor(0.3133)
    """
    for position, (name, value) in enumerate((("input", input), ("linear_weight", linear_weight), ("target", target)), 1):
        check_tensor("linear_cross_entropy", value, name, position)
    if input.ndim not in (1, 2) or linear_weight.ndim < 2:
        raise RuntimeError(f"expected an input of 1 or 2 dimensions and a weight of at least 2, got {input.ndim} and {linear_weight.ndim}")
    classes, *places, features = linear_weight.shape
    if input.shape[-1] != features:
        raise RuntimeError(f"expected equal last dimensions of input and linear_weight, got {input.shape[-1]} and {features}")
    if linear_bias is not None and tuple(linear_bias.shape) != (classes, *places):
        raise RuntimeError(f"expected linear_bias of shape {(classes, *places)}, got {tuple(linear_bias.shape)}")
    if places and input.ndim == 1:
        raise RuntimeError(f"a weight of shape {tuple(linear_weight.shape)} requires an input (N, {features}), got {tuple(input.shape)}")
    shape = (*input.shape[:-1], classes, *places)
    if tuple(target.shape) == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    logits = linear(input, linear_weight.reshape(-1, features), None if linear_bias is None else linear_bias.reshape(-1)).reshape(shape)
    return cross_entropy(logits, target, weight, ignore_index=-100 if ignore_index is None else ignore_index, reduction=reduction,
                         label_smoothing=label_smoothing)
