"""Every component of the catalogue on a CUDA device: equal to NumPy's, no hidden waits, no hidden copies."""
import pytest

from comparisons.catalogue import ENTRIES
from comparisons.device_rules import judge
from comparisons.devices import check


@pytest.mark.parametrize("name", ENTRIES)
def test_component_is_the_same_on_a_device(name):
    judge(name, check(ENTRIES[name]))
