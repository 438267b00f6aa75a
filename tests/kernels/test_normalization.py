"""What single drawn calls do not show: running statistics over steps, huge offsets, overflow, half precision."""
import numpy as np
import pytest
import torch

import minitorch

F, OURS = torch.nn.functional, minitorch.nn.functional


def batches(steps, shape, dtype="f4", seed=0):
    """Batches whose mean and spread differ."""
    rng = np.random.default_rng(seed)
    return [(rng.standard_normal(shape) * (k + 1) + 3 * k).astype(dtype) for k in range(steps)]


@pytest.mark.parametrize("settings", [{}, {"momentum": None}, {"momentum": 0.9}, {"momentum": 0.0}, {"momentum": 1.0}, {"affine": False},
                                      {"track_running_stats": False}], ids=str)
@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5), (2, 3, 9, 8)])
def test_running_statistics(settings, shape):
    """Training steps, then evaluation: outputs, gradients and statistics follow torch's."""
    kind = "BatchNorm2d" if len(shape) == 4 else "BatchNorm1d"
    layers = [getattr(lib.nn, kind)(3, **settings) for lib in (torch, minitorch)]
    found = []
    for lib, layer in zip((torch, minitorch), layers):
        values = []
        for k, batch in enumerate(batches(5, shape)):
            layer.train(k < 4)
            x = lib.from_numpy(batch).requires_grad_()
            y = layer(x)
            (y * y * y).sum().backward()
            values += [y.detach().numpy(), x.grad.numpy(), *(b.numpy() for b in layer.buffers())]
        found.append(values)
    for theirs, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-4)
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("training", [True, False])
def test_gradients_of_the_parameters_alone(training):
    """The input may be data that needs none."""
    x = np.random.default_rng(0).standard_normal((4, 3, 5))
    found = []
    for lib in (torch, minitorch):
        w, b = lib.ones(3, dtype=lib.float64, requires_grad=True), lib.zeros(3, dtype=lib.float64, requires_grad=True)
        mean, var = lib.zeros(3, dtype=lib.float64), lib.ones(3, dtype=lib.float64)
        lib.nn.functional.batch_norm(lib.from_numpy(x), mean, var, w, b, training).backward(lib.from_numpy(x))
        found.append((w.grad.numpy(), b.grad.numpy()))
    for theirs, ours in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_running_variance_is_unbiased():
    x = minitorch.tensor([[1.0], [3.0]])
    mean, var = minitorch.zeros(1), minitorch.zeros(1)
    OURS.batch_norm(x, mean, var, training=True, momentum=1.0)
    assert (mean.item(), var.item()) == (2.0, 2.0)    # the biased variance is 1


def test_statistics_are_not_in_the_history():
    """Updating them between a forward pass in evaluation and its backward raises nothing, as in torch."""
    x, mean, var = minitorch.randn(4, 3, requires_grad=True), minitorch.zeros(3), minitorch.ones(3)
    y = OURS.batch_norm(x, mean, var)
    OURS.batch_norm(x, mean, var, training=True)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.full((4, 3), 1 / np.sqrt(1 + 1e-5)), rtol=1e-5)


@pytest.mark.parametrize("offset", [1e3, 1e4, 1e6])
@pytest.mark.parametrize("shape", [(256, 3), (16, 3, 10, 10)])
def test_variance_far_from_zero(offset, shape):
    """The variance keeps its digits however far the mean: E[x²] - E[x]² would lose all of them."""
    x = (np.random.default_rng(0).standard_normal(shape) + offset).astype("f4")
    mean, var = minitorch.zeros(3), minitorch.zeros(3)
    OURS.batch_norm(minitorch.from_numpy(x), mean, var, training=True, momentum=1.0)
    axes = (0, *range(2, len(shape)))
    np.testing.assert_allclose(var.numpy(), x.astype("f8").var(axes, ddof=1), rtol=1e-5)
    np.testing.assert_allclose(mean.numpy(), x.astype("f8").mean(axes), rtol=3e-7)


@pytest.mark.parametrize("offset", [1e3, 1e5])
def test_layer_norm_far_from_zero(offset):
    """No farther from the exact result than torch, or than the input's own spacing allows."""
    x = (np.random.default_rng(0).standard_normal((64, 512)) + offset).astype("f4")
    exact = F.layer_norm(torch.from_numpy(x).double(), (512,)).numpy()
    theirs = np.abs(F.layer_norm(torch.from_numpy(x), (512,)).numpy() - exact).max()
    ours = np.abs(OURS.layer_norm(minitorch.from_numpy(x), (512,)).numpy() - exact).max()
    assert ours <= max(2 * theirs, 2 * np.spacing(np.float32(offset)))


@pytest.mark.parametrize("offset", [1e2, 1e4])
@pytest.mark.parametrize("shape", [(256, 3), (16, 3, 10, 10)])
def test_batch_norm_far_from_zero(offset, shape):
    """Result and gradient: no farther from the exact ones than torch's, or than the input's own spacing allows."""
    x = (np.random.default_rng(0).standard_normal(shape) + offset).astype("f4")
    grad = np.random.default_rng(1).standard_normal(shape).astype("f4")

    def run(lib, dtype):
        t = lib.from_numpy(x.astype(dtype)).requires_grad_()
        y = lib.nn.functional.batch_norm(t, None, None, training=True)
        y.backward(lib.from_numpy(grad.astype(dtype)))
        return y.detach().numpy(), t.grad.numpy()

    for exact, theirs, ours in zip(run(torch, "f8"), run(torch, "f4"), run(minitorch, "f4")):
        assert np.abs(ours - exact).max() <= max(2 * np.abs(theirs - exact).max(), 2 * np.spacing(np.float32(offset)))


@pytest.mark.parametrize("rows", [[1e20, -1e20, 3e20], [1.0, float("inf"), 2.0], [float("nan"), 0.0, 1.0], [0.0, 0.0, 0.0]], ids=str)
def test_layer_norm_of_what_is_not_finite(rows):
    theirs = F.layer_norm(torch.tensor(rows, dtype=torch.float64), (3,)).numpy()
    ours = OURS.layer_norm(minitorch.tensor(rows, dtype=minitorch.float64), (3,)).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize("parameters", ["half", "float"])
def test_half_precision(parameters):
    """Statistics in float32; parameters in either precision."""
    x = np.random.default_rng(0).standard_normal((8, 4, 70)).astype("f2")
    found = []
    for lib in (torch, minitorch):
        values = []
        for shape, call in (((70,), lambda t, w, b: lib.nn.functional.layer_norm(t, (70,), w, b)),
                            ((4,), lambda t, w, b: lib.nn.functional.batch_norm(t, None, None, w, b, training=True))):
            t = lib.from_numpy(x.copy()).requires_grad_()
            w, b = (lib.full(shape, v, dtype=getattr(lib, parameters)).requires_grad_() for v in (1.5, 0.5))
            y = call(t, w, b)
            y.backward(lib.from_numpy(x))
            values += [v.detach().numpy() for v in (y, t.grad, w.grad, b.grad)]
        found.append(values)
    for theirs, ours in zip(*found, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-2, atol=1e-2)
