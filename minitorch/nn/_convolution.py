"""`nn.functional`: convolutions."""
from minitorch.kernels import convolution as kernels
from minitorch.nn._softmax import check_tensor
from minitorch.ops.shape import squeeze, unsqueeze


def check_tensors(function, **arguments):
    """Raise TypeError for an argument that is no Tensor; a bias may be None."""
    for position, (name, value) in enumerate(arguments.items(), 1):
        if value is not None or name != "bias":
            check_tensor(function, value, name, position)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """y[n, o, i, j] = b[o] + Σ_{c,k,l} W[o, c, k, l] x[n, c, i·s + k·d - p, j·s + l·d - p].

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        weight: (O, C / groups, KH, KW).
        bias: (O), or None.
        stride, dilation: one number, or (height, width).
        padding: one number, (height, width), "valid" (none) or "same" (the output has the input's size; stride 1 only).
        groups: into how many parts the channels are divided, each with O / groups filters of its own.

    Raises:
        RuntimeError: sizes, dtypes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> x = torch.arange(9.0).reshape(1, 1, 3, 3)
        >>> torch.nn.functional.conv2d(x, torch.ones(1, 1, 2, 2))
        tensor([[[[ 8., 12.],
                  [20., 24.]]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.conv2d.html
    """
    check_tensors("conv2d", input=input, weight=weight, bias=bias)
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    if input.ndim == 3:
        return squeeze(kernels.conv2d(unsqueeze(input, 0), weight, bias, **settings), 0)
    return kernels.conv2d(input, weight, bias, **settings)
