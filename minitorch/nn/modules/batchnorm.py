"""Batch normalization."""
from minitorch import dtypes
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.ops.creation import empty, ones, zeros
from minitorch.ops.data import tensor


class _NormBase(Module):
    """Parameters, running statistics and printed form of the normalizations over a batch."""

    _version = 2                                      # 2 has num_batches_tracked
    __constants__ = ["track_running_stats", "momentum", "eps", "num_features", "affine"]

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True):
        super().__init__()
        self.num_features, self.eps, self.momentum, self.affine = num_features, eps, momentum, affine
        self.track_running_stats = track_running_stats
        factory = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(empty(num_features, **factory)) if affine else None)
        self.register_parameter("bias", Parameter(empty(num_features, **factory)) if affine and bias else None)
        self.register_buffer("running_mean", zeros(num_features, **factory) if track_running_stats else None)
        self.register_buffer("running_var", ones(num_features, **factory) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tensor(0, dtype=dtypes.int64, device=device) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self):
        """Mean 0, variance 1, no batch seen."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self):
        """Weight 1, bias 0, and the running statistics as new."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input):
        raise NotImplementedError(f"{self._get_name()} must define _check_input_dim")

    def extra_repr(self):
        """The settings."""
        return (f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, bias={self.bias is not None}, "
                f"track_running_stats={self.track_running_stats}")

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
        key = prefix + "num_batches_tracked"
        if (local_metadata.get("version") or 1) < 2 and self.track_running_stats and key not in state_dict:
            counter = self.num_batches_tracked        # a state from before there was a counter
            state_dict[key] = tensor(0, dtype=dtypes.int64) if counter is None else counter
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


class _BatchNorm(_NormBase):
    def forward(self, input):
        """Normalize with the batch's statistics in training (and update the running ones), else with the running ones."""
        self._check_input_dim(input)
        factor = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:                 # the average of all batches so far
                factor = 1.0 / self.num_batches_tracked.item()
        from_batch = self.training or self.running_mean is None and self.running_var is None
        tracked = not self.training or self.track_running_stats
        return F.batch_norm(input, self.running_mean if tracked else None, self.running_var if tracked else None, self.weight, self.bias,
                            from_batch, factor, self.eps)


class BatchNorm1d(_BatchNorm):
    """y = (x - mean) / √(var + eps) · γ + β, mean and variance a channel, over the batch (and the length).

    Args:
        num_features: C, the number of channels.
        eps: keeps the square root away from zero.
        momentum: how far the running statistics move: new = (1 - momentum) · old + momentum · batch; None averages all batches.
        affine: whether γ and β are learned.
        track_running_stats: whether running statistics are kept for evaluation.
        bias: whether there is a β beside γ.

    Shape:
        (N, C) or (N, C, L) -> the same.

    Raises:
        ValueError: another number of dimensions, or one value a channel in training.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.BatchNorm1d(2)(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
        tensor([[-1.0000, -1.0000],
                [ 1.0000,  1.0000]], grad_fn=<NativeBatchNormBackward0>)

    Source: Ioffe and Szegedy (2015), https://docs.pytorch.org/docs/2.13/generated/torch.nn.BatchNorm1d.html
    """

    def _check_input_dim(self, input):
        if input.ndim not in (2, 3):
            raise ValueError(f"expected 2D or 3D input (got {input.ndim}D input)")


class BatchNorm2d(_BatchNorm):
    """y = (x - mean) / √(var + eps) · γ + β, mean and variance a channel, over batch, height and width; arguments as BatchNorm1d's.

    Shape:
        (N, C, H, W) -> the same.

    Raises:
        ValueError: another number of dimensions, or one value a channel in training.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.BatchNorm2d(3)(torch.randn(2, 3, 4, 4)).shape
        torch.Size([2, 3, 4, 4])

    Source: Ioffe and Szegedy (2015), https://docs.pytorch.org/docs/2.13/generated/torch.nn.BatchNorm2d.html
    """

    def _check_input_dim(self, input):
        if input.ndim != 4:
            raise ValueError(f"expected 4D input (got {input.ndim}D input)")
