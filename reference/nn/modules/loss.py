"""The losses in plain PyTorch: the loss of each value or sample, then its mean or sum."""
import torch
from torch import nn


def _reduced(values, reduction, total=None):
    """All values, their sum, or the sum over `total` (how many there are, if it is not given)."""
    if reduction == "none":
        return values
    if reduction == "sum":
        return values.sum()
    return values.mean() if total is None else values.sum() / total


class _Loss(nn.Module):
    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        super().__init__()
        if size_average is not None or reduce is not None:
            reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        self.reduction = reduction


class _WeightedLoss(_Loss):
    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class L1Loss(_Loss):
    """|x - y|."""

    def forward(self, input, target):
        return _reduced((input - target).abs(), self.reduction)


class MSELoss(_Loss):
    """(x - y)²."""

    def forward(self, input, target):
        return _reduced((input - target) ** 2, self.reduction)


def _of_labels(log_p, target, weight, ignore_index, reduction, smoothing=0.0):
    """-(1 - ε) w[t] log p[t] - ε/C Σ w log p; the mean is over the weights of the targets that count."""
    dim = min(log_p.dim() - 1, 1)
    counts = target != ignore_index
    index = torch.where(counts, target, 0).long()
    C = log_p.size(dim)
    w = torch.ones(C, dtype=log_p.dtype) if weight is None else weight
    each = w.view(-1, *[1] * (log_p.dim() - 1 - dim))
    picked = log_p.gather(dim, index.unsqueeze(dim)).squeeze(dim) * w[index]
    spread = (log_p * each).sum(dim)
    loss = -((1 - smoothing) * picked + smoothing / C * spread) if smoothing else -picked
    loss = torch.where(counts, loss, 0.0)
    return _reduced(loss, reduction, (w[index] * counts).sum())


class NLLLoss(_WeightedLoss):
    """-w[t] x[t], x logarithms of probabilities."""

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input, target):
        if input.dim() == 1 and target.dim() == 1:
            target = target[0]
        return _of_labels(input, target, self.weight, self.ignore_index, self.reduction)


class CrossEntropyLoss(_WeightedLoss):
    """-Σ_c w[c] q[c] log softmax(x)[c], q the target's distribution, smoothed: (1 - ε) t + ε/C."""

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input, target):
        dim = min(input.dim() - 1, 1)
        log_p = input - input.logsumexp(dim, keepdim=True)
        if target.shape != input.shape:
            if input.dim() == 1 and target.dim() == 1:
                target = target[0]
            return _of_labels(log_p, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)
        C = input.size(dim)
        q = (1 - self.label_smoothing) * target + self.label_smoothing / C
        w = 1.0 if self.weight is None else self.weight.view(-1, *[1] * (input.dim() - 1 - dim))
        loss = -(w * q * log_p).sum(dim)
        return _reduced(loss, self.reduction, max(input.numel() // C, 1))


class BCELoss(_WeightedLoss):
    """-w (t log x + (1 - t) log(1 - x)), the logarithms kept above -100."""

    def forward(self, input, target):
        log_x, log_1x = torch.log(input).clamp_min(-100), torch.log1p(-input).clamp_min(-100)
        loss = -(target * log_x + (1 - target) * log_1x)
        return _reduced(loss if self.weight is None else loss * self.weight, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """w ((1 - t) x + (1 + (p - 1) t) log(1 + exp(-x))), the logarithm without overflow."""

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input, target):
        softplus = (-input).clamp_min(0) + torch.log1p(torch.exp(-input.abs()))
        factor = 1.0 if self.pos_weight is None else 1 + (self.pos_weight - 1) * target
        loss = (1 - target) * input + factor * softplus
        return _reduced(loss if self.weight is None else loss * self.weight, self.reduction)
