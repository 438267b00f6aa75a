"""Tensors of data: numbers, nested sequences, arrays, other tensors.

The dtype is torch's: Python's bool, int and float make bool, int64 and the default dtype; NumPy's numbers, arrays and tensors bring
their own; of several the promoted one is taken.
"""
import numpy

from minitorch import dtypes
from minitorch.backend import may_share_memory, to_device
from minitorch.ops.conversion import cast, clone_op, from_numpy, full_name
from minitorch.ops.creation import new, placed
from minitorch.ops.dlpack import from_dlpack
from minitorch.tensor import Tensor

PLAIN = {bool: dtypes.bool, int: dtypes.int64, float: None}               # None stands for the default dtype
NUMPYS = frozenset(d.numpy.type for d in dtypes.DTYPES)
SCALARS = NUMPYS | frozenset(PLAIN)


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of a copy of the data: numbers, nested sequences, arrays or tensors.

    Raises:
        ValueError: nested sequences of unequal lengths.
        TypeError: data that is no number.
        RuntimeError: data that has no dtype, numbers that `dtype` cannot hold, `requires_grad` with a dtype that is not floating.

    Example:
        >>> import minitorch as torch
        >>> torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        tensor([[1., 2.],
                [3., 4.]])
    """
    kind = None if dtype is None else dtypes.to_numpy(dtype)
    if type(data) is float and kind is None:          # the commonest of all, without detours
        return new(placed(numpy.array(data, dtypes.default_numpy()), device), requires_grad)
    if isinstance(data, Tensor):
        array = clone_op(data._array) if kind is None else cast(data._array, dtype=kind)
        return new(array if device is None else to_device(array, full_name(device)), requires_grad)
    return new(placed(host_array(data, kind), device), requires_grad)


def host_array(data, kind=None):
    """A NumPy array of its own of the data: of NumPy's dtype `kind`, or of the one that the data has."""
    if isinstance(data, numpy.ndarray):
        from_numpy(data)                              # refuses what torch refuses
        return data.copy(order="K") if kind is None else data.astype(kind)
    shape = shape_of(data)
    inferred = dtypes_of(data) if kind is None else None
    if 0 in shape:
        return numpy.empty(shape, kind or dtypes.default_numpy())
    data = plain(data)
    try:
        values = numpy.array(data)
    except ValueError as error:
        raise uneven(data, shape) or error from None
    if values.shape != shape and (values.dtype.kind == "O" or values.ndim > len(shape)):
        raise uneven(data, shape) or TypeError(f"a number was expected in nested data of shape {shape}")
    if values.dtype.kind in "USM" or values.dtype.kind == "O" and any(v is None for v in values.flat):
        raise TypeError(f"new(): invalid data type '{values.dtype}': numbers were expected")
    if values.dtype.kind == "c":
        raise TypeError("complex numbers are not supported: minitorch has no complex dtypes")
    target = kind if inferred is None else promoted(inferred)
    if target.kind in "iu" and values.dtype.kind in "uO":
        values = whole_numbers(values)
    dtypes.check_range(values, target)
    return values.astype(target, copy=False)


def is_sequence(data):
    """Whether data is a sequence for torch: it has a length and can be indexed, and is neither a text nor a mapping."""
    kind = type(data)
    if kind is list or kind is tuple:
        return True
    if isinstance(data, numpy.ndarray):
        return data.ndim > 0
    return hasattr(kind, "__getitem__") and hasattr(kind, "__len__") and not isinstance(data, (Tensor, numpy.generic, str, bytes, dict))


def shape_of(data):
    """The shape of nested sequences, told by the first element of each.

    Raises:
        ValueError: a text in a sequence.
    """
    shape = []
    while is_sequence(data):
        shape.append(len(data))
        if not shape[-1]:
            break
        data = data[0]
        if isinstance(data, (str, numpy.str_)):
            raise ValueError("too many dimensions 'str'")
    return tuple(shape)


def dtypes_of(data):
    """All dtypes that are found in nested data (None for Python's floats).

    Raises:
        TypeError: a text. RuntimeError: anything else that is no number.
    """
    if not is_sequence(data):
        return {dtype_of(data)}
    if isinstance(data, numpy.ndarray):
        return {dtypes.of(data)}
    kinds = set(map(type, data))
    found = {PLAIN[k] for k in kinds if k in PLAIN} | {dtypes.BY_NUMPY[numpy.dtype(k)] for k in kinds if k in NUMPYS}
    if len(found) < len(kinds):
        for value in data:
            if type(value) not in SCALARS:
                found |= dtypes_of(value)
    return found


def dtype_of(value):
    """The dtype of one number (None for Python's float)."""
    if isinstance(value, Tensor):
        return value.dtype
    if isinstance(value, (numpy.generic, numpy.ndarray)) and value.dtype.kind != "U":
        return dtypes.of(value)
    for kind, found in PLAIN.items():
        if isinstance(value, kind):
            return found
    if isinstance(value, (str, bytes, numpy.generic)):
        raise TypeError(f"new(): invalid data type '{type(value).__name__}'")
    if isinstance(value, complex):
        raise TypeError("complex numbers are not supported: minitorch has no complex dtypes")
    raise RuntimeError(f"Could not infer dtype of {type(value).__name__}")


def promoted(found):
    """NumPy's dtype of what all found dtypes have in common; the default dtype if there are none."""
    result = None
    for d in found:
        d = d or dtypes.get_default_dtype()
        result = d if result is None else dtypes.PROMOTED[result, d]
    return dtypes.default_numpy() if result is None else result.numpy


def plain(data):
    """Nested sequences as NumPy reads them: lists of numbers, with the numbers of tensors in their places.

    Raises:
        ValueError: a tensor that has not exactly one element.
    """
    if isinstance(data, Tensor):
        if data._array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return data._array.item()
    if isinstance(data, numpy.ndarray) or not is_sequence(data):
        return data
    return data if all(map(SCALARS.__contains__, set(map(type, data)))) else [plain(x) for x in data]


def uneven(data, shape):
    """The error for nested data that is not of this shape, or None."""
    if not shape:
        return TypeError(f"'{type(data).__name__}' object cannot be interpreted as a number") if is_sequence(data) else None
    if not is_sequence(data):
        return TypeError(f"not a sequence: {data!r} stands beside sequences of length {shape[0]}")
    if len(data) != shape[0]:
        return ValueError(f"expected sequence of length {shape[0]} (got {len(data)}): sequences at one depth must have equal lengths")
    return next((e for e in (uneven(x, shape[1:]) for x in data) if e is not None), None)


def whole_numbers(values):
    """Numbers beyond int64, or objects that stand for integers, as int64."""
    try:
        return values.astype(numpy.int64) if values.dtype.kind == "u" and values.max() < 2**63 else \
            numpy.array([int(v) for v in values.ravel().tolist()], numpy.int64).reshape(values.shape)
    except OverflowError:
        raise ValueError("Overflow when unpacking long long: an integer beyond 64 bits") from None


def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """`torch.tensor(data)` with this tensor's dtype and device.

    Example:
        >>> import minitorch as torch
        >>> torch.ones(2, dtype=torch.float64).new_tensor([1, 2])
        tensor([1., 2.], dtype=torch.float64)
    """
    dtype, device = self.dtype if dtype is None else dtype, self.device if device is None else device
    return tensor(data, dtype=dtype, device=device, requires_grad=requires_grad)


def as_tensor(data, *, dtype=None, device=None):
    """A tensor of the data, on the same memory where dtype and device allow.

    Example:
        >>> import numpy, minitorch as torch
        >>> a = numpy.zeros(2)
        >>> a[0] = torch.as_tensor(a).add_(1)[0]
        >>> a
        array([1., 1.])
    """
    if isinstance(data, numpy.ndarray):
        data = from_numpy(data)
    elif hasattr(data, "__dlpack__") and not isinstance(data, Tensor):
        data = from_dlpack(data)
    if isinstance(data, Tensor):
        return data.to(device=device, dtype=dtype)
    return tensor(data, dtype=dtype, device=device)


def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=None):
    """As `as_tensor`; with `copy=True` always a copy, with `copy=False` never one; with `requires_grad=False` without history.

    Raises:
        ValueError: `copy=False` where the data cannot be shared.
    """
    shared = hasattr(obj, "__dlpack__")
    out = as_tensor(obj, dtype=dtype, device=device)
    if copy is False and not (shared and (not isinstance(obj, (Tensor, numpy.ndarray)) or may_share_memory(
            out._array, getattr(obj, "_array", obj)))):
        raise ValueError(f"can't alias {type(obj).__name__} as asked: leave copy=None, so that a copy is made where one is needed")
    if copy and shared:
        out = out.clone()
    if requires_grad is None:
        requires_grad = isinstance(obj, Tensor) and obj.requires_grad
    if requires_grad:
        return out if out.requires_grad else out.requires_grad_()
    return out.detach() if out.requires_grad else out
