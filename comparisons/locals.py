"""Agreement line by line: the local variables that a kernel and its reference share, compared by name and value.

Kernel and reference are pairs of functions with the same names and the same local names in the same order, so their locals can be held
against each other without knowing what they mean: the k-th call of a function against the k-th, the k-th value that a name gets there
against the k-th. The definition's locals are compared with the reference's forward in the same way, and those of a module's `forward`
or an optimizer's functions with their counterparts below `reference/`.

A name that both sides bind, but not equally often, is a difference too: one of the two then means something else by it.
"""
import importlib
import inspect
from collections import defaultdict
from dataclasses import dataclass, replace
from math import nan

import hypothesis.strategies as st
import numpy as np

from minitorch.testing.comparison import TOLERANCES, Mismatch, difference, outcome

from .checks import functions, kernels, modules, optimizers, references
from .checks.overlay import Overlay
from .tracing import Recorder


@dataclass(frozen=True)
class Row:
    """One local variable of one function: where it is bound on both sides, how often, and how far apart the values are at worst."""

    function: str
    name: str
    line: int
    reference_line: int
    values: int
    worst: float
    error: str = ""

    @property
    def ok(self):
        """Whether all values agree."""
        return not self.error


def functions_of(module):
    """The functions and methods that a module defines, by qualified name; operators and rules by the name of their forward."""
    found = {}
    for name, value in vars(module).items():
        op = getattr(value, "op", None)
        if op is not None and hasattr(op, "rules"):
            if op.forward.__module__ == module.__name__:
                found[op.forward.__name__] = op.forward
                found |= {rule.__name__: rule for rule, _, _ in op.rules if rule.__name__ != "_"}
        elif inspect.isfunction(inspect.unwrap(value)) and value.__module__ == module.__name__:
            found[name] = value                       # a fused chain wraps its function
        elif inspect.isclass(value) and value.__module__ == module.__name__:
            found |= {m.__qualname__: m for m in vars(value).values() if inspect.isfunction(m)}
    return found


def shared_functions(ours, theirs):
    """The functions that two modules have in common: two dicts with the same names."""
    a, b = functions_of(ours), functions_of(theirs)
    names = [n for n in a if n in b]
    return {n: a[n] for n in names}, {n: b[n] for n in names}


def forget(module):
    """Empty the caches of a module's functions, so that a trace sees what they compute."""
    for value in vars(module).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()


def compare_records(ours, theirs, tolerances=TOLERANCES):
    """The rows for all names that two recordings share within a function."""
    a, b = _grouped(ours), _grouped(theirs)
    return [_row(function, name, values, b[function, name, filled], tolerances)
            for (function, name, filled), values in a.items() if (function, name, filled) in b]


def _grouped(record):
    found = defaultdict(list)
    for binding in record.bindings:
        found[binding.function, binding.name, binding.filled].append(binding)
    return found


def _row(function, name, ours, theirs, tolerances):
    worst, error = nan, ""
    if len(ours) != len(theirs):
        error = f"gets {len(ours)} values, {len(theirs)} in the reference"
    for a, b in zip(ours, theirs):
        if error:
            break
        try:
            worst = np.fmax(worst, _apart(a.value, b.value, 1 if "backward" in function else 0, tolerances))
        except Mismatch as mismatch:
            error = str(mismatch)
            ours, theirs = [a], [b]
    return Row(function, name, ours[0].line, theirs[0].line, len(ours), float(worst), error)


def _apart(a, b, order, tolerances):
    if isinstance(a, list) or isinstance(b, list):
        if not (isinstance(a, list) and isinstance(b, list) and len(a) == len(b)):
            raise Mismatch("a sequence of another length")
        return max((_apart(x, y, order, tolerances) for x, y in zip(a, b)), default=nan)
    if a.dtype.kind == "f" and b.dtype.kind == "f" and a.dtype != b.dtype:
        a, b = (v.astype(min(a.dtype, b.dtype, key=lambda d: d.itemsize)) for v in (a, b))
    elif a.dtype != b.dtype and not a.ndim and not b.ndim:
        a, b = a.astype(np.float64), b.astype(np.float64)
    return difference(a, b, "the value", order, tolerances)


# ---- what is run -----------------------------------------------------------------------------------------------------

def kernel_rows(entry, run, seed, library, tolerances=TOLERANCES):
    """Kernel and rule, then the definition, against the functions of the reference, on the arguments that reach the kernel."""
    function, reference = kernels.operator(entry.op)
    if reference is None or not hasattr(reference, function.op.forward.__name__):
        return []
    op, calls, rows = function.op, [], []
    with kernels.caught(op, calls, limit=1):
        run()
    rng = np.random.RandomState(seed)
    for call in calls:
        a, b = shared_functions(importlib.import_module(op.forward.__module__), reference)
        forget(importlib.import_module(op.forward.__module__))
        forget(reference)
        with Recorder(a) as ours:
            kept = kernels.run_forward(op, call)
            gradients = [(rule, values) for rule, values in _rules(op, call, kept, rng)]
        with Recorder(b) as theirs:
            kernels.run_reference(op, reference, call, library, gradients)
        rows += compare_records(ours, theirs, tolerances)
        if op.definition is not None:
            rows += _definition_rows(op, reference, call, b, library, tolerances)
    return rows


def _rules(op, call, kept, rng):
    for rule, _, _ in op.rules:
        values = kernels.environment(op, call, kept, kernels.cotangents(op, rule, kept, rng))
        kernels.run_rule(rule, values)
        yield rule, values


def _definition_rows(op, reference, call, functions_there, library, tolerances):
    import minitorch
    name = op.forward.__name__
    with Recorder({"definition": op.definition}) as ours:
        op.definition(*(kernels.tensors(minitorch, v) for v in call.arguments.values()), **call.settings)
    with Recorder({"definition": functions_there[name]}) as theirs:
        getattr(reference, name)(*(kernels.tensors(library, v) for v in call.arguments.values()), **call.settings)
    return [replace(r, function=f"{name}, definition") for r in compare_records(ours, theirs, tolerances)]


def component_rows(entry, case, seed, libraries, tolerances=TOLERANCES):
    """The component's own functions against those of its reference: the forward of a module, the step of an optimizer, a function."""
    reference = references.of(entry)
    if reference is None:
        return []
    module = references.path_of(entry).removeprefix("reference.").rpartition(".")[0]
    a, b = shared_functions(importlib.import_module(f"minitorch.{module}"), inspect.getmodule(reference))
    with Recorder(a) as ours:
        _run(entry, case, seed, libraries[0])
    with Recorder(b) as theirs:
        _run(entry, case, seed, Overlay(libraries[1], {entry.public: reference}))
    return compare_records(ours, theirs, tolerances)


def _run(entry, case, seed, library):
    if entry.kind == "optimizer":
        parameters, optimizer = optimizers.build(library, entry, case)
        for gradients in case.args[1]:
            for p, g in zip(parameters, gradients):
                p.grad = None if g is None else library.from_numpy(g.copy())
            optimizer.step()
    else:
        (modules if entry.kind == "module" else functions).runner(entry, case, seed, library)()


def _rank(row):
    return bool(row.error), np.nan_to_num(row.worst)


def trace(entry, examples=5, seed=0, libraries=None):
    """The rows of an entry over some drawn cases: for each variable the worst one.

    Example:
        >>> rows = trace(find("nn.functional.layer_norm"))      # doctest: +SKIP
    """
    from .check import explore
    from .check import libraries as both
    libraries = libraries or both()
    found = {}

    def body(example):
        case, number = example
        if outcome(lambda: _run(entry, case, number, libraries[0]))[0] == "raises":
            return                                   # that torch refuses it too is proven elsewhere
        rows = component_rows(entry, case, number, libraries)
        if entry.op and all(a.dtype.itemsize > 2 for a in case.arrays if a.dtype.kind == "f"):
            kind = modules if entry.kind == "module" else functions
            rows += kernel_rows(entry, kind.runner(entry, case, number, libraries[0]), number, libraries[1])
        for row in rows:
            key = row.function, row.name
            if key not in found or _rank(row) > _rank(found[key]):
                found[key] = row

    explore(st.tuples(entry.cases, st.integers(0, 2**31 - 1)), body, examples, seed, shrink=False)
    return list(found.values())


def report_locals(names, examples=5, seed=0, named=True):
    """Print, for the entries of these names, each variable shared with the reference: its lines, its values, how far apart at worst.

    Entries without a reference are passed over, or mentioned if they were asked for by name. Returns whether everything agreed.
    """
    from rich.table import Table
    from rich.text import Text

    from . import catalogue
    from .live import ulps
    from .terminal import console

    compared = good = 0
    for name in names:
        rows = trace(catalogue.ENTRIES[name], min(examples, 5), seed)
        if not rows:
            if named:
                console.print(f"{name} shares no function with a reference", highlight=False)
            continue
        table = Table(title=name, title_justify="left", show_edge=False, pad_edge=False)
        for head, justify in (("function", "left"), ("variable", "left"), ("line", "right"), ("reference", "right"), ("values", "right"),
                              ("worst, ulp", "right")):
            table.add_column(head, justify=justify, no_wrap=head != "function")
        table.add_column("verdict")
        for row in rows:
            table.add_row(row.function, row.name, str(row.line), str(row.reference_line), str(row.values), ulps(row.worst),
                          Text("equal", "green") if row.ok else Text(row.error, "bold red"))
        console.print(table)
        compared, good = compared + len(rows), good + sum(row.ok for row in rows)
    console.print(f"{good} of {compared} shared variables equal, seed {seed}", style="green" if good == compared else "red",
                  highlight=False)
    return good == compared
