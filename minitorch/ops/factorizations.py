"""Matrices as products of simpler ones, Cholesky and QR, and what is made of them.

G with an index is the cotangent of the factor of that name; ⟨X, Y⟩ = tr XᵀY. Φ(X) is the lower triangle of X with half its diagonal.
"""
from minitorch import return_types
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host
from minitorch.ops import lapack
from minitorch.ops.diagonals import tril_op
from minitorch.ops.factors import SMALL, qr_factors, reflected
from minitorch.ops.inverses import failed, triangular_op, with_infos
from minitorch.ops.joining import cat_op, narrow_op
from minitorch.ops.lapack import attempt, batches, delivered
from minitorch.ops.linalg import adjoint, product
from minitorch.tensor import Tensor, mode, wrap


def identity_like(x, n):
    """The identity of `n` rows in an array's or tensor's dtype and library."""
    array = getattr(x, "_array", x)
    eye = array_module(array).eye(n, dtype=array.dtype)
    return wrap(eye) if isinstance(x, Tensor) else eye


# ---- Cholesky ---------------------------------------------------------------------------------------------------------------

@differentiable(name="LinalgCholeskyExBackward0")
def cholesky_op(input, *, name="linalg.cholesky"):
    """The lower triangle L with a positive diagonal and L Lᵀ = A; only A's lower triangle is looked at."""
    return attempt(array_module(input).linalg.cholesky, lapack.indefinite(name), input)

# A = L Lᵀ: L⁻¹ dA L⁻ᵀ = L⁻¹ dL + (L⁻¹ dL)ᵀ. L⁻¹ dL is lower triangular, so it is Φ(L⁻¹ dA L⁻ᵀ): dL = L Φ(L⁻¹ dA L⁻ᵀ).
# ⟨G, dL⟩ = ⟨Φ(Lᵀ G), L⁻¹ dA L⁻ᵀ⟩ = ⟨L⁻ᵀ Φ(Lᵀ G) L⁻¹, dA⟩, of which dA = dAᵀ sees the symmetric part
# (Murray, "Differentiation of the Cholesky decomposition", 2016, section 3)
@cholesky_op.derivative
def _(grad, out):
    transposed = adjoint(out)
    lower = tril_op(product(transposed, grad), diagonal=0)
    phi = (lower + tril_op(lower, diagonal=-1)) * 0.5
    symmetric = (phi + adjoint(phi)) * 0.5
    half = triangular_op(transposed, symmetric, upper=True, unit=False)                        # L⁻ᵀ S
    return adjoint(triangular_op(transposed, adjoint(half), upper=True, unit=False))           # (L⁻ᵀ (L⁻ᵀ S)ᵀ)ᵀ = L⁻ᵀ S L⁻¹


def cholesky(input, *, upper=False, out=None):
    """The triangle L with L Lᵀ = A (Uᵀ U = A if `upper`) for symmetric positive definite A, of which one triangle is looked at.

    Raises:
        LinAlgError: a matrix is not positive definite.
        RuntimeError: matrices that are not square, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.cholesky(torch.tensor([[4.0, 2.0], [2.0, 2.0]]))
        tensor([[2., 0.],
                [1., 1.]])
    """
    positive("linalg.cholesky", input)
    return delivered("linalg.cholesky", out, factor_of(input, upper))


def older_cholesky(input, upper=False, *, out=None):
    """The triangle L with L Lᵀ = A (Uᵀ U = A if `upper`): `torch.linalg.cholesky` in its older form.

    Raises:
        LinAlgError: a matrix is not positive definite.
    """
    positive("cholesky", input)
    return delivered("cholesky", out, factor_of(input, upper, "cholesky"))


older_cholesky.__name__ = older_cholesky.__qualname__ = "cholesky"


def positive(name, A):
    """Refuse what cannot have a Cholesky factor by its shape or dtype."""
    lapack.must_be_tensors(name, input=A)
    lapack.must_be_floating(name, A)
    lapack.must_be_square(name, A)
    lapack.must_be_precise(name, A, "cholesky_cpu")


def factor_of(A, upper, name="linalg.cholesky"):
    """The Cholesky factor from the triangle that is asked for."""
    return adjoint(cholesky_op(adjoint(A), name=name)) if upper else cholesky_op(A, name=name)


def cholesky_ex(input, *, upper=False, check_errors=False, out=None):
    """The Cholesky factor, and `info` for each matrix: 0, or the order of the leading minor that is not positive; then the factor is nan.

    Raises:
        LinAlgError: `check_errors`, and a matrix is not positive definite.
    """
    positive("linalg.cholesky", input)
    lower = adjoint(input) if upper else input
    L, info = with_infos(cholesky_op, lower, "potrf", lapack.indefinite("linalg.cholesky_ex") if check_errors else None)
    if failed(info):
        from minitorch.ops.choosing import where_op
        L = tril_op(where_op(lapack.over_matrices(info != 0), float("nan"), L), diagonal=0)
    return delivered("linalg.cholesky_ex", out, return_types.linalg_cholesky_ex((adjoint(L) if upper else L, wrap(info))))


@differentiable(name="CholeskySolveBackward0")
def cholesky_solve_op(B, L, *, upper):
    """The X with L Lᵀ X = B, or with Lᵀ L X = B."""
    first, second = (adjoint(L), L) if upper else (L, adjoint(L))
    return triangular_op(second, triangular_op(first, B, upper=False, unit=False), upper=True, unit=False)

# X = A⁻¹ B with A = L Lᵀ: with H = A⁻¹ G, ⟨G, dX⟩ = ⟨H, dB⟩ - ⟨H Xᵀ, dA⟩ as for `solve`, and dA = dL Lᵀ + L dLᵀ, so L's cotangent is
# -(H Xᵀ + X Hᵀ) L. As in torch it is not cut to the triangle.
@cholesky_solve_op.derivative
def _(grad, L, out, upper, needs):
    h = cholesky_solve_op(grad, L, upper=upper)
    if not needs[1]:
        return h, None
    hx = product(h, adjoint(out))
    both = hx + adjoint(hx)
    return h, -product(L, both) if upper else -product(both, L)


@differentiable(name="CholeskyInverseBackward0")
def cholesky_inverse_op(L, *, upper):
    """(L Lᵀ)⁻¹, or (Lᵀ L)⁻¹."""
    xp = array_module(L)
    eye = xp.broadcast_to(xp.eye(L.shape[-1], dtype=L.dtype), L.shape)
    return cholesky_solve_op(eye, L, upper=upper)

# X = A⁻¹: dX = -X dA X, dA = dL Lᵀ + L dLᵀ: L's cotangent is -X (G + Gᵀ) X L
@cholesky_inverse_op.derivative
def _(grad, L, out, upper):
    both = product(product(out, grad + adjoint(grad)), out)
    return -product(L, both) if upper else -product(both, L)


def cholesky_solve(input, input2, upper=False, *, out=None):
    """The X with AX = input, from the Cholesky factor `input2` of A: two triangular systems.

    Raises:
        RuntimeError: shapes that do not fit, or a dtype other than float32 and float64.
    """
    lapack.must_be_tensors("cholesky_solve", input=input, input2=input2)
    B, L = input, input2
    for argument, x in (("b", B), ("u", L)):
        if x.ndim < 2:
            raise RuntimeError(f"{argument} should have at least 2 dimensions, but has {x.ndim} dimensions instead")
    lapack.must_be_square("cholesky_solve", L)
    lapack.must_agree("cholesky_solve", B, L, "b", "A")
    if B.shape[-2] != L.shape[-1]:
        raise RuntimeError(f"Incompatible matrix sizes for cholesky_solve: each A matrix is {L.shape[-1]} by {L.shape[-1]} but each b "
                           f"matrix is {B.shape[-2]} by {B.shape[-1]}")
    lapack.must_be_precise("cholesky_solve", B, "cholesky_solve_cpu")
    b, factor = batches(B, L)
    return delivered("cholesky_solve", out, cholesky_solve_op(b, factor, upper=bool(upper)))


def cholesky_inverse(input, upper=False, *, out=None):
    """A⁻¹ from the Cholesky factor of A.

    Raises:
        RuntimeError: matrices that are not square, or a dtype other than float32 and float64.
    """
    lapack.must_be_tensors("cholesky_inverse", input=input)
    lapack.must_be_square("cholesky_inverse", input)
    lapack.must_be_precise("cholesky_inverse", input, "cholesky_inverse_out_cpu")
    return delivered("cholesky_inverse", out, cholesky_inverse_op(input, upper=bool(upper)))


# ---- QR ---------------------------------------------------------------------------------------------------------------------

@differentiable(outputs="Q R", name="LinalgQrBackward0")
def qr_op(A, *, mode):
    """Q with orthonormal columns and R, an upper triangle, with QR = A: min(n, m) columns, or all n of them if mode="complete"."""
    if A.size == 0:
        return qr_of_nothing(A, mode)
    return qr_factors(A, mode == "complete")

def qr_of_nothing(A, mode):
    """Q and R of matrices without elements."""
    xp, n, k = array_module(A), A.shape[-2], min(A.shape[-2:]) if mode == "reduced" else A.shape[-2]
    q = xp.broadcast_to(xp.eye(n, k, dtype=A.dtype), (*A.shape[:-2], n, k)).copy()
    return q, xp.zeros((*A.shape[:-2], k, A.shape[-1]), A.dtype)

# A = QR with square R: dA R⁻¹ = dQ + Q dR R⁻¹ and QᵀQ = I make Qᵀ dQ antisymmetric, dR R⁻¹ upper triangular. Solving for both,
# ⟨G_Q, dQ⟩ + ⟨G_R, dR⟩ = ⟨(G_Q + Q S) R⁻ᵀ, dA⟩, S the symmetric matrix with the lower triangle of M = R G_Rᵀ - G_Qᵀ Q
# (Walter and Lehmann, "Algorithmic differentiation of linear algebra functions with application in optimum experimental design", 2010)
# Wide A = [X Y] = Q [U V]: Y = QV, so V gives Y the cotangent Q G_V, Q one more, Y G_Vᵀ, and X = QU is the square case.
@qr_op.derivative
def _(grad_q, grad_r, A, Q, R, mode):
    rows, columns = A.shape[-2:]
    if mode == "complete" and rows > columns:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    if rows >= columns:
        return square_qr_backward(grad_q, grad_r, Q, R)
    last = A.ndim - 1
    first, rest = ((0, rows), (rows, columns - rows))
    part = lambda x, span: narrow_op(x, dim=last, start=span[0], length=span[1])
    grad_v = part(grad_r, rest)
    grad_x = square_qr_backward(grad_q + product(part(A, rest), adjoint(grad_v)), part(grad_r, first), Q, part(R, first))
    return cat_op([grad_x, product(Q, grad_v)], dim=last)

def square_qr_backward(grad_q, grad_r, Q, R):
    """The cotangent of A = QR from those of Q and of R, a square."""
    m = product(R, adjoint(grad_r)) - product(adjoint(grad_q), Q)
    s = tril_op(m, diagonal=0) + adjoint(tril_op(m, diagonal=-1))
    return adjoint(triangular_op(R, adjoint(grad_q + product(Q, s)), upper=True, unit=False))


def qr(A, mode="reduced", *, out=None):
    """Q with orthonormal columns and R, an upper triangle, with QR = A. The signs of R's diagonal are LAPACK's.

    Args:
        mode: "reduced"; "complete", for a square Q; "r", for R alone (Q is empty).

    Raises:
        RuntimeError: fewer than two dimensions, an unknown mode, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> Q, R = torch.linalg.qr(torch.tensor([[3.0, 1.0], [4.0, 2.0]]))
        >>> R
        tensor([[-5.0000, -2.2000],
                [ 0.0000,  0.4000]])
    """
    name = "linalg.qr"
    lapack.must_be_tensors(name, A=A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'")
    lapack.must_be_floating(name, A)
    lapack.must_be_matrices(name, A)
    lapack.must_be_precise(name, A, "geqrf_cpu")
    if mode != "r":
        return delivered(name, out, return_types.linalg_qr(qr_op(A, mode=mode)))
    R = triangle_alone(A)
    return delivered(name, out, return_types.linalg_qr((wrap(array_module(A._array).empty((0,), A._array.dtype)), R)))


@differentiable(name="LinalgQrBackward0")
def triangle_alone(A):
    """R of QR = A, without Q: nothing to differentiate with."""
    return qr_factors(A, with_q=False)[1] if A.size else qr_of_nothing(A, "reduced")[1]

@triangle_alone.derivative
def _(grad):
    raise RuntimeError("The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
                       "mode='reduced') if you are going to differentiate through linalg.qr.")


def older_qr(input, some=True, *, out=None):
    """Q and R with QR = A: `torch.linalg.qr` in its older form; `some=False` is mode="complete"."""
    return return_types.qr(qr(input, "reduced" if some else "complete", out=out))


older_qr.__name__ = older_qr.__qualname__ = "qr"


def householder_product(input, tau, *, out=None):
    """The first columns of H₁ H₂ ... Hₖ, where Hᵢ = I - τᵢ vᵢ vᵢᵀ and vᵢ is column i below a 1 on the diagonal, 0 above it.

    Raises:
        RuntimeError: more columns than rows, more factors than columns, or unequal dtypes.
    """
    name = "torch.linalg.householder_product"
    lapack.must_be_tensors("linalg.householder_product", input=input, tau=tau)
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    rows, columns = input.shape[-2:]
    if rows < columns:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if tau.ndim < 1 or columns < tau.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if tuple(tau.shape[:-1]) != tuple(input.shape[:-2]):
        raise RuntimeError(f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {list(tau.shape[:-1])}")
    if tau.dtype is not input.dtype:
        raise RuntimeError(f"{name}: tau dtype {lapack.spelled(tau.dtype)} does not match input dtype {lapack.spelled(input.dtype)}")
    lapack.must_be_precise(name, input, "orgqr_cpu")
    if on_host(input._array) and not (mode.grad and (input.requires_grad or tau.requires_grad)) and tau.shape[-1] > SMALL:
        return delivered("linalg.householder_product", out, wrap(reflected(input._array, tau._array)))
    identity = identity_like(input, rows)
    v = tril_op(input, diagonal=-1) + narrow_op(identity, dim=1, start=0, length=columns)
    y = narrow_op(identity, dim=1, start=0, length=columns) + tril_op(input, diagonal=-1) * 0                # one a batch element
    for i in range(tau.shape[-1] - 1, -1, -1):
        column = narrow_op(v, dim=v.ndim - 1, start=i, length=1)
        scale = narrow_op(tau, dim=tau.ndim - 1, start=i, length=1)
        y = y - product(column * lapack.reshape_op(scale, shape=(*scale.shape, 1)), product(adjoint(column), y))
    return delivered("linalg.householder_product", out, y)


def orgqr(input, input2, *, out=None):
    """`torch.linalg.householder_product`."""
    return householder_product(input, input2, out=out)
