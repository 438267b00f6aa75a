"""One drawn case of an optimizer: both libraries take the same gradients, step by step; parameters and state agree after each.

Half-way the state of torch's optimizer is loaded into a fresh one of ours, which goes on from there.
"""
import copy

import numpy as np

from comparisons.catalogue.entry import resolve
from minitorch.testing import comparison
from minitorch.testing.comparison import Mismatch, array_of, is_tensor


def build(library, entry, case):
    """Parameters and the optimizer over them, in one or two groups; the second with half the learning rate."""
    parameters = [library.from_numpy(p.copy()).requires_grad_() for p in case.args[0]]
    options = dict(case.constructor[1])
    make = (lambda *a, **k: entry.build(library, *a, **k)) if entry.build else resolve(library, entry.public)
    split = case.settings.get("split", len(parameters))
    if split < len(parameters):
        lr = options.get("lr", 0.01)
        return parameters, make([{"params": parameters[:split]}, {"params": parameters[split:], "lr": lr / 2}], **options)
    return parameters, make(parameters, **options)


def across(value, library):
    """A state dict with its tensors in another library."""
    if is_tensor(value):
        return library.from_numpy(np.array(array_of(value)))
    if isinstance(value, dict):
        return {k: across(v, library) for k, v in value.items()}
    return type(value)(across(v, library) for v in value) if isinstance(value, (list, tuple)) else copy.copy(value)


def compare(entry, name, case, seed, libraries, tolerances, full=True):
    """All that is compared of one case of an optimizer; the worst difference, of any parameter or state, as `forward`.

    Raises:
        Mismatch: at the first difference.
    """
    ends, error = comparison.outcome(lambda: build(libraries[1], entry, case))
    if ends == "raises":
        comparison.compare_outcomes(lambda: build(libraries[0], entry, case), lambda: _raise(error), name)
        return None
    (ours, our_optimizer), (theirs, their_optimizer) = (build(library, entry, case) for library in libraries)
    worst = comparison.Worst()
    if full and repr(our_optimizer) != repr(their_optimizer):
        raise Mismatch(f"prints as {our_optimizer!r}, expected {their_optimizer!r}")
    for step, gradients in enumerate(case.args[1], 1):
        kept = []
        for library, parameters, optimizer in zip(libraries, (ours, theirs), (our_optimizer, their_optimizer)):
            optimizer.zero_grad()
            for p, g in zip(parameters, gradients):
                if g is not None:
                    p.grad = library.from_numpy(g.copy())
            optimizer.step()
            kept.append([None if p.grad is None else array_of(p.grad) for p in parameters])
        after = f"after step {step}, "
        for k, (a, b) in enumerate(zip(ours, theirs)):
            worst.note("forward", comparison.difference(array_of(a), array_of(b), f"{after}parameter {k}", 0, tolerances))
            if (kept[0][k] is None) != (kept[1][k] is None):
                raise Mismatch(f"{after}the gradient of parameter {k} is None on one side only")
            if kept[0][k] is not None:
                comparison.difference(kept[0][k], kept[1][k], f"{after}the gradient of parameter {k}", 0, tolerances)
        try:
            states = our_optimizer.state_dict(), their_optimizer.state_dict()
            worst.note("forward", comparison.compare_outputs(*states, tolerances, flags=False))
        except Mismatch as error:
            raise Mismatch(f"{after}in the state dict: {error}") from None
        if step == len(case.args[1]) // 2:
            ours, our_optimizer = build(libraries[0], entry, case)
            for p, q in zip(ours, theirs):
                array_of(p)[...] = array_of(q)
            our_optimizer.load_state_dict(across(their_optimizer.state_dict(), libraries[0]))
    return worst


def _raise(error):
    raise error
