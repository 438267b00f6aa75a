"""Training steps on two devices from one seed, for `device_run`: losses, parameters, and what a step waits for and copies."""
import pytest

from comparisons import cuda
from comparisons.devices import describe

STEPS, BATCH = 3, 6
MASKS = {"MLP": 0, "CNN with BatchNorm and dropout": 1, "LSTM with dropout": 1, "transformer block": 3}    # drawn in a step
BOUNDS = {"torch.float32": 1e-5, "torch.float64": 1e-12}


def mlp(torch):
    nn = torch.nn
    return nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 4))


def lenet(torch):
    nn = torch.nn
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
                         nn.Dropout(0.25), nn.Linear(24, 4))


def lstm(torch):
    nn = torch.nn

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.lstm = nn.Embedding(10, 8), nn.LSTM(8, 6, num_layers=2, batch_first=True, bidirectional=True, dropout=0.2)
            self.head = nn.Linear(12, 4)

        def forward(self, words):
            out, (h, c) = self.lstm(self.embedding(words))
            return self.head(out[:, -1])
    return Reader()


def transformer(torch):
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.attention = nn.Embedding(10, 8), nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True)
            self.norm1, self.norm2, self.drop = nn.LayerNorm(8), nn.LayerNorm(8), nn.Dropout(0.1)
            self.wide, self.narrow, self.head = nn.Linear(8, 16), nn.Linear(16, 8), nn.Linear(8, 4)

        def forward(self, words):
            x = self.embedding(words)
            mask = torch.ones(words.shape[1], words.shape[1], dtype=torch.bool, device=words.device).triu(1)
            x = self.norm1(x + self.drop(self.attention(x, x, x, attn_mask=mask, need_weights=False)[0]))
            x = self.norm2(x + self.drop(self.narrow(torch.nn.functional.gelu(self.wide(x)))))
            return self.head(x.mean(1))
    return Block()


# model, shape of its input (integers if it reads words), optimizer, random masks drawn in a step
PROGRAMS = {
    "MLP": (mlp, (BATCH, 12), lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-3), 0),
    "CNN with BatchNorm and dropout": (lenet, (BATCH, 1, 12, 12), lambda torch, p: torch.optim.Adam(p, lr=1e-2), 1),
    "LSTM with dropout": (lstm, (BATCH, 5), lambda torch, p: torch.optim.RMSprop(p, lr=1e-2, centered=True, momentum=0.5), 1),
    "transformer block": (transformer, (BATCH, 5), lambda torch, p: torch.optim.AdamW(p, lr=1e-2, amsgrad=True), 3),
}


def train(place, dtype, make, shape, make_optimizer):
    """Losses, parameters at the end, and the counts of each step. A step may not wait for the device; reading the loss after it may."""
    place.manual_seed(0)
    with place.chosen():
        model = make(place).to(dtype)
        optimizer = make_optimizer(place, model.parameters())
        schedule = place.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.9)
        words = len(shape) == 2 and shape[1] < 10
        x = place.randint(0, 10, shape) if words else place.randn(*shape, dtype=dtype)
        y = place.randint(0, 4, (BATCH,))
        losses, counts, kernels = [], [], []
        for _ in range(STEPS):
            with cuda.no_synchronize(), cuda.launched() as names, cuda.counted() as found:
                optimizer.zero_grad()
                loss = place.nn.functional.cross_entropy(model(x), y)
                loss.backward()
                place.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
            losses.append(loss.item())
            counts.append(dict(found))
            kernels.append(list(names))
    state = {k: v.cpu().numpy().ravel().tolist() for k, v in model.state_dict().items()}
    where = sorted({f"{t.device.type} {t.dtype}" for p in model.parameters() for t in (p, p.grad)})
    return {"losses": losses, "state": state, "counts": counts, "kernels": kernels, "where": where}


def train_all(host, device):
    """{program: {dtype: {device: what was found}}}."""
    found = {}
    for name, (make, shape, optimizer, _) in PROGRAMS.items():
        for dtype in (host.float32, host.float64):
            both = found.setdefault(name, {}).setdefault(str(dtype), {})
            for place in (host, device):
                try:
                    both[place.device] = train(place, dtype, make, shape, optimizer)
                except Exception as error:
                    both[place.device] = {"error": describe(error)}
    return found


def judge_training(name, dtype, host, device):
    """A step waits for nothing, copies its random masks over and no more, and follows NumPy.

    Raises:
        AssertionError: with what is wrong.
    """
    assert "error" not in host and "error" not in device, (host, device)
    assert device["where"] == [f"cuda {dtype}"] and host["where"] == [f"cpu {dtype}"]
    assert device["losses"] == pytest.approx(host["losses"], rel=BOUNDS[dtype])
    if dtype == "torch.float64":                      # in float32 Adam turns the noise of gradients that are 0 into steps
        for key, values in host["state"].items():
            assert device["state"][key] == pytest.approx(values, rel=1e-6, abs=1e-9), key
    watched = [{k: n for k, n in step.items() if k in ("synchronize", "to device")} for step in device["counts"]]
    assert watched == [{"to device": MASKS[name]} if MASKS[name] else {}] * len(device["losses"])
