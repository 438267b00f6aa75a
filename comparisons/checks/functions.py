"""One drawn case of a function, by any of its names: as a function, a method, in place, an operator, an attribute."""
import numpy as np

from comparisons.catalogue.entry import resolve
from minitorch.testing import comparison
from minitorch.testing.comparison import Mismatch, Side, Worst

IN_PLACE_OPERATORS = {f"__i{n}__" for n in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "matmul",
                                            "lshift", "rshift")}


def is_in_place(name):
    """Whether a name means that the first argument changes: "Tensor.add_", "nn.functional.relu_", "Tensor.__iadd__"."""
    last = name.partition(" ")[0].rpartition(".")[2]
    return last in IN_PLACE_OPERATORS or last.endswith("_") and not last.endswith("__")


def is_reflected(name):
    """Whether a name is a reflected operator's: "Tensor.__radd__"."""
    last = name.rpartition(".")[2]
    return last.startswith("__r") and last not in ("__rshift__", "__repr__", "__round__", "__reversed__")


def call_of(library, name):
    """What a name means in a library, as a function of the arguments. Methods take the tensor first."""
    if not name.startswith("Tensor."):
        return resolve(library, name)
    found = resolve(library, name)
    if is_reflected(name):
        return lambda x, y, *args, **settings: found(y, x, *args, **settings)
    if not callable(found):
        return lambda x: getattr(x, name.removeprefix("Tensor."))
    return found


def fits(name, case):
    """Whether a drawn case can be called by this name: a method needs a tensor."""
    if not name.startswith("Tensor."):
        return not is_in_place(name) or isinstance(case.args[0], (np.ndarray, list))
    at = 1 if is_reflected(name) else 0
    return len(case.args) > at and isinstance(case.args[at], np.ndarray)


def in_place(library, call):
    """The call on a copy of its first argument, and through a view into a larger tensor; what must be seen of both."""
    def changed(x, *args, **settings):
        if isinstance(x, list):                     # of parameters: the entry's call sees to the copies
            return call(x, *args, **settings)
        own = x.clone()
        before = own._version
        result = call(own, *args, **settings)
        base = library.stack([x, x])
        view = base[0]
        call(view, *args, **settings)
        return {"result": result, "is the tensor": result is own, "versions": own._version - before, "base": base, "view": view,
                "version of the base": base._version}
    return changed


def needs_of(entry, case, rng=None, least=1):
    """Which arrays of a case ask for a gradient; a random part of those that can, in one of four cases if `rng` is given.

    `least` of them do: 0 if parameters ask for a gradient beside them.
    """
    wanted = []
    for where, value in [*enumerate(case.args), *case.settings.items()]:
        on = entry.differentiable is None or where in entry.differentiable
        wanted += [on and a.dtype.kind == "f" for a in _arrays(value)]
    if rng is not None and sum(wanted) > least and rng.randint(4) == 0:
        chosen = rng.randint(0, 2, len(wanted))
        some = [bool(w and c) for w, c in zip(wanted, chosen)]
        return some if sum(some) >= least else wanted
    return wanted


def _arrays(value):
    if isinstance(value, np.ndarray):
        return [value]
    return [a for v in value for a in _arrays(v)] if type(value) in (list, tuple) else []


def sides(entry, name, case, libraries, needs, seed):
    """The two libraries' sides of a call, not yet run."""
    found = []
    for which, library in enumerate(libraries):
        own = (entry.theirs if which else None) or (entry.call if name == entry.name else None)
        call = call_of(library, name.partition(" ")[0]) if own is None else _bound(own, library)
        if is_in_place(name):
            call = in_place(library, call)
        found.append(Side(library, call, case.args, case.settings, needs, seed=seed if entry.random else None))
    return found


def _bound(call, library):
    return lambda *args, **settings: call(library, *args, **settings)


def compare(entry, name, case, seed, libraries, tolerances, full=True):
    """All that is compared of one case by one name; the worst differences, or None if both refuse it.

    Raises:
        Mismatch: at the first difference.
    """
    rng = np.random.RandomState(seed)
    needs = needs_of(entry, case, rng)
    ours, theirs = sides(entry, name, case, libraries, needs, seed)
    ends, error = comparison.outcome(theirs.run)
    if ends == "raises":
        comparison.compare_outcomes(ours.run, lambda: _raise(error), name, tolerances)
        return None
    ours.run()
    plain = not is_in_place(name)
    if plain and not entry.order and any(needs) and any(t.requires_grad for t in theirs.outputs):
        raise Mismatch("the entry compares no gradient (order=0), but torch's result has one")
    order = min(entry.order, 2 if full else 1) if plain else max(1, entry.order)
    worst = comparison.compare_sides(ours, theirs, rng, order, tolerances,
                                     grad_fn=entry.grad_fn and full, memory=entry.memory and plain and full)
    if is_in_place(name) and any(needs) and isinstance(case.args[0], np.ndarray):
        _compare_on_leaf(name, case, libraries, needs, tolerances)
    exact = all(a.dtype == np.float64 for a in [*case.arrays, *map(comparison.array_of, ours.outputs)] if a.dtype.kind == "f")
    if full and entry.order and entry.numeric and any(needs) and exact:
        side = sides(entry, name, case, libraries, needs, seed)[0]
        side.run()
        worst.numeric = comparison.compare_numeric(side, rng)
    return worst


def runner(entry, case, seed, library):
    """The call of a case in one library, to be run once."""
    return sides(entry, entry.name, case, (library,), needs_of(entry, case), seed)[0].run


def _raise(error):
    raise error


def _compare_on_leaf(name, case, libraries, needs, tolerances):
    """In place on a leaf, which torch refuses if the leaf needs a gradient."""
    a, b = (Side(library, call_of(library, name.partition(" ")[0]), case.args, case.settings, needs) for library in libraries)
    comparison.compare_outcomes(a.run, b.run, f"{name} on a leaf", tolerances)


def compare_bad(entry, kind, call, libraries):
    """A bad input ends alike in both libraries.

    Raises:
        Mismatch: if the verdict or the class differs.
    """
    ours, theirs = libraries
    comparison.compare_outcomes(lambda: call(ours), lambda: call(theirs), f"{entry.name}, bad {kind}")


__all__ = ["Mismatch", "Worst", "call_of", "compare", "compare_bad", "fits", "is_in_place", "needs_of", "sides"]
