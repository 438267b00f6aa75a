"""The commands: python -m comparisons list | show | check | train | bench | compare | atlas."""
from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console

from .atlas.command import app as atlas
from .libraries import limit_threads
from .terminal import BenchLines, BenchTable, choose, console, memory_table, unknown

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="rich",
                  help="minitorch and PyTorch beside each other: read them, check them, train them, time them.")
app.add_typer(atlas, name="atlas")

Names = Annotated[Optional[list[str]], typer.Argument(help="Names as in torch; all when none is given.", show_default=False)]
Examples = Annotated[int, typer.Option(help="Examples drawn for each component, beside 0-d and empty ones.", min=1)]
Seed = Annotated[int, typer.Option(help="Decides every example, every initial weight, every shuffle and every dropout mask.", min=0)]
Epochs = Annotated[int, typer.Option(min=1)]
Processes = Annotated[int, typer.Option(help="Processes that check components at the same time.", min=1)]


class Task(str, Enum):
    digits = "digits"


class Model(str, Enum):
    lenet = "lenet"
    cnn = "cnn"


class Backend(str, Enum):
    numpy = "numpy"
    cupy = "cupy"


class Lib(str, Enum):
    both = "both"
    minitorch = "minitorch"
    torch = "torch"


def found_entries(names):
    """The names of the entries that these names mean, each once; exits with the nearest right name for a wrong one."""
    from . import catalogue
    try:
        return list(dict.fromkeys(entry.name for entry in catalogue.entries(names or ())))
    except KeyError as error:
        unknown(error.args[0], "list")


@app.command("list")
def list_(table: Annotated[bool, typer.Option("--table", help="Numbers by family, and what is not supported, in Markdown.")] = False):
    """List every component that is proven equal, and the other names proven with it."""
    from . import catalogue

    if table:
        from .coverage import page
        print(page(), end="")
        return
    for entry in catalogue.ENTRIES.values():
        also = f"  [dim]{', '.join(entry.also)}[/]" if entry.also else ""
        console.print(f"{entry.name}{also}", highlight=False, soft_wrap=True)
    names = sum(len(entry.names) for entry in catalogue.ENTRIES.values())
    console.print(f"{len(catalogue.ENTRIES)} components, {names} names", style="bold", highlight=False)


@app.command()
def show(name: Annotated[str, typer.Argument(help="A name as in torch.")],
         width: Annotated[Optional[int], typer.Option(help="Columns to print in; the terminal's when not given.", min=40)] = None):
    """Show a component's source beside its PyTorch reference, the formula above."""
    from .show import page

    out = Console(width=width) if width else console
    entry, = found_entries([name])
    out.print(page(entry, out.width, out.is_terminal))


@app.command()
def check(names: Names = None, examples: Examples = 25, seed: Seed = 0, processes: Processes = 2,
          locals_: Annotated[bool, typer.Option("--locals", help="Compare the local variables that both sides share.")] = False,
          backend: Annotated[Backend, typer.Option(help="cupy: minitorch on a CUDA device (a real one if there is one, else emulated on "
                                                        "the CPU) against minitorch on NumPy.")] = Backend.numpy):
    """Check components against PyTorch on drawn inputs: values, gradients, second order, errors."""
    from . import live

    if backend is Backend.cupy:
        from . import cuda
        cuda.start()

    limit_threads()
    chosen = found_entries(names)
    if backend is Backend.cupy:
        ok = live.check_device(chosen)
    elif locals_:
        from .locals import report_locals
        ok = report_locals(chosen, examples, seed, named=bool(names))
    else:
        rows = live.check(chosen, examples, seed, processes)
        ok = all(row.ok for row in rows)
        equal = f"{sum(row.ok for row in rows)} of {len(rows)} components equal, seed {seed}"
        console.print(equal, style="green" if ok else "red", highlight=False)
    if not ok:
        raise typer.Exit(1)


@app.command()
def train(task: Annotated[Task, typer.Argument(help="What to learn.")] = Task.digits,
          model: Annotated[Model, typer.Option(help="lenet: 6-16-84; cnn: two blocks, 32-64-128.")] = Model.lenet,
          epochs: Epochs = 4, seed: Seed = 0,
          lib: Annotated[Lib, typer.Option(help="Which library trains.")] = Lib.both):
    """Train a network on handwritten digits with both libraries from one seed, and compare their losses."""
    from . import live

    runs = live.train(lib.value, model.value, epochs, seed)
    ok = not any(run.error for run in runs)
    if lib is Lib.both:
        agreement = live.judge(runs)
        ok = agreement is not None and agreement.holds
    if not ok:
        raise typer.Exit(1)


@app.command()
def bench(names: Annotated[Optional[list[str]], typer.Argument(help="Benchmarks; all when none is given.", show_default=False)] = None,
          operators: Annotated[bool, typer.Option("--operators", help="Every operator by itself, on a million float32 elements.")] = False,
          rounds: Annotated[int, typer.Option(help="Turns that each library takes.", min=1)] = 25,
          memory: Annotated[bool, typer.Option(help="Also measure the memory that the LeNet and encoder steps need.")] = True,
          list_them: Annotated[bool, typer.Option("--list", help="Only list the benchmarks.")] = False):
    """Time both libraries on the same programs, taking turns, one process and one thread each."""
    from . import bench as timer
    from .benchmarks import BENCHMARKS
    from .surface import SURFACE, reasons

    known = SURFACE if operators else BENCHMARKS
    if list_them:
        for benchmark in known.values():
            console.print(f"{benchmark.name:14s} {benchmark.text}", highlight=False, markup=False)
        return
    if operators:
        names = [row.name for name in names or [] for row in SURFACE.values() if name in (row.name, row.entry)] or names
    chosen = choose(names or [], known, "benchmark", "bench --list" + " --operators" * operators)
    console.print("One step, median processor time, one thread each, in turns:", style="dim", highlight=False)
    results = dict.fromkeys(chosen)
    with (BenchLines if operators else BenchTable)() as display:
        for benchmark, result in timer.measure(chosen, rounds):
            display.add(benchmark, result)
            results[benchmark.name] = result
    ratios = {name: result["ratio"] for name, result in results.items() if not isinstance(result, str)}
    if ratios:
        mean = timer.geometric_mean(ratios.values())
        console.print(f"\nGeometric mean of the ratios: [bold]{mean:.2f}[/] of torch's time", highlight=False)
    if operators and (slow := reasons(ratios)):
        console.print("\nOver twice torch's time:", style="dim", highlight=False)
        for name, ratio, why in slow:
            console.print(f"{ratio:6.1f}  {name}: {why or 'no reason is known'}", highlight=False, markup=False)
    measured = [(known[name], timer.memory(name)) for name in chosen if memory and known[name].memory]
    if measured:
        console.print("\nGrowth of resident memory over three steps:", style="dim", highlight=False)
        console.print(memory_table(measured))
    if len(ratios) < len(results) or any(isinstance(found, str) for _, found in measured):
        raise typer.Exit(1)


@app.command()
def compare(examples: Examples = 25, seed: Seed = 0, epochs: Epochs = 4, processes: Processes = 2,
            folder: Annotated[Path, typer.Option(help="Where report.html goes.")] = Path("build/compare")):
    """The main job: check every component, train the digits with both libraries, write the report."""
    from .compare import compare as carry_out

    limit_threads()
    if not carry_out(examples, seed, epochs, processes, folder):
        raise typer.Exit(1)


if __name__ == "__main__":
    app(prog_name="python -m comparisons")
