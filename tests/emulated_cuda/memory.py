"""The memory of the devices: memory of the host, with a note of whose it is."""
import ctypes
from bisect import bisect_right, insort

from . import settings
from .record import counts, synchronize

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.restype, libc.free.argtypes = None, [ctypes.c_void_p]

ALIGNMENT = 512                                       # as cudaMalloc's
HOST = -1
TO_DEVICE, TO_HOST, ON_DEVICE, DEFAULT = 1, 2, 3, 4   # cudaMemcpyKind
TOTAL = 8 << 30

current = [0]                                         # the current device
_starts = []                                          # where the pieces begin, sorted
_pieces = {}                                          # where it begins -> (device, bytes, what malloc gave)
_devices = set()                                      # those that ever had memory


class IllegalAddress(RuntimeError):
    """Memory used where it is not: what a GPU answers with cudaErrorIllegalAddress."""


def allocate(size, device=None):
    """The address of new memory on a device, by default on the current one.

    It is filled with ones (NaN as a float), so that what reads before it writes shows.
    """
    counts["allocations"] += 1
    device = current[0] if device is None else device
    raw = libc.malloc(size + ALIGNMENT)
    start = (raw + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
    ctypes.memset(start, 0xFF if settings.RUN else 0, size)
    insort(_starts, start)
    _pieces[start] = (device, size, raw)
    _devices.add(device)
    return start


def free(start):
    """Give back what `allocate` gave."""
    piece = _pieces.pop(start, None)
    if piece is not None:
        del _starts[bisect_right(_starts, start) - 1]
        libc.free(piece[2])


def device_of(address):
    """The device whose memory lies at the address: HOST where none of ours does."""
    k = bisect_right(_starts, address) - 1
    if k < 0:
        return HOST
    device, size, _ = _pieces[_starts[k]]
    return device if address < _starts[k] + max(size, 1) else HOST


def check(addresses, user):
    """The current device may read memory of its own.

    Raises:
        IllegalAddress: if one of the addresses is another device's.
    """
    if len(_devices - {HOST}) < 2:
        return
    for address in addresses:
        if (device := device_of(address)) not in (HOST, current[0]):
            raise IllegalAddress(f"{user} runs on device {current[0]} and uses memory of device {device}: copy it first")


def copy(target, source, size, kind, waits=False):
    """Copy as cudaMemcpy does, between devices too; a copy to the host that is not asynchronous waits for the device."""
    if kind == DEFAULT:
        kind = {(True, False): TO_DEVICE, (False, True): TO_HOST}.get((device_of(source) == HOST, device_of(target) == HOST), ON_DEVICE)
    counts[{TO_DEVICE: "to device", TO_HOST: "to host"}.get(kind, "on device")] += 1
    if kind == TO_HOST and waits:
        synchronize("a copy to the host")
    ctypes.memmove(target, source, size)


def fill(target, value, size):
    """Set the bytes, as cudaMemset does."""
    check((target,), "memset")
    ctypes.memset(target, value, size)
