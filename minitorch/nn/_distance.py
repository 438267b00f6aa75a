"""`nn.functional`: normalization of vectors, cosine similarity, one-hot rows."""
from minitorch.backend import on_host
from minitorch.dtypes import int64, promote_types
from minitorch.nn._softmax import check_tensor
from minitorch.ops.creation import arange
from minitorch.ops.distances import pdist_op
from minitorch.ops.shape import broadcast_tensors


def one_hot(tensor, num_classes=-1):
    """For each index a row of zeros with a 1 at the index.

    Args:
        num_classes: the length of the rows; the largest index and one when -1.

    Raises:
        RuntimeError: the tensor is not int64, an index is negative or too large, or there is none to infer the classes from.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
        tensor([[1, 0, 0],
                [0, 0, 1]])
    """
    if tensor.dtype is not int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor, got {tensor.dtype}: convert it with .long().")
    if tensor.numel() == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if on_host(tensor._array) and tensor.numel():     # a check of values would wait for a device
        if tensor.min() < 0:
            raise RuntimeError("Class values must be non-negative.")
        if num_classes != -1 and tensor.max() >= num_classes:
            raise RuntimeError("Class values must be smaller than num_classes.")
    if num_classes == -1:
        num_classes = tensor.max().item() + 1
    return (tensor.unsqueeze(-1) == arange(num_classes, device=tensor.device)).to(int64)


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """x / max(‖x‖, eps), the p-norm taken along `dim`.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.normalize(torch.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    if not input.is_floating_point():
        raise RuntimeError("linalg.vector_norm: Expected a floating point or complex tensor as input. "
                           f"Got {input.dtype.legacy.removesuffix('Tensor')}")
    norm = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return input / norm if out is None else out.copy_(input / norm)


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)), along `dim`, after broadcasting.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.cosine_similarity(torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0]), dim=0)
        tensor(0.7071)
    """
    kind = promote_types(x1.dtype, x2.dtype)
    if not kind.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {kind.legacy.removesuffix('Tensor')}")
    x1, x2 = broadcast_tensors(*(x if x.is_floating_point() else x.to(kind) for x in (x1, x2)))
    norms = [x.norm(2, dim, keepdim=True).clamp_min(eps) for x in (x1, x2)]
    return ((x1 / norms[0]) * (x2 / norms[1])).sum(dim)


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """‖x₁ - x₂ + eps‖ in the p-norm, along the last dimension, after broadcasting.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.pairwise_distance(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]))
        tensor([5.0000])
    """
    check_tensor("pairwise_distance", x1, "x1")
    check_tensor("pairwise_distance", x2, "x2", 2)
    diff = x1 - x2 + eps
    return diff.norm(p, -1, keepdim) if diff.ndim else diff.norm(p)


def pdist(input, p=2.0):
    """‖xᵢ - xⱼ‖ in the p-norm, for all pairs i < j of the rows.

    Raises:
        RuntimeError: the input is no matrix of floating numbers, or p is negative.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.pdist(torch.tensor([[0.0], [3.0], [5.0]]))
        tensor([3., 5., 2.])
    """
    check_tensor("pdist", input)
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if not input.is_floating_point():
        raise RuntimeError(f"pdist only supports floating-point dtypes, got {input.dtype}")
    if p < 0:
        raise RuntimeError(f"pdist only supports non-negative p values, got {p}")
    return pdist_op(input, p=float(p))
