"""Backward: nodes are walked in the reverse order of their creation, and cotangents wait until their node's turn.

A node is numbered after its edges exist, so a larger number never depends on a smaller one's gradient: a heap of the
numbers replaces recursion, and depth is no matter. What a node kept is let go as soon as its derivative has run.
"""
import math
import sys
import weakref
from heapq import heappop, heappush

from minitorch import dtypes
from minitorch.autograd import operator
from minitorch.autograd.edges import (
    GradientEdge,
    Pass,
    allow_mutation_on_saved_tensors,
    as_tuple,
    get_gradient_edge,
    increment_version,
    place_of,
    register_multi_grad_hook,
)
from minitorch.autograd.operator import FREED, edge
from minitorch.autograd.saved import disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks
from minitorch.backend import array_module, as_array, device_count, on_own_device, use_device_of
from minitorch.tensor import Leaf, Node, Output, Tensor, add_hook, argument_places, mode, version_counter, wrap

__all__ = ["GradientEdge", "Node", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks", "get_gradient_edge",
           "increment_version", "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks"]


@on_own_device
def gradients(outputs, inputs, seeds, create_graph=False, retain_graph=None, accumulate=False):
    """The cotangents that reach `inputs`, None where none does; with `accumulate`, the leaves' `.grad` receive theirs.

    Seeds and results are arrays, or Tensors under `create_graph`.
    """
    retain_graph = create_graph if retain_graph is None else retain_graph
    wanted, found = {place_of(t): k for k, t in enumerate(inputs)}, [None] * len(inputs)
    starts = [(place_of(t), seed) for t, seed in zip(outputs, seeds) if t.requires_grad and seed is not None]
    allowed = leading_to(wanted, [target for target, _ in starts]) if inputs else None
    owners = {owner_of(w) for w in wanted}
    arrivals = edges_to_leaves(starts, allowed) if Leaf.watched else None
    pending, summed, heap = {}, set(), []             # `summed`: whose waiting cotangent is a sum made here, and so may grow in place
    for target, seed in starts:
        send(target, seed, pending, heap)
    before, mode.grad, watched, several = mode.grad, create_graph, operator.traces is not None, device_count() > 1
    outer, mode.current = mode.current, Pass(starts, allowed, owners, accumulate)
    try:
        while heap or arrivals and call_rest(pending, heap):
            node = heappop(heap)[1]
            grad = pending.pop(node, None)
            if grad is None:                          # a leaf that was an output too, and had its turn
                continue
            if several:                               # a node's derivative is computed where its cotangents are
                use_device_of(grad)
            asked = bool(owners) and node in owners
            if node.hooks is not None and not (asked and node in allowed):
                grad = run_tensor_hooks(node, grad, create_graph)
            if asked:                                 # torch's order: what goes on from here is read before its hooks
                if node.outputs is None:
                    found[wanted[node]] = grad
                else:
                    for nr, g in enumerate(grad):
                        place = wanted.get(Output(node, nr))
                        if place is not None:
                            found[place] = g
            if type(node) is Leaf:
                if accumulate and (allowed is None or node in wanted):
                    if node.hooks:
                        accumulate_between_hooks(node, grad, create_graph)
                    else:
                        store(node.tensor(), grad, create_graph)
                continue
            if allowed is not None and node not in allowed:
                continue
            if node.hooks is not None:
                if asked:
                    grad = run_tensor_hooks(node, grad, create_graph)
                grad = shown = run_pre_hooks(node, grad, create_graph)
            grads = (grad,) if node.outputs is None else materialize(node, grad, create_graph)
            grad = None
            op, plan = node.op, node.plan
            received = op.vjp(node, grads, create_graph) if not watched else operator.watched_vjp(node, grads, create_graph)
            if node.hooks is not None:
                received = run_post_hooks(node, received, shown, create_graph)
            for target, g in zip(node.edges, received):
                if g is None or target is None or allowed is not None and owner_of(target) not in allowed and target not in wanted:
                    continue
                if several:
                    use_device_of(g)
                if g.shape != target.shape:
                    if not op.broadcasts:
                        raise RuntimeError(f"the derivative of {op.name} returned a gradient of shape {tuple(g.shape)} for an argument of "
                                           f"shape {target.shape}")
                    g = unbroadcast(g, target.shape)
                if g.dtype is not target.dtype:
                    g = in_dtype(g, target.dtype)     # a gradient has its argument's dtype
                if type(target) is Output:
                    send(target, g, pending, heap)
                elif target in summed:
                    total = pending[target]
                    total += g
                    pending[target] = total
                elif target in pending:               # `send`, unrolled for the common case
                    pending[target] = pending[target] + g
                    if not create_graph:
                        summed.add(target)
                else:
                    pending[target] = g
                    if arrivals is None or target not in arrivals:
                        heappush(heap, (-target.seq, target))
            if arrivals is not None:
                call_leaves(node, arrivals, pending, heap)
            if not retain_graph:
                if plan is None:
                    op.free(node)
                elif plan.tensors:
                    node.saved = FREED
            g = received = grads = shown = total = None       # nothing here keeps a cotangent alive while the next one is made
    finally:
        mode.grad, mode.current = before, outer
    return found


def send(target, grad, pending, heap):
    """Add a cotangent to those that wait for a node (for one of its outputs)."""
    if type(target) is Output:
        node = target.node
        slots = pending.get(node)
        if slots is None:
            slots = pending[node] = [None] * len(node.outputs)
            heappush(heap, (-node.seq, node))
        slots[target.nr] = grad if slots[target.nr] is None else slots[target.nr] + grad
    elif target in pending:
        pending[target] = pending[target] + grad
    else:
        pending[target] = grad
        heappush(heap, (-target.seq, target))


def edges_to_leaves(starts, allowed):
    """How many edges lead to each leaf from the nodes that a pass may visit."""
    arrivals, seen, stack = {}, set(), [owner_of(target) for target, _ in starts]
    while stack:
        node = stack.pop()
        if node in seen or allowed is not None and node not in allowed:
            continue
        seen.add(node)
        for e in node.edges:
            if type(e) is Leaf:
                arrivals[e] = arrivals.get(e, 0) + 1
            elif e is not None:
                stack.append(owner_of(e))
    return arrivals


def call_leaves(node, arrivals, pending, heap):
    """Torch's order: a leaf's turn comes at once when the last of its cotangents is there, before all other nodes."""
    edges, late = node.edges, getattr(node.op, "late", None)
    if late is not None and late in node.plan.order:
        k = node.plan.order.index(late)
        edges = [*edges[:k], *edges[k + 1:], edges[k]]
    for e in edges:
        if type(e) is Leaf:
            arrivals[e] -= 1
            if not arrivals[e] and e in pending:
                heappush(heap, (-math.inf, e))


def call_rest(pending, heap):
    """The leaves that wait for cotangents which never came: whether there are any."""
    for leaf in pending:
        heappush(heap, (-leaf.seq, leaf))
    return bool(heap)


def owner_of(target):
    """The node that an edge leads to, whichever of its outputs."""
    return target.node if type(target) is Output else target


def leading_to(wanted, starts):
    """The nodes through which a gradient reaches one of `wanted`: with `inputs`, no other derivative runs."""
    floor = min((owner_of(w).seq for w in wanted), default=0)
    order, seen, stack = [], set(), [owner_of(t) for t in starts]
    while stack:
        node = stack.pop()
        if node in seen or node.seq < floor:          # what is older than every wanted node leads to none
            continue
        seen.add(node)
        order.append(node)
        stack += [owner_of(e) for e in node.edges if e is not None]
    allowed = set()
    for node in sorted(order, key=lambda n: n.seq):   # a node's arguments are older than it
        if any(e is not None and (e in wanted or owner_of(e) in allowed) for e in node.edges):
            allowed.add(node)
    return allowed


def unbroadcast(grad, shape):
    """The transpose of broadcasting: sum over what was repeated."""
    from minitorch.ops.reduction import sum_to
    return sum_to(grad, shape=shape)


def in_dtype(grad, kind):
    """The gradient as its argument's dtype."""
    if isinstance(grad, Tensor):
        from minitorch.ops.conversion import cast
        return grad if grad._array.dtype == kind else cast(grad, dtype=kind)
    return grad if grad.dtype == kind else grad.astype(kind)


def materialize(node, grads, create_graph):
    """Zeros for floating outputs that nobody used; a rule sees one cotangent for each floating output, and never None."""
    if getattr(node.op, "keeps_undefined", False):
        return grads
    full, like = [], next(g for g in grads if g is not None)
    xp = array_module(like._array if create_graph else like)
    for g, (shape, kind) in zip(grads, node.outputs):
        if kind.kind == "f":
            if g is None:
                g = xp.zeros(shape, kind)
                g = wrap(g) if create_graph else g
            full.append(g)
    return (full,) if node.op.listed else full


def run_tensor_hooks(node, grad, create_graph):
    """Hooks of tensors on this node's outputs, on complete cotangents, then `retain_grad`."""
    grads = [grad] if node.outputs is None else grad
    for kind, nr, hook in list((node.hooks or {}).values()):
        if kind == "tensor" and grads[nr] is not None:
            new = hook(as_tensor(grads[nr]))
            if new is not None:
                check_hook(new, grads[nr])
                grads[nr] = new if create_graph else new._array
    for nr, ref in (node.retained or {}).items():
        t = ref()
        if t is not None and grads[nr] is not None:
            grad = grads[nr] if create_graph else wrap(as_array(grads[nr].copy()))
            t._grad = grad if t._grad is None else t._grad + grad
    return grads[0] if node.outputs is None else grads


def as_tensor(g):
    """A cotangent as hooks see it."""
    return g if g is None or isinstance(g, Tensor) else wrap(as_array(g))


def replaced(new, old, create_graph):
    """The gradients that a node's hook returned instead of those that it saw."""
    new = new if isinstance(new, tuple) else (new,)
    if len(new) != len(old):
        raise RuntimeError(f"hook has returned an incorrect number of values (got {len(new)}, but expected {len(old)})")
    for a, b in zip(new, old):
        if a is not None and b is not None:
            check_hook(a, b)
    return [g if g is None or create_graph else g._array for g in new]


def run_pre_hooks(node, grad, create_graph):
    """Hooks that run just before a node's derivative (`grad_fn.register_prehook`), and may replace its cotangents."""
    grads = [grad] if node.outputs is None else grad
    for kind, _, hook in list(node.hooks.values()):
        if kind == "pre":
            new = hook(tuple(map(as_tensor, grads)))
            if new is not None:
                grads = replaced(new, grads, create_graph)
    return grads[0] if node.outputs is None else grads


def run_post_hooks(node, received, grads, create_graph):
    """Hooks of a node (`grad_fn.register_hook`): they see the gradients of all its arguments, and may replace them."""
    places, count = argument_places(node)
    grads = tuple(map(as_tensor, grads if node.outputs is not None else (grads,)))
    for kind, _, hook in list(node.hooks.values()):
        if kind == "post":
            shown = [None] * count
            for k, g in zip(places, received):
                shown[k] = as_tensor(g)
            new = hook(tuple(shown), grads)
            if new is not None:
                new = replaced(new, shown, create_graph)
                received = [new[k] for k in places]
    return received


def accumulate_between_hooks(leaf, grad, create_graph):
    """A leaf's pre-hooks, the accumulation, its hooks."""
    grad = run_pre_hooks(leaf, grad, create_graph)
    store(leaf.tensor(), grad, create_graph)
    for kind, _, hook in list(leaf.hooks.values()):
        if kind == "post":
            hook((), (as_tensor(grad),))


def check_hook(new, old):
    """A hook may change a gradient's values, not its kind."""
    if not isinstance(new, Tensor):
        raise TypeError(f"a hook must return a Tensor or None, got {type(new).__name__}")
    if new._array.shape != tuple(old.shape):
        raise RuntimeError(f"hook has changed the size of value: expected {tuple(old.shape)}, got {new._array.shape}")
    if new._array.dtype != getattr(old, "_array", old).dtype:
        raise RuntimeError(f"hook has changed the type of value: was {as_tensor(old).dtype}, got {new.dtype}")


def _references(t, grad):
    return sys.getrefcount(grad)


def _unshared():
    grad = object()
    return _references(None, grad)


UNSHARED = _unshared()                                # what getrefcount says of an object that only the caller of `store` holds


def store(t, grad, create_graph):
    """Torch's accumulation: a first `.grad` in the leaf's own layout, later in place on the same object; under
    `create_graph` out of place. Never an alias of the tape's arrays: only an array that nobody else holds is taken over."""
    if t is None:
        return
    if create_graph:
        t._grad = grad if t._grad is None else t._grad + grad
    elif t._grad is None:
        grad = as_array(grad)                         # NumPy's arithmetic on 0-d arrays gives scalars
        owned = grad.base is None and sys.getrefcount(grad) <= UNSHARED and grad.strides == t._array.strides
        if not owned:
            xp, values = array_module(grad), grad
            grad = xp.empty_like(t._array, dtype=values.dtype)
            grad[...] = values
        t._grad = wrap(grad)
    else:
        mine = t._grad
        mine._array += grad
        version_counter(mine)[0] += 1
    for kind, _, hook in list((t._node.hooks or {}).values()) if t._node is not None else ():
        if kind == "after":
            hook(t)


@on_own_device
def cotangents(outputs, given, create_graph):
    """One seed for each output: 1 for a scalar's missing one, and torch's errors for the rest."""
    if given is None:
        given = [None] * len(outputs)
    elif isinstance(given, Tensor):
        given = [given]
    given = list(given)
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    seeds = []
    for k, (t, seed) in enumerate(zip(outputs, given)):
        if type(t) is GradientEdge:
            seeds.append(edge_seed(k, t, seed, create_graph))
            continue
        if seed is None:
            if not t.requires_grad:
                raise RuntimeError(f"element {k} of tensors does not require grad and does not have a grad_fn")
            if t._array.size != 1:
                raise RuntimeError(f"grad can be implicitly created only for scalar outputs, got shape {list(t.shape)}: pass a gradient "
                                   "of that shape")
            seed = wrap(array_module(t._array).ones(t._array.shape, t._array.dtype))
        elif not isinstance(seed, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(seed).__name__}")
        elif seed._array.shape != t._array.shape:
            raise RuntimeError(f"Mismatch in shape: grad_output[{k}] has a shape of {seed.shape} and output[{k}] has a shape of {t.shape}.")
        elif not t.requires_grad:
            raise RuntimeError(f"element {k} of tensors does not require grad and does not have a grad_fn")
        seeds.append(seed if create_graph else frozen(seed._array))
    return seeds


def edge_seed(k, t, seed, create_graph):
    """The cotangent of an edge, whose tensor may be gone: 1 for a single number on the default device."""
    shape = t.place.shape
    if seed is None:
        if any(n != 1 for n in shape):
            raise RuntimeError(f"grad can be implicitly created only for scalar outputs, got shape {list(shape)}: pass a gradient of that "
                               "shape")
        from minitorch.ops.creation import ones
        seed = ones(shape, dtype=dtypes.BY_NUMPY[t.place.dtype])
    if seed.shape != shape:
        raise RuntimeError(f"Mismatch in shape: grad_output[{k}] has a shape of {seed.shape} and output[{k}] has a shape of {shape}.")
    return seed if create_graph else frozen(seed._array)


def frozen(array):
    """A read-only view of a cotangent (where the library has such views): no rule may write into it."""
    array = array.view()
    if hasattr(array, "setflags"):
        array.setflags(write=False)
    return array


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None):
    """Add to every leaf's `.grad` the gradient of `tensors` with respect to it: Σ grad_tensorsᵀ · J.

    Args:
        tensors: the outputs, a tensor or a sequence.
        grad_tensors: their cotangents; may be omitted for scalars.
        retain_graph: keep what the graph saved, for another pass; default: the value of create_graph.
        create_graph: record the pass itself, for higher orders.
        inputs: accumulate into these alone.

    Raises:
        RuntimeError: an output has no history, a non-scalar has no cotangent, or the graph was freed.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([3.0], requires_grad=True)
        >>> torch.autograd.backward((x ** 2).sum())
        >>> x.grad
        tensor([6.])
    """
    outputs = as_tuple(tensors)
    if inputs is not None and not isinstance(inputs, Tensor) and not len(inputs):
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    inputs = () if inputs is None else as_tuple(inputs)
    seeds = cotangents(outputs, grad_tensors if grad_tensors is not None else grad_variables, create_graph)
    for t in inputs:
        if not t.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        if not isinstance(t, GradientEdge) and not t.is_leaf:
            retain_grad(t)
    gradients(outputs, inputs, seeds, create_graph, retain_graph, accumulate=True)


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, only_inputs=True, allow_unused=None,
         is_grads_batched=False, materialize_grads=False):
    """The gradients of `outputs` with respect to `inputs`, without touching any `.grad`.

    Args:
        allow_unused: return None (rather than raise) for an input that the outputs do not depend on.
        is_grads_batched: the first dimension of `grad_outputs` counts cotangents: a pass for each, gradients stacked.
        materialize_grads: return zeros for such an input.

    Raises:
        RuntimeError: an input does not require a gradient or is unused, or the graph was freed.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> g, = torch.autograd.grad(x ** 3, x, create_graph=True)
        >>> torch.autograd.grad(g, x)
        (tensor(18.),)
    """
    if is_grads_batched:
        return batched(as_tuple(outputs), inputs, grad_outputs, create_graph, allow_unused, materialize_grads)
    if allow_unused is False and materialize_grads:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.")
    outputs, inputs = as_tuple(outputs), as_tuple(inputs)
    if not inputs:
        raise ValueError("grad requires non-empty inputs.")
    seeds = cotangents(outputs, grad_outputs, create_graph)
    for t in inputs:
        if not t.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    found = gradients(outputs, inputs, seeds, create_graph, retain_graph)
    places, result = {}, []
    for k, t in enumerate(inputs):                    # the same tensor may be asked for twice
        places[place_of(t)] = k
    for k, t in enumerate(inputs):
        g = found[places[place_of(t)]]
        if g is None:
            if materialize_grads:
                g = array_module(t._array).zeros(t._array.shape, t._array.dtype)
                g = wrap(g) if create_graph else g
            elif not allow_unused:
                raise RuntimeError(f"The differentiated Tensor at index {k} appears to not have been used in the graph. "
                                   "Set allow_unused=True if this is the desired behavior.")
        result.append(g if g is None or create_graph else wrap(own(g)))
    return tuple(result)


def batched(outputs, inputs, cotangents, create_graph, allow_unused, materialize_grads):
    """The gradients for each row of cotangents, stacked; None stays None."""
    from minitorch.ops.joining import stack
    given = [None] * len(outputs) if cotangents is None else as_tuple(cotangents)
    count = next((len(c) for c in given if c is not None), 0)
    options = dict(retain_graph=True, create_graph=create_graph, allow_unused=allow_unused, materialize_grads=materialize_grads)
    rows = [grad(outputs, inputs, [c if c is None else c[k] for c in given], **options) for k in range(count)]
    return tuple(None if column[0] is None else stack(column) for column in zip(*rows))


@on_own_device
def own(array):
    """An array that the caller may write into: a view (of a cotangent, or repeated by broadcasting) is copied."""
    return as_array(array) if array.base is None else array.copy()


# ---- hooks -------------------------------------------------------------------------------------------------------------

def port_of(t):
    """The node of a tensor's history and the number of the output that it is."""
    port = edge(t)
    return (port.node, port.nr) if type(port) is Output else (port, 0)


def register_hook(self, hook):
    """Call `hook(grad)` when this tensor's gradient is complete; a tensor that it returns replaces the gradient.

    Raises:
        RuntimeError: the tensor does not require a gradient.
    """
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    node, nr = port_of(self)
    return add_hook(node, ("tensor", nr, hook))


def register_post_accumulate_grad_hook(self, hook):
    """Call `hook(tensor)` each time backward has added to this leaf's `.grad`."""
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if not self.is_leaf:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return add_hook(edge(self), ("after", 0, hook))


def retain_grad(self):
    """Make backward fill this non-leaf's `.grad`, after all its hooks; follows in-place writes."""
    if not self.requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if not self.is_leaf:
        node, nr = port_of(self)
        if node.retained is None:
            node.retained, node.hooks = {}, node.hooks or {}
        node.retained[nr] = weakref.ref(self)


def tensor_backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Add the gradient of this tensor to the `.grad` of every leaf that it depends on; see `autograd.backward`."""
    backward((self,), None if gradient is None else (gradient,), retain_graph, create_graph, inputs=inputs)
