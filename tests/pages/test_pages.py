"""Every page of the atlas holds what a reader relies on: see `checks.py`."""
import pytest

from .checks import checks
from .conftest import FOLDER

PAGES = sorted(FOLDER.glob("*.html"))


def test_there_are_pages():
    assert {"index.html", "glossary.html", "differences.html"} <= {p.name for p in PAGES} and len(PAGES) > 3, \
        f"build the atlas first: python -m comparisons atlas build --out {FOLDER}"


@pytest.mark.parametrize(("page", "check"), [pytest.param(p, c, id=f"{p.stem}-{c.__name__}") for p in PAGES for c in checks(p)])
def test_a_page(reader, page, check):
    found = list(dict.fromkeys([*check(reader, page), *reader.complaints()]))
    assert not found, "\n".join([f"{page.name}:", *found])
