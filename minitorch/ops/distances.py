"""Distances between all pairs of points."""
import math

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host, times_sign
from minitorch.ops import lapack
from minitorch.ops.choosing import abs, sign, where_op
from minitorch.ops.lapack import batches, must_be_tensors, spelled
from minitorch.ops.linalg import adjoint, product
from minitorch.ops.norms import vector_norm_op
from minitorch.ops.reduction import sum_along
from minitorch.ops.shape import reshape_op
from minitorch.tensor import Tensor, wrap

MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
BLOCK = 1 << 20                                       # differences that are in memory at a time
CACHED = 1 << 16                                      # differences of one feature that are in work at a time
ROWS = 64                                             # of pdist at a time


def differences(x1, x2):
    """All xᵢ - yⱼ: (..., P, M) and (..., R, M) -> (..., P, R, M)."""
    return (reshape_op(x1, shape=(*x1.shape[:-1], 1, x1.shape[-1]))
            - reshape_op(x2, shape=(*x2.shape[:-2], 1, *x2.shape[-2:])))


@differentiable(name="CdistBackward0")
def cdist_op(x1, x2, *, p):
    """‖xᵢ - yⱼ‖ in the p-norm, for all pairs, some rows at a time."""
    if many_pairs(x1, x2):
        return by_features(x1, x2, p)
    xp, (rows, features) = array_module(x1), x1.shape[-2:]
    y = xp.empty((*x1.shape[:-1], x2.shape[-2]), x1.dtype)
    step = max(1, BLOCK // max(1, x2.size))
    for i in range(0, rows if y.size else 0, step):
        d = differences(x1[..., i:i + step, :], x2)
        y[..., i:i + step, :] = vector_norm_op.op.forward(d, ord=p, axes=(d.ndim - 1,), keepdim=False) if features else 0
    return y

# y = (Σ|d|ᵖ)^(1/p), d = xᵢ - yⱼ: ∂y/∂d = sign(d) (|d|/y)^(p-1), 0 where y = 0, so where two points are one.
# As torch's, not as the norm's: in the infinity norm each of several largest differences gets the whole.
@cdist_op.derivative
def _(grad, x1, x2, out, p, needs):
    if not isinstance(grad, Tensor) and many_pairs(x1, x2):
        return by_features_backward(grad, x1, x2, out, p)
    flow = reshape_op(grad, shape=(*grad.shape, 1)) * slopes(differences(x1, x2), reshape_op(out, shape=(*out.shape, 1)), p)
    return (sum_along(flow, axes=(flow.ndim - 2,), keepdim=False) if needs[0] else None,
            -sum_along(flow, axes=(flow.ndim - 3,), keepdim=False) if needs[1] else None)


def slopes(d, y, p):
    """∂y/∂d of the p-norm y of differences d."""
    from minitorch.ops.arithmetic import power
    values, distance = getattr(d, "_array", d), getattr(y, "_array", y)
    if p == 0:
        return d * 0
    if p == 1:
        return sign(d)
    if p == math.inf:
        return where_op(array_module(values).abs(values) == distance, sign(d), 0.0)
    nothing = (distance == 0) | (values == 0) & (p < 1)
    safe = where_op(distance == 0, 1.0, y)
    ratio = where_op(nothing, 1.0, abs(d) / safe)
    return where_op(nothing, 0.0, d / safe if p == 2 else sign(d) * power(ratio, p - 1))


# ---- feature by feature: the differences of one feature fit the processor's cache, and its inner loops are long -------------------

def many_pairs(x1, x2):
    """Whether distances are computed feature by feature."""
    return on_host(x1) and math.prod(x1.shape[:-1]) * x2.shape[-2] >= 1 << 12


def laid_out(x1, x2):
    """Both with the features in front, to broadcast to (M, B, P, R), or to (M, P, R, B) if the matrices are many and small."""
    m, k, batch = x1.shape[-1], x2.shape[-2], math.prod(x1.shape[:-2])
    order = (2, 1, 0) if batch > k else (2, 0, 1)
    a, b = (array_module(x).ascontiguousarray(x.reshape(batch, -1, m).transpose(order)) for x in (x1, x2))
    return (a[:, :, None], b[:, None], 0) if batch > k else (a[..., None], b[:, :, None], 1)


def row_blocks(y, axis):
    """Slices of the rows of an array that is laid out so, `CACHED` elements at a time."""
    step = max(1, CACHED * y.shape[axis] // y.size)
    return [(slice(None),) * axis + (slice(i, i + step),) for i in range(0, y.shape[axis], step)]


def by_features(x1, x2, p):
    """The p-norms of the differences."""
    xp, shape = array_module(x1), (*x1.shape[:-1], x2.shape[-2])
    a, b, axis = laid_out(x1, x2)
    y = xp.zeros([max(n, m) for n, m in zip(a.shape[1:], b.shape[1:])], x1.dtype)
    for rows in row_blocks(y, axis):
        total, d = y[rows], xp.empty_like(y[rows])
        for feature, other in zip(a, b):
            xp.subtract(feature[rows], other, out=d)
            if p == 0:
                total += d != 0
            elif p == 2:
                d *= d
                total += d
            elif p == math.inf:
                xp.maximum(total, xp.abs(d, out=d), out=total)
            else:
                xp.abs(d, out=d)
                total += d if p == 1 else xp.power(d, p, out=d)
        if p not in (0, 1, math.inf):
            total[...] = xp.sqrt(total) if p == 2 else xp.power(total, 1 / p)
    return (y if axis else xp.moveaxis(y, -1, 0)).reshape(shape)


def by_features_backward(grad, x1, x2, y, p):
    """The cotangents of both sets of points from those of the distances."""
    xp, (a, b, axis) = array_module(x1), laid_out(x1, x2)
    arranged = lambda m: (m.reshape(-1, *m.shape[-2:]) if axis else xp.moveaxis(m.reshape(-1, *m.shape[-2:]), 0, -1))
    grad, y = arranged(grad), arranged(y)
    weight = xp.where(y == 0, 0, grad / xp.where(y == 0, 1, y)).astype(grad.dtype, copy=False) if p == 2 else grad
    grads = [xp.zeros_like(m) for m in (a, b)]
    for rows in row_blocks(y, axis) if p != 0 else ():
        w, distance = xp.ascontiguousarray(weight[rows]), xp.ascontiguousarray(y[rows])
        d, size = xp.empty_like(w), xp.empty_like(w)
        for feature, other, first, second in zip(a, b, *grads):
            xp.subtract(feature[rows], other, out=d)
            if p == 1:
                times_sign(w, d)
            elif p == math.inf:
                times_sign(xp.multiply(xp.abs(d, out=size) == distance, w, out=size), d)
            else:
                xp.multiply(d if p == 2 else slopes(d, distance, p), w, out=d)
            first[rows] = d.sum(axis + 1, keepdims=True)
            second -= d.sum(axis, keepdims=True)
    return tuple(back(g, x, axis) for g, x in zip(grads, (x1, x2)))


def back(g, x, axis):
    """(M, B, P, 1) or (M, P, 1, B) -> the shape of the points."""
    batch, m = math.prod(x.shape[:-2]), x.shape[-1]
    g = g.reshape(m, batch, -1).transpose(1, 2, 0) if axis else g.reshape(m, -1, batch).transpose(2, 1, 0)
    return array_module(g).ascontiguousarray(g).reshape(x.shape)


# ---- all pairs of one set ----------------------------------------------------------------------------------------------------

@differentiable(name="PdistBackward0")
def pdist_op(input, *, p):
    """‖xᵢ - xⱼ‖ in the p-norm for all i < j, some rows at a time."""
    y = array_module(input).empty(len(input) * (len(input) - 1) // 2, input.dtype)
    for first, second, places in pairs(input):
        distances = cdist_op.op.forward(first, second, p=p)
        for k, part in enumerate(places):
            y[part] = distances[k, k:]
    return y


def pairs(x):
    """Some points i, all from the one after the first of them on, and for each i where its pairs (i, j > i) lie."""
    n = len(x)
    starts = [i * n - i * (i + 1) // 2 for i in range(n)]
    places = [slice(*starts[i:i + 2]) for i in range(n - 1)]
    return [(x[i:i + ROWS], x[i + 1:], places[i:i + ROWS]) for i in range(0, n - 1, ROWS)]


@pdist_op.derivative
def _(grad, input, out, p):
    xp = array_module(input)
    total = xp.zeros_like(input)
    for (first, second, places), (rows, later, _) in zip(pairs(input), pairs(total)):
        g, y = xp.zeros((2, len(first), len(second)), input.dtype)           # 0 where j ≤ i
        for k, part in enumerate(places):
            g[k, k:], y[k, k:] = grad[part], out[part]
        of_first, of_second = by_features_backward(g, first, second, y, p)
        rows += of_first
        later += of_second
    return total


@pdist_op.definition
def _(input, *, p):
    n = len(input)
    above = array_module(input._array).arange(n * n)
    return reshape_op(cdist_op(input, input, p=p), shape=(n * n,))[wrap(above[above // n < above % n])]


@differentiable(name="EuclideanDistBackward0")
def euclidean_op(x1, x2):
    """√(‖x‖² - 2 x·y + ‖y‖²): one product of matrices, exact to rounding of the norms only."""
    xp = array_module(x1)
    norms = [(x * x).sum(-1, keepdims=True) for x in (x1, x2)]
    rows = xp.concatenate([x1 * -2, norms[0], xp.ones_like(norms[0])], -1)                     # (-2x, ‖x‖², 1)
    columns = xp.concatenate([x2, xp.ones_like(norms[1]), norms[1]], -1)                       # (y, 1, ‖y‖²)
    squares = xp.matmul(rows, columns.swapaxes(-1, -2))
    return xp.sqrt(xp.maximum(squares, 0, out=squares), out=squares)

# ∂y/∂x = (x - y)/‖x - y‖: with W = G/Y, 0 where Y is, Σⱼ wᵢⱼ (xᵢ - yⱼ) = (Σⱼ wᵢⱼ) xᵢ - (W Y)ᵢ
@euclidean_op.derivative
def _(grad, x1, x2, out, needs):
    nothing = getattr(out, "_array", out) == 0
    w = where_op(nothing, 0.0, grad / where_op(nothing, 1.0, out))
    last = grad.ndim - 1
    return (sum_along(w, axes=(last,), keepdim=True) * x1 - product(w, x2) if needs[0] else None,
            adjoint(sum_along(w, axes=(last - 1,), keepdim=True)) * x2 - product(adjoint(w), x1) if needs[1] else None)


def cdist(x1, x2, p=2.0, compute_mode=MODES[0]):
    """The distances in the p-norm from each row of one matrix to each row of another; batches broadcast.

    Args:
        x1: shape (..., P, M). x2: shape (..., R, M). Result: (..., P, R).
        p: 0 counts unequal features; inf is the largest difference.
        compute_mode: whether distances for p = 2 come from one matrix product: faster, less exact for points far from the origin; by
            default with more than 25 rows.

    Raises:
        RuntimeError: other shapes, unequal dtypes, dtypes other than float32 and float64, or a negative p.
        ValueError: an unknown `compute_mode`.

    Example:
        >>> import minitorch as torch
        >>> torch.cdist(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
        tensor([[5., 1.]])
    """
    must_be_tensors("cdist", x1=x1, x2=x2)
    if compute_mode not in MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode: choose one of {', '.join(MODES)}")
    for argument, x in (("X1", x1), ("X2", x2)):
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {argument} got: {x.ndim}D")
        if not x.dtype.is_floating_point:
            raise RuntimeError(f"cdist only supports floating-point dtypes, {argument} got: {spelled(x.dtype)}")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}")
    if p < 0:
        raise RuntimeError(f"cdist only supports non-negative p values, got {p}")
    if x1.dtype is not x2.dtype:
        raise RuntimeError(f"expected scalar type {spelled(x1.dtype)} but found {spelled(x2.dtype)}")
    lapack.must_be_precise("cdist", x1, "cdist")
    a, b = batches(x1, x2)
    many = compute_mode == MODES[1] or compute_mode == MODES[0] and max(x1.shape[-2], x2.shape[-2]) > 25
    if p == 2 and many and a._array.size and b._array.size:
        return euclidean_op(a, b)
    return cdist_op(a, b, p=float(p))
