"""What the catalogue's generic tests do not hold of the LSTM: streams, training steps, attributes, hard values."""
import copy
import pickle
import warnings

import numpy as np
import pytest
import torch

import minitorch

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
LIBRARIES = (torch, minitorch)
OPTIONS = [
    {"num_layers": 2, "dropout": 0.3},
    {"num_layers": 3, "dropout": 0.5, "bidirectional": True, "batch_first": True},
    {"num_layers": 2, "dropout": 0.4, "batch_first": True, "bias": False},
    {"num_layers": 2, "dropout": 0.2, "proj_size": 3, "bidirectional": True},
]


def arrays(module):
    return {name: p.detach().numpy() for name, p in module.named_parameters()}


def close(ours, theirs, dtype="float32"):
    ours, theirs = (np.asarray(a.detach().numpy() if hasattr(a, "detach") else a) for a in (ours, theirs))
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    atol = {"float32": 2e-6, "float64": 1e-13}[dtype]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol * max(1, np.abs(theirs).max(initial=0)))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_one_seed_gives_the_same_parameters_masks_and_outputs(options):
    found = []
    for library in LIBRARIES:
        library.manual_seed(7)
        rnn = library.nn.LSTM(5, 4, **options)
        x = library.randn(6, 3, 5)
        found.append((rnn, *rnn(x)[1], rnn(x)[0], library.rand(3)))
    theirs, ours = found
    assert list(arrays(ours[0])) == list(arrays(theirs[0]))
    for name, value in arrays(theirs[0]).items():
        np.testing.assert_array_equal(arrays(ours[0])[name], value)
    for a, b in zip(ours[1:-1], theirs[1:-1]):
        close(a, b)
    np.testing.assert_array_equal(ours[-1].numpy(), theirs[-1].numpy())   # both streams stand at the same place


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_evaluation_draws_no_mask(options):
    minitorch.manual_seed(0)
    rnn = minitorch.nn.LSTM(5, 4, **options).eval()
    x = minitorch.randn(6, 3, 5)
    state = minitorch.get_rng_state()
    np.testing.assert_array_equal(rnn(x)[0].detach().numpy(), rnn(x)[0].detach().numpy())
    assert bool((minitorch.get_rng_state() == state).all())


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_training_steps_are_the_same(options):
    found = []
    for library in LIBRARIES:
        library.manual_seed(3)
        rnn = library.nn.LSTM(5, 4, **options).double()
        optimizer = library.optim.SGD(rnn.parameters(), lr=0.1, momentum=0.9)
        x = library.randn(6, 3, 5).double()
        losses = []
        for _ in range(5):
            optimizer.zero_grad()
            y, (h, c) = rnn(x)
            loss = (y * y).mean() + (h * c[..., :h.shape[-1]]).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        found.append((losses, arrays(rnn)))
    (theirs, weights), (ours, own) = found
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    for name in weights:
        np.testing.assert_allclose(own[name], weights[name], rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_state_goes_either_way(options):
    ours, theirs = (library.nn.LSTM(5, 4, **options).eval() for library in (minitorch, torch))
    x = np.random.default_rng(0).standard_normal((6, 3, 5)).astype("f4")
    ours.load_state_dict({k: minitorch.from_numpy(v.numpy()) for k, v in theirs.state_dict().items()})
    close(ours(minitorch.from_numpy(x))[0], theirs(torch.from_numpy(x))[0])
    ours.reset_parameters()
    theirs.load_state_dict({k: torch.from_numpy(v.numpy()) for k, v in ours.state_dict().items()})
    close(ours(minitorch.from_numpy(x))[0], theirs(torch.from_numpy(x))[0])


@pytest.mark.parametrize("output", [0, 1, 2])
def test_each_output_alone_is_differentiated(output):
    found = []
    for library in LIBRARIES:
        library.manual_seed(1)
        rnn, x = library.nn.LSTM(3, 4, bidirectional=True).double(), library.randn(5, 2, 3).double().requires_grad_()
        y, (h, c) = rnn(x)
        (y, h, c)[output].square().sum().backward()
        found.append([x.grad, *(p.grad for p in rnn.parameters())])
    for b, a in zip(*found):
        close(a, b, "float64")


def test_frozen_weights_get_no_gradient_and_leave_the_others_alone():
    minitorch.manual_seed(1)
    rnn, x = minitorch.nn.LSTM(3, 4), minitorch.randn(5, 2, 3)
    rnn(x)[0].sum().backward()
    whole = rnn.bias_hh_l0.grad.numpy().copy()
    rnn.zero_grad()
    for p in (rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0):
        p.requires_grad_(False)
    rnn(x)[0].sum().backward()
    assert rnn.weight_ih_l0.grad is None and rnn.weight_hh_l0.grad is None and rnn.bias_ih_l0.grad is None
    np.testing.assert_array_equal(rnn.bias_hh_l0.grad.numpy(), whole)


def test_the_two_biases_do_not_share_their_gradient():
    rnn = minitorch.nn.LSTM(3, 4)
    a, b = minitorch.autograd.grad(rnn(minitorch.randn(5, 2, 3))[0].sum(), [rnn.bias_ih_l0, rnn.bias_hh_l0])
    assert not np.shares_memory(a.numpy(), b.numpy())


def test_an_output_changed_in_place_is_noticed():
    rnn = minitorch.nn.LSTM(3, 4)
    y, _ = rnn(minitorch.randn(5, 2, 3))
    with minitorch.no_grad():
        y.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_saturated_gates_and_one_nan(dtype):
    x = np.random.default_rng(2).standard_normal((5, 3, 3)).astype(dtype)
    x[:, 0] *= 1e4
    x[2, 1, 0] = np.nan
    found = []
    for library in LIBRARIES:
        library.manual_seed(0)
        rnn = library.nn.LSTM(3, 4).to(getattr(library, dtype))
        found.append(rnn(library.from_numpy(x))[0].detach().numpy())
    theirs, ours = found
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    assert not np.isnan(ours[:, [0, 2]]).any() and not np.isnan(ours[:2]).any() and np.isnan(ours[2:, 1]).all()
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_attributes():
    def seen(library):
        rnn = library.nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2)
        flat = rnn._flat_weights
        return (rnn._flat_weights_names, [[tuple(p.shape) for p in group] for group in rnn.all_weights], rnn._all_weights,
                [a is b for a, b in zip(flat, rnn.parameters())], rnn.mode, rnn.dropout, rnn.proj_size, rnn.flatten_parameters())
    assert seen(minitorch) == seen(torch)


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"dropout": 1}, {"proj_size": 2, "batch_first": True}], ids=str)
def test_it_prints_and_warns_as_torch(options):
    printed, messages = [], []
    for library in LIBRARIES:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            printed.append(repr(library.nn.LSTM(3, 4, **options)))
        messages.append([(w.category, str(w.message).split(",")[0]) for w in caught])
    assert printed[0] == printed[1] and messages[0] == messages[1]


def test_copies_are_layers_of_their_own():
    rnn, x = minitorch.nn.LSTM(3, 4), minitorch.randn(5, 2, 3)
    for twin in (copy.deepcopy(rnn), pickle.loads(pickle.dumps(rnn))):
        np.testing.assert_array_equal(twin(x)[0].detach().numpy(), rnn(x)[0].detach().numpy())
        assert all(a is not b for a, b in zip(twin._flat_weights, rnn._flat_weights))


def test_a_new_weight_is_used():
    rnn, x = minitorch.nn.LSTM(3, 4), minitorch.randn(5, 2, 3)
    rnn.weight_ih_l0 = minitorch.nn.Parameter(minitorch.zeros(16, 3))
    same = rnn(x)[0][:, 0] - rnn(x)[0][:, 1]
    assert float(same.abs().max()) == 0               # without input weights all sequences are the same
