"""`nn.functional`: divergence, and negative log-likelihoods of Poisson and normal variables."""
import math
import warnings

from minitorch.autograd.modes import no_grad
from minitorch.backend import on_host
from minitorch.nn._losses import _reduction
from minitorch.nn._margins import reduced
from minitorch.nn._softmax import check_tensor
from minitorch.ops.creation import ones_like


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """t (log t - x) for log-probabilities x and probabilities t: summed, the Kullback-Leibler divergence of x from t.

    Args:
        reduction: "batchmean" (the sum over the batch size, the divergence itself), "mean", "sum" or "none".
        log_target: whether the targets are logarithms too.

    Raises:
        RuntimeError: integers.

    Example:
        >>> import minitorch as torch
        >>> x, t = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.25, 0.75]])
        >>> torch.nn.functional.kl_div(x, t, reduction="batchmean")
        tensor(0.1308)
    """
    if size_average is None and reduce is None and reduction == "mean":
        warnings.warn("reduction: 'mean' divides the total loss by both the batch size and the support size. 'batchmean' divides only by "
                      "the batch size, and aligns with the KL math definition.", stacklevel=2)
    batch_mean = reduction == "batchmean"
    reduction = _reduction("sum" if batch_mean else reduction, size_average, reduce)
    total = divergence(input, target, reduction, log_target)
    return total / input.size(0) if batch_mean and input.dim() else total


def divergence(input, target, reduction, log_target):
    """`kl_div` without the mean over the batch."""
    check_tensor("kl_div", input)
    check_tensor("kl_div", target, "target", 2)
    if not input.is_floating_point() or not target.is_floating_point():
        raise RuntimeError(f"kl_div: Integral inputs not supported, got {input.dtype} and {target.dtype}")
    loss = target.exp() * (target - input) if log_target else target.xlogy(target) - target * input
    return reduced(loss, reduction)


def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
    """exp(x) - t x: the negative log-likelihood of counts t with the mean exp(x), but for log t!.

    Args:
        log_input: False if the input is the mean itself: x - t log(x + eps).
        full: whether Stirling's approximation of log t! is added, where t > 1.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.poisson_nll_loss(torch.tensor([0.0, 1.0]), torch.tensor([3.0, 2.0]), reduction="none")
        tensor([1.0000, 0.7183])
    """
    reduction = _reduction(reduction, size_average, reduce)
    check_tensor("poisson_nll_loss", input)
    check_tensor("poisson_nll_loss", target, "target", 2)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:                                          # log t! = t log t - t + log(2πt)/2
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return reduced(loss, reduction)


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """(log v + (x - t)²/v)/2: the negative log-likelihood of t with the mean x and the variance v, but for a constant.

    Args:
        var: variances, in the input's shape, with a last dimension of 1, or without it; or one number. At least `eps` in the formula.
        full: whether log(2π)/2 is added.

    Raises:
        ValueError: a variance is negative, or their shape does not fit.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.gaussian_nll_loss(torch.tensor([0.0, 1.0]), torch.tensor([2.0, 1.0]), torch.tensor([1.0, 1.0]))
        tensor(1.)
    """
    shape = input.size()
    if isinstance(var, float):
        if var < 0:
            raise ValueError(f"var has negative entry/entries: {var}")
        var = var * ones_like(input)
    elif not hasattr(var, "size"):
        raise TypeError(f"var must be a Tensor or a float, not {type(var).__name__}")
    elif var.size() != shape:
        if var.size() == shape[:-1]:
            var = var.unsqueeze(-1)
        elif var.ndim != len(shape) or any(n not in (1, m) for n, m in zip(var.shape, shape)):
            raise ValueError(f"var is of incorrect size: {list(var.shape)} for an input of size {list(shape)}")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    if on_host(var._array) and (var < 0).any():       # a check of values would wait for a device
        raise ValueError("var has negative entry/entries")
    var = var.clone()
    with no_grad():
        var.clamp_(min=eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    return reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)
