"""Layers, initializers, dropout and data loading draw what PyTorch draws, in its order: one program in both libraries, then a draw more."""
import pytest
import torch

import minitorch
from minitorch.testing.comparison import compare_outputs

SEEDS = (0, 12345)


def agree(program, **tolerances):
    """The program's results, and what is drawn after it, are equal."""
    for seed in SEEDS:
        results = []
        for library in (minitorch, torch):
            library.manual_seed(seed)
            results.append([program(library), library.rand(2), library.randn(1)])
        compare_outputs(*results, {"float32": 0, "float64": 0} | tolerances, flags=False)


def parameters(module):
    return [p.detach() for p in module.parameters()]


@pytest.mark.parametrize("build", [
    lambda nn: nn.Linear(7, 5), lambda nn: nn.Linear(7, 5, bias=False), lambda nn: nn.Conv2d(3, 4, 3),
    lambda nn: nn.Conv2d(4, 6, (3, 1), groups=2), lambda nn: nn.LSTM(3, 4, 2), lambda nn: nn.LSTM(3, 4, bidirectional=True),
    lambda nn: nn.Embedding(10, 3), lambda nn: nn.Embedding(10, 3, padding_idx=2), lambda nn: nn.MultiheadAttention(8, 2),
    lambda nn: nn.MultiheadAttention(8, 2, kdim=3, vdim=5, add_bias_kv=True), lambda nn: nn.BatchNorm2d(3), lambda nn: nn.LayerNorm(4),
    lambda nn: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))])
def test_layers(build):
    agree(lambda lib: parameters(build(lib.nn)))


@pytest.mark.parametrize("shape", [(5, 3), (8, 4, 3, 3), (33, 17)])
@pytest.mark.parametrize("name", ["kaiming_uniform_", "kaiming_normal_", "xavier_uniform_", "xavier_normal_", "uniform_", "normal_"])
def test_initializers(name, shape):
    agree(lambda lib: getattr(lib.nn.init, name)(lib.empty(shape)))
    agree(lambda lib: getattr(lib.nn.init, name)(lib.empty(shape, dtype=lib.float64)), float64=64)


@pytest.mark.parametrize("mean, std, low, high", [(0, 1, -2, 2), (0, 0.02, -2, 2), (0, 1, 1, 2), (0, 1, -0.1, 0.1), (0.5, 2, -1, 0.3)])
def test_truncated_normals(mean, std, low, high):
    agree(lambda lib: [lib.nn.init.trunc_normal_(lib.empty(n), mean, std, low, high) for n in (1, 5, 16, 40, 500)])


def test_sparse_and_orthogonal():
    agree(lambda lib: lib.nn.init.sparse_(lib.empty(10, 6), 0.3))
    agree(lambda lib: [lib.nn.init.orthogonal_(lib.empty(s)) for s in ((5, 3), (3, 5), (4, 2, 3))], float32=128)


def test_dropout():
    agree(lambda lib: [lib.nn.functional.dropout(lib.ones(s), 0.3) for s in ((3, 5), (4, 4, 7), (), (0, 2))])
    agree(lambda lib: lib.nn.functional.dropout(lib.ones(4, 5).t(), 0.7))
    agree(lambda lib: lib.nn.Dropout(0.25)(lib.ones(2, 3, 4).permute(2, 0, 1)))
    agree(lambda lib: [lib.nn.functional.dropout(lib.ones(9), p) for p in (0.0, 1.0)])


@pytest.mark.parametrize("bidirectional", (False, True))
@pytest.mark.parametrize("batch_first", (False, True))
def test_dropout_between_the_layers_of_an_lstm(batch_first, bidirectional):
    def program(lib):
        net = lib.nn.LSTM(3, 4, num_layers=3, dropout=0.4, batch_first=batch_first, bidirectional=bidirectional)
        return net(lib.randn(5, 2, 3))
    agree(program, float32=16)


@pytest.mark.parametrize("need_weights", (False, True))
def test_dropout_of_attention_weights(need_weights):
    def program(lib):
        net, x = lib.nn.MultiheadAttention(8, 2, dropout=0.25), lib.randn(5, 3, 8)
        return net(x, x, x, need_weights=need_weights)[0], lib.nn.functional.scaled_dot_product_attention(x, x, x, dropout_p=0.25)
    agree(program, float32=16)


@pytest.mark.parametrize("own", (False, True))
@pytest.mark.parametrize("shuffle", (False, True))
def test_data_loader(shuffle, own):
    def program(lib):
        generator = lib.Generator().manual_seed(3) if own else None
        loader = lib.utils.data.DataLoader(lib.arange(23), batch_size=4, shuffle=shuffle, generator=generator)
        epochs = [list(loader), list(loader)]
        return epochs, lib.rand(2, generator=generator)
    agree(program)


def test_samplers_and_splits():
    def program(lib):
        data, tools = lib.arange(23), lib.utils.data
        parts = tools.random_split(data, [10, 13])
        return [parts[0].indices, parts[1].indices, list(tools.RandomSampler(data)),
                list(tools.RandomSampler(data, replacement=True, num_samples=70)), list(tools.RandomSampler(data, num_samples=30)),
                list(tools.SubsetRandomSampler([3, 1, 7, 9])), list(tools.WeightedRandomSampler([0.1, 0.2, 0.3, 0.4], 30)),
                list(tools.WeightedRandomSampler([1.0, 2.0, 3.0], 3, False))]
    agree(program)
