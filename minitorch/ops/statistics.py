"""Order statistics (median, quantile, kthvalue, mode), reductions that look past nan, covariances, bounded norms."""
import math

from minitorch import dtypes
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, cleared, on_host, scatter_add, sums
from minitorch.ops.arithmetic import between, number, quotient
from minitorch.ops.choosing import clamp, where_op
from minitorch.ops.comparison import isnan, logical_not
from minitorch.ops.conversion import cast
from minitorch.ops.elementwise import sqrt
from minitorch.ops.gathering import take_along
from minitorch.ops.reduction import amax_along, amin_along, at_indices, axes_of, dealt, in_dtype, kept_shape, spread
from minitorch.ops.shape import dim_of, movedim, reshape_op, transpose, unsqueeze, whole
from minitorch.ops.sorting import sort_op
from minitorch.return_types import named_result
from minitorch.tensor import Tensor, wrap

# ---- the k-th value -----------------------------------------------------------------------------------------------------------

def refuse_bool(name, input):
    """Raise torch's error for an order statistic of bool."""
    if input._array.dtype.kind == "b":
        raise NotImplementedError(f'"{name}_cpu" not implemented for \'Bool\': convert with .int()')


def refuse_nothing(name, input, dim):
    """Raise torch's error for a dimension without elements."""
    if input.ndim and input.shape[dim] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


def chosen_place(xp, ordered, axis, place):
    """Which place of sorted values a statistic takes, kept as a dimension of size 1: "median", "nanmedian", or a number."""
    n = ordered.shape[axis]
    if ordered.dtype.kind != "f" or not isinstance(place, str):
        k = (n - 1) // 2 if isinstance(place, str) else place
        return xp.full(kept_shape(ordered.shape, (axis,)), k, "int64")
    missing = xp.isnan(ordered).sum(axis, keepdims=True)                  # nan stands last
    if place == "nanmedian":
        return xp.maximum(n - missing - 1, 0) // 2
    return xp.where(missing > 0, n - missing, (n - 1) // 2)


def order_statistic(node):
    """The operator: sorted along a dimension, one place of each line, and where its value stood (first of equal ones)."""
    def forward(input, *, dim, place):
        xp = array_module(input)
        if input.ndim == 0:
            return input.copy(), xp.zeros((), "int64")
        ordered = xp.sort(input, dim)
        values = xp.take_along_axis(ordered, chosen_place(xp, ordered, dim, place), dim)
        same = input == values
        if input.dtype.kind == "f":
            same |= (input != input) & (values != values)
        return values.squeeze(dim), same.argmax(dim).astype("int64", copy=False)
    forward.__name__ = forward.__qualname__ = "order_statistic"
    op = differentiable(forward, outputs="values indices", name=node)

    @op.derivative                                    # the statistic is one of the values: all of the gradient is its
    def _(grad, indices, input_shape, dim):
        return at_indices(grad, indices, tuple(input_shape), dim)
    return op


median_along, nanmedian_along, kth_along = map(order_statistic, ("MedianBackward1", "NanmedianBackward1", "KthvalueBackward0"))


def middle(node):
    """The median of all elements."""
    def forward(input, *, place):
        xp = array_module(input)
        if not input.size:
            return xp.full((), math.nan if input.dtype.kind == "f" else dtypes.BOUNDS[input.dtype][0], input.dtype)
        if input.dtype.kind != "f":
            return xp.partition(input.reshape(-1), (input.size - 1) // 2)[(input.size - 1) // 2].reshape(())
        if place == "median":                         # a partition costs a part of a sort
            k = (input.size - 1) // 2
            return xp.where(xp.isnan(input).any(), math.nan, xp.partition(input.reshape(-1), k)[k]).astype(input.dtype, copy=False)
        ordered = xp.sort(input.reshape(-1))
        return xp.take_along_axis(ordered, chosen_place(xp, ordered, 0, place), 0).reshape(())
    forward.__name__ = forward.__qualname__ = "middle"
    op = differentiable(forward, name=node)

    @op.derivative                                    # dealt evenly among the elements that are equal to it
    def _(grad, input, out):
        return dealt(grad, input, out)
    return op


median_all, nanmedian_all = map(middle, ("MedianBackward0", "NanmedianBackward0"))


def median_function(name, of_all, along, doc):
    """median or nanmedian: of everything, or along a dimension."""
    def function(input, dim=None, keepdim=False):
        refuse_bool("median", input)
        if dim is None:
            return of_all(input, place=name)
        return of_place(name, along, input, dim, keepdim, name)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def of_place(name, op, input, dim, keepdim, place):
    """A statistic along a dimension: (values, indices)."""
    if isinstance(dim, bool) or not isinstance(dim, int):
        raise TypeError(f"{name}(): argument 'dim' must be int, not {type(dim).__name__}")
    d = dim_of(dim, input.ndim)
    refuse_nothing(name, input, d)
    results = op(input, dim=d, place=place)
    if keepdim and input.ndim:
        results = [unsqueeze(t, d) for t in results]
    return named_result(name, *results)


median = median_function("median", median_all, median_along, """The middle value (the lower of two) of everything, or along `dim`
    with its index; nan if there is one.

    Raises:
        IndexError: the dimension has no elements.
        NotImplementedError: bool.

    Example:
        >>> import minitorch as torch
        >>> torch.median(torch.tensor([3.0, 1.0, 2.0, 9.0]))
        tensor(2.)
    """)
nanmedian = median_function("nanmedian", nanmedian_all, nanmedian_along, """As `median`, of the values that are not nan.

    Raises:
        IndexError: the dimension has no elements.

    Example:
        >>> import minitorch as torch
        >>> torch.nanmedian(torch.tensor([3.0, torch.nan, 2.0]))
        tensor(2.)
    """)


def kthvalue(input, k, dim=-1, keepdim=False):
    """The k-th smallest value along a dimension, counted from 1, and its index.

    Raises:
        RuntimeError: k is not between 1 and the dimension's size.

    Example:
        >>> import minitorch as torch
        >>> torch.kthvalue(torch.tensor([3.0, 1.0, 2.0]), 2).values
        tensor(2.)
    """
    refuse_bool("kthvalue", input)
    d = dim_of(dim, input.ndim)
    refuse_nothing("kthvalue", input, d)
    k = whole(k, "k")
    if not 1 <= k <= (input.shape[d] if input.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {d}: k = {k}")
    return of_place("kthvalue", kth_along, input, d, keepdim, k - 1)


@differentiable(outputs="values indices", name="ModeBackward0")
def mode_along(input, *, dim):
    xp = array_module(input)
    if input.ndim == 0:
        return input.copy(), xp.zeros((), "int64")
    order = xp.argsort(input, dim, kind="stable")
    lines = xp.moveaxis(xp.take_along_axis(input, order, dim), dim, -1)
    places = xp.moveaxis(order, dim, -1)
    n, rows = lines.shape[-1], math.prod(lines.shape[:-1])
    lines, places = lines.reshape(rows, n), places.reshape(rows, n)
    run = xp.cumsum(xp.concatenate([xp.zeros((rows, 1), "int64"), (lines[:, 1:] != lines[:, :-1]).astype("int64")], 1), 1)
    length = xp.zeros((rows, n), "int64")             # of each run of equal values, smallest values first
    scatter_add(length, (xp.arange(rows)[:, None], run), xp.ones((rows, n), "int64"))
    longest = length.argmax(1)[:, None]
    last = (run <= longest).sum(1, keepdims=True) - 1
    shape = input.shape[:dim] + input.shape[dim + 1:]
    return xp.take_along_axis(lines, last, 1).reshape(shape), xp.take_along_axis(places, last, 1).reshape(shape).astype("int64", copy=False)

@mode_along.derivative
def _(grad, indices, input_shape, dim):
    return at_indices(grad, indices, tuple(input_shape), dim)


def mode(input, dim=-1, keepdim=False):
    """The most frequent value along a dimension (the smallest of several), and the index where it stands last.

    Raises:
        IndexError: the dimension has no elements.

    Example:
        >>> import minitorch as torch
        >>> torch.mode(torch.tensor([2, 1, 1, 3])).values
        tensor(1)
    """
    d = dim_of(dim, input.ndim)
    refuse_nothing("mode", input, d)
    results = mode_along(input, dim=d)
    return named_result("mode", *([unsqueeze(t, d) for t in results] if keepdim and input.ndim else results))


# ---- quantiles ----------------------------------------------------------------------------------------------------------------

MODES = "linear", "lower", "higher", "midpoint", "nearest"


def checked_quantile(name, input, q, interpolation):
    """q as a tensor of the input's dtype, after torch's checks."""
    if interpolation not in MODES:
        raise RuntimeError(f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}")
    if not isinstance(q, Tensor):
        if not isinstance(q, (int, float)):
            raise TypeError(f"{name}(): argument 'q' (position 2) must be a number or a Tensor, not {type(q).__name__}")
        if not 0 <= q <= 1:
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q}")
    if input._array.dtype.kind != "f" or input._array.dtype.itemsize < 4:
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype: got {input.dtype}")
    if not isinstance(q, Tensor):
        q = wrap(array_module(input._array).asarray(q, dtype=input._array.dtype))
    if q.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor: got {q.ndim} dimensions")
    if q._array.dtype != input._array.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor: got {q.dtype} and {input.dtype}")
    if on_host(q._array) and not ((q._array >= 0) & (q._array <= 1)).all():
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    if not input._array.size:
        raise RuntimeError(f"{name}() input tensor must be non-empty: got shape {list(input.shape)}")
    return q


def quantile_of(name, input, q, dim, keepdim, interpolation):
    """quantile and nanquantile: sorted lines, read at q · (n - 1), between two neighbours."""
    from minitorch.ops.arithmetic import ceil, floor, round_whole
    q = checked_quantile(name, input, q, interpolation)
    d = None if dim is None else dim_of(dim, input.ndim)
    kept = tuple(1 if d in (None, k) else n for k, n in enumerate(input.shape))
    lines = reshape_op(input, shape=(input._array.size,)) if d is None or not input.ndim else movedim(input, d, -1)
    ordered = sort_op(lines, dim=lines.ndim - 1, descending=False)[0]
    array = ordered._array
    xp, n = array_module(array), array.shape[-1]
    points = reshape_op(q, shape=(q._array.size,))
    missing = xp.isnan(array).sum(-1, keepdims=True)
    if name == "nanquantile":
        top = xp.maximum(n - missing - 1, 0).astype(array.dtype)
        rank = points * wrap(top)
    else:                                             # a line with a nan gives its last place, which is nan
        rank = where_op(missing > 0, float(n - 1), points * float(n - 1))
    if interpolation in ("lower", "higher", "nearest"):
        rank = {"lower": floor, "higher": ceil, "nearest": round_whole}[interpolation](rank)
    below, above = floor(rank), ceil(rank)
    value = take_along(ordered, index=below._array.astype("int64"), dim=ordered.ndim - 1)
    if interpolation in ("linear", "midpoint"):
        upper = take_along(ordered, index=above._array.astype("int64"), dim=ordered.ndim - 1)
        weight = rank - below if interpolation == "linear" else wrap(xp.full_like(rank._array, 0.5))
        value = between(value, upper, weight)
    value = movedim(value, -1, 0)                     # (..., q) -> (q, ...)
    rest = kept if keepdim else tuple(value.shape[1:])
    return reshape_op(value, shape=(q._array.size, *rest) if q.ndim else rest)


def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The values below which the parts q of the elements lie, over everything or along `dim`; nan if there is one.

    Args:
        q: a number in [0, 1], or a 1-d tensor of them, which becomes the first dimension of the result.
        interpolation: between neighbours: "linear", "lower", "higher", "midpoint" or "nearest".

    Raises:
        RuntimeError: q outside [0, 1], an empty tensor, integers.

    Example:
        >>> import minitorch as torch
        >>> torch.quantile(torch.tensor([0.0, 1.0, 4.0]), torch.tensor([0.5, 0.75]))
        tensor([1.0000, 2.5000])
    """
    return quantile_of("quantile", input, q, dim, keepdim, interpolation)


def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """As `quantile`, of the values that are not nan.

    Raises:
        RuntimeError: q outside [0, 1], an empty tensor, integers.

    Example:
        >>> import minitorch as torch
        >>> torch.nanquantile(torch.tensor([0.0, torch.nan, 4.0]), 0.5)
        tensor(2.)
    """
    return quantile_of("nanquantile", input, q, dim, keepdim, interpolation)


# ---- past nan, both extremes ------------------------------------------------------------------------------------------------------

@differentiable(name="NansumBackward0")
def nansum_along(input, *, axes, keepdim):
    xp = array_module(input)
    if input.dtype.kind != "f":
        return input.sum(axes, dtype="int64", keepdims=keepdim)
    return sums(cleared(input, xp.isnan(input)), axes, keepdim)

@nansum_along.derivative                              # nan has no share in the sum
def _(grad, input, axes, keepdim):
    return spread(grad, tuple(input.shape), axes, keepdim) * logical_not(isnan(input))


def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum of what is not nan, over everything or along `dim`.

    Example:
        >>> import minitorch as torch
        >>> torch.nansum(torch.tensor([1.0, torch.nan, 2.0]))
        tensor(3.)
    """
    return in_dtype(nansum_along(in_dtype(input, dtype), axes=axes_of(dim, input.ndim), keepdim=keepdim), dtype)


def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of what is not nan, over everything or along `dim`.

    Raises:
        RuntimeError: the dtype is not floating.

    Example:
        >>> import minitorch as torch
        >>> torch.nanmean(torch.tensor([1.0, torch.nan, 2.0]))
        tensor(1.5000)
    """
    if not input.dtype.is_floating_point:
        raise RuntimeError(f"nanmean(): expected input to have floating point or complex dtype but got {input.dtype}")
    axes = axes_of(dim, input.ndim)
    array = input._array
    count = (~array_module(array).isnan(array)).sum(axes, keepdims=keepdim)
    return quotient(nansum(input, dim, keepdim, dtype=dtype), wrap(array_module(array).asarray(count)))


def aminmax(input, *, dim=None, keepdim=False):
    """The minimum and the maximum, of everything or along `dim`; equal ones share the gradient.

    Raises:
        RuntimeError: there are no elements.

    Example:
        >>> import minitorch as torch
        >>> torch.aminmax(torch.tensor([3.0, 1.0, 2.0])).max
        tensor(3.)
    """
    axes = axes_of(dim, input.ndim) if dim is None else axes_of(dim_of(dim, input.ndim), input.ndim)
    if math.prod(input.shape[k] for k in axes) == 0:
        if dim is None:
            raise RuntimeError("aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.")
        raise IndexError(f"aminmax: Expected reduction dim {axes[0]} to have non-zero size.")
    return named_result("aminmax", *(op(input, axes=axes, keepdim=keepdim) for op in (amin_along, amax_along)))


# ---- covariances and norms ----------------------------------------------------------------------------------------------------------

def checked_weights(name, weights, kinds, what, n):
    """The weights of observations, after torch's checks; None stays None."""
    if weights is None:
        return None
    if weights.ndim > 1:
        raise RuntimeError(f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.ndim} dimensions")
    if weights._array.dtype.kind not in kinds:
        raise RuntimeError(f"cov(): expected {name} to have {what} dtype but got {name} with {weights.dtype} dtype")
    if weights._array.size != n:
        raise RuntimeError(f"cov(): expected {name} to have the same numel as there are observations in the input but got "
                           f"{weights._array.size} != {n}")
    if on_host(weights._array) and (weights._array < 0).any():
        raise RuntimeError(f"cov(): {name} cannot be negative")
    return weights


def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariances of variables (rows) over observations (columns): C = Σ w (x - x̄)(x - x̄)ᵀ / normalizer.

    Args:
        fweights: how often each observation was made. aweights: how much each counts.

    Raises:
        RuntimeError: more than two dimensions, bool, or weights that do not fit.

    Example:
        >>> import minitorch as torch
        >>> torch.cov(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    from minitorch.ops.linalg import matmul
    if input.ndim > 2:
        raise RuntimeError(f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions")
    if input._array.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = input if input._array.dtype.kind == "f" else cast(input, dtype=dtypes.default_numpy())
    if x.ndim < 2:
        x = reshape_op(x, shape=(1, x._array.size))
    n = x.shape[1]
    fweights = checked_weights("fweights", fweights, "iu", "integral", n)
    aweights = checked_weights("aweights", aweights, "f", "floating point", n)
    weights = None
    for part in (fweights, aweights):
        if part is not None:
            weights = part if weights is None else weights * part
    if weights is None:
        total, centred, divisor = float(n), x - quotient(x.sum(1, keepdim=True), float(n)), float(n - correction)
        weighted = centred
    else:
        total = weights.sum()
        centred = x - (x * weights).sum(1, keepdim=True) / total
        weighted = centred * weights
        if aweights is None:
            divisor = total - correction
        else:                                         # n_eff = Σw - c Σwa/Σw
            divisor = total - correction * ((weights * aweights).sum() / total)
        divisor = clamp(divisor, min=0)
    if isinstance(divisor, float):
        divisor = max(divisor, 0.0)
    found = quotient(matmul(weighted, transpose(centred, 0, 1)), divisor)
    return reshape_op(found, shape=()) if found._array.size == 1 else found


def corrcoef(input):
    """The correlations of variables (rows) over observations (columns): cᵢⱼ/√(cᵢᵢ cⱼⱼ), in [-1, 1].

    Raises:
        RuntimeError: more than two dimensions, or bool.

    Example:
        >>> import minitorch as torch
        >>> torch.corrcoef(torch.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    from minitorch.ops.diagonals import diagonal
    if input.ndim > 2:
        raise RuntimeError(f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions")
    c = cov(input)
    if c.ndim == 0:
        return c / c
    deviation = sqrt(diagonal(c))
    return clamp(c / unsqueeze(deviation, 1) / unsqueeze(deviation, 0), -1, 1)


def renorm(input, p, dim, maxnorm):
    """Each slice of a dimension whose p-norm is above `maxnorm` scaled down to it.

    Raises:
        RuntimeError: fewer than two dimensions, p not positive, or a negative `maxnorm`.

    Example:
        >>> import minitorch as torch
        >>> torch.renorm(torch.tensor([[3.0, 4.0], [0.0, 0.5]]), 2, 0, 1)
        tensor([[0.6000, 0.8000],
                [0.0000, 0.5000]])
    """
    p, maxnorm = number(p), number(maxnorm)
    if p <= 0:
        raise RuntimeError(f"renorm: non-positive-norm not supported: p = {p}")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    from minitorch.ops.norms import vector_norm_op
    d = dim_of(dim, input.ndim)
    if input._array.dtype.kind != "f":
        raise RuntimeError(f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {input.dtype}")
    norm = vector_norm_op(input, ord=float(p), axes=tuple(k for k in range(input.ndim) if k != d), keepdim=True)
    over = norm._array > maxnorm                      # 1e-7 as in torch: the result is a hair below the bound
    return input * where_op(over, maxnorm / (norm + 1e-7), 1.0)
