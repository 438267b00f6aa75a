"""The logistic function: any number to one between 0 and 1."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study


def inputs(rng, N, C):
    """Numbers on both sides of zero."""
    return {"input": 2 * rng.standard_normal((N, C))}


def sigma(z):
    """The logistic function."""
    return 1 / (1 + np.exp(-z))


def scene(s):
    """The function, and the gradient as the rule makes it."""
    return {"sigma": sigma, "x": s.input, "y": s.out, "grad_input": s.grad * s.out * (1 - s.out)}


def tails(values):
    """Far out on both sides."""
    values["input"][...] = np.where(values["input"] > 0, 200, -200)


def slopes(study):
    """The function and its slope."""
    from ...atlas.plot import Plot
    x = np.linspace(-8, 8, 161)
    y = sigma(x)
    plot = Plot("The logistic function and its slope", "x", "value")
    plot.line(x, y, "σ(x)", "ours")
    plot.line(x, y * (1 - y), "slope", "third")
    top, far = (y * (1 - y)).max(), sigma(5.0) * (1 - sigma(5.0))
    return plot, (f"The slope is largest at 0, {top:.2f}, and at 5 it is {far:.4f}. Through ten such functions in a row a gradient is "
                  f"multiplied by at most {top ** 10:.0e}: why deep networks left them for rectifiers, except as gates.")


def saturation(study):
    """Which numbers have a slope other than 0 in float32."""
    from ...atlas.plot import Plot
    x = np.linspace(-120, 30, 601).astype(np.float32)
    with np.errstate(all="ignore"):
        y = 1 / (1 + np.exp(-x))
    slope = y * (1 - y)
    plot = Plot("The slope in float32, made from the output", "x", "slope", logy=True)
    plot.line(x[slope > 0], slope[slope > 0], "y (1 - y)", "ours")
    exact = sigma(x.astype(np.float64)) * sigma(-x.astype(np.float64))
    plot.line(x, exact, "exact", "third")
    return plot, (f"At the right the slope is exactly 0 from {x[slope > 0].max():.0f} on, for there y is rounded to 1; at the left, where "
                  f"numbers are dense, it lives down to {x[slope > 0].min():.0f}. A loss that needs the logarithm of y or of 1 - y takes x "
                  "itself for that reason: see binary cross entropy with logits.")


STUDY = Study(
    "sigmoid",
    title="Sigmoid", group="Activations",
    lead="Any number becomes one between 0 and 1: the probability whose log odds it is.",
    sizes={"N": 6, "C": 7}, inputs=inputs, call=lambda torch, input: torch.sigmoid(input), scene=scene,
    functions={"sigmoid": "Forward", "logistic": "The function", "sigmoid_backward": "Backward", "sigmoid_slope": "The derivative"},
    variables={
        "input": ("X", "input, as it was given"),
        "x": ("x", "input, as the kernel walks it"),
        "y": ("y", "output", "in its memory first -x, its exponential, and 1 more"),
        "out": ("Y", "output, as it is returned"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    forward=(Line(r"\v{y} = \sigma(\v{x}) = \frac{1}{1 + e^{-\v{x}}}", "y == sigma(x) == 1 / (1 + exp(-x))"),),
    backward=(Line(r"\v{grad_input} = \v{grad} \odot \v{out} \odot (1 - \v{out})",
                   "gradient(lambda z: grad * sigma(z), input) == grad * out * (1 - out) == grad_input"),),
    derivation=(
        Step("Odds",
             r"""The odds of something with probability $\v{y}$ are $\v{y} / (1 - \v{y})$: 3 to 1 for three quarters. They lie between 0
             and infinity, their logarithm anywhere. Call that logarithm $\v{x}$ and solve for the probability: it is the logistic
             function.""",
             (Line(r"\frac{\v{y}}{1 - \v{y}} = e^{\v{x}}", "y / (1 - y) == exp(x)"),
              Line(r"\v{x} = \ln \frac{\v{y}}{1 - \v{y}}", "x == log(y / (1 - y))"))),
        Step("Symmetry",
             r"""To exchange the two outcomes turns the odds over and the sign of their logarithm with them. Multiplied out, with
             $e^{\v{x}}$ above and below, the fraction says the same.""",
             (Line(r"\sigma(-\v{x}) = \frac{1}{1 + e^{\v{x}}} = \frac{e^{-\v{x}}}{1 + e^{-\v{x}}} = 1 - \sigma(\v{x})",
                   "sigma(-x) == 1 / (1 + exp(x)) == exp(-x) / (1 + exp(-x)) == 1 - sigma(x)"),)),
        Step("The derivative",
             r"""$\v{y}$ is one over a sum. The derivative of $1/u$ is $-1/u^2$, and that of $u = 1 + e^{-\v{x}}$ is $-e^{-\v{x}}$: the
             signs cancel. One of the two factors $1/u$ is $\v{y}$, and the other with $e^{-\v{x}}$ is $1 - \v{y}$ by the line before.""",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}} = \frac{e^{-\v{x}}}{(1 + e^{-\v{x}})^2} = \v{y}\,(1 - \v{y})",
                   "slope(sigma, x) == exp(-x) / (1 + exp(-x)) ** 2 == y * (1 - y)"),)),
        Step("From the output alone",
             r"""The slope is a function of the output: the input need not be kept, nor an exponential taken again. It is largest where
             both factors are 1/2, at $\v{x} = 0$. By the chain rule it multiplies what arrives, element by element.""",
             (Line(r"\v{y}\,(1 - \v{y}) = \frac{1}{4} - \Big(\v{y} - \frac{1}{2}\Big)^2", "y * (1 - y) == 1 / 4 - (y - 0.5) ** 2"),
              Line(r"\v{grad_input} = \v{grad} \odot \v{out} \odot (1 - \v{out})",
                   "gradient(lambda z: grad * sigma(z), input) == grad * out * (1 - out) == grad_input"))),
        Step("The second derivative",
             r"""The product rule on $\v{y}\,(1 - \v{y})$, with the slope of $\v{y}$ put in. It is 0 in the middle and has the sign of
             $-\v{x}$: steeper before, flatter after. The engine differentiates the rule itself, which is made of a product and a
             difference.""",
             (Line(r"\v{y}'' = \v{y}'\,(1 - 2\v{y}) = \v{y}\,(1 - \v{y})\,(1 - 2\v{y})",
                   "slope(lambda z: sigma(z) * (1 - sigma(z)), x) == slope(sigma, x) * (1 - 2 * y) == y * (1 - y) * (1 - 2 * y)"),)),
        Step("Nothing overflows that should not",
             r"""For very negative $\v{x}$ the exponential overflows to infinity, and 1 over infinity is 0, which is right to the last
             place that float32 has; for very positive ones it is 0 and the quotient 1. No case is told apart, and there is no branch.
             The stretched form of the same function is the hyperbolic tangent.""",
             (Line(r"2\,\sigma(2\v{x}) - 1 = \tanh \v{x}", "2 * sigma(2 * x) - 1 == tanh(x)"),)),
    ),
    sources=(
        Source("Goodfellow, Bengio and Courville (2016), Deep Learning", "https://www.deeplearningbook.org/contents/prob.html",
               "section 3.10: the logistic function and its identities"),
        Source("PyTorch documentation, sigmoid", "https://docs.pytorch.org/docs/2.13/generated/torch.sigmoid.html", "the contract"),
    ),
    edges=(Edge("tails, 200", tails, "exp(200) overflows float32 to infinity, which is what is wanted"),),
    notes={"zeros": "one half, with the slope 1/4", "huge, 1e20": "0 or 1, and no gradient", "tiny, 1e-20": "one half",
           "one infinity": "0 or 1, the slope 0"},
    conventions=(("Saved", "The output, one number an element; the input may be overwritten."),
                 ("Integers", "Are made floating first, as in PyTorch."),
                 ("Logarithm", "`logsigmoid` and `binary_cross_entropy_with_logits` take x itself: log(sigmoid(x)) is -∞ below -88.")),
    figures=(Figure(slopes), Figure(saturation, "agreement")),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
