"""Two devices that are not there, and a count of what would wait for them or copy to them."""
import contextlib
import time
import types
from collections import Counter

from .surface import Surface

DEVICES, MEMORY = 2, 2**30
counts = Counter()                                    # "synchronize": waits for a device; "to device": copies from the host's memory
_state = types.SimpleNamespace(device=0, allowed=True, where=None)


class DeviceSynchronized(RuntimeError):
    """The program waited for a device where it said that it would not (`no_synchronize`)."""


class UndefinedBehaviour(RuntimeError):
    """What CuPy lets pass and leaves undefined: an error here."""


def synchronize(why):
    """Count a wait for the device.

    Raises:
        DeviceSynchronized: under `no_synchronize`.
    """
    counts["synchronize"] += 1
    if not _state.allowed:
        raise DeviceSynchronized(f"{why} waits for the device")


def transfer():
    """Count a copy from the host's memory to the device, which need not wait."""
    counts["to device"] += 1


@contextlib.contextmanager
def allow_synchronize(allow):
    """CuPy's switch: whether waiting for the device is allowed within this context."""
    before, _state.allowed = _state.allowed, allow
    try:
        yield
    finally:
        _state.allowed = before


def no_synchronize():
    """Within this context whatever waits for the device raises DeviceSynchronized."""
    return allow_synchronize(False)


@contextlib.contextmanager
def counted():
    """Within this context what happens is counted apart; gives the Counter, complete after the context."""
    before, found = Counter(counts), Counter()
    try:
        yield found
    finally:
        found.update(counts - before)


def current():
    """The number of the current device."""
    return _state.device


class Device:
    """One of the two; the current one within `with Device(1):`."""

    compute_capability = "80"

    def __init__(self, device=None):
        self.id = _state.device if device is None else int(device)
        if not 0 <= self.id < DEVICES:
            raise RuntimeError(f"cudaErrorInvalidDevice: invalid device ordinal {self.id}")
        self._before = []

    def use(self):
        _state.device = self.id
        return self

    def __enter__(self):
        self._before.append(_state.device)
        return self.use()

    def __exit__(self, *error):
        _state.device = self._before.pop()

    def synchronize(self):
        synchronize("Device.synchronize()")

    def __eq__(self, other):
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self):
        return hash(self.id)

    def __int__(self):
        return self.id

    def __repr__(self):
        return f"<CUDA Device {self.id}>"


class Stream:
    """A queue of work; here all work is done at once."""

    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None):
        self.ptr, self._before = 0 if null else id(self), []

    done = property(lambda self: True)

    def use(self):
        _state.stream = self
        return self

    def __enter__(self):
        self._before.append(_state.stream)
        return self.use()

    def __exit__(self, *error):
        _state.stream = self._before.pop()

    def record(self, event=None):
        event.record(self)

    def wait_event(self, event):
        return None

    def synchronize(self):
        synchronize("Stream.synchronize()")


Stream.null = Stream(True)


class Event:
    """A mark in a queue of work, reached at once."""

    def __init__(self, block=False, disable_timing=False, interprocess=False):
        self.timed, self.at = not disable_timing, None

    done = property(lambda self: True)

    def record(self, stream=None):
        self.at = time.perf_counter()

    def synchronize(self):
        synchronize("Event.synchronize()")


def get_elapsed_time(start_event, end_event):
    """The milliseconds between two marks."""
    if not (start_event.timed and end_event.timed):
        raise RuntimeError("cudaErrorInvalidResourceHandle: invalid resource handle")
    return (end_event.at - start_event.at) * 1e3


class MemoryPool:
    """How much memory is in use, which the double does not know."""

    def used_bytes(self):
        return 0

    def total_bytes(self):
        return 0

    def free_all_blocks(self, stream=None):
        return None


def properties(device):
    """What CUDA says of a device."""
    return {"name": b"double", "major": 8, "minor": 0, "totalGlobalMem": MEMORY, "multiProcessorCount": 1, "warpSize": 32,
            "maxThreadsPerMultiProcessor": 2048, "l2CacheSize": 2**20, "uuid": bytes(16)}


pool = MemoryPool()
cuda = Surface("cupy.cuda", lambda name, said: None, Device=Device, Stream=Stream, is_available=lambda: True,
               get_device_id=current, get_current_stream=lambda device_id=-1: _state.stream, Event=Event, get_elapsed_time=get_elapsed_time)
_state.stream = Stream.null
cuda.memory = types.SimpleNamespace(OutOfMemoryError=type("OutOfMemoryError", (MemoryError,), {}))
cuda.runtime = types.SimpleNamespace(
    getDeviceCount=lambda: DEVICES, getDevice=current, setDevice=lambda device: Device(device).use() and None,
    deviceSynchronize=lambda: synchronize("deviceSynchronize()"), getDeviceProperties=properties, memGetInfo=lambda: (MEMORY, MEMORY),
    deviceCanAccessPeer=lambda device, peer: 0)
