"""Layer and batch normalization in plain PyTorch, and their backwards derived by hand."""
import math

import torch

from reference.kernels.blocks import line_sums

# ---- layer normalization ------------------------------------------------------------------------------------------------


def rows(x, normalized_shape):
    """The tensor as a matrix with one row for each position that is normalized."""
    return x.reshape(x.shape[:x.ndim - len(normalized_shape)].numel(), math.prod(normalized_shape))


def row_of(weight):
    """A parameter as a row."""
    return None if weight is None else weight.reshape(1, -1)


def layer_norm(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """y = (x - E[x]) / √(Var[x] + ε) · w + b: each position by the mean and the biased variance of its own features."""
    w, b, n = row_of(weight), row_of(bias), math.prod(normalized_shape)
    x = rows(input, normalized_shape)
    if n == 0:
        return input.clone(), x.new_zeros(len(x), 1), x.new_zeros(len(x), 1)
    mean = line_sums(x) / n
    xc = x - mean
    var = line_sums(xc * xc) / n
    rstd = 1 / torch.sqrt(var + eps)
    xhat = xc * rstd
    y = xhat if w is None else xhat * w
    y = y if b is None else y + b
    return y.reshape(input.shape), mean, rstd


def layer_norm_backward(grad, input, mean, rstd, weight, bias, normalized_shape):
    """The mean and the variance send back c1 and x̂ c2."""
    w, n = row_of(weight), math.prod(normalized_shape)
    weight_sums, bias_sums = grad.new_zeros(2, n)
    x, grad_y = rows(input, normalized_shape), rows(grad, normalized_shape)
    xc = x - mean
    product_y = grad_y * xc
    if bias is not None:
        bias_sums += grad_y.sum(0)
    if weight is not None:
        weight_sums += rstd[:, 0] @ product_y
    c1 = line_sums(grad_y, w) / n
    c2 = line_sums(product_y, w) / n * rstd
    grad_xhat = grad_y if w is None else grad_y * w
    grad_x = (grad_xhat - c1 - xc * (rstd * c2)) * rstd
    grad_weight = None if weight is None else weight_sums.reshape(normalized_shape)
    grad_bias = None if bias is None else bias_sums.reshape(normalized_shape)
    return grad_x.reshape(input.shape), grad_weight, grad_bias


# ---- batch normalization ------------------------------------------------------------------------------------------------


def channelwise(v, x):
    """One number a channel, in a shape that broadcasts against (N, C, ...)."""
    return v.reshape(1, -1, *(1,) * (x.ndim - 2))


def channel_sums(x):
    """The sum of each channel (C,) of a batch (N, C, ...)."""
    return x.sum((0, *range(2, x.ndim)))


def batch_statistics(input):
    """Mean and biased variance of each channel of a batch (N, C, ...): two tensors (C,).

    Two passes: the second, over the centred values, also corrects the rounding of the first mean.
    """
    n = max(input[:, :1].numel(), 1)
    first = channel_sums(input) / n
    left, squares = moments(input, first)
    drift = left / n
    mean = first + drift
    var = squares / n - drift * drift
    return mean, var


def moments(input, centre):
    """For each channel the sums of x - centre, and of its square."""
    centred = input - channelwise(centre, input)
    return channel_sums(centred), channel_sums(centred * centred)


def batch_norm(input, mean, var, weight=None, bias=None, *, training, eps=1e-5):
    """y = (x - mean) / √(var + ε) · w + b, a mean and a variance for each channel: the batch's own in training."""
    rstd, scale, shift = affine_form(mean, var, weight, bias, eps)
    y = channelwise(scale, input) * input + channelwise(shift, input)
    return y, rstd


def affine_form(mean, var, weight, bias, eps):
    """(x - mean) / √(var + ε) · w + b as scale · x + shift: 1 / √(var + ε), the scale and the shift."""
    rstd = 1 / torch.sqrt(var + eps)
    scale = rstd if weight is None else rstd * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    return rstd, scale, shift


def batch_norm_backward(grad, input, mean, rstd, weight, training):
    """The batch's mean and variance send back c1 and x̂ c2; running statistics are constants."""
    n = max(input[:, :1].numel(), 1)
    xc, grad_bias, products = centred_sums(grad, input, mean)
    grad_weight = products * rstd
    scale = rstd if weight is None else rstd * weight
    if training:
        c1 = grad_bias / n
        c2 = grad_weight / n
        grad_x = channelwise(scale, xc) * (grad - channelwise(c1, xc) - xc * channelwise(rstd * c2, xc))
    else:
        grad_x = channelwise(scale, xc) * grad
    return grad_x, grad_weight, grad_bias


def centred_sums(grad, input, mean):
    """The centred input, and for each channel the sums of a gradient and of its product with that."""
    xc = input - channelwise(mean, input)
    return xc, channel_sums(grad), channel_sums(grad * xc)
