"""`nn.functional`: convolutions."""
from operator import index

from minitorch.kernels import convolution as kernels
from minitorch.kernels import transposed
from minitorch.kernels.windows import whole
from minitorch.nn._softmax import check_tensor
from minitorch.ops.joining import stack
from minitorch.ops.padding import constant_pad
from minitorch.ops.shape import permute, reshape, squeeze, transpose, unsqueeze


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


def per_axis(function, axes, **settings):
    """Each setting as a tuple of one whole number an axis.

    Raises:
        TypeError: it is not made of whole numbers.
        RuntimeError: it has neither one nor one an axis.
    """
    found = []
    for name, value in settings.items():
        values = (value,) if whole(value) else value
        if not isinstance(values, (tuple, list)) or not all(map(whole, values)):
            raise TypeError(f"{function}(): argument '{name}' must be tuple of ints, not {type(value).__name__}")
        if len(values) not in (1, axes):
            raise RuntimeError(f"expected {name} to be a single integer value or a list of {axes} values to match the convolution "
                               f"dimensions, but got {name}={list(values)}")
        found.append(tuple(map(index, values)) * (axes // len(values)))
    return found


def batched(function, axes, input, weight):
    """The input with a batch dimension.

    Raises:
        RuntimeError: input or weight has another number of dimensions than the convolution.
    """
    if weight.ndim != axes + 2:
        raise RuntimeError(f"{function}: expected a weight of {axes + 2} dimensions, (channels, channels / groups, kernel sizes), but got "
                           f"weight of size {list(weight.shape)}")
    if input.ndim not in (axes + 1, axes + 2):
        raise RuntimeError(f"Expected {axes + 1}D (unbatched) or {axes + 2}D (batched) input to {function}, but got input of size: "
                           f"{list(input.shape)}")
    return unsqueeze(input, 0) if input.ndim == axes + 1 else input


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """y[n, o, i] = b[o] + Σ_{c,k} W[o, c, k] x[n, c, i·s + k·d - p]: `conv2d` of images one row high.

    Args:
        input: (N, C, L), or (C, L) without a batch.
        weight: (O, C / groups, K).
        bias: (O), or None.
        stride, dilation: one number.
        padding: one number, "valid" (none) or "same" (the output has the input's size; stride 1 only).
        groups: into how many parts the channels are divided, each with O / groups filters of its own.

    Raises:
        RuntimeError: sizes, dtypes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.conv1d(torch.tensor([[[1.0, 2.0, 4.0, 8.0]]]), torch.tensor([[[-1.0, 1.0]]]))
        tensor([[[1., 2., 4.]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.conv1d.html
    """
    check_tensors("conv1d", input=input, weight=weight, bias=bias)
    (s,), (d,) = per_axis("conv1d", 1, stride=stride, dilation=dilation)
    p = padding if isinstance(padding, str) else (0, *per_axis("conv1d", 1, padding=padding)[0])
    rows = unsqueeze(batched("conv1d", 1, input, weight), 2)
    out = squeeze(kernels.conv2d(rows, unsqueeze(weight, 2), bias, stride=(1, s), padding=p, dilation=(1, d), groups=groups), 2)
    return out if input.ndim == 3 else squeeze(out, 0)


def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """y[n, o, h, i, j] = b[o] + Σ_{c,m,k,l} W[o, c, m, k, l] x[n, c, h·s + m·d - p, i·s + k·d - p, j·s + l·d - p].

    The planes that one output plane sees are channels of one image: then it is `conv2d`, and so are the derivatives.

    Args:
        input: (N, C, D, H, W), or (C, D, H, W) without a batch.
        weight: (O, C / groups, KD, KH, KW).
        bias: (O), or None.
        stride, dilation: one number, or (depth, height, width).
        padding: one number, (depth, height, width), "valid" (none) or "same" (the output has the input's size; stride 1 only).
        groups: into how many parts the channels are divided, each with O / groups filters of its own.

    Raises:
        RuntimeError: sizes, dtypes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.conv3d(torch.arange(8.0).reshape(1, 1, 2, 2, 2), torch.ones(1, 1, 2, 1, 2))
        tensor([[[[[10.],
                   [18.]]]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.conv3d.html
    """
    check_tensors("conv3d", input=input, weight=weight, bias=bias)
    (s, *strides), (d, *dilations) = per_axis("conv3d", 3, stride=stride, dilation=dilation)
    volume = batched("conv3d", 3, input, weight)
    (N, C, D, H, W), (O, CG, KD, KH, KW) = volume.shape, weight.shape
    reach = d * (KD - 1) + 1
    if isinstance(padding, str):
        if padding == "same" and (s, *strides) != (1, 1, 1):
            raise RuntimeError("padding='same' is not supported for strided convolutions: give the padding as numbers")
        sides, paddings = ((reach - 1) // 2, reach // 2) if padding == "same" else (0, 0), padding
    else:
        (p, *paddings), = per_axis("conv3d", 3, padding=padding)
        sides = p, p
        if p < 0:
            raise RuntimeError(f"negative padding is not supported: conv3d got padding={padding}")
    if s <= 0 or d <= 0:
        raise RuntimeError(f"non-positive stride or dilation is not supported: conv3d got stride={stride}, dilation={dilation}")
    depth = D + sum(sides)
    if KD == 0 or depth < reach or D == 0 and N and C:
        raise RuntimeError(f"Calculated padded input size per channel: ({depth} x {H} x {W}). Kernel size: ({reach} x {KH} x {KW}). "
                           "Kernel size can't be greater than actual input size, nor 0")
    volume = constant_pad(volume, sides=((0, 0), (0, 0), sides, (0, 0), (0, 0)), value=0) if any(sides) else volume
    OD = (depth - reach) // s + 1
    seen = stack([volume[:, :, k * d:k * d + s * (OD - 1) + 1:s] for k in range(KD)], 2)
    images = reshape(permute(seen, (0, 3, 1, 2, 4, 5)), (N * OD, C * KD, H, W))
    out = kernels.conv2d(images, reshape(weight, (O, CG * KD, KH, KW)), bias, stride=tuple(strides), padding=paddings
                         if isinstance(paddings, str) else tuple(paddings), dilation=tuple(dilations), groups=groups)
    out = transpose(reshape(out, (N, OD, *out.shape[1:])), 1, 2).contiguous()
    return out if input.ndim == 5 else squeeze(out, 0)


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The transpose of `conv1d`, which is its gradient: y[n, o, i·s + k·d - p] += W[c, o, k] x[n, c, i].

    Args:
        input: (N, C, L), or (C, L) without a batch.
        weight: (C, O / groups, K).
        bias: (O), or None.
        stride, dilation: one number.
        padding: how many places are cut off at both ends.
        output_padding: how many places there are more at the end; less than the stride or the dilation.
        groups: into how many parts the channels are divided.

    Shape:
        (N, C, L) -> (N, O, (L - 1)·stride - 2·padding + dilation·(K - 1) + output_padding + 1).

    Raises:
        RuntimeError: sizes, dtypes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.conv_transpose1d(torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[1.0, 10.0, 100.0]]]), stride=2)
        tensor([[[  1.,  10., 102.,  20., 200.]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.conv_transpose1d.html
    """
    check_tensors("conv_transpose1d", input=input, weight=weight, bias=bias)
    (s,), (p,), (extra,), (d,) = per_axis("conv_transpose1d", 1, stride=stride, padding=padding, output_padding=output_padding,
                                          dilation=dilation)
    rows = unsqueeze(batched("conv_transpose1d", 1, input, weight), 2)
    out = squeeze(transposed.conv_transpose2d(rows, unsqueeze(weight, 2), bias, stride=(1, s), padding=(0, p), output_padding=(0, extra),
                                              groups=groups, dilation=(1, d)), 2)
    return out if input.ndim == 3 else squeeze(out, 0)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The transpose of `conv2d`, which is its gradient: y[n, o, i·s + k·d - p, j·s + l·d - p] += W[c, o, k, l] x[n, c, i, j].

    Args:
        input: (N, C, H, W), or (C, H, W) for one image.
        weight: (C, O / groups, KH, KW).
        bias: (O), or None.
        stride, dilation: one number, or (height, width).
        padding: how many places are cut off on each side.
        output_padding: how many places there are more behind; less than the stride or the dilation.
        groups: into how many parts the channels are divided.

    Shape:
        (N, C, H, W) -> (N, O, H', W'), H' = (H - 1)·stride - 2·padding + dilation·(KH - 1) + output_padding + 1.

    Raises:
        RuntimeError: sizes, dtypes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.conv_transpose2d(torch.tensor([[[[1.0, 2.0]]]]), torch.tensor([[[[1.0, 1.0], [3.0, 0.0]]]]))
        tensor([[[[1., 3., 2.],
                  [3., 6., 0.]]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.conv_transpose2d.html
    """
    check_tensors("conv_transpose2d", input=input, weight=weight, bias=bias)
    s, p, extra, d = per_axis("conv_transpose2d", 2, stride=stride, padding=padding, output_padding=output_padding, dilation=dilation)
    out = transposed.conv_transpose2d(batched("conv_transpose2d", 2, input, weight), weight, bias, stride=s, padding=p,
                                      output_padding=extra, groups=groups, dilation=d)
    return out if input.ndim == 4 else squeeze(out, 0)


def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The transpose of `conv3d`, which is its gradient: every plane by `conv_transpose2d`, added up along the depth.

    Args:
        input: (N, C, D, H, W), or (C, D, H, W) without a batch.
        weight: (C, O / groups, KD, KH, KW).
        bias: (O), or None.
        stride, dilation: one number, or (depth, height, width).
        padding: how many places are cut off on each side.
        output_padding: how many places there are more behind; less than the stride or the dilation.
        groups: into how many parts the channels are divided.

    Shape:
        (N, C, D, H, W) -> (N, O, D', H', W'), D' = (D - 1)·stride - 2·padding + dilation·(KD - 1) + output_padding + 1.

    Raises:
        RuntimeError: sizes, dtypes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.conv_transpose3d(torch.ones(1, 1, 2, 1, 1), torch.ones(1, 1, 2, 1, 1)).flatten()
        tensor([1., 2., 1.])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.conv_transpose3d.html
    """
    name = "conv_transpose3d"
    check_tensors(name, input=input, weight=weight, bias=bias)
    (s, *strides), (p, *paddings), (extra, *extras), (d, *dilations) = per_axis(
        name, 3, stride=stride, padding=padding, output_padding=output_padding, dilation=dilation)
    volume = batched(name, 3, input, weight)
    (N, C, D, H, W), (I, OG, KD, KH, KW) = volume.shape, weight.shape
    depth = s * (D - 1) + d * (KD - 1) + 1 - 2 * p + extra
    if min(s, d) <= 0 or min(p, extra) < 0 or extra >= max(s, d) or KD == 0 or depth < 1 or D == 0 or OG == 0:
        raise RuntimeError(f"{name}: settings that do not go together: input of size {list(input.shape)}, weight of size "
                           f"{list(weight.shape)}, stride={stride}, padding={padding}, output_padding={output_padding}, "
                           f"dilation={dilation}; output padding must be smaller than either stride or dilation")
    O = OG * groups if whole(groups) else None
    if bias is not None and O is not None and bias.shape != (O,):
        raise RuntimeError(f"Given transposed=1, weight of size {list(weight.shape)}, expected bias to be 1-dimensional with {O} "
                           f"elements, but got bias of size {list(bias.shape)} instead")
    images = reshape(transpose(volume, 1, 2), (N * D, C, H, W))
    parts = transposed.conv_transpose2d(images, reshape(weight, (I, OG * KD, KH, KW)), stride=tuple(strides), padding=tuple(paddings),
                                        output_padding=tuple(extras), groups=groups, dilation=tuple(dilations))
    plane = tuple(parts.shape[2:])
    parts = permute(reshape(parts, (N, D, O, KD, *plane)), (3, 0, 2, 1, 4, 5))
    if s > 1:                                         # stride - 1 planes of zeros behind each
        parts = constant_pad(reshape(parts, (KD, N, O, D, 1, *plane)), sides=((0, 0),) * 4 + ((0, s - 1), (0, 0), (0, 0)), value=0)
    parts = reshape(parts, (KD, N, O, D * s, *plane))
    out = None
    for k in range(KD):
        before = k * d - p
        part = constant_pad(parts[k], sides=((0, 0), (0, 0), (before, depth - D * s - before), (0, 0), (0, 0)), value=0)
        out = part if out is None else out + part
    out = out if bias is None else out + reshape(bias, (-1, 1, 1, 1))
    return out if input.ndim == 5 else squeeze(out, 0)
