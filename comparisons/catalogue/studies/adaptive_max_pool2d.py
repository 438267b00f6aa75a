"""Adaptive maximum pooling: the number of windows is given, they share the input out, and each gives its largest element."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

OUTPUT = (2, 3)
INSIDE = "adaptive windows begin inside of the input: their first position is always 0; the page of max_pool2d notices this one"


def inputs(rng, N, C, H, W):
    """Images of numbers that all differ, of sizes that the number of windows does not divide."""
    return {"input": rng.permutation(N * C * H * W).reshape(N, C, H, W) / 100 - 5}


def shares(n, m):
    """Ones where an element belongs to a window: (m, n)."""
    A = np.zeros((m, n))
    for o in range(m):
        A[o, o * n // m:-(-(o + 1) * n // m)] = 1
    return A


def maxima(x, m):
    """The largest element of each of m windows down and across: a choice among the whole plane, minus infinity outside of the window."""
    A, B = (shares(n, count) for n, count in zip(x.shape[2:], m))
    inside = np.einsum("iu,jv->ijuv", A, B) > 0
    return np.where(inside, x[:, :, None, None], -np.inf).max((-1, -2))


def scene(s):
    """The windows as ones and zeros, where each window's largest element lies, and each input element's sum by a plain loop."""
    m = OUTPUT
    A, B = shares(s.H, s.OH), shares(s.W, s.OW)
    inside = np.einsum("iu,jv->ijuv", A, B)
    planes = np.where(inside > 0, s.input[:, :, None, None], -np.inf).reshape(s.N, s.C, s.OH, s.OW, s.H * s.W)
    where = planes.argmax(-1)
    onehot = np.eye(s.H * s.W)[where].reshape(*where.shape, s.H, s.W)
    gathered = np.zeros((s.N, s.C, s.H * s.W))
    for n, c, i, j in np.ndindex(where.shape):
        gathered[n, c, where[n, c, i, j]] += s.grad[n, c, i, j]
    start = A.argmax(1)[:, None], B.argmax(1)
    KW = int(B.sum(1).max())
    first, units = s.input[0, 0], 1e-6 * np.eye(s.H * s.W).reshape(s.H * s.W, 1, s.H, s.W)
    moved = (maxima(first + units, m) - maxima(first - units, m))[:, 0] / 2e-6
    place = s.place.reshape(where.shape)
    return {"A": A, "B": B, "m": m, "shares": shares, "maxima": maxima, "where_won": where, "onehot": onehot, "KW": KW,
            "gathered": gathered.reshape(s.input.shape), "moved": moved.reshape(s.H, s.W, s.OH, s.OW), "out_of": s.out.reshape(where.shape),
            "place_of": place, "row_won": start[0] + place // KW, "column_won": start[1] + place % KW, "start": start,
            "widths": B.sum(1), "row_maxima": np.where(A[:, :, None] > 0, s.input[:, :, None], -np.inf).max(3)}


def ties(values):
    """Many equal elements: whole numbers of a small range."""
    values["input"] = np.round(values["input"] % 3).astype(values["input"].dtype)


def several_nan(values):
    """A nan in every third column: each window sees one in every row."""
    values["input"][..., ::3] = np.nan


def zeros_of_both_signs(values):
    """0 and -0 are equal: the first of them counts."""
    values["input"][...] = np.where(np.indices(values["input"].shape).sum(0) % 2, 0.0, -0.0)


def reached(study):
    """How many elements get a gradient, against the number of windows."""
    import minitorch

    from ...atlas.plot import Plot
    n = 24
    x = minitorch.from_numpy(np.random.default_rng(study.seed).permutation(8 * n * n).reshape(8, 1, n, n) / 100)
    counts = np.arange(1, n + 1)
    won = []
    for m in counts:
        _, index = minitorch.nn.functional.adaptive_max_pool2d(x, int(m), return_indices=True)
        won.append(sum(len(np.unique(i)) for i in index.numpy().reshape(8, -1)) / x.numel())
    plot = Plot("Elements of a plane of 24 × 24 that get a gradient", "windows along each side", "share of the elements")
    plot.line(counts, won, "the largest", "ours")
    plot.line(counts, np.ones(n), "the mean", "reference")
    return plot, (f"Under the mean every element gets its part. Under the maximum one of {n * n} does with a single window, {won[11]:.0%} "
                  f"with 12 windows along each side, and all of them when every element is a window of its own. Where the windows do not "
                  f"touch but overlap, an element may win twice: at 13 along each side there are more windows than at 12, and they have "
                  f"{won[12]:.0%} as their winners.")


STUDY = Study(
    "nn.functional.adaptive_max_pool2d",
    title="Adaptive maximum pooling", group="Convolution and pooling",
    lead="The number of outputs is given and the windows share the input out; each gives its largest element, and the gradient goes there.",
    sizes={"N": 4, "C": 7, "H": 9, "W": 8}, extra_sizes={"OH": 2, "OW": 3, "N·C": 28}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.adaptive_max_pool2d(input, OUTPUT, return_indices=True),
    functions={"adaptive_max_pool2d": "Forward", "scan_windows": "Window by window", "adaptive_max_pool2d_backward": "Backward",
               "give_windows": "To the winner of each window"},
    variables={
        "input": ("X", "input, as it was given"),
        "output_size": ("M", "the number of windows along height and width"),
        "windows": (r"\mathcal{W}", "what each window has of the rows and of the columns"),
        "x": ("x", "input, as the kernel walks it", "one plane after the other"),
        "part": ("P", "what one window has of the planes"),
        "seen": ("S", "the elements of one window in a row, in reading order"),
        "at": ("a", "the place of the largest among them"),
        "best": ("m", "the largest element of one window"),
        "missing": (r"\nu", "whether it is nan"),
        "last": ("z", "the place of the last nan"),
        "place": (r"\pi", "position of the largest element in its window", "row times KW, plus column; KW is the widest window's width"),
        "out": ("Y", "output, as it is returned"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{out}_{ij} = \max_{u \in R_i,\ v \in C_j} \v{input}_{uv}", "out_of == maxima(input, m)",
             note="R: the rows from ⌊iH/OH⌋ to before ⌈(i+1)H/OH⌉; C: the columns likewise"),
        Line(r"\v{place}_{ij} = (u - \min R_i)\,KW + v - \min C_j",
             "place_of == (where_won // W - start[0]) * KW + where_won % W - start[1]", note="(u, v): where the largest element lies"),
    ),
    backward=(
        Line(r"\v{grad_input}_{uv} = \sum_{(i,j)\,:\ (u,v)\ \mathrm{wins}} \v{grad}_{ij}", "grad_input == gathered"),
    ),
    derivation=(
        Step("Which windows there are",
             r"Cut the $H$ rows into $OH$ equal pieces. Piece $i$ reaches from $iH/OH$ to $(i+1)H/OH$; its window has every row that it "
             r"touches, $R_i$: the start is rounded down and the end up. The columns are shared out by themselves, in the same way. Let "
             r"$A_{iu} = 1$ where $u \in R_i$, else 0, and $B_{jv}$ likewise for the columns; window $(i, j)$ has the "
             r"elements where both are 1. Nothing hangs out over the edge, so there is no padding, and a largest element always exists.",
             (Line(r"\sum_u A_{iu} = \lceil (i+1)H/OH \rceil - \lfloor iH/OH \rfloor \ge 1",
                   "A.sum(1) == np.ceil((arange(OH) + 1) * H / OH) - np.floor(arange(OH) * H / OH) == maximum(A.sum(1), 1)"),)),
        Step("The maximum as a choice",
             r"Let the winner of each window be one-hot: $\omega_{ijuv} = 1$ at the largest element, 0 elsewhere. The output is a sum in "
             r"which one term is left. Where all elements differ, a small change of the input changes no winner, so near this input the "
             r"maximum is that linear function, and its derivative is the coefficient.",
             (Line(r"\v{out}_{ij} = \sum_{u,v} \omega_{ijuv}\,\v{input}_{uv}", "out_of == einsum('ncijuv,ncuv->ncij', onehot, input)"),
              Line(r"\frac{\partial \v{out}_{ij}}{\partial \v{input}_{uv}} = \omega_{ijuv}",
                   "moved.transpose(2, 3, 0, 1) == onehot[0, 0]", rtol=1e-6))),
        Step("The gradient",
             r"The loss depends on $\v{input}_{uv}$ through all windows that it wins. By the chain rule their gradients add up, each times "
             r"its zero or one. Every window has one winner, so the gradients are dealt out whole: their sum before and after is the same.",
             (Line(r"\v{grad_input}_{uv} = \sum_{i,j} \v{grad}_{ij}\,\omega_{ijuv}",
                   "einsum('ncij,ncijuv->ncuv', grad, onehot) == gathered == grad_input"),
              Line(r"\sum_{u,v} \v{grad_input}_{uv} = \sum_{i,j} \v{grad}_{ij}", "grad_input.sum((2, 3)) == grad.sum((2, 3))"))),
        Step("How many windows an element can win",
             r"Row $u$ belongs to window $i$ when $iH/OH < u + 1$ and $u < (i+1)H/OH$. Multiply both by $OH/H$ and read them for $i$: "
             r"$i < (u+1)\,OH/H$ and $uOH/H < i + 1$. It is the same pair with $H$ and $OH$ exchanged. So the windows that see a row are "
             r"found as the rows that a window sees: $A$ turned over is the sharing of $OH$ windows among $H$ rows. With no more windows "
             r"than rows a row is thus in one window, or in two if a cut goes through it; an element can win up to four.",
             (Line(r"A_{H \to OH}^\top = A_{OH \to H}", "shares(H, OH).T == shares(OH, H)"),
              Line(r"A_{4 \to 7}^\top = A_{7 \to 4}", "shares(4, 7).T == shares(7, 4)", note="also with more windows than rows"),
              Line(r"\max_u \sum_i A_{iu} = 2", "np.ravel(A.sum(0).max()) == np.ravel(2.0)", note="here: row 4 is in both windows"))),
        Step("Rows first, or finer windows first",
             r"The maximum does not mind how its elements are grouped, nor that some are counted twice. So the largest of a window is the "
             r"largest of the maxima of its rows, and that of windows made of smaller ones: piece $i$ of $OH$ is made of the "
             r"pieces $2i$ and $2i + 1$ of $2\,OH$, which begin and end at the same rounded cuts. A pyramid of adaptive maxima can be "
             r"computed from its finest level. Of means this is not true where windows overlap, for then elements count twice.",
             (Line(r"\v{out}_{ij} = \max_{v : B_{jv} = 1}\ \max_{u : A_{iu} = 1} \v{input}_{uv}",
                   "where(B > 0, row_maxima[:, :, :, None], -np.inf).max(-1) == out_of"),
              Line(r"\v{out}_{ij} = \max_{a,b \in \{0, 1\}} \v{out}^{(2\,OH,\,2\,OW)}_{2i+a,\,2j+b}",
                   "maxima(input, (2 * OH, 2 * OW)).reshape(N, C, OH, 2, OW, 2).max((3, 5)) == out_of"))),
        Step("What is kept",
             r"Kept is the position of the winner in its window, counted as if all windows had the width $KW$ of the widest: one byte an "
             r"output. The windows' starts follow from the sizes alone, so the backward finds the winner again, and so does the index into "
             r"the plane that `return_indices` asks for. The narrower windows leave some of the numbers unused; that costs nothing.",
             (Line(r"KW = \max_j \sum_v B_{jv}", "widths.max(keepdims=True) == np.ravel(4.0) == np.ravel(KW)"),
              Line(r"\mathrm{index}_{ij} = \big(\lfloor iH/OH \rfloor + \lfloor \v{place}_{ij} / KW \rfloor\big)\,W + "
                   r"\lfloor jW/OW \rfloor + \v{place}_{ij} \bmod KW", "row_won * W + column_won == where_won"))),
        Step("Ties and nan",
             r"Of equal elements the first in reading order wins and gets all of the gradient, one of many subgradients. A nan wins over "
             r"every number, and of several the last: a comparison with nan is false, so a scan that asks whether the new element is not "
             r"smaller takes each nan that it meets. `argmax` finds the first nan; ours therefore looks for the last one from behind.",
             (Line(r"\v{last} = h\,w - 1 - \mathrm{argmax}\ \mathrm{reverse}(\v{seen} \ne \v{seen})",
                   "np.ravel(5 - np.array([0, 1, 0, 1, 0, 0])[::-1].argmax()) == np.ravel(3)", note="here: nan at 1 and 3 of six"),)),
    ),
    sources=(
        Source("He, Zhang, Ren and Sun (2014), Spatial pyramid pooling in deep convolutional networks", "https://arxiv.org/abs/1406.4729",
               "appendix on the implementation of pooling bins: starts rounded down, ends up; the maximum in each; the pyramid"),
        Source("Boureau, Ponce and LeCun (2010), A theoretical analysis of feature pooling in visual recognition",
               "https://dl.acm.org/doi/10.5555/3104322.3104338", "maximum against mean"),
        Source("PyTorch documentation, AdaptiveMaxPool2d", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.AdaptiveMaxPool2d.html",
               "the contract"),
    ),
    edges=(Edge("ties", ties, "the first of the equal elements gets the gradient, in both"),
           Edge("several nan", several_nan, "of several nan in a window the last counts, in both"),
           Edge("0 and -0", zeros_of_both_signs, "they are equal: the first counts, with its sign")),
    notes={"constant": "every window is one tie", "zeros": "every window is one tie", "all nan": "of several nan the last counts",
           "one element": "more windows than elements: one element wins all six, and gets the sum",
           "one infinity": "wins every window that sees it; the gradient is finite"},
    order=1,
    alone={"return out, place": "ours writes into arrays that it was given"},
    equivalent={"KW - first_column + at % width": INSIDE, "KW + at % width": INSIDE, "at // KW + first_row": INSIDE,
                "at // KW, at % KW": INSIDE, "at % KW + first_column]": INSIDE, "at % KW] +=": INSIDE},
    conventions=(("Windows", "From ⌊iH/OH⌋ to ⌈(i+1)H/OH⌉, as for the mean: they may overlap by a row, and none is empty."),
                 ("Ties", "The first in reading order gets the whole gradient."), ("nan", "Wins; of several the last."),
                 ("None", "In `output_size` keeps the size of the input along that dimension."),
                 ("Indices", "row · W + column in the plane of the input; int64. Two outputs may have the same one: `max_unpool2d` then "
                             "writes one over the other.")),
    differences=(("Kept", "One byte an output (the position in the window); PyTorch keeps the eight-byte index."),
                 ("Even windows", "Where the number of windows divides the size, ours scans position by position, as `max_pool2d` does; "
                                  "uneven windows, as here, go one by one. Both have the same bits.")),
    figures=(Figure(reached),),
    speed=({"N": 2, "C": 8, "H": 31, "W": 32},),
)
