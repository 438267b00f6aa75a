"""Hooks for saved tensors, and what a program can do with a graph's nodes and edges: alike in both libraries."""
import threading

import both
import numpy as np
import pytest

import minitorch


def g(torch, *shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def hooks(torch):
    return torch.autograd.graph.saved_tensors_hooks


def packs_and_unpacks(torch):
    a, b, seen = g(torch, 2, 3), g(torch, 3, 2), []
    with hooks(torch)(lambda t: seen.append(tuple(t.shape)) or t.detach().numpy().copy(), lambda n: seen.append("un") or torch.tensor(n)):
        y = (a @ b).exp()
    y.sum().backward()
    return a.grad, b.grad, seen


def what_the_hook_sees(torch):
    a, seen = g(torch, 2), []
    h = a * 1
    with hooks(torch)(lambda t: seen.append((t.requires_grad, t.is_leaf, torch.is_grad_enabled())) or t.detach(), lambda t: t):
        y = h * torch.ones(2) + a * a
        y.exp()
    return seen


def only_the_innermost(torch):
    a, seen = g(torch, 2), []

    def named(name):
        return hooks(torch)(lambda t: seen.append(name) or t.detach(), lambda t: seen.append("un" + name) or t)
    with named("outer"):
        x = a.exp()
        with named("inner"):
            y = x.sin()
        z = y.exp()
    z.sum().backward()
    return a.grad, seen


def second_order(torch):
    a = g(torch, 3)
    with hooks(torch)(lambda t: t.detach() * 4, lambda t: t / 4):
        y = (a * a * a).sum()
    first, = torch.autograd.grad(y, a, create_graph=True)
    return torch.autograd.grad(first.sum(), a), first


def second_order_through_an_output(torch):
    a = g(torch, 3)
    with hooks(torch)(lambda t: t.detach().clone(), lambda t: t):
        y = a.exp().sum()
        first, = torch.autograd.grad(y, a, create_graph=True)
        second, = torch.autograd.grad(first.sum(), a, create_graph=True)
    return first, second, torch.autograd.grad(second.sum(), a)


def twice_with_the_graph_kept(torch):
    a, seen = g(torch, 3), []
    with hooks(torch)(lambda t: t.detach(), lambda t: seen.append(1) or t):
        y = a.exp().sum()
    y.backward(retain_graph=True)
    y.backward()
    return a.grad, len(seen)


def twice_without(torch):
    a = g(torch, 3)
    with hooks(torch)(lambda t: t.detach(), lambda t: t):
        y = a.exp().sum()
    y.backward()
    y.backward()


def in_place_under_hooks(torch):
    a, b = g(torch, 3), g(torch, 3)
    with hooks(torch)(lambda t: t.detach(), lambda t: t):
        x = a * 1
        x.mul_(b)
        x.exp_()
    x.sum().backward()
    return a.grad, b.grad


def in_place_on_a_view_under_hooks(torch):
    a, b = g(torch, 3), g(torch, 2)
    with hooks(torch)(lambda t: t.detach().clone(), lambda t: t):
        x = a * 1
        x[:2].mul_(b)
        y = (x * x).sum()
    y.backward()
    return a.grad, b.grad


def no_version_check_under_hooks(torch):
    a = g(torch, 3)
    with hooks(torch)(lambda t: t.detach().clone(), lambda t: t):
        x = a * 1
        y = x * x
    x.add_(1)
    y.sum().backward()
    return a.grad


def unpack_returns_no_tensor(torch):
    a = g(torch, 3)
    with hooks(torch)(lambda t: t.detach(), lambda t: 3):
        y = a * a
    y.sum().backward()


def pack_writes(torch):
    a = g(torch, 3)
    with hooks(torch)(lambda t: t.detach().add_(1), lambda t: t):
        return a * a


def pack_raises(torch):
    with hooks(torch)(lambda t: 1 / 0, lambda t: t):
        return g(torch, 3).exp()


def hooks_without_arguments(torch):
    hooks(torch)()


def nothing_packed_without_history(torch):
    seen = []
    with hooks(torch)(lambda t: seen.append(1), lambda t: t):
        torch.randn(3).exp()
        with torch.no_grad():
            g(torch, 3).exp()
    return seen


def saved_on_cpu(torch):
    a = g(torch, 3)
    with torch.autograd.graph.save_on_cpu():
        y = (a.exp() * a).sum()
    y.backward()
    return a.grad


def saved_on_cpu_pinned(torch):
    a = g(torch, 3)
    with torch.autograd.graph.save_on_cpu(pin_memory=False):
        h = a * 1
        y = (h * h).sum()
    with torch.no_grad():
        h.add_(1)
    y.backward()
    return a.grad


def hooks_disabled(torch):
    with torch.autograd.graph.disable_saved_tensors_hooks("no"):
        with hooks(torch)(lambda t: t, lambda t: t):
            pass


def hooks_disabled_and_not(torch):
    with torch.autograd.graph.disable_saved_tensors_hooks("no"):
        g(torch, 2).exp()
    with hooks(torch)(lambda t: t.detach(), lambda t: t):
        return g(torch, 2).exp()


def disabled_inside_hooks(torch):
    with hooks(torch)(lambda t: t, lambda t: t):
        with torch.autograd.graph.disable_saved_tensors_hooks("no"):
            pass


def function_under_hooks(torch):
    seen = []

    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(x, y, None)
            return y

        @staticmethod
        def backward(ctx, grad):
            x, y, none = ctx.saved_tensors
            seen.append((x.requires_grad, y.requires_grad, none))
            return grad * y
    a = g(torch, 3)
    with hooks(torch)(lambda t: seen.append(tuple(t.shape)) or t.detach().clone(), lambda t: seen.append("un") or t):
        y = Exp.apply(a)
    first, = torch.autograd.grad(y.sum(), a, create_graph=True)
    return first, torch.autograd.grad(first.sum(), a), seen


def mutation_allowed(torch):
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        a = g(torch, 3)
        h = a * 1
        y = (h * h).sum() + h.exp().sum()
        h.sin_()
        (y + h.sum()).backward()
    return a.grad


def mutation_outside(torch):
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        a = g(torch, 3)
        y = a.exp().sum()
    y.backward()


# ---- nodes and edges ---------------------------------------------------------------------------------------------------

def nodes_are_nodes(torch):
    y = g(torch, 3).exp()
    y.grad_fn.metadata["note"] = 3
    return isinstance(y.grad_fn, torch.autograd.graph.Node), y.grad_fn.metadata, y.grad_fn.name(), isinstance(3, torch.autograd.graph.Node)


def edges_in(torch):
    a = g(torch, 3)
    h = a.exp()
    e = torch.autograd.graph.get_gradient_edge(h)
    leaf = torch.autograd.graph.get_gradient_edge(a)
    return torch.autograd.grad((h * h).sum(), (e, leaf)), e.output_nr, e.node.name(), leaf.node.name()


def edges_out(torch):
    a = g(torch, 3)
    x, y = (a * 2).split([1, 2])
    e = torch.autograd.graph.get_gradient_edge(y)
    torch.autograd.backward(e, torch.ones(2))
    return a.grad, e.output_nr


def edges_given_as_outputs(torch):
    a = g(torch, 3)
    e = torch.autograd.graph.get_gradient_edge(a.exp().sum())
    return torch.autograd.grad(e, a)


def edge_without_history(torch):
    torch.autograd.graph.get_gradient_edge(torch.ones(2))


def backward_into_an_edge(torch):
    a = g(torch, 3)
    torch.autograd.backward((a * 3).sum(), inputs=[torch.autograd.graph.get_gradient_edge(a)])
    return a.grad


def hook_on_all(torch):
    a, b, c, seen = g(torch, 2), g(torch, 2), g(torch, 2), []

    def report(grads):
        seen.append([None if x is None else x.tolist() for x in grads])
    handle = torch.autograd.graph.register_multi_grad_hook((a, b, c), report)
    (a * 2 + b * 3).sum().backward()
    (a * 2 + b * 3 + c).sum().backward()
    handle.remove()
    (a * 2).sum().backward()
    return seen


def hook_on_any(torch):
    a, b, seen = g(torch, 2), g(torch, 2), []
    torch.autograd.graph.register_multi_grad_hook((a, b), lambda grad: seen.append(grad.tolist()), mode="any")
    (a * 2 + b * 2).sum().backward()
    (b * 3).sum().backward()
    return seen


def hook_on_all_with_inputs(torch):
    a, b, seen = g(torch, 2), g(torch, 2), []
    h = a * b
    torch.autograd.graph.register_multi_grad_hook((a, b, h), lambda grads: seen.append([x is None for x in grads]))
    torch.autograd.grad(h.sum(), a)
    return seen


def hook_on_some_mode(torch):
    torch.autograd.graph.register_multi_grad_hook((g(torch, 2),), print, mode="some")


def hook_on_a_constant(torch):
    torch.autograd.graph.register_multi_grad_hook((torch.ones(2),), print)


def version_incremented(torch):
    a = g(torch, 3)
    h = a * 1
    torch.autograd.graph.increment_version(h)
    torch.autograd.graph.increment_version([h, torch.ones(2)])
    return h._version


def version_incremented_then_backward(torch):
    h = g(torch, 3) * 1
    y = (h * h).sum()
    torch.autograd.graph.increment_version(h)
    y.backward()


def grads_batched(torch):
    a, b = g(torch, 3), g(torch, 3)
    y = a.exp() * b
    return (torch.autograd.grad(y, (a, b), torch.eye(3), is_grads_batched=True, retain_graph=True),
            torch.autograd.grad(y, (a, g(torch, 2)), torch.eye(3), is_grads_batched=True, allow_unused=True))


# ---- the order of hooks ------------------------------------------------------------------------------------------------

def order_of_all_hooks(torch):
    a, log = g(torch, 2), []
    h = a * 2
    h.grad_fn.register_prehook(lambda go: log.append("pre"))
    h.register_hook(lambda x: log.append("tensor"))
    h.grad_fn.register_hook(lambda gi, go: log.append("post"))
    h.register_hook(lambda x: log.append("tensor 2"))
    h.grad_fn.register_prehook(lambda go: log.append("pre 2"))
    leaf = h.grad_fn.next_functions[0][0]
    leaf.register_hook(lambda gi, go: log.append(("leaf post", gi, len(go))))
    a.register_post_accumulate_grad_hook(lambda t: log.append(("accumulated", t.grad.tolist())))
    leaf.register_prehook(lambda go: log.append("leaf pre"))
    a.register_hook(lambda x: log.append("leaf tensor"))
    h.sum().backward()
    return log


def retained_before_prehooks(torch):
    a = g(torch, 2)
    h = a * 2
    h.grad_fn.register_prehook(lambda go: (go[0] * 10,))
    h.retain_grad()
    h.register_hook(lambda x: x * 3)
    h.sum().backward()
    return h.grad, a.grad


def captured_before_prehooks(torch):
    a = g(torch, 2)
    h = a * 2
    h.grad_fn.register_prehook(lambda go: (go[0] * 10,))
    h.register_hook(lambda x: x * 3)
    return torch.autograd.grad(h.sum(), (h, a))


def hooks_of_a_captured_leaf(torch):
    a, log = g(torch, 2), []
    h = a * 2
    leaf = h.grad_fn.next_functions[0][0]
    leaf.register_prehook(lambda go: log.append("pre"))
    leaf.register_hook(lambda gi, go: log.append("post"))
    a.register_hook(lambda x: log.append("tensor"))
    torch.autograd.grad(h.sum(), a)
    return log


def post_hook_sees_every_argument(torch):
    a, seen = g(torch, 2), []
    y = a * torch.ones(2)
    y.grad_fn.register_hook(lambda gi, go: seen.append(([x is None for x in gi], [x is None for x in go])))
    z = torch.ones(2) * a
    z.grad_fn.register_hook(lambda gi, go: seen.append([x is None for x in gi]))
    (y + z).sum().backward()
    return seen


def post_hook_replaces(torch):
    a = g(torch, 2)
    y = torch.ones(2) * a
    y.grad_fn.register_hook(lambda gi, go: (None, gi[1] * 7))
    y.sum().backward()
    return a.grad


def post_hook_of_another_length(torch):
    y = g(torch, 2) * g(torch, 2)
    y.grad_fn.register_hook(lambda gi, go: (gi[0],))
    y.sum().backward()


def prehook_of_another_length(torch):
    y = g(torch, 2) * g(torch, 2)
    y.grad_fn.register_prehook(lambda go: (go[0], go[0]))
    y.sum().backward()


def prehook_of_several_outputs(torch):
    a, seen = g(torch, 4), []
    x, y = a.split(2)
    x.grad_fn.register_prehook(lambda go: seen.append([v is None for v in go]))
    x.grad_fn.register_hook(lambda gi, go: seen.append([v is None for v in go]))
    x.sum().backward()
    return seen, a.grad


def tensor_hook_returns_no_tensor(torch):
    a = g(torch, 2)
    a.register_hook(lambda x: 3)
    a.sum().backward()


def tensor_hook_returns_another_shape(torch):
    a = g(torch, 2)
    a.register_hook(lambda x: x.sum())
    a.sum().backward()


def hook_adds_a_hook(torch):
    a, log = g(torch, 2), []

    def first(x):
        log.append("first")
        a.register_hook(lambda x: log.append("added"))
    a.register_hook(first)
    a.sum().backward()
    a.sum().backward()
    return log


PROGRAMS = [f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == __name__
            and f.__name__ not in ("g", "hooks")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_same_in_both(program):
    both.agree(program)


def test_hooks_belong_to_the_thread():
    seen = []
    with minitorch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(1) or t, lambda t: t):
        thread = threading.Thread(target=lambda: minitorch.ones(2, requires_grad=True).exp())
        thread.start()
        thread.join()
    assert not seen


def test_no_node_knows_of_hooks_that_are_gone():
    a = minitorch.ones(2, requires_grad=True)
    with minitorch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        inside = a.exp()
    outside = a.exp()
    assert type(outside.grad_fn) is type(minitorch.ones(2, requires_grad=True).exp().grad_fn)
    assert isinstance(inside.grad_fn, type(outside.grad_fn)) and type(inside.grad_fn) is not type(outside.grad_fn)
    assert minitorch.autograd.operator.new_node is minitorch.autograd.saved.plain_node


@pytest.mark.parametrize("layer", ["Linear", "LayerNorm", "Conv2d", "LSTM", "BatchNorm2d", "MultiheadAttention"])
def test_layers_are_the_same_through_hooks(layer):
    """Packed as NumPy arrays, gradients of first and second order are what they are without."""
    torch = minitorch
    torch.manual_seed(0)
    sizes = {"Linear": (4, 3), "LayerNorm": (4,), "Conv2d": (2, 3, 3), "LSTM": (4, 3), "BatchNorm2d": (2,), "MultiheadAttention": (4, 2)}
    shapes = {"Linear": (5, 4), "LayerNorm": (5, 4), "Conv2d": (2, 2, 5, 5), "LSTM": (5, 2, 4), "BatchNorm2d": (3, 2, 4, 4),
              "MultiheadAttention": (5, 2, 4)}
    net = getattr(torch.nn, layer)(*sizes[layer]).double()
    x = torch.randn(*shapes[layer], dtype=torch.float64, requires_grad=True)

    def derivatives():
        out = net(x, x, x) if layer == "MultiheadAttention" else net(x)
        out = out[0] if isinstance(out, tuple) else out
        first, = torch.autograd.grad((out ** 2).sum(), x, create_graph=True)
        return first, torch.autograd.grad((first ** 2).sum(), [x, *net.parameters()], allow_unused=True)
    first, second = derivatives()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach().numpy().copy(), torch.from_numpy):
        packed_first, packed_second = derivatives()
    assert np.array_equal(first.detach().numpy(), packed_first.detach().numpy())
    for a, b in zip(second, packed_second):
        assert (a is None) == (b is None) and (a is None or np.array_equal(a.numpy(), b.numpy()))
