"""Tests of the atlas in a real browser: collected when MINITORCH_PAGES names the folder of the built pages (`make test-pages`)."""
import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ["MINITORCH_PAGES"]).resolve() if os.environ.get("MINITORCH_PAGES") else None
collect_ignore_glob = [] if FOLDER else ["test_*.py"]


@pytest.fixture(scope="session")
def reader():
    """The browser of this process."""
    from .reader import Reader
    with Reader() as reader:
        yield reader


@pytest.fixture(scope="session")
def folder():
    """Where the pages are."""
    return FOLDER
