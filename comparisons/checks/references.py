"""The readable PyTorch counterpart of a component, held against torch's built-in on the same cases."""
import dataclasses
import importlib

import numpy as np

from minitorch.testing.comparison import Mismatch

from . import functions, modules, optimizers
from .overlay import Overlay

_known = {}


def path_of(entry):
    """Where the reference of a component is or would be: the path of the component's own definition, below `reference`."""
    if entry.reference:
        return f"reference.{entry.reference}"
    import minitorch
    from comparisons.catalogue.entry import resolve
    try:
        found = resolve(minitorch, entry.public)
    except AttributeError:
        return None
    module = getattr(found, "__module__", None) or ""
    return f"reference.{module.removeprefix('minitorch.')}.{found.__name__}" if module.startswith("minitorch.") else None


def of(entry):
    """The reference of a component, None if there is none."""
    if entry.name not in _known:
        _known[entry.name] = _load(path_of(entry), required=bool(entry.reference))
    return _known[entry.name]


def _load(path, required):
    if path is None or ".kernels." in path and not required:
        return None
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        if required or isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("reference"):
            raise
        return None


def compare(entry, reference, case, seed, library, tolerances):
    """The reference in torch's place against torch, to the order of the entry; the worst difference.

    Raises:
        Mismatch: if they differ.
    """
    entry = dataclasses.replace(entry, grad_fn=False, memory=False, numeric=False)
    kind = {"function": functions, "module": modules, "optimizer": optimizers}[entry.kind]
    try:
        worst = kind.compare(entry, entry.name, case, seed, (Overlay(library, {entry.public: reference}), library), tolerances,
                             full=entry.kind == "function")
    except Mismatch as error:
        raise Mismatch(f"the reference against torch: {error}") from None
    return np.nan if worst is None else max(np.nan_to_num(worst.forward), np.nan_to_num(worst.gradient))
