"""utils.checkpoint: each program behaves in both libraries alike; and memory is saved."""
import gc
import importlib
import warnings
import weakref

import both
import pytest

import minitorch


def of(torch):
    return importlib.import_module(torch.__name__ + ".utils.checkpoint")


def g(torch, *shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def net(torch):
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2), torch.nn.Sigmoid()).double()


def trained(torch, **options):
    model, x, runs = net(torch), g(torch, 5, 3), []
    y = of(torch).checkpoint(lambda v: runs.append(1) or model(v), x, **options)
    (y ** 2).sum().backward()
    return y, x.grad, [p.grad for p in model.parameters()], len(runs)


def without_reentering(torch):
    return trained(torch, use_reentrant=False), trained(torch, use_reentrant=False, preserve_rng_state=False, determinism_check="none")


def reentering(torch):
    return trained(torch, use_reentrant=True), trained(torch, use_reentrant=True, preserve_rng_state=False)


def neither_said(torch):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        y = of(torch).checkpoint(lambda x: x.exp(), g(torch, 2))
    return y.grad_fn.name(), [w.category.__name__ for w in seen]


def names_of_nodes(torch):
    x = g(torch, 2)
    c = of(torch).checkpoint
    return c(lambda x: x.exp(), x, use_reentrant=True).grad_fn, c(lambda x: x.exp(), x, use_reentrant=False).grad_fn


def dropout(torch, use_reentrant):
    x = g(torch, 200)
    f = lambda x: torch.nn.functional.dropout(x, 0.5).exp()
    y = of(torch).checkpoint(f, x, use_reentrant=use_reentrant)
    after = torch.rand(1)
    y.sum().backward()
    return y, x.grad, after, torch.rand(1)


def dropout_without_reentering(torch):
    return dropout(torch, False)


def dropout_reentering(torch):
    return dropout(torch, True)


def keywords(torch):
    x = g(torch, 3)
    y = of(torch).checkpoint(lambda x, *, scale, shift: (x * scale).exp() + shift, x, use_reentrant=False, scale=2.0, shift=g(torch, 3))
    y.sum().backward()
    return y, x.grad


def keywords_reentering(torch):
    of(torch).checkpoint(lambda x, scale: x * scale, g(torch, 3), use_reentrant=True, scale=2.0)


def second_order(torch):
    x = g(torch, 3)
    y = of(torch).checkpoint(lambda x: x.exp() * x, x, use_reentrant=False)
    first, = torch.autograd.grad(y.sum(), x, create_graph=True)
    return first, torch.autograd.grad(first.sum(), x)


def graph_kept(torch):
    x, runs = g(torch, 3), []
    y = of(torch).checkpoint(lambda x: runs.append(1) or x.exp().sin(), x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad, len(runs)


def gradient_without_reentering(torch):
    x = g(torch, 3)
    return torch.autograd.grad(of(torch).checkpoint(lambda x: x.exp(), x, use_reentrant=False).sum(), x)


def gradient_reentering(torch):
    x = g(torch, 3)
    torch.autograd.grad(of(torch).checkpoint(lambda x: x.exp(), x, use_reentrant=True).sum(), x)


def inputs_reentering(torch):
    x = g(torch, 3)
    of(torch).checkpoint(lambda x: x.exp(), x, use_reentrant=True).sum().backward(inputs=[x])


def several_outputs(torch):
    x, y = g(torch, 3), g(torch, 3)
    found = []
    for use_reentrant in (True, False):
        a, b, n = of(torch).checkpoint(lambda x, y, k: (x * y, (x + y).exp(), 7), x, y, 3, use_reentrant=use_reentrant)
        (a * b).sum().backward()
        found.append((a, b, n))
    return found, x.grad, y.grad


def one_output_used(torch):
    x = g(torch, 3)
    for use_reentrant in (True, False):
        a, b = of(torch).checkpoint(lambda x: (x.sin(), x.exp()), x, use_reentrant=use_reentrant)
        b.sum().backward()
    return x.grad


def no_input_requires_grad_reentering(torch):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        model = net(torch)
        y = of(torch).checkpoint(model, torch.ones(2, 3, dtype=torch.float64), use_reentrant=True)
    return y.requires_grad, [w.category.__name__ for w in seen]


def no_input_requires_grad(torch):
    model = net(torch)
    of(torch).checkpoint(model, torch.ones(2, 3, dtype=torch.float64), use_reentrant=False).sum().backward()
    return [p.grad for p in model.parameters()]


def under_no_grad(torch):
    with torch.no_grad():
        y = of(torch).checkpoint(lambda x: x.exp(), g(torch, 3), use_reentrant=False)
    return y.requires_grad


def nested(torch):
    c, x, runs = of(torch).checkpoint, g(torch, 3), []

    def inner(x):
        runs.append("inner")
        return x.exp().sin()

    def outer(x):
        runs.append("outer")
        return c(inner, x.cos(), use_reentrant=False).tanh()
    c(outer, x, use_reentrant=False).sum().backward()
    return x.grad, runs


def nested_thrice(torch):
    c, x = of(torch).checkpoint, g(torch, 3)
    f = lambda x: c(lambda x: c(lambda x: x.exp().sin(), x.sin(), use_reentrant=False).tanh(), x * x, use_reentrant=False)
    c(f, x, use_reentrant=False).sum().backward()
    return x.grad


def nested_reentering(torch):
    c, x = of(torch).checkpoint, g(torch, 3)
    c(lambda x: c(lambda x: x.exp().sin(), x.cos(), use_reentrant=True).tanh(), x, use_reentrant=True).sum().backward()
    return x.grad


def other_shapes_the_second_time(torch):
    state = []

    def f(x):
        state.append(1)
        return (x[:2] if len(state) > 1 else x).exp().sum().sin()
    of(torch).checkpoint(f, g(torch, 3), use_reentrant=False).backward()


def other_shapes_unchecked(torch):
    state = []

    def f(x):
        state.append(1)
        return x.exp() * (2 if len(state) > 1 else 1)
    x = g(torch, 3)
    of(torch).checkpoint(f, x, use_reentrant=False, determinism_check="none").sum().backward()
    return x.grad


def fewer_tensors_the_second_time(torch):
    state = []

    def f(x):
        state.append(1)
        return x.exp().sin() if len(state) == 1 else x.exp()
    of(torch).checkpoint(f, g(torch, 3), use_reentrant=False).sum().backward()


def more_tensors_the_second_time(torch):
    state = []

    def f(x):
        state.append(1)
        return x.exp() if len(state) == 1 else x.exp().sin()
    of(torch).checkpoint(f, g(torch, 3), use_reentrant=False, early_stop=False).sum().backward()


def checked_in_another_way(torch):
    of(torch).checkpoint(lambda x: x, g(torch, 3), use_reentrant=False, determinism_check="some")


def stops_early(torch):
    log, c = [], of(torch)

    def f(x):
        y = x.exp()
        log.append("end")
        return y * 2
    for setting in (True, False):
        with c.set_checkpoint_early_stop(setting):
            y = c.checkpoint(f, g(torch, 3), use_reentrant=False)
        y.sum().backward()
        log.append(setting)
    c.checkpoint(f, g(torch, 3), use_reentrant=False, early_stop=False).sum().backward()
    return log


def contexts(torch):
    log = []

    class Note:
        def __init__(self, word):
            self.word = word

        def __enter__(self):
            log.append("in " + self.word)

        def __exit__(self, *error):
            log.append("out " + self.word)
    y = of(torch).checkpoint(lambda x: x.exp().sin(), g(torch, 3), use_reentrant=False, context_fn=lambda: (Note("first"), Note("again")))
    y.sum().backward()
    return log


def contexts_reentering(torch):
    of(torch).checkpoint(lambda x: x, g(torch, 3), use_reentrant=True, context_fn=lambda: None)


def argument_changed(torch):
    x = g(torch, 3) * 1
    y = of(torch).checkpoint(lambda x: x.exp().sin(), x, use_reentrant=False)
    with torch.no_grad():
        x.add_(1)
    y.sum().backward()


def function_raises(torch):
    of(torch).checkpoint(lambda x: 1 / 0, g(torch, 3), use_reentrant=False)


def hooks_after_a_failure(torch):
    try:
        function_raises(torch)
    except ZeroDivisionError:
        x = g(torch, 3)
        x.exp().sum().backward()
        return x.grad


def tensors_in_closures(torch):
    w, x = g(torch, 3), g(torch, 3)
    of(torch).checkpoint(lambda x: (x * w).exp(), x, use_reentrant=False).sum().backward()
    return w.grad, x.grad


def own_function_inside(torch):
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(y := x.exp())
            return y

        @staticmethod
        def backward(ctx, grad):
            y, = ctx.saved_tensors
            return grad * y
    x = g(torch, 3)
    of(torch).checkpoint(lambda x: Exp.apply(x).sin(), x, use_reentrant=False).sum().backward()
    return x.grad


def own_function_that_asks_twice(torch):
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(y := x.exp())
            return y

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.saved_tensors[0] * ctx.saved_tensors[0]
    of(torch).checkpoint(lambda x: Exp.apply(x).sin(), g(torch, 3), use_reentrant=False).sum().backward()


def in_place_inside(torch):
    x = g(torch, 3)
    of(torch).checkpoint(lambda x: (x * 1).mul_(x).sin_().add_(1), x, use_reentrant=False).sum().backward()
    return x.grad


def sequential(torch):
    found = []
    for use_reentrant in (True, False):
        for segments in (1, 2, 3):
            model, x = net(torch), g(torch, 5, 3)
            y = of(torch).checkpoint_sequential(model, segments, x, use_reentrant=use_reentrant)
            y.sum().backward()
            found.append((y, x.grad, model[0].weight.grad))
    return found


def sequential_of_functions(torch):
    x = g(torch, 3)
    of(torch).checkpoint_sequential([lambda x: x.exp(), lambda x: x.sin(), lambda x: x * 2], 2, x, use_reentrant=False).sum().backward()
    return x.grad


def sequential_with_keywords(torch):
    of(torch).checkpoint_sequential([lambda x: x], 1, g(torch, 3), use_reentrant=False, no=1)


def detached(torch):
    a, b, c = of(torch).detach_variable((g(torch, 2) * 2, torch.ones(2), 3))
    return a.is_leaf, a.requires_grad, b.requires_grad, c


def detached_from_a_list(torch):
    of(torch).detach_variable([g(torch, 2)])


def layers(torch):
    x, found = g(torch, 4, 2, 6), []
    for layer in (torch.nn.LSTM(6, 6), torch.nn.LayerNorm(6), torch.nn.Linear(6, 6)):
        layer = layer.double()
        y = of(torch).checkpoint(layer, x, use_reentrant=False)
        y = y[0] if isinstance(y, tuple) else y
        (y ** 2).sum().backward()
        found += [p.grad for p in layer.parameters()]
    return x.grad, found


PROGRAMS = [f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == __name__
            and f.__name__ not in ("of", "g", "net", "trained", "dropout")]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_same_in_both(program):
    both.agree(program)


def alive_after(use):
    """How many of a network's intermediates are alive between forward and backward."""
    alive = []

    def noted(x):
        for _ in range(10):
            x = x.exp()
            alive.append(weakref.ref(x._array))
            x = x.mul(0.1)
        return x
    x = minitorch.randn(1000, requires_grad=True)
    y = use(noted, x).sum()
    gc.collect()
    count = sum(ref() is not None for ref in alive)
    y.backward()
    return count, x.grad


@pytest.mark.parametrize("use_reentrant", [False, True])
def test_intermediates_are_not_kept(use_reentrant):
    minitorch.manual_seed(0)
    plain, expected = alive_after(lambda f, x: f(x))
    minitorch.manual_seed(0)
    count, found = alive_after(lambda f, x: minitorch.utils.checkpoint.checkpoint(f, x, use_reentrant=use_reentrant))
    assert count <= 1 < plain and found.tolist() == expected.tolist()


def test_nested_checkpoints_keep_nothing_of_the_inner_one():
    c = minitorch.utils.checkpoint.checkpoint
    alive = []

    def inner(x):
        y = x.exp()
        alive.append(weakref.ref(y._array))
        return y.sin()

    def outer(x):
        h = x.cos()
        alive.append(weakref.ref(h._array))
        return c(inner, h, use_reentrant=False).tanh()
    x = minitorch.randn(1000, requires_grad=True)
    y = c(outer, x, use_reentrant=False).sum()
    gc.collect()
    assert not [ref for ref in alive if ref() is not None]
    y.backward()
    assert x.grad is not None
