"""Running extremes and log-sum-exps, integrals, finite differences."""
from hypothesis import strategies as st

from minitorch.testing.strategies import dims, dtypes, shapes, sides, tensors, together

from .entry import Entry, case, cases


def scan(name, formula, values=None, **options):
    """The entry of a running result along a dimension."""
    return Entry(name, cases(tensors(unique=True) if values is None else values, lambda x: dims(x)),
                 also=() if " " in name else (f"Tensor.{name}",),
                 call=lambda torch, x, dim: getattr(torch, name.split()[0])(x, dim), bad={
        "shape": lambda torch: getattr(torch, name.split()[0])(torch.ones(2), 1),
        "dtype": lambda torch: getattr(torch, name.split()[0])("x", 0),
        "argument": lambda torch: getattr(torch, name.split()[0])(torch.ones(2)),
    }, formula=formula, source=f"torch.{name.split()[0]}", **options)


@st.composite
def integrands(draw):
    """Values along a dimension, and perhaps their points or the step between them."""
    shape = draw(shapes(1, 3, 0, 4))
    dim = draw(dims(len(shape)))
    way = draw(st.sampled_from(("plain", "dx", "points", "grid")))
    if way in ("points", "grid"):
        y, x = draw(together(shape, (shape[dim],) if way == "points" else shape))
        return case(y, x, dim=dim)
    return case(draw(tensors(shape)), dim=dim, **({"dx": 0.5} if way == "dx" else {}))


@st.composite
def sampled(draw):
    """A tensor with enough points, spacings, dimensions and the order at the edges."""
    edge_order = draw(st.sampled_from((1, 2)))
    shape = tuple(draw(sides(3, 5)) for _ in range(draw(st.integers(1, 2))))
    way = draw(st.sampled_from(("plain", "number", "numbers", "points", "dim")))
    x = draw(tensors(shape))
    if way == "points":
        spacing = [draw(tensors((n,), str(x.dtype), low=k * 8, high=k * 8 + 4, unique=True, strided=False)) for k, n in enumerate(shape)]
        for points in spacing:
            points.sort()
        return case(x, spacing=spacing, edge_order=edge_order)
    settings = {"number": {"spacing": 0.5}, "numbers": {"spacing": [0.5] * len(shape)}, "dim": {"dim": -1}}.get(way, {})
    return case(x, edge_order=edge_order, **settings)


INTEGRAL = {
    "shape": lambda torch: torch.trapezoid(torch.ones(2, 3), torch.ones(4)),
    "dtype": lambda torch: torch.trapezoid(torch.ones(2, dtype=torch.bool)),
    "argument": lambda torch: torch.trapezoid(torch.tensor(1.0)),
    "both": lambda torch: torch.trapezoid(torch.ones(2), dx=1.0, x=torch.ones(2)),
}
ENTRIES = [
    scan("cummax", r"y_i = \max_{j \le i} x_j"),
    scan("cummin", r"y_i = \min_{j \le i} x_j"),
    scan("cummax of equal values", r"y_i = \max_{j \le i} x_j", tensors(dtype=dtypes(), low=-1.0, high=1.0), numeric=False),
    scan("cummin of equal values", r"y_i = \min_{j \le i} x_j", tensors(dtype=dtypes(), low=-1.0, high=1.0), numeric=False),
    scan("logcumsumexp", r"y_i = \ln \sum_{j \le i} e^{x_j}", tensors()),
    Entry("trapezoid", integrands(), also=("trapz",), bad=INTEGRAL, formula=r"y = \sum_i \tfrac{1}{2} (y_i + y_{i+1}) (x_{i+1} - x_i)",
          source="torch.trapezoid"),
    Entry("cumulative_trapezoid", integrands(), bad={
        "shape": lambda torch: torch.cumulative_trapezoid(torch.ones(2, 3), torch.ones(4)),
        "dtype": lambda torch: torch.cumulative_trapezoid(torch.ones(2, dtype=torch.bool)),
        "argument": lambda torch: torch.cumulative_trapezoid(torch.tensor(1.0)),
    }, formula=r"y_k = \sum_{i < k} \tfrac{1}{2} (y_i + y_{i+1}) (x_{i+1} - x_i)", source="torch.cumulative_trapezoid"),
    Entry("gradient", sampled(), bad={
        "shape": lambda torch: torch.gradient(torch.ones(1)),
        "dtype": lambda torch: torch.gradient(torch.ones(3, dtype=torch.uint8)),
        "argument": lambda torch: torch.gradient(torch.ones(3), edge_order=3),
        "spacing": lambda torch: torch.gradient(torch.ones(2, 3), spacing=(2.0,)),
        "dims": lambda torch: torch.gradient(torch.ones(2, 3), dim=(0, 0)),
    }, formula=r"y_i = \frac{x_{i+1} - x_{i-1}}{2h}", source="torch.gradient", no_empty="two points make a slope"),
]
