"""DLPack: tensors on the memory of other libraries' arrays, and the other way, without a copy.

Source: https://dmlc.github.io/dlpack/latest/python_spec.html
"""
import enum

from minitorch import dtypes
from minitorch.backend import share
from minitorch.ops.conversion import clone, full_name, memory_of, placed_in, to
from minitorch.tensor import Tensor, device, wrap

NEWEST = (1, 0)                                       # of the protocol's versions that a producer is asked for
INVALID = ("from_dlpack received an invalid capsule: expected an array with __dlpack__, or a capsule that nothing has taken yet (a capsule "
           "serves once), got {}")
device_class = device


class DLDeviceType(enum.IntEnum):
    """Kinds of memory, as DLPack numbers them."""
    kDLCPU, kDLCUDA, kDLCUDAHost, kDLOpenCL = 1, 2, 3, 4
    kDLVulkan, kDLMetal, kDLVPI, kDLROCM, kDLROCMHost, kDLExtDev, kDLCUDAManaged, kDLOneAPI = 7, 8, 9, 10, 11, 12, 13, 14


def dlpack_device(self):
    """Where the memory is, as DLPack says it: (kind, number)."""
    return (DLDeviceType.kDLCPU, 0) if self.is_cpu else (DLDeviceType.kDLCUDA, self.device.index)


def dlpack(self, *, stream=-1, max_version=None, dl_device=None, copy=None):
    """A capsule with the tensor's memory, which another library's `from_dlpack` takes.

    Raises:
        BufferError: the tensor requires a gradient (detach it first), or cannot be on `dl_device`.
        TypeError: a stream that is no number. AssertionError: a stream, for a tensor of the CPU.
    """
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if stream is not None and type(stream) is not int:
        raise TypeError(f"stream must be ``int`` or ``none``, got {type(stream).__name__}")
    if self.is_cpu and stream not in (None, -1):
        raise AssertionError(f"stream should be None on cpu, got {stream}")
    array = writable(self)
    return array.__dlpack__(stream=None if self.is_cpu else stream, max_version=max_version, dl_device=dl_device, copy=copy)


def writable(t):
    """A tensor's array; of a broadcast view, which NumPy makes read-only, one on the same memory that can be written, as in torch."""
    array = t._array
    if t.is_cpu and not array.flags.writeable:
        memory, place = memory_of(array)
        if memory is not array and memory.flags.writeable:
            return placed_in(memory, *place)
    return array


def to_dlpack(tensor):
    """A capsule with a tensor's memory, for `from_dlpack`; it serves once.

    Raises:
        TypeError: no Tensor.

    Example:
        >>> import minitorch as torch
        >>> x = torch.zeros(2)
        >>> y = torch.from_dlpack(torch.to_dlpack(x)).add_(1)
        >>> x
        tensor([1., 1.])
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"to_dlpack(): argument 'data' (position 1) must be Tensor, not {type(tensor).__name__}")
    return writable(tensor).__dlpack__()


def from_dlpack(ext_tensor, *, device=None, copy=None):
    """A tensor on the memory of another library's array (of NumPy, CuPy, PyTorch ...), or of a capsule.

    Args:
        device: where the tensor is to be; a copy is made where the array is elsewhere.
        copy: True for a copy in any case, False for none.

    Raises:
        RuntimeError: no array, or a capsule that was taken. TypeError: a dtype that minitorch does not have.
        BufferError: what the array's library refuses, such as a tensor that requires a gradient.
        ValueError: negative strides, or a copy that is not allowed and needed.

    Example:
        >>> import numpy, minitorch as torch
        >>> a = numpy.zeros(2)
        >>> torch.from_dlpack(a).add_(1)
        tensor([1., 1.], dtype=torch.float64)
        >>> a
        array([1., 1.])
    """
    if device is not None and not isinstance(device, (str, device_class)):
        raise AssertionError(f"from_dlpack: unsupported device type: {type(device)}")
    place = None if device is None else full_name(device)
    capsule, kind = ext_tensor, DLDeviceType.kDLCPU
    if hasattr(ext_tensor, "__dlpack__"):
        kind = ext_tensor.__dlpack_device__()[0]
    elif type(ext_tensor).__name__ != "PyCapsule" or '"dltensor' not in repr(ext_tensor):
        raise RuntimeError(INVALID.format(ext_tensor if type(ext_tensor).__name__ == "PyCapsule" else type(ext_tensor).__name__))
    array = share(capsule, int(kind), NEWEST)
    dtypes.of(array)
    if any(s < 0 for s in array.strides):
        raise ValueError(f"tensors with negative strides are not supported, got strides {array.strides}: copy the array first")
    out = wrap(array)
    moved = out if place is None else to(out, place)
    if copy is False and moved is not out:
        raise ValueError(f"the array is on {out.device}: a tensor on {place} is a copy, which copy=False does not allow")
    return clone(out) if copy and moved is out else moved


@property
def cuda_array_interface(self):
    """CUDA's array interface: what CuPy, Numba and others read the memory of a device by.

    Raises:
        AttributeError: the tensor is on the CPU. RuntimeError: it requires a gradient.
    """
    if self.is_cpu:
        raise AttributeError(f"Can't get __cuda_array_interface__ on non-CUDA tensor type: torch.{self.dtype.legacy}. If CUDA data is "
                             "required use tensor.cuda() to copy tensor to device memory.")
    if self.requires_grad:
        raise RuntimeError("Can't get __cuda_array_interface__ on Variable that requires grad. If gradients aren't required, use "
                           "var.detach() to get Variable that doesn't require grad.")
    return self._array.__cuda_array_interface__


def install_dlpack(cls):
    """Give Tensor the protocols by which arrays share memory."""
    cls.__dlpack__, cls.__dlpack_device__, cls.__cuda_array_interface__ = dlpack, dlpack_device, cuda_array_interface
