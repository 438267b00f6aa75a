"""Products beyond the matrix product: inner, outer in blocks, cross, chains and powers."""
import math

from minitorch import dtypes
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host, row_dot
from minitorch.ops import lapack
from minitorch.ops.choosing import zeros_of
from minitorch.ops.inverses import inverse_op
from minitorch.ops.joining import flip_copy, in_common_dtype, narrow_op
from minitorch.ops.lapack import delivered, must_be_floating, must_be_square, must_be_tensors, spelled
from minitorch.ops.linalg import baddbmm, mm, mv, outer, plus_scaled, product, tensordot
from minitorch.ops.reduction import sum_along, sum_to
from minitorch.ops.shape import broadcast_shape, broadcast_tensors, dim_of, permute_op, reshape_op
from minitorch.tensor import Tensor, wrap

# ---- vectors ----------------------------------------------------------------------------------------------------------------

def inner(input, other, *, out=None):
    """The products summed over the last dimension of both: of vectors Σ aᵢ bᵢ, of a number and a tensor the multiple.

    Raises:
        RuntimeError: last dimensions of unequal size, or unequal dtypes.

    Example:
        >>> import minitorch as torch
        >>> torch.inner(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 1.0]))
        tensor([3., 7.])
    """
    must_be_tensors("inner", input=input, other=other)
    if input.ndim == 0 or other.ndim == 0:
        return delivered("inner", out, input * other)
    if input.dtype is not other.dtype:
        raise RuntimeError(f"both inputs should have same dtype, got {input.dtype} and {other.dtype}")
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(f"inner() the last dimension must match on both input tensors but got shapes {list(input.shape)} and "
                           f"{list(other.shape)}")
    return delivered("inner", out, tensordot(input, other, ([-1], [-1])))


def vecdot(x, y, *, dim=-1, out=None):
    """Σ xᵢ yᵢ along a dimension; the others broadcast.

    Raises:
        RuntimeError: shapes that do not broadcast, unequal dtypes, or dtypes that are not floating.
    """
    must_be_tensors("linalg.vecdot", x=x, y=y)
    must_be_floating("linalg.vecdot", x)
    lapack.must_agree("linalg.vecdot", x, y, "x", "y")
    last = max(x.ndim, y.ndim) - 1
    if last >= 0 and dim_of(dim, last + 1) == last and x.ndim and y.ndim and x.shape[-1] == y.shape[-1]:
        return delivered("linalg.vecdot", out, vecdot_op(*broadcast_tensors(x, y)))
    terms = x * y
    axes = (dim_of(dim, terms.ndim),) if terms.ndim else ()
    return delivered("linalg.vecdot", out, sum_along(terms, axes=axes, keepdim=False))


@differentiable
def vecdot_op(input, other):
    """Σ xᵢ yᵢ along the last dimension of tensors of one shape."""
    n = input.shape[-1]
    return row_dot(*(x.reshape(math.prod(x.shape[:-1]), n) for x in (input, other))).reshape(input.shape[:-1])

@vecdot_op.derivative("input")
def _(grad, other):
    return reshape_op(grad, shape=(*grad.shape, 1)) * other

@vecdot_op.derivative("other")
def _(grad, input):
    return reshape_op(grad, shape=(*grad.shape, 1)) * input


def kron(input, other, *, out=None):
    """Kronecker's product: each element of the first times all of the second, as blocks.

    Example:
        >>> import minitorch as torch
        >>> torch.kron(torch.tensor([1, 10]), torch.tensor([1, 2]))
        tensor([ 1,  2, 10, 20])
    """
    must_be_tensors("kron", input=input, other=other)
    ndim = max(input.ndim, other.ndim, 1)
    a, b = (reshape_op(x, shape=(1,) * (ndim - x.ndim) + tuple(x.shape)) for x in in_common_dtype([input, other], [input, other]))
    y = kron_op(a, b)
    return delivered("kron", out, y if max(input.ndim, other.ndim) else reshape_op(y, shape=()))


@differentiable
def kron_op(input, other):
    """Each element of the first times all of the second, for tensors of equally many dimensions."""
    xp, n, m = array_module(input), input.shape[-1], other.shape[-1]
    a, b = xp.repeat(input, m, -1), xp.tile(other, n)                        # their last dimensions as the result's: long inner loops
    y = (a.reshape([k for size in a.shape[:-1] for k in (size, 1)] + [n * m])                        # (a₁, 1, a₂, 1, ..., aₙ bₙ)
         * b.reshape([k for size in b.shape[:-1] for k in (1, size)] + [n * m]))                     # (1, b₁, 1, b₂, ..., aₙ bₙ)
    return y.reshape([k * l for k, l in zip(input.shape, other.shape)])

# the result's elements as a matrix, a row for each element of the first, a column for each of the second, are a bᵀ
@kron_op.derivative
def _(grad, input, other, needs):
    ndim, a, b = input.ndim, math.prod(input.shape), math.prod(other.shape)
    blocks = reshape_op(grad, shape=tuple(k for sizes in zip(input.shape, other.shape) for k in sizes))
    g = reshape_op(permute_op(blocks, dims=(*range(0, 2 * ndim, 2), *range(1, 2 * ndim, 2))), shape=(a, b))
    return (reshape_op(product(g, reshape_op(other, shape=(b, 1))), shape=tuple(input.shape)) if needs[0] else None,
            reshape_op(product(reshape_op(input, shape=(1, a)), g), shape=tuple(other.shape)) if needs[1] else None)


@differentiable(name="LinalgCrossBackward0")
def cross_op(input, other, *, dim):
    """(a₂b₃ - a₃b₂, a₃b₁ - a₁b₃, a₁b₂ - a₂b₁) along a dimension of size 3; the others broadcast."""
    part = lambda x, k: x[(slice(None),) * dim + (slice(k % 3, k % 3 + 1),)]
    y = array_module(input).empty(broadcast_shape(input.shape, other.shape), input.dtype)
    for k in range(3):
        part(y, k)[...] = part(input, k + 1) * part(other, k + 2) - part(input, k + 2) * part(other, k + 1)
    return y

# G · (da × b) = da · (b × G): a triple product turns, and its factors exchange for a sign
@cross_op.derivative("input")
def _(grad, other, input_shape, dim):
    return sum_to(cross_op(other, grad, dim=dim), shape=tuple(input_shape))

@cross_op.derivative("other")
def _(grad, input, other_shape, dim):
    return sum_to(cross_op(grad, input, dim=dim), shape=tuple(other_shape))


def cross_product(input, other, dim):
    """The cross product along a dimension, after torch's checks."""
    must_be_tensors("linalg.cross", input=input, other=other)
    if input.ndim != other.ndim:
        raise RuntimeError(f"linalg.cross: inputs must have the same number of dimensions, got {input.ndim} and {other.ndim}")
    d = dim_of(dim, input.ndim)
    if input.ndim == 0 or input.shape[d] != 3 or other.shape[d] != 3:
        sizes = [x.shape[d] if x.ndim else 1 for x in (input, other)]
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {sizes[0]} and {sizes[1]}")
    if input.dtype is not other.dtype:
        raise RuntimeError(f"expected scalar type {spelled(input.dtype)} but found {spelled(other.dtype)}")
    if input.dtype is dtypes.bool:
        raise NotImplementedError("\"cross\" not implemented for 'Bool'")
    broadcast_shape(tuple(input.shape), tuple(other.shape))                  # refuses what does not fit
    return cross_op(input, other, dim=d)


def cross(input, other, *, dim=-1, out=None):
    """The cross product of vectors of three elements along a dimension; the others broadcast.

    Raises:
        RuntimeError: the dimension has not size 3, unequal numbers of dimensions, or unequal dtypes.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.cross(torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.])
    """
    return delivered("linalg.cross", out, cross_product(input, other, dim))


def older_cross(input, other, dim=None, *, out=None):
    """The cross product along a dimension, by default the first of size 3: `torch.linalg.cross` in its older form.

    Raises:
        RuntimeError: no dimension has size 3.
    """
    must_be_tensors("cross", input=input, other=other)
    if dim is None:
        dim = next((k for k, n in enumerate(input.shape) if n == 3), None)
        if dim is None:
            raise RuntimeError(f"no dimension of size 3 in input of shape {list(input.shape)}")
    return delivered("cross", out, cross_product(input, other, dim))


older_cross.__name__ = older_cross.__qualname__ = "cross"


# ---- sums of products and a tensor ------------------------------------------------------------------------------------------

def addmv(input, mat, vec, *, beta=1, alpha=1, out=None):
    """beta · input + alpha · (mat @ vec).

    Raises:
        RuntimeError: shapes that do not fit, or unequal dtypes.
    """
    must_be_tensors("addmv", input=input, mat=mat, vec=vec)
    if not input.dtype is mat.dtype is vec.dtype:
        raise RuntimeError("addmv input tensors must have the same dtype, but got "
                           f"{spelled(input.dtype)}, {spelled(mat.dtype)}, and {spelled(vec.dtype)}")
    if mat.ndim != 2 or vec.ndim != 1 or input.ndim > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}")
    if mat.shape[1] != vec.shape[0] or input.ndim and input.shape[0] not in (1, mat.shape[0]):
        raise RuntimeError(f"size mismatch, got input ({input.shape[0] if input.ndim else 1}), mat ({mat.shape[0]}x{mat.shape[1]}), "
                           f"vec ({vec.shape[0]})")
    return delivered("addmv", out, plus_scaled(input, mv(mat, vec), beta, alpha))


def addr(input, vec1, vec2, *, beta=1, alpha=1, out=None):
    """beta · input + alpha · (vec1 vec2ᵀ).

    Raises:
        RuntimeError: shapes that do not fit.
    """
    must_be_tensors("addr", input=input, vec1=vec1, vec2=vec2)
    for argument, x in (("vec1", vec1), ("vec2", vec2)):
        if x.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {argument}, but got {x.ndim}-D")
    shape = (len(vec1), len(vec2))
    if vec1.dtype is vec2.dtype is input.dtype and vec1.dtype.is_floating_point and tuple(input.shape) in (shape, shape[1:], ()):
        return delivered("addr", out, addr_op(input, vec1, vec2, beta=beta, alpha=alpha))
    y = outer(vec1, vec2)
    kind = dtypes.promote_types(input.dtype, y.dtype)
    for argument, value in (("beta", beta), ("alpha", alpha)):
        if isinstance(value, float) and not kind.is_floating_point:
            raise RuntimeError(f"For integral input tensors, argument {argument} must not be a floating point number.")
    return delivered("addr", out, plus_scaled(input, y, beta, alpha))


@differentiable(name="AddrBackward0")
def addr_op(input, vec1, vec2, *, beta, alpha):
    """The same, of one floating dtype."""
    y = (vec1 * alpha)[:, None] * vec2
    if beta != 0:                                     # 0 ignores the input, nan included
        y += input * beta if beta != 1 else input
    return y

@addr_op.derivative
def _(grad, vec1, vec2, input_shape, beta, alpha, needs):
    n, m = grad.shape
    return (sum_to(grad * beta, shape=tuple(input_shape)) if needs[0] else None,
            reshape_op(product(grad, reshape_op(vec2 * alpha, shape=(m, 1))), shape=(n,)) if needs[1] else None,
            reshape_op(product(reshape_op(vec1 * alpha, shape=(1, n)), grad), shape=(m,)) if needs[2] else None)


def addbmm(input, batch1, batch2, *, beta=1, alpha=1, out=None):
    """beta · input + alpha · Σ (batch1 @ batch2), the products of a batch summed.

    Raises:
        RuntimeError: shapes that do not fit, or unequal dtypes.
    """
    must_be_tensors("addbmm", input=input, batch1=batch1, batch2=batch2)
    zero = wrap(array_module(input._array).zeros((), input._array.dtype))
    return delivered("addbmm", out, plus_scaled(input, sum_along(baddbmm(zero, batch1, batch2), axes=(0,), keepdim=False), beta, alpha))


# ---- chains -----------------------------------------------------------------------------------------------------------------

def best_split(sizes):
    """Where to split a chain of matrices of shapes (sizes[i], sizes[i + 1]), for each part of it: fewest multiplications.

    Cost of i..j: the least over k of i..k, k+1..j and the product of the two (Cormen et al., "Introduction to algorithms", 15.2).
    """
    n = len(sizes) - 1
    cost, split = [[0] * n for _ in range(n)], [[0] * n for _ in range(n)]
    for length in range(2, n + 1):
        for i in range(n - length + 1):
            j = i + length - 1
            cost[i][j], split[i][j] = min((cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j))
    return split


def multi_dot(tensors, *, out=None):
    """The product of two or more matrices, multiplied in the cheapest order; the first may be a row, the last a column vector.

    Raises:
        RuntimeError: fewer than two tensors, sizes that do not fit, or unequal dtypes.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.multi_dot([torch.ones(2, 5), torch.ones(5, 3), torch.ones(3)])
        tensor([15., 15.])
    """
    if not isinstance(tensors, (list, tuple)):
        raise TypeError(f"linalg_multi_dot(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}")
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for k, x in enumerate(tensors):
        must_be_tensors("linalg.multi_dot", tensors=x)
        ends = k in (0, len(tensors) - 1)
        if x.ndim != 2 and not (ends and x.ndim == 1):
            which = "the first tensor" if k == 0 else "the last tensor" if ends else f"tensor {k}"
            raise RuntimeError(f"multi_dot(): {which} must be {'1D or ' if ends else ''}2D but got {x.ndim}D")
        if x.dtype is not tensors[0].dtype:
            raise RuntimeError(f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {tensors[0].dtype} and tensor {k} "
                               f"{x.dtype}")
    row, column = tensors[0].ndim == 1, tensors[-1].ndim == 1
    chain = list(tensors)
    if row:
        chain[0] = reshape_op(chain[0], shape=(1, chain[0].shape[0]))
    if column:
        chain[-1] = reshape_op(chain[-1], shape=(chain[-1].shape[0], 1))
    for k, (a, b) in enumerate(zip(chain, chain[1:])):
        if a.shape[1] != b.shape[0]:
            raise RuntimeError(f"multi_dot(): tensors {k} and {k + 1} with shapes {list(tensors[k].shape)} and "
                               f"{list(tensors[k + 1].shape)} cannot be multiplied")
    y = multiplied(chain)
    return delivered("linalg.multi_dot", out, reshape_op(y, shape=y.shape[int(row):2 - int(column)]) if row or column else y)


def multiplied(chain):
    """The product of matrices, in the cheapest order."""
    split = best_split([chain[0].shape[0], *(x.shape[1] for x in chain)])

    def part(i, j):
        return chain[i] if i == j else mm(part(i, split[i][j]), part(split[i][j] + 1, j))
    return part(0, len(chain) - 1)


def chain_matmul(*matrices, out=None):
    """The product of matrices, multiplied in the cheapest order: `torch.linalg.multi_dot` in its older form.

    Raises:
        RuntimeError: something else than a matrix.
    """
    for k, x in enumerate(matrices):
        must_be_tensors("chain_matmul", matrices=x)
        if x.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {x.ndim}, expected 2 instead.")
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    return delivered("chain_matmul", out, matrices[0] if len(matrices) == 1 else multi_dot(matrices))


# ---- powers -----------------------------------------------------------------------------------------------------------------

def matrix_power(input, n, *, out=None):
    """The product of n times the same square matrix, by repeated squaring; of its inverse for negative n.

    Raises:
        LinAlgError: n is negative and a matrix singular.
        RuntimeError: matrices that are not square.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.matrix_power(torch.tensor([[1.0, 1.0], [1.0, 0.0]]), 10)
        tensor([[89., 55.],
                [55., 34.]])
    """
    name = "linalg.matrix_power"
    must_be_tensors(name, input=input)
    A = input
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"linalg_matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    must_be_square(name, A)
    if n < 0:
        lapack.must_be_precise("linalg.inv", A)
    elif n and A.dtype is dtypes.bool:
        raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")
    return delivered(name, out, power_of(inverse_op(A) if n < 0 else A, -n if n < 0 else n))


def power_of(A, n):
    """Aⁿ for n ≥ 0: the squares A, A², A⁴ ... that n's binary digits name, multiplied."""
    if n == 0:
        xp = array_module(A._array)
        eye = xp.broadcast_to(xp.eye(A.shape[-1], dtype=A._array.dtype), A.shape)
        return identity_op(A, eye=eye)
    y = None
    while True:
        if n & 1:
            y = A if y is None else product(y, A)
        n >>= 1
        if not n:
            return y.clone() if y is A else y
        A = product(A, A)


@differentiable(name="CopyBackwards")
def identity_op(A, *, eye):
    """The identity, which A⁰ is whatever A is."""
    return eye.copy()

@identity_op.derivative                            # a constant
def _(grad):
    return zeros_of(grad)


def powers(x, count):
    """1, x, x², ... along a new last dimension."""
    return powers_op(x if x.dtype.is_floating_point else x.to(dtypes.int64), count=max(count, 0))


@differentiable
def powers_op(x, *, count):
    """The same, each from the one before."""
    xp = array_module(x)
    y = xp.empty((count, *x.shape), x.dtype)
    y[:1] = 1
    y[1:] = x
    for k in range(2, count) if on_host(x) else ():
        xp.multiply(y[k - 1], x, out=y[k])
    return xp.moveaxis(y if on_host(x) else y.cumprod(0), 0, -1).copy()

@powers_op.derivative                                 # Σₖ gₖ k xᵏ⁻¹
def _(grad, x, out, count):
    last, n = out.ndim - 1, max(count - 1, 0)
    k = array_module(getattr(x, "_array", x)).arange(1, n + 1, dtype=getattr(x, "_array", x).dtype)[:, None]
    terms = narrow_op(grad, dim=last, start=count - n, length=n) * narrow_op(out, dim=last, start=0, length=n)
    return reshape_op(product(terms, wrap(k) if isinstance(x, Tensor) else k), shape=tuple(x.shape))


def vander(x, N=None):
    """The matrix of powers 1, x, x² ... x^(N-1) of each element, N columns (by default as many as elements).

    Raises:
        RuntimeError: N is less than 2, or a bool tensor.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.vander(torch.tensor([2, 3, 5]))
        tensor([[ 1,  2,  4],
                [ 1,  3,  9],
                [ 1,  5, 25]])
    """
    must_be_tensors("linalg.vander", x=x)
    if x.dtype is dtypes.bool:
        raise RuntimeError("linalg.vander supports floating point, complex, and integer tensors, but got Bool")
    count = N if N is not None else x.shape[-1] if x.ndim else 1
    if count <= 1:
        raise RuntimeError(f"N must be greater than 1, got {count}.")
    return powers(x, count)


def older_vander(x, N=None, increasing=False):
    """The matrix of powers of a vector's elements, the highest first unless `increasing`.

    Raises:
        RuntimeError: not a vector, or a negative N.
    """
    must_be_tensors("vander", x=x)
    if x.ndim != 1:
        raise RuntimeError(f"x must be a one-dimensional tensor, got {x.ndim} dimensions.")
    if N is not None and N < 0:
        raise RuntimeError(f"N must be non-negative, got {N}.")
    y = powers(x, len(x) if N is None else N)
    return y if increasing else flip_copy(y, dims=(1,))


older_vander.__name__ = older_vander.__qualname__ = "vander"
