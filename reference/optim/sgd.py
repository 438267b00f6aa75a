"""SGD. Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013)."""
import torch

from reference.kernels import optimizer as kernels


class SGD(torch.optim.Optimizer):
    """g ← g + λθ;  b ← μb + (1 − τ)g, at first b ← g;  θ ← θ − γb, with Nesterov θ ← θ − γ(g + μb)."""

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False, foreach=None,
                 differentiable=False, fused=None):
        super().__init__(params, {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
                                  "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
                                  "differentiable": differentiable, "fused": fused})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for theta in group["params"]:
                if theta.grad is None:
                    continue
                self.update(group, theta)

    def update(self, group, theta):
        """Update one parameter and its momentum."""
        first, states = False, ()
        if group["momentum"] != 0:
            state = self.state[theta]
            first = "momentum_buffer" not in state
            if first:
                state["momentum_buffer"] = torch.zeros_like(theta)
            states = (state["momentum_buffer"],)
        kernels.sgd([(theta, theta.grad, states)], first, lr=group["lr"], momentum=group["momentum"], dampening=group["dampening"],
                    weight_decay=group["weight_decay"], nesterov=group["nesterov"], maximize=group["maximize"])
