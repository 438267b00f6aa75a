"""Windows that slide over the last axes: how settings name them, and which outputs see which inputs."""
from functools import lru_cache
from operator import index

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
    has these pieces in reading order. They run over the rows' ends: beyond (OH, OW) outputs are meaningless, `cut` leaves them away.
    """

    def __init__(self, xp, count, sizes, outputs, kernel, stride, padding, dilation, dtype, fill):
        reach = [[k * d for k in range(n)] for n, d in zip(kernel, dilation)]
        phases = [sorted({r % s for r in reached}) for reached, s in zip(reach, stride)]
        depth = [n + reached[-1] // s for n, reached, s in zip(outputs, reach, stride)]
        self.array = xp.full((*map(len, phases), count, *depth), fill, dtype)
        self.shape, self.cut = (count, *depth), (slice(None), slice(outputs[0]), slice(outputs[1]))
        self.length = count * depth[0] * depth[1] - reach[0][-1] // stride[0] * depth[1] - reach[1][-1] // stride[1]
        self.taps = []
        for row in reach[0]:
            for column in reach[1]:
                phase = self.array[phases[0].index(row % stride[0]), phases[1].index(column % stride[1])].reshape(-1)
                shift = row // stride[0] * depth[1] + column // stride[1]
                self.taps.append(phase[shift:shift + self.length])
        rows, columns = ([tap(f - p, s, n, m) for f in found] for found, p, s, n, m in zip(phases, padding, stride, sizes, depth))
        self.places = [((a, b, slice(None), r_out, c_out), (slice(None), r_in, c_in))
                       for a, (r_out, r_in) in enumerate(rows) for b, (c_out, c_in) in enumerate(columns)]

    def load(self, planes):
        """Take in the elements of the planes; what lies in the padding keeps the value that the grid was made with."""
        for here, there in self.places:
            self.array[here] = planes[there]

    def unload(self, planes):
        """Write the elements back to planes."""
        for here, there in self.places:
            planes[there] = self.array[here]

    def empty(self, dtype, fill):
        """An array for all outputs, and its flat part that matches `taps`."""
        whole = array_module(self.array).full(self.shape, fill, dtype)
        return whole, whole.reshape(-1)[:self.length]


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
