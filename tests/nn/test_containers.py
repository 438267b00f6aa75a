"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict: their whole list and dict interfaces, and how they print."""
import pytest

import minitorch
from minitorch import nn
from tests.nn.programs import assert_same

PROGRAMS = {
    "Sequential: items": """
        from collections import OrderedDict
        s = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1), nn.Tanh())
        print(s[0], s[-1], s[0:2], s[::2], len(s), list(map(type, s)) == [type(m) for m in s], "0" in dir(s), hasattr(s, "0"))
        n = nn.Sequential(OrderedDict(a=nn.Linear(1, 2), b=nn.ReLU(), c=nn.Tanh()))
        print(n, n[1:], n[0]); n[0] = nn.Tanh(); print(n); del n[0]; print(n); del n[0:1]; print(n, list(n._modules))
        del s[1]; print(list(s._modules), s)
        for index in (7, -8, "a", 1.0):
            attempt(s.__getitem__, index)
        attempt(s.__delitem__, 7); attempt(s.__setitem__, 9, nn.ReLU()); attempt(s.__setitem__, 0, 3)
        attempt(s.__setitem__, slice(0, 2), nn.ReLU()); attempt(s.__delitem__, slice(0, 3, 2)); print(s)
        """,
    "Sequential: lists": """
        s = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.GELU())
        attempt(s.append, 3); print(s.pop(0), s); attempt(s.pop, 9); print(s.pop(-1), s)
        t = nn.Sequential(nn.ReLU())
        print(s + t, type(s + t).__name__); attempt(lambda: s + 3); attempt(lambda: s + [nn.ReLU()])
        s += t; print(s); attempt(s.__iadd__, 3)
        print(t * 3, 2 * t); attempt(lambda: t * 0); attempt(lambda: t * "a"); attempt(lambda: t * -1)
        t *= 2; print(t); attempt(t.__imul__, 1.5); attempt(t.__imul__, 0)
        print(t.append(nn.Tanh()) is t, t.insert(0, nn.Sigmoid()) is t, t.insert(-1, nn.GELU()) is t, t.extend([nn.SiLU()]) is t, t)
        attempt(t.insert, 99, nn.ReLU()); attempt(t.insert, -20, nn.ReLU()); attempt(t.insert, 0, 4); attempt(t.extend, 3)
        print(t.insert(len(t), nn.Softmax()))
        """,
    "Sequential: made and called": """
        print(nn.Sequential()(3)); attempt(nn.Sequential, 3); attempt(nn.Sequential, [nn.ReLU()]); attempt(nn.Sequential, None)
        attempt(nn.Sequential(nn.ReLU()), 1, 2)
        print(nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1)), nn.Sequential(nn.ReLU(), nn.Tanh())(torch.tensor([-1., 2.])))
        """,
    "ModuleList: prints": """
        L = nn.Linear
        print(nn.ModuleList([L(1, 1), L(1, 1), L(1, 1), nn.ReLU(), nn.ReLU(), L(1, 1)]), nn.ModuleList([nn.ReLU()]))
        print(nn.ModuleList([nn.Sequential(nn.ReLU(), nn.Tanh()), nn.Sequential(nn.ReLU(), nn.Tanh())]))
        print(nn.ModuleList([nn.ModuleList([nn.ReLU()] * 3)] * 2), nn.ModuleList(nn.Identity() for _ in range(12)))
        print(nn.Sequential(nn.ModuleList([nn.ReLU()] * 2)))
        """,
    "ModuleList: items": """
        m = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.GELU(), nn.SiLU()])
        print(m[1:3], m[-1], len(m), m[::-1]); attempt(m.__getitem__, 10); attempt(m.__getitem__, -10); attempt(m.__getitem__, "x")
        m[0] = nn.Tanh(); m[-1] = nn.GELU(); print(m); attempt(m.__setitem__, 6, nn.ReLU()); attempt(m.__setitem__, 0, 3)
        del m[0]; print(m); del m[1:3]; print(m, list(m._modules)); attempt(m.__delitem__, 10)
        print(nn.ReLU() in m, m[0] in m, [type(x).__name__ for x in m], "0" in dir(m))
        """,
    "ModuleList: lists": """
        m = nn.ModuleList([nn.ReLU(), nn.Tanh()])
        print(m + [nn.SiLU()], m + nn.ModuleList()); attempt(lambda: m + 3); attempt(lambda: m + [3])
        m += [nn.ReLU()]; m.insert(1, nn.Sigmoid()); print(m, m.append(nn.Tanh()) is m, m.extend([nn.Tanh()]) is m, m.pop(0), m.pop(-1), m)
        attempt(m.extend, 3); attempt(m.extend, {"a": nn.ReLU()}); attempt(m.append, 3); attempt(m.pop, 10)
        attempt(m, 1); attempt(nn.ModuleList, nn.ReLU()); attempt(nn.ModuleList, 3); attempt(nn.ModuleList, {"a": nn.ReLU()})
        """,
    "ModuleDict": """
        from collections import OrderedDict
        d = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 1)})
        print(d, len(d), list(d), list(d.keys()), list(d.items()), list(d.values()), "a" in d, "z" in d)
        attempt(d.__getitem__, "z"); d["c"] = nn.Tanh(); del d["a"]; print(d); attempt(d.__delitem__, "zz")
        print(d.pop("b"), d); attempt(d.pop, "b")
        d.update([["x", nn.ReLU()], ("y", nn.Tanh())]); d.update(OrderedDict(x=nn.SiLU())); d.update(nn.ModuleDict({"n": nn.ReLU()}))
        print(d)
        for wrong in ([["x"]], [3], 3, [["x", 3]]):
            attempt(d.update, wrong)
        attempt(d.__setitem__, "a.b", nn.ReLU()); attempt(d.__setitem__, 3, nn.ReLU()); attempt(d.__setitem__, "keys", nn.ReLU())
        attempt(d.__setitem__, "type", nn.ReLU()); attempt(d, 3); attempt(nn.ModuleDict, 3)
        d.clear(); print(d, len(d), nn.ModuleDict([("k", nn.ReLU())]), nn.ModuleDict(None))
        attempt(lambda: nn.ModuleDict({"a": nn.ReLU()}) | {"b": nn.ReLU()})
        print(type(d.keys()).__name__, type(d.items()).__name__, type(d.values()).__name__)
        """,
    "ParameterList": """
        P = nn.Parameter
        p = nn.ParameterList([P(torch.zeros(2)), P(torch.ones(1, 2), requires_grad=False)])
        print(p, len(p), list(p.state_dict()), p[0], p[-1].shape, p[0:1], type(p[0:1]).__name__)
        attempt(p.__getitem__, 5); attempt(p.__getitem__, "a"); attempt(p.__setitem__, 9, torch.ones(1))
        p[0] = torch.ones(3); p.append(torch.zeros(1)); p.append(3); print(p, type(p[0]).__name__, p[-1], list(p.state_dict()))
        p[3] = P(torch.zeros(())); p.extend([torch.ones(2).double()]); p += [P(torch.ones(1))]; print(p)
        attempt(p.extend, 3); attempt(p); attempt(p, 3); attempt(nn.ParameterList, 3); attempt(nn.ParameterList, P(torch.zeros(1)))
        print(nn.ParameterList(), "0" in dir(p), [tuple(x.shape) for x in p], p.extend(p[0:2]) is p, [hasattr(p, n) for n in ("pop",
              "insert")])
        q = nn.ParameterList(["a", None, nn.ParameterList([P(torch.ones(1))]), nn.ReLU()]); print(q, list(q.state_dict()))
        print(nn.ParameterList(P(torch.ones(i)) for i in range(2)))
        """,
    "ParameterDict": """
        from collections import OrderedDict
        P = nn.Parameter
        d = nn.ParameterDict({"a": P(torch.zeros(2)), "b": torch.ones(1, 2)})
        print(d, len(d), list(d), type(d["b"]).__name__, "a" in d, list(d.state_dict()), list(d.keys()), list(reversed(d)))
        print([(k, tuple(v.shape)) for k, v in d.items()], [tuple(v.shape) for v in d.values()])
        attempt(d.__getitem__, "z"); attempt(d.__getitem__, 3); d["c"] = 4; print(d, d["c"]); del d["c"]; attempt(d.__delitem__, "c")
        print(d.get("zz"), d.get("zz", 5), d.get("a").shape, d.setdefault("n", torch.ones(1)), d.setdefault("n", 3), d.setdefault("none"))
        print(d.pop("none"), d.pop("n")); attempt(d.pop, "n")
        e = d.copy(); print(type(e).__name__, e["a"] is d["a"]); print(d.popitem()[0], d)
        print(d | {"x": torch.ones(1)}, {"y": P(torch.ones(1))} | d); d |= {"q": torch.ones(2)}; print(d)
        print(d.fromkeys(["k1", "k2"], 1), d.fromkeys(["k1"])); raised(d); attempt(d, 1); d.clear(); print(d, len(d)); attempt(d.popitem)
        for wrong in (3, [3], [["x"]]):
            attempt(d.update, wrong)
        d.update([["x", torch.ones(1)], ("y", 2)]); d.update(nn.ParameterDict({"m": torch.ones(1)})); print(d); attempt(nn.ParameterDict, 3)
        d = nn.ParameterDict({"b": torch.ones(1), "a": torch.ones(1)}); print(list(d))
        d.update({"d": torch.ones(1), "c": torch.ones(1)}); d.update(OrderedDict([("f", torch.ones(1)), ("e", torch.ones(1))]))
        print(list(d))
        attempt(lambda: d | 3); raised(lambda: 3 | d); print(nn.ParameterDict({"mm": nn.ReLU(), "z": "s"}))
        """,
    "ParameterDict: wrong keys": """
        attempt(nn.ParameterDict({"a": torch.ones(1)}).__setitem__, 3, torch.ones(1))
        attempt(nn.ParameterDict({"a": torch.ones(1)}).__setitem__, "a.b", torch.ones(1))
        attempt(nn.ParameterDict({"a": torch.ones(1)}).__setitem__, "keys", torch.ones(1))
        """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_container(name):
    assert_same(PROGRAMS[name])


def test_a_refused_key_leaves_the_dict_as_it_was():
    """In torch 2.13 the key stays behind, and every later look at the dict fails."""
    d = nn.ParameterDict({"a": minitorch.ones(1)})
    for key in (3, "a.b", "keys"):
        with pytest.raises((KeyError, TypeError)):
            d[key] = minitorch.ones(1)
    assert list(d.keys()) == ["a"]


@pytest.mark.parametrize("index", [-5, -1, 0, 1, 2, 7])
def test_insert_into_a_module_list_is_a_list_s(index):
    """In torch 2.13 an index beyond the end leaves a gap, and a negative one fails."""
    modules, new = [nn.ReLU(), nn.Tanh()], nn.GELU()
    module_list = nn.ModuleList(modules)
    module_list.insert(index, new)
    modules.insert(index, new)
    assert list(module_list) == modules
    assert [name for name, _ in module_list.named_children()] == ["0", "1", "2"]
