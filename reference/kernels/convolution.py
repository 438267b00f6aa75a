"""2-d convolution in plain PyTorch: all columns at once (im2col), one matrix product, and its backward derived by hand."""
from typing import NamedTuple

import torch


class Geometry(NamedTuple):
    """The sizes of one convolution: kernel (KH, KW), output (OH, OW); `padding` is ((top, bottom), (left, right))."""
    N: int
    C: int
    H: int
    W: int
    O: int
    KH: int
    KW: int
    OH: int
    OW: int
    stride: tuple
    padding: tuple
    dilation: tuple
    groups: int


def both(value):
    """(height, width) of a setting."""
    if isinstance(value, int):
        return value, value
    return value[0], value[-1]


def sides(padding, kernel, dilation):
    """(before, after) along one axis."""
    if padding == "valid":
        return 0, 0
    if padding == "same":
        total = dilation * (kernel - 1)
        return total // 2, total - total // 2
    return padding, padding


def sizes_of(input, weight, bias, stride, padding, dilation, groups):
    """The geometry of a call."""
    (N, C, H, W), (O, _, KH, KW) = input.shape, weight.shape
    stride, dilation = both(stride), both(dilation)
    padding = (padding, padding) if isinstance(padding, str) else both(padding)
    padding = tuple(sides(p, k, d) for p, k, d in zip(padding, (KH, KW), dilation))
    OH, OW = ((n + before + after - d * (k - 1) - 1) // s + 1
              for n, (before, after), k, d, s in zip((H, W), padding, (KH, KW), dilation, stride))
    return Geometry(N, C, H, W, O, KH, KW, OH, OW, stride, padding, dilation, groups)


def spans(sizes):
    """The rows and columns of the padded input that each element of the kernel sees: pairs of slices."""
    (sh, sw), (dh, dw) = sizes.stride, sizes.dilation
    return [[(slice(k * dh, k * dh + sh * (sizes.OH - 1) + 1, sh), slice(l * dw, l * dw + sw * (sizes.OW - 1) + 1, sw))
             for l in range(sizes.KW)] for k in range(sizes.KH)]


def inside(sizes):
    """Where the input lies in the padded input."""
    (top, _), (left, _) = sizes.padding
    return slice(None), slice(None), slice(top, top + sizes.H), slice(left, left + sizes.W)


def padded_zeros(like, sizes):
    """A padded input of zeros; below 0 nothing is cut off: the windows do not reach so far."""
    (top, bottom), (left, right) = sizes.padding
    return like.new_zeros(sizes.N, sizes.C, top + sizes.H + max(bottom, 0), left + sizes.W + max(right, 0))


def unroll(images, sizes):
    """The columns X (G, KH·C/G·KW, OH·N·OW): what each element of the kernel sees."""
    N, C, H, W, O, KH, KW, OH, OW, _, _, _, G = sizes
    padded = padded_zeros(images, sizes)
    padded[inside(sizes)] = images
    seen = torch.stack([torch.stack([padded[:, :, rows, columns] for rows, columns in line]) for line in spans(sizes)])
    seen = seen.reshape(KH, KW, N, G, C // G, OH, OW).permute(3, 0, 4, 1, 5, 2, 6)
    return seen.reshape(G, KH * (C // G) * KW, OH * N * OW)


def fold(columns, sizes):
    """Every entry of the columns added to the element that it was unrolled from: the adjoint of `unroll`."""
    N, C, H, W, O, KH, KW, OH, OW, _, _, _, G = sizes
    seen = columns.reshape(G, KH, C // G, KW, OH, N, OW).permute(1, 3, 5, 0, 2, 4, 6).reshape(KH, KW, N, C, OH, OW)
    padded = padded_zeros(columns, sizes)
    for k, line in enumerate(spans(sizes)):
        for l, (rows, columns) in enumerate(line):
            padded[:, :, rows, columns] += seen[k, l]
    return padded[inside(sizes)]


def as_matrix(weight, sizes):
    """The weight as a matrix for each group: (G, O/G, KH·C/G·KW)."""
    O, CG, KH, KW = weight.shape
    G = sizes.groups
    return weight.reshape(G, O // G, CG, KH, KW).permute(0, 1, 3, 2, 4).reshape(G, O // G, KH * CG * KW)


def as_weight(kernel, shape):
    """The weight whose matrix this is: `as_matrix` backwards."""
    O, CG, KH, KW = shape
    G = len(kernel)
    return kernel.reshape(G, O // G, KH, CG, KW).permute(0, 1, 3, 2, 4).reshape(shape)


def correlate(input, weight, bias, sizes):
    """The convolution itself, for a geometry that is known: Y = W X + b."""
    kernel = as_matrix(weight, sizes)
    columns = unroll(input, sizes)
    rows = kernel @ columns
    planes = rows.reshape(len(weight), sizes.OH, sizes.N, sizes.OW)
    if bias is not None:
        planes = planes + bias.reshape(-1, 1, 1, 1)
    out = planes.permute(2, 0, 1, 3)
    return out


def conv2d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    """The filters `weight` (O, C / groups, KH, KW) slid over `input` (N, C, H, W), plus `bias` (O): (N, O, OH, OW)."""
    sizes = sizes_of(input, weight, bias, stride, padding, dilation, groups)
    return correlate(input, weight, bias, sizes)


def conv2d_backward(grad, input, weight, bias, stride, padding, dilation, groups):
    """Y = W X + b with the columns X of all images:  ∂L/∂b = Σ Ȳ,  ∂L/∂W = Ȳ Xᵀ,  ∂L/∂X = Wᵀ Ȳ, added up where X was copied from."""
    sizes = sizes_of(input, weight, bias, stride, padding, dilation, groups)
    if grad.numel() == 0:
        return zeros(input), zeros(weight), zeros(bias)
    turn = worth_turning(sizes)
    grad_bias = None if bias is None else grad.sum((0, 2, 3))
    folded, grad_weight = products(grad, input, weight, sizes, not turn, True)
    grad_input = correlate(grad, turned(weight, sizes), None, turned_geometry(sizes)) if turn else folded
    return grad_input, grad_weight, grad_bias


def zeros(x):
    """The gradient of what no output depends on."""
    return None if x is None else torch.zeros_like(x)


def products(grad, input, weight, sizes, needs_input, needs_weight):
    """∂L/∂x by folding Wᵀ Ȳ, and ∂L/∂W = Ȳ Xᵀ."""
    kernel = as_matrix(weight, sizes)
    grad_rows = as_rows(grad, sizes)
    if needs_weight:
        columns = unroll(input, sizes)
        grad_kernel = grad_rows @ columns.mT
    if needs_input:
        columns = kernel.mT @ grad_rows
        grad_input = fold(columns, sizes)
    grad_weight = as_weight(grad_kernel, weight.shape) if needs_weight else None
    return grad_input if needs_input else None, grad_weight


def as_rows(grad, sizes):
    """Gradients of outputs as a matrix for each group: (G, O/G, OH·N·OW)."""
    return grad.permute(1, 2, 0, 3).reshape(sizes.groups, sizes.O // sizes.groups, sizes.OH * sizes.N * sizes.OW)


def worth_turning(sizes):
    """Whether ∂L/∂x is taken as a convolution of ȳ with the turned kernel: as ours does, where that is less work than folding."""
    reach = [d * (k - 1) for d, k in zip(sizes.dilation, (sizes.KH, sizes.KW))]
    return sizes.stride == (1, 1) and sizes.O <= 2 * sizes.C and all(max(p) <= r for p, r in zip(sizes.padding, reach))


def turned(weight, sizes):
    """The kernel turned by 180°, its inputs and outputs exchanged: (C, O/G, KH, KW)."""
    O, CG, KH, KW = weight.shape
    G = sizes.groups
    return weight.reshape(G, O // G, CG, KH, KW).swapaxes(1, 2).flip(-1, -2).reshape(G * CG, O // G, KH, KW)


def turned_geometry(sizes):
    """The geometry of the convolution from ȳ to ∂L/∂x."""
    N, C, H, W, O, KH, KW, OH, OW, stride, padding, dilation, G = sizes
    padding = tuple((d * (k - 1) - before, d * (k - 1) - after) for d, k, (before, after) in zip(dilation, (KH, KW), padding))
    return Geometry(N, O, OH, OW, C, KH, KW, H, W, stride, padding, dilation, G)
