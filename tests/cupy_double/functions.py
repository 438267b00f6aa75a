"""CuPy's functions and methods over NumPy's: CuPy's parameters, no host arrays but where CuPy takes them, results on the device."""
import numpy as np

from .arrays import IMPLICIT, Traced, host, ndarray, wrap, writable
from .device import current, synchronize, transfer
from .surface import MANIFEST, signature, words
from .ufunc import store

ANSWER_ON_HOST = {"shape", "ndim", "size", "result_type", "can_cast", "isscalar", "iscomplexobj", "isrealobj", "promote_types",
                  "common_type", "min_scalar_type", "may_share_memory", "shares_memory", "issubdtype", "broadcast_shapes"}
ARRAY, ARRAYS = {"a", "x", "m", "ar", "arr", "array", "condition"}, {"tup", "arrays"}      # CuPy's names of parameters that must be some
PRODUCTS = {"dot", "vdot", "inner", "outer", "tensordot", "matmul"}      # of two arrays
NUMBERS = ("shape", "axis", "N", "M", "newshape", "constant_values")     # parameters that no array can be, as it can in NumPy
FUSED = {"clip", "where"}                             # what CuPy fuses besides ufuncs
KEEP_ORDER = {"copy", "astype", "asfortranarray", "empty_like", "zeros_like", "ones_like", "full_like", "empty", "zeros", "ones", "full"}

# What waits for the device: mostly because the size of the result is a value
WAIT = {"nonzero", "flatnonzero", "argwhere", "unique", "tril_indices", "triu_indices", "mask_indices", "bincount", "extract", "compress",
        "place", "putmask", "choose", "ix_", "unravel_index", "delete", "setdiff1d", "union1d", "intersect1d", "argpartition",
        "histogram", "sliding_window_view", "nanmax", "nanmin", "shares_memory"}
ALONG = {"sum", "prod", "max", "min", "amax", "amin", "mean", "var", "std", "any", "all", "argmax", "argmin", "cumsum", "cumprod", "repeat"}
FILL = {"full", "full_like", "copyto", "fill"}
WRITES = {"fill", "sort", "partition", "put"}
METHODS_THAT_WAIT = {"nonzero", "compress", "choose", "argpartition", "dump", "dumps", "tofile"}


def unpacked(value, name):
    """An argument for NumPy's function: the arrays of the device that it holds become NumPy's; host arrays are refused."""
    if isinstance(value, Traced) and name not in FUSED:
        raise NotImplementedError(f"cupy.{name} is not elementwise, or not supported in cupy.fuse")
    if isinstance(value, ndarray):
        return host(value)
    if isinstance(value, np.ndarray):
        raise TypeError(f"cupy.{name}: Unsupported type <class 'numpy.ndarray'>")
    if type(value) in (list, tuple):
        return type(value)(unpacked(v, name) for v in value)
    return value


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0, *, blocking=False):
    """A new array on the device: of an array, of the host's memory too, or of nested lists."""
    if isinstance(obj, np.ndarray):                   # of the order of the axes in memory only C's and Fortran's survive the way
        order = ("F" if obj.flags.fnc else "C") if order in "KA" else order
    return wrap(np.array(uploaded(obj), dtype, copy=not isinstance(obj, ndarray) or bool(copy) or None, order=order, ndmin=ndmin))


def asarray(a, dtype=None, order=None, *, blocking=False):
    """The array itself if it is on the device already and nothing changes."""
    if isinstance(a, ndarray) and a._device != current():
        a = wrap(a._host.copy("K"))                   # from one device to the other
    if isinstance(a, ndarray) and (dtype is None or a.dtype == dtype) and order is None:
        return a
    return array(a, dtype, False, order or "K")


def uploaded(value):
    """Data for `array`: of the host (copied over), or arrays of the device; not lists of both."""
    if isinstance(value, ndarray):
        return host(value)
    if isinstance(value, np.ndarray) and value.ndim:
        transfer()
    if isinstance(value, (list, tuple)):
        flat = list(leaves(value))
        if any(isinstance(v, ndarray) for v in flat):
            if not all(isinstance(v, ndarray) for v in flat):
                raise TypeError(IMPLICIT)
            return unpacked(value, "array")
        transfer()
    return value


def along(a, indices, axis):
    """The key that picks along one axis, as CuPy makes it: so what is out of range wraps."""
    if not isinstance(a, ndarray) or not isinstance(indices, ndarray):
        raise TypeError(f"Unsupported type {type(indices if isinstance(a, ndarray) else a)}")
    if a.ndim != indices.ndim:
        raise ValueError("`indices` and `a` must have the same number of dimensions")
    axis = range(a.ndim)[axis]
    places = [wrap(np.arange(n).reshape([-1 if i == k else 1 for k in range(a.ndim)])) for i, n in enumerate(a.shape)]
    return tuple(places[:axis] + [indices] + places[axis + 1:])


def take_along_axis(a, indices, axis):
    """The elements at indices along an axis."""
    return a[along(a, indices, axis)]


def put_along_axis(arr, indices, values, axis):
    """Write to indices along an axis; an index twice is an error, as in any assignment."""
    arr[along(arr, indices, axis)] = values


def leaves(value):
    """What nested sequences hold."""
    if isinstance(value, (list, tuple)):
        for v in value:
            yield from leaves(v)
    else:
        yield value


def waits(name, args, settings):
    """Whether a call waits for the device."""
    if name == "where":
        return len(args) + len(settings) == 1
    if name == "repeat":
        return not isinstance((*args, settings.get("repeats"))[1], int)
    if name == "average":
        return settings.get("weights") is not None or len(args) > 2
    return name in WAIT or name in ("arange", "linspace") and any(isinstance(a, ndarray) for a in args)


def check_axis(name, array, axis):
    """A 0-d array has no axis, where NumPy lets 0 and -1 pass."""
    if name in ALONG and isinstance(array, ndarray) and array.ndim == 0 and axis not in (None, ()):
        raise np.exceptions.AxisError(axis if isinstance(axis, int) else axis[0], 0)


def check_numbers(name, given):
    """Axes and sizes are Python's: an array of the device would have to be waited for."""
    given = given | given.get("kwargs", {})
    for parameter in NUMBERS:
        if any(isinstance(v, ndarray) for v in leaves(given.get(parameter))):
            raise TypeError(f"cupy.{name}: {parameter} must be made of integers, got an array")


def prepared(name, args, settings):
    """The arguments for NumPy, and where the result is to be written."""
    if name in FILL:                                  # with one value, which may be the host's
        args = [a.reshape(())[()] if isinstance(a, np.ndarray) and a.size == 1 else a for a in args]
    settings = {k: v for k, v in settings.items() if k not in ("stream", "blocking")}
    out = settings.pop("out", None)
    if settings.get("kind") not in (None, "stable"):
        raise ValueError("kind can only be None or 'stable'")
    if name in ("sort", "argsort"):
        settings["kind"] = "stable"
    if name == "take":
        settings["mode"] = "wrap"
    return [unpacked(a, name) for a in args], {k: unpacked(v, name) for k, v in settings.items()}, out


def finished(name, result, out):
    """The result as CuPy gives it."""
    if out is not None:
        return store(out, np.asarray(result), "unsafe")
    if name in ANSWER_ON_HOST:
        return result
    if isinstance(result, np.ndarray) and result.base is None and name not in KEEP_ORDER:
        return wrap(np.asarray(result, order="C"))
    return wrap(np.asarray(result) if isinstance(result, (bool, int, float)) else result)


def function(place, name, numpy_function):
    """CuPy's function of a name, over NumPy's."""
    check, first = signature(place, name), words(place, name).partition(",")[0]

    def call(*args, **settings):
        given = check(*args, **settings)
        if name not in ANSWER_ON_HOST and args:
            must_be_arrays = (args[:2] if name in PRODUCTS else args[:1] if first in ARRAY else
                              args[0] if first in ARRAYS and isinstance(args[0], (list, tuple)) else ())
            for a in must_be_arrays:
                if not isinstance(a, ndarray):
                    raise TypeError(f"cupy.{name}: Unsupported type {type(a)}")
        check_numbers(name, given)
        check_axis(name, args[0] if args else None, given.get("axis"))
        if waits(name, args, settings):
            synchronize(f"{name}()")
        traced = any(isinstance(a, Traced) for a in args)
        args, settings, out = prepared(name, args, settings)
        with np.errstate(all="ignore"):
            result = finished(name, numpy_function(*args, **settings), out)
        return Traced.of(result) if traced and out is None else result
    call.__name__ = call.__qualname__ = name
    return call


def method(name):
    """The array's method of a name, over NumPy's."""
    check = signature("cupy.ndarray", name)

    def call(self, *args, **settings):
        given = check(*args, **settings)
        check_numbers(name, given)
        check_axis(name, self, given.get("axis"))
        if name in METHODS_THAT_WAIT or name == "fill" and isinstance(args[0], ndarray) or waits(name, (self, *args), settings):
            synchronize(f"{name}()")
        args, settings, out = prepared(name, args, settings)
        with np.errstate(all="ignore"):
            result = getattr(host(self) if name not in WRITES else writable(host(self)), name)(*args, **settings)
        return None if result is None else finished(name, result, out)
    call.__name__ = call.__qualname__ = name
    return call


def install_methods():
    """Give the array the methods that CuPy's has."""
    for name, said in MANIFEST["cupy.ndarray"].items():
        if said != "<value>" and not hasattr(ndarray, name) and hasattr(np.ndarray, name):
            setattr(ndarray, name, method(name))
