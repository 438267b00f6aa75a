"""Interpolation along one axis: every output is a weighted sum of few inputs, a product with a banded matrix. Its backward: the transpose.

Source: Keys (1981), Cubic convolution interpolation for digital image processing, equation 15; Lanczos: Duchon (1979).
"""
from functools import lru_cache
from math import floor, pi, sin
from struct import pack, unpack

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module
from minitorch.kernels.blocks import product, wide

BAND = 32                                             # outputs that share one dense piece of the matrix


def single(x):
    """The nearest float32: places that lie on an edge are found in the input's precision."""
    return unpack("f", pack("f", x))[0]


def step(inputs, outputs, factor, align_corners):
    """How far apart the outputs lie, in inputs; `factor` is the scale factor that was asked for, None for what the sizes say."""
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


@lru_cache(maxsize=64)
def bands(xp, dtype, *rule):
    """The matrix in pieces: for few outputs at a time (their weights of the inputs that they see, which outputs, which inputs)."""
    rows, pieces = taps(*rule), []
    for start in range(0, len(rows), BAND):
        part = rows[start:start + BAND]
        low, high = min(i for row in part for i, _ in row), max(i for row in part for i, _ in row) + 1
        dense = [[0.0] * (high - low) for _ in part]
        for line, row in zip(dense, part):
            for i, w in row:
                line[i - low] += w
        pieces.append((xp.array(dense, dtype), slice(start, start + len(part)), slice(low, high)))
    return pieces


def as_lines(x, dim):
    """The array with the axis that is resampled, counted from the end, as axis 1: (rows, n) if it is the last, else (outer, n, inner)."""
    outer, inner = product(x.shape[:dim]), product(x.shape[dim:][1:])
    return x.reshape(outer, x.shape[dim]) if inner == 1 else x.reshape(outer, x.shape[dim], inner)


def times(mixing, x, out=None):
    """M x along axis 1."""
    left, right = (x, mixing.T) if x.ndim == 2 else (mixing, x)
    return array_module(x).matmul(left, right, out=out)


@differentiable(name="UpsampleBackward0")
def resample(input, *, dim, size, mode, factor=None, align_corners=False, antialias=False, plain=False):
    """y = M x along a (negative) dimension, M (size, n) as the mode says."""
    xp, n = array_module(input), input.shape[dim]
    rule = n, size, mode, factor, align_corners, antialias, input.dtype.itemsize < 8, plain
    if mode.startswith("nearest"):
        taken = xp.array([row[0][0] for row in taps(*rule)], "i8")
        out = input.take(taken, axis=dim)
        return out
    x = as_lines(wide(input), dim)
    y = xp.empty((len(x), size, *x.shape[2:]), x.dtype)
    for mixing, outputs, seen in bands(xp, x.dtype, *rule):
        times(mixing, x[:, seen], out=y[:, outputs])
    out = y.reshape(*input.shape[:dim], size, *input.shape[dim:][1:])
    return out.astype(input.dtype, copy=False)


# y = M x:  x̄ = Mᵀ ȳ.
@resample.derivative
def resample_backward(grad, input_shape, dim, size, mode, factor, align_corners, antialias, plain):
    n = input_shape[dim]
    grad_input = spread(grad, inputs=n, dim=dim, mode=mode, factor=factor, align_corners=align_corners, antialias=antialias, plain=plain)
    return grad_input


@differentiable(name="UpsampleBackwardBackward0")
def spread(output, *, inputs, dim, mode, factor, align_corners, antialias, plain):
    """x = Mᵀ y along a dimension, M (outputs, inputs) as the mode says, always with the plain places of nearest neighbours."""
    xp, size = array_module(output), output.shape[dim]
    rule = inputs, size, mode, factor, align_corners, antialias, output.dtype.itemsize < 8, True
    y = as_lines(wide(output), dim)
    x = xp.zeros((len(y), inputs, *y.shape[2:]), y.dtype)
    for mixing, outputs, seen in bands(xp, y.dtype, *rule):
        x[:, seen] += times(mixing.T, y[:, outputs])
    result = x.reshape(*output.shape[:dim], inputs, *output.shape[dim:][1:])
    return result.astype(output.dtype, copy=False)


# x = Mᵀ y:  ȳ = M x̄.
@spread.derivative
def spread_backward(grad, output_shape, dim, mode, factor, align_corners, antialias, plain):
    size = output_shape[dim]
    rule = {"mode": mode, "factor": factor, "align_corners": align_corners, "antialias": antialias, "plain": plain}
    grad_output = resample(grad, dim=dim, size=size, **rule)
    return grad_output
