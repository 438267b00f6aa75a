"""Pooling over 2-d windows in plain PyTorch, position by position of the window, and its backward derived by hand."""
import torch


def both(value):
    """(height, width) of a setting."""
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def output_size(size, kernel, stride, padding, dilation, ceil_mode):
    """The number of windows; with `ceil_mode` one more may start inside the input or its left padding, and reach beyond the right."""
    free = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (free + (stride - 1 if ceil_mode else 0)) // stride + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= size + padding else count


def sliding(shape, kernel_size, stride, padding, dilation, ceil_mode):
    """For rows and for columns: what window o sees at position k, and whether that is inside: two matrices (outputs, kernel)."""
    found = []
    stride = kernel_size if stride is None else stride
    for n, k, s, p, d in zip(shape[-2:], both(kernel_size), both(stride), both(padding), both(dilation)):
        starts = torch.arange(output_size(n, k, s, p, d, ceil_mode)) * s - p
        at = starts[:, None] + torch.arange(k) * d
        found.append((at, (at >= 0) & (at < n)))
    return found


def adaptive(shape, sizes):
    """The same for windows that share the input out, from ⌊o·n / m⌋ to ⌈(o + 1)·n / m⌉."""
    found = []
    for n, m in zip(shape[-2:], both(sizes)):
        m = n if m is None else m
        starts = torch.arange(m) * n // m
        stops = -(-(torch.arange(m) + 1) * n // m)
        at = starts[:, None] + torch.arange((stops - starts).max())
        found.append((at, at < stops[:, None]))
    return found


def positions(shape, windows):
    """For each position, in reading order: the places row·W + column that the windows see there, 0 where outside; whether inside."""
    (rows, rows_inside), (columns, columns_inside) = windows
    for k in range(rows.shape[1]):
        for l in range(columns.shape[1]):
            inside = rows_inside[:, k, None] & columns_inside[:, l]
            yield (rows[:, k, None] * shape[-1] + columns[:, l]) * inside, inside


# ---- maximum -------------------------------------------------------------------------------------------------------------

def scan(input, windows):
    """The largest element of each window, and its position there.

    Of several that are equal the first in reading order counts, of several NaN the last.
    """
    out, place = None, None
    for k, (places, inside) in enumerate(positions(input.shape, windows)):
        seen = input.flatten(-2)[..., places]
        if k == 0:
            out, place = torch.full_like(seen, -torch.inf), torch.full_like(seen, -1, dtype=torch.int64)
        moved = inside & ((place < 0) | (seen > out) | seen.isnan())
        out = torch.where(moved, seen, out)
        place = torch.where(moved, k, place)
    return out, place.to(torch.uint8)


def give(grad, place, shape, windows):
    """Each gradient to the element at position `place` of its window."""
    grad_input = grad.new_zeros(shape)
    for k, (places, _) in enumerate(positions(shape, windows)):
        grad_input.flatten(-2).index_add_(-1, places.flatten(), torch.where(place == k, grad, 0).flatten(-2))
    return grad_input


def max_pool2d(input, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest element of each window of (..., H, W), and its position k·KW + l in the window, for the backward."""
    out, place = scan(input, sliding(input.shape, kernel_size, stride, padding, dilation, ceil_mode))
    return out, place


def max_pool2d_backward(grad, place, input_shape, kernel_size, stride, padding, dilation, ceil_mode):
    """∂L/∂x[m] = Σ ȳ[i, j] over the windows whose largest element is m."""
    grad_input = give(grad, place, input_shape, sliding(input_shape, kernel_size, stride, padding, dilation, ceil_mode))
    return grad_input


def adaptive_max_pool2d(input, *, output_size):
    """The largest element of each of (OH, OW) windows that share the input out, and its position there."""
    out, place = scan(input, adaptive(input.shape, output_size))
    return out, place


def adaptive_max_pool2d_backward(grad, place, input_shape, output_size):
    """As of max_pool2d."""
    grad_input = give(grad, place, input_shape, adaptive(input_shape, output_size))
    return grad_input


# ---- mean ----------------------------------------------------------------------------------------------------------------

def totals(input, windows):
    """The sum of each window."""
    total = 0
    for places, inside in positions(input.shape, windows):
        total = total + torch.where(inside, input.flatten(-2)[..., places], 0)
    return total


def to_all(share, shape, windows):
    """Each gradient to all elements of its window."""
    grad_input = share.new_zeros(shape)
    for places, inside in positions(shape, windows):
        grad_input.flatten(-2).index_add_(-1, places.flatten(), torch.where(inside, share, 0).flatten(-2))
    return grad_input


def counts(windows):
    """How many elements of the input each window has."""
    (_, rows_inside), (_, columns_inside) = windows
    return rows_inside.sum(1)[:, None] * columns_inside.sum(1)


def counts_with_padding(shape, windows, kernel_size, padding):
    """The same with the padding, but not what lies beyond it."""
    sizes = []
    for (at, _), n, k, p in zip(windows, shape[-2:], both(kernel_size), both(padding)):
        start = at[:, 0]
        sizes.append((start + k).clamp(max=n + p) - start)
    return sizes[0][:, None] * sizes[1]


def avg_pool2d(input, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """The sum of each window of (..., H, W), divided by its size, with or without the padding in it, or by `divisor_override`."""
    windows = sliding(input.shape, kernel_size, stride, padding, 1, ceil_mode)
    elements = counts_with_padding(input.shape, windows, kernel_size, padding) if count_include_pad else counts(windows)
    total = totals(input, windows)
    out = total / (divisor_override or elements)
    return out


def avg_pool2d_backward(grad, input_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """∂L/∂x[m] = Σ ȳ[i, j] / n over the windows that m lies in."""
    windows = sliding(input_shape, kernel_size, stride, padding, 1, ceil_mode)
    elements = counts_with_padding(input_shape, windows, kernel_size, padding) if count_include_pad else counts(windows)
    share = grad / (divisor_override or elements)
    grad_input = to_all(share, input_shape, windows)
    return grad_input


def adaptive_avg_pool2d(input, *, output_size):
    """The mean of each of (OH, OW) windows that share the input out."""
    windows = adaptive(input.shape, output_size)
    total = totals(input, windows)
    out = total / counts(windows)
    return out


def adaptive_avg_pool2d_backward(grad, input_shape, output_size):
    """As of avg_pool2d."""
    windows = adaptive(input_shape, output_size)
    share = grad / counts(windows)
    grad_input = to_all(share, input_shape, windows)
    return grad_input
