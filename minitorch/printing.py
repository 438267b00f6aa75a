"""Printing: tensors as PyTorch prints them, to the character."""
import math

import numpy

from minitorch import dtypes
from minitorch.backend import to_host

options = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """How tensors print: digits, how many values before "..." stands for the middle, line width, scientific notation.

    Args:
        profile: "default", "short" (2 digits) or "full" (never "...").
    """
    profiles = {"default": (4, 1000, 3, 80), "short": (2, 1000, 2, 80), "full": (4, math.inf, 3, 80)}
    if profile is not None:
        options.update(zip(("precision", "threshold", "edgeitems", "linewidth"), profiles.get(profile, ())))
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    options.update({k: v for k, v in given.items() if v is not None})
    options["sci_mode"] = sci_mode


class Formatter:
    """The one width and notation that all values of a tensor share."""

    def __init__(self, values):
        self.floating, self.whole, self.scientific, self.width = values.dtype.kind == "f", True, False, 1
        if not self.floating:
            self.width = max([1, *(len(str(v)) for v in values.ravel().tolist())])
            return
        values = values.ravel()
        finite = numpy.abs(values[numpy.isfinite(values) & (values != 0)].astype(numpy.float64))
        if finite.size == 0:                          # zeros, infinities and nan alone are not padded
            return
        largest, smallest = finite.max(), finite.min()
        shown = values[numpy.isfinite(values) & (values != 0)]
        self.whole = bool((shown == numpy.ceil(shown)).all())
        self.scientific = bool(largest / smallest > 1000.0 or largest > 1.0e8 or (not self.whole and smallest < 1.0e-4))
        if options["sci_mode"] is not None:
            self.scientific = options["sci_mode"]
        self.resize(shown)
        if not self.scientific and self.whole:
            self.width = max(1, *(len(f"{v:.0f}.") for v in shown.tolist()))

    def resize(self, values):
        if values.size:
            self.width = max(1, *(len(self.text(v)) for v in values.tolist())) if values.size else 1

    def text(self, value):
        if not self.floating:
            return str(value)
        digits = options["precision"]
        if self.scientific:
            return f"{value:.{digits}e}"
        if self.whole:
            return f"{value:.0f}" + ("." if math.isfinite(value) else "")
        return f"{value:.{digits}f}"

    def format(self, value):
        return self.text(value).rjust(self.width)


def tensor_string(t):
    """The whole text, with dtype, device, size and history where PyTorch shows them."""
    array = to_host(t._array)
    name = "Parameter containing:\n" if getattr(t, "_is_param", False) else ""
    prefix, suffixes = "tensor(", []
    if t.device.type != "cpu":
        suffixes.append(f"device='{t.device}'")
    known = (dtypes.get_default_dtype(), dtypes.int64, dtypes.bool)
    if array.size == 0:
        if array.ndim != 1:
            suffixes.append(f"size={tuple(array.shape)}")
        if t.dtype is not dtypes.get_default_dtype():
            suffixes.append(f"dtype={t.dtype}")
        body = "[]"
    else:
        if t.dtype not in known:
            suffixes.append(f"dtype={t.dtype}")
        body = array_string(array, len(prefix))
    node = t.grad_fn
    if node is not None:
        suffixes.append(f"grad_fn=<{node.name().rpartition('::')[2]}>")
    elif t.requires_grad:
        suffixes.append("requires_grad=True")
    return name + with_suffixes(prefix + body, suffixes, len(prefix), array.size == 0)


def with_suffixes(text, suffixes, indent, empty):
    """Suffixes on the last line while they fit, else on lines of their own."""
    line = len(text) - text.rfind("\n") + 1
    parts = [text]
    for suffix in suffixes:
        if line + len(suffix) + 2 > options["linewidth"]:
            parts.append(",\n" + " " * indent + suffix)
            line = indent + len(suffix)
        else:
            parts.append(", " + suffix)
            line += len(suffix) + 2
    return "".join(parts) + ")"


def summarized(array):
    """The values at the edges of a large array: those that will be shown."""
    edge = options["edgeitems"]
    for axis in range(array.ndim):
        if array.shape[axis] > 2 * edge:
            first, last = [slice(None)] * array.ndim, [slice(None)] * array.ndim
            first[axis], last[axis] = slice(edge), slice(-edge, None)
            array = numpy.concatenate([array[tuple(first)], array[tuple(last)]], axis)
    return array


def array_string(array, indent):
    """The values in brackets, dimension by dimension."""
    summary = array.size > options["threshold"]
    formatter = Formatter(summarized(array) if summary else array)
    return rows(array, indent, summary, formatter)


def rows(array, indent, summary, formatter):
    edge = options["edgeitems"]
    if array.ndim == 0:
        return formatter.format(array.item())
    if array.ndim == 1:
        return vector(array, indent, summary, formatter)
    if summary and len(array) > 2 * edge:
        parts = [rows(a, indent + 1, summary, formatter) for a in array[:edge]] + ["..."] + [rows(a, indent + 1, summary,
                                                                                                  formatter) for a in array[-edge:]]
    else:
        parts = [rows(a, indent + 1, summary, formatter) for a in array]
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def vector(array, indent, summary, formatter):
    edge = options["edgeitems"]
    per_line = max(1, math.floor((options["linewidth"] - indent) / (formatter.width + 2)))
    if summary and not edge:
        words = ["..."]
    elif summary and len(array) > 2 * edge:
        words = [formatter.format(v) for v in array[:edge].tolist()] + [" ..."] + [formatter.format(v) for v in array[-edge:].tolist()]
    else:
        words = [formatter.format(v) for v in array.tolist()]
    lines = [words[k:k + per_line] for k in range(0, len(words), per_line)]
    return "[" + ("," + "\n" + " " * (indent + 1)).join(", ".join(line) for line in lines) + "]"
