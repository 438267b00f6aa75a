"""One drawn case of a module: built in both libraries from one seed, then torch's state loaded across.

The two state dicts, the printed form, outputs, gradients of inputs and parameters, second order, and the buffers afterwards agree, in
training and in evaluation mode. The state also goes the other way.
"""
import numpy as np

from comparisons.catalogue.entry import resolve
from minitorch.testing import comparison
from minitorch.testing.comparison import Mismatch, Side, array_of

from .functions import needs_of


def build(library, entry, case, dtype, seed):
    """The module, built from the seed, in the dtype of the case."""
    comparison.set_seed(library, seed)
    args, settings = case.constructor
    args, settings = [_own(library, a) for a in args], {k: _own(library, v) for k, v in settings.items()}
    make = (lambda *a, **k: entry.build(library, *a, **k)) if entry.build else resolve(library, entry.public)
    module = make(*args, **settings)
    return module.double() if dtype == "float64" else module


def _own(library, value):
    if isinstance(value, np.ndarray):
        return library.from_numpy(value.copy())
    return resolve(library, value.path) if type(value).__name__ == "Name" else value


def move_state(source, target, library):
    """Load a module's state into its counterpart of another library; strict, so the names must agree."""
    target.load_state_dict({k: library.from_numpy(np.array(array_of(v))) for k, v in source.state_dict().items()})


def compare_states(ours, theirs, what, tolerances=comparison.TOLERANCES):
    """The two state dicts have the same names in the same order, and the same values; the worst difference."""
    a, b = ours.state_dict(), theirs.state_dict()
    if list(a) != list(b):
        raise Mismatch(f"{what}: the state has the names {list(a)}, expected {list(b)}")
    worst = float("nan")
    for name in a:
        worst = np.fmax(worst, comparison.difference(array_of(a[name]), array_of(b[name]), f"{what}: {name}", 0, tolerances))
    return worst


def _named(module):
    return [n for n, _ in module.named_parameters()], [n for n, _ in module.named_buffers()], [n for n, _ in module.named_modules()]


def compare(entry, name, case, seed, libraries, tolerances, full=True):
    """All that is compared of one case of a module; the worst differences.

    Raises:
        Mismatch: at the first difference.
    """
    rng = np.random.RandomState(seed)
    dtype = next((str(a.dtype) for a in case.arrays if a.dtype.kind == "f"), "float32")
    ends, error = comparison.outcome(lambda: build(libraries[1], entry, case, dtype, seed))
    if ends == "raises":
        comparison.compare_outcomes(lambda: build(libraries[0], entry, case, dtype, seed), lambda: _raise(error), name)
        return None
    ours, theirs = (build(library, entry, case, dtype, seed) for library in libraries)
    if full and repr(ours) != repr(theirs):
        raise Mismatch(f"prints as {ours!r}, expected {theirs!r}")
    if _named(ours) != _named(theirs):
        raise Mismatch(f"parameters, buffers and modules are called {_named(ours)}, expected {_named(theirs)}")
    compare_states(ours, theirs, "as initialised", tolerances)
    move_state(theirs, ours, libraries[0])
    move_state(ours, theirs, libraries[1])
    worst = comparison.Worst()
    for training in (True, False):
        needs = needs_of(entry, case, rng, least=0 if any(p.requires_grad for p in theirs.parameters()) else 1)
        freeze((ours, theirs), rng, any(needs))
        ours.train(training), theirs.train(training)
        a, b = (Side(library, _caller(entry, library, module), case.args, case.settings, needs,
                     [p for p in module.parameters() if p.requires_grad], seed if entry.random else None)
                for library, module in zip(libraries, (ours, theirs)))
        ends, error = comparison.outcome(b.run)
        if ends == "raises":
            comparison.compare_outcomes(a.run, lambda error=error: _raise(error), name)
            return None
        a.run()
        order = entry.order if training or seed % 2 == 0 else min(entry.order, 1)
        worst.merge(comparison.compare_sides(a, b, rng, order, tolerances, memory=entry.memory))
        compare_states(ours, theirs, "after the call", tolerances)
        if training and entry.order and entry.numeric and dtype == "float64" and a.leaves:
            a.run()
            worst.numeric = comparison.compare_numeric(a, rng)
            move_state(theirs, ours, libraries[0])
    return worst


def runner(entry, case, seed, library):
    """The call of a case in one library, to be run once."""
    dtype = next((str(a.dtype) for a in case.arrays if a.dtype.kind == "f"), "float32")
    module = build(library, entry, case, dtype, seed)
    return Side(library, _caller(entry, library, module), case.args, case.settings, needs_of(entry, case), seed=seed).run


def freeze(modules, rng, all_of_them):
    """In one of four cases a random part of the parameters asks for no gradient; all of them only if something else does."""
    pairs = [pair for pair in zip(*(m.parameters() for m in modules)) if pair[1].requires_grad]
    if pairs and rng.randint(4) == 0:
        chosen = rng.randint(0, 2, len(pairs))
        if not all_of_them:
            chosen[rng.randint(len(pairs))] = 0
        for pair, frozen in zip(pairs, chosen):
            for p in pair if frozen else ():
                p.requires_grad_(False)


def _caller(entry, library, module):
    return (lambda *args, **settings: entry.call(library, module, *args, **settings)) if entry.call else module


def _raise(error):
    raise error
