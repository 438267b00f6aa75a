"""Both sides of a study traced on the same inputs: which statement of ours is which of the reference's, and how far apart they are."""
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from ..tracing import frozen
from . import run
from .gap import Gap, flat, gap, worst
from .source import align
from .trace import REPLAYED, Trace

SHARE = 0.9                                          # of the statements that must pair


@dataclass
class Cell:
    """A name at a pair of statements: both values over all calls and visits."""

    name: str
    gap: Gap
    visits: list                                     # a Gap each
    value: object                                    # our first
    how: str


@dataclass
class Pair:
    """One row: a statement of either side or of both, and what was measured there."""

    function: str
    ours: int | None
    reference: int | None
    cells: list = field(default_factory=list)
    own: Gap | None = None                           # made by this statement alone
    calls: tuple = ()                                # the traced functions that it calls
    reuses: tuple = ()                               # names whose memory it overwrites
    memory: bool = False
    run: bool = True                                 # whether it ran at all on these inputs
    alone: str = ""                                  # why it has no counterpart

    @property
    def paired(self):
        return self.ours is not None and self.reference is not None

    @property
    def worst(self):
        return max(self.cells, key=lambda c: c.gap.rank, default=None)


@dataclass
class Pairing:
    """All rows of a study's functions, the two traces, and what is wrong."""

    ours: Trace
    reference: Trace
    rows: dict                                       # by function: Pairs
    problems: list

    @property
    def share(self):
        """Paired statements among all that say more than where memory is."""
        rows = [r for rows in self.rows.values() for r in rows if r.paired or not r.memory]
        return sum(r.paired for r in rows) / len(rows) if rows else 1.0


def trace_ours(study, dtype=np.float64):
    """Our side alone, traced."""
    kernel = run.kernel(study, dtype)
    found = run.functions(study, kernel.ours)
    first, _ = kernel.run()
    with Trace({n: found[n] for n in study.functions}, study.helpers) as trace, np.errstate(all="ignore"):
        first()
    return trace


def pair(study, dtype=np.float32):
    """Trace both sides of a study and pair them.

    Raises:
        LookupError: a function of the study is missing on a side.
    """
    kernel = run.kernel(study, dtype)
    sides = [run.functions(study, module) for module in (kernel.ours, kernel.reference)]
    for name in study.functions:
        for side, found in zip((kernel.ours, kernel.reference), sides):
            if name not in found:
                raise LookupError(f"{study.name}: no function {name} in {side.__name__}")
    traces = [Trace({n: found[n] for n in study.functions}, study.helpers) for found in sides]
    for trace, go in zip(traces, kernel.run()):
        with trace, np.errstate(all="ignore"):
            go()
    return Matcher(study, *traces, kernel.reference).pairing()


class Matcher:
    """Builds the rows of a Pairing."""

    def __init__(self, study, ours, reference, module):
        self.study, self.ours, self.reference, self.space = study, ours, reference, vars(module)
        self.problems = []
        self.events = [self._grouped(t) for t in (ours, reference)]
        self.links = [self._callees(t) for t in (ours, reference)]

    @staticmethod
    def _grouped(trace):
        found = defaultdict(list)
        for e in trace.events:
            found[e.function, e.statement, e.name].append(e)
        return found

    @staticmethod
    def _callees(trace):
        found = defaultdict(list)
        for link in trace.links:
            found[link.caller, link.statement].append(link.callee)
        return found

    def pairing(self):
        rows = {name: [self.row(name, i, j) for i, j in align(self.ours.functions[name], self.reference.functions[name])]
                for name in self.study.functions}
        found = Pairing(self.ours, self.reference, rows, self.problems)
        if found.share < SHARE:
            self.problems.append(f"only {found.share:.0%} of the statements pair")
        for name in self.study.functions:
            if self.ours.calls[name] != self.reference.calls[name]:
                self.problems.append(f"{name} is called {self.ours.calls[name]} times, {self.reference.calls[name]} in the reference")
            if not self.ours.calls[name]:
                self.problems.append(f"{name} is never called")
        return found

    def row(self, name, i, j):
        f, g = self.ours.functions[name], self.reference.functions[name]
        if i is None or j is None:
            function, k = (f, i) if j is None else (g, j)
            why = next((why for start, why in self.study.alone.items() if function.text(k).startswith(start)), "")
            memory = function.statements[k].memory
            if not why and not memory:
                side = "ours" if j is None else "the reference"
                self.problems.append(f"{name}: only {side} has `{function.text(k).splitlines()[0]}`: pair it, or say why in `alone`")
            return Pair(name, i, j, memory=memory, alone=why)
        a = f.statements[i]
        names = [*a.effects, "return"] if a.kind != "def" else list(a.targets)
        row = Pair(name, i, j, calls=tuple(dict.fromkeys(self.links[0][name, i])), memory=a.memory, run=(name, i) in self.ours.visited)
        if row.run != ((name, j) in self.reference.visited):
            self.problems.append(f"{name}: `{f.text(i).splitlines()[0]}` ran on one side only")
        if self.links[0][name, i] != self.links[1][name, j]:
            self.problems.append(f"{name}: `{f.text(i).splitlines()[0]}` calls {self.links[0][name, i]}, "
                                 f"{self.links[1][name, j]} in the reference")
        for n in names if not a.unfilled else ():    # what is there is chance
            self.cell(row, n, self.events[0].get((name, i, n)), self.events[1].get((name, j, n)))
        row.reuses = tuple(n for (fn, k, n), events in self.events[0].items()
                           if (fn, k) == (name, i) and events[0].how == "shared" and n not in a.effects)
        row.own = self.own(name, i, j)
        return row

    def cell(self, row, name, ours, theirs):
        if not ours or not theirs:
            return
        if name == "return" and len(flat(ours[0].value)) != len(flat(theirs[0].value)):
            return                                   # one side leaves some of it in memory that it was given
        if len(ours) != len(theirs):
            self.problems.append(f"{row.function}: {name} gets {len(ours)} values, {len(theirs)} in the reference")
        visits = [gap(x.value, y.value) for x, y in zip(ours, theirs)]
        row.cells.append(Cell(name, worst(visits), visits, ours[0].value, ours[0].how))

    def own(self, name, i, j):
        """What one statement adds: the reference's is run on our values, so that the errors of earlier lines are not counted again."""
        f, g = self.ours.functions[name], self.reference.functions[name]
        if f.statements[i].kind not in ("assign", "for") or g.statements[j].kind != "assign" or f.statements[i].unfilled:
            return None
        program, found = compile(g.text(j), "<replay>", "exec"), []
        for (function, call, k, visit), around in self.ours.around.items():
            if (function, k) != (name, i):
                continue
            space = {n: tensor(v) for n, v in around.items()}
            try:
                exec(program, dict(self.space), space)
            except (NameError, TypeError, AttributeError, RuntimeError, ValueError, IndexError, KeyError):
                return None                          # it speaks of something that ours does not name
            for n in set(f.statements[i].effects) & set(g.statements[j].effects):
                after = next((e.value for e in self.events[0].get((name, i, n), ()) if (e.call, e.visit) == (call, visit)), None)
                if after is not None and n in space and (theirs := frozen(space[n])) is not None:
                    found.append(gap(after, theirs))
            if len(found) > REPLAYED:
                break
        return worst(found)


def tensor(value):
    """A kept value as the reference takes it."""
    import torch
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy())
    if isinstance(value, np.generic):
        return value.item()
    return type(value)(map(tensor, value)) if type(value) in (list, tuple) else value
