"""What the suite says of itself at its end, how much of the proof is loosened (these numbers only go down); and the device it runs on."""
import os

import pytest


def pytest_configure(config):
    """With MINITORCH_BACKEND=cupy, or `-m gpu`, minitorch computes on a device, which is chosen before anything imports it."""
    if config.getoption("markexpr", "") == "gpu":
        os.environ |= {"MINITORCH_BACKEND": "cupy", "MINITORCH_DEVICE": "real"}
    if os.environ.get("MINITORCH_BACKEND") == "cupy":
        from comparisons import cuda
        try:
            cuda.start(os.environ.get("MINITORCH_DEVICE"))
        except RuntimeError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_report_header():
    pages = [] if os.environ.get("MINITORCH_PAGES") else ["tests/pages is not collected: it needs a browser (make test-pages)"]
    return [device_header(), *pages]


def device_header():
    if os.environ.get("MINITORCH_BACKEND") != "cupy":
        return "tests/on_device is not collected: it needs MINITORCH_BACKEND=cupy (make test-cupy), or -m gpu on a machine with a GPU"
    from comparisons import cuda
    return f"minitorch computes on {cuda.KINDS[cuda.kind]}"


def pytest_terminal_summary(terminalreporter):
    from comparisons.catalogue import ENTRIES
    from comparisons.catalogue.exempt import EXEMPT

    loose = [e.name for e in ENTRIES.values() if e.tolerance is not None and e.tolerance.looser]
    unchecked = [e.name for e in ENTRIES.values() if e.order and not e.numeric]
    expected = len(terminalreporter.stats.get("xfailed", []))
    terminalreporter.write_line(f"catalogue: {len(ENTRIES)} components, {sum(len(e.names) for e in ENTRIES.values())} names, "
                                f"{len(EXEMPT)} names with nothing to compare; tolerances loosened: {len(loose)}; "
                                f"without central differences: {len(unchecked)}; xfails: {expected}")
