"""Clipping gradients, by their norm or by value."""
import math
import warnings

from minitorch.autograd.modes import no_grad
from minitorch.backend import array_module, as_array, device_name, on_host, on_own_device, to_device
from minitorch.kernels.blocks import wide
from minitorch.ops.data import tensor
from minitorch.tensor import Tensor, version_counter, wrap


def _gradients(parameters):
    """The gradients there are, of one tensor or of several."""
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


@on_own_device
def _norm(array, p):
    """(Σ |v|^p)^(1/p) of an array's values, 0-d.

    Raises:
        RuntimeError: they are no floating numbers, or the largest of none is asked for.
    """
    if array.dtype.kind != "f":
        raise RuntimeError(f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {array.dtype}")
    xp, values = array_module(array), wide(array).ravel(order="K")
    if p == 2:
        total = xp.sqrt(values @ values)
    elif math.isinf(p):
        if not values.size:
            raise RuntimeError(f"linalg.vector_norm cannot compute the {p} norm on an empty tensor because the operation does not have "
                               "an identity")
        total = xp.abs(values).max() if p > 0 else xp.abs(values).min()
    elif p == 0:
        total = (values != 0).sum()
    else:
        total = (xp.abs(values) ** p).sum() ** (1 / p)
    return as_array(total).astype(array.dtype, copy=False)


@on_own_device
def _together(arrays):
    """0-d arrays of several devices as a vector on the first's, each copied to its place: CuPy's stack would send their addresses."""
    xp, place = array_module(*arrays), device_name(arrays[0])
    vector = xp.empty(len(arrays), xp.result_type(*(a.dtype for a in arrays)))
    for k, array in enumerate(arrays):
        vector[k] = to_device(array, place)
    return vector


@on_own_device
def _scale(array, factor):
    """Multiply an array in place by a 0-d one, of whichever device."""
    array *= to_device(factor, device_name(array)).astype(array.dtype, copy=False)


@on_own_device
def _bound(array, limit):
    """Bound an array in place: to [-limit, limit]."""
    array_module(array).clip(array, -limit, limit, out=array)


@no_grad()
def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The norm of all tensors together, as if they were one vector: the norm of their norms.

    Args:
        tensors: one tensor or several.
        norm_type: the p of the norm; infinity for the largest value.
        error_if_nonfinite: whether a norm that is infinite or not a number is an error.
        foreach: accepted for torch's sake; there is one way to compute it here.

    Raises:
        RuntimeError: the norm is not finite, and `error_if_nonfinite`.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.utils.get_total_norm([torch.tensor([3.0]), torch.tensor([4.0])])
        tensor(5.)
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    norm_type = float(norm_type)
    if not tensors:
        return tensor(0.0)
    norms = [_norm(t._array, norm_type) for t in tensors]
    total_norm = wrap(_norm(_together(norms), norm_type))
    if error_if_nonfinite and not math.isfinite(total_norm):
        raise RuntimeError(f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be clipped. "
                           "To disable this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`")
    return total_norm


@no_grad()
def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach=None):
    """Scale the gradients in place by max_norm / (total_norm + 1e-6), if that is below 1.

    On a device nothing is looked at on the way, so there is no wait.
    """
    scale = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)._array
    if on_host(scale) and scale == 1:                 # nothing would change; to know it, a device would have to wait
        return
    for grad in _gradients(parameters):
        _scale(grad._array, scale)
        version_counter(grad)[0] += 1


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Scale all gradients in place so that their norm together is at most `max_norm`; returns what it was.

    Args:
        parameters: one tensor or several; those without a gradient are passed over.
        max_norm: the largest norm.
        norm_type: the p of the norm; infinity for the largest value.
        error_if_nonfinite: whether a norm that is infinite or not a number is an error.
        foreach: accepted for torch's sake; there is one way to compute it here.

    Raises:
        RuntimeError: the norm is not finite, and `error_if_nonfinite`.

    Example:
        >>> import minitorch as torch
        >>> w = torch.nn.Parameter(torch.zeros(2))
        >>> w.grad = torch.tensor([3.0, 4.0])
        >>> torch.nn.utils.clip_grad_norm_([w], 1.0), w.grad
        (tensor(5.), tensor([0.6000, 0.8000]))

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.utils.clip_grad_norm_.html
    """
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    total_norm = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total_norm, foreach)
    return total_norm


def clip_grad_norm(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The old name of `clip_grad_norm_`."""
    warnings.warn("`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.", FutureWarning,
                  stacklevel=2)
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


@no_grad()
def clip_grad_value_(parameters, clip_value, foreach=None):
    """Bound every gradient in place: to [-clip_value, clip_value].

    Example:
        >>> import minitorch as torch
        >>> w = torch.nn.Parameter(torch.zeros(2))
        >>> w.grad = torch.tensor([3.0, -0.5])
        >>> torch.nn.utils.clip_grad_value_(w, 1.0)
        >>> w.grad
        tensor([ 1.0000, -0.5000])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.utils.clip_grad_value_.html
    """
    clip_value = float(clip_value)
    for grad in _gradients(parameters):
        _bound(grad._array, clip_value)
        version_counter(grad)[0] += 1
