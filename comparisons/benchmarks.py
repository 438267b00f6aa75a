"""What `bench` times. Each benchmark is one program text: a function of the library that returns the step to time.

`scale` makes the batch smaller, to warm a library up before its memory is measured.
"""
from dataclasses import dataclass
from typing import Callable

import numpy as np

from .models import EncoderBlock, LeNet, TwoBlocks

BENCHMARKS = {}


@dataclass(frozen=True)
class Benchmark:
    """One row of the table: `make(torch)` builds the inputs and returns the step."""

    name: str
    make: Callable
    memory: bool

    @property
    def text(self):
        return self.make.__doc__.strip()


def benchmark(make=None, *, memory=False):
    """Enter a function of the library into the table, under its own name."""
    if make is None:
        return lambda make: benchmark(make, memory=memory)
    BENCHMARKS[make.__name__] = Benchmark(make.__name__, make, memory)
    return make


def normals(torch, *shape, requires_grad=True):
    """Standard normals in float32, the same in both libraries."""
    values = np.random.default_rng(len(shape)).standard_normal(shape, np.float32)
    return torch.tensor(values, requires_grad=requires_grad)


def indices(torch, high, *shape):
    """Whole numbers below `high`, the same in both libraries."""
    return torch.tensor(np.random.default_rng(high).integers(0, high, shape))


def both_ways(function, *leaves):
    """The step of an operation: forward, then backward with a fixed cotangent."""
    cotangents = []

    def step():
        for leaf in leaves:
            leaf.grad = None
        out = function(*leaves)
        if not cotangents:
            cotangents.append((out * 0.5 + 0.1).detach())
        out.backward(cotangents[0])
    return step


def training_step(torch, net, optimizer, x, target):
    """The step of a classifier: cross entropy, backward, update."""
    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x), target).backward()
        optimizer.step()
    return step


@benchmark
def tiny(torch):
    """1000 tiny operations, forward and backward"""
    x, y = np.random.default_rng(0).random(8, np.float32), np.full(8, 0.5, np.float32)

    def step():
        a, b = torch.tensor(x, requires_grad=True), torch.tensor(y, requires_grad=True)
        out = a
        for _ in range(500):
            out = out * b + b
        out.sum().backward()
    return step


@benchmark
def mlp(torch):
    """MLP 784-256-128-10, batch 64, Adam step"""
    torch.manual_seed(0)
    nn = torch.nn
    net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    x, target = normals(torch, 64, 784, requires_grad=False), indices(torch, 10, 64)
    return training_step(torch, net, torch.optim.Adam(net.parameters(), lr=1e-3), x, target)


@benchmark
def conv2d(torch):
    """conv2d 16 to 32 channels, 3x3, batch 16, 28x28"""
    return both_ways(lambda x, w, b: torch.nn.functional.conv2d(x, w, b, padding=1),
                     normals(torch, 16, 16, 28, 28), normals(torch, 32, 16, 3, 3), normals(torch, 32))


def digits_step(torch, make, scale):
    """The step of a network for 28x28 digits, batch 64, Adam."""
    torch.manual_seed(0)
    net, batch = make(torch), max(1, int(64 * scale))
    x, target = normals(torch, batch, 1, 28, 28, requires_grad=False), indices(torch, 10, batch)
    return training_step(torch, net, torch.optim.Adam(net.parameters(), lr=1e-3), x, target)


@benchmark(memory=True)
def lenet(torch, scale=1):
    """LeNet with BatchNorm and Dropout, batch 64, Adam step"""
    return digits_step(torch, LeNet, scale)


@benchmark
def cnn(torch, scale=1):
    """two blocks 32-64-128, ReLU, max pooling, batch 64, Adam step"""
    return digits_step(torch, TwoBlocks, scale)


@benchmark
def max_pool2d(torch):
    """max_pool2d 2x2, (32, 16, 28, 28)"""
    return both_ways(lambda x: torch.nn.functional.max_pool2d(x, 2), normals(torch, 32, 16, 28, 28))


@benchmark
def avg_pool2d(torch):
    """avg_pool2d 2x2, (32, 16, 28, 28)"""
    return both_ways(lambda x: torch.nn.functional.avg_pool2d(x, 2), normals(torch, 32, 16, 28, 28))


@benchmark
def batch_norm(torch):
    """BatchNorm2d in training, (32, 32, 28, 28)"""
    return both_ways(torch.nn.BatchNorm2d(32), normals(torch, 32, 32, 28, 28))


@benchmark
def layer_norm(torch):
    """LayerNorm, (32, 128, 256)"""
    return both_ways(torch.nn.LayerNorm(256), normals(torch, 32, 128, 256))


@benchmark
def softmax(torch):
    """softmax along the last dimension, (4096, 256)"""
    return both_ways(lambda x: torch.nn.functional.softmax(x, dim=-1), normals(torch, 4096, 256))


@benchmark
def gelu(torch):
    """gelu, (4096, 256)"""
    return both_ways(torch.nn.functional.gelu, normals(torch, 4096, 256))


@benchmark
def cross_entropy(torch):
    """cross entropy with indices, (1024, 1000)"""
    target = indices(torch, 1000, 1024)
    return both_ways(lambda x: torch.nn.functional.cross_entropy(x, target), normals(torch, 1024, 1000))


@benchmark
def embedding(torch):
    """embedding of (32, 128) indices, weight (10000, 128)"""
    index = indices(torch, 10000, 32, 128)
    return both_ways(lambda weight: torch.nn.functional.embedding(index, weight), normals(torch, 10000, 128))


@benchmark
def lstm(torch):
    """LSTM, 64 steps, batch 32, 256 to 256"""
    torch.manual_seed(0)
    net = torch.nn.LSTM(256, 256)

    def forward(x):
        net.zero_grad()
        return net(x)[0]
    return both_ways(forward, normals(torch, 64, 32, 256))


@benchmark
def attention(torch):
    """MultiheadAttention, 8 heads, (16, 64, 256)"""
    torch.manual_seed(0)
    net = torch.nn.MultiheadAttention(256, 8, batch_first=True)

    def forward(x):
        net.zero_grad()
        return net(x, x, x, need_weights=False)[0]
    return both_ways(forward, normals(torch, 16, 64, 256))


@benchmark(memory=True)
def encoder(torch, scale=1):
    """encoder block: attention, LayerNorm, MLP with gelu, (16, 64, 256)"""
    torch.manual_seed(0)
    net = EncoderBlock(torch, 256, 8)

    def forward(x):
        net.zero_grad()
        return net(x)
    return both_ways(forward, normals(torch, max(1, int(16 * scale)), 64, 256))


def optimizer_step(torch, make):
    """The update of 100 parameter tensors of (100, 100), gradients given."""
    parameters = [torch.nn.Parameter(normals(torch, 100, 100, requires_grad=False)) for _ in range(100)]
    for parameter in parameters:
        parameter.grad = normals(torch, 100, 100, requires_grad=False) * 1e-3
    return make(parameters).step


@benchmark
def adam(torch):
    """Adam over 100 parameter tensors of (100, 100)"""
    return optimizer_step(torch, lambda parameters: torch.optim.Adam(parameters, lr=1e-3))


@benchmark
def sgd(torch):
    """SGD with momentum over 100 parameter tensors of (100, 100)"""
    return optimizer_step(torch, lambda parameters: torch.optim.SGD(parameters, lr=1e-3, momentum=0.9))
