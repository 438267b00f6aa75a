"""Gaussian elimination: matrices as P L U, and systems solved with the factors. G with an index is the cotangent of that factor."""
import math

from minitorch import return_types
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host
from minitorch.ops import lapack
from minitorch.ops.diagonals import tril_op, triu_op
from minitorch.ops.factorizations import identity_like
from minitorch.ops.factors import lu_factors, lu_solved, zero_on_diagonal
from minitorch.ops.inverses import triangular_op
from minitorch.ops.joining import cat_op, narrow_op
from minitorch.ops.lapack import batches, delivered
from minitorch.ops.linalg import adjoint, product
from minitorch.ops.shape import broadcast_shape, expand_op
from minitorch.tensor import Tensor, wrap

# ---- LU ---------------------------------------------------------------------------------------------------------------------

@differentiable(outputs="LU pivots", name="LinalgLuFactorExBackward0")
def lu_op(A, *, pivot):
    """L below the diagonal, U on it and above, and the rows exchanged: Gaussian elimination, column by column, for all matrices at once.

    `pivots[i]` counts from 1, as LAPACK's: step i exchanged rows i and pivots[i] - 1, to divide by the largest value of the column.
    """
    if on_host(A):
        return lu_factors(A, pivot)
    xp, LU, k = array_module(A), A.copy(), min(A.shape[-2:])
    pivots = xp.zeros((*A.shape[:-2], k), "int32")
    for i in range(k):
        if pivot:
            chosen = xp.abs(LU[..., i:, i]).argmax(-1) + i
            exchange(xp, LU, i, chosen)
        pivots[..., i] = chosen + 1 if pivot else i + 1
        divisor = LU[..., i:i + 1, i:i + 1]
        LU[..., i + 1:, i:i + 1] /= xp.where(divisor == 0, 1, divisor).astype(A.dtype, copy=False)    # the column is 0 there: it stays
        LU[..., i + 1:, i + 1:] -= LU[..., i + 1:, i:i + 1] * LU[..., i:i + 1, i + 1:]
    return LU, pivots

def exchange(xp, x, i, chosen):
    """Exchange row i of each matrix with the row chosen for it."""
    place = xp.broadcast_to(chosen[..., None, None], (*x.shape[:-2], 1, x.shape[-1]))
    other, row = xp.take_along_axis(x, place, -2), x[..., i:i + 1, :].copy()
    x[...] = xp.where(xp.arange(x.shape[-2])[:, None] == place, row, x)
    x[..., i:i + 1, :] = other

# A = P L U with square L and U: L⁻¹ Pᵀ dA U⁻¹ = L⁻¹ dL + dU U⁻¹, strictly lower plus upper, so with the triangles
# T = tril(Lᵀ G_L, -1) + triu(G_U Uᵀ): ⟨G_L, dL⟩ + ⟨G_U, dU⟩ = ⟨P L⁻ᵀ T U⁻ᵀ, dA⟩                            (Walter and Lehmann 2010)
# Wide, U = [U₁ U₂] and A = [A₁ A₂]: U₂ = L⁻¹ Pᵀ A₂ gives A₂ the cotangent P L⁻ᵀ G_U₂, and takes G_U₂ U₂ᵀ from Lᵀ G_L.
# Tall, L = [L₁; L₂]: L₂ = (Pᵀ A)₂ U⁻¹ gives the lower rows G_L₂ U⁻ᵀ, and takes L₂ᵀ G_L₂ from G_U Uᵀ.
@lu_op.derivative
def _(grad, LU, pivots):
    rows, columns = LU.shape[-2:]
    k, ndim = min(rows, columns), LU.ndim
    part = lambda x, dim, start, length: narrow_op(x, dim=dim, start=start, length=length)
    left, top = part(LU, ndim - 1, 0, k), part(LU, ndim - 2, 0, k)
    grad_l, grad_u = tril_op(part(grad, ndim - 1, 0, k), diagonal=-1), triu_op(part(grad, ndim - 2, 0, k), diagonal=0)
    corner = part(top, ndim - 1, 0, k)
    l1, u1 = tril_op(corner, diagonal=-1) + identity_like(LU, k), triu_op(corner, diagonal=0)
    for_l, for_u = product(adjoint(l1), part(grad_l, ndim - 2, 0, k)), product(part(grad_u, ndim - 1, 0, k), adjoint(u1))
    if columns > k:
        u2, grad_u2 = part(top, ndim - 1, k, columns - k), part(grad_u, ndim - 1, k, columns - k)
        for_l = for_l - product(grad_u2, adjoint(u2))
    if rows > k:
        l2, grad_l2 = part(left, ndim - 2, k, rows - k), part(grad_l, ndim - 2, k, rows - k)
        for_u = for_u - product(adjoint(l2), grad_l2)
    middle = tril_op(for_l, diagonal=-1) + triu_op(for_u, diagonal=0)                          # T
    right = adjoint(triangular_op(u1, adjoint(middle), upper=True, unit=False))                # T U⁻ᵀ
    g = triangular_op(adjoint(l1), right, upper=True, unit=True)                               # L⁻ᵀ T U⁻ᵀ
    if columns > k:
        g = cat_op([g, triangular_op(adjoint(l1), grad_u2, upper=True, unit=True)], dim=ndim - 1)
    if rows > k:
        g = cat_op([g, adjoint(triangular_op(u1, adjoint(grad_l2), upper=True, unit=False))], dim=ndim - 2)
    return product(permutation(pivots, rows, LU), g)


def permutation(pivots, rows, like):
    """The matrix P of LAPACK's row exchanges, PLU = A, in the dtype of `like`."""
    p = getattr(pivots, "_array", pivots)
    xp, batch = array_module(p), p.shape[:-1]
    p = p.reshape(math.prod(p.shape[:-1]), p.shape[-1]) - 1
    order, every = xp.broadcast_to(xp.arange(rows), (len(p), rows)).copy(), xp.arange(len(p))
    for i in range(p.shape[-1]):
        first, second = order[:, i].copy(), order[every, p[:, i]]
        order[every, p[:, i]] = first
        order[:, i] = second
    P = order.reshape(*batch, 1, rows) == xp.arange(rows)[:, None]           # row i came from order[i]
    P = P.astype(getattr(like, "_array", like).dtype)
    return wrap(P) if isinstance(like, Tensor) else P


def factorable(name, A):
    """Refuse what has no LU factorization by its shape or dtype."""
    lapack.must_be_tensors(name, A=A)
    if A.ndim < 2:
        raise RuntimeError(f"{name}: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead")
    lapack.must_be_precise(name, A, "lu_cpu")


def lu_factor_ex(A, *, pivot=True, check_errors=False, out=None):
    """L and U in one matrix, LAPACK's row exchanges, and `info`: 0, or which diagonal element of U is 0.

    Raises:
        RuntimeError: `check_errors`, and U has a 0 on its diagonal.
    """
    factorable("torch.lu_factor", A)
    LU, pivots = lu_op(A, pivot=bool(pivot))
    info = zero_on_diagonal(LU._array)
    if check_errors and on_host(info):
        refuse_zero_pivot(info)
    return delivered("linalg.lu_factor_ex", out, return_types.linalg_lu_factor_ex((LU, pivots, wrap(info))))


def refuse_zero_pivot(info):
    """Raise torch's error for a U that cannot be divided by."""
    for k, i in enumerate(info.ravel().tolist() if info.any() else ()):
        if i:
            raise RuntimeError(f"torch.linalg.lu_factor: {f'(Batch element {k}): ' if info.ndim else ''}U[{i},{i}] is zero and using it on "
                               "lu_solve would result in a division by zero. If you still want to perform the factorization, consider "
                               "calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)")


def lu_factor(A, *, pivot=True, out=None):
    """L and U in one matrix, and LAPACK's row exchanges: what `lu_solve` takes.

    Raises:
        RuntimeError: a matrix is singular, fewer than two dimensions, or a dtype other than float32 and float64.
    """
    LU, pivots, _ = lu_factor_ex(A, pivot=pivot, check_errors=True)
    return delivered("linalg.lu_factor", out, return_types.linalg_lu_factor((LU, pivots)))


def lu(A, *, pivot=True, out=None):
    """P, L and U with PLU = A: a permutation, a lower triangle with a diagonal of ones, an upper triangle.

    Raises:
        RuntimeError: fewer than two dimensions, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> P, L, U = torch.linalg.lu(torch.tensor([[1.0, 2.0], [2.0, 2.0]]))
        >>> L @ U                                     # the rows of A, exchanged by P
        tensor([[2., 2.],
                [1., 2.]])
    """
    factorable("linalg.lu", A)
    LU, pivots = lu_op(A, pivot=bool(pivot))
    L, U = unpacked(LU)
    P = permutation(pivots, A.shape[-2], A) if pivot else wrap(array_module(A._array).empty((0,), A._array.dtype))
    return delivered("linalg.lu", out, return_types.linalg_lu((P, L, U)))


def unpacked(LU):
    """L and U of the two in one matrix."""
    rows, k = LU.shape[-2], min(LU.shape[-2:])
    L = tril_op(narrow_op(LU, dim=LU.ndim - 1, start=0, length=k), diagonal=-1)
    U = triu_op(narrow_op(LU, dim=LU.ndim - 2, start=0, length=k), diagonal=0)
    return L + narrow_op(identity_like(LU, rows), dim=1, start=0, length=k), U


def lu_solve(LU, pivots, B, *, left=True, adjoint=False, out=None):
    """The X with AX = B (XA = B if not `left`, Aᵀ for A if `adjoint`), from what `lu_factor` gave: two triangular systems.

    Raises:
        RuntimeError: shapes that do not fit, unequal dtypes, or a dtype other than float32 and float64.
    """
    name, flip = "linalg.lu_solve", globals()["adjoint"]
    lapack.must_be_tensors(name, LU=LU, pivots=pivots, B=B)
    lapack.must_be_square(name, LU, "LU")
    lapack.must_be_matrices(name, B, "B")
    lapack.must_agree(name, LU, B, "LU", "B")
    if B.shape[-2 if left else -1] != LU.shape[-1]:
        raise RuntimeError(f"{name}: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} ({LU.shape[-2]}x"
                           f"{LU.shape[-1]} and {B.shape[-2]}x{B.shape[-1]})")
    lapack.must_be_precise(name, LU, "lu_solve_cpu")
    order = expand_op(pivots, shape=(*broadcast_shape(tuple(LU.shape[:-2]), tuple(B.shape[:-2])), pivots.shape[-1]))
    factors, b = batches(LU, B if left else flip(B))
    x = lu_solve_op(factors, order, b, transposed=bool(adjoint) != (not left))
    return delivered(name, out, x if left else flip(x))


@differentiable(name="LinalgLuSolveBackward0")
def lu_solve_op(LU, pivots, B, *, transposed):
    """The X with AX = B (AᵀX = B if `transposed`) for A = P L U: two triangular systems."""
    if on_host(LU):
        return lu_solved(LU, pivots, B, transposed)
    P = permutation(pivots, LU.shape[-1], LU)
    if transposed:                                    # Uᵀ Y = B, Lᵀ Z = Y, X = P Z
        y = triangular_op(adjoint(LU), B, upper=False, unit=False)
        return product(P, triangular_op(adjoint(LU), y, upper=True, unit=True))
    y = triangular_op(LU, product(adjoint(P), B), upper=False, unit=True)    # L Y = Pᵀ B, U X = Y
    return triangular_op(LU, y, upper=True, unit=False)

# with H = A⁻ᵀ G as for `solve`, ⟨G, dX⟩ = ⟨H, dB⟩ - ⟨M, dA⟩, M = H Xᵀ, or X Hᵀ if A is transposed; dA = P (dL U + L dU)
@lu_solve_op.derivative
def _(grad, LU, pivots, out, transposed, needs):
    h = lu_solve_op(LU, pivots, grad, transposed=not transposed)
    if not needs[0]:
        return None, None, h
    n = LU.shape[-1]
    L, U = tril_op(LU, diagonal=-1) + identity_like(LU, n), triu_op(LU, diagonal=0)
    m = product(out, adjoint(h)) if transposed else product(h, adjoint(out))
    m = product(adjoint(permutation(pivots, n, LU)), m)
    return -(tril_op(product(m, adjoint(U)), diagonal=-1) + triu_op(product(adjoint(L), m), diagonal=0)), None, h


# ---- older forms ------------------------------------------------------------------------------------------------------------

def older_lu(A, pivot=True, get_infos=False, out=None):
    """L and U in one matrix and the row exchanges, with `info` if asked for: `torch.linalg.lu_factor_ex` in its older form."""
    LU, pivots, info = lu_factor_ex(A, pivot=pivot)
    return delivered("lu", out, (LU, pivots, info) if get_infos else (LU, pivots))


def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True, *, out=None):
    """P, L and U of what `torch.linalg.lu_factor` gave; what is not asked for is empty.

    Raises:
        RuntimeError: pivots that are not int32.
    """
    lapack.must_be_tensors("lu_unpack", LU_data=LU_data, LU_pivots=LU_pivots)
    if unpack_pivots and LU_pivots._array.dtype != "int32":
        raise RuntimeError("torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype, got "
                           f"{LU_pivots.dtype}: it is what torch.linalg.lu_factor returns")
    nothing = wrap(array_module(LU_data._array).empty((0,), LU_data._array.dtype))
    P = permutation(LU_pivots, LU_data.shape[-2], LU_data) if unpack_pivots else nothing
    return delivered("lu_unpack", out, return_types.lu_unpack((P, *(unpacked(LU_data) if unpack_data else (nothing, nothing)))))


def older_lu_solve(input, LU_data, LU_pivots, *, out=None):
    """The X with AX = input, from what `torch.linalg.lu_factor` gave: `torch.linalg.lu_solve` in its older form."""
    return lu_solve(LU_data, LU_pivots, input, out=out)


older_lu.__name__, older_lu_solve.__name__ = "lu", "lu_solve"
