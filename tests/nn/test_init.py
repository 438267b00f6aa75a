"""Initializers: the draws are torch's bit for bit, in functions and in the layers that call them."""
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch
from tests.nn.programs import assert_same

DRAWS = {
    "uniform_": lambda init, t: init.uniform_(t),
    "uniform_ a b": lambda init, t: init.uniform_(t, -0.3, 0.7),
    "normal_": lambda init, t: init.normal_(t),
    "normal_ mean std": lambda init, t: init.normal_(t, 3.0, 0.02),
    "trunc_normal_": lambda init, t: init.trunc_normal_(t),
    "trunc_normal_ narrow": lambda init, t: init.trunc_normal_(t, std=0.02),
    "trunc_normal_ one side": lambda init, t: init.trunc_normal_(t, 0.5, 1.5, -0.25, 3.0),
    "trunc_normal_ tail": lambda init, t: init.trunc_normal_(t, 0.0, 1.0, 1.5, 3.0),
    "trunc_normal_ small slice": lambda init, t: init.trunc_normal_(t, 0.0, 1.0, -0.1, 0.2),
    "constant_": lambda init, t: init.constant_(t, 0.3),
    "ones_": lambda init, t: init.ones_(t),
    "zeros_": lambda init, t: init.zeros_(t),
    "xavier_uniform_": lambda init, t: init.xavier_uniform_(t, 1.7),
    "xavier_normal_": lambda init, t: init.xavier_normal_(t),
    "kaiming_uniform_": lambda init, t: init.kaiming_uniform_(t, 5 ** 0.5),
    "kaiming_uniform_ fan_out": lambda init, t: init.kaiming_uniform_(t, 0.1, "fan_out"),
    "kaiming_normal_": lambda init, t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="relu"),
    "kaiming_normal_ tanh": lambda init, t: init.kaiming_normal_(t, nonlinearity="tanh"),
}
SHAPES = [(1, 1), (3, 5), (4, 4), (16, 3), (17, 2), (5, 3, 2), (4, 2, 3, 3)]


def both(act, shape, seed, dtype="float32", layout=lambda t: t):
    """What an initializer makes of a tensor of zeros in both libraries, and the next draw after it."""
    results = []
    for library in (minitorch, torch):
        library.manual_seed(seed)
        t = layout(library.zeros(shape, dtype=getattr(library, dtype)))
        assert act(library.nn.init, t) is t
        results.append((t.numpy(), library.rand(3).numpy()))
    return results


def assert_bits(ours, theirs):
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", DRAWS)
def test_draws_bit_for_bit(name):
    for seed, shape in enumerate(SHAPES):
        (ours, our_next), (theirs, their_next) = both(DRAWS[name], shape, seed)
        assert_bits(ours, theirs)
        assert_bits(our_next, their_next)


@pytest.mark.parametrize("name", ["uniform_ a b", "normal_ mean std", "trunc_normal_", "trunc_normal_ tail", "kaiming_uniform_",
      "xavier_normal_"])
def test_draws_follow_memory_and_dtype(name):
    """A transposed or strided weight is filled in the order of its memory; float64 is torch's to a few ulp."""
    for layout in (lambda t: t.t(), lambda t: t[:, ::2], lambda t: t[1:]):
        (ours, _), (theirs, _) = both(DRAWS[name], (6, 8), 3, layout=layout)
        assert_bits(ours, theirs)
    (ours, _), (theirs, _) = both(DRAWS[name], (6, 8), 3, "float64")
    np.testing.assert_allclose(ours, theirs, rtol=1e-14, atol=1e-15)
    (ours, _), (theirs, _) = both(DRAWS[name], (6, 8), 3, "float16")
    assert_bits(ours, theirs)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(DRAWS)), st.lists(st.integers(1, 6), min_size=2, max_size=4), st.integers(-5, 2**33))
def test_draws_of_any_shape_and_seed(name, shape, seed):
    (ours, our_next), (theirs, their_next) = both(DRAWS[name], tuple(shape), seed)
    assert_bits(ours, theirs)
    assert_bits(our_next, their_next)


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3), (4, 2, 3), (1, 7), (0, 3)])
def test_orthogonal(shape):
    (ours, our_next), (theirs, their_next) = both(lambda init, t: init.orthogonal_(t, 1.5), shape, 2)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    assert_bits(our_next, their_next)
    if 0 not in shape:
        flat = ours.reshape(len(ours), -1)
        gram = flat @ flat.T if len(flat) <= flat.shape[1] else flat.T @ flat
        np.testing.assert_allclose(gram, 2.25 * np.eye(len(gram)), atol=1e-5)


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.5, 1.0])
def test_sparse(sparsity):
    """The places come from the default generator, the values from the one that is given."""
    for shape in [(5, 3), (1, 4), (3, 0)]:
        (ours, our_next), (theirs, their_next) = both(lambda init, t: init.sparse_(t, sparsity, 0.1), shape, 7)
        assert_bits(ours, theirs)
        assert_bits(our_next, their_next)
    assert_same(f"""
        g = torch.Generator().manual_seed(3)
        print(init.sparse_(torch.empty(3, 2), {sparsity}, generator=g), torch.rand(1))
        """)


@pytest.mark.parametrize("shape", [(2, 3, 3), (4, 2, 2), (2, 2, 3, 4), (3, 1, 2, 2, 2)])
def test_dirac_and_eye(shape):
    (ours, _), (theirs, _) = both(lambda init, t: init.dirac_(t), shape, 0)
    assert_bits(ours, theirs)
    (ours, _), (theirs, _) = both(lambda init, t: init.eye_(t), shape[:2], 0)
    assert_bits(ours, theirs)


def test_a_generator_of_one_s_own():
    assert_same("""
        for f in (init.uniform_, init.normal_, init.trunc_normal_, init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_,
                  init.kaiming_normal_):
            g = torch.Generator().manual_seed(3)
            print(f(torch.empty(2, 3), generator=g), torch.rand(1, generator=g), torch.rand(1))
        """)


LAYERS = {
    "Linear": lambda nn: nn.Linear(7, 5),
    "Linear without bias": lambda nn: nn.Linear(3, 2, bias=False),
    "Conv2d": lambda nn: nn.Conv2d(4, 6, (3, 2), groups=2),
    "Embedding": lambda nn: nn.Embedding(5, 4, padding_idx=1),
    "BatchNorm2d": lambda nn: nn.BatchNorm2d(3),
    "LayerNorm": lambda nn: nn.LayerNorm((2, 3)),
    "LSTM": lambda nn: nn.LSTM(3, 4, num_layers=2, bidirectional=True),
    "MultiheadAttention": lambda nn: nn.MultiheadAttention(8, 2),
    "a network": lambda nn: nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 8), nn.Linear(8, 2)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_start_as_torch_s_do(name):
    for seed in (0, 123456789):
        minitorch.manual_seed(seed)
        torch.manual_seed(seed)
        ours, theirs = LAYERS[name](minitorch.nn), LAYERS[name](torch.nn)
        assert list(ours.state_dict()) == list(theirs.state_dict())
        for value, expected in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
            assert_bits(value.numpy(), expected.numpy())
        assert_bits(minitorch.rand(3).numpy(), torch.rand(3).numpy())


def test_what_is_refused():
    assert_same("""
        for s in ((3,), (), (0,), (3, 4), (0, 3), (3, 0), (2, 3, 4, 5)):
            for f in ("uniform_", "normal_", "trunc_normal_", "ones_", "zeros_", "eye_", "dirac_", "xavier_uniform_", "xavier_normal_",
                      "kaiming_uniform_", "kaiming_normal_", "orthogonal_"):
                attempt(getattr(init, f), torch.empty(s))
            attempt(init.constant_, torch.empty(s), 3.); attempt(init.sparse_, torch.empty(s), 0.5)
        attempt(init.kaiming_uniform_, torch.empty(2, 2), mode="foo"); attempt(init.kaiming_normal_, torch.empty(2, 2), mode="FAN_OUT")
        attempt(init.kaiming_uniform_, torch.empty(2, 2), nonlinearity="foo"); attempt(init.dirac_, torch.empty(3, 2, 2), 2)
        attempt(init._calculate_fan_in_and_fan_out, torch.empty(3)); print(init._calculate_fan_in_and_fan_out(torch.empty(3, 4, 5)))
        attempt(init.uniform_, torch.empty(2), 3., 1.); attempt(init.normal_, torch.empty(2), 0., -1.); raised(init.uniform_, 3)
        attempt(init.trunc_normal_, torch.empty(2), 0., 1., 5., 3.); attempt(init.trunc_normal_, torch.empty(2), 0., 1., 50., 51.)
        attempt(init.trunc_normal_, torch.empty(2), 0., 0.); attempt(init.trunc_normal_, torch.empty(3), 10., 1.)
        attempt(init.sparse_, torch.empty(4, 2), 1.5); attempt(init.sparse_, torch.empty(4, 2), -0.5)
        """)


def test_calculate_gain():
    assert_same("""
        for a in [("linear",), ("conv1d",), ("conv_transpose3d",), ("sigmoid",), ("tanh",), ("relu",), ("relu", 5), ("selu",),
              ("leaky_relu",),
                  ("leaky_relu", 0.2), ("leaky_relu", 1), ("leaky_relu", True), ("leaky_relu", "a"), ("foo",)]:
            try:
                print(a, init.calculate_gain(*a))
            except ValueError as error:
                print(a, error)
        """)


def test_parameters_and_old_names():
    assert_same("""
        p = nn.Parameter(torch.zeros(2, 2))
        print(init.ones_(p) is p, p.requires_grad, p.grad_fn, p)
        for f, rest in (("uniform", ()), ("normal", ()), ("constant", (1.,)), ("eye", ()), ("xavier_uniform", ()), ("xavier_normal", ()),
                        ("kaiming_uniform", ()), ("kaiming_normal", ()), ("orthogonal", ()), ("sparse", (0.5,))):
            t = attempt(getattr(init, f), torch.empty(3, 2), *rest); print(plain(t))
        attempt(init.dirac, torch.empty(2, 2, 2))
        print(init.dirac_(torch.empty(4, 2, 3), 2))
        """)
