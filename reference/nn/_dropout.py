"""Dropout in plain PyTorch: a mask of chances 1 - p, drawn in the memory order of the input."""
import torch

from reference.kernels import dropout as masked


def dropout(input, p=0.5, training=True, inplace=False):
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(0.0) if inplace else input * 0.0
    mask = torch.empty_like(input, dtype=torch.bool).bernoulli_(1 - p)
    y = masked.dropout(input, mask, p=p)
    return input.copy_(y) if inplace else y
