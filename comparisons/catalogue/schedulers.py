"""Learning-rate schedulers: the rates of every epoch."""
import math

from hypothesis import strategies as st

from minitorch.testing.strategies import optional

from .entry import Entry, case

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.optim.lr_scheduler."
FACTORS = (lambda epoch: 0.95 ** epoch, lambda epoch: 1 / (1 + epoch), math.cos)


def optimizer(torch, *rates):
    """An optimizer with a group for each rate."""
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in rates], lr=1.0)


def rates_of(name):
    """The rates of all groups in some epochs under the scheduler of this name."""
    def call(torch, rates, epochs, **settings):
        o = optimizer(torch, *rates)
        scheduler = getattr(torch.optim.lr_scheduler, name)(o, **settings)
        seen = [scheduler.get_last_lr()]
        for _ in range(epochs):
            o.step()
            scheduler.step()
            seen.append(scheduler.get_last_lr())
        return seen
    return call


def warm(torch, rates, epochs, n):
    """The rates of a scheduler of one's own, which rise for n epochs."""
    class Warm(torch.optim.lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base_lr * min(1, (self.last_epoch + 1) / n) for base_lr in self.base_lrs]
    o = optimizer(torch, *rates)
    scheduler = Warm(o)
    seen = [scheduler.get_last_lr()]
    for _ in range(epochs):
        o.step()
        scheduler.step()
        seen.append(scheduler.get_last_lr())
    return seen


@st.composite
def scheduler_cases(draw, **settings):
    """Rates of one to three groups, a number of epochs, and settings."""
    rates = draw(st.lists(st.floats(1e-4, 2), min_size=1, max_size=3))
    drawn = {}
    for name, value in settings.items():
        if not hasattr(value, "value") or draw(st.booleans()):
            drawn[name] = draw(getattr(value, "value", value))
    return case(rates, draw(st.integers(0, 25)), **drawn)


def bad(name, *args):
    """Bad calls that all schedulers share."""
    make = lambda torch, *more, **settings: getattr(torch.optim.lr_scheduler, name)(*more, **settings)
    return {
        "argument": lambda torch: make(torch, optimizer(torch, 1.0), *args, speed=1),
        "dtype": lambda torch: make(torch, torch.ones(1), *args),
        "no optimizer": lambda torch: make(torch, None, *args),
        "resuming nothing": lambda torch: make(torch, optimizer(torch, 1.0), *args, last_epoch=3),
    }


ENTRIES = [
    Entry(
        "optim.lr_scheduler.LRScheduler", scheduler_cases(n=st.integers(1, 8)),
        call=warm, differentiable=(),
        bad={**bad("LRScheduler"), "no rule": lambda torch: torch.optim.lr_scheduler.LRScheduler(optimizer(torch, 1.0))},
        formula=r"\gamma_t = \gamma_0 \min(1, (t + 1) / n) \text{ as an example}",
        source=DOCS + "LRScheduler.html",
    ),
    Entry(
        "optim.lr_scheduler.LambdaLR", scheduler_cases(lr_lambda=st.sampled_from(FACTORS)),
        call=rates_of("LambdaLR"), differentiable=(),
        bad={**bad("LambdaLR", abs), "shape": lambda torch: torch.optim.lr_scheduler.LambdaLR(optimizer(torch, 1.0), [abs, abs])},
        formula=r"\gamma_t = \gamma_0 \, \lambda(t)",
        source=DOCS + "LambdaLR.html",
    ),
    Entry(
        "optim.lr_scheduler.StepLR", scheduler_cases(step_size=st.integers(1, 6), gamma=optional(st.floats(0.1, 1.2))),
        call=rates_of("StepLR"), differentiable=(),
        bad={**bad("StepLR", 2), "shape": lambda torch: torch.optim.lr_scheduler.StepLR(optimizer(torch, 1.0)),
             "no epochs": lambda torch: rates_of("StepLR")(torch, [1.0], 1, step_size=0)},
        formula=r"\gamma_t = \gamma_0 \, g^{\lfloor t / n \rfloor}",
        source=DOCS + "StepLR.html",
    ),
    Entry(
        "optim.lr_scheduler.CosineAnnealingLR", scheduler_cases(T_max=st.integers(1, 10), eta_min=optional(st.floats(0, 0.5))),
        call=rates_of("CosineAnnealingLR"), differentiable=(),
        bad={**bad("CosineAnnealingLR", 2), "shape": lambda torch: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer(torch, 1.0)),
             "no epochs": lambda torch: rates_of("CosineAnnealingLR")(torch, [1.0], 1, T_max=0)},
        formula=r"\gamma_t = \eta + \tfrac12 (\gamma_0 - \eta) \left(1 + \cos\frac{\pi t}{T}\right)",
        source="Loshchilov and Hutter (2017), SGDR: Stochastic Gradient Descent with Warm Restarts, equation 5, without restarts",
    ),
]
