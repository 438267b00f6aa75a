"""The page of an optimizer: parameters and state after each step, beside what its study says of it."""
import json

from ...catalogue.updates import updates
from .. import stepping
from ..context import Page
from ..gap import worst
from ..mathml import Formulas
from .component import blocks, sentence, variables

SECTIONS = ("formula", "Formula"), ("steps", "Steps"), ("code", "Code"), ("theory", "Why"), ("variables", "Variables"), \
           ("agreement", "Agreement"), ("kinks", "Edge cases"), ("speed", "Speed"), ("sources", "Sources")


def pages():
    """A Page for every study of an optimizer."""
    return [Page(slug, u.title, u.group, u.lead, subject=u.name, reads=reads(u)) for slug, u in updates().items()]


def reads(update):
    """The files whose change makes the page old, beside the atlas itself."""
    own = "optim/" + update.name.rpartition(".")[2].lower() + ".py"
    return (f"comparisons/catalogue/updates/{update.slug}.py", "comparisons/catalogue/updates/__init__.py", f"minitorch/{own}",
            f"reference/{own}", "minitorch/optim/optimizer.py", "minitorch/optim/layout.py", "minitorch/kernels/optimizer.py",
            "reference/kernels/optimizer.py")


def build(context):
    """The page's HTML; facts, search entries, variables and disagreements go to the context."""
    update = updates()[context.page.slug]
    tex, pairing = Formulas(update.variables), stepping.pairing(update)
    context.problems += pairing.problems
    context.problems += [f"{v.where}: {v.tex}: {v.error}" for v in stepping.verdicts(update) if v.error]
    tables = {label: stepping.table(update, settings) for label, settings in update.variants.items()}
    found, cases, times = stepping.agreement(update), stepping.cases(update), stepping.times(update)
    facts = verdict(found, cases, times)
    rows, dock = variables(update, pairing, tex, {})
    context.facts = [(label, value) for label, value, _ in facts] + [("paired lines", f"{pairing.share:.0%}")]
    context.levels = levels(pairing, tables, found, cases)
    tell(context, update, cases, tex)
    return context.render("optimizer.html", update=update, study=update, tex=tex, sections=SECTIONS, facts=facts, tables=tables,
                          blocks=blocks(update, pairing), share=pairing.share, variables=rows, agreement=found, cases=cases, times=times,
                          dock=json.dumps(dock, ensure_ascii=False).replace("</", "<\\/"), public=f"torch.{update.name}",
                          symbols={n: tex.symbol(v) for n, v in symbols(update).items()}, called=called,
                          figures=[(plot.svg(), caption) for plot, caption in (f.draw(update) for f in update.figures)])


def symbols(update):
    """The local variable of everything that the table shows."""
    return {"theta": "theta"} | {name: variable for name, (variable, _) in update.states.items()}


def called(settings):
    """Settings as they are written in a call."""
    return ", ".join(f"{k}={v}" for k, v in settings.items())


def verdict(found, cases, times):
    """(label, value, small print) of the strip below the title."""
    first, *_ = found
    facts = [("After 100 steps", first.gaps["theta", "float32"].word, "parameters in float32")]
    state = worst([g for (n, d), g in first.gaps.items() if n not in ("theta", "step") and d == "float32"])
    facts.append(("State", state.word if state else "none", "at worst in float32" if state else "without momentum"))
    facts.append(("All variants", worst([g for a in found for (n, _), g in a.gaps.items() if n == "theta"]).word, f"{len(found)} of them"))
    odd = sum(not c.agree for c in cases)
    facts.append(("Edge cases", f"{len(cases) - odd} of {len(cases)} agree", f"{odd} to know about" if odd else "all alike"))
    facts.append(("Time", f"{min(t.ratio for t in times):.1f} to {max(t.ratio for t in times):.1f}×", "as long as PyTorch"))
    return facts


def levels(pairing, tables, found, cases):
    """What a rebuilt page is compared by."""
    left = {f"{r.function}:{c.name}:{k}": c.gap.level for rows in pairing.rows.values() for k, r in enumerate(rows) for c in r.cells}
    left |= {f"{label}:step {r.step}:{r.name}": r.gap.level for label, rows in tables.items() for r in rows}
    left |= {f"100 steps, {a.label}:{name}:{dtype}": g.level for a in found for (name, dtype), g in a.gaps.items()}
    return left | {f"edge:{c.label}": int(not c.agree) for c in cases}


def tell(context, update, cases, tex):
    """What other pages gather from this one."""
    for name, variable in update.variables.items():
        context.search.append((name, f"v-{name}", update.title, variable.meaning))
        context.variables[name] = [str(tex.symbol(name)), variable.symbol, variable.meaning, variable.here]
    for name, (_, what) in update.states.items():
        context.search.append((name, "state", update.title, what))
    for what, text in update.conventions:
        context.search.append((what, "conventions", update.title, text.replace("`", "").replace("$", "")))
    context.differences += [(what, str(tex.text(text)), "differences") for what, text in update.differences]
    context.differences += [(c.label, f"ours: {c.ours}; PyTorch: {c.theirs}. {sentence(c.why)}", "kinks") for c in cases if not c.agree]
