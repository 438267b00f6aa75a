"""Line and bar charts as small SVG text, in the colours of the page."""
import math
from html import escape

import numpy as np
from markupsafe import Markup

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 66, 14, 40, 46
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Plot:
    """A chart: `line` adds a curve, `dots` points, `bars` groups of bars. Styles are "ours" (solid),
    "reference" (dashed), "third" (dotted).

    Example:
        >>> plot = Plot("A parabola", "x", "y")
        >>> plot.line([0, 1, 2], [0, 1, 4], "x squared", "ours")
        >>> plot.svg().startswith("<svg")
        True
    """

    def __init__(self, title, across="", up="", logx=False, logy=False):
        self.title, self.across, self.up, self.log = title, across, up, (logx, logy)
        self.lines, self.points, self.groups, self.ticks = [], [], [], None

    def line(self, x, y, name="", style="ours"):
        """A curve through points, in the legend if it has a name; what is not finite (or not positive on a log scale) is left out."""
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        good = np.isfinite(x) & np.isfinite(y) & ((x > 0) | (not self.log[0])) & ((y > 0) | (not self.log[1]))
        self.lines.append((x[good], y[good], name, style))

    def dots(self, x, y, style="ours"):
        """Single points, within the range of the curves: what holds where a curve jumps."""
        self.points.append((np.asarray(x, np.float64), np.asarray(y, np.float64), style))

    def bars(self, x, series):
        """Bars side by side at each of x: `series` is {name: (heights, style)}."""
        self.ticks = [str(v) for v in x]
        self.groups = [(np.asarray(h, np.float64), name, style) for name, (h, style) in series.items()]

    def svg(self):
        """The chart as SVG text."""
        xs, ys = self._ranges()
        to_x, to_y = scale(xs, LEFT, WIDTH - RIGHT, self.log[0]), scale(ys, HEIGHT - BOTTOM, TOP, self.log[1])
        parts = [f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self.title)}">']
        grid = "".join(f"M{LEFT} {to_y(v):.1f}H{WIDTH - RIGHT}" for v in ticks(*ys, self.log[1]))
        if self.ticks is None:
            grid += "".join(f"M{to_x(v):.1f} {TOP}V{HEIGHT - BOTTOM}" for v in ticks(*xs, self.log[0]))
        parts.append(f'<path class="grid" d="{grid}"/>')
        for v in ticks(*ys, self.log[1]):
            parts.append(f'<text x="{LEFT - 9}" y="{to_y(v) + 4:.1f}" text-anchor="end">{label(v, self.log[1])}</text>')
        across = [(v, label(v, self.log[0])) for v in ticks(*xs, self.log[0])] if self.ticks is None else list(enumerate(self.ticks))
        for v, text in across:
            parts.append(f'<text x="{to_x(v):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{text}</text>')
        parts += self._bars(to_x, to_y) if self.groups else []
        parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
        for x, y, _, style in self.lines:
            points = " ".join(f"{to_x(a):.1f},{to_y(b):.1f}" for a, b in zip(x, y))
            parts.append(f'<polyline class="{style}" points="{points}"/>')
        for x, y, style in self.points:
            parts += [f'<circle class="dot {style}" cx="{to_x(a):.1f}" cy="{to_y(b):.1f}" r="4.5"/>' for a, b in zip(x, y)]
        middle, centre = (TOP + HEIGHT - BOTTOM) / 2, (LEFT + WIDTH - RIGHT) / 2
        parts.append(f'<text class="ax" x="{centre}" y="{HEIGHT - 6}" text-anchor="middle">{escape(self.across)}</text>')
        parts.append(f'<text class="ax" x="15" y="{middle}" text-anchor="middle" transform="rotate(-90 15 {middle})">'
                     f'{escape(self.up)}</text>')
        return Markup("".join([*parts, *self._legend(), "</svg>"]))

    def _ranges(self):
        if self.groups:
            heights = np.concatenate([h for h, _, _ in self.groups])
            return (-0.6, len(self.ticks) - 0.4), padded(min(heights.min(), 0), max(heights.max(), 0), False)
        x, y = (np.concatenate([line[k] for line in self.lines]) for k in (0, 1))
        low, high = x.min(), x.max()
        return (low, high if high > low else low + 1), padded(y.min(), y.max(), self.log[1])

    def _bars(self, to_x, to_y):
        width, zero = 0.8 / len(self.groups), to_y(0)
        for k, (heights, _, style) in enumerate(self.groups):
            path = ""
            for at, h in enumerate(heights):
                left, right, top = to_x(at - 0.4 + k * width), to_x(at - 0.4 + (k + 0.94) * width), to_y(h)
                path += f"M{left:.1f} {zero:.1f}V{top:.1f}H{right:.1f}V{zero:.1f}z"
            yield f'<path class="bar {style}" d="{path}"/>'
        yield f'<path class="axis" d="M{LEFT} {zero:.1f}H{WIDTH - RIGHT}"/>'

    def _legend(self):
        at = LEFT
        for name, style, kind in [(n, s, "polyline") for _, _, n, s in self.lines] + [(n, s, "bar") for _, n, s in self.groups]:
            if not name:
                continue
            if kind == "bar":
                yield f'<path class="bar {style}" d="M{at} 12h22v11h-22z"/>'
            else:
                yield f'<polyline class="{style}" points="{at},17.5 {at + 24},17.5"/>'
            yield f'<text class="ax" x="{at + 30}" y="22">{escape(name)}</text>'
            at += 46 + 7.2 * len(name)


def scale(limits, start, end, log):
    """A function from a value to its place."""
    low, high = (math.log10(v) for v in limits) if log else limits
    return lambda v: start + (end - start) * ((math.log10(v) if log else v) - low) / (high - low)


def padded(low, high, log):
    """A range with room above and below; of a log scale whole powers of ten."""
    if log:
        low, high = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return 10.0 ** low, 10.0 ** (high + (high == low))
    room = 0.06 * ((high - low) or 1)
    return (low - room if low else low), (high + room if high else high)


def ticks(low, high, log):
    """About five round numbers within a range.

    Example:
        >>> ticks(0, 1, False), ticks(1e-7, 1e3, True)
        ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [1e-06, 0.0001, 0.01, 1.0, 100.0])
    """
    if log:
        first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
        step = max(1, -(-(last - first) // 6))
        return [10.0 ** p for p in range(first + -first % step, last + 1, step)]
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= 6)
    return [round(k * step, 10) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def label(value, log):
    """A tick's text."""
    if log:
        return "10" + str(round(math.log10(value))).translate(RAISED)
    return f"{value:g}".replace("-", "−")
