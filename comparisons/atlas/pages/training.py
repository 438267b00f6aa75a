"""The page of training runs: losses of both libraries from one seed, and how far PyTorch is from itself."""
import numpy as np

from ...curves import BATCH, PROGRAMS, SEED, curves
from ...train import EARLY_BOUND, SPREADS
from ..context import Page
from ..plot import Plot
from ..stepping import digits

SECTIONS = tuple((p.name.lower(), p.name) for p in PROGRAMS)


def pages():
    """One page."""
    return [Page("training", "Training runs", "How it works", "Four networks trained on handwritten digits by both libraries from one "
                 "seed: do the losses stay together, and would PyTorch stay with itself?",
                 reads=("comparisons/curves.py", "comparisons/train.py", "comparisons/models.py", "comparisons/digits.py", "minitorch"))]


def build(context):
    """The page's HTML."""
    runs = [curves(p) for p in PROGRAMS]
    facts = verdict(runs)
    context.facts = [(label, value) for label, value, _ in facts]
    context.search += [(r.program.name, r.program.name.lower(), "Training runs", r.program.text) for r in runs]
    context.levels = levels(runs)
    context.problems += [f"{r.program.name}: the losses are further apart than their limit, first at step {excess(r)}"
                         for r in runs if not r.holds]
    return context.render("training.html", sections=SECTIONS, facts=facts, runs=[shown(r) for r in runs], bound=EARLY_BOUND,
                          spreads=SPREADS, batch=BATCH, seed=SEED)


def excess(found):
    """The first step, from 1, at which a difference is over its limit."""
    return int(np.flatnonzero(~(found.difference <= found.limit))[0]) + 1


def levels(runs):
    """What a page built again is compared by: whether the limits hold, and whether the first loss is that of the same network."""
    found = {f"edge:{r.program.name} holds": int(not r.holds) for r in runs}
    return found | {f"edge:{r.program.name} begins alike": int(abs(r.ours[0] - r.theirs[0]) > 1e-6 * r.theirs[0]) for r in runs}


def verdict(runs):
    """(label, value, small print) of the strip below the title."""
    ratios = [r.seconds[0] / r.seconds[1] for r in runs]
    alike = sum(a == b for r in runs for a, b in zip(r.ours[:10], r.theirs[:10]))
    return [("Within the limits", f"{sum(r.holds for r in runs)} of {len(runs)}", "networks, at every step"),
            ("First ten steps", f"{max(r.early for r in runs):.1e}", "largest relative difference of a loss"),
            ("Same bits", f"{alike} of {10 * len(runs)}", "of the first ten losses"),
            ("Steps", f"{sum(len(r.ours) for r in runs)}", f"of {BATCH} digits"),
            ("Time", f"{min(ratios):.1f} to {max(ratios):.1f}×", "as long as PyTorch")]


def shown(found):
    """What the template shows of one run."""
    program, steps = found.program, np.arange(1, len(found.ours) + 1)
    loss = Plot(f"{program.name}: the losses of both libraries over {len(steps)} steps", "step", "loss")
    loss.line(steps, found.ours, "ours", "ours")
    loss.line(steps, found.theirs, "PyTorch", "reference")
    gap = Plot(f"{program.name}: the largest relative difference so far, ours and PyTorch from itself", "step", "largest so far", logy=True)
    plain, nudged = found.spreads
    gap.line(steps, found.difference, "ours", "ours")
    gap.line(steps, plain, "without oneDNN", "reference")
    gap.line(steps, nudged, "nudged", "third")
    first = [(k, *digits(np.float32(a), np.float32(b)), abs(a - b) / b) for k, (a, b) in enumerate(zip(found.ours[:10], found.theirs), 1)]
    last = {"ours": float(found.difference[-1]), "plain": float(plain[-1]), "nudged": float(nudged[-1]), "limit": float(found.limit[-1])}
    return {"program": program, "slug": program.name.lower(), "loss": loss.svg(), "gap": gap.svg(), "first": first, "last": last,
            "steps": len(steps), "holds": found.holds, "early": found.early, "seconds": found.seconds, "begin": found.ours[0],
            "end": found.ours[-1]}
