"""Products beyond the matrix product, chains of matrices, powers and the exponential."""
from hypothesis import strategies as st

from minitorch.testing.strategies import broadcastable_shapes, dims, optional, shapes, sides, tensors, together

from .entry import Entry, case, cases
from .linalg import added_products, products
from .linalg_inputs import squares


@st.composite
def last_alike(draw):
    """Two tensors whose last dimensions are of one size, or of which one is a number."""
    n, kind = draw(sides()), draw(st.sampled_from(("both", "both", "number")))
    a = (*draw(shapes(0, 2, max_side=3)), n)
    return case(*draw(together(a, () if kind == "number" else (*draw(shapes(0, 2, max_side=3)), n))))


@st.composite
def dotted(draw):
    """Two tensors whose last dimension is of one size, the others broadcasting, or equal with another dimension named."""
    n, (left, right) = draw(sides()), draw(broadcastable_shapes(2, max_dims=2, max_side=3))
    if draw(st.booleans()):
        return case(*draw(together((*left, n), (*right, n))), **({"dim": -1} if draw(st.booleans()) else {}))
    return case(*draw(together((*left, n), (*left, n))), dim=draw(dims(len(left) + 1)))


@st.composite
def threes(draw, broadcast=True):
    """Two tensors with a dimension of size 3, and its place."""
    shape = list(draw(shapes(1, 3, max_side=4)))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    shape[dim] = 3
    other = [1 if broadcast and k != dim % len(shape) and draw(st.booleans()) else n for k, n in enumerate(shape)]
    return case(*draw(together(tuple(shape), tuple(other))), dim=dim)


@st.composite
def unnamed_threes(draw):
    """Two tensors whose first dimension of size 3 is to be found, or a named one."""
    found = draw(threes(False))
    return found if draw(st.booleans()) else case(*found.args)


@st.composite
def chains(draw, vectors=True, least=2):
    """Matrices that can be multiplied; the first and the last may be vectors."""
    sizes = [draw(sides(max_side=4)) for _ in range(draw(st.integers(least, 5)) + 1)]
    terms = [(n, m) for n, m in zip(sizes, sizes[1:])]
    if vectors and draw(st.booleans()):
        terms[0] = terms[0][1:]
    if vectors and draw(st.booleans()):
        terms[-1] = terms[-1][:1]
    return list(draw(together(*terms, low=-2, high=2)))


@st.composite
def added_vectors(draw):
    """A vector, a matrix and a vector for `addmv`, the first broadcasting now and then."""
    drawn = draw(added_products("n", "nk", "k"))
    x, *rest = drawn.args
    return case(x[:1] if x.size and rest[0].size and draw(st.booleans()) else x, *rest, **drawn.settings)


def pair(name, **more):
    """What products of two tensors refuse."""
    return {
        "no tensor": lambda torch: getattr(torch, name)(torch.ones(3), 2.0),
        "argument": lambda torch: getattr(torch, name)(torch.ones(3)),
        "first": lambda torch: getattr(torch, name)(2.0, torch.ones(3)),
        **more,
    }


STRIDES = "operands of any strides: torch refuses some, whose result it cannot view"

ENTRIES = [
    Entry("inner", last_alike(), also=("Tensor.inner",), bad=pair("inner", shape=lambda torch: torch.inner(torch.ones(2, 3), torch.ones(2)),
          dtype=lambda torch: torch.inner(torch.ones(3), torch.ones(3, dtype=torch.float64))),
          formula=r"y = \sum_i a_{\dots i} b_{\dots i}",
          source="torch.inner"),
    Entry("vdot", products("n", "n"), also=("Tensor.vdot",), bad=pair("vdot", shape=lambda torch: torch.vdot(torch.ones(2), torch.ones(3))),
          formula=r"y = \sum_i a_i b_i", source="torch.vdot"),
    Entry("ger", products("n", "m"), also=("Tensor.ger",), bad=pair("ger", shape=lambda torch: torch.ger(torch.ones(2, 2), torch.ones(3))),
          formula=r"y_{ij} = a_i b_j", source="torch.ger"),
    Entry("linalg.vecdot", dotted(), bad={
        "shape": lambda torch: torch.linalg.vecdot(torch.ones(2, 3), torch.ones(2)),
        "dtype": lambda torch: torch.linalg.vecdot(torch.ones(3), torch.ones(3, dtype=torch.float64)),
        "integers": lambda torch: torch.linalg.vecdot(torch.ones(3).long(), torch.ones(3).long()),
        "argument": lambda torch: torch.linalg.vecdot(torch.ones(3), 2.0),
    }, formula=r"y = \sum_i a_i b_i", source="torch.linalg.vecdot",
          limit="NumPy's add.reduce over a short dimension that is not the last takes 2.5 times torch's time by itself."),
    Entry("kron", cases(together(shapes(0, 3, max_side=3), shapes(0, 3, max_side=3), strided=False)), also=("Tensor.kron",),
          bad=pair("kron"), differences=(STRIDES,),
          formula=r"y_{(i, k), (j, l)} = a_{ij} b_{kl}", source="torch.kron"),
    Entry("kron of mixed dtypes", cases(tensors(shapes(0, 2), st.sampled_from(("int64", "float64", "bool", "int32")), False),
                                        tensors(shapes(0, 2), st.sampled_from(("int64", "float32", "bool")), False)),
          bad=pair("kron"), differences=(STRIDES,), formula=r"y_{(i, k), (j, l)} = a_{ij} b_{kl}", source="torch.kron", order=1,
          numeric=False),
    Entry("linalg.cross", threes(), bad={
        "shape": lambda torch: torch.linalg.cross(torch.ones(3, 2), torch.ones(3, 2)),
        "dims": lambda torch: torch.linalg.cross(torch.ones(3, 3), torch.ones(3)),
        "batch": lambda torch: torch.linalg.cross(torch.ones(2, 3), torch.ones(4, 3)),
        "dtype": lambda torch: torch.linalg.cross(torch.ones(3), torch.ones(3, dtype=torch.float64)),
        "bool": lambda torch: torch.linalg.cross(torch.ones(3) > 0, torch.ones(3) > 0),
        "argument": lambda torch: torch.linalg.cross(torch.ones(3), 2.0),
    }, formula=r"a \times b", source="torch.linalg.cross"),
    Entry("cross", unnamed_threes(), also=("Tensor.cross",), bad=pair("cross", shape=lambda torch: torch.cross(torch.ones(2, 2),
          torch.ones(2, 2)),
          dim=lambda torch: torch.cross(torch.ones(3, 2), torch.ones(3, 2), dim=1)), formula=r"a \times b", source="torch.cross"),
    Entry("linalg.matmul", products("nk", "km"), bad={
        "shape": lambda torch: torch.linalg.matmul(torch.ones(2, 3), torch.ones(2, 3)),
        "dtype": lambda torch: torch.linalg.matmul(torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64)),
        "argument": lambda torch: torch.linalg.matmul(torch.ones(2, 2), 2.0),
    }, formula=r"y_{ik} = \sum_j a_{ij} b_{jk}", source="torch.linalg.matmul"),
    Entry("linalg.diagonal", cases(tensors(shapes(2, 4)), offset=optional(st.integers(-2, 2))), bad={
        "shape": lambda torch: torch.linalg.diagonal(torch.ones(2)),
        "dims": lambda torch: torch.linalg.diagonal(torch.ones(2, 2), dim1=0, dim2=0),
        "argument": lambda torch: torch.linalg.diagonal(2.0),
    }, formula=r"y_i = a_{ii}", source="torch.linalg.diagonal"),
    # ---- sums of products and a tensor
    Entry("addmv", added_vectors(), also=("Tensor.addmv",), bad={
        "shape": lambda torch: torch.addmv(torch.ones(3), torch.ones(2, 2), torch.ones(2)),
        "vector": lambda torch: torch.addmv(torch.ones(2), torch.ones(2, 2), torch.ones(3)),
        "dims": lambda torch: torch.addmv(torch.ones(2), torch.ones(2), torch.ones(2)),
        "dtype": lambda torch: torch.addmv(torch.ones(2), torch.ones(2, 2), torch.ones(2, dtype=torch.float64)),
        "argument": lambda torch: torch.addmv(torch.ones(2), torch.ones(2, 2)),
    }, formula=r"y = \beta x + \alpha A v", source="torch.addmv"),
    Entry("Tensor.addmv_", added_products("n", "nk", "k"), also=("addmv_",), bad={
        "shape": lambda torch: torch.ones(1).addmv_(torch.ones(2, 2), torch.ones(2)),
        "dtype": lambda torch: torch.ones(2).addmv_(torch.ones(2, 2), torch.ones(2, dtype=torch.float64)),
        "argument": lambda torch: torch.ones(2).addmv_(torch.ones(2, 2)),
    }, formula=r"y = \beta x + \alpha A v", source="torch.Tensor.addmv_"),
    Entry("addr", added_products("nm", "n", "m"), also=("Tensor.addr", "Tensor.addr_"), bad={
        "shape": lambda torch: torch.addr(torch.ones(2, 2), torch.ones(3), torch.ones(2)),
        "dims": lambda torch: torch.addr(torch.ones(2, 2), torch.ones(2, 2), torch.ones(2)),
        "beta": lambda torch: torch.addr(torch.ones(2, 2).long(), torch.ones(2).long(), torch.ones(2).long(), beta=0.5),
        "argument": lambda torch: torch.addr(torch.ones(2, 2), torch.ones(2)),
        "promoted": lambda torch: torch.addr(torch.ones(2, 2).long(), torch.ones(2), torch.ones(2)),
    }, formula=r"y = \beta x + \alpha a b^\top", source="torch.addr"),
    Entry("addbmm", added_products("nm", "bnk", "bkm"), also=("Tensor.addbmm", "Tensor.addbmm_"), bad={
        "shape": lambda torch: torch.addbmm(torch.ones(2, 2), torch.ones(2, 2, 3), torch.ones(2, 2, 3)),
        "dtype": lambda torch: torch.addbmm(torch.ones(2, 2), torch.ones(1, 2, 2), torch.ones(1, 2, 2, dtype=torch.float64)),
        "argument": lambda torch: torch.addbmm(torch.ones(2, 2), torch.ones(1, 2, 2)),
    }, formula=r"y = \beta x + \alpha \sum_b A_b B_b", source="torch.addbmm"),
    # ---- chains and powers
    Entry("linalg.multi_dot", cases(chains()), bad={
        "shape": lambda torch: torch.linalg.multi_dot([torch.ones(2, 2), torch.ones(3, 2)]),
        "one": lambda torch: torch.linalg.multi_dot([torch.ones(2, 2)]),
        "last": lambda torch: torch.linalg.multi_dot([torch.ones(2, 2), torch.ones(2, 2, 2)]),
        "middle": lambda torch: torch.linalg.multi_dot([torch.ones(2, 2), torch.ones(2), torch.ones(2, 2)]),
        "dtype": lambda torch: torch.linalg.multi_dot([torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64)]),
        "argument": lambda torch: torch.linalg.multi_dot(torch.ones(2, 2, 2)),
    }, formula=r"y = A_1 A_2 \cdots A_n", source="Cormen et al., Introduction to algorithms, 15.2: the order of multiplication"),
    Entry("chain_matmul", cases(chains(False, 1)), call=lambda torch, xs: torch.chain_matmul(*xs), bad={
        "shape": lambda torch: torch.chain_matmul(torch.ones(2, 2), torch.ones(3, 2)),
        "vector": lambda torch: torch.chain_matmul(torch.ones(2, 2), torch.ones(2)),
        "argument": lambda torch: torch.chain_matmul(2.0),
    }, formula=r"y = A_1 A_2 \cdots A_n", source="torch.chain_matmul", memory=False),
    Entry("linalg.matrix_power", cases(squares(spread=0.5, gap=1.0), st.integers(0, 5)), also=("matrix_power", "Tensor.matrix_power"),
          bad={
              "shape": lambda torch: torch.linalg.matrix_power(torch.ones(2, 3), 2),
              "vector": lambda torch: torch.linalg.matrix_power(torch.ones(2), 2),
              "integers": lambda torch: torch.linalg.matrix_power(torch.ones(2, 2).long(), 3),
              "inverse of integers": lambda torch: torch.linalg.matrix_power(torch.ones(2, 2).long(), -1),
              "half": lambda torch: torch.linalg.matrix_power(torch.eye(2).half(), -1),
              "bool": lambda torch: torch.linalg.matrix_power(torch.eye(2) > 0, 2),
              "argument": lambda torch: torch.linalg.matrix_power(torch.ones(2, 2), 2.5),
          }, formula=r"y = A^n", source="torch.linalg.matrix_power", memory=False),
    Entry("linalg.matrix_power of the inverse", cases(squares(spread=0.5, gap=1.0), st.integers(-3, -1)), bad={
        "integers": lambda torch: torch.linalg.matrix_power(torch.ones(2, 2).long(), -1),
        "half": lambda torch: torch.linalg.matrix_power(torch.eye(2).half(), -1),
        "singular": lambda torch: torch.linalg.matrix_power(torch.ones(2, 2), -2),
    }, formula=r"y = (A^{-1})^n", source="torch.linalg.matrix_power"),
    Entry("linalg.matrix_exp", cases(squares(spread=1.0, gap=0.5, strided=False)), also=("matrix_exp", "Tensor.matrix_exp"), bad={
        "shape": lambda torch: torch.linalg.matrix_exp(torch.ones(3)),
        "not square": lambda torch: torch.linalg.matrix_exp(torch.ones(2, 3)),
        "integers": lambda torch: torch.linalg.matrix_exp(torch.ones(2, 2).long()),
        "argument": lambda torch: torch.linalg.matrix_exp(2.0),
    }, formula=r"y = \sum_k A^k / k!", differences=(STRIDES,),
          source="Higham, The scaling and squaring method for the matrix exponential revisited (2005)"),
    Entry("linalg.vander", cases(tensors(shapes(1, 3), low=-2, high=2), N=lambda x: optional(st.integers(2,
          5)) if x.shape[-1] > 1 else st.integers(2, 5)), bad={
        "shape": lambda torch: torch.linalg.vander(torch.tensor(2.0)),
        "columns": lambda torch: torch.linalg.vander(torch.ones(2), N=1),
        "integers": lambda torch: torch.linalg.vander(torch.tensor([2, 3])),
        "int32": lambda torch: torch.linalg.vander(torch.tensor([2, 3], dtype=torch.int32)),
        "bool": lambda torch: torch.linalg.vander(torch.ones(2) > 0),
        "argument": lambda torch: torch.linalg.vander(2.0),
    }, formula=r"y_{ij} = x_i^j", source="torch.linalg.vander"),
    Entry("vander", cases(tensors(shapes(1, 1), low=-2, high=2), N=optional(st.integers(0, 5)), increasing=optional(True)), bad={
        "shape": lambda torch: torch.vander(torch.ones(2, 2)),
        "columns": lambda torch: torch.vander(torch.ones(2), -1),
        "integers": lambda torch: torch.vander(torch.tensor([2, 3])),
        "int32": lambda torch: torch.vander(torch.tensor([2, 3], dtype=torch.int32)),
        "bool": lambda torch: torch.vander(torch.ones(2) > 0),
        "argument": lambda torch: torch.vander(2.0),
    }, formula=r"y_{ij} = x_i^{n - 1 - j}", source="torch.vander", order=0,
          differentiable=(), differences=("it has a derivative; torch changes in place what its own needs",)),
]
