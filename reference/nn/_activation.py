"""The rectifiers and silu in plain PyTorch, on the reference's kernels."""
from reference.kernels import activation


def relu(input, inplace=False):
    x = input.clone() if inplace else input
    y = activation.relu(x)
    return input.copy_(y) if inplace else y


def leaky_relu(input, negative_slope=0.01, inplace=False):
    x = input.clone() if inplace else input
    y = activation.leaky_relu(x, negative_slope=negative_slope)
    return input.copy_(y) if inplace else y


def silu(input, inplace=False):
    x = input.clone() if inplace else input
    y = activation.silu(x)
    return input.copy_(y) if inplace else y
