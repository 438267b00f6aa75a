"""Broken copies of derivative rules: one sign flipped, one term dropped, or two arguments swapped, in the source.

The proof is worth as much as the mistakes that it notices: `tests/test_mutation.py` breaks rules chosen by seed, one at a time, and asks
the checker of the components that use them to see it.
"""
import ast
import copy
import gc
import importlib
import inspect
import pkgutil
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass, replace

from minitorch.autograd.operator import Operator

from .check import check
from .checks import functions

COMMUTATIVE = {"maximum", "minimum", "max", "min", "add", "multiply", "mul", "fmax", "fmin", "array_module", "isinstance", "getattr", "zip",
               "swapaxes"}


@dataclass(frozen=True)
class Rule:
    """One derivative rule: its operator, where it stands among the operator's rules, the function."""

    op: object
    index: int
    function: object

    @property
    def name(self):
        """The operator, and the argument if the rule is that of one."""
        _, positions, _ = self.op.rules[self.index]
        arguments = "" if len(positions) == len(self.op.params) else ", " + " ".join(self.op.params[p] for p in positions)
        return f"{self.op.forward.__module__.removeprefix('minitorch.')}.{self.op.name}{arguments}"


def operators():
    """All operators of minitorch's ops and kernels, also those of one function under several node names."""
    for package in ("minitorch.ops", "minitorch.kernels"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            importlib.import_module(f"{package}.{module.name}")
    places = "minitorch.ops.", "minitorch.kernels."
    found = [o for o in gc.get_objects() if type(o) is Operator and o.forward.__module__.startswith(places)]
    return sorted(found, key=lambda op: (op.forward.__module__, op.name))


def rules():
    """All derivative rules, an operator's under several node names (the same functions) once."""
    found = {}
    for op in operators():
        for index, (function, _, _) in enumerate(op.rules):
            found.setdefault(id(function), Rule(op, index, function))
    return list(found.values())


# ---- breaking --------------------------------------------------------------------------------------------------------

def parse(function):
    """The function's definition as a tree, without decorators; None if it is a lambda or has no source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, SyntaxError, IndexError):
        return None
    if not isinstance(tree, ast.FunctionDef):
        return None
    tree.decorator_list = []
    return tree


def gives_something(function):
    """Whether a rule returns anything but None: some operators only say that they have no gradient."""
    tree = parse(function)
    if tree is None:
        return True
    returned = [n.value for n in ast.walk(tree) if isinstance(n, ast.Return)]
    elements = [v.elt if isinstance(v, ast.ListComp) else v for v in returned]
    return not all(v is None or isinstance(v, ast.Constant) for v in elements)


def mutations(tree):
    """All single mutations of a function, as (what, path of the node, change); `change` alters a copy of the node's parent in place."""
    found = []
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            for at, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.expr) and not isinstance(node, (ast.arguments, ast.keyword, ast.Slice)):
                    found += [(what, node, name, at, new) for what, new in _changed(child)]
    return found


def _changed(node):
    """The broken versions of one expression."""
    if isinstance(node, ast.BinOp):
        other = {ast.Add: ast.Sub, ast.Sub: ast.Add}.get(type(node.op))
        if other and not _is_index(node):
            yield "sign", ast.BinOp(node.left, other(), node.right)
            yield "dropped term", node.left
        if isinstance(node.op, (ast.Mult, ast.Div)) and not _is_index(node):
            yield "dropped factor", node.left
        if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult)) and not _is_index(node):
            yield "swapped operands", ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield "sign", node.operand
    elif isinstance(node, ast.Call) and len(node.args) > 1 and not any(isinstance(a, ast.Starred) for a in node.args):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name not in COMMUTATIVE:
            yield "swapped arguments", ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)


def _is_index(node):
    """Whether an expression counts rather than computes: dimensions and sizes."""
    counts = any(getattr(n, "attr", "") in ("ndim", "shape", "size") or getattr(getattr(n, "func", None), "id", "") == "len"
                 for n in ast.walk(node))
    return counts or isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant)


def _is_zeros(node):
    """Whether an expression is zeros, whatever its sign."""
    return isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")).startswith("zeros")


def _returns(tree):
    """Mutations of what is returned: its sign, and two gradients of a tuple swapped."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            if isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1:
                first, second, *rest = node.value.elts
                yield "swapped gradients", node, "value", None, ast.Tuple([second, first, *rest], ast.Load())
            elif not isinstance(node.value, (ast.Tuple, ast.List, ast.ListComp, ast.Constant)) and not _is_zeros(node.value):
                yield "sign of the result", node, "value", None, ast.UnaryOp(ast.USub(), node.value)


def mutant(function, choose):
    """A broken copy of a rule, (what was done, function). `choose(n)` picks one of n kinds, then one of n places. None if nothing can be
    broken."""
    tree = parse(function)
    if tree is None:
        return None
    possible = {}
    for found in (*mutations(tree), *_returns(tree)):
        if not _same(found):
            possible.setdefault(found[0], []).append(found)
    if not possible:
        return None
    kinds = list(possible)
    sites = possible[kinds[choose(len(kinds))]]
    what, parent, name, at, new = sites[choose(len(sites))]
    before = ast.unparse(parent)
    if at is None:
        setattr(parent, name, copy.deepcopy(new))
    else:
        getattr(parent, name)[at] = copy.deepcopy(new)
    ast.fix_missing_locations(tree)
    after = ast.unparse(parent)
    return f"{what}: {_line(before)} -> {_line(after)}", compiled(tree, function)


def _same(mutation):
    """Whether a mutation changes nothing: two equal arguments swapped."""
    _, parent, name, at, new = mutation
    old = getattr(parent, name) if at is None else getattr(parent, name)[at]
    return ast.dump(old) == ast.dump(new)


def _line(text):
    return text if len(text) < 80 and "\n" not in text else text.splitlines()[0][:80] + " ..."


def compiled(tree, function):
    """The function of a tree, in the place of the original: its globals and what it closes over."""
    function = inspect.unwrap(function)
    inner = dict(zip(function.__code__.co_freevars, (c.cell_contents for c in function.__closure__ or ())))
    space = {**function.__globals__, **inner}
    exec(compile(ast.Module([tree], []), f"<mutant of {function.__qualname__}>", "exec"), space)
    return space[tree.name]


@contextmanager
def replaced(change):
    """Within this context every operator's every rule `f` is `change(f)`."""
    every = operators()
    lists = {id(op.rules): op.rules for op in every}.values()      # an operator under several names has one list
    kept = [list(rules) for rules in lists]

    def put(values):
        for rules, value in zip(lists, values):
            rules[:] = value
        for op in every:
            op.plans.clear()

    put([[(change(f), positions, keeps) for f, positions, keeps in rules] for rules in kept])
    try:
        yield
    finally:
        put(kept)


def installed(rule, function):
    """A context within which the operators that have a rule use another function for it."""
    return replaced(lambda f: function if f is rule.function else f)


# ---- who uses a rule -------------------------------------------------------------------------------------------------

def users(entries, examples=4, seed=0):
    """For each rule's function the names of the entries that run it, on a few cases, by their name and by their first name in place."""
    found, ran = {r.function: [] for r in rules()}, set()

    def noted(function):
        def rule(*args, **settings):
            ran.add(function)
            return function(*args, **settings)
        return rule

    with replaced(noted):
        for entry in entries:
            ran.clear()
            in_place = [n for n in entry.also if functions.is_in_place(n)][:1]
            for name in (entry.name, *in_place):
                only = replace(entry, name=name, also=(), call=entry.call if name == entry.name else None, reference=None, op=None)
                check(only, examples, seed, shrink=False, bad=False, edges=False)
            for function in ran:
                found[function].append(entry.name)
    return found
