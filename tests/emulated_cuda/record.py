"""What happened on the device: waits, copies from the host, kernels launched."""
import contextlib
import warnings
from collections import Counter

KINDS = ("synchronize", "to device", "launches")
counts = Counter()                                    # KINDS, and for the curious "to host", "on device", "allocations"
launches = []                                         # names of the kernels launched, in order
_allowed = [True]


class DeviceSynchronized(RuntimeError):
    """The program waited for a device where it said that it would not (`no_synchronize`)."""


def synchronize(why):
    """Count a wait for the device.

    Raises:
        DeviceSynchronized: under `no_synchronize`.
    """
    counts["synchronize"] += 1
    if not _allowed[-1]:
        raise DeviceSynchronized(f"{why} waits for the device")


def launch(name):
    """Count the launch of a kernel."""
    counts["launches"] += 1
    launches.append(name)


@contextlib.contextmanager
def counted():
    """Within this context what happens is counted apart; gives the Counter, complete after the context."""
    before, found = Counter(counts), Counter()
    try:
        yield found
    finally:
        found.update({kind: counts[kind] - before[kind] for kind in KINDS if counts[kind] > before[kind]})


@contextlib.contextmanager
def launched():
    """Gives the list of the kernels launched within this context, complete after the context."""
    start, found = len(launches), []
    try:
        yield found
    finally:
        found.extend(launches[start:])


@contextlib.contextmanager
def no_synchronize():
    """Within this context whatever waits for the device raises DeviceSynchronized."""
    from cupyx import allow_synchronize
    with contextlib.ExitStack() as switch:
        with warnings.catch_warnings():               # CuPy warns that its switch misses some waits: those the driver sees
            warnings.filterwarnings("ignore", "cupyx.allow_synchronize will be removed")
            switch.enter_context(allow_synchronize(False))
        _allowed.append(False)
        switch.callback(_allowed.pop)
        yield


def hand_to_cupy():
    """Make CuPy raise this DeviceSynchronized, so that one name catches both."""
    import cupyx
    from cupy._core import syncdetect
    syncdetect.DeviceSynchronized = cupyx.DeviceSynchronized = DeviceSynchronized
