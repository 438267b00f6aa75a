"""Indexing: reading and writing by slices, integers, masks and index tensors.

A basic index (integers, slices, None, ...) gives a view. An index with tensors, lists or masks gives a copy; its gradient
adds up where an element was taken several times.
"""
import operator as python_operator

import numpy

from minitorch import dtypes
from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module, device_name, on_host, scatter_add, to_device
from minitorch.ops.shape import expand_op, reshape_op
from minitorch.tensor import Tensor, mode, version_counter, wrap

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
        elif isinstance(k, (list, tuple, range, numpy.ndarray)):
            plain = isinstance(k, numpy.ndarray) or nested(k)
            a = numpy.asarray(k if plain else [t.item() if isinstance(t, Tensor) else t for t in k])
            a = a.astype(numpy.int64) if a.size == 0 and a.dtype.kind == "f" else a
            if a.dtype.kind == "f":
                raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
            out.append(to_device(a, device_name(input._array)))
            basic = False
        elif isinstance(k, int) or hasattr(k, "__index__") and not isinstance(k, numpy.bool_):
            out.append(python_operator.index(k))
            only_slices = False
        else:
            raise (TypeError if isinstance(k, str) else IndexError)(
                "only integers, slices (`:`), ellipsis (`...`), None and long, int, byte or bool Variables are valid indices "
                f"(got {type(k).__name__})")
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
                    raise IndexError(f"The shape of the mask {list(k.shape)} at index {n} does not match the shape of the indexed tensor "
                                     f"{list(input.shape)} at index {d + n}")
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
            raise IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
                             "0-dim tensor to a number")
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
    from minitorch.ops.inplace import check_writable, copy_, fill_
    index, basic, _ = normal(index, self)
    if not isinstance(value, (Tensor, int, float)):
        raise TypeError(f"can't assign a {type(value).__name__} to a torch.{self.dtype.legacy}: assign a Tensor or a number")
    if basic:
        index = (*index, Ellipsis) if Ellipsis not in index else index
        if not isinstance(value, Tensor) and not (mode.grad and self.requires_grad):
            check_writable(self, False)
            self._array[index] = dtypes.number_for(value, self._array.dtype)
            version_counter(self)[0] += 1
            return None
        target = basic_index(self, index=index)
        if not isinstance(value, Tensor):
            return fill_(target, value)
        lead = value.ndim - target.ndim               # leading sizes of 1 are dropped
        return copy_(target, reshape_op(value, shape=tuple(value.shape[lead:])) if lead > 0 and set(value.shape[:lead]) == {1} else value)
    if not isinstance(value, Tensor):
        value = wrap(array_module(self._array).asarray(dtypes.number_for(value, self._array.dtype), dtype=self._array.dtype))
    if value._array.dtype != self._array.dtype:
        given, have = value._array.dtype.kind, self._array.dtype.kind
        if value.ndim and (given == have == "f" or given != have):
            raise RuntimeError(f"Index put requires the source and destination dtypes match, got {self.dtype.name.capitalize()} for the "
                               f"destination and {value.dtype.name.capitalize()} for the source.")
        value = cast(value, dtype=self._array.dtype)
    shape = self._array[index].shape
    if tuple(value.shape) != shape:
        lead = value.ndim - len(shape)
        if lead > 0 and set(value.shape[:lead]) == {1}:
            value = reshape_op(value, shape=tuple(value.shape[lead:]))
        try:
            value = expand_op(value, shape=shape)
        except ValueError:
            raise RuntimeError(f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to indexing result of "
                               f"shape {list(shape)}") from None
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
        raise RuntimeError(f"Index put requires the source and destination dtypes match, got {input.dtype} for the destination and "
                           f"{values.dtype} for the source.")
    shape = input._array[index].shape
    if any(n not in (1, m) for n, m in zip(values._array.shape[::-1], shape[::-1])) or values.ndim > len(shape):
        raise RuntimeError(f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing result of shape "
                           f"{list(shape)}")
    return (add_index if accumulate else put_index)(input, values, index=index)


def put_index_(self, values, *, index):
    from minitorch.ops.inplace import inplace
    return inplace(put_index, "index_put_")(self, values, index=index)


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


masked_fill_tensor = named(masked_fill_op, "MaskedFillBackward1")


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
    op = masked_fill_tensor if isinstance(value, Tensor) else masked_fill_op
    return op(input, value, mask=array_module(m).broadcast_to(m, shape))


def value_in(value, input):
    """A number as a 0-d array of the tensor's dtype; a float does not fit integers."""
    if not isinstance(value, (bool, int, float)) and not hasattr(value, "dtype"):
        raise TypeError(f"expected a number or a Tensor for 'value', but got {type(value).__name__}")
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
