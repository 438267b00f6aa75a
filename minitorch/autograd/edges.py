"""Places in a graph: edges as values, hooks on several tensors at once, versions."""
from typing import NamedTuple

from minitorch.autograd.operator import edge
from minitorch.autograd.saved import saved_tensors_hooks, stack
from minitorch.tensor import Leaf, Node, Output, Tensor, version_counter
from minitorch.tensor import mode as switches


class GradientEdge(NamedTuple):
    """A place where a gradient arrives: a node, and which of its outputs. `autograd.grad` and `backward` take it for a tensor.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> edge = torch.autograd.graph.get_gradient_edge(x * 2)
        >>> edge.node.name(), edge.output_nr
        ('MulBackward0', 0)
    """
    node: Node
    output_nr: int
    ownership_token: object = None

    @property
    def requires_grad(self):
        """An edge always does."""
        return True

    @property
    def place(self):
        """Where the engine sends the gradient."""
        return self.node if self.node.outputs is None else Output(self.node, self.output_nr)


def get_gradient_edge(tensor):
    """The edge at which a tensor's gradient arrives.

    Raises:
        RuntimeError: the tensor does not require a gradient.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> h = x * 2
        >>> edge = torch.autograd.graph.get_gradient_edge(h)
        >>> y = h * h
        >>> torch.autograd.grad(y, edge)
        (tensor(12.),)
    """
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    place = edge(tensor)
    return GradientEdge(place.node, place.nr, tensor) if type(place) is Output else GradientEdge(place, 0, tensor)


def place_of(t):
    """Where the gradient of a tensor, or of an edge, goes."""
    return t.place if type(t) is GradientEdge else edge(t)


def as_tuple(value):
    """A tuple of tensors (or edges) of one of them or a sequence."""
    return (value,) if isinstance(value, (Tensor, GradientEdge)) else tuple(value)


class Pass:
    """What one backward pass will reach; worked out if a hook asks."""

    def __init__(self, starts, allowed, owners, accumulate):
        self.starts, self.allowed, self.owners, self.accumulate, self.reached = starts, allowed, owners, accumulate, None

    def reaches(self, t):
        """Whether a gradient will arrive at a tensor."""
        if self.reached is None:
            self.reached, waiting = set(), [node for node, _ in self.starts]
            while waiting:
                node = waiting.pop()
                node = node.node if type(node) is Output else node
                if node not in self.reached and (self.allowed is None or node in self.allowed or node in self.owners):
                    self.reached.add(node)
                    waiting += [e for e in node.edges if e is not None]
        place = edge(t)
        if type(place) is Leaf and not self.accumulate:
            raise RuntimeError("A leaf was passed to register_multi_grad_hook, but autograd.grad() runs: leaves do not take part in it. "
                               "Use .backward(), or hooks on tensors that are no leaves")
        return (place.node if type(place) is Output else place) in self.reached


class MultiHandle:
    """What registering one hook on several tensors returns: `remove()` unregisters it everywhere."""

    def __init__(self, handles):
        self.handles = tuple(handles)

    def remove(self):
        """Unregister the hook; a second call does nothing."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()


def register_multi_grad_hook(tensors, fn, *, mode="all"):
    """Call a hook once in each backward pass that reaches these tensors.

    Args:
        fn: with "all", called with the list of gradients when the last of them is there, None for tensors that the pass does not reach;
            with "any", called with the first gradient.
        mode: "all" or "any".

    Returns:
        a handle whose `remove()` unregisters the hook.

    Raises:
        ValueError: another mode.
        AssertionError: a tensor does not require a gradient.
        RuntimeError: in backward, with "all", a leaf is among the tensors and `autograd.grad` runs.

    Example:
        >>> import minitorch as torch
        >>> a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
        >>> handle = torch.autograd.graph.register_multi_grad_hook((a, b), print)
        >>> (a * 2 + b * 3).sum().backward()
        [tensor([2., 2.]), tensor([3., 3.])]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    tensors, state = list(tensors), {"pass": None}
    if not all(t.requires_grad for t in tensors):
        raise AssertionError("register_multi_grad_hook takes tensors that require a gradient, and one does not")

    def arrived(k, grad):
        if state["pass"] is not switches.current:
            state.update({"pass": switches.current, "grads": [None] * len(tensors), "missing": None, "called": False})
        if mode == "any":
            if not state["called"]:
                state["called"] = True
                fn(grad)
            return
        if state["missing"] is None:
            state["missing"] = sum(map(switches.current.reaches, tensors))
        state["grads"][k] = grad
        state["missing"] -= 1
        if not state["missing"]:
            fn(state["grads"])

    return MultiHandle(t.register_hook(lambda grad, k=k: arrived(k, grad)) for k, t in enumerate(tensors))


def increment_version(tensor):
    """Note that a tensor's memory (or that of each of several) was changed by other means: what kept it for backward will refuse.

    Example:
        >>> import minitorch as torch
        >>> x = torch.ones(2)
        >>> torch.autograd.graph.increment_version(x)
        >>> x._version
        1
    """
    tensors = as_tuple(tensor) if isinstance(tensor, Tensor) or hasattr(tensor, "__iter__") else (tensor,)
    for t in tensors:
        if not isinstance(t, Tensor):
            raise RuntimeError(f"increment_version takes a Tensor or an iterable of them, got {type(t).__name__}")
        version_counter(t)[0] += 1


class MutationContext:
    """Whether the context in which tensors were saved is still there."""

    def __init__(self):
        self.active = True

    def clear(self):
        """Nothing to let go of: copies belong to the graph."""


class allow_mutation_on_saved_tensors:
    """Inside, tensors that were kept for backward may be changed in place: the graph keeps copies of them.

    PyTorch copies a tensor when it is changed; here each is copied when it is kept, which costs memory and is the same otherwise.

    Raises:
        AssertionError: backward runs outside.
        RuntimeError: contexts are nested.

    Example:
        >>> import minitorch as torch
        >>> with torch.autograd.graph.allow_mutation_on_saved_tensors():
        ...     x = torch.tensor([2.0], requires_grad=True)
        ...     h = x * 1
        ...     y = (h * h).sum()
        ...     _ = h.mul_(10)
        ...     y.backward()
        >>> x.grad
        tensor([4.])
    """

    def __enter__(self):
        if getattr(stack, "mutable", False):
            raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
        context = self.context = MutationContext()

        def unpack(t):
            if not context.active:
                raise AssertionError("Trying to backward outside of the 'allow_mutation_on_saved_tensors' context in which the graph was "
                                     "originally recorded.")
            return t
        self.hooks = saved_tensors_hooks(lambda t: t.detach().clone(), unpack)
        self.hooks.__enter__()
        stack.mutable = True
        return context

    def __exit__(self, *error):
        stack.mutable = self.context.active = False
        self.hooks.__exit__(*error)
