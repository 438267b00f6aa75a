"""The pages that show how things work say what is so: their numbers are measured, and what is planted shows."""
import dataclasses
import inspect
import re
import types

import numpy as np
import pytest
import torch

import minitorch
from comparisons import curves
from comparisons.atlas import bits, walk
from comparisons.atlas.build import one
from comparisons.atlas.pages import engine, streams, training
from minitorch.tensor import Leaf


def built(kind, folder):
    """The HTML of a kind's only page, and what it left."""
    page, = kind.pages()
    left = one(dataclasses.replace(page, kind=kind.__name__.rpartition(".")[2]), None, None, folder)
    assert "error" not in left and not left["problems"], left.get("error") or left["problems"]
    return (folder / f"{page.slug}.html").read_text(encoding="utf-8"), left


def sound(html):
    """No id twice, every link within the page leads somewhere, nothing is loaded."""
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) and not set(re.findall(r'href="#([^"]+)"', html)) - set(ids)
    assert not re.search(r"<(script|img|link)[^>]+(src|href)=\"http", html)
    assert not re.search(r"\bnan\b", re.sub(r"<(script|style).*?</\1>", "", html, flags=re.S))


# ---- the engine --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen():
    """The walk of a program in which no leaf ever had a hook: their turns come in the order of their numbers, as of all nodes."""
    before, Leaf.watched = Leaf.watched, False
    yield walk.walk()
    Leaf.watched = before


def test_the_walk_is_what_backward_does(seen):
    leaves, loss = walk.program(minitorch)
    loss.backward()
    for step in seen.steps:
        if step.place.leaf:
            assert np.array_equal(step.stored, leaves[step.place.name].grad.numpy())
    assert [s.place.number for s in seen.steps] == sorted((p.number for p in seen.places), reverse=True)
    assert sorted(seen.order) == sorted(p.number for p in seen.places)
    for s in seen.steps:
        assert np.array_equal(s.grad, s.before[s.place.number]) and engine.roads(seen, s)[0] == s.place.roads
        for a in s.arrivals:
            assert np.allclose(a.after, a.value if a.before is None else a.before + a.value)
    summed = [(s.place.name, a.number) for s in seen.steps for a in s.arrivals if a.before is not None]
    assert summed == [("MulBackward0", 6), ("MmBackward0", 1)]
    assert [(s.place.name, a.given.shape, a.value.shape) for s in seen.steps for a in s.arrivals if a.given.shape != a.value.shape] == \
        [("AddBackward0", (3, 2), (2,))]
    assert seen.freed and [s.place.name for s in seen.steps if s.freed] == ["MulBackward0", "MulBackward0", "TanhBackward0", "MmBackward0"]


def test_the_lines_of_a_turn_are_those_that_ran(seen):
    source, first = inspect.getsourcelines(walk.LOOP)
    stored = next(first + k for k, line in enumerate(source) if line.strip().startswith("store("))
    fitted = next(first + k for k, line in enumerate(source) if line.strip().startswith("g = unbroadcast"))
    assert [s.place.leaf for s in seen.steps] == [stored in s.lines for s in seen.steps]
    assert [s.place.name == "AddBackward0" for s in seen.steps] == [fitted in s.lines for s in seen.steps]


def test_a_planted_difference_shows_on_every_later_turn():
    def wrong(torch):
        leaves, loss = walk.program(torch)
        if torch is minitorch:
            loss = (leaves["x"] * leaves["x"] * leaves["x"]).sum() * 1.001
        else:
            loss = (leaves["x"] * leaves["x"] * leaves["x"]).sum() * 1.0
        return {"x": leaves["x"]}, loss
    found = walk.walk(wrong)
    assert [s.gap.level for s in found.steps] == [0, 3, 3, 3, 3] and found.steps[-1].total.level == 3

    def other(torch):
        leaves, loss = walk.program(torch)
        return leaves, loss if torch is minitorch else loss + leaves["x"].sum()
    with pytest.raises(LookupError, match="leads to"):
        walk.walk(other)


def test_rows_of_both_libraries_compare_values_and_the_class_of_errors():
    assert engine.Row("", "RuntimeError: a", "RuntimeError: b").agree and not engine.Row("", "RuntimeError: a", "1 2").agree
    assert not engine.Row("", "version 0", "version 1").agree
    assert all(r.agree for r in engine.versions()) and engine.inplace().gap.level == 0
    assert all(o.gap.level <= 1 and o.truth.level <= 1 for o in engine.higher())


def test_the_page_of_the_engine(tmp_path, monkeypatch):
    html, left = built(engine, tmp_path)
    sound(html)
    seen = walk.walk()
    assert len(re.findall(r'name="turn"', html)) == len(seen.steps) + 1
    for path, number, text in re.findall(r'<div class="code at(\d+)([^"]*)"><code data-n="(\d+)"', html):
        assert path == text
    assert all(left["levels"][f"step {k}:{s.place.name}"] == s.gap.level for k, s in enumerate(seen.steps, 1))
    assert any(what == "Writing through a view" for what, *_ in left["differences"])
    assert set(dict(left["facts"])) == {"Nodes", "Turns of the loop", "Sums", "Gradients", "In place", "Third derivative"}
    context = types.SimpleNamespace(levels={}, facts=[], search=[], differences=[], problems=[], page=None, render=lambda *a, **k: "")
    monkeypatch.setattr(torch.Tensor, "mul_", lambda self, other: self.add_(other))
    engine.build(context)
    assert context.levels["in place"] == 3, "a PyTorch that does something else shows"


# ---- the random streams ------------------------------------------------------------------------------------------------------


def test_the_twister_is_mt19937():
    for seed in (0, 5489, 2**32 - 1):
        assert bits.words(seed, 1300) == np.random.RandomState(seed).randint(0, 2**32, 1300, dtype=np.uint64).tolist()
    assert bits.words(2**32, 3) == bits.words(0, 3) and bits.tempered(0)[-1][1] == 0 and len(bits.tempered(1)) == 5


@pytest.mark.parametrize("library", [minitorch, torch], ids=["minitorch", "torch"])
def test_words_are_counted(library):
    stream = bits.words(bits.SEED, 60)
    library.manual_seed(bits.SEED)
    assert bits.words_of(library, 5) == stream[:5]
    for count in (1, 3, 10):
        assert bits.consumed(library, lambda lib, count=count: lib.rand(count), stream)[1] == count
    with pytest.raises(LookupError, match="more than 60"):
        bits.consumed(library, lambda lib: lib.rand(100), stream)


def test_bits_are_drawn_where_they_are():
    text = bits.bits(0b1010, 4, [(1, "sign"), (3, "used")])
    assert [path.count("M") for path in re.findall(r'd="([^"]*)"', text)] == [1, 1, 4] and "bits 1010" in text
    assert [path.count("M") for path in re.findall(r'd="([^"]*)"', bits.float_bits(np.float32(-1.5)))] == [1, 7, 1, 32]
    assert [path.count("M") for path in re.findall(r'd="([^"]*)"', bits.float_bits(np.float64(2)))] == [0, 1, 0, 64]


def test_the_page_of_the_streams(tmp_path, monkeypatch):
    html, left = built(streams, tmp_path)
    sound(html)
    assert left["levels"] and set(left["levels"].values()) == {0}, "every number is exact"
    assert html.count('class="bits"') > 20 and all(u.label in html.replace("&#39;", "'") for u in bits.uses())
    draw = minitorch.rand
    monkeypatch.setattr(minitorch, "rand", lambda *shape, **settings: draw(*shape, **settings) * 1.0001)
    assert streams.uniforms()["gap"].level == 3
    monkeypatch.setattr(minitorch, "rand", lambda *shape, **settings: (draw(1), draw(*shape, **settings))[1])
    wasteful = [u.label for u in bits.uses() if not u.agree]
    assert wasteful == ["rand(5)", "rand(5), float64"], "a word too many shows"
    context = types.SimpleNamespace(levels={}, facts=[], search=[], differences=[], problems=[], page=None, render=lambda *a, **k: "")
    streams.build(context)
    assert len(context.problems) == 2 and context.levels["edge:words of rand(5)"] == 1


# ---- training runs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def short(monkeypatch):
    """Every program with 12 steps."""
    monkeypatch.setattr(training, "PROGRAMS", [dataclasses.replace(p, steps=12) for p in curves.PROGRAMS])


def test_the_page_of_training(tmp_path, short):
    html, left = built(training, tmp_path)
    sound(html)
    assert dict(left["facts"])["Within the limits"] == "4 of 4" and set(left["levels"].values()) == {0}
    assert html.count("<polyline") >= 4 * 4 and all(f'id="{p.name.lower()}"' in html for p in curves.PROGRAMS)
    for p in training.PROGRAMS[1:3]:
        losses, _ = curves.run(minitorch, p)
        assert f'{losses[0]:.3f} to {losses[-1]:.3f}' in html


def test_a_planted_difference_in_training_shows(monkeypatch, short):
    network = next(p for p in training.PROGRAMS if p.name == "MLP")
    assert curves.curves(network).holds
    true = minitorch.Tensor.tanh
    monkeypatch.setattr(minitorch.nn.Tanh, "forward", lambda self, x: true(x) * 1.0001)
    found = curves.curves(network)
    assert not found.holds and training.excess(found) < 11 and training.levels([found])["edge:MLP holds"] == 1
    monkeypatch.setattr(training, "PROGRAMS", [network])
    context = types.SimpleNamespace(levels={}, facts=[], search=[], differences=[], problems=[], page=None, render=lambda *a, **k: "")
    training.build(context)
    assert len(context.problems) == 1 and "MLP" in context.problems[0]


def test_the_yardsticks_of_training():
    found = curves.Curves(curves.PROGRAMS[0], [1.0] * 12, [1.0] * 12, [1.0] * 11 + [1.01], [1.0] * 12, (1.0, 1.0))
    assert found.holds and found.early == 0 and found.limit[-1] == pytest.approx(0.1) and found.limit[0] == 1e-5
    assert not dataclasses.replace(found, ours=[1.0, 1.001, *[1.0] * 10]).holds
