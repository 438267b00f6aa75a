"""The threshold: what is above it stays, everything else becomes one given value."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, graph, joints, matrix, placed, taken

THETA, VALUE = 0.5, -1.0


def above(torch, x):
    """The public function."""
    return torch.nn.functional.threshold(x, THETA, VALUE)


def scene(s):
    """The step, what both libraries take at the joint with and without a jump there, and hard shrinkage by its definition."""
    import torch
    without = np.stack([taken(lambda t, x: t.nn.functional.threshold(x, THETA, THETA), [THETA], library)[1] for library in (None, torch)])
    return {"open": (s.input > THETA) + 0.0, "eps": 1e-7, "theta": THETA, "without_jump": without, "rectified": np.maximum(s.input, 0),
            "relu_slope": taken(lambda t, x: t.relu(x), s.input)[1],
            "shrunk": taken(lambda t, x: t.nn.functional.hardshrink(x, THETA), s.input)[0]} | joints(above, [THETA])


def picture(study):
    """The function and its slope."""
    plot, said = graph("A threshold and its slope", above, -2, 2, [THETA])
    return plot, f"{said} The function jumps there by θ − v = {THETA - VALUE:g}, from v = {VALUE:g} to θ = {THETA:g}.".replace("-", "−")


STUDY = Study(
    "nn.functional.threshold",
    title="Threshold", group=GROUP,
    lead="Numbers above a bound stay, all others become one given value: the rectifier is the case with 0 for both.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=matrix, call=lambda torch, input: above(torch, input),
    functions={"threshold": "Forward", "threshold_backward": "Backward"}, helpers=("held",),
    variables=chosen("input", "threshold", "y", "grad", "grad_x", value=("v", "what stands for every input that is not above the "
                                                                              "threshold")),
    scene=scene,
    forward=(Line(r"\v{y} = \v{input}\ \text{where}\ \v{input} > \v{threshold}\text{, else}\ \v{value}",
                  "y == where(input > threshold, input, value)"),),
    backward=(Line(r"\v{grad_x} = \v{grad} \odot \mathbb{1}[\v{input} > \v{threshold}]", "grad_x == grad * (input > threshold)"),),
    derivation=(
        Step("A line and a constant",
             r"Above $\v{threshold}$ the function is the input, elsewhere the constant $\v{value}$. With a step of ones and zeros that "
             r"is one formula; the two pieces meet only if $\v{value} = \v{threshold}$.",
             (Line(r"\v{y} = \v{input} \odot \mathbb{1}[\v{input} > \v{threshold}] + \v{value}\,\mathbb{1}[\v{input} \le \v{threshold}]",
                   "y == input * open + value * (1 - open)"),
              Line(r"\v{y}\,\big|_{\v{value} = \v{threshold}} = \max(\v{input}, \v{threshold})",
                   "where(input > threshold, input, threshold) == maximum(input, threshold)"))),
        Step("The slope",
             r"On the line the slope is 1, on the constant 0; which constant it is does not matter. For $\v{threshold} = \v{value} = 0$ "
             r"this is the rectifier and its gate: PyTorch computes the gradient of its rectifier by the threshold's backward, asked of "
             r"the output.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{input}} = \mathbb{1}[\v{input} > \v{threshold}]",
                   "central(lambda z: where(z > threshold, z, value), input) == open", rtol=1e-6),
              Line(r"\v{grad_x} = \v{grad} \odot \mathbb{1}[\v{input} > \v{threshold}]",
                   "gradient(lambda z: grad * where(open > 0, z, 0 * z), input) == grad * open == grad_x"),
              Line(r"\max'(\v{input}, 0) = \mathbb{1}[\max(\v{input}, 0) > 0]", "relu_slope == (rectified > 0) + 0.0"))),
        Step("At the threshold",
             r"The value at $\v{threshold}$ itself is $\v{value}$: it belongs to the constant. From the left the slope is 0. From the "
             r"right the quotient is 1 if the pieces meet, and grows beyond all bounds if they do not. Either way both libraries take 0, "
             r"the side to which the value belongs.",
             (Line(r"\frac{\v{y}(\v{threshold}) - \v{y}(\v{threshold} - \varepsilon)}{\varepsilon} = 0,\quad \frac{\v{y}(\v{threshold} + "
                   r"\varepsilon) - \v{y}(\v{threshold})}{\varepsilon} = 1 + \frac{\v{threshold} - \v{value}}{\varepsilon}",
                   "np.array([left_of[0], right_of[0]]) == np.array([0, 1 + (theta - value) / eps])", rtol=1e-6),
              Line(r"\frac{\partial \v{y}}{\partial \v{input}}(\v{threshold}) = 0", "ours_at == theirs_at == np.zeros(1)"),
              Line(r"\frac{\partial \v{y}}{\partial \v{input}}(\v{threshold})\,\Big|_{\v{value} = \v{threshold}} = 0",
                   "without_jump == np.zeros((2, 1))"))),
        Step("To select and to subtract",
             r"A unit that is to answer only strong inputs can have a rectifier with the bias $-\v{threshold}$. It then selects, but it "
             r"also takes $\v{threshold}$ from all that passes, and the gradient cannot tell the two apart. A threshold with $\v{value} "
             r"= 0$ only selects: the difference of the two is a step.",
             (Line(r"\v{input} \odot \mathbb{1}[\v{input} > \v{threshold}] = \max(\v{input} - \v{threshold}, 0) + \v{threshold}\,"
                   r"\mathbb{1}[\v{input} > \v{threshold}]", "input * open == maximum(input - threshold, 0) + threshold * open"),)),
        Step("Two make a hard shrinkage",
             r"With $\v{value} = 0$ one threshold keeps what is above $\v{threshold}$. A second one on the negated input keeps what is "
             r"below $-\v{threshold}$. The difference is hard shrinkage.",
             (Line(r"\v{input} \odot \mathbb{1}[|\v{input}| > \v{threshold}] = \v{input} \odot \mathbb{1}[\v{input} > \v{threshold}] - "
                   r"(-\v{input}) "
                   r"\odot \mathbb{1}[-\v{input} > \v{threshold}]", "shrunk == where(input > threshold, input, 0) - "
                                                                  "where(-input > threshold, -input, 0)"),)),
        Step("nan is not below",
             r"The question is where to close, $\v{input} \le \v{threshold}$, and for nan the answer is no: nan stays nan instead of "
             r"becoming an ordinary number, and its gradient passes. For numbers this is the same question as the one in the formula.",
             (Line(r"\neg(\v{input} \le \v{threshold}) = (\v{input} > \v{threshold})", "1.0 * ~(input <= threshold) == open"),)),
    ),
    sources=(
        Source("Konda, Memisevic and Krueger (2014), Zero-bias autoencoders and the benefits of co-adapting features",
               "https://arxiv.org/abs/1402.3337", "a threshold instead of a negative bias: select, and subtract nothing"),
        Source("Nair and Hinton (2010), Rectified linear units improve restricted Boltzmann machines",
               "https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf", "the case of zeros"),
        docs("threshold"),
    ),
    edges=(Edge("at the threshold", placed(THETA), "the value is v, the gradient 0"),),
    notes={"zeros": "below the threshold: every value is v", "constant": "above it: nothing changes", "one infinity": "infinity stays; its "
           "slope is 1", "tiny, 1e-20": "below the threshold: every value is v", "one nan": "nan stays, and its gradient passes",
           "all nan": "every gradient passes"},
    order=1,
    conventions=(("At the threshold", "The value is v and the gradient 0."),
                 ("Integers", "The threshold and the value lose what stands after the point before they are compared."),
                 ("No gradient", "Neither the threshold nor the value has one: they are numbers, not tensors."),
                 ("Saved", "The input. The output would not do: v may itself be above the threshold.")),
    differences=(("None", "Both sides have the same bits, in every case shown here."),),
    figures=(Figure(picture),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
