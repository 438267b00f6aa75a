"""CUDA devices, as programs ask for them: there are some if minitorch computes with CuPy (`MINITORCH_BACKEND=cupy`).

Without one the functions answer or raise as those of a PyTorch that was built without CUDA. Random numbers of all devices come from one
generator, which `torch.manual_seed` seeds; the functions here that seed leave it alone.
"""
from collections import OrderedDict
from types import SimpleNamespace

from minitorch import backend, random
from minitorch.backend import OutOfMemoryError
from minitorch.streams import Event, Stream, StreamContext, current_stream, default_stream, set_stream, stream
from minitorch.tensor import device as _Device

__all__ = [
    "Event", "OutOfMemoryError", "Stream", "StreamContext", "can_device_access_peer", "current_device", "current_stream", "default_stream",
    "device", "device_count", "device_of", "empty_cache", "get_arch_list", "get_device_capability", "get_device_name",
    "get_device_properties", "get_rng_state", "get_rng_state_all", "init", "initial_seed", "ipc_collect", "is_available",
    "is_bf16_supported", "is_initialized", "manual_seed", "manual_seed_all", "max_memory_allocated", "max_memory_reserved", "mem_get_info",
    "memory_allocated", "memory_reserved", "memory_stats", "reset_max_memory_allocated", "reset_peak_memory_stats", "seed", "seed_all",
    "set_device", "set_rng_state", "set_rng_state_all", "set_stream", "stream", "synchronize",
]


def is_available():
    """Whether there is a CUDA device to compute on.

    Example:
        >>> import minitorch as torch
        >>> device = "cuda" if torch.cuda.is_available() else "cpu"
    """
    return backend.device_count() > 0


def init():
    """Make CUDA ready: here it is from the start.

    Raises:
        AssertionError: there is no device.
    """
    backend.devices()


def is_initialized():
    """Whether CUDA is in use: if it is there, it is."""
    return is_available()


def is_bf16_supported(including_emulation=True):
    """Whether devices compute in bfloat16: no, minitorch has no such dtype."""
    return False


def get_arch_list():
    """The generations that PyTorch's kernels were built for: none, CuPy's are compiled when they are first used."""
    return []


# ---- which device -------------------------------------------------------------------------------------------------------

def device_count():
    """The number of CUDA devices; 0 if minitorch computes with NumPy."""
    return backend.device_count()


def _number_of(place, optional=True):
    """The number that a device, a string or a number means; the current device's for None, and for "cuda" where that is `optional`.

    Raises:
        ValueError: another kind of device. AssertionError: there is none at all.
    """
    if isinstance(place, int) and not isinstance(place, bool):
        return place
    if place is None:
        return current_device()
    place = _Device(place)
    if place.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {place}")
    if place.index is None and not optional:
        raise ValueError(f"Expected a torch.device with a specified index or an integer, but got: {place}")
    return current_device() if place.index is None else place.index


def current_device():
    """The number of the device that new tensors of "cuda" go to.

    Raises:
        AssertionError: there is none.
    """
    return backend.current_device()


def set_device(device):
    """Make a device the current one; a negative number leaves it as it is.

    Raises:
        ValueError: no CUDA device, or one without a number. RuntimeError: it is not there. AssertionError: there is none at all.
    """
    if (index := _number_of(device, optional=False)) >= 0:
        backend.set_device(index)


class device:
    """`with torch.cuda.device(1):` makes a device the current one within the block; None or a negative number changes nothing."""

    def __init__(self, device):
        self.idx = -1 if device is None else _number_of(device)

    def __enter__(self):
        if self.idx >= 0 and not is_available():
            raise RuntimeError("PyTorch was compiled without CUDA support: set MINITORCH_BACKEND=cupy where there is a device")
        self.before = current_device() if self.idx >= 0 else -1
        if self.idx >= 0:
            backend.set_device(self.idx)

    def __exit__(self, *error):
        if self.before >= 0:
            backend.set_device(self.before)


class device_of(device):
    """The same with the device of a tensor; nothing for one of the CPU."""

    def __init__(self, obj):
        super().__init__(obj.device.index if obj.is_cuda else None)


def can_device_access_peer(device, peer_device):
    """Whether a device reaches the memory of another.

    Raises:
        AssertionError: there is none. RuntimeError: one is not there.
    """
    first, second = map(backend.existing, map(_number_of, (device, peer_device)))
    return first != second and bool(backend.devices().runtime.deviceCanAccessPeer(first, second))


def synchronize(device=None):
    """Wait until a device has done all that was asked of it.

    Raises:
        AssertionError: there is none.
    """
    backend.synchronize(_number_of(device))


# ---- what a device is ---------------------------------------------------------------------------------------------------

class _CudaDeviceProperties(SimpleNamespace):
    """What is known of a device."""


def get_device_properties(device=None):
    """What is known of a device: `name`, `major`, `minor`, `total_memory` (bytes), `multi_processor_count`, `warp_size` and more.

    Raises:
        AssertionError: there is none. RuntimeError: it is not there.
    """
    found = backend.device_properties(_number_of(device))
    return _CudaDeviceProperties(
        name=found["name"].decode(), major=found["major"], minor=found["minor"], total_memory=found["totalGlobalMem"],
        multi_processor_count=found["multiProcessorCount"], warp_size=found["warpSize"],
        max_threads_per_multi_processor=found["maxThreadsPerMultiProcessor"], L2_cache_size=found["l2CacheSize"])


def get_device_name(device=None):
    """The name of a device.

    Raises:
        AssertionError: there is none. RuntimeError: it is not there.
    """
    return get_device_properties(device).name


def get_device_capability(device=None):
    """A device's generation, as (major, minor).

    Raises:
        AssertionError: there is none. RuntimeError: it is not there.
    """
    found = get_device_properties(device)
    return found.major, found.minor


# ---- memory -------------------------------------------------------------------------------------------------------------

def _memory(device):
    return backend.memory_used(_number_of(device)) if is_available() else (0, 0)


def empty_cache():
    """Give memory that no tensor uses back to the devices."""
    backend.free_memory()


def ipc_collect():
    """Release memory that was shared with other processes: there is none.

    Raises:
        AssertionError: there is no device.
    """
    init()


def memory_allocated(device=None):
    """The bytes that tensors hold on a device."""
    return _memory(device)[0]


def memory_reserved(device=None):
    """The bytes that are held for tensors on a device, in use or not."""
    return _memory(device)[1]


def max_memory_allocated(device=None):
    """A bound of the bytes that tensors ever held: those that are reserved now (CuPy keeps no record of the peak)."""
    return memory_reserved(device)


def max_memory_reserved(device=None):
    """The bytes that are reserved now: until `empty_cache` they only grow."""
    return memory_reserved(device)


def memory_stats(device=None):
    """The bytes that tensors hold and those that are held for them, under PyTorch's names; empty without a device."""
    if not is_available():
        return OrderedDict()
    used, held = _memory(device)
    return OrderedDict({"allocated_bytes.all.current": used, "allocated_bytes.all.peak": held, "reserved_bytes.all.current": held,
                        "reserved_bytes.all.peak": held})


def mem_get_info(device=None):
    """The bytes that are free on a device, for all programs, and all that it has.

    Raises:
        AssertionError: there is none.
    """
    return backend.memory_info(_number_of(device))


def reset_peak_memory_stats(device=None):
    """Begin to measure the peak anew: memory that no tensor uses is given back."""
    empty_cache()


def reset_max_memory_allocated(device=None):
    """The same as `reset_peak_memory_stats`, under its older name."""
    empty_cache()


# ---- random numbers: one generator for all ------------------------------------------------------------------------------

def manual_seed(seed):
    """Seed the current device: `torch.manual_seed` has seeded the one generator that all devices share."""
    int(seed)


def manual_seed_all(seed):
    """Seed all devices: `torch.manual_seed` has seeded the one generator that all devices share."""
    int(seed)


def seed():
    """Seed the current device by chance: nothing, `torch.seed` does so for all."""


def seed_all():
    """Seed all devices by chance: nothing, `torch.seed` does so for all."""


def initial_seed():
    """The seed of the one generator.

    Raises:
        AssertionError: there is no device.
    """
    init()
    return random.initial_seed()


def get_rng_state(device="cuda"):
    """The state of the one generator.

    Raises:
        AssertionError: there is no device.
    """
    init()
    return random.get_rng_state()


def set_rng_state(new_state, device="cuda"):
    """Let the one generator go on from a state that `get_rng_state` gave; nothing without a device."""
    if is_available():
        random.set_rng_state(new_state)


def get_rng_state_all():
    """The states of the devices' own generators: none, all devices share the generator of the CPU."""
    return []


def set_rng_state_all(new_states):
    """Restore what `get_rng_state_all` returned."""
    if len(new_states):
        raise RuntimeError(f"CUDA devices have no generators of their own, but {len(new_states)} states were given: restore the one state "
                           "with torch.set_rng_state")
