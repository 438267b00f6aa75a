"""Distances between all pairs of points."""
import math

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module
from minitorch.ops import lapack
from minitorch.ops.choosing import abs, sign, where_op
from minitorch.ops.lapack import batches, must_be_tensors, spelled
from minitorch.ops.linalg import adjoint, product
from minitorch.ops.norms import vector_norm_op
from minitorch.ops.reduction import sum_along
from minitorch.ops.shape import reshape_op
from minitorch.tensor import wrap

MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
BLOCK = 1 << 20                                       # differences that are in memory at a time


def differences(x1, x2):
    """All xᵢ - yⱼ: (..., P, M) and (..., R, M) -> (..., P, R, M)."""
    return (reshape_op(x1, shape=(*x1.shape[:-1], 1, x1.shape[-1]))
            - reshape_op(x2, shape=(*x2.shape[:-2], 1, *x2.shape[-2:])))


@differentiable(name="CdistBackward0")
def cdist_op(x1, x2, *, p):
    """‖xᵢ - yⱼ‖ in the p-norm, for all pairs, some rows at a time."""
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


@differentiable(name="PdistBackward0")
def pdist_op(input, *, p):
    """‖xᵢ - xⱼ‖ in the p-norm for all i < j, row by row; points are columns here, which makes the inner loops long."""
    xp, n = array_module(input), len(input)
    y, points = xp.empty(n * (n - 1) // 2, input.dtype), xp.ascontiguousarray(input.T)
    for i, part in pairs(n):
        d = points[:, i + 1:] - points[:, i:i + 1]
        if p == 2:
            y[part] = xp.sqrt((d * d).sum(axis=0))
        elif len(points):
            y[part] = vector_norm_op.op.forward(d, ord=p, axes=(0,), keepdim=False)
        else:
            y[part] = 0
    return y


def pairs(n):
    """For each row i of n, where the pairs (i, j > i) lie."""
    starts = [i * n - i * (i + 1) // 2 for i in range(n)]
    return [(i, slice(*starts[i:i + 2])) for i in range(n - 1)]


@pdist_op.derivative                                  # ∂y/∂xⱼ = -∂y/∂xᵢ; for p = 2 it is (xⱼ - xᵢ)/y
def _(grad, input, out, p):
    xp, points = array_module(input), array_module(input).ascontiguousarray(input.T)
    total, weights = xp.zeros_like(points), where_op(out == 0, 0.0, grad / where_op(out == 0, 1.0, out))
    for i, part in pairs(len(input)):
        d = points[:, i + 1:] - points[:, i:i + 1]
        if p == 2:
            d *= weights[part]
        else:
            d = grad[part] * slopes(d, out[part], p)
        total[:, i + 1:] += d
        total[:, i] -= d.sum(axis=1)
    return xp.ascontiguousarray(total.T)


@pdist_op.definition
def _(input, *, p):
    n = len(input)
    above = array_module(input._array).arange(n * n)
    return reshape_op(cdist_op(input, input, p=p), shape=(n * n,))[wrap(above[above // n < above % n])]


@differentiable(name="EuclideanDistBackward0")
def euclidean_op(x1, x2):
    """√(‖x‖² - 2 x·y + ‖y‖²): one product of matrices, exact to rounding of the norms only."""
    xp = array_module(x1)
    squares = (x1 * x1).sum(-1)[..., :, None] + (x2 * x2).sum(-1)[..., None, :]
    squares -= 2 * xp.matmul(x1, x2.swapaxes(-1, -2))
    return xp.sqrt(xp.maximum(squares, 0))

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
