"""The losses in plain PyTorch, on the reference's kernels."""
from torch import nn

from reference.kernels import loss


def _reduced(values, reduction):
    """All values, their sum or their mean."""
    return values if reduction == "none" else values.sum() if reduction == "sum" else values.mean()


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
        return _reduced(loss.l1_loss(input, target, reduction="none"), self.reduction)


class MSELoss(_Loss):
    """(x - y)²."""

    def forward(self, input, target):
        return _reduced(loss.mse_loss(input, target, reduction="none"), self.reduction)


def _one(input, target):
    """The label of a single sample, without its idle dimension."""
    return target[0] if input.dim() == 1 and target.dim() == 1 else target


class NLLLoss(_WeightedLoss):
    """-w[t] x[t], x logarithms of probabilities."""

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input, target):
        out, *_ = loss.nll_loss(input, _one(input, target), self.weight, ignore_index=self.ignore_index, reduction=self.reduction)
        return out


class CrossEntropyLoss(_WeightedLoss):
    """-Σ_c w[c] q[c] log softmax(x)[c], q the target's distribution, smoothed: (1 - ε) t + ε/C."""

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input, target):
        settings = {"reduction": self.reduction, "label_smoothing": self.label_smoothing}
        if target.shape == input.shape:
            out, *_ = loss.soft_cross_entropy(input, target, self.weight, **settings)
        else:
            out, *_ = loss.cross_entropy(input, _one(input, target), self.weight, ignore_index=self.ignore_index, **settings)
        return out


class BCELoss(_WeightedLoss):
    """-w (t log x + (1 - t) log(1 - x)), the logarithms kept above -100."""

    def forward(self, input, target):
        return _reduced(loss.binary_cross_entropy(input, target, self.weight, reduction="none"), self.reduction)


class BCEWithLogitsLoss(_Loss):
    """w ((1 - t) x + (1 + (p - 1) t) log(1 + exp(-x))), the logarithm without overflow."""

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input, target):
        values = loss.binary_cross_entropy_with_logits(input, target, self.weight, self.pos_weight, reduction="none")
        return _reduced(values, self.reduction)
