"""The smooth absolute error: Huber's loss over beta."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, PAIR, REDUCED, chosen, docs, result

BETA = 0.6


def inputs(rng, N, D):
    """Predictions and targets, some nearer than beta."""
    return {"input": rng.standard_normal((N, D)), "target": rng.standard_normal((N, D))}


def call(torch, input, target):
    """The mean."""
    return torch.nn.functional.smooth_l1_loss(input, target, beta=BETA)


def scene(s):
    """The output, its gradient, and Huber's loss."""
    y, grad_input = result(call, {"input": s.input, "target": s.target}, cotangent=s.grad)
    near = np.abs(s.diff) < BETA
    return {"y": y, "grad_input": grad_input, "near": near, "branches": np.where(near, s.diff ** 2 / (2 * BETA), np.abs(s.diff) - BETA / 2),
            "huber": lambda d, delta=BETA: np.minimum(np.abs(d), delta) * (np.abs(d) - np.minimum(np.abs(d), delta) / 2)}


def equal(values):
    """The targets themselves."""
    values["input"][...] = values["target"]


def at_beta(values):
    """Just where parabola and line meet."""
    values["target"][...] = 0
    values["input"][...] = np.float32(BETA)


def slopes(study):
    """The gradients of four losses."""
    import minitorch

    from ...atlas.plot import Plot
    d = np.linspace(-2, 2, 161)
    plot, tops = Plot("The gradient of a difference", "difference d", "gradient"), []
    for name, settings, label, style in (("smooth_l1_loss", {"beta": 0.5}, "smooth, β = 0.5", "ours"),
                                         ("huber_loss", {"delta": 0.5}, "Huber, δ = 0.5", "reference"),
                                         ("l1_loss", {}, "absolute", "third")):
        x = minitorch.from_numpy(d.copy()).requires_grad_()
        loss = getattr(minitorch.nn.functional, name)(x, minitorch.zeros(len(d), dtype=minitorch.float64), reduction="sum", **settings)
        g, = minitorch.autograd.grad(loss, x)
        plot.line(d, g.numpy(), label, style)
        tops.append(g.numpy().max())
    return plot, (f"Beta sets how steep the middle is and leaves the ends at {tops[0]:g}; Huber's delta sets the ends, at {tops[1]:g}, "
                  f"and leaves "
                  "the middle.")


STUDY = Study(
    "nn.functional.smooth_l1_loss", title="Smooth absolute error", group=GROUP,
    lead="""The absolute error with its kink rounded off: a parabola as wide as beta, then lines of slope 1. It is Huber's loss divided by
        beta.""",
    sizes={"N": 4, "D": 5}, inputs=inputs, call=call,
    functions={"smooth_l1_loss": "Forward", "huber": "The loss of a difference", "smooth_l1_loss_backward": "Backward"},
    variables=chosen(
        "input", "target", "reduction", "diff", "loss", "y", "grad", "grad_x",
        beta=(r"\beta", "where the parabola becomes a line of slope 1"),
        delta=(r"\delta", "where the parabola becomes a line", "beta, in this loss"),
        size=("|d|", "size of the difference"), c=("c", "size of the difference, cut at delta"),
    ),
    scene=scene,
    forward=(
        Line(r"\v{diff} = \v{input} - \v{target}", "diff == input - target"),
        Line(r"\v{c} = \min(|\v{diff}|, \v{beta})", "c == minimum(abs(diff), beta)"),
        Line(r"\v{loss} = \frac{\v{c}}{\v{beta}} \left( |\v{diff}| - \frac{\v{c}}{2} \right)", "loss == c / beta * (abs(diff) - c / 2) "
                                                                                               "== branches"),
        Line(r"\v{y} = \frac{1}{N D} \sum \v{loss}", "y == loss.sum() / (N * D)"),
    ),
    backward=(
        Line(r"\v{grad_x} = \frac{1}{N D}\,\v{grad}\,\min(\max(\v{diff} / \v{beta}, -1), 1)",
             "central(lambda z: grad / (N * D) * huber(z - target) / beta, input) == grad / (N * D) * minimum(maximum(diff / beta, -1), 1) "
             "== grad_x == grad_input", "and the opposite for the target", rtol=1e-6),
    ),
    derivation=(
        Step("Huber's loss, scaled",
             r"""Dividing Huber's loss by where it bends makes the slope of its lines 1, whatever $\v{beta}$ is (Huber's page derives both
             branches). Only the middle remembers $\v{beta}$.""",
             (Line(r"\v{loss} = \frac{\v{diff}^2}{2 \v{beta}} \; \mathrm{or} \; |\v{diff}| - \frac{\v{beta}}{2}",
                   "loss == huber(diff) / beta == where(near, diff ** 2 / (2 * beta), abs(diff) - beta / 2)"),)),
        Step("Its slope",
             r"""Inside, the parabola has the slope $\v{diff} / \v{beta}$, which reaches 1 just at $|\v{diff}| = \v{beta}$, where the line
             takes over: the quotient, cut at both ends.""",
             (Line(r"\frac{\partial \v{loss}}{\partial \v{input}} = \min(\max(\v{diff} / \v{beta}, -1), 1)",
                   "central(lambda z: huber(z - target) / beta, input) == minimum(maximum(diff / beta, -1), 1)", rtol=1e-6),)),
        Step("Between two losses",
             r"""For small $\v{beta}$ it is never farther than $\v{beta} / 2$ from the absolute error, so it becomes that; PyTorch takes
             $\v{beta} = 0$ for it and really calls `l1_loss`. For large $\v{beta}$ it is the squared error over $2 \v{beta}$, and fades.
             Huber's loss does the opposite: for large delta it is the squared error, for small delta it fades.""",
             (Line(r"|\v{diff}| - \v{loss} = \frac{\v{beta}}{2}", "(abs(diff) - loss)[~near] == beta / 2 + 0 * diff[~near]",
                   "outside; inside it is less"),
              Line(r"\mathrm{huber}_{k \v{beta}}(k\,\v{diff}) = k^2\,\mathrm{huber}_{\v{beta}}(\v{diff})",
                   "huber(3 * diff, 3 * beta) == 9 * huber(diff)", "stretched alike, by any k"))),
    ),
    sources=(
        Source("Girshick (2015), Fast R-CNN", "https://arxiv.org/abs/1504.08083", "equation 3: with beta 1"),
        Source("Huber (1964), Robust Estimation of a Location Parameter", "https://doi.org/10.1214/aoms/1177703732", "the original"),
        docs("smooth_l1_loss"),
    ),
    edges=(Edge("input equal to target", equal, "the bottom of the parabola"),
           Edge("a difference of exactly beta", at_beta, "both branches give the same")),
    notes=PAIR | {"huge, 1e20": "on the line: no square, nothing overflows", "tiny, 1e-20": "the loss of the targets alone",
                  "one infinity": "the loss is infinite, the gradient 1", "one nan": "the mean spreads it"},
    equivalent={"target - floating(input, 'smooth_l1_loss')": "the loss looks at the size of the difference alone"},
    conventions=(REDUCED, ("Beta", "The width of the parabola; 0 means `l1_loss`. Older code has no beta and means 1."),
                 ("Against Huber", "`smooth_l1_loss(beta=b)` is `huber_loss(delta=b) / b`.")),
    figures=(Figure(slopes),),
    speed=({"N": 64, "D": 64}, {"N": 512, "D": 512}),
)
