"""2-d convolution in plain PyTorch: all columns at once (im2col), one matrix product, and its backward derived by hand."""
import torch


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


def unroll(input, weight, stride, padding, dilation):
    """The padded input, and for each element of the kernel the rows and columns that it sees there: a list of slices."""
    (sh, sw), (dh, dw) = both(stride), both(dilation)
    ph, pw = (padding, padding) if isinstance(padding, str) else both(padding)
    KH, KW = weight.shape[2:]
    (top, bottom), (left, right) = sides(ph, KH, dh), sides(pw, KW, dw)
    H, W = input.shape[2:]
    padded = input.new_zeros(*input.shape[:2], top + H + bottom, left + W + right)
    padded[:, :, top:top + H, left:left + W] = input
    OH = (top + H + bottom - dh * (KH - 1) - 1) // sh + 1
    OW = (left + W + right - dw * (KW - 1) - 1) // sw + 1
    spans = [(slice(k * dh, k * dh + sh * (OH - 1) + 1, sh), slice(l * dw, l * dw + sw * (OW - 1) + 1, sw))
             for k in range(KH) for l in range(KW)]
    inside = (slice(None), slice(None), slice(top, top + H), slice(left, left + W))
    return padded, spans, inside, (OH, OW)


def conv2d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    """The filters `weight` (O, C / groups, KH, KW) slid over `input` (N, C, H, W), plus `bias` (O): (N, O, OH, OW)."""
    N, C, O = len(input), input.shape[1], len(weight)
    padded, spans, _, (OH, OW) = unroll(input, weight, stride, padding, dilation)
    seen = [padded[:, :, rows, columns] for rows, columns in spans]
    columns = torch.stack(seen, 2).reshape(N, groups, C // groups * len(seen), OH * OW)
    kernel = weight.reshape(groups, O // groups, C // groups * len(seen))
    out = (kernel @ columns).reshape(N, O, OH, OW)
    if bias is not None:
        out = out + bias[:, None, None]
    return out


def conv2d_backward(grad, input, weight, bias, stride, padding, dilation, groups):
    """Y = W X + b with the columns X of each image:  ∂L/∂b = Σ Ȳ,  ∂L/∂W = Σ_n Ȳ Xᵀ,  ∂L/∂X = Wᵀ Ȳ, added up where X was copied from."""
    N, C, O = len(input), input.shape[1], len(weight)
    padded, spans, inside, (OH, OW) = unroll(input, weight, stride, padding, dilation)
    seen = [padded[:, :, rows, columns] for rows, columns in spans]
    columns = torch.stack(seen, 2).reshape(N, groups, C // groups * len(seen), OH * OW)
    kernel = weight.reshape(groups, O // groups, C // groups * len(spans))
    grad_bias = None if bias is None else grad.sum((0, 2, 3))
    grad_rows = grad.reshape(N, groups, O // groups, OH * OW)
    grad_weight = (grad_rows @ columns.mT).sum(0).reshape(weight.shape)
    grad_columns = (kernel.mT @ grad_rows).reshape(N, C, len(spans), OH, OW)
    grad_padded = torch.zeros_like(padded)
    for k, (down, across) in enumerate(spans):
        grad_padded[:, :, down, across] += grad_columns[:, :, k]
    grad_input = grad_padded[inside]
    return grad_input, grad_weight, grad_bias
