"""New tensors from numbers, sizes and data; the default dtype and device; dtypes and their promotion."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import dtypes, optional, shapes, sides, tensors

from .entry import Entry, case, cases, lib

FLOATING = (lib.float16, lib.float32, lib.float64)
INTEGERS = (lib.uint8, lib.int8, lib.int16, lib.int32, lib.int64)
KINDS = st.sampled_from((*FLOATING, *INTEGERS, lib.bool))
NUMBERS = st.sampled_from((0, 1, -3, 2.5, -0.75, True, False, 200, 1e-3, float("inf")))


@st.composite
def sized(draw, fill=False, dtype=True):
    """A size, as numbers or as one sequence, perhaps a value, and the settings of a new tensor."""
    shape = draw(shapes())
    settings = {}
    if dtype and draw(st.booleans()):
        settings["dtype"] = draw(KINDS)
    if draw(st.booleans()) and (settings.get("dtype", lib.float32) in FLOATING and not fill):
        settings["requires_grad"] = True
    value = (draw(NUMBERS),) if fill else ()
    form = draw(st.sampled_from(("tuple", "list", "keyword", "numbers")))
    if form == "keyword":
        return case(size=shape, **({"fill_value": value[0]} if fill else {}), **settings)
    if form == "numbers" and shape and not fill:
        return case(*shape, **settings)
    return case(list(shape) if form == "list" else shape, *value, **settings)


@st.composite
def after(draw, strategy, **options):
    """The call of a method: a tensor before the drawn arguments."""
    drawn = draw(strategy)
    return case(draw(tensors(shapes(0, 2), dtype=dtypes())), *drawn.args, **drawn.settings)


@st.composite
def alike(draw, fill=False):
    """A tensor of any dtype and strides, and settings that differ from its own."""
    x = draw(tensors(dtype=dtypes()))
    settings = {}
    if draw(st.booleans()):
        settings["dtype"] = draw(KINDS)
    elif x.dtype.kind == "f" and draw(st.booleans()):
        settings["requires_grad"] = True
    if draw(st.booleans()):
        settings["memory_format"] = draw(st.sampled_from((lib.contiguous_format, lib.preserve_format)))
    return case(x, *((draw(NUMBERS),) if fill else ()), **settings)


@st.composite
def ranges(draw):
    """The arguments of arange: an end, a start and an end, a step; whole numbers or not."""
    whole = draw(st.booleans())
    number = st.integers(-20, 20) if whole else st.integers(-200, 200).map(lambda n: n / 10)
    start, end = draw(number), draw(number)
    step = draw(st.integers(1, 5)) if whole else draw(st.sampled_from((0.1, 0.25, 0.7, 1.5, 3)))
    settings = {} if draw(st.booleans()) else {"dtype": draw(st.sampled_from((*FLOATING, *INTEGERS)))}
    if start > end:
        return case(start, end, -step, **settings)
    return draw(st.sampled_from((case(start, end, step, **settings), case(start, end, **settings), case(abs(end), **settings),
                                 case(start=start, end=end, step=step, **settings))))


@st.composite
def spacings(draw):
    """The arguments of linspace."""
    number = st.integers(-200, 200).map(lambda n: n / 10)
    settings = {} if draw(st.booleans()) else {"dtype": draw(st.sampled_from((*FLOATING, lib.int64, lib.int32)))}
    return case(draw(number), draw(number), draw(st.integers(0, 40)), **settings)


@st.composite
def nested(draw):
    """Nested lists and tuples of Python numbers, perhaps of several kinds, and settings."""
    shape = draw(shapes(0, 3))
    whole = st.integers(0, 9)
    leaf = draw(st.sampled_from((st.booleans(), st.integers(-100, 100), st.floats(-8, 8, width=16), st.one_of(whole, st.floats(0, 4)),
                                 st.one_of(st.booleans(), whole))))

    def build(shape):
        if not shape:
            return draw(leaf)
        rows = [build(shape[1:]) for _ in range(shape[0])]
        return tuple(rows) if draw(st.booleans()) else rows
    settings = {} if draw(st.booleans()) else {"dtype": draw(KINDS)}
    if settings.get("dtype") in FLOATING and draw(st.booleans()):
        settings["requires_grad"] = True
    return case(draw(st.just(build(shape))), **settings)


def array_of(x):
    """The array of a drawn tensor, as a user would have it."""
    return x.detach().numpy()


def described(make):
    """What is known of a tensor whose values are not set."""
    def call(torch, *args, **settings):
        x = make(torch)(*args, **settings)
        return [x.shape, x.dtype, x.stride() if x.numel() else (), x.requires_grad]
    return call


def bad_size(name, *value):
    """What a function of a size refuses."""
    return {
        "shape": lambda torch: getattr(torch, name)((2, -1), *value),
        "dtype": lambda torch: getattr(torch, name)((2,), *value, dtype="float32"),
        "argument": lambda torch: getattr(torch, name)(("x",), *value),
        "fraction": lambda torch: getattr(torch, name)((2.5,), *value),
        "gradient": lambda torch: getattr(torch, name)((2,), *value, dtype=torch.int64, requires_grad=True),
        "device": lambda torch: getattr(torch, name)((2,), *value, device="nowhere"),
        "out": lambda torch: getattr(torch, name)((2,), *value, dtype=torch.float64, out=torch.ones(2)),
    }


def bad_like(name, *value):
    """What a function of a tensor to resemble refuses."""
    return {
        "dtype": lambda torch: getattr(torch, name)("x", *value),
        "shape": lambda torch: getattr(torch, name)([1.0], *value),
        "argument": lambda torch: getattr(torch, name)(),
        "gradient": lambda torch: getattr(torch, name)(torch.ones(2, dtype=torch.int64), *value, requires_grad=True),
    }


def bad_method(name, *value):
    """What `tensor.new_zeros` and its kin refuse."""
    return {
        "shape": lambda torch: getattr(torch.ones(2), name)((-1,), *value),
        "dtype": lambda torch: getattr(torch.ones(2), name)(("x",), *value),
        "argument": lambda torch: getattr(torch.ones(2), name)(),
        "unknown": lambda torch: getattr(torch.ones(2), name)((2,), *value, out=torch.ones(2)),
    }


BAD_DATA = {
    "shape": lambda torch: torch.tensor([[1, 2], [3]]),
    "dtype": lambda torch: torch.tensor("text"),
    "argument": lambda torch: torch.tensor(),
    "depth": lambda torch: torch.tensor([1, [2]]),
    "depth again": lambda torch: torch.tensor([[1], 2]),
    "text inside": lambda torch: torch.tensor(["text"]),
    "None": lambda torch: torch.tensor(None),
    "None as a number": lambda torch: torch.tensor([1, None], dtype=torch.float32),
    "no number": lambda torch: torch.tensor([object()]),
    "a dict": lambda torch: torch.tensor({1: 2}),
    "too large": lambda torch: torch.tensor([300], dtype=torch.uint8),
    "far too large": lambda torch: torch.tensor(1 << 63),
    "nan as an integer": lambda torch: torch.tensor(float("nan"), dtype=torch.int64),
    "gradient": lambda torch: torch.tensor([1, 2], requires_grad=True),
    "tensors": lambda torch: torch.tensor([torch.ones(2), torch.ones(2)]),
    "strides": lambda torch: torch.tensor(np.arange(3)[::-1]),
    "bytes backwards": lambda torch: torch.tensor(np.ones(2, ">f4")),
}

ENTRIES = [
    Entry("zeros", sized(), bad=bad_size("zeros"), formula=r"y_i = 0", source="torch.zeros", order=0),
    Entry("ones", sized(), bad=bad_size("ones"), formula=r"y_i = 1", source="torch.ones", order=0),
    Entry("empty", sized(), call=described(lambda torch: torch.empty), bad=bad_size("empty"), formula=r"y_i = \text{anything}",
          source="torch.empty", order=0),
    Entry("full", sized(fill=True), bad=bad_size("full", 1) | {
        "number": lambda torch: torch.full(2, 3),
        "value": lambda torch: torch.full((2,), "x"),
        "vector": lambda torch: torch.full((2,), torch.ones(2)),
        "too large": lambda torch: torch.full((2,), 300, dtype=torch.uint8),
        "beyond float32": lambda torch: torch.full((2,), 1e40),
    }, formula=r"y_i = v", source="torch.full", order=0),
    Entry("zeros_like", alike(), bad=bad_like("zeros_like"), formula=r"y_i = 0", source="torch.zeros_like", order=1,
          differences=("a constant has no second order",)),
    Entry("ones_like", alike(), bad=bad_like("ones_like"), formula=r"y_i = 1", source="torch.ones_like", order=1,
          differences=("a constant has no second order",)),
    Entry("empty_like", alike(), call=described(lambda torch: torch.empty_like), bad=bad_like("empty_like"),
          formula=r"y_i = \text{anything}", source="torch.empty_like", order=0),
    Entry("full_like", alike(fill=True), bad=bad_like("full_like", 1) | {
        "value": lambda torch: torch.full_like(torch.ones(2), "x"),
        "vector": lambda torch: torch.full_like(torch.ones(2), torch.ones(2)),
        "too large": lambda torch: torch.full_like(torch.ones(2, dtype=torch.int8), 200),
        "nan as an integer": lambda torch: torch.full_like(torch.ones(2, dtype=torch.int8), float("nan")),
    }, formula=r"y_i = v", source="torch.full_like", order=1, differences=("a constant has no second order",)),
    Entry("Tensor.new_zeros", after(sized()), bad=bad_method("new_zeros"), formula=r"y_i = 0", source="torch.Tensor.new_zeros",
          differentiable=()),
    Entry("Tensor.new_ones", after(sized()), bad=bad_method("new_ones"), formula=r"y_i = 1", source="torch.Tensor.new_ones",
          differentiable=()),
    Entry("Tensor.new_empty", after(sized()), call=described(lambda torch: torch.Tensor.new_empty), bad=bad_method("new_empty"),
          formula=r"y_i = \text{anything}", source="torch.Tensor.new_empty", differentiable=(), order=0),
    Entry("Tensor.new_full", after(sized(fill=True)), bad=bad_method("new_full", 1) | {
        "number": lambda torch: torch.ones(2).new_full(3, 2),
        "value": lambda torch: torch.ones(2).new_full((3,), "x"),
    }, formula=r"y_i = v", source="torch.Tensor.new_full", differentiable=(), order=0),
    Entry("Tensor.new_tensor", after(nested()), bad={
        "shape": lambda torch: torch.ones(2).new_tensor([[1], [2, 3]]),
        "dtype": lambda torch: torch.ones(2).new_tensor("x"),
        "argument": lambda torch: torch.ones(2).new_tensor(),
    }, formula=r"y_i = v_i", source="torch.Tensor.new_tensor", differentiable=()),
    Entry("Tensor.new", cases(tensors(shapes(0, 2), dtype=dtypes()), st.sampled_from(([], [1, 2], [[3, 4], [5, 6]], (1, 0)))), bad={
        "shape": lambda torch: torch.ones(2).new([[1], [2, 3]]),
        "dtype": lambda torch: torch.ones(2).new(torch.ones(2, dtype=torch.int64)),
        "argument": lambda torch: torch.ones(2).new(-1),
    }, formula=r"y_i = v_i", source="torch.Tensor.new", differentiable=()),
    Entry("eye", cases(sides(), optional(sides()), dtype=optional(KINDS)), bad={
        "shape": lambda torch: torch.eye(-1),
        "dtype": lambda torch: torch.eye(2.0),
        "argument": lambda torch: torch.eye(),
        "None": lambda torch: torch.eye(2, None),
        "gradient": lambda torch: torch.eye(2, dtype=torch.int64, requires_grad=True),
    }, formula=r"y_{ij} = [i = j]", source="torch.eye", order=0),
    Entry("arange", ranges(), bad={
        "shape": lambda torch: torch.arange(torch.ones(2)),
        "dtype": lambda torch: torch.arange(5, dtype=torch.bool),
        "argument": lambda torch: torch.arange(0, 5, 0),
        "direction": lambda torch: torch.arange(0, 5, -1),
        "no end": lambda torch: torch.arange(),
        "None": lambda torch: torch.arange(0, None),
        "text": lambda torch: torch.arange("x"),
        "endless": lambda torch: torch.arange(float("inf")),
        "nan": lambda torch: torch.arange(float("nan")),
        "gradient": lambda torch: torch.arange(3, requires_grad=True),
    }, formula=r"y_i = a + i s", source="torch.arange", order=0),
    Entry("linspace", spacings(), bad={
        "shape": lambda torch: torch.linspace(torch.ones(1), 1, 3),
        "dtype": lambda torch: torch.linspace(0, 1, 2.5),
        "argument": lambda torch: torch.linspace(0, 1, -1),
        "no steps": lambda torch: torch.linspace(0, 1),
        "text": lambda torch: torch.linspace("x", 1, 3),
        "bool": lambda torch: torch.linspace(0, 1, 3, dtype=torch.bool),
    }, formula=r"y_i = a + i\,\frac{b - a}{n - 1}", source="torch.linspace", order=0),
    # ---- of data
    Entry("tensor", nested(), bad=BAD_DATA, formula=r"y_i = v_i", source="torch.tensor", order=0),
    Entry("tensor of tensors", cases(tensors(dtype=dtypes()), dtype=optional(KINDS)),
          call=lambda torch, x, **settings: [torch.tensor(x, **settings), torch.tensor(array_of(x), **settings)],
          bad=BAD_DATA, formula=r"y_i = x_i", source="torch.tensor", order=0),
    Entry("as_tensor", nested().map(lambda c: case(*c.args, **{k: v for k, v in c.settings.items() if k == "dtype"})), bad={
        "shape": lambda torch: torch.as_tensor([[1, 2], [3]]),
        "dtype": lambda torch: torch.as_tensor("text"),
        "argument": lambda torch: torch.as_tensor(),
        "position": lambda torch: torch.as_tensor([1, 2], torch.float64),
        "strides": lambda torch: torch.as_tensor(np.arange(3)[::-1]),
    }, formula=r"y_i = v_i", source="torch.as_tensor", order=0),
    Entry("as_tensor of tensors", cases(tensors(dtype=dtypes(), low=0), dtype=optional(KINDS)),
          call=lambda torch, x, **settings: [torch.as_tensor(x, **settings), torch.as_tensor(array_of(x), **settings)], bad={
        "shape": lambda torch: torch.as_tensor([torch.ones(2), torch.ones(2)]),
        "dtype": lambda torch: torch.as_tensor(None),
        "argument": lambda torch: torch.as_tensor(torch.ones(2), copy=True),
    }, formula=r"y_i = x_i", source="torch.as_tensor"),
    Entry("asarray", nested(), bad={
        "shape": lambda torch: torch.asarray([[1, 2], [3]]),
        "dtype": lambda torch: torch.asarray("text"),
        "argument": lambda torch: torch.asarray(),
        "copy": lambda torch: torch.asarray([1.0], copy=False),
        "other dtype": lambda torch: torch.asarray(torch.ones(2), dtype=torch.int64, copy=False),
        "gradient": lambda torch: torch.asarray([1, 2], requires_grad=True),
    }, formula=r"y_i = v_i", source="torch.asarray", order=0),
    Entry("asarray of tensors", cases(tensors(shapes(1), dtype=dtypes(), low=0), dtype=optional(KINDS), copy=optional(True)),
          call=lambda torch, x, **settings: [torch.asarray(x, **settings), torch.asarray(array_of(x), **settings)], bad={
        "shape": lambda torch: torch.asarray([torch.ones(2), torch.ones(2)]),
        "dtype": lambda torch: torch.asarray(None),
        "argument": lambda torch: torch.asarray(torch.ones(2), torch.float64),
    }, formula=r"y_i = x_i", source="torch.asarray"),
    Entry("from_numpy", cases(tensors(dtype=dtypes())), call=lambda torch, x: torch.from_numpy(array_of(x)), bad={
        "shape": lambda torch: torch.from_numpy(np.arange(3)[::-1]),
        "dtype": lambda torch: torch.from_numpy(np.array(["text"])),
        "argument": lambda torch: torch.from_numpy([1.0]),
        "objects": lambda torch: torch.from_numpy(np.array([None])),
        "bytes backwards": lambda torch: torch.from_numpy(np.ones(2, ">f4")),
    }, formula=r"y_i = x_i", source="torch.from_numpy", order=0),
    # ---- the constructors of the first years
    Entry("Tensor of data", cases(st.sampled_from(([], [1, 2], [[1.5, 2], [3, 4]], (1, 2), range(3), (2, 0)))),
          call=lambda torch, data: [torch.Tensor(data), torch.Tensor(2, 3).shape, torch.Tensor().shape,
                                    torch.Tensor(torch.ones(2, dtype=torch.int64))], bad={
        "shape": lambda torch: torch.Tensor([[1], [2, 3]]),
        "dtype": lambda torch: torch.Tensor("text"),
        "argument": lambda torch: torch.Tensor(-1),
        "fraction": lambda torch: torch.Tensor(2.5),
        "unknown": lambda torch: torch.Tensor([1.0], dtype=torch.float64),
    }, formula=r"y_i = v_i", source="torch.Tensor", order=0),
    Entry("FloatTensor", cases(st.sampled_from(([], [1, 0], [[1.5, 2], [3, 4]], [(1, 2)], range(3)))), bad={
        "shape": lambda torch: torch.FloatTensor([[1], [2, 3]]),
        "dtype": lambda torch: torch.FloatTensor(torch.ones(2, dtype=torch.int64)),
        "argument": lambda torch: torch.FloatTensor(-1),
        "text": lambda torch: torch.LongTensor("text"),
    }, also=("HalfTensor", "DoubleTensor", "ByteTensor", "CharTensor", "ShortTensor", "IntTensor", "LongTensor", "BoolTensor"),
          formula=r"y_i = v_i", source="torch.Tensor", order=0),
]
