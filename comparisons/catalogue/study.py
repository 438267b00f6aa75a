r"""What the atlas says about a component, beside what it measures: formulas, a derivation, sizes to run at, sources.

A study is a file of `comparisons/catalogue/studies/` with `STUDY = Study("nn.functional.layer_norm", ...)`; `entry.study` finds it.
Formulas are LaTeX in the code's own names: `\v{rstd}` stands for the local variable `rstd`, and is set as the symbol that `variables`
gives it, so that it lights up together with the code. Every displayed identity carries a check, a chain of Python expressions joined by
`==` over these names, evaluated in plain NumPy float64:

    Line(r"\v{mean} = \frac{1}{C} \sum_j \v{x}_j", "mean == x.sum(1, keepdims=True) / C")

The names are, from weakest to strongest: the inputs, the sizes, the values that the kernel's local variables got first in the traced
functions (run at random points), and what `scene` adds. `comparisons/atlas/README.md` shows how to write one; `studies/layer_norm.py` is
the example. Prose may stand in triple quotes: line breaks in it count as spaces.
"""
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Line:
    """A displayed formula.

    Args:
        tex: LaTeX, with `\\v{name}` for a variable of the code. It is set in two columns around its first "=".
        check: Python expressions joined by "==", all equal; needed if the formula says "=".
        note: a few words to stand beside it; the meaning of its first variable if empty.
        rtol: largest difference of two sides, as a part of the largest value.
    """

    tex: str
    check: str = ""
    note: str = ""
    rtol: float = 1e-9


@dataclass(frozen=True)
class Step:
    """A step of a derivation: what is done, why it follows from the step before, and the identities that it ends with.

    Args:
        title: a few words.
        text: why. `$...$` is LaTeX, a name between backquotes is code.
        lines: the displayed identities.
    """

    title: str
    text: str
    lines: tuple = ()

    def __post_init__(self):
        object.__setattr__(self, "text", " ".join(self.text.split()))


@dataclass(frozen=True)
class Variable:
    """A local variable of the code: its symbol in formulas, its one meaning everywhere, and more about it on this page."""

    symbol: str
    meaning: str
    here: str = ""


@dataclass(frozen=True)
class Edge:
    """An edge case: `change(inputs)` alters a copy of the inputs (a dict of arrays) or returns another one; `why` says what to expect."""

    label: str
    change: Callable
    why: str = ""


@dataclass(frozen=True)
class Source:
    """A paper, book or page: its title, its address, and which equation or section says what."""

    title: str
    address: str
    what: str = ""


@dataclass(frozen=True)
class Figure:
    """A picture: `draw(study)` returns (a `comparisons.atlas.plot.Plot`, the caption), so that a caption's numbers are computed."""

    draw: Callable
    place: str = "derivation"                        # or "agreement"


@dataclass(frozen=True, eq=False)
class Study:
    """The study of one catalogue entry.

    Args:
        name: the entry's name.
        title, group, lead: heading, family, and one sentence that says what the component does and why.
        sizes: size names and values, all different and none 1, so that measured shapes read back as names.
        inputs: `inputs(rng, **sizes)`, a dict of float64 and integer arrays; the floating ones are cast to the dtype that is measured.
        call: `call(torch, **inputs)`, the public call in either library; a tensor or a tuple of tensors.
        outputs: names of the call's outputs, if there are several.
        functions: names of the traced functions (the same in the kernel's and the reference's file; they may take them from another
            kernel's) and their headings, in reading order.
        traced: where the entry names no operator: the module of its functions, the same below minitorch and reference ("nn._attention").
        helpers: functions of the kernel's file that it calls and that have no counterpart: shown alone, and mutated.
        variables: local variables by name: `Variable(symbol, meaning)` or a plain (symbol, meaning[, here]).
        forward, backward: the formulas, each Line begins with the variable that it defines.
        derivation: the Steps to the backward.
        sources: at least one, with equation numbers.
        extra_sizes: more names for shapes, computed from sizes: {"4H": 16}.
        more: `more(module, **inputs)`, calls of functions that the operator itself does not make (batch statistics): traced and mutated
            too; `module` is the kernel's file with arrays, or the reference's with tensors. Returns arrays or tensors.
        scene: `scene(names)` gets the names as attributes and returns a dict of more of them for the checks.
        differentiable: the inputs that get a gradient; None: all floating ones.
        order: 2 if the second order is compared, else 1.
        edges: edge cases of its own; the common ones (comparisons/atlas/edges.py) are run too.
        notes: why, by the label of a common edge case.
        without: labels of common edge cases that mean nothing here.
        varied: the input that the common edge cases change; None: the first floating one.
        empty: the size that is 0 in the edge case "size 0"; None: the first.
        mutants: by hand, beside the generated ones: (old text, new text, what that is).
        equivalent: texts of generated mutants that change nothing that matters, with the reason.
        alone: beginnings of statements that one side alone has, with the reason.
        conventions, differences: (what, text) pairs.
        figures: Figures.
        speed: sizes at which both libraries are timed, as dicts.
        seed: of all inputs.
    """

    name: str
    title: str
    group: str
    lead: str
    sizes: Mapping
    inputs: Callable
    call: Callable
    functions: Mapping
    variables: Mapping
    forward: tuple
    backward: tuple
    derivation: tuple
    sources: tuple
    extra_sizes: Mapping = field(default_factory=dict)
    more: Callable | None = None
    outputs: tuple = ()
    traced: str = ""
    helpers: tuple = ()
    scene: Callable | None = None
    differentiable: tuple | None = None
    order: int = 2
    edges: tuple = ()
    notes: Mapping = field(default_factory=dict)
    without: tuple = ()
    varied: str | None = None
    empty: str | None = None
    mutants: tuple = ()
    equivalent: Mapping = field(default_factory=dict)
    alone: Mapping = field(default_factory=dict)
    conventions: tuple = ()
    differences: tuple = ()
    figures: tuple = ()
    speed: tuple = ()
    seed: int = 7
    slug: str = ""

    def __post_init__(self):
        named = {k: v if isinstance(v, Variable) else Variable(*v) for k, v in self.variables.items()}
        object.__setattr__(self, "variables", named)
        object.__setattr__(self, "lead", " ".join(self.lead.split()))
        values = [*self.sizes.values(), *self.extra_sizes.values()]
        if len(set(values)) < len(values) or min(values, default=2) < 2:
            raise ValueError(f"{self.name}: sizes must differ from each other and be at least 2, to read shapes back; got {values}")
        for what, wrong in (("functions", not self.functions), ("derivation", not self.derivation), ("sources", not self.sources)):
            if wrong:
                raise ValueError(f"{self.name}: a study needs {what}")

    @property
    def shown_sizes(self):
        """All size names and values."""
        return {**self.sizes, **self.extra_sizes}

    @property
    def entry(self):
        """The catalogue's entry."""
        from . import ENTRIES
        return ENTRIES[self.name]

    def lines(self):
        """Every displayed formula and where it stands: ("forward", line), ("backward", line), ("the step's title", line)."""
        for where, lines in (("forward", self.forward), ("backward", self.backward), *((s.title, s.lines) for s in self.derivation)):
            for line in lines:
                yield where, line


def studies():
    """All studies by the names of their files, in the order of their groups and titles."""
    from . import studies as package
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            study = importlib.import_module(f"{package.__name__}.{module.name}").STUDY
            object.__setattr__(study, "slug", module.name)
            found[module.name] = study
    return dict(sorted(found.items(), key=lambda pair: (pair[1].group, pair[1].title)))


def study_of(name):
    """The study of the entry of this name, None if there is none."""
    return next((s for s in studies().values() if s.name == name), None)


def with_parameters(module, **tensors):
    """The module with these tensors in place of its parameters, so that gradients flow to them."""
    for name, tensor in tensors.items():
        delattr(module, name)
        setattr(module, name, tensor)
    return module
