"""What the catalogue's small tables do not show: the product behind large gradients, the norm limit in place, no index at all."""
import numpy as np
import pytest
import torch

import minitorch
from minitorch.backend import scatter_add_rows
from tests.both import agree

F, OURS = torch.nn.functional, minitorch.nn.functional


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2"])
@pytest.mark.parametrize("settings", [{}, {"padding_idx": 3}, {"scale_grad_by_freq": True}], ids=str)
def test_large_gradient(dtype, settings):
    """Many rows that meet: added in order, so that float32 and float64 give torch's bits."""
    rng = np.random.default_rng(0)
    index, weight = rng.integers(0, 20, (30, 12)), rng.standard_normal((20, 40)).astype(dtype)
    grad = rng.standard_normal((30, 12, 40)).astype(dtype)
    found = []
    for lib in (torch, minitorch):
        w = lib.from_numpy(weight.copy()).requires_grad_()
        y = lib.nn.functional.embedding(lib.from_numpy(index), w, **settings)
        y.backward(lib.from_numpy(grad))
        found.append((y.detach().numpy(), w.grad.numpy()))
    (theirs, their_grad), (ours, our_grad) = found
    np.testing.assert_array_equal(ours, theirs)
    if dtype == "f2" or settings.get("scale_grad_by_freq"):
        np.testing.assert_allclose(our_grad, their_grad, rtol=1e-6 if dtype != "f2" else 2e-2, atol=2e-2 if dtype == "f2" else 1e-6)
    else:
        np.testing.assert_array_equal(our_grad, their_grad)


@pytest.mark.parametrize("width", [1, 3, 500])
def test_rows_are_added_alike_on_both_ways(width):
    rng = np.random.default_rng(0)
    index, rows = rng.integers(0, 7, 40), rng.standard_normal((40, width))
    expected = np.zeros((9, width))
    np.add.at(expected, index, rows)
    np.testing.assert_array_equal(scatter_add_rows(9, index, rows), expected)


PROGRAMS = {
    "no index": lambda torch: _gradient(torch, torch.zeros(0, 2, dtype=torch.int64), torch.ones(3, 4)),
    "empty table": lambda torch: torch.nn.functional.embedding(torch.zeros(0, dtype=torch.int64), torch.ones(0, 4)),
    "an index alone": lambda torch: _gradient(torch, torch.tensor(1), torch.ones(3, 4)),
    "integers in the table": lambda torch: torch.nn.functional.embedding(torch.tensor([1, 0]), torch.tensor([[1, 2], [3, 4]])),
    "limit on a leaf": lambda torch: _limited(torch, torch.full((3, 4), 2.0, requires_grad=True)),
    "limit on a result": lambda torch: _limited(torch, torch.full((3, 4), 2.0, requires_grad=True) * 1),
    "limit raises the version once": lambda torch: _version(torch),
    "limit of a table without gradient": lambda torch: _limited(torch, torch.full((3, 4), 2.0)),
    "index out of range with a limit": lambda torch: torch.nn.functional.embedding(torch.tensor([5]), torch.ones(3, 4), max_norm=1.0),
}


def _gradient(torch, index, weight):
    weight.requires_grad_()
    y = torch.nn.functional.embedding(index, weight)
    y.sum().backward()
    return y, weight.grad


def _limited(torch, weight):
    y = torch.nn.functional.embedding(torch.tensor([0, 2, 0]), weight, max_norm=1.0)
    return y, weight


def _version(torch):
    weight = torch.full((3, 4), 2.0)
    torch.nn.functional.embedding(torch.tensor([0, 2]), weight, max_norm=1.0)
    return weight._version


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    agree(PROGRAMS[name])
