"""Shapes, joining, splitting, repeating and turning."""
from hypothesis import strategies as st

from minitorch.testing.strategies import broadcastable, dims, dtypes, optional, several_dims, shapes, sides, tensor_lists, tensors

from .entry import Entry, case, cases


def bad(name, *args, **others):
    """What a function of a tensor refuses: no tensor, arguments that do not fit, none at all."""
    return {
        "dtype": lambda torch: getattr(torch, name)("x", *args),
        "argument": lambda torch: getattr(torch, name)(),
        "shape": others.pop("shape"),
        **others,
    }


@st.composite
def reshapes(draw):
    """A tensor and a shape that holds it, perhaps with one size to be inferred."""
    a, b, c = draw(sides(1)), draw(sides(1)), draw(sides())
    shape = draw(st.sampled_from(((a, b, c), (c, a * b), (a * b * c,), (1, a, b * c), (b, c, a))))
    if c and draw(st.booleans()):
        k = draw(st.integers(0, len(shape) - 1))
        shape = (*shape[:k], -1, *shape[k + 1:])
    return case(draw(tensors((a, b, c))), shape)


@st.composite
def permutations(draw):
    """A tensor and an order of its dimensions."""
    x = draw(tensors())
    order = draw(st.permutations(range(x.ndim)))
    return case(x, tuple(d - x.ndim if draw(st.booleans()) else d for d in order))


@st.composite
def pairs(draw, apart=False, min_dims=1, **options):
    """A tensor and two of its dimensions."""
    x = draw(tensors(shapes(min_dims, 3), **options))
    first, second = draw(dims(x)), draw(dims(x))
    return case(x, first, second)


@st.composite
def flattenings(draw):
    """A tensor and a range of its dimensions."""
    x = draw(tensors())
    start = draw(st.integers(0, max(x.ndim - 1, 0)))
    return case(x, start, draw(st.integers(start, max(x.ndim - 1, 0))))


@st.composite
def expansions(draw):
    """A tensor and a shape that it expands to."""
    x = draw(tensors(shapes(0, 3, 0, 3)))
    shape = tuple(draw(st.sampled_from((2, 3))) if n == 1 and draw(st.booleans()) else draw(st.sampled_from((n, -1))) for n in x.shape)
    lead = tuple(draw(st.sampled_from((1, 2))) for _ in range(draw(st.integers(0, 2))))
    return case(x, lead + shape)


@st.composite
def windows(draw):
    """A tensor, a dimension, and a window that fits."""
    x = draw(tensors(shapes(1, 3, 0, 5)))
    d = draw(dims(x))
    return case(x, d, draw(st.integers(min(1, x.shape[d]), x.shape[d])), draw(st.integers(1, 3)))


@st.composite
def parts(draw, kind):
    """A tensor with a way to split it."""
    x = draw(tensors(shapes(1, 3, 0, 5)))
    d = draw(dims(x))
    n = x.shape[d]
    if kind == "sizes":
        first = draw(st.integers(0, n))
        return case(x, [first, n - first], dim=d)
    if kind == "indices":
        return case(x, draw(st.sampled_from((1, 2, 3, [1], [0, 2], [1, 1, 7]))), dim=d)
    return case(x, draw(st.integers(1, n + 1)), dim=d)


@st.composite
def narrowings(draw):
    """A tensor and a range along a dimension."""
    x = draw(tensors(shapes(1, 3, 0, 5)))
    d = draw(dims(x))
    start = draw(st.integers(0, max(x.shape[d] - 1, 0)))
    return case(x, d, start, draw(st.integers(0, x.shape[d] - start)))


@st.composite
def joinable(draw, along_dim=True):
    """Tensors of one shape (except along `dim`), and the dimension."""
    ndim = draw(st.integers(1, 3))
    d = draw(st.integers(0, ndim - 1))
    shape = tuple(draw(sides(0, 4)) for _ in range(ndim))
    return case(draw(tensor_lists(shape, vary=d if along_dim else None)), dim=draw(st.sampled_from((d, d - ndim))))


@st.composite
def rolls(draw):
    """A tensor with shifts along dimensions, or through all of it."""
    x = draw(tensors(shapes(1, 3)))
    if draw(st.booleans()):
        return case(x, draw(st.integers(-4, 4)))
    where = draw(several_dims(x))
    return case(x, tuple(draw(st.integers(-4, 4)) for _ in where), tuple(where))


@st.composite
def unflattenings(draw):
    """A tensor and sizes that one of its dimensions is the product of."""
    a, b = draw(sides(1, 3)), draw(sides(1, 3))
    return case(draw(tensors((draw(sides()), a * b))), 1, draw(st.sampled_from(((a, b), (a, -1), (1, a, b)))))


@st.composite
def grids(draw):
    """One-dimensional tensors and how the grid is indexed."""
    found = [draw(tensors((draw(sides(0, 3)),), dtype="float64")) for _ in range(draw(st.integers(1, 3)))]
    return case(*found, indexing=draw(st.sampled_from(("ij", "xy"))))


ENTRIES = [
    Entry("reshape", reshapes(), also=("Tensor.reshape",),
          bad=bad("reshape", (2,), shape=lambda torch: torch.reshape(torch.ones(3), (2, 2)),
          twice=lambda torch: torch.ones(4).reshape(-1, -1)), formula=r"y_k = x_k", source="torch.reshape"),
    Entry("Tensor.view", reshapes(), call=lambda torch, x, shape: x.contiguous().view(shape), bad={
        "shape": lambda torch: torch.ones(3).view(2, 2),
        "dtype": lambda torch: torch.ones(3).view("x"),
        "argument": lambda torch: torch.ones(2, 3).t().view(6),
    }, formula=r"y_k = x_k", source="torch.Tensor.view"),
    Entry("Tensor.view as a dtype", cases(tensors(shapes(1, 2), dtype="float32")),
          call=lambda torch, x: x.detach().contiguous().view(torch.int32), bad={
        "shape": lambda torch: torch.ones(3).view(torch.float64),
        "dtype": lambda torch: torch.ones(3).view("x"),
        "argument": lambda torch: torch.tensor(1.0).view(torch.int64),
    }, formula=r"\text{the same bytes}", source="torch.Tensor.view", order=0),
    Entry("Tensor.view_as", cases(tensors(shapes(2, 2), strided=False), lambda x: tensors(x.shape[::-1])), also=("Tensor.reshape_as",),
          bad={
        "shape": lambda torch: torch.ones(3).view_as(torch.ones(2)),
        "dtype": lambda torch: torch.ones(3).view_as("x"),
        "argument": lambda torch: torch.ones(3).view_as(),
    }, formula=r"y_k = x_k", source="torch.Tensor.view_as", differentiable=(0,)),
    Entry("permute", permutations(), also=("Tensor.permute",),
          bad=bad("permute", (0,), shape=lambda torch: torch.permute(torch.ones(2, 3), (0, 0))),
          formula=r"y_{\pi(i)} = x_i", source="torch.permute", grad_fn=True),
    Entry("transpose", pairs(),
          also=("Tensor.transpose", "Tensor.transpose_", "swapaxes", "Tensor.swapaxes", "Tensor.swapaxes_", "swapdims",
                "Tensor.swapdims", "Tensor.swapdims_"),
          bad=bad("transpose", 0, 1, shape=lambda torch: torch.transpose(torch.ones(2), 0, 1)), formula=r"y_{ji} = x_{ij}",
          source="torch.transpose", grad_fn=True),
    Entry("t", cases(tensors(shapes(0, 2))), also=("Tensor.t", "Tensor.t_"),
          bad=bad("t", shape=lambda torch: torch.t(torch.ones(2, 2, 2))),
          formula=r"y_{ji} = x_{ij}", source="torch.t"),
    Entry("Tensor.T", cases(tensors(shapes(2, 2))), also=("Tensor.mT", "Tensor.H", "Tensor.mH"), bad={
        "shape": lambda torch: torch.ones(2).mT,
        "dtype": lambda torch: torch.ones(2, 2).mT(),
        "argument": lambda torch: torch.ones(2, 2).T(1),
    }, formula=r"y_{ji} = x_{ij}", source="torch.Tensor.T"),
    Entry("movedim", pairs(), also=("Tensor.movedim", "moveaxis", "Tensor.moveaxis"),
          bad=bad("movedim", 0, 0, shape=lambda torch: torch.movedim(torch.ones(2, 2), (0, 0), (0, 1)),
                  lengths=lambda torch: torch.movedim(torch.ones(2, 2), (0, 1), (0,))),
          formula=r"y_{\pi(i)} = x_i", source="torch.movedim"),
    Entry("Tensor.expand", expansions(), also=("broadcast_to", "Tensor.broadcast_to"), bad={
        "shape": lambda torch: torch.ones(2).expand(3),
        "dtype": lambda torch: torch.ones(2).expand("x"),
        "argument": lambda torch: torch.ones(2, 2).expand(2),
    }, formula=r"y_{ij} = x_j", source="torch.Tensor.expand"),
    Entry("Tensor.expand_as", cases(tensors(shapes(0, 2)), lambda x: tensors((2, *x.shape))), bad={
        "shape": lambda torch: torch.ones(2).expand_as(torch.ones(3)),
        "dtype": lambda torch: torch.ones(2).expand_as("x"),
        "argument": lambda torch: torch.ones(2).expand_as(),
    }, formula=r"y_{ij} = x_j", source="torch.Tensor.expand_as", differentiable=(0,)),
    Entry("broadcast_tensors", cases(broadcastable(2)), bad={
        "shape": lambda torch: torch.broadcast_tensors(torch.ones(2), torch.ones(3)),
        "dtype": lambda torch: torch.broadcast_tensors(torch.ones(2), "x"),
        "argument": lambda torch: torch.broadcast_tensors(torch.ones(2), None),
    }, formula=r"y_{ij} = x_j", source="torch.broadcast_tensors"),
    Entry("broadcast_shapes", cases(st.sampled_from(([2, 1], [1, 3], [3], []))),
          call=lambda torch, shape: tuple(torch.broadcast_shapes(tuple(shape), (2, 3))), bad={
        "shape": lambda torch: torch.broadcast_shapes((2,), (3,)),
        "dtype": lambda torch: torch.broadcast_shapes(("x",)),
        "argument": lambda torch: torch.broadcast_shapes((4, 2), (3, 2)),
    }, formula=r"n = \max_k n_k", source="torch.broadcast_shapes", order=0, no_empty="its arguments are shapes, not tensors"),
    Entry("squeeze", cases(tensors(shapes(0, 3, 0, 2)), dim=optional(lambda x: dims(x))), also=("Tensor.squeeze", "Tensor.squeeze_"),
          bad=bad("squeeze", shape=lambda torch: torch.squeeze(torch.ones(2), 1)),
          formula=r"y_k = x_k", source="torch.squeeze"),
    Entry("unsqueeze", cases(tensors(), lambda x: st.integers(-x.ndim - 1, x.ndim)), also=("Tensor.unsqueeze", "Tensor.unsqueeze_"),
          bad=bad("unsqueeze", 0, shape=lambda torch: torch.unsqueeze(torch.ones(2), 2)),
          formula=r"y_k = x_k", source="torch.unsqueeze", grad_fn=True),
    Entry("flatten", flattenings(), also=("Tensor.flatten",), bad=bad("flatten", shape=lambda torch: torch.flatten(torch.ones(2, 2), 1, 0)),
          formula=r"y_k = x_k", source="torch.flatten"),
    Entry("ravel", cases(tensors()), also=("Tensor.ravel",), bad={
        "dtype": lambda torch: torch.ravel("x"), "argument": lambda torch: torch.ravel(), "shape": lambda torch: torch.ravel([1.0]),
    }, formula=r"y_k = x_k", source="torch.ravel"),
    Entry("unflatten", unflattenings(), also=("Tensor.unflatten",), bad={
        "shape": lambda torch: torch.unflatten(torch.ones(2, 3), 1, (2, 2)),
        "dtype": lambda torch: torch.unflatten(torch.ones(2, 3), 2, (2,)),
        "argument": lambda torch: torch.unflatten(torch.ones(2, 3), 1, ()),
    }, formula=r"y_k = x_k", source="torch.unflatten"),
    Entry("as_strided", cases(tensors((3, 4), strided=False), (2, 2), (3, 1)), also=("Tensor.as_strided",), bad={
        "shape": lambda torch: torch.as_strided(torch.ones(3), (4,), (1,)),
        "dtype": lambda torch: torch.as_strided(torch.ones(3), ("x",), (1,)),
        "argument": lambda torch: torch.as_strided(torch.ones(3), (2,)),
    }, formula=r"y_{ij} = x_{3i + j}", source="torch.as_strided",
          no_empty="the region that is read must lie within the memory"),
    Entry("Tensor.unfold", windows(), bad={
        "shape": lambda torch: torch.ones(3).unfold(0, 4, 1),
        "dtype": lambda torch: torch.ones(3).unfold(1, 1, 1),
        "argument": lambda torch: torch.ones(3).unfold(0, 1, 0),
    }, formula=r"y_{ij} = x_{s i + j}", source="torch.Tensor.unfold"),
    Entry("Tensor.sum_to_size", cases(tensors(shapes(2, 2)), lambda x: st.just([1, x.shape[1]])), bad={
        "shape": lambda torch: torch.ones(2, 3).sum_to_size(2, 2),
        "dtype": lambda torch: torch.ones(2, 3).sum_to_size("x"),
        "argument": lambda torch: torch.ones(3).sum_to_size(2, 3),
    }, formula=r"y_j = \sum_i x_{ij}", source="torch.Tensor.sum_to_size"),
    # ---- joining and splitting
    Entry("cat", joinable(), also=("concat", "concatenate"), bad={
        "shape": lambda torch: torch.cat([torch.ones(2, 2), torch.ones(3, 3)]),
        "dtype": lambda torch: torch.cat([torch.ones(2), "x"]),
        "argument": lambda torch: torch.cat(torch.ones(2, 2)),
        "none": lambda torch: torch.cat([]),
    }, formula=r"y = (x_1, x_2, \dots)", source="torch.cat", grad_fn=True),
    Entry("cat of several dtypes", cases(tensors(shapes(1, 1), dtype=dtypes()), tensors(shapes(1, 1), dtype=dtypes())),
          call=lambda torch, a, b: torch.cat([a, b]), bad={
        "shape": lambda torch: torch.cat([torch.ones(2, 2), torch.ones(3, 3)]),
        "dtype": lambda torch: torch.cat([torch.ones(2), "x"]),
        "argument": lambda torch: torch.cat([torch.tensor(1.0)]),
    }, formula=r"y = (x_1, x_2, \dots)", source="torch.cat"),
    Entry("stack", joinable(False), bad={
        "shape": lambda torch: torch.stack([torch.ones(2), torch.ones(3)]),
        "dtype": lambda torch: torch.stack([torch.ones(2), "x"]),
        "argument": lambda torch: torch.stack([]),
    }, formula=r"y_k = x_k", source="torch.stack", grad_fn=True),
    Entry("hstack", cases(tensor_lists(shapes(2, 2))), bad={
        "shape": lambda torch: torch.hstack([torch.ones(2, 2), torch.ones(3, 3)]),
        "dtype": lambda torch: torch.hstack([torch.ones(2), "x"]),
        "argument": lambda torch: torch.hstack([]),
    }, formula=r"y = (x_1\ x_2)", source="torch.hstack"),
    Entry("vstack", cases(tensor_lists(shapes(1, 1))), also=("row_stack",), bad={
        "shape": lambda torch: torch.vstack([torch.ones(2, 2), torch.ones(3, 3)]),
        "dtype": lambda torch: torch.vstack([torch.ones(2), "x"]),
        "argument": lambda torch: torch.vstack([]),
    }, formula=r"y = \begin{pmatrix} x_1 \\ x_2 \end{pmatrix}", source="torch.vstack"),
    Entry("atleast_1d", cases(tensors()), bad={
        "dtype": lambda torch: torch.atleast_1d("x"), "argument": lambda torch: torch.atleast_1d(1.0),
        "shape": lambda torch: torch.atleast_1d([1.0]),
    }, formula=r"y_k = x_k", source="torch.atleast_1d"),
    Entry("atleast_2d", cases(tensors()), bad={
        "dtype": lambda torch: torch.atleast_2d("x"), "argument": lambda torch: torch.atleast_2d(1.0),
        "shape": lambda torch: torch.atleast_2d([1.0]),
    }, formula=r"y_k = x_k", source="torch.atleast_2d"),
    Entry("split", parts("size"), also=("Tensor.split",),
          bad=bad("split", 1, shape=lambda torch: torch.split(torch.ones(3), [1, 1]),
                  negative=lambda torch: torch.split(torch.ones(3), -1)),
          formula=r"x = (y_1, y_2, \dots)", source="torch.split"),
    Entry("split by sizes", parts("sizes"), call=lambda torch, x, sizes, dim: torch.split(x, sizes, dim),
          bad=bad("split", 1, shape=lambda torch: torch.split(torch.ones(3), [1, 1])),
          formula=r"x = (y_1, y_2, \dots)", source="torch.split"),
    Entry("chunk", parts("size"), also=("Tensor.chunk",), bad=bad("chunk", 1, shape=lambda torch: torch.chunk(torch.ones(3), 0)),
          formula=r"x = (y_1, y_2, \dots)", source="torch.chunk"),
    Entry("tensor_split", parts("indices"), also=("Tensor.tensor_split",),
          bad=bad("tensor_split", 1, shape=lambda torch: torch.tensor_split(torch.ones(3), 0)),
          formula=r"x = (y_1, y_2, \dots)", source="torch.tensor_split"),
    Entry("unbind", cases(tensors(shapes(1, 3)), dim=lambda x: dims(x)), also=("Tensor.unbind",),
          bad=bad("unbind", shape=lambda torch: torch.unbind(torch.tensor(1.0))),
          formula=r"x = (y_1, y_2, \dots)", source="torch.unbind"),
    Entry("narrow", narrowings(), also=("Tensor.narrow",),
          bad=bad("narrow", 0, 0, 1, shape=lambda torch: torch.narrow(torch.ones(3), 0, 2, 2)),
          formula=r"y_i = x_{s + i}", source="torch.narrow"),
    # ---- repeating and turning
    Entry("Tensor.repeat", cases(tensors(shapes(0, 2)), st.sampled_from(((2, 3), (1, 2, 1), (3, 0)))), bad={
        "shape": lambda torch: torch.ones(2, 2).repeat(2),
        "dtype": lambda torch: torch.ones(2).repeat("x"),
        "argument": lambda torch: torch.ones(2).repeat(-1),
    }, formula=r"y = (x, x, \dots)", source="torch.Tensor.repeat"),
    Entry("tile", cases(tensors(shapes(0, 2)), st.sampled_from(([2, 3], [2], [1, 2, 1]))), also=("Tensor.tile",), bad={
        "shape": lambda torch: torch.tile(torch.ones(2), (-1,)), "dtype": lambda torch: torch.tile("x", (2,)),
        "argument": lambda torch: torch.tile(torch.ones(2), ("x",)),
    }, formula=r"y = (x, x, \dots)", source="torch.tile"),
    Entry("flip", cases(tensors(shapes(1, 3)), lambda x: several_dims(x).map(list)), also=("Tensor.flip",),
          bad=bad("flip", (0,), shape=lambda torch: torch.flip(torch.ones(2, 2), (0, 0))),
          formula=r"y_i = x_{n - 1 - i}", source="torch.flip"),
    Entry("roll", rolls(), also=("Tensor.roll",), bad=bad("roll", 1, shape=lambda torch: torch.roll(torch.ones(2, 2), (1, 1), (0,))),
          formula=r"y_{i + s} = x_i", source="torch.roll"),
    Entry("meshgrid", grids(), bad={
        "shape": lambda torch: torch.meshgrid(torch.ones(2, 2), indexing="ij"),
        "dtype": lambda torch: torch.meshgrid(torch.ones(2), "x", indexing="ij"),
        "argument": lambda torch: torch.meshgrid(torch.ones(2), indexing="no"),
    }, formula=r"y_{ij} = x_i", source="torch.meshgrid"),
]
