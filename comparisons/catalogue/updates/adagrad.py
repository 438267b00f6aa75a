"""Adagrad: the gradient over the root of the sum of all its squares."""
import numpy as np

from ..study import Figure, Line, Source, Step
from . import Update
from ._shared import chosen, descend, map_of

CURVATURES = (1.0, 50.0)
START = (-1.0, 0.25)


def scene(s):
    """The history by hand, and constant gradients."""
    theta, squares, total, settings = s.start, [], s.settings["initial_accumulator_value"], s.settings
    for t, g in enumerate(s.gradients, 1):
        g = g + settings["weight_decay"] * theta
        total = total + g ** 2
        theta = theta - settings["lr"] / (1 + (t - 1) * settings["lr_decay"]) * g / (np.sqrt(total) + settings["eps"])
        squares.append(g ** 2)
    rng = np.random.RandomState(0)
    drawn = rng.standard_normal(200) ** 2
    roots = np.sqrt(np.cumsum(drawn))
    before = np.concatenate([[0], roots[:-1]])
    return {"theta_hand": theta, "squares": np.array(squares), "initial": settings["initial_accumulator_value"],
            "constant": constant(), "ts": np.arange(1, 6), "drawn": drawn, "roots": roots, "before": before}


def constant():
    """The first five steps, in learning rates, of our Adagrad with a constant gradient."""
    import minitorch
    p = minitorch.nn.Parameter(minitorch.zeros(1, dtype=minitorch.float64))
    optimizer = minitorch.optim.Adagrad([p], lr=1.0, eps=0.0)
    places = [0.0]
    for _ in range(5):
        p.grad = minitorch.full((1,), 0.3, dtype=minitorch.float64)
        optimizer.step()
        places.append(float(p.detach().numpy()[0]))
    return -np.diff(places)


def paths(study):
    """Adagrad in a narrow valley."""
    runs = {"gradient descent": ("SGD", {"lr": 2 / 51}, "third"), "Adagrad": ("Adagrad", {"lr": 0.3}, "ours"),
            "RMSprop": ("RMSprop", {"lr": 0.03}, "reference")}
    found = {n: (descend(name, settings, CURVATURES, START, 60), style) for n, (name, settings, style) in runs.items()}
    ends = np.abs(found["Adagrad"][0][-1])
    return map_of("Adagrad in a narrow valley", found, CURVATURES), (
        f"Sixty steps. Adagrad's path is nearly the diagonal of a round valley: the sums of squares have learned the curvatures. It ends "
        f"{ends[0]:.0e} and {ends[1]:.0e} from the bottom without oscillating, since its rates only fall.")


def rates(study):
    """Effective learning rates over time for features of different frequency."""
    import minitorch

    from ...atlas.plot import Plot
    plot = Plot("How far one more gradient of 1 moves a weight", "step", "step in learning rates", logx=True, logy=True)
    rng, every = np.random.RandomState(0), (1.0, 0.1, 0.01)
    p = minitorch.nn.Parameter(minitorch.zeros(3, dtype=minitorch.float64))
    optimizer = minitorch.optim.Adagrad([p], lr=1.0)
    sums = []
    for _ in range(1000):
        p.grad = minitorch.from_numpy((rng.random_sample(3) < every).astype(np.float64))
        optimizer.step()
        sums.append(optimizer.state[p]["sum"].numpy().copy())
    chosen_steps = np.unique(np.round(10 ** np.linspace(0, 3, 60))).astype(int) - 1
    for k, style in zip(range(3), ("ours", "reference", "third")):
        plot.line(chosen_steps + 1, 1 / np.sqrt(np.array(sums)[chosen_steps, k] + 1), f"in {every[k]:.0%} of the steps", style)
    last = 1 / np.sqrt(sums[-1] + 1)
    return plot, (f"After 1,000 steps a weight whose feature occurs always moves by {last[0]:.3f} learning rates, one whose feature "
                  f"occurs in "
                  f"1% of the steps by {last[2]:.2f}: rare features keep learning.")


UPDATE = Update(
    "optim.Adagrad", title="Adagrad", kernel="adagrad",
    lead="""The gradient over the root of the sum of all its squares so far: what has moved much moves ever less, what is rare keeps its
        rate.""",
    variants={
        "default": {"lr": 0.1},
        "learning rate that decays": {"lr": 0.1, "lr_decay": 0.1},
        "sum that starts at 1": {"lr": 0.1, "initial_accumulator_value": 1.0},
        "everything": {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 0.001},
        "everything, up the gradient": {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5,
                                        "maximize": True},
    },
    checked="everything",
    states={
        "step": ("t", "A 0-d float32 tensor, made by the constructor; it is used by `lr_decay`."),
        "sum": ("s", "Made by the constructor, before any step, and filled with `initial_accumulator_value`."),
    },
    variables=chosen(
        "theta", "g", "t", "lr", "weight_decay", "eps", "maximize", "decays", "step", "square", "denom", "update",
        s=("s", "sum of the squared gradients"),
        lr_decay=(r"\eta", "how fast the learning rate falls with the steps"),
        decayed_lr=(r"\tilde{\gamma}", "learning rate of this step"),
    ),
    formula=(
        Line(r"\v{g}_t = \nabla f(\v{theta}_{t-1}) + \v{weight_decay}\,\v{theta}_{t-1}", "g == g_0 + weight_decay * theta_0"),
        Line(r"\v{s}_t = \v{s}_{t-1} + \v{g}_t^2", "s == s_0 + g ** 2"),
        Line(r"\v{decayed_lr}_t = \frac{\v{lr}}{1 + (t - 1)\,\v{lr_decay}}", "decayed_lr == lr / (1 + (t - 1) * lr_decay)"),
        Line(r"\v{theta}_t = \v{theta}_{t-1} - \v{decayed_lr}_t\,\frac{\v{g}_t}{\sqrt{\v{s}_t} + \v{eps}}",
             "theta == theta_0 - decayed_lr * g / (sqrt(s) + eps) == theta_hand"),
    ),
    theory=(
        Step("The sum is never forgotten",
             r"""Unlike the means of RMSprop and Adam, all squares have the same weight, for ever. With a constant gradient the steps are
             $\v{lr} / \sqrt{t}$: the first has the size of the learning rate, the hundredth a tenth of it. Their sum still grows without
             bound, so any place can be reached.""",
             (Line(r"\v{s}_t = \v{s}_0 + \sum_{k=1}^{t} \v{g}_k^2", "s == initial + squares.sum(0)"),
              Line(r"|\v{theta}_t - \v{theta}_{t-1}| = \frac{\v{lr}}{\sqrt{t}}", "constant == 1 / sqrt(ts)",
                   "measured, five steps with lr = 1 and ε = 0"))),
        Step("Why a root, and why the sum",
             r"""In the analysis, what a method loses over $T$ steps against the best fixed parameters is bounded, element by element, by
             two parts: how far the parameters may be, over the last rate, and a sum of rates times squared gradients. With the rate
             $\v{lr} / \sqrt{\v{s}_t}$ the second sum is at most twice the root of the last $\v{s}$. For the difference of two roots is a
             quotient, and its denominator is at most twice the larger root; adding up over all steps, the left side telescopes.""",
             (Line(r"\sqrt{\v{s}_t} - \sqrt{\v{s}_{t-1}} = \frac{\v{g}_t^2}{\sqrt{\v{s}_t} + \sqrt{\v{s}_{t-1}}}",
                   "roots - before == drawn / (roots + before)"),
              Line(r"\sum_{t=1}^{T} \left( \sqrt{\v{s}_t} - \sqrt{\v{s}_{t-1}} \right) = \sqrt{\v{s}_T}",
                   "(roots - before).sum() == roots[-1]",
                   "with nothing before the first"),
              Line(r"\sum_{t=1}^{T} \frac{\v{g}_t^2}{\sqrt{\v{s}_t}} \le 2 \sqrt{\v{s}_T}",
                   "maximum((drawn / roots).sum(), 2 * roots[-1]) == 2 * roots[-1]"))),
        Step("What that buys",
             r"""Both parts balance where the rate is proportional to the distance over $\sqrt{\v{s}_T}$, which is not known beforehand.
             Adagrad uses the part of it that is known at each step, and loses no more than a constant factor against the best rate
             chosen with hindsight. Elements with few gradients have small sums and large rates: that is why it suits sparse features.""",
             ()),
        Step("Two ways to slow down",
             r"""`lr_decay` divides the learning rate by a line in $t$ on top of the root. At the first step it changes nothing, for
             $t - 1 = 0$. `initial_accumulator_value` acts from the first step on: the first step is then
             $\v{lr}\,|\v{g}| / \sqrt{\v{s}_0 + \v{g}^2}$ and no longer a mere sign.""", ()),
    ),
    figures=(Figure(paths), Figure(rates)),
    conventions=(
        ("Epsilon", "Outside of the root, $10^{-10}$ by default, smaller than Adam's."),
        ("First step", "The sign of the gradient times `lr`, if the sum starts at 0."),
        ("State", "Made when the optimizer is made, for all parameters, also those that never get a gradient; the other optimizers make "
                  "theirs at a parameter's first step."),
        ("Where the rate multiplies", "Last; `sum` does not contain it."),
        ("Weight decay", "An L2 penalty: its square is added to the sum."),
    ),
    sources=(
        Source("Duchi, Hazan and Singer (2011), Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
               "https://jmlr.org/papers/v12/duchi11a.html", "section 1.1: the update; lemma 4: the bound above"),
        Source("PyTorch documentation, Adagrad", "https://docs.pytorch.org/docs/2.13/generated/torch.optim.Adagrad.html", "the contract"),
    ),
    scene=scene,
)
