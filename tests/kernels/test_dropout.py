"""The kernel of dropout beside its reference: the draw stays outside, so both get the same mask."""
import numpy as np
import pytest
import torch

import minitorch
import reference.kernels.dropout as reference
from minitorch.kernels import dropout as kernel


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_forward_and_backward_are_the_references(p, dtype):
    rng = np.random.default_rng(0)
    x, grad = (rng.standard_normal((3, 4)).astype(dtype) for _ in range(2))
    mask = rng.random((3, 4)) > p
    ours = kernel.dropout(x, mask, p=p)
    theirs = reference.dropout(torch.from_numpy(x), torch.from_numpy(mask), p=p)
    np.testing.assert_array_equal(ours, theirs.numpy())
    np.testing.assert_array_equal(kernel.dropout_backward(grad, mask, p),
                                  reference.dropout_backward(torch.from_numpy(grad), torch.from_numpy(mask), p).numpy())


@pytest.mark.parametrize("layout", [lambda t: t, lambda t: t.t(), lambda t: t[:, ::2], lambda t: t[0], lambda t: t[0, 0]])
def test_masks_follow_the_memory_of_the_input(layout):
    """`dropout(x.t())` is not `dropout(x.t().contiguous())`, in either library."""
    results = []
    for library in (minitorch, torch):
        library.manual_seed(3)
        results.append(library.nn.functional.dropout(layout(library.ones(6, 8)), 0.4).numpy())
    np.testing.assert_array_equal(*results)


def test_in_place():
    for library in (minitorch, torch):
        library.manual_seed(0)
        x = library.ones(4)
        y = library.nn.functional.dropout(x, 0.5, inplace=True)
        assert y is x and x.tolist() == [0.0, 0.0, 2.0, 0.0]
