"""How far a component is from PyTorch's own: values, gradients under random cotangents, second order, and time."""
import gc
import time
from dataclasses import dataclass
from statistics import median

import numpy as np

from . import run
from .gap import Gap, gap

STEP = 1e-30


@dataclass(frozen=True)
class Agreement:
    """One row: what was compared, of which input or output, in float32 and float64."""

    kind: str
    name: str
    float32: Gap | None
    float64: Gap | None


def agreement(study):
    """The Agreements of a study: our operation, its gradients and its second order against PyTorch's own, and the reference against it."""
    found = {}
    for dtype in (np.float32, np.float64):
        for kind, name, value in compared(study, dtype):
            found.setdefault((kind, name), {})[dtype] = value
    for kind, name, value in independent(study):
        found.setdefault((kind, name), {})[np.float64] = value
    return [Agreement(kind, name, by.get(np.float32), by.get(np.float64)) for (kind, name), by in found.items()]


def compared(study, dtype):
    """(kind, name, Gap) of both libraries on the same values, cotangents and directions."""
    import torch

    import minitorch
    values = run.inputs(study, dtype)
    needs = run.differentiated(study, values)
    ours, theirs = (derivatives(study, library, values, needs) for library in (minitorch, torch))
    for name, a, b in zip(run.labels(study, len(ours["forward"])), ours["forward"], theirs["forward"]):
        yield "forward", name, gap(a, b)
    for name, value in reference(study, dtype):
        yield "reference", name, value
    for kind in ("gradient", "second order"):
        for name in needs:
            a, b = ours[kind].get(name), theirs[kind].get(name)
            if a is not None or b is not None:
                zero = np.zeros_like(values[name])
                yield kind, name, gap(zero if a is None else a, zero if b is None else b)


def derivatives(study, library, values, needs):
    """Outputs, gradients under random cotangents, and the gradient of (gradient · random direction) where the study asks for it."""
    tensors, outputs = run.call(study, library, values, needs)
    found = {"forward": [run.array(o) for o in outputs], "gradient": {}, "second order": {}}
    cotangents = run.cotangents(study, found["forward"])
    pairs = [(o, library.from_numpy(c)) for o, c in zip(outputs, cotangents) if c is not None and o.requires_grad]
    if not pairs:
        return found
    leaves, second = [tensors[n] for n in needs], study.order > 1
    grads = library.autograd.grad([o for o, _ in pairs], leaves, [c for _, c in pairs], create_graph=second, allow_unused=True)
    found["gradient"] = {n: run.array(g) for n, g in zip(needs, grads) if g is not None}
    if second:
        along = run.directions(study, values)
        parts = [(g * library.from_numpy(along[n])).sum() for n, g in zip(needs, grads) if g is not None and g.requires_grad]
        if parts:
            again = library.autograd.grad(sum(parts[1:], parts[0]), leaves, allow_unused=True)
            found["second order"] = {n: run.array(g) for n, g in zip(needs, again) if g is not None}
    return found


def reference(study, dtype):
    """(name, Gap) of the kernel's outputs against those of the readable reference."""
    for name, a, b in run.kernel(study, dtype).outputs():
        yield name, gap(a, b)


# ---- without PyTorch's derivative --------------------------------------------------------------------------------------


def independent(study):
    """(kind, name, Gap): our gradient along a random direction against the derivative of the forward alone, in float64.

    By a complex step of our kernel where it takes complex numbers, else of the reference, else by central differences.
    """
    import minitorch
    values = run.inputs(study)
    needs = run.differentiated(study, values)
    found = derivatives(study, minitorch, values, needs)
    along, cotangents = run.directions(study, values), run.cotangents(study, found["forward"])
    ours = sum(float((found["gradient"][n] * along[n]).sum()) for n in found["gradient"])
    size = sum(float(np.abs(found["gradient"][n] * along[n]).sum()) for n in found["gradient"])
    for kind, slope in (("complex step", stepped), ("central differences", central)):
        theirs = slope(study, values, along, cotangents, list(found["gradient"]))
        if theirs is not None:
            apart = abs(ours - theirs)
            ulp = apart / np.spacing(size) if apart else 0.0
            yield kind, "all inputs", Gap(apart, ulp, 0, float(not apart), relative=apart / size if slope is central else 0.0)
            return


def stepped(study, values, along, cotangents, names):
    """The derivative by a complex step through the reference on complex tensors; None where it does not take them."""
    import torch
    moved = {n: torch.from_numpy(v + 1j * STEP * along[n] if n in names else v) for n, v in values.items()}
    kernel = run.kernel(study)
    if kernel.call is None or kernel.reference is None:
        return None
    given = {id_of(v): n for n, v in values.items()}
    arguments = [moved[given[id_of(v)]].reshape(v.shape) if isinstance(v, np.ndarray) and id_of(v) in given else v
                 for v in kernel.call.arguments.values()]
    if any(isinstance(a, (np.ndarray, list)) for a in arguments) or sum(isinstance(a, torch.Tensor) for a in arguments) < len(names):
        return None
    try:
        outputs = run.tuple_of(getattr(kernel.reference, kernel.op.forward.__name__)(*arguments, **kernel.call.settings))
    except (RuntimeError, TypeError, NotImplementedError):
        return None
    outputs = [o.detach().numpy() for o in outputs[:len(kernel.op.outputs)]]
    if not any(o.dtype.kind == "c" for o in outputs) or any(c is not None and c.size != o.size for c, o in zip(cotangents, outputs)):
        return None                                  # no complex numbers, or the operator is but a part of the component
    return sum(float((c.reshape(o.shape) * o.imag).sum()) for c, o in zip(cotangents, outputs) if c is not None) / STEP


def id_of(array):
    """The bytes of an array: how an argument of the kernel is recognized as an input of the study."""
    return array.tobytes() if isinstance(array, np.ndarray) else None


def central(study, values, along, cotangents, names, step=1e-6):
    """The derivative by central differences of the public call."""
    import minitorch
    sides = []
    for sign in (1, -1):
        moved = {n: v + sign * step * along[n] if n in names else v for n, v in values.items()}
        _, outputs = run.call(study, minitorch, moved)
        sides.append(sum(float((c * run.array(o)).sum()) for c, o in zip(cotangents, outputs) if c is not None))
    return (sides[0] - sides[1]) / (2 * step)


# ---- time --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Time:
    """Forward and backward at one size: seconds of both."""

    label: str
    ours: float
    theirs: float

    @property
    def ratio(self):
        return self.ours / self.theirs


def times(study, rounds=5, least=0.02):
    """A Time for each size of the study: medians of some rounds in which the two libraries take turns."""
    import torch

    import minitorch
    found = []
    for sizes in study.speed:
        values = run.inputs(study, np.float32, sizes)
        steps = [step(study, library, values) for library in (minitorch, torch)]
        counts = [max(1, round(least / max(clock(s, 1), 1e-7))) for s in steps]
        gc.collect()
        samples = [[clock(s, n) for s, n in zip(steps, counts)] for _ in range(rounds)]
        found.append(Time(", ".join(f"{k} {v}" for k, v in sizes.items()), *(median(column) for column in zip(*samples))))
    return found


def step(study, library, values):
    """A function that makes one forward and backward."""
    needs = run.differentiated(study, values)
    tensors = {n: library.from_numpy(v.copy()) for n, v in values.items()}
    for n in needs:
        tensors[n].requires_grad_()
    first = [o for o in run.tuple_of(study.call(library, **tensors)) if o.requires_grad]
    cotangents = [library.from_numpy(c) for c in run.cotangents(study, [run.array(o) for o in first])]

    def go():
        outputs = [o for o in run.tuple_of(study.call(library, **tensors)) if o.requires_grad]
        if outputs:
            library.autograd.grad(outputs, [tensors[n] for n in needs], cotangents, allow_unused=True)
    go()
    return go


def clock(go, count):
    """Processor seconds a call."""
    start = time.process_time()
    for _ in range(count):
        go()
    return (time.process_time() - start) / count
