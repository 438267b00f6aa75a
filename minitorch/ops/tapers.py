"""Windows that taper off to both sides, for spectra: Hann, Hamming, Blackman, Bartlett, Kaiser."""
import math

import numpy

from minitorch import dtypes
from minitorch.backend import special
from minitorch.ops.creation import kind_of, new, placed, whole


def window(name, length, periodic, dtype, device, requires_grad, values):
    """The tensor of `values(place, last)` at the places 0 ... last; a periodic window is one longer and loses its last value.

    Raises:
        TypeError: the length is no whole number, or `periodic` no bool.
        RuntimeError: it is negative, or the dtype is not floating.
    """
    length, kind = whole(length, f"{name}(): argument 'window_length' (position 1)"), kind_of(dtype)
    if not isinstance(periodic, bool):
        raise TypeError(f"{name}(): argument 'periodic' (position 2) must be bool, not {type(periodic).__name__}")
    if kind.kind != "f":
        raise RuntimeError(f"{name} expects floating point dtypes, got: {dtypes.BY_NUMPY[kind]}")
    if length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={length}")
    if length <= 1:
        return new(placed(numpy.ones(length, kind), device), requires_grad)
    last = length if periodic else length - 1
    found = values(numpy.arange(last + 1.0), last)[:length]
    return new(placed(found.astype(kind), device), requires_grad)


def number_of(name, argument, position, value):
    """A number, or a TypeError."""
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be float, not {type(value).__name__}")
    return float(value)


def hamming_window(window_length, periodic=True, alpha=0.54, beta=0.46, *, dtype=None, layout=None, device=None, pin_memory=False,
                   requires_grad=False):
    """α - β cos(2πn / N).

    Args:
        window_length: how many values.
        periodic: whether N is their number (for spectra), else the last of them is like the first (for filters).

    Raises:
        RuntimeError: a negative length, or a dtype that is not floating.

    Example:
        >>> import minitorch as torch
        >>> torch.hamming_window(4)
        tensor([0.0800, 0.5400, 1.0000, 0.5400])

    Source: Harris (1978), On the Use of Windows for Harmonic Analysis, equation 30
    """
    a, b = number_of("hamming_window", "alpha", 3, alpha), number_of("hamming_window", "beta", 4, beta)
    return window("hamming_window", window_length, periodic, dtype, device, requires_grad,
                  lambda n, last: a - b * numpy.cos(2 * math.pi * n / last))


def hann_window(window_length, periodic=True, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """(1 - cos(2πn / N)) / 2; arguments as `hamming_window`'s.

    Example:
        >>> import minitorch as torch
        >>> torch.hann_window(4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000])

    Source: Harris (1978), equation 27
    """
    return window("hann_window", window_length, periodic, dtype, device, requires_grad,
                  lambda n, last: 0.5 - 0.5 * numpy.cos(2 * math.pi * n / last))


def blackman_window(window_length, periodic=True, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """0.42 - 0.5 cos(2πn / N) + 0.08 cos(4πn / N); arguments as `hamming_window`'s.

    Example:
        >>> import minitorch as torch
        >>> torch.blackman_window(4)[1:]
        tensor([0.3400, 1.0000, 0.3400])

    Source: Harris (1978), equation 31
    """
    return window("blackman_window", window_length, periodic, dtype, device, requires_grad,
                  lambda n, last: 0.42 - 0.5 * numpy.cos(2 * math.pi * n / last) + 0.08 * numpy.cos(4 * math.pi * n / last))


def bartlett_window(window_length, periodic=True, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """1 - |2n / N - 1|, a triangle; arguments as `hamming_window`'s.

    Example:
        >>> import minitorch as torch
        >>> torch.bartlett_window(4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000])

    Source: Harris (1978), equation 23
    """
    return window("bartlett_window", window_length, periodic, dtype, device, requires_grad,
                  lambda n, last: 1 - numpy.abs(2 * n / last - 1))


def kaiser_window(window_length, periodic=True, beta=12.0, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """I₀(β √(1 - (2n / N - 1)²)) / I₀(β), with the modified Bessel function I₀; the other arguments as `hamming_window`'s.

    Example:
        >>> import minitorch as torch
        >>> torch.kaiser_window(4, beta=4.0)
        tensor([0.0885, 0.6334, 1.0000, 0.6334])

    Source: Harris (1978), equation 46
    """
    b = number_of("kaiser_window", "beta", 3, beta)

    def values(n, last):
        inside = b * numpy.sqrt(numpy.maximum(1 - (2 * n / last - 1) ** 2, 0))
        bessel = special(inside).i0
        return bessel(inside) / bessel(b)
    return window("kaiser_window", window_length, periodic, dtype, device, requires_grad, values)
