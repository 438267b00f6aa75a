"""What the catalogue keeps away from, for there is no derivative: ties, NaN, -inf, corners of ceil_mode; and both ways of scanning."""
import random

import numpy as np
import pytest
import torch

import minitorch
from minitorch.kernels import pooling
from minitorch.kernels.windows import adaptive_windows, sliding_windows

F, OURS = torch.nn.functional, minitorch.nn.functional


def values(kind, shape, rng):
    """Few different numbers, so there are ties; some of them NaN or -inf."""
    x = rng.integers(-2, 3, shape).astype("f8")
    if kind != "ties":
        x[rng.random(shape) < (0.3 if kind == "nan" else 0.7)] = {"nan": np.nan, "-inf": -np.inf}[kind]
    return x


def settings(pick):
    kernel = pick((1, 2, 3, 5)), pick((1, 2, 3, 4))
    padding = tuple(pick(range(k // 2 + 1)) for k in kernel)
    return dict(kernel_size=kernel, stride=pick((None, 1, 2, 3, (1, 2), (3, 1))), padding=padding, dilation=pick((1, 1, 2, (1, 2))),
                ceil_mode=pick((True, False)))


def sees_nothing(windows):
    """Whether some window lies outside the input altogether: torch writes outside its memory then."""
    return any(not range(*s.indices(n)) for n, found in zip(windows.inputs, (windows.rows, windows.columns)) for _, s in found)


def compare(x, windows, theirs):
    """Values, indices and gradient of a maximum against torch's."""
    out, place = pooling.largest(x, windows)
    leaf = torch.tensor(x, requires_grad=True)
    expected, indices = theirs(leaf)
    np.testing.assert_array_equal(out, expected.detach().numpy())
    np.testing.assert_array_equal(pooling.indices_of(place, windows), indices.numpy())
    if not sees_nothing(windows):
        grad = torch.randn(expected.shape, dtype=torch.float64)
        found, = torch.autograd.grad(expected, leaf, grad)
        np.testing.assert_allclose(pooling.to_largest(grad.numpy(), place, windows), found.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("way", ["chosen", "by position", "by window"])
@pytest.mark.parametrize("kind", ["ties", "nan", "-inf"])
def test_max_pool2d_as_torch_to_the_index(kind, way, monkeypatch):
    if way != "chosen":
        monkeypatch.setattr(pooling, "by_position", lambda windows, passes: windows.slides is not None and way == "by position")
    rng, chosen = np.random.default_rng(0), random.Random(0)
    seen = 0
    for _ in range(120):
        given = settings(chosen.choice)
        x = values(kind, (chosen.choice((0, 1, 3)), 2, chosen.choice((1, 2, 5, 8)), chosen.choice((1, 3, 6, 9))), rng)
        try:
            F.max_pool2d(torch.tensor(x), **given)
        except RuntimeError:
            with pytest.raises(RuntimeError):
                sliding_windows("max_pool2d", x.shape, **given)
            continue
        monkeypatch.setattr(pooling, "BLOCK", chosen.choice((1, 200, 1 << 17)))
        compare(x, sliding_windows("max_pool2d", x.shape, **given), lambda leaf: F.max_pool2d(leaf, **given, return_indices=True))
        size = chosen.choice((1, 2, 3, 7)), chosen.choice((1, 2, 4, 9))
        compare(x, adaptive_windows("", x.shape, size), lambda leaf: F.adaptive_max_pool2d(leaf, size, return_indices=True))
        seen += 1
    assert seen > 60


@pytest.mark.parametrize("way", ["by position", "by window"])
def test_avg_pool2d_both_ways(way, monkeypatch):
    monkeypatch.setattr(pooling, "by_position", lambda windows, passes: windows.slides is not None and way == "by position")
    rng, chosen = np.random.default_rng(0), random.Random(0)
    for _ in range(60):
        given = settings(chosen.choice)
        del given["dilation"]
        given |= {"count_include_pad": chosen.choice((True, False)), "divisor_override": chosen.choice((None, 3, -2))}
        x = rng.standard_normal((2, 1, chosen.choice((2, 5, 8)), chosen.choice((3, 6, 9))))
        leaf = torch.tensor(x, requires_grad=True)
        try:
            expected = F.avg_pool2d(leaf, **given)
        except RuntimeError:
            with pytest.raises(RuntimeError):
                OURS.avg_pool2d(minitorch.tensor(x), **given)
            continue
        ours = minitorch.tensor(x, requires_grad=True)
        out = OURS.avg_pool2d(ours, **given)
        np.testing.assert_allclose(out.detach().numpy(), expected.detach().numpy(), rtol=1e-12, atol=1e-12)
        grad = rng.standard_normal(expected.shape)
        expected.backward(torch.tensor(grad))
        out.backward(minitorch.tensor(grad))
        np.testing.assert_allclose(ours.grad.numpy(), leaf.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_infinities_and_nan_stay_in_their_windows():
    x = np.ones((1, 1, 4, 6))
    x[0, 0, 0, 0], x[0, 0, 3, 3] = np.inf, np.nan
    for size in (2, (2, 3), (4, 6), (3, 4), 1):
        np.testing.assert_array_equal(OURS.adaptive_avg_pool2d(minitorch.tensor(x), size).numpy(),
                                      F.adaptive_avg_pool2d(torch.tensor(x), size).numpy())
    np.testing.assert_array_equal(OURS.avg_pool2d(minitorch.tensor(x), 2).numpy(), F.avg_pool2d(torch.tensor(x), 2).numpy())


def test_an_infinite_gradient_goes_to_the_largest_alone():
    x = minitorch.tensor(np.arange(16.0).reshape(1, 1, 4, 4), requires_grad=True)
    OURS.max_pool2d(x, 2).backward(minitorch.full((1, 1, 2, 2), float("inf")).double())
    assert np.isinf(x.grad.numpy()).sum() == 4 and not np.isnan(x.grad.numpy()).any()


def test_whole_numbers_are_cut_towards_zero():
    x = torch.randint(-9, 9, (2, 3, 5, 5))
    for given in ({}, {"divisor_override": -4}, {"padding": 1, "count_include_pad": False}):
        ours = OURS.avg_pool2d(minitorch.tensor(x.numpy()), 3, **given)
        np.testing.assert_array_equal(ours.numpy(), F.avg_pool2d(x, 3, **given).numpy())


def test_a_result_may_be_changed_in_place():
    """As in torch: what the backward needs of a maximum is its place, not its value."""
    x = minitorch.tensor(np.arange(16.0).reshape(1, 1, 4, 4), requires_grad=True)
    OURS.max_pool2d(x, 2).mul_(3.0).sum().backward()
    assert x.grad.numpy().sum() == 12


def test_a_window_without_input_gives_no_gradient():
    x = minitorch.tensor(np.ones((1, 1, 1, 1)), requires_grad=True)
    out = OURS.max_pool2d(x, 2, 1, 1, 2)
    out.sum().backward()
    assert out.item() == -np.inf and x.grad.item() == 0
