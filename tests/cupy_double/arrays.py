"""An array that lies on a device: NumPy's underneath, but nothing of NumPy's may touch it."""
import types
import weakref

import numpy as np

from .device import Device, UndefinedBehaviour, current, synchronize, transfer

IMPLICIT = "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy array explicitly."
owners = weakref.WeakValueDictionary()                # the arrays that own their memory, by the id of NumPy's
NUMBERS = (bool, int, float, complex, np.generic)


class ndarray:
    """CuPy's array. Methods are added by `functions`, operators by `ufunc`: those that the manifest has."""

    __slots__ = ("_host", "_device", "_base", "__weakref__")
    __array_ufunc__ = None                            # so np.exp(array) is refused, and np.float32(2) * array comes to us
    __array_priority__ = 100
    __hash__ = None

    def __init__(self, shape, dtype=float, memptr=None, strides=None, order="C"):
        self._host, self._device = np.empty(shape, dtype, order), current()
        owners[id(self._host)] = self

    # ---- the host's access ----

    def __array__(self, *args, **settings):
        raise TypeError(IMPLICIT)

    def __array_function__(self, function, kinds, args, settings):
        raise TypeError(f"numpy.{function.__name__} on an array of a device: use the library of the array")

    def get(self, stream=None, order="C", out=None, blocking=True):
        """A copy in the host's memory, after a wait."""
        synchronize("get()")
        if out is None:
            return self._host.copy(order)
        out[...] = self._host
        return out

    def set(self, arr, stream=None):
        """Copy an array from the host's memory."""
        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        transfer()
        writable(self._host)[...] = arr

    def item(self):
        synchronize("item()")
        return self._host.item()

    def tolist(self):
        synchronize("tolist()")
        return self._host.tolist()

    def tobytes(self, order="C"):
        synchronize("tobytes()")
        return self._host.tobytes(order)

    def __float__(self):
        synchronize("float()")
        return float(self._host)

    def __int__(self):
        synchronize("int()")
        return int(self._host)

    def __bool__(self):
        synchronize("bool()")
        return bool(self._host)

    def __complex__(self):
        synchronize("complex()")
        return complex(self._host)

    def __repr__(self):
        synchronize("repr()")
        return repr(self._host)

    def __str__(self):
        synchronize("str()")
        return str(self._host)

    def __format__(self, spec):
        synchronize("format()")
        return format(self._host if self.ndim else self._host.item(), spec)

    def __reduce__(self):
        from .functions import array
        return array, (self.get(),)

    def __copy__(self):
        return wrap(self._host.copy(), self._device)

    def __deepcopy__(self, memo):
        return self.__copy__()

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        if max_version is not None:                   # NumPy asks so, and refuses what it gets
            raise RuntimeError("Unsupported device in DLTensor.")
        return PyCapsule(self)

    def __dlpack_device__(self):
        return 2, self._device

    @property
    def __cuda_array_interface__(self):
        """Where the memory is, as other libraries read it."""
        return {"shape": self.shape, "typestr": self.dtype.str, "data": (self.data.ptr, False), "strides": self.strides, "version": 3}

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self._host)))

    # ---- attributes ----

    shape = property(lambda self: self._host.shape)
    dtype = property(lambda self: self._host.dtype)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    nbytes = property(lambda self: self._host.nbytes)
    itemsize = property(lambda self: self._host.itemsize)
    strides = property(lambda self: self._host.strides)
    T = property(lambda self: wrap(self._host.T, self._device))
    mT = property(lambda self: wrap(self._host.mT, self._device))
    real = property(lambda self: wrap(self._host.real, self._device))
    imag = property(lambda self: wrap(self._host.imag, self._device))
    device = property(lambda self: Device(self._device))
    data = property(lambda self: types.SimpleNamespace(ptr=self._host.ctypes.data, device_id=self._device))

    @property
    def base(self):
        """The array whose memory this one shows: the same object each time."""
        owner = self._host.base
        if not isinstance(owner, np.ndarray):
            return None
        self._base = owners.get(id(owner))
        if self._base is None or self._base._host is not owner:
            self._base = wrap(owner, self._device)
        return self._base

    @property
    def flags(self):
        """The layout; CuPy knows no `writeable`."""
        flags = self._host.flags
        return types.SimpleNamespace(c_contiguous=flags.c_contiguous, f_contiguous=flags.f_contiguous, owndata=flags.owndata)

    # ---- indexing ----

    def __getitem__(self, key):
        key = index(self, key)
        found = self._host[key]                       # what arrays pick lies in C's order, whatever that of the operand
        return wrap(np.asarray(found, order="C") if any(isinstance(k, np.ndarray) for k in key) else found, self._device)

    def __setitem__(self, key, value):
        if isinstance(value, (list, tuple)) or isinstance(value, np.ndarray) and value.size != 1:
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        value = value if isinstance(value, np.ndarray) else operand(value)
        key, target = index(self, key), writable(self._host)
        if np.ndim(value) and any(isinstance(k, np.ndarray) and k.dtype != bool for k in key):
            refuse_duplicates(target, key, value)
        target[key] = value


class Traced(ndarray):
    """What a fused function sees of an array: its dtype, its dimensions, operators and ufuncs."""

    __slots__ = ()

    @classmethod
    def of(cls, array):
        """An array as a fused function sees it."""
        traced = object.__new__(cls)
        traced._host, traced._device = array._host, array._device
        return traced

    def __getattribute__(self, name):
        if name[0] != "_" and name not in ("dtype", "ndim", "astype", "copy"):
            raise AttributeError(f"'_FusionVarArray' object has no attribute '{name}'")
        return object.__getattribute__(self, name)

    def __getitem__(self, key):
        raise TypeError("'_FusionVarArray' object is not subscriptable")

    def __setitem__(self, key, value):
        if key is not Ellipsis and key != slice(None):
            raise ValueError("The fusion supports `[...]` or `[:]`.")
        ndarray.__setitem__(self, key, value)

    def __bool__(self):
        raise TypeError("Cannot convert to Python scalar in cupy.fuse")

    __int__ = __float__ = __complex__ = __len__ = __iter__ = __bool__


class PyCapsule:
    """What `__dlpack__` gives: an array on its way to another library."""

    def __init__(self, array):
        self.array = array

    def __repr__(self):
        return '<capsule object "dltensor">' if self.array is not None else '<capsule object "used_dltensor">'


def wrap(value, device=None):
    """Results of NumPy as arrays of the device, scalars among them: everything that is computed is an array."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = np.asarray(value)
        if value.dtype.kind not in "biufc":
            raise ValueError(f"Unsupported dtype {value.dtype}")
        array = object.__new__(ndarray)
        array._host, array._device = value, current() if device is None else device
        if value.base is None:
            owners[id(value)] = array
        return array
    if isinstance(value, tuple):
        parts = [wrap(v, device) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return [wrap(v, device) for v in value] if isinstance(value, list) else value


def host(array):
    """What NumPy computes with, if the array lies on the current device."""
    if array._device != current():
        raise ValueError(f"The device where the array resides ({array._device}) is different from the current device ({current()}). "
                         "Peer access is unavailable between these devices.")
    return array._host


def operand(value):
    """An operand of a kernel: an array of the current device, or a number."""
    if isinstance(value, ndarray):
        return host(value)
    if isinstance(value, NUMBERS):
        return value
    raise TypeError(f"Unsupported type {type(value)}")


def index(array, key):
    """NumPy's form of a key. CuPy wraps what is out of range; masks and slices by arrays wait for the device."""
    keys = key if isinstance(key, tuple) else (key,)
    taken = [0 if k is None or k is Ellipsis or isinstance(k, (bool, np.bool_)) else
             k.ndim if isinstance(k, (ndarray, np.ndarray)) and k.dtype == bool else 1 for k in keys]
    found, axis = [], 0
    for k, dims in zip(keys, taken):
        if k is Ellipsis:
            axis += array.ndim - sum(taken)
        elif isinstance(k, slice):
            k = slice(*(int(v) if isinstance(v, ndarray) else v for v in (k.start, k.stop, k.step)))
        elif isinstance(k, (list, np.ndarray)):
            transfer()
            k = as_index(np.asarray(k), array.shape, axis)
        elif isinstance(k, ndarray):
            k = as_index(host(k), array.shape, axis)
        found.append(k)
        axis += dims
    return tuple(found)


def as_index(k, shape, axis):
    """One array of a key; the indices within the axis, as CuPy's kernels take them."""
    if k.dtype == bool:
        synchronize("indexing by a mask")
        return k
    if k.dtype.kind not in "iu" and k.size:
        raise IndexError(f"arrays used as indices must be of integer or boolean type. (actual: {k.dtype})")
    return k.astype(np.intp) % shape[axis] if axis < len(shape) and shape[axis] else k.astype(np.intp)


def refuse_duplicates(target, key, value):
    """Raise where a place would be written from two elements: which one is left is undefined."""
    places = np.arange(target.size).reshape(target.shape)[key]
    sources = np.broadcast_to(np.arange(value.size).reshape(value.shape), places.shape)
    pairs = np.unique(np.stack([places.ravel(), sources.ravel()]), axis=1)
    if pairs.shape[1] != np.unique(pairs[0]).size:
        raise UndefinedBehaviour("array[index] = values with an index twice: the value that is left is undefined on a device")


def writable(array):
    """The array to be written into, if its elements lie apart. CuPy does not look; NumPy refuses what broadcast_to makes."""
    if any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape)) and array.size:
        raise UndefinedBehaviour("writing into a view that broadcasting made: several elements are one")
    reach = array.itemsize
    for stride, n in sorted((abs(s), n) for s, n in zip(array.strides, array.shape) if n > 1):
        if stride < reach and array.size and overlaps(array):
            raise UndefinedBehaviour("writing into a view whose elements overlap")
        reach += stride * (n - 1)
    if not array.flags.writeable:                     # NumPy's diagonal(), which CuPy leaves writable
        array.flags.writeable = True
    return array


def overlaps(array):
    """Whether two elements begin at one place."""
    offsets = sum(np.ogrid[tuple(slice(n) for n in array.shape)][i] * s for i, s in enumerate(array.strides))
    return np.unique(offsets).size != offsets.size
