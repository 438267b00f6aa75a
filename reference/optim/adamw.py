"""AdamW. Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2."""
from reference.optim.adam import Adam


class AdamW(Adam):
    """θ ← θ − γλθ, then Adam's step; the decay is in neither moment."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False, **settings):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, **settings, decoupled_weight_decay=True)
