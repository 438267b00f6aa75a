"""Connectionist temporal classification in plain PyTorch: forward and backward in time, derived by hand."""
import torch

LOW = -1e30


def spelled_out(labels, blank):
    """l' of each sequence, (N, S) -> (N, 2S + 1), and where a path may leave out the blank before it."""
    N, S = labels.shape
    extended = labels.new_full((N, 2 * S + 1), blank)
    extended[:, 1::2] = labels
    skips = torch.zeros(extended.shape, dtype=torch.bool)
    skips[:, 2:] = (extended[:, 2:] != blank) & (extended[:, 2:] != extended[:, :-2])
    return extended, skips


def places_of(extended, target_lengths):
    """Which places of l' are a sequence's own, and which of them are among its last two."""
    places, length = torch.arange(extended.shape[1]), 2 * target_lengths[:, None]
    return places <= length, (places <= length) & (places >= length - 1)


def moved(alpha, by):
    """The places moved on by some, LOW where nobody comes from; back if `by` is negative."""
    result = torch.full_like(alpha, LOW)
    if by > 0:
        result[:, by:] = alpha[:, :-by]
    else:
        result[:, :by] = alpha[:, -by:]
    return result


# αₜ(s): of all paths that are in place s at time t, up to t. αₜ(s) = yₜ(l'ₛ) Σ αₜ₋₁ over the places from which s is reached.
def ctc_loss(log_probs, labels, input_lengths, target_lengths, *, blank=0, zero_infinity=False):
    """-log p(l | x) of each sequence, for log-probabilities (T, N, C), labels (N, S) and lengths (N,)."""
    T = len(log_probs)
    extended, skips = spelled_out(labels, blank)
    own, last = places_of(extended, target_lengths)
    emitted = log_probs.gather(2, extended.expand(T, *extended.shape)).clamp(min=LOW)
    started = torch.arange(extended.shape[1]) < 2
    alphas = log_probs.new_full((T, *extended.shape), LOW)
    alpha = log_probs.new_full(extended.shape, LOW)
    end = torch.where(target_lengths == 0, 0.0, LOW).to(log_probs.dtype)[:, None]
    for t in range(T):
        if t == 0:                                    # a path begins in one of the first two places
            before = torch.where(started, 0.0, alpha)
        else:
            before = torch.logaddexp(torch.logaddexp(alpha, moved(alpha, 1)), torch.where(skips, moved(alpha, 2), LOW))
        alpha = torch.where(own, (before + emitted[t]).clamp(min=LOW), LOW)
        alphas[t] = alpha
        end = torch.where((input_lengths == t + 1)[:, None], torch.where(last, alpha, LOW).logsumexp(1, keepdim=True), end)
    infinite = end[:, 0] < LOW / 2
    loss = torch.where(infinite, 0.0 if zero_infinity else torch.inf, -end[:, 0])
    return loss, alphas, infinite


# βₜ(s): of all paths that are in place s at time t, from t + 1 on. γₜ(k): the sum of αₜ(s) βₜ(s) / p(l) over the places of a class k.
def ctc_loss_backward(grad, log_probs, labels, input_lengths, target_lengths, alphas, infinite, blank, zero_infinity):
    """yₜ(k) - γₜ(k), the gradient with respect to the scores whose softmax y is."""
    T, N, C = log_probs.shape
    extended, skips = spelled_out(labels, blank)
    own, last = places_of(extended, target_lengths)
    emitted = log_probs.gather(2, extended.expand(T, *extended.shape)).clamp(min=LOW)
    ahead = torch.zeros_like(skips)
    ahead[:, :-2] = skips[:, 2:]
    result = torch.zeros_like(log_probs)
    beta = log_probs.new_full(extended.shape, LOW)
    for t in range(T - 1, -1, -1):
        if t < T - 1:
            after = beta + emitted[t + 1]
            beta = torch.logaddexp(torch.logaddexp(after, moved(after, -1)), torch.where(ahead, moved(after, -2), LOW))
        ends = torch.where(last, 0.0, LOW).to(beta.dtype)
        beta = torch.where((input_lengths == t + 1)[:, None], ends, beta.clamp(min=LOW))
        both = torch.where(own, alphas[t] + beta, 2 * LOW)
        total = both.logsumexp(1, keepdim=True)
        shares = torch.exp(both - total)
        gammas = log_probs.new_zeros((N, C)).scatter_add(1, extended, shares)
        slope = torch.exp(log_probs[t]) - gammas
        slope = torch.where(infinite[:, None], 0.0 if zero_infinity else torch.nan, slope)
        result[t] = torch.where((t < input_lengths)[:, None], slope * grad[:, None], 0.0)
    return result
