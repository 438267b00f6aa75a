"""Binary cross entropy of scores: sigmoid and logarithm in one, without overflow."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, REDUCED, chosen, docs, result

LOST = "at these scores the correction is below the last digits that are compared; the figure above shows large scores"


def inputs(rng, N, D):
    """Scores, targets between 0 and 1, weights of the columns, and how much their positive targets count."""
    return {"input": 2 * rng.standard_normal((N, D)), "target": rng.uniform(0, 1, (N, D)), "weight": rng.uniform(0.5, 1.5, D),
            "pos_weight": rng.uniform(0.5, 3, D)}


def call(torch, input, target, weight, pos_weight):
    """The mean."""
    return torch.nn.functional.binary_cross_entropy_with_logits(input, target, weight, pos_weight=pos_weight)


def scene(s):
    """The loss as a function of everything, its gradients, and the best score."""
    def sigma(z):
        return 1 / (1 + np.exp(-z))

    def bce(x=s.input, t=s.target):
        return -(s.pos_weight * t * np.log(sigma(x)) + (1 - t) * np.log(1 - sigma(x)))

    values = {"input": s.input, "target": s.target, "weight": s.weight, "pos_weight": s.pos_weight}
    (y, grad_input), (_, grad_target) = (result(call, values, n, s.grad) for n in ("input", "target"))
    odds = s.pos_weight * s.target / (1 - s.target)
    return {"sigma": sigma, "bce": bce, "y": y, "grad_input": grad_input, "grad_target": grad_target, "share_of_mean": s.grad / (s.N * s.D),
            "odds": odds, "part": 1 + (s.pos_weight - 1) * s.target, "soft": np.log(1 + np.exp(-s.input))}


def sure_and_wrong(values):
    """Scores of 100 where the target is 0."""
    values["input"][...], values["target"][...] = 100, 0


def certain(values):
    """Infinite scores that are right."""
    values["input"][...], values["target"][...] = np.inf, 1


def precision(study):
    """Relative errors of log(1 + exp(-x)) in float32 for large scores."""
    import torch

    import minitorch

    from ...atlas.plot import Plot
    x = np.linspace(0, 80, 161, dtype=np.float32)
    exact = np.log1p(np.exp(-x.astype(np.float64)))
    plot, worst = Plot("Relative error of the loss for a target of 1", "score", "relative error", logy=True), {}
    for name, library, style in (("ours", minitorch, "ours"), ("PyTorch", torch, "reference")):
        loss = library.nn.functional.binary_cross_entropy_with_logits
        y = loss(library.from_numpy(x.copy()), library.ones(len(x)), reduction="none").numpy()
        errors = np.maximum(np.abs(y / exact - 1), 1e-9)
        plot.line(x, errors, name, style)
        worst[name] = errors.max()
    naive = np.log(1 + np.exp(-x))
    plot.line(x, np.abs(naive / exact - 1), "log(1 + exp(−x)), not used", "third")
    gone = x[np.nonzero(naive == 0)[0][0]]
    return plot, (f"Written plainly, the loss loses its digits and is 0 from a score of {gone:g} on. Ours is off by at most "
                  f"{worst['ours']:.0e}, PyTorch by {worst['PyTorch']:.0e}.")


STUDY = Study(
    "nn.functional.binary_cross_entropy_with_logits", title="Binary cross entropy with logits", group=GROUP,
    lead="""Cross entropy of two classes, told a score whose sigmoid is the probability of one of them. Sigmoid and logarithm melt into one
        function that never overflows, and the gradient is probability less target.""",
    sizes={"N": 4, "D": 5}, inputs=inputs, call=call,
    functions={"binary_cross_entropy_with_logits": "Forward", "softplus_of_opposite": "The logarithm of the sigmoid, with its sign turned",
               "binary_cross_entropy_with_logits_backward": "Backward, to the scores",
               "binary_cross_entropy_with_logits_target_backward": "Backward, to the targets"},
    variables=chosen(
        "input", "target", "reduction", "t", "loss", "y", "grad", "grad_x", "plain",
        grad_t=(r"\bar{t}", "gradient of the targets"),
        x=("x", "input, as the kernel walks it", "the scores, in a float dtype that is wide enough"),
        weight=("w", "weights of the losses", "broadcast against them"),
        pos_weight=(r"\rho", "how often a positive target counts"),
        softplus=("S", "logarithm of 1 + exp(−x)"),
        share=("h", "factor of that logarithm", "1 without `pos_weight`"),
        e=("e", "exponentials, the largest 1", "of minus the size of the score"),
        u=("u", "1 plus the exponential", "as it was rounded"),
    ),
    scene=scene, differentiable=("input", "target"),
    forward=(
        Line(r"\v{softplus} = \log(1 + e^{-\v{x}})", "softplus == log(1 + exp(-x)) == -log(sigma(x))"),
        Line(r"\v{share} = 1 + (\v{pos_weight} - 1)\,\v{t}", "share == 1 + (pos_weight - 1) * t"),
        Line(r"\v{loss} = \v{weight} \left( (1 - \v{t})\,\v{x} + \v{share}\,\v{softplus} \right)",
             "loss == weight * ((1 - t) * x + share * softplus) == weight * bce()"),
        Line(r"\v{y} = \frac{1}{N D} \sum \v{loss}", "y == loss.sum() / (N * D)", "over the losses, not their weights"),
    ),
    backward=(
        Line(r"\v{grad_x} = \frac{\v{grad}}{N D}\,\v{weight} \left( 1 - \v{t} - \frac{\v{share}}{1 + e^{\v{x}}} \right)",
             "gradient(lambda z: share_of_mean * weight * bce(z), input) == share_of_mean * weight * (1 - t - share / (1 + exp(x))) == "
             "grad_input"),
        Line(r"\v{grad_t} = \frac{\v{grad}}{N D}\,\v{weight} \left( (\v{pos_weight} - 1)\,\v{softplus} - \v{x} \right)",
             "gradient(lambda z: share_of_mean * weight * bce(t=z), target) == share_of_mean * weight * ((pos_weight - 1) * softplus - "
             "x) == "
             "grad_target", "gradient of the target"),
    ),
    derivation=(
        Step("Both logarithms are one function",
             r"""The sigmoid is $\sigma(\v{x}) = 1 / (1 + e^{-\v{x}})$. Its logarithm is minus that of the denominator. Its opposite is
             $1 - \sigma(\v{x}) = e^{-\v{x}} \sigma(\v{x})$, so the other logarithm is the same less $\v{x}$.""",
             (Line(r"\log \sigma(\v{x}) = -\v{softplus}", "log(sigma(x)) == -softplus"),
              Line(r"\log(1 - \sigma(\v{x})) = -\v{x} - \v{softplus}", "log(1 - sigma(x)) == -x - softplus"))),
        Step("Collect",
             r"""Put both into the loss, with $\v{pos_weight}$ on the positive part, and collect what multiplies $\v{softplus}$:
             $\v{pos_weight}\,\v{t} + 1 - \v{t}$, which is $\v{share}$.""",
             (Line(r"\v{pos_weight}\,\v{t}\,\v{softplus} + (1 - \v{t})(\v{x} + \v{softplus}) = (1 - \v{t})\,\v{x} + "
                   r"\v{share}\,\v{softplus}",
                   "pos_weight * t * softplus + (1 - t) * (x + softplus) == (1 - t) * x + share * softplus == bce()"),)),
        Step("Without overflow",
             r"""For a score of $-1000$ the power would overflow. Taking $e^{-\v{x}}$ out of the logarithm where $\v{x}$ is negative leaves
             a power that is at most 1, and a linear term. Both halves are one formula with the size of $\v{x}$.""",
             (Line(r"\log(1 + e^{-\v{x}}) = \log(1 + e^{-|\v{x}|}) + \max(-\v{x}, 0)", "log(1 + exp(-x)) == log(1 + exp(-abs(x))) + "
                                                                                       "maximum(-x, 0)"),)),
        Step("Without losing what is small",
             r"""For a large score $\v{e}$ is tiny, and $\v{u} = 1 + \v{e}$ is rounded: digits of $\v{e}$ are lost. They are known, though:
             $\v{e} - (\v{u} - 1)$ is computed without error, since $\v{u} - 1$ is. The logarithm's slope at $\v{u}$ is $1/\v{u}$, so one
             step along it gives them back; the next term of the series is below rounding. This is what `log1p` does, in operations that
             a loop over vectors has.""",
             (Line(r"\log(1 + \v{e}) = \log \v{u} + \frac{\v{e} - (\v{u} - 1)}{\v{u}}", "log1p(e) == log(u) + (e - (u - 1)) / u"),)),
        Step("The slope",
             r"""The slope of $\v{softplus}$ is $-1/(1 + e^{\v{x}})$, that is $\sigma(\v{x}) - 1$. Here an overflow of the power does no
             harm: one over infinity is 0, the right answer. Without $\v{pos_weight}$ what remains is probability less target, as behind a
             softmax.""",
             (Line(r"\frac{\partial \v{softplus}}{\partial \v{x}} = -\frac{1}{1 + e^{\v{x}}} = \sigma(\v{x}) - 1",
                   "gradient(lambda z: log(1 + exp(-z)), x) == -1 / (1 + exp(x)) == sigma(x) - 1"),
              Line(r"1 - \v{t} - \frac{1}{1 + e^{\v{x}}} = \sigma(\v{x}) - \v{t}", "1 - t - 1 / (1 + exp(x)) == sigma(x) - t"))),
        Step("What pos_weight does",
             r"""Where the slope vanishes, the odds that the sigmoid gives are those of the targets, times $\v{pos_weight}$. So a rare
             class with the weight negatives over positives is treated as if both were equally frequent, and the probabilities that come
             out are those of that other world: divide the odds by $\v{pos_weight}$ to get back.""",
             (Line(r"\frac{\sigma(\v{x})}{1 - \sigma(\v{x})} = \v{pos_weight}\,\frac{\v{t}}{1 - \v{t}}",
                   "sigma(log(odds)) / (1 - sigma(log(odds))) == pos_weight * t / (1 - t)", "at the best score"),
              Line(r"\v{grad_x} = 0", "1 + gradient(lambda z: bce(z), log(odds)) == 1 + 0 * x", "there"))),
    ),
    sources=(
        Source("Goodfellow, Bengio and Courville (2016), Deep Learning", "https://www.deeplearningbook.org/contents/mlp.html",
               "section 6.2.2.2: sigmoid units and the softplus"),
        Source("Higham (2002), Accuracy and Stability of Numerical Algorithms", "https://doi.org/10.1137/1.9780898718027",
               "section 1.14.1: the same cancellation of errors, for (eˣ − 1)/x"),
        docs("binary_cross_entropy_with_logits"),
    ),
    edges=(Edge("sure and wrong", sure_and_wrong, "the score itself is the loss"),
           Edge("infinitely sure and right", certain, "0 times infinity in the linear term: nan, on both sides")),
    notes={"zeros": "a coin: log 2 for each, weighted", "huge, 1e20": "no power overflows", "tiny, 1e-20": "as with zeros",
           "one infinity": "an infinite loss unless the target agrees exactly", "one nan": "the mean spreads it; the gradient is nan in "
                                                                                           "one "
           "place only", "size 0": "the mean of no losses is 0/0"},
    alone={"u = 1 + e": "what PyTorch's `log1p` does within; NumPy's own takes one number at a time"},
    equivalent={"xp.log(u) - (e": LOST, "xp.log(u) + (-x)": LOST, "(e - (u - 1)) + (-x)": LOST, "(u - 1 - e) / u": LOST},
    conventions=(REDUCED, ("pos_weight", "Multiplies the positive part only, and broadcasts: one number a class, in the last dimension."),
                 ("Weights", "Of losses, not of classes, and the mean does not divide by them."),
                 ("Targets", "Any numbers; nobody looks whether they lie between 0 and 1."),
                 ("Saved", "Scores and targets; the power is computed again in the backward.")),
    figures=(Figure(precision, "agreement"),),
    speed=({"N": 64, "D": 64}, {"N": 256, "D": 256}),
)
