"""What random values are drawn for: each function here checks the parameters of a distribution and returns `draw(generator, array)`.

`draw` refuses what the array's dtype does not hold and returns as many values as the array has, flat, in the order of its memory. It
looks at the array's size, dtype and layout only. Messages are PyTorch's, followed by the remedy.
"""
import warnings

import numpy as np

from minitorch import dtypes, random
from minitorch.random import Generator, memory_order
from minitorch.tensor import Tensor

DIGITS = {np.dtype("f2"): 11, np.dtype("f4"): 24, np.dtype("f8"): 53}         # up to 2 to this power every integer is a float


# ---- arguments ---------------------------------------------------------------------------------------------------------

def stream(generator):
    """The generator asked for, or the default one."""
    if generator is None:
        return random.default_generator
    if not isinstance(generator, Generator):
        raise TypeError(f"argument 'generator' must be torch.Generator, not {type(generator).__name__}")
    return generator


def number(function, name, value):
    """A Python float of a number, or of a tensor of one."""
    if isinstance(value, Tensor) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{function}(): argument '{name}' must be float, not {type(value).__name__}")
    return float(value)


def integer(function, name, value):
    """A Python int of 64 bits."""
    if isinstance(value, Tensor) and value.ndim == 0 and not value.dtype.is_floating_point:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{function}(): argument '{name}' must be int, not {type(value).__name__}")
    if not -2**63 <= value < 2**63:
        raise ValueError(f"Overflow when unpacking long long: {function}() takes 64-bit integers, got {name}={value}")
    return int(value)


def arguments(function, names, args, given):
    """Positional and keyword arguments together, by name; `from` is a name of torch's that Python cannot give to a parameter."""
    if len(args) > len(names):
        raise TypeError(f"{function}() takes {len(names)} positional arguments but {len(args)} were given")
    found = dict(zip(names, args))
    for name, value in given.items():
        if name not in names or name in found:
            raise TypeError(f"{function}() got {'multiple values for' if name in found else 'an unexpected keyword'} argument '{name}'")
        found[name] = value
    return found


def parameters(function, defaults, args, given):
    """The numbers of a call, in order; a default of None must be given."""
    found = defaults | arguments(function, tuple(defaults), args, given)
    for name, value in found.items():
        if value is None and name not in given and defaults[name] is None:
            raise TypeError(f"{function}() missing 1 required positional arguments: \"{name}\"")
    return [number(function, name, value) for name, value in found.items()]


def range_of(function, first, last, args, bounds):
    """(low, high) of a call with one bound, the upper, or with two."""
    found = arguments(function, (last,) if len(args) + len(bounds) == 1 else (first, last), args, bounds)
    if last not in found:
        raise TypeError(f"{function}() missing required argument '{last}'")
    return integer(function, first, found.get(first, 0)), integer(function, last, found[last])


# ---- what a dtype holds ------------------------------------------------------------------------------------------------

def scalar_name(kind):
    """PyTorch's word for a dtype in its messages: Float, Long ..."""
    return dtypes.BY_NUMPY[np.dtype(kind)].legacy.removesuffix("Tensor")


def floating(kernel, kind):
    """Refuse a dtype that is not floating, as PyTorch's kernel of that name does."""
    if kind.kind != "f":
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(kind)}': use a floating dtype")


def continuous(distribution, kind):
    """Refuse a dtype that is not floating, as PyTorch's checks of these distributions do."""
    if kind.kind != "f":
        raise RuntimeError(f"{distribution} distribution is a continuous probability distribution. dtype must be a floating point "
                           f"but you specified {scalar_name(kind)}")


def limits(kind):
    """The smallest and the largest number of a dtype."""
    if kind.kind == "f":
        return float(np.finfo(kind).min), float(np.finfo(kind).max)
    return (0, 1) if kind.kind == "b" else (int(np.iinfo(kind).min), int(np.iinfo(kind).max))


def within(kind, **bounds):
    """Refuse bounds that the dtype does not hold."""
    smallest, largest = limits(kind)
    for name, value in bounds.items():
        if not smallest <= value <= largest:
            raise RuntimeError(f"{name.strip('_').replace('_', ' ')} is out of bounds for {scalar_name(kind).lower()}: "
                               f"expected a number in [{smallest}, {largest}], got {value}")


# ---- distributions -----------------------------------------------------------------------------------------------------

def uniforms(low, high):
    """Uniform in [low, high)."""
    def draw(generator, array):
        kind = array.dtype
        floating("check_uniform_bounds", kind)
        within(kind, from_=low, to=high)
        if low > high:
            raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
        if high - low > limits(kind)[1]:
            raise RuntimeError(f"uniform_ expects to-from <= std::numeric_limits<{scalar_name(kind)}>::max(), but found to={high:g} and "
                               f"from={low:g} which result in to-from to exceed the limit")
        return generator.uniform(array.size, low, high, kind)
    return draw


def normals(mean, std):
    """Normal, of a mean and a standard deviation."""
    def draw(generator, array):
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        if array.size:
            floating("normal_kernel_cpu", array.dtype)
        return generator.normal(array.size, mean, std, array.dtype, array.flags.c_contiguous)
    return draw


def integers(low, high):
    """Integers in [low, high); high None: up to the largest of the dtype, of a floating dtype to where it counts without gaps."""
    def draw(generator, array):
        kind = array.dtype
        if high is not None and low >= high:
            raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
        exact = 2 ** DIGITS[kind] if kind in DIGITS else None
        end = high if high is not None else (exact or limits(kind)[1]) + 1
        within(kind, from_=low, to_minus_1=end - 1)
        first = low
        if exact and not -exact <= low < end <= exact + 1:
            warnings.warn(f"bounds outside [-(2^{DIGITS[kind]}), 2^{DIGITS[kind]}], where {dtypes.BY_NUMPY[kind]} steps over integers",
                          stacklevel=4)
            first, end = inward(low, 1, kind), inward(end, -1, kind)
            if first >= end:
                raise RuntimeError("random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
                                   f"but got from={first} >= to={end}")
        return generator.integers(array.size, first, end, kind)
    return draw


def inward(bound, step, kind):
    """A bound that a floating dtype steps over, moved inward to a number that it holds: step 1 for the lower bound, -1 for the upper."""
    near = int(kind.type(bound + step))
    outside = near < bound if step > 0 else near >= bound
    return near + step * 2 ** (abs(bound + step).bit_length() - DIGITS[kind]) if outside else bound


def all_integers(generator, array):
    """Integers from 0 to the largest of the dtype."""
    return generator.naturals(array.size, array.dtype)


def exponentials(rate):
    """Of density λ exp(-λx)."""
    def draw(generator, array):
        if not rate > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
        if array.size:
            continuous("Exponential", array.dtype)
        return generator.exponential(array.size, rate, array.dtype)
    return draw


def cauchys(median, sigma):
    """Of density σ / (π(σ² + (x - median)²))."""
    def draw(generator, array):
        if not sigma > 0:
            raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
        continuous("Cauchy", array.dtype)
        return generator.cauchy(array.size, median, sigma, array.dtype)
    return draw


def log_normals(mean, std):
    """Exponentials of normal values."""
    def draw(generator, array):
        if not std > 0:
            raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
        if array.size:
            floating("log_normal_cpu", array.dtype)
        return generator.log_normal(array.size, mean, std, array.dtype)
    return draw


def geometrics(p):
    """The number of trials up to the first success."""
    def draw(generator, array):
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
        if array.size and array.dtype.kind == "b":
            raise NotImplementedError("\"geometric_cpu\" not implemented for 'Bool': use an integer or floating dtype")
        return generator.geometric(array.size, p, array.dtype)
    return draw


def bernoullis(p):
    """One with the chance p, else zero."""
    def draw(generator, array):
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
        return generator.bernoulli(array.size, p).astype(array.dtype, copy=False)
    return draw


def chances(each):
    """One with the chance of its place, else zero: `each` holds the chances, in the array's shape."""
    def draw(generator, array):
        if array.size:
            floating("bernoulli_tensor_cpu_p_", each.dtype)
        if not ((each >= 0) & (each <= 1)).all():
            raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false: chances lie in [0, 1]")
        return generator.bernoulli_each(each.transpose(memory_order(array)).ravel()).astype(array.dtype, copy=False)
    return draw


def permutation(generator, array):
    """The integers below the array's size, each once."""
    kind, n = array.dtype, array.size
    if kind.kind == "b":
        raise NotImplementedError("\"randperm\" not implemented for 'Bool': use an integer or floating dtype")
    if kind in DIGITS and n > 2 ** DIGITS[kind] + 1:
        raise RuntimeError(f"n cannot be greater than {2 ** DIGITS[kind] + 1} for {scalar_name(kind)} type.")
    if kind not in DIGITS and n > limits(kind)[1] + 1:
        raise RuntimeError(f"value cannot be converted to type {kind.name}_t without overflow: {n - 1} exceeds {limits(kind)[1]}")
    return generator.randperm(n).astype(kind, copy=False)
