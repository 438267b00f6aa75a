"""Dropout."""
from minitorch.nn import functional as F
from minitorch.nn.modules.module import Module


class _DropoutNd(Module):
    __constants__ = ["p", "inplace"]

    def __init__(self, p=0.5, inplace=False):
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def extra_repr(self):
        """The settings."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """In training every value becomes zero with the chance p, and the others are divided by 1 - p; in evaluation nothing happens.

    Args:
        p: the chance, from 0 to 1.
        inplace: whether the input itself is changed.

    Raises:
        ValueError: p is outside [0, 1].

    Example:
        >>> import minitorch as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.Dropout(0.5)(torch.ones(4))
        tensor([0., 0., 2., 0.])

    Source: Hinton et al. (2012), https://docs.pytorch.org/docs/2.13/generated/torch.nn.Dropout.html
    """

    def forward(self, input):
        """The input with values dropped, in training."""
        return F.dropout(input, self.p, self.training, self.inplace)
