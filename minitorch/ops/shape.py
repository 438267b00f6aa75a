"""Shapes: views, joining, splitting and repeating. What can be a view is one, on the same memory."""
import builtins
import math

from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module, as_strided as strided_view
from minitorch.ops.reduction import sum_to
from minitorch.tensor import Tensor, wrap


def dim_of(dim, ndim):
    """A dimension counted from the front; IndexError as torch's if there is none."""
    span = max(ndim, 1)
    if not -span <= dim < span:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})")
    return dim % span


def sizes(args):
    """A shape given as one sequence or as several numbers."""
    if len(args) == 1 and not isinstance(args[0], int) and hasattr(args[0], "__iter__"):
        args = args[0]
    shape = []
    for s in args:
        if isinstance(s, bool) or not hasattr(s, "__index__"):
            raise TypeError(f"a shape must be a tuple of ints, but found {type(s).__name__} in it")
        shape.append(s.__index__())
    return tuple(shape)


def infer(shape, numel):
    """A shape whose -1, if any, is what makes it hold `numel` elements."""
    known = math.prod(s for s in shape if s != -1)
    if any(s < -1 for s in shape):
        raise RuntimeError(f"invalid shape dimension {next(s for s in shape if s < -1)}")
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if -1 in shape:
        if known == 0:
            raise RuntimeError(f"cannot reshape tensor of {numel} elements into shape {list(shape)} because the unspecified dimension size -1 can be any value and is ambiguous")
        if numel % known:
            raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")
        return tuple(numel // known if s == -1 else s for s in shape)
    if known != numel:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")
    return shape


# ---- views ------------------------------------------------------------------------------------------------------------

@differentiable(view=True, name="AliasBackward0")
def alias(input):
    return input.view()

@alias.derivative
def _(grad):
    return grad


@differentiable(view=True, name="ViewBackward0")
def reshape_op(input, *, shape):
    return input.reshape(shape)

@reshape_op.derivative
def _(grad, input_shape):
    return reshape_op(grad, shape=input_shape)


def reshape(input, *shape):
    """The same values in the same order under another shape: a view where the layout allows it. One size may be -1.

    Raises:
        RuntimeError: the shape does not hold the tensor's elements.

    Example:
        >>> import minitorch as torch
        >>> torch.reshape(torch.arange(6), (2, -1))
        tensor([[0, 1, 2],
                [3, 4, 5]])
    """
    return reshape_op(input, shape=infer(sizes(shape), math.prod(input.shape)))


def view(self, *shape):
    """As `reshape`, but never a copy; with a dtype, the same bytes read as that dtype.

    Raises:
        RuntimeError: the layout does not allow a view of that shape.
    """
    from minitorch import dtypes
    if len(shape) == 1 and isinstance(shape[0], dtypes.dtype):
        return view_dtype(self, shape[0])
    shape = infer(sizes(shape), self._array.size)
    if not self._array.flags.c_contiguous and self._array.size and not viewable(self._array, shape):
        raise RuntimeError("view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.")
    return reshape_op(self, shape=shape)


def viewable(array, shape):
    """Whether the layout of an array can be read under another shape without a copy."""
    from minitorch.backend import may_share_memory
    return may_share_memory(array.reshape(shape), array)


def view_dtype(self, dtype):
    """The same bytes read as another dtype; no gradient passes."""
    from minitorch.tensor import link_view
    if dtype.itemsize != self.itemsize and (not self.ndim or not self._array.flags.c_contiguous):
        raise RuntimeError(f"self.stride(-1) must be 1 to view {self.dtype} as {dtype} (different element sizes), and the tensor must have a dimension")
    out = wrap(self._array.view(dtype.numpy))
    link_view(out, self)
    return out


@differentiable(view=True, name="PermuteBackward0")
def permute_op(input, *, dims):
    return input.transpose(dims)

@permute_op.derivative                                # the transpose of a permutation is its inverse
def _(grad, dims):
    inverse = [0] * len(dims)
    for place, d in enumerate(dims):
        inverse[d] = place
    return permute_op(grad, dims=tuple(inverse))


transpose_op, t_op = named(permute_op, "TransposeBackward0"), named(permute_op, "TBackward0")


def permute(input, *dims):
    """The dimensions in another order.

    Raises:
        RuntimeError: `dims` is not a permutation of the dimensions.
    """
    dims = sizes(dims)
    if len(dims) != input.ndim:
        raise RuntimeError(f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. input.dim() = {input.ndim} is not equal to len(dims) = {len(dims)}")
    found = tuple(dim_of(d, input.ndim) for d in dims)
    if len(set(found)) != len(found):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return permute_op(input, dims=found)


def swapped(ndim, a, b):
    """The dimensions of a transpose."""
    dims = list(range(ndim))
    if ndim:
        dims[a], dims[b] = dims[b], dims[a]
    return tuple(dims)


def transpose(input, dim0, dim1):
    """Two dimensions exchanged.

    Example:
        >>> import minitorch as torch
        >>> torch.transpose(torch.ones(2, 3), 0, 1).shape
        torch.Size([3, 2])
    """
    return transpose_op(input, dims=swapped(input.ndim, dim_of(dim0, input.ndim), dim_of(dim1, input.ndim)))


def t(input):
    """The transpose of a matrix; tensors of fewer dimensions as they are.

    Raises:
        RuntimeError: more than two dimensions.
    """
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return t_op(input, dims=tuple(reversed(range(input.ndim))))


def T(self):
    """All dimensions reversed."""
    return permute_op(self, dims=tuple(reversed(range(self.ndim))))


def mT(self):
    """The last two dimensions exchanged.

    Raises:
        RuntimeError: fewer than two dimensions.
    """
    if self.ndim < 2:
        raise RuntimeError(f"tensor.mT is only supported on matrices or batches of matrices. Got {self.ndim}-D tensor.")
    return transpose(self, -2, -1)


def movedim(input, source, destination):
    """Dimensions moved to other places, the rest in order.

    Raises:
        RuntimeError: repeated dimensions, or lists of unequal length.
    """
    source, destination = [[d] if isinstance(d, int) else list(d) for d in (source, destination)]
    if len(source) != len(destination):
        raise RuntimeError(f"movedim: Invalid source or destination dims: source ({source} dims) should contain the same number of dims as destination ({destination} dims)")
    source, destination = [[dim_of(d, input.ndim) for d in dims] for dims in (source, destination)]
    for dims, which in ((source, "source"), (destination, "destination")):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{which}` ({dims})")
    order = [d for d in range(input.ndim) if d not in source]
    for place, d in sorted(zip(destination, source)):
        order.insert(place, d)
    return permute_op(input, dims=tuple(order))


@differentiable(view=True, name="ExpandBackward0")
def expand_op(input, *, shape):
    return array_module(input).broadcast_to(input, shape)

@expand_op.derivative
def _(grad, input_shape):
    return sum_to(grad, shape=input_shape)


def expand(self, *shape):
    """The tensor repeated along dimensions of size 1 (and new leading ones), without a copy; -1 leaves a size.

    Raises:
        RuntimeError: a size that is neither 1 nor the asked one.
    """
    shape, have = sizes(shape), self._array.shape
    lead = len(shape) - len(have)
    if lead < 0:
        raise RuntimeError(f"expand({list(have)}, size={list(shape)}): the number of sizes provided ({len(shape)}) must be greater or equal to the number of dimensions in the tensor ({len(have)})")
    full = []
    for k, s in enumerate(shape):
        if s == -1 and k < lead:
            raise RuntimeError(f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {k}")
        if s < -1:
            raise RuntimeError(f"expand(size={list(shape)}): sizes must be non-negative or -1")
        size = have[k - lead] if k >= lead else None
        if s != -1 and size not in (None, 1, s):
            raise RuntimeError(f"The expanded size of the tensor ({s}) must match the existing size ({size}) at non-singleton dimension {k}.  Target sizes: {list(shape)}.  Tensor sizes: {list(have)}")
        full.append(size if s == -1 else s)
    return expand_op(self, shape=tuple(full))


def broadcast_to(input, size):
    """The tensor expanded to a shape; see `expand`."""
    return expand(input, size)


def broadcast_shape(*shapes):
    """The shape that shapes broadcast to.

    Raises:
        RuntimeError: sizes differ and neither is 1.
    """
    out = [1] * max((len(s) for s in shapes), default=0)
    for shape in shapes:
        for k in range(1, len(shape) + 1):
            if out[-k] == 1:
                out[-k] = shape[-k]
            elif shape[-k] not in (1, out[-k]):
                raise RuntimeError(f"The size of tensor a ({out[-k]}) must match the size of tensor b ({shape[-k]}) at non-singleton dimension {len(out) - k}")
    return tuple(out)


def broadcast_tensors(*tensors):
    """All tensors expanded to their common shape."""
    tensors = tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], Tensor) else tensors
    shape = broadcast_shape(*(x._array.shape for x in tensors))
    return tuple(expand_op(x, shape=shape) for x in tensors)


@differentiable(view=True, name="SqueezeBackward1")
def squeeze_op(input, *, shape):
    return input.reshape(shape)

@squeeze_op.derivative
def _(grad, input_shape):
    return reshape_op(grad, shape=input_shape)


squeeze_all, unsqueeze_op = named(squeeze_op, "SqueezeBackward0"), named(squeeze_op, "UnsqueezeBackward0")


def squeeze(input, dim=None):
    """Without the dimensions of size 1: all, or the given ones."""
    if dim is None:
        return squeeze_all(input, shape=tuple(s for s in input.shape if s != 1))
    dims = {dim_of(d, input.ndim) for d in ((dim,) if isinstance(dim, int) else dim)}
    return squeeze_op(input, shape=tuple(s for k, s in enumerate(input.shape) if s != 1 or k not in dims))


def unsqueeze(input, dim):
    """With a new dimension of size 1 at `dim`.

    Raises:
        IndexError: `dim` is outside [-ndim - 1, ndim].
    """
    dim = dim_of(dim, input.ndim + 1)
    return unsqueeze_op(input, shape=(*input.shape[:dim], 1, *input.shape[dim:]))


def flatten(input, start_dim=0, end_dim=-1):
    """The dimensions from start_dim to end_dim made one.

    Raises:
        RuntimeError: start_dim comes after end_dim.
    """
    start, end = dim_of(start_dim, input.ndim), dim_of(end_dim, input.ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if input.ndim == 0:
        return reshape_op(input, shape=(1,))
    if start == end:
        return input
    return reshape_op(input, shape=(*input.shape[:start], math.prod(input.shape[start:end + 1]), *input.shape[end + 1:]))


def ravel(input):
    """The tensor as one contiguous dimension."""
    return reshape_op(input, shape=(math.prod(input.shape),))


def unflatten(input, dim, sizes):
    """One dimension made several; one size may be -1.

    Raises:
        RuntimeError: the sizes do not multiply to the dimension's.
    """
    dim = dim_of(dim, input.ndim)
    size = input.shape[dim]
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    known = math.prod(s for s in sizes if s != -1)
    if sizes.count(-1) > 1 or (-1 in sizes and (known == 0 or size % known)) or (-1 not in sizes and known != size):
        raise RuntimeError(f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({size}) in the input tensor")
    parts = tuple(size // known if s == -1 else s for s in sizes)
    return reshape_op(input, shape=(*input.shape[:dim], *parts, *input.shape[dim + 1:]))


@differentiable(view=True, name="AsStridedBackward0")
def region_view(input, *, region, base_strides):
    """The elements of `region` (offset, shape, strides) of a memory laid out by `base_strides`."""
    offset, shape, strides = region
    return strided_view(laid_out(input, base_strides), shape, strides, offset)

@region_view.derivative
def _(grad, input_shape, region, base_strides):
    return region_sum(grad, shape=input_shape, region=region, base_strides=base_strides)


@differentiable
def region_sum(input, *, shape, region, base_strides):
    """The transpose of `region_view`: values added up at their places, zeros elsewhere."""
    offset, part, strides = region
    whole = strided_zeros(array_module(input), shape, base_strides, input.dtype)
    target = strided_view(whole, part, strides, offset)
    if overlaps(part, strides):
        flat = strided_view(whole, (extent(shape, base_strides),), (1,))
        xp = array_module(input)
        places = strided_view(xp.arange(flat.size), part, strides, offset)
        from minitorch.backend import scatter_add
        scatter_add(flat, places.ravel(), input.ravel())
    else:
        target[...] = input
    return whole

@region_sum.derivative
def _(grad, region, base_strides):
    return region_view(grad, region=region, base_strides=base_strides)


def laid_out(array, strides):
    """The array itself if it has these strides (in elements), else a copy that has."""
    if tuple(s // array.itemsize for s in array.strides) == tuple(strides):
        return array
    copy = strided_zeros(array_module(array), array.shape, strides, array.dtype)
    copy[...] = array
    return copy


def strided_zeros(xp, shape, strides, kind):
    """Zeros with given strides, in elements."""
    return strided_view(xp.zeros(extent(shape, strides), kind), shape, strides)


def extent(shape, strides):
    """How many elements of memory a layout reaches over."""
    return 0 if 0 in shape else 1 + builtins.sum((n - 1) * s for n, s in zip(shape, strides))


def overlaps(shape, strides):
    """Whether two indices may lead to one place (as torch judges it: sizes against strides, smallest first)."""
    reach = 0
    for s, n in sorted((s, n) for n, s in zip(shape, strides) if n > 1):
        if s <= reach:
            return True
        reach += (n - 1) * s
    return False


def as_strided(input, size, stride, storage_offset=None):
    """The tensor's memory read with another shape, strides and offset, counted in elements."""
    base = input if input._base is None else input._base
    size, stride = sizes((size,)), sizes((stride,))
    offset = storage_offset if storage_offset is not None else storage_offset_of(input)
    if offset + extent(size, stride) > extent(base._array.shape, strides_of(base)):
        raise RuntimeError(f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset} are out of bounds for storage of {base._array.size} elements")
    return region_view(base, region=(offset, size, stride), base_strides=strides_of(base))


def strides_of(t):
    """The strides of a tensor, counted in elements."""
    size = t._array.itemsize
    return tuple(s // size for s in t._array.strides)


def stride(self, dim=None):
    """How many elements lie between neighbours along each dimension (or along `dim`)."""
    strides = contiguous_strides(self._array.shape) if self._array.size == 0 else strides_of(self)
    return strides if dim is None else strides[dim_of(dim, self.ndim)]


def contiguous_strides(shape):
    """The strides, in elements, of a contiguous tensor."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


def storage_offset_of(self):
    """How many elements of the base's memory lie before the tensor's first."""
    from minitorch.tensor import region_of
    return 0 if self._base is None else region_of(self, self._base)[0]


def unfold(self, dimension, size, step):
    """All windows of `size` along a dimension, `step` apart, as a new last dimension.

    Raises:
        RuntimeError: the window is larger than the dimension, or the step is not positive.
    """
    d = dim_of(dimension, self.ndim)
    length = self.shape[d] if self.ndim else 1
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {dimension} is {length} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    own = strides_of(self)
    count = (length - size) // step + 1
    shape = (*self.shape[:d], count, *self.shape[d + 1:], size) if self.ndim else (size,)
    strides = (*own[:d], own[d] * step, *own[d + 1:], own[d]) if self.ndim else (1,)
    return unfold_op(self, region=(0, shape, strides), base_strides=own)


unfold_op = named(region_view, "UnfoldBackward0")


# ---- joining ----------------------------------------------------------------------------------------------------------------

@differentiable(name="CatBackward0")
def cat_op(tensors: list, *, dim):
    return array_module(*tensors).concatenate(tensors, dim)

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
    for k, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type(x).__name__}")
    if not tensors:
        raise RuntimeError("torch.cat(): expected a non-empty list of Tensors")
    for k, x in enumerate(tensors):
        if x.ndim == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {k}) cannot be concatenated")
    used = [x for x in tensors if x._array.shape != (0,)] or tensors[:1]     # torch ignores empty 1-d tensors
    first = used[0]
    dim = dim_of(dim, first.ndim)
    for k, x in enumerate(used):
        if x.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {x.ndim}")
        for d in range(first.ndim):
            if d != dim and x.shape[d] != first.shape[d]:
                raise RuntimeError(f"Sizes of tensors must match except in dimension {dim}. Expected size {first.shape[d]} but got size {x.shape[d]} for tensor number {k} in the list.")
    result = cat_op(in_common_dtype(used, tensors), dim=dim)
    if out is not None:
        from minitorch.ops.inplace import overwrite
        return overwrite(out, result, resize=True)
    return result


def in_common_dtype(tensors, operands):
    """Tensors converted to the dtype that all operands promote to."""
    from minitorch import dtypes
    from minitorch.ops.conversion import cast
    kind = dtypes.result_numpy([x._array for x in operands])
    return [x if x._array.dtype == kind else cast(x, dtype=kind) for x in tensors]


@differentiable(name="StackBackward0")
def stack_op(tensors: list, *, dim):
    return array_module(*tensors).stack(tensors, dim)

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
            raise RuntimeError(f"stack expects each tensor to be equal size, but got {list(tensors[0].shape)} at entry 0 and {list(x.shape)} at entry {k}")
    result = stack_op(in_common_dtype(tensors, tensors), dim=dim_of(dim, tensors[0].ndim + 1))
    if out is not None:
        from minitorch.ops.inplace import overwrite
        return overwrite(out, result, resize=True)
    return result


def atleast(n, tensors):
    """Tensors with at least n dimensions, new ones where NumPy and torch put them."""
    found = []
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
    return cat(tensors, 0 if tensors and tensors[0].ndim == 1 else 1)


def vstack(tensors):
    """Tensors joined below one another, along dimension 0."""
    return cat(atleast(2, tensors), 0)


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
    start = int(start)
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
        raise RuntimeError(f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size at dimension {dim}), but got split_sizes={list(lengths)}")
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


def tensor_split(input, indices_or_sections, dim=0):
    """Views of `n` nearly equal parts, or of the parts between given indices."""
    dim = dim_of(dim, input.ndim)
    if input.ndim == 0:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    total = input.shape[dim]
    if isinstance(indices_or_sections, Tensor):
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
    return [input[(slice(None),) * dim + (k,)] for k in range(input.shape[dim])]

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


def unstack_grads(grad, dim):
    return list(unbind_op(grad, dim=dim))


# ---- repeating and turning ----------------------------------------------------------------------------------------------------------

def repeat(self, *repeats):
    """The tensor laid side by side so often along each dimension (a copy).

    Raises:
        RuntimeError: fewer numbers than dimensions.
    """
    repeats = sizes(repeats)
    if len(repeats) < self.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    if any(r < 0 for r in repeats):
        raise RuntimeError(f"Trying to create tensor with negative dimension: repeats {list(repeats)}")
    return repeat_op(self, repeats=repeats)


@differentiable
def repeat_op(input, *, repeats):
    return array_module(input).tile(input, repeats)

@repeat_op.derivative                                 # (r·n) -> (r, n), summed over r
def _(grad, input_shape, repeats):
    full = (1,) * (len(repeats) - len(input_shape)) + tuple(input_shape)
    if 0 in repeats:
        return sum_to(reshape_op(grad, shape=tuple(r * n for r, n in zip(repeats, full))), shape=(1,) * len(full)) * 0 + zeros_like_shape(grad, full, input_shape)
    pairs = tuple(k for r, n in zip(repeats, full) for k in (r, n))
    summed = sum_to(reshape_op(grad, shape=pairs), shape=tuple(k for n in full for k in (1, n)))
    return reshape_op(summed, shape=input_shape)


def zeros_like_shape(grad, full, shape):
    """Zeros for the gradient of what was repeated no times."""
    array = getattr(grad, "_array", grad)
    zeros = array_module(array).zeros(shape, array.dtype)
    return wrap(zeros) if isinstance(grad, Tensor) else zeros


def tile(input, *dims):
    """As `repeat`, with missing leading numbers taken as 1."""
    dims = sizes(dims)
    return repeat(input, (1,) * (input.ndim - len(dims)) + dims)


@differentiable
def flip_op(input, *, dims):
    return array_module(input).flip(input, dims)      # reversed, then owned by the tensor: torch has no negative strides

@flip_op.derivative
def _(grad, dims):
    return flip_op(grad, dims=dims)


def flip(input, *dims):
    """The order along each given dimension reversed (a copy).

    Raises:
        RuntimeError: a dimension given twice.
    """
    dims = tuple(dim_of(d, input.ndim) for d in sizes(dims))
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"dim {next(d for d in dims if dims.count(d) > 1)} appears multiple times in the list of dims")
    return flip_copy(input, dims=dims) if input.ndim else input.clone()


@differentiable(name="FlipBackward0")
def flip_copy(input, *, dims):
    return array_module(input).ascontiguousarray(array_module(input).flip(input, dims)) if dims else input.copy()

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
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    if dims is None or isinstance(dims, (tuple, list)) and not dims:
        if len(shifts) != 1:
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:0")
        return roll_op(input, shifts=shifts[0], dims=None)
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    if len(shifts) != len(dims):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    return roll_op(input, shifts=shifts, dims=tuple(dim_of(d, input.ndim) for d in dims))


def meshgrid(*tensors, indexing=None):
    """Grids of coordinates from 1-d tensors: `indexing` "ij" (the default) or "xy".

    Raises:
        RuntimeError: an unknown indexing.
    """
    tensors = list(tensors[0]) if len(tensors) == 1 and not isinstance(tensors[0], Tensor) else list(tensors)
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for x in tensors:
        if x.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {list(x.shape)}")
    swap = indexing == "xy" and len(tensors) > 1
    if swap:
        tensors[:2] = tensors[1::-1]
    shape = tuple(x._array.size for x in tensors)
    grids = [expand_op(reshape_op(x, shape=tuple(n if k == i else 1 for k, n in enumerate(shape))), shape=shape) for i, x in enumerate(tensors)]
    if swap:
        grids = [transpose(g, 0, 1) for g in grids]
        grids[:2] = grids[1::-1]
    return tuple(grids)
