"""Bags of rows of a table."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import floats, optional, tensors

from .entry import Entry, case


@st.composite
def bag_cases(draw):
    """Bags of equal length, or of lengths from none on; sums (weighted, too), means and maxima."""
    dtype, V, D = draw(floats()), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    weight = draw(tensors((V, D), dtype, unique=True))
    mode = draw(st.sampled_from(("sum", "mean", "max")))
    settings = {"mode": mode, "padding_idx": draw(optional(st.integers(-V, V - 1)))}
    if draw(st.booleans()):
        indices = draw(tensors((draw(st.integers(1, 3)), draw(st.integers(1, 3))), "int64", low=0, high=V - 1))
    else:
        lengths = draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
        last = draw(st.booleans())
        indices = draw(tensors((sum(lengths),), "int64", low=0, high=V - 1))
        settings["offsets"] = np.cumsum([0, *lengths] if last else [0, *lengths[:-1]])
        settings["include_last_offset"] = last
    if mode == "sum" and draw(st.booleans()):
        settings["per_sample_weights"] = draw(tensors(indices.shape, dtype))
    if mode != "max":
        settings["scale_grad_by_freq"] = draw(optional(True)) if mode == "sum" and "per_sample_weights" not in settings else False
    return case(indices, weight, **settings)


def call(torch, indices=(0, 1), weight=(4, 3), offsets=(0,), dtype=None, factors=None, **settings):
    """embedding_bag of ones."""
    if factors is not None:
        settings["per_sample_weights"] = torch.ones(factors)
    offsets = None if offsets is None else torch.tensor(offsets)
    return torch.nn.functional.embedding_bag(torch.tensor(indices), torch.ones(weight, dtype=dtype), offsets, **settings)


ENTRIES = [
    Entry(
        "nn.functional.embedding_bag", bag_cases(), differentiable=(1, "per_sample_weights"), order=1, numeric=False,
        no_empty="torch's gradient fails for tables without rows",
        bad={
            "shape": lambda torch: call(torch, 0), "no offsets": lambda torch: call(torch, offsets=None),
            "offsets of a matrix": lambda torch: call(torch, ((0, 1),)), "first offset": lambda torch: call(torch, offsets=(1,)),
            "last offset": lambda torch: call(torch, offsets=(0, 3)), "offsets' dimensions": lambda torch: call(torch, offsets=((0,),)),
            "no such row": lambda torch: call(torch, (0, 4)), "dtype": lambda torch: call(torch, (0.0, 1.0)),
            "mode": lambda torch: call(torch, mode="prod"), "weights of a mean": lambda torch: call(torch, factors=(2,)),
            "weights' shape": lambda torch: call(torch, factors=(3,), mode="sum"),
            "weights' dtype": lambda torch: call(torch, factors=(2,), mode="sum", dtype=torch.float64),
            "frequency of a maximum": lambda torch: call(torch, mode="max", scale_grad_by_freq=True),
            "sparse maximum": lambda torch: call(torch, mode="max", sparse=True), "padding": lambda torch: call(torch, padding_idx=4),
            "vector": lambda torch: call(torch, weight=(4,)), "integers": lambda torch: call(torch, dtype=torch.int64),
            "argument": lambda torch: torch.nn.functional.embedding_bag(),
        },
        formula=r"y_b = \sum_{k \in b} a_k\, W_{x_k}", source="https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.embedding_bag.html",
        differences=("Ours may be differentiated twice, torch's backward has no derivative.",),
    ),
]
