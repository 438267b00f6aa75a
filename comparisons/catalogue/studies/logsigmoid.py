"""The logarithm of the logistic function, in a form that never takes the logarithm of zero."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, gradient_of, graph, taken, wider


def logistic(z):
    """1 / (1 + exp(-z))."""
    return 1 / (1 + np.exp(-z))


def log_sigmoid(torch, x):
    """The public function."""
    return torch.nn.functional.logsigmoid(x)


def scene(s):
    """Far values of both libraries, of the naive form in float32, and small exponentials."""
    import torch
    tiny = 10.0 ** -np.arange(1, 18)
    with np.errstate(all="ignore"):
        naive = np.log(1 / (1 + np.exp(-np.array([-200.0, 200.0], np.float32))))
    return {"logistic": logistic, "log_logistic": lambda z: -np.log(1 + np.exp(-z)), "tiny": tiny, "one_more": 1 + tiny,
            "far": np.stack([taken(log_sigmoid, [-200.0, 200.0], t)[0] for t in (None, torch)]),
            "far_slopes": np.stack([taken(log_sigmoid, [-800.0, 800.0], t)[1] for t in (None, torch)]), "naive": np.exp(naive),
            "flat_grad": s.grad.reshape(-1), "gradient_x": gradient_of(log_sigmoid, s), "result": taken(log_sigmoid, s.x)[0]}


def far_out(values):
    """Inputs of the size of hundreds."""
    values["input"] *= 100


def picture(study):
    """The function, its slope, and the two lines between which it goes over."""
    plot, _ = graph("The logarithm of the logistic function, and its slope", log_sigmoid, -6, 4, (),
                    [(lambda x: np.minimum(x, 0), "the smaller of x and 0")])
    return plot, (f"At 0 a chance of one half: the logarithm is −log 2 = −{np.log(2):.3f}, and the slope 1/2. On the left the logarithm "
                   "falls like x itself, with the slope 1: what is very unlikely still learns. On the right both are nearly 0.")


STUDY = Study(
    "nn.functional.logsigmoid",
    title="Logarithm of the logistic function", group=GROUP,
    lead="The logarithm of a probability that is given by its logit: accurate where the probability itself would be rounded to 0 or to 1.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=wider(2), call=lambda torch, input: log_sigmoid(torch, input),
    functions={"logsigmoid": "Forward", "logsigmoid_values": "The function", "log_of_next": "The logarithm",
               "logsigmoid_backward": "Backward"},
    helpers=("block_by_block",),
    variables=chosen("input", "x", "y", "grad", "grad_x",
                     e=("e", "exponentials, the largest 1", "of minus |x|; log_of_next makes the logarithm of it"),
                     u=("u", "1 plus the exponential")),
    scene=scene,
    forward=(Line(r"\v{e} = \exp(-|\v{x}|)", "exp(-abs(x)) == minimum(exp(x), exp(-x))"),
             Line(r"\v{y} = \min(\v{x}, 0) - \log(1 + \v{e})", "minimum(x, 0) - log1p(exp(-abs(x))) == log(logistic(x)) == result")),
    backward=(Line(r"\v{grad_x} = \v{grad} \odot \frac{1}{1 + \exp \v{input}}", "grad_x == grad / (1 + exp(input))"),),
    derivation=(
        Step("Three names for one function",
             r"The logistic function $\sigma$ makes a probability of a logit $\v{x}$. Its logarithm is what a likelihood adds up. As "
             r"$\sigma(\v{x}) = 1/(1 + \exp(-\v{x}))$, the logarithm is minus that of the denominator: softplus, with both signs turned.",
             (Line(r"\log \sigma(\v{x}) = -\log(1 + \exp(-\v{x})) = -\mathrm{softplus}(-\v{x})",
                   "log(logistic(x)) == -log(1 + exp(-x)) == -(maximum(-x, 0) + np.log1p(exp(-abs(x))))"),)),
        Step("Not one after the other",
             r"Computed in two steps in float32, $\sigma(-200)$ is 0 and its logarithm minus infinity, where $-200$ is right; and "
             r"$\sigma(200)$ is 1, whose logarithm is 0. Both libraries give the right numbers at both ends.",
             (Line(r"\exp(\log \sigma(-200)) = 0,\quad \exp(\log \sigma(200)) = 1", "naive == np.array([0.0, 1.0])", note="in two steps, "
                                                                                                                          "float32"),
              Line(r"\log \sigma(-200) = -200,\quad \log \sigma(200) = -\exp(-200)",
                   "far[:, :1] == np.full((2, 1), -200.0)", note="in one function"),
              Line(r"\log \sigma(200) = -1.4 \cdot 10^{-87}", "far[:, 1:] == np.full((2, 1), -np.exp(-200.0))", rtol=1e-12))),
        Step("Nothing overflows",
             r"Where $\v{x}$ is negative, $\exp(-\v{x})$ may be infinite. It is taken out of the logarithm; what is left under it is the "
             r"exponential of $-|\v{x}|$, between 0 and 1, on both sides.",
             (Line(r"-\log(1 + \exp(-\v{x})) = \v{x} - \log(\exp \v{x} + 1) = \min(\v{x}, 0) - \log(1 + \exp(-|\v{x}|))",
                   "-log(1 + exp(-x)) == x - log(exp(x) + 1) == minimum(x, 0) - log(1 + exp(-abs(x)))"),)),
        Step("What rounding takes, given back",
             r"Where $\v{x}$ is large, the whole value is $\log(1 + \v{e})$ with a tiny $\v{e}$, and $\v{u} = 1 + \v{e}$ keeps little of "
             r"it. $\v{u} - 1$ is exact, so $\v{e} - (\v{u} - 1)$ is what rounding took; it is given back to first order. Shown as a "
             r"ratio to the exact logarithm, for $\v{e}$ from 1/10 to $10^{-17}$.",
             (Line(r"\frac{\log \v{u} + (\v{e} - (\v{u} - 1)) / \v{u}}{\log(1 + \v{e})} = 1",
                   "(log(one_more) + (tiny - (one_more - 1)) / one_more) / np.log1p(tiny) == np.ones(17)", rtol=1e-15),)),
        Step("The derivative is the other chance",
             r"By the chain rule, outer function first: the logarithm gives $1/(1 + \exp(-\v{x}))$, the exponential within gives "
             r"$\exp(-\v{x})$, and two signs cancel. The result is the chance of the other case, $1 - \sigma(\v{x}) = \sigma(-\v{x})$: "
             r"what is certain already learns nothing.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}} = \frac{\exp(-\v{x})}{1 + \exp(-\v{x})} = \frac{1}{1 + \exp \v{x}} = 1 - "
                   r"\sigma(\v{x})",
                   "gradient(log_logistic, x) == exp(-x) / (1 + exp(-x)) == 1 / (1 + exp(x)) == 1 - logistic(x)"),
              Line(r"\v{grad_x} = \v{grad} \odot \frac{1}{1 + \exp \v{x}}",
                   "gradient(lambda z: flat_grad * log_logistic(z), x) == flat_grad / (1 + exp(x)) == gradient_x"))),
        Step("At both ends",
             r"The middle form is used. For a very large $\v{x}$ the exponential is infinite and the slope 0; for a very negative one it "
             r"is 0 and the slope 1. Written as $1 - \sigma(\v{x})$ the small slopes would be differences of nearly equal numbers.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}}(-800) = 1,\quad \frac{\partial \v{y}}{\partial \v{x}}(800) = 0",
                   "far_slopes == np.array([[1.0, 0.0], [1.0, 0.0]])"),)),
        Step("Both cases at once",
             r"The logit of the other case is $-\v{x}$. So the two probabilities add up to 1, and their logarithms differ by the logit. "
             r"A likelihood of two classes needs nothing but this function, of $\v{x}$ for one class and of $-\v{x}$ for the other: it "
             r"is the binary cross-entropy with logits.",
             (Line(r"\exp \v{y}(\v{x}) + \exp \v{y}(-\v{x}) = 1", "exp(log_logistic(x)) + exp(log_logistic(-x)) == 1 + 0 * x"),
              Line(r"\v{y}(\v{x}) - \v{y}(-\v{x}) = \v{x}", "log_logistic(x) - log_logistic(-x) == x"))),
        Step("The second derivative",
             r"It is minus the slope of the logistic function, never positive: the logarithm of the likelihood is concave in the logit, "
             r"and so in every weight of a linear model. That is why logistic regression has no local maxima.",
             (Line(r"\frac{\partial^2 \v{y}}{\partial \v{x}^2} = -\sigma(\v{x})\,(1 - \sigma(\v{x}))",
                   "gradient(lambda z: 1 / (1 + exp(z)), x) == -logistic(x) * (1 - logistic(x))"),)),
    ),
    sources=(
        Source("Mächler (2012), Accurately computing log(1 - exp(-|a|))",
               "https://cran.r-project.org/web/packages/Rmpfr/vignettes/log1mexp-note.pdf", "log(1 + exp(x)) without overflow and loss"),
        docs("logsigmoid"),
    ),
    edges=(Edge("tails, 200", far_out, "the identity at the left, 0 at the right"),),
    notes={"zeros": "-log 2, with the slope 1/2", "one infinity": "0: a certainty", "huge, 1e20": "the identity at the left, 0 at the "
                                                                                                  "right",
           "tiny, 1e-20": "-log 2: the input is too small to be seen"},
    equivalent={"xp.clip(-math.inf, x, 0)": "clip(a, b, c) is the minimum of c and the maximum of a and b, whichever of these comes "
                                            "first"},
    conventions=(("Saved", "The input alone. PyTorch keeps exp(-|x|) besides, and so a second array; here it is evaluated again."),
                 ("Name", "Also the log-likelihood of a logit; minus softplus of minus x.")),
    differences=(("Exponential", "NumPy's and PyTorch's differ in the last place now and then; everything after them inherits it."),
                 ("Remainder", "`e -= u - 1` is what rounding took from a sum. Where two exponentials differ in the last place it can be "
                               "quite "
                               "another number, and so can the logarithm of u; their sum agrees again.")),
    figures=(Figure(picture),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
