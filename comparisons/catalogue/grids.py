"""Images sampled at the places of a grid."""
from hypothesis import strategies as st

from minitorch.testing.strategies import floats, tensors

from .entry import Entry, case


@st.composite
def sampling(draw, mode):
    """Images or volumes, and places in and around them."""
    axes = draw(st.integers(2, 2 if mode == "bicubic" else 3))
    dtype, n = draw(floats()), draw(st.integers(1, 2))
    x = draw(tensors((n, draw(st.integers(1, 2)), *(draw(st.integers(2, 4)) for _ in range(axes))), dtype))
    grid = draw(tensors((n, *(draw(st.integers(1, 3)) for _ in range(axes)), axes), dtype, low=-1.4, high=1.4))
    return case(x, grid * 0.97 + 0.013, mode, draw(st.sampled_from(("zeros", "border", "reflection"))),
                align_corners=draw(st.booleans()))


@st.composite
def maps(draw):
    """Matrices and sizes."""
    axes, n = draw(st.integers(2, 3)), draw(st.integers(1, 2))
    theta = draw(tensors((n, axes, axes + 1)))
    return case(theta, (n, 1, *(draw(st.integers(1, 3)) for _ in range(axes))), align_corners=draw(st.booleans()))


def sample(torch, *args, x=(1, 2, 4, 4), grid=(1, 3, 3, 2), dtype=None, grid_dtype=None, **settings):
    """grid_sample of ones at zeros."""
    images, places = torch.ones(x, dtype=dtype), torch.zeros(grid, dtype=grid_dtype)
    return torch.nn.functional.grid_sample(images, places, *args, align_corners=False, **settings)


def affine(torch, theta=(1, 2, 3), size=(1, 1, 2, 2), dtype=None):
    """affine_grid of ones."""
    return torch.nn.functional.affine_grid(torch.ones(theta, dtype=dtype), size, align_corners=False)


BAD = {
    "shape": lambda torch: sample(torch, grid=(1, 3, 3, 3)), "batch": lambda torch: sample(torch, grid=(2, 3, 3, 2)),
    "dimensions": lambda torch: sample(torch, x=(4, 4)), "three dimensions": lambda torch: sample(torch, grid=(1, 3, 2)),
    "mode": lambda torch: sample(torch, "foo"), "padding": lambda torch: sample(torch, padding_mode="foo"),
    "bicubic volume": lambda torch: sample(torch, "bicubic", x=(1, 2, 4, 4, 4), grid=(1, 2, 2, 2, 3)),
    "dtype": lambda torch: sample(torch, dtype=torch.float64), "integers": lambda torch: sample(torch, dtype=torch.int64),
    "no rows": lambda torch: sample(torch, x=(1, 2, 0, 4)), "no places": lambda torch: sample(torch, grid=(1, 0, 3, 2)),
    "no images": lambda torch: sample(torch, x=(0, 2, 4, 4), grid=(0, 3, 3, 2)),
    "argument": lambda torch: torch.nn.functional.grid_sample(),
}


def entry(mode, name):
    """The entry of one mode."""
    return Entry(name, sampling(mode), bad=BAD, order=2,
                 formula=r"y_{n,c,i,j} = \sum_{u,v} w(g^y_{n,i,j} - u)\, w(g^x_{n,i,j} - v)\, x_{n,c,u,v}",
                 no_empty="torch's gradient fails there", source="Jaderberg et al. (2015), Spatial Transformer Networks, equation 5")


ENTRIES = [
    entry("bilinear", "nn.functional.grid_sample"),
    entry("nearest", "nn.functional.grid_sample of the nearest"),
    entry("bicubic", "nn.functional.grid_sample by cubics"),
    Entry("nn.functional.affine_grid", maps(), no_empty="torch refuses empty sizes",
          bad={"shape": lambda torch: affine(torch, (1, 3, 3)), "batch": lambda torch: affine(torch, (2, 2, 3)),
               "dimensions": lambda torch: affine(torch, (2, 3)), "sizes": lambda torch: affine(torch, size=(1, 1, 2)),
               "volume": lambda torch: affine(torch, size=(1, 1, 2, 2, 2)), "empty": lambda torch: affine(torch, size=(1, 1, 0, 2)),
               "dtype": lambda torch: affine(torch, dtype=torch.int64), "argument": lambda torch: torch.nn.functional.affine_grid()},
          formula=r"(x, y)_{n,i,j} = \theta_n\, (x'_j, y'_i, 1)^\top",
          source="Jaderberg et al. (2015), Spatial Transformer Networks, equation 1"),
]
