"""Matrices whose functions are well conditioned, by construction, and inputs that linear algebra refuses."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import shapes, sides, tensors

from .entry import case, resolve

ENTRIES = []


@st.composite
def matrices(draw, rows=None, columns=None, batch=None, spread=0.25, gap=3.0, least=0, dtype=None, **options):
    """Batches of matrices with distinct singular values, about gap, 2 gap, ...: a diagonal, and noise of at most `spread`."""
    n = draw(sides(least, 4)) if rows is None else rows
    m = draw(sides(least, 4)) if columns is None else columns
    x = draw(tensors((*(draw(shapes(0, 2, max_side=3)) if batch is None else batch), n, m), dtype, low=-spread, high=spread, **options))
    k = np.arange(min(n, m))
    x[..., k, k] += gap * (k + 1) * np.where(k % 3 == 1, -1, 1)      # determinants of both signs
    return x


@st.composite
def squares(draw, **options):
    """Batches of invertible matrices."""
    n = draw(sides(options.pop("least", 0), 4))
    return draw(matrices(n, n, **options))


@st.composite
def positive(draw, **options):
    """Batches of symmetric positive definite matrices."""
    x = draw(squares(**options))
    k = np.arange(x.shape[-1])
    x[...] = (x + x.swapaxes(-1, -2)) / 2
    x[..., k, k] = np.abs(x[..., k, k])
    return x


@st.composite
def systems(draw, left=True, vectors=True):
    """A matrix, and right sides that fit it: a vector, or matrices whose batch broadcasts."""
    a = draw(squares())
    n, dtype = a.shape[-1], a.dtype.name
    form = draw(st.sampled_from(("matrices", "one for all", "vectors") if vectors else ("matrices", "one for all")))
    if form == "vectors":
        return case(a, draw(tensors(a.shape[:-1], dtype)))
    m = draw(sides(max_side=3))
    batch = a.shape[:-2] if form == "matrices" else ()
    shape = (*batch, n, m) if left else (*batch, m, n)
    return case(a, draw(tensors(shape, dtype)), **({} if left else {"left": False}))


def refused(name, square=True, **more):
    """What functions of one matrix refuse."""
    def call(torch, *args, **settings):
        return resolve(torch, name)(*args, **settings)
    found = {
        "shape": lambda torch: call(torch, torch.ones(3)),
        "integers": lambda torch: call(torch, torch.ones(2, 2, dtype=torch.int64)),
        "half": lambda torch: call(torch, torch.eye(2, dtype=torch.float16)),
        "argument": lambda torch: call(torch),
        "no tensor": lambda torch: call(torch, 2.0),
    }
    if square:
        found["not square"] = lambda torch: call(torch, torch.ones(2, 3))
    return {**found, **more}
