"""Small things several layers need: pairs of settings, and the names that error messages give to types."""
from collections.abc import Iterable
from itertools import repeat

from minitorch.tensor import Tensor


def _ntuple(n):
    def parse(x):
        return tuple(x) if isinstance(x, Iterable) else tuple(repeat(x, n))
    return parse


_single, _pair, _triple, _quadruple = map(_ntuple, (1, 2, 3, 4))


def _reverse_repeat_tuple(t, n):
    """Each entry of `t` n times, last entry first: the paddings as `functional.pad` takes them."""
    return tuple(x for x in reversed(t) for _ in range(n))


def _typename(value):
    """The name of a value's type as error messages print it: `int`, `minitorch.FloatTensor`, `minitorch.nn.modules.linear.Linear`.

    Example:
        >>> import minitorch as torch
        >>> _typename([1]), _typename(torch.ones(2))
        ('list', 'torch.FloatTensor')
    """
    if isinstance(value, Tensor):
        return value.type()
    kind = value if isinstance(value, type) else type(value)
    return kind.__qualname__ if kind.__module__ in ("builtins", "__builtin__") else f"{kind.__module__}.{kind.__qualname__}"
