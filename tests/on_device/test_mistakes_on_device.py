"""Each mistake of `mistakes.py`, planted: what CuPy itself makes of it on the emulated device, its threads in either order."""
import json
import subprocess
import sys
from pathlib import Path

import pytest

from comparisons.libraries import environment
from tests.mistakes import MISTAKES

ROOT = Path(__file__).parent.parent.parent
RUN = """
import json
from tests import emulated_cuda
cupy = emulated_cuda.install()
from tests.mistakes import MISTAKES, verdict
print(json.dumps({name: verdict(m.run, cupy, m.meant, emulated_cuda.no_synchronize) for name, m in MISTAKES.items()}))
"""
pytestmark = pytest.mark.emulated


@pytest.fixture(scope="module")
def said():
    """The verdicts in each order: a process for each, since the order is read once."""
    runs = {order: subprocess.Popen([sys.executable, "-c", RUN], cwd=ROOT, env=environment() | {"EMULATED_CUDA_ORDER": order},
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for order in ("forward", "reverse")}
    found = {order: (*run.communicate(timeout=600), run.returncode) for order, run in runs.items()}
    assert not any(code for _, _, code in found.values()), found
    return {order: json.loads(out) for order, (out, _, _) in found.items()}


@pytest.mark.parametrize("order", ["forward", "reverse"])
@pytest.mark.parametrize("name", MISTAKES)
def test_what_the_emulated_device_says(said, name, order):
    assert said[order][name] == MISTAKES[name].caught.get(order)
