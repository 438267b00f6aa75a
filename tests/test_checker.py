"""The checker itself: each planted mistake must be caught, and each correct thing pass.

The mistakes stand in one library's place by an overlay over torch, so that nothing but the mistake differs.
"""
import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from comparisons.catalogue.entry import Entry, Tolerance, case, cases, lib, optimizer_cases
from comparisons.check import check
from comparisons.checks.overlay import Overlay
from minitorch.testing.strategies import broadcastable, dims, optional, shapes, sides, tensors


def planted(name, wrong, strategy, **options):
    """The result of checking torch with one name replaced against torch."""
    options = {"memory": False} | options
    return check(Entry(name, strategy, **options), examples=20, libs=(Overlay(torch, {name: wrong}), torch), shrink=False)


def function(forward, backward):
    """An autograd.Function of these two; `backward(ctx, grad)`."""
    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *args):
            ctx.args = args
            ctx.save_for_backward(*args)
            return forward(*args)

        @staticmethod
        def backward(ctx, *grads):
            return backward(ctx.saved_tensors, *grads)
    return Planted.apply


tanh = function(torch.tanh, lambda x, g: g * (1 - torch.tanh(x[0]) ** 2))


def to_shape(g, like):
    return g.sum_to_size(like.shape)


mul = function(torch.mul, lambda x, g: (to_shape(g * x[1], x[0]), to_shape(g * x[0], x[1])))


@pytest.mark.parametrize("right, strategy, name", [
    (tanh, cases(tensors()), "tanh"),
    (mul, cases(broadcastable(2)), "mul"),
    (torch.atan2, cases(broadcastable(2, avoid=(0.0,))), "atan2"),
])
def test_what_is_right_passes(right, strategy, name):
    result = planted(name, right, strategy)
    assert result.ok, result.message()
    assert result.examples >= 25 and {"0-d", "size 0", "float32", "float64"} <= result.covered


def mutates_input(x):
    y = torch.tanh(x)
    x.detach().numpy()[...] = 0
    return y


def mutates_cotangent(x, g):
    found = g * (1 - torch.tanh(x[0]) ** 2)
    g.detach().numpy()[...] = 1
    return found


UNARY = {                                            # what is wrong | what the message must say
    "sign of the gradient | the gradient": function(torch.tanh, lambda x, g: -g * (1 - torch.tanh(x[0]) ** 2)),
    "dropped term | the gradient": function(torch.tanh, lambda x, g: g * (0 - torch.tanh(x[0]) ** 2)),
    "factor | the gradient": function(torch.tanh, lambda x, g: g * (1 - torch.tanh(x[0]) ** 2) * (1 + 1e-6)),
    "gradient of zeros | the gradient": function(torch.tanh, lambda x, g: g * 0),
    "cotangent taken for ones | the gradient": function(torch.tanh, lambda x, g: 1 - torch.tanh(x[0]) ** 2),
    "no gradient | requires_grad": lambda x: torch.tanh(x.detach()),
    "values | the result": lambda x: torch.tanh(x) + 1e-6,
    "values in low precision | the result": lambda x: torch.tanh(x.float()).to(x.dtype),
    "dtype | dtype": lambda x: torch.tanh(x).double(),
    "shape | shape (1,)": lambda x: torch.tanh(x)[None],
    "shape of 0-d results | shape (1,)": lambda x: torch.tanh(x).reshape(-1) if x.ndim == 0 else torch.tanh(x),
    "failure on size 0 | RuntimeError": lambda x: torch.tanh(x) + x.max().detach() * 0,
    "structure | tuple of 1": lambda x: (torch.tanh(x),),
    "history where there should be none | requires_grad is True":
        lambda x: torch.tanh(x) if x.requires_grad else torch.tanh(x).requires_grad_(),
    "input written to | written to": mutates_input,
    "cotangent written to | written to": function(torch.tanh, mutates_cotangent),
    "strides ignored | the result": lambda x: torch.tanh(x.as_strided(x.shape, torch.empty(x.shape).stride())),
    "saved output taken for a constant | second order of differentiable input 0":
        function(torch.tanh, lambda x, g: g * (1 - torch.tanh(x[0].detach()) ** 2)),
    "cotangent taken for a constant | second order of differentiable input 1":
        function(torch.tanh, lambda x, g: g.detach() * (1 - torch.tanh(x[0]) ** 2)),
    "an exception | AttributeError": lambda x: x.no_such_method(),
}


@pytest.mark.parametrize("mistake", UNARY)
def test_planted_mistake_in_a_function_of_one_tensor(mistake):
    strategy = cases(tensors())
    options = {"differentiable": ()} if "there should be none" in mistake else {}
    result = planted("tanh", UNARY[mistake], strategy, **options)
    assert not result.ok and mistake.partition(" | ")[2] in result.message()


def test_central_differences_need_no_torch():
    """The same wrong derivative on both sides, of a function without a reference: only its own values show it."""
    wrong = Overlay(torch, bent=UNARY["dropped term | the gradient"])
    result = check(Entry("bent", cases(tensors()), memory=False), libs=(wrong, wrong), shrink=False)
    assert "central differences" in result.message()
    assert check(Entry("bent", cases(tensors()), memory=False, numeric=False), libs=(wrong, wrong), shrink=False).ok


def test_a_reference_shows_what_both_sides_have_wrong():
    """tanh has a reference: it differs from the same wrong derivative on both sides, also without central differences."""
    wrong = Overlay(torch, tanh=UNARY["dropped term | the gradient"])
    result = check(Entry("tanh", cases(tensors()), memory=False, numeric=False), libs=(wrong, wrong), shrink=False)
    assert "the reference against torch: the gradient" in result.message()


BINARY = {
    "missing sum over broadcast dimensions": function(
        torch.mul, lambda x, g: tuple(p if p.shape == q.shape else p.flatten()[:q.numel()].reshape(q.shape)
                                      for p, q in ((g * x[1], x[0]), (g * x[0], x[1])))),
    "swapped gradients": function(torch.mul, lambda x, g: (to_shape(g * x[0], x[0]), to_shape(g * x[1], x[1]))),
    "one gradient missing": function(torch.mul, lambda x, g: (to_shape(g * x[1], x[0]), None)),
    "symmetric only": function(torch.mul, lambda x, g: (to_shape(g * x[1], x[0]), to_shape(g * x[1], x[1]))),
    "shares memory": lambda x, y: x.mul_(y) if x.shape == y.shape and not x.requires_grad else x * y,
}


@pytest.mark.parametrize("mistake", BINARY)
def test_planted_mistake_in_a_function_of_two_tensors(mistake):
    assert not planted("mul", BINARY[mistake], cases(broadcastable(2))).ok


def wrong_dim(x, dim):
    return torch.sum(x, 0 if x.ndim else dim)


@pytest.mark.parametrize("name, wrong, strategy", [
    ("sum", wrong_dim, cases(tensors(shapes(1)), lambda x: dims(x))),
    ("sum", lambda x, dim=None: torch.sum(x) if dim is None else torch.sum(x, dim, keepdim=True), cases(tensors(), optional(0))),
    ("max", lambda x, dim: tuple(torch.max(x, dim)), cases(tensors(shapes(1, min_side=1), unique=True), lambda x: dims(x))),
    ("max", lambda x, dim: torch.return_types.max(torch.max(x, dim)[::-1]),
     cases(tensors(shapes(1, min_side=1), unique=True), lambda x: dims(x))),
    ("aminmax", lambda x: torch.return_types.aminmax(torch.aminmax(x)[::-1]), cases(tensors(shapes(0, min_side=1), unique=True))),
    ("where", lambda c, a, b: torch.where(c, b, a), cases(tensors((3, 2), "bool"), tensors((3, 2), "float64"), tensors((3, 2), "float64"))),
    ("reshape", lambda x, shape: torch.reshape(x, shape).clone(), cases(tensors((2, 3)), (3, 2))),
    ("numel", lambda x: torch.numel(x) + 1, cases(tensors())),
    ("zeros", lambda *size, dtype: torch.ones(*size, dtype=dtype), cases(2, 3, dtype=lib.float32)),
    ("zeros", lambda *size, dtype=None: torch.zeros(*size), cases(2, 3, dtype=lib.float64)),
], ids=["dim ignored", "keepdim ignored", "plain tuple", "fields swapped", "outputs swapped", "arguments swapped", "copy for a view",
        "a number", "constant", "dtype ignored"])
def test_planted_mistake_in_structure_and_arguments(name, wrong, strategy):
    assert not planted(name, wrong, strategy, memory=True).ok


# ---- in place, reflected, attributes ---------------------------------------------------------------------------------

def in_place(call):
    """The result of checking a replaced Tensor.mul_."""
    return check(Entry("mul", cases(broadcastable(2)), also=("Tensor.mul_",)), examples=20,
                 libs=(Overlay(torch, {"Tensor.mul_": call}), torch), shrink=False)


def off_the_record(x, y):
    with torch.no_grad():
        return x.mul_(y)


def unnoticed(x, y):
    x.mul_(y)
    x.data.numpy()[...] *= 1
    torch._C._autograd._unsafe_set_version_counter((x,), (x._version - 1,))
    return x


@pytest.mark.parametrize("mistake, call", [
    ("not in place", lambda x, y: x * y),
    ("returns another tensor", lambda x, y: x.mul_(y).detach() if not x.requires_grad else x.mul_(y).view_as(x)),
    ("no history", off_the_record),
    ("no version", unnoticed),
    ("allowed on a leaf", lambda x, y: off_the_record(x, y) if x.is_leaf else x.mul_(y)),
    ("broadcasts itself", lambda x, y: x.mul_(y) if torch.broadcast_shapes(x.shape, y.shape) == x.shape else x * y),
])
def test_planted_mistake_in_place(mistake, call):
    assert in_place(lambda x, y: x.mul_(y)).ok
    assert not in_place(call).ok


def test_names_are_called_by_convention():
    names = ("Tensor.sub", "Tensor.sub_", "Tensor.__sub__", "Tensor.__rsub__", "Tensor.__isub__", "subtract")
    result = check(Entry("sub", cases(broadcastable(2)), also=names), libs=(torch, torch))
    assert result.ok and set(result.names) == {"sub", *names}, result.message()
    result = check(Entry("Tensor.mT", cases(tensors(shapes(2)))), libs=(torch, torch))
    assert result.ok, result.message()


# ---- bad inputs ------------------------------------------------------------------------------------------------------

def raising(error):
    def call(x, y):
        if x.shape == y.shape:
            return torch.dot(x, y)
        raise error("no")
    return call


@pytest.mark.parametrize("wrong, ok", [
    (torch.dot, True), (raising(RuntimeError), True), (raising(ValueError), False), (raising(IndexError), False),
    (raising(NotImplementedError), False),
    (lambda x, y: torch.dot(x, y) if x.shape == y.shape else torch.zeros(()), False),
])
def test_bad_inputs_end_alike(wrong, ok):
    strategy = cases(tensors((3,), "float64"), tensors((3,), "float64"))
    bad = {"shape": lambda torch: torch.dot(torch.ones(2), torch.ones(3))}
    assert planted("dot", wrong, strategy, bad=bad).ok is ok


def test_a_bad_input_that_torch_accepts_must_be_accepted():
    def strict(x, y):
        if x.dtype == torch.int64:
            raise RuntimeError("no integers")
        return torch.dot(x, y)
    bad = {"dtype": lambda torch: torch.dot(torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64))}
    strategy = cases(tensors((3,), "float64"), tensors((3,), "float64"))
    assert planted("dot", torch.dot, strategy, bad=bad).ok
    assert not planted("dot", strict, strategy, bad=bad).ok


def test_cases_that_both_refuse_prove_nothing():
    result = planted("dot", torch.dot, cases(tensors((3,), "float64"), tensors((4,), "float64")))
    assert not result.ok and "too little was compared" in result.message()


# ---- modules and optimizers ------------------------------------------------------------------------------------------

@st.composite
def linear_cases(draw):
    n, m = draw(sides(1)), draw(sides(1))
    return case(draw(tensors((*draw(shapes(0, 2)), n)))).built(n, m, bias=draw(optional(False)))


class Linear(torch.nn.Linear):
    pass


def linear(**members):
    """torch's Linear with some members replaced."""
    return type("Linear", (torch.nn.Linear,), members)


def other_draw(self):
    torch.rand(1)
    torch.nn.Linear.reset_parameters(self)


def renamed(n, m, bias=True):
    module = torch.nn.Linear(n, m, bias)
    module.kernel = module.weight
    del module.weight
    return module


@pytest.mark.parametrize("wrong, ok", [
    (linear(), True),
    (linear(forward=lambda self, x: x @ self.weight.T), False),
    (linear(forward=lambda self, x: torch.nn.functional.linear(x, self.weight.detach(), self.bias)), False),
    (linear(forward=lambda self, x: torch.nn.functional.linear(x, self.weight, self.bias) * (1 if self.training else 2)), False),
    (linear(extra_repr=lambda self: "?"), False),
    (linear(reset_parameters=other_draw), False),
    (renamed, False),
], ids=["right", "no bias", "detached weight", "wrong in evaluation", "printed form", "drawn otherwise", "other name"])
def test_planted_mistake_in_a_module(wrong, ok):
    result = planted("nn.Linear", wrong, linear_cases())
    assert result.ok is ok, result.message()


class BatchNorm(torch.nn.BatchNorm1d):
    def _get_name(self):
        return "BatchNorm1d"


class Biased(BatchNorm):
    """Running variance of the biased variance."""

    def forward(self, x):
        y = super().forward(x)
        if self.training:
            n = x.shape[0]
            with torch.no_grad():
                self.running_var += self.momentum * x.var(0) * ((n - 1) / n - 1)
        return y


@st.composite
def batch_norm_cases(draw):
    n, c = draw(sides(2)), draw(sides(1))
    return case(draw(tensors((n, c), low=-8, high=8, unique=True))).built(c)


@pytest.mark.parametrize("wrong, ok", [(BatchNorm, True), (Biased, False)])
def test_planted_mistake_in_a_buffer(wrong, ok):
    loose = Tolerance("second order of a division by a small spread", 1e7, 1e4)
    result = planted("nn.BatchNorm1d", wrong, batch_norm_cases(), tolerance=loose)
    assert result.ok is ok, result.message()


class Adam(torch.optim.Adam):
    pass


class EpsilonInside(torch.optim.Adam):
    def step(self):
        for group in self.param_groups:
            group["eps"] *= 2
        super().step()
        for group in self.param_groups:
            group["eps"] /= 2


class OneGroup(torch.optim.Adam):
    def step(self):
        self.param_groups[-1]["lr"], kept = self.param_groups[0]["lr"], self.param_groups[-1]["lr"]
        super().step()
        self.param_groups[-1]["lr"] = kept


class Forgets(torch.optim.Adam):
    def load_state_dict(self, state):
        super().load_state_dict(state)
        self.state.clear()


class TouchesMissing(torch.optim.Adam):
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = torch.zeros_like(p) if p.grad is None else p.grad
        super().step()


@pytest.mark.parametrize("wrong, ok", [(Adam, True), (EpsilonInside, False), (OneGroup, False), (Forgets, False), (TouchesMissing, False)])
def test_planted_mistake_in_an_optimizer(wrong, ok):
    wrong.__name__ = "Adam"
    result = planted("optim.Adam", wrong, optimizer_cases(lr=0.1, eps=1e-4, weight_decay=optional(0.1)))
    assert result.ok is ok, result.message()


# ---- the report ------------------------------------------------------------------------------------------------------

def test_the_seed_decides_the_examples():
    def seen(seed):
        found = []

        def note(x):
            found.append(x.detach().numpy().tobytes())
            return torch.tanh(x)
        planted("tanh", note, cases(tensors()))
        check(Entry("tanh", cases(tensors()), memory=False), seed=seed, libs=(Overlay(torch, tanh=note), torch))
        return found
    assert seen(3) == seen(3) != seen(4)


def test_a_failure_is_shrunk_and_told():
    def wrong(x):
        return torch.tanh(x) if x.ndim < 2 else -torch.tanh(x)
    result = check(Entry("tanh", cases(tensors()), memory=False), libs=(Overlay(torch, tanh=wrong), torch))
    assert not result.ok
    assert "[1, 1]" in result.message() and "expected" in result.message() and "--seed 0" in result.message()


def test_a_tolerance_needs_a_reason():
    with pytest.raises(ValueError, match="reason"):
        Tolerance("", float32=1e3)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 0), (3,), (2, 3)])
def test_difference_counts_ulps_of_the_largest_value(shape):
    from minitorch.testing.comparison import Mismatch, difference
    a = np.full(shape, 4.0)
    assert difference(a, a.copy(), "x") == 0
    if a.size:
        assert difference(np.nextafter(a, 5), a, "x") == 1
        with pytest.raises(Mismatch):
            difference(a + 1e-9, a, "x")
        with pytest.raises(Mismatch):
            difference(a * np.nan, a, "x")
        with pytest.raises(Mismatch):
            difference(a, a * np.inf, "x")
        assert difference(a * np.nan, a * np.nan, "x") == 0
