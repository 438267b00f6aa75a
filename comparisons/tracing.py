"""Record the local variables of chosen functions as they run, statement by statement, by `sys.settrace`.

What is recorded is a binding: a parameter at the call, a name after an assignment (plain or augmented) or at the head of a loop, and at
the return each name into whose elements was written (`cells[t] = c`). Contents are copied at once, so later writes in place do not
reach them. Names bound to uninitialised memory (`empty`, `empty_like`, `new_empty`) are recorded only when they are complete.
Values inside comprehensions, lambdas and inner functions are not seen: traced code holds one idea a statement.
"""
import ast
import functools
import inspect
import sys
import textwrap
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

UNFILLED = {"empty", "empty_like", "new_empty"}


@dataclass(frozen=True)
class Binding:
    """A value that a name got: in which function, at which of its calls, on which line of the file."""

    function: str
    call: int
    name: str
    line: int
    value: object
    filled: bool = False                             # at the return, after writes into its elements


@dataclass(frozen=True)
class Source:
    """What the statements of a function bind."""

    name: str
    code: object
    bound: dict                                      # first line of a statement -> (names, last line, of a loop the lines of its body)
    written: frozenset                               # names whose elements are assigned
    parameters: tuple


@functools.cache
def read(function, name=None):
    """Split a function into what its statements bind."""
    function = inspect.unwrap(function)
    lines, start = inspect.getsourcelines(function)
    tree = ast.parse(textwrap.dedent("".join(lines))).body[0]
    bound, written = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
            written |= {_root(n) for t in targets for n in ast.walk(t) if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)}
            if not _unfilled(node.value):
                bound[node.lineno + start - 1] = names, node.end_lineno + start - 1, None
        elif isinstance(node, ast.For):
            names = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
            if getattr(getattr(node.iter, "func", None), "id", "") == "blocks":      # a parameter piece by piece is no other value
                names = [n for n in names if n not in function.__code__.co_varnames[:function.__code__.co_argcount]]
            body = range(node.body[0].lineno + start - 1, node.body[-1].end_lineno + start)
            bound[node.lineno + start - 1] = names, body[0] - 1, body
    code = function.__code__
    parameters = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
    return Source(name or function.__qualname__, code, bound, frozenset(written - {None}), parameters)


def _root(node):
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _unfilled(value):
    """Whether an expression makes uninitialised memory (also one alternative of several)."""
    return any(isinstance(n, ast.Call) and getattr(n.func, "attr", getattr(n.func, "id", "")) in UNFILLED for n in ast.walk(value))


def frozen(value):
    """A NumPy copy of an array, a tensor of any library, a number, or a sequence of these; None for everything else."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (bool, int, float, np.generic)):
        return np.asarray(value)
    if isinstance(value, (list, tuple)):
        found = [frozen(v) for v in value]
        return None if any(v is None for v in found) else found
    return None


class Recorder:
    """A context that records the bindings of the given functions, a dict of functions by the name to record them under.

    Example:
        >>> def double(x):
        ...     y = 2 * x
        ...     return y
        >>> with Recorder({"double": double}) as record:      # doctest: +SKIP
        ...     _ = double(3)
        >>> [(b.name, int(b.value)) for b in record.bindings]   # doctest: +SKIP
        [('x', 3), ('y', 6)]
    """

    def __init__(self, functions):
        self.sources = {s.code: s for s in (read(f, name) for name, f in functions.items())}
        self.bindings, self.calls = [], defaultdict(int)

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)

    def _enter(self, frame, event, arg):
        source = self.sources.get(frame.f_code)
        if source is None:
            return self.before                       # another tracer's business
        call = self.calls[source.name]
        self.calls[source.name] += 1
        pending = []

        def note(names, line, filled=False):
            values = frame.f_locals
            for name in names:
                value = frozen(values[name]) if name in values else None
                if value is not None:
                    self.bindings.append(Binding(source.name, call, name, line, value, filled))

        def step(frame, event, arg):
            if event == "line":
                while pending and not pending[-1][1] <= frame.f_lineno <= pending[-1][2]:
                    names, line, _, body = pending.pop()
                    if body is None or frame.f_lineno in body:       # a loop that is over binds nothing
                        note(names, line)
                if frame.f_lineno in source.bound and not (pending and pending[-1][1] == frame.f_lineno):
                    names, last, body = source.bound[frame.f_lineno]
                    pending.append((names, frame.f_lineno, last, body))
            elif event == "return":
                while pending:
                    names, line, _, body = pending.pop()
                    if body is None:
                        note(names, line)
                note(sorted(source.written), frame.f_lineno, filled=True)
            return step

        note(source.parameters, source.code.co_firstlineno)
        return step
