"""Records what every statement of chosen functions does: bindings, changed contents, visits of loops, calls between them."""
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from minitorch.autograd import operator

from ..tracing import Recorder, frozen
from .source import parse

REPLAYED = 6                                         # visits of a statement whose surroundings are kept for a replay


@dataclass(frozen=True)
class Event:
    """A name has a value after a statement: which visit of it, in which call of the function, and how it came: bound, written, shared."""

    function: str
    call: int
    statement: int
    visit: int
    name: str
    value: object
    how: str                                         # "bound"; "written": into its contents; "shared": another name's memory was written


@dataclass(frozen=True)
class Call:
    """A traced function called another: from which statement and visit."""

    caller: str
    statement: int
    visit: int
    callee: str


class Trace(Recorder):
    """A context that records the given functions (a dict by name) statement by statement.

    After a statement the locals are copied and compared with those before it, so `+=`, `a[t] = v` and `out=` are seen too, and so is memory
    that several names share. Uninitialised memory is filled with zeros as soon as it has a name: what is read before it is written would
    otherwise differ by chance. What functions of the names `through` call counts as called by their callers.
    """

    def __init__(self, functions, through=()):
        self.through = through
        self.functions = {name: parse(f) for name, f in functions.items()}
        self.sources = {f.code: (name, f) for name, f in self.functions.items()}
        self.events, self.links, self.around, self.visited = [], [], {}, set()
        self.calls, self.active = defaultdict(int), {}

    def _enter(self, frame, event, arg):
        found = self.sources.get(frame.f_code)
        if found is None:
            return self.before
        return _Visit(self, *found, frame).step


class _Visit:
    """One running call of a traced function."""

    def __init__(self, trace, name, function, frame):
        self.trace, self.name, self.function = trace, name, function
        self.call = trace.calls[name]
        trace.calls[name] += 1
        self.visits, self.known, self.now = defaultdict(int), {}, 0
        self.owner = {line: k for k, s in enumerate(function.statements) for line in range(s.line, s.last + 1)}
        caller = frame.f_back
        while caller is not None and caller not in trace.active:
            code = caller.f_code
            passed = code.co_name.startswith("<") or code.co_filename == operator.__file__ or code.co_name in trace.through
            caller = caller.f_back if passed else None
        if caller is not None:
            there = trace.active[caller]
            trace.links.append(Call(there.name, there.now, there.visits[there.now], name))
        trace.active[frame] = self
        self.note(frame)

    def step(self, frame, event, arg):
        if event == "line":
            line = frame.f_lineno - self.function.start + 1
            to, statement = self.owner.get(line, self.now), self.function.statements[self.now]
            again = self.function.statements[to].kind == "for" and line == self.function.statements[to].line
            if to != self.now or again:
                if statement.kind != "for" or line in statement.body:
                    self.note(frame)
                self.now = to
                self.keep(frame)
        elif event == "return":
            if self.function.statements[self.now].kind != "for":         # else a loop at the end that has run out
                self.note(frame)
            value = frozen(list(arg) if isinstance(arg, tuple) else arg)
            if isinstance(arg, tuple):
                value = [frozen(v) for v in arg]
            if self.function.statements[self.now].kind == "return":
                self.trace.events.append(Event(self.name, self.call, self.now, self.visits[self.now], "return", value, "bound"))
            self.trace.active.pop(frame, None)
        return self.step

    def keep(self, frame):
        """What a replay of the statement needs."""
        if self.visits[self.now] < REPLAYED and self.call < REPLAYED:
            self.trace.around[self.name, self.call, self.now, self.visits[self.now]] = {n: kept(v) for n, v in frame.f_locals.items()}

    def note(self, frame):
        statement = self.function.statements[self.now]
        for name, value in frame.f_locals.items():
            if statement.unfilled and name in statement.targets and hasattr(value, "shape") and value.dtype is not None:
                value[...] = 0
            copy = frozen(value)
            if copy is None:
                continue
            bound = name in statement.targets and statement.kind != "def" or statement.kind == "def" and name not in self.known
            if bound or name not in self.known or not same(self.known[name], copy):
                how = "bound" if bound else "written" if name in statement.written else "shared"
                self.trace.events.append(Event(self.name, self.call, self.now, self.visits[self.now], name, copy, how))
                self.known[name] = copy
        self.visits[self.now] += 1
        self.trace.visited.add((self.name, self.now))


def kept(value):
    """A copy for a replay: arrays copied, sequences too, anything else itself."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if hasattr(value, "detach"):
        return value.detach().numpy().copy()
    return type(value)(map(kept, value)) if type(value) in (list, tuple) else value


def same(a, b):
    """Whether two frozen values have the same bits."""
    if isinstance(a, list) or isinstance(b, list):
        return isinstance(a, list) and isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
