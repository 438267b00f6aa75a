"""Proofs of equality: of two tensors, of a function or layer with PyTorch's, of a derivative with central differences.

The strategies that draw inputs are in `minitorch.testing.strategies` (they need Hypothesis). Nothing here imports torch: what is compared
with it brings it along.

    import torch
    from hypothesis import given
    from minitorch.testing import assert_matches_torch
    from minitorch.testing.strategies import shapes, tensors

    @given(tensors(shapes(1, min_side=1)))
    def test_my_softmax(x):
        assert_matches_torch(my_softmax, lambda x: torch.softmax(x, -1), x)
"""
from minitorch.autograd import gradcheck, gradgradcheck

from .close import assert_close
from .comparison import TOLERANCES, Mismatch
from .matching import assert_matches_torch

__all__ = ["TOLERANCES", "Mismatch", "assert_close", "assert_matches_torch", "gradcheck", "gradgradcheck"]
