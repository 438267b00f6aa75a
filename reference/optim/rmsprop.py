"""RMSprop. Source: Hinton, "Neural Networks for Machine Learning", lecture 6e; centred: Graves (2013), section 4.2."""
import torch

from reference.kernels import optimizer as kernels


class RMSprop(torch.optim.Optimizer):
    """v ← αv + (1 − α)g²;  ĝ = g / (√v + ε), centred g / (√(v − ḡ²) + ε);  b ← μb + ĝ;  θ ← θ − γb."""

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, capturable=False, foreach=None,
                 maximize=False, differentiable=False):
        super().__init__(params, {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
                                  "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach, "maximize": maximize,
                                  "differentiable": differentiable})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for theta in group["params"]:
                if theta.grad is None:
                    continue
                state = self.state[theta]
                names = ["square_avg"] + ["momentum_buffer"] * (group["momentum"] > 0) + ["grad_avg"] * group["centered"]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    for name in names:
                        state[name] = torch.zeros_like(theta)
                state["step"] += 1
                blocks = [(theta, theta.grad, [state[name] for name in names])]
                kernels.rmsprop(blocks, lr=group["lr"], alpha=group["alpha"], eps=group["eps"], weight_decay=group["weight_decay"],
                                momentum=group["momentum"], centered=group["centered"], maximize=group["maximize"])
