"""Optimizers step by step: the same parameters and the same random gradients in either library, compared after each step."""
import gc
import importlib
import time
from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from types import SimpleNamespace

import numpy as np

from ..catalogue.updates import FEW, TRACED
from ..locals import functions_of
from .gap import gap, worst
from .identities import TOOLS, verdict
from .pairing import Matcher
from .trace import Trace

SHOWN = (1, 2, 3, 4, 5, 100)
MANY = 1000                                          # elements of a parameter, where agreement is measured
SIZES = {"1 of 1,000,000": [1_000_000], "50 of 2,000": [2000] * 50}


def reference():
    """The reference's optimizers, as a library with tensors of PyTorch's."""
    import torch
    found = {}
    for name in ("sgd", "adam", "adamw", "rmsprop", "adagrad"):
        found |= vars(importlib.import_module(f"reference.optim.{name}"))
    return SimpleNamespace(nn=torch.nn, from_numpy=torch.from_numpy, optim=SimpleNamespace(**found))


def drawn(seed, size, steps, dtype):
    """A parameter and its gradients, which know nothing of it: nothing that differs is amplified."""
    rng = np.random.RandomState(seed)
    return rng.standard_normal(size).astype(dtype), [rng.standard_normal(size).astype(dtype) for _ in range(steps)]


def walk(library, update, settings, theta, gradients):
    """Step through the gradients (an array or None each); after each step yields {"theta": array, name of a state: array}."""
    p = library.nn.Parameter(library.from_numpy(theta.copy()))
    optimizer = getattr(library.optim, update.name.rpartition(".")[2])([p], **settings)
    for g in gradients:
        p.grad = None if g is None else library.from_numpy(g.copy())
        optimizer.step()
        state = {n: optimizer.state[p].get(n) for n in update.states}
        yield {"theta": p.detach().numpy().copy()} | {n: np.array(v.detach().numpy()) for n, v in state.items() if hasattr(v, "detach")}


@dataclass
class Row:
    """A quantity after a step: both sides' values as texts, differing digits of the second marked, and their Gap."""

    step: int
    name: str
    ours: tuple
    theirs: tuple
    gap: object


def table(update, settings):
    """Rows for the shown steps of one variant, in float32."""
    import torch

    import minitorch
    theta, gradients = drawn(update.seed, FEW, max(SHOWN), np.float32)
    sides = [walk(library, update, settings, theta, gradients) for library in (minitorch, torch)]
    rows = []
    for step, (ours, theirs) in enumerate(zip(*sides), 1):
        if step in SHOWN:
            for name in ours:
                if name != "step":
                    pairs = [digits(a, b) for a, b in zip(np.ravel(ours[name]), np.ravel(theirs[name]))]
                    rows.append(Row(step, name, tuple(a for a, _ in pairs), tuple(b for _, b in pairs), gap(ours[name], theirs[name])))
    return rows


def digits(a, b):
    """Two numbers as texts of nine significant digits, cut in two where they begin to differ: ((same, differing), (same, differing))."""
    texts = [f"{v:.9g}".replace("-", "−") for v in (a, b)]
    if a == b:
        return (texts[0], ""), (texts[1], "")
    same = next((k for k, (x, y) in enumerate(zip(*texts)) if x != y), min(map(len, texts)))
    return tuple((t[:same], t[same:]) for t in texts)


@dataclass
class Agreement:
    """The worst Gap of a variant over 100 steps of a parameter of 1,000 elements: {(name, dtype): Gap}, and that of the reference."""

    label: str
    settings: dict
    gaps: dict
    reference: object


def agreement(update):
    """An Agreement for each variant."""
    import torch

    import minitorch
    found = []
    for label, settings in update.variants.items():
        gaps, beside = {}, []
        for dtype in (np.float32, np.float64):
            theta, gradients = drawn(update.seed, MANY, max(SHOWN), dtype)
            sides = [walk(library, update, settings, theta, gradients) for library in (minitorch, torch, reference())]
            steps = list(zip(*sides))
            for name in steps[0][0]:
                gaps[name, np.dtype(dtype).name] = worst([gap(a[name], b[name]) for a, b, _ in steps])
            if dtype is np.float32:
                beside = [gap(c["theta"], b["theta"]) for _, b, c in steps]
        found.append(Agreement(label, settings, gaps, worst(beside)))
    return found


# ---- the code ------------------------------------------------------------------------------------------------------------


def pairing(update):
    """Both sides of the kernel traced over a few steps of every variant, and paired."""
    import minitorch
    from minitorch.kernels import optimizer as ours
    theirs = importlib.import_module("reference.kernels.optimizer")
    traces = []
    for library, module in ((minitorch, ours), (reference(), theirs)):
        functions = functions_of(module)
        with Trace({n: functions[n] for n in update.functions}) as trace:
            for settings in update.variants.values():
                theta, gradients = drawn(update.seed, FEW, TRACED, np.float32)
                list(walk(library, update, settings, theta, gradients))
        traces.append(trace)
    return Matcher(update, *traces, theirs).pairing()


def names(update):
    """What the checks may speak of, after the last of a few steps of the checked variant in float64."""
    import minitorch
    from minitorch.kernels import optimizer as kernels
    functions = functions_of(kernels)
    settings = update.variants[update.checked]
    theta, gradients = drawn(update.seed, FEW, TRACED, np.float64)
    with Trace({n: functions[n] for n in update.functions}) as trace:
        list(walk(minitorch, update, settings, theta, gradients))
    outer, found, counts = {}, {}, defaultdict(int)
    for event in trace.events:
        if event.call == TRACED - 1 and isinstance(event.value, np.ndarray):
            value = event.value if event.value.ndim else event.value.item()
            if event.function == update.kernel:
                outer[event.name] = value
            else:
                found[f"{event.name}_{counts[event.name]}"] = found[event.name] = value
                counts[event.name] += 1
    found = outer | found
    found |= {"gradients": np.array(gradients), "start": theta, "settings": settings}
    if update.scene is not None:
        found |= update.scene(SimpleNamespace(**TOOLS | found))
    return found


def verdicts(update):
    """A Verdict for every displayed formula."""
    from scipy import special

    from .identities import central, gradient, jacobian, slope
    space = {"np": np, "special": special, "slope": slope, "gradient": gradient, "jacobian": jacobian, "central": central, "sum": sum}
    space |= TOOLS | names(update)
    return [verdict(where, line, space) for where, line in update.lines()]


# ---- edge cases ------------------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """An edge case on both sides."""

    label: str
    ours: str
    theirs: str
    agree: bool
    why: str


def stray(value, steps=3):
    """Gradients of which one element is this at the first step and 1 after it."""
    first = np.ones(FEW, np.float32)
    first[1] = value
    return [first, *[np.ones(FEW, np.float32)] * (steps - 1)]


EDGES = {
    "gradients of 0": (lambda: [np.zeros(FEW, np.float32)] * 3, "nothing moves but what decays; 0 over epsilon is 0"),
    "no gradient at step 2": (lambda: [np.ones(FEW, np.float32), None, np.ones(FEW, np.float32)],
                              "a parameter whose gradient is None is left out: no decay, no count, unlike one whose gradient is 0"),
    "huge, 1e30": (lambda: [np.full(FEW, 1e30, np.float32)] * 3, "squares overflow float32"),
    "tiny, 1e-30": (lambda: [np.full(FEW, 1e-30, np.float32)] * 3, "squares underflow float32; epsilon decides"),
    "one infinity, once": (lambda: stray(np.inf), "how long it stays"),
    "one nan, once": (lambda: stray(np.nan), "an element never recovers; its neighbours never notice"),
    "no elements": (lambda: [np.zeros(0, np.float32)] * 3, "nothing to do, but counted"),
    "0-d": (lambda: [np.ones((), np.float32)] * 3, "a parameter may be a number"),
    "the same gradient 2,000 times": (lambda: [np.full(FEW, 0.3, np.float32)] * 2000, "what all averages settle to"),
}


def cases(update):
    """A Case for every edge case of the first variant and, where that has other states, of the last; those that disagree first."""
    import torch

    import minitorch
    found = []
    variants = list(update.variants.items())
    for label, settings in variants[:1] + [v for v in variants if v[0] == "centred"]:
        for name, (make, why) in EDGES.items():
            gradients = make()
            shape = next(g.shape for g in gradients if g is not None)
            ends = []
            with np.errstate(all="ignore"):
                for library in (minitorch, torch):
                    *_, last = walk(library, update, settings, np.ones(shape, np.float32), gradients)
                    ends.append([last[k] for k in sorted(last)])
            title = name if label == variants[0][0] else f"{name}, {label}"
            found.append(Case(title, said(ends[0]), said(ends[1]), same(*ends), update_why(update, title, why)))
    return sorted(found, key=lambda c: c.agree)


def update_why(update, title, why):
    """What the update itself says about an edge case, else what is said of all."""
    return dict(update.differences).get(title, why)


def said(values):
    """The parameter after the last step in a few words (it comes last in the order of names), and whether a state is not finite."""
    theta, states = values[-1], values[:-1]
    text = "empty" if not theta.size else ", ".join(f"{v:.4g}".replace("-", "−") for v in np.ravel(theta)[:FEW])
    odd = sum(int((~np.isfinite(s)).sum()) for s in states)
    return f"θ: {text}" + (f"; {odd} of the states not finite" if odd else "")


def same(ours, theirs):
    """Whether all values have the same shape, nans and infinities, and are otherwise within 1e-5 of the largest."""
    return len(ours) == len(theirs) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-5, atol=1e-5 * np.max(np.abs(b[np.isfinite(b)]), initial=0), equal_nan=True)
        for a, b in zip(map(np.asarray, ours), map(np.asarray, theirs)))


# ---- speed -----------------------------------------------------------------------------------------------------------------


@dataclass
class Time:
    """Seconds of a step."""

    label: str
    ours: float
    theirs: float

    @property
    def ratio(self):
        return self.ours / self.theirs


def times(update, rounds=7, least=0.02):
    """A Time for some parameters in float32: medians of rounds in which the libraries take turns."""
    import torch

    import minitorch
    found, settings = [], next(iter(update.variants.values()))
    for label, sizes in SIZES.items():
        steps = [stepper(library, update, settings, sizes) for library in (minitorch, torch)]
        counts = [max(1, round(least / max(clock(s, 1), 1e-7))) for s in steps]
        gc.collect()
        samples = [[clock(s, n) for s, n in zip(steps, counts)] for _ in range(rounds)]
        found.append(Time(label, *(median(column) for column in zip(*samples))))
    return found


def stepper(library, update, settings, sizes):
    """A function that makes a step of parameters of these sizes."""
    rng = np.random.RandomState(update.seed)
    parameters = []
    for size in sizes:
        p = library.nn.Parameter(library.from_numpy(rng.standard_normal(size).astype(np.float32)))
        p.grad = library.from_numpy(rng.standard_normal(size).astype(np.float32))
        parameters.append(p)
    optimizer = getattr(library.optim, update.name.rpartition(".")[2])(parameters, **settings)
    optimizer.step()
    return optimizer.step


def clock(go, count):
    """Processor seconds a call."""
    start = time.process_time()
    for _ in range(count):
        go()
    return (time.process_time() - start) / count
