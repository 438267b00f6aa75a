"""Norms of vectors and matrices, and distances."""
from hypothesis import strategies as st

from minitorch.testing.strategies import broadcastable_shapes, optional, several_dims, shapes, sides, tensors, together

from .entry import Entry, case, cases, lib, resolve
from .linalg_inputs import matrices

inf = float("inf")
ORDERS = (2, 1, 0, inf, -inf, 3, 0.5, -1, -2.5)


@st.composite
def normed(draw, orders=ORDERS, dims=True, **options):
    """A tensor without zeros or ties, an order, dimensions, and a dtype to compute in."""
    empty_too = draw(st.sampled_from((False, False, False, True)))
    x = draw(tensors(shapes(0 if dims else 1, 3, 0 if empty_too else 1), avoid=(0.0,), **options))
    possible = (2, 1, 0) if empty_too else orders     # of nothing, the others are errors, or torch's second order is nan
    settings = {"ord": draw(st.sampled_from(possible))} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        settings["dim"] = draw(several_dims(x)) if draw(st.booleans()) or not x.ndim else draw(st.integers(-x.ndim, x.ndim - 1))
    if draw(st.booleans()):
        settings["keepdim"] = draw(st.booleans())
    if draw(st.integers(0, 3)) == 3:
        settings["dtype"] = lib.float64
    return case(x, **settings)


@st.composite
def matrix_normed(draw):
    """Matrices with distinct singular values in two of their dimensions, and an order."""
    x = draw(matrices(avoid=(0.0,)))
    settings = {"ord": draw(st.sampled_from(("fro", "nuc", 1, -1, 2, -2, inf, -inf)))} if draw(st.integers(0, 3)) else {}
    if draw(st.booleans()):
        settings["dim"] = draw(st.sampled_from(((-2, -1), (-1, -2), (x.ndim - 2, x.ndim - 1))))
    if x.ndim == 3 and draw(st.booleans()):
        x = x.transpose(1, 2, 0)
        settings["dim"] = (0, 1)
    if draw(st.booleans()):
        settings["keepdim"] = True
    return case(x, **settings)


@st.composite
def either(draw):
    """A vector or matrices, and the orders of both."""
    if draw(st.booleans()):
        found = draw(normed(dims=False))
        dim = found.settings.get("dim")
        if isinstance(dim, tuple) and len(dim) != 1 or dim is None and found.args[0].ndim != 1:
            found.settings.pop("ord", None)
        if isinstance(dim, tuple) and len(dim) not in (1, 2):
            found.settings.pop("dim")
        return found
    found = draw(matrix_normed())
    if found.args[0].ndim == 3:
        found.settings.setdefault("dim", (-2, -1))
    return found if found.args[0].ndim < 4 else case(found.args[0])


@st.composite
def points(draw, p, least=0):
    """Two sets of points, batches that broadcast, no two points or features alike, and an order."""
    left, right = draw(broadcastable_shapes(2, max_dims=2, max_side=2))
    if least and 0 in (*left, *right):
        left = right = ()
    m = draw(sides(least, 4))
    a, b = draw(together((*left, draw(sides(least, 4)), m), (*right, draw(sides(least, 4)), m), low=-1, high=1))
    return case(a, b + 3 if b.flags.c_contiguous else b + b.dtype.type(3), **({"p":
    draw(st.sampled_from(p))} if draw(st.booleans()) else {}))


@st.composite
def same_points(draw):
    """Points of which some coincide, with features that tie."""
    m, dtype = draw(st.integers(1, 3)), draw(st.sampled_from(("float64", "float32")))
    a, b = draw(together((draw(st.integers(1, 4)), m), (draw(st.integers(1, 4)), m), dtype=dtype, low=-0.0625, high=0.0625))
    return case(a, b, p=draw(st.sampled_from((0, 0.5, 1, 1.5, 2, 3, inf))))


FAR = {
    "shape": lambda torch: torch.cdist(torch.ones(2, 3), torch.ones(2, 2)),
    "vector": lambda torch: torch.cdist(torch.ones(3), torch.ones(2, 3)),
    "batch": lambda torch: torch.cdist(torch.ones(2, 2, 3), torch.ones(3, 2, 3)),
    "integers": lambda torch: torch.cdist(torch.ones(2, 3).long(), torch.ones(2, 3).long()),
    "half": lambda torch: torch.cdist(torch.ones(2, 3).half(), torch.ones(2, 3).half()),
    "dtype": lambda torch: torch.cdist(torch.ones(2, 3), torch.ones(2, 3, dtype=torch.float64)),
    "order": lambda torch: torch.cdist(torch.ones(2, 3), torch.ones(2, 3), p=-1),
    "mode": lambda torch: torch.cdist(torch.ones(2, 3), torch.ones(2, 3), compute_mode="x"),
}


def norm_bad(name, **more):
    """What norms refuse."""
    call = lambda torch, *args, **settings: resolve(torch, name)(*args, **settings)
    return {
        "dtype": lambda torch: call(torch, torch.ones(2, 2, dtype=torch.int64)),
        "argument": lambda torch: call(torch),
        "no tensor": lambda torch: call(torch, 2.0),
        "dim": lambda torch: call(torch, torch.ones(2, 2), dim=(0, 2)),
        "twice": lambda torch: call(torch, torch.ones(2, 2), dim=(1, 1)),
        "narrowing": lambda torch: call(torch, torch.ones(2, 2, dtype=torch.float64), dtype=torch.float32),
        "integer result": lambda torch: call(torch, torch.ones(2, 2), dtype=torch.int64),
        "half": lambda torch: call(torch, torch.ones(2, 2, dtype=torch.float16)),
        **more,
    }


ENTRIES = [
    Entry("linalg.vector_norm", normed(), bad=norm_bad("linalg.vector_norm",
          order=lambda torch: torch.linalg.vector_norm(torch.ones(2), "fro"), none=lambda torch: torch.linalg.vector_norm(torch.ones(2),
          None),
          empty=lambda torch: torch.linalg.vector_norm(torch.ones(0), inf),
          negative=lambda torch: torch.linalg.vector_norm(torch.ones(0, 2), -1, dim=0)),
          formula=r"y = \left(\sum_i |x_i|^p\right)^{1/p}", source="torch.linalg.vector_norm", numeric=False),
    Entry("linalg.vector_norm at zeros and ties", cases(tensors(shapes(0, 2, 1), low=-0.0625, high=0.0625), st.sampled_from(ORDERS[:7])),
          bad=norm_bad("linalg.vector_norm"), order=1,
          differences=("at ties and zeros the first order is a choice: a second one has no meaning",),
          formula=r"y = \left(\sum_i |x_i|^p\right)^{1/p}", source="torch.linalg.vector_norm",
          numeric=False, no_empty="the infinity norm of nothing is an error"),
    Entry("linalg.matrix_norm", matrix_normed(), bad=norm_bad("linalg.matrix_norm",
          order=lambda torch: torch.linalg.matrix_norm(torch.ones(2, 2), 3), unknown=lambda torch: torch.linalg.matrix_norm(torch.ones(2,
          2), "x"),
          vector=lambda torch: torch.linalg.matrix_norm(torch.ones(2)), one=lambda torch: torch.linalg.matrix_norm(torch.ones(2, 2),
          dim=(0,)),
          number=lambda torch: torch.linalg.matrix_norm(torch.ones(2, 2), dim=1),
          spectral=lambda torch: torch.linalg.matrix_norm(torch.ones(2, 2).half(), 2),
          empty=lambda torch: torch.linalg.matrix_norm(torch.ones(0, 2), -2)),
          formula=r"\|A\|_F = \sqrt{\sum a^2},\; \|A\|_* = \sum \sigma,\; \|A\|_1 = \max_j \sum_i |a_{ij}|",
          source="torch.linalg.matrix_norm",
          numeric=False),
    Entry("linalg.matrix_norm at ties", cases(st.sampled_from(((2, 2), (3, 3), (2, 2, 2))).flatmap(lambda s: tensors(s, low=0, high=0)),
          st.sampled_from(("fro", "nuc", 1, -1, 2, -2, inf, -inf)), st.sampled_from((0.0, 1.0))),
          call=lambda torch, x, ord, scale: torch.linalg.matrix_norm(x + scale * torch.eye(x.shape[-1], dtype=x.dtype, device=x.device),
          ord),
          bad=norm_bad("linalg.matrix_norm"), order=1,
          differences=("at ties the first order is a choice: a second one has no meaning",),
          formula=r"\|0\|, \|I\|", source="torch.linalg.matrix_norm", numeric=False,
          no_empty="the matrices are 0 and I"),
    Entry("linalg.norm", either(), bad=norm_bad("linalg.norm", order=lambda torch: torch.linalg.norm(torch.ones(2, 2, 2), 2),
          vector=lambda torch: torch.linalg.norm(torch.ones(2), "fro"), three=lambda torch: torch.linalg.norm(torch.ones(2, 2, 2), dim=(0,
          1, 2)),
          zero=lambda torch: torch.linalg.norm(torch.ones(2, 2), 0)),
          formula=r"y = \left(\sum_i |x_i|^p\right)^{1/p}", source="torch.linalg.norm", numeric=False),
    Entry("norm of matrices", cases(matrices(batch=()), st.sampled_from(("nuc", "fro"))), call=lambda torch, x, p: torch.norm(x, p),
          bad=norm_bad("norm", three=lambda torch: torch.norm(torch.ones(2, 2, 2), "nuc"), unknown=lambda torch: torch.norm(torch.ones(2,
          2), "x"),
          one=lambda torch: torch.norm(torch.ones(2, 2), "nuc", dim=1)) | {"no tensor": lambda torch: torch.norm()},
          formula=r"\|A\|_* = \sum \sigma", source="torch.norm", numeric=False),
    Entry("dist", cases(together((3, 2), (2,)), p=optional(st.sampled_from((1, 2, inf, 0.5)))), also=("Tensor.dist",), bad={
        "shape": lambda torch: torch.dist(torch.ones(2), torch.ones(3)),
        "dtype": lambda torch: torch.dist(torch.ones(2).long(), torch.ones(2).long()),
        "argument": lambda torch: torch.dist(torch.ones(2), 2.0),
    }, formula=r"y = \|a - b\|_p", source="torch.dist", numeric=False, no_empty="the infinity norm of nothing is an error"),
    Entry("cdist", points((0, 0.5, 1, 1.5, 2, 3, inf)), bad=FAR, formula=r"y_{ij} = \|a_i - b_j\|_p", source="torch.cdist", order=1,
          differences=("it has second derivatives; torch has them only where distances come from a product of matrices",)),
    Entry("cdist of equal points", same_points(), bad=FAR, formula=r"y_{ij} = \|a_i - b_j\|_p", source="torch.cdist", order=1,
          differences=("at equal points the first order is a choice: a second one has no meaning",), numeric=False,
          no_empty="some points must coincide"),
    Entry("cdist by a product of matrices", points((2.0,), 1), call=lambda torch, a, b, **settings:
          torch.cdist(a, b, compute_mode="use_mm_for_euclid_dist", **settings), bad=FAR, formula=r"y_{ij} = \|a_i - b_j\|_2",
          source="torch.cdist", no_empty="of nothing torch has no second derivatives"),
]
