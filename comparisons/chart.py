"""Line charts as SVG text on a log scale. Colours are CSS classes, so the page decides, in light and in dark."""
import math
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 40
FLOOR = 1e-9                        # what is equal to the last bit stands at the bottom of a log scale


@dataclass(frozen=True)
class Series:
    """One line: its CSS class, its name, its values at steps 1, 2, ..."""

    style: str
    name: str
    values: object


def decades(low, high):
    """The powers of ten (their exponents) that enclose a range.

    Example:
        >>> decades(3e-7, 0.02)
        range(-7, 0)
    """
    return range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)


def steps(count):
    """About five round numbers up to `count`.

    Example:
        >>> steps(500)
        [1, 100, 200, 300, 400, 500]
    """
    size = 10 ** math.floor(math.log10(max(count, 1) / 2))
    while count / size > 6:
        size *= 2.5 if str(size)[0] == "2" else 2
    size = int(max(size, 1))
    return [1, *range(size, count + 1, size)] if size > 1 else list(range(1, count + 1))


def chart(series, across, up, title):
    """The lines over the steps, on a log scale; a legend is in the text as well as in the colours.

    Args:
        series: the lines.
        across, up: what the axes show.
        title: what the picture says, for those who do not see it.
    """
    finite = [np.asarray(one.values, np.float64) for one in series]
    finite = np.concatenate([v[np.isfinite(v)] for v in finite])
    low, high = (max(v, FLOOR) for v in (finite[finite > 0].min(initial=1), finite.max(initial=FLOOR)))
    powers = decades(low, high)
    top, bottom, count = powers[-1], powers[0], max(len(one.values) for one in series)
    top += top == bottom

    def x(step):
        return LEFT + (WIDTH - LEFT - RIGHT) * (step - 1) / max(count - 1, 1)

    def y(value):
        exponent = math.log10(max(value, 10.0 ** bottom))
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (exponent - bottom) / (top - bottom)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>']
    for power in range(bottom, top + 1):
        at = y(10.0 ** power)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">10<tspan dy="-5">{power}</tspan></text>')
    for step in steps(count):
        parts.append(f'<text class="tick" x="{x(step):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{step}</text>')
    parts.append(f'<text class="axis" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">{escape(across)}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text class="axis" x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">{escape(up)}</text>')
    for one in series:
        points = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in enumerate(one.values, 1) if math.isfinite(value))
        parts.append(f'<polyline class="line {one.style}" points="{points}"/>')
    parts.append("</svg>")
    legend = "".join(f'<li class="{one.style}">{escape(one.name)}</li>' for one in series)
    return "".join(parts) + f'<ul class="legend">{legend}</ul>'
