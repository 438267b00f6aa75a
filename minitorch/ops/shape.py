"""Shapes: views, joining, splitting and repeating. What can be a view is one, on the same memory."""
import builtins
import math

from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module
from minitorch.backend import as_strided as strided_view
from minitorch.ops.reduction import sum_to
from minitorch.tensor import Size, Tensor, wrap


def dim_of(dim, ndim):
    """A dimension counted from the front; IndexError as torch's if there is none."""
    span = max(ndim, 1)
    if type(dim) is not int:
        dim = whole(dim)
    if not -span <= dim < span:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})")
    return dim % span


def whole(value, name="dim"):
    """The integer that a value is; a TypeError for all others, floats too."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"argument '{name}' must be int, not {type(value).__name__}")
    return value.__index__()


def sizes(args):
    """A shape given as one sequence or as several numbers."""
    if len(args) == 1 and not isinstance(args[0], (int, Tensor)) and hasattr(args[0], "__iter__"):
        args = args[0]
    shape = []
    for s in args:
        if isinstance(s, bool) or not hasattr(s, "__index__"):
            raise TypeError(f"a shape must be a tuple of ints, but found {type(s).__name__} in it")
        shape.append(s.__index__())
    return tuple(shape)


def asked(args, sequence, name, word):
    """The sizes that a function was given: as numbers or as one sequence, by position or by the keyword `word`."""
    if sequence is None:
        if not args:
            raise TypeError(f"{name}() missing 1 required positional argument: '{word}'")
        return sizes(args)
    if args:
        raise TypeError(f"{name}() got multiple values for argument '{word}'")
    return sizes((sequence,))


def infer(shape, numel):
    """A shape whose -1, if any, is what makes it hold `numel` elements."""
    known = math.prod(s for s in shape if s != -1)
    if any(s < -1 for s in shape):
        raise RuntimeError(f"invalid shape dimension {next(s for s in shape if s < -1)}")
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if -1 in shape:
        if known == 0:
            raise RuntimeError(f"cannot reshape tensor of {numel} elements into shape {list(shape)} because the unspecified dimension "
                               "size -1 can be any value and is ambiguous")
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


@differentiable(view="maybe", name="ViewBackward0")
def reshape_op(input, *, shape):
    return input.reshape(shape)

@reshape_op.derivative
def _(grad, input_shape):
    return reshape_op(grad, shape=input_shape)


def reshape(input, *args, shape=None):
    """The same values in the same order under another shape: a view where the layout allows it. One size may be -1.

    Raises:
        RuntimeError: the shape does not hold the tensor's elements.

    Example:
        >>> import minitorch as torch
        >>> torch.reshape(torch.arange(6), (2, -1))
        tensor([[0, 1, 2],
                [3, 4, 5]])
    """
    return reshape_op(input, shape=infer(asked(args, shape, "reshape", "shape"), math.prod(input.shape)))


def view(self, *args, size=None, dtype=None):
    """As `reshape`, but never a copy; with a dtype, the same bytes read as that dtype.

    Raises:
        RuntimeError: the layout does not allow a view of that shape.
    """
    from minitorch import dtypes
    dtype = args[0] if len(args) == 1 and isinstance(args[0], dtypes.dtype) else dtype
    if dtype is not None:
        return view_dtype(self, dtype)
    shape = infer(asked(args, size, "view", "size"), self._array.size)
    if not self._array.flags.c_contiguous and self._array.size and not viewable(self._array, shape):
        raise RuntimeError("view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
                           "contiguous subspaces). Use .reshape(...) instead.")
    return reshape_op(self, shape=shape)


def viewable(array, shape):
    """Whether the layout of an array can be read under another shape without a copy."""
    from minitorch.backend import may_share_memory
    return may_share_memory(array.reshape(shape), array)


def view_dtype(self, dtype):
    """The same bytes read as another dtype; no gradient passes."""
    from minitorch.tensor import link_view
    if dtype.itemsize != self.itemsize and (not self.ndim or not self._array.flags.c_contiguous):
        raise RuntimeError(f"self.stride(-1) must be 1 to view {self.dtype} as {dtype} (different element sizes), and the tensor must "
                           "have a dimension")
    if self.ndim and self.shape[-1] * self.itemsize % dtype.itemsize:
        raise RuntimeError(f"self.size(-1) must be divisible by {dtype.itemsize // self.itemsize} to view {self.dtype} as {dtype} "
                           f"(different element sizes), but got {self.shape[-1]}")
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


def permute(input, *args, dims=None):
    """The dimensions in another order.

    Raises:
        RuntimeError: `dims` is not a permutation of the dimensions.
    """
    dims = asked(args, dims, "permute", "dims")
    if len(dims) != input.ndim:
        raise RuntimeError("permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
                           f"ordering of dimensions i.e. input.dim() = {input.ndim} is not equal to len(dims) = {len(dims)}")
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


def swapaxes(input, axis0, axis1):
    """Two dimensions exchanged: `transpose`."""
    return transpose(input, axis0, axis1)


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


def H(self):
    """A matrix transposed.

    Raises:
        RuntimeError: neither two dimensions nor none.
    """
    if self.ndim not in (0, 2):
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {self.ndim}-D tensor.")
    return T(self)


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
    if isinstance(source, int) != isinstance(destination, int):
        raise TypeError(f"movedim() takes two ints or two tuples of ints, got {type(source).__name__} and {type(destination).__name__}")
    source, destination = [[d] if isinstance(d, int) else list(d) for d in (source, destination)]
    if len(source) != len(destination):
        raise RuntimeError(f"movedim: Invalid source or destination dims: source ({source} dims) should contain the same number of dims "
                           f"as destination ({destination} dims)")
    source, destination = [[dim_of(d, input.ndim) for d in dims] for dims in (source, destination)]
    for dims, which in ((source, "source"), (destination, "destination")):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{which}` ({dims})")
    if input.ndim == 0:
        return permute_op(input, dims=())
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


def expand(self, *args, size=None, implicit=False):
    """The tensor repeated along dimensions of size 1 (and new leading ones), without a copy; -1 leaves a size.

    Raises:
        RuntimeError: a size that is neither 1 nor the asked one.
    """
    shape, have = asked(args, size, "expand", "size"), self._array.shape
    lead = len(shape) - len(have)
    if lead < 0:
        raise RuntimeError(f"expand({list(have)}, size={list(shape)}): the number of sizes provided ({len(shape)}) must be greater or "
                           f"equal to the number of dimensions in the tensor ({len(have)})")
    full = []
    for k, s in enumerate(shape):
        if s == -1 and k < lead:
            raise RuntimeError(f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {k}")
        if s < -1:
            raise RuntimeError(f"expand(size={list(shape)}): sizes must be non-negative or -1")
        size = have[k - lead] if k >= lead else None
        if s != -1 and size not in (None, 1, s):
            raise RuntimeError(f"The expanded size of the tensor ({s}) must match the existing size ({size}) at non-singleton dimension "
                               f"{k}.  Target sizes: {list(shape)}.  Tensor sizes: {list(have)}")
        full.append(size if s == -1 else s)
    return expand_op(self, shape=tuple(full))


def require_tensors(tensors):
    """Every element of a sequence is a Tensor.

    Raises:
        TypeError: naming the first that is not.
    """
    for k, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type(x).__name__}")


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
                raise RuntimeError(f"The size of tensor a ({out[-k]}) must match the size of tensor b ({shape[-k]}) at non-singleton "
                                   f"dimension {len(out) - k}")
    return tuple(out)


def broadcast_shapes(*shapes):
    """The shape that shapes broadcast to, as a Size.

    Example:
        >>> import minitorch as torch
        >>> torch.broadcast_shapes((2, 1), (3,))
        torch.Size([2, 3])
    """
    return Size(broadcast_shape(*(sizes((s,)) for s in shapes)))


def broadcast_tensors(*tensors):
    """All tensors expanded to their common shape."""
    tensors = tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], Tensor) else tensors
    require_tensors(tensors)
    shape = broadcast_shape(*(x._array.shape for x in tensors))
    return tuple(expand_op(x, shape=shape) for x in tensors)


@differentiable(view=True, name="SqueezeBackward1")
def squeeze_op(input, *, shape):
    return input.reshape(shape)

@squeeze_op.derivative
def _(grad, input_shape):
    return reshape_op(grad, shape=input_shape)


squeeze_all, unsqueeze_op = named(squeeze_op, "SqueezeBackward0"), named(squeeze_op, "UnsqueezeBackward0")


squeeze_several = named(squeeze_op, "SqueezeBackward2")


def squeeze(input, dim=None):
    """Without the dimensions of size 1: all, or the given ones."""
    if dim is None:
        return squeeze_all(input, shape=tuple(s for s in input.shape if s != 1))
    dims = [dim_of(d, input.ndim) for d in ((dim,) if isinstance(dim, int) else dim)]
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"dim {next(d for d in dims if dims.count(d) > 1)} appears multiple times in the list of dims")
    op = squeeze_op if isinstance(dim, int) else squeeze_several
    return op(input, shape=tuple(s for k, s in enumerate(input.shape) if s != 1 or k not in dims))


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
    flat = reshape_op(input, shape=(math.prod(input.shape),))
    return flat if flat._array.flags.c_contiguous else flat.clone(memory_format="contiguous_format")


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
        raise RuntimeError(f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({size}) in the input "
                           "tensor")
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
        raise RuntimeError(f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset} are out of bounds for "
                           f"storage of {base._array.size} elements")
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
    """How many elements of its memory lie before the tensor's first."""
    from minitorch.ops.conversion import memory_of
    return memory_of(self._array)[1][0]


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
