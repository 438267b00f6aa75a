"""Activation layers."""
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, dims, optional, tensors

from .entry import Entry, case

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn."


@st.composite
def plain_cases(draw, avoid=(), **settings):
    """A layer with these settings, on values that keep off its kinks."""
    x = draw(tensors(avoid=avoid, low=-4, high=4))
    return case(x).built(**{name: draw(value) if isinstance(value, st.SearchStrategy) else value for name, value in settings.items()})


@st.composite
def inplace_cases(draw, avoid=(), **settings):
    """The same; in place now and then, on a copy, for a leaf that needs a gradient may not change."""
    drawn = draw(plain_cases(avoid, **settings))
    args, given = drawn.constructor
    return drawn.built(*args, **given, inplace=draw(optional(True)))


@st.composite
def leaky_cases(draw):
    """Any slope; in place none below zero, from which torch could not find back to the input."""
    x, slope = draw(tensors(avoid=(0,), low=-4, high=4)), draw(optional(st.sampled_from((0.25, -0.5))))
    return case(x).built(negative_slope=slope, inplace=OMIT if slope == -0.5 else draw(optional(True)))


@st.composite
def along_dim_cases(draw):
    """A softmax along a dimension, or along the one that old programs mean."""
    x = draw(tensors(low=-4, high=4))
    return case(x).built(draw(dims(x)) if draw(st.integers(0, 4)) else OMIT)


def on_a_copy(torch, layer, x):
    """The layer of x + 0, which an in-place layer may change."""
    return layer(x + 0)


def bad(name, *args):
    """Bad calls that all activations share."""
    layer = lambda torch, *more: getattr(torch.nn, name)(*(more or args))
    return {
        "dtype": lambda torch: layer(torch)(torch.tensor([True, False])),
        "integers": lambda torch: layer(torch)(torch.tensor([-1, 2])),
        "half": lambda torch: layer(torch)(torch.tensor([-1.0, 2.0], dtype=torch.float16)),
        "argument": lambda torch: layer(torch)(torch.ones(2), 1),
        "arguments": lambda torch: layer(torch, 1, 2, 3),
        "shape": lambda torch: layer(torch)(torch.ones(2, 0)),
        "no input": lambda torch: layer(torch)(),
    }


ENTRIES = [
    Entry("nn.ReLU", inplace_cases(avoid=(0,)), call=on_a_copy,
          bad=bad("ReLU") | {"leaf": lambda torch: torch.nn.ReLU(True)(torch.ones(2, requires_grad=True))},
          formula=r"y = \max(x, 0)", source=DOCS + "ReLU.html", op="kernels.activation.relu"),
    Entry("nn.LeakyReLU", leaky_cases(), call=on_a_copy,
          bad=bad("LeakyReLU") | {"leaf": lambda torch: torch.nn.LeakyReLU(inplace=True)(torch.ones(2, requires_grad=True))},
          formula=r"y = \max(x, 0) + \alpha \min(x, 0)", source=DOCS + "LeakyReLU.html", op="kernels.activation.leaky_relu"),
    Entry("nn.GELU", plain_cases(approximate=optional("tanh")),
          bad=bad("GELU") | {"approximation": lambda torch: torch.nn.GELU("cubic")(torch.ones(1))},
          formula=r"y = x \Phi(x)", source="Hendrycks and Gimpel (2016), Gaussian Error Linear Units", op="kernels.activation.gelu"),
    Entry("nn.SiLU", inplace_cases(), call=on_a_copy,
          bad=bad("SiLU") | {"leaf": lambda torch: torch.nn.SiLU(True)(torch.ones(2, requires_grad=True))},
          formula=r"y = x \sigma(x)", source="Elfwing et al. (2017), Sigmoid-Weighted Linear Units", op="kernels.activation.silu"),
    Entry("nn.Sigmoid", plain_cases(), bad=bad("Sigmoid"), formula=r"y = \frac{1}{1 + e^{-x}}", source=DOCS + "Sigmoid.html",
          op="ops.elementwise.sigmoid"),
    Entry("nn.Tanh", plain_cases(), bad=bad("Tanh"), formula=r"y = \tanh x", source=DOCS + "Tanh.html", op="ops.elementwise.tanh"),
    Entry("nn.Softmax", along_dim_cases(), op="kernels.activation.softmax",
          bad=bad("Softmax", 0) | {"dimension": lambda torch: torch.nn.Softmax(3)(torch.ones(2, 2))},
          formula=r"y_i = e^{x_i} / \sum_j e^{x_j}", source=DOCS + "Softmax.html"),
    Entry("nn.LogSoftmax", along_dim_cases(), op="kernels.activation.log_softmax",
          bad=bad("LogSoftmax", 0) | {"dimension": lambda torch: torch.nn.LogSoftmax(3)(torch.ones(2, 2))},
          formula=r"y_i = x_i - \log \sum_j e^{x_j}", source=DOCS + "LogSoftmax.html"),
]
