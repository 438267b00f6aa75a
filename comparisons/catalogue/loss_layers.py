"""Losses as layers."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, broadcastable, fill, floats, optional, sides, tensors

from .entry import Entry, Tolerance, case

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn."
REDUCTIONS = optional(st.sampled_from(("mean", "sum", "none")))


@st.composite
def reductions(draw):
    """A reduction, said in one of its ways."""
    old = st.sampled_from((OMIT, None, True, False))
    if draw(st.integers(0, 4)) == 4:
        return {"size_average": draw(old), "reduce": draw(old)}
    return {"reduction": draw(REDUCTIONS)}


@st.composite
def pair_cases(draw, **options):
    """Two tensors of one shape."""
    x, y = draw(broadcastable(2, **options))
    x, y = np.broadcast_arrays(x, y)
    return case(x.copy(), y.copy()).built(**draw(reductions()))


@st.composite
def apart_cases(draw):
    """Two tensors that are nowhere equal, where |x - y| has its kink."""
    drawn = draw(pair_cases())
    x, y = drawn.args
    return case(x, np.where(x == y, y + y.dtype.type(0.5), y)).built(**drawn.constructor[1])


@st.composite
def labels(draw, probabilities=False, smoothing=False):
    """Scores (C), (N, C) or (N, C, d), and labels, some of them ignored, or probabilities; weights now and then."""
    C, dtype = draw(st.integers(1, 4)), draw(floats())
    form = draw(st.sampled_from(("vector", "batch", "batch", "images")))
    shape = {"vector": (C,), "batch": (draw(sides()), C), "images": (draw(sides(max_side=3)), C, 2)}[form]
    x = draw(tensors(shape, dtype, low=-3, high=3))
    settings = {"weight": draw(tensors((C,), dtype, strided=False, low=0.25, high=2)) if draw(st.booleans()) else OMIT} | draw(reductions())
    if smoothing:
        settings["label_smoothing"] = draw(optional(st.sampled_from((0.125, 1.0))))
    if probabilities and draw(st.integers(0, 2)) == 0:
        return case(x, draw(tensors(shape, dtype, low=0, high=1))).built(**settings)
    target = np.asarray(fill(shape[:1] + shape[2:] if len(shape) > 1 else (), "int64", draw(st.integers(0, 2**20)), 0, C - 1))
    ignored = draw(st.sampled_from((OMIT, 0, -1)))
    if ignored == -1 and target.size > 1:
        target.flat[0] = -1
    return case(x, target).built(**settings, ignore_index=ignored)


@st.composite
def probability_cases(draw, logits=False):
    """Probabilities that keep off 0 and 1 (or scores), targets between 0 and 1, weights that broadcast."""
    x, y = draw(broadcastable(2))
    shape, dtype = np.broadcast_shapes(x.shape, y.shape), x.dtype.name
    bounds = {"low": -3, "high": 3} if logits else {"low": 0.125, "high": 0.875}
    x, y = draw(tensors(shape, dtype, **bounds)), draw(tensors(shape, dtype, low=0.125, high=0.875))
    weight = lambda: draw(tensors(shape[-1:], dtype, strided=False, low=0.25, high=2)) if draw(st.booleans()) else OMIT
    settings = {"weight": weight()} | draw(reductions())
    if logits:
        settings["pos_weight"] = weight()
    return case(x, y).built(**settings)


def bad(name, x=(2, 3), y=(2, 3)):
    """Bad calls that losses of two tensors share."""
    loss = lambda torch, **settings: getattr(torch.nn, name)(**settings)
    return {
        "shape": lambda torch: loss(torch)(torch.ones(2, 3), torch.ones(2, 4)),
        "reduction": lambda torch: loss(torch, reduction="average")(torch.ones(x), torch.ones(y)),
        "argument": lambda torch: loss(torch)(torch.ones(x)),
        "dtype": lambda torch: loss(torch)(torch.ones(x, dtype=torch.int64), torch.ones(y, dtype=torch.int64)),
        "type": lambda torch: loss(torch)([1.0], torch.ones(y)),
    }


def bad_labels(name):
    """Bad calls of the losses of labels."""
    loss = lambda torch, **settings: getattr(torch.nn, name)(**settings)
    return {
        "shape": lambda torch: loss(torch)(torch.ones(2, 3), torch.tensor([0, 1, 2])),
        "dimensions": lambda torch: loss(torch)(torch.ones(2, 3), torch.tensor([[0], [1]])),
        "no class": lambda torch: loss(torch)(torch.ones(2, 3), torch.tensor([0, 3])),
        "dtype": lambda torch: loss(torch)(torch.ones(2, 3), torch.ones(2)),
        "reduction": lambda torch: loss(torch, reduction="average")(torch.ones(2, 3), torch.tensor([0, 1])),
        "weight": lambda torch: loss(torch, weight=torch.ones(2))(torch.ones(2, 3), torch.tensor([0, 1])),
        "argument": lambda torch: loss(torch)(torch.ones(2, 3)),
    }


ENTRIES = [
    Entry("nn.L1Loss", apart_cases(), op="kernels.loss.l1_loss", bad=bad("L1Loss"), formula=r"\ell = |x - y|", source=DOCS + "L1Loss.html"),
    Entry("nn.MSELoss", pair_cases(), op="kernels.loss.mse_loss", bad=bad("MSELoss"), formula=r"\ell = (x - y)^2",
          source=DOCS + "MSELoss.html"),
    Entry("nn.NLLLoss", labels(), op="kernels.loss.nll_loss", bad=bad_labels("NLLLoss"), formula=r"\ell = -w_y x_y",
          source=DOCS + "NLLLoss.html"),
    Entry("nn.CrossEntropyLoss", labels(probabilities=True, smoothing=True), op="kernels.loss.cross_entropy",
          bad=bad_labels("CrossEntropyLoss"),
          formula=r"\ell = -\sum_c w_c y_c \log \frac{e^{x_c}}{\sum_k e^{x_k}}", source=DOCS + "CrossEntropyLoss.html"),
    Entry("nn.BCELoss", probability_cases(), op="kernels.loss.binary_cross_entropy",
          tolerance=Tolerance("torch adds 1e-12 to the denominators of its second derivative", float64=2**15),
          bad=bad("BCELoss") | {"no probability": lambda torch: torch.nn.BCELoss()(torch.tensor([2.0]), torch.tensor([1.0]))},
          formula=r"\ell = -w (y \log x + (1 - y) \log(1 - x))", source=DOCS + "BCELoss.html"),
    Entry("nn.BCEWithLogitsLoss", probability_cases(logits=True), op="kernels.loss.binary_cross_entropy_with_logits",
          bad=bad("BCEWithLogitsLoss"),
          formula=r"\ell = -w (p y \log \sigma(x) + (1 - y) \log(1 - \sigma(x)))", source=DOCS + "BCEWithLogitsLoss.html"),
]
