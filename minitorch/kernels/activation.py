"""The softmax family, GELU, SiLU and the rectifiers: few passes, in place, block by block.

The backward functions of the softmax family are operators themselves, with derivatives of their own: so softmax keeps its
result and nothing else. The others keep their argument.
"""
import math

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, special
from minitorch.kernels.blocks import BLOCK, blocks, floating, line_dots, line_sums, lines, wide
from minitorch.ops.choosing import where

# ---- softmax ----------------------------------------------------------------------------------------------------------


@differentiable(name="SoftmaxBackward0")
def softmax(input, *, dim, dtype=None):
    """yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ) along `dim`: positive numbers whose sum is 1.

    The largest x is subtracted first, so that nothing overflows.

    Args:
        dim: the dimension along which the results sum to 1.
        dtype: cast the input to this dtype first.

    Raises:
        IndexError: `dim` is out of range.
        NotImplementedError: the input is not floating.

    Example:
        >>> import minitorch as torch
        >>> torch.softmax(torch.tensor([0.0, 0.0, 0.0, 0.0]), dim=0)
        tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    xp = array_module(input)
    input = floating(input, "softmax", dtype)
    inputs = lines(wide(input), dim)
    outputs = xp.empty_like(inputs, order="C")
    for x, y in blocks(inputs, outputs):
        m = x.max(axis=1, keepdims=True)
        e = xp.exp(xp.subtract(x, m, out=y), out=y)
        total = line_sums(e)
        y /= total
    return outputs.reshape(input.shape).astype(input.dtype, copy=False)


@differentiable(outputs="grad_input", name="SoftmaxBackwardDataBackward0")
def softmax_backward(grad, out, *, dim):
    """∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ - yⱼ): the gradient of x is y (g - Σⱼ gⱼ yⱼ)."""
    xp = array_module(grad)
    outputs, grads = lines(wide(out), dim), lines(wide(grad), dim)
    results = xp.empty_like(outputs, order="C")
    for y, grad_y, grad_x in blocks(outputs, grads, results):
        dot = line_dots(grad_y, y)
        xp.subtract(grad_y, dot, out=grad_x)
        grad_x *= y
    return results.reshape(out.shape).astype(grad.dtype, copy=False)


softmax.derivative(softmax_backward)


@softmax_backward.derivative("grad")                  # the Jacobian is symmetric: its transpose is itself
def _(grad_x, out, dim):
    return softmax_backward(grad_x, out, dim=dim)


@softmax_backward.derivative("out")                   # of Σ h y (g - Σ g y): h (g - Σ g y) - g Σ h y
def _(grad_x, grad, out, dim):
    return grad_x * (grad - (grad * out).sum(dim, keepdims=True)) - grad * (grad_x * out).sum(dim, keepdims=True)


@softmax_backward.definition
def _(grad_y, y, *, dim):
    dot = (grad_y * y).sum(dim, keepdim=True)
    grad_x = y * (grad_y - dot)
    return grad_x


@differentiable(name="LogSoftmaxBackward0")
def log_softmax(input, *, dim, dtype=None):
    """yᵢ = xᵢ - log Σⱼ exp(xⱼ) along `dim`: the logarithm of `softmax`, accurate where that rounds to 0.

    The largest x is subtracted first, so that nothing overflows.

    Args:
        dim: the dimension along which the exponentials of the results sum to 1.
        dtype: cast the input to this dtype first.

    Raises:
        IndexError: `dim` is out of range.
        NotImplementedError: the input is not floating.

    Example:
        >>> import minitorch as torch
        >>> torch.log_softmax(torch.tensor([0.0, 100.0]), dim=0)
        tensor([-100.,    0.])
    """
    xp = array_module(input)
    input = floating(input, "log_softmax", dtype)
    inputs = lines(wide(input), dim)
    outputs = xp.empty_like(inputs, order="C")
    for x, y in blocks(inputs, outputs):
        m = x.max(axis=1, keepdims=True)
        shifted = xp.subtract(x, m, out=y)
        total = line_sums(xp.exp(shifted))
        y -= xp.log(total)
    return outputs.reshape(input.shape).astype(input.dtype, copy=False)


@differentiable(outputs="grad_input", name="LogSoftmaxBackwardDataBackward0")
def log_softmax_backward(grad, out, *, dim):
    """∂yᵢ/∂xⱼ = δᵢⱼ - exp(yⱼ): the gradient of x is g - exp(y) Σⱼ gⱼ."""
    xp = array_module(grad)
    outputs, grads = lines(wide(out), dim), lines(wide(grad), dim)
    results = xp.empty_like(outputs, order="C")
    for y, grad_y, grad_x in blocks(outputs, grads, results):
        total = line_sums(grad_y)
        p = xp.exp(y, out=grad_x)
        p *= total
        xp.subtract(grad_y, p, out=grad_x)
    return results.reshape(out.shape).astype(grad.dtype, copy=False)


log_softmax.derivative(log_softmax_backward)


@log_softmax_backward.derivative("grad")              # of Σ h (g - p Σ g): h - Σ h p
def _(grad_x, out, dim):
    return grad_x - (grad_x * array_module(out).exp(out)).sum(dim, keepdims=True)


@log_softmax_backward.derivative("out")               # p = exp(y): -h p Σ g
def _(grad_x, grad, out, dim):
    return -grad_x * array_module(out).exp(out) * grad.sum(dim, keepdims=True)


@log_softmax_backward.definition
def _(grad_y, y, *, dim):
    total = grad_y.sum(dim, keepdim=True)
    p = y.exp()
    grad_x = grad_y - p * total
    return grad_x


# ---- GELU and SiLU ------------------------------------------------------------------------------------------------------

# Φ(x) = σ(x p(x²)) with the polynomial p of least largest error: 2.9e-8 for all x, half a unit in the last place of float32.
NORMAL = (1.59576988, 7.26661692e-02, -6.51899608e-05, -1.10612383e-04, 7.92948810e-06, -2.64526623e-07, 3.51233992e-09)
TANH = (2 * math.sqrt(2 / math.pi), 2 * math.sqrt(2 / math.pi) * 0.044715)
DENSITY = 1 / math.sqrt(2 * math.pi)


def normal_cdf(x, approximate, out=None):
    """Φ(x), the chance that a standard normal variable is below x; with "tanh" (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    σ(2u) = (1 + tanh u) / 2, so that both are a logistic function of an odd polynomial.
    """
    xp = array_module(x)
    if approximate == "none" and x.dtype.itemsize == 8:
        return special(x).ndtr(x, out=out)
    coefficients = NORMAL if approximate == "none" else TANH
    z = x * x
    p = z * -coefficients[-1]
    for c in coefficients[-2:0:-1]:
        p -= c
        p *= z
    p -= coefficients[0]
    p *= x
    e = xp.exp(p, out=p)
    e += 1
    return xp.reciprocal(e, out=out)


def normal_pdf(x, cdf, approximate):
    """The derivative of `normal_cdf`: exp(-x²/2)/√(2π); with "tanh", that of σ(2u), 2u'σ(2u)(1 - σ(2u))."""
    xp = array_module(x)
    z = x * x
    if approximate == "none":
        z *= -0.5
        pdf = xp.exp(z, out=z)
        pdf *= DENSITY
        return pdf
    z *= 3 * TANH[1]
    z += TANH[0]
    z *= cdf
    z *= 1 - cdf
    return z


@differentiable(saves="cdf", name="GeluBackward0")
def gelu(input, *, approximate="none"):
    """y = x Φ(x), with Φ the distribution function of the standard normal distribution, or an approximation by tanh."""
    xp = array_module(input)
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh, got {approximate!r}")
    inputs = wide(floating(input, "gelu")).reshape(-1)
    outputs, cdfs = xp.empty_like(inputs), xp.empty_like(inputs)
    for x, y, cdf in blocks(inputs, outputs, cdfs):
        normal_cdf(x, approximate, out=cdf)
        xp.multiply(x, cdf, out=y)
    return outputs.reshape(input.shape).astype(input.dtype, copy=False), cdfs


@gelu.derivative                                      # dy/dx = Φ(x) + x φ(x)
def gelu_backward(grad, input, cdf, approximate):
    xp = array_module(input)
    inputs, grads = wide(input).reshape(-1), wide(grad).reshape(-1)
    results = xp.empty_like(inputs)
    for x, cdf, grad_y, grad_x in blocks(inputs, cdf, grads, results):
        pdf = normal_pdf(x, cdf, approximate)
        xp.multiply(x, pdf, out=grad_x)
        grad_x += cdf
        grad_x *= grad_y
    return results.reshape(input.shape)


@gelu.definition
def _(x, *, approximate="none"):
    if approximate == "none":
        cdf = 0.5 * (1 + (x * math.sqrt(0.5)).erf())
    else:
        cdf = (x * (TANH[0] + TANH[1] * (x * x))).sigmoid()
    y = x * cdf
    return y


@differentiable(name="SiluBackward0")
def silu(input):
    """y = x σ(x), with σ(x) = 1 / (1 + exp(-x)); also called swish."""
    xp = array_module(input)
    inputs = wide(floating(input, "silu")).reshape(-1)
    outputs = xp.empty_like(inputs)
    for x, y in blocks(inputs, outputs):
        e = xp.exp(xp.negative(x, out=y), out=y)
        e += 1
        xp.divide(x, e, out=y)
    return outputs.reshape(input.shape).astype(input.dtype, copy=False)


@silu.derivative                                      # dy/dx = σ + x σ (1 - σ) = σ (1 + x (1 - σ))
def silu_backward(grad, input):
    xp = array_module(input)
    inputs, grads = wide(input).reshape(-1), wide(grad).reshape(-1)
    results = xp.empty_like(inputs)
    for x, grad_y, grad_x in blocks(inputs, grads, results):
        e = xp.exp(-x)
        e += 1
        s = xp.reciprocal(e, out=e)
        xp.subtract(1, s, out=grad_x)
        grad_x *= x
        grad_x += 1
        grad_x *= s
        grad_x *= grad_y
    return results.reshape(input.shape)


@silu.definition
def _(x):
    s = x.sigmoid()
    y = x * s
    return y


# ---- rectifiers ---------------------------------------------------------------------------------------------------------

@differentiable(name="ReluBackward0")
def relu(input):
    """y = max(x, 0).

    Example:
        >>> import minitorch as torch
        >>> torch.relu(torch.tensor([-1.0, 0.0, 2.0]))
        tensor([0., 0., 2.])
    """
    xp = array_module(input)
    if input.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu: convert the tensor first, for instance with .float()")
    inputs = input.reshape(-1)
    outputs, zeros = xp.empty_like(inputs), xp.zeros_like(inputs[:BLOCK])     # an array of zeros: twice as fast as a number
    for x, y in blocks(inputs, outputs):
        xp.maximum(x, zeros[:len(x)], out=y)
    return outputs.reshape(input.shape)


@relu.derivative                                      # dy/dx = 1 if y > 0 else 0
def relu_backward(grad, out):
    return grad * (out > 0)


@differentiable(name="LeakyReluBackward0")
def leaky_relu(input, *, negative_slope=0.01):
    """y = x if x > 0 else negative_slope · x."""
    input = floating(input, "leaky_relu")
    return input * slope(input, negative_slope)


@leaky_relu.derivative                                # dy/dx = 1 if x > 0 else negative_slope
def leaky_relu_backward(grad, input, negative_slope):
    return grad * slope(input, negative_slope)


@leaky_relu.definition
def _(x, *, negative_slope=0.01):
    y = where(x > 0, x, x * negative_slope)
    return y


def slope(x, negative_slope):
    """1 where x > 0, else `negative_slope`: without a branch for each element."""
    positive = (x > 0).astype(x.dtype)
    s = 1 - positive
    s *= negative_slope
    s += positive
    return s
