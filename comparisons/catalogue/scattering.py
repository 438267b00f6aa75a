"""Values gathered at repeated places, read and written through the flattened tensor, parts replaced."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import fill, shapes, sides, tensors, together

from .entry import Entry, case
from .indexing import gathers, masked, selections, whole


def flag(*values):
    """Of True and False, or of the given values."""
    return st.sampled_from(values or (True, False))


@st.composite
def reducing(draw, reduces, strategy, high=3.0, steps=1):
    """Cases of a scatter, with the reduction and whether the tensor's own values take part."""
    c = draw(strategy)
    x, dim, index, src = c.args
    rng = np.random.RandomState(draw(st.integers(0, 10**6)))
    if high < 3:                                      # ties and zeros
        x, src = (np.asarray(rng.randint(-1, 2, a.shape), a.dtype) for a in (x, src))
    return case(x, dim, index, src, draw(flag(*reduces)), include_self=draw(flag()))


@st.composite
def flat_reading(draw, source=False):
    """A tensor, an index into the flattened tensor, and perhaps what is written there."""
    x = draw(tensors(shapes(0, 3, 1)))
    shape, seed = draw(shapes(0, 2)), draw(st.integers(0, 10**6))
    rng = np.random.RandomState(seed)
    if not source:
        return case(x, np.asarray(rng.randint(-x.size, x.size, shape), "int64"))
    count = min(int(np.prod(shape)), x.size)
    accumulate = draw(flag())
    places = rng.randint(0, x.size, count) if accumulate else rng.permutation(x.size)[:count]
    return case(x, places.astype("int64"), fill((count,), str(x.dtype), seed), accumulate=accumulate)


@st.composite
def masks(draw):
    """A tensor, a mask and enough values."""
    x, mask = draw(masked()).args
    size = np.broadcast_shapes(x.shape, mask.shape)
    return case(x, mask, draw(tensors((int(np.prod(size)) + draw(st.integers(0, 2)),), str(x.dtype))))


@st.composite
def same_shape(draw):
    """A tensor, a mask of its shape and enough values: what the form in place takes."""
    x = draw(tensors())
    mask = fill(x.shape, "bool", draw(st.integers(0, 10**6)))
    return case(x, mask, draw(tensors((x.size + draw(st.integers(0, 2)),), str(x.dtype))))


@st.composite
def replaced(draw, kind):
    """A tensor, the part that replaces one of it, and where."""
    shape = tuple(draw(sides(1, 4)) for _ in range(draw(st.integers(2 if kind == "diagonal" else 1, 3))))
    ndim = len(shape)
    d = draw(st.integers(0, ndim - 1))
    place = draw(st.sampled_from((d, d - ndim)))
    if kind == "select":
        x, src = draw(together(shape, shape[:d] + shape[d + 1:]))
        return case(x, src, place, draw(st.integers(-shape[d], shape[d] - 1)))
    if kind == "slice":
        start, end, step = draw(st.sampled_from(((None, None, 1), (1, None, 1), (None, -1, 1), (0, 2, 1), (None, None, 2))))
        n = len(range(*slice(start, end, step).indices(shape[d])))
        x, src = draw(together(shape, (*shape[:d], n, *shape[d + 1:])))
        return case(x, src, place, start, end, step)
    offset = draw(st.sampled_from((0, 1, -1)))
    part = np.empty(shape).diagonal(offset, 0, 1).shape
    x, src = draw(together(shape, part))
    return case(x, src, offset, 0, 1)


SCATTER = {
    "shape": lambda torch: torch.scatter_reduce(torch.ones(2), 0, whole(torch, 0, 1), torch.ones(1), "sum"),
    "dtype": lambda torch: torch.scatter_reduce(torch.ones(2), 0, whole(torch, 0), torch.ones(1, dtype=torch.float64), "sum"),
    "argument": lambda torch: torch.scatter_reduce(torch.ones(2), 0, whole(torch, 0), torch.ones(1), "add"),
    "range": lambda torch: torch.scatter_reduce(torch.ones(2), 0, whole(torch, 2), torch.ones(1), "sum"),
}
INDEX = {
    "shape": lambda torch: torch.index_reduce(torch.ones(2), 0, whole(torch, 0), torch.ones(2), "prod"),
    "dtype": lambda torch: torch.index_reduce(torch.ones(2), 0, whole(torch, 0), torch.ones(1, dtype=torch.float64), "prod"),
    "argument": lambda torch: torch.index_reduce(torch.ones(2), 0, whole(torch, 0), torch.ones(1), "sum"),
}
FIRST = "where values tie or vanish the first order is a choice: a second one has no meaning"
ENTRIES = [
    Entry("scatter_reduce", reducing(("sum", "mean", "amax", "amin"), gathers(True)),
          also=("Tensor.scatter_reduce", "Tensor.scatter_reduce_"), bad=SCATTER,
          formula=r"y_{k_{ij} j} = \operatorname{reduce}(x_{k_{ij} j}, s_{ij}, \dots)", source="torch.scatter_reduce", numeric=False),
    Entry("scatter_reduce of equal values", reducing(("mean", "amax", "amin"), gathers(True), 1.0), bad=SCATTER, order=1,
          differences=(FIRST,), numeric=False,
          formula=r"y_{k_{ij} j} = \operatorname{reduce}(x_{k_{ij} j}, s_{ij}, \dots)", source="torch.scatter_reduce"),
    Entry("scatter_reduce of products", reducing(("prod",), gathers(True)), bad=SCATTER, order=1,
          differences=(FIRST,), numeric=False,
          formula=r"y_{k_{ij} j} = x_{k_{ij} j} \prod s_{ij}", source="torch.scatter_reduce"),
    Entry("scatter_reduce of zeros", reducing(("prod",), gathers(True), 1.0), bad=SCATTER, order=1,
          differences=(FIRST,), numeric=False,
          formula=r"y_{k_{ij} j} = x_{k_{ij} j} \prod s_{ij}", source="torch.scatter_reduce"),
    Entry("index_reduce", reducing(("mean", "amax", "amin", "prod"), selections(True)),
          also=("Tensor.index_reduce", "Tensor.index_reduce_"), bad=INDEX,
          formula=r"y_{i_k} = \operatorname{reduce}(x_{i_k}, s_k, \dots)", source="torch.index_reduce", numeric=False, order=1,
          differences=(FIRST,)),
    Entry("take", flat_reading(), also=("Tensor.take",), bad={
        "shape": lambda torch: torch.take(torch.ones(0), whole(torch, 0)), "dtype": lambda torch: torch.take(torch.ones(2), torch.ones(1)),
        "argument": lambda torch: torch.take(torch.ones(2), whole(torch, 2)),
    }, formula=r"y_k = x_{i_k}", source="torch.take"),
    Entry("put", flat_reading(True), also=("Tensor.put", "Tensor.put_"), bad={
        "shape": lambda torch: torch.put(torch.ones(2), whole(torch, 0, 1), torch.ones(1)),
        "dtype": lambda torch: torch.put(torch.ones(2), whole(torch, 0), torch.ones(1, dtype=torch.float64)),
        "argument": lambda torch: torch.put(torch.ones(2), whole(torch, 2), torch.ones(1)),
    }, formula=r"y_{i_k} = s_k", source="torch.put"),
    Entry("masked_scatter", masks(), also=("Tensor.masked_scatter",), bad={
        "shape": lambda torch: torch.masked_scatter(torch.ones(2), torch.ones(2, dtype=torch.bool), torch.ones(1)),
        "dtype": lambda torch: torch.masked_scatter(torch.ones(2), torch.ones(2), torch.ones(2)),
        "argument": lambda torch: torch.masked_scatter(torch.ones(2), torch.ones(2, dtype=torch.bool), 1.0),
        "source": lambda torch: torch.masked_scatter(torch.ones(2), torch.ones(2, dtype=torch.bool), torch.ones(2, dtype=torch.float64)),
    }, formula=r"y = (1 - m) x + m s", source="torch.masked_scatter"),
    Entry("Tensor.masked_scatter_", same_shape(), bad={
        "shape": lambda torch: torch.ones(2, 1).masked_scatter_(torch.ones(3, dtype=torch.bool), torch.ones(9)),
        "dtype": lambda torch: torch.ones(2).masked_scatter_(torch.ones(2), torch.ones(2)),
        "argument": lambda torch: torch.ones(2).masked_scatter_(torch.ones(2, dtype=torch.bool), 1.0),
    }, formula=r"y = (1 - m) x + m s", source="torch.Tensor.masked_scatter_"),
    Entry("select_scatter", replaced("select"), also=("Tensor.select_scatter",), bad={
        "shape": lambda torch: torch.select_scatter(torch.ones(2, 3), torch.ones(2), 0, 1),
        "dtype": lambda torch: torch.select_scatter(torch.ones(2), 1.0, 0, 1),
        "argument": lambda torch: torch.select_scatter(torch.ones(2, 3), torch.ones(3), 0, 2),
    }, formula=r"y_i = s", source="torch.select_scatter", no_empty="the index names a place"),
    Entry("slice_scatter", replaced("slice"), also=("Tensor.slice_scatter",), bad={
        "shape": lambda torch: torch.slice_scatter(torch.ones(4), torch.ones(1), 0, 1, 3),
        "dtype": lambda torch: torch.slice_scatter(torch.ones(2), 1.0),
        "argument": lambda torch: torch.slice_scatter(torch.ones(4), torch.ones(4), step=0),
    }, formula=r"y_{a:b:c} = s", source="torch.slice_scatter"),
    Entry("diagonal_scatter", replaced("diagonal"), also=("Tensor.diagonal_scatter",), bad={
        "shape": lambda torch: torch.diagonal_scatter(torch.ones(2, 2), torch.ones(3)),
        "dtype": lambda torch: torch.diagonal_scatter(torch.ones(2, 2), 1.0),
        "argument": lambda torch: torch.diagonal_scatter(torch.ones(2, 2), torch.ones(2), 0, 1, 1),
    }, formula=r"y_{ii} = s_i", source="torch.diagonal_scatter"),
]
