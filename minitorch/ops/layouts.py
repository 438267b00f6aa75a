"""New tensors of a given layout in memory, of a buffer, of one number, and on a logarithmic scale."""
import numpy

from minitorch import dtypes
from minitorch.backend import as_strided
from minitorch.ops.creation import checked, delivered, kind_of, library, linspace, new, number, output_kind, placed
from minitorch.ops.shape import extent
from minitorch.tensor import Tensor


def numbers_of(function, name, value):
    """Whole numbers in a tuple, or a TypeError."""
    if not isinstance(value, (tuple, list)) or not all(isinstance(v, int) for v in value):
        raise TypeError(f"{function}(): argument '{name}' must be tuple of ints, not {type(value).__name__}")
    return tuple(value)


def empty_strided(size, stride, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of any values whose elements lie `stride` apart along each dimension.

    Raises:
        RuntimeError: as many strides as sizes were expected, none of them negative.

    Example:
        >>> import minitorch as torch
        >>> torch.empty_strided((2, 3), (1, 2)).stride()
        (1, 2)
    """
    size, stride = checked((numbers_of("empty_strided", "size", size),)), numbers_of("empty_strided", "stride", stride)
    if len(size) != len(stride):
        raise RuntimeError(f"dimensionality of sizes ({len(size)}) must match dimensionality of strides ({len(stride)})")
    if any(s < 0 for s in stride):
        raise RuntimeError(f"negative strides are not possible: {list(stride)}")
    with library(device) as xp:
        return new(as_strided(xp.empty(extent(size, stride), kind_of(dtype)), size, stride), requires_grad)


def empty_permuted(size, physical_layout, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of any values whose dimensions lie in memory in the order of `physical_layout`, the innermost last.

    Raises:
        RuntimeError: the layout does not name every dimension once.

    Example:
        >>> import minitorch as torch
        >>> torch.empty_permuted((2, 3), (1, 0)).stride()
        (1, 2)
    """
    size = checked((numbers_of("empty_permuted", "size", size),))
    order = numbers_of("empty_permuted", "physical_layout", physical_layout)
    if sorted(order) != list(range(len(size))):
        raise RuntimeError(f"physical_layout must name each of {len(size)} dimensions once, got {list(order)}")
    stride, step = [0] * len(size), 1
    for dim in reversed(order):
        stride[dim] = step
        step *= max(size[dim], 1)
    return empty_strided(tuple(size), tuple(stride), dtype=dtype, device=device, requires_grad=requires_grad)


def new_empty_strided(self, size, stride, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """`empty_strided` of this tensor's dtype and device, where no others are given."""
    return empty_strided(size, stride, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad)


def frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False):
    """A tensor of one dimension on the memory of a buffer: bytes are not copied.

    Args:
        count: how many elements; all for a negative one.
        offset: how many bytes are passed over.

    Raises:
        ValueError: no buffer, or numbers that do not fit it.

    Example:
        >>> import minitorch as torch
        >>> torch.frombuffer(bytearray([1, 2, 3]), dtype=torch.uint8, offset=1)
        tensor([2, 3], dtype=torch.uint8)
    """
    try:
        size = memoryview(buffer).nbytes
    except TypeError:
        raise ValueError(f"object does not implement Python buffer protocol: {type(buffer).__name__}") from None
    kind = dtypes.to_numpy(dtype)
    if not size or not count:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({size} bytes) minus 1")
    if count < 0 and (size - offset) % kind.itemsize:
        raise ValueError(f"buffer length ({size - offset} bytes) after offset ({offset} bytes) must be a multiple of element size "
                         f"({kind.itemsize})")
    if count * kind.itemsize > size - offset:
        raise ValueError(f"requested buffer length ({count} * {kind.itemsize} bytes) after offset ({offset} bytes) must not be greater "
                         f"than actual buffer length ({size} bytes)")
    return new(numpy.frombuffer(buffer, kind, count, offset), requires_grad)


def scalar_tensor(s, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The 0-d tensor of one number, in the default dtype if none is given.

    Example:
        >>> import minitorch as torch
        >>> torch.scalar_tensor(3)
        tensor(3.)
    """
    value = number(s, "scalar_tensor(): argument 's' (position 1)")
    return new(placed(numpy.asarray(value).astype(kind_of(dtype)), device), requires_grad)


def logspace(start, end, steps, base=10.0, *, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """`steps` powers of the base, with exponents from start to end, equally spaced.

    Raises:
        RuntimeError: a negative number of steps.
        TypeError: arguments that are no numbers.

    Example:
        >>> import minitorch as torch
        >>> torch.logspace(0, 2, 3)
        tensor([  1.,  10., 100.])
    """
    for name, value in (("start", start), ("end", end)):
        if isinstance(value, Tensor) and value.ndim:
            raise RuntimeError(f"logspace only supports 0-dimensional start and end tensors, but got {name} with {value.ndim} "
                               "dimension(s).")
    base, kind = number(base, "logspace(): argument 'base' (position 4)"), output_kind(dtype, out, dtypes.default_numpy())
    start, end = number(start, "logspace(): argument 'start' (position 1)"), number(end, "logspace(): argument 'end' (position 2)")
    if kind.kind == "b":
        raise NotImplementedError('"logspace_cpu" not implemented for \'Bool\': ask for integers and convert them')
    if kind.kind != "f":
        start, end = int(start), int(end)
    exponents = linspace(start, end, steps, dtype=dtypes.float64 if kind.kind != "f" else dtypes.BY_NUMPY[kind], device="cpu")
    powers = numpy.power(float(base), exponents._array.astype("float64"))
    return delivered(placed(powers.astype(kind), device), out, requires_grad)


def install_layouts(cls):
    """Give Tensor the method."""
    cls.new_empty_strided = new_empty_strided
