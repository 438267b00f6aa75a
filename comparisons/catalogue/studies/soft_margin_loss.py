"""The soft margin loss: the logistic loss of labels that are called -1 and 1."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, REDUCED, chosen, docs, result


def inputs(rng, N, D):
    """Scores, and labels -1 and 1."""
    return {"input": 2 * rng.standard_normal((N, D)), "target": rng.choice([-1.0, 1.0], (N, D))}


def call(torch, input, target):
    """The mean."""
    return torch.nn.functional.soft_margin_loss(input, target)


def scene(s):
    """The loss as a function of the scores, its gradient, and the same by other formulas."""
    def sigma(z):
        return 1 / (1 + np.exp(-z))

    def losses(x=s.input):
        return np.log(1 + np.exp(-s.target * x))

    y, grad_input = result(call, {"input": s.input, "target": s.target}, cotangent=s.grad)
    return {"sigma": sigma, "losses": losses, "y": y, "grad_input": grad_input, "of_mean": s.grad / (s.N * s.D), "x": s.input,
            "t": s.target,
            "positive": (s.target + 1) / 2, "soft": np.log(1 + np.exp(-s.z))}


def wrong_by_100(values):
    """Scores far on the wrong side."""
    values["input"][...] = -100 * values["target"]


def wrong_for_ever(values):
    """A score of minus infinity where plus is right."""
    values["input"].reshape(-1)[:1], values["target"].reshape(-1)[:1] = -np.inf, 1


def zero_and_one(values):
    """Labels as binary_cross_entropy has them."""
    values["target"][...] = (values["target"] + 1) / 2


def margins(study):
    """Some losses of a margin, and where float32 ends."""
    import torch

    import minitorch

    from ...atlas.plot import Plot
    z = np.linspace(-4, 4, 161)
    plot = Plot("Losses of a margin", "margin t x", "loss")
    plot.line(z, np.log1p(np.exp(-z)), "log(1 + exp(−z))", "ours")
    plot.line(z, np.maximum(1 - z, 0), "hinge", "reference")
    plot.line(z, (z < 0) * 1.0, "mistakes", "third")
    far = np.arange(0, 200, 0.5, dtype=np.float32)
    theirs, ours = (library.nn.functional.soft_margin_loss(library.from_numpy(-far), library.ones(len(far)), reduction="none").numpy()
                    for library in (torch, minitorch))
    assert np.isfinite(ours).all()
    return plot, (f"At the margin 0 the loss is log 2 = {np.log(2):.3f}; divided by that it lies above the steps, so that its mean bounds "
                  f"the share of mistakes. Far on the wrong side it is a line of slope −1, as the hinge. PyTorch takes the power itself: "
                  f"in "
                  f"float32 its loss is infinite from a margin of −{far[~np.isfinite(theirs)][0]:g} on, and its gradient nan.")


def precise(study):
    """Relative errors of the loss for large margins in float32."""
    import minitorch

    from ...atlas.plot import Plot
    z = np.linspace(0, 80, 161, dtype=np.float32)
    exact = np.log1p(np.exp(-z.astype(np.float64)))
    ours = minitorch.nn.functional.soft_margin_loss(minitorch.from_numpy(z), minitorch.ones(len(z)), reduction="none").numpy()
    naive = np.log(1 + np.exp(-z))
    plot = Plot("Relative error of the loss of a right score", "margin t x", "relative error", logy=True)
    plot.line(z, np.maximum(np.abs(ours / exact - 1), 1e-9), "ours", "ours")
    plot.line(z, np.abs(naive / exact - 1), "log(1 + exp(−z)), not used", "third")
    return plot, (f"Ours is off by at most {np.abs(ours / exact - 1).max():.0e}. Written plainly the loss is 0 from "
                  f"{z[np.nonzero(naive == 0)[0][0]]:g} on.")


STUDY = Study(
    "nn.functional.soft_margin_loss", title="Soft margin loss", group=GROUP,
    lead="""Logistic regression with labels −1 and 1: how surprised a score is by the sign that was right. The same function as binary cross
        entropy of scores, in half the symbols.""",
    sizes={"N": 4, "D": 5}, inputs=inputs, call=call,
    functions={"soft_margin_loss": "Forward", "soft_margin_loss_backward": "Backward"},
    variables=chosen(
        "input", "target", "reduction", "loss", "grad",
        z=("z", "score, a number before it is squashed or bent", "times the label: how far on the right side"),
        slope=("y'", "derivative of the output by the input", "of each loss by its score"),
    ),
    scene=scene, differentiable=("input",),
    forward=(
        Line(r"\v{z} = \v{target} \odot \v{input}", "z == t * x"),
        Line(r"\v{loss} = \log(1 + e^{-\v{z}})", "loss == log(1 + exp(-z)) == losses()"),
    ),
    backward=(
        Line(r"\v{slope} = -\frac{\v{target}}{1 + e^{\v{z}}}", "gradient(losses, x) == -t / (1 + exp(z))"),
    ),
    derivation=(
        Step("A chance from a score",
             r"""Let the score be the logarithm of the odds of plus: $\log \frac{P}{1 - P} = \v{input}$. Then $P = \sigma(\v{input})$ with
             $\sigma(a) = 1/(1 + e^{-a})$, and since $1 - \sigma(a) = \sigma(-a)$, the chance of minus is $\sigma(-\v{input})$. Calling the
             labels $1$ and $-1$ makes one formula of both: the chance of what was right is $\sigma(\v{z})$.""",
             (Line(r"1 - \sigma(\v{input}) = \sigma(-\v{input})", "1 - sigma(x) == sigma(-x)"),
              Line(r"P(\v{target}) = \sigma(\v{target}\,\v{input}) = \sigma(\v{z})",
                   "where(t > 0, sigma(x), 1 - sigma(x)) == sigma(t * x) == sigma(z)"))),
        Step("Its surprise",
             r"""The loss is minus the logarithm of that chance, and the logarithm of $1/(1 + e^{-\v{z}})$ is minus that of its
             denominator.""",
             (Line(r"\v{loss} = -\log \sigma(\v{z}) = \log(1 + e^{-\v{z}})", "-log(sigma(z)) == loss == log(1 + exp(-z))"),)),
        Step("Never a large power",
             r"""On the wrong side $-\v{z}$ is large, and its power overflows in float32 from 89 on. Take it out of the logarithm there: a
             power of minus the size is left, at most 1, and a straight line. Both halves are one formula. The helper computes it, and also
             gives back what is lost when 1 is added to a small power (see binary cross entropy with logits).""",
             (Line(r"\log(1 + e^{-\v{z}}) = \log(1 + e^{-|\v{z}|}) + \max(-\v{z}, 0)", "soft == log(1 + exp(-abs(z))) + maximum(-z, 0)"),)),
        Step("The slope",
             r"""The logarithm's slope is one over its argument, the power's is minus itself. Multiply both by $e^{\v{z}}$ for a form
             that may overflow without harm: one over infinity is 0, the right answer. The chain rule's last factor is the slope of
             $\v{z}$ by the score, the label.""",
             (Line(r"\frac{\partial \v{loss}}{\partial \v{z}} = -\frac{e^{-\v{z}}}{1 + e^{-\v{z}}} = -\frac{1}{1 + e^{\v{z}}} = "
                   r"\sigma(\v{z}) - 1",
                   "gradient(lambda z: log(1 + exp(-z)), z) == -exp(-z) / (1 + exp(-z)) == -1 / (1 + exp(z)) == sigma(z) - 1"),
              Line(r"\v{slope} = \v{target}\,(\sigma(\v{z}) - 1) = -\frac{\v{target}}{1 + e^{\v{z}}}",
                   "gradient(losses, x) == t * (sigma(z) - 1) == -t / (1 + exp(z))"))),
        Step("Through the mean",
             r"""Each of the $N D$ losses has a share of one over their number in the mean, so that each slope is multiplied by what
             arrives, divided by $N D$.""",
             (Line(r"\bar{x} = \frac{\v{grad}}{N D}\,\v{slope}",
                   "gradient(lambda x: of_mean * losses(x), x) == -of_mean * t / (1 + exp(z)) == grad_input"),)),
        Step("The same as cross entropy of scores",
             r"""With labels 0 and 1, $b = (\v{target} + 1)/2$, binary cross entropy of scores is the same number. So is cross entropy of
             two classes with the scores 0 and $\v{input}$. The gradient is chance less label in those letters.""",
             (Line(r"\v{loss} = -b \log \sigma(\v{input}) - (1 - b) \log(1 - \sigma(\v{input}))",
                   "loss == -positive * log(sigma(x)) - (1 - positive) * log(1 - sigma(x))"),
              Line(r"\v{slope} = \sigma(\v{input}) - b", "gradient(losses, x) == sigma(x) - positive"))),
        Step("It never rests",
             r"""The second slope is $\sigma(\v{z})\,\sigma(-\v{z})$, positive everywhere and at most 1/4: the loss is convex, and a sum of
             such has one lowest value. But for data that a plane can separate no weights reach it: doubling them makes every loss smaller.
             What grows for ever is their size, and the direction tends to the widest margin.""",
             (Line(r"\frac{\partial^2 \v{loss}}{\partial \v{input}^2} = \v{target}^2\,\sigma(\v{z})\,\sigma(-\v{z})",
                   "gradient(lambda x: -t / (1 + exp(t * x)), x) == t ** 2 * sigma(z) * sigma(-z)"),)),
    ),
    sources=(
        Source("Friedman, Hastie and Tibshirani (2000), Additive logistic regression", "https://doi.org/10.1214/aos/1016218223",
               "the loss of a margin, beside the exponential one of boosting"),
        Source("Soudry et al. (2018), The Implicit Bias of Gradient Descent on Separable Data", "https://arxiv.org/abs/1710.10345",
               "where the direction tends to"),
        docs("soft_margin_loss"),
    ),
    edges=(Edge("wrong by 100", wrong_by_100, "the loss is 100, the slope −t; PyTorch's power overflows: infinity, and infinity over "
                                              "infinity"),
           Edge("wrong for ever", wrong_for_ever, "an infinite loss whose slope is still −t; PyTorch's is nan"),
           Edge("labels 0 and 1", zero_and_one, "a label 0 says nothing: log 2, and no gradient")),
    notes={"zeros": "log 2: no opinion", "constant": "3 where plus is right, −3 where minus is",
           "huge, 1e20": "0, or the size of the score; PyTorch's power overflows", "tiny, 1e-20": "log 2: no opinion",
           "one infinity": "0 if plus is right, else infinite with a slope of 1; PyTorch's slope is nan then",
           "size 0": "the mean of no losses is 0/0, nan; a sum would be 0", "one nan": "the mean spreads it"},
    conventions=(
        REDUCED,
        ("Labels", "−1 and 1 are not checked. With 0 for minus, as in `binary_cross_entropy`, half of the data are silently left out: "
                   "their "
                   "loss is log 2 and their gradient 0. Other numbers weigh: 2 asks for half the score."),
        ("Target", "Gets no gradient; one that asks for it is refused."),
        ("Shapes", "The target is broadcast to the shape of the input, without a warning; an input that would have to grow is refused."),
        ("Saved", "Score and label; the power is taken again."),
    ),
    differences=(
        ("Overflow", "PyTorch computes log(1 + exp(−z)) as it stands: from a margin of about −89 on (−710 in float64) the loss is infinite "
                     "and the "
                     "gradient nan. Here the loss is −z and the gradient −t. In PyTorch use `binary_cross_entropy_with_logits` for the "
                     "same loss "
                     "without this."),
    ),
    figures=(Figure(margins), Figure(precise, "agreement")),
    speed=({"N": 64, "D": 64}, {"N": 512, "D": 512}),
)
