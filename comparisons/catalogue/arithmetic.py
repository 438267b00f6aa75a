"""Sums, products, quotients, powers, remainders, rounding."""
from hypothesis import strategies as st

from minitorch.testing.strategies import broadcastable, dtypes, optional, tensors

from .entry import Entry, case, cases


def bad_pair(name, in_place=True):
    """What an operation of two operands refuses."""
    return {
        "shape": lambda torch: getattr(torch, name)(torch.ones(2, 3), torch.ones(2)),
        "dtype": (lambda torch: getattr(torch.ones(2, dtype=torch.bool), name + "_")(torch.ones(2))) if in_place else
                 (lambda torch: getattr(torch, name)(torch.ones(2), "x")),
        "argument": lambda torch: getattr(torch, name)(torch.ones(2), None),
    }


def operators(*words):
    """Names of Python's operators as methods of Tensor."""
    return tuple(f"Tensor.__{w}__" for w in words)


@st.composite
def number_cases(draw, numbers=(2, -3, 0.5, 1.25), **options):
    """A tensor and a Python number."""
    return case(draw(tensors(**options)), draw(st.sampled_from(numbers)))


@st.composite
def power_cases(draw):
    """Exponents that are numbers of every special kind, and tensors over positive bases."""
    if draw(st.booleans()):
        return case(draw(tensors(low=0.25)), draw(st.sampled_from((0, 0.5, 1, 2, 3, -1, 2.5, -0.5))))
    return case(*draw(broadcastable(2, low=0.25)))


def rounding(name, formula):
    """The entry of a rounding function, away from its steps."""
    return Entry(
        name, cases(tensors(avoid=tuple(k / 2 for k in range(-6, 7)))), also=(f"Tensor.{name}", f"Tensor.{name}_", f"{name}_"),
        bad={
            "argument": lambda torch: getattr(torch, name)(),
            "dtype": lambda torch: getattr(torch, name)(torch.ones(2, dtype=torch.bool)),
            "shape": lambda torch: getattr(torch, name)([1.5]),
        },
        formula=formula, source=f"torch.{name}",
    )


ENTRIES = [
    Entry(
        "add", cases(broadcastable(2), alpha=optional(2)),
        also=("Tensor.add", "Tensor.add_"),
        bad={
            "shape": lambda torch: torch.add(torch.ones(2), torch.ones(3)),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).add_(1.5),
            "argument": lambda torch: torch.add(torch.ones(2), "x"),
            "fractional alpha": lambda torch: torch.add(torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64), alpha=0.5),
        },
        formula=r"y = a + \alpha b", source="torch.add",
    ),
    Entry("Tensor.__add__", cases(broadcastable(2, dtype=dtypes(), mixed=True)), also=operators("radd", "iadd"), bad=bad_pair("add"),
          formula="y = a + b", source="torch.add"),
    Entry("sub", cases(broadcastable(2), alpha=optional(3)),
          also=("Tensor.sub", "Tensor.sub_", "subtract", "Tensor.subtract", "Tensor.subtract_"),
          bad={**bad_pair("sub"), "bool": lambda torch: torch.sub(torch.ones(2, dtype=torch.bool), torch.ones(2, dtype=torch.bool))},
          formula=r"y = a - \alpha b", source="torch.sub"),
    Entry("rsub", cases(broadcastable(2), alpha=optional(3)), bad=bad_pair("rsub", False), formula=r"y = b - \alpha a",
          source="torch.rsub"),
    Entry("Tensor.__sub__", cases(broadcastable(2)), also=operators("rsub", "isub"),
          bad={**bad_pair("sub"), "bool": lambda torch: torch.ones(2, dtype=torch.bool) - True}, formula="y = a - b", source="torch.sub"),
    Entry("mul", cases(broadcastable(2, dtype=dtypes(), mixed=True)),
          also=("Tensor.mul", "Tensor.mul_", "Tensor.__mul__", "Tensor.__rmul__", "Tensor.__imul__", "multiply", "Tensor.multiply",
                "Tensor.multiply_"),
          bad={
              "shape": lambda torch: torch.mul(torch.ones(2, 3), torch.ones(2)),
              "dtype": lambda torch: torch.ones(2, dtype=torch.int64).mul_(torch.ones(2)),
              "argument": lambda torch: torch.mul(torch.ones(2), None),
          }, formula="y = a b", source="torch.mul"),
    Entry("div", cases(broadcastable(2, avoid=(0.0,))),
          also=("Tensor.div", "Tensor.div_", "true_divide", "Tensor.true_divide", "Tensor.true_divide_", "divide", "Tensor.divide",
                "Tensor.divide_",
                *operators("truediv", "rtruediv", "itruediv")),
          bad={**bad_pair("div"), "mode": lambda torch: torch.div(torch.ones(2), torch.ones(2), rounding_mode="up")},
          formula=r"y = \frac{a}{b}", source="torch.div"),
    Entry("div with rounding_mode", cases(broadcastable(2, low=0.25, dtype=dtypes()), rounding_mode=st.sampled_from(("floor", "trunc"))),
          call=lambda torch, a, b, **settings: torch.div(a + 0.0625 if a.dtype.is_floating_point else a, b + (b == 0), **settings),
          bad=bad_pair("div"), formula=r"y = \lfloor a / b \rfloor \text{ or } \operatorname{trunc}(a / b)", source="torch.div",
          numeric=False),
    Entry("floor_divide", number_cases(low=0.25),
          also=("Tensor.floor_divide", "Tensor.floor_divide_", *operators("floordiv", "ifloordiv")),
          bad={**bad_pair("floor_divide"), "zero": lambda torch: torch.floor_divide(torch.ones(2, dtype=torch.int64), 0)},
          formula=r"y = \lfloor a / b \rfloor", source="torch.floor_divide", differentiable=()),
    Entry("remainder", cases(broadcastable(2, low=0.25)), also=("Tensor.remainder", "Tensor.remainder_", *operators("mod", "rmod", "imod")),
          bad=bad_pair("remainder"), formula=r"y = a - b \lfloor a / b \rfloor", source="torch.remainder", numeric=False),
    Entry("fmod", cases(broadcastable(2, low=0.25)), also=("Tensor.fmod", "Tensor.fmod_"), bad=bad_pair("fmod"),
          formula=r"y = a - b \operatorname{trunc}(a / b)", source="torch.fmod", numeric=False),
    Entry("pow", power_cases(), also=("Tensor.pow", "Tensor.pow_", *operators("pow", "ipow")),
          bad={
              "shape": lambda torch: torch.pow(torch.ones(2), torch.ones(3)),
              "dtype": lambda torch: torch.pow(torch.ones(2, dtype=torch.int64), -1),
              "argument": lambda torch: torch.pow(torch.ones(2)),
          }, formula="y = a^b", source="torch.pow", grad_fn=True),
    Entry("pow of zeros", cases(broadcastable(2, low=0.0, high=0.0625)),       # 0^b has slope 0 in b, 0^0 too: not nan
          bad={
              "shape": lambda torch: torch.pow(torch.zeros(2), torch.ones(3)),
              "dtype": lambda torch: torch.pow(torch.zeros(2), "x"),
              "argument": lambda torch: torch.pow(torch.zeros(2), None),
          }, formula="y = a^b", source="torch.pow", numeric=False, order=1,
          differences=("In the second order at 0 infinities meet zeros: nan here where torch has inf.",)),
    Entry("Tensor.__rfloordiv__", cases(st.sampled_from((2.0, -3.5)), tensors(low=0.25)), differentiable=(),
          bad={
              "argument": lambda torch: None // torch.ones(2),
              "dtype": lambda torch: "x" // torch.ones(2),
              "shape": lambda torch: [1.0] // torch.ones(2, 3, 4),
          }, formula=r"y = \lfloor b / a \rfloor", source="torch.floor_divide"),
    Entry("Tensor.__rpow__", cases(st.sampled_from((2.0, 0.5, 3)), tensors()),
          bad={
              "argument": lambda torch: None ** torch.ones(2),
              "dtype": lambda torch: "x" ** torch.ones(2),
              "shape": lambda torch: torch.ones(2) ** torch.ones(3),
          }, formula="y = b^a", source="torch.pow"),
    Entry("float_power", number_cases((2, 0.5), low=0.25), also=("Tensor.float_power",),
          bad={
              "shape": lambda torch: torch.float_power(torch.ones(2), torch.ones(3)),
              "dtype": lambda torch: torch.float_power(torch.ones(2), "x"),
              "argument": lambda torch: torch.float_power(torch.ones(2)),
          }, formula="y = a^b", source="torch.float_power", numeric=False),
    Entry("neg", cases(tensors()), also=("Tensor.neg", "Tensor.neg_", "neg_", "Tensor.__neg__", "negative", "Tensor.negative",
                                       "Tensor.negative_", "negative_"),
          bad={
              "argument": lambda torch: torch.neg(),
              "dtype": lambda torch: torch.neg(torch.ones(2, dtype=torch.bool)),
              "shape": lambda torch: torch.neg([1.0]),
          }, formula="y = -x", source="torch.neg", grad_fn=True),
    Entry("positive", cases(tensors()), also=("Tensor.positive", "Tensor.__pos__"),
          bad={
              "argument": lambda torch: torch.positive(),
              "dtype": lambda torch: torch.positive(torch.ones(2, dtype=torch.bool)),
              "shape": lambda torch: torch.positive([1.0]),
          }, formula="y = x", source="torch.positive"),
    Entry("lerp", cases(broadcastable(3, low=-0.875, high=0.875)), also=("Tensor.lerp", "Tensor.lerp_"),
          bad={
              "shape": lambda torch: torch.lerp(torch.ones(2), torch.ones(3), 0.5),
              "dtype": lambda torch: torch.lerp(torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64), 0.5),
              "argument": lambda torch: torch.lerp(torch.ones(2), torch.ones(2)),
          }, formula="y = a + w (b - a)", source="torch.lerp"),
    Entry("addcmul", cases(broadcastable(3), value=optional(0.5)), also=("Tensor.addcmul", "Tensor.addcmul_"),
          bad={
              "shape": lambda torch: torch.addcmul(torch.ones(2), torch.ones(2), torch.ones(3)),
              "dtype": lambda torch: torch.ones(2, dtype=torch.int64).addcmul_(torch.ones(2), torch.ones(2)),
              "argument": lambda torch: torch.addcmul(torch.ones(2), torch.ones(2)),
          }, formula="y = a + v b c", source="torch.addcmul"),
    Entry("addcdiv", cases(broadcastable(3, avoid=(0.0,)), value=optional(0.5)), also=("Tensor.addcdiv", "Tensor.addcdiv_"),
          bad={
              "shape": lambda torch: torch.addcdiv(torch.ones(2), torch.ones(2), torch.ones(3)),
              "dtype": lambda torch: torch.addcdiv(torch.ones(2), torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64)),
              "argument": lambda torch: torch.addcdiv(torch.ones(2), torch.ones(2)),
          }, formula=r"y = a + v \frac{b}{c}", source="torch.addcdiv"),
    rounding("floor", r"y = \lfloor x \rfloor"),
    rounding("ceil", r"y = \lceil x \rceil"),
    rounding("trunc", r"y = \operatorname{trunc} x"),
    rounding("frac", r"y = x - \operatorname{trunc} x"),
    Entry("round", cases(tensors(avoid=tuple(k / 2 for k in range(-6, 7))), decimals=optional(st.sampled_from((0, 1, -1)))),
          also=("Tensor.round", "Tensor.round_", "round_"),
          bad={
              "argument": lambda torch: torch.round(),
              "dtype": lambda torch: torch.round(torch.ones(2, dtype=torch.bool)),
              "shape": lambda torch: torch.round([1.5]),
          }, formula=r"y = \operatorname{round} x", source="torch.round", numeric=False),
    Entry("round with decimals", cases(tensors(), decimals=st.sampled_from((2, 1, -1))),
          call=lambda torch, x, **settings: torch.round(x, **settings),
          bad={
              "argument": lambda torch: torch.round(torch.ones(2), decimals="2"),
              "dtype": lambda torch: torch.round(torch.ones(2, dtype=torch.int64), decimals=2),
              "shape": lambda torch: torch.round([1.5], decimals=2),
          }, formula=r"y = 10^{-d} \operatorname{round}(10^d x)", source="torch.round", numeric=False),
]
