"""Running a study: its inputs by seed, its call in either library, and its kernel and reference on the arguments that reach them."""
import functools
import importlib
import inspect
from dataclasses import dataclass

import numpy as np

from ..checks import kernels, references
from ..checks.overlay import Overlay
from ..locals import forget, functions_of


def inputs(study, dtype=np.float64, sizes=None):
    """The study's inputs by its seed, floating ones in `dtype`; `sizes` replaces some of its sizes."""
    values = study.inputs(np.random.RandomState(study.seed), **{**study.sizes, **(sizes or {})})
    return {name: cast(value, dtype) for name, value in values.items()}


def cast(value, dtype):
    """A floating array in another dtype, everything else as it is."""
    value = np.asarray(value)
    return np.array(value, dtype, order="C") if value.dtype.kind == "f" else value


def differentiated(study, values):
    """The names of the inputs that get a gradient."""
    return study.differentiable if study.differentiable is not None else tuple(n for n, v in values.items() if v.dtype.kind == "f")


def cotangents(study, outputs):
    """A random cotangent for each floating output, by seed: never ones, for sums of normalized outputs hide errors."""
    rng = np.random.RandomState(study.seed + 1)
    return [rng.standard_normal(o.shape).astype(o.dtype) if o.dtype.kind == "f" else None for o in outputs]


def directions(study, values):
    """A random direction for each input, by seed."""
    rng = np.random.RandomState(study.seed + 2)
    return {n: rng.standard_normal(v.shape).astype(v.dtype) if v.dtype.kind == "f" else None for n, v in values.items()}


def labels(study, count):
    """What the outputs of a study's call are called."""
    return study.outputs or (tuple(f"output {k + 1}" for k in range(count)) if count > 1 else ("output",))


def tuple_of(value):
    """A result as a flat tuple of tensors."""
    if isinstance(value, (tuple, list)):
        return tuple(t for v in value for t in tuple_of(v))
    return () if value is None else (value,)


def array(tensor):
    """A tensor of either library as an array of its own."""
    return np.array(tensor.detach().numpy())


def call(study, library, values, needs=()):
    """The public call on tensors of these arrays: (the tensors by input, the outputs)."""
    tensors = {n: library.from_numpy(v.copy()) for n, v in values.items()}
    for name in needs:
        tensors[name].requires_grad_()
    return tensors, tuple_of(study.call(library, **tensors))


@dataclass(frozen=True)
class Kernel:
    """The operator below a component, its modules on both sides, and the call that reached it."""

    op: object
    ours: object
    reference: object
    call: kernels.Call
    study: object
    dtype: object

    def forward(self, op=None):
        """Outputs and saved values by name."""
        return kernels.run_forward(op or self.op, self.call)

    def environment(self, kept, rule):
        """What a rule may ask for, with random cotangents."""
        rng = np.random.RandomState(self.study.seed + 1)
        return kernels.environment(self.op, self.call, kept, kernels.cotangents(self.op, rule, kept, rng))

    @property
    def rules(self):
        """The rules that bear a name, in the order of the operator."""
        return [rule for rule, _, _ in self.op.rules if rule.__name__ != "_"]

    @property
    def definition(self):
        """The operator's definition in primitive operations, or None."""
        return self.op.definition

    def outputs(self):
        """(name, ours, the reference's) of every output."""
        import torch
        if self.reference is None:
            return
        kept = self.forward()
        theirs = getattr(self.reference, self.op.forward.__name__)(*(kernels.tensors(torch, v) for v in self.call.arguments.values()),
                                                                   **self.call.settings)
        for name, value in zip(self.op.outputs, tuple_of(theirs)):
            yield name if len(self.op.outputs) > 1 else "output", kept[name], array(value)

    def results(self, module):
        """(outputs, saved values and what the study calls besides, gradients) by name of a copy of the kernel's module.

        The rules get what this copy kept.
        """
        op = getattr(module, self.op.forward.__name__).op
        kept = self.forward(op)
        besides = {f"more {k}": v for k, v in enumerate(self.more(module))}
        gradients = {}
        for rule, positions, _ in op.rules:
            values = self.environment(kept, rule)
            for position, gradient in zip(positions, tuple_or_none(kernels.run_rule(rule, values))):
                if gradient is not None:
                    gradients[op.params[position]] = gradient
        return {n: v for n, v in (kept | besides).items() if isinstance(v, (np.ndarray, np.generic))}, gradients

    def run(self):
        """Forward and all rules on both sides, the rules of both from our kept values' environment; ours first."""
        import torch
        kept = self.forward()
        gradients = [(rule, self.environment(kept, rule)) for rule in self.rules]
        forget(self.ours)
        yield lambda: [self.more(self.ours), self.forward(), *(kernels.run_rule(*pair) for pair in gradients)]
        forget(self.reference)
        yield lambda: [self.more(self.reference, torch), kernels.run_reference(self.op, self.reference, self.call, torch, gradients)]

    def more(self, module, library=None):
        """What the study calls beside the operator, on arrays or on a library's tensors; a tuple."""
        values = inputs(self.study, self.dtype)
        if library is not None:
            values = {n: library.from_numpy(v) for n, v in values.items()}
        return () if self.study.more is None else tuple_of(self.study.more(module, **values))


def functions(study, module):
    """The functions of a kernel's file by name, and those of the study that it takes from another kernel's file."""
    found = functions_of(module)
    return found | {n: vars(module)[n] for n in study.functions if n not in found and inspect.isfunction(vars(module).get(n))}


@dataclass(frozen=True)
class Composition:
    """A component without an operator of its own: the module of its functions on both sides, and the public call, which reaches them."""

    ours: object
    reference: object
    study: object
    dtype: object
    definition = call = None

    def sides(self):
        """Both libraries; in PyTorch's the reference stands for the component."""
        import torch

        import minitorch
        entry = self.study.entry
        return minitorch, Overlay(torch, {entry.public: references.of(entry)})

    def outputs(self):
        """(name, ours, the reference's) of every output."""
        found = [call(self.study, library, inputs(self.study, self.dtype))[1] for library in self.sides()]
        for name, a, b in zip(labels(self.study, len(found[0])), *found):
            yield name, array(a), array(b)

    def results(self, module):
        """(outputs, gradients) by name, with the code of a copy of the module in the functions that the component calls."""
        import minitorch

        from .measure import derivatives
        values = inputs(self.study, self.dtype)
        own = {n: inspect.unwrap(getattr(self.ours, n)) for n in (*self.study.functions, *self.study.helpers)}
        before = {n: f.__code__ for n, f in own.items()}
        try:
            for name, function in own.items():       # whoever holds a function calls the copy's code then
                function.__code__ = inspect.unwrap(getattr(module, name)).__code__
            found = derivatives(self.study, minitorch, values, differentiated(self.study, values))
        finally:
            for name, function in own.items():
                function.__code__ = before[name]
        return {f"output {k}": v for k, v in enumerate(found["forward"])}, found["gradient"]

    def run(self):
        """The public call on both sides, ours first."""
        values = inputs(self.study, self.dtype)
        for library in self.sides():
            yield lambda library=library: call(self.study, library, values)


@functools.lru_cache(maxsize=8)
def kernel(study, dtype=np.float64):
    """The Kernel below a study, with the arguments that its call reached it with; a Composition if the entry names no operator.

    Raises:
        LookupError: the call did not reach the operator, or the study of an entry without one does not say what to trace.
    """
    import minitorch
    if study.entry.op is None:
        if not study.traced:
            raise LookupError(f"{study.name} has no operator: name the module of its functions in the study's `traced`")
        return Composition(*(importlib.import_module(f"{side}.{study.traced}") for side in ("minitorch", "reference")), study, dtype)
    function, reference = kernels.operator(study.entry.op)
    calls, values = [], inputs(study, dtype)
    with kernels.caught(function.op, calls, limit=1):
        call(study, minitorch, values, differentiated(study, values))
    if not calls:
        raise LookupError(f"{study.name}: the call did not reach {study.entry.op}")
    return Kernel(function.op, importlib.import_module(function.op.forward.__module__), reference, calls[0], study, dtype)


def above(op):
    """The names of the entries whose kernel this is."""
    from ..catalogue import ENTRIES
    return tuple(e.name for e in ENTRIES.values() if e.op == op)


def tuple_or_none(value):
    """A rule's result as a tuple; a list of gradients counts as one that nobody looks into."""
    return value if isinstance(value, tuple) else (value,)
