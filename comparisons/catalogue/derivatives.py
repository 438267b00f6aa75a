"""Functions of functions: Jacobians, Hessians and their products, differentiable themselves."""
import importlib
import warnings

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
    options = {"order": 1, "differences": ("its results are derivatives already: differentiated once more they are second order",),
               "no_empty": "PyTorch stacks rows, and refuses to stack none", "source": f"torch.{name}"} | options
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


def transform(name, call, formula, **options):
    """An entry of a transform that makes a function of a function."""
    def of(torch):
        return getattr(torch.func, name)
    bad = {"no function": lambda torch: of(torch)(3)(torch.ones(2)), "argument": lambda torch: of(torch)(),
           "no such argument": lambda torch: of(torch)(scalar, 5)(torch.ones(2)),
           "shape": lambda torch: of(torch)(lambda x: x @ torch.ones(3))(torch.ones(2))}
    return entry(f"func.{name}", call, options.pop("bad", bad), formula, **options)


def nested(p, x):
    """Two outputs of two inputs in a dict and one beside."""
    return {"y": p["w"] * x.tanh() * p["b"][0], "z": (p["b"][0] * x * p["w"]).exp().sum()}


def of_trees(x, u, v):
    """The arguments of `nested`."""
    return {"w": u, "b": [v]}, x


def followed(torch, x, v):
    """In two directions, the function run once."""
    out, push = torch.func.linearize(curved, x)
    return out, push(v), push(v * 2)


def samples(torch, vmap, x, u):
    """A function of samples and of what they share, its results in a tuple and a dict."""
    rows = torch.stack([x, u, x * u]).unsqueeze(1)
    return vmap(lambda row, shared: (curved(row)[0] * shared, {"sum": row.sum()}), (0, None), (1, {"sum": 0}))(rows, u)


def mapping(name):
    """An entry of vmap at one of its places."""
    of = lambda torch: torch.func.vmap if name == "func.vmap" else torch.vmap
    return entry(name, lambda torch, x, u: samples(torch, of(torch), x, u), {
        "sizes": lambda torch: of(torch)(torch.add)(torch.ones(2), torch.ones(3)), "argument": lambda torch: of(torch)(),
        "dims": lambda torch: of(torch)(scalar, 3)(torch.ones(2)), "0-d": lambda torch: of(torch)(scalar)(torch.ones(())),
        "random": lambda torch: of(torch)(lambda x: x + torch.rand(2))(torch.ones(3, 2)),
        "output": lambda torch: of(torch)(lambda x: 3)(torch.ones(3))}, r"y_b = f(x_b)", 2, differences=(
            "The function runs once for each sample: a loop's time, and other random numbers where draws differ.",))


def called(torch, x, u):
    """A layer with other weights, alone and differentiated."""
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh()).to(x.dtype)
    weights = {"0.weight": x.reshape(-1)[:1] * torch.ones(2, 2, dtype=x.dtype), "0.bias": u.reshape(-1)[:1].expand(2)}
    at = torch.ones(3, 2, dtype=x.dtype)
    return torch.func.functional_call(layer, weights, at), torch.func.functional_call(layer, {"0.bias": weights["0.bias"]}, (at,))


def statelessly(torch, x):
    """The same by its older name."""
    layer = torch.nn.Linear(2, 2, bias=False).to(x.dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights = {"weight": x.reshape(-1)[:1] * torch.ones(2, 2, dtype=x.dtype)}
        return stateless(torch)(layer, weights, torch.ones(3, 2, dtype=x.dtype))


def stateless(torch):
    """The function at its place, which `import torch` alone does not show."""
    return importlib.import_module(torch.__name__ + ".nn.utils.stateless").functional_call


def ensemble(torch, x):
    """Three layers as one."""
    torch.manual_seed(0)
    layers = [torch.nn.Linear(2, 2).to(x.dtype) for _ in range(3)]
    parameters, buffers = torch.func.stack_module_state(layers)
    call = lambda p, at: torch.func.functional_call(layers[0], p, at)
    at = x.reshape(-1)[:1] * torch.ones(4, 2, dtype=x.dtype)
    return torch.func.vmap(call, in_dims=(0, None))({k: t.detach() for k, t in parameters.items()}, at), len(buffers)


def pair(x, y):
    """Two outputs of two inputs."""
    return x * y.tanh(), x + y


JACOBIAN = r"J_{ij} = \partial y_i / \partial x_j"

ENTRIES = [
    functional("jacobian", lambda torch, x: torch.autograd.functional.jacobian(curved, x, create_graph=True), JACOBIAN),
    functional("hessian", lambda torch, x: torch.autograd.functional.hessian(scalar, x, create_graph=True),
               r"H_{ij} = \partial^2 y / \partial x_i \partial x_j", scalar),
    functional("vjp", lambda torch, x, u, v: torch.autograd.functional.vjp(pair, (x, u), (v, u), create_graph=True),
               r"g = J^\top v", count=3),
    functional("jvp", lambda torch, x, u, v: torch.autograd.functional.jvp(pair, (x, u), (v, u), create_graph=True),
               r"\dot y = J v", count=3),
    functional("vhp", lambda torch, x, v: torch.autograd.functional.vhp(scalar, x, v, create_graph=True), r"p = v^\top H", scalar, count=2),
    functional("hvp", lambda torch, x, v: torch.autograd.functional.hvp(scalar, x, v, create_graph=True), r"p = H v", scalar, count=2),
    transform("grad", lambda torch, x, u: torch.func.grad(lambda p: scalar(p["x"]) * (p["u"][0] ** 2).sum())({"x": x, "u": [u]}),
              r"\nabla f(x)", count=2),
    transform("grad_and_value", lambda torch, x, u: torch.func.grad_and_value(lambda u, x: (scalar(x * u), x * 2), (0, 1), True)(u, x),
              r"(\nabla f(x), f(x))", count=2),
    transform("jacrev", lambda torch, *args: torch.func.jacrev(nested, (0, 1))(*of_trees(*args)), JACOBIAN, count=3),
    transform("jacfwd", lambda torch, *args: torch.func.jacfwd(nested, (0, 1))(*of_trees(*args)), JACOBIAN, count=3),
    transform("hessian", lambda torch, x: torch.func.hessian(scalar)(x), r"H_{ij} = \partial^2 y / \partial x_i \partial x_j"),
    transform("vjp", lambda torch, x, u, v: torch.func.vjp(pair, x, u)[1]((v, x)), r"v \mapsto J^\top v", count=3, bad={
        "not a tensor": lambda torch: torch.func.vjp(curved, 3.0), "argument": lambda torch: torch.func.vjp(),
        "structure": lambda torch: torch.func.vjp(curved, torch.ones(2))[1](torch.ones(2)),
        "output": lambda torch: torch.func.vjp(lambda x: 3, torch.ones(2))}),
    transform("jvp", lambda torch, x, u, v: torch.func.jvp(pair, (x, u), (v, x)), r"(f(x), J v)", count=3, bad={
        "no tuple": lambda torch: torch.func.jvp(scalar, torch.ones(2), torch.ones(2)), "argument": lambda torch: torch.func.jvp(scalar),
        "structure": lambda torch: torch.func.jvp(scalar, (torch.ones(2),), ((torch.ones(2),),)),
        "strict": lambda torch: torch.func.jvp(lambda x: torch.ones(2), (torch.ones(2),), (torch.ones(2),), strict=True)}),
    transform("linearize", followed, r"v \mapsto J v", count=2, order=0, differentiable=(), bad={
        "function": lambda torch: torch.func.linearize(3, torch.ones(2)), "argument": lambda torch: torch.func.linearize(),
        "shape": lambda torch: torch.func.linearize(lambda x: x @ torch.ones(3), torch.ones(2))}),
    mapping("func.vmap"), mapping("vmap"),
    entry("func.functional_call", called, {
        "unknown": lambda torch: torch.func.functional_call(torch.nn.Linear(2, 2), {"no": torch.ones(2)}, torch.ones(2), strict=True),
        "dicts": lambda torch: torch.func.functional_call(torch.nn.Linear(2, 2), 3, torch.ones(2)),
        "twice": lambda torch: torch.func.functional_call(torch.nn.Linear(2, 2), ({"bias": 1}, {"bias": 2}), torch.ones(2)),
        "shape": lambda torch: torch.func.functional_call(torch.nn.Linear(2, 2), {"bias": torch.ones(5)}, torch.ones(2))},
        r"y = f_\theta(x)", 2),
    entry("func.stack_module_state", ensemble, {
        "none": lambda torch: torch.func.stack_module_state([]), "argument": lambda torch: torch.func.stack_module_state(),
        "kinds": lambda torch: torch.func.stack_module_state([torch.nn.Tanh(), torch.nn.ReLU()])}, r"y_b = f_{\theta_b}(x)"),
    entry("nn.utils.stateless.functional_call", statelessly, {
        "unknown": lambda torch: stateless(torch)(torch.nn.Linear(2, 2), {"no": torch.ones(2)}, torch.ones(2), strict=True),
        "argument": lambda torch: stateless(torch)(torch.nn.Linear(2, 2)),
        "shape": lambda torch: stateless(torch)(torch.nn.Linear(2, 2), {"bias": torch.ones(5)}, torch.ones(2))}, r"y = f_\theta(x)"),
]
