"""Turning, stacking and splitting by name; block matrices, products and combinations of vectors."""
from hypothesis import strategies as st

from minitorch.testing.strategies import dtypes, floats, optional, shapes, sides, tensor_lists, tensors, together

from .entry import Entry, case, cases


def spread(name):
    """A call that takes a list as several arguments."""
    return lambda torch, tensors: getattr(torch, name)(*tensors)


@st.composite
def turns(draw):
    """A tensor, how often it is turned, and two dimensions."""
    x = draw(tensors(shapes(2, 3)))
    a, b = draw(st.permutations(range(x.ndim)))[:2]
    return case(x, draw(st.integers(-2, 5)), [a, b - x.ndim if draw(st.booleans()) else b])


@st.composite
def blocks(draw):
    """Matrices, vectors and numbers."""
    kind = draw(floats())
    return case([draw(tensors(shapes(0, 2, 0, 3), kind)) for _ in range(draw(st.integers(1, 3)))])


@st.composite
def vectors(draw, least=1):
    """Vectors of one dtype."""
    kind = draw(dtypes())
    return case([draw(tensors((draw(sides(0, 3)),), kind)) for _ in range(draw(st.integers(least, 3)))])


@st.composite
def columns(draw):
    """Vectors and matrices with the same number of rows."""
    n, kind = draw(sides(0, 3)), draw(floats())
    return case([draw(tensors((n,) if draw(st.booleans()) else (n, draw(sides(0, 3))), kind)) for _ in range(draw(st.integers(1, 3)))])


def splits(name, least):
    """The entry of a split by name: into equal parts or at given places."""
    side = {"hsplit": 1, "vsplit": 0, "dsplit": 2}[name]

    @st.composite
    def drawn(draw):
        shape = list(draw(shapes(least, 3, 1)))
        n = draw(st.integers(1, 2))
        at = 0 if len(shape) == 1 else side
        shape[at] = n * draw(st.integers(1, 2))
        x = draw(tensors(tuple(shape)))
        return case(x, draw(st.sampled_from((n, [1], [1, 2], [0]))))
    return Entry(name, drawn(), also=(f"Tensor.{name}",), bad={
        "shape": lambda torch: getattr(torch, name)(torch.tensor(1.0), 1),
        "dtype": lambda torch: getattr(torch, name)("x", 1),
        "argument": lambda torch: getattr(torch, name)(torch.ones(3, 3, 3), 2),
    }, formula=r"y = x_{1:k}, x_{k:2k}, \dots", source=f"torch.{name}", no_empty="equal parts of something")


def flips(name, least, formula):
    """The entry of a flip by name."""
    return Entry(name, cases(tensors(shapes(least, 3))), also=(f"Tensor.{name}",), bad={
        "shape": lambda torch: getattr(torch, name)(torch.tensor(1.0)), "dtype": lambda torch: getattr(torch, name)("x"),
        "argument": lambda torch: getattr(torch, name)(),
    }, formula=formula, source=f"torch.{name}", grad_fn=True)


def filled(torch, x, value, wrap):
    """The diagonal of a copy filled."""
    return (x * 1).fill_diagonal_(value, wrap)


ENTRIES = [
    Entry("rot90", turns(), also=("Tensor.rot90",), bad={
        "shape": lambda torch: torch.rot90(torch.ones(3)), "dtype": lambda torch: torch.rot90("x"),
        "argument": lambda torch: torch.rot90(torch.ones(2, 2), 1, [0, 0]),
        "dims": lambda torch: torch.rot90(torch.ones(2, 2), 1, [0]), "range": lambda torch: torch.rot90(torch.ones(2, 2), 1, [0, 2]),
    }, formula=r"y_{ij} = x_{j, n - 1 - i}", source="torch.rot90", grad_fn=True),
    flips("fliplr", 2, r"y_{ij} = x_{i, n - 1 - j}"), flips("flipud", 1, r"y_i = x_{n - 1 - i}"),
    Entry("msort", cases(tensors(unique=True)), also=("Tensor.msort",), bad={
        "shape": lambda torch: torch.msort([1.0]), "dtype": lambda torch: torch.msort("x"), "argument": lambda torch: torch.msort(),
    }, formula=r"y_1 \le y_2 \le \dots", source="torch.msort"),
    Entry("atleast_3d", cases(tensors()), bad={
        "shape": lambda torch: torch.atleast_3d(1.0), "dtype": lambda torch: torch.atleast_3d("x"),
        "argument": lambda torch: torch.atleast_3d(["x"]),
    }, formula=r"y_{1i1} = x_i", source="torch.atleast_3d"),
    Entry("column_stack", columns(), bad={
        "shape": lambda torch: torch.column_stack((torch.ones(2), torch.ones(3))), "dtype": lambda torch: torch.column_stack(("x",)),
        "argument": lambda torch: torch.column_stack(()),
    }, formula=r"y = (x_1, x_2, \dots)", source="torch.column_stack"),
    Entry("dstack", cases(tensor_lists()), bad={
        "shape": lambda torch: torch.dstack((torch.ones(2), torch.ones(3))), "dtype": lambda torch: torch.dstack(("x",)),
        "argument": lambda torch: torch.dstack(()),
    }, formula=r"y_{ijk} = x_{k, ij}", source="torch.dstack"),
    splits("hsplit", 1), splits("vsplit", 2), splits("dsplit", 3),
    Entry("block_diag", blocks(), call=spread("block_diag"), bad={
        "shape": lambda torch: torch.block_diag(torch.ones(2, 2, 2)), "dtype": lambda torch: torch.block_diag("x"),
        "argument": lambda torch: torch.block_diag(1.0),
    }, formula=r"y = \operatorname{diag}(X_1, X_2, \dots)", source="torch.block_diag"),
    Entry("diagflat", cases(tensors(), offset=optional(st.sampled_from((1, -1)))), also=("Tensor.diagflat",), bad={
        "shape": lambda torch: torch.diagflat([1.0]), "dtype": lambda torch: torch.diagflat("x"),
        "argument": lambda torch: torch.diagflat(),
    }, formula=r"y_{ii} = x_i", source="torch.diagflat"),
    Entry("cartesian_prod", vectors(), call=spread("cartesian_prod"), bad={
        "shape": lambda torch: torch.cartesian_prod(torch.ones(2, 2), torch.ones(2)), "dtype": lambda torch: torch.cartesian_prod("x"),
        "argument": lambda torch: torch.cartesian_prod(1.0, torch.ones(1)),
    }, formula=r"y = x_1 \times x_2 \times \dots", source="torch.cartesian_prod"),
    Entry("combinations", cases(tensors((4,)), r=optional(st.sampled_from((0, 1, 3, 5))), with_replacement=optional(True)), bad={
        "shape": lambda torch: torch.combinations(torch.ones(2, 2)), "dtype": lambda torch: torch.combinations("x"),
        "argument": lambda torch: torch.combinations(torch.ones(2), -1),
    }, formula=r"y = (x_{i_1}, \dots, x_{i_r} : i_1 < \dots < i_r)", source="torch.combinations", no_empty="four elements"),
    Entry("unravel_index", cases(tensors(dtype=st.sampled_from(("int64", "int32")), low=0, high=11), (3, 4)), bad={
        "shape": lambda torch: torch.unravel_index(torch.tensor(9), (2, 3)),
        "dtype": lambda torch: torch.unravel_index(torch.ones(1), (2,)),
        "argument": lambda torch: torch.unravel_index(torch.tensor(0), (-1,)),
    }, formula=r"x = \sum_k y_k \prod_{l > k} n_l", source="torch.unravel_index", order=0),
    Entry("Tensor.fill_diagonal_", cases(tensors(st.sampled_from(((3, 3), (2, 4), (7, 2), (1, 1), (2, 2, 2)))), 1.5, st.booleans()),
          call=filled, bad={
        "shape": lambda torch: torch.ones(2).fill_diagonal_(1), "dtype": lambda torch: torch.ones(2, 2).fill_diagonal_("x"),
        "argument": lambda torch: torch.ones(2, 3, 2).fill_diagonal_(1),
    }, formula=r"y_{ii} = v", source="torch.Tensor.fill_diagonal_", no_empty="a diagonal to fill"),
    Entry("Tensor.where", cases(together(shapes(1, 2), shapes(1, 2)).map(lambda pair: (pair[0],))),
          call=lambda torch, x: x.where(x > 0, -x), bad={
        "shape": lambda torch: torch.ones(2).where(torch.ones(3) > 0, torch.ones(2)),
        "dtype": lambda torch: torch.ones(2).where(torch.ones(2), torch.ones(2)),
        "argument": lambda torch: torch.ones(2).where(),
    }, formula=r"y = c x_1 + (1 - c) x_2", source="torch.Tensor.where", numeric=False),
    Entry("Tensor.float_power_", cases(tensors(dtype="float64", low=0.25), st.sampled_from((2, 0.5))), bad={
        "shape": lambda torch: torch.ones(1, dtype=torch.float64).float_power_(torch.ones(2)),
        "dtype": lambda torch: torch.ones(2).float_power_(2),
        "argument": lambda torch: torch.ones(2, dtype=torch.float64).float_power_("x"),
    }, formula=r"y = x^b", source="torch.Tensor.float_power_"),
    Entry("Tensor.split_with_sizes", cases(tensors((5,)), [2, 0, 3]), also=("split_with_sizes",), bad={
        "shape": lambda torch: torch.ones(5).split_with_sizes([2, 2]), "dtype": lambda torch: torch.ones(5).split_with_sizes("x"),
        "argument": lambda torch: torch.ones(5).split_with_sizes([5], 1),
    }, formula=r"y = x_{1:k}, x_{k:k+l}, \dots", source="torch.Tensor.split_with_sizes", no_empty="sizes that add up to five"),
    Entry("Tensor.apply_", cases(tensors()), call=lambda torch, x: x.detach().clone().apply_(lambda v: v * 2 + 1), order=0, bad={
        "shape": lambda torch: torch.ones(2).apply_(), "dtype": lambda torch: torch.ones(2).apply_("x"),
        "argument": lambda torch: torch.ones(2, requires_grad=True).apply_(abs),
    }, formula=r"y = f(x)", source="torch.Tensor.apply_"),
    Entry("Tensor.map_", cases(together(shapes(1, 2), dtype=floats()).map(lambda pair: (pair[0],))), order=0,
          call=lambda torch, x: x.detach().clone().map_(x.detach() * 3, lambda a, b: a - b), bad={
        "shape": lambda torch: torch.ones(2).map_(torch.ones(3), max), "dtype": lambda torch: torch.ones(2).map_(torch.ones(2), "x"),
        "argument": lambda torch: torch.ones(2).map_(),
    }, formula=r"y = f(x_1, x_2)", source="torch.Tensor.map_"),
]
