"""Cross entropy with class labels: how many nats the scores give away about the right class."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, chosen, docs, result

SMOOTHING = 0.1


def inputs(rng, N, C):
    """Scores, labels of which one does not count if there are several, and weights of the classes."""
    target = rng.randint(0, C, N)
    if N > 2:
        target[1] = -100
    return {"input": 2 * rng.standard_normal((N, C)), "target": target, "weight": rng.uniform(0.5, 1.5, C)}


def call(torch, input, target, weight):
    """The weighted mean, with smoothed labels."""
    return torch.nn.functional.cross_entropy(input, target, weight, label_smoothing=SMOOTHING)


def scene(s):
    """The target distribution, and the whole by hand."""
    onehot = np.eye(s.C)[s.index[:, 0]]
    mixture = (1 - SMOOTHING) * onehot + SMOOTHING / s.C
    q = s.weight * mixture * s.valid
    y, grad_input = result(call, {"input": s.input, "target": s.target, "weight": s.weight}, cotangent=s.grad)
    repeated = np.repeat(np.arange(s.N), s.index[:, 0] + 1)
    scores, labels = s.x[repeated], s.index[repeated, 0]
    plain = s.log(np.exp(s.x).sum(1)) - s.x[np.arange(s.N), s.index[:, 0]]
    return {"q": q, "onehot": onehot, "mixture": mixture, "y": y, "grad_input": grad_input, "epsilon": SMOOTHING, "label": s.index,
            "log_sum": lambda z: np.log(np.exp(z).sum(1, keepdims=True)), "plain": plain, "counts": s.index[:, 0] + 1.0,
            "repeated_mean": (np.log(np.exp(scores).sum(1)) - scores[np.arange(len(labels)), labels]).mean(),
            "best": np.log(mixture)}


# ---- edge cases ----------------------------------------------------------------------------------------------------------


def all_ignored(values):
    """No target counts."""
    values["target"][...] = -100


def certain(values):
    """A score far above the others."""
    values["input"][:, 0] += 1000


def forbidden(values):
    """A class that cannot be, and is nobody's label."""
    values["target"][...] = 0
    values["input"][:, 1] = -np.inf


def no_weight(values):
    """A batch of one class whose weight is 0."""
    values["weight"][2] = 0
    values["target"][...] = 2


def no_class(values):
    """A label that is no class."""
    values["target"][0] = values["input"].shape[1]


# ---- figures ---------------------------------------------------------------------------------------------------------------


def margins(study):
    """The loss in float32 against how wrong the scores are, by the difference of logarithms and by the logarithm of p."""
    import minitorch

    from ...atlas.plot import Plot
    gaps = np.linspace(0, 160, 161)
    x = np.stack([np.zeros_like(gaps), gaps], 1).astype(np.float32)
    labels = np.zeros(len(gaps), np.int64)
    ours = minitorch.nn.functional.cross_entropy(minitorch.from_numpy(x), minitorch.from_numpy(labels), reduction="none").numpy()
    with np.errstate(all="ignore"):
        e = np.exp(x - x.max(1, keepdims=True))
        naive = -np.log(e[:, 0] / e.sum(1))
    plot = Plot("Loss of two classes", "score of the wrong class above the right one", "loss")
    plot.line(gaps, ours, "log s − (x − m), ours", "ours")
    plot.line(gaps, naive, "−log p, not used", "reference")
    lost = gaps[~np.isfinite(naive)].min()
    return plot, (f"In float32 p rounds to 0 from a gap of {lost:g} on, and its logarithm is infinite: there the dashed curve ends. The "
                  "difference of logarithms never leaves the line.")


def smoothing(study):
    """What smoothing does to the loss of a sure answer."""
    from ...atlas.plot import Plot
    C, gaps = 10, np.linspace(-2, 12, 141)
    plot = Plot("Loss of ten classes", "score of the right class above the others", "loss")
    best = 0
    for epsilon, style in ((0.0, "third"), (0.1, "ours"), (0.3, "reference")):
        logs = np.log(np.exp(gaps) + C - 1)
        right = 1 - epsilon + epsilon / C
        loss = -(right * (gaps - logs) - (1 - right) * logs)
        plot.line(gaps, loss, f"ε = {epsilon:g}", style)
        best = gaps[loss.argmin()] if epsilon == 0.1 else best
    theory = np.log((1 - 0.1 + 0.1 / C) / (0.1 / C))
    return plot, f"Without smoothing more is always better. With ε = 0.1 the best gap is {best:.1f}; theory {theory:.2f}."


STUDY = Study(
    "nn.functional.cross_entropy", title="Cross entropy", group=GROUP,
    lead="""The negative logarithm of the probability that softmax gives to the right class, without ever taking the logarithm of a
        probability. Its gradient is what softmax says less what is right.""",
    sizes={"N": 6, "C": 5}, inputs=inputs, call=call,
    functions={"cross_entropy": "Forward", "label_loss": "The loss of the labels", "cross_entropy_backward": "Backward"},
    variables=chosen(
        "input", "target", "reduction", "ignore_index", "valid", "index", "ws", "w", "loss", "total", "y", "grad", "grad_loss", "grad_each",
        "grad_x",
        x=("x", "input, as the kernel walks it", "the scores, a row for each target"),
        weight=(r"\omega", "weights of the classes", "as they were given"),
        label_smoothing=(r"\varepsilon", "share of the target that goes to all classes alike"),
        m=("m", "the largest score of each row"),
        shifted=(r"\tilde{z}", "input less the largest element of its line"),
        picked=("x_t", "score of the label", "less the largest of its row"),
        mixed=(r"\sum q (x - m)", "sum of the shifted scores, weighted", "by the classes' weights alone"),
        e=("e", "exponentials, the largest 1", "of the shifted scores"),
        s=("s", "sum of the powers"),
        p=("p", "probabilities", "of the classes: softmax of the scores"),
        probs=("P", "probabilities of the classes, of all rows"),
        logs=(r"\log s", "logarithm of the sum of the powers"),
        surprisal=(r"-\log p_t", "loss of a label before its weight"),
        each=(r"\ell_n", "loss of one row"),
        q=("q", "target distribution, times the weights of the classes"),
        weighted=(r"\omega_t \bar{\ell}", "gradient that arrives, times the weight of the label"),
        grad_label=("g_t", "gradient that arrives at the label's share"),
        grad_class=("g_c", "gradient that arrives at the share of all classes"),
        sum_q=(r"\bar{\ell} \sum q", "sum of the target distribution, times the gradient that arrives"),
    ),
    scene=scene, differentiable=("input",),
    forward=(
        Line(r"\v{m} = \max_c \v{x}_c", "m == x.max(1, keepdims=True)"),
        Line(r"\v{s} = \sum_c e^{\v{x}_c - \v{m}}", "s == exp(x - m).sum(1, keepdims=True)"),
        Line(r"\v{p}_c = \frac{e^{\v{x}_c - \v{m}}}{\v{s}}", "p == exp(x - m) / s == exp(x) / exp(x).sum(1, keepdims=True)"),
        Line(r"\v{q}_c = \v{ws}_c \left( (1 - \v{label_smoothing})\,[c = \v{index}] + \frac{\v{label_smoothing}}{C} \right)",
             "q == weight * ((1 - epsilon) * onehot + epsilon / C) * valid", "0 everywhere if the target does not count"),
        Line(r"\v{loss} = -\sum_c \v{q}_c \log \v{p}_c", "loss == -(q * log(p)).sum(1)"),
        Line(r"\v{total} = \sum_n \v{ws}_{\v{index}_n}", "total == (weight[index[:, 0]] * valid[:, 0]).sum()"),
        Line(r"\v{y} = \frac{1}{\v{total}} \sum_n \v{loss}_n", "y == loss.sum() / total"),
    ),
    backward=(
        Line(r"\v{grad_loss} = \v{grad} / \v{total}", "grad_loss == grad / total"),
        Line(r"\v{grad_x} = \v{grad_loss} \left( \v{p} \sum_c \v{q}_c - \v{q} \right)",
             "grad_input == grad_loss * (p * q.sum(1, keepdims=True) - q)", "softmax less target"),
    ),
    derivation=(
        Step("Why the largest score is taken away",
             r"""Adding the same number to all scores multiplies all powers by one factor, which the fraction of softmax loses again. So we
             may subtract the largest: then no power exceeds 1, one of them is 1, and $\v{s}$ is between 1 and $C$. Nothing overflows, and
             its logarithm is harmless.""",
             (Line(r"\log \sum_c e^{\v{x}_c} = \v{m} + \log \v{s}", "log_sum(x) == m + log(s)"),
              Line(r"\frac{e^{\v{x}_c}}{\sum_k e^{\v{x}_k}} = \frac{e^{\v{x}_c - \v{m}}}{\v{s}}",
                   "exp(x) / exp(x).sum(1, keepdims=True) == exp(x - m) / s"))),
        Step("A difference instead of a logarithm of a quotient",
             r"""The logarithm of a quotient is a difference, and that of a power is its exponent. The kernel computes this difference: a
             probability that would round to zero never appears in it.""",
             (Line(r"-\log \v{p}_c = \log \v{s} - (\v{x}_c - \v{m})", "-log(p) == log(s) - (x - m)"),
              Line(r"\v{surprisal} = \log \v{s} - (\v{x}_{\v{index}} - \v{m})",
                   "surprisal == log(s) - (x - m)[np.arange(N)[:, None], label]"))),
        Step("The loss is a sum and a logarithm",
             r"""Put that into $\v{loss}$. The first term has the logarithm once, times the sum of the targets' shares, which the weights
             need not leave at one. The second is linear in the scores. Without smoothing it is the score of the label alone.""",
             (Line(r"\v{loss} = \left( \sum_c \v{q}_c \right) \log \sum_k e^{\v{x}_k} - \sum_c \v{q}_c\,\v{x}_c",
                   "loss == (q.sum(1, keepdims=True) * log_sum(x))[:, 0] - (q * x).sum(1)"),)),
        Step("The slope of the logarithm of a sum of powers is softmax",
             r"""Chain rule: one over the sum, times the slope of the one power that has $\v{x}_j$ in it, which is that power itself.""",
             (Line(r"\frac{\partial}{\partial \v{x}_j} \log \sum_k e^{\v{x}_k} = \frac{e^{\v{x}_j}}{\sum_k e^{\v{x}_k}} = \v{p}_j",
                   "gradient(log_sum, x) == exp(x) / exp(x).sum(1, keepdims=True) == p"),)),
        Step("Softmax less target",
             r"""Now both terms of the loss are differentiated: the first gives $\v{p}_j \sum \v{q}$, the second $-\v{q}_j$. With weights
             of one that is $\v{p} - \v{q}$, and without smoothing $\v{p}$ less a one at the label. It lies between $-1$ and $1$, it adds
             up to zero over the classes (scores may all be shifted), and it does not die where softmax saturates on a wrong class. A
             squared error behind a softmax would.""",
             (Line(r"\frac{\partial \v{loss}}{\partial \v{x}_j} = \v{p}_j \sum_c \v{q}_c - \v{q}_j",
                   "gradient(lambda z: -(q * (z - log_sum(z))), x) == p * q.sum(1, keepdims=True) - q"),
              Line(r"\sum_j \frac{\partial \v{loss}}{\partial \v{x}_j} = 0", "1 + (p * q.sum(1, keepdims=True) - q).sum(1) == 1 + 0 * "
                                                                             "m[:, 0]"))),
        Step("Why the mean divides by the weights",
             r"""A weight says how often a target counts. Let it be a whole number, and put every target into the batch so many times: the
             plain mean of the longer batch divides by its length, which is the sum of the weights. So `mean` is the same as that, also
             for weights that are no whole numbers, and multiplying all weights by one number changes nothing. Targets that do not
             count have weight 0 above and below.""",
             (Line(r"\frac{1}{\sum_n k_n} \sum_n k_n\,\ell_n = \frac{1}{N'} \sum_{n'} \ell_{n'}",
                   "(counts * plain).sum() / counts.sum() == repeated_mean", "every target repeated k times"),)),
        Step("What smoothing wants",
             r"""For fixed shares $\v{q}$ that add up to one, the gradient vanishes where $\v{p} = \v{q}$. Without smoothing that would
             need an infinite score. With it the best scores are finite: the right class stands above the others by the logarithm of a
             ratio. The least loss is then the entropy of the smoothed target and not zero, which is why losses with and without smoothing
             cannot be compared.""",
             (Line(r"\v{x}_t - \v{x}_c = \log \frac{1 - \v{label_smoothing} + \v{label_smoothing} / C}{\v{label_smoothing} / C}",
                   "(best.max(1) - best.min(1)) == np.full(N, np.log((1 - epsilon + epsilon / C) / (epsilon / C)))", "at the minimum"),
              Line(r"\frac{\partial \v{loss}}{\partial \v{x}_j} = 0",
                   "1 + gradient(lambda z: -(mixture * (z - log_sum(z))), best) == 1 + 0 * x", "there"))),
    ),
    sources=(
        Source("Goodfellow, Bengio and Courville (2016), Deep Learning", "https://www.deeplearningbook.org/contents/mlp.html",
               "section 6.2.2.3: softmax, its logarithm, and why the squared error saturates"),
        Source("Szegedy et al. (2016), Rethinking the Inception Architecture for Computer Vision", "https://arxiv.org/abs/1512.00567",
               "section 7: label smoothing"),
        Source("Blanchard, Higham and Higham (2021), Accurately computing the log-sum-exp and softmax functions",
               "https://doi.org/10.1093/imanum/draa038", "errors of the shifted and unshifted forms"),
        docs("cross_entropy"),
    ),
    edges=(Edge("nothing counts", all_ignored, "0/0: the mean of no targets; PyTorch agrees, and so does a training loop's loss"),
           Edge("a score 1,000 above the others", certain, "the loss is the difference of scores, no infinity"),
           Edge("a score of -inf", forbidden, "a probability of exactly 0, times a share of the smoothing: infinite, as it should be"),
           Edge("only a class of weight 0", no_weight, "with smoothing the losses are not 0, but the sum of the weights is; PyTorch "
                                                       "divides both parts by it before adding, and one is "
                "0/0"),
           Edge("a label that is no class", no_class, "ours says which")),
    notes={"zeros": "all classes alike: log C", "constant": "all classes alike: log C", "huge, 1e20": "no overflow: differences only",
           "one infinity": "inf − inf is nan in its row, and the mean spreads it", "one nan": "the mean spreads it",
           "size 0": "the mean of no targets is 0/0", "one element": "one class: nothing to decide, loss 0"},
    alone={"results = result.reshape": "the same memory, as the rows that the loop fills"},
    equivalent={"line_dots(*xp.broadcast_arrays(ws, shifted))": "a product does not ask for the order"},
    conventions=(
        ("Classes", "In dimension 1, or 0 if there is no batch: scores (N, C, d₁, ...) go with labels (N, d₁, ...)."),
        ("Mean", "Over the sum of the labels' weights, also with smoothing, whose own weights play no part below the bar."),
        ("Batches", "Since that sum differs from batch to batch, the mean of batches' means is not the mean of all: to accumulate "
                    "gradients "
                    "exactly use `sum` and divide once."),
        ("Ignored targets", "$-100$ unless said otherwise; they give no loss, no gradient and no weight. The label itself may be out of "
                            "range."),
        ("Smoothing and weights", "The share of all classes is weighted by each class's own weight, the label's by the label's."),
        ("Saved", "The probabilities and the sum of the weights; not the scores and not their logarithms."),
    ),
    differences=(
        ("Nodes", "One node of the graph; PyTorch has two, `log_softmax` and `nll_loss`."),
        ("Errors", "A label out of range raises IndexError on either side; ours names the label."),
    ),
    figures=(Figure(margins, "agreement"), Figure(smoothing)),
    speed=({"N": 64, "C": 10}, {"N": 256, "C": 1000}),
)
