"""Negative log-likelihood: the entries of log-probabilities that the labels pick, and nothing else."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, chosen, docs


def inputs(rng, N, C):
    """Log-probabilities, labels of which one does not count if there are several, and weights of the classes."""
    x = rng.standard_normal((N, C))
    target = rng.randint(0, C, N)
    if N > 2:
        target[1] = -100
    return {"input": x - np.log(np.exp(x).sum(1, keepdims=True)), "target": target, "weight": rng.uniform(0.5, 1.5, C)}


def call(torch, input, target, weight):
    """The weighted mean."""
    return torch.nn.functional.nll_loss(input, target, weight)


def scene(s):
    """The labels as rows of ones and zeros, and how labels of one distribution fall."""
    onehot = np.eye(s.C)[s.index[:, 0]] * s.valid
    p = np.exp(s.input)
    halves = [slice(0, s.N // 2), slice(s.N // 2, s.N)]
    w = s.w[:, 0] * s.valid[:, 0]
    return {"onehot": onehot, "y": (s.loss.sum() / s.total), "probability": p, "w": s.w * s.valid,
            "parts": sum(w[h].sum() * (s.loss[h].sum() / w[h].sum()) for h in halves) / w.sum(), "likelihood": np.prod(p[onehot > 0])}


def all_ignored(values):
    """No target counts."""
    values["target"][...] = -100


def impossible(values):
    """A label whose log-probability is -inf."""
    values["input"][0, values["target"][0]] = -np.inf


def ignored_infinity(values):
    """Only the row that does not count is infinite."""
    values["input"][1] = -np.inf


def no_class(values):
    """A label that is no class."""
    values["target"][0] = values["input"].shape[1]


def means(study):
    """The mean of means against the mean of all, for batches with different weights."""
    import minitorch

    from ...atlas.plot import Plot
    rng, C = np.random.RandomState(0), 4
    weight = np.array([0.1, 1.0, 1.0, 10.0])
    size, apart = [1, 2, 4, 8, 16, 32, 64, 128], []
    for n in size:
        x = rng.standard_normal((256, C))
        x, t = x - np.log(np.exp(x).sum(1, keepdims=True)), rng.randint(0, C, 256)

        def mean(rows, x=x, t=t):
            arrays = x[rows], t[rows], weight
            return float(minitorch.nn.functional.nll_loss(*map(minitorch.from_numpy, arrays)).numpy())
        whole = mean(slice(None))
        apart.append(abs(np.mean([mean(slice(k, k + n)) for k in range(0, 256, n)]) - whole) / whole)
    plot = Plot("Mean of batches' means against the mean of all", "size of a batch", "relative difference", logx=True)
    plot.line(size, apart, "256 targets, weights from 0.1 to 10", "ours")
    return plot, (f"With batches of one the weights cancel altogether and the mean is {apart[0]:.0%} off; with batches of 64 still "
                  f"{apart[6]:.1%}. Whoever accumulates gradients should sum, and divide once.")


STUDY = Study(
    "nn.functional.nll_loss", title="Negative log-likelihood", group=GROUP,
    lead="""Picks the log-probability of each label, turns its sign and averages. What makes it a loss is done before: it expects
        logarithms, usually of a softmax.""",
    sizes={"N": 6, "C": 5}, inputs=inputs, call=call,
    functions={"nll_loss": "Forward", "nll_loss_backward": "Backward"},
    variables=chosen(
        "input", "target", "reduction", "ignore_index", "valid", "index", "ws", "w", "loss", "total", "y", "grad", "grad_loss", "grad_each",
        "grad_x",
        x=("x", "input, as the kernel walks it", "the log-probabilities, a row for each target"),
        weight=(r"\omega", "weights of the classes", "as they were given"),
        picked=("x_t", "score of the label", "its log-probability"),
        zeros=("0", "memory of the gradient, all zeros at first"),
    ),
    scene=scene, differentiable=("input",),
    forward=(
        Line(r"\v{w}_n = \v{ws}_{\v{index}_n}\,\v{valid}_n", "w == (weight[index[:, 0]] * valid[:, 0])[:, None]",
             "weight of each target, 0 for those that do not count"),
        Line(r"\v{picked}_n = \v{x}_{n, \v{index}_n}", "picked[:, 0] == x[np.arange(N), index[:, 0]]"),
        Line(r"\v{loss}_n = -\v{w}_n\,\v{picked}_n", "loss == -(w * picked)[:, 0] == -(onehot * weight * input).sum(1)"),
        Line(r"\v{total} = \sum_n \v{w}_n", "total == w.sum()"),
        Line(r"\v{y} = \frac{1}{\v{total}} \sum_n \v{loss}_n", "y == loss.sum() / total"),
    ),
    backward=(
        Line(r"\v{grad_loss} = \v{grad} / \v{total}", "grad_loss == grad / total"),
        Line(r"\v{grad_x}_{n,c} = -\v{w}_n\,\v{grad_loss}\,[c = \v{index}_n]",
             "gradient(lambda z: -grad_loss * (onehot * weight * z), input) == -w * grad_loss * onehot"),
    ),
    derivation=(
        Step("The likelihood of the labels",
             r"""If the model gives the right labels the probabilities $e^{\v{picked}_n}$, independently of each other, then all of them
             together have the product as their probability. Parameters that make it large make its negative logarithm small, and that
             is a sum: one term for each target, which can be added up batch by batch.""",
             (Line(r"-\log \prod_n e^{\v{picked}_n} = -\sum_n \v{picked}_n", "-log(likelihood) == -(onehot * input).sum()",
                   "over the targets that count"),)),
        Step("Picking is a sum with one term",
             r"""Write the label as a row of zeros with a single one. Picking then is a sum over the classes, linear in the input, and its
             slope is that row itself.""",
             (Line(r"\v{picked}_n = \sum_c [c = \v{index}_n]\,\v{x}_{n,c}", "(picked * valid)[:, 0] == (onehot * input).sum(1)"),
              Line(r"\frac{\partial \v{picked}_n}{\partial \v{x}_{n,c}} = [c = \v{index}_n]",
                   "gradient(lambda z: onehot * z, input) == onehot"))),
        Step("The gradient is sparse, and does not depend on the input",
             r"""So one entry of each row has a gradient, all others are exactly zero, and there is nothing of the input to keep. The second
             derivative is zero. All that makes classes compete comes from the softmax before: its backward turns $-[c = t]$ into
             $p_c - [c = t]$.""",
             (Line(r"\frac{\partial \v{loss}_n}{\partial \v{x}_{n,c}} = -\v{w}_n\,[c = \v{index}_n]",
                   "gradient(lambda z: -(onehot * weight * z), input) == -w * onehot"),)),
        Step("A mean over weights",
             r"""The mean divides by the sum of the weights that were picked, so that weights act like repetitions (see cross entropy). The
             mean of all is then the mean of the parts, each times its own sum of weights, and not the plain mean of the parts.""",
             (Line(r"\v{y} = \frac{1}{\v{total}} \sum_k W_k\,y_k", "y == parts", "two halves of the batch, each with its own mean"),)),
    ),
    sources=(
        Source("Goodfellow, Bengio and Courville (2016), Deep Learning", "https://www.deeplearningbook.org/contents/ml.html",
               "section 5.5: maximum likelihood"),
        docs("nll_loss"),
    ),
    edges=(Edge("nothing counts", all_ignored, "0/0: the mean of no targets"),
           Edge("a label of probability 0", impossible, "an infinite loss; its gradient is finite, for it does not depend on the input"),
           Edge("an infinity that does not count", ignored_infinity, "masked, not multiplied by 0: no nan"),
           Edge("a label that is no class", no_class, "ours says which")),
    notes={"zeros": "log-probabilities of 0 are certainties: no loss", "constant": "nobody checks that these are log-probabilities",
           "huge, 1e20": "linear: nothing overflows", "one infinity": "only if it is picked", "one nan": "only if it is picked",
           "size 0": "the mean of no targets is 0/0", "one element": "one class"},
    conventions=(
        ("Logarithms", "The input is not looked at: probabilities instead of logarithms give a number too, but no likelihood."),
        ("Mean", "Over the weights of the labels that count."),
        ("Ignored targets", "Their losses are replaced by 0, not multiplied: an infinity there does no harm."),
        ("Saved", "The sum of the weights, and of the input only its shape."),
    ),
    figures=(Figure(means),),
    speed=({"N": 64, "C": 10}, {"N": 256, "C": 1000}),
)
