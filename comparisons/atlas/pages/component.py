"""The page of one component: everything that its study says and everything that is measured of it."""
import importlib
import inspect
import json
import re
from types import SimpleNamespace

import numpy as np

from ...catalogue.study import studies
from .. import edges, identities, measure, mutate, run
from ..code import code_rows, listing
from ..context import Page, human
from ..gap import flat, worst
from ..mathml import Formulas
from ..pairing import pair
from ..picture import picture, spark
from ..source import parse

SECTIONS = ("formula", "Formula"), ("code", "Code"), ("derivation", "Derivation"), ("variables", "Variables"), ("agreement", "Agreement"), \
           ("mutants", "Mutants"), ("kinks", "Edge cases"), ("speed", "Speed"), ("sources", "Sources")


def pages():
    """A Page for every study."""
    return [Page(slug, s.title, s.group, s.lead, reads=reads(s), subject=s.name) for slug, s in studies().items()]


def reads(study):
    """The files whose change makes the page old, beside the atlas itself."""
    path = study.entry.op.rpartition(".")[0] if study.entry.op else study.traced
    module = importlib.import_module(f"minitorch.{path}")
    names = [module.__name__, *(f.__module__ for n, f in run.functions(study, module).items() if n in study.functions)]
    files = [name.partition(".")[2].replace(".", "/") for name in dict.fromkeys(names)]
    own = f"comparisons/catalogue/studies/{study.slug}.py"
    below = ("minitorch/kernels/blocks.py",) if study.entry.op else ("minitorch/kernels", "minitorch/nn/modules", "reference/nn/modules")
    return (own, *(f"{side}/{file}.py" for file in files for side in ("minitorch", "reference")), *below)


def build(context):
    """The page's HTML; facts, search entries, variables and disagreements go to the context."""
    study = studies()[context.page.slug]
    tex, pairing = Formulas(study.variables), pair(study)
    context.problems += pairing.problems
    context.problems += [f"{v.where}: {v.tex}: {v.error}" for v in identities.verdicts(study) if v.error]
    rows, broken = measure.agreement(study), mutate.mutants(study)
    cases, times = edges.cases(study), measure.times(study)
    facts = verdict(study, rows, broken, cases, times)
    table, dock = variables(study, pairing, tex, identities.names(study))
    context.facts = [(label, value) for label, value, _ in facts[:3]] + [("paired lines", f"{pairing.share:.0%}")]
    context.levels = levels(pairing, rows, cases)
    tell(context, study, cases, tex)
    return context.render("component.html", study=study, tex=tex, sections=SECTIONS, facts=facts, blocks=blocks(study, pairing),
                          listings=listings(study),
                          share=pairing.share, variables=table, dock=json.dumps(dock, ensure_ascii=False).replace("</", "<\\/"),
                          agreement=rows, mutants=mutate.chosen(broken),
                          total=sum(m.counts for m in broken), caught=sum(bool(m.caught) for m in broken),
                          cases=cases, times=times, figures=figures(study, tex), public=f"torch.{study.entry.public}", percent=percent,
                          others=[name.partition(" ")[0] for name in serves(study)[1:]])


def tell(context, study, cases, tex):
    """What other pages gather from this one."""
    for name, variable in study.variables.items():
        context.search.append((name, f"v-{name}", study.title, variable.meaning))
        context.variables[name] = [str(tex.symbol(name)), variable.symbol, variable.meaning, variable.here]
    from ...catalogue import ENTRIES
    for name in serves(study):
        context.search += [(other, "code", study.title, study.lead) for other in ENTRIES[name].proven if other != study.name]
    for what, text in study.conventions:
        context.search.append((what, "conventions", study.title, text.replace("`", "").replace("$", "")))
    texts = [(what, tex.text(text)) for what, text in study.differences] + [("", tex.text(text)) for text in study.entry.differences]
    context.differences += [(what, str(text), "differences") for what, text in texts]
    context.differences += [(c.label, f"ours: {c.ours}; PyTorch: {c.theirs}. {sentence(c.why)}", "kinks") for c in cases if not c.agree]


def serves(study):
    """The names of all entries above the study's kernel, its own first."""
    others = run.above(study.entry.op) if study.entry.op else ()
    return (study.name, *(n for n in others if n != study.name))


def sentence(text):
    """A text that begins with a capital and ends with a full stop."""
    return text[:1].upper() + text[1:] + ("." if text and not text.endswith(".") else "")


# ---- the verdict ---------------------------------------------------------------------------------------------------------


def verdict(study, rows, broken, cases, times):
    """(label, value, small print) of the strip below the title."""
    def of(kind, dtype):
        return worst([g for r in rows if r.kind == kind and (g := getattr(r, dtype)) is not None])
    found, kinds = [], (("Forward", "forward", "float32"), ("Gradient", "gradient", "float32"), ("Second order", "second order", "float64"))
    for label, kind, dtype in kinds:
        g = of(kind, dtype)
        found.append((label, "none", "it is zero, or PyTorch has none") if g is None else (label, g.word, human(g.abs) + f" in {dtype}"))
    caught, odd = sum(bool(m.caught) for m in broken), sum(not c.agree for c in cases)
    found.append(("Mutants caught", f"{caught} of {sum(m.counts for m in broken)}", "by forward or gradient"))
    found.append(("Edge cases", f"{len(cases) - odd} of {len(cases)} agree", f"{odd} to know about" if odd else "all alike"))
    if times:
        ratio = float(np.exp(np.mean([np.log(t.ratio) for t in times])))
        found.append(("Time", f"{ratio:.1f}×", "as long as PyTorch"))
    return found


def levels(pairing, rows, cases):
    """What a rebuilt page is compared by: the level of every measured quantity."""
    found = {f"{r.function}:{c.name}:{k}": c.gap.level for rows in pairing.rows.values() for k, r in enumerate(rows) for c in r.cells}
    for r in rows:
        for dtype in ("float32", "float64"):
            if getattr(r, dtype) is not None:
                found[f"{r.kind}:{r.name}:{dtype}"] = getattr(r, dtype).level
    return found | {f"edge:{c.label}": int(not c.agree) for c in cases}


# ---- code ----------------------------------------------------------------------------------------------------------------


def blocks(study, pairing):
    """The aligned code of every function."""
    found = []
    for name, heading in study.functions.items():
        f, g = pairing.ours.functions[name], pairing.reference.functions[name]
        rows = []
        for pair_, (a, b, same) in zip(pairing.rows[name], code_rows(f, g, pairing.rows[name], study.variables)):
            known = {str(x[1]) for x in a}
            b = [(*x, str(x[1]) in known) for x in b]
            number = a[0][0] if a else f"r{b[0][0]}"
            rows.append(SimpleNamespace(id=f"{name}-{number}", a=a, b=b, same=same, chip=chip(study, f, pair_), pair=pair_,
                                        kind="memory" if pair_.memory and not pair_.paired else "alone" if not pair_.paired else ""))
        measured = [r for r in rows if r.chip and r.chip.gap]
        found.append(SimpleNamespace(name=name, heading=heading, rows=rows, alike=sum(r.same for r in rows),
                                     paired=sum(r.pair.paired for r in rows), exact=sum(not r.chip.gap.level for r in measured),
                                     measured=len(measured), file=place(f.file), other=place(g.file)))
    return found


def listings(study):
    """What stands alone: (id, heading, a sentence, lines) of the helpers, and of the definition in primitive operations if there is one."""
    kernel, found = run.kernel(study), []
    for name in study.helpers:
        text = "One idea of the kernel in a function of its own: on a device it is one fused kernel."
        found.append((name, name, text, listing(parse(inspect.unwrap(getattr(kernel.ours, name))), study.variables)))
    if kernel.definition:
        text = "Under create_graph the engine differentiates this instead, in primitive operations; the tests hold it equal to both sides."
        found.append(("definition", "The definition, for higher orders", text, listing(parse(kernel.definition), study.variables)))
    return found


def place(file):
    """A file's path from the project's root."""
    return re.sub(r".*/(?=(minitorch|reference)/)", "", file)


def chip(study, f, row):
    """What stands between the two sides of a row."""
    if not row.paired:
        quiet = row.memory and not row.alone
        check = quiet and row.ours is not None and f.statements[row.ours].kind == "guard"
        return SimpleNamespace(gap=None, word="check" if check else "memory" if quiet else "alone", calls=(), title=row.alone or
                               ("looks at the arguments" if check else "provides memory, lays it out, or takes it piece by piece"))
    cell, kind = row.worst, f.statements[row.ours].kind
    if cell is None:
        word = "not run" if not row.run else "memory" if row.memory else ""
        title = {"not run": "no input of this page comes here", "memory": "uninitialised memory"}.get(word, "")
        return SimpleNamespace(gap=None, word=word, title=title, calls=()) if word else None
    value = flat(cell.value)
    text = {"def": "in", "return": "out"}.get(kind) or (shape(study, value[0].shape) if len(value) == 1 and value[0].ndim else "")
    own = row.own
    title = f"{cell.name}: largest difference {cell.gap.abs:.1e}" + (f", {own.word} made on this line" if own else "")
    title += (f", {len(cell.visits)} visits" if len(cell.visits) > 1 else "") + \
             (f"; overwrites the memory of {', '.join(row.reuses)}" if row.reuses else "")
    return SimpleNamespace(gap=cell.gap, word=cell.gap.word, title=title, shape=text, spark=spark(cell.visits), own=own, calls=row.calls,
                           bar=bar(cell.gap), own_bar=bar(own) if own else 0)


def bar(gap):
    """The length of a bar in percent, on a log scale."""
    return min(100, 18 * np.log2(1 + gap.ulp)) if gap.alike and np.isfinite(gap.ulp) else 100


def shape(study, sizes):
    """(3, 5, 8) as (N, T, C): the sizes differ, so they read back as names."""
    names = {v: k for k, v in study.shown_sizes.items()}
    return "(" + ", ".join(names.get(n, str(n)) for n in sizes) + ("," if len(sizes) == 1 else "") + ")"


# ---- variables -----------------------------------------------------------------------------------------------------------


def variables(study, pairing, tex, space):
    """The rows of the table, and what the bar at the foot of the page says of each; what formulas alone name has its value in `space`."""
    table, dock = [], {}
    for name, variable in study.variables.items():
        cells = [c for rows in pairing.rows.values() for r in rows for c in r.cells if c.name == name]
        arrays = flat(cells[0].value) if cells else []
        value, gap = arrays[0] if len(arrays) == 1 else None, worst([c.gap for c in cells])
        if not cells and isinstance(space.get(name), (np.ndarray, np.generic)):
            value = space[name]
        text = "" if value is None else shape(study, value.shape) if value.ndim else f"{value:.4g}" if value.dtype.kind == "f" else \
            str(value)
        visits = max((len(c.visits) for c in cells), default=0)
        table.append(SimpleNamespace(name=name, symbol=tex.symbol(name), meaning=variable.meaning, here=variable.here, gap=gap, shape=text,
                                     visits=visits, picture=picture(value) if value is not None and value.ndim else "",
                                     written=any(c.how == "written" for c in cells)))
        span = f"{value.min():.3g} to {value.max():.3g}" if value is not None and value.size and value.dtype.kind in "fiu" else ""
        measured = (gap.word, human(gap.abs), f"{100 * gap.equal:.0f}%", f"{gap.each:,} ulp") if gap else ("",) * 4
        dock[name] = [variable.meaning + (f", {variable.here}" if variable.here else ""), text, *measured, span]
    return table, dock


# ---- the rest --------------------------------------------------------------------------------------------------------------


def percent(x):
    """How far a mutant is off."""
    if x <= mutate.NOTICED:
        return "unchanged"
    if not np.isfinite(x):
        return "nan"
    return f"{100 * x:.1f} %" if x >= 1e-3 else human(100 * x) + " %"


def figures(study, tex):
    """The figures by place: (SVG, caption)."""
    found = {"derivation": [], "agreement": []}
    for figure in study.figures:
        plot, caption = figure.draw(study)
        found[figure.place].append((plot.svg(), tex.text(caption)))
    return found
