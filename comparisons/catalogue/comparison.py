"""Comparisons, logic and bits: results without a history."""
from hypothesis import strategies as st

from minitorch.testing.strategies import broadcastable, dtypes, optional, tensors

from .entry import Entry, cases

WHOLE = st.sampled_from(("int64", "int32", "uint8", "bool"))


def comparison(name, sign, operator, long):
    """The entry of one of the six comparisons; few different values, so that equal ones meet."""
    return Entry(
        name, cases(broadcastable(2, dtype=dtypes(), mixed=True, low=-1.0, high=1.0)),
        also=(f"Tensor.{name}", f"Tensor.__{operator}__", *((long, f"Tensor.{long}") if long else ())),
        bad={
            "shape": lambda torch: getattr(torch, name)(torch.ones(2), torch.ones(3)),
            "dtype": lambda torch: getattr(torch, name)(torch.ones(2), "x"),
            "argument": lambda torch: getattr(torch, name)(torch.ones(2)),
        },
        formula=rf"y = [a {sign} b]", source=f"torch.{name}", order=0,
    )


def in_place(name, long=""):
    """The entry of a comparison in place: the answer as 0 and 1 of the tensor's dtype, with a gradient of 0."""
    return Entry(
        f"Tensor.{name}_", cases(broadcastable(2, low=-1.0, high=1.0)), also=(f"Tensor.{long}_",) if long else (),
        bad={
            "shape": lambda torch: getattr(torch.ones(2), name + "_")(torch.ones(3)),
            "dtype": lambda torch: getattr(torch.ones(2), name + "_")("x"),
            "argument": lambda torch: getattr(torch.ones(2), name + "_")(),
        },
        formula=r"x \leftarrow [x \circ y]", source=f"torch.Tensor.{name}_", numeric=False,
        differences=("PyTorch gives an integer tensor, compared with one that requires a gradient, a history; here integers have none.",),
    )


def unrecorded(name):
    """The entry of a logical operation in place: the values change, the history stays (PyTorch records nothing)."""
    return Entry(
        f"Tensor.{name}_", cases(broadcastable(2, low=-1.0, high=1.0)),
        bad={
            "shape": lambda torch: getattr(torch.ones(2), name + "_")(torch.ones(3)),
            "dtype": lambda torch: getattr(torch.ones(2), name + "_")("x"),
            "argument": lambda torch: getattr(torch.ones(2), name + "_")(),
        },
        formula=r"x \leftarrow [x \circ y]", source=f"torch.Tensor.{name}_", numeric=False,
    )


def logic(name, formula):
    """The entry of a logical operation: nonzero counts as true."""
    return Entry(
        name, cases(broadcastable(2, dtype=dtypes(), mixed=True, low=-1.0, high=1.0)), also=(f"Tensor.{name}",),
        bad={
            "shape": lambda torch: getattr(torch, name)(torch.ones(2), torch.ones(3)),
            "dtype": lambda torch: getattr(torch, name)(torch.ones(2), "x"),
            "argument": lambda torch: getattr(torch, name)(torch.ones(2)),
        },
        formula=formula, source=f"torch.{name}", order=0,
    )


def bits(name, operator, formula):
    """The entry of a bit operation on integers and bool."""
    return Entry(
        name, cases(broadcastable(2, dtype=WHOLE, mixed=True)),
        also=(f"Tensor.{name}", f"Tensor.{name}_", f"Tensor.__{operator}__", f"Tensor.__r{operator}__", f"Tensor.__i{operator}__"),
        bad={
            "shape": lambda torch: getattr(torch, name)(torch.ones(2, dtype=torch.int64), torch.ones(3, dtype=torch.int64)),
            "dtype": lambda torch: getattr(torch, name)(torch.ones(2), torch.ones(2)),
            "argument": lambda torch: getattr(torch, name)(torch.ones(2, dtype=torch.int64)),
        },
        formula=formula, source=f"torch.{name}", order=0,
    )


def predicate(name, formula):
    """The entry of a question about each value."""
    return Entry(
        name, cases(tensors(dtype=dtypes())), also=(f"Tensor.{name}",),
        call=lambda torch, x: getattr(torch, name)(x / (x != 0) if x.dtype.is_floating_point else x),
        bad={
            "argument": lambda torch: getattr(torch, name)(),
            "shape": lambda torch: getattr(torch, name)([1.0]),
            "dtype": lambda torch: getattr(torch, name)("x"),
        },
        formula=formula, source=f"torch.{name}", order=0,
    )


ENTRIES = [
    comparison("eq", "=", "eq", ""), comparison("ne", r"\ne", "ne", "not_equal"), comparison("lt", "<", "lt", "less"),
    comparison("le", r"\le", "le", "less_equal"), comparison("gt", ">", "gt", "greater"), comparison("ge", r"\ge", "ge", "greater_equal"),
    in_place("eq"), in_place("ne", "not_equal"), in_place("lt", "less"), in_place("le", "less_equal"), in_place("gt", "greater"),
    in_place("ge", "greater_equal"),
    *map(unrecorded, ("logical_and", "logical_or", "logical_xor")),
    Entry("Tensor.logical_not_", cases(tensors(low=-1.0, high=1.0)), bad={
        "argument": lambda torch: torch.ones(2).logical_not_(1),
        "shape": lambda torch: torch.ones(1, 2).expand(2, 2).logical_not_(),
        "dtype": lambda torch: torch.ones(2).logical_not_("x"),
    }, formula=r"x \leftarrow [x = 0]", source="torch.Tensor.logical_not_", numeric=False),
    logic("logical_and", r"y = a \wedge b"), logic("logical_or", r"y = a \vee b"), logic("logical_xor", r"y = a \oplus b"),
    bits("bitwise_and", "and", r"y = a \mathbin{\&} b"), bits("bitwise_or", "or", r"y = a \mathbin{|} b"),
    bits("bitwise_xor", "xor", r"y = a \oplus b"),
    bits("bitwise_left_shift", "lshift", r"y = a \cdot 2^b"), bits("bitwise_right_shift", "rshift", r"y = \lfloor a / 2^b \rfloor"),
    Entry("logical_not", cases(tensors(dtype=dtypes(), low=-1.0, high=1.0)), also=("Tensor.logical_not",),
          bad={
              "argument": lambda torch: torch.logical_not(),
              "shape": lambda torch: torch.logical_not([1]),
              "dtype": lambda torch: torch.logical_not("x"),
          }, formula=r"y = \neg x", source="torch.logical_not", order=0),
    Entry("bitwise_not", cases(tensors(dtype=WHOLE)), also=("Tensor.bitwise_not", "Tensor.bitwise_not_", "Tensor.__invert__"),
          bad={
              "argument": lambda torch: torch.bitwise_not(),
              "shape": lambda torch: torch.bitwise_not([1]),
              "dtype": lambda torch: torch.bitwise_not(torch.ones(2)),
          }, formula=r"y = \sim x", source="torch.bitwise_not", order=0),
    predicate("isnan", r"y = [x \ne x]"), predicate("isinf", r"y = [|x| = \infty]"), predicate("isfinite", r"y = [|x| < \infty]"),
    Entry("isclose", cases(broadcastable(2, low=-0.125, high=0.125), rtol=optional(0.5), atol=optional(0.03125), equal_nan=optional(True)),
          also=("Tensor.isclose",),
          bad={
              "shape": lambda torch: torch.isclose(torch.ones(2), torch.ones(3)),
              "dtype": lambda torch: torch.isclose(torch.ones(2), torch.ones(2, dtype=torch.float64)),
              "argument": lambda torch: torch.isclose(torch.ones(2), torch.ones(2), rtol=-1.0),
          }, formula=r"y = [|a - b| \le \epsilon_a + \epsilon_r |b|]", source="torch.isclose", order=0),
    Entry("allclose", cases(broadcastable(2, low=-0.125, high=0.125), atol=optional(0.25)), also=("Tensor.allclose",),
          bad={
              "shape": lambda torch: torch.allclose(torch.ones(2), torch.ones(3)),
              "dtype": lambda torch: torch.allclose(torch.ones(2), torch.ones(2, dtype=torch.float64)),
              "argument": lambda torch: torch.allclose(torch.ones(2)),
          }, formula=r"y = \forall i: |a_i - b_i| \le \epsilon_a + \epsilon_r |b_i|", source="torch.allclose", order=0),
    Entry("equal", cases(broadcastable(2, low=-0.0625, high=0.0625)), also=("Tensor.equal",),
          bad={
              "argument": lambda torch: torch.equal(torch.ones(2)),
              "dtype": lambda torch: torch.equal(torch.ones(2), 1.0),
              "shape": lambda torch: torch.equal([1.0], [1.0]),
          }, formula=r"y = \forall i: a_i = b_i", source="torch.equal", order=0),
]
