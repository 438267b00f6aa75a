"""Arrays piece by piece: several passes over a block that fits the processor's cache cost little more than one pass over memory."""
from minitorch.backend import array_module, on_host, row_dot
from minitorch.dtypes import of

BLOCK = 262_144                                       # elements: 1 MB of float32


def blocks(*arrays):
    """Pieces of the arrays along their common first axis, cut so that a piece of the first has about `BLOCK` elements.

    An array of length 1 there, or None, comes whole each time. On a device everything is one piece; empty arrays have none.

    Example:
        >>> import numpy
        >>> [len(x) for x, y in blocks(numpy.ones((100, 8000)), numpy.ones((100, 2)))]
        [32, 32, 32, 4]
    """
    first = arrays[0]
    if not first.size:
        return
    length = len(first)
    step = max(1, BLOCK * length // first.size)
    if step >= length or not on_host(first):
        yield arrays
        return
    for start in range(0, length, step):
        yield [a if a is None or len(a) == 1 else a[start:start + step] for a in arrays]


def lines(x, dim):
    """The array with `dim` as its axis 1: (rows, n) if it is the last, else (outer, n, inner); a 0-d array is one line of one."""
    ndim = max(x.ndim, 1)
    if not -ndim <= dim < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})")
    if x.ndim == 0:
        return x.reshape(1, 1)
    dim %= ndim
    outer, inner = product(x.shape[:dim]), product(x.shape[dim + 1:])
    return x.reshape(outer, x.shape[dim]) if inner == 1 else x.reshape(outer, x.shape[dim], inner)


def product(sizes):
    """The product of some sizes: a Python integer, 1 of none."""
    n = 1
    for s in sizes:
        n *= s
    return n


def line_sums(x, weights=None):
    """Sums along axis 1, which stays with length 1; of rows as a product with ones, or with `weights` (1, n): BLAS reads memory fastest."""
    if weights is None and not on_host(x):
        return x.sum(axis=1, keepdims=True)
    if x.ndim == 2:
        return (x @ (array_module(x).ones(x.shape[1], x.dtype) if weights is None else weights[0]))[:, None]
    return x.sum(axis=1, keepdims=True)


def line_dots(a, b):
    """Sums of the products along axis 1, which stays with length 1."""
    if a.ndim == 2:
        return row_dot(a, b)[:, None]
    return array_module(a).einsum("onk,onk->ok", a, b)[:, None] if on_host(a) else (a * b).sum(axis=1, keepdims=True)


def column_sums(x):
    """Sums along axis 0 of a matrix, as a product with ones."""
    return array_module(x).ones(len(x), x.dtype) @ x if on_host(x) else x.sum(axis=0)


def column_dots(a, b):
    """Sums of the products along axis 0 of two matrices."""
    return array_module(a).einsum("ij,ij->j", a, b) if on_host(a) else (a * b).sum(axis=0)


def floating(x, name, dtype=None):
    """The array, in `dtype` if that is given, after the check that it is floating.

    Raises:
        NotImplementedError: as in torch, for integers and bools.
    """
    if dtype is not None:
        x = x.astype(dtype.numpy, copy=False)
    if x.dtype.kind != "f":
        raise NotImplementedError(f'"{name}" not implemented for {of(x)}: convert the tensor first, for instance with .float()')
    return x


def wide(x):
    """The array in the precision that kernels compute in: float32 for the 16-bit dtypes, else its own."""
    return x.astype("f4") if x is not None and x.dtype.itemsize == 2 else x
