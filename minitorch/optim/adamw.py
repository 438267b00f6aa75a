"""AdamW: Adam whose weight decay acts on the parameters alone.

Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2.
"""
from minitorch.optim.adam import Adam


class AdamW(Adam):
    """Adam with decoupled weight decay: θ ← θ − γλθ, then Adam's step; the decay is in neither moment.

    Args:
        params, lr, betas, eps, amsgrad, foreach, maximize, capturable, differentiable, fused: as for Adam.
        weight_decay: λ.

    Example:
        >>> import minitorch as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -3.0]))
        >>> optimizer = torch.optim.AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.8500, -2.7500])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.optim.AdamW.html
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False, *, maximize=False, foreach=None,
                 capturable=False, differentiable=False, fused=None):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
                         differentiable=differentiable, fused=fused, decoupled_weight_decay=True)

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
