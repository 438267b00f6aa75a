"""Small programs about the graph, run in both libraries: in which order hooks are called, what a Function may do, what is refused."""
import pytest
import torch

import minitorch

PROGRAMS = {}


def program(function):
    """`function(library)` returns plain values, or ends in an error."""
    PROGRAMS[function.__name__] = function
    return function


def leaf(library, *values):
    return library.tensor(values, dtype=library.float64, requires_grad=True)


def listened(tensors, log):
    """Note in the log when the gradient of each of these named tensors is there, and when it has been added."""
    for name, t in tensors:
        t.register_hook(lambda g, name=name: log.append(name))
        if t.is_leaf:
            t.register_post_accumulate_grad_hook(lambda p, name=name: log.append("+" + name))
    return log


def made(library, forward, backward, name="F"):
    """A Function of these two."""
    return type(name, (library.autograd.Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


# ---- the order of hooks

@program
def leaves_have_their_turn_at_once(t):
    a, b, c = leaf(t, 1.0), leaf(t, 2.0), leaf(t, 3.0)
    log = listened(zip("abc", (a, b, c)), [])
    ((a * b) + c).sum().backward()
    return log


@program
def a_leaf_waits_for_its_last_cotangent(t):
    a, b, c = leaf(t, 1.0), leaf(t, 2.0), leaf(t, 3.0)
    x = a.exp()
    log = listened(zip("abcx", (a, b, c, x)), [])
    ((x * b + c) * a).sum().backward()
    return log


@program
def parameters_of_a_network(t):
    t.manual_seed(0)
    nn = t.nn
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3), nn.LayerNorm(3))
    log = listened(net.named_parameters(), [])
    net(t.ones(2, 1, 4, 4)).sum().backward()
    return log


@program
def parameters_used_twice(t):
    first, second, w = t.nn.Linear(2, 2), t.nn.Linear(2, 2), t.ones(2, requires_grad=True)
    log = listened([*first.named_parameters("first"), *second.named_parameters("second"), ("w", w)], [])
    t.cat([first(t.ones(3, 2)) * w, second(first(t.ones(3, 2))), w.expand(3, 2)]).sum().backward()
    return log


@program
def many_leaves_of_one_node(t):
    leaves, log = [t.ones(1, requires_grad=True) for _ in range(7)], []
    listened(((str(k), x) for k, x in enumerate(leaves)), log)
    t.cat(leaves).sum().backward()
    t.autograd.backward((t.stack(leaves).sum() * leaves[0]).sum(), inputs=leaves[:4])
    return log


@program
def a_leaf_that_is_an_output_too(t):
    a = leaf(t, 1.0)
    log = listened([("a", a)], [])
    t.autograd.backward([a, a * 2], [t.ones(1, dtype=t.float64)] * 2)
    return log, a.grad.tolist()


@program
def a_leaf_whose_second_cotangent_never_comes(t):
    F = made(t, lambda ctx, x: x * 2, lambda ctx, g: None)
    a = leaf(t, 1.0)
    log = listened([("a", a)], [])
    (F.apply(a.exp()) + a).sum().backward()
    return log, a.grad.tolist()


@program
def hooks_of_a_node_and_of_its_tensor(t):
    a, log = leaf(t, 1.0), []
    y = a * 2
    y.grad_fn.register_prehook(lambda g: log.append("pre"))
    y.grad_fn.register_hook(lambda gi, go: log.append(("post", len(gi), len(go))))
    y.register_hook(lambda g: log.append("tensor"))
    accumulate = y.grad_fn.next_functions[0][0]
    accumulate.register_prehook(lambda g: log.append("pre a"))
    accumulate.register_hook(lambda gi, go: log.append(("post a", len(gi), len(go))))
    listened([("a", a)], log)
    y.sum().backward()
    return log


@program
def a_hook_of_any_of_several(t):
    a, b, log = leaf(t, 1.0), leaf(t, 2.0), []
    t.autograd.graph.register_multi_grad_hook((a, b), lambda g: log.append(g.tolist()), mode="any")
    (a * b).sum().backward()
    return log


@program
def a_hook_that_changes_the_dtype(t):
    y = leaf(t, 1.0) * 2
    y.register_hook(lambda g: g.float())
    y.sum().backward()


# ---- functions of one's own

@program
def an_input_changed_and_not_returned(t):
    def forward(ctx, x):
        ctx.mark_dirty(x)
        x.mul_(3)
        return x * 1
    made(t, forward, lambda ctx, g: g).apply(leaf(t, 1.0) * 1)


@program
def an_input_handed_through(t):
    F, a = made(t, lambda ctx, x: x, lambda ctx, g: g * 5), leaf(t, 1.0)
    x = a * 1
    y = F.apply(x)
    y.sum().backward()
    return y is x, y._is_view(), y._base is x, a.grad.tolist()


@program
def a_view_of_an_input(t):
    F, a = made(t, lambda ctx, x: x[:1], lambda ctx, g: t.cat([g * 5, g * 0])), leaf(t, 1.0, 2.0)
    x = a * 1
    y = F.apply(x)
    (y.sum() + x.sum()).backward()
    return y._is_view(), a.grad.tolist()


@program
def a_view_of_an_input_is_not_written_to(t):
    made(t, lambda ctx, x: x[:1], lambda ctx, g: g).apply(leaf(t, 1.0, 2.0) * 1).mul_(2)


@program
def the_base_of_a_view_of_an_input_is_not_written_to(t):
    x = leaf(t, 1.0, 2.0) * 1
    y = made(t, lambda ctx, x: x[:1], lambda ctx, g: g).apply(x)
    x.mul_(2)
    return y.grad_fn


@program
def a_gradient_for_what_is_no_tensor(t):
    made(t, lambda ctx, x, k: x * k, lambda ctx, g: (g, g)).apply(leaf(t, 1.0), 3).sum().backward()


@program
def an_argument_by_keyword(t):
    F, a = made(t, lambda ctx, x, k=2: x * k, lambda ctx, g: (g * 3, None)), leaf(t, 1.0)
    y = F.apply(a, k=3)
    y.sum().backward()
    return y.tolist(), a.grad.tolist()


@program
def a_function_called_as_an_object(t):
    made(t, lambda ctx, x: x, lambda ctx, g: g)()(leaf(t, 1.0))


# ---- in place

@program
def an_expanded_tensor_filled(t):
    a = leaf(t, 1.0)
    b = (a * 2).expand(3)
    b.fill_(1.5)
    c = (a * 2).expand(3)
    c.zero_()
    return b.tolist(), c.tolist(), b.requires_grad


@program
def an_expanded_tensor_filled_with_a_tensor(t):
    a, v = leaf(t, 1.0), leaf(t, 4.0)
    b = (a * 2).expand(3)
    b.fill_(v[0])
    b.sum().backward()
    return b.tolist(), a.grad.tolist(), v.grad.tolist()


@program
def comparisons_in_place_have_a_history(t):
    x, names = leaf(t, 1.0, 3.0), []
    for op in ("eq_", "ne_", "lt_", "le_", "gt_", "ge_"):
        y, z = x * 2, x * 2
        names += [type(getattr(y, op)(x).grad_fn).__name__, type(getattr(z, op)(1.0).grad_fn).__name__]
        (y + z).sum().backward()
    return names, x.grad.tolist()


def ends(library, function):
    """What a program returns, or the class of the error that it ends in."""
    try:
        return function(library)
    except Exception as error:
        return type(error).__name__


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    assert ends(minitorch, PROGRAMS[name]) == ends(torch, PROGRAMS[name])
