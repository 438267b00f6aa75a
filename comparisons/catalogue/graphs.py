"""What a program can do with a graph: pack what it keeps, name its places, listen at several of them."""
from .autograd import entry, leaf, ones, same_shape


def packed(torch, x, c):
    """Kept as twice the value, in the order of packing and unpacking; a second order through it."""
    a, seen = leaf(x), []
    noted = lambda word, t: seen.append(word) or t
    with torch.autograd.graph.saved_tensors_hooks(lambda t: noted("pack", t.detach()) * 2, lambda t: noted("unpack", t) / 2):
        y = a.exp() * a
    first, = torch.autograd.grad(y, a, c, create_graph=True)
    return first, torch.autograd.grad(first, a, c), seen


def on_cpu(torch, x, c):
    """The same gradients from the host's memory."""
    a = leaf(x)
    with torch.autograd.graph.save_on_cpu():
        y = a.exp() * a
    y.backward(c)
    return a.grad


def disabled(torch, x):
    """Operations go on; only hooks are refused."""
    with torch.autograd.graph.disable_saved_tensors_hooks("no hooks here"):
        return leaf(x).exp()


def refused(torch):
    """Hooks where they are disabled."""
    with torch.autograd.graph.disable_saved_tensors_hooks("no hooks here"), torch.autograd.graph.save_on_cpu():
        pass


def together(torch, x, c):
    """A hook on three tensors, one of which a pass does not reach; and on the first of them."""
    a, b, seen = leaf(x), leaf(c), []
    h = a * b
    copied = lambda grads: [None if g is None else g.clone() for g in grads]
    handle = torch.autograd.graph.register_multi_grad_hook((a, h, b), lambda grads: seen.append(copied(grads)))
    torch.autograd.graph.register_multi_grad_hook((a, h), lambda g: seen.append(g.clone()), mode="any")
    (h * 1).backward(c, retain_graph=True)
    (a * 2).backward(c)
    handle.remove()
    h.backward(c)
    return seen, a.grad, b.grad


def changed(torch, x, c):
    """What the graph keeps is written to afterwards."""
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        a = leaf(x)
        h = a * 1
        y = h * h
        h.tanh_()
        (y + h).backward(c)
    return a.grad


def at_edges(torch, x, c):
    """Gradients at an edge in the middle and at a leaf's; from an edge on."""
    a = leaf(x)
    h = a.tanh()
    middle, end = torch.autograd.graph.get_gradient_edge(h), torch.autograd.graph.get_gradient_edge(a)
    found = torch.autograd.grad(h * h, (middle, end), c, retain_graph=True)
    again = torch.autograd.grad(torch.autograd.graph.GradientEdge(middle.node, middle.output_nr), a, c)
    return found, again, middle.output_nr, middle.node.name(), end.node.name()


def counted(torch, x):
    """Versions of one tensor and of several."""
    torch.autograd.graph.increment_version(y := x.clone())
    torch.autograd.graph.increment_version([y, y])
    return y._version


def packing(torch, pack, unpack):
    """A backward through hooks."""
    a = ones(torch)
    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = a * a
    y.sum().backward()
    return a.grad


def outside(torch):
    """Backward where changes are not allowed any more."""
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        y = ones(torch).exp()
    y.sum().backward()


def multi(torch, *args, **settings):
    """A hook on two tensors."""
    return torch.autograd.graph.register_multi_grad_hook((ones(torch), ones(torch)), *args, **settings)


ENTRIES = [
    entry("autograd.graph.saved_tensors_hooks", packed, same_shape(), bad={
        "argument": lambda torch: torch.autograd.graph.saved_tensors_hooks(),
        "dtype": lambda torch: packing(torch, lambda t: t, lambda t: 3),
        "written": lambda torch: packing(torch, lambda t: t.detach().add_(1), lambda t: t),
    }),
    entry("autograd.graph.save_on_cpu", on_cpu, same_shape(), bad={
        "keyword": lambda torch: torch.autograd.graph.save_on_cpu(no=1), "disabled": refused,
        "argument": lambda torch: torch.autograd.graph.save_on_cpu(False, "cuda", 3),
    }),
    entry("autograd.graph.disable_saved_tensors_hooks", disabled, bad={
        "argument": lambda torch: torch.autograd.graph.disable_saved_tensors_hooks(), "refused": refused,
        "keyword": lambda torch: torch.autograd.graph.disable_saved_tensors_hooks("a", no=1),
    }),
    entry("autograd.graph.register_multi_grad_hook", together, same_shape(), bad={
        "mode": lambda torch: multi(torch, print, mode="some"), "argument": lambda torch: multi(torch),
        "no history": lambda torch: torch.autograd.graph.register_multi_grad_hook((torch.ones(2),), print),
    }),
    entry("autograd.graph.allow_mutation_on_saved_tensors", changed, same_shape(), bad={
        "argument": lambda torch: torch.autograd.graph.allow_mutation_on_saved_tensors(1), "outside": outside,
        "keyword": lambda torch: torch.autograd.graph.allow_mutation_on_saved_tensors(no=1),
    }),
    entry("autograd.graph.get_gradient_edge", at_edges, same_shape(), also=("autograd.graph.GradientEdge",), bad={
        "no history": lambda torch: torch.autograd.graph.get_gradient_edge(torch.ones(2)),
        "dtype": lambda torch: torch.autograd.graph.get_gradient_edge(3),
        "argument": lambda torch: torch.autograd.graph.get_gradient_edge(),
    }),
    entry("autograd.graph.increment_version", counted, bad={
        "argument": lambda torch: torch.autograd.graph.increment_version(),
        "dtype": lambda torch: torch.autograd.graph.increment_version(3),
        "keyword": lambda torch: torch.autograd.graph.increment_version(torch.ones(2), no=1),
    }),
]
