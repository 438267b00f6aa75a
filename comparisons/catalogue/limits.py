"""Where NumPy or SciPy itself takes more than twice PyTorch's time, measured on a million float32 elements at one thread.

    python -m comparisons bench --operators        # measures again

Other components say so in their entry's own field `limit`.
"""


def alone(call, factor, why="it computes one element at a time, PyTorch eight"):
    """The sentence for a function that spends its time in one call of NumPy's or SciPy's."""
    return f"{call} alone takes {factor} times PyTorch's time: {why}."


ADDRESSES = "each address is computed and checked one at a time"
BITS = "PyTorch's bits are those of fused products: NumPy gives them by way of float64, in 7 to 9 times the time."
ORDER = "each value waits for the one before"


def passes(count, steps):
    """The sentence for an activation that PyTorch computes in one loop, as fast as memory."""
    return f"NumPy goes {count} times over memory ({steps}), each time as long as PyTorch's one loop over all of it."


LIMITS = {
    "expm1": alone("NumPy's expm1", 6.1), "exp2": alone("NumPy's exp2", 4.8), "log1p": alone("NumPy's log1p", 7.6),
    "log2": alone("NumPy's log2", 2.4), "log10": alone("NumPy's log10", 4.7), "tan": alone("NumPy's tan", 6.7),
    "asin": alone("NumPy's arcsin", 4.8), "acos": alone("NumPy's arccos", 4.9), "atan": alone("NumPy's arctan", 4.4),
    "sinh": alone("NumPy's sinh", 8.3), "cosh": alone("NumPy's cosh", 4.5), "atanh": alone("NumPy's arctanh", 9.2),
    "atan2": alone("NumPy's arctan2", 9.4), "hypot": alone("NumPy's hypot", 2.7), "logaddexp": alone("NumPy's logaddexp", 7.4),
    "logaddexp2": alone("NumPy's logaddexp2", 7.7), "nextafter": alone("NumPy's nextafter", 15), "fmod": alone("NumPy's fmod", 11),
    "remainder": alone("NumPy's remainder", 10), "floor_divide": alone("NumPy's floor_divide", 9.3),
    "sigmoid": alone("NumPy's exp", 2.4, "PyTorch's takes fewer terms and all steps in one pass"),
    "erf": alone("SciPy's erf", 11), "erfc": alone("SciPy's erfc", 8.4), "erfinv": alone("SciPy's erfinv", 8.8),
    "special.ndtr": alone("SciPy's ndtr", 5.1), "special.i1": alone("SciPy's i1", 3.3),
    "nansum": alone("NumPy's isnan, conversion of its mask and masking", 5, "PyTorch adds in the same pass"),
    "prod": alone("NumPy's prod", 12, ORDER),
    "cumsum": alone("NumPy's cumsum", 3.3, ORDER), "cumprod": alone("NumPy's cumprod", 3.3, ORDER),
    "cummax": alone("NumPy's maximum.accumulate", 2.4, ORDER), "cummin": alone("NumPy's minimum.accumulate", 2.4, ORDER),
    "Tensor.half": alone("NumPy's conversion to float16", 26),
    "exp": alone("NumPy's exp", 2, "PyTorch's takes fewer terms"),
    "sign": "NumPy needs two comparisons, a difference and a conversion, 2.8 times the time of PyTorch's one pass.",
    "sgn": "NumPy needs two comparisons, a difference and a conversion, 2.8 times the time of PyTorch's one pass.",
    "nan_to_num": "NumPy needs a test, a masking by bits and a clipping, 4 to 6 times the time of PyTorch's one pass.",
    "digamma": "Its derivative is SciPy's polygamma, which sums the series of the zeta function: 8 times PyTorch's time.",
    "special.i0e": alone("SciPy's i1e, in its derivative,", 2.5),
    "special.log_ndtr": alone("SciPy's erfcx, in its derivative,", 2.2),
    "lgamma": alone("SciPy's gammaln", 2),
    "nonzero": alone("NumPy's nonzero", 2.2, "it counts before it writes"),
    "argwhere": alone("NumPy's nonzero", 2.2, "it counts before it writes"),
    "outer": alone("NumPy's product of a column and a row", 4, "rows of a thousand numbers are too short for it"),
    "mv": "Its derivative is an outer product, see there.",
    "equal": "PyTorch stops at the first difference, NumPy compares everything.",
    "randn": BITS, "randn_like": BITS, "normal": BITS,
    "randperm": "Each swap of PyTorch's shuffle waits for the one before; whole arrays follow the swaps by a sort, in 3.4 times the time.",
    "gather": "NumPy has to compute each element's address first, then take: 2.3 times PyTorch's time (its take_along_axis: 3.7).",
    "scatter": "NumPy has to compute each element's address first, then put: 1.7 times PyTorch's time (its put_along_axis: 5).",
    "scatter_add": "NumPy has to compute each element's address first, then add: 1.7 times PyTorch's time, beside a copy of the input.",
    "fliplr": alone("NumPy's copy of reversed rows", 2.2), "rot90": alone("NumPy's copy of reversed rows", 2.2),
    "index_select": alone("NumPy's indexing of columns", 1.9, ADDRESSES),
    "linspace": "The last bit is that of a product and sum rounded once: NumPy gives it by way of float64, in 4 times the time.",
    "unique_consecutive": alone("NumPy's nonzero", 4.2, "it counts before it writes"),
    "diff": alone("NumPy's subtract of two views", 2.2, "their rows are not aligned"),
} | {f"nn.functional.{name}": limit for name, limit in {
    "relu6": passes("two", "clip; backward two comparisons, two steps on bits"),
    "hardtanh": passes("two", "clip; backward two comparisons, two steps on bits"),
    "leaky_relu": passes("two", "multiply, maximum; backward a comparison, three steps on bits, multiply"),
    "prelu": passes("five", "a comparison, three steps on bits, multiply"),
    "threshold": passes("four", "a comparison, three steps on bits: its where alone takes 9 times PyTorch's time"),
    "hardsigmoid": passes("three", "add, clip, divide; backward two comparisons, multiply, two steps on bits"),
    "hardswish": passes("four", "add, clip, multiply, divide; backward ten"),
    "hardshrink": passes("four", "abs, a comparison, two steps on bits"),
    "softshrink": passes("two", "clip, subtract; backward abs, a comparison, two steps on bits"),
    "elu": alone("NumPy's tanh", 1.6, "it is one of nine passes"), "selu": alone("NumPy's tanh", 1.5, "it is one of nine passes"),
    "celu": alone("NumPy's tanh", 1.5, "it is one of nine passes"),
    "gelu": alone("NumPy's exp", 2.1, "and the polynomial that it is taken of goes twelve times over memory"),
    "silu": alone("NumPy's exp", 2.4, "it is one of five passes"),
    "glu": alone("NumPy's exp", 1.5, "it is one of five passes"),
    "softplus": alone("NumPy's log and exp", 1.6, "they are two of eleven passes"),
    "logsigmoid": alone("NumPy's log and exp", 1.7, "they are two of eleven passes"),
    "soft_margin_loss": alone("NumPy's log and exp", 1.2, "they are two of eleven passes"),
    "layer_norm": passes("six", "two sums by BLAS, subtract, multiply, multiply, add"),
    "group_norm": passes("five", "two sums by BLAS, subtract, multiply, add"),
    "cross_entropy": alone("NumPy's exp", 1.6, "it is one of four passes"),
    "huber_loss": passes("seven", "subtract, abs, clip, multiply, subtract, multiply, sum"),
    "smooth_l1_loss": passes("eight", "subtract, abs, clip, multiply, subtract, multiply, divide, sum"),
    "nll_loss": "One number of each row is looked up: 20 calls of NumPy for 1,000 numbers take 0.1 ms, whatever the rows' length.",
    "embedding_bag": alone("NumPy's take", 1.2, "it copies the rows, which PyTorch adds where they lie"),
    "grid_sample": alone("SciPy's product with a sparse matrix", 2.3, "it wants channels last, which takes two transpositions more"),
    "rrelu": alone("The rounding of a float64 product and sum as one", 1.2, "NumPy has no fused multiply and add"),
}.items()}


def limits():
    """Every component that is slower because of NumPy or SciPy, with the reason, by its public name."""
    from . import ENTRIES
    return LIMITS | {entry.public: entry.limit for entry in ENTRIES.values() if entry.limit}


def limit_of(name):
    """Why a component is slower than PyTorch's; "" if nothing is said."""
    return limits().get(name, "")
