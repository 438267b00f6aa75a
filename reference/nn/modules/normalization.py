"""Layer normalization in plain PyTorch, on the reference's kernel."""
import torch
from torch import nn

from reference.kernels.normalization import layer_norm


class LayerNorm(nn.Module):
    """y = (x - mean) / √(var + eps) · γ + β, over the last dimensions of each sample."""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        factory = {"device": device, "dtype": dtype}
        self.weight = nn.Parameter(torch.ones(self.normalized_shape, **factory)) if elementwise_affine else None
        self.bias = nn.Parameter(torch.zeros(self.normalized_shape, **factory)) if elementwise_affine and bias else None

    def forward(self, input):
        out, *_ = layer_norm(input, self.weight, self.bias, normalized_shape=self.normalized_shape, eps=self.eps)
        return out
