"""Normalization of vectors, cosine similarity and one-hot rows in plain PyTorch."""
import math

import torch


def _norm(x, p, dim):
    """(Σ |x|^p)^(1/p) along a dimension, which stays with size 1."""
    if math.isinf(p):
        return x.abs().amax(dim, keepdim=True)
    if p == 0:
        return (x != 0).sum(dim, keepdim=True).to(x.dtype)
    if p == 2:
        return torch.linalg.vector_norm(x, 2, dim, keepdim=True)
    return x.abs().pow(p).sum(dim, keepdim=True).pow(1 / p)


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    norm = _norm(input, p, dim).clamp_min(eps).expand_as(input)
    return input / norm if out is None else out.copy_(input / norm)


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    x1, x2 = torch.broadcast_tensors(x1, x2)
    norms = [_norm(x, 2, dim).clamp_min(eps) for x in (x1, x2)]
    return ((x1 / norms[0]) * (x2 / norms[1])).sum(dim)


def one_hot(tensor, num_classes=-1):
    if num_classes == -1:
        num_classes = int(tensor.max()) + 1
    return (tensor.unsqueeze(-1) == torch.arange(num_classes)).long()
