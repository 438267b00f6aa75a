"""torch.func: each program behaves in both libraries alike, in structure, verdict, error class and value."""
from collections import namedtuple

import both
import pytest

Pair = namedtuple("Pair", "a b")


def x_of(torch, *shape, requires_grad=False):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=requires_grad)


def scalar(x):
    return (x.sin() * x).sum()


# ---- gradients ---------------------------------------------------------------------------------------------------------

def gradient(torch):
    return torch.func.grad(scalar)(x_of(torch, 3))


def gradient_of_a_gradient(torch):
    return torch.func.grad(torch.func.grad(torch.func.grad(torch.sin)))(x_of(torch))


def gradient_of_what_requires_one(torch):
    x = x_of(torch, 3, requires_grad=True)
    g = torch.func.grad(scalar)(x)
    return g, torch.autograd.grad(g.sum(), x), x.grad


def gradient_with_a_closure(torch):
    x, w = x_of(torch, 3), x_of(torch, 3, requires_grad=True)
    g = torch.func.grad(lambda x: (x * x * w).sum())(x)
    g.sum().backward()
    return g, w.grad


def gradient_with_a_closure_beside(torch):
    x, w = x_of(torch, 3), x_of(torch, 3, requires_grad=True)
    return torch.func.grad(lambda x: (x * x).sum() + w.sum())(x)


def the_same_tensor_inside_and_outside(torch):
    x = x_of(torch)
    return torch.func.grad(lambda x: x * torch.func.grad(lambda y: x * y)(x))(x)


def perturbations_do_not_mix(torch):
    f = torch.func
    return (f.grad(lambda x: f.grad(lambda y: x + y)(torch.ones(())))(x_of(torch)),
            f.grad(lambda x: x * f.grad(lambda y: x * y * y)(x))(x_of(torch)))


def gradient_argnums(torch):
    f = lambda x, y, z: (x * y).sum() * z
    a, b, c = x_of(torch, 2), x_of(torch, 2), x_of(torch)
    g = torch.func.grad
    return g(f, 1)(a, b, c), g(f, (0, 2))(a, b, c), g(f, -1)(a, b, c), g(f, (1,))(a, b, c)


def gradient_of_trees(torch):
    f = lambda p, x: (p["w"] * x[0]).sum() + p["b"][0] * x[1].sum()
    p = {"w": x_of(torch, 3), "b": [x_of(torch)]}
    return torch.func.grad(f, (0, 1))(p, (x_of(torch, 3), x_of(torch, 2)))


def gradient_of_a_named_tuple(torch):
    g = torch.func.grad(lambda p: (p.a * p.b).sum())(Pair(x_of(torch, 2), x_of(torch, 2)))
    return type(g).__name__, g.a, g.b


def gradient_with_aux(torch):
    f = lambda x: (scalar(x), {"twice": x * 2})
    x = x_of(torch, 2)
    return torch.func.grad(f, has_aux=True)(x), torch.func.grad_and_value(f, has_aux=True)(x), torch.func.grad_and_value(scalar)(x)


def gradient_with_keywords(torch):
    return torch.func.grad(lambda x, scale: scalar(x) * scale)(x_of(torch, 2), scale=3.0)


def gradient_of_an_unused_argument(torch):
    f = torch.func
    return f.grad(lambda x, y: scalar(x), 1)(x_of(torch, 2), x_of(torch, 3)), f.grad(lambda x: torch.ones(()))(x_of(torch, 2))


def gradient_of_a_vector(torch):
    torch.func.grad(lambda x: x * 2)(x_of(torch, 2))


def gradient_of_one_element(torch):
    torch.func.grad(lambda x: x * 2)(x_of(torch, 1))


def gradient_of_a_number(torch):
    torch.func.grad(lambda x: 3.0)(x_of(torch, 2))


def gradient_at_a_number(torch):
    torch.func.grad(lambda x: x * 2)(3.0)


def gradient_at_integers(torch):
    torch.func.grad(lambda x: x.sum())(torch.ones(2, dtype=torch.int64))


def gradient_at_no_such_argument(torch):
    torch.func.grad(scalar, 2)(x_of(torch, 2))


def gradient_at_an_argument_by_name(torch):
    torch.func.grad(scalar, "x")(x_of(torch, 2))


def gradient_at_one_argument_twice(torch):
    torch.func.grad(lambda x, y: scalar(x), (0, 0))(x_of(torch, 2), x_of(torch, 2))


def aux_missing(torch):
    torch.func.grad(scalar, has_aux=True)(x_of(torch, 2))


def gradient_under_no_grad(torch):
    x = x_of(torch, 2, requires_grad=True)
    with torch.no_grad():
        g = torch.func.grad(scalar)(x)
    return g


def no_grad_inside(torch):
    def f(x):
        with torch.no_grad():
            shift = x ** 2
        return (x * shift).sum()
    return torch.func.grad(f)(x_of(torch, 2))


def hessian_under_no_grad_between(torch):
    def inner(x):
        with torch.no_grad():
            return torch.func.grad(scalar)(x).sum() + x.sum() * 0
    return torch.func.grad(lambda x: inner(x) + scalar(x))(x_of(torch, 2))


def stored_gradients_are_left_alone(torch):
    x, w = x_of(torch, 2, requires_grad=True), x_of(torch, 2, requires_grad=True)
    torch.func.grad(lambda x: (x * w).sum())(x)
    return x.grad, w.grad


# ---- vjp, jvp, linearize -------------------------------------------------------------------------------------------------

def products(torch):
    x, v = x_of(torch, 3), x_of(torch, 3)
    out, product = torch.func.vjp(lambda x: x.sin(), x)
    return out, product(v), product(v * 2), torch.func.jvp(lambda x: x.sin(), (x,), (v,))


def products_of_trees(torch):
    f = lambda p, x: {"y": p["w"] * x, "z": (x.exp(), p["b"] * 2)}
    p, x = {"w": x_of(torch, 3), "b": x_of(torch)}, x_of(torch, 3)
    out, product = torch.func.vjp(f, p, x)
    return out, product({"y": x_of(torch, 3), "z": (x_of(torch, 3), x_of(torch))}), torch.func.jvp(f, (p, x), (p, x))


def products_with_aux(torch):
    f = lambda x: (x.sin(), x * 2)
    x, v = x_of(torch, 3), x_of(torch, 3)
    out, product, aux = torch.func.vjp(f, x, has_aux=True)
    return out, product(v), aux, torch.func.jvp(f, (x,), (v,), has_aux=True)


def product_of_what_requires_a_gradient(torch):
    x, v = x_of(torch, 3, requires_grad=True), x_of(torch, 3, requires_grad=True)
    out, product = torch.func.vjp(lambda x: x.exp(), x)
    g, = product(v)
    y, t = torch.func.jvp(lambda x: x.exp(), (x,), (v,))
    return out, g, torch.autograd.grad(g.sum(), (x, v)), y, t, torch.autograd.grad(t.sum(), (x, v))


def product_with_the_wrong_structure(torch):
    torch.func.vjp(lambda x: x.exp(), x_of(torch, 3))[1]((x_of(torch, 3), 3))


def product_with_the_wrong_shape(torch):
    torch.func.vjp(lambda x: x.exp(), x_of(torch, 3))[1](x_of(torch, 2))


def vjp_of_no_tensor(torch):
    torch.func.vjp(lambda x: 3, x_of(torch, 3))


def jvp_without_tuples(torch):
    torch.func.jvp(lambda x: x, x_of(torch, 3), x_of(torch, 3))


def jvp_of_another_count(torch):
    torch.func.jvp(lambda x: x, (x_of(torch, 3),), (x_of(torch, 3), x_of(torch, 3)))


def jvp_of_another_shape(torch):
    torch.func.jvp(lambda x: x * 2, (x_of(torch, 3),), (x_of(torch, 2),))


def jvp_of_a_constant(torch):
    return torch.func.jvp(lambda x: torch.ones(2), (x_of(torch, 3),), (x_of(torch, 3),))


def jvp_of_a_constant_strictly(torch):
    torch.func.jvp(lambda x: torch.ones(2), (x_of(torch, 3),), (x_of(torch, 3),), strict=True)


def hessian_vector_product(torch):
    x, v = x_of(torch, 3), x_of(torch, 3)
    f = torch.func
    return f.jvp(f.grad(scalar), (x,), (v,))[1], f.vjp(f.grad(scalar), x)[1](v), f.grad(lambda x: (f.jvp(scalar, (x,), (v,))[1]))(x)


def linearized(torch):
    out, derivative = torch.func.linearize(lambda x: x.sin() * x, x_of(torch, 3))
    return out, derivative(torch.ones(3, dtype=torch.float64)), derivative(x_of(torch, 3))


# ---- matrices ----------------------------------------------------------------------------------------------------------

def jacobians(torch):
    f, x = lambda x: x.outer(x).sin(), x_of(torch, 3)
    return torch.func.jacrev(f)(x), torch.func.jacfwd(f)(x), torch.func.jacrev(f, chunk_size=2)(x)


def jacobians_of_several(torch):
    f, x, y = lambda x, y: (x * y.sum(), {"s": (x * x).sum()}), x_of(torch, 2), x_of(torch, 3)
    return [j(f, n)(x, y) for j in (torch.func.jacrev, torch.func.jacfwd) for n in (0, 1, (0, 1), (1,))]


def jacobians_of_trees(torch):
    f = lambda p: [p["w"] @ p["x"], p["x"] * 2]
    p = {"w": x_of(torch, 2, 3), "x": x_of(torch, 3)}
    return torch.func.jacrev(f)(p), torch.func.jacfwd(f)(p)


def jacobians_with_aux(torch):
    f = lambda x: (x.sin(), x * 2)
    return torch.func.jacrev(f, has_aux=True)(x_of(torch, 2)), torch.func.jacfwd(f, has_aux=True)(x_of(torch, 2))


def hessians(torch):
    x = x_of(torch, 3)
    f = torch.func
    return f.hessian(scalar)(x), f.jacrev(f.jacrev(scalar))(x), f.jacfwd(f.jacfwd(scalar))(x), f.jacrev(f.grad(scalar))(x)


def hessian_of_several(torch):
    return torch.func.hessian(lambda x, y: (x * y * y).sum(), (0, 1))(x_of(torch, 2), x_of(torch, 2))


def jacobian_of_what_requires_a_gradient(torch):
    x = x_of(torch, 2, requires_grad=True)
    j = torch.func.jacrev(lambda x: x ** 3)(x)
    return j, torch.autograd.grad(j.sum(), x)


def jacobian_in_no_chunks(torch):
    torch.func.jacrev(scalar, chunk_size=0)


def jacobian_of_a_number(torch):
    torch.func.jacrev(lambda x: 3)(x_of(torch, 2))


# ---- vmap --------------------------------------------------------------------------------------------------------------

def mapped(torch):
    x, y = x_of(torch, 4, 3), x_of(torch, 4, 3)
    v = torch.func.vmap
    return v(torch.dot)(x, y), v(lambda x, y: x * y, in_dims=(0, None))(x, y[0]), v(lambda x: x * 2, 1, 1)(x), v(lambda x: x.sum(), -1)(x)


def mapped_out_dims(torch):
    x = x_of(torch, 4, 3)
    v = torch.func.vmap
    return (v(lambda x: (x, x.sum()), out_dims=(1, 0))(x), v(lambda x: x.outer(x), out_dims=-1)(x), v(lambda x: {"a": x, "b": [x * 2]})(x),
            v(lambda x: (x, x * 2), out_dims=1)(x))


def mapped_trees(torch):
    f = lambda p, x: p["w"] @ x[0] + x[1]
    p, x = {"w": x_of(torch, 4, 2, 3)}, (x_of(torch, 3), x_of(torch, 2, 4))
    return torch.func.vmap(f, in_dims=(0, (None, 1)))(p, x), torch.func.vmap(f, in_dims=({"w": 0}, (None, 1)))(p, x)


def mapped_twice(torch):
    x, y = x_of(torch, 2, 3), x_of(torch, 4, 3)
    v = torch.func.vmap
    return v(v(torch.dot, (None, 0)), (0, None))(x, y)


def mapped_at_the_top(torch):
    return torch.vmap(lambda x: x.sum())(x_of(torch, 2, 3))


def mapped_with_keywords_and_lists(torch):
    v = torch.vmap
    return v(lambda x, scale: x * scale)(x_of(torch, 2, 3), scale=2.0), v(lambda x, y: x + y, in_dims=(0, None))(x_of(torch, 2), 3.0)


def dims_in_a_list(torch):
    torch.vmap(lambda x, y: x + y, in_dims=[0, None])(x_of(torch, 2), 3.0)


def aux_of_no_tensors(torch):
    torch.func.grad(lambda x: (scalar(x), "note"), has_aux=True)(x_of(torch, 2))


def gradients_of_samples(torch):
    w, x, y = x_of(torch, 3), x_of(torch, 5, 3), x_of(torch, 5)
    loss = lambda w, x, y: (w @ x - y) ** 2
    return torch.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(w, x, y)


def gradient_through_a_map(torch):
    x = x_of(torch, 4, 3, requires_grad=True)
    out = torch.vmap(lambda x: (x ** 3).sum())(x)
    return out, torch.autograd.grad(out.sum(), x), torch.func.grad(lambda x: torch.vmap(lambda r: r.prod())(x).sum())(x.detach())


def jacobian_by_a_map(torch):
    x = x_of(torch, 3)
    out, product = torch.func.vjp(lambda x: x.sin() * x.sum(), x)
    return torch.vmap(product)(torch.eye(3, dtype=torch.float64))


def the_same_draws(torch):
    return torch.vmap(lambda x: x + torch.randn(3), randomness="same")(torch.zeros(4, 3))


def different_draws(torch):
    out = torch.vmap(lambda x: x + torch.rand(20), randomness="different")(torch.zeros(4, 20))
    return tuple(out.shape), bool((out[0] != out[1]).any())


def draws_are_an_error(torch):
    torch.vmap(lambda x: x + torch.randn(3))(torch.zeros(4, 3))


def dropout_is_an_error(torch):
    torch.vmap(lambda x: torch.nn.functional.dropout(x, 0.5))(torch.zeros(4, 3))


def randomness_of_another_kind(torch):
    torch.vmap(lambda x: x, randomness="some")(torch.zeros(2))


def mapped_in_chunks(torch):
    return torch.vmap(lambda x: x * 2, chunk_size=2)(x_of(torch, 5, 3))


def mapped_in_no_chunks(torch):
    torch.vmap(lambda x: x * 2, chunk_size=0)(x_of(torch, 5, 3))


def mapped_over_nothing(torch):
    out = torch.vmap(lambda x: x * 2)(torch.zeros(0, 3))
    return tuple(out.shape)


def no_inputs(torch):
    torch.vmap(lambda: torch.ones(2))()


def nothing_is_mapped(torch):
    torch.vmap(lambda x: x, in_dims=None)(torch.ones(2))


def every_dim_none(torch):
    torch.vmap(lambda x, y: x, in_dims=(None, None))(torch.ones(2), torch.ones(2))


def sizes_differ(torch):
    torch.vmap(torch.add)(torch.ones(2), torch.ones(3))


def a_number_mapped(torch):
    torch.vmap(lambda x, y: x * y)(torch.ones(2), 3.0)


def a_dim_too_far(torch):
    torch.vmap(lambda x: x, in_dims=2)(torch.ones(2, 2))


def a_0d_tensor_mapped(torch):
    torch.vmap(lambda x: x)(torch.ones(()))


def dims_of_another_structure(torch):
    torch.vmap(lambda x, y: x, in_dims=(0,))(torch.ones(2), torch.ones(2))


def dims_of_another_type(torch):
    torch.vmap(lambda x: x, in_dims="a")(torch.ones(2))


def a_result_that_is_no_tensor(torch):
    torch.vmap(lambda x: 3)(torch.ones(2))


def out_dims_of_another_structure(torch):
    torch.vmap(lambda x: (x, x), out_dims=(0,))(torch.ones(2))


def out_dims_of_another_type(torch):
    torch.vmap(lambda x: x, out_dims="a")(torch.ones(2))


def out_dim_too_far(torch):
    torch.vmap(lambda x: x, out_dims=3)(torch.ones(2))


def written_inside(torch):
    x = torch.zeros(3, 2)
    torch.vmap(lambda r: r.add_(1))(x)
    return x


# ---- modules as functions ----------------------------------------------------------------------------------------------

def net(torch):
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double()


def called(torch):
    m, x = net(torch), x_of(torch, 5, 3)
    p = {n: t.detach() * 2 for n, t in m.named_parameters()}
    return torch.func.functional_call(m, p, (x,)), torch.func.functional_call(m, {"0.weight": p["0.weight"]}, x), m(x)


def called_and_differentiated(torch):
    m, x = net(torch), x_of(torch, 5, 3)
    loss = lambda p: (torch.func.functional_call(m, p, x) ** 2).sum()
    return torch.func.grad(loss)({n: t.detach() for n, t in m.named_parameters()}), [p.grad for p in m.parameters()]


def gradients_of_samples_of_a_net(torch):
    m, x, y = net(torch), x_of(torch, 4, 3), x_of(torch, 4, 2)
    loss = lambda p, x, y: ((torch.func.functional_call(m, p, (x.unsqueeze(0),))[0] - y) ** 2).sum()
    return torch.vmap(torch.func.grad(loss), (None, 0, 0))({n: t.detach() for n, t in m.named_parameters()}, x, y)


def an_ensemble(torch):
    models = [net(torch) for _ in range(3)]
    p, b = torch.func.stack_module_state(models)
    call = lambda p, b, x: torch.func.functional_call(models[0], (p, b), x)
    return torch.vmap(call, (0, 0, None))(p, b, x_of(torch, 5, 3)), {n: t.is_leaf and t.requires_grad for n, t in p.items()}


def buffers_are_updated_outside(torch):
    m, x = torch.nn.BatchNorm1d(3).double(), x_of(torch, 5, 3)
    b = {n: t.clone() for n, t in m.named_buffers()}
    torch.func.functional_call(m, (dict(m.named_parameters()), b), x)
    return b, dict(m.named_buffers())


class Tied:
    @staticmethod
    def make(torch):
        m = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)).double()
        m[1].weight = m[0].weight
        return m


def tied_weights(torch):
    m, x, w = Tied.make(torch), x_of(torch, 2, 3), x_of(torch, 3, 3)
    return (torch.func.functional_call(m, {"0.weight": w}, x), torch.func.functional_call(m, {"1.weight": w}, x),
            torch.func.functional_call(m, {"0.weight": w}, x, tie_weights=False), m(x))


def tied_weights_given_twice(torch):
    m, x = Tied.make(torch), x_of(torch, 2, 3)
    torch.func.functional_call(m, {"0.weight": x_of(torch, 3, 3), "1.weight": x_of(torch, 3, 3)}, x)


def called_strictly(torch):
    m, x = net(torch), x_of(torch, 5, 3)
    return torch.func.functional_call(m, {n: t * 2 for n, t in m.named_parameters()}, x, strict=True)


def called_strictly_without(torch):
    torch.func.functional_call(net(torch), {"0.weight": torch.ones(4, 3)}, x_of(torch, 5, 3), strict=True)


def called_strictly_with_more(torch):
    m = net(torch)
    torch.func.functional_call(m, {**dict(m.named_parameters()), "no": torch.ones(1)}, x_of(torch, 5, 3), strict=True)


def called_with_an_unknown_name(torch):
    torch.func.functional_call(net(torch), {"no": torch.ones(4, 3)}, x_of(torch, 5, 3))


def called_with_an_unknown_module(torch):
    torch.func.functional_call(net(torch), {"no.weight": torch.ones(4, 3)}, x_of(torch, 5, 3))


def called_with_repeated_names(torch):
    p = {"0.weight": torch.ones(4, 3)}
    torch.func.functional_call(net(torch), (p, p), x_of(torch, 5, 3))


def called_with_no_dict(torch):
    torch.func.functional_call(net(torch), [3], x_of(torch, 5, 3))


def called_and_failed(torch):
    m = net(torch)
    before = m[0].weight
    try:
        torch.func.functional_call(m, {"0.weight": torch.ones(7, 7)}, x_of(torch, 5, 3))
    except RuntimeError:
        return m[0].weight is before


def called_with_keywords(torch):
    return torch.func.functional_call(torch.nn.Linear(3, 2).double(), {}, kwargs={"input": x_of(torch, 3)}).shape[0]


def called_statelessly(torch):
    stateless = __import__("importlib").import_module(torch.__name__ + ".nn.utils.stateless")
    m = net(torch)
    return stateless.functional_call(m, {"2.bias": torch.zeros(2, dtype=torch.float64)}, x_of(torch, 3))


def no_models(torch):
    torch.func.stack_module_state([])


def models_of_two_kinds(torch):
    torch.func.stack_module_state([torch.nn.Linear(2, 2), torch.nn.Tanh()])


def models_in_two_modes(torch):
    torch.func.stack_module_state([torch.nn.Linear(2, 2), torch.nn.Linear(2, 2).eval()])


PROGRAMS = [f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == __name__
            and f.__name__ not in ("x_of", "scalar", "net", "Tied", "Pair")]


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_same_in_both(program):
    both.agree(program)
