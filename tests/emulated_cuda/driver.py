"""CUDA's runtime and driver, as far as CuPy asks them: one function an entry, under CuPy's name of it.

A function takes the arguments that CuPy's takes (what it need not know ends in `*_`) and may raise. What is missing here is left to the
real runtime, which finds no device and says so.
"""
import itertools

from . import execution, memory, settings
from .record import synchronize

_numbers = itertools.count(1000)
ATTRIBUTES = {                                        # by cudaDeviceAttr
    1: 1024,                                          # threads of a block
    8: 49152,                                         # bytes of shared memory of a block
    10: 32,                                           # threads of a warp
    16: 4,                                            # multiprocessors
    75: settings.ARCH[0],                             # compute capability
    76: settings.ARCH[1],
    97: 49152,                                        # bytes of shared memory that a block may ask for
}
PROPERTIES = {
    "name": b"emulated on the CPU", "totalGlobalMem": memory.TOTAL, "sharedMemPerBlock": 49152, "regsPerBlock": 65536, "warpSize": 32,
    "maxThreadsPerBlock": 1024, "maxThreadsDim": (1024, 1024, 64), "maxGridSize": (2**31 - 1, 65535, 65535), "major": settings.ARCH[0],
    "minor": settings.ARCH[1], "multiProcessorCount": 4, "maxThreadsPerMultiProcessor": 2048, "l2CacheSize": 1 << 20,
    "totalConstMem": 65536, "sharedMemPerBlockOptin": 49152, "sharedMemPerMultiprocessor": 49152}


def nothing(*_):
    """What needs no doing where all work is done at once."""


def number(*_):
    """A handle not given before."""
    return next(_numbers)


def zero(*_):
    return 0


def set_device(device):
    if not 0 <= device < settings.DEVICES:
        raise RuntimeError(f"cudaErrorInvalidDevice: invalid device ordinal {device}; there are {settings.DEVICES}")
    memory.current[0] = device


def current_device(*_):
    return memory.current[0]


def pointer_attributes(address):
    from cupy_backends.cuda.api import runtime
    device = memory.device_of(address)
    return runtime.PointerAttributes(device, address, address, 0 if device == memory.HOST else 2)


def wait(why):
    return lambda *_: synchronize(why)


RUNTIME = {
    "_ensure_context": nothing,
    # devices
    "getDeviceCount": lambda: settings.DEVICES,
    "getDevice": current_device,
    "setDevice": set_device,
    "getDeviceProperties": lambda device: PROPERTIES | {"pciBusID": device},
    "deviceGetAttribute": lambda attribute, device: ATTRIBUTES.get(attribute, 0),
    "driverGetVersion": lambda: 12090,
    "deviceSynchronize": wait("Device.synchronize()"),
    "deviceCanAccessPeer": zero,
    "deviceEnablePeerAccess": nothing,
    "_deviceEnsurePeerAccess": nothing,
    # memory
    "memGetInfo": lambda: (memory.TOTAL // 2, memory.TOTAL),
    "malloc": lambda size: memory.allocate(size),
    "mallocAsync": lambda size, *_: memory.allocate(size),
    "mallocManaged": lambda size, *_: memory.allocate(size),
    "hostAlloc": lambda size, *_: memory.allocate(size, memory.HOST),
    "free": memory.free,
    "freeAsync": lambda start, *_: memory.free(start),
    "freeHost": memory.free,
    "memcpy": lambda target, source, size, kind: memory.copy(target, source, size, kind, waits=True),
    "memcpyAsync": lambda target, source, size, kind, *_: memory.copy(target, source, size, kind),
    "memcpyPeer": lambda target, to, source, of, size: memory.copy(target, source, size, memory.ON_DEVICE),
    "memcpyPeerAsync": lambda target, to, source, of, size, *_: memory.copy(target, source, size, memory.ON_DEVICE),
    "memset": memory.fill,
    "memsetAsync": lambda target, value, size, *_: memory.fill(target, value, size),
    "pointerGetMemoryType": lambda address: 2,
    "pointerGetAttributes": pointer_attributes,
    # streams and events
    "streamCreate": number,
    "streamCreateWithFlags": number,
    "streamCreateWithPriority": number,
    "streamDestroy": nothing,
    "streamGetPriority": zero,
    "streamIsCapturing": zero,
    "streamQuery": zero,
    "streamSynchronize": wait("a copy to the host, or Stream.synchronize(),"),
    "streamWaitEvent": nothing,
    "eventCreate": number,
    "eventCreateWithFlags": number,
    "eventDestroy": nothing,
    "eventElapsedTime": lambda *_: 0.0,
    "eventQuery": zero,
    "eventRecord": nothing,
    "eventSynchronize": wait("Event.synchronize()"),
}
DRIVER = {
    "ctxGetCurrent": lambda: 1,
    "ctxGetDevice": current_device,
    "ctxSetCurrent": nothing,
    "moduleLoadData": execution.load,
    "moduleGetFunction": execution.function,
    "moduleUnload": nothing,
    "launchKernel": execution.launch,
    "funcGetAttribute": lambda attribute, function: 1024 if attribute == 0 else 0,
    "funcSetAttribute": nothing,
    "occupancyMaxPotentialBlockSize": lambda *_: (4, 128),
    "occupancyMaxActiveBlocksPerMultiprocessor": lambda *_: 8,
}
