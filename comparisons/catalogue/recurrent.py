"""Recurrent layers."""
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, floats, optional, sides, tensors

from .entry import Entry, case


@st.composite
def lstm_cases(draw):
    """Sequences for an LSTM of one or two layers, with or without each of its options, initial states and a batch."""
    I, H, layers = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 2))
    settings = {"num_layers": layers, "bias": draw(optional(False)), "batch_first": draw(optional(True)),
                "dropout": draw(st.sampled_from((OMIT, 0.3))) if layers > 1 else OMIT,
                "bidirectional": draw(optional(True)),
                "proj_size": draw(st.integers(1, H - 1)) if H > 1 and draw(st.integers(0, 2)) == 2 else OMIT}
    batched, T, B, dtype = draw(st.integers(0, 3)) > 0, draw(st.integers(1, 3)), draw(sides(max_side=3)), draw(floats())
    shape = (T, I) if not batched else (B, T, I) if settings["batch_first"] is True else (T, B, I)
    x = draw(tensors(shape, dtype, low=-2, high=2))
    if draw(st.booleans()):
        return case(x).built(I, H, **settings)
    states = layers * (2 if settings["bidirectional"] is True else 1)
    sizes = (H if settings["proj_size"] is OMIT else settings["proj_size"]), H
    lead = (states, B) if batched else (states,)
    h, c = (draw(tensors((*lead, n), dtype, low=-2, high=2)) for n in sizes)
    return case(x, (h, c)).built(I, H, **settings)


def lstm(torch, *args, **settings):
    """An LSTM of 3 features and 4 hidden ones."""
    return torch.nn.LSTM(3, 4, *args, **settings)


ENTRIES = [
    Entry(
        "nn.LSTM", lstm_cases(),
        op="kernels.recurrent.lstm",
        bad={
            "shape": lambda torch: lstm(torch)(torch.ones(5, 2, 4)),
            "dimensions": lambda torch: lstm(torch)(torch.ones(3)),
            "no step": lambda torch: lstm(torch)(torch.ones(0, 2, 3)),
            "dtype": lambda torch: lstm(torch)(torch.ones(5, 2, 3, dtype=torch.float64)),
            "integers": lambda torch: lstm(torch)(torch.ones(5, 2, 3, dtype=torch.int64)),
            "state's shape": lambda torch: lstm(torch)(torch.ones(5, 2, 3), (torch.ones(1, 3, 4), torch.ones(1, 3, 4))),
            "cell state's shape": lambda torch: lstm(torch)(torch.ones(5, 2, 3), (torch.ones(1, 2, 4), torch.ones(1, 2, 3))),
            "state without a batch": lambda torch: lstm(torch)(torch.ones(5, 2, 3), (torch.ones(1, 4), torch.ones(1, 4))),
            "state with a batch": lambda torch: lstm(torch)(torch.ones(5, 3), (torch.ones(1, 2, 4), torch.ones(1, 2, 4))),
            "argument": lambda torch: torch.nn.LSTM(3, 0),
            "type of an argument": lambda torch: torch.nn.LSTM(3, 4.0),
            "flag": lambda torch: torch.nn.LSTM(3, 4, bias=1),
            "layers": lambda torch: lstm(torch, 0),
            "dropout": lambda torch: lstm(torch, 2, dropout=2),
            "projection": lambda torch: lstm(torch, proj_size=4),
        },
        formula=(r"\begin{aligned} i, f, o &= \sigma(W_x x_t + b_x + W_h h_{t-1} + b_h), \quad g = \tanh(\ldots) \\"
                 r"c_t &= f \odot c_{t-1} + i \odot g, \quad h_t = o \odot \tanh c_t \end{aligned}"),
        source="Hochreiter and Schmidhuber (1997), Long Short-Term Memory; Gers et al. (2000), Learning to Forget",
        random=True, memory=False,
        differences=("Projections run in the same kernel; torch has them in its slower path only.",
                     "The node is called LstmBackward0; torch's name tells the path taken, such as MkldnnRnnLayerBackward0."),
    ),
]
