"""SGD: stochastic gradient descent, with momentum.

Source: Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning" (2013).
"""
from minitorch.kernels import optimizer as kernels
from minitorch.optim.optimizer import Optimizer, check_step_settings, evaluate, scalar, with_grad_if_differentiable
from minitorch.tensor import Tensor


class SGD(Optimizer):
    """Stochastic gradient descent, optionally with (Nesterov) momentum.

    g ← g + λθ;  b ← μb + (1 − τ)g, at first b ← g;  θ ← θ − γb, with Nesterov θ ← θ − γ(g + μb).

    Args:
        params: tensors, (name, tensor) pairs, or dicts of groups.
        lr: the learning rate γ, a number or a 1-element tensor.
        momentum: μ.
        dampening: τ.
        weight_decay: λ, an L2 penalty.
        nesterov: look ahead along the momentum.
        maximize: go up the gradient.
        foreach, fused: accepted; the result is the same.
        differentiable: record the step itself.

    Raises:
        ValueError: a negative number, or Nesterov without momentum or with dampening.

    Example:
        >>> import minitorch as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9)
        >>> for _ in range(2):
        ...     optimizer.zero_grad()
        ...     (w * w).sum().backward()
        ...     optimizer.step()
        >>> w.data
        tensor([0.4600])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.optim.SGD.html
    """

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False, foreach=None,
                 differentiable=False, fused=None):
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused})
        check_step_settings(fused, foreach, differentiable)

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in (("nesterov", False), ("maximize", False), ("foreach", None), ("differentiable", False), ("fused", False)):
                group.setdefault(name, value)

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
            for first, blocks in self._updates(group, ["momentum_buffer"] if group["momentum"] != 0 else [], counted=False):
                kernels.sgd(blocks, first, lr=scalar(group["lr"]), momentum=group["momentum"], dampening=group["dampening"],
                            weight_decay=scalar(group["weight_decay"]), nesterov=group["nesterov"], maximize=group["maximize"])
        return loss

    def _differentiable_step(self, group):
        """The same in operations of tensors, which record their history."""
        lr, mu, tau, weight_decay = group["lr"], group["momentum"], group["dampening"], group["weight_decay"]
        for theta in group["params"]:
            g = theta.grad
            if g is None:
                continue
            if group["maximize"]:
                g = -g
            if weight_decay != 0:
                g = g + weight_decay * theta
            if mu != 0:
                b = self.state[theta].get("momentum_buffer")
                b = g.detach().clone() if b is None else mu * b + (1 - tau) * g
                self.state[theta]["momentum_buffer"] = b
                g = g + mu * b if group["nesterov"] else b
            theta.sub_(lr * g)
