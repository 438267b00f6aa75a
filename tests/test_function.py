"""autograd.Function and its ctx: each program behaves in both libraries alike, in verdict, error class and value."""
import both
import pytest


def g(torch, *shape):
    return torch.randn(*shape, requires_grad=True)


def function_with_an_unused_output(torch):
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            return a * 2 + b * 3
    x = g(torch, 2)
    a, b = Twice.apply(x)
    a.sum().backward()
    return x.grad, a.grad_fn.name()


def function_needs_input_grad(torch):
    seen = []

    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, scale):
            ctx.save_for_backward(x, y)
            ctx.scale = scale
            return x * y * scale

        @staticmethod
        def backward(ctx, grad):
            seen.append(ctx.needs_input_grad)
            x, y = ctx.saved_tensors
            return grad * y * ctx.scale, None, None
    x, y = g(torch, 2), torch.ones(2)
    Product.apply(x, y, 4.0).sum().backward()
    return x.grad, seen


def function_twice_differentiated(torch):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        def backward(ctx, grad):
            x, = ctx.saved_tensors
            return grad * 3 * x ** 2
    x = g(torch, 3)
    first, = torch.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
    return torch.autograd.grad(first.sum(), x)


def function_once_differentiable(torch):
    from importlib import import_module
    once = import_module(torch.__name__ + ".autograd.function").once_differentiable

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 2

        @staticmethod
        @once
        def backward(ctx, grad):
            return grad * 2 * ctx.saved_tensors[0]
    x = g(torch, 3)
    first, = torch.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    torch.autograd.grad(first.sum(), x)


def function_mark_dirty(torch):
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad * 2
    a = g(torch, 2)
    h = a * 3
    out = Double.apply(h)
    (h * h).sum().backward()
    return a.grad, out is h


def function_non_differentiable(torch):
    class Split(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x * 2
            ctx.mark_non_differentiable(y)
            return x * 3, y

        @staticmethod
        def backward(ctx, a, b):
            return a * 3
    x = g(torch, 2)
    a, b = Split.apply(x)
    a.sum().backward()
    return b.requires_grad, x.grad


def function_without_materialized_gradients(torch):
    seen = []

    class Two(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            seen.append((a is None, b is None))
            return a * 2
    x = g(torch, 2)
    Two.apply(x)[0].sum().backward()
    return seen, x.grad


def function_wrong_count(torch):
    class Bad(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, a):
            return a, a
    Bad.apply(g(torch, 2)).sum().backward()


def function_setup_context(torch):
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x.exp()

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(output)

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.saved_tensors[0]
    x = g(torch, 2)
    Exp.apply(x).sum().backward()
    return x.grad


def function_instantiated(torch):
    torch.autograd.Function()


def g64(torch, *shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def function_saves_an_output(torch):
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, grad):
            y, = ctx.saved_tensors
            return grad * y
    x = g64(torch, 3)
    y = Exp.apply(x)
    first, = torch.autograd.grad(y.sum(), x, create_graph=True)
    return first, torch.autograd.grad(first.sum(), x)


def function_saved_output_changed(torch):
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.saved_tensors[0]
    y = Exp.apply(g64(torch, 3))
    y.mul_(2)
    y.sum().backward()


def function_saves_no_tensor(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3)
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad
    F.apply(g64(torch, 2))


def function_backward_twice(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.saved_tensors[0]
    y = F.apply(g64(torch, 2)).sum()
    y.backward()
    y.backward()


def function_node_shows_ctx(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.note = 7
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad
    x = g64(torch, 2)
    y = F.apply(x)
    n = y.grad_fn
    return n.note, n.saved_tensors, n.needs_input_grad, n.name(), [f for f, _ in n.next_functions], n.metadata


def function_returns_input(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad * 3
    x = g64(torch, 2)
    y = F.apply(x)
    y.sum().backward()
    return x.grad, y is x, y.requires_grad


def function_save_for_forward(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_forward(x)
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2
    x = g64(torch, 2)
    F.apply(x).sum().backward()
    return x.grad


def function_non_tensor_gradient(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return 3
    F.apply(g64(torch, 2)).sum().backward()


def function_wrong_shape(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return torch.ones(5)
    F.apply(g64(torch, 2)).sum().backward()


def function_dirty_leaf(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad * 2
    F.apply(g64(torch, 2))


def function_no_dirty_mark_view(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad * 2
    a = g64(torch, 4)
    h = a * 1
    F.apply(h[:2])
    h.sum().backward()
    return a.grad


def function_materialize_in_setup(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2, x * 3

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.set_materialize_grads(False)

        @staticmethod
        def backward(ctx, a, b):
            return (a * 2 if a is not None else 0) + (b * 3 if b is not None else 0)
    x = g64(torch, 2)
    F.apply(x)[1].sum().backward()
    return x.grad


def function_under_no_grad(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad
    with torch.no_grad():
        y = F.apply(g64(torch, 2))
    return y.requires_grad, y.grad_fn


def function_vjp_name(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def vjp(ctx, grad):
            return grad * 2
    x = g64(torch, 2)
    F.apply(x).sum().backward()
    return x.grad


def function_both_names(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def vjp(ctx, grad):
            return grad * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2
    F.apply(g64(torch, 2)).sum().backward()


def function_with_lists(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, xs, s):
            return xs[0] * s

        @staticmethod
        def backward(ctx, grad):
            return None, grad.sum()
    s = g64(torch)
    y = F.apply([g64(torch, 2)], s)
    y.sum().backward()
    return s.grad


def function_hooks(torch):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * 2, y * 3

        @staticmethod
        def backward(ctx, a, b):
            return a * 2, b * 3
    log = []
    x, y = g64(torch, 2), g64(torch, 2)
    a, b = F.apply(x, y)
    a.grad_fn.register_prehook(lambda go: log.append([v is None for v in go]))
    a.grad_fn.register_hook(lambda gi, go: log.append(([v is None for v in gi], [v is None for v in go])))
    a.register_hook(lambda v: v * 10)
    a.sum().backward()
    return log, x.grad, y.grad


PROGRAMS = [f for name, f in list(globals().items()) if name.startswith("function_")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_same_in_both(program):
    both.agree(program)
