"""GELU: a number times the chance that a normal variable lies below it."""
import numpy as np
from scipy import special

from ..study import Edge, Figure, Line, Source, Step, Study


def inputs(rng, N, C):
    """Numbers on both sides of zero, where the function bends."""
    return {"input": 2 * rng.standard_normal((N, C))}


def normal(z):
    """The distribution function of the standard normal distribution, by the error function."""
    return (1 + special.erf(z / np.sqrt(2))) / 2


def by_tanh(z):
    """Its approximation by a hyperbolic tangent."""
    return (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z ** 3))) / 2


def scene(s):
    """Both forms, the density, and the pieces of the derivative of the second."""
    x = s.x
    u = np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)
    return {"normal": normal, "by_tanh": by_tanh, "density": np.exp(-x ** 2 / 2) / np.sqrt(2 * np.pi), "u": u,
            "du": np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x ** 2), "logistic": lambda z: 1 / (1 + np.exp(-z)), "F": by_tanh(x)}


def tails(values):
    """Far out on both sides."""
    values["input"][...] = np.where(values["input"] > 0, 40, -40)


def forms(study):
    """How far the approximations are from the exact function."""
    from minitorch.kernels.activation import NORMAL

    from ...atlas.plot import Plot
    x = np.linspace(-6, 6, 481)
    exact = x * normal(x)
    ours = x / (1 + np.exp(-x * np.polynomial.polynomial.polyval(x * x, NORMAL)))
    errors = {"tanh": np.abs(x * by_tanh(x) - exact), "sigmoid of 1.702 x": np.abs(x / (1 + np.exp(-1.702 * x)) - exact),
              "our polynomial": np.abs(ours - exact)}
    plot = Plot("Error of three approximations of x Φ(x)", "x", "error", logy=True)
    for (name, values), style in zip(errors.items(), ("reference", "third", "ours")):
        plot.line(x, np.maximum(values, 1e-12), name, style)
    top = {name: values.max() for name, values in errors.items()}
    return plot, (f"The tanh form is up to {top['tanh']:.1e} off: visible, so a network must be evaluated with the form it was trained "
                  f"with. The polynomial inside the logistic function that ours takes for float32 is at most {top['our polynomial']:.0e} "
                  f"off, below what float32 can show for numbers of this size.")


STUDY = Study(
    "nn.functional.gelu",
    title="GELU", group="Activations",
    lead="Each number is multiplied by the chance that a standard normal variable lies below it: a rectifier with a soft edge.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.gelu(input),
    functions={"gelu": "Forward", "gelu_backward": "Backward", "gelu_slopes": "The derivative"},
    variables={
        "input": ("X", "input, as it was given"),
        "x": ("x", "input, as the kernel walks it", "all elements in a line"),
        "cdf": (r"\Phi", "distribution function of the standard normal distribution, at x", "kept for the backward"),
        "phi": (r"\Phi", "the distribution function at x, as it was kept"),
        "pdf": (r"\varphi", "density of the standard normal distribution, at x"),
        "slope": ("y'", "derivative of the output by the input"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_y": (r"\bar{y}", "gradient that arrives at the output"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
    },
    scene=scene,
    forward=(
        Line(r"\v{cdf} = \frac{1}{2}\,\Big(1 + \mathrm{erf}\,\frac{\v{x}}{\sqrt{2}}\Big)", "phi == (1 + special.erf(x / sqrt(2))) / 2"),
        Line(r"\v{y} = \v{x}\,\v{cdf}", "x * phi == x * special.ndtr(x)"),
    ),
    backward=(
        Line(r"\v{pdf} = \frac{1}{\sqrt{2\pi}}\,\exp\Big(-\frac{\v{x}^2}{2}\Big)", "density == exp(-x ** 2 / 2) / sqrt(2 * pi)"),
        Line(r"\v{grad_x} = \v{grad_y}\,(\v{cdf} + \v{x}\,\v{pdf})", "grad_x == gradient(lambda z: grad_y * z * normal(z), x)"),
    ),
    derivation=(
        Step("A random gate, on average",
             r"Dropout multiplies by 0 or 1 at random, a rectifier by 0 or 1 depending on the sign. Do both: keep $\v{x}$ with the "
             r"chance that "
             r"a standard normal variable lies below it, $\v{cdf}(\v{x})$. The mean of that is $\v{x}\,\v{cdf}(\v{x})$, a smooth "
             r"function: "
             r"far to the right it is $\v{x}$, far to the left zero, and in between it dips below zero.",
             (Line(r"\v{cdf}(-\v{x}) = 1 - \v{cdf}(\v{x})", "normal(-x) == 1 - normal(x)"),
              Line(r"\v{y}(\v{x}) - \v{y}(-\v{x}) = \v{x}", "x * normal(x) - (-x) * normal(-x) == x", note="from the symmetry"))),
        Step("The derivative of the distribution function is the density",
             r"$\v{cdf}$ is the area below the bell curve up to $\v{x}$; moving its end by a little adds a strip as high as the curve "
             r"there. "
             r"In terms of the error function, whose derivative is $\frac{2}{\sqrt{\pi}} \exp(-t^2)$ at $t = \v{x} / \sqrt{2}$, the "
             r"inner "
             r"derivative is $1/\sqrt{2}$.",
             (Line(r"\v{cdf}'(\v{x}) = \frac{1}{2} \cdot \frac{2}{\sqrt{\pi}}\,\exp\Big(-\frac{\v{x}^2}{2}\Big) \cdot "
                   r"\frac{1}{\sqrt{2}} = \v{pdf}",
                   "gradient(normal, x) == 0.5 * 2 / sqrt(pi) * exp(-x ** 2 / 2) / sqrt(2) == density"),)),
        Step("The product rule",
             r"$\v{y}$ is a product of $\v{x}$ and $\v{cdf}$. The first factor has the derivative 1, the second the density. The "
             r"slope exceeds 1 "
             r"for $\v{x} > 0.75$ or so, at most by 0.13, and is negative at the left of the dip.",
             (Line(r"\v{slope} = \v{cdf} + \v{x}\,\v{pdf}", "gradient(lambda z: z * normal(z), x) == normal(x) + x * density"),
              Line(r"\v{grad_x} = \v{grad_y}\,\v{slope}", "gradient(lambda z: grad_y * z * normal(z), x) == grad_y * (phi + x * density) "
                   "== grad_x"))),
        Step("The second derivative",
             r"The density's derivative is $-\v{x}\,\v{pdf}$, so that the product rule once more gives two densities and one with "
             r"$\v{x}^2$. It is "
             r"zero at $\pm\sqrt{2}$: there the slope is largest and smallest.",
             (Line(r"\v{pdf}' = -\v{x}\,\v{pdf}", "gradient(lambda z: exp(-z ** 2 / 2) / sqrt(2 * pi), x) == -x * density"),
              Line(r"\v{y}'' = \v{pdf}\,(2 - \v{x}^2)",
                   "gradient(lambda z: normal(z) + z * exp(-z ** 2 / 2) / sqrt(2 * pi), x) == density * (2 - x ** 2)"))),
        Step("The tanh form",
             r"The error function was slow once, so the paper offers $\tanh$ of a cubic polynomial, near the exact form but another "
             r"function. "
             r"Since $(1 + \tanh u)/2$ is the logistic function of $2u$, its derivative is $2u'$ times itself times its complement: "
             r"ours makes it from $\v{cdf}$ as it was kept, without another tanh.",
             (Line(r"\frac{1 + \tanh u}{2} = \frac{1}{1 + \exp(-2u)},\quad u = \sqrt{2/\pi}\,(\v{x} + 0.044715\,\v{x}^3)",
                   "by_tanh(x) == (1 + tanh(u)) / 2 == logistic(2 * u)"),
              Line(r"F' = 2\,u'\,F\,(1 - F),\quad u' = \sqrt{2/\pi}\,(1 + 3 \cdot 0.044715\,\v{x}^2)",
                   "gradient(by_tanh, x) == 2 * du * F * (1 - F)", note="with F the tanh form"))),
        Step("How ours is made for float32",
             r"NumPy has no error function for float32. By the same identity $\v{cdf}$ is a logistic function of some odd function of "
             r"$\v{x}$, "
             r"and that is nearly a polynomial: ours takes the one of least largest error, seven coefficients. The picture shows how "
             r"near. "
             r"In float64 the error function itself is taken.",
             (Line(r"\v{cdf}(\v{x}) = \frac{1}{1 + \exp(-q(\v{x}))},\quad q = \log \frac{\v{cdf}}{1 - \v{cdf}}",
                   "normal(x) == logistic(log(normal(x) / (1 - normal(x))))"),)),
    ),
    sources=(
        Source("Hendrycks and Gimpel (2016), Gaussian error linear units", "https://arxiv.org/abs/1606.08415",
               "section 2: the definition, the tanh and the sigmoid form"),
        Source("PyTorch documentation, gelu", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.gelu.html", "the "
                                                                                                                            "contract"),
    ),
    edges=(Edge("tails, 40", tails, "the identity at the right, zero at the left"),),
    notes={"zeros": "0, with the slope 1/2", "one infinity": "infinity; its slope is infinity times zero, nan, in both",
           "huge, 1e20": "squares overflow; the density is zero then and wins", "tiny, 1e-20": "half of the input"},
    alone={"gelu_values(": "ours makes both in one pass, into memory that is named in the next line"},
    conventions=(("approximate", "'none' is the exact form and the default; 'tanh' is another function, up to 5e-4 away."),
                 ("Saved", "The input and Φ(x): the backward has no error function to evaluate. PyTorch keeps the input alone.")),
    differences=(("float32", "A polynomial in a logistic function here, an error function there; both are within rounding of the "
                             "exact value."),
                 ("Memory", "One array more is kept than in PyTorch.")),
    figures=(Figure(forms),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
