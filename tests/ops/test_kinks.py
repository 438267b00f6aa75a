"""Gradients where they are not obvious: at kinks and ties, at 0, at infinities and nan, for one element, none and repeated indices.

Each case is computed in both libraries: values, the gradient in an ordinary backward and under `create_graph`, and the second order.
A gradient that is missing counts as 0.
"""
import math
import warnings

import pytest
import torch

import minitorch

inf, nan = math.inf, math.nan
ZEROS, TIES, SINGULAR = [0.0, -1.0, 2.0], [1.0, 2.0, 2.0, -1.0], [[0.0, 0.0], [1.0, 2.0]]
ROWS = [[-inf, -inf], [0.0, -inf], [1.0, 1.0], [inf, 0.0], [nan, 0.0]]
CASES = {}


def case(name, function, *inputs):
    """`function(library, *tensors)` at these values."""
    assert name not in CASES, name
    CASES[name] = function, inputs


def method(name, *args, **settings):
    """The call of a method."""
    return lambda t, x, *others: getattr(x, name)(*args, *others, **settings)


def functional(name, *args, **settings):
    """The call of a function of nn.functional."""
    return lambda t, *xs: getattr(t.nn.functional, name)(*xs, *args, **settings)


def at(t, *places):
    """An index."""
    return t.tensor(places)


# ---- one operand
for name in """abs sqrt square sign reciprocal rsqrt log log1p log2 log10 exp expm1 relu sigmoid tanh asin acos atan erf erfinv ceil floor
        round trunc frac sinc lgamma digamma logit acosh atanh asinh nan_to_num i0 erfc tan sinh cosh neg sgn""".split():
    for values in ([0.0, -0.0], [1.0, -1.0], [inf, -inf], [nan, 0.5], []):
        case(f"{name} {values}", method(name), values)
for name in """relu relu6 leaky_relu elu selu celu gelu silu mish softplus softsign hardtanh hardswish logsigmoid tanhshrink softshrink
        hardshrink""".split():
    case(f"{name} at its kinks", functional(name), [0.0, -0.0, 6.0, -1.0, 1.0, 3.0, -3.0, 0.5, -0.5, 20.0])
    case(f"{name} far out", functional(name), [100.0, -100.0, 1000.0, *([inf, -inf, nan] if name != "mish" else [])])
case("threshold", functional("threshold", 0.0, 5.0), [0.0, -1.0, 1.0])
case("prelu", functional("prelu"), [0.0, -1.0, 1.0], [0.25])
case("glu", functional("glu"), [0.0, 0.0])
case("clamp", method("clamp", -1, 1), [-1.0, 1.0, 0.0, 2.0, nan])
case("clamp_min", method("clamp_min", 0), ZEROS)
case("clamp_max", method("clamp_max", 0), ZEROS)
case("clamp between equal tensors", method("clamp"), [0.0, 1.0, 2.0, 0.0, 1.0], [0.0, 0.0, 3.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0, 1.0])
case("clamp from below by a tensor", method("clamp"), [0.0, 1.0], [0.0, 0.0])
case("clamp of exchanged bounds", method("clamp", 2, 1), [0.0, 1.0, 1.5, 3.0])

# ---- powers
for p in (0, 1, 2, 3, 0.5, -1, 1.5, 0.0, 1.0, 2.0, -0.5):
    case(f"x ** {p!r}", lambda t, x, p=p: x ** p, [0.0, -1.0, 2.0, inf])
    case(f"{p!r} ** x", lambda t, x, p=p: p ** x, [0.0, -1.0, 2.0])
case("x ** y", lambda t, x, y: x ** y, [0.0, 0.0, 0.0, 0.0, 2.0, -2.0, 1.0], [0.0, 1.0, 2.0, -1.0, 0.0, 3.0, 0.5])
case("x ** y, broadcast", lambda t, x, y: x ** y, [[0.0], [2.0]], [0.0, 1.0, 3.0])
case("x ** x", lambda t, x: x ** x, [0.0, 1.0, 2.0])
case("float_power", method("float_power"), [0.0, 2.0], [0.0, 0.0])
case("xlogy", method("xlogy"), [0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 2.0])

# ---- two operands
for name in "maximum minimum fmax fmin hypot atan2 copysign remainder fmod logaddexp logaddexp2 mul add sub div pow".split():
    case(name, method(name), [1.0, 0.0, -1.0, 0.0, 2.0], [1.0, 0.0, 1.0, 1.0, 2.0])
    case(f"{name} of infinities", method(name), [inf, -inf, inf, nan, 1.0], [inf, -inf, -inf, 1.0, nan])
    case(f"{name}, broadcast", method(name), [[1.0], [2.0]], [1.0, 2.0, 3.0])
    case(f"{name} of nothing", method(name), [[]], [[1.0]])
case("lerp", method("lerp"), [1.0, 2.0], [1.0, 3.0], [0.5, 0.0])
case("addcdiv by 0", method("addcdiv", value=2), [1.0, 1.0], [0.0, 1.0], [0.0, 0.0])
case("ldexp", method("ldexp"), [0.0, 1.0], [1.0, 2.0])
case("where beside log 0", lambda t, x, y: t.where(x > 0, x.log(), y), [0.0, 1.0], [1.0, 2.0])

# ---- norms and distances
for p in (1, 2, 3, 0, inf, -inf, 0.5, -1, 1.5):
    for values in ([0.0, 0.0], [0.0, 3.0], [2.0, -2.0], [0.0, 0.0, -1.0], SINGULAR):
        case(f"norm {p} of {values}", lambda t, x, p=p: t.linalg.vector_norm(x, p, dim=-1), values)
    case(f"pairwise_distance {p}", lambda t, x, p=p: t.nn.functional.pairwise_distance(x, x.detach(), float(p), eps=0.0), [[1.0, 2.0]])
for p in ("fro", "nuc", 1, -1, inf, -inf, 2, -2):
    case(f"matrix_norm {p}", lambda t, x, p=p: t.linalg.matrix_norm(x, p), [[1.0, 0.5 if p in ("nuc", 2, -2) else 1.0], [2.0, -2.0]])
case("matrix_norm of 0", lambda t, x: t.linalg.matrix_norm(x), [[0.0, 0.0], [0.0, 0.0]])
case("dist of equals", method("dist"), [1.0, 2.0], [1.0, 2.0])
case("renorm", method("renorm", 2, 0, 1.0), [[0.0, 0.0], [3.0, 4.0], [0.1, 0.2], [1.0, 0.0]])
case("normalize 0", functional("normalize", dim=0), [0.0, 0.0])
case("cosine_similarity with 0", functional("cosine_similarity", dim=0), [0.0, 0.0], [1.0, 2.0])
case("cosine_similarity of equals", functional("cosine_similarity", dim=0), [1.0, 2.0], [1.0, 2.0])

# ---- products, sums and moments
for values in ([2.0, 3.0], [0.0, 3.0, 2.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0], [], [0.0]):
    case(f"prod {values}", method("prod"), values)
    for name in "prod cumprod cumsum logcumsumexp".split():
        case(f"{name} along {values}", method(name, 0), values)
for name in ("prod", "cumprod"):
    for d in (0, 1):
        case(f"{name} along {d} of rows of 0", method(name, d), SINGULAR)
for name in ("std", "var"):
    for values in ([1.0], [1.0, 1.0], [1.0, 2.0], []):
        for correction in (0, 1, 2):
            case(f"{name} of {values}, correction {correction}", method(name, correction=correction), values)
    case(f"{name} along rows", method(name, 1), [[1.0, 1.0], [1.0, 3.0]])
    case(f"{name}_mean", lambda t, x, name=name: sum(getattr(t, name + "_mean")(x)), [1.0, 1.0])
for name in "logsumexp softmax log_softmax logcumsumexp".split():
    case(f"{name} of infinite rows", method(name, 1), ROWS)
    case(f"{name} of -inf", method(name, 0), [[-inf], [-inf]])
    case(f"{name} of nothing", method(name, 0), [[]])
for name in "sum mean nansum nanmean".split():
    case(f"{name} of nothing", method(name), [])
    case(f"{name} beside nan", method(name), [nan, 1.0])
case("cov", lambda t, x: t.cov(x), [[1.0, 1.0], [1.0, 2.0]])
case("batch_norm of a constant", functional("batch_norm", None, None, training=True), [[1.0], [1.0]])
case("layer_norm of a constant", functional("layer_norm", (2,)), [[1.0, 1.0]])
case("rms_norm of 0", functional("rms_norm", (2,)), [[0.0, 0.0]])
case("lp_pool of 0", functional("lp_pool1d", 2.0, 2), [[0.0, 0.0, 1.0, 2.0]])

# ---- extremes and order, with ties
for values in (TIES, [2.0, 2.0], [nan, 1.0, nan], [inf, inf], [1.0]):
    for name in "max min amax amin median nanmedian".split():
        case(f"{name} of {values}", method(name), values)
    for name in "max min median nanmedian".split():
        case(f"{name} along {values}", lambda t, x, name=name: getattr(x, name)(0).values, values)
    for name in "amax amin".split():
        case(f"{name} along {values}", method(name, 0, keepdim=True), values)
case("mode", lambda t, x: x.mode(0).values, TIES)
case("aminmax", lambda t, x: sum(x.aminmax()), TIES)
case("aminmax along", lambda t, x: sum(x.aminmax(dim=0)), TIES)
case("kthvalue", lambda t, x: x.kthvalue(2).values, TIES)
case("topk", lambda t, x: x.topk(2).values, TIES)
case("sort", lambda t, x: x.sort().values, TIES)
case("sort, descending", lambda t, x: x.sort(descending=True).values, TIES)
case("cummax", lambda t, x: x.cummax(0).values, [1.0, 2.0, 2.0, 1.0, 2.0])
case("cummin", lambda t, x: x.cummin(0).values, [2.0, 1.0, 1.0, 2.0])
case("quantiles", lambda t, x: t.quantile(x, t.tensor([0.0, 0.25, 1.0], dtype=x.dtype)), TIES)
case("nanquantile", method("nanquantile", 0.3), [1.0, nan, 1.0])
for how in ("linear", "lower", "higher", "nearest", "midpoint"):
    case(f"quantile, {how}", method("quantile", 0.4, interpolation=how), TIES)
case("max_pool1d", functional("max_pool1d", 2), [[1.0, 1.0, 2.0, 2.0]])
case("adaptive_max_pool1d", functional("adaptive_max_pool1d", 2), [[1.0, 1.0, 2.0, 2.0]])

# ---- losses
for name in "mse_loss l1_loss smooth_l1_loss huber_loss".split():
    case(name, functional(name, reduction="none"), [0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 1.0, 3.0])
case("binary_cross_entropy, its target", functional("binary_cross_entropy", reduction="none"), [0.2, 0.7], [0.0, 1.0])
case("binary_cross_entropy_with_logits", functional("binary_cross_entropy_with_logits", reduction="none"), [0.0, 100.0, -100.0, inf],
     [0.0, 1.0, 1.0, 0.0])
case("kl_div", functional("kl_div", reduction="none"), [0.0, -1.0, -inf], [0.0, 1.0, 0.0])
case("triplet_margin_loss", functional("triplet_margin_loss"), [[1.0, 0.0]], [[1.0, 0.0]], [[1.0, 0.0]])
case("margin_ranking_loss", lambda t, a, b: t.nn.functional.margin_ranking_loss(a, b, t.ones(2, dtype=a.dtype)), [1.0, 2.0], [1.0, 1.0])
case("hinge_embedding_loss", lambda t, x: t.nn.functional.hinge_embedding_loss(x, at(t, 1, -1, -1), reduction="none"), [1.0, 1.0, 0.5])

# ---- repeated indices
case("x[0, 0, 1]", lambda t, x: x[at(t, 0, 0, 1)], [1.0, 2.0])
case("index_select", lambda t, x: x.index_select(0, at(t, 0, 0)), [1.0, 2.0])
case("gather", lambda t, x: x.gather(0, at(t, 0, 0, 1)), [1.0, 2.0])
case("take", lambda t, x: x.take(at(t, 0, 0)), [1.0, 2.0])
for accumulate in (False, True):
    case(f"index_put, accumulate={accumulate}", lambda t, x, y, a=accumulate: x.index_put((at(t, 0, 0),), y, a), [1.0, 2.0], [5.0, 6.0])
case("put", lambda t, x, y: x.put(at(t, 0, 0), y, accumulate=True), [1.0, 2.0], [3.0, 4.0])
case("scatter", lambda t, x, y: x.scatter(0, at(t, 0, 0), y), [1.0, 2.0], [5.0, 6.0])
case("scatter_add", lambda t, x, y: x.scatter_add(0, at(t, 0, 0), y), [1.0, 2.0], [5.0, 6.0])
case("index_add", lambda t, x, y: x.index_add(0, at(t, 0, 0), y, alpha=2), [1.0, 2.0], [3.0, 4.0])
case("index_copy", lambda t, x, y: x.index_copy(0, at(t, 1, 0), y), [1.0, 2.0], [3.0, 4.0])
case("masked_scatter", lambda t, x, y: x.masked_scatter(x.detach() > 1, y), [1.0, 2.0, 3.0], [5.0, 6.0, 7.0])
case("embedding", lambda t, w: t.nn.functional.embedding(at(t, 0, 0, 1), w, padding_idx=1), [[1.0, 2.0], [3.0, 4.0]])
for how in ("sum", "prod", "mean", "amax", "amin"):
    for own in (True, False):
        case(f"scatter_reduce {how}, include_self={own}",
             lambda t, x, y, how=how, own=own: x.scatter_reduce(0, at(t, 0, 0, 1, 1, 0), y, how, include_self=own),
             [1.0, 2.0, 3.0], [2.0, 2.0, 0.0, 0.5, 1.0])

# ---- matrices without an inverse
case("det 2x2", lambda t, x: t.linalg.det(x), [[1.0, 2.0], [2.0, 4.0]])
case("det 3x3", lambda t, x: t.linalg.det(x), [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
case("slogdet", lambda t, x: t.linalg.slogdet(x).logabsdet, [[1.0, 2.0], [2.0, 1.0]])
case("matmul of nothing", lambda t, x, y: x.T @ y, [[1.0], [2.0]], [[], []])

LIMIT = "PyTorch's is nan (0 · ∞ under way) where ours is the limit"
DEGENERATE = "of fewer values than the correction takes off; PyTorch's formula has no further derivative"
COFACTORS = "PyTorch's ordinary backward gives 0 there, and the cofactors under create_graph; ours gives the cofactors"
DIFFERENT = {                                         # what is not compared, and why
    **{name: {"second": LIMIT} for name in (
        "sinc [0.0, -0.0]", "digamma [inf, -inf]", "0 ** x", "0.0 ** x", "x ** y", "x ** y, broadcast", "copysign", "pow", "mish far out",
        "matrix_norm of 0", "logaddexp of infinities", "logaddexp2 of infinities", "dist of equals",
        "pairwise_distance 2", "normalize 0", "renorm",
        "cosine_similarity with 0", "norm 2 of [0.0, 0.0]", f"norm 2 of {SINGULAR}")},
    **{f"var of {values}, correction {k}": {"second": DEGENERATE, "first, with a graph": DEGENERATE}
       for values, k in (([1.0], 1), ([1.0], 2), ([1.0, 1.0], 2), ([1.0, 2.0], 2))},
    **{name: {"first": COFACTORS} for name in ("det 2x2", "det 3x3")},
    "logcumsumexp of infinite rows": {"first, with a graph": LIMIT, "second": LIMIT},
    "prelu": {"second": "PyTorch takes x = 0 for positive in the second order and for negative in the first"},
    "i0 [nan, 0.5]": {"second": "PyTorch's second derivative at nan is a number"},
    "logit [0.0, -0.0]": {"first": "the sign of -0", "first, with a graph": "the sign of -0", "second": "the sign of -0"},
}


def results(library, name):
    """Values, the gradient without and with a graph, and the second order, as lists of numbers."""
    function, inputs = CASES[name]
    xs = [library.tensor(x, dtype=library.float64).requires_grad_() for x in inputs]
    y = function(library, *xs)
    found = {"values": numbers(y)}
    if y.requires_grad:
        grad = library.autograd.grad
        found["first"] = flat(grad(y, xs, seed(library, y, 0.7), allow_unused=True, retain_graph=True), xs)
        first = grad(y, xs, seed(library, y, 0.7), create_graph=True, allow_unused=True)
        found["first, with a graph"] = flat(first, xs)
        live = [g for g in first if g is not None and g.requires_grad]
        second = grad(live, xs, [seed(library, g, -1.3) for g in live], allow_unused=True) if live else [None] * len(xs)
        found["second"] = flat(second, xs)
    return found


def seed(library, y, start):
    """A cotangent with a different value everywhere."""
    return (library.arange(y.numel(), dtype=y.dtype) * 0.3 + start).reshape(y.shape)


def numbers(t):
    """A tensor's values; those of torch's zeros that have no memory too."""
    return (t.detach() + 0).flatten().tolist()


def flat(gradients, inputs):
    """All gradients in one list."""
    return [v for g, x in zip(gradients, inputs) for v in ([0.0] * x.numel() if g is None else numbers(g))]


@pytest.mark.parametrize("name", CASES)
def test_a_gradient_at_a_kink_is_as_in_torch(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = results(minitorch, name), results(torch, name)
    assert ours.keys() == theirs.keys()
    for what, expected in theirs.items():
        if what not in DIFFERENT.get(name, {}):
            assert ours[what] == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), what
