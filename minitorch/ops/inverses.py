"""Inverses and linear systems, with derivatives of every order.

The derivatives are those of Giles, "An extended collection of matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), cited by section. Throughout, G is the cotangent of the result and ⟨X, Y⟩ = Σ xᵢⱼ yᵢⱼ = tr XᵀY.
"""
import math

from minitorch import return_types
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host
from minitorch.ops import lapack
from minitorch.ops.choosing import where_op
from minitorch.ops.diagonals import tril_op, triu_op
from minitorch.ops.factors import factored, identities, small_and_many, solved, zero_on_diagonal
from minitorch.ops.lapack import LinAlgError, attempt, batches, delivered, over_matrices
from minitorch.ops.linalg import adjoint, product
from minitorch.ops.shape import dim_of, permute_op, reshape_op
from minitorch.tensor import wrap

# ---- inverses ---------------------------------------------------------------------------------------------------------------

@differentiable(name="LinalgInvExBackward0")
def inverse_op(input, *, name="linalg.inv"):
    """A⁻¹ of each matrix."""
    if small_and_many(input):
        LU, pivots = solvable(input, lapack.singular(name))
        return solved(LU, pivots, identities(input))
    return attempt(array_module(input).linalg.inv, lapack.singular(name), input)

# X = A⁻¹: AX = I gives dA X + A dX = 0, so dX = -X dA X                                                            (Giles 2.2.3)
# ⟨G, dX⟩ = -tr Gᵀ X dA X = -⟨Xᵀ G Xᵀ, dA⟩
@inverse_op.derivative
def _(grad, out):
    transposed = adjoint(out)
    return -product(product(transposed, grad), transposed)


def solvable(A, explain):
    """The factors of matrices, for `solved`.

    Raises:
        LinAlgError: a matrix of the host is singular.
    """
    LU, pivots = factored(A)
    if on_host(A):
        attempt_ok(zero_on_diagonal(LU), explain)
    return LU, pivots


def inv(A, *, out=None):
    """The inverse of a square matrix, or of each of a batch.

    Raises:
        LinAlgError: a matrix is singular.
        RuntimeError: matrices that are not square, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.inv(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
    """
    invertible("linalg.inv", A)
    return delivered("linalg.inv", out, inverse_op(A))


def inverse(input, *, out=None):
    """The inverse of a square matrix: `torch.linalg.inv`."""
    return inv(input, out=out)


def invertible(name, A):
    """Refuse what cannot have an inverse by its shape or dtype."""
    lapack.must_be_tensors(name, A=A)
    lapack.must_be_precise(name, A)
    lapack.must_be_square(name, A)


def inv_ex(A, *, check_errors=False, out=None):
    """The inverse and, for each matrix, `info`: 0, or which pivot is 0 so that there is no inverse; then the inverse is nan.

    Raises:
        LinAlgError: `check_errors`, and a matrix is singular.
    """
    invertible("linalg.inv", A)
    result, info = with_infos(inverse_op, A, "getrf", lapack.singular("linalg.inv_ex") if check_errors else None)
    if failed(info):
        result = where_op(over_matrices(info != 0), math.nan, result)
    return delivered("linalg.inv_ex", out, return_types.linalg_inv_ex((result, wrap(info))))


def infos(A, routine):
    """LAPACK's `info` for each matrix, as an array; on a device zeros, since nobody looks there."""
    x = A._array
    return lapack.outcomes(x, routine) if on_host(x) else array_module(x).zeros(x.shape[:-2], "int32")


def with_infos(compute, A, routine, explain=None):
    """`compute(A)`, with the identity for the matrices that cannot be factored, and LAPACK's `info` for each.

    Raises:
        LinAlgError: a matrix cannot be factored, and `explain` is given.
    """
    try:
        return compute(A), array_module(A._array).zeros(A.shape[:-2], "int32")
    except LinAlgError:
        info = infos(A, routine)
        if explain is not None:
            attempt_ok(info, explain)
        return compute(regular(A, info)), info


def failed(info):
    """Whether some matrix could not be factored; on a device nobody looks."""
    return on_host(info) and info.any()


def regular(A, info):
    """The matrices, with the identity for those that `info` says cannot be factored."""
    if not failed(info):
        return A
    return where_op(over_matrices(info != 0), wrap(array_module(info).eye(A.shape[-1], dtype=A._array.dtype)), A)


def attempt_ok(info, explain):
    """Raise the error that `info` tells of."""
    for k, number in enumerate(info.ravel().tolist() if failed(info) else ()):
        if number:
            raise LinAlgError(explain(f"(Batch element {k}): " if info.ndim else "", number))


def tensorinv(input, ind=2, *, out=None):
    """The inverse of the linear map that a tensor is: its first `ind` dimensions against the others.

    Raises:
        RuntimeError: `ind` is not positive, or the two groups have unequal numbers of elements.
    """
    lapack.must_be_tensors("linalg.tensorinv", input=input)
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    if ind > input.ndim:
        raise RuntimeError(f"linalg.tensorinv: ind={ind}, but the tensor has {input.ndim} dimensions")
    first, rest = tuple(input.shape[:ind]), tuple(input.shape[ind:])
    if math.prod(first) != math.prod(rest):
        raise RuntimeError("Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
                           f"{math.prod(rest)} != {math.prod(first)}")
    lapack.must_be_precise("linalg.inv", input)
    result = inverse_op(reshape_op(input, shape=(math.prod(first), math.prod(rest))), name="inv")
    return delivered("linalg.tensorinv", out, reshape_op(result, shape=rest + first))


# ---- linear systems ---------------------------------------------------------------------------------------------------------

@differentiable(outputs="X", saves="LU pivots", name="LinalgSolveExBackward0")
def solve_op(A, B):
    """The X with AX = B, for matrices of equal batches, and the factors of A."""
    LU, pivots = solvable(A, lapack.unsolvable)
    return solved(LU, pivots, B), LU, pivots

# X = A⁻¹ B: dA X + A dX = dB, so dX = A⁻¹ (dB - dA X)                                                              (Giles 2.3.1)
# with H = A⁻ᵀ G: ⟨G, dX⟩ = ⟨H, dB⟩ - ⟨H Xᵀ, dA⟩
@solve_op.derivative
def _(grad, X, LU, pivots, needs):
    h = solved(LU, pivots, grad, transposed=True)
    return -product(h, adjoint(X)) if needs[0] else None, h

@solve_op.definition
def _(A, B):
    return solution(A, B)


@differentiable(name="LinalgSolveExBackward0")
def solution(A, B):
    """`solve_op` without factors to keep, for derivatives of every order."""
    return solved(*solvable(A, lapack.unsolvable), B)

@solution.derivative
def _(grad, A, out, needs):
    h = solution(adjoint(A), grad)
    return -product(h, adjoint(out)) if needs[0] else None, h


def solve(A, B, *, left=True, out=None):
    """The X with AX = B (XA = B if not `left`): B is a matrix, or a vector; batches broadcast.

    Raises:
        LinAlgError: a matrix of A is singular.
        RuntimeError: shapes that do not fit, unequal dtypes, or dtypes other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.solve(torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([2.0, 2.0]))
        tensor([1.0000, 0.5000])
    """
    return delivered("linalg.solve", out, system(A, B, left, solve_op))


def system(A, B, left, solver):
    """The checks, the forms and the broadcasting of `solve`."""
    name = "linalg.solve"
    lapack.must_be_tensors(name, A=A, B=B)
    lapack.must_be_floating(name, A)
    lapack.must_be_square(name, A)
    lapack.must_agree(name, A, B)
    vector = B.ndim == 1 or tuple(B.shape) == tuple(A.shape[:-1])
    b = reshape_op(B, shape=(*B.shape, 1)) if vector else B
    must_fit(name, A, b, left)
    lapack.must_be_precise(name, A, "lu_cpu")
    a, b = batches(A, b)
    x = solver(a, b) if left else adjoint(solver(adjoint(a), adjoint(b)))
    return reshape_op(x, shape=tuple(x.shape[:-1])) if vector else x


def must_fit(name, A, B, left):
    """Refuse a right side whose size is not the matrix's."""
    if A.shape[-1] != B.shape[-2 if left else -1]:
        raise RuntimeError(f"{name}: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
                           f"({A.shape[-2]}x{A.shape[-1]} and {B.shape[-2]}x{B.shape[-1]})")


def solve_ex(A, B, *, left=True, check_errors=False, out=None):
    """`solve`, and `info` for each matrix: 0, or which pivot is 0 so that there is no solution; then the result is nan.

    Raises:
        LinAlgError: `check_errors`, and a matrix is singular.
    """
    lapack.must_be_tensors("linalg.solve_ex", A=A, B=B)
    lapack.must_be_floating("linalg.solve", A)
    lapack.must_be_square("linalg.solve", A)
    lapack.must_be_precise("linalg.solve", A, "lu_cpu")
    result, info = with_infos(lambda A: system(A, B, left, solve_op), A, "getrf", lapack.unsolvable if check_errors else None)
    if failed(info):
        vector = result.ndim == A.ndim - 1
        result = where_op(reshape_op(info != 0, shape=info.shape + (1,) * (1 if vector else 2)), math.nan, result)
    return delivered("linalg.solve_ex", out, return_types.linalg_solve_ex((result, wrap(info))))


def tensorsolve(input, other, dims=None, *, out=None):
    """The X with tensordot(input, X) = other: the first dimensions of `input`, those in `dims` moved to the end, are those of `other`.

    Raises:
        RuntimeError: `input` is not square as a linear map.
    """
    lapack.must_be_tensors("linalg.tensorsolve", input=input, other=other)
    A, B = input, other
    if dims is not None:
        last = [dim_of(d, A.ndim) for d in dims]
        A = permute_op(A, dims=tuple(k for k in range(A.ndim) if k not in last) + tuple(last))
    shape, n = tuple(A.shape[B.ndim:]), math.prod(B.shape)
    if math.prod(shape) != n or math.prod(A.shape) != n * n:
        raise RuntimeError(f"Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but "
                           f"got A of shape {list(A.shape)} and B of shape {list(B.shape)}")
    x = solve(reshape_op(A, shape=(n, n)), reshape_op(B, shape=(n,)))
    return delivered("linalg.tensorsolve", out, reshape_op(x, shape=shape))


# ---- triangular systems -----------------------------------------------------------------------------------------------------

@differentiable(name="LinalgSolveTriangularBackward0")
def triangular_op(A, B, *, upper, unit):
    """The X with AX = B, where only one triangle of A is looked at: substitution, row by row from the side where one unknown is left.

    As in torch nothing is checked: a 0 on the diagonal gives inf and nan.
    """
    xp, n = array_module(A), A.shape[-1]
    if on_host(A) and n > 16:
        return substituted_by_blas(A, B, upper, unit)
    X = xp.empty(B.shape, B.dtype)
    for i in range(n - 1, -1, -1) if upper else range(n):
        known = slice(i + 1, n) if upper else slice(0, i)
        row = B[..., i:i + 1, :] - xp.matmul(A[..., i:i + 1, known], X[..., known, :])
        X[..., i:i + 1, :] = row if unit else row / A[..., i:i + 1, i:i + 1]
    return X

def substituted_by_blas(A, B, upper, unit):
    """The same by BLAS, matrix by matrix."""
    from scipy.linalg.blas import get_blas_funcs
    trsm, trsv = get_blas_funcs(("trsm", "trsv"), (A,))
    X = array_module(A).empty(B.shape, B.dtype)
    for a, b, x in zip(*(m.reshape(-1, *m.shape[-2:]) for m in (A, B)), X.reshape(-1, *X.shape[-2:])):
        if x.size:
            if b.shape[1] == 1:                       # rows side by side are the transpose's columns: no copy
                x[:, 0] = trsv(a.T, b[:, 0], lower=upper, trans=1, diag=unit)
            else:
                x[...] = trsm(1.0, a, b, lower=not upper, diag=unit)
    return X

# as for `solve`, and A has a gradient where it is looked at
@triangular_op.derivative
def _(grad, A, out, upper, unit, needs):
    h = triangular_op(adjoint(A), grad, upper=not upper, unit=unit)
    if not needs[0]:
        return None, h
    whole = -product(h, adjoint(out))
    return triu_op(whole, diagonal=int(unit)) if upper else tril_op(whole, diagonal=-int(unit)), h


def solve_triangular(A, B, *, upper, left=True, unitriangular=False, out=None):
    """The X with AX = B (XA = B if not `left`) for triangular A; what lies in the other triangle is not looked at.

    Args:
        upper: whether A is an upper triangle.
        unitriangular: take the diagonal for ones.

    Raises:
        RuntimeError: shapes that do not fit, unequal dtypes, or dtypes other than float32 and float64.
    """
    name = "linalg.solve_triangular"
    lapack.must_be_tensors(name, A=A, B=B)
    lapack.must_be_square(name, A)
    lapack.must_be_matrices(name, B, "B")
    lapack.must_agree(name, A, B)
    must_fit(name, A, B, left)
    lapack.must_be_precise(name, A, "triangular_solve_cpu")
    a, b = batches(A, B)
    if left:
        return delivered(name, out, triangular_op(a, b, upper=bool(upper), unit=bool(unitriangular)))
    x = triangular_op(adjoint(a), adjoint(b), upper=not upper, unit=bool(unitriangular))
    return delivered(name, out, adjoint(x))


def triangular_solve(input, A, upper=True, transpose=False, unitriangular=False, *, out=None):
    """The X with AX = input (AᵀX = input if `transpose`) for triangular A, and a copy of A: the older `solve_triangular`."""
    lapack.must_be_tensors("triangular_solve", input=input, A=A)
    for argument, x in (("b", input), ("A", A)):
        if x.ndim < 2:
            raise RuntimeError(f"torch.triangular_solve: Expected {argument} to have at least 2 dimensions, but it has {x.ndim} dimensions "
                               "instead")
    a = adjoint(A) if transpose else A
    x = solve_triangular(a, input, upper=bool(upper) != bool(transpose), unitriangular=unitriangular)
    return delivered("triangular_solve", out, return_types.triangular_solve((x, batches(A, x)[0].clone())))
