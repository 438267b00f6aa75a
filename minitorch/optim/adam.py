"""Adam: steps scaled by running means of the gradient and of its square.

Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015).
"""
from minitorch.kernels import optimizer as kernels
from minitorch.ops.choosing import maximum
from minitorch.optim.optimizer import Optimizer, check_capturable, check_step_settings, evaluate, scalar, with_grad_if_differentiable
from minitorch.tensor import Tensor


class Adam(Optimizer):
    """Adam.

    m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  θ ← θ − γ/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε),
    with g ← g + λθ first if the weight decay λ is not 0 (θ ← θ − γλθ if it is decoupled); AMSGrad divides by the largest v so far.

    Args:
        params: tensors, (name, tensor) pairs, or dicts of groups.
        lr: the learning rate γ, a number or a 1-element tensor.
        betas: (β₁, β₂).
        eps: ε.
        weight_decay: λ.
        amsgrad: use the maximum of v.
        maximize: go up the gradient.
        foreach, fused: accepted; the result is the same.
        capturable: allowed for parameters on a device only.
        differentiable: record the step itself.
        decoupled_weight_decay: as in AdamW.

    Raises:
        ValueError: a negative number, or a β that is not in [0, 1).

    Example:
        >>> import minitorch as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -3.0]))
        >>> optimizer = torch.optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.9000, -2.9000])

    Source: https://docs.pytorch.org/docs/2.13/generated/torch.optim.Adam.html
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, *, foreach=None, maximize=False,
                 capturable=False, differentiable=False, fused=None, decoupled_weight_decay=False):
        if isinstance(lr, Tensor):
            if foreach and not capturable:
                raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
            if lr.numel() != 1:
                raise ValueError("Tensor lr must be 1-element")
        if not 0.0 <= lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 <= eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for i in range(2):
            if not 0.0 <= betas[i] < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not (all(isinstance(beta, float) for beta in betas) or all(isinstance(beta, Tensor) for beta in betas)):
            raise ValueError("betas must be either both floats or both Tensors")
        for i, beta in enumerate(betas):
            if isinstance(beta, Tensor):
                if foreach and not capturable:
                    raise ValueError(f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True")
                if beta.numel() != 1:
                    raise ValueError(f"Tensor betas[{i}] must be 1-element")
        super().__init__(params, {
            "lr": lr, "betas": tuple(beta.squeeze() if isinstance(beta, Tensor) else beta for beta in betas), "eps": eps,
            "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "fused": fused, "decoupled_weight_decay": decoupled_weight_decay})
        check_step_settings(fused, foreach, differentiable)

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in (("amsgrad", False), ("maximize", False), ("foreach", None), ("capturable", False),
                                ("differentiable", False), ("decoupled_weight_decay", False), ("fused", None)):
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
            if group["foreach"] and isinstance(group["lr"], Tensor) and not group["capturable"]:
                raise RuntimeError("lr as a Tensor is not supported for capturable=False and foreach=True")
            names = ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"][:3 if group["amsgrad"] else 2]
            if group["differentiable"]:
                self._differentiable_step(group, names)
                continue
            beta1, beta2 = map(scalar, group["betas"])
            for t, blocks in self._updates(group, names):
                kernels.adam(blocks, t, lr=scalar(group["lr"]), beta1=beta1, beta2=beta2, eps=group["eps"],
                             weight_decay=scalar(group["weight_decay"]), amsgrad=group["amsgrad"], maximize=group["maximize"],
                             decoupled_weight_decay=group["decoupled_weight_decay"])
        return loss

    def _differentiable_step(self, group, names):
        """The same in operations of tensors, which record their history."""
        lr, (beta1, beta2), weight_decay = group["lr"], group["betas"], group["weight_decay"]
        self._ensure_state(group, names)
        for theta in group["params"]:
            g = theta.grad
            if g is None:
                continue
            state = self.state[theta]
            if state["step"].requires_grad:
                raise RuntimeError("`requires_grad` is not supported for `step` in differentiable mode")
            state["step"] += 1
            t, m, v = state["step"].clone(), state["exp_avg"], state["exp_avg_sq"]
            if group["maximize"]:
                g = -g
            if weight_decay != 0:
                if group["decoupled_weight_decay"]:
                    theta.mul_(1 - lr * weight_decay)
                else:
                    g = g + weight_decay * theta.clone()
            m = state["exp_avg"] = m + (1 - beta1) * (g - m)
            v = state["exp_avg_sq"] = beta2 * v + (1 - beta2) * g * g
            if group["amsgrad"]:
                v = state["max_exp_avg_sq"] = maximum(state["max_exp_avg_sq"], v)
            bias_correction1 = 1 - beta1 ** t
            bias_correction2 = 1 - beta2 ** t
            step_size = lr / bias_correction1         # of t's dtype, float32: multiplied with the other 0-d factors first, as in PyTorch
            denom = v.sqrt() / (bias_correction2.sqrt() * step_size) + group["eps"] / step_size
            theta.sub_(m / denom)
