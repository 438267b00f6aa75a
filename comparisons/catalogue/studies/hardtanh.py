"""The hard tanh, of which ReLU6 is a case: the identity between two bounds, flat beyond them."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, graph, joints, matrix, nan_of_vectors, placed, taken


def hard_tanh(torch, x):
    """With the default bounds."""
    return torch.nn.functional.hardtanh(x)


def two_rectifiers(torch, x):
    """The same function as a difference of two rectifiers."""
    return -1 + torch.relu(x + 1) - torch.relu(x - 1)


def scene(s):
    """The step between the bounds; slopes at the joints of this function, of ReLU6 and of two other ways to write it."""
    import torch
    both = {"a": -1.0, "b": 1.0, "inside": ((s.input > -1) & (s.input < 1)) + 0.0, "noise": (np.arange(20001) - 10000) / 10000.5}
    at = {f"{name}_at": np.stack([taken(f, points, library)[1] for library in (None, torch)])
          for name, f, points in (("six", lambda torch, x: torch.nn.functional.relu6(x), (0.0, 6.0)),
                                  ("clamp", lambda torch, x: torch.clamp(x, -1, 1), (-1.0, 1.0)), ("relus", two_rectifiers, (-1.0, 1.0)))}
    return both | at | joints(hard_tanh, (-1.0, 1.0)) | {"wide": 4 * s.input, "relu6": taken(lambda t, x: t.nn.functional.relu6(x),
                                                                                         4 * s.input)[0]}


def picture(study):
    """The function, its slope, and tanh."""
    plot, said = graph("The hard tanh, its slope, and tanh", hard_tanh, -2.6, 2.6, (-1.0, 1.0), [(np.tanh, "tanh")])
    return plot, f"{said} The dashed tanh is farthest away at the joints, by 1 − tanh 1 = {1 - np.tanh(1):.3f}."


STUDY = Study(
    "nn.functional.hardtanh",
    title="Hard tanh and ReLU6", group=GROUP,
    lead="Numbers between two bounds stay, the others are moved to the nearer bound: tanh out of three straight lines. With the bounds 0 "
         "and 6 it is ReLU6.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=matrix, call=lambda torch, input: torch.nn.functional.hardtanh(input),
    functions={"hardtanh": "Forward", "hardtanh_backward": "Backward"},
    variables=chosen("input", "y", "outside", "grad", "grad_x", min_val=("a", "lower bound"), max_val=("b", "upper bound")),
    scene=scene,
    forward=(Line(r"\v{y} = \min(\max(\v{input}, \v{min_val}), \v{max_val})", "y == minimum(maximum(input, a), b)"),),
    backward=(Line(r"\v{outside} = \mathbb{1}[\v{input} \le \v{min_val}] + \mathbb{1}[\v{input} \ge \v{max_val}]",
                   "outside + 0.0 == (input <= a) + 0.0 + (input >= b)"),
              Line(r"\v{grad_x} = \v{grad} \odot (1 - \v{outside})", "grad_x == grad * (1 - outside)")),
    derivation=(
        Step("Three straight lines",
             r"Up to $\v{min_val}$ the function is constant, between the bounds it is the input, from $\v{max_val}$ on it is constant "
             r"again. As $\v{min_val} \le \v{max_val}$, the two bounds may be applied in either order.",
             (Line(r"\v{y} = \min(\max(\v{input}, \v{min_val}), \v{max_val}) = \max(\min(\v{input}, \v{max_val}), \v{min_val})",
                   "where(input < a, a, where(input > b, b, input)) == minimum(maximum(input, a), b) == maximum(minimum(input, b), a)"),)),
        Step("The chain rule, twice",
             r"The inner function $u = \max(\v{input}, \v{min_val})$ has the slope 1 where the input is above $\v{min_val}$, else 0. The "
             r"outer one, $\min(u, \v{max_val})$, has the slope 1 where $u$ is below $\v{max_val}$, and there $u$ is either the input or "
             r"$\v{min_val}$, whose slope is 0 already. The product is 1 strictly between the bounds.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{input}} = \mathbb{1}[\v{min_val} < \v{input}]\,\mathbb{1}[\v{input} < "
                   r"\v{max_val}] = 1 - \v{outside}",
                   "central(lambda z: minimum(maximum(z, a), b), input) == ((a < input) + 0.0) * (input < b) == 1 - outside", rtol=1e-6),
              Line(r"\v{grad_x} = \v{grad} \odot (1 - \v{outside})",
                   "gradient(lambda z: grad * where(inside > 0, z, 0 * z), input) == grad * (1 - outside) == grad_x"))),
        Step("At the joints",
             r"At $\v{min_val}$ the slope is 0 from the left and 1 from the right, at $\v{max_val}$ the other way round. Both libraries "
             r"take the flat side at both. These four numbers are measured: a small step to either side, and the gradient that each "
             r"library gives at the bound itself.",
             (Line(r"\frac{\v{y}(\v{min_val}) - \v{y}(\v{min_val} - \varepsilon)}{\varepsilon} = 0,\quad \frac{\v{y}(\v{min_val} + "
                   r"\varepsilon)"
                   r" - \v{y}(\v{min_val})}{\varepsilon} = 1", "np.array([left_of[0], right_of[0]]) == np.array([0.0, 1.0])", rtol=1e-6),
              Line(r"\frac{\partial \v{y}}{\partial \v{input}}(\v{min_val}) = \frac{\partial \v{y}}{\partial \v{input}}(\v{max_val}) = 0",
                   "ours_at == theirs_at == np.zeros(2)"))),
        Step("Others take another side",
             r"The same function can be written with `clamp`, or as a difference of two rectifiers. The values are the same, and away "
             r"from the joints so are the slopes. But `clamp` takes 1 at both bounds: an input that lies on a bound has not been moved, "
             r"so it passes its gradient. And of two rectifiers, each of which takes 0 at its own joint, the first is open at "
             r"$\v{max_val}$ and the second still closed: the slope there is 1. So three ways to write one function train differently "
             r"where inputs sit exactly on a bound, in PyTorch as here.",
             (Line(r"\mathrm{clamp}'(\v{min_val}) = \mathrm{clamp}'(\v{max_val}) = 1", "clamp_at == np.ones((2, 2))"),
              Line(r"\v{y} = \v{min_val} + \max(\v{input} - \v{min_val}, 0) - \max(\v{input} - \v{max_val}, 0)",
                   "y == a + maximum(input - a, 0) - maximum(input - b, 0)"),
              Line(r"\mathbb{1}[\v{max_val} > \v{min_val}] - \mathbb{1}[\v{max_val} > \v{max_val}] = 1",
                   "relus_at == np.array([[0.0, 1.0], [0.0, 1.0]])"))),
        Step("The result knows enough",
             r"Where the result is strictly between the bounds, so was the input, and the other way round. So the backward could ask the "
             r"output instead of the input, as that of the rectifier does, and an in-place form would need no memory of its own. PyTorch "
             r"asks the input all the same; its in-place form keeps a copy of what it overwrites, and so does this project's.",
             (Line(r"\mathbb{1}[\v{min_val} < \v{y} < \v{max_val}] = 1 - \v{outside}", "((y > a) & (y < b)) + 0.0 == 1 - outside"),)),
        Step("ReLU6",
             r"With $\v{min_val} = 0$ and $\v{max_val} = 6$ the function is a rectifier that stops at 6; PyTorch and this project run "
             r"the same kernel for it. It is the hard tanh of other units: shifted by 3 and stretched by 3. The bound came with the view "
             r"of a rectifier as a sum of many on-off units, of which there are then only six. It is kept because a bounded range can be "
             r"stored in few bits: 256 steps from 0 to 6 are never farther than half of $6/255$ from the number. At 0 and at 6 the slope "
             r"is 0.",
             (Line(r"\min(\max(\v{input}, 0), 6) = 3 + 3 \min\big(\max\big(\tfrac{\v{input} - 3}{3}, -1\big), 1\big)",
                   "relu6 == minimum(maximum(wide, 0), 6) == 3 + 3 * minimum(maximum((wide - 3) / 3, -1), 1)"),
              Line(r"\mathrm{relu6}'(0) = \mathrm{relu6}'(6) = 0", "six_at == np.zeros((2, 2))"),
              Line(r"\big|\tfrac{6}{255} \mathrm{round}\big(\tfrac{255}{6} y\big) - y\big| \le \tfrac{3}{255}"))),
        Step("A gradient for a sign",
             r"The sign of a number has the slope 0 everywhere but at 0, so nothing can be learned through it. Networks of binary units "
             r"use the sign forward and the slope of the hard tanh backward: a straight line between $-1$ and 1 is what the sign would "
             r"be if it were blurred by a uniform noise. The mean of the sign of $\v{input} + u$, with $u$ uniform on $[-1, 1]$, is the "
             r"hard tanh.",
             (Line(r"\int_{-1}^{1} \tfrac{1}{2}\,\mathrm{sign}(\v{input} + u)\,du = \min(\max(\v{input}, -1), 1)",
                   "np.sign(input.reshape(-1, 1) + noise).mean(1) == minimum(maximum(input.reshape(-1), -1), 1)", rtol=1e-4),)),
    ),
    sources=(
        Source("Collobert, Weston, Bottou, Karlen, Kavukcuoglu and Kuksa (2011), Natural language processing (almost) from scratch",
               "https://jmlr.org/papers/v12/collobert11a.html", "the hard tanh as the cheap form of tanh"),
        Source("Krizhevsky (2010), Convolutional deep belief networks on CIFAR-10",
               "https://www.cs.toronto.edu/~kriz/conv-cifar10-aug2010.pdf", "the rectifier that stops at 6, and why"),
        Source("Sandler, Howard, Zhu, Zhmoginov and Chen (2018), MobileNetV2", "https://arxiv.org/abs/1801.04381",
               "ReLU6 for low-precision computation"),
        Source("Hubara, Courbariaux, Soudry, El-Yaniv and Bengio (2016), Binarized neural networks", "https://arxiv.org/abs/1602.02830",
               "the slope of the hard tanh in place of the sign's"),
        docs("hardtanh"), docs("relu6"),
    ),
    edges=(Edge("on the bounds", placed(-1.0, 1.0), "the values stay, the gradient is 0"),),
    notes={"zeros": "between the bounds: nothing changes", "constant": "beyond the upper bound: no gradient",
           "one infinity": "the upper bound, and no gradient", "huge, 1e20": "every value is a bound",
           "one nan": "nan stays. In the middle of an array PyTorch closes there, here the gradient passes",
           "all nan": "nan stays; PyTorch's slope is 0 or 1 by the place in memory"},
    order=1,
    conventions=(("At the bounds", "The gradient is 0, where that of `clamp` is 1."),
                 ("Bounds", "-1 and 1 unless given; equal bounds make a constant, `min_val` above `max_val` is refused."),
                 ("Saved", "The input: two comparisons give the step back, so nothing else is kept. In place a copy of what was "
                  "overwritten.")),
    differences=(nan_of_vectors("0"),),
    figures=(Figure(picture),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
