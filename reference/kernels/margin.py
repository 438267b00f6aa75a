"""The logistic loss of labels -1 and 1 in plain PyTorch, and its backward derived by hand."""
import torch

from reference.kernels.loss import each, reduced, softplus_of_opposite


def soft_margin_loss(input, target, *, reduction="mean"):
    """log(1 + exp(-t x))."""
    z = input * target
    loss = softplus_of_opposite(z)
    return reduced(loss, reduction, loss.numel())


def soft_margin_loss_backward(grad, input, target, reduction):
    """-t/(1 + exp(t x))."""
    z = input * target
    slope = -target / (1 + torch.exp(z))
    return slope * each(grad, slope, reduction)
