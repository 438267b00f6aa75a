"""Dropout of channels, and dropout for self-normalizing networks."""
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, floats, shapes, tensors

from .entry import Entry, case

chances = st.sampled_from((0.0, 0.25, 0.5, 0.9, 1.0))


@st.composite
def channel_cases(draw, least, most):
    """Inputs with as many dimensions as allowed."""
    x = draw(tensors(draw(shapes(least, most, max_side=3)), draw(floats())))
    return case(x, draw(chances), draw(st.sampled_from((True, True, False))))


def bad(name, shape):
    """Bad calls that all of them share."""
    call = lambda torch, x, *args, **settings: getattr(torch.nn.functional, name)(x, *args, **settings)
    return {
        "shape": lambda torch: call(torch, torch.ones(3), 0.5, True),
        "dtype": lambda torch: call(torch, torch.ones(shape, dtype=torch.int64), 0.5, True),
        "argument": lambda torch: call(torch, torch.ones(shape), 1.5),
        "negative": lambda torch: call(torch, torch.ones(shape), -0.5),
        "no tensor": lambda torch: call(torch, torch.ones(shape), "x"),
        "leaf in place": lambda torch: call(torch, torch.ones(shape, requires_grad=True), 0.5, True, True),
        "in place": lambda torch: call(torch, torch.ones(shape), 0.0, True, True),
        "everything": lambda torch: call(torch, torch.ones(shape), 1.0, True, True),
    }


def entry(name, cases, shape, formula, source):
    """The entry of one of them."""
    return Entry(f"nn.functional.{name}", cases, random=True, memory=False, bad=bad(name, shape), formula=formula, source=source)


CHANNELS, TOMPSON = r"y_{nc} = x_{nc} m_{nc} / (1 - p), \quad m_{nc} \sim \mathrm{Bernoulli}(1 - p)", "Tompson et al. (2015), section 3.1"
ALPHA = r"y = a (x m + \alpha' (m - 1) + \alpha' p), \quad a = ((1 - p)(1 + p \alpha'^2))^{-1/2}"
SELF = "Klambauer et al. (2017), Self-Normalizing Neural Networks, section 2"

ENTRIES = [
    entry("dropout1d", channel_cases(2, 3), (2, 3), CHANNELS, TOMPSON),
    entry("dropout2d", channel_cases(2, 4), (1, 2, 3, 3), CHANNELS, TOMPSON),
    entry("dropout3d", channel_cases(3, 5), (2, 2, 2, 2), CHANNELS, TOMPSON),
    entry("alpha_dropout", st.builds(lambda x, p, training: case(x, p, **({} if training is OMIT else {"training": training})), tensors(),
                                     chances, st.sampled_from((OMIT, True, True))), (2, 3), ALPHA, SELF),
    entry("feature_alpha_dropout", channel_cases(2, 4), (2, 3), ALPHA, SELF),
]
