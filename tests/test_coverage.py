"""The page of what is covered is up to date, and what it says of unsupported things is what happens."""
import warnings
from pathlib import Path

import pytest
import torch

import minitorch
from comparisons.coverage import families, page
from comparisons.unsupported import UNSUPPORTED, happens

PAGE = Path(__file__).parent.parent / "docs" / "operators.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "make it again: python -m comparisons list --table > docs/operators.md"


def test_every_family_says_what_it_is():
    assert all(text for _, text, _ in families())


@pytest.mark.parametrize("entry", UNSUPPORTED, ids=lambda u: u.what)
def test_what_is_not_supported_ends_as_the_page_says(entry):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert happens(entry, torch) is None, "PyTorch does not take it either"
    assert happens(entry, minitorch) is entry.error
