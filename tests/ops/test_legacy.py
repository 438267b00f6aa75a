"""The constructors of PyTorch's first years, and subclasses of Tensor; each program in both libraries."""
import numpy as np
import pytest

import minitorch
from tests.both import agree

# What is made of sizes, data and tensors; values are compared where they are set
EXPRESSIONS = """
    torch.Tensor(2, 3).shape
    torch.Tensor([1, 2]), torch.Tensor([[1, 2], [3, 4]]), torch.Tensor((1, 2)), torch.Tensor(range(3)), torch.Tensor([])
    torch.Tensor(3).shape, torch.Tensor().shape, torch.Tensor(torch.Size([2, 3])).shape, torch.Tensor(np.int64(3)).shape
    torch.Tensor(torch.ones(2)), torch.Tensor(torch.ones(2, dtype=torch.int64)), torch.Tensor(torch.tensor(3.0))
    torch.Tensor(np.ones(2)), torch.Tensor(np.ones(2, dtype="f4")), torch.Tensor([torch.tensor(1.0), torch.tensor(2.0)])
    torch.Tensor(torch.ones(2, requires_grad=True)).requires_grad
    torch.Tensor(2.5)
    torch.Tensor("x")
    torch.Tensor(None)
    torch.Tensor([None])
    torch.Tensor(["x"])
    torch.Tensor(-1)
    torch.Tensor(2, "x")
    torch.Tensor(True)
    torch.Tensor([[1], [2, 3]])
    torch.Tensor([1, 2], dtype=torch.int64)
    torch.Tensor([1, 2], requires_grad=True)
    torch.Tensor(np.float32(3))
    torch.FloatTensor([1, 2]), torch.DoubleTensor([1, 2]), torch.HalfTensor([1, 2]), torch.LongTensor([[1], [2]]), torch.IntTensor([1, 2])
    torch.ShortTensor([1]), torch.CharTensor([1]), torch.ByteTensor([1, 0]), torch.BoolTensor([1, 0]), torch.BoolTensor([True])
    torch.LongTensor([1.5, 2]), torch.LongTensor(np.array([1, 2])), torch.LongTensor(torch.tensor([1, 2])), torch.FloatTensor(np.ones(2))
    torch.LongTensor(5, 2).shape, torch.LongTensor().dtype, torch.DoubleTensor(2).dtype
    torch.FloatTensor(torch.ones(2, dtype=torch.int64))
    torch.LongTensor(torch.ones(2))
    torch.LongTensor("x")
    torch.Tensor(3, 2).zero_(), torch.Tensor(2, 3).normal_(), torch.FloatTensor(1, 3).uniform_(-1, 1), torch.LongTensor(3).fill_(2)
    torch.ones(2).new([3.0, 4.0]), torch.ones(2, dtype=torch.int64).new([3, 4]), torch.ones(2).new(torch.ones(3))
    torch.ones(2, dtype=torch.int64).new(3).dtype, torch.ones(2).new(2, 3).shape, torch.ones(2).new().shape
    torch.ones(2).type(torch.LongTensor), torch.ones(2).type("torch.DoubleTensor")
    torch.ones(2).type("nothing")
    torch.ones(2).type(1)
"""
LINES = [line.strip() for line in EXPRESSIONS.splitlines() if line.strip()]


@pytest.mark.parametrize("line", LINES)
def test_expressions(line):
    agree(lambda torch: eval(line, {"torch": torch, "np": np}))


def shared_memory(torch):
    x, a = torch.ones(2), np.ones(2, dtype="f4")
    for made in (torch.Tensor(x), torch.FloatTensor(x), torch.Tensor(a), torch.FloatTensor(a), x.new(x)):
        made.add_(1)
    return x, a.tolist()


def default_type(torch):
    try:
        torch.set_default_tensor_type(torch.DoubleTensor)
        first = torch.ones(2).dtype, torch.Tensor([1]).dtype
        torch.set_default_tensor_type("torch.FloatTensor")
        return first, torch.ones(2).dtype
    finally:
        torch.set_default_dtype(torch.float32)


def subclass(torch):
    class Weights(torch.Tensor):
        def doubled(self):
            return self * 2
    made, other = Weights([1, 2]), torch.ones(2).as_subclass(Weights)
    third = torch.Tensor._make_subclass(Weights, torch.ones(2), True)
    return ([type(t).__name__ for t in (made, other, third)], made.sum().item(), other.doubled().tolist(), third.requires_grad,
            isinstance(made, torch.Tensor), isinstance(torch.ones(2), Weights), made.shape)


def subclass_with_history(torch):
    class Weights(torch.Tensor):
        pass
    x = torch.ones(2, requires_grad=True)
    (x * 2).as_subclass(Weights).sum().backward()
    return x.grad


def subclass_with_a_constructor(torch):
    class Named(torch.Tensor):
        def __new__(cls, data, name):
            made = super().__new__(cls, data)
            made.name_of_it = name
            return made

        def __init__(self, data, name):
            self.known = True
    t = Named([1, 2, 3], "three")
    return t.name_of_it, t.known, type(t).__name__, t.tolist()


def subclass_of_no_tensor(torch):
    torch.ones(2).as_subclass(int)


def a_parameter_of_a_subclass(torch):
    class Mine(torch.nn.Parameter):
        pass
    p = Mine(torch.ones(2))
    return type(p).__name__, p.requires_grad, isinstance(p, torch.nn.Parameter)


PROGRAMS = [f for f in list(globals().values())
            if callable(f) and getattr(f, "__module__", "") == __name__ and not f.__name__.startswith("test_")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(program):
    agree(program)


def test_results_of_a_subclass_are_tensors():
    """PyTorch gives them the subclass; here they are plain."""
    class Weights(minitorch.Tensor):
        pass
    assert type(Weights([1, 2]) * 2) is minitorch.Tensor
