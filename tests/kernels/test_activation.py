"""What the catalogue's drawn values do not reach: infinities, nan, tails, half precision, and the accuracy of the fast Φ."""
import numpy as np
import pytest
import scipy.special
import torch

import minitorch
from tests.both import agree

INF, NAN = float("inf"), float("nan")
EXTREMES = [INF, -INF, NAN, 0.0, -0.0, 1e30, -1e30, 88.0, -88.0, 104.0, -104.0, 1e-30, -1e-45, 5.0, -5.0, -9.5]


@pytest.mark.parametrize("name", ["gelu", "silu", "relu", "leaky_relu"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_extremes(name, dtype):
    found = []
    for lib in (torch, minitorch):
        x = lib.tensor([v if dtype != "float16" or abs(v) < 6e4 or abs(v) == INF or v != v else 1.0 for v in EXTREMES],
                       dtype=getattr(lib, dtype), requires_grad=True)
        y = getattr(lib.nn.functional, name)(x)
        y.backward(lib.ones_like(y))
        found.append((y.detach().numpy(), x.grad.numpy()))
    (theirs, their_grad), (ours, our_grad) = found
    tolerance = {"float16": 2e-3, "float32": 1e-6, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    sure = ~np.isnan(their_grad)                      # where torch's gradient is nan (inf · 0), ours may be the limit
    np.testing.assert_allclose(our_grad[sure], their_grad[sure], rtol=tolerance, atol=tolerance)
    assert ours.dtype == theirs.dtype and our_grad.dtype == their_grad.dtype


def test_fast_normal_distribution():
    """The float32 polynomial: Φ within 1.5e-7, and x Φ(x) within a few units in the last place of x."""
    x = np.linspace(-12, 12, 400_001).astype("f4")
    from minitorch.kernels.activation import normal_cdf
    exact = scipy.special.ndtr(x.astype("f8"))
    assert np.abs(normal_cdf(np, x, "none", None) - exact).max() < 1.5e-7
    y = minitorch.nn.functional.gelu(minitorch.from_numpy(x)).numpy()
    assert (np.abs(y - x * exact) <= 4 * np.spacing(np.maximum(np.abs(x), 1))).all()


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_that_are_not_finite(name, dtype):
    rows = [[-INF, -INF, -INF], [-INF, 1.0, 2.0], [INF, 1.0, 2.0], [NAN, 1.0, 2.0], [1e4, -1e4, 0.0], [1e38, 1e38, -1e38], [0.0, 0.0, 0.0]]
    theirs, ours = (getattr(lib.nn.functional, name)(lib.tensor(rows, dtype=getattr(lib, dtype)), 1).numpy() for lib in (torch, minitorch))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "gelu", "silu", "relu"])
def test_half_precision_is_computed_in_float32(name):
    x = np.random.default_rng(0).standard_normal((5, 300)).astype("f2")
    found = []
    for lib in (torch, minitorch):
        t = lib.from_numpy(x.copy()).requires_grad_()
        function = getattr(lib.nn.functional, name)
        y = function(t, 1) if "softmax" in name else function(t)
        y.backward(lib.from_numpy(x))
        found.append((y.detach().numpy(), t.grad.numpy()))
    for theirs, ours in zip(*found):
        assert ours.dtype == np.float16
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-3)


def test_softmax_keeps_its_result_alone():
    """Not its input: after the call nothing else holds the input's memory."""
    import weakref
    x = minitorch.randn(4, 5, requires_grad=True) * 1.0
    memory = weakref.ref(x._array)
    y = minitorch.softmax(x, 1)
    del x
    assert memory() is None
    y.sum().backward()


PROGRAMS = {
    "gelu then in place": lambda torch: (torch.nn.functional.gelu(torch.ones(2, requires_grad=True) * 2).add_(1)),
    "softmax then in place": lambda torch: torch.softmax(torch.ones(2, requires_grad=True) * 2, 0).mul_(2).sum().backward(),
    "relu then in place": lambda torch: torch.relu(torch.ones(2, requires_grad=True) * 2).add_(2).sum().backward(),
    "gelu's input then in place": lambda torch: _changed(torch, torch.nn.functional.gelu),
    "relu's input then in place": lambda torch: _changed(torch, torch.relu),
    "implicit dimension, 1": lambda torch: torch.nn.functional.softmax(torch.ones(2)),
    "implicit dimension, 3": lambda torch: torch.nn.functional.softmax(torch.ones(2, 3, 4)),
    "implicit dimension, 2": lambda torch: torch.nn.functional.log_softmax(torch.ones(2, 3)),
    "integers as floats": lambda torch: torch.softmax(torch.tensor([1, 2]), 0, dtype=torch.float32),
    "relu of integers": lambda torch: torch.relu(torch.tensor([-1, 2])),
    "dtype of the gradient": lambda torch: _gradient(torch),
}


def _changed(torch, function):
    x = torch.ones(2, requires_grad=True) * 2
    y = function(x)
    x.add_(1)
    y.sum().backward()


def _gradient(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.softmax(x, 0, dtype=torch.float64)
    y.backward(torch.tensor([1.0, 2.0], dtype=torch.float64))
    return y, x.grad


@pytest.mark.filterwarnings("ignore:Implicit dimension")
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    agree(PROGRAMS[name])


def test_implicit_dimension_warns():
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        minitorch.nn.functional.softmax(minitorch.ones(2))


@pytest.mark.parametrize("name, settings", [
    ("relu", ()), ("relu6", ()), ("hardtanh", ()), ("hardsigmoid", ()), ("hardswish", ()), ("hardshrink", ()), ("softshrink", ()),
    ("threshold", (0.0, 0.0))])
def test_a_flat_piece_gives_no_gradient_whatever_arrives(name, settings):
    """0, not 0 times what arrives: an infinite loss does not turn what it does not depend on into nan."""
    for cotangent in (INF, NAN):
        ours, theirs = (lib.tensor([-5.0, -0.1, 0.3, 7.0], requires_grad=True) for lib in (minitorch, torch))
        for lib, x in ((minitorch, ours), (torch, theirs)):
            getattr(lib.nn.functional, name)(x, *settings).backward(lib.full((4,), cotangent))
        np.testing.assert_array_equal(ours.grad.numpy(), theirs.grad.numpy())


def test_hardsigmoid_passes_no_gradient_at_nan():
    ours, theirs = (lib.tensor([NAN, 0.5] * 8, requires_grad=True) for lib in (minitorch, torch))
    for lib, x in ((minitorch, ours), (torch, theirs)):
        lib.nn.functional.hardsigmoid(x).sum().backward()
    np.testing.assert_array_equal(ours.grad.numpy(), theirs.grad.numpy())


def test_what_hardshrink_takes_away_is_a_positive_zero():
    x = np.array([-0.25, -0.0, 0.5, 3.0], "f4")
    ours, theirs = (np.signbit(lib.nn.functional.hardshrink(lib.from_numpy(x)).numpy()) for lib in (minitorch, torch))
    np.testing.assert_array_equal(ours, theirs)
