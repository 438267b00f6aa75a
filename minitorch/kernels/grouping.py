"""Group normalization and root-mean-square normalization: one block after the other, all passes over it in the cache."""
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module
from minitorch.kernels.blocks import blocks, column_sums, floating, line_dots, line_sums, product, wide
from minitorch.kernels.normalization import as_rows, inverse_root, row

# ---- group normalization ------------------------------------------------------------------------------------------------


def as_groups(x, num_groups):
    """A batch (N, C, ...) as (N, G, C/G, L)."""
    N, C = x.shape[:2]
    return x.reshape(N, num_groups, C // num_groups, product(x.shape[2:]))


def column(v, num_groups, dtype):
    """One number a channel, as (G, C/G, 1)."""
    return None if v is None else v.reshape(num_groups, -1, 1).astype(dtype, copy=False)


def group_sums(x):
    """Sums over the channels and places of a group (n, G, C/G, L), as (n, G, 1, 1)."""
    return line_sums(x.reshape(x.shape[0] * x.shape[1], -1)).reshape(*x.shape[:2], 1, 1)


def group_dots(a, b):
    """Sums of the products over a group."""
    lines = a.shape[0] * a.shape[1]
    return line_dots(a.reshape(lines, -1), b.reshape(lines, -1)).reshape(*a.shape[:2], 1, 1)


def channel_sums(x):
    """Sums over the places of a channel, as (n, G, C/G, 1)."""
    return line_sums(x.reshape(-1, x.shape[3])).reshape(*x.shape[:3], 1)


def channel_dots(a, b):
    """Sums of the products over the places of a channel."""
    return line_dots(a.reshape(-1, a.shape[3]), b.reshape(-1, b.shape[3])).reshape(*a.shape[:3], 1)


@differentiable(saves="mean rstd", name="NativeGroupNormBackward0")
def group_norm(input, weight=None, bias=None, *, num_groups, eps=1e-5):
    """y = (x - E[x]) / √(Var[x] + ε) · w + b: mean and biased variance of each group of channels of each sample, w and b a channel."""
    xp, inputs = array_module(input), as_groups(wide(floating(input, "group_norm")), num_groups)
    w, b, n = column(weight, num_groups, inputs.dtype), column(bias, num_groups, inputs.dtype), max(inputs.shape[2] * inputs.shape[3], 1)
    output = xp.empty(input.shape, inputs.dtype)
    means, rstds = xp.zeros((2, *inputs.shape[:2], 1, 1), inputs.dtype)
    for x, space, mean_space, rstd_space in blocks(inputs, as_groups(output, num_groups), means, rstds):
        mean = xp.divide(group_sums(x), n, out=mean_space)
        xc = xp.subtract(x, mean, out=space)
        var = group_dots(xc, xc) / n
        rstd = inverse_root(var, eps, rstd_space)
        scale = rstd if w is None else rstd * w
        y = xp.multiply(xc, scale, out=space)
        y = y if b is None else xp.add(y, b, out=space)
    return output.astype(input.dtype, copy=False), means, rstds


# With x̂ = (x - E[x]) r, r = 1 / √(Var[x] + ε), and n elements in a group:  ∂L/∂w = Σ ȳ x̂,  ∂L/∂b = Σ ȳ,  and x̂'s gradient w ȳ loses
# what the mean and the variance send back, c1 = Σ w ȳ / n and c2 = Σ w ȳ x̂ / n:  ∂L/∂x = r (w ȳ - c1 - x̂ c2). All sums over a group
# are sums over its channels, which ∂L/∂w and ∂L/∂b need anyway.
@group_norm.derivative
def group_norm_backward(grad, input, mean, rstd, weight, bias, num_groups):
    xp, inputs, grads = array_module(input), as_groups(wide(input), num_groups), as_groups(wide(grad), num_groups)
    w, n = column(weight, num_groups, inputs.dtype), max(inputs.shape[2] * inputs.shape[3], 1)
    result = xp.empty(input.shape, inputs.dtype)
    weight_sums, bias_sums = xp.zeros((2, *inputs.shape[1:3]), inputs.dtype)
    for x, grad_y, mean, rstd, space in blocks(inputs, grads, mean, rstd, as_groups(result, num_groups)):
        xc = xp.subtract(x, mean, out=space)
        place_sums = channel_sums(grad_y)
        place_dots = channel_dots(grad_y, xc) * rstd
        bias_sums += place_sums[..., 0].sum(axis=0)
        weight_sums += place_dots[..., 0].sum(axis=0)
        c1 = (place_sums if w is None else place_sums * w).sum(axis=2, keepdims=True) / n
        c2 = (place_dots if w is None else place_dots * w).sum(axis=2, keepdims=True) / n
        scale = rstd if w is None else rstd * w
        back = xp.multiply(xc, rstd * rstd * c2, out=space)
        back += rstd * c1
        grad_x = xp.subtract(grad_y * scale, back, out=space)  # noqa: F841
    grad_weight = None if weight is None else weight_sums.reshape(weight.shape)
    grad_bias = None if bias is None else bias_sums.reshape(bias.shape)
    return result, grad_weight, grad_bias


@group_norm.definition
def _(input, weight=None, bias=None, *, num_groups, eps=1e-5):
    x = as_groups(input, num_groups)
    w = None if weight is None else weight.reshape(num_groups, -1, 1)
    b = None if bias is None else bias.reshape(num_groups, -1, 1)
    mean = x.mean((2, 3), keepdim=True)
    xc = x - mean
    var = (xc * xc).mean((2, 3), keepdim=True)
    rstd = (var + eps).rsqrt()
    scale = rstd if w is None else rstd * w
    y = xc * scale
    y = y if b is None else y + b
    return y.reshape(input.shape)


# ---- root-mean-square normalization ---------------------------------------------------------------------------------------

@differentiable(saves="rstd", name="FusedRmsNormBackward0")
def rms_norm(input, weight=None, *, normalized_shape, eps):
    """y = x / √(E[x²] + ε) · w: each position by the root of the mean square of its own features."""
    xp, inputs = array_module(input), as_rows(wide(floating(input, "rms_norm")), normalized_shape)
    w, n = row(weight, inputs), max(inputs.shape[1], 1)
    output = xp.empty(input.shape, inputs.dtype)
    rstds = xp.zeros((len(inputs), 1), inputs.dtype)
    for x, space, rstd_space in blocks(inputs, as_rows(output, normalized_shape), rstds):
        square = line_dots(x, x) / n
        rstd = inverse_root(square, eps, rstd_space)
        xhat = xp.multiply(x, rstd, out=space)
        y = xhat if w is None else xp.multiply(xhat, w, out=space)  # noqa: F841
    return output.astype(input.dtype, copy=False), rstds


# With x̂ = x r, r = 1 / √(E[x²] + ε):  ∂r/∂x = -r³ x / n,  so with g = w ȳ:  ∂L/∂x = r (g - x̂ E[g x̂]);  ∂L/∂w = Σ ȳ x̂.
@rms_norm.derivative
def rms_norm_backward(grad, input, rstd, weight, normalized_shape):
    xp, inputs, grads = array_module(input), as_rows(wide(input), normalized_shape), as_rows(wide(grad), normalized_shape)
    w, n = row(weight, inputs), max(inputs.shape[1], 1)
    result = xp.empty(input.shape, inputs.dtype)
    weight_sums = xp.zeros(inputs.shape[1], inputs.dtype)
    for x, grad_y, rstd, space in blocks(inputs, grads, rstd, as_rows(result, normalized_shape)):
        xhat = x * rstd
        product_y = xp.multiply(grad_y, xhat, out=space)
        if weight is not None:
            weight_sums += column_sums(product_y)
        c2 = line_sums(product_y, w) / n
        grad_xhat = grad_y if w is None else xp.multiply(grad_y, w, out=space)
        across = xp.subtract(grad_xhat, xp.multiply(xhat, c2, out=xhat), out=space)
        grad_x = xp.multiply(across, rstd, out=space)  # noqa: F841
    grad_weight = None if weight is None else weight_sums.reshape(normalized_shape)
    return result, grad_weight


@rms_norm.definition
def _(input, weight=None, *, normalized_shape, eps):
    x, n = as_rows(input, normalized_shape), product(normalized_shape)
    w = None if weight is None else weight.reshape(1, n)
    square = (x * x).mean(1, keepdim=True)
    rstd = (square + eps).rsqrt()
    xhat = x * rstd
    y = xhat if w is None else xhat * w
    return y.reshape(input.shape)
