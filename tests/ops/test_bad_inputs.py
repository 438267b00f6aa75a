"""Bad inputs end as in PyTorch: each operator's arguments, spoiled one by one in every way that its kind has.

A call is written with one letter an argument: x a float matrix, v a vector, c a cube, i an integer tensor, b a bool one, d a dimension,
D a tuple of them, n a number, k and o counts, j indices along dimension 0, r what belongs to them, q a part of 1. The verdict (raises
or does not) and the class must be PyTorch's.
"""
import warnings

import pytest
import torch

import minitorch

warnings.filterwarnings("ignore")

ONE = """abs acos acosh asin asinh atan atanh ceil cos cosh deg2rad digamma erf erfc erfinv exp exp2 expm1 floor frac lgamma log log10
    log1p log2 logit neg positive rad2deg reciprocal relu round rsqrt sgn sigmoid sign signbit sin sinc sinh sqrt square tan tanh trunc
    isnan isinf isfinite isreal logical_not nan_to_num i0 clone ravel fliplr flipud msort nonzero argwhere t diagflat atleast_1d
    atleast_2d atleast_3d unique unique_consecutive corrcoef cov histc numel frexp"""
TWO = """add sub mul div floor_divide remainder fmod pow rsub atan2 maximum minimum fmax fmin hypot logaddexp logaddexp2 copysign xlogy
    ldexp heaviside nextafter eq ne lt le gt ge logical_and logical_or logical_xor isclose allclose equal float_power"""
CALLS = {
    **dict.fromkeys(ONE.split(), "x"), **dict.fromkeys(TWO.split(), "xx"),
    **dict.fromkeys("bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift gcd lcm".split(), "ii"),
    **dict.fromkeys("bitwise_not".split(), "i"),
    **dict.fromkeys("sum mean amax amin all any std var nansum nanmean argmax argmin count_nonzero".split(), "xd"),
    **dict.fromkeys("prod max min median nanmedian mode logsumexp sort argsort cumsum cumprod cummax cummin logcumsumexp".split(), "xd"),
    **dict.fromkeys("unbind softmax log_softmax unsqueeze squeeze".split(), "xd"),
    **dict.fromkeys("topk kthvalue".split(), "xkd"), "norm": "xnd", "quantile": "xq", "nanquantile": "xqd", "renorm": "xndn",
    "clamp": "xnn", "lerp": "xxn", "addcmul": "xxx", "addcdiv": "xxx", "where": "bxx", "masked_fill": "xbn", "masked_select": "xb",
    "masked_scatter": "xbx", "gather": "xdi", "scatter": "xdix", "scatter_add": "xdix", "index_select": "xdj", "index_fill": "xdjn",
    "index_add": "xdjr", "index_copy": "xdjr", "take": "xi", "take_along_dim": "xid", "transpose": "xdd", "flip": "xD", "roll": "xkd",
    "narrow": "xdko", "chunk": "xkd", "split": "xkd", "tensor_split": "xkd", "select": "xdo", "diagonal": "xk", "diag": "xk",
    "tril": "xk", "triu": "xk", "diag_embed": "xk", "rot90": "xk", "repeat_interleave": "xkd", "diff": "xkd", "trapezoid": "x",
    "cumulative_trapezoid": "x", "matmul": "xx", "mm": "xx", "mv": "xv", "dot": "vv", "outer": "vv", "bmm": "cc", "addmm": "xxx",
    "searchsorted": "vx", "bucketize": "xv", "isin": "xx", "movedim": "xdd", "flatten": "xdd", "polygamma": "ox", "mvlgamma": "xo",
    "combinations": "vk", "trace": "x", "tile": "xD", "igamma": "xx", "select_scatter": "xvdo",
}


def good(library, kind):
    """What an operator takes for an argument of a kind."""
    numbers = library.tensor([[0.5, 0.25], [0.75, 0.5]])
    return {"x": numbers, "v": library.tensor([0.5, 0.75]), "c": library.ones(2, 2, 2), "i": library.tensor([[0, 1], [1, 0]]),
            "b": numbers > 0.4, "d": 0, "D": (0, 1), "n": 2, "k": 1, "o": 1, "j": library.tensor([1, 0]), "r": numbers, "q": 0.5}[kind]


def spoiled(library, kind):
    """Bad values for an argument of a kind, by name."""
    wrong = {"string": "x", "list": [1.0], "object": object()}
    if kind in "xvcibjr":
        return wrong | {
            "none": None, "number": 1.5, "shape": library.ones(3, 5), "cube": library.ones(2, 2, 3), "0-d": library.tensor(1.0),
            "nothing": library.ones(0), "integers": library.ones(2, 2, dtype=library.int64), "bool": library.ones(2, 2) > 0,
            "bytes": library.ones(2, 2, dtype=library.uint8), "halves": library.ones(2, 2, dtype=library.float16),
            "beyond": library.full((2, 2), 7, dtype=library.int64), "vector beyond": library.tensor([7, -9])}
    if kind in "dD":
        return wrong | {"beyond": 2, "far": -3, "float": 1.5, "twice": (0, 0), "beyond in a tuple": (0, 5)}
    if kind == "q":
        return wrong | {"beyond": 1.5, "negative": -0.1, "matrix": library.ones(1, 1),
                        "other dtype": library.ones(1, dtype=library.float64)}
    if kind == "n":
        return wrong | {"vector": library.ones(3)}
    return wrong | {"negative": -4, "large": 1000, "float": 1.5}


# What ends otherwise on purpose, by (operator, how which argument was spoiled), with the reason
PYTHON = "PyTorch's function is written in Python and meets it as such; here it is the TypeError of all others"
EMPTY = "PyTorch looks at the dtype of an index only where it has elements"
DIFFERENT = {
    **{(name, f"0x {how}"): PYTHON for name in ("norm", "split") for how in ("string", "list", "object", "none", "number")},
    ("gather", "2i nothing"): EMPTY, ("scatter", "2i nothing"): EMPTY, ("scatter_add", "2i nothing"): EMPTY,
    ("combinations", "1k large"): "there are no such choices: PyTorch asks for the memory of all tuples first",
    ("ldexp", "1x bool"): "2 to a bool is no different from 2 to an integer",
    **{(name, f"1D {how}"): "one number is taken for a tuple of one, as by the method" for name in ("flip", "tile")
       for how in ("beyond", "far")},
    **{pair: "of two mistakes PyTorch names the other" for pair in (
        ("index_fill", "0x nothing"), ("index_add", "0x 0-d"), ("index_add", "2j vector beyond"), ("index_add", "3r 0-d"),
        ("index_copy", "0x cube"), ("index_copy", "0x 0-d"), ("index_copy", "0x nothing"), ("index_copy", "0x vector beyond"),
        ("index_copy", "3r shape"), ("index_copy", "3r cube"), ("index_copy", "3r vector beyond"))},
    ("take_along_dim", "1i beyond"): "an index out of range is refused",
}


def verdict(call):
    """How a call ends."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "returns"


def verdicts(library, name):
    """How the calls of an operator end, each with one argument spoiled; and the good one."""
    kinds, found = CALLS[name], {}
    function = getattr(library, name)
    found["good"] = verdict(lambda: function(*(good(library, k) for k in kinds)))
    for place, kind in enumerate(kinds):
        for how, value in spoiled(library, kind).items():
            args = [value if k == place else good(library, other) for k, other in enumerate(kinds)]
            found[f"{place}{kind} {how}"] = verdict(lambda: function(*args))
        found[f"{place}{kind} missing"] = verdict(lambda: function(*(good(library, k) for k in kinds[:place])))
    return found


@pytest.mark.parametrize("name", CALLS)
def test_bad_inputs_end_as_in_torch(name):
    ours, theirs = verdicts(minitorch, name), verdicts(torch, name)
    assert theirs["good"] == "returns", "the call without a mistake"
    different = [f"{how}: {ours[how]}, expected {theirs[how]}" for how in theirs
                 if ours[how] != theirs[how] and (name, how) not in DIFFERENT]
    assert not different, f"{name}: " + "; ".join(different)
