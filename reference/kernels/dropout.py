"""Dropout with its mask as an argument, in plain PyTorch, and its backward derived by hand."""
import torch


def scale_of(x, p):
    """1 / (1 - p), divided in the dtype of x."""
    scale = torch.ones((), dtype=x.dtype)
    scale /= 1 - p
    return scale


def dropout(input, mask, *, p):
    """y = x · mask / (1 - p)."""
    scale = scale_of(input, p)
    y = masked(input, mask, scale)
    return y


def masked(input, mask, scale):
    """x · mask · scale."""
    y = input * mask
    y = y * scale
    return y


def dropout_backward(grad, mask, p):
    """Linear in x: ∂L/∂x = ȳ · mask / (1 - p)."""
    return dropout(grad, mask, p=p)
