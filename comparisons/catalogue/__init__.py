"""The catalogue: one entry a component, gathered from all modules here. Everything else is driven by it."""
import difflib
import importlib
import pkgutil

from .entry import Case, Entry, Name, Tolerance, case, cases, lib, resolve

__all__ = ["ENTRIES", "Case", "Entry", "Name", "Tolerance", "case", "cases", "entries", "find", "lib", "resolve"]


def _gather():
    found = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        if module in ("entry", "exempt", "limits", "studies", "study", "updates"):
            continue
        for entry in importlib.import_module(f"{__name__}.{module}").ENTRIES:
            if entry.name in found:
                raise ValueError(f"{entry.name} has two entries, the second in {module}.py")
            found[entry.name] = entry
    return found


ENTRIES = _gather()


def find(name):
    """The entry that proves a name; with or without "torch." in front, and F. for nn.functional.

    Raises:
        KeyError: if there is none, with the nearest names.

    Example:
        >>> find("F.tanh").name
        'tanh'
    """
    plain = name.removeprefix("torch.").removeprefix("minitorch.")
    plain = "nn.functional." + plain[2:] if plain.startswith("F.") else plain
    if plain in ENTRIES:
        return ENTRIES[plain]
    by_name = {n: e for e in reversed(ENTRIES.values()) for n in e.proven}
    if plain in by_name:
        return by_name[plain]
    tails = {n.rpartition(".")[2]: n for n in reversed(by_name)}
    if plain in tails:
        return by_name[tails[plain]]
    lower = {n.lower(): n for n in (*by_name, *tails)}
    near = [lower[n] for n in difflib.get_close_matches(plain.lower(), lower, 3, 0.5)]
    raise KeyError(f"no component is called {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else ""))


def entries(names=()):
    """The entries of these names, or all. Raises KeyError as `find` does."""
    return [find(n) for n in names] if names else list(ENTRIES.values())
