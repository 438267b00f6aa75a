"""Log-softmax: logarithms of shares, where the shares themselves would already be zero."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study


def inputs(rng, N, T, C):
    """A batch of scores."""
    return {"input": 2 * rng.standard_normal((N, T, C))}


def by_definition(z):
    """z less the logarithm of the sum of exponentials along the last dimension."""
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def scene(s):
    """The Jacobian of one line, a random direction for the second order, and one-hot targets."""
    p = np.exp(s.log_p)
    target = np.eye(s.C)[np.arange(len(p)) % s.C]
    return {"log_softmax": by_definition, "p0": p[0], "x0": s.x[0], "identity": np.eye(s.C), "prob": p, "target": target,
            "h": np.random.RandomState(3).standard_normal(p.shape), "all": s.grad_y.sum(1, keepdims=True),
            "S": s.e.sum(1, keepdims=True)}


def far(values):
    """Scores that overflow when they are exponentiated."""
    values["input"] += 200


def apart(values):
    """Scores so far apart that all shares but one are zero in float32."""
    values["input"] *= 200


def masked(values):
    """Half of the scores excluded."""
    values["input"][..., ::2] = -np.inf


def digits(study):
    """The error of the logarithm of softmax, and of log-softmax, against the gap between two scores."""
    import minitorch

    from ...atlas.plot import Plot
    gaps = np.linspace(0, 120, 121)
    exact = -np.log1p(np.exp(-gaps)) - gaps
    scores = minitorch.from_numpy(np.stack([np.zeros(121), -gaps], 1).astype(np.float32))
    direct = minitorch.nn.functional.log_softmax(scores, 1).numpy()[:, 1]
    with np.errstate(divide="ignore"):
        twice = np.log(minitorch.nn.functional.softmax(scores, 1).numpy())[:, 1]
    plot = Plot("The logarithm of the smaller share of two", "gap between the two scores", "logarithm of the share")
    plot.line(gaps, direct, "log_softmax", "ours")
    plot.line(gaps, twice, "log of softmax, not used", "third")
    last = gaps[np.isfinite(twice)][-1]
    return plot, (f"In float32 the logarithm of the softmax is minus infinity from a gap of {last + 1:.0f} on, where the share "
                  f"becomes zero "
                  f"(the dotted line ends). The direct form is right everywhere: its largest relative error here is "
                  f"{np.abs(direct / exact - 1).max():.0e}.")


STUDY = Study(
    "nn.functional.log_softmax",
    title="Log-softmax", group="Activations",
    lead="The logarithms of the shares that softmax gives, right also where those round to zero; the first half of cross entropy.",
    sizes={"N": 3, "T": 4, "C": 7}, extra_sizes={"N·T": 12}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.log_softmax(input, -1),
    functions={"log_softmax": "Forward", "log_softmax_backward": "Backward", "less_share": "The last three operations"},
    variables={
        "input": ("X", "input, as it was given"),
        "x": ("x", "input, as the kernel walks it", "a row for each line that is normalized"),
        "m": ("m", "largest element of a line"),
        "shifted": (r"\tilde{z}", "input less the largest element of its line"),
        "e": ("e", "exponentials, the largest 1"),
        "total": ("T", "sum over the lines that are averaged or normalized", "of the exponentials; in the backward of the arriving "
                                                                             "gradients"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_y": (r"\bar{y}", "gradient that arrives at the output"),
        "log_p": (r"\log p", "logarithms of the probabilities", "the output, kept for the backward"),
        "p": ("p", "probabilities"),
        "share": (r"\bar{T}", "the part of a gradient that each element gets", "by its probability"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
    },
    scene=scene,
    forward=(
        Line(r"\v{m} = \max_j \v{x}_j", "m == x.max(1, keepdims=True)"),
        Line(r"\v{shifted}_i = \v{x}_i - \v{m}", "x - m == log(e)"),
        Line(r"\v{total} = \sum_j \exp(\v{shifted}_j)", "S == exp(x - m).sum(1, keepdims=True)"),
        Line(r"\v{y}_i = \v{shifted}_i - \log \v{total}", "y == log_softmax(x)"),
    ),
    backward=(
        Line(r"\v{total} = \sum_j \v{grad_y}_j", "all == grad_y.sum(1, keepdims=True)"),
        Line(r"\v{grad_x}_i = \v{grad_y}_i - \v{p}_i\,\v{total}", "grad_x == gradient(lambda z: grad_y * log_softmax(z), x)"),
    ),
    derivation=(
        Step("The logarithm inside",
             r"The logarithm of a quotient is a difference, and that of an exponential is its argument: nothing is exponentiated only "
             r"to be "
             r"undone. Subtracting the largest score keeps the sum between 1 and $C$, so its logarithm is between 0 and $\log C$, and no "
             r"score is so far away that the result is lost.",
             (Line(r"\log \frac{\exp(\v{x}_i)}{\sum_j \exp(\v{x}_j)} = \v{x}_i - \log \sum_j \exp(\v{x}_j)",
                   "log(exp(x) / exp(x).sum(1, keepdims=True)) == x - log(exp(x).sum(1, keepdims=True))"),
              Line(r"\log \sum_j \exp(\v{x}_j) = \v{m} + \log \sum_j \exp(\v{x}_j - \v{m})",
                   "log(exp(x).sum(1, keepdims=True)) == m + log(exp(x - m).sum(1, keepdims=True))"))),
        Step("Two terms",
             r"$\v{y}_i$ depends on $\v{x}_j$ directly if $i = j$, and through the sum in any case. The derivative of the logarithm "
             r"of a sum "
             r"is the summand's derivative over the sum: $\exp(\v{x}_j)$ over $\sum_k \exp(\v{x}_k)$, the share $\v{p}_j$. The largest "
             r"element needs no term of its own: it is subtracted and added, so its derivative cancels.",
             (Line(r"\frac{\partial}{\partial \v{x}_j} \log \sum_k \exp(\v{x}_k) = \frac{\exp(\v{x}_j)}{\sum_k \exp(\v{x}_k)}",
                   "gradient(lambda z: log(exp(z).sum(1)), x) == exp(x) / exp(x).sum(1, keepdims=True) == prob"),
              Line(r"\frac{\partial \v{y}_i}{\partial \v{x}_j} = \delta_{ij} - \v{p}_j", "jacobian(log_softmax, x0) == identity - p0"))),
        Step("The sum over the outputs",
             r"The chain rule sums over $i$. The first term leaves $\v{grad_y}_j$; in the second, $\v{p}_j$ does not depend on $i$ "
             r"and comes "
             r"out: what is left is the sum of the whole arriving gradient. $\v{p}$ is made again from the output, $\exp(\v{log_p})$, "
             r"so the "
             r"output is all that need be kept.",
             (Line(r"\v{grad_x}_j = \sum_i \v{grad_y}_i\,(\delta_{ij} - \v{p}_j) = \v{grad_y}_j - \v{p}_j \sum_i \v{grad_y}_i",
                   "gradient(lambda z: grad_y * log_softmax(z), x) == grad_y @ identity - grad_y.sum(1, keepdims=True) * prob == "
                   "grad_x"),)),
        Step("What it means",
             r"Every arriving gradient is taken from all scores, dealt out by their shares, and given to its own: the sum over a line "
             r"is zero. "
             r"With the cross entropy the gradient that arrives is $-1$ at the target and 0 elsewhere; what leaves is the difference "
             r"between "
             r"the shares and the target, which never vanishes while the answer is wrong.",
             (Line(r"\sum_j \v{grad_x}_j = 0", "1 + grad_x.sum(1) == 1 + 0 * m[:, 0]"),
              Line(r"-\delta_{jt} + \v{p}_j \sum_i \delta_{it} = \v{p}_j - \delta_{jt}",
                   "gradient(lambda z: -target * log_softmax(z), x) == prob - target", note="for the target t"))),
        Step("The backward's own backward",
             r"For a direction $h$ the function is $\sum_j h_j(\v{grad_y}_j - \v{p}_j \v{total})$. It is linear in $\v{grad_y}$; it "
             r"depends on "
             r"the output through $\v{p} = \exp(\v{log_p})$, whose derivative is itself.",
             (Line(r"\frac{\partial}{\partial \v{grad_y}_i} \sum_j h_j\,\v{grad_x}_j = h_i - \sum_j h_j\,\v{p}_j",
                   "gradient(lambda g: h * (g - prob * g.sum(1, keepdims=True)), grad_y) == h - (h * prob).sum(1, keepdims=True)"),
              Line(r"\frac{\partial}{\partial \v{log_p}_i} \sum_j h_j\,\v{grad_x}_j = -h_i\,\v{p}_i \sum_j \v{grad_y}_j",
                   "gradient(lambda z: h * (grad_y - exp(z) * all), log_p) == -h * prob * all"))),
    ),
    sources=(
        Source("Blanchard, Higham and Higham (2021), Accurately computing the log-sum-exp and softmax functions",
               "https://doi.org/10.1093/imanum/draa038", "rounding errors of the shifted form"),
        Source("Goodfellow, Bengio and Courville (2016), Deep learning", "https://www.deeplearningbook.org/contents/numerical.html",
               "section 4.1: why the logarithm of a softmax needs a function of its own"),
        Source("PyTorch documentation, log_softmax", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.log_softmax.html",
               "the contract"),
    ),
    edges=(Edge("scores of 200", far, "exp(200) is beyond float32; the subtracted maximum prevents that"),
           Edge("far apart", apart, "softmax would be 0 and its logarithm minus infinity; here all is finite"),
           Edge("half masked", masked, "minus infinity stays minus infinity; its share, and so its part of the gradient, is zero")),
    notes={"zeros": "minus log C everywhere", "constant": "minus log C everywhere", "one infinity": "infinity minus infinity: its "
                                                                                                    "line is nan",
           "one nan": "its line is nan", "huge, 1e20": "0 for the largest of each line"},
    alone={"difference_and_exp(": "ours makes both in one pass, into memory that is named in the next line"},
    conventions=(("dim", "None is allowed by PyTorch with a warning; here too."), ("dtype", "The input is cast first."),
                 ("Saved", "The output alone; the shares are made again.")),
    differences=(("Exponential", "NumPy's and PyTorch's differ in the last place now and then; everything after them inherits it."),),
    figures=(Figure(digits),),
    speed=({"N": 8, "T": 16, "C": 64}, {"N": 8, "T": 64, "C": 512}),
)
