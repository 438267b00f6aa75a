"""The two long jobs with their live progress: checking the components, and training with both libraries."""
import math
from collections import Counter

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from . import train as training
from .libraries import COLOURS
from .terminal import console

ORDERS = ("forward", "gradient", "second")


def progress():
    """A progress display on the shared console."""
    return Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                    TextColumn("{task.fields[note]}"), console=console)


def ulps(value):
    """A difference for a reader.

    Example:
        >>> ulps(float("nan")), ulps(0.0), ulps(0.51), ulps(1234.5)
        ('–', 'exact', '0.51', '1.2e+03')
    """
    return "–" if math.isnan(value) else "exact" if value == 0 else f"{value:.2g}"


def check(names, examples, seed, processes):
    """Check the named entries with a progress bar, print their table and what failed; the Rows in the order of the names."""
    from .parallel import check_all

    components = "component" if len(names) == 1 else "components"
    console.print(f"Checking {len(names)} {components} against PyTorch, at least {examples} examples each, seed {seed}", highlight=False)
    found, failed = {}, 0
    with progress() as display:
        task = display.add_task("components", total=len(names), note="")
        for row in check_all(names, examples, seed, processes):
            found[row.name] = row
            failed += not row.ok
            display.update(task, advance=1, note=f"[red]{failed} differ[/]" if failed else row.name)
        display.update(task, note="")
    rows = [found[name] for name in names]
    console.print("Worst differences, in units in the last place of the largest value:", style="dim", highlight=False)
    console.print(check_table(rows))
    for row in rows:
        if not row.ok:
            console.print(Text("\n" + row.message, "red"))
    return rows


def check_device(names):
    """Check the named entries on the CUDA device that `cuda.start` chose against NumPy; whether all are equal."""
    from . import cuda
    from .catalogue import ENTRIES
    from .device_rules import judge
    from .devices import check as check_one

    console.print(f"Checking {len(names)} components on {cuda.KINDS[cuda.kind]} against NumPy", highlight=False)
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("component", overflow="fold")
    for head in ("cases", "launches", "waits", "copies to it"):
        table.add_column(head, justify="right", style="dim")
    table.add_column("verdict", no_wrap=True)
    failed = []
    with progress() as display:
        task = display.add_task("components", total=len(names), note="")
        for name in names:
            report, wrong = check_one(ENTRIES[name]), None
            try:
                judge(name, report)
            except AssertionError as error:
                wrong = str(error)
                failed.append((name, wrong))
            both = Counter(report.get("forward", {})) + Counter(report.get("backward", {}))
            table.add_row(name, *map(str, (report["cases"], both["launches"], both["synchronize"], both["to device"])),
                          Text("DIFFERS", "bold red") if wrong else Text("equal", "green"))
            display.update(task, advance=1, note=f"[red]{len(failed)} differ[/]" if failed else name)
        display.update(task, note="")
    console.print(table)
    for name, error in failed:
        console.print(Text(f"\n{name}: {error}", "red"))
    console.print(f"{len(names) - len(failed)} of {len(names)} components equal on {cuda.KINDS[cuda.kind]}",
                  style="red" if failed else "green", highlight=False)
    return not failed


def check_table(rows):
    """Component, worst difference of forward, gradient and second order, verdict."""
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("component", overflow="fold")
    table.add_column("examples", justify="right", style="dim")
    for head in ("forward", "gradient", "2nd order"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in rows:
        table.add_row(row.name, str(row.examples), *(ulps(row.worst[what]) for what in ORDERS),
                      Text("equal", "green") if row.ok else Text("DIFFERS", "bold red"))
    return table


def train(which, model, epochs, seed):
    """Train with one library or both, showing progress; the runs. Both: one line an epoch with both losses and accuracies."""
    lanes = training.lanes(which)
    runs = [run for lane in lanes for run in lane]
    labels = " and ".join(dict.fromkeys(run.library for run in runs))
    console.print(f"Training {model} on 8,000 digits with {labels}, seed {seed}, one thread each", highlight=False)
    shown = 0
    with progress() as display:
        tasks = {}
        for run in runs:
            tasks[run.label] = display.add_task(f"[{COLOURS[run.library]}]{run.label}[/]", total=epochs * training.STEPS, note="")
        for run, event in training.events(lanes, model, epochs, seed):
            if "epoch" not in event:
                display.update(tasks[run.label], advance=1, note=f"loss {event['loss']:.4f}")
                continue
            first = runs[:2] if which == "both" else runs
            while all(len(each.epochs) > shown for each in first):
                display.console.print(epoch_line([(each.label, each.epochs[shown]) for each in first]), highlight=False)
                shown += 1
    for run in runs:
        if run.error:
            console.print(Text(f"{run.label} failed:\n{run.error}", "red"))
    return runs


def epoch_line(epochs):
    """One line: the epoch, and for each library its mean loss, its accuracy on the test digits, and its time."""
    parts = [f"[{COLOURS[label]}]{label}[/] loss {epoch['loss']:.6f} accuracy {epoch['accuracy']:.2%} {epoch['seconds']:.1f} s"
             for label, epoch in epochs]
    return f"epoch {epochs[0][1]['epoch']}  " + "   ".join(parts)


def judge(runs):
    """The Agreement of a training by both libraries, printed; None if a run failed."""
    if any(run.error for run in runs):
        return None
    found = training.agreement(*runs)
    mark = "[green]kept[/]" if found.losses_hold else f"[red]broken at step {found.first_excess}[/]"
    console.print(f"Losses: largest relative difference {found.early:.1e} over the first {training.EARLY_STEPS} steps, "
                  f"{found.largest:.1e} in all; PyTorch with and without oneDNN is {found.spread[-1]:.1e} apart; "
                  f"bounds {mark}", highlight=False)
    ours, theirs = found.accuracies
    mark = "within" if found.accuracies_hold else "[red]not within[/]"
    console.print(f"Accuracies: minitorch {ours:.2%}, torch {theirs:.2%}, {mark} one point", highlight=False)
    return found
