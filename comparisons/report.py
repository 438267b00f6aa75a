"""Writes build/compare/report.html: one file that needs no network, from what the main job found."""
import json
import math
import os
from pathlib import Path

import jinja2
from markupsafe import Markup

from . import train as training
from .chart import Series, chart
from .live import ORDERS, ulps
from .terminal import duration

TEMPLATES = Path(__file__).parent / "templates"


def loss_chart(runs):
    """Both losses over the steps, ours wide and pale, torch's dashed on top of it."""
    ours, theirs = runs[:2]
    return chart([Series("ours", "minitorch", ours.losses), Series("torch", "torch", theirs.losses)],
                 "step", "loss", "The losses of both libraries at every step")


def difference_chart(agreement):
    """How far the losses are apart, on a log scale, beside torch's distance from itself and the bound."""
    return chart([Series("measured", "minitorch and torch", agreement.difference),
                  Series("torch", "torch with and without oneDNN, largest so far", agreement.spread),
                  Series("limit", "bound", agreement.limit)],
                 "step", "relative difference", "How far the losses are apart at every step, beside the spread of torch's own runs")


def pages(folder):
    """The pages of the atlas beside the report's folder: {component: address}; none if it has not been built."""
    notes = Path(folder).parent / "atlas" / "pages.json"
    if not notes.exists():
        return {}
    known = json.loads(notes.read_text(encoding="utf-8"))
    return {left["subject"]: f"../atlas/{slug}.html" for slug, left in known.items() if left["subject"]}


def render(rows, runs, agreement, versions, times, settings, atlas=()):
    """The page's text; `atlas`: the addresses of the study pages, by component."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
                                     trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"ulps": ulps, "duration": duration, "percent": lambda x: f"{x:.2%}", "small": lambda x: f"{x:.1e}"}
    failed = [row for row in rows if not row.ok]
    trained = agreement is not None
    return environment.get_template("report.html").render(
        rows=rows, failed=failed, runs=runs, agreement=agreement, versions=versions, times=times, settings=settings, orders=ORDERS,
        atlas=dict(atlas), ok=not failed and trained and agreement.holds, seconds=sum(times.values()),
        epochs=list(zip(*(run.epochs for run in runs[:2]))), bounds=training,
        worst={what: max((row.worst[what] for row in rows if not math.isnan(row.worst[what])), default=math.nan) for what in ORDERS},
        losses=Markup(loss_chart(runs)) if trained else "", differences=Markup(difference_chart(agreement)) if trained else "")


def write(folder, *found):
    """Write the report into `folder`, beside its final name first, so that a reader never meets half a page; its path."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.html"
    part = folder / "report.html.part"
    part.write_text(render(*found, atlas=pages(folder)), encoding="utf-8")
    os.replace(part, path)
    return path
