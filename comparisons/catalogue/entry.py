"""What a catalogue entry says about a component, and what a drawn case of it is.

An entry names a component as torch does and draws the inputs on which both libraries must agree:

    ENTRIES = [
        Entry("tanh", cases(tensors()),
              also=("Tensor.tanh", "Tensor.tanh_", "nn.functional.tanh"),
              bad={"argument": lambda torch: torch.tanh(), "dtype": lambda torch: torch.tanh("x"), "shape": ...},
              formula=r"y = \\tanh x", source="..."),
    ]

Every module of `comparisons.catalogue` has such a list; `comparisons.catalogue.ENTRIES` is their union. From one entry the
checker proves values, dtypes, shapes, structure of the result, gradients under random cotangents, second order, central differences,
unchanged inputs and cotangents, error classes, and that the definition, the kernel, the reference and torch agree (`comparisons.check`).

`cases(...)` draws the arguments of one call. Its values are strategies, plain values, or functions of the arguments drawn so far:

    cases(tensors(), dim=lambda x: dims(x))                    # sum(x, dim=...)
    cases(broadcastable(2))                                    # a strategy that draws a tuple gives several arguments
    cases(tensors(), dim=optional(lambda x: dims(x)))          # the argument is sometimes left out
    cases(tensors(), dtype=lib.float64)                        # a name that each library looks up in itself

Where that does not reach, write a Hypothesis composite that returns `case(x, y, dim=1)`, for a module
`case(x).built(3, 4, bias=False)` (constructor arguments), for an optimizer `optimizer_cases(lr=...)`.
"""
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from hypothesis import strategies as st

from minitorch.testing.comparison import TOLERANCES
from minitorch.testing.strategies import OMIT, Optional, fill, floats, shapes, tensors


@dataclass(frozen=True)
class Name:
    """A name that each library looks up in itself: `lib.float32`, `lib.strided`."""

    path: str

    def __getattr__(self, attribute):
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return Name(f"{self.path}.{attribute}" if self.path else attribute)

    def __repr__(self):
        return f"lib.{self.path}"


lib = Name("")


def resolve(library, path):
    """The object that `path` ("nn.functional.linear") names in a library.

    Raises:
        AttributeError: naming the first part that is missing.
    """
    found = library
    for part in path.split("."):
        found = getattr(found, part)
    return found


@dataclass(frozen=True)
class Case:
    """One drawn call: arrays become tensors (strides and all), lists are searched for arrays, the rest is passed as it is.

    `constructor` holds the arguments that build a module or an optimizer before the call.
    """

    args: tuple = ()
    settings: Mapping = field(default_factory=dict)
    constructor: tuple = ((), {})

    def built(self, *args, **settings):
        """The same call of a module that was built with these arguments; those that are OMIT are left out."""
        return replace(self, constructor=(without_omitted(args), given(settings)))

    @cached_property
    def arrays(self):
        """All arrays of the call, in order."""
        return [*arrays_in(self.args), *arrays_in(list(self.settings.values()))]

    def __repr__(self):
        parts = [describe(a) for a in self.args] + [f"{k}={describe(v)}" for k, v in self.settings.items()]
        args, settings = self.constructor
        built = [describe(a) for a in args] + [f"{k}={describe(v)}" for k, v in settings.items()]
        return (f"built({', '.join(built)}) " if built else "") + f"({', '.join(parts)})"


def arrays_in(value):
    """The arrays in nested lists, tuples and dicts."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [a for v in value for a in arrays_in(v)] if isinstance(value, (list, tuple)) else []


def describe(value):
    """A value in few words: an array's dtype, shape, strides if unusual, and contents if few."""
    if isinstance(value, np.ndarray):
        layout = "" if value.flags.c_contiguous else f" strides {tuple(s // value.itemsize for s in value.strides)}"
        contents = " " + np.array2string(value, separator=", ", threshold=40).replace("\n", "") if value.size <= 24 else ""
        return f"{value.dtype}{list(value.shape)}{layout}{contents}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(describe, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    return repr(value)


def given(settings):
    """The settings without those that were left out."""
    return {k: v for k, v in settings.items() if v is not OMIT}


def without_omitted(args):
    """Positional arguments without those at the end that were left out."""
    while args and args[-1] is OMIT:
        args = args[:-1]
    if any(a is OMIT for a in args):
        raise ValueError("an omitted argument stands before one that is given: pass it by keyword")
    return tuple(args)


def case(*args, **settings):
    """The case of one call. Trailing arguments and settings that are OMIT are left out."""
    return Case(without_omitted(args), given(settings))


@st.composite
def _cases(draw, args, settings):
    drawn = []
    for a in args:
        value = _draw(draw, a, drawn)
        drawn += value if isinstance(value, tuple) and isinstance(a, (st.SearchStrategy, _Function)) else [value]
    return case(*drawn, **{name: _draw(draw, s, drawn) for name, s in settings.items()})


_Function = type(lambda: None)


def _draw(draw, value, drawn):
    if isinstance(value, Optional):
        return _draw(draw, value.value, drawn) if draw(st.booleans()) else OMIT
    if isinstance(value, _Function):
        value = value(*drawn[:len(inspect.signature(value).parameters)])
    return draw(value) if isinstance(value, st.SearchStrategy) else value


def cases(*args, **settings):
    """A strategy of cases: each value a strategy, a plain value, `optional(...)`, or a function of the arguments drawn so far.

    Example:
        >>> from minitorch.testing.strategies import tensors, dims, optional
        >>> strategy = cases(tensors(), dim=lambda x: dims(x), keepdim=optional(True))
    """
    return _cases(args, settings)


@st.composite
def optimizer_cases(draw, steps=4, low=-2.0, high=2.0, avoid=(), **options):
    """Cases of an optimizer: parameters, a gradient a step for each (None now and then), options, one or two parameter groups.

    Options are strategies, plain values or `optional(...)`; `steps` is how often the optimizer steps.
    """
    dtype = draw(floats())
    parameters = [draw(tensors(draw(shapes(0, 2, 1)), dtype, strided=False)) for _ in range(draw(st.integers(1, 3)))]
    values = {"low": low, "high": high, "avoid": avoid}
    gradients = []
    for _ in range(steps):
        code = draw(st.integers(0, 2**24))
        gradients.append([None if k and code >> k & 7 == 7 else fill(p.shape, dtype, code + k, **values) for k, p in enumerate(parameters)])
    split = draw(st.integers(1, len(parameters)))
    return case(parameters, gradients, split=split).built(**{name: _draw(draw, value, []) for name, value in options.items()})


@dataclass(frozen=True)
class Tolerance:
    """Bounds that replace the table's, in units in the last place of the largest value, by dtype; never without a reason."""

    reason: str
    float64: float | None = None
    float32: float | None = None
    float16: float | None = None

    def __post_init__(self):
        if len(self.reason.split()) < 3:
            raise ValueError("a tolerance of its own needs a reason")

    @property
    def bounds(self):
        """The bounds that are given, by dtype."""
        return {k: v for k in TOLERANCES if (v := getattr(self, k)) is not None}

    @property
    def looser(self):
        """Whether it allows more than the table somewhere; others ask for more (equal bits)."""
        return any(v > TOLERANCES[k] for k, v in self.bounds.items())


@dataclass(frozen=True)
class Entry:
    """A component, its counterparts, the strategy of its inputs, and what is known about it.

    Args:
        name: the public name as in torch: "tanh", "Tensor.add_", "nn.functional.linear", "nn.Linear", "optim.Adam"; a second entry of the
            same name adds what it is about: "max along a dimension".
        cases: strategy of the calls (see the module's docstring).
        also: other names proven with the same cases, called by convention in both libraries: "Tensor.tanh" as `x.tanh(...)`,
            "Tensor.tanh_" in place on a copy and through a view of a larger tensor (values, gradients, version, refusal on a leaf),
            "Tensor.__radd__" with the first two arguments swapped, "Tensor.T" as an attribute.
        call: the call, if it is not simply `name(*args, **settings)`; takes the library first: `lambda torch, x, y: torch.atan2(x, y)`.
        theirs: the call on torch's side only, where torch needs something of its own; say why in `differences`.
        build: for modules and optimizers that need more than their constructor: `lambda torch, *args: torch.nn.Sequential(...)`.
        differentiable: positions and names of the arguments that ask for a gradient; None: all that are floating; () : none.
        order: highest order of derivatives compared, 2 by default; 0 where torch's results have no history.
        numeric: compare with central differences; not where the derivative is not that of the values (jumps, draws).
        op: the operator below it, as a path in minitorch ("kernels.normalization.layer_norm"). Then the arguments with which the component
            calls it are caught, and its definition, kernel and reference (same path below `reference`) are compared on them.
        reference: path below `reference` of the readable PyTorch counterpart with the component's own signature. None: found by the
            component's own path if there is one.
        bad: calls that must end equally in both libraries, by kind: at least three; usually of "shape", "dtype" and "argument".
            Same verdict (raises or not), same class; if both return, same values.
        formula: LaTeX. source: paper, book or documentation, with the equation's number.
        differences: what differs from torch, one sentence each.
        limit: why it takes more than twice PyTorch's time (`bench --operators`): which NumPy call needs it, and its factor; one sentence.
        tolerance: `Tolerance(reason, float32=...)`.
        random: seed both libraries before each call.
        grad_fn: names of `grad_fn` are compared too.
        memory: whether outputs share memory with inputs is compared too.
        no_empty: why the cases never draw a tensor of size 0, if they never do.
        kind: "function", "module" or "optimizer"; found from the name if empty.
    """

    name: str
    cases: st.SearchStrategy = field(repr=False)
    also: tuple = ()
    call: Callable | None = None
    theirs: Callable | None = None
    build: Callable | None = None
    differentiable: tuple | None = None
    order: int = 2
    numeric: bool = True
    op: str | None = None
    reference: str | None = None
    bad: Mapping = field(default_factory=dict)
    formula: str = ""
    source: str = ""
    differences: tuple = ()
    limit: str = ""
    tolerance: Tolerance | None = None
    random: bool = False
    grad_fn: bool = False
    memory: bool = True
    no_empty: str = ""
    kind: str = ""

    def __post_init__(self):
        if isinstance(self.also, str) or isinstance(self.differences, str):
            raise TypeError(f"{self.name}: `also` and `differences` are tuples; write ('...',)")
        if not self.kind:
            place, _, last = self.public.rpartition(".")
            kind = {"nn": "module", "optim": "optimizer"}.get(place, "function") if last[:1].isupper() else "function"
            object.__setattr__(self, "kind", kind)

    @property
    def public(self):
        """The public name, without what a second entry of it is about."""
        return self.name.partition(" ")[0]

    @property
    def study(self):
        """What the atlas says about this component (`comparisons.catalogue.study.Study`), None if nothing."""
        from .study import study_of
        return study_of(self.name)

    @property
    def names(self):
        """The name and all other names that this entry proves."""
        return (self.name, *self.also)

    @property
    def proven(self):
        """The public names that this entry proves."""
        return (self.public, *self.also)
