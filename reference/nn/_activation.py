"""The rectifiers and silu in plain PyTorch, on the reference's kernels."""
from reference.kernels import activation


def relu(input, inplace=False):
    y = activation.relu(input)
    return input.copy_(y) if inplace else y


def leaky_relu(input, negative_slope=0.01, inplace=False):
    y = activation.leaky_relu(input, negative_slope=negative_slope)
    return input.copy_(y) if inplace else y


def silu(input, inplace=False):
    y = activation.silu(input)
    return input.copy_(y) if inplace else y
