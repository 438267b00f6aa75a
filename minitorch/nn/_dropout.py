"""`nn.functional`: dropout."""
from minitorch.kernels import dropout as masked
from minitorch.nn._softmax import check_tensor
from minitorch.ops.inplace import inplace as in_place
from minitorch.random import bernoulli_mask

dropout_ = in_place(masked.dropout)


def dropout(input, p=0.5, training=True, inplace=False):
    """In training, zero with the chance p and divided by 1 - p otherwise; else the input itself.

    The mask is drawn from the default generator, in the memory order of the input.

    Raises:
        ValueError: p is outside [0, 1].

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.dropout(torch.ones(4))
        tensor([0., 0., 2., 0.])
    """
    check_tensor("dropout", input)
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(0.0) if inplace else input * 0.0
    if not input.is_floating_point():
        kind = input.dtype.legacy.removesuffix("Tensor")
        raise RuntimeError(f"result type Float can't be cast to the desired output type {kind}: dropout needs a floating input")
    mask = bernoulli_mask(input._array, 1 - p)
    return dropout_(input, mask, p=p) if inplace else masked.dropout(input, mask, p=p)
