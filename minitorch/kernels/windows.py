"""Windows that slide over the last axes: how settings name them, and which outputs see which inputs."""
from functools import lru_cache
from operator import index
from typing import NamedTuple

from minitorch.backend import array_module


def whole(value):
    """Whether a value is a whole number: booleans are none, as in torch."""
    return hasattr(value, "__index__") and not isinstance(value, bool)


def pair(value, op, name, empty=None):
    """(height, width) of a setting that is one whole number, or a sequence of one or two; `empty` stands for `()`.

    Raises:
        TypeError: if it is not made of whole numbers.
        RuntimeError: if there are more than two, or none where `empty` is None.

    Example:
        >>> pair(3, "conv2d", "stride"), pair([1, 2], "conv2d", "stride")
        ((3, 3), (1, 2))
    """
    if whole(value):
        return index(value), index(value)
    if not isinstance(value, (tuple, list)) or not all(map(whole, value)):
        raise TypeError(f"{op}(): argument '{name}' must be a whole number or a tuple of two, got {value!r} ({type(value).__name__})")
    if not value and empty is not None:
        return empty
    if len(value) not in (1, 2):
        raise RuntimeError(f"{op}: expected {name} to be a single integer value or a list of 2 values (height, width), "
                           f"but got {name}={list(value)}")
    return index(value[0]), index(value[-1])


@lru_cache(maxsize=4096)
def tap(offset, step, inputs, outputs):
    """The outputs o for which input `offset + step·o` exists, and those inputs: two slices.

    Example:
        >>> tap(-1, 2, inputs=6, outputs=3)            # the first of three windows starts in the padding
        (slice(1, 3, None), slice(1, 4, 2))
    """
    low = max(0, -(offset // step))                   # ⌈-offset / step⌉
    high = min(outputs, (inputs - 1 - offset) // step + 1)
    if low >= high:
        return slice(0, 0), slice(0, 0)
    first = offset + low * step
    return slice(low, high), slice(first, first + (high - low - 1) * step + 1, step)


class Grid:
    """Few planes cut into stride × stride phases, so that what one position of the window sees, for all outputs, lies in one piece.

    Position (k, l) of the window sees element (i·s + k·d, j·s + l·d) of the padded plane for output (i, j). That is element
    (i + k·d // s, j + l·d // s) of the phase (k·d mod s, l·d mod s); laid flat, the same distance from (i, j) for all outputs. `taps`
    has these pieces in reading order. They run over the rows' ends: beyond (OH, OW) outputs are meaningless.
    """

    def __init__(self, xp, count, windows, dtype, fill):
        outputs, kernel, (stride, padding, dilation) = windows.outputs, windows.kernel, windows.slides
        reach = [[k * d for k in range(n)] for n, d in zip(kernel, dilation)]
        phases = [sorted({r % s for r in reached}) for reached, s in zip(reach, stride)]
        depth = [n + reached[-1] // s for n, reached, s in zip(outputs, reach, stride)]
        self.shape, self.outputs = (count, *depth), outputs
        self.array = xp.full((*map(len, phases), *self.shape), fill, dtype)
        far = [reached[-1] // s for reached, s in zip(reach, stride)]
        self.length = count * depth[0] * depth[1] - far[0] * depth[1] - far[1]
        self.disjoint = far == [0, 0]                 # no input is seen twice: each position sees a phase of its own
        self.taps = []
        for row in reach[0]:
            for column in reach[1]:
                phase = self.array[phases[0].index(row % stride[0]), phases[1].index(column % stride[1])].reshape(-1)
                shift = row // stride[0] * depth[1] + column // stride[1]
                self.taps.append(phase[shift:shift + self.length])
        rows, columns = ([tap(f - p, s, n, m) for f in found] for found, p, s, n, m in zip(phases, padding, stride, windows.inputs, depth))
        self.places = [(self.array[a, b, :, r_out, c_out], ((slice(None), r_out, c_out), (slice(None), r_in, c_in)))
                       for a, (r_out, r_in) in enumerate(rows) for b, (c_out, c_in) in enumerate(columns)]

    def load(self, planes):
        """Take in the elements of the planes; what lies in the padding keeps the value that the grid was made with."""
        for here, (_, there) in self.places:
            here[...] = planes[there]

    def give(self, values, planes):
        """The adjoint of `load` and reading `taps`: values, flat, one array for each position, added to the elements that it sees."""
        if self.disjoint:                             # no element is seen twice, and the positions are the phases
            for (_, (part, there)), value in zip(self.places, values):
                planes[there] = value.reshape(self.shape)[part]
            return
        self.array[...] = 0
        for seen, value in zip(self.taps, values):
            seen += value
        for here, (_, there) in self.places:
            planes[there] = here

    def room(self, outputs, dtype):
        """Zeros for all outputs as (planes, OH, OW), and flat, as `taps` has them: `outputs` itself if it lies so, being zero already."""
        if outputs.shape == self.shape and outputs.dtype == dtype:
            return outputs, outputs.reshape(-1)
        array = array_module(outputs).zeros(self.shape, dtype)
        return array[:, :self.outputs[0], :self.outputs[1]], array.reshape(-1)[:self.length]

    def flat(self, planes):
        """Planes of outputs, flat as `taps` has them, with zeros in between."""
        if planes.shape == self.shape:
            return array_module(planes).ascontiguousarray(planes).reshape(-1)
        room, flat = self.room(planes, planes.dtype)
        room[...] = planes
        return flat


# ---- the windows of a pooling ---------------------------------------------------------------------------------------------

class Windows(NamedTuple):
    """The windows of a pooling: `rows` and `columns` say what each has of the input, (its first position inside, a slice).

    `slides` has (stride, padding, dilation) where the windows slide, None where they share the input out unevenly.
    """
    inputs: tuple
    outputs: tuple
    kernel: tuple
    slides: tuple | None
    rows: list
    columns: list


@lru_cache(maxsize=1024)
def _sliding_windows(op, shape, kernel, stride, padding, dilation, ceil_mode):
    if min(stride) == 0:
        raise RuntimeError(f"{op}: stride should not be zero, got stride={stride}")
    for name, values in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        if min(values) <= 0:
            raise RuntimeError(f"{op}: {name} should be greater than zero, but got {name}={values}")
    if min(padding) < 0:
        raise RuntimeError(f"{op}: padding must be non-negative, but got padding={padding}")
    if any(p > k // 2 for p, k in zip(padding, kernel)):
        raise RuntimeError(f"{op}: padding should be at most half of the kernel's size, but got padding={padding} and kernel_size={kernel}")
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise RuntimeError(f"{op}: Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got: {list(shape)}")
    outputs = tuple(output_size(*sizes, ceil_mode) for sizes in zip(shape[-2:], kernel, stride, padding, dilation))
    if min(outputs) < 1:
        raise RuntimeError(f"{op}: Given input size: {tuple(shape[-3:])}. Calculated output size: {(shape[-3], *outputs)}. "
                           "Output size is too small: use a smaller window or more padding")
    rows, columns = map(sliding, shape[-2:], outputs, kernel, stride, padding, dilation)
    return Windows(tuple(shape[-2:]), outputs, kernel, (stride, padding, dilation), rows, columns)


def output_size(size, kernel, stride, padding, dilation, ceil_mode):
    """The number of windows; with `ceil_mode` one more may start inside the input or its left padding, and reach beyond the right."""
    free = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (free + (stride - 1 if ceil_mode else 0)) // stride + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= size + padding else count


def sliding_windows(op, shape, kernel_size, stride, padding, dilation, ceil_mode):
    """The windows of `max_pool2d` and `avg_pool2d`."""
    if not isinstance(ceil_mode, bool):
        raise TypeError(f"{op}(): argument 'ceil_mode' must be bool, not {type(ceil_mode).__name__}")
    kernel = pair(kernel_size, op, "kernel_size")
    stride = kernel if stride is None else pair(stride, op, "stride", empty=kernel)
    return _sliding_windows(op, tuple(shape), kernel, stride, pair(padding, op, "padding"), pair(dilation, op, "dilation"), ceil_mode)


def adaptive_windows(op, shape, output_size, channels=False):
    """The windows of the adaptive poolings; None in `output_size` keeps the input's size. With `channels` there must be some."""
    if whole(output_size):
        output_size = (output_size, output_size)
    if len(output_size) != 2:
        raise RuntimeError(f"{op}: output_size must be one number or 2 (height, width), got {output_size!r}")
    if len(shape) not in (3, 4):
        raise RuntimeError(f"{op}(): Expected 3D or 4D tensor, but got {list(shape)}")
    if 0 in shape[-2:] or channels and shape[-3] == 0:
        raise RuntimeError(f"{op}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {list(shape)}")
    return _adaptive_windows(op, tuple(shape[-2:]), tuple(n if o is None else o for n, o in zip(shape[-2:], output_size)))


@lru_cache(maxsize=1024)
def _adaptive_windows(op, inputs, outputs):
    if not all(map(whole, outputs)):
        raise TypeError(f"{op}(): argument 'output_size' must be whole numbers or None, got {outputs}")
    if min(outputs) < 0:
        raise RuntimeError(f"{op}: elements of output_size must be greater than or equal to 0 but received {outputs}")
    rows, columns = map(adaptive, inputs, outputs)
    kernel = tuple(max((s.stop - s.start for _, s in found), default=0) for found in (rows, columns))
    even = all(o and n % o == 0 for n, o in zip(inputs, outputs))
    return Windows(inputs, outputs, kernel, (kernel, (0, 0), (1, 1)) if even else None, rows, columns)


@lru_cache(maxsize=1024)
def sliding(inputs, outputs, kernel, stride, padding, dilation):
    """What each of the windows `o·stride - padding + k·dilation` has of the input: (its first position inside, a slice)."""
    found = []
    for o in range(outputs):
        start = o * stride - padding
        first = max(0, -(start // dilation))
        stop = min(start + (kernel - 1) * dilation + 1, inputs)
        found.append((first, slice(min(start + first * dilation, inputs), max(stop, 0), dilation)))
    return found


@lru_cache(maxsize=1024)
def adaptive(inputs, outputs):
    """Windows that share an axis out, from ⌊o·inputs / outputs⌋ to ⌈(o + 1)·inputs / outputs⌉: as `sliding` has them."""
    return [(0, slice(o * inputs // outputs, -((o + 1) * inputs // -outputs))) for o in range(outputs)]


def at_position(windows, k, like):
    """For position k of all windows: rows (OH, 1), columns (OW), whether it is inside (OH, OW), whether it is the first that is inside."""
    xp, parts = array_module(like), []
    for found, step in zip((windows.rows, windows.columns), divmod(k, windows.kernel[1])):
        places = [s.start + (step - first) * (s.step or 1) if first <= step else s.stop for first, s in found]
        inside = [p < s.stop for p, (_, s) in zip(places, found)]
        parts.append([xp.array([p if i else 0 for p, i in zip(places, inside)], "i8"), xp.array(inside, "?"),
                      xp.array([step == first for first, _ in found], "?")])
    (rows, rows_inside, rows_first), (columns, columns_inside, columns_first) = parts
    return rows[:, None], columns, rows_inside[:, None] & columns_inside, rows_first[:, None] & columns_first


def counts(windows, count_include_pad=False):
    """By how many elements each window's sum is divided: one number, or for rows and for columns."""
    found = []
    for axis, (size, parts) in enumerate(zip(windows.inputs, (windows.rows, windows.columns))):
        if count_include_pad:
            stride, padding, _ = (setting[axis] for setting in windows.slides)
            starts = [o * stride - padding for o in range(len(parts))]
            found.append([min(start + windows.kernel[axis], size + padding) - start for start in starts])
        else:
            found.append([len(range(s.start, s.stop, s.step or 1)) for _, s in parts])
    if all(len(set(numbers)) <= 1 for numbers in found):
        return found[0][0] * found[1][0] if found[0] and found[1] else 1
    return found
