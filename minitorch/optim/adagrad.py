"""Adagrad: steps scaled by the root of the sum of all squared gradients.

Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization" (2011).
"""
from minitorch.kernels import optimizer as kernels
from minitorch.optim.optimizer import Optimizer, check_step_settings, evaluate, scalar, with_grad_if_differentiable
from minitorch.tensor import Tensor


class Adagrad(Optimizer):
    """Adagrad.

    γ̃ = γ / (1 + (t − 1)η);  s ← s + g²;  θ ← θ − γ̃ g / (√s + ε).

    Args:
        params: tensors, (name, tensor) pairs, or dicts of groups.
        lr: the learning rate γ, a number or a 1-element tensor.
        lr_decay: η.
        weight_decay: λ, an L2 penalty: g ← g + λθ first.
        initial_accumulator_value: what s starts from.
        eps: ε.
        foreach, fused: accepted; the result is the same.
        maximize: go up the gradient.
        differentiable: record the step itself.

    Raises:
        ValueError: a negative number.

    Example:
        >>> import minitorch as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -3.0]))
        >>> optimizer = torch.optim.Adagrad([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.5000, -2.5000])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.optim.Adagrad.html
    """

    def __init__(self, params, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, foreach=None, *,
                 maximize=False, differentiable=False, fused=None):
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not 0.0 <= lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 <= lr_decay:
            raise ValueError(f"Invalid lr_decay value: {lr_decay}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not 0.0 <= initial_accumulator_value:
            raise ValueError(f"Invalid initial_accumulator_value value: {initial_accumulator_value}")
        if not 0.0 <= eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused})
        check_step_settings(fused, foreach, differentiable)
        for group in self.param_groups:
            self._make_state(group, ["sum"], initial_accumulator_value)

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in (("foreach", None), ("maximize", False), ("differentiable", False), ("fused", None)):
                group.setdefault(name, value)
        self._make_step_tensors()

    @with_grad_if_differentiable
    def step(self, closure=None):
        """Update the parameters once.

        Args:
            closure: a function that computes the loss anew and calls backward; its value is returned.
        """
        loss = evaluate(closure)
        for group in self.param_groups:
            if group["differentiable"]:
                self._differentiable_step(group)
                continue
            for t, blocks in self._updates(group, ["sum"], value=self.defaults["initial_accumulator_value"]):
                kernels.adagrad(blocks, t, lr=scalar(group["lr"]), lr_decay=group["lr_decay"], eps=group["eps"],
                                weight_decay=scalar(group["weight_decay"]), maximize=group["maximize"])
        return loss

    def _differentiable_step(self, group):
        """The same in operations of tensors, which record their history."""
        self._ensure_state(group, ["sum"], self.defaults["initial_accumulator_value"])
        for theta in group["params"]:
            g = theta.grad
            if g is None:
                continue
            state = self.state[theta]
            state["step"] += 1
            if group["maximize"]:
                g = -g
            if group["weight_decay"] != 0:
                g = g + group["weight_decay"] * theta.clone()
            decayed_lr = group["lr"] / (1 + (state["step"].item() - 1) * group["lr_decay"])
            s = state["sum"] = state["sum"] + g * g
            theta.sub_(decayed_lr * g / (s.sqrt() + group["eps"]))
