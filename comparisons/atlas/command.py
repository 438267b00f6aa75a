"""The commands of the atlas: build, open, and what helps to write a study: pairs, mutants, edges."""
import webbrowser
from pathlib import Path
from typing import Annotated, Optional

import typer

from ..libraries import limit_threads
from ..terminal import console

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Study pages: ours beside PyTorch's, every line measured.")
FOLDER = Path("build/atlas")

Names = Annotated[Optional[list[str]], typer.Argument(help="Pages or names as in torch; all when none is given.", show_default=False)]
Name = Annotated[str, typer.Argument(help="A name as in torch.")]
Out = Annotated[Path, typer.Option("--out", help="Where the pages go.")]


@app.command()
def build(names: Names = None, out: Out = FOLDER,
          processes: Annotated[int, typer.Option(help="Processes that build pages at the same time.", min=1)] = 2,
          fresh: Annotated[bool, typer.Option(help="Build also what is not old.")] = False):
    """Write the pages whose sources changed since they were built."""
    from ..live import progress
    from . import build as builder

    limit_threads()
    try:
        total = len(builder.named(names or ()))
    except KeyError as error:
        console.print(error.args[0], style="red", highlight=False)
        raise typer.Exit(2) from None
    wrong = []
    with progress() as display:
        task = display.add_task("pages", total=total, note="")
        for what, left in builder.build(names or (), out, processes, fresh):
            display.update(task, advance=1, note=left["title"])
            if what == "page" and "bytes" in left and left["slug"] not in ("index", "glossary", "differences"):
                size = f"{left['bytes'] / 1024:5.0f} KB  {left['nodes']:5d} elements  {left['seconds']:5.1f} s"
                display.console.print(f"{left['slug']:24s} {size}", highlight=False)
            wrong += [f"{left['slug']}: {problem}" for problem in left["problems"]]
            if left.get("error"):
                wrong.append(f"{left['slug']} failed:\n{left['error']}")
        display.update(task, completed=total, note="")
    for problem in wrong:
        console.print(problem, style="red", highlight=False, markup=False)
    console.print(f"{out / 'index.html'}", highlight=False)
    if wrong:
        raise typer.Exit(1)


@app.command("open")
def open_(name: Annotated[Optional[str], typer.Argument(help="A page; the index when none is given.")] = None, out: Out = FOLDER):
    """Open the pages in the browser."""
    from .build import named

    path = out / f"{named([name])[0].slug if name else 'index'}.html"
    if not path.exists():
        console.print(f"There is no {path} yet: python -m comparisons atlas build", style="red", highlight=False)
        raise typer.Exit(1)
    webbrowser.open(path.resolve().as_uri())
    console.print(str(path), highlight=False)


@app.command()
def levels(out: Out = FOLDER, write: Annotated[bool, typer.Option("--write", help="Keep what was built.")] = False):
    """Compare what was built with the levels that the repository keeps: exact, at most 2 ulp, at most 64 ulp."""
    import json

    from . import levels as kept

    built = json.loads((out / "pages.json").read_text(encoding="utf-8"))
    if write:
        kept.write(built)
    found = kept.faults(kept.read(), built)
    for fault in found:
        console.print(fault, style="red", highlight=False, markup=False)
    console.print(f"{len(built)} pages, {sum(len(left['levels']) for left in built.values())} quantities, {len(found)} changed",
                  highlight=False)
    if found:
        raise typer.Exit(1)


def study_of(name):
    """The study of a name; exits if it has none."""
    from .. import catalogue
    from ..catalogue.study import studies

    limit_threads()
    found = studies().get(name) or catalogue.find(name).study
    if found is None:
        console.print(f"{name} has no study", style="red", highlight=False)
        raise typer.Exit(2)
    return found


@app.command()
def pairs(name: Name):
    """Show which statements pair, and what is wrong."""
    from .pairing import pair

    found = pair(study_of(name))
    for function, rows in found.rows.items():
        f, g = found.ours.functions[function], found.reference.functions[function]
        console.print(f"\n{function}", style="bold", highlight=False)
        for r in rows:
            a, b = (x.text(k).splitlines()[0] if k is not None else "" for x, k in ((f, r.ours), (g, r.reference)))
            mark = r.worst.gap.word if r.worst else "memory" if r.memory else "" if r.paired else "alone"
            console.print(f"{a[:60]:60s} {mark:>10s}  {b[:60]}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"\n{found.share:.0%} of the statements pair", highlight=False)
    for problem in found.problems:
        console.print(problem, style="red", highlight=False, markup=False)


@app.command()
def mutants(name: Name):
    """List the generated mutants that nothing notices, and count the others."""
    from .mutate import mutants as generated

    found = generated(study_of(name))
    for m in found:
        if not m.caught:
            console.print(f"{m.function}:{m.line}  {m.what}: {m.before}  →  {m.after}  {m.reason}", highlight=False, markup=False,
                          soft_wrap=True)
    console.print(f"{sum(bool(m.caught) for m in found)} of {len(found)} noticed", highlight=False)


@app.command()
def edges(name: Name):
    """Run the edge cases on both sides."""
    from .edges import cases

    for c in cases(study_of(name)):
        verdict = "same  " if c.agree else "DIFFER"
        console.print(f"{verdict} {c.label:24s} ours: {c.ours:32s} PyTorch: {c.theirs:32s} {c.why}", highlight=False, markup=False,
                      soft_wrap=True)
