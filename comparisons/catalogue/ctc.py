"""Connectionist temporal classification."""
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, fill, floats, seeds

from .entry import Entry, case

reductions = st.sampled_from((OMIT, "mean", "sum", "none"))


@st.composite
def ctc_cases(draw):
    """Batches, single sequences, targets in rows and one after the other; lengths in tuples and tensors; some that no path can spell."""
    T, N, C, S = draw(st.integers(1, 6)), draw(st.integers(1, 3)), draw(st.integers(2, 4)), draw(st.integers(1, 3))
    blank = draw(st.sampled_from((OMIT, 0, C - 1)))
    form, code = draw(st.sampled_from(("rows", "rows", "flat", "single"))), draw(seeds)
    N = 1 if form == "single" else N
    inputs = tuple(draw(st.integers(max(1, T - 2), T)) for _ in range(N))
    sizes = tuple(draw(st.integers(0, S)) for _ in range(N))
    labels = fill((N, S), "int64", code, 0, C - 2) + (blank != C - 1)
    if form == "flat":
        labels = fill((sum(sizes),), "int64", code, 0, C - 2) + (blank != C - 1)
    elif form == "single" and draw(st.booleans()):
        labels, sizes = labels[0], (S,)
    x = fill((T, C) if form == "single" else (T, N, C), draw(floats()), code + 1, -2, 2)
    return case(x, labels, inputs, sizes, **{k: v for k, v in {"blank": blank, "reduction": draw(reductions)}.items() if v is not OMIT},
                zero_infinity=True)


def loss(torch, x=(6, 3, 4), targets=((1, 2, 2), (3, 1, 0), (1, 1, 1)), inputs=(6, 5, 4), sizes=(3, 2, 1), dtype=None, kind=None,
         **settings):
    """The loss of even chances."""
    return torch.nn.functional.ctc_loss(torch.ones(x, dtype=dtype), torch.tensor(targets, dtype=kind), inputs, sizes, **settings)


ENTRIES = [
    Entry(
        "nn.functional.ctc_loss", ctc_cases(), order=1, numeric=False, op="kernels.ctc.ctc_loss", grad_fn=False,
        call=lambda torch, x, *args, **settings: torch.nn.functional.ctc_loss(x.log_softmax(-1), *args, **settings),
        bad={
            "shape": lambda torch: loss(torch, (6, 3, 4, 2)),
            "rows": lambda torch: loss(torch, targets=((1, 2, 2), (3, 1, 0))),
            "sum of lengths": lambda torch: loss(torch, targets=(1, 2, 3, 1, 1)),
            "number of lengths": lambda torch: loss(torch, inputs=(6, 5)),
            "number of sizes": lambda torch: loss(torch, sizes=(3, 2)),
            "too long": lambda torch: loss(torch, inputs=(7, 5, 4)),
            "too many labels": lambda torch: loss(torch, sizes=(4, 2, 1)),
            "negative length": lambda torch: loss(torch, inputs=(6, 5, -4)),
            "negative size": lambda torch: loss(torch, sizes=(3, 2, -1)),
            "dtype": lambda torch: loss(torch, dtype=torch.float16),
            "integers": lambda torch: loss(torch, dtype=torch.int64),
            "floating labels": lambda torch: loss(torch, kind=torch.float32),
            "floating lengths": lambda torch: loss(torch, inputs=torch.tensor([6.0, 5.0, 4.0]), sizes=torch.tensor([3, 2, 1])),
            "blank": lambda torch: loss(torch, blank=4),
            "reduction": lambda torch: loss(torch, reduction="max"),
            "empty": lambda torch: loss(torch, (0, 3, 4), inputs=(0, 0, 0)),
            "argument": lambda torch: torch.nn.functional.ctc_loss(torch.ones(6, 3, 4), torch.ones(3, 3)),
            "impossible": lambda torch: loss(torch, inputs=(6, 1, 1), sizes=(3, 3, 1), reduction="none"),
            "nothing": lambda torch: loss(torch, inputs=(6, 0, 0), sizes=(3, 0, 1), reduction="none"),
        },
        formula=r"\ell = -\log \sum_{\pi \in B^{-1}(l)} \prod_t y^t_{\pi_t}",
        source="Graves et al. (2006), Connectionist Temporal Classification, equations 6 to 16",
        differences=("There is a second derivative; torch has none.",
                     "A label that is no class is refused; torch reads past the end."),
        no_empty="torch refuses log-probabilities without elements",
    ),
    Entry(
        "nn.functional.ctc_loss of impossible targets",
        st.builds(lambda c: case(*c.args, **dict(c.settings, zero_infinity=False)), ctc_cases()),
        differentiable=(), order=0, numeric=False,
        call=lambda torch, x, *args, **settings: torch.nn.functional.ctc_loss(x.log_softmax(-1), *args, **settings),
        bad={"shape": lambda torch: loss(torch, (6, 4)), "dtype": lambda torch: loss(torch, dtype=torch.bool),
             "argument": lambda torch: loss(torch, blank=-1)},
        formula=r"\ell = \infty \text{ if } B^{-1}(l) = \emptyset", source="torch.nn.CTCLoss",
        no_empty="torch refuses log-probabilities without elements",
    ),
]
