"""Eigenvalues, singular values, and what rests on them.

LAPACK leaves the signs of eigenvectors and singular vectors open, and its builds differ. So what is compared does not depend on them:
weighted sums of projectors, V diag(c) Vᵀ, with weights that tell the vectors apart.
"""
from hypothesis import strategies as st

from minitorch.testing.strategies import optional, shapes, sides, tensors

from .entry import Entry, case, cases
from .linalg_inputs import matrices, positive, refused, squares

inf = float("inf")
TOWNSEND = "Townsend, Differentiating the singular value decomposition (2016)"
GOLUB = "Golub and Pereyra, The differentiation of pseudo-inverses (1973), with cutoff by σ₁"


def weighted(torch, left, right):
    """Σ (k + 1) lₖ rₖ over the columns of one and the rows of the other: equal whatever the signs of the pairs."""
    weights = torch.arange(1, left.shape[-1] + 1, dtype=left.dtype, device=left.device)
    return (left * weights) @ right


def projected(torch, found):
    """Eigenvalues, the sum of weighted projectors on eigenvectors, and the type of the result."""
    return found.eigenvalues, weighted(torch, found.eigenvectors, found.eigenvectors.mT), type(found).__name__


def eigh_of_sum(torch, x, **settings):
    """Of the symmetric x + xᵀ, so that a small step in x is one in all that is looked at."""
    return projected(torch, torch.linalg.eigh(x + x.mT, **settings))


def decomposed(torch, U, S, Vh):
    """Singular values, weighted projectors on either side and across, and the shapes of U and V."""
    k = S.shape[-1]
    u, vh = U[..., :k], Vh[..., :k, :]
    return S, weighted(torch, u, u.mT), weighted(torch, u, vh), weighted(torch, vh.mT, vh), tuple(U.shape), tuple(Vh.shape)


def whole(torch, U, S, Vh):
    """U and V are orthogonal, also in the columns beyond S."""
    with torch.no_grad():
        return (U @ U.mT, Vh @ Vh.mT, *decomposed(torch, U, S, Vh))


@st.composite
def deficient(draw):
    """Products of thin matrices: of a rank that is not full, and far from any other."""
    n, m, k = draw(sides(1, 4)), draw(sides(1, 4)), draw(st.integers(1, 2))
    batch = draw(shapes(0, 1, max_side=3))
    left = draw(matrices(n, k, batch=batch, dtype="float64"))
    return left @ draw(matrices(k, m, batch=batch, dtype="float64"))


@st.composite
def ranks(draw, tall=False):
    """A matrix and settings that decide which singular values count."""
    settings = draw(st.sampled_from(({}, {"rtol": 0.4}, {"atol": 4.0}, {"atol": 0.5, "rtol": 0.25}, {"hermitian": True})))
    x = draw(positive() if "hermitian" in settings else matrices())
    return case(x, **settings)


@st.composite
def overdetermined(draw, driver=True, tall=False):
    """A matrix and right sides: vectors, or matrices."""
    a = draw(matrices(least=1))
    if tall:
        a = draw(matrices(a.shape[-1] + 1, a.shape[-1], batch=a.shape[:-2]))
    shape = a.shape[:-1] if draw(st.booleans()) else (*a.shape[:-1], draw(sides(1, 3)))
    b = draw(tensors(shape, a.dtype.name))
    settings = {} if not driver else {"driver": draw(st.sampled_from(("gels", "gelsy", "gelsd", "gelss")))}
    return case(a, b, **settings)


def solution(torch, a, b, **settings):
    """The least squares solution, which alone is differentiable by torch's drivers."""
    return torch.linalg.lstsq(a, b, **settings).solution


NORMS = ("fro", "nuc", 1, -1, 2, -2, inf, -inf)

ENTRIES = [
    # ---- symmetric
    Entry("linalg.eigh", cases(positive(), UPLO=optional(st.sampled_from(("L", "U", "u")))), call=lambda torch, x, **settings:
          projected(torch, torch.linalg.eigh(x, **settings)), bad=refused("linalg.eigh", triangle=lambda torch:
          torch.linalg.eigh(torch.eye(2), "X")), formula=r"A = V \Lambda V^\top",
          source="Giles, An extended collection of matrix derivative results (2008), 3.1", numeric=False),
    Entry("linalg.eigh of a sum", cases(squares(), UPLO=optional("U")), call=eigh_of_sum, bad=refused("linalg.eigh"),
          formula=r"x + x^\top = V \Lambda V^\top", source="Giles, An extended collection of matrix derivative results (2008), 3.1"),
    Entry("linalg.eigvalsh", cases(positive(), UPLO=optional("U")), bad=refused("linalg.eigvalsh"), formula=r"A = V \Lambda V^\top",
          source="Giles, An extended collection of matrix derivative results (2008), 3.1", numeric=False),
    # ---- singular values
    Entry("linalg.svd", cases(matrices(), full_matrices=optional(False)), call=lambda torch, x, **settings:
          decomposed(torch, *torch.linalg.svd(x, **settings)), bad=refused("linalg.svd", square=False, driver=lambda torch:
          torch.linalg.svd(torch.eye(2), driver="gesvd"), nan=lambda torch: torch.linalg.svd(torch.eye(2) * float("nan"))),
          formula=r"A = U \operatorname{diag}(\sigma) V^\top", source=TOWNSEND),
    Entry("linalg.svd of full matrices", cases(matrices()), call=lambda torch, x: whole(torch, *torch.linalg.svd(x)), order=0,
          differentiable=(), bad=refused("linalg.svd", square=False), formula=r"A = U \operatorname{diag}(\sigma) V^\top", source=TOWNSEND),
    Entry("svd", cases(matrices(), some=optional(False)), call=lambda torch, x, **settings:
          (lambda u, s, v: decomposed(torch, u, s, v.mT))(*torch.svd(x, **settings)), bad=refused("svd", square=False),
          formula=r"A = U \operatorname{diag}(\sigma) V^\top", source=TOWNSEND),
    Entry("Tensor.svd", cases(matrices()), call=lambda torch, x: decomposed(torch, *(lambda u, s, v: (u, s, v.mT))(*x.svd())), bad={
        "shape": lambda torch: torch.ones(2).svd(), "dtype": lambda torch: torch.ones(2, 2).long().svd(),
        "argument": lambda torch: torch.ones(2, 2).svd(other=1)},
          formula=r"A = U \operatorname{diag}(\sigma) V^\top", source=TOWNSEND),
    Entry("svd of values alone", cases(matrices()), call=lambda torch, x: torch.svd(x, compute_uv=False), order=0, differentiable=(),
          bad=refused("svd", square=False), formula=r"A = U \operatorname{diag}(\sigma) V^\top", source="torch.svd"),
    Entry("linalg.svdvals", cases(matrices()), bad=refused("linalg.svdvals", square=False), formula=r"\sigma(A)", source=TOWNSEND),
    Entry("linalg.cond", cases(matrices(), p=optional(st.sampled_from((2, -2)))), bad=refused("linalg.cond", square=False),
          formula=r"\sigma_1 / \sigma_n", source="torch.linalg.cond"),
    Entry("linalg.cond in other norms", cases(squares(), p=st.sampled_from(NORMS)), order=0, differentiable=(),
          differences=("it has a derivative; torch changes in place what its own needs",), bad=refused("linalg.cond", square=False,
          order=lambda torch:
          torch.linalg.cond(torch.eye(2), 3), singular=lambda torch: torch.linalg.cond(torch.ones(2, 2), 1),
          empty=lambda torch: torch.linalg.cond(torch.ones(0, 0)), unequal=lambda torch: torch.linalg.cond(torch.ones(2, 3), 1)),
          formula=r"\|A\| \, \|A^{-1}\|", source="torch.linalg.cond"),
    Entry("linalg.matrix_rank", ranks(), order=0, differentiable=(), bad=refused("linalg.matrix_rank", square=False, hermitian=lambda torch:
          torch.linalg.matrix_rank(torch.ones(2, 3), hermitian=True)), formula=r"|\{i : \sigma_i > \max(a, r \sigma_1)\}|",
          source="torch.linalg.matrix_rank"),
    Entry("linalg.matrix_rank of thin products", cases(deficient()), order=0, differentiable=(), bad=refused("linalg.matrix_rank",
          square=False),
          formula=r"|\{i : \sigma_i > \max(a, r \sigma_1)\}|", source="torch.linalg.matrix_rank"),
    Entry("linalg.pinv", ranks(), bad=refused("linalg.pinv", square=False, hermitian=lambda torch:
          torch.linalg.pinv(torch.ones(2, 3), hermitian=True)), formula=r"A^+ = V \operatorname{diag}(1/\sigma) U^\top", source=GOLUB,
          numeric=False),
    Entry("pinverse", cases(matrices(), rcond=optional(1e-3)), also=("Tensor.pinverse",), bad=refused("pinverse", square=False),
          formula=r"A^+ = V \operatorname{diag}(1/\sigma) U^\top", source=GOLUB),
    Entry("linalg.lstsq", overdetermined(), call=solution, bad={
        "shape": lambda torch: torch.linalg.lstsq(torch.ones(2, 3), torch.ones(3, 1)),
        "vector": lambda torch: torch.linalg.lstsq(torch.ones(3), torch.ones(3)),
        "dims": lambda torch: torch.linalg.lstsq(torch.ones(2, 3, 2), torch.ones(3)),
        "dtype": lambda torch: torch.linalg.lstsq(torch.eye(2), torch.eye(2, dtype=torch.float64)),
        "integers": lambda torch: torch.linalg.lstsq(torch.ones(2, 2).long(), torch.ones(2, 2).long()),
        "driver": lambda torch: torch.linalg.lstsq(torch.eye(2), torch.eye(2), driver="x"),
    }, formula=r"X = A^+ B", source=GOLUB, no_empty="torch's drivers do not take matrices without rows"),
    Entry("linalg.lstsq and the rest", overdetermined(tall=True), order=0, differentiable=(),
          call=lambda torch, a, b, **settings: torch.linalg.lstsq(a, b, **settings), bad={
        "shape": lambda torch: torch.linalg.lstsq(torch.ones(2, 3), torch.ones(3, 1)),
        "vector": lambda torch: torch.linalg.lstsq(torch.ones(3), torch.ones(3)),
        "argument": lambda torch: torch.linalg.lstsq(torch.ones(3, 3)),
    }, formula=r"\sum (A X - B)^2", source="torch.linalg.lstsq", no_empty="torch's drivers do not take matrices without rows"),
]
