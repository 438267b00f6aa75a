"""Writing into tensors: parts of one memory, values that do not fit, shapes that change; each program in both libraries."""
import numpy as np
import pytest

from tests.both import agree

# A statement that changes x, a 1-D tensor of 0 1 2 3; then x is compared
ON_A_VECTOR = """
    x[1:].add_(x[:-1])
    x[2:].add_(x[:2])
    x[:].add_(x)
    x.view(2, 2).add_(x.view(2, 2).t())
    x.view(2, 2).copy_(x.view(2, 2).t())
    x[::2].add_(x[1::2])
    x[1:].mul_(x[1])
    x[1:].copy_(x[1])
    x[:2].copy_(x[:1])
    x[1:].copy_(x[:-1])
    x[1:] = x[:-1]
    x[1:] = x[:-1].clone()
    x[1] = 10
    x[1:3] = torch.tensor([7.0, 8.0])
    x[x > 1] = 0
    x[:2] = torch.ones(1, 2)
    x[:2] = torch.ones(2, 2)
    x[0] = torch.ones(1, 1)
    x[0] = torch.ones(2)
    x[:] = [1, 2, 3, 4]
    x[:] = np.ones(4)
    x[[0, 1]] = [1, 2]
    x[torch.tensor([0])] = np.ones(1)
    x[0] = np.float32(2)
    x[0] = np.float64(2)
    x[0] = True
    x[0] = "x"
    x[0] = None
    x[0] = 1e50
    x[5] = 0
    x["a"] = 0
    x[1.5] = 0
    x[::-1] = 0
    x[np.array([0, 3])] = 9
    x[np.array([True, False, True, False])] = 9
    x[...] = 2
    x.fill_(3)
    x.fill_(torch.tensor(3))
    x.fill_(torch.ones(4))
    x.fill_("x")
    x.fill_([1])
    x.fill_(np.float32(3))
    x.fill_(1e39)
    x.copy_(1.5)
    x.copy_(np.float32(1.5))
    x.copy_([1, 2, 3, 4])
    x.copy_(np.ones(4))
    x.copy_(None)
    x.copy_(torch.ones(3))
    x.copy_(torch.ones(1, 4))
    x.copy_(torch.tensor([True, False, True, True]), True)
    x.copy_(other=torch.zeros(4))
    x.copy_(src=torch.zeros(4))
    x.expand(2, 4).copy_(torch.ones(2, 4))
    x.expand(2, 4).add_(1)
    x.zero_(1)
"""
# The dtype of x, which holds 1 1, and what is done to it
ON_A_DTYPE = """
    int64: x.fill_(3.7)
    int64: x.fill_(float("nan"))
    int64: x.fill_(float("inf"))
    int64: x.fill_(1 << 63)
    uint8: x.fill_(255)
    uint8: x.fill_(256)
    uint8: x.fill_(-1)
    uint8: x.fill_(-256)
    int8: x.fill_(200)
    int8: x.fill_(-128.5)
    bool: x.fill_(2)
    bool: x.fill_(0.5)
    float16: x.fill_(1e6)
    float16: x.fill_(float("inf"))
    uint8: x[0] = 300
    uint8: x[torch.tensor([0])] = 300
    uint8: x[torch.tensor([0])] = -1
    int64: x[0] = 2.7
    int64: x.copy_(torch.tensor([1.7, -2.5]))
    bool: x.copy_(torch.tensor([1.7, 0.0]))
    int64: x.add_(1.5)
    int64: x.div_(2)
    uint8: x.add_(255)
"""


def after(torch, x, statement):
    """The tensor after a statement."""
    exec(statement, {"torch": torch, "np": np, "x": x})
    return x, x._version


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("statement", lines(ON_A_VECTOR))
def test_on_a_vector(statement):
    agree(lambda torch: after(torch, torch.arange(4.0), statement))


@pytest.mark.parametrize("line", lines(ON_A_DTYPE))
def test_on_a_dtype(line):
    dtype, _, statement = line.partition(": ")
    agree(lambda torch: after(torch, torch.ones(2).to(getattr(torch, dtype)), statement))


def written_with_history(torch):
    found = []
    for write in ("y[0] = 5", "y[0] = torch.ones(3)", "y.fill_(3)", "y.zero_()", "y.copy_(torch.ones(3))", "y[:, 1] = y[:, 0]"):
        x = torch.ones(2, 3, requires_grad=True)
        y = x * 1
        exec(write, {"torch": torch, "y": y})
        (y * torch.arange(6.0).view(2, 3)).sum().backward()
        found += [type(y.grad_fn).__name__, x.grad]
    return found


def written_from_what_has_history(torch):
    found = []
    for write in ("x[0] = y", "x.copy_(y)", "x[0].fill_(y[0])", "x[0].copy_(y)", "x[[0, 1]] = y"):
        x, y = torch.zeros(2, 3), torch.ones(3, requires_grad=True)
        exec(write, {"torch": torch, "x": x, "y": y})
        (x * torch.arange(6.0).view(2, 3)).sum().backward()
        found += [type(x.grad_fn).__name__, y.grad]
    return found


def written_without_history(torch):
    x, y = torch.ones(2, requires_grad=True), torch.zeros(2)
    with torch.no_grad():
        x.fill_(3)
        x.copy_(x * 2)
        y.copy_(x)
        x[0] = 1
    return x, y, x._version


def inference_tensors(torch):
    with torch.inference_mode():
        x = torch.ones(2)
        x.fill_(2)
    x.fill_(1)


def inference_tensors_copied_into(torch):
    with torch.inference_mode():
        x = torch.ones(2)
    x.copy_(torch.zeros(2))


def changed_shapes_in_place(torch):
    x = torch.arange(6.0).view(2, 3)
    y = x[0]
    found = [x.t_().shape, x._version, x.unsqueeze_(0).shape, x.squeeze_(0).shape, x.transpose_(0, 1).stride(), x._version]
    y.unsqueeze_(1).add_(10)
    return found, x, y.shape


def changed_shapes_keep_history(torch):
    x = torch.ones(2, 3, requires_grad=True)
    y = x * torch.arange(6.0).view(2, 3)
    y.t_()
    y.mul_(torch.arange(6.0).view(3, 2))
    y.sum().backward()
    return x.grad


def changed_shapes_after_saving(torch):
    y = torch.ones(2, 3, requires_grad=True).exp()
    y.t_()
    y.sum().backward()


PROGRAMS = [f for f in list(globals().values())
            if callable(f) and getattr(f, "__module__", "") == __name__ and not f.__name__.startswith("test_")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(program):
    agree(program)


@pytest.mark.parametrize("library", ["minitorch", "torch"])
def test_one_value_is_written_where_elements_share_their_places(library):
    """An expanded tensor may be filled, but nothing else is written into it."""
    torch = pytest.importorskip(library)
    column = torch.ones(3, 1)
    column.expand(3, 4)[1:, 1:].fill_(5)
    assert column.flatten().tolist() == [1, 5, 5]
    assert column.expand(3, 4).zero_().sum().item() == 0 and column._version == 2
    with pytest.raises(RuntimeError, match="more than one element"):
        column.expand(3, 4).add_(1)
    assert torch.linspace(-3, 5, 4, dtype=torch.uint8).tolist() == [253, 170, 87, 5]
