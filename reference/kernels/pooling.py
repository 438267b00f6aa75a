"""Pooling over 2-d windows in plain PyTorch, window by window, and its backward derived by hand."""
import torch

from reference.kernels.windows import Windows


def both(value):
    """(height, width) of a setting."""
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def output_size(size, kernel, stride, padding, dilation, ceil_mode):
    """The number of windows; with `ceil_mode` one more may start inside the input or its left padding, and reach beyond the right."""
    free = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (free + (stride - 1 if ceil_mode else 0)) // stride + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= size + padding else count


def sliding_windows(shape, kernel_size, stride, padding, dilation, ceil_mode):
    """Windows that slide: position k of window o sees `o·stride - padding + k·dilation`."""
    found, begins = [], []
    stride = kernel_size if stride is None else stride
    for n, k, s, p, d in zip(shape[-2:], both(kernel_size), both(stride), both(padding), both(dilation)):
        starts = [o * s - p for o in range(output_size(n, k, s, p, d, ceil_mode))]
        firsts = [max(0, -(start // d)) for start in starts]
        found.append([(first, slice(min(start + first * d, n), max(min(start + (k - 1) * d + 1, n), 0), d))
                      for start, first in zip(starts, firsts)])
        begins.append(starts)
    return Windows(*found, begins, both(kernel_size)[1], both(dilation), shape[-2:])


def adaptive_windows(shape, sizes):
    """Windows that share the input out, from ⌊o·n / m⌋ to ⌈(o + 1)·n / m⌉."""
    found = []
    for n, m in zip(shape[-2:], both(sizes)):
        m = n if m is None else m
        found.append([(0, slice(o * n // m, -((o + 1) * n // -m))) for o in range(m)])
    begins = [[s.start for _, s in parts] for parts in found]
    return Windows(*found, begins, max((s.stop - s.start for _, s in found[1]), default=0), (1, 1), shape[-2:])


# ---- maximum -------------------------------------------------------------------------------------------------------------


def largest(input, windows):
    """The largest element of each window, and its position k·KW + l there.

    Of several that are equal the first in reading order counts, of several NaN the last.
    """
    best, at = scan_windows(windows, input.flatten(0, -3))
    return best.reshape(*input.shape[:-2], *best.shape[1:]), at.reshape(*input.shape[:-2], *best.shape[1:])


def scan_windows(windows, x):
    KW = windows.width
    out = x.new_zeros(len(x), len(windows.rows), len(windows.columns))
    place = torch.zeros(out.shape, dtype=torch.uint8)
    for i, (first_row, rows) in enumerate(windows.rows):
        for j, (first_column, columns) in enumerate(windows.columns):
            part = x[:, rows, columns]
            height, width = part.shape[1:]
            if height * width == 0:
                out[:, i, j], place[:, i, j] = -torch.inf, first_row * KW + first_column
                continue
            seen = part.reshape(len(x), height * width)
            at = seen.argmax(1)
            best = seen.gather(1, at[:, None])[:, 0]
            missing = best != best
            if missing.any():
                last = height * width - 1 - (seen != seen).flip(1).int().argmax(1)
                at = torch.where(missing, last, at)
            out[:, i, j] = best
            place[:, i, j] = (first_row + at // width) * KW + first_column + at % width
    return out, place


def to_largest(grad, place, windows, shape):
    """Each gradient to the place of its window's largest element."""
    grad_input = grad.new_zeros(shape)
    give_windows(windows, grad.flatten(0, -3), place.flatten(0, -3), grad_input.view(-1, *shape[-2:]))
    return grad_input


def give_windows(windows, grad, place, grad_input):
    every = torch.arange(len(grad))
    KW = windows.width
    for i, (first_row, rows) in enumerate(windows.rows):
        for j, (first_column, columns) in enumerate(windows.columns):
            part = grad_input[:, rows, columns]
            if part.numel():
                at = place[:, i, j].long()
                part[every, at // KW - first_row, at % KW - first_column] += grad[:, i, j]


def indices_of(place, windows):
    """Where the elements at these positions of the windows lie in their plane: row·W + column."""
    (dh, dw), (rows, columns), place = windows.dilation, map(torch.tensor, windows.starts), place.long()
    return (rows[:, None] + place // windows.width * dh) * windows.inputs[1] + columns + place % windows.width * dw


def max_pool2d(input, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest element of each window of (..., H, W), and its position k·KW + l in the window, for the backward."""
    windows = sliding_windows(input.shape, kernel_size, stride, padding, dilation, ceil_mode)
    out, place = largest(input, windows)
    return out, place


def max_pool2d_backward(grad, place, input_shape, kernel_size, stride, padding, dilation, ceil_mode):
    """∂L/∂x[m] = Σ ȳ[i, j] over the windows whose largest element is m."""
    windows = sliding_windows(input_shape, kernel_size, stride, padding, dilation, ceil_mode)
    grad_input = to_largest(grad, place, windows, input_shape)
    return grad_input


def adaptive_max_pool2d(input, *, output_size):
    """The largest element of each of (OH, OW) windows that share the input out, and its position there."""
    windows = adaptive_windows(input.shape, output_size)
    out, place = largest(input, windows)
    return out, place


def adaptive_max_pool2d_backward(grad, place, input_shape, output_size):
    """As of max_pool2d."""
    windows = adaptive_windows(input_shape, output_size)
    grad_input = to_largest(grad, place, windows, input_shape)
    return grad_input


# ---- mean ----------------------------------------------------------------------------------------------------------------


def totals(input, windows):
    """The sum of each window."""
    result = input.new_zeros(*input.shape[:-2], len(windows.rows), len(windows.columns))
    totals_of_windows(windows, input.flatten(0, -3), result.view(-1, *result.shape[-2:]))
    return result


def totals_of_windows(windows, x, total):
    """Sums over the windows' rows, of these over their columns."""
    along_rows = x.new_zeros(len(x), len(windows.rows), x.shape[2])
    for i, (_, rows) in enumerate(windows.rows):
        along_rows[:, i] = x[:, rows].sum(1)
    for j, (_, columns) in enumerate(windows.columns):
        total[..., j] = along_rows[..., columns].sum(2)


def to_all(share, windows, shape):
    """Each gradient to all elements of its window."""
    grad_input = share.new_zeros(shape)
    spread_over_windows(windows, share.flatten(0, -3), grad_input.view(-1, *shape[-2:]))
    return grad_input


def spread_over_windows(windows, grads, grad_input):
    """Every gradient to the columns of its window, and these to its rows: the adjoint of `totals_of_windows`."""
    along_rows = grads.new_zeros(len(grads), len(windows.rows), grad_input.shape[2])
    for j, (_, columns) in enumerate(windows.columns):
        along_rows[..., columns] += grads[..., j:j + 1]
    for i, (_, rows) in enumerate(windows.rows):
        grad_input[:, rows] += along_rows[:, i:i + 1]


def counts(windows):
    """How many elements of the input each window has: a matrix (OH, OW)."""
    rows, columns = (torch.tensor([len(range(s.start, s.stop, s.step or 1)) for _, s in found])
                     for found in (windows.rows, windows.columns))
    return rows[:, None] * columns


def avg_windows(shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """The windows, and by what their sums are divided: with the padding that they have, but not what lies beyond it."""
    windows = sliding_windows(shape, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override is not None:
        return windows, divisor_override
    if not count_include_pad:
        return windows, counts(windows)
    rows, columns = (torch.tensor([min(start + k, n + p) - start for start in starts])
                     for starts, n, k, p in zip(windows.starts, shape[-2:], both(kernel_size), both(padding)))
    return windows, rows[:, None] * columns


def avg_pool2d(input, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """The sum of each window of (..., H, W), divided by its size, with or without the padding in it, or by `divisor_override`."""
    windows, elements = avg_windows(input.shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    total = totals(input, windows)
    out = total / elements
    return out


def avg_pool2d_backward(grad, input_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """∂L/∂x[m] = Σ ȳ[i, j] / n over the windows that m lies in."""
    windows, elements = avg_windows(input_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    share = grad / elements
    grad_input = to_all(share, windows, input_shape)
    return grad_input


def adaptive_avg_pool2d(input, *, output_size):
    """The mean of each of (OH, OW) windows that share the input out."""
    windows = adaptive_windows(input.shape, output_size)
    total = totals(input, windows)
    out = total / counts(windows)
    return out


def adaptive_avg_pool2d_backward(grad, input_shape, output_size):
    """As of avg_pool2d."""
    windows = adaptive_windows(input_shape, output_size)
    share = grad / counts(windows)
    grad_input = to_all(share, windows, input_shape)
    return grad_input
