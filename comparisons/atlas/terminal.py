"""A study in the terminal: two columns with what was measured between them, one below the other when narrow."""
from pathlib import Path

from rich.table import Table
from rich.text import Text

from ..show import Line
from .pairing import pair

COLOURS = "green", "default", "yellow", "bold red"


def code_tables(study, width, paint, narrow):
    """For each function its heading and its table; last, what is wrong.

    Args:
        study: the Study.
        width: columns of the terminal.
        paint: from a text of code to its highlighted lines.
        narrow: the width below which the two sides stand below each other.
    """
    found = pair(study)
    for name, heading in study.functions.items():
        f, g = found.ours.functions[name], found.reference.functions[name]
        yield Text.assemble((f"\n{heading}", "bold"), "  ", (name, "dim"))
        yield from paint("\n".join(head(f))) if head(f) else ()
        yield (interleaved if width < narrow else beside)(f, g, found.rows[name], paint)
    yield Text(f"\n{found.share:.0%} of the statements pair", "dim")
    for problem in found.problems:
        yield Text(problem, "red")


def head(function):
    """What stands above a function in its file: its derivation in comments, and the decorators that say what it is, as a derivative.

    Example:
        >>> from comparisons.atlas.source import parse
        >>> from minitorch.ops.elementwise import tanh_backward
        >>> head(parse(tanh_backward))[-1].split()[0]
        '@tanh.derivative'
    """
    before = Path(function.file).read_text(encoding="utf-8").splitlines()[:function.start - 1]
    first = len(before)
    while first and before[first - 1].startswith(("@", "#")):
        first -= 1
    return before[first:]


def lines(function, k):
    """The lines of a statement as they stand in the function; none for None."""
    if k is None:
        return []
    s = function.statements[k]
    return list(function.lines[s.first - 1:s.last])


def mark(row):
    """What was measured on a row, in a word, with its colour."""
    if row.worst is None:
        return Text("" if row.paired and row.run else "memory" if row.memory else "not run" if row.paired else "alone", "dim")
    times = f" ×{len(row.worst.visits)}" if len(row.worst.visits) > 1 else ""
    return Text(row.worst.gap.word + times, COLOURS[row.worst.gap.level])


def beside(f, g, rows, paint):
    """Two columns and the measured one between them; a line of the reference that says the same is dim."""
    table = Table(show_edge=False, pad_edge=False, expand=True, header_style="dim")
    table.add_column("minitorch (NumPy)", ratio=1, overflow="fold")
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("reference (PyTorch)", ratio=1, overflow="fold")
    for row in rows:
        ours, theirs = lines(f, row.ours), lines(g, row.reference)
        for k in range(max(len(ours), len(theirs))):
            a, b = (side[k] if k < len(side) else None for side in (ours, theirs))
            last = k == max(len(ours), len(theirs)) - 1
            table.add_row(one(a, paint), mark(row) if last else "", Line(Text(b, "dim")) if b is not None and a == b else one(b, paint))
    return table


def interleaved(f, g, rows, paint):
    """One column of code, the reference's line below ours where it differs, and what was measured."""
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(ratio=1, overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for row in rows:
        ours, theirs = lines(f, row.ours), lines(g, row.reference)
        for k, text in enumerate(ours):
            table.add_row("", one(text, paint), mark(row) if k == len(ours) - 1 else "")
        for k, text in enumerate(theirs if theirs != ours else ()):
            table.add_row("torch", one(text, paint), mark(row) if not ours and k == len(theirs) - 1 else "")
    return table


def one(text, paint):
    """A highlighted line; nothing for None."""
    if text is None:
        return Text()
    indent = len(text) - len(text.lstrip())
    line = paint(text.strip())[0]
    line.text.pad_left(indent)
    return line


def agreement_table(study):
    """How far the component is from PyTorch's own."""
    from .measure import agreement
    title = f"\nAgreement with torch.{study.entry.public}"
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False, header_style="dim")
    for head in ("what", "of", "float32", "largest", "float64", "largest"):
        table.add_column(head, justify="left" if head in ("what", "of") else "right")
    for row in agreement(study):
        cells = [c for g in (row.float32, row.float64) for c in ((Text(g.word, COLOURS[g.level]), f"{g.abs:.1e}") if g else ("", ""))]
        table.add_row(row.kind, row.name, *cells)
    return table
