"""Smooth activations: exponential linear units, softplus and its relatives, gated linear units.

At the joints of exponential units PyTorch's derivatives: a joint belongs to the curve, whose own slope there is taken for 0.
"""
import math

from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module, fused
from minitorch.kernels.blocks import blocks, floating, wide
from minitorch.ops.choosing import where_op
from minitorch.ops.elementwise import exp, sigmoid
from minitorch.ops.joining import cat_op, narrow_op


def block_by_block(chain, *values):
    """A chain (arrays of one shape, then numbers, then where the result goes) over arrays, in the dtype of the first."""
    first, xp = values[0], array_module(*values)
    arrays, numbers = ([v for v in values if hasattr(v, "dtype") is array] for array in (True, False))
    inputs = [wide(v).reshape(-1) for v in arrays]
    output = xp.empty(first.shape, inputs[0].dtype)
    for *parts, space in blocks(*inputs, output.reshape(-1)):
        chain(*parts, *numbers, space)
    return output.astype(first.dtype, copy=False)


# ---- exponential linear units -------------------------------------------------------------------------------------------


@differentiable(name="EluBackward0")
def elu(input, *, alpha=1.0, scale=1.0, input_scale=1.0):
    """y = s x if x > 0 else s α (exp(κx) - 1), with s = `scale`, κ = `input_scale`."""
    chain = elu_values if input_scale >= 0 else steep_values
    return block_by_block(chain, floating(input, "elu"), alpha * scale, scale, input_scale)


@fused
def elu_values(xp, x, curve, scale, input_scale, space):
    """s max(x, 0) + sα (exp(2z) - 1), z = κ min(x, 0)/2 ≤ 0; exp(2z) - 1 = 2t/(1 - t), t = tanh(z), is accurate near 0 and fast."""
    z = xp.clip(x, -math.inf, 0, out=space)
    z *= 0.5 * input_scale
    t = xp.tanh(z, out=space)
    rest = 1 - t
    t *= 2 * curve
    fall = xp.divide(t, rest, out=space)
    rise = xp.clip(x, 0, math.inf, out=rest)
    rise *= scale
    fall += rise
    return fall


@fused
def steep_values(xp, x, curve, scale, input_scale, space):
    """s max(x, 0) + sα (exp(z) - 1), z = κ min(x, 0), for κ < 0: where the other form would lose what z has."""
    z = xp.clip(x, -math.inf, 0, out=space)
    z *= input_scale
    fall = xp.expm1(z, out=space)
    fall *= curve
    rise = xp.clip(x, 0, math.inf)
    rise *= scale
    fall += rise
    return fall


@differentiable(outputs="grad_input", name="EluBackwardBackward0")
def elu_backward(grad, input, *, alpha, scale, input_scale):
    """dy/dx = s if x > 0 else s α κ exp(κx)."""
    curve = alpha * scale * input_scale
    return block_by_block(elu_slopes, grad, input, curve, input_scale, scale - curve)


@fused
def elu_slopes(xp, grad_y, x, curve, input_scale, jump, space):
    """g (c exp(κ min(x, 0)) + (s - c) [x > 0]), c = sακ; at nan s, as in PyTorch."""
    fall = xp.fmin(x, 0, out=space)
    fall *= input_scale
    slope = xp.exp(fall, out=space)
    slope *= curve
    above = xp.logical_not(x <= 0).astype(x.dtype)
    above *= jump
    slope += above
    slope *= grad_y
    return slope


elu.derivative(elu_backward)


@elu_backward.derivative("grad")                      # linear in it
def _(grad_input, input, alpha, scale, input_scale):
    return elu_backward(grad_input, input, alpha=alpha, scale=scale, input_scale=input_scale)


@elu_backward.derivative("input")                     # d²y/dx² = 0 if x ≥ 0 else s α κ² exp(κx)
def _(grad_input, grad, input, alpha, scale, input_scale):
    bend = exp(where_op(input < 0, input * input_scale, 0.0)) * (alpha * scale * input_scale * input_scale)
    return grad_input * grad * where_op(input < 0, bend, 0.0)


elu_in_place, celu, celu_in_place = named(elu, "EluBackward1"), named(elu, "CeluBackward0"), named(elu, "CeluBackward1")

# ---- softplus and its relatives -----------------------------------------------------------------------------------------


@differentiable(name="SoftplusBackward0")
def softplus(input, *, beta=1.0, threshold=20.0):
    """y = log(1 + exp(βx))/β, and x itself where βx > threshold."""
    return block_by_block(softplus_values, floating(input, "softplus"), beta, threshold)


@fused
def softplus_values(xp, x, beta, threshold, space):
    """(log(1 + e) + max(z, 0))/β, z = βx, e = exp(-|z|), 0 where z > threshold; rounding took (e - (u - 1))/u from log(u), u = 1 + e."""
    z = x * beta
    e = xp.exp(xp.negative(xp.abs(z, out=space), out=space), out=space)
    e *= (z <= threshold).astype(x.dtype)
    y = log_of_next(xp, e)
    y += xp.clip(z, 0, math.inf, out=z)
    y /= beta
    return y


def log_of_next(xp, e):
    """log(1 + e), in place: what rounding takes from the logarithm of u = 1 + e is given back, (e - (u - 1))/u."""
    u = e + 1
    e -= u - 1
    e /= u
    e += xp.log(u, out=u)
    return e


@differentiable(outputs="grad_input", name="SoftplusBackwardBackward0")
def softplus_backward(grad, input, *, beta, threshold):
    """dy/dx = σ(βx), and 1 where βx > threshold."""
    return block_by_block(softplus_slopes, grad, input, beta, threshold)


@fused
def softplus_slopes(xp, grad_y, x, beta, threshold, space):
    """g max(σ(z), [z > threshold]), z = βx."""
    opposite = xp.multiply(x, -beta, out=space)
    above = (opposite < -threshold).astype(x.dtype)
    u = xp.exp(opposite, out=space)
    u += 1
    slope = xp.divide(1, u, out=space)
    slope = xp.maximum(slope, above, out=space)
    grad_x = xp.multiply(slope, grad_y, out=space)
    return grad_x


softplus.derivative(softplus_backward)


@softplus_backward.derivative("grad")                 # linear in it
def _(grad_input, input, beta, threshold):
    return softplus_backward(grad_input, input, beta=beta, threshold=threshold)


@softplus_backward.derivative("input")                # β σ (1 - σ), and 0 from the threshold on
def _(grad_input, grad, input, beta, threshold):
    z = input * beta
    slope = sigmoid(where_op(z >= threshold, threshold, z))
    return grad_input * grad * where_op(z >= threshold, 0.0, slope * (1 - slope) * beta)


@differentiable(name="LogSigmoidBackward0")
def logsigmoid(input):
    """y = log σ(x) = -log(1 + exp(-x))."""
    return block_by_block(logsigmoid_values, floating(input, "log_sigmoid"))


@fused
def logsigmoid_values(xp, x, space):
    """min(x, 0) - log(1 + exp(-|x|))."""
    e = xp.exp(xp.negative(xp.abs(x, out=space), out=space), out=space)
    y = log_of_next(xp, e)
    y = xp.subtract(xp.clip(x, -math.inf, 0), y, out=space)
    return y


@logsigmoid.derivative                                # dy/dx = exp(-x)/(1 + exp(-x)) = σ(-x)
def logsigmoid_backward(grad, input):
    grad_x = grad * sigmoid(-input)
    return grad_x


# tanh(log(1 + e)) with e = exp(x): ((1 + e)² - 1)/((1 + e)² + 1) = n/(n + 2) with n = e (e + 2), which is 1 for x > 20.
@differentiable(name="MishBackward0")
def mish(input):
    """y = x tanh(log(1 + exp(x)))."""
    return block_by_block(mish_values, floating(input, "mish"))


@fused
def mish_values(xp, x, space):
    """x n/(n + 2), n = e (e + 2), e = exp(min(x, 20))."""
    e = xp.exp(xp.clip(x, -math.inf, 20, out=space), out=space)
    n = e * (e + 2)
    t = xp.divide(n, n + 2, out=space)
    return xp.multiply(x, t, out=space)


@mish.derivative                                      # t = 1 - 2/(n + 2), n' = 2e (e + 1): dy/dx = t + x 4e (e + 1)/(n + 2)²
def mish_backward(grad, input):
    x = where_op(input > 20, 20.0, input)             # beyond it the slope is 1
    e = exp(x)
    n = e * (e + 2)
    slope = (n + x * (4 * e * (e + 1) / (n + 2))) / (n + 2)
    return grad * slope


# ---- gated linear units -------------------------------------------------------------------------------------------------


@differentiable(name="GluBackward0")
def glu(input, *, dim):
    """y = a σ(b), with a and b the halves of x along `dim`."""
    half = floating(input, "glu").shape[dim] // 2
    a, b = (narrow_op(wide(input), dim=dim, start=start, length=half) for start in (0, half))
    return (a * sigmoid(b)).astype(input.dtype, copy=False)


@glu.derivative                                       # dy/da = σ, dy/db = a σ (1 - σ)
def glu_backward(grad, input, dim):
    half = input.shape[dim] // 2
    a, b = (narrow_op(input, dim=dim, start=start, length=half) for start in (0, half))
    gate = sigmoid(b)
    grad_a = grad * gate
    grad_b = grad_a * a * (1 - gate)
    return cat_op([grad_a, grad_b], dim=dim)
