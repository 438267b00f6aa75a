"""What the catalogue keeps away from: ends of the range, all labels ignored, mixed dtypes, torch's older settings."""
import numpy as np
import pytest
import torch

import minitorch
from tests.both import agree

INF, NAN = float("inf"), float("nan")
BOTH = (torch, minitorch)


def with_gradient(name, *tensors, **settings):
    """A program: the losses, and the gradients of their sum."""
    def program(lib):
        given = [lib.tensor(t, dtype=getattr(lib, d)).requires_grad_() if d.startswith("float") else lib.tensor(t) for t, d in tensors]
        y = getattr(lib.nn.functional, name)(*given, **settings)
        y.backward(lib.ones_like(y))
        return y, [t.grad for t in given if t.requires_grad]
    return program


ROWS = [[-INF, 0.0, 1.0], [1e4, -1e4, 0.0], [2.0, 1.0, 0.5]]
LOGITS = [300.0, -300.0, 300.0, -300.0, 0.0, 1e-30, 15.0, -15.0]
TARGETS = [0.0, 0.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.75]
PAIRS = "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"
PROGRAMS = {
    "all ignored": with_gradient("cross_entropy", (ROWS, "float32"), ([-100] * 3, "int")),
    "all ignored, summed": with_gradient("cross_entropy", (ROWS, "float32"), ([-100] * 3, "int"), reduction="sum"),
    "all ignored, smoothed": with_gradient("cross_entropy", ([[1.0, 2.0]], "float64"), ([-100], "int"), label_smoothing=0.1),
    "-inf at no label": with_gradient("cross_entropy", (ROWS, "float64"), ([1, 0, 2], "int"), reduction="none"),
    "-inf at the label": lambda lib: lib.nn.functional.cross_entropy(lib.tensor(ROWS), lib.tensor([0, 1, 2]), reduction="none"),
    "-inf, ignored": lambda lib: lib.nn.functional.cross_entropy(lib.tensor(ROWS), lib.tensor([-100, 1, 2]), reduction="none"),
    "-inf, smoothed": lambda lib: lib.nn.functional.cross_entropy(
        lib.tensor(ROWS), lib.tensor([1, 1, 2]), reduction="none", label_smoothing=0.1),
    "-inf, ignored, nll": lambda lib: lib.nn.functional.nll_loss(lib.tensor(ROWS), lib.tensor([-100, 1, 2]), reduction="none"),
    "weights 0": with_gradient("nll_loss", ([[1.0, 2.0]], "float64"), ([1], "int"), weight=None),
    "no batch": lambda lib: lib.nn.functional.cross_entropy(lib.tensor([1.0, 2.0]), lib.tensor([1])),
    "no batch, no dimension": with_gradient("nll_loss", ([1.0, 2.0], "float64"), (1, "int")),
    "empty batch": with_gradient("cross_entropy", (np.zeros((0, 3)), "float64"), (np.zeros(0, int), "int")),
    "empty batch, probabilities": lambda lib: lib.nn.functional.cross_entropy(lib.zeros(0, 3), lib.zeros(0, 3)),
    "no class": lambda lib: lib.nn.functional.cross_entropy(lib.zeros(3, 0), lib.zeros(3, 0)),
    "probabilities of another dtype": with_gradient("cross_entropy", ([[1.0, 2.0]], "float32"), ([[0.25, 0.75]], "float64")),
    "negative smoothing": lambda lib: lib.nn.functional.cross_entropy(lib.ones(2, 3), lib.tensor([0, 1]), label_smoothing=-0.5),
    "names of nodes": lambda lib: _nodes(lib),
    "logits": with_gradient("binary_cross_entropy_with_logits", (LOGITS, "float32"), (TARGETS, "float32"), reduction="none"),
    "infinite logits": lambda lib: lib.nn.functional.binary_cross_entropy_with_logits(
        lib.tensor([INF, -INF, INF, -INF, NAN]), lib.tensor([0.0, 0.0, 1.0, 1.0, 0.5]), reduction="none"),
    "certain": with_gradient("binary_cross_entropy", ([0.0, 1.0, 0.0, 1.0, 0.5], "float32"), ([0.0, 1.0, 1.0, 0.0, 0.25], "float32"),
                             reduction="none"),
    "certain, half": with_gradient("binary_cross_entropy", ([0.25, 0.5], "float16"), ([0.0, 1.0], "float16")),
    "logits of another dtype": with_gradient("binary_cross_entropy_with_logits", ([0.5], "float64"), ([0.5], "float32")),
    "targets of another dtype": with_gradient("binary_cross_entropy_with_logits", ([0.5], "float32"), ([0.5], "float64")),
    "no beta": with_gradient("smooth_l1_loss", ([0.5, 1.0], "float32"), ([0.5, 3.0], "float32"), beta=0.0),
    "equal values": with_gradient("l1_loss", ([0.5, 1.0], "float32"), ([0.5, 3.0], "float32")),
    "on the corner": with_gradient("huber_loss", ([0.0, 1.0, -1.0], "float64"), ([1.0, 0.0, 1.0], "float64"), delta=1.0, reduction="none"),
    "on the other corner": with_gradient("smooth_l1_loss", ([0.0, 1.0, -1.0], "float64"), ([1.0, 0.0, 1.0], "float64"), reduction="none"),
    "integers, l1": lambda lib: lib.nn.functional.l1_loss(lib.tensor([1, 2]), lib.tensor([3, 3]), reduction="sum"),
    "integers, mean of l1": lambda lib: lib.nn.functional.l1_loss(lib.tensor([1, 2]), lib.tensor([3, 3])),
    "integer targets": with_gradient("mse_loss", ([0.5], "float32"), ([3], "int")),
    "nothing": with_gradient("mse_loss", (np.zeros((0, 2)), "float64"), (np.zeros((0, 2)), "float64")),
    "huber_loss, mixed": lambda lib: lib.nn.functional.huber_loss(lib.tensor([0.5]), lib.tensor([0.25]).double()),
    "huber_loss, mixed the other way": lambda lib: lib.nn.functional.huber_loss(lib.tensor([0.5]).double(), lib.tensor([0.25])),
    **{f"{name}, mixed": with_gradient(name, ([0.5], "float32"), ([0.25], "float64")) for name in PAIRS[:3]},
    **{f"{name}, mixed the other way": with_gradient(name, ([0.5], "float64"), ([0.25], "float32"))
       for name in PAIRS[:3]},
    **{f"{name}, half": with_gradient(name, ([0.5, 1.5], "float16"), ([0.25, 4.0], "float16"))
       for name in PAIRS},
}


def _nodes(lib):
    F, t = lib.nn.functional, lib.tensor([0])
    two, three = lib.ones(1, 2, requires_grad=True), lib.ones(1, 2, 1, requires_grad=True)
    found = [F.nll_loss(two, t), F.nll_loss(three, lib.tensor([[0]])), F.cross_entropy(two, t), F.cross_entropy(three, lib.tensor([[0]])),
             F.mse_loss(two, two), F.smooth_l1_loss(two, two), F.huber_loss(two, two), F.binary_cross_entropy(two, two),
             F.binary_cross_entropy_with_logits(two, two), F.l1_loss(two, two), F.cross_entropy(two, two)]
    return [y.grad_fn.name() for y in found]


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    agree(PROGRAMS[name])


@pytest.mark.parametrize("settings", [{"size_average": False}, {"reduce": False}, {"size_average": True, "reduce": True}],
                         ids=str)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_older_settings(name, settings):
    found = []
    for lib in BOTH:
        with pytest.warns(UserWarning, match="please use reduction=") as warned:
            y = getattr(lib.nn.functional, name)(lib.tensor([0.25, 0.5]), lib.tensor([0.5, 1.0]), **settings)
        assert lib is torch or warned[0].filename == __file__
        found.append((str(warned[0].message), y.numpy()))
    assert found[0][0] == found[1][0]
    np.testing.assert_allclose(found[1][1], found[0][1], rtol=1e-6)


def test_a_target_of_another_shape_warns():
    for lib in BOTH:
        with pytest.warns(UserWarning, match="different to the input size") as warned:
            lib.nn.functional.mse_loss(lib.ones(2, 3), lib.ones(3))
        assert warned[0].filename == __file__


@pytest.mark.parametrize("settings", [{}, {"label_smoothing": 0.25}, {"reduction": "none"}], ids=str)
def test_half_precision_is_computed_in_float32(settings):
    x = np.random.default_rng(0).standard_normal((5, 300)).astype("f2")
    found = []
    for lib in BOTH:
        t = lib.from_numpy(x.copy()).requires_grad_()
        y = lib.nn.functional.cross_entropy(t, lib.tensor([0, 5, 299, -100, 7]), **settings)
        y.backward(lib.ones_like(y))
        found.append((y.detach().numpy(), t.grad.numpy()))
    for theirs, ours in zip(*found):
        assert ours.dtype == np.float16
        np.testing.assert_allclose(ours, theirs, rtol=3e-3, atol=1e-3)


def test_large_losses_keep_their_digits():
    """A mean over a million values, each as large as the others."""
    x = np.full(1_000_000, 1.1, "f4")
    loss = minitorch.nn.functional.mse_loss(minitorch.from_numpy(x), minitorch.zeros(1_000_000))
    np.testing.assert_allclose(loss.item(), float(x[0]) ** 2, rtol=1e-6)
