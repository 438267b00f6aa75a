"""Random tensors by PyTorch's calls: one program runs in both libraries, and everything that it returns is compared."""
import warnings

import numpy as np
import pytest
import torch

import minitorch
from minitorch.testing.comparison import compare_outputs, error_class, outcome

EXACT = {"float64": 0, "float32": 0, "float16": 0}
LIBM = {"float64": 64, "float32": 1, "float16": 1}


def agree(program, tolerances=EXACT):
    """The program, which takes the library, ends alike in both after the same seed."""
    ends = []
    for library in (minitorch, torch):
        library.manual_seed(11)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ends.append(outcome(lambda: program(library)))
    (ours, a), (theirs, b) = ends
    assert ours == theirs, f"ours {ours} {a!r}, torch {theirs} {b!r}"
    if theirs == "raises":
        assert error_class(a) is error_class(b), f"ours {a!r}, torch {b!r}"
    else:
        compare_outputs(a, b, tolerances)
    return b


def runs(program, tolerances=EXACT):
    result = agree(program, tolerances)
    assert not isinstance(result, Exception), result


def fails(program):
    assert isinstance(agree(program), Exception)


def test_one_program():
    def program(lib):
        seen = []
        for n in (3, 1, 20, 16, 2, 33, 7, 0, 1):
            seen += [lib.randn(n), lib.rand(n), lib.randint(9, (n,)), lib.randperm(n), lib.randn(n, 2).t().contiguous()]
            seen += [lib.empty(n).bernoulli_(0.3), lib.bernoulli(lib.rand(n)), lib.empty(n, 2)[:, 0].normal_()]
            seen += [lib.randn(n, dtype=lib.float16), lib.normal(lib.rand(n), 2.0), lib.empty(n, dtype=lib.int32).random_()]
            seen += [lib.empty(n).uniform_(-1, 1), lib.rand_like(seen[0])]
            seen += [lib.empty(n).exponential_(), lib.randint(-5, 2**40, (n,)), lib.empty(2, n, 2).permute(2, 0, 1).normal_(1, 2)]
            seen += [lib.multinomial(lib.rand(2, 5) + 0.1, 3), lib.multinomial(lib.rand(5) + 0.1, 7, True)]
        return seen
    runs(program, LIBM)


def test_sizes_are_given_in_any_form():
    runs(lambda lib: [lib.rand(2, 3), lib.rand((2, 3)), lib.rand([2, 3]), lib.rand(size=(2, 3)), lib.rand(lib.Size([2, 3])), lib.rand(()),
                      lib.rand(lib.zeros(4, 2).shape), lib.randn(size=[4]), lib.randint(5, [2]), lib.randint(2, 5, lib.Size([3]))])
    runs(lambda lib: [lib.randint(high=5, size=(2,)), lib.randint(2, high=5, size=(2,)), lib.randint(low=2, high=5, size=(2,)),
                      lib.randint(5, size=(2,)), lib.randint(lib.tensor(3), (2,)), lib.randint(5, ())])


def test_options_of_new_tensors():
    runs(lambda lib: [lib.rand(3, requires_grad=True), lib.rand(2, dtype=float),
                      lib.randn(3, dtype=lib.float64, device="cpu", layout=lib.strided, pin_memory=False),
                      lib.randint(9, (3,), dtype=lib.float32, requires_grad=True), lib.randperm(5, dtype=lib.uint8),
                      lib.randn_like(lib.ones(2), requires_grad=True), lib.normal(0.0, 1.0, (3,), dtype=lib.float64, requires_grad=True)])
    fails(lambda lib: lib.rand(2, pin_memory=True))
    fails(lambda lib: lib.rand(2, device="foo"))
    fails(lambda lib: lib.rand(2, dtype=3))
    fails(lambda lib: lib.rand(2, 3, size=(2,)))
    fails(lambda lib: lib.rand((2,), 3))
    fails(lambda lib: lib.rand(None))
    fails(lambda lib: lib.randint(0, 10, (2.0,)))
    fails(lambda lib: lib.randint(0, 10, size=3))
    fails(lambda lib: lib.randint(5))
    fails(lambda lib: lib.randperm(True))
    fails(lambda lib: lib.randperm(5, requires_grad=True))


def test_default_dtype():
    def program(lib):
        lib.set_default_dtype(lib.float64)
        try:
            return lib.rand(3), lib.randn(3), lib.normal(0.0, 1.0, (20,)), lib.randint(3, (2,))
        finally:
            lib.set_default_dtype(lib.float32)
    runs(program, LIBM)


def test_generators():
    def program(lib):
        g, h = lib.Generator().manual_seed(4), lib.Generator()
        h.manual_seed(4)
        x = lib.ones(3)
        return [lib.rand(3, generator=g), lib.rand(3), lib.rand(3, generator=h), lib.randperm(9, generator=g),
                lib.randint(9, (3,), generator=g),
                x.clone().uniform_(generator=g), x.clone().random_(1, 9, generator=g), x.clone().bernoulli_(generator=g),
                lib.multinomial(lib.ones(4), 2, generator=g), lib.bernoulli(x / 2, generator=g), lib.rand_like(x, generator=g),
                lib.randint_like(x, 7, generator=g), lib.normal(x, 1.0, generator=g), x.bernoulli(0.3, generator=g),
                g.get_state(), h.initial_seed(), lib.rand(2)]
    runs(program)
    for call in (lambda lib: lib.rand(2, generator=3), lambda lib: lib.ones(2).normal_(generator="x"),
                 lambda lib: lib.randperm(2, generator=lib), lambda lib: lib.multinomial(lib.ones(3), 2, True, generator=5),
                 lambda lib: lib.ones(2).bernoulli_(0.3, lib.Generator())):
        fails(call)


def test_out():
    def program(lib):
        outs = [lib.empty(5), lib.empty(0, dtype=lib.float64), lib.empty(2, 3).t(), lib.empty(3, dtype=lib.int32),
                lib.empty(2, dtype=lib.float64)]
        results = [lib.rand(5, out=outs[0]), lib.randn(20, out=outs[1]), lib.rand(3, 2, out=outs[2]), lib.randint(9, (3,), out=outs[3]),
                   lib.normal(lib.ones(2), 1.0, out=outs[4])]
        results += [lib.bernoulli(lib.ones(3) / 2, out=lib.empty(7, dtype=lib.int64)), lib.randperm(5, out=lib.empty(2)),
                    lib.multinomial(lib.ones(3), 2, out=lib.empty(0, dtype=lib.int64)), lib.rand(2, out=lib.empty(2), requires_grad=True),
                    lib.normal(0.0, 1.0, (2,), out=lib.empty(3))]
        return outs, results, [a is b for a, b in zip(outs, results)], outs[0]._version, outs[2]._version, outs[2].stride()
    runs(program, LIBM)
    fails(lambda lib: lib.rand(2, out=lib.empty(2, requires_grad=True)))
    fails(lambda lib: lib.rand(2, out=lib.empty(2, dtype=lib.int64)))
    fails(lambda lib: lib.bernoulli(lib.ones(3, requires_grad=True), out=lib.empty(3)))


FILLERS = {
    "uniform_": lambda x: x.uniform_(-1, 2), "normal_": lambda x: x.normal_(1, 2), "random_": lambda x: x.random_(),
    "below": lambda x: x.random_(9), "range": lambda x: x.random_(-3, 9), "bernoulli_": lambda x: x.bernoulli_(0.3),
    "exponential_": lambda x: x.exponential_(2), "cauchy_": lambda x: x.cauchy_(1, 2), "log_normal_": lambda x: x.log_normal_(0, 1),
    "geometric_": lambda x: x.geometric_(0.3),
}
VIEWS = {
    "column": lambda x: x[:, 1], "step": lambda x: x[::2, 1:], "transposed": lambda x: x.t(), "transposed step": lambda x: x.t()[::2],
    "folded": lambda x: x.view(2, 3, 2, 4).permute(2, 0, 3, 1), "one": lambda x: x[2, 3], "empty": lambda x: x[:0], "row": lambda x: x[1],
}


@pytest.mark.parametrize("fill", FILLERS)
@pytest.mark.parametrize("view", VIEWS)
def test_views_are_filled_in_the_order_of_their_memory(fill, view):
    def program(lib):
        base = lib.zeros(6, 8)
        part = VIEWS[view](base)
        before = base._version
        result = FILLERS[fill](part)
        return base, part, result is part, base._version - before, lib.rand(2)
    runs(program, LIBM)


@pytest.mark.parametrize("fill", FILLERS)
def test_history_of_what_is_filled(fill):
    def program(lib):
        x = lib.ones(3, 4, requires_grad=True)
        y = x * 2
        version = y._version
        z = FILLERS[fill](y)
        name = type(z.grad_fn).__name__
        (y * y + x).sum().backward()
        w = x * 3
        FILLERS[fill](w[1:, ::2])
        (gradient,) = lib.autograd.grad((w * w).sum(), x)
        return z is y, y._version - version, name, x.grad, gradient, y.requires_grad
    runs(program, {"float32": 8})
    fails(lambda lib: FILLERS[fill](lib.ones(3, requires_grad=True)))
    fails(lambda lib: FILLERS[fill](lib.ones(3, requires_grad=True)[:2]))
    fails(lambda lib: FILLERS[fill](lib.ones(3).expand(2, 3)))

    def without_grad(lib):
        x = lib.ones(3, requires_grad=True)
        with lib.no_grad():
            FILLERS[fill](x)
        return x, x._version, x.is_leaf
    runs(without_grad, LIBM)

    def kept_for_backward(lib):
        x = lib.ones(3, requires_grad=True)
        y = x * 2
        z = y * y
        FILLERS[fill](y)
        z.sum().backward()
    fails(kept_for_backward)


def test_a_refused_call_draws_and_writes_nothing():
    def program(lib):
        x = lib.ones(3, requires_grad=True)
        for call in (lambda: x.uniform_(), lambda: lib.ones(3).uniform_(2, 1), lambda: lib.ones(3).normal_(0, -1), lambda: lib.rand(2, -1)):
            try:
                call()
            except RuntimeError:
                pass
        return x, x._version, lib.rand(3)
    runs(program)


def test_chances_from_tensors():
    def program(lib):
        p = lib.rand(3, 4, requires_grad=True)
        x = lib.ones(3, 4, requires_grad=True) * 2
        x.bernoulli_(p)
        drawn = lib.bernoulli(p)
        (drawn.sum() + x.sum()).backward()
        own = lib.empty(4, 3, dtype=lib.int64).t()
        own.bernoulli_(p.detach().double())
        return (drawn, x, p.grad, own, lib.empty(2, 3, 4).bernoulli_(p.detach()[0]), lib.bernoulli(p.detach().t()), p.bernoulli(),
                lib.ones(3).bernoulli(0.4), lib.empty(5, dtype=lib.bool).bernoulli_(lib.tensor(0.5)),
                lib.bernoulli(lib.empty(0, dtype=lib.int64)),
                lib.empty(3, dtype=lib.uint8).bernoulli_(lib.tensor(0.5, dtype=lib.float16)))
    runs(program)
    fails(lambda lib: lib.empty(2).bernoulli_(lib.tensor([[0.1, 0.2], [0.3, 0.4]])))
    fails(lambda lib: lib.bernoulli(lib.tensor([True])))


def test_normal_of_tensors():
    def program(lib):
        mean, std = lib.linspace(-1, 1, 20).view(4, 5), lib.linspace(0.5, 2, 5)
        return (lib.normal(mean, std), lib.normal(mean, 0.5), lib.normal(2.0, std), lib.normal(mean.t(), 1.0).stride(), lib.normal(mean),
                lib.normal(mean.double(), std), lib.normal(mean, std.double()), lib.normal(mean, lib.ones(5, dtype=lib.int64)),
                lib.normal(mean.half(), std.half()), lib.normal(lib.tensor(0.0), lib.tensor(1.0)), lib.normal(mean, std.double()[0]),
                lib.normal(lib.ones(2, 1), lib.ones(3)), lib.normal(mean=mean, std=std), lib.normal(lib.tensor(0.0), lib.tensor(1.0), (2,)),
                lib.normal(2, std), lib.normal(lib.ones(0), lib.ones(0)))
    runs(program, LIBM)
    fails(lambda lib: lib.normal("a", 1.0))
    fails(lambda lib: lib.normal(lib.ones(2), "a"))
    fails(lambda lib: lib.normal(std=lib.ones(2)))
    fails(lambda lib: lib.normal(0.0, 1.0, 2))
    fails(lambda lib: lib.normal(lib.ones(2), 1.0, dtype=lib.float32))


@pytest.mark.parametrize("kind", ("float32", "float16", "float64"))
@pytest.mark.parametrize("low, high", [
    (0, 2**25 + 3), (2**24 + 1, 2**24 + 9), (-2**25 - 7, 5), (-2**25 - 7, None), (0, 5001), (2049, 5001), (-2051, 3), (0, 2**54 + 3),
    (0, 60001), (2**53 + 1, 2**53 + 10), (-2**60 - 1, 2**60 + 1), (2051, 2060), (2**24 + 3, 2**24 + 5), (2**24 + 2, 2**24 + 4),
    (-2053, None), (-5, None), (0, 70000)])
def test_integers_that_a_floating_dtype_steps_over(kind, low, high):
    agree(lambda lib: lib.empty(300, dtype=getattr(lib, kind)).random_(low, high))


def test_arguments_of_random():
    runs(lambda lib: [lib.empty(3).random_(to=3), lib.empty(3).random_(1, to=3), lib.empty(3).random_(**{"from": 1, "to": 3}),
                      lib.empty(3).random_(1, None), lib.empty(3).random_(lib.tensor(3)), lib.empty(3, dtype=lib.int8).random_(-128, 127),
                      lib.empty(3, dtype=lib.int64).random_(-2**63, None), lib.empty(3).uniform_(**{"from": -1}),
                      lib.empty(3).uniform_(to=4), lib.empty(3).uniform_(0, lib.tensor(1.0)), lib.empty(3).exponential_(lambd=2),
                      lib.empty(3).exponential_(float("inf")),
                      lib.empty(3).normal_(0, float("inf")), lib.empty(3).normal_(float("nan"), 1), lib.empty(3).bernoulli_(True)], LIBM)
    for call in (lambda x: x.random_(from_=1, to=3), lambda x: x.random_(1, 2, 3), lambda x: x.random_(True), lambda x: x.random_("a"),
                 lambda x: x.random_(2**63), lambda x: x.normal_(1, 2, 3), lambda x: x.normal_(0, float("nan")),
                 lambda x: x.geometric_("a"), lambda x: x.exponential_(float("nan")), lambda x: x.uniform_(float("inf"), 1),
                 lambda x: x.random_(0)):
        fails(lambda lib: call(lib.empty(2)))
    for call in (lambda x: x.random_(0, 3), lambda x: x.random_(0, 2), lambda x: x.random_()):
        agree(lambda lib: call(lib.empty(9, dtype=lib.bool)))


@pytest.mark.parametrize("kind", ("int64", "bool", "float32"))
def test_empty_tensors(kind):
    for call in (lambda x: x.uniform_(), lambda x: x.normal_(), lambda x: x.exponential_(), lambda x: x.log_normal_(),
                 lambda x: x.cauchy_(), lambda x: x.geometric_(0.3), lambda x: x.geometric_(3), lambda x: x.random_(),
                 lambda x: x.random_(5, 3), lambda x: x.bernoulli_(3), lambda x: x.normal_(0, -1), lambda x: x.uniform_(2, 1)):
        agree(lambda lib: call(lib.empty(0, dtype=getattr(lib, kind))))


def test_dropout_masks_follow_the_memory_of_the_input():
    def program(lib):
        x = lib.ones(6, 7)
        return [lib.nn.functional.dropout(v, 0.3) for v in (x, x.t(), x[:, ::2], x[:, :1].expand(6, 7), x.view(2, 3, 7).permute(2, 0, 1))]
    runs(program)


def test_state_goes_from_one_library_to_the_other():
    torch.manual_seed(3)
    torch.randn(3)
    minitorch.set_rng_state(minitorch.from_numpy(torch.get_rng_state().numpy()))
    compare_outputs(minitorch.randn(5), torch.randn(5), EXACT)
    minitorch.rand(700)
    minitorch.randn(3)
    torch.set_rng_state(torch.from_numpy(minitorch.get_rng_state().numpy()))
    compare_outputs([minitorch.randn(3), minitorch.randn(40)], [torch.randn(3), torch.randn(40)], EXACT)


def test_fork_rng():
    def program(lib):
        with lib.random.fork_rng():
            lib.manual_seed(5)
            inside = lib.rand(3)
        return inside, lib.rand(3)
    runs(program)


def test_values_do_not_depend_on_numpys_own_generator():
    minitorch.manual_seed(0)
    np.random.seed(1)
    first = minitorch.rand(4).tolist()
    minitorch.manual_seed(0)
    np.random.seed(2)
    assert minitorch.rand(4).tolist() == first
