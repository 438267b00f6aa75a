"""Edge cases, run on both sides: the common ones of every study and its own. Disagreements are shown, not hidden."""
from dataclasses import dataclass

import numpy as np

from . import run


def _scaled(factor):
    def change(values, name):
        with np.errstate(over="ignore"):
            values[name] = (values[name] * factor).astype(values[name].dtype)
    return change


def _filled(value):
    def change(values, name):
        values[name][...] = value
    return change


def _one(value):
    def change(values, name):
        if values[name].size:
            values[name].reshape(-1)[values[name].size // 2] = value
    return change


COMMON = {
    "zeros": _filled(0), "constant": _filled(3), "huge, 1e20": _scaled(1e20), "tiny, 1e-20": _scaled(1e-20),
    "one infinity": _one(np.inf), "one nan": _one(np.nan), "all nan": _filled(np.nan),
}
MEANING = {
    "zeros": "every input value is 0", "constant": "every input value is 3", "huge, 1e20": "squares overflow float32",
    "tiny, 1e-20": "squares underflow float32", "one infinity": "how far it spreads", "one nan": "how far it spreads",
    "all nan": "nothing may look like a number", "size 0": "nothing to do", "one element": "every size is 1",
}


@dataclass(frozen=True)
class Case:
    """An edge case on both sides: what came out, whether they agree, and why."""

    label: str
    ours: str
    theirs: str
    agree: bool
    why: str


def cases(study):
    """A Case for every edge case of a study, those that disagree first."""
    import torch

    import minitorch
    found = []
    for label, values, why in prepared(study):
        sides = [attempt(study, library, values) for library in (minitorch, torch)]
        found.append(Case(label, words(*sides), words(*sides[::-1]), alike(*sides), why))
    return sorted(found, key=lambda c: c.agree)


def prepared(study):
    """(label, inputs, why) of every edge case."""
    base = run.inputs(study, np.float32)
    name = study.varied or next(n for n, v in base.items() if v.dtype.kind == "f")
    for label, change in COMMON.items():
        if label not in study.without:
            values = {n: v.copy() for n, v in base.items()}
            change(values, name)
            yield label, values, study.notes.get(label, MEANING[label])
    for label, sizes in (("size 0", {study.empty or next(iter(study.sizes)): 0}), ("one element", dict.fromkeys(study.sizes, 1))):
        if label not in study.without:
            yield label, run.inputs(study, np.float32, sizes), study.notes.get(label, MEANING[label])
    for edge in study.edges:
        values = {n: v.copy() for n, v in base.items()}
        changed = edge.change(values)
        yield edge.label, values if changed is None else changed, edge.why


def attempt(study, library, values):
    """Outputs and gradients of a call as arrays, or the error that it raised."""
    needs = run.differentiated(study, values)
    with np.errstate(all="ignore"):
        try:
            tensors, outputs = run.call(study, library, values, needs)
            arrays = [run.array(o) for o in outputs]
            graded = [o for o in outputs if o.requires_grad]
            ones = [library.from_numpy(c) for c in run.cotangents(study, [run.array(o) for o in graded])]
            for output, one in zip(graded, ones):
                output.backward(one, retain_graph=True)
            return arrays, [None if tensors[n].grad is None else run.array(tensors[n].grad) for n in needs]
        except Exception as error:                   # what either library refuses is a result here
            return error


def alike(ours, theirs):
    """The same error class, or values with the same nans and infinities that are close."""
    if isinstance(ours, Exception) or isinstance(theirs, Exception):
        return type(ours) is type(theirs)
    return same(ours[0], theirs[0]) and same(ours[1], theirs[1])


def same(ours, theirs):
    """Whether two lists of arrays have the same nans and infinities, and are otherwise within 1e-4 of the largest value of all.

    A value of 1 counts in any case: where all is rounding noise, noise is compared with the size of the cotangents.
    """
    if any((a is None) != (b is None) for a, b in zip(ours, theirs)):
        return False
    pairs = [(a, b) for a, b in zip(ours, theirs) if a is not None]
    top = max((np.max(np.abs(b[np.isfinite(b)]), initial=1) for _, b in pairs), default=1)
    return all(close(a, b, 1e-4 * top) for a, b in pairs)


def close(a, b, most):
    """Whether two arrays have the same nans and infinities, and their other values are at most so far apart."""
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return False
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    return bool(np.max(np.abs(a[finite].astype(np.float64) - b[finite]), initial=0) <= most)


def words(side, other):
    """What came out, in a few words: of the outputs, and of the gradients where these have nans or differ from the other side's."""
    if isinstance(side, Exception):
        return type(side).__name__
    value, gradient = described(side[0]), described(side[1])
    worse = any(k in gradient and k not in value for k in ("nan", "inf"))
    apart = not isinstance(other, Exception) and same(side[0], other[0]) and not same(side[1], other[1])
    return value + (f"; gradient {gradient}" if worse or apart else "")


def described(arrays):
    """Some arrays in a few words."""
    arrays = [a for a in arrays if a is not None]
    if not sum(a.size for a in arrays):
        return f"empty, {tuple(arrays[0].shape)}" if arrays else "nothing"
    flat = np.concatenate([a.reshape(-1).astype(np.float64) for a in arrays])
    nans, infinities = np.isnan(flat).sum(), np.isinf(flat).sum()
    if nans:
        return "all nan" if nans == flat.size else f"{nans} of {flat.size} nan"
    if infinities:
        return "all infinite" if infinities == flat.size else f"{infinities} of {flat.size} inf"
    top = np.abs(flat).max()
    return f"largest {top:.3g}" if top else "all zero"
