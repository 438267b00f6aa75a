"""New tensors of a given layout, of a buffer, on a logarithmic scale; windows that taper off."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import optional, tensors

from .entry import Entry, case, cases, lib

KINDS = (lib.float64, lib.float32, lib.float16)
NO_EMPTY = "lengths are drawn from 0 on, and there is no other tensor"


def tapered(name, formula, *numbers, also_bad=None):
    """The entry of a window; `numbers` are its own arguments."""
    call = lambda torch, *args, **settings: getattr(torch, name)(*args, **settings)

    @st.composite
    def lengths(draw):
        args = [draw(st.integers(0, 12))]
        if draw(st.booleans()):
            args += [draw(st.booleans()), *(draw(st.sampled_from(values)) for values in numbers[:draw(st.integers(0, len(numbers)))])]
        return case(*args, **({"dtype": draw(st.sampled_from(KINDS))} if draw(st.booleans()) else {}))
    return Entry(name, lengths(), order=0, formula=formula, source="Harris (1978), On the Use of Windows for Harmonic Analysis",
                 no_empty=NO_EMPTY, bad={
        "shape": lambda torch: call(torch, -1), "dtype": lambda torch: call(torch, 4, dtype=torch.int64),
        "argument": lambda torch: call(torch, 2.5), "bool": lambda torch: call(torch, True), "text": lambda torch: call(torch, "x"),
        "switch": lambda torch: call(torch, 4, 1), "gradient": lambda torch: call(torch, 4, requires_grad=True),
    } | (also_bad or {}))


@st.composite
def exponents(draw):
    """The arguments of logspace."""
    number = st.integers(-40, 40).map(lambda n: n / 10)
    settings = {} if draw(st.booleans()) else {"dtype": draw(st.sampled_from((*KINDS, lib.int64, lib.int32)))}
    whole = "dtype" in settings and settings["dtype"] in (lib.int64, lib.int32)
    ends = (abs(draw(number)), abs(draw(number))) if whole else (draw(number), draw(number))
    return case(*ends, draw(st.integers(0, 12)), **({"base": draw(st.sampled_from((2, 10.0, 0.5)))} if draw(st.booleans()) else {}),
                **settings)


@st.composite
def layouts(draw):
    """Sizes and strides."""
    size = draw(st.lists(st.integers(0, 3), max_size=3).map(tuple))
    settings = {"dtype": draw(st.sampled_from(KINDS))} if draw(st.booleans()) else {}
    return case(size, tuple(draw(st.integers(0, 5)) for _ in size), **settings)


def laid_out(name):
    """A call, and what is known of its result."""
    def run(torch, *args, **settings):
        y = getattr(torch, name)(*args, **settings)
        return y.shape, y.stride() if y.numel() else 0, str(y.dtype), y.requires_grad
    return run


@st.composite
def permuted(draw):
    """Sizes and an order of the dimensions."""
    size = draw(st.lists(st.integers(1, 3), max_size=4).map(tuple))
    return case(size, tuple(draw(st.permutations(range(len(size))))), **({"requires_grad": True} if draw(st.booleans()) else {}))


def of_bytes(torch, x, dtype, **settings):
    """A tensor on the bytes of an array, and what it shows when they change."""
    memory = bytearray(x.numpy().tobytes() if hasattr(x, "numpy") else np.asarray(x).tobytes())
    y = torch.frombuffer(memory, dtype=dtype, **settings)
    before = y.clone()
    memory[-1] = 1
    return before, y


def buffer(torch, size=8, dtype=None, **settings):
    """frombuffer of zeros."""
    return torch.frombuffer(bytearray(size), dtype=dtype or torch.int32, **settings)


ENTRIES = [
    tapered("hann_window", r"w_n = \tfrac12 (1 - \cos \tfrac{2 \pi n}{N})"),
    tapered("hamming_window", r"w_n = \alpha - \beta \cos \tfrac{2 \pi n}{N}", (0.5, 0.54), (0.4, 0.5), also_bad={
        "alpha": lambda torch: torch.hamming_window(3, True, "x")}),
    tapered("blackman_window", r"w_n = 0.42 - 0.5 \cos \tfrac{2 \pi n}{N} + 0.08 \cos \tfrac{4 \pi n}{N}"),
    tapered("bartlett_window", r"w_n = 1 - |\tfrac{2n}{N} - 1|"),
    tapered("kaiser_window", r"w_n = \frac{I_0(\beta \sqrt{1 - (2n/N - 1)^2})}{I_0(\beta)}", (4.0, 0.0, 14.5), also_bad={
        "beta": lambda torch: torch.kaiser_window(3, True, "x")}),
    Entry("logspace", exponents(), order=0, formula=r"y_i = b^{s + i (e - s)/(n - 1)}", source="torch.logspace", no_empty=NO_EMPTY,
          bad={
        "shape": lambda torch: torch.logspace(torch.ones(1), 2, 3), "dtype": lambda torch: torch.logspace(0, 1, 3, dtype=torch.bool),
        "argument": lambda torch: torch.logspace(0, 1, -1), "steps": lambda torch: torch.logspace(0, 1, 2.5),
        "no steps": lambda torch: torch.logspace(0, 1), "text": lambda torch: torch.logspace("x", 1, 3),
        "negative base": lambda torch: torch.logspace(0, 3, 4, -2.0),
    }),
    Entry("scalar_tensor", cases(st.sampled_from((2, -1.5, True)), dtype=optional(st.sampled_from((*KINDS, lib.int64, lib.bool)))), order=0,
          no_empty="a tensor of one number", bad={
        "shape": lambda torch: torch.scalar_tensor([1]), "dtype": lambda torch: torch.scalar_tensor("x"),
        "argument": lambda torch: torch.scalar_tensor(), "tensor": lambda torch: torch.scalar_tensor(torch.tensor(3)),
        "gradient": lambda torch: torch.scalar_tensor(2.0, requires_grad=True),
    }, formula="y = s", source="torch.scalar_tensor"),
    Entry("empty_strided", layouts(), call=laid_out("empty_strided"), order=0, no_empty=NO_EMPTY, bad={
        "shape": lambda torch: torch.empty_strided((2, 3), (1,)), "negative size": lambda torch: torch.empty_strided((2, -3), (1, 1)),
        "negative stride": lambda torch: torch.empty_strided((2, 3), (1, -1)), "argument": lambda torch: torch.empty_strided(2, 1),
        "dtype": lambda torch: torch.empty_strided((2.0,), (1,)),
    }, formula=r"y_i = \text{anything}", source="torch.empty_strided"),
    Entry("empty_permuted", permuted(), call=laid_out("empty_permuted"), order=0, no_empty=NO_EMPTY, bad={
        "shape": lambda torch: torch.empty_permuted((2, 3), (0,)), "twice": lambda torch: torch.empty_permuted((2, 3), (1, 1)),
        "outside": lambda torch: torch.empty_permuted((2, 3), (0, 2)), "negative": lambda torch: torch.empty_permuted((2, 3), (0, -1)),
        "argument": lambda torch: torch.empty_permuted(2, 1), "dtype": lambda torch: torch.empty_permuted((2.0,), (0,)),
    }, formula=r"y_i = \text{anything}", source="torch.empty_permuted"),
    Entry("Tensor.new_empty_strided", st.tuples(tensors((2,)), layouts()).map(lambda c: case(c[0], *c[1].args, **c[1].settings)),
          call=lambda torch, x, *args, **settings: laid_out("new_empty_strided")(x, *args, **settings), order=0, differentiable=(),
          no_empty=NO_EMPTY, bad={
        "shape": lambda torch: torch.ones(2).new_empty_strided((2, 3), (1,)),
        "dtype": lambda torch: torch.ones(2).new_empty_strided((2.0,), (1,)),
        "argument": lambda torch: torch.ones(2).new_empty_strided(2, 1),
    }, formula=r"y_i = \text{anything}", source="torch.Tensor.new_empty_strided"),
    Entry("frombuffer", cases(st.lists(st.integers(0, 5), min_size=2, max_size=6), lib.int64, count=optional(1), offset=optional(8)),
          call=of_bytes, order=0, no_empty="a buffer has bytes", bad={
        "shape": lambda torch: buffer(torch, 0), "dtype": lambda torch: torch.frombuffer(bytearray(8)),
        "argument": lambda torch: torch.frombuffer([1], dtype=torch.int32), "offset": lambda torch: buffer(torch, offset=8),
        "negative": lambda torch: buffer(torch, offset=-1), "between": lambda torch: buffer(torch, offset=1),
        "none": lambda torch: buffer(torch, count=0), "too many": lambda torch: buffer(torch, count=3),
        "gradient of integers": lambda torch: buffer(torch, requires_grad=True),
        "gradient": lambda torch: buffer(torch, dtype=torch.float32, requires_grad=True),
    }, formula=r"y_i = b_i", source="torch.frombuffer"),
]
