"""Diagonals and triangles of matrices, and single slices."""
from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module
from minitorch.ops.indexing import select_index
from minitorch.ops.shape import dim_of, whole


@differentiable(view=True, name="DiagonalBackward0")
def diagonal_op(input, *, offset, dim1, dim2):
    return input.diagonal(offset, dim1, dim2)

@diagonal_op.derivative
def _(grad, input_shape, offset, dim1, dim2):
    return diagonal_put(grad, shape=tuple(input_shape), offset=offset, dim1=dim1, dim2=dim2)


@differentiable
def diagonal_put(input, *, shape, offset, dim1, dim2):
    """The transpose of `diagonal`: the values on the diagonal of zeros."""
    xp = array_module(input)
    whole = xp.zeros(shape, input.dtype)
    moved = xp.moveaxis(whole, (dim1, dim2), (-2, -1))
    k = xp.arange(input.shape[-1])
    moved[..., k + max(-offset, 0), k + max(offset, 0)] = input
    return whole

@diagonal_put.derivative
def _(grad, offset, dim1, dim2):
    return diagonal_op(grad, offset=offset, dim1=dim1, dim2=dim2)


def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of two dimensions, as the last dimension of a view.

    Raises:
        RuntimeError: the two dimensions are one.
    """
    a, b = dim_of(dim1, input.ndim), dim_of(dim2, input.ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return diagonal_op(input, offset=offset, dim1=a, dim2=b)


def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """The last dimension laid on the diagonal of a square of zeros."""
    n, ndim = input.shape[-1] + abs(offset), input.ndim + 1
    a, b = dim_of(dim1, ndim), dim_of(dim2, ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    rest = iter(input.shape[:-1])
    shape = tuple(n if k in (a, b) else next(rest) for k in range(ndim))
    return embedded(input, shape=shape, offset=offset, dim1=a, dim2=b)


embedded = named(diagonal_put, "DiagEmbedBackward0")


def diag(input, diagonal=0):
    """A matrix with a vector on its diagonal, or the diagonal of a matrix.

    Raises:
        RuntimeError: neither a vector nor a matrix.
    """
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim == 2:
        return diagonal_op(input, offset=diagonal, dim1=0, dim2=1).clone()
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")


@differentiable(name="TriuBackward0")
def triu_op(input, *, diagonal):
    return array_module(input).triu(input, diagonal)

@triu_op.derivative
def _(grad, diagonal):
    return triu_op(grad, diagonal=diagonal)


@differentiable(name="TrilBackward0")
def tril_op(input, *, diagonal):
    return array_module(input).tril(input, diagonal)

@tril_op.derivative
def _(grad, diagonal):
    return tril_op(grad, diagonal=diagonal)


def triu(input, diagonal=0):
    """The upper triangle of matrices, zeros below the given diagonal."""
    if input.ndim < 2:
        raise RuntimeError("triu: input tensor must have at least 2 dimensions")
    return triu_op(input, diagonal=whole(diagonal, "diagonal"))


def tril(input, diagonal=0):
    """The lower triangle of matrices, zeros above the given diagonal."""
    if input.ndim < 2:
        raise RuntimeError("tril: input tensor must have at least 2 dimensions")
    return tril_op(input, diagonal=whole(diagonal, "diagonal"))


def select(input, dim, index):
    """The view at one place of a dimension, which it lacks."""
    if input.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    d, index = dim_of(dim, input.ndim), whole(index, "index")
    if not -input.shape[d] <= index < input.shape[d]:
        raise IndexError(f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {d}")
    return select_index(input, index=(slice(None),) * d + (index, Ellipsis))
