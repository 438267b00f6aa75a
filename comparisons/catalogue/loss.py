"""Losses, with class labels and with values."""
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, broadcastable, fill, floats, optional, seeds, shapes, sides, tensors, together

from .entry import Entry, Tolerance, case

reductions = st.sampled_from((OMIT, "mean", "sum", "none"))
legacy = st.sampled_from(({},) * 5 + ({"size_average": False}, {"reduce": False}, {"size_average": True, "reduce": True}))


@st.composite
def label_cases(draw, smoothing=False):
    """Scores with and without a batch and further dimensions, labels of which some are ignored, weights of the classes."""
    dtype, classes, ndim = draw(floats()), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    lead = () if ndim == 1 else (draw(sides(max_side=3)),)
    rest = draw(shapes(ndim - 2, ndim - 2, max_side=3)) if ndim > 2 else ()
    x = draw(tensors((*lead, classes, *rest), dtype, strided=ndim < 3))       # torch's nll_loss of images fails on other strides
    ignore = draw(st.sampled_from((OMIT, OMIT, 0, -1)))
    target = fill((*lead, *rest), "uint8" if ndim < 3 and draw(st.integers(0, 3)) == 3 else "int64", draw(seeds), 0, classes - 1)
    if target.dtype == "int64" and target.ndim and target.size:
        target.flat[draw(st.integers(0, target.size - 1))] = -100 if ignore is OMIT else ignore
    settings = {"weight": draw(tensors((classes,), dtype, low=0.25)) if draw(st.integers(0, 2)) else OMIT, "ignore_index": ignore,
                "reduction": draw(reductions)}
    if smoothing:
        settings["label_smoothing"] = draw(st.sampled_from((OMIT, 0.25, 0.75, 1.0)))
    return case(x, target, **settings, **draw(legacy))


@st.composite
def probability_cases(draw):
    """Scores and a distribution for each."""
    dtype, classes, ndim = draw(floats()), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    lead = () if ndim == 1 else (draw(sides(max_side=3)),)
    rest = draw(shapes(ndim - 2, ndim - 2, max_side=3)) if ndim > 2 else ()
    x, target = draw(together((*lead, classes, *rest), (*lead, classes, *rest), dtype=dtype))
    return case(x, abs(target) / 4, weight=draw(tensors((classes,), dtype, low=0.25)) if draw(st.booleans()) else OMIT,
                reduction=draw(reductions), label_smoothing=draw(optional(0.25)))


@st.composite
def pairs(draw, weighted=False, **options):
    """Inputs and targets, of one shape or broadcasting; their differences keep off the multiples of 1/32, where the kinks are."""
    if draw(st.booleans()):
        x, target = draw(broadcastable(2))
    else:
        shape = draw(shapes())
        x, target = draw(together(shape, shape))
    target += 1 / 64
    settings = {"reduction": draw(reductions), **{k: draw(v) for k, v in options.items()}}
    if weighted and draw(st.integers(0, 2)) == 2:
        settings["weight"] = draw(tensors(x.shape, str(x.dtype), low=0.25))
    return case(x, target, **settings)


@st.composite
def binary_cases(draw, logits=False):
    """Inputs and targets between 0 and 1, or logits; weights that broadcast."""
    shape = draw(shapes())
    low, high = (-6, 6) if logits else (0.125, 0.875)
    x = draw(tensors(shape, low=low, high=high))
    dtype = str(x.dtype)
    some = lambda: draw(tensors(shape[draw(st.integers(0, len(shape))):], dtype, low=0.25)) if draw(st.booleans()) else OMIT
    settings = {"weight": some(), "reduction": draw(reductions)}
    if logits:
        settings["pos_weight"] = some()
    return case(x, draw(tensors(shape, dtype, low=0.0625, high=0.9375)), **settings, **draw(legacy))


def nll(torch, shape, target, dtype=None, **settings):
    """The negative log-likelihood of ones."""
    return torch.nn.functional.nll_loss(torch.ones(shape, dtype=dtype), torch.tensor(target), **settings)


def entropy(torch, shape, target, dtype=None, **settings):
    """The cross entropy of ones."""
    return torch.nn.functional.cross_entropy(torch.ones(shape, dtype=dtype), torch.tensor(target), **settings)


def binary(torch, name, x=(2, 3), target=(2, 3), weight=None, dtype=None, target_dtype=None, **settings):
    """A binary cross entropy of ones."""
    return getattr(torch.nn.functional, name)(torch.ones(x, dtype=dtype), torch.ones(target, dtype=target_dtype),
                                              None if weight is None else torch.ones(weight), **settings)


def pair_bad(name):
    """Bad calls of a loss of two tensors."""
    call = lambda torch, x, y, **settings: getattr(torch.nn.functional, name)(torch.ones(x), torch.ones(y), **settings)
    ones = lambda torch: torch.ones(2, dtype=torch.int64)
    found = {
        "shape": lambda torch: call(torch, (2, 3), (2,)),
        "dtype": lambda torch: getattr(torch.nn.functional, name)(ones(torch), ones(torch)),
        "argument": lambda torch: call(torch, (2,), (2,), reduction="max"),
        "no tensor": lambda torch: getattr(torch.nn.functional, name)(torch.ones(2), 1.0),
    }
    if name != "smooth_l1_loss":
        found["weight's shape"] = lambda torch: call(torch, (2, 3), (2, 3), weight=torch.ones(3))
        found["weighted reduction"] = lambda torch: call(torch, (2,), (2,), weight=torch.ones(2), reduction="max")
    return found


ENTRIES = [
    Entry(
        "nn.functional.nll_loss", label_cases(), differentiable=(0,), op="kernels.loss.nll_loss", grad_fn=False,
        bad={
            "shape": lambda torch: nll(torch, (2, 3), [0]),
            "no scores": lambda torch: nll(torch, (), 0),
            "further dimensions": lambda torch: nll(torch, (2, 3, 4), [[0] * 5] * 2),
            "missing dimensions": lambda torch: nll(torch, (2, 3, 4), [0, 1]),
            "two labels for one": lambda torch: nll(torch, (3,), [0, 1]),
            "labels of two dimensions": lambda torch: nll(torch, (2, 3), [[0], [1]]),
            "dtype": lambda torch: nll(torch, (2, 3), [0.0, 1.0]),
            "integers": lambda torch: nll(torch, (2, 3), [0, 1], torch.int64),
            "weight's dtype": lambda torch: nll(torch, (2, 3), [0, 1], weight=torch.ones(3, dtype=torch.float64)),
            "argument": lambda torch: nll(torch, (2, 3), [0, 1], reduction="max"),
            "no class": lambda torch: nll(torch, (2, 3), [0, 3]),
            "negative": lambda torch: nll(torch, (2, 3), [0, -1]),
            "weight's shape": lambda torch: nll(torch, (2, 3), [0, 1], weight=torch.ones(2)),
            "weight's gradient": lambda torch: nll(torch, (2, 3), [0, 1], weight=torch.ones(3, requires_grad=True)),
        },
        formula=r"\ell_n = -w_{t_n} x_{n, t_n}, \quad \ell = \frac{\sum_n \ell_n}{\sum_n w_{t_n}}", source="torch.nn.NLLLoss",
    ),
    Entry(
        "nn.functional.cross_entropy", label_cases(smoothing=True), differentiable=(0,),
        op="kernels.loss.cross_entropy",
        bad={
            "shape": lambda torch: entropy(torch, (2, 3), [0]),
            "no scores": lambda torch: entropy(torch, (), 0),
            "further dimensions": lambda torch: entropy(torch, (2, 3, 4), [[0] * 5] * 2),
            "dtype": lambda torch: entropy(torch, (2, 3), [0.0, 1.0]),
            "integers": lambda torch: entropy(torch, (2, 3), [0, 1], torch.int64),
            "weight's dtype": lambda torch: entropy(torch, (2, 3), [0, 1], weight=torch.ones(3, dtype=torch.float64)),
            "argument": lambda torch: entropy(torch, (2, 3), [0, 1], label_smoothing=1.5),
            "no class": lambda torch: entropy(torch, (2, 3), [0, 3]),
            "no class at all": lambda torch: entropy(torch, (2, 0), [0, 0]),
            "weight's shape": lambda torch: entropy(torch, (2, 3), [0, 1], weight=torch.ones(2)),
            "no tensor": lambda torch: torch.nn.functional.cross_entropy([1.0], torch.tensor(0)),
        },
        formula=r"\ell_n = -\sum_c q_{nc} \log \frac{e^{x_{nc}}}{\sum_k e^{x_{nk}}}, \quad "
                r"q_{nc} = w_c\,((1 - \varepsilon)\,[c = t_n] + \varepsilon / C)",
        source="Szegedy et al. (2015), Rethinking the Inception Architecture, section 7 (label smoothing); torch.nn.CrossEntropyLoss",
        differences=("One node of the graph where torch has log_softmax and nll_loss.",),
    ),
    Entry(
        "nn.functional.cross_entropy with probabilities", probability_cases(),
        call=lambda torch, *args, **settings: torch.nn.functional.cross_entropy(*args, **settings),
        op="kernels.loss.soft_cross_entropy",
        bad={
            "shape": lambda torch: entropy(torch, (2, 3), [[0.0, 1.0]] * 2),
            "weight's shape": lambda torch: entropy(torch, (2, 3), [[0.0, 1.0, 0.0]] * 2, weight=torch.ones(2)),
            "dtype": lambda torch: entropy(torch, (2, 3), [[0, 1, 0]] * 2),
            "integers": lambda torch: entropy(torch, (2, 3), [[0.0, 1.0, 0.0]] * 2, torch.int64),
            "argument": lambda torch: entropy(torch, (2, 3), [[0.0, 1.0, 0.0]] * 2, ignore_index=1),
            "smoothing": lambda torch: entropy(torch, (2, 3), [[0.0, 1.0, 0.0]] * 2, label_smoothing=1.5),
        },
        formula=r"\ell_n = -\sum_c w_c\,((1 - \varepsilon)\,t_{nc} + \varepsilon / C) \log \frac{e^{x_{nc}}}{\sum_k e^{x_{nk}}}",
        source="torch.nn.CrossEntropyLoss", differences=("One node of the graph where torch has log_softmax, products and a sum.",),
    ),
    Entry(
        "nn.functional.mse_loss", pairs(weighted=True), op="kernels.loss.mse_loss", bad=pair_bad("mse_loss"), grad_fn=True,
        formula=r"\ell_n = (x_n - t_n)^2", source="torch.nn.MSELoss",
    ),
    Entry(
        "nn.functional.l1_loss", pairs(weighted=True), op="kernels.loss.l1_loss", bad=pair_bad("l1_loss"),
        formula=r"\ell_n = |x_n - t_n|", source="torch.nn.L1Loss",
    ),
    Entry(
        "nn.functional.smooth_l1_loss", pairs(beta=st.sampled_from((OMIT, 0.5))), op="kernels.loss.smooth_l1_loss",
        bad=pair_bad("smooth_l1_loss") | {
            "beta": lambda torch: torch.nn.functional.smooth_l1_loss(torch.ones(2), torch.ones(2), beta=-1.0)},
        formula=r"\ell_n = d^2 / 2\beta \text{ if } |d| < \beta, \text{ else } |d| - \beta/2, \quad d = x_n - t_n",
        source="Girshick (2015), Fast R-CNN, equation 3",
    ),
    Entry(
        "nn.functional.huber_loss", pairs(weighted=True, delta=st.sampled_from((OMIT, 0.5))), op="kernels.loss.huber_loss",
        bad=pair_bad("huber_loss") | {"delta": lambda torch: torch.nn.functional.huber_loss(torch.ones(2), torch.ones(2), delta=0.0)},
        formula=r"\ell_n = d^2 / 2 \text{ if } |d| \le \delta, \text{ else } \delta\,(|d| - \delta/2), \quad d = x_n - t_n",
        source="Huber (1964), Robust Estimation of a Location Parameter",
    ),
    Entry(
        "nn.functional.binary_cross_entropy", binary_cases(), differentiable=(0, 1), op="kernels.loss.binary_cross_entropy", grad_fn=True,
        bad={
            "shape": lambda torch: binary(torch, "binary_cross_entropy", target=(3,)),
            "weight's shape": lambda torch: binary(torch, "binary_cross_entropy", weight=(2,)),
            "weight too large": lambda torch: binary(torch, "binary_cross_entropy", weight=(2, 2, 3)),
            "dtype": lambda torch: binary(torch, "binary_cross_entropy", target_dtype=torch.float64),
            "integers": lambda torch: binary(torch, "binary_cross_entropy", target_dtype=torch.int64),
            "argument": lambda torch: binary(torch, "binary_cross_entropy", reduction="max"),
            "input": lambda torch: torch.nn.functional.binary_cross_entropy(torch.tensor([1.5]), torch.ones(1)),
            "target": lambda torch: torch.nn.functional.binary_cross_entropy(torch.ones(1), torch.tensor([-0.5])),
            "not a number": lambda torch: torch.nn.functional.binary_cross_entropy(torch.tensor([float("nan")]), torch.ones(1)),
        },
        formula=r"\ell_n = -w_n (t_n \log x_n + (1 - t_n) \log (1 - x_n))", source="torch.nn.BCELoss",
        tolerance=Tolerance("torch's second derivative adds 1e-12 to x (1 - x)", float64=2.0**16),
    ),
    Entry(
        "nn.functional.binary_cross_entropy_with_logits", binary_cases(logits=True), differentiable=(0, 1),
        op="kernels.loss.binary_cross_entropy_with_logits", grad_fn=True,
        bad={
            "shape": lambda torch: binary(torch, "binary_cross_entropy_with_logits", target=(3,)),
            "weight's shape": lambda torch: binary(torch, "binary_cross_entropy_with_logits", weight=(2,)),
            "pos_weight's shape": lambda torch: binary(torch, "binary_cross_entropy_with_logits", pos_weight=torch.ones(2)),
            "weight too large": lambda torch: binary(torch, "binary_cross_entropy_with_logits", weight=(2, 2, 3)),
            "dtype": lambda torch: binary(torch, "binary_cross_entropy_with_logits", target_dtype=torch.int64),
            "integers": lambda torch: binary(torch, "binary_cross_entropy_with_logits", dtype=torch.int64, target_dtype=torch.int64),
            "argument": lambda torch: binary(torch, "binary_cross_entropy_with_logits", reduction="max"),
        },
        formula=r"\ell_n = -w_n (p\,t_n \log \sigma(x_n) + (1 - t_n) \log (1 - \sigma(x_n)))", source="torch.nn.BCEWithLogitsLoss",
    ),
]
