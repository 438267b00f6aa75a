"""A library in which some names mean something else: a reference in torch's place, or a planted mistake."""
from comparisons.catalogue.entry import resolve


class Overlay:
    """`library` with other objects under some dotted names.

    Example:
        >>> import math
        >>> Overlay(math, sqrt=abs).sqrt(-4), Overlay(math, sqrt=abs).floor(2.5)
        (4, 2)
    """

    def __init__(self, library, /, _paths=(), **names):
        self._library, self._names = library, {k.replace("__", "."): v for k, v in names.items()} | dict(_paths)

    def __getattr__(self, name):
        if name in self._names:
            return self._names[name]
        below = {k.removeprefix(name + "."): v for k, v in self._names.items() if k.startswith(name + ".")}
        found = resolve(self._library, name)
        return Overlay(found, below) if below else found

    def __call__(self, *args, **settings):
        return self._library(*args, **settings)
