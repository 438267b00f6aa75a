"""Conversions between dtypes, devices and libraries, and copies."""
import numpy

from minitorch import dtypes
from minitorch.autograd.operator import differentiable
from minitorch.backend import device_name, to_device, to_host
from minitorch.tensor import Tensor, device, version_counter, wrap


@differentiable(name="ToCopyBackward0")
def cast(input, *, dtype):
    return input.astype(dtype)

@cast.derivative
def _(grad):
    return grad                                       # the engine gives it the argument's dtype


@differentiable(name="CloneBackward0")
def clone_op(input, *, order="K"):
    return input.copy(order=order)

@clone_op.derivative
def _(grad):
    return grad


@differentiable(name="ToCopyBackward0")
def move(input, *, device):
    return to_device(input, device)

@move.derivative
def _(grad, input):
    return move(grad, device=device_name(getattr(input, "_array", input)))


def memory_order(memory_format):
    """NumPy's letter for a memory format: K keeps a dense layout, C is contiguous."""
    name = str(memory_format).rpartition(".")[2]
    if name not in ("preserve_format", "contiguous_format"):
        raise RuntimeError(f"memory format {memory_format} is not supported: minitorch has preserve_format and contiguous_format")
    return "C" if name == "contiguous_format" else "K"


def clone(input, *, memory_format="preserve_format"):
    """A copy on memory of its own; gradients flow through to the original.

    Example:
        >>> import minitorch as torch
        >>> torch.clone(torch.ones(2))
        tensor([1., 1.])
    """
    return clone_op(input, order=memory_order(memory_format))


def contiguous(self, memory_format="contiguous_format"):
    """The tensor itself if its memory is in index order, else a copy that is."""
    return self if self._array.flags.c_contiguous else clone_op(self, order=memory_order(memory_format))


def is_contiguous(self, memory_format="contiguous_format"):
    """Whether the memory is in index order, without gaps."""
    return bool(self._array.flags.c_contiguous)


def detach(self):
    """A tensor on the same memory and version, without history."""
    out = wrap(self._array)
    out._counter = version_counter(self if self._base is None else self._base)
    out._origin = out._origin or self._origin
    return out


def detach_(self):
    """Forget this tensor's history.

    Raises:
        RuntimeError: the tensor is a view.
    """
    if self._base is not None:
        raise RuntimeError("Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
                           "training, detach the base.")
    self._requires_grad, self._node = False, None
    return self


def to(self, *args, dtype=None, device=None, non_blocking=False, copy=False, memory_format="preserve_format"):
    """The tensor with another dtype or device: `to(dtype)`, `to(device)`, `to(device, dtype)` or `to(other)`.

    Returns the tensor itself if nothing changes and `copy` is False.

    Example:
        >>> import minitorch as torch
        >>> torch.ones(2).to(torch.int64)
        tensor([1, 1])
    """
    flags = []
    for a in args:
        if isinstance(a, dtypes.dtype):
            dtype = a
        elif isinstance(a, Tensor):
            dtype, device = a.dtype, a.device
        elif isinstance(a, bool):
            flags.append(a)
        elif a is not None:
            device = a
    if len(flags) > 1:
        copy = flags[1]
    out, kind = self, None if dtype is None else dtypes.to_numpy(dtype)
    if kind is not None and kind != self._array.dtype:
        out = cast(out, dtype=kind)
    if device is not None and not at(out._array, device):
        out = move(out, device=full_name(device))
    return clone(out, memory_format=memory_format) if copy and out is self else out


def full_name(place):
    """A device's name with its index: "cpu", "cuda:0"."""
    place = device(place)
    if place.type not in ("cpu", "cuda"):
        raise RuntimeError(f"device {place} is not supported: minitorch has cpu, and cuda with MINITORCH_BACKEND=cupy")
    return "cpu" if place.type == "cpu" else f"cuda:{place.index or 0}"


def at(array, place):
    """Whether an array is on a device (any of its kind, if the device has no index)."""
    have, asked = device(device_name(array)), device(place)
    return have.type == asked.type and (asked.index is None or have.index is None or have.index == asked.index)


def cpu(self, memory_format="preserve_format"):
    """The tensor in the host's memory."""
    return to(self, device="cpu")


def cuda(self, device=None, non_blocking=False, memory_format="preserve_format"):
    """The tensor on a CUDA device (the first, unless given).

    Raises:
        RuntimeError: minitorch computes with NumPy.
    """
    return to(self, device="cuda" if device is None else device)


def typed(name):
    """The method that converts to one dtype."""
    kind = getattr(dtypes, name)

    def convert(self, memory_format="preserve_format"):
        return to(self, kind)
    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"The tensor as {kind.name}: `to(torch.{kind.name})`."
    return convert


def type_as(self, other):
    """The tensor with the dtype and device of another."""
    return to(self, other)


def type_method(self, dtype=None, non_blocking=False):
    """The tensor's type as a string ("torch.FloatTensor"), or the tensor converted to a dtype."""
    if dtype is None:
        return ("torch.cuda." if self.is_cuda else "torch.") + self.dtype.legacy
    if isinstance(dtype, str):
        dtype = next((d for d in dtypes.DTYPES if d.legacy == dtype.rpartition(".")[2]), dtype)
    return to(self, getattr(dtype, "dtype", dtype))


# ---- to Python and NumPy ------------------------------------------------------------------------------------------------

def item(self):
    """The value of a one-element tensor as a Python number (waits for the device).

    Raises:
        RuntimeError: the tensor has not exactly one element.
    """
    if self._array.size != 1:
        raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
    return self._array.item()


def tolist(self):
    """The values as nested Python lists; a number for a 0-d tensor."""
    return to_host(self._array).tolist()


def numpy_method(self, *, force=False):
    """The values as a NumPy array on the same memory.

    Raises:
        RuntimeError: the tensor requires a gradient (detach it first).
        TypeError: the tensor is on a device (copy it with `.cpu()` first).
    """
    if self.requires_grad and not force:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    if not isinstance(self._array, numpy.ndarray) and not force:
        raise TypeError(f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory "
                        "first.")
    return to_host(self._array)


def array_method(self, dtype=None, copy=None):
    """NumPy's view of the tensor, for `np.asarray(tensor)`."""
    array = numpy_method(self)
    return array if dtype is None and not copy else numpy.array(array, dtype=dtype, copy=copy)


def from_numpy(ndarray):
    """A tensor on the memory of a NumPy array.

    Raises:
        TypeError: not an array, or of a dtype that PyTorch does not have.
        ValueError: an array with negative strides (copy it first).

    Example:
        >>> import numpy, minitorch as torch
        >>> a = numpy.zeros(2)
        >>> torch.from_numpy(a).add_(1)
        tensor([1., 1.], dtype=torch.float64)
        >>> a
        array([1., 1.])
    """
    if not isinstance(ndarray, numpy.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    dtypes.of(ndarray)
    if any(s < 0 for s in ndarray.strides):
        raise ValueError("At least one stride in the given numpy array is negative, and tensors with negative strides are not currently "
                         "supported. "
                         "(You can probably work around this by making a copy of your array with array.copy().)")
    return wrap(ndarray)


def deepcopy(self, memo):
    """A leaf's copy on memory of its own, with its gradient and attributes.

    Raises:
        RuntimeError: the tensor is not a leaf.
    """
    if not self.is_leaf:
        raise RuntimeError("Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. "
                           "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage")
    if id(self) in memo:
        return memo[id(self)]
    import copy
    out = wrap(self._array.copy(order="K"), self._requires_grad, cls=type(self))
    memo[id(self)] = out
    if self._grad is not None:
        out._grad = copy.deepcopy(self._grad, memo)
    out.__dict__.update(copy.deepcopy(self.__dict__, memo))
    return out


def rebuild(cls, array, requires_grad, attributes):
    """A tensor from what `reduce` left of it."""
    out = wrap(array, requires_grad, cls=cls)
    out.__dict__.update(attributes)
    return out


def reduce(self, protocol):
    """What pickle keeps of a leaf: its class, array, flag and attributes."""
    if not self.is_leaf:
        raise RuntimeError("only leaf tensors can be pickled: detach() this one first")
    return rebuild, (type(self), to_host(self._array), self._requires_grad, dict(self.__dict__))


