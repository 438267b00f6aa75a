"""The public names of minitorch, and `names.txt`, the list of those that are meant to exist.

A test holds the two against each other and against the catalogue: every name in the file exists, every public name is in the file, and
each is proven by an entry or stands in `catalogue/exempt.py` with the reason why there is nothing to compare.
"""
import inspect
from pathlib import Path

FILE = Path(__file__).with_name("names.txt")
NAMESPACES = ("nn", "nn.functional", "nn.init", "nn.utils", "optim", "optim.lr_scheduler", "utils.data", "autograd", "autograd.functional",
              "autograd.graph", "func", "nn.utils.stateless", "utils.checkpoint", "linalg", "special", "random", "testing", "cuda",
              "backends.cuda", "backends.cudnn", "backends.mkl", "backends.mkldnn", "backends.mps", "backends.openmp")


# What stands where torch has no such name, and why
OURS = {
    "autograd.GradcheckError": "torch has it at autograd.gradcheck, where its function hides the module",
    "autograd.once_differentiable": "torch has it in autograd.function",
    "testing.Mismatch": "what assert_matches_torch raises", "testing.TOLERANCES": "the table that the checker judges by",
    "testing.assert_matches_torch": "the proof itself", "testing.gradcheck": "for convenience", "testing.gradgradcheck": "for convenience",
}


def listed():
    """The names in names.txt by group: `# group` begins one, names follow, separated by blanks."""
    groups, group = {}, None
    for line in FILE.read_text().splitlines():
        if line.startswith("#"):
            group = groups.setdefault(line[1:].strip(), [])
        elif line.strip():
            group += line.split()
    return groups


def all_listed():
    """All names in names.txt, in order."""
    return [name for group in listed().values() for name in group]


def public(library, like):
    """The dotted names that a library offers of those that `like` (torch) has too: functions, classes, methods and constants."""
    found = set(_members(library, like, ""))
    for path in NAMESPACES:
        ours, theirs = _resolve(library, path), _resolve(like, path)
        if ours is not None and theirs is not None:
            found |= {f"{path}.{n}" for n in _members(ours, theirs, path)}
    methods = {n for n in dir(library.Tensor) if not n.startswith("_") or _is_operator(n)} & set(dir(like.Tensor))
    return found | {f"Tensor.{n}" for n in methods if getattr(library.Tensor, n, None) is not getattr(object, n, None)}


def strange(library, like):
    """Public names at torch's places that torch has neither there nor at its top."""
    found = {n for n in _plain(library) if not hasattr(like, n)}
    for path in NAMESPACES:
        ours, theirs = _resolve(library, path), _resolve(like, path)
        if ours is not None:
            found |= {f"{path}.{n}" for n in _plain(ours) if not hasattr(theirs, n) and not hasattr(like, n)}
    found |= {f"Tensor.{n}" for n in dir(library.Tensor) if not n.startswith("_") and not hasattr(like.Tensor, n)}
    return found - set(OURS)


def _members(ours, theirs, path):
    return [n for n in _plain(ours) if hasattr(theirs, n) and not (path == "" and inspect.ismodule(getattr(theirs, n)))]


def _plain(module):
    return [n for n in getattr(module, "__all__", dir(module)) if not n.startswith("_") and not inspect.ismodule(getattr(module, n, None))
            and (hasattr(module, "__all__") or _is_own(getattr(module, n)))]


def _is_own(value):
    """Not something that a module merely imported from Python's or NumPy's library."""
    module = getattr(value, "__module__", None)
    return module is None or not isinstance(module, str) or module.split(".")[0] in ("minitorch", "torch", "builtins")


def _is_operator(name):
    return name.startswith("__") and name.strip("_") in OPERATORS


def _resolve(library, path):
    for part in path.split("."):
        library = getattr(library, part, None)
    return library


ARITHMETIC = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
OPERATORS = frozenset("neg pos abs invert eq ne lt le gt ge getitem setitem len iter bool int float index contains".split()
                      + [prefix + n for prefix in ("", "r", "i") for n in ARITHMETIC])
