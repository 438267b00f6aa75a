"""Embedding in plain PyTorch."""
import torch
from torch import nn

from reference.kernels.embedding import embedding, embedding_backward
from reference.nn import init


class _Rows(torch.autograd.Function):
    """W[indices], with the gradient rules that embeddings have."""

    @staticmethod
    def forward(ctx, weight, indices, padding_idx, scale_grad_by_freq):
        ctx.save_for_backward(indices)
        ctx.shape, ctx.settings = weight.shape, (padding_idx, scale_grad_by_freq)
        return embedding(weight, indices)

    @staticmethod
    def backward(ctx, grad):
        indices, = ctx.saved_tensors
        return _Sums.apply(grad, indices, ctx.shape, *ctx.settings), None, None, None


class _Sums(torch.autograd.Function):
    """The gradient of the table; its own gradient leaves the frequency out, as torch does."""

    @staticmethod
    def forward(ctx, grad, indices, weight_shape, padding_idx, scale_grad_by_freq):
        ctx.save_for_backward(indices)
        ctx.padding_idx = padding_idx
        return embedding_backward(grad, indices, weight_shape=weight_shape, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq)

    @staticmethod
    def backward(ctx, grad_weight):
        indices, = ctx.saved_tensors
        return embedding(grad_weight, indices) * (indices != ctx.padding_idx)[..., None], None, None, None, None


class Embedding(nn.Module):
    """y[i] = W[index[i]]; W from N(0, 1), the padding row 0."""

    def __init__(self, num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False,
                 sparse=False, _weight=None, _freeze=False, device=None, dtype=None):
        super().__init__()
        if padding_idx is not None:
            padding_idx %= num_embeddings
        self.padding_idx = -1 if padding_idx is None else padding_idx
        self.max_norm, self.norm_type, self.scale_grad_by_freq = max_norm, norm_type, scale_grad_by_freq
        weight = torch.empty(num_embeddings, embedding_dim, device=device, dtype=dtype) if _weight is None else _weight
        self.weight = nn.Parameter(weight, requires_grad=not _freeze)
        if _weight is None:
            self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self):
        init.normal_(self.weight)
        if self.padding_idx >= 0:
            self.weight[self.padding_idx] = 0

    @torch.no_grad()
    def _shorten(self, indices):
        """Rows that are looked up and longer than max_norm get this length."""
        for row in indices.unique():
            norm = self.weight[row].abs().pow(self.norm_type).sum().pow(1 / self.norm_type)
            if norm > self.max_norm:
                self.weight[row] *= self.max_norm / (norm + 1e-7)

    def forward(self, input):
        if self.max_norm is not None:
            self._shorten(input)
        return _Rows.apply(self.weight, input, self.padding_idx, self.scale_grad_by_freq)
