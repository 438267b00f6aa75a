"""Pooling over 2-d windows: the maximum or the mean of each.

Small windows are scanned position by position, for all outputs at once; large ones window by window. Where several elements are the
largest, torch's rule holds: the first in reading order counts, and of several NaN the last.
"""
from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module, on_host
from minitorch.dtypes import uint8
from minitorch.kernels.blocks import wide
from minitorch.kernels.windows import Grid, adaptive_windows, at_position, counts, sliding_windows
from minitorch.ops.choosing import where_op
from minitorch.ops.creation import zeros_like
from minitorch.tensor import wrap

BLOCK = 1 << 17                                       # elements of the input that are pooled at a time


# ---- few planes at a time -------------------------------------------------------------------------------------------------

def planes(x):
    """(..., H, W) as (planes, H, W)."""
    count = 1
    for n in x.shape[:-2]:
        count *= n
    return x.reshape(count, *x.shape[-2:])


def pieces(planes, *others):
    """Few planes of all arrays at a time; all of them on a device."""
    size = planes.shape[1] * planes.shape[2]
    step = max(1, BLOCK // max(size, 1) if on_host(planes) else len(planes))
    for first in range(0, len(planes), step):
        yield [a[first:first + step] for a in (planes, *others)]


def grids(windows, dtype, fill):
    """A function that gives a grid for so many planes: the last one again if it fits."""
    kept = []

    def grid(planes):
        if not kept or kept[0].shape[0] != len(planes):
            kept[:] = [Grid(array_module(planes), len(planes), windows, dtype, fill)]
        return kept[0]
    return grid


def by_position(windows, passes):
    """Whether to go position by position, for all windows at once, where the other way takes so many passes."""
    return windows.slides is not None and windows.kernel[0] * windows.kernel[1] <= passes


# ---- maximum -------------------------------------------------------------------------------------------------------------

def largest(input, windows):
    """The largest element of each window, and its position k·KW + l in it."""
    xp = array_module(input)
    x = planes(input)
    (KH, KW), (OH, OW) = windows.kernel, windows.outputs
    out = xp.zeros((len(x), OH, OW), input.dtype)
    place = xp.zeros((len(x), OH, OW), "u1" if KH * KW <= 256 else "i4")
    scan = scan_positions if by_position(windows, OH * OW) else scan_windows
    scan(xp, windows, x, out, place)
    shape = (*input.shape[:-2], OH, OW)
    return out.reshape(shape), place.reshape(shape)


def scan_positions(xp, windows, x, out, place):
    dtype = wide(x[:0]).dtype
    grid_of = grids(windows, dtype, lowest(dtype))
    for x, out, place in pieces(x, out, place):
        grid = grid_of(x)
        grid.load(x)
        best, best_flat = grid.room(out, dtype)
        position, position_flat = grid.room(place, place.dtype)
        for i, (first, _) in enumerate(windows.rows):  # a window that starts in the padding: its first position inside
            if first:
                position[:, i] += first * windows.kernel[1]
        for j, (first, _) in enumerate(windows.columns):
            if first:
                position[:, :, j] += first
        best_flat[...] = grid.taps[0]
        for k, seen in enumerate(grid.taps[1:], 1):
            moved = seen > best_flat
            xp.maximum(best_flat, seen, out=best_flat)
            xp.maximum(position_flat, moved.astype(place.dtype) * k, out=position_flat)
        missing = best_flat != best_flat
        if not on_host(x) or missing.any():           # NaN compares with nothing; of several the last counts
            for k, seen in enumerate(grid.taps):
                position_flat[...] = xp.where(seen != seen, xp.array(k, place.dtype), position_flat)
        if best is not out:
            out[...] = best
        if position is not place:
            place[...] = position


def scan_windows(xp, windows, x, out, place):
    KW = windows.kernel[1]
    for i, (first_row, rows) in enumerate(windows.rows):
        for j, (first_column, columns) in enumerate(windows.columns):
            part = x[:, rows, columns]
            height, width = part.shape[1:]
            if part[:1].size == 0:
                out[:, i, j], place[:, i, j] = lowest(x.dtype), first_row * KW + first_column
                continue
            seen = part.reshape(len(x), height * width)
            at = seen.argmax(axis=1)
            best = xp.take_along_axis(seen, at[:, None], axis=1)[:, 0]
            missing = best != best
            if not on_host(x) or missing.any():       # of several NaN the last counts, where argmax has the first
                last = height * width - 1 - (seen != seen)[:, ::-1].argmax(axis=1)
                at = xp.where(missing, last, at)
            out[:, i, j] = best
            place[:, i, j] = (first_row + at // width) * KW + first_column + at % width


def lowest(dtype):
    """Less than or equal to every number of a dtype."""
    return float("-inf") if dtype.kind == "f" else -(1 << 8 * dtype.itemsize - 1) if dtype.kind == "i" else 0


def where(values, mask):
    """The values where the mask holds, 0 elsewhere, also in place of inf and NaN: bit by bit, several times faster than a choice."""
    bits = f"i{values.itemsize}"
    return (values.view(bits) & -mask.view("i1")).view(values.dtype)


def to_largest(grad, place, windows):
    """Every gradient to the place of its window's largest element."""
    xp = array_module(grad)
    shape = (*grad.shape[:-2], *windows.inputs)
    grad_input = xp.zeros(shape, grad.dtype)
    give = give_positions if by_position(windows, grad.shape[-2] * grad.shape[-1]) else give_windows
    give(xp, windows, planes(grad), planes(place), planes(grad_input))
    return grad_input


def give_positions(xp, windows, grad, place, grad_input):
    grid_of = grids(windows, grad.dtype, 0)
    for grad_input, grad, place in pieces(grad_input, grad, place):
        grid = grid_of(grad)
        grads, position = grid.flat(grad), grid.flat(place)
        grid.give((where(grads, position == k) for k in range(len(grid.taps))), grad_input)


def give_windows(xp, windows, grad, place, grad_input):
    every = xp.arange(len(grad))
    KW = windows.kernel[1]
    for i, (first_row, rows) in enumerate(windows.rows):
        for j, (first_column, columns) in enumerate(windows.columns):
            part = grad_input[:, rows, columns]
            if part.size:
                at = place[:, i, j].astype("i8")
                part[every, at // KW - first_row, at % KW - first_column] += grad[:, i, j]


def indices_of(place, windows):
    """Where the elements at these positions of the windows lie in their plane: row·W + column."""
    xp = array_module(place)
    (OH, OW), KW = windows.outputs, windows.kernel[1]
    if windows.slides is None:
        (dh, dw), rows, columns = (1, 1), *(xp.array([s.start for _, s in found], "i8") for found in (windows.rows, windows.columns))
    else:
        (sh, sw), (top, left), (dh, dw) = windows.slides
        rows, columns = xp.arange(OH) * sh - top, xp.arange(OW) * sw - left
    place = place.astype("i8")
    return (rows[:, None] + place // KW * dh) * windows.inputs[1] + columns + place % KW * dw


def define_largest(input, windows):
    """The largest elements and their positions in their windows, on Tensors: position by position, in reading order."""
    for k in range(windows.kernel[0] * windows.kernel[1]):
        rows, columns, inside, first = map(wrap, at_position(windows, k, input._array))
        seen = where_op(inside, input[..., rows, columns], lowest(input._array.dtype))
        if k == 0:
            out, place = seen, zeros_like(seen, dtype=uint8)
        else:
            moved = (seen > out) | (seen != seen) | first
            out, place = where_op(moved, seen, out), where_op(moved, k, place)
    return out, place


# ---- mean ----------------------------------------------------------------------------------------------------------------

def totals(input, windows):
    """The sum of each window."""
    xp, dtype = array_module(input), wide(input[:0]).dtype
    x, (KH, KW), (OH, OW) = planes(input), windows.kernel, windows.outputs
    if (OH, OW) == (1, 1) and (KH, KW) == windows.inputs and windows.slides[1] == (0, 0):
        return (x.reshape(len(x), KH * KW).astype(dtype, copy=False) @ xp.ones(KH * KW, dtype)).reshape(*input.shape[:-2], 1, 1)
    total = xp.zeros((len(x), OH, OW), dtype)
    if by_position(windows, 4 * (OH + OW)):
        grid_of = grids(windows, dtype, 0)
        for x, part in pieces(x, total):
            grid = grid_of(x)
            grid.load(x)
            sums, sums_flat = grid.room(part, dtype)
            sums_flat[...] = grid.taps[0]
            for seen in grid.taps[1:]:
                sums_flat += seen
            if sums is not part:
                part[...] = sums
    else:
        for x, part in pieces(x, total):
            totals_of_windows(xp, windows, x, part)
    return total.reshape(*input.shape[:-2], OH, OW)


def totals_of_windows(xp, windows, x, total):
    """Sums over the windows' rows, of these over their columns."""
    along_rows = xp.zeros((len(x), len(windows.rows), x.shape[2]), total.dtype)
    for i, (_, rows) in enumerate(windows.rows):
        along_rows[:, i] = x[:, rows].sum(axis=1, dtype=total.dtype)
    for j, (_, columns) in enumerate(windows.columns):
        total[..., j] = xp.einsum("nij->ni", along_rows[..., columns])


def to_all(grad, windows):
    """Every gradient to all elements of its window."""
    xp = array_module(grad)
    grad_input = xp.zeros((*grad.shape[:-2], *windows.inputs), grad.dtype)
    out, g, (OH, OW) = planes(grad_input), planes(grad), windows.outputs
    if by_position(windows, 4 * (OH + OW)):
        grid_of = grids(windows, grad.dtype, 0)
        for part, g in pieces(out, g):
            grid = grid_of(g)
            grads = grid.flat(g)
            grid.give((grads for _ in grid.taps), part)
    else:
        for part, g in pieces(out, g):
            spread_over_windows(xp, windows, g, part)
    return grad_input


def spread_over_windows(xp, windows, grads, grad_input):
    """Every gradient to the columns of its window, and these to its rows: the adjoint of `totals_of_windows`."""
    along_rows = xp.zeros((len(grads), len(windows.rows), grad_input.shape[2]), grads.dtype)
    for j, (_, columns) in enumerate(windows.columns):
        along_rows[..., columns] += grads[..., j:j + 1]
    for i, (_, rows) in enumerate(windows.rows):
        grad_input[:, rows] += along_rows[:, i:i + 1]


def divisor(xp, count, dtype):
    """The counts as something to divide by."""
    if isinstance(count, int):
        return count
    rows, columns = (xp.array(numbers, dtype) for numbers in count)
    return rows[:, None] * columns


def shared(grad, count):
    """ȳ / n, in the precision that sums are made in."""
    return wide(grad) / divisor(array_module(grad), count, wide(grad[:0]).dtype)


def divided(total, count):
    """total / count, in the memory of the total; whole numbers are cut towards 0, as in C."""
    xp = array_module(total)
    if total.dtype.kind == "f":
        total /= divisor(xp, count, total.dtype)
        return total
    count = divisor(xp, count, total.dtype)
    return xp.sign(total) * (abs(total) // abs(count)) * (1 if not isinstance(count, int) or count > 0 else -1)


def define_mean(input, windows, count):
    """The means of the windows, on Tensors: position by position."""
    total = 0
    for k in range(windows.kernel[0] * windows.kernel[1]):
        rows, columns, inside, _ = map(wrap, at_position(windows, k, input._array))
        total = total + where_op(inside, input[..., rows, columns], 0.0)
    count = divisor(array_module(input._array), count, input._array.dtype)
    return total / (count if isinstance(count, int) else wrap(count))


# ---- the operators --------------------------------------------------------------------------------------------------------

def max_windows(shape, kernel_size, stride, padding, dilation, ceil_mode):
    return sliding_windows("max_pool2d", shape, kernel_size, stride, padding, dilation, ceil_mode)


@differentiable(outputs="out place", name="MaxPool2DWithIndicesBackward0")
def max_pool2d(input, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest element of each window of (..., H, W), and its position k·KW + l in the window, for the backward."""
    windows = max_windows(input.shape, kernel_size, stride, padding, dilation, ceil_mode)
    refuse("max_pool2d", input.dtype, "b")
    out, place = largest(input, windows)
    return out, place


@max_pool2d.definition
def _(input, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    return define_largest(input, max_windows(input.shape, kernel_size, stride, padding, dilation, ceil_mode))


# y[i, j] = x[m], m the place of the window's largest element:  ∂L/∂x[m] = Σ ȳ[i, j] over the windows whose largest it is; else 0.
@max_pool2d.derivative
def max_pool2d_backward(grad, place, input_shape, kernel_size, stride, padding, dilation, ceil_mode):
    windows = max_windows(input_shape, kernel_size, stride, padding, dilation, ceil_mode)
    grad_input = to_largest(grad, place, windows)
    return grad_input


@differentiable(outputs="out place", name="AdaptiveMaxPool2DBackward0")
def adaptive_max_pool2d(input, *, output_size):
    """The largest element of each of (OH, OW) windows that share the input out, and its position there."""
    windows = adaptive_windows("adaptive_max_pool2d", input.shape, output_size, channels=input.ndim == 4)
    refuse("adaptive_max_pool2d", input.dtype, "biu")
    out, place = largest(input, windows)
    return out, place


@adaptive_max_pool2d.definition
def _(input, *, output_size):
    return define_largest(input, adaptive_windows("adaptive_max_pool2d", input.shape, output_size))


@adaptive_max_pool2d.derivative                       # as of max_pool2d
def adaptive_max_pool2d_backward(grad, place, input_shape, output_size):
    windows = adaptive_windows("adaptive_max_pool2d", input_shape, output_size)
    grad_input = to_largest(grad, place, windows)
    return grad_input


def avg_windows(shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """The windows, and by what their sums are divided."""
    if divisor_override is not None and (isinstance(divisor_override, bool) or not isinstance(divisor_override, int)):
        raise TypeError(f"avg_pool2d(): argument 'divisor_override' must be int, not {type(divisor_override).__name__}")
    if divisor_override == 0:
        raise RuntimeError("avg_pool2d: divisor must be not zero, got divisor_override=0")
    windows = sliding_windows("avg_pool2d", shape, kernel_size, stride, padding, 1, ceil_mode)
    return windows, counts(windows, count_include_pad) if divisor_override is None else divisor_override


@differentiable(name="AvgPool2DBackward0")
def avg_pool2d(input, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """The sum of each window of (..., H, W), divided by its size, with or without the padding in it, or by `divisor_override`."""
    windows, count = avg_windows(input.shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    refuse("avg_pool2d", input.dtype, "bu" if input.dtype == "i8" else "biu")
    total = totals(input, windows)
    out = divided(total, count).astype(input.dtype, copy=False)
    return out


@avg_pool2d.definition
def _(input, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    return define_mean(input, *avg_windows(input.shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override))


# y[i, j] = Σ x[m] / n over the window:  ∂L/∂x[m] = Σ ȳ[i, j] / n over the windows that m lies in.
@avg_pool2d.derivative
def avg_pool2d_backward(grad, input_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    windows, count = avg_windows(input_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    share = shared(grad, count)
    grad_input = to_all(share, windows)
    return grad_input


@differentiable(name="AdaptiveAvgPool2DBackward0")
def adaptive_avg_pool2d(input, *, output_size):
    """The mean of each of (OH, OW) windows that share the input out."""
    windows = adaptive_windows("adaptive_avg_pool2d", input.shape, output_size)
    refuse("adaptive_avg_pool2d", input.dtype, "biu")
    total = totals(input, windows)
    out = divided(total, counts(windows)).astype(input.dtype, copy=False)
    return out


@adaptive_avg_pool2d.definition
def _(input, *, output_size):
    windows = adaptive_windows("adaptive_avg_pool2d", input.shape, output_size)
    return define_mean(input, windows, counts(windows))


@adaptive_avg_pool2d.derivative                       # as of avg_pool2d
def adaptive_avg_pool2d_backward(grad, input_shape, output_size):
    windows = adaptive_windows("adaptive_avg_pool2d", input_shape, output_size)
    share = shared(grad, counts(windows))
    grad_input = to_all(share, windows)
    return grad_input


mean_of_all = named(adaptive_avg_pool2d, "MeanBackward1")                # torch's name where there is one window


def refuse(op, dtype, kinds):
    """NotImplementedError for some kinds of dtypes, as in torch."""
    if dtype.kind in kinds:
        raise NotImplementedError(f"{op} is not implemented for {dtype}: convert the input, for instance with .float()")
