"""Convolutions."""
from hypothesis import strategies as st

from minitorch.testing.strategies import conv_cases

from .entry import Entry, case


@st.composite
def convolutions(draw, dims=2):
    """Calls of a convolution."""
    drawn = draw(conv_cases(dims))
    arrays = (drawn.input, drawn.weight) if drawn.bias is None else (drawn.input, drawn.weight, drawn.bias)
    return case(*arrays, **drawn.settings)


def call(torch, x=(2, 3, 8, 8), weight=(4, 3, 3, 3), bias=(4,), dtype=None, **settings):
    """conv2d of tensors of these shapes."""
    x, weight = torch.ones(x, dtype=dtype), torch.ones(weight, dtype=dtype)
    return torch.nn.functional.conv2d(x, weight, None if bias is None else torch.ones(bias, dtype=dtype), **settings)


ENTRIES = [
    Entry(
        "nn.functional.conv2d", convolutions(), also=("conv2d",), op="kernels.convolution.conv2d", grad_fn=True,
        bad={
            "shape": lambda torch: call(torch, (2, 2, 8, 8)),
            "channels of no images": lambda torch: call(torch, (0, 2, 8, 8)),
            "input of 2 dimensions": lambda torch: call(torch, (8, 8)),
            "input of 5 dimensions": lambda torch: call(torch, (2, 3, 3, 8, 8)),
            "weight of 3 dimensions": lambda torch: call(torch, weight=(4, 3, 3)),
            "weight of 1 dimension": lambda torch: call(torch, weight=(4,)),
            "bias": lambda torch: call(torch, bias=(3,)),
            "bias of one": lambda torch: call(torch, bias=(1,)),
            "bias without dimensions": lambda torch: call(torch, bias=()),
            "too small": lambda torch: call(torch, (2, 3, 2, 8)),
            "no rows": lambda torch: call(torch, (2, 3, 0, 8), padding=1),
            "no rows but padding": lambda torch: call(torch, (2, 3, 0, 8), padding=2),
            "no channels": lambda torch: call(torch, (2, 0, 8, 8), (4, 0, 3, 3)),
            "no filters": lambda torch: call(torch, weight=(0, 3, 3, 3), bias=(0,)),
            "no kernel": lambda torch: call(torch, weight=(4, 3, 0, 3)),
            "dtype": lambda torch: torch.nn.functional.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2, dtype=torch.float64)),
            "dtype of the bias": lambda torch: torch.nn.functional.conv2d(
                torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2), torch.ones(1, dtype=torch.float64)),
            "integers": lambda torch: call(torch, dtype=torch.int64, padding=1),
            "uint8": lambda torch: call(torch, dtype=torch.uint8),
            "bool": lambda torch: call(torch, dtype=torch.bool),
            "half": lambda torch: call(torch, dtype=torch.float16),
            "argument": lambda torch: torch.nn.functional.conv2d([[1.0]], torch.ones(1, 1, 2, 2)),
            "stride": lambda torch: call(torch, stride=0),
            "three strides": lambda torch: call(torch, stride=(1, 2, 3)),
            "one stride in a tuple": lambda torch: call(torch, stride=(2,)),
            "dilation": lambda torch: call(torch, dilation=-1),
            "padding": lambda torch: call(torch, padding=-1),
            "padding's type": lambda torch: call(torch, padding=1.0),
            "padding's name": lambda torch: call(torch, padding="smae"),
            "same with a stride": lambda torch: call(torch, padding="same", stride=2),
            "no padding at all": lambda torch: call(torch, padding=()),
            "bool padding": lambda torch: call(torch, padding=True),
            "groups": lambda torch: call(torch, groups=0),
            "filters in groups": lambda torch: call(torch, weight=(4, 1, 3, 3), groups=3),
            "channels in groups": lambda torch: call(torch, (2, 5, 8, 8), (6, 2, 3, 3), (6,), groups=2),
            "groups' type": lambda torch: call(torch, (2, 4, 8, 8), (6, 2, 3, 3), (6,), groups=2.0),
        },
        formula=r"y_{n,o,i,j} = b_o + \sum_{c,k,l} W_{o,c,k,l}\, x_{n,\,c,\,is+kd-p,\,js+ld-p}",
        source="Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, relation 6",
        differences=("padding='same' with an even kernel warns in torch, of a copy that it makes; ours makes none.",),
    ),
]
