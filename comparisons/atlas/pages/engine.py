"""The page of the engine: backward on a small graph, step by step; in-place changes; the graph of a gradient."""
import inspect
import textwrap

import numpy as np
from markupsafe import Markup

import minitorch
from minitorch.utils.visualize import graph

from .. import walk
from ..code import class_of, listing, word
from ..context import Page
from ..drawing import drawing, matrix
from ..gap import gap, worst
from ..source import parse

GROUP = "How it works"
SECTIONS = ("recorded", "The graph"), ("walk", "The walk"), ("order", "Order"), ("inplace", "In place"), ("versions", "Versions"), \
           ("higher", "Higher orders"), ("sources", "Sources")
SEARCH = ("backward", "walk", "one turn of the loop at a time"), ("grad_fn", "recorded", "the graph"), \
         ("next_functions", "recorded", "where gradients go"), ("accumulation", "walk", "roads meet"), \
         ("in-place", "inplace", "a base’s history rewritten"), ("_version", "versions", "counters"), \
         ("create_graph", "higher", "the graph of the gradient"), ("CopySlices", "inplace", "writing through a view")
VIEWS = "The written value is a node of its own, to which <code>CopySlices</code> leads; PyTorch’s carries that operation’s derivative " \
        "inside. The gradients are equal."
PROGRAM = walk.program
DEEP = 28                                            # columns that a wrapped line is moved to the right at most: it must fit a phone


def pages():
    """One page."""
    return [Page("engine", "The engine", GROUP, "Backward on a small graph, one turn of the loop at a time: which node is taken and why, "
                 "what waits, where roads meet, what is let go; PyTorch’s engine beside it.",
                 reads=("minitorch/autograd", "minitorch/tensor.py", "minitorch/utils/visualize.py", "minitorch/ops"))]


def build(context):
    """The page's HTML."""
    seen = walk.walk(PROGRAM)
    changed, spoiled, orders = inplace(), versions(), higher()
    context.levels = levels(seen, changed, spoiled, orders)
    context.facts = [(label, value) for label, value, _ in verdict(seen, changed, orders)]
    context.search += [(text, anchor, "The engine", what) for text, anchor, what in SEARCH]
    if not changed.agree:
        context.differences.append(("Writing through a view", VIEWS, "inplace"))
    if not seen.freed:
        context.problems.append("PyTorch did not free its graph, and the page says that it does")
    lines = sorted({n: (n, html, min(indent, DEEP)) for n, html, indent in listing(parse(walk.LOOP), {})}.values())
    ran = {n for s in (seen.start, *seen.steps) for n in s.lines}
    derivatives = {p.number: rules(p.node) for p in seen.places if not p.leaf}
    return context.render("engine.html", sections=SECTIONS, facts=verdict(seen, changed, orders), walk=seen, picture=walked(seen),
                          lines=lines, ran=ran, rules=derivatives, matrix=matrix, roads=roads, why=why,
                          source=source(walk.program), order=order(seen), changed=changed, spoiled=spoiled, orders=orders,
                          file="minitorch/autograd/graph.py")


def verdict(seen, changed, orders):
    """(label, value, small print) of the strip below the title."""
    totals = [s.total for s in seen.steps if s.total is not None]
    meetings = sum(a.before is not None for s in seen.steps for a in s.arrivals)
    names = sum(same_name(p) for p in seen.places)
    return [("Nodes", str(len(seen.places)), f"{names} of them named as PyTorch’s"),
            ("Turns of the loop", str(len(seen.steps)), "one a node"),
            ("Sums", str(meetings), "where roads meet"), ("Gradients", worst(totals).word, "at worst, in float32"),
            ("In place", worst([changed.gap]).word, "through a view"),
            ("Third derivative", orders[-1].gap.word, "by three graphs")]


def same_name(place):
    """Whether a node is called as PyTorch's."""
    return place.theirs.name().rpartition("::")[2] == walk.box_name(place.node)


def levels(seen, changed, spoiled, orders):
    """What a page built again is compared by."""
    found = {f"step {k}:{s.place.name}": s.gap.level for k, s in enumerate(seen.steps, 1)}
    found |= {f"grad:{s.place.name}": s.total.level for s in seen.steps if s.total is not None}
    found |= {f"kept:{p.number}:{k.name}": k.gap.level for p in seen.places for k in p.kept if k.gap is not None}
    found |= {f"edge:name {p.number}": int(not same_name(p)) for p in seen.places}
    found |= {"in place": changed.gap.level} | {f"edge:in place {k}": int(not row.agree) for k, row in enumerate(changed.rows)}
    found |= {f"edge:version {row.label}": int(not row.agree) for row in spoiled}
    found |= {f"order {o.order}": o.gap.level for o in orders}
    return found | {f"edge:nodes {o.order}": int(o.nodes != o.their_nodes) for o in orders}


# ---- the walk ----------------------------------------------------------------------------------------------------------------


def walked(seen):
    """The graph with every waiting cotangent of every step beside its node; the style sheet shows those of the chosen step."""
    index = {p.number: k for k, p in enumerate(seen.places)}
    waiting = [(f"t{k}", index[number], value) for k, s in enumerate((seen.start, *seen.steps)) for number, value in s.after.items()]
    boxes = [p.box for p in seen.places]
    return drawing(boxes, "The graph: " + ", ".join(f"{p.number} {p.name}" for p in seen.places), [p.number for p in seen.places], waiting)


def why(step):
    """Why a node is taken, in words."""
    others = sorted((n for n in step.before if n != step.place.number), reverse=True)
    if not others:
        return "it alone waits"
    waiting = ", ".join(map(str, (step.place.number, *others)))
    return f"of those that wait ({waiting}) it is the youngest, and what is older cannot lead to it"


def roads(seen, step):
    """How many of the roads to a node have brought their cotangent when it is taken, and how many there are."""
    before = seen.steps[:seen.steps.index(step)] if step in seen.steps else seen.steps
    number = step.place.number
    arrived = sum(a.number == number for s in before for a in s.arrivals) + (number in seen.start.after)
    return arrived, step.place.roads


def rules(node):
    """The derivatives of an operation as they stand in the source, highlighted: (file, first line, lines)."""
    found = []
    for rule in dict.fromkeys(node.plan.rules):
        raw, start = inspect.getsourcelines(inspect.unwrap(rule))
        file = inspect.getsourcefile(inspect.unwrap(rule)).replace("\\", "/").rpartition("/minitorch/")[2]
        found.append((f"minitorch/{file}", start, highlighted("".join(raw))))
    return found


def source(function):
    """A function's body without its docstring, highlighted."""
    lines = inspect.getsource(function).split('"""')[2].strip("\n")
    return highlighted(lines)


def highlighted(text):
    """Python as HTML."""
    from pygments.lexers import PythonLexer
    pieces = PythonLexer(stripnl=False).get_tokens_unprocessed(textwrap.dedent(text).rstrip())
    return Markup("".join(word(piece, token, None, {}, False) if class_of(token) else Markup.escape(piece) for _, token, piece in pieces))


def order(seen):
    """(turn, ours, PyTorch's) nodes in the order of either library."""
    return [(k, s.place, seen.place(n)) for k, (s, n) in enumerate(zip(seen.steps, seen.order), 1)]


# ---- in place ----------------------------------------------------------------------------------------------------------------


class Row:
    """A line of a table that sets both libraries side by side."""

    def __init__(self, label, ours, theirs, **more):
        self.label, self.ours, self.theirs = label, ours, theirs
        self.agree = ours.partition(": ")[0] == theirs.partition(": ")[0]    # of errors the class
        vars(self).update(more)


def view_program(torch):
    """Yield (statement, {name: tensor}) as the lines of a small program run; the last names the gradient."""
    x = torch.tensor([[1.0, -2.0], [0.5, 3.0], [-1.5, 0.25]], requires_grad=True)
    base = x * x
    yield "base = x * x", {"base": base}
    row = base[0]
    yield "row = base[0]", {"base": base, "row": row}
    row.mul_(x[1])
    yield "row.mul_(x[1])", {"base": base, "row": row}
    base.sum().backward()
    yield "base.sum().backward()", {"x": x}


def state(t):
    """What a tensor says of its history: version, node, where that leads."""
    following = [walk.box_name(f) if f is not None else "none" for f, _ in t.grad_fn.next_functions]
    return f"version {t._version}, {walk.box_name(t.grad_fn)} → {', '.join(following)}"


class Changed:
    """The program on views, run in both libraries: rows of states, the pictures of the base's history, the gradients."""

    def __init__(self):
        import torch
        self.rows, self.pictures = [], []
        for (text, ours), (_, theirs) in zip(view_program(minitorch), view_program(torch)):
            if "x" in ours:
                self.text, self.grad, self.theirs = text, ours["x"].grad.numpy(), theirs["x"].grad.numpy()
                self.gap = gap(self.grad, self.theirs)
                continue
            self.rows += [Row(text if k == 0 else "", state(ours[name]), state(theirs[name]), name=name) for k, name in enumerate(ours)]
            if text != "row = base[0]":
                boxes = graph({"base": ours["base"]}, params={}).nodes
                self.pictures.append((text, drawing(boxes, f"The history of base after {text}: " + ", ".join(b.title for b in boxes))))


    @property
    def agree(self):
        """Whether all histories are called alike."""
        return all(r.agree for r in self.rows)


def inplace():
    """A base changed through a view."""
    return Changed()


def versions():
    """Rows: what happens to a graph whose kept values were changed; the statement of each is run in both libraries."""
    import torch

    def exp_changed(torch):
        x = torch.ones(3, requires_grad=True)
        y = x.exp()
        y.add_(1)
        y.sum().backward()
        return x.grad

    def sin_changed(torch):
        x = torch.ones(3, requires_grad=True)
        z = x * 1
        y = z.sin()
        z.mul_(2)
        y.sum().backward()
        return x.grad

    def sum_changed(torch):
        x = torch.ones(3, requires_grad=True)
        z = x * 3
        y = z + 1
        z.mul_(2)
        y.sum().backward()
        return x.grad

    def leaf_changed(torch):
        x = torch.ones(3, requires_grad=True)
        x.mul_(2)
        return x.grad

    def twice(torch):
        x = torch.ones(3, requires_grad=True)
        y = (x * x).sum()
        y.backward()
        y.backward()
        return x.grad

    cases = [("y = x.exp(); y.add_(1)", exp_changed, "exp keeps its output, and its counter went from 0 to 1."),
             ("y = z.sin(); z.mul_(2)", sin_changed, "sin keeps its input."),
             ("y = z + 1; z.mul_(2)", sum_changed, "A sum keeps nothing, so nothing is spoiled: the gradient is right."),
             ("x.mul_(2) on a leaf", leaf_changed, "A leaf has no history that could be rewritten."),
             ("y.backward() twice", twice, "What the graph kept was let go on the first walk.")]
    return [Row(label, said(f, minitorch), said(f, torch), why=reason) for label, f, reason in cases]


def said(run, torch):
    """The value that a program gives, or the error that it raises, up to where PyTorch's text goes."""
    try:
        return " ".join(f"{v:g}" for v in run(torch).numpy().ravel())
    except RuntimeError as error:
        text = str(error).split(" exp kept")[0].split(" sin kept")[0].split(" Hint:")[0].split(" Saved intermediate")[0]
        return f"RuntimeError: {text}"


# ---- higher orders -----------------------------------------------------------------------------------------------------------


class Order:
    """A derivative of some order: its value in both libraries, the closed form, how many nodes its graphs have."""

    def __init__(self, order, ours, theirs, exact, nodes, their_nodes, picture):
        self.order, self.ours, self.theirs, self.nodes, self.their_nodes, self.picture = order, ours, theirs, nodes, their_nodes, picture
        self.gap = gap(ours, theirs)
        self.truth = gap(ours, np.asarray(exact, ours.dtype))


def count(node):
    """How many nodes a graph has."""
    seen, stack = set(), [node]
    while stack:
        f = stack.pop()
        if f is not None and f not in seen:
            seen.add(f)
            stack += [g for g, _ in f.next_functions]
    return len(seen)


def derivatives(torch, at=0.5):
    """tanh at a point and its first three derivatives, each with its graph."""
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    y = torch.tanh(x)
    yield x, y
    for _ in range(3):
        y, = torch.autograd.grad(y, x, create_graph=True)
        yield x, y


def higher():
    """An Order for tanh and its derivatives: t, 1 − t², −2t(1 − t²), (6t² − 2)(1 − t²)."""
    import torch
    t = np.tanh(0.5)
    exact = [t, 1 - t * t, -2 * t * (1 - t * t), (6 * t * t - 2) * (1 - t * t)]
    found = []
    for k, ((x, a), (_, b)) in enumerate(zip(derivatives(minitorch), derivatives(torch))):
        boxes = graph(a, params={"x": x}).nodes
        picture = drawing(boxes, f"The graph of derivative {k}: " + ", ".join(box.title for box in boxes)) if k < 3 else ""
        found.append(Order(k, a.detach().numpy(), b.detach().numpy(), exact[k], count(a.grad_fn), count(b.grad_fn), picture))
    return found
