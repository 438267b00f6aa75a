"""The parametric rectifier: the slope of the negative side is learned, one number for each channel."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, graph, taken


def inputs(rng, N, C, L):
    """Sequences of L places with C channels, and a slope for each channel."""
    return {"input": rng.standard_normal((N, C, L)), "weight": 0.25 + 0.3 * rng.standard_normal(C)}


def bent(z, weight):
    """z where positive, else weight times z; the side is told by the real part."""
    return np.where(np.real(z) > 0, z, weight * z)


def scene(s):
    """The weight in its place, gradients of both libraries by the public call, and what they take at zero."""
    import torch

    import minitorch
    found = {}
    for name, library in (("ours", minitorch), ("theirs", torch)):
        tensors = [library.from_numpy(np.array(v)).requires_grad_() for v in (s.input, s.weight.reshape(-1))]
        library.nn.functional.prelu(*tensors).backward(library.from_numpy(np.array(s.grad)))
        found[f"{name}_weight"] = tensors[1].grad.numpy()
    at = [taken(lambda t, x: t.nn.functional.prelu(x, t.tensor([0.25], dtype=t.float64)), [0.0, -0.0], library)[1] for library in (None,
                                                                                                                                   torch)]
    return found | {"bent": bent, "a": s.weight.reshape(1, -1, 1), "alpha": s.weight.reshape(-1), "positive": (s.input > 0) + 0.0,
                    "at_zero": np.stack(at), "count": s.N * s.L}


def picture(study):
    """The function with the slope that it begins with, and its slope."""
    plot, said = graph("The parametric rectifier with the slope 1/4, and its slope",
                       lambda torch, x: torch.nn.functional.prelu(x, torch.tensor([0.25], dtype=torch.float64)), -2, 2, [0.0])
    return plot, f"{said} 1/4 is what `nn.PReLU` begins with.".replace("`", "")


def zero_slope(values):
    """Slopes that are zero, one, and negative."""
    values["weight"][:] = np.resize([0.0, 1.0, -0.5], values["weight"].shape)


def at_zero(values):
    """Zeros of both signs among the others."""
    values["input"][0, :, 0], values["input"][0, :, 1] = 0.0, -0.0


STUDY = Study(
    "nn.functional.prelu",
    title="Parametric rectifier", group=GROUP,
    lead="A leaky rectifier whose negative side has a learned slope, one for each channel: the network decides how much of what is "
         "negative passes.",
    sizes={"N": 4, "C": 3, "L": 5}, inputs=inputs, call=lambda torch, input, weight: torch.nn.functional.prelu(input, weight),
    functions={"prelu": "Forward", "prelu_backward": "Backward, to the input", "prelu_weight_backward": "Backward, to the slopes"},
    variables=chosen("input", "x", "y", "grad", "grad_x", weight=(r"\alpha", "learned slope of the negative side", "(1, C, 1) in the "
                                                                                                                   "kernel: "
                                                                                                              "a number a channel"),
                     grad_weight=(r"\bar{\alpha}", "gradient of the slopes", "one for each element, before the sum")),
    scene=scene,
    forward=(Line(r"\v{y} = \v{x}\ \text{where}\ \v{x} > 0\text{, else}\ \v{weight} \odot \v{x}", "y == where(x > 0, x, a * x)"),),
    backward=(Line(r"\v{grad_x} = \v{grad} \odot \big(\mathbb{1}[\v{input} > 0] + \v{weight}\,\mathbb{1}[\v{input} \le 0]\big)",
                   "grad_x == grad * (positive + a * (1 - positive))"),
              Line(r"\v{grad_weight} = \v{grad} \odot \min(\v{input}, 0)", "grad_weight == grad * minimum(input, 0)")),
    derivation=(
        Step("A straight line on either side",
             r"Positive numbers stay, the others are multiplied by the slope of their channel. So the function is the sum of the "
             r"positive part and of the negative part, the latter times $\v{weight}$. As long as $\v{weight} \le 1$ it is also the "
             r"larger of $\v{x}$ and $\v{weight}\,\v{x}$.",
             (Line(r"\v{y} = \max(\v{x}, 0) + \v{weight} \odot \min(\v{x}, 0)", "bent(x, a) == maximum(x, 0) + a * minimum(x, 0)"),
              Line(r"\v{y} = \max(\v{x}, \v{weight}\,\v{x}),\quad \v{weight} \le 1", "(bent(x, a) - maximum(x, a * x)) * (a <= 1) == 0 * "
                                                                                     "x"))),
        Step("The gradient of the input",
             r"For a given slope this is the leaky rectifier: on each side a straight line through zero, whose slope is 1 or $\v{weight}$.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}} = \mathbb{1}[\v{x} > 0] + \v{weight}\,\mathbb{1}[\v{x} \le 0]",
                   "gradient(lambda z: bent(z, a), x) == positive + a * (1 - positive)"),
              Line(r"\v{grad_x} = \v{grad} \odot \frac{\partial \v{y}}{\partial \v{x}}",
                   "gradient(lambda z: grad * bent(z, a), x) == grad * (positive + a * (1 - positive)) == grad_x"))),
        Step("The gradient of one slope, at one place",
             r"Where $\v{x} > 0$ the slope does not occur. Elsewhere $\v{y} = \v{weight}\,\v{x}$ is linear in it, with the derivative "
             r"$\v{x}$. Both cases together are the negative part of $\v{x}$: a slope learns only from what is negative, and most from "
             r"what is most negative.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{weight}} = \v{x}\,\mathbb{1}[\v{x} \le 0] = \min(\v{x}, 0)",
                   "gradient(lambda z: bent(x, z), a + 0 * x) == x * (1 - positive) == minimum(x, 0)"),)),
        Step("The sum over everything but the channel",
             r"The slope of channel $c$ serves all samples $n$ and all places $l$ of that channel, and no other channel. The loss "
             r"depends on it by all these roads, and the chain rule adds them. The kernel gives the summands, one for each element of "
             r"the input; the sum over the dimensions along which the slope was repeated is taken by the operator's frame, as for every "
             r"operand that is broadcast. With a single slope for all channels the sum runs over everything.",
             (Line(r"\bar{\alpha}_c = \sum_{n,l} \v{grad}_{ncl} \min(\v{x}_{ncl}, 0)",
                   "gradient(lambda z: grad * bent(x, z.reshape(1, -1, 1)), alpha) == (grad * minimum(x, 0)).sum((0, 2)) "
                   "== grad_weight.sum((0, 2)) == ours_weight == theirs_weight"),
              Line(r"\frac{\partial}{\partial \alpha} \sum_{n,c,l} \v{grad}_{ncl}\,\v{y}_{ncl} = \sum_{n,c,l} \v{grad}_{ncl} "
                   r"\min(\v{x}_{ncl}, "
                   r"0)", "gradient(lambda z: grad * bent(x, z), np.array([0.25])) == (grad * minimum(x, 0)).sum().reshape(1)",
                   note="one slope for all"))),
        Step("At zero",
             r"At zero the slope from the left is $\v{weight}$, from the right 1. Both libraries take the left one, as for the leaky "
             r"rectifier, at 0 and at $-0$: zero counts as not positive. For the derivative by $\v{weight}$ there is nothing to choose, "
             r"$\min(\v{x}, 0)$ is 0 from both sides.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}}(0) = \frac{\partial \v{y}}{\partial \v{x}}(-0) = \v{weight}",
                   "at_zero == np.full((2, 2), 0.25)"),)),
        Step("The second derivative is mixed",
             r"By $\v{x}$ alone or by $\v{weight}$ alone the function is straight, so both of these second derivatives are 0. By one "
             r"after the other it is a step: how the gradient of the input changes with the slope. It is the only one that a second "
             r"order needs.",
             (Line(r"\frac{\partial^2 \v{y}}{\partial \v{weight}\,\partial \v{x}} = \mathbb{1}[\v{x} \le 0]",
                   "gradient(lambda z: positive + z * (1 - positive), a + 0 * x) == 1 - positive"),)),
        Step("Why it is not decayed",
             r"The gradient of the slope has no part that grows with $\v{weight}$. A weight decay would add one and draw the slope to 0, "
             r"so the authors leave it out for the slopes: decay would turn the parametric rectifier into the plain one. With the slope "
             r"0 it is the rectifier, with 1 the identity, and between them a mixture.",
             (Line(r"\v{y} = \v{weight} \odot \v{x} + (1 - \v{weight}) \odot \max(\v{x}, 0)", "bent(x, a) == a * x + (1 - a) * maximum(x, "
                                                                                              "0)"),)),
    ),
    sources=(
        Source("He, Zhang, Ren and Sun (2015), Delving deep into rectifiers", "https://arxiv.org/abs/1502.01852",
               "equation 1: the function; equations 2 and 3: the gradient of the slopes; section 2.1: no weight decay"),
        docs("prelu"),
    ),
    edges=(Edge("0 and -0", at_zero, "the slope at both is that of the negative side"),
           Edge("slopes 0, 1 and -1/2", zero_slope, "the rectifier, the identity, and a bent absolute value"),
           Edge("one slope for all", lambda values: values | {"weight": values["weight"][:1]}, "its gradient is a sum over everything"),
           Edge("a slope too many", lambda values: values | {"weight": np.resize(values["weight"], 4)}, "refused: one, or one a channel")),
    notes={"zeros": "at the kink: the slope of the negative side", "one infinity": "infinity stays; its slope is 1",
           "one nan": "nan is not positive: its gradient is made small, that of its channel's slope is nan",
           "all nan": "nan is not positive: every gradient is made small, those of the slopes are nan"},
    conventions=(("Channel", "Dimension 1 of the input; an input of one dimension has one channel."),
                 ("weight", "One number or one for each channel; `nn.PReLU` begins with a single 1/4."),
                 ("At zero", "The slope of the negative side."),
                 ("Saved", "The input and the slopes: each is a factor of the other's gradient, so neither can be left out.")),
    differences=(("Sums", "The summands of a slope's gradient are the same bits; they are added in another order than PyTorch's."),),
    figures=(Figure(picture),),
    speed=({"N": 8, "C": 16, "L": 32}, {"N": 8, "C": 64, "L": 512}),
)
