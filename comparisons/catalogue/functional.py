"""Functions of torch.nn.functional that have no kernel of their own: dropout, padding, normalized vectors, one-hot rows."""
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, broadcastable, dims, optional, tensors

from .entry import Entry, case, cases

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional."


@st.composite
def dropout_cases(draw):
    """Any chance from 0 to 1, in training or not."""
    return case(draw(tensors()), draw(st.sampled_from((OMIT, 0.0, 0.25, 0.9, 1.0))), training=draw(optional(False)))


@st.composite
def constant_pad_cases(draw):
    """Places put on or cut away, in some of the last dimensions."""
    x = draw(tensors(dtype=st.sampled_from(("float64", "float32", "int64", "bool"))))
    pad = []
    for k in range(draw(st.integers(0, x.ndim))):
        size = x.shape[x.ndim - 1 - k]
        before = draw(st.integers(-size, 2))
        pad += [before, draw(st.integers(-size - min(before, 0), 2))]
    value = draw(st.sampled_from((OMIT, None, 1.5, -2))) if x.dtype.kind == "f" else draw(st.sampled_from((OMIT, 1)))
    return case(x, draw(st.sampled_from((tuple, list)))(pad), value=value)


@st.composite
def mirrored_pad_cases(draw):
    """The other modes, as far as the input has values for them."""
    k = draw(st.integers(1, 3))
    mode = draw(st.sampled_from(("reflect", "replicate", "circular")))
    lead = draw(st.sampled_from(((1,), (2,), (1, 2), (2, 1), (0, 2))))
    x = draw(tensors((*lead, *(draw(st.integers(1, 4)) for _ in range(k)))))
    pad = []
    for d in range(k):
        size = x.shape[-1 - d]
        most = {"reflect": size - 1, "circular": size, "replicate": 5}[mode]
        before = draw(st.integers(1 - size if mode == "replicate" else 0, most))
        pad += [before, draw(st.integers(0, most))]
    return case(x, tuple(pad), mode)


@st.composite
def one_hot_cases(draw):
    """Indices below a number of classes that is given or inferred."""
    classes = draw(st.integers(1, 5))
    x = draw(tensors(dtype="int64", low=0, high=classes - 1))
    return case(x, classes if x.size == 0 or draw(st.booleans()) else OMIT)


@st.composite
def similar_cases(draw):
    """Two tensors that broadcast, of two dtypes now and then."""
    a, b = draw(broadcastable(2, avoid=(0,)))
    n = max(a.ndim, b.ndim)
    b = b.astype("float32") if draw(st.integers(0, 3)) == 0 else b
    return case(a, b, dim=draw(dims(n)), eps=draw(optional(1e-6)))


def bad_pad(torch, *shape, pad=(1, 1), **settings):
    """pad of ones of this shape."""
    return torch.nn.functional.pad(torch.ones(shape), pad, **settings)


PAD_BAD = {
    "argument": lambda torch: torch.nn.functional.pad([1.0], (1, 1)),
    "shape": lambda torch: bad_pad(torch, 2, pad=(1, 1, 1, 1)),
    "odd": lambda torch: bad_pad(torch, 2, pad=(1,)),
    "type of the places": lambda torch: bad_pad(torch, 2, pad=(1.0, 1)),
    "no tuple": lambda torch: bad_pad(torch, 2, pad=1),
    "dtype": lambda torch: torch.nn.functional.pad(torch.tensor([1]), (1, 1), value="x"),
    "more cut than there is": lambda torch: bad_pad(torch, 2, pad=(-1, -2)),
    "mode": lambda torch: bad_pad(torch, 2, 2, mode="mirror"),
}
MIRROR_BAD = {
    "shape": lambda torch: bad_pad(torch, 2, mode="reflect"),
    "dimensions": lambda torch: bad_pad(torch, 2, 2, 2, 2, mode="replicate"),
    "argument": lambda torch: bad_pad(torch, 2, 2, mode="reflect", value=1.0),
    "too much to reflect": lambda torch: bad_pad(torch, 2, 3, pad=(3, 0), mode="reflect"),
    "twice around": lambda torch: bad_pad(torch, 2, 3, pad=(0, 4), mode="circular"),
    "no values": lambda torch: bad_pad(torch, 2, 0, mode="replicate"),
    "no channels": lambda torch: bad_pad(torch, 1, 0, 3, mode="reflect"),
    "nothing left": lambda torch: bad_pad(torch, 2, 3, pad=(-2, -1), mode="replicate"),
    "dtype": lambda torch: torch.nn.functional.pad(torch.ones(2, 3, dtype=torch.int64), (1, 1), mode="circular"),
    "no places": lambda torch: bad_pad(torch, 2, 3, pad=(), mode="circular"),
}

ENTRIES = [
    Entry(
        "nn.functional.dropout", dropout_cases(), random=True, memory=False, op="kernels.dropout.dropout",
        bad={"argument": lambda torch: torch.nn.functional.dropout([1.0], 0.5),
             "chance": lambda torch: torch.nn.functional.dropout(torch.ones(2), 1.5),
             "dtype": lambda torch: torch.nn.functional.dropout(torch.tensor([1, 2]), 0.5),
             "shape": lambda torch: torch.nn.functional.dropout(torch.ones(0), -0.5),
             "leaf": lambda torch: torch.nn.functional.dropout(torch.ones(2, requires_grad=True), 0.5, inplace=True)},
        formula=r"y = x \odot m / (1 - p), \quad m \sim \mathrm{Bernoulli}(1 - p)", source="Srivastava et al. (2014), Dropout",
    ),
    Entry(
        "nn.functional.pad", st.one_of(constant_pad_cases(), mirrored_pad_cases()), memory=False, bad=PAD_BAD | {
            f"{name}, mirrored": call for name, call in MIRROR_BAD.items()},
        formula=r"y_{p + i} = x_i", source=DOCS + "pad.html",
    ),
    Entry(
        "nn.functional.one_hot", one_hot_cases(), differentiable=(), order=0,
        bad={"argument": lambda torch: torch.nn.functional.one_hot(), "dtype": lambda torch: torch.nn.functional.one_hot(torch.ones(2)),
             "int32": lambda torch: torch.nn.functional.one_hot(torch.ones(2, dtype=torch.int32)),
             "shape": lambda torch: torch.nn.functional.one_hot(torch.ones(0, dtype=torch.int64)),
             "negative": lambda torch: torch.nn.functional.one_hot(torch.tensor([-1])),
             "too large": lambda torch: torch.nn.functional.one_hot(torch.tensor([2]), 2)},
        formula=r"y_{i,c} = [x_i = c]", source=DOCS + "one_hot.html",
    ),
    Entry(
        "nn.functional.normalize", cases(tensors(avoid=(0,)), p=optional(st.sampled_from((1.0, 3.0, 2))), dim=lambda x: dims(x),
              eps=optional(0.5)),
        bad={"shape": lambda torch: torch.nn.functional.normalize(torch.ones(3)),
             "dtype": lambda torch: torch.nn.functional.normalize(torch.ones(2, 2, dtype=torch.int64)),
             "argument": lambda torch: torch.nn.functional.normalize(torch.ones(2, 2), dim=2),
             "no tensor": lambda torch: torch.nn.functional.normalize(3.0)},
        formula=r"y = x / \max(\|x\|_p, \varepsilon)", source=DOCS + "normalize.html",
    ),
    Entry(
        "nn.functional.cosine_similarity", similar_cases(), also=("cosine_similarity",),
        bad={"shape": lambda torch: torch.nn.functional.cosine_similarity(torch.ones(2, 3), torch.ones(2)),
             "dtype": lambda torch: torch.nn.functional.cosine_similarity(torch.tensor([1]), torch.tensor([1]), dim=0),
             "argument": lambda torch: torch.nn.functional.cosine_similarity(torch.ones(2)),
             "dimension": lambda torch: torch.nn.functional.cosine_similarity(torch.ones(2), torch.ones(2))},
        formula=r"y = \frac{x_1 \cdot x_2}{\max(\|x_1\|, \varepsilon) \max(\|x_2\|, \varepsilon)}", source=DOCS + "cosine_similarity.html",
    ),
]
