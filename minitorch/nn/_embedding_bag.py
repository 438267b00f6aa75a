"""`nn.functional`: sums, means and maxima of bags of rows of a table."""
from minitorch.backend import array_module, on_own_device
from minitorch.kernels import embedding as table
from minitorch.nn._embedding import _limit_rows
from minitorch.nn._softmax import check_tensor
from minitorch.ops.choosing import where_op
from minitorch.ops.shape import unsqueeze
from minitorch.tensor import Tensor, wrap


def bags(input, offsets, include_last_offset):
    """The indices as a matrix (bags, longest), and where it has any (None: everywhere); an empty place looks at row 0 of the input.

    Raises:
        RuntimeError: the offsets do not begin with 0, or reach beyond the input.
    """
    xp, indices = array_module(input._array), input._array
    if offsets is None:
        return indices, None, None
    starts, count = offsets._array.astype("i8"), indices.size
    if starts.size:
        if int(starts[0]) != 0:
            raise RuntimeError("offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
                               f"got {int(starts[0])}")
        if int(starts[-1]) > count:
            raise RuntimeError(f"offsets[-1] can not be greater than input's length {count} but got offsets[-1] of {int(starts[-1])}")
    if include_last_offset:
        starts, ends = starts[:-1], starts[1:]
    else:
        ends = xp.concatenate([starts[1:], xp.full(1, count, "i8")])
    lengths = ends - starts
    longest = int(lengths.max()) if lengths.size else 0
    places = starts[:, None] + xp.arange(longest)
    inside = xp.arange(longest) < lengths[:, None]
    places = xp.where(inside, places, 0)
    return indices[places] if count else xp.zeros(places.shape, "i8"), inside, places


@on_own_device
def embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False,
                  per_sample_weights=None, include_last_offset=False, padding_idx=None):
    """The sum, mean or maximum of the rows of a table that each bag of indices names.

    Args:
        input: indices, (B, n) for B bags of n, or (L) of bags that `offsets` divides.
        weight: the table (V, D).
        offsets: where each bag begins in a 1-d input.
        max_norm, norm_type: rows that are looked up and have a larger p-norm are scaled down to it, in the table itself.
        scale_grad_by_freq: divide the gradient of a row by how often it is looked up; not for "max".
        mode: "sum", "mean" or "max". An empty bag gives 0.
        sparse: taken for compatibility; the gradient is dense.
        per_sample_weights: of the input's shape: factors of the rows; for "sum".
        include_last_offset: whether `offsets` ends with the end of the last bag.
        padding_idx: a row that does not count and gets no gradient; a negative one counts from the end.

    Shape:
        (B, n) or (L) with B offsets -> (B, D).

    Raises:
        ValueError: dimensions or a mode that do not fit.
        RuntimeError: dtypes, offsets or an index that do not fit.
        NotImplementedError: weights for another mode than "sum".

    Example:
        >>> import minitorch as torch
        >>> rows = torch.tensor([[1.0, 2.0], [3.0, 6.0], [5.0, 0.0]])
        >>> torch.nn.functional.embedding_bag(torch.tensor([0, 1, 2]), rows, torch.tensor([0, 2]))
        tensor([[2., 4.],
                [5., 0.]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.embedding_bag.html
    """
    check_tensor("embedding_bag", weight, "weight", 1)
    if weight._array.dtype.kind in "iu" and input.is_floating_point():
        input, weight = weight, input                 # the older order
    check_bags(input, weight, offsets, mode, per_sample_weights, scale_grad_by_freq, sparse, padding_idx)
    if max_norm is not None:
        _limit_rows(weight, input, max_norm, norm_type)
    xp, rows = array_module(weight._array), weight.shape[0]
    padding = -1 if padding_idx is None else padding_idx % rows
    indices, inside, places = bags(input, offsets, include_last_offset)
    if input._array.size and not 0 <= int(input._array.min()) <= int(input._array.max()) < rows:
        raise RuntimeError(f"Index out of range: input takes a value which is not in the valid range [0, {rows})")
    if padding >= 0:
        inside = indices != padding if inside is None else inside & (indices != padding)
    if 0 in indices.shape or not rows:
        return wrap(xp.zeros((len(indices), weight.shape[1]), weight._array.dtype)) + (weight * 0).sum(0) if len(indices) else weight[:0]
    once = scale_grad_by_freq and places is not None  # the empty places of a matrix of bags are no uses of a row
    seen = table.embedding(weight, input if once else wrap(indices), padding_idx=padding, scale_grad_by_freq=scale_grad_by_freq,
                           sparse=sparse)
    seen = seen[wrap(places)] if once else seen
    if mode == "max":
        return seen.max(1)[0] if inside is None else largest(seen, inside)
    if per_sample_weights is not None:
        factors = per_sample_weights if places is None else per_sample_weights[wrap(places)]
        seen = seen * unsqueeze(factors, -1)
    if inside is None:
        return seen.sum(1) if mode == "sum" else seen.mean(1)
    total = where_op(wrap(inside[..., None]), seen, 0.0).sum(1)
    return total if mode == "sum" else total / wrap(xp.maximum(inside.sum(axis=1), 1).astype(weight._array.dtype)[:, None])


def largest(seen, inside):
    """The largest of each bag's rows, element by element: of equal ones the first has the gradient; 0 of none."""
    masked = where_op(wrap(inside[..., None]), seen, float("-inf"))
    best, _ = masked.max(1)
    return where_op(wrap(inside.any(axis=1)[:, None]), best, 0.0)


def check_bags(input, weight, offsets, mode, per_sample_weights, scale_grad_by_freq, sparse, padding_idx):
    """Refuse what is no bag, by torch's classes."""
    if per_sample_weights is not None and tuple(per_sample_weights.shape) != tuple(input.shape):
        raise ValueError(f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the same shape "
                         f"as the input ({input.shape})")
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if input.ndim == 2 and offsets is not None:
        raise ValueError("if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. "
                         f"However, found offsets of type {type(offsets)}")
    if input.ndim == 1 and not isinstance(offsets, Tensor):
        raise ValueError(f"offsets has to be a 1D Tensor but got {type(offsets)}")
    if input.ndim == 1 and offsets.ndim != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    if input.ndim not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"mode has to be one of sum, mean or max, got {mode!r}")
    if mode == "max" and (scale_grad_by_freq or sparse):
        raise ValueError(f"max mode does not support {'sparse weights' if sparse else 'scaling the gradient by the frequency'}")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(f"embedding_bag: per_sample_weights is only supported for mode='sum' (got mode='{mode}')")
    if padding_idx is not None and not -weight.shape[0] <= padding_idx < weight.shape[0]:
        raise RuntimeError(f"padding_idx must be within the number of embeddings, -{weight.shape[0]} through {weight.shape[0] - 1}, but "
                           f"got {padding_idx}")
    if input._array.dtype.kind not in "iu" or input.dtype.itemsize < 4:
        raise RuntimeError(f"Expected tensor for argument #1 'indices' to have one of the scalar types Long, Int; but got {input.dtype}")
    if not weight.is_floating_point():
        raise RuntimeError(f"Expected tensor for argument #1 'weight' to be floating, but got {weight.dtype}")
    if per_sample_weights is not None and per_sample_weights.dtype is not weight.dtype:
        raise RuntimeError(f"Expected weight and per_sample_weights to have the same type, but got {weight.dtype} and "
                           f"{per_sample_weights.dtype}")
