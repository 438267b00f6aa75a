"""Normalization within a sample."""
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.ops.creation import empty


class LayerNorm(Module):
    """y = (x - mean) / √(var + eps) · γ + β, mean and variance over the last dimensions of each sample.

    Args:
        normalized_shape: the last sizes of the input, over which is normalized; one int for the last alone.
        eps: keeps the square root away from zero.
        elementwise_affine: whether γ and β are learned, of `normalized_shape`.
        bias: whether there is a β beside γ.

    Shape:
        (*, *normalized_shape) -> the same.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.LayerNorm(2)(torch.tensor([[1.0, 3.0]]))
        tensor([[-1.0000,  1.0000]], grad_fn=<NativeLayerNormBackward0>)

    Source: Ba, Kiros and Hinton (2016), https://docs.pytorch.org/docs/2.13/generated/torch.nn.LayerNorm.html
    """

    __constants__ = ["normalized_shape", "eps", "elementwise_affine"]

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        new = lambda wanted: Parameter(empty(self.normalized_shape, device=device, dtype=dtype)) if wanted else None
        self.register_parameter("weight", new(elementwise_affine))
        self.register_parameter("bias", new(elementwise_affine and bias))
        self.reset_parameters()

    def reset_parameters(self):
        """Weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input):
        """The normalized input."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self):
        """The settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
