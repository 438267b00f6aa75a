"""Containers of modules: Sequential, ModuleList, ModuleDict. ParameterList and ParameterDict have a file of their own.

Source: https://docs.pytorch.org/docs/2.13/nn.html#containers
"""
from collections import OrderedDict
from collections.abc import Iterable
from itertools import chain, groupby

from minitorch.nn.modules._parameter_containers import ParameterDict as ParameterDict
from minitorch.nn.modules._parameter_containers import ParameterList as ParameterList
from minitorch.nn.modules.module import Module, _frame
from minitorch.nn.modules.utils import _pairs, _position


class _Numbered(Module):
    """A row of submodules, named "0", "1", ... by position."""

    def _name_at(self, index):
        return list(self._modules)[_position(index, len(self))]

    def _renumber(self, modules):
        self.__dict__["_modules"] = {str(i): module for i, module in enumerate(modules)}

    def __setitem__(self, index, module):
        setattr(self, self._name_at(index), module)

    def __delitem__(self, index):
        modules = list(self._modules.values())
        del modules[index if isinstance(index, slice) else _position(index, len(modules))]
        self._renumber(modules)

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def append(self, module):
        """Add a module at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key):
        """Take a module out and return it; those after it move up."""
        module = self[key]
        del self[key]
        return module


class Sequential(_Numbered):
    """Modules that are applied one after the other.

    Args:
        *args: the modules in order, or one OrderedDict of named modules.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
        Sequential(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (1): ReLU()
        )
    """

    def __init__(self, *args):
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], OrderedDict) else ((str(i), m) for i, m in enumerate(args))
        for name, module in named:
            self.add_module(name, module)

    def forward(self, input):
        """Every module's output is the next one's input."""
        for module in self:
            input = module(input)
        return input

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._name_at(index)]

    def __add__(self, other):
        if not isinstance(other, Sequential):
            raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
        return type(self)(*self, *other)

    def __iadd__(self, other):
        if not isinstance(other, Sequential):
            raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
        return self.extend(list(other))

    def _check_factor(self, factor):
        if not isinstance(factor, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(factor)}")
        if factor <= 0:
            raise ValueError(f"Non-positive multiplication factor {factor} for {type(self)}")

    def __mul__(self, factor):
        self._check_factor(factor)
        return type(self)(*list(self) * factor)

    __rmul__ = __mul__

    def __imul__(self, factor):
        self._check_factor(factor)
        return self.extend(list(self) * (factor - 1))

    def insert(self, index, module):
        """Put a module before position `index`; returns the container.

        Raises:
            AssertionError: `module` is no Module.
            IndexError: `index` is beyond the end.
        """
        assert isinstance(module, Module), f"module should be of type: {Module}"
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def extend(self, sequential):
        """Add the modules of an iterable at the end; returns the container."""
        for module in sequential:
            self.append(module)
        return self


class ModuleList(_Numbered):
    """A list of modules whose parameters are seen.

    Args:
        modules: an iterable of modules.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.ModuleList(torch.nn.Linear(2, 2) for _ in range(3))
        ModuleList(
          (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
        )
    """

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[self._name_at(index)]

    def __add__(self, other):
        return ModuleList(chain(self, other))

    def __iadd__(self, modules):
        return self.extend(modules)

    def insert(self, index, module):
        """Put a module before position `index`, as in a list."""
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)

    def extend(self, modules):
        """Add the modules of an iterable at the end; returns the list.

        Raises:
            TypeError: what is given is not iterable.
        """
        if not isinstance(modules, Iterable):
            raise TypeError(f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}")
        for module in list(modules):
            self.append(module)
        return self

    def __repr__(self):
        """As other modules, but equal neighbours share a line: `(0-2): 3 x Linear(...)`."""
        lines, i = [], 0
        for text, same in groupby(map(repr, self)):
            n = len(list(same))
            lines.append(f"({i}): {text}" if n == 1 else f"({i}-{i + n - 1}): {n} x {text}")
            i += n
        return _frame(self._get_name(), "", lines)


class ModuleDict(Module):
    """A dict of modules whose parameters are seen; it keeps the order of insertion.

    Args:
        modules: a mapping, or an iterable of (name, module).

    Example:
        >>> import minitorch as torch
        >>> torch.nn.ModuleDict({"act": torch.nn.ReLU()})["act"]
        ReLU()
    """

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key):
        return self._modules[key]

    def __setitem__(self, key, module):
        self.add_module(key, module)

    def __delitem__(self, key):
        del self._modules[key]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules)

    def __contains__(self, key):
        return key in self._modules

    def clear(self):
        """Take everything out."""
        self._modules.clear()

    def pop(self, key):
        """Take a module out and return it."""
        module = self[key]
        del self[key]
        return module

    def keys(self):
        """The names."""
        return self._modules.keys()

    def items(self):
        """The (name, module) pairs."""
        return self._modules.items()

    def values(self):
        """The modules."""
        return self._modules.values()

    def update(self, modules):
        """Add or replace the modules of a mapping or of an iterable of (name, module).

        Raises:
            TypeError: what is given is not iterable, or an element is not.
            ValueError: an element is not a pair.
        """
        if not isinstance(modules, Iterable):
            raise TypeError(f"ModuleDict.update should be called with an iterable of key/value pairs, but got {type(modules).__name__}")
        for name, module in _pairs("ModuleDict", modules):
            self[name] = module
