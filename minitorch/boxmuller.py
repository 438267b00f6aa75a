"""Normal values out of uniform ones, rounded as PyTorch's vector code rounds them.

Box and Muller: if u1 and u2 are uniform in (0, 1], then √(-2 ln u1)·cos(2π u2) and √(-2 ln u1)·sin(2π u2) are two
independent standard normals. For float32, PyTorch takes ln, sin and cos from the polynomials of Cephes and fuses every product
that feeds a sum; the functions here do the same steps, so all bits are equal. Everything here runs on the host.
Source: Box and Muller, "A Note on the Generation of Random Normal Deviates" (1958); Moshier, the Cephes library, logf.c and sinf.c.
"""
import math

import numpy as np

BLOCK = 2**15                                         # values worked on at a time: their temporaries stay in the cache


def _singles(*constants):
    return [float(np.float32(c)) for c in constants]


LN2_HIGH, LN2_LOW, SQRT_HALF = _singles(0.693359375, -2.12194440e-4, 0.707106781186547524)
LOG = _singles(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
               -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
QUARTER_PI = _singles(-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)     # -π/4 in three parts
COS = _singles(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
SIN = _singles(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
FOUR_OVER_PI, TWO_PI = _singles(1.27323954473516, 2 * math.pi)


def _fma(a, b, c):
    """float32 a·b + c by way of float64, where the product is exact; the sum is rounded twice, which no more than one value
    in 10¹⁰ here can show."""
    total = np.multiply(a, b, dtype=np.float64)
    total += c
    return total.astype(np.float32)


def affine32(z, scale, shift):
    """float32 z·scale + shift, rounded once; `scale` and `shift` are Python floats, rounded to float32 first."""
    scale, shift = _singles(scale, shift)
    if shift == 0:
        return z if scale == 1 else z * np.float32(scale)
    out = np.empty_like(z)
    for start in range(0, z.size, BLOCK):
        product = np.multiply(z[start:start + BLOCK], scale, dtype=np.float64)            # exact
        total = product + shift
        # The second rounding errs only where the first one ended halfway between two float32: there, step towards the exact sum.
        half = np.flatnonzero((total.view(np.int64) & 0x1FFFFFFF) == 0x10000000)
        if half.size:
            near, lost = _exact_sum(product[half], shift)
            total[half] = np.where(lost == 0, near, np.nextafter(near, np.copysign(np.inf, lost)))
        out[start:start + BLOCK] = total
    return out


def affine64(z, scale, shift):
    """float64 z·scale + shift, rounded once: product and sums as exact pairs of numbers (Dekker, Knuth), the small halves added with
    rounding to odd, so that the last rounding sees which side they lie on (Boldo and Melquiond, "Emulation of FMA", 2008)."""
    if shift == 0:
        return z if scale == 1 else z * scale
    if max(abs(scale), abs(shift)) > 2.0**900:                                # the halves' products would overflow
        return affine64(z, scale * 2.0**-200, shift * 2.0**-200) * 2.0**200
    out = np.empty_like(z)
    for start in range(0, z.size, BLOCK // 4):
        part = z[start:start + BLOCK // 4]
        product, (zh, zl), (sh, sl) = part * scale, _halves(part), _halves(scale)
        low, lower = _exact_sum(((zh * sh - product) + zh * sl + zl * sh) + zl * sl, shift)
        total, lost = _exact_sum(product, low)
        rest, inexact = _exact_sum(lower, lost)
        bits = rest.view(np.int64)                    # one more or less is the next number away from or towards 0
        even = (inexact != 0) & (bits & 1 == 0)
        bits += even.view(np.int8) * (1 - 2 * (np.signbit(inexact) ^ np.signbit(rest)).view(np.int8))
        out[start:start + BLOCK // 4] = total + rest
    return out


def _exact_sum(a, b):
    """The rounded sum of two numbers and what rounding lost."""
    total = a + b
    kept = total - a
    return total, (a - (total - kept)) + (b - kept)


def _halves(v):
    """Two numbers of 26 bits whose sum is v, so that their products are exact."""
    t = 134217729.0 * v                                                       # 2²⁷ + 1
    high = t - (t - v)
    return high, v - high


def log32(x):
    """ln x for normal float32 x > 0: x = 2ᵉ·(1 + m) with 1 + m in [√½, √2), ln x = e ln 2 + m - m²/2 + m³ P(m)."""
    bits = np.maximum(x, np.float32(2.0**-126)).view(np.int32)
    m = (bits & 0x007FFFFF | 0x3F000000).view(np.float32)                     # [½, 1)
    small = m < np.float32(SQRT_HALF)
    e = ((bits >> 23) - 126 - small).astype(np.float32)
    double = m * small
    m = m - np.float32(1)
    m += double
    square, wide = m * m, m.astype(np.float64)
    y = LOG[0]
    for c in LOG[1:]:
        y = _fma(y, wide, c)
    y = _fma(y * m, square, e * np.float32(LN2_LOW))
    y = _fma(square, -0.5, y)
    return _fma(e, LN2_HIGH, m + y)


def sincos32(x):
    """(sin x, cos x) for float32 x ≥ 0: x is reduced to [-π/4, π/4] by an even multiple j of π/4, which picks polynomial and sign."""
    j = (x * np.float32(FOUR_OVER_PI)).astype(np.int32)
    j += 1
    j &= ~1
    wide = j.astype(np.float64)
    for part in QUARTER_PI:
        x = _fma(wide, part, x)
    square = x * x
    wide = square.astype(np.float64)
    c = _fma(_fma(wide, COS[0], COS[1]), wide, COS[2])
    c = _fma(c * square, wide, square * np.float32(-0.5))
    c += np.float32(1)
    s = _fma(_fma(wide, SIN[0], SIN[1]), wide, SIN[2])
    s = _fma(s * square, x, x)
    swap = (j & 2) != 0
    sin, cos = np.where(swap, c, s), np.where(swap, s, c)
    return np.where(j & 4, -sin, sin), np.where(j + 2 & 4, -cos, cos)


def normals32(u):
    """Standard normals of uniforms in [0, 1), sixteen at a time: u[i] and u[i + 8] give value i (cos) and i + 8 (sin)."""
    out = np.empty_like(u)
    for start in range(0, u.size, BLOCK):
        block = u[start:start + BLOCK].reshape(-1, 2, 8)
        radius = np.sqrt(np.float32(-2) * log32(np.float32(1) - block[:, 0]))
        sin, cos = sincos32(block[:, 1] * np.float32(TWO_PI))
        result = out[start:start + BLOCK].reshape(-1, 2, 8)
        np.multiply(radius, cos, out=result[:, 0])
        np.multiply(radius, sin, out=result[:, 1])
    return out


def normals64(u):
    """The same in float64, with the system's log, sin and cos: PyTorch's differ by an ulp here and there."""
    u = u.reshape(-1, 2, 8)
    radius, angle = np.sqrt(-2 * np.log(1 - u[:, 0])), 2 * math.pi * u[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).ravel()


def pairs64(u):
    """Standard normals of uniforms in [0, 1), two at a time: the first gives the angle, the second the radius."""
    u = u.reshape(-1, 2)
    radius, angle = np.sqrt(-2 * np.log1p(-u[:, 1])), 2 * math.pi * u[:, 0]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).ravel()
