"""A strict double of CuPy on the CPU: its names and signatures, over NumPy, for tests where there is no GPU.

    from tests import cupy_double
    cupy = cupy_double.install()                      # `import cupy` gives the double from now on
    with cupy_double.no_synchronize(), cupy_double.counted() as counts:
        step()
    assert counts["to device"] == 1

What the real CuPy lacks is lacking here (`manifest.json`, made from the real package by `make_manifest.py`). What it refuses is refused:
arrays of NumPy among its own, implicit conversion, unknown keywords (`where=` and `initial=` among them), `.at` and `.reduce` that it
has not, arrays of two devices. What waits for the device is counted, and an error under `no_synchronize`. And it is stricter where CuPy
lets pass what cannot be relied on: NumPy's functions on its arrays, writing into broadcast views, an index twice in an assignment.

It shows that the library speaks CuPy's language; that the kernels run on a GPU it cannot show.
"""
from .device import DeviceSynchronized, UndefinedBehaviour, counted, counts, no_synchronize
from .modules import cupy, cupyx, install

__all__ = ["DeviceSynchronized", "UndefinedBehaviour", "counted", "counts", "cupy", "cupyx", "install", "no_synchronize"]
