"""Indexing: reading and writing by slices, integers, masks and index tensors.

A basic index (integers, slices, None, ...) gives a view. An index with tensors, lists or masks gives a copy; its gradient
adds up where an element was taken several times.
"""
import operator as python_operator

import numpy

from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module, on_host, scatter_add, scatter_max, scatter_min, to_device
from minitorch.ops.shape import dim_of, expand_op, narrow_op, reshape_op
from minitorch.tensor import Tensor, wrap


# ---- x[index] -------------------------------------------------------------------------------------------------------------

@differentiable(view=True, name="SliceBackward0")
def basic_index(input, *, index):
    return input[index]

@basic_index.derivative
def _(grad, input_shape, index):
    return basic_put(grad, shape=tuple(input_shape), index=index)


select_index = named(basic_index, "SelectBackward0")


@differentiable
def basic_put(input, *, shape, index):
    """The transpose of a basic index: the values at their places, zeros elsewhere."""
    whole = array_module(input).zeros(shape, input.dtype)
    whole[index] = input
    return whole

@basic_put.derivative
def _(grad, index):
    return basic_index(grad, index=index)


@differentiable(name="IndexBackward0")
def advanced_index(input, *, index):
    return input[index]

@advanced_index.derivative
def _(grad, input_shape, index):
    return advanced_put(grad, shape=tuple(input_shape), index=index)


@differentiable
def advanced_put(input, *, shape, index):
    """The transpose of an index with tensors: values added up at their places."""
    whole = array_module(input).zeros(shape, input.dtype)
    if is_mask(index):
        whole[index] = input                          # a mask names no place twice
    else:
        scatter_add(whole, index, input)
    return whole

@advanced_put.derivative
def _(grad, index):
    return advanced_index(grad, index=index)


def is_mask(index):
    """Whether an index has bool arrays and no integer arrays (so no place comes twice)."""
    arrays = [k for k in index if hasattr(k, "dtype")]
    return bool(arrays) and all(k.dtype.kind == "b" for k in arrays)


def normal(index, input):
    """An index as a tuple of what arrays take, whether it is basic, and whether integers stand in it."""
    index = index if isinstance(index, tuple) else (index,)
    out, basic, only_slices = [], True, True
    for k in index:
        if isinstance(k, Tensor):
            if k._array.dtype.kind == "f":
                raise IndexError(f"tensors used as indices must be long, int, byte or bool tensors, got {k.dtype}")
            a = k._array
            if a.dtype == numpy.uint8:
                a = a != 0
            if a.ndim == 0 and a.dtype.kind != "b" and on_host(a):
                out.append(int(a))
                only_slices = False
            else:
                out.append(a)
                basic = False
        elif isinstance(k, slice):
            out.append(checked_slice(k))
        elif k is None or k is Ellipsis:
            out.append(k)
        elif isinstance(k, bool):
            out.append(numpy.asarray(k))
            basic = False
        elif isinstance(k, int) or hasattr(k, "__index__"):
            out.append(python_operator.index(k))
            only_slices = False
        elif isinstance(k, (list, tuple, range, numpy.ndarray)):
            a = numpy.asarray(k if isinstance(k, numpy.ndarray) else [t.item() if isinstance(t, Tensor) else t for t in k] if not nested(k) else k)
            a = a.astype(numpy.int64) if a.size == 0 and a.dtype.kind == "f" else a
            if a.dtype.kind == "f":
                raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
            out.append(a if on_host(input._array) else to_device(a))
            basic = False
        else:
            raise TypeError(f"only integers, slices (`:`), ellipsis (`...`), None and long, int, byte or bool Variables are valid indices (got {type(k).__name__})")
    check(out, input)
    return tuple(out), basic, only_slices


def nested(k):
    """Whether a list holds lists."""
    return len(k) > 0 and isinstance(k[0], (list, tuple))


def checked_slice(s):
    """A slice of integers with a positive step."""
    parts = [python_operator.index(v) if v is not None else None for v in (s.start, s.stop, s.step)]
    if parts[2] is not None and parts[2] <= 0:
        raise ValueError("step must be greater than zero")
    return slice(*parts)


def check(index, input):
    """Torch's errors for too many indices, integers out of range, masks of another shape."""
    used = sum(k.ndim if hasattr(k, "dtype") and k.dtype.kind == "b" else 1 for k in index if k is not None and k is not Ellipsis)
    if used > input.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.ndim}")
    if sum(k is Ellipsis for k in index) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    d = 0
    for k in index:
        if k is Ellipsis:
            d += input.ndim - used
        elif isinstance(k, int):
            size = input.shape[d]
            if not -size <= k < size:
                raise IndexError(f"index {k} is out of bounds for dimension {d} with size {size}")
            d += 1
        elif hasattr(k, "dtype") and k.dtype.kind == "b":
            for n in range(k.ndim):
                if k.shape[n] != input.shape[d + n]:
                    raise IndexError(f"The shape of the mask {list(k.shape)} at index {n} does not match the shape of the indexed tensor {list(input.shape)} at index {d + n}")
            d += k.ndim
        elif hasattr(k, "dtype"):
            check_range(k, input.shape[d], d)
            d += 1
        elif k is not None:
            d += 1


def check_range(indices, size, dim=0):
    """Indices within [-size, size): looked at where that costs no synchronisation (a device wraps them instead)."""
    if on_host(indices) and indices.size:
        low, high = int(indices.min()), int(indices.max())
        if low < -size or high >= size:
            raise IndexError(f"index {high if high >= size else low} is out of bounds for dimension {dim} with size {size}")


def getitem(self, index):
    """The elements at an index: a view for integers and slices, a copy for tensors, lists and masks."""
    if type(index) is int:                            # the commonest of all, without detours
        if self._array.ndim == 0:
            raise IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number")
        size = self._array.shape[0]
        if not -size <= index < size:
            raise IndexError(f"index {index} is out of bounds for dimension 0 with size {size}")
        return select_index(self, index=(index, Ellipsis))
    index, basic, only_slices = normal(index, self)
    if not basic:
        return advanced_index(self, index=index)
    return (basic_index if only_slices else select_index)(self, index=(*index, Ellipsis) if Ellipsis not in index else index)


def setitem(self, index, value):
    """Write a value (broadcast, converted) at an index, in place.

    Raises:
        RuntimeError: the value does not fit, or the tensor is a leaf that requires a gradient.
    """
    from minitorch.ops.conversion import cast
    from minitorch.ops.inplace import copy_, fill_
    index, basic, _ = normal(index, self)
    if basic:
        target = basic_index(self, index=(*index, Ellipsis) if Ellipsis not in index else index)
        return fill_(target, value) if not isinstance(value, (Tensor, numpy.ndarray, list)) else copy_(target, value)
    if not isinstance(value, Tensor):
        value = wrap(array_module(self._array).asarray(value, dtype=self._array.dtype))
    if value._array.dtype != self._array.dtype:
        if value.ndim and value._array.dtype.kind == "f" and self._array.dtype.kind == "f" or value.ndim and value._array.dtype.kind != self._array.dtype.kind:
            raise RuntimeError(f"Index put requires the source and destination dtypes match, got {self.dtype.name.capitalize()} for the destination and {value.dtype.name.capitalize()} for the source.")
        value = cast(value, dtype=self._array.dtype)
    shape = self._array[index].shape
    if tuple(value.shape) != shape:
        lead = value.ndim - len(shape)
        if lead > 0 and set(value.shape[:lead]) == {1}:
            value = reshape_op(value, shape=tuple(value.shape[lead:]))
        try:
            value = expand_op(value, shape=shape)
        except ValueError:
            raise RuntimeError(f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to indexing result of shape {list(shape)}") from None
    return put_index_(self, value, index=index)


@differentiable(name="IndexPutBackward0")
def put_index(input, values, *, index):
    """`input` with `values` written at an index; of repeated places the last wins."""
    new = input.copy()
    new[index] = values
    return new

@put_index.derivative("input")
def _(grad, index):
    zero = array_module(getattr(grad, "_array", grad)).zeros((), getattr(grad, "_array", grad).dtype)
    return put_index(grad, zero, index=index)

@put_index.derivative("values")
def _(grad, index, values_shape):
    from minitorch.ops.reduction import sum_to
    return sum_to(advanced_index(grad, index=index), shape=tuple(values_shape))


@differentiable(name="IndexPutBackward0")
def add_index(input, values, *, index):
    """`input` with `values` added at an index; repeated places add up."""
    new = input.copy()
    scatter_add(new, index, values)
    return new

@add_index.derivative("input")
def _(grad):
    return grad

@add_index.derivative("values")
def _(grad, index, values_shape):
    from minitorch.ops.reduction import sum_to
    return sum_to(advanced_index(grad, index=index), shape=tuple(values_shape))


def index_put(input, indices, values, accumulate=False):
    """`input` with `values` written (or added) at the places that a tuple of index tensors names."""
    index, _, _ = normal(tuple(indices), input)
    if values._array.dtype != input._array.dtype:
        raise RuntimeError(f"Index put requires the source and destination dtypes match, got {input.dtype} for the destination and {values.dtype} for the source.")
    return (add_index if accumulate else put_index)(input, values, index=index)


def put_index_(self, values, *, index):
    from minitorch.ops.inplace import inplace
    return inplace(put_index, "index_put_")(self, values, index=index)


# ---- along one dimension ------------------------------------------------------------------------------------------------------

def index_array(index, name="index"):
    """The integer array of an index tensor."""
    if not isinstance(index, Tensor):
        raise TypeError(f"{name} must be a Tensor, got {type(index).__name__}")
    if index._array.dtype.kind not in "iu" or index._array.dtype.itemsize < 4:
        raise RuntimeError(f"Expected dtype int32/int64 for index, got {index.dtype}")
    return index._array


@differentiable(name="GatherBackward0")
def take_along(input, *, index, dim):
    xp = array_module(input)
    if input.ndim == 0:
        return input[()] + xp.zeros(index.shape, input.dtype)
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


def add_along(whole, index, values, dim):
    """whole[..., index, ...] += values along a dimension; repeated places add up."""
    if whole.ndim == 0:
        whole += values.sum()
    elif index.size:
        scatter_add(whole, places(array_module(whole), index, dim), values)


def check_gather(name, input, dim, index, src=None):
    """Torch's demands on the shapes of gather and scatter."""
    a = index_array(index)
    d = dim_of(dim, input.ndim)
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise RuntimeError(f"Index tensor must have the same number of dimensions as input tensor: got {index.ndim} and {input.ndim} in {name}")
    if a.size:
        for k in range(index.ndim):
            limit = input.shape[k] if input.ndim else 1
            if k != d and index.shape[k] > limit:
                raise RuntimeError(f"Size does not match at dimension {k} expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from dimension {d}")
        size = input.shape[d] if input.ndim else 1
        if on_host(a) and (int(a.min()) < 0 or int(a.max()) >= size):
            raise RuntimeError(f"index {int(a.max()) if a.max() >= size else int(a.min())} is out of bounds for dimension {d} with size {size}")
        if src is not None:
            if max(src.ndim, 1) != max(index.ndim, 1) or any(n > m for n, m in zip(index.shape, src.shape)):
                raise RuntimeError(f"Expected index {list(index.shape)} to be no larger than src {list(src.shape)} in every dimension")
    if src is not None and src._array.dtype != input._array.dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype, got {input.dtype} and {src.dtype}")
    return a.astype("int64", copy=False), d


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
        return take_along(reshape_op(input, shape=(input._array.size,)), index=indices._array.reshape(-1), dim=0)
    from minitorch.ops.shape import broadcast_shape
    d = dim_of(dim, input.ndim)
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
    if reduce is not None:
        return scatter_with(input, dim, index, src, {"add": "sum", "multiply": "prod"}.get(reduce, reduce))
    a, d = check_gather("scatter", input, dim, index, src if isinstance(src, Tensor) else None)
    if not isinstance(src, Tensor):
        src = wrap(array_module(input._array).full(a.shape, src, input._array.dtype))
    return scatter_op(input, trimmed(src, a.shape), index=a, dim=d)


def scatter_with(input, dim, index, src, reduce):
    """The older `reduce=` of scatter, without a gradient for products."""
    a, d = check_gather("scatter", input, dim, index, src if isinstance(src, Tensor) else None)
    if reduce not in ("sum", "prod"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if not isinstance(src, Tensor):
        src = wrap(array_module(input._array).full(a.shape, src, input._array.dtype))
    if reduce == "sum":
        return scatter_add_op(input, trimmed(src, a.shape), index=a, dim=d)
    new = input._array.copy()
    numpy.multiply.at(new, places(numpy, a, d), trimmed(src, a.shape)._array)
    return wrap(new)


def scatter_add_function(input, dim, index, src):
    """`input` with `src` added at `index` along a dimension; repeated places add up.

    Raises:
        RuntimeError: shapes or dtypes that do not fit, or an index out of range.
    """
    a, d = check_gather("scatter_add", input, dim, index, src)
    return scatter_add_op(input, trimmed(src, a.shape), index=a, dim=d)


scatter_add_function.__name__ = "scatter_add"


@differentiable(name="ScatterReduceBackward0")
def scatter_reduce_op(input, src, *, index, dim, reduce):
    new = input.copy()
    if index.size and new.ndim:
        (scatter_max if reduce == "amax" else scatter_min)(new, places(array_module(new), index, dim), src)
    return new

@scatter_reduce_op.derivative                         # shared evenly among the values that are the extreme of their place
def _(grad, input, src, out, index, dim, needs):
    mine = (input == out) * 1.0
    theirs = (src == take_along(out, index=index, dim=dim)) * 1.0
    count = scatter_add_op(getattr(mine, "_array", mine), getattr(theirs, "_array", theirs), index=index, dim=dim)
    part = grad / count.astype(getattr(grad, "_array", grad).dtype)
    return part * mine if needs[0] else None, take_along(part, index=index, dim=dim) * theirs if needs[1] else None


def index_select(input, dim, index):
    """The slices of a tensor at the places of a 1-d index along a dimension.

    Raises:
        IndexError: the index is not a vector, or out of range.
    """
    a = index_array(index)
    d = dim_of(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
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
    a, d = index_array(index), dim_of(dim, input.ndim)
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(f"index_add_(): self ({input.dtype}) and source ({source.dtype}) must have the same scalar type")
    if index.ndim > 1:
        raise IndexError(f"index_add_(): Index is supposed to be a vector, but got dim: {index.ndim}")
    if input.ndim and (source.ndim != input.ndim or source.shape[d] != a.size or any(n != m for k, (n, m) in enumerate(zip(source.shape, input.shape)) if k != d)):
        raise RuntimeError(f"source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = {list(input.shape)} source.shape = {list(source.shape)}")
    check_range(a, input.shape[d] if input.ndim else 1, d)
    return index_add_op(input, source if alpha == 1 else source * alpha, index=(slice(None),) * d + (a.reshape(-1),) if input.ndim else ...)


def index_copy(input, dim, index, source):
    """`input` with source written into the slices that a 1-d index names."""
    a, d = index_array(index), dim_of(dim, input.ndim)
    check_range(a, input.shape[d] if input.ndim else 1, d)
    return put_index(input, source, index=(slice(None),) * d + (a.reshape(-1),))


def index_fill(input, dim, index, value):
    """`input` with a number written into the slices that a 1-d index names."""
    a, d = index_array(index), dim_of(dim, input.ndim)
    check_range(a, input.shape[d] if input.ndim else 1, d)
    if not isinstance(value, Tensor):
        value = wrap(array_module(input._array).asarray(value, dtype=input._array.dtype))
    return put_index(input, value, index=(slice(None),) * d + (a.reshape(-1),))


# ---- masks ----------------------------------------------------------------------------------------------------------------------

def mask_of(mask, name):
    """The bool array of a mask."""
    if not isinstance(mask, Tensor):
        raise TypeError(f"{name}: mask must be a Tensor, got {type(mask).__name__}")
    if mask._array.dtype.kind != "b":
        raise RuntimeError(f"{name} only supports boolean masks, but got mask with dtype {mask.dtype}")
    return mask._array


@differentiable(name="MaskedFillBackward0")
def masked_fill_op(input, value, *, mask):
    return array_module(input).where(mask, value, input)

@masked_fill_op.derivative("input")
def _(grad, mask):
    return masked_fill_op(grad, 0.0, mask=mask)

@masked_fill_op.derivative("value")
def _(grad, mask):
    from minitorch.ops.reduction import sum_to
    return sum_to(masked_fill_op(grad, 0.0, mask=~mask), shape=())


def masked_fill(input, mask, value):
    """`input` with a number (or a 0-d tensor) where the mask is True; the two broadcast.

    Raises:
        RuntimeError: a mask that is not bool, or a value with dimensions.

    Example:
        >>> import minitorch as torch
        >>> torch.masked_fill(torch.ones(2), torch.tensor([True, False]), 0)
        tensor([0., 1.])
    """
    from minitorch.ops.conversion import cast
    from minitorch.ops.shape import broadcast_shape
    m = mask_of(mask, "masked_fill")
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(f"masked_fill only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s).")
        value = cast(value, dtype=input._array.dtype) if value._array.dtype != input._array.dtype else value
    else:
        value = value_in(value, input)
    shape = broadcast_shape(tuple(input.shape), m.shape)
    if shape != tuple(input.shape):
        input = expand_op(input, shape=shape)
    return masked_fill_op(input, value, mask=array_module(m).broadcast_to(m, shape))


def value_in(value, input):
    """A number as a 0-d array of the tensor's dtype; a float does not fit integers."""
    if isinstance(value, float) and input._array.dtype.kind in "iub":
        if value != int(value) if value == value and abs(value) != float("inf") else True:
            raise RuntimeError(f"value cannot be converted to type {input.dtype} without overflow")
    return array_module(input._array).asarray(value, dtype=input._array.dtype)


def masked_select(input, mask):
    """The values where the mask is True, as a vector; the two broadcast."""
    from minitorch.ops.shape import broadcast_shape
    m = mask_of(mask, "masked_select")
    shape = broadcast_shape(tuple(input.shape), m.shape)
    whole = expand_op(input, shape=shape) if shape != tuple(input.shape) else input
    return masked_select_op(whole, index=(array_module(m).broadcast_to(m, shape),))


masked_select_op = named(advanced_index, "MaskedSelectBackward0")


def nonzero(input, *, as_tuple=False):
    """The indices of nonzero values: one row an element, or one vector a dimension (waits for the device)."""
    found = array_module(input._array).nonzero(input._array.reshape(1) if input.ndim == 0 else input._array)
    if as_tuple:
        return tuple(wrap(k) for k in found)
    xp = array_module(input._array)
    if input.ndim == 0:
        return wrap(xp.zeros((found[0].size, 0), "int64"))
    return wrap(xp.stack(found, 1))


def argwhere(input):
    """The indices of nonzero values, one row an element."""
    return nonzero(input)


# ---- diagonals and triangles -----------------------------------------------------------------------------------------------------

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
    return diagonal_put(input, shape=shape, offset=offset, dim1=a, dim2=b)


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
    return triu_op(input, diagonal=diagonal)


def tril(input, diagonal=0):
    """The lower triangle of matrices, zeros above the given diagonal."""
    if input.ndim < 2:
        raise RuntimeError("tril: input tensor must have at least 2 dimensions")
    return tril_op(input, diagonal=diagonal)


def select(input, dim, index):
    """The view at one place of a dimension, which it lacks."""
    if input.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    d = dim_of(dim, input.ndim)
    if not -input.shape[d] <= index < input.shape[d]:
        raise IndexError(f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {d}")
    return select_index(input, index=(slice(None),) * d + (index, Ellipsis))

