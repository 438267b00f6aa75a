"""An emulated CUDA device: the real CuPy 14.2 on a CPU, for tests where there is no GPU. README.md says what it is and is not.

    from tests import emulated_cuda
    cupy = emulated_cuda.install()                    # before anything imports cupy
    with emulated_cuda.no_synchronize(), emulated_cuda.counted() as counts, emulated_cuda.launched() as kernels:
        step()
    assert counts["to device"] == 1 and not [k for k in kernels if "float64" in k]
"""
import functools
import importlib.metadata
import os
import sys

from . import settings
from .record import DeviceSynchronized, counted, counts, launched, launches, no_synchronize

__all__ = ["DeviceSynchronized", "counted", "counts", "install", "launched", "launches", "no_synchronize"]


@functools.cache
def install():
    """Put the emulated device under CuPy, and import it. Gives cupy; a second call only that.

    Raises:
        RuntimeError: if CuPy was imported before, or is not the version that this was made for.
        CompilerMissing: if there is no g++.
    """
    prepare()
    import cupy
    return cupy


def prepare():
    """Exchange the driver and the libraries, then let CuPy bind to them."""
    if "cupy" in sys.modules:
        raise RuntimeError("emulated_cuda.install() must come before `import cupy`: CuPy is imported already")
    found = cupy_version()
    if found != settings.CUPY_VERSION:
        raise RuntimeError(f"the emulated CUDA device is made for CuPy {settings.CUPY_VERSION}, found {found or 'none'}: "
                           f"pip install cupy-cuda12x=={settings.CUPY_VERSION}")
    from . import capsules, compiler, driver, libraries, record
    compiler.compiler_version()
    os.environ["CUPY_CACHE_DIR"] = str(settings.CACHE / "nvrtc")
    os.environ["CUPY_ACCELERATORS"] = ""              # CUB and cuTENSOR are compiled for GPUs
    libraries.provide_blas()
    from cupy_backends.cuda.api import driver as cupy_driver
    from cupy_backends.cuda.api import runtime as cupy_runtime
    capsules.exchange(cupy_runtime, driver.RUNTIME)
    capsules.exchange(cupy_driver, driver.DRIVER)
    if settings.RUN:
        compiler.replace_nvrtc()
    libraries.replace_in_cupy()
    record.hand_to_cupy()


def cupy_version():
    """The version of the CuPy that is installed, None if there is none."""
    try:
        return importlib.metadata.version("cupy-cuda12x")
    except importlib.metadata.PackageNotFoundError:
        return None
