"""Inverses, systems, determinants, and the factorizations that solve them."""
import math

from hypothesis import strategies as st

from minitorch.testing.strategies import optional, shapes, tensors

from .entry import Entry, Tolerance, case, cases, resolve
from .linalg_inputs import matrices, positive, refused, squares, systems

GILES = "Giles, An extended collection of matrix derivative results (2008)"


def symmetrised(torch, x):
    """A positive definite matrix of any: x xᵀ + n I."""
    n = x.shape[-1]
    return x @ x.mT + n * torch.eye(n, dtype=x.dtype, device=x.device)


def two(name, **more):
    """What functions of two matrices refuse."""
    call = lambda torch, *args, **settings: resolve(torch, name)(*args, **settings)
    return {
        "shape": lambda torch: call(torch, torch.eye(3), torch.ones(2, 2)),
        "not square": lambda torch: call(torch, torch.ones(2, 3), torch.ones(2, 2)),
        "dtypes": lambda torch: call(torch, torch.eye(2), torch.ones(2, 2, dtype=torch.float64)),
        "integers": lambda torch: call(torch, torch.ones(2, 2, dtype=torch.int64), torch.ones(2, 2, dtype=torch.int64)),
        "half": lambda torch: call(torch, torch.eye(2, dtype=torch.float16), torch.eye(2, dtype=torch.float16)),
        "no tensor": lambda torch: call(torch, torch.eye(2), 2.0),
        **more,
    }


@st.composite
def triangular(draw):
    """A matrix and right sides for the triangle that a drawn setting names."""
    found = draw(systems(left=draw(st.booleans()), vectors=False))
    settings = {"upper": draw(st.booleans())}
    if draw(st.booleans()):
        settings["unitriangular"] = draw(st.booleans())
    return case(*found.args, **found.settings, **settings)


@st.composite
def older_triangular(draw):
    """Right sides and a matrix, as the older function takes them."""
    found = draw(systems(vectors=False))
    settings = {name: draw(st.booleans()) for name in ("upper", "transpose", "unitriangular") if draw(st.booleans())}
    return case(*reversed(found.args), **settings)


@st.composite
def factored(draw):
    """Right sides, and a matrix of which one triangle counts."""
    found = draw(systems(vectors=False))
    return case(*reversed(found.args), **({"upper": draw(st.booleans())} if draw(st.booleans()) else {}))


@st.composite
def maps(draw):
    """Tensors that are invertible linear maps: (2, 3, 6), and how many dimensions come first."""
    shape, ind = draw(st.sampled_from((((2, 2, 4), 2), ((4, 2, 2), 1), ((2, 3, 3, 2), 2), ((3, 3), 1), ((2, 3, 6), 2))))
    n = draw(matrices(math.prod(shape[:ind]), math.prod(shape[ind:]), batch=()))
    return case(n.reshape(shape), **({} if ind == 2 and draw(st.booleans()) else {"ind": ind}))


@st.composite
def map_systems(draw):
    """A linear map and what it is to give."""
    shape, b, dims = draw(st.sampled_from((((2, 2, 4), (2, 2), None), ((2, 3, 6), (2, 3), None), ((3, 3), (3,), None),
                                           ((2, 4, 2), (2, 2), (1,)))))
    a = draw(matrices(math.prod(b), math.prod(b), batch=()))
    a = a.reshape(shape) if dims is None else a.reshape(2, 2, 4).transpose(0, 2, 1)
    return case(a, draw(tensors(b, a.dtype.name)), **({} if dims is None else {"dims": dims}))


@st.composite
def reflections(draw):
    """Columns and factors for Householder's product."""
    k, batch = draw(st.integers(1, 3)), draw(shapes(0, 1, 1, 2))
    n = k + draw(st.integers(0, 2))
    a = draw(tensors((*batch, n, k), low=-0.5, high=0.5))
    return case(a, draw(tensors((*batch, draw(st.integers(1, k))), a.dtype.name, low=0, high=0.5)))


def solved(torch, a, b, left=True, adjoint=False, pivot=True):
    """A system through its LU factors."""
    return torch.linalg.lu_solve(*torch.linalg.lu_factor(a, pivot=pivot), b, left=left, adjoint=adjoint)


@st.composite
def factored_systems(draw):
    """A system for `lu_solve`."""
    found = draw(systems(left=draw(st.booleans()), vectors=False))
    return case(*found.args, **found.settings, **({"adjoint": True} if draw(st.booleans()) else {}))


ENTRIES = [
    # ---- inverses
    Entry("linalg.inv", cases(squares()), also=("inverse", "Tensor.inverse"), bad=refused("linalg.inv", singular=lambda torch:
          torch.linalg.inv(torch.ones(2, 2)), batch=lambda torch: torch.linalg.inv(torch.zeros(2, 2, 2))),
          formula=r"X = A^{-1}", source=f"{GILES}, 2.2.3"),
    Entry("linalg.inv_ex", cases(squares(), check_errors=optional(True)), bad=refused("linalg.inv_ex", singular=lambda torch:
          torch.linalg.inv_ex(torch.zeros(2, 2), check_errors=True)), formula=r"X = A^{-1}", source="torch.linalg.inv_ex",
          differences=("the inverse of a singular matrix is all nan; torch's has infinities in places",)),
    Entry("linalg.tensorinv", maps(), bad={
        "shape": lambda torch: torch.linalg.tensorinv(torch.ones(2, 3, 6), ind=1),
        "argument": lambda torch: torch.linalg.tensorinv(torch.ones(2, 2), ind=0),
        "many": lambda torch: torch.linalg.tensorinv(torch.ones(2, 2), ind=5),
        "integers": lambda torch: torch.linalg.tensorinv(torch.ones(2, 2, dtype=torch.int64), ind=1),
        "singular": lambda torch: torch.linalg.tensorinv(torch.ones(2, 2), ind=1),
    }, formula=r"\sum_k X_{jk} A_{kl} = \delta_{jl}", source="torch.linalg.tensorinv", no_empty="the shapes are those of linear maps"),
    # ---- systems
    Entry("linalg.solve", systems(), bad=two("linalg.solve", singular=lambda torch: torch.linalg.solve(torch.ones(2, 2), torch.ones(2, 2)),
          vector=lambda torch: torch.linalg.solve(torch.ones(2), torch.ones(2))),
          formula=r"A X = B", source=f"{GILES}, 2.3.1"),
    Entry("linalg.solve from the right", systems(left=False, vectors=False), call=lambda torch, a, b, left: torch.linalg.solve(a, b,
          left=left),
          bad=two("linalg.solve", vector=lambda torch: torch.linalg.solve(torch.eye(3), torch.ones(3), left=False)),
          formula=r"X A = B", source=f"{GILES}, 2.3.1"),
    Entry("linalg.solve_ex", systems(), bad=two("linalg.solve_ex", singular=lambda torch:
          torch.linalg.solve_ex(torch.ones(2, 2), torch.ones(2, 2), check_errors=True)), formula=r"A X = B",
          source="torch.linalg.solve_ex"),
    Entry("linalg.tensorsolve", map_systems(), bad={
        "shape": lambda torch: torch.linalg.tensorsolve(torch.ones(2, 3), torch.ones(3)),
        "dtype": lambda torch: torch.linalg.tensorsolve(torch.ones(2, 2, dtype=torch.int64), torch.ones(2, dtype=torch.int64)),
        "singular": lambda torch: torch.linalg.tensorsolve(torch.ones(2, 2), torch.ones(2)),
        "argument": lambda torch: torch.linalg.tensorsolve(torch.ones(2, 2)),
    }, formula=r"\sum_l A_{kl} X_l = B_k", source="torch.linalg.tensorsolve", no_empty="the shapes are those of linear maps"),
    Entry("linalg.solve_triangular", triangular(), bad=two("linalg.solve_triangular",
          shape=lambda torch: torch.linalg.solve_triangular(torch.eye(3), torch.ones(2, 2), upper=True),
          vector=lambda torch: torch.linalg.solve_triangular(torch.eye(2), torch.ones(2), upper=True),
          singular=lambda torch: torch.linalg.solve_triangular(torch.eye(2) * 0, torch.ones(2, 2), upper=True),
          integers=lambda torch: torch.linalg.solve_triangular(torch.ones(2, 2).long(), torch.ones(2, 2).long(), upper=True)),
          formula=r"A X = B", source=f"{GILES}, 2.3.1"),
    Entry("triangular_solve", older_triangular(), also=("Tensor.triangular_solve",), bad={
        "shape": lambda torch: torch.triangular_solve(torch.ones(3, 1), torch.eye(2)),
        "vector": lambda torch: torch.triangular_solve(torch.ones(2), torch.eye(2)),
        "dtype": lambda torch: torch.triangular_solve(torch.ones(2, 1), torch.eye(2, dtype=torch.float64)),
        "argument": lambda torch: torch.triangular_solve(torch.ones(2, 1), 2.0),
    }, formula=r"A X = B", source="torch.triangular_solve", memory=False),
    # ---- determinants
    Entry("linalg.det", cases(squares()), also=("det", "Tensor.det"), bad=refused("linalg.det"), formula=r"y = \det A",
          source=f"{GILES}, 2.2.4",
          differences=("the gradient at a singular matrix is the matrix of cofactors in every order; torch's first order is 0 there",)),
    Entry("linalg.slogdet", cases(squares()), also=("slogdet", "Tensor.slogdet"), bad=refused("linalg.slogdet", singular=lambda torch:
          torch.linalg.slogdet(torch.ones(2, 2))), formula=r"(\operatorname{sign}\det A, \ln |\det A|)", source=f"{GILES}, 2.2.4"),
    Entry("logdet", cases(squares()), also=("Tensor.logdet",), bad=refused("logdet", singular=lambda torch: torch.logdet(torch.ones(2, 2))),
          formula=r"y = \ln \det A", source=f"{GILES}, 2.2.4", numeric=False),
    # ---- Cholesky
    Entry("linalg.cholesky", cases(positive(), upper=optional(True)), also=("cholesky", "Tensor.cholesky"), bad=refused("linalg.cholesky",
          indefinite=lambda torch: torch.linalg.cholesky(-torch.eye(2)), singular=lambda torch: torch.linalg.cholesky(torch.ones(2, 2))),
          formula=r"L L^\top = A", source="Murray, Differentiation of the Cholesky decomposition (2016), section 3", numeric=False),
    Entry("linalg.cholesky of a product", cases(tensors(shapes(2, 4), low=-1, high=1), upper=optional(True)),
          call=lambda torch, x, upper=False: torch.linalg.cholesky(symmetrised(torch, x @ x.mT), upper=upper),
          bad=refused("linalg.cholesky"), formula=r"L L^\top = x x^\top x x^\top + n I",
          source="Murray, Differentiation of the Cholesky decomposition (2016), section 3"),
    Entry("linalg.cholesky_ex", cases(positive(), upper=optional(True), check_errors=optional(True)), bad=refused("linalg.cholesky_ex",
          indefinite=lambda torch: torch.linalg.cholesky_ex(-torch.eye(2), check_errors=True)),
          formula=r"L L^\top = A", source="torch.linalg.cholesky_ex", numeric=False,
          differences=("the factor of a matrix that is not positive definite is nan; torch's holds what was computed so far",)),
    Entry("cholesky_solve", factored(), also=("Tensor.cholesky_solve",), bad={
        "shape": lambda torch: torch.cholesky_solve(torch.ones(3, 1), torch.eye(2)),
        "vector": lambda torch: torch.cholesky_solve(torch.ones(2), torch.eye(2)),
        "integers": lambda torch: torch.cholesky_solve(torch.ones(2, 2).long(), torch.ones(2, 2).long()),
        "argument": lambda torch: torch.cholesky_solve(torch.ones(2, 1), 2.0),
    }, formula=r"L L^\top X = B", source="torch.cholesky_solve",
          call=lambda torch, b, a, upper=False: torch.cholesky_solve(b, a.triu() if upper else a.tril(), upper=upper)),
    Entry("cholesky_inverse", cases(squares(), upper=optional(True)), also=("Tensor.cholesky_inverse",),
          bad=refused("cholesky_inverse"), formula=r"X = (L L^\top)^{-1}", source="torch.cholesky_inverse",
          call=lambda torch, a, upper=False: torch.cholesky_inverse(a.triu() if upper else a.tril(), upper=upper)),
    # ---- QR
    Entry("linalg.qr", cases(matrices(avoid=(0.0,))), also=("qr", "Tensor.qr"), bad=refused("linalg.qr", square=False, mode=lambda torch:
          torch.linalg.qr(torch.ones(2, 2), mode="x")), formula=r"Q R = A,\quad Q^\top Q = I",
          source="Walter and Lehmann, Algorithmic differentiation of linear algebra functions (2010)"),
    Entry("linalg.qr complete", st.integers(1, 3).flatmap(lambda n: cases(matrices(n, n + 1, avoid=(0.0,)),
          mode=st.sampled_from(("complete", "reduced")))),
          bad=refused("linalg.qr", square=False, tall=lambda torch: torch.linalg.qr(torch.ones(3, 2, requires_grad=True),
          mode="complete")[1].sum()
          .backward()), formula=r"Q R = A,\quad Q^\top Q = I", source="torch.linalg.qr"),
    Entry("linalg.qr alone", cases(matrices(), mode=st.sampled_from(("r", "complete"))), order=0, differentiable=(),
          bad=refused("linalg.qr", square=False, gradient=lambda torch: torch.linalg.qr(torch.ones(3, 2, requires_grad=True),
          mode="r")[1].sum()
          .backward()), formula=r"Q R = A", source="torch.linalg.qr"),
    Entry("linalg.householder_product", reflections(), also=("orgqr", "Tensor.orgqr"), bad={
        "shape": lambda torch: torch.linalg.householder_product(torch.ones(2, 3), torch.ones(2)),
        "many": lambda torch: torch.linalg.householder_product(torch.ones(3, 2), torch.ones(3)),
        "dtype": lambda torch: torch.linalg.householder_product(torch.ones(3, 2), torch.ones(2, dtype=torch.float64)),
        "argument": lambda torch: torch.linalg.householder_product(torch.ones(3, 2)),
    }, formula=r"Q = \prod_i (I - \tau_i v_i v_i^\top)", source="torch.linalg.householder_product",
          tolerance=Tolerance("torch's derivative divides by the inverses of the reflections", float32=512),
          limit="with a gradient each reflection is a few calls of NumPy on the whole matrix, both ways 3 to 5 times torch's time.",
          no_empty="torch's result of nothing has no history"),
    # ---- LU
    Entry("linalg.lu", cases(matrices(), pivot=optional(True)), bad=refused("linalg.lu", square=False), formula=r"P L U = A",
          source="Walter and Lehmann, Algorithmic differentiation of linear algebra functions (2010)"),
    Entry("linalg.lu_factor", cases(matrices(), pivot=optional(True)), also=("lu", "Tensor.lu"), bad=refused("linalg.lu_factor",
          square=False,
          singular=lambda torch: torch.linalg.lu_factor(torch.ones(2, 2))), formula=r"P L U = A", source="torch.linalg.lu_factor"),
    Entry("linalg.lu_factor_ex", cases(tensors(shapes(2, 4), low=-1, high=1), pivot=optional(True)), order=0, differentiable=(),
          bad=refused("linalg.lu_factor_ex", square=False), formula=r"P L U = A", source="torch.linalg.lu_factor_ex"),
    Entry("linalg.lu_solve", factored_systems(), call=solved, bad={
        "shape": lambda torch: torch.linalg.lu_solve(*torch.linalg.lu_factor(torch.eye(2)), torch.ones(3, 1)),
        "vector": lambda torch: torch.linalg.lu_solve(*torch.linalg.lu_factor(torch.eye(2)), torch.ones(2)),
        "dtype": lambda torch: torch.linalg.lu_solve(*torch.linalg.lu_factor(torch.eye(2)), torch.ones(2, 1, dtype=torch.float64)),
    }, formula=r"P L U X = B", source="torch.linalg.lu_solve"),
    Entry("lu_solve", systems(vectors=False), call=lambda torch, a, b: torch.lu_solve(b, *torch.linalg.lu_factor(a)), bad={
        "shape": lambda torch: torch.lu_solve(torch.ones(3, 1), *torch.linalg.lu_factor(torch.eye(2))),
        "dtype": lambda torch: torch.lu_solve(torch.ones(2, 1, dtype=torch.float64), *torch.linalg.lu_factor(torch.eye(2))),
        "argument": lambda torch: torch.lu_solve(torch.ones(2, 1)),
    }, formula=r"P L U X = B", source="torch.lu_solve"),
    Entry("Tensor.lu_solve", systems(vectors=False), call=lambda torch, a, b: b.lu_solve(*torch.linalg.lu_factor(a)), bad={
        "shape": lambda torch: torch.ones(3, 1).lu_solve(*torch.linalg.lu_factor(torch.eye(2))),
        "dtype": lambda torch: torch.ones(2, 1, dtype=torch.float64).lu_solve(*torch.linalg.lu_factor(torch.eye(2))),
        "argument": lambda torch: torch.ones(2, 1).lu_solve(),
    }, formula=r"P L U X = B", source="torch.Tensor.lu_solve"),
    Entry("lu_unpack", cases(matrices(), unpack_pivots=optional(False)), call=lambda torch, a, **settings:
          torch.lu_unpack(*torch.linalg.lu_factor(a), **settings), bad={
        "dtype": lambda torch: torch.lu_unpack(torch.eye(2), torch.ones(2)),
        "argument": lambda torch: torch.lu_unpack(torch.eye(2)),
        "no tensor": lambda torch: torch.lu_unpack(2.0, torch.ones(2)),
    }, formula=r"P L U = A", source="torch.lu_unpack"),
]
