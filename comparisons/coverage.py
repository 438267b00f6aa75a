"""docs/operators.md: how many names each family has, and what is not supported. Made from the catalogue; a test holds it up to date.

    python -m comparisons list --table > docs/operators.md
"""
import importlib
import pkgutil

from . import catalogue
from .catalogue.limits import limits
from .unsupported import rows


def families():
    """(module of the catalogue, its first sentence, entries) for each module that has entries."""
    for module in sorted(m.name for m in pkgutil.iter_modules(catalogue.__path__)):
        loaded = importlib.import_module(f"{catalogue.__name__}.{module}")
        if getattr(loaded, "ENTRIES", None):
            yield module, loaded.__doc__.partition("\n")[0].rstrip("."), loaded.ENTRIES


def page():
    """The page, in Markdown."""
    lines = ["# What minitorch covers", "",
             "Each component has an entry in `comparisons/catalogue/`, which proves it equal to PyTorch 2.13: values, dtypes, shapes,",
             "first and second derivatives, errors. An entry may prove several names: the function, the method, the in-place method, the",
             "Python operator. `python -m comparisons list` lists them all. This page is made by `python -m comparisons list --table`; a",
             "test holds it up to date.", "",
             "| family | components | names | what |", "|---|---:|---:|---|"]
    total = [0, 0]
    for module, text, entries in families():
        names = sum(len(entry.names) for entry in entries)
        total = [total[0] + len(entries), total[1] + names]
        lines.append(f"| [{module}](../comparisons/catalogue/{module}.py) | {len(entries)} | {names} | {text} |")
    lines += [f"| **all** | **{total[0]}** | **{total[1]}** | |", "", "## What is not supported, and what happens then", "",
              "| | of PyTorch's | in minitorch |", "|---|---|---|", *rows(), "",
              "## What takes more than twice PyTorch's time, and why", "",
              "Every operator is timed by `python -m comparisons bench --operators`, on a million float32 elements at one thread.", "",
              "| | |", "|---|---|", *(f"| `{name}` | {why} |" for name, why in sorted(limits().items())), "",
              "What minitorch computes differently in detail stands in each entry's `differences` and on the atlas's page of differences."]
    return "\n".join(lines) + "\n"
