"""`cupy.fuse`: the function runs on arrays that show no more of themselves than the variables that CuPy traces it with."""
import functools

import numpy as np

from .arrays import Traced, ndarray, wrap


def fuse(*args, kernel_name=None):
    """`fuse(function)`, or `fuse(kernel_name=...)` as a decorator."""
    if args:
        return Fusion(*args)
    return functools.partial(Fusion, name=kernel_name)


class Fusion:
    """A fused function.

    Raises:
        TypeError: an argument is neither an array, None nor a number; the result is neither None nor arrays.
    """

    def __init__(self, function, name=None):
        self.function, self.name = function, name or function.__name__

    def __call__(self, *args):
        if not any(isinstance(a, ndarray) for a in args):
            return self.function(*args)
        for a in args:
            if not (a is None or isinstance(a, (ndarray, bool, int, float, complex, np.generic))):
                raise TypeError(f"Invalid argument type for '{self.name}': {type(a)}")
        result = self.function(*(Traced.of(a) if isinstance(a, ndarray) else a for a in args))
        if result is None:
            return None
        if isinstance(result, tuple):
            return tuple(map(opened, result))
        return opened(result)


def opened(result):
    """A result of a fused function as an ordinary array of its own."""
    if not isinstance(result, Traced):
        raise TypeError(f"Fusion function can't return {type(result)}")
    return wrap(result._host.copy(), result._device)
