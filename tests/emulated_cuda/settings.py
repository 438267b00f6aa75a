"""What the environment sets, read once."""
import os
from pathlib import Path

CUPY_VERSION = "14.2.0"                               # the driver layer swapped here is private to CuPy: another version may differ


def choice(name, *choices):
    """The setting called name, the first of the choices where nothing is set.

    Raises:
        ValueError: if it is none of the choices.
    """
    value = os.environ.get(name) or choices[0]
    if value not in choices:
        raise ValueError(f"{name}={value}: expected {' or '.join(choices)}")
    return value


RUN = choice("EMULATED_CUDA_MODE", "run", "compile") == "run"         # else kernels are compiled by NVRTC, not executed
REVERSED = choice("EMULATED_CUDA_ORDER", "forward", "reverse") == "reverse"
DEVICES = int(os.environ.get("EMULATED_CUDA_DEVICES") or 2)
ARCH = tuple(int(part) for part in (os.environ.get("EMULATED_CUDA_ARCH") or "8.0").split("."))
CACHE = Path(os.environ.get("EMULATED_CUDA_CACHE") or Path.home() / ".cache" / "minitorch" / "emulated_cuda")
