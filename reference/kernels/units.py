"""Smooth activations in plain PyTorch, and their backwards derived by hand."""
import torch

from reference.kernels.loss import softplus_of_opposite

# ---- exponential linear units -------------------------------------------------------------------------------------------


def elu(input, *, alpha=1.0, scale=1.0, input_scale=1.0):
    """y = s max(x, 0) + sα (exp(z) - 1), z = κ min(x, 0), with s = `scale`, κ = `input_scale`."""
    rise = input.clamp(min=0) * scale
    z = input.clamp(max=0) * input_scale
    return alpha * scale * torch.expm1(z) + rise


def elu_backward(grad, input, alpha, scale, input_scale):
    """dy/dx = s if x > 0 else s α κ exp(κx)."""
    fall = torch.where(input < 0, input * input_scale, 0.0)
    slope = torch.exp(fall) * (alpha * scale * input_scale)
    return grad * torch.where(input <= 0, slope, scale)


# ---- softplus and its relatives -----------------------------------------------------------------------------------------


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1 / (1 + torch.exp(-x))


def softplus(input, *, beta=1.0, threshold=20.0):
    """y = log(1 + exp(z))/β, z = βx, and x itself where z > threshold."""
    z = input * beta
    y = softplus_of_opposite(-z) / beta
    return torch.where(z > threshold, input, y)


def softplus_backward(grad, input, beta, threshold):
    """dy/dx = σ(βx), and 1 where βx > threshold."""
    z = input * beta
    slope = sigmoid(torch.where(z >= threshold, threshold, z))
    return grad * torch.where(z > threshold, 1.0, slope)


def logsigmoid(input):
    """y = log σ(x) = -log(1 + exp(-x))."""
    return -softplus_of_opposite(input)


def logsigmoid_backward(grad, input):
    """dy/dx = exp(-x)/(1 + exp(-x)) = σ(-x)."""
    return grad * sigmoid(-input)


# tanh(log(1 + e)) with e = exp(x): ((1 + e)² - 1)/((1 + e)² + 1) = n/(n + 2) with n = e (e + 2), which is 1 for x > 20.
def mish(input):
    """y = x tanh(log(1 + exp(x))) = x n/(n + 2), n = e (e + 2), e = exp(min(x, 20))."""
    e = torch.exp(input.clamp(max=20))
    n = e * (e + 2)
    t = n / (n + 2)
    return input * t


def mish_backward(grad, input):
    """t = 1 - 2/(n + 2), n' = 2e (e + 1): dy/dx = t + x 4e (e + 1)/(n + 2)²."""
    e = torch.exp(torch.where(input > 20, 20.0, input))
    n = e * (e + 2)
    slope = (n + input * (4 * e * (e + 1) / (n + 2))) / (n + 2)
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
