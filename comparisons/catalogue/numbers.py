"""Signs, neighbours and parts of numbers; the larger and the smaller past nan; divisors."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import broadcastable, dtypes, tensors

from .elementwise import function
from .entry import Entry, case, cases

INTEGERS = st.sampled_from(("int64", "int32", "int16", "int8"))


def of_two(name, formula, values=None, also=(), **options):
    """The entry of a function of two tensors; numbers are refused."""
    return Entry(name, cases(broadcastable(2)) if values is None else values, also=(f"Tensor.{name}", *also), bad={
        "shape": lambda torch: getattr(torch, name)(torch.ones(2), torch.ones(3)),
        "dtype": lambda torch: getattr(torch, name)(torch.ones(2), "x"),
        "argument": lambda torch: getattr(torch, name)(torch.ones(2), 2.0),
    }, formula=formula, source=f"torch.{name}", **options)


def flag(name, formula):
    """The entry of a question that every value answers."""
    return Entry(name, cases(tensors(dtype=dtypes())), also=(f"Tensor.{name}",), bad={
        "argument": lambda torch: getattr(torch, name)(), "dtype": lambda torch: getattr(torch, name)("x"),
        "shape": lambda torch: getattr(torch, name)([1.0]),
    }, formula=formula, source=f"torch.{name}", order=0)


def divisors(name, formula, values):
    """The entry of a function of two tensors of integers."""
    return Entry(name, values, also=(f"Tensor.{name}", f"Tensor.{name}_", f"{name}_"), bad={
        "shape": lambda torch: getattr(torch, name)(torch.ones(2, dtype=torch.int64), torch.ones(3, dtype=torch.int64)),
        "dtype": lambda torch: getattr(torch, name)(torch.ones(2), torch.ones(2)),
        "argument": lambda torch: getattr(torch, name)(torch.ones(2, dtype=torch.int64), 2),
    }, formula=formula, source=f"torch.{name}", order=0)


@st.composite
def with_nan(draw):
    """Two tensors, some of whose values are nan."""
    a, b = (x.copy() for x in draw(broadcastable(2)))
    for x, seed in ((a, 1), (b, 2)):
        x[np.random.RandomState(seed).rand(*x.shape) < 0.25] = np.nan
    return case(a, b)


@st.composite
def signs(draw):
    """A tensor, and a tensor or number whose sign it takes."""
    a, b = draw(broadcastable(2, avoid=(0.0,)))
    return case(a, draw(st.sampled_from((b, b, -2.0, 3))))


ENTRIES = [
    function("fix", r"y = \operatorname{trunc} x", "torch.fix", avoid=(-3, -2, -1, 0, 1, 2, 3)),
    Entry("sgn", cases(tensors(dtype=dtypes())), also=("Tensor.sgn", "Tensor.sgn_"), bad={
        "argument": lambda torch: torch.sgn(), "dtype": lambda torch: torch.sgn("x"), "shape": lambda torch: torch.sgn([1.0]),
    }, formula=r"y = \operatorname{sign} x", source="torch.sgn", numeric=False),
    flag("signbit", r"y = [x < 0]"), flag("isneginf", r"y = [x = -\infty]"), flag("isposinf", r"y = [x = \infty]"),
    flag("isreal", r"y = [x \in \mathbb R]"),
    of_two("heaviside", r"y = [x_1 > 0] + [x_1 = 0]\, x_2", differentiable=(), order=0, also=("Tensor.heaviside_",)),
    Entry("copysign", signs(), also=("Tensor.copysign", "Tensor.copysign_"), bad={
        "shape": lambda torch: torch.copysign(torch.ones(2), torch.ones(3)),
        "dtype": lambda torch: torch.copysign(torch.ones(2), "x"),
        "argument": lambda torch: torch.ones(2, dtype=torch.int64).copysign_(1),
    }, formula=r"y = |x_1| \operatorname{sign} x_2", source="torch.copysign"),
    of_two("nextafter", r"y = \min \{z : z > x_1\}", differentiable=(), order=0, also=("Tensor.nextafter_",)),
    of_two("fmax", r"y = \max(x_1, x_2)", cases(broadcastable(2, low=-0.5, high=0.5)), numeric=False),
    of_two("fmin", r"y = \min(x_1, x_2)", cases(broadcastable(2, low=-0.5, high=0.5)), numeric=False),
    *(Entry(f"{name} of nan", with_nan(), call=lambda torch, x, y, name=name: getattr(torch, name)(x, y), numeric=False, bad={
        "shape": lambda torch: torch.fmax(torch.ones(2), torch.ones(3)), "dtype": lambda torch: torch.fmax("x", torch.ones(2)),
        "argument": lambda torch: torch.fmax(torch.ones(2)),
    }, formula=r"y = \operatorname{ext}(x_1, x_2)", source=f"torch.{name}") for name in ("fmax", "fmin")),
    of_two("ldexp", r"y = x_1 2^{x_2}", also=("Tensor.ldexp_", "ldexp_")),
    Entry("frexp", cases(tensors(low=0.25, avoid=(0.25, 0.5, 1.0, 2.0))), also=("Tensor.frexp",), bad={
        "argument": lambda torch: torch.frexp(), "dtype": lambda torch: torch.frexp(torch.ones(2, dtype=torch.int64)),
        "shape": lambda torch: torch.frexp([1.0]),
    }, formula=r"x = m 2^e", source="torch.frexp"),
    function("deg2rad", r"y = \frac{\pi}{180} x", "torch.deg2rad"),
    function("rad2deg", r"y = \frac{180}{\pi} x", "torch.rad2deg"),
    divisors("gcd", r"y = \gcd(x_1, x_2)", cases(broadcastable(2, dtype=INTEGERS, low=-12, high=12))),
    divisors("lcm", r"y = \operatorname{lcm}(x_1, x_2)", cases(broadcastable(2, dtype=INTEGERS, low=-6, high=6))),
]
