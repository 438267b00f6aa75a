"""Random functions: both libraries are seeded alike before each call, and give the same values to the last bit."""
import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import optional, tensors

from .entry import Entry, Tolerance, case, cases, lib

EXACT = Tolerance("one seed gives equal bits", float64=0, float32=0, float16=0)
LIBM = Tolerance("float64 log, exp, sin and tan of two mathematical libraries differ in the last places", float64=64, float32=1, float16=1)
SOURCE = "Matsumoto and Nishimura, Mersenne Twister (1998)"
BOX_MULLER = "Box and Muller, A Note on the Generation of Random Normal Deviates (1958)"

FLOATING = st.sampled_from(("float64", "float32", "float16"))
ANY = st.sampled_from(("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"))
SIZES = st.sampled_from(((3,), (), (0,), (1,), (2, 3), (15,), (16,), (17,), (4, 8), (2, 0, 3), (33,), (3, 5, 7), (1000,)))
KINDS = st.sampled_from((lib.float32, lib.float64, lib.float16))
INTEGERS = st.sampled_from((lib.int64, lib.int32, lib.int16, lib.int8, lib.uint8, lib.float32, lib.float64, lib.float16))
SEEDS = st.integers(-2**63, 2**64 - 1)


def ints(low, high):
    """Python integers; a function of no drawn arguments, so that they count as settings."""
    return st.integers(low, high)


@st.composite
def randint_calls(draw):
    low, span, size = draw(ints(-60, 20)), draw(ints(1, 100)), draw(SIZES)
    settings = {} if draw(st.booleans()) else {"dtype": draw(INTEGERS)}
    if settings.get("dtype") is lib.uint8 or draw(st.booleans()):
        return case(span, size, **settings)
    return case(low, low + span, size, **settings) if draw(st.booleans()) else case(low=low, high=low + span, size=size, **settings)


@st.composite
def wide_ranges(draw):
    """Ranges below and above 2²⁸, where integers of one word become integers of two."""
    low = draw(ints(-2**40, 2**40))
    return case(low, low + draw(st.sampled_from((2**28 - 1, 2**28, 2**31 + 7, 2**32, 2**50))), draw(SIZES))


@st.composite
def weights(draw):
    """Rows of positive weights, and how many indices to draw by them."""
    shape = draw(st.sampled_from(((4,), (1,), (17,), (3, 5), (2, 20), (0, 3))))
    rows = draw(tensors(shape, draw(FLOATING), low=0.25, high=8, unique=True))
    replacement = draw(st.booleans())
    return case(rows, draw(ints(1, 30 if replacement else shape[-1])), replacement)


@st.composite
def normal_calls(draw):
    dtype, shape = draw(FLOATING), draw(SIZES)
    mean, std = draw(tensors(shape, dtype)), draw(tensors(shape[1:] if draw(st.booleans()) else shape, dtype, low=0, high=3))
    return draw(st.sampled_from((case(mean, std), case(mean, 0.5), case(mean), case(2.0, std), case(mean=mean, std=std))))


@st.composite
def half_known(draw):
    """Arguments of `random_`: a range, an upper bound, a lower bound, or none."""
    x = draw(tensors(dtype=ANY))
    if x.dtype == bool:
        return case(x, *draw(st.sampled_from(((), (1,), (0, 2), (0, None)))))
    low = 0 if x.dtype == np.uint8 else draw(ints(-50, 50))
    return case(x, *draw(st.sampled_from(((), (draw(ints(1, 100)),), (low, low + draw(ints(1, 60))), (low, None)))))


def in_place(name, strategy, bad, formula, tolerance=EXACT, **more):
    """The entry of a method that fills a tensor; the gradient of what it overwrites is zero."""
    return Entry(f"Tensor.{name}", strategy, bad=bad, formula=formula, tolerance=tolerance, random=True, grad_fn=True,
                 **{"source": SOURCE} | more)


def numbers(low, high):
    """Floats that every floating dtype holds."""
    return st.floats(low, high, width=16)


ENTRIES = [
    Entry(
        "rand", cases(size=SIZES, dtype=optional(KINDS)), random=True, tolerance=EXACT, source=SOURCE,
        formula=r"u \sim U[0, 1)",
        bad={
            "shape": lambda torch: torch.rand(2, -1),
            "dtype": lambda torch: torch.rand(2, dtype=torch.int64),
            "argument": lambda torch: torch.rand(2.5),
            "no size": lambda torch: torch.rand(),
            "option": lambda torch: torch.rand(2, requires_grad=1),
            "out": lambda torch: torch.rand(2, out=torch.empty(2), dtype=torch.float64),
        },
    ),
    Entry(
        "randn", cases(size=SIZES, dtype=optional(KINDS)), random=True, tolerance=LIBM, source=BOX_MULLER,
        formula=r"z = \sqrt{-2 \ln u_1}\,\cos 2\pi u_2,\quad u \sim U(0, 1]",
        bad={
            "shape": lambda torch: torch.randn((2, -1)),
            "dtype": lambda torch: torch.randn(2, dtype=torch.bool),
            "argument": lambda torch: torch.randn(2, generator=3),
            "two sizes": lambda torch: torch.randn(2, size=(2,)),
        },
    ),
    Entry(
        "randint", st.one_of(randint_calls(), wide_ranges()), random=True, tolerance=EXACT, source=SOURCE,
        formula=r"P(n) = \frac{1}{b - a},\quad a \le n < b",
        bad={
            "shape": lambda torch: torch.randint(5, (-1,)),
            "dtype": lambda torch: torch.randint(0, 300, (2,), dtype=torch.uint8),
            "argument": lambda torch: torch.randint(5.5, (2,)),
            "empty range": lambda torch: torch.randint(5, 2, (2,)),
            "size": lambda torch: torch.randint(0, 10, 3),
            "gradient": lambda torch: torch.randint(5, (2,), requires_grad=True),
            "too large": lambda torch: torch.randint(0, 2**63, (1,)),
        },
    ),
    Entry(
        "randperm", cases(ints(0, 120), dtype=optional(INTEGERS)), random=True, tolerance=EXACT,
        source="Durstenfeld, Algorithm 235: Random permutation (1964)", formula=r"P(\pi) = \frac{1}{n!}",
        bad={
            "shape": lambda torch: torch.randperm(-1),
            "dtype": lambda torch: torch.randperm(300, dtype=torch.int8),
            "argument": lambda torch: torch.randperm(2.0),
            "bool": lambda torch: torch.randperm(1, dtype=torch.bool),
            "half": lambda torch: torch.randperm(2050, dtype=torch.float16),
        },
    ),
    Entry(
        "rand_like", cases(tensors(dtype=FLOATING), dtype=optional(KINDS)), random=True, tolerance=EXACT, source=SOURCE,
        formula=r"u \sim U[0, 1)",
        bad={
            "shape": lambda torch: torch.rand_like((2, 3)),
            "dtype": lambda torch: torch.rand_like(torch.ones(2, dtype=torch.int64)),
            "argument": lambda torch: torch.rand_like(torch.ones(2), 3),
        },
    ),
    Entry(
        "randn_like", cases(tensors(dtype=FLOATING), dtype=optional(KINDS)), random=True, tolerance=LIBM, source=BOX_MULLER,
        formula=r"z \sim N(0, 1)",
        bad={
            "shape": lambda torch: torch.randn_like(3.0),
            "dtype": lambda torch: torch.randn_like(torch.ones(2, dtype=torch.int64)),
            "argument": lambda torch: torch.randn_like(torch.ones(2), generator=3),
        },
    ),
    Entry(
        "randint_like", st.one_of(cases(tensors(), ints(1, 50), dtype=optional(INTEGERS)), cases(tensors(), ints(0, 20), ints(21, 99)),
                                  cases(tensors(), low=ints(0, 20), high=ints(21, 99))),
        random=True, tolerance=EXACT, source=SOURCE, formula=r"P(n) = \frac{1}{b - a},\quad a \le n < b",
        bad={
            "shape": lambda torch: torch.randint_like((2, 3), 5),
            "dtype": lambda torch: torch.randint_like(torch.ones(2, dtype=torch.uint8), 300),
            "argument": lambda torch: torch.randint_like(torch.ones(2), 2.5),
            "empty range": lambda torch: torch.randint_like(torch.ones(2), 0),
        },
    ),
    Entry(
        "normal", st.one_of(normal_calls(), cases(st.floats(-2, 2), st.floats(0, 3), size=SIZES, dtype=optional(KINDS))),
        random=True, tolerance=LIBM, numeric=False, grad_fn=True, source=BOX_MULLER, formula=r"y = \mu + \sigma z,\quad z \sim N(0, 1)",
        differences=("Draws have no derivative, in both libraries: mean and std get gradients of zero, though the values move with them.",),
        bad={
            "shape": lambda torch: torch.normal(torch.ones(2), torch.ones(3)),
            "dtype": lambda torch: torch.normal(torch.ones(2, dtype=torch.int64), 1.0),
            "argument": lambda torch: torch.normal(torch.ones(2), torch.tensor([1.0, -1.0])),
            "negative std": lambda torch: torch.normal(0.0, -1.0, (2,)),
            "no size": lambda torch: torch.normal(0.0, 1.0),
            "a size beside tensors": lambda torch: torch.normal(torch.ones(2), torch.ones(2), (2,)),
            "out needs a gradient": lambda torch: torch.normal(torch.ones(2, requires_grad=True), 1.0, out=torch.empty(2)),
        },
    ),
    Entry(
        "bernoulli", cases(tensors(dtype=FLOATING, low=0, high=1)), also=("Tensor.bernoulli",),
        random=True, tolerance=EXACT, numeric=False, grad_fn=True, source=SOURCE, formula=r"P(1) = p,\quad P(0) = 1 - p",
        differences=("Of `bernoulli(input, p)` with a number p, the gradient is zero; PyTorch refuses to differentiate it.",),
        bad={
            "shape": lambda torch: torch.bernoulli([0.5]),
            "dtype": lambda torch: torch.bernoulli(torch.tensor([1, 0])),
            "argument": lambda torch: torch.bernoulli(torch.tensor([1.5])),
            "nan": lambda torch: torch.bernoulli(torch.tensor([float("nan")])),
            "p": lambda torch: torch.bernoulli(torch.ones(2), 1.3),
        },
    ),
    Entry(
        "multinomial", weights(), also=("Tensor.multinomial",), random=True, tolerance=EXACT, differentiable=(),
        formula=r"P(i) = \frac{w_i}{\sum_j w_j}", source="Efraimidis and Spirakis, Weighted random sampling with a reservoir (2006)",
        differences=("Without replacement, indices of equal keys w / e (zero weights, ties of float16) come in ascending order here.",),
        bad={
            "shape": lambda torch: torch.multinomial(torch.ones(2, 2, 2), 1),
            "dtype": lambda torch: torch.multinomial(torch.ones(3, dtype=torch.int64), 1),
            "argument": lambda torch: torch.multinomial(torch.ones(3), 4),
            "none": lambda torch: torch.multinomial(torch.ones(3), 0),
            "negative": lambda torch: torch.multinomial(torch.tensor([-1.0, 2.0]), 1),
            "infinite": lambda torch: torch.multinomial(torch.tensor([float("inf"), 2.0]), 1, True),
            "all zero": lambda torch: torch.multinomial(torch.zeros(2, 3), 1),
            "replacement": lambda torch: torch.multinomial(torch.ones(3), 2, 1),
            "out": lambda torch: torch.multinomial(torch.ones(3), 2, out=torch.empty(2)),
        },
    ),
    in_place(
        "uniform_", st.one_of(cases(tensors(dtype=FLOATING)), cases(tensors(dtype=FLOATING), numbers(-2, 1), numbers(1, 3)),
                              cases(tensors(dtype=FLOATING), to=3.0)),
        formula=r"y = a + (b - a) u,\quad u \sim U[0, 1)",
        bad={
            "shape": lambda torch: torch.zeros(1).expand(3).uniform_(),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).uniform_(),
            "argument": lambda torch: torch.ones(2).uniform_(1, 0),
            "text": lambda torch: torch.ones(2).uniform_("a", 1),
            "generator": lambda torch: torch.ones(2).uniform_(0, 1, generator=3),
            "positional generator": lambda torch: torch.ones(2).uniform_(0, 1, torch.Generator()),
            "bound": lambda torch: torch.ones(2).uniform_(0, 1e39),
            "range": lambda torch: torch.ones(2).uniform_(-3e38, 3e38),
            "nan": lambda torch: torch.ones(2).uniform_(float("nan"), 1),
            "empty": lambda torch: torch.empty(0, dtype=torch.int64).uniform_(),
            "view of a leaf": lambda torch: torch.ones(3, requires_grad=True)[:2].uniform_(),
        },
    ),
    in_place(
        "normal_", cases(tensors(dtype=FLOATING), mean=optional(numbers(-2, 2)), std=optional(numbers(0, 3))),
        formula=r"y = \mu + \sigma z,\quad z \sim N(0, 1)", tolerance=LIBM, source=BOX_MULLER,
        bad={
            "shape": lambda torch: torch.zeros(1).expand(3).normal_(),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).normal_(),
            "argument": lambda torch: torch.ones(2).normal_(0, -1),
            "text": lambda torch: torch.ones(2).normal_("a", 1),
            "empty": lambda torch: torch.empty(0, dtype=torch.int64).normal_(),
        },
    ),
    in_place(
        "random_", half_known(), formula=r"P(n) = \frac{1}{b - a},\quad a \le n < b",
        bad={
            "shape": lambda torch: torch.zeros(1).expand(3).random_(),
            "dtype": lambda torch: torch.ones(2, dtype=torch.uint8).random_(0, 300),
            "argument": lambda torch: torch.ones(2).random_(5, 3),
            "fraction": lambda torch: torch.ones(2).random_(3.7),
            "none": lambda torch: torch.ones(2).random_(None),
            "half": lambda torch: torch.ones(2, dtype=torch.float16).random_(0, 70000),
            "view of a leaf": lambda torch: torch.ones(3, requires_grad=True)[:2].random_(),
        },
    ),
    in_place(
        "bernoulli_", st.one_of(cases(tensors(dtype=ANY)), cases(tensors(dtype=ANY), st.floats(0, 1)),
                                cases(tensors(dtype=FLOATING), lambda x: tensors(x.shape[1:], FLOATING, low=0, high=1))),
        formula=r"P(1) = p,\quad P(0) = 1 - p", numeric=False,
        differences=("The gradient of the chances is zero, though the values move with them.",),
        bad={
            "shape": lambda torch: torch.ones(2).bernoulli_(torch.tensor([0.1, 0.2, 0.3])),
            "dtype": lambda torch: torch.ones(2).bernoulli_(torch.tensor([1, 0])),
            "argument": lambda torch: torch.ones(2).bernoulli_(1.5),
            "chance": lambda torch: torch.ones(2).bernoulli_(torch.tensor([0.1, 2.0])),
            "text": lambda torch: torch.ones(2).bernoulli_("a"),
        },
    ),
    in_place(
        "exponential_", cases(tensors(dtype=FLOATING), optional(numbers(0.25, 4))),
        formula=r"y = -\frac{1}{\lambda} \ln(1 - u)", tolerance=LIBM,
        bad={
            "shape": lambda torch: torch.zeros(1).expand(3).exponential_(),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).exponential_(),
            "argument": lambda torch: torch.ones(2).exponential_(0),
        },
    ),
    in_place(
        "cauchy_", cases(tensors(dtype=FLOATING), median=optional(numbers(-2, 2)), sigma=optional(numbers(0.25, 4))),
        formula=r"y = m + \sigma \tan \pi (u - \tfrac12)", tolerance=LIBM,
        bad={
            "shape": lambda torch: torch.zeros(1).expand(3).cauchy_(),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).cauchy_(),
            "argument": lambda torch: torch.ones(2).cauchy_(0, -1),
        },
    ),
    in_place(
        "log_normal_", cases(tensors(dtype=FLOATING), mean=optional(numbers(-2, 2)), std=optional(numbers(0.25, 2))),
        formula=r"y = e^{\mu + \sigma z},\quad z \sim N(0, 1)", tolerance=LIBM, source=BOX_MULLER,
        bad={
            "shape": lambda torch: torch.zeros(1).expand(3).log_normal_(),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).log_normal_(),
            "argument": lambda torch: torch.ones(2).log_normal_(1, 0),
        },
    ),
    in_place(
        "geometric_", cases(tensors(dtype=st.sampled_from(("float64", "float32", "float16", "int64", "uint8"))), st.floats(0.25, 0.75)),
        formula=r"P(k) = (1 - p)^{k - 1} p", tolerance=EXACT,
        bad={
            "shape": lambda torch: torch.zeros(1).expand(3).geometric_(0.3),
            "dtype": lambda torch: torch.ones(2, dtype=torch.bool).geometric_(0.3),
            "argument": lambda torch: torch.ones(2).geometric_(1.5),
            "missing": lambda torch: torch.ones(2).geometric_(),
        },
    ),
]


# ---- the streams: `torch.manual_seed` is `torch.random.manual_seed`, and so on ----------------------------------------------

def _started(place, torch, seed):
    return place.manual_seed(seed).initial_seed(), torch.rand(3), torch.randn(3)


def _seed_of(place, torch, seed):
    torch.manual_seed(seed)
    torch.rand(3)
    return place.initial_seed()


def _state(place, torch, seed, words, normals):
    torch.manual_seed(seed)
    torch.rand(words)
    torch.randn(normals)
    return place.get_rng_state()


def _again(place, torch, seed, words, normals):
    """The same values twice, from a state that was kept."""
    state = _state(torch, torch, seed, words, normals)
    first = torch.randn(5)
    place.set_rng_state(state)
    return first, torch.randn(5)


def _own_stream(place, torch, seed, n):
    """A generator and its clone: the same values, whatever the default stream does."""
    generator = place.Generator().manual_seed(seed)
    first = torch.randn(n, generator=generator), torch.randperm(n, generator=generator), torch.empty(n).bernoulli_(0.3, generator=generator)
    torch.rand(n)
    twin = generator.clone_state()
    return first, torch.rand(n, generator=generator), torch.rand(n, generator=twin), generator.initial_seed(), generator.get_state()


def _forked(place, torch, seed, enabled):
    """Values within the block, and after it."""
    torch.manual_seed(seed)
    with place.fork_rng(enabled=enabled):
        torch.manual_seed(5)
        inside = torch.rand(3)
    return inside, torch.rand(3)


STATES = cases(SEEDS, ints(0, 700), ints(0, 3))
STREAMS = {
    "manual_seed": (cases(SEEDS), _started, r"x_0 = s \bmod 2^{32}", {
        "shape": lambda torch: torch.manual_seed(torch.ones(2)),
        "dtype": lambda torch: torch.manual_seed("x"),
        "argument": lambda torch: torch.manual_seed(2**64),
    }),
    "initial_seed": (cases(SEEDS), _seed_of, r"s \bmod 2^{64}", {
        "shape": lambda torch: torch.initial_seed(torch.ones(2)),
        "dtype": lambda torch: torch.initial_seed(1.0),
        "argument": lambda torch: torch.initial_seed(generator=None),
    }),
    "get_rng_state": (STATES, _state, r"(x_k, \dots, x_{k+623})", {
        "shape": lambda torch: torch.get_rng_state(torch.ones(2)),
        "dtype": lambda torch: torch.get_rng_state(1.0),
        "argument": lambda torch: torch.get_rng_state(seed=1),
    }),
    "set_rng_state": (STATES, _again, r"(x_k, \dots, x_{k+623})", {
        "shape": lambda torch: torch.set_rng_state(torch.zeros(5, dtype=torch.uint8)),
        "dtype": lambda torch: torch.set_rng_state(torch.zeros(5056)),
        "argument": lambda torch: torch.set_rng_state([1]),
        "contents": lambda torch: torch.set_rng_state(torch.zeros(5056, dtype=torch.uint8)),
    }),
    "Generator": (cases(SEEDS, ints(0, 20)), _own_stream, r"x_{k+624} = f(x_k, x_{k+1}, x_{k+397})", {
        "shape": lambda torch: torch.Generator().set_state(torch.zeros(5, dtype=torch.uint8)),
        "dtype": lambda torch: torch.Generator().manual_seed(1.5),
        "argument": lambda torch: torch.Generator(device="foo"),
        "seed": lambda torch: torch.Generator().manual_seed(-2**63 - 1),
    }),
    "fork_rng": (cases(SEEDS, st.booleans()), _forked, r"x_{k+1} \text{ after the block as without it}", {
        "shape": lambda torch: torch.random.fork_rng(devices=[0]).__enter__(),
        "dtype": lambda torch: torch.random.fork_rng(device_type="foo").__enter__(),
        "argument": lambda torch: torch.random.fork_rng(seed=3),
    }),
}


def _entry(name, place, strategy, run, formula, bad):
    """The entry of a function of streams at one of its two places."""
    where = (lambda torch: torch.random) if place else lambda torch: torch
    return Entry(place + name, strategy, call=lambda torch, *args: run(where(torch), torch, *args), kind="function", tolerance=EXACT,
                 source=SOURCE, formula=formula, bad=bad)


PLACES = {"Generator": ("",), "fork_rng": ("random.",)}
ENTRIES += [_entry(name, place, *rest) for name, rest in STREAMS.items() for place in PLACES.get(name, ("", "random."))]
