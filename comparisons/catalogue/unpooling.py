"""Max pooling undone, over windows at random places, and with its places; cross entropy of a linear map."""
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, fill, floats, seeds, shapes, sides, tensors, together

from . import pooling, pooling_kinds
from .entry import Entry, case, given
from .loss import reductions

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional."
F = lambda torch: torch.nn.functional


# ---- undone ----------------------------------------------------------------------------------------------------------

@st.composite
def pooled(draw, dims):
    """What was pooled, and how, so that no two maxima share a place; the output's size is given now and then."""
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(dims))
    sizes = [k * draw(st.integers(1, 2)) for k in kernel]
    x = draw(tensors((*draw(shapes(0, 1, max_side=2)), draw(st.integers(1, 2)), *sizes), draw(floats()), low=-8, high=8, unique=True))
    larger = draw(st.sampled_from((OMIT, tuple(n + (k > 1 and draw(st.booleans())) for n, k in zip(x.shape[-dims:], kernel)))))
    return case(x, kernel, **given({"output_size": larger}))


def undone(dims):
    """Values of the input, after pooling, put back."""
    def run(torch, x, kernel, **settings):
        values, places = getattr(F(torch), f"max_pool{dims}d")(x.detach(), kernel, return_indices=True)
        return getattr(F(torch), f"max_unpool{dims}d")(getattr(F(torch), f"max_pool{dims}d")(x, kernel), places, kernel, **settings)
    return run


def bad_unpool(dims):
    """Bad calls."""
    name, ones = f"max_unpool{dims}d", (1,) * dims

    def call(torch, shape=(1, 1, *ones), place=0, kernel=2, indices=None, dtype=None, kind=None, **settings):
        kind = kind or torch.int64
        places = torch.full(shape if indices is None else indices, place, dtype=kind)
        return getattr(F(torch), name)(torch.ones(shape, dtype=dtype), places, kernel, **settings)
    return {
        "shape": lambda torch: call(torch, ones), "many dimensions": lambda torch: call(torch, (1, 1, 1, *ones)),
        "indices' shape": lambda torch: call(torch, indices=(1, 2, *ones)), "outside": lambda torch: call(torch, place=2**dims),
        "negative": lambda torch: call(torch, place=-1), "indices' dtype": lambda torch: call(torch, kind=torch.int32),
        "dtype": lambda torch: call(torch, dtype=torch.int64), "half": lambda torch: call(torch, dtype=torch.float16),
        "argument": lambda torch: getattr(F(torch), name)(torch.ones(1, *ones), torch.zeros(1, *ones, dtype=torch.int64)),
        "no channels": lambda torch: call(torch, (1, 0, *ones)), "no batch": lambda torch: call(torch, (0, 1, *ones)),
        "size": lambda torch: call(torch, output_size=(9,) * dims), "sizes": lambda torch: call(torch, output_size=(2,) * (dims + 1)),
        "all sizes": lambda torch: call(torch, output_size=(1, 1, *(3,) * dims)), "fraction": lambda torch: call(torch, kernel=2.0),
        "nothing left": lambda torch: call(torch, padding=1), "less than nothing": lambda torch: call(torch, padding=2),
        "no stride": lambda torch: call(torch, stride=0),
    }


# ---- at random places ------------------------------------------------------------------------------------------------

@st.composite
def fractions(draw, dims):
    """Inputs, windows and output sizes that fit, with samples given or drawn."""
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(dims))
    outputs = tuple(draw(st.integers(1, 3)) for _ in range(dims))
    sizes = tuple(k + m - 1 + draw(st.integers(dims - 2, 4)) for k, m in zip(kernel, outputs))
    channels, dtype, batch = draw(st.integers(1, 2)), draw(floats()), draw(shapes(0, 1, max_side=2))
    x = draw(tensors((*batch, channels, *sizes), dtype, low=-8, high=8, unique=True))
    samples = draw(st.sampled_from((OMIT, fill(((batch or (1,))[0], channels, dims), dtype, draw(seeds), 0, 0.96875))))
    return case(x, kernel, outputs, **given({"return_indices": draw(st.sampled_from((OMIT, True))), "_random_samples": samples}))


def bad_fraction(dims):
    """Bad calls."""
    name = f"fractional_max_pool{dims}d"
    samples = lambda torch, *shape, dtype=None: torch.full(shape, 0.5, dtype=dtype)

    def call(torch, shape=(1, 1, *(5,) * dims), kernel=2, size=2, dtype=None, **settings):
        return getattr(F(torch), name)(torch.ones(shape, dtype=dtype), kernel, size, **settings)
    return {
        "shape": lambda torch: call(torch, (5,) * dims), "many dimensions": lambda torch: call(torch, (1, 1, 1, *(5,) * dims)),
        "neither": lambda torch: call(torch, size=None), "too large": lambda torch: call(torch, size=5),
        "kernel": lambda torch: call(torch, kernel=6, size=1), "sizes": lambda torch: call(torch, size=(1,) * (dims + 1)),
        "kernels": lambda torch: call(torch, kernel=(2,) * (dims + 1)), "fraction": lambda torch: call(torch, kernel=2.0),
        "negative": lambda torch: call(torch, size=-1), "dtype": lambda torch: call(torch, dtype=torch.int64),
        "no batch": lambda torch: call(torch, (0, 1, *(5,) * dims)), "no channels": lambda torch: call(torch, (1, 0, *(5,) * dims)),
        "no rows": lambda torch: call(torch, (1, 1, 0, *(5,) * (dims - 1))),
        "ratio": lambda torch: call(torch, size=None, output_ratio=(0.5,) * dims),
        "one ratio": lambda torch: call(torch, size=None, output_ratio=0.5),
        "ratios": lambda torch: call(torch, size=None, output_ratio=(0.5,) * (dims + 1)),
        "samples' shape": lambda torch: call(torch, _random_samples=samples(torch, 1, 1, dims + 1)),
        "samples' channels": lambda torch: call(torch, _random_samples=samples(torch, 1, 2, dims)),
        "samples' dimensions": lambda torch: call(torch, _random_samples=samples(torch, 1, dims)),
        "samples' dtype": lambda torch: call(torch, _random_samples=samples(torch, 1, 1, dims, dtype=torch.float64)),
        "samples' gradient": lambda torch: call(torch, _random_samples=samples(torch, 1, 1, dims).requires_grad_()),
        "argument": lambda torch: getattr(F(torch), name)(torch.ones(1, *(5,) * dims)),
    }


# ---- of a linear map -------------------------------------------------------------------------------------------------

@st.composite
def linear_losses(draw):
    """With and without a batch, several places, class labels and probabilities, biases and weights."""
    batched, dtype = draw(st.booleans()), draw(floats())
    lead = (draw(sides(max_side=3)),) if batched else ()
    classes, features = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    places = draw(shapes(0, 1, 1, 2)) if batched else ()
    x, weight = draw(together((*lead, features), (classes, *places, features), dtype=dtype))
    if draw(st.booleans()):
        target, ignore = abs(draw(tensors((*lead, classes, *places), dtype))) / 4, OMIT
    else:
        target, ignore = fill((*lead, *places), "int64", draw(seeds), 0, classes - 1), draw(st.sampled_from((OMIT, None, -1, -100)))
    settings = {"linear_bias": draw(st.sampled_from((OMIT, None, draw(tensors((classes, *places), dtype))))),
                "weight": draw(st.sampled_from((OMIT, draw(tensors((classes,), dtype, low=0.25))))), "ignore_index": ignore,
                "reduction": draw(reductions), "label_smoothing": draw(st.sampled_from((OMIT, 0.25)))}
    return case(x, weight, target, **given(settings))


def linear_loss(torch, x=(2, 3), weight=(4, 3), target=(0, 1), bias=None, dtype=None, **settings):
    """The loss of ones."""
    bias = None if bias is None else torch.ones(bias)
    return F(torch).linear_cross_entropy(torch.ones(x, dtype=dtype), torch.ones(weight), torch.tensor(target), linear_bias=bias, **settings)


def places_too(name, cases, dims):
    """The entry of a pooling that returns its places, asked for or not."""
    pool = f"{name}_with_indices"
    return Entry(f"nn.functional.{pool}", cases, bad={
        "shape": lambda torch: getattr(F(torch), pool)(torch.ones(3, 3) if dims > 1 else torch.ones(3, 3, 3, 3), 2),
        "dtype": lambda torch: getattr(F(torch), pool)(torch.ones(2, 3, *(4,) * dims, dtype=torch.bool), 2),
        "argument": lambda torch: getattr(F(torch), pool)(torch.ones(2, 2, 2)),
    }, formula=r"y_i = \max_{k \in w_i} x_k", source=f"{DOCS}{name}.html", differences=(pooling.VOID,))


ENTRIES = [
    *(Entry(f"nn.functional.max_unpool{dims}d", pooled(dims), call=undone(dims), bad=bad_unpool(dims),
            formula=r"y_{p_k} = x_k, \quad y = 0 \text{ elsewhere}", source="Zeiler and Fergus (2014), section 2.1") for dims in (1, 2, 3)),
    *(Entry(f"nn.functional.fractional_max_pool{dims}d", fractions(dims), random=True, bad=bad_fraction(dims),
            also=(f"nn.functional.fractional_max_pool{dims}d_with_indices",), differentiable=(0,),
            formula=r"y_i = \max_{a_i \le k < a_i + K} x_k, \quad a_i = \lfloor \alpha (i + u) \rfloor - \lfloor \alpha u \rfloor",
            source="Graham (2014), Fractional Max-Pooling, section 2") for dims in (2, 3)),
    *(places_too(f"max_pool{d}d", drawn, d) for d, drawn in (
        (1, pooling_kinds.max_cases(1)), (2, pooling.max_cases()), (3, pooling_kinds.max_cases(3)))),
    *(places_too(f"adaptive_max_pool{d}d", drawn, d) for d, drawn in (
        (1, pooling_kinds.adaptive_cases(1, indices=True)), (2, pooling.adaptive_max_cases()),
        (3, pooling_kinds.adaptive_cases(3, indices=True)))),
    Entry("nn.functional.linear_cross_entropy", linear_losses(), bad={
        "shape": lambda torch: linear_loss(torch, (2, 2)), "dimensions": lambda torch: linear_loss(torch, (2, 2, 3)),
        "weight's dimensions": lambda torch: linear_loss(torch, weight=(3,)), "bias": lambda torch: linear_loss(torch, bias=(3,)),
        "places without a batch": lambda torch: linear_loss(torch, (3,), (4, 2, 3)),
        "target": lambda torch: linear_loss(torch, target=(0, 1, 2)), "no class": lambda torch: linear_loss(torch, target=(0, 4)),
        "dtype": lambda torch: linear_loss(torch, dtype=torch.float64), "argument": lambda torch: linear_loss(torch, reduction="max"),
        "ignored probabilities": lambda torch: linear_loss(torch, target=((0.5,) * 4,) * 2, ignore_index=-100),
    }, formula=r"\ell_n = -\log \mathrm{softmax}(W x_n + b)_{t_n}", source=DOCS + "linear_cross_entropy.html"),
]
