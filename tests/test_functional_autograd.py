"""autograd.functional: each program behaves in both libraries alike, in structure, verdict, error class and value."""
import both
import pytest


def cube(x):
    return x ** 3


def two(x, y):
    return x * y.sum() + x.sin(), (x * y).sum()


def scalar(x, y):
    return (x ** 2 * y).sum() + y.exp().sum()


def unused(x, y):
    return (x ** 3).sum()


def linear(x, y):
    return (x * 2 + y).sum()


FUNCTIONS = {
    "one": (cube, 1), "matrix": (lambda x: x.outer(x), 1), "several": (two, 2), "scalar": (scalar, 2), "unused": (unused, 2),
    "linear": (linear, 2),
    "constant": (lambda x: x.new_ones(2), 1), "identity": (lambda x: x, 1), "number": (lambda x: 3.0, 1), "list": (lambda x: [x, x * 2], 1),
    "one of several": (lambda x, y: (x * y, y.detach()), 2), "1-tuple": (lambda x: (cube(x),), 1), "0-d": (lambda x: x.prod(), 1),
    "empty": (lambda x: x[:0] * 2, 1),
}
PRODUCTS = ("vjp", "jvp", "hvp", "vhp")
FLAGS = [{}, {"create_graph": True}, {"strict": True}, {"create_graph": True, "strict": True}]


def inputs_of(torch, count, requires_grad=False):
    drawn = tuple(torch.randn(3, dtype=torch.float64, requires_grad=requires_grad) for _ in range(count))
    return drawn if count > 1 else drawn[0]


def like(torch, value):
    return tuple(torch.randn_like(v) for v in value) if isinstance(value, (tuple, list)) else torch.randn_like(value)


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_product(name, product, flags, requires_grad):
    func, count = FUNCTIONS[name]

    def program(torch):
        x = inputs_of(torch, count, requires_grad)
        if product == "vjp":
            value = func(*x) if count > 1 else func(x)
            v = like(torch, value) if name != "number" else None
        else:
            v = like(torch, x)
        return getattr(torch.autograd.functional, product)(func, x, v, **flags)
    both.agree(program)


# Torch says of some blocks of zeros that they require a gradient, and refuses to vectorise over no rows at all
ELSEWHERE = {"linear", "unused", "one of several", "empty"}


@pytest.mark.parametrize("flags", [*FLAGS, {"vectorize": True}, {"vectorize": True, "create_graph": True},
                                   {"vectorize": True, "strict": True}, {"forward": True}, {"forward": True, "vectorize": True},
                                   {"forward": True, "create_graph": True},
                                   {"forward": True, "strict": True, "vectorize": True}], ids=str)
@pytest.mark.parametrize("matrix", ["jacobian", "hessian"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_matrix(name, matrix, flags):
    func, count = FUNCTIONS[name]
    flags = dict(flags)
    if flags.pop("forward", False):
        flags["strategy" if matrix == "jacobian" else "outer_jacobian_strategy"] = "forward-mode"

    def program(torch):
        found = getattr(torch.autograd.functional, matrix)(func, inputs_of(torch, count, name not in ELSEWHERE), **flags)
        return values(found) if name in ELSEWHERE else found

    def values(found):
        return tuple(map(values, found)) if isinstance(found, (tuple, list)) else found.detach()
    if not (name == "empty" and flags.get("vectorize")):
        both.agree(program)


def v_left_out(torch):
    x = torch.tensor([2.0])
    f = torch.autograd.functional
    return f.vjp(cube, x), f.jvp(cube, x), f.vhp(lambda x: cube(x).sum(), x), f.hvp(lambda x: cube(x).sum(), x)


def v_left_out_of_several(torch):
    torch.autograd.functional.vjp(cube, torch.ones(2))


def v_left_out_of_several_inputs(torch):
    torch.autograd.functional.jvp(two, (torch.ones(1), torch.ones(1)))


def v_of_another_shape(torch):
    torch.autograd.functional.vjp(cube, torch.ones(2), torch.ones(3))


def v_of_another_length(torch):
    torch.autograd.functional.jvp(two, (torch.ones(1), torch.ones(1)), torch.ones(1))


def v_of_no_tensor(torch):
    torch.autograd.functional.vjp(cube, torch.ones(2), 3.0)


def inputs_of_no_tensor(torch):
    torch.autograd.functional.jacobian(cube, [torch.ones(2)])


def another_strategy(torch):
    torch.autograd.functional.jacobian(cube, torch.ones(2), strategy="sideways")


def another_outer_strategy(torch):
    torch.autograd.functional.hessian(lambda x: cube(x).sum(), torch.ones(2), outer_jacobian_strategy="sideways")


def under_no_grad(torch):
    with torch.no_grad():
        return torch.autograd.functional.jacobian(cube, torch.ones(2)), torch.autograd.functional.vjp(cube, torch.ones(1))


def differentiated_again(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    j = torch.autograd.functional.jacobian(cube, x, create_graph=True)
    h = torch.autograd.functional.hessian(lambda x: cube(x).sum(), x, create_graph=True)
    return torch.autograd.grad(j.sum() + (h ** 2).sum(), x), x.grad


def leaves_no_gradient_behind(torch):
    w = torch.ones(2, requires_grad=True)
    x = torch.ones(2, requires_grad=True)
    torch.autograd.functional.jacobian(lambda x: x * w, x)
    return w.grad, x.grad


def mixed_shapes(torch):
    x, y = torch.randn(2, 3), torch.randn(())
    return torch.autograd.functional.jacobian(lambda x, y: (x @ x.t() * y, y * 2), (x, y))


def of_a_layer(torch):
    layer, x = torch.nn.Linear(3, 2), torch.randn(3)
    return torch.autograd.functional.jacobian(layer, x), torch.autograd.functional.hvp(lambda x: layer(x).exp().sum(), x, x)


PROGRAMS = [v_left_out, v_left_out_of_several, v_left_out_of_several_inputs, v_of_another_shape, v_of_another_length, v_of_no_tensor,
            inputs_of_no_tensor, another_strategy, another_outer_strategy, under_no_grad, differentiated_again, leaves_no_gradient_behind,
            mixed_shapes, of_a_layer]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_same_in_both(program):
    both.agree(program)
