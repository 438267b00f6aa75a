"""Hooks of modules: order, arguments, changes and errors are torch's."""
import pytest

from tests.nn.programs import assert_same

PRELUDE = """
        def hook(tag, change=None):
            def call(*values):
                print(tag, [plain(v) if not isinstance(v, nn.Module) else type(v).__name__ for v in values])
                return change
            return call
        def backward_hook(tag, change=None):
            def call(module, *grads):
                print(tag, [(type(g).__name__, plain(list(g))) for g in grads])
                return change(*grads) if change else None
            return call
        class Scale(nn.Module):
            def forward(self, a, *, scale=1):
                return a * scale
        class Product(nn.Module):
            def __init__(self):
                super().__init__()
                self.w = nn.Parameter(torch.ones(2))
            def forward(self, a):
                return self.w * a
        class Two(nn.Module):
            def forward(self, a, b=None):
                return a * 2, (b * 3 if b is not None else a * 1)
        x, y = torch.ones(2, requires_grad=True), torch.ones(2)
"""

FORWARD = {
    "order and arguments": """
        m, x = Scale(), torch.ones(2)
        m.register_forward_pre_hook(hook("pre1")); m.register_forward_pre_hook(hook("pre2"), prepend=True)
        m.register_forward_pre_hook(hook("pre3", ((x * 2,), {"scale": 5})), with_kwargs=True)
        m.register_forward_hook(hook("post1")); m.register_forward_hook(hook("post2"), prepend=True)
        m.register_forward_hook(hook("post3", x * 100), with_kwargs=True)
        m.register_forward_hook(hook("always"), always_call=True)
        print(m(x, scale=3))
        print(len(m._forward_hooks), len(m._forward_pre_hooks), len(m._forward_hooks_with_kwargs), len(m._forward_hooks_always_called))
        attempt(m)
        """,
    "what a pre-hook returns": """
        m = Scale(); m.register_forward_pre_hook(hook("one value", y * 4)); print(m(y))
        m = Scale(); m.register_forward_pre_hook(hook("no pair", y * 4), with_kwargs=True); attempt(m, y)
        m = Scale(); m.register_forward_pre_hook(hook("a triple", (1, 2, 3)), with_kwargs=True); attempt(m, y)
        """,
    "always_call": """
        def boom(*values):
            raise ValueError("boom")
        m = Scale(); m.register_forward_hook(hook("always"), always_call=True); m.register_forward_pre_hook(boom); attempt(m, y)
        m = Scale(); m.register_forward_hook(boom); m.register_forward_hook(hook("always"), always_call=True)
        m.register_forward_hook(hook("never")); attempt(m, y)
        m = Scale(); m.register_forward_hook(boom, always_call=True); m.register_forward_hook(boom, always_call=True); attempt(m, y)
        m = Scale(); m.register_forward_hook(boom, always_call=True); attempt(m, y, foo=1)
        m = Scale(); m.register_forward_hook(hook("kwargs"), always_call=True, with_kwargs=True); attempt(m, y, foo=1)
        """,
    "handles": """
        import pickle
        m = Scale()
        with m.register_forward_hook(hook("in the block")) as handle:
            m(y); print(type(handle).__name__)
        m(y); print(len(m._forward_hooks))
        handle.remove()
        h = m.register_forward_hook(hook("kwargs"), with_kwargs=True, always_call=True)
        h.remove(); print(len(m._forward_hooks), len(m._forward_hooks_with_kwargs), len(m._forward_hooks_always_called))
        """,
}

BACKWARD = {
    "inputs and outputs": """
        m = Two()
        m.register_full_backward_hook(backward_hook("full")); m.register_full_backward_pre_hook(backward_hook("pre"))
        for both in (True, False):
            x.grad = None
            a, b = m(x, y)
            (a.sum() + b.sum() if both else a.sum()).backward(); print(x.grad)
        a, b = m(x, b=y); a.sum().backward(); print(x.grad, type(a.grad_fn).__name__, b.requires_grad)
        z = torch.ones(2, requires_grad=True)
        a, b = m(x, z); a.sum().backward(); print(z.grad)
        """,
    "no input with a gradient": """
        p = Product(); p.register_full_backward_hook(backward_hook("p")); p(y).sum().backward(); print(p.w.grad)
        p = Product(); p.register_full_backward_hook(backward_hook("p", lambda gi, go: (torch.ones(2),))); attempt(p(y).sum().backward)
        p = Product(); p.register_full_backward_pre_hook(backward_hook("p", lambda go: (go[0] * 2,)))
        p(y).sum().backward(); print(p.w.grad)
        e = nn.Embedding(3, 2); e.register_full_backward_hook(backward_hook("e")); e(torch.tensor([1])).sum().backward()
        """,
    "changes": """
        p = Product()
        p.register_full_backward_hook(backward_hook("p1", lambda gi, go: (gi[0] * 10,)))
        p.register_full_backward_hook(backward_hook("p2", lambda gi, go: (gi[0] * 2,)))
        p.register_full_backward_hook(backward_hook("p0"), prepend=True)
        p.register_full_backward_pre_hook(backward_hook("pre1", lambda go: (go[0] * 5,)))
        p.register_full_backward_pre_hook(backward_hook("pre0"), prepend=True)
        p(x).sum().backward(); print(x.grad, p.w.grad)
        p = Product(); p.register_full_backward_hook(backward_hook("none", lambda gi, go: (None,)))
        x.grad = None; p(x).sum().backward(); print(x.grad, p.w.grad)
        """,
    "wrong changes": """
        for change in (lambda gi, go: (gi[0], gi[0]), lambda gi, go: 3, lambda gi, go: ()):
            p = Product(); p.register_full_backward_hook(backward_hook("p", change)); attempt(p(x).sum().backward)
        p = Product(); p.register_full_backward_pre_hook(backward_hook("p", lambda go: (go[0], go[0]))); attempt(p(x).sum().backward)
        """,
    "outputs that are no tensors": """
        class Result(nn.Module):
            def __init__(self, f):
                super().__init__()
                self.f = f
            def forward(self, *values):
                return self.f(*values)
        m = Result(lambda a: {"a": a * 2}); m.register_full_backward_hook(backward_hook("dict")); attempt(m(x)["a"].sum().backward)
        m = Result(lambda a: [a * 2, a * 3]); m.register_full_backward_hook(backward_hook("list")); attempt(m(x)[0].sum().backward)
        m = Result(lambda: x * 2); m.register_full_backward_hook(backward_hook("no input")); attempt(m().sum().backward)
        m = Result(lambda a, s: (a * 2, s, 4)); m.register_full_backward_hook(backward_hook("mixed"))
        out = m(x, "text"); out[0].sum().backward(); print(out[1:])
        with torch.no_grad():
            print(m(x, "text")[0].requires_grad)
        """,
    "second derivative": """
        p = Product(); p.register_full_backward_hook(backward_hook("p"))
        g, = torch.autograd.grad((p(x) ** 3).sum(), x, create_graph=True)
        print(g.requires_grad); g.sum().backward(); print(x.grad, p.w.grad)
        p(x).sum().backward(inputs=[p.w])
        """,
    "a second backward": """
        m = nn.Sequential(nn.Linear(2, 2), nn.Tanh()); m.register_full_backward_hook(backward_hook("m"))
        with torch.no_grad():
            m[0].weight.fill_(1); m[0].bias.fill_(0)
        out = m(x).sum()
        out.backward(retain_graph=True); out.backward(); print(plain(x.grad))
        """,
}


@pytest.mark.parametrize("name", FORWARD)
def test_forward_hooks(name):
    assert_same(PRELUDE + FORWARD[name])


@pytest.mark.parametrize("name", BACKWARD)
def test_backward_hooks(name):
    assert_same(PRELUDE + BACKWARD[name])


def test_hooks_of_all_modules():
    """The four global hooks see every module; they go when their handles are removed."""
    assert_same(PRELUDE + """
        M = nn.modules.module
        handles = [M.register_module_forward_pre_hook(hook("pre")), M.register_module_forward_hook(hook("post")),
                   M.register_module_full_backward_pre_hook(backward_hook("back pre")),
                   M.register_module_full_backward_hook(backward_hook("back"))]
        m = nn.Sequential(nn.ReLU())
        m(x).sum().backward()
        for handle in handles:
            handle.remove()
        m(x).sum().backward(); print(x.grad)
        """)
