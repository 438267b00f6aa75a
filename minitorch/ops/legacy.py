"""The constructors of PyTorch's first years: `torch.Tensor(2, 3)`, `torch.LongTensor([1, 2])`, `tensor.new(3)`.

Sizes make a tensor whose values are not set, data makes a copy, a tensor or array of the same dtype is shared.
"""
import numpy

from minitorch import dtypes
from minitorch.backend import device_name
from minitorch.ops.creation import empty
from minitorch.ops.data import is_sequence, tensor
from minitorch.tensor import Size, Tensor, strided, wrap


def construct(kind, args, place=None):
    """What a constructor makes of sizes, data or a tensor; `kind` is the dtype.

    Raises:
        TypeError: a tensor of another dtype, or arguments that are neither sizes nor data.
    """
    data = args[0] if len(args) == 1 else None
    if isinstance(data, Tensor):
        if data.dtype is not kind:
            raise TypeError(f"expected a tensor of {kind}, got {data.dtype}: convert it with .to({kind})")
        return data.detach()
    if isinstance(data, numpy.ndarray) and data.dtype == kind.numpy and place is None:
        return wrap(data)
    if is_sequence(data) and not isinstance(data, Size):
        return tensor(data, dtype=kind, device=place)
    return empty(*args or (0,), dtype=kind, device=place)


def new_instance(cls, *args, device=None):
    """`torch.Tensor(2, 3)` (values not set) and `torch.Tensor(data)`: of the default dtype, or as a tensor that is given.

    Example:
        >>> import minitorch as torch
        >>> torch.Tensor([1, 2]), torch.Tensor(2, 3).shape
        (tensor([1., 2.]), torch.Size([2, 3]))
    """
    if len(args) == 1 and isinstance(args[0], Tensor):
        data = args[0]
        if cls is Tensor:
            return data.view(data.shape)
        return make_subclass(cls, data, data.requires_grad)
    made = construct(dtypes.get_default_dtype(), args, device)
    return made if cls is Tensor else wrap(made._array, cls=cls)


def make_subclass(cls, data, require_grad=False):
    """A tensor of a subclass of Tensor on the memory of another, without its history.

    Example:
        >>> import minitorch as torch
        >>> class Weights(torch.Tensor):
        ...     pass
        >>> type(torch.Tensor._make_subclass(Weights, torch.ones(2))).__name__
        'Weights'
    """
    base = data.detach()
    made = wrap(base._array, cls=cls)
    made._counter = base._counter
    return made.requires_grad_() if require_grad else made


def as_subclass(self, cls):
    """This tensor as one of a subclass of Tensor: the same memory and history. What is computed with it are plain Tensors.

    Raises:
        TypeError: `cls` is no subclass of Tensor.
    """
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(f"cls must be a type (not an instance) that is a subclass of Tensor, got {cls!r}")
    view = self.view(self.shape)
    made = wrap(view._array, view.requires_grad, view._node, cls=cls)
    made._base, made._counter, made._origin = view._base, view._counter, view._origin
    if view._base is not None:
        made._seen = view._seen
    return made


def new(self, *args, device=None):
    """`tensor.new(2, 3)`, `tensor.new([1, 2])`: the constructor of this tensor's dtype and device."""
    place = device_name(self._array) if device is None else device
    return construct(self.dtype, args, None if place == "cpu" else place)


class tensortype(type):
    """The type of `torch.FloatTensor` and its kin: calling one makes a tensor of its dtype, `isinstance` asks for the dtype."""

    def __new__(cls, name, dtype):
        doc = f"""Tensors of {dtype.name}: `{name}(2, 3)` makes one whose values are not set, `{name}(data)` one of data.

    Example:
        >>> import minitorch as torch
        >>> torch.{name}([1, 0]).dtype
        torch.{dtype.name}
    """
        return type.__new__(cls, name, (), {"dtype": dtype, "is_cuda": False, "is_sparse": False, "layout": strided, "__module__": "torch",
                                            "__doc__": doc})

    def __init__(cls, name, dtype):
        type.__init__(cls, name, (), {})

    def __call__(cls, *args, device=None):
        return construct(cls.dtype, args, device)

    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype and instance.is_cpu


TYPES = {d.legacy: tensortype(d.legacy, d) for d in dtypes.DTYPES}
HalfTensor, FloatTensor, DoubleTensor = TYPES["HalfTensor"], TYPES["FloatTensor"], TYPES["DoubleTensor"]
ByteTensor, CharTensor, ShortTensor, IntTensor = TYPES["ByteTensor"], TYPES["CharTensor"], TYPES["ShortTensor"], TYPES["IntTensor"]
LongTensor, BoolTensor = TYPES["LongTensor"], TYPES["BoolTensor"]


def set_default_tensor_type(t):
    """Make the dtype of a type such as `torch.DoubleTensor` (or of its name) the default dtype.

    Raises:
        TypeError: the type is not floating, or is none.
    """
    if isinstance(t, str):
        t = TYPES.get(t.removeprefix("torch."), t)
    if not isinstance(t, tensortype):
        raise TypeError(f"invalid type object: {t!r}; expected torch.FloatTensor or another floating type")
    dtypes.set_default_dtype(t.dtype)
