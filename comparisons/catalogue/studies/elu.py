"""The exponential linear unit, with SELU and CELU."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, joints, nan_of_vectors, number, placed, taken, wider

ALPHA = 1.3
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def elu(torch, x):
    """The public function, with a level of its own."""
    return torch.nn.functional.elu(x, ALPHA)


def normal_mean(f):
    """The mean of f(x) for a standard normal x, by the trapezium rule on either side of zero."""
    total = 0.0
    for side in (-1, 1):
        x = side * np.linspace(0, 12, 120_001)
        values = f(x) * np.exp(-x ** 2 / 2) / np.sqrt(2 * np.pi)
        total += abs(x[1]) * (values.sum() - values[0] / 2)
    return total


def scene(s):
    """The pieces, and what selu and celu make of the same inputs in both libraries."""
    import torch

    import minitorch
    x = s.x
    below = x <= 0
    unit = lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0)))
    both = lambda f: np.stack([f(t.nn.functional, t.from_numpy(x.copy())).numpy() for t in (minitorch, torch)])
    ones = np.ones((2, 1))
    return {"A": ALPHA, "below": below + 0.0, "z": np.minimum(x, 0) / 2, "left": np.minimum(x, 0),
            "curve_of": lambda z: ALPHA * (np.exp(z) - 1), "pieces": lambda z: np.where(below, ALPHA * (np.exp(np.where(below, z,
                                                                                                                        0)) - 1), z),
            "selu": both(lambda F, z: F.selu(z)), "celu": both(lambda F, z: F.celu(z, ALPHA)), "lam": SELU_SCALE, "la": SELU_ALPHA,
            "ones": ones, "mean": normal_mean(unit), "var": normal_mean(lambda z: unit(z) ** 2) - normal_mean(unit) ** 2,
            "grad_x": s.grad.reshape(-1) * np.where(below, ALPHA * np.exp(s.minimum(x, 0)), 1)} | joints(elu, (0.0,))


def tails(values):
    """Far out on both sides."""
    values["input"][...] = np.where(values["input"] > 0, 200, -200)


def three(study):
    """ELU, SELU and CELU, and what is taken at the joint."""
    import torch

    from ...atlas.plot import Plot
    x = np.linspace(-5, 2, 281)
    plot = Plot("Three exponential linear units", "x", "y")
    plot.line(x, np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0))), f"ELU, α = {ALPHA}", "ours")
    plot.line(x, SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0))), "SELU", "reference")
    plot.line(x, np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0) / ALPHA)), f"CELU, α = {ALPHA}", "third")
    at = {name: [taken(f, [0.0], library)[1][0] for library in (None, torch)]
          for name, f in (("ELU", elu), ("SELU", lambda t, z: t.nn.functional.selu(z)),
                          ("CELU", lambda t, z: t.nn.functional.celu(z, ALPHA)))}
    said = ", ".join(f"{name} {number(a)}" + ("" if abs(a - b) < 1e-9 else f" (PyTorch: {number(b)})") for name, (a, b) in at.items())
    return plot, f"All are lines on the right and sink to a level on the left. The slopes that both libraries take at 0: {said}."


def depth(study):
    """Mean and variance of activations, layer by layer."""
    from ...atlas.plot import Plot
    rng, width, layers = np.random.RandomState(0), 400, 40
    x = rng.standard_normal((400, width)) * 1.5 + 0.5
    weights = [rng.standard_normal((width, width)) / np.sqrt(width) for _ in range(layers)]
    functions = {"SELU": lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0))),
                 "ELU": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))), "rectifier": lambda z: np.maximum(z, 0)}
    plot, last = Plot("Mean square of the activations", "layers", "mean square", logy=True), {}
    for (name, f), style in zip(functions.items(), ("ours", "reference", "third")):
        h, sizes = x, []
        for w in weights:
            h = f(h @ w)
            sizes.append((h ** 2).mean())
        plot.line(np.arange(1, layers + 1), sizes, name, style)
        last[name] = sizes[-1]
    return plot, (f"Layers of {width} features with weights of variance 1/{width}, on inputs of mean 0.5 and spread 1.5. SELU comes to "
                  f"{last['SELU']:.2f} by itself; ELU with α = 1 has {last['ELU']:.1g} left after {layers} layers and a rectifier "
                  f"{last['rectifier']:.0e}.")


def fine(study):
    """Relative error near zero in float32."""
    import torch

    import minitorch

    from ...atlas.plot import Plot
    x = -np.logspace(-6, 1, 141).astype(np.float32)
    exact = np.expm1(x.astype(np.float64))
    plot, worst = Plot("Relative error of ELU near zero", "−x", "relative error", logx=True, logy=True), {}
    for name, library, style in (("ours", minitorch, "ours"), ("PyTorch", torch, "reference")):
        error = np.abs(library.nn.functional.elu(library.from_numpy(x.copy())).numpy() / exact - 1)
        plot.line(-x, np.maximum(error, 1e-9), name, style)
        worst[name] = error.max()
    naive = np.abs((np.exp(x) - 1) / exact - 1)
    plot.line(-x, naive, "exp(x) − 1, not used", "third")
    return plot, (f"Ours is off by at most {worst['ours']:.0e}, PyTorch by {worst['PyTorch']:.0e}; a plain difference by "
                  f"{naive.max():.0%}.")


STUDY = Study(
    "nn.functional.elu",
    title="ELU, SELU and CELU", group=GROUP,
    lead="A line on the right, an exponential that sinks to a level on the left: negative values are kept, in bounds, and the mean of what "
         "comes out is nearer to zero than behind a rectifier.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=wider(1.5), call=lambda torch, input: elu(torch, input),
    functions={"elu": "Forward", "elu_values": "The function", "elu_backward": "Backward", "elu_slopes": "The derivative"},
    variables=chosen(
        "input", "x", "slope", "grad",
        alpha=(r"\alpha", "level to which an exponential unit sinks, as a number below zero"),
        scale=("s", "factor of the whole", "1, but in SELU"),
        input_scale=(r"\kappa", "factor inside of the exponential", "1, but 1/α in CELU"),
        curve=("c", "factor of the exponential", "s α in the forward, s α κ in the backward"),
        z=("z", "score, a number before it is squashed or bent", "half of what the exponential is taken of"),
        t=(r"\tau", "tanh of it", "then times 2 c"),
        rest=(r"1 - \tau", "one less the tanh"),
        fall=("f", "the curve on the left", "0 on the right; in the backward what the exponential is taken of"),
        rise=("r", "the line on the right", "0 on the left"),
        above=(r"[x > 0]", "1 where the input is on the line, else 0", "then times the jump"),
        jump=(r"s - c", "how far the slope jumps at 0"),
        grad_y=(r"\bar{y}", "gradient that arrives at the output"),
    ),
    scene=scene, order=2,
    forward=(
        Line(r"\v{z} = \tfrac{1}{2}\,\v{input_scale}\,\min(\v{x}, 0)", "t == tanh(z) == tanh(minimum(x, 0) / 2)"),
        Line(r"\v{fall} = \v{curve}\,(e^{2\v{z}} - 1) = \v{curve}\,\frac{2 \tanh \v{z}}{1 - \tanh \v{z}}",
             "A * (exp(2 * z) - 1) == A * 2 * tanh(z) / (1 - tanh(z))"),
        Line(r"\v{rise} = \v{scale}\,\max(\v{x}, 0)", "pieces(x) - A * (exp(left) - 1) == maximum(x, 0)"),
    ),
    backward=(
        Line(r"\v{slope} = \v{curve}\,\exp(\v{input_scale}\,\min(\v{x}, 0)) + (\v{jump})\,\v{above}",
             "gradient(pieces, x) == A * exp(left) + (1 - A) * (x > 0)"),
    ),
    derivation=(
        Step("Keep what is negative, in bounds",
             r"A rectifier gives no negative values, so what comes out of it has a positive mean, and the next layer must undo it. A line "
             r"all "
             r"the way would do nothing. The exponential is between: it leaves zero with a slope of $\v{alpha}$ and sinks to $-\v{alpha}$, "
             r"where a unit is as good as off but says so. With $\v{alpha} = 1$ line and curve meet with one slope; here "
             r"$\v{alpha} = 1.3$, so that the joint can be seen.",
             (Line(r"\v{alpha}\,(e^{0} - 1) = 0", "curve_of(np.zeros(1)) + 1 == np.ones(1)"),
              Line(r"\frac{\partial}{\partial \v{x}} \v{alpha}\,(e^{\v{x}} - 1) = \v{alpha}\,e^{\v{x}}", "gradient(curve_of, x) == A * "
                                                                                                         "exp(x)"))),
        Step("One formula for three units",
             r"All that is called so is one function with three numbers: $y = \v{scale} \max(\v{x}, 0) + \v{scale}\,\v{alpha}\,"
             r"(e^{\v{input_scale} \min(\v{x}, 0)} - 1)$. On either side one of the terms is 0. ELU has $\v{scale} = \v{input_scale} = 1$. "
             r"CELU "
             r"stretches the curve by $\v{input_scale} = 1/\v{alpha}$, so that its slope at 0 is 1 for any $\v{alpha}$. SELU has two fixed "
             r"numbers, of which the steps below tell.",
             (Line(r"y = \max(\v{x}, 0) + \v{alpha}\,(e^{\min(\v{x}, 0)} - 1)", "pieces(x) == maximum(x, 0) + A * (exp(left) - 1)"),
              Line(r"\mathrm{celu}(\v{x}) = \max(\v{x}, 0) + \v{alpha}\,(e^{\min(\v{x}, 0)/\v{alpha}} - 1)",
                   "celu == ones * (maximum(x, 0) + A * (exp(left / A) - 1))", "both libraries"),
              Line(r"\mathrm{selu}(\v{x}) = \lambda \max(\v{x}, 0) + \lambda\,\alpha'\,(e^{\min(\v{x}, 0)} - 1)",
                   "selu == ones * (lam * maximum(x, 0) + lam * la * (exp(left) - 1))", "both libraries", rtol=1e-7))),
        Step("The difference that must not be taken",
             r"Near zero $e^{\v{x}}$ is nearly 1, and subtracting 1 leaves few digits: of $-10^{-6}$ float32 keeps one. A function `expm1` "
             r"exists "
             r"and is slow in NumPy. With $\tanh \v{z} = (e^{2\v{z}} - 1)/(e^{2\v{z}} + 1)$ solved for the power less one, no difference "
             r"of near numbers is left: $\v{z} \le 0$, so the tanh is negative and $1 - \v{t}$ is a sum of two positive numbers.",
             (Line(r"1 - \tanh \v{z} = \frac{2}{e^{2\v{z}} + 1}", "1 - tanh(z) == 2 / (exp(2 * z) + 1)"),
              Line(r"\frac{2 \tanh \v{z}}{1 - \tanh \v{z}} = \frac{2\,(e^{2\v{z}} - 1)}{e^{2\v{z}} + 1} \cdot \frac{e^{2\v{z}} + 1}{2} = "
                   r"e^{2\v{z}} - 1",
                   "2 * tanh(z) / (1 - tanh(z)) == 2 * (exp(2 * z) - 1) / (exp(2 * z) + 1) * (exp(2 * z) + 1) / 2 == exp(2 * z) - 1"))),
        Step("The slope",
             r"On the left the exponential's slope is itself, times its inner factor: $\v{curve} = \v{scale}\,\v{alpha}\,\v{input_scale}$ "
             r"times a power that is at most 1. On the right it is $\v{scale}$. With $\min(\v{x}, 0)$ the power is 1 on the right, so "
             r"one formula with a jump of $\v{jump}$ has both, and nothing overflows on the side that is not asked for.",
             (Line(r"\v{slope} = \v{curve}\,e^{\v{x}}\ \text{on the left},\quad \v{curve} + (\v{jump}) = \v{scale}\ \text{on the right}",
                   "gradient(pieces, x) == where(x > 0, 1, A * exp(left)) == A * exp(left) + (1 - A) * (x > 0)"),
              Line(r"\bar{x} = \v{grad} \odot \v{slope}", "gradient(lambda z: grad.reshape(-1) * pieces(z), x) == grad_x"))),
        Step("At the joint",
             r"Unless $\v{curve} = \v{scale}$ the slope jumps at 0. Both libraries count the joint to the curve: the slope is $\v{curve}$ "
             r"there, the left one.",
             (Line(r"\frac{y(0) - y(-\varepsilon)}{\varepsilon} \approx \v{curve},\quad \frac{y(\varepsilon) - y(0)}{\varepsilon} = "
                   r"\v{scale}",
                   "np.array([left_of[0], right_of[0]]) == np.array([A, 1])", rtol=1e-6),
              Line(r"\v{slope}(0) = \v{curve}", "ours_at == theirs_at == np.array([A])"))),
        Step("From the output",
             r"On the left the output is $\v{scale}\,\v{alpha}$ less than the power's term, so the slope is the output plus "
             r"$\v{scale}\,\v{alpha}$, times $\v{input_scale}$. PyTorch takes this form when the input was overwritten (`inplace=True`), "
             r"where the output is all that is left. It is why `inplace` refuses a negative $\v{alpha}$: there the output no longer says "
             r"on which side the input was.",
             (Line(r"\v{alpha}\,e^{\v{x}} = \v{alpha}\,(e^{\v{x}} - 1) + \v{alpha}", "A * exp(left) == curve_of(left) + A"),)),
        Step("The two numbers of SELU",
             r"Let the input of a unit be a standard normal variable, as sums of many small terms are. SELU's $\alpha'$ and $\lambda$ are "
             r"the "
             r"two numbers for which the output has the mean 0 and the variance 1 again: the next layer, with weights of variance one over "
             r"their number, sees the same. The paper shows that means and variances nearby are drawn to this point, so that no "
             r"normalization is needed.",
             (Line(r"\int \mathrm{selu}(x)\,\varphi(x)\,dx = 0", "1 + mean == 1", rtol=1e-7),
              Line(r"\int \mathrm{selu}(x)^2\,\varphi(x)\,dx = 1", "var == 1", "φ is the density of the normal distribution", rtol=1e-7))),
    ),
    sources=(
        Source("Clevert, Unterthiner and Hochreiter (2015), Fast and Accurate Deep Network Learning by Exponential Linear Units (ELUs)",
               "https://arxiv.org/abs/1511.07289", "section 3: the unit; section 2: why means should be zero"),
        Source("Klambauer, Unterthiner, Mayr and Hochreiter (2017), Self-Normalizing Neural Networks", "https://arxiv.org/abs/1706.02515",
               "SELU, its two numbers and the fixed point"),
        Source("Barron (2017), Continuously Differentiable Exponential Linear Units", "https://arxiv.org/abs/1704.07483", "CELU"),
        docs("elu"),
    ),
    edges=(Edge("at 0", placed(0.0), "0, with the slope of the curve"), Edge("tails, 200", tails, "the identity at the right, −α at the "
                                                                                                  "left")),
    notes={"zeros": "0, with the slope α", "constant": "the identity", "one infinity": "infinity, with the slope 1",
           "huge, 1e20": "the identity at the right, −α at the left", "tiny, 1e-20": "x, or α x",
           "one nan": "nan stays. PyTorch's slope there is nan in the middle of an array and 1 at its end; ours is 1",
           "all nan": "nan stays. PyTorch's slope is nan or 1 by the place in memory"},
    equivalent={"'elu'), alpha, scale": "ELU has the scale 1; SELU, that has another, is in the tests",
                "clip(-math.inf, x, 0": "minus infinity, kept between x and 0, is x or 0 as well",
                "clip(0, x, math.inf": "0, kept between x and infinity, is x or 0 as well",
                "z *= 0.5": "ELU has the inner factor 1; CELU, that has another, is in the tests",
                "curve = alpha * scale": "ELU has the inner factor 1 as well",
                "curve = alpha * input_scale": "ELU has the scale 1; SELU, that has another, is in the tests"},
    conventions=(("At 0", "The joint belongs to the curve: the slope is α (s α κ in general), also where the line's is another."),
                 ("CELU", "Its α is a length: −α is the level and α e-folds away. `celu(x, 1)` is `elu(x, 1)`; 0 is refused."),
                 ("SELU", "Has no settings: α = 1.6733 and λ = 1.0507. It wants weights drawn with variance 1/fan_in (`lecun`, in PyTorch "
                          "`kaiming_normal_(nonlinearity=\"linear\")`) and `alpha_dropout` instead of dropout."),
                 ("Saved", "The input; with `inplace=True` the output.")),
    differences=(nan_of_vectors("nan"), ("Formula", "One tanh here, expm1 in PyTorch; the same to rounding."),
                 ("In place", "A negative `alpha` has a right gradient with `inplace=True` too; PyTorch refuses it in the backward."),
                 ("Minus zero", "−0 becomes 0 here and stays −0 in PyTorch.")),
    figures=(Figure(three), Figure(depth), Figure(fine, "agreement")),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
