"""Random tensors: functions that make them, and in-place methods that fill them, on the streams of `minitorch.random`.

Random values do not depend on what they replace, so its gradient is zero; `ops.distributions` has the checks and the draws.
"""
import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module, device_name, on_host, to_device, to_host
from minitorch.ops import distributions as draws
from minitorch.ops.arithmetic import mul, plus
from minitorch.ops.conversion import cast
from minitorch.ops.conversion import memory_order as letter_of
from minitorch.ops.creation import checked, kind_of, new, placed
from minitorch.ops.inplace import inplace, overwrite
from minitorch.ops.shape import broadcast_shape, sizes
from minitorch.random import in_memory_order
from minitorch.tensor import Tensor, mode, strided, wrap

# ---- from values to tensors ----------------------------------------------------------------------------------------------

def values_for(array, draw, generator):
    """Values for an array, laid down as its memory is, on its device."""
    return to_device(in_memory_order(draw(draws.stream(generator), array), array), device_name(array))


@differentiable
def drawn(input, other, *, values):
    return values

@drawn.derivative("input")                            # the values do not depend on what they replace
def _(grad, input_shape):
    return zeros(grad, input_shape)

@drawn.derivative("other")                            # nor, where they exist only as draws, on their parameters
def _(grad, other_shape):
    return zeros(grad, other_shape)


def zeros(grad, shape):
    """Zeros of a gradient's kind, an array or a Tensor, in another shape."""
    array = grad._array if isinstance(grad, Tensor) else grad
    made = array_module(array).zeros(shape, array.dtype)
    return wrap(made) if isinstance(grad, Tensor) else made


def filling(name, node):
    """The in-place method that fills a tensor by `draw`; `node` is PyTorch's name of it in the graph."""
    record = named(drawn, node)

    def filled(before, *, draw, generator):
        return record(before, None, values=values_for(before._array, draw, generator))
    method = inplace(filled, name)
    return lambda self, draw, generator: method(self, draw=draw, generator=generator)


def options(layout, requires_grad, pin_memory):
    """Refuse options of new tensors that there is nothing for."""
    if layout not in (None, strided):
        raise NotImplementedError(f"random values are for strided tensors, got layout={layout}")
    if not isinstance(requires_grad, bool):
        raise TypeError(f"argument 'requires_grad' must be bool, not {type(requires_grad).__name__}")
    if pin_memory:
        raise RuntimeError("pin_memory=True requires a CUDA or other accelerator backend, and there is no pinned memory here: leave it out")


def fresh(draw, shape, generator, out, dtype, layout, device, requires_grad, pin_memory):
    """A new tensor of drawn values, or `out` filled with them."""
    options(layout, requires_grad, pin_memory)
    shape = checked(shape)
    if out is None:
        return new(placed(values_for(np.empty(shape, kind_of(dtype)), draw, generator), device), requires_grad)
    if dtype is not None and dtypes.to_numpy(dtype) != out._array.dtype:
        raise RuntimeError(f"dtype {dtype} does not match dtype of out parameter ({out.dtype}): leave dtype out, or pass such a tensor")
    out = into(out, shape, draw, generator)
    return out.requires_grad_() if requires_grad else out


def into(out, shape, draw, generator, *inputs):
    """`out=`: drawn values in the layout of a given tensor, which takes the shape if it has another."""
    refuse_history(out, *inputs)
    return overwrite(out, wrap(placed(values_for(empty_for(out, shape), draw, generator), out.device)))


def refuse_history(*tensors):
    """`out=` writes no history, so nothing may need a gradient."""
    if mode.grad and any(t.requires_grad for t in tensors):
        raise RuntimeError("functions with out=... arguments don't support automatic differentiation, but one of the arguments "
                           "requires grad: use torch.no_grad()")


def empty_for(out, shape):
    """An array like that of `out`, which takes the shape if it has another."""
    return out._array if out._array.shape == shape else np.empty(shape, out._array.dtype)


def fresh_like(input, draw, generator, dtype, layout, device, requires_grad, pin_memory, memory_format):
    """A new tensor of drawn values in the shape and, unless told otherwise, dtype, layout and device of another."""
    options(layout, requires_grad, pin_memory)
    if not isinstance(input, Tensor):
        raise TypeError(f"argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    array, kind = input._array, input._array.dtype if dtype is None else dtypes.to_numpy(dtype)
    target = np.empty(array.shape, kind) if letter_of(memory_format) == "C" else in_memory_order(np.empty(array.size, kind), array)
    return new(placed(values_for(target, draw, generator), input.device if device is None else device), requires_grad)


# ---- functions -----------------------------------------------------------------------------------------------------------

def rand(*args, size=None, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Uniform values in [0, 1): `rand(2, 3)`, `rand((2, 3))` or `rand(size=(2, 3))`.

    Raises:
        NotImplementedError: a dtype that is not floating.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.rand(3)
        tensor([0.4963, 0.7682, 0.0885])
    """
    return fresh(draws.uniforms(0.0, 1.0), size_of("rand", args, size), generator, out, dtype, layout, device, requires_grad, pin_memory)


def randn(*args, size=None, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """Standard normal values, mean 0 and variance 1.

    Raises:
        NotImplementedError: a dtype that is not floating.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randn(3)
        tensor([ 1.5410, -0.2934, -2.1788])
    """
    return fresh(draws.normals(0.0, 1.0), size_of("randn", args, size), generator, out, dtype, layout, device, requires_grad, pin_memory)


def size_of(function, args, size):
    """The shape given by position or by keyword."""
    if (size is None) == (not args):
        raise TypeError(f"{function}() takes a size, by position or by keyword: got {args} and size={size}")
    return sizes(args) if size is None else sizes((size,))


def randint(*args, low=None, high=None, size=None, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
            pin_memory=False):
    """Integers in [low, high), low being 0 if not given: `randint(high, size)` or `randint(low, high, size)`; int64 unless told otherwise.

    Raises:
        RuntimeError: an empty range, or one that the dtype does not hold.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randint(3, 10, (4,))
        tensor([7, 6, 3, 5])
    """
    numbers, given = list(args), {k: v for k, v in (("low", low), ("high", high), ("size", size)) if v is not None}
    size = given.pop("size") if "size" in given else numbers.pop() if numbers else None
    if not isinstance(size, (tuple, list)) or len(numbers) + len(given) not in (1, 2):
        raise TypeError("randint() takes (high, size) or (low, high, size), the size a tuple of ints: "
                        f"got {args}, low={low}, high={high}, size={size}")
    if "high" not in given:
        given["high"] = numbers.pop()
    if numbers:
        if "low" in given:
            raise TypeError("randint() got multiple values for argument 'low'")
        given["low"] = numbers.pop()
    low, high = draws.integer("randint", "low", given.get("low", 0)), draws.integer("randint", "high", given["high"])
    dtype = dtypes.int64 if dtype is None and out is None else dtype
    return fresh(draws.integers(low, high), sizes((size,)), generator, out, dtype, layout, device, requires_grad, pin_memory)


def randperm(n, *, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A random permutation of 0 … n-1, int64 unless told otherwise.

    Raises:
        RuntimeError: the dtype does not hold n-1.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randperm(5)
        tensor([4, 0, 1, 3, 2])
    """
    dtype = dtypes.int64 if dtype is None and out is None else dtype
    return fresh(draws.permutation, (draws.integer("randperm", "n", n),), generator, out, dtype, layout, device, requires_grad, pin_memory)


def rand_like(input, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
              memory_format="preserve_format"):
    """`rand` in the shape, dtype, device and layout of a tensor; the values follow its memory, not its indices."""
    return fresh_like(input, draws.uniforms(0.0, 1.0), generator, dtype, layout, device, requires_grad, pin_memory, memory_format)


def randn_like(input, *, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
               memory_format="preserve_format"):
    """`randn` in the shape, dtype, device and layout of a tensor; the values follow its memory, not its indices."""
    return fresh_like(input, draws.normals(0.0, 1.0), generator, dtype, layout, device, requires_grad, pin_memory, memory_format)


def randint_like(input, *args, generator=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
                 memory_format="preserve_format", **bounds):
    """`randint` in the shape, dtype, device and layout of a tensor: `randint_like(input, high)` or `randint_like(input, low, high)`."""
    low, high = draws.range_of("randint_like", "low", "high", args, bounds)
    return fresh_like(input, draws.integers(low, high), generator, dtype, layout, device, requires_grad, pin_memory, memory_format)


def normal(mean, std=1.0, size=None, *, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
           pin_memory=False):
    """Normal values: of a mean and a standard deviation for each (tensors, broadcast), or `normal(mean, std, size)` of numbers.

    The result has the dtype of `mean`, or of `std` where the mean is a number. It is z·std + mean, so that one seed gives one z
    whatever the parameters; no gradient flows to them (it is zero, as in PyTorch).

    Raises:
        RuntimeError: a negative standard deviation, or shapes that do not broadcast.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.normal(torch.tensor([10.0, 20.0]), 0.5)
        tensor([10.7705, 19.8533])
    """
    if size is not None:
        if not isinstance(size, (tuple, list)):
            raise TypeError(f"normal(): argument 'size' (position 3) must be tuple of ints, not {type(size).__name__}")
        draw = draws.normals(draws.number("normal", "mean", mean), draws.number("normal", "std", std))
        return fresh(draw, sizes((size,)), generator, out, dtype, layout, device, requires_grad, pin_memory)
    tensors = [t for t in (mean, std) if isinstance(t, Tensor)]
    if not tensors or dtype is not None:
        raise TypeError("normal() takes (mean, std) with a tensor among them, or (mean, std, size): "
                        f"got {type(mean).__name__}, {type(std).__name__}, dtype={dtype}")
    if out is not None:
        refuse_history(out, *tensors)
    spread = isinstance(std, Tensor)
    if spread and on_host(std._array) and (std._array < 0).any():
        raise RuntimeError(f"normal expects all elements of std >= 0.0, but found {std._array.min()}")
    shape = broadcast_shape(*(t._array.shape for t in tensors))
    target = np.empty(shape, tensors[0]._array.dtype) if out is None else empty_for(out, shape)
    z = values_for(target, draws.normals(0.0, 1.0 if spread else draws.number("normal", "std", std)), generator)
    values = wrap(to_device(z, device_name(tensors[0]._array)))
    if spread:
        values = cast(mul(values, wrap(std._array)), dtype=z.dtype)
    shift = wrap(mean._array) if isinstance(mean, Tensor) else draws.number("normal", "mean", mean)
    values = cast(plus(values, shift), dtype=z.dtype)
    if out is not None:
        return overwrite(out, values)
    return NORMALS[isinstance(mean, Tensor), spread](mean, std, values=values._array)


def bernoulli(input, p=None, *, generator=None, out=None):
    """Ones with the chances in `input` (or all with the chance `p`), else zeros, in the dtype of `input`; contiguous.

    Raises:
        RuntimeError: a chance outside [0, 1].
        NotImplementedError: chances that are not floating.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.bernoulli(torch.tensor([0.0, 0.5, 0.5, 1.0]))
        tensor([0., 0., 1., 1.])
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"bernoulli(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    draw = draws.chances(to_host(input._array)) if p is None else draws.bernoullis(draws.number("bernoulli", "p", p))
    if out is not None:
        return into(out, input._array.shape, draw, generator, input)
    values = values_for(np.empty(input._array.shape, input._array.dtype), draw, generator)
    return named_bernoulli(input, None, values=placed(values, input.device))


def multinomial(input, num_samples, replacement=False, *, generator=None, out=None):
    """`num_samples` indices for each row of weights (or for one row), drawn by these weights, which need not add up to 1.

    Without replacement, indices of equal key (weights that are 0) come in order; PyTorch leaves theirs open.

    Raises:
        RuntimeError: negative, infinite or all-zero weights; more samples than weights without replacement.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.multinomial(torch.tensor([0.0, 10.0, 3.0, 0.0]), 2)
        tensor([1, 2])
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"multinomial(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    if not isinstance(replacement, bool):
        raise TypeError(f"multinomial(): argument 'replacement' (position 3) must be bool, not {type(replacement).__name__}")
    count, generator, weights = draws.integer("multinomial", "num_samples", num_samples), draws.stream(generator), to_host(input._array)
    if weights.dtype.kind != "f":
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {draws.scalar_name(weights.dtype)}")
    if weights.ndim not in (1, 2):
        raise RuntimeError(f"prob_dist must be 1 or 2 dim, got {weights.ndim}")
    if count <= 0:
        raise RuntimeError(f"cannot sample n_sample <= 0 samples, got {count}")
    if not replacement and count > weights.shape[-1]:
        raise RuntimeError(f"cannot sample n_sample > prob_dist.size(-1) samples without replacement: {count} of {weights.shape[-1]}")
    if out is not None and out.dtype is not dtypes.int64:
        raise RuntimeError(f"multinomial expects Long tensor out, got: {draws.scalar_name(out._array.dtype)}")
    if not ((weights >= 0) & (weights < np.inf)).all():
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    rows = weights if weights.ndim == 2 else weights[None]
    if not rows.any(-1).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    result = generator.multinomial(rows, count, replacement).reshape(*weights.shape[:-1], count)
    result = wrap(placed(result, input.device))
    return result if out is None else overwrite(out, result)


# ---- methods in place ------------------------------------------------------------------------------------------------------

def uniform_(self, *args, generator=None, **bounds):
    """Fill the tensor with uniform values: `uniform_(from=0, to=1)`.

    Raises:
        RuntimeError: from > to, or bounds that the dtype does not hold.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.empty(3).uniform_(-1, 1)
        tensor([-0.0075,  0.5364, -0.8230])
    """
    return _uniform(self, draws.uniforms(*draws.parameters("uniform_", {"from": 0.0, "to": 1.0}, args, bounds)), generator)


def normal_(self, *args, generator=None, **moments):
    """Fill the tensor with normal values: `normal_(mean=0, std=1)`."""
    return _normal(self, draws.normals(*draws.parameters("normal_", {"mean": 0.0, "std": 1.0}, args, moments)), generator)


def exponential_(self, *args, generator=None, **rate):
    """Fill the tensor with values of density λ exp(-λx): `exponential_(lambd=1)`."""
    return _exponential(self, draws.exponentials(*draws.parameters("exponential_", {"lambd": 1.0}, args, rate)), generator)


def cauchy_(self, *args, generator=None, **place):
    """Fill the tensor with values of density σ / (π(σ² + (x - median)²)): `cauchy_(median=0, sigma=1)`."""
    return _cauchy(self, draws.cauchys(*draws.parameters("cauchy_", {"median": 0.0, "sigma": 1.0}, args, place)), generator)


def log_normal_(self, *args, generator=None, **moments):
    """Fill the tensor with exponentials of normal values: `log_normal_(mean=1, std=2)`, both of the normal values."""
    return _log_normal(self, draws.log_normals(*draws.parameters("log_normal_", {"mean": 1.0, "std": 2.0}, args, moments)), generator)


def geometric_(self, *args, generator=None, **chance):
    """Fill the tensor with the number of trials up to the first success, of chance p each: `geometric_(p)`."""
    return _geometric(self, draws.geometrics(*draws.parameters("geometric_", {"p": None}, args, chance)), generator)


def random_(self, *args, generator=None, **bounds):
    """Fill the tensor with integers: `random_(to)` from 0, `random_(from, to)` below `to` (None: up to the largest of the dtype).

    `random_()` draws from 0 to the largest integer of the dtype; for floating dtypes, to the largest that they count to without gaps.

    Raises:
        RuntimeError: an empty range, or one that the dtype does not hold.
    """
    if not args and not bounds:
        return _random_all(self, draws.all_integers, generator)
    if len(args) + len(bounds) == 2:
        found = draws.arguments("random_", ("from", "to"), args, bounds)
        low, high = draws.integer("random_", "from", found["from"]), found["to"]
        return _random_range(self, draws.integers(low, None if high is None else draws.integer("random_", "to", high)), generator)
    return _random_below(self, draws.integers(*draws.range_of("random_", "from", "to", args, bounds)), generator)


def bernoulli_(self, p=0.5, *, generator=None):
    """Fill the tensor with ones of chance p, a number or a tensor of chances that broadcasts to this one, and zeros."""
    if not isinstance(p, Tensor):
        return _bernoulli(self, draws.bernoullis(draws.number("bernoulli_", "p", p)), generator)
    return _bernoulli_each(self, p=p, generator=generator)


def bernoulli_each(before, *, p, generator):
    shape = before._array.shape
    try:
        each = np.broadcast_to(to_host(p._array), shape)
    except ValueError:
        raise RuntimeError(f"bernoulli_ expects chances that broadcast to the tensor's shape {list(shape)}, got {list(p.shape)}") from None
    return named_each(before, p, values=values_for(before._array, draws.chances(each), generator))


_uniform, _normal = filling("uniform_", "UniformBackward0"), filling("normal_", "NormalBackward0")
_exponential, _cauchy = filling("exponential_", "ExponentialBackward0"), filling("cauchy_", "CauchyBackward0")
_log_normal, _geometric = filling("log_normal_", "LogNormalBackward0"), filling("geometric_", "GeometricBackward0")
_random_range, _random_below = filling("random_", "RandomBackward0"), filling("random_", "RandomBackward1")
_random_all, _bernoulli = filling("random_", "RandomBackward2"), filling("bernoulli_", "BernoulliBackward2")
_bernoulli_each = inplace(bernoulli_each, "bernoulli_")
named_bernoulli, named_each = named(drawn, "BernoulliBackward0"), named(drawn, "BernoulliBackward1")
NORMALS = {(True, False): named(drawn, "NormalBackward1"), (False, True): named(drawn, "NormalBackward2"),
           (True, True): named(drawn, "NormalBackward3")}
