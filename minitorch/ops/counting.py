"""Searching in sorted values, counting, histograms, membership, runs of equal values: results without a history."""
import math

from minitorch import dtypes
from minitorch.backend import array_module, on_host, scatter_add
from minitorch.ops.sorting import sliced_dim
from minitorch.return_types import named_result
from minitorch.tensor import Tensor, wrap

# ---- searching ------------------------------------------------------------------------------------------------------------------

def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """The place before which each value of `input` keeps the last dimension of `sorted_sequence` sorted.

    Args:
        input: a number, or a tensor with the sequence's leading dimensions (any, if the sequence has one dimension).
        right: the place after equal values; `side` "right" says the same.
        sorter: the order that sorts the sequence, as argsort gives it.

    Raises:
        RuntimeError: shapes that do not fit, an unknown side, a sorter that is none.

    Example:
        >>> import minitorch as torch
        >>> torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 6]))
        tensor([1, 3])
    """
    name = "torch.searchsorted()"
    sequence = sorted_sequence._array
    if side not in (None, "left", "right"):
        raise RuntimeError(f"{name}: side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(f"{name}: side and right can't be set to opposites, got side of left while right was True")
    values = values_of(input, sequence, name)
    if sequence.ndim == 0:
        raise RuntimeError(f"{name}: boundaries tensor should have positive dimension, but got 0 dimension")
    if values.ndim == 0 and sequence.ndim > 1:
        raise RuntimeError(f"{name}: input value can be a scalar only when boundaries tensor dimension is 1, but got {sequence.ndim}")
    if sequence.ndim > 1 and (values.ndim != sequence.ndim or values.shape[:-1] != sequence.shape[:-1]):
        raise RuntimeError(f"{name}: boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input "
                           f"value tensor must match, but got {list(sequence.shape)} and {list(values.shape)}")
    if sorter is not None:
        sequence = in_order(name, sequence, sorter)
    return placed(sequence, values, right or side == "right", out_int32)


def values_of(input, like, name):
    """What is looked for, as an array: a tensor's, or of a number."""
    if isinstance(input, Tensor):
        values = input._array
    elif isinstance(input, (int, float)):
        values = array_module(like).asarray(input, dtype=dtypes.number_type(input))
    else:
        raise TypeError(f"{name}: argument 'input' must be Tensor or number, not {type(input).__name__}")
    if values.dtype.kind == like.dtype.kind == "b":
        raise NotImplementedError("\"searchsorted_out_cpu\" not implemented for 'Bool': convert with .int()")
    return values


def in_order(name, sequence, sorter):
    """The sequence in the order of its sorter, after torch's checks."""
    if sorter._array.dtype != "int64":
        raise RuntimeError(f"{name}: sorter must be a tensor of long dtype but got dtype {sorter.dtype}")
    if sorter._array.shape != sequence.shape:
        raise RuntimeError(f"{name}: boundary and sorter must have the same size, but got boundary tensor {list(sequence.shape)} and got "
                           f"sorter tensor {list(sorter.shape)}")
    order = sorter._array
    if on_host(order) and order.size and not (0 <= order.min() and order.max() < sequence.shape[-1]):
        raise RuntimeError(f"{name}: sorter index out of range")
    return array_module(sequence).take_along_axis(sequence, order, -1)


def placed(sequence, values, right, out_int32):
    """The places of values in a sorted sequence: the library's search for one, log₂ n halvings for one a row."""
    xp = array_module(sequence)
    if sequence.ndim == 1:
        places = xp.searchsorted(sequence, xp.asarray(values), side="right" if right else "left")
        return wrap(xp.asarray(places).astype("int32" if out_int32 else "int64", copy=False))
    n = sequence.shape[-1]
    low, high = xp.zeros(values.shape, "int64"), xp.full(values.shape, n, "int64")
    for _ in range(n.bit_length()):
        middle = (low + high) // 2
        found = xp.take_along_axis(sequence, xp.minimum(middle, n - 1), -1)
        after = (middle < high) & ~((found > values) if right else (found >= values))
        low, high = xp.where(after, middle + 1, low), xp.where(after, high, middle)
    return wrap(low.astype("int32" if out_int32 else "int64", copy=False))


def bucketize(input, boundaries, *, out_int32=False, right=False):
    """The number of the bucket of each value: boundaries[i - 1] < value ≤ boundaries[i] (≤ and < with `right`).

    Raises:
        RuntimeError: the boundaries are no vector.

    Example:
        >>> import minitorch as torch
        >>> torch.bucketize(torch.tensor([1, 4, 9]), torch.tensor([1, 5]))
        tensor([0, 1, 2])
    """
    if not isinstance(boundaries, Tensor):
        raise TypeError(f"bucketize(): argument 'boundaries' (position 2) must be Tensor, not {type(boundaries).__name__}")
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return placed(boundaries._array, values_of(input, boundaries._array, "bucketize()"), right, out_int32)


# ---- counting --------------------------------------------------------------------------------------------------------------------

def bincount(input, weights=None, minlength=0):
    """How often each of 0, 1, 2 ... occurs, or the sum of its weights (waits for the device: the largest value is the length).

    Raises:
        RuntimeError: not a vector of integers that are not negative, weights of another length, a negative minlength.

    Example:
        >>> import minitorch as torch
        >>> torch.bincount(torch.tensor([1, 1, 3]))
        tensor([0, 2, 0, 1])
    """
    array = input._array
    if array.dtype.kind not in "iu":
        raise NotImplementedError(f'"bincount_cpu" not implemented for {input.dtype}: values that are counted are integers')
    if minlength < 0:
        raise RuntimeError(f"minlength should be >= 0: got {minlength}")
    if array.ndim != 1 or array.size and int(array.min()) < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and weights._array.shape != array.shape:
        raise RuntimeError(f"weights should be 1-d and have the same length as input: got {list(weights.shape)} for {array.size}")
    xp = array_module(array)
    if not array.size:
        return wrap(xp.zeros(minlength, "int64"))
    length = max(int(array.max()) + 1, minlength)
    kind = "int64" if weights is None else "f4" if weights._array.dtype == "f4" else "f8"
    count = xp.zeros(length, kind)
    scatter_add(count, array.astype("int64", copy=False), xp.ones(array.size, kind) if weights is None else weights._array.astype(kind))
    return wrap(count)


def histc_of(input, *, bins, low, high):
    xp = array_module(input)
    values = input.reshape(-1)
    inside = (values >= low) & (values <= high)
    place = xp.where(inside, (xp.where(inside, values, low) - low) / (high - low) * bins, 0).astype("int64")
    count = xp.zeros(bins, input.dtype if input.dtype != "f2" else "f4")
    scatter_add(count, xp.minimum(place, bins - 1), inside.astype(count.dtype))
    return count.astype(input.dtype, copy=False)


def histc(input, bins=100, min=0, max=0):
    """How many values lie in each of `bins` equal intervals from min to max (of the data, if both are equal); the last holds max.

    Raises:
        RuntimeError: bins is not positive, max below min, or a range that is not finite.
        NotImplementedError: integers.

    Example:
        >>> import minitorch as torch
        >>> torch.histc(torch.tensor([1.0, 2.0, 1.0]), 4, 0, 3)
        tensor([0., 2., 1., 0.])
    """
    array = input._array
    if array.dtype.kind != "f":
        raise NotImplementedError(f'"histogram_cpu" not implemented for {input.dtype}: convert with .float()')
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    xp, low, high = array_module(array), min, max
    if low == high and array.size:
        low, high = array.min(), array.max()          # they stay on the device
        same = low == high
        low, high = xp.where(same, low - 1, low), xp.where(same, high + 1, high)
        if on_host(array) and not (xp.isfinite(low) and xp.isfinite(high)):
            raise RuntimeError(f"torch.histc: range of [{low}, {high}] is not finite")
    elif low == high:
        low, high = low - 1, high + 1
    elif not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low}, {high}] is not finite")
    elif low > high:
        raise RuntimeError(f"torch.histc: max must be larger than min: got {max} and {min}")
    return wrap(histc_of(array, bins=bins, low=low, high=high))


def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Which elements are among the test elements; either may be a number.

    Raises:
        RuntimeError: bool.

    Example:
        >>> import minitorch as torch
        >>> torch.isin(torch.tensor([1, 2, 3]), torch.tensor([2, 5]))
        tensor([False,  True, False])
    """
    tensors = [t for t in (elements, test_elements) if isinstance(t, Tensor)]
    if not tensors or not all(isinstance(t, (Tensor, int, float)) for t in (elements, test_elements)):
        raise TypeError("isin() takes two Tensors, or a Tensor and a number, got "
                        f"({type(elements).__name__}, {type(test_elements).__name__})")
    for t in tensors:
        if t._array.dtype.kind == "b" or isinstance(elements, bool) or isinstance(test_elements, bool):
            raise RuntimeError("Unsupported input type encountered for isin(): Bool")
    kind = dtypes.result_numpy([getattr(t, "_array", t) for t in (elements, test_elements)])
    xp = array_module(tensors[0]._array)
    values, among = (xp.asarray(getattr(t, "_array", t)).astype(kind, copy=False) for t in (elements, test_elements))
    ordered = xp.sort(among.reshape(-1))
    if not ordered.size:
        return wrap(xp.full(values.shape, invert, "?"))
    place = xp.minimum(xp.searchsorted(ordered, values.reshape(-1)), ordered.size - 1)
    found = (ordered[place] == values.reshape(-1)) ^ invert
    return wrap(found.reshape(values.shape))


# ---- runs ---------------------------------------------------------------------------------------------------------------------------

def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The first of each run of equal values (or slices along `dim`); on request each one's run, and how long the runs are.

    Raises:
        IndexError: there is no such dimension.

    Example:
        >>> import minitorch as torch
        >>> torch.unique_consecutive(torch.tensor([1, 1, 2, 1]), return_counts=True)
        (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    array = input._array
    xp = array_module(array)
    d = None if dim is None else sliced_dim(input, dim)
    lines = array.reshape(-1) if d is None else xp.moveaxis(array, d, 0).reshape(array.shape[d], -1 if array.size else 0)
    n, changes = lines.shape[0], lines[1:] != lines[:-1]
    new = xp.concatenate([xp.ones(min(n, 1), "?"), changes if d is None else changes.any(1)])
    starts = xp.nonzero(new)[0]
    values = array.reshape(-1)[starts] if d is None else xp.take(array, starts, d)
    results = [wrap(values)]
    if return_inverse:
        inverse = xp.cumsum(new.astype("int64")) - 1
        results.append(wrap(inverse.reshape(array.shape) if d is None else inverse))
    if return_counts:
        counts = xp.concatenate([starts[1:], xp.full(min(n, 1), n, starts.dtype)]) - starts
        results.append(wrap(counts.astype("int64", copy=False)))
    return results[0] if len(results) == 1 else tuple(results)


def histogram(input, bins=100, *, range=None, weight=None, density=False):
    """A histogram: (counts or densities, edges of the bins), of equal bins or of given edges.

    Args:
        bins: how many bins, or a 1-d tensor of edges. range: where equal bins begin and end; the data's, unless given.
        weight: how much each value counts. density: divided by the total and the width of the bin.

    Raises:
        RuntimeError: bins that are none, or dtypes that do not fit. NotImplementedError: integers.

    Example:
        >>> import minitorch as torch
        >>> torch.histogram(torch.tensor([1.0, 2.0, 1.0]), 4, range=(0.0, 3.0)).hist
        tensor([0., 2., 1., 0.])
    """
    array = input._array
    if array.dtype.kind != "f" or array.dtype == "f2":
        raise NotImplementedError(f'"histogramdd" not implemented for {input.dtype}: convert with .float()')
    xp, values = array_module(array), array.reshape(-1)
    if isinstance(bins, Tensor):
        edges = bins._array.copy()
        if edges.dtype != array.dtype or edges.ndim != 1 or not edges.size:
            raise RuntimeError("torch.histogram(): bins must be a 1-d tensor of edges of the input's dtype")
    else:
        if bins <= 0:
            raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
        low, high = range if range is not None else (values.min(), values.max()) if values.size else (0.0, 1.0)
        if low == high:
            low, high = low - 1, high + 1
        if not low < high:
            raise RuntimeError(f"torch.histogram(): min should be less than max, but got {low} and {high}")
        edges = xp.linspace(low, high, bins + 1, dtype=array.dtype)
    n = edges.size - 1
    place = xp.searchsorted(edges, values, side="right") - 1
    place = xp.where(values == edges[-1], n - 1, place)
    inside = (values >= edges[0]) & (values <= edges[-1])
    count = xp.zeros(n, array.dtype)
    share = xp.ones_like(values) if weight is None else weight._array.reshape(-1)
    scatter_add(count, xp.clip(place, 0, max(n - 1, 0)), xp.where(inside, share, 0).astype(array.dtype, copy=False))
    if density:
        count = count / count.sum() / (edges[1:] - edges[:-1])
    return named_result("histogram", wrap(count), wrap(edges))
