"""How the kernels lay out tensors."""


def lines(x, dim):
    """The tensor with `dim` as its dimension 1: (rows, n) if it is the last, else (outer, n, inner); a 0-d tensor is one line of one."""
    if x.ndim == 0:
        return x.reshape(1, 1)
    dim %= x.ndim
    outer, inner = x.shape[:dim].numel(), x.shape[dim + 1:].numel()
    return x.reshape(outer, x.shape[dim]) if inner == 1 else x.reshape(outer, x.shape[dim], inner)


def line_sums(x, weights=None):
    """Sums along dimension 1, which stays with length 1; with `weights` (1, n) each element counts by its weight."""
    return (x if weights is None else x * weights).sum(1, keepdim=True)
