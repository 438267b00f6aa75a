"""Indexing, gathering and scattering, masks, diagonals."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import dims, fill, floats, indices, optional, shapes, sides, tensors, together

from .entry import Entry, case, cases


@st.composite
def gathers(draw, source=False, unique=False):
    """A tensor, a dimension, an index into it, and perhaps a source of the index's shape."""
    ndim = draw(st.integers(1, 3))
    shape = tuple(draw(sides(1, 4)) for _ in range(ndim))
    d = draw(st.integers(0, ndim - 1))
    kind, seed = draw(floats()), draw(st.integers(0, 10**6))
    size = tuple(draw(st.integers(0, n)) for n in shape)
    rng = np.random.default_rng(seed)
    if unique:                                        # no place twice, so that the order of writing is no matter
        index = np.argsort(rng.random((*size[:d], shape[d], *size[d + 1:])), axis=d)
        index = index[tuple(slice(size[d]) if k == d else slice(None) for k in range(ndim))]
    else:
        index = rng.integers(0, shape[d], size)
    index = index.astype("int64")
    x = fill(shape, kind, seed)
    d = draw(st.sampled_from((d, d - ndim)))
    if not source:
        return case(x, d, index)
    return case(x, d, index, fill(size, kind, seed + 1))


@st.composite
def selections(draw, source=False, unique=False):
    """A tensor, a dimension and a vector of indices, and perhaps a source of the slices' shape."""
    shape = tuple(draw(sides(1, 4)) for _ in range(draw(st.integers(1, 3))))
    d = draw(st.integers(0, len(shape) - 1))
    kind, seed = draw(floats()), draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    n = draw(st.integers(0, shape[d]))
    index = (rng.permutation(shape[d])[:n] if unique else rng.integers(0, shape[d], n)).astype("int64")
    x = fill(shape, kind, seed)
    return case(x, d, index, fill((*shape[:d], n, *shape[d + 1:]), kind, seed + 1)) if source else case(x, d, index)


@st.composite
def places(draw):
    """A matrix, vectors of row and column numbers that name two places, and what is written there or added."""
    x, values = draw(together((3, 4), (2,)))
    return case(x, (np.array([2, 0]), np.array([3, 3])), values, accumulate=draw(st.booleans()))


@st.composite
def masked(draw):
    """A tensor and a mask that broadcasts to it."""
    shape = draw(shapes())
    x = draw(tensors(shape))
    mask = tuple(1 if draw(st.booleans()) else n for n in shape)[draw(st.integers(0, len(shape))):]
    return case(x, fill(mask, "bool", draw(st.integers(0, 10**6))))


@st.composite
def read(draw):
    """A tensor and an index of any kind."""
    x = draw(tensors(shapes(1, 3, 0, 5)))
    return case(x, draw(indices(x)))


def write(torch, x, index, value):
    """A value written at an index of a tensor with history."""
    h = x * 2
    h[index] = value * 3 if hasattr(value, "shape") else value
    return h


@st.composite
def written(draw):
    """A tensor, an index without repeated places, and what is written there: a number, or a tensor that broadcasts."""
    kind = draw(floats())
    x = draw(tensors((3, 4), dtype=kind))
    index, shape = draw(st.sampled_from(((0, (4,)), (slice(1, 3), (2, 4)), ((slice(None), 2), (3,)), ((Ellipsis, slice(0, 4, 2)), (3, 2)),
                                         ([2, 0], (2, 4)), ((1, [3, 0]), (2,)))))
    if draw(st.booleans()):
        return case(x, index, draw(st.sampled_from((0.5, shape, shape[-1:]))))
    return case(x, index, fill(shape, kind, draw(st.integers(0, 10**6))))


def number_or_tensor(torch, x, index, value):
    """A shape stands for a tensor of ones of it."""
    return write(torch, x, index, torch.ones(value, dtype=x.dtype) if isinstance(value, tuple) else value)


def whole(torch, *values):
    return torch.tensor(values, dtype=torch.int64)


ENTRIES = [
    Entry("Tensor.__getitem__", read(), bad={
        "shape": lambda torch: torch.ones(2, 2)[0, 0, 0],
        "dtype": lambda torch: torch.ones(2)[torch.ones(2)],
        "argument": lambda torch: torch.ones(2)[2],
        "step": lambda torch: torch.ones(3)[::-1],
        "mask": lambda torch: torch.ones(3)[torch.ones(2, dtype=torch.bool)],
        "range": lambda torch: torch.ones(3)[whole(torch, 3)],
    }, formula=r"y_k = x_{i_k}", source="torch.Tensor"),
    Entry("Tensor.__setitem__", written(), call=number_or_tensor, bad={
        "shape": lambda torch: torch.ones(2, 2).__setitem__(0, torch.ones(3)),
        "dtype": lambda torch: torch.ones(2).__setitem__(torch.ones(2), 0),
        "argument": lambda torch: torch.ones(2).__setitem__(2, 0),
        "advanced": lambda torch: torch.ones(3).__setitem__([0, 1], torch.ones(3)),
    }, formula=r"x_{i_k} \leftarrow v_k", source="torch.Tensor", no_empty="the indices name places"),
    Entry("gather", gathers(), also=("Tensor.gather",), bad={
        "shape": lambda torch: torch.gather(torch.ones(2, 2), 0, whole(torch, 0)),
        "dtype": lambda torch: torch.gather(torch.ones(2), 0, torch.ones(1)),
        "argument": lambda torch: torch.gather(torch.ones(2), 0, whole(torch, 2)),
    }, formula=r"y_{ij} = x_{k_{ij} j}", source="torch.gather"),
    Entry("take_along_dim", gathers().map(lambda c: case(c.args[0], c.args[2], c.args[1])), also=("Tensor.take_along_dim",), bad={
        "shape": lambda torch: torch.take_along_dim(torch.ones(2, 2), whole(torch, 0), 0),
        "dtype": lambda torch: torch.take_along_dim(torch.ones(2), torch.ones(1), 0),
        "argument": lambda torch: torch.take_along_dim(torch.ones(2), whole(torch, 0), 1),
    }, formula=r"y_{ij} = x_{k_{ij} j}", source="torch.take_along_dim"),
    Entry("scatter", gathers(True, True), also=("Tensor.scatter", "Tensor.scatter_"), bad={
        "shape": lambda torch: torch.scatter(torch.ones(2), 0, whole(torch, 0, 1), torch.ones(1)),
        "dtype": lambda torch: torch.scatter(torch.ones(2), 0, whole(torch, 0), torch.ones(1, dtype=torch.float64)),
        "argument": lambda torch: torch.scatter(torch.ones(2), 0, whole(torch, 2), torch.ones(1)),
    }, formula=r"y_{k_{ij} j} = s_{ij}", source="torch.scatter"),
    Entry("scatter of a number", gathers(), call=lambda torch, x, dim, index: torch.scatter(x, dim, index, 1.5), bad={
        "shape": lambda torch: torch.scatter(torch.ones(2), 0, whole(torch, 0, 1).reshape(1, 2), 1.0),
        "dtype": lambda torch: torch.scatter(torch.ones(2), 0, torch.ones(1), 1.0),
        "argument": lambda torch: torch.scatter(torch.ones(2), 0, whole(torch, 2), 1.0),
    }, formula=r"y_{k_{ij} j} = s", source="torch.scatter"),
    Entry("scatter_add", gathers(True), also=("Tensor.scatter_add", "Tensor.scatter_add_"), bad={
        "shape": lambda torch: torch.scatter_add(torch.ones(2), 0, whole(torch, 0, 1), torch.ones(1)),
        "dtype": lambda torch: torch.scatter_add(torch.ones(2), 0, whole(torch, 0), torch.ones(1, dtype=torch.float64)),
        "argument": lambda torch: torch.scatter_add(torch.ones(2), 0, whole(torch, 2), torch.ones(1)),
    }, formula=r"y_{k_{ij} j} \mathrel{+}= s_{ij}", source="torch.scatter_add"),
    Entry("index_select", selections(), also=("Tensor.index_select",), bad={
        "shape": lambda torch: torch.index_select(torch.ones(2), 0, whole(torch, 0, 1).reshape(1, 2)),
        "dtype": lambda torch: torch.index_select(torch.ones(2), 0, torch.ones(1)),
        "argument": lambda torch: torch.index_select(torch.ones(2), 0, whole(torch, 2)),
    }, formula=r"y_k = x_{i_k}", source="torch.index_select"),
    Entry("index_add", selections(True), also=("Tensor.index_add", "Tensor.index_add_"), bad={
        "shape": lambda torch: torch.index_add(torch.ones(2), 0, whole(torch, 0), torch.ones(2)),
        "dtype": lambda torch: torch.index_add(torch.ones(2), 0, whole(torch, 0), torch.ones(1, dtype=torch.float64)),
        "argument": lambda torch: torch.index_add(torch.ones(2), 1, whole(torch, 0), torch.ones(1)),
    }, formula=r"y_{i_k} \mathrel{+}= s_k", source="torch.index_add"),
    Entry("index_copy", selections(True, True), also=("Tensor.index_copy", "Tensor.index_copy_"), bad={
        "shape": lambda torch: torch.index_copy(torch.ones(2), 0, whole(torch, 0), torch.ones(2)),
        "dtype": lambda torch: torch.index_copy(torch.ones(2), 0, whole(torch, 0), torch.ones(1, dtype=torch.float64)),
        "argument": lambda torch: torch.index_copy(torch.ones(2), 1, whole(torch, 0), torch.ones(1)),
    }, formula=r"y_{i_k} = s_k", source="torch.index_copy"),
    Entry("index_fill", selections().map(lambda c: case(*c.args, 1.5)), also=("Tensor.index_fill", "Tensor.index_fill_"), bad={
        "shape": lambda torch: torch.index_fill(torch.ones(2), 1, whole(torch, 0), 1.0),
        "dtype": lambda torch: torch.index_fill(torch.ones(2), 0, torch.ones(1), 1.0),
        "argument": lambda torch: torch.index_fill(torch.ones(2), 0, whole(torch, 2), 1.0),
    }, formula=r"y_{i_k} = v", source="torch.index_fill"),
    Entry("index_put", places(), also=("Tensor.index_put", "Tensor.index_put_", "index_put_"), bad={
        "shape": lambda torch: torch.index_put(torch.ones(2), (whole(torch, 0),), torch.ones(3)),
        "dtype": lambda torch: torch.index_put(torch.ones(2), (whole(torch, 0),), torch.ones(1, dtype=torch.float64)),
        "argument": lambda torch: torch.index_put(torch.ones(2), (whole(torch, 2),), torch.ones(1)),
    }, formula=r"y_{i_k j_k} = v_k", source="torch.index_put", no_empty="the indices name places"),
    Entry("masked_fill", cases(masked().map(lambda c: c.args), st.sampled_from((0, -1.5, float("-inf")))),
          also=("Tensor.masked_fill", "Tensor.masked_fill_"), bad={
        "shape": lambda torch: torch.masked_fill(torch.ones(2), torch.ones(3, dtype=torch.bool), 0),
        "dtype": lambda torch: torch.masked_fill(torch.ones(2), torch.ones(2), 0),
        "argument": lambda torch: torch.masked_fill(torch.ones(2), torch.ones(2, dtype=torch.bool), torch.ones(2)),
    }, formula=r"y = m v + (1 - m) x", source="torch.masked_fill", numeric=False),
    Entry("masked_select", masked(), also=("Tensor.masked_select",), bad={
        "shape": lambda torch: torch.masked_select(torch.ones(2), torch.ones(3, dtype=torch.bool)),
        "dtype": lambda torch: torch.masked_select(torch.ones(2), torch.ones(2)),
        "argument": lambda torch: torch.masked_select(torch.ones(2), True),
    }, formula=r"y = (x_i : m_i)", source="torch.masked_select"),
    Entry("masked_fill with a tensor", cases(masked().map(lambda c: c.args), tensors((), "float64")), bad={
        "shape": lambda torch: torch.masked_fill(torch.ones(2), torch.ones(2, dtype=torch.bool), torch.ones(1)),
        "dtype": lambda torch: torch.masked_fill(torch.ones(2), torch.ones(2, dtype=torch.int64), torch.tensor(1.0)),
        "argument": lambda torch: torch.masked_fill(torch.ones(2), torch.ones(2, dtype=torch.bool), [1.0]),
    }, formula=r"y = m v + (1 - m) x", source="torch.masked_fill"),
    Entry("nonzero", cases(tensors(low=-0.0625, high=0.0625), as_tuple=optional(True)), also=("Tensor.nonzero",), bad={
        "dtype": lambda torch: torch.nonzero("x"), "argument": lambda torch: torch.nonzero(), "shape": lambda torch: torch.nonzero([1.0]),
    }, formula=r"y = (i : x_i \ne 0)", source="torch.nonzero", order=0),
    Entry("argwhere", cases(tensors(low=-0.0625, high=0.0625)), also=("Tensor.argwhere",), bad={
        "dtype": lambda torch: torch.argwhere("x"), "argument": lambda torch: torch.argwhere(),
        "shape": lambda torch: torch.argwhere([1.0]),
    }, formula=r"y = (i : x_i \ne 0)", source="torch.argwhere", order=0),
    Entry("select", cases(tensors(shapes(1, 3, 1)), lambda x: dims(x), st.sampled_from((0, -1))), also=("Tensor.select",), bad={
        "shape": lambda torch: torch.select(torch.ones(2), 1, 0),
        "dtype": lambda torch: torch.select("x", 0, 0),
        "argument": lambda torch: torch.select(torch.ones(2), 0, 2),
    }, formula=r"y_j = x_{ij}", source="torch.select", no_empty="the index names a place"),
    # ---- diagonals and triangles
    Entry("diagonal", cases(tensors(shapes(2, 3)), offset=optional(st.sampled_from((1, -1)))), also=("Tensor.diagonal",), bad={
        "shape": lambda torch: torch.diagonal(torch.ones(2)),
        "dtype": lambda torch: torch.diagonal("x"),
        "argument": lambda torch: torch.diagonal(torch.ones(2, 2), 0, 1, 1),
    }, formula=r"y_i = x_{ii}", source="torch.diagonal"),
    Entry("diag", cases(tensors(shapes(1, 2)), diagonal=optional(st.sampled_from((1, -1)))), also=("Tensor.diag",), bad={
        "shape": lambda torch: torch.diag(torch.ones(2, 2, 2)), "dtype": lambda torch: torch.diag("x"),
        "argument": lambda torch: torch.diag(),
    }, formula=r"y_{ii} = x_i", source="torch.diag"),
    Entry("diag_embed", cases(tensors(shapes(1, 3)), offset=optional(st.sampled_from((1, -1)))), also=("Tensor.diag_embed",), bad={
        "shape": lambda torch: torch.diag_embed(torch.ones(2), 0, 1, 1),
        "dtype": lambda torch: torch.diag_embed("x"),
        "argument": lambda torch: torch.diag_embed(torch.ones(2), 0, 3),
    }, formula=r"y_{ii} = x_i", source="torch.diag_embed"),
    Entry("tril", cases(tensors(shapes(2, 3)), diagonal=optional(st.sampled_from((1, -1)))), also=("Tensor.tril", "Tensor.tril_"), bad={
        "shape": lambda torch: torch.tril(torch.ones(2)), "dtype": lambda torch: torch.tril("x"), "argument": lambda torch: torch.tril(),
    }, formula=r"y_{ij} = [i \ge j]\, x_{ij}", source="torch.tril"),
    Entry("triu", cases(tensors(shapes(2, 3)), diagonal=optional(st.sampled_from((1, -1)))), also=("Tensor.triu", "Tensor.triu_"), bad={
        "shape": lambda torch: torch.triu(torch.ones(2)), "dtype": lambda torch: torch.triu("x"), "argument": lambda torch: torch.triu(),
    }, formula=r"y_{ij} = [i \le j]\, x_{ij}", source="torch.triu"),
    Entry("tril_indices", cases(sides(), sides(), offset=optional(st.sampled_from((1, -1)))), bad={
        "argument": lambda torch: torch.tril_indices(-1, 2), "dtype": lambda torch: torch.tril_indices("x", 2),
        "shape": lambda torch: torch.tril_indices(2),
    }, formula=r"y = ((i, j) : i \ge j)", source="torch.tril_indices", order=0),
    Entry("triu_indices", cases(sides(), sides(), offset=optional(st.sampled_from((1, -1)))), bad={
        "argument": lambda torch: torch.triu_indices(-1, 2), "dtype": lambda torch: torch.triu_indices("x", 2),
        "shape": lambda torch: torch.triu_indices(2),
    }, formula=r"y = ((i, j) : i \le j)", source="torch.triu_indices", order=0),
]
