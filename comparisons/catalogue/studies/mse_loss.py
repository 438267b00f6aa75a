"""The squared error: the mean is what it learns."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, PAIR, REDUCED, chosen, docs, result


def inputs(rng, N, D):
    """Predictions and targets."""
    return {"input": rng.standard_normal((N, D)), "target": rng.standard_normal((N, D))}


def call(torch, input, target):
    """The mean."""
    return torch.nn.functional.mse_loss(input, target)


def scene(s):
    """The output, its gradient, and many targets for one prediction."""
    y, grad_input = result(call, {"input": s.input, "target": s.target}, cotangent=s.grad)
    many = s.target.reshape(-1)
    return {"y": y, "grad_input": grad_input, "many": many, "centre": many.mean(), "guess": 0.3, "sigma": 0.7}


def broadcast(values):
    """One prediction for all targets."""
    values["input"] = values["input"][:1].copy()


def equal(values):
    """The targets themselves."""
    values["input"][...] = values["target"]


def opposite(values):
    """Both infinite."""
    values["input"][0, 0] = values["target"][0, 0] = np.inf


def outliers(study):
    """What one wrong target does to what is learned."""
    from ...atlas.plot import Plot
    plot = Plot("Where the best single prediction lies, one of 20 targets being wrong", "the wrong target", "best prediction")
    good = np.linspace(-1, 1, 19)
    far = np.linspace(0, 40, 81)
    means = np.array([np.append(good, f).mean() for f in far])
    medians = np.array([np.median(np.append(good, f)) for f in far])
    plot.line(far, means, "mean: squared error", "ours")
    plot.line(far, medians, "median: absolute error", "reference")
    return plot, (f"The squared error's best prediction follows the wrong target without limit, to {means[-1]:g} here; the median stops at "
                  f"{medians[-1]:.2f}.")


STUDY = Study(
    "nn.functional.mse_loss", title="Squared error", group=GROUP,
    lead="""The square of the difference. It is the likelihood of a normal distribution in disguise, its best prediction is the mean, and
        its gradient is the error itself.""",
    sizes={"N": 4, "D": 5}, inputs=inputs, call=call, functions={"mse_loss": "Forward", "mse_loss_backward": "Backward"},
    variables=chosen("input", "target", "reduction", "diff", "loss", "y", "grad", "grad_x"),
    scene=scene,
    forward=(
        Line(r"\v{diff} = \v{input} - \v{target}", "diff == input - target"),
        Line(r"\v{loss} = \v{diff}^2", "loss == diff ** 2"),
        Line(r"\v{y} = \frac{1}{N D} \sum \v{loss}", "y == loss.sum() / (N * D)"),
    ),
    backward=(
        Line(r"\v{grad_x} = \frac{2}{N D}\,\v{grad}\,\v{diff}",
             "gradient(lambda z: grad / (N * D) * (z - target) ** 2, input) == 2 / (N * D) * grad * diff == grad_x == grad_input",
             "and the opposite for the target"),
    ),
    derivation=(
        Step("The slope of a square", r"Chain rule: $2\,\v{diff}$ times the slope of $\v{diff}$, which is 1 by the input and $-1$ by the "
                                      r"target.",
             (Line(r"\frac{\partial \v{loss}}{\partial \v{input}} = 2\,\v{diff}", "gradient(lambda z: (z - target) ** 2, input) == 2 * "
                                                                                  "diff"),
              Line(r"\frac{\partial \v{loss}}{\partial \v{target}} = -2\,\v{diff}",
                   "gradient(lambda z: (input - z) ** 2, target) == -2 * diff"))),
        Step("The best prediction is the mean",
             r"""For one prediction $a$ and many targets the gradient is twice the sum of $a - \v{target}$. It vanishes at the mean. Around
             it the loss splits into a part that no prediction can avoid, the variance, and the squared distance to the mean.""",
             (Line(r"\frac{1}{n} \sum (a - \v{target})^2 = \frac{1}{n} \sum (\v{target} - \bar{\v{target}})^2 + (a - \bar{\v{target}})^2",
                   "((guess - many) ** 2).mean() == ((many - centre) ** 2).mean() + (guess - centre) ** 2",
                   "for any a, with the mean of the targets"),)),
        Step("A likelihood in disguise",
             r"""If targets are normally distributed around the prediction with a spread $\sigma$, their negative log-likelihood is the
             squared error over $2 \sigma^2$, plus what no prediction changes. So choosing this loss says: errors are normal, and equally
             wide everywhere.""",
             (Line(r"-\log \frac{e^{-\v{diff}^2 / 2 \sigma^2}}{\sqrt{2 \pi}\,\sigma} = \frac{\v{diff}^2}{2 \sigma^2} + \log(\sqrt{2 "
                   r"\pi}\,\sigma)",
                   "-log(exp(-diff ** 2 / (2 * sigma ** 2)) / (sqrt(2 * pi) * sigma)) == diff ** 2 / (2 * sigma ** 2) + log(sqrt(2 * pi) * "
                   "sigma)"),)),
    ),
    sources=(
        Source("Goodfellow, Bengio and Courville (2016), Deep Learning", "https://www.deeplearningbook.org/contents/ml.html",
               "section 5.5.1: linear regression as maximum likelihood"),
        docs("mse_loss"),
    ),
    edges=(Edge("one prediction for all", broadcast, "shapes broadcast, with a warning; the gradient is summed back"),
           Edge("input equal to target", equal, "no loss, no gradient"),
           Edge("inf less inf", opposite, "nan, which the mean spreads")),
    notes=PAIR | {"huge, 1e20": "the square overflows float32", "tiny, 1e-20": "the loss of the targets alone",
                  "one infinity": "the loss is infinite, the gradient infinite in one place only", "one nan": "the mean spreads it; the "
                  "gradient is nan in one place only"},
    equivalent={"target - floating(input, 'mse_loss')": "a square has no sign"},
    conventions=(REDUCED, ("No half", "The square itself, so the gradient has a factor of 2."),
                 ("Saved", "Input and target; the difference is made again."),
                 ("Shapes", "Input and target broadcast, but PyTorch warns: (N, 1) against (N,) compares everything with everything.")),
    figures=(Figure(outliers),),
    speed=({"N": 64, "D": 64}, {"N": 512, "D": 512}),
)
