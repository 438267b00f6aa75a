"""Planted mistakes below a component: in its kernel, the kernel's rule, its definition, and its references."""
import inspect
from contextlib import nullcontext

import pytest

import reference.kernels.normalization as reference
from comparisons.catalogue import ENTRIES
from comparisons.check import check
from comparisons.checks import references
from comparisons.locals import trace
from minitorch.kernels.normalization import layer_norm

OP = layer_norm.op
ENTRY = ENTRIES["nn.functional.layer_norm"]
REFERENCE = {name: getattr(reference, name) for name in ("layer_norm", "layer_norm_backward")}


def changed(function, change):
    """A function whose results, a tuple, have gone through `change`."""
    def wrong(*args, **settings):
        return change(*function(*args, **settings))
    return wrong


def result():
    return check(ENTRY, 12, shrink=False, bad=False)


def test_nothing_planted_nothing_found():
    found = result()
    assert found.ok and found.worst.definition < 4096 and found.worst.reference < 4096, found.message()
    assert all(row.ok for row in trace(ENTRY, 3))


@pytest.mark.parametrize("wrong", [
    lambda *args, **settings: OP.forward(*args, **settings)[0],
    lambda *args, **settings: TRUE_DEFINITION(*args, **settings) * (1 + 1e-6),
    lambda *args, **settings: TRUE_DEFINITION(*args, **settings).detach(),
    lambda *args, **settings: TRUE_DEFINITION(*args, **(settings | {"eps": 2e-5})),
], ids=["arrays", "values", "no history", "epsilon"])
def test_wrong_definition(wrong, monkeypatch):
    monkeypatch.setattr(OP, "definition", wrong)
    assert not result().ok


TRUE_DEFINITION = OP.definition


@pytest.mark.parametrize("name, change", [
    ("layer_norm", lambda y, *kept: (y * (1 + 1e-6), *kept)),
    ("layer_norm", lambda y, *kept: (y, *kept[:-1], kept[-1] * 2)),
    ("layer_norm", lambda y, *kept: (y, *kept[:-1])),
    ("layer_norm_backward", lambda grad_x, *rest: (grad_x * 1.001, *rest)),
    ("layer_norm_backward", lambda grad_x, *rest: (None, *rest)),
    ("layer_norm_backward", lambda grad_x, grad_w, grad_b: (grad_x, grad_b, grad_w)),
], ids=["values", "saved value", "number of saved values", "gradient", "no gradient", "swapped gradients"])
def test_wrong_reference(name, change, monkeypatch):
    wrong = changed(REFERENCE[name], change)
    wrong.__signature__ = inspect.signature(REFERENCE[name])
    monkeypatch.setattr(reference, name, wrong)
    found = result()
    assert not found.ok and "reference" in found.message()


def test_wrong_rule(monkeypatch):
    """The rule's weight gradient, which the second order does not use: the definition is differentiated there."""
    (rule, positions, keeps), = OP.rules

    def wrong(*args):
        grad_x, grad_weight, grad_bias = rule(*args)
        return grad_x, None if grad_weight is None else grad_weight * 1.001, grad_bias
    wrong.__signature__ = inspect.signature(rule)
    monkeypatch.setattr(OP, "rules", [(wrong, positions, keeps)])
    monkeypatch.setattr(OP, "plans", {})
    assert not result().ok


def test_the_kernel_must_be_called(monkeypatch):
    monkeypatch.setattr("comparisons.checks.kernels.caught", lambda op, calls, limit=3: nullcontext())
    assert "was not called" in result().message()


def test_wrong_reference_of_a_component(monkeypatch):
    import reference.nn.modules.linear as module

    class Linear(module.Linear):
        def forward(self, x):
            return super().forward(x) * (1 + 1e-6)
    entry = ENTRIES["nn.Linear"]
    assert references.of(entry) is module.Linear
    monkeypatch.setitem(references._known, entry.name, Linear)
    found = check(entry, 12, shrink=False, bad=False)
    assert not found.ok and "the reference against torch" in found.message()
