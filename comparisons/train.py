"""Trains a network on the digits with both libraries from one seed, and judges how far their losses are apart.

`train` is one program text for both. Each library runs it in a process of its own, with the same number of threads.
PyTorch runs it twice, with oneDNN's kernels and without: how far PyTorch is apart from itself is the yardstick.
"""
import json
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread

import numpy as np

from .bench import ROOT
from .digits import digits
from .libraries import environment, library
from .models import MODELS

BATCH = 64
STEPS = 8000 // BATCH

# DESIGN's bounds on the relative difference of the losses in float32
EARLY_STEPS, EARLY_BOUND, SPREADS = 10, 1e-5, 10
ACCURACY_BOUND = 0.01


# ---- the program: the same text for both libraries -------------------------------------------------------------------

def train(torch, model="lenet", epochs=4, seed=0):
    """Train `model` on the digits; yield {"loss"} after each step and {"epoch", "loss", "accuracy", "seconds"} after each epoch."""
    from_numpy, data = torch.from_numpy, torch.utils.data
    torch.manual_seed(seed)
    net = MODELS[model](torch)
    train_set = data.TensorDataset(*map(from_numpy, digits("train")))
    test_images, test_labels = map(from_numpy, digits("test"))
    loader = data.DataLoader(train_set, batch_size=BATCH, shuffle=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    criterion = torch.nn.CrossEntropyLoss()

    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        net.train()
        losses = []
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            yield {"loss": losses[-1]}
        net.eval()
        with torch.no_grad():
            guesses = torch.cat([net(part).argmax(1) for part in test_images.split(500)])
        accuracy = (guesses == test_labels).float().mean().item()
        yield {"epoch": epoch, "loss": sum(losses) / len(losses), "accuracy": accuracy, "seconds": time.perf_counter() - start}


def main(name, onednn, model, epochs, seed):
    """In a worker: run the program and print each event as a JSON line."""
    module = library(name)
    kernels = nullcontext()
    if name == "torch":
        module.set_num_threads(1)
        kernels = module.backends.mkldnn.flags(enabled=onednn)
    with kernels:
        for event in train(module, model, epochs, seed):
            print(json.dumps(event), flush=True)


# ---- the runs, side by side ------------------------------------------------------------------------------------------

@dataclass
class Run:
    """One training run and what came of it."""

    label: str
    library: str
    onednn: bool = True
    losses: list = field(default_factory=list)
    epochs: list = field(default_factory=list)
    error: str = ""

    @property
    def seconds(self):
        return sum(epoch["seconds"] for epoch in self.epochs)

    @property
    def accuracy(self):
        return self.epochs[-1]["accuracy"]


def lanes(which):
    """The runs to make, in two lanes that go on at the same time: ours, and PyTorch's two."""
    ours, theirs = Run("minitorch", "minitorch"), Run("torch", "torch")
    return {"both": ([ours], [theirs, Run("torch without oneDNN", "torch", onednn=False)]),
            "minitorch": ([ours],), "torch": ([theirs],)}[which]


def events(lanes, model, epochs, seed):
    """Carry out the runs; yield (run, event) as they come and fill the runs. A run that fails has an `error`."""
    queue = SimpleQueue()

    def follow(lane):
        for run in lane:
            request = json.dumps([run.library, run.onednn, model, epochs, seed])
            process = subprocess.Popen([sys.executable, "-m", "comparisons.train", request], cwd=ROOT, env=environment(1),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            complaints = []
            listener = Thread(target=lambda: complaints.extend(process.stderr))
            listener.start()
            for line in process.stdout:
                queue.put((run, json.loads(line)))
            listener.join()
            if process.wait():
                run.error = "".join(complaints[-12:]).strip() or f"ended with status {process.returncode}"
        queue.put(None)

    for lane in lanes:
        Thread(target=follow, args=(lane,), daemon=True).start()
    for _ in lanes:
        while (item := queue.get()) is not None:
            run, event = item
            if "epoch" in event:
                run.epochs.append(event)
            else:
                run.losses.append(event["loss"])
            yield run, event


# ---- the judgement ---------------------------------------------------------------------------------------------------

@dataclass
class Agreement:
    """How far two runs' losses are apart, step by step, beside how far they may be."""

    difference: np.ndarray          # |ours - torch's| / torch's
    spread: np.ndarray              # the same of torch's two runs, largest so far
    limit: np.ndarray
    accuracies: tuple

    @property
    def largest(self):
        return float(self.difference.max())

    @property
    def early(self):
        return float(self.difference[:EARLY_STEPS].max())

    @property
    def losses_hold(self):
        return bool((self.difference <= self.limit).all())

    @property
    def accuracies_hold(self):
        ours, theirs = self.accuracies
        return abs(ours - theirs) <= ACCURACY_BOUND + 1e-9

    @property
    def holds(self):
        return self.losses_hold and self.accuracies_hold

    @property
    def first_excess(self):
        """The first step (from 1) whose difference is over its limit, or None."""
        over = np.flatnonzero(~(self.difference <= self.limit))
        return int(over[0]) + 1 if over.size else None


def apart(losses, others):
    """|losses - others| relative to the others.

    Example:
        >>> apart([1.0, 2.5], [1.0, 2.0]).tolist()
        [0.0, 0.25]
    """
    losses, others = np.asarray(losses, np.float64), np.asarray(others, np.float64)
    return np.abs(losses - others) / np.maximum(np.abs(others), np.finfo(np.float64).tiny)


def limits(spread):
    """How far float32 losses may be apart at each step: 1e-5 over the first 10, later 10 times torch's own spread, at least 1e-5."""
    limit = np.maximum(SPREADS * np.asarray(spread), EARLY_BOUND)
    limit[:EARLY_STEPS] = EARLY_BOUND
    return limit


def agreement(ours, theirs, again):
    """Judge our losses against torch's, by the spread between torch's two runs; one that ran without oneDNN is `again`."""
    spread = np.maximum.accumulate(apart(again.losses, theirs.losses))
    return Agreement(apart(ours.losses, theirs.losses), spread, limits(spread), (ours.accuracy, theirs.accuracy))


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
