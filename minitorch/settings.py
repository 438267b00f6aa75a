"""Switches that PyTorch programs set, and what they mean here."""
import warnings

from minitorch import threads
from minitorch.tensor import device as device_class

_deterministic = {"mode": False, "warn_only": False}
_precision = "highest"
PRECISIONS = ("highest", "high", "medium")


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Ask for results that are the same from run to run. Here they always are on the CPU: the answer is only remembered.

    Raises:
        TypeError: `mode` is no bool.

    Example:
        >>> import minitorch as torch
        >>> torch.use_deterministic_algorithms(True)
        >>> torch.are_deterministic_algorithms_enabled()
        True
        >>> torch.use_deterministic_algorithms(False)
    """
    for name, value in (("mode", mode), ("warn_only", warn_only)):
        if not isinstance(value, bool):
            raise TypeError(f"use_deterministic_algorithms(): argument '{name}' must be bool, not {type(value).__name__}")
    _deterministic.update(mode=mode, warn_only=warn_only)


def are_deterministic_algorithms_enabled():
    """Whether `use_deterministic_algorithms` asked for them."""
    return _deterministic["mode"]


def is_deterministic_algorithms_warn_only_enabled():
    """Whether operations without a deterministic form were to warn only."""
    return _deterministic["warn_only"]


def set_float32_matmul_precision(precision):
    """Allow products of float32 matrices to be less exact: "highest", "high" or "medium". Here they always are float32's own.

    Warns:
        UserWarning: another word; the setting stays as it was.
    """
    global _precision
    if precision not in PRECISIONS:
        warnings.warn(f"{precision!r} is not one of {', '.join(PRECISIONS)}; the setting stays {_precision}", stacklevel=2)
        return
    _precision = precision


def get_float32_matmul_precision():
    """What `set_float32_matmul_precision` allowed."""
    return _precision


def get_device_module(device=None):
    """The module that speaks for a device: `torch.cpu` or `torch.cuda`; without one, that of the device there is.

    Raises:
        RuntimeError: a device that is none, or none of minitorch's.

    Example:
        >>> import minitorch as torch
        >>> torch.get_device_module("cpu").device_count()
        1
    """
    from minitorch import cpu, cuda
    if device is None:
        return cuda if cuda.is_available() else cpu
    kind = device_class(device).type
    if kind not in ("cpu", "cuda"):
        raise RuntimeError(f"Invalid device module '{kind}': minitorch has 'cpu' and 'cuda'")
    return cuda if kind == "cuda" else cpu


def get_num_threads():
    """The number of threads that products of matrices run on.

    Example:
        >>> import minitorch as torch
        >>> torch.get_num_threads() >= 1
        True
    """
    return threads.get_threads()


def set_num_threads(number):
    """Run products of matrices (those of NumPy's and SciPy's OpenBLAS) on so many threads.

    Raises:
        RuntimeError: not a positive integer.
    """
    if not isinstance(number, int):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(number).__name__}")
    if number <= 0:
        raise RuntimeError(f"set_num_threads expects a positive integer, got {number}")
    threads.set_threads(number)


def compile(model=None, *, fullgraph=False, dynamic=None, backend="inductor", mode=None, options=None, disable=False):
    """The model or function itself: minitorch has no compiler, what it computes is the same. Also a decorator.

    Example:
        >>> import minitorch as torch
        >>> double = torch.compile(lambda x: x * 2)
        >>> double(torch.ones(2))
        tensor([2., 2.])
    """
    return (lambda function: function) if model is None else model
