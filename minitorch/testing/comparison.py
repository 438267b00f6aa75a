"""Two libraries on one call: values, structure, gradients, second order, central differences, nothing mutated.

Differences are given in units in the last place (ulp) of the largest value compared, or of 1 if that is smaller: readable for any
dtype, and not blown up near zero. One table says how many are allowed.
"""
from dataclasses import dataclass, fields
from math import nan

import numpy as np

# How far apart two results may be, in ulp of the largest value; a gradient may be 4 times, a second order 16 times as far apart.
TOLERANCES = {"float64": 4096.0, "float32": 64.0, "float16": 8.0}
ORDERS = ("forward", "gradient", "second order")
STEP = 1e-5                                          # of central differences in float64


class Mismatch(AssertionError):
    """Two results that should be equal are not; the message says what, where and by how much."""


@dataclass
class Worst:
    """The largest differences seen, in ulp of the largest value; nan where nothing was compared. `numeric` is relative."""

    forward: float = nan
    gradient: float = nan
    second: float = nan
    numeric: float = nan
    definition: float = nan
    reference: float = nan

    def note(self, what, value):
        """Keep the larger."""
        setattr(self, what, float(np.fmax(getattr(self, what), value)))

    def merge(self, other):
        """Keep the larger of each."""
        for f in fields(self):
            self.note(f.name, getattr(other, f.name))


# ---- values ----------------------------------------------------------------------------------------------------------

def _larger(a, b):
    return float(np.fmax(a, b))


def array_of(tensor):
    """The NumPy array of a tensor of any library that has `detach` and `numpy`; shares its memory."""
    if isinstance(tensor, np.ndarray):
        return tensor
    return tensor.detach().cpu().numpy(force=True)     # torch stores some gradients of zeros without memory


def is_tensor(value):
    """Whether this is a tensor of some library: duck-typed, so that no library need be imported."""
    return hasattr(value, "detach") and hasattr(value, "requires_grad") and hasattr(value, "grad_fn")


def dtype_name(tensor):
    """float32 for torch.float32, minitorch's and NumPy's."""
    return str(tensor.dtype).rpartition(".")[2]


def coarsest(arrays):
    """The least precise floating dtype among arrays, None if none is floating: nothing that follows from them is more precise."""
    return max((a.dtype for a in arrays if a.dtype.kind == "f"), key=lambda d: np.finfo(d).eps, default=None)


def difference(ours, theirs, what, order=0, tolerances=TOLERANCES, precision=None):
    """The largest difference of two arrays in ulp of the largest value; integers, nan and infinities must be equal.

    With `precision`, a dtype, the ulp is that dtype's where it is the less precise.

    Raises:
        Mismatch: if shape or dtype differ, or the values by more than the tolerance of their dtype and order.
    """
    if ours.shape != theirs.shape:
        raise Mismatch(f"{what}: shape {tuple(ours.shape)}, expected {tuple(theirs.shape)}")
    if ours.dtype != theirs.dtype:
        raise Mismatch(f"{what}: dtype {ours.dtype}, expected {theirs.dtype}")
    if theirs.dtype.kind != "f":
        if not np.array_equal(ours, theirs):
            at = _first(ours != theirs)
            raise Mismatch(f"{what}: {ours[at]} at {at}, expected {theirs[at]}")
        return 0.0
    if not theirs.size:
        return 0.0
    a, b = ours.astype(np.float64), theirs.astype(np.float64)
    finite = np.isfinite(b)
    if not finite.all():
        wrong = ~((a == b) | np.isnan(a) & np.isnan(b)) & ~finite
        if wrong.any():
            at = _first(wrong)
            raise Mismatch(f"{what}: {ours[at]} at {at}, expected {theirs[at]}")
        a, b = np.where(finite, a, 0), np.where(finite, b, 0)
    apart = np.abs(a - b)
    if not np.isfinite(apart).all():
        at = _first(~np.isfinite(apart))
        raise Mismatch(f"{what}: {ours[at]} at {at}, expected {theirs[at]}")
    kind = coarsest([theirs] if precision is None else [theirs, np.empty(0, precision)])
    with np.errstate(over="ignore"):
        ulps = float(apart.max() / np.spacing(np.maximum(np.abs(b).max(), 1).astype(kind)))
    allowed = tolerances[str(kind)] * 4 ** order
    if ulps > allowed:
        at = np.unravel_index(apart.argmax(), apart.shape)
        raise Mismatch(f"{what}: {ours[at]} at {tuple(map(int, at))}, expected {theirs[at]}; "
                       f"{ulps:.3g} ulp of the largest value apart, {allowed:g} allowed")
    return ulps


def _first(wrong):
    return tuple(int(i[0]) for i in np.nonzero(wrong)) if wrong.ndim else ()


# ---- structure -------------------------------------------------------------------------------------------------------

def leaves_of(value, path="the result"):
    """Nested results as (path, type, leaf) triples, containers among them, so that two results can be compared one by one."""
    if is_tensor(value):
        return [(path, "Tensor", value)]
    if isinstance(value, dict):
        return [(path, f"dict with {list(value)}", None)] + [t for k, v in value.items() for t in leaves_of(v, f"{path}[{k!r}]")]
    if isinstance(value, (tuple, list)):
        names = tuple(getattr(type(value), "_fields", None) or getattr(type(value), "__match_args__", ()))
        kind = f"{type(value).__name__} of {len(value)}" + (f" with {', '.join(names)}" if names else "")
        parts = [f".{n}" for n in names] or [f"[{i}]" for i in range(len(value))]
        return [(path, kind, None)] + [t for p, v in zip(parts, value) for t in leaves_of(v, path + p)]
    return [(path, type(value).__name__ if isinstance(value, (bool, int, float, str, complex)) else "a value", value)]


def compare_outputs(ours, theirs, tolerances=TOLERANCES, flags=True, grad_fn=False, precision=None):
    """Structure, types, dtypes, shapes and values of two results; the worst difference, in ulp of the dtype `precision` if that is coarser.

    With `flags`, which of the tensors need a gradient must agree; with `grad_fn`, the names of their nodes.
    """
    ours, theirs, worst = leaves_of(ours), leaves_of(theirs), nan
    for (path, kind, a), (_, expected, b) in zip(ours, theirs):
        if kind != expected:
            raise Mismatch(f"{path} is {kind}, expected {expected}")
        if kind == "Tensor":
            if dtype_name(a) != dtype_name(b):
                raise Mismatch(f"{path}: dtype {dtype_name(a)}, expected {dtype_name(b)}")
            worst = _larger(worst, difference(array_of(a), array_of(b), path, 0, tolerances, precision))
            if flags and a.requires_grad != b.requires_grad:
                raise Mismatch(f"{path}: requires_grad is {a.requires_grad}, expected {b.requires_grad}")
            if grad_fn and type(a.grad_fn).__name__ != type(b.grad_fn).__name__:
                raise Mismatch(f"{path}: grad_fn is {type(a.grad_fn).__name__}, expected {type(b.grad_fn).__name__}")
        elif kind in ("float", "complex"):
            worst = _larger(worst, difference(np.asarray(a), np.asarray(b), path, 0, tolerances))
        elif kind in ("int", "bool", "str") and a != b:
            raise Mismatch(f"{path} is {a!r}, expected {b!r}")
        elif kind == "a value" and str(a).rpartition(".")[2] != str(b).rpartition(".")[2]:
            raise Mismatch(f"{path} is {a}, expected {b}")
    if len(ours) != len(theirs):
        raise Mismatch(f"the result has {len(ours)} parts, expected {len(theirs)}")
    return worst


# ---- one side --------------------------------------------------------------------------------------------------------

def twin(array):
    """A copy with the same strides, gaps included, and the flat memory under it."""
    extent = sum((n - 1) * s for n, s in zip(array.shape, array.strides)) // array.itemsize + 1 if array.size else 0
    memory = np.zeros(extent, array.dtype)
    copy = np.lib.stride_tricks.as_strided(memory, array.shape, array.strides)
    copy[...] = array
    return copy, memory


def set_seed(library, seed):
    """Seed a library's default generator; its `manual_seed` would spend most of its time on devices that are not there."""
    library.default_generator.manual_seed(seed)


class Side:
    """One library's run of a call: its tensors, its result, its gradients, and what must not have changed.

    Args:
        library: the module (torch, minitorch): `from_numpy` and `autograd.grad` are used.
        call: the callable, already the library's own.
        args, settings: arguments in which NumPy arrays become tensors.
        needs: one bool for each array, in order: whether it asks for a gradient.
        parameters: further tensors to differentiate by (a module's).
        seed: of the library's random numbers, set before each call, if not None.
    """

    def __init__(self, library, call, args, settings, needs, parameters=(), seed=None):
        self.library, self.call, self.seed = library, call, seed
        self.memory, self.leaves, self.inputs, self._needs = [], [], [], iter(needs)
        self.args, self.settings = [self._convert(a) for a in args], {k: self._convert(v) for k, v in settings.items()}
        self.leaves += parameters
        self.memory += [array_of(p) for p in parameters]
        self.before = [m.tobytes() for m in self.memory]

    def _convert(self, value):
        if isinstance(value, np.ndarray):
            copy, memory = twin(value)
            self.memory.append(memory)
            tensor = self.library.from_numpy(copy)
            self.inputs.append(tensor)
            if next(self._needs):
                self.leaves.append(tensor.requires_grad_())
            return tensor
        if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
            return type(value)(self._convert(v) for v in value)
        if hasattr(value, "path") and type(value).__name__ == "Name":
            found = self.library
            for part in value.path.split("."):
                found = getattr(found, part)
            return found
        return value

    def run(self):
        """The result of the call."""
        if self.seed is not None:
            set_seed(self.library, self.seed)
        self.result = self.call(*self.args, **self.settings)
        self.outputs = [t for _, kind, t in leaves_of(self.result) if kind == "Tensor"]
        return self.result

    def cotangents(self, arrays, needs=False):
        """Tensors for `grad_outputs`, watched like the inputs."""
        found = []
        for a in arrays:
            copy, memory = twin(a)
            self.memory.append(memory)
            self.before.append(memory.tobytes())
            found.append(self.library.from_numpy(copy).requires_grad_(needs))
        return found

    def grad(self, outputs, inputs, cotangents, **options):
        """`autograd.grad` with None for what the outputs do not depend on."""
        if not outputs or not inputs:
            return [None] * len(inputs)
        return list(self.library.autograd.grad(outputs, inputs, cotangents, allow_unused=True, **options))

    def check_unchanged(self):
        """Inputs, parameters and cotangents hold the bytes they held.

        Raises:
            Mismatch: if one of them was written to.
        """
        for memory, before in zip(self.memory, self.before):
            if memory.tobytes() != before:
                raise Mismatch(f"an input or an incoming cotangent of shape {memory.shape} was written to")

    def aliases(self):
        """For each output the inputs whose memory it shares."""
        arrays = [array_of(t) for t in self.inputs]
        return [[np.may_share_memory(array_of(t), a) for a in arrays] for t in self.outputs]


def random_like(rng, array, plain=False):
    """A random cotangent for an array, also one with permuted strides or spread over its first dimension, as sum() makes it."""
    shape = array.shape
    kind = 0 if plain or not shape else rng.randint(4)
    if kind == 3 and shape[0]:
        return np.broadcast_to(np.asarray(rng.standard_normal(shape[1:])).astype(array.dtype), shape)
    if kind == 2:
        return np.asarray(rng.standard_normal(shape[::-1])).astype(array.dtype).T
    return np.asarray(rng.standard_normal(shape)).astype(array.dtype)


# ---- both sides ------------------------------------------------------------------------------------------------------

def compare_sides(ours, theirs, rng, order=2, tolerances=TOLERANCES, grad_fn=False, memory=False):
    """Forward, gradients under random cotangents, second order through inputs and cotangents: the worst differences.

    Both sides have run. In the second order also the first gradient is compared again: under `create_graph` it is computed in
    another way (by the definition, if there is one).
    """
    worst = Worst()
    precision = coarsest([array_of(t) for t in theirs.inputs + theirs.outputs])
    worst.forward = compare_outputs(ours.result, theirs.result, tolerances, grad_fn=grad_fn, precision=precision)
    if memory and ours.aliases() != theirs.aliases():
        raise Mismatch(f"memory shared with inputs, by output and input: {ours.aliases()}, expected {theirs.aliases()}")
    live = [k for k, t in enumerate(theirs.outputs) if t.requires_grad]
    if live and order:
        arrays = [random_like(rng, array_of(theirs.outputs[k])) for k in live]
        first = _gradients((ours, theirs), live, arrays, retain_graph=order > 1)
        worst.gradient = _compare_gradients(*first, 1, tolerances, "the gradient", precision)
        ours.check_unchanged()
        if order > 1:
            worst.second = _compare_second(ours, theirs, live, arrays, rng, tolerances, precision)
    ours.check_unchanged()
    return worst


def _gradients(sides, live, arrays, **options):
    return [s.grad([s.outputs[k] for k in live], s.leaves, s.cotangents(arrays), **options) for s in sides]


def _compare_gradients(ours, theirs, order, tolerances, what, precision, zeros=False):
    worst = nan
    for k, (a, b) in enumerate(zip(ours, theirs)):
        name = f"{what} of differentiable input {k}"
        if not zeros and (a is None) != (b is None):
            raise Mismatch(f"{name} is {'None' if a is None else 'a tensor'}, expected {'None' if b is None else 'a tensor'}")
        if a is None and b is None:
            continue
        a, b = (np.zeros_like(array_of(c)) if t is None else array_of(t) for t, c in ((a, b), (b, a)))
        worst = _larger(worst, difference(a, b, name, order, tolerances, precision))
    return worst


def _compare_second(ours, theirs, live, arrays, rng, tolerances, precision):
    graphs, cotangents = [], []
    for s in (ours, theirs):
        cotangents.append(s.cotangents(arrays, needs=True))
        graphs.append(s.grad([s.outputs[k] for k in live], s.leaves, cotangents[-1], create_graph=True))
    worst = _compare_gradients(*graphs, 1, tolerances, "under create_graph, the gradient", precision)
    second = [None if g is None else random_like(rng, array_of(g)) for g in graphs[1]]
    found = []
    for s, c, graph in zip((ours, theirs), cotangents, graphs):
        inputs = s.leaves + c
        keep = [k for k, g in enumerate(graph) if g is not None and g.requires_grad]
        found.append(s.grad([graph[k] for k in keep], inputs, s.cotangents([second[k] for k in keep])) if keep else [None] * len(inputs))
    return _larger(worst, _compare_gradients(*found, 2, tolerances, "the second order", precision, zeros=True))


def compare_numeric(side, rng, step=STEP):
    """A side's gradient along a random direction against central differences of its own values, in float64; the relative difference.

    Raises:
        Mismatch: if they are more than 1e-6 apart, relative to the terms that are summed.
    """
    live = [k for k, t in enumerate(side.outputs) if t.requires_grad]
    if not live:
        return nan
    cotangents = [random_like(rng, array_of(side.outputs[k]), plain=True) for k in live]
    gradients = side.grad([side.outputs[k] for k in live], side.leaves, side.cotangents(cotangents))
    arrays = [array_of(t) for t in side.leaves]
    starts = [a.copy() for a in arrays]
    directions = [np.asarray(rng.standard_normal(a.shape)) for a in arrays]
    terms = [array_of(g) * v for g, v in zip(gradients, directions) if g is not None]
    expected = sum(float(t.sum()) for t in terms)
    scale = 1 + sum(float(np.abs(t).sum()) for t in terms)
    values = []
    for sign in (1, -1):
        for a, start, v in zip(arrays, starts, directions):
            a[...] = start + sign * step * v
        side.run()
        values.append(sum(float((c * array_of(side.outputs[k])).sum()) for c, k in zip(cotangents, live)))
    for a, start in zip(arrays, starts):
        a[...] = start
    found = (values[0] - values[1]) / (2 * step)
    if not np.isfinite(found):
        return nan
    apart = abs(found - expected) / (scale + abs(values[0]))
    if apart > 1e-6:
        raise Mismatch(f"the gradient along a random direction is {expected:.9g}, central differences give {found:.9g}")
    return apart


def outcome(call):
    """("returns", value) or ("raises", exception) of a call."""
    try:
        return "returns", call()
    except Exception as error:
        return "raises", error


def error_class(error):
    """The built-in class that a library's exception is: what a user's `except` names."""
    return next(c for c in type(error).__mro__ if c.__module__ == "builtins")


def compare_outcomes(ours, theirs, what="the call", tolerances=TOLERANCES):
    """Two calls end alike: both return (equal values), or both raise, with the same class. Whether they returned."""
    (ends, a), (expected, b) = outcome(ours), outcome(theirs)
    if ends != expected:
        shown = f"{type(a).__name__}: {str(a)[:200]}" if ends == "raises" else "no error"
        wanted = f"{type(b).__name__}: {str(b)[:200]}" if expected == "raises" else "no error"
        raise Mismatch(f"{what}: {shown}; expected {wanted}") from (a if ends == "raises" else None)
    if ends == "raises":
        if error_class(a) is not error_class(b):
            raise Mismatch(f"{what} raises {type(a).__name__} ({str(a)[:200]}), expected {type(b).__name__} ({str(b)[:200]})") from a
        return False
    compare_outputs(a, b, tolerances)
    return True
