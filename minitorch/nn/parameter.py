"""Parameter and Buffer: tensors that a Module registers when they are assigned to it.

Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.parameter.Parameter.html
"""
from minitorch.ops.creation import empty
from minitorch.tensor import Tensor, version_counter, wrap


class _ParameterMeta(type):
    def __instancecheck__(cls, instance):
        return type.__instancecheck__(cls, instance) or (
            cls is Parameter and isinstance(instance, Tensor) and getattr(instance, "_is_param", False))


class Parameter(Tensor, metaclass=_ParameterMeta):
    """A tensor that is a module parameter: assigned to a Module, it is in its `parameters()`.

    It shares the memory of `data`, and is a leaf that requires a gradient unless told otherwise.

    Args:
        data: the values; an empty tensor when omitted.
        requires_grad: whether it is to be trained; recorded also under `no_grad`.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.Parameter(torch.ones(2))
        Parameter containing:
        tensor([1., 1.], requires_grad=True)
    """
    __slots__ = ()

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = empty(0)
        elif not isinstance(data, Tensor):
            raise AttributeError(f"a Parameter is made of a Tensor, got {type(data).__name__}: write Parameter(torch.tensor(...))")
        if type(data) is Tensor or type(data) is Parameter:
            parameter = wrap(data._array, cls=cls)
            parameter._counter = version_counter(data)
            return parameter.requires_grad_(requires_grad)
        parameter = data.detach().requires_grad_(requires_grad)     # another subclass of Tensor stays what it is
        parameter._is_param = True
        return parameter

    def __init__(self, data=None, requires_grad=True):
        """Nothing is left to do: `__new__` made the tensor."""

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()

    __str__ = __repr__

    def __reduce_ex__(self, protocol):
        return _rebuild_parameter, (self.data, self.requires_grad, self.__dict__)


def _rebuild_parameter(data, requires_grad, attributes):
    parameter = Parameter(data, requires_grad)
    parameter.__dict__.update(attributes)
    return parameter


class _BufferMeta(_ParameterMeta):
    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(Tensor, metaclass=_BufferMeta):
    """A tensor that a Module keeps as state but does not train: assigned to a Module, it is in its `buffers()`.

    What is made is an ordinary Tensor that is marked: `isinstance(b, Buffer)` holds, `type(b)` is Tensor.

    Args:
        data: the values; an empty tensor when omitted.
        persistent: whether it belongs to the module's `state_dict`.

    Example:
        >>> import minitorch as torch
        >>> m = torch.nn.Module()
        >>> m.mean = torch.nn.Buffer(torch.zeros(2))
        >>> list(m.state_dict())
        ['mean']
    """
    __slots__ = ()

    def __new__(cls, data=None, *, persistent=True):
        if data is None:
            data = empty(0)
        elif not isinstance(data, Tensor):
            raise AttributeError(f"a Buffer is made of a Tensor, got {type(data).__name__}: write Buffer(torch.tensor(...))")
        buffer = data.detach().requires_grad_(data.requires_grad)
        buffer.persistent, buffer._is_buffer = persistent, True
        return buffer


