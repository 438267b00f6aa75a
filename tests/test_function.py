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


PROGRAMS = [f for name, f in list(globals().items()) if name.startswith("function_")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_same_in_both(program):
    both.agree(program)
