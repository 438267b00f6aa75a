"""Layers with parameters, statistics or windows."""
from hypothesis import assume
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, conv_cases, optional, pool_cases, shapes, sides, tensors

from .entry import Entry, case, lib

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn."


@st.composite
def linear_cases(draw):
    """A Linear of drawn sizes, on inputs of any number of dimensions."""
    n, m = draw(sides(1)), draw(sides(1))
    return case(draw(tensors((*draw(shapes(0, 3)), n), low=-2, high=2))).built(n, m, bias=draw(optional(False)))


@st.composite
def conv2d_cases(draw):
    """A Conv2d with any padding, dilation, groups, and each padding mode that the input is large enough for."""
    drawn = draw(conv_cases(2))
    O, C, *kernel = drawn.weight.shape
    settings = drawn.settings | {"bias": OMIT if drawn.bias is not None else False, "padding_mode": draw(optional(st.sampled_from(
        ("zeros", "reflect", "replicate", "circular"))))}
    if settings["padding_mode"] not in (OMIT, "zeros"):
        padding = settings.get("padding", 0)
        reach = [k * 2 for k in kernel] if isinstance(padding, str) else [padding] * 2 if isinstance(padding, int) else padding
        assume(all(p < n for p, n in zip(reach, drawn.input.shape[-2:])))
    kernel = kernel[0] if kernel[0] == kernel[1] and draw(st.booleans()) else tuple(kernel)
    return case(drawn.input).built(C * settings.get("groups", 1), O, kernel, **settings)


@st.composite
def batch_norm_cases(draw, dims):
    """A BatchNorm on inputs of one of these numbers of dimensions."""
    planes = 4 in dims                                # see the differences of BatchNorm2d
    sizes = [draw(st.integers(1 + planes, 3)) for _ in range(draw(st.sampled_from(dims)) - 2)]
    shape = (draw(sides(max_side=4)), draw(st.integers(1, 3)), *sizes)
    shape = (2, *shape[1:]) if planes and shape[0] == 1 else shape
    settings = {"eps": draw(optional(1e-3)), "momentum": draw(optional(st.sampled_from((0.25, None)))), "affine": draw(optional(False)),
                "track_running_stats": draw(optional(False)), "bias": draw(optional(False))}
    return case(draw(tensors(shape))).built(shape[1], **settings)


@st.composite
def layer_norm_cases(draw):
    """A LayerNorm over the last one or two dimensions."""
    shape = draw(shapes(1, 2, 1))
    x = draw(tensors((*draw(shapes(0, 2)), *shape)))
    size = shape[0] if len(shape) == 1 and draw(st.booleans()) else shape
    return case(x).built(size, eps=draw(optional(1e-3)), elementwise_affine=draw(optional(False)), bias=draw(optional(False)))


@st.composite
def embedding_cases(draw):
    """Indices of any shape into a table."""
    V, D = draw(st.integers(1, 5)), draw(sides(1, 3))
    indices = draw(tensors(shapes(min_side=1), st.sampled_from(("int64", "int32")), low=0, high=V - 1))
    settings = {"padding_idx": draw(optional(st.integers(-V, V - 1))), "scale_grad_by_freq": draw(optional(True)),
                "dtype": draw(st.sampled_from((OMIT, lib.float64)))}
    return case(indices).built(V, D, **settings)


@st.composite
def max_pool_cases(draw):
    """A MaxPool2d, no ties: there the maximum has no derivative."""
    drawn = draw(pool_cases(2, dilated=True, unique=True))
    return case(drawn.input).built(**drawn.settings, return_indices=draw(optional(True)))


@st.composite
def avg_pool_cases(draw):
    """An AvgPool2d."""
    drawn = draw(pool_cases(2))
    return case(drawn.input).built(**drawn.settings, count_include_pad=draw(optional(False)), divisor_override=draw(optional(3)))


@st.composite
def adaptive_cases(draw, indices=False):
    """An adaptive pooling, also to more windows than the input has rows."""
    shape = (*draw(shapes(0, 1, max_side=2)), draw(st.integers(1, 2)), draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    x = draw(tensors(shape, low=-8, high=8, unique=True))
    size = st.one_of(st.integers(1, 7), st.none())
    settings = {"return_indices": draw(optional(True))} if indices else {}
    return case(x).built(draw(st.one_of(st.integers(1, 7), st.tuples(size, size))), **settings)


@st.composite
def flatten_cases(draw):
    """Dimensions from the front or the back, the first before the last."""
    x = draw(tensors(shapes(0, 4, max_side=3)))
    n = max(x.ndim, 1)
    start, end = sorted((draw(st.integers(0, n - 1)), draw(st.integers(0, n - 1))))
    if x.ndim > 1 and draw(st.booleans()):
        return case(x).built()
    return case(x).built(start - n if draw(st.booleans()) else start, end - n if draw(st.booleans()) else end)


@st.composite
def unflatten_cases(draw):
    """A dimension whose size is a product, one factor perhaps left open."""
    before, after = draw(shapes(0, 1)), draw(shapes(0, 1, 1))
    sizes = list(draw(shapes(1, 3, 1, 3)))
    n = 1
    for s in sizes:
        n *= s
    x = draw(tensors((*before, n, *after)))
    if draw(st.booleans()):
        sizes[draw(st.integers(0, len(sizes) - 1))] = -1
    dim = len(before) - (x.ndim if draw(st.booleans()) else 0)
    return case(x).built(dim, draw(st.sampled_from((tuple, list)))(sizes))


def pool_bad(name):
    """Bad calls that the poolings of windows share."""
    layer = lambda torch, *args, **settings: getattr(torch.nn, name)(*args, **settings)
    return {
        "shape": lambda torch: layer(torch, 2)(torch.ones(4, 4)),
        "window too large": lambda torch: layer(torch, 9)(torch.ones(1, 1, 4, 4)),
        "padding": lambda torch: layer(torch, 2, 2, 2)(torch.ones(1, 1, 4, 4)),
        "dtype": lambda torch: layer(torch, 2)(torch.ones(1, 1, 4, 4, dtype=torch.bool)),
        "argument": lambda torch: layer(torch),
        "stride": lambda torch: layer(torch, 2, 0)(torch.ones(1, 1, 4, 4)),
    }


ENTRIES = [
    Entry(
        "nn.Identity", st.builds(lambda x, n: case(x).built(*range(n), unused=True), tensors(), st.integers(0, 2)),
        bad={"argument": lambda torch: torch.nn.Identity()(), "shape": lambda torch: torch.nn.Identity()(torch.ones(0)),
             "dtype": lambda torch: torch.nn.Identity()(torch.tensor([True])), "text": lambda torch: torch.nn.Identity()("x")},
        formula="y = x", source=DOCS + "Identity.html",
    ),
    Entry(
        "nn.Linear", linear_cases(), op="kernels.linear.linear",
        bad={"shape": lambda torch: torch.nn.Linear(3, 2)(torch.ones(2, 4)),
             "dtype": lambda torch: torch.nn.Linear(3, 2)(torch.ones(3).double()),
             "integers": lambda torch: torch.nn.Linear(3, 2)(torch.ones(2, 3, dtype=torch.int64)),
             "argument": lambda torch: torch.nn.Linear(3), "size": lambda torch: torch.nn.Linear(3, -1),
             "type of the parameters": lambda torch: torch.nn.Linear(3, 2, dtype=torch.int64)},
        formula=r"y = x W^\top + b", source=DOCS + "Linear.html",
    ),
    Entry(
        "nn.Conv2d", conv2d_cases(), op="kernels.convolution.conv2d",
        bad={"shape": lambda torch: torch.nn.Conv2d(3, 2, 3)(torch.ones(1, 2, 5, 5)),
             "too small": lambda torch: torch.nn.Conv2d(3, 2, 3)(torch.ones(3, 2, 5)),
             "dtype": lambda torch: torch.nn.Conv2d(3, 2, 3)(torch.ones(1, 3, 5, 5).double()),
             "argument": lambda torch: torch.nn.Conv2d(3, 2), "groups": lambda torch: torch.nn.Conv2d(3, 2, 3, groups=2),
             "no groups": lambda torch: torch.nn.Conv2d(3, 2, 3, groups=0),
             "padding": lambda torch: torch.nn.Conv2d(3, 2, 3, padding="smae"),
             "padding and stride": lambda torch: torch.nn.Conv2d(3, 2, 3, padding="same", stride=2),
             "padding mode": lambda torch: torch.nn.Conv2d(3, 2, 3, padding_mode="mirror"),
             "too much to reflect": lambda torch: torch.nn.Conv2d(1, 1, 3, padding=3, padding_mode="reflect")(torch.ones(1, 1, 3, 3))},
        formula=r"y_{n,o} = b_o + \sum_c W_{o,c} \star x_{n,c}", source=DOCS + "Conv2d.html",
    ),
    Entry(
        "nn.BatchNorm1d", batch_norm_cases((2, 3)), op="kernels.normalization.batch_norm",
        bad={"shape": lambda torch: torch.nn.BatchNorm1d(3)(torch.ones(2, 3, 4, 5)),
             "channels": lambda torch: torch.nn.BatchNorm1d(3)(torch.ones(2, 4)),
             "dtype": lambda torch: torch.nn.BatchNorm1d(3)(torch.ones(2, 3, dtype=torch.int64)),
             "argument": lambda torch: torch.nn.BatchNorm1d(), "one value": lambda torch: torch.nn.BatchNorm1d(3)(torch.ones(1, 3)),
             "vector": lambda torch: torch.nn.BatchNorm1d(3)(torch.ones(3))},
        formula=r"y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \varepsilon}} \gamma + \beta",
        source="Ioffe and Szegedy (2015), Batch Normalization, algorithm 1",
    ),
    Entry(
        "nn.BatchNorm2d", batch_norm_cases((4,)), op="kernels.normalization.batch_norm",
        bad={"shape": lambda torch: torch.nn.BatchNorm2d(3)(torch.ones(2, 3)),
             "channels": lambda torch: torch.nn.BatchNorm2d(3)(torch.ones(2, 4, 2, 2)),
             "dtype": lambda torch: torch.nn.BatchNorm2d(3)(torch.ones(2, 3, 2, 2, dtype=torch.int64)),
             "argument": lambda torch: torch.nn.BatchNorm2d(3, foo=1),
             "one value": lambda torch: torch.nn.BatchNorm2d(3)(torch.ones(1, 3, 1, 1))},
        formula=r"y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \varepsilon}} \gamma + \beta",
        source="Ioffe and Szegedy (2015), Batch Normalization, algorithm 2",
        differences=("torch 2.13 mixes up the channels in the gradient of one image, or of planes with a side of 1, when the incoming "
                     "gradient lies channels last: none are drawn.",),
    ),
    Entry(
        "nn.LayerNorm", layer_norm_cases(), op="kernels.normalization.layer_norm",
        bad={"shape": lambda torch: torch.nn.LayerNorm(3)(torch.ones(2, 4)),
             "dimensions": lambda torch: torch.nn.LayerNorm((2, 3))(torch.ones(3)),
             "dtype": lambda torch: torch.nn.LayerNorm(3)(torch.ones(2, 3, dtype=torch.int64)),
             "argument": lambda torch: torch.nn.LayerNorm(), "size": lambda torch: torch.nn.LayerNorm(-1)},
        formula=r"y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \varepsilon}} \gamma + \beta",
        source="Ba, Kiros and Hinton (2016), Layer Normalization, equation 4",
    ),
    Entry(
        "nn.Embedding", embedding_cases(), op="kernels.embedding.embedding",
        bad={"shape": lambda torch: torch.nn.Embedding(3, 2, _weight=torch.ones(2, 2)),
             "dtype": lambda torch: torch.nn.Embedding(3, 2)(torch.ones(2)),
             "no such row": lambda torch: torch.nn.Embedding(3, 2)(torch.tensor([3])),
             "argument": lambda torch: torch.nn.Embedding(3), "padding": lambda torch: torch.nn.Embedding(3, 2, padding_idx=3),
             "size": lambda torch: torch.nn.Embedding(-3, 2), "vectors": lambda torch: torch.nn.Embedding.from_pretrained(torch.ones(2))},
        formula="y_i = W_{x_i}", source=DOCS + "Embedding.html", no_empty="torch cannot differentiate twice where nothing was looked up",
    ),
    Entry(
        "nn.Dropout", st.builds(lambda x, p, inplace: case(x).built(p, inplace), tensors(), st.sampled_from((0.0, 0.25, 0.5, 0.9, 1.0)),
                                st.just(False)),
        random=True, memory=False, op="kernels.dropout.dropout",
        bad={"shape": lambda torch: torch.nn.Dropout()(torch.ones(0)), "dtype": lambda torch: torch.nn.Dropout()(torch.tensor([1, 2])),
             "argument": lambda torch: torch.nn.Dropout(1.5), "type": lambda torch: torch.nn.Dropout("x")},
        formula=r"y = x \odot m / (1 - p), \quad m \sim \mathrm{Bernoulli}(1 - p)",
        source="Srivastava et al. (2014), Dropout",
    ),
    Entry(
        "nn.MaxPool2d", max_pool_cases(), op="kernels.pooling.max_pool2d", bad=pool_bad("MaxPool2d"),
        formula=r"y_{i,j} = \max_{k,l} x_{si+k,\,sj+l}", source=DOCS + "MaxPool2d.html",
    ),
    Entry(
        "nn.AvgPool2d", avg_pool_cases(), op="kernels.pooling.avg_pool2d", bad=pool_bad("AvgPool2d"),
        formula=r"y_{i,j} = \frac{1}{|w|} \sum_{k,l} x_{si+k,\,sj+l}", source=DOCS + "AvgPool2d.html",
    ),
    Entry(
        "nn.AdaptiveAvgPool2d", adaptive_cases(), op="kernels.pooling.adaptive_avg_pool2d",
        bad={"shape": lambda torch: torch.nn.AdaptiveAvgPool2d(2)(torch.ones(4, 4)), "argument": lambda torch: torch.nn.AdaptiveAvgPool2d(),
             "dtype": lambda torch: torch.nn.AdaptiveAvgPool2d(2)(torch.ones(1, 4, 4, dtype=torch.bool)),
             "size": lambda torch: torch.nn.AdaptiveAvgPool2d((1, 2, 3))(torch.ones(1, 1, 4, 4))},

                     formula=r"y_i = \operatorname{mean} x_{\lfloor iH/H' \rfloor \ldots \lceil (i+1)H/H' \rceil - 1}",
        source=DOCS + "AdaptiveAvgPool2d.html",
    ),
    Entry(
        "nn.AdaptiveMaxPool2d", adaptive_cases(indices=True), op="kernels.pooling.adaptive_max_pool2d",
        bad={"shape": lambda torch: torch.nn.AdaptiveMaxPool2d(2)(torch.ones(4, 4)), "argument": lambda torch: torch.nn.AdaptiveMaxPool2d(),
             "dtype": lambda torch: torch.nn.AdaptiveMaxPool2d(2)(torch.ones(1, 4, 4, dtype=torch.bool)),
             "size": lambda torch: torch.nn.AdaptiveMaxPool2d((1, 2, 3))(torch.ones(1, 1, 4, 4))},
        formula=r"y_i = \max x_{\lfloor iH/H' \rfloor \ldots \lceil (i+1)H/H' \rceil - 1}",
        source=DOCS + "AdaptiveMaxPool2d.html",
    ),
    Entry(
        "nn.Flatten", flatten_cases(),
        bad={"shape": lambda torch: torch.nn.Flatten(2, 1)(torch.ones(2, 3, 4)),
             "dimension": lambda torch: torch.nn.Flatten(0, 5)(torch.ones(2)),
             "argument": lambda torch: torch.nn.Flatten(0, 1, 2),
             "dtype": lambda torch: torch.nn.Flatten()(torch.ones(2, 3, dtype=torch.bool)),
             "type": lambda torch: torch.nn.Flatten()(3)},
        formula="y_{i,\\,jn+k} = x_{i,j,k}", source=DOCS + "Flatten.html",
    ),
    Entry(
        "nn.Unflatten", unflatten_cases(),
        bad={"shape": lambda torch: torch.nn.Unflatten(1, (2, 2))(torch.ones(2, 3)),
             "dimension": lambda torch: torch.nn.Unflatten(3, (1,))(torch.ones(2)),
             "argument": lambda torch: torch.nn.Unflatten(1, 3), "sizes": lambda torch: torch.nn.Unflatten(1, ("a", 2)),
             "dtype": lambda torch: torch.nn.Unflatten(0, (1, 2))(torch.ones(2, dtype=torch.bool))},
        formula="y_{i,j,k} = x_{i,\\,jn+k}", source=DOCS + "Unflatten.html",
    ),
]
