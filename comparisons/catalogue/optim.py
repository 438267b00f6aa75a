"""Optimizers: parameters and state after each step."""
from hypothesis import strategies as st

from minitorch.testing.strategies import optional

from .entry import Entry, optimizer_cases

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.optim."
RATES = st.sampled_from((1e-3, 0.01, 0.1))
DECAY = optional(st.sampled_from((0.01, 0.3)))
NO_EMPTY = "parameters of size 0 are in tests/optim, where the layouts are"


def weights(torch, **changes):
    """One parameter of ones, with a gradient of ones."""
    p = torch.nn.Parameter(torch.ones(2, **changes))
    p.grad = torch.ones_like(p)
    return [p]


def stepped(torch, optimizer, parameters):
    """The parameters after a step."""
    optimizer.step()
    return [p.detach() for p in parameters]


def bad(name):
    """Bad calls that all optimizers share."""
    make = lambda torch, *args, **settings: getattr(torch.optim, name)(*args, **settings)

    def other_shape(torch):
        (p,), q = weights(torch), torch.nn.Parameter(torch.ones(3))
        p.grad = q
        return make(torch, [p])

    return {
        "argument": lambda torch: make(torch, weights(torch), lr=-0.1),
        "unknown argument": lambda torch: make(torch, weights(torch), speed=1),
        "type of an argument": lambda torch: make(torch, weights(torch), lr="fast"),
        "no parameters": lambda torch: make(torch, []),
        "a tensor": lambda torch: make(torch, weights(torch)[0]),
        "a number": lambda torch: make(torch, [3]),
        "a result": lambda torch: make(torch, [weights(torch)[0] * 2]),
        "a set": lambda torch: make(torch, [{"params": set(weights(torch))}]),
        "a group without parameters": lambda torch: make(torch, [{"lr": 0.1}]),
        "shape": other_shape,
        "shape of the learning rate": lambda torch: make(torch, weights(torch), lr=torch.ones(2)),
        "dtype": lambda torch: make(torch, [torch.ones(2, dtype=torch.int64).requires_grad_()]),
        "weight decay": lambda torch: make(torch, weights(torch), weight_decay=-1),
    }


def halving(torch, parameters, **options):
    """The smallest optimizer of one's own: θ ← θ − γg, in operations of tensors, with a count in its state."""
    class Plain(torch.optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.sub_(group["lr"] * p.grad)
                        state = self.state[p]
                        state["sum"] = state["sum"] + p.grad if "sum" in state else p.grad.clone()
    return Plain(parameters, **options)


ENTRIES = [
    Entry(
        "optim.SGD",
        optimizer_cases(lr=RATES, momentum=optional(st.sampled_from((0.5, 0.9))), weight_decay=DECAY,
                        dampening=optional(st.sampled_from((0, 0.3))), nesterov=optional(st.booleans()), maximize=optional(True)),
        bad={**bad("SGD"),
             "nesterov": lambda torch: torch.optim.SGD(weights(torch), lr=0.1, nesterov=True),
             "momentum": lambda torch: torch.optim.SGD(weights(torch), lr=0.1, momentum=-1)},
        formula=r"b \leftarrow \mu b + (1 - \tau) g, \qquad \theta \leftarrow \theta - \gamma b",
        source="Sutskever et al. (2013), On the importance of initialization and momentum in deep learning",
        no_empty=NO_EMPTY,
    ),
    Entry(
        "optim.Adam",
        optimizer_cases(lr=RATES, betas=optional(st.sampled_from(((0.5, 0.9), (0.0, 0.9)))), eps=optional(1e-3), weight_decay=DECAY,
                        amsgrad=optional(True), maximize=optional(True), decoupled_weight_decay=optional(True), avoid=(0.0,)),
        bad={**bad("Adam"),
             "betas": lambda torch: torch.optim.Adam(weights(torch), betas=(1.0, 0.9)),
             "kinds of betas": lambda torch: torch.optim.Adam(weights(torch), betas=(0, 0.9)),
             "eps": lambda torch: torch.optim.Adam(weights(torch), eps=-1),
             "capturable": lambda torch: stepped(torch, torch.optim.Adam(weights(torch), capturable=True), [])},
        formula=(r"\begin{aligned} m &\leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2 \\ "
                 r"\theta &\leftarrow \theta - \frac{\gamma}{1 - \beta_1^t} \cdot "
                 r"\frac{m}{\sqrt{v / (1 - \beta_2^t)} + \epsilon} \end{aligned}"),
        source="Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 1; AMSGrad: Reddi et al. (2018)",
        no_empty=NO_EMPTY,
    ),
    Entry(
        "optim.AdamW",
        optimizer_cases(lr=RATES, betas=optional((0.5, 0.9)), eps=optional(1e-3), weight_decay=DECAY, amsgrad=optional(True),
                        maximize=optional(True), avoid=(0.0,)),
        bad={**bad("AdamW"),
             "betas": lambda torch: torch.optim.AdamW(weights(torch), betas=(0.9, -0.1)),
             "eps": lambda torch: torch.optim.AdamW(weights(torch), eps=-1)},
        formula=r"\theta \leftarrow (1 - \gamma \lambda) \theta, \quad \text{then as Adam without weight decay}",
        source="Loshchilov and Hutter (2019), Decoupled Weight Decay Regularization, algorithm 2",
        no_empty=NO_EMPTY,
    ),
    Entry(
        "optim.RMSprop",
        optimizer_cases(lr=RATES, alpha=optional(st.sampled_from((0.3, 0.9))), eps=optional(1e-3), weight_decay=DECAY,
                        momentum=optional(0.9), centered=optional(True), maximize=optional(True), avoid=(0.0,)),
        bad={**bad("RMSprop"),
             "alpha": lambda torch: torch.optim.RMSprop(weights(torch), alpha=-1),
             "momentum": lambda torch: torch.optim.RMSprop(weights(torch), momentum=-1),
             "capturable": lambda torch: stepped(torch, torch.optim.RMSprop(weights(torch), capturable=True), [])},
        formula=(r"\begin{aligned} v &\leftarrow \alpha v + (1 - \alpha) g^2, \quad b \leftarrow \mu b + \frac{g}{\sqrt{v} + \epsilon} \\"
                 r"\theta &\leftarrow \theta - \gamma b \end{aligned}"),
        source="Hinton (2012), Neural Networks for Machine Learning, lecture 6e; centred: Graves (2013), section 4.2",
        no_empty=NO_EMPTY,
    ),
    Entry(
        "optim.Adagrad",
        optimizer_cases(lr=RATES, lr_decay=optional(0.1), weight_decay=DECAY, initial_accumulator_value=optional(0.5), eps=optional(1e-3),
                        maximize=optional(True), avoid=(0.0,)),
        bad={**bad("Adagrad"),
             "lr_decay": lambda torch: torch.optim.Adagrad(weights(torch), lr_decay=-1),
             "initial value": lambda torch: torch.optim.Adagrad(weights(torch), initial_accumulator_value=-1)},
        formula=r"s \leftarrow s + g^2, \; \theta \leftarrow \theta - \frac{\gamma}{1 + (t - 1) \eta} \cdot \frac{g}{\sqrt{s} + \epsilon}",
        source="Duchi, Hazan and Singer (2011), Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
        no_empty=NO_EMPTY,
    ),
    Entry(
        "optim.Optimizer", optimizer_cases(lr=RATES),
        build=halving,
        bad={
            "argument": lambda torch: torch.optim.Optimizer(weights(torch), {"lr": 0.1}).step(),
            "no parameters": lambda torch: torch.optim.Optimizer([], {}),
            "dtype": lambda torch: torch.optim.Optimizer(["w"], {}),
            "shape": lambda torch: torch.optim.Optimizer([weights(torch)], {}),
            "a group that is no dict": lambda torch: torch.optim.Optimizer(weights(torch), {}).add_param_group(weights(torch)),
            "a checkpoint of another": lambda torch: halving(torch, weights(torch)).load_state_dict({"state": {}, "param_groups": []}),
        },
        formula=r"\theta \leftarrow \theta - \gamma g",
        source=DOCS + "Optimizer.html",
        no_empty=NO_EMPTY,
    ),
]
