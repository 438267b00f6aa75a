"""Eigenvalues and singular values.

G with an index is the cotangent of that factor; ⟨X, Y⟩ = tr XᵀY; ∘ multiplies elementwise. Eigenvectors and singular vectors are
defined up to their signs, and are LAPACK's: a function of them has a derivative if it does not depend on the signs.
"""
from minitorch import return_types
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host
from minitorch.ops import lapack
from minitorch.ops.choosing import where_op
from minitorch.ops.diagonals import diagonal_put
from minitorch.ops.factors import SMALL, qr_factors
from minitorch.ops.joining import narrow_op
from minitorch.ops.lapack import attempt, delivered, must_be_floating, must_be_matrices, must_be_precise, must_be_square, must_be_tensors
from minitorch.ops.linalg import adjoint, product
from minitorch.ops.shape import reshape_op
from minitorch.tensor import mode, wrap


def columns(v):
    """Numbers shaped to multiply the columns of matrices: (..., n) -> (..., 1, n)."""
    return reshape_op(v, shape=(*v.shape[:-1], 1, v.shape[-1]))


def rows(v):
    """Numbers shaped to multiply the rows of matrices: (..., n) -> (..., n, 1)."""
    return reshape_op(v, shape=(*v.shape, 1))


def raw(x):
    """The array of a tensor or array."""
    return getattr(x, "_array", x)


def quotient(x, y):
    """x / y, and 0 where both are 0: what nobody asked for does not become nan where values are equal."""
    nothing = (raw(x) == 0) & (raw(y) == 0)
    return x / where_op(nothing, 1.0, y)


def off_diagonal(x):
    """A matrix with ones on its diagonal, where differences of equal places are 0."""
    array = raw(x)
    return where_op(array_module(array).eye(array.shape[-1], dtype=bool), 1.0, x)


def unasked(*cotangents):
    """Whether nobody asked for these factors: their cotangents are zeros. Not looked at under `create_graph`, nor on a device."""
    return all(on_host(g) and not g.any() for g in cotangents)


def diagonal_of(v):
    """Vectors as the diagonals of matrices."""
    return diagonal_put(v, shape=(*v.shape, v.shape[-1]), offset=0, dim1=v.ndim - 1, dim2=v.ndim)


# ---- symmetric matrices -----------------------------------------------------------------------------------------------------

@differentiable(outputs="eigenvalues eigenvectors", name="LinalgEighBackward0")
def eigh_op(input, *, UPLO):
    """Λ, from small to large, and V with orthonormal columns: A = V Λ Vᵀ. One triangle of A is looked at."""
    w, v = attempt(lambda a: array_module(a).linalg.eigh(a, UPLO), lapack.diverging("linalg.eigh"), input)
    return w, v

# A V = V Λ with dV = V Ω, Ω antisymmetric: Vᵀ dA V = Ω Λ - Λ Ω + dΛ. Its diagonal is dλ, beside it ωᵢⱼ = (Vᵀ dA V)ᵢⱼ / (λⱼ - λᵢ).
# Ω sees only the antisymmetric part of Vᵀ G_V, skew(Vᵀ G_V)/2, where skew(X) = X - Xᵀ:                             (Giles 3.1)
# ⟨G_λ, dλ⟩ + ⟨Vᵀ G_V, Ω⟩ = ⟨V (diag G_λ + skew(Vᵀ G_V)/2 ∘ 1/(λⱼ - λᵢ)) Vᵀ, dA⟩
@eigh_op.derivative
def _(grad_w, grad_v, eigenvalues, eigenvectors):
    v = eigenvectors
    if unasked(grad_v):
        return product(v * columns(grad_w), adjoint(v))
    gaps = off_diagonal(columns(eigenvalues) - rows(eigenvalues))
    turn = product(adjoint(v), grad_v)
    turn = quotient((turn - adjoint(turn)) * 0.5, gaps)
    return product(product(v, diagonal_of(grad_w) + turn), adjoint(v))


@differentiable
def eigvalsh_op(input, *, UPLO):
    """Λ alone, for when there is nothing to differentiate."""
    return attempt(lambda a: array_module(a).linalg.eigvalsh(a, UPLO), lapack.diverging("linalg.eigh"), input)


def eigenvalues_of(A, UPLO):
    """Λ, computed with the eigenvectors if a derivative may ask for them."""
    return eigh_op(A, UPLO=UPLO)[0] if mode.grad and A.requires_grad else eigvalsh_op(A, UPLO=UPLO)


def symmetric(name, A, UPLO):
    """Refuse what has no symmetric eigenvalues by its shape or dtype; the triangle that is looked at."""
    must_be_tensors(name, input=A)
    must_be_square("linalg.eigh", A)
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    must_be_precise("linalg.eigh", A, "linalg_eigh_cpu")
    return UPLO.upper()


def eigh(input, UPLO="L", *, out=None):
    """The eigenvalues of symmetric matrices, from small to large, and orthonormal eigenvectors, as columns.

    Args:
        UPLO: the triangle that is looked at, "L" or "U".

    Raises:
        RuntimeError: matrices that are not square, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.eigh(torch.tensor([[2.0, 1.0], [1.0, 2.0]])).eigenvalues
        tensor([1., 3.])
    """
    UPLO = symmetric("linalg.eigh", input, UPLO)
    return delivered("linalg.eigh", out, return_types.linalg_eigh(eigh_op(input, UPLO=UPLO)))


def eigvalsh(input, UPLO="L", *, out=None):
    """The eigenvalues of symmetric matrices, from small to large.

    Raises:
        RuntimeError: matrices that are not square, or a dtype other than float32 and float64.
    """
    return delivered("linalg.eigvalsh", out, eigenvalues_of(input, symmetric("linalg.eigvalsh", input, UPLO)))


# ---- singular values --------------------------------------------------------------------------------------------------------

@differentiable(outputs="U S Vh", name="LinalgSvdBackward0")
def svd_op(A, *, full_matrices):
    """U and V with orthonormal columns, S from large to small: A = U diag(S) Vᵀ."""
    if A.size == 0:
        return svd_of_nothing(A, full_matrices)
    n, m = A.shape[-2:]
    if on_host(A) and not full_matrices and max(n, m) > 2 * min(n, m) > 2 * SMALL:
        return svd_of_triangle(A) if n > m else tuple(x.swapaxes(-1, -2) if x.ndim == A.ndim else x
                                                      for x in svd_of_triangle(A.swapaxes(-1, -2))[::-1])
    return tuple(attempt(lambda a: array_module(a).linalg.svd(a, full_matrices=full_matrices), lapack.diverging("linalg.svd"), A))

def svd_of_triangle(A):
    """Of tall matrices A = QR: the singular values of the small R.

    Source: Chan, "An improved algorithm for computing the singular value decomposition" (1982)
    """
    Q, R = qr_factors(A)
    u, s, vh = attempt(lambda a: array_module(a).linalg.svd(a, full_matrices=False), lapack.diverging("linalg.svd"), R)
    return array_module(A).matmul(Q, u), s, vh

def svd_of_nothing(A, full_matrices):
    """The factors of matrices without elements."""
    xp, n, m = array_module(A), *A.shape[-2:]
    k = min(n, m)
    eye = lambda a, b: xp.broadcast_to(xp.eye(a, b, dtype=A.dtype), (*A.shape[:-2], a, b)).copy()
    return eye(n, n if full_matrices else k), xp.zeros((*A.shape[:-2], k), A.dtype), eye(m if full_matrices else k, m)

# With dU = U Ω₁ + (I - UUᵀ) dA V S⁻¹, dV alike with Ω₂, both antisymmetric, and P = Uᵀ dA V: P = Ω₁ S - S Ω₂ + dS, so that dS is P's
# diagonal, and with E = σⱼ² - σᵢ²: Ω₁ = (P S + S Pᵀ)/E, Ω₂ = (S P + Pᵀ S)/E. Transposed:
# G_A = U [skew(Uᵀ G_U)/E · S + S · skew(Vᵀ G_V)/E + diag G_S] Vᵀ + (I - UUᵀ) G_U S⁻¹ Vᵀ + U S⁻¹ G_Vᵀ (I - VVᵀ)
# (Townsend, "Differentiating the singular value decomposition", 2016)
# Of full matrices the columns beyond S turn freely: their cotangents are left out, as in torch.
@svd_op.derivative
def _(grad_u, grad_s, grad_vh, U, S, Vh):
    n, m, k, ndim = U.shape[-2], Vh.shape[-1], S.shape[-1], U.ndim
    u, vh, grad_u, grad_vh = (narrow_op(x, dim=dim, start=0, length=k) if x.shape[dim] > k else x
                              for x, dim in ((U, ndim - 1), (Vh, ndim - 2), (grad_u, ndim - 1), (grad_vh, ndim - 2)))
    if unasked(grad_u, grad_vh):
        return product(u * columns(grad_s), vh)
    ut, grad_v = adjoint(u), adjoint(grad_vh)
    squares = S * S
    e = off_diagonal(columns(squares) - rows(squares))
    turn_u, turn_v = product(ut, grad_u), product(vh, grad_v)
    middle = quotient(turn_u - adjoint(turn_u), e) * columns(S) + rows(S) * quotient(turn_v - adjoint(turn_v), e) + diagonal_of(grad_s)
    g = product(product(u, middle), vh)
    if n > k:
        g = g + product(quotient(grad_u - product(u, turn_u), columns(S)), vh)
    if m > k:
        g = g + product(u, quotient(grad_vh - product(adjoint(turn_v), vh), rows(S)))
    return g


@differentiable
def svdvals_op(A):
    """S alone, for when there is nothing to differentiate."""
    if A.size == 0:
        return svd_of_nothing(A, False)[1]
    return attempt(lambda a: array_module(a).linalg.svd(a, compute_uv=False), lapack.diverging("linalg.svd"), A)


def singular_values(A):
    """S, computed with U and V if a derivative may ask for them."""
    return svd_op(A, full_matrices=False)[1] if mode.grad and A.requires_grad else svdvals_op(A)


def decomposable(name, A):
    """Refuse what has no singular values by its shape or dtype."""
    must_be_tensors(name, A=A)
    must_be_floating("linalg.svd", A)
    must_be_matrices("linalg.svd", A)
    must_be_precise("linalg.svd", A, "linalg_svd_cpu")


def svd(A, full_matrices=True, *, driver=None, out=None):
    """U, the singular values S from large to small, and Vᵀ: A = U diag(S) Vᵀ, with orthonormal columns in U and V.

    Args:
        full_matrices: square U and V, instead of min(n, m) columns.
        driver: None; torch has others on CUDA only.

    Raises:
        LinAlgError: a value is nan.
        RuntimeError: fewer than two dimensions, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.svd(torch.tensor([[0.0, 2.0], [3.0, 0.0]])).S
        tensor([3., 2.])
    """
    decomposable("linalg.svd", A)
    no_driver("svd", driver)
    return delivered("linalg.svd", out, return_types.linalg_svd(svd_op(A, full_matrices=bool(full_matrices))))


def no_driver(name, driver):
    """Refuse to choose a driver, which torch does on CUDA alone."""
    if driver is not None:
        raise RuntimeError(f"torch.linalg.{name}: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend.")


def svdvals(A, *, driver=None, out=None):
    """The singular values, from large to small.

    Raises:
        RuntimeError: fewer than two dimensions, or a dtype other than float32 and float64.
    """
    decomposable("linalg.svdvals", A)
    no_driver("svd", driver)
    return delivered("linalg.svdvals", out, singular_values(A))


def older_svd(input, some=True, compute_uv=True, *, out=None):
    """U, S and V (not transposed): `torch.linalg.svd` in its older form. Without `compute_uv`, U and V are zeros."""
    decomposable("svd", input)
    if compute_uv:
        U, S, Vh = svd_op(input, full_matrices=not some)
        result = U, S, adjoint(Vh)
    else:
        xp, (n, m) = array_module(input._array), input.shape[-2:]
        zeros = lambda a: wrap(xp.zeros((*input.shape[:-2], a, a), input._array.dtype))
        result = zeros(n), singular_values(input), zeros(m)
    return delivered("svd", out, return_types.svd(result))


older_svd.__name__ = older_svd.__qualname__ = "svd"
