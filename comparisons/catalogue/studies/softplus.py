"""Softplus: the integral of the logistic function, a smooth rectifier."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, gradient_of, graph, taken, wider

BETA, THRESHOLD = 2.0, 5.0


def logistic(z):
    """1 / (1 + exp(-z))."""
    return 1 / (1 + np.exp(-z))


def smooth(x, beta):
    """log(1 + exp(βx))/β as it stands."""
    return np.log(1 + np.exp(beta * x)) / beta


def this_page(torch, x):
    """As on this page."""
    return torch.nn.functional.softplus(x, BETA, THRESHOLD)


def defaults(torch, x):
    """With β = 1 and the threshold 20."""
    return torch.nn.functional.softplus(x)


def scene(s):
    """Small exponentials, which side of the threshold an input is on, and what both libraries give at the default threshold and at 0."""
    import torch
    tiny = 10.0 ** -np.arange(1, 18)
    at, after = np.array([20.0]), np.array([20.0 + 1e-12])
    jump = [taken(defaults, at, t)[0] - taken(defaults, after, t)[0] for t in (None, torch)]
    slopes = [np.concatenate([taken(defaults, p, t)[1] for p in (at, after)]) for t in (None, torch)]
    return {"smooth": smooth, "logistic": logistic, "tiny": tiny, "one_more": 1 + tiny, "curve": (s.x * BETA <= THRESHOLD) + 0.0,
            "line": (s.x * BETA > THRESHOLD) + 0.0, "jump": np.array(jump).reshape(-1), "slopes": np.array(slopes), "b": BETA,
            "flat_grad": s.grad.reshape(-1), "gradient_x": gradient_of(this_page, s), "sharp": np.array([1.0, 2.0, 4.0, 8.0])}


def far_out(values):
    """Inputs of the size of hundreds."""
    values["input"] *= 100


def picture(study):
    """The function, its slope, and the rectifier."""
    plot, _ = graph("Softplus, its slope, and the rectifier", defaults, -5, 5, (), [(lambda x: np.maximum(x, 0), "rectifier")])
    return plot, (f"There is no joint: where the dashed rectifier has one, softplus is log 2 = {np.log(2):.3f} above it, with the slope "
                   "1/2. That is the largest distance; it shrinks as 1/β when β grows.")


STUDY = Study(
    "nn.functional.softplus",
    title="Softplus", group=GROUP,
    lead="A rectifier without a kink: near zero on the left, near its input on the right, and always positive; its slope is the logistic "
         "function.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=wider(2),
    call=lambda torch, input: this_page(torch, input),
    functions={"softplus": "Forward", "softplus_values": "The function", "log_of_next": "The logarithm", "softplus_backward": "Backward",
               "softplus_slopes": "The derivative"},
    helpers=("block_by_block",),
    variables=chosen("input", "threshold", "x", "y", "grad", "grad_x",
                     beta=(r"\beta", "how sharply the function bends"),
                     z=("z", "what the exponential is taken of", "β x"),
                     e=("e", "exponentials, the largest 1", "of minus |z|; log_of_next makes the logarithm of it"),
                     u=("u", "1 plus the exponential"),
                     slope=("y'", "derivative of the output by the input"),
                     opposite=("-z", "minus what the exponential is taken of"),
                     above=(r"\chi", "1 above the threshold, else 0"),
                     grad_y=(r"\bar{y}", "gradient that arrives at the output")),
    scene=scene,
    forward=(Line(r"\v{z} = \v{beta}\,\v{x}", "z == beta * x"),
             Line(r"\v{e} = \exp(-|\v{z}|)\,\mathbb{1}[\v{z} \le \v{threshold}]", "exp(-abs(z)) * curve == exp(-abs(beta * x)) * (1 - "
                                                                                  "line)"),
             Line(r"\v{y} = \tfrac{1}{\v{beta}} \big(\max(\v{z}, 0) + \log(1 + \v{e})\big)",
                  "(maximum(z, 0) + log1p(exp(-abs(z)) * curve)) / b == where(z > threshold, x, smooth(x, b))")),
    backward=(Line(r"\v{slope} = \max\Big(\frac{1}{1 + \exp(-\v{z})}, \v{above}\Big)",
                   "maximum(logistic(z), line) == where(z > threshold, 1, 1 / (1 + exp(-z)))"),
              Line(r"\v{grad_x} = \v{grad_y} \odot \v{slope}", "gradient_x == flat_grad * maximum(logistic(z), line)")),
    derivation=(
        Step("The integral of a gate",
             r"The logistic function $\sigma$ rises from 0 to 1; a rectifier's slope jumps from 0 to 1. So the integral of $\sigma$ is a "
             r"smooth rectifier. It is $\log(1 + \exp \v{x})$: differentiate, by the chain rule, the logarithm and then the exponential.",
             (Line(r"\frac{d}{d\v{x}} \log(1 + \exp \v{x}) = \frac{\exp \v{x}}{1 + \exp \v{x}} = \sigma(\v{x})",
                   "gradient(lambda t: log(1 + exp(t)), x) == exp(x) / (1 + exp(x)) == logistic(x)"),)),
        Step("How sharply",
             r"Stretched by $1/\v{beta}$ in both directions the function bends in a shorter stretch. The factor $1/\v{beta}$ before the "
             r"logarithm and the factor $\v{beta}$ from within cancel: the slope is $\sigma(\v{z})$. At 0 the function is "
             r"$\log(2)/\v{beta}$, its largest distance from the rectifier, for to both sides of 0 the distance $\log(1 + "
             r"\exp(-|\v{z}|))/\v{beta}$ falls.",
             (Line(r"\frac{\partial}{\partial \v{x}} \frac{\log(1 + \exp(\v{beta} \v{x}))}{\v{beta}} = "
                   r"\frac{1}{\v{beta}}\,\v{beta}\,\sigma(\v{z})"
                   r" = \sigma(\v{z})", "gradient(lambda t: smooth(t, b), x) == 1 / b * b * logistic(z) == logistic(z)"),
              Line(r"\frac{\log(1 + \exp(\v{beta} \v{x}))}{\v{beta}} - \max(\v{x}, 0) = \frac{\log(1 + \exp(-|\v{z}|))}{\v{beta}} \le "
                   r"\frac{\log 2}{\v{beta}}", "smooth(x, b) - maximum(x, 0) == log(1 + exp(-abs(z))) / b"))),
        Step("Nothing overflows",
             r"$\exp(\v{z})$ is infinite in float32 from 89 on. Taken out of the logarithm where $\v{z}$ is positive, what is left is the "
             r"exponential of a number that is never positive, between 0 and 1.",
             (Line(r"\log(1 + \exp \v{z}) = \v{z} + \log(\exp(-\v{z}) + 1) = \max(\v{z}, 0) + \log(1 + \exp(-|\v{z}|))",
                   "log(1 + exp(z)) == z + log(exp(-z) + 1) == maximum(z, 0) + log(1 + exp(-abs(z)))"),)),
        Step("What rounding takes, given back",
             r"For a small $\v{e}$ the sum $\v{u} = 1 + \v{e}$ loses most of its digits, and below the precision all of them: the "
             r"logarithm of 1 is 0 and not $\v{e}$. But $\v{u} - 1$ is exact, so that $d = \v{e} - (\v{u} - 1)$ is precisely what "
             r"rounding took. It is given back to first order, $\log(\v{u} + d) \approx \log \v{u} + d / \v{u}$; the next term is "
             r"smaller than the precision. Shown as a ratio to the exact logarithm, for $\v{e}$ from 1/10 to $10^{-17}$.",
             (Line(r"\frac{\log \v{u} + (\v{e} - (\v{u} - 1)) / \v{u}}{\log(1 + \v{e})} = 1",
                   "(log(one_more) + (tiny - (one_more - 1)) / one_more) / np.log1p(tiny) == np.ones(17)", rtol=1e-15),
              Line(r"\log(\mathrm{round}(1 + 10^{-17})) = 0", "log(one_more[16:]) == np.zeros(1)"))),
        Step("From the threshold on, a line",
             r"Where $\v{z}$ is above $\v{threshold}$ (20 unless given) the function is its input and the slope is 1, as PyTorch has it. "
             r"In float32 that is no difference: $\exp(-20)$ is far below the last digit of 20. In float64 it is a small step down, and "
             r"the function is, strictly speaking, not continuous there. At $\v{z} = \v{threshold}$ exactly both libraries are still on "
             r"the curve.",
             (Line(r"\v{y}(20) - \v{y}(20 + \varepsilon) \approx \log(1 + \exp(-20)) \approx 2.1 \cdot 10^{-9}",
                   "jump == np.full(2, np.log1p(np.exp(-20.0)))", rtol=1e-3),
              Line(r"\v{slope}(20) = \sigma(20),\quad \v{slope}(20 + \varepsilon) = 1",
                   "slopes == np.array([[logistic(20.0), 1.0], [logistic(20.0), 1.0]])", rtol=1e-14))),
        Step("The gradient",
             r"The arriving gradient is multiplied by $\sigma(\v{z})$, which is taken as $1/(1 + \exp(-\v{z}))$: for a very negative "
             r"$\v{z}$ the exponential is infinite and its reciprocal 0, which is right. The maximum with a one above the threshold "
             r"stands for a choice: $\sigma$ is never larger than 1.",
             (Line(r"\v{grad_x} = \v{grad_y} \odot \big(\sigma(\v{z})\,\mathbb{1}[\v{z} \le \v{threshold}] + \mathbb{1}[\v{z} > "
                   r"\v{threshold}]\big)",
                   "gradient(lambda t: flat_grad * (curve * smooth(t, b) + line * t), x) == flat_grad * (logistic(z) * curve + line) == "
                   "gradient_x"),)),
        Step("The second derivative",
             r"The logistic function has the slope $\sigma (1 - \sigma)$, and the chain rule adds $\v{beta}$. It is positive everywhere: "
             r"the function is convex. It is largest at 0, a bump of height $\v{beta}/4$ where the rectifier has its kink.",
             (Line(r"\frac{\partial^2 \v{y}}{\partial \v{x}^2} = \v{beta}\,\sigma(\v{z})\,(1 - \sigma(\v{z}))",
                   "gradient(lambda t: logistic(b * t), x) == b * logistic(z) * (1 - logistic(z))"),
              Line(r"\v{beta}\,\sigma(0)\,(1 - \sigma(0)) = \tfrac{\v{beta}}{4}",
                   "sharp * logistic(0.0) * (1 - logistic(0.0)) == sharp / 4"))),
        Step("Odd part, and back",
             r"What softplus adds to the rectifier is even, so its odd part is half the input. And it can be undone: a parameter that "
             r"must be positive is often kept as $\v{x}$ and used as $\v{y}$; the inverse says where to begin.",
             (Line(r"\v{y}(\v{x}) - \v{y}(-\v{x}) = \v{x}", "smooth(x, b) - smooth(-x, b) == x"),
              Line(r"\v{x} = \v{y} + \tfrac{1}{\v{beta}} \log(1 - \exp(-\v{beta}\,\v{y}))",
                   "x == smooth(x, b) + log(1 - exp(-b * smooth(x, b))) / b"))),
    ),
    sources=(
        Source("Dugas, Bengio, Bélisle, Nadeau and Garcia (2000), Incorporating second-order functional knowledge for better option "
               "pricing",
               "https://papers.nips.cc/paper/1920-incorporating-second-order-functional-knowledge-for-better-option-pricing",
               "the function, as a positive one whose derivative is the logistic function"),
        Source("Glorot, Bordes and Bengio (2011), Deep sparse rectifier neural networks",
               "https://proceedings.mlr.press/v15/glorot11a.html",
               "softplus beside the rectifier"),
        Source("Mächler (2012), Accurately computing log(1 - exp(-|a|))",
               "https://cran.r-project.org/web/packages/Rmpfr/vignettes/log1mexp-note.pdf", "log(1 + exp(x)) without overflow and loss"),
        docs("softplus"),
    ),
    edges=(Edge("tails, 200", far_out, "0 at the left, the identity at the right"),
           Edge("at the threshold", lambda values: values["input"].fill(THRESHOLD / BETA), "still on the curve")),
    notes={"zeros": "log(2)/β, with the slope 1/2", "constant": "above this page's threshold: the identity",
           "one infinity": "infinity stays; its slope is 1", "huge, 1e20": "the identity at the right, 0 at the left",
           "tiny, 1e-20": "log(2)/β: the input is too small to be seen"},
    equivalent={"xp.clip(0, z, math.inf": "clip(a, b, c) is the minimum of c and the maximum of a and b, whichever of these comes first"},
    conventions=(("beta, threshold", "1 and 20 unless given; this page has 2 and 5. The threshold is asked of βx, not of x."),
                 ("At the threshold", "The curve; the line begins above."),
                 ("Saved", "The input alone: the exponential is evaluated again.")),
    differences=(("Exponential", "NumPy's and PyTorch's differ in the last place now and then; everything after them inherits it."),
                 ("Remainder", "`e -= u - 1` is what rounding took from a sum. Where two exponentials differ in the last place it can be "
                               "quite "
                               "another number, and so can the logarithm of u; their sum agrees again.")),
    figures=(Figure(picture),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
