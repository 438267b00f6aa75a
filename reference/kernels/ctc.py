"""Connectionist temporal classification in plain PyTorch: forward and backward in time, derived by hand."""
import torch

LOW = -1e30


def spelled_out(labels, target_lengths, blank):
    """l' of each sequence with two places more on either side, (N, S) -> (N, 2S + 5); -1 where no label is."""
    N, S = labels.shape
    extended = labels.new_full((N, 2 * S + 5), blank)
    extended[:, 3:-2:2] = labels
    places = torch.arange(-2, 2 * S + 3)
    return torch.where((places >= 0) & (places <= 2 * target_lengths[:, None]), extended, -1)


def emissions(log_probs, extended):
    """log yₜ(l'ₛ) at each place that has a label, (T, N, L); LOW elsewhere, and where it is less."""
    own = extended[:, 2:-2]
    emitted = log_probs.gather(2, own.clamp(min=0).expand(len(log_probs), *own.shape))
    return torch.where(own < 0, LOW, emitted).clamp(min=LOW)


def roads_to(extended, dtype):
    """The roads to each place from two before, one before and itself, (3, N, L): 0 where open, LOW where a label would be lost."""
    skips = extended[:, 2:] != extended[:, :-2]
    roads = torch.zeros(3, *skips.shape, dtype=dtype)
    roads[0] = torch.where(skips, 0.0, LOW)
    return roads


def neighbours(alphas):
    """Each place beside the two that follow it, a view: (T, N, L + 2) -> (T, 3, N, L)."""
    return alphas.unfold(2, alphas.shape[2] - 2, 1).movedim(2, 1)


def log_sum(came):
    """log Σ exp over the three roads, (3, N, L) -> (N, L)."""
    m = came.amax(0)
    came = came - m
    e = torch.exp(came)
    total = e.sum(0)
    total = torch.log(total)
    total = total + m
    return total


# αₜ(s): of all paths that are in place s at time t, up to t. αₜ(s) = yₜ(l'ₛ) Σ αₜ₋₁ over the places from which s is reached.
def ctc_loss(log_probs, labels, input_lengths, target_lengths, *, blank=0, zero_infinity=False):
    """-log p(l | x) of each sequence, for log-probabilities (T, N, C), labels (N, S) and lengths (N,)."""
    T, N, _ = log_probs.shape
    extended = spelled_out(labels, target_lengths, blank)
    emitted = emissions(log_probs, extended)
    roads = roads_to(extended[:, :-2], log_probs.dtype)
    alphas = log_probs.new_full((T + 1, N, emitted.shape[2] + 2), LOW)
    alphas[0, :, 2] = 0                               # before the first time all paths are in the first place
    beside = neighbours(alphas)
    for t in range(T):
        came = beside[t] + roads
        alpha = log_sum(came) + emitted[t]
        alphas[t + 1, :, 2:] = alpha.clamp(min=LOW)
    rows, final = torch.arange(N), 2 * target_lengths + 2
    end = torch.logaddexp(alphas[input_lengths, rows, final], alphas[input_lengths, rows, final - 1])
    infinite = end < LOW / 2
    loss = torch.where(infinite, 0.0 if zero_infinity else torch.inf, -end)
    return loss, alphas, infinite


# βₜ(s): of all paths that are in place s at time t, from t on. γₜ(k): the sum of αₜ(s) βₜ(s) / yₜ(l'ₛ) p(l) over the places of a class k.
def ctc_loss_backward(grad, log_probs, labels, input_lengths, target_lengths, alphas, infinite, blank, zero_infinity):
    """yₜ(k) - γₜ(k), the gradient with respect to the scores whose softmax y is."""
    T, N, C = log_probs.shape
    extended = spelled_out(labels, target_lengths, blank)
    emitted = emissions(log_probs, extended)
    roads = roads_to(extended[:, 2:], log_probs.dtype).flip(0)
    betas = torch.full_like(alphas, LOW)
    rows, final = torch.arange(N), 2 * target_lengths
    betas[input_lengths, rows, final] = 0             # after the last time all paths are in the last place
    beside = neighbours(betas)
    for t in range(T - 1, -1, -1):
        goes = beside[t + 1] + roads
        beta = log_sum(goes) + emitted[t]
        betas[t, :, :-2] = torch.maximum(beta, betas[t, :, :-2])
    both = alphas[1:, :, 2:] + betas[:-1, :, :-2]
    both = both - emitted
    e = torch.exp(both - both.amax(2, keepdim=True))
    shares = e / e.sum(2, keepdim=True)
    symbols = torch.where(extended < 0, blank, extended)[:, 2:-2]
    gammas = torch.zeros(T, N, C, dtype=log_probs.dtype).scatter_add(2, symbols.expand(shares.shape), shares)
    grad_scores = torch.exp(log_probs)
    grad_scores = grad_scores - gammas
    grad_scores = grad_scores * grad[:, None]
    grad_scores = torch.where(infinite[:, None], 0.0 if zero_infinity else torch.nan, grad_scores)
    counted = torch.arange(T)[:, None] < input_lengths
    return torch.where(counted[:, :, None], grad_scores, 0.0)
