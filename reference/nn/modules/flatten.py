"""Flatten and Unflatten in plain PyTorch."""
from math import prod

from torch import nn


class Flatten(nn.Module):
    """One dimension instead of those from start_dim to end_dim."""

    def __init__(self, start_dim=1, end_dim=-1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input):
        start, end = (dim % max(input.dim(), 1) for dim in (self.start_dim, self.end_dim))
        shape = input.shape
        return input.reshape(*shape[:start], prod(shape[start:end + 1]), *shape[end + 1:])


class Unflatten(nn.Module):
    """Several dimensions instead of one; one of their sizes may be -1."""

    def __init__(self, dim, unflattened_size):
        super().__init__()
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input):
        dim = self.dim % input.dim()
        sizes = list(self.unflattened_size)
        if -1 in sizes:
            sizes[sizes.index(-1)] = input.size(dim) // -prod(sizes)
        return input.view(*input.shape[:dim], *sizes, *input.shape[dim + 1:])
