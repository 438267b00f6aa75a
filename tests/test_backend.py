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
from comparisons.device_rules import TABLES, judge
from comparisons.libraries import environment
from tests import cupy_double
from tests.device_training import BOUNDS, MASKS, judge_training

ROOT = Path(__file__).parent.parent


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
    judge(name, found["components"][name])


def test_the_lists_name_components():
    for names in TABLES:
        assert not set(names) - set(ENTRIES)


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("name", MASKS)
def test_training_waits_for_nothing_and_follows_numpy(found, name, dtype):
    judge_training(name, dtype, *(found["training"][name][dtype][place] for place in ("cpu", "cuda")))


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
    with pytest.raises(AssertionError, match="set MINITORCH_BACKEND=cupy"):
        names["to_device"](names["numpy"].ones(2), "cuda:0")
