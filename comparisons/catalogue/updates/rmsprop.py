"""RMSprop: the gradient over the root of the running mean of its square."""
import numpy as np

from ..study import Figure, Line, Source, Step
from . import Update
from ._shared import chosen, descend, map_of

CURVATURES = (1.0, 50.0)
START = (-1.0, 0.25)
RUNS = {"gradient descent": ({"lr": 2 / 51}, "third"), "RMSprop": ({"lr": 0.03}, "ours"), "with momentum": ({"lr": 0.01, "momentum": 0.9},
                                                                                                         "reference")}


def scene(s):
    """The history by hand, and constant gradients."""
    v = mean = b = 0 * s.start
    theta = s.start
    alpha, mu = s.settings["alpha"], s.settings["momentum"]
    for g in s.gradients:
        g = g + s.weight_decay * theta
        v, mean = alpha * v + (1 - alpha) * g * g, alpha * mean + (1 - alpha) * g
        b = mu * b + g / (np.sqrt(v - mean ** 2) + s.eps)
        theta = theta - s.lr * b
    powers = s.alpha ** np.arange(len(s.gradients))[::-1, None]
    rng = np.random.RandomState(0)
    draws = rng.standard_normal((len(powers), 50))
    weights = (1 - s.alpha) * powers
    return {"theta_hand": theta, "b_hand": b, "total": weights.sum(), "T": len(powers),
            "spread": (weights * draws ** 2).sum(0) - ((weights * draws).sum(0)) ** 2,
            "spread_hand": (weights * (draws - (weights * draws).sum(0) / weights.sum()) ** 2).sum(0)
            + (1 - weights.sum()) / weights.sum() * ((weights * draws).sum(0)) ** 2,
            "constant": constant(s.alpha), "ts": np.arange(1, 6), "variance_hand": v - mean ** 2, "v_hand": v, "mean_hand": mean}


def constant(alpha):
    """The first five steps, in learning rates, of our RMSprop with a constant gradient."""
    import minitorch
    p = minitorch.nn.Parameter(minitorch.zeros(1, dtype=minitorch.float64))
    optimizer = minitorch.optim.RMSprop([p], lr=1.0, alpha=alpha, eps=0.0)
    places = [0.0]
    for _ in range(5):
        p.grad = minitorch.full((1,), 0.3, dtype=minitorch.float64)
        optimizer.step()
        places.append(float(p.detach().numpy()[0]))
    return -np.diff(places)


def paths(study):
    """RMSprop in a narrow valley."""
    found = {n: (descend("RMSprop" if n != "gradient descent" else "SGD", settings, CURVATURES, START, 60), style)
             for n, (settings, style) in RUNS.items()}
    first = np.abs(np.diff(found["RMSprop"][0][:2], axis=0))[0]
    return map_of("RMSprop in a narrow valley", found, CURVATURES), (
        f"Sixty steps. The first step of RMSprop is {first[0]:.2f} in both directions, ten learning rates, since the mean of squares "
        f"starts "
        "at zero and is not corrected; near the bottom it oscillates by about a learning rate.")


def starts(study):
    """The size of the first steps."""
    from ...atlas.plot import Plot
    plot = Plot("How far a step goes, for a constant gradient", "step t", "step in learning rates", logx=True)
    t = np.unique(np.round(10 ** np.linspace(0, 3, 120)))
    plot.line(t, 1 / np.sqrt(1 - 0.99 ** t), "α = 0.99", "ours")
    plot.line(t, 1 / np.sqrt(1 - 0.9 ** t), "α = 0.9", "reference")
    far = (1 / np.sqrt(1 - 0.99 ** np.arange(1, 101))).sum()
    return plot, f"With the default the first hundred steps go as far as {far:.0f} of the later ones. A warm-up of the rate hides that."


UPDATE = Update(
    "optim.RMSprop", title="RMSprop", kernel="rmsprop",
    lead="""The gradient over the root of a running mean of its square, so that all elements move at the same pace; optionally centred, and
        with a momentum of the quotients.""",
    variants={
        "default": {"lr": 0.01},
        "momentum": {"lr": 0.01, "momentum": 0.9},
        "centred": {"lr": 0.01, "centered": True},
        "everything": {"lr": 0.01, "alpha": 0.9, "eps": 0.001, "weight_decay": 0.1, "momentum": 0.9, "centered": True},
        "everything, up the gradient": {"lr": 0.01, "alpha": 0.3, "weight_decay": 0.1, "momentum": 0.9, "centered": True, "maximize": True},
    },
    checked="everything",
    states={
        "step": ("t", "A 0-d float32 tensor, counted up and never used."),
        "square_avg": ("v", "Zeros at the first step."),
        "momentum_buffer": ("b", "Zeros at the first step; with momentum only."),
        "grad_avg": ("g_mean", "Zeros at the first step; with `centered` only."),
    },
    variables=chosen(
        "theta", "g", "t", "lr", "weight_decay", "momentum", "eps", "b", "maximize", "decays", "step", "square", "rest", "denom", "update",
        "v", "share",
        alpha=(r"\alpha", "share of the mean of squares that is kept"),
        g_mean=(r"\bar{g}", "running mean of the gradient"),
        variance=("V", "mean of squares less the square of the mean"),
        centered=(r"\mathrm{centered}", "whether to divide by the spread instead of the size"),
        near=(r"[1 - \alpha < 1/2]", "whether the mean is nearer to its old value than to the gradient"),
    ),
    formula=(
        Line(r"\v{g}_t = \nabla f(\v{theta}_{t-1}) + \v{weight_decay}\,\v{theta}_{t-1}", "g == g_0 + weight_decay * theta_0"),
        Line(r"\v{v}_t = \v{alpha}\,\v{v}_{t-1} + (1 - \v{alpha})\,\v{g}_t^2", "v == alpha * v_0 + (1 - alpha) * g ** 2 == v_hand"),
        Line(r"\v{g_mean}_t = \v{alpha}\,\v{g_mean}_{t-1} + (1 - \v{alpha})\,\v{g}_t",
             "g_mean == alpha * g_mean_0 + (1 - alpha) * g == mean_hand", "if centred, else 0"),
        Line(r"\v{denom}_t = \sqrt{\v{v}_t - \v{g_mean}_t^2} + \v{eps}", "denom == sqrt(v - g_mean ** 2) + eps"),
        Line(r"\v{b}_t = \v{momentum}\,\v{b}_{t-1} + \v{g}_t / \v{denom}_t", "b == momentum * b_0 + g / denom == b_hand",
             "momentum buffer, of the quotients"),
        Line(r"\v{theta}_t = \v{theta}_{t-1} - \v{lr}\,\v{b}_t", "theta == theta_0 - lr * b == theta_hand"),
    ),
    theory=(
        Step("From signs to means",
             r"""Dividing a gradient by its own size leaves its sign: `Rprop`, which works on the whole data set. On small batches signs of
             different batches do not add up to the right direction: nine gradients of 0.1 and one of −0.9 must cancel, but their signs do
             not. If neighbouring batches are divided by almost the same number, they do. So RMSprop divides by a slowly moving mean.""",
             ()),
        Step("There is no correction of the start",
             r"""The mean of squares starts at zero, and its weights add up to $1 - \v{alpha}^t$ only, as in Adam. RMSprop does not divide
             by that. With a constant gradient the first step is therefore $1 / \sqrt{1 - \v{alpha}}$ learning rates, ten with the default
             of 0.99.""",
             (Line(r"(1 - \v{alpha}) \sum_{k=1}^{t} \v{alpha}^{t-k} = 1 - \v{alpha}^t", "total == 1 - alpha ** T"),
              Line(r"|\v{theta}_t - \v{theta}_{t-1}| = \frac{\v{lr}}{\sqrt{1 - \v{alpha}^t}}", "constant == 1 / sqrt(1 - alpha ** ts)",
                   "measured, five steps with lr = 1 and ε = 0"))),
        Step("Centred: what is under the root is not negative",
             r"""Both means have the same weights $w_k$, whose sum is $W = 1 - \v{alpha}^t$. Splitting each gradient into the true mean
             $\v{g_mean} / W$ and the rest, the mixed terms cancel, and two sums remain that cannot be negative, since $W < 1$.
             That holds for exact numbers. In floating point both terms settle to nearly the same value when a gradient stays the same,
             and what is left of their difference is rounding, which may even be negative: then the root is nan.""",
             (Line(r"\v{v} - \v{g_mean}^2 = \sum_k w_k \left( \v{g}_k - \frac{\v{g_mean}}{W} \right)^2 + \frac{1 - W}{W}\,\v{g_mean}^2",
                   "spread == spread_hand", "at random gradients"),)),
        Step("Where epsilon stands",
             r"""PyTorch adds it to the root. Graves, and other libraries, add it below the root. With a gradient of zero the first divides
             by $\v{eps}$, the second by $\sqrt{\v{eps}}$: $10^{-8}$ here acts like $10^{-16}$ there.""",
             (Line(r"\sqrt{0} + \v{eps} = \sqrt{0 + \v{eps}^2}", "sqrt(0) + eps == sqrt(0 + eps ** 2)"),)),
        Step("Momentum after the division",
             r"""The buffer sums quotients, so old ones keep the denominators of their own time. Adam does it the other way round: it
             averages gradients and divides the average by the present denominator. As in SGD the sum is not an average: with a momentum of
             0.9 the steps become ten times as large in the end.""", ()),
    ),
    figures=(Figure(paths), Figure(starts)),
    conventions=(
        ("Epsilon", "Outside of the root, $10^{-8}$ by default."),
        ("First step", "$\\v{lr} / \\sqrt{1 - \\v{alpha}}$ for every element with a gradient: ten learning rates with the default."),
        ("Alpha", "What is kept of the mean of squares, 0.99; other libraries call it rho or decay and use 0.9."),
        ("Weight decay", "An L2 penalty: it goes through the mean of squares."),
        ("Where the rate multiplies", "Last, after the buffer, as in SGD."),
    ),
    differences=(
        ("huge, 1e30, centred", "The square of the mean overflows and infinity less infinity is nan; PyTorch multiplies and subtracts in "
                                "one "
                                "fused rounding, in which that square never stands alone."),
        ("the same gradient 2,000 times, centred", "The spread of gradients that do not differ is 0, and what is under the root is nothing "
                                                   "but rounding: rounding twice or once then shows in the third digit."),
    ),
    sources=(
        Source("Hinton (2012), Neural Networks for Machine Learning, lecture 6",
               "https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf", "rmsprop, and the nine gradients"),
        Source("Graves (2013), Generating Sequences With Recurrent Neural Networks", "https://arxiv.org/abs/1308.0850",
               "section 4.2: the centred form, with epsilon below the root"),
        Source("PyTorch documentation, RMSprop", "https://docs.pytorch.org/docs/2.13/generated/torch.optim.RMSprop.html", "the contract"),
    ),
    scene=scene,
)
