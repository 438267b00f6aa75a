"""Dropout with its mask as an argument: the draw stays outside, so that running the operation again changes nothing."""
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, fused


@differentiable(name="MulBackward0")
def dropout(input, mask, *, p):
    """y = x · mask / (1 - p), mask of booleans: true with the chance 1 - p."""
    scale = scale_of(input, p)
    space = array_module(input).empty_like(input)
    y = masked(input, mask, scale, space)
    return y


@fused
def masked(xp, input, mask, scale, space):
    """x · mask · scale."""
    y = xp.multiply(input, mask, out=space)
    y *= scale
    return y


@dropout.derivative("input")                          # linear in x: the same mask and scale
def dropout_backward(grad, mask, p):
    return dropout(grad, mask, p=p)


def scale_of(x, p):
    """1 / (1 - p) as PyTorch has it: divided in the dtype of x; on the host."""
    scale = array_module().ones((), x.dtype)
    scale /= 1 - p
    return scale
