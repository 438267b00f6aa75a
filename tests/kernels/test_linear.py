"""The names that torch's graph has for linear, and how far the bias broadcasts."""
import numpy as np
import pytest
import torch

import minitorch


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("lead", [(4,), (2, 4), (2, 3, 4), (0,), (2, 0)])
def test_names_of_nodes(lead, bias):
    shapes = [(*lead, 3), (5, 3)] + [(5,)] * bias
    ours, theirs = ([library.ones(shape, requires_grad=True) for shape in shapes] for library in (minitorch, torch))
    a, b = minitorch.nn.functional.linear(*ours), torch.nn.functional.linear(*theirs)
    assert type(a.grad_fn).__name__ == type(b.grad_fn).__name__


@pytest.mark.parametrize("size", [(5,), (1,), (), (1, 5), (2, 1), (2, 5)])
def test_gradients_of_biases_that_broadcast(size):
    r = np.random.default_rng(0)
    arrays = [r.standard_normal(shape) for shape in ((2, 3), (5, 3), size)]
    ours, theirs = ([library.tensor(a, requires_grad=True) for a in arrays] for library in (minitorch, torch))
    cotangent = r.standard_normal((2, 5))
    minitorch.nn.functional.linear(*ours).backward(minitorch.tensor(cotangent))
    torch.nn.functional.linear(*theirs).backward(torch.tensor(cotangent))
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-12)
