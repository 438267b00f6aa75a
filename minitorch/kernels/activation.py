"""The softmax family, GELU, SiLU and the rectifiers: few passes, in place, block by block.

The backward functions of the softmax family are operators themselves, with derivatives of their own: so softmax keeps its
result and nothing else. The others keep their argument.
"""
import math

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, chosen, fused, special
from minitorch.kernels.blocks import blocks, floating, line_dots, line_sums, lines, wide
from minitorch.ops.choosing import where, zeroed

# ---- softmax ------------------------------------------------------------------------------------------------------------


@differentiable(outputs="y", name="SoftmaxBackward0")
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
    xp, given = array_module(input), floating(input, "softmax", dtype)
    inputs = lines(wide(given), dim)
    output = xp.empty(input.shape, inputs.dtype)
    for x, space in blocks(inputs, lines(output, dim)):
        m = x.max(axis=1, keepdims=True)
        e = exp_of_difference(x, m, space)
        total = line_sums(e)
        y = xp.divide(e, total, out=space)            # noqa: F841
    return output.astype(given.dtype, copy=False)


@fused
def exp_of_difference(xp, x, m, space):
    """exp(x - m)."""
    e = xp.exp(xp.subtract(x, m, out=space), out=space)
    return e


@differentiable(outputs="grad_input", name="SoftmaxBackwardDataBackward0")
def softmax_backward(grad, y, *, dim):
    """∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ - yⱼ): with p = y, the gradient of x is p (g - Σⱼ gⱼ pⱼ)."""
    probs = lines(wide(y), dim)
    result = array_module(grad).empty(y.shape, probs.dtype)
    for p, grad_y, space in blocks(probs, lines(wide(grad), dim), lines(result, dim)):
        dot = line_dots(grad_y, p)
        grad_x = weighted_rest(grad_y, dot, p, space)  # noqa: F841
    return result.astype(grad.dtype, copy=False)


@fused
def weighted_rest(xp, grad_y, dot, p, space):
    """p (g - Σⱼ gⱼ pⱼ), given the sum."""
    rest = xp.subtract(grad_y, dot, out=space)
    grad_x = xp.multiply(p, rest, out=space)
    return grad_x


softmax.derivative(softmax_backward)


@softmax_backward.derivative("grad")                  # the Jacobian is symmetric: its transpose is itself
def _(grad_input, y, dim):
    return softmax_backward(grad_input, y, dim=dim)


@softmax_backward.derivative("y")                     # of Σ h y (g - Σ g y): h (g - Σ g y) - g Σ h y
def _(grad_input, grad, y, dim):
    h, g, p = (lines(a, dim) for a in (grad_input, grad, y))
    return (h * (g - (g * p).sum(1, keepdims=True)) - g * (h * p).sum(1, keepdims=True)).reshape(y.shape)


@softmax_backward.definition
def _(grad, y, *, dim):
    p, grad_y = lines(y, dim), lines(grad, dim)
    dot = (grad_y * p).sum(1, keepdim=True)
    rest = grad_y - dot
    grad_x = p * rest
    return grad_x.reshape(y.shape)


@differentiable(outputs="y", name="LogSoftmaxBackward0")
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
    xp, given = array_module(input), floating(input, "log_softmax", dtype)
    inputs = lines(wide(given), dim)
    output = xp.empty(input.shape, inputs.dtype)
    for x, space in blocks(inputs, lines(output, dim)):
        m = x.max(axis=1, keepdims=True)
        exp_space = xp.empty_like(space)
        difference_and_exp(x, m, space, exp_space)
        shifted, e = space, exp_space
        total = line_sums(e)
        y = less_log(total, shifted)                  # noqa: F841
    return output.astype(given.dtype, copy=False)


@fused
def difference_and_exp(xp, x, m, space, exp_space):
    """x - m, and its exponential."""
    shifted = xp.subtract(x, m, out=space)
    xp.exp(shifted, out=exp_space)


@fused
def less_log(xp, total, shifted):
    """x - log Σ, in place."""
    shifted -= xp.log(total)
    return shifted


@differentiable(outputs="grad_input", name="LogSoftmaxBackwardDataBackward0")
def log_softmax_backward(grad, y, *, dim):
    """∂yᵢ/∂xⱼ = δᵢⱼ - exp(yⱼ): with p = exp(y), the gradient of x is g - p Σⱼ gⱼ."""
    log_probs = lines(wide(y), dim)
    result = array_module(grad).empty(y.shape, log_probs.dtype)
    for log_p, grad_y, space in blocks(log_probs, lines(wide(grad), dim), lines(result, dim)):
        total = line_sums(grad_y)
        grad_x = less_share(grad_y, log_p, total, space)  # noqa: F841
    return result.astype(grad.dtype, copy=False)


@fused
def less_share(xp, grad_y, log_p, total, space):
    """g - p Σⱼ gⱼ, given the sum."""
    p = xp.exp(log_p, out=space)
    share = xp.multiply(p, total, out=space)
    grad_x = xp.subtract(grad_y, share, out=space)
    return grad_x


log_softmax.derivative(log_softmax_backward)


@log_softmax_backward.derivative("grad")              # of Σ h (g - p Σ g): h - Σ h p
def _(grad_input, y, dim):
    h, p = lines(grad_input, dim), array_module(y).exp(lines(y, dim))
    return (h - (h * p).sum(1, keepdims=True)).reshape(y.shape)


@log_softmax_backward.derivative("y")                 # p = exp(y): -h p Σ g
def _(grad_input, grad, y, dim):
    h, g, p = lines(grad_input, dim), lines(grad, dim), array_module(y).exp(lines(y, dim))
    return (-h * p * g.sum(1, keepdims=True)).reshape(y.shape)


@log_softmax_backward.definition
def _(grad, y, *, dim):
    log_p, grad_y = lines(y, dim), lines(grad, dim)
    total = grad_y.sum(1, keepdim=True)
    p = log_p.exp()
    grad_x = grad_y - p * total
    return grad_x.reshape(y.shape)


# ---- GELU and SiLU --------------------------------------------------------------------------------------------------------

# Φ(x) = σ(x p(x²)) with the polynomial p of least largest error: 2.9e-8 for all x, half a unit in the last place of float32.
NORMAL = (1.59576988, 7.26661692e-02, -6.51899608e-05, -1.10612383e-04, 7.92948810e-06, -2.64526623e-07, 3.51233992e-09)
TANH = (2 * math.sqrt(2 / math.pi), 2 * math.sqrt(2 / math.pi) * 0.044715)
DENSITY = 1 / math.sqrt(2 * math.pi)


def normal_cdf(xp, x, approximate, out):
    """Φ(x), the chance that a standard normal variable is below x; with "tanh" (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    σ(2u) = (1 + tanh u) / 2, so that both are a logistic function of an odd polynomial.
    """
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


def normal_pdf(xp, x, cdf, approximate):
    """The derivative of `normal_cdf`: exp(-x²/2)/√(2π); with "tanh", that of σ(2u), 2u'σ(2u)(1 - σ(2u))."""
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


@fused
def gelu_values(xp, x, y_space, cdf_space, *, approximate):
    """x Φ(x), and Φ(x)."""
    cdf = normal_cdf(xp, x, approximate, cdf_space)
    xp.multiply(x, cdf, out=y_space)


@fused
def gelu_slopes(xp, x, cdf, grad_y, space, *, approximate):
    """g (Φ(x) + x φ(x)), given Φ(x)."""
    pdf = normal_pdf(xp, x, cdf, approximate)
    slope = xp.add(cdf, xp.multiply(x, pdf, out=space), out=space)
    grad_x = xp.multiply(slope, grad_y, out=space)
    return grad_x


@differentiable(saves="cdf", name="GeluBackward0")
def gelu(input, *, approximate="none"):
    """y = x Φ(x), with Φ the distribution function of the standard normal distribution, or an approximation by tanh."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh, got {approximate!r}")
    xp, inputs = array_module(input), wide(floating(input, "gelu")).reshape(-1)
    output, kept = xp.empty(input.shape, inputs.dtype), xp.empty_like(inputs)
    for x, space, cdf_space in blocks(inputs, output.reshape(-1), kept):
        gelu_values(x, space, cdf_space, approximate=approximate)
        y, cdf = space, cdf_space                     # noqa: F841
    return output.astype(input.dtype, copy=False), kept


@gelu.derivative                                      # dy/dx = Φ(x) + x φ(x)
def gelu_backward(grad, input, cdf, approximate):
    xp, inputs = array_module(input), wide(input).reshape(-1)
    result = xp.empty(input.shape, inputs.dtype)
    for x, phi, grad_y, space in blocks(inputs, cdf, wide(grad).reshape(-1), result.reshape(-1)):
        grad_x = gelu_slopes(x, phi, grad_y, space, approximate=approximate)  # noqa: F841
    return result


@gelu.definition
def _(input, *, approximate="none"):
    x = input.reshape(-1)
    if approximate == "none":
        cdf = 0.5 * (1 + (x * math.sqrt(0.5)).erf())
    else:
        cdf = 0.5 * (1 + (math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))).tanh())
    y = x * cdf
    return y.reshape(input.shape)


@fused
def silu_values(xp, x, space):
    """x / (1 + exp(-x))."""
    d = xp.exp(xp.negative(x, out=space), out=space)
    d += 1
    y = xp.divide(x, d, out=space)
    return y


@fused
def silu_slopes(xp, x, grad_y, space):
    """g σ (1 + x (1 - σ))."""
    d = xp.exp(-x)
    d += 1
    s = xp.reciprocal(d, out=d)
    slope = xp.subtract(1, s, out=space)
    slope *= x
    slope += 1
    slope *= s
    grad_x = xp.multiply(slope, grad_y, out=space)
    return grad_x


@differentiable(name="SiluBackward0")
def silu(input):
    """y = x σ(x), with σ(x) = 1 / (1 + exp(-x)); also called swish."""
    xp, inputs = array_module(input), wide(floating(input, "silu")).reshape(-1)
    output = xp.empty(input.shape, inputs.dtype)
    for x, space in blocks(inputs, output.reshape(-1)):
        y = silu_values(x, space)                     # noqa: F841
    return output.astype(input.dtype, copy=False)


@silu.derivative                                      # dy/dx = σ + x σ (1 - σ) = σ (1 + x (1 - σ))
def silu_backward(grad, input):
    xp, inputs = array_module(input), wide(input).reshape(-1)
    result = xp.empty(input.shape, inputs.dtype)
    for x, grad_y, space in blocks(inputs, wide(grad).reshape(-1), result.reshape(-1)):
        grad_x = silu_slopes(x, grad_y, space)        # noqa: F841
    return result


@silu.definition
def _(input):
    x = input.reshape(-1)
    s = 1 / (1 + (-x).exp())
    y = x * s
    return y.reshape(input.shape)


# ---- rectifiers ---------------------------------------------------------------------------------------------------------

@differentiable(name="ReluBackward0")
def relu(input):
    """y = max(x, 0).

    Example:
        >>> import minitorch as torch
        >>> torch.relu(torch.tensor([-1.0, 0.0, 2.0]))
        tensor([0., 0., 2.])
    """
    if input.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu: convert the tensor first, for instance with .float()")
    xp, inputs = array_module(input), input.reshape(-1)
    output, zeros = xp.empty(input.shape, input.dtype), None
    for x, space in blocks(inputs, output.reshape(-1)):
        zeros = xp.zeros_like(x) if zeros is None else zeros[:len(x)]         # an array of zeros: three times as fast as a number
        y = xp.maximum(x, zeros, out=space)           # noqa: F841
    return output


@relu.derivative                                      # dy/dx = 0 if y ≤ 0 else 1
def relu_backward(grad, out):
    grad_x = where_positive(grad, out)
    return grad_x


def where_positive(grad, y):
    """The gradient where y > 0 (or is nan), else 0."""
    return zeroed(grad, y <= 0)


@differentiable(name="LeakyReluBackward0")
def leaky_relu(input, *, negative_slope=0.01):
    """y = x if x > 0 else negative_slope · x: the larger of the two, unless the slope is steeper than 1 or falls."""
    x = floating(input, "leaky_relu")
    scaled = x * negative_slope
    y = array_module(x).maximum(x, scaled) if 0 < negative_slope <= 1 else chosen(x > 0, x, scaled)
    return y


@leaky_relu.derivative                                # dy/dx = 1 if x > 0 else negative_slope
def leaky_relu_backward(grad, input, negative_slope):
    grad_x = grad * slope(input, negative_slope)
    return grad_x


@leaky_relu.definition
def _(input, *, negative_slope=0.01):
    return where(input > 0, input, input * negative_slope)


def slope(x, negative_slope):
    """1 where x > 0, else `negative_slope`."""
    slopes = chosen(x > 0, 1.0, negative_slope, x.dtype)
    return slopes
