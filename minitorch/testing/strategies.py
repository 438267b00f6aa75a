"""Hypothesis strategies for tensors and for the calls of a tensor library.

They draw NumPy arrays, so one drawn example serves any library. Shapes shrink to small ones; the values of an array come from one
drawn seed, on a coarse grid that every floating type holds exactly and that keeps off the points in `avoid` (kinks, poles).

Example:
    >>> from hypothesis import given
    >>> from minitorch.testing.strategies import broadcastable, tensors
    >>> @given(tensors(low=-2, high=2), broadcastable(2))
    ... def test(x, pair):
    ...     assert abs(x).max(initial=0) <= 2
    >>> test()
"""
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

FLOATS = ("float64", "float32")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
STEP = 1 / 32                                       # of the grid: float16 holds its points up to 64


class _Omit:
    """Stands for an argument that is left out of the call."""

    def __repr__(self):
        return "OMIT"


OMIT = _Omit()


@dataclass(frozen=True)
class Optional:
    """A value that is sometimes left out; see `optional`."""

    value: object


def optional(value):
    """A strategy (or value) that is left out in half of the calls, so that the default is tested too: then it draws OMIT.

    In `cases` it may also be a function of the arguments drawn before.
    """
    if isinstance(value, st.SearchStrategy):
        return st.one_of(st.just(OMIT), value)
    return Optional(value) if callable(value) else st.sampled_from((OMIT, value))


# ---- shapes ----------------------------------------------------------------------------------------------------------

_wanted = [None]                                    # what shapes() and sides() must give: "scalar", "empty", "plain" or anything


@contextmanager
def special(kind):
    """Within this context shapes are 0-d (kind "scalar"), hold a 0 ("empty"), or are neither ("plain"), wherever their bounds permit."""
    before, _wanted[0] = _wanted[0], kind
    try:
        yield
    finally:
        _wanted[0] = before


@cache
def _int(low, high):
    return st.integers(low, high)                   # to make a strategy costs more than to draw from it


@cache
def _pick(*values):
    return st.sampled_from(values)


@cache
def _shapes_of(ndim, min_side, max_side):
    """All shapes with so many dimensions, small ones first: one draw, however many dimensions."""
    return st.sampled_from(sorted(product(range(min_side, max_side + 1), repeat=ndim), key=lambda s: (prod(s), s)))


@st.composite
def shapes(draw, min_dims=0, max_dims=3, min_side=0, max_side=4):
    """Shapes of min_dims to max_dims dimensions; a side of 0 is seldom drawn, and only if min_side is 0.

    Example:
        >>> shapes(1, 2).filter(lambda shape: 0 not in shape).example()     # doctest: +SKIP
        (3, 2)
    """
    if _wanted[0] == "scalar" and min_dims == 0:
        return ()
    empty = min_side == 0 and max_dims > 0 and (_wanted[0] == "empty" or _wanted[0] is None and draw(_int(0, 23)) == 23)
    ndim = draw(_int(min(max(min_dims, 1), max_dims) if empty or _wanted[0] == "plain" else min_dims, max_dims))
    least = min(max(min_side, 1), max_side)
    if (max_side - least + 1) ** ndim <= 1000:
        shape = draw(_shapes_of(ndim, least, max_side))
    else:
        shape = tuple(draw(_int(least, max_side)) for _ in range(ndim))
    if empty:
        hole = draw(_int(0, ndim - 1))
        shape = (*shape[:hole], 0, *shape[hole + 1:])
    return shape


@st.composite
def sides(draw, min_side=0, max_side=5):
    """One side of a shape: the n, k, m that several tensors share. 0 is seldom drawn, and only if min_side is 0."""
    if min_side == 0 and (_wanted[0] == "empty" and not draw(_int(0, 1)) or _wanted[0] is None and draw(_int(0, 31)) == 31):
        return 0
    return draw(_int(max(min_side, 1), max(max_side, 1)))


@st.composite
def broadcastable_shapes(draw, number=2, min_dims=0, max_dims=3, max_side=4):
    """Shapes that broadcast against each other: sides of the result left out or replaced by 1."""
    full = draw(shapes(min_dims, max_dims, max_side=max_side))
    code, found = draw(_int(0, 2**24)), []          # read digit by digit; 0 leaves every shape whole
    for _ in range(number):
        code, start = divmod(code, len(full) - min_dims + 1)
        shape = []
        for n in full[start:]:
            code, digit = divmod(code, 4)
            shape.append(1 if digit == 3 else n)
        found.append(tuple(shape))
    if _wanted[0] in ("scalar", "empty"):           # one of them shows what was asked for
        found[code % number] = full
    return tuple(found)


# ---- tensors ---------------------------------------------------------------------------------------------------------

def floats():
    """float64 or float32, as names. The types in which every derivative is checked."""
    return _pick(*FLOATS)


def numbers():
    """Names of all real dtypes, bool not among them."""
    return _pick(*FLOATS, *INTEGERS, "float16")


def dtypes():
    """Names of all dtypes."""
    return _pick(*FLOATS, *INTEGERS, "float16", "bool")


seeds = st.integers(0, 2**31 - 1)
_flag = st.booleans()


def grid(low, high, avoid=()):
    """The points from low to high in steps of 1/32 that stay 1/8 away from every point of `avoid`."""
    points = np.arange(np.ceil(low / STEP), np.floor(high / STEP) + 1) * STEP
    for a in avoid:
        points = points[np.abs(points - a) >= 0.125]
    if not len(points):
        raise ValueError(f"no value is left between {low} and {high} that keeps off {avoid}")
    return points


def fill(shape, dtype, seed, low=-3.0, high=3.0, avoid=(), unique=False):
    """An array of this shape and dtype whose values are chosen by the seed, all different if `unique`."""
    rng, dtype, size = np.random.RandomState(seed), np.dtype(dtype), prod(shape)
    if dtype.kind == "b":
        return np.asarray(rng.randint(0, 2, shape), bool)
    if dtype.kind in "iu":
        low, high = int(np.ceil(max(low, np.iinfo(dtype).min))), int(np.floor(min(high, np.iinfo(dtype).max)))
        points = np.array([v for v in range(low, high + 1) if v not in avoid])
    else:
        points = grid(low, high, avoid)
        while unique and len(points) < size:        # a wider range; the grid stays
            low, high = 2 * low, 2 * high
            points = grid(low, high, avoid)
    if unique and len(points) < size:
        raise ValueError(f"{size} different values of {dtype} do not fit between {low} and {high}")
    chosen = rng.permutation(len(points))[:size] if unique else rng.randint(0, len(points), size)
    return points[chosen].astype(dtype).reshape(shape)


def layout(array, kind, seed):
    """The same values with other strides: kind 0 contiguous, 1 permuted, 2 every second element, 3 both, 4 inside a larger array."""
    if kind == 0 or array.ndim == 0:
        return array
    rng = np.random.RandomState(seed)
    order = rng.permutation(array.ndim) if kind in (1, 3) else np.arange(array.ndim)
    gaps = [1] * array.ndim
    margin = [0] * array.ndim
    if kind in (2, 3):
        gaps[rng.randint(array.ndim)] = 2
    if kind == 4:
        margin[rng.randint(array.ndim)] = 1
    padded = [array.shape[d] * gaps[d] + margin[d] for d in order]
    memory = np.zeros(padded, array.dtype)
    cut = memory[tuple(slice(margin[d], None, gaps[d]) for d in order)].transpose(np.argsort(order))
    cut[...] = array
    return cut


def _dtype(draw, dtype):
    return dtype if isinstance(dtype, str) else draw(floats() if dtype is None else dtype)


def _shape(draw, shape):
    return shape if isinstance(shape, tuple) else draw(shapes() if shape is None else shape)


def _array(shape, dtype, seed, strided, options):
    array = fill(shape, dtype, seed, **options)
    return layout(array, seed % 8, seed) if strided and shape else array


@st.composite
def tensors(draw, shape=None, dtype=None, strided=True, **options):
    """NumPy arrays for tensors.

    Args:
        shape: a shape, or a strategy of shapes; `shapes()` if None.
        dtype: the name of a dtype, or a strategy of names; `floats()` if None.
        strided: permuted and sliced arrays are drawn too.
        low, high: bounds of the values, -3 and 3 if not given; floating values lie on a grid of 1/32.
        avoid: points from which floating values keep 1/8 away, and which integers do not take.
        unique: all values differ (sorting, maxima: no ties).
    """
    return _array(_shape(draw, shape), _dtype(draw, dtype), draw(seeds), strided, options)


@st.composite
def together(draw, *drawn_shapes, dtype=None, strided=True, **options):
    """Several tensors of one dtype, a shape (or a strategy) each: `together((3, 4), (4,))`. Draws a tuple."""
    dtype, seed = _dtype(draw, dtype), draw(seeds)
    return tuple(_array(_shape(draw, s), dtype, seed + 7919 * i, strided, options) for i, s in enumerate(drawn_shapes))


@st.composite
def broadcastable(draw, number=2, dtype=None, mixed=False, max_dims=3, **options):
    """Tensors whose shapes broadcast, of one dtype, or each of its own if `mixed`. Draws a tuple."""
    found = draw(broadcastable_shapes(number, max_dims=max_dims))
    if mixed:
        return tuple(draw(tensors(s, dtype, **options)) for s in found)
    return draw(together(*found, dtype=dtype, **options))


@st.composite
def tensor_lists(draw, shape=None, min_size=1, max_size=4, dtype=None, vary=None, **options):
    """Lists of tensors of one shape, or of shapes that differ in dimension `vary`: for stack and cat."""
    shape = list(_shape(draw, shapes(1) if shape is None and vary is not None else shape))
    found = []
    for _ in range(draw(_int(min_size, max_size))):
        if vary is not None:
            shape[vary] = draw(_int(0, 4))
        found.append(tuple(shape))
    return list(draw(together(*found, dtype=dtype, **options)))


# ---- arguments that fit a tensor -------------------------------------------------------------------------------------

def dims(x):
    """A dimension of this tensor (or of this number of dimensions), counted from the front or from the back."""
    ndim = max(getattr(x, "ndim", x), 1)
    return _int(-ndim, ndim - 1)


@st.composite
def several_dims(draw, x, min_size=1, max_size=None):
    """A tuple of different dimensions of this tensor, some counted from the back."""
    ndim = getattr(x, "ndim", x)
    order = draw(st.permutations(range(ndim)))
    count = draw(_int(min(min_size, ndim), ndim if max_size is None else min(max_size, ndim)))
    return tuple(d - ndim if draw(_flag) else d for d in order[:count])


def any_dims(x):
    """A dimension or a tuple of dimensions."""
    return st.one_of(dims(x), several_dims(x))


@st.composite
def indices(draw, x, tensors_too=True):
    """An index for x[...]: integers, slices with positive step, None, Ellipsis, and integer or boolean arrays."""
    parts, used, dotted, advanced = [], 0, False, False
    while used < x.ndim and draw(_int(0, 3)):
        n = x.shape[used]
        kind = draw(_pick("slice", "integer", "none", "dots", "array", "mask"))
        if kind == "integer" and n:
            parts.append(draw(_int(-n, n - 1)))
        elif kind == "none":
            parts.append(None)
            continue
        elif kind == "dots" and not dotted:
            dotted, skip = True, draw(_int(0, x.ndim - used))
            parts.append(...)
            used += skip
            if used == x.ndim:
                break
            parts += [slice(None)] * (x.ndim - used)
            break
        elif kind == "array" and n and tensors_too and not advanced:
            advanced = True
            parts.append(fill(draw(shapes(1, 2, 1)), "int64", draw(seeds), -n, n - 1))
        elif kind == "mask" and tensors_too and not advanced:
            advanced = True
            parts.append(fill((n,), "bool", draw(seeds)))
        else:
            start, stop = sorted((draw(_int(0, n)), draw(_int(0, n))))
            parts.append(slice(start or None, stop if draw(_flag) else None, draw(_pick(None, 1, 2))))
        used += 1
    return parts[0] if len(parts) == 1 and draw(_flag) else tuple(parts)


@st.composite
def matmul_pairs(draw, dtype=None, max_batch=2, **options):
    """Pairs for `matmul`: vectors, matrices, and batches that broadcast."""
    n, k, m = draw(sides()), draw(sides()), draw(sides())
    left, right = draw(broadcastable_shapes(2, max_dims=max_batch, max_side=3))
    form = draw(_pick("matrix", "vector right", "vector left", "vectors"))
    a = (k,) if form in ("vector left", "vectors") else (*left, n, k)
    b = (k,) if form in ("vector right", "vectors") else (*right, k, m)
    return draw(together(a, b, dtype=dtype, low=-2, high=2, **options))


# ---- windows ---------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Convolution:
    """One drawn convolution: arrays and settings."""

    input: np.ndarray
    weight: np.ndarray
    bias: np.ndarray | None
    settings: dict


@st.composite
def conv_cases(draw, dims=2, dtype=None, batch=True, max_side=6):
    """Inputs, weights and settings for a convolution of 1, 2 or 3 dimensions that has at least one output position."""
    dtype = _dtype(draw, dtype)
    groups = draw(_pick(1, 1, 1, 2))
    channels, filters = groups * draw(_int(1, 2)), groups * draw(_int(1, 2))
    kernel = tuple(draw(_int(1, 3)) for _ in range(dims))
    dilation = tuple(draw(_int(1, 2)) for _ in range(dims))
    same = draw(_int(0, 4)) == 4
    stride = tuple(1 if same else draw(_int(1, 2)) for _ in range(dims))
    padding = tuple(draw(_int(0, 2)) for _ in range(dims))
    sizes = []
    for k, d, p in zip(kernel, dilation, padding):
        reach = d * (k - 1) + 1
        least = max(1, reach - 2 * p)
        sizes.append(draw(_int(least, max(least, max_side))))
    n = draw(sides(max_side=3))
    shape = (n, channels, *sizes) if not batch or n == 0 or draw(_int(0, 5)) else (channels, *sizes)
    x = draw(tensors(shape, dtype, low=-2, high=2))
    w = draw(tensors((filters, channels // groups, *kernel), dtype, low=-2, high=2))
    b = draw(tensors((filters,), dtype)) if draw(_flag) else None
    plain = lambda values: values[0] if len(set(values)) == 1 and draw(_flag) else values
    settings = {"stride": plain(stride), "padding": draw(_pick("same", "valid")) if same else plain(padding),
                "dilation": plain(dilation), "groups": groups}
    if settings["padding"] == "valid":              # the input must then hold the whole window
        assume(all(s >= d * (k - 1) + 1 for s, d, k in zip(sizes, dilation, kernel)))
    defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    return Convolution(x, w, b, {k: v for k, v in settings.items() if v != defaults[k] or draw(_flag)})


@dataclass(frozen=True)
class Pooling:
    """One drawn pooling: an array and settings."""

    input: np.ndarray
    settings: dict


@st.composite
def pool_cases(draw, dims=2, dtype=None, dilated=False, unique=False, max_side=7):
    """Inputs and settings (kernel_size, stride, padding, ceil_mode, dilation if `dilated`) for a pooling of 1, 2 or 3 dimensions."""
    kernel = tuple(draw(_int(1, 3)) for _ in range(dims))
    dilation = tuple(draw(_int(1, 2)) if dilated else 1 for _ in range(dims))
    stride = tuple(draw(_int(1, 3)) for _ in range(dims))
    padding = tuple(draw(_int(0, k // 2)) for k in kernel)
    sizes = []
    for k, d, p in zip(kernel, dilation, padding):
        least = max(d, d * (k - 1) + 1 - 2 * p)       # so many that no window lies in the padding alone
        sizes.append(draw(_int(least, max(least, max_side))))
    n, channels = draw(sides(max_side=2)), draw(_int(1, 3))
    shape = (n, channels, *sizes) if n == 0 or draw(_int(0, 5)) else (channels, *sizes)
    x = draw(tensors(shape, dtype, low=-8 if unique else -3, high=8 if unique else 3, unique=unique))
    plain = lambda values: values[0] if len(set(values)) == 1 and draw(_flag) else values
    settings = {"kernel_size": plain(kernel)}
    if draw(_flag):
        settings["stride"] = plain(stride)
    if draw(_flag):
        settings["padding"] = plain(padding)
    else:                                           # the window must fit without padding
        assume(all(s >= d * (k - 1) + 1 for s, k, d in zip(sizes, kernel, dilation)))
    if dilated and draw(_flag):
        settings["dilation"] = plain(dilation)
    if draw(_flag):
        settings["ceil_mode"] = draw(_flag)
    return Pooling(x, settings)
