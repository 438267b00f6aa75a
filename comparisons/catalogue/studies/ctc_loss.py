"""Connectionist temporal classification: the chance of a spelling, over all the times at which its labels may be said."""
import functools
from math import comb

import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, docs


def inputs(rng, T, N, C, S):
    """Scores of the classes; labels, of which the second and the third are the same; every other sequence is shorter by two of each."""
    scores = rng.standard_normal((T, N, C))
    targets = rng.randint(min(1, C - 1), C, (N, S))
    targets[:, 2:3] = targets[:, 1:2]
    odd = np.arange(N) % 2
    return {"scores": scores, "targets": targets, "input_lengths": np.maximum(T - 2 * odd, 0),
            "target_lengths": np.maximum(S - 2 * odd, 0) if C > 1 else 0 * odd}


def call(torch, scores, targets, input_lengths, target_lengths):
    """The loss of each sequence, of log-probabilities by log_softmax."""
    return torch.nn.functional.ctc_loss(scores.log_softmax(-1), targets, input_lengths, target_lengths, reduction="none")


# ---- by counting -------------------------------------------------------------------------------------------------------


def collapsed(paths):
    """What each path of classes spells, without repeats and blanks, as one number in base 10; blank is 0."""
    code, before = np.zeros(len(paths), int), np.zeros(len(paths), int)
    for said in paths.T:
        code = np.where((said != before) & (said != 0), 10 * code + said, code)
        before = said
    return code


@functools.lru_cache(maxsize=32)
def all_paths(C, t):
    """Every path of t classes, (Cᵗ, t)."""
    return np.indices((C,) * t).reshape(t, -1).T


def spelling(C, t, labels):
    """The paths of t classes that spell these labels."""
    return all_paths(C, t)[collapsed(all_paths(C, t)) == int("0" + "".join(map(str, labels)))]


def places_of(paths):
    """The place of l' in which each path is at each time: twice the labels said so far, one less while the last of them is said."""
    before = np.concatenate([np.zeros((len(paths), 1), int), paths[:, :-1]], 1)
    said = ((paths != before) & (paths != 0)).cumsum(1)
    return 2 * said - (paths != 0)


def products(log_probs, paths):
    """The product of the probabilities of each path, from (T, C) logarithms."""
    return np.exp(log_probs[np.arange(paths.shape[1]), paths].sum(1))


def beginnings(log_probs, labels):
    """α by its meaning: at time t in place s, the sum over all paths of t + 1 classes that spell what l' has up to s and are in s."""
    (T, C), L = log_probs.shape, 2 * len(labels) + 1
    alpha = np.zeros((T, L))
    for t, s in np.ndindex(T, L):
        paths = spelling(C, t + 1, labels[:(s + 1) // 2])
        alpha[t, s] = products(log_probs[:t + 1], paths[places_of(paths)[:, -1] == s]).sum()
    return alpha


def log_softmax(u):
    """Logarithms of softmax over the last axis."""
    return u - np.log(np.exp(u).sum(-1, keepdims=True))


def scene(s):
    """The first sequence by counting its paths, and what the kernel makes of both."""
    import minitorch

    from ...atlas import run
    kept = run.kernel(STUDY).forward()
    leaf = minitorch.from_numpy(s.log_probs.copy()).requires_grad_()
    others = (minitorch.from_numpy(v) for v in (s.targets, s.input_lengths, s.target_lengths))
    minitorch.nn.functional.ctc_loss(leaf, *others, reduction="sum").backward()
    lp, labels = s.log_probs[:, 0], s.targets[0]
    paths = spelling(s.C, s.T, labels)
    walks, weights = places_of(paths), products(lp, paths)
    at = np.arange(s.L)
    through = (walks[:, :, None] == at) * weights[:, None, None]                 # (path, t, s)
    said = (paths[:, :, None] == np.arange(s.C)) * weights[:, None, None]        # (path, t, class)
    A = np.exp(kept["alphas"][1:, 0, 2:])
    y, spelled = np.exp(lp), np.repeat(labels, 2)
    spelled = np.concatenate([[0], np.where(np.arange(2 * s.S) % 2, 0, spelled)])
    emitted = y[:, spelled]
    B = beginnings(lp[::-1], labels[::-1])[::-1, ::-1]                           # the same, counted from the other end
    open_2 = np.array([k > 1 and spelled[k] != spelled[k - 2] for k in range(s.L)])
    ahead = np.append(open_2[2:], [False, False])
    moved = lambda a, by: np.roll(np.pad(a, [(0, 0), (2, 2)]), by, 1)[:, 2:-2]
    three = A[3, 4] * np.array([0.2, 1, 3])
    return {"lp": lp, "spelled": spelled, "paths": paths, "weights": weights, "chance": weights.sum(), "count": len(paths), "moved": moved,
            "walks": walks, "binomial": comb(s.T + s.S - 1, 2 * s.S), "y": y, "A": A, "B": B, "yl": emitted, "open_2": open_2,
            "ahead": ahead, "through": through.sum(0), "said": said.sum(0), "brute": beginnings(lp, labels), "losses": s.loss,
            "leaf_gradient": leaf.grad.numpy()[:, 0],
            "of_paths": lambda z: np.exp(sum(z[t, paths[:, t]] for t in range(s.T))).sum(), "log_softmax": log_softmax,
            "u": s.scores[:, 0], "three": np.log(three), "gamma": s.gammas[:, 0], "log_p": -s.loss[0]}


# ---- edge cases ----------------------------------------------------------------------------------------------------------


def long(values):
    """Many times the same."""
    return values | {"scores": np.concatenate([values["scores"]] * 143), "input_lengths": values["input_lengths"] * 143}


def too_long(values):
    """More labels, with a blank between equal ones, than there are times."""
    values["input_lengths"][...] = 3


def no_labels(values):
    """Nothing is to be said."""
    values["target_lengths"][...] = 0


def no_time(values):
    """Nothing is to be said, and there is no time to say it."""
    values["target_lengths"][...] = values["input_lengths"][...] = 0


def forbidden(values):
    """A class that cannot be, and is no label."""
    values["targets"][values["targets"] == 1] = 2
    values["scores"][:, :, 1] = -np.inf


def never(values):
    """A label that cannot be."""
    values["scores"][:, :, values["targets"][0, 0]] = -np.inf


def blank_label(values):
    """Labels of which one is the blank itself."""
    values["targets"][:, 0] = 0


# ---- figures ---------------------------------------------------------------------------------------------------------------


def posteriors(log_probs, labels):
    """Chances of places and roads, by the recursions: (T, L) and (T - 1, L, L)."""
    import minitorch
    x = minitorch.from_numpy(np.ascontiguousarray(log_probs[:, None])).requires_grad_()
    spelled = np.insert(labels, np.arange(len(labels) + 1), 0)
    T, L = len(log_probs), len(spelled)
    y, p = np.exp(log_probs)[:, spelled], float(np.exp(-call(minitorch, x, minitorch.tensor([list(labels)]), (T,), (len(labels),)).item()))
    road = np.eye(L) + np.eye(L, k=1) + np.diag([spelled[k] != spelled[k + 2] for k in range(L - 2)], 2)
    alpha, beta = np.zeros((T, L)), np.zeros((T, L))
    alpha[0, :2], beta[-1, -2:] = y[0, :2], y[-1, -2:]
    for t in range(1, T):
        alpha[t], beta[T - 1 - t] = y[t] * (alpha[t - 1] @ road), y[T - 1 - t] * (road @ beta[T - t])
    return alpha * beta / y / p, alpha[:-1, :, None] * road * beta[1:, None] / p


def walked(study):
    """The lattice of a word with a double letter, over chances that lean to one reading."""
    from ...atlas.lattice import Lattice
    rng, word, T = np.random.RandomState(3), (1, 2, 2, 3), 11
    hint = np.zeros((T, 4))
    for t, label in ((1, 1), (4, 2), (7, 2), (9, 3)):
        hint[t, label] = 2.5
    log_probs = log_softmax(rng.standard_normal((T, 4)) * 0.6 + hint)
    chances, roads = posteriors(log_probs, word)
    lattice = Lattice("The lattice of the labels a, b, b, c over eleven times", list("-a-b-b-c-"), [str(t) for t in range(T)], chances,
                      roads)
    count = comb(T + 4 - 1, 8)
    return lattice, (f"The word abbc over {T} times: blank and letters from above, time from the left. All {count:,} paths go through the "
                     f"open places; blue is the chance to be there, given the word. The colours of a column add up to one. "
                     f"Between the two b no road leaves out the blank: every path passes it, most of them at time {chances[:, 4].argmax()} "
                     f"({chances[:, 4].max():.0%}).")


def drift(study):
    """The error of the gradient against the number of times."""
    import torch

    import minitorch

    from ...atlas.plot import Plot
    from ...atlas.run import inputs as draw
    times, errors = (10, 30, 100, 300, 1000), {"ours": [], "PyTorch": []}
    for T in times:
        values = draw(study, np.float32, {"T": T, "S": T // 3, "N": 3})
        exact = gradient(torch, {n: v.astype(np.float64) if v.dtype == np.float32 else v for n, v in values.items()})
        for name, library in (("ours", minitorch), ("PyTorch", torch)):
            errors[name].append(np.abs(gradient(library, values) - exact).max())
    plot = Plot("Error of the gradient against the number of times", "times T", "largest error of the gradient", logx=True, logy=True)
    for (name, values), style in zip(errors.items(), ("ours", "reference")):
        plot.line(times, values, name, style)
    return plot, (f"Float32 against float64, three sequences. Logarithms grow with time, and with them the size of their last digit. "
                  f"PyTorch subtracts "
                  f"the logarithm of p, that was rounded at another place, and a time's γ no longer add up to one; ours divides by what "
                  f"the "
                  f"places of that very time add up to. After 1,000 times it is {errors['PyTorch'][-1] / errors['ours'][-1]:.0f} times "
                  f"nearer.")


def gradient(library, values):
    """The gradient of the scores for the sum of the losses."""
    tensors = {n: library.from_numpy(v) for n, v in values.items()}
    tensors["scores"].requires_grad_()
    call(library, **tensors).sum().backward()
    return tensors["scores"].grad.numpy()


def peaks(study):
    """What is learnt without a hint of when: a few sure times, and blanks."""
    import minitorch

    from ...atlas.plot import Plot
    T, labels = 30, (1, 2, 3)
    x = minitorch.from_numpy(np.random.RandomState(0).standard_normal((T, 1, 4)) * 0.3).requires_grad_()
    plot = Plot("The chance of the blank at each time, while scores learn a word", "time t", "chance of the blank")
    for turn in range(301):
        loss = call(minitorch, x, minitorch.tensor([list(labels)]), (T,), (len(labels),)).sum()
        if turn in (0, 10, 300):
            blanks = np.exp(x.log_softmax(2).detach().numpy())[:, 0, 0]
            plot.line(np.arange(T), blanks, f"after {turn} steps", {0: "third", 10: "reference", 300: "ours"}[turn])
        x.grad = None
        loss.backward()
        x = (x.detach() - x.grad).requires_grad_()
    return plot, (f"Scores that are free at each time, three labels, steps of 1 along the gradient. Nobody says when a label comes, most "
                  f"paths have many blanks, so the blank wins almost everywhere: in the end {np.sum(blanks < 0.5)} of {T} times say a "
                  f"label. "
                  "These are the peaks that networks trained so are known for; they tell what was said, and badly when.")


STUDY = Study(
    "nn.functional.ctc_loss", title="CTC loss", group=GROUP,
    lead="""Speech and handwriting come with what is said and without when. This loss is minus the logarithm of the chance of the labels,
        added up over every way to spread them over the time: a sum of astronomically many products, by a recursion of three terms.""",
    sizes={"T": 7, "N": 2, "C": 5, "S": 4}, extra_sizes={"L": 9, "L+2": 11, "L+4": 13, "T+1": 8}, inputs=inputs, call=call,
    functions={"ctc_loss": "Forward", "spelled_out": "Labels between blanks", "emissions": "What each place says",
               "roads_to": "Which roads are open", "log_sum": "A sum of chances, in logarithms", "ctc_loss_backward": "Backward"},
    helpers=("neighbours",),
    variables={
        "log_probs": (r"\log y", "logarithms of the probabilities of the classes at each time"),
        "labels": ("l", "labels that are to be spelled", "0 beyond a sequence's own"),
        "input_lengths": ("T_n", "number of times of each sequence"),
        "target_lengths": ("S_n", "number of labels of each sequence"),
        "blank": (r"\varnothing", "class that says no label"),
        "extended": ("l'", "labels with a blank before, between and after them", "with two places more on either side, where -1 stands"),
        "places": ("s", "place in the labels with blanks", "from 0 to 2 S; two more on either side say nothing"),
        "emitted": (r"\log y(l')", "log-probability of what each place says"),
        "skips": (r"[l'_s \neq l'_{s-2}]", "which places may be reached over the one before"),
        "roads": (r"\rho", "0 for a road that is open, as good as minus infinity for one that is not"),
        "beside": (r"\alpha_{s-2}, \alpha_{s-1}, \alpha_s", "a place's three neighbours, side by side, without a copy"),
        "came": ("a", "log-chances on the three roads to a place"),
        "goes": ("b", "log-chances on the three roads from a place"),
        "m": ("m", "largest element of a line", "of the three roads"),
        "e": ("e", "exponentials, the largest 1"),
        "total": ("T", "sum over the lines that are averaged or normalized", "of the three roads; becomes its logarithm"),
        "alpha": (r"\log \alpha_t", "log-chance to have come to each place, at one time"),
        "alphas": (r"\log \alpha", "log-chance to have come to each place, at all times"),
        "beta": (r"\log \beta_t", "log-chance to end well from each place, at one time"),
        "betas": (r"\log \beta", "log-chance to end well from each place, at all times"),
        "end": (r"\log p", "log-chance of the labels"),
        "infinite": (r"[p = 0]", "which sequences no path spells"),
        "loss": (r"\ell", "losses, one for each target"),
        "both": (r"\log \frac{\alpha\beta}{y}", "log-chance of all paths through each place"),
        "shares": (r"\pi", "chance to be in each place at each time, given the labels"),
        "symbols": ("l'", "what each place says", "the blank also where no label is: nothing is added there"),
        "elements": ("k", "where the class of each place lies in memory"),
        "gammas": (r"\gamma", "chance of each class at each time, given the labels"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_scores": (r"\bar{u}", "gradient of the scores of which the log-probabilities are log_softmax"),
        "counted": ("[t < T_n]", "which times belong to a sequence"),
    },
    scene=scene, order=1, varied="scores",
    forward=(
        Line(r"\v{alpha}(s) = \log y_t(l'_s) + \log \sum_{k=0}^{2} \rho_k(s)\,\alpha_{t-1}(s - k)",
             "A[1:] == exp(log(yl[1:]) + log(1e-300 + A[:-1] + moved(A[:-1], 1) + where(open_2, moved(A[:-1], 2), 0)))",
             "ρ is 1 where a road is open, else 0"),
        Line(r"\v{end} = \log\big(\alpha_{T}(2S) + \alpha_{T}(2S - 1)\big)", "log_p == log(A[-1, -1] + A[-1, -2]) == log(chance)"),
        Line(r"\v{loss} = -\v{end}", "losses[0] == -log(chance)"),
    ),
    backward=(
        Line(r"\v{beta}(s) = \log y_t(l'_s) + \log \sum_{k=0}^{2} \rho_k(s + k)\,\beta_{t+1}(s + k)",
             "B[:-1] == exp(log(yl[:-1]) + log(1e-300 + B[1:] + moved(B[1:], -1) + where(ahead, moved(B[1:], -2), 0)))"),
        Line(r"\v{shares}_t(s) = \frac{\alpha_t(s)\,\beta_t(s)}{y_t(l'_s)\,p}", "shares[:, 0] == A * B / yl / chance == through / chance"),
        Line(r"\v{gammas}_t(k) = \sum_{s:\,l'_s = k} \v{shares}_t(s)", "gamma == shares[:, 0] @ eye(C)[spelled] == said / chance"),
        Line(r"\v{grad_scores} = \v{grad}\,(y - \v{gammas})",
             "gradient(lambda u: -grad[0] * log(of_paths(log_softmax(u))), u) == grad[0] * (y - gamma)"),
    ),
    derivation=(
        Step("One spelling, many paths",
             r"""At each time the network gives a chance to every label and to the blank, that says nothing. A path names one class for
             each time. It spells what is left when repeats are said once and then blanks are left out, so that a double letter needs a
             blank between. Times are independent given the network, so a path has the product of its chances, and the labels have the
             sum over the paths that spell them.""",
             (Line(r"p = \sum_{\text{paths of } l}\ \prod_{t} y_t(\mathrm{path}_t)", "exp(log_p) == weights.sum()",
                   "left our kernel, right all paths one by one"),)),
        Step("Too many to add up",
             r"""A path of $S$ labels is made of $S$ runs of labels, one time or longer, and $S + 1$ runs of blanks, which may be empty;
             only between $r$ pairs of equal labels they may not. Take away what each must have: $T - S - r$ times are left to be dealt
             out to $2S + 1$ runs. Dealing $a$ to $b$ is choosing the $b - 1$ borders among $a + b - 1$. Here that is small; 30 labels in
             100 times have more than $10^{37}$ paths.""",
             (Line(r"\#\,\mathrm{paths} = \binom{T + S - r}{2S}", "count == binomial", "here r = 1"),)),
        Step("A walk over places",
             r"""Write a blank before, between and after the labels: $\v{extended}$, with $2S + 1$ places. A path says at each time what
             its place says. It stays (a repeat, or a blank again), or goes on by one. It goes on by two, over a blank, if the labels on
             both sides differ: equal ones would become a repeat. Blanks stand two apart and are equal, so the same question forbids to
             leave out a label. A walk begins in one of the first two places and ends in one of the last two. Different paths are
             different walks, so nothing is counted twice.""",
             (Line(r"\mathrm{path}_t = l'_{s_t}", "spelled[walks] == paths"),)),
        Step("Sort the sum by the last place",
             r"""Let $\alpha_t(s)$ be the sum over the beginnings, up to time $t$, that are in place $s$ then. All of them end with the
             factor $y_t(l'_s)$, which can be taken out of the sum. What is left are beginnings up to $t - 1$, in one of the places from
             which $s$ is reached: at most three sums that we have already. $3\,T\,(2S + 1)$ products do, for any number of paths.""",
             (Line(r"\alpha_t(s) = y_t(l'_s)\,\big(\alpha_{t-1}(s) + \alpha_{t-1}(s-1) + \v{skips}\,\alpha_{t-1}(s-2)\big)",
                   "brute[1:] == yl[1:] * (brute[:-1] + moved(brute[:-1], 1) + open_2 * moved(brute[:-1], 2)) == A[1:]",
                   "left all beginnings one by one"),
              Line(r"p = \alpha_T(2S) + \alpha_T(2S - 1)", "chance == brute[-1, -1] + brute[-1, -2]"))),
        Step("A time before the first",
             r"""The code has no special case for the beginning. Before the first time it puts every path into the first place, the blank:
             from there it stays, or goes on to the first label, and these are the two places in which a path may begin. In the
             backward all paths are in the last place after the last time. A sequence without labels and without times needs no case
             either: it is in the first place, which is its last one, with the chance 1.""",
             (Line(r"\alpha_0(s) = y_0(l'_s)\,[s \le 1]", "A[0] == y[0, spelled] * (arange(L) <= 1)", "the first time is 0"),)),
        Step("In logarithms",
             r"""A product of hundreds of chances is below what any float can hold, so everything is kept as a logarithm. Products
             become sums; for a sum the largest of the three is taken out, so that nothing overflows and one power is 1. A chance of 0
             would be $-\infty$, and $-\infty - (-\infty)$ is nan: $-10^{30}$ stands for it, finite also after adding three of them, and
             its powers are 0 exactly.""",
             (Line(r"\log \sum_k e^{\v{came}_k} = \v{m} + \log \sum_k e^{\v{came}_k - \v{m}}",
                   "log(exp(three).sum()) == three.max() + log(exp(three - three.max()).sum())"),)),
        Step("The rest of the way",
             r"""Let $\beta_t(s)$ be the same from the other side: the sum over the endings from time $t$ on that begin in $s$. Sorting
             them by where they go next gives the same recursion with the arrows turned. A path through place $s$ at time $t$ is a
             beginning and an ending put together; $y_t(l'_s)$ stands in both and is divided by once. Every path is somewhere at each
             time, so that the sum over the places is $p$, whichever time we ask.""",
             (Line(r"\sum_{\mathrm{paths\ through}\ (t, s)} \prod_{t'} y_{t'} = \frac{\alpha_t(s)\,\beta_t(s)}{y_t(l'_s)}",
                   "through == A * B / yl", "left all paths one by one"),
              Line(r"\sum_s \frac{\alpha_t(s)\,\beta_t(s)}{y_t(l'_s)} = p", "(A * B / yl).sum(1) == chance + 0 * y[:, 0]"))),
        Step("Which share of the paths",
             r"""Divided by $p$ these are chances: $\v{shares}_t(s)$ to be in place $s$ at time $t$, when it is known what was spelled. The
             code takes a softmax over the places, which divides by the sum that was just shown to be $p$ and so gives shares that add
             up to one also after rounding. A class may say several places (the blank does): $\v{gammas}_t(k)$ adds them up.""",
             (Line(r"\sum_s \v{shares}_t(s) = \sum_k \v{gammas}_t(k) = 1", "shares[:, 0].sum(1) == gamma.sum(1) == np.ones(T)"),)),
        Step("The slope by a log-probability",
             r"""A path's product, as a function of $z = \log y_t(k)$, is $e^{z}$ times the rest if the path says $k$ at time $t$, and does
             not know $z$ otherwise. The slope of $e^{z}$ is itself: the slope of $p$ is the sum of the products of those paths. Minus the
             logarithm divides by $-p$.""",
             (Line(r"\frac{\partial p}{\partial \log y_t(k)} = p\,\v{gammas}_t(k)", "gradient(of_paths, lp) == said == chance * gamma"),
              Line(r"\frac{\partial \v{loss}}{\partial \log y_t(k)} = -\v{gammas}_t(k)",
                   "gradient(lambda z: -log(of_paths(z)), lp) == -gamma"))),
        Step("Through log_softmax",
             r"""The log-probabilities come from scores: $\log y(k) = u(k) - \log \sum_j e^{u(j)}$. A score $u(j)$ moves its own by 1, and
             all of them by minus the slope of the logarithm, $-y(j)$. The chain rule adds up over $k$, and since the $\v{gammas}$ of a
             time add up to one, what is left is softmax less target, as in cross entropy. But the target is the model's own opinion of
             when, given what: the two steps of expectation and maximization, in one gradient.""",
             (Line(r"\frac{\partial \log y(k)}{\partial u(j)} = [j = k] - y(j)", "jacobian(log_softmax, u[0]) == eye(C) - y[0]"),
              Line(r"\frac{\partial \v{loss}}{\partial u_t(j)} = \sum_k -\v{gammas}_t(k)\,([j = k] - y_t(j)) = y_t(j) - \v{gammas}_t(j)",
                   "gradient(lambda u: -log(of_paths(log_softmax(u))), u) == -gamma + y * gamma.sum(1, keepdims=True) == y - gamma"))),
        Step("What PyTorch calls the gradient",
             r"""PyTorch, and so this kernel, gives $y - \v{gammas}$ as the gradient of the log-probabilities themselves: $y$ comes one
             step too early. Behind a log_softmax nobody sees it, for what its backward makes of $y$ is 0: it takes from a gradient its sum,
             times $y$, and the sum of $y$ is 1. The same holds behind anything whose probabilities add up to one whatever happens:
             $y \cdot d\log y$ is $dy$, and the $dy$ add up to 0. Where they do not, as when the log-probabilities are a tensor that is
             learnt itself, or are multiplied or averaged after log_softmax, the gradient is wrong by $y$, and a step along it need not go
             down.""",
             (Line(r"\sum_k y(k)\,\frac{\partial \log y(k)}{\partial u(j)} = \frac{\partial}{\partial u(j)} \sum_k y(k) = 0",
                   "1 + y[0] @ jacobian(log_softmax, u[0]) == 1 + gradient(lambda u: exp(log_softmax(u)), u[0]) == np.ones(C)"),
              Line(r"-\v{gammas} - y \sum_k (-\v{gammas}_k) = y - \v{gammas}", "-gamma + y * gamma.sum(1, keepdims=True) == y - gamma",
                   "log_softmax makes this of either"),
              Line(r"(y - \v{gammas}) - \frac{\partial \v{loss}}{\partial \log y} = y",
                   "leaf_gradient - gradient(lambda z: -log(of_paths(z)), lp) == y", "what is wrong if log_probs are a leaf"))),
    ),
    sources=(
        Source("Graves, Fernández, Gomez and Schmidhuber (2006), Connectionist Temporal Classification",
               "https://www.cs.toronto.edu/~graves/icml_2006.pdf",
               "section 4.1: the recursions, equations 5 to 8 and 9 to 11; section 4.2: the gradient, equations 14 to 16"),
        Source("Hannun (2017), Sequence Modeling with CTC", "https://distill.pub/2017/ctc/",
               "pictures of the alignments, and of inference"),
        Source("Zeyer, Schlüter and Ney (2021), Why does CTC result in peaky behavior?", "https://arxiv.org/abs/2105.14849",
               "the peaks of the second picture"),
        docs("ctc_loss"),
    ),
    edges=(Edge("1,001 times", long, "logarithms near −1,000 have few digits after the point: see the picture of the error"),
           Edge("more labels than time", too_long, "no path: infinite, and the gradient nan; zero_infinity makes both 0"),
           Edge("no labels", no_labels, "one path, all blanks"),
           Edge("no labels and no time", no_time, "the empty path has the chance 1"),
           Edge("a forbidden class that is no label", forbidden, "its gradient is y − γ = 0; PyTorch's formula has −inf − (−inf) in it"),
           Edge("a label that cannot be", never, "no path of its sequence, as if it were too long"),
           Edge("a label that is the blank", blank_label, "not allowed, and checked by neither: it is walked over as any label")),
    notes={"zeros": "all paths are alike: the loss is T log C, less the logarithm of their number", "constant": "as zeros",
           "huge, 1e20": "the best path alone counts; PyTorch adds and takes away numbers of this size in an exponent, and what rounding "
                         "leaves overflows", "tiny, 1e-20": "as zeros", "one nan": "stays in its sequence",
           "one infinity": "its log_softmax is nan, and with it the loss of its sequence", "size 0": "both refuse a time of length 0",
           "one element": "one class, the blank: nothing can be said", "all nan": "nothing may look like a number"},
    alone={"elements": "NumPy adds up by an index fast in one dimension only", "scatter_add": "into the memory of all classes in a line"},
    equivalent={"final - 1], alphas[input_lengths, rows, final])": "a sum does not mind the order of its terms",
                "infinite = end < LOW": "all sequences here can be spelled; those that cannot be are among the edge cases and in the tests",
                "both + both.max": "softmax loses what is added to all places alike; in 1,001 times the powers would all be 0",
                "xp.exp(both)": "the same"},
    conventions=(
        ("log_probs", "Must come from log_softmax, or be normalized otherwise: the gradient is that of the scores below it, y − γ, not −γ. "
                      "A check of the gradient by "
                      "differences fails on log_probs themselves."),
        ("Mean", "Each loss is divided by the number of its labels (1 if it has none), then the mean is taken over the batch. `sum` "
                 "divides by nothing: long sequences count more."),
        ("Layout", "Time first, (T, N, C), unlike most losses. Labels in rows of a matrix, or one after the other in one dimension, where "
                   "`target_lengths` says where each ends."),
        ("Beyond the lengths", "Labels after a sequence's own are not read, times after it get the gradient 0."),
        ("Blank", "Class 0 unless said otherwise, so labels begin at 1."),
        ("Needed time", "At least as many times as labels, and one more for each pair of equal neighbours; else the loss is infinite."),
        ("zero_infinity", "Off by default: one sequence that is too short makes the mean infinite and its gradient nan."),
        ("Saved", "The log-probabilities and α; β is made in the backward."),
    ),
    differences=(
        ("Minus infinity", "A class of log-probability −inf that no path needs: its gradient is 0 here. PyTorch returns nan, and the nan "
                           "goes "
                           "through log_softmax into all scores of that time."),
        ("Labels", "A label that is no class is an IndexError. PyTorch reads whatever lies in memory there."),
        ("Rounding", "Shares are divided by their own sum at each time, not by p: over many times the gradient is nearer to the truth."),
        ("Second order", "There is one, through a definition in differentiable operations; PyTorch has none."),
        ("Batches", "Ours goes through time once for the whole batch; PyTorch's loop has one sequence at a time, so it is faster for few "
                    "short "
                    "sequences, and slower for many long ones."),
    ),
    figures=(Figure(drift, "agreement"), Figure(walked), Figure(peaks)),
    speed=({"T": 50, "N": 8, "C": 28, "S": 10}, {"T": 100, "N": 16, "C": 30, "S": 20}),
)
