"""Tensors from odd data and odd arguments: values, dtypes and the class of the error; each line in both libraries."""
import numpy as np
import pytest

from tests.both import agree


class Pair:
    """A sequence of a program's own."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (3, 4)[index]


class Half:
    """A number of a program's own."""

    def __float__(self):
        return 0.5


OF_DATA = """
    torch.tensor(1), torch.tensor(1.5), torch.tensor(True), torch.tensor([1, 2.5]), torch.tensor([True, 2]), torch.tensor([True, 2.5])
    torch.tensor([]), torch.tensor([[], []]), torch.tensor([[[]]]).shape, torch.tensor([[], [1]]), torch.tensor([], dtype=torch.int64)
    torch.tensor([(1, 2), (3, 4)]), torch.tensor(((1, 2), [3, 4])), torch.tensor(range(3)), torch.tensor([range(2), range(2)])
    torch.tensor(torch.Size([2, 3])), torch.tensor([torch.Size([2])]), torch.tensor(Pair()), torch.tensor([Pair(), [1, 2]])
    torch.tensor(bytearray(b"ab")), torch.tensor(memoryview(b"ab"))
    torch.tensor(b"ab")
    torch.tensor([b"ab"])
    torch.tensor("x")
    torch.tensor(["x"])
    torch.tensor([1, "x"])
    torch.tensor([[1, "x"]], dtype=torch.float32)
    torch.tensor(None)
    torch.tensor([None])
    torch.tensor([1, None], dtype=torch.int64)
    torch.tensor({1: 2})
    torch.tensor({1})
    torch.tensor([{1: 2}])
    torch.tensor(x for x in range(3))
    torch.tensor(object())
    torch.tensor(torch.float32)
    torch.tensor(Half())
    torch.tensor(Half(), dtype=torch.float32), torch.tensor([Half(), 1], dtype=torch.float64)
    torch.tensor([[1, 2], [3]])
    torch.tensor([[1, 2], 3])
    torch.tensor([1, [2, 3]])
    torch.tensor([[[1], [2]], [[3], [4, 5]]])
    torch.tensor([1e40]), torch.tensor([float("nan"), 1]), torch.tensor(1e6, dtype=torch.float16), torch.tensor(1 << 62)
    torch.tensor(1 << 63)
    torch.tensor([1 << 70])
    torch.tensor([1 << 70], dtype=torch.float64), torch.tensor(1 << 63, dtype=torch.float32)
    torch.tensor(255, dtype=torch.uint8), torch.tensor(-255, dtype=torch.uint8), torch.tensor([1.7, -1.7], dtype=torch.int64)
    torch.tensor(256, dtype=torch.uint8)
    torch.tensor(-256, dtype=torch.uint8)
    torch.tensor([128], dtype=torch.int8)
    torch.tensor(255.5, dtype=torch.uint8)
    torch.tensor(-1.5, dtype=torch.uint8)
    torch.tensor(1e20, dtype=torch.int64)
    torch.tensor(float("nan"), dtype=torch.int64)
    torch.tensor(float("inf"), dtype=torch.int32)
    torch.tensor(float("nan"), dtype=torch.bool), torch.tensor([0, 1, 2], dtype=torch.bool)
    torch.tensor([1, 2], dtype=float), torch.tensor([1, 2], dtype=int), torch.tensor([1, 0], dtype=bool)
    torch.tensor([1, 2], dtype="float32")
    torch.tensor([1, 2], dtype=np.float32)
    torch.tensor([1, 2], torch.float32)
    torch.tensor([1, 2], requires_grad=True)
    torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor(data=[1, 2])
    torch.tensor([1], device="cpu"), torch.tensor([1], pin_memory=False)
    torch.tensor([1], device="nowhere")
"""
OF_ARRAYS = """
    torch.tensor(np.ones(2)), torch.tensor(np.ones(2, "f4"))
    torch.tensor(np.array(3)), torch.tensor(np.float32(1)), torch.tensor(np.int32(1))
    torch.tensor([np.float32(1), 2.0]), torch.tensor([2.0, np.float64(1)]), torch.tensor([2, np.int32(1)]), torch.tensor([np.float16(1), 2])
    torch.tensor([np.int8(1), np.int32(1)]), torch.tensor([[np.float32(1)], [2.0]]), torch.tensor([np.bool_(True), False])
    torch.tensor([np.ones(2), np.ones(2)]), torch.tensor([np.ones(2, "f4"), [1, 2]])
    torch.tensor([[1, 2], np.ones(2)]), torch.tensor((np.ones(2),))
    torch.tensor([np.ones(2), np.ones(3)])
    torch.tensor([np.array(["a"])])
    torch.tensor(np.array(["a"]))
    torch.tensor(np.array([None]))
    torch.tensor(np.str_("a"))
    torch.tensor(np.arange(6)[::-1])
    torch.tensor(np.ones(2, ">f8"))
    torch.tensor(np.array([300, -4], "i4"), dtype=torch.uint8), torch.tensor(np.float64(1.5), dtype=torch.int64)
    torch.tensor(np.float64(300), dtype=torch.uint8)
    torch.tensor([torch.tensor(1), torch.tensor(2)])
    torch.tensor([torch.tensor(1, dtype=torch.int32)]), torch.tensor([torch.tensor(1), 2.5])
    torch.tensor([torch.tensor(1.0, dtype=torch.float64)]), torch.tensor([torch.tensor([1.0]), 2]), torch.tensor([[torch.tensor(1.0)], [2]])
    torch.tensor([torch.ones(1, 1), torch.ones(1, 1)]), torch.tensor([torch.tensor(2.5, requires_grad=True)])
    torch.tensor([torch.ones(2), torch.ones(2)])
    torch.tensor([torch.tensor(300)], dtype=torch.uint8)
    torch.tensor(torch.ones(2, requires_grad=True))
    torch.tensor(torch.ones(2), dtype=torch.int64), torch.tensor(torch.ones(2, 3).t()).stride()
    torch.tensor(np.ones((2, 3)).T).stride()
    torch.from_numpy(np.ones((2, 3), order="F")).stride(), torch.from_numpy(np.ones(4)[::2]).stride()
    torch.from_numpy(np.ones(())), torch.from_numpy(np.ones((0, 2))), torch.from_numpy(np.broadcast_to(np.ones(1), (3,))).stride()
    torch.from_numpy(np.matrix([[1.0]])), torch.from_numpy(np.ma.ones(2))
    torch.from_numpy([1])
    torch.from_numpy(torch.ones(2))
    torch.from_numpy(np.float32(1))
    torch.from_numpy(a=np.ones(2))
    torch.from_numpy(np.ones(2), 1)
    torch.as_tensor(np.ones(2), dtype=torch.float32), torch.as_tensor(1.5), torch.as_tensor(np.float32(2)), torch.as_tensor([[1], [2]])
    torch.as_tensor(np.arange(3)[::-1])
    torch.as_tensor(x := torch.ones(2)) is x, torch.asarray(y := torch.ones(2)) is y, torch.as_tensor(x, dtype=torch.int64)
    torch.asarray([1.0], copy=False)
    torch.asarray(torch.ones(2), dtype=torch.int64, copy=False)
    torch.asarray(torch.ones(2, requires_grad=True)), torch.asarray(torch.ones(2, requires_grad=True), requires_grad=False)
    torch.asarray((torch.ones(2, requires_grad=True) * 2), copy=True).grad_fn
    torch.asarray(torch.tensor([1]), requires_grad=True)
"""
OF_NUMBERS = """
    torch.arange(5.0), torch.arange(1, 5, 2), torch.arange(5, 0, -2.5), torch.arange(end=5), torch.arange(1, end=5), torch.arange(True)
    torch.arange(torch.tensor(5)), torch.arange(np.float32(5)), torch.arange(2.5, 7), torch.arange(-3, 3, dtype=torch.uint8)
    torch.arange(300, dtype=torch.uint8)[-1], torch.arange(1 << 62, (1 << 62) + 2), torch.arange(0, 1, 0.1, dtype=torch.float16)
    torch.arange(0.5, 5, dtype=torch.int64), torch.arange(-0.5, 5.7, 0.7, dtype=torch.int32), torch.arange(0, 3, dtype=float)
    torch.arange(0.5, 5.7, 0.7, dtype=torch.int64)
    torch.arange(5, out=torch.empty(2)), torch.arange(0, 10, 3.5, out=torch.empty(0, dtype=torch.int64))
    torch.arange(3, dtype=torch.int64, out=torch.empty(0))
    torch.arange([1])
    torch.arange(torch.tensor([5]))
    torch.arange(1, 2, 3, 4)
    torch.linspace(0, 1, 1), torch.linspace(0, 1, 0)
    torch.linspace(-3, 10, 4, dtype=torch.int8), torch.linspace(0, 10, 5, dtype=torch.float16)
    torch.linspace(0, float("inf"), 3), torch.linspace(torch.tensor(0.0), 1, torch.tensor(3)), torch.linspace(start=0, end=1, steps=2)
    torch.linspace(0, 1, True)
    torch.linspace(None, 1, 3)
    torch.ones(2, 3).shape, torch.ones([2, 3]).shape
    torch.ones(torch.Size([2, 3])).shape, torch.ones(()).shape, torch.ones(size=(2,)).shape
    torch.ones(np.int64(2)), torch.ones(torch.tensor(2), 3), torch.ones(torch.tensor(2)), torch.zeros(2, 0), torch.zeros(2, dtype=int)
    torch.ones(torch.tensor([2, 3]))
    torch.ones(torch.tensor(2.5))
    torch.ones(2, (3,))
    torch.ones((2,), 3)
    torch.ones(2.0)
    torch.ones(True)
    torch.ones(None)
    torch.ones("x")
    torch.ones()
    torch.ones(2, dtype=np.float32)
    torch.ones(2, no_such=3)
    torch.zeros(3, names=None)
    torch.zeros(2, out=1)
    torch.zeros(3, out=torch.empty(3, requires_grad=True))
    torch.full((2,), 1), torch.full((), 2.5), torch.full([2], True), torch.full((2,), torch.tensor(2.0, dtype=torch.float64))
    torch.full((2,), 1.5, dtype=torch.int64), torch.full((2,), 3, out=torch.empty(2)), torch.full((2,), -1, dtype=torch.uint8)
    torch.full((2,), np.float64(2)), torch.full((2,), np.int32(2)), torch.full((2,), np.bool_(True)), torch.full((2,), 2, dtype=torch.bool)
    torch.full((2,), [1])
    torch.full((2,), None)
    torch.full((2,), torch.tensor(2.0, requires_grad=True))
    torch.full((2,), 70000.0, dtype=torch.float16)
    torch.zeros_like(torch.ones(2, 3).t()).stride()
    torch.zeros_like(torch.ones(2, 3)[:, ::2]).stride(), torch.ones_like(torch.ones(2), device="cpu")
    torch.zeros_like(torch.ones(4, 6)[::2, ::2].t()).stride(), torch.zeros_like(torch.ones(2, 1).expand(2, 3)).stride()
    torch.full_like(torch.zeros(2, dtype=torch.int64), 1.5), torch.full_like(torch.zeros(2, dtype=torch.uint8), -1)
    torch.zeros_like(torch.ones(2), torch.float64)
    torch.eye(2, 3), torch.eye(0), torch.eye(n=2, m=1), torch.eye(torch.tensor(2)), torch.eye(np.int64(1))
    torch.eye(True)
"""


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.filterwarnings("ignore:To copy construct", "ignore:Creating a tensor from a list", "ignore:Converting a tensor")
@pytest.mark.parametrize("line", lines(OF_DATA + OF_ARRAYS + OF_NUMBERS))
def test_expressions(line):
    agree(lambda torch: eval(line, {"torch": torch, "np": np, "Pair": Pair, "Half": Half}))
