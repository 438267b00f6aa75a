"""Values gathered at repeated places by a sum, product, mean or extreme; flat reading and writing; parts of a tensor replaced."""
import numpy

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host, scatter_add
from minitorch.ops.accumulating import scatter_at
from minitorch.ops.choosing import where_op
from minitorch.ops.conversion import cast
from minitorch.ops.diagonals import diagonal_op
from minitorch.ops.gathering import check_gather, flat_places, index_array, put_along, take_along, trimmed
from minitorch.ops.indexing import basic_index, check_range, mask_of
from minitorch.ops.shape import broadcast_shape, dim_of, expand_op, reshape_op, whole
from minitorch.tensor import Tensor, wrap

# ---- scatter with a reduction -------------------------------------------------------------------------------------------------

FIRST = {"sum": 0, "mean": 0, "prod": 1}
UFUNC = {"sum": "add", "mean": "add", "prod": "multiply", "amax": "maximum", "amin": "minimum"}


def first_value(reduce, kind):
    """What a reduction begins with when the tensor's own values do not take part."""
    if reduce in FIRST:
        return FIRST[reduce]
    if kind.kind == "f":
        return -float("inf") if reduce == "amax" else float("inf")
    limits = numpy.iinfo(kind) if kind.kind != "b" else None
    return (limits.min if reduce == "amax" else limits.max) if limits else reduce == "amin"


def counts_of(xp, input, index, dim, include_self):
    """How many values meet at each place, at least 1."""
    count = xp.full(input.shape, int(include_self), "int64")
    scatter_add(count.reshape(-1), flat_places(index, input.shape, dim), xp.ones(max(index.size, 1 - index.ndim), "int64"))
    return xp.maximum(count, 1)


@differentiable(name="ScatterReduceBackward0")
def scatter_reduce_op(input, src, *, index, dim, reduce, include_self):
    xp = array_module(input)
    new = input.copy(order="C")
    flat, places = new.reshape(-1), flat_places(index, input.shape, dim)
    if not include_self:
        flat[places] = first_value(reduce, input.dtype)
    scatter_at(UFUNC[reduce], flat, places, xp.broadcast_to(src, index.shape).reshape(-1) if index.ndim else src.reshape(-1))
    if reduce == "mean":
        count = counts_of(xp, input, index, dim, include_self)
        new = new / count.astype(input.dtype) if input.dtype.kind == "f" else xp.floor_divide(new, count.astype(input.dtype))
    return new

@scatter_reduce_op.derivative
def _(grad, input, src, out, index, dim, reduce, include_self):
    index = getattr(index, "_array", index)
    xp = array_module(index)
    if reduce == "sum":
        own, other = grad, take_along(grad, index=index, dim=dim)
    elif reduce == "mean":                            # each of the n values that meet has 1/n
        plain = getattr(input, "_array", input)
        part = grad / constant_like(grad, counts_of(xp, plain, index, dim, include_self).astype(plain.dtype))
        own, other = part, take_along(part, index=index, dim=dim)
    elif reduce == "prod":
        own, other = product_gradients(grad, input, src, out, index, dim, include_self)
    else:                                             # shared evenly among all that are equal to the extreme
        mine = as_number(input == out, grad)
        theirs = as_number(src == take_along(out, index=index, dim=dim), grad)
        part = grad / constant_like(grad, scatter_sum(mine, theirs, index, dim))
        own = part * constant_like(grad, mine)
        other = take_along(part, index=index, dim=dim) * constant_like(grad, theirs)
    if not include_self:                              # where something was scattered the own values had no part
        own = where_op(counts_of(xp, getattr(input, "_array", input), index, dim, True) > 1, 0.0, own)
    return own, other


def as_number(flags, like):
    """A comparison's answer as an array of 0 and 1."""
    return getattr(flags, "_array", flags).astype(getattr(like, "_array", like).dtype)


def constant_like(grad, array):
    """An array beside a gradient: a Tensor if that is one."""
    return wrap(array) if isinstance(grad, Tensor) else array


def scatter_sum(whole, values, index, dim):
    """`whole` with values added at `index`, on arrays."""
    return whole + put_along.op.forward(values, index, shape=whole.shape, dim=dim)


def product_gradients(grad, input, src, out, index, dim, include_self):
    """∂Πx/∂xᵢ = Π/xᵢ; beside exactly one zero that zero's is the product of the others, and all others' are 0."""
    settings = dict(index=index, dim=dim, reduce="prod", include_self=include_self)
    zero = getattr(input, "_array", input) == 0
    safe = where_op(zero, 1.0, input)
    own = grad * scatter_reduce_op(safe, src, **settings) / safe
    nothing = getattr(src, "_array", src) == 0
    kind = getattr(grad, "_array", grad).dtype
    xp = array_module(nothing)
    zeros = put_along.op.forward(nothing.astype(kind), index, shape=zero.shape, dim=dim)
    alone = nothing & (take_along.op.forward(zeros, index=index, dim=dim) == 1)
    others = scatter_reduce_op(input, where_op(alone, 1.0, src), **settings)
    spare = where_op(nothing, xp.ones((), kind).astype(kind), src)
    other = where_op(alone, take_along(grad * others, index=index, dim=dim), take_along(grad * out, index=index, dim=dim) / spare)
    return own, other


def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """`input` with the values of `src` joined to those at `index` along a dimension: their "sum", "prod", "mean", "amax" or "amin".

    Args:
        include_self: whether the tensor's own values take part.

    Raises:
        RuntimeError: shapes or dtypes that do not fit, an index out of range, an unknown reduction.

    Example:
        >>> import minitorch as torch
        >>> torch.scatter_reduce(torch.zeros(2), 0, torch.tensor([0, 1, 1]), torch.tensor([1.0, 2.0, 5.0]), "amax")
        tensor([1., 5.])
    """
    if not isinstance(src, Tensor):
        raise TypeError(f"scatter_reduce(): argument 'src' (position 4) must be Tensor, not {type(src).__name__}")
    if not isinstance(reduce, str):
        raise TypeError(f"scatter_reduce(): argument 'reduce' (position 5) must be str, not {type(reduce).__name__}")
    a, d = check_gather("scatter", input, dim, index, src)
    reduce = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    if reduce not in UFUNC:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}.")
    return scatter_reduce_op(input, trimmed(src, a.shape), index=a, dim=d, reduce=reduce, include_self=include_self)


def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """`input` with the slices of `source` joined to those that a 1-d index names: their "prod", "mean", "amax" or "amin".

    Raises:
        RuntimeError: shapes or dtypes that do not fit, an unknown reduction. IndexError: an index that is no vector, or out of range.

    Example:
        >>> import minitorch as torch
        >>> torch.index_reduce(torch.ones(2), 0, torch.tensor([0, 0]), torch.tensor([2.0, 3.0]), "prod")
        tensor([6., 1.])
    """
    d, a = dim_of(dim, input.ndim), index_array(index, input=input)
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    if index.ndim > 1:
        raise IndexError(f"index_reduce_(): Index is supposed to be a vector, but got dim: {index.ndim}")
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(f"index_reduce_(): self ({input.dtype}) and source ({source.dtype}) must have the same scalar type")
    shape = tuple(source.shape)
    expected = tuple(a.size if k == d else n for k, n in enumerate(input.shape))
    if input.ndim and shape != expected:
        raise RuntimeError(f"index_reduce_(): source of shape {list(shape)} does not fit: expected {list(expected)}")
    check_range(a, input.shape[d] if input.ndim else 1, d)
    whole = array_module(a).broadcast_to(a.astype("int64").reshape([-1 if k == d else 1 for k in range(len(shape))]), shape)
    return scatter_reduce_op(input, source, index=whole, dim=d, reduce=reduce, include_self=include_self)


# ---- through the flattened tensor -----------------------------------------------------------------------------------------------

def checked_flat(name, input, index):
    """The int64 index into a flattened tensor, not negative, after torch's checks."""
    if not isinstance(index, Tensor):
        raise TypeError(f"{name}(): argument 'index' (position 2) must be Tensor, not {type(index).__name__}")
    a, size = index._array, input._array.size
    if a.dtype != "int64":
        raise RuntimeError(f"{name}(): Expected a long tensor for index, but got {index.dtype}")
    if a.size and not size:
        raise IndexError(f"{name}(): tried to {name} from an empty tensor")
    if on_host(a) and a.size and not (-size <= a.min() and a.max() < size):
        raise IndexError(f"out of range: tried to access index {int(a.max() if a.max() >= size else a.min())} on a tensor of {size} "
                         "elements.")
    return array_module(a).where(a < 0, a + size, a)


@differentiable(name="TakeBackward0")
def take_op(input, *, index):
    return input.reshape(-1)[index]

@take_op.derivative                                   # what was taken comes back to its place, added up
def _(grad, input_shape, index):
    return put_op(zeros_of_shape(grad, input_shape), grad, index=index, accumulate=True)


def zeros_of_shape(grad, shape):
    """Zeros of a shape, beside a gradient."""
    array = getattr(grad, "_array", grad)
    return constant_like(grad, array_module(array).zeros(tuple(shape), array.dtype))


@differentiable(name="PutBackward0")
def put_op(input, source, *, index, accumulate):
    new = input.copy(order="C")
    if accumulate:
        scatter_add(new.reshape(-1), index.reshape(-1), source.reshape(-1))
    else:
        new.reshape(-1)[index.reshape(-1)] = source.reshape(-1)
    return new

@put_op.derivative("input")
def _(grad, source_shape, index, accumulate):
    return grad if accumulate else put_op(grad, zeros_of_shape(grad, source_shape), index=index, accumulate=False)

@put_op.derivative("source")
def _(grad, source_shape, index):
    return reshape_op(take_op(grad, index=index), shape=tuple(source_shape))


def take(input, index):
    """The values at an index into the flattened tensor, in the index's shape.

    Raises:
        IndexError: an index out of range. RuntimeError: an index that is not int64.

    Example:
        >>> import minitorch as torch
        >>> torch.take(torch.tensor([[1, 2], [3, 4]]), torch.tensor([0, -1]))
        tensor([1, 4])
    """
    return take_op(input, index=checked_flat("take", input, index))


def put(input, index, source, accumulate=False):
    """`input` with values written (or added) at an index into the flattened tensor.

    Raises:
        IndexError: an index out of range, or of another size than the source. RuntimeError: dtypes that do not fit.

    Example:
        >>> import minitorch as torch
        >>> torch.put(torch.zeros(2, 2), torch.tensor([1, 2]), torch.tensor([5.0, 6.0]))
        tensor([[0., 5.],
                [6., 0.]])
    """
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(f"put_(): self and source expected to have the same dtype, but got self.dtype = {input.dtype} and source.dtype "
                           f"= {source.dtype}")
    if isinstance(index, Tensor) and index._array.size != source._array.size:
        raise IndexError(f"put_(): Expected source and index to have the same number of elements, but got source.numel() = "
                         f"{source._array.size}, index.numel() = {index._array.size}")
    return put_op(input, source, index=checked_flat("put", input, index), accumulate=accumulate)


@differentiable(name="MaskedScatterBackward0")
def masked_scatter_op(input, source, *, mask):
    xp = array_module(input)
    if not source.size or not input.size:
        return input.copy()
    place = xp.cumsum(mask.reshape(-1).astype("int64")) - 1                # how many True come before
    return xp.where(mask, source.reshape(-1)[xp.clip(place, 0, source.size - 1)].reshape(mask.shape), input)

@masked_scatter_op.derivative("input")
def _(grad, mask):
    return where_op(mask, 0.0, grad)

@masked_scatter_op.derivative("source")               # the gradients under the mask, in order, and zeros for what was not used
def _(grad, source_shape, mask):
    return masked_gather(grad, shape=tuple(source_shape), mask=mask)


@differentiable
def masked_gather(input, *, shape, mask):
    """The transpose of `masked_scatter`: values under the mask at the front of zeros."""
    xp = array_module(input)
    flat = xp.zeros(int(numpy.prod(shape)) + 1, input.dtype)               # one place more, for what the mask leaves out
    marks = mask.reshape(-1)
    place = xp.where(marks, xp.cumsum(marks.astype("int64")) - 1, flat.size - 1)
    scatter_add(flat, place, xp.where(marks, input.reshape(-1), 0).astype(input.dtype, copy=False))
    return flat[:-1].reshape(shape)

@masked_gather.derivative
def _(grad, mask):
    return masked_scatter_op(zeros_of_shape(grad, mask.shape), grad, mask=mask)


def masked_scatter(input, mask, source):
    """`input` with the values of `source`, in order, where the mask is True.

    Raises:
        RuntimeError: a mask that is not bool, unequal dtypes, or fewer values than places.

    Example:
        >>> import minitorch as torch
        >>> torch.masked_scatter(torch.zeros(3), torch.tensor([True, False, True]), torch.tensor([1.0, 2.0]))
        tensor([1., 0., 2.])
    """
    m = mask_of(mask, "masked_scatter_")
    if not isinstance(source, Tensor):
        raise TypeError(f"masked_scatter(): argument 'source' (position 3) must be Tensor, not {type(source).__name__}")
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(f"masked_scatter: expected self and source to have same dtypes but got {input.dtype} and {source.dtype}")
    shape = broadcast_shape(tuple(input.shape), m.shape)
    m = array_module(m).broadcast_to(m, shape)
    if on_host(m) and m.sum() > source._array.size:
        raise RuntimeError(f"Number of elements of source < number of ones in mask: {source._array.size} < {int(m.sum())}")
    if shape != tuple(input.shape):
        input = expand_op(input, shape=shape)
    return masked_scatter_op(input, source, mask=m)


# ---- parts replaced ---------------------------------------------------------------------------------------------------------------

def part_put(node):
    """The operator: `input` with a part, named by a basic index, replaced by `src`."""
    def forward(input, src, *, index):
        new = input.copy()
        new[index] = src
        return new
    forward.__name__ = forward.__qualname__ = "part_put"
    op = differentiable(forward, name=node)

    @op.derivative("input")
    def _(grad, src_shape, index):
        return op(grad, zeros_of_shape(grad, src_shape), index=index)

    @op.derivative("src")
    def _(grad, index):
        return basic_index(grad, index=index)
    return op


select_put, slice_put = part_put("SelectScatterBackward0"), part_put("SliceScatterBackward0")


def fitting(input, src, index):
    """`src` in the input's dtype, if it has the shape of the part that it replaces."""
    shape = input._array[index].shape
    if tuple(src.shape) != shape:
        raise RuntimeError(f"expected src to have a size equal to the slice of self. src size = {list(src.shape)}, "
                           f"slice size = {list(shape)}")
    return src if src._array.dtype == input._array.dtype else cast(src, dtype=input._array.dtype)


def select_scatter(input, src, dim, index):
    """`input` with the slice at one place of a dimension replaced by `src`.

    Raises:
        IndexError: the place is not there. RuntimeError: src has another shape than the slice.

    Example:
        >>> import minitorch as torch
        >>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 1)
        tensor([[0., 0.],
                [1., 1.]])
    """
    if input.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    d, index = dim_of(dim, input.ndim), whole(index, "index")
    if not -input.shape[d] <= index < input.shape[d]:
        raise IndexError(f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {d}")
    key = (slice(None),) * d + (index, Ellipsis)
    return select_put(input, fitting(input, src, key), index=key)


def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """`input` with the slices start, start + step, ... before end of a dimension replaced by `src`.

    Raises:
        RuntimeError: src has another shape than the slices, or the step is not positive.

    Example:
        >>> import minitorch as torch
        >>> torch.slice_scatter(torch.zeros(4), torch.ones(2), start=1, end=3)
        tensor([0., 1., 1., 0.])
    """
    if input.ndim == 0:
        raise RuntimeError("slice() cannot be applied to a 0-dim tensor.")
    if step <= 0:
        raise RuntimeError(f"slice step must be positive: got {step}")
    key = (slice(None),) * dim_of(dim, input.ndim) + (slice(start, end, step), Ellipsis)
    return slice_put(input, fitting(input, src, key), index=key)


@differentiable(name="DiagonalScatterBackward0")
def diagonal_replaced(input, src, *, offset, dim1, dim2):
    xp = array_module(input)
    new = input.copy()
    k = xp.arange(src.shape[-1])
    xp.moveaxis(new, (dim1, dim2), (-2, -1))[..., k + max(-offset, 0), k + max(offset, 0)] = src
    return new

@diagonal_replaced.derivative("input")
def _(grad, src_shape, offset, dim1, dim2):
    return diagonal_replaced(grad, zeros_of_shape(grad, src_shape), offset=offset, dim1=dim1, dim2=dim2)

@diagonal_replaced.derivative("src")
def _(grad, offset, dim1, dim2):
    return diagonal_op(grad, offset=offset, dim1=dim1, dim2=dim2)


def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """`input` with the diagonal of two dimensions replaced by `src`.

    Raises:
        RuntimeError: src has another shape than the diagonal, or the two dimensions are one.

    Example:
        >>> import minitorch as torch
        >>> torch.diagonal_scatter(torch.zeros(2, 2), torch.ones(2))
        tensor([[1., 0.],
                [0., 1.]])
    """
    a, b = dim_of(dim1, input.ndim), dim_of(dim2, input.ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    shape = input._array.diagonal(offset, a, b).shape
    if tuple(src.shape) != shape:
        raise RuntimeError(f"expected src to have a size equal to the slice of self. src size = {list(src.shape)}, "
                           f"slice size = {list(shape)}")
    src = src if src._array.dtype == input._array.dtype else cast(src, dtype=input._array.dtype)
    return diagonal_replaced(input, src, offset=offset, dim1=a, dim2=b)
