"""New tensors from numbers, sizes and data."""
import math

import numpy

from minitorch import dtypes
from minitorch.backend import default, to_device
from minitorch.boxmuller import affine64
from minitorch.ops.conversion import from_numpy, full_name
from minitorch.ops.shape import sizes
from minitorch.tensor import Tensor, device, wrap

default_device = device("cpu") if default is numpy else device("cuda", 0)


def set_default_device(place):
    """Make a device the place of new tensors."""
    global default_device
    default_device = device(place) if place is not None else device("cpu")


def get_default_device():
    """The place of new tensors."""
    return default_device


def library(place):
    """The array library of a device (of the default one for None)."""
    place = default_device if place is None else device(place)
    if place.type == "cpu":
        return numpy
    full_name(place)
    if default is numpy:
        raise RuntimeError(f"device {place} asked for, but minitorch computes with NumPy: set MINITORCH_BACKEND=cupy")
    return default


def placed(array, place):
    """An array of the host on a device (on the default one for None)."""
    return to_device(array, full_name(default_device if place is None else place))


def new(array, requires_grad=False):
    """The tensor of a new array."""
    out = wrap(array)
    return out.requires_grad_() if requires_grad else out


def kind_of(dtype):
    """NumPy's dtype of `dtype`, the default dtype for None."""
    return dtypes.default_numpy() if dtype is None else dtypes.to_numpy(dtype)


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of a copy of the data: numbers, nested sequences, arrays or tensors.

    Raises:
        ValueError: nested sequences of unequal lengths.
        TypeError: data that is no number.
        RuntimeError: `requires_grad` with a dtype that is not floating.

    Example:
        >>> import minitorch as torch
        >>> torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        tensor([[1., 2.],
                [3., 4.]])
    """
    if isinstance(data, Tensor):
        array = data._array.copy()
        return new(placed_like(array if dtype is None else array.astype(kind_of(dtype)), data, device), requires_grad)
    return new(placed(as_host_array(data, dtype, copy=True), device), requires_grad)


def placed_like(array, source, place):
    """An array where it is asked to be, or where its source is."""
    return array if place is None else to_device(array, full_name(place))


def as_host_array(data, dtype=None, copy=None):
    """A NumPy array of data with torch's inference of the dtype: Python floats make the default dtype, ints int64, bools bool."""
    if isinstance(data, numpy.ndarray) or isinstance(data, numpy.generic):
        array = numpy.array(data, copy=copy)
        dtypes.of(array)
        return array if dtype is None else array.astype(kind_of(dtype), copy=False)
    try:
        array = numpy.array(plain(data))
    except ValueError as error:
        if "inhomogeneous" in str(error):
            raise ValueError(f"expected sequences of equal lengths at every depth of the data: {error}") from None
        raise
    if array.dtype.kind not in "fiub":
        if array.dtype.kind == "O":
            raise TypeError(f"must be real number, not {type(first_odd(data)).__name__}")
        raise TypeError(f"new(): invalid data type '{type(first_odd(data)).__name__}'")
    if dtype is not None:
        return array.astype(kind_of(dtype), copy=False)
    if array.size == 0 and array.dtype == numpy.float64 or array.dtype.kind == "f" and not holds_numpy(data):
        return array.astype(dtypes.default_numpy())
    if array.dtype.kind == "u" and array.dtype.itemsize == 8:
        raise RuntimeError("value cannot be converted to type int64_t without overflow")
    return array


def plain(data):
    """Nested sequences with Tensors inside as numbers."""
    if isinstance(data, Tensor):
        return data.detach().cpu().numpy()
    if isinstance(data, (list, tuple)):
        return [plain(x) for x in data] if any(isinstance(x, (Tensor, list, tuple)) for x in data) else data
    return data


def holds_numpy(data):
    """Whether the first number of nested data is NumPy's: it then keeps its own dtype."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (numpy.generic, numpy.ndarray))


def first_odd(data):
    """The first element that is no number."""
    if isinstance(data, (list, tuple)):
        for x in data:
            odd = first_odd(x)
            if odd is not None:
                return odd
        return None
    return None if isinstance(data, (int, float, bool, Tensor, numpy.generic)) else data


def as_tensor(data, dtype=None, device=None):
    """A tensor of the data, on the same memory where dtype and device allow."""
    if isinstance(data, Tensor):
        return data.to(device=device, dtype=dtype)
    if isinstance(data, numpy.ndarray):
        out = from_numpy(data)
        return out if dtype is None and device is None else out.to(device=device, dtype=dtype)
    return tensor(data, dtype=dtype, device=device)


def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False):
    """As `as_tensor`; with `copy=True` always a copy."""
    out = as_tensor(obj, dtype, device)
    out = out.clone().detach() if copy else out
    return out.requires_grad_() if requires_grad else out


def checked(shape):
    """A shape without negative sizes."""
    shape = sizes(shape)
    if any(s < 0 for s in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape


def filler(name, method, doc):
    """zeros, ones and empty: a shape as numbers or as one sequence."""
    def function(*size, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, memory_format=None,
                 names=None):
        size = size or (function.missing(),)
        made = new(getattr(library(device), method)(checked(size), kind_of(dtype)), requires_grad)
        if out is not None:
            from minitorch.ops.inplace import overwrite
            return overwrite(out, made, resize=True)
        return made

    def missing():
        raise TypeError(f"{name}() received an invalid combination of arguments: a size is required, got none")
    function.missing = missing
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


zeros = filler("zeros", "zeros", """A tensor of zeros.

    Example:
        >>> import minitorch as torch
        >>> torch.zeros(2, 3)
        tensor([[0., 0., 0.],
                [0., 0., 0.]])
    """)
ones = filler("ones", "ones", "A tensor of ones.")
empty = filler("empty", "empty", "A tensor whose values are not set.")


def full(size, fill_value, *, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of one value; without `dtype`, of the dtype that the value has in `tensor`."""
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    kind = dtypes.number_type(fill_value) if dtype is None else dtypes.to_numpy(dtype)
    return new(library(device).full(checked((size,)), fill_value, kind), requires_grad)


def like(name, method):
    """zeros_like and its kin: shape, dtype, device and layout of another tensor."""
    def function(input, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, memory_format="preserve_format"):
        from minitorch.ops.conversion import memory_order
        xp = library(input.device if device is None else device)
        array = getattr(xp, method)(input._array, dtype=None if dtype is None else dtypes.to_numpy(dtype),
                                    order=memory_order(memory_format))
        return new(array, requires_grad)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`{name[:-5]}` with the shape, dtype, device and layout of another tensor."
    return function


zeros_like, ones_like, empty_like = like("zeros_like", "zeros_like"), like("ones_like", "ones_like"), like("empty_like", "empty_like")


def full_like(input, fill_value, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
              memory_format="preserve_format"):
    """One value in the shape, dtype, device and layout of another tensor."""
    out = empty_like(input, dtype=dtype, device=device, memory_format=memory_format)
    out._array[...] = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    return out.requires_grad_() if requires_grad else out


def newer(name, make):
    """`tensor.new_zeros(size)` and its kin: dtype and device of this tensor unless given."""
    def method(self, *args, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
        return make(*args, dtype=self.dtype if dtype is None else dtype, device=self.device if device is None else device,
                    requires_grad=requires_grad)
    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`torch.{name[4:]}` with this tensor's dtype and device."
    return method


new_zeros, new_ones = newer("new_zeros", zeros), newer("new_ones", ones)
new_empty, new_full = newer("new_empty", empty), newer("new_full", full)


def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """`torch.tensor(data)` with this tensor's dtype and device."""
    return tensor(data, dtype=self.dtype if dtype is None else dtype, device=self.device if device is None else device,
                  requires_grad=requires_grad)


def arange(start, end=None, step=1, *, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """start, start + step ... below end; int64 if all three are integers, else the default dtype.

    Raises:
        RuntimeError: a step of 0, or one that leads away from the end.

    Example:
        >>> import minitorch as torch
        >>> torch.arange(1, 7, 2)
        tensor([1, 3, 5])
    """
    start, end = (0, start) if end is None else (start, end)
    start, end, step = [x.item() if isinstance(x, (Tensor, numpy.generic)) else x for x in (start, end, step)]
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    whole = all(isinstance(x, int) for x in (start, end, step))
    kind = dtypes.to_numpy(dtype) if dtype is not None else dtypes.int64.numpy if whole else dtypes.default_numpy()
    n = math.ceil((end - start) / step)
    xp = library(device)
    steps = xp.arange(n, dtype="int64" if kind.kind != "f" and whole else "float64")
    return new((start + steps * step).astype(kind), requires_grad)


def linspace(start, end, steps, *, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """`steps` numbers from start to end, both included, equally spaced.

    Raises:
        RuntimeError: a negative number of steps.
    """
    start, end = [x.item() if isinstance(x, Tensor) else x for x in (start, end)]
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    kind, at = kind_of(dtype), numpy.arange(steps)
    if kind.kind != "f":
        start, end = int(start), int(end)
        step = (end - start) / (steps - 1) if steps > 1 else 0.0
        forward, back = start + step * at, end - step * (steps - 1 - at)
    else:
        first, last = kind.type(start), kind.type(end)
        step = float(kind.type((last - first) / kind.type(steps - 1))) if steps > 1 else 0.0
        if kind.itemsize == 2:
            index = at.astype(kind)
            forward, back = float(first) + index * step, float(last) - (steps - 1 - index) * step
        else:                                         # torch fuses product and sum: they are rounded once
            index = at.astype("float64")
            forward, back = affine64(index, step, float(first)), affine64(steps - 1 - index, -step, float(last))
    values = numpy.where(at < steps // 2, forward, back) if steps != 1 else numpy.full(1, start)
    return new(placed(values.astype(kind), device), requires_grad)


def eye(n, m=None, *, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The identity matrix, of n rows and m columns (n unless given)."""
    m = n if m is None else m
    if n < 0 or m < 0:
        raise RuntimeError(f"n must be greater or equal to 0, got {min(n, m)}")
    return new(library(device).eye(n, m, dtype=kind_of(dtype)), requires_grad)


def triangle_indices(name, lower):
    """tril_indices and triu_indices: rows and columns of a triangle."""
    def function(row, col, offset=0, *, dtype=dtypes.int64, device=None, layout=None):
        if row < 0 or col < 0:
            raise RuntimeError(f"row and col must be non-negative, got {row} and {col}")
        xp = library(device)
        inside = xp.arange(col)[None, :] - xp.arange(row)[:, None]
        rows, cols = xp.nonzero(inside <= offset if lower else inside >= offset)
        return wrap(xp.stack([rows, cols]).astype(dtypes.to_numpy(dtype)))
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The indices of the {'lower' if lower else 'upper'} triangle of a matrix: a row of rows and a row of columns."
    return function


tril_indices, triu_indices = triangle_indices("tril_indices", True), triangle_indices("triu_indices", False)


def is_tensor(obj):
    """Whether an object is a Tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input):
    """Whether the dtype of a tensor is floating."""
    return input.dtype.is_floating_point


def numel(input):
    """The number of elements."""
    return input._array.size


def legacy_new(cls, *args, dtype=None, device=None):
    """`torch.Tensor(2, 3)` (values not set) and `torch.Tensor(data)`, both of the default dtype."""
    kind = dtypes.get_default_dtype() if dtype is None else dtype
    if not args:
        return wrap(library(device).empty(0, kind.numpy))
    if len(args) == 1 and isinstance(args[0], Tensor):
        return wrap(args[0]._array) if args[0].dtype is kind else args[0].detach().to(kind)
    if len(args) == 1 and (isinstance(args[0], (list, numpy.ndarray)) or isinstance(args[0], tuple) and not hasattr(args[0], "numel")):
        return tensor(args[0], dtype=kind, device=device)
    return empty(*args, dtype=kind, device=device)

