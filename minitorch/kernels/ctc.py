"""Connectionist temporal classification: the sum over all alignments, forward and backward in time, for a batch at once.

A sequence of labels l, of length S, is spelled by every path through l' = (blank, l₁, blank, l₂, ..., blank), of length 2S + 1, that
begins in one of its first two places, ends in one of its last two, and at each time stays, goes on by one, or leaves out a blank
between two different labels. All probabilities are logarithms; LOW stands for that of 0, so that differences stay finite.
"""
import math

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, scatter_add
from minitorch.ops.choosing import where
from minitorch.ops.joining import cat
from minitorch.tensor import wrap

LOW = -1e30


def spelled_out(labels, blank):
    """l' of each sequence, (N, S) -> (N, 2S + 1), and where a path may leave out the blank before it."""
    xp, (N, S) = array_module(labels), labels.shape
    extended = xp.full((N, 2 * S + 1), blank, labels.dtype)
    extended[:, 1::2] = labels
    skips = xp.zeros(extended.shape, bool)
    skips[:, 2:] = (extended[:, 2:] != blank) & (extended[:, 2:] != extended[:, :-2])
    return extended, skips


def places_of(extended, target_lengths):
    """Which places of l' are a sequence's own, and which of them are among its last two."""
    places, length = array_module(extended).arange(extended.shape[1]), 2 * target_lengths[:, None]
    return places <= length, (places <= length) & (places >= length - 1)


def logsumexp(x):
    """log Σ exp along the last axis, which stays."""
    xp = array_module(x)
    m = x.max(-1, keepdims=True)
    return m + xp.log(xp.exp(x - m).sum(-1, keepdims=True))


def moved(alpha, by):
    """The places moved on by some, LOW where nobody comes from; back if `by` is negative."""
    result = array_module(alpha).full_like(alpha, LOW)
    if by > 0:
        result[:, by:] = alpha[:, :-by]
    else:
        result[:, :by] = alpha[:, -by:]
    return result


# αₜ(s): of all paths that are in place s at time t, up to t. αₜ(s) = yₜ(l'ₛ) Σ αₜ₋₁ over the places from which s is reached.
@differentiable(saves="alphas infinite", name="CtcLossBackward0")
def ctc_loss(log_probs, labels, input_lengths, target_lengths, *, blank=0, zero_infinity=False):
    """-log p(l | x) of each sequence, for log-probabilities (T, N, C), labels (N, S) and lengths (N,); infinity if no path fits.

    Graves et al. (2006), equations 6 to 8.
    """
    xp, T = array_module(log_probs), len(log_probs)
    extended, skips = spelled_out(labels, blank)
    own, last = places_of(extended, target_lengths)
    emitted = xp.maximum(xp.take_along_axis(log_probs, extended[None], 2), LOW)
    started = xp.arange(extended.shape[1]) < 2
    alphas = xp.full((T, *extended.shape), LOW, log_probs.dtype)
    alpha = xp.full(extended.shape, LOW, log_probs.dtype)
    end = xp.where(target_lengths == 0, 0, LOW).astype(log_probs.dtype)[:, None]
    for t in range(T):
        if t == 0:                                    # a path begins in one of the first two places
            before = xp.where(started, 0, alpha)
        else:
            before = xp.logaddexp(xp.logaddexp(alpha, moved(alpha, 1)), xp.where(skips, moved(alpha, 2), LOW))
        alpha = xp.where(own, xp.maximum(before + emitted[t], LOW), LOW)
        alphas[t] = alpha
        end = xp.where((input_lengths == t + 1)[:, None], logsumexp(xp.where(last, alpha, LOW)), end)
    infinite = end[:, 0] < LOW / 2
    loss = xp.where(infinite, 0 if zero_infinity else xp.inf, -end[:, 0])
    return loss, alphas, infinite


# βₜ(s): of all paths that are in place s at time t, from t + 1 on. p(s at t | l) = αₜ(s) βₜ(s) / p(l): its sum over the places of a
# class k is γₜ(k), and ∂(-log p)/∂ log yₜ(k) = -γₜ(k). As in torch the gradient is yₜ(k) - γₜ(k), that with respect to the scores
# whose softmax y is: log_softmax turns both into the same, for it takes from a gradient its sum times y, and that of y is y.
@ctc_loss.derivative("log_probs")
def ctc_loss_backward(grad, log_probs, labels, input_lengths, target_lengths, alphas, infinite, blank, zero_infinity):
    xp, (T, N, C) = array_module(log_probs), log_probs.shape
    extended, skips = spelled_out(labels, blank)
    own, last = places_of(extended, target_lengths)
    emitted = xp.maximum(xp.take_along_axis(log_probs, extended[None], 2), LOW)
    ahead = xp.zeros(skips.shape, bool)               # from which a path may leave out the blank that follows
    ahead[:, :-2] = skips[:, 2:]
    rows = xp.broadcast_to(xp.arange(N)[:, None], extended.shape)
    result = xp.zeros(log_probs.shape, log_probs.dtype)
    beta = xp.full(extended.shape, LOW, log_probs.dtype)
    for t in range(T - 1, -1, -1):
        if t < T - 1:
            after = beta + emitted[t + 1]
            beta = xp.logaddexp(xp.logaddexp(after, moved(after, -1)), xp.where(ahead, moved(after, -2), LOW))
        beta = xp.where((input_lengths == t + 1)[:, None], xp.where(last, xp.asarray(0, beta.dtype), LOW), xp.maximum(beta, LOW))
        both = xp.where(own, alphas[t] + beta, 2 * LOW)
        total = logsumexp(both)
        shares = xp.exp(both - total)
        gamma = xp.zeros((N, C), log_probs.dtype)
        scatter_add(gamma, (rows, extended), shares)
        slope = xp.exp(log_probs[t]) - gamma
        bad = 0 if zero_infinity else xp.nan
        slope = xp.where(infinite[:, None], bad, slope)
        result[t] = xp.where((t < input_lengths)[:, None], slope * grad[:, None], 0)
    return result


@ctc_loss.definition
def _(log_probs, labels, input_lengths, target_lengths, *, blank=0, zero_infinity=False):
    T, lengths = len(log_probs), input_lengths._array
    spelled, jumps = spelled_out(labels._array, blank)
    extended, skips, (own, last) = wrap(spelled), wrap(jumps), map(wrap, places_of(spelled, target_lengths._array))
    emitted = log_probs.gather(2, extended.expand(T, *extended.shape)).clamp_min(LOW)
    alpha = nowhere = log_probs.new_full(extended.shape, LOW)
    started = wrap(array_module(lengths).arange(extended.shape[1]) < 2)
    end = where((target_lengths == 0)[:, None], log_probs.new_zeros(()), log_probs.new_full((), LOW))
    for t in range(T):
        if t == 0:
            before = nowhere.masked_fill(started, 0)
        else:
            forward = [cat([nowhere[:, :by], alpha[:, :alpha.shape[1] - by]], 1) for by in (1, 2)]
            before = alpha.logaddexp(forward[0]).logaddexp(where(skips, forward[1][:, :alpha.shape[1]], nowhere))
        alpha = where(own, before + emitted[t], nowhere)
        end = where((input_lengths == t + 1)[:, None], where(last, alpha, nowhere).logsumexp(1, keepdim=True), end)
    infinite = wrap(end._array[:, 0] < LOW / 2)
    loss = -end[:, 0].masked_fill(infinite, 0 if zero_infinity else -math.inf)
    counted = wrap((array_module(lengths).arange(T)[:, None] < lengths) & ~infinite._array)
    total = (log_probs.exp().sum(2) * counted).sum(0)            # its gradient is y, its value does not count
    return loss + (total - total.detach())
