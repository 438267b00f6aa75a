"""Activations of straight pieces: bounded, shrunk, with learned and with random slopes.

At the joints PyTorch's derivatives: a joint belongs to the flat side, and to the slope below where neither is flat.
"""
from minitorch.autograd.operator import differentiable, elementwise, named
from minitorch.backend import chosen, cleared
from minitorch.dtypes import of
from minitorch.kernels.activation import leaky_relu
from minitorch.kernels.blocks import floating, wide
from minitorch.ops.choosing import abs, where_op, zeroed


def held(number, x):
    """A number as the array's dtype holds it: integers have no digits after the point."""
    return number if x.dtype.kind == "f" else int(number)


# ---- bounded ------------------------------------------------------------------------------------------------------------


@differentiable(name="HardtanhBackward0")
def hardtanh(input, *, min_val=-1.0, max_val=1.0):
    """y = min(max(x, min_val), max_val).

    Raises:
        RuntimeError: the input is bool, or has no sign and `min_val` has one.
    """
    if input.dtype.kind == "b":
        raise RuntimeError("Bool inputs not supported for hardtanh: convert the tensor first, for instance with .float()")
    if input.dtype.kind == "u" and min_val < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits, got " + str(of(input)) + " and " + str(min_val))
    y = input.clip(held(min_val, input), held(max_val, input))
    return y


@hardtanh.derivative                                  # dy/dx = 1 between the bounds, 0 on them and beyond
def hardtanh_backward(grad, input, min_val, max_val):
    outside = (input <= min_val) | (input >= max_val)
    grad_x = zeroed(grad, outside)
    return grad_x


@differentiable(name="HardsigmoidBackward0")
def hardsigmoid(input):
    """y = min(max(x + 3, 0), 6) / 6."""
    x = wide(floating(input, "hardsigmoid"))
    y = (x + 3).clip(0, 6) / 6
    return y.astype(input.dtype, copy=False)


@hardsigmoid.derivative                               # dy/dx = 1/6 between -3 and 3, 0 on them and beyond, and at nan
def hardsigmoid_backward(grad, input):
    outside = ~((input > -3) & (input < 3))
    grad_x = zeroed(grad * (1 / 6), outside)
    return grad_x


@differentiable(name="HardswishBackward0")
def hardswish(input):
    """y = x min(max(x + 3, 0), 6) / 6."""
    x = wide(floating(input, "hardswish"))
    y = x * (x + 3).clip(0, 6) / 6
    return y.astype(input.dtype, copy=False)


@hardswish.derivative                                 # dy/dx = 0 up to -3; (x (x + 3)/6)' = x/3 + 1/2; 1 from 3 on
def hardswish_backward(grad, input):
    slope = where_op(input < 3, input / 3 + 0.5, 1.0)
    grad_x = zeroed(grad * slope, input <= -3)
    return grad_x


# ---- shrunk -------------------------------------------------------------------------------------------------------------


@differentiable(name="HardshrinkBackward0")
def hardshrink(input, *, lambd=0.5):
    """y = 0 if |x| ≤ λ else x."""
    x = floating(input, "hardshrink")
    y = cleared(x, abs(x) <= lambd)
    return y


@hardshrink.derivative                                # dy/dx = 0 if |x| ≤ λ else 1
def hardshrink_backward(grad, input, lambd):
    grad_x = zeroed(grad, abs(input) <= lambd)
    return grad_x


@differentiable(name="SoftshrinkBackward0")
def softshrink(input, *, lambd=0.5):
    """y = x - min(max(x, -λ), λ): x brought nearer to 0 by λ, and 0 if it was no farther."""
    x = floating(input, "softshrink")
    y = x - x.clip(-lambd, lambd)
    return y


@softshrink.derivative                                # dy/dx = 0 if |x| ≤ λ else 1
def softshrink_backward(grad, input, lambd):
    grad_x = zeroed(grad, abs(input) <= lambd)
    return grad_x


@differentiable(name="ThresholdBackward0")
def threshold(input, *, threshold, value):
    """y = x if x > threshold else value."""
    if input.dtype.kind == "b":
        raise NotImplementedError('"threshold" not implemented for bool: convert the tensor first, for instance with .float()')
    y = chosen(input <= held(threshold, input), held(value, input), input)
    return y


@threshold.derivative                                 # dy/dx = 0 if x ≤ threshold else 1
def threshold_backward(grad, input, threshold):
    grad_x = zeroed(grad, input <= threshold)
    return grad_x


# ---- with slopes of their own -------------------------------------------------------------------------------------------


@elementwise(name="PreluKernelBackward0")
def prelu(input, weight):
    """y = x if x > 0 else w x."""
    x = floating(input, "prelu")
    y = x * chosen(x > 0, 1.0, weight)
    return y


@prelu.derivative("input")                            # dy/dx = 1 if x > 0 else w
def prelu_backward(grad, input, weight):
    grad_x = grad * where_op(input > 0, 1.0, weight)
    return grad_x


@prelu.derivative("weight")                           # dy/dw = 0 if x > 0 else x, summed where w was broadcast
def prelu_weight_backward(grad, input):
    grad_weight = zeroed(input * grad, input > 0)
    return grad_weight


@differentiable(name="RreluWithNoiseBackward0")
def rrelu(input, slopes):
    """y = s x, with s = 1 if x > 0, else drawn: the draw stays outside, so that running the operation again changes nothing."""
    return input * slopes


@rrelu.derivative("input")                            # dy/dx = s
def rrelu_backward(grad, slopes):
    return grad * slopes


mean_rrelu = named(leaky_relu, "RreluWithNoiseBackward0")
