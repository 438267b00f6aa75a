"""What if this line were wrong: mutants of the kernel's source, each with what notices it."""
import ast
import types
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from ..mutants import _same as unchanged
from ..mutants import mutations
from . import run
from .pairing import trace_ours
from .source import CHECKS

SHOWN = 8                                            # on a page, beside those that nothing notices
NOTICED = 1e-9                                       # difference, as a part of the largest value
HARMLESS = {"line_dots", "column_dots", "dots", "blocks"}
SUMS = {"line_sums": "x.sum(axis=0, keepdims=True)", "line_dots": "(x * y).sum(axis=0, keepdims=True)", "column_sums": "x.sum(axis=1)"}


@dataclass(frozen=True)
class Mutant:
    """One change: the statement before and after, where it stands, and how far the kernel's results then are from the right ones."""

    what: str
    function: str
    line: int                                        # of the file
    before: str
    after: str
    forward: float
    gradient: float
    of: str                                          # the gradient that is off most
    error: str = ""
    reason: str = ""                                 # why it is no mistake, if nothing notices it

    @property
    def counts(self):
        """Whether it is a mistake at all: not what nothing notices for a reason."""
        return bool(self.caught) or not self.reason

    @property
    def caught(self):
        """What notices it: "forward", "gradient", the class of an error, or nothing."""
        if self.error:
            return self.error
        return "forward" if self.forward > NOTICED else "gradient" if self.gradient > NOTICED else ""


def mutants(study):
    """Mutants of all the study's functions: those by hand, then the generated ones."""
    kernel = run.kernel(study)
    tree = ast.parse(open(kernel.ours.__file__, encoding="utf-8").read())
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    functions = [(name, node) for name in (*study.functions, *study.helpers) for node in nodes if node.name == name]
    right, ran = results(kernel, kernel.ours), lines_run(study)
    found = []
    for name, node in functions:
        for what, parent, field, at, new in (*mutations(body(node)), *axes(body(node))):
            runs = name in study.helpers or enclosing(node, parent).lineno in ran
            if runs and not unchanged((what, parent, field, at, new)) and means_something(what, new):
                found.append(one(study, kernel, tree, node, right, what, name, parent, field, at, new))
    return [by_hand(study, kernel, right, *change) for change in study.mutants] + [m for m in found if m is not None]


def means_something(what, new):
    """Whether a mutation can matter: a swap of what is checked, walked block by block or multiplied elementwise cannot."""
    name = getattr(new.func, "attr", getattr(new.func, "id", "")) if isinstance(new, ast.Call) else ""
    return what != "swapped arguments" or name not in HARMLESS and not name.lstrip("_").startswith(CHECKS)


def reached(kernel, tree, parent, field, at, study):
    """Whether the expression is evaluated at all (the branch of a conditional expression may not be): it is replaced by an error."""
    kept = getattr(parent, field) if at is None else getattr(parent, field)[at]
    put(parent, field, at, ast.parse("unreachable_name", mode="eval").body)
    try:
        ast.fix_missing_locations(tree)
        module = types.ModuleType("mutant")
        module.__file__ = kernel.ours.__file__
        exec(compile(tree, kernel.ours.__file__, "exec"), vars(module))
        with np.errstate(all="ignore"):
            results(kernel, module)
    except NameError:
        return True
    finally:
        put(parent, field, at, kept)
    return False


def lines_run(study):
    """The lines of the kernel's file on which a statement of the study's functions begins that runs on its inputs."""
    trace = trace_ours(study)
    own = run.kernel(study).ours.__file__
    places = ((f, k) for name, k in trace.visited if (f := trace.functions[name]).file == own)
    return {f.start + f.statements[k].line - 1 for f, k in places}


def body(function):
    """The function without decorators, defaults and docstring, sharing its nodes."""
    inner = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return ast.Module(inner, [])


def axes(tree):
    """Mutations of the axis: another one in `axis=` and `dim=`, sums over the other axis, a transpose forgotten."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            for at, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(parent, ast.keyword) and parent.arg in ("axis", "dim") and isinstance(node, (ast.Constant, ast.UnaryOp)):
                    yield "wrong axis", parent, field, at, ast.Constant(1 if ast.unparse(node) == "0" else 0)
                elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
                    yield "transpose forgotten", parent, field, at, node.value
                elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in SUMS and not isinstance(node.args[0], ast.Starred):
                    yield "wrong axis", parent, field, at, _sum(node)


def _sum(node):
    """The sum over the other axis instead of a call of line_sums, line_dots or column_sums."""
    names = dict(zip("xy", node.args))
    if node.func.id == "line_sums" and len(node.args) > 1:
        names["x"] = ast.BinOp(node.args[0], ast.Mult(), node.args[1])

    class Put(ast.NodeTransformer):
        def visit_Name(self, name):
            return names.get(name.id, name)
    return Put().visit(ast.parse(SUMS[node.func.id], mode="eval").body)


def one(study, kernel, tree, function, right, what, name, parent, field, at, new):
    """The Mutant of one mutation, which is undone again; None if its text is no other than before."""
    statement = enclosing(function, parent)
    before, kept = head(statement), getattr(parent, field) if at is None else getattr(parent, field)[at]
    put(parent, field, at, new)
    try:
        after = head(statement)
        if after == before:
            return None
        ast.fix_missing_locations(tree)
        found = measured(study, kernel, right, compile(tree, kernel.ours.__file__, "exec"), what, name, statement.lineno, before, after)
    finally:
        put(parent, field, at, kept)
    return found if found.caught or reached(kernel, tree, parent, field, at, study) else None


def put(parent, field, at, value):
    """Set a node's field or an element of it."""
    if at is None:
        setattr(parent, field, value)
    else:
        getattr(parent, field)[at] = value


def enclosing(function, node):
    """The innermost statement that holds a node."""
    return [s for s in ast.walk(function) if isinstance(s, ast.stmt) and any(n is node for n in ast.walk(s))][-1]


def head(statement):
    """A statement's text, of a compound one its first line."""
    text = ast.unparse(statement)
    return text.splitlines()[0] if hasattr(statement, "body") else text


def by_hand(study, kernel, right, old, new, what):
    """The Mutant of a change of text that a study names."""
    text = open(kernel.ours.__file__, encoding="utf-8").read()
    if text.count(old) != 1:
        raise LookupError(f"{study.name}: a mutant's text {old!r} stands {text.count(old)} times in {kernel.ours.__file__}")
    line = text[:text.index(old)].count("\n") + 1
    tree = ast.parse(text)
    name = next((f.name for f in tree.body if isinstance(f, ast.FunctionDef) and f.lineno <= line <= f.end_lineno), "")
    return measured(study, kernel, right, compile(text.replace(old, new), kernel.ours.__file__, "exec"), what, name, line, old, new)


def measured(study, kernel, right, program, what, name, line, before, after):
    """Run a broken copy of the kernel's module and hold its results against the right ones."""
    module = types.ModuleType("mutant")
    module.__file__ = kernel.ours.__file__
    reason = next((why for text, why in study.equivalent.items() if text in after), "")
    with np.errstate(all="ignore"):
        try:
            exec(program, vars(module))
            forward, gradients = results(kernel, module)
        except Exception as error:                   # a mutant may fail in any way
            return Mutant(what, name, line, before, after, 0.0, 0.0, "", type(error).__name__, reason)
    f = max((apart(a, b) for a, b in zip(forward.values(), right[0].values())), default=0.0)
    g, of = max(((apart(gradients.get(n), b), n) for n, b in right[1].items()), default=(0.0, ""))
    return Mutant(what, name, line, before, after, f, g, of, reason=reason)


def results(kernel, module):
    """What a copy of the kernel's module gives, all that it leaves unfilled being nan."""
    with nothing_left_over():
        return kernel.results(module)


@contextmanager
def nothing_left_over():
    """Uninitialised memory is nan: a mutant that fills nothing would else return what the run before it left there, the right values."""
    kept = np.empty, np.empty_like

    def nan(make):
        def made(*args, **settings):
            array = make(*args, **settings)
            if array.dtype.kind == "f":
                array.fill(np.nan)
            return array
        return made

    np.empty, np.empty_like = map(nan, kept)
    try:
        yield
    finally:
        np.empty, np.empty_like = kept


def apart(a, b):
    """The largest difference as a part of the largest value; infinite where the shape, a nan or an infinity differs."""
    if a is None or np.shape(a) != np.shape(b):
        return np.inf
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return np.inf
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return np.inf
    top = np.max(np.abs(b[finite]), initial=0)
    difference = np.max(np.abs(a[finite] - b[finite]), initial=0)
    return float(difference / top if top else difference)


def chosen(found):
    """What a page shows: mutants that nothing notices and those by hand, then one of each kind and function in turn."""
    first = [m for m in found if not m.caught]
    rest, groups = [], {}
    for m in found:
        if m.caught:
            groups.setdefault((bool(m.error), m.what, m.function), []).append(m)
    groups = dict(sorted(groups.items(), key=lambda pair: pair[0][0]))       # those that raise come last
    while len(rest) < SHOWN and any(groups.values()):
        rest += [g.pop(len(g) // 2) for g in groups.values() if g]
    return first + sorted(rest[:SHOWN], key=lambda m: (m.line, m.after))
