"""What Python expects of a Tensor: length, iteration, truth, numbers, membership, copies, printing."""
import functools

from minitorch.autograd.operator import edge
from minitorch.backend import owner_of
from minitorch.ops import comparison, conversion, inplace, joining, shape
from minitorch.tensor import Tensor, mode, region_of, version_counter


def length(self):
    """The size of the first dimension."""
    if self._array.ndim == 0:
        raise TypeError("len() of a 0-d tensor")
    return len(self._array)


def iterate(self):
    """The tensor's rows, as views."""
    if self._array.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(joining.unbind(self, 0))


def truth(self):
    """The truth of a one-element tensor."""
    if self._array.size != 1:
        count = "more than one value" if self._array.size else "no values"
        raise RuntimeError(f"Boolean value of Tensor with {count} is ambiguous")
    return bool(self._array.item())


def contains(self, value):
    """Whether a number, or a tensor that broadcasts, is among the values."""
    if not isinstance(value, (Tensor, int, float)):
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(value)}.")
    return bool((comparison.eq(self, value))._array.any())


def equals(self, other):
    """Elementwise ==; NotImplemented for what is neither tensor nor number."""
    return comparison.eq(self, other) if operand(other) else NotImplemented


def differs(self, other):
    """Elementwise !=; NotImplemented for what is neither tensor nor number."""
    return comparison.ne(self, other) if operand(other) else NotImplemented


def operand(value):
    """Whether a value can stand beside a tensor in an operation."""
    return isinstance(value, (Tensor, int, float)) or hasattr(value, "dtype")


def format_tensor(self, spec):
    """A 0-d tensor formats as its number."""
    return item_of(self).__format__(spec) if self._array.ndim == 0 and type(self) is Tensor else object.__format__(self, spec)


def item_of(self):
    """The value as a Python number."""
    return self._array.item()


def size(self, dim=None):
    """The shape, or the size of one dimension."""
    if dim is None:
        return self.shape
    if self._array.ndim == 0:
        raise IndexError("Dimension specified as " + str(dim) + " but tensor has no dimensions")
    return self._array.shape[shape.dim_of(dim, self._array.ndim)]


def dim(self):
    """The number of dimensions."""
    return self._array.ndim


def element_size(self):
    """The bytes of one element."""
    return self._array.itemsize


def data_ptr(self):
    """The address of the first element."""
    from minitorch.backend import address
    return address(self._array)


def sum_to_size(self, *args, size=None):
    """The tensor summed to a shape that it would broadcast from."""
    from minitorch.ops.reduction import sum_to
    size = shape.asked(args, size, "sum_to_size", "size")
    lead = self.ndim - len(size)
    if lead < 0 or any(n not in (1, m) for n, m in zip(size, self._array.shape[lead:])):
        raise RuntimeError(f"size {list(size)} is not expandable to size {list(self._array.shape)}.")
    return sum_to(self, shape=size)


def reread(self, base):
    """For a view whose base was changed in place: its history is the region of the base's new value."""
    if self._origin == "custom":
        raise RuntimeError("The output of a custom Function is a view and its base or another view of its base has been modified inplace: "
                           "the logic of views would override the custom backward. Clone the output of the custom Function.")
    before, mode.grad = mode.grad, True
    try:
        fresh = shape.region_view.op.finish(self._array, (base,), dict(region=region_of(self, base), base_strides=shape.strides_of(base)),
                                            [edge(base)] if base._requires_grad else [], int(base._requires_grad))
    finally:
        mode.grad = before
    self._node, self._requires_grad = fresh._node, fresh._requires_grad


def install_protocol(cls):
    """Give Tensor Python's special methods."""
    cls.__len__, cls.__iter__, cls.__bool__, cls.__contains__ = length, iterate, truth, contains
    cls.__eq__, cls.__ne__, cls.__hash__ = equals, differs, lambda self: id(self)
    cls.__int__, cls.__float__ = lambda self: int(only_number(self)), lambda self: float(only_number(self))
    cls.__index__ = index_of
    cls.__format__, cls.__deepcopy__, cls.__reduce_ex__ = format_tensor, conversion.deepcopy, conversion.reduce
    cls.__repr__ = cls.__str__ = representation
    cls.size, cls.dim, cls.ndimension, cls.element_size, cls.data_ptr = size, dim, dim, element_size, data_ptr
    cls.is_set_to, cls.__delitem__ = is_set_to, no_deletion
    cls.expand_as, cls.view_as, cls.reshape_as = shaped_as(shape.expand), shaped_as(shape.view), shaped_as(shape.reshape)
    cls.sum_to_size, cls._reread = sum_to_size, reread
    cls.unsqueeze_ = in_place_shape(shape.unsqueeze)
    cls.squeeze_ = in_place_shape(shape.squeeze)
    cls.t_ = in_place_shape(shape.t)
    cls.transpose_ = in_place_shape(shape.transpose)
    for method in (nelement, is_pinned, pin_memory, is_shared, share_memory_, get_device, is_inference):
        setattr(cls, method.__name__, method)
    cls.set_ = set_


def nelement(self):
    """The number of elements."""
    return self._array.size


def is_pinned(self, device=None):
    """False: memory is not pinned here."""
    return False


def pin_memory(self, device=None):
    """The tensor itself: there is nothing to pin."""
    return self


def is_shared(self):
    """False: memory is not shared between processes here."""
    return False


def share_memory_(self):
    """The tensor itself: memory is not shared between processes here."""
    return self


def get_device(self):
    """The number of the GPU, -1 on the CPU."""
    return -1 if self.is_cpu else self.device.index


def is_inference(self):
    """Whether the tensor was made in inference mode."""
    return self._origin == "inference"


def is_set_to(self, tensor):
    """Whether two tensors are the same memory, shape and strides."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"is_set_to(): argument 'tensor' (position 1) must be Tensor, not {type(tensor).__name__}")
    same = owner_of(self._array) is owner_of(tensor._array) if not self._array.size else data_ptr(self) == data_ptr(tensor)
    return same and (self.shape, shape.strides_of(self)) == (tensor.shape, shape.strides_of(tensor))


def set_(self, source):
    """The tensor takes over the memory, shape and strides of another of its dtype.

    Raises:
        TypeError: the other is no Tensor.
        RuntimeError: it has another dtype, or this one is a leaf that requires a gradient.
    """
    if not isinstance(source, Tensor):
        raise TypeError(f"set_(): argument 'source' (position 1) must be Tensor, not {type(source).__name__}")
    if source._array.dtype != self._array.dtype:
        raise RuntimeError(f"Could not set tensor of type {source.dtype} to a tensor of type {self.dtype}: convert it with .to() first")
    inplace.check_writable(self, mode.grad and self.requires_grad)
    self._array = source._array
    version_counter(self)[0] += 1
    return self


def no_deletion(self, index):
    raise TypeError("Tensor does not support deleting items: take the others, as in x[mask]")


def only_number(self):
    """The number of a tensor of one element, for int() and float()."""
    if self._array.size != 1:
        raise ValueError(f"only one element tensors can be converted to Python scalars: this one has {self._array.size}")
    return conversion.item(self)


def shaped_as(function):
    """`view_as` and its kin: the shape is another tensor's."""
    def method(self, other):
        if not isinstance(other, Tensor):
            raise TypeError(f"{method.__name__}(): argument 'other' (position 1) must be Tensor, not {type(other).__name__}")
        return function(self, other.shape)
    method.__name__ = method.__qualname__ = function.__name__ + "_as"
    method.__doc__ = f"`{function.__name__}` to the shape of another tensor."
    return method


def index_of(self):
    """The value of an integer tensor of one element, for use as an index."""
    if self._array.size != 1 or self._array.dtype.kind == "f":
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(self._array.item())


def in_place_shape(function):
    """`unsqueeze_` and its kin: the tensor takes the shape of a view of itself."""
    @functools.wraps(function)
    def method(self, *args, **settings):
        recorded = mode.grad and self.requires_grad
        inplace.check_writable(self, recorded)
        fresh = function(self, *args, **settings)
        self._array = fresh._array
        if recorded:
            self._node = fresh._node
        version_counter(self)[0] += 1
        return self
    method.__name__ = method.__qualname__ = function.__name__ + "_"
    method.__doc__ = f"`{function.__name__}`, the tensor itself taking the new shape."
    return method


def representation(self, *, tensor_contents=None):
    """The tensor as PyTorch prints it."""
    from minitorch.printing import tensor_string
    return tensor_string(self)
