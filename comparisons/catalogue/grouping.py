"""Group, instance and root-mean-square normalization."""
from math import prod

import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, floats, optional, shapes, sides, tensors

from .entry import Entry, Tolerance, case


def parameters(draw, shape, dtype):
    """A weight and a bias, one, or none."""
    weight, bias = (draw(tensors(shape, dtype)) if draw(st.integers(0, 3)) else OMIT for _ in range(2))
    return {"weight": weight, "bias": OMIT if weight is OMIT else bias}


@st.composite
def group_norm_cases(draw):
    """Batches of two to four dimensions, whose channels fall into one to three groups."""
    dtype, groups, each = draw(floats()), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    shape = (draw(sides(max_side=3)), groups * each, *draw(shapes(0, 2, 2, 4)))
    if prod(shape[2:]) * each == 1:
        shape = (*shape[:2], 2)
    x = draw(tensors(shape, dtype, unique=True))
    x += 2 * np.arange(prod(shape[1:]), dtype=dtype).reshape(shape[1:])
    return case(x, groups, **parameters(draw, (groups * each,), dtype), eps=draw(optional(0.1)))


@st.composite
def instance_norm_cases(draw):
    """Batches with places, by their own statistics or the running ones."""
    dtype, channels = draw(floats()), draw(st.integers(1, 3))
    x = draw(tensors((draw(st.integers(1, 3)), channels, draw(st.integers(2, 5)), *draw(shapes(0, 1, 1, 3))), dtype, unique=True))
    x += 2 * np.arange(x.shape[2], dtype=dtype).reshape(-1, *(1,) * (x.ndim - 3))
    own = draw(st.booleans())
    tracked = not own or draw(st.booleans())
    mean, var = (draw(tensors((channels,), dtype, strided=False, low=0.5)) if tracked else None for _ in range(2))
    return case(x, mean, var, **parameters(draw, (channels,), dtype), use_input_stats=OMIT if own else False,
                momentum=draw(optional(0.25)), eps=draw(optional(0.1)))


def instance_norm(torch, x, mean, var, **settings):
    """The result, and the running statistics after it."""
    mean, var = (None if s is None else s.clone() for s in (mean, var))
    return torch.nn.functional.instance_norm(x, mean, var, **settings), mean, var


@st.composite
def rms_norm_cases(draw):
    """Inputs whose last one or two dimensions are normalized."""
    shape, dtype = draw(shapes(1, 4)), draw(floats())
    normalized = shape[draw(st.integers(max(len(shape) - 2, 0), len(shape) - 1)):]
    x = draw(tensors(shape, dtype))
    weight = draw(tensors(normalized, dtype)) if draw(st.booleans()) else OMIT
    return case(x, draw(st.sampled_from((list, tuple)))(normalized), weight=weight, eps=draw(optional(0.1)))


def call(name):
    """A call of a function on tensors of ones of these shapes."""
    def run(torch, x, *args, dtype=None, **settings):
        tensors = {k: torch.ones(v, dtype=settings.get("others")) for k, v in settings.items() if k in ("weight", "bias", "mean", "var")}
        rest = {k: v for k, v in settings.items() if k not in ("weight", "bias", "mean", "var", "others")}
        names = {"mean": "running_mean", "var": "running_var"}
        tensors = {names.get(k, k): v for k, v in tensors.items()}
        return getattr(torch.nn.functional, name)(torch.ones(x, dtype=dtype), *args, **tensors, **rest)
    return run


group, instance, rms = call("group_norm"), call("instance_norm"), call("rms_norm")

CLOSE = Tolerance("the second order loses digits where a group's values lie close together", float32=16384, float64=16384)

ENTRIES = [
    Entry(
        "nn.functional.group_norm", group_norm_cases(), op="kernels.grouping.group_norm", grad_fn=True,
        tolerance=CLOSE,
        bad={
            "shape": lambda torch: group(torch, (3,), 1), "channels": lambda torch: group(torch, (2, 3), 2),
            "weight's shape": lambda torch: group(torch, (2, 4), 2, weight=(3,)),
            "weight's dimensions": lambda torch: group(torch, (2, 4), 2, weight=(4, 1)),
            "bias's shape": lambda torch: group(torch, (2, 4), 2, weight=(4,), bias=(3,)),
            "dtype": lambda torch: group(torch, (2, 4), 2, dtype=torch.int64),
            "weight's dtype": lambda torch: group(torch, (2, 4), 2, weight=(4,), others=torch.float64),
            "argument": lambda torch: group(torch, (2, 4), 2.0), "no groups": lambda torch: group(torch, (2, 4), 0),
            "negative": lambda torch: group(torch, (2, 4), -2), "one value": lambda torch: group(torch, (1, 4), 4),
            "no batch": lambda torch: group(torch, (0, 4), 2), "no places": lambda torch: group(torch, (2, 4, 0), 2),
        },
        formula=r"y = \frac{x - \mathrm{E}_g[x]}{\sqrt{\mathrm{Var}_g[x] + \varepsilon}} \odot \gamma + \beta",
        source="Wu and He (2018), Group Normalization, equation 7",
    ),
    Entry(
        "nn.functional.instance_norm", instance_norm_cases(), call=instance_norm, differentiable=(0, "weight", "bias"),
        no_empty="torch has no gradient of the parameters there",
        bad={
            "shape": lambda torch: instance(torch, (3,)), "one place": lambda torch: instance(torch, (2, 3, 1)),
            "no places": lambda torch: instance(torch, (2, 3)), "weight's shape": lambda torch: instance(torch, (2, 3, 4), weight=(2,)),
            "statistics' shape": lambda torch: instance(torch, (2, 3, 4), mean=(2,), var=(2,)),
            "dtype": lambda torch: instance(torch, (2, 3, 4), dtype=torch.int64),
            "weight's dtype": lambda torch: instance(torch, (2, 3, 4), weight=(3,), others=torch.float64),
            "argument": lambda torch: instance(torch, (2, 3, 4), momentum=None),
            "no statistics": lambda torch: instance(torch, (2, 3, 4), use_input_stats=False),
            "one statistic": lambda torch: instance(torch, (2, 3, 4), mean=(3,)),
            "no batch": lambda torch: instance(torch, (0, 3, 4)),
        },
        formula=r"y_{n,c} = \frac{x_{n,c} - \mathrm{E}[x_{n,c}]}{\sqrt{\mathrm{Var}[x_{n,c}] + \varepsilon}}\, \gamma_c + \beta_c",
        source="Ulyanov, Vedaldi and Lempitsky (2016), Instance Normalization, equation 3",
    ),
    Entry(
        "nn.functional.rms_norm", rms_norm_cases(), also=("rms_norm",), op="kernels.grouping.rms_norm",
        bad={
            "shape": lambda torch: rms(torch, (2, 3), (2,)), "dimensions": lambda torch: rms(torch, (2, 3), (1, 2, 3)),
            "weight's shape": lambda torch: rms(torch, (2, 3), (3,), weight=(2,)),
            "dtype": lambda torch: rms(torch, (2, 3), (3,), dtype=torch.int64),
            "bool": lambda torch: rms(torch, (2, 3), (3,), dtype=torch.bool, eps=1e-3),
            "argument": lambda torch: rms(torch, (2, 3), 3), "no shape": lambda torch: rms(torch, (2, 3), ()),
            "eps": lambda torch: rms(torch, (2, 3), (3,), eps="x"),
        },
        formula=r"y = \frac{x}{\sqrt{\mathrm{E}[x^2] + \varepsilon}} \odot \gamma",
        source="Zhang and Sennrich (2019), Root Mean Square Layer Normalization, equation 4",
    ),
]
