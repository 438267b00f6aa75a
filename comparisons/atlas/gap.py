"""How far two values are apart, for a reader: in units in the last place of the largest value."""
from dataclasses import dataclass

import numpy as np

ENDLESS = 1e29                                       # what a kernel writes for infinity is at least this, and no measure for the others


@dataclass
class Gap:
    """The differences of two values, all arrays in them together."""

    abs: float = 0.0
    ulp: float = 0.0                                 # of the largest value: what a reader should judge by
    each: int = 0                                    # of each element: explodes near zero
    equal: float = 1.0                               # share of elements with the same bits
    alike: bool = True                               # same structure and shapes
    relative: float = 0.0                            # of a comparison that is only good to some digits (central differences), else 0

    @property
    def word(self):
        """In one or two words."""
        if not self.alike:
            return "differs"
        if self.relative:
            return f"{-np.log10(self.relative):.0f} digits"
        if not self.abs:
            return "exact"
        return f"{max(self.ulp, 0.1):.1f} ulp" if self.ulp < 9.95 else f"{self.ulp:,.0f} ulp" if self.ulp < 1e6 else f"{self.ulp:.0e} ulp"

    @property
    def level(self):
        """0: the same bits; 1: rounding; 2: accumulated rounding; 3: look at it.

        Pages that are built again are compared by it, for the digits depend on the machine.
        """
        if not self.alike:
            return 3
        if self.relative:
            return 1 if self.relative < 1e-6 else 3
        return 0 if not self.abs else 1 if self.ulp <= 2 else 2 if self.ulp <= 64 else 3

    @property
    def rank(self):
        """For the worst of several."""
        return not self.alike, self.ulp, self.abs


def flat(value):
    """The arrays in a nested list, in order."""
    if isinstance(value, (list, tuple)):
        return [a for v in value for a in flat(v)]
    return [] if value is None else [np.asarray(value)]


def ordered(a):
    """Floats as integers of which neighbours differ by one."""
    size = a.dtype.itemsize
    i = np.ascontiguousarray(a).view(f"i{size}").astype(np.int64)
    return np.where(i < 0, np.int64(np.iinfo(f"i{size}").min) - i, i)


def ulps(apart, top, dtype):
    """A difference in units of the spacing at `top`, of normal numbers."""
    return float(apart / np.spacing(np.maximum(np.abs(top), np.finfo(dtype).tiny).astype(dtype))) if apart else 0.0


def gap(ours, theirs):
    """The Gap of two values: arrays, numbers, or lists of these."""
    ours, theirs = flat(ours), flat(theirs)
    if len(ours) != len(theirs) or any(a.shape != b.shape for a, b in zip(ours, theirs)):
        return Gap(alike=False, equal=0.0)
    found, count, equal = Gap(), 0, 0
    for a, b in zip(ours, theirs):
        if a.dtype != b.dtype and a.dtype.kind == b.dtype.kind == "f":
            a, b = (v.astype(min(a.dtype, b.dtype, key=lambda d: d.itemsize)) for v in (a, b))
        nan = (a != a) & (b != b)
        same = (a == b) | nan
        count, equal = count + a.size, equal + int(same.sum())
        if not same.all():
            _add(found, a, b, ~same)
    found.equal = equal / count if count else 1.0
    return found


def _add(found, a, b, apart):
    if a.dtype.kind != "f" or a.dtype != b.dtype:
        found.abs = max(found.abs, float(np.max(np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)))))
        found.ulp = np.inf
        return
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.abs(a.astype(np.float64) - b.astype(np.float64))[apart]
    if not np.isfinite(difference).all():
        found.alike = False
        found.abs = np.inf
        return
    size = np.abs(b[np.isfinite(b)])
    top = np.max(size[size < ENDLESS], initial=0) or np.max(size, initial=0)
    found.abs = max(found.abs, float(difference.max()))
    found.ulp = max(found.ulp, ulps(difference.max(), top, b.dtype))
    found.each = max(found.each, int(np.abs(ordered(a) - ordered(b))[apart].max()))


def worst(gaps):
    """The worst of some gaps, None of none."""
    return max(gaps, key=lambda g: g.rank, default=None)
