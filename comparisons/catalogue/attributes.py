"""What a tensor says of itself, and how Python meets it: sizes, flags, numbers, loops."""
import operator

from hypothesis import strategies as st

from minitorch.testing.strategies import dtypes, optional, shapes, tensors

from .conversion import NO_EMPTY, ONE
from .entry import Entry, case, cases

ANY = cases(tensors(dtype=dtypes()))


def bad_method(name, **others):
    """What a method without arguments refuses: arguments and keywords; on any dtype."""
    return {
        "argument": lambda torch: getattr(torch.ones(2), name)("x", "y", "z"),
        "keyword": lambda torch: getattr(torch.ones(2), name)(no_such=1),
        "dtype": lambda torch: getattr(torch.ones(2, dtype=torch.int64), name)(None, None, None),
        **others,
    }


def bad_attribute(name):
    """An attribute that is asked for on the type, set, or called."""
    return {
        "argument": lambda torch: getattr(torch.ones(2), name)(1, 2, 3),
        "shape": lambda torch: setattr(torch.ones(2), name, "x"),
        "dtype": lambda torch: delattr(torch.ones(2, dtype=torch.int64), name),
    }


def method(name, call=None, *also, drawn=ANY, **options):
    """The entry of a method that tells something."""
    return Entry(f"Tensor.{name}", drawn, also=also, call=call, bad=options.pop("bad", bad_method(name)),
                 source=f"torch.Tensor.{name}", formula=options.pop("formula", r"\text{a fact}"), order=0, **options)


def attribute(name, call=None, **options):
    """The entry of an attribute."""
    return Entry(f"Tensor.{name}", ANY, call=call or (lambda torch, x: getattr(x, name)), bad=bad_attribute(name), order=0,
                 source=f"torch.Tensor.{name}", formula=r"\text{a fact}", **options)


def flag(name):
    """The entry of an attribute that is the same for all tensors here: there is one kind of them."""
    return attribute(name)


def moved(torch, x):
    """How far its memory's beginning is from that of a part of it, in elements."""
    base = torch.arange(12).reshape(3, 4)
    part = base[1:, 1:]
    return (part.data_ptr() - base.data_ptr()) // base.element_size(), part.storage_offset()


def history(torch, x):
    """The flags of a leaf, of a result, and of what was cut off."""
    leaf = x.detach().clone().requires_grad_()
    result = leaf * 2
    result.retain_grad()
    result.sum().backward()
    cut = result.detach()
    return [(t.is_leaf, t.requires_grad, t.grad_fn is None, t.retains_grad, t.output_nr, t.grad) for t in (leaf, result, cut)]


def data_of(torch, x):
    """`.data`: the same memory, no history, a version of its own; and assigned to."""
    h = x * 2
    d = h.data
    d.mul_(3)
    other = x.detach().clone()
    other.data = d[None]
    return d, h, d.requires_grad, h._version, other


def grown(torch, x):
    """`.grad` assigned, accumulated into, and taken away."""
    leaf = x.detach().clone().requires_grad_()
    leaf.grad = leaf.detach() * 2
    (leaf * 3).sum().backward()
    kept = leaf.grad.clone()
    leaf.grad = None
    return kept, leaf.grad


def size_of(torch, shape):
    """What a Size is: a tuple that counts, is cut, joined and printed."""
    size = torch.Size(shape)
    return size, size.numel(), repr(size), size[1:], size + torch.Size((2,))


@st.composite
def members(draw):
    """A tensor, and a number that may be in it."""
    return case(draw(tensors(low=-0.125, high=0.125)), draw(st.sampled_from((0, 0.03125, 5))))


@st.composite
def resized(draw):
    """Two tensors of one number of elements' dtype."""
    x = draw(tensors(dtype="float64"))
    return case(x, draw(tensors(shapes(), dtype="float64")))


ENTRIES = [
    method("size", None, drawn=cases(tensors(shapes(1), dtype=dtypes()), dim=optional(lambda x: st.integers(-x.ndim, x.ndim - 1))),
           bad={"shape": lambda torch: torch.ones(2).size(1), "argument": lambda torch: torch.ones(2).size(0, 1),
                "dtype": lambda torch: torch.ones(2).size("x")}),
    method("stride", None, drawn=cases(tensors(shapes(1, min_side=2), dtype=dtypes()),
                                       dim=optional(lambda x: st.integers(-x.ndim, x.ndim - 1))),
           no_empty="strides of an empty tensor mean nothing",
           bad={"shape": lambda torch: torch.ones(2).stride(1), "argument": lambda torch: torch.ones(2).stride(0, 1),
                "dtype": lambda torch: torch.ones(2).stride("x")}),
    method("dim", None, "Tensor.ndimension"),
    method("numel", None, "Tensor.nelement"),
    Entry("numel", ANY, bad={"argument": lambda torch: torch.numel(), "dtype": lambda torch: torch.numel("x"),
                             "shape": lambda torch: torch.numel([1.0])}, formula=r"n = \prod_i n_i", source="torch.numel", order=0),
    method("element_size"),
    method("storage_offset"),
    method("data_ptr", moved),
    method("is_contiguous", drawn=cases(tensors(shapes(0, 3, 2), dtype=dtypes())), no_empty="an empty tensor has no layout"),
    method("get_device", None, "get_device"),
    method("is_pinned"),
    method("is_shared"),
    method("is_inference", None, "is_inference"),
    method("pin_memory", lambda torch, x: x.is_pinned()),
    method("share_memory_", lambda torch, x: x.sum().item() if x.dtype == torch.float64 else 0),
    method("is_floating_point"), method("is_complex"), method("is_signed"),
    method("is_nonzero", drawn=ONE, no_empty=NO_EMPTY, bad={
        "shape": lambda torch: torch.ones(2).is_nonzero(), "argument": lambda torch: torch.ones(1).is_nonzero(1),
        "empty": lambda torch: torch.ones(0).is_nonzero()}),
    method("is_same_size", drawn=resized(), bad={
        "argument": lambda torch: torch.ones(2).is_same_size(), "dtype": lambda torch: torch.ones(2).is_same_size("x"),
        "shape": lambda torch: torch.ones(2).is_same_size([1])}),
    method("is_set_to", lambda torch, x, y: (x.is_set_to(x), x.is_set_to(y), x.is_set_to(x.clone())), drawn=resized(), bad={
        "argument": lambda torch: torch.ones(2).is_set_to(), "dtype": lambda torch: torch.ones(2).is_set_to("x"),
        "shape": lambda torch: torch.ones(2).is_set_to([1])}),
    *(Entry(f"is_{name}", ANY, bad={"argument": lambda torch, n=name: getattr(torch, f"is_{n}")(),
                                    "dtype": lambda torch, n=name: getattr(torch, f"is_{n}")("x"),
                                    "shape": lambda torch, n=name: getattr(torch, f"is_{n}")([1.0])},
            formula=r"\text{a fact}", source=f"torch.is_{name}", order=0) for name in ("floating_point", "complex", "signed")),
    Entry("is_nonzero", ONE, bad={"shape": lambda torch: torch.is_nonzero(torch.ones(2)), "argument": lambda torch: torch.is_nonzero(),
                                  "dtype": lambda torch: torch.is_nonzero("x")},
          formula=r"\text{a fact}", source="torch.is_nonzero", order=0, no_empty=NO_EMPTY),
    Entry("is_same_size", resized(), bad={"argument": lambda torch: torch.is_same_size(torch.ones(2)),
                                          "dtype": lambda torch: torch.is_same_size(torch.ones(2), "x"),
                                          "shape": lambda torch: torch.is_same_size(torch.ones(2), [1])},
          formula=r"\text{a fact}", source="torch.is_same_size", order=0),
    Entry("is_tensor", ANY, call=lambda torch, x: [torch.is_tensor(v) for v in (x, 1.0, [x], None)], bad={
        "argument": lambda torch: torch.is_tensor(), "dtype": lambda torch: torch.is_tensor("x"),
        "shape": lambda torch: torch.is_tensor(1, 2)}, formula=r"\text{a fact}", source="torch.is_tensor", order=0),
    # ---- attributes
    attribute("shape"), attribute("ndim"), attribute("dtype"), attribute("device", lambda torch, x: str(x.device)), attribute("layout"),
    attribute("itemsize"), attribute("nbytes"),
    *map(flag, ("is_cpu", "is_cuda", "is_meta", "is_mkldnn", "is_mps", "is_nested", "is_quantized", "is_sparse")),
    Entry("Tensor.is_leaf", cases(tensors()), call=history, bad=bad_attribute("is_leaf"), source="torch.Tensor.is_leaf", order=0,
          also=()),
    Entry("Tensor.data", cases(tensors(shapes(1))), call=data_of, bad={
        "dtype": lambda torch: setattr(torch.ones(2), "data", 1.0),
        "argument": lambda torch: torch.ones(2).data(),
        "shape": lambda torch: setattr(torch.ones(2), "data", [1.0]),
    }, source="torch.Tensor.data", numeric=False),
    Entry("Tensor.grad", cases(tensors(shapes(1))), call=grown, bad={
        "dtype": lambda torch: setattr(torch.ones(2, requires_grad=True), "grad", torch.ones(2, dtype=torch.int64)),
        "shape": lambda torch: setattr(torch.ones(2, requires_grad=True), "grad", torch.ones(3)),
        "argument": lambda torch: setattr(torch.ones(2, requires_grad=True), "grad", "x"),
    }, source="torch.Tensor.grad", order=0),
    # ---- Python's protocol
    Entry("Tensor.__len__", cases(tensors(shapes(1), dtype=dtypes())), call=lambda torch, x: len(x), bad={
        "shape": lambda torch: len(torch.tensor(1.0)), "argument": lambda torch: torch.ones(2).__len__(1),
        "dtype": lambda torch: len(torch.tensor(1)),
    }, formula="n_1", source="Python: len", order=0),
    Entry("Tensor.__iter__", cases(tensors(shapes(1, 3))), call=lambda torch, x: list(x), bad={
        "shape": lambda torch: iter(torch.tensor(1.0)), "argument": lambda torch: torch.ones(2).__iter__(1),
        "dtype": lambda torch: list(torch.tensor(1)),
    }, formula="(x_1, x_2, \\dots)", source="Python: iter"),
    Entry("Tensor.__contains__", members(), call=lambda torch, x, v: v in x, bad={
        "dtype": lambda torch: "x" in torch.ones(2), "argument": lambda torch: torch.ones(2).__contains__(),
        "shape": lambda torch: None in torch.ones(2),
    }, formula=r"\exists i: x_i = v", source="Python: in", order=0),
    *(Entry(f"Tensor.__{name}__", ONE, call=lambda torch, x, convert=convert: convert(x), bad={
        "shape": lambda torch, convert=convert: convert(torch.ones(2)), "empty": lambda torch, convert=convert: convert(torch.ones(0)),
        "history": lambda torch, convert=convert: convert(torch.ones(1, requires_grad=True)),
    }, formula="y = x", source=f"Python: {name}", order=0, no_empty=NO_EMPTY)
      for name, convert in (("bool", bool), ("int", int), ("float", float))),
    Entry("Tensor.__index__", cases(tensors(st.sampled_from(((), (1,))), dtype=st.sampled_from(("int64", "int8", "uint8", "bool")))),
          call=lambda torch, x: operator.index(x), bad={
        "shape": lambda torch: operator.index(torch.ones(2, dtype=torch.int64)), "dtype": lambda torch: operator.index(torch.tensor(1.0)),
        "argument": lambda torch: torch.tensor(1).__index__(1),
    }, formula="y = x", source="Python: operator.index", order=0, no_empty=NO_EMPTY),
    Entry("Size", cases(shapes().map(list)), call=size_of, bad={
        "dtype": lambda torch: torch.Size(["x"]), "shape": lambda torch: torch.Size(2), "argument": lambda torch: torch.Size([2.5]),
    }, source="torch.Size", order=0),
]
