"""Learning rates as functions of the epoch, in the form that makes the next rate of the present one."""
import math


class LRScheduler:
    """Sets the learning rate of every group in each epoch; a subclass says what the next ones are."""

    def __init__(self, optimizer):
        self.optimizer, self.last_epoch = optimizer, -1
        self.base_lrs = [group["lr"] for group in optimizer.param_groups]
        self.step()

    def get_lr(self):
        """The rates of the epoch `last_epoch`, of the present rates."""
        raise NotImplementedError

    def step(self):
        self.last_epoch += 1
        for group, lr in zip(self.optimizer.param_groups, self.get_lr()):
            group["lr"] = lr

    def get_last_lr(self):
        return [group["lr"] for group in self.optimizer.param_groups]


class LambdaLR(LRScheduler):
    """γ = γ₀ · λ(epoch)."""

    def __init__(self, optimizer, lr_lambda):
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def get_lr(self):
        return [base_lr * self.lr_lambda(self.last_epoch) for base_lr in self.base_lrs]


class StepLR(LRScheduler):
    """γ = γ₀ · gammaᵏ, with k = ⌊epoch / step_size⌋."""

    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def get_lr(self):
        falls = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return [lr * self.gamma if falls else lr for lr in self.get_last_lr()]


class CosineAnnealingLR(LRScheduler):
    """γ = η + (γ₀ − η)(1 + cos(π · epoch / T)) / 2."""

    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def get_lr(self):
        t, T, eta = self.last_epoch, self.T_max, self.eta_min
        if t == 0:
            return self.get_last_lr()
        if (t - 1 - T) % (2 * T) == 0:                # at the bottom the ratio is 0/0
            return [lr + (base_lr - eta) * (1 - math.cos(math.pi / T)) / 2 for base_lr, lr in zip(self.base_lrs, self.get_last_lr())]
        ratio = (1 + math.cos(math.pi * t / T)) / (1 + math.cos(math.pi * (t - 1) / T))
        return [ratio * (lr - eta) + eta for lr in self.get_last_lr()]
