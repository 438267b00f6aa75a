"""Backward watched: what the engine's loop does with a small graph, line by line, and what PyTorch's does beside it."""
import inspect
import sys
from dataclasses import dataclass, field

import numpy as np

import minitorch
from minitorch.autograd import graph as engine
from minitorch.autograd.operator import FREED, edge
from minitorch.autograd.plan import ARG, OUT, SAVE
from minitorch.tensor import Leaf
from minitorch.utils.visualize import graph, in_order, owner

from .gap import gap

LOOP = inspect.unwrap(engine.gradients)
TAKES, SENDS = "node = heappop(heap)[1]", "if type(target) is Output:"


def program(torch, dtype=np.float32, seed=0):
    """The example: x is used twice, y three times over, b is broadcast. Returns the leaves by name and the loss."""
    rng = np.random.RandomState(seed)
    leaves = {name: torch.from_numpy(rng.standard_normal(shape).astype(dtype)).requires_grad_()
              for name, shape in (("x", (3, 2)), ("w", (2, 2)), ("b", (2,)))}
    x, w, b = leaves.values()
    y = torch.tanh(x @ w + b)
    loss = (y * y * x).sum()
    return leaves, loss


@dataclass
class Kept:
    """What a node keeps: its name in either library, the value, and how far the two are apart (None if PyTorch keeps no such array)."""

    name: str
    theirs: str
    value: np.ndarray
    gap: object


@dataclass
class Place:
    """A node of the graph: its number by age, names in both libraries, where it leads, what it keeps."""

    node: object
    number: int
    box: object                                      # the box of `visualize`
    theirs: object
    kept: list
    next: list                                       # (number, name) of where gradients go, None for an argument that needs none
    roads: int                                       # how many edges lead here

    @property
    def name(self):
        return self.box.title

    @property
    def leaf(self):
        return self.box.kind == "leaf"


@dataclass
class Arrival:
    """A gradient sent on: where, as the rule gave it, as it arrived, what waited there, what waits now."""

    number: int
    given: np.ndarray
    value: np.ndarray
    before: np.ndarray | None
    after: np.ndarray | None = None


@dataclass
class Step:
    """One turn of the loop. `before` and `after` are the waiting cotangents by number; `lines` are those of the file that ran, in order."""

    lines: list
    before: dict
    place: object = None
    grad: np.ndarray | None = None
    arrivals: list = field(default_factory=list)
    after: dict = field(default_factory=dict)
    kept: bool = False                               # the node held tensors before
    freed: bool = False
    stored: np.ndarray | None = None                 # a leaf's .grad afterwards
    theirs: np.ndarray | None = None                 # PyTorch's cotangent of the same node
    gap: object = None
    total: object = None                             # of a leaf's .grad


class Watch:
    """A context in which the engine's loop is recorded, turn by turn; `start` holds what ran before the loop, `steps` the turns."""

    def __init__(self, places):
        self.places = {p.node: p for p in places}
        lines, first = inspect.getsourcelines(LOOP)
        self.at = {text: first + next(k for k, line in enumerate(lines) if line.strip() == text) for text in (TAKES, SENDS)}
        self.start, self.steps = Step([], {}), []

    def __enter__(self):
        self.outside = sys.gettrace()
        sys.settrace(self.enter)
        return self

    def __exit__(self, *_):
        sys.settrace(self.outside)

    def enter(self, frame, event, arg):
        return self.step if frame.f_code is LOOP.__code__ else None

    def step(self, frame, event, arg):
        now = self.steps[-1] if self.steps else self.start
        values = frame.f_locals
        if event == "line" and frame.f_lineno == self.at[TAKES]:
            self.finish(now, values)
            now = Step([], now.after)
            self.steps.append(now)
        elif event == "return":
            self.finish(now, values)
        if event == "line":
            now.lines.append(frame.f_lineno)
            if len(now.lines) == 2 and now is not self.start:
                now.place = self.places[values["node"]]
                now.grad, now.kept = now.before[now.place.number], holds(values["node"])
            if frame.f_lineno == self.at[SENDS]:
                k = self.places[owner(values["target"])].number
                index = len(now.arrivals)
                given = values["received"][index]
                now.arrivals.append(Arrival(k, np.array(given), np.array(values["g"]), self.waiting(values).get(k)))
        return self.step

    def waiting(self, values):
        """Copies of the cotangents that wait, by number."""
        return {self.places[n].number: np.array(g) for n, g in values.get("pending", {}).items()}

    def finish(self, step, values):
        step.after = self.waiting(values)
        if step.place is None:
            return
        for k, a in enumerate(step.arrivals):
            again = next((b for b in step.arrivals[k + 1:] if b.number == a.number), None)
            a.after = again.before if again is not None else step.after[a.number]
        step.freed = step.kept and step.place.node.saved is FREED
        if step.place.leaf:
            step.stored = step.place.node.tensor().grad.numpy().copy()


def holds(node):
    """Whether a node keeps tensors."""
    return node.plan is not None and node.plan.tensors and node.saved is not FREED


def kept(node):
    """(name, array) of the tensors that a node keeps."""
    if not holds(node):
        return []
    words = {ARG: node.op.params, OUT: node.op.outputs, SAVE: (*node.op.outputs, *node.op.saves)}
    found = {}
    for (kind, i), value in zip(node.plan.keeps, node.op.unpack(node, node.saved, False)):
        if kind in words and isinstance(value, np.ndarray):
            found[words[kind][i]] = value
    return list(found.items())


def theirs_kept(node):
    """(name, tensor) of the tensors that a node of PyTorch keeps."""
    import torch
    names = [n for n in dir(node) if n.startswith("_saved_")]
    return [(n.removeprefix("_saved_"), v) for n in names if isinstance(v := getattr(node, n), torch.Tensor)]


def places(loss, theirs, leaves):
    """The Places of a graph in both libraries, in the order of computation.

    Raises:
        LookupError: the two graphs have not the same shape.
    """
    nodes, found = in_order([edge(loss)]), []
    number = {n: k + 1 for k, n in enumerate(sorted(nodes, key=lambda n: n.seq))}
    other = beside(edge(loss), theirs.grad_fn)
    roads = [owner(e) for n in nodes for e in n.edges if e is not None] + [edge(loss)]
    for node, box in zip(nodes, graph(loss, params=leaves).nodes):
        mine, their = kept(node), [] if type(node) is Leaf else theirs_kept(other[node])
        pairs = []
        for name, value in mine:
            pairs.append(twin(name, value, their))
        following = [None if f is None else (number[f], box_name(f)) for f, _ in node.next_functions] if type(node) is not Leaf else []
        found.append(Place(node, number[node], box, other[node], pairs, following, roads.count(node)))
    return found


def twin(name, value, theirs):
    """What we keep beside what PyTorch keeps: of the same name, or else of the nearest value."""
    same = {"input": "self", "out": "result"}.get(name, name)
    near = [(n != same, gap(value, t.detach().numpy()).rank, n, gap(value, t.detach().numpy())) for n, t in theirs]
    near = [n for n in near if n[3].alike and n[3].ulp < 64]
    return Kept(name, (best := min(near, key=lambda n: n[:3]))[2], value, best[3]) if near else Kept(name, "", value, None)


def box_name(node):
    """The name of a node."""
    return type(node).__name__


def beside(node, theirs):
    """{node of ours: PyTorch's node at the same place}, found by walking both graphs at once."""
    found, stack = {}, [(node, theirs)]
    while stack:
        a, b = stack.pop()
        if a in found:
            continue
        found[a] = b
        mine = [] if type(a) is Leaf else [f for f, _ in a.next_functions if f is not None]
        their = [f for f, _ in b.next_functions if f is not None]
        if len(mine) != len(their):
            raise LookupError(f"{a.name()} leads to {len(mine)} nodes, PyTorch's {b.name()} to {len(their)}")
        stack += zip(mine, their)
    return found


@dataclass
class Walk:
    """A backward pass watched in both libraries."""

    places: list
    start: Step
    steps: list
    order: list                                      # the numbers of the nodes in the order in which PyTorch visits them
    freed: bool                                      # PyTorch's nodes do not give out what they kept any more

    def place(self, number):
        """The Place of a number."""
        return next(p for p in self.places if p.number == number)


def walk(make=program):
    """Run the example's backward in both libraries."""
    import torch
    leaves, loss = make(minitorch)
    their_leaves, their_loss = make(torch)
    found = places(loss, their_loss, leaves)
    visits = []
    for p in found:
        p.theirs.register_prehook(lambda grads, p=p: visits.append((p.number, grads[0].detach().numpy().copy())))
    with Watch(found) as watch:
        loss.backward()
    keeper = next(p for p in found if theirs_kept_names(p.theirs))
    their_loss.backward()
    theirs = dict(visits)
    for step in watch.steps:
        step.theirs = theirs[step.place.number]
        step.gap = gap(step.grad, step.theirs)
        if step.place.leaf:
            step.total = gap(step.stored, their_leaves[step.place.name].grad.numpy())
    return Walk(found, watch.start, watch.steps, [k for k, _ in visits], is_freed(keeper.theirs))


def theirs_kept_names(node):
    """The names of the tensors that a node of PyTorch keeps."""
    return [n for n, _ in theirs_kept(node)]


def is_freed(node):
    """Whether a node of PyTorch refuses to show what it kept."""
    try:
        theirs_kept(node)
    except RuntimeError as error:
        return "freed" in str(error)
    return False
