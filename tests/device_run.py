"""What the tests of `test_backend.py` judge: minitorch over the strict double of CuPy, in one process, beside minitorch over NumPy.

The backend is read once, at import, so this is a program of its own: `python -m tests.device_run FILE [NAME...]` writes what it found
to FILE.
"""
import json
import sys
import time
from pathlib import Path

from comparisons import cuda

cuda.start("double")

from comparisons.catalogue import entries  # noqa: E402
from comparisons.devices import DEVICE, HOST, check  # noqa: E402
from tests import device_programs  # noqa: E402
from tests.device_training import train_all  # noqa: E402


def main(file, *names):
    """Check the components and train; what was found as JSON."""
    started = time.perf_counter()
    found = {"components": {e.name: check(e) for e in entries(names)}, "training": {} if names else train_all(HOST, DEVICE),
             "programs": {} if names else device_programs.run_all(HOST, DEVICE)}
    found["seconds"] = time.perf_counter() - started
    Path(file).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
