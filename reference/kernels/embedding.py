"""Embedding in plain PyTorch, and its backward derived by hand."""


def embedding(weight, indices, *, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """y = weight[indices]: a row of the table for each index."""
    return weight[indices]


def embedding_backward(grad, indices, *, weight_shape, padding_idx, scale_grad_by_freq):
    """Row v of the table's gradient is Σ g[k] over all k with indices[k] = v."""
    count, width = weight_shape
    index = indices.reshape(-1)
    grad_y = grad.reshape(indices.numel(), width)
    grad_weight = grad.new_zeros(count, width).index_add_(0, index, grad_y)
    if scale_grad_by_freq:
        uses = grad.new_zeros(count, 1).index_add_(0, index, grad.new_ones(len(index), 1))
        grad_weight = grad_weight / uses.clamp(min=1)
    if padding_idx >= 0:
        grad_weight[padding_idx] = 0
    return grad_weight
