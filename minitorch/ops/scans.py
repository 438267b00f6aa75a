"""Running extremes and running log-sum-exp, integrals by trapezoids, finite differences."""
import math

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module
from minitorch.ops.accumulating import accumulate
from minitorch.ops.arithmetic import mul, quotient
from minitorch.ops.diagonals import select
from minitorch.ops.elementwise import logaddexp
from minitorch.ops.gathering import put_along
from minitorch.ops.joining import cat, narrow_op, stack_op, unbind_op
from minitorch.ops.reduction import sum_along
from minitorch.ops.shape import dim_of, reshape_op
from minitorch.ops.sorting import cumsum
from minitorch.return_types import named_result
from minitorch.tensor import Tensor, wrap

# ---- running extremes ---------------------------------------------------------------------------------------------------------

def running(name, ufunc, node):
    """The operator of cummax or cummin: values and the index where each stands, the last of equal ones."""
    def forward(input, *, dim):
        xp = array_module(input)
        if input.ndim == 0:
            return input.copy(), xp.zeros((), "int64")
        values = accumulate(ufunc, input, dim)
        new = input == values
        if input.dtype.kind == "f":
            new |= input != input
        line = xp.arange(input.shape[dim]).reshape([-1 if k == dim else 1 for k in range(input.ndim)])
        return values, accumulate("maximum", xp.where(new, line, 0), dim)
    forward.__name__ = forward.__qualname__ = name
    op = differentiable(forward, outputs="values indices", name=node)

    @op.derivative                                    # each value is one of the input's: its gradient goes there, added up
    def _(grad, indices, input_shape, dim):
        return grad if not input_shape else put_along(grad, getattr(indices, "_array", indices), shape=tuple(input_shape), dim=dim)
    return op


cummax_op, cummin_op = running("cummax", "maximum", "CummaxBackward0"), running("cummin", "minimum", "CumminBackward0")


def cummax(input, dim):
    """The largest value up to each place along a dimension, and its index (the last of equal ones).

    Example:
        >>> import minitorch as torch
        >>> torch.cummax(torch.tensor([1.0, 3.0, 2.0, 3.0]), 0).indices
        tensor([0, 1, 1, 3])
    """
    return named_result("cummax", *cummax_op(input, dim=dim_of(dim, input.ndim)))


def cummin(input, dim):
    """The smallest value up to each place along a dimension, and its index (the last of equal ones).

    Example:
        >>> import minitorch as torch
        >>> torch.cummin(torch.tensor([2.0, 3.0, 1.0]), 0).values
        tensor([2., 2., 1.])
    """
    return named_result("cummin", *cummin_op(input, dim=dim_of(dim, input.ndim)))


@differentiable(name="LogcumsumexpBackward0")
def logcumsumexp_op(input, *, dim):
    return accumulate("logaddexp", input, dim) if input.ndim else input.copy()

# yᵢ = ln Σ_{j≤i} e^xⱼ: ∂L/∂xⱼ = Σ_{i≥j} gᵢ e^(xⱼ - yᵢ), summed in logarithms, apart for both signs of g
@logcumsumexp_op.derivative
def logcumsumexp_backward(grad, input, out, dim):
    if not input.ndim:
        return grad
    xp = array_module(input)

    def share(g):
        terms = xp.flip(xp.where(g > 0, xp.log(xp.where(g > 0, g, 1)) - out, -math.inf), dim)
        return xp.exp(xp.flip(accumulate("logaddexp", terms, dim), dim) + input)
    return share(grad) - share(-grad)

@logcumsumexp_op.definition
def _(input, *, dim):
    if not input.ndim or not input.shape[dim]:
        return input * 1
    total, parts = None, []
    for x in unbind_op(input, dim=dim):
        total = x * 1 if total is None else logaddexp(total, x)
        parts.append(total)
    return stack_op(parts, dim=dim)


def logcumsumexp(input, dim):
    """ln Σ eˣ of all values up to each place along a dimension, stable.

    Raises:
        NotImplementedError: integers.

    Example:
        >>> import minitorch as torch
        >>> torch.logcumsumexp(torch.tensor([0.0, 0.0]), 0)
        tensor([0.0000, 0.6931])
    """
    if input._array.dtype.kind != "f":
        raise NotImplementedError(f'"logcumsumexp_out_cpu" not implemented for {input.dtype}: convert with .float()')
    return logcumsumexp_op(input, dim=dim_of(dim, input.ndim))


# ---- integrals -------------------------------------------------------------------------------------------------------------------

def areas(name, y, x, dx, dim):
    """The areas of the trapezoids between neighbours."""
    if x is not None and dx is not None:
        raise TypeError(f"{name}() received both x and dx: give one")
    if y._array.dtype.kind == "b" or x is not None and x._array.dtype.kind == "b":
        raise RuntimeError(f"{name}: received a bool input, but bool is not supported: convert with .float()")
    if y.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    d = dim_of(dim, y.ndim)
    n = y.shape[d]
    if x is not None:
        if x.ndim == 1:
            if x.shape[0] != n:
                raise RuntimeError(f"{name}: There must be one `x` value for each sample point: got {x.shape[0]} for {n}")
            x = reshape_op(x, shape=tuple(n if k == d else 1 for k in range(y.ndim)))
        elif x.ndim:
            at = d - y.ndim + x.ndim
            if not 0 <= at < x.ndim or x.shape[at] != n:
                raise RuntimeError(f"{name}: There must be one `x` value for each sample point: got x of shape {list(x.shape)} for {n}")
    size = max(n - 1, 0)
    upper, lower = narrow_op(y, dim=d, start=min(1, n), length=size), narrow_op(y, dim=d, start=0, length=size)
    height = upper + lower
    if x is not None and x.ndim:
        at = d - y.ndim + x.ndim
        width = narrow_op(x, dim=at, start=min(1, n), length=size) - narrow_op(x, dim=at, start=0, length=size)
        return quotient(height * width, 2.0), d
    step = 1 if dx is None and x is None else dx if x is None else 0
    return quotient(height if step == 1 else mul(height, step), 2.0), d


def trapezoid(y, x=None, *, dx=None, dim=-1):
    """The integral along a dimension by the trapezoidal rule, over the points `x` or steps of `dx`: Σ (yᵢ + yᵢ₊₁)/2 · Δxᵢ.

    Raises:
        RuntimeError: bool, or another number of points than values.

    Example:
        >>> import minitorch as torch
        >>> torch.trapezoid(torch.tensor([1.0, 2.0, 4.0]), dx=2)
        tensor(9.)
    """
    if x is None and y.ndim and y.dtype.is_floating_point and y.shape[d := dim_of(dim, y.ndim)] > 1:
        ends = select(y, d, 0) + select(y, d, -1)     # with equal steps every value counts whole, the two ends half
        total = sum_along(y, axes=(d,), keepdim=False) - ends * 0.5
        return total if dx is None else mul(total, dx)
    parts, d = areas("trapezoid", y, x, dx, dim)
    if y.shape[d] == 0:                               # of nothing: zeros without a history
        return sum_along(parts.detach(), axes=(d - y.ndim + parts.ndim,), keepdim=False)
    return sum_along(parts, axes=(d - y.ndim + parts.ndim,), keepdim=False)


def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """The running integral along a dimension by the trapezoidal rule.

    Raises:
        RuntimeError: bool, or another number of points than values.

    Example:
        >>> import minitorch as torch
        >>> torch.cumulative_trapezoid(torch.tensor([1.0, 2.0, 4.0]))
        tensor([1.5000, 4.5000])
    """
    parts, d = areas("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(parts, d - y.ndim + parts.ndim)


# ---- finite differences ------------------------------------------------------------------------------------------------------------

def gradient(input, *, spacing=1, dim=None, edge_order=1):
    """The slope along each dimension, by central differences inside and one-sided ones at the edges (of first or second order).

    Args:
        spacing: the step between points, one for each dimension, or the points themselves as 1-d tensors.

    Raises:
        RuntimeError: fewer points than edge_order + 1, or spacings that do not fit.

    Example:
        >>> import minitorch as torch
        >>> torch.gradient(torch.tensor([1.0, 2.0, 4.0]))
        (tensor([1.0000, 1.5000, 2.0000]),)
    """
    if edge_order not in (1, 2):
        raise RuntimeError(f"torch.gradient only supports edge_order=1 and edge_order=2, got {edge_order}")
    if input._array.dtype == "u1":
        raise RuntimeError("torch.gradient does not support uint8 input.")
    axes = list(range(input.ndim)) if dim is None else [dim_of(d, input.ndim) for d in ((dim,) if isinstance(dim, int) else dim)]
    if len(set(axes)) != len(axes):
        raise RuntimeError(f"dim {next(d for d in axes if axes.count(d) > 1)} appears multiple times in the list of dims")
    spacing = 1 if spacing is None else spacing
    several = isinstance(spacing, (list, tuple))
    steps = list(spacing) if several else [spacing] * len(axes)
    if several and len(steps) != len(axes):
        raise RuntimeError(f"torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to {len(axes)}, got "
                           f"{len(steps)}")
    for d in axes:
        if input.shape[d] < edge_order + 1:
            raise RuntimeError(f"torch.gradient expected each dimension size to be at least edge_order+1: {d} has {input.shape[d]}")
    return tuple(slope(input, d, step, edge_order) for d, step in zip(axes, steps))


def slope(y, d, step, edge_order):
    """The slope along one dimension."""
    n = y.shape[d]

    def part(t, start, length):
        return narrow_op(t, dim=d if t.ndim > 1 or y.ndim == 1 else 0, start=start, length=length)
    if isinstance(step, Tensor):
        if step.ndim != 1 or step.shape[0] != n:
            raise RuntimeError(f"torch.gradient expected each element of spacing to have one value for each of {n} points, got shape "
                               f"{list(step.shape)}")
        points = reshape_op(step, shape=tuple(n if k == d else 1 for k in range(y.ndim)))
        h = part(points, 1, n - 1) - part(points, 0, n - 1)
    else:
        kind = y._array.dtype if y._array.dtype.kind == "f" else "f8"
        xp = array_module(y._array)
        h = wrap(xp.full(tuple(n - 1 if k == d else 1 for k in range(y.ndim)), step, kind))
        h = h if y._array.dtype.kind == "f" else wrap(h._array.astype("f4"))
    first, last = part(h, 0, 1), part(h, n - 2, 1)
    pieces = []
    if edge_order == 1:
        left, right = (part(y, 1, 1) - part(y, 0, 1)) / first, (part(y, n - 1, 1) - part(y, n - 2, 1)) / last
    else:
        left = parabola(part(y, 0, 1), part(y, 1, 1), part(y, 2, 1), first, part(h, 1, 1))
        right = parabola(part(y, n - 1, 1), part(y, n - 2, 1), part(y, n - 3, 1), -last, -part(h, n - 3, 1))
    pieces.append(left)
    if n > 2:                                         # y'(xᵢ) = a yᵢ₋₁ + b yᵢ + c yᵢ₊₁, exact for parabolas over steps h₁, h₂
        h1, h2 = part(h, 0, n - 2), part(h, 1, n - 2)
        if isinstance(step, Tensor):
            a, b, c = -h2 / (h1 * (h1 + h2)), (h2 - h1) / (h1 * h2), h1 / (h2 * (h1 + h2))
            pieces.append(a * part(y, 0, n - 2) + b * part(y, 1, n - 2) + c * part(y, 2, n - 2))
        else:
            pieces.append((part(y, 2, n - 2) - part(y, 0, n - 2)) / (h1 + h2))
    pieces.append(right)
    return cat(pieces, d)


def parabola(y0, y1, y2, h1, h2):
    """The slope at the first of three points of the parabola through them, whose steps are h1 and h2."""
    total = h1 + h2
    return y0 * -(h1 + total) / (h1 * total) + y1 * total / (h1 * h2) - y2 * h1 / (h2 * total)
