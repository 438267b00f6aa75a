"""Interpolation along one axis in plain PyTorch: a product with the whole matrix, and with its transpose."""
from math import floor, pi, sin

import torch


def cubic(t, a):
    """The cubic kernel of width 4."""
    t = abs(t)
    if t < 1:
        return ((a + 2) * t - (a + 3)) * t * t + 1
    return (((t - 5) * t + 8) * t - 4) * a if t < 2 else 0.0


def lanczos(t):
    """sinc t · sinc t/3, of width 6."""
    return 1.0 if t == 0 else 3 * sin(pi * t) * sin(pi * t / 3) / (pi * t) ** 2 if abs(t) < 3 else 0.0


FILTERS = {"linear": (1, lambda t: max(0.0, 1 - abs(t))), "cubic": (2, lambda t: cubic(t, -0.5)), "lanczos": (3, lanczos)}


def matrix_of(inputs, outputs, mode, factor, align_corners, antialias, dtype):
    """M (outputs, inputs): the weights of the inputs in each output."""
    matrix = torch.zeros(outputs, inputs, dtype=torch.float64)
    scale = 1.0 / factor if factor else inputs / outputs
    if align_corners:
        scale = (inputs - 1) / (outputs - 1) if outputs > 1 else 0.0
    for o in range(outputs):
        if mode.startswith("nearest"):
            place = torch.tensor(scale, dtype=dtype) * (o + (mode == "nearest-exact") / 2)
            matrix[o, min(int(place), inputs - 1)] = 1
        elif antialias:
            reach, weight = FILTERS[mode]
            width, center = max(scale, 1.0), scale * (o + 0.5)
            first, last = max(int(center - reach * width + 0.5), 0), min(int(center + reach * width + 0.5), inputs)
            for i in range(first, last):
                matrix[o, i] = weight((i - center + 0.5) / width)
            matrix[o] /= matrix[o].sum()
        else:
            place = scale * o if align_corners else scale * (o + 0.5) - 0.5
            place = max(place, 0.0) if mode == "linear" else place
            first = min(floor(place), inputs - 1)
            t = min(max(place - first, 0.0), 1.0)
            for k, w in [(0, 1 - t), (1, t)] if mode == "linear" else [(k, cubic(k - t, -0.75)) for k in (-1, 0, 1, 2)]:
                matrix[o, min(max(first + k, 0), inputs - 1)] += w
    return matrix.to(dtype)


def resample(input, *, dim, size, mode, factor=None, align_corners=False, antialias=False):
    """y = M x along a (negative) dimension, M (size, n) as the mode says."""
    n = input.shape[dim]
    weights = matrix_of(n, size, mode, factor, align_corners, antialias, input.dtype)
    return (input.movedim(dim, -1) @ weights.mT).movedim(-1, dim)


def resample_backward(output, *, inputs, dim, mode, factor, align_corners, antialias):
    """x̄ = Mᵀ ȳ along a dimension, M (outputs, inputs) as the mode says."""
    size = output.shape[dim]
    weights = matrix_of(inputs, size, mode, factor, align_corners, antialias, output.dtype)
    return (output.movedim(dim, -1) @ weights).movedim(-1, dim)
