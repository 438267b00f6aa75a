"""New tensors from numbers, sizes and data."""
import math
import operator

import numpy

from minitorch import dtypes
from minitorch.backend import default, library_on, to_device
from minitorch.boxmuller import affine32, affine64
from minitorch.ops.conversion import full_name, memory_order
from minitorch.ops.shape import sizes
from minitorch.tensor import Tensor, device, wrap

default_device = device("cpu") if default is numpy else device("cuda")


def set_default_device(place):
    """Make a device the place of new tensors; None stands for the CPU.

    Example:
        >>> import minitorch as torch
        >>> torch.set_default_device("cpu")
        >>> torch.get_default_device()
        device(type='cpu')
    """
    global default_device
    default_device = device(place) if place is not None else device("cpu")


def get_default_device():
    """The place of new tensors, with its index where it is a CUDA device."""
    return device(full_name(default_device))


outer_devices = []                                    # of the `with torch.device(...)` blocks that are open


def enter_device(self):
    """`with torch.device("cuda"):` makes that device the place of new tensors within the block."""
    outer_devices.append(default_device)
    set_default_device(self)
    return self


def leave_device(self, *error):
    """The end of such a block."""
    set_default_device(outer_devices.pop())


def library(place):
    """`with library(device) as xp`: the array library of a device (of the default one for None), which makes its arrays there."""
    return library_on(full_name(default_device if place is None else place))


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


def checked(shape):
    """A shape without negative sizes."""
    shape = sizes(shape)
    if any(s < 0 for s in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape


def output_kind(dtype, out, fallback):
    """NumPy's dtype of a result: that of `out` if there is one, else of `dtype`, else the fallback.

    Raises:
        RuntimeError: `out` has another dtype than `dtype`, or requires a gradient.
    """
    if out is None:
        return fallback if dtype is None else dtypes.to_numpy(dtype)
    if not isinstance(out, Tensor):
        raise TypeError(f"argument 'out' must be Tensor, not {type(out).__name__}")
    if out.requires_grad:
        raise RuntimeError("functions with out=... arguments don't support automatic differentiation, but one of the arguments requires "
                           "grad.")
    if dtype is not None and dtypes.to_numpy(dtype) != out._array.dtype:
        raise RuntimeError(f"dtype {dtype} does not match dtype of out parameter ({out.dtype})")
    return out._array.dtype


def delivered(array, out, requires_grad):
    """A new tensor of the array, or `out` holding it."""
    if out is None:
        return new(array, requires_grad)
    from minitorch.ops.inplace import overwrite
    overwrite(out, wrap(array))
    return out.requires_grad_() if requires_grad else out


def number(value, where):
    """A Python number of what stands for one: a number of NumPy's, a 0-d tensor without a gradient.

    Raises:
        TypeError: something else.
    """
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, Tensor) and value.ndim == 0 and not value.requires_grad:
        return value._array.item()
    if isinstance(value, numpy.bool_):
        return float(value)
    if isinstance(value, (numpy.integer, numpy.floating)):
        return value.item()
    raise TypeError(f"{where} must be Number, not {type(value).__name__}")


def whole(value, where):
    """An integer of what stands for one.

    Raises:
        TypeError: something else, a bool for example.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{where} must be int, not {type(value).__name__}")
    return operator.index(value)


def filler(name, method, doc):
    """zeros, ones and empty: a shape as numbers or as one sequence."""
    def function(*args, size=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
                 **settings):
        memory_format = settings.pop("memory_format", None) if name == "empty" else None
        if settings:
            raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(settings))}'")
        if memory_format is not None and (out is not None or memory_order(memory_format) == "K"):
            raise RuntimeError("unsupported memory format Preserve" if out is None else
                               "'memory_format' argument is incompatible with 'out' tensor argument")
        if not args and size is None:
            raise TypeError(f"{name}() received an invalid combination of arguments: a size is required, got none")
        kind = output_kind(dtype, out, dtypes.default_numpy())
        with library(device) as xp:
            return delivered(getattr(xp, method)(checked(args or (size,)), kind), out, requires_grad)
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
ones = filler("ones", "ones", """A tensor of ones.

    Example:
        >>> import minitorch as torch
        >>> torch.ones((2,), dtype=torch.int64)
        tensor([1, 1])
    """)
empty = filler("empty", "empty", """A tensor whose values are not set.

    Example:
        >>> import minitorch as torch
        >>> torch.empty(2, 3).shape
        torch.Size([2, 3])
    """)


def full(size, fill_value, *, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of one value; without `dtype`, of the dtype that the value has in `tensor`.

    Raises:
        TypeError: a size that is no sequence, a value that is no number.
        RuntimeError: the dtype cannot hold the value.

    Example:
        >>> import minitorch as torch
        >>> torch.full((2,), 0.5)
        tensor([0.5000, 0.5000])
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    value = number(fill_value, "full(): argument 'fill_value' (position 2)")
    kind = output_kind(dtype, out, dtypes.number_type(value))
    with library(device) as xp:
        return delivered(xp.full(checked((size,)), dtypes.number_for(value, kind), kind), out, requires_grad)


def like(name, method):
    """zeros_like and its kin: shape, dtype, device and layout of another tensor."""
    def function(input, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, memory_format="preserve_format"):
        kind = input._array.dtype if dtype is None else dtypes.to_numpy(dtype)
        with library(input.device) as xp:
            made = getattr(xp, method)(input._array, dtype=kind, order=memory_order(memory_format))
        return new(made if device is None else placed(made, device), requires_grad)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""`{name[:-5]}` with the shape, dtype, device and layout of another tensor.

    Example:
        >>> import minitorch as torch
        >>> torch.{name}(torch.tensor([2, 3])).dtype
        torch.int64
    """
    return function


zeros_like, ones_like, empty_like = like("zeros_like", "zeros_like"), like("ones_like", "ones_like"), like("empty_like", "empty_like")


def full_like(input, fill_value, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
              memory_format="preserve_format"):
    """One value in the shape, dtype, device and layout of another tensor.

    Example:
        >>> import minitorch as torch
        >>> torch.full_like(torch.ones(2), 7)
        tensor([7., 7.])
    """
    value = number(fill_value, "full_like(): argument 'fill_value' (position 2)")
    out = empty_like(input, dtype=dtype, device=device, memory_format=memory_format)
    out._array[...] = dtypes.number_for(value, out._array.dtype)
    return out.requires_grad_() if requires_grad else out


def newer(name, make):
    """`tensor.new_zeros(size)` and its kin: dtype and device of this tensor unless given."""
    def method(self, *args, dtype=None, device=None, **settings):
        if "out" in settings:
            raise TypeError(f"{name}() got an unexpected keyword argument 'out'")
        return make(*args, dtype=self.dtype if dtype is None else dtype, device=self.device if device is None else device, **settings)
    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`torch.{name[4:]}` with this tensor's dtype and device."
    return method


new_zeros, new_ones = newer("new_zeros", zeros), newer("new_ones", ones)
new_empty, new_full = newer("new_empty", empty), newer("new_full", full)


def arange(start=Ellipsis, end=Ellipsis, step=1, *, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """start, start + step ... below end; int64 if all three are integers, else the default dtype.

    Raises:
        RuntimeError: a step of 0, one that leads away from the end, or a range without an end.
        TypeError: arguments that are no numbers.

    Example:
        >>> import minitorch as torch
        >>> torch.arange(1, 7, 2)
        tensor([1, 3, 5])
    """
    if end is Ellipsis:
        start, end = 0, start
    start = 0 if start is Ellipsis else start
    all_whole = type(start) is type(end) is type(step) is int
    if not all_whole:
        start, end, step = [number(v, f"arange(): argument '{name}'") for name, v in (("start", start), ("end", end), ("step", step))]
        all_whole = all(isinstance(v, int) for v in (start, end, step))
    kind = output_kind(dtype, out, dtypes.int64.numpy if all_whole else dtypes.default_numpy())
    if kind.kind == "b":
        raise NotImplementedError('"arange_cpu" not implemented for \'Bool\': ask for integers and convert them')
    if not all_whole and not (math.isfinite(start) and math.isfinite(end) and math.isfinite(step)):
        raise RuntimeError(f"unsupported range: {start} -> {end} by {step}")
    if kind == numpy.int64:                           # torch counts the steps of int64 in integers, of all others in float64
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        raise (RuntimeError if all_whole else ValueError)("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    n = -((start - end) // step) if kind == numpy.int64 else math.ceil((end - start) / step)
    if kind.kind != "f":
        dtypes.number_for(step, numpy.dtype("int64"))
        start, step = int(start), int(step)
    with library(device) as xp:
        values = xp.arange(n, dtype="float64" if kind.kind == "f" else "int64")
        if step != 1:
            values *= step
        if start != 0:
            values += start
        return delivered(values.astype(kind, copy=False), out, requires_grad)


def linspace(start, end, steps, *, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """`steps` numbers from start to end, both included, equally spaced.

    Raises:
        RuntimeError: a negative number of steps.
        TypeError: arguments that are no numbers.

    Example:
        >>> import minitorch as torch
        >>> torch.linspace(0, 1, 3)
        tensor([0.0000, 0.5000, 1.0000])
    """
    for name, value in (("start", start), ("end", end)):
        if isinstance(value, Tensor) and value.ndim:
            raise RuntimeError(f"linspace only supports 0-dimensional start and end tensors, but got {name} with {value.ndim} "
                               "dimension(s).")
    start, end = number(start, "linspace(): argument 'start' (position 1)"), number(end, "linspace(): argument 'end' (position 2)")
    steps, kind = whole(steps, "linspace(): argument 'steps' (position 3)"), output_kind(dtype, out, dtypes.default_numpy())
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if kind.kind == "b":
        raise NotImplementedError('"linspace_cpu" not implemented for \'Bool\': ask for integers and convert them')
    at = numpy.arange(steps)
    if kind.kind != "f":
        start, end = (int(v) % 256 if kind == "u1" else int(v) for v in (start, end))      # unsigned ones wrap, as in torch
        step = (end - start) / (steps - 1) if steps > 1 else 0.0
        forward, back = start + step * at, end - step * (steps - 1 - at)
    else:
        first, last = kind.type(start), kind.type(end)
        step = float(kind.type((last - first) / kind.type(steps - 1))) if steps > 1 else 0.0
        if kind.itemsize == 2 or not math.isfinite(step):
            index = at.astype(kind)
            forward, back = float(first) + index * step, float(last) - (steps - 1 - index) * step
        else:                                         # torch fuses product and sum: they are rounded once
            small = kind == numpy.float32 and steps <= 2**24
            index, affine = (at.astype("float32"), affine32) if small else (at.astype("float64"), affine64)
            half = steps // 2
            forward, back = affine(index[:half], step, float(first)), affine(index[steps - half - 1::-1], -step, float(last))
            values = numpy.concatenate([forward, back])
    if kind.kind != "f" or kind.itemsize == 2 or not math.isfinite(step):
        values = numpy.where(at < steps // 2, forward, back)
    if steps == 1:
        values = numpy.full(1, start)
    return delivered(placed(values.astype(kind), device), out, requires_grad)


def eye(n, m=Ellipsis, *, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The identity matrix, of n rows and m columns (n unless given).

    Raises:
        RuntimeError: a negative size. TypeError: a size that is no integer.

    Example:
        >>> import minitorch as torch
        >>> torch.eye(2)
        tensor([[1., 0.],
                [0., 1.]])
    """
    n = whole(n, "eye(): argument 'n' (position 1)")
    m = n if m is Ellipsis else whole(m, "eye(): argument 'm' (position 2)")
    if n < 0 or m < 0:
        raise RuntimeError(f"n and m must be greater or equal to 0, got {min(n, m)}")
    with library(device) as xp:
        return delivered(xp.eye(n, m, dtype=output_kind(dtype, out, dtypes.default_numpy())), out, requires_grad)


def triangle_indices(name, lower):
    """tril_indices and triu_indices: rows and columns of a triangle."""
    def function(row, col, offset=0, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
        kind = dtypes.to_numpy(dtypes.int64 if dtype is None else dtype)
        if kind.kind not in "iu" or kind.itemsize < 4:
            raise NotImplementedError(f'"{name}" not implemented for {dtype}: int32 and int64 are')
        if requires_grad:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        if row < 0 or col < 0:
            raise RuntimeError(f"row and col must be non-negative, got {row} and {col}")
        inside = numpy.arange(col)[None, :] - numpy.arange(row)[:, None]      # on the host: a device would wait for the number of places
        places = numpy.nonzero(inside <= offset if lower else inside >= offset)
        return wrap(placed(numpy.stack(places).astype(kind), device))
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The indices of the {'lower' if lower else 'upper'} triangle of a matrix: a row of rows and a row of columns."
    return function


tril_indices, triu_indices = triangle_indices("tril_indices", True), triangle_indices("triu_indices", False)


def is_tensor(obj, /):
    """Whether an object is a Tensor.

    Example:
        >>> import minitorch as torch
        >>> torch.is_tensor(torch.ones(2)), torch.is_tensor([1.0, 1.0])
        (True, False)
    """
    return isinstance(obj, Tensor)


def is_floating_point(input):
    """Whether the dtype of a tensor is floating."""
    return input.dtype.is_floating_point


def is_complex(input):
    """Whether the dtype of a tensor is complex: never, minitorch has none."""
    return input.dtype.is_complex


def is_signed(input):
    """Whether the dtype of a tensor has negative values."""
    return input.dtype.is_signed


def is_nonzero(input):
    """Whether the one element of a tensor is not 0.

    Raises:
        RuntimeError: the tensor has not exactly one element.
    """
    return bool(input)


def is_same_size(input, other):
    """Whether two tensors have the same shape."""
    for name, position, value in (("input", 1, input), ("other", 2, other)):
        if not isinstance(value, Tensor):
            raise TypeError(f"is_same_size(): argument '{name}' (position {position}) must be Tensor, not {type(value).__name__}")
    return input._array.shape == other._array.shape


def numel(input):
    """The number of elements.

    Example:
        >>> import minitorch as torch
        >>> torch.numel(torch.ones(2, 3))
        6
    """
    return input._array.size
