"""Connectionist temporal classification: the sum over all alignments, forward and backward in time, for a batch at once.

A sequence of labels l, of length S, is spelled by every path through l' = (blank, l₁, blank, l₂, ..., blank), of 2S + 1 places, that at
each time stays, goes on by one place, or by two over a blank between different labels. It comes from the first place and ends in one of
the last two. All probabilities are logarithms; LOW stands for that of 0, so that differences stay finite.
"""
import math

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, as_strided, scatter_add
from minitorch.ops.joining import cat, stack
from minitorch.tensor import wrap

LOW = -1e30


def spelled_out(labels, target_lengths, blank):
    """l' of each sequence with two places more on either side, (N, S) -> (N, 2S + 5); -1 where no label is."""
    xp, (N, S) = array_module(labels), labels.shape
    extended = xp.full((N, 2 * S + 5), blank, labels.dtype)
    extended[:, 3:-2:2] = labels
    places = xp.arange(-2, 2 * S + 3)
    return xp.where((places >= 0) & (places <= 2 * target_lengths[:, None]), extended, -1)


def emissions(log_probs, extended):
    """log yₜ(l'ₛ) at each place that has a label, (T, N, L); LOW elsewhere, and where it is less."""
    xp, own = array_module(log_probs), extended[:, 2:-2]
    emitted = xp.take_along_axis(log_probs, own.clip(0)[None], 2)
    return xp.maximum(xp.where(own < 0, LOW, emitted), LOW)


def roads_to(extended, dtype):
    """The roads to each place from two before, one before and itself, (3, N, L): 0 where open, LOW where a label would be lost."""
    xp, skips = array_module(extended), extended[:, 2:] != extended[:, :-2]
    roads = xp.zeros((3, *skips.shape), dtype)
    roads[0] = xp.where(skips, 0, LOW)
    return roads


def neighbours(alphas):
    """Each place beside the two that follow it, a view: (T, N, L + 2) -> (T, 3, N, L)."""
    T, N, length = alphas.shape
    return as_strided(alphas, (T, 3, N, length - 2), (N * length, 1, length, 1))


def log_sum(came):
    """log Σ exp over the three roads, (3, N, L) -> (N, L); works in the memory of `came`."""
    xp, m = array_module(came), came.max(0)
    came -= m
    e = xp.exp(came, out=came)
    total = e.sum(0)
    total = xp.log(total, out=total)
    total += m
    return total


# αₜ(s): of all paths that are in place s at time t, up to t. αₜ(s) = yₜ(l'ₛ) Σ αₜ₋₁ over the places from which s is reached.
@differentiable(saves="alphas infinite", name="CtcLossBackward0")
def ctc_loss(log_probs, labels, input_lengths, target_lengths, *, blank=0, zero_infinity=False):
    """-log p(l | x) of each sequence, for log-probabilities (T, N, C), labels (N, S) and lengths (N,); infinity if no path fits.

    Graves et al. (2006), equations 6 to 8.
    """
    xp, (T, N, _) = array_module(log_probs), log_probs.shape
    extended = spelled_out(labels, target_lengths, blank)
    emitted = emissions(log_probs, extended)
    roads = roads_to(extended[:, :-2], log_probs.dtype)
    alphas = xp.full((T + 1, N, emitted.shape[2] + 2), LOW, log_probs.dtype)
    alphas[0, :, 2] = 0                               # before the first time all paths are in the first place
    beside = neighbours(alphas)
    for t in range(T):
        came = beside[t] + roads
        alpha = log_sum(came) + emitted[t]
        alphas[t + 1, :, 2:] = xp.maximum(alpha, LOW)
    rows, final = xp.arange(N), 2 * target_lengths + 2
    end = xp.logaddexp(alphas[input_lengths, rows, final], alphas[input_lengths, rows, final - 1])
    infinite = end < LOW / 2
    loss = xp.where(infinite, 0 if zero_infinity else xp.inf, -end)
    return loss, alphas, infinite


# βₜ(s): of all paths that are in place s at time t, from t on. p(s at t | l) = αₜ(s) βₜ(s) / yₜ(l'ₛ) p(l): its sum over the places of
# a class k is γₜ(k), and ∂(-log p)/∂ log yₜ(k) = -γₜ(k). As in torch the gradient is yₜ(k) - γₜ(k), that with respect to the scores
# whose softmax y is: log_softmax turns both into the same, for it takes from a gradient its sum times y, and that of y is y.
@ctc_loss.derivative("log_probs")
def ctc_loss_backward(grad, log_probs, labels, input_lengths, target_lengths, alphas, infinite, blank, zero_infinity):
    xp, (T, N, C) = array_module(log_probs), log_probs.shape
    extended = spelled_out(labels, target_lengths, blank)
    emitted = emissions(log_probs, extended)
    roads = roads_to(extended[:, 2:], log_probs.dtype)[::-1]
    betas = xp.full(alphas.shape, LOW, log_probs.dtype)
    rows, final = xp.arange(N), 2 * target_lengths
    betas[input_lengths, rows, final] = 0             # after the last time all paths are in the last place
    beside = neighbours(betas)
    for t in range(T - 1, -1, -1):
        goes = beside[t + 1] + roads
        beta = log_sum(goes) + emitted[t]
        betas[t, :, :-2] = xp.maximum(beta, betas[t, :, :-2])
    both = alphas[1:, :, 2:] + betas[:-1, :, :-2]
    both -= emitted
    e = xp.exp(both - both.max(2, keepdims=True))
    shares = e / e.sum(2, keepdims=True)
    symbols = xp.where(extended < 0, blank, extended)[:, 2:-2]
    elements = (xp.arange(T * N) * C).reshape(T, N, 1) + symbols
    sums = xp.zeros((T * N * C,), log_probs.dtype)
    scatter_add(sums, elements.reshape(-1), shares.reshape(-1))
    gammas = sums.reshape(T, N, C)
    grad_scores = xp.exp(log_probs)
    grad_scores -= gammas
    grad_scores *= grad[:, None]
    grad_scores = xp.where(infinite[:, None], 0 if zero_infinity else xp.nan, grad_scores)
    counted = xp.arange(T)[:, None] < input_lengths
    return xp.where(counted[:, :, None], grad_scores, 0)


@ctc_loss.definition
def _(log_probs, labels, input_lengths, target_lengths, *, blank=0, zero_infinity=False):
    (T, N, _), lengths = log_probs.shape, input_lengths._array
    spelled = spelled_out(labels._array, target_lengths._array, blank)
    classes, roads = spelled[:, 2:-2], wrap(roads_to(spelled[:, :-2], log_probs._array.dtype))
    L = classes.shape[1]
    emitted = log_probs.gather(2, wrap(classes.clip(0)).expand(T, N, L)).masked_fill(wrap(classes < 0), LOW).clamp_min(LOW)
    outside = log_probs.new_full((N, 2), LOW)
    reached = cat([outside, outside[:, :1] * 0, outside[:, :1].expand(N, L - 1)], 1)
    lasts = stack([2 * target_lengths + 2, 2 * target_lengths + 1], 1)
    ends = [reached.gather(1, lasts).logsumexp(1)]
    for t in range(T):
        came = stack([reached[:, k:k + L] for k in range(3)]) + roads
        alpha = came.logsumexp(0) + emitted[t]
        reached = cat([outside, alpha.clamp_min(LOW)], 1)
        ends.append(reached.gather(1, lasts).logsumexp(1))
    end = stack(ends).gather(0, input_lengths[None])[0]
    infinite = wrap(end._array < LOW / 2)
    loss = -end.masked_fill(infinite, 0 if zero_infinity else -math.inf)
    counted = wrap((array_module(lengths).arange(T)[:, None] < lengths) & ~infinite._array)
    total = (log_probs.exp().sum(2) * counted).sum(0)            # its gradient is y, its value does not count
    return loss + (total - total.detach())
