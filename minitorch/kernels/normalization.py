"""Layer and batch normalization: two-pass statistics, sums as matrix products, all else in place, block by block."""
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module
from minitorch.kernels.blocks import blocks, column_dots, column_sums, line_dots, line_sums, product, wide

# ---- layer normalization ------------------------------------------------------------------------------------------------


def rows(x, normalized_shape):
    """The array as a matrix with one row for each position that is normalized."""
    lead = x.shape[:x.ndim - len(normalized_shape)]
    return wide(x).reshape(product(lead), product(normalized_shape))


def row(w, x):
    """A parameter as a row vector in the precision of the matrix `x`."""
    return None if w is None else w.reshape(1, -1).astype(x.dtype, copy=False)


@differentiable(saves="mean rstd", name="NativeLayerNormBackward0")
def layer_norm(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """y = (x - E[x]) / √(Var[x] + ε) · weight + bias: each position by the mean and the biased variance of its own features."""
    xp = array_module(input)
    inputs = rows(input, normalized_shape)
    weight, bias = row(weight, inputs), row(bias, inputs)
    outputs = xp.empty_like(inputs, order="C")
    means, rstds = xp.zeros((2, len(inputs), 1), inputs.dtype)
    for x, y, mean, rstd in blocks(inputs, outputs, means, rstds):
        mean[:] = line_sums(x) / x.shape[1]
        xc = xp.subtract(x, mean, out=y)
        var = line_dots(xc, xc) / x.shape[1]
        rstd[:] = 1 / xp.sqrt(var + eps)
        xhat = xp.multiply(xc, rstd, out=y)
        if weight is not None:
            y = xp.multiply(xhat, weight, out=y)
        if bias is not None:
            y += bias
    return outputs.reshape(input.shape).astype(input.dtype, copy=False), means, rstds


@layer_norm.derivative                                # the mean and the variance send back c1 and x̂ c2
def layer_norm_backward(grad, input, mean, rstd, weight, normalized_shape, needs):
    xp = array_module(input)
    inputs, grads = rows(input, normalized_shape), rows(grad, normalized_shape)
    weight = row(weight, inputs)
    results = xp.empty_like(inputs, order="C")
    grad_weight, grad_bias = xp.zeros((2, *normalized_shape), inputs.dtype)
    for x, grad_y, grad_x, mean, rstd in blocks(inputs, grads, results, mean, rstd):
        xhat = x - mean
        xhat *= rstd
        if needs[2]:
            grad_bias += column_sums(grad_y).reshape(normalized_shape)
        if needs[1]:
            grad_weight += column_dots(grad_y, xhat).reshape(normalized_shape)
        if needs[0]:
            grad_xhat = grad_y if weight is None else xp.multiply(grad_y, weight, out=grad_x)
            c1 = line_sums(grad_xhat) / x.shape[1]
            c2 = line_dots(grad_xhat, xhat) / x.shape[1]
            xhat *= c2
            xp.subtract(grad_xhat, c1, out=grad_x)
            grad_x -= xhat
            grad_x *= rstd
    return results.reshape(input.shape), grad_weight, grad_bias


@layer_norm.definition
def _(x, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    dims = tuple(range(-len(normalized_shape), 0))
    mean = x.mean(dims, keepdim=True)
    xc = x - mean
    var = (xc * xc).mean(dims, keepdim=True)
    rstd = (var + eps).rsqrt()
    xhat = xc * rstd
    y = xhat if weight is None else xhat * weight
    y = y if bias is None else y + bias
    return y


# ---- batch normalization ------------------------------------------------------------------------------------------------

class Planes:
    """A batch (N, C, ...) as a matrix in which every channel's elements are easily found.

    Large planes are the rows of a (N·C, L) matrix, each with one number of its channel; small ones stand side by side in a
    (N, C·L) matrix, whose columns have the channels' numbers repeated. Either way the inner loops are long.
    """

    def __init__(self, x):
        self.xp, self.shape = array_module(x), x.shape
        self.batch, self.channels, self.length = x.shape[0], x.shape[1], product(x.shape[2:])
        self.wide = self.length >= 64
        self.count = self.batch * self.length         # elements of one channel

    def matrix(self, x):
        """The batch as the matrix."""
        return wide(x).reshape((self.batch * self.channels, self.length) if self.wide else (self.batch, self.channels * self.length))

    def spread(self, v):
        """One number a channel (C,), as a column or a row of the matrix."""
        return self.xp.tile(v, self.batch)[:, None] if self.wide else self.xp.repeat(v, self.length)[None]

    def zeros(self, dtype):
        """A column or row to sum into."""
        return self.xp.zeros((self.batch * self.channels, 1) if self.wide else (1, self.channels * self.length), dtype)

    def collect(self, s):
        """The sum for each channel (C,) of a column or row of sums."""
        return s.reshape(self.batch, self.channels).sum(axis=0) if self.wide else s.reshape(self.channels, self.length).sum(axis=1)

    def sums(self, x):
        """Sums of a block of the matrix: of its rows or of its columns."""
        return line_sums(x) if self.wide else column_sums(x)[None]

    def dots(self, a, b):
        """Sums of the products of two blocks."""
        return line_dots(a, b) if self.wide else column_dots(a, b)[None]


def batch_statistics(input):
    """Mean and biased variance of each channel of a batch (N, C, ...): two arrays (C,).

    Two passes: the second, over the centred values, also corrects the rounding of the first mean.
    """
    planes = Planes(input)
    inputs, n = planes.matrix(input), max(planes.count, 1)
    total = planes.zeros(inputs.dtype)
    for x, s in blocks(inputs, total):
        s += planes.sums(x)
    mean = planes.collect(total) / n
    total, squares = planes.zeros(inputs.dtype), planes.zeros(inputs.dtype)
    for x, mu, s, q in blocks(inputs, planes.spread(mean), total, squares):
        xc = x - mu
        s += planes.sums(xc)
        q += planes.dots(xc, xc)
    rest = planes.collect(total) / n
    var = planes.collect(squares) / n - rest * rest
    return mean + rest, var


@differentiable(saves="rstd", name="NativeBatchNormBackward0")
def batch_norm(input, mean, var, weight=None, bias=None, *, training, eps=1e-5):
    """y = (x - mean) / √(var + ε) · weight + bias, a mean and a variance for each channel.

    With `training` these must be the batch's own (`batch_statistics`), and the gradient flows through them; else they are constants.
    """
    xp, planes = array_module(input), Planes(input)
    inputs = planes.matrix(input)
    rstd = 1 / xp.sqrt(wide(var) + eps)
    scale = rstd if weight is None else rstd * wide(weight)
    outputs = xp.empty_like(inputs, order="C")
    shift = None if bias is None else planes.spread(wide(bias))
    for x, y, mu, a, b in blocks(inputs, outputs, planes.spread(wide(mean)), planes.spread(scale), shift):
        xc = xp.subtract(x, mu, out=y)
        y = xp.multiply(xc, a, out=y)
        if b is not None:
            y += b
    return outputs.reshape(input.shape).astype(input.dtype, copy=False), rstd


@batch_norm.derivative                                # the batch's mean and variance send back c1 and x̂ c2
def batch_norm_backward(grad, input, mean, rstd, weight, training, needs):
    xp, planes = array_module(input), Planes(input)
    inputs, grads, means = planes.matrix(input), planes.matrix(grad), planes.spread(wide(mean))
    total, dots = planes.zeros(inputs.dtype), planes.zeros(inputs.dtype)
    for x, grad_y, mu, s, d in blocks(inputs, grads, means, total, dots):
        xc = x - mu
        s += planes.sums(grad_y)
        d += planes.dots(grad_y, xc)
    grad_bias = planes.collect(total)
    grad_weight = planes.collect(dots) * rstd
    if not needs[0]:
        return None, None, None, grad_weight, grad_bias
    scale = rstd if weight is None else rstd * wide(weight)
    results = xp.empty_like(inputs, order="C")
    if not training:
        for grad_y, grad_x, a in blocks(grads, results, planes.spread(scale)):
            xp.multiply(grad_y, a, out=grad_x)
        return results.reshape(input.shape), None, None, grad_weight, grad_bias
    c1 = grad_bias / max(planes.count, 1)
    c2 = grad_weight / max(planes.count, 1)
    for x, grad_y, grad_x, mu, k1, k2, a in blocks(inputs, grads, results, means, *map(planes.spread, (c1, c2 * rstd, scale))):
        xc = x - mu
        xc *= k2
        xp.subtract(grad_y, k1, out=grad_x)
        grad_x -= xc
        grad_x *= a
    return results.reshape(input.shape), None, None, grad_weight, grad_bias


@batch_norm.definition
def _(x, mean, var, weight=None, bias=None, *, training, eps=1e-5):
    dims, shape = (0, *range(2, x.ndim)), (1, -1) + (1,) * (x.ndim - 2)
    if training:
        mean = x.mean(dims)
        xc = x - mean.reshape(shape)
        var = (xc * xc).mean(dims)
    else:
        xc = x - mean.reshape(shape)
    rstd = (var + eps).rsqrt()
    scale = rstd if weight is None else rstd * weight
    y = xc * scale.reshape(shape)
    y = y if bias is None else y + bias.reshape(shape)
    return y
