"""minitorch.testing, as its users meet it."""
import numpy as np
import pytest
import torch
from hypothesis import given, settings

import minitorch
from minitorch import nn
from minitorch.testing import Mismatch, assert_close, assert_matches_torch
from minitorch.testing.strategies import shapes, tensors

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("a, e, options", [
    ([1.0], [1.0], {}), ([1.0], [1.0 + 1e-6], {}), ([1.0], [1.001], {}), ([1.0], [1.001], {"rtol": 1e-2, "atol": 0.0}),
    ([NAN], [NAN], {}), ([NAN], [NAN], {"equal_nan": True}), ([INF], [INF], {}), ([INF], [-INF], {}), ([1.0], [INF], {}),
    ([1.0, 2.0], [1.0], {}), ([], [], {}), ([[]], [], {}), ([1], [1], {}), ([1], [2], {}), ([True], [False], {}), ([1], [1.0], {}),
    ([1], [1.0], {"check_dtype": False}), ([1e-6], [0.0], {}), ([1e-4], [0.0], {}), ([1.0], [1.0], {"rtol": 0.0}),
])
def test_assert_close_judges_as_torch(a, e, options):
    def verdict(library, close):
        try:
            close(library.tensor(a), library.tensor(e), **options)
        except Exception as error:
            return type(error).__name__
    assert verdict(minitorch, assert_close) == verdict(torch, torch.testing.assert_close)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("off", [1e-2, 1e-4, 1e-5, 2e-6, 1e-6, 1e-8])
def test_assert_close_has_torch_tolerances(dtype, off):
    def verdict(library, close):
        one = library.tensor(np.array([1.0, 3.0]).tolist(), dtype=getattr(library, dtype))
        try:
            close(one * (1 + off), one)
        except AssertionError:
            return False
        return True
    assert verdict(minitorch, assert_close) == verdict(torch, torch.testing.assert_close)


def test_assert_close_of_numbers_and_nested_values():
    assert_close(1.0, 1.0 + 1e-9)
    assert_close({"a": [minitorch.ones(2), 3]}, {"a": [minitorch.ones(2), 3]})
    with pytest.raises(AssertionError, match="item"):
        assert_close({"a": [minitorch.ones(2)]}, {"a": [minitorch.zeros(2)]})
    with pytest.raises(AssertionError, match="keys"):
        assert_close({"a": 1}, {"b": 1})
    with pytest.raises(AssertionError, match="^mine$"):
        assert_close(1.0, 2.0, msg="mine")
    with pytest.raises(TypeError):
        assert_close(minitorch.ones(2), 1.0)


def my_softmax(x):
    e = (x - x.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)


@settings(max_examples=20, deadline=None)
@given(tensors(shapes(1, min_side=1)))
def test_a_function_is_proven_in_five_lines(x):
    assert_matches_torch(my_softmax, lambda x: torch.softmax(x, -1), x)


class RMSNorm(nn.Module):
    def __init__(self, size, power=2):
        super().__init__()
        self.weight, self.power = nn.Parameter(minitorch.ones(size)), power

    def forward(self, x):
        return x * (x.pow(self.power).mean(-1, keepdim=True) + 1e-5) ** -0.5 * self.weight


def test_a_layer_is_proven_in_five_lines():
    theirs, x = torch.nn.RMSNorm(5, eps=1e-5), np.random.RandomState(0).randn(2, 3, 5).astype("float32")
    torch.nn.init.normal_(theirs.weight)
    worst = assert_matches_torch(RMSNorm(5), theirs, x)
    assert worst.forward < 8 and worst.second >= 0
    with pytest.raises(Mismatch, match="expected"):
        assert_matches_torch(RMSNorm(5, 4), theirs, x)


def test_a_wrong_gradient_is_no_match():
    class Wrong(minitorch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.tanh()

        @staticmethod
        def backward(ctx, grad):
            return grad
    with pytest.raises(Mismatch, match="gradient"):
        assert_matches_torch(Wrong.apply, torch.tanh, np.array([0.5, 1.0]))
