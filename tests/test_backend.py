"""minitorch over CuPy's strict double: every component, training, and the switch MINITORCH_BACKEND itself.

The backend is read once, at import: `device_run` does all the work in one process of its own, the tests here judge what it wrote.
"""
import json
import os
import runpy
import subprocess
import sys
import time
from pathlib import Path

import pytest

from comparisons.catalogue import ENTRIES
from comparisons.libraries import environment
from tests import cupy_double

ROOT = Path(__file__).parent.parent

# What cannot be the same on both
ASKS_FOR_NUMPY = "the call asks for a NumPy array, which a device refuses as in torch"
NAMES_THE_DEVICE = "the answer names the device"
NOT_COMPARED = dict.fromkeys(
    ("Tensor.numpy", "from_numpy", "tensor of tensors", "as_tensor of tensors", "asarray of tensors", "load", "utils.data.default_convert"),
    ASKS_FOR_NUMPY) | dict.fromkeys(
    ("Tensor.device", "Tensor.get_device", "Tensor.is_cpu", "Tensor.is_cuda", "Tensor.type", "get_default_device"), NAMES_THE_DEVICE) | {
    "Tensor.to the device": "a copy from a device has a history, the tensor itself has none",
    "Tensor.cpu": "a copy from a device has a history, the tensor itself has none",
    "nn.utils.parameters_to_vector": "CuPy's elementwise results lie in C's order: torch's keep the operands' and cannot be viewed",
}

# What waits for the device, and why it must
ANSWER, SIZE, INDICES = "the answer is Python's", "the size of the result is a value", "indices are Python's"
CHANCES = "the draws are made on the host, by torch's streams, and depend on the values"
AVERAGE = "momentum=None: the number of batches so far is a factor; torch waits too"
WAITS = dict.fromkeys(
    ("allclose", "equal", "is_nonzero", "Tensor.is_nonzero", "Tensor.item", "Tensor.tolist", "Tensor.share_memory_", "Tensor.__contains__",
     "Tensor.__bool__", "Tensor.__int__", "Tensor.__float__", "Tensor.__index__", "autograd.gradcheck", "autograd.gradgradcheck",
     "utils.data.IterableDataset", "utils.data.ChainDataset", "save"), ANSWER) | dict.fromkeys(
    ("nonzero", "argwhere", "masked_select", "unique", "repeat_interleave with counts"), SIZE) | dict.fromkeys(
    ("utils.data.random_split", "utils.data.DataLoader", "utils.data.Sampler", "utils.data.RandomSampler", "utils.data.SubsetRandomSampler",
     "utils.data.WeightedRandomSampler", "utils.data.BatchSampler"), INDICES) | dict.fromkeys(
    ("bernoulli", "Tensor.bernoulli_", "multinomial"), CHANCES) | dict.fromkeys(("nn.BatchNorm1d", "nn.BatchNorm2d"), AVERAGE) | {
    "Tensor.__getitem__": "CuPy turns masks into indices", "Tensor.__setitem__": "CuPy turns masks into indices",
    "index_put": "CuPy turns masks into indices",
    "nn.functional.one_hot": "the number of classes is a value where it is not given",
    "nn.functional.embedding": "max_norm: which rows are used is a value", "nn.Embedding": "max_norm: which rows are used is a value",
    "nn.init.trunc_normal_": "it draws until all values fit",
}

# What is copied to the device beside the inputs, apart from the draws of random entries (made on the host, by torch's streams)
POOLING = "the places of windows that are not all alike, a few numbers"
COPIES = dict.fromkeys(("Tensor.new_tensor", "Tensor.new", "utils.data.default_collate", "save", "repeat_interleave with counts",
                        "autograd.gradgradcheck"), "data of the host") | dict.fromkeys(
    ("Tensor.__getitem__", "Tensor.__setitem__", "index_put"), "lists of Python as indices") | {
    f"nn.{kind}Pool2d": POOLING for kind in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax")} | {
    f"nn.functional.{kind}_pool2d": POOLING for kind in ("max", "avg", "adaptive_avg", "adaptive_max")}

# Bad inputs that only their values show: looking at them would wait for the device, so nobody does
VALUES = {
    "Tensor.__getitem__", "gather", "scatter", "scatter of a number", "scatter_add", "index_select", "index_fill", "index_put", "normal",
    "nn.functional.embedding", "nn.Embedding", "nn.functional.one_hot", "nn.functional.nll_loss", "nn.functional.cross_entropy",
    "nn.NLLLoss", "nn.CrossEntropyLoss", "nn.functional.binary_cross_entropy", "nn.BCELoss",
}
ONLY_ON_DEVICES = {"optim.Adam": ("capturable",), "optim.RMSprop": ("capturable",)}      # what torch takes on a device alone


@pytest.fixture(scope="session")
def found(tmp_path_factory):
    """What one run of `device_run` wrote; the workers of a parallel run share it."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    file, taken = folder / "device_run.json", folder / "device_run.taken"
    try:
        taken.mkdir()
    except FileExistsError:
        waited = time.monotonic() + 600
        while not file.exists():
            assert time.monotonic() < waited, "the other worker's run does not end"
            time.sleep(0.2)
    else:
        command = [sys.executable, "-W", "ignore", "-m", "tests.device_run", str(file.with_suffix(".part"))]
        run = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=600)
        part = file.with_suffix(".part")
        if run.returncode:
            part.write_text(json.dumps({"failed": run.stdout + run.stderr}))
        part.rename(file)
    result = json.loads(file.read_text())
    assert "failed" not in result, result["failed"]
    return result


@pytest.mark.parametrize("name", ENTRIES)
def test_component_is_the_same_on_a_device(found, name):
    """Values, dtypes, shapes, gradients, second order, error classes; nothing waits for the device or copies to it without a reason."""
    entry, report = ENTRIES[name], found["components"][name]
    if name in NOT_COMPARED:
        assert report["error"], "it could be compared after all: take it out of the list"
        return
    assert report["error"] is None
    assert report["cases"]
    seen = {k: sum(report.get(part, {}).get(k, 0) for part in ("forward", "backward")) for k in ("synchronize", "to device")}
    assert not seen["synchronize"] or name in WAITS, "it waits for the device: find another way, or say why in WAITS"
    assert not seen["to device"] or name in COPIES or entry.random, "it copies from the host: find another way, or say why in COPIES"
    assert not report.get("left the device"), "results lie on the host"
    for kind, verdict in report["bad"].items():
        assert kind in ONLY_ON_DEVICES.get(name, ()) or name in VALUES and verdict.startswith("on the device returns"), (kind, verdict)


def test_the_lists_name_components():
    for names in (NOT_COMPARED, WAITS, COPIES, VALUES, ONLY_ON_DEVICES):
        assert not set(names) - set(ENTRIES)


MASKS = {"MLP": 0, "CNN with BatchNorm and dropout": 1, "LSTM with dropout": 1, "transformer block": 3}    # drawn in a step


@pytest.mark.parametrize("dtype, bound", [("torch.float32", 1e-5), ("torch.float64", 1e-12)])
@pytest.mark.parametrize("name", MASKS)
def test_training_waits_for_nothing_and_follows_numpy(found, name, dtype, bound):
    host, device = (found["training"][name][dtype][place] for place in ("cpu", "cuda"))
    assert "error" not in host and "error" not in device, (host, device)
    assert device["where"] == [f"cuda {dtype}"] and host["where"] == [f"cpu {dtype}"]
    assert device["losses"] == pytest.approx(host["losses"], rel=bound)
    if dtype == "torch.float64":                      # in float32 Adam turns the noise of gradients that are 0 into steps
        for key, values in host["state"].items():
            assert device["state"][key] == pytest.approx(values, rel=1e-6, abs=1e-9), key
    copied = {"to device": MASKS[name]} if MASKS[name] else {}
    assert device["counts"] == [copied] * len(device["losses"]), "a step copies its random masks over, no more"


def test_programs_of_two_devices(found):
    assert found["programs"] and not {name: report for name, report in found["programs"].items() if report is not None}


# ---- the switch -----------------------------------------------------------------------------------------------------------

def backend(monkeypatch, name, **modules):
    """The names of backend.py, read anew with other settings."""
    monkeypatch.setenv("MINITORCH_BACKEND", name)
    for module, value in modules.items():
        monkeypatch.setitem(sys.modules, module.replace("_", "."), value)
    return runpy.run_path(str(ROOT / "minitorch" / "backend.py"))


def test_a_wrong_name_is_refused(monkeypatch):
    with pytest.raises(ImportError, match="must be 'numpy' or 'cupy', got 'jax'"):
        backend(monkeypatch, "jax")


def test_cupy_that_is_not_there_is_refused(monkeypatch):
    with pytest.raises(ImportError, match="CuPy cannot be imported: install"):
        backend(monkeypatch, "cupy", cupy=None)


def test_cupy_without_a_device_is_refused(monkeypatch):
    parts = {"cupy": cupy_double.cupy, "cupyx": cupy_double.cupyx, "cupyx_scipy": cupy_double.cupyx.scipy,
             "cupyx_scipy_special": cupy_double.cupyx.scipy.special}
    names = backend(monkeypatch, "cupy", **parts)
    assert names["default"] is cupy_double.cupy and names["device_name"](cupy_double.cupy.ones(2)) == "cuda:0"
    monkeypatch.setattr(cupy_double.cupy.cuda, "is_available", lambda: False)
    with pytest.raises(ImportError, match="finds no CUDA device"):
        backend(monkeypatch, "cupy", **parts)


def test_numpy_is_the_default(monkeypatch):
    monkeypatch.delenv("MINITORCH_BACKEND", raising=False)
    names = runpy.run_path(str(ROOT / "minitorch" / "backend.py"))
    assert names["NAME"] == "numpy" and names["cupy"] is None
    with pytest.raises(RuntimeError, match="set MINITORCH_BACKEND=cupy"):
        names["to_device"](names["numpy"].ones(2), "cuda:0")
