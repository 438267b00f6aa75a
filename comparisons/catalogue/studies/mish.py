"""Mish: a number times the tanh of its softplus."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, wider


def logistic(z):
    """1 / (1 + exp(-z))."""
    return 1 / (1 + np.exp(-z))


def gate(z):
    """tanh(log(1 + exp(z)))."""
    return np.tanh(np.log(1 + np.exp(z)))


def scene(s):
    """The parts at the inputs, and what is needed of their slopes."""
    e = np.exp(s.x)
    return {"gate": gate, "logistic": logistic, "power": e, "nn": e * (e + 2), "sp": np.log(1 + e), "sigma": logistic(s.x)}


def tails(values):
    """Far out on both sides."""
    values["input"][...] = np.where(values["input"] > 0, 100, -100)


def beside(study):
    """Mish and SiLU, and how far they are apart."""
    from ...atlas.plot import Plot
    x = np.linspace(-8, 4, 2401)
    y, silu = x * gate(x), x * logistic(x)
    plot = Plot("Mish beside SiLU and the rectifier", "x", "y")
    plot.line(x[::8], y[::8], "x tanh(softplus x)", "ours")
    plot.line(x[::8], silu[::8], "x σ(x)", "third")
    plot.line(x[::8], np.maximum(x, 0)[::8], "max(x, 0)", "reference")
    k, away = y.argmin(), np.abs(y - silu)
    return plot, (f"The lowest point lies at x = {x[k]:.2f}, where the value is {y[k]:.3f}. From SiLU it is never farther than "
                  f"{away.max():.2f}, at x = {x[away.argmax()]:.1f}: it opens its gate sooner.")


def far_left(study):
    """Relative errors of both gradients in float32, to the left."""
    import torch

    import minitorch

    from ...atlas.plot import Plot
    x = np.linspace(-95, 0, 191, dtype=np.float32)
    wide = x.astype(np.float64)
    e = np.exp(wide)
    n = e * (e + 2)
    exact = n / (n + 2) + wide * 4 * e * (e + 1) / (n + 2) ** 2
    plot, worst = Plot("Relative error of the slope of mish", "x", "relative error", logy=True), {}
    for name, library, style in (("ours", minitorch, "ours"), ("PyTorch", torch, "reference")):
        leaf = library.from_numpy(x.copy()).requires_grad_()
        library.nn.functional.mish(leaf).sum().backward()
        error = np.maximum(np.abs(leaf.grad.numpy() / exact - 1), 1e-8)
        plot.line(x, error, name, style)
        worst[name] = error[x > -85].max()
    return plot, (f"Down to −85 both slopes are right, off by at most {worst['ours']:.0e} here and {worst['PyTorch']:.0e} in PyTorch, most "
                  "of it where the slope crosses zero. Beyond that numbers are smaller than float32 holds in full. From −88.8 on PyTorch's "
                  "logistic function is 0, and the larger of the two terms with it: the slope has the wrong sign. It is below 10⁻³⁶ there.")


STUDY = Study(
    "nn.functional.mish",
    title="Mish", group=GROUP,
    lead="Each number is multiplied by the tanh of its softplus: a gate that opens like SiLU's, and a little sooner.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=wider(2), call=lambda torch, input: torch.nn.functional.mish(input),
    functions={"mish": "Forward", "mish_values": "The function", "mish_backward": "Backward"},
    variables=chosen(
        "input", "grad",
        x=("x", "input, as the kernel walks it", "at most 20 in the backward"),
        e=("e", "exponential of the input", "at most that of 20"),
        n=("n", "square of 1 + e, less 1", "e (e + 2)"),
        t=(r"\tau", "tanh of the softplus"),
        slope=("y'", "derivative of the output by the input"),
    ),
    scene=scene,
    forward=(
        Line(r"\v{e} = \exp(\v{x})", "e == exp(x)"),
        Line(r"\v{n} = \v{e}\,(\v{e} + 2)", "n == e * (e + 2)"),
        Line(r"\v{t} = \frac{\v{n}}{\v{n} + 2} = \tanh \log(1 + \v{e})", "t == n / (n + 2) == gate(x)"),
    ),
    backward=(
        Line(r"\v{slope} = \v{t} + \v{x}\,\frac{4\,\v{e}\,(\v{e} + 1)}{(\v{n} + 2)^2}",
             "gradient(lambda z: z * gate(z), x) == t + x * 4 * e * (e + 1) / (n + 2) ** 2"),
    ),
    derivation=(
        Step("A gate of a gate",
             r"SiLU multiplies $\v{x}$ by $\sigma(\v{x})$, which goes from 0 to 1. Mish takes another such function: softplus, "
             r"$\log(1 + \exp(\v{x}))$, is a rectifier with a soft knee, and its tanh bends what is large to 1. Its derivative is "
             r"$\sigma$, so the logistic function comes back in the slope.",
             (Line(r"\frac{\partial}{\partial \v{x}} \log(1 + \exp(\v{x})) = \frac{\exp(\v{x})}{1 + \exp(\v{x})} = \sigma(\v{x})",
                   "gradient(lambda z: log(1 + exp(z)), x) == exp(x) / (1 + exp(x)) == sigma"),)),
        Step("One exponential instead of three functions",
             r"The definition asks for an exponential, a logarithm, and the two exponentials in tanh. But tanh of a logarithm is a "
             r"quotient "
             r"of powers: multiply numerator and denominator of $\tanh u$ by $e^{u}$, and for $u = \log a$ the power $e^{2u}$ is $a^2$. "
             r"With $a = 1 + \v{e}$ the one is subtracted by hand: $a^2 - 1 = \v{e}^2 + 2\,\v{e} = \v{n}$, without what a difference of "
             r"nearly equal numbers loses when $\v{e}$ is small.",
             (Line(r"\tanh u = \frac{e^{2u} - 1}{e^{2u} + 1}", "tanh(sp) == (exp(2 * sp) - 1) / (exp(2 * sp) + 1)"),
              Line(r"\tanh \log(1 + \v{e}) = \frac{(1 + \v{e})^2 - 1}{(1 + \v{e})^2 + 1} = \frac{\v{n}}{\v{n} + 2}",
                   "tanh(sp) == ((1 + power) ** 2 - 1) / ((1 + power) ** 2 + 1) == nn / (nn + 2)"))),
        Step("Where it would overflow",
             r"$\v{n}$ grows like $\exp(2\v{x})$: in float32 it is infinite from 45 on, and infinity over infinity is nan. At 20 the gate "
             r"is "
             r"nearer to 1 than any float64 shows, and so it is beyond: the exponential is taken of at most 20.",
             (Line(r"1 - \frac{\v{n}}{\v{n} + 2} = \frac{2}{\v{n} + 2} < 10^{-17}\ \text{at}\ \v{x} = 20",
                   "1 - nn / (nn + 2) == 2 / (nn + 2)"),)),
        Step("The slope of the gate",
             r"Written as $1 - 2/(\v{n} + 2)$ the gate has $\v{n}$ in one place. The slope of $-2/(\v{n} + 2)$ by $\v{n}$ is "
             r"$2/(\v{n} + 2)^2$, and $\v{n} = \v{e}^2 + 2\,\v{e}$ has the slope $2\,\v{e}\,(\v{e} + 1)$ by $\v{x}$, since $\v{e}$ is its "
             r"own "
             r"derivative.",
             (Line(r"\frac{\partial \v{n}}{\partial \v{x}} = 2\,\v{e}^2 + 2\,\v{e} = 2\,\v{e}\,(\v{e} + 1)",
                   "gradient(lambda z: exp(z) * (exp(z) + 2), x) == 2 * power ** 2 + 2 * power == 2 * power * (power + 1)"),
              Line(r"\frac{\partial \v{t}}{\partial \v{x}} = \frac{2}{(\v{n} + 2)^2} \cdot 2\,\v{e}\,(\v{e} + 1) = "
                   r"\frac{4\,\v{e}\,(\v{e} + 1)}{(\v{n} + 2)^2}",
                   "gradient(gate, x) == 2 / (nn + 2) ** 2 * 2 * power * (power + 1) == 4 * power * (power + 1) / (nn + 2) ** 2"))),
        Step("The product rule",
             r"$\v{x}$ has the derivative 1, the gate the one just found. The kernel divides by $\v{n} + 2$ twice and never squares it: "
             r"the square of $e^{40}$ is nearly as large as float32 can hold.",
             (Line(r"\v{slope} = \frac{1}{\v{n} + 2} \left( \v{n} + \v{x}\,\frac{4\,\v{e}\,(\v{e} + 1)}{\v{n} + 2} \right)",
                   "gradient(lambda z: z * gate(z), x) == (nn + x * (4 * power * (power + 1) / (nn + 2))) / (nn + 2)"),)),
        Step("The same in the paper's letters",
             r"The chain rule without our shortcut: tanh has the slope one less its square, softplus has $\sigma$. This is what PyTorch "
             r"computes. It needs tanh, logarithm and two exponentials again, and for very negative $\v{x}$ its $\sigma$ is 0 in float32 "
             r"while $\v{e}$ is not.",
             (Line(r"\v{slope} = \v{t} + \v{x}\,(1 - \v{t}^2)\,\sigma(\v{x})",
                   "gradient(lambda z: z * gate(z), x) == gate(x) + x * (1 - gate(x) ** 2) * sigma"),)),
        Step("Shape",
             r"At zero $\v{e} = 1$, $\v{n} = 3$: the gate is $3/5$, and so is the slope; SiLU's is $1/2$. Far to the right the function is "
             r"$\v{x}$, far to the left $\v{x}\,\v{e}$, as SiLU's. Between lies one lowest point.",
             (Line(r"\v{slope}(0) = \v{t}(0) = \frac{3}{3 + 2} = \frac{3}{5}",
                   "gradient(lambda z: z * gate(z), np.zeros(1)) == gate(np.zeros(1)) == np.array([3 / 5])"),)),
    ),
    sources=(
        Source("Misra (2019), Mish: A Self Regularized Non-Monotonic Activation Function", "https://arxiv.org/abs/1908.08681",
               "section 3: the function and its derivative"),
        Source("Bochkovskiy, Wang and Liao (2020), YOLOv4", "https://arxiv.org/abs/2004.10934", "where it was found useful"),
        docs("mish"),
    ),
    edges=(Edge("tails, 100", tails, "the identity at the right; at the left less than float32 can show"),),
    notes={"zeros": "0, with the slope 3/5", "constant": "nearly 3, and a slope a little above 1",
           "one infinity": "infinity, and its slope is 1; PyTorch's is infinity times zero, nan",
           "huge, 1e20": "the identity at the right, minus zero at the left", "tiny, 1e-20": "three fifths of the input"},
    equivalent={"clip(-math.inf, x, 20": "minus infinity, kept between x and 20, is x or 20 as well"},
    conventions=(("Saved", "The input alone; the exponential is taken again."),
                 ("Slope", "Largest near 1.5, where it is 1.09: unlike a rectifier's it exceeds 1.")),
    differences=(("Formula", "A quotient of polynomials in one exponential here; tanh, logarithm and exponential in PyTorch. Both are "
                             "within rounding of the exact value down to −88."),
                 ("Far left", "PyTorch's slope has the wrong sign below −88.8 in float32, at sizes below 10⁻³⁶."),
                 ("Infinity", "The slope at infinity is 1 here, nan in PyTorch.")),
    figures=(Figure(beside), Figure(far_left, "agreement")),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
