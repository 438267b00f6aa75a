"""Small things several layers need: pairs of settings, positions and pairs of containers, the names that messages give to types."""
import operator
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


def _position(index, length):
    """An index as a position from 0 on; an IndexError outside, a TypeError for what is no integer."""
    index = operator.index(index)
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range")
    return index % length


def _pairs(owner, values):
    """The (key, value) pairs of a mapping or of an iterable of pairs."""
    if hasattr(values, "items"):
        yield from values.items()
        return
    for i, pair in enumerate(values):
        if not isinstance(pair, Iterable):
            raise TypeError(f"{owner} update sequence element #{i} should be Iterable; is{type(pair).__name__}")
        if len(pair) != 2:
            raise ValueError(f"{owner} update sequence element #{i} has length {len(pair)}; 2 is required")
        yield tuple(pair)
