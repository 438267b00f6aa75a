"""What rests on singular values: pseudoinverse, rank, condition, least squares."""
import math

from minitorch import dtypes, return_types
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host
from minitorch.ops import lapack
from minitorch.ops.choosing import where_op
from minitorch.ops.inverses import failed, inverse_op, with_infos
from minitorch.ops.joining import narrow_op
from minitorch.ops.lapack import delivered, must_be_matrices, must_be_precise, must_be_square, must_be_tensors, spelled
from minitorch.ops.linalg import adjoint, product
from minitorch.ops.norms import matrix_norm
from minitorch.ops.reduction import sum_along
from minitorch.ops.shape import reshape_op
from minitorch.ops.spectral import decomposable, eigvalsh_op, raw, singular_values, svd_op, svdvals_op
from minitorch.tensor import Tensor, wrap

# ---- pseudoinverse ----------------------------------------------------------------------------------------------------------

@differentiable(name="LinalgPinvBackward0")
def pinv_op(input, *, atol, rtol, hermitian):
    """A⁺ = V diag(1/σ) Uᵀ, where singular values up to max(atol, rtol · σ₁) count as 0."""
    return pseudoinverse(input, atol, rtol, hermitian)[0]

def pseudoinverse(A, atol, rtol, hermitian=False):
    """A⁺, and which singular values count."""
    xp = array_module(A)
    if hermitian and A.size:
        w, u = xp.linalg.eigh(A)
        vh, s = (xp.sign(w)[..., None, :] * u).swapaxes(-1, -2), xp.abs(w)
    else:
        u, s, vh = svd_op.op.forward(A, full_matrices=False)
    kept = s > cutoff(xp, s, atol, rtol)
    inverse = xp.where(kept, 1 / xp.where(kept, s, 1), 0).astype(s.dtype, copy=False)
    return xp.matmul((vh * inverse[..., None]).swapaxes(-1, -2), u.swapaxes(-1, -2)), kept

# X = A⁺ at constant rank: dX = -X dA X + X Xᵀ dAᵀ (I - AX) + (I - XA) dAᵀ Xᵀ X, whose transpose is
# G_A = -Xᵀ G Xᵀ + (I - AX) Gᵀ X Xᵀ + XᵀX Gᵀ (I - XA)                    (Golub and Pereyra, "The differentiation of pseudo-inverses", 1973)
@pinv_op.derivative
def _(grad, input, out):
    return pinv_backward(grad, input, out)

def pinv_backward(grad, A, X):
    """The cotangent of A from that of X = A⁺."""
    tall = A.shape[-2] > A.shape[-1]                  # which products of two are small
    three = lambda a, b, c: product(a, product(b, c)) if tall else product(product(a, b), c)
    xt, gt = adjoint(X), adjoint(grad)
    first, second, third = three(xt, grad, xt), three(gt, X, xt), three(xt, X, gt)
    return second - three(A, X, second) + third - three(third, X, A) - first


def cutoff(xp, s, atol, rtol):
    """Up to where singular values count as 0: max(atol, rtol · σ₁), for each matrix."""
    largest = s.max(-1, keepdims=True) if s.shape[-1] else s.sum(-1, keepdims=True)
    return xp.maximum(tolerance(atol), tolerance(rtol) * largest)


def counted(xp, kept):
    """How many singular values are kept, for each matrix."""
    return xp.asarray(kept.sum(-1, dtype="int64"))


def tolerance(value):
    """A tolerance as a number, or as an array with a place for the singular values of each matrix."""
    return value[..., None] if hasattr(value, "dtype") else value


def tolerances(A, atol, rtol):
    """Torch's defaults: rtol is ε · max(n, m), but 0 where `atol` alone is given."""
    given = [t is not None and (isinstance(t, Tensor) or t > 0) for t in (atol, rtol)]
    eps = dtypes.finfo(A.dtype).eps * max(A.shape[-2:])
    rtol = rtol if rtol is not None else 0.0 if given[0] and not isinstance(atol, Tensor) else eps
    if isinstance(atol, Tensor) and given[0] and not given[1]:
        zero = atol._array > 0
        rtol = wrap((array_module(zero).where(zero, 0.0, eps)).astype(A._array.dtype))
    return raw(0.0 if atol is None else atol), raw(rtol)


def pinv(input, rcond=None, hermitian=False, *, atol=None, rtol=None, out=None):
    """The pseudoinverse A⁺: of the X that make AX - I smallest, the smallest. Singular values near 0 count as 0.

    Args:
        atol, rtol: singular values up to max(atol, rtol · σ₁) count as 0; by default atol = 0, rtol = ε · max(n, m).
        hermitian: A is symmetric; only its lower triangle is looked at.

    Raises:
        RuntimeError: fewer than two dimensions, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.pinv(torch.tensor([[2.0], [0.0]]))
        tensor([[0.5000, 0.0000]])
    """
    must_be_tensors("linalg.pinv", input=input)
    if input.ndim < 2 or input.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"linalg.pinv({spelled(input.dtype)}{{{list(input.shape)}}}): expected a tensor with 2 or more dimensions of "
                           "float, double, cfloat or cdouble types")
    if hermitian:
        must_be_square("linalg.pinv", input)
    atol, rtol = tolerances(input, atol, rcond if rtol is None else rtol)
    return delivered("linalg.pinv", out, pinv_op(input, atol=atol, rtol=rtol, hermitian=bool(hermitian)))


def pinverse(input, rcond=1e-15):
    """The pseudoinverse: `torch.linalg.pinv` with another default for what counts as 0."""
    return pinv(input, rcond)


def matrix_rank(input, tol=None, hermitian=False, *, atol=None, rtol=None, out=None):
    """How many singular values are larger than max(atol, rtol · σ₁); by default atol = 0, rtol = ε · max(n, m).

    Raises:
        RuntimeError: fewer than two dimensions, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.matrix_rank(torch.ones(3, 3))
        tensor(1)
    """
    must_be_tensors("linalg.matrix_rank", input=input)
    must_be_matrices("torch.linalg.matrix_rank", input, "input")
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"This function doesn't handle types other than float and double, got {input.dtype}")
    if hermitian:
        must_be_square("linalg.matrix_rank", input)
    A, xp = input.detach(), array_module(input._array)
    atol, rtol = (raw(tol), 0.0) if tol is not None else tolerances(A, atol, rtol)
    s = xp.abs(eigvalsh_op(A, UPLO="L")._array) if hermitian else svdvals_op(A)._array
    return delivered("linalg.matrix_rank", out, wrap(counted(xp, s > cutoff(xp, s, atol, rtol))))


def cond(input, p=None, *, out=None):
    """How much a relative error can grow in solving: ‖A‖ ‖A⁻¹‖ in a norm; by default σ₁/σₙ. Of singular matrices inf.

    Args:
        p: None, 2, -2, 1, -1, inf, -inf, "fro" or "nuc".

    Raises:
        RuntimeError: fewer than two dimensions, matrices that are not square in another norm than 2, or an integer dtype.
    """
    must_be_tensors("linalg.cond", input=input)
    must_be_matrices("linalg.cond", input)
    if p is None or p in (2, -2):
        decomposable("linalg.svd", input)
        if input._array.size == 0:
            return delivered("linalg.cond", out, of_nothing(input))
        s, last = singular_values(input), input.ndim - 2
        ends = [reshape_op(narrow_op(s, dim=last, start=k, length=1), shape=tuple(s.shape[:-1])) for k in (0, s.shape[-1] - 1)]
        return delivered("linalg.cond", out, ends[1] / ends[0] if p == -2 else ends[0] / ends[1])
    must_be_square("linalg.cond", input)
    must_be_precise("linalg.inv", input)
    if p not in (1, -1, math.inf, -math.inf, "fro", "nuc"):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if input._array.size == 0:
        return delivered("linalg.cond", out, of_nothing(input))
    inverse, info = with_infos(inverse_op, input, "getrf")
    result = matrix_norm(input, p) * matrix_norm(inverse, p)
    return delivered("linalg.cond", out, where_op(info != 0, math.inf, result) if failed(info) else result)


def of_nothing(A):
    """The condition of matrices without elements: 0, without a history."""
    return wrap(array_module(A._array).zeros(A.shape[:-2], A._array.dtype))


# ---- least squares ----------------------------------------------------------------------------------------------------------

def lstsq(input, b, rcond=None, *, driver=None):
    """The X that makes ‖AX - b‖ smallest, and of several the smallest: X = A⁺ b. Batches broadcast; b may be a vector.

    Args:
        rcond: singular values up to rcond · σ₁ count as 0; ε · max(n, m) by default.
        driver: "gelsy" (default), "gelsd", "gelss", or "gels": which of rank and singular values are returned, as LAPACK's would.

    Returns:
        solution; residuals, Σ(AX - b)² of each column if A has full rank and more rows than columns (not for "gelsy"); rank;
        singular_values. What the driver does not give is empty.

    Raises:
        RuntimeError: shapes that do not fit, unequal dtypes, an unknown driver, or a dtype other than float32 and float64.

    Example:
        >>> import minitorch as torch
        >>> A = torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
        >>> torch.linalg.lstsq(A, torch.tensor([1.0, 3.0, 5.0])).solution
        tensor([1.0000, 2.0000])
    """
    name = "torch.linalg.lstsq"
    must_be_tensors("linalg.lstsq", input=input, b=b)
    must_have_least_squares(name, input, b)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), got {driver!r}")
    vector = b.ndim == input.ndim - 1
    a, b = lapack.batches(input, reshape_op(b, shape=(*b.shape, 1)) if vector else b)
    rtol = dtypes.finfo(a.dtype).eps * max(a.shape[-2:]) if rcond is None else rcond
    nothing, kind = lambda kind: wrap(array_module(a._array).empty((0,), kind)), driver or "gelsy"
    x, rank = least_squares_op(a, b, rtol=rtol)
    s = nothing(a._array.dtype)
    if kind in ("gelsd", "gelss"):
        s = svdvals_op(a.detach())
        rank = wrap(counted(array_module(s._array), s._array > cutoff(array_module(s._array), s._array, 0.0, rtol)))
    residuals = nothing(a._array.dtype)
    if a.shape[-2] > a.shape[-1] and kind != "gelsy" and (kind == "gels" or (rank._array == a.shape[-1]).all()):
        error = product(a, x) - b
        residuals = sum_along(error * error, axes=(a.ndim - 2,), keepdim=False)
    return return_types.linalg_lstsq((
        reshape_op(x, shape=tuple(x.shape[:-1])) if vector else x, residuals, nothing("int64") if kind == "gels" else rank, s))


@differentiable(outputs="solution rank", name="LinalgLstsqBackward0")
def least_squares_op(A, B, *, rtol):
    """A⁺ B and the rank; on the host without singular values, by LAPACK's orthogonal factorization."""
    if on_host(A) and A.size and B.size:
        return solved_by_rotations(A, B, rtol)
    X, kept = pseudoinverse(A, 0.0, rtol)
    return array_module(A).matmul(X, B), counted(array_module(A), kept)

def solved_by_rotations(A, B, rtol):
    """QR with the largest columns first, and what lies beyond the rank turned away: by LAPACK, matrix by matrix."""
    from scipy.linalg.lapack import get_lapack_funcs
    gelsy, size = get_lapack_funcs(("gelsy", "gelsy_lwork"), (A,))
    xp, (n, m), k = array_module(A), A.shape[-2:], B.shape[-1]
    factors = xp.array(A.reshape(-1, n, m).swapaxes(-1, -2), order="C").swapaxes(-1, -2)         # columns side by side; a copy
    X = xp.zeros((len(factors), k, max(n, m)), A.dtype).swapaxes(-1, -2)     # holds B, then the solution
    X[:, :n] = B.reshape(-1, n, k)
    ranks, order, work = [], xp.zeros(m, "int32"), int(size(n, m, k, rtol)[0])
    for a, x in zip(factors, X):
        order[...] = 0                                # no column is bound to be among the first
        ranks.append(gelsy(a, x, order, rtol, work, 1, 1)[3])
    return xp.ascontiguousarray(X[:, :m]).reshape(*A.shape[:-2], m, k), xp.array(ranks, "int64").reshape(A.shape[:-2])

# X = A⁺ B: A⁺ has the cotangent G Bᵀ
@least_squares_op.derivative
def _(grad, A, B, rtol, needs):
    X = pseudoinverse(A, 0.0, rtol)[0]
    return pinv_backward(product(grad, adjoint(B)), A, X) if needs[0] else None, product(adjoint(X), grad) if needs[1] else None

@least_squares_op.definition
def _(A, B, rtol):
    return product(pinv_op(A, atol=0.0, rtol=rtol, hermitian=False), B), None


def must_have_least_squares(name, A, B):
    """Refuse what does not fit together."""
    if A.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if B.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if A.ndim - B.ndim not in (0, 1):
        raise RuntimeError(f"{name}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1")
    if A.dtype is not B.dtype:
        raise RuntimeError(f"{name}: Expected input and other to have the same dtype, but got input's dtype {spelled(A.dtype)} and other's "
                           f"dtype {spelled(B.dtype)}")
    which = -1 if A.ndim > B.ndim else -2
    if A.shape[-2] != B.shape[which]:
        raise RuntimeError(f"{name}: input.size(-2) should match other.size({which}), got {A.shape[-2]} and {B.shape[which]}")
    if A.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"This function doesn't handle types other than float and double, got {A.dtype}")
