"""The leaky rectifier: negative numbers keep a small slope."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

LEAK = 0.1


def inputs(rng, N, C):
    """Numbers on both sides of zero, none at it."""
    return {"input": rng.standard_normal((N, C))}


def leaky(z, a):
    """z where positive, else a·z."""
    return np.where(np.real(z) > 0, z, a * z)


def scene(s):
    """The function by its definition, and the step."""
    return {"leaky": leaky, "step": (s.input > 0) + 0.0, "a": LEAK, "gradient_x": s.grad * np.where(s.input > 0, 1, LEAK)}


def at_zero(values):
    """Zeros of both signs among the others."""
    values["input"][0], values["input"][1] = 0.0, -0.0


def depth(study):
    """What is left of a gradient behind many layers, if half of the units are negative."""
    from ...atlas.plot import Plot
    layers = np.arange(0, 31)
    plot = Plot("Mean square of the slopes' product behind many layers", "layers", "mean square", logy=True)
    for a, style in ((0.01, "third"), (0.1, "ours"), (0.5, "reference")):
        plot.line(layers, ((1 + a * a) / 2) ** layers, f"slope {a}", style)
    small, large = ((1 + a * a) / 2 for a in (0.01, 0.5))
    return plot, (f"If half of all units are negative, a layer keeps (1 + α²)/2 of a gradient's mean square: {small:.5f} for α = 0.01, "
                  f"{large:.3f} for 0.5. Initializations make up for it with the gain √(2 / (1 + α²)).")


STUDY = Study(
    "nn.functional.leaky_relu",
    title="Leaky rectifier", group="Activations",
    lead="Positive numbers stay, negative ones are made small instead of zero, so that no unit is ever without a gradient.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.leaky_relu(input, LEAK),
    functions={"leaky_relu": "Forward", "leaky_relu_backward": "Backward", "slope": "The derivative"},
    variables={
        "input": ("X", "input, as it was given"),
        "negative_slope": (r"\alpha", "slope of the negative side"),
        "x": ("x", "input, as the kernel walks it"),
        "scaled": (r"\alpha x", "input times the slope of the negative side"),
        "y": ("y", "output"),
        "slopes": (r"\lambda", "slope of each element"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
    },
    scene=scene,
    forward=(Line(r"\v{scaled} = \v{negative_slope}\,\v{x}", "scaled == a * x"),
             Line(r"\v{y} = \max(\v{x}, \v{scaled})", "y == maximum(x, scaled) == where(x > 0, x, a * x)")),
    backward=(Line(r"\v{grad_x} = \v{grad} \odot \v{slopes}", "grad_x == grad * where(input > 0, 1, a)"),),
    derivation=(
        Step("The larger of two instead of a choice",
             r"The function is $\v{x}$ where that is positive, else $\v{negative_slope}\,\v{x}$. For $0 < \v{negative_slope} \le 1$ "
             r"that is the larger of the two lines, which needs no branch for each element. Either way $\v{x}$ is multiplied by a number "
             r"that depends on its sign alone.",
             (Line(r"\v{y} = \max(\v{x}, \v{negative_slope}\,\v{x})", "y == leaky(x, a) == maximum(x, a * x)"),
              Line(r"\v{y} = \v{slopes} \odot \v{x}", "leaky(x, a) == where(x > 0, 1, a) * x == (step + a * (1 - step)) * x"),
              Line(r"\v{y} = \max(\v{x}, 0) + \v{negative_slope} \min(\v{x}, 0)", "leaky(x, a) == maximum(x, 0) + a * minimum(x, 0)"))),
        Step("The derivative is that number",
             r"On each side the function is a straight line through zero, so value over argument and derivative are the same number: "
             r"forward "
             r"and backward are one function, applied to $\v{x}$ and to the arriving gradient.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}} = \v{slopes}", "gradient(lambda z: leaky(z, a), x) == where(x > 0, 1, a)"),
              Line(r"\v{grad_x} = \v{grad} \odot \v{slopes}", "gradient(lambda z: grad * leaky(z, a), input) == grad * where(input > 0, "
                                                           "1, a) "
                   "== gradient_x"))),
        Step("At the kink",
             r"At zero the slopes from the left and the right differ, and everything between is a subgradient. The convention is the "
             r"left one, "
             r"$\v{negative_slope}$: the question is whether $\v{x} > 0$. The rectifier, with $\v{negative_slope} = 0$, has the same.",
             (Line(r"\v{slopes}(0) = \v{negative_slope}", "where(0 * x > 0, 1, a) == a + 0 * x"),
              Line(r"\max(\v{x}, 0) = \v{y}\,\big|_{\v{negative_slope} = 0}", "maximum(x, 0) == leaky(x, 0)"))),
        Step("It can be undone",
             r"For $\v{negative_slope} > 0$ the function is strictly rising; its inverse divides where the result is negative. No "
             r"information is "
             r"lost, which is why it may be run in place: the sign of the output tells the sign of the input. For a negative "
             r"slope it would not, and PyTorch refuses that combination.",
             (Line(r"\v{x} = \v{y} \odot \big(\mathbb{1}[\v{y} > 0] + \tfrac{1}{\v{negative_slope}}\,\mathbb{1}[\v{y} \le 0]\big)",
                   "x == leaky(leaky(x, a), 1 / a)"),)),
        Step("A straight line and a rectifier",
             r"The function is a mixture: a part $\v{negative_slope}$ of the identity and the rest of the rectifier. So is its "
             r"gradient, and the "
             r"identity's part never vanishes: this is what keeps units alive that are negative for all data.",
             (Line(r"\v{y} = \v{negative_slope}\,\v{x} + (1 - \v{negative_slope}) \max(\v{x}, 0)", "leaky(x, a) == a * x + (1 - a) * "
                                                                                               "maximum(x, 0)"),
              Line(r"\v{slopes} = \v{negative_slope} + (1 - \v{negative_slope})\,\mathbb{1}[\v{x} > 0]",
                   "where(x > 0, 1, a) == a + (1 - a) * step"))),
    ),
    sources=(
        Source("Maas, Hannun and Ng (2013), Rectifier nonlinearities improve neural network acoustic models",
               "https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf", "the function, with the slope 0.01"),
        Source("He, Zhang, Ren and Sun (2015), Delving deep into rectifiers", "https://arxiv.org/abs/1502.01852",
               "section 2.2: initialization for a given slope"),
        Source("PyTorch documentation, leaky_relu", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.leaky_relu.html",
               "the contract"),
    ),
    edges=(Edge("0 and -0", at_zero, "the slope at both is that of the negative side"),),
    notes={"zeros": "at the kink: the slope of the negative side", "one nan": "nan is not positive: its gradient is made small",
           "all nan": "every gradient is made small", "one infinity": "infinity stays; its slope is 1"},
    order=1,
    conventions=(("At zero", "The slope of the negative side."), ("negative_slope", "0.01 unless given."),
                 ("Saved", "The input; in place the output, whose sign is the same.")),
    differences=(("None", "The same products, and the larger of the same numbers: the same bits."),),
    figures=(Figure(depth),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
