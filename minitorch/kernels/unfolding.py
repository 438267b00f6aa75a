"""The windows of images as columns (im2col), and columns added up to images: each the adjoint, so the derivative, of the other.

Source: Chellapilla, Puri and Simard (2006), High performance convolutional neural networks for document processing.
"""
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module
from minitorch.kernels.windows import tap


def window_places(inputs, kernel_size, stride, padding, dilation):
    """For each position of the window the windows' rows and columns, and what they see: (where among (OH, OW), where in (H, W))."""
    (H, W), (KH, KW), (sh, sw), (ph, pw), (dh, dw) = inputs, kernel_size, stride, padding, dilation
    OH, OW = window_counts(inputs, kernel_size, stride, padding, dilation)
    row_taps = [tap(k * dh - ph, sh, H, OH) for k in range(KH)]
    column_taps = [tap(l * dw - pw, sw, W, OW) for l in range(KW)]
    return [[((r_out, c_out), (r_in, c_in)) for c_out, c_in in column_taps] for r_out, r_in in row_taps]


def window_counts(inputs, kernel_size, stride, padding, dilation):
    """How many windows there are down and across."""
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in zip(inputs, kernel_size, stride, padding, dilation))


@differentiable(name="Im2ColBackward0")
def unfold(input, *, kernel_size, dilation, padding, stride):
    """(N, C, H, W) -> (N, C·KH·KW, OH·OW): what position (k, l) of each window sees of channel c stands in row (c, k, l)."""
    N, C, H, W = input.shape
    (KH, KW), (OH, OW) = kernel_size, window_counts((H, W), kernel_size, stride, padding, dilation)
    columns = array_module(input).zeros((N, C, KH, KW, OH, OW), input.dtype)
    for k, line in enumerate(window_places((H, W), kernel_size, stride, padding, dilation)):
        for l, ((r_out, c_out), (r_in, c_in)) in enumerate(line):
            columns[:, :, k, l, r_out, c_out] = input[:, :, r_in, c_in]
    out = columns.reshape(N, C * KH * KW, OH * OW)
    return out


# Every element of the columns is a copy of one of the input, x[m]:  ∂L/∂x[m] = Σ ȳ over its copies.
@unfold.derivative
def unfold_backward(grad, input_shape, kernel_size, dilation, padding, stride):
    size = tuple(input_shape[2:])
    grad_input = fold(grad, output_size=size, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    return grad_input


@differentiable(name="Col2ImBackward0")
def fold(input, *, output_size, kernel_size, dilation, padding, stride):
    """(N, C·KH·KW, OH·OW) -> (N, C, H, W): every element of the columns added where `unfold` would have taken it from."""
    (H, W), (KH, KW), (OH, OW) = output_size, kernel_size, window_counts(output_size, kernel_size, stride, padding, dilation)
    N, C = input.shape[0], input.shape[1] // (KH * KW)
    columns = input.reshape(N, C, KH, KW, OH, OW)
    image = array_module(input).zeros((N, C, H, W), input.dtype)
    for k, line in enumerate(window_places((H, W), kernel_size, stride, padding, dilation)):
        for l, ((r_out, c_out), (r_in, c_in)) in enumerate(line):
            image[:, :, r_in, c_in] += columns[:, :, k, l, r_out, c_out]
    return image


# Every element of the columns is a term of one of the image, y[m]:  its gradient is ȳ[m].
@fold.derivative
def fold_backward(grad, kernel_size, dilation, padding, stride):
    grad_input = unfold(grad, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    return grad_input
