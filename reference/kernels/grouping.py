"""Group and root-mean-square normalization in plain PyTorch, and their backwards derived by hand."""
from math import prod

import torch

from reference.kernels.normalization import rows as as_rows


def grouped(x, num_groups):
    """A batch (N, C, ...) as (N, G, C/G, L)."""
    N, C = x.shape[:2]
    return x.reshape(N, num_groups, C // num_groups, prod(x.shape[2:]))


def column(v, num_groups):
    """One number a channel, as (G, C/G, 1)."""
    return None if v is None else v.reshape(num_groups, v.numel() // num_groups, 1)


def group_norm(input, weight=None, bias=None, *, num_groups, eps=1e-5):
    """y = (x - E[x]) / √(Var[x] + ε) · w + b: mean and biased variance of each group of channels of each sample, w and b a channel."""
    x = grouped(input, num_groups)
    w, b, n = column(weight, num_groups), column(bias, num_groups), max(x.shape[2] * x.shape[3], 1)
    mean = x.sum((2, 3), keepdim=True) / n
    xc = x - mean
    var = (xc * xc).sum((2, 3), keepdim=True) / n
    rstd = 1 / (var + eps).sqrt() if x.numel() else torch.zeros_like(var)
    scale = rstd if w is None else rstd * w
    y = xc * scale
    y = y if b is None else y + b
    return y.reshape(input.shape), mean, rstd


def group_norm_backward(grad, input, mean, rstd, weight, bias, num_groups):
    """∂L/∂x = r (w ȳ - c1 - x̂ c2), c1 = Σ w ȳ / n, c2 = Σ w ȳ x̂ / n;  ∂L/∂w = Σ ȳ x̂;  ∂L/∂b = Σ ȳ."""
    x, grad_y = grouped(input, num_groups), grouped(grad, num_groups)
    w, n = column(weight, num_groups), max(x.shape[2] * x.shape[3], 1)
    weight_sums, bias_sums = x.new_zeros(2, *x.shape[1:3])
    xc = x - mean
    place_sums = grad_y.sum(3, keepdim=True)
    place_dots = (grad_y * xc).sum(3, keepdim=True) * rstd
    bias_sums += place_sums[..., 0].sum(0)
    weight_sums += place_dots[..., 0].sum(0)
    c1 = (place_sums if w is None else place_sums * w).sum(2, keepdim=True) / n
    c2 = (place_dots if w is None else place_dots * w).sum(2, keepdim=True) / n
    scale = rstd if w is None else rstd * w
    back = xc * (rstd * rstd * c2)
    back = back + rstd * c1
    grad_x = grad_y * scale - back
    grad_weight = None if weight is None else weight_sums.reshape(weight.shape)
    grad_bias = None if bias is None else bias_sums.reshape(bias.shape)
    return grad_x.reshape(input.shape), grad_weight, grad_bias


def rms_norm(input, weight=None, *, normalized_shape, eps):
    """y = x / √(E[x²] + ε) · w: each position by the root of the mean square of its own features."""
    x = as_rows(input, normalized_shape)
    w, n = None if weight is None else weight.reshape(1, x.shape[1]), max(x.shape[1], 1)
    square = (x * x).sum(1, keepdim=True) / n
    rstd = 1 / (square + eps).sqrt() if x.numel() else x.new_zeros(len(x), 1)
    xhat = x * rstd
    y = xhat if w is None else xhat * w
    return y.reshape(input.shape), rstd


def rms_norm_backward(grad, input, rstd, weight, normalized_shape):
    """∂L/∂x = r (w ȳ - x̂ E[w ȳ x̂]);  ∂L/∂w = Σ ȳ x̂."""
    x, grad_y = as_rows(input, normalized_shape), as_rows(grad, normalized_shape)
    w, n = None if weight is None else weight.reshape(1, x.shape[1]), max(x.shape[1], 1)
    weight_sums = x.new_zeros(x.shape[1])
    xhat = x * rstd
    product_y = grad_y * xhat
    if weight is not None:
        weight_sums += product_y.sum(0)
    c2 = (product_y if w is None else product_y * w).sum(1, keepdim=True) / n
    grad_xhat = grad_y if w is None else grad_y * w
    across = grad_xhat - xhat * c2
    grad_x = across * rstd
    grad_weight = None if weight is None else weight_sums.reshape(normalized_shape)
    return grad_x.reshape(input.shape), grad_weight
