"""Special functions: inverse hyperbolic, error, gamma and Bessel functions, and products with logarithms."""
from hypothesis import strategies as st

from minitorch.testing.strategies import broadcastable, optional, shapes, tensors

from .elementwise import function
from .entry import Entry, Tolerance, case, cases

TRIGAMMA = Tolerance("PyTorch's trigamma is a short asymptotic series, right to ten digits", float32=256, float64=2**24)
SERIES = Tolerance("PyTorch sums another series of its own, in the precision of the operand", float32=256, float64=256)


def special(name, formula, low=-3.0, high=3.0, avoid=(), also=(), **options):
    """The entry of a function that stands in torch.special alone, or of its other names there."""
    return Entry(
        f"special.{name}", cases(tensors(low=low, high=high, avoid=avoid)), also=also,
        bad={
            "argument": lambda torch: getattr(torch.special, name)(),
            "dtype": lambda torch: getattr(torch.special, name)("x"),
            "shape": lambda torch: getattr(torch.special, name)([1.0, 2.0]),
        },
        formula=formula, source=f"torch.special.{name}", grad_fn=options.pop("grad_fn", True), **options,
    )


@st.composite
def with_numbers(draw, low=0.25, high=3.0):
    """Two tensors that broadcast, or a tensor and a number in either order."""
    a, b = draw(broadcastable(2, low=low, high=high))
    which = draw(st.sampled_from(("tensors", "tensors", "second", "first")))
    return case(a if which != "first" else 1.5, b if which != "second" else 2)


def pair(name, formula, **options):
    """The entry of a function of two operands, either of which may be a number."""
    parts = name.split(".")

    def found(torch):
        return getattr(torch.special if len(parts) > 1 else torch, parts[-1])
    return Entry(name, with_numbers(), bad={
        "shape": lambda torch: found(torch)(torch.ones(2), torch.ones(3)),
        "dtype": lambda torch: found(torch)(torch.ones(2), "x"),
        "argument": lambda torch: found(torch)(torch.ones(2)),
    }, formula=formula, source=f"torch.{name}", **options)


def two(name, formula, low, high, also=(), **options):
    """The entry of a function of two tensors."""
    return Entry(name, cases(broadcastable(2, low=low, high=high)), also=(f"Tensor.{name}", *also), bad={
        "shape": lambda torch: getattr(torch, name)(torch.ones(2), torch.ones(3)),
        "dtype": lambda torch: getattr(torch, name)(torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64)),
        "argument": lambda torch: getattr(torch, name)(torch.ones(2), 1.0),
    }, formula=formula, source=f"torch.{name}", **options)


ENTRIES = [
    function("asinh", r"y = \ln(x + \sqrt{x^2 + 1})", "Abramowitz and Stegun, 4.6.20", also=("arcsinh", "Tensor.arcsinh"), in_place=False),
    function("acosh", r"y = \ln(x + \sqrt{x^2 - 1})", "Abramowitz and Stegun, 4.6.21", low=1.125, also=("arccosh", "Tensor.arccosh"),
             in_place=False),
    function("atanh", r"y = \tfrac{1}{2} \ln \frac{1 + x}{1 - x}", "Abramowitz and Stegun, 4.6.22", low=-0.875, high=0.875,
             also=("arctanh", "Tensor.arctanh"), in_place=False),
    *(Entry(f"Tensor.{name}_", cases(tensors(low=low, high=high)), also=(f"Tensor.arc{name[1:]}_", f"{name}_", f"arc{name[1:]}_"),
            differentiable=(), bad={
        "argument": lambda torch, name=name: getattr(torch.ones(2), name + "_")(1),
        "dtype": lambda torch, name=name: getattr(torch.ones(2, dtype=torch.int64), name + "_")(),
        "shape": lambda torch, name=name: getattr(torch.ones(1).expand(2), name + "_")(),
    }, formula=formula, source=f"torch.Tensor.{name}_", differences=("PyTorch has no derivative of the form in place; here it has one.",))
      for name, formula, low, high in (("asinh", r"\sinh y = x", -3.0, 3.0), ("acosh", r"\cosh y = x", 1.125, 3.0),
                                       ("atanh", r"\tanh y = x", -0.875, 0.875))),
    function("erfc", r"y = 1 - \operatorname{erf} x", "Abramowitz and Stegun, 7.1.2", also=("special.erfc",)),
    function("erfinv", r"\operatorname{erf} y = x", "torch.erfinv", low=-0.875, high=0.875, top=False, also=("special.erfinv",)),
    function("lgamma", r"y = \ln |\Gamma(x)|", "Abramowitz and Stegun, 6.1.1", low=-2.75, avoid=(-2.0, -1.0, 0.0), tolerance=TRIGAMMA,
             top=False, also=("special.gammaln",)),
    function("digamma", r"y = \frac{\Gamma'(x)}{\Gamma(x)}", "Abramowitz and Stegun, 6.3.1", low=0.25, tolerance=TRIGAMMA,
             top=False, also=("special.digamma", "special.psi")),
    function("sinc", r"y = \frac{\sin \pi x}{\pi x}", "torch.sinc", avoid=(0.0,), also=("special.sinc",)),
    function("i0", r"y = I_0(x)", "Abramowitz and Stegun, 9.6.3", also=("special.i0",), tolerance=SERIES),
    Entry("polygamma", cases(st.sampled_from((0, 1, 2, 3)), tensors(low=0.25)), also=("special.polygamma",), bad={
        "argument": lambda torch: torch.polygamma(-1, torch.ones(2)),
        "dtype": lambda torch: torch.polygamma(1, "x"),
        "shape": lambda torch: torch.polygamma(1, [1.0]),
    }, formula=r"y = \psi^{(n)}(x)", source="Abramowitz and Stegun, 6.4.1", tolerance=TRIGAMMA),
    Entry("Tensor.polygamma", cases(tensors(low=0.25), st.sampled_from((0, 1, 2))), also=("Tensor.polygamma_",), bad={
        "argument": lambda torch: torch.ones(2).polygamma(-1),
        "dtype": lambda torch: torch.ones(2, dtype=torch.int64).polygamma_(1),
        "shape": lambda torch: torch.ones(2).polygamma(),
    }, formula=r"y = \psi^{(n)}(x)", source="torch.polygamma", tolerance=TRIGAMMA),
    Entry("mvlgamma", cases(tensors(low=2.25, high=5.0), st.sampled_from((1, 2, 4))),
          also=("Tensor.mvlgamma", "Tensor.mvlgamma_", "special.multigammaln"), bad={
        "argument": lambda torch: torch.mvlgamma(torch.ones(2), 0),
        "dtype": lambda torch: torch.mvlgamma("x", 1),
        "shape": lambda torch: torch.mvlgamma([1.0], 1),
    }, formula=r"y = \frac{p (p - 1)}{4} \ln \pi + \sum_{j < p} \ln \Gamma(x - \tfrac{j}{2})", source="torch.mvlgamma", tolerance=TRIGAMMA),
    pair("xlogy", r"y = x_1 \ln x_2", also=("Tensor.xlogy", "Tensor.xlogy_", "xlogy_", "special.xlogy")),
    Entry("xlogy of zeros", cases(tensors((4,), low=-0.03125, high=0.03125), tensors((4,), low=0.0, high=0.0625)), order=1, numeric=False,
          differences=("at 0 ln 0 the first order is infinite: a second one has no meaning",),
          bad={"shape": lambda torch: torch.xlogy(torch.ones(2), torch.ones(3)), "dtype": lambda torch: torch.xlogy("x", 1),
               "argument": lambda torch: torch.xlogy(torch.ones(2))},
          formula=r"y = x_1 \ln x_2", source="torch.xlogy", no_empty="a few zeros beside zeros"),
    pair("special.xlog1py", r"y = x_1 \ln(1 + x_2)"),
    pair("special.zeta", r"y = \sum_{k \ge 0} (k + x_2)^{-x_1}", differentiable=(), order=0, tolerance=SERIES),
    Entry("special.zeta of its second argument", cases(tensors(low=1.25, high=4.0), 1.5).map(lambda c: case(2.5, c.args[0])),
          call=lambda torch, a, q: torch.special.zeta(a, q), bad={
        "shape": lambda torch: torch.special.zeta(torch.ones(2), torch.ones(3)),
        "dtype": lambda torch: torch.special.zeta("x", 1), "argument": lambda torch: torch.special.zeta(torch.ones(2)),
    }, formula=r"y = \sum_{k \ge 0} (k + x_2)^{-x_1}", source="torch.special.zeta", tolerance=SERIES),
    two("igamma", r"y = \frac{1}{\Gamma(x_1)} \int_0^{x_2} t^{x_1 - 1} e^{-t}\, dt", 0.25, 3.0, differentiable=(1,), tolerance=SERIES,
        also=("Tensor.igamma_", "special.gammainc")),
    two("igammac", r"y = \frac{1}{\Gamma(x_1)} \int_{x_2}^\infty t^{x_1 - 1} e^{-t}\, dt", 0.25, 3.0, differentiable=(1,),
        tolerance=SERIES,
        also=("Tensor.igammac_", "special.gammaincc")),
    two("logaddexp2", r"y = \log_2(2^{x_1} + 2^{x_2})", -3.0, 3.0),
    special("erfcx", r"y = e^{x^2} \operatorname{erfc} x", tolerance=SERIES),
    special("ndtr", r"y = \Phi(x)", grad_fn=False),
    special("ndtri", r"\Phi(y) = x", low=0.125, high=0.875),
    special("log_ndtr", r"y = \ln \Phi(x)", tolerance=SERIES),
    special("entr", r"y = -x \ln x", low=0.125),
    special("i0e", r"y = e^{-|x|} I_0(x)", avoid=(0.0,), tolerance=SERIES),
    special("i1", r"y = I_1(x)", avoid=(0.0,), tolerance=SERIES),
    special("i1e", r"y = e^{-|x|} I_1(x)", avoid=(0.0,), tolerance=SERIES),
    special("expit", r"y = \frac{1}{1 + e^{-x}}", grad_fn=True),
    special("exp2", r"y = 2^x"),
    special("expm1", r"y = e^x - 1"),
    special("log1p", r"y = \ln(1 + x)", low=-0.5),
    special("erf", r"y = \frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2}\, dt"),
    special("logit", r"y = \ln \frac{x}{1 - x}", low=0.125, high=0.875, grad_fn=False),
    special("round", r"y = \lfloor x \rceil", numeric=False, grad_fn=False),
    Entry("special.logsumexp", cases(tensors(shapes(1, 3)), 0, keepdim=optional(True)), bad={
        "argument": lambda torch: torch.special.logsumexp(torch.ones(2), 1), "dtype": lambda torch: torch.special.logsumexp("x", 0),
        "shape": lambda torch: torch.special.logsumexp([1.0], 0),
    }, formula=r"y = \ln \sum_i e^{x_i}", source="torch.special.logsumexp"),
    *(Entry(f"special.{name}", cases(tensors(shapes(1, 3)), 0), bad={
        "argument": lambda torch, name=name: getattr(torch.special, name)(torch.ones(2), 1),
        "dtype": lambda torch, name=name: getattr(torch.special, name)("x", 0),
        "shape": lambda torch, name=name: getattr(torch.special, name)([1.0], 0),
    }, formula=formula, source=f"torch.special.{name}") for name, formula in (
        ("softmax", r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}"), ("log_softmax", r"y_i = x_i - \ln \sum_j e^{x_j}"))),
]
