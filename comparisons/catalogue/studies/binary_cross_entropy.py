"""Binary cross entropy of probabilities: logarithms that stop at -100."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, REDUCED, chosen, docs, result


def inputs(rng, N, D):
    """Probabilities, targets between 0 and 1, and weights of the columns."""
    return {"input": rng.uniform(0.05, 0.95, (N, D)), "target": rng.uniform(0, 1, (N, D)), "weight": rng.uniform(0.5, 1.5, D)}


def call(torch, input, target, weight):
    """The mean."""
    return torch.nn.functional.binary_cross_entropy(input, target, weight)


def scene(s):
    """The output, its gradients, and the input as a sigmoid of scores."""
    values = {"input": s.input, "target": s.target, "weight": s.weight}
    (y, grad_input), (_, grad_target) = (result(call, values, n, s.grad) for n in ("input", "target"))
    return {"y": y, "grad_input": grad_input, "grad_target": grad_target, "z": np.log(s.input / (1 - s.input)),
        "sigma": lambda z: 1 / (1 + np.exp(-z)),
            "bce": lambda x, t=s.target: -(t * np.log(x) + (1 - t) * np.log(1 - x)), "share": s.grad / (s.N * s.D),
            "zero": result(zero_call, {"input": np.array([0.0])})}


def zero_call(torch, input):
    """A target of 1 and a probability of 0."""
    return torch.nn.functional.binary_cross_entropy(input, torch.ones_like(input))


def sure_and_wrong(values):
    """Probability 0 where the target is 1."""
    values["input"][...], values["target"][...] = 0, 1


def sure_and_right(values):
    """Probability 1 where the target is 1."""
    values["input"][...] = values["target"][...] = 1


def outside(values):
    """A number that is no probability."""
    values["input"][0, 0] = 1.5


def lost(study):
    """The gradient by a score that is sure and wrong, with sigmoid before this loss, and with the loss of logits."""
    import minitorch

    from ...atlas.plot import Plot
    z = np.linspace(0, 30, 121, dtype=np.float32)
    plot, found = Plot("Gradient by a score whose target is 0, float32", "score", "gradient"), {}
    target = minitorch.zeros(len(z))
    F = minitorch.nn.functional
    for name, call_of, style in (("with logits", lambda s: F.binary_cross_entropy_with_logits(s, target, reduction="sum"), "ours"),
                                 ("sigmoid, then this", lambda s: F.binary_cross_entropy(minitorch.sigmoid(s), target, reduction="sum"),
                                  "reference")):
        score = minitorch.from_numpy(z.copy()).requires_grad_()
        found[name] = minitorch.autograd.grad(call_of(score), score)[0].numpy()
        plot.line(z, found[name], name, style)
    gone = z[np.nonzero(found["sigmoid, then this"] == 0)[0][0]]
    return plot, (f"The true gradient is the sigmoid of the score, nearly 1. From a score of {gone:g} on the probability is rounded to "
                  f"exactly 1, "
                  "the sigmoid's slope to 0, and a network that is sure and wrong learns nothing any more.")


STUDY = Study(
    "nn.functional.binary_cross_entropy", title="Binary cross entropy", group=GROUP,
    lead="""Cross entropy of two classes, told the probability of one of them. Its logarithms stop at −100, so that a certainty that is
        wrong costs much but not everything.""",
    sizes={"N": 4, "D": 5}, inputs=inputs, call=call,
    functions={"binary_cross_entropy": "Forward", "binary_cross_entropy_backward": "Backward, to the probabilities",
               "binary_cross_entropy_target_backward": "Backward, to the targets"},
    variables=chosen(
        "input", "target", "reduction", "t", "loss", "y", "grad", "grad_x", "plain",
        grad_t=(r"\bar{t}", "gradient of the targets"),
        x=("x", "input, as the kernel walks it", "the probabilities, in a float dtype that is wide enough"),
        weight=("w", "weights of the losses", "broadcast against them"),
        log_x=(r"\log x", "logarithm of the probability", "at least −100"),
        log_1x=(r"\log(1 - x)", "logarithm of the opposite probability", "at least −100"),
    ),
    scene=scene, differentiable=("input", "target"),
    forward=(
        Line(r"\v{log_x} = \max(\log \v{x}, -100)", "log_x == maximum(log(x), -100)"),
        Line(r"\v{log_1x} = \max(\log(1 - \v{x}), -100)", "log_1x == maximum(log(1 - x), -100)"),
        Line(r"\v{loss} = -\v{weight} \left( \v{t}\,\v{log_x} + (1 - \v{t})\,\v{log_1x} \right)", "loss == -weight * (t * log_x + (1 - "
                                                                                                  "t) * log_1x)"),
        Line(r"\v{y} = \frac{1}{N D} \sum \v{loss}", "y == loss.sum() / (N * D)", "over the losses, not their weights"),
    ),
    backward=(
        Line(r"\v{grad_x} = \frac{\v{grad}}{N D}\,\v{weight}\,\frac{\v{x} - \v{t}}{\max(\v{x}\,(1 - \v{x}), 10^{-12})}",
             "gradient(lambda z: share * weight * bce(z), x) == share * weight * (x - t) / maximum(x * (1 - x), 1e-12) == grad_input"),
        Line(r"\v{grad_t} = \frac{\v{grad}}{N D}\,\v{weight} \left( \log(1 - \v{x}) - \log \v{x} \right)",
             "gradient(lambda z: share * weight * bce(x, z), t) == share * weight * (log(1 - x) - log(x)) == grad_target",
             "gradient of the target"),
    ),
    derivation=(
        Step("The likelihood of a coin",
             r"""A coin that shows 1 with probability $\v{x}$ gives a result $\v{t}$, 0 or 1, with the probability $\v{x}^{\v{t}} (1 -
             \v{x})^{1 - \v{t}}$. The loss is its negative logarithm. Targets in between are shares of results.""",
             (Line(r"-\log \v{x}^{\v{t}} (1 - \v{x})^{1 - \v{t}} = -\v{t} \log \v{x} - (1 - \v{t}) \log(1 - \v{x})",
                   "-log(x ** t * (1 - x) ** (1 - t)) == -t * log(x) - (1 - t) * log(1 - x) == bce(x)"),)),
        Step("The slope",
             r"""Each logarithm gives one over its argument, the second with a sign. On a common denominator the mixed terms cancel: the
             error, over the variance of the coin. It vanishes at $\v{x} = \v{t}$.""",
             (Line(r"-\frac{\v{t}}{\v{x}} + \frac{1 - \v{t}}{1 - \v{x}} = \frac{\v{x} - \v{t}}{\v{x}\,(1 - \v{x})}",
                   "gradient(bce, x) == -t / x + (1 - t) / (1 - x) == (x - t) / (x * (1 - x))"),
              Line(r"\frac{\partial \v{plain}}{\partial \v{t}} = \log(1 - \v{x}) - \log \v{x}",
                   "gradient(lambda z: bce(x, z), t) == log(1 - x) - log(x)"))),
        Step("Why the logarithms stop",
             r"""A probability of exactly 0 or 1 has one logarithm that is infinite. If that is the wrong answer, the loss would be
             infinite and take the mean with it; if it is the right one, the infinity would be multiplied by 0, which gives nan. With the
             bound the first costs 100 and the second 0. The bound is beyond every other logarithm of float32, whose smallest number has
             one of $-103$ and whose smallest normal number one of $-87$.""",
             (Line(r"-\v{t} \max(\log 0, -100) = 100", "zero[0] == 100", "for a target of 1: measured"),)),
        Step("What the bound does to the gradient",
             r"""The slope of a logarithm that has stopped would be 0, and a prediction that is sure and wrong could not be mended. So the
             rule does not differentiate the bound: it keeps the quotient and bounds its denominator instead. At $\v{x} = 0$ with a target
             of 1 the gradient is therefore $-10^{12}$. It is not the derivative of the number that is returned.""",
             (Line(r"\frac{0 - 1}{\max(0, 10^{-12})} = -10^{12}", "zero[1] == -1e12", "measured"),)),
        Step("Behind a sigmoid",
             r"""The sigmoid's slope is $\v{x}\,(1 - \v{x})$, just the denominator: by the score $z$ the gradient is the error. But the two
             factors are computed apart, and where $\v{x}$ has been rounded to 1 the first is 0. Nothing can bring that back; take the
             scores themselves, and `binary_cross_entropy_with_logits`.""",
             (Line(r"\frac{\partial \v{plain}}{\partial z} = \frac{\v{x} - \v{t}}{\v{x}\,(1 - \v{x})} \cdot \v{x}\,(1 - \v{x}) = \v{x} - "
                   r"\v{t}",
                   "gradient(lambda s: bce(sigma(s)), z) == (x - t) / (x * (1 - x)) * x * (1 - x) == x - t"),)),
    ),
    sources=(
        Source("Goodfellow, Bengio and Courville (2016), Deep Learning", "https://www.deeplearningbook.org/contents/mlp.html",
               "section 6.2.2.2: sigmoid units, and why the logarithm belongs into the loss"),
        docs("binary_cross_entropy"),
    ),
    edges=(Edge("sure and wrong", sure_and_wrong, "100 for each, and a gradient of size 10¹²"),
           Edge("sure and right", sure_and_right, "no loss; 0 over the bound is no gradient"),
           Edge("a number that is no probability", outside, "ours says which number")),
    notes={"zeros": "logarithms of 0 stop at −100", "constant": "3 is no probability", "huge, 1e20": "no probabilities",
           "tiny, 1e-20": "logarithms of −46: within the bound; the gradient's denominator is bounded", "one infinity": "no probability",
           "one nan": "no probability either", "all nan": "no probabilities", "size 0": "the mean of no losses is 0/0"},
    alone={"for name, values": "looks at the arguments, which the reference takes as they are"},
    equivalent={"outside(0, values, 1)": "a check: what passes it is not changed by it"},
    differences=(("Second order", "PyTorch's second derivative adds $10^{-12}$ to $\\v{x}\\,(1 - \\v{x})$ where its first one bounds it; "
                                  "ours "
                                  "differentiates the formula. They agree to ten digits."),),
    conventions=(REDUCED, ("Bounds", "Logarithms at −100, the gradient's denominator at $10^{-12}$; PyTorch's, to the digit."),
                 ("Weights", "Of losses, not of classes, and the mean does not divide by them."),
                 ("Shapes", "Input and target must have one shape; nothing broadcasts but the weight."),
                 ("The target's gradient", "It is not bounded: a probability of 0 gives an infinite one.")),
    figures=(Figure(lost),),
    speed=({"N": 64, "D": 64}, {"N": 256, "D": 256}),
)
