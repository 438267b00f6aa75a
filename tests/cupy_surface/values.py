"""What the names of a program can stand for, as far as it matters here."""
import ast
from dataclasses import dataclass

TELLS_THE_HOST = ("isinstance", "on_host", "hasattr")      # where these say yes, an array is NumPy's, or has what is asked for


@dataclass(frozen=True)
class Library:
    """CuPy, or something of it, by its dotted name."""

    name: str


@dataclass(frozen=True)
class Host:
    """NumPy, SciPy, or what they give."""


@dataclass(frozen=True)
class Module:
    """A module of the program itself."""

    name: str


@dataclass(frozen=True)
class Text:
    """A string that is an identifier: it may become a name in `getattr(xp, text)`."""

    text: str


class Scope:
    """A module, a class, a function or a lambda of the program.

    Args:
        node: where it stands in the source.
        file: in which file.
        parent: the scope around it.
    """

    def __init__(self, node, file, parent=None):
        self.node, self.file, self.parent = node, file, parent
        self.is_class = isinstance(node, ast.ClassDef)
        self.owner = parent if parent and parent.is_class and not self.is_class else None
        given = node.args if isinstance(node, (ast.FunctionDef, ast.Lambda)) else ast.parse("lambda: 0").body[0].value.args
        self.positional = [a.arg for a in (*given.posonlyargs, *given.args)]
        self.names = {*self.positional, *(a.arg for a in given.kwonlyargs)}
        self.rest, self.others = (a.arg if a else None for a in (given.vararg, given.kwarg))
        parameters = [*self.positional[len(self.positional) - len(given.defaults):], *(a.arg for a in given.kwonlyargs)]
        self.defaults = [(n, value) for n, value in zip(parameters, (*given.defaults, *given.kw_defaults)) if value is not None]
        static = any(getattr(d, "id", "") == "staticmethod" for d in getattr(node, "decorator_list", ()))
        self.bound = self.owner is not None and not static and bool(self.positional)


@dataclass(frozen=True)
class Instance:
    """An object of a class of the program."""

    cls: Scope


EVERYTHING = "*"


def asked(test):
    """What is known where a test says yes, and where it says no: the expressions that are arrays of the host; "name != text" of strings.

    `on_host(x) or known` says: known wherever CuPy can be asked for something.
    """
    match test:
        case ast.Attribute(attr="is_cpu"):
            return frozenset([EVERYTHING]), frozenset()
        case ast.Call(func=ast.Name(id="isinstance"), args=[array, kind]) if "ndarray" not in ast.unparse(kind):
            return frozenset(), frozenset()
        case ast.Call(func=ast.Name(id=name), args=[array, *_]) if name in TELLS_THE_HOST:
            return frozenset([ast.unparse(array)]), frozenset()
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return asked(inner)[::-1]
        case ast.BoolOp(op=ast.And(), values=parts):
            return frozenset().union(*(asked(p)[0] for p in parts)), frozenset()
        case ast.BoolOp(values=parts):
            others = [asked(p)[0] for p in parts if getattr(getattr(p, "func", None), "id", "") != "on_host"]
            texts = frozenset.intersection(*others) if others else frozenset()
            return frozenset(t for t in texts if "!=" in t), frozenset().union(*(asked(p)[1] for p in parts))
        case ast.Compare(left=ast.Name(id=name), ops=[ast.NotEq() | ast.NotIn()], comparators=[texts]):
            return frozenset(f"{name} != {t.value}" for t in ast.walk(texts) if isinstance(t, ast.Constant)), frozenset()
        case ast.Compare(left=ast.Name(), ops=[ast.Eq() | ast.In() as same], comparators=texts):
            other = ast.NotEq() if isinstance(same, ast.Eq) else ast.NotIn()
            return asked(ast.Compare(test.left, [other], texts))[::-1]
    return frozenset(), frozenset()
