"""A training step of each kind of network on a CUDA device."""
import json
from pathlib import Path

import pytest

from comparisons.devices import DEVICE, HOST
from tests import device_programs
from tests.device_training import BOUNDS, MASKS, judge_training, train_all

LAUNCHES = json.loads(Path(__file__).with_name("launches.json").read_text())


@pytest.fixture(scope="module")
def found():
    return train_all(HOST, DEVICE)


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("name", MASKS)
def test_training_waits_for_nothing_and_follows_numpy(found, name, dtype):
    judge_training(name, dtype, *(found[name][dtype][place] for place in ("cpu", "cuda")))


@pytest.mark.emulated
@pytest.mark.parametrize("name", MASKS)
def test_a_step_of_float32_launches_no_kernel_of_float64(found, name):
    names = set().union(*found[name]["torch.float32"]["cuda"]["kernels"])
    assert names and not [kernel for kernel in names if "float64" in kernel or "double" in kernel]


@pytest.mark.emulated
@pytest.mark.parametrize("name", MASKS)
def test_a_step_launches_as_many_kernels_as_recorded(found, name):
    """`launches.json` is the record: fewer is an achievement, to be written down there; more is a loss of speed on a GPU."""
    first, *rest = (len(kernels) for kernels in found[name]["torch.float32"]["cuda"]["kernels"])
    assert set(rest) == {LAUNCHES[name]}, f"recorded are {LAUNCHES[name]} launches a step, now there are {rest} (in the first {first})"


def test_programs_of_two_devices():
    found = device_programs.run_all(HOST, DEVICE)
    assert found and not {name: report for name, report in found.items() if report is not None}
