"""Every random function gives PyTorch's values from the same seed: bit for bit, in any mixture, layout and dtype."""
import copy
import itertools
import pickle
import struct
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minitorch import random
from minitorch.boxmuller import affine32, affine64
from minitorch.random import Generator, in_memory_order, memory_order
from minitorch.tensor import wrap

SEEDS = (0, 12345, 2**32 - 1, 2**32 + 3, -5)
SIZES = (0, 1, 2, 15, 16, 17, 31, 32, 33, 1000)
TYPES = {np.float16: torch.float16, np.float32: torch.float32, np.float64: torch.float64, np.uint8: torch.uint8, np.int8: torch.int8,
         np.int16: torch.int16, np.int32: torch.int32, np.int64: torch.int64, np.bool_: torch.bool}
FLOATS = (np.float16, np.float32, np.float64)


@pytest.fixture(scope="module", autouse=True)
def vectorised_torch():
    capability = torch.backends.cpu.get_cpu_capability()
    assert capability in ("AVX2", "AVX512"), (f"PyTorch runs with CPU capability {capability}, where it rounds random values otherwise. "
                                              "Run these tests on a CPU with AVX2, without ATEN_CPU_CAPABILITY=default.")


def both(seed):
    torch.default_generator.manual_seed(seed)
    return Generator().manual_seed(seed)


def same(ours, theirs, ulp=0):
    """Equal to the last bit, or (where PyTorch's mathematical library decides) to so many units in the last place."""
    theirs = theirs.detach().numpy()
    ours = np.asarray(ours)
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    if ulp:
        np.testing.assert_array_max_ulp(ours, theirs, ulp)
    else:
        np.testing.assert_array_equal(ours, theirs)


def streams(ours, theirs, ulp=0):
    """The same draw on both sides, over seeds and sizes; what is drawn next is equal too."""
    for seed, n in itertools.product(SEEDS, SIZES):
        g = both(seed)
        same(ours(g, n), theirs(n), ulp)
        same(g.uniform(2), torch.rand(2))


# ---- the recipes -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("low, high", [(0.0, 1.0), (-0.3, 0.7), (0.0, 2.0), (-1 / 3, 1 / 3), (5.0, 5.0), (1.0, 1 + 2.0**-22), (999.0, 1e3)])
def test_uniform(kind, low, high):
    streams(lambda g, n: g.uniform(n, low, high, kind), lambda n: torch.empty(n, dtype=TYPES[kind]).uniform_(low, high))


@pytest.mark.parametrize("low, high", [(1.0, 1 + 2.0**-50), (-8e307, 8e307), (-1e-310, 1e300)])
def test_uniform_float64_extremes(low, high):
    streams(lambda g, n: g.uniform(n, low, high, np.float64), lambda n: torch.empty(n, dtype=torch.float64).uniform_(low, high))


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("mean, std", [(0.0, 1.0), (3.0, 0.02), (-1.0, 7.0), (0.0, 0.0)])
def test_normal(kind, mean, std):
    # With a mean the value may be near zero, where PyTorch's float64 ln and cos, an ulp off, are many ulps of the result.
    streams(lambda g, n: g.normal(n, mean, std, kind), lambda n: torch.empty(n, dtype=TYPES[kind]).normal_(mean, std),
            ulp=64 if kind is np.float64 else 0)


def test_many_normals_and_uniforms():
    g = both(7)
    same(g.normal(400_005), torch.randn(400_005))
    same(g.uniform(300_000, 300.0, 301.0), torch.empty(300_000).uniform_(300.0, 301.0))


def test_scaling_rounds_once():
    # 1 + 2⁻²³ ± (2⁻²⁴ - 2⁻⁷⁰) lies beside the middle between two float32, on the side of 1 + 2⁻²³; a float64 would show it in the middle.
    odd, z = 1 + 2.0**-23, np.float32([1 + 2.0**-23, 1])
    np.testing.assert_array_equal(affine32(z, 2.0**-24 * (1 - 2.0**-23), odd)[0], np.float32(odd))
    np.testing.assert_array_equal(affine32(z, -(2.0**-24) * (1 - 2.0**-23), odd)[0], np.float32(odd))
    np.testing.assert_array_equal(affine32(z, 2.0**-24, odd), np.float32([1 + 2.0**-22] * 2))
    np.testing.assert_array_equal(affine32(z, -(2.0**-24), odd), np.float32([1, 1]))


@settings(max_examples=300, deadline=None, database=None)
@given(*[st.tuples(st.integers(-2**53, 2**53), st.integers(-120, 40)).map(lambda number: number[0] * 2.0 ** number[1])] * 3)
def test_float64_scaling_rounds_once(z, scale, shift):
    exact = float(Fraction(z) * Fraction(scale) + Fraction(shift))
    assert affine64(np.array([z]), scale, shift)[0] == exact


@pytest.mark.parametrize("low, high, kind", [
    (0, 10, np.int64), (-5, 5, np.int32), (0, 1, np.int64), (3, 4, np.int64), (0, 2**31 + 7, np.int64), (0, 2**32, np.int64),
    (-2**40, 2**50, np.int64), (-2**63, 2**63 - 1, np.int64), (0, 2**28 - 1, np.int64), (0, 2**28, np.int64), (-2**28, 2**28, np.int32),
    (0, 2**31 - 1, np.int32), (0, 255, np.uint8), (0, 256, np.uint8), (-128, 127, np.int8), (0, 2, np.bool_), (0, 2**24, np.float32),
    (-7, 7, np.float16), (0, 2**40, np.float64)])
def test_integers(low, high, kind):
    streams(lambda g, n: g.integers(n, low, high, kind), lambda n: torch.empty(n, dtype=TYPES[kind]).random_(low, high))


@pytest.mark.parametrize("kind", TYPES)
def test_naturals(kind):
    streams(lambda g, n: g.naturals(n, kind), lambda n: torch.empty(n, dtype=TYPES[kind]).random_())


def test_all_64_bits():
    streams(lambda g, n: g.integers(n, -2**63, 2**63), lambda n: torch.empty(n, dtype=torch.int64).random_(-2**63, None))


def test_randperm():
    streams(lambda g, n: g.randperm(n), torch.randperm)
    g = both(3)
    same(g.randperm(60_000), torch.randperm(60_000))
    for n in range(12):
        same(g.randperm(n), torch.randperm(n))


@pytest.mark.parametrize("p, kind", [(0.0, np.float32), (2.0**-60, np.float64), (0.1, np.float16), (0.5, np.float32), (1 / 3, np.bool_),
                                     (0.7, np.float32), (0.7, np.uint8), (0.7, np.int64), (1.0, np.float64)])
def test_bernoulli(p, kind):
    streams(lambda g, n: g.bernoulli(n, p), lambda n: torch.empty(n, dtype=TYPES[kind]).bernoulli_(p).bool())


@pytest.mark.parametrize("kind", FLOATS)
def test_bernoulli_each(kind):
    chances = lambda n: np.random.default_rng(n).random(n).astype(kind)
    streams(lambda g, n: g.bernoulli_each(chances(n)), lambda n: torch.bernoulli(torch.from_numpy(chances(n))).bool())


@pytest.mark.parametrize("kind", FLOATS)
def test_continuous(kind):
    empty = lambda n: torch.empty(n, dtype=TYPES[kind])
    streams(lambda g, n: g.exponential(n, 1.5, kind), lambda n: empty(n).exponential_(1.5), ulp=2)
    streams(lambda g, n: g.cauchy(n, 0.5, 2.0, kind), lambda n: empty(n).cauchy_(0.5, 2.0), ulp=16)
    streams(lambda g, n: g.log_normal(n, 1.0, 0.5, kind), lambda n: empty(n).log_normal_(1.0, 0.5), ulp=16)
    streams(lambda g, n: g.geometric(n, 0.3, kind), lambda n: empty(n).geometric_(0.3))


@pytest.mark.parametrize("kind", (np.float32, np.float64))
@pytest.mark.parametrize("rows", (1, 3))
def test_multinomial(kind, rows):
    for seed, n in itertools.product(SEEDS[:3], (1, 2, 17, 40, 1000)):
        weights = np.random.default_rng(n).random((rows, n)).astype(kind)
        for w, count in itertools.product((weights, np.asfortranarray(weights)), {1, n // 2 or 1, n}):
            g = both(seed)
            same(g.multinomial(w, count), torch.multinomial(torch.from_numpy(w), count))
            same(g.multinomial(w, count, True), torch.multinomial(torch.from_numpy(w), count, replacement=True))
        same(g.multinomial(weights, 50, True), torch.multinomial(torch.from_numpy(weights), 50, replacement=True))
        same(g.uniform(2), torch.rand(2))


def test_multinomial_of_float16():
    weights = np.random.default_rng(5).random((30, 700)).astype(np.float16)
    g = both(1)
    same(g.multinomial(weights, 300, True), torch.multinomial(torch.from_numpy(weights), 300, True))
    # Without replacement many keys are equal, and torch.topk leaves the order of equal keys open: the keys that were chosen are compared.
    keys = weights / both(2).exponential(weights.size, dtype=np.float16).reshape(weights.shape)
    ours, theirs = both(2).multinomial(weights, 300), torch.multinomial(torch.from_numpy(weights), 300).numpy()
    np.testing.assert_array_equal(np.take_along_axis(keys, ours, 1), np.take_along_axis(keys, theirs, 1))


def test_mixed():
    for seed in SEEDS:
        g = both(seed)
        for n in (3, 1, 20, 1, 5, 16, 2, 33, 7, 0, 1, 1):
            same(g.normal(n), torch.randn(n))
            same(g.uniform(n), torch.rand(n))
            same(g.normal(n, dtype=np.float64), torch.randn(n, dtype=torch.float64), ulp=64)
            same(g.log_normal(1, 0.0, 1.0, np.float64), torch.empty(1, dtype=torch.float64).log_normal_(0, 1), ulp=16)
            same(g.integers(n, 0, 9), torch.randint(9, (n,)))
            same(g.normal(n, dtype=np.float16), torch.randn(n, dtype=torch.float16))
            same(g.randperm(n), torch.randperm(n))
            same(g.bernoulli(n, 0.3), torch.empty(n).bernoulli_(0.3).bool())
            same(g.normal(n, contiguous=n < 2), torch.empty(n, 2)[:, 0].normal_())


def untempered(output):
    """The state word that MT19937 turns into `output`: tempering is linear over bits, so its inverse is found bit by bit."""
    def temper(y):
        y ^= y >> 11
        y ^= y << 7 & 0x9D2C5680
        y ^= y << 15 & 0xEFC60000
        return (y ^ y >> 18) & 0xFFFFFFFF
    pivots = {}                                       # leading bit -> (tempered, word)
    for i in range(32):
        tempered, word = temper(1 << i), 1 << i
        while tempered and tempered.bit_length() in pivots:
            other = pivots[tempered.bit_length()]
            tempered, word = tempered ^ other[0], word ^ other[1]
        pivots[tempered.bit_length()] = tempered, word
    word = 0
    while output:
        tempered, part = pivots[output.bit_length()]
        output, word = output ^ tempered, word ^ part
    return word


@pytest.mark.parametrize("output", [0, 0xFFFFFFFF])
def test_extreme_words(output):
    words = [untempered(output)] * 624
    state = np.frombuffer(struct.pack("<Qiiq", 0, 624, 1, 1) + struct.pack("<624Q", *words) + bytes(40), np.uint8)
    g, theirs = Generator(), torch.Generator()

    def check(ours, draw, ulp=0):
        for kind in FLOATS:
            g.set_state(wrap(state))
            theirs.set_state(torch.from_numpy(state.copy()))
            same(ours(kind), draw(torch.empty(20, dtype=TYPES[kind])), ulp)
    check(lambda k: g.uniform(20, dtype=k), lambda x: x.uniform_(generator=theirs))
    check(lambda k: g.uniform(20, 1.0, 3.0, dtype=k), lambda x: x.uniform_(1.0, 3.0, generator=theirs))
    check(lambda k: g.normal(20, dtype=k), lambda x: x.normal_(generator=theirs), ulp=2)
    check(lambda k: g.normal(20, dtype=k, contiguous=False), lambda x: torch.stack([x, x], 1)[:, 0].normal_(generator=theirs), ulp=2)
    check(lambda k: g.exponential(20, dtype=k), lambda x: x.exponential_(generator=theirs), ulp=2)
    check(lambda k: g.cauchy(20, dtype=k), lambda x: x.cauchy_(generator=theirs), ulp=2)
    check(lambda k: g.geometric(20, 0.3, dtype=k), lambda x: x.geometric_(0.3, generator=theirs))
    check(lambda k: g.bernoulli(20, 1.0).astype(k), lambda x: x.bernoulli_(1.0, generator=theirs))
    check(lambda k: g.bernoulli(20, 1 - 2.0**-53).astype(k), lambda x: x.bernoulli_(1 - 2.0**-53, generator=theirs))


# ---- layout ------------------------------------------------------------------------------------------------------------

def layouts():
    base = torch.zeros(6, 7)
    cube = torch.zeros(2, 3, 4)
    return (base, base.t(), base[:, ::2], base.t()[::2], cube.permute(2, 0, 1), cube[:, 1], cube.permute(1, 2, 0)[1:],
            torch.zeros(5, 1, 3).permute(1, 2, 0), torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last), torch.zeros(()),
            torch.zeros(2, 0, 3).permute(2, 0, 1), torch.zeros(40)[::2])


@pytest.mark.parametrize("layout", range(len(layouts())))
def test_values_follow_memory(layout):
    for seed in SEEDS[:2]:
        like = layouts()[layout]
        array, n = like.numpy(), like.numel()
        g = both(seed)
        same(in_memory_order(g.uniform(n), array), like.uniform_())
        same(in_memory_order(g.normal(n, contiguous=like.is_contiguous()), array), like.normal_())
        same(in_memory_order(g.exponential(n), array), like.exponential_(), ulp=2)
        same(in_memory_order(g.integers(n, 0, 100, np.float32), array), like.random_(0, 100))
        same(random.bernoulli_mask(array, 0.7, g), torch.dropout(torch.ones_like(like), 0.3, True) > 0)
        same(g.randperm(9), torch.randperm(9))


@settings(max_examples=100, deadline=None, database=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["", "expand", "step"])), max_size=4), st.randoms())
def test_memory_order_of_any_layout(axes, shuffle):
    x = torch.zeros([1 if kind == "expand" else 2 * n if kind == "step" else n for n, kind in axes])
    order = shuffle.sample(range(x.ndim), x.ndim)
    x = x.permute(order)[tuple(slice(None, None, 2 if axes[a][1] == "step" else 1) for a in order)].expand([axes[a][0] for a in order])
    fresh = torch.empty_like(x)
    long = [a for a in memory_order(x.numpy()) if x.shape[a] > 1]
    assert long == sorted(long, key=lambda a: -fresh.stride(a))
    g = both(1)
    same(in_memory_order(g.uniform(x.numel()), x.numpy()), torch.rand_like(x))


def test_bernoulli_mask_of_the_default_stream():
    torch.manual_seed(4)
    random.manual_seed(4)
    same(random.bernoulli_mask(np.ones((3, 4)), 0.6), torch.dropout(torch.ones(3, 4), 0.4, True) > 0)


# ---- seed and state ----------------------------------------------------------------------------------------------------

def theirs_of(g):
    return torch.from_numpy(g.get_state()._array.copy())


def ours_of(g):
    return wrap(g.get_state().numpy())


def test_state_bytes_both_ways():
    for seed in SEEDS:
        theirs, ours = torch.Generator().manual_seed(seed), Generator().manual_seed(seed)
        assert ours.initial_seed() == theirs.initial_seed() == seed % 2**64
        for words in (0, 1, 2, 620, 1, 1, 622, 1000):
            torch.rand(words, generator=theirs)
            ours.uniform(words)
            same(ours.get_state()._array, theirs.get_state())
        for normals in (1, 1, 3, 20, 15):
            torch.randn(normals, generator=theirs)
            ours.normal(normals)
            same(ours.get_state()._array, theirs.get_state(), ulp=0)
        fresh = Generator().set_state(ours_of(theirs))
        back = torch.Generator()
        back.set_state(theirs_of(ours))
        for n in (1, 3, 700):
            expected = torch.randn(n, generator=theirs)
            same(fresh.normal(n), expected)
            same(ours.normal(n), expected)
            same(torch.randn(n, generator=back).numpy(), expected)
        same(fresh.get_state()._array, theirs.get_state())


def test_seed_drops_and_state_keeps_the_waiting_normal():
    g = both(1)
    g.normal(3), torch.randn(3)
    ours, theirs = g.get_state(), torch.get_rng_state()
    first = g.normal(5)
    same(first, torch.randn(5))
    g.set_state(ours), torch.set_rng_state(theirs)
    same(g.normal(5), torch.randn(5))
    g.normal(1), torch.randn(1)
    g.manual_seed(1), torch.manual_seed(1)
    same(g.normal(1), torch.randn(1))


def test_copies_go_on_independently():
    g = Generator().manual_seed(8)
    g.normal(3)
    expected = g.clone_state().normal(5)
    for twin in (copy.deepcopy(g), copy.copy(g), pickle.loads(pickle.dumps(g)), g.clone_state()):
        assert twin.initial_seed() == 8
        np.testing.assert_array_equal(twin.normal(5), expected)
    np.testing.assert_array_equal(g.normal(5), expected)


def test_default_stream():
    assert random.manual_seed(-3) is random.default_generator
    assert random.initial_seed() == torch.manual_seed(-3).initial_seed()
    same(random.get_rng_state()._array, torch.get_rng_state())
    random.set_rng_state(wrap(torch.Generator().manual_seed(9).get_state().numpy()))
    same(random.default_generator.uniform(3), torch.rand(3, generator=torch.Generator().manual_seed(9)))
    chosen = random.seed()
    assert chosen == random.initial_seed() and chosen != random.seed()
    assert Generator().initial_seed() == torch.Generator().initial_seed()
    assert Generator().get_state()._array.tobytes() == torch.Generator().get_state().numpy().tobytes()


def test_fork_rng():
    random.manual_seed(2)
    before = random.get_rng_state()._array.tobytes()
    with random.fork_rng():
        random.default_generator.uniform(3)
        random.manual_seed(5)
    assert random.get_rng_state()._array.tobytes() == before
    with pytest.raises(ZeroDivisionError), random.fork_rng(devices=[], device_type="cuda"):
        random.default_generator.uniform(3)
        1 / 0
    assert random.get_rng_state()._array.tobytes() == before
    random.fork_rng()(random.seed)()
    assert random.get_rng_state()._array.tobytes() == before
    with random.fork_rng(enabled=False):
        random.default_generator.uniform(3)
    assert random.get_rng_state()._array.tobytes() != before


# ---- errors ------------------------------------------------------------------------------------------------------------

def error_of(call):
    try:
        call()
    except Exception as error:
        return type(error)
    return None


@pytest.mark.parametrize("call", [
    lambda g, t: g.manual_seed(2**64), lambda g, t: g.manual_seed(-2**63 - 1), lambda g, t: g.manual_seed(1.5),
    lambda g, t: g.manual_seed("3"), lambda g, t: g.manual_seed(True), lambda g, t: g.manual_seed(t(3)), lambda g, t: g.manual_seed(),
    lambda g, t: g.set_state([1]), lambda g, t: g.set_state(t(np.zeros(5))), lambda g, t: g.set_state(t(np.zeros(5, np.uint8))),
    lambda g, t: g.set_state(t(np.zeros(5056, np.uint8))), lambda g, t: g.set_state(t(np.zeros(10112, np.uint8)[::2])),
    lambda g, t: g.get_offset(), lambda g, t: g.set_offset(3), lambda g, t: type(g)(device="foo"), lambda g, t: type(g)(device="meta"),
    lambda g, t: type(g)("cuda"), lambda g, t: type(g)(3)])
def test_errors(call):
    expected = error_of(lambda: call(torch.Generator(), lambda a: torch.from_numpy(np.asarray(a))))
    assert expected is not None
    assert error_of(lambda: call(Generator(), lambda a: wrap(np.asarray(a)))) is expected


@pytest.mark.parametrize("call", [
    lambda lib: lib.manual_seed(2**64), lambda lib: lib.manual_seed(None), lambda lib: lib.manual_seed("x"),
    lambda lib: lib.set_rng_state(5), lambda lib: lib.fork_rng(devices=[0]).__enter__(),
    lambda lib: lib.fork_rng(device_type="foo").__enter__()])
def test_errors_of_the_default_stream(call):
    expected = error_of(lambda: call(torch.random))
    assert expected is not None
    assert error_of(lambda: call(random)) is expected
