"""RMSprop: steps scaled by a running mean of the squared gradient.

Source: Hinton, "Neural Networks for Machine Learning", lecture 6e (2012); centred: Graves, "Generating sequences with recurrent
neural networks" (2013), section 4.2.
"""
from minitorch.kernels import optimizer as kernels
from minitorch.optim.optimizer import Optimizer, check_capturable, evaluate, scalar, with_grad_if_differentiable
from minitorch.tensor import Tensor


class RMSprop(Optimizer):
    """RMSprop.

    v ← αv + (1 − α)g²;  ĝ = g / (√v + ε), centred g / (√(v − ḡ²) + ε) with ḡ the running mean of g;  b ← μb + ĝ;  θ ← θ − γb.

    Args:
        params: tensors, (name, tensor) pairs, or dicts of groups.
        lr: the learning rate γ, a number or a 1-element tensor.
        alpha: α.
        eps: ε.
        weight_decay: λ, an L2 penalty: g ← g + λθ first.
        momentum: μ.
        centered: divide by an estimate of the standard deviation.
        capturable: allowed for parameters on a device only.
        foreach: accepted; the result is the same.
        maximize: go up the gradient.
        differentiable: record the step itself.

    Raises:
        ValueError: a negative number.

    Example:
        >>> import minitorch as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -3.0]))
        >>> optimizer = torch.optim.RMSprop([w], lr=0.05)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.5000, -2.5000])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.optim.RMSprop.html
    """

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, capturable=False, foreach=None,
                 maximize=False, differentiable=False):
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not 0.0 <= lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 <= eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        if not 0.0 <= momentum:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not 0.0 <= alpha:
            raise ValueError(f"Invalid alpha value: {alpha}")
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered, "weight_decay": weight_decay,
            "capturable": capturable, "foreach": foreach, "maximize": maximize, "differentiable": differentiable})

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in (("momentum", 0), ("centered", False), ("foreach", None), ("maximize", False), ("differentiable", False),
                                ("capturable", False)):
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
            check_capturable(group)
            names = ["square_avg", *["momentum_buffer"] * (group["momentum"] > 0), *["grad_avg"] * group["centered"]]
            if group["differentiable"]:
                self._differentiable_step(group, names)
                continue
            for _, blocks in self._updates(group, names):
                kernels.rmsprop(blocks, lr=scalar(group["lr"]), alpha=group["alpha"], eps=group["eps"],
                                weight_decay=scalar(group["weight_decay"]), momentum=group["momentum"], centered=group["centered"],
                                maximize=group["maximize"])
        return loss

    def _differentiable_step(self, group, names):
        """The same in operations of tensors, which record their history."""
        lr, alpha, mu = group["lr"], group["alpha"], group["momentum"]
        self._ensure_state(group, names)
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
            v = state["square_avg"] = alpha * state["square_avg"] + (1 - alpha) * g * g
            if group["centered"]:
                g_mean = state["grad_avg"] = state["grad_avg"] + (1 - alpha) * (g - state["grad_avg"])
                v = v - g_mean * g_mean
            g = g / (v.sqrt() + group["eps"])
            if mu > 0:
                g = state["momentum_buffer"] = mu * state["momentum_buffer"] + g
            theta.sub_(lr * g)
