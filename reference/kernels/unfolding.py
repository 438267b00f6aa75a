"""Columns of windows and their sum in plain PyTorch, position by position of the window."""


def tap(offset, step, inputs, outputs):
    """The outputs o for which input `offset + step·o` exists, and those inputs: two slices."""
    inside = [o for o in range(outputs) if 0 <= offset + step * o < inputs]
    if not inside:
        return slice(0, 0), slice(0, 0)
    first, last = inside[0], inside[-1]
    return slice(first, last + 1), slice(offset + step * first, offset + step * last + 1, step)


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


def unfold(input, *, kernel_size, dilation, padding, stride):
    """(N, C, H, W) -> (N, C·KH·KW, OH·OW): what position (k, l) of each window sees of channel c stands in row (c, k, l)."""
    N, C, H, W = input.shape
    (KH, KW), (OH, OW) = kernel_size, window_counts((H, W), kernel_size, stride, padding, dilation)
    columns = input.new_zeros(N, C, KH, KW, OH, OW)
    for k, line in enumerate(window_places((H, W), kernel_size, stride, padding, dilation)):
        for l, ((r_out, c_out), (r_in, c_in)) in enumerate(line):
            columns[:, :, k, l, r_out, c_out] = input[:, :, r_in, c_in]
    out = columns.reshape(N, C * KH * KW, OH * OW)
    return out


def unfold_backward(grad, input_shape, kernel_size, dilation, padding, stride):
    """∂L/∂x[m] = Σ ȳ over the copies of x[m]."""
    size = tuple(input_shape[2:])
    grad_input = fold(grad, output_size=size, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    return grad_input


def fold(input, *, output_size, kernel_size, dilation, padding, stride):
    """(N, C·KH·KW, OH·OW) -> (N, C, H, W): every element of the columns added where `unfold` would have taken it from."""
    (H, W), (KH, KW), (OH, OW) = output_size, kernel_size, window_counts(output_size, kernel_size, stride, padding, dilation)
    N, C = input.shape[0], input.shape[1] // (KH * KW)
    columns = input.reshape(N, C, KH, KW, OH, OW)
    image = input.new_zeros(N, C, H, W)
    for k, line in enumerate(window_places((H, W), kernel_size, stride, padding, dilation)):
        for l, ((r_out, c_out), (r_in, c_in)) in enumerate(line):
            image[:, :, r_in, c_in] += columns[:, :, k, l, r_out, c_out]
    return image


def fold_backward(grad, kernel_size, dilation, padding, stride):
    """∂L/∂x = ȳ[m] for every x that is a term of y[m]."""
    grad_input = unfold(grad, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    return grad_input
