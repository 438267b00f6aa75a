"""`nn.functional`: embedding."""
from minitorch.backend import array_module, on_own_device
from minitorch.kernels import embedding as table
from minitorch.nn._softmax import check_tensor
from minitorch.tensor import version_counter


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """weight[input]: the row of a table for each index.

    Args:
        input: indices, int64 or int32.
        weight: the table (V, D).
        padding_idx: the index whose row gets no gradient; a negative one counts from the end.
        max_norm: rows that are looked up and have a larger norm are scaled down to it, in the table itself.
        norm_type: the p of that norm.
        scale_grad_by_freq: divide the gradient of a row by how often it is looked up.
        sparse: taken for compatibility; the gradient is dense.

    Shape:
        (*) -> (*, D).

    Raises:
        IndexError: an index is negative or not below V.
        RuntimeError: the indices are not integers, or the table is no matrix.
        AssertionError: `padding_idx` is no row.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.embedding(torch.tensor([1, 0, 1]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[3., 4.],
                [1., 2.],
                [3., 4.]])
    """
    rows = weight.shape[0] if weight.ndim else 0
    if padding_idx is None:
        padding_idx = -1
    elif not -rows <= padding_idx < rows:
        raise AssertionError(f"Padding_idx must be within num_embeddings: expected {-rows} to {rows - 1}, got {padding_idx}")
    elif padding_idx < 0:
        padding_idx += rows
    check_table(weight, input)
    if max_norm is not None:
        _limit_rows(weight, input, max_norm, norm_type)
    return table.embedding(weight, input, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def rows_of(weight, indices, padding_idx, scale_grad_by_freq, sparse):
    """`torch.embedding`: no index is the padding's if `padding_idx` is no row."""
    check_table(weight, indices)
    return table.embedding(weight, indices, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def check_table(weight, input):
    """Refuse indices that are no integers, and a table that is no matrix."""
    check_tensor("embedding", input, "indices", 2)
    if weight.ndim != 2:
        raise RuntimeError(f"'weight' must be 2-D, got shape {list(weight.shape)}")
    if input._array.dtype.kind not in "iu" or input.dtype.itemsize < 4:
        raise RuntimeError("Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
                           f"but got {input.dtype} instead: convert it with .long()")


@on_own_device
def _limit_rows(weight, indices, max_norm, norm_type):
    """Scale the rows that are used and longer than `max_norm` down to it, in place and out of history. Waits for a device."""
    xp, w = array_module(weight._array), weight._array
    used = xp.unique(indices._array)
    table.check_indices(used, len(w))
    rows = w[used]
    size = abs(rows).max(axis=1) if norm_type == float("inf") else (abs(rows) ** norm_type).sum(axis=1) ** (1 / norm_type)
    scale = xp.where(size > max_norm, max_norm / (size + 1e-7), 1)
    w[used] = rows * scale[:, None]
    version_counter(weight)[0] += 1
