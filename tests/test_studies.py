"""The studies say what is true: every displayed identity holds at random points, and a wrong one is noticed."""
import dataclasses
import re

import numpy as np
import pytest

from comparisons.atlas.identities import central, gradient, jacobian, slope, verdict, verdicts
from comparisons.catalogue import ENTRIES
from comparisons.catalogue.study import Line, Study, studies

STUDIES = studies()


@pytest.mark.parametrize("slug", STUDIES)
def test_every_displayed_identity_holds(slug):
    found = verdicts(STUDIES[slug])
    assert not [f"{v.where}: {v.tex}: {v.error}" for v in found if v.error]
    assert any(v.check for v in found)


@pytest.mark.parametrize("slug", STUDIES)
def test_a_study_is_complete(slug):
    study = STUDIES[slug]
    assert study.name in ENTRIES and ENTRIES[study.name].study is study
    assert study.lead.endswith(".") and study.sources and study.derivation
    spoken = " ".join([line.tex for _, line in study.lines()] + [s.text for s in study.derivation])
    assert not set(re.findall(r"\\v\{(\w+)\}", spoken)) - set(study.variables), "\\v{...} names something that `variables` does not explain"
    for _, line in (("", one) for one in (*study.forward, *study.backward)):
        assert re.match(r"\\v\{\w+\}", line.tex), f"a formula begins with the variable that it defines: {line.tex}"


# ---- the checker is checked --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check, wrong", [
    ("a == b", ""), ("a == b == 2 * a / 2", ""), ("a == b + 1e-6", "apart"), ("a == -b", "apart"), ("a", "joined by =="),
    ("a == nothing", "NameError"), ("a == b[:2]", "shape"), ("", "no check"), ("a < b", "joined by =="),
    ("a[:0] == b[:0]", "nothing to compare"), ("a == a * np.nan", "apart"),
])
def test_a_wrong_identity_is_noticed(check, wrong):
    a = np.array([1.0, 2.0, 4.0])
    found = verdict("here", Line("a = b", check), {"a": a, "b": a.copy(), "np": np})
    assert wrong in found.error and bool(found.error) == bool(wrong)


def test_derivatives_by_complex_steps():
    x = np.random.RandomState(0).standard_normal((3, 4))
    assert np.allclose(slope(np.tanh, x), 1 - np.tanh(x) ** 2, rtol=1e-14)
    assert np.allclose(gradient(lambda z: z * z.sum(1, keepdims=True), x), 2 * x.sum(1, keepdims=True), rtol=1e-13)
    assert np.allclose(jacobian(lambda z: z.sum(1), x), np.kron(np.eye(3), np.ones(4)).reshape(3, 3, 4))
    assert np.allclose(central(np.abs, x), np.sign(x))


def test_sizes_that_cannot_be_told_apart_are_refused():
    study = next(iter(STUDIES.values()))
    with pytest.raises(ValueError, match="differ"):
        dataclasses.replace(study, sizes={"N": 3, "T": 3})
    assert isinstance(study, Study)
