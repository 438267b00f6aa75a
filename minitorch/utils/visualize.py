"""The graph of a computation as a picture: text for Graphviz, and a drawing of our own in plain SVG.

    >>> import minitorch as torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> picture = torch.utils.visualize.graph((w * w).sum(), params={"w": w})
    >>> [node.title for node in picture.nodes]
    ['w', 'MulBackward0', 'SumBackward0', 'output']

Nodes are numbered by the structure of the graph alone, so equal programs give equal text. Only names, shapes and dtypes are read: nothing
waits for a device.
"""
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from minitorch import dtypes
from minitorch.autograd.operator import edge
from minitorch.autograd.plan import ARG, OUT, SAVE
from minitorch.tensor import Leaf, Output, Tensor

__all__ = ["Graph", "graph"]

FILL = {"leaf": "#d7e8fb", "operation": "#f4f4f4", "output": "#d9f2dc"}
LETTER, LINE, PAD, GAP, STEP = 7.3, 16, 10, 24, 44     # of the drawing, in pixels: monospace 12
SWEEPS, FAR = 8, 30                                    # arrows over more layers than FAR have no bends of their own


@dataclass
class Node:
    """A box: what it is called, what flows out of it, and which boxes lead to it (number, which output)."""

    kind: str
    title: str
    lines: list
    sources: list = field(default_factory=list)


@dataclass
class Graph:
    """The boxes of a graph in the order of computation; `dot` and `svg` are texts, and a notebook shows the drawing."""

    nodes: list

    @property
    def dot(self):
        """The graph in Graphviz's language."""
        out = ["digraph {", "  rankdir=TB;", '  node [shape=box, style="rounded,filled", fontname=monospace, fontsize=10];',
               "  edge [fontname=monospace, fontsize=9];"]
        for k, node in enumerate(self.nodes):
            label = "\\n".join(quoted(line) for line in (node.title, *node.lines))
            out.append(f'  n{k} [label="{label}", fillcolor="{FILL[node.kind]}"];')
        for k, node in enumerate(self.nodes):
            out += [f'  n{source} -> n{k}{"" if nr is None else f" [label={nr}]"};' for source, nr in node.sources]
        return "\n".join([*out, "}", ""])

    @property
    def svg(self):
        """The graph drawn in layers, as the text of an SVG file."""
        return drawing(self.nodes)

    def save(self, path):
        """Write the drawing (a path that ends in .svg) or Graphviz's text (any other) to a file."""
        path = Path(path)
        path.write_text(self.svg if path.suffix == ".svg" else self.dot, encoding="utf-8")

    def __str__(self):
        return self.dot

    def _repr_svg_(self):
        return self.svg


def graph(outputs, params=None, keeps=False):
    """The graph that led to some tensors.

    Args:
        outputs: a tensor with a history, or several, or a dict of them by name.
        params: names of leaves: a dict, an iterable of (name, tensor), or a module. A leaf without a name is called "leaf".
        keeps: say in each box what the operation keeps for backward.

    Returns:
        a `Graph`: `.dot`, `.svg`, `.save(path)`.

    Raises:
        TypeError: an output is no Tensor.
        RuntimeError: an output has no history.

    Example:
        >>> import minitorch as torch
        >>> layer = torch.nn.Linear(3, 2)
        >>> picture = torch.utils.visualize.graph(layer(torch.ones(4, 3)).tanh().mean(), params=layer)
        >>> for node in picture.nodes:
        ...     print(node.title, *node.lines)
        weight (2, 3) float32
        bias (2,) float32
        AddmmBackward0 (4, 2) float32
        TanhBackward0 (4, 2) float32
        MeanBackward0 () float32
        output () float32
        >>> picture.svg.startswith("<svg"), picture.dot.startswith("digraph")
        (True, True)
    """
    named = outputs if isinstance(outputs, dict) else {"output": outputs} if isinstance(outputs, Tensor) else {
        f"output {k}": t for k, t in enumerate(outputs)}
    for name, t in named.items():
        if not isinstance(t, Tensor):
            raise TypeError(f"graph() takes tensors, got {type(t).__name__} as {name}")
        if not t.requires_grad:
            raise RuntimeError(f"{name} does not require grad and has no history to draw: was it computed from tensors that do?")
    names = names_of(params)
    nodes, number = [], {}
    for node in in_order([edge(t) for t in named.values()]):
        number[node] = len(nodes)
        nodes.append(box(node, names, keeps))
        nodes[-1].sources = [arrow(e, number) for e in node.edges if e is not None]
    for name, t in named.items():
        nodes.append(Node("output", name, [facts(t._array.shape, t._array.dtype)], [arrow(edge(t), number)]))
    return Graph(nodes)


# ---- from the tape to boxes ------------------------------------------------------------------------------------------------

def names_of(params):
    """The names of leaves by the identity of their tensors; of a module with its own parameters' names."""
    if params is None:
        return {}
    pairs = params.named_parameters() if hasattr(params, "named_parameters") else params.items() if isinstance(params, dict) else params
    return {id(t): name for name, t in pairs}


def in_order(ends):
    """All nodes behind some edges, each after those it came from; in the order of arguments."""
    order, seen, stack = [], set(), [(owner(e), False) for e in reversed(ends)]
    while stack:
        node, entered = stack.pop()
        if entered:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(owner(e), False) for e in reversed(node.edges) if e is not None]
    return order


def owner(e):
    """The node that an edge leads to."""
    return e.node if type(e) is Output else e


def arrow(e, number):
    """Where an arrow begins: the box, and which of its outputs if it has several."""
    return number[owner(e)], e.nr if type(e) is Output else None


def box(node, names, keeps):
    """The box of a node of the tape."""
    if type(node) is Leaf:
        return Node("leaf", names.get(id(node.tensor()), "leaf"), [facts(node.shape, node.dtype)])
    lines = [facts(*output) for output in node.outputs or [(node.shape, node.dtype)]]
    if keeps and node.plan is not None:
        words = {ARG: node.op.params, OUT: node.op.outputs, SAVE: (*node.op.outputs, *node.op.saves)}
        kept = [words[kind][i] for kind, i in node.plan.keeps if kind in words]
        lines += [f"keeps {', '.join(dict.fromkeys(kept))}"] if kept else []
    return Node("operation", type(node).__name__, lines)


def facts(shape, kind):
    """A shape and a dtype in words."""
    return f"{tuple(shape)} {str(dtypes.BY_NUMPY[kind]).removeprefix('torch.')}"


def quoted(text):
    """Text inside the quotes of Graphviz's language."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


# ---- from boxes to a drawing: layers, an order in each, places, curves ------------------------------------------------------

def ranks_of(nodes):
    """The layer of each box: below all that lead to it, and leaves just above the first that uses them."""
    ranks, first = [0] * len(nodes), {}
    for k, node in enumerate(nodes):
        ranks[k] = max((ranks[s] + 1 for s, _ in node.sources), default=0)
    for k, node in enumerate(nodes):
        for s, _ in node.sources:
            first[s] = min(first.get(s, ranks[k]), ranks[k])
    return [first[k] - 1 if node.kind == "leaf" and k in first else r for (k, node), r in zip(enumerate(nodes), ranks)]


class Layout:
    """Places of boxes, and of the bends where an arrow passes a layer: items are numbers, boxes first."""

    def __init__(self, nodes):
        self.nodes, self.rank = nodes, ranks_of(nodes)
        self.width = [2 * PAD + LETTER * max(map(len, (n.title, *n.lines))) for n in nodes]
        self.height = [2 * PAD + LINE * (1 + len(n.lines)) - 4 for n in nodes]
        self.above, self.below, self.paths = [[] for _ in nodes], [[] for _ in nodes], []
        for k, node in enumerate(nodes):
            for source, nr in node.sources:
                self.paths.append((self.through(source, k), nr))
        self.layers = [[] for _ in range(max(self.rank, default=-1) + 1)]
        for item, rank in enumerate(self.rank):
            self.layers[rank].append(item)
        self.untangle()
        self.place()

    def through(self, source, target):
        """The items of one arrow: its two boxes, and a bend in each layer between them."""
        path = [source]
        between = range(self.rank[source] + 1, self.rank[target])
        for rank in between if len(between) < FAR else ():
            path.append(len(self.rank))
            self.rank.append(rank)
            self.width.append(0.0)
            self.height.append(0.0)
            self.above.append([])
            self.below.append([])
        path.append(target)
        for a, b in zip(path, path[1:]):
            self.below[a].append(b)
            self.above[b].append(a)
        return path

    def untangle(self):
        """Order each layer by the mean place of its neighbours, down and up, again and again: fewer arrows cross."""
        for sweep in range(SWEEPS):
            neighbours, layers = (self.below, self.layers[-2::-1]) if sweep % 2 else (self.above, self.layers[1:])
            at = {item: k for layer in self.layers for k, item in enumerate(layer)}
            for layer in layers:
                key = {i: sum(at[n] for n in neighbours[i]) / len(neighbours[i]) if neighbours[i] else at[i] for i in layer}
                layer.sort(key=lambda i: (key[i], i))
                at |= {item: k for k, item in enumerate(layer)}

    def place(self):
        """x: as near to the neighbours' mean as order and width allow. y: layer below layer."""
        self.x = [0.0] * len(self.rank)
        for sweep in range(SWEEPS + 1):
            for layer in reversed(self.layers) if sweep % 2 else self.layers:
                wish = [(sum(self.x[n] for n in near) / len(near) if (near := self.near(i, sweep)) else self.x[i]) for i in layer]
                self.settle(layer, wish)
        left = min((x - w / 2 for x, w in zip(self.x, self.width)), default=0.0) - PAD
        self.x = [x - left for x in self.x]
        tops, y = [], PAD
        for layer in self.layers:
            tops.append(y)
            tall = max(self.height[i] for i in layer)
            for i in layer:                           # bends are as tall as the boxes that they pass
                self.height[i] = self.height[i] or tall
            y += tall + STEP
        self.y = [tops[r] for r in self.rank]
        self.size = max((x + w / 2 for x, w in zip(self.x, self.width)), default=0.0) + PAD, y - STEP + PAD

    def near(self, item, sweep):
        """The neighbours that an item is drawn to: those above on the way down, below on the way up, at last both."""
        if sweep == SWEEPS:
            return self.above[item] + self.below[item]
        return self.below[item] if sweep % 2 else self.above[item]

    def settle(self, layer, wish):
        """Places in order and without overlap, in the mean neither left nor right of what was wished."""
        right, x = [], float("-inf")
        for item, w in zip(layer, wish):
            x = max(w, x + self.width[item] / 2)
            right.append(x)
            x += self.width[item] / 2 + GAP
        left, x = [], float("inf")
        for item, w in zip(reversed(layer), reversed(wish)):
            x = min(w, x - self.width[item] / 2)
            left.append(x)
            x -= self.width[item] / 2 + GAP
        for item, a, b in zip(layer, right, reversed(left)):
            self.x[item] = (a + b) / 2


def drawing(nodes):
    """The text of an SVG file."""
    at = Layout(nodes)
    width, height = at.size
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
           'font-family="monospace" font-size="12">',
           '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
           '<path d="M0 0L8 4L0 8z" fill="#888"/></marker></defs>']
    for path, nr in at.paths:
        out.append(f'<path d="{curve(at, path)}" fill="none" stroke="#888" marker-end="url(#tip)"/>')
        if nr is not None:
            x, y = at.x[path[0]], at.y[path[0]] + at.height[path[0]] + 12
            x += (at.x[path[1]] - x) * 0.3
            out.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="#666" font-size="10" text-anchor="middle">{nr}</text>')
    for k, node in enumerate(nodes):
        x, y, w, h = at.x[k], at.y[k], at.width[k], at.height[k]
        out.append(f'<g><title>{escape(" ".join((node.title, *node.lines)))}</title><rect x="{x - w / 2:.1f}" y="{y:.1f}" width="{w:.1f}" '
                   f'height="{h:.1f}" rx="5" fill="{FILL[node.kind]}" stroke="#888"/>')
        for row, text in enumerate((node.title, *node.lines)):
            style = ' font-weight="bold"' if row == 0 else ' fill="#555"'
            out.append(f'<text x="{x:.1f}" y="{y + PAD + 10 + LINE * row:.1f}" text-anchor="middle"{style}>{escape(text)}</text>')
        out.append("</g>")
    return "\n".join([*out, "</svg>", ""])


def curve(at, path):
    """A smooth way from box to box, straight down past those between."""
    d = f"M{at.x[path[0]]:.1f} {at.y[path[0]] + at.height[path[0]]:.1f}"
    for a, b in zip(path, path[1:]):
        x, y, u, v = at.x[a], at.y[a] + at.height[a], at.x[b], at.y[b]
        half = (y + v) / 2
        d += f"C{x:.1f} {half:.1f} {u:.1f} {half:.1f} {u:.1f} {v:.1f}" + ("" if b is path[-1] else f"V{v + at.height[b]:.1f}")
    return d
