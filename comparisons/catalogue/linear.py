"""The linear function."""
from hypothesis import strategies as st

from minitorch.testing.strategies import shapes, sides, together

from .entry import Entry, case


@st.composite
def linear_cases(draw):
    """Inputs of any number of dimensions, with a bias or without; now and then a weight without the dimension of the outputs."""
    lead, n, m = draw(shapes(0, 3)), draw(sides()), draw(sides())
    if draw(st.integers(0, 7)) == 7:
        return case(*draw(together((*lead, n), (n,), low=-2, high=2)))
    x, weight, bias = draw(together((*lead, n), (m, n), (m,), low=-2, high=2))
    return case(x, weight, bias) if draw(st.booleans()) else case(x, weight)


def call(torch, *shapes, dtype=None, **settings):
    """linear of tensors of these shapes."""
    return torch.nn.functional.linear(*[torch.ones(s, dtype=dtype) for s in shapes], **settings)


ENTRIES = [
    Entry(
        "nn.functional.linear", linear_cases(),
        bad={
            "shape": lambda torch: call(torch, (2, 4), (5, 3)),
            "shape and bias": lambda torch: call(torch, (2, 2, 4), (5, 3), (5,)),
            "vector": lambda torch: call(torch, (4,), (5, 3)),
            "bias": lambda torch: call(torch, (2, 3), (5, 3), (4,)),
            "bias of one": lambda torch: call(torch, (2, 3), (5, 3), (1,)),
            "bias as a row": lambda torch: call(torch, (2, 3), (5, 3), (1, 5)),
            "bias too large": lambda torch: call(torch, (2, 3), (5, 3), (3, 2, 5)),
            "input without dimensions": lambda torch: call(torch, (), (5, 3)),
            "weight without dimensions": lambda torch: call(torch, (2, 3), ()),
            "weight of 3 dimensions": lambda torch: call(torch, (2, 3), (4, 5, 3)),
            "vector weight": lambda torch: call(torch, (2, 4), (3,)),
            "vector weight and bias": lambda torch: call(torch, (2, 3), (3,), (1,)),
            "two vectors and a bias": lambda torch: call(torch, (3,), (3,), ()),
            "dtype": lambda torch: torch.nn.functional.linear(torch.ones(2, 3), torch.ones(5, 3, dtype=torch.float64)),
            "dtype of the bias": lambda torch: torch.nn.functional.linear(
                torch.ones(2, 3), torch.ones(5, 3), torch.ones(5, dtype=torch.float64)),
            "integers": lambda torch: call(torch, (2, 3), (5, 3), (5,), dtype=torch.int64),
            "bool": lambda torch: call(torch, (2, 3), (5, 3), dtype=torch.bool),
            "half": lambda torch: call(torch, (2, 3), (5, 3), (5,), dtype=torch.float16),
            "argument": lambda torch: torch.nn.functional.linear([[1.0, 2.0]], torch.ones(5, 2)),
            "weight": lambda torch: torch.nn.functional.linear(torch.ones(2, 3), None),
        },
        formula=r"y = x W^\top + b", source="https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.linear.html",
        op="kernels.linear.linear",
        differences=("A bias of several dimensions may broadcast against every input; torch takes some for strided inputs only.",),
    ),
]
