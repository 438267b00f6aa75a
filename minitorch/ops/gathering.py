"""Reading and writing along one dimension: gather, scatter and their kin."""
from minitorch.autograd.arguments import refuse_two_devices
from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module, on_host, on_own_device, outside, scatter_add, spread_rows, weighted_rows
from minitorch.ops.indexing import advanced_index, check_range, put_index
from minitorch.ops.joining import narrow_op
from minitorch.ops.shape import dim_of, expand_op, reshape_op
from minitorch.tensor import Tensor, wrap


def index_array(index, name="index", input=None):
    """The integer array of an index tensor, which must lie where the input does."""
    if not isinstance(index, Tensor):
        raise TypeError(f"{name} must be a Tensor, got {type(index).__name__}")
    if index._array.dtype.kind not in "iu" or index._array.dtype.itemsize < 4:
        raise RuntimeError(f"Expected dtype int32/int64 for index, got {index.dtype}")
    if input is not None and type(index._array) is not type(input._array):
        refuse_two_devices([input._array, index._array])
    return index._array


@differentiable(name="GatherBackward0")
def take_along(input, *, index, dim):
    xp = array_module(input)
    if input.ndim == 0:
        return input[()] + xp.zeros(index.shape, input.dtype)
    if input.flags.c_contiguous and input.size:       # one table is read faster than a grid of places
        return input.reshape(-1).take(flat_places(index, input.shape, dim)).reshape(index.shape)
    part = input[tuple(slice(None) if d == dim else slice(n) for d, n in enumerate(index.shape))]
    return xp.take_along_axis(part, index, dim)

@take_along.derivative                                # what was taken comes back to its place, added up
def _(grad, input_shape, index, dim):
    return put_along(grad, index, shape=tuple(input_shape), dim=dim)


@differentiable
def put_along(input, index, *, shape, dim):
    """The transpose of `gather`: values added up at `index` along a dimension of zeros."""
    whole = array_module(input).zeros(shape, input.dtype)
    add_along(whole, index, input, dim)
    return whole

@put_along.derivative("input")
def _(grad, index, dim):
    return take_along(grad, index=getattr(index, "_array", index), dim=dim)


def places(xp, index, dim):
    """The full index of `gather`: every dimension's own coordinates, and `index` along `dim`."""
    grid = []
    for d, n in enumerate(index.shape):
        grid.append(index if d == dim else xp.arange(n).reshape([n if k == d else 1 for k in range(index.ndim)]))
    return tuple(grid)


def flat_places(index, shape, dim):
    """The place of each element of `index` in the memory of a contiguous array of `shape`."""
    xp, flat, step = array_module(index), 0, 1
    for d in reversed(range(len(shape))):
        own = index if d == dim else xp.arange(index.shape[d]).reshape([-1 if k == d else 1 for k in range(index.ndim)])
        flat, step = flat + own * step, step * shape[d]
    return xp.broadcast_to(flat, index.shape).reshape(-1) if index.ndim else xp.zeros(1, "int64")


def add_along(whole, index, values, dim):
    """whole[..., index, ...] += values along a dimension; repeated places add up."""
    if whole.ndim == 0:
        whole += values.sum()
    elif index.size and whole.flags.c_contiguous:
        scatter_add(whole.reshape(-1), flat_places(index, whole.shape, dim), values.reshape(-1))
    elif index.size:
        scatter_add(whole, places(array_module(whole), index, dim), values)


def check_gather(name, input, dim, index, src=None):
    """Torch's demands on the shapes of gather and scatter."""
    a = index_array(index, input=input)
    d = dim_of(dim, input.ndim)
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise RuntimeError(f"Index tensor must have the same number of dimensions as input tensor: got {index.ndim} and {input.ndim} in "
                           f"{name}")
    if a.size:
        for k in range(index.ndim):
            limit = input.shape[k] if input.ndim else 1
            if k != d and index.shape[k] > limit:
                raise RuntimeError(f"Size does not match at dimension {k} expected index {list(index.shape)} to be no larger than self "
                                   f"{list(input.shape)} apart from dimension {d}")
        refuse_outside(a, d, input.shape[d] if input.ndim else 1)
        if src is not None:
            if max(src.ndim, 1) != max(index.ndim, 1) or any(n > m for n, m in zip(index.shape, src.shape)):
                raise RuntimeError(f"Expected index {list(index.shape)} to be no larger than src {list(src.shape)} in every dimension")
    if src is not None and src._array.dtype != input._array.dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype, got {input.dtype} and {src.dtype}")
    return a.astype("int64", copy=False), d


def refuse_outside(index, dim, size):
    """Raise where an index is not in [0, size), unless looking would wait for a device."""
    wrong = outside(index, 0, size - 1)
    if wrong is not None:
        raise RuntimeError(f"index {wrong} is out of bounds for dimension {dim} with size {size}")


def gather(input, dim, index, *, sparse_grad=False):
    """The values at `index` along a dimension: out[i][j] = input[index[i][j]][j] for dim 0.

    Raises:
        RuntimeError: shapes that do not fit, or an index out of range.

    Example:
        >>> import minitorch as torch
        >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]]))
        tensor([[1, 1],
                [4, 3]])
    """
    a, d = check_gather("gather", input, dim, index)
    return take_along(input, index=a, dim=d)


def take_along_dim(input, indices, dim=None):
    """The values at `indices` along a dimension, with broadcasting; of the flattened tensor without `dim`."""
    if dim is None:
        index = index_array(indices, "indices", input).reshape(-1)
        refuse_outside(index, 0, input._array.size)
        return take_along(reshape_op(input, shape=(input._array.size,)), index=index, dim=0)
    from minitorch.ops.shape import broadcast_shape
    if indices.ndim != input.ndim:
        raise RuntimeError(f"torch.take_along_dim(): input and indices should have the same number of dimensions, but got {input.ndim} "
                           f"dimensions for input, and {indices.ndim} dimensions for indices")
    d = dim_of(dim, input.ndim)
    refuse_outside(index_array(indices, "indices", input), d, input.shape[d] if input.ndim else 1)
    lead = broadcast_shape(*(tuple(1 if k == d else n for k, n in enumerate(x.shape)) for x in (input, indices)))
    whole = expand_op(input, shape=tuple(input.shape[d] if k == d else n for k, n in enumerate(lead)))
    index = array_module(input._array).broadcast_to(indices._array, tuple(indices.shape[d] if k == d else n for k, n in enumerate(lead)))
    return take_along(whole, index=index, dim=d)


def trimmed(src, shape):
    """The part of `src` that an index of this shape reads."""
    for k, n in enumerate(shape):
        if src.shape[k] != n:
            src = narrow_op(src, dim=k, start=0, length=n)
    return src


def in_place_along(new, index, values, dim):
    """new[..., index, ...] = values along a dimension."""
    if new.ndim == 0:
        new[...] = values.reshape(-1)[-1] if values.size else new
    elif index.size and new.flags.c_contiguous:
        new.reshape(-1)[flat_places(index, new.shape, dim)] = values.reshape(-1)
    elif index.size:
        new[places(array_module(new), index, dim)] = values


@differentiable(name="ScatterBackward0")
def scatter_op(input, src, *, index, dim):
    new = input.copy()
    in_place_along(new, index, src, dim)
    return new

@scatter_op.derivative("input")
def _(grad, index, dim):
    array = getattr(grad, "_array", grad)
    return scatter_op(grad, array_module(array).zeros(index.shape, array.dtype), index=index, dim=dim)

@scatter_op.derivative("src")
def _(grad, index, dim):
    return take_along(grad, index=index, dim=dim)


@differentiable(name="ScatterAddBackward0")
def scatter_add_op(input, src, *, index, dim):
    new = input.copy()
    add_along(new, index, src, dim)
    return new

@scatter_add_op.derivative("input")
def _(grad):
    return grad

@scatter_add_op.derivative("src")
def _(grad, index, dim):
    return take_along(grad, index=index, dim=dim)


def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """`input` with `src` (or a number) written at `index` along a dimension.

    Raises:
        RuntimeError: shapes or dtypes that do not fit, or an index out of range.
    """
    src = value if src is None else src
    if not isinstance(src, (Tensor, int, float)):
        raise TypeError(f"scatter(): argument 'src' (position 4) must be Tensor or number, not {type(src).__name__}")
    if reduce is not None:
        return scatter_with(input, dim, index, src, {"add": "sum", "multiply": "prod"}.get(reduce, reduce))
    a, d = check_gather("scatter", input, dim, index, src if isinstance(src, Tensor) else None)
    if not isinstance(src, Tensor):
        return scatter_number(input, array_module(input._array).full(a.shape, src, input._array.dtype), index=a, dim=d)
    return scatter_op(input, trimmed(src, a.shape), index=a, dim=d)


scatter_number = named(scatter_op, "ScatterBackward1")


def scatter_with(input, dim, index, src, reduce):
    """The older `reduce=` of scatter, without a gradient for products."""
    a, d = check_gather("scatter", input, dim, index, src if isinstance(src, Tensor) else None)
    if reduce not in ("sum", "prod"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if not isinstance(src, Tensor):
        src = wrap(array_module(input._array).full(a.shape, src, input._array.dtype))
    if reduce == "sum":
        return scatter_add_op(input, trimmed(src, a.shape), index=a, dim=d)
    return scatter_product(input, trimmed(src, a.shape), index=a, dim=d)


@differentiable(name="NotImplemented")
def scatter_product(input, src, *, index, dim):
    from minitorch.ops.scattering import scatter_at
    new = input.copy(order="C")
    scatter_at("multiply", new.reshape(-1), flat_places(index, new.shape, dim), src.reshape(-1))
    return new

@scatter_product.derivative
def _(grad):
    raise RuntimeError("derivative for aten::scatter is not implemented for reduce='multiply': use scatter_reduce(..., 'prod')")


def scatter_add_function(input, dim, index, src):
    """`input` with `src` added at `index` along a dimension; repeated places add up.

    Raises:
        RuntimeError: shapes or dtypes that do not fit, or an index out of range.
    """
    a, d = check_gather("scatter_add", input, dim, index, src)
    return scatter_add_op(input, trimmed(src, a.shape), index=a, dim=d)


scatter_add_function.__name__ = "scatter_add"


@on_own_device
def index_vector(name, index, input):
    """The array of a vector (or number) of indices.

    Raises:
        IndexError: more dimensions. RuntimeError: another dtype than int32 and int64.
    """
    if isinstance(index, Tensor) and index.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector, but got dim: {index.ndim}")
    return index_array(index, input=input)


def index_select(input, dim, index):
    """The slices of a tensor at the places of a 1-d index along a dimension.

    Raises:
        IndexError: the index is not a vector, or out of range.
    """
    a = index_vector("index_select", index, input)
    d = dim_of(dim, input.ndim)
    if input.ndim == 0 and a.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {a.size} value(s)")
    size = input.shape[d] if input.ndim else 1
    if on_host(a) and a.size and (int(a.min()) < 0 or int(a.max()) >= size):
        raise IndexError(f"index out of range in self: {int(a.max())} for dimension {d} of size {size}")
    if input.ndim == 0:
        return reshape_op(input, shape=())
    return index_select_op(input, index=(slice(None),) * d + (a.reshape(-1),))


index_select_op = named(advanced_index, "IndexSelectBackward0")


@differentiable(name="IndexAddBackward0")
def index_add_op(input, source, *, index):
    new = input.copy()
    scatter_add(new, index, source)
    return new

@index_add_op.derivative("input")
def _(grad):
    return grad

@index_add_op.derivative("source")
def _(grad, index):
    return advanced_index(grad, index=index)


def index_add(input, dim, index, source, *, alpha=1):
    """`input` with alpha · source added to the slices that a 1-d index names."""
    a, d = index_vector("index_add_", index, input), dim_of(dim, input.ndim)
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(f"index_add_(): self ({input.dtype}) and source ({source.dtype}) must have the same scalar type")
    if input.ndim and (source.ndim != input.ndim or source.shape[d] != a.size or any(n != m for k,
                                                                                     (n, m) in enumerate(zip(source.shape,
                                                                                                             input.shape)) if k != d)):
        raise RuntimeError("source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
                           f"{list(input.shape)} source.shape = {list(source.shape)}")
    check_range(a, input.shape[d] if input.ndim else 1, d)
    return index_add_op(input, source if alpha == 1 else source * alpha, index=(slice(None),) * d + (a.reshape(-1),) if input.ndim else ...)


def index_copy(input, dim, index, source):
    """`input` with source written into the slices that a 1-d index names.

    Raises:
        IndexError: an index of another length than the source, or out of range.
        RuntimeError: unequal dtypes.
    """
    a, d = index_vector("index_copy_", index, input), dim_of(dim, input.ndim)
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(f"index_copy_(): self and source expected to have the same dtype, but got (self) {input.dtype} and (source) "
                           f"{source.dtype}")
    if input.ndim and not source.ndim and a.size != 1:
        raise IndexError(f"index_copy_(): When source is scalar, index should have one element (got {a.size})")
    if source.ndim and source.shape[dim_of(dim, source.ndim)] != a.size:
        raise IndexError(f"index_copy_(): Number of indices ({a.size}) should be equal to source.size(dim) ({source.shape[d]})")
    rest, own = ([n for k, n in enumerate(x.shape) if k != d] for x in (source, input))
    if source.ndim and input.ndim and (rest != own or source.ndim != input.ndim):
        raise RuntimeError(f"index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: {own} at "
                           f"dimension {d} and source slice shape: {rest} at dimension {d}.")
    check_range(a, input.shape[d] if input.ndim else 1, d)
    return put_index(input, source, index=(slice(None),) * d + (a.reshape(-1),))


def index_fill(input, dim, index, value):
    """`input` with a number written into the slices that a 1-d index names."""
    if isinstance(index, Tensor) and (index._array.dtype.kind not in "iu" or index._array.dtype.itemsize < 4):
        raise IndexError(f"index_fill_(): Expected dtype int64 for index, got {index.dtype}")
    a, d = index_array(index, input=input), dim_of(dim, input.ndim)
    if index.ndim > 1:
        raise RuntimeError(f"index_fill_(): Index has to be a vector/scalar, got {index.ndim} dimensions")
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s).")
    if not isinstance(value, (Tensor, int, float)):
        raise TypeError(f"index_fill(): argument 'value' (position 4) must be Number, not {type(value).__name__}")
    check_range(a, input.shape[d] if input.ndim else 1, d)
    if not isinstance(value, Tensor):
        value = wrap(array_module(input._array).asarray(value, dtype=input._array.dtype))
    return put_index(input, value, index=(slice(None),) * d + (a.reshape(-1),))


# ---- weighted sums of rows ----------------------------------------------------------------------------------------------
# y[p] = Σₖ w[p, k] t[index[p, k]] is linear in the table t and in the weights w: each derivative is again one of the three.

@differentiable(name="GridSampler2DBackward0")
def sum_rows(table, weights, index):
    """y[p] = Σₖ w[p, k] t[index[p, k]]: (P, C) of a table (M, C), weights and indices (P, K)."""
    return weighted_rows(table, index, weights)

@sum_rows.derivative("table")
def _(grad, weights, index, table_shape):
    return add_rows(grad, weights, index, count=table_shape[0])

@sum_rows.derivative("weights")
def _(grad, table, index):
    return match_rows(grad, table, index)


@differentiable(name="GridSampler2DBackwardBackward0")
def add_rows(rows, weights, index, *, count):
    """t[m] = Σ w[p, k] r[p] over all p, k with index[p, k] = m."""
    return spread_rows(rows, index, weights, count)

@add_rows.derivative("rows")
def _(grad, weights, index):
    return sum_rows(grad, weights, index)

@add_rows.derivative("weights")
def _(grad, rows, index):
    return match_rows(rows, grad, index)


@differentiable(name="GridSampler2DBackwardBackward1")
def match_rows(rows, table, index):
    """w[p, k] = r[p] · t[index[p, k]]."""
    return array_module(rows).einsum("pkc,pc->pk", table.take(index, axis=0), rows)

@match_rows.derivative("rows")
def _(grad, table, index):
    return sum_rows(table, grad, index)

@match_rows.derivative("table")
def _(grad, rows, index, table_shape):
    return add_rows(rows, grad, index, count=table_shape[0])
