"""Distances of vectors, bilinear maps, normalization over neighbouring channels."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, floats, shapes, tensors

from .entry import Entry, case, given
from .margins import DOCS, F


@st.composite
def distance_cases(draw):
    """Vectors, also broadcasting; nowhere equal."""
    lead, size, dtype = draw(shapes(0, 2, max_side=3)), draw(st.integers(1, 4)), draw(floats())
    x = draw(tensors((*lead, size), dtype))
    y = x - draw(tensors((*lead, size), dtype, low=0.25, high=3)) * (np.arange(size) % 2 * 2 - 1).astype(dtype)
    return case(x, np.asarray(y), **given({"p": draw(st.sampled_from((OMIT, 1, 2.0, 3))), "eps": draw(st.sampled_from((OMIT, 0.125))),
                                           "keepdim": draw(st.sampled_from((OMIT, True)))}))


@st.composite
def point_cases(draw):
    """Points of which no two coordinates agree."""
    n, size, dtype = draw(st.integers(2, 4)), draw(st.integers(1, 3)), draw(floats())
    x = draw(tensors((n, size), dtype, strided=False, unique=True))
    return case(x, *draw(st.sampled_from(((), (1.0,), (3.0,)))))


@st.composite
def bilinear_cases(draw):
    """Inputs with any batch, with and without bias."""
    lead, (i, j, k), dtype = draw(shapes(0, 2, max_side=3)), [draw(st.integers(1, 3)) for _ in range(3)], draw(floats())
    values = [draw(tensors(s, dtype)) for s in ((*lead, i), (*lead, j), (k, i, j), (k,))]
    return case(*(values if draw(st.booleans()) else values[:3]))


ENTRIES = [
    Entry(
        "nn.functional.pairwise_distance", distance_cases(), also=("pairwise_distance",),
        bad={"shape": lambda torch: F(torch).pairwise_distance(torch.ones(3), torch.ones(2)),
             "dtype": lambda torch: F(torch).pairwise_distance([1.0], torch.ones(3)),
             "argument": lambda torch: F(torch).pairwise_distance(torch.ones(3), torch.ones(3), 2.0, 1e-6, False, 1),
             "integers": lambda torch: F(torch).pairwise_distance(torch.tensor([1, 2]), torch.tensor([1, 2])),
             "broadcast": lambda torch: F(torch).pairwise_distance(torch.ones(2, 3), torch.zeros(3), keepdim=True)},
        formula=r"y = \lVert x_1 - x_2 + \varepsilon \rVert_p", source=DOCS + "PairwiseDistance.html",
    ),
    Entry(
        "nn.functional.pdist", point_cases(), also=("pdist",), order=1,
        bad={"shape": lambda torch: F(torch).pdist(torch.ones(3)),
             "dtype": lambda torch: F(torch).pdist(torch.ones(3, 2, dtype=torch.int64)),
             "argument": lambda torch: F(torch).pdist(torch.ones(3, 2), -1),
             "dimensions": lambda torch: F(torch).pdist(torch.ones(3, 2, 2)),
             "no columns": lambda torch: F(torch).pdist(torch.ones(3, 0)), "one point": lambda torch: F(torch).pdist(torch.ones(1, 2))},
        formula=r"y_{ij} = \lVert x_i - x_j \rVert_p, \quad i < j", source="torch.nn.functional.pdist",
        differences=("There is a second derivative; torch has none.",),
        limit="NumPy passes three times over the differences of each feature (subtract, square, add), torch once: 2.6 times its time.",
        no_empty="PyTorch itself crashes in the backward of no pair of points",
    ),
    Entry(
        "nn.functional.bilinear", bilinear_cases(), also=("bilinear",),
        bad={"shape": lambda torch: F(torch).bilinear(torch.ones(2, 3), torch.ones(2, 3), torch.ones(5, 3, 4)),
             "dimensions": lambda torch: F(torch).bilinear(torch.ones(2, 3), torch.ones(4), torch.ones(5, 3, 4)),
             "batches": lambda torch: F(torch).bilinear(torch.ones(2, 3), torch.ones(1, 4), torch.ones(5, 3, 4)),
             "bias": lambda torch: F(torch).bilinear(torch.ones(2, 3), torch.ones(2, 4), torch.ones(5, 3, 4), torch.ones(4)),
             "dtype": lambda torch: F(torch).bilinear(torch.ones(2, 3, dtype=torch.float64), torch.ones(2, 4), torch.ones(5, 3, 4)),
             "argument": lambda torch: F(torch).bilinear(torch.ones(2, 3), torch.ones(2, 4))},
        formula=r"y_k = x_1^\top A_k x_2 + b_k", source=DOCS + "Bilinear.html",
    ),
    Entry(
        "nn.functional.local_response_norm",
        st.builds(lambda x, size, settings: case(x, size, **settings), tensors(shapes(3, 4, min_side=1, max_side=3)), st.integers(1, 3),
                  st.sampled_from(({}, {"alpha": 0.5, "beta": 0.5, "k": 2.0}))),
        bad={"shape": lambda torch: F(torch).local_response_norm(torch.ones(2, 2), 2),
             "dtype": lambda torch: F(torch).local_response_norm([1.0], 2),
             "argument": lambda torch: F(torch).local_response_norm(torch.ones(2, 2, 2), 0),
             "empty": lambda torch: F(torch).local_response_norm(torch.ones(2, 0, 2), 2)},
        formula=r"y_c = x_c \Bigl( k + \frac{\alpha}{n} \sum_{c'} x_{c'}^2 \Bigr)^{-\beta}",
        source="Krizhevsky, Sutskever and Hinton (2012), section 3.3", no_empty="torch gives back the input itself",
    ),
]
