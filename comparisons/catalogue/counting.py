"""Searching, counting, histograms, membership, runs."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import dims, dtypes, numbers, shapes, sides, tensors, together

from .entry import Entry, case, cases

SMALL = st.sampled_from(("int64", "int32", "uint8"))


@st.composite
def searches(draw):
    """Sorted values (or what sorts them), what is looked for, and the side."""
    kind, n = draw(numbers()), draw(sides(1, 5))
    lead = draw(shapes(0, 2, 1, 3))
    rows = draw(tensors((*lead, n), kind))
    settings = {"out_int32": draw(st.booleans())}
    way = draw(st.sampled_from(("right", "side", "plain")))
    if way != "plain":
        settings |= {"right": draw(st.booleans())} if way == "right" else {"side": draw(st.sampled_from(("left", "right")))}
    if draw(st.booleans()):
        settings["sorter"] = np.argsort(rows, -1, kind="stable")
    else:
        rows = np.sort(rows, -1)
    values = draw(tensors((*lead, draw(sides(0, 4))) if lead else None, kind))
    return case(rows, values if lead or draw(st.booleans()) else 1, **settings)


@st.composite
def buckets(draw):
    """Values and sorted boundaries."""
    values, edges = draw(together(shapes(), (draw(sides(0, 5)),), dtype=numbers()))
    return case(values, np.sort(edges), right=draw(st.booleans()), out_int32=draw(st.booleans()))


@st.composite
def counted(draw):
    """Integers to count, perhaps with weights and a least length."""
    n = draw(sides(0, 6))
    x = draw(tensors((n,), SMALL, low=0, high=5))
    settings = {"minlength": draw(st.sampled_from((0, 3, 9)))}
    if draw(st.booleans()):
        settings["weights"] = draw(tensors((n,), st.sampled_from(("float32", "float64", "int64"))))
    return case(x, **settings)


@st.composite
def members(draw):
    """Elements and test elements: tensors, or one of them a number."""
    kind = draw(numbers())
    a, b = draw(tensors(dtype=kind, low=-2, high=2)), draw(tensors(dtype=kind, low=-2, high=2))
    which = draw(st.sampled_from(("both", "both", "first", "second")))
    return case(1 if which == "first" else a, 1 if which == "second" else b, invert=draw(st.booleans()))


@st.composite
def runs(draw):
    """A tensor with equal neighbours, what is asked for, and perhaps a dimension."""
    x = draw(tensors(dtype=dtypes(), low=-0.5, high=0.5))
    settings = {"return_inverse": draw(st.booleans()), "return_counts": draw(st.booleans())}
    if x.ndim and x.size and draw(st.booleans()):
        settings["dim"] = draw(dims(x))
    return case(x, **settings)


@st.composite
def histograms(draw):
    """Values, bins or edges, and perhaps a range, weights, density."""
    x = draw(tensors(shapes(1, 2, 1), low=0.0, high=3.0, strided=False))
    settings = {"density": draw(st.booleans())}
    if draw(st.booleans()):
        settings["weight"] = draw(tensors(x.shape, str(x.dtype), low=0.5, high=2.0))
    if draw(st.booleans()):
        return case(x, np.array([-0.03, 0.75, 1.01, 3.02], x.dtype), **settings)
    return case(x, draw(st.sampled_from((1, 4))), range=(-0.01, 3.01), **settings)


ENTRIES = [
    Entry("searchsorted", searches(), bad={
        "shape": lambda torch: torch.searchsorted(torch.ones(2, 3), torch.ones(3, 3)),
        "dtype": lambda torch: torch.searchsorted(torch.ones(2), "x"),
        "argument": lambda torch: torch.searchsorted(torch.ones(2), torch.ones(1), side="middle"),
        "sides": lambda torch: torch.searchsorted(torch.ones(2), torch.ones(1), side="left", right=True),
        "sorter": lambda torch: torch.searchsorted(torch.ones(2), torch.ones(1), sorter=torch.tensor([0])),
        "bool": lambda torch: torch.searchsorted(torch.ones(2) > 0, torch.ones(1) > 0),
        "scalar": lambda torch: torch.searchsorted(torch.ones(2, 2), 1.0),
    }, formula=r"s_{y - 1} < x \le s_y", source="torch.searchsorted", differentiable=(), order=0),
    Entry("bucketize", buckets(), bad={
        "shape": lambda torch: torch.bucketize(torch.ones(2), torch.ones(2, 2)), "dtype": lambda torch: torch.bucketize("x", torch.ones(2)),
        "argument": lambda torch: torch.bucketize(torch.ones(2), [1.0]),
    }, formula=r"b_{y - 1} < x \le b_y", source="torch.bucketize", differentiable=(), order=0),
    Entry("bucketize of a number", cases(1.5, tensors((4,), unique=True).map(np.sort)), bad={
        "shape": lambda torch: torch.bucketize(1.0, torch.ones(2, 2)), "dtype": lambda torch: torch.bucketize("x", torch.ones(2)),
        "argument": lambda torch: torch.bucketize(1.0),
    }, formula=r"b_{y - 1} < x \le b_y", source="torch.bucketize", differentiable=(), order=0, no_empty="four boundaries"),
    Entry("bincount", counted(), also=("Tensor.bincount",), bad={
        "shape": lambda torch: torch.bincount(torch.ones(2, 2, dtype=torch.int64)), "dtype": lambda torch: torch.bincount(torch.ones(2)),
        "argument": lambda torch: torch.bincount(torch.tensor([-1])),
        "weights": lambda torch: torch.bincount(torch.tensor([1, 1]), torch.ones(3)),
        "length": lambda torch: torch.bincount(torch.tensor([1]), minlength=-1),
    }, formula=r"y_v = |\{i : x_i = v\}|", source="torch.bincount", differentiable=(), order=0),
    Entry("histc", cases(tensors(strided=False), st.sampled_from((1, 5)), st.sampled_from((-2.01, -3.3)), st.sampled_from((1.02, 3.03))),
          also=("Tensor.histc",), bad={
        "shape": lambda torch: torch.histc(torch.ones(2), 0), "dtype": lambda torch: torch.histc(torch.ones(2, dtype=torch.int64)),
        "argument": lambda torch: torch.histc(torch.ones(2), 3, 2, 1),
        "range": lambda torch: torch.histc(torch.tensor([float("inf"), 1.0]), 3),
    }, formula=r"y_k = |\{i : b_k \le x_i < b_{k+1}\}|", source="torch.histc", differentiable=(), order=0),
    Entry("histc over the data's range", cases(tensors((5,), low=0.0, high=3.0), 3), bad={
        "shape": lambda torch: torch.histc(torch.ones(2), -1), "dtype": lambda torch: torch.histc("x"),
        "argument": lambda torch: torch.histc(torch.tensor([float("nan")]), 3),
    }, formula=r"y_k = |\{i : b_k \le x_i < b_{k+1}\}|", source="torch.histc", differentiable=(), order=0,
          no_empty="five values"),
    Entry("histogram", histograms(), also=("Tensor.histogram",), bad={
        "shape": lambda torch: torch.histogram(torch.ones(2), 0),
        "dtype": lambda torch: torch.histogram(torch.ones(2, dtype=torch.int64), 2),
        "argument": lambda torch: torch.histogram(torch.ones(2), 2, range=(2.0, 1.0)),
    }, formula=r"y_k = \sum_{b_k \le x_i < b_{k+1}} w_i", source="torch.histogram", differentiable=(), order=0,
          no_empty="values to count"),
    Entry("isin", members(), bad={
        "shape": lambda torch: torch.isin(torch.ones(2)), "dtype": lambda torch: torch.isin(torch.ones(2) > 0, torch.ones(2) > 0),
        "argument": lambda torch: torch.isin(torch.ones(2), [1.0]),
    }, formula=r"y = [x \in T]", source="torch.isin", differentiable=(), order=0),
    Entry("unique_consecutive", runs(), also=("Tensor.unique_consecutive",), bad={
        "shape": lambda torch: torch.unique_consecutive(torch.tensor(1.0), dim=0), "dtype": lambda torch: torch.unique_consecutive("x"),
        "argument": lambda torch: torch.unique_consecutive(torch.ones(2), dim=1),
    }, formula=r"y = (x_i : x_i \ne x_{i-1})", source="torch.unique_consecutive", differentiable=(), order=0),
    Entry("unique along a dimension", runs(), bad={
        "shape": lambda torch: torch.unique(torch.tensor(1.0), dim=0), "dtype": lambda torch: torch.unique("x", dim=0),
        "argument": lambda torch: torch.unique(torch.ones(2), dim=1), "empty": lambda torch: torch.unique(torch.ones(0, 2), dim=1),
    }, formula=r"y = \{x_i\}", source="torch.unique", differentiable=(), order=0),
]
