"""What the catalogue's cases are too small to show of conv2d: all ways through the kernel, few images at a time, memory, half, integers."""
import tracemalloc

import numpy as np
import pytest
import torch

from minitorch.kernels import convolution
from minitorch.kernels.convolution import Columns, conv2d, conv2d_backward, geometry, worth_turning

# N, C, H, W, O, KH, KW, stride, padding, dilation, groups
CASES = [
    (5, 2, 9, 8, 3, 3, 3, 1, 1, 1, 1),                # rows share the columns, ∂L/∂x by the turned kernel
    (5, 2, 9, 8, 6, 3, 3, 1, 1, 1, 1),                # one matrix, ∂L/∂x by folding
    (5, 3, 9, 8, 7, 3, 3, 1, 0, 1, 1),                # rows share the columns, ∂L/∂x by folding
    (5, 4, 9, 8, 6, 5, 3, (2, 3), (2, 1), (2, 1), 2),  # phases, strides and dilations that differ, groups
    (4, 3, 7, 7, 4, 1, 1, 2, 0, 1, 1),                # a kernel of one element that skips inputs
    (4, 3, 4, 4, 2, 2, 2, 3, 5, 1, 1),                # windows that lie in the padding alone
    (4, 4, 6, 6, 4, 3, 3, 1, 1, 1, 4),                # depthwise
    (4, 3, 6, 6, 6, 2, 3, 2, 1, 1, 3),                # depthwise, two filters a channel
    (3, 2, 6, 6, 4, 4, 2, 1, "same", 1, 1),           # padding that differs before and after
]


def drawn(case, dtype=np.float64, seed=0):
    N, C, H, W, O, KH, KW, *_, groups = case
    r = np.random.default_rng(seed)
    return [r.standard_normal(shape).astype(dtype) for shape in ((N, C, H, W), (O, C // groups, KH, KW), (O,))]


def torchs(arrays, case, seed=1):
    """torch's values, cotangent and gradients."""
    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    out = torch.nn.functional.conv2d(*leaves, *case[7:])
    grad = torch.tensor(np.random.default_rng(seed).standard_normal(out.shape)).to(out.dtype)
    return out.detach().numpy(), grad.numpy(), [g.numpy() for g in torch.autograd.grad(out, leaves, grad)]


@pytest.mark.parametrize("buffer", [1, 3000, 1 << 20])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_every_way_and_slices_of_the_batch(case, buffer, monkeypatch):
    monkeypatch.setattr(convolution, "BUFFER", buffer)
    arrays, settings = drawn(case), case[7:]
    out, grad, gradients = torchs(arrays, case)
    ours = conv2d(*arrays, *settings)
    np.testing.assert_allclose(ours, out, rtol=1e-12, atol=1e-12)
    for a, b in zip(conv2d_backward(grad, *arrays, (True, True, True), *settings), gradients):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_the_cases_take_every_way():
    sizes = [geometry(*drawn(case), *case[7:]) for case in CASES]
    ways = {(convolution.shares_rows(s), worth_turning(s)) for s in sizes}
    assert ways == {(True, True), (True, False), (False, True), (False, False)}


@pytest.mark.parametrize("case", CASES)
def test_matrices_of_the_columns_are_views(case):
    sizes = geometry(*drawn(case), *case[7:])
    columns = Columns(np, sizes, 2, np.dtype("f8"))
    assert all(np.shares_memory(matrix, columns.array) for matrix in columns.matrices)


def test_only_what_is_needed_is_computed():
    arrays = drawn(CASES[0])
    grad = np.ones_like(conv2d(*arrays, *CASES[0][7:]))
    for needs in ((True, False, False), (False, True, False), (False, False, True)):
        found = conv2d_backward(grad, *arrays, needs, *CASES[0][7:])
        assert tuple(g is not None for g in found) == needs


def test_strided_inputs_and_cotangents():
    case = (3, 2, 7, 6, 4, 3, 2, 1, 1, 1, 1)
    arrays = drawn(case)
    out, _, _ = torchs(arrays, case)
    x = np.ascontiguousarray(arrays[0].transpose(3, 2, 1, 0)).transpose(3, 2, 1, 0)
    np.testing.assert_allclose(conv2d(x, *arrays[1:], *case[7:]), out, rtol=1e-12)
    ones = np.broadcast_to(np.ones(()), out.shape)
    for a, b in zip(conv2d_backward(ones, x, *arrays[1:], (True,) * 3, *case[7:]),
                    conv2d_backward(np.ones(out.shape), *arrays, (True,) * 3, *case[7:])):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 2e-6), (np.float16, 2e-3)])
def test_sums_of_16_bits_are_made_in_32(dtype, tolerance):
    case = (2, 32, 9, 9, 8, 3, 3, 1, 1, 1, 1)
    arrays = drawn(case, dtype)
    exact = conv2d(*(a.astype("f8") for a in arrays), *case[7:])
    ours = conv2d(*arrays, *case[7:])
    assert ours.dtype == dtype and abs(ours - exact).max() < tolerance * abs(exact).max()


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8])
def test_integers(dtype):
    x, w = torch.randint(0, 99, (2, 3, 5, 5)).to(dtype), torch.randint(0, 99, (4, 3, 3, 3)).to(dtype)
    out = conv2d(x.numpy(), w.numpy(), None, padding=1)
    assert out.dtype == x.numpy().dtype and np.array_equal(out, torch.nn.functional.conv2d(x, w, padding=1).numpy())


def test_memory_is_that_of_input_and_output():
    """All columns of this batch would take 24 MB."""
    case = (32, 16, 36, 36, 16, 3, 3, 1, 1, 1, 1)
    arrays = drawn(case, np.float32)
    grad = np.ones((32, 16, 36, 36), np.float32)
    tracemalloc.start()
    try:
        out = conv2d(*arrays, *case[7:])
        forward = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        conv2d_backward(grad, *arrays, (True,) * 3, *case[7:])
        backward = tracemalloc.get_traced_memory()[1] - out.nbytes
    finally:
        tracemalloc.stop()
    assert forward < out.nbytes + 2 * convolution.BUFFER
    assert backward < arrays[0].nbytes + 3 * convolution.BUFFER
