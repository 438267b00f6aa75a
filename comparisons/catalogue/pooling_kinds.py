"""Pooling over one and three dimensions, and power means."""
from hypothesis import strategies as st

from minitorch.testing.strategies import optional, pool_cases, shapes, tensors

from .entry import Entry, case
from .pooling import SHARED, VOID

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional."


@st.composite
def max_cases(draw, dims):
    """Calls of a maximum; no ties, for there it has no derivative."""
    drawn = draw(pool_cases(dims, dilated=True, unique=True, max_side=5))
    return case(drawn.input, **drawn.settings, return_indices=draw(optional(True)))


@st.composite
def avg_cases(draw, dims):
    """Calls of a mean."""
    drawn = draw(pool_cases(dims, max_side=5))
    divisor = {"divisor_override": draw(optional(st.sampled_from((3, -2))))} if dims == 3 else {}
    return case(drawn.input, **drawn.settings, count_include_pad=draw(optional(st.booleans())), **divisor)


@st.composite
def adaptive_cases(draw, dims, indices=False):
    """Inputs and output sizes, also larger than the input's."""
    sizes = [draw(st.integers(1, 5)) for _ in range(dims)]
    x = draw(tensors((*draw(shapes(0, 1, max_side=2)), draw(st.integers(1, 2)), *sizes), low=-8, high=8, unique=True))
    size = st.one_of(st.integers(1, 6), st.none()) if dims > 1 else st.integers(1, 6)
    return case(x, draw(st.one_of(st.integers(1, 6), st.tuples(*[size] * dims))), **({"return_indices": True}
                                                                                     if indices and draw(st.booleans()) else {}))


@st.composite
def power_cases(draw, dims):
    """Positive elements, any power."""
    drawn = draw(pool_cases(dims, max_side=4))
    x = draw(tensors(drawn.input.shape, drawn.input.dtype.name, low=0.5, high=3))
    settings = {k: v for k, v in drawn.settings.items() if k != "padding"}
    kernel = settings.pop("kernel_size")
    kernel = kernel[0] if dims == 1 and isinstance(kernel, tuple) else kernel
    return case(x, draw(st.sampled_from((1, 2, 3.0))), kernel, **settings)


def bad(name, dims, *args, adaptive=False, maximum=False):
    """Bad calls of a pooling over so many dimensions."""
    def call(torch, x=(2, 3, *(6,) * dims), dtype=None, **settings):
        settings = {"output_size" if adaptive else "kernel_size": 2} | settings
        return getattr(torch.nn.functional, name)(torch.ones(x, dtype=dtype), *args, **settings)
    size = "output_size" if adaptive else "kernel_size"
    calls = {
        "shape": lambda torch: call(torch, (6,) * dims),
        "many dimensions": lambda torch: call(torch, (1, 2, 3, *(6,) * dims)),
        "no rows": lambda torch: call(torch, (2, 3, 0, *(6,) * (dims - 1))),
        "dtype": lambda torch: call(torch, dtype=torch.bool),
        "argument": lambda torch: getattr(torch.nn.functional, name)([[1.0]], *args, 2),
        "sizes": lambda torch: call(torch, **{size: (2,) * (dims + 1)}),
        "size's type": lambda torch: call(torch, **{size: 1.5}),
        "negative": lambda torch: call(torch, **{size: -1}),
    }
    if adaptive:
        return calls | {"None": lambda torch: call(torch, output_size=None), "int64": lambda torch: call(torch, dtype=torch.int64)}
    return calls | {
        "too small": lambda torch: call(torch, kernel_size=9),
        "no channels": lambda torch: call(torch, (2, 0, *(6,) * dims)),
        "no kernel": lambda torch: call(torch, kernel_size=0),
        "stride": lambda torch: call(torch, stride=0),
        "negative stride": lambda torch: call(torch, stride=-1),
        "one in a tuple": lambda torch: call(torch, kernel_size=(2,)),
        "ceil_mode's type": lambda torch: call(torch, ceil_mode="yes"),
    } | ({} if args else {
        "padding": lambda torch: call(torch, padding=-1),
        "padding too large": lambda torch: call(torch, padding=2),
        "paddings": lambda torch: call(torch, padding=(1,) * (dims + 1)),
    }) | ({"dilation": lambda torch: call(torch, dilation=0), "ties": lambda torch: call(torch, return_indices=True)} if maximum else {})


LETTERS = {1: "i", 2: "i,j", 3: "h,i,j"}


def entries(dims):
    """The poolings over so many dimensions."""
    at = LETTERS[dims]
    return [
        Entry(f"nn.functional.max_pool{dims}d", max_cases(dims), bad=bad(f"max_pool{dims}d", dims, maximum=True),
              formula=rf"y_{{{at}}} = \max_{{k \in w_{{{at}}}}} x_k", source=f"{DOCS}max_pool{dims}d.html", differences=(VOID,)),
        Entry(f"nn.functional.avg_pool{dims}d", avg_cases(dims), also=("avg_pool1d",) if dims == 1 else (),
              bad=bad(f"avg_pool{dims}d", dims),
              formula=rf"y_{{{at}}} = \frac{{1}}{{n_{{{at}}}}} \sum_{{k \in w_{{{at}}}}} x_k", source=f"{DOCS}avg_pool{dims}d.html"),
        Entry(f"nn.functional.adaptive_avg_pool{dims}d", adaptive_cases(dims), also=("adaptive_avg_pool1d",) if dims == 1 else (),
              bad=bad(f"adaptive_avg_pool{dims}d", dims, adaptive=True),
              formula=SHARED % r"\mathrm{mean}", source=f"{DOCS}adaptive_avg_pool{dims}d.html"),
        Entry(f"nn.functional.adaptive_max_pool{dims}d", adaptive_cases(dims, indices=True),
              bad=bad(f"adaptive_max_pool{dims}d", dims, adaptive=True),
              formula=SHARED % r"\max", source=f"{DOCS}adaptive_max_pool{dims}d.html"),
    ]


ENTRIES = entries(1) + entries(3) + [
    Entry(f"nn.functional.lp_pool{dims}d", power_cases(dims), bad=bad(f"lp_pool{dims}d", dims, 2.0),
          formula=rf"y_{{{LETTERS[dims]}}} = \left(\sum_{{k \in w_{{{LETTERS[dims]}}}}} x_k^p\right)^{{1/p}}",
          source=f"{DOCS}lp_pool{dims}d.html") for dims in (1, 2, 3)
]
