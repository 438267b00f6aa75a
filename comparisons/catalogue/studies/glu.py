"""The gated linear unit: one half of the features opens and closes the other."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs


def inputs(rng, N, H):
    """Two halves of H features side by side."""
    return {"input": 1.5 * rng.standard_normal((N, 2 * H))}


def logistic(z):
    """1 / (1 + exp(-z))."""
    return 1 / (1 + np.exp(-z))


def scene(s):
    """Both halves, and the function of them."""
    a, b = s.input[:, :s.H], s.input[:, s.H:]
    return {"a": a, "b": b, "logistic": logistic, "sigma": logistic(b), "unit": lambda x: x[:, :s.H] * logistic(x[:, s.H:]),
            "y": a * logistic(b), "grad_x": np.concatenate([s.grad * logistic(b), s.grad * a * logistic(b) * (1 - logistic(b))], 1)}


def odd(values):
    """Features that cannot be halved."""
    values["input"] = values["input"][:, :-1].copy()


def shut(values):
    """Gates that are shut: exp(200) is beyond float32."""
    values["input"][:, values["input"].shape[1] // 2:] = -200


def endless(values):
    """An infinite value behind a gate that is shut."""
    half = values["input"].shape[1] // 2
    values["input"][:, :half], values["input"][:, half:] = np.inf, -200


def depth(study):
    """What is left of the gradient on the road through the first halves, going down some layers."""
    from ...atlas.plot import Plot
    rng, layers = np.random.RandomState(0), 20
    a, b = rng.standard_normal((2, layers, 20_000))
    plot, left = Plot("The direct road, going down", "layers", "gradient left", logy=True), {}
    for name, slopes, style in (("a ⊙ σ(b)", logistic(b), "ours"), ("tanh(a) ⊙ σ(b)", logistic(b) * (1 - np.tanh(a) ** 2), "reference")):
        left[name] = np.sqrt((slopes.cumprod(0) ** 2).mean(1))
        plot.line(np.arange(1, layers + 1), left[name], name, style)
    gates, squashed = (values[-1] ** (1 / layers) for values in left.values())
    return plot, (f"Products of the slopes by the first half, for halves drawn from a standard normal distribution. Each layer multiplies "
                  f"by "
                  f"{gates:.2f}, with a tanh before the gate by {squashed:.2f}; weights and what comes through the second half are left "
                  f"out. An open gate multiplies by 1, whatever passes it; a tanh does so near zero alone.")


STUDY = Study(
    "nn.functional.glu",
    title="Gated linear unit", group=GROUP,
    lead="One half of the features passes unbent, multiplied by gates that the other half opens: a product of two linear maps, one of "
         "them squashed.",
    sizes={"N": 5, "H": 4}, extra_sizes={"2H": 8}, inputs=inputs, call=lambda torch, input: torch.nn.functional.glu(input),
    functions={"glu": "Forward", "glu_backward": "Backward"},
    variables=chosen(
        "input", "grad", "y",
        dim=("d", "the dimension along which it is done"),
        half=("H", "number of features in each half"),
        a=("a", "first half: what passes"),
        b=("b", "second half: how far the gates are open"),
        gate=(r"\sigma", "gate: logistic function of the second half"),
        grad_a=(r"\bar{a}", "gradient of the first half"),
        grad_b=(r"\bar{b}", "gradient of the second half"),
    ),
    scene=scene, empty="N",
    forward=(
        Line(r"\v{gate} = \frac{1}{1 + \exp(-\v{b})}", "gate == 1 / (1 + exp(-b))"),
        Line(r"\v{y} = \v{a} \odot \v{gate}", "y == a * gate == unit(input)"),
    ),
    backward=(
        Line(r"\v{grad_a} = \v{grad} \odot \v{gate}", "grad_a == grad * sigma == gradient(lambda x: grad * unit(x), input)[:, :H]"),
        Line(r"\v{grad_b} = \v{grad_a} \odot \v{a} \odot (1 - \v{gate})",
             "grad_b == grad * sigma * a * (1 - sigma) == gradient(lambda x: grad * unit(x), input)[:, H:]"),
    ),
    derivation=(
        Step("A gate of its own",
             r"SiLU lets a number open its own gate. Here one linear map makes $\v{a}$, another makes $\v{b}$, and since both are maps of "
             r"the "
             r"same vector one matrix does them at once, twice as high: its result is cut into halves. What a feature says and whether it "
             r"is heard are learnt apart. With $\v{b} = \v{a}$ the unit is SiLU.",
             (Line(r"\mathrm{glu}(\v{a}, \v{a}) = \v{a}\,\sigma(\v{a})", "unit(concatenate([a, a], 1)) == a * logistic(a)"),)),
        Step("The slope of the gate from its value",
             r"The quotient rule gives $\exp(-\v{b}) / (1 + \exp(-\v{b}))^2$, and $\exp(-\v{b}) / (1 + \exp(-\v{b}))$ is $1 - \v{gate}$.",
             (Line(r"\frac{\partial \v{gate}}{\partial \v{b}} = \frac{\exp(-\v{b})}{(1 + \exp(-\v{b}))^2} = \v{gate}\,(1 - \v{gate})",
                   "slope(logistic, b) == exp(-b) / (1 + exp(-b)) ** 2 == sigma * (1 - sigma)"),)),
        Step("Each factor gets the other",
             r"In a product the slope of one factor is the other. Each element of $\v{y}$ has one element of either half in it, and no "
             r"sum is needed.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{a}} = \v{gate}", "slope(lambda z: z * logistic(b), a) == sigma"),
              Line(r"\frac{\partial \v{y}}{\partial \v{b}} = \v{a}\,\v{gate}\,(1 - \v{gate})",
                   "slope(lambda z: a * logistic(z), b) == a * sigma * (1 - sigma)"))),
        Step("One product serves the other",
             r"What arrives times $\v{gate}$ is the gradient of $\v{a}$, and a factor in that of $\v{b}$ too: the code takes it from "
             r"there. "
             r"Both are laid side by side, as the halves lay in the input.",
             (Line(r"\v{grad_b} = (\v{grad} \odot \v{gate}) \odot \v{a} \odot (1 - \v{gate}) = \v{grad_a} \odot \v{a} \odot (1 - \v{gate})",
                   "gradient(lambda z: grad * a * logistic(z), b) == (grad * sigma) * a * (1 - sigma) == grad_b"),
              Line(r"\bar{X} = (\v{grad_a}, \v{grad_b})", "gradient(lambda x: grad * unit(x), input) == concatenate([grad_a, grad_b], 1) "
                                                          "== grad_x"))),
        Step("Why nothing squashes what passes",
             r"The gates of an LSTM sit behind a tanh: $\tanh(\v{a})\,\sigma(\v{b})$ has the slope $\v{gate}\,(1 - \tanh^2 \v{a})$ by "
             r"$\v{a}$, "
             r"two factors that are at most 1, in every layer. Without tanh one is left, and where the gate is open the gradient goes down "
             r"as it came. That is the argument of the paper.",
             (Line(r"\frac{\partial}{\partial \v{a}} \tanh(\v{a})\,\v{gate} = (1 - \tanh^2 \v{a})\,\v{gate}",
                   "slope(lambda z: tanh(z) * sigma, a) == (1 - tanh(a) ** 2) * sigma"),)),
        Step("Second order",
             r"$\v{y}$ is linear in $\v{a}$, so that its second derivative there is 0. The mixed one is the gate's slope, and by $\v{b}$ "
             r"twice "
             r"$\sigma(1 - \sigma)$ is differentiated once more.",
             (Line(r"\frac{\partial^2 \v{y}}{\partial \v{a}\,\partial \v{b}} = \v{gate}\,(1 - \v{gate})",
                   "slope(lambda z: logistic(z), b) == sigma * (1 - sigma)"),
              Line(r"\frac{\partial^2 \v{y}}{\partial \v{b}^2} = \v{a}\,\v{gate}\,(1 - \v{gate})(1 - 2\,\v{gate})",
                   "slope(lambda z: a * logistic(z) * (1 - logistic(z)), b) == a * sigma * (1 - sigma) * (1 - 2 * sigma)"))),
    ),
    sources=(
        Source("Dauphin, Fan, Auli and Grangier (2016), Language Modeling with Gated Convolutional Networks",
               "https://arxiv.org/abs/1612.08083", "equation 1: the unit; section 3: its gradient beside that with tanh"),
        Source("Shazeer (2020), GLU Variants Improve Transformer", "https://arxiv.org/abs/2002.05202",
               "other functions in the gate: with SiLU it is SwiGLU, with GELU GEGLU"),
        docs("glu"),
    ),
    edges=(Edge("an odd number of features", odd, "refused: there are no halves"),
           Edge("shut gates", shut, "exp(200) overflows float32 to infinity, and what passes is 0"),
           Edge("infinity behind a shut gate", endless, "infinity times 0 is nan: a gate cannot hold back infinity")),
    notes={"zeros": "0; what passes has the slope 1/2, the gate 0", "one infinity": "it stands in a gate here: that is open, and gets no "
                                                                                    "gradient",
           "huge, 1e20": "gates at 0 and 1", "tiny, 1e-20": "half of the first half",
           "one element": "one feature has two halves: its size is 2"},
    conventions=(("Halves", "Along the last dimension unless `dim` says otherwise; the first passes, the second gates. Some papers and "
                            "other "
                            "libraries have it the other way round."),
                 ("Size", "The output has half as many features. An odd number is refused."),
                 ("SwiGLU", "There is no function for other gates: `a, b = x.chunk(2, -1)` and `a * silu(b)`."),
                 ("Saved", "The input; the gates are computed again.")),
    differences=(),
    figures=(Figure(depth),),
    speed=({"N": 64, "H": 64}, {"N": 512, "H": 256}),
)
