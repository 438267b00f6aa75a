"""The two libraries by name, and the threads they may use: everything compared here runs with the same number of them."""
import importlib
import os

BOTH = ("minitorch", "torch")
COLOURS = {"minitorch": "cyan", "torch": "dark_orange"}
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def library(name):
    """The library called `name`, "minitorch" or "torch".

    Example:
        >>> library("minitorch").__name__
        'minitorch'
    """
    return importlib.import_module(name)


def environment(threads=1):
    """The environment of a process that computes with `threads` threads. The numerical libraries read it when they load."""
    return os.environ | {variable: str(threads) for variable in THREAD_VARIABLES}


def limit_threads(threads=1):
    """The same for this process, as far as it is still possible."""
    os.environ.update(environment(threads))
    import torch
    torch.set_num_threads(threads)


def versions():
    """Versions of what a result depends on, by name."""
    import platform
    from importlib.metadata import version

    return {"Python": platform.python_version()} | {name: version(name) for name in ("numpy", "scipy", "torch", "hypothesis")}
