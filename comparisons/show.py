"""A component's source beside its PyTorch reference, for the terminal: equal lines on one row, the formula above.

What has a study in the atlas is shown as there: paired by statement, with the measured difference of each.
"""
import ast
import importlib
import inspect
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from textwrap import dedent

from rich.console import Group
from rich.measure import Measurement
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from .catalogue import find, resolve
from .catalogue.limits import limit_of
from .checks import references
from .formula import plain

NARROW = 110
ROOT = Path(__file__).resolve().parent.parent


def pieces(entry):
    """(title, our file and line, our source, the reference's source or None) of everything that makes up a component.

    An operator has its forward, its rules and its definition; a kernel is found through `entry.op`; a class is shown whole.
    """
    import minitorch

    component = resolve(minitorch, entry.name.partition(" ")[0])           # "div with rounding_mode" is div
    if isinstance(component, property):
        component = component.fget
    found, seen = [], set()

    def add(title, function, theirs=None):
        if function not in seen:
            seen.add(function)
            found.append((title, place(function), source(function), source(theirs) if theirs else None))

    def operator(function):
        op = function.op
        add(f"{op.name}: forward", op.forward, counterpart(op.forward))
        for rule, positions, _ in op.rules:
            of = ", ".join(op.params[i] for i in positions)
            add(f"{op.name}: derivative by {of}", rule, counterpart(rule))
        if op.definition:
            add(f"{op.name}: definition, for higher orders", op.definition)

    if hasattr(component, "op"):
        operator(component)
    else:
        add(entry.name, written(inspect.unwrap(component)), references.of(entry))
    if entry.op:
        kernel = importlib.import_module("minitorch." + entry.op.rpartition(".")[0])
        operator(getattr(kernel, entry.op.rpartition(".")[2]))
    return found


def written(thing):
    """What has a source text: a class that was made by a class of classes is shown by that one."""
    try:
        inspect.getsource(thing)
    except OSError:
        return type(thing)
    return thing


def place(thing):
    """The file, from the project's root, and the first line.

    Example:
        >>> place(place).startswith("comparisons/show.py:")
        True
    """
    file = Path(inspect.getsourcefile(thing))
    return f"{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name}:{inspect.getsourcelines(thing)[1]}"


def source(thing):
    """The source text of a function or class, without indentation, docstrings cut to their first line: here the code is compared."""
    lines = dedent(inspect.getsource(thing)).rstrip().splitlines()
    for node in sorted(ast.walk(ast.parse("\n".join(lines))), key=lambda node: -getattr(node, "lineno", 0)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False):
            first, last = node.body[0].lineno, node.body[0].end_lineno
            if last > first:
                quotes = re.match(r"\s*\w?(\"{3}|'{3}|['\"])", lines[first - 1])[1]
                lines[first - 1:last] = [lines[first - 1].rstrip() + quotes]
    return "\n".join(lines)


def counterpart(thing):
    """What bears the same name in the same file below `reference`; None if there is nothing."""
    if thing.__name__ == "_":
        return None
    try:
        module = importlib.import_module("reference." + thing.__module__.removeprefix("minitorch."))
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("reference"):
            raise
        return None
    return getattr(module, thing.__name__, None)


def key(line):
    """What two lines of the two sides must share to stand on one row: the names assigned, the function's name, or the line."""
    line = line.strip()
    if line.startswith("return "):
        return "return"
    if match := re.match(r"(def|class) (\w+)", line):
        return match[0]
    if match := re.match(r"([\w\s,.\[\]:]+?)\s*[-+*/@]?=(?!=)", line):
        return match[1] + " ="
    return re.sub(r"\b(torch|xp|np)\.", "", line)


def align(ours, theirs):
    """Rows (our line or None, the reference's line or None) in which lines with equal keys meet; what is between stands side by side.

    Example:
        >>> align("y = xp.exp(x)\\nreturn y", "y = torch.exp(x)\\nz = y\\nreturn y")
        [('y = xp.exp(x)', 'y = torch.exp(x)'), (None, 'z = y'), ('return y', 'return y')]
    """
    ours, theirs = ours.splitlines(), theirs.splitlines()
    rows, i, j = [], 0, 0
    matcher = SequenceMatcher(None, [key(line) for line in ours], [key(line) for line in theirs], autojunk=False)
    for start, other, size in matcher.get_matching_blocks():
        rows += zip_longest(ours[i:start], theirs[j:other])
        rows += zip(ours[start:start + size], theirs[other:other + size])
        i, j = start + size, other + size
    return rows


@dataclass(frozen=True)
class Line:
    """A highlighted line of code; what does not fit goes on below it, indented further."""

    text: Text

    def __rich_console__(self, console, options):
        width, plain_text = options.max_width, self.text.plain
        hang = min(len(plain_text) - len(plain_text.lstrip()) + 4, width // 2)
        if self.text.cell_len <= width:
            yield self.text
            return
        first = self.text.wrap(console, width, overflow="fold")[0]
        yield first
        at = len(first.plain)
        rest = self.text[at + len(plain_text[at:]) - len(plain_text[at:].lstrip()):]
        for part in rest.wrap(console, width - hang, overflow="fold"):
            part.pad_left(hang)
            yield part

    def __rich_measure__(self, console, options):
        return Measurement(min(20, options.max_width), options.max_width)


def painter(colour):
    """A function from a source text to its highlighted lines."""
    syntax = Syntax("", "python", theme="ansi_dark" if colour else "bw", background_color="default")

    def paint(text):
        lines = syntax.highlight(text).split("\n", allow_blank=False)
        for line in lines:
            line.no_wrap = False
        return [Line(line) for line in lines]
    return paint


def side_by_side(ours, theirs, paint):
    """Two columns; a line of the reference that says the same is dim."""
    table = Table(show_edge=False, pad_edge=False, expand=True, header_style="dim")
    table.add_column("minitorch (NumPy)", ratio=1, overflow="fold")
    table.add_column("reference (PyTorch)", ratio=1, overflow="fold")
    left, right = iter(paint(ours)), iter(paint(theirs))
    for a, b in align(ours, theirs):
        line = next(left) if a is not None else Text()
        other = next(right) if b is not None else Text()
        if a == b:
            other = Line(Text(b, "dim"))
        table.add_row(line, other)
    return table


def interleaved(ours, theirs, paint):
    """One column: each of our lines, and below it the reference's where that differs."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    left, right = iter(paint(ours)), iter(paint(theirs))
    for a, b in align(ours, theirs):
        line = next(left) if a is not None else None
        other = next(right) if b is not None else None
        if line is not None:
            table.add_row("", line)
        if other is not None and a != b:
            table.add_row("torch", other)
    return table


def page(name, width, colour=True):
    """Everything to print about a component.

    Raises:
        KeyError: if no component bears the name; it names the nearest.
    """
    entry, paint = find(name), painter(colour)
    parts = [Text(entry.name, "bold")]
    others = [other for other in entry.also]
    if others:
        parts.append(Text("also " + ", ".join(others), "dim"))
    if entry.formula:
        parts.append(Text("\n" + "\n".join("    " + line for line in plain(entry.formula).splitlines()), "cyan"))
    if entry.source:
        parts.append(Text("    " + entry.source, "dim"))
    if (study := entry.study) is not None:
        from .atlas.terminal import agreement_table, code_tables
        parts += [Text(study.lead), *code_tables(study, width, paint, NARROW), agreement_table(study)]
    paired = False
    for title, where, ours, theirs in pieces(entry):
        if study is not None and any(f"def {name}(" in ours.split("):")[0] for name in study.functions):
            continue                                 # it stands above, measured
        parts.append(Text.assemble(("\n" + title, "bold"), "  ", (where, "dim")))
        if theirs is None:
            parts += paint(ours)
        else:
            paired = True
            parts.append((interleaved if width < NARROW else side_by_side)(ours, theirs, paint))
    if not paired and study is None:
        parts.append(Text(f"\nCompared with PyTorch's own {entry.name} directly: python -m comparisons check {entry.name}", "dim"))
    for difference in entry.differences:
        parts.append(Text("Differs from torch: " + difference, "yellow"))
    if limit_of(entry.public):
        parts.append(Text("Slower than torch: " + limit_of(entry.public), "yellow"))
    return Group(*parts)
