"""The modules `cupy`, `cupyx` and `cupyx.scipy.special`, each with the names of the manifest."""
import functools
import sys

import numpy as np
import scipy.special

from . import device
from .arrays import host, index, ndarray, operand, wrap, writable
from .functions import array, asarray, function, install_methods, put_along_axis, take_along_axis
from .fusion import fuse
from .surface import MANIFEST, Surface
from .ufunc import AT, install_operators, ufunc


def maker(place, source):
    """What makes the names of a place out of a module of NumPy or SciPy."""
    def make(name, said):
        found = getattr(source, name, None)
        if found is None or said == "<module>":
            return None
        if said.startswith("<ufunc"):
            return ufunc(name, found, *map(int, said[1:-1].split()[1:]))
        return found if said in ("<type>", "<value>") else function(place, name, found)
    return make


def asnumpy(a, stream=None, order="C", out=None, *, blocking=True):
    """A copy in the host's memory."""
    return a.get(stream, order, out, blocking) if isinstance(a, ndarray) else np.asarray(a)


def get_array_module(*args):
    """cupy if one of the arguments lies on a device."""
    return cupy if any(isinstance(a, ndarray) for a in args) else np


def from_dlpack(array, device=None, copy=None):
    """An array on the memory of what has `__dlpack__`, made on its own device."""
    capsule = array.__dlpack__()
    if capsule.array is None:
        raise ValueError("a capsule serves once")
    found, capsule.array = wrap(capsule.array._host.view(), capsule.array._device), None
    return found


def scatter(name):
    """`scatter_add` and its kin: repeated indices all count."""
    operation = {"add": np.add, "max": np.maximum, "min": np.minimum}[name]

    def call(a, slices, value):
        target, key, value = writable(host(a)), index(a, slices), operand(value)
        if target.dtype.char not in AT["add"]:
            raise TypeError(f"cupyx.scatter_{name} does not support {target.dtype}")
        operation.at(target, key, value)
    return call


def unchecked(name, said):
    """What CuPy gives where NumPy raises LinAlgError: it does not look at cuSOLVER's outcome, and the result holds nan."""
    found = getattr(np.linalg, name, None)
    if said in ("<type>", "<value>", "<module>") or found is None:
        return found

    @functools.wraps(found)
    def call(a, *others, **settings):
        try:
            return found(a, *others, **settings)
        except np.linalg.LinAlgError:
            if min(a.shape[-2:]) != max(a.shape[-2:]):
                raise
            result = found(np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape), *others, **settings)
            spoilt = [np.full_like(r, np.nan) for r in (result if isinstance(result, tuple) else (result,))]
            return tuple(spoilt) if isinstance(result, tuple) else spoilt[0]
    return function("cupy.linalg", name, call)


cupy = Surface("cupy", maker("cupy", np), ndarray=ndarray, ufunc=ufunc, cuda=device.cuda, newaxis=None, asnumpy=asnumpy,
               array=array, asarray=asarray, asanyarray=asarray, put_along_axis=put_along_axis, take_along_axis=take_along_axis,
               get_array_module=get_array_module, get_default_memory_pool=lambda: device.pool, from_dlpack=from_dlpack, fuse=fuse,
               __version__=MANIFEST["version"])
cupy.linalg = Surface("cupy.linalg", unchecked)
cupy.fft = Surface("cupy.fft", maker("cupy.fft", np.fft))
cupy.lib = Surface("cupy.lib", lambda name, said: None)
cupy.lib.stride_tricks = Surface("cupy.lib.stride_tricks", maker("cupy.lib.stride_tricks", np.lib.stride_tricks))
install_operators(cupy)
install_methods()

cupyx = Surface("cupyx", lambda name, said: None, allow_synchronize=device.allow_synchronize, DeviceSynchronized=device.DeviceSynchronized,
                scatter_add=scatter("add"), scatter_max=scatter("max"), scatter_min=scatter("min"))
cupyx.scipy = Surface("cupyx.scipy", lambda name, said: None)
cupyx.scipy.special = Surface("cupyx.scipy.special", maker("cupyx.scipy.special", scipy.special))


def install():
    """Make `import cupy` give the double, in this process; returns it.

    Raises:
        RuntimeError: CuPy has been imported.
    """
    if "cupy" in sys.modules and sys.modules["cupy"] is not cupy:
        raise RuntimeError("cupy is imported already: install the double before")
    for module in (cupy, cupy.cuda, cupy.linalg, cupy.fft, cupy.lib, cupy.lib.stride_tricks, cupyx, cupyx.scipy, cupyx.scipy.special):
        sys.modules[module.__name__] = module
    return cupy
