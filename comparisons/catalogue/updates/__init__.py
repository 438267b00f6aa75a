r"""What the atlas says about an optimizer, beside what it measures step by step: formulas, why they are so, conventions, sources.

A file of this package has `UPDATE = Update("optim.Adam", ...)`. Formulas are written as in a study (`comparisons/catalogue/study.py`),
and every displayed identity has a check in NumPy over the names of the kernel at the last of `TRACED` steps in float64: `m` is what a
name held last, `m_0`, `m_1` ... what it held from the first on (so `theta_0` is the parameter before the step, `g_0` its gradient and
`g_1` that gradient with the decay). Names of both functions are there; `scene` adds others.
"""
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..study import Variable

TRACED, FEW = 4, 3                                   # steps that the formulas are checked after, elements of the parameter
GROUP = "Optimizers"


@dataclass(frozen=True, eq=False)
class Update:
    """The study of one optimizer.

    Args:
        name: the entry's name, "optim.Adam".
        title, lead: the heading, and a sentence.
        kernel: the name of the kernel; its update of a block is called `kernel + "_update"`.
        variants: {label: settings}; the first is shown in full.
        checked: the label of the variant that the formulas are checked with.
        states: {name in the optimizer's state: (local variable, when it is made and what it holds at first)}.
        variables: as in a study.
        formula: the Lines of a step.
        theory: Steps, each with its Lines: why it is so.
        sources, conventions, figures, alone: as in a study.
        differences: (what, text) pairs; what bears the label of an edge case says why that is so.
        scene: `scene(names)`, more names for the checks.
    """

    name: str
    title: str
    lead: str
    kernel: str
    variants: Mapping
    checked: str
    states: Mapping
    variables: Mapping
    formula: tuple
    theory: tuple
    sources: tuple
    conventions: tuple
    differences: tuple = ()
    figures: tuple = ()
    alone: Mapping = field(default_factory=dict)
    scene: Callable | None = None
    seed: int = 7
    slug: str = ""
    group: str = GROUP

    def __post_init__(self):
        named = {k: v if isinstance(v, Variable) else Variable(*v) for k, v in self.variables.items()}
        object.__setattr__(self, "variables", named)
        object.__setattr__(self, "lead", " ".join(self.lead.split()))
        if not (self.variants and self.formula and self.theory and self.sources):
            raise ValueError(f"{self.name}: an update needs variants, a formula, a theory and sources")

    @property
    def functions(self):
        """The traced functions and their headings."""
        return {self.kernel: "A step", f"{self.kernel}_update": "One block of it"}

    @property
    def shown_sizes(self):
        """The name of the traced parameter's size."""
        return {"n": FEW}

    @property
    def entry(self):
        """The catalogue's entry."""
        from .. import ENTRIES
        return ENTRIES[self.name]

    def lines(self):
        """Every displayed formula and where it stands."""
        for where, lines in (("formula", self.formula), *((s.title, s.lines) for s in self.theory)):
            for line in lines:
                yield where, line


def updates():
    """All of them by the names of their files."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        update = importlib.import_module(f"{__name__}.{module.name}").UPDATE
        object.__setattr__(update, "slug", module.name)
        found[module.name] = update
    return found
