"""Dtypes, their limits and their promotion; devices, sizes; what the defaults are."""
from hypothesis import strategies as st

from minitorch.testing.strategies import dtypes, shapes, tensors

from .creation import FLOATING, INTEGERS, KINDS, NUMBERS
from .entry import Entry, cases


def within_default_dtype(torch, kind):
    """The dtypes of what is made while another dtype is the default."""
    try:
        torch.set_default_dtype(kind)
        made = (torch.get_default_dtype(), torch.tensor(1.5), torch.tensor([]), torch.arange(0, 1, 0.5), torch.linspace(0, 1, 2),
                torch.eye(1), torch.full((1,), 1.0), torch.ones(1, dtype=torch.int64) / 2, torch.zeros(1), torch.Tensor([1]),
                torch.tensor([1, 2]))
        return [getattr(x, "dtype", x) for x in made]
    finally:
        torch.set_default_dtype(torch.float32)


def within_default_type(torch, name, as_text):
    """The same by a type or by its name."""
    try:
        torch.set_default_tensor_type(f"torch.{name}" if as_text else getattr(torch, name))
        return [torch.get_default_dtype(), torch.ones(2).dtype]
    finally:
        torch.set_default_dtype(torch.float32)


def within_default_device(torch, place):
    """The devices of what is made while a device is the default, and after it."""
    try:
        torch.set_default_device(place)
        inside = [torch.get_default_device(), torch.ones(1).device]
        with torch.device(place):
            inside += [torch.zeros(2).device, torch.get_default_device()]
        return [d.type for d in inside]
    finally:
        torch.set_default_device(None)


def limits(name, *parts):
    """All that finfo or iinfo says of a dtype."""
    return lambda torch, kind: [getattr(getattr(torch, name)(kind), p) for p in parts] + [repr(getattr(torch, name)(kind))]


def about_device(torch, name):
    """What a device says, and what it equals."""
    d = torch.device(name)
    return [str(d), repr(d), d.type, d.index or 0, d == torch.device(name), d == torch.device("cpu"), d == name,
            hash(d) == hash(torch.device(name)), torch.device("cuda", 2).index]


def about_size(torch, sizes):
    """What a Size is beside a tuple."""
    size = torch.Size(sizes)
    return [size, repr(size), size.numel(), size[1:], size + (1,), (1,) + size, size * 2, size == tuple(sizes), size.count(3), len(size),
            hash(size) == hash(tuple(sizes)), torch.Size(tuple(sizes))]


ENTRIES = [
    Entry("promote_types", cases(KINDS, KINDS), bad={
        "shape": lambda torch: torch.promote_types(1, 2),
        "dtype": lambda torch: torch.promote_types("float32", torch.int8),
        "argument": lambda torch: torch.promote_types(torch.int8),
    }, formula=r"d = d_1 \vee d_2", source="torch.promote_types", order=0),
    Entry("can_cast", cases(KINDS, KINDS), bad={
        "shape": lambda torch: torch.can_cast(1, 2),
        "dtype": lambda torch: torch.can_cast("float32", torch.int8),
        "argument": lambda torch: torch.can_cast(torch.int8),
    }, formula=r"c(d_1) \le c(d_2)", source="torch.can_cast", order=0),
    Entry("result_type", cases(tensors(shapes(0, 1), dtype=dtypes()), st.one_of(tensors(shapes(0, 1), dtype=dtypes()), NUMBERS)),
          call=lambda torch, x, y: [torch.result_type(x, y), torch.result_type(y, x)], bad={
        "shape": lambda torch: torch.result_type([1], torch.ones(1)),
        "dtype": lambda torch: torch.result_type("x", 1),
        "argument": lambda torch: torch.result_type(torch.ones(2)),
    }, formula=r"d = d_1 \vee d_2", source="torch.result_type", order=0),
    Entry("finfo", cases(st.sampled_from(FLOATING)),
          call=limits("finfo", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "bits", "dtype"), bad={
        "shape": lambda torch: torch.finfo(torch.bool),
        "dtype": lambda torch: torch.finfo(torch.int64),
        "argument": lambda torch: torch.finfo("float32"),
    }, formula=r"\varepsilon = 2^{-p}", source="torch.finfo", order=0),
    Entry("iinfo", cases(st.sampled_from(INTEGERS)), call=limits("iinfo", "max", "min", "bits", "dtype"), bad={
        "shape": lambda torch: torch.iinfo(torch.bool),
        "dtype": lambda torch: torch.iinfo(torch.float32),
        "argument": lambda torch: torch.iinfo(),
    }, formula=r"-2^{b - 1} \le n < 2^{b - 1}", source="torch.iinfo", order=0),
    Entry("set_default_dtype", cases(st.sampled_from(FLOATING)), call=within_default_dtype, bad={
        "shape": lambda torch: torch.set_default_dtype(),
        "dtype": lambda torch: torch.set_default_dtype(torch.int64),
        "argument": lambda torch: torch.set_default_dtype("float64"),
    }, formula=r"d \leftarrow d'", source="torch.set_default_dtype", order=0),
    Entry("get_default_dtype", cases(), bad={
        "shape": lambda torch: torch.get_default_dtype(1),
        "dtype": lambda torch: torch.get_default_dtype(torch.float32),
        "argument": lambda torch: torch.get_default_dtype(name=1),
    }, formula=r"d", source="torch.get_default_dtype", order=0),
    Entry("set_default_tensor_type", cases(st.sampled_from(("DoubleTensor", "FloatTensor", "HalfTensor")), st.booleans()),
          call=within_default_type, bad={
        "shape": lambda torch: torch.set_default_tensor_type(),
        "dtype": lambda torch: torch.set_default_tensor_type(torch.LongTensor),
        "argument": lambda torch: torch.set_default_tensor_type(torch.float64),
    }, formula=r"d \leftarrow d'", source="torch.set_default_tensor_type", order=0),
    Entry("set_default_device", cases(st.just("cpu")), call=within_default_device, bad={
        "shape": lambda torch: torch.set_default_device(),
        "dtype": lambda torch: torch.set_default_device("nowhere"),
        "argument": lambda torch: torch.set_default_device("cpu", 1, 2),
    }, formula=r"p \leftarrow p'", source="torch.set_default_device", order=0),
    Entry("get_default_device", cases(), call=lambda torch: torch.get_default_device().type, bad={
        "shape": lambda torch: torch.get_default_device(1),
        "dtype": lambda torch: torch.get_default_device("cpu"),
        "argument": lambda torch: torch.get_default_device(name=1),
    }, formula=r"p", source="torch.get_default_device", order=0),
    Entry("device", cases(st.sampled_from(("cpu", "cuda", "cuda:0", "cuda:3", "cpu:0"))), call=about_device, bad={
        "shape": lambda torch: torch.device(),
        "dtype": lambda torch: torch.device(None),
        "argument": lambda torch: torch.device("gpu"),
        "index": lambda torch: torch.device("cuda:x"),
        "two": lambda torch: torch.device("cuda:0", 1),
    }, formula=r"p", source="torch.device", order=0),
    Entry("Size among tuples", cases(st.lists(st.integers(0, 9), max_size=4)), call=about_size, bad={
        "shape": lambda torch: torch.Size(2),
        "dtype": lambda torch: torch.Size([2.5]),
        "argument": lambda torch: torch.Size(["x"]),
        "list": lambda torch: torch.Size([2]) + [1],
    }, formula=r"(n_1, n_2, \dots)", source="torch.Size", order=0),
]
