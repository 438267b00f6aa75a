"""The logistic loss of labels -1 and 1."""
from minitorch.autograd.operator import elementwise
from minitorch.backend import array_module
from minitorch.kernels.blocks import wide
from minitorch.kernels.loss import each, finished, mean_of, softplus_of_opposite


@elementwise(name="SoftMarginLossBackward0")
def soft_margin_loss(input, target, *, reduction="mean"):
    """log(1 + exp(-t x)), without overflow."""
    z = wide(input) * wide(target)
    loss = softplus_of_opposite(z)
    return finished(loss, reduction, input.dtype)


@soft_margin_loss.derivative("input")                 # -t/(1 + exp(t x))
def soft_margin_loss_backward(grad, input, target, reduction):
    z = wide(input) * wide(target)
    slope = -wide(target) / (1 + array_module(z).exp(z))
    return slope * each(grad, slope, reduction)


@soft_margin_loss.definition
def _(input, target, *, reduction="mean"):
    z = input * target
    loss = (-z).logaddexp(z * 0)
    return mean_of(loss, reduction)
