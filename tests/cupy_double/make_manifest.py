"""Write `manifest.json`: what the installed CuPy has, by name and signature. Needs CuPy, but no GPU.

    pip install cupy-cuda12x==14.2.0
    python tests/cupy_double/make_manifest.py

Each name has a few words: the parameters of what is called ("a, axis=, out="), "<ufunc 2 1>" (how many inputs and outputs), "<type>",
"<value>", "<module>", or "<callable>" where no signature can be read. Compiled functions give theirs in the first line of the docstring.
What NumPy's arrays have stands beside it, to tell what a program may ask of them alone.
"""
import importlib
import inspect
import json
import operator
import re
import types
from pathlib import Path

import numpy

PLACES = ("cupy", "cupy.cuda", "cupy.cuda.memory", "cupy.cuda.runtime", "cupy.fft", "cupy.lib", "cupy.lib.stride_tricks", "cupy.linalg",
          "cupyx", "cupyx.scipy", "cupyx.scipy.special")
CLASSES = ("ndarray", "ufunc", "_core.flags.Flags")
FILE = Path(__file__).with_name("manifest.json")


def parameters(function):
    """The parameters as "a, axis=, *, out=", without `self`; None if they cannot be read."""
    try:
        words = inspect.signature(function).parameters.values()
        found = str(inspect.Signature([p.replace(annotation=p.empty) for p in words]))[1:-1]
    except (TypeError, ValueError):
        line = (function.__doc__ or "").partition("\n")[0]
        match = re.fullmatch(r"[\w.]*\b%s\((.*)\)( -> .*)?" % function.__name__, line)
        if match is None:
            return None
        found = match[1]
    names = [re.sub(r"^[\w ]+ (?=\w)", "", part.strip()) for part in split(found)]      # without C's types
    return ", ".join(re.sub("=.*", "=", n) for n in names if n != "self")


def split(text):
    """The parts between commas that stand in no brackets."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        parts = [*parts, ""] if c == "," and not depth else [*parts[:-1], parts[-1] + c]
    return [p for p in parts if p.strip()]


def described(value, ufunc):
    """What a name is, in a few words."""
    if isinstance(value, ufunc):
        return f"<ufunc {value.nin} {value.nout}>"
    if isinstance(value, types.ModuleType):
        return "<module>"
    if isinstance(value, type):
        return "<type>"
    if not callable(value):
        return "<value>"
    found = parameters(value)
    return "<callable>" if found is None else found


def manifest():
    """{place: {name: what it is}} of the installed CuPy."""
    import cupy

    found = {"version": cupy.__version__}
    for place in PLACES:
        module = importlib.import_module(place)
        found[place] = {n: described(getattr(module, n), cupy.ufunc) for n in sorted(dir(module)) if not n.startswith("_")}
    for name in CLASSES:
        cls = operator.attrgetter(name)(cupy)
        found[f"cupy.{name}"] = {n: described(getattr(cls, n), cupy.ufunc) for n in sorted(dir(cls)) if not n.startswith("_")}
    found["numpy.ndarray"] = {n: of_numpy(n) for n in dir(numpy.ndarray) if not n.startswith("_")}
    found["numpy.flags"] = {n: "<value>" for n in dir(numpy.zeros(0).flags) if not n.startswith("_")}
    return found


def of_numpy(name):
    """A method of NumPy's array: the keywords that it hands on (`**kwargs`) are those of the function of that name."""
    method = getattr(numpy.ndarray, name)
    if not callable(method):
        return "<value>"
    own = parameters(method).replace(", /", "").replace("/, ", "").replace("/", "")
    if name == "view":
        return "dtype=, type="
    if "**kwargs" not in own:
        return own
    own = own.removesuffix(", **kwargs")
    more = [p for p in parameters(getattr(numpy, name)).split(", ") if p.endswith("=") and p not in own.split(", ")]
    return ", ".join([own, *more])


if __name__ == "__main__":
    places = manifest().items()
    lines = [f'"{place}": ' + (json.dumps(names) if isinstance(names, str) else
             "{\n" + ",\n".join(f"{json.dumps(n)}:{json.dumps(what)}" for n, what in names.items()) + "}") for place, names in places]
    FILE.write_text("{" + ",\n".join(lines) + "}\n")
