"""The kernel below a component: definition, kernel and reference agree on the arguments with which the component calls it.

The component runs on a drawn case; every call that reaches the kernel's forward is caught with its arguments. On these arrays

- the definition, in primitive operations, has the values of the kernel and, differentiated, the gradients of its rule;
- the reference of the same name has its outputs and all that it saves for the backward;
- the reference's `..._backward` has the gradients of the rule of that name, from the same kept values.
"""
import importlib
import inspect
import sys
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from minitorch.testing import comparison
from minitorch.testing.comparison import Mismatch, Side, twin


@dataclass
class Call:
    """One call of a kernel: its arguments by name, in the forward's order."""

    arguments: dict
    settings: dict


def operator(path):
    """The operator at a path in minitorch, and the module of its reference (None if there is none)."""
    module, _, name = path.rpartition(".")
    function = getattr(importlib.import_module(f"minitorch.{module}"), name)
    try:
        reference = importlib.import_module(f"reference.{module}")
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("reference"):
            raise
        reference = None
    return function, reference


@contextmanager
def caught(op, calls, limit=3):
    """Within this context the calls that reach an operator's forward are noted, with copies of the arguments."""
    code, params, settings = op.forward.__code__, op.params, list(op.defaults)

    def trace(frame, event, arg):
        if frame.f_code is code and len(calls) < limit:
            values = dict(frame.f_locals)
            calls.append(Call({p: _copy(values[p]) for p in params}, {s: values[s] for s in settings}))

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def _copy(value):
    if isinstance(value, np.ndarray):
        return twin(value)[0]
    return [_copy(v) for v in value] if isinstance(value, (list, tuple)) else value


def compare(op_path, run, seed, libraries, tolerances):
    """Run the component (`run()`), then hold definition and reference against the kernel on what reached it; the worst differences.

    None if nothing reached the kernel: a function may return what is empty, or what is not trained, as it is.

    Raises:
        Mismatch: at the first difference.
    """
    function, reference = operator(op_path)
    op, calls, worst = function.op, [], comparison.Worst()
    with caught(op, calls):
        run()
    if not calls:
        return None
    rng = np.random.RandomState(seed)
    for call in calls:
        if op.definition is not None:
            worst.note("definition", compare_definition(function, call, rng, libraries[0], tolerances))
        if reference is not None and hasattr(reference, op.forward.__name__):
            worst.note("reference", compare_reference(op, reference, call, rng, libraries[1], tolerances))
    return worst


def compare_definition(function, call, rng, library, tolerances):
    """The definition's values and gradients against the kernel's; the worst difference.

    Raises:
        Mismatch: if they differ.
    """
    op, arrays = function.op, list(call.arguments.values())
    flat = [a for v in arrays for a in (v if isinstance(v, list) else [v]) if isinstance(a, np.ndarray)]
    needs = [a.dtype.kind == "f" and _has_rule(op, call, a) for a in flat]
    kernel, definition = (Side(library, f, arrays, call.settings, needs) for f in (function, op.definition))
    kernel.run()
    definition.run()
    definition.result = _like(kernel.result, definition.result)
    try:
        found = comparison.compare_sides(kernel, definition, rng, 1, tolerances)
    except Mismatch as error:
        raise Mismatch(f"the kernel {op.name} against its definition: {error}") from None
    return np.fmax(found.forward, found.gradient)


def _has_rule(op, call, array):
    ruled = {op.params[i] for _, positions, _ in op.rules for i in positions}
    return any(array is a for name in ruled for a in _listed(call.arguments[name]))


def _listed(value):
    return value if isinstance(value, list) else [value]


def _like(result, other):
    """A named result and a plain tuple are the same here."""
    return type(result)(other) if isinstance(result, tuple) and isinstance(other, tuple) and type(result) is not type(other) else other


def compare_reference(op, reference, call, rng, library, tolerances):
    """The reference's outputs, saved values and hand-derived gradients against the kernel's; the worst difference.

    Raises:
        Mismatch: if they differ.
    """
    kept = run_forward(op, call)
    theirs = _tuple(getattr(reference, op.forward.__name__)(*(tensors(library, v) for v in call.arguments.values()), **call.settings))
    try:
        if len(kept) != len(theirs):
            raise Mismatch(f"{len(kept)} outputs and saved values, expected {len(theirs)}")
        worst = float("nan")
        for (name, a), b in zip(kept.items(), theirs):
            worst = np.fmax(worst, _compare(name, a, b, 0, tolerances))
        for rule, positions, _ in op.rules:
            backward = getattr(reference, rule.__name__, None)
            if backward is not None:
                values = environment(op, call, kept, cotangents(op, rule, kept, rng))
                ours, others = _tuple(run_rule(rule, values)), _tuple(run_backward(backward, values, library))
                worst = np.fmax(worst, _compare_gradients(op, positions, values["needs"], ours, others, tolerances))
    except Mismatch as error:
        raise Mismatch(f"the kernel {op.name} against its reference: {error}") from None
    return worst


def run_forward(op, call):
    """The kernel on a caught call: its outputs and saved values, by name."""
    return dict(zip([*op.outputs, *op.saves], _tuple(op.forward(*map(_copy, call.arguments.values()), **call.settings))))


def run_rule(rule, values):
    """A rule on arrays, given what it asks for out of an environment."""
    return rule(**{p: _copy(values[p]) for p in inspect.signature(rule).parameters})


def run_backward(backward, values, library):
    """A reference's backward on tensors, given what it asks for out of an environment."""
    return backward(**{p: tensors(library, values[p]) for p in inspect.signature(backward).parameters})


def run_reference(op, reference, call, library, gradients):
    """The reference's forward, then its backward of each rule, `gradients` being (rule, environment) pairs."""
    getattr(reference, op.forward.__name__)(*(tensors(library, v) for v in call.arguments.values()), **call.settings)
    for rule, values in gradients:
        backward = getattr(reference, rule.__name__, None)
        if backward is not None:
            run_backward(backward, values, library)


def environment(op, call, kept, grads):
    """All that a rule may ask for, by name; `kept` are the outputs and saved values."""
    values = call.arguments | call.settings | kept
    values |= {f"{n}_shape": [x.shape for x in v] if isinstance(v, list) else getattr(v, "shape", None) for n, v in call.arguments.items()}
    values["needs"] = tuple(any(isinstance(a, np.ndarray) and a.dtype.kind == "f" for a in _listed(v)) for v in call.arguments.values())
    return values | grads


def cotangents(op, rule, kept, rng):
    """A random cotangent for each floating output, under the names of the rule's parameters."""
    names = [p for p in inspect.signature(rule).parameters if p.startswith("grad")]
    outputs = [kept[o] for o in op.outputs if kept[o].dtype.kind == "f"]
    return {n: comparison.random_like(rng, a, plain=True) for n, a in zip(names, outputs)}


def _compare_gradients(op, positions, needs, ours, theirs, tolerances):
    if len(ours) != len(theirs):
        raise Mismatch(f"{len(ours)} gradients, expected {len(theirs)}")
    worst = float("nan")
    for position, a, b in zip(positions, ours, theirs):
        if a is not None and (needs[position] or b is not None):
            worst = np.fmax(worst, _compare(f"the gradient of {op.params[position]}", a, b, 1, tolerances))
    return worst


def _compare(name, a, b, order, tolerances):
    if isinstance(a, (list, tuple)):
        return max((_compare(name, x, y, order, tolerances) for x, y in zip(a, b)), default=float("nan"))
    if (a is None) != (b is None):
        raise Mismatch(f"{name} is {'None' if a is None else 'a value'}, expected {'None' if b is None else 'a value'}")
    if a is None:
        return float("nan")
    a, b = np.asarray(a), np.asarray(comparison.array_of(b) if comparison.is_tensor(b) else b)
    return comparison.difference(a.astype(b.dtype) if a.dtype.kind == b.dtype.kind else a, b, name, order, tolerances)


def tensors(library, value):
    """An array, or the arrays in a list, as tensors of a library; all else as it is."""
    if isinstance(value, np.ndarray):
        return library.from_numpy(np.array(value))
    return [tensors(library, v) for v in value] if isinstance(value, list) else value


def _tuple(value):
    return value if isinstance(value, tuple) else (value,)
