"""Conversions between dtypes, devices and libraries, and copies."""
import copy

import numpy

from minitorch import dtypes
from minitorch.autograd.operator import differentiable
from minitorch.backend import address, as_strided, current_device, device_name, owner_of, to_device, to_host
from minitorch.tensor import Tensor, device, version_counter, wrap

device_class, PYTHON_TYPES = device, (float, int, bool)


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
    name = "preserve_format" if memory_format is None else str(memory_format).rpartition(".")[2]
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


def contiguous(self, *, memory_format="contiguous_format"):
    """The tensor itself if its memory is in index order, else a copy that is."""
    return self if self._array.flags.c_contiguous else clone_op(self, order=memory_order(memory_format))


def is_contiguous(self, memory_format="contiguous_format"):
    """Whether the memory is in index order, without gaps."""
    return bool(self._array.flags.c_contiguous)


def detach(input):
    """A tensor on the same memory and version, without history.

    Example:
        >>> import minitorch as torch
        >>> torch.ones(2, requires_grad=True).detach()
        tensor([1., 1.])
    """
    out = wrap(input._array)
    out._counter = version_counter(input if input._base is None else input._base)
    out._origin = out._origin or input._origin
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

    Raises:
        TypeError: arguments that name neither a dtype nor a device.
        RuntimeError: a device that is not there. AssertionError: a CUDA device, and minitorch computes with NumPy.

    Example:
        >>> import minitorch as torch
        >>> torch.ones(2).to(torch.int64)
        tensor([1, 1])
    """
    if args:
        first, *rest = args
        if isinstance(first, dtypes.dtype) or first in PYTHON_TYPES:
            dtype = first
        elif isinstance(first, Tensor):
            dtype, device = first.dtype, first.device
        elif first is None or isinstance(first, (str, int, device_class)):
            device = first
            if rest and not isinstance(rest[0], bool):
                dtype = rest.pop(0)
        else:
            raise TypeError(f"to() takes a dtype, a device, a device and a dtype, or a Tensor, got {type(first).__name__}")
        if len(rest) > 2 or not all(isinstance(flag, bool) for flag in rest):
            raise TypeError(f"to() takes non_blocking and copy, two bools, after the dtype and device, got {rest}")
        copy = rest[1] if len(rest) > 1 else copy
    out, kind = self, None if dtype is None else dtypes.to_numpy(dtype)
    if kind is not None and kind != self._array.dtype:
        out = cast(out, dtype=kind)
    if device is not None and not at(out._array, device):
        out = move(out, device=full_name(device))
    return clone(out, memory_format=memory_format) if copy and out is self else out


def full_name(place):
    """A device's name with its index: "cpu", "cuda:0"; "cuda" is the current one."""
    place = device(place)
    if place.type not in ("cpu", "cuda"):
        raise RuntimeError(f"device {place} is not supported: minitorch has cpu, and cuda with MINITORCH_BACKEND=cupy")
    return "cpu" if place.type == "cpu" else f"cuda:{current_device() if place.index is None else place.index}"


def at(array, place):
    """Whether an array is on a device."""
    return device_name(array) == full_name(place)


def cpu(self, *, memory_format="preserve_format"):
    """The tensor in the host's memory."""
    return to(self, device="cpu")


def cuda(self, device=None, non_blocking=False, memory_format="preserve_format"):
    """The tensor on a CUDA device (the current one, unless given).

    Raises:
        AssertionError: minitorch computes with NumPy. RuntimeError: a device that is no CUDA device, or not there.
    """
    place = device_class("cuda" if device is None else device)
    if place.type != "cuda":
        raise RuntimeError(f"Invalid device, must be cuda device: got {place}")
    return to(self, device=place)


def typed(name, kind):
    """The method that converts to one dtype."""
    kind = getattr(dtypes, kind)

    def convert(self, *, memory_format="preserve_format"):
        return to(self, kind)
    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"The tensor as {kind.name}: `to(torch.{kind.name})`."
    return convert


def type_as(self, other):
    """The tensor with the dtype and device of another.

    Raises:
        TypeError: `other` is no Tensor.
    """
    if not isinstance(other, Tensor):
        raise TypeError(f"type_as(): argument 'other' (position 1) must be Tensor, not {type(other).__name__}")
    return to(self, other)


def type_method(self, dtype=None, non_blocking=False):
    """The tensor's type as a string ("torch.FloatTensor"), or the tensor converted to a dtype, a type or a type's name.

    Raises:
        ValueError: a name that is no type's. TypeError: something else.
    """
    if dtype is None:
        return ("torch.cuda." if self.is_cuda else "torch.") + self.dtype.legacy
    if isinstance(dtype, str):
        found = next((d for d in dtypes.DTYPES if dtype in (f"torch.{d.legacy}", f"torch.cuda.{d.legacy}")), None)
        if found is None:
            raise ValueError(f"invalid type: {dtype!r}; a type is called 'torch.FloatTensor', for example")
        dtype = found
    dtype = dtype if isinstance(dtype, dtypes.dtype) else getattr(dtype, "dtype", dtype)
    if not isinstance(dtype, dtypes.dtype) and dtype not in PYTHON_TYPES:
        raise TypeError(f"dtype must be a type, str, or dtype object, got {type(dtype).__name__}")
    return to(self, dtype)


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


def wrapped(self, array, context=None, return_scalar=False):
    """What NumPy's functions make of a tensor: a tensor again (of uint8 where the answer is bool, as in torch)."""
    return wrap(array.astype("uint8") if array.dtype.kind == "b" else array)


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
    if not ndarray.dtype.isnative:
        raise ValueError("given numpy array has byte order different from the native byte order. Conversion between byte orders is "
                         "currently not supported: convert it with array.astype(array.dtype.newbyteorder('='))")
    dtypes.of(ndarray)
    if any(s < 0 for s in ndarray.strides):
        raise ValueError("At least one stride in the given numpy array is negative, and tensors with negative strides are not currently "
                         "supported. "
                         "(You can probably work around this by making a copy of your array with array.copy().)")
    return wrap(ndarray if type(ndarray) is numpy.ndarray else numpy.asarray(ndarray))


# ---- copies that Python makes ---------------------------------------------------------------------------------------------

def deepcopy(self, memo):
    """A leaf's copy, with its gradient and attributes; tensors that share memory are copied into tensors that share memory.

    Raises:
        RuntimeError: the tensor is not a leaf.
    """
    if not self.is_leaf:
        raise RuntimeError("Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. "
                           "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage")
    if id(self) in memo:
        return memo[id(self)]
    memory, place = memory_of(self._array)
    if id(memory) not in memo:
        memo[id(memory)] = clone_op(memory)
        memo.setdefault(id(memo), []).append(memory)  # so that its id is not another's before all is copied
    out = wrap(placed_in(memo[id(memory)], *place), self._requires_grad, cls=type(self))
    memo[id(self)] = out
    if self._grad is not None:
        out._grad = copy.deepcopy(self._grad, memo)
    out.__dict__.update(copy.deepcopy(self.__dict__, memo))
    return out


def memory_of(array):
    """The array that owns an array's memory, and where in it the array lies: (offset, shape, strides), counted in elements.

    The array itself where its owner's memory is not dense, or of another dtype.
    """
    owner = owner_of(array)
    if owner.dtype != array.dtype or not (owner.flags.c_contiguous or owner.flags.f_contiguous) or not array.size:
        owner = array
    size = array.itemsize
    return owner, ((address(array) - address(owner)) // size, array.shape, tuple(s // size for s in array.strides))


def placed_in(memory, offset, shape, strides):
    """The view of a memory's copy that lies where `memory_of` says."""
    whole = not offset and memory.shape == shape and tuple(s // memory.itemsize for s in memory.strides) == strides
    return memory if whole or not memory.size else as_strided(memory, shape, strides, offset)


def rebuild(cls, memory, place, requires_grad, attributes, device="cpu"):
    """A tensor from what `reduce` left of it."""
    out = wrap(to_device(placed_in(memory, *place), device), requires_grad, cls=cls)
    out.__dict__.update(attributes)
    return out


def reduce(self, protocol):
    """What pickle keeps of a tensor: its class, memory, place in it, flag, attributes and device; its history is lost, as in torch."""
    memory, place = memory_of(to_host(self._array))
    memory = memory.view()                            # another object, so that each tensor is pickled for itself, as in torch
    return rebuild, (type(self), memory, place, self.requires_grad, dict(self.__dict__), device_name(self._array))


def shallow(self):
    """A tensor on the same memory, with the same attributes (`copy.copy`)."""
    out = wrap(self._array, self.requires_grad, cls=type(self))
    out.__dict__.update(self.__dict__)
    return out
