"""Products of vectors and matrices."""
import math

from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module
from minitorch.ops.joining import in_common_dtype
from minitorch.ops.reduction import sum_along, sum_to
from minitorch.ops.shape import expand_op, permute_op, reshape_op, swapped
from minitorch.tensor import Tensor


def adjoint(x):
    """The last two dimensions exchanged."""
    return permute_op(x, dims=swapped(x.ndim, x.ndim - 2, x.ndim - 1))


@differentiable(name="BmmBackward0")
def product(input, other):
    """A B for matrices and batches of them, with at least two dimensions each; batches broadcast."""
    if input.shape[-1] == 1 == other.shape[-2]:       # a column times a row: nothing to sum
        return input * other
    return array_module(input).matmul(input, other)

@product.derivative("input")                          # Y = A B: ∂L/∂A = G Bᵀ
def _(grad, other, input_shape):
    return sum_to(product(grad, adjoint(other)), shape=tuple(input_shape))

@product.derivative("other")                          # ∂L/∂B = Aᵀ G
def _(grad, input, other_shape):
    return sum_to(product(adjoint(input), grad), shape=tuple(other_shape))


matrix_product, vector_product, dot_product = named(product, "MmBackward0"), named(product, "MvBackward0"), named(product, "DotBackward0")


def same_dtype(name, *tensors):
    """Products do not promote: unequal dtypes are an error."""
    for x in tensors:
        if not isinstance(x, Tensor):
            raise TypeError(f"{name}(): expected Tensors, but got {type(x).__name__}")
    first = tensors[0].dtype
    for x in tensors[1:]:
        if x.dtype is not first:
            raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {first} != {x.dtype} in {name}: "
                               "convert one with .to()")


def matmul(input, other):
    """The matrix product; vectors count as a row (first) or a column (second), leading dimensions broadcast.

    Raises:
        RuntimeError: inner sizes differ, a 0-d operand, or unequal dtypes.

    Example:
        >>> import minitorch as torch
        >>> torch.matmul(torch.tensor([[1.0, 2.0]]), torch.tensor([3.0, 4.0]))
        tensor([11.])
    """
    same_dtype("matmul", input, other)
    if input.ndim == 0 or other.ndim == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {input.ndim}D and {other.ndim}D")
    if input.ndim == 1 and other.ndim == 1:
        return dot(input, other)
    if input.ndim == 2 and other.ndim == 2:
        return mm(input, other)
    if input.ndim == 2 and other.ndim == 1:
        return mv(input, other)
    a = reshape_op(input, shape=(1, *input.shape)) if input.ndim == 1 else input
    b = reshape_op(other, shape=(*other.shape, 1)) if other.ndim == 1 else other
    check_inner("matmul", a, b)
    check_batch(a, b)
    if b.ndim == 2 and a.ndim > 2:                    # (..., n, k) @ (k, m): one product of all rows
        y = matrix_product(reshape_op(a, shape=(math.prod(a.shape[:-1]), a.shape[-1])), b)
        y = reshape_op(y, shape=(*a.shape[:-1], b.shape[-1]))
    else:
        y = product(a, b)
    if input.ndim == 1:
        y = reshape_op(y, shape=(*y.shape[:-2], y.shape[-1]))
    return reshape_op(y, shape=tuple(y.shape[:-1])) if other.ndim == 1 else y


def check_inner(name, a, b):
    """The columns of the first are the rows of the second."""
    if a.shape[-1] != b.shape[-2]:
        raise RuntimeError(f"{name}: mat1 and mat2 shapes cannot be multiplied ({'x'.join(map(str, a.shape))} and "
                           f"{'x'.join(map(str, b.shape))})")


def check_batch(a, b):
    """Leading dimensions broadcast."""
    from minitorch.ops.shape import broadcast_shape
    broadcast_shape(tuple(a.shape[:-2]), tuple(b.shape[:-2]))


def dims_are(name, ndim, *tensors):
    """Each tensor has so many dimensions."""
    for k, x in enumerate(tensors):
        if x.ndim != ndim:
            raise RuntimeError(f"{name}: expected {ndim}D tensors, but argument {k + 1} has {x.ndim} dimensions, shape {list(x.shape)}")


def mm(input, mat2):
    """The product of two matrices.

    Raises:
        RuntimeError: operands that are not matrices, or do not fit.
    """
    same_dtype("mm", input, mat2)
    dims_are("mm", 2, input, mat2)
    check_inner("mm", input, mat2)
    return matrix_product(input, mat2)


def bmm(input, mat2):
    """The products of two batches of matrices, pair by pair.

    Raises:
        RuntimeError: operands that are not batches of matrices, or do not fit.
    """
    same_dtype("bmm", input, mat2)
    dims_are("bmm", 3, input, mat2)
    if input.shape[0] != mat2.shape[0]:
        raise RuntimeError(f"batch1 and batch2 must have same number of batches, got {input.shape[0]} and {mat2.shape[0]}")
    check_inner("bmm", input, mat2)
    return product(input, mat2)


def mv(input, vec):
    """The product of a matrix and a vector."""
    same_dtype("mv", input, vec)
    if input.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {input.ndim}, {vec.ndim}")
    if input.shape[1] != vec.shape[0]:
        raise RuntimeError(f"size mismatch, got input ({input.shape[0]}), mat ({input.shape[0]}x{input.shape[1]}), vec ({vec.shape[0]})")
    column = reshape_op(vec, shape=(vec.shape[0], 1))
    return reshape_op(vector_product(input, column), shape=(input.shape[0],))


def dot(input, tensor):
    """The inner product of two vectors: Σ aᵢ bᵢ.

    Raises:
        RuntimeError: operands that are not vectors of one length.
    """
    same_dtype("dot", input, tensor)
    if input.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors")
    if input.shape != tensor.shape:
        raise RuntimeError(f"inconsistent tensor size, expected tensor [{input.shape[0]}] and src [{tensor.shape[0]}] to have the same "
                           "number of elements")
    return dot_op(input, tensor)


def vdot(input, other, *, out=None):
    """The inner product of two vectors: `dot`."""
    from minitorch.ops.lapack import delivered
    return delivered("vdot", out, dot(input, other))


@differentiable(name="DotBackward0")
def dot_op(input, tensor):
    return array_module(input).dot(input, tensor)

@dot_op.derivative("input")
def _(grad, tensor):
    return grad * tensor

@dot_op.derivative("tensor")
def _(grad, input):
    return grad * input


def outer(input, vec2):
    """The outer product of two vectors: aᵢ bⱼ."""
    if not isinstance(vec2, Tensor):
        raise TypeError(f"outer(): argument 'vec2' (position 2) must be Tensor, not {type(vec2).__name__}")
    if input.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError(f"outer: Expected 1-D argument {'self' if input.ndim != 1 else 'vec2'}, but got "
                           f"{input.ndim if input.ndim != 1 else vec2.ndim}-D")
    return reshape_op(input, shape=(input.shape[0], 1)) * vec2


def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """beta · input + alpha · (mat1 @ mat2)."""
    same_dtype("addmm", input, mat1)
    y = mm(mat1, mat2)
    return plus_scaled(input, y, beta, alpha)


def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta · input + alpha · (batch1 @ batch2), matrix by matrix."""
    return plus_scaled(input, bmm(batch1, batch2), beta, alpha)


def plus_scaled(input, y, beta, alpha):
    """beta · input + alpha · y, where input broadcasts to y; beta = 0 ignores input, nan included."""
    if tuple(input.shape) != tuple(y.shape):
        try:
            input = expand_op(input, shape=tuple(y.shape))
        except ValueError:
            raise RuntimeError(f"The expanded size of the tensor must match: input {list(input.shape)} does not broadcast to "
                               f"{list(y.shape)}") from None
    y = y if alpha == 1 else y * alpha
    return y + input * 0 if beta == 0 and input.requires_grad else y if beta == 0 else y + (input if beta == 1 else input * beta)


@differentiable
def einsum_op(operands: list, *, terms, result):
    """The sum of products over all labels that the result lacks; `terms` are tuples of numbers, each once an operand."""
    if len(operands) == 2 and set(result).issuperset(terms[0] + terms[1]):
        first, second = (aligned(x, term, result) for x, term in zip(operands, terms))
        return first * second
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    spell = ["".join(letters[k] for k in term) for term in terms]
    return array_module(*operands).einsum(f"{','.join(spell)}->{''.join(letters[k] for k in result)}", *operands,
                                          optimize=len(operands) > 1)

@einsum_op.derivative                                 # each operand's gradient is the einsum of the others with the cotangent
def _(grad, operands, operands_shape, terms, result, needs):
    sizes = {k: n for term, shape in zip(terms, operands_shape) for k, n in zip(term, shape)}
    gradients = []
    for i, term in enumerate(terms):
        others = [x for k, x in enumerate(operands) if k != i]
        labels = [t for k, t in enumerate(terms) if k != i]
        known = set(result).union(*labels) if labels else set(result)
        part = tuple(k for k in term if k in known)   # a label that stands here alone was summed: its gradient repeats
        g = einsum_op([grad, *others], terms=(result, *labels), result=part)
        whole = reshape_op(g, shape=tuple(sizes[k] if k in known else 1 for k in term))
        gradients.append(expand_op(whole, shape=tuple(sizes[k] for k in term)))
    return [gradients]


def aligned(x, term, result):
    """An array with its dimensions in the order of the result's labels, of size 1 where it lacks one."""
    x = x.transpose([term.index(k) for k in result if k in term])
    return x[tuple(slice(None) if k in term else None for k in result)]


def einsum(equation, *operands):
    """Sums of products in Einstein's notation: `einsum("ij,jk->ik", a, b)`; "..." stands for leading dimensions.

    Raises:
        RuntimeError: the equation does not fit the operands.

    Example:
        >>> import minitorch as torch
        >>> torch.einsum("i,j->ij", torch.ones(2), torch.arange(2.0))
        tensor([[0., 1.],
                [0., 1.]])
    """
    from minitorch.ops.einsum import parse
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    operands, terms, result = parse(equation, list(operands))
    if set(result).issuperset(k for term in terms for k in term):                # nothing is summed: a product, which promotes
        operands = in_common_dtype(operands, operands)
    same_dtype("einsum", *operands)
    if len(operands) == 1:                            # sums, and the rest in another order
        (x,), (term,), left = operands, terms, [k for k in terms[0] if k in result]
        x = sum_along(x, axes=tuple(n for n, k in enumerate(term) if k not in result), keepdim=False) if len(left) < len(term) else x
        return permute_op(x, dims=tuple(left.index(k) for k in result))
    return einsum_op(operands, terms=terms, result=result)


def tensordot(a, b, dims=2):
    """The product summed over pairs of dimensions: the last `dims` of a with the first of b, or two lists of them.

    Raises:
        RuntimeError: paired dimensions of unequal size.
    """
    from minitorch.ops.shape import dim_of
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        pairs = [(a.ndim - dims + k, k) for k in range(dims)]
    else:
        first, second = [[d] if isinstance(d, int) else list(d) for d in dims]
        if len(first) != len(second):
            raise RuntimeError(f"both dimension lists should have same length, got {first} and {second}")
        pairs = [(dim_of(i, a.ndim), dim_of(j, b.ndim)) for i, j in zip(first, second)]
    for i, j in pairs:
        if a.shape[i] != b.shape[j]:
            raise RuntimeError(f"contracted dimensions need to match, but first has size {a.shape[i]} in dim {i} and second has size "
                               f"{b.shape[j]} in dim {j}")
    used_a, used_b = [i for i, _ in pairs], [j for _, j in pairs]
    free_a, free_b = [k for k in range(a.ndim) if k not in used_a], [k for k in range(b.ndim) if k not in used_b]
    inner = math.prod(a.shape[i] for i in used_a)
    left = reshape_op(permute_op(a, dims=tuple(free_a + used_a)), shape=(math.prod(a.shape[k] for k in free_a), inner))
    right = reshape_op(permute_op(b, dims=tuple(used_b + free_b)), shape=(inner, math.prod(b.shape[k] for k in free_b)))
    return reshape_op(mm(left, right), shape=tuple(a.shape[k] for k in free_a) + tuple(b.shape[k] for k in free_b))


def trace(input):
    """The sum of a matrix's diagonal."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    if input._array.dtype.kind == "b":
        raise NotImplementedError("\"trace\" not implemented for 'Bool': convert with .int()")
    from minitorch.ops.diagonals import diagonal
    return sum_along(diagonal(input), axes=(0,), keepdim=False)
