"""Whole training runs from one seed follow torch: the bounds of float64 and float32, for four kinds of network.

Each program is one text for both libraries. The data are real digits, through a shuffling DataLoader.
"""
import functools

import numpy as np
import pytest
import torch

import minitorch
from comparisons.digits import digits
from comparisons.models import EncoderBlock
from comparisons.train import apart, limits

STEPS, BATCH = 30, 16
FLOAT64_BOUND = 1e-9

# Parameters whose exact gradient is zero: what they get is rounding noise, and an optimizer that divides by its size makes steps of it.
ZERO_GRADIENT = {
    "cnn": dict.fromkeys(("0.bias", "5.bias"), "BatchNorm takes the mean away, and the bias with it"),
    "transformer": {"block.attention.in_proj_bias: keys": "what all scores of a query share, softmax takes away"},
}


# ---- the programs: (network, optimizer) of a library -----------------------------------------------------------------

def mlp(torch):
    """Linear layers, momentum."""
    nn = torch.nn
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
    return net, torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)


def cnn(torch):
    """Convolution, BatchNorm, max pooling, dropout; Adam."""
    nn = torch.nn
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.1),
                        nn.Conv2d(8, 16, 3, stride=2), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Dropout(0.25), nn.Linear(576, 10))
    return net, torch.optim.Adam(net.parameters(), lr=1e-3)


def lstm(torch):
    """A digit as a sequence of its 28 rows; two LSTM layers with dropout between; Adam."""
    nn = torch.nn

    class Rows(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(28, 24, num_layers=2, dropout=0.2, batch_first=True)
            self.head = nn.Linear(24, 10)

        def forward(self, x):                                       # (B, 1, 28, 28)
            out, _ = self.lstm(x.squeeze(1))                        # (B, 28, 24)
            return self.head(out[:, -1])
    net = Rows()
    return net, torch.optim.Adam(net.parameters(), lr=2e-3)


def transformer(torch):
    """The rows as tokens: embedding, an encoder block with dropout, the mean; AdamW."""
    nn = torch.nn
    rest = EncoderBlock(torch, 32, 4, dropout=0.1)

    class Rows(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Linear(28, 32)
            self.position = nn.Embedding(28, 32)
            self.block = rest
            self.head = nn.Linear(32, 10)

        def forward(self, x):
            x = self.embedding(x.squeeze(1)) + self.position(torch.arange(28))
            return self.head(self.block(x).mean(1))
    net = Rows()
    return net, torch.optim.AdamW(net.parameters(), lr=1e-3)


PROGRAMS = {program.__name__: program for program in (mlp, cnn, lstm, transformer)}


def train(torch, name, dtype, seed):
    """Losses of 30 steps and the parameters after them, by name, as arrays."""
    torch.manual_seed(seed)
    net, optimizer = PROGRAMS[name](torch)
    net = net.to(getattr(torch, dtype))
    images, labels = (array[:12 * BATCH] for array in digits("train"))
    data = torch.utils.data
    loader = data.DataLoader(data.TensorDataset(torch.from_numpy(images.astype(dtype)), torch.from_numpy(labels)), BATCH, shuffle=True)
    losses = []
    while len(losses) < STEPS:
        for x, y in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x), y)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            losses.append(loss.item())
    return np.array(losses[:STEPS]), {k: p.detach().numpy().copy() for k, p in net.named_parameters()}


def parts(parameters):
    """The parameters by name; attention's joint bias as its three."""
    found = {}
    for name, value in parameters.items():
        if name.endswith("in_proj_bias"):
            found |= {f"{name}: {part}": third for part, third in zip(("queries", "keys", "values"), np.split(value, 3))}
        else:
            found[name] = value
    return found


@functools.cache
def both(name, dtype, seed):
    return train(minitorch, name, dtype, seed), train(torch, name, dtype, seed)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", PROGRAMS)
def test_float64_losses_follow_torch(name, seed):
    (ours, _), (theirs, _) = both(name, "float64", seed)
    assert apart(ours, theirs).max() <= FLOAT64_BOUND


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", PROGRAMS)
def test_float64_parameters_follow_torch(name, seed):
    (_, ours), (_, theirs) = both(name, "float64", seed)
    assert list(ours) == list(theirs)
    left_out = ZERO_GRADIENT.get(name, {})
    ours, theirs = parts(ours), parts(theirs)
    assert left_out.keys() <= theirs.keys()
    for key, value in theirs.items():
        if key not in left_out:
            assert np.abs(ours[key] - value).max() <= FLOAT64_BOUND * np.abs(value).max(), key


@pytest.mark.filterwarnings("ignore:TF32 acceleration")           # torch, whenever oneDNN is switched
@pytest.mark.parametrize("name", PROGRAMS)
def test_float32_losses_keep_the_bounds(name):
    ours, _ = train(minitorch, name, "float32", 0)
    theirs, _ = train(torch, name, "float32", 0)
    with torch.backends.mkldnn.flags(enabled=False):
        again, _ = train(torch, name, "float32", 0)
    spread = np.maximum.accumulate(apart(again, theirs))
    difference = apart(ours, theirs)
    assert (difference <= limits(spread)).all(), f"{difference.max():.1e} apart; torch from itself {spread[-1]:.1e}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_wrong_seed_is_seen(name):
    """The bounds are not so wide that any training would do."""
    (ours, _), _ = both(name, "float64", 0)
    (_, _), (theirs, _) = both(name, "float64", 1)
    assert apart(ours, theirs)[:10].max() > 1e-3
