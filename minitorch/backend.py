"""The only file that knows that there are two array libraries.

`MINITORCH_BACKEND=numpy|cupy` is read once, here. With `cupy`, new tensors live on the device `cuda`; an array's own
library decides at every operation (`array_module`), so tensors of both devices can be used side by side, as in PyTorch.
The few places where the two libraries differ are the named helpers of this file.
"""
import contextlib
import functools
import math
import os

import numpy

NAME = os.environ.get("MINITORCH_BACKEND", "numpy")
if NAME not in ("numpy", "cupy"):
    raise ImportError(f"MINITORCH_BACKEND must be 'numpy' or 'cupy', got {NAME!r}")

cupy = None
if NAME == "cupy":
    try:
        import cupy
        from cupyx.scipy import special as cupy_special
    except ImportError as error:
        raise ImportError("MINITORCH_BACKEND=cupy, but CuPy cannot be imported: install the extra `minitorch[cupy]`, "
                          "or unset MINITORCH_BACKEND to compute with NumPy") from error
    if not cupy.cuda.is_available():
        raise ImportError("MINITORCH_BACKEND=cupy, but CuPy finds no CUDA device: check the driver with nvidia-smi, "
                          "or unset MINITORCH_BACKEND to compute with NumPy")

default = cupy or numpy
ARRAYS = (numpy.ndarray,) if cupy is None else (numpy.ndarray, cupy.ndarray)
COUNT = 0 if cupy is None else cupy.cuda.runtime.getDeviceCount()    # of devices


def device_of(value):
    """The number of the device of the first array of CuPy's in a value: an array, a tensor, nested sequences; None without one."""
    array = getattr(value, "_array", value)
    if isinstance(array, cupy.ndarray):
        return array.data.device_id
    if isinstance(value, (list, tuple)):
        for part in value:
            index = device_of(part)
            if index is not None:
                return index
    return None


def devices_of(values):
    """The numbers of the devices on which arrays lie, in nested sequences too; -1 for the host."""
    found = set()
    for value in values:
        if isinstance(value, cupy.ndarray):
            found.add(value.data.device_id)
        elif isinstance(value, numpy.ndarray):
            found.add(-1)
        elif isinstance(value, (list, tuple)):
            found |= devices_of(value)
    return found


def use_device_of(value):
    """Make the device of an array (a tensor, the first of a sequence) the current one; nothing for what lies on the host."""
    index = device_of(value) if COUNT > 1 else None
    if index is not None and index != cupy.cuda.runtime.getDevice():
        cupy.cuda.runtime.setDevice(index)


def on_own_device(function):
    """A function that computes on the device of its first argument that has one, whichever is current before and after.

    CuPy computes on the current device alone. With one device, or none, that is the function itself.
    """
    if COUNT < 2:
        return function

    @functools.wraps(function)
    def guarded(*args, **settings):
        before = cupy.cuda.runtime.getDevice()
        use_device_of((*args, *settings.values()))
        try:
            return function(*args, **settings)
        finally:
            cupy.cuda.runtime.setDevice(before)
    return guarded


def array_module(*values):
    """The library that the first array among `values` belongs to."""
    if cupy is not None:
        for value in values:
            if isinstance(value, cupy.ndarray):
                return cupy
            if isinstance(value, numpy.ndarray):
                return numpy
    return numpy


def as_array(value):
    """An array of a result: NumPy gives scalars for 0-d results of ufuncs and reductions."""
    return value if isinstance(value, ARRAYS) else numpy.asarray(value)


def device_name(array):
    """`"cpu"`, or `"cuda:N"` for an array of CuPy."""
    return "cpu" if isinstance(array, numpy.ndarray) else f"cuda:{array.device.id}"


@on_own_device
def to_host(array):
    """The array as a NumPy array: itself if it is one, else a copy (which waits for the device)."""
    return array if isinstance(array, numpy.ndarray) else with_layout(cupy.asnumpy, array)


def with_layout(copy, array):
    """`copy(array)` with the axes in the array's own order in memory, which the copy between devices would lose."""
    axes = axes_in_memory(array)
    return copy(array) if axes == sorted(axes) else copy(array.transpose(axes)).transpose(sorted(axes, key=axes.__getitem__))


def axes_in_memory(array):
    """The axes of an array from the outermost in memory to the innermost."""
    return sorted(range(array.ndim), key=lambda axis: -array.strides[axis])


def to_device(array, device="cuda:0"):
    """The array on a device: itself if it is there already."""
    if device == "cpu":
        return to_host(array)
    with library_on(device) as xp:
        if isinstance(array, numpy.ndarray):
            return with_layout(xp.asarray, array)
        if device_name(array) == device:
            return array
        axes = axes_in_memory(array)
        return xp.asarray(dense(array, axes)).transpose(sorted(axes, key=axes.__getitem__))


@on_own_device
def dense(array, axes):
    """An array with its axes in another order and its elements side by side: only such a one CuPy copies to another device."""
    return cupy.asarray(array.transpose(axes), order="C")


class CupyOn:
    """`with CupyOn(1) as cupy`: what CuPy makes and computes within the block lies on that device."""

    def __init__(self, index):
        self.device = cupy.cuda.Device(index)

    def __enter__(self):
        self.device.__enter__()
        return cupy

    def __exit__(self, *error):
        self.device.__exit__(*error)


numpy_on_host = contextlib.nullcontext(numpy)


def library_on(device):
    """`with library_on("cuda:1") as xp`: the library of a device, which makes its arrays there within the block."""
    if device == "cpu":
        return numpy_on_host
    return CupyOn(existing(int(device.partition(":")[2] or 0)))


def on_host(array):
    """Whether looking at the array's values costs no synchronisation; checks of values are made only then."""
    return isinstance(array, numpy.ndarray)


def address(array):
    """Where the first element lies."""
    return array.__array_interface__["data"][0] if isinstance(array, numpy.ndarray) else array.data.ptr


def owner_of(array):
    """The array that owns the memory which an array shows."""
    base = array.base
    while base is not None:
        if isinstance(base, ARRAYS):
            array = base
        base = getattr(base, "base", None)            # NumPy's as_strided puts an object of its own in between
    return array


def extent(array):
    """Where the memory of an array begins and ends, gaps included (for strides that are not negative)."""
    start = address(array)
    return start, start + (array.itemsize + sum((n - 1) * s for n, s in zip(array.shape, array.strides)) if array.size else 0)


@on_own_device
def may_share_memory(a, b):
    """Whether the extents of two arrays in memory meet (so: whether one may be a view of the other)."""
    if isinstance(a, numpy.ndarray) and isinstance(b, numpy.ndarray):
        return numpy.may_share_memory(a, b)
    return type(a) is type(b) and device_of(a) == device_of(b) and cupy.may_share_memory(a, b)


@on_own_device
def as_strided(array, shape, strides, offset=0):
    """A view of the array's memory; `strides` and `offset` in elements, the offset from the array's first element."""
    view, size = array_module(array).lib.stride_tricks.as_strided, array.itemsize
    if offset:
        array = view(array, (offset + 1,), (size,))[offset:]
    return view(array, shape, [s * size for s in strides])


def scatter_add(target, index, values):
    """`target[index] += values` where repeated indices add up, in place."""
    if not isinstance(target, numpy.ndarray):
        cupy.add.at(target, index, values)
    elif target.ndim > 1 and numpy.size(values) > 4096 and (axis := vector_axis(index)) is not None:
        rows = numpy.moveaxis(values, axis, 0)
        total = scatter_add_rows(target.shape[axis], index[axis] % target.shape[axis], rows.reshape(len(rows), -1))
        target += numpy.moveaxis(total.reshape(target.shape[axis], *rows.shape[1:]), 0, axis)
    elif target.ndim > 1 and target.flags.c_contiguous:    # add.at is several times as fast along one dimension
        places = numpy.arange(target.size).reshape(target.shape)[index]
        numpy.add.at(target.reshape(-1), places.ravel(), numpy.broadcast_to(values, places.shape).ravel())
    else:
        numpy.add.at(target, index, values)


def vector_axis(index):
    """The axis of the one vector of integers in an index that takes all other axes whole; None for any other index."""
    index = index if isinstance(index, tuple) else (index,)
    vectors = [k for k, part in enumerate(index) if not (isinstance(part, slice) and part == slice(None))]
    last = index[vectors[0]] if len(vectors) == 1 else None
    return vectors[0] if isinstance(last, numpy.ndarray) and last.ndim == 1 and last.dtype.kind in "iu" else None


def special(array):
    """The library of special functions (erf, gammaln ...) for an array: `scipy.special` or CuPy's twin of it."""
    if isinstance(array, numpy.ndarray):
        import scipy.special  # here, because it takes as long to import as all the rest
        return scipy.special
    return cupy_special


def cleared(array, mask):
    """0 where the mask holds, else the array: by its bits, on the CPU ten times as fast as `where`, which asks at each element."""
    if cupy is not None and isinstance(array, cupy.ndarray):
        return cupy.where(mask, 0, array)
    result = numpy.empty_like(mask, array.dtype)
    bits = result.view(f"i{array.itemsize}")
    bits[...] = mask.view("i1") - numpy.int8(1)       # all bits of an integer are set in -1
    bits &= array.view(bits.dtype)
    return result


def chosen(mask, a, b, dtype=None):
    """`where(mask, a, b)` of floating arrays and numbers, of two numbers in `dtype`: by their bits, on the CPU, as in `cleared`."""
    xp, kinds = array_module(mask, a, b), [v.dtype for v in (a, b) if isinstance(v, ARRAYS)] or [numpy.dtype(dtype)]
    if xp is not numpy or kinds[0].kind != "f" or kinds[0] != kinds[-1] or mask.dtype != "?" or mask.size < 4096:
        return xp.where(mask, *(v if isinstance(v, ARRAYS) else kinds[0].type(v) for v in (a, b)))
    a, b = (numpy.asarray(v, kinds[0]) for v in (a, b))
    if numpy.broadcast_shapes(mask.shape, a.shape, b.shape) != mask.shape:
        return numpy.where(mask, a, b)
    result = numpy.empty_like(mask, a.dtype)
    bits = result.view(f"i{a.itemsize}")
    numpy.bitwise_xor(a.view(bits.dtype), b.view(bits.dtype), out=bits)
    bits &= -mask.view("i1")                          # what b must change by, where a is wanted: all bits of -1 are set
    bits ^= b.view(bits.dtype)
    return result


def times_sign(array, x):
    """`array` times the sign of `x`, written into `x`: on the CPU by the bit of the sign, since `sign` asks at each element."""
    if not isinstance(x, numpy.ndarray):
        cupy.multiply(array, cupy.sign(x), out=x)
        return
    some, kind = numpy.abs(x) > 0, f"i{x.itemsize}"
    bits = x.view(kind)
    bits &= numpy.iinfo(kind).min
    bits ^= array.view(kind)
    if not some.all():
        x[~some] = 0                                  # 0 and nan have no sign


def row_dot(a, b):
    """The dot product of each row of `a` with the same row of `b`."""
    if not isinstance(a, numpy.ndarray):
        return cupy.einsum("ij,ij->i", a, b)
    if a.shape[1] < 128:                              # a call of BLAS for each row would cost more than the row
        return (a * b) @ numpy.ones(a.shape[1], a.dtype)
    return numpy.vecdot(a, b)


def sums(array, axes, keepdims=False):
    """Sums over some axes. Many floats side by side are multiplied by ones: BLAS reads memory several times as fast as NumPy adds."""
    if array.size < 4096 or not floats_side_by_side(array):
        return array_module(array).add.reduce(array, axes, keepdims=keepdims)
    n = math.prod(array.shape[k] for k in axes)
    last = set(axes) == set(range(array.ndim - len(axes), array.ndim))
    if not last or not (64 <= n <= 4096 or n == array.size):
        return numpy.add.reduce(array, axes, keepdims=keepdims)
    if n <= 4096:
        result = array.reshape(-1, n) @ numpy.ones(n, array.dtype)
    else:                                             # of a long line the sums of its parts: a few hundred terms are added one by one
        whole = n - n % 1024
        flat = array.reshape(-1)
        result = (flat[:whole].reshape(-1, 1024) @ numpy.ones(1024, array.dtype)).sum() + flat[whole:].sum()
    return result.reshape([1 if k in axes else size for k, size in enumerate(array.shape) if keepdims or k not in axes])


def floats_side_by_side(array):
    """Whether an array on the host is what BLAS reads: float32 or float64 without gaps."""
    return isinstance(array, numpy.ndarray) and array.dtype.char in "fd" and array.flags.c_contiguous


def scatter_add_rows(count, index, rows):
    """A matrix of `count` rows in which row `index[k]` is the sum of all `rows[k]` that go there, added in order of k."""
    if isinstance(rows, numpy.ndarray) and rows.size > 4096:
        from scipy.sparse import csc_array  # a product with the matrix of zeros and ones: ten times as fast as add.at
        return csc_array((numpy.ones(len(index), rows.dtype), index, numpy.arange(len(index) + 1)), shape=(count, len(index))) @ rows
    total = array_module(rows).zeros((count, rows.shape[1]), rows.dtype)
    scatter_add(total, index, rows)
    return total


def weighted_rows(table, index, weights):
    """For each line of indices the sum of the rows of a table that it names, weighted: (P, C) of (M, C), (P, K) and (P, K)."""
    if isinstance(table, numpy.ndarray) and table.dtype.itemsize > 2:
        return _sparse(index, weights, len(table)) @ table
    return (table[index] * weights[..., None]).sum(axis=1)


def spread_rows(rows, index, weights, count):
    """The adjoint of `weighted_rows` in its table of `count` rows: each row, weighted, is added to all that its line of indices names."""
    if isinstance(rows, numpy.ndarray) and rows.dtype.itemsize > 2:
        return _sparse(index, weights, count).T @ rows
    total = array_module(rows).zeros((count, rows.shape[1]), rows.dtype)
    scatter_add(total, index, rows[:, None] * weights[..., None])
    return total


def _sparse(index, weights, count):
    """The sparse matrix with line p's weights in the columns that its indices name."""
    from scipy.sparse import csr_array
    starts = numpy.arange(0, index.size + 1, index.shape[1])
    return csr_array((weights.reshape(-1), index.reshape(-1), starts), shape=(len(index), count))


def outside(values, low, high):
    """The first of the values that is not between `low` and `high`, both allowed; None if there is none.

    On a device always None: looking would wait for it.
    """
    if not on_host(values) or not values.size or low <= values.min() and values.max() <= high:
        return None
    return values[~((values >= low) & (values <= high))][0].item()


# ---- fused chains ------------------------------------------------------------------------------------------------------------

class Fused:
    """A chain of elementwise operations as one kernel of CuPy, made when it is first called with arrays of these dtypes.

    Numbers become arguments of the kernel in its own precision: a new value compiles nothing, and computes nothing in float64
    that is not.
    """

    def __init__(self, chain, library):
        functools.update_wrapper(self, chain)
        self.chain, self.library, self.kernels = chain, library, {}

    def __call__(self, *values, **settings):
        if array_module(*values) is numpy:
            return self.chain(self.library(numpy), *values, **settings)
        dtypes = tuple(value.dtype.name for value in values if isinstance(value, cupy.ndarray))
        key = dtypes, *settings.items()
        if key not in self.kernels:
            name = "__".join((self.chain.__name__, *dict.fromkeys(dtypes)))
            self.kernels[key] = cupy.fuse(kernel_name=name)(functools.partial(self.trace, **settings))
        number = numpy.float64 if "float64" in dtypes else numpy.float32
        result = self.kernels[key](*(value if value is None or isinstance(value, cupy.ndarray) else number(value) for value in values))
        return values[-1] if result is None else result

    def trace(self, *values, **settings):
        """The chain without a result that is one of its arguments: of that CuPy would make a copy."""
        result = self.chain(self.library(cupy), *values, **settings)
        return None if any(result is value for value in values) else result


def fused(chain=None, *, library=lambda xp: xp):
    """Make a function of arrays, elementwise, one kernel on a device; NumPy runs it as it stands.

    The function gets the library of its arrays, then what it is called with. By position: arrays, None, and numbers. By name: settings
    that decide what is computed, so each combination is a kernel of its own. It returns what it has computed, or writes it into
    arrays among its arguments, the last of which it may return; what it names besides stays in registers. A function that only returns,
    by operators, takes tensors too, so it may stand in a rule.

    Args:
        library: what the function gets for the library, if it is not that itself.

    Example:
        >>> @fused
        ... def scaled_tanh(xp, x, scale, y):
        ...     y = xp.tanh(x, out=y)
        ...     y *= scale
        ...     return y
        >>> scaled_tanh(numpy.zeros(2), 3.0, numpy.empty(2))
        array([0., 0.])
    """
    if chain is None:
        return functools.partial(fused, library=library)
    return functools.update_wrapper(functools.partial(chain, library(numpy)), chain) if cupy is None else Fused(chain, library)


# ---- memory of other libraries ---------------------------------------------------------------------------------------------

class Capsule:
    """A capsule of DLPack's as an array of which `from_dlpack` can ask for it."""

    def __init__(self, capsule, kind=1):
        self.capsule, self.kind = capsule, kind

    def __dlpack__(self, **settings):
        return self.capsule

    def __dlpack_device__(self):
        return self.kind, 0


class Writable:
    """The memory of an array that NumPy takes for read-only, because the older protocol says nothing of it."""

    def __init__(self, array):
        self.array = array
        self.__array_interface__ = array.__array_interface__ | {"data": (address(array), False)}


def share(source, kind, version):
    """An array on the memory of what has `__dlpack__`, or of a capsule; `kind` is DLPack's number of the device's kind.

    Raises:
        RuntimeError: the memory is on a device that minitorch does not compute on.
    """
    if kind in (2, 13) and cupy is not None:
        return cupy.from_dlpack(source)
    if kind not in (1, 3):
        raise RuntimeError(f"the array is on a device of DLPack's kind {kind}: minitorch shares memory of the CPU, and with "
                           "MINITORCH_BACKEND=cupy of CUDA devices")
    if hasattr(source, "__dlpack__"):
        try:
            source = source.__dlpack__(max_version=version)
        except TypeError:                             # a library that knows the older protocol alone
            source = source.__dlpack__()
    older = '"dltensor"' in repr(source)
    try:
        array = numpy.from_dlpack(Capsule(source))
    except (BufferError, RuntimeError, ValueError):
        if cupy is None or not older:
            raise
        return cupy.from_dlpack(Capsule(source, 2))   # a capsule does not tell its device before it is opened
    return numpy.asarray(Writable(array)) if older else array


# ---- devices ---------------------------------------------------------------------------------------------------------------

OutOfMemoryError = type("OutOfMemoryError", (RuntimeError,), {}) if cupy is None else cupy.cuda.memory.OutOfMemoryError


def device_count():
    """The number of CUDA devices that can be computed on: none with NumPy."""
    return COUNT


def devices():
    """CuPy's module of devices.

    Raises:
        AssertionError: minitorch computes with NumPy.
    """
    if cupy is None:
        raise AssertionError("Torch not compiled with CUDA enabled: minitorch computes with NumPy, so there is no CUDA device; set "
                             "MINITORCH_BACKEND=cupy where CuPy is installed")
    return cupy.cuda


def existing(index):
    """The number of a device that is there.

    Raises:
        AssertionError: minitorch computes with NumPy. RuntimeError: there is no device of this number.
    """
    devices()
    if not 0 <= index < COUNT:
        raise RuntimeError(f"CUDA error: invalid device ordinal: cuda:{index} was asked for, and there are {COUNT} devices, from cuda:0 on")
    return index


def current_device():
    """The index of the device that new arrays go to."""
    return devices().runtime.getDevice()


def set_device(index):
    """Make a device the one that new arrays go to."""
    devices().Device(existing(index)).use()


def synchronize(index):
    """Wait for a device."""
    devices().Device(existing(index)).synchronize()


def device_properties(index):
    """What CUDA says of a device, by name."""
    return devices().runtime.getDeviceProperties(existing(index))


def free_memory():
    """Give memory that no array uses back to the devices."""
    if cupy is not None:
        cupy.get_default_memory_pool().free_all_blocks()


def memory_used(index):
    """The bytes that arrays hold on a device, and the bytes that are held for them."""
    if cupy is None:
        return 0, 0
    with CupyOn(existing(index)):
        pool = cupy.get_default_memory_pool()
        return pool.used_bytes(), pool.total_bytes()


def memory_info(index):
    """The bytes that are free on a device, and all that it has."""
    with library_on(f"cuda:{index}"):
        return devices().runtime.memGetInfo()
