"""CUDA devices, as programs ask for them: there are some if minitorch computes with CuPy (`MINITORCH_BACKEND=cupy`).

Random numbers of both devices come from one generator, which `torch.manual_seed` seeds; the functions here that seed leave it alone.
"""
from contextlib import contextmanager

from minitorch import backend
from minitorch.tensor import device as _Device


def is_available():
    """Whether there is a CUDA device to compute on.

    Example:
        >>> import minitorch as torch
        >>> device = "cuda" if torch.cuda.is_available() else "cpu"
    """
    return backend.device_count() > 0


def is_initialized():
    """Whether CUDA is in use: if it is there, it is."""
    return is_available()


def is_bf16_supported(including_emulation=True):
    """Whether devices compute in bfloat16: no, minitorch has no such dtype."""
    return False


def device_count():
    """The number of CUDA devices; 0 if minitorch computes with NumPy."""
    return backend.device_count()


def _number_of(place):
    """The index that a device, a string or a number means; the current device for None."""
    if place is None:
        return current_device()
    if isinstance(place, int):
        return place
    index = _Device(place).index
    return current_device() if index is None else index


def current_device():
    """The index of the device that new tensors of "cuda" go to.

    Raises:
        RuntimeError: there is none.
    """
    return backend.current_device()


def set_device(device):
    """Make a device the current one; without devices this does nothing, as in PyTorch."""
    if is_available() and (index := _number_of(device)) >= 0:
        backend.set_device(index)


@contextmanager
def device(device):
    """`with torch.cuda.device(1):` makes a device the current one within the block."""
    before = current_device() if is_available() else None
    set_device(device)
    try:
        yield
    finally:
        if before is not None:
            backend.set_device(before)


def synchronize(device=None):
    """Wait until a device has done all that was asked of it.

    Raises:
        RuntimeError: there is none.
    """
    backend.synchronize(_number_of(device))


def get_device_name(device=None):
    """The name of a device.

    Raises:
        RuntimeError: there is none.
    """
    return backend.device_properties(_number_of(device))["name"].decode()


def get_device_capability(device=None):
    """A device's generation, as (major, minor).

    Raises:
        RuntimeError: there is none.
    """
    properties = backend.device_properties(_number_of(device))
    return properties["major"], properties["minor"]


def empty_cache():
    """Give memory that no tensor uses back to the device."""
    backend.free_memory()


def memory_allocated(device=None):
    """The bytes that tensors hold on the current device."""
    return backend.memory_used()[0]


def memory_reserved(device=None):
    """The bytes that are held for tensors on the current device, in use or not."""
    return backend.memory_used()[1]


def max_memory_allocated(device=None):
    """A bound of the bytes that tensors ever held: those that are reserved now (CuPy keeps no record of the peak)."""
    return memory_reserved(device)


def max_memory_reserved(device=None):
    """The bytes that are reserved now: until `empty_cache` they only grow."""
    return memory_reserved(device)


def reset_peak_memory_stats(device=None):
    """Begin to measure the peak anew: memory that no tensor uses is given back."""
    empty_cache()


def manual_seed(seed):
    """Seed the current device: `torch.manual_seed` has seeded the one generator that all devices share."""
    int(seed)


def manual_seed_all(seed):
    """Seed all devices: `torch.manual_seed` has seeded the one generator that all devices share."""
    int(seed)


def get_rng_state_all():
    """The states of the devices' generators: none, all devices share the generator of the CPU."""
    return []


def set_rng_state_all(new_states):
    """Restore what `get_rng_state_all` returned."""
    if len(new_states):
        raise RuntimeError(f"CUDA devices have no generators of their own, but {len(new_states)} states were given: restore the one state "
                           "with torch.set_rng_state")
