"""Smooth activations."""
from hypothesis import strategies as st

from minitorch.testing.strategies import floats, optional, shapes, tensors

from .entry import Entry, case, cases
from .rectifiers import DOCS, F, bad

ELU = "Clevert, Unterthiner and Hochreiter (2015), Exponential Linear Units, equation 15"
SELU = "Klambauer et al. (2017), Self-Normalizing Neural Networks, equation 2"
CELU = "Barron (2017), Continuously Differentiable Exponential Linear Units, equation 5"


def bad_in_place(name):
    """Bad calls of a function whose name ends in _."""
    call = lambda torch, *args: getattr(torch.nn.functional, name)(*args)
    return {
        "shape": lambda torch: call(torch, torch.ones(0, 2)),
        "dtype": lambda torch: call(torch, torch.tensor([1, 2])),
        "argument": lambda torch: call(torch, torch.ones(2), 1, 2, 3, 4, 5),
        "leaf": lambda torch: call(torch, torch.ones(2, requires_grad=True)),
    }


def on_a_copy(name):
    """The function of x + 0, which it may change."""
    return lambda torch, x, *args: getattr(torch.nn.functional, name)(x + 0, *args)


@st.composite
def halves(draw):
    """A tensor with a dimension that can be halved."""
    shape = list(draw(shapes(1, 3, max_side=3)))
    dim = draw(st.integers(0, len(shape) - 1))
    shape[dim] *= 2
    x = draw(tensors(tuple(shape), draw(floats()), low=-4, high=4))
    return case(x, dim) if draw(st.booleans()) else case(x, dim=dim - len(shape))


smooth = lambda: tensors(low=-4, high=4, avoid=(0.0,))

ENTRIES = [
    Entry(
        "nn.functional.elu", cases(smooth(), optional(2.0), inplace=optional(False)), op="kernels.units.elu", grad_fn=True,
        bad=bad("elu") | {"tensor": lambda torch: F(torch).elu(torch.ones(2), torch.ones(1))},
        formula=r"y = x \text{ if } x > 0 \text{ else } \alpha (e^x - 1)", source=ELU,
    ),
    Entry(
        "nn.functional.elu_", cases(smooth(), optional(2.0)), call=on_a_copy("elu_"), grad_fn=True, bad=bad_in_place("elu_"),
        formula=r"x \leftarrow \alpha (e^x - 1) \text{ if } x \le 0", source=ELU,
        differences=("A negative alpha has its gradient in place too, where torch refuses it.",),
    ),
    Entry(
        "nn.functional.selu", cases(smooth(), inplace=optional(False)), op="kernels.units.elu", grad_fn=True, bad=bad("selu"),
        formula=r"y = \lambda (x \text{ if } x > 0 \text{ else } \alpha (e^x - 1))", source=SELU,
    ),
    Entry(
        "nn.functional.selu_", cases(smooth()), also=("selu_",), call=on_a_copy("selu_"), grad_fn=True, bad=bad_in_place("selu_"),
        formula=r"x \leftarrow \lambda (x \text{ if } x > 0 \text{ else } \alpha (e^x - 1))", source=SELU,
    ),
    Entry(
        "nn.functional.celu", cases(smooth(), optional(2.0), inplace=optional(False)), op="kernels.units.elu", grad_fn=True,
        bad=bad("celu") | {"zero": lambda torch: F(torch).celu(torch.ones(2), 0),
                           "tensor": lambda torch: F(torch).celu(torch.ones(2), torch.ones(1))},
        formula=r"y = x \text{ if } x > 0 \text{ else } \alpha (e^{x/\alpha} - 1)", source=CELU,
    ),
    Entry(
        "nn.functional.celu_", cases(smooth(), optional(2.0)), also=("celu_",), call=on_a_copy("celu_"), grad_fn=True,
        bad=bad_in_place("celu_"),
        formula=r"x \leftarrow \alpha (e^{x/\alpha} - 1) \text{ if } x \le 0", source=CELU,
    ),
    Entry(
        "nn.functional.softplus", cases(tensors(low=-6, high=6), optional(2), threshold=optional(3.3)),
        op="kernels.units.softplus", grad_fn=True, numeric=False,
        bad=bad("softplus", inplace=False) | {"tensor": lambda torch: F(torch).softplus(torch.ones(2), torch.ones(1)),
                                              "zero": lambda torch: F(torch).softplus(torch.ones(2), -1)},
        formula=r"y = \frac{1}{\beta} \log (1 + e^{\beta x})",
        source="Dugas et al. (2001), Incorporating Second-Order Functional Knowledge",
    ),
    Entry(
        "nn.functional.logsigmoid", cases(tensors(low=-6, high=6)), op="kernels.units.logsigmoid", grad_fn=True,
        bad=bad("logsigmoid", inplace=False), formula=r"y = -\log (1 + e^{-x})", source=DOCS + "LogSigmoid.html",
    ),
    Entry(
        "nn.functional.mish", cases(tensors(low=-6, high=6), inplace=optional(False)), op="kernels.units.mish", grad_fn=True,
        bad=bad("mish"), formula=r"y = x \tanh (\log (1 + e^x))", source="Misra (2019), Mish, equation 1",
    ),
    Entry(
        "nn.functional.softsign", cases(tensors(avoid=(0.0,))), grad_fn=True, bad=bad("softsign", inplace=False),
        formula=r"y = \frac{x}{1 + |x|}", source=DOCS + "Softsign.html",
    ),
    Entry(
        "nn.functional.glu", halves(), op="kernels.units.glu", grad_fn=True,
        bad=bad("glu", inplace=False) | {
            "odd": lambda torch: F(torch).glu(torch.ones(3)),
            "dimension": lambda torch: F(torch).glu(torch.ones(2), 1),
            "no dimension": lambda torch: F(torch).glu(torch.tensor(1.0))},
        formula=r"y = a \odot \sigma(b)", source="Dauphin et al. (2016), Language Modeling with Gated Convolutional Networks, equation 1",
    ),
    Entry(
        "nn.functional.gumbel_softmax",
        cases(tensors(st.just((3, 4)), low=-2, high=2), optional(0.5), hard=optional(True), dim=optional(0)),
        random=True, numeric=False, memory=False,
        bad={
            "shape": lambda torch: F(torch).gumbel_softmax(torch.ones(2), dim=3),
            "dtype": lambda torch: F(torch).gumbel_softmax(torch.tensor([1, 2])),
            "argument": lambda torch: F(torch).gumbel_softmax(torch.ones(2), temperature=1),
            "no tensor": lambda torch: F(torch).gumbel_softmax([1.0])},
        formula=r"y_i = \frac{e^{(x_i + g_i)/\tau}}{\sum_j e^{(x_j + g_j)/\tau}}, \quad g = -\log E, \ E \sim \mathrm{Exp}(1)",
        source="Jang, Gu and Poole (2016), Categorical Reparameterization with Gumbel-Softmax, equation 1",
        no_empty="the one-hot form has nothing to choose from in a size of 0",
    ),
]
