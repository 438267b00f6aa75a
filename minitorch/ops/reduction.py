"""Reductions: many values become one, along all dimensions, one or several.

Conventions at ties, all PyTorch's: max() and min() over everything and amax/amin share the gradient evenly among equal
values; max(dim) and min(dim) give it to the place whose index they return.
"""
import builtins
import math

from minitorch import dtypes
from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module, as_array, sums
from minitorch.tensor import Tensor, wrap


def axes_of(dim, ndim):
    """The dimensions to reduce, counted from the front; None (or an empty sequence) means all."""
    from minitorch.ops.shape import dim_of
    if dim is None or isinstance(dim, (tuple, list)) and not dim:
        return tuple(range(ndim))
    if isinstance(dim, int) or hasattr(dim, "__index__"):
        return (dim_of(dim, ndim),) if ndim else dim_of(dim, 0) and () or ()
    axes = tuple(dim_of(d, ndim) for d in dim)
    if len(set(axes)) != len(axes):
        raise RuntimeError(f"dim {next(d for d in axes if axes.count(d) > 1)} appears multiple times in the list of dims")
    return axes if ndim else ()


def kept_shape(shape, axes):
    """The shape with the reduced dimensions as 1."""
    return tuple(1 if k in axes else n for k, n in enumerate(shape))


def spread(grad, shape, axes, keepdim):
    """The transpose of a sum: the gradient repeated along the dimensions that were reduced."""
    from minitorch.ops.shape import expand_op, reshape_op
    if not keepdim:
        grad = reshape_op(grad, shape=kept_shape(shape, axes))
    return expand_op(grad, shape=tuple(shape))


def in_dtype(input, dtype):
    """The input as `dtype`, if one is asked for."""
    from minitorch.ops.conversion import cast
    kind = None if dtype is None else dtypes.to_numpy(dtype)
    return input if kind is None or kind == input._array.dtype else cast(input, dtype=kind)


# ---- sums -------------------------------------------------------------------------------------------------------------

@differentiable(name="SumBackward1")
def sum_along(input, *, axes, keepdim):
    if input.dtype.kind == "f":
        return sums(input, axes, keepdim)
    return array_module(input).add.reduce(input, axes, dtype="int64", keepdims=keepdim)

@sum_along.derivative
def _(grad, input_shape, axes, keepdim):
    return spread(grad, input_shape, axes, keepdim)

sum_all = named(sum_along, "SumBackward0")


@differentiable(name="SumBackward1")
def sum_to(input, *, shape):
    """Sum over what broadcasting to `input`'s shape would repeat: the transpose of `expand`."""
    extra = input.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(k + extra for k, n in enumerate(shape) if n == 1 != input.shape[k + extra])
    summed = array_module(input).add.reduce(input, axes, keepdims=True) if axes else input
    return summed.reshape(shape)

@sum_to.derivative
def _(grad, input_shape):
    from minitorch.ops.shape import expand_op
    return expand_op(grad, shape=tuple(input_shape))


def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum over all elements, or over `dim` (an int or several); integers add up as int64.

    Example:
        >>> import minitorch as torch
        >>> torch.sum(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
        tensor([4., 6.])
    """
    op = sum_all if dim is None else sum_along
    if dtype is None:
        return op(input, axes=axes_of(dim, input.ndim), keepdim=keepdim)
    return in_dtype(op(in_dtype(input, dtype), axes=axes_of(dim, input.ndim), keepdim=keepdim), dtype)


@differentiable(name="MeanBackward1")
def mean_along(input, *, axes, keepdim):
    n = math.prod(input.shape[k] for k in axes)
    total = sums(input.astype("f4") if input.dtype == "f2" else input, axes, keepdim)
    return (total / n if n else total * math.nan).astype(input.dtype, copy=False)

@mean_along.derivative                                # ∂/∂x (1/n) Σx = 1/n
def _(grad, input_shape, axes, keepdim):
    n = math.prod(input_shape[k] for k in axes)
    return spread(grad / n if n else grad, input_shape, axes, keepdim)

mean_all = named(mean_along, "MeanBackward0")


def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The arithmetic mean over all elements, or over `dim`; nan of nothing.

    Raises:
        RuntimeError: the dtype is not floating.

    Example:
        >>> import minitorch as torch
        >>> torch.mean(torch.tensor([1.0, 2.0, 6.0]))
        tensor(3.)
    """
    input = in_dtype(input, dtype)
    if not input.dtype.is_floating_point:
        raise RuntimeError("mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: "
                           f"{input.dtype.legacy.removesuffix('Tensor')}")
    op = mean_all if dim is None else mean_along
    return op(input, axes=axes_of(dim, input.ndim), keepdim=keepdim)


@differentiable(name="VarBackward0", saves="centred")
def var_along(input, *, axes, keepdim, correction):
    n = math.prod(input.shape[k] for k in axes)
    centred = input - input.mean(axes, keepdims=True)
    total = (centred * centred).sum(axes, keepdims=keepdim)
    return (total / builtins.max(n - correction, 0)).astype(input.dtype, copy=False), centred

@var_along.derivative                                 # ∂/∂x Σ(x - x̄)²/(n - c) = 2 (x - x̄)/(n - c): the mean's own share sums to 0
def var_backward(grad, centred, input_shape, axes, keepdim, correction):
    n = math.prod(input_shape[k] for k in axes)
    if n <= correction:                               # no degree of freedom is left
        return spread(grad, input_shape, axes, keepdim) * array_module(centred).where(centred == 0, math.nan, math.inf)
    return spread(grad, input_shape, axes, keepdim) * centred * (2 / (n - correction))

@var_along.definition
def _(input, *, axes, keepdim, correction):
    n = math.prod(input.shape[k] for k in axes)
    centred = input - mean_along(input, axes=axes, keepdim=True)
    divisor = builtins.max(n - correction, 0)
    return sum_along(centred * centred, axes=axes, keepdim=keepdim) / (divisor if divisor else 0.0)


def degrees(unbiased, correction):
    """How much is taken off n: 1 unless said otherwise, 0 for `unbiased=False`."""
    if correction is not None and unbiased is None:
        return correction
    if correction is not None or unbiased not in (None, True, False) or isinstance(unbiased, int) and not isinstance(unbiased, bool):
        raise TypeError(f"std() and var() take correction, a number, or unbiased, a bool: got correction={correction}, unbiased={unbiased}")
    return 1 if unbiased is None or unbiased else 0


def spread_arguments(dim, unbiased):
    """`var(input, unbiased)` as well as `var(input, dim, unbiased)`."""
    return (None, dim) if isinstance(dim, bool) else (dim, unbiased)


def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance over all elements or over `dim`: Σ(x - x̄)²/(n - correction), by two passes.

    Example:
        >>> import minitorch as torch
        >>> torch.var(torch.tensor([1.0, 2.0, 3.0]))
        tensor(1.)
    """
    dim, unbiased = spread_arguments(dim, unbiased)
    refuse_integers(input, "std and var")
    return var_along(input, axes=axes_of(dim, input.ndim), keepdim=keepdim, correction=degrees(unbiased, correction))


def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation, √var."""
    dim, unbiased = spread_arguments(dim, unbiased)
    refuse_integers(input, "std and var")
    return std_along(input, axes=axes_of(dim, input.ndim), keepdim=keepdim, correction=degrees(unbiased, correction))


@differentiable(name="StdBackward0", saves="centred")
def std_along(input, *, axes, keepdim, correction):
    value, centred = var_along.op.forward(input, axes=axes, keepdim=keepdim, correction=correction)
    return array_module(input).sqrt(value), centred

@std_along.derivative                                 # s = √v: ds = dv/(2s), and 0 where s = 0
def std_backward(grad, out, centred, input_shape, axes, keepdim, correction):
    ratio = array_module(grad).where(out == 0, 0.0, grad / (2 * out))
    return var_backward(ratio, centred, input_shape, axes, keepdim, correction)

@std_along.definition
def _(input, *, axes, keepdim, correction):
    from minitorch.ops.choosing import where_op
    from minitorch.ops.elementwise import sqrt
    v = var_along(input, axes=axes, keepdim=keepdim, correction=correction)
    zero = v._array == 0
    return where_op(zero, v * 0.0, sqrt(where_op(zero, 1.0, v)))


def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Standard deviation and mean, as a pair."""
    where, _ = spread_arguments(dim, unbiased)
    return std(input, dim, unbiased, keepdim, correction=correction), mean(input, where, keepdim)


def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Variance and mean, as a pair."""
    where, _ = spread_arguments(dim, unbiased)
    return var(input, dim, unbiased, keepdim, correction=correction), mean(input, where, keepdim)


def refuse_integers(input, what):
    """Raise torch's error for an operation that only floating tensors have."""
    if not input.dtype.is_floating_point:
        raise RuntimeError(f"{what} only support floating point and complex dtypes, got {input.dtype}: convert with .float()")


@differentiable(name="ProdBackward1")
def prod_along(input, *, axes, keepdim):
    return input.prod(axes, dtype="int64" if input.dtype.kind != "f" else None, keepdims=keepdim)

@prod_along.derivative                                # ∂Πx/∂xᵢ = Π_{j≠i} xⱼ: products from the left times products from the right
def prod_backward(grad, input, axes, keepdim):
    return spread(grad, input.shape, axes, keepdim) * product_of_others(array_module(input), input, axes)

def product_of_others(xp, input, axes):
    """For each element, the product of all the others along `axes`, exact also where some are 0."""
    rest = tuple(k for k in range(input.ndim) if k not in axes)
    order = rest + tuple(axes)
    moved = input.transpose(order)
    flat = moved.reshape((*moved.shape[:len(rest)], math.prod(input.shape[k] for k in axes)))
    if flat.shape[-1] == 0:
        return xp.ones_like(input)
    left, right = xp.ones_like(flat), xp.ones_like(flat)
    left[..., 1:] = xp.cumprod(flat[..., :-1], -1)
    right[..., :-1] = xp.cumprod(flat[..., :0:-1], -1)[..., ::-1]
    inverse = [0] * len(order)
    for place, k in enumerate(order):
        inverse[k] = place
    return (left * right).reshape(moved.shape).transpose(inverse)

@prod_along.definition                                # the product as a chain of multiplications
def _(input, *, axes, keepdim):
    from minitorch.ops.joining import unbind_op
    from minitorch.ops.shape import permute_op, reshape_op
    rest = tuple(k for k in range(input.ndim) if k not in axes)
    moved = permute_op(input, dims=rest + tuple(axes))
    flat = reshape_op(moved, shape=(*moved.shape[:len(rest)], math.prod(input.shape[k] for k in axes)))
    factors = unbind_op(flat, dim=len(rest))
    result = sum_along(flat, axes=(len(rest),), keepdim=False) + 1.0 if not factors else factors[0]
    for factor in factors[1:]:
        result = result * factor
    return reshape_op(result, shape=kept_shape(input.shape, axes)) if keepdim else result

prod_all = named(prod_along, "ProdBackward0")


def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product over all elements, or over one `dim`; integers multiply as int64."""
    if isinstance(dim, (tuple, list)):
        raise TypeError(f"prod(): argument 'dim' (position 2) must be int, not {type(dim).__name__}")
    op = prod_all if dim is None else prod_along
    return in_dtype(op(in_dtype(input, dtype), axes=axes_of(dim, input.ndim), keepdim=keepdim), dtype)


# ---- extremes ---------------------------------------------------------------------------------------------------------

def refuse_empty(input, axes, name, dim=None):
    """An extreme of nothing is an error, torch's: IndexError for a named dimension, RuntimeError for the whole."""
    if math.prod(input.shape[k] for k in axes) == 0:
        if dim is None:
            raise RuntimeError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
                               "the 'dim' argument.")
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


@differentiable(name="AmaxBackward0")
def amax_along(input, *, axes, keepdim):
    return input.max(axes, keepdims=keepdim)

@amax_along.derivative                                # shared evenly among the places that hold the maximum
def _(grad, input, out, axes, keepdim):
    return shared(grad, input, out, axes, keepdim, nan=False)


@differentiable(name="AminBackward0")
def amin_along(input, *, axes, keepdim):
    return input.min(axes, keepdims=keepdim)

@amin_along.derivative
def _(grad, input, out, axes, keepdim):
    return shared(grad, input, out, axes, keepdim, nan=False)


def reached(input, out, axes, keepdim, nan=True):
    """Where the values are equal to their extreme; nan is equal to nan if so asked."""
    values, best = getattr(input, "_array", input), getattr(out, "_array", out)
    best = best if keepdim else best.reshape(kept_shape(values.shape, axes))
    return (values == best) | (values != values) & (best != best) if nan else values == best


def shared(grad, input, out, axes, keepdim, nan=True):
    """The gradient of an extreme, divided among the places that are equal to it."""
    hit = reached(input, out, axes, keepdim, nan)
    weight = hit.astype(getattr(input, "_array", input).dtype)
    weight /= weight.sum(axes, keepdims=True)
    return spread(grad, hit.shape, axes, keepdim) * weight


def dealt(grad, input, out):
    """The gradient of an extreme of everything: equal parts to the places that are equal to it, 0 to all others, whatever arrives."""
    from minitorch.ops.choosing import where_op
    axes = tuple(range(len(input.shape)))
    hit = reached(input, out, axes, False)
    count = as_array(hit.sum().astype(getattr(grad, "_array", grad).dtype))
    return where_op(hit, spread(grad / (wrap(count) if isinstance(grad, Tensor) else count), hit.shape, axes, False), 0.0)


@differentiable(name="MaxBackward1")
def max_all(input):
    return input.max()

@differentiable(name="MinBackward1")
def min_all(input):
    return input.min()

max_all.derivative(dealt)
min_all.derivative(dealt)


def amax(input, dim=(), keepdim=False):
    """The maximum over `dim` (all dimensions, unless given); equal maxima share the gradient."""
    axes = axes_of(dim, input.ndim)
    refuse_empty(input, axes, "amax", None if dim == () else dim)
    return amax_along(input, axes=axes, keepdim=keepdim)


def amin(input, dim=(), keepdim=False):
    """The minimum over `dim` (all dimensions, unless given); equal minima share the gradient."""
    axes = axes_of(dim, input.ndim)
    refuse_empty(input, axes, "amin", None if dim == () else dim)
    return amin_along(input, axes=axes, keepdim=keepdim)


def take_best(xp, input, indices, dim):
    """The values at `indices` along a dimension."""
    return xp.take_along_axis(input, xp.expand_dims(indices, dim), dim).squeeze(dim)


def first_best(xp, input, dim, largest):
    """The index of the first extreme along a dimension; nan is the most extreme of all."""
    return (input.argmax(dim) if largest else input.argmin(dim)).astype("int64", copy=False)


def extreme(name, largest, node):
    """max(dim) or min(dim): values and the indices where they stand."""
    def forward(input, *, dim, keepdim=False):
        xp = array_module(input)
        if input.ndim == 0:
            return input.copy(), xp.zeros((), "int64")
        indices = first_best(xp, input, dim, largest)
        values = take_best(xp, input, indices, dim)
        return (xp.expand_dims(values, dim), xp.expand_dims(indices, dim)) if keepdim else (values, indices)
    forward.__name__ = forward.__qualname__ = name
    op = differentiable(outputs="values indices", name=node)(forward)

    @op.derivative                                    # all of it to the place whose index was returned; input is not kept
    def _(grad, indices, input_shape, dim):
        return at_indices(grad, indices, input_shape, dim)
    return op


def at_indices(grad, indices, shape, dim):
    """Zeros of `shape` with the gradient at `indices` along a dimension."""
    from minitorch.ops.gathering import put_along
    from minitorch.ops.shape import reshape_op
    if not shape:
        return grad
    places = getattr(indices, "_array", indices)
    kept = (*shape[:dim], 1, *shape[dim + 1:])
    return put_along(reshape_op(grad, shape=kept), places.reshape(kept), shape=tuple(shape), dim=dim)


max_along, min_along = extreme("max", True, "MaxBackward0"), extreme("min", False, "MinBackward0")


def extreme_function(name, all_op, dim_op, pair):
    """torch's overloads of max and min: of everything, along a dimension, of two tensors."""
    def function(input, dim=None, keepdim=False, *, other=None, out=None):
        if out is not None:
            from minitorch.autograd.operator import write_out
            from minitorch.ops import delivered
            result = function(input, dim, keepdim, other=other)
            return delivered("aminmax", out, result) if isinstance(result, tuple) else write_out(all_op.op, out, result)
        from minitorch.ops.shape import dim_of
        from minitorch.return_types import named_result
        if isinstance(dim, Tensor):
            dim, other = None, dim
        if other is not None:
            return pair(input, other)
        if dim is None:
            refuse_empty(input, range(input.ndim), name)
            return all_op(input)
        d = dim_of(dim, input.ndim)
        refuse_empty(input, (d,) if input.ndim else (), name, d)
        values, indices = dim_op(input, dim=d, keepdim=keepdim)
        return named_result(name, values, indices)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""The {name}imum of everything; with `dim`, (values, indices) along it; with a second tensor, elementwise.

    Raises:
        IndexError: the dimension has size 0.
        RuntimeError: the tensor is empty.

    Example:
        >>> import minitorch as torch
        >>> torch.{name}(torch.tensor([1.0, 3.0, 2.0]))
        tensor({'3' if name == 'max' else '1'}.)
    """
    return function


def maximum_of(a, b):
    from minitorch.ops.choosing import maximum
    return maximum(a, b)


def minimum_of(a, b):
    from minitorch.ops.choosing import minimum
    return minimum(a, b)


max = extreme_function("max", max_all, max_along, maximum_of)
min = extreme_function("min", min_all, min_along, minimum_of)


def arg_extreme(name, method):
    """argmax or argmin: indices, without a gradient."""
    @differentiable
    def op(input, *, dim, keepdim):
        if dim is None:
            found = getattr(input, method)()
            return found.reshape((1,) * input.ndim).astype("int64") if keepdim else array_module(input).asarray(found, dtype="int64")
        found = array_module(input).asarray(getattr(input, method)(dim), dtype="int64")
        return array_module(input).expand_dims(found, dim) if keepdim else found

    @op.derivative
    def _(grad):
        return None

    def function(input, dim=None, keepdim=False):
        from minitorch.ops.shape import dim_of
        if input._array.dtype.kind == "b":
            raise RuntimeError(f'"{name}_cpu" not implemented for \'Bool\': convert with .int()')
        d = None if dim is None else dim_of(dim, input.ndim)
        refuse_empty(input, range(input.ndim) if d is None else (d,) if input.ndim else (), name, d)
        return op(input, dim=d if input.ndim else None, keepdim=keepdim and input.ndim > 0)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The index of the {name[3:]}imum (the first of equals), of the flattened tensor or along `dim`; int64."
    return function


argmax, argmin = arg_extreme("argmax", "argmax"), arg_extreme("argmin", "argmin")


# ---- truth and counting -------------------------------------------------------------------------------------------------

def truth(name, doc):
    """all or any: bool along dimensions (uint8 stays uint8, as in torch)."""
    @differentiable
    def op(input, *, axes, keepdim):
        found = array_module(input).asarray(getattr(input != 0, name)(axes, keepdims=keepdim))
        return found.astype("uint8") if input.dtype == "uint8" else found

    @op.derivative
    def _(grad):
        return None

    def function(input, dim=None, keepdim=False):
        return op(input, axes=axes_of(dim, input.ndim), keepdim=keepdim)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


all = truth("all", "Whether all values are nonzero, over everything or along `dim`.")
any = truth("any", "Whether any value is nonzero, over everything or along `dim`.")


@differentiable
def count_op(input, *, axes):
    return (input != 0).sum(axes, dtype="int64")

@count_op.derivative
def _(grad):
    return None


def count_nonzero(input, dim=None):
    """How many values are nonzero, over everything or along `dim`; int64."""
    return count_op(input, axes=axes_of(dim, input.ndim))


# ---- norms and log-sum-exp ------------------------------------------------------------------------------------------------

@differentiable(name="LogsumexpBackward0")
def logsumexp_along(input, *, axes, keepdim):
    xp = array_module(input)
    if math.prod(input.shape[k] for k in axes) == 0:
        return xp.full(kept_shape(input.shape, axes) if keepdim else tuple(n for k, n in enumerate(input.shape) if k not in axes),
                       -math.inf, input.dtype)
    top = input.max(axes, keepdims=True)
    top = xp.where(xp.isfinite(top), top, 0)
    total = xp.log(xp.exp(input - top).sum(axes, keepdims=True)) + top
    return total if keepdim else total.reshape(tuple(n for k, n in enumerate(input.shape) if k not in axes))

@logsumexp_along.derivative                           # y = ln Σeˣ: ∂y/∂x = e^(x - y)
def _(grad, input, out, axes, keepdim):
    from minitorch.ops.elementwise import exp
    return spread(grad, input.shape, axes, keepdim) * exp(input - spread(out, input.shape, axes, keepdim))


def logsumexp(input, dim, keepdim=False):
    """ln Σ eˣ along `dim`, stable: the maximum is taken out first."""
    from minitorch.ops.conversion import cast
    input = input if input.dtype.is_floating_point else cast(input, dtype=dtypes.default_numpy())
    return logsumexp_along(input, axes=axes_of(dim, input.ndim), keepdim=keepdim)
