"""The commands: python -m comparisons list | show | check | train | bench | compare."""
from typing import Annotated, Optional

import typer
from rich.live import Live

from . import terminal
from .terminal import console

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="rich",
                  help="minitorch and PyTorch beside each other: read them, check them, train them, time them.")


@app.command("list")
def list_():
    """List every component that is proven equal."""


@app.command()
def bench(names: Annotated[Optional[list[str]], typer.Argument(help="Benchmarks; all when none is named.")] = None,
          rounds: Annotated[int, typer.Option(help="Turns that each library takes.", min=1)] = 25,
          memory: Annotated[bool, typer.Option(help="Also measure the memory that the LeNet and encoder steps need.")] = True,
          list_them: Annotated[bool, typer.Option("--list", help="Only list the benchmarks.")] = False):
    """Time both libraries on the same programs, taking turns, one process and one thread each."""
    from . import bench as bench_
    from .benchmarks import BENCHMARKS

    if list_them:
        for benchmark in BENCHMARKS.values():
            console.print(f"{benchmark.name:14s} {benchmark.text}", highlight=False)
        return
    names = terminal.choose(names or [], BENCHMARKS, "benchmark")
    table, ratios, failed = terminal.bench_table(), [], False
    with Live(table, console=console, auto_refresh=False) as live:
        for benchmark, result in bench_.measure(names, rounds):
            terminal.bench_row(table, benchmark, result)
            live.refresh()
            if isinstance(result, str):
                failed = True
            else:
                ratios.append(result["ratio"])
    if ratios:
        console.print(f"\nGeometric mean of the ratios: [bold]{bench_.geometric_mean(ratios):.2f}[/] of torch's time", highlight=False)
    measured = []
    for name in names if memory else ():
        if BENCHMARKS[name].memory:
            try:
                measured.append((BENCHMARKS[name], bench_.memory(name)))
            except RuntimeError as error:
                measured.append((BENCHMARKS[name], str(error)))
                failed = True
    if measured:
        console.print()
        console.print(terminal.memory_table(measured))
    if failed:
        raise typer.Exit(1)


if __name__ == "__main__":
    app(prog_name="python -m comparisons")
