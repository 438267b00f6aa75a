"""Huber's loss: a parabola near zero, lines outside."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, PAIR, REDUCED, chosen, docs, result

DELTA = 0.6


def inputs(rng, N, D):
    """Predictions and targets, some nearer than delta."""
    return {"input": rng.standard_normal((N, D)), "target": rng.standard_normal((N, D))}


def call(torch, input, target):
    """The mean."""
    return torch.nn.functional.huber_loss(input, target, delta=DELTA)


def scene(s):
    """The output, its gradient, and the two branches."""
    y, grad_input = result(call, {"input": s.input, "target": s.target}, cotangent=s.grad)
    near = np.abs(s.diff) <= DELTA
    return {"y": y, "grad_input": grad_input, "near": near, "branches": np.where(near, s.diff ** 2 / 2,
        DELTA * (np.abs(s.diff) - DELTA / 2)),
            "huber": lambda d: np.minimum(np.abs(d), DELTA) * (np.abs(d) - np.minimum(np.abs(d), DELTA) / 2), "prox": prox(s.diff)}


def prox(d):
    """The least of u²/2 + δ|d − u| over a fine grid of u, for each d."""
    u = np.linspace(-4, 4, 80001)
    return np.array([(u ** 2 / 2 + DELTA * np.abs(v - u)).min() for v in d.reshape(-1)]).reshape(d.shape)


def equal(values):
    """The targets themselves."""
    values["input"][...] = values["target"]


def at_delta(values):
    """Just where parabola and line meet."""
    values["target"][...] = 0
    values["input"][...] = np.float32(DELTA)


def shapes(study):
    """The loss and its neighbours."""
    import minitorch

    from ...atlas.plot import Plot
    d = np.linspace(-3, 3, 121)
    plot = Plot("Three losses of a difference", "difference d", "loss")
    arrays = minitorch.from_numpy(d), minitorch.zeros(len(d), dtype=minitorch.float64)
    plot.line(d, d ** 2 / 2, "d²/2", "third")
    for delta, style in ((1.0, "ours"), (0.3, "reference")):
        plot.line(d, minitorch.nn.functional.huber_loss(*arrays, delta=delta, reduction="none").numpy(), f"δ = {delta:g}", style)
    return plot, "A small delta bends early: the loss is then δ times an absolute error, and its gradient never exceeds δ."


STUDY = Study(
    "nn.functional.huber_loss", title="Huber's loss", group=GROUP,
    lead="""The squared error where the difference is small, the absolute error where it is large: smooth at zero, and no outlier pulls
        harder than delta.""",
    sizes={"N": 4, "D": 5}, inputs=inputs, call=call,
    functions={"huber_loss": "Forward", "huber": "The loss of a difference", "huber_loss_backward": "Backward"},
    variables=chosen(
        "input", "target", "reduction", "diff", "loss", "y", "grad", "grad_x",
        delta=(r"\delta", "where the parabola becomes a line", "1 unless given"),
        size=("|d|", "size of the difference"), c=("c", "size of the difference, cut at delta"),
    ),
    scene=scene,
    forward=(
        Line(r"\v{diff} = \v{input} - \v{target}", "diff == input - target"),
        Line(r"\v{c} = \min(|\v{diff}|, \v{delta})", "c == minimum(abs(diff), delta)"),
        Line(r"\v{loss} = \v{c} \left( |\v{diff}| - \frac{\v{c}}{2} \right)", "loss == c * (abs(diff) - c / 2) == branches"),
        Line(r"\v{y} = \frac{1}{N D} \sum \v{loss}", "y == loss.sum() / (N * D)"),
    ),
    backward=(
        Line(r"\v{grad_x} = \frac{1}{N D}\,\v{grad}\,\min(\max(\v{diff}, -\v{delta}), \v{delta})",
             "central(lambda z: grad / (N * D) * huber(z - target), input) == grad / (N * D) * minimum(maximum(diff, -delta), delta) == "
             "grad_x "
             "== grad_input", "and the opposite for the target", rtol=1e-6),
    ),
    derivation=(
        Step("One formula for both branches",
             r"""For $|\v{diff}| \le \v{delta}$ the cut $\v{c}$ is $|\v{diff}|$ itself, and the product is half the square. Beyond, $\v{c}$
             is $\v{delta}$ and the product is a line. No branch is needed, and the parabola is never evaluated where its square would
             overflow.""",
             (Line(r"|\v{diff}| \left( |\v{diff}| - \frac{|\v{diff}|}{2} \right) = \frac{\v{diff}^2}{2}",
                   "abs(diff) * (abs(diff) - abs(diff) / 2) == diff ** 2 / 2"),
              Line(r"\v{loss} = \frac{\v{diff}^2}{2} \; \mathrm{or} \; \v{delta} \left( |\v{diff}| - \frac{\v{delta}}{2} \right)",
                   "loss == where(near, diff ** 2 / 2, delta * (abs(diff) - delta / 2))"))),
        Step("They meet without a kink",
             r"""At $|\v{diff}| = \v{delta}$ both give $\v{delta}^2 / 2$, and both have the slope $\v{delta}$. So the loss can be
             differentiated everywhere, and its slope is the difference, cut at both ends.""",
             (Line(r"\frac{\v{delta}^2}{2} = \v{delta} \left( \v{delta} - \frac{\v{delta}}{2} \right)",
                  "delta ** 2 / 2 == delta * (delta - delta / 2)"),
              Line(r"\frac{\partial \v{loss}}{\partial \v{input}} = \min(\max(\v{diff}, -\v{delta}), \v{delta})",
                   "central(lambda z: huber(z - target), input) == minimum(maximum(diff, -delta), delta)", rtol=1e-6))),
        Step("What it means to cut a gradient",
             r"""The second derivative is 1 inside and 0 outside: a target farther than $\v{delta}$ has no curvature left and pulls with
             constant force. Huber derived the form from the worst case: if a share of all errors is normal and the rest anything, no other
             estimator does better in the worst case, and $\v{delta}$ belongs to the share.""",
             (Line(r"\frac{\partial^2 \v{loss}}{\partial \v{input}^2} = [\,|\v{diff}| < \v{delta}\,]",
                   "central(lambda z: minimum(maximum(z - target, -delta), delta), input) == near + 0.0", rtol=1e-6),)),
        Step("The difference, split in two",
             r"""The same number is the least cost of splitting the difference into a part $u$ that is paid by its square and a rest that
             is paid by its size: small differences are all noise, of large ones everything beyond $\v{delta}$ is called an outlier.""",
             (Line(r"\v{loss} = \min_u \left( \frac{u^2}{2} + \v{delta}\,|\v{diff} - u| \right)", "loss == prox",
                  "the least over a fine grid",
                   rtol=1e-4),)),
    ),
    sources=(
        Source("Huber (1964), Robust Estimation of a Location Parameter", "https://doi.org/10.1214/aoms/1177703732",
               "the loss, and in which sense it is best"),
        Source("Boyd and Vandenberghe (2004), Convex Optimization", "https://web.stanford.edu/~boyd/cvxbook/", "section 6.1.2"),
        docs("huber_loss"),
    ),
    edges=(Edge("input equal to target", equal, "the bottom of the parabola"),
           Edge("a difference of exactly delta", at_delta, "both branches give the same")),
    notes=PAIR | {"huge, 1e20": "on the line: no square, nothing overflows", "tiny, 1e-20": "the loss of the targets alone",
                  "one infinity": "the loss is infinite, the gradient delta", "one nan": "the mean spreads it"},
    equivalent={"target - floating(input, 'huber_loss')": "the loss looks at the size of the difference alone"},
    conventions=(REDUCED, ("Delta", "Multiplies the line; `smooth_l1_loss(beta)` is this loss over beta, so its lines all have slope 1."),
                 ("Zero", "`delta` must be positive.")),
    figures=(Figure(shapes),),
    speed=({"N": 64, "D": 64}, {"N": 512, "D": 512}),
)
