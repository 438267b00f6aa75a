"""Module: one program, both libraries, the same prints, warnings and errors."""
import copy
import gc
import pickle
import weakref

import pytest

import minitorch
from minitorch import nn
from tests.nn.programs import assert_same

ATTRIBUTES = {
    "before init": """
        class Early(nn.Module):
            def __init__(self, value):
                self.x = value
        attempt(Early, nn.Parameter(torch.zeros(1)))
        attempt(Early, nn.Linear(1, 1))
        attempt(Early, nn.Buffer(torch.zeros(1)))
        attempt(Early, torch.zeros(1))
        class NoInit(nn.Module):
            def __init__(self):
                pass
        attempt(NoInit().register_buffer, "a", torch.zeros(1))
        attempt(NoInit().register_parameter, "a", None)
        attempt(getattr, NoInit(), "foo")
        raised(NoInit(), 1)
        raised(NoInit().state_dict)
        raised(repr, NoInit())
        raised(NoInit().add_module, "a", nn.Linear(1, 1))
        """,
    "register_buffer": """
        m = nn.Linear(2, 3)
        for name, value in [(3, torch.zeros(1)), ("a.b", torch.zeros(1)), ("", torch.zeros(1)), ("weight", torch.zeros(1)),
                            ("forward", torch.zeros(1)), ("c", 3), ("d", None), ("d", None), ("c2", [1]), ("e", torch.ones(2))]:
            attempt(m.register_buffer, name, value)
        print(list(m._buffers), m.e, m.d)
        m.register_buffer("e", torch.zeros(1), persistent=False)
        print(list(m.state_dict()), m._non_persistent_buffers_set)
        """,
    "register_parameter": """
        m = nn.Linear(2, 3)
        y = nn.Parameter(torch.zeros(2)) * 2
        m.register_buffer("d", None)
        for name, value in [(3, torch.zeros(1)), ("a.b", None), ("", None), ("weight", None), ("forward", None), ("c", 3),
                            ("c", torch.zeros(1)), ("d", None), ("e", y), ("p", None)]:
            attempt(m.register_parameter, name, value)
        print(list(m._parameters), m.p, m.weight)
        """,
    "add_module": """
        m = nn.Linear(2, 3)
        for name, value in [(3, m), ("a.b", m), ("", None), ("weight", None), ("forward", None), ("c", 3), ("c", None),
                            ("d", nn.Identity()), ("d", nn.Tanh())]:
            attempt(m.add_module, name, value)
        attempt(m.register_module, "z", 4)
        attempt(m.register_module, "z", nn.ReLU())
        print(m)
        """,
    "assignment": """
        m = nn.Linear(2, 3)
        m.d2, m.e = nn.Identity(), nn.Buffer(torch.ones(2), persistent=False)
        for name, value in [("weight", torch.zeros(3, 2)), ("weight", 3), ("weight", nn.Identity()), ("d2", 3), ("d2", torch.zeros(2)),
                            ("e", 3), ("e", [1]), ("d2", None), ("weight", None), ("e", None)]:
            attempt(setattr, m, name, value)
        print(m, m.weight, m.d2, m.e)
        m.e = torch.zeros(3)
        print(list(m._parameters), list(m._buffers), list(m._modules), m._non_persistent_buffers_set)
        m.e = nn.Parameter(torch.zeros(3))
        print(list(m._parameters), list(m._buffers), list(m._modules), m._non_persistent_buffers_set)
        m.plain = 3
        m.plain = nn.Parameter(torch.zeros(3))
        print(m.__dict__.get("plain"), m.plain)
        m.other = 3
        m.other = nn.Identity()
        print(m.__dict__.get("other"), m.other)
        m.other = nn.Parameter(torch.zeros(1))
        print(m, list(m._parameters))
        m.other = None
        m.training = False
        print(m.other, m.training, vars(m)["training"])
        """,
    "deletion": """
        m = nn.Linear(2, 3)
        m.sub, m.buf, m.note = nn.ReLU(), nn.Buffer(torch.ones(1), persistent=False), 4
        attempt(getattr, m, "nope")
        attempt(delattr, m, "nope")
        del m.weight, m.sub, m.buf, m.note
        print(list(m._parameters), list(m._buffers), list(m._modules), m._non_persistent_buffers_set)
        for name in ("weight", "sub", "buf", "note"):
            attempt(getattr, m, name)
        """,
    "names taken by the class": """
        class Fixed(nn.Module):
            weight = None
            @property
            def broken(self):
                return self.inner
        attempt(setattr, Fixed(), "weight", nn.Parameter(torch.ones(1)))
        attempt(lambda: Fixed().broken)
        attempt(lambda: nn.Module().nonexistent)
        """,
    "dir": """
        m = nn.Sequential(nn.Linear(1, 1))
        m.named, m.buf = nn.ReLU(), nn.Buffer(torch.ones(1))
        names = dir(m)
        print([name in names for name in ("named", "buf", "0", "training", "forward", "weight")], names == sorted(names))
        print([name in dir(m[0]) for name in ("weight", "bias", "in_features")])
        """,
    "multiple inheritance": """
        class Mixin:
            def __init__(self, z=0):
                print("mixin", z)
        class Goes(nn.Module, Mixin):
            call_super_init = True
        class Stops(nn.Module, Mixin):
            pass
        attempt(Goes); attempt(Goes, z=4); attempt(Stops); attempt(Stops, z=4)
        class Passes(nn.Module):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
        attempt(Passes, 1); attempt(Passes, b=1); attempt(nn.Module, 1); attempt(nn.Module, a=1); attempt(nn.ReLU, 1, 2, 3)
        """,
}

TREE = {
    "by name": """
        m = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU()), nn.BatchNorm1d(2))
        for target in ["", "0", "1.0", "1.1", "5", "0.weight", "0.weight.foo", "2.running_mean", "0.in_features", "1.0.x"]:
            attempt(m.get_submodule, target); attempt(m.get_parameter, target); attempt(m.get_buffer, target)
        """,
    "set_submodule": """
        m = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU()))
        attempt(m.set_submodule, "1.0", nn.Tanh()); attempt(m.set_submodule, "", nn.Tanh()); attempt(m.set_submodule, "1.2", nn.Tanh())
        attempt(m.set_submodule, "1.3", nn.Tanh(), True); attempt(m.set_submodule, "1.3", 3); attempt(m.set_submodule, "x.3", nn.Tanh())
        attempt(m.set_submodule, "0.weight", nn.Tanh()); attempt(m.set_submodule, "0.weight.3", nn.Tanh())
        print(m)
        """,
    "shared parts come once": """
        m = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
        m.add_module("same", m[0]); m.add_module("none", None)
        m.tied = m[0].weight
        for kind in (m.named_parameters, m.named_buffers, m.named_modules):
            print([name for name, _ in kind()], [name for name, _ in kind(remove_duplicate=False)], [name for name,
                  _ in kind(prefix="pre")])
        print([name for name, _ in m.named_parameters(recurse=False)], [name for name, _ in m.named_buffers("x", recurse=False)])
        print([name for name, _ in m.named_children()], len(list(m.children())), len(list(m.modules())), len(list(m.parameters())))
        print([tuple(b.shape) for b in m.buffers()], [tuple(p.shape) for p in m.parameters(recurse=False)])
        memo = {m[1]}
        print([name for name, _ in m.named_modules(memo)], len(memo), m)
        """,
    "apply": """
        m = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh()))
        print(m.apply(lambda module: print(type(module).__name__)) is m)
        attempt(m.apply, 3)
        """,
}

CONVERSION = {
    "modes": """
        m = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Dropout()))
        print(m.eval() is m, [x.training for x in m.modules()], m.train() is m, [x.training for x in m.modules()])
        attempt(m.train, 3); attempt(m.train, "yes")
        m.train(False); print([x.training for x in m.modules()])
        """,
    "requires_grad_": """
        m = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
        print(m.requires_grad_(False) is m, [p.requires_grad for p in m.parameters()], [b.requires_grad for b in m.buffers()])
        m.requires_grad_(); print([p.requires_grad for p in m.parameters()])
        """,
    "zero_grad": """
        m = nn.Linear(1, 1)
        m(torch.ones(1, 1)).sum().backward()
        grad = m.weight.grad
        m.zero_grad(False); print(m.weight.grad, m.weight.grad is grad); m.zero_grad(); print(m.weight.grad)
        m.weight.grad = (m.weight * 3).detach().requires_grad_()
        m.zero_grad(set_to_none=False); print(m.weight.grad, m.weight.grad.requires_grad)
        """,
    "dtypes": """
        m = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
        weight, counter = m[0].weight, m[1].num_batches_tracked
        m[0](torch.ones(1, 1)).sum().backward()
        for step in (m.double, m.half, m.float, lambda: m.to(torch.float64), lambda: m.to(torch.zeros(1)), lambda: m.to("cpu"), m.cpu,
                     lambda: m.to(torch.device("cpu"), torch.float64), lambda: m.to(device="cpu", dtype=torch.float16), lambda: m.to(),
                     lambda: m.to("cpu", torch.float32, True), lambda: m.to(dtype=torch.float64), lambda: m.type(torch.float32)):
            print(step() is m, m[0].weight is weight, weight.dtype, weight.grad.dtype, m[1].running_mean.dtype,
                  m[1].num_batches_tracked.dtype)
        attempt(m.to, torch.int32); attempt(m.to, torch.zeros(1, dtype=torch.int32)); raised(m.to, "nodevice"); raised(m.to, "cpu", foo=3)
        print(weight.requires_grad, weight.is_leaf, weight.grad)
        """,
    "deepcopy and pickle": """
        import copy, pickle
        m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
        m.tied = m[0].weight
        m[0].weight.note = 4
        for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
            print(other, other.tied is other[0].weight, other[0].weight is m[0].weight, bool((other[0].weight == m[0].weight).all()))
        shallow = copy.copy(m)
        print(shallow[0] is m[0], shallow.tied is m.tied)
        def hook(module, args):
            print("called")
        m.register_forward_pre_hook(hook)
        copy.deepcopy(m)(torch.ones(3, 2))
        """,
}

PRINTING = {
    "repr": """
        class Both(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.Linear(1, 1), nn.Sequential(nn.ReLU(), nn.Sequential())
            def extra_repr(self):
                return "one\\ntwo"
        class Lines(nn.Module):
            def extra_repr(self):
                return "one\\ntwo"
        class Named(nn.Module):
            def _get_name(self):
                return "Other"
        print(Both(), Lines(), Named(), nn.Module(), nn.Sequential(), nn.ModuleList(), nn.ModuleDict())
        """,
    "layers": """
        print(nn.Identity(3, a=4), nn.Linear(2, 3, False), nn.Linear(2, 3), nn.Conv2d(2, 4, 3))
        print(nn.Conv2d(2, 4, (3, 5), stride=2, padding=1, dilation=(2, 1), groups=2, bias=False, padding_mode="reflect"))
        print(nn.Conv2d(2, 4, 3, padding="same"), nn.Conv2d(2, 4, 3, padding="valid", padding_mode="circular"))
        print(nn.BatchNorm1d(3), nn.BatchNorm2d(3, affine=False, momentum=None, track_running_stats=False), nn.BatchNorm2d(3, bias=False))
        print(nn.LayerNorm(3), nn.LayerNorm([2, 3], elementwise_affine=False, bias=False), nn.LayerNorm(3, bias=False))
        print(nn.Embedding(3, 4), nn.Embedding(3, 4, padding_idx=-1, max_norm=1., norm_type=1., scale_grad_by_freq=True, sparse=True))
        print(nn.Dropout(), nn.Dropout(0.1, True), nn.MaxPool2d(2), nn.MaxPool2d((2, 3), 1, 1, 2, True, True))
        print(nn.AvgPool2d(2), nn.AvgPool2d((2, 3), 1, 1, True, False, 3), nn.AdaptiveAvgPool2d(1), nn.AdaptiveAvgPool2d((None, 3)))
        print(nn.AdaptiveMaxPool2d(2, True), nn.ReLU(), nn.ReLU(True), nn.LeakyReLU(), nn.LeakyReLU(0.2, inplace=True), nn.GELU())
        print(nn.GELU("tanh"), nn.SiLU(), nn.SiLU(True), nn.Sigmoid(), nn.Tanh(), nn.Softmax(1), nn.LogSoftmax(-1), nn.Softmax())
        print(nn.Flatten(), nn.Flatten(0, 2), nn.Unflatten(1, (2, 3)), nn.Unflatten(-1, torch.Size([2])), nn.LSTM(2, 3, num_layers=2))
        print(nn.MultiheadAttention(4, 2), nn.CrossEntropyLoss(), nn.NLLLoss(), nn.MSELoss(), nn.L1Loss(), nn.BCELoss(),
              nn.BCEWithLogitsLoss())
        """,
    "what layers keep": """
        for m in [nn.Linear(2, 3, False), nn.Conv2d(2, 4, 3), nn.BatchNorm1d(3), nn.BatchNorm2d(3, affine=False, track_running_stats=False),
                  nn.LayerNorm(3), nn.Embedding(3, 4, padding_idx=-1), nn.Dropout(), nn.MaxPool2d(2), nn.AvgPool2d(2, 3),
                        nn.AdaptiveMaxPool2d(2),
                  nn.ReLU(), nn.LeakyReLU(), nn.GELU(), nn.SiLU(), nn.Softmax(1), nn.Flatten(), nn.Unflatten(1, (2, 3)), nn.MSELoss(),
                  nn.CrossEntropyLoss(torch.ones(2)), nn.NLLLoss(), nn.BCELoss(), nn.BCEWithLogitsLoss(pos_weight=torch.ones(1))]:
            print(type(m).__name__, sorted(k for k in m.__dict__ if not k.startswith("_")), list(m.state_dict()), list(m._buffers),
                  getattr(type(m), "__constants__", None), m._version)
        """,
}

ERRORS = {
    "forward": """
        attempt(nn.Module().forward, 1); attempt(nn.Module(), 1); attempt(nn.Sequential(nn.ReLU()), 1, 2)
        """,
    "constructors": """
        raised(nn.Linear, 2, 3, dtype=torch.int64); attempt(nn.Linear, 0, 3); raised(nn.Linear, -1, 3); attempt(nn.Linear, 3, 0)
        raised(nn.Linear, 2.5, 3)
        attempt(nn.Conv2d, 3, 4, 3, groups=2); attempt(nn.Conv2d, 4, 3, 3, groups=2); attempt(nn.Conv2d, 4, 4, 3, groups=0)
        raised(nn.Conv2d, 4, 4, 3, padding="foo"); attempt(nn.Conv2d, 4, 4, 3, padding="same", stride=2)
        raised(nn.Conv2d, 4, 4, 3, padding_mode="foo")
        attempt(nn.Conv2d, 4, 4, 0); raised(nn.Conv2d, 4, 4, -1)
        attempt(nn.Embedding, 3, 4, padding_idx=3); attempt(nn.Embedding, 3, 4, padding_idx=-4)
        attempt(nn.Embedding, 2, 2, _weight=torch.ones(3, 2)); attempt(nn.Embedding.from_pretrained, torch.ones(3))
        for p in (-0.1, 1.1, "a", None):
            attempt(nn.Dropout, p)
        attempt(nn.Unflatten, 1, 3); attempt(nn.Unflatten, 1, ("a", 3)); attempt(nn.Unflatten, 1, [2.5])
        print(nn.MSELoss(True, True).reduction, nn.MSELoss(None, True).reduction, nn.MSELoss(False, False).reduction)
        print(nn.MSELoss(size_average=False).reduction, nn.MSELoss(reduce=False).reduction, nn.CrossEntropyLoss(None, True, -100,
              False).reduction)
        """,
    "inputs": """
        for c in (nn.BatchNorm1d, nn.BatchNorm2d):
            for s in ((2, 3), (2, 3, 4), (2, 3, 4, 5), (3,), (1, 3), (1, 3, 1, 1), (1, 3, 1)):
                attempt(c(3), torch.ones(s))
        raised(nn.BatchNorm1d(3), torch.ones(2, 4)); raised(nn.LayerNorm(3), torch.ones(2, 4))
        raised(nn.Unflatten(1, (2, 2)), torch.ones(2, 3))
        raised(nn.MSELoss(reduction="foo"), torch.ones(1), torch.ones(1)); raised(nn.GELU("foo"), torch.ones(1))
        raised(nn.ReLU(), torch.tensor([True])); raised(nn.ReLU(True), torch.ones(2, requires_grad=True)); raised(F.relu, 3)
        """,
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes(name):
    assert_same(ATTRIBUTES[name])


@pytest.mark.parametrize("name", TREE)
def test_tree(name):
    assert_same(TREE[name])


@pytest.mark.parametrize("name", CONVERSION)
def test_conversion(name):
    assert_same(CONVERSION[name])


@pytest.mark.parametrize("name", PRINTING)
def test_printing(name):
    assert_same(PRINTING[name])


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    assert_same(ERRORS[name])


def test_parameter():
    assert_same("""
        import copy, pickle
        x = torch.ones(2)
        p = nn.Parameter(x)
        print(p, p.requires_grad, p.is_leaf)
        x.add_(1)
        print(p, p._version, x._version)
        with torch.no_grad():
            p.mul_(2)
        print(x, p._version, x._version, p.requires_grad)
        p.note, p.grad = 3, torch.ones(2)
        for q in (copy.deepcopy(p), copy.copy(p), pickle.loads(pickle.dumps(p))):
            print(q, q.grad, getattr(q, "note", None), type(q).__name__, q.requires_grad, str(q) == repr(q))
        print(nn.Parameter(), nn.Parameter(None).shape, nn.Parameter(requires_grad=False))
        raised(nn.Parameter, 3); raised(nn.Parameter, [1.]); raised(nn.Parameter, torch.tensor([1]))
        attempt(nn.Parameter, torch.tensor([1]), False)
        attempt(nn.Parameter, torch.ones(2, requires_grad=True) * 2)
        print(nn.Parameter(nn.Parameter(torch.ones(1), requires_grad=False)).requires_grad, nn.Parameter(torch.ones(2,
              3).t()).is_contiguous())
        with torch.no_grad():
            print(nn.Parameter(torch.ones(1)).requires_grad)
        print([type(t).__name__ for t in (p * 2, p.data, p.detach(), p.clone(), p.view(2), p[0:1])], isinstance(p * 2, nn.Parameter))
        """)


def test_buffer():
    assert_same("""
        import copy, pickle
        b = nn.Buffer(torch.ones(2))
        print(b, type(b).__name__, isinstance(b, nn.Buffer), isinstance(torch.ones(1), nn.Buffer), b.persistent, isinstance(b,
              nn.Parameter))
        print(nn.Buffer(), nn.Buffer(persistent=False).persistent, isinstance(nn.Parameter(torch.ones(1)), nn.Buffer))
        c = nn.Buffer(torch.ones(2, requires_grad=True) * 1)
        print(c.requires_grad, c.is_leaf, c)
        raised(nn.Buffer, 3)
        print([isinstance(f(b), nn.Buffer) for f in (copy.deepcopy, lambda b: pickle.loads(pickle.dumps(b)))])
        """)


def test_a_module_is_freed_without_the_cycle_collector():
    """Nothing in a module, nor a call with every kind of hook, refers back to it."""
    module = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    module.register_forward_hook(lambda module, args, output: None)
    module.register_full_backward_hook(lambda module, grad_input, grad_output: None)
    module.register_load_state_dict_pre_hook(lambda module, *rest: None)
    gc.collect()
    gc.disable()
    try:
        module(minitorch.ones(1, 2, requires_grad=True)).sum().backward()
        reference = weakref.ref(module)
        del module
        assert reference() is None
    finally:
        gc.enable()


def test_conversion_keeps_the_parameter_objects():
    """An optimizer that was made before `.double()` goes on with the same parameters."""
    module = nn.Linear(2, 2)
    before = list(module.parameters())
    module.double()
    assert all(a is b for a, b in zip(before, module.parameters(), strict=True))
    assert pickle.loads(pickle.dumps(module)).weight.dtype is minitorch.float64
    assert copy.deepcopy(module).weight.requires_grad
