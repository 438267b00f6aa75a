"""The optimizers' pages say what is true: every displayed identity holds, both sides pair, and steps are compared as they should be."""
import re

import numpy as np
import pytest

from comparisons.atlas import stepping
from comparisons.catalogue import ENTRIES
from comparisons.catalogue.updates import updates

UPDATES = updates()


def test_every_optimizer_has_a_page():
    assert {u.name for u in UPDATES.values()} == {n for n, e in ENTRIES.items() if e.kind == "optimizer" and n != "optim.Optimizer"}


@pytest.mark.parametrize("slug", UPDATES)
def test_every_displayed_identity_holds(slug):
    found = stepping.verdicts(UPDATES[slug])
    assert not [f"{v.where}: {v.tex}: {v.error}" for v in found if v.error]


@pytest.mark.parametrize("slug", UPDATES)
def test_statements_pair(slug):
    found = stepping.pairing(UPDATES[slug])
    assert not found.problems and found.share == 1
    assert all(r.worst is None or r.worst.gap.level <= 2 for rows in found.rows.values() for r in rows)


@pytest.mark.parametrize("slug", UPDATES)
def test_a_page_is_complete(slug):
    update = UPDATES[slug]
    spoken = " ".join([line.tex for _, line in update.lines()] + [s.text for s in update.theory] + [t for _, t in update.conventions])
    assert not set(re.findall(r"\\v\{(\w+)\}", spoken)) - set(update.variables)
    assert update.lead.endswith(".") and update.checked in update.variants
    made = {n for settings in update.variants.values() for row in stepping.table(update, settings) for n in [row.name]}
    assert made == {"theta", *update.states} - {"step"}, "every state is shown, and every one that is described is made"


def test_digits_are_cut_where_they_begin_to_differ():
    same, other = stepping.digits(np.float32(1.25), np.float32(1.25))
    assert same == other == ("1.25", "")
    assert stepping.digits(np.float32(-0.14380129), np.float32(-0.14380127)) == (("−0.1438012", "87"), ("−0.1438012", "72"))


def test_a_difference_is_noticed():
    """The same optimizer with another epsilon does not agree."""
    import minitorch
    update = UPDATES["adam"]
    theta, gradients = stepping.drawn(0, 3, 2, np.float32)
    ends = [list(stepping.walk(minitorch, update, {"lr": 0.1, "eps": eps}, theta, gradients))[-1] for eps in (1e-8, 1e-3)]
    assert not stepping.same(*([e[k] for k in sorted(e)] for e in ends))
