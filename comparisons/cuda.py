"""Which CUDA device the comparisons run on: a real one, one emulated on the CPU, or the strict double of CuPy.

`start` is called once, before minitorch is imported; the rest watches the device that it chose.
"""
import contextlib
import ctypes
import os
import sys
from collections import Counter

KINDS = {
    "real": "a CUDA device",
    "emulated": "CuPy on an emulated CUDA device (its kernels run on the CPU)",
    "double": "the strict double of CuPy (NumPy underneath)",
}
_device = None
kind = None


def real_devices():
    """How many CUDA devices the driver finds; 0 without a driver. Asked of the driver, since CuPy may not be imported yet."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    return 0 if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) else count.value


def start(want=None):
    """Make minitorch compute with CuPy, on a device of the kind wanted: by default a real one if there is one, else an emulated one.

    Raises:
        RuntimeError: minitorch has been imported already, or a real device is wanted and there is none.
    """
    global _device, kind
    if kind is not None and want in (None, kind):
        return kind
    if "minitorch.backend" in sys.modules:
        raise RuntimeError("minitorch has been imported and has chosen its array library: start the device before it")
    want = want or ("real" if real_devices() else "emulated")
    if want == "real":
        if not real_devices():
            raise RuntimeError("a real CUDA device is asked for, but the driver finds none")
        _device = _Real()
    elif want == "emulated":
        from tests import emulated_cuda as _device
    else:
        from tests import cupy_double as _device
    _device.install()
    os.environ["MINITORCH_BACKEND"] = "cupy"
    kind = want
    return kind


def counted():
    """Within this context what happens is counted: a Counter, complete after it, of "synchronize" (waits for the device), "to device"
    (copies from the host) and "launches" (kernels). A real device counts nothing."""
    return _device.counted()


def no_synchronize():
    """Within this context whatever waits for the device raises an error."""
    return _device.no_synchronize()


def launched():
    """Within this context the names of the kernels that the emulated device launches are listed; other devices list none."""
    return _device.launched() if kind == "emulated" else contextlib.nullcontext([])


class _Real:
    """A real device: CuPy itself watches who waits for it, and nobody counts."""

    def install(self):
        """Nothing to do: CuPy finds the driver."""

    @contextlib.contextmanager
    def counted(self):
        yield Counter()

    def no_synchronize(self):
        import cupyx
        return cupyx.allow_synchronize(False)
