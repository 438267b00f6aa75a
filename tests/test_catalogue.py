"""Every entry of the catalogue: the component equals torch's, on drawn inputs and on bad ones; and the entry says what it must."""
import pytest

from comparisons.catalogue import ENTRIES, find
from comparisons.catalogue.exempt import EXEMPT
from comparisons.check import check
from comparisons.names import all_listed

entries = pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
_covered = {}


@entries
def test_equals_torch(entry):
    result = check(entry)
    assert result.ok, result.message()
    assert set(result.names) == set(entry.names), "some names were never called: their form does not fit the drawn cases"
    assert result.examples >= 25 or "size 0" not in result.covered
    if not entry.no_empty:
        assert "size 0" in result.covered or not any(d.startswith(("float", "int", "bool")) for d in result.covered), \
            "no case holds a tensor of size 0: draw sizes by shapes() or sides(), or give the reason as no_empty"


@entries
def test_says_what_it_must(entry):
    assert len(entry.bad) >= 3, "an entry has at least three bad inputs: shape, dtype, argument"
    assert entry.source and (entry.formula or entry.build or entry.call)
    assert entry.order != 1 or entry.differences, "say in `differences` why there is no second order"
    assert entry.theirs is None or entry.differences, "say in `differences` why torch's call is another"


def test_each_name_is_proven_once():
    names = [n for e in ENTRIES.values() for n in (e.proven if e.name == e.public else e.also)]
    assert len(names) == len(set(names)), sorted({n for n in names if names.count(n) > 1})


def test_a_wrong_name_suggests_the_nearest():
    assert find("F.tanh") is find("torch.tanh") is find("Tensor.tanh_") is ENTRIES["tanh"]
    with pytest.raises(KeyError, match="did you mean.*tanh"):
        find("tahn")


def test_every_listed_name_is_proven_or_has_nothing_to_compare():
    proven = {n for e in ENTRIES.values() for n in e.proven}
    assert not [n for n in all_listed() if n not in proven and n not in EXEMPT], "names without an entry"
    assert not sorted(proven - set(all_listed())), "proven, but not in names.txt"
    assert not sorted(proven & set(EXEMPT)), "proven and exempt"
    assert not sorted(set(EXEMPT) - set(all_listed())), "exempt, but not in names.txt"
    assert all(len(reason.split()) >= 3 for reason in EXEMPT.values())
