"""Adagrad. Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning" (2011)."""
import torch

from reference.kernels import optimizer as kernels


class Adagrad(torch.optim.Optimizer):
    """γ̃ = γ / (1 + (t − 1)η);  s ← s + g²;  θ ← θ − γ̃ g / (√s + ε)."""

    def __init__(self, params, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, foreach=None, *, maximize=False,
                 differentiable=False, fused=None):
        super().__init__(params, {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
                                  "initial_accumulator_value": initial_accumulator_value, "foreach": foreach, "maximize": maximize,
                                  "differentiable": differentiable, "fused": fused})
        for group in self.param_groups:
            for theta in group["params"]:
                self.state[theta] = {"step": torch.tensor(0.0), "sum": torch.full_like(theta, initial_accumulator_value)}

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for theta in group["params"]:
                if theta.grad is None:
                    continue
                state = self.state[theta]
                state["step"] += 1
                kernels.adagrad([(theta, theta.grad, (state["sum"],))], state["step"].item(), lr=group["lr"], lr_decay=group["lr_decay"],
                                eps=group["eps"], weight_decay=group["weight_decay"], maximize=group["maximize"])
