"""Layer and batch normalization."""
from math import prod

import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, floats, optional, shapes, sides, tensors

from .entry import Entry, case


@st.composite
def layer_norm_cases(draw):
    """Inputs whose last one or two dimensions are normalized, with or without a scale and a shift."""
    shape, dtype = draw(shapes(1, 4)), draw(floats())
    normalized = shape[draw(st.integers(max(len(shape) - 2, 0), len(shape) - 1)):]
    x = draw(tensors(shape, dtype))
    x += 2 * np.arange(prod(normalized),
                       dtype=dtype).reshape(normalized)     # apart: where all are nearly equal, torch's gradient is coarse
    weight, bias = (draw(tensors(normalized, dtype)) if draw(st.integers(0, 3)) else OMIT for _ in range(2))
    if weight is OMIT:
        bias = OMIT                                   # torch's own second order fails for a shift without a scale
    return case(x, draw(st.sampled_from((list, tuple)))(normalized), weight=weight, bias=bias, eps=draw(optional(0.1)))


@st.composite
def batch_norm_cases(draw):
    """Batches of 2 to 5 dimensions, in training and evaluation, tracked or not, with or without a scale and a shift."""
    dtype, n, channels, ndim = draw(floats()), draw(sides(max_side=3)), draw(st.integers(1, 3)), draw(st.integers(2, 5))
    shape = (n, channels, *(draw(st.integers(1, 9 if ndim < 5 else 3)) for _ in range(ndim - 2)))
    training = draw(st.booleans())
    if training and n == 1:
        shape = (2, *shape[1:])
    x = draw(tensors(shape, dtype, unique=True))
    mean, var = draw(tensors((channels,), dtype, strided=False)), draw(tensors((channels,), dtype, strided=False, low=0.5))
    if training and draw(st.booleans()):
        mean = var = None
    weight, bias = (draw(tensors((channels,), dtype)) if draw(st.integers(0, 3)) else OMIT for _ in range(2))
    if weight is OMIT:
        bias = OMIT                                   # torch's own second order fails for a shift without a scale
    return case(x, mean, var, weight=weight, bias=bias, training=training if training or draw(st.booleans()) else OMIT,
                momentum=draw(optional(0.25)), eps=draw(optional(0.1)))


def batch_norm(torch, x, mean, var, **settings):
    """The result, and the running statistics after it."""
    mean, var = (None if s is None else s.clone() for s in (mean, var))
    return torch.nn.functional.batch_norm(x, mean, var, **settings), mean, var


def layer(torch, *shapes, dtype=None, shape=(3,), weight_dtype=None):
    """A layer norm of an input, a weight and a bias of these shapes."""
    x, *rest = (torch.ones(s, dtype=dtype if k == 0 else weight_dtype) for k, s in enumerate(shapes))
    return torch.nn.functional.layer_norm(x, shape, *rest)


def batch(torch, *shapes, dtype=None, others=None, **settings):
    """A batch norm of an input, running statistics, a weight and a bias of these shapes (None: left out)."""
    x, *rest = (None if s is None else torch.ones(s, dtype=dtype if k == 0 else others) for k, s in enumerate(shapes))
    return torch.nn.functional.batch_norm(x, *rest, **settings)


ENTRIES = [
    Entry(
        "nn.functional.layer_norm", layer_norm_cases(),
        op="kernels.normalization.layer_norm", grad_fn=True,
        bad={
            "shape": lambda torch: layer(torch, (2, 3), shape=(2,)),
            "dimensions": lambda torch: layer(torch, (2, 3), shape=(1, 2, 3)),
            "weight's shape": lambda torch: layer(torch, (2, 3), (2,)),
            "bias's shape": lambda torch: layer(torch, (2, 3), (3,), (1, 3)),
            "dtype": lambda torch: layer(torch, (2, 3), dtype=torch.int64),
            "weight's dtype": lambda torch: layer(torch, (2, 3), (3,), weight_dtype=torch.float64),
            "argument": lambda torch: layer(torch, (2, 3), shape=3),
            "no shape": lambda torch: layer(torch, (2, 3), shape=()),
        },
        formula=r"y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \varepsilon}} \odot \gamma + \beta",
        source="Ba, Kiros and Hinton (2016), Layer Normalization, equation 4",
    ),
    Entry(
        "nn.functional.batch_norm", batch_norm_cases(), call=batch_norm, differentiable=(0, "weight", "bias"),
        op="kernels.normalization.batch_norm",
        bad={
            "shape": lambda torch: batch(torch, (4, 3), (2,), (3,)),
            "one dimension": lambda torch: batch(torch, (3,), None, None, training=True),
            "weight's shape": lambda torch: batch(torch, (4, 3), (3,), (3,), (4,)),
            "bias's shape": lambda torch: batch(torch, (4, 3), (3,), (3,), (3,), (4,)),
            "one value": lambda torch: batch(torch, (1, 3), (3,), (3,), training=True),
            "dtype": lambda torch: batch(torch, (4, 3), (3,), (3,), dtype=torch.int64),
            "statistics' dtype": lambda torch: batch(torch, (4, 3), (3,), (3,), others=torch.float64),
            "argument": lambda torch: batch(torch, (4, 3), (3,), (3,), momentum=None),
            "no statistics": lambda torch: batch(torch, (4, 3), None, None),
            "one statistic": lambda torch: batch(torch, (4, 3), (3,), None, training=True),
            "eps": lambda torch: batch(torch, (4, 3), (3,), (3,), training=True, eps=0.0),
        },
        formula=r"y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \varepsilon}} \odot \gamma + \beta",
        source="Ioffe and Szegedy (2015), Batch Normalization, algorithm 1",
    ),
]
