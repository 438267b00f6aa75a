"""Losses that ask for a margin."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, broadcastable, fill, floats, seeds, shapes, sides, tensors, together

from .entry import Entry, case, given
from .loss import legacy, reductions

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn."
F = lambda torch: torch.nn.functional


def signs(shape, dtype, code):
    """-1 and 1, drawn."""
    return np.asarray(fill(shape, "int64", code, 0, 1) * 2 - 1, dtype)


@st.composite
def settings(draw, **more):
    """A reduction in one of its ways, and others."""
    return given({"reduction": draw(reductions), **draw(legacy)} | {k: draw(v) for k, v in more.items()})


@st.composite
def ranking_cases(draw):
    """Two inputs and a label for each pair; their differences keep off the margins."""
    shape = draw(shapes())
    x, y = draw(together(shape, shape))
    return case(x, np.asarray(y + x.dtype.type(1 / 64)), signs(shape, x.dtype, draw(seeds)),
                **draw(settings(margin=st.sampled_from((OMIT, 0.5)))))


@st.composite
def pair_cases(draw, **more):
    """Inputs and labels of one shape or broadcasting; the inputs keep off the margins."""
    x, target = draw(broadcastable(2, avoid=(0.0,)))
    target = target if np.broadcast_shapes(x.shape, target.shape) == x.shape else x
    return case(np.asarray(x + x.dtype.type(1 / 64)), np.asarray(np.sign(target)), **draw(settings(**more)))


@st.composite
def cosine_cases(draw):
    """Vectors with and without a batch."""
    lead, dtype = draw(st.sampled_from(((), (draw(sides()),)))), draw(floats())
    size = draw(st.integers(1, 4))
    x, y = draw(together((*lead, size), (*lead, size), dtype=dtype, low=0.25, high=3))
    return case(x, y * signs(y.shape, dtype, draw(seeds)), signs(lead, dtype, draw(seeds)),
                **draw(settings(margin=st.sampled_from((OMIT, 0.37)))))


@st.composite
def triplet_cases(draw, plain=False):
    """Anchors, positives and negatives; no two numbers at the same place are equal."""
    shape, dtype = (*draw(shapes(0, 2)), draw(st.integers(1, 4))), draw(floats())
    anchor = draw(tensors(shape, dtype))
    positive, negative = (anchor + draw(tensors(shape, dtype, low=0.25, high=2)) * sign for sign in (1, -1))
    # margins that no sum of grid points meets
    more = {"reduction": draw(reductions), "margin": draw(st.sampled_from((1.037, 2.513))), "swap": draw(st.sampled_from((OMIT, True)))}
    if not plain:
        more["p"] = draw(st.sampled_from((OMIT, 1, 3.0)))
    return case(anchor, positive, negative, **given(more))


@st.composite
def class_cases(draw):
    """Scores with and without a batch, classes, weights."""
    lead, dtype, classes = draw(st.sampled_from(((), (draw(sides(1)),)))), draw(floats()), draw(st.integers(1, 4))
    x = draw(tensors((*lead, classes), dtype)) + np.arange(classes).astype(dtype) / 64
    target = fill(lead, "int64", draw(seeds), 0, classes - 1)
    weight = draw(tensors((classes,), dtype, low=0.25)) if draw(st.booleans()) else OMIT
    return case(x, target, **draw(settings(p=st.sampled_from((OMIT, 1, 2)), margin=st.sampled_from((OMIT, 0.505)), weight=st.just(weight))))


@st.composite
def several_class_cases(draw):
    """Scores, and in each row the classes that hold."""
    lead, dtype, classes = draw(st.sampled_from(((), (draw(sides()),)))), draw(floats()), draw(st.integers(1, 4))
    x = draw(tensors((*lead, classes), dtype)) + np.arange(classes).astype(dtype) / 64
    target = fill((*lead, classes), "int64", draw(seeds), -1, classes - 1)
    return case(x, target, **draw(settings()))


@st.composite
def several_label_cases(draw):
    """Logits, labels of 0 and 1, weights."""
    shape, dtype = (*draw(shapes(0, 2)), draw(st.integers(1, 4))), draw(floats())
    weight = draw(tensors(shape[-1:], dtype, low=0.25)) if draw(st.booleans()) else OMIT
    return case(draw(tensors(shape, dtype)), np.asarray((signs(shape, dtype, draw(seeds)) + 1) / 2),
                **draw(settings(weight=st.just(weight))))


def bad(name, *shapes_of):
    """Bad calls that these losses share; the shapes of their inputs."""
    ones = lambda torch, **how: [torch.ones(s, **how) for s in shapes_of]
    return {
        "shape": lambda torch: getattr(F(torch), name)(torch.ones(4, 5), *ones(torch)[1:]),
        "reduction": lambda torch: getattr(F(torch), name)(*ones(torch), reduction="max"),
        "argument": lambda torch: getattr(F(torch), name)(*ones(torch), scale=2),
        "dtype": lambda torch: getattr(F(torch), name)(*ones(torch)[:-1], "x"),
    }


ENTRIES = [
    Entry(
        "nn.functional.margin_ranking_loss", ranking_cases(), differentiable=(0, 1), grad_fn=False,
        bad=bad("margin_ranking_loss", (3,), (3,), (3,)) | {
            "dimensions": lambda torch: F(torch).margin_ranking_loss(torch.ones(3), torch.ones(3, 1), torch.ones(3)),
            "integers": lambda torch: F(torch).margin_ranking_loss(*[torch.ones(3, dtype=torch.int64)] * 3)},
        formula=r"\ell_n = \max(0, -t_n (x_n - y_n) + m)", source=DOCS + "MarginRankingLoss.html",
    ),
    Entry(
        "nn.functional.hinge_embedding_loss", pair_cases(margin=st.sampled_from((OMIT, 1.5))), differentiable=(0,),
        bad=bad("hinge_embedding_loss", (3,), (3,)) | {
            "neither": lambda torch: F(torch).hinge_embedding_loss(torch.ones(3), torch.zeros(3), reduction="none")},
        formula=r"\ell_n = x_n \text{ if } t_n = 1, \ \max(0, m - x_n) \text{ if } t_n = -1", source=DOCS + "HingeEmbeddingLoss.html",
    ),
    Entry(
        "nn.functional.cosine_embedding_loss", cosine_cases(), differentiable=(0, 1),
        bad=bad("cosine_embedding_loss", (2, 3), (2, 3), (2,)) | {
            "one dimension": lambda torch: F(torch).cosine_embedding_loss(torch.ones(3), torch.ones(3), torch.ones(1)),
            "target's dimensions": lambda torch: F(torch).cosine_embedding_loss(torch.ones(2, 3), torch.ones(2, 3), torch.ones(2, 1)),
            "target's size": lambda torch: F(torch).cosine_embedding_loss(torch.ones(2, 3), torch.ones(2, 3), torch.ones(3))},
        formula=r"\ell_n = 1 - \cos(x_n, y_n) \text{ if } t_n = 1, \ \max(0, \cos(x_n, y_n) - m) \text{ if } t_n = -1",
        source=DOCS + "CosineEmbeddingLoss.html",
    ),
    Entry(
        "nn.functional.triplet_margin_loss", triplet_cases(),
        bad=bad("triplet_margin_loss", (2, 3), (2, 3), (2, 3)) | {
            "margin": lambda torch: F(torch).triplet_margin_loss(*[torch.ones(2, 3)] * 3, margin=0),
            "dimensions": lambda torch: F(torch).triplet_margin_loss(torch.ones(2, 3), torch.ones(3), torch.ones(2, 3))},
        formula=r"\ell = \max(0, d(a, p) - d(a, n) + m)", source="Balntas et al. (2016), equation 3",
    ),
    Entry(
        "nn.functional.triplet_margin_with_distance_loss", triplet_cases(plain=True),
        bad=bad("triplet_margin_with_distance_loss", (2, 3), (2, 3), (2, 3)) | {
            "margin": lambda torch: F(torch).triplet_margin_with_distance_loss(*[torch.ones(2, 3)] * 3, margin=-1),
            "dimensions": lambda torch: F(torch).triplet_margin_with_distance_loss(torch.ones(2, 3), torch.ones(3), torch.ones(2, 3)),
            "another distance": lambda torch: F(torch).triplet_margin_with_distance_loss(
                torch.zeros(2, 3), torch.ones(2, 3), torch.ones(2, 3) * 3, distance_function=lambda x, y: (x - y).abs().sum(1), swap=True)},
        formula=r"\ell = \max(0, d(a, p) - d(a, n) + m)", source=DOCS + "TripletMarginWithDistanceLoss.html",
    ),
    Entry(
        "nn.functional.soft_margin_loss", pair_cases(), differentiable=(0,), op="kernels.margin.soft_margin_loss", grad_fn=True,
        bad=bad("soft_margin_loss", (3,), (3,)) | {
            "integers": lambda torch: F(torch).soft_margin_loss(*[torch.ones(3, dtype=torch.int64)] * 2)},
        formula=r"\ell_n = \log (1 + e^{-t_n x_n})", source=DOCS + "SoftMarginLoss.html",
        differences=("It is finite where torch's exponential overflows.",),
    ),
    Entry(
        "nn.functional.multi_margin_loss", class_cases(), differentiable=(0,), order=1,
        bad=bad("multi_margin_loss", (2, 3), (2,)) | {
            "power": lambda torch: F(torch).multi_margin_loss(torch.ones(2, 3), torch.tensor([0, 1]), p=3),
            "no class": lambda torch: F(torch).multi_margin_loss(torch.ones(2, 3), torch.tensor([0, 3])),
            "weight's shape": lambda torch: F(torch).multi_margin_loss(torch.ones(2, 3), torch.tensor([0, 1]), weight=torch.ones(2)),
            "target's shape": lambda torch: F(torch).multi_margin_loss(torch.ones(2, 3), torch.tensor([[0], [1]])),
            "dimensions": lambda torch: F(torch).multi_margin_loss(torch.ones(2, 3, 4), torch.tensor([0, 1])),
            "integers": lambda torch: F(torch).multi_margin_loss(torch.ones(2, 3, dtype=torch.int64), torch.tensor([0, 1]))},
        formula=r"\ell_n = \frac{1}{C} \sum_{i \ne t_n} w_{t_n} \max(0, m - x_{n, t_n} + x_{n, i})^p", source=DOCS + "MultiMarginLoss.html",
        differences=("Several nodes of the graph where torch has one.", "There is a second derivative; torch has none."),
        no_empty="torch's mean over no sample is whatever was in memory",
    ),
    Entry(
        "nn.functional.multilabel_margin_loss", several_class_cases(), differentiable=(0,), order=1,
        bad=bad("multilabel_margin_loss", (2, 3), (2, 3)) | {
            "no class": lambda torch: F(torch).multilabel_margin_loss(torch.ones(3), torch.tensor([0, 3, -1])),
            "target's shape": lambda torch: F(torch).multilabel_margin_loss(torch.ones(2, 3), torch.tensor([0, 2, -1])),
            "dimensions": lambda torch: F(torch).multilabel_margin_loss(torch.ones(1, 2, 3), torch.zeros(1, 2, 3, dtype=torch.int64)),
            "integers": lambda torch: F(torch).multilabel_margin_loss(torch.tensor([1, 2]), torch.tensor([0, -1]))},
        formula=r"\ell_n = \frac{1}{C} \sum_{j \in t_n} \sum_{i \notin t_n} \max(0, 1 - x_{n, j} + x_{n, i})",
        source=DOCS + "MultiLabelMarginLoss.html",
        differences=("Several nodes of the graph where torch has one.", "There is a second derivative; torch has none."),
    ),
    Entry(
        "nn.functional.multilabel_soft_margin_loss", several_label_cases(), differentiable=(0,),
        bad=bad("multilabel_soft_margin_loss", (2, 3), (2, 3)) | {
            "integers": lambda torch: F(torch).multilabel_soft_margin_loss(torch.tensor([[1, 2]]), torch.ones(1, 2))},
        formula=r"\ell_n = -\frac{1}{C} \sum_c w_c (t_{nc} \log \sigma(x_{nc}) + (1 - t_{nc}) \log \sigma(-x_{nc}))",
        source=DOCS + "MultiLabelSoftMarginLoss.html",
    ),
]
