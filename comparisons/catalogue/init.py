"""Initializers: from one seed both libraries write the same values, to the last bit."""
from hypothesis import strategies as st

from minitorch.testing.strategies import optional, tensors

from .entry import Entry, Tolerance, case, cases

DOCS = "https://docs.pytorch.org/docs/2.13/nn.init.html"
EXACT = Tolerance("one seed gives equal bits", float32=0, float16=0, float64=0)
LIBM = Tolerance("float64 log, sin and cos of two mathematical libraries differ in the last places", float32=0, float16=0, float64=64)
LAPACK = Tolerance("two builds of LAPACK round a QR differently", float32=2**9, float64=2**12)
GLOROT = "Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks"
HE = "He et al. (2015), Delving Deep into Rectifiers, equation "

FLOATING = st.sampled_from(("float32", "float64", "float16"))
SHAPES = st.sampled_from(((), (3,), (0,), (2, 3), (4, 5), (17,), (2, 2, 3, 3), (3, 0)))
WEIGHTS = st.sampled_from(((1, 1), (3, 5), (16, 2), (4, 2, 3), (2, 3, 2, 2), (5, 1)))
GAINS = optional(st.sampled_from((0.5, 2.0)))
MODES = optional(st.sampled_from(("fan_in", "fan_out")))
NONLINEARITIES = optional(st.sampled_from(("relu", "tanh", "linear", "leaky_relu", "selu", "sigmoid", "conv2d")))


def bad(name, size=(2, 3), **more):
    """Bad calls that initializers share."""
    function = lambda torch: getattr(torch.nn.init, name)
    return {
        "argument": lambda torch: function(torch)(),
        "no tensor": lambda torch: function(torch)(3),
        "keyword": lambda torch: function(torch)(torch.empty(size), foo=1),
        **more,
    }


def matrices_only(name):
    """What initializers that look at fan in and fan out refuse."""
    return {"shape": lambda torch: getattr(torch.nn.init, name)(torch.empty(3)),
            "scalar": lambda torch: getattr(torch.nn.init, name)(torch.empty(())),
            "dtype": lambda torch: getattr(torch.nn.init, name)(torch.empty(2, 3, dtype=torch.int64))}


def entry(name, *args, shapes=WEIGHTS, tolerance=EXACT, bad_calls=None, **settings):
    """The entry of one initializer."""
    drawn = cases(tensors(shapes, FLOATING), *args, **settings.pop("given", {}))
    if shapes is WEIGHTS:
        settings["no_empty"] = "an empty weight has no fan in; torch warns and leaves it"
    return Entry(f"nn.init.{name}", drawn, differentiable=(), order=0, random=True, memory=False, tolerance=tolerance,
                 bad=bad(name, **(matrices_only(name) if bad_calls is None else bad_calls)), **settings)


@st.composite
def trunc_cases(draw):
    """Intervals with much of the distribution in them, with little, and far from the mean."""
    x = draw(tensors(SHAPES, st.sampled_from(("float32", "float16"))))
    kind = draw(st.integers(0, 3))
    mean, std = draw(st.sampled_from((0.0, 0.5, -1.0))), draw(st.sampled_from((1.0, 0.25, 3.0)))
    if kind == 0:
        return case(x)
    if kind == 1:
        return case(x, mean, std, mean - 2 * std, mean + std)
    return case(x, mean=mean, std=std, a=mean + std, b=mean + (2 if kind == 2 else 1.5) * std)


@st.composite
def gain_cases(draw):
    """A nonlinearity by name, a slope for leaky_relu."""
    x = draw(tensors((1,), strided=False))
    name = draw(st.sampled_from(("linear", "conv1d", "conv_transpose3d", "sigmoid", "tanh", "relu", "selu", "leaky_relu")))
    return case(x, name, draw(st.sampled_from((None, 0.0, 0.2, 1, 3.5))) if name == "leaky_relu" else None)


@st.composite
def dirac_cases(draw):
    """Weights of convolutions of one to three dimensions, their first size a multiple of the groups."""
    groups = draw(st.integers(1, 3))
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(draw(st.integers(1, 3))))
    return case(draw(tensors((groups * draw(st.integers(1, 3)), draw(st.integers(1, 3)), *kernel), FLOATING)), groups)


WITH_INTEGERS = {"shape": lambda torch: torch.nn.init.constant_(torch.empty(0), 2.0),
                 "dtype": lambda torch: torch.nn.init.constant_(torch.empty(2, dtype=torch.int64), 1.5),
                 "bool": lambda torch: torch.nn.init.constant_(torch.empty(2, dtype=torch.bool), 1.5)}

ENTRIES = [
    Entry(
        "nn.init.calculate_gain", gain_cases(), call=lambda torch, x, name, param: float(torch.nn.init.calculate_gain(name, param)),
        differentiable=(), order=0, memory=False,
        bad={"argument": lambda torch: torch.nn.init.calculate_gain("softmax"),
              "slope": lambda torch: torch.nn.init.calculate_gain("leaky_relu", "x"),
             "dtype": lambda torch: torch.nn.init.calculate_gain("leaky_relu", True),
             "no name": lambda torch: torch.nn.init.calculate_gain()},
        formula=r"g = \sqrt{2 / (1 + \alpha^2)}", source=DOCS, no_empty="it gives a number for the name of a function",
    ),
    entry("uniform_", given={"a": optional(st.sampled_from((-0.5, 0.25))), "b": optional(st.sampled_from((1.0, 2.5)))}, shapes=SHAPES,
          bad_calls={"bounds": lambda torch: torch.nn.init.uniform_(torch.empty(2), 3.0, 1.0),
                     "shape": lambda torch: torch.nn.init.uniform_(torch.empty(0)),
                     "dtype": lambda torch: torch.nn.init.uniform_(torch.empty(2, dtype=torch.int64))},
          formula=r"x \sim U(a, b)", source=DOCS),
    entry("normal_", given={"mean": optional(0.5), "std": optional(2.0)}, shapes=SHAPES, tolerance=LIBM,
          bad_calls={"deviation": lambda torch: torch.nn.init.normal_(torch.empty(2), 0.0, -1.0),
                     "shape": lambda torch: torch.nn.init.normal_(torch.empty(0)),
                     "dtype": lambda torch: torch.nn.init.normal_(torch.empty(2, dtype=torch.int64))},
          formula=r"x \sim N(\mu, \sigma^2)", source=DOCS),
    Entry(
        "nn.init.trunc_normal_", trunc_cases(), differentiable=(), order=0, random=True, memory=False,
        tolerance=EXACT,
        bad=bad("trunc_normal_", (3,), bounds=lambda torch: torch.nn.init.trunc_normal_(torch.empty(2), 0.0, 1.0, 5.0, 3.0),
                deviation=lambda torch: torch.nn.init.trunc_normal_(torch.empty(2), 0.0, 0.0),
                dtype=lambda torch: torch.nn.init.trunc_normal_(torch.empty(2, dtype=torch.int64))),
        formula=r"x \sim N(\mu, \sigma^2),\ a \le x \le b", source=DOCS,
        differences=("float64 is compared in tests/nn/test_init.py: a value that rounds across a bound starts another round of draws.",),
    ),
    entry("constant_", st.sampled_from((0.3, -2, 0)), shapes=SHAPES, bad_calls=WITH_INTEGERS, formula="x = c", source=DOCS),
    entry("ones_", shapes=SHAPES, bad_calls={"shape": lambda torch: torch.nn.init.ones_(torch.empty(0)),
                                             "dtype": lambda torch: torch.nn.init.ones_(torch.empty(2, dtype=torch.int64))},
          formula="x = 1", source=DOCS),
    entry("zeros_", shapes=SHAPES, bad_calls={"shape": lambda torch: torch.nn.init.zeros_(torch.empty(0)),
                                              "dtype": lambda torch: torch.nn.init.zeros_(torch.empty(2, dtype=torch.bool))},
          formula="x = 0", source=DOCS),
    entry("eye_", shapes=st.sampled_from(((2, 3), (1, 1), (4, 2), (0, 3))),
          bad_calls={"shape": lambda torch: torch.nn.init.eye_(torch.empty(3)),
                     "dtype": lambda torch: torch.nn.init.eye_(torch.empty(2, 2, dtype=torch.int64))},
          formula=r"x_{ij} = \delta_{ij}", source=DOCS),
    Entry(
        "nn.init.dirac_", dirac_cases(), differentiable=(), order=0, memory=False, tolerance=EXACT,
        bad=bad("dirac_", (2, 2, 3), shape=lambda torch: torch.nn.init.dirac_(torch.empty(2, 2)),
                groups=lambda torch: torch.nn.init.dirac_(torch.empty(3, 2, 2), 2),
                dtype=lambda torch: torch.nn.init.dirac_(torch.empty(2, 2, 2, dtype=torch.int64))),
        formula=r"x_{ij\ldots} = \delta_{ij}\ \text{at the centre}", source=DOCS, no_empty="a kernel without places has no centre",
    ),
    entry("xavier_uniform_", GAINS, formula=r"x \sim U(-b, b),\ b = g \sqrt{6 / (n_{in} + n_{out})}", source=GLOROT + ", equation 16"),
    entry("xavier_normal_", GAINS, tolerance=LIBM, formula=r"x \sim N(0, \sigma^2),\ \sigma = g \sqrt{2 / (n_{in} + n_{out})}",
          source=GLOROT + ", equation 12"),
    entry("kaiming_uniform_", given={"a": optional(st.sampled_from((0.1, 5 ** 0.5))), "mode": MODES, "nonlinearity": NONLINEARITIES},
          bad_calls=matrices_only("kaiming_uniform_") | {
              "mode": lambda torch: torch.nn.init.kaiming_uniform_(torch.empty(2, 2), mode="fan"),
              "nonlinearity": lambda torch: torch.nn.init.kaiming_uniform_(torch.empty(2, 2), nonlinearity="softmax"),
              "empty": lambda torch: torch.nn.init.kaiming_uniform_(torch.empty(0, 2))},
          formula=r"x \sim U(-b, b),\ b = g \sqrt{3 / n}", source=HE + "10"),
    entry("kaiming_normal_", given={"a": optional(0.1), "mode": MODES, "nonlinearity": NONLINEARITIES}, tolerance=LIBM,
          bad_calls=matrices_only("kaiming_normal_") | {
              "mode": lambda torch: torch.nn.init.kaiming_normal_(torch.empty(2, 2), mode="FAN_OUT"),
              "nonlinearity": lambda torch: torch.nn.init.kaiming_normal_(torch.empty(2, 2), nonlinearity="gelu")},
          formula=r"x \sim N(0, \sigma^2),\ \sigma = g / \sqrt{n}", source=HE + "10"),
    Entry(
        "nn.init.orthogonal_", cases(tensors(WEIGHTS, strided=False), GAINS),
        differentiable=(), order=0, random=True, memory=False, tolerance=LAPACK, bad=bad("orthogonal_", **matrices_only("orthogonal_")),
        formula=r"x^\top x = g^2 I", no_empty="an empty matrix has nothing to make orthogonal",
        source="Saxe et al. (2013), Exact solutions to the nonlinear dynamics of learning in deep linear networks",
    ),
    Entry(
        "nn.init.sparse_", cases(tensors(st.sampled_from(((5, 3), (1, 4), (3, 0), (20, 2))), FLOATING), st.sampled_from((0.0, 0.1, 1.0)),
                                 optional(1.0)),
        differentiable=(), order=0, random=True, memory=False, tolerance=LIBM,
        bad={"argument": lambda torch: torch.nn.init.sparse_(torch.empty(2, 2)),
              "shape": lambda torch: torch.nn.init.sparse_(torch.empty(3), 0.5),
             "dtype": lambda torch: torch.nn.init.sparse_(torch.empty(2, 2, dtype=torch.int64), 0.5),
             "fraction": lambda torch: torch.nn.init.sparse_(torch.empty(4, 2), -0.5)},
        formula=r"x_{ij} \sim N(0, \sigma^2)\ \text{or}\ 0", source="Martens (2010), Deep learning via Hessian-free optimization",
    ),
]
