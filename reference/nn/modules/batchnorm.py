"""Batch normalization in plain PyTorch, on the reference's kernel."""
import torch
from torch import nn

from reference.kernels.normalization import batch_norm


class _BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        factory = {"device": device, "dtype": dtype}
        self.weight = nn.Parameter(torch.ones(num_features, **factory)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_features, **factory)) if affine and bias else None
        self.register_buffer("running_mean", torch.zeros(num_features, **factory) if track_running_stats else None)
        self.register_buffer("running_var", torch.ones(num_features, **factory) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", torch.tensor(0) if track_running_stats else None)

    def forward(self, input):
        if not self.training and self.running_mean is not None:
            out, _ = batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps)
            return out
        dims = [d for d in range(input.dim()) if d != 1]
        mean = input.mean(dims) if input.numel() else input.new_zeros(input.size(1))
        var = input.var(dims, correction=0) if input.numel() else input.new_ones(input.size(1))
        if self.training and self.running_mean is not None:
            self._track(mean, var, input.numel() // input.size(1))
        out, _ = batch_norm(input, mean, var, self.weight, self.bias, training=True, eps=self.eps)
        return out

    @torch.no_grad()
    def _track(self, mean, var, count):
        """Running statistics move towards the batch's, the variance by its unbiased estimate."""
        self.num_batches_tracked += 1
        if count == 0:
            return
        factor = 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum
        self.running_mean += factor * (mean - self.running_mean)
        self.running_var += factor * (var * count / (count - 1) - self.running_var)


class BatchNorm1d(_BatchNorm):
    """y = (x - mean) / √(var + eps) · γ + β, over the batch (and the length)."""


class BatchNorm2d(_BatchNorm):
    """y = (x - mean) / √(var + eps) · γ + β, over batch, height and width."""
