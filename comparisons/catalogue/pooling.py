"""Pooling."""
from hypothesis import strategies as st

from minitorch.testing.strategies import optional, pool_cases, shapes, tensors

from .entry import Entry, case

VOID = "A window that sees nothing of the input (dilation beyond its size) gives -inf and no gradient; torch writes outside its memory."


@st.composite
def max_cases(draw):
    """Calls of max_pool2d; no ties, for there the maximum has no derivative."""
    drawn = draw(pool_cases(2, dilated=True, unique=True))
    settings = {"return_indices": draw(optional(True))}
    return case(drawn.input, **drawn.settings, **settings)


@st.composite
def avg_cases(draw):
    """Calls of avg_pool2d."""
    drawn = draw(pool_cases(2))
    return case(drawn.input, **drawn.settings, count_include_pad=draw(optional(st.booleans())),
                divisor_override=draw(optional(st.sampled_from((3, -2, None)))))


@st.composite
def adaptive_cases(draw, **options):
    """Inputs and output sizes, also larger than the input's."""
    batch = draw(shapes(0, 1, max_side=2))
    x = draw(tensors((*batch, draw(st.integers(1, 2)), draw(st.integers(1, 6)), draw(st.integers(1, 6))), **options))
    size = st.one_of(st.integers(1, 7), st.none())
    return case(x, draw(st.one_of(st.integers(1, 7), st.tuples(size, size))))


@st.composite
def adaptive_max_cases(draw):
    """The same without ties, and with indices."""
    drawn = draw(adaptive_cases(low=-8, high=8, unique=True))
    return case(*drawn.args, **({"return_indices": True} if draw(st.booleans()) else {}))


def call(name, **settings):
    """A pooling, by name, of ones; what is wrong with it."""
    def run(torch, x=(2, 3, 8, 8), dtype=None, **changes):
        return getattr(torch.nn.functional, name)(torch.ones(x, dtype=dtype), **(settings | changes))
    return run


def bad(name, **settings):
    """Bad calls that max_pool2d and avg_pool2d share."""
    pool = call(name, **settings)
    return {
        "shape": lambda torch: pool(torch, (8, 8)),
        "5 dimensions": lambda torch: pool(torch, (1, 2, 3, 8, 8)),
        "too small": lambda torch: pool(torch, (2, 3, 2, 8), kernel_size=3),
        "no rows": lambda torch: pool(torch, (2, 3, 0, 8), kernel_size=1),
        "no channels": lambda torch: pool(torch, (2, 0, 8, 8)),
        "no channels of one image": lambda torch: pool(torch, (0, 8, 8)),
        "dtype": lambda torch: pool(torch, dtype=torch.bool),
        "int64": lambda torch: pool(torch, dtype=torch.int64),
        "int32": lambda torch: pool(torch, dtype=torch.int32),
        "uint8": lambda torch: pool(torch, dtype=torch.uint8),
        "half": lambda torch: pool(torch, dtype=torch.float16, kernel_size=3, stride=2, padding=1),
        "argument": lambda torch: getattr(torch.nn.functional, name)([[1.0]], 2),
        "no kernel": lambda torch: pool(torch, kernel_size=0),
        "negative kernel": lambda torch: pool(torch, kernel_size=-1),
        "kernel's type": lambda torch: pool(torch, kernel_size=2.0),
        "kernel of a bool": lambda torch: pool(torch, kernel_size=True),
        "kernel of none": lambda torch: pool(torch, kernel_size=None),
        "kernel of three": lambda torch: pool(torch, kernel_size=(2, 2, 2)),
        "kernel of one in a tuple": lambda torch: pool(torch, kernel_size=(2,)),
        "stride": lambda torch: pool(torch, stride=0),
        "negative stride": lambda torch: pool(torch, stride=-1),
        "stride of three": lambda torch: pool(torch, stride=(1, 1, 1)),
        "no stride": lambda torch: pool(torch, stride=()),
        "padding": lambda torch: pool(torch, padding=-1),
        "padding too large": lambda torch: pool(torch, kernel_size=3, padding=2),
        "padding of three": lambda torch: pool(torch, kernel_size=3, padding=(1, 1, 1)),
        "padding's type": lambda torch: pool(torch, padding="same"),
        "no padding": lambda torch: pool(torch, padding=()),
        "ceil_mode's type": lambda torch: pool(torch, ceil_mode="yes"),
    }


max_pool, avg_pool = call("max_pool2d", kernel_size=2), call("avg_pool2d", kernel_size=2)
adaptive_avg, adaptive_max = call("adaptive_avg_pool2d"), call("adaptive_max_pool2d")


def bad_adaptive(pool):
    """Bad calls that the adaptive poolings share."""
    return {
        "shape": lambda torch: pool(torch, (8, 8), output_size=2),
        "5 dimensions": lambda torch: pool(torch, (1, 1, 1, 8, 8), output_size=2),
        "no rows": lambda torch: pool(torch, (2, 3, 0, 2), output_size=5),
        "no rows to one": lambda torch: pool(torch, (2, 3, 0, 2), output_size=1),
        "no channels": lambda torch: pool(torch, (2, 0, 4, 4), output_size=2),
        "no channels of one image": lambda torch: pool(torch, (0, 4, 4), output_size=2),
        "no outputs": lambda torch: pool(torch, output_size=0),
        "no rows of outputs": lambda torch: pool(torch, output_size=(0, 2)),
        "negative": lambda torch: pool(torch, output_size=-1),
        "one in a tuple": lambda torch: pool(torch, output_size=(1,)),
        "three": lambda torch: pool(torch, output_size=(1, 1, 1)),
        "argument": lambda torch: pool(torch, output_size=1.5),
        "ties": lambda torch: pool(torch, (2, 5, 6), output_size=(2, 4)),
        "None": lambda torch: pool(torch, output_size=None),
        "dtype": lambda torch: pool(torch, dtype=torch.int64, output_size=2),
        "bool": lambda torch: pool(torch, dtype=torch.bool, output_size=2),
        "integers to one": lambda torch: pool(torch, dtype=torch.int64, output_size=1),
        "half": lambda torch: pool(torch, dtype=torch.float16, output_size=(3, 2)),
    }


SHARED = (r"y_{i,j} = %s\; x_{a:b,\,c:d}, \quad a = \lfloor iH/m \rfloor,\; b = \lceil (i+1)H/m \rceil,\; "
          r"c = \lfloor jW/m' \rfloor,\; d = \lceil (j+1)W/m' \rceil")

ENTRIES = [
    Entry(
        "nn.functional.max_pool2d", max_cases(), op="kernels.pooling.max_pool2d", grad_fn=True,
        bad=bad("max_pool2d", kernel_size=2) | {
            "ties with indices": lambda torch: max_pool(torch, kernel_size=3, stride=2, padding=1, return_indices=True),
            "dilation": lambda torch: max_pool(torch, dilation=0),
            "dilation of three": lambda torch: max_pool(torch, dilation=(1, 1, 1)),
            "padding too large for the kernel before dilation": lambda torch: max_pool(torch, kernel_size=3, padding=2, dilation=2),
        },
        formula=r"y_{i,j} = \max_{k,l}\, x_{is+kd-p,\,js+ld-p}",
        source="https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.max_pool2d.html", differences=(VOID,),
    ),
    Entry(
        "nn.functional.avg_pool2d", avg_cases(), op="kernels.pooling.avg_pool2d", grad_fn=True,
        bad=bad("avg_pool2d", kernel_size=2) | {
            "divisor": lambda torch: avg_pool(torch, divisor_override=0),
            "divisor's type": lambda torch: avg_pool(torch, divisor_override=1.5),
            "bool divisor": lambda torch: avg_pool(torch, divisor_override=True),
        },
        formula=r"y_{i,j} = \frac{1}{n_{i,j}} \sum_{k,l} x_{is+k-p,\,js+l-p}",
        source="https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.avg_pool2d.html",
    ),
    Entry(
        "nn.functional.adaptive_avg_pool2d", adaptive_cases(), op="kernels.pooling.adaptive_avg_pool2d",
        bad=bad_adaptive(adaptive_avg),
        formula=SHARED % r"\mathrm{mean}",
        source="https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.adaptive_avg_pool2d.html",
    ),
    Entry(
        "nn.functional.adaptive_max_pool2d", adaptive_max_cases(), op="kernels.pooling.adaptive_max_pool2d", grad_fn=True,
        bad=bad_adaptive(adaptive_max) | {
            "ties with indices": lambda torch: adaptive_max(torch, (2, 5, 6), output_size=(2, 4), return_indices=True),
        },
        formula=SHARED % r"\max",
        source="https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.adaptive_max_pool2d.html",
    ),
]
