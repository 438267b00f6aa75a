"""The strategies keep their promises, and what they draw is valid in torch."""
import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from comparisons.catalogue.entry import case, cases, lib
from minitorch.testing import strategies as s
from minitorch.testing.strategies import OMIT

few = settings(max_examples=50, deadline=None)


@few
@given(s.shapes(1, 3, 2, 4))
def test_shapes_keep_their_bounds(shape):
    assert 1 <= len(shape) <= 3 and all(2 <= n <= 4 for n in shape)


def test_special_shapes_are_drawn_on_request():
    seen = []

    @settings(max_examples=20, deadline=None, database=None)
    @given(s.shapes(), s.shapes(1, 2, 1), s.sides())
    def draw(free, bounded, side):
        seen.append((free, bounded, side))

    with s.special("scalar"):
        draw()
    assert all(f == () and len(b) >= 1 for f, b, _ in seen)
    seen.clear()
    with s.special("empty"):
        draw()
    assert all(0 in f and 0 not in b for f, b, _ in seen) and any(n == 0 for *_, n in seen)
    seen.clear()
    with s.special("plain"):
        draw()
    assert all(f and 0 not in f and n for f, _, n in seen)


@few
@given(s.tensors(low=-2, high=2, avoid=(0.0, 1.0)), s.tensors(dtype=s.dtypes()))
def test_values_keep_off_what_is_avoided(x, y):
    assert (abs(x) <= 2).all() and (abs(x) >= 0.125).all() and (abs(x - 1) >= 0.125).all()
    assert x.dtype in (np.float64, np.float32) and (x.astype(np.float16) == x).all()
    assert all(n >= 0 for n in y.strides) and torch.from_numpy(y).stride() is not None


@few
@given(s.tensors(unique=True), s.tensors(s.shapes(2, 3, 3, 4), low=-1, high=1, unique=True))
def test_unique_values_differ(x, y):
    assert len(np.unique(x)) == x.size and len(np.unique(y)) == y.size


def test_layouts_vary():
    seen = set()

    @settings(max_examples=60, deadline=None, database=None)
    @given(s.tensors(s.shapes(2, 3, 2)))
    def draw(x):
        seen.add((x.flags.c_contiguous, x.base is not None))
    draw()
    assert {c for c, _ in seen} == {True, False}


@few
@given(s.broadcastable(3), s.matmul_pairs(), s.conv_cases(), s.pool_cases(dilated=True), s.pool_cases())
def test_what_is_drawn_is_valid_in_torch(together, pair, conv, pool, mean):
    torch.broadcast_tensors(*map(torch.from_numpy, together))
    assert len({a.dtype for a in together}) == 1
    torch.matmul(*map(torch.from_numpy, pair))
    f = torch.nn.functional
    bias = None if conv.bias is None else torch.from_numpy(conv.bias)
    f.conv2d(torch.from_numpy(conv.input), torch.from_numpy(conv.weight), bias, **conv.settings)
    f.max_pool2d(torch.from_numpy(pool.input), **pool.settings)
    f.avg_pool2d(torch.from_numpy(mean.input), **mean.settings)


@few
@given(s.tensors(s.shapes(0, 3)), st.data())
def test_arguments_fit_the_tensor(x, data):
    torch.softmax(torch.from_numpy(x), data.draw(s.dims(x)))
    several = data.draw(s.several_dims(x, 0))
    assert len({d % max(x.ndim, 1) for d in several}) == len(several)
    index = data.draw(s.indices(x))
    as_tensors = tuple(torch.from_numpy(i) if isinstance(i, np.ndarray) else i for i in (index if isinstance(index, tuple) else (index,)))
    assert tuple(torch.from_numpy(x)[as_tensors].shape) == x[index].shape


@few
@given(cases(s.tensors(s.shapes(1)), lambda x: s.dims(x), keepdim=s.optional(True), dtype=lib.float64, axis=s.optional(lambda x: x.ndim)))
def test_cases_draw_arguments_in_order(drawn):
    x, dim = drawn.args
    assert -x.ndim <= dim < x.ndim and drawn.settings["dtype"] == lib.float64
    assert drawn.settings.get("keepdim", True) is True and drawn.settings.get("axis", x.ndim) == x.ndim


def test_omitted_arguments_are_left_out():
    assert case(1, OMIT, a=OMIT, b=2).args == (1,) and case(1, a=OMIT, b=2).settings == {"b": 2}
    assert case(1).built(2, bias=OMIT).constructor == ((2,), {})
