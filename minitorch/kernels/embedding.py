"""Embedding: rows of a table, and the sum of gradients into them."""
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, outside, scatter_add_rows
from minitorch.kernels.blocks import wide


def check_indices(indices, count):
    """Refuse an index that is no row; on a device nothing is looked at.

    Raises:
        IndexError: it is negative or too large.
    """
    bad = outside(indices, 0, count - 1)
    if bad is not None:
        raise IndexError(f"index out of range in self: expected 0 to {count - 1}, got {bad}")


@differentiable(name="EmbeddingBackward0")
def embedding(weight, indices, *, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """y = weight[indices]: a row of the table for each index.

    Args:
        padding_idx: the index whose row gets no gradient; -1: none.
        scale_grad_by_freq: divide the gradient of a row by the number of its uses.

    Raises:
        IndexError: an index is no row.
    """
    check_indices(indices, len(weight))
    return weight.take(indices, axis=0)


@differentiable(name="EmbeddingDenseBackward0")
def embedding_backward(grad, indices, *, weight_shape, padding_idx, scale_grad_by_freq):
    """Row v of the table's gradient is Σ g[k] over all k with indices[k] = v."""
    xp, (count, width) = array_module(grad), weight_shape
    index = indices.reshape(-1)
    grad_y = wide(grad).reshape(indices.size, width)
    grad_weight = scatter_add_rows(count, index, grad_y)
    if scale_grad_by_freq:
        uses = scatter_add_rows(count, index, xp.ones((len(index), 1), grad_y.dtype))
        grad_weight /= xp.maximum(uses, 1)
    if padding_idx >= 0:
        grad_weight[padding_idx] = 0
    return grad_weight.astype(grad.dtype, copy=False)


embedding.derivative("weight")(embedding_backward)


@embedding_backward.derivative("grad")                # the transpose of that sum is the lookup; torch leaves the frequency out here
def _(grad_weight, indices, padding_idx):
    grad_y = embedding(grad_weight, indices)
    return grad_y if padding_idx < 0 else grad_y * (indices != padding_idx)[..., None]
