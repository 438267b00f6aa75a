"""The hyperbolic tangent: any number to one between -1 and 1, zero to zero."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study


def inputs(rng, N, C):
    """Numbers on both sides of zero."""
    return {"input": 1.5 * rng.standard_normal((N, C))}


def scene(s):
    """The gradient as the rule makes it, and the logistic function."""
    return {"x": s.input, "grad_input": s.grad * (1 - s.out ** 2), "sigma": lambda z: 1 / (1 + np.exp(-z)), "y": s.out,
            "sinh": np.sinh, "cosh": np.cosh}


def tails(values):
    """Far out on both sides."""
    values["input"][...] = np.where(values["input"] > 0, 200, -200)


def spread(study):
    """The spread of the activations from layer to layer, for three scales of the weights."""
    from ...atlas.plot import Plot
    rng, depth, width = np.random.RandomState(study.seed), 20, 256
    plot = Plot("The spread of the activations, layer by layer", "layer", "standard deviation", logy=True)
    last = {}
    for gain, style in ((0.8, "third"), (1.0, "ours"), (5 / 3, "reference")):
        h, found = rng.standard_normal((64, width)), []
        for _ in range(depth):
            h = np.tanh(h @ (gain * rng.standard_normal((width, width)) / np.sqrt(width)))
            found.append(h.std())
        plot.line(np.arange(1, depth + 1), found, f"gain {gain:.2g}", style)
        last[gain] = found[-1]
    return plot, (f"Weights of variance gain²/n. After {depth} layers a gain of 1 leaves a spread of {last[1.0]:.2f}, one of 0.8 only "
                  f"{last[0.8]:.3f}, and 5/3, which `nn.init.calculate_gain('tanh')` gives, {last[5 / 3]:.2f}: it makes up for what the "
                  "bend takes away.")


STUDY = Study(
    "tanh",
    title="Hyperbolic tangent", group="Activations",
    lead="Any number becomes one between -1 and 1, small ones stay nearly what they are: a sigmoid, stretched and centred at zero.",
    sizes={"N": 6, "C": 7}, inputs=inputs, call=lambda torch, input: torch.tanh(input), scene=scene,
    functions={"tanh": "Forward", "tanh_backward": "Backward"},
    variables={
        "input": ("X", "input, as it was given"),
        "out": ("Y", "output, as it is returned"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    forward=(Line(r"\v{out} = \tanh \v{input} = \frac{e^{\v{input}} - e^{-\v{input}}}{e^{\v{input}} + e^{-\v{input}}}",
                  "out == tanh(x) == (exp(x) - exp(-x)) / (exp(x) + exp(-x))"),),
    backward=(Line(r"\v{grad_input} = \v{grad} \odot (1 - \v{out}^2)",
                   "gradient(lambda z: grad * tanh(z), input) == grad * (1 - out ** 2) == grad_input"),),
    derivation=(
        Step("A stretched sigmoid",
             r"""Divide above and below by $e^{\v{input}}$: what is left holds $e^{-2\v{input}}$ only, as the logistic function
             $\sigma(z) = 1/(1 + e^{-z})$ of twice the number does. So tanh is that function, twice as steep, twice as high, and one
             lower. It takes zero to zero and is odd.""",
             (Line(r"\tanh \v{input} = \frac{1 - e^{-2\v{input}}}{1 + e^{-2\v{input}}} = 2\,\sigma(2\v{input}) - 1",
                   "tanh(x) == (1 - exp(-2 * x)) / (1 + exp(-2 * x)) == 2 * sigma(2 * x) - 1"),
              Line(r"\tanh(-\v{input}) = -\tanh \v{input}", "tanh(-x) == -tanh(x)"))),
        Step("The derivative",
             r"""Above stands twice the hyperbolic sine, below twice the hyperbolic cosine, and each is the derivative of the other. The
             quotient rule gives a difference of squares over a square; its first part is 1, its second the square of the output.""",
             (Line(r"\frac{\partial Y}{\partial X} = \frac{\cosh^2 \v{input} - \sinh^2 \v{input}}{\cosh^2 \v{input}} = 1 - \v{out}^2",
                   "slope(tanh, x) == (cosh(x) ** 2 - sinh(x) ** 2) / cosh(x) ** 2 == 1 - out ** 2"),)),
        Step("From the output alone",
             r"""As with the sigmoid the slope needs the output and nothing else. It is 1 at zero, four times the sigmoid's: near zero
             the layer is linear, and a gradient passes it as it came. Far out $\v{out}^2$ is 1 and nothing passes.""",
             (Line(r"\v{grad_input} = \v{grad} \odot (1 - \v{out}^2)",
                   "gradient(lambda z: grad * tanh(z), input) == grad * (1 - out ** 2) == grad_input"),
              Line(r"1 - \tanh^2 \v{input} = 4\,\sigma(2\v{input})\,(1 - \sigma(2\v{input}))",
                   "1 - tanh(x) ** 2 == 4 * sigma(2 * x) * (1 - sigma(2 * x))"))),
        Step("The second derivative",
             r"""The derivative of $1 - Y^2$ is $-2Y$ times that of $Y$. Under `create_graph` the rule runs on tensors and is
             differentiated itself: a product, a difference, a product.""",
             (Line(r"Y'' = -2\,\v{out}\,(1 - \v{out}^2)", "slope(lambda z: 1 - tanh(z) ** 2, x) == -2 * out * (1 - out ** 2)"),)),
        Step("The way back",
             r"""Solve $Y = (e^{2X} - 1)/(e^{2X} + 1)$ for $e^{2X}$: the inverse is half a logarithm. It grows without bound towards
             $\pm 1$, which an output of float32 reaches near $\pm 9$: from there on the number cannot be recovered, nor the
             gradient.""",
             (Line(r"\v{input} = \frac{1}{2} \ln \frac{1 + \v{out}}{1 - \v{out}}", "x == log((1 + out) / (1 - out)) / 2"),)),
    ),
    sources=(
        Source("LeCun, Bottou, Orr and Müller (1998), Efficient BackProp", "https://doi.org/10.1007/3-540-49430-8_2",
               "why a sigmoid that is symmetric about zero, and how wide its input should be"),
        Source("Abramowitz and Stegun (1964), Handbook of Mathematical Functions", "https://dlmf.nist.gov/4.28",
               "hyperbolic functions; the address is its successor's, section 4.28"),
        Source("PyTorch documentation, tanh", "https://docs.pytorch.org/docs/2.13/generated/torch.tanh.html", "the contract"),
    ),
    edges=(Edge("tails, 200", tails, "the exponential would overflow; neither library divides infinity by infinity"),),
    notes={"zeros": "0, with the slope 1", "huge, 1e20": "-1 or 1, and no gradient", "tiny, 1e-20": "the number itself",
           "one infinity": "-1 or 1, the slope 0"},
    conventions=(("Saved", "The output, one number an element; the input may be overwritten."),
                 ("Which form", "Ours is NumPy's tanh, which tells small numbers from large; the reference divides sinh by cosh, for "
                                "reading."),
                 ("Integers", "Are made floating first, as in PyTorch.")),
    figures=(Figure(spread),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
