"""Copies: by deepcopy, copy and pickle, and memory shared with NumPy; each program in both libraries."""
import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import minitorch
from tests.both import agree


def shared_with_numpy(torch):
    found = []
    for make in (torch.from_numpy, torch.as_tensor, torch.asarray, torch.tensor):
        a = np.ones(2)
        x = make(a)
        a += 1
        x.add_(10)
        found += [x, a.tolist()]
    t = torch.ones(3)
    t.numpy()[0] = 5
    t[1:].numpy()[0] = 7
    return found, t


def deepcopy_of_a_leaf(torch):
    x = torch.ones(2, requires_grad=True)
    x.grad, x.note = torch.ones(2), [1]
    y = copy.deepcopy(x)
    with torch.no_grad():
        y.add_(1)
    y.note.append(2)
    return x, x.note, y, y.note, y.is_leaf, y.grad, y.grad is x.grad, y is x


def deepcopy_of_a_result(torch):
    copy.deepcopy(torch.ones(2, requires_grad=True) * 2)


def deepcopy_shares_as_before(torch):
    x = torch.arange(6.0).view(2, 3)
    same, other, part, turned = copy.deepcopy([x, x, x[1], x.t()])[0:4]
    part.add_(10)
    return same is other, same, part, turned, turned.stride(), part.storage_offset()


def deepcopy_of_views(torch):
    found = []
    for x in (torch.ones(2, 3).t(), torch.ones(2, 3)[:, 1], torch.ones(1).expand(3), torch.ones(4, 4)[1:3, ::2], torch.ones(0, 3),
              torch.tensor(1.0)):
        y = copy.deepcopy(x)
        found += [y, y.stride() if x.numel() else (), y.storage_offset()]
    return found


def deepcopy_of_a_parameter(torch):
    p = torch.nn.Parameter(torch.ones(2))
    q, r = copy.deepcopy([p, p])
    return type(q).__name__, q is r, q is p, q.requires_grad


def shallow_copies(torch):
    x = torch.ones(2, requires_grad=True)
    x.note = [1]
    y = copy.copy(x)
    return y is x, y.note is x.note, y.requires_grad, y.is_leaf, y.data_ptr() == x.data_ptr()


def pickled(torch):
    found = []
    x = torch.ones(2, 3, requires_grad=True)
    x.note, x.grad = 1, torch.ones(2, 3)
    for t in (x, x.detach().t(), x.detach()[:, 1], x * 2, torch.tensor(True), torch.nn.Parameter(torch.ones(2)), torch.ones(0, 2)):
        y = pickle.loads(pickle.dumps(t))
        found += [type(y).__name__, y, y.stride() if y.numel() else (), y.storage_offset(), getattr(y, "note", None), y.is_leaf]
    return found


def pickled_together(torch):
    x = torch.ones(4)
    a, b, c = pickle.loads(pickle.dumps([x, x[:2], x]))
    b.add_(1)
    return a, b, c is a


PROGRAMS = [f for f in list(globals().values())
            if callable(f) and getattr(f, "__module__", "") == __name__ and not f.__name__.startswith("test_")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(program):
    agree(program)


def test_copies_of_tensors_go_by_reference_count():
    gc.disable()
    try:
        x = minitorch.ones(3)
        array = weakref.ref(copy.deepcopy([x, x[:2]])[0]._array)
        assert array() is None
    finally:
        gc.enable()


def test_an_array_in_front_is_a_tensor_after():
    """Beyond PyTorch, which refuses it: the array is taken as a tensor."""
    x = minitorch.ones(2, requires_grad=True)
    y = np.arange(2.0) * x + np.ones(2)
    y.sum().backward()
    assert isinstance(y, minitorch.Tensor) and x.grad.tolist() == [0, 1]
