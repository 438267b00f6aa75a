"""`nn.functional`: windows as columns and back, channels as places and back."""
from operator import index

from minitorch.kernels import unfolding
from minitorch.kernels.windows import whole
from minitorch.nn._convolution import check_tensors
from minitorch.ops.shape import permute, reshape, squeeze, transpose, unsqueeze


def windows(function, **settings):
    """Settings as pairs (height, width).

    Raises:
        TypeError: they are not made of whole numbers. RuntimeError: not two, or not positive (a padding: negative).
    """
    found = {}
    for name, value in settings.items():
        values = (value, value) if whole(value) else value
        if not isinstance(values, (tuple, list)) or not all(map(whole, values)):
            raise TypeError(f"{function}(): argument '{name}' must be tuple of ints, not {type(value).__name__}")
        if len(values) != 2:
            raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(values)}")
        if min(values) < (name not in ("padding", "output_size")):
            raise RuntimeError(f"{function}: {name} should be {'non-negative' if name == 'padding' else 'greater than zero'}, got {value}")
        found[name] = tuple(map(index, values))
    return found


def refuse_integers(function, input):
    """NotImplementedError for whole numbers, as in torch; bools are fine."""
    if input._array.dtype.kind in "iu":
        raise NotImplementedError(f"{function} is not implemented for {input.dtype}: convert the input, for instance with .float()")


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of images as columns (im2col): y[n, (c, k, l), (i, j)] = x[n, c, i·s + k·d - p, j·s + l·d - p].

    Args:
        kernel_size, dilation, padding, stride: one number, or (height, width).

    Shape:
        (N, C, H, W) or (C, H, W) -> (N, C·KH·KW, OH·OW), without N if there was none.

    Raises:
        RuntimeError: sizes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.unfold(torch.arange(6.0).reshape(1, 2, 3), (2, 2))
        tensor([[0., 1.],
                [1., 2.],
                [3., 4.],
                [4., 5.]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.unfold.html
    """
    check_tensors("unfold", input=input)
    settings = windows("unfold", kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    if input.ndim < 3:
        raise IndexError(f"unfold: Dimension out of range: expected an input (N, C, H, W) or (C, H, W), got size {list(input.shape)}")
    if input.ndim > 4 or 0 in input.shape[-3:]:
        raise RuntimeError("Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but "
                           f"got: {list(input.shape)}")
    counts = unfolding.window_counts(input.shape[-2:], settings["kernel_size"], settings["stride"], settings["padding"],
                                     settings["dilation"])
    if min(counts) < 1:
        raise RuntimeError(f"Given input with spatial size {tuple(input.shape[-2:])}, {settings}, calculated shape of the array of sliding "
                           f"blocks as {counts}, but its components must be at least one")
    refuse_integers("unfold", input)
    return unfolding.unfold(input, **settings) if input.ndim == 4 else squeeze(unfolding.unfold(unsqueeze(input, 0), **settings), 0)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns of windows added up to images: the transpose of `unfold`. Elements that several windows see are sums.

    Args:
        output_size: (height, width) of the images, or one number.
        kernel_size, dilation, padding, stride: as of `unfold`.

    Shape:
        (N, C·KH·KW, OH·OW) or (C·KH·KW, OH·OW) -> (N, C, H, W), without N if there was none.

    Raises:
        RuntimeError: sizes or settings that do not go together.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.fold(torch.ones(4, 2), (2, 3), (2, 2))
        tensor([[[1., 2., 1.],
                 [1., 2., 1.]]])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.fold.html
    """
    check_tensors("fold", input=input)
    settings = windows("fold", output_size=output_size, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise RuntimeError("Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, "
                           f"but got: {list(input.shape)}")
    (KH, KW), rows = settings["kernel_size"], input.shape[-2]
    if rows % (KH * KW):
        raise RuntimeError("Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
                           f"input.size(1)={rows} and kernel_size={(KH, KW)}")
    counts = unfolding.window_counts(settings["output_size"], settings["kernel_size"], settings["stride"], settings["padding"],
                                     settings["dilation"])
    if min(counts) < 1 or counts[0] * counts[1] != input.shape[-1]:
        raise RuntimeError(f"Given {settings}, expected size of input's dimension 2 to match the calculated number of sliding blocks "
                           f"{counts[0]} * {counts[1]}, but got input.size(2)={input.shape[-1]}")
    refuse_integers("fold", input)
    return unfolding.fold(input, **settings) if input.ndim == 3 else squeeze(unfolding.fold(unsqueeze(input, 0), **settings), 0)


# ---- channels and places -------------------------------------------------------------------------------------------------

def factor_of(function, name, value, input):
    """The factor of a shuffle.

    Raises:
        TypeError: it is no whole number. RuntimeError: it is not positive, or the input has fewer than three dimensions.
    """
    check_tensors(function, input=input)
    if not whole(value):
        raise TypeError(f"{function}(): argument '{name}' (position 2) must be int, not {type(value).__name__}")
    if input.ndim < 3:
        raise RuntimeError(f"{function} expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)")
    if value <= 0:
        raise RuntimeError(f"{function} expects a positive {name}, but got {value}")
    return index(value)


def pixel_shuffle(input, upscale_factor):
    """Each r × r channels become the r × r places of one channel: y[c, i·r + a, j·r + b] = x[(c, a, b), i, j].

    Shape:
        (*, C·r², H, W) -> (*, C, H·r, W·r).

    Raises:
        RuntimeError: r² does not divide the channels.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.pixel_shuffle(torch.arange(4.0).reshape(4, 1, 1), 2)
        tensor([[[0., 1.],
                 [2., 3.]]])

    Source: Shi et al. (2016), https://arxiv.org/abs/1609.05158, equation 4
    """
    r = factor_of("pixel_shuffle", "upscale_factor", upscale_factor, input)
    *batch, channels, H, W = input.shape
    if channels % (r * r):
        raise RuntimeError("pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
                           f"input.size(-3)={channels} is not divisible by {r * r}")
    C, n = channels // (r * r), len(batch)
    x = reshape(input, (*batch, C, r, r, H, W))
    return reshape(permute(x, (*range(n + 1), n + 3, n + 1, n + 4, n + 2)), (*batch, C, H * r, W * r))


def pixel_unshuffle(input, downscale_factor):
    """Each r × r places become channels: `pixel_shuffle` backwards.

    Shape:
        (*, C, H·r, W·r) -> (*, C·r², H, W).

    Raises:
        RuntimeError: r does not divide height and width.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.pixel_unshuffle(torch.arange(4.0).reshape(1, 2, 2), 2).flatten()
        tensor([0., 1., 2., 3.])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.pixel_unshuffle.html
    """
    r = factor_of("pixel_unshuffle", "downscale_factor", downscale_factor, input)
    *batch, C, height, width = input.shape
    if height % r or width % r:
        raise RuntimeError(f"pixel_unshuffle expects height and width to be divisible by downscale_factor, but {height} x {width} is not "
                           f"divisible by {r}")
    H, W, n = height // r, width // r, len(batch)
    x = reshape(input, (*batch, C, H, r, W, r))
    return reshape(permute(x, (*range(n + 1), n + 2, n + 4, n + 1, n + 3)), (*batch, C * r * r, H, W))


def channel_shuffle(input, groups):
    """The channels of `groups` groups dealt out in turn: y[n, c·G + g] = x[n, g·C/G + c].

    Shape:
        (N, C, *) -> the same.

    Raises:
        RuntimeError: the groups do not divide the channels.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.channel_shuffle(torch.arange(4.0).reshape(1, 4, 1), 2).flatten()
        tensor([0., 2., 1., 3.])

    Source: Zhang et al. (2018), https://arxiv.org/abs/1707.01083, section 3.1
    """
    G = factor_of("channel_shuffle", "groups", groups, input)
    N, C, *places = input.shape
    if C % G:
        raise RuntimeError(f"Number of channels must be divisible by groups. Got {C} channels and {G} groups.")
    return reshape(transpose(reshape(input, (N, G, C // G, *places)), 1, 2), (N, C, *places))


def native_channel_shuffle(input, groups):
    """`channel_shuffle`, by its other name."""
    return channel_shuffle(input, groups)
