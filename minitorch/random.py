"""PyTorch's random streams: the same seed gives the same values, bit for bit.

One MT19937 makes 32-bit words; every distribution is a recipe on these words, given in its docstring. *A word* is one output of
MT19937; *two words* are a 64-bit integer, the first the high half. The values come as flat NumPy arrays and belong into a tensor in
the order of its *memory* (largest stride first), not of its indices: `in_memory_order` does that. The stream runs on the host,
whichever device a tensor is on, so one seed gives the same numbers on every device.
Source: Matsumoto and Nishimura, "Mersenne Twister" (1998); the recipes were found by asking PyTorch 2.13 on a CPU with AVX2.
"""
import contextlib
import math
import operator
import secrets
import struct

import numpy as np

from minitorch import backend
from minitorch.boxmuller import affine32, affine64, normals32, normals64, pairs64
from minitorch.tensor import Tensor, device, wrap

__all__ = ["fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]

STATE = struct.Struct("<Qiiq4992s8xd8xi12x")          # seed, left, seeded, next, 624 words of 64 bits, cached normal, whether there is one
WIDE = 2**28                                          # integers from so many on take two words


class Generator:
    """A stream of random numbers, `torch.Generator`.

    Args:
        device: where the values are wanted; the stream itself runs on the host.

    Example:
        >>> import minitorch as torch
        >>> g = torch.Generator().manual_seed(2)
        >>> torch.rand(2, generator=g), g.initial_seed()
        (tensor([0.6147, 0.3810]), 2)
    """

    def __init__(self, device="cpu"):
        self.device = _device(device)
        self._words = np.random.RandomState(np.random.MT19937(0))
        self.manual_seed(67280421310721)              # PyTorch's default seed

    # ---- seed and state ----

    def manual_seed(self, seed):
        """Start the stream of `seed` (any integer of 64 bits, signed or not) and return the generator.

        Raises:
            RuntimeError: `seed` is no integer.
            ValueError: `seed` does not fit 64 bits.
        """
        if isinstance(seed, (bool, Tensor)) or not hasattr(seed, "__index__"):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}: pass an int")
        seed = operator.index(seed)
        if not -2**63 <= seed < 2**64:
            raise ValueError(f"Overflow when unpacking long long: a seed has 64 bits, got {seed}")
        self._seed = seed % 2**64
        self._words.seed(self._seed & 0xFFFFFFFF)
        self._spare = None                            # the second normal of the last pair
        return self

    def seed(self):
        """Start a stream that nobody can foresee, and return its seed."""
        self.manual_seed(secrets.randbits(53))
        return self._seed

    def initial_seed(self):
        """The seed that the stream was started with, in [0, 2⁶⁴)."""
        return self._seed

    def get_state(self):
        """The state as PyTorch stores it: a uint8 tensor of 5056 bytes, good for `set_state` here and there."""
        _, key, position, *_ = self._words.get_state()
        # PyTorch counts the words left (next + left = 625); a stream that was only seeded stands before its words, at next = 0.
        fresh = position == 624 and key[0] == self._seed & 0xFFFFFFFF and np.array_equal(key, np.random.RandomState(key[0]).get_state()[1])
        state = STATE.pack(self._seed, 625 - position, 1, 0 if fresh else position, key.astype("<u8").tobytes(),
                           0.0 if self._spare is None else self._spare, self._spare is not None)
        return wrap(np.frombuffer(bytearray(state), np.uint8))

    def set_state(self, new_state):
        """Go on from a state that `get_state` gave, here or in PyTorch; returns the generator.

        Raises:
            TypeError: not a uint8 tensor.
            RuntimeError: not contiguous, not 5056 bytes, or not the state of an MT19937.
        """
        if not isinstance(new_state, Tensor):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(new_state).__name__}")
        array = backend.to_host(new_state._array)
        if array.dtype != np.uint8:
            raise TypeError(f"RNG state must be a torch.ByteTensor, got {new_state.dtype}")
        if not array.flags.c_contiguous:
            raise RuntimeError("RNG state must be contiguous: call .contiguous()")
        if array.size != STATE.size:
            raise RuntimeError(f"Expected a CPUGeneratorImplState of size {STATE.size} but found the input RNG state size to be "
                               f"{array.size}: pass what get_state() or get_rng_state() gave")
        seed, left, seeded, following, key, spare, has_spare = STATE.unpack(array.tobytes())
        if not (seeded and 1 <= left <= 624 and 0 <= following <= 624):
            raise RuntimeError("Invalid mt19937 state: expected seeded = 1, left in [1, 624] and next in [0, 624], "
                               f"got {seeded}, {left} and {following}")
        self._seed, self._spare = seed, spare if has_spare else None
        self._words.set_state(("MT19937", np.frombuffer(key, "<u8").astype(np.uint32), 624 if left == 1 else following))
        return self

    def clone_state(self):
        """A second generator that goes on from the same state."""
        return Generator(self.device).set_state(self.get_state())

    def get_offset(self):
        """An offset belongs to generators of CUDA's own; there is none here.

        Raises:
            RuntimeError: always, as for PyTorch's CPU generators.
        """
        raise RuntimeError("CPU Generator does not use offset: use get_state()")

    def set_offset(self, offset):
        """An offset belongs to generators of CUDA's own; there is none here.

        Raises:
            RuntimeError: always, as for PyTorch's CPU generators.
        """
        raise RuntimeError("CPU Generator does not use offset: use set_state()")

    def __reduce__(self):
        return _restore, (str(self.device), self.get_state()._array.tobytes())

    # ---- words ----

    def bits(self, n, width):
        """n integers of `width` bits: the low bits of a word (uint32) or, above 32, of two words (uint64)."""
        return self._words.randint(0, 2**width, size=n, dtype=np.uint32 if width <= 32 else np.uint64)

    def _uniforms(self, n, dtype):
        """Uniforms in [0, 1): 24 bits of a word as float32, or 53 bits of two words as float64."""
        if dtype == np.float64:
            values = self.bits(n, 53).view(np.int64).astype(np.float64)
            values *= 2.0**-53
        else:
            values = self.bits(n, 24).view(np.int32).astype(np.float32)
            values *= np.float32(2.0**-24)
        return values

    # ---- integers ----

    def integers(self, n, low, high, dtype=np.int64):
        """n integers in [low, high): low + (a word modulo the range), two words if the range is 2²⁸ or more, for every dtype.

        All 2⁶⁴ integers: two words as they are.
        """
        span = high - low
        values = self.bits(n, 64 if span >= WIDE else 32)
        kind = values.dtype.type
        values = values % kind(span) if span & span - 1 else values & kind(span - 1)
        if low and span < 2**64:
            values = values.astype(np.uint64) + np.uint64(low % 2**64)        # modulo 2⁶⁴, which suits negative integers too
        return (values.view(np.int64) if values.dtype == np.uint64 else values).astype(dtype)

    def naturals(self, n, dtype=np.int64):
        """n integers from 0 to the largest of the dtype (of a floating one: the largest before gaps), as `random_()` draws them:
        a word modulo their number, two words for a dtype of 64 bits."""
        dtype = np.dtype(dtype)
        if dtype.kind == "f":
            return self.integers(n, 0, 2 ** (np.finfo(dtype).nmant + 1) + 1, dtype)
        width = 1 if dtype.kind == "b" else dtype.itemsize * 8 - (dtype.kind == "i")
        return self.bits(n, width).astype(dtype)

    def randperm(self, n):
        """A permutation of 0 … n-1: for i < n-1 swap r[i] with r[i + z], z a word modulo n-i (n below 2³²/20).

        Step i swaps position i with its target, t(i) = i + z. Let v(i) be the value at position i before step i: what the last step
        s < i with t(s) = i put there, which is v(s), or else i itself. So v follows links back to a number that stands in its place;
        they are all followed at once by squaring (links[links]). What step i fetches into place i is the value at t(i): v(s) of the
        last step s < i with t(s) = t(i), or else t(i).
        """
        if n < 2:
            return np.arange(n)
        step = np.arange(n)
        target = step.copy()
        target[:-1] += self.bits(n - 1, 32) % np.arange(n, 1, -1, dtype=np.uint32)
        width = n.bit_length()
        order = np.sort(target << width | step)       # by target, then by time
        targets, times = order >> width, order & (1 << width) - 1
        repeated = targets[1:] == targets[:-1]
        earlier = np.full(n, -1)                      # the last step before with the same target
        earlier[times[1:][repeated]] = times[:-1][repeated]
        last = np.append(~repeated, True)
        links = np.full(n, -1)                        # the last step s < i with t(s) = i, or i
        links[targets[last]] = times[last]
        own = links == step
        links[own] = earlier[own]
        links = np.where(links < 0, step, links)
        while not np.array_equal(further := links[links], links):
            links = further
        return np.where(earlier >= 0, links[earlier], target)

    # ---- real numbers ----

    def uniform(self, n, low=0.0, high=1.0, dtype=np.float32):
        """n uniforms in [low, high): u·(high - low) + low, rounded once; what rounding brought up to `high` becomes `low`.

        float16 is drawn as float32 and rounded.
        """
        values = self._uniforms(n, dtype)
        if dtype == np.float64:
            bounds, values = (low, high), affine64(values, high - low, low)
        else:
            low, high = np.float32(low), np.float32(high)
            bounds = np.dtype(dtype).type(low), np.dtype(dtype).type(high)
            values = affine32(values, float(high - low), float(low)).astype(dtype, copy=False)
        if (low, high) != (0, 1) or values.dtype == np.float16:
            values[values == bounds[1]] = bounds[0]
        return values

    def normal(self, n, mean=0.0, std=1.0, dtype=np.float32, contiguous=True):
        """n normals by Box and Muller: z·std + mean, rounded once.

        For fewer than 16 values, or for a tensor that is not contiguous, pairs of float64 (`pairs`). Else n uniforms of the dtype in
        blocks of sixteen, and if n is no multiple of 16 the last sixteen values come from 16 uniforms more; float16 is computed
        as float32 and draws whole blocks only before the last.
        """
        if n < 16 or not contiguous:
            return cast(affine64(self.pairs(n), std, mean), dtype)
        dtype = np.dtype(dtype)
        transform, affine = (normals64, affine64) if dtype == np.float64 else (normals32, affine32)
        left = n % 16
        if not left:
            return affine(transform(self._uniforms(n, dtype)), std, mean).astype(dtype, copy=False)
        uniforms = self._uniforms((n - left if dtype == np.float16 else n) + 16, dtype)
        values = affine(transform(np.append(uniforms[:n - left], uniforms[-16:])), std, mean).astype(dtype, copy=False)
        return np.append(values[:n - 16], values[-16:])

    def pairs(self, n):
        """n float64 standard normals, two of two uniforms; an odd one out waits for the next call, of whatever dtype."""
        kept = [self._spare] if n and self._spare is not None else []
        drawn = n - len(kept)
        values = pairs64(self._uniforms(drawn + drawn % 2, np.float64))
        if n:
            self._spare = float(values[-1]) if drawn % 2 else None
        return np.append(kept, values[:drawn]) if kept else values[:drawn]

    def log_normal(self, n, mean=1.0, std=2.0, dtype=np.float32):
        """exp(pairs·std + mean) in float64."""
        return cast(np.exp(affine64(self.pairs(n), std, mean)), dtype)

    def exponential(self, n, rate=1.0, dtype=np.float32):
        """-ln(1 - u) / rate in float64."""
        return cast(-1.0 / rate * np.log1p(-self._uniforms(n, np.float64)), dtype)

    def cauchy(self, n, median=0.0, sigma=1.0, dtype=np.float32):
        """median + sigma·tan(π(u - ½)) in float64."""
        return cast(median + sigma * np.tan(math.pi * (self._uniforms(n, np.float64) - 0.5)), dtype)

    def geometric(self, n, p, dtype=np.float32):
        """⌈ln u / ln(1 - p)⌉ in float64."""
        with np.errstate(divide="ignore"):            # ln 0
            return cast(np.ceil(np.log(self._uniforms(n, np.float64)) / math.log1p(-p)), dtype)

    # ---- chances ----

    def bernoulli(self, n, p):
        """n booleans, true with the chance p: a float64 uniform < p, whatever the tensor's dtype; compared as 53-bit integers."""
        return self.bits(n, 53) < np.uint64(math.ceil(p * 2.0**53))

    def bernoulli_each(self, p):
        """One boolean for each chance in the flat array p: a uniform of p's dtype (float32 for float16) < p."""
        return self._uniforms(p.size, p.dtype) < p

    def multinomial(self, weights, count, replacement=False):
        """`count` indices for each row of weights.

        Without replacement, or one index: the places of the largest weights / exponentials, all rows drawn at once. Else row by row:
        the running sum over its last value (float16 is summed as float32), and for each float64 uniform the first place not below it.
        """
        if not replacement or count == 1:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                keys = weights / in_memory_order(self.exponential(weights.size, dtype=weights.dtype), weights)
            return keys.argmax(-1)[:, None] if count == 1 else _largest(keys, count)
        out = np.empty((len(weights), count), np.int64)
        for row, result in zip(weights, out):
            sums = np.add.accumulate(row, dtype=np.float32 if row.dtype == np.float16 else row.dtype)
            sums /= sums[-1]
            sums[-1] = 1
            result[:] = np.searchsorted(sums.astype(np.float64), self._uniforms(count, np.float64), side="left")
        return out


def _largest(keys, count):
    """The places of the `count` largest keys of each row, in falling order; equal keys as they stand."""
    if 4 * count < keys.shape[-1]:                    # first which they are, then their order
        chosen = np.sort(np.argpartition(keys, -count, axis=-1)[:, -count:], axis=-1)
        found = np.take_along_axis(keys, chosen, -1)
        if (found > 0).all():                         # else keys of 0 are among them, which are many: the first of those are wanted
            return np.take_along_axis(chosen, np.argsort(-found, axis=-1, kind="stable"), -1)
    return np.argsort(-keys, axis=-1, kind="stable")[:, :count]


def cast(values, dtype):
    """float64 values in another dtype; float16 by way of float32, as PyTorch rounds it."""
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np.float32).astype(dtype) if dtype == np.float16 else values.astype(dtype, copy=False)


def _device(value):
    value = device(value)
    if value.type == "cuda" and backend.cupy is None:
        raise RuntimeError("Cannot get CUDA generator without CuPy: set MINITORCH_BACKEND=cupy, or use device='cpu'")
    if value.type not in ("cpu", "cuda"):
        raise RuntimeError(f"{value.type.upper()} device type not an accelerator: use 'cpu' or 'cuda'")
    return device("cpu") if value.type == "cpu" else value


def _restore(where, state):
    return Generator(where).set_state(wrap(np.frombuffer(state, np.uint8)))


# ---- layout ----------------------------------------------------------------------------------------------------------

def memory_order(array):
    """The axes of an array from the largest stride to the smallest.

    An insertion sort from the last axis on, because PyTorch's is one: a stride of 0 compares with nothing, and so keeps its place.
    """
    axes, shape, strides = list(range(array.ndim)), array.shape, array.strides
    for start in reversed(axes.copy()):
        place = start
        for k in range(start + 1, array.ndim):
            outer, inner = axes[place], axes[k]
            if strides[outer] and strides[inner]:
                if strides[outer] > strides[inner]:
                    break
                if strides[outer] < strides[inner] or shape[outer] < shape[inner]:
                    axes[place], axes[k] = inner, outer
                    place = k
    return axes


def in_memory_order(values, array):
    """Flat values in the shape of an array, laid down in the order of its memory."""
    if array.flags.c_contiguous:
        return values.reshape(array.shape)
    axes = memory_order(array)
    return values.reshape([array.shape[a] for a in axes]).transpose(np.argsort(axes))


def bernoulli_mask(like, keep, generator=None):
    """The mask that dropout draws for an array: booleans, true with the chance `keep`, in the array's layout and on its device.

    Example:
        >>> import numpy
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.random.bernoulli_mask(numpy.ones((2, 3)), 0.5)
        array([[False, False,  True],
               [False, False, False]])
    """
    mask = in_memory_order((generator or default_generator).bernoulli(like.size, keep), like)
    return mask if isinstance(like, np.ndarray) else backend.to_device(mask, backend.device_name(like))


# ---- the default stream ------------------------------------------------------------------------------------------------

default_generator = Generator()


def manual_seed(seed):
    """Start the default stream of `seed`, and return its generator.

    Example:
        >>> import minitorch as torch
        >>> torch.manual_seed(1).initial_seed()
        1
    """
    return default_generator.manual_seed(int(seed))


def seed():
    """Start the default stream where nobody can foresee it, and return the seed."""
    return default_generator.seed()


def initial_seed():
    """The seed that the default stream was started with."""
    return default_generator.initial_seed()


def get_rng_state():
    """The state of the default stream: a uint8 tensor of PyTorch's 5056 bytes."""
    return default_generator.get_state()


def set_rng_state(new_state):
    """Put the default stream into a state that `get_rng_state` gave, here or in PyTorch."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices=None, enabled=True, _caller="fork_rng", _devices_kw="devices", device_type=None):
    """Within the block (or the decorated function) the default stream may be used freely; afterwards it goes on as if it had not been.

    Args:
        devices: devices whose streams are to be kept too; here one stream serves all devices, so nothing more is to be kept.
        enabled: False to keep nothing.
        device_type: the type of `devices`.

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> with torch.random.fork_rng():
        ...     inside = torch.rand(1)
        >>> torch.equal(inside, torch.rand(1))
        True
    """
    if device_type is not None:
        device(device_type)
    if not enabled:
        yield
        return
    if devices and backend.cupy is None:
        raise AssertionError(f"Torch not compiled with CUDA enabled: set MINITORCH_BACKEND=cupy, or call {_caller} without {_devices_kw}")
    state = default_generator.get_state()
    try:
        yield
    finally:
        default_generator.set_state(state)
