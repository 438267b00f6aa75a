"""A training step of each kind of network on a CUDA device."""
import pytest

from comparisons.devices import DEVICE, HOST
from tests import device_programs
from tests.device_training import BOUNDS, MASKS, judge_training, train_all


@pytest.fixture(scope="module")
def found():
    return train_all(HOST, DEVICE)


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("name", MASKS)
def test_training_waits_for_nothing_and_follows_numpy(found, name, dtype):
    judge_training(name, dtype, *(found[name][dtype][place] for place in ("cpu", "cuda")))


def test_programs_of_two_devices():
    found = device_programs.run_all(HOST, DEVICE)
    assert found and not {name: report for name, report in found.items() if report is not None}
