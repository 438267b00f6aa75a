"""Tensors print as PyTorch prints them, to the character."""
import numpy as np
import pytest
import torch

import minitorch

FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64", "bool"]
SHAPES = [(), (0,), (0, 3), (1,), (5,), (3, 4), (2, 3, 4), (30,), (1001,), (10, 10, 11), (3000,), (1, 1, 1), (40, 30), (2, 0, 3)]


def same(array):
    array = np.array(array)
    theirs, ours = repr(torch.from_numpy(array.copy())), repr(minitorch.from_numpy(array))
    assert ours == theirs


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("scale", [1e-9, 1e-5, 1e-3, 1, 10, 1e3, 1e5, 1e8, 1e10])
def test_floating(kind, scale):
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        with np.errstate(over="ignore"):
            a = np.asarray(rng.standard_normal(shape) * scale).astype(kind)
        for values in (a, np.asarray(np.rint(a)), np.abs(a), np.zeros_like(a), np.full_like(a, np.nan)):
            same(values)
        if a.size > 1:
            for first, second in ((np.nan, 1), (np.nan, np.inf), (-np.inf, 0), (1e-9, 1)):
                b = a.copy()
                b.reshape(-1)[0], b.reshape(-1)[1] = first, second
                same(b)


@pytest.mark.parametrize("kind", INTEGERS)
def test_integers(kind):
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        same(np.asarray(rng.integers(0, 100, shape)).astype(kind))
        if kind.startswith("int"):
            same(np.asarray(rng.integers(-100, 100, shape)).astype(kind))


HISTORY = [
    "x", "x * 2", "x + x", "x - 1", "x / 2", "-x", "x ** 2", "x @ x.T", "x.exp()", "x.log()", "x.tanh()", "x.sigmoid()", "x.sum()",
    "x.sum(0)", "x.mean()",
    "x.mean(1)", "x.max()", "x.max(1)", "x.min(0)[0]", "x.amax(0)", "x.t()", "x.permute(1, 0)", "x.transpose(0, 1)", "x.reshape(-1)",
    "x.view(4)",
    "x[0]", "x[0:1]", "x[x > 0]", "x[[0, 1]]", "x.unsqueeze(0)", "x.unsqueeze(0).squeeze(0)", "x.clone()", "x.expand(2, 2, 2)",
    "torch.cat([x, x])",
    "torch.stack([x, x])", "x.split(1)[0]", "x.chunk(2)[1]", "x.unbind()[0]", "x.clamp(0, 1)", "x.abs()", "x.sqrt()", "x.var()", "x.std(0)",
    "x.prod()", "x.cumsum(0)", "x.sort()[0]", "x.topk(1)[0]", "x.gather(0, torch.zeros(1, 2, dtype=torch.int64))", "x.double()", "x.relu()",
    "torch.where(x > 0, x, 0.0)", "x.masked_fill(x > 0, 0.0)", "x.norm()", "x.repeat(2, 1)", "x.flip(0)", "x.tril()", "x.diagonal()",
    "x.detach()",
    "torch.nn.functional.linear(x, x, x[0])", "torch.nn.functional.softmax(x, 1)", "torch.nn.functional.layer_norm(x, (2,))",
    "torch.nn.functional.gelu(x)",
    "torch.nn.functional.mse_loss(x, x)", "torch.nn.Parameter(x.detach())", "x.long()", "x.logsumexp(0)", "x.flatten()",
]


@pytest.mark.parametrize("text", HISTORY)
def test_history(text):
    shown = []
    for library in (torch, minitorch):
        x = library.tensor([[1.0, 2.5], [-3.0, 0.125]], requires_grad=True)
        shown.append(repr(eval(text, {"torch": library, "x": x})))
    assert shown[1] == shown[0]


@pytest.mark.parametrize("text", [
    "torch.float32", "torch.int64", "torch.bool", "torch.ones(2, 3).shape", "torch.ones(2, 3).shape[1:]", "torch.device('cpu')",
    "torch.device('cuda:1')",
    "torch.Size([2])", "torch.tensor(3)", "torch.tensor(3.0)", "f'{torch.tensor(3.14159):.2f}'", "str(torch.ones(2))",
    "torch.ones(2).dtype",
    "torch.tensor([1.5]).item()", "torch.strided", "torch.zeros(2, requires_grad=True)", "torch.tensor([], dtype=torch.int64)",
    "torch.ones(2, 2).max(0)",
    "torch.zeros(100, dtype=torch.float64, requires_grad=True)", "torch.randn(2).type()", "torch.arange(6).view(2, 3).tolist()",
])
def test_other_things(text):
    shown = []
    for library in (torch, minitorch):
        library.manual_seed(0)
        shown.append(repr(eval(text, {"torch": library})))
    assert shown[1] == shown[0]


def test_options():
    values = np.linspace(-2, 2000, 1200).astype("float32")
    try:
        for options in ({"precision": 2}, {"threshold": 5, "edgeitems": 2}, {"linewidth": 40}, {"sci_mode": True}, {"profile": "short"},
                        {"profile": "full"}, {"sci_mode": False}):
            for library in (torch, minitorch):
                library.set_printoptions(profile="default")
                library.set_printoptions(**options)
            same(values)
            same(values[:7] * 1e-7)
    finally:
        for library in (torch, minitorch):
            library.set_printoptions(profile="default")
