"""Automatic differentiation as a program sees it: backward, grad, hooks, modes, functions of one's own."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import shapes, tensors

from .entry import Entry, case, cases

LEAVES = cases(tensors(shapes(0, 2)))


def leaf(x):
    """A fresh leaf with the values of a tensor."""
    return x.detach().clone().requires_grad_()


def ones(torch, n=2, **options):
    """A leaf of ones that requires a gradient."""
    return torch.ones(n, requires_grad=True, **options)


def entry(name, call, drawn=LEAVES, source=None, **options):
    """An entry whose call differentiates on its own; the results are values."""
    options = {"order": 0, "differentiable": (), "formula": r"g = J^\top c"} | options
    return Entry(name, drawn, call=call, source=source or f"torch.{name}", **options)


def backward(torch, x, c):
    """Twice into the same `.grad`, the graph kept."""
    a = leaf(x)
    y = a.tanh() * a
    y.backward(c, retain_graph=True)
    first = a.grad.clone()
    y.backward(gradient=c)
    return first, a.grad, a.grad.requires_grad


def backward_to_some(torch, x, c):
    """Only to some of the leaves, and with history."""
    a, b = leaf(x), leaf(c)
    torch.autograd.backward([a * b, a + b], [torch.ones_like(a), c], inputs=[a])
    once = a.grad, b.grad
    (a * a * b).sum().backward(create_graph=True)
    return once[0], once[1], a.grad, a.grad.requires_grad, b.grad.requires_grad


def grad(torch, x, c):
    """With unused inputs, materialised or not, and a second order."""
    a, b = leaf(x), leaf(c)
    first, none = torch.autograd.grad((a.exp() * a).sum(), (a, b), allow_unused=True, create_graph=True)
    zeros = torch.autograd.grad(a.sum(), (a, b), materialize_grads=True)
    return first, none, torch.autograd.grad(first, a, c, retain_graph=True), zeros


def modes(torch, x):
    """What is recorded inside and outside of the modes, as context managers, decorators and functions."""
    a, seen = leaf(x), []

    @torch.no_grad()
    def silent():
        return a * 2, torch.is_grad_enabled()
    seen.append(silent())
    with torch.no_grad():
        seen.append((a * 2).requires_grad)
        with torch.enable_grad():
            seen.append((a * 2).requires_grad)
        with torch.set_grad_enabled(True):
            seen.append((a * 2).requires_grad)
    torch.set_grad_enabled(False)
    seen.append((a * 2).requires_grad)
    torch.set_grad_enabled(True)
    with torch.inference_mode():
        seen += [(a * 2).requires_grad, torch.is_inference_mode_enabled(), (a * 2).is_inference()]
    return seen, torch.is_grad_enabled(), torch.is_inference_mode_enabled()


def hooks(torch, x, c):
    """Hooks on a leaf and on a result, in the order of their registration; one is removed, one changes the gradient."""
    a, seen = leaf(x), []
    h = a * 2
    handle = h.register_hook(lambda g: seen.append(("removed", g)))
    h.register_hook(lambda g: seen.append(("first", g.clone())))
    h.register_hook(lambda g: g * 3)
    h.retain_grad()
    a.register_hook(lambda g: seen.append(("leaf", g.clone())))
    handle.remove()
    (h * h).backward(c)
    return seen, h.grad, a.grad, h.retains_grad, a.retains_grad


def accumulated(torch, x, c):
    """A hook that runs after `.grad` was written."""
    a, seen = leaf(x), []
    handle = a.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.clone()))
    (a * 2).backward(c)
    (a * a).backward(c)
    handle.remove()
    (a * a).backward(c)
    return seen, a.grad


def own_function(torch, x, c):
    """A cube with torch's ctx: saved tensors, what needs a gradient, several outputs, an output without."""
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x)
            ctx.needs = ctx.needs_input_grad
            signs = (x > 0).to(x.dtype)
            ctx.mark_non_differentiable(signs)
            return x * x * x, y * 2, signs

        @staticmethod
        def backward(ctx, grad_cube, grad_double, _):
            x, = ctx.saved_tensors
            return grad_cube * (3 * x * x), grad_double * 2 if ctx.needs[1] else None
    a = leaf(x)
    cube, double, signs = Cube.apply(a, c)
    first, = torch.autograd.grad(cube.sum(), a, create_graph=True)
    second, = torch.autograd.grad(first.sum(), a)
    return cube, double, signs, first, second, cube.requires_grad, double.requires_grad, signs.requires_grad


@st.composite
def checked(draw):
    """A few numbers in float64, which gradcheck wants."""
    return case(draw(tensors(shapes(0, 2, 1, 3), dtype="float64", strided=False)))


@st.composite
def same_shape(draw):
    """A tensor and a cotangent for it."""
    x = draw(tensors(shapes(0, 2)))
    return case(x, np.asarray(draw(tensors(x.shape, dtype=str(x.dtype)))))



ENTRIES = [
    entry("Tensor.backward", backward, same_shape(), bad={
        "shape": lambda torch: (ones(torch) * 2).backward(), "cotangent": lambda torch: (ones(torch) * 2).backward(torch.ones(3)),
        "no history": lambda torch: torch.ones(()).backward(), "dtype": lambda torch: (ones(torch) * 2).backward("x"),
    }),
    entry("autograd.backward", backward_to_some, same_shape(), bad={
        "shape": lambda torch: torch.autograd.backward(ones(torch) * 2),
        "no history": lambda torch: torch.autograd.backward(torch.ones(())),
        "argument": lambda torch: torch.autograd.backward(ones(torch).sum(), inputs=[]),
    }),
    entry("autograd.grad", grad, same_shape(), bad={
        "unused": lambda torch: torch.autograd.grad(ones(torch).sum(), ones(torch)),
        "shape": lambda torch: torch.autograd.grad((a := ones(torch)) * 2, a),
        "no history": lambda torch: torch.autograd.grad(torch.ones(()), ones(torch)),
        "argument": lambda torch: torch.autograd.grad((a := ones(torch)).sum(), a, allow_unused=False, materialize_grads=True),
    }),
    entry("no_grad", modes, bad={
        "argument": lambda torch: torch.no_grad(1, 2), "dtype": lambda torch: torch.set_grad_enabled(),
        "keyword": lambda torch: torch.enable_grad(no=1),
    }),
    entry("Tensor.register_hook", hooks, same_shape(), bad={
        "no history": lambda torch: torch.ones(2).register_hook(print), "argument": lambda torch: ones(torch).register_hook(),
        "shape": lambda torch: hooked(torch, lambda g: g[0]),
    }),
    entry("Tensor.retain_grad", hooks, same_shape(), bad={
        "no history": lambda torch: torch.ones(2).retain_grad(), "argument": lambda torch: ones(torch).retain_grad(1),
        "keyword": lambda torch: ones(torch).retain_grad(no=1),
    }),
    entry("Tensor.register_post_accumulate_grad_hook", accumulated, same_shape(), bad={
        "no leaf": lambda torch: (ones(torch) * 2).register_post_accumulate_grad_hook(print),
        "no history": lambda torch: torch.ones(2).register_post_accumulate_grad_hook(print),
        "argument": lambda torch: ones(torch).register_post_accumulate_grad_hook(),
    }),
    entry("autograd.Function", own_function, same_shape(), bad={
        "argument": lambda torch: torch.autograd.Function.apply(torch.ones(2), no=1),
        "forward": lambda torch: torch.autograd.Function.apply(torch.ones(2)),
        "backward": lambda torch: no_backward(torch),
    }),
    entry("autograd.gradcheck", lambda torch, x: torch.autograd.gradcheck(lambda a: (a.tanh() * a).exp(), (leaf(x),)), checked(), bad={
        "wrong derivative": lambda torch: torch.autograd.gradcheck(wrong(torch), (ones(torch, dtype=torch.float64),)),
        "no input": lambda torch: torch.autograd.gradcheck(lambda a: a, (torch.ones(2, dtype=torch.float64),)),
        "argument": lambda torch: torch.autograd.gradcheck(lambda a: a),
    }, no_empty="a derivative to be measured"),
    entry("autograd.gradgradcheck", lambda torch, x: torch.autograd.gradgradcheck(lambda a: (a.tanh() * a).exp(), (leaf(x),)), checked(),
          bad={
        "no input": lambda torch: torch.autograd.gradgradcheck(lambda a: a, (torch.ones(2, dtype=torch.float64),)),
        "argument": lambda torch: torch.autograd.gradgradcheck(lambda a: a),
        "raise": lambda torch: torch.autograd.gradgradcheck(lambda a: a.no(), (ones(torch, dtype=torch.float64),)),
    }, random=True, no_empty="a derivative to be measured"),
]


def hooked(torch, hook):
    """A backward through a hook."""
    a = ones(torch)
    h = a * 2
    h.register_hook(hook)
    h.sum().backward()
    return a.grad


def no_backward(torch):
    """A function of one's own without a backward, differentiated."""
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2
    Double.apply(ones(torch)).sum().backward()


def wrong(torch):
    """A function of one's own whose backward is wrong."""
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad
    return Double.apply
