"""Turning, stacking and splitting by name, block matrices, products and combinations of vectors."""
import itertools

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, on_host
from minitorch.ops.diagonals import diag_embed
from minitorch.ops.inplace import fill_
from minitorch.ops.joining import atleast, cat, flip, in_common_dtype, meshgrid, require_tensors, stack_op, tensor_split
from minitorch.ops.shape import as_strided, dim_of, expand, reshape_op, sizes, storage_offset_of, strides_of, whole
from minitorch.ops.sorting import sort
from minitorch.tensor import Tensor, wrap


@differentiable(name="Rot90Backward0")
def rot90_op(input, *, k, dims):
    xp, (first, second) = array_module(input), dims    # a quarter: one flip, seen with the dimensions exchanged
    flipped = {0: (), 1: (second,), 2: dims, 3: (first,)}[k % 4]
    copy = (xp.flip(input, flipped) if flipped else input).copy(order="C")
    return copy.swapaxes(first, second) if k % 2 else copy

@rot90_op.derivative                                  # turned back
def _(grad, k, dims):
    return rot90_op(grad, k=-k, dims=dims)


def rot90(input, k=1, dims=(0, 1)):
    """Turned k times by 90 degrees, from the first of two dimensions towards the second.

    Raises:
        RuntimeError: not two different dimensions.

    Example:
        >>> import minitorch as torch
        >>> torch.rot90(torch.tensor([[1, 2], [3, 4]]))
        tensor([[2, 4],
                [1, 3]])
    """
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    first, second = (dim_of(d, input.ndim) for d in dims)
    if first == second:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    return rot90_op(input, k=whole(k, "k"), dims=(first, second))


def fliplr(input):
    """Left and right exchanged: the order along dimension 1 reversed.

    Raises:
        RuntimeError: fewer than two dimensions.

    Example:
        >>> import minitorch as torch
        >>> torch.fliplr(torch.tensor([[1, 2], [3, 4]]))
        tensor([[2, 1],
                [4, 3]])
    """
    if input.ndim < 2:
        raise RuntimeError(f"Input must be >= 2-d: got {input.ndim} dimensions")
    return flip(input, 1)


def flipud(input):
    """Up and down exchanged: the order along dimension 0 reversed.

    Raises:
        RuntimeError: a 0-d tensor.

    Example:
        >>> import minitorch as torch
        >>> torch.flipud(torch.tensor([1, 2]))
        tensor([2, 1])
    """
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d: got a 0-d tensor")
    return flip(input, 0)


def msort(input):
    """The values in order along the first dimension.

    Example:
        >>> import minitorch as torch
        >>> torch.msort(torch.tensor([3, 1, 2]))
        tensor([1, 2, 3])
    """
    return sort(input, 0)[0]


# ---- stacking and splitting -----------------------------------------------------------------------------------------------------

def atleast_3d(*tensors):
    """Tensors with at least three dimensions: a vector becomes (1, n, 1), a matrix (n, m, 1).

    Example:
        >>> import minitorch as torch
        >>> torch.atleast_3d(torch.ones(2)).shape
        torch.Size([1, 2, 1])
    """
    several = len(tensors) == 1 and not isinstance(tensors[0], Tensor)
    found = atleast(3, tensors[0] if several else tensors)
    return found[0] if len(tensors) == 1 and not several else tuple(found)


def column_stack(tensors):
    """Tensors joined as columns: vectors (and numbers) become columns first.

    Raises:
        RuntimeError: no tensors, or shapes that do not fit.

    Example:
        >>> import minitorch as torch
        >>> torch.column_stack((torch.tensor([1, 2]), torch.tensor([3, 4])))
        tensor([[1, 3],
                [2, 4]])
    """
    tensors = list(tensors)
    require_tensors(tensors)
    if not tensors:
        raise RuntimeError("column_stack expects a non-empty TensorList")
    return cat([reshape_op(x, shape=(x._array.size, 1)) if x.ndim < 2 else x for x in tensors], 1)


def dstack(tensors):
    """Tensors joined behind one another, along the third dimension.

    Raises:
        RuntimeError: no tensors, or shapes that do not fit.

    Example:
        >>> import minitorch as torch
        >>> torch.dstack((torch.ones(2), torch.zeros(2))).shape
        torch.Size([1, 2, 2])
    """
    tensors = atleast(3, tensors)
    if not tensors:
        raise RuntimeError("dstack expects a non-empty TensorList")
    return cat(tensors, 2)


def splitting(name, least, where, doc):
    """hsplit, vsplit or dsplit: along a dimension of its own, into equal parts or at given places."""
    def function(input, indices_or_sections=None, *, indices=None, sections=None):
        given = [v for v in (indices_or_sections, indices, sections) if v is not None]
        if len(given) != 1:
            raise TypeError(f"{name}() takes a number of sections or a sequence of indices, got {len(given)} of them")
        if input.ndim < least:
            raise RuntimeError(f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {input.ndim} "
                               "dimensions!")
        d = where(input.ndim)
        n, = given
        if isinstance(n, int) and (n <= 0 or input.shape[d] % n):
            raise RuntimeError(f"torch.{name} attempted to split along dimension {d}, but the size of the dimension {input.shape[d]} is "
                               f"not divisible by the split_size {n}!")
        return tensor_split(input, n, d)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


hsplit = splitting("hsplit", 1, lambda ndim: 0 if ndim == 1 else 1, """Views of parts side by side: equal, or between given places.

    Raises:
        RuntimeError: a 0-d tensor, or parts that are not equal.

    Example:
        >>> import minitorch as torch
        >>> torch.hsplit(torch.arange(4), 2)
        (tensor([0, 1]), tensor([2, 3]))
    """)
vsplit = splitting("vsplit", 2, lambda ndim: 0, """Views of parts below one another: equal ones, or those between given places.

    Raises:
        RuntimeError: fewer than two dimensions, or parts that are not equal.

    Example:
        >>> import minitorch as torch
        >>> torch.vsplit(torch.arange(4).reshape(2, 2), 2)
        (tensor([[0, 1]]), tensor([[2, 3]]))
    """)
dsplit = splitting("dsplit", 3, lambda ndim: 2, """Views of parts behind one another: equal ones, or those between given places.

    Raises:
        RuntimeError: fewer than three dimensions, or parts that are not equal.

    Example:
        >>> import minitorch as torch
        >>> [part.shape for part in torch.dsplit(torch.ones(1, 1, 4), 2)]
        [torch.Size([1, 1, 2]), torch.Size([1, 1, 2])]
    """)


# ---- matrices of several tensors -------------------------------------------------------------------------------------------------

@differentiable(name="BlockDiagBackward0")
def block_diag_op(tensors: list):
    xp = array_module(*tensors)
    whole = xp.zeros((sum(x.shape[0] for x in tensors), sum(x.shape[1] for x in tensors)), tensors[0].dtype)
    for x, (rows, columns) in zip(tensors, blocks([x.shape for x in tensors])):
        whole[rows, columns] = x
    return whole

@block_diag_op.derivative                             # each matrix gets its own block
def _(grad, tensors_shape):
    return [[grad[rows, columns] for rows, columns in blocks(tensors_shape)]]


def blocks(shapes):
    """The rows and columns of each matrix on the diagonal."""
    row = column = 0
    for n, m in shapes:
        yield slice(row, row + n), slice(column, column + m)
        row, column = row + n, column + m


def block_diag(*tensors):
    """Matrices on the diagonal of zeros; vectors are rows, numbers are matrices of one element.

    Raises:
        RuntimeError: more than two dimensions.

    Example:
        >>> import minitorch as torch
        >>> torch.block_diag(torch.tensor([[1, 2]]), torch.tensor(3))
        tensor([[1, 2, 0],
                [0, 0, 3]])
    """
    if not tensors:
        return wrap(array_module().zeros((1, 0), "f4"))
    for k, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"block_diag(): argument 'tensors' must be tuple of Tensors, but found {type(x).__name__} at pos {k}")
        if x.ndim > 2:
            raise RuntimeError(f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {k} has {x.ndim} dimensions")
    matrices = in_common_dtype(tensors, tensors)
    return block_diag_op([reshape_op(x, shape=(1, x._array.size)) if x.ndim < 2 else x for x in matrices])


def diagflat(input, offset=0):
    """A matrix with the flattened tensor on its diagonal.

    Example:
        >>> import minitorch as torch
        >>> torch.diagflat(torch.tensor([1, 2]))
        tensor([[1, 0],
                [0, 2]])
    """
    return diag_embed(reshape_op(input, shape=(input._array.size,)), offset)


def vector_only(x):
    """Refuse what is no vector."""
    if x.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(x.shape)}")


def cartesian_prod(*tensors):
    """All tuples of one element of each vector, one a row; a lone vector as it is.

    Raises:
        RuntimeError: not vectors.

    Example:
        >>> import minitorch as torch
        >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4]))
        tensor([[1, 3],
                [1, 4],
                [2, 3],
                [2, 4]])
    """
    require_tensors(tensors)
    for x in tensors:
        vector_only(x)
    if len(tensors) == 1:
        return tensors[0]
    grids = in_common_dtype(meshgrid(*tensors, indexing="ij"), tensors)
    return stack_op([reshape_op(x, shape=(x._array.size,)) for x in grids], dim=1)


def combinations(input, r=2, with_replacement=False):
    """All choices of r elements of a vector in order, one a row.

    Raises:
        RuntimeError: no vector, or r negative.

    Example:
        >>> import minitorch as torch
        >>> torch.combinations(torch.tensor([1, 2, 3]))
        tensor([[1, 2],
                [1, 3],
                [2, 3]])
    """
    from minitorch.ops.indexing import advanced_index
    vector_only(input)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    xp = array_module(input._array)
    if r == 0:
        return wrap(xp.zeros(0, input._array.dtype))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input.shape[0]), r))
    return advanced_index(input, index=(xp.asarray(rows, dtype="int64").reshape(len(rows), r),))


def unravel_index(indices, shape):
    """The coordinates, in a tensor of this shape, of indices into the flattened tensor; one tensor a dimension.

    Raises:
        ValueError: a negative size. TypeError: indices that are no integers.

    Example:
        >>> import minitorch as torch
        >>> torch.unravel_index(torch.tensor([1, 5]), (2, 3))
        (tensor([0, 1]), tensor([1, 2]))
    """
    if not isinstance(indices, Tensor) or indices._array.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be an integer tensor, but got {getattr(indices, 'dtype', type(indices).__name__)}")
    shape, xp = sizes((shape,)), array_module(indices._array)
    if any(n < 0 for n in shape):
        raise ValueError(f"'shape' cannot have negative values, but got {shape}")
    found, rest = [], indices._array.astype("int64", copy=False)
    for n in reversed(shape):
        found.append(wrap(xp.asarray(rest % n)))
        rest = rest // n
    return tuple(reversed(found))


# ---- methods ------------------------------------------------------------------------------------------------------------------

def fill_diagonal_(self, fill_value, wrap=False):
    """A number written on the main diagonal, in place; with `wrap` again and again below a tall matrix's square.

    Raises:
        RuntimeError: fewer than two dimensions, or more than two that are not all equal.

    Example:
        >>> import minitorch as torch
        >>> torch.zeros(2, 2).fill_diagonal_(5)
        tensor([[5., 0.],
                [0., 5.]])
    """
    if self.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    if self.ndim > 2 and len(set(self.shape)) > 1:
        raise RuntimeError(f"all dimensions of input must be of equal length: got {list(self.shape)}")
    steps = strides_of(self)
    size = min(self.shape)
    fill_(as_strided(self, (size,), (sum(steps),), storage_offset_of(self)), fill_value)
    if wrap and self.ndim == 2 and self.shape[0] > self.shape[1] + 1:
        n, m = self.shape
        first = steps[0] * (m + 1)
        rest = (n * m - (m + 1) * m + m) // (m + 1)   # one place every m + 1 elements in memory
        fill_(as_strided(self, (rest,), (sum(steps),), storage_offset_of(self) + first), fill_value)
    return self


def apply_(self, callable):
    """Each element replaced by what a Python function makes of it, in place (slow: for trying things out).

    Raises:
        TypeError: the tensor lies on a device.

    Example:
        >>> import minitorch as torch
        >>> torch.tensor([1.0, 2.0]).apply_(lambda x: x * 10)
        tensor([10., 20.])
    """
    return map_(self, None, callable)


def map_(self, tensor, callable):
    """Each element replaced by a Python function of it and the other tensor's element, in place (slow: for trying things out).

    Raises:
        TypeError: the tensor lies on a device.

    Example:
        >>> import minitorch as torch
        >>> torch.tensor([1.0, 2.0]).map_(torch.tensor([10.0, 20.0]), lambda x, y: x + y)
        tensor([11., 22.])
    """
    from minitorch.tensor import version_counter
    if self.requires_grad or tensor is not None and tensor.requires_grad:
        raise RuntimeError("Can't call apply_() or map_() on Variable that requires grad. Use var.detach() first.")
    if not on_host(self._array):
        raise TypeError("apply_ and map_ are only implemented on CPU tensors: use .cpu()")
    array = self._array
    others = [()] * array.size
    if tensor is not None:
        others = zip(expand(tensor, array.shape)._array.ravel().tolist())
    for place, value, other in zip(itertools.product(*map(range, array.shape)), array.ravel().tolist(), others):
        array[place] = callable(value, *other)
    version_counter(self)[0] += 1
    return self


def reversed_rows(self):
    """The order along all dimensions reversed: `reversed(tensor)`."""
    return flip(self, tuple(range(self.ndim))) if self.ndim else self



def install_methods(cls):
    """Give Tensor the methods whose arguments come in another order than the function's, and Python 2's operators."""
    from minitorch.ops import arithmetic, choosing, inplace, joining, special_functions

    def where(self, condition, other):
        """`self` where the condition holds, `other` elsewhere."""
        return choosing.where(condition, self, other)

    def split(self, split_size, dim=0):
        """Views of `split_size` places each, or of the sizes that it lists."""
        return joining.split(self, split_size, dim)

    def polygamma(self, n):
        """The n-th derivative of digamma, elementwise."""
        return special_functions.polygamma(n, self)

    def rdiv(self, other):
        """other / self."""
        return arithmetic.quotient(other, self)

    def own_float_power(self, exponent):
        """input ** exponent, of float64."""
        if self._array.dtype != "f8":
            raise RuntimeError(f"the base given to float_power_ has dtype {self.dtype} but the operation's result requires dtype Double")
        return arithmetic.float_power(self, exponent)

    cls.where, cls.polygamma, cls.split = where, polygamma, split
    cls.polygamma_ = inplace.inplace(polygamma, "polygamma_")
    cls.__div__, cls.__rdiv__, cls.__idiv__ = arithmetic.div, rdiv, cls.div_
    cls.__reversed__ = reversed_rows
    cls.float_power_ = inplace.inplace(own_float_power, "float_power_")
    cls.split_with_sizes = split_with_sizes


def split_with_sizes(input, split_sizes, dim=0):
    """Views of parts of these sizes; see `split`."""
    from minitorch.ops.joining import split
    if not isinstance(split_sizes, (list, tuple)):
        raise TypeError(f"split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of ints, not {type(split_sizes).__name__}")
    return split(input, list(split_sizes), dim)
