"""Embedding in plain PyTorch."""
import torch
from torch import nn

from reference.nn import init


class _Rows(torch.autograd.Function):
    """W[indices], with the gradient rules that embeddings have."""

    @staticmethod
    def forward(ctx, weight, indices, padding_idx, scale_grad_by_freq):
        ctx.save_for_backward(indices)
        ctx.shape, ctx.padding_idx, ctx.scale = weight.shape, padding_idx, scale_grad_by_freq
        return weight[indices.long()]

    @staticmethod
    def backward(ctx, grad):
        indices, = ctx.saved_tensors
        flat, rows = indices.reshape(-1).long(), grad.reshape(indices.numel(), ctx.shape[1])
        if ctx.scale:
            uses = torch.bincount(flat, minlength=ctx.shape[0])
            rows = rows / uses[flat][:, None]
        if ctx.padding_idx is not None:
            rows = rows * (flat != ctx.padding_idx)[:, None]
        return torch.zeros(ctx.shape, dtype=grad.dtype).index_add(0, flat, rows), None, None, None


class Embedding(nn.Module):
    """y[i] = W[index[i]]; W from N(0, 1), the padding row 0."""

    def __init__(self, num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False,
                 sparse=False, _weight=None, _freeze=False, device=None, dtype=None):
        super().__init__()
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm, self.norm_type, self.scale_grad_by_freq = max_norm, norm_type, scale_grad_by_freq
        weight = torch.empty(num_embeddings, embedding_dim, device=device, dtype=dtype) if _weight is None else _weight
        self.weight = nn.Parameter(weight, requires_grad=not _freeze)
        if _weight is None:
            self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self):
        init.normal_(self.weight)
        if self.padding_idx is not None:
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
