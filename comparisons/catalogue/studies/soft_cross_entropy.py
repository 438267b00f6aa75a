"""Cross entropy with probabilities as targets: the same loss, and what flows back to the targets."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, chosen, docs

SMOOTHING = 0.1


def inputs(rng, N, C):
    """Scores, probabilities, and weights of the classes."""
    t = rng.uniform(0.1, 1, (N, C))
    return {"input": 2 * rng.standard_normal((N, C)), "target": t / t.sum(1, keepdims=True), "weight": rng.uniform(0.5, 1.5, C)}


def call(torch, input, target, weight):
    """The mean, with smoothed targets."""
    return torch.nn.functional.cross_entropy(input, target, weight, label_smoothing=SMOOTHING)


def scene(s):
    """The loss as a function of everything."""
    def losses(x=s.x, t=s.target, w=s.weight):
        return -(((1 - SMOOTHING) * t + SMOOTHING / s.C) * w * (x - np.log(np.exp(x).sum(1, keepdims=True)))).sum(1)

    entropy = -(s.target * np.log(s.target)).sum(1)
    return {"losses": losses, "epsilon": SMOOTHING, "y": losses().mean(), "log_p": np.log(s.p), "entropy": entropy,
            "plain": -(s.target * np.log(s.p)).sum(1), "kl": (s.target * np.log(s.target / s.p)).sum(1)}


def one_hot(values):
    """What a label says."""
    values["target"][...] = np.eye(values["input"].shape[1])[np.arange(len(values["target"])) % 3]


def not_probabilities(values):
    """Targets that add up to something else."""
    values["target"] *= -3


def nothing(values):
    """A target without any share."""
    values["target"][0] = 0


def floor(study):
    """Loss and its floor, the entropy of the target, for two classes."""
    from ...atlas.plot import Plot
    plot = Plot("Loss of two classes against what is predicted", "probability that is predicted", "loss")
    p = np.linspace(0.005, 0.995, 199)
    for t, style in ((1.0, "third"), (0.9, "ours"), (0.6, "reference")):
        plot.line(p, -(t * np.log(p) + (1 - t) * np.log(1 - p)), f"target {t:g}", style)
    h = -(0.6 * np.log(0.6) + 0.4 * np.log(0.4))
    return plot, f"The least loss is at the target itself, and is its entropy: {h:.3f} nats for 0.6, nothing for 1."


STUDY = Study(
    "nn.functional.cross_entropy with probabilities", title="Cross entropy with probabilities", group=GROUP,
    lead="""The same loss for targets that are distributions: mixed images, a teacher's answers, smoothed labels. The targets may learn
        too, so they get a gradient.""",
    sizes={"N": 6, "C": 5}, inputs=inputs, call=call,
    functions={"soft_cross_entropy": "Forward", "soft_cross_entropy_backward": "Backward"},
    variables=chosen(
        "input", "target", "reduction", "ws", "loss", "y", "grad", "grad_loss", "grad_each", "grad_x",
        x=("x", "input, as the kernel walks it", "the scores, a row for each target"),
        t=("t", "target", "a distribution over the classes, a row for each"),
        weight=(r"\omega", "weights of the classes", "as they were given"),
        label_smoothing=(r"\varepsilon", "share of the target that goes to all classes alike"),
        classes=("C", "number of classes"),
        smooth=("t'", "smoothed target"),
        q=("q", "target distribution, times the weights of the classes"),
        m=("m", "the largest score of each row"),
        shifted=(r"\tilde{z}", "input less the largest element of its line"),
        mixed=(r"\sum q (x - m)", "sum of the shifted scores, weighted", "by the target distribution"),
        e=("e", "exponentials, the largest 1", "of the shifted scores"),
        s=("s", "sum of the powers"),
        p=("p", "probabilities", "of the classes: softmax of the scores"),
        probs=("P", "probabilities of the classes, of all rows"),
        each=(r"\ell_n", "loss of one row"),
        grad_q=(r"\bar{q}", "gradient of the target distribution"),
        grad_t=(r"\bar{t}", "gradient of the targets"),
        grad_w=(r"\bar{\omega}", "gradient of the weights of the classes"),
    ),
    scene=scene, differentiable=("input", "target", "weight"),
    forward=(
        Line(r"\v{q}_c = \v{ws}_c \left( (1 - \v{label_smoothing})\,\v{t}_c + \frac{\v{label_smoothing}}{C} \right)",
             "q == weight * ((1 - epsilon) * t + epsilon / C)"),
        Line(r"\v{s} = \sum_c e^{\v{x}_c - \v{m}}", "s == exp(x - m).sum(1, keepdims=True)"),
        Line(r"\v{loss} = \left( \sum_c \v{q}_c \right) \log \v{s} - \sum_c \v{q}_c (\v{x}_c - \v{m})",
             "loss == losses() == (q.sum(1, keepdims=True) * log(s))[:, 0] - (q * (x - m)).sum(1)"),
        Line(r"\v{y} = \frac{1}{N} \sum_n \v{loss}_n", "y == loss.sum() / N", "over targets, not over weights"),
    ),
    backward=(
        Line(r"\v{grad_loss} = \v{grad} / N", "grad_loss == grad / N"),
        Line(r"\v{grad_x} = \v{grad_loss} \left( \v{p} \sum_c \v{q}_c - \v{q} \right)",
             "gradient(lambda z: grad_loss * losses(x=z), x) == grad_x == grad_loss * (p * q.sum(1, keepdims=True) - q)"),
        Line(r"\v{grad_q} = -\v{grad_loss} \log \v{p}", "grad_q == -grad_loss * log(p)"),
        Line(r"\v{grad_t} = (1 - \v{label_smoothing})\,\v{ws} \odot \v{grad_q}",
             "gradient(lambda z: grad_loss * losses(t=z), target) == grad_t == (1 - epsilon) * weight * grad_q"),
        Line(r"\v{grad_w} = \sum_n \v{smooth}_n \odot \v{grad_q}_n",
             "gradient(lambda z: grad_loss * losses(w=z), weight) == grad_w == (smooth * grad_q).sum(0)"),
    ),
    derivation=(
        Step("From a label to a distribution",
             r"""A label is a distribution with a single one. The loss $-\log \v{p}_t$ of a label becomes the mean of this number over the
             classes, if the right class is drawn from $\v{t}$. It is never less than the entropy of $\v{t}$: what is above it is how far
             $\v{p}$ is from $\v{t}$, the Kullback-Leibler divergence, and that alone depends on the scores.""",
             (Line(r"-\sum_c \v{t}_c \log \v{p}_c = -\sum_c \v{t}_c \log \v{t}_c + \sum_c \v{t}_c \log \frac{\v{t}_c}{\v{p}_c}",
                   "plain == entropy + kl"),)),
        Step("The scores",
             r"""Written with the logarithm of the sum of powers, the loss is that logarithm times the sum of $\v{q}$, less a sum that is
             linear in the scores. The slope of the logarithm is softmax (see cross entropy), that of the rest is $-\v{q}$.""",
             (Line(r"\frac{\partial}{\partial \v{x}_j} \log \sum_k e^{\v{x}_k} = \v{p}_j",
                   "gradient(lambda z: log(exp(z).sum(1)), x) == p"),
              Line(r"\frac{\partial \v{loss}}{\partial \v{x}_j} = \v{p}_j \sum_c \v{q}_c - \v{q}_j",
                   "gradient(lambda z: losses(x=z), x) == p * q.sum(1, keepdims=True) - q"))),
        Step("The targets and the weights",
             r"""The loss is linear in $\v{q}$, with the slope $-\log \v{p}$. The product rule splits $\v{q}$ into weights and smoothed
             targets; smoothing shrinks the target by $1 - \v{label_smoothing}$. The weights serve all rows, so theirs is a sum. The
             logarithms are computed anew from the scores, as differences: the logarithm of a probability that was rounded to zero would be
             infinite.""",
             (Line(r"\frac{\partial \v{loss}}{\partial \v{q}_c} = -\log \v{p}_c = \log \v{s} - (\v{x}_c - \v{m})",
                   "gradient(lambda z: -(z * log_p), q) == -log(p) == log(s) - (x - m)"),
              Line(r"\frac{\partial \v{q}_c}{\partial \v{t}_c} = (1 - \v{label_smoothing})\,\v{ws}_c",
                   "slope(lambda z: ((1 - epsilon) * z + epsilon / C) * weight, target) == (1 - epsilon) * weight + 0 * target"))),
        Step("Why this mean does not divide by weights",
             r"""A label has one weight, its class's, and the mean can divide by the sum of those. A distribution has no single weight, and
             PyTorch divides by the number of targets. So the same labels give another mean when they are written as distributions, if
             there are weights: with weights that are all 2 this loss doubles, and that of labels stays.""",
             (Line(r"\frac{1}{N} \sum_n \v{loss}_n(2\,\v{ws}) = \frac{2}{N} \sum_n \v{loss}_n(\v{ws})",
                   "losses(w=2 * weight).mean() == 2 * losses().mean()"),)),
    ),
    sources=(
        Source("Goodfellow, Bengio and Courville (2016), Deep Learning", "https://www.deeplearningbook.org/contents/prob.html",
               "section 3.13: entropy, cross entropy and divergence"),
        Source("Hinton, Vinyals and Dean (2015), Distilling the Knowledge in a Neural Network", "https://arxiv.org/abs/1503.02531",
               "section 2: a teacher's probabilities as targets"),
        docs("cross_entropy"),
    ),
    edges=(Edge("one-hot targets", one_hot, "as with labels; the gradient of the targets is there nevertheless"),
           Edge("targets that are no probabilities", not_probabilities, "nobody looks: the loss is linear in them"),
           Edge("a target of zeros", nothing, "with smoothing its row still has a loss")),
    notes={"zeros": "all classes alike: log C", "constant": "all classes alike: log C", "huge, 1e20": "no overflow: differences only",
           "one infinity": "inf − inf is nan in its row, and the mean spreads it", "one nan": "the mean spreads it",
           "size 0": "the mean of no targets is 0/0", "one element": "one class: nothing to decide, loss 0"},
    equivalent={"result_type(target": "the order of two dtypes does not matter", "result_type(targets":
         "the order of two dtypes does not matter",
                "range(probs.ndim, 2)": "rows of two dimensions have none beyond; images do, in the tests"},
    conventions=(
        ("Which loss it is", "PyTorch decides by shape and dtype: targets of the scores' shape and a float dtype are probabilities, "
                             "integers "
                             "are labels."),
        ("Mean", "Over the targets, also with weights."),
        ("ignore_index", "Refused: a distribution has no label."),
        ("Checks", "None: targets need not be positive nor add up to one."),
    ),
    differences=(("Nodes", "One node of the graph; PyTorch has `log_softmax`, products and a sum."),),
    figures=(Figure(floor),),
    speed=({"N": 64, "C": 10}, {"N": 256, "C": 1000}),
)
