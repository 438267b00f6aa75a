"""Functions of functions: Jacobians, Hessians and their products, differentiable themselves."""
from hypothesis import strategies as st

from minitorch.testing.strategies import shapes, tensors

from .entry import Entry, case


def curved(x):
    """A function of every element, of all of them, and of none that is zero."""
    return x.tanh() * x, (x * x).sum().exp()


def scalar(x):
    """One number, of every order of derivative."""
    return (x.tanh() * x).sum()


@st.composite
def small(draw, count=1):
    """A few numbers, and a vector in the same shape."""
    x = draw(tensors(shapes(0, 2, 1, 3), low=-1.0, high=1.0))
    return case(x, *[draw(tensors(x.shape, dtype=str(x.dtype), low=-1.0, high=1.0)) for _ in range(count - 1)])


def entry(name, call, bad, formula, count=1, **options):
    """An entry of a function of functions; its results are differentiated once more."""
    options = {"order": 1, "no_empty": "PyTorch stacks rows, and refuses to stack none", "source": f"torch.{name}"} | options
    return Entry(name, small(count), call=call, bad=bad, formula=formula, **options)


def wrong(name, function=curved):
    """Calls that no function of functions takes."""
    def of(torch):
        found = torch
        for part in name.split("."):
            found = getattr(found, part)
        return found
    return {"dtype": lambda torch: of(torch)(function, [1.0]), "argument": lambda torch: of(torch)(function),
            "not a function": lambda torch: of(torch)(3, torch.ones(2)),
            "shape": lambda torch: of(torch)(lambda x: x @ torch.ones(3), torch.ones(2))}


def functional(name, call, formula, function=curved, **options):
    """An entry of torch.autograd.functional."""
    name = f"autograd.functional.{name}"
    return entry(name, call, wrong(name, function), formula, **options)


def pair(x, y):
    """Two outputs of two inputs."""
    return x * y.tanh(), x + y


ENTRIES = [
    functional("jacobian", lambda torch, x: torch.autograd.functional.jacobian(curved, x, create_graph=True),
               r"J_{ij} = \partial y_i / \partial x_j"),
    functional("hessian", lambda torch, x: torch.autograd.functional.hessian(scalar, x, create_graph=True),
               r"H_{ij} = \partial^2 y / \partial x_i \partial x_j", scalar),
    functional("vjp", lambda torch, x, u, v: torch.autograd.functional.vjp(pair, (x, u), (v, u), create_graph=True),
               r"g = J^\top v", count=3),
    functional("jvp", lambda torch, x, u, v: torch.autograd.functional.jvp(pair, (x, u), (v, u), create_graph=True),
               r"\dot y = J v", count=3),
    functional("vhp", lambda torch, x, v: torch.autograd.functional.vhp(scalar, x, v, create_graph=True), r"p = v^\top H", scalar, count=2),
    functional("hvp", lambda torch, x, v: torch.autograd.functional.hvp(scalar, x, v, create_graph=True), r"p = H v", scalar, count=2),
]
