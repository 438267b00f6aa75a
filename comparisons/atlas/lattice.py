"""A lattice of places over time as SVG text, in the colours of the page: how likely each place and each road is."""
from html import escape

import numpy as np
from markupsafe import Markup

LEFT, TOP, ACROSS, DOWN, RADIUS = 44, 12, 540, 26, 8


class Lattice:
    """Places (rows) over time (columns): the stronger the colour of a place or a road, the more likely it is.

    Args:
        title: what the picture says, for those who do not see it.
        names: a text for each place, from above.
        times: a text for each time.
        chances: (T, L) chances of the places.
        roads: (T - 1, L, L) chances of the roads from a place (first) to one at the next time.

    Example:
        >>> lattice = Lattice("two places", ["a", "b"], ["0", "1"], np.eye(2), np.eye(2)[None])
        >>> lattice.svg().startswith("<svg")
        True
    """

    def __init__(self, title, names, times, chances, roads):
        self.title, self.names, self.times = title, names, times
        self.chances, self.roads = np.asarray(chances, np.float64), np.asarray(roads, np.float64)

    def svg(self):
        """The lattice as SVG text."""
        step = (ACROSS - LEFT) / max(len(self.times) - 1, 1)
        height = TOP + DOWN * len(self.names) + 34
        parts = [f'<svg class="plot" viewBox="0 0 560 {height}" role="img" aria-label="{escape(self.title)}">']
        for level in np.linspace(0.1, 1, 10):        # few paths: a road's colour is one of ten
            road = "".join(f"M{LEFT + step * t:.1f} {self.row(a)}L{LEFT + step * (t + 1):.1f} {self.row(b)}"
                           for t, a, b in np.argwhere((self.roads > level - 0.1) & (self.roads <= level) & (self.roads > 0.004)))
            parts.append(f'<path class="ours" stroke-opacity="{level:.1f}" d="{road}"/>' if road else "")
        rings = "".join(ring(LEFT + step * t, self.row(s)) for t, s in np.ndindex(self.chances.shape))
        parts.append(f'<path d="{rings}" style="fill:var(--bg);stroke:var(--third);stroke-width:1"/>')
        for (t, s), chance in np.ndenumerate(self.chances):
            if chance > 0.004:
                parts.append(f'<path class="bar ours" fill-opacity="{chance:.2f}" d="{ring(LEFT + step * t, self.row(s))}"/>')
        parts += [f'<text class="ax" x="{LEFT - 16}" y="{self.row(s) + 4}" text-anchor="end">{escape(name)}</text>'
                  for s, name in enumerate(self.names)]
        parts += [f'<text x="{LEFT + step * t:.1f}" y="{height - 24}" text-anchor="middle">{escape(name)}</text>'
                  for t, name in enumerate(self.times)]
        parts.append(f'<text class="ax" x="{(LEFT + ACROSS) / 2}" y="{height - 5}" text-anchor="middle">time t</text></svg>')
        return Markup("".join(parts))

    def row(self, place):
        """The height at which a place stands."""
        return TOP + DOWN * place + RADIUS


def ring(x, y):
    """A circle as a path, so that many can be one element."""
    return f"M{x - RADIUS:.1f} {y}a{RADIUS} {RADIUS} 0 1 0 {2 * RADIUS} 0a{RADIUS} {RADIUS} 0 1 0 {-2 * RADIUS} 0z"
