"""Losses. Each has one number for each target, and a reduction: their mean, their sum, or none.

`cross_entropy` is log-softmax and negative log-likelihood in one: of its work it keeps the probabilities only.
"""
from minitorch.autograd.operator import differentiable, elementwise, named
from minitorch.backend import array_module, outside
from minitorch.dtypes import of
from minitorch.kernels.activation import log_softmax
from minitorch.kernels.blocks import blocks, floating, line_dots, line_sums, lines, wide
from minitorch.ops.choosing import where

# ---- with class labels --------------------------------------------------------------------------------------------------


def class_dim(ndim):
    """Where the classes are: dimension 1, after the batch, or 0 if there is no batch."""
    return 1 if ndim > 1 else 0


def labels(target, x, ignore_index):
    """Which targets count, and their labels, 0 for the ignored: arrays in the layout of sums along axis 1 of `x`.

    Raises:
        IndexError: a target is no class and not `ignore_index`.
    """
    xp, classes = array_module(target), x.shape[1]
    target = target.reshape(len(x), 1, *x.shape[2:]).astype("i8", copy=False)
    valid = target != ignore_index
    index = xp.where(valid, target, 0)
    bad = outside(target if classes == 0 else index, 0, classes - 1)
    if bad is not None and bad != ignore_index:
        raise IndexError(f"Target {bad} is out of bounds: expected 0 to {classes - 1}, or ignore_index {ignore_index}")
    return valid, index


def places(index):
    """The places `[n, index[n, 0, k], k]` in an array (N, C) or (N, C, K), as an index."""
    xp = array_module(index)
    first = xp.arange(len(index))
    return (first[:, None], index) if index.ndim == 2 else (first[:, None, None], index, xp.arange(index.shape[2]))


def class_weights(weight, index, valid, dtype):
    """The weight of every target's class, 0 for the ignored."""
    return valid.astype(dtype) if weight is None else weight[index].astype(dtype, copy=False) * valid


def reduced(loss, reduction, total):
    """All losses, their sum, or that over `total`: their mean."""
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / total


def returned(grad, reduction, total):
    """What a reduction sends back to each loss."""
    return wide(grad) / total if reduction == "mean" else wide(grad)


@differentiable(saves="total", name="NllLossBackward0")
def nll_loss(input, target, weight=None, *, ignore_index=-100, reduction="mean"):
    """-w[tₙ] x[n, tₙ] for log-probabilities x and targets t: the negative log-likelihood. The mean is weighted by w[tₙ]."""
    x = lines(floating(input, "nll_loss"), class_dim(input.ndim))
    valid, index = labels(target, x, ignore_index)
    w = class_weights(weight, index, valid, wide(x[:0]).dtype)
    picked = x[places(index)]
    loss = array_module(x).where(valid, -w * picked, 0).reshape(target.shape)
    total = w.sum()
    return reduced(loss, reduction, total).astype(input.dtype, copy=False), total


@nll_loss.derivative("input")                         # -w[tₙ] at the target's place, 0 elsewhere
def nll_loss_backward(grad, input_shape, target, weight, total, ignore_index, reduction):
    xp = array_module(grad)
    grad_x = lines(xp.zeros(input_shape, wide(grad).dtype), class_dim(len(input_shape)))
    valid, index = labels(target, grad_x, ignore_index)
    w = class_weights(weight, index, valid, grad_x.dtype)
    grad_loss = returned(grad, reduction, total)
    grad_loss = grad_loss.reshape(w.shape) if reduction == "none" else grad_loss
    grad_x[places(index)] = xp.where(valid, -w * grad_loss, 0)
    return grad_x.reshape(input_shape)


@nll_loss.definition
def _(x, target, weight=None, *, ignore_index=-100, reduction="mean"):
    dim = class_dim(x.ndim)
    valid = target != ignore_index
    index = target.long() * valid
    w = valid.to(x.dtype) if weight is None else weight[index] * valid
    picked = x.gather(dim, index.unsqueeze(dim)).squeeze(dim)
    loss = (-w * picked).masked_fill(~valid, 0)
    total = w.sum()
    return reduced(loss, reduction, total)


def every_class(weight, x):
    """The weights of all classes, as a vector that broadcasts against `x`; ones if there are none."""
    xp = array_module(x)
    weight = xp.ones(x.shape[1], x.dtype) if weight is None else weight.astype(x.dtype, copy=False)
    return weight.reshape(1, -1, *(1,) * (x.ndim - 2))


@differentiable(saves="probs total", name="NllLossBackward0")
def cross_entropy(input, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """-Σ_c q[n, c] log p[n, c] with p = softmax(x) and q[n] = w ⊙ ((1 - ε) onehot(tₙ) + ε/C). The mean is weighted by w[tₙ]."""
    xp = array_module(input)
    inputs = lines(wide(floating(input, "cross_entropy")), class_dim(input.ndim))
    valid, index = labels(target, inputs, ignore_index)
    w, ws = class_weights(weight, index, valid, inputs.dtype), every_class(weight, inputs)
    probs, losses = xp.empty_like(inputs, order="C"), xp.zeros_like(w)
    for x, p, t, wt, loss in blocks(inputs, probs, index, w, losses):
        m = x.max(axis=1, keepdims=True)
        shifted = xp.subtract(x, m, out=p)
        picked = shifted[places(t)]
        rest = line_dots(*xp.broadcast_arrays(shifted, ws)) if label_smoothing else 0
        e = xp.exp(shifted, out=p)
        s = line_sums(e)
        p /= s
        logs = xp.log(s)
        loss[:] = wt * (logs - picked)
        if label_smoothing:                           # -Σ w log p = log s Σ w - Σ w (x - m)
            loss *= 1 - label_smoothing
            loss += (logs * ws.sum() - rest) * (label_smoothing / x.shape[1])
    total = w.sum()
    loss = xp.where(valid, losses, 0).reshape(target.shape)
    return reduced(loss, reduction, total).astype(input.dtype, copy=False), probs, total


@cross_entropy.derivative("input")                    # p Σ q - q
def cross_entropy_backward(grad, input_shape, target, weight, probs, total, ignore_index, reduction, label_smoothing):
    xp = array_module(grad)
    valid, index = labels(target, probs, ignore_index)
    w, ws = class_weights(weight, index, valid, probs.dtype), every_class(weight, probs)
    grad_loss = returned(grad, reduction, total)
    grad_loss = grad_loss.reshape(w.shape) if reduction == "none" else grad_loss
    a = xp.where(valid, w * grad_loss * (1 - label_smoothing), 0)
    b = xp.where(valid, grad_loss * (label_smoothing / max(probs.shape[1], 1)), 0)
    sum_q = a + b * ws.sum() if label_smoothing else a
    results = xp.empty_like(probs)
    for p, grad_x, t, a, b, k in blocks(probs, results, index, a, b, sum_q):
        xp.multiply(p, k, out=grad_x)
        if label_smoothing:
            grad_x -= b * ws
        grad_x[places(t)] -= a
    return results.reshape(input_shape)


@cross_entropy.definition
def _(x, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    dim = class_dim(x.ndim)
    valid = target != ignore_index
    index = target.long() * valid
    w = valid.to(x.dtype) if weight is None else weight[index] * valid
    m = x.amax(dim, keepdim=True).detach()
    shifted = x - m
    s = shifted.exp().sum(dim, keepdim=True)
    logs = s.log()
    log_probs = shifted - logs
    loss = -w * log_probs.gather(dim, index.unsqueeze(dim)).squeeze(dim)
    if label_smoothing:
        ws = every(weight, x, dim)
        loss = (1 - label_smoothing) * loss - (label_smoothing / x.shape[dim]) * (log_probs * ws).sum(dim)
    loss = loss.masked_fill(~valid, 0)
    total = w.sum()
    return reduced(loss, reduction, total)


def every(weight, x, dim):
    """The weights of all classes as a tensor that broadcasts against the tensor `x`; 1 if there are none."""
    return 1 if weight is None else weight.reshape(-1, *(1,) * (x.ndim - dim - 1))


@differentiable(saves="probs", name="DivBackward1")
def soft_cross_entropy(input, target, weight=None, *, reduction="mean", label_smoothing=0.0):
    """-Σ_c q[n, c] log p[n, c] with p = softmax(x) and q[n] = w ⊙ ((1 - ε) tₙ + ε/C), for probabilities t. The mean is over n."""
    xp = array_module(input)
    inputs, targets = (lines(wide(floating(a, "cross_entropy")), class_dim(input.ndim)) for a in (input, target))
    ws, classes = every_class(weight, inputs), inputs.shape[1]
    probs, losses = xp.empty_like(inputs, order="C"), xp.zeros((len(inputs), 1, *inputs.shape[2:]), (inputs[:0] + targets[:0]).dtype)
    for x, t, p, loss in blocks(inputs, targets, probs, losses):
        q = t * ((1 - label_smoothing) * ws) + label_smoothing / classes * ws
        m = x.max(axis=1, keepdims=True)
        shifted = xp.subtract(x, m, out=p)
        picked = line_dots(q, shifted)
        e = xp.exp(shifted, out=p)
        s = line_sums(e)
        p /= s
        loss[:] = xp.log(s) * line_sums(q) - picked
    shape = input.shape[:class_dim(input.ndim)] + input.shape[class_dim(input.ndim) + 1:]
    return reduced(losses.reshape(shape), reduction, losses.size).astype((input[:0] + target[:0]).dtype, copy=False), probs


@soft_cross_entropy.derivative                        # x: p Σ q - q;  t: -(1 - ε) w log p;  w: -((1 - ε) t + ε/C) log p
def soft_cross_entropy_backward(grad, input, target, weight, probs, reduction, label_smoothing, needs):
    dim = class_dim(input.ndim)
    targets = lines(wide(target), dim)
    ws, classes = every_class(weight, probs), max(probs.shape[1], 1)
    grad_loss = returned(grad, reduction, probs.size // classes)
    grad_loss = grad_loss.reshape(len(probs), 1, *probs.shape[2:]) if reduction == "none" else grad_loss
    grad_x = grad_t = grad_w = None
    if needs[0]:
        q = targets * ((1 - label_smoothing) * ws) + label_smoothing / classes * ws
        grad_x = ((probs * line_sums(q) - q) * grad_loss).reshape(input.shape)
    if needs[1] or needs[2]:
        grad_log_probs = lines(log_softmax(wide(input), dim=dim), dim) * -grad_loss
        grad_t = (grad_log_probs * ((1 - label_smoothing) * ws)).reshape(input.shape)
    if needs[2]:
        smoothed = targets * (1 - label_smoothing) + label_smoothing / classes
        grad_w = (grad_log_probs * smoothed).sum(axis=(0, *range(2, probs.ndim)))
    return grad_x, grad_t, grad_w


@soft_cross_entropy.definition
def _(x, target, weight=None, *, reduction="mean", label_smoothing=0.0):
    dim = class_dim(x.ndim)
    ws = every(weight, x, dim)
    q = ((1 - label_smoothing) * target + label_smoothing / max(x.shape[dim], 1)) * ws
    m = x.amax(dim, keepdim=True).detach()
    shifted = x - m
    s = shifted.exp().sum(dim, keepdim=True)
    log_probs = shifted - s.log()
    loss = -(q * log_probs).sum(dim)
    return reduced(loss, reduction, loss.numel())


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
    diff *= diff
    return finished(diff, reduction, input.dtype)


@mse_loss.derivative                                  # 2 (x - t), and its opposite
def mse_loss_backward(grad, input, target, reduction, needs):
    diff = wide(input - target)
    diff *= each(grad, diff, reduction) * 2
    return diff, -diff if needs[1] else None


@mse_loss.definition
def _(x, target, *, reduction="mean"):
    diff = x - target
    loss = diff * diff
    return reduced(loss, reduction, loss.numel())


@elementwise(name="MeanBackward0")
def l1_loss(input, target, *, reduction="mean"):
    """|x - t|."""
    diff = wide(input - target)
    if reduction == "mean" and diff.dtype.kind != "f":
        raise RuntimeError(f"mean(): could not infer output dtype. Input dtype must be a floating point dtype, got {of(diff)}")
    return finished(abs(diff), reduction, input.dtype)


@l1_loss.derivative                                   # the sign of x - t, 0 where they are equal
def l1_loss_backward(grad, input, target, reduction, needs):
    diff = wide(input - target)
    sign = array_module(diff).sign(diff)
    sign *= each(grad, diff, reduction)
    return sign, -sign if needs[1] else None


@l1_loss.definition
def _(x, target, *, reduction="mean"):
    diff = x - target
    loss = diff.abs()
    return reduced(loss, reduction, loss.numel())


@elementwise(name="SmoothL1LossBackward0")
def smooth_l1_loss(input, target, *, reduction="mean", beta=1.0):
    """(x - t)²/2β where |x - t| < β, else |x - t| - β/2: `huber_loss` over β."""
    diff = wide(floating(input, "smooth_l1_loss") - target)
    return finished(huber(diff, beta) / beta, reduction, input.dtype)


@smooth_l1_loss.derivative                            # (x - t)/β between -1 and 1
def smooth_l1_loss_backward(grad, input, target, reduction, beta, needs):
    diff = wide(input - target)
    slope = (diff / beta).clip(-1, 1) * each(grad, diff, reduction)
    return slope, -slope if needs[1] else None


@smooth_l1_loss.definition
def _(x, target, *, reduction="mean", beta=1.0):
    diff = x - target
    loss = huber_of(diff, beta) / beta
    return reduced(loss, reduction, loss.numel())


@elementwise(name="HuberLossBackward0")
def huber_loss(input, target, *, reduction="mean", delta=1.0):
    """(x - t)²/2 where |x - t| ≤ δ, else δ (|x - t| - δ/2)."""
    diff = wide(floating(input, "huber_loss") - target)
    return finished(huber(diff, delta), reduction, input.dtype)


@huber_loss.derivative                                # x - t between -δ and δ
def huber_loss_backward(grad, input, target, reduction, delta, needs):
    diff = wide(input - target)
    slope = diff.clip(-delta, delta) * each(grad, diff, reduction)
    return slope, -slope if needs[1] else None


@huber_loss.definition
def _(x, target, *, reduction="mean", delta=1.0):
    diff = x - target
    loss = huber_of(diff, delta)
    return reduced(loss, reduction, loss.numel())


def huber(diff, delta):
    """c (|d| - c/2) with c = min(|d|, δ): the parabola up to δ, the line beyond, without a branch."""
    size = abs(diff)
    c = size.clip(None, delta)
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
    loss = (t - 1) * log_1x - t * log_x
    loss = loss if weight is None else loss * weight
    return finished(loss, reduction, input.dtype)


@binary_cross_entropy.derivative("input")             # w (x - t)/(x (1 - x))
def binary_cross_entropy_backward(grad, input, target, weight, reduction):
    x, t = wide(input), wide(target)
    slope = (x - t) / (x * (1 - x)).clip(1e-12, None)
    slope = slope if weight is None else slope * weight
    return slope * each(grad, slope, reduction)


@binary_cross_entropy.derivative("target")            # w (log(1 - x) - log x)
def binary_cross_entropy_target_backward(grad, input, weight, reduction):
    xp, x = array_module(input), wide(input)
    slope = xp.log1p(-x) - xp.log(x)
    slope = slope if weight is None else slope * weight
    return slope * each(grad, slope, reduction)


@binary_cross_entropy.definition
def _(x, t, weight=None, *, reduction="mean"):
    log_x = x.log().clamp_min(-100)
    log_1x = (-x).log1p().clamp_min(-100)
    loss = (t - 1) * log_1x - t * log_x
    loss = loss if weight is None else loss * weight
    return reduced(loss, reduction, loss.numel())


@elementwise(name="BinaryCrossEntropyWithLogitsBackward0")
def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, *, reduction="mean"):
    """-w (p t log σ(x) + (1 - t) log(1 - σ(x))) for logits x, by log σ(x) = min(x, 0) - log(1 + exp(-|x|)), which never overflows."""
    x, t = wide(floating(input, "binary_cross_entropy_with_logits")), wide(target)
    softplus = softplus_of_opposite(x)
    share = 1 if pos_weight is None else 1 + (wide(pos_weight) - 1) * t
    loss = (1 - t) * x + share * softplus
    loss = loss if weight is None else loss * weight
    return finished(loss, reduction, input.dtype)


@binary_cross_entropy_with_logits.derivative("input")       # w (1 - t - (1 + (p - 1) t) σ(-x))
def binary_cross_entropy_with_logits_backward(grad, input, target, weight, pos_weight, reduction):
    xp, x, t = array_module(input), wide(input), wide(target)
    share = 1 if pos_weight is None else 1 + (wide(pos_weight) - 1) * t
    slope = 1 - t - share / (1 + xp.exp(x))
    slope = slope if weight is None else slope * weight
    return slope * each(grad, slope, reduction)


@binary_cross_entropy_with_logits.derivative("target")      # w ((p - 1) log(1 + exp(-x)) - x)
def binary_cross_entropy_with_logits_target_backward(grad, input, weight, pos_weight, reduction):
    x = wide(input)
    slope = -x if pos_weight is None else (wide(pos_weight) - 1) * softplus_of_opposite(x) - x
    slope = slope if weight is None else slope * weight
    return slope * each(grad, slope, reduction)


@binary_cross_entropy_with_logits.definition
def _(x, t, weight=None, pos_weight=None, *, reduction="mean"):
    softplus = (-x.abs()).exp().log1p() + (-x).clamp_min(0)
    share = 1 if pos_weight is None else 1 + (pos_weight - 1) * t
    loss = (1 - t) * x + share * softplus
    loss = loss if weight is None else loss * weight
    return reduced(loss, reduction, loss.numel())


def softplus_of_opposite(x):
    """log(1 + exp(-x)) = log(1 + exp(-|x|)) + max(-x, 0)."""
    xp = array_module(x)
    return xp.log1p(xp.exp(-abs(x))) + (-x).clip(0, None)
