"""Smooth activations in plain PyTorch, and their backwards derived by hand."""
import torch


def block_by_block(chain, *values):
    """A function of arrays and numbers, over arrays of one shape with all elements in a line."""
    lines = [v.reshape(-1) if isinstance(v, torch.Tensor) else v for v in values]
    return chain(*lines).reshape(values[0].shape)


# ---- exponential linear units -------------------------------------------------------------------------------------------


def elu(input, *, alpha=1.0, scale=1.0, input_scale=1.0):
    """y = s max(x, 0) + sα (exp(κ min(x, 0)) - 1), with s = `scale`, κ = `input_scale`."""
    chain = elu_values if input_scale >= 0 else steep_values
    return block_by_block(chain, input, alpha * scale, scale, input_scale)


def elu_values(x, curve, scale, input_scale):
    """s max(x, 0) + sα (exp(2z) - 1), z = κ min(x, 0)/2 ≤ 0; exp(2z) - 1 = 2t/(1 - t), t = tanh(z)."""
    z = x.clamp(max=0)
    z = z * (0.5 * input_scale)
    t = torch.tanh(z)
    rest = 1 - t
    t = t * (2 * curve)
    fall = t / rest
    rise = x.clamp(min=0)
    rise = rise * scale
    fall = fall + rise
    return fall


def steep_values(x, curve, scale, input_scale):
    """s max(x, 0) + sα (exp(z) - 1), z = κ min(x, 0), for κ < 0."""
    z = x.clamp(max=0)
    z = z * input_scale
    fall = torch.expm1(z)
    fall = fall * curve
    rise = x.clamp(min=0)
    rise = rise * scale
    fall = fall + rise
    return fall


def elu_backward(grad, input, *, alpha, scale, input_scale):
    """dy/dx = s if x > 0 else s α κ exp(κx)."""
    curve = alpha * scale * input_scale
    return block_by_block(elu_slopes, grad, input, curve, input_scale, scale - curve)


def elu_slopes(grad_y, x, curve, input_scale, jump):
    """g (c exp(κ min(x, 0)) + (s - c) [x > 0]), c = sακ; at nan s."""
    fall = torch.fmin(x, torch.zeros_like(x))
    fall = fall * input_scale
    slope = torch.exp(fall)
    slope = slope * curve
    above = torch.logical_not(x <= 0).to(x.dtype)
    above = above * jump
    slope = slope + above
    slope = slope * grad_y
    return slope


# ---- softplus and its relatives -----------------------------------------------------------------------------------------


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1 / (1 + torch.exp(-x))


def softplus(input, *, beta=1.0, threshold=20.0):
    """y = log(1 + exp(βx))/β, and x itself where βx > threshold."""
    return block_by_block(softplus_values, input, beta, threshold)


def softplus_values(x, beta, threshold):
    """(log(1 + e) + max(z, 0))/β, z = βx, e = exp(-|z|), 0 where z > threshold."""
    z = x * beta
    e = torch.exp(-torch.abs(z))
    e = e * (z <= threshold)
    y = log_of_next(e)
    y = y + z.clamp(min=0)
    y = y / beta
    return y


def log_of_next(e):
    """log(1 + e): what rounding takes from the logarithm of u = 1 + e is given back, (e - (u - 1))/u."""
    u = e + 1
    e = e - (u - 1)
    e = e / u
    e = e + torch.log(u)
    return e


def softplus_backward(grad, input, *, beta, threshold):
    """dy/dx = σ(βx), and 1 where βx > threshold."""
    return block_by_block(softplus_slopes, grad, input, beta, threshold)


def softplus_slopes(grad_y, x, beta, threshold):
    """g max(σ(z), [z > threshold]), z = βx."""
    opposite = x * -beta
    above = (opposite < -threshold).to(x.dtype)
    u = torch.exp(opposite)
    u = u + 1
    slope = 1 / u
    slope = torch.maximum(slope, above)
    grad_x = slope * grad_y
    return grad_x


def logsigmoid(input):
    """y = log σ(x) = -log(1 + exp(-x))."""
    return block_by_block(logsigmoid_values, input)


def logsigmoid_values(x):
    """min(x, 0) - log(1 + exp(-|x|))."""
    e = torch.exp(-torch.abs(x))
    y = log_of_next(e)
    y = x.clamp(max=0) - y
    return y


def logsigmoid_backward(grad, input):
    """dy/dx = exp(-x)/(1 + exp(-x)) = σ(-x)."""
    grad_x = grad * sigmoid(-input)
    return grad_x


# tanh(log(1 + e)) with e = exp(x): ((1 + e)² - 1)/((1 + e)² + 1) = n/(n + 2) with n = e (e + 2), which is 1 for x > 20.
def mish(input):
    """y = x tanh(log(1 + exp(x)))."""
    return block_by_block(mish_values, input)


def mish_values(x):
    """x n/(n + 2), n = e (e + 2), e = exp(min(x, 20))."""
    e = torch.exp(x.clamp(max=20))
    n = e * (e + 2)
    t = n / (n + 2)
    return x * t


def mish_backward(grad, input):
    """t = 1 - 2/(n + 2), n' = 2e (e + 1): dy/dx = t + x 4e (e + 1)/(n + 2)²."""
    x = torch.where(input > 20, 20.0, input)          # beyond it the slope is 1
    e = torch.exp(x)
    n = e * (e + 2)
    slope = (n + x * (4 * e * (e + 1) / (n + 2))) / (n + 2)
    return grad * slope


# ---- gated linear units -------------------------------------------------------------------------------------------------


def glu(input, *, dim):
    """y = a σ(b), with a and b the halves of x along `dim`."""
    half = input.shape[dim] // 2
    a, b = input.narrow(dim, 0, half), input.narrow(dim, half, half)
    return a * sigmoid(b)


def glu_backward(grad, input, dim):
    """dy/da = σ, dy/db = a σ (1 - σ)."""
    half = input.shape[dim] // 2
    a, b = input.narrow(dim, 0, half), input.narrow(dim, half, half)
    gate = sigmoid(b)
    grad_a = grad * gate
    grad_b = grad_a * a * (1 - gate)
    return torch.cat([grad_a, grad_b], dim)
