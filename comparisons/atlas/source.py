"""A function as the statements that a reader sees, and which of them stand on one row with those of its counterpart."""
import ast
import functools
import inspect
import textwrap
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from ..tracing import UNFILLED

MEMORY = UNFILLED | {"zeros", "zeros_like", "new_zeros", "array_module", "full", "ascontiguousarray", "wide", "floating", "lines",
                     "as_rows", "matrix", "Planes"}
IN_PLACE = {"scale", "add_scaled"}                   # methods that change their first argument
PIECES = {"blocks", "few_images", "pieces", "bands"}          # what gives arrays piece by piece
CHECKS = "check", "refuse"                           # names of functions that begin so look at the arguments and compute nothing


@dataclass(frozen=True)
class Statement:
    """One statement: its lines (comments above it belong to it), what aligns it with the other side, what it binds and changes."""

    first: int                                       # lines count from 1 within the function
    line: int
    last: int
    kind: str                                        # def, assign, for, if, return, ...
    key: str
    targets: tuple                                   # names that it binds
    written: tuple                                   # names into whose contents it writes
    memory: bool = False                             # it only provides memory, lays it out, takes it piece by piece, or checks arguments
    unfilled: bool = False                           # it binds uninitialised memory
    body: range = range(0)                           # of a loop

    @property
    def effects(self):
        """The names that have another value afterwards."""
        return tuple(dict.fromkeys((*self.targets, *self.written)))


@dataclass(frozen=True)
class Function:
    """A function's source, dedented, without its decorators, split into statements."""

    name: str
    file: str
    lines: tuple
    start: int                                       # the line of the file that is lines[0]
    statements: tuple
    names: dict                                      # (line, column) -> local name
    code: object

    def text(self, k):
        """The text of a statement, comments above it left out."""
        s = self.statements[k]
        return textwrap.dedent("\n".join(self.lines[s.line - 1:s.last]))


@functools.cache
def parse(function):
    """Split a function into the statements that a reader sees, in the order of its source."""
    function = inspect.unwrap(function)
    raw, start = inspect.getsourcelines(function)
    lines = textwrap.dedent("".join(raw)).rstrip().split("\n")
    tree = ast.parse("\n".join(lines)).body[0]
    skip = tree.lineno - 1                           # decorators, and comments between them
    found = [_statement(tree, "def", tree.lineno, tree.body[0].lineno - 1, targets=_parameters(tree))]
    doc = tree.body[0] if ast.get_docstring(tree, clean=False) is not None else None

    def visit(nodes):
        for node in nodes:
            if node is not doc:
                found.append(_of(node))
                for block in ("body", "orelse", "finalbody"):
                    inner = getattr(node, block, None)
                    if isinstance(inner, list) and not isinstance(node, (ast.FunctionDef, ast.Lambda)):
                        visit(inner)

    visit(tree.body)
    found.sort(key=lambda s: s.line)
    after, placed = tree.lineno, []
    for s in found:
        first = s.line if doc is not None and after <= doc.end_lineno and s.kind != "def" and s.line > doc.end_lineno else after
        if doc is not None and first <= doc.end_lineno < s.line:
            first = doc.end_lineno + 1
        while first < s.line and not lines[first - 1].strip():
            first += 1
        placed.append((min(first, s.line), s))
        after = s.last + 1
    return Function(function.__name__, inspect.getsourcefile(function), tuple(lines[skip:]), start + skip,
                    tuple(_moved(s, first, skip) for first, s in placed), _names(tree, lines, skip, function.__code__), function.__code__)


def _statement(node, kind, line, last, key=None, targets=(), written=(), memory=False, unfilled=False, body=range(0)):
    return Statement(line, line, max(line, last), kind, key or kind, tuple(targets), tuple(written), memory, unfilled, body)


def _moved(s, first, skip):
    body = range(s.body.start - skip, s.body.stop - skip) if s.body else s.body
    return replace(s, first=first - skip, line=s.line - skip, last=s.last - skip, body=body)


def _parameters(tree):
    a = tree.args
    return tuple(p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs))


def _stored(*targets):
    return tuple(n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _roots(*targets):
    """Names whose elements are assigned: `a[t]`, `a.b`."""
    found = []
    for t in targets:
        for n in ast.walk(t):
            if isinstance(n, (ast.Subscript, ast.Attribute)) and isinstance(n.ctx, ast.Store):
                while isinstance(n, (ast.Subscript, ast.Attribute)):
                    n = n.value
                found += [n.id] if isinstance(n, ast.Name) else []
    return tuple(dict.fromkeys(found))


def _called(node):
    return getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""


def _provides(value):
    """Whether an assigned value is memory or the array library, or a tuple that has such a part."""
    parts = value.elts if isinstance(value, ast.Tuple) else [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
    return any(_called(p) in MEMORY or getattr(p, "attr", "") == "xp" for p in parts)


def _is_unfilled(value):
    return any(_called(n) in UNFILLED for n in ast.walk(value))


def _of(node):
    last = node.end_lineno
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names, roots = _stored(*targets), _roots(*targets)
        into_blocks = bool(roots) and not names and all(r.endswith("space") for r in roots)
        written = (*roots, *_outs(node.value)) if not isinstance(node, ast.AugAssign) else roots
        return _statement(node, "assign", node.lineno, last, "=" + ",".join(n for n in (*names, *roots) if n != "xp"), names, written,
                          into_blocks or _provides(node.value), _is_unfilled(node.value))
    if isinstance(node, ast.For):
        names, pieces = _stored(node.target), _called(node.iter) in PIECES
        end = node.body[0].lineno - 1
        key = "=" + names[0] if pieces else "for " + ",".join(names)
        return _statement(node, "for", node.lineno, end, key, names, (), pieces, False,
                          range(node.body[0].lineno, node.body[-1].end_lineno + 1))
    if isinstance(node, (ast.While, ast.If, ast.With)):
        guard = isinstance(node, ast.If) and all(isinstance(n, ast.Raise) for n in node.body) and not node.orelse
        return _statement(node, "guard" if guard else type(node).__name__.lower(), node.lineno, node.body[0].lineno - 1, memory=guard)
    if isinstance(node, (ast.Raise, ast.Assert)) or isinstance(node, ast.Expr) and _called(node.value).lstrip("_").startswith(CHECKS):
        return _statement(node, "guard", node.lineno, last, memory=True)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        outs = _outs(node.value)
        if _called(node.value) in IN_PLACE and isinstance(node.value.args[0], ast.Name):
            changed = node.value.args[0].id
            return _statement(node, "assign", node.lineno, last, f"={changed}", (changed,))
        method = isinstance(node.value.func, ast.Attribute) and isinstance(node.value.func.value, ast.Name)
        written = outs or ((node.value.func.value.id,) if method else ())
        return _statement(node, "call", node.lineno, last, "=" + ",".join(written) if written else _called(node.value), (), written)
    return _statement(node, type(node).__name__.lower(), node.lineno, last)


def _outs(value):
    """Names given as `out=`, or parts of them."""
    calls = [n for n in ast.walk(value) if isinstance(n, ast.Call)]
    outs = [k.value for c in calls for k in c.keywords if k.arg == "out"]
    roots = [k.value if isinstance(k, ast.Subscript) else k for k in outs]
    return tuple(r.id for r in roots if isinstance(r, ast.Name))


def _names(tree, lines, skip, code):
    """Where local names stand; the tree counts columns in bytes."""
    local = {*code.co_varnames, *code.co_cellvars}
    found = [(n.lineno, n.col_offset, n.id) for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id in local]
    found += [(n.lineno, n.col_offset, n.arg) for n in ast.walk(tree) if isinstance(n, ast.arg)]
    return {(line - skip, len(lines[line - 1].encode()[:column].decode())): name for line, column, name in found}


# ---- alignment -------------------------------------------------------------------------------------------------------


def align(ours, theirs):
    """Rows (index of our statement or None, index of the reference's or None), paired by what the statements bind."""
    a, b = [s.key for s in ours.statements], [s.key for s in theirs.statements]
    rows = []
    for tag, i, j, p, q in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += zip(range(i, j), range(p, q))
        else:
            rows += _near(ours.statements, theirs.statements, range(i, j), range(p, q))
    return rows


def _near(ours, theirs, left, right):
    """Between equal rows: statements of one kind that share a name meet, in order."""
    rows, q = [], right.start
    for i in left:
        match = next((k for k in range(q, right.stop) if _akin(ours[i], theirs[k])), None)
        if match is not None:
            rows += [(None, k) for k in range(q, match)]
            rows.append((i, match))
            q = match + 1
        else:
            rows.append((i, None))
    return rows + [(None, k) for k in range(q, right.stop)]


def _akin(a, b):
    silent = a.kind in ("return", "if", "call") and not a.effects
    return (a.kind == b.kind or a.memory) and (bool(set(a.effects) & set(b.effects)) or silent)
