"""What was built is what the repository says of it: the levels of every measured quantity (exact, at most 2, at most 64 ulp)."""
import json

from comparisons.atlas import levels

from .conftest import FOLDER

BUILT = json.loads((FOLDER / "pages.json").read_text(encoding="utf-8"))


def test_the_pages_say_what_is_kept():
    found = levels.faults(levels.read(), BUILT)
    assert not found, "\n".join(["measured otherwise than comparisons/atlas/levels.json says; if the new is right:",
                                 "python -m comparisons atlas levels --write", *found])


def test_nothing_was_wrong_while_they_were_built():
    assert not {slug: left.get("error") or left["problems"] for slug, left in BUILT.items() if left.get("error") or left["problems"]}


def test_a_stale_level_is_noticed():
    slug, quantity = next((slug, name) for slug, left in BUILT.items() for name in left["levels"] if left["levels"][name] < 3)
    stale = {slug: left["levels"] for slug, left in BUILT.items() if left["levels"]}
    assert not levels.faults(stale, BUILT)
    stale[slug] = stale[slug] | {quantity: 3}
    assert [f"{slug}: {quantity} was at level 3" in fault for fault in levels.faults(stale, BUILT)] == [True]
