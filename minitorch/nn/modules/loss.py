"""Losses: layers of (input, target), with the settings as attributes."""
from minitorch.nn import _reduction
from minitorch.nn import functional as F
from minitorch.nn.modules.module import Module


class _Loss(Module):
    def __init__(self, size_average=None, reduce=None, reduction="mean"):
        super().__init__()
        legacy = size_average is not None or reduce is not None
        self.reduction = _reduction.legacy_get_string(size_average, reduce) if legacy else reduction


class _WeightedLoss(_Loss):
    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean"):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class L1Loss(_Loss):
    """|x - y|, its mean by default.

    Args:
        reduction: "mean", "sum", or "none" for the values themselves. `size_average` and `reduce` are older names for it.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.L1Loss()(torch.tensor([1.0, 4.0]), torch.tensor([0.0, 0.0]))
        tensor(2.5000)

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.L1Loss.html
    """

    __constants__ = ["reduction"]

    def forward(self, input, target):
        """The loss."""
        return F.l1_loss(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """(x - y)², its mean by default.

    Args:
        reduction: "mean", "sum", or "none" for the values themselves. `size_average` and `reduce` are older names for it.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.MSELoss()(torch.tensor([1.0, 4.0]), torch.tensor([0.0, 0.0]))
        tensor(8.5000)

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.MSELoss.html
    """

    __constants__ = ["reduction"]

    def forward(self, input, target):
        """The loss."""
        return F.mse_loss(input, target, reduction=self.reduction)


class NLLLoss(_WeightedLoss):
    """-w[y] x[y], x the logarithms of the classes' probabilities; the mean divides by the sum of the weights.

    Args:
        weight: a weight a class.
        ignore_index: a target that does not count.
        reduction: "mean", "sum", or "none" for the values themselves. `size_average` and `reduce` are older names for it.

    Shape:
        input (N, C, *) or (C), target (N, *) or () of class indices.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.NLLLoss()(torch.tensor([[-1.0, -2.0], [-3.0, -4.0]]), torch.tensor([0, 1]))
        tensor(2.5000)

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.NLLLoss.html
    """

    __constants__ = ["ignore_index", "reduction"]

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input, target):
        """The loss."""
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class CrossEntropyLoss(_WeightedLoss):
    """-Σ_c w[c] y[c] log softmax(x)[c], x the scores of the classes and y the target, an index or probabilities.

    Args:
        weight: a weight a class.
        ignore_index: an index that does not count.
        reduction: "mean", "sum", or "none" for the values themselves. `size_average` and `reduce` are older names for it.
        label_smoothing: the share of every target that is spread over all classes.

    Shape:
        input (N, C, *) or (C), target (N, *) or () of class indices, or probabilities of input's shape.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.CrossEntropyLoss()(torch.tensor([[2.0, 0.0]]), torch.tensor([0]))
        tensor(0.1269)

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.CrossEntropyLoss.html
    """

    __constants__ = ["ignore_index", "reduction", "label_smoothing"]

    def __init__(self, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input, target):
        """The loss."""
        return F.cross_entropy(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
                               label_smoothing=self.label_smoothing)


class BCELoss(_WeightedLoss):
    """-w (y log x + (1 - y) log(1 - x)), x probabilities; logarithms are kept above -100.

    Args:
        weight: a weight a value, broadcast.
        reduction: "mean", "sum", or "none" for the values themselves. `size_average` and `reduce` are older names for it.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.BCELoss()(torch.tensor([0.5, 0.5]), torch.tensor([0.0, 1.0]))
        tensor(0.6931)

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.BCELoss.html
    """

    __constants__ = ["reduction"]

    def forward(self, input, target):
        """The loss."""
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """-w (p y log σ(x) + (1 - y) log(1 - σ(x))), x scores; no probability is ever computed, so nothing is lost for large scores.

    Args:
        weight: a weight a value, broadcast.
        reduction: "mean", "sum", or "none" for the values themselves. `size_average` and `reduce` are older names for it.
        pos_weight: the weight p of the positive cases.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.BCEWithLogitsLoss()(torch.tensor([0.0, 0.0]), torch.tensor([0.0, 1.0]))
        tensor(0.6931)

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.BCEWithLogitsLoss.html
    """

    def __init__(self, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input, target):
        """The loss."""
        return F.binary_cross_entropy_with_logits(input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction)
