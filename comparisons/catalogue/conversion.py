"""Changing a tensor's dtype, place, layout or history; and its way to Python and NumPy."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import dtypes, optional, shapes, tensors

from .creation import KINDS
from .entry import Entry, cases

ANY = cases(tensors(dtype=dtypes()))
ONE = cases(tensors(st.sampled_from(((), (1,), (1, 1))), dtype=dtypes()))
NO_EMPTY = "a tensor of one element"


def bad(name, **others):
    """What a method without arguments refuses: any argument, an unknown keyword, no tensor."""
    return {
        "argument": lambda torch: getattr(torch.ones(2), name)("x", "y", "z", "w", "v", "u"),
        "keyword": lambda torch: getattr(torch.ones(2), name)(no_such=1),
        "dtype": lambda torch: getattr(torch.ones(2, dtype=torch.int64), name)(None, None, None, None, None, None),
        **others,
    }


def cast(name):
    """The entry of a method that is named after a dtype."""
    return Entry(f"Tensor.{name}", ANY, bad=bad(name), formula="y_i = x_i", source=f"torch.Tensor.{name}")


def history(torch, x):
    """What `detach` cuts off."""
    h = x * 2
    y = h.detach()
    return y, y.is_leaf, y._version, h.requires_grad


def cut_in_place(torch, x, cut=None):
    """`detach_`, which makes the tensor itself a leaf."""
    h = x * 2
    same = (cut or torch.Tensor.detach_)(h) is h
    return h, h.is_leaf, same


def to_numpy(torch, x):
    """The array, through a tensor again, and whether the memory is shared."""
    h = x.detach()
    array = h.numpy()
    strides = list(array.strides) if array.size else []
    return torch.from_numpy(np.array(array)), bool(np.shares_memory(array, h.numpy())), str(array.dtype), strides


def through_dlpack(torch, x, capsule):
    """A tensor on the same memory, through the protocol or a capsule, and whether a write there is seen here."""
    h = x.detach().clone()
    y = torch.from_dlpack(torch.to_dlpack(h) if capsule else h)
    y.fill_(1)
    return h, y, y.requires_grad, tuple(int(n) for n in h.__dlpack_device__())[0] == int(h.is_cuda) + 1


def switched(torch, x, on):
    """`requires_grad_`, and what it did."""
    y = x.detach().clone()
    same = y.requires_grad_(on) is y
    return y.requires_grad, same, y.is_leaf



ENTRIES = [
    *map(cast, ("float", "double", "half", "int", "long", "short", "char", "byte", "bool")),
    Entry("Tensor.to", cases(tensors(dtype=dtypes()), KINDS, copy=optional(True)),
          bad=bad("to", shape=lambda torch: torch.ones(2).to("no")),
          formula="y_i = x_i", source="torch.Tensor.to"),
    Entry("Tensor.to the device", cases(tensors(dtype=dtypes()), "cpu", dtype=optional(KINDS)),
          call=lambda torch, x, *a, **k: x.to(*a, **k),
          bad=bad("to"), formula="y_i = x_i", source="torch.Tensor.to"),
    Entry("Tensor.to the type of another", cases(tensors(dtype=dtypes()), tensors((2,), dtype=dtypes())),
          call=lambda torch, x, other: x.to(other), bad=bad("to"), formula="y_i = x_i", source="torch.Tensor.to"),
    Entry("Tensor.type_as", cases(tensors(dtype=dtypes()), tensors((2,), dtype=dtypes())), bad=bad("type_as"),
          formula="y_i = x_i", source="torch.Tensor.type_as"),
    Entry("Tensor.type", cases(tensors(dtype=dtypes()), optional(KINDS)), bad=bad("type", shape=lambda torch: torch.ones(2).type("no")),
          formula="y_i = x_i", source="torch.Tensor.type"),
    Entry("Tensor.cpu", ANY, bad=bad("cpu"), formula="y_i = x_i", source="torch.Tensor.cpu"),
    Entry("clone", ANY, also=("Tensor.clone",), bad={
        "argument": lambda torch: torch.clone(), "dtype": lambda torch: torch.clone("x"), "shape": lambda torch: torch.clone([1.0]),
    }, formula="y_i = x_i", source="torch.clone"),
    Entry("Tensor.contiguous", ANY, bad=bad("contiguous"), formula="y_i = x_i", source="torch.Tensor.contiguous"),
    Entry("detach", cases(tensors(dtype=dtypes())), call=lambda torch, x: torch.detach(x), also=("Tensor.detach",), bad={
        "argument": lambda torch: torch.detach(), "dtype": lambda torch: torch.detach("x"), "shape": lambda torch: torch.detach([1.0]),
    }, formula="y_i = x_i", source="torch.detach", order=0),
    Entry("Tensor.detach of a result", cases(tensors()), call=history, bad=bad("detach"), formula="y_i = x_i", source="torch.Tensor.detach",
          order=0),
    Entry("Tensor.detach_", cases(tensors()), call=cut_in_place, bad=bad("detach_"), formula="y_i = x_i", source="torch.Tensor.detach_",
          order=0),
    Entry("detach_", cases(tensors()), call=lambda torch, x: cut_in_place(torch, x, torch.detach_), bad={
        "argument": lambda torch: torch.detach_(), "dtype": lambda torch: torch.detach_("x"), "shape": lambda torch: torch.detach_([1.0]),
        "view": lambda torch: torch.detach_(torch.ones(2, requires_grad=True)[0]),
    }, formula="y_i = x_i", source="torch.detach_", order=0),
    Entry("Tensor.item", ONE, bad=bad("item", shape=lambda torch: torch.ones(2).item()), formula="y = x", source="torch.Tensor.item",
          order=0, no_empty=NO_EMPTY),
    Entry("Tensor.tolist", ANY, bad=bad("tolist"), source="torch.Tensor.tolist", formula="y_i = x_i", order=0),
    Entry("Tensor.numpy", ANY, call=to_numpy, bad=bad("numpy", history=lambda torch: torch.ones(2, requires_grad=True).numpy()),
          formula="y_i = x_i", source="torch.Tensor.numpy", order=0),
    Entry("from_dlpack", cases(tensors(dtype=dtypes()), st.booleans()), call=through_dlpack, bad={
        "argument": lambda torch: torch.from_dlpack(), "dtype": lambda torch: torch.from_dlpack([1.0]),
        "history": lambda torch: torch.from_dlpack(torch.ones(2, requires_grad=True)),
        "place": lambda torch: torch.from_dlpack(torch.ones(2), device=3),
        "position": lambda torch: torch.from_dlpack(torch.ones(2), "cpu"),
        "kind": lambda torch: torch.from_dlpack(np.array(["a"])),
    }, formula="y_i = x_i", source="torch.from_dlpack", order=0),
    Entry("to_dlpack", cases(tensors(dtype=dtypes())), call=lambda torch, x: torch.from_dlpack(torch.to_dlpack(x)), bad={
        "argument": lambda torch: torch.to_dlpack(), "dtype": lambda torch: torch.to_dlpack(np.ones(2)),
        "shape": lambda torch: torch.to_dlpack([1.0]),
    }, formula="y_i = x_i", source="torch.utils.dlpack", order=0),
    Entry("Tensor.requires_grad_", cases(tensors(), st.booleans()), call=switched, bad={
        "dtype": lambda torch: torch.ones(2, dtype=torch.int64).requires_grad_(),
        "argument": lambda torch: torch.ones(2).requires_grad_("x"),
        "shape": lambda torch: (torch.ones(2, requires_grad=True) * 2).requires_grad_(False),
    }, source="torch.Tensor.requires_grad_", order=0),
    Entry("Tensor.copy_", cases(tensors((2, 3)), tensors(st.sampled_from(((), (3,), (1, 3), (2, 1), (2, 3))), dtype=dtypes())),
          bad={
              "shape": lambda torch: torch.ones(2).copy_(torch.ones(3)),
              "dtype": lambda torch: torch.ones(2).copy_("x"),
              "argument": lambda torch: torch.ones(2).copy_(),
          }, formula=r"x \leftarrow y", source="torch.Tensor.copy_", no_empty="shapes that broadcast to one"),
    Entry("Tensor.fill_", cases(tensors(dtype=dtypes()), st.sampled_from((0, 1, 2.5, True))), bad={
        "shape": lambda torch: torch.ones(2).fill_(torch.ones(2)), "dtype": lambda torch: torch.ones(2).fill_("x"),
        "argument": lambda torch: torch.ones(2).fill_(),
    }, formula=r"x_i \leftarrow v", source="torch.Tensor.fill_", also=("fill_",)),
    Entry("Tensor.fill_ with a tensor", cases(tensors(shapes(1, 2)), tensors(())), bad={
        "shape": lambda torch: torch.ones(2).fill_(torch.ones(2)), "dtype": lambda torch: torch.ones(2).fill_(None),
        "argument": lambda torch: torch.ones(2).fill_(1, 2),
    }, formula=r"x_i \leftarrow v", source="torch.Tensor.fill_"),
    Entry("Tensor.zero_", ANY, bad={
        "leaf": lambda torch: torch.ones(2, requires_grad=True).zero_(), "dtype": lambda torch: torch.ones(2).zero_("x"),
        "argument": lambda torch: torch.ones(2).zero_(1),
    }, formula=r"x_i \leftarrow 0", source="torch.Tensor.zero_", also=("zero_",)),
]
