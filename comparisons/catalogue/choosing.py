"""Choosing among operands: where, bounds, the larger and the smaller."""
from hypothesis import strategies as st

from minitorch.testing.strategies import broadcastable, broadcastable_shapes, fill, floats, optional, tensors

from .entry import Entry, case, cases


def extreme(name, sign):
    """The entry of maximum or minimum."""
    return Entry(
        name, cases(broadcastable(2, unique=True)), also=(f"Tensor.{name}",),
        bad={
            "shape": lambda torch: getattr(torch, name)(torch.ones(2), torch.ones(3)),
            "dtype": lambda torch: getattr(torch, name)(torch.ones(2), 1.0),
            "argument": lambda torch: getattr(torch, name)(torch.ones(2)),
        },
        formula=rf"y = \{name[:3]}(a, b)", source=f"torch.{name}", grad_fn=True, differences=(),
    )


@st.composite
def where_cases(draw):
    """A condition and two branches that broadcast; a branch may be a number."""
    first, second, third = draw(broadcastable_shapes(3))
    kind = draw(floats())
    seed = draw(st.integers(0, 10**6))
    condition = fill(first, "bool", seed)
    a = fill(second, kind, seed + 1)
    return case(condition, a, draw(st.sampled_from((0.5, None))) or fill(third, kind, seed + 2))


@st.composite
def bound_cases(draw):
    """A tensor with one or two bounds, numbers or tensors."""
    x = draw(tensors(avoid=(-1.0, 1.0)))
    if draw(st.booleans()):
        low, high = draw(st.sampled_from(((-1.0, 1.0), (None, 1.0), (-1.0, None), (1.0, -1.0))))
        return case(x, min=low, max=high)
    full = fill(x.shape, x.dtype.name, 3, low=-4.0, high=-3.5), fill(x.shape, x.dtype.name, 4, low=3.5, high=4.0)
    tight = fill(x.shape, x.dtype.name, 5, low=-1.0, high=-1.0), fill(x.shape, x.dtype.name, 6, low=1.0, high=1.0)
    low, high = draw(st.sampled_from((full, tight, (tight[0], full[1]))))
    return case(x, min=low, max=high)


ENTRIES = [
    Entry("abs", cases(tensors(avoid=(0.0,))),
          also=("Tensor.abs", "Tensor.abs_", "abs_", "Tensor.__abs__", "absolute", "Tensor.absolute", "Tensor.absolute_"),
          bad={
              "argument": lambda torch: torch.abs(),
              "dtype": lambda torch: torch.abs(torch.ones(2, dtype=torch.bool)),
              "shape": lambda torch: torch.abs([1.0]),
          }, formula="y = |x|", source="torch.abs", grad_fn=True),
    Entry("sign", cases(tensors(avoid=(0.0,))), also=("Tensor.sign", "Tensor.sign_"),
          bad={
              "argument": lambda torch: torch.sign(),
              "dtype": lambda torch: torch.sign("x"),
              "shape": lambda torch: torch.sign([1.0]),
          }, formula=r"y = \operatorname{sgn} x", source="torch.sign", grad_fn=True),
    Entry("clamp", bound_cases(), also=("Tensor.clamp", "clip", "Tensor.clip", "Tensor.clip_", "clip_", "Tensor.clamp_", "clamp_"),
          bad={
              "argument": lambda torch: torch.clamp(torch.ones(2)),
              "dtype": lambda torch: torch.clamp(torch.ones(2), min="x"),
              "shape": lambda torch: torch.clamp(torch.ones(2), min=torch.ones(3)),
              "mixed": lambda torch: torch.clamp(torch.ones(2), min=0, max=torch.ones(2)),
          }, formula=r"y = \min(\max(x, l), h)", source="torch.clamp", grad_fn=True),
    Entry("clamp_min", cases(tensors(avoid=(0.5,)), 0.5), also=("Tensor.clamp_min", "Tensor.clamp_min_", "clamp_min_"),
          bad={
              "argument": lambda torch: torch.clamp_min(torch.ones(2)),
              "dtype": lambda torch: torch.clamp_min(torch.ones(2), "x"),
              "shape": lambda torch: torch.clamp_min(torch.ones(2), torch.ones(3)),
          }, formula=r"y = \max(x, l)", source="torch.clamp_min"),
    Entry("clamp_max", cases(tensors(avoid=(0.5,)), 0.5), also=("Tensor.clamp_max", "Tensor.clamp_max_", "clamp_max_"),
          bad={
              "argument": lambda torch: torch.clamp_max(torch.ones(2)),
              "dtype": lambda torch: torch.clamp_max(torch.ones(2), "x"),
              "shape": lambda torch: torch.clamp_max(torch.ones(2), torch.ones(3)),
          }, formula=r"y = \min(x, h)", source="torch.clamp_max"),
    extreme("maximum", 1),
    extreme("minimum", -1),
    Entry("nan_to_num", cases(tensors(), nan=optional(1.0), posinf=optional(2.0)),
          also=("Tensor.nan_to_num", "Tensor.nan_to_num_", "nan_to_num_"),
          call=lambda torch, x, **settings: torch.nan_to_num(x / (x != 0.03125), **settings),
          bad={
              "argument": lambda torch: torch.nan_to_num(),
              "dtype": lambda torch: torch.nan_to_num(torch.ones(2), nan="x"),
              "shape": lambda torch: torch.nan_to_num([1.0]),
          }, formula=r"y = x \text{ where finite}", source="torch.nan_to_num"),
    Entry("where", where_cases(),
          bad={
              "shape": lambda torch: torch.where(torch.ones(2, dtype=torch.bool), torch.ones(3), torch.ones(2)),
              "dtype": lambda torch: torch.where(torch.ones(2), torch.ones(2), torch.ones(2)),
              "argument": lambda torch: torch.where(),
          }, formula=r"y = c\,a + (1 - c)\,b", source="torch.where"),
]
