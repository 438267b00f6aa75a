"""Parts of a tensor's protocol that no drawn case shows, beside PyTorch's."""
import pytest

from tests.both import agree

PROGRAMS = {
    "set_ shares the memory": lambda torch: shared(torch, torch.ones(2), torch.zeros(3)),
    "set_ raises the version": lambda torch: torch.ones(2).set_(torch.zeros(3))._version,
    "set_ of another dtype": lambda torch: torch.ones(2).set_(torch.ones(2, dtype=torch.int64)),
    "set_ of no tensor": lambda torch: torch.ones(2).set_([1.0]),
    "set_ on a leaf": lambda torch: torch.ones(2, requires_grad=True).set_(torch.zeros(2)),
    "deleting items": lambda torch: torch.ones(2).__delitem__(0),
    "no truth of several": lambda torch: bool(torch.ones(2)),
}


def shared(torch, x, y):
    """What `set_` makes of two tensors, and whether a write into one is seen in the other."""
    same = x.set_(y) is x
    y[0] = 5
    return x, same, x.is_set_to(y)


@pytest.mark.parametrize("name", PROGRAMS)
def test_protocol(name):
    agree(PROGRAMS[name])
