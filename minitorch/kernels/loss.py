"""Losses. Each has one number for each target, and a reduction: their mean, their sum, or none.

`cross_entropy` is log-softmax and negative log-likelihood in one: of its work it keeps the probabilities only.
"""
import math

from minitorch.autograd.operator import differentiable, elementwise, named
from minitorch.backend import array_module, fused, outside
from minitorch.dtypes import of
from minitorch.kernels.activation import log_softmax
from minitorch.kernels.blocks import blocks, floating, line_dots, line_sums, lines, wide
from minitorch.ops.choosing import where, zeros_of
from minitorch.ops.special_functions import surprise

# ---- with class labels --------------------------------------------------------------------------------------------------
# Scores (C,), (N, C) or (N, C, *) are used as `lines`, (N, C) or (N, C, K), with classes in dimension 1; labels are (N, 1) or (N, 1, K).


def class_dim(ndim):
    """Where the classes are: dimension 1, after the batch, or 0 if there is no batch."""
    return 1 if ndim > 1 else 0


def labels(target, x, ignore_index):
    """Which targets count, and their labels, 0 for the ignored, in the layout of sums along the classes of `x`.

    Raises:
        IndexError: a target is no class and not `ignore_index`.
    """
    xp, classes = array_module(target), x.shape[1]
    given = target.reshape(len(x), 1, *x.shape[2:]).astype("i8", copy=False)
    valid = given != ignore_index
    index = xp.where(valid, given, 0)
    bad = outside(index if classes else given, 0, classes - 1)
    if bad is not None and bad != ignore_index:
        raise IndexError(f"Target {bad} is out of bounds: expected 0 to {classes - 1}, or ignore_index {ignore_index}")
    return valid, index


def labels_of(target, x, ignore_index):
    """`labels` of a tensor."""
    given = target.long().reshape(len(x), 1, *x.shape[2:])
    valid = given != ignore_index
    return valid, given * valid


def places(index):
    """The places `[n, index[n, 0, k], k]` in an array (N, C) or (N, C, K), as an index."""
    xp = array_module(index)
    first = xp.arange(len(index))
    return (first[:, None], index) if index.ndim == 2 else (first[:, None, None], index, xp.arange(index.shape[2]))


def class_weights(weight, x):
    """The weights of the classes in a shape that broadcasts against the array `x`; ones if there are none."""
    ws = array_module(x).ones(x.shape[1], x.dtype) if weight is None else weight.astype(x.dtype, copy=False)
    return ws.reshape(1, -1, *(1,) * (x.ndim - 2))


def class_weights_of(weight, x):
    """`class_weights` of tensors."""
    ws = x.new_ones(x.shape[1]) if weight is None else weight
    return ws.reshape(1, -1, *(1,) * (x.ndim - 2))


def reduced(loss, reduction, total):
    """All losses, their sum, or that over `total`: their mean."""
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / total


def mean_of(loss, reduction):
    """`reduced` of a tensor, over the number of losses."""
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def returned(grad, reduction, total):
    """What a reduction sends back to each loss."""
    return wide(grad) / total if reduction == "mean" else wide(grad)


@differentiable(saves="total", name="NllLossBackward0")
def nll_loss(input, target, weight=None, *, ignore_index=-100, reduction="mean"):
    """-w[tₙ] x[n, tₙ] for log-probabilities x and targets t: the negative log-likelihood. The mean is weighted by w[tₙ]."""
    xp, given = array_module(input), floating(input, "nll_loss")
    x = lines(given, class_dim(given.ndim))
    valid, index = labels(target, x, ignore_index)
    ws = class_weights(weight, wide(x))
    w = ws.reshape(-1)[index] * valid
    picked = x[places(index)]
    loss = xp.where(valid, -w * picked, 0).reshape(target.shape)
    total = w.sum()
    return reduced(loss, reduction, total).astype(input.dtype, copy=False), total


@nll_loss.derivative("input")                         # -w[tₙ] at the target's place, 0 elsewhere
def nll_loss_backward(grad, input_shape, target, weight, total, ignore_index, reduction):
    xp = array_module(grad)
    zeros = xp.zeros(input_shape, wide(grad).dtype)
    grad_x = lines(zeros, class_dim(zeros.ndim))
    valid, index = labels(target, grad_x, ignore_index)
    ws = class_weights(weight, grad_x)
    w = ws.reshape(-1)[index]
    grad_loss = returned(grad, reduction, total)
    grad_each = grad_loss.reshape(w.shape) if reduction == "none" else grad_loss
    grad_x[places(index)] = xp.where(valid, -w * grad_each, 0)
    return zeros


@nll_loss.definition
def _(input, target, weight=None, *, ignore_index=-100, reduction="mean"):
    x = lines(input, class_dim(input.ndim))
    valid, index = labels_of(target, x, ignore_index)
    ws = class_weights_of(weight, x)
    w = ws.reshape(-1)[index] * valid
    picked = x.gather(1, index)
    loss = (-w * picked).masked_fill(~valid, 0).reshape(target.shape)
    total = w.sum()
    return reduced(loss, reduction, total)


@differentiable(saves="probs total", name="NllLossBackward0")
def cross_entropy(input, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """-Σ_c q[n, c] log p[n, c] with p = softmax(x) and q[n] = w ⊙ ((1 - ε) onehot(tₙ) + ε/C). The mean is weighted by w[tₙ]."""
    xp, given = array_module(input), floating(input, "cross_entropy")
    inputs = lines(wide(given), class_dim(given.ndim))
    valid, index = labels(target, inputs, ignore_index)
    ws = class_weights(weight, inputs) if label_smoothing or weight is not None else None
    w = valid.astype(inputs.dtype) if weight is None else ws.reshape(-1)[index] * valid
    probs, losses = xp.empty_like(inputs, order="C"), xp.zeros_like(w)
    for x, label, w_label, space, loss_space in blocks(inputs, index, w, probs, losses):
        m = x.max(axis=1, keepdims=True)
        shifted = xp.subtract(x, m, out=space)
        picked = shifted[places(label)]
        mixed = line_dots(*xp.broadcast_arrays(shifted, ws)) if label_smoothing else 0
        e = xp.exp(shifted, out=space)
        s = line_sums(e)
        p = xp.divide(e, s, out=space)                # noqa: F841, the name that the reference has
        each = label_loss(w_label, s, picked, loss_space)
        if label_smoothing:                           # -Σ w log p = log s Σ w - Σ w (x - m)
            each *= 1 - label_smoothing
            each += (xp.log(s) * ws.sum() - mixed) * (label_smoothing / x.shape[1])
    loss = xp.where(valid, losses, 0).reshape(target.shape)
    total = w.sum()
    return reduced(loss, reduction, total).astype(input.dtype, copy=False), probs, total


@fused
def label_loss(xp, w, s, picked, loss_space):
    """w (log Σ exp(x - m) - (x_label - m))."""
    logs = xp.log(s)
    surprisal = xp.subtract(logs, picked, out=loss_space)
    return xp.multiply(w, surprisal, out=loss_space)


@cross_entropy.derivative("input")                    # p Σ q - q
def cross_entropy_backward(grad, input_shape, target, weight, probs, total, ignore_index, reduction, label_smoothing):
    xp = array_module(grad)
    valid, index = labels(target, probs, ignore_index)
    ws = class_weights(weight, probs) if label_smoothing or weight is not None else None
    grad_loss = returned(grad, reduction, total)
    grad_each = grad_loss.reshape(valid.shape) if reduction == "none" else grad_loss
    weighted = grad_each if weight is None else ws.reshape(-1)[index] * grad_each
    grad_label = xp.where(valid, weighted * (1 - label_smoothing), 0)
    grad_class = xp.where(valid, grad_each * (label_smoothing / max(probs.shape[1], 1)), 0) if label_smoothing else None
    sum_q = grad_label + grad_class * ws.sum() if label_smoothing else grad_label
    result = xp.empty(input_shape, probs.dtype)
    results = result.reshape(probs.shape)
    for p, label, g_label, g_class, g_sum, space in blocks(probs, index, grad_label, grad_class, sum_q, results):
        grad_x = xp.multiply(p, g_sum, out=space)
        if label_smoothing:
            grad_x -= g_class * ws
        grad_x[places(label)] -= g_label
    return result


@cross_entropy.definition
def _(input, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    x = lines(input, class_dim(input.ndim))
    valid, index = labels_of(target, x, ignore_index)
    ws = class_weights_of(weight, x)
    w = ws.reshape(-1)[index] * valid
    m = x.amax(1, keepdim=True).detach()
    shifted = x - m
    e = shifted.exp()
    s = e.sum(1, keepdim=True)
    logs = s.log()
    log_probs = shifted - logs
    loss_label = -w * log_probs.gather(1, index)
    loss_class = -(ws * log_probs).sum(1, keepdim=True)
    loss_both = (1 - label_smoothing) * loss_label + label_smoothing / x.shape[1] * loss_class if label_smoothing else loss_label
    loss = loss_both.masked_fill(~valid, 0).reshape(target.shape)
    total = w.sum()
    return reduced(loss, reduction, total)


def mixed_in(target, label_smoothing, classes):
    """(1 - ε) t + ε/C, of an array or a tensor."""
    return (1 - label_smoothing) * target + label_smoothing / max(classes, 1) if label_smoothing else target


@differentiable(saves="probs", name="DivBackward1")
def soft_cross_entropy(input, target, weight=None, *, reduction="mean", label_smoothing=0.0):
    """-Σ_c q[n, c] log p[n, c] with p = softmax(x) and q[n] = w ⊙ ((1 - ε) tₙ + ε/C), for probabilities t. The mean is over n."""
    xp, given = array_module(input), floating(input, "cross_entropy")
    dtype, dim = xp.result_type(input, target), class_dim(input.ndim)
    inputs, targets = lines(wide(given), dim), lines(wide(target), dim)
    ws, classes = class_weights(weight, inputs), inputs.shape[1]
    probs = xp.empty_like(inputs, order="C")
    losses = xp.zeros((len(inputs), 1, *inputs.shape[2:]), xp.result_type(inputs, targets))
    for x, t, space, loss_space in blocks(inputs, targets, probs, losses):
        smooth = mixed_in(t, label_smoothing, classes)
        q = smooth * ws
        m = x.max(axis=1, keepdims=True)
        shifted = xp.subtract(x, m, out=space)
        mixed = line_dots(q, shifted)
        e = xp.exp(shifted, out=space)
        s = line_sums(e)
        p = xp.divide(e, s, out=space)                # noqa: F841, the name that the reference has
        each = xp.log(s) * line_sums(q) - mixed
        loss_space[:] = each
    loss = losses.reshape(input.shape[:dim] + input.shape[dim + 1:])
    return reduced(loss, reduction, loss.size if classes else 0).astype(dtype, copy=False), probs


@soft_cross_entropy.derivative                        # x: p Σ q - q;  t: -(1 - ε) w log p;  w: -((1 - ε) t + ε/C) log p
def soft_cross_entropy_backward(grad, input, target, weight, probs, reduction, label_smoothing, needs):
    dim, classes = class_dim(input.ndim), max(probs.shape[1], 1)
    t, ws = lines(wide(target), dim), class_weights(weight, probs)
    grad_loss = returned(grad, reduction, probs.size // classes)
    grad_each = grad_loss.reshape(len(probs), 1, *probs.shape[2:]) if reduction == "none" else grad_loss
    grad_x = grad_t = grad_w = None
    smooth = mixed_in(t, label_smoothing, classes)
    if needs[0]:
        q = smooth * ws
        grad_x = ((probs * line_sums(q) - q) * grad_each).reshape(input.shape)
    if needs[1] or needs[2]:
        grad_q = lines(log_softmax(wide(input), dim=dim), dim) * -grad_each
        grad_t = (grad_q * ws * (1 - label_smoothing)).reshape(input.shape)
        grad_w = (grad_q * smooth).sum(axis=(0, *range(2, probs.ndim)))
    return grad_x, grad_t, grad_w


@soft_cross_entropy.definition
def _(input, target, weight=None, *, reduction="mean", label_smoothing=0.0):
    dim = class_dim(input.ndim)
    x, t = lines(input, dim), lines(target, dim)
    ws = class_weights_of(weight, x)
    smooth = mixed_in(t, label_smoothing, x.shape[1])
    q = smooth * ws
    m = x.amax(1, keepdim=True).detach()
    shifted = x - m
    e = shifted.exp()
    s = e.sum(1, keepdim=True)
    log_probs = shifted - s.log()
    loss = -(q * log_probs).sum(1).reshape(input.shape[:dim] + input.shape[dim + 1:])
    return mean_of(loss, reduction)


nll_loss2d, cross_entropy2d = named(nll_loss, "NllLoss2DBackward0"), named(cross_entropy, "NllLoss2DBackward0")

# ---- with values ----------------------------------------------------------------------------------------------------------
# Input and target broadcast and meet in one dtype; a rule gives gradients of the broadcast shape, the engine sums them back.


def finished(loss, reduction, dtype):
    """The reduced losses in the dtype of the result."""
    return reduced(loss, reduction, loss.size).astype(dtype, copy=False)


def each(grad, diff, reduction):
    """The cotangent of every loss."""
    return returned(grad, reduction, diff.size)


@elementwise(name="MseLossBackward0")
def mse_loss(input, target, *, reduction="mean"):
    """(x - t)²."""
    diff = wide(floating(input, "mse_loss") - target)
    loss = diff * diff
    return finished(loss, reduction, input.dtype)


@mse_loss.derivative                                  # 2 (x - t), and its opposite
def mse_loss_backward(grad, input, target, reduction, needs):
    diff = wide(input - target)
    grad_x = diff * (2 * each(grad, diff, reduction))
    return grad_x, -grad_x if needs[1] else None


@mse_loss.definition
def _(input, target, *, reduction="mean"):
    diff = input - target
    loss = diff * diff
    return mean_of(loss, reduction)


@elementwise(name="MeanBackward0")
def l1_loss(input, target, *, reduction="mean"):
    """|x - t|."""
    diff = wide(input - target)
    if reduction == "mean" and diff.dtype.kind != "f":
        raise RuntimeError("mean(): could not infer output dtype. Input dtype must be a floating point dtype, got " + str(of(diff)))
    loss = abs(diff)
    return finished(loss, reduction, input.dtype)


@l1_loss.derivative                                   # the sign of x - t, 0 where they are equal, and of nan
def l1_loss_backward(grad, input, target, reduction, needs):
    diff = wide(input - target)
    signs = (diff > 0).astype(diff.dtype) - (diff < 0)
    grad_x = signs * each(grad, diff, reduction)
    return grad_x, -grad_x if needs[1] else None


@l1_loss.definition
def _(input, target, *, reduction="mean"):
    diff = input - target
    loss = diff.abs()
    return mean_of(loss, reduction)


@elementwise(name="SmoothL1LossBackward0")
def smooth_l1_loss(input, target, *, reduction="mean", beta=1.0):
    """(x - t)²/2β where |x - t| < β, else |x - t| - β/2: `huber_loss` over β."""
    diff = wide(floating(input, "smooth_l1_loss") - target)
    loss = huber(diff, beta) / beta
    return finished(loss, reduction, input.dtype)


@smooth_l1_loss.derivative                            # (x - t)/β between -1 and 1
def smooth_l1_loss_backward(grad, input, target, reduction, beta, needs):
    diff = wide(input - target)
    grad_x = (diff / beta).clip(-1, 1) * each(grad, diff, reduction)
    return grad_x, -grad_x if needs[1] else None


@smooth_l1_loss.definition
def _(input, target, *, reduction="mean", beta=1.0):
    diff = input - target
    loss = huber_of(diff, beta) / beta
    return mean_of(loss, reduction)


@elementwise(name="HuberLossBackward0")
def huber_loss(input, target, *, reduction="mean", delta=1.0):
    """(x - t)²/2 where |x - t| ≤ δ, else δ (|x - t| - δ/2)."""
    diff = wide(floating(input, "huber_loss") - target)
    loss = huber(diff, delta)
    return finished(loss, reduction, input.dtype)


@huber_loss.derivative                                # x - t between -δ and δ
def huber_loss_backward(grad, input, target, reduction, delta, needs):
    diff = wide(input - target)
    grad_x = diff.clip(-delta, delta) * each(grad, diff, reduction)
    return grad_x, -grad_x if needs[1] else None


@huber_loss.definition
def _(input, target, *, reduction="mean", delta=1.0):
    diff = input - target
    loss = huber_of(diff, delta)
    return mean_of(loss, reduction)


def huber(diff, delta):
    """c (|d| - c/2) with c = min(|d|, δ): the parabola up to δ, the line beyond, without a branch."""
    size = abs(diff)
    c = size.clip(0, delta)
    return c * (size - 0.5 * c)


def huber_of(diff, delta):
    """`huber` of a tensor."""
    size = diff.abs()
    return where(size < delta, 0.5 * diff * diff, delta * (size - 0.5 * delta))


@elementwise(name="BinaryCrossEntropyBackward0")
def binary_cross_entropy(input, target, weight=None, *, reduction="mean"):
    """-w (t log x + (1 - t) log(1 - x)) for probabilities x, the logarithms never below -100.

    Raises:
        RuntimeError: an input or a target is not between 0 and 1.
    """
    xp, x, t = array_module(input), wide(input), wide(target)
    for name, values in (("input", x), ("target", t)):
        if (bad := outside(values, 0, 1)) is not None:
            raise RuntimeError(f"all elements of {name} should be between 0 and 1, got {bad}")
    log_x = xp.log(x).clip(-100, None)
    log_1x = xp.log1p(-x).clip(-100, None)
    plain = (t - 1) * log_1x - t * log_x
    loss = plain if weight is None else plain * weight
    return finished(loss, reduction, input.dtype)


@binary_cross_entropy.derivative("input")             # w (x - t)/(x (1 - x))
def binary_cross_entropy_backward(grad, input, target, weight, reduction):
    x, t = wide(input), wide(target)
    plain = (x - t) / (x * (1 - x)).clip(1e-12, None)
    grad_x = plain if weight is None else plain * weight
    return grad_x * each(grad, grad_x, reduction)


@binary_cross_entropy.derivative("target")            # w (log(1 - x) - log x)
def binary_cross_entropy_target_backward(grad, input, weight, reduction):
    xp, x = array_module(input), wide(input)
    plain = xp.log1p(-x) - xp.log(x)
    grad_t = plain if weight is None else plain * weight
    return grad_t * each(grad, grad_t, reduction)


@binary_cross_entropy.definition
def _(input, target, weight=None, *, reduction="mean"):
    plain = surprise(input, target)
    loss = plain if weight is None else plain * weight
    return mean_of(loss, reduction)


@elementwise(name="BinaryCrossEntropyWithLogitsBackward0")
def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, *, reduction="mean"):
    """-w (p t log σ(x) + (1 - t) log(1 - σ(x))) for logits x, by log σ(x) = min(x, 0) - log(1 + exp(-|x|)), which never overflows."""
    x, t = wide(floating(input, "binary_cross_entropy_with_logits")), wide(target)
    softplus = softplus_of_opposite(x)
    share = 1 if pos_weight is None else 1 + (wide(pos_weight) - 1) * t
    plain = (1 - t) * x + share * softplus
    loss = plain if weight is None else plain * weight
    return finished(loss, reduction, input.dtype)


@binary_cross_entropy_with_logits.derivative("input")       # w (1 - t - (1 + (p - 1) t) σ(-x))
def binary_cross_entropy_with_logits_backward(grad, input, target, weight, pos_weight, reduction):
    xp, x, t = array_module(input), wide(input), wide(target)
    share = 1 if pos_weight is None else 1 + (wide(pos_weight) - 1) * t
    plain = 1 - t - share / (1 + xp.exp(x))
    grad_x = plain if weight is None else plain * weight
    return grad_x * each(grad, grad_x, reduction)


@binary_cross_entropy_with_logits.derivative("target")      # w ((p - 1) log(1 + exp(-x)) - x)
def binary_cross_entropy_with_logits_target_backward(grad, input, weight, pos_weight, reduction):
    x = wide(input)
    plain = -x if pos_weight is None else (wide(pos_weight) - 1) * softplus_of_opposite(x) - x
    grad_t = plain if weight is None else plain * weight
    return grad_t * each(grad, grad_t, reduction)


@binary_cross_entropy_with_logits.definition
def _(input, target, weight=None, pos_weight=None, *, reduction="mean"):
    x, t = input, target
    softplus = (-x).logaddexp(zeros_of(x))            # smooth at 0, where |x| is not
    share = 1 if pos_weight is None else 1 + (pos_weight - 1) * t
    plain = (1 - t) * x + share * softplus
    loss = plain if weight is None else plain * weight
    return mean_of(loss, reduction)


def softplus_of_opposite(x):
    """log(1 + exp(-x)) = log(1 + e) + max(-x, 0) with e = exp(-|x|); what rounding took from u = 1 + e is given back by (e - (u - 1))/u."""
    xp = array_module(x)
    e = xp.exp(-abs(x))
    u = 1 + e
    return xp.log(u) + (e - (u - 1)) / u + (-x).clip(0, math.inf)
