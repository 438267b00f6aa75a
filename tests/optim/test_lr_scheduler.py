"""Schedulers: learning rates equal to torch's to the last bit, in both forms; warnings, states, errors."""
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch
import minitorch.nn
import reference.optim.lr_scheduler as references
from tests.nn.programs import assert_same

RATES = st.floats(1e-5, 10)
SCHEDULERS = {
    "StepLR": st.fixed_dictionaries({"step_size": st.integers(1, 7)}, optional={"gamma": st.floats(0.01, 1.5)}),
    "CosineAnnealingLR": st.fixed_dictionaries({"T_max": st.integers(1, 12)}, optional={"eta_min": st.floats(0, 0.5)}),
    "LambdaLR": st.fixed_dictionaries({"lr_lambda": st.sampled_from((lambda epoch: 0.95 ** epoch, math.cos, lambda epoch: 1))}),
}


def optimizer(library, rates, tensor=False):
    groups = [{"params": [library.nn.Parameter(library.ones(1))], "lr": library.tensor(lr) if tensor else lr} for lr in rates]
    return library.optim.SGD(groups, lr=0.1)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SCHEDULERS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_rates_are_torchs_to_the_last_bit(name, data):
    options, rates = data.draw(SCHEDULERS[name]), data.draw(st.lists(RATES, min_size=1, max_size=3))
    epochs = data.draw(st.lists(st.one_of(st.none(), st.none(), st.none(), st.integers(0, 30)), min_size=1, max_size=30))
    seen = []
    for library in (minitorch, torch):
        o = optimizer(library, rates)
        scheduler = getattr(library.optim.lr_scheduler, name)(o, **options)
        lrs = [scheduler.get_last_lr()]
        for epoch in epochs:
            o.step()
            scheduler.step() if epoch is None else scheduler.step(epoch)
            lrs.append((scheduler.get_last_lr(), [g["lr"] for g in o.param_groups], scheduler.last_epoch, scheduler.base_lrs))
        seen.append(lrs)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("name", SCHEDULERS)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_the_reference_is_torchs_to_the_last_bit(name, data):
    options, rates = data.draw(SCHEDULERS[name]), data.draw(st.lists(RATES, min_size=1, max_size=3))
    theirs, readable = optimizer(torch, rates), optimizer(torch, rates)
    a, b = getattr(torch.optim.lr_scheduler, name)(theirs, **options), getattr(references, name)(readable, **options)
    for _ in range(30):
        assert a.get_last_lr() == b.get_last_lr()
        theirs.step()
        a.step()
        b.step()


@pytest.mark.parametrize("name", SCHEDULERS)
def test_tensor_learning_rates_are_filled(name):
    options = {"StepLR": {"step_size": 2}, "CosineAnnealingLR": {"T_max": 3, "eta_min": 0.01},
               "LambdaLR": {"lr_lambda": lambda epoch: 0.9 ** epoch}}
    seen = []
    for library in (minitorch, torch):
        o = optimizer(library, (0.5, 0.25), tensor=True)
        lr = o.param_groups[0]["lr"]
        scheduler = getattr(library.optim.lr_scheduler, name)(o, **options[name])
        for _ in range(5):
            o.step()
            scheduler.step()
            assert lr is o.param_groups[0]["lr"] and scheduler.get_last_lr()[0] is not lr
            seen.append([x.item() for x in scheduler.get_last_lr()])
    assert seen[:5] == [pytest.approx(x, rel=1e-6) for x in seen[5:]]


PROGRAMS = {
    "states": """
        S = torch.optim.lr_scheduler
        class Factor:
            def __init__(self): self.k = 2
            def __call__(self, epoch): return self.k * 0.5 ** epoch
        def make(kind, **settings):
            o = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.5)
            return o, getattr(S, kind)(o, **settings)
        for kind, settings in (("StepLR", {"step_size": 2}), ("CosineAnnealingLR", {"T_max": 5}), ("LambdaLR", {"lr_lambda": Factor()}),
                               ("LambdaLR", {"lr_lambda": [lambda epoch: 1 / (1 + epoch)]})):
            o, s = make(kind, **settings)
            for _ in range(3):
                o.step(); s.step()
            d = s.state_dict()
            print(list(d), {k: v for k, v in d.items()})
            p, r = make(kind, **{**settings, **({"T_max": 9} if "T_max" in settings else {})})
            p.load_state_dict(o.state_dict())
            r.load_state_dict(d)
            print(list(d))
            for _ in range(3):
                p.step(); r.step()
                print(r.get_last_lr(), r.last_epoch)
    """,
    "resuming": """
        S = torch.optim.lr_scheduler
        o = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.5)
        attempt(S.StepLR, o, 2, last_epoch=3)
        o.param_groups[0]["initial_lr"] = 2.0
        for make in (lambda: S.StepLR(o, 2, last_epoch=3), lambda: S.CosineAnnealingLR(o, 10, last_epoch=4),
                     lambda: S.LambdaLR(o, lambda e: e, 5)):
            s = make()
            print(s.last_epoch, s.get_last_lr(), s.base_lrs)
            o.step(); s.step()
            print(s.last_epoch, s.get_last_lr())
    """,
    "two at once": """
        S = torch.optim.lr_scheduler
        o = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=1.0)
        a, b = S.StepLR(o, 2, 0.5), S.CosineAnnealingLR(o, 6)
        for _ in range(8):
            o.step(); a.step(); b.step()
            print(a.get_last_lr(), b.get_last_lr(), o.param_groups[0]["lr"])
    """,
    "order of calls": """
        S = torch.optim.lr_scheduler
        def make(**settings):
            o = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=1.0)
            return o, S.StepLR(o, 2)
        o, s = make(); s.step(); o.step(); s.step()
        o, s = make(); o.step(); s.step()
        o, s = make(); o.step = lambda: None; o.step(); s.step()
        o, s = make(); o.step(); s.step(5); print(s.get_last_lr())
        o, s = make(); print(s.get_lr())
        print(o.step._wrapped_by_lr_sched, o.step(lambda: 3))
    """,
    "errors": """
        S = torch.optim.lr_scheduler
        o = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=1.0)
        attempt(S.StepLR, 3, 2)
        attempt(S.StepLR, nn.Linear(1, 1), 2)
        attempt(S.LambdaLR, o, [abs, abs])
        attempt(S.LRScheduler, o)
        raised(S.StepLR, o, 0)
        raised(S.CosineAnnealingLR, o)
        s = S.StepLR(o, 2)
        o.add_param_group({"params": nn.Parameter(torch.ones(1)), "lr": 3.0})
        o.step()
        attempt(s.step)
        raised(S.LambdaLR(o, lambda e: 1).load_state_dict, {"last_epoch": 1})
    """,
    "a scheduler of one's own": """
        S = torch.optim.lr_scheduler
        class Warm(S.LRScheduler):
            def __init__(self, optimizer, n, last_epoch=-1):
                self.n = n
                super().__init__(optimizer, last_epoch)
            def get_lr(self):
                return [base * min(1, (self.last_epoch + 1) / self.n) for base in self.base_lrs]
        o = torch.optim.Adam([nn.Parameter(torch.ones(1))], lr=1.0)
        s = Warm(o, 4)
        for _ in range(5):
            print(s.get_last_lr(), o.param_groups[0]["lr"], o.param_groups[0]["initial_lr"])
            o.step(); s.step()
        s.step(1)
        print(s.get_last_lr(), isinstance(s, S.LRScheduler))
        import gc, weakref
        watched = weakref.ref(o)
        del o, s
        gc.collect()
        print(watched() is None)
    """,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program):
    assert_same(PROGRAMS[program])
