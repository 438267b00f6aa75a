"""Activations of straight pieces in plain PyTorch, and their backwards derived by hand."""
import torch

# ---- bounded ------------------------------------------------------------------------------------------------------------


def hardtanh(input, *, min_val=-1.0, max_val=1.0):
    """y = min(max(x, min_val), max_val)."""
    y = input.clamp(min_val, max_val)
    return y


def hardtanh_backward(grad, input, min_val, max_val):
    """dy/dx = 1 between the bounds, 0 on them and beyond."""
    outside = (input <= min_val) | (input >= max_val)
    grad_x = grad.masked_fill(outside, 0)
    return grad_x


def hardsigmoid(input):
    """y = min(max(x + 3, 0), 6) / 6."""
    x = input
    y = (x + 3).clamp(0, 6) / 6
    return y


def hardsigmoid_backward(grad, input):
    """dy/dx = 1/6 between -3 and 3, 0 on them and beyond, and at nan."""
    outside = ~((input > -3) & (input < 3))
    grad_x = (grad * (1 / 6)).masked_fill(outside, 0)
    return grad_x


def hardswish(input):
    """y = x min(max(x + 3, 0), 6) / 6."""
    x = input
    y = x * (x + 3).clamp(0, 6) / 6
    return y


def hardswish_backward(grad, input):
    """dy/dx = 0 up to -3; (x (x + 3)/6)' = x/3 + 1/2; 1 from 3 on."""
    slope = torch.where(input < 3, input / 3 + 0.5, 1.0)
    grad_x = torch.where(input <= -3, 0.0, grad * slope)
    return grad_x


# ---- shrunk -------------------------------------------------------------------------------------------------------------


def hardshrink(input, *, lambd=0.5):
    """y = 0 if |x| ≤ λ else x."""
    x = input
    y = x.masked_fill(x.abs() <= lambd, 0)
    return y


def hardshrink_backward(grad, input, lambd):
    """dy/dx = 0 if |x| ≤ λ else 1."""
    grad_x = grad.masked_fill(input.abs() <= lambd, 0)
    return grad_x


def softshrink(input, *, lambd=0.5):
    """y = x - min(max(x, -λ), λ): x brought nearer to 0 by λ, and 0 if it was no farther."""
    x = input
    y = x - x.clamp(-lambd, lambd)
    return y


def softshrink_backward(grad, input, lambd):
    """dy/dx = 0 if |x| ≤ λ else 1."""
    grad_x = grad.masked_fill(input.abs() <= lambd, 0)
    return grad_x


def threshold(input, *, threshold, value):
    """y = x if x > threshold else value."""
    y = torch.where(input <= threshold, value, input)
    return y


def threshold_backward(grad, input, threshold):
    """dy/dx = 0 if x ≤ threshold else 1."""
    grad_x = grad.masked_fill(input <= threshold, 0)
    return grad_x


# ---- with slopes of their own -------------------------------------------------------------------------------------------


def prelu(input, weight):
    """y = x if x > 0 else w x."""
    x = input
    y = x * torch.where(x > 0, 1.0, weight)
    return y


def prelu_backward(grad, input, weight):
    """dy/dx = 1 if x > 0 else w."""
    grad_x = grad * torch.where(input > 0, 1.0, weight)
    return grad_x


def prelu_weight_backward(grad, input):
    """dy/dw = 0 if x > 0 else x, to be summed where w was broadcast."""
    grad_weight = (input * grad).masked_fill(input > 0, 0)
    return grad_weight


def rrelu(input, slopes):
    """y = s x, with s = 1 if x > 0, else drawn."""
    return input * slopes


def rrelu_backward(grad, slopes):
    """dy/dx = s."""
    return grad * slopes
