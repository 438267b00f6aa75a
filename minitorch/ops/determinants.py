"""Determinants and their logarithms, with derivatives of every order. G is the cotangent of the result, ⟨X, Y⟩ = Σ xᵢⱼ yᵢⱼ = tr XᵀY."""
import math

from minitorch import return_types
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host
from minitorch.ops import lapack
from minitorch.ops.choosing import where_op
from minitorch.ops.factors import factored, identities, solved
from minitorch.ops.inverses import inverse_op, invertible
from minitorch.ops.lapack import LinAlgError, delivered, over_matrices
from minitorch.ops.linalg import adjoint, product
from minitorch.ops.reduction import product_of_others, sum_along
from minitorch.tensor import Tensor, wrap


@differentiable(outputs="d", saves="LU pivots", name="LinalgDetBackward0")
def det_op(A):
    """The determinant of each matrix, ± the product of U's diagonal, and the factors."""
    LU, pivots = factored(A)
    return LU.diagonal(0, -2, -1).prod(-1) * parity(pivots, A.dtype) if on_host(A) else array_module(A).linalg.det(A), LU, pivots

# Expanded along row i, det A = Σⱼ aᵢⱼ cᵢⱼ, and no cofactor cᵢⱼ of that row holds aᵢⱼ: ∂ det A/∂aᵢⱼ = cᵢⱼ (Jacobi's formula).
# For invertible A the matrix of cofactors is C = det A · A⁻ᵀ                                                       (Giles 2.2.4)
@det_op.derivative
def _(grad, A, d, LU, pivots):
    if not on_host(A):
        return over_matrices(grad) * cofactors(A)
    C, zero = solved(LU, pivots, identities(A), transposed=True) * over_matrices(d), d == 0
    if zero.any():
        C[zero] = cofactors(A[zero])
    return over_matrices(grad) * C

@det_op.definition
def _(A):
    return determinant(A)


@differentiable(name="LinalgDetBackward0")
def determinant(A):
    """`det_op` without factors to keep, for derivatives of every order."""
    return det_op.op.forward(A)[0]

@determinant.derivative
def _(grad, A):
    return over_matrices(grad) * (cofactors_by_recursion(A) if isinstance(A, Tensor) and singular(A) else cofactors(A))


def parity(pivots, kind):
    """1 for an even number of exchanges of rows, -1 for an odd one."""
    moved = pivots != array_module(pivots).arange(1, pivots.shape[-1] + 1)
    return (1 - 2 * (moved.sum(-1) % 2)).astype(kind)


def singular(A):
    """Whether one of the matrices is, so that derivatives of the cofactors cannot use the inverse (looked for where looking is free)."""
    return on_host(A._array) and bool((array_module(A._array).linalg.det(A._array) == 0).any())


def cofactors_by_recursion(A):
    """The cofactors by products and traces alone, without a division by the determinant: differentiable at singular matrices too.

    Source: Faddeev and LeVerrier: M₁ = I, cₖ = -tr(A Mₖ)/k, Mₖ₊₁ = A Mₖ + cₖ I, and adj A = (-1)ⁿ⁻¹ Mₙ is the cofactors' transpose.
    """
    n = A.shape[-1]
    eye = wrap(array_module(A._array).eye(n, dtype=A._array.dtype))
    M = eye
    for k in range(1, n):
        AM = product(A, M)
        c = sum_along(AM * eye, axes=(AM.ndim - 2, AM.ndim - 1), keepdim=True) / -k
        M = AM + c * eye
    return adjoint(M) * (-1) ** (n - 1)


@differentiable
def cofactors(A):
    """C with cᵢⱼ = ∂ det A/∂aᵢⱼ, of singular matrices too.

    With A = U Σ Vᵀ: C = det U · det V · U Σ' Vᵀ, where σ'ᵢ = Π_{j≠i} σⱼ, the limit of det A · A⁻ᵀ.
    """
    xp = array_module(A)
    if on_host(A):
        d = xp.linalg.det(A)
        if (d != 0).all():
            return d[..., None, None] * xp.linalg.inv(A).swapaxes(-1, -2)
    u, s, vt = xp.linalg.svd(A)
    sign = xp.sign(xp.linalg.det(u) * xp.linalg.det(vt))
    return sign[..., None, None] * xp.matmul(u * product_of_others(xp, s, (s.ndim - 1,))[..., None, :], vt)

# C = det A · A⁻ᵀ: dC = ⟨A⁻ᵀ, dA⟩ C - A⁻ᵀ dAᵀ C, so ⟨H, dC⟩ = ⟨H, C⟩ ⟨A⁻ᵀ, dA⟩ - ⟨A⁻ᵀ Hᵀ C, dA⟩
@cofactors.derivative
def _(grad, A, out):
    transposed = adjoint(inverse_op(A))
    inner = sum_along(grad * out, axes=(grad.ndim - 2, grad.ndim - 1), keepdim=True)
    return inner * transposed - product(product(transposed, adjoint(grad)), out)


def det(A, *, out=None):
    """The determinant of a square matrix, or of each of a batch; 1 of a matrix without rows.

    Raises:
        RuntimeError: matrices that are not square, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> A = torch.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
        >>> torch.linalg.det(A).backward()
        >>> A.grad                                    # the cofactors
        tensor([[ 5., -3.],
                [-2.,  1.]])
    """
    name = "linalg.det"
    lapack.must_be_tensors(name, A=A)
    lapack.must_be_floating(name, A)
    lapack.must_be_square(name, A)
    lapack.must_be_precise(name, A, "lu_cpu")
    return delivered(name, out, det_op(A))


def older_det(input):
    """The determinant of a square matrix: `torch.linalg.det`."""
    return det(input)


@differentiable(outputs="sign logabsdet", saves="LU pivots", name="LinalgSlogdetBackward0")
def slogdet_op(A):
    """The sign and the logarithm of the size of each determinant, and the factors."""
    xp, (LU, pivots) = array_module(A), factored(A)
    if not on_host(A):
        sign, logabsdet = xp.linalg.slogdet(A)
        return sign, logabsdet, LU, pivots
    diagonal = LU.diagonal(0, -2, -1)
    return xp.sign(diagonal).prod(-1) * parity(pivots, A.dtype), xp.log(xp.abs(diagonal)).sum(-1, dtype="f8").astype(A.dtype), LU, pivots

# ln |det A|: the derivative of det A, divided by it, is C / det A = A⁻ᵀ; the sign is constant                      (Giles 2.2.4)
@slogdet_op.derivative
def _(grad_sign, grad, A, sign, LU, pivots):
    if not on_host(A) or (sign == 0).any():
        return over_matrices(grad) * inverse_transposed(A)
    return over_matrices(grad) * solved(LU, pivots, identities(A), transposed=True)

@slogdet_op.definition
def _(A):
    return slogdeterminant(A)


@differentiable(outputs="sign logabsdet", name="LinalgSlogdetBackward0")
def slogdeterminant(A):
    """`slogdet_op` without factors to keep, for derivatives of every order."""
    return slogdet_op.op.forward(A)[:2]

@slogdeterminant.derivative
def _(grad_sign, grad, A):
    return over_matrices(grad) * inverse_transposed(A)


def inverse_transposed(A):
    """A⁻ᵀ = C / det A: of a singular matrix infinities, with the signs of the cofactors; higher orders refuse it, as torch's."""
    try:
        return adjoint(inverse_op(A))
    except LinAlgError:
        if isinstance(A, Tensor):
            raise
        return cofactors(A) / over_matrices(det_op(A))


def slogdet(A, *, out=None):
    """The sign of the determinant and ln |det A|, which neither overflows nor underflows; of singular matrices 0 and -inf.

    Raises:
        RuntimeError: matrices that are not square, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> sign, logabsdet = torch.linalg.slogdet(torch.eye(200) * 100)
        >>> sign, logabsdet                           # the determinant is 1e400
        (tensor(1.), tensor(921.0341))
    """
    invertible("linalg.slogdet", A)
    return delivered("linalg.slogdet", out, return_types.linalg_slogdet(slogdet_op(A)))


def older_slogdet(input, *, out=None):
    """The sign of the determinant and ln |det A|: `torch.linalg.slogdet`."""
    return return_types.slogdet(slogdet(input, out=out))


def logdet(input):
    """ln det A: -inf where the determinant is 0, nan where it is negative.

    Raises:
        RuntimeError: matrices that are not square, or a dtype other than float32 and float64.
    """
    name = "logdet"
    if not isinstance(input, Tensor):
        raise TypeError(f"logdet(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    lapack.must_be_floating(name, input)
    lapack.must_be_square(name, input)
    lapack.must_be_precise("linalg.slogdet", input)
    sign, logabsdet = slogdet_op(input)
    return where_op(sign._array < 0, math.nan, logabsdet)


older_det.__name__, older_slogdet.__name__ = "det", "slogdet"
