"""Norms of vectors and matrices."""
import math

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host, row_dot
from minitorch.ops import lapack
from minitorch.ops.arithmetic import power
from minitorch.ops.choosing import abs, sign, where_op
from minitorch.ops.lapack import delivered, must_be_matrices, must_be_tensors, spelled
from minitorch.ops.reduction import amax_along, amin_along, axes_of, in_dtype, kept_shape, refuse_empty, shared, spread, sum_along
from minitorch.ops.shape import dim_of, permute_op, reshape_op
from minitorch.ops.spectral import singular_values

INFINITE = (math.inf, -math.inf)


# ---- of vectors -------------------------------------------------------------------------------------------------------------

def squares_summed(x, axes, keepdim):
    """Σx² over some axes: over the last ones as products of rows, by BLAS."""
    kept = tuple(k for k in range(x.ndim) if k not in axes)
    if not on_host(x) or not x.size or kept != tuple(range(len(kept))):
        return (x * x).sum(axes, keepdims=keepdim)
    rows = x.reshape(math.prod(x.shape[:len(kept)]), -1)
    sums = row_dot(rows, rows) if kept else array_module(x).vdot(x, x)
    return sums.reshape(kept_shape(x.shape, axes) if keepdim else x.shape[:len(kept)])


@differentiable(name="LinalgVectorNormBackward0")
def vector_norm_op(input, *, ord, axes, keepdim):
    if input.dtype == "f2":
        return vector_norm_op.op.forward(input.astype("f4"), ord=ord, axes=axes, keepdim=keepdim).astype("f2")
    xp = array_module(input)
    if ord == 2:
        return xp.sqrt(squares_summed(input, axes, keepdim))
    size = xp.abs(input)
    if ord == 1:
        return size.sum(axes, keepdims=keepdim)
    if ord == 0:
        return (input != 0).sum(axes, keepdims=keepdim).astype(input.dtype)
    if ord in INFINITE:
        return size.max(axes, keepdims=keepdim) if ord > 0 else size.min(axes, keepdims=keepdim)
    return xp.power(xp.power(size, ord).sum(axes, keepdims=keepdim), 1 / ord)

@vector_norm_op.derivative                            # y = (Σ|x|ᵖ)^(1/p): ∂y/∂x = sign(x) (|x|/y)^(p-1), and 0 where y = 0
def _(grad, input, out, ord, axes, keepdim):
    shape = tuple(input.shape)
    if ord == 0:
        return None
    g = spread(grad, shape, axes, keepdim)
    if ord == 1:
        return g * sign(input)
    if ord in INFINITE:                               # shared evenly among the places that reach it
        return shared(grad, abs(input), out, axes, keepdim) * sign(input)
    nothing = getattr(out, "_array", out) == 0
    safe = where_op(nothing, 1.0, out)
    if ord == 2:
        return input * spread(where_op(nothing, 0.0, grad / safe), shape, axes, keepdim)
    if ord < 2:                                       # the place where x is 0 keeps its infinity to itself
        size = sign(input) * power(abs(input), ord - 1)
        size = where_op(getattr(input, "_array", input) == 0, 0.0, size) if ord < 1 else size
        return size * spread(where_op(nothing, 0.0, grad * power(safe, 1 - ord)), shape, axes, keepdim)
    y = spread(safe, shape, axes, keepdim)
    return signed_power(input / y, exponent=ord - 1) * spread(where_op(nothing, 0.0, grad), shape, axes, keepdim)


@differentiable
def signed_power(x, *, exponent):
    """sign(x) |x|ᵃ for a ≥ 1."""
    return x * power.op.forward(array_module(x).abs(x), exponent - 1)

@signed_power.derivative
def _(grad, x, exponent):
    return grad * (power(abs(x), exponent - 1) * exponent)


def floating_in(name, x, dtype):
    """The input in the dtype that the norm is computed in; refuses integers, and dtypes that cannot hold the input's values."""
    lapack.must_be_floating(name, x)
    if dtype is None:
        return x
    if not dtype.is_floating_point:
        raise RuntimeError(f"{name}: dtype should be floating point or complex, but got {spelled(dtype)}")
    if dtype.itemsize < x.dtype.itemsize:
        raise RuntimeError(f"{name}: the dtype of the input ({spelled(x.dtype)}) should be convertible without narrowing to the specified "
                           f"dtype ({spelled(dtype)})")
    return in_dtype(x, dtype)


def is_number(value):
    """Whether a value can be the order of a norm: a Python number, bool not among them."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def vector_norm(input, ord=2, dim=None, keepdim=False, *, dtype=None, out=None):
    """(Σ|x|^ord)^(1/ord) over all elements or over `dim`; ord may be ±inf (the extreme) or 0 (the count of nonzeros).

    Raises:
        TypeError: `ord` is no number.
        RuntimeError: the dtype is not floating; the infinity norm, or one of negative order, of nothing.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.vector_norm(torch.tensor([3.0, -4.0]))
        tensor(5.)
    """
    name = "linalg.vector_norm"
    must_be_tensors(name, input=input)
    if not is_number(ord):
        raise TypeError(f"linalg_vector_norm(): argument 'ord' (position 2) must be Number, not {type(ord).__name__}")
    x, axes = floating_in(name, input, dtype), axes_of(dim, input.ndim)
    if (ord < 0 or ord == math.inf) and 0 in (x.shape[k] for k in axes):
        raise RuntimeError(f"{name} cannot compute the {ord} norm on an empty tensor because the operation does not have an identity, got "
                           f"shape {list(x.shape)}")
    return delivered(name, out, vector_norm_op(x, ord=float(ord), axes=axes, keepdim=keepdim))


# ---- of matrices ------------------------------------------------------------------------------------------------------------

def matrix_norm(input, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None, out=None):
    """The norm of the matrices in two dimensions.

    Args:
        ord: "fro", √Σa²; "nuc", Σσ; 2 and -2, the largest and smallest σ; 1 and -1, the largest and smallest Σ|a| of a column; inf and
            -inf, of a row.

    Raises:
        RuntimeError: another `ord`, not two different dimensions, or a dtype that is not floating.
        IndexError: the smallest of nothing.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.matrix_norm(torch.tensor([[1.0, -2.0], [3.0, 4.0]]), 1)
        tensor(6.)
    """
    name = "linalg.matrix_norm"
    must_be_tensors(name, input=input)
    if isinstance(dim, int):
        raise TypeError("linalg_matrix_norm(): argument 'dim' must be tuple of ints, not int")
    if isinstance(ord, str) and ord not in ("fro", "nuc") or not isinstance(ord, str) and ord not in (1, -1, 2, -2, *INFINITE):
        raise RuntimeError(f"{name}: Order {ord} not supported.")
    lapack.must_be_floating(name, input)
    must_be_matrices(name, input)
    if len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    row, column = (dim_of(d, input.ndim) for d in dim)
    if row == column:
        raise RuntimeError(f"{name}: dims must be different. Got ({dim[0]}, {dim[1]})")
    if ord in ("nuc", 2, -2):
        lapack.must_be_precise(name, input)
    A = floating_in(name, input, dtype)
    if ord == "fro":
        result = vector_norm_op(A, ord=2.0, axes=(row, column), keepdim=keepdim)
    elif ord in ("nuc", 2, -2):
        result = of_singular_values(A, ord, row, column, keepdim)
    else:
        result = of_sums(A, ord, row, column, keepdim)
    return delivered(name, out, result)


def extreme(x, axis, keepdim, largest):
    """The largest of numbers that are not negative, 0 of none; or the smallest.

    Raises:
        IndexError: the smallest of none.
    """
    if not largest:
        refuse_empty(x, (axis,), "amin", axis)
        return amin_along(x, axes=(axis,), keepdim=keepdim)
    if not x.shape[axis]:
        x = x.detach()                                # as in torch, 0 of nothing has no history
        return sum_along(x, axes=(axis,), keepdim=keepdim)
    return amax_along(x, axes=(axis,), keepdim=keepdim)


def of_singular_values(A, ord, row, column, keepdim):
    """Their sum, the largest, or the smallest."""
    order = tuple(k for k in range(A.ndim) if k not in (row, column)) + (row, column)
    s = singular_values(A if order == tuple(range(A.ndim)) else permute_op(A, dims=order))
    y = sum_along(s, axes=(s.ndim - 1,), keepdim=False) if ord == "nuc" else extreme(s, s.ndim - 1, False, ord > 0)
    return reshape_op(y, shape=kept_shape(tuple(A.shape), (row, column))) if keepdim else y


def of_sums(A, ord, row, column, keepdim):
    """The largest or smallest sum of sizes in a column (ord = ±1) or in a row (±inf)."""
    along, across = (row, column) if ord in (1, -1) else (column, row)
    sums = vector_norm_op(A, ord=1.0, axes=(along,), keepdim=keepdim)
    return extreme(sums, across if keepdim or across < along else across - 1, keepdim, ord > 0)


# ---- of either --------------------------------------------------------------------------------------------------------------

def norm(input, ord=None, dim=None, keepdim=False, *, out=None, dtype=None):
    """`vector_norm` of one dimension, `matrix_norm` of two; without `ord`, √Σx² of any number of them.

    Raises:
        RuntimeError: `ord` without `dim` of what is neither vector nor matrix, or more than two dimensions in `dim`.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.norm(torch.tensor([[1.0, -2.0], [3.0, 4.0]]), float("inf"))
        tensor(7.)
    """
    must_be_tensors("linalg.norm", input=input)
    dims = (dim,) if isinstance(dim, int) else None if dim is None else tuple(dim)
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if ord is None:
        return vector_norm(input, 2, dims, keepdim, dtype=dtype, out=out)
    if dims is None and input.ndim not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {input.ndim}D.")
    if isinstance(ord, str) or len(dims if dims is not None else input.shape) == 2:
        return matrix_norm(input, ord, (-2, -1) if dims is None else dims, keepdim, dtype=dtype, out=out)
    return vector_norm(input, ord, dims, keepdim, dtype=dtype, out=out)


def older_norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """The p-norm of all elements, or over `dim`: "fro", 2 and None are √Σx²; "nuc" is the sum of the singular values of a matrix.

    Raises:
        RuntimeError: the dtype is not floating, or an unknown `p`.
    """
    dims = (dim,) if isinstance(dim, int) else dim
    if p == "nuc" or isinstance(p, str) and p != "fro" or p == "fro" and dims is not None and len(dims) > 2:
        return matrix_norm(input, p, tuple(range(input.ndim)) if dims is None else tuple(dims), keepdim, dtype=dtype, out=out)
    return vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype, out=out)


def dist(input, other, p=2):
    """The p-norm of a difference.

    Example:
        >>> import minitorch as torch
        >>> torch.dist(torch.tensor([3.0, 0.0]), torch.tensor([0.0, 4.0]))
        tensor(5.)
    """
    must_be_tensors("dist", input=input, other=other)
    return vector_norm(input - other, int(p) if isinstance(p, bool) else p)


older_norm.__name__ = older_norm.__qualname__ = "norm"
