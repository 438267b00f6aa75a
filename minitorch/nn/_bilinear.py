"""`nn.functional`: bilinear maps, and normalization over neighbouring channels."""
from minitorch.nn._pooling import avg_pool2d
from minitorch.nn._softmax import check_tensor
from minitorch.ops.linalg import matmul
from minitorch.ops.padding import pad


def bilinear(input1, input2, weight, bias=None):
    """yₖ = x₁ᵀ Aₖ x₂ + bₖ.

    Shape:
        inputs (*, I) and (*, J), weight (K, I, J), bias (K,): (*, K).

    Raises:
        RuntimeError: shapes or dtypes do not fit.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.bilinear(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), torch.ones(1, 2, 2))
        tensor([21.])
    """
    for position, (name, value) in enumerate({"input1": input1, "input2": input2, "weight": weight}.items(), 1):
        check_tensor("bilinear", value, name, position)
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    for dim, (n, m) in enumerate(zip(input1.shape[:-1], input2.shape[:-1])):
        if n != m:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {dim}: got {n} and {m}")
    for name, value, dim in (("input1", input1, 1), ("input2", input2, 2)):
        if value.shape[-1] != weight.shape[dim]:
            raise RuntimeError(f"bilinear(): {name} size does not match weight size: got {value.shape[-1]} but expected "
                               f"{weight.shape[dim]}")
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise RuntimeError(f"bilinear(): bias size does not match weight size: got {list(bias.shape)} but expected {weight.shape[0]}")
    if not input1.dtype is input2.dtype is weight.dtype:
        raise RuntimeError(f"All tensors must have the same dtype, got input1: {input1.dtype}, input2: {input2.dtype}, "
                           f"weight: {weight.dtype}")
    K, I, J = weight.shape
    maps = matmul(input1, weight.permute(1, 0, 2).reshape(I, K * J)).reshape(*input1.shape[:-1], K, J)       # x₁ᵀ Aₖ
    y = (maps * input2.unsqueeze(-2)).sum(-1)
    return y if bias is None else y + bias


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """x / (k + α mean(x²))^β, the mean over `size` neighbouring channels (dimension 1), zeros beyond the first and the last.

    Raises:
        ValueError: fewer than three dimensions.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.local_response_norm(torch.ones(1, 2, 1), 2, alpha=1.0).reshape(2)
        tensor([0.7378, 0.5946])

    Source: Krizhevsky, Sutskever and Hinton (2012), ImageNet Classification, section 3.3
    """
    if input.dim() < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.dim()} dimensions)")
    if input.numel() == 0:
        return input
    rows = (input * input).reshape(len(input), 1, input.shape[1], -1)     # a mean over channels: windows of height `size`
    means = avg_pool2d(pad(rows, (0, 0, size // 2, (size - 1) // 2)), (size, 1), stride=1)
    return input / (means.reshape(input.shape) * alpha + k) ** beta
