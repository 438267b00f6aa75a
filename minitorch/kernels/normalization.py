"""Layer and batch normalization: two-pass statistics, sums as matrix products, all else in place, block by block."""
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, fused
from minitorch.kernels.blocks import blocks, column_dots, column_sums, floating, line_dots, line_sums, product, wide

# ---- layer normalization ------------------------------------------------------------------------------------------------


def as_rows(x, normalized_shape):
    """The array (or tensor) as a matrix with one row for each position that is normalized."""
    return x.reshape(product(x.shape[:x.ndim - len(normalized_shape)]), product(normalized_shape))


def row(weight, x):
    """A parameter as a row in the precision of the matrix `x`."""
    return None if weight is None else weight.reshape(1, -1).astype(x.dtype, copy=False)


@differentiable(saves="mean rstd", name="NativeLayerNormBackward0")
def layer_norm(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    """y = (x - E[x]) / √(Var[x] + ε) · w + b: each position by the mean and the biased variance of its own features."""
    xp, inputs = array_module(input), as_rows(wide(floating(input, "layer_norm")), normalized_shape)
    w, b, n = row(weight, inputs), row(bias, inputs), inputs.shape[1]
    output = xp.empty(input.shape, inputs.dtype)
    means, rstds = xp.zeros((2, len(inputs), 1), inputs.dtype)
    for x, space, mean_space, rstd_space in blocks(inputs, as_rows(output, normalized_shape), means, rstds):
        mean = xp.divide(line_sums(x), n, out=mean_space)
        xc = xp.subtract(x, mean, out=space)
        var = line_dots(xc, xc) / n
        rstd = inverse_root(var, eps, rstd_space)
        xhat = xp.multiply(xc, rstd, out=space)
        y = xhat if w is None else xp.multiply(xhat, w, out=space)
        y = y if b is None else xp.add(y, b, out=space)
    return output.astype(input.dtype, copy=False), means, rstds


@fused
def inverse_root(xp, var, eps, rstd_space):
    """1 / √(Var[x] + ε)."""
    return xp.divide(1, xp.sqrt(var + eps), out=rstd_space)


@layer_norm.derivative                                # the mean and the variance send back c1 and x̂ c2
def layer_norm_backward(grad, input, mean, rstd, weight, bias, normalized_shape):
    xp, inputs, grads = array_module(input), as_rows(wide(input), normalized_shape), as_rows(wide(grad), normalized_shape)
    w, n = row(weight, inputs), inputs.shape[1]
    result = xp.empty(input.shape, inputs.dtype)
    weight_sums, bias_sums = xp.zeros((2, n), inputs.dtype)
    for x, grad_y, mean, rstd, space in blocks(inputs, grads, mean, rstd, as_rows(result, normalized_shape)):
        xc = x - mean
        product_y = xp.multiply(grad_y, xc, out=space)
        if bias is not None:
            bias_sums += column_sums(grad_y)
        if weight is not None:
            weight_sums += rstd[:, 0] @ product_y
        c1 = line_sums(grad_y, w) / n
        c2 = line_sums(product_y, w) / n * rstd
        grad_xhat = grad_y if w is None else xp.multiply(grad_y, w, out=space)
        grad_x = project(grad_xhat, c1, c2, rstd, xc, space)  # noqa: F841
    grad_weight = None if weight is None else weight_sums.reshape(normalized_shape)
    grad_bias = None if bias is None else bias_sums.reshape(normalized_shape)
    return result, grad_weight, grad_bias


@fused
def project(xp, grad_xhat, c1, c2, rstd, xc, space):
    """The gradient of x̂ less what the mean and the variance send back, over the standard deviation; xc is used up."""
    rest = xp.subtract(grad_xhat, c1, out=space)
    rest -= xp.multiply(xc, rstd * c2, out=xc)
    rest *= rstd
    return rest


@layer_norm.definition
def _(input, weight=None, bias=None, *, normalized_shape, eps=1e-5):
    x, n = as_rows(input, normalized_shape), product(normalized_shape)
    w = None if weight is None else weight.reshape(1, n)
    b = None if bias is None else bias.reshape(1, n)
    mean = x.mean(1, keepdim=True)
    xc = x - mean
    var = (xc * xc).mean(1, keepdim=True)
    rstd = (var + eps).rsqrt()
    xhat = xc * rstd
    y = xhat if w is None else xhat * w
    y = y if b is None else y + b
    return y.reshape(input.shape)


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

    def channel_sums(self, x):
        """The sum of each channel (C,) of a batch as a matrix."""
        total = self.zeros(x.dtype)
        for plane, s in blocks(x, total):
            s += self.sums(plane)
        return self.collect(total)

    def moments(self, x, centre):
        """For each channel the sums of x - centre, and of its square."""
        total, squares = self.zeros(x.dtype), self.zeros(x.dtype)
        for plane, mu, s, q in blocks(x, self.spread(centre), total, squares):
            centred = plane - mu
            s += self.sums(centred)
            q += self.dots(centred, centred)
        return self.collect(total), self.collect(squares)

    def centred_sums(self, grad, x, mean, result):
        """The centred x, in the memory of `result`, and for each channel the sums of a gradient and of its product with that."""
        totals, products = self.zeros(x.dtype), self.zeros(x.dtype)
        for plane, g, mu, s, d, space in blocks(x, grad, self.spread(mean), totals, products, self.matrix(result)):
            centred = self.xp.subtract(plane, mu, out=space)
            s += self.sums(g)
            d += self.dots(g, centred)
        return result, self.collect(totals), self.collect(products)


def batch_statistics(input):
    """Mean and biased variance of each channel of a batch (N, C, ...): two arrays (C,).

    Two passes: the second, over the centred values, also corrects the rounding of the first mean.
    """
    planes = Planes(input)
    inputs, n = planes.matrix(input), max(planes.count, 1)
    first = planes.channel_sums(inputs) / n
    left, squares = planes.moments(inputs, first)
    drift = left / n
    mean = first + drift
    var = squares / n - drift * drift
    return mean, var


@differentiable(saves="rstd", name="NativeBatchNormBackward0")
def batch_norm(input, mean, var, weight=None, bias=None, *, training, eps=1e-5):
    """y = (x - mean) / √(var + ε) · w + b, a mean and a variance for each channel.

    With `training` these must be the batch's own (`batch_statistics`), and the gradient flows through them; else they are constants.
    """
    planes = Planes(input)
    inputs = planes.matrix(input)
    rstd, scale, shift = affine_form(wide(mean), wide(var), wide(weight), wide(bias), eps)
    output = array_module(input).empty(input.shape, inputs.dtype)
    y = affine_planes(planes, inputs, scale, shift, output)
    return y.astype(input.dtype, copy=False), rstd


def affine_form(mean, var, weight, bias, eps):
    """(x - mean) / √(var + ε) · w + b as scale · x + shift: 1 / √(var + ε), the scale and the shift."""
    rstd, scale, shift = array_module(var).empty((3, *var.shape), var.dtype)
    as_affine(mean, var, weight, bias, eps, rstd, scale, shift)
    return rstd, scale, shift


@fused
def as_affine(xp, mean, var, weight, bias, eps, rstd_space, scale_space, shift_space):
    """`affine_form`, in memory that is given."""
    rstd = xp.divide(1, xp.sqrt(var + eps), out=rstd_space)
    if weight is None:
        scale_space[...] = rstd
    else:
        xp.multiply(rstd, weight, out=scale_space)
    moved = xp.multiply(mean, scale_space, out=shift_space)
    if bias is None:
        xp.negative(moved, out=shift_space)
    else:
        xp.subtract(bias, moved, out=shift_space)


def affine_planes(planes, inputs, scale, shift, output):
    """Each channel times its scale, plus its shift."""
    for plane, a, b, space in blocks(inputs, planes.spread(scale), planes.spread(shift), planes.matrix(output)):
        affine(plane, a, b, space)
    return output


@fused
def affine(xp, x, scale, shift, space):
    """scale · x + shift."""
    y = xp.multiply(x, scale, out=space)
    y += shift
    return y


@batch_norm.derivative("input", "weight", "bias")     # the batch's mean and variance send back c1 and x̂ c2
def batch_norm_backward(grad, input, mean, rstd, weight, training, needs):
    planes = Planes(input)
    inputs, grads, n = planes.matrix(input), planes.matrix(grad), max(planes.count, 1)
    result = array_module(input).empty(input.shape, inputs.dtype)
    xc, grad_bias, products = planes.centred_sums(grads, inputs, wide(mean), result)
    grad_weight = products * rstd
    scale = rstd if weight is None else rstd * wide(weight)
    if training:
        c1 = grad_bias / n
        c2 = grad_weight / n
        grad_x = project_planes(planes, grads, c1, rstd * c2, scale, xc) if needs[0] else None
    else:
        grad_x = scale_planes(planes, grads, scale, xc) if needs[0] else None
    return grad_x, grad_weight, grad_bias


def project_planes(planes, grads, c1, c2, scale, xc):
    """`project_affine` of all channels."""
    for g, k1, k2, a, space in blocks(grads, *map(planes.spread, (c1, c2, scale)), planes.matrix(xc)):
        project_affine(g, k1, k2, a, space)
    return xc


def scale_planes(planes, grads, scale, result):
    """The gradient of each channel times its scale."""
    for g, a, space in blocks(grads, planes.spread(scale), planes.matrix(result)):
        planes.xp.multiply(g, a, out=space)
    return result


@fused
def project_affine(xp, grad_y, c1, c2, scale, xc):
    """scale (g - c1 - c2 (x - E[x])), in the memory of the centred input."""
    xc *= c2
    xc += c1
    rest = xp.subtract(grad_y, xc, out=xc)
    rest *= scale


def channelwise(v, x):
    """One number a channel, in a shape that broadcasts against (N, C, ...)."""
    return v.reshape(1, -1, *(1,) * (x.ndim - 2))


@batch_norm.definition
def _(input, mean, var, weight=None, bias=None, *, training, eps=1e-5):
    m, v = moments(input) if training else (mean, var)
    rstd = (v + eps).rsqrt()
    scale = rstd if weight is None else rstd * weight
    xc = input - channelwise(m, input)
    scaled = xc * channelwise(scale, input)
    y = scaled if bias is None else scaled + channelwise(bias, input)
    return y


def moments(x):
    """`batch_statistics` of a tensor, with history."""
    dims, n = (0, *range(2, x.ndim)), max(Planes(x).count, 1)
    mean = x.sum(dims) / n
    var = ((x - channelwise(mean, x)) ** 2).sum(dims) / n
    return mean, var
