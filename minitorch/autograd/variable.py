"""Variable, the name that tensors with a gradient had before there was one class for all."""
from minitorch.tensor import Tensor


class VariableMeta(type):
    """Calling Variable makes a Tensor, and every Tensor is one."""

    def __call__(cls, data, requires_grad=False):
        return data.detach().requires_grad_(requires_grad)

    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor)


class Variable(metaclass=VariableMeta):
    """A tensor on the memory of `data`, without its history: what `Variable(data)` makes is an ordinary Tensor.

    Example:
        >>> import minitorch as torch
        >>> x = torch.autograd.Variable(torch.ones(2), requires_grad=True)
        >>> isinstance(x, torch.autograd.Variable), x
        (True, tensor([1., 1.], requires_grad=True))
    """
