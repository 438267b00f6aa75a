"""Softmax: numbers to shares of a whole, and a Jacobian that is never written down."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study


def inputs(rng, N, T, C):
    """A batch of scores."""
    return {"input": 2 * rng.standard_normal((N, T, C))}


def by_definition(z):
    """exp(z) over its sum along the last dimension."""
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def scene(s):
    """The Jacobian of one line, and a random direction for the second order."""
    p = s.p
    jacobian_of = np.eye(s.C) * p[:, :, None] - p[:, :, None] * p[:, None, :]
    h = np.random.RandomState(3).standard_normal(p.shape)
    return {"softmax": by_definition, "J": jacobian_of, "h": h, "p0": p[0], "x0": s.x[0], "identity": np.eye(s.C),
            "logsum": np.log(np.exp(s.x).sum(1, keepdims=True)), "q": p / (1 + np.arange(s.C))}


def far(values):
    """Scores that overflow when they are exponentiated."""
    values["input"] += 200


def masked(values):
    """Half of the scores excluded."""
    values["input"][..., ::2] = -np.inf


def all_masked(values):
    """A line in which everything is excluded."""
    values["input"][0, 0] = -np.inf


def temperature(study):
    """The shares of five scores against the temperature."""
    from ...atlas.plot import Plot
    scores, temperatures = np.array([2.0, 1.0, 0.0]), np.logspace(-1.5, 2, 60)
    shares = by_definition(scores / temperatures[:, None])
    plot = Plot("Shares of the scores 2, 1, 0 when they are divided by a temperature", "temperature", "share", logx=True)
    for k, style in enumerate(("ours", "third", "reference")):
        plot.line(temperatures, shares[:, k], f"score {scores[k]:g}", style)
    norms = [np.abs(np.diag(p) - np.outer(p, p)).max() for p in shares]
    return plot, (f"Cold, the largest takes all; hot, all are alike. The Jacobian's largest entry is {max(norms):.2f} in between and "
                  f"{norms[0]:.0e} at the left end: a saturated softmax passes on no gradient.")


STUDY = Study(
    "nn.functional.softmax",
    title="Softmax", group="Activations",
    lead="Scores become positive shares that sum to one; only differences between scores matter.",
    sizes={"N": 3, "T": 4, "C": 7}, extra_sizes={"N·T": 12}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.softmax(input, -1),
    functions={"softmax": "Forward", "softmax_backward": "Backward", "weighted_rest": "The last two operations"},
    variables={
        "input": ("X", "input, as it was given"),
        "x": ("x", "input, as the kernel walks it", "a row for each line that is normalized"),
        "m": ("m", "largest element of a line"),
        "e": ("e", "exponentials, the largest 1"),
        "total": ("T", "sum over the lines that are averaged or normalized", "of the exponentials"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_y": (r"\bar{y}", "gradient that arrives at the output"),
        "p": ("p", "probabilities", "the output, kept for the backward"),
        "dot": (r"\kappa", "mean of the arriving gradient, weighted by the probabilities"),
        "rest": (r"\rho", "arriving gradient less its weighted mean"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
    },
    scene=scene,
    forward=(
        Line(r"\v{m} = \max_j \v{x}_j", "m == x.max(1, keepdims=True)"),
        Line(r"\v{e}_i = \exp(\v{x}_i - \v{m})", "e == exp(x - m)"),
        Line(r"\v{total} = \sum_j \v{e}_j", "total == exp(x - m).sum(1, keepdims=True)"),
        Line(r"\v{y}_i = \frac{\v{e}_i}{\v{total}}", "y == softmax(x)"),
    ),
    backward=(
        Line(r"\v{dot} = \sum_j \v{grad_y}_j\,\v{p}_j", "dot == (grad_y * p).sum(1, keepdims=True)"),
        Line(r"\v{grad_x}_i = \v{p}_i\,(\v{grad_y}_i - \v{dot})", "grad_x == gradient(lambda z: grad_y * softmax(z), x)"),
    ),
    derivation=(
        Step("Only differences matter",
             r"A constant added to all scores multiplies every exponential by the same factor, which cancels. So the largest score "
             r"may be "
             r"subtracted first: every exponential is then at most 1 and nothing overflows, and the sum is at least 1, so that "
             r"nothing is "
             r"divided by zero.",
             (Line(r"\frac{\exp(\v{x}_i - c)}{\sum_j \exp(\v{x}_j - c)} = \frac{\exp(-c)\,\exp(\v{x}_i)}{\exp(-c)\,\sum_j \exp(\v{x}_j)}",
                   "softmax(x - m) == softmax(x) == y"),
              Line(r"\sum_i \v{y}_i = 1", "y.sum(1) == 1 + 0 * m[:, 0]"))),
        Step("The derivative of a quotient",
             r"Take $\v{y}_i = \v{e}_i / \v{total}$ and move $\v{x}_j$. The numerator moves only if $j = i$, by $\v{e}_i$; the "
             r"denominator "
             r"always, by $\v{e}_j$. The quotient rule gives two terms, and each is made of shares again.",
             (Line(r"\frac{\partial \v{y}_i}{\partial \v{x}_j} = \frac{\delta_{ij}\,\v{e}_i}{\v{total}} - "
                   r"\frac{\v{e}_i\,\v{e}_j}{\v{total}^2}"
                   r" = \v{p}_i\,(\delta_{ij} - \v{p}_j)",
                   "jacobian(softmax, x0) == identity * e[0] / total[0] - e[0][:, None] * e[0] / total[0] ** 2 "
                   "== p0[:, None] * (identity - p0)"),)),
        Step("The Jacobian is never made",
             r"The chain rule sums over the outputs: $\v{grad_x}_j = \sum_i \v{grad_y}_i\,\partial \v{y}_i / \partial \v{x}_j$. "
             r"Insert the "
             r"two terms. The first leaves $\v{grad_y}_j \v{p}_j$, the second $\v{p}_j$ times one number $\v{dot}$ that is the same for "
             r"the whole line: $2C$ products instead of $C^2$.",
             (Line(r"\v{grad_x}_j = \sum_i \v{grad_y}_i\,\v{p}_i\,(\delta_{ij} - \v{p}_j)", "gradient(lambda z: grad_y * softmax(z), x) "
                   "== einsum('ni,nij->nj', grad_y, J)"),
              Line(r"\v{grad_x}_j = \v{p}_j\,\Big(\v{grad_y}_j - \sum_i \v{grad_y}_i\,\v{p}_i\Big)",
                   "einsum('ni,nij->nj', grad_y, J) == p * (grad_y - (grad_y * p).sum(1, keepdims=True)) == grad_x"))),
        Step("What it means",
             r"$\v{dot}$ is the mean of the arriving gradient under the shares: each score is pushed up as far as its gradient lies "
             r"above "
             r"this mean, in proportion to its share. The pushes of a line cancel, since raising all scores together changes nothing. A "
             r"share near 0 gets no gradient; near 1 neither, for then the mean is its own gradient.",
             (Line(r"\sum_j \v{grad_x}_j = 0", "1 + grad_x.sum(1) == 1 + 0 * dot[:, 0]"),
              Line(r"\v{rest}_i = \sum_j \v{p}_j\,(\v{grad_y}_i - \v{grad_y}_j)",
                   "grad_y - dot == (p[:, None, :] * (grad_y[:, :, None] - grad_y[:, None, :])).sum(2)"))),
        Step("The backward's own backward",
             r"The Jacobian is symmetric, $\v{p}_i(\delta_{ij} - \v{p}_j) = \v{p}_j(\delta_{ij} - \v{p}_i)$, so with respect to the "
             r"arriving "
             r"gradient the second backward is the first one again. With respect to $\v{p}$ the product "
             r"$\sum_i h_i\,\v{p}_i(\v{grad_y}_i - \v{dot})$ is differentiated with $\v{dot}$ depending on $\v{p}$ too.",
             (Line(r"\frac{\partial}{\partial \v{grad_y}_j} \sum_i h_i\,\v{grad_x}_i = \v{p}_j\,\Big(h_j - \sum_i h_i\,\v{p}_i\Big)",
                   "gradient(lambda g: h * p * (g - (g * p).sum(1, keepdims=True)), grad_y) == p * (h - (h * p).sum(1, keepdims=True))"),
              Line(r"\frac{\partial}{\partial \v{p}_j} \sum_i h_i\,\v{grad_x}_i = h_j\,(\v{grad_y}_j - \v{dot}) - \v{grad_y}_j \sum_i "
                   r"h_i\,\v{p}_i",
                   "gradient(lambda z: h * z * (grad_y - (grad_y * z).sum(1, keepdims=True)), p) "
                   "== h * (grad_y - dot) - grad_y * (h * p).sum(1, keepdims=True)"))),
        Step("A smooth maximum's gradient",
             r"The logarithm of the sum of exponentials is a smooth upper bound of the maximum, at most $\log C$ above it. Softmax is "
             r"its "
             r"gradient, which is why its Jacobian, a matrix of second derivatives, had to be symmetric.",
             (Line(r"\frac{\partial}{\partial \v{x}_i} \log \sum_j \exp(\v{x}_j) = \v{p}_i",
                   "gradient(lambda z: log(exp(z).sum(1)), x) == p"),
              Line(r"0 \le \log \sum_j \exp(\v{x}_j) - \v{m} \le \log C"))),
    ),
    sources=(
        Source("Bridle (1990), Probabilistic interpretation of feedforward classification network outputs",
               "https://doi.org/10.1007/978-3-642-76153-9_28", "the name, and the function as a normalized exponential"),
        Source("Goodfellow, Bengio and Courville (2016), Deep learning", "https://www.deeplearningbook.org/contents/numerical.html",
               "section 4.1: overflow, underflow and the subtracted maximum"),
        Source("Blanchard, Higham and Higham (2021), Accurately computing the log-sum-exp and softmax functions",
               "https://doi.org/10.1093/imanum/draa038", "rounding errors of the shifted form"),
        Source("PyTorch documentation, softmax", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.softmax.html",
               "the contract"),
    ),
    edges=(Edge("scores of 200", far, "exp(200) is beyond float32; the subtracted maximum prevents that"),
           Edge("half masked", masked, "a share of exactly zero, and a gradient of zero"),
           Edge("all masked", all_masked, "minus infinity minus itself: nan in that line, in both")),
    notes={"zeros": "all shares equal", "constant": "all shares equal", "huge, 1e20": "the largest takes all",
           "one infinity": "infinity minus infinity: its line is nan", "one nan": "its line is nan"},
    conventions=(("dim", "None is allowed by PyTorch with a warning; here too."), ("dtype", "The input is cast first, so float16 may be "
                 "summed in float32."), ("Saved", "The output alone: the input is not needed for the backward."),
                 ("All masked", "A line of minus infinities gives nan, not zeros.")),
    differences=(("Exponential", "NumPy's and PyTorch's differ in the last place now and then; everything after them inherits it."),),
    figures=(Figure(temperature),),
    speed=({"N": 8, "T": 16, "C": 64}, {"N": 8, "T": 64, "C": 512}),
)
