"""The atlas measures what it says: the tracer sees every change, blame falls on the line that errs, what does not pair is refused."""
import dataclasses
import json
import re
import types

import numpy as np
import pytest
import torch

from comparisons.atlas import edges, levels, measure, mutate, run
from comparisons.atlas.build import build, fingerprint, named
from comparisons.atlas.gap import gap
from comparisons.atlas.mathml import Formulas, mathml
from comparisons.atlas.pages.index import clashes, gathered
from comparisons.atlas.pairing import Matcher, pair
from comparisons.atlas.plot import Plot
from comparisons.atlas.source import align, parse
from comparisons.atlas.trace import Trace
from comparisons.catalogue.study import Edge, Variable, studies

STUDIES = studies()


def step(h, w):
    z = h @ w
    return np.tanh(z)


def loop(x, w, *, steps=3):
    """A loop that calls a function, writes into elements, appends, adds in place."""
    seen = []
    y = np.empty((steps, len(x)))
    total = np.zeros_like(x)
    for t in range(steps):
        x = step(x,
                 w)
        y[t] = x
        total += x
        seen.append(t)
    np.multiply(total, 2, out=total)
    return y, total


def reference_step(h, w):
    z = h @ w
    return torch.tanh(z)


def reference_wrong(h, w):
    z = (h @ w) * 1.0001
    return torch.tanh(z)


def reference_loop(x, w, *, steps=3):
    seen = []
    y = x.new_empty(steps, len(x))
    total = torch.zeros_like(x)
    for t in range(steps):
        x = calls["step"](x, w)
        y[t] = x
        total += x
        seen.append(t)
    total = total * 2
    return y, total


def reference_longer(x, w, *, steps=3):
    seen = []
    y = x.new_empty(steps + 1, len(x))
    total = torch.zeros_like(x)
    for t in range(steps + 1):
        x = calls["step"](x, w)
        y[t] = x
        total += x
        seen.append(t)
    total = total * 2
    return y, total


def reference_apart(x, w, *, steps=3):
    out = x
    for k in range(steps):
        out = calls["step"](out, w)
        extra = out * 0
    return out + extra


calls = {"step": reference_step}


def matched(theirs, cell=reference_step, alone=()):
    """The Pairing of `loop` and `step` with a reference of each."""
    rng = np.random.RandomState(0)
    x, w = rng.standard_normal(4), rng.standard_normal((4, 4))
    calls["step"] = cell
    study = types.SimpleNamespace(functions={"step": "", "loop": ""}, alone=dict(alone))
    ours = Trace({"step": step, "loop": loop})
    with ours:
        loop(x, w)
    other = Trace({"step": cell, "loop": theirs})
    with other:
        theirs(torch.from_numpy(x), torch.from_numpy(w))
    space = types.ModuleType("space")
    vars(space).update(torch=torch, calls=calls, np=np)
    return Matcher(study, ours, other, space).pairing()


def events(name):
    trace = Trace({"step": step, "loop": loop})
    with trace:
        loop(np.ones(2), np.eye(2))
    return trace, [e for e in trace.events if e.name == name]


# ---- the tracer --------------------------------------------------------------------------------------------------------


def test_the_tracer_sees_bindings_contents_visits_and_calls():
    trace, y = events("y")
    f = trace.functions["loop"]
    assert [(f.text(e.statement).splitlines()[0], e.visit, e.how) for e in y] == [
        ("y = np.empty((steps, len(x)))", 0, "bound"), *(("y[t] = x", k, "written") for k in range(3))]
    assert np.array_equal(y[0].value, np.zeros((3, 2))), "uninitialised memory is filled, or chance would be measured"
    assert [e.how for e in events("total")[1]] == ["bound", "bound", "bound", "bound", "written"]
    assert [(c.caller, c.visit, c.callee) for c in trace.links] == [("loop", k, "step") for k in range(3)]
    assert [int(e.value) for e in events("t")[1]] == [0, 1, 2]


def test_what_is_shared_is_told_apart_from_what_is_written():
    def shares(x):
        view = x[1:]
        view += 1
        return view
    trace = Trace({"shares": shares})
    with trace:
        shares(np.zeros(3))
    assert [(e.name, e.how) for e in trace.events if e.statement == 2] == [("x", "shared"), ("view", "bound")]


def test_equal_sides_pair_and_agree():
    found = matched(reference_loop)
    assert not found.problems and found.share == 1
    assert all(r.worst is None or r.worst.gap.ulp <= 4 for rows in found.rows.values() for r in rows)
    call, = (r for r in found.rows["loop"] if r.calls)
    assert call.calls == ("step",) and len(call.worst.visits) == 3


def test_blame_falls_on_the_line_that_errs():
    """Every later line inherits the difference; one line made it."""
    found = matched(reference_loop, reference_wrong)
    assert max(r.worst.gap.ulp for r in found.rows["loop"] if r.worst) > 1e6
    guilty = [r for rows in found.rows.values() for r in rows if r.own is not None and r.own.ulp > 100]
    assert [found.ours.functions[r.function].text(r.ours).splitlines()[0] for r in guilty] == ["z = h @ w", "x = step(x,"]


def test_unequal_visits_are_refused():
    problems = matched(reference_longer).problems
    assert any("gets 3 values, 4 in the reference" in p for p in problems) and any("called 3 times, 4" in p for p in problems)


def test_unpaired_lines_are_refused_unless_explained():
    found = matched(reference_apart)
    assert found.share < 0.9 and any(p.startswith("only") and "pair" in p for p in found.problems)
    assert any("only the reference has `extra = out * 0`" in p for p in found.problems)
    explained = matched(reference_apart, alone={"extra = out * 0": "a reason"})
    assert not any("extra" in p for p in explained.problems)


def test_alignment_by_what_is_bound():
    f, g = parse(loop), parse(reference_loop)
    rows = [(f.text(i).splitlines()[0], g.text(j)) for i, j in align(f, g)]
    assert rows[-2:] == [("np.multiply(total, 2, out=total)", "total = total * 2"), ("return y, total", "return y, total")]
    assert rows[5] == ("x = step(x,", 'x = calls["step"](x, w)')


def test_nothing_keeps_tracing():
    import sys
    before = sys.gettrace()
    with pytest.raises(ZeroDivisionError), Trace({"step": step}):
        1 / 0
    assert sys.gettrace() is before


# ---- measuring ---------------------------------------------------------------------------------------------------------


def test_gaps():
    a = np.array([1.0, 2.0, 4.0], "f4")
    assert gap(a, a.copy()).word == "exact" and gap(a, a.copy()).level == 0
    b = a.copy()
    b[0] = np.nextafter(b[0], 2)
    assert gap(b, a).ulp == 0.25 and gap(b, a).each == 1 and gap(b, a).level == 1 and gap(b, a).equal == pytest.approx(2 / 3)
    assert gap(a * np.float32(1.001), a).level == 3 and gap(a, a[:2]).level == 3 and not gap([a], [a, a]).alike
    assert gap(a * np.nan, a).level == 3 and gap(a * np.nan, a * np.nan).word == "exact"
    assert gap(np.int64(3), np.int32(3)).word == "exact" and gap(np.int64(3), np.int64(4)).level == 3
    assert gap(a[:0], a[:0]).word == "exact"


@pytest.mark.parametrize("slug", STUDIES)
def test_statements_pair(slug):
    found = pair(STUDIES[slug])
    assert not found.problems and found.share >= 0.9


@pytest.mark.parametrize("slug", STUDIES)
def test_a_study_agrees_with_torch(slug):
    rows = measure.agreement(STUDIES[slug])
    assert {"forward", "reference"} <= {r.kind for r in rows}
    said = {what.lower() for what, _ in STUDIES[slug].differences} | {"central differences"}     # PyTorch's own inexactness, explained
    assert not [r for r in rows if r.kind not in said for g in (r.float32, r.float64) if g is not None and g.level > 2]


def test_a_wrong_gradient_is_measured():
    """PyTorch's side of a study that calls another function there."""
    study = STUDIES["layer_norm"]

    def call(library, input, weight, bias):
        y = study.call(library, input, weight, bias)
        return y + 0.001 * input if library is torch else y
    rows = measure.agreement(dataclasses.replace(study, call=call))
    assert all(r.float32.level == 3 for r in rows if (r.kind, r.name) in (("forward", "output"), ("gradient", "input")))


def test_mutants_of_layer_norm_are_noticed():
    found = mutate.mutants(STUDIES["layer_norm"])
    assert len(found) > 30 and all(m.caught or m.reason for m in found)
    assert {"sign", "dropped term", "swapped arguments", "wrong axis"} <= {m.what for m in found}
    assert {"forward", "gradient"} <= {m.caught for m in found}
    assert len(mutate.chosen(found)) == mutate.SHOWN + sum(not m.caught for m in found)


def test_a_mutant_that_fills_nothing_is_noticed():
    change = ("y = silu_values(x, space) ", "y = x ", "nothing is computed")
    study = dataclasses.replace(STUDIES["silu"], mutants=(change,) * 3)
    assert [m.caught for m in mutate.mutants(study)[:3]] == ["forward"] * 3, "what a run before left in memory may not pass for a result"
    assert np.empty.__module__ == "numpy" and np.empty_like.__module__ == "numpy"


def test_a_mutant_by_hand():
    change = "var = line_dots(xc, xc) / n\n", "var = line_dots(xc, xc) / (n - 1)\n", "unbiased variance"
    study = dataclasses.replace(STUDIES["layer_norm"], mutants=(change,))
    first = mutate.mutants(study)[0]
    assert first.caught == "forward" and 0.01 < first.forward < 0.5 and first.function == "layer_norm"
    with pytest.raises(LookupError, match="0 times"):
        mutate.mutants(dataclasses.replace(study, mutants=(("not there", "", ""),)))


def test_edge_cases_run_on_both_sides_and_disagreements_come_first():
    study = dataclasses.replace(STUDIES["layer_norm"], edges=(Edge("nothing changes", lambda values: None),))
    found = edges.cases(study)
    assert {"zeros", "constant", "one nan", "one infinity", "huge, 1e20", "tiny, 1e-20", "size 0", "one element", "nothing changes"} <= \
        {c.label for c in found}
    assert [c.agree for c in found] == sorted(c.agree for c in found)
    huge, = (c for c in found if c.label.startswith("huge"))
    assert not huge.agree and "nan" in huge.theirs and "nan" not in huge.ours


def test_edges_compare_nans_infinities_errors_and_values():
    a = np.array([1.0, np.nan, np.inf])
    assert edges.alike(([a], []), ([a.copy()], [])) and not edges.alike(([a], []), ([-a], []))
    assert not edges.alike(([a], []), ([np.nan_to_num(a)], [])) and not edges.alike(([a[:1]], []), ([a[:1] * 1.01], []))
    assert edges.alike(ValueError("a"), ValueError("b")) and not edges.alike(ValueError(), TypeError())
    assert not edges.alike(ValueError(), ([a], []))


def test_inputs_by_seed_in_both_precisions():
    study = STUDIES["layer_norm"]
    a, b = run.inputs(study, np.float32), run.inputs(study)
    assert a["input"].dtype == np.float32 and np.array_equal(a["input"], b["input"].astype("f4"))


# ---- pages -------------------------------------------------------------------------------------------------------------


def test_formulas_light_up_with_the_code():
    tex = Formulas({"rstd": Variable("r", "one over the deviation"), "xhat": Variable(r"\hat{x}", "normalized")})
    out = tex(r"\bar{\v{xhat}} = \v{rstd}_j")
    assert re.findall(r'data-v="(\w+)"', out) == ["xhat", "rstd"] and "\ue000" not in out
    assert tex.sides(r"\v{rstd} = \frac{a=b}{c}")[0].count("<mi") == 1
    with pytest.raises(LookupError, match="no variable 'nothing'"):
        tex(r"\v{nothing}")
    assert tex.text("the `rstd` of $\\v{xhat}$ < 1").count("data-v") == 2 and "&lt; 1" in tex.text("< 1")
    assert mathml("y(-x)").count('<mo form="prefix">−</mo>') == 1 and "prefix" not in mathml("(y-x)")
    assert re.search(r"<mi>log</mi><mspace[^>]*/><mi>s</mi>", tex(r"\log s")) and "&#x" not in mathml(r"\sum_i x^\top")
    assert "mspace" not in tex(r"\tanh^2(z)") and "mspace" in tex(r"\tanh^2 z")


def test_plots_are_small_and_named():
    plot = Plot("Squares & more", "x", "y", logy=True)
    plot.line([1, 2, 3], [1, 0, 9], "squares", "ours")
    plot.dots([3], [9])
    svg = plot.svg()
    assert '<circle class="dot ours" cx="546.0" cy="49.8"' in svg
    assert 'aria-label="Squares &amp; more"' in svg and "nan" not in svg and len(svg) < 4000


def test_one_name_has_one_meaning():
    left = {"variables": {"x": ["<math/>", "x", "input", ""]}, "slug": "a", "title": "A"}
    other = {"variables": {"x": ["<math/>", "x", "output", ""]}, "slug": "b", "title": "B"}
    assert not clashes(gathered([left, left | {"slug": "c"}]))
    assert clashes(gathered([left, other]))[0].startswith("x means “input”")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The atlas with one page."""
    place = tmp_path_factory.mktemp("atlas")
    assert not [left for _, left in build(["layer_norm"], place, 1) if left["problems"] or "error" in left]
    return place


def test_a_page_has_everything(folder):
    html = (folder / "layer_norm.html").read_text(encoding="utf-8")
    assert len(html.encode()) < 300 * 1024 and len(re.findall(r"<[a-zA-Z]", html)) < 4000
    for section in ("formula", "code", "derivation", "variables", "agreement", "mutants", "kinks", "speed", "sources"):
        assert html.count(f'id="{section}"') == 1
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) and not set(re.findall(r'href="#([^"]+)"', html)) - set(ids)
    outside = re.findall(r'(?:src|href)="((?!#|data:|[\w-]+\.html|search\.js)[^"]*)"', html)
    assert all(a.startswith("https://") for a in outside) and not re.search(r"<(script|img|link)[^>]+(src|href)=\"http", html)
    json.loads(re.search(r'id="data">(.*?)</script>', html, re.S)[1])


def test_gathered_pages_and_search(folder):
    assert 'href="layer_norm.html"' in (folder / "index.html").read_text(encoding="utf-8")
    assert "layer_norm.html#v-rstd" in (folder / "glossary.html").read_text(encoding="utf-8")
    assert "Overflow" in (folder / "differences.html").read_text(encoding="utf-8")
    entries = json.loads((folder / "search.js").read_text(encoding="utf-8").removeprefix("window.ATLAS=").rstrip(";\n"))
    assert any(e[:2] == ["nn.LayerNorm", "layer_norm.html#code"] for e in entries)
    assert ["rstd", "layer_norm.html#v-rstd", "Layer normalization", "one over the standard deviation"] in entries


def test_what_is_not_old_is_kept(folder):
    assert [(what, left["slug"]) for what, left in build(["layer_norm"], folder, 1)][0] == ("kept", "layer_norm")
    page, = named(["nn.functional.layer_norm"])
    assert fingerprint(page) != fingerprint(dataclasses.replace(page, lead="Another."))
    assert named(["nn.LayerNorm"]) == [page], "a layer leads to the page of its kernel"
    with pytest.raises(KeyError, match="no page"):
        named(["nothing at all"])


def test_levels_say_when_a_page_is_no_longer_true(tmp_path):
    built = {"a": {"levels": {"forward": 1, "edge:nan": 0}}, "b": {"levels": {}}}
    levels.write(built, tmp_path / "levels.json")
    kept = levels.read(tmp_path / "levels.json")
    assert kept == {"a": {"forward": 1, "edge:nan": 0}} and not levels.faults(kept, built)
    for now, fault in (({"forward": 2, "edge:nan": 0}, ""), ({"forward": 3, "edge:nan": 0}, "level 1, and is at 3"),
                       ({"forward": 1, "edge:nan": 1}, "edge:nan was at level 0"), ({"forward": 1}, "no longer measured"),
                       ({"forward": 1, "edge:nan": 0, "gradient": 0}, "is new")):
        found = " ".join(levels.faults(kept, {"a": {"levels": now}}))
        assert fault in found and bool(fault) == bool(found)
    assert levels.faults(kept, {}) == ["a: the page is gone"] and levels.faults({}, built) == ["a: a new page"]


LAYERS = """Linear Conv2d MaxPool2d AvgPool2d AdaptiveAvgPool2d AdaptiveMaxPool2d BatchNorm1d BatchNorm2d LayerNorm LSTM MultiheadAttention
    Embedding Dropout GELU ReLU LeakyReLU SiLU Sigmoid Tanh Softmax LogSoftmax CrossEntropyLoss NLLLoss MSELoss L1Loss BCELoss
    BCEWithLogitsLoss""".split()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_reader_finds_the_page_of_every_layer(layer):
    from comparisons.atlas.pages.component import serves
    from comparisons.catalogue import ENTRIES
    assert any(f"nn.{layer}" in ENTRIES[name].proven for study in STUDIES.values() for name in serves(study))
