"""The rectifier: what is negative becomes zero, and so does its gradient."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study


def inputs(rng, N, C):
    """Numbers on both sides of zero, none at it."""
    return {"input": rng.standard_normal((N, C))}


def scene(s):
    """The step, and the function by its definition on numbers that stay on their side."""
    return {"step": (s.x > 0) + 0.0, "rectified": lambda z: np.where(s.x > 0, z, 0 * z), "flat_grad": s.grad.reshape(-1),
            "flat_gradient": (s.grad * (s.input > 0)).reshape(-1), "weight": np.random.RandomState(1).standard_normal(s.x.shape)}


def at_zero(values):
    """Zeros of both signs among the others."""
    values["input"][0], values["input"][1] = 0.0, -0.0


def paths(study):
    """How many of the units of a layer pass the gradient on, against the mean of their input."""
    from scipy import special

    from ...atlas.plot import Plot
    shifts = np.linspace(-3, 3, 121)
    passed = special.ndtr(shifts)
    plot = Plot("The share of units that pass a gradient on", "mean of a normal input of spread 1", "share")
    plot.line(shifts, passed, "share", "ours")
    return plot, (f"At the mean 0 half of the units pass their gradient on, at -3 {passed[0]:.2%}. In a layer of depth L a gradient "
                  f"takes only "
                  "paths whose units are all open: initializations for rectifiers double the variance of the weights for that reason.")


STUDY = Study(
    "relu",
    title="Rectifier", group="Activations",
    lead="Negative numbers become zero, positive ones stay; the gradient passes where the number did.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.relu(input),
    functions={"relu": "Forward", "relu_backward": "Backward", "where_positive": "The gate"},
    variables={
        "input": ("X", "input, as it was given"),
        "x": ("x", "input, as the kernel walks it", "all elements in a line"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "out": ("Y", "output, as it is returned"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
    },
    scene=scene,
    forward=(Line(r"\v{y} = \max(\v{x}, 0)", "maximum(x, 0) == where(x > 0, x, 0) == y.reshape(-1)"),),
    backward=(Line(r"\v{grad_x} = \v{grad} \odot \mathbb{1}[\v{out} > 0]", "grad_x == grad * (input > 0)"),),
    derivation=(
        Step("Two straight lines",
             r"The function is $\v{x}$ where that is positive and zero where it is negative. On either side it is a straight line, "
             r"whose slope "
             r"is its derivative: 1 or 0.",
             (Line(r"\v{y} = \mathbb{1}[\v{x} > 0]\,\v{x}", "maximum(x, 0) == step * x"),
              Line(r"\frac{\partial \v{y}}{\partial \v{x}} = \mathbb{1}[\v{x} > 0]", "central(lambda z: maximum(z, 0), x) == step",
                   rtol=1e-6))),
        Step("The gradient is gated by the output",
             r"By the chain rule the arriving gradient is multiplied by this step. Whether $\v{x}$ was positive can be seen from the "
             r"output, for "
             r"$\v{y} > 0$ exactly where $\v{x} > 0$. So the output is kept and not the input: the next layer keeps it anyway, and the "
             r"rectifier may overwrite its input.",
             (Line(r"\mathbb{1}[\v{y} > 0] = \mathbb{1}[\v{x} > 0]", "(maximum(x, 0) > 0) + 0.0 == step"),
              Line(r"\v{grad_x} = \v{grad} \odot \mathbb{1}[\v{out} > 0]", "gradient(lambda z: flat_grad * rectified(z), x) == flat_grad "
                                                                        "* step "
                   "== flat_gradient"))),
        Step("At the kink",
             r"At zero the slope from the left is 0 and from the right 1, and the derivative does not exist. Every number between is a "
             r"subgradient: the line through the kink with that slope stays below the function. The convention is 0. It has a "
             r"reason beyond habit: a unit that is exactly zero often comes from a rectifier before it, and is left at rest.",
             (Line(r"\frac{\max(\varepsilon, 0) - 0}{\varepsilon} = 1,\quad \frac{\max(-\varepsilon, 0) - 0}{-\varepsilon} = 0",
                   "np.array([max(1e-9, 0) / 1e-9, max(-1e-9, 0) / -1e-9]) == np.array([1.0, 0.0])"),
              Line(r"\max(\v{x}, 0) \ge \lambda\,\v{x}\ \text{ for } 0 \le \lambda \le 1"))),
        Step("nan stays visible",
             r"The gate asks where to close, `y <= 0`, and not where to open: a comparison with nan is false, so a gradient at nan "
             r"passes, as in PyTorch, and is not silently set to zero. For numbers the two ways of asking are the same. And where "
             r"it is closed the gradient is 0, not 0 times what arrives: that would be nan for an infinity.",
             (Line(r"\neg(\v{y} \le 0) = (\v{y} > 0)", "1.0 * ~(maximum(x, 0) <= 0) == 1.0 * (maximum(x, 0) > 0)"),)),
        Step("Scale passes through",
             r"A positive factor may be taken out: the function is homogeneous of degree one. Networks of rectifiers without biases "
             r"are so too, "
             r"and Euler's theorem holds: the value is the inner product of the input and the gradient. The second derivative is zero "
             r"wherever it exists.",
             (Line(r"\max(c\,\v{x}, 0) = c\,\max(\v{x}, 0),\quad c > 0", "maximum(3 * x, 0) == 3 * maximum(x, 0)"),
              Line(r"\v{y} = \v{x}\,\frac{\partial \v{y}}{\partial \v{x}}", "maximum(x, 0) == x * step"))),
        Step("A sum of two halves",
             r"What the rectifier takes away is a rectifier too, of the negative. The difference of the two gives the number back, "
             r"the sum its "
             r"absolute value.",
             (Line(r"\max(\v{x}, 0) - \max(-\v{x}, 0) = \v{x}", "maximum(x, 0) - maximum(-x, 0) == x"),
              Line(r"\max(\v{x}, 0) + \max(-\v{x}, 0) = |\v{x}|", "maximum(x, 0) + maximum(-x, 0) == abs(x)"))),
    ),
    sources=(
        Source("Nair and Hinton (2010), Rectified linear units improve restricted Boltzmann machines",
               "https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf", "the rectifier in deep networks"),
        Source("He, Zhang, Ren and Sun (2015), Delving deep into rectifiers", "https://arxiv.org/abs/1502.01852",
               "section 2.2: the variance that a rectifier halves"),
        Source("PyTorch documentation, relu", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.relu.html", "the "
                                                                                                                            "contract"),
    ),
    edges=(Edge("0 and -0", at_zero, "the gradient is zero at both"),),
    notes={"zeros": "at the kink: no gradient", "one nan": "nan stays, and its gradient passes", "all nan": "every gradient passes",
           "one infinity": "infinity stays; its slope is 1"},
    order=1,
    conventions=(("At zero", "The gradient is 0."), ("nan", "nan goes in, nan comes out, and its gradient passes."),
                 ("Saved", "The output, not the input: so `inplace=True` is possible.")),
    differences=(("None", "Both sides have the same bits, in every case shown here."),),
    figures=(Figure(paths),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
