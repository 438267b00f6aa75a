"""gradcheck and gradgradcheck find planted mistakes, and pass what is right, as torch's do."""
import both
import pytest

import minitorch
from minitorch.autograd import Function, gradcheck, gradgradcheck
from minitorch.autograd.gradcheck import GradcheckError


def rule(forward, backward):
    """A Function of one argument from two plain functions."""
    class Planted(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, grad):
            return backward(grad, *ctx.saved_tensors)
    return Planted.apply


def point(*values):
    return minitorch.tensor(values or (0.5, -1.25, 2.0), dtype=minitorch.float64, requires_grad=True)


def test_right_rules_pass():
    assert gradcheck(rule(lambda x: x ** 3, lambda g, x: g * 3 * x ** 2), point())
    assert gradgradcheck(rule(lambda x: x ** 3, lambda g, x: g * 3 * x ** 2), point())


WRONG = {
    "sign": (lambda x: x ** 3, lambda g, x: -g * 3 * x ** 2),
    "factor": (lambda x: x ** 3, lambda g, x: g * 3.01 * x ** 2),
    "dropped term": (lambda x: x * x.exp(), lambda g, x: g * x.exp()),
    "no cotangent": (lambda x: x ** 3, lambda g, x: 3 * x ** 2),
    "zeros": (lambda x: x ** 3, lambda g, x: g * 0),
    "mixed elements": (lambda x: x ** 3, lambda g, x: (g * 3 * x ** 2).flip(0)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_is_found(name):
    with pytest.raises(GradcheckError, match="Jacobian mismatch"):
        gradcheck(rule(*WRONG[name]), point())
    assert not gradcheck(rule(*WRONG[name]), point(), raise_exception=False)


def test_a_wrong_second_order_is_found():
    """The first order is right, but the rule uses a constant where its gradient should flow."""
    forward, backward = (lambda x: x ** 3), (lambda g, x: g * 3 * (x ** 2).detach())
    assert gradcheck(rule(forward, backward), point())
    with pytest.raises(GradcheckError):
        gradgradcheck(rule(forward, backward), point())


def test_a_second_output_is_looked_at():
    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            return a * 2 + b * 2
    with pytest.raises(GradcheckError, match="output 1"):
        gradcheck(Two.apply, point())


def test_a_backward_that_changes_its_mind_is_found():
    times = []

    def backward(g, x):
        times.append(1)
        return g * 3 * x ** 2 * (1 + 1e-3 * (len(times) % 2))
    with pytest.raises(GradcheckError):
        gradcheck(rule(lambda x: x ** 3, backward), point())


def test_a_function_without_a_gradient_must_not_move():
    with pytest.raises(GradcheckError, match="expected to be zero"):
        gradcheck(lambda x: x.detach() * 2, point())


def test_inputs_come_back_unchanged():
    x = point()
    before = x.tolist()
    gradcheck(minitorch.sin, x)
    assert x.tolist() == before and x.grad is None


def no_input_requires_grad(torch):
    return torch.autograd.gradcheck(torch.exp, torch.ones(2, dtype=torch.float64))


def several_inputs(torch):
    a, b = [torch.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    return torch.autograd.gradcheck(lambda a, b: (a * b, a.sum(0)), (a, b)), torch.autograd.gradgradcheck(lambda a, b: a * b.exp(), (a, b))


def wrong_rule(torch):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 3
    return torch.autograd.gradcheck(Wrong.apply, torch.ones(2, dtype=torch.float64, requires_grad=True))


@pytest.mark.parametrize("program", [no_input_requires_grad, several_inputs, wrong_rule], ids=lambda f: f.__name__)
def test_same_in_both(program):
    both.agree(program)
