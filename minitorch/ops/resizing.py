"""Another shape for a tensor's memory, in place; one value for all of it."""
from minitorch import dtypes
from minitorch.backend import array_module, as_strided
from minitorch.ops import shape as shapes
from minitorch.ops.conversion import memory_of
from minitorch.ops.inplace import filled
from minitorch.ops.protocol import in_place_shape
from minitorch.tensor import Tensor, version_counter


def resize_(self, *size, memory_format=None):
    """The tensor takes another shape: its memory is read row by row, and more of it got where that is not enough.

    New elements are 0 here, anything in PyTorch. Other tensors on the same memory stay on the old one when it grows.

    Raises:
        RuntimeError: the tensor requires a gradient, or a size is negative.

    Example:
        >>> import minitorch as torch
        >>> torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]).resize_(2, 2)
        tensor([[1., 2.],
                [3., 4.]])
    """
    if not size:
        raise TypeError('resize_() missing 1 required positional arguments: "size"')
    shape = tuple(shapes.sizes(size))
    if self.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    if any(n < 0 for n in shape):
        raise RuntimeError(f"resize_(): a size is negative: {list(shape)}")
    if shape == self._array.shape:
        return self
    memory, (offset, _, _) = memory_of(self._array)
    strides = shapes.contiguous_strides(shape)
    needed = offset + shapes.extent(shape, strides)
    if memory.size < needed:
        grown = array_module(memory).zeros(needed, memory.dtype)
        grown[:memory.size] = as_strided(memory, (memory.size,), (1,))
        memory, self._base = grown, None
    self._array = as_strided(memory, shape, strides, offset)
    version_counter(self)[0] += 1
    return self


def resize_as_(self, the_template, *, memory_format=None):
    """`resize_` to the shape of another tensor."""
    if not isinstance(the_template, Tensor):
        raise TypeError(f"resize_as_(): argument 'the_template' (position 1) must be Tensor, not {type(the_template).__name__}")
    return resize_(self, the_template.shape)


def fill(input, value):
    """A tensor of the same shape, dtype and place with one value, a number or a 0-d tensor, everywhere.

    Raises:
        RuntimeError: a tensor with dimensions, or a number that the dtype cannot hold.

    Example:
        >>> import minitorch as torch
        >>> torch.fill(torch.ones(2), 3)
        tensor([3., 3.])
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"fill(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(f"fill only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
        return filled(input, value)
    if not isinstance(value, (int, float)):
        raise TypeError(f"fill(): argument 'value' (position 2) must be Number, not {type(value).__name__}")
    return filled(input, dtypes.number_for(value, input._array.dtype))


def install_resizing(cls):
    """Give Tensor these methods."""
    cls.resize_, cls.resize_as_ = resize_, resize_as_
    cls.as_strided_ = in_place_shape(shapes.as_strided)
    cls.swapaxes_, cls.swapdims_ = in_place_shape(shapes.swapaxes), cls.transpose_
