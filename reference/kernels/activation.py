"""The softmax family, GELU, SiLU and the rectifiers in plain PyTorch, and their backwards derived by hand."""
import math

import torch

from reference.kernels.blocks import lines

# ---- softmax ------------------------------------------------------------------------------------------------------------


def softmax(input, *, dim, dtype=None):
    """yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ) along `dim`."""
    x = lines(input if dtype is None else input.to(getattr(torch, str(dtype).rpartition(".")[2])), dim)
    m = x.amax(1, keepdim=True) if x.numel() else x[:, :1]
    e = torch.exp(x - m)
    total = e.sum(1, keepdim=True)
    y = e / total
    return y.reshape(input.shape)


def softmax_backward(grad, y, *, dim):
    """∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ - yⱼ): with p = y, the gradient of x is p (g - Σⱼ gⱼ pⱼ)."""
    p, grad_y = lines(y, dim), lines(grad, dim)
    dot = (grad_y * p).sum(1, keepdim=True)
    grad_x = weighted_rest(grad_y, dot, p)
    return grad_x.reshape(y.shape)


def weighted_rest(grad_y, dot, p):
    """p (g - Σⱼ gⱼ pⱼ), given the sum."""
    rest = grad_y - dot
    grad_x = p * rest
    return grad_x


def log_softmax(input, *, dim, dtype=None):
    """yᵢ = xᵢ - log Σⱼ exp(xⱼ) along `dim`."""
    x = lines(input if dtype is None else input.to(getattr(torch, str(dtype).rpartition(".")[2])), dim)
    m = x.amax(1, keepdim=True) if x.numel() else x[:, :1]
    shifted, e = x - m, torch.exp(x - m)
    total = e.sum(1, keepdim=True)
    y = shifted - torch.log(total)
    return y.reshape(input.shape)


def log_softmax_backward(grad, y, *, dim):
    """∂yᵢ/∂xⱼ = δᵢⱼ - exp(yⱼ): with p = exp(y), the gradient of x is g - p Σⱼ gⱼ."""
    log_p, grad_y = lines(y, dim), lines(grad, dim)
    total = grad_y.sum(1, keepdim=True)
    grad_x = less_share(grad_y, log_p, total)
    return grad_x.reshape(y.shape)


def less_share(grad_y, log_p, total):
    """g - p Σⱼ gⱼ, given the sum."""
    p = torch.exp(log_p)
    share = p * total
    grad_x = grad_y - share
    return grad_x


# ---- GELU and SiLU --------------------------------------------------------------------------------------------------------


def normal_cdf(x, approximate):
    """Φ(x), the chance that a standard normal variable is below x; with "tanh" (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2."""
    if approximate == "none":
        return 0.5 * (1 + torch.erf(x / math.sqrt(2)))
    return 0.5 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def normal_pdf(x, phi, approximate):
    """The derivative of `normal_cdf`: exp(-x²/2)/√(2π); with "tanh", that of (1 + tanh u) / 2 = Φ: 2u' Φ (1 - Φ)."""
    if approximate == "none":
        return torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x) * phi * (1 - phi)


def gelu_values(x, *, approximate):
    """x Φ(x), and Φ(x)."""
    cdf = normal_cdf(x, approximate)
    return x * cdf, cdf


def gelu_slopes(x, cdf, grad_y, *, approximate):
    """g (Φ(x) + x φ(x)), given Φ(x)."""
    pdf = normal_pdf(x, cdf, approximate)
    slope = cdf + x * pdf
    grad_x = slope * grad_y
    return grad_x


def gelu(input, *, approximate="none"):
    """y = x Φ(x), with Φ the distribution function of the standard normal distribution, or an approximation by tanh."""
    x = input.reshape(-1)
    y, cdf = gelu_values(x, approximate=approximate)
    return y.reshape(input.shape), cdf


def gelu_backward(grad, input, cdf, approximate):
    """dy/dx = Φ(x) + x φ(x)."""
    x, phi, grad_y = input.reshape(-1), cdf, grad.reshape(-1)
    grad_x = gelu_slopes(x, phi, grad_y, approximate=approximate)
    return grad_x.reshape(input.shape)


def silu_values(x):
    """x / (1 + exp(-x))."""
    d = torch.exp(-x)
    d = d + 1
    y = x / d
    return y


def silu_slopes(x, grad_y):
    """g σ (1 + x (1 - σ))."""
    d = torch.exp(-x)
    d = d + 1
    s = 1 / d
    slope = 1 - s
    slope = slope * x
    slope = slope + 1
    slope = slope * s
    grad_x = slope * grad_y
    return grad_x


def silu(input):
    """y = x σ(x), with σ(x) = 1 / (1 + exp(-x))."""
    x = input.reshape(-1)
    y = silu_values(x)
    return y.reshape(input.shape)


def silu_backward(grad, input):
    """dy/dx = σ + x σ (1 - σ) = σ (1 + x (1 - σ))."""
    x, grad_y = input.reshape(-1), grad.reshape(-1)
    grad_x = silu_slopes(x, grad_y)
    return grad_x.reshape(input.shape)


# ---- rectifiers -----------------------------------------------------------------------------------------------------------


def relu(input):
    """y = max(x, 0)."""
    x = input.reshape(-1)
    y = torch.maximum(x, torch.zeros_like(x))
    return y.reshape(input.shape)


def relu_backward(grad, out):
    """dy/dx = 0 if y ≤ 0 else 1."""
    grad_x = where_positive(grad, out)
    return grad_x


def where_positive(grad, y):
    """The gradient where y > 0 (or is nan), else 0."""
    return grad.masked_fill(y <= 0, 0)


def leaky_relu(input, *, negative_slope=0.01):
    """y = x if x > 0 else negative_slope · x: the larger of the two, unless the slope is steeper than 1 or falls."""
    x = input
    scaled = x * negative_slope
    y = torch.maximum(x, scaled) if 0 < negative_slope <= 1 else torch.where(x > 0, x, scaled)
    return y


def leaky_relu_backward(grad, input, negative_slope):
    """dy/dx = 1 if x > 0 else negative_slope."""
    grad_x = grad * slope(input, negative_slope)
    return grad_x


def slope(x, negative_slope):
    """1 where x > 0, else `negative_slope`."""
    slopes = torch.where(x > 0, torch.ones_like(x), negative_slope)
    return slopes
