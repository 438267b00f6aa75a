"""PyTorch's dtypes and its promotion rules, in one table.

Three categories, bool < integer < floating. Within a category the wider dtype wins; across categories the higher
category does, at its own width (float16 with int64 is float16). Tensors with dimensions outrank 0-dim tensors, and these
outrank Python numbers: a lower rank changes the result only when its category is higher.
Source: PyTorch's documentation, "Tensor Attributes", section "torch.dtype".
"""
import math

import numpy

BOOL, INTEGER, FLOATING = range(3)


class dtype:
    """The type of a tensor's elements; printed as PyTorch prints it.

    Example:
        >>> import minitorch as torch
        >>> torch.float32, torch.float32.itemsize, torch.int64.is_floating_point
        (torch.float32, 4, False)
    """
    __slots__ = ("name", "numpy", "category", "legacy")

    def __init__(self, name, kind, category, legacy):
        self.name, self.numpy, self.category, self.legacy = name, numpy.dtype(kind), category, legacy

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name

    itemsize = property(lambda self: self.numpy.itemsize)
    is_floating_point = property(lambda self: self.category == FLOATING)
    is_complex = property(lambda self: False)
    is_signed = property(lambda self: self.numpy.kind in "if")


float16 = half = dtype("float16", "f2", FLOATING, "HalfTensor")
float32 = float = dtype("float32", "f4", FLOATING, "FloatTensor")
float64 = double = dtype("float64", "f8", FLOATING, "DoubleTensor")
uint8 = dtype("uint8", "u1", INTEGER, "ByteTensor")
int8 = dtype("int8", "i1", INTEGER, "CharTensor")
int16 = short = dtype("int16", "i2", INTEGER, "ShortTensor")
int32 = int = dtype("int32", "i4", INTEGER, "IntTensor")
int64 = long = dtype("int64", "i8", INTEGER, "LongTensor")
bool = dtype("bool", "?", BOOL, "BoolTensor")

DTYPES = (float16, float32, float64, uint8, int8, int16, int32, int64, bool)
BY_NUMPY = {d.numpy: d for d in DTYPES}

_default = float32


def of(array):
    """The dtype of an array; a TypeError for one that PyTorch does not have (uint32, complex, object ...)."""
    try:
        return BY_NUMPY[array.dtype]
    except KeyError:
        raise TypeError(f"can't convert np.ndarray of type {array.dtype}. The only supported types are: "
                        f"{', '.join(d.name for d in DTYPES)}.") from None


def get_default_dtype():
    """The floating dtype of new tensors made of Python numbers; float32 unless changed.

    Example:
        >>> import minitorch as torch
        >>> torch.get_default_dtype()
        torch.float32
    """
    return _default


def set_default_dtype(d):
    """Make `d`, a floating dtype, the dtype of new tensors made of Python numbers.

    Raises:
        TypeError: `d` is not a floating dtype.
    """
    global _default
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, got {d}")
    _default = d


def default_numpy():
    """NumPy's dtype of the default dtype."""
    return _default.numpy


def _promote(a, b):
    if a.category != b.category:
        return a if a.category > b.category else b
    return BY_NUMPY[numpy.promote_types(a.numpy, b.numpy)]


PROMOTED = {(a, b): _promote(a, b) for a in DTYPES for b in DTYPES}
PROMOTED_NUMPY = {(a.numpy, b.numpy): d.numpy for (a, b), d in PROMOTED.items()}
BOUNDS = {d.numpy: (numpy.iinfo(d.numpy).min, numpy.iinfo(d.numpy).max) for d in DTYPES if d.category == INTEGER}
LARGEST = {d.numpy: numpy.finfo(d.numpy).max.item() for d in DTYPES if d.category == FLOATING}
CATEGORY = {d.numpy: d.category for d in DTYPES}


def meant(value, where):
    """The dtype that is meant by a dtype or by Python's float, int or bool."""
    if isinstance(value, dtype):
        return value
    if value is builtin_float or value is builtin_int or value is builtin_bool:
        return BY_NUMPY[to_numpy(value)]
    raise TypeError(f"{where} must be torch.dtype, not {type(value).__name__}")


def promote_types(type1, type2):
    """The smallest dtype that both can be converted to, by PyTorch's table.

    Example:
        >>> import minitorch as torch
        >>> torch.promote_types(torch.int64, torch.float16), torch.promote_types(torch.uint8, torch.int8)
        (torch.float16, torch.int16)
    """
    return PROMOTED[meant(type1, "promote_types(): argument 'type1'"), meant(type2, "promote_types(): argument 'type2'")]


def can_cast(from_, to):
    """Whether PyTorch's in-place operations write `from_` into `to`: never down in category.

    Example:
        >>> import minitorch as torch
        >>> torch.can_cast(torch.float64, torch.float32), torch.can_cast(torch.float32, torch.int64)
        (True, False)
    """
    return meant(from_, "can_cast(): argument 'from_'").category <= meant(to, "can_cast(): argument 'to'").category


def number_type(value):
    """NumPy's dtype that a Python number takes in a promotion, or an error for what is no number."""
    if isinstance(value, (builtin_bool, numpy.bool_)):
        return bool.numpy
    if isinstance(value, (builtin_int, numpy.integer)):
        return int64.numpy
    if isinstance(value, (builtin_float, numpy.floating)):
        return _default.numpy
    raise TypeError(f"expected a Tensor or a number, got {type(value).__name__}")


builtin_bool, builtin_int, builtin_float = type(True), type(1), type(1.0)


def result_numpy(operands):
    """NumPy's dtype of the result of an operation on arrays and Python numbers, by PyTorch's three ranks."""
    ranks = [None, None, None]                        # arrays with dimensions, 0-d arrays, numbers
    for value in operands:
        kind = getattr(value, "dtype", None)
        if kind is None or isinstance(value, numpy.generic):
            kind, rank = number_type(value), 2
        else:
            rank = 0 if value.ndim else 1
        ranks[rank] = kind if ranks[rank] is None else PROMOTED_NUMPY[ranks[rank], kind]
    result = None
    for kind in ranks:
        if kind is not None and (result is None or CATEGORY[kind] > CATEGORY[result]):
            result = kind
    return result


def result_type(tensor, other):
    """The dtype of `tensor + other`; either may be a Python number.

    Example:
        >>> import minitorch as torch
        >>> torch.result_type(torch.ones(2, dtype=torch.int8), 2.0)
        torch.float32
    """
    return BY_NUMPY[result_numpy([getattr(t, "_array", t) for t in (tensor, other)])]


def check_range(values, kind):
    """Refuse Python's numbers (as an array) that integers of NumPy's dtype `kind` cannot hold; unsigned ones wrap negative integers.

    Raises:
        RuntimeError: a number is out of range, or nan.
    """
    if kind in BOUNDS and values.size and values.dtype != kind:
        low, high = BOUNDS[kind]
        if low == 0 and values.dtype.kind != "f":
            low = -high
        if not (low <= values.min() and values.max() <= high):
            raise RuntimeError(f"value cannot be converted to type {kind} without overflow")


def number_for(value, kind):
    """A Python number as what fills arrays of NumPy's dtype `kind`.

    Raises:
        RuntimeError: the dtype cannot hold it; infinity and nan are held by every floating dtype.
    """
    if kind in BOUNDS:
        low, high = BOUNDS[kind]
        if low == 0 and not isinstance(value, builtin_float):
            low = -high
        if not low <= value <= high:
            raise RuntimeError(f"value cannot be converted to type {kind} without overflow")
        return numpy.asarray(value).astype(kind)
    if kind in LARGEST and LARGEST[kind] < abs(value) != math.inf:
        raise RuntimeError(f"value cannot be converted to type {kind} without overflow")
    return value


def to_numpy(d):
    """NumPy's dtype of a dtype (or of Python's float, int, bool)."""
    if isinstance(d, dtype):
        return d.numpy
    if d is builtin_float:
        return float64.numpy
    if d is builtin_int:
        return int64.numpy
    if d is builtin_bool:
        return bool.numpy
    raise TypeError(f"dtype must be torch.dtype, not {type(d).__name__}")


# ---- the limits of dtypes ------------------------------------------------------------------------------------------------

class finfo:
    """The limits of a floating dtype (the default dtype unless given): eps, max, min, tiny, bits, resolution.

    Raises:
        TypeError: the dtype is not floating.

    Example:
        >>> import minitorch as torch
        >>> torch.finfo(torch.float32).eps
        1.1920928955078125e-07
    """
    __slots__ = ("dtype", "bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution")

    def __init__(self, type=None):
        d = _default if type is None else type
        if not isinstance(d, dtype):
            raise TypeError(f"finfo(): argument 'type' (position 1) must be torch.dtype, not {d.__class__.__name__}")
        if not d.is_floating_point:
            raise TypeError(f"torch.finfo() requires a floating point input type, got {d}. Use torch.iinfo for integers.")
        limits = numpy.finfo(d.numpy)
        self.dtype, self.bits = d.name, limits.bits
        for name in self.__slots__[2:]:
            setattr(self, name, builtin_float(getattr(limits, name)))
        self.resolution = builtin_float(f"1e-{limits.precision}")

    def __repr__(self):
        return (f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
                f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})")

    def __eq__(self, other):
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __hash__(self):
        return hash(self.dtype)


class iinfo:
    """The limits of an integer dtype: max, min, bits.

    Raises:
        TypeError: the dtype is no integer.

    Example:
        >>> import minitorch as torch
        >>> torch.iinfo(torch.int8)
        iinfo(min=-128, max=127, dtype=int8)
    """
    __slots__ = ("dtype", "bits", "max", "min")

    def __init__(self, type):
        if not isinstance(type, dtype):
            raise TypeError(f"iinfo(): argument 'type' (position 1) must be torch.dtype, not {type.__class__.__name__}")
        if type.category != INTEGER:
            raise TypeError(f"torch.iinfo() requires an integer input type, got {type}. Use torch.finfo for floating dtypes.")
        self.dtype, self.bits = type.name, type.itemsize * 8
        self.min, self.max = BOUNDS[type.numpy]

    def __repr__(self):
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

    def __eq__(self, other):
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __hash__(self):
        return hash(self.dtype)
