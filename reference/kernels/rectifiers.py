"""Activations of straight pieces in plain PyTorch, and their backwards derived by hand."""
import torch

# ---- bounded ------------------------------------------------------------------------------------------------------------


def hardtanh(input, *, min_val=-1.0, max_val=1.0):
    """y = min(max(x, min_val), max_val)."""
    return input.clamp(min_val, max_val)


def hardtanh_backward(grad, input, min_val, max_val):
    """dy/dx = 1 between the bounds, 0 on them and beyond."""
    outside = (input <= min_val) | (input >= max_val)
    return grad.masked_fill(outside, 0)


def hardsigmoid(input):
    """y = min(max(x + 3, 0), 6) / 6."""
    x = input
    return (x + 3).clamp(0, 6) / 6


def hardsigmoid_backward(grad, input):
    """dy/dx = 1/6 between -3 and 3, 0 on them and beyond."""
    outside = (input <= -3) | (input >= 3)
    return (grad / 6).masked_fill(outside, 0)


def hardswish(input):
    """y = x min(max(x + 3, 0), 6) / 6."""
    x = input
    return x * (x + 3).clamp(0, 6) / 6


def hardswish_backward(grad, input):
    """dy/dx = 0 up to -3; (x (x + 3)/6)' = x/3 + 1/2; 1 from 3 on."""
    slope = torch.where(input < 3, input / 3 + 0.5, 1.0)
    return torch.where(input <= -3, 0.0, grad * slope)


# ---- shrunk -------------------------------------------------------------------------------------------------------------


def hardshrink(input, *, lambd=0.5):
    """y = 0 if |x| ≤ λ else x."""
    x = input
    return x * ~(x.abs() <= lambd)


def hardshrink_backward(grad, input, lambd):
    """dy/dx = 0 if |x| ≤ λ else 1."""
    return grad.masked_fill(input.abs() <= lambd, 0)


def softshrink(input, *, lambd=0.5):
    """y = x - min(max(x, -λ), λ): x brought nearer to 0 by λ, and 0 if it was no farther."""
    x = input
    return x - x.clamp(-lambd, lambd)


def softshrink_backward(grad, input, lambd):
    """dy/dx = 0 if |x| ≤ λ else 1."""
    return grad.masked_fill(input.abs() <= lambd, 0)


def threshold(input, *, threshold, value):
    """y = x if x > threshold else value."""
    return torch.where(input <= threshold, value, input)


def threshold_backward(grad, input, threshold):
    """dy/dx = 0 if x ≤ threshold else 1."""
    return grad.masked_fill(input <= threshold, 0)


# ---- with slopes of their own -------------------------------------------------------------------------------------------


def prelu(input, weight):
    """y = x if x > 0 else w x."""
    x, w = input, weight
    return torch.where(x > 0, x, w * x)


def prelu_backward(grad, input, weight):
    """dy/dx = 1 if x > 0 else w."""
    return torch.where(input > 0, grad, weight * grad)


def prelu_weight_backward(grad, input):
    """dy/dw = 0 if x > 0 else x, to be summed where w was broadcast."""
    return torch.where(input > 0, 0.0, input * grad)


def rrelu(input, slopes):
    """y = s x, with s = 1 if x > 0, else drawn."""
    return input * slopes


def rrelu_backward(grad, slopes):
    """dy/dx = s."""
    return grad * slopes
