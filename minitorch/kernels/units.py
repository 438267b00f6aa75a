"""Smooth activations: exponential linear units, softplus and its relatives, gated linear units.

At the joints of exponential units PyTorch's derivatives: a joint belongs to the curve, whose own slope there is taken for 0.
"""
from minitorch.autograd.operator import differentiable, named
from minitorch.backend import array_module, fused
from minitorch.kernels.blocks import blocks, floating, wide
from minitorch.kernels.loss import softplus_of_opposite
from minitorch.ops.choosing import where_op
from minitorch.ops.elementwise import exp, sigmoid
from minitorch.ops.joining import cat_op, narrow_op


def block_by_block(chain, input, *numbers):
    """A fused chain (x, numbers, where the result goes) over an array."""
    xp, inputs = array_module(input), wide(input).reshape(-1)
    output = xp.empty(input.shape, inputs.dtype)
    for x, space in blocks(inputs, output.reshape(-1)):
        chain(x, *numbers, space)
    return output.astype(input.dtype, copy=False)


# ---- exponential linear units -------------------------------------------------------------------------------------------


@differentiable(name="EluBackward0")
def elu(input, *, alpha=1.0, scale=1.0, input_scale=1.0):
    """y = s x if x > 0 else s α (exp(κx) - 1), with s = `scale`, κ = `input_scale`."""
    return block_by_block(elu_values, floating(input, "elu"), alpha * scale, scale, input_scale)


@fused
def elu_values(xp, x, curve, scale, input_scale, space):
    """s max(x, 0) + sα (exp(z) - 1), z = κ min(x, 0); exp(z) - 1 = tanh(z/2) (exp(z) + 1), accurate near 0 and faster than expm1."""
    rise = xp.maximum(x, 0)
    rise *= scale
    z = xp.minimum(x, 0, out=space)
    z *= input_scale
    fall = xp.exp(z)
    fall += 1
    fall *= curve
    z *= 0.5
    half = xp.tanh(z, out=space)
    half *= fall
    half += rise
    return half


@elu.derivative                                       # dy/dx = s if x > 0 else s α κ exp(κx)
def elu_backward(grad, input, alpha, scale, input_scale):
    fall = where_op(input < 0, input * input_scale, 0.0)
    slope = exp(fall) * (alpha * scale * input_scale)
    return grad * where_op(input <= 0, slope, scale)


elu_in_place, celu, celu_in_place = named(elu, "EluBackward1"), named(elu, "CeluBackward0"), named(elu, "CeluBackward1")

# ---- softplus and its relatives -----------------------------------------------------------------------------------------


@differentiable(name="SoftplusBackward0")
def softplus(input, *, beta=1.0, threshold=20.0):
    """y = log(1 + exp(βx))/β, and x itself where βx > threshold."""
    return block_by_block(softplus_values, floating(input, "softplus"), beta, threshold)


def softplus_values(x, beta, threshold, space):
    """log(1 + exp(z))/β, z = βx; x where z > threshold."""
    z = x * beta
    y = softplus_of_opposite(-z)
    y /= beta
    space[:] = array_module(x).where(z > threshold, x, y)


@softplus.derivative                                  # dy/dx = σ(βx), and 1 where βx > threshold
def softplus_backward(grad, input, beta, threshold):
    z = input * beta
    slope = sigmoid(where_op(z >= threshold, threshold, z))
    return grad * where_op(z > threshold, 1.0, slope)


@differentiable(name="LogSigmoidBackward0")
def logsigmoid(input):
    """y = log σ(x) = -log(1 + exp(-x))."""
    return block_by_block(logsigmoid_values, floating(input, "log_sigmoid"))


def logsigmoid_values(x, space):
    """-log(1 + exp(-x))."""
    array_module(x).negative(softplus_of_opposite(x), out=space)


@logsigmoid.derivative                                # dy/dx = exp(-x)/(1 + exp(-x)) = σ(-x)
def logsigmoid_backward(grad, input):
    return grad * sigmoid(-input)


# tanh(log(1 + e)) with e = exp(x): ((1 + e)² - 1)/((1 + e)² + 1) = n/(n + 2) with n = e (e + 2), which is 1 for x > 20.
@differentiable(name="MishBackward0")
def mish(input):
    """y = x tanh(log(1 + exp(x)))."""
    return block_by_block(mish_values, floating(input, "mish"))


@fused
def mish_values(xp, x, space):
    """x n/(n + 2), n = e (e + 2), e = exp(min(x, 20))."""
    e = xp.exp(xp.minimum(x, 20, out=space), out=space)
    n = e * (e + 2)
    t = xp.divide(n, n + 2, out=space)
    return xp.multiply(x, t, out=space)


@mish.derivative                                      # t = 1 - 2/(n + 2), n' = 2e (e + 1): dy/dx = t + x 4e (e + 1)/(n + 2)²
def mish_backward(grad, input):
    e = exp(where_op(input > 20, 20.0, input))
    n = e * (e + 2)
    slope = (n + input * (4 * e * (e + 1) / (n + 2))) / (n + 2)
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
