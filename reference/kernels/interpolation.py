"""Interpolation along one axis in plain PyTorch: a product with the whole matrix, and with its transpose."""
from functools import lru_cache
from math import floor, pi, sin

import torch

from reference.kernels.blocks import lines


def single(x):
    """The nearest float32."""
    return torch.tensor(x, dtype=torch.float32).item()


def step(inputs, outputs, factor, align_corners):
    """How far apart the outputs lie, in inputs."""
    if align_corners:
        return (inputs - 1) / (outputs - 1) if outputs > 1 else 0.0
    return 1.0 / factor if factor else inputs / outputs


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


@lru_cache(maxsize=256)
def taps(inputs, outputs, mode, factor, align_corners, antialias, half, plain):
    """The inputs that each output sees, and their weights: a list of [(input, weight), ...].

    With `half`, the spacing of nearest neighbours is of float32. So it is with `plain`, and sizes that are equal or twice as large
    then count more than the factor: PyTorch finds the inputs in this way for small images and in every backward.
    """
    spacing = step(inputs, outputs, factor, align_corners)
    if mode.startswith("nearest"):
        shift, exact = 0.5 if mode == "nearest-exact" else 0.0, single if half or plain else float
        if plain and not shift and outputs in (inputs, 2 * inputs):
            return [[(o * inputs // outputs, 1.0)] for o in range(outputs)]
        return [[(min(floor(single((o + shift) * exact(spacing))), inputs - 1), 1.0)] for o in range(outputs)]
    if antialias:
        return [averaged(inputs, spacing * (o + 0.5), max(spacing, 1.0), *FILTERS[mode]) for o in range(outputs)]
    found = []
    for o in range(outputs):
        spot = spacing * o if align_corners else spacing * (o + 0.5) - 0.5
        if mode == "linear":
            spot = max(spot, 0.0)
        first = min(floor(spot), inputs - 1)
        fraction = min(max(spot - first, 0.0), 1.0)
        around = [(0, 1 - fraction), (1, fraction)] if mode == "linear" else [(k, cubic(k - fraction, -0.75)) for k in (-1, 0, 1, 2)]
        found.append([(min(max(first + k, 0), inputs - 1), w) for k, w in around])
    return found


def averaged(inputs, center, width, reach, weight):
    """The taps of a filter that is stretched where the output is smaller than the input."""
    first = max(int(center - reach * width + 0.5), 0)
    last = min(int(center + reach * width + 0.5), inputs)
    weights = [weight((i - center + 0.5) / width) for i in range(first, last)]
    total = sum(weights)
    return [(i, w / total) for i, w in zip(range(first, last), weights)]


def seen_by(*rule):
    """The inputs from the first to the last that any output sees."""
    places = [i for row in taps(*rule) for i, _ in row]
    return slice(min(places), max(places) + 1)


def matrix_of(dtype, *rule):
    """M: the weights of the inputs that are seen in each output."""
    seen = seen_by(*rule)
    dense = torch.zeros(len(taps(*rule)), seen.stop - seen.start, dtype=torch.float64)
    for o, row in enumerate(taps(*rule)):
        for i, w in row:
            dense[o, i - seen.start] += w
    return dense.to(dtype)


def times(mixing, x):
    """M x along dimension 1."""
    left, right = (x, mixing.T) if x.ndim == 2 else (mixing, x)
    return left @ right


def resample(input, *, dim, size, mode, factor=None, align_corners=False, antialias=False, plain=False):
    """y = M x along a (negative) dimension, M (size, n) as the mode says."""
    n = input.shape[dim]
    rule = n, size, mode, factor, align_corners, antialias, input.dtype.itemsize < 8, plain
    if mode.startswith("nearest"):
        taken = torch.tensor([row[0][0] for row in taps(*rule)])
        out = input.index_select(dim, taken)
        return out
    x = lines(input, dim)
    y = x.new_empty(len(x), size, *x.shape[2:])
    mixing = matrix_of(x.dtype, *rule)
    y[...] = times(mixing, x[:, seen_by(*rule)])
    out = y.reshape(*input.shape[:dim], size, *input.shape[dim:][1:])
    return out


def resample_backward(grad, input_shape, dim, size, mode, factor, align_corners, antialias, plain):
    """x̄ = Mᵀ ȳ."""
    n = input_shape[dim]
    grad_input = spread(grad, inputs=n, dim=dim, mode=mode, factor=factor, align_corners=align_corners, antialias=antialias, plain=plain)
    return grad_input


def spread(output, *, inputs, dim, mode, factor, align_corners, antialias, plain):
    """x = Mᵀ y along a dimension, M (outputs, inputs) as the mode says, always with the plain places of nearest neighbours."""
    size = output.shape[dim]
    rule = inputs, size, mode, factor, align_corners, antialias, output.dtype.itemsize < 8, True
    y = lines(output, dim)
    x = y.new_zeros(len(y), inputs, *y.shape[2:])
    mixing = matrix_of(y.dtype, *rule)
    x[:, seen_by(*rule)] += times(mixing.T, y)
    result = x.reshape(*output.shape[:dim], inputs, *output.shape[dim:][1:])
    return result


def spread_backward(grad, output_shape, dim, mode, factor, align_corners, antialias, plain):
    """ȳ = M x̄."""
    size = output_shape[dim]
    rule = {"mode": mode, "factor": factor, "align_corners": align_corners, "antialias": antialias, "plain": plain}
    grad_output = resample(grad, dim=dim, size=size, **rule)
    return grad_output
