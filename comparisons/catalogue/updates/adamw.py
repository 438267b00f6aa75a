"""AdamW: Adam's step, and a decay of the parameters that does not go through it."""
import numpy as np

from ..study import Figure, Line, Source, Step
from . import Update
from ._shared import chosen
from .adam import UPDATE as ADAM

SCALES = np.logspace(-3, 2, 11)


def scene(s):
    """Single updates without the moments' memory, and the size at which weights come to rest."""
    settings = s.settings
    rms = 1.0
    for _ in range(20000):
        rms = np.sqrt((1 - s.lr * s.weight_decay) ** 2 * rms ** 2 + s.lr ** 2)
    return {"rms": rms, "sgd_penalty": s.theta_0 - s.lr * (s.g_0 + s.weight_decay * s.theta_0),
            "zero": quiet("AdamW", s.lr, s.weight_decay, settings["betas"]), "zero_l2": quiet("Adam", s.lr, s.weight_decay, settings[
                 "betas"])}


def quiet(name, lr, weight_decay, betas):
    """Parameters of 1 and 5 after a first step with gradients of 0, with ε = 0."""
    import minitorch
    p = minitorch.nn.Parameter(minitorch.tensor([1.0, 5.0], dtype=minitorch.float64))
    optimizer = getattr(minitorch.optim, name)([p], lr=lr, weight_decay=weight_decay, betas=betas, eps=1e-300)
    p.grad = minitorch.zeros(2, dtype=minitorch.float64)
    optimizer.step()
    return p.detach().numpy()


def left(name, steps=2000):
    """How much is left of weights of 1 under noise of several scales: the mean over 200 weights each."""
    import minitorch
    rng = np.random.RandomState(0)
    p = minitorch.nn.Parameter(minitorch.ones(len(SCALES), 200))
    optimizer = getattr(minitorch.optim, name)([p], lr=0.001, weight_decay=1.0)
    for _ in range(steps):
        p.grad = minitorch.from_numpy((SCALES[:, None] * rng.standard_normal((len(SCALES), 200))).astype(np.float32))
        optimizer.step()
    return p.detach().numpy().mean(1)


def decayed(study):
    """What the decay does to weights whose gradients have different scales."""
    from ...atlas.plot import Plot
    plot = Plot("What is left of a weight after 2,000 steps", "scale of the gradient's noise", "mean weight", logx=True)
    found = {n: left(n) for n in ("AdamW", "Adam")}
    plot.line(SCALES, found["AdamW"], "AdamW", "ours")
    plot.line(SCALES, found["Adam"], "Adam with the same λ as L2", "reference")
    plot.line(SCALES, np.full(len(SCALES), np.exp(-2)), "theory", "third")
    return plot, (f"Noise as gradients, γ = 0.001, λ = 1. AdamW keeps exp(−γλt) = {np.exp(-2):.3f} of every weight "
                  f"({found['AdamW'].min():.3f} "
                  f"to {found['AdamW'].max():.3f} measured). As an L2 penalty the same λ takes everything from weights with small "
                  f"gradients "
                  f"and leaves {found['Adam'][-1]:.2f} where the noise is {SCALES[-1]:g}: the decay was divided by it.")


def rest(study):
    """The size of weights under noise over time, from different starts."""
    import minitorch

    from ...atlas.plot import Plot
    plot = Plot("Where weights come to rest", "step", "root mean square", logy=True)
    rng, gamma, lam = np.random.RandomState(0), 0.01, 0.5
    level = np.sqrt(gamma / (lam * (2 - gamma * lam)))
    ends = []
    for start, style in ((0.01, "ours"), (1.0, "reference")):
        p = minitorch.nn.Parameter(minitorch.full((500,), start))
        optimizer = minitorch.optim.AdamW([p], lr=gamma, weight_decay=lam)
        sizes = []
        for _ in range(1000):
            p.grad = minitorch.from_numpy(rng.standard_normal(500).astype(np.float32))
            optimizer.step()
            sizes.append(float(np.sqrt((p.detach().numpy() ** 2).mean())))
        plot.line(np.arange(1, 1001)[::5], sizes[::5], f"start {start:g}", style)
        ends.append(np.mean(sizes[-300:]))
    plot.line([1, 1000], [level, level], "theory", "third")
    return plot, (f"γ = {gamma}, λ = {lam}, 500 weights, noise as gradients: the size ends at {ends[0]:.3f} and {ends[1]:.3f}; the fixed "
                  f"point is {level:.3f}. It depends on γ/λ alone, not on the gradients.")


UPDATE = Update(
    "optim.AdamW", title="AdamW", kernel="adam",
    lead="""The parameters shrink by a fixed share, then make Adam's step. The decay is in neither moment, so it is the same for every
        weight, whatever the size of its gradients.""",
    variants={
        "default": {"lr": 0.1},
        "strong decay": {"lr": 0.1, "betas": (0.8, 0.95), "weight_decay": 0.5, "eps": 0.001},
        "no decay": {"lr": 0.1, "weight_decay": 0.0},
        "AMSGrad, up the gradient": {"lr": 0.1, "amsgrad": True, "maximize": True},
    },
    checked="strong decay",
    states=ADAM.states,
    variables={n: v for n, v in ADAM.variables.items()} | chosen("weight_decay"),
    formula=(
        Line(r"\v{theta}'_t = (1 - \v{lr}\,\v{weight_decay})\,\v{theta}_{t-1}", "theta_1 == (1 - lr * weight_decay) * theta_0",
             "the decay, first"),
        Line(r"\v{m}_t = \v{beta1}\,\v{m}_{t-1} + (1 - \v{beta1})\,\v{g}_t", "m == beta1 * m_0 + (1 - beta1) * g",
             "the gradient as it is"),
        Line(r"\v{v}_t = \v{beta2}\,\v{v}_{t-1} + (1 - \v{beta2})\,\v{g}_t^2", "v == beta2 * v_0 + (1 - beta2) * g_0 ** 2"),
        Line(r"\v{denom}_t = \sqrt{\v{v}_t / (1 - \v{beta2}^t)} + \v{eps}", "denom == sqrt(v / (1 - beta2 ** t)) + eps"),
        Line(r"\v{theta}_t = \v{theta}'_t - \v{lr}\,\frac{\v{m}_t / (1 - \v{beta1}^t)}{\v{denom}_t}",
             "theta == theta_1 - lr * (m / (1 - beta1 ** t)) / denom"),
    ),
    theory=(
        Step("Without a denominator, penalty and decay are one",
             r"""A step of plain gradient descent on the loss with a penalty $\frac{\v{weight_decay}}{2} |\v{theta}|^2$ takes
             $\v{lr}\,\v{weight_decay}\,\v{theta}$ away, just as shrinking by $1 - \v{lr}\,\v{weight_decay}$ does. That is why both bear
             one name.""",
             (Line(r"\v{theta} - \v{lr}\,(\v{g} + \v{weight_decay}\,\v{theta}) = (1 - \v{lr}\,\v{weight_decay})\,\v{theta} - \v{lr}\,\v{g}",
                   "sgd_penalty == (1 - lr * weight_decay) * theta_0 - lr * g_0"),)),
        Step("With one they are not",
             r"""In Adam the penalty's gradient is part of $\v{g}$, so it is divided by the denominator too. Take gradients of 0 with a
             penalty: then $\v{g} = \v{weight_decay}\,\v{theta}$ alone, its size cancels, and every weight loses $\v{lr}$, large or small.
             The decoupled decay takes the share $\v{lr}\,\v{weight_decay}$. With large gradients it is the other way round: the penalty's
             part is divided by their root mean square and all but vanishes.""",
             (Line(r"\v{theta}_1 = (1 - \v{lr}\,\v{weight_decay})\,\v{theta}_0", "zero == (1 - lr * weight_decay) * np.array([1.0, 5.0])",
                   "AdamW, gradients of 0: measured"),
              Line(r"\v{theta}_1 = \v{theta}_0 - \v{lr} \; \mathrm{sign}(\v{theta}_0)", "zero_l2 == np.array([1.0, 5.0]) - lr",
                   "Adam with a penalty, gradients of 0: measured"))),
        Step("Where weights come to rest",
             r"""Let the gradients be noise. Adam's updates then are $\v{lr}$ times numbers of mean square 1, and if we take them as
             independent of each other, the mean square $r^2$ of a weight obeys a line of its own, of which the fixed point can be
             read off. It is about $\v{lr} / 2\v{weight_decay}$: rate and decay together set the size of the weights, and the scale of
             the loss has no say. (Momentum makes neighbouring updates alike, but spreads each gradient over many steps by the same
             measure; the figure has the real thing.)""",
             (Line(r"r^2 = (1 - \v{lr}\,\v{weight_decay})^2\,r^2 + \v{lr}^2", "rms ** 2 == (1 - lr * weight_decay) ** 2 * rms ** 2 + lr "
                                                                              "** 2"),
              Line(r"r^2 = \frac{\v{lr}}{\v{weight_decay}\,(2 - \v{lr}\,\v{weight_decay})}",
                   "rms ** 2 == lr / (weight_decay * (2 - lr * weight_decay))"))),
        Step("What the rate multiplies",
             r"""In the paper a schedule $\eta_t$ multiplies both parts, and $\v{weight_decay}$ is not multiplied by the rate. In PyTorch,
             and here, the decay is $\v{lr}\,\v{weight_decay}$. So a schedule of `lr` weakens the decay along with the steps, and a
             `weight_decay` of the paper is `weight_decay * lr` of PyTorch: with a rate of 0.001 the default of 0.01 takes a
             100,000th a step.""", ()),
    ),
    figures=(Figure(decayed), Figure(rest)),
    conventions=(
        ("Order", "The decay comes first and uses the parameters from before the step. The gradient was measured there too, so the order "
                  "only matters by $\\v{lr}^2$."),
        ("Where the rate multiplies", "The decay is `lr * weight_decay`; see above."),
        ("Default", "`weight_decay` is 0.01 here, 0 in Adam."),
        ("Biases and scales", "The class decays everything that it is given. To spare biases and normalizations put them into a parameter "
                              "group with `weight_decay=0`."),
        ("A subclass", "AdamW is Adam with `decoupled_weight_decay=True`, in PyTorch and here; a checkpoint of one loads into the other."),
        ("Epsilon, first step, state", "As in Adam."),
    ),
    sources=(
        Source("Loshchilov and Hutter (2019), Decoupled Weight Decay Regularization", "https://arxiv.org/abs/1711.05101",
               "algorithm 2; propositions 1 and 2: where penalty and decay are the same, and where not"),
        Source("Kingma and Ba (2015), Adam: A Method for Stochastic Optimization", "https://arxiv.org/abs/1412.6980", "algorithm 1"),
        Source("PyTorch documentation, AdamW", "https://docs.pytorch.org/docs/2.13/generated/torch.optim.AdamW.html", "the contract"),
    ),
    scene=scene,
)
