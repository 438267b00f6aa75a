"""Functions of one operand (and a few of two), each value of the result from the values at its own place."""
from minitorch.testing.strategies import broadcastable, optional, tensors

from .entry import Entry, cases


def function(name, formula, source, low=-3.0, high=3.0, avoid=(), also=(), in_place=True, top=True, **options):
    """The entry of a function of one operand: the function and the method, both in place too (`top=False`: only the method is)."""
    forms = (f"Tensor.{name}", *((f"Tensor.{name}_",) if in_place else ()), *((f"{name}_",) if in_place and top else ()), *also)
    return Entry(
        name, cases(tensors(low=low, high=high, avoid=avoid)), also=forms,
        bad={
            "argument": lambda torch: getattr(torch, name)(),
            "dtype": lambda torch: getattr(torch.ones(2, dtype=torch.int64), name + "_")(),
            "shape": lambda torch: getattr(torch, name)([1.0, 2.0]),
        },
        formula=formula, source=source, grad_fn=options.pop("grad_fn", True), **options,
    )


def of_two(name, formula, **options):
    """The entry of a function of two tensors that broadcast."""
    settings = {k: options.pop(k) for k in ("low", "high", "avoid") if k in options}
    return Entry(
        name, cases(broadcastable(2, **settings)), also=(f"Tensor.{name}", f"Tensor.{name}_", *options.pop("also", ())),
        bad={
            "shape": lambda torch: getattr(torch, name)(torch.ones(2), torch.ones(3)),
            "dtype": lambda torch: getattr(torch, name)(torch.ones(2), "x"),
            "argument": lambda torch: getattr(torch, name)(torch.ones(2)),
        },
        formula=formula, source=options.pop("source", f"torch.{name}"), **options,
    )


ENTRIES = [
    function("exp", r"y = e^{x}", "Abramowitz and Stegun, 4.2.1"),
    function("exp2", r"y = 2^{x}", "torch.exp2"),
    function("expm1", r"y = e^{x} - 1", "torch.expm1"),
    function("log", r"y = \ln x", "Abramowitz and Stegun, 4.1.1", low=0.25),
    function("log2", r"y = \log_2 x", "torch.log2", low=0.25),
    function("log10", r"y = \log_{10} x", "torch.log10", low=0.25),
    function("log1p", r"y = \ln(1 + x)", "torch.log1p", low=-0.5),
    function("sqrt", r"y = \sqrt{x}", "torch.sqrt", low=0.25),
    function("rsqrt", r"y = \frac{1}{\sqrt{x}}", "torch.rsqrt", low=0.25),
    function("reciprocal", r"y = \frac{1}{x}", "torch.reciprocal", avoid=(0.0,)),
    function("sin", r"y = \sin x", "Abramowitz and Stegun, 4.3.1"),
    function("cos", r"y = \cos x", "Abramowitz and Stegun, 4.3.2"),
    function("tan", r"y = \tan x", "Abramowitz and Stegun, 4.3.3", low=-1.25, high=1.25),
    function("asin", r"y = \arcsin x", "Abramowitz and Stegun, 4.4.1", low=-0.875, high=0.875,
             also=("arcsin", "Tensor.arcsin", "Tensor.arcsin_", "arcsin_")),
    function("acos", r"y = \arccos x", "Abramowitz and Stegun, 4.4.2", low=-0.875, high=0.875,
             also=("arccos", "Tensor.arccos", "Tensor.arccos_", "arccos_")),
    function("atan", r"y = \arctan x", "Abramowitz and Stegun, 4.4.3", also=("arctan", "Tensor.arctan", "Tensor.arctan_", "arctan_")),
    function("sinh", r"y = \frac{e^{x} - e^{-x}}{2}", "Abramowitz and Stegun, 4.5.1"),
    function("cosh", r"y = \frac{e^{x} + e^{-x}}{2}", "Abramowitz and Stegun, 4.5.2"),
    function("tanh", r"y = \tanh x = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}", "Abramowitz and Stegun, 4.5.3", also=("nn.functional.tanh",),
             op="ops.elementwise.tanh"),
    function("sigmoid", r"y = \frac{1}{1 + e^{-x}}", "torch.sigmoid", also=("nn.functional.sigmoid",), op="ops.elementwise.sigmoid"),
    function("erf", r"y = \frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2}\, dt", "Abramowitz and Stegun, 7.1.1"),
    Entry(
        "square", cases(tensors()), also=("Tensor.square", "Tensor.square_", "square_"),
        bad={
            "argument": lambda torch: torch.square(),
            "shape": lambda torch: torch.square([1.0]),
            "dtype": lambda torch: torch.ones(2, dtype=torch.bool).square_(),
        },
        formula=r"y = x^2", source="torch.square", grad_fn=True,
    ),
    Entry(
        "logit", cases(tensors(low=0.125, high=0.875), eps=optional(0.0625)), also=("Tensor.logit", "Tensor.logit_", "logit_"),
        bad={
            "argument": lambda torch: torch.logit(),
            "shape": lambda torch: torch.logit([0.5]),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).logit_(),
        },
        formula=r"y = \ln \frac{x}{1 - x}", source="torch.logit", order=2,
    ),
    of_two("atan2", r"y = \arg(x_2 + i\,x_1)", avoid=(0.0,), also=("arctan2", "Tensor.arctan2", "Tensor.arctan2_")),
    of_two("hypot", r"y = \sqrt{x_1^2 + x_2^2}", avoid=(0.0,)),
    Entry(
        "logaddexp", cases(broadcastable(2)), also=("Tensor.logaddexp",),
        bad={
            "shape": lambda torch: torch.logaddexp(torch.ones(2), torch.ones(3)),
            "dtype": lambda torch: torch.logaddexp(torch.ones(2), 1.0),
            "argument": lambda torch: torch.logaddexp(torch.ones(2)),
        },
        formula=r"y = \ln(e^{x_1} + e^{x_2})", source="torch.logaddexp",
    ),
]
