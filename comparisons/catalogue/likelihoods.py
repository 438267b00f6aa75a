"""Divergence, and likelihoods of Poisson and normal variables."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, broadcastable, floats, shapes, tensors

from .entry import Entry, case, given
from .loss import legacy, reductions
from .margins import DOCS, F, bad


@st.composite
def divergence_cases(draw):
    """Log-probabilities and probabilities, or logarithms of both."""
    logs = draw(st.booleans())
    x, target = draw(broadcastable(2))
    reduction = draw(st.sampled_from(("sum", "none", "batchmean", "mean")))
    return case(x, target if logs else np.asarray(abs(target) + target.dtype.type(0.25)), reduction=reduction,
                **given({"log_target": logs or OMIT}))


@st.composite
def poisson_cases(draw):
    """Rates or their logarithms, and counts."""
    logs = draw(st.sampled_from((OMIT, True, False)))
    x, target = draw(broadcastable(2, low=0.25, high=3))
    return case(x, target, **given({"log_input": logs, "full": draw(st.sampled_from((OMIT, True))), "reduction": draw(reductions),
                                    "eps": draw(st.sampled_from((OMIT, 1e-3)))} | draw(legacy)))


@st.composite
def gaussian_cases(draw):
    """Variances in each of their shapes."""
    shape, dtype = draw(shapes(1, 3)), draw(floats())
    form = draw(st.sampled_from((shape, (*shape[:-1], 1), shape[:-1], None)))
    var = 0.75 if form is None else draw(tensors(form, dtype, low=0.25, high=3))
    return case(draw(tensors(shape, dtype)), draw(tensors(shape, dtype)), var,
                **given({"full": draw(st.sampled_from((OMIT, True))), "reduction": draw(reductions)}))


ENTRIES = [
    Entry(
        "nn.functional.kl_div", divergence_cases(),
        bad=bad("kl_div", (2, 3), (2, 3)) | {
            "integers": lambda torch: F(torch).kl_div(torch.ones(2, dtype=torch.int64), torch.ones(2)),
            "integer targets": lambda torch: F(torch).kl_div(torch.ones(2), torch.ones(2, dtype=torch.int64)),
            "zero": lambda torch: F(torch).kl_div(torch.ones(2), torch.zeros(2)),
            "old words": lambda torch: F(torch).kl_div(torch.ones(2), torch.ones(2), size_average=False)},
        formula=r"\ell_n = t_n (\log t_n - x_n)", source="Kullback and Leibler (1951), On Information and Sufficiency",
    ),
    Entry(
        "nn.functional.poisson_nll_loss", poisson_cases(),
        bad=bad("poisson_nll_loss", (3,), (3,)) | {
            "integers": lambda torch: F(torch).poisson_nll_loss(torch.tensor([1, 2]), torch.ones(2))},
        formula=r"\ell_n = e^{x_n} - t_n x_n", source=DOCS + "PoissonNLLLoss.html",
    ),
    Entry(
        "nn.functional.gaussian_nll_loss", gaussian_cases(),
        bad={
            "shape": lambda torch: F(torch).gaussian_nll_loss(torch.ones(2, 3), torch.ones(2, 3), torch.ones(3)),
            "target's shape": lambda torch: F(torch).gaussian_nll_loss(torch.ones(3), torch.ones(2), torch.ones(3)),
            "dtype": lambda torch: F(torch).gaussian_nll_loss(torch.ones(3), torch.ones(3), "x"),
            "argument": lambda torch: F(torch).gaussian_nll_loss(torch.ones(3), torch.ones(3), torch.ones(3), reduction="max"),
            "negative": lambda torch: F(torch).gaussian_nll_loss(torch.ones(3), torch.ones(3), -torch.ones(3)),
            "a negative number": lambda torch: F(torch).gaussian_nll_loss(torch.ones(3), torch.ones(3), -1.0),
            "integer": lambda torch: F(torch).gaussian_nll_loss(torch.ones(3), torch.ones(3), 1),
            "least variance": lambda torch: F(torch).gaussian_nll_loss(torch.ones(3), torch.ones(3), torch.zeros(3), eps=0.5)},
        formula=r"\ell_n = \frac12 \left( \log v_n + \frac{(x_n - t_n)^2}{v_n} \right)", source="Nix and Weigend (1994), equation 4",
    ),
]
