"""Tests of a CUDA device: collected when minitorch computes with CuPy (`make test-cupy`), or when `-m gpu` asks for a real device.

Each test here runs on the emulated device and on a real one alike, except those marked `emulated`.
"""
import os

import pytest

from comparisons import cuda

collect_ignore_glob = [] if os.environ.get("MINITORCH_BACKEND") == "cupy" else ["test_*.py"]


def pytest_collection_modifyitems(items):
    for item in items:
        if "on_device" in item.path.parts:
            if item.get_closest_marker("emulated") is None:
                item.add_marker(pytest.mark.gpu)
            elif cuda.kind == "real":
                item.add_marker(pytest.mark.skip(reason="about the emulated device; this one is real"))
