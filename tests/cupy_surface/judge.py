"""What CuPy has, and NumPy's arrays beside its own, by the manifest."""
import ast
import functools
import inspect

from tests.cupy_double.surface import MANIFEST, signature
from tests.cupy_double.ufunc import AT, REDUCES

CUPY = f"CuPy {MANIFEST['version']}"
UFUNC_KEYWORDS = {"out", "dtype", "casting"}
METHODS = {"at": AT, "reduce": REDUCES, "accumulate": REDUCES, "reduceat": ("add",)}     # of which ufuncs CuPy has them
OF_ARRAYS = set(MANIFEST["numpy.ndarray"]) - set(MANIFEST["cupy.ndarray"])               # what only NumPy's arrays have
OF_FLAGS = set(MANIFEST["numpy.flags"]) - set(MANIFEST["cupy._core.flags.Flags"])
ONLY_NUMPYS = OF_ARRAYS | OF_FLAGS


@functools.cache
def described(name):
    """What the manifest says of a dotted name; None if CuPy has no such name, "" where it says nothing of the place."""
    place, _, last = name.rpartition(".")
    if place in MANIFEST:
        return MANIFEST[place].get(last)
    if name in MANIFEST:
        return "<module>"
    return MANIFEST["cupy.ufunc"].get(last) if is_ufunc(place) else ""


def is_ufunc(name):
    return bool(name) and (described(name) or "").startswith("<ufunc")


def is_module(name):
    """Whether a name is a module of CuPy's, from which all the rest can be reached."""
    return described(name) == "<module>"


def is_place(name):
    """Whether the manifest knows what lies under a name."""
    return name in MANIFEST or is_ufunc(name)


def missing(name):
    """Why a name cannot be asked for; None if it can."""
    place, _, last = name.rpartition(".")
    if described(name) is None:
        return f"{CUPY} has no {name}"
    if is_ufunc(place) and place.rpartition(".")[2] not in METHODS.get(last, (place.rpartition(".")[2],)):
        return f"{CUPY} has {last} of {', '.join(METHODS[last])} alone: not {name}"


@functools.cache
def parameters(place, name):
    """The signature of what lies under a name."""
    return inspect.signature(signature(place, name))


def unbound(found, call):
    """Why the arguments of a call do not bind to a signature; None if they do. What `*` and `**` hide may be anything."""
    plain = [a for a in call.args if not isinstance(a, ast.Starred)]
    named = {k.arg: k for k in call.keywords if k.arg}
    try:
        (found.bind if len(plain) == len(call.args) and len(named) == len(call.keywords) else found.bind_partial)(*plain, **named)
    except TypeError as error:
        return str(error)


def refused(name, call):
    """Why CuPy would refuse the arguments of a call; None if it would not."""
    said, (place, _, last) = described(name), name.rpartition(".")
    if is_ufunc(name):
        inputs, outputs = map(int, said[1:-1].split()[1:])
        unknown = sorted({k.arg for k in call.keywords if k.arg} - UFUNC_KEYWORDS)
        if unknown:
            return f"{name}: a ufunc of {CUPY} has no {'=, '.join(unknown)}="
        if len(call.args) > inputs + outputs or len(call.args) < inputs and not any(isinstance(a, ast.Starred) for a in call.args):
            return f"{name}: it takes {inputs} arguments, not {len(call.args)}"
    elif said is not None and not said.startswith("<") and (place in MANIFEST or is_ufunc(place)):
        why = unbound(parameters(place if place in MANIFEST else "cupy.ufunc", last), call)
        return why and f"{name}({said}) of {CUPY}: {why}"


def only_numpys_method(name, call):
    """Why a call of an array's method is good with NumPy and not with CuPy; None if that is not so."""
    said, numpys = (MANIFEST[f"{library}.ndarray"].get(name) for library in ("cupy", "numpy"))
    if said is None or numpys is None or "<value>" in (said, numpys) or unbound(parameters("numpy.ndarray", name), call):
        return None
    why = unbound(parameters("cupy.ndarray", name), call)
    return why and f"arrays of {CUPY} have .{name}({said}): {why}"


def only_numpys_attribute(node):
    """Why an attribute is one that only NumPy's arrays have; None if it is not."""
    if node.attr in OF_ARRAYS:
        return f"arrays of {CUPY} have no .{node.attr}"
    if node.attr in OF_FLAGS and isinstance(node.value, ast.Attribute) and node.value.attr == "flags":
        return f"the flags of {CUPY} have no .{node.attr}"
