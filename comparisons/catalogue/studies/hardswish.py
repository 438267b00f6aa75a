"""Hard swish: a number times its own hard sigmoid."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, graph, joints, placed, taken, wider


def swish(z):
    """z times its logistic function."""
    return z / (1 + np.exp(-z))


def hard_swish(torch, x):
    """The public function."""
    return torch.nn.functional.hardswish(x)


def second(library, values):
    """The second derivative, by differentiating the gradient."""
    x = library.from_numpy(values.copy()).requires_grad_()
    first, = library.autograd.grad(hard_swish(library, x).sum(), [x], create_graph=True)
    return library.autograd.grad(first.sum(), [x])[0].numpy()


def scene(s):
    """The gate, the step between the joints, and what both libraries take at the joints and at the lowest point."""
    import torch

    import minitorch
    gate = np.clip(s.x + 3, 0, 6) / 6
    values, slopes = taken(hard_swish, [-1.5])
    return {"gate": gate, "inside": (np.abs(s.x) < 3) + 0.0, "lowest": values, "lowest_slope": slopes,
            "twice": np.stack([second(t, s.x) for t in (minitorch, torch)])} | joints(hard_swish, (-3.0, 3.0))


def picture(study):
    """The function, its slope, and swish."""
    x = np.linspace(-8, 8, 16_001)
    away = np.abs(swish(x) - taken(hard_swish, x)[0])
    plot, said = graph("Hard swish, its slope, and swish", hard_swish, -6, 5, (-3.0, 3.0), [(swish, "swish")])
    return plot, f"{said} The dashed swish is never farther away than {away.max():.3f}, at ±{abs(x[away.argmax()]):.2f}."


STUDY = Study(
    "nn.functional.hardswish",
    title="Hard swish", group=GROUP,
    lead="Each number is multiplied by its own hard sigmoid: swish (SiLU) out of a parabola and two straight lines.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=wider(3), call=lambda torch, input: hard_swish(torch, input),
    functions={"hardswish": "Forward", "hardswish_backward": "Backward"},
    variables=chosen("input", "x", "y", "slope", "grad", "grad_x"),
    scene=scene,
    forward=(Line(r"\v{y} = \tfrac{1}{6}\,\v{x} \odot \min(\max(\v{x} + 3, 0), 6)", "y == x * minimum(maximum(x + 3, 0), 6) / 6"),),
    backward=(Line(r"\v{slope} = \tfrac{1}{3}\,\v{input} + \tfrac{1}{2}\ \text{below 3, else 1}", "slope == where(input < 3, input / 3 + "
                                                                                                  "0.5, 1)"),
              Line(r"\v{grad_x} = \v{grad} \odot \v{slope}\ \text{above}\ {-3}\text{, else 0}", "grad_x == grad * where(input <= -3, 0, "
                                                                                                "where(input < 3, input / 3 + 0.5, 1))")),
    derivation=(
        Step("Three pieces",
             r"The gate $g = \min(\max(\v{x} + 3, 0), 6) / 6$ is the hard sigmoid. Up to $-3$ it is closed and the output 0; from 3 on "
             r"it is open and the output is $\v{x}$; between them the output is a parabola with the zeros $-3$ and 0.",
             (Line(r"\v{y} = g \odot \v{x} = \tfrac{1}{6}\,\v{x}\,(\v{x} + 3),\quad -3 \le \v{x} \le 3",
                   "y * inside == gate * x * inside == x * (x + 3) / 6 * inside"),)),
        Step("The product rule",
             r"Between the joints the gate has the slope 1/6, so $(g\,\v{x})' = g + \v{x}/6$. Beyond them the gate is constant and only "
             r"its value is left: 0 or 1.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}} = \frac{\v{x} + 3}{6} + \frac{\v{x}}{6} = \frac{\v{x}}{3} + \frac{1}{2},\quad "
                   r"-3 < \v{x} < 3",
                   "gradient(lambda z: z * (z + 3) / 6, x) == (x + 3) / 6 + x / 6 == x / 3 + 1 / 2"),
              Line(r"\v{grad_x} = \v{grad} \odot \frac{\partial \v{y}}{\partial \v{x}}",
                   "gradient(lambda z: grad * where(inside > 0, z * (z + 3) / 6, where(x < 0, 0 * z, z)), input) "
                   "== grad * (inside * (x / 3 + 1 / 2) + (x >= 3)) == grad_x"))),
        Step("At the joints",
             r"The function is continuous, its slope jumps: at $-3$ from 0 to $-1/2$, at 3 from $3/2$ to 1. Both libraries take the "
             r"straight line's side at both, 0 and 1. So the largest slope, $3/2$, and the smallest, $-1/2$, are approached and never "
             r"taken. Measured by a small step to either side and by the gradient at the joint.",
             (Line(r"\frac{\v{y}(-3) - \v{y}(-3 - \varepsilon)}{\varepsilon} = 0,\quad \frac{\v{y}(-3 + \varepsilon) - "
                   r"\v{y}(-3)}{\varepsilon} "
                   r"\approx -\tfrac{1}{2}", "np.array([left_of[0], right_of[0]]) == np.array([0, -1 / 2])", rtol=1e-6),
              Line(r"\frac{\v{y}(3) - \v{y}(3 - \varepsilon)}{\varepsilon} \approx \tfrac{3}{2},\quad \frac{\v{y}(3 + \varepsilon) - "
                   r"\v{y}(3)}{\varepsilon} = 1", "np.array([left_of[1], right_of[1]]) == np.array([3 / 2, 1])", rtol=1e-6),
              Line(r"\frac{\partial \v{y}}{\partial \v{x}}(-3) = 0,\quad \frac{\partial \v{y}}{\partial \v{x}}(3) = 1",
                   "ours_at == theirs_at == np.array([0.0, 1.0])"))),
        Step("The lowest point",
             r"The slope $\v{x}/3 + 1/2$ is 0 in the middle between the parabola's zeros, and the value there is the least of all. To "
             r"the left of it the function falls: a number that becomes more negative gives an output nearer to 0, which no rectifier "
             r"does.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}}\big({-\tfrac{3}{2}}\big) = 0", "lowest_slope == np.zeros(1)"),
              Line(r"\v{y}\big({-\tfrac{3}{2}}\big) = \tfrac{1}{6} \cdot \big({-\tfrac{3}{2}}\big) \cdot \tfrac{3}{2} = -\tfrac{3}{8}",
                   "lowest == np.array([-1.5 * 1.5 / 6]) == np.array([-3 / 8])"))),
        Step("The second derivative",
             r"It is 1/3 on the parabola and 0 on the lines. The jumps of the slope at the joints do not show in it: a method of second "
             r"order sees a function that bends upwards only, though from 2.9 to 3.1 the slope falls by nearly a half.",
             (Line(r"\frac{\partial^2 \v{y}}{\partial \v{x}^2} = \tfrac{1}{3}\,\mathbb{1}[-3 < \v{x} < 3]",
                   "twice == np.stack([inside / 3, inside / 3])"),)),
        Step("Swish with another gate",
             r"Swish is $\v{x}\,\sigma(\v{x})$. With the hard sigmoid for $\sigma$ the two differ by $\v{x}$ times the gates' distance, "
             r"which is the same on both sides of zero: both gates are symmetric about 1/2, so the odd part of both functions is half "
             r"the input.",
             (Line(r"\v{y}(\v{x}) - \v{y}(-\v{x}) = \v{x}", "x * minimum(maximum(x + 3, 0), 6) / 6 + x * minimum(maximum(3 - x, 0), 6) / "
                                                            "6 == x"),
              Line(r"\v{x}\,\sigma(\v{x}) - \v{x}\,g(\v{x}) = (-\v{x})\,\sigma(-\v{x}) - (-\v{x})\,g(-\v{x})",
                   "x / (1 + exp(-x)) - x * gate == -x / (1 + exp(x)) + x * (1 - gate)"))),
    ),
    sources=(
        Source("Howard et al. (2019), Searching for MobileNetV3", "https://arxiv.org/abs/1905.02244",
               "section 5.2: the function, and where in a network it pays"),
        Source("Ramachandran, Zoph and Le (2017), Searching for activation functions", "https://arxiv.org/abs/1710.05941", "swish"),
        docs("hardswish"),
    ),
    edges=(Edge("at -3 and 3", placed(-3.0, 3.0), "0 and 3, with the slopes 0 and 1"),
           Edge("minus infinity", lambda values: values["input"].fill(-np.inf), "the closed gate times infinity: 0 · ∞ is nan, on both "
                                                                                "sides")),
    notes={"zeros": "0, with the slope 1/2", "constant": "3 is a joint: the slope is 1", "one infinity": "infinity stays; its slope is 1",
           "huge, 1e20": "the identity at the right, minus zero at the left", "tiny, 1e-20": "half of the input",
           "one nan": "nan stays. PyTorch's slope there is nan in the middle of an array and 1 at its end; ours is 1",
           "all nan": "nan stays. PyTorch's slope is nan or 1 by the place in memory"},
    conventions=(("At the joints", "The slope of the straight line: 0 at -3, 1 at 3."),
                 ("Saved", "The input alone; the gate is cheaper to compute again than to keep."), ("Name", "Also h-swish.")),
    differences=(("nan", "PyTorch's slope at nan depends on the place: nan in the elements that it takes several at a time, 1 in the few "
                         "that "
                         "are left over at the end. Here it is 1."),),
    figures=(Figure(picture),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
