"""minitorch on a CUDA device beside minitorch over NumPy: each component of the catalogue, on drawn inputs.

With `MINITORCH_BACKEND=cupy` tensors of both devices can be used side by side, so one process has both libraries: `Place("cpu")`
computes with NumPy and `Place("cuda")` with CuPy, from the same seeds. Which device that is (a real one, one emulated on the CPU, or
the strict double of CuPy) is decided by `comparisons.cuda.start`, which must have been called before this module is imported.
"""
import time
import traceback
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

import minitorch
from minitorch.backend import as_strided, to_device
from minitorch.tensor import wrap
from minitorch.testing import comparison
from minitorch.testing.comparison import TOLERANCES, Mismatch, Side, array_of
from minitorch.testing.strategies import special

from . import cuda
from .check import explore
from .checks import modules
from .checks.functions import call_of, fits, in_place, is_in_place, needs_of
from .checks.optimizers import build as build_optimizer

KINDS = (("plain", 3), ("scalar", 1), ("empty", 1))   # how many cases of which shapes


class Place:
    """minitorch with its new tensors on one device, as the checks want a library."""

    def __init__(self, device):
        self.device = device

    def __getattr__(self, name):
        return getattr(minitorch, name)

    def from_numpy(self, array):
        """A tensor here, with the array's strides, gaps included."""
        if self.device == "cpu":
            return minitorch.from_numpy(array)
        _, memory = comparison.twin(array)
        return wrap(as_strided(to_device(memory), array.shape, [s // array.itemsize for s in array.strides]))

    @contextmanager
    def chosen(self):
        """Within this context new tensors lie here."""
        before = minitorch.get_default_device()
        minitorch.set_default_device(self.device)
        try:
            yield
        finally:
            minitorch.set_default_device(before)


HOST, DEVICE = Place("cpu"), Place("cuda")


def describe(error):
    """An error with the line of minitorch that raised it."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "minitorch" in f.filename and "testing" not in f.filename]
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}: {frames[-1].line}" if frames else ""
    return f"{type(error).__name__}: {error}" + ("" if isinstance(error, Mismatch) else where)


class Watched(Side):
    """A side whose call and derivatives are watched: what waits for the device, what is copied to it, how many kernels are launched."""

    def __init__(self, *args, **settings):
        self.counts = {"forward": Counter(), "backward": Counter()}
        super().__init__(*args, **settings)

    def run(self):
        with self.library.chosen(), cuda.counted() as counts:
            result = super().run()
        self.counts["forward"] += counts
        return result

    def grad(self, *args, **settings):
        with cuda.counted() as counts:
            found = super().grad(*args, **settings)
        self.counts["backward"] += counts
        return found


def bound(call, *first):
    return lambda *args, **settings: call(*first, *args, **settings)


def function_sides(entry, name, case, needs, seed):
    """Both sides of a call of a function, by one of its names."""
    for place in (DEVICE, HOST):
        call = bound(entry.call, minitorch) if entry.call and name == entry.name else call_of(minitorch, name.partition(" ")[0])
        call = in_place(minitorch, call) if is_in_place(name) else call
        yield Watched(place, call, case.args, case.settings, needs, seed=seed if entry.random else None)


def module_sides(entry, name, case, needs, seed):
    """Both sides of a call of a module, each built from the seed."""
    dtype = next((str(a.dtype) for a in case.arrays if a.dtype.kind == "f"), "float32")
    for place in (DEVICE, HOST):
        with place.chosen():
            module = modules.build(place, entry, case, dtype, seed)
        call = bound(entry.call, minitorch, module) if entry.call else module
        yield Watched(place, call, case.args, case.settings, needs, [p for p in module.parameters() if p.requires_grad], seed)


def compare(entry, name, case, seed, order, report):
    """One case by one name on both devices.

    Raises:
        Mismatch: at the first difference.
    """
    rng = np.random.RandomState(seed)
    sides = (module_sides if entry.kind == "module" else function_sides)(entry, name, case, needs_of(entry, case, rng), seed)
    ends, found = comparison.outcome(lambda: list(sides))
    if ends == "raises":                              # a module that cannot be built: on both devices, then
        with HOST.chosen():
            raise found
    ours, theirs = found
    ends, error = comparison.outcome(theirs.run)
    if ends == "raises":
        comparison.compare_outcomes(ours.run, lambda: raised(error), name)
        return
    ours.run()
    if ours.inputs and any(t.device.type != "cuda" for t in ours.outputs):
        report["left the device"] = True
    bounds = TOLERANCES if entry.tolerance is None else TOLERANCES | entry.tolerance.bounds
    comparison.compare_sides(ours, theirs, rng, min(entry.order, order), bounds, grad_fn=True)
    for what, counts in ours.counts.items():
        if not ours.inputs:                           # then only the host has data: what else could be copied
            del counts["to device"]
        report[what] = dict(Counter(report.get(what, {})) + counts)


def raised(error):
    raise error


def compare_optimizer(entry, case, report):
    """Both sides of an optimizer take the same gradients."""
    both = []
    for place in (DEVICE, HOST):
        with place.chosen():
            both.append(comparison.outcome(lambda place=place: build_optimizer(place, entry, case)))
    if both[1][0] == "raises":
        comparison.compare_outcomes(lambda: raised(both[0][1]), lambda: raised(both[1][1]), entry.name)
        return
    (ours, our_optimizer), (theirs, their_optimizer) = both[0][1], both[1][1]
    for gradients in case.args[1]:
        for place, parameters, optimizer in ((DEVICE, ours, our_optimizer), (HOST, theirs, their_optimizer)):
            optimizer.zero_grad()
            for p, g in zip(parameters, gradients):
                if g is not None:
                    p.grad = place.from_numpy(g.copy())
            with place.chosen(), cuda.counted() as counts:
                optimizer.step()
            report["forward"] = dict(Counter(report.get("forward", {})) + counts)
        for k, (a, b) in enumerate(zip(ours, theirs)):
            comparison.difference(array_of(a), array_of(b), f"parameter {k}")
        comparison.compare_outputs(our_optimizer.state_dict(), their_optimizer.state_dict(), flags=False)


def check(entry):
    """What was found of one component: {"error": ..., "cases": ..., "forward": counts, "backward": counts, "bad": {...}}."""
    report, started = {"error": None, "cases": 0}, time.perf_counter()
    at = [None]

    def body(example):
        case, seed = example
        if kind != "plain" and not any(a.ndim == 0 if kind == "scalar" else a.size == 0 for a in case.arrays):
            return
        for name in entry.names:
            if fits(name, case):
                at[0] = f"{name}{case!r}, seed {seed}"
                if entry.kind == "optimizer":
                    compare_optimizer(entry, case, report)
                else:
                    compare(entry, name, case, seed, 2 if report["cases"] % 2 else 1, report)
                report["cases"] += 1
    try:
        for number, (kind, count) in enumerate(KINDS):
            with special(kind):
                explore(st.tuples(entry.cases, st.integers(0, 2**31 - 1)), body, count, number, shrink=False)
    except Exception as error:
        report["error"] = describe(error) + f"\n  on {at[0]}"
    report["bad"] = {kind: verdict for kind, call in entry.bad.items() if (verdict := compare_bad(call)) is not None}
    report["seconds"] = round(time.perf_counter() - started, 3)
    return report


def compare_bad(call):
    """None if a bad input ends alike on both devices, else how it ends."""
    found = []
    for place in (DEVICE, HOST):
        with place.chosen():
            ends, value = comparison.outcome(lambda: call(minitorch))
            found.append("returns" if ends == "returns" else f"raises {comparison.error_class(value).__name__}: {str(value)[:200]}")
    (ours, theirs), (a, b) = found, (f.partition(":")[0] for f in found)
    return None if a == b else f"on the device {ours}, on the host {theirs}"
