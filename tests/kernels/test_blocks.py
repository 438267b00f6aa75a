"""Large arrays are worked on in blocks: cut into very small ones, every kernel must give what it gives in one."""
import numpy as np
import pytest

import minitorch as torch
from minitorch.kernels import blocks

F = torch.nn.functional
rng = np.random.default_rng(0)


def tensor(*shape, low=None):
    """A standard normal tensor, or a uniform one from `low` to 1 - `low`."""
    values = rng.standard_normal(shape) if low is None else rng.uniform(low, 1 - low, shape)
    return torch.from_numpy(values).requires_grad_()


def integers(high, *shape):
    """Random labels."""
    return torch.from_numpy(rng.integers(0, high, shape))


ONES, WEIGHTS, LABELS, IMAGE = torch.ones(3).double(), torch.arange(7.0).double(), integers(7, 23), integers(7, 5, 2, 3)
CASES = {
    "softmax": (lambda x: F.softmax(x, 1), [tensor(11, 7)]),
    "softmax of a middle dimension": (lambda x: F.softmax(x, 1), [tensor(11, 3, 5)]),
    "softmax in one line": (lambda x: F.softmax(x, 0), [tensor(50)]),
    "log_softmax": (lambda x: F.log_softmax(x, -1), [tensor(3, 11, 7)]),
    "gelu": (F.gelu, [tensor(11, 7)]),
    "gelu with tanh": (lambda x: F.gelu(x, approximate="tanh"), [tensor(11, 7)]),
    "silu": (F.silu, [tensor(11, 7)]),
    "relu": (F.relu, [tensor(11, 7)]),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (7,), w, b), [tensor(2, 11, 7), tensor(7), tensor(7)]),
    "layer_norm without parameters": (lambda x: F.layer_norm(x, (5, 2)), [tensor(11, 5, 2)]),
    "batch_norm of rows": (lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), [tensor(23, 7), tensor(7), tensor(7)]),
    "batch_norm of small planes": (lambda x, w: F.batch_norm(x, None, None, w, training=True), [tensor(11, 3, 2, 5), tensor(3)]),
    "batch_norm of large planes": (lambda x, w: F.batch_norm(x, None, None, w, training=True), [tensor(5, 3, 8, 9), tensor(3)]),
    "batch_norm in evaluation": (lambda x, w: F.batch_norm(x, ONES, ONES, w), [tensor(5, 3, 8, 9), tensor(3)]),
    "cross_entropy": (lambda x: F.cross_entropy(x, LABELS), [tensor(23, 7)]),
    "cross_entropy, smoothed": (lambda x: F.cross_entropy(x, LABELS, weight=WEIGHTS, label_smoothing=0.2), [tensor(23, 7)]),
    "cross_entropy of images": (lambda x: F.cross_entropy(x, IMAGE, reduction="none", label_smoothing=0.2), [tensor(5, 7, 2, 3)]),
    "cross_entropy with probabilities": (lambda x, t: F.cross_entropy(x, t, reduction="none"), [tensor(11, 7), tensor(11, 7, low=0.0)]),
}


@pytest.mark.parametrize("name", CASES)
def test_blocks(name, monkeypatch):
    function, inputs = CASES[name]
    y = function(*inputs)
    grad = torch.from_numpy(np.random.default_rng(1).standard_normal(y.shape))
    expected = [y, *torch.autograd.grad(y, inputs, grad)]
    monkeypatch.setattr(blocks, "BLOCK", 16)
    y = function(*inputs)
    for ours, whole in zip([y, *torch.autograd.grad(y, inputs, grad)], expected):
        np.testing.assert_allclose(ours.detach().numpy(), whole.detach().numpy(), rtol=1e-11, atol=1e-12)


def test_pieces():
    x, one = np.arange(20).reshape(10, 2), np.ones((1, 2))
    assert [len(p) for p, _, _ in blocks.blocks(x, one, None)] == [10]
    assert list(blocks.blocks(np.ones((0, 3)))) == list(blocks.blocks(np.ones((3, 0)))) == []
