"""The hard sigmoid: a straight line between two bounds in place of the logistic function."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, graph, joints, placed, taken, wider


def logistic(z):
    """1 / (1 + exp(-z))."""
    return 1 / (1 + np.exp(-z))


def hard_sigmoid(torch, x):
    """The public function."""
    return torch.nn.functional.hardsigmoid(x)


def scene(s):
    """The step between the joints, the largest distance on a fine grid, and the slopes of both libraries at the joints, at 0 and at nan."""
    import torch
    grid = np.linspace(-8, 8, 160_001)
    far = np.abs(logistic(grid) - taken(hard_sigmoid, grid)[0]).max()
    at_nan = np.stack([taken(hard_sigmoid, [np.nan] * 9, library)[1] for library in (None, torch)])
    return {"logistic": logistic, "inside": (np.abs(s.x) < 3) + 0.0, "far": far, "ours_mid": taken(hard_sigmoid, [0.0])[1],
            "theirs_mid": taken(hard_sigmoid, [0.0], torch)[1], "nan_at": at_nan} | joints(hard_sigmoid, (-3.0, 3.0))


def picture(study):
    """The function, its slope, and the logistic function."""
    plot, said = graph("The hard sigmoid, its slope, and the logistic function", hard_sigmoid, -6, 6, (-3.0, 3.0),
                       [(logistic, "logistic function")])
    return plot, f"{said} The dashed logistic function is farthest away at ±{np.log(2 + 3 ** 0.5):.3f}."


STUDY = Study(
    "nn.functional.hardsigmoid",
    title="Hard sigmoid", group=GROUP,
    lead="The logistic function out of three straight lines: 0 up to -3, 1 from 3 on, and a line between; no exponential is needed.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=wider(3), call=lambda torch, input: hard_sigmoid(torch, input),
    functions={"hardsigmoid": "Forward", "hardsigmoid_backward": "Backward"},
    variables=chosen("input", "x", "y", "outside", "grad", "grad_x"),
    scene=scene,
    forward=(Line(r"\v{y} = \tfrac{1}{6} \min(\max(\v{x} + 3, 0), 6)", "y == minimum(maximum(x + 3, 0), 6) / 6"),),
    backward=(Line(r"\v{outside} = 1 - \mathbb{1}[-3 < \v{input} < 3]", "outside + 0.0 == 1 - ((-3 < input) & (input < 3))"),
              Line(r"\v{grad_x} = \tfrac{1}{6}\,\v{grad} \odot (1 - \v{outside})", "grad_x == grad / 6 * (1 - outside)")),
    derivation=(
        Step("A line for a curve",
             r"A gate needs a number between 0 and 1 that grows with its input. The logistic function $\sigma$ is one; its tangent at 0 "
             r"has the slope 1/4 and would reach 0 and 1 at $-2$ and 2, where $\sigma$ is still far from them. A line of slope 1/6 through "
             r"the same middle reaches them at $-3$ and 3.",
             (Line(r"\sigma'(0) = \sigma(0)\,(1 - \sigma(0)) = \tfrac{1}{4}",
                   "slope(logistic, np.zeros(1)) == logistic(np.zeros(1)) * (1 - logistic(np.zeros(1))) == np.array([0.25])"),
              Line(r"\v{y} = \tfrac{1}{2} + \tfrac{1}{6}\,\v{x},\quad -3 \le \v{x} \le 3", "y * inside == (x / 6 + 1 / 2) * inside"))),
        Step("The chain rule",
             r"The function is ReLU6 of $\v{x} + 3$, over 6. ReLU6 has the slope 1 strictly between 0 and 6 and 0 elsewhere, the shift has "
             r"the slope 1, and the division makes it 1/6.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}} = \tfrac{1}{6}\,\mathbb{1}[0 < \v{x} + 3 < 6] = \tfrac{1}{6}\,(1 - \v{outside})",
                   "central(lambda z: minimum(maximum(z + 3, 0), 6) / 6, x) == ((0 < x + 3) & (x + 3 < 6)) / 6 == (1 - outside) / 6",
                   rtol=1e-6),
              Line(r"\v{grad_x} = \tfrac{1}{6}\,\v{grad} \odot (1 - \v{outside})",
                   "gradient(lambda z: grad * where(inside > 0, (z + 3) / 6, 0 * z), input) == grad / 6 * (1 - outside) == grad_x"))),
        Step("At the joints",
             r"At $-3$ the slope is 0 from the left and 1/6 from the right, at 3 the other way round. Both libraries take 0 at both: a "
             r"gate that has just closed or just opened fully counts as saturated. Measured by a small step to either side and by the "
             r"gradient at the joint.",
             (Line(r"\frac{\v{y}(-3) - \v{y}(-3 - \varepsilon)}{\varepsilon} = 0,\quad \frac{\v{y}(-3 + \varepsilon) - "
                   r"\v{y}(-3)}{\varepsilon} = \tfrac{1}{6}", "np.array([left_of[0], right_of[0]]) == np.array([0, 1 / 6])", rtol=1e-6),
              Line(r"\frac{\partial \v{y}}{\partial \v{x}}(-3) = \frac{\partial \v{y}}{\partial \v{x}}(3) = 0",
                   "ours_at == theirs_at == np.zeros(2)"))),
        Step("Half of a hard tanh",
             r"The logistic function is tanh, halved, raised by a half and stretched by 2. The hard sigmoid is the hard tanh $h$, halved, "
             r"raised by a half and stretched by 3. Both are symmetric about the point $(0, 1/2)$: closing is the mirror image of opening.",
             (Line(r"\sigma(\v{x}) = \tfrac{1}{2} + \tfrac{1}{2} \tanh \tfrac{\v{x}}{2}", "logistic(x) == 1 / 2 + tanh(x / 2) / 2"),
              Line(r"\v{y} = \tfrac{1}{2} + \tfrac{1}{2}\,h\big(\tfrac{\v{x}}{3}\big),\quad h(u) = \min(\max(u, -1), 1)",
                   "y == 1 / 2 + minimum(maximum(x / 3, -1), 1) / 2"),
              Line(r"\v{y}(\v{x}) + \v{y}(-\v{x}) = 1",
                   "minimum(maximum(x + 3, 0), 6) / 6 + minimum(maximum(3 - x, 0), 6) / 6 == 1 + 0 * x"))),
        Step("How far from the logistic function",
             r"Between the joints the distance $\sigma - \v{y}$ is largest where the two slopes are equal, $\sigma(1 - \sigma) = 1/6$. "
             r"This is a quadratic equation for the value of $\sigma$; the upper solution gives the place, by the inverse $\ln(\sigma / "
             r"(1 - \sigma))$, and the distance. At the joint it is only $1 - \sigma(3)$, and beyond it shrinks.",
             (Line(r"\sigma\,(1 - \sigma) = \tfrac{1}{6}\ \Rightarrow\ \sigma = \tfrac{1}{2} + \tfrac{1}{2\sqrt{3}}",
                   "(1 / 2 + 1 / (2 * sqrt(3))) * (1 / 2 - 1 / (2 * sqrt(3))) == 1 / 6"),
              Line(r"\v{x} = \ln \frac{\sqrt{3} + 1}{\sqrt{3} - 1} = \ln(2 + \sqrt{3}) \approx 1.317",
                   "log((sqrt(3) + 1) / (sqrt(3) - 1)) == log(2 + sqrt(3))"),
              Line(r"\max_{\v{x}} |\sigma - \v{y}| = \frac{1}{2\sqrt{3}} - \frac{\ln(2 + \sqrt{3})}{6} \approx 0.069",
                   "far == 1 / (2 * sqrt(3)) - log(2 + sqrt(3)) / 6", rtol=1e-7))),
        Step("A sixth, rounded",
             r"PyTorch multiplies the gradient by 1/6 as float32 has it, also where the gradient is of float64; ours is rounded to the "
             r"gradient's own precision. At nan both give 0, though the value is nan: nan is not between $-3$ and 3.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}}(0) = \tfrac{1}{6}", "ours_mid == np.array([1 / 6])"),
              Line(r"\frac{\partial \v{y}}{\partial \v{x}}(0)\,\Big|_{\mathrm{PyTorch}} = \mathrm{float}_{32}\big(\tfrac{1}{6}\big)",
                   "theirs_mid == np.array([1 / 6]).astype(np.float32)", rtol=1e-15),
              Line(r"\frac{\partial \v{y}}{\partial \v{x}}(\mathrm{nan}) = 0", "nan_at == np.zeros((2, 9))"))),
    ),
    sources=(
        Source("Courbariaux, Bengio and David (2015), BinaryConnect", "https://arxiv.org/abs/1511.00363",
               "a hard sigmoid with the joints -1 and 1, as a probability"),
        Source("Howard et al. (2019), Searching for MobileNetV3", "https://arxiv.org/abs/1905.02244",
               "section 5.2: the line with the joints -3 and 3, in place of the logistic function"),
        docs("hardsigmoid"),
    ),
    edges=(Edge("at -3 and 3", placed(-3.0, 3.0), "the values are 0 and 1, the gradient is 0"),),
    notes={"zeros": "1/2, with the slope 1/6", "constant": "3 is a joint: the value is 1, the gradient 0",
           "one infinity": "1, and no gradient", "huge, 1e20": "every value is 0 or 1", "tiny, 1e-20": "too small beside 3: 1/2",
           "one nan": "nan stays; its gradient is 0", "all nan": "every value is nan, every gradient 0"},
    order=1,
    conventions=(("At the joints", "The gradient is 0."), ("Slope", "1/6 here; other libraries have 1/5 or 1/2 under the same name."),
                 ("Saved", "The input: its place between the joints is all that the backward asks for.")),
    differences=(("Gradient", "In float64 PyTorch's slope is 1/6 rounded to float32, 5e-9 too large; ours is 1/6 in the gradient's "
                              "precision. In float32 both are the same."),),
    figures=(Figure(picture),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
