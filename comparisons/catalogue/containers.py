"""Module, Parameter, Buffer and the containers, each in a small network that needs it."""
from hypothesis import strategies as st

from minitorch.testing.strategies import sides, tensors

from .entry import Entry, case

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn."


@st.composite
def network_cases(draw, depth=3):
    """Rows of features for a network of drawn width and depth."""
    width = draw(st.integers(1, 4))
    return case(draw(tensors((draw(sides()), width), low=-2, high=2))).built(width, draw(st.integers(1, depth)))


def module(torch, forward, **parts):
    """A Module with these attributes and this forward."""
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for name, part in parts.items():
                setattr(self, name, part)

        def forward(self, x):
            return forward(self, x)
    return Net()


def linears(torch, width, depth):
    """So many layers of this width."""
    return [torch.nn.Linear(width, width) for _ in range(depth)]


def plain(torch, width, depth):
    """A module with a parameter, a buffer and a submodule."""
    return module(torch, lambda self, x: self.layer(x * self.scale) + self.shift * depth, layer=torch.nn.Linear(width, width),
                  scale=torch.nn.Parameter(torch.rand(width)), shift=torch.nn.Buffer(torch.rand(width)))


def parameter(torch, width, depth):
    """A module of one parameter, trained or not."""
    return module(torch, lambda self, x: x * self.p, p=torch.nn.Parameter(torch.randn(width), requires_grad=depth > 1))


def buffer(torch, width, depth):
    """A module of one buffer, in its state or not."""
    return module(torch, lambda self, x: x * self.b, b=torch.nn.Buffer(torch.randn(width), persistent=depth > 1))


def sequential(torch, width, depth):
    """Layers with an activation after each; more than one deep, they are also sliced and joined again."""
    net = torch.nn.Sequential(*[part for layer in linears(torch, width, depth) for part in (layer, torch.nn.Tanh())])
    return net[:2] + net[2:] if depth > 1 else net


def module_list(torch, width, depth):
    """Layers in a list, the last of them appended."""
    def forward(self, x):
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return x
    return module(torch, forward, layers=torch.nn.ModuleList(linears(torch, width, depth - 1)).append(torch.nn.Linear(width, width)))


def module_dict(torch, width, depth):
    """Layers by name."""
    layers = torch.nn.ModuleDict({f"layer {k}": layer for k, layer in enumerate(linears(torch, width, depth))})
    layers["act"] = torch.nn.Tanh()
    return module(torch, lambda self, x: sum(self.layers["act"](layer(x)) for layer in self.layers.values()), layers=layers)


def parameter_list(torch, width, depth):
    """Factors in a list."""
    def forward(self, x):
        for p in self.factors:
            x = x * p
        return x
    return module(torch, forward, factors=torch.nn.ParameterList(torch.randn(width) for _ in range(depth)))


def parameter_dict(torch, width, depth):
    """Factors by name."""
    factors = torch.nn.ParameterDict({f"factor {k}": torch.randn(width) for k in range(depth)})
    return module(torch, lambda self, x: x * sum(self.factors.values()), factors=factors)


ENTRIES = [
    Entry(
        "nn.Module", network_cases(), build=plain,
        bad={"argument": lambda torch: torch.nn.Module(1), "no forward": lambda torch: torch.nn.Module()(torch.ones(1)),
             "before init": lambda torch: torch.nn.Module.__new__(torch.nn.Module).register_buffer("b", torch.ones(1)),
             "dtype": lambda torch: torch.nn.Linear(1, 1).to(torch.int64), "shape": lambda torch: torch.nn.Linear(1, 1).load_state_dict(
                 {"weight": torch.ones(2, 2), "bias": torch.ones(1)}),
             "missing keys": lambda torch: torch.nn.Linear(1, 1).load_state_dict({})},
        source=DOCS + "Module.html",
    ),
    Entry(
        "nn.Parameter", network_cases(), build=parameter, kind="module",
        bad={"argument": lambda torch: torch.nn.Parameter(3), "dtype": lambda torch: torch.nn.Parameter(torch.tensor([1])),
             "assignment": lambda torch: setattr(torch.nn.Linear(1, 1), "weight", torch.ones(1, 1)),
             "shape": lambda torch: torch.nn.Parameter().shape},
        source="https://docs.pytorch.org/docs/2.13/generated/torch.nn.parameter.Parameter.html",
    ),
    Entry(
        "nn.Buffer", network_cases(), build=buffer, kind="module",
        bad={"argument": lambda torch: torch.nn.Buffer(3), "dtype": lambda torch: torch.nn.Buffer(torch.tensor([True])),
             "assignment": lambda torch: setattr(torch.nn.BatchNorm1d(1), "running_mean", 3),
             "shape": lambda torch: torch.nn.Buffer().shape},
        source="https://docs.pytorch.org/docs/2.13/generated/torch.nn.parameter.Buffer.html",
    ),
    Entry(
        "nn.Sequential", network_cases(), build=sequential,
        bad={"argument": lambda torch: torch.nn.Sequential(3), "index": lambda torch: torch.nn.Sequential()[0],
             "type of an index": lambda torch: torch.nn.Sequential(torch.nn.ReLU())["a"],
             "shape": lambda torch: torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(2, 3))(torch.ones(2)),
             "sum": lambda torch: torch.nn.Sequential() + [torch.nn.ReLU()], "product": lambda torch: torch.nn.Sequential() * 0},
        formula=r"y = f_n(\ldots f_1(x))", source=DOCS + "Sequential.html",
    ),
    Entry(
        "nn.ModuleList", network_cases(), build=module_list,
        bad={"argument": lambda torch: torch.nn.ModuleList(3), "element": lambda torch: torch.nn.ModuleList([3]),
             "index": lambda torch: torch.nn.ModuleList()[0], "call": lambda torch: torch.nn.ModuleList()(1)},
        source=DOCS + "ModuleList.html",
    ),
    Entry(
        "nn.ModuleDict", network_cases(), build=module_dict,
        bad={"argument": lambda torch: torch.nn.ModuleDict(3), "pair": lambda torch: torch.nn.ModuleDict([["x"]]),
             "key": lambda torch: torch.nn.ModuleDict()["a"], "dotted key": lambda torch: torch.nn.ModuleDict({"a.b": torch.nn.ReLU()}),
             "call": lambda torch: torch.nn.ModuleDict()(1)},
        source=DOCS + "ModuleDict.html",
    ),
    Entry(
        "nn.ParameterList", network_cases(), build=parameter_list,
        bad={"argument": lambda torch: torch.nn.ParameterList(3), "index": lambda torch: torch.nn.ParameterList()[0],
             "call": lambda torch: torch.nn.ParameterList()(), "dtype": lambda torch: torch.nn.ParameterList([torch.tensor([1])])},
        source=DOCS + "ParameterList.html",
    ),
    Entry(
        "nn.ParameterDict", network_cases(), build=parameter_dict,
        bad={"argument": lambda torch: torch.nn.ParameterDict(3), "key": lambda torch: torch.nn.ParameterDict()["a"],
             "type of a key": lambda torch: torch.nn.ParameterDict({3: torch.ones(1)}),
             "call": lambda torch: torch.nn.ParameterDict()(1), "dtype": lambda torch: torch.nn.ParameterDict({"a": torch.tensor([1])})},
        source=DOCS + "ParameterDict.html",
    ),
]
