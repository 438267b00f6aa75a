"""Embedding."""
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, fill, floats, optional, seeds, shapes, tensors

from .entry import Entry, case


@st.composite
def embedding_cases(draw):
    """Indices of any shape into a table, some of them twice; a padding row, a largest norm."""
    rows, width, dtype = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(floats())
    indices = fill(draw(shapes(0, 3, 1)), draw(st.sampled_from(("int64", "int32"))), draw(seeds), 0, rows - 1)
    return case(indices, draw(tensors((rows, width), dtype, strided=False)), padding_idx=draw(optional(st.integers(-rows, rows - 1))),
                scale_grad_by_freq=draw(optional(True)))


@st.composite
def limited_cases(draw):
    """The same with a largest norm, which changes the table."""
    plain = draw(embedding_cases())
    settings = {"max_norm": draw(st.sampled_from((0.5, 2.0))), "norm_type": draw(st.sampled_from((OMIT, 1.0, 3.0, float("inf"))))}
    return case(*plain.args, **plain.settings, **settings)


def look_up(torch, indices, weight, **settings):
    """The rows, and the table after the call."""
    table = weight.clone()
    return torch.nn.functional.embedding(indices, table, **settings), table


def table(torch, indices, *shape, **settings):
    """A look-up in a table of ones."""
    return torch.nn.functional.embedding(torch.tensor(indices), torch.ones(shape), **settings)


ENTRIES = [
    Entry(
        "nn.functional.embedding", st.one_of(embedding_cases(), limited_cases()), call=look_up,
        op="kernels.embedding.embedding",
        bad={
            "shape": lambda torch: table(torch, [0, 1], 4),
            "too large": lambda torch: table(torch, [0, 4], 4, 2),
            "negative": lambda torch: table(torch, [-1], 4, 2),
            "dtype": lambda torch: table(torch, [0.0, 1.0], 4, 2),
            "small integers": lambda torch: torch.nn.functional.embedding(torch.tensor([0, 1], dtype=torch.uint8), torch.ones(4, 2)),
            "argument": lambda torch: table(torch, [0], 4, 2, padding_idx=4),
            "negative padding": lambda torch: table(torch, [0], 4, 2, padding_idx=-5),
            "no tensor": lambda torch: torch.nn.functional.embedding([0, 1], torch.ones(4, 2)),
        },
        formula=r"y = W_{i,:}, \quad \bar{W}_v = \sum_{k:\,i_k = v} \bar{y}_k",
        source="Bengio et al. (2003), A Neural Probabilistic Language Model",
        numeric=False, no_empty="torch's own second order fails on no index; tests/kernels/test_embedding.py has the first",
        differences=("`sparse=True` is taken, but the gradient is dense.",
                     "With `padding_idx` or `scale_grad_by_freq` the gradient is not that of the values, as in torch."),
    ),
]
