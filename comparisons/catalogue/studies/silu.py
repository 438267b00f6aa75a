"""SiLU: a number times its logistic function."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study


def inputs(rng, N, C):
    """Numbers on both sides of zero, where the function bends."""
    return {"input": 2 * rng.standard_normal((N, C))}


def logistic(z):
    """1 / (1 + exp(-z))."""
    return 1 / (1 + np.exp(-z))


def scene(s):
    """The function by its definition."""
    return {"logistic": logistic, "sigma": logistic(s.x)}


def tails(values):
    """Far out on both sides: exp(200) is beyond float32."""
    values["input"][...] = np.where(values["input"] > 0, 200, -200)


def beside(study):
    """SiLU, GELU and the rectifier."""
    from scipy import special

    from ...atlas.plot import Plot
    x = np.linspace(-6, 4, 301)
    y = x * logistic(x)
    plot = Plot("SiLU beside GELU and the rectifier", "x", "y")
    plot.line(x, y, "x σ(x)", "ours")
    plot.line(x, x * special.ndtr(x), "x Φ(x)", "third")
    plot.line(x, np.maximum(x, 0), "max(x, 0)", "reference")
    k = y.argmin()
    return plot, (f"The lowest point lies near x = {x[k]:.2f}, at {y[k]:.3f}: there σ = 1 + 1/x, so that the value is x + 1. "
                  "GELU dips less and nearer to zero.")


STUDY = Study(
    "nn.functional.silu",
    title="SiLU", group="Activations",
    lead="Each number is multiplied by its own logistic function, a gate that it opens itself; also called swish.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.silu(input),
    functions={"silu": "Forward", "silu_values": "The function", "silu_backward": "Backward", "silu_slopes": "The derivative"},
    variables={
        "input": ("X", "input, as it was given"),
        "x": ("x", "input, as the kernel walks it", "all elements in a line"),
        "d": ("d", "denominator of the logistic function", "first the exponential alone"),
        "s": (r"\sigma", "logistic function of x"),
        "slope": ("y'", "derivative of the output by the input", "grown in four lines: 1 - σ, times x, plus 1, times σ"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_y": (r"\bar{y}", "gradient that arrives at the output"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
    },
    scene=scene,
    forward=(
        Line(r"\v{d} = 1 + \exp(-\v{x})", "1 + exp(-x) == 1 / logistic(x)"),
        Line(r"\v{y} = \frac{\v{x}}{\v{d}}", "y == x * logistic(x)"),
    ),
    backward=(
        Line(r"\v{s} = \frac{1}{1 + \exp(-\v{x})}", "sigma == 1 / (1 + exp(-x))"),
        Line(r"\v{grad_x} = \v{grad_y}\,\v{s}\,(1 + \v{x}\,(1 - \v{s}))", "grad_x == gradient(lambda z: grad_y * z * logistic(z), x)"),
    ),
    derivation=(
        Step("The logistic function's derivative",
             r"Write $\v{s} = 1/\v{d}$ with $\v{d} = 1 + \exp(-\v{x})$. The derivative of $\v{d}$ is $-\exp(-\v{x}) = 1 - \v{d}$, "
             r"that of "
             r"$1/\v{d}$ is $-1/\v{d}^2$ times it. In terms of $\v{s}$ that is the function times its complement.",
             (Line(r"\frac{\partial \v{d}}{\partial \v{x}} = -\exp(-\v{x}) = 1 - \v{d}",
                   "gradient(lambda z: 1 + exp(-z), x) == -exp(-x) == 1 - (1 + exp(-x))"),
              Line(r"\v{s}' = -\frac{1}{\v{d}^2}\,(1 - \v{d}) = \v{s}\,(1 - \v{s})",
                   "gradient(logistic, x) == exp(-x) / (1 + exp(-x)) ** 2 == sigma * (1 - sigma)"))),
        Step("The product rule",
             r"In $\v{y} = \v{x}\,\v{s}$ the first factor has the derivative 1, the second $\v{s}(1 - \v{s})$. Taking $\v{s}$ out "
             r"leaves a form "
             r"in which nothing large is subtracted: it is evaluated from the inside out, in one array, four operations.",
             (Line(r"\v{slope} = \v{s} + \v{x}\,\v{s}\,(1 - \v{s}) = \v{s}\,(1 + \v{x}\,(1 - \v{s}))",
                   "gradient(lambda z: z * logistic(z), x) == sigma + x * sigma * (1 - sigma) == sigma * (1 + x * (1 - sigma))"),
              Line(r"\v{grad_x} = \v{grad_y}\,\v{slope}", "grad_y * sigma * (1 + x * (1 - sigma)) == grad_x"))),
        Step("The slope in terms of the output",
             r"Another form of the same: $\v{x}\,\v{s}$ is the output. The paper writes it so; ours need not keep the output then, "
             r"for $\v{x}$ "
             r"is there anyway.",
             (Line(r"\v{slope} = \v{y} + \v{s}\,(1 - \v{y})", "sigma * (1 + x * (1 - sigma)) == y + sigma * (1 - y)"),)),
        Step("Shape",
             r"The logistic function of $-\v{x}$ is the complement, so the odd part of $\v{y}$ is half of $\v{x}$: the function is a "
             r"straight "
             r"line plus something even. Far to the right it is $\v{x}$, far to the left zero, and its lowest point lies where "
             r"$1 + \v{x}(1 - \v{s}) = 0$.",
             (Line(r"\v{y}(\v{x}) - \v{y}(-\v{x}) = \v{x}", "x * logistic(x) + x * logistic(-x) == x"),
              Line(r"\v{y} = \frac{\v{x}}{2} + \frac{\v{x}}{2} \tanh \frac{\v{x}}{2}", "y == x / 2 + x / 2 * tanh(x / 2)"))),
        Step("The second derivative",
             r"Differentiate $\v{s} + \v{x}\,\v{s}(1 - \v{s})$ with $\v{s}' = \v{s}(1 - \v{s})$ and $(\v{s}(1 - \v{s}))' = "
             r"\v{s}(1 - \v{s})(1 - 2\v{s})$. It is continuous: what an optimizer of second order sees has no kink, unlike a "
             r"rectifier's.",
             (Line(r"\v{y}'' = \v{s}\,(1 - \v{s})\,\big(2 + \v{x}\,(1 - 2\v{s})\big)",
                   "gradient(lambda z: logistic(z) * (1 + z * (1 - logistic(z))), x) == sigma * (1 - sigma) * (2 + x * (1 - 2 * "
                   "sigma))"),)),
        Step("Nothing overflows harmfully",
             r"For very negative $\v{x}$, $\exp(-\v{x})$ becomes infinite, and $\v{x}$ over infinity is zero: the right answer, so "
             r"the forward "
             r"needs no case distinction. The exact value there is smaller than any number that can be shown.",
             (Line(r"\frac{\v{x}}{1 + \exp(-\v{x})} = \frac{\v{x}\,\exp(\v{x})}{1 + \exp(\v{x})}", "x / (1 + exp(-x)) "
                   "== x * exp(x) / (1 + exp(x))"),)),
    ),
    sources=(
        Source("Elfwing, Uchibe and Doya (2017), Sigmoid-weighted linear units", "https://arxiv.org/abs/1702.03118",
               "section 2: the function and its derivative"),
        Source("Ramachandran, Zoph and Le (2017), Searching for activation functions", "https://arxiv.org/abs/1710.05941",
               "swish, of which this is the case β = 1"),
        Source("PyTorch documentation, silu", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.silu.html", "the "
                                                                                                                            "contract"),
    ),
    edges=(Edge("tails, 200", tails, "exp(200) overflows float32 to infinity, which is what is wanted"),),
    notes={"zeros": "0, with the slope 1/2", "one infinity": "infinity; its slope holds infinity times zero, nan, in both",
           "huge, 1e20": "the identity at the right, minus zero at the left", "tiny, 1e-20": "half of the input"},
    conventions=(("Saved", "The input alone; the logistic function is evaluated again."), ("Swish", "The same function with β = 1.")),
    differences=(("Exponential", "NumPy's and PyTorch's differ in the last place now and then; everything after them inherits it."),),
    figures=(Figure(beside),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
