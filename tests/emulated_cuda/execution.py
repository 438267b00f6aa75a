"""Kernels are loaded, found and launched: the part of the driver that runs them."""
import ctypes
import functools
import itertools
import json

from . import compiler, memory, record, settings

MAX_THREADS, MAX_DYNAMIC = 1024, 49152                # of a block; bytes of dynamic shared memory
_modules, _functions = {}, {}
_numbers = itertools.count(1)
Three = ctypes.c_uint * 3


class LaunchFailure(RuntimeError):
    """A launch that CUDA refuses."""


@functools.cache
def threads():
    """The library that runs the threads of a kernel."""
    library = compiler.build_c((compiler.HERE / "threads.c").read_text(), "threads", open_as=ctypes.PyDLL)     # one kernel at a time
    library.run_kernel.argtypes = [ctypes.c_void_p, ctypes.c_void_p, Three, Three, ctypes.c_int]
    library.run_kernel.restype = None
    return library


def load(image, *_):
    """A number for what the compiler built."""
    number = next(_numbers)
    _modules[number] = bytes(image)
    return number


@functools.cache
def opened(path):
    threads()
    return ctypes.CDLL(path)


def function(module, name, *_):
    """A number for a kernel of a module.

    Raises:
        LaunchFailure: if the module has no such kernel.
    """
    entry, addresses = None, ()
    if settings.RUN:
        described = json.loads(_modules[module])
        if name not in described["addresses"]:
            raise LaunchFailure(f"cudaErrorSymbolNotFound: no kernel {name} among {sorted(described['addresses'])}")
        addresses = [k for k, is_address in enumerate(described["addresses"][name]) if is_address]
        entry = ctypes.cast(getattr(opened(described["path"]), f"run_{name}"), ctypes.c_void_p)
    number = next(_numbers)
    _functions[number] = (name, entry, addresses)
    return number


def launch(number, grid_x, grid_y, grid_z, block_x, block_y, block_z, shared, stream, arguments, extra):
    """Run a kernel, all of it, now.

    Raises:
        LaunchFailure: if the block is too large or empty.
        IllegalAddress: if an argument is another device's memory.
    """
    name, entry, addresses = _functions[number]
    record.launch(name)
    if not 0 < block_x * block_y * block_z <= MAX_THREADS or not grid_x * grid_y * grid_z or shared > MAX_DYNAMIC:
        raise LaunchFailure(f"cudaErrorInvalidConfiguration: {name} on {grid_x, grid_y, grid_z} blocks of {block_x, block_y, block_z} "
                            f"threads with {shared} bytes shared; a block has at most {MAX_THREADS} threads and {MAX_DYNAMIC} bytes")
    if entry is None:
        return
    pointers = ctypes.cast(arguments, ctypes.POINTER(ctypes.POINTER(ctypes.c_size_t)))
    memory.check((pointers[k][0] for k in addresses), name)
    threads().run_kernel(entry, arguments, Three(grid_x, grid_y, grid_z), Three(block_x, block_y, block_z), settings.REVERSED)
