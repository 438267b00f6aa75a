"""State dicts: the interface is torch's, and the dicts themselves go either way between the libraries."""
import numpy as np
import pytest
import torch

import minitorch
from tests.nn.programs import assert_same

PROGRAMS = {
    "saving": """
        m = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2))
        m.register_buffer("kept", torch.zeros(1)); m.register_buffer("left", torch.zeros(1), persistent=False)
        m.register_buffer("none", None)
        s = m.state_dict()
        print(list(s), dict(s._metadata), type(s).__name__, list(m.state_dict(prefix="x.")), dict(m.state_dict(prefix="x.")._metadata))
        kept = m.state_dict(keep_vars=True)
        print(type(kept["0.weight"]).__name__, kept["0.weight"] is m[0].weight, type(s["0.weight"]).__name__, s["0.weight"].requires_grad)
        with torch.no_grad():
            m[0].weight.add_(1)
        print(bool((s["0.weight"] == m[0].weight).all()))
        mine = {}
        print(m.state_dict(destination=mine) is mine, list(mine))
        attempt(m.state_dict, {}, "p.", True)
        """,
    "copies of the dict": """
        import copy, pickle
        s = nn.Linear(2, 2).state_dict()
        print(hasattr(copy.deepcopy(s), "_metadata"), pickle.loads(pickle.dumps(s))._metadata, copy.copy(s)._metadata)
        """,
    "loading": """
        m = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU()))
        attempt(m.load_state_dict, [1]); attempt(m.load_state_dict, {"a": 1})
        s = m.state_dict(); s["0.weight"] = torch.zeros(4, 2); s["0.bias"] = 3; s["x"] = torch.zeros(2)
        attempt(m.load_state_dict, s); attempt(m.load_state_dict, s, False); attempt(m.load_state_dict, {}, True)
        print(m.load_state_dict({}, False), m.load_state_dict(m.state_dict()), repr(m.load_state_dict(m.state_dict(), assign=True)))
        result = m.load_state_dict({"y": 1}, strict=False)
        print(result.missing_keys, result.unexpected_keys, tuple(result))
        """,
    "what is copied": """
        class Some(nn.Module):
            def __init__(self):
                super().__init__()
                self.s = nn.Parameter(torch.tensor(1.))
                self.register_buffer("b", torch.zeros(2)); self.register_buffer("np", torch.zeros(2), persistent=False)
        m = Some(); s, b = m.s, m.b
        attempt(m.load_state_dict, {"s": torch.tensor([3.]), "b": torch.tensor([1, 2])})
        print(m.s, m.b, m.s is s, m.b is b)
        attempt(m.load_state_dict, {"s": torch.zeros(2), "b": torch.zeros(2)})
        attempt(m.load_state_dict, {"s": torch.zeros(0), "b": torch.zeros(2)})
        attempt(m.load_state_dict, {"s": torch.tensor(1.), "b": torch.zeros(2), "s.x": 1, "q.x": 2, "np": torch.zeros(2)})
        """,
    "assign": """
        m = nn.Linear(1, 1)
        new = torch.full((1, 1), 7., dtype=torch.float64)
        print(m.load_state_dict({"weight": new, "bias": torch.ones(1)}, assign=True), m.weight, type(m.weight).__name__)
        new.add_(1); print(m.weight)
        m.weight.requires_grad_(False)
        m.load_state_dict({"weight": nn.Parameter(torch.ones(1, 1)), "bias": nn.Parameter(torch.ones(1), requires_grad=False)}, assign=True)
        print(m.weight.requires_grad, m.bias.requires_grad)
        b = nn.BatchNorm1d(1); state = nn.BatchNorm1d(1).double().state_dict(); b.load_state_dict(state, assign=True)
        print(b.running_mean is state["running_mean"], b.running_mean.dtype, b.weight.dtype)
        """,
    "extra state": """
        class Extra(nn.Module):
            def get_extra_state(self):
                return {"v": 1}
            def set_extra_state(self, state):
                print("set", state)
        print(Extra().state_dict(), nn.Sequential(Extra()).state_dict())
        Extra().load_state_dict({"_extra_state": 5}); attempt(Extra().load_state_dict, {})
        attempt(nn.Module().load_state_dict, {"_extra_state": 5}); raised(nn.Module().get_extra_state)
        raised(nn.Module().set_extra_state, 1)
        """,
    "versions": """
        b = nn.BatchNorm1d(2)
        s = b.state_dict(); old = dict(s); del old["num_batches_tracked"]
        attempt(b.load_state_dict, old)
        del s["num_batches_tracked"]; attempt(b.load_state_dict, s)
        s._metadata[""]["version"] = 1; attempt(b.load_state_dict, s); print(list(s))
        """,
    "hooks of saving": """
        def post(module, state, prefix, metadata):
            print("post", type(module).__name__, list(state), repr(prefix), dict(metadata))
        def pre(module, prefix, keep_vars):
            print("pre", type(module).__name__, repr(prefix), keep_vars)
        m = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2))
        m[1]._register_state_dict_hook(post); m[0].register_state_dict_post_hook(post); m[1].register_state_dict_pre_hook(pre)
        m.state_dict()
        m._register_state_dict_hook(lambda module, state, prefix, metadata: {"replaced": 1}); print(m.state_dict())
        m = nn.Linear(1, 1); m.register_state_dict_post_hook(lambda *values: {"replaced": 1}); attempt(m.state_dict)
        m = nn.Linear(1, 1); m.register_state_dict_pre_hook(lambda *values: 5); attempt(m.state_dict)
        """,
    "hooks of loading": """
        def pre(*values):
            print("pre", [v if not isinstance(v, (nn.Module, dict)) else type(v).__name__ for v in values])
        def post(module, keys):
            print("post", type(module).__name__, keys)
        def forgive(module, keys):
            keys.missing_keys.clear(); keys.unexpected_keys.clear()
        m = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2))
        m[1].register_load_state_dict_pre_hook(pre); m[1]._register_load_state_dict_pre_hook(pre)
        m[1]._register_load_state_dict_pre_hook(pre, True); m.register_load_state_dict_post_hook(post)
        m[0].register_load_state_dict_post_hook(post)
        s = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2)).state_dict(); del s["1.bias"]; s["z"] = 1
        attempt(m.load_state_dict, s, False); attempt(m.load_state_dict, s)
        m = nn.Linear(1, 1); m.register_load_state_dict_post_hook(lambda *values: 4); attempt(m.load_state_dict, m.state_dict())
        m = nn.Linear(1, 1); m.register_load_state_dict_post_hook(forgive); attempt(m.load_state_dict, {"q": 1})
        import copy
        m = nn.Linear(1, 1)
        m.register_load_state_dict_pre_hook(lambda module, *rest: print("of the copy", module is other))
        other = copy.deepcopy(m); other.load_state_dict(m.state_dict())
        m = nn.Linear(1, 1)
        def rename(state, prefix, *rest):
            state[prefix + "weight"] = state.pop(prefix + "old")
        m._register_load_state_dict_pre_hook(rename); print(m.load_state_dict({"old": torch.ones(1, 1), "bias": torch.ones(1)}), m.weight)
        """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    assert_same(PROGRAMS[name])


NETWORKS = {
    "mlp": (lambda nn: nn.Sequential(nn.Linear(6, 5), nn.GELU(), nn.LayerNorm(5), nn.Linear(5, 3), nn.LogSoftmax(-1)), (4, 6)),
    "cnn": (lambda nn: nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, groups=2, padding="same"),
        nn.LeakyReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 3), nn.BatchNorm1d(3)), (3, 2, 8, 8)),
    "padded cnn": (lambda nn: nn.Sequential(*[nn.Conv2d(2, 2, 3, padding=1, padding_mode=mode)
                                              for mode in ("zeros", "reflect", "replicate", "circular")]), (2, 2, 5, 4)),
    "lists": (lambda nn: nn.Sequential(*nn.ModuleList([nn.Linear(3, 3, bias=False), nn.SiLU(), nn.AvgPool2d(1)])), (2, 2, 3)),
    "lstm": (lambda nn: nn.LSTM(3, 4, num_layers=2, bidirectional=True), (5, 2, 3)),
}


def from_torch(state):
    return {k: minitorch.from_numpy(v.numpy().copy()) for k, v in state.items()}


def to_torch(state):
    return {k: torch.from_numpy(v.numpy().copy()) for k, v in state.items()}


def first(output):
    return output[0] if isinstance(output, tuple) else output


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_state_dict_goes_either_way(name, training):
    """The same keys, and the same outputs after loading the other library's state, from a fresh seed each."""
    build, shape = NETWORKS[name]
    torch.manual_seed(1)
    theirs, ours = build(torch.nn).double().train(training), build(minitorch.nn).double().train(training)
    for buffer in theirs.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert str(ours.load_state_dict(from_torch(theirs.state_dict()))) == "<All keys matched successfully>"
    x = np.random.default_rng(0).standard_normal(shape)
    expected = first(theirs(torch.from_numpy(x))).detach().numpy()
    found = first(ours(minitorch.from_numpy(x.copy())))
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-9, atol=1e-9)

    other = build(torch.nn).double().train(training)
    other.load_state_dict(to_torch(ours.state_dict()))
    again = first(other(torch.from_numpy(x))).detach().numpy()
    reloaded = first(ours(minitorch.from_numpy(x.copy()))).detach().numpy()
    np.testing.assert_allclose(reloaded, again, rtol=1e-9, atol=1e-9)
    for (key, value), expected in zip(ours.state_dict().items(), other.state_dict().values(), strict=True):
        np.testing.assert_allclose(value.numpy(), expected.numpy(), rtol=1e-9, atol=1e-9, err_msg=key)
