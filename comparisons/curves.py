"""Training runs of four small networks on the digits, each one program text for both libraries, and how far PyTorch is from itself.

Two yardsticks: PyTorch without oneDNN's kernels, and PyTorch started with every parameter moved to the next number that
float32 has.
"""
import time
import warnings
from dataclasses import dataclass

import numpy as np

from .digits import digits
from .models import EncoderBlock, LeNet
from .train import EARLY_STEPS, apart, limits

BATCH, SEED = 64, 0


def mlp(torch):
    """784, 64, 10 with tanh."""
    nn = torch.nn
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.Tanh(), nn.Linear(64, 10))


def lstm(torch):
    """An LSTM that reads a digit row by row from the top, every other pixel of every other row: 14 steps of 14 numbers."""
    nn = torch.nn

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.head = nn.LSTM(14, 32, batch_first=True), nn.Linear(32, 10)

        def forward(self, images):
            out, _ = self.lstm(images[:, 0, ::2, ::2])
            return self.head(out[:, -1])
    return Reader()


def transformer(torch):
    """An encoder block over the 14 rows of a digit at half size, with learned places and dropout."""
    nn = torch.nn

    class Rows(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.places = nn.Linear(14, 32), nn.Parameter(torch.randn(14, 32) * 0.02)
            self.block, self.norm, self.head = EncoderBlock(torch, 32, 4, dropout=0.1), nn.LayerNorm(32), nn.Linear(32, 10)

        def forward(self, images):
            x = self.block(self.embed(images[:, 0, ::2, ::2]) + self.places)
            return self.head(self.norm(x).mean(1))
    return Rows()


@dataclass(frozen=True)
class Program:
    """A network, its optimizer and how many steps it takes; `text` says it in words."""

    name: str
    make: object
    optimizer: object
    steps: int
    text: str


PROGRAMS = [
    Program("LeNet", LeNet, lambda torch, p: torch.optim.Adam(p, lr=2e-3), 60,
            "two convolutions, BatchNorm, tanh, average pooling, dropout; Adam"),
    Program("MLP", mlp, lambda torch, p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=1e-4), 125,
            "784, 64, 10 with tanh; SGD with momentum and weight decay"),
    Program("LSTM", lstm, lambda torch, p: torch.optim.RMSprop(p, lr=3e-3), 125, "reads the rows of a digit one after another; RMSprop"),
    Program("Transformer", transformer, lambda torch, p: torch.optim.AdamW(p, lr=3e-3), 60,
            "an encoder block over the rows of a digit, with dropout; AdamW"),
]


def run(torch, program, nudged=False):
    """The losses of a program's steps, and its seconds; `nudged`: every parameter starts one ulp higher."""
    torch.manual_seed(SEED)
    images, labels = map(torch.from_numpy, digits("train"))
    net = program.make(torch)
    if nudged:
        with torch.no_grad():
            for p in net.parameters():
                p.copy_(torch.from_numpy(np.nextafter(p.numpy(), np.float32(np.inf))))
    optimizer = program.optimizer(torch, net.parameters())
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images, labels), batch_size=BATCH, shuffle=True)
    losses, start = [], time.perf_counter()
    for x, y in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        if len(losses) == program.steps:
            break
    return losses, time.perf_counter() - start


@dataclass
class Curves:
    """The losses of a program: ours, PyTorch's, PyTorch's without oneDNN, PyTorch's nudged by an ulp; and the seconds of the first two."""

    program: Program
    ours: list
    theirs: list
    plain: list
    nudged: list
    seconds: tuple

    @property
    def difference(self):
        """|ours - PyTorch's| / PyTorch's, the largest so far."""
        return np.maximum.accumulate(apart(self.ours, self.theirs))

    @property
    def spreads(self):
        """The same of PyTorch without oneDNN, and of PyTorch nudged."""
        return tuple(np.maximum.accumulate(apart(other, self.theirs)) for other in (self.plain, self.nudged))

    @property
    def limit(self):
        """1e-5 over the first ten steps, later ten times the larger of PyTorch's spreads."""
        return limits(np.maximum(*self.spreads))

    @property
    def early(self):
        """The largest difference of the first ten steps."""
        return float(self.difference[:EARLY_STEPS].max())

    @property
    def holds(self):
        """Whether no difference is over its limit."""
        return bool((self.difference <= self.limit).all())


def curves(program):
    """Run a program in both libraries, and PyTorch's two more times."""
    import torch

    import minitorch
    ours, seconds = run(minitorch, program)
    theirs, their_seconds = run(torch, program)
    with warnings.catch_warnings(action="ignore", category=UserWarning), torch.backends.mkldnn.flags(enabled=False):
        plain, _ = run(torch, program)
    nudged, _ = run(torch, program, nudged=True)
    return Curves(program, ours, theirs, plain, nudged, (seconds, their_seconds))
