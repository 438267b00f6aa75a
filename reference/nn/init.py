"""The initializers in plain PyTorch: which distribution, with which bounds, drawn in which order."""
import math

import torch


def calculate_gain(nonlinearity, param=None):
    """The factor that keeps the variance of the signal behind a nonlinearity."""
    if nonlinearity == "tanh":
        return 5 / 3
    if nonlinearity == "selu":
        return 3 / 4
    if nonlinearity == "relu":
        return math.sqrt(2)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2 / (1 + slope ** 2))
    return 1                                          # linear, convolutions, sigmoid


def _fans(tensor):
    """Inputs an output, outputs an input."""
    kernel = tensor[0, 0].numel() if tensor.numel() else math.prod(tensor.shape[2:])
    return tensor.size(1) * kernel, tensor.size(0) * kernel


@torch.no_grad()
def uniform_(tensor, a=0.0, b=1.0, generator=None):
    return tensor.uniform_(a, b, generator=generator)


@torch.no_grad()
def normal_(tensor, mean=0.0, std=1.0, generator=None):
    return tensor.normal_(mean, std, generator=generator)


@torch.no_grad()
def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    """Normals until all are inside, or, where the slice is small, uniforms accepted with the chance density/peak; whole rounds."""
    below = lambda x: (1 + math.erf(x / math.sqrt(2))) / 2
    if below((b - mean) / std) - below((a - mean) / std) > 0.3:
        return _redraw(tensor, lambda t: t.normal_(mean, std, generator=generator), lambda drawn: (drawn < a) | (drawn > b))
    mode = max(a, min(mean, b))
    peak = -0.5 * ((mode - mean) / std) ** 2

    def refused(drawn):
        log_density = ((drawn - mean) / std) ** 2 * -0.5 - peak
        return torch.empty_like(drawn).uniform_(generator=generator).log() > log_density
    return _redraw(tensor, lambda t: t.uniform_(a, b, generator=generator), refused)


def _redraw(tensor, draw, refused):
    """Fill a tensor by `draw`, again and again, until no value was refused."""
    waiting = refused(draw(tensor))
    if waiting.any():
        values = tensor.clone()
        while waiting.any():
            drawn = draw(torch.empty_like(tensor))
            values = torch.where(waiting, drawn, values)
            waiting &= refused(drawn)
        tensor[...] = values
    return tensor


@torch.no_grad()
def constant_(tensor, val):
    tensor[...] = val
    return tensor


def ones_(tensor):
    return constant_(tensor, 1.0)


def zeros_(tensor):
    return constant_(tensor, 0.0)


@torch.no_grad()
def eye_(tensor):
    rows, columns = map(torch.arange, tensor.shape)
    tensor[...] = rows[:, None] == columns
    return tensor


@torch.no_grad()
def dirac_(tensor, groups=1):
    """1 at the kernel's centre from input channel k to output channel k of every group."""
    outputs = tensor.size(0) // groups
    centre = [size // 2 for size in tensor.shape[2:]]
    tensor[...] = 0
    for group in range(groups):
        for channel in range(min(outputs, tensor.size(1))):
            tensor[(group * outputs + channel, channel, *centre)] = 1
    return tensor


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """U(-b, b), b = gain √(6 / (fan_in + fan_out))."""
    fan_in, fan_out = _fans(tensor)
    std = gain * math.sqrt(2 / (fan_in + fan_out))
    bound = math.sqrt(3) * std
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """N(0, std²), std = gain √(2 / (fan_in + fan_out))."""
    fan_in, fan_out = _fans(tensor)
    std = gain * math.sqrt(2 / (fan_in + fan_out))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """U(-b, b), b = gain √(3 / fan)."""
    if tensor.numel() == 0:
        return tensor
    fan = _fans(tensor)[("fan_in", "fan_out").index(mode)]
    std = calculate_gain(nonlinearity, a) / math.sqrt(fan)
    bound = math.sqrt(3) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """N(0, std²), std = gain / √fan."""
    if tensor.numel() == 0:
        return tensor
    fan = _fans(tensor)[("fan_in", "fan_out").index(mode)]
    std = calculate_gain(nonlinearity, a) / math.sqrt(fan)
    return normal_(tensor, 0.0, std, generator)


@torch.no_grad()
def orthogonal_(tensor, gain=1, generator=None):
    """Q of the QR of normals, columns signed by R's diagonal."""
    if tensor.numel() == 0:
        return tensor
    flat = tensor.new_empty(tensor.size(0), tensor.numel() // tensor.size(0)).normal_(0, 1, generator=generator)
    wide = flat.size(0) < flat.size(1)
    q, r = torch.linalg.qr(flat.T if wide else flat)
    q = q * torch.sign(torch.diagonal(r))
    tensor[...] = (q.T if wide else q).reshape(tensor.shape)
    tensor.mul_(gain)
    return tensor


@torch.no_grad()
def sparse_(tensor, sparsity, std=0.01, generator=None):
    """Normals; in every column a random part is set to 0."""
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        tensor[torch.randperm(rows)[:zeros], column] = 0
    return tensor
