"""The main job: check every component, train the digits with both libraries, write the report, say the result in one line."""
import time
from pathlib import Path

from . import catalogue, live
from .libraries import versions
from .report import write
from .terminal import console, duration


def compare(examples=25, seed=0, epochs=4, processes=2, folder=Path("build/compare")):
    """Carry it all out; whether every component agrees, the losses keep the bounds, and the accuracies are within one point."""
    start = time.perf_counter()
    rows = live.check(list(catalogue.ENTRIES), examples, seed, processes)
    checked = time.perf_counter()
    console.print()
    runs = live.train("both", "lenet", epochs, seed)
    agreement = live.judge(runs)
    trained = time.perf_counter()
    times = {"checking": checked - start, "training": trained - checked}
    path = write(folder, rows, runs, agreement, versions(), times, {"examples": examples, "seed": seed, "epochs": epochs})
    ok = all(row.ok for row in rows) and agreement is not None and agreement.holds
    console.print()
    console.print(closing_line(rows, agreement, path, trained - start, ok), highlight=False, soft_wrap=True)
    return ok


def closing_line(rows, agreement, path, seconds, ok):
    """The result in one line."""
    equal = sum(row.ok for row in rows)
    parts = [f"{equal} of {len(rows)} components equal"]
    if agreement is None:
        parts.append("training failed")
    else:
        ours, theirs = agreement.accuracies
        kept = "" if agreement.losses_hold else " (over the bound)"
        parts += [f"largest loss difference {agreement.largest:.1e}{kept}", f"accuracies {ours:.2%} and {theirs:.2%}"]
    parts += [duration(seconds), f"report: {path}"]
    return ("[bold green]Equal:[/] " if ok else "[bold red]Not equal:[/] ") + "; ".join(parts)
