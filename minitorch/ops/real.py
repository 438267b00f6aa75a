"""Functions for complex numbers, which real tensors have too: a real number is its own conjugate."""
import math

from minitorch.autograd.operator import elementwise
from minitorch.backend import array_module
from minitorch.ops.choosing import zeros_of
from minitorch.ops.inplace import check_writable
from minitorch.ops.shape import transpose
from minitorch.tensor import Tensor, mode, version_counter


def itself(name, text):
    """A function that gives a real tensor back as it is."""
    def function(input):
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
        return input
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text + " of real numbers: the tensor itself."
    return function


real = itself("real", "The real parts")
conj = itself("conj", "The conjugates")
conj_physical = itself("conj_physical", "The conjugates, computed at once,")
resolve_conj = itself("resolve_conj", "The conjugates that were put off")
resolve_neg = itself("resolve_neg", "The negatives that were put off")


def conj_physical_(self):
    """In-place version of `conj_physical`: nothing changes but the version."""
    check_writable(self, mode.grad and self.requires_grad)
    version_counter(self)[0] += 1
    return self


def imag(input):
    """The imaginary parts, which real tensors have none of.

    Raises:
        RuntimeError: always, as in PyTorch.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"imag(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")


def is_conj(input):
    """Whether conjugates were put off: not of real numbers."""
    return real(input) is None


def is_neg(input):
    """Whether negatives were put off: not of real numbers."""
    return real(input) is None


@elementwise(promotes="float")
def angle(input):
    """The angle of a number in the complex plane: π for a negative one, else 0.

    Example:
        >>> import minitorch as torch
        >>> torch.angle(torch.tensor([-2.0, 0.0, 3.0]))
        tensor([3.1416, 0.0000, 0.0000])
    """
    xp = array_module(input)
    turned = (input < 0).astype(input.dtype)
    turned *= math.pi
    return xp.where(input == input, turned, input)

@angle.derivative                                     # constant on either side of 0
def _(grad):
    return zeros_of(grad)


def adjoint(input):
    """The matrices transposed and conjugated: of real numbers `mT`.

    Raises:
        RuntimeError: a tensor of one dimension.

    Example:
        >>> import minitorch as torch
        >>> torch.adjoint(torch.tensor([[1, 2], [3, 4]]))
        tensor([[1, 3],
                [2, 4]])
    """
    if real(input).ndim == 1:
        raise RuntimeError("tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return transpose(input, -2, -1) if input.ndim else input


def install_real(cls):
    """Give Tensor the methods of these functions."""
    for function in (conj, conj_physical, conj_physical_, resolve_conj, resolve_neg, is_conj, is_neg, angle, adjoint):
        setattr(cls, function.__name__, function)
    cls.real, cls.imag = property(real), property(imag)
