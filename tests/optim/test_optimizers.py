"""Optimizers: the same program with both libraries, parameters and state compared after each step."""
import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch
import minitorch.nn
import reference.optim.adagrad
import reference.optim.adam
import reference.optim.adamw
import reference.optim.rmsprop
import reference.optim.sgd
from minitorch.kernels import optimizer as kernels
from tests.nn.programs import assert_same

REFERENCES = {"SGD": reference.optim.sgd.SGD, "Adam": reference.optim.adam.Adam, "AdamW": reference.optim.adamw.AdamW,
              "RMSprop": reference.optim.rmsprop.RMSprop, "Adagrad": reference.optim.adagrad.Adagrad}
RATES = st.sampled_from((1e-3, 0.01, 0.1))
DECAYS = st.sampled_from((0, 0.01, 0.3))
OPTIONS = {
    "SGD": st.fixed_dictionaries({"lr": RATES}, optional={
        "momentum": st.sampled_from((0.5, 0.9)), "dampening": st.sampled_from((0, 0.3)), "weight_decay": DECAYS,
        "maximize": st.booleans()}),
    "Adam": st.fixed_dictionaries({"lr": RATES}, optional={
        "betas": st.sampled_from(((0.9, 0.99), (0.0, 0.5), (0.6, 0.0))), "eps": st.sampled_from((1e-8, 1e-3)), "weight_decay": DECAYS,
        "amsgrad": st.booleans(), "maximize": st.booleans(), "decoupled_weight_decay": st.booleans()}),
    "AdamW": st.fixed_dictionaries({"lr": RATES}, optional={
        "betas": st.just((0.5, 0.9)), "weight_decay": DECAYS, "amsgrad": st.booleans(), "maximize": st.booleans()}),
    "RMSprop": st.fixed_dictionaries({"lr": RATES}, optional={
        "alpha": st.sampled_from((0.3, 0.9)), "eps": st.sampled_from((1e-8, 1e-3)), "weight_decay": DECAYS, "momentum": st.just(0.9),
        "centered": st.booleans(), "maximize": st.booleans()}),
    "Adagrad": st.fixed_dictionaries({"lr": RATES}, optional={
        "lr_decay": st.sampled_from((0, 0.1)), "weight_decay": DECAYS, "initial_accumulator_value": st.sampled_from((0, 0.5)),
        "eps": st.sampled_from((1e-10, 1e-3)), "maximize": st.booleans()}),
}
names = pytest.mark.parametrize("name", OPTIONS)


def values(rng, shape, dtype):
    """Values of which no gradient is so small that a second moment underflows."""
    return np.asarray(rng.uniform(0.1, 2.0, shape) * rng.choice((-1.0, 1.0), shape), dtype)


def layout(library, array, kind):
    """The array as a tensor of one of three layouts: contiguous, transposed, every second column of a larger one."""
    if kind == "transposed" and array.ndim:
        return library.tensor(np.ascontiguousarray(array.T)).permute(*reversed(range(array.ndim)))
    if kind == "gaps" and array.ndim:
        wide = library.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=getattr(library, str(array.dtype)))
        wide[..., ::2] = library.tensor(array)
        return wide[..., ::2]
    return library.tensor(array)


def trace(library, make, shapes, dtype="float32", steps=3, kinds=("contiguous",), missing=True, seed=0):
    """Parameters and state of every step, as lists of arrays; and the optimizer."""
    rng = np.random.default_rng(seed)
    parameters = [layout(library, values(rng, shape, dtype), kinds[k % len(kinds)]) for k, shape in enumerate(shapes)]
    parameters = [p.detach().requires_grad_() for p in parameters]
    optimizer = make(parameters)
    seen = []
    for step in range(steps):
        for k, p in enumerate(parameters):
            g = values(rng, p.shape, dtype)
            p.grad = None if missing and (step + k) % 4 == 3 else layout(library, g, kinds[(k + step) % len(kinds)])
        assert optimizer.step() is None
        states = [optimizer.state.get(p, {}) for p in parameters]
        seen.append({**{f"parameter {k}": p for k, p in enumerate(parameters)},
                     **{f"{name} of parameter {k}": value for k, state in enumerate(states) for name, value in state.items()}})
        seen[-1] = {name: value.detach().numpy().copy() for name, value in seen[-1].items()}
    return seen, optimizer, parameters


def close(ours, theirs, ulps=64):
    """Every value within some units in the last place of the largest one of its tensor; names, dtypes, shapes and infinities equal."""
    assert [list(step) for step in ours] == [list(step) for step in theirs]
    for number, (a, b) in enumerate(zip(ours, theirs), 1):
        for name in a:
            x, y = a[name], b[name]
            assert x.dtype == y.dtype and x.shape == y.shape, name
            if y.size:
                finite = np.isfinite(y)
                scale = np.spacing(np.abs(y[finite]).max(initial=1).astype(y.dtype)).astype("f8")
                assert np.array_equal(finite, np.isfinite(x)), f"{name} after step {number}"
                worst = (np.abs(x.astype("f8") - y.astype("f8"))[finite] / scale).max(initial=0)
                assert worst <= ulps, f"{name} after step {number}: {worst} ulp"


@names
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_every_step_is_torchs(name, data):
    options = data.draw(OPTIONS[name])
    if name == "SGD" and options.get("momentum") and not options.get("dampening"):
        options["nesterov"] = data.draw(st.booleans())
    dtype = data.draw(st.sampled_from(("float32", "float64")))
    shapes = data.draw(st.lists(st.sampled_from(((), (0,), (3,), (2, 0), (4, 5), (2, 3, 4))), min_size=1, max_size=6))
    kinds = data.draw(st.sampled_from((("contiguous",), ("transposed",), ("gaps",), ("contiguous", "transposed", "gaps"))))
    missing, seed = data.draw(st.booleans()), data.draw(st.integers(0, 2**16))
    ours, mine, _ = trace(minitorch, lambda p: getattr(minitorch.optim, name)(p, **options), shapes, dtype, 4, kinds, missing, seed)
    theirs, its, _ = trace(torch, lambda p: getattr(torch.optim, name)(p, **options), shapes, dtype, 4, kinds, missing, seed)
    close(ours, theirs)
    assert repr(mine) == repr(its)
    close(trace(torch, lambda p: REFERENCES[name](p, **options), shapes, dtype, 4, kinds, missing, seed)[0], theirs)


LARGE = [(3,), (300, 200), (7, 5), (100, 90), (40000,), (9000,), (8192,), (2,), (128, 64), (33, 1000)]


@names
@pytest.mark.parametrize("dtype", ("float32", "float64", "float16"))
def test_parameters_of_all_sizes(name, dtype):
    """Packed together, alone, in several blocks; in float16 rounded after each operation as torch does."""
    options = {"lr": 0.1} | ({"momentum": 0.9, "nesterov": True} if name == "SGD" else {})
    if dtype != "float16":
        options["weight_decay"] = 0.1
    elif name in ("Adam", "AdamW"):
        options["eps"] = 1e-3                                         # 1e-8 is 0 in float16
    kinds = "contiguous", "transposed", "gaps"
    runs = [trace(library, lambda p: getattr(library.optim, name)(p, **options), LARGE, dtype, kinds=kinds)[0]
            for library in (minitorch, torch)]
    close(*runs, ulps=8 if dtype == "float16" else 64)


@pytest.mark.parametrize("options", ({"foreach": True}, {"foreach": False}, {"fused": True}))
@names
def test_other_implementations_compute_the_same(name, options):
    if "fused" in options and name == "RMSprop":
        return
    options = options | {"lr": 0.1, "maximize": True, "weight_decay": 0.1}
    runs = [trace(library, lambda p: getattr(library.optim, name)(p, **options), [(3,), (4, 5)], missing=False)[0]
            for library in (minitorch, torch)]
    close(*runs)


@names
def test_learning_rates_and_betas_may_be_tensors(name):
    def make(library):
        options = {"lr": library.tensor(0.05)}
        if name.startswith("Adam"):
            options["betas"] = library.tensor(0.8), library.tensor([0.9])
        return lambda p: getattr(library.optim, name)(p, **options)
    runs = [trace(library, make(library), [(3,), (4, 5)], missing=False)[0] for library in (minitorch, torch)]
    close(*runs, ulps=256)


# ---- parameters, gradients and state stay what users hold ------------------------------------------------------------------

@names
def test_arrays_taken_before_are_updated(name):
    """`p.numpy()`, `.data` and views see every step; so does another parameter on the same memory."""
    for library in (minitorch, torch):
        p = library.nn.Parameter(library.ones(4, 3))
        array, data, row = p.detach().numpy(), p.data, p.detach()[1]
        optimizer = getattr(library.optim, name)([p], lr=0.1)
        p.grad = library.ones(4, 3)
        optimizer.step()
        assert array[1, 0] != 1 and array[1, 0] == data[1, 0].item() == row[0].item() == p[1, 0].item()


@names
@pytest.mark.parametrize("size", (3, 9000))
def test_parameters_on_one_memory_are_both_updated(name, size):
    results = []
    for library in (minitorch, torch):
        memory = library.linspace(1, 2, size)
        parameters = [library.nn.Parameter(memory), library.nn.Parameter(memory), library.nn.Parameter(memory[1:])]
        optimizer = getattr(library.optim, name)(parameters, lr=0.25)
        for _ in range(2):
            for k, p in enumerate(parameters):
                p.grad = library.full_like(p, k + 1.0)
            optimizer.step()
        results.append([{"memory": memory.numpy().copy()}])
    close(*results)


@names
def test_a_parameter_listed_twice(name):
    results = []
    for library in (minitorch, torch):
        p = library.nn.Parameter(library.linspace(1, 2, 5))
        with pytest.warns(UserWarning, match="duplicate"):
            optimizer = getattr(library.optim, name)([p, p], lr=0.25, **({"momentum": 0.9} if name in ("SGD", "RMSprop") else {}))
        for _ in range(3):
            p.grad = library.linspace(-1, 1, 5)
            optimizer.step()
        results.append([{"p": p.detach().numpy(), **{k: v.numpy() for k, v in optimizer.state[p].items()}}])
    close(*results)


def test_state_tensors_are_live_views():
    """The tensors in `state` are the ones that are updated, and what is written to them counts."""
    for library in (minitorch, torch):
        p, q = (library.nn.Parameter(library.zeros(3)) for _ in range(2))
        optimizer = library.optim.SGD([p, q], lr=1.0, momentum=0.5)
        p.grad, q.grad = library.ones(3), library.ones(3)
        optimizer.step()
        buffer, array = optimizer.state[p]["momentum_buffer"], optimizer.state[p]["momentum_buffer"].numpy()
        buffer.zero_()
        optimizer.step()
        assert buffer is optimizer.state[p]["momentum_buffer"] and array.tolist() == [1.0] * 3 and p.tolist() == [-2.0] * 3
        assert q.tolist() == [-2.5] * 3
        optimizer.state[p]["momentum_buffer"] = mine = library.full((3,), 10.0)
        optimizer.step()
        assert mine.tolist() == [6.0] * 3 and p.tolist() == [-8.0] * 3


@names
def test_forgotten_state_starts_anew(name):
    results = []
    for library in (minitorch, torch):
        p, q = (library.nn.Parameter(library.linspace(1, 2, 3)) for _ in range(2))
        optimizer = getattr(library.optim, name)([p, q], lr=0.1, **({"momentum": 0.9} if name == "SGD" else {}))
        for step in range(4):
            p.grad, q.grad = library.linspace(1, 2, 3), library.linspace(-1, 2, 3)
            if step == 2:
                del optimizer.state[p]
            optimizer.step()
        results.append([{"p": p.detach().numpy(), "q": q.detach().numpy()}])
    close(*results)


@names
def test_copies_of_a_model_and_its_optimizer_go_their_own_way(name):
    options = {"lr": 0.1} | ({"momentum": 0.9} if name == "SGD" else {})
    results = []
    for library in (minitorch, torch):
        p = library.nn.Parameter(library.linspace(1, 2, 3))
        optimizer = getattr(library.optim, name)([p], **options)
        p.grad = library.linspace(-1, 1, 3)
        optimizer.step()
        twin = copy.deepcopy(optimizer)
        pickled = pickle.loads(pickle.dumps(optimizer))
        others = [o.param_groups[0]["params"][0] for o in (twin, pickled)]
        before = p.tolist()
        for other, o in zip(others, (twin, pickled)):
            other.grad = library.linspace(-1, 1, 3)
            o.step()
        assert p.tolist() == before
        results.append([{f"{k}": other.detach().numpy() for k, other in enumerate(others)}])
    close(*results)


@names
def test_states_travel_between_the_libraries(name):
    """A state dict of either library continues in the other, and in a loaded one of the same."""
    options = {"lr": 0.1, "weight_decay": 0.1} | ({"momentum": 0.9} if name == "SGD" else {})
    shapes = [(3,), (4, 5), (20000,)]

    def across(value, library):
        if isinstance(value, torch.Tensor | minitorch.Tensor):
            return library.tensor(value.detach().numpy())
        if isinstance(value, dict):
            return {k: across(v, library) for k, v in value.items()}
        return [across(v, library) for v in value] if isinstance(value, list) else value

    ends = []
    for first, second in ((torch, torch), (torch, minitorch), (minitorch, torch), (minitorch, minitorch)):
        _, optimizer, parameters = trace(first, lambda p: getattr(first.optim, name)(p, **options), shapes)
        moved = [second.tensor(p.detach().numpy()).requires_grad_() for p in parameters]
        resumed = getattr(second.optim, name)(moved, lr=7.0)
        resumed.load_state_dict(across(optimizer.state_dict(), second))
        rng = np.random.default_rng(1)
        for _ in range(2):
            for p in moved:
                p.grad = second.tensor(values(rng, p.shape, "f4"))
            resumed.step()
        ends.append([{f"{k}": p.detach().numpy() for k, p in enumerate(moved)}
                     | {f"{k} {n}": v.numpy() for k, p in enumerate(moved) for n, v in resumed.state[p].items()}])
        assert resumed.param_groups[0]["lr"] == 0.1
    for end in ends[1:]:
        close(end, ends[0])


def test_loaded_state_is_shared_as_in_torch():
    """`load_state_dict` takes tensors as they are: two optimizers may then go on with one momentum."""
    for library in (minitorch, torch):
        p, q = (library.nn.Parameter(library.zeros(2)) for _ in range(2))
        a, b = (library.optim.SGD([t], lr=1.0, momentum=0.5) for t in (p, q))
        p.grad, q.grad = library.ones(2), library.ones(2)
        a.step()
        b.load_state_dict(a.state_dict())
        b.step()
        a.step()
        assert a.state[p]["momentum_buffer"].tolist() == b.state[q]["momentum_buffer"].tolist() == [1.75, 1.75]
        assert p.tolist() == [-2.75, -2.75] and q.tolist() == [-1.5, -1.5]


def test_the_optimizer_holds_no_gradients():
    p = minitorch.nn.Parameter(minitorch.ones(20000))
    optimizer = minitorch.optim.Adam([p, minitorch.nn.Parameter(minitorch.ones(3))])
    p.grad = minitorch.ones(20000)
    watched = weakref.ref(p.grad._array)
    gc.disable()
    try:
        optimizer.step()
        optimizer.zero_grad()
        assert watched() is None
    finally:
        gc.enable()


def test_backward_notices_the_step():
    """A step is an in-place change: what backward kept is no longer right."""
    for library in (minitorch, torch):
        w = library.nn.Parameter(library.ones(2))
        optimizer = library.optim.SGD([w], lr=0.1)
        loss = (w * w).sum()
        loss.backward(retain_graph=True)
        optimizer.step()
        with pytest.raises(RuntimeError, match="modified by an inplace operation|kept"):
            loss.backward()


@pytest.mark.parametrize("change", (lambda p: p.data.double(), lambda p: p.data[:2]))
def test_a_parameter_that_became_another_is_refused(change):
    for library in (minitorch, torch):
        p = library.nn.Parameter(library.ones(3))
        optimizer = library.optim.Adam([p])
        p.grad = library.ones(3)
        optimizer.step()
        p.grad = None
        p.data = change(p)
        p.grad = library.ones_like(p)
        with pytest.raises(RuntimeError):
            optimizer.step()


# ---- differentiable steps ------------------------------------------------------------------------------------------------

@names
@pytest.mark.parametrize("options", ({}, {"weight_decay": 0.3, "maximize": True}))
def test_a_step_can_be_differentiated(name, options):
    """The gradient of a loss after two steps, with respect to what the gradients were made of."""
    results = []
    for library in (minitorch, torch):
        extra = {"momentum": 0.9, "nesterov": True} if name == "SGD" else {"momentum": 0.5} if name == "RMSprop" else {}
        start = library.tensor([1.0, -2.0, 0.5], dtype=library.float64, requires_grad=True)
        scale = library.tensor([0.5, 1.5, 2.0], dtype=library.float64, requires_grad=True)
        w = start.clone()
        optimizer = getattr(library.optim, name)([w], lr=0.1, differentiable=True, **options, **extra)
        for _ in range(2):
            w.grad = scale * scale
            optimizer.step()
        (w * w).sum().backward()
        results.append([{"w": w.detach().numpy(), "start": start.grad.numpy(), "scale": scale.grad.numpy()}])
    close(*results, ulps=4096)


# ---- kernels -------------------------------------------------------------------------------------------------------------

def test_disjoint_arrays_go_together():
    from minitorch.optim.layout import disjoint
    a, b = np.zeros(10), np.zeros(4)
    assert disjoint([a[:5], a[5:], b]) == [0, 0, 0]
    assert sorted(disjoint([a, a[2:4], a])) == [0, 1, 2]
    assert len(set(disjoint([a[::2], a[1::2]]))) == 2
    assert disjoint([a[:0], a, a[3:3]]) == [0, 0, 0]


def test_nan_survives_a_factor_of_zero():
    theta, g, m, v = np.ones(3), np.array([1.0, np.nan, np.inf]), np.array([np.nan, 1.0, 1.0]), np.ones(3)
    state = kernels.FlatState([theta], 2)
    for mine, flat in zip((m, v), state.flat):
        flat[...] = mine
    for blocks in state.blocks([g]):
        kernels.adam(blocks, 1, lr=0.1, beta1=0.0, beta2=0.0, eps=1e-8)
    assert np.isnan(theta).tolist() == [True, True, True]


# ---- groups, settings, hooks, checkpoints: one program, two libraries ---------------------------------------------------------

PROGRAMS = {
    "groups": """
        a, b, c = (nn.Parameter(torch.ones(2)) for _ in range(3))
        o = torch.optim.SGD([{"params": a}, {"params": [b], "lr": 1.0, "mine": "kept"}], lr=0.5, momentum=0.9)
        print(o)
        o.add_param_group({"params": c, "weight_decay": 0.1})
        print([{k: v for k, v in g.items() if k != "params"} for g in o.param_groups])
        for p in (a, b, c):
            p.grad = torch.ones(2)
        o.step(); o.step()
        print(a, b, c)
        o.param_groups[1]["lr"] = 0.0
        o.step()
        print(a, b, c)
        print(o.state_dict())
    """,
    "names": """
        net = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1))
        o = torch.optim.Adam(net.named_parameters())
        print(o.param_groups[0]["param_names"], o.state_dict()["param_groups"])
        o.load_state_dict({"state": {}, "param_groups": [{**o.state_dict()["param_groups"][0], "param_names": list("abcd")}]})
        print(o.param_groups[0]["param_names"])
        nameless = {k: v for k, v in o.state_dict()["param_groups"][0].items() if k != "param_names"}
        o.load_state_dict({"state": {}, "param_groups": [nameless]})
        print(o.param_groups[0]["param_names"])
        raised(o.add_param_group, {"params": nn.Parameter(torch.ones(1))})
        attempt(torch.optim.Adam, [("a", nn.Parameter(torch.ones(1))), nn.Parameter(torch.ones(1))])
    """,
    "wrong parameters": """
        import importlib
        w = nn.Parameter(torch.ones(2))
        attempt(torch.optim.SGD, [])
        attempt(torch.optim.SGD, [3])
        attempt(torch.optim.SGD, [[w]])
        attempt(torch.optim.SGD, [w * 2])
        attempt(torch.optim.SGD, [{"params": {w}}])
        attempt(torch.optim.SGD, [{"params": [w]}, {"params": [w]}])
        raised(torch.optim.SGD, w)
        raised(torch.optim.SGD, 3)
        raised(torch.optim.SGD, [{"weights": [w]}])
        attempt(torch.optim.SGD([w]).add_param_group, [w])
        attempt(torch.optim.SGD, [torch.ones(2)])
        attempt(torch.optim.SGD, [(w * 2).detach()])
        x = w * 2
        x.retain_grad()
        attempt(torch.optim.SGD, [x])
        required = importlib.import_module(torch.__name__ + ".optim.optimizer").required
        attempt(torch.optim.Optimizer, [w], {"lr": required})
        attempt(torch.optim.Optimizer([w], {"lr": 1}).step)
        print(required)
    """,
    "wrong settings": """
        w = nn.Parameter(torch.ones(2))
        for settings in ({"lr": -1}, {"momentum": -0.1}, {"weight_decay": -1e-3}, {"nesterov": True}, {"lr": torch.ones(2)},
                         {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, {"fused": True, "foreach": True},
                         {"fused": True, "differentiable": True}, {"betas": (1, 2)}):
            attempt(torch.optim.SGD, [w], **settings)
        for name in ("Adam", "AdamW"):
            for settings in ({"lr": -1.0}, {"eps": -1e-8}, {"betas": (1.0, 0.9)}, {"betas": (0.9, -0.1)}, {"weight_decay": -1},
                             {"betas": (0, 0.9)},
                             {"lr": torch.ones(2)}, {"lr": torch.ones(1), "foreach": True}, {"betas": (torch.tensor(0.9), 0.9)},
                             {"betas": (torch.tensor([0.9, 0.8]), torch.tensor(0.9))}, {"fused": True, "differentiable": True},
                             {"betas": (torch.tensor(0.9), torch.tensor(0.9)), "foreach": True}, {"fused": True, "foreach": True}):
                raised(getattr(torch.optim, name), [w], **settings)
            attempt(getattr(torch.optim, name), [w], lr=-1.0)
            attempt(getattr(torch.optim, name), [w], betas=(0.9, 1.0))
        for settings in ({"lr": -1}, {"eps": -1}, {"momentum": -1}, {"weight_decay": -1}, {"alpha": -1}, {"lr": torch.ones(2)}):
            raised(torch.optim.RMSprop, [w], **settings)
        for settings in ({"lr": -1}, {"eps": -1}, {"lr_decay": -1}, {"weight_decay": -1}, {"initial_accumulator_value": -1},
                         {"lr": torch.ones(2)}, {"fused": True, "foreach": True}, {"fused": True, "differentiable": True}):
            raised(torch.optim.Adagrad, [w], **settings)
    """,
    "settings refused at the step": """
        w = nn.Parameter(torch.ones(2))
        w.grad = torch.ones(2)
        attempt(torch.optim.Adam([w], capturable=True).step)
        attempt(torch.optim.RMSprop([w], capturable=True).step)
        o = torch.optim.Adam([w], foreach=True)
        o.param_groups[0]["lr"] = torch.tensor(0.1)
        attempt(o.step)
        for name in ("Adam", "RMSprop", "Adagrad"):
            x = w.clone(); x.retain_grad(); x.grad = torch.ones(2)
            attempt(getattr(torch.optim, name)([x], foreach=True, differentiable=True).step)
    """,
    "closures and modes": """
        w = nn.Parameter(torch.tensor([1.0, 2.0]))
        for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad"):
            o = getattr(torch.optim, name)([w], lr=0.1)
            def closure():
                o.zero_grad()
                loss = (w * w).sum()
                loss.backward()
                print(torch.is_grad_enabled())
                return loss
            with torch.no_grad():
                print(name, plain(o.step(closure)), plain(w), torch.is_grad_enabled())
    """,
    "zero_grad": """
        w, v = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
        o = torch.optim.SGD([w, v])
        (w * w).sum().backward()
        g = w.grad
        o.zero_grad(set_to_none=False)
        print(w.grad, g is w.grad, v.grad)
        w.grad = w * 2
        o.zero_grad(set_to_none=False)
        print(w.grad)
        o.zero_grad()
        print(w.grad, v.grad)
    """,
    "step hooks": """
        import importlib
        w = nn.Parameter(torch.ones(2)); w.grad = torch.ones(2)
        o = torch.optim.SGD([w], lr=0.5)
        handles = [o.register_step_pre_hook(lambda o, a, k: print("pre", type(o).__name__, len(a), k)),
                   o.register_step_post_hook(lambda o, a, k: print("post", type(o).__name__, len(a), k))]
        module = importlib.import_module(torch.__name__ + ".optim.optimizer")
        handles += [module.register_optimizer_step_pre_hook(lambda o, a, k: print("all pre")),
                    module.register_optimizer_step_post_hook(lambda o, a, k: print("all post"))]
        o.step()
        closure = lambda: 7
        print(o.step(closure))
        changed = o.register_step_pre_hook(lambda o, a, k: ((o, lambda: 8), {}))
        print(o.step())
        changed.remove()
        wrong = o.register_step_pre_hook(lambda o, a, k: 3)
        raised(o.step)
        wrong.remove()
        for h in handles:
            h.remove()
        print(o.step(closure))
    """,
    "a step of one's own": """
        class Halving(torch.optim.Optimizer):
            def __init__(self, params, factor=0.5):
                super().__init__(params, {"factor": factor})
            @torch.no_grad()
            def step(self, closure=None):
                for group in self.param_groups:
                    for p in group["params"]:
                        p.mul_(group["factor"])
                        self.state[p]["count"] = self.state[p].get("count", 0) + 1
        w = nn.Parameter(torch.ones(2))
        o = Halving([w])
        o.register_step_post_hook(lambda o, a, k: print("stepped"))
        o.step(); o.step()
        print(w, o, o.state_dict())
        o.load_state_dict(o.state_dict())
        print(o.state[w])
    """,
    "checkpoints": """
        def make(lr=0.1, momentum=0.9, dtype=torch.float32):
            a, b = nn.Parameter(torch.ones(2, dtype=dtype)), nn.Parameter(torch.ones(1, dtype=dtype))
            o = torch.optim.SGD([{"params": [a]}, {"params": [b], "lr": 3.0}], lr=lr, momentum=momentum)
            a.grad, b.grad = torch.ones_like(a), torch.ones_like(b)
            return o
        o = make(); o.step()
        d = o.state_dict()
        print(d)
        p = make(lr=5.0, dtype=torch.float64)
        p.load_state_dict(d)
        print(p.state_dict(), p.state[p.param_groups[0]["params"][0]])
        raised(p.load_state_dict, {"state": {}, "param_groups": d["param_groups"][:1]})
        attempt(p.load_state_dict, {"state": {}, "param_groups": d["param_groups"][:1]})
        attempt(p.load_state_dict, {"state": {}, "param_groups": [{"params": [0, 1]}, {"params": [2]}]})
        log = []
        p.register_state_dict_pre_hook(lambda o: log.append("save pre"))
        p.register_state_dict_post_hook(lambda o, s: log.append("save post"))
        p.register_state_dict_post_hook(lambda o, s: {**s, "more": 1}, prepend=True)
        p.register_load_state_dict_pre_hook(lambda o, s: log.append(sorted(s)))
        p.register_load_state_dict_post_hook(lambda o: log.append("load post"))
        p.load_state_dict(p.state_dict())
        print(log, sorted(p.state_dict()))
        q = torch.optim.Adam([nn.Parameter(torch.ones(2, dtype=torch.float16))], fused=True)
        saved = {"step": torch.tensor(3.0, dtype=torch.float64), "exp_avg": torch.ones(2), "other": [torch.ones(1)], "n": 3}
        q.load_state_dict({"state": {0: saved}, "param_groups": q.state_dict()["param_groups"]})
        print(q.state_dict()["state"])
        r = torch.optim.Adam([nn.Parameter(torch.ones(2))])
        old = {"state": {0: {"step": 3, "exp_avg": torch.ones(2), "exp_avg_sq": torch.ones(2)}, "x": 5},
               "param_groups": [{"lr": 1.0, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0, "params": [0]}]}
        r.load_state_dict(old)
        w, = r.param_groups[0]["params"]; w.grad = torch.ones(2)
        r.step()
        print(r, r.state_dict()["state"], w)
    """,
    "state appears with the first gradient": """
        a, b = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
        for name in ("SGD", "Adam", "RMSprop", "Adagrad"):
            a.grad, b.grad = torch.ones(2), None
            o = getattr(torch.optim, name)([a, b], lr=0.1)
            print(name, o.state_dict()["state"])
            o.step()
            print(o.state_dict()["state"])
            b.grad = torch.ones(2)
            o.step()
            print(plain(o.state_dict()["state"]))
    """,
    "default dtype": """
        w = nn.Parameter(torch.ones(2)); w.grad = torch.ones(2)
        torch.set_default_dtype(torch.float64)
        try:
            for settings in ({}, {"fused": True}):
                o = torch.optim.Adam([w], **settings)
                o.step()
                print(o.state[w]["step"].dtype)
        finally:
            torch.set_default_dtype(torch.float32)
    """,
    "kinds": """
        print([[issubclass(getattr(torch.optim, a), getattr(torch.optim, b)) for a in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")]
               for b in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Optimizer")])
        import inspect
        for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad"):
            print([(p.name, p.default, p.kind) for p in inspect.signature(getattr(torch.optim, name)).parameters.values()])
    """,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program):
    assert_same(PROGRAMS[program])
