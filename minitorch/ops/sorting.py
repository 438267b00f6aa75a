"""Sorting, running sums and products, and repeated elements."""
from minitorch import dtypes, return_types
from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module, on_host
from minitorch.ops.gathering import index_array, put_along
from minitorch.ops.joining import flip_copy
from minitorch.ops.shape import dim_of, reshape_op, whole
from minitorch.tensor import Tensor, wrap


@differentiable(outputs="values indices", name="SortBackward0")
def sort_op(input, *, dim, descending):
    xp = array_module(input)
    if input.ndim == 0:
        return input.copy(), xp.zeros((), "int64")
    if descending:                                    # equal values keep their order: sort the reversed, and turn back
        n = input.shape[dim]
        indices = n - 1 - xp.flip(xp.argsort(xp.flip(input, dim), dim, kind="stable"), dim)
    else:
        indices = xp.argsort(input, dim, kind="stable")
    return xp.take_along_axis(input, indices, dim), indices

@sort_op.derivative                                   # a sort is a permutation: its transpose puts each gradient back
def _(grad, indices, input_shape, dim):
    return grad if not input_shape else put_along(grad, getattr(indices, "_array", indices), shape=tuple(input_shape), dim=dim)


stable_sort_op = named(sort_op, "SortBackward1")


def sort(input, dim=-1, descending=False, stable=None):
    """Values in order along a dimension, and the indices where they stood; equal values keep their order, nan is the largest.

    Example:
        >>> import minitorch as torch
        >>> torch.sort(torch.tensor([3, 1, 2])).indices
        tensor([1, 2, 0])
    """
    op = sort_op if stable is None else stable_sort_op
    return return_types.sort(op(input, dim=dim_of(dim, input.ndim), descending=descending))


def argsort(input, dim=-1, descending=False, stable=False):
    """The indices that sort a tensor along a dimension."""
    return sort(input, dim, descending, stable).indices


@differentiable(outputs="values indices", name="TopkBackward0")
def topk_op(input, *, k, dim, largest):
    xp, part = array_module(input), (slice(None),) * dim
    if input.ndim == 0 or not on_host(input) or not 0 < 4 * k <= input.shape[dim]:
        values, indices = sort_op.op.forward(input, dim=dim, descending=largest)
        return (values[(*part, slice(k))].copy(), indices[(*part, slice(k))].copy()) if input.ndim else (values, indices)
    n = input.shape[dim]                              # first which they are, then their order
    chosen = xp.argpartition(input, n - k, dim)[(*part, slice(n - k, n))] if largest else xp.argpartition(input, k, dim)[(*part, slice(k))]
    chosen.sort(dim)
    values, order = sort_op.op.forward(xp.take_along_axis(input, chosen, dim), dim=dim, descending=largest)
    return values, xp.take_along_axis(chosen, order, dim)

@topk_op.derivative
def _(grad, indices, input_shape, dim):
    return grad if not input_shape else put_along(grad, getattr(indices, "_array", indices), shape=tuple(input_shape), dim=dim)


def topk(input, k, dim=-1, largest=True, sorted=True):
    """The k largest (or smallest) values along a dimension, in order, and their indices.

    Raises:
        RuntimeError: k is larger than the dimension.

    Example:
        >>> import minitorch as torch
        >>> torch.topk(torch.tensor([1.0, 5.0, 3.0]), 2).values
        tensor([5., 3.])
    """
    d, k = dim_of(dim, input.ndim), whole(k, "k")
    if input._array.dtype.kind == "b":
        raise RuntimeError("topk is not implemented for bool: convert with .int()")
    if not 0 <= k <= (input.shape[d] if input.ndim else 1):
        raise RuntimeError(f"selected index k out of range: k = {k}, size of dimension {d} = {input.shape[d] if input.ndim else 1}")
    return return_types.topk(topk_op(input, k=k, dim=d, largest=largest))


# ---- running sums and products ------------------------------------------------------------------------------------------------

@differentiable(name="CumsumBackward0")
def cumsum_op(input, *, dim):
    return array_module(input).cumsum(input, dim, dtype=summed_dtype(input)) if input.ndim else input.astype(summed_dtype(input))

@cumsum_op.derivative                                 # yᵢ = Σ_{j≤i} xⱼ: ∂L/∂xⱼ = Σ_{i≥j} gᵢ, a running sum from the end
def _(grad, dim, input_shape):
    if not input_shape:
        return grad
    return flip_copy(cumsum_op(flip_copy(grad, dims=(dim,)), dim=dim), dims=(dim,))


def summed_dtype(input):
    """The dtype of sums and products: integers and bool add up as int64."""
    return input.dtype if input.dtype.kind == "f" else "int64"


def refuse_bool(name, dtype):
    """Running sums and products are not made in bool."""
    if dtype is not None and dtypes.to_numpy(dtype).kind == "b":
        raise NotImplementedError(f'"{name}_out_cpu" not implemented for \'Bool\': ask for an integer dtype')


def cumsum(input, dim, *, dtype=None):
    """The sums of all values up to each place along a dimension."""
    from minitorch.ops.reduction import in_dtype
    refuse_bool("cumsum", dtype)
    return in_dtype(cumsum_op(in_dtype(input, dtype), dim=dim_of(dim, input.ndim)), dtype)


@differentiable(name="CumprodBackward0")
def cumprod_op(input, *, dim):
    return array_module(input).cumprod(input, dim, dtype=summed_dtype(input)) if input.ndim else input.astype(summed_dtype(input))

@cumprod_op.derivative
def cumprod_backward(grad, input, dim):
    """∂L/∂xⱼ = Σ_{i≥j} gᵢ Π_{k≤i, k≠j} xₖ.

    Before the first 0 of a line that is Σ_{i≥j} gᵢ yᵢ / xⱼ, a running sum from the end. At it, the same with the products that leave
    it out; behind it, every product has it as a factor: 0.
    """
    if input.ndim == 0:
        return grad
    xp, zero = array_module(input), input == 0

    def sums_from_the_end(x):
        return xp.flip(xp.cumsum(xp.flip(grad * xp.cumprod(x, dim), dim), dim), dim)
    if on_host(input) and not zero.any():
        return sums_from_the_end(input) / input
    zeros = xp.cumsum(zero, dim)                      # how many up to each place
    first = zero & (zeros == 1)
    x = xp.where(first, 1, input)
    before, at = sums_from_the_end(input) / x, sums_from_the_end(x)
    return xp.where(zeros == 0, before, xp.where(first, at, 0)).astype(grad.dtype, copy=False)

@cumprod_op.definition
def _(input, *, dim):
    from minitorch.ops.joining import stack_op, unbind_op
    if input.ndim == 0:
        return input * 1
    product, parts = None, []
    for x in unbind_op(input, dim=dim):
        product = x if product is None else product * x
        parts.append(product)
    return stack_op(parts, dim=dim) if parts else input * 1


def cumprod(input, dim, *, dtype=None):
    """The products of all values up to each place along a dimension."""
    from minitorch.ops.reduction import in_dtype
    refuse_bool("cumprod", dtype)
    return in_dtype(cumprod_op(in_dtype(input, dtype), dim=dim_of(dim, input.ndim)), dtype)


def diff(input, n=1, dim=-1, prepend=None, append=None):
    """Differences of neighbours along a dimension, n times."""
    from minitorch.ops.joining import cat, narrow_op
    if input.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    d = dim_of(dim, input.ndim)
    if prepend is not None or append is not None:
        input = cat([x for x in (prepend, input, append) if x is not None], d)
    if n == 0:
        return input.clone()
    for _ in range(min(n, input.shape[d])):
        size = input.shape[d] - 1
        upper, lower = narrow_op(input, dim=d, start=1, length=size), narrow_op(input, dim=d, start=0, length=size)
        input = upper - lower if input._array.dtype.kind != "b" else upper ^ lower
    return input


# ---- repeated elements ----------------------------------------------------------------------------------------------------------

def repeat_interleave(input=None, repeats=None, dim=None, *, output_size=None):
    """Each slice along a dimension (each element, without `dim`) repeated: a number, or a number for each.

    Raises:
        RuntimeError: repeats of another length than the dimension, or negative.
    """
    if input is None:
        input, repeats = repeats, None
        if not isinstance(input, Tensor):
            raise TypeError(f"repeat_interleave(): argument 'repeats' must be Tensor, not {type(input).__name__}")
    if repeats is None:
        if input._array.dtype.kind not in "iu":
            raise NotImplementedError(f'"repeat_interleave_cpu" not implemented for {input.dtype}: repeats are integers')
        input, repeats = wrap(array_module(input._array).arange(input._array.size)), input
    if dim is None:
        input, dim = reshape_op(input, shape=(input._array.size,)), 0
    d = dim_of(dim, input.ndim)
    size = input.shape[d]
    xp = array_module(input._array)
    if isinstance(repeats, int):
        if repeats < 0:
            raise RuntimeError("repeats can not be negative")
        if output_size not in (None, size * repeats):
            raise RuntimeError(f"repeat_interleave: Invalid output_size, expected {size * repeats} but got {output_size}")
        return repeated_alike(input, repeats=repeats, dim=d)
    else:
        counts = index_array(repeats, "repeats")
        if counts.ndim > 1 or counts.ndim == 1 and counts.size not in (1, size):
            raise RuntimeError(f"repeats must have the same size as input along dim, but got repeats.size(0) = {counts.size} and "
                               f"input.size({d}) = {size}")
        if (counts < 0).any():
            raise RuntimeError("repeats can not be negative")
        counts = xp.broadcast_to(counts.reshape(-1), (size,))
        ends = xp.cumsum(counts)
        total = int(ends[-1]) if size else 0
        if output_size not in (None, total):
            raise RuntimeError(f"allocated size does not match required size: the repeats make {total}, output_size is {output_size}")
        index = xp.searchsorted(ends, xp.arange(total), side="right")
    return repeated(input, index=(slice(None),) * d + (index,))


@differentiable(name="RepeatInterleaveBackward0")
def repeated_alike(input, *, repeats, dim):
    return array_module(input).repeat(input, repeats, dim)

@repeated_alike.derivative                            # what was copied comes back as a sum
def _(grad, input_shape, repeats, dim):
    from minitorch.ops.reduction import sum_along
    from minitorch.ops.shape import reshape_op
    groups = (*input_shape[:dim + 1], repeats, *input_shape[dim + 1:])
    return sum_along(reshape_op(grad, shape=groups), axes=(dim + 1,), keepdim=False)


@differentiable(name="RepeatInterleaveBackward0")
def repeated(input, *, index):
    return input[index]

@repeated.derivative
def _(grad, input_shape, index):
    from minitorch.ops.indexing import advanced_put
    return advanced_put(grad, shape=tuple(input_shape), index=index)


def sliced_dim(input, dim):
    """The dimension whose slices are compared, after torch's checks."""
    if input.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    d = dim_of(dim, input.ndim)
    if input.shape[d] and not input._array.size:
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    return d


def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The different values in order; on request with each element's place among them, and how often each occurs.

    Raises:
        RuntimeError: `dim` of a 0-d tensor.
    """
    xp = array_module(input._array)
    if dim is not None:
        dim = sliced_dim(input, dim)
    found = xp.unique(input._array, return_inverse=True, return_counts=True, axis=dim)
    values, inverse, counts = found
    inverse = inverse.reshape(input._array.shape if dim is None else -1)
    results = [wrap(values)] + [wrap(a.astype("int64", copy=False)) for a,
                                asked in ((inverse, return_inverse), (counts, return_counts)) if asked]
    return results[0] if len(results) == 1 else tuple(results)
