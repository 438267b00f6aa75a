"""Graphs in the page's colours, and arrays as a reader sees them: a picture beside the numbers."""
from dataclasses import replace
from html import escape

import numpy as np
from markupsafe import Markup

from minitorch.utils.visualize import LINE, PAD, Layout, curve

from .picture import picture


def drawing(boxes, title, labels=(), waiting=()):
    """Boxes of `visualize.graph` as SVG text.

    Args:
        boxes: the boxes, in the order of computation.
        title: what the picture says, for those who do not see it.
        labels: a number for each box, shown in its corner and as its class `n…`; "" for none.
        waiting: (class, index of a box, array): pictures beside boxes, for the style sheet to show or hide by their class.
    """
    beside = 50 if waiting else 0                    # the layout sees boxes that have room for a picture
    at = Layout([replace(b, title=b.title + " " * (7 + max(0, len(max(b.lines, key=len, default="")) - len(b.title)))) for b in boxes]
                if waiting else boxes)
    width, height = at.size
    out = [f'<svg class="graph" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img" aria-label="{escape(title)}">']
    out += [f'<path class="road" d="{curve(at, path)}"/>' for path, _ in at.paths]
    for k, box in enumerate(boxes):
        x, y, w, h = at.x[k] - at.width[k] / 2, at.y[k], at.width[k] - beside, at.height[k]
        number = labels[k] if k < len(labels) else ""
        name = f"{box.kind} n{number}" if number else box.kind
        out.append(f'<g class="{name}"><rect x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h:.0f}" rx="5"/>')
        for row, text in enumerate((box.title, *box.lines)):
            style = " class=lead1" if not row else ""
            out.append(f'<text x="{x + w / 2:.0f}" y="{y + PAD + 10 + LINE * row:.0f}"{style}>{escape(text)}</text>')
        if number:
            out.append(f'<text class="nr" x="{x + w - 3:.0f}" y="{y + h - 4:.0f}">{number}</text>')
        out.append("</g>")
    for style, k, value in waiting:
        x, y = at.x[k] + at.width[k] / 2 - beside + 5, at.y[k] + 1
        out.append(f'<g class="wait {style}">{cells(value, x, y)}</g>')
    return Markup("".join([*out, "</svg>"]))


def cells(value, x, y, size=14):
    """An array of few numbers as squares in an SVG: blue below zero, orange above."""
    a = np.asarray(value, np.float64)
    a = a.reshape(-1, a.shape[-1]) if a.ndim else a.reshape(1, 1)
    t = a / (np.abs(a).max() or 1)
    out = [f'<path class="frame" d="M{x:.0f} {y:.0f}h{size * a.shape[1]}v{size * a.shape[0]}h-{size * a.shape[1]}z"/>']
    for (i, j), v in np.ndenumerate(t):
        out.append(f'<path class="{"below" if v < 0 else "above"}" fill-opacity="{abs(v) ** 0.7:.2f}" '
                   f'd="M{x + size * j:.0f} {y + size * i:.0f}h{size}v{size}h-{size}z"/>')
    return "".join(out)


def matrix(value, digits=4):
    """A small array as HTML: its picture, and its numbers in columns."""
    a = np.asarray(value, np.float64)
    rows = a.reshape(-1, a.shape[-1]) if a.ndim else a.reshape(1, 1)
    text = "\n".join("  ".join(f"{v: .{digits}g}".replace("-", "−").ljust(digits + 4) for v in row).rstrip() for row in rows)
    return Markup(f'<span class="mx">{flat_picture(rows)}<span class="num">{text}</span></span>')


def flat_picture(rows):
    """A picture that is not turned, so that rows are rows."""
    rows = np.asarray(rows)
    if rows.shape[0] <= rows.shape[1]:
        return picture(rows)
    wide = np.zeros((rows.shape[0], rows.shape[0]))
    wide[:, :rows.shape[1]] = rows
    return picture(wide)
