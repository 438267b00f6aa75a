"""The losses in plain PyTorch, and their backwards derived by hand."""
import torch

from reference.kernels.blocks import lines

# ---- with class labels --------------------------------------------------------------------------------------------------


def class_dim(ndim):
    """Where the classes are: dimension 1, after the batch, or 0 if there is no batch."""
    return 1 if ndim > 1 else 0


def labels(target, x, ignore_index):
    """Which targets count, and their labels, 0 for the ignored, in the layout of sums along the classes of `x`."""
    given = target.long().reshape(len(x), 1, *x.shape[2:])
    valid = given != ignore_index
    index = torch.where(valid, given, 0)
    return valid, index


def class_weights(weight, x):
    """The weights of the classes in a shape that broadcasts against `x`; ones if there are none."""
    ws = x.new_ones(x.shape[1]) if weight is None else weight
    return ws.reshape(1, -1, *(1,) * (x.ndim - 2))


def reduced(loss, reduction, total):
    """All losses, their sum, or that over `total`: their mean."""
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / total


def returned(grad, reduction, total):
    """What a reduction sends back to each loss."""
    return grad / total if reduction == "mean" else grad


def nll_loss(input, target, weight=None, *, ignore_index=-100, reduction="mean"):
    """-w[tₙ] x[n, tₙ] for log-probabilities x and targets t. The mean is weighted by w[tₙ]."""
    x = lines(input, class_dim(input.ndim))
    valid, index = labels(target, x, ignore_index)
    ws = class_weights(weight, x)
    w = ws.reshape(-1)[index] * valid
    picked = x.gather(1, index)
    loss = torch.where(valid, -w * picked, 0).reshape(target.shape)
    total = w.sum()
    return reduced(loss, reduction, total), total


def nll_loss_backward(grad, input_shape, target, weight, total, ignore_index, reduction):
    """-w[tₙ] at the target's place, 0 elsewhere."""
    zeros = grad.new_zeros(input_shape)
    grad_x = lines(zeros, class_dim(zeros.ndim))
    valid, index = labels(target, grad_x, ignore_index)
    ws = class_weights(weight, grad_x)
    w = ws.reshape(-1)[index]
    grad_loss = returned(grad, reduction, total)
    grad_each = grad_loss.reshape(w.shape) if reduction == "none" else grad_loss
    grad_x.scatter_(1, index, torch.where(valid, -w * grad_each, 0))
    return grad_x.reshape(input_shape)


def cross_entropy(input, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """-Σ_c q[n, c] log p[n, c] with p = softmax(x) and q[n] = w ⊙ ((1 - ε) onehot(tₙ) + ε/C). The mean is weighted by w[tₙ]."""
    x = lines(input, class_dim(input.ndim))
    valid, index = labels(target, x, ignore_index)
    ws = class_weights(weight, x) if label_smoothing or weight is not None else None
    w = valid.to(x.dtype) if weight is None else ws.reshape(-1)[index] * valid
    m = x.amax(1, keepdim=True)
    shifted = x - m
    picked = shifted.gather(1, index)
    mixed = (shifted * ws).sum(1, keepdim=True) if label_smoothing else 0
    e = torch.exp(shifted)
    s = e.sum(1, keepdim=True)
    p = e / s
    each = label_loss(w, s, picked)
    if label_smoothing:                               # -Σ w log p = log s Σ w - Σ w (x - m)
        each *= 1 - label_smoothing
        each += (torch.log(s) * ws.sum() - mixed) * (label_smoothing / x.shape[1])
    loss = torch.where(valid, each, 0).reshape(target.shape)
    total = w.sum()
    return reduced(loss, reduction, total), p, total


def label_loss(w, s, picked):
    """w (log Σ exp(x - m) - (x_label - m))."""
    logs = torch.log(s)
    surprisal = logs - picked
    return w * surprisal


def cross_entropy_backward(grad, input_shape, target, weight, probs, total, ignore_index, reduction, label_smoothing):
    """p Σ q - q."""
    valid, index = labels(target, probs, ignore_index)
    ws = class_weights(weight, probs) if label_smoothing or weight is not None else None
    grad_loss = returned(grad, reduction, total)
    grad_each = grad_loss.reshape(valid.shape) if reduction == "none" else grad_loss
    weighted = grad_each if weight is None else ws.reshape(-1)[index] * grad_each
    grad_label = torch.where(valid, weighted * (1 - label_smoothing), 0)
    grad_class = torch.where(valid, grad_each * (label_smoothing / max(probs.shape[1], 1)), 0) if label_smoothing else None
    sum_q = grad_label + grad_class * ws.sum() if label_smoothing else grad_label
    grad_x = probs * sum_q
    if label_smoothing:
        grad_x -= grad_class * ws
    grad_x.scatter_add_(1, index, -grad_label)
    return grad_x.reshape(input_shape)


def mixed_in(target, label_smoothing, classes):
    """(1 - ε) t + ε/C."""
    return (1 - label_smoothing) * target + label_smoothing / max(classes, 1) if label_smoothing else target


def soft_cross_entropy(input, target, weight=None, *, reduction="mean", label_smoothing=0.0):
    """-Σ_c q[n, c] log p[n, c] with p = softmax(x) and q[n] = w ⊙ ((1 - ε) tₙ + ε/C), for probabilities t. The mean is over n."""
    dim = class_dim(input.ndim)
    x, t = lines(input, dim), lines(target, dim)
    ws, classes = class_weights(weight, x), x.shape[1]
    smooth = mixed_in(t, label_smoothing, classes)
    q = smooth * ws
    m = x.amax(1, keepdim=True) if classes else 0
    shifted = x - m
    mixed = (q * shifted).sum(1, keepdim=True)
    e = torch.exp(shifted)
    s = e.sum(1, keepdim=True)
    p = e / s
    each = torch.log(s) * q.sum(1, keepdim=True) - mixed
    loss = each.reshape(input.shape[:dim] + input.shape[dim + 1:])
    return reduced(loss, reduction, loss.numel()), p


def soft_cross_entropy_backward(grad, input, target, weight, probs, reduction, label_smoothing, needs):
    """x: p Σ q - q;  t: -(1 - ε) w log p;  w: -((1 - ε) t + ε/C) log p."""
    dim, classes = class_dim(input.ndim), max(probs.shape[1], 1)
    x, t, ws = lines(input, dim), lines(target, dim), class_weights(weight, probs)
    grad_loss = returned(grad, reduction, probs.numel() // classes)
    grad_each = grad_loss.reshape(len(probs), 1, *probs.shape[2:]) if reduction == "none" else grad_loss
    grad_x = grad_t = grad_w = None
    smooth = mixed_in(t, label_smoothing, classes)
    if needs[0]:
        q = smooth * ws
        grad_x = ((probs * q.sum(1, keepdim=True) - q) * grad_each).reshape(input.shape)
    if needs[1] or needs[2]:
        grad_q = (x - torch.logsumexp(x, 1, keepdim=True)) * -grad_each
        grad_t = (grad_q * ws * (1 - label_smoothing)).reshape(input.shape)
        grad_w = (grad_q * smooth).sum((0, *range(2, probs.ndim)))
    return grad_x, grad_t, grad_w


# ---- with values ----------------------------------------------------------------------------------------------------------
# Backwards give gradients of the broadcast shape, to be summed back to the arguments'.


def each(grad, diff, reduction):
    """The cotangent of every loss."""
    return returned(grad, reduction, diff.numel())


def mse_loss(input, target, *, reduction="mean"):
    """(x - t)²."""
    diff = input - target
    loss = diff * diff
    return reduced(loss, reduction, loss.numel())


def mse_loss_backward(grad, input, target, reduction):
    """2 (x - t), and its opposite."""
    diff = input - target
    grad_x = diff * (2 * each(grad, diff, reduction))
    return grad_x, -grad_x


def l1_loss(input, target, *, reduction="mean"):
    """|x - t|."""
    diff = input - target
    loss = torch.abs(diff)
    return reduced(loss, reduction, loss.numel())


def l1_loss_backward(grad, input, target, reduction):
    """The sign of x - t, 0 where they are equal."""
    diff = input - target
    signs = torch.sign(diff)
    grad_x = signs * each(grad, diff, reduction)
    return grad_x, -grad_x


def huber(diff, delta):
    """c (|d| - c/2) with c = min(|d|, δ): the parabola up to δ, the line beyond, without a branch."""
    size = torch.abs(diff)
    c = size.clamp(max=delta)
    return c * (size - 0.5 * c)


def smooth_l1_loss(input, target, *, reduction="mean", beta=1.0):
    """(x - t)²/2β where |x - t| < β, else |x - t| - β/2."""
    diff = input - target
    loss = huber(diff, beta) / beta
    return reduced(loss, reduction, loss.numel())


def smooth_l1_loss_backward(grad, input, target, reduction, beta):
    """(x - t)/β between -1 and 1."""
    diff = input - target
    grad_x = (diff / beta).clamp(-1, 1) * each(grad, diff, reduction)
    return grad_x, -grad_x


def huber_loss(input, target, *, reduction="mean", delta=1.0):
    """(x - t)²/2 where |x - t| ≤ δ, else δ (|x - t| - δ/2)."""
    diff = input - target
    loss = huber(diff, delta)
    return reduced(loss, reduction, loss.numel())


def huber_loss_backward(grad, input, target, reduction, delta):
    """x - t between -δ and δ."""
    diff = input - target
    grad_x = diff.clamp(-delta, delta) * each(grad, diff, reduction)
    return grad_x, -grad_x


def binary_cross_entropy(input, target, weight=None, *, reduction="mean"):
    """-w (t log x + (1 - t) log(1 - x)) for probabilities x, the logarithms never below -100."""
    x, t = input, target
    log_x = torch.log(x).clamp(min=-100)
    log_1x = torch.log1p(-x).clamp(min=-100)
    plain = (t - 1) * log_1x - t * log_x
    loss = plain if weight is None else plain * weight
    return reduced(loss, reduction, loss.numel())


def binary_cross_entropy_backward(grad, input, target, weight, reduction):
    """w (x - t)/(x (1 - x))."""
    x, t = input, target
    plain = (x - t) / (x * (1 - x)).clamp(min=1e-12)
    grad_x = plain if weight is None else plain * weight
    return grad_x * each(grad, grad_x, reduction)


def binary_cross_entropy_target_backward(grad, input, weight, reduction):
    """w (log(1 - x) - log x)."""
    x = input
    plain = torch.log1p(-x) - torch.log(x)
    grad_t = plain if weight is None else plain * weight
    return grad_t * each(grad, grad_t, reduction)


def softplus_of_opposite(x):
    """log(1 + exp(-x)) = log(1 + e) + max(-x, 0) with e = exp(-|x|), which never overflows."""
    e = torch.exp(-torch.abs(x))
    return torch.log1p(e) + torch.clamp(-x, min=0)


def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, *, reduction="mean"):
    """-w (p t log σ(x) + (1 - t) log(1 - σ(x))) for logits x."""
    x, t = input, target
    softplus = softplus_of_opposite(x)
    share = 1 if pos_weight is None else 1 + (pos_weight - 1) * t
    plain = (1 - t) * x + share * softplus
    loss = plain if weight is None else plain * weight
    return reduced(loss, reduction, loss.numel())


def binary_cross_entropy_with_logits_backward(grad, input, target, weight, pos_weight, reduction):
    """w (1 - t - (1 + (p - 1) t) σ(-x))."""
    x, t = input, target
    share = 1 if pos_weight is None else 1 + (pos_weight - 1) * t
    plain = 1 - t - share / (1 + torch.exp(x))
    grad_x = plain if weight is None else plain * weight
    return grad_x * each(grad, grad_x, reduction)


def binary_cross_entropy_with_logits_target_backward(grad, input, weight, pos_weight, reduction):
    """w ((p - 1) log(1 + exp(-x)) - x)."""
    x = input
    plain = -x if pos_weight is None else (pos_weight - 1) * softplus_of_opposite(x) - x
    grad_t = plain if weight is None else plain * weight
    return grad_t * each(grad, grad_t, reduction)
