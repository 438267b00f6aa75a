"""Hold a component against PyTorch on drawn inputs.

`check(entry)` draws at least 25 cases (0-d and size 0 among them wherever the entry's shapes permit) and proves on each, for the
entry's name: values, dtypes, shapes, structure of the result, which results need a gradient, memory shared with the inputs,
gradients under random cotangents for all or some of the inputs, second order through inputs and cotangents, gradients under
`create_graph` equal to the plain ones, central differences, inputs and cotangents unchanged byte for byte. Its other names, the
kernel's definition and the reference are proven on part of the cases; bad inputs must fail as they fail in torch.

The examples follow from the seed alone. A failure is shrunk to a small case, which the message shows.
"""
import shlex
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st

from comparisons.catalogue.entry import Entry
from minitorch.testing.comparison import TOLERANCES, Mismatch, Worst
from minitorch.testing.strategies import special

from .checks import functions, kernels, modules, optimizers, references
from .libraries import library

CHUNK = 10                                          # larger runs of Hypothesis spend their examples on variations of one another


@dataclass
class Result:
    """What the check of one entry found. `error` is None if everything agreed."""

    entry: Entry
    seed: int
    worst: Worst = field(default_factory=Worst)
    examples: int = 0
    refused: int = 0
    reached: int = 0                                # examples that called the entry's kernel
    covered: set = field(default_factory=set)       # "0-d", "size 0", dtypes
    names: dict = field(default_factory=dict)       # examples by name
    error: Exception | None = None
    failed: str = ""                                # the name and the smallest case that failed
    seconds: float = 0.0

    @property
    def ok(self):
        """Whether both libraries agreed."""
        return self.error is None

    def message(self):
        """The failure in words: component, what differs, the smallest case, how to repeat it."""
        if self.ok:
            return f"{self.entry.name}: equal on {self.examples} examples"
        kind = "" if isinstance(self.error, Mismatch) else f"{type(self.error).__name__}, raised at {_place(self.error)}: "
        return (f"{self.entry.name}: {kind}{self.error}\n  on {self.failed or 'its bad inputs'}\n"
                f"  repeat: python -m comparisons check {shlex.quote(self.entry.name)} --seed {self.seed}")


def _place(error):
    """The file and line on which an error was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"


def libraries():
    """minitorch and torch."""
    return library("minitorch"), library("torch")


def explore(strategy, body, count, seed, shrink=True, skip_first=False):
    """Call `body` with `count` drawn examples, found from the seed; the failing example is shrunk, and its exception raised."""
    first = [skip_first]

    def run(example):
        if first[0]:                                # always the simplest example: another chunk has seen it
            first[0] = False
        else:
            body(example)

    settings = hypothesis.settings(
        max_examples=count, database=None, deadline=None, derandomize=False, print_blob=False, report_multiple_bugs=False,
        verbosity=Verbosity.quiet, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate])
    hypothesis.seed(seed)(settings(hypothesis.given(strategy)(run)))()


def _body(entry, name, result, libs, tolerances, full, kind):
    compare = {"function": functions, "module": modules, "optimizer": optimizers}[entry.kind].compare

    def body(example):
        case, seed = example
        if not _shows(kind, case) or not functions.fits(name, case):
            return
        result.failed = f"{name}{case!r}, seed {seed}"
        worst = compare(entry, name, case, seed, libs, tolerances, full)
        result.examples += 1
        result.names[name] = result.names.get(name, 0) + 1
        result.refused += worst is None
        for a in case.arrays:
            result.covered |= {str(a.dtype)} | ({"0-d"} if not a.ndim else set()) | ({"size 0"} if not a.size else set())
        if worst is not None:
            result.worst.merge(worst)
            if full and seed % 2 == 0:
                below(case, seed)

    def below(case, seed):
        """The kernel's definition and reference, on half of the cases, and the component's own reference; of a module on a quarter."""
        if entry.op and all(a.dtype.itemsize > 2 for a in case.arrays if a.dtype.kind == "f"):
            run = functions.runner(entry, case, seed, libs[0]) if entry.kind == "function" else modules.runner(entry, case, seed, libs[0])
            worst = kernels.compare(entry.op, run, seed, libs, tolerances)
            if worst is not None:
                result.worst.merge(worst)
                result.reached += 1
        reference = references.of(entry)
        if reference is not None and (entry.kind == "function" or seed % 4 == 0):
            result.worst.note("reference", references.compare(entry, reference, case, seed, libs[1], tolerances))
    return body


def _shows(kind, case):
    if kind == "plain":
        return True
    return any(a.ndim == 0 if kind == "scalar" else a.size == 0 for a in case.arrays)


def plan(entry, examples, edges=True):
    """Which names are run on how many examples of which kind: (name, kind, count, full)."""
    rounds = [(entry.name, "scalar", 4, True), (entry.name, "empty", 6, True)] if edges else []
    left, first = examples, True
    while left > 0:
        rounds.append((entry.name, "plain", min(left, CHUNK) if first else min(left + 1, CHUNK), True))
        left, first = left - (rounds[-1][2] - (not first)), False
    for name in entry.also:
        rounds += [(name, "plain", max(6, examples // 4), False), (name, "scalar", 1, False), (name, "empty", 2, False)]
    return rounds


def check(entry, examples=25, seed=0, libs=None, shrink=True, bad=True, edges=True):
    """Hold one entry against torch; never raises for a difference, the Result says it.

    Args:
        entry: from the catalogue.
        examples: drawn cases of ordinary shapes for its name; 0-d and empty ones come on top.
        seed: decides all cases.
        libs: the two libraries, (minitorch, torch) by default.
        shrink: look for the smallest failing case.
        bad: compare the bad inputs too.
        edges: ask for 0-d and empty cases too.
    """
    libs = libs or libraries()
    result, started = Result(entry, seed), time.perf_counter()
    tolerances = TOLERANCES if entry.tolerance is None else TOLERANCES | entry.tolerance.bounds
    seen = set()
    try:
        for number, (name, kind, count, full) in enumerate(plan(entry, examples, edges)):
            strategy = st.tuples(entry.cases, st.integers(0, 2**31 - 1))
            body = _body(entry, name, result, libs, tolerances, full, kind)
            with special(kind):
                explore(strategy, body, count, seed + number, shrink, skip_first=(name, kind) in seen)
            seen.add((name, kind))
        if 2 * result.refused > result.examples:
            raise Mismatch(f"both libraries refuse {result.refused} of {result.examples} drawn cases: too little was compared")
        if entry.op and not result.reached and examples >= 10:
            raise Mismatch(f"the kernel {entry.op} was not called: is `op` right?")
        if bad:
            result.failed = ""
            for kind, call in entry.bad.items():
                functions.compare_bad(entry, kind, call, libs)
    except Exception as error:
        result.error = error
    result.seconds = time.perf_counter() - started
    return result
