"""Joining tensors, splitting them into views, repeating and turning them."""
import builtins

from minitorch import dtypes
from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module
from minitorch.ops.conversion import cast
from minitorch.ops.reduction import sum_to
from minitorch.ops.shape import asked, dim_of, expand_op, require_tensors, reshape_op, sizes, whole
from minitorch.tensor import Tensor

# ---- joining ----------------------------------------------------------------------------------------------------------------

@differentiable(name="CatBackward0")
def cat_op(tensors: list, *, dim):
    xp = array_module(*tensors)
    return xp.ascontiguousarray(xp.concatenate(tensors, dim))             # as in torch, whatever the layout of the parts

@cat_op.derivative                                    # each tensor gets its own part; nothing but shapes is kept
def _(grad, tensors_shape, dim, needs):
    parts, start = [], 0
    for shape in tensors_shape:
        parts.append(narrow_op(grad, dim=dim, start=start, length=shape[dim]))
        start += shape[dim]
    return [parts]


def cat(tensors, dim=0, *, out=None):
    """Tensors joined along an existing dimension, in their common dtype.

    Raises:
        RuntimeError: no tensors, or shapes that differ elsewhere than in `dim`.

    Example:
        >>> import minitorch as torch
        >>> torch.cat([torch.ones(1, 2), torch.zeros(1, 2)])
        tensor([[1., 1.],
                [0., 0.]])
    """
    if isinstance(tensors, Tensor):
        raise TypeError("cat(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    tensors = list(tensors)
    require_tensors(tensors)
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for k, x in enumerate(tensors):
        if x.ndim == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {k}) cannot be concatenated")
    used = tensors
    if any(x.ndim != tensors[0].ndim for x in tensors):                      # torch ignores empty 1-d tensors among others
        used = [x for x in tensors if x._array.shape != (0,)]
    first = used[0]
    dim = dim_of(dim, first.ndim)
    for k, x in enumerate(used):
        if x.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {x.ndim}")
        for d in range(first.ndim):
            if d != dim and x.shape[d] != first.shape[d]:
                raise RuntimeError(f"Sizes of tensors must match except in dimension {dim}. Expected size {first.shape[d]} but got size "
                                   f"{x.shape[d]} for tensor number {k} in the list.")
    result = cat_op(in_common_dtype(used, tensors), dim=dim)
    if out is not None:
        from minitorch.ops.inplace import overwrite
        return overwrite(out, result, resize=True)
    return result


def in_common_dtype(tensors, operands):
    """Tensors converted to the dtype that all operands promote to."""
    kind = dtypes.result_numpy([x._array for x in operands])
    return [x if x._array.dtype == kind else cast(x, dtype=kind) for x in tensors]


@differentiable(name="StackBackward0")
def stack_op(tensors: list, *, dim):
    xp = array_module(*tensors)
    return xp.ascontiguousarray(xp.stack(tensors, dim))

@stack_op.derivative
def _(grad, dim):
    return [list(unbind_op(grad, dim=dim))]


def stack(tensors, dim=0, *, out=None):
    """Tensors of one shape joined along a new dimension.

    Raises:
        RuntimeError: no tensors, or unequal shapes.
    """
    tensors = list(tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    for k, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type(x).__name__}")
        if x.shape != tensors[0].shape:
            raise RuntimeError(f"stack expects each tensor to be equal size, but got {list(tensors[0].shape)} at entry 0 and "
                               f"{list(x.shape)} at entry {k}")
    result = stack_op(in_common_dtype(tensors, tensors), dim=dim_of(dim, tensors[0].ndim + 1))
    if out is not None:
        from minitorch.ops.inplace import overwrite
        return overwrite(out, result, resize=True)
    return result


def atleast(n, tensors):
    """Tensors with at least n dimensions, new ones where NumPy and torch put them."""
    if isinstance(tensors, (str, float, int)):
        raise TypeError(f"atleast_{n}d() takes Tensors, got {type(tensors).__name__}")
    tensors, found = list(tensors), []
    if tensors:
        require_tensors(tensors)
    for x in tensors:
        shape = tuple(x.shape)
        if len(shape) < n:
            shape = (1,) * (n - len(shape)) + shape if n < 3 else {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}[len(shape)]
            x = reshape_op(x, shape=shape)
        found.append(x)
    return found


def atleast_1d(*tensors):
    """Tensors with at least one dimension."""
    several = len(tensors) == 1 and not isinstance(tensors[0], Tensor)
    found = atleast(1, tensors[0] if several else tensors)
    return found[0] if len(tensors) == 1 and not several else tuple(found)


def atleast_2d(*tensors):
    """Tensors with at least two dimensions."""
    several = len(tensors) == 1 and not isinstance(tensors[0], Tensor)
    found = atleast(2, tensors[0] if several else tensors)
    return found[0] if len(tensors) == 1 and not several else tuple(found)


def hstack(tensors):
    """Tensors joined side by side: along dimension 1, or 0 for 1-d tensors."""
    tensors = atleast(1, tensors)
    if not tensors:
        raise RuntimeError("hstack expects a non-empty TensorList")
    return cat(tensors, 0 if tensors and tensors[0].ndim == 1 else 1)


def vstack(tensors):
    """Tensors joined below one another, along dimension 0."""
    tensors = atleast(2, tensors)
    if not tensors:
        raise RuntimeError("vstack expects a non-empty TensorList")
    return cat(tensors, 0)


# ---- splitting: views of the input, several at once -------------------------------------------------------------------------------

@differentiable(view=True, name="SliceBackward0")
def narrow_op(input, *, dim, start, length):
    return input[(slice(None),) * dim + (slice(start, start + length),)]

@narrow_op.derivative
def _(grad, input_shape, dim, start, length):
    return widen(grad, size=input_shape[dim], dim=dim, start=start)


@differentiable
def widen(input, *, size, dim, start):
    """The transpose of `narrow`: the values at their places, zeros elsewhere."""
    shape = input.shape[:dim] + (size,) + input.shape[dim + 1:]
    whole = array_module(input).zeros(shape, input.dtype)
    whole[(slice(None),) * dim + (slice(start, start + input.shape[dim]),)] = input
    return whole

@widen.derivative
def _(grad, input_shape, dim, start):
    return narrow_op(grad, dim=dim, start=start, length=input_shape[dim])


def narrow(input, dim, start, length):
    """`length` places along a dimension from `start` on, a view.

    Raises:
        RuntimeError: the places are not all there.
    """
    if input.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    d = dim_of(dim, input.ndim)
    size = input.shape[d]
    if isinstance(start, Tensor) and (start.ndim or start._array.dtype.kind not in "iu"):
        raise RuntimeError(f"start must be an 0-dim integral Tensor, got {list(start.shape)} of {start.dtype}")
    start, length = whole(start, "start"), whole(length, "length")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -size <= start <= size:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-size}, {size}], but got {start})")
    start = start + size if start < 0 else start
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return narrow_op(input, dim=d, start=start, length=length)


@differentiable(outputs=list, view="multi", name="SplitBackward0")
def split_op(input, *, lengths, dim):
    parts, start = [], 0
    for length in lengths:
        parts.append(input[(slice(None),) * dim + (slice(start, start + length),)])
        start += length
    return parts

@split_op.derivative
def _(grads, dim):
    return cat_op(list(grads), dim=dim)


split_sizes = named(split_op, "SplitWithSizesBackward0")


def split(tensor, split_size_or_sections, dim=0):
    """Views of parts of a size (the last may be smaller), or of the sizes in a list.

    Raises:
        RuntimeError: sizes that do not add up to the dimension's, or a negative one.
    """
    if tensor.ndim == 0:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = dim_of(dim, tensor.ndim)
    total, size = tensor.shape[dim], split_size_or_sections
    if isinstance(size, int):
        if size < 0:
            raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
        if size == 0 and total:
            raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}")
        lengths = [min(size, total - start) for start in range(0, total, size)] if total else [0]
        return split_op(tensor, lengths=tuple(lengths), dim=dim)
    lengths = sizes((size,))
    if builtins.sum(lengths) != total or any(n < 0 for n in lengths):
        raise RuntimeError(f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size at dimension {dim}), but "
                           f"got split_sizes={list(lengths)}")
    return split_sizes(tensor, lengths=lengths, dim=dim)


def chunk(input, chunks, dim=0):
    """At most `chunks` views of equal size (the last may be smaller).

    Raises:
        RuntimeError: `chunks` is not positive.
    """
    if input.ndim == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = dim_of(dim, input.ndim)
    size = -(-input.shape[dim] // chunks)
    if size == 0:
        return split_sizes(input, lengths=(0,) * chunks, dim=dim)
    return split(input, size, dim)


def tensor_split(input, indices_or_sections=None, dim=0, *, indices=None, sections=None, tensor_indices_or_sections=None):
    """Views of `n` nearly equal parts, or of the parts between given indices, which have three more keywords in torch."""
    given = [v for v in (indices_or_sections, indices, sections, tensor_indices_or_sections) if v is not None]
    if len(given) != 1:
        raise TypeError(f"tensor_split() takes a number of sections or a sequence of indices, got {len(given)} of them")
    indices_or_sections, = given
    dim = dim_of(dim, input.ndim)
    if input.ndim == 0:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    total = input.shape[dim]
    if isinstance(indices_or_sections, Tensor):
        if indices_or_sections._array.dtype != "int64":
            raise RuntimeError("tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                               f"{indices_or_sections.dtype}")
        indices_or_sections = indices_or_sections.tolist()
    if isinstance(indices_or_sections, int):
        n = indices_or_sections
        if n <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {n}")
        bounds = [0]
        for k in range(n):
            bounds.append(bounds[-1] + total // n + (k < total % n))
    else:
        bounds = [0, *(slice(0, i).indices(total)[1] for i in indices_or_sections), total]
    return tuple(narrow_op(input, dim=dim, start=a, length=max(b - a, 0)) for a, b in zip(bounds, bounds[1:]))


@differentiable(outputs=list, view="multi", name="UnbindBackward0")
def unbind_op(input, *, dim):
    return [input[(slice(None),) * dim + (k, Ellipsis)] for k in range(input.shape[dim])]

@unbind_op.derivative
def _(grads, dim):
    return stack_op(list(grads), dim=dim)


def unbind(input, dim=0):
    """The views of a tensor along a dimension, which they lack.

    Raises:
        RuntimeError: a 0-d tensor.
    """
    if input.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return unbind_op(input, dim=dim_of(dim, input.ndim))


# ---- repeating and turning ----------------------------------------------------------------------------------------------------------

def repeat(self, *args, repeats=None):
    """The tensor laid side by side so often along each dimension (a copy).

    Raises:
        RuntimeError: fewer numbers than dimensions.
    """
    repeats = asked(args, repeats, "repeat", "repeats")
    if len(repeats) < self.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    if any(r < 0 for r in repeats):
        raise RuntimeError(f"Trying to create tensor with negative dimension: repeats {list(repeats)}")
    return repeat_op(self, repeats=repeats)


@differentiable(name="RepeatBackward0")
def repeat_op(input, *, repeats):
    return array_module(input).tile(input, repeats)

@repeat_op.derivative                                 # (r·n) -> (r, n), summed over r
def _(grad, input_shape, repeats):
    full = (1,) * (len(repeats) - len(input_shape)) + tuple(input_shape)
    pairs = tuple(k for r, n in zip(repeats, full) for k in (r, n))
    summed = sum_to(reshape_op(grad, shape=pairs), shape=tuple(k for n in full for k in (1, n)))
    return reshape_op(summed, shape=input_shape)


def tile(input, *args, dims=None):
    """As `repeat`, with missing leading numbers taken as 1."""
    dims = asked(args, dims, "tile", "dims")
    return repeat(input, (1,) * (input.ndim - len(dims)) + dims)


def flip(input, *args, dims=None):
    """The order along each given dimension reversed (a copy).

    Raises:
        RuntimeError: a dimension given twice.
    """
    dims = tuple(dim_of(d, input.ndim) for d in asked(args, dims, "flip", "dims"))
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"dim {next(d for d in dims if dims.count(d) > 1)} appears multiple times in the list of dims")
    return flip_copy(input, dims=dims) if input.ndim else input.clone()


@differentiable(name="FlipBackward0")
def flip_copy(input, *, dims):
    return array_module(input).flip(input, dims).copy() if dims else input.copy()      # torch has no negative strides

@flip_copy.derivative
def _(grad, dims):
    return flip_copy(grad, dims=dims)


@differentiable(name="RollBackward0")
def roll_op(input, *, shifts, dims):
    return array_module(input).roll(input, shifts, dims)

@roll_op.derivative
def _(grad, shifts, dims):
    return roll_op(grad, shifts=tuple(-s for s in shifts) if isinstance(shifts, tuple) else -shifts, dims=dims)


def roll(input, shifts, dims=None):
    """Values moved along dimensions (or through the flattened tensor), those that leave at one end entering at the other.

    Raises:
        RuntimeError: shifts and dims differ in number.
    """
    shifts = (shifts,) if isinstance(shifts, int) else sizes((shifts,))
    if dims is None or isinstance(dims, (tuple, list)) and not dims:
        if len(shifts) != 1:
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:0")
        return roll_op(input, shifts=shifts[0], dims=None)
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    if len(shifts) != len(dims):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    dims = tuple(dim_of(d, input.ndim) for d in dims)
    if not input.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return roll_op(input, shifts=shifts, dims=dims)


def meshgrid(*tensors, indexing=None):
    """Grids of coordinates from 1-d tensors: `indexing` "ij" (the default) or "xy".

    Raises:
        RuntimeError: an unknown indexing.
    """
    tensors = list(tensors[0]) if len(tensors) == 1 and not isinstance(tensors[0], Tensor) else list(tensors)
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    require_tensors(tensors)
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for x in tensors:
        if x.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {list(x.shape)}")
    swap = indexing == "xy" and len(tensors) > 1
    if swap:
        tensors[:2] = tensors[1::-1]
    shape = tuple(x._array.size for x in tensors)
    grids = [expand_op(reshape_op(x, shape=tuple(n if k == i else 1 for k, n in enumerate(shape))), shape=shape) for i,
             x in enumerate(tensors)]
    if swap:
        grids[:2] = grids[1::-1]
    return tuple(grids)
