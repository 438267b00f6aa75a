"""What the commands print: tables, and the nearest right name for a wrong one."""
from difflib import get_close_matches

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

console = Console()


def choose(names, known, what, listing):
    """The `names` if all are `known`, all the known ones if none is given; exits with the nearest right name for a wrong one."""
    for name in names:
        if name not in known:
            near = nearest(name, known)
            unknown(f"no {what} is called {name!r}" + (f"; did you mean {near}?" if near else ""), listing)
    return list(names) or list(known)


def unknown(message, listing):
    """Print what is wrong with a name and the command that lists the right ones; exit with status 2."""
    console.print(message[:1].upper() + message[1:], style="red", highlight=False, markup=False)
    console.print(f"All of them: python -m comparisons {listing}", highlight=False)
    raise typer.Exit(2)


def nearest(name, known):
    """The known name closest to `name`, or None. Case, module prefixes and underscores count little.

    Example:
        >>> nearest("layernorm", ["layer_norm", "batch_norm"])
        'layer_norm'
        >>> nearest("nn.functional.softmaks", ["softmax", "relu"])
        'softmax'
    """
    def plain(text):
        return text.rsplit(".", 1)[-1].lower().replace("_", "")
    by_plain = {}
    for one in known:
        by_plain.setdefault(plain(one), one)
    found = get_close_matches(plain(name), by_plain, 1, 0.5) or [one for one in by_plain if plain(name) and plain(name) in one][:1]
    return by_plain[found[0]] if found else None


def duration(seconds):
    """Seconds for a reader.

    Example:
        >>> duration(0.00123), duration(2.5), duration(83)
        ('1.23 ms', '2.5 s', '1 min 23 s')
    """
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


class BenchTable:
    """The table of `bench`, which grows in its place while the benchmarks run."""

    def __init__(self):
        self.table = Table(show_edge=False, pad_edge=False)
        self.table.add_column("benchmark", no_wrap=True)
        self.table.add_column("what is timed", style="dim")
        for head in ("minitorch", "torch", "ratio"):
            self.table.add_column(head, justify="right", no_wrap=True)
        self.live = Live(self.table, console=console, auto_refresh=False)

    def __enter__(self):
        self.live.start()
        return self

    def __exit__(self, *_):
        self.live.stop()

    def add(self, benchmark, result):
        """Add one benchmark's row: times and ratio, or why there is none."""
        if isinstance(result, str):
            self.table.add_row(benchmark.name, Text(result, "red"), "", "", Text("failed", "red"))
        else:
            self.table.add_row(benchmark.name, benchmark.text, duration(result["minitorch"]), duration(result["torch"]),
                               colored(result["ratio"]))
        self.live.refresh()


class BenchLines:
    """The lines of `bench --operators`, printed as they come: there are more than a window holds."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def add(self, benchmark, result):
        """Print one operator's line."""
        if isinstance(result, str):
            console.print(Text.assemble(f"{benchmark.name:46s} ", (result, "red")))
        else:
            console.print(Text.assemble(f"{benchmark.name:46s} {duration(result['minitorch']):>8s} {duration(result['torch']):>8s} ",
                                        colored(result["ratio"])))


def colored(ratio):
    """A ratio of times, the redder the slower."""
    return Text(f"{ratio:5.2f}", "green" if ratio <= 1 else "default" if ratio <= 1.2 else "yellow" if ratio <= 2 else "red")


def memory_table(rows):
    """The table of `bench --memory`: rows of (benchmark, {"minitorch": bytes, "torch": bytes})."""
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("benchmark", no_wrap=True)
    for head in ("minitorch", "torch", "ratio"):
        table.add_column(head, justify="right")
    for benchmark, found in rows:
        if isinstance(found, str):
            table.add_row(benchmark.name, Text(found, "red"), "", "")
        else:
            ours, theirs = found["minitorch"], found["torch"]
            ratio = f"{ours / theirs:.2f}" if theirs else ""
            table.add_row(benchmark.name, f"{ours / 2**20:.1f} MB", f"{theirs / 2**20:.1f} MB", ratio)
    return table
