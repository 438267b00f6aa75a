"""What CuPy has, from `manifest.json`: names, and a check of the arguments of each."""
import functools
import json
import types
from pathlib import Path

MANIFEST = json.loads(Path(__file__).with_name("manifest.json").read_text())


def words(place, name):
    """What the manifest says of a name; None if CuPy does not have it."""
    return MANIFEST[place].get(name)


@functools.cache
def signature(place, name):
    """A function with CuPy's parameters that returns {parameter: argument}: to call it is to check the arguments."""
    said = words(place, name)
    check = eval(f"lambda {said.replace('=', '=None')}: locals()")
    check.__name__ = check.__qualname__ = name
    return check


class Surface(types.ModuleType):
    """A module with the names that CuPy's has, each made when first asked for.

    Args:
        place: the module's name in CuPy.
        make: gives the object for (name, what the manifest says of it), or None where the double has none.
        known: names that are there from the start.
    """

    def __init__(self, place, make, **known):
        super().__init__(place)
        self.__dict__.update(known)
        self.__dict__["_make"], self.__path__ = make, []

    def __getattr__(self, name):
        said = None if name.startswith("_") else words(self.__name__, name)
        if said is None:
            raise AttributeError(f"CuPy {MANIFEST['version']} has no {self.__name__}.{name}")
        found = self._make(name, said)
        if found is None:
            raise AttributeError(f"CuPy has {self.__name__}.{name}, this double of it has not: add it to tests/cupy_double")
        setattr(self, name, found)
        return found
