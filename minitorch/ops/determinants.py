"""Determinants and their logarithms, with derivatives of every order. G is the cotangent of the result, ⟨X, Y⟩ = Σ xᵢⱼ yᵢⱼ = tr XᵀY."""
import math

from minitorch import return_types
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host
from minitorch.ops import lapack
from minitorch.ops.choosing import where_op
from minitorch.ops.inverses import inverse_op, invertible
from minitorch.ops.lapack import LinAlgError, delivered, over_matrices
from minitorch.ops.linalg import adjoint, product
from minitorch.ops.reduction import product_of_others, sum_along
from minitorch.tensor import Tensor, wrap


@differentiable(name="LinalgDetBackward0")
def det_op(input):
    """The determinant of each matrix."""
    return array_module(input).linalg.det(input)

# Expanded along row i, det A = Σⱼ aᵢⱼ cᵢⱼ, and no cofactor cᵢⱼ of that row holds aᵢⱼ: ∂ det A/∂aᵢⱼ = cᵢⱼ (Jacobi's formula).
# For invertible A the matrix of cofactors is C = det A · A⁻ᵀ                                                       (Giles 2.2.4)
@det_op.derivative
def _(grad, input):
    return over_matrices(grad) * (cofactors_by_recursion(input) if isinstance(input, Tensor) and singular(input) else cofactors(input))


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


@differentiable(outputs="sign logabsdet", name="LinalgSlogdetBackward0")
def slogdet_op(input):
    """The sign and the logarithm of the size of each determinant."""
    sign, logabsdet = array_module(input).linalg.slogdet(input)
    return sign, logabsdet

# ln |det A|: the derivative of det A, divided by it, is C / det A = A⁻ᵀ; the sign is constant                      (Giles 2.2.4)
@slogdet_op.derivative
def _(grad_sign, grad, input):
    return over_matrices(grad) * inverse_transposed(input)


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
