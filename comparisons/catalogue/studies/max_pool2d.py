"""Maximum pooling: the largest of each window, and a gradient that knows only the winner."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

KERNEL, STRIDE, PADDING = (5, 4), (3, 2), (2, 1)


def inputs(rng, N, C, H, W):
    """Images of numbers that all differ: the order decides, not the size."""
    return {"input": rng.permutation(N * C * H * W).reshape(N, C, H, W) / 100 - 1}


def windows_of(x, fill):
    """What every window sees of the padded input: (N, C, OH, OW, KH·KW)."""
    padded = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in PADDING)), constant_values=fill)
    OH, OW = ((n - k) // s + 1 for n, k, s in zip(padded.shape[2:], KERNEL, STRIDE))
    return np.stack([padded[:, :, k:k + STRIDE[0] * (OH - 1) + 1:STRIDE[0], l:l + STRIDE[1] * (OW - 1) + 1:STRIDE[1]]
                     for k in range(KERNEL[0]) for l in range(KERNEL[1])], -1)


def scene(s):
    """All windows with a padding of minus infinity, the winners one-hot and where they lie, and each input element's sum by a plain "
      "loop."""
    values = windows_of(s.input, -np.inf)
    winners = values.argmax(-1)
    numbers = windows_of(np.arange(s.H * s.W, dtype=float).reshape(1, 1, s.H, s.W), -1.0)[0, 0].astype(int)
    where = np.take_along_axis(np.broadcast_to(numbers, values.shape), winners[..., None], -1)[..., 0]
    flat = np.zeros((s.N, s.C, s.H * s.W))
    for n, c, i, j in np.ndindex(winners.shape):
        flat[n, c, where[n, c, i, j]] += s.grad[n, c, i, j]
    onehot = np.eye(KERNEL[0] * KERNEL[1])[winners]
    grid = np.array([[[k, l] for l in range(KERNEL[1])] for k in range(KERNEL[0])]).reshape(-1, 2)
    k, l = grid[winners, 0], grid[winners, 1]
    i, j = np.indices(winners.shape[2:])
    first, units = s.input[0, 0], 1e-6 * np.eye(s.H * s.W).reshape(s.H * s.W, 1, s.H, s.W)
    moved = (windows_of(first + units, -np.inf).max(-1) - windows_of(first - units, -np.inf).max(-1))[:, 0] / 2e-6
    return {"values": values, "winners": winners, "where_won": where, "onehot": onehot, "gathered": flat.reshape(s.input.shape),
            "row_won": i * STRIDE[0] - PADDING[0] + k, "column_won": j * STRIDE[1] - PADDING[1] + l, "moved": moved,
            "wins": (where[0, 0] == np.arange(s.H * s.W)[:, None, None]) + 0.0, "windows_of": windows_of,
            "out_of": s.out.reshape(winners.shape),
            "place_of": s.place.reshape(winners.shape)}


def ties(values):
    """Many equal elements: whole numbers of a small range."""
    values["input"] = np.round(values["input"] % 3).astype(values["input"].dtype)


def negative(values):
    """Everything below zero: a padding of zeros would win."""
    values["input"] -= 100


def zeros_of_both_signs(values):
    """0 and -0 are equal: the first of them counts."""
    values["input"][...] = np.where(np.indices(values["input"].shape).sum(0) % 2, 0.0, -0.0)


def wins(study):
    """How many windows each element of one image wins."""
    from ...atlas.identities import names
    from ...atlas.plot import Plot
    s = names(study)
    won = np.bincount(np.bincount((np.arange(s["N"] * s["C"])[:, None] * s["H"] * s["W"]
                                   + s["where_won"].reshape(s["N"] * s["C"], -1)).reshape(-1), minlength=s["input"].size))
    plot = Plot("How many windows an element wins", "windows won", "elements")
    plot.bars(np.arange(len(won)), {"elements": (won, "ours")})
    return plot, (f"Of {won.sum():,} elements {won[0] / won.sum():.0%} win no window and get no gradient at all; one wins up to "
                  f"{len(won) - 1}, for the windows overlap, and gets the sum of their gradients.")


STUDY = Study(
    "nn.functional.max_pool2d",
    title="Maximum pooling", group="Convolution and pooling",
    lead="Each window gives its largest element; the gradient goes back to that element alone.",
    sizes={"N": 7, "C": 9, "H": 8, "W": 5}, extra_sizes={"OH": 3, "OW": 2, "N·C": 63}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.max_pool2d(input, KERNEL, STRIDE, PADDING, return_indices=True),
    functions={"max_pool2d": "Forward", "scan_windows": "Window by window", "max_pool2d_backward": "Backward",
               "give_windows": "To the winner of each window"},
    variables={
        "input": ("X", "input, as it was given"),
        "kernel_size": ("K", "height and width of the window"),
        "stride": ("s", "distance between two positions of the window"),
        "padding": ("p", "lines of padding on each side"),
        "dilation": ("d", "distance between two elements of the kernel, on the input"),
        "windows": (r"\mathcal{W}", "what each window has of the rows and of the columns"),
        "x": ("x", "input, as the kernel walks it", "one plane after the other"),
        "part": ("P", "what one window has of the planes"),
        "seen": ("S", "the elements of one window in a row, in reading order"),
        "at": ("a", "the place of the largest among them"),
        "best": ("m", "the largest element of one window"),
        "missing": (r"\nu", "whether it is nan"),
        "last": ("z", "the place of the last nan"),
        "place": (r"\pi", "position of the largest element in its window", "row times KW, plus column"),
        "out": ("Y", "output, as it is returned"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{out}_{ij} = \max_{k,l} \v{input}_{i\v{stride} + k - \v{padding},\ j\v{stride} + l - \v{padding}}",
             "out_of == values.max(-1)", note="outside of the input: minus infinity"),
        Line(r"\v{place}_{ij} = \min \{ k\,KW + l : \v{input}_{i\v{stride} + k - \v{padding},\ j\v{stride} + l - \v{padding}} = "
             r"\v{out}_{ij} \}",
             "place_of == (values == values.max(-1, keepdims=True)).argmax(-1)"),
    ),
    backward=(
        Line(r"\v{grad_input}_{uv} = \sum_{(i,j)\,:\ (u,v)\ \mathrm{wins}} \v{grad}_{ij}", "grad_input == gathered"),
    ),
    derivation=(
        Step("What a window sees",
             r"Window $(i, j)$ begins at row $i\v{stride} - \v{padding}$ and column $j\v{stride} - \v{padding}$. The padding must "
             r"never win, so it "
             r"counts as $-\infty$, the neutral element of the maximum; a padding of zeros would win over negative numbers. Ours does "
             r"not "
             r"even look at it: it cuts every window down to what lies inside. For that a window must have something inside, which is "
             r"why "
             r"the padding may be at most half of the window.",
             (Line(r"\v{out}_{ij} = \max_{k,l} \v{input}_{i\v{stride} + k - \v{padding},\ j\v{stride} + l - \v{padding}}",
                   "windows_of(input, -np.inf).max(-1) == out_of"),
              Line(r"\max(-\infty, \v{out}) = \v{out}", "maximum(-np.inf, out) == out"))),
        Step("The maximum as a choice",
             r"Let the winner of a window be one-hot: $\omega_{kl} = 1$ at the largest element, 0 elsewhere. The output is then a sum "
             r"in which "
             r"one term is left. Where all elements differ, a small change of the input changes no winner: near this input the "
             r"maximum is this linear function, and its derivative can be read off.",
             (Line(r"\v{out}_{ij} = \sum_{k,l} \omega_{kl}\,\v{input}_{i\v{stride} + k - \v{padding},\ j\v{stride} + l - \v{padding}}",
                   "out_of == (onehot * where(onehot > 0, values, 0)).sum(-1)"),
              Line(r"\frac{\partial \v{out}_{ij}}{\partial \v{input}_{uv}} = 1 \text{ if } (u,v) \text{ wins, else } 0",
                   "moved == wins", rtol=1e-6))),
        Step("Overlapping windows",
             r"Windows overlap where $\v{stride}$ is smaller than the window, and an element may win several. By the chain rule its "
             r"gradient is "
             r"the sum over all windows, each with its own zero or one. An element that wins nothing gets exactly zero.",
             (Line(r"\v{grad_input}_{uv} = \sum_{i,j} \v{grad}_{ij}\,\frac{\partial \v{out}_{ij}}{\partial \v{input}_{uv}}",
                   "gathered == grad_input"),
              Line(r"\sum_{u,v} \v{grad_input}_{uv} = \sum_{i,j} \v{grad}_{ij}", "grad_input.sum((2, 3)) == grad.sum((2, 3))"))),
        Step("What is kept",
             r"The winner is remembered as its position in the window, $\v{place} = k\,KW + l$: one byte an output for windows of up "
             r"to 256 "
             r"elements, where an index into the plane takes eight. The index that `return_indices` asks for follows from it.",
             (Line(r"k = \lfloor \v{place} / KW \rfloor,\quad l = \v{place} \bmod KW",
                   "stack([place_of // 4, place_of % 4]) == stack([winners // 4, winners % 4])"),
              Line(r"\mathrm{index}_{ij} = (i\v{stride} + k - \v{padding})\,W + (j\v{stride} + l - \v{padding})",
                   "row_won * W + column_won == where_won"))),
        Step("Ties and nan",
             r"Where two elements are equal, the maximum has a kink: from one side the first of them wins, from the other the second. "
             r"Every "
             r"split of the gradient between them is a subgradient; the convention is that the first in reading order gets all. (The "
             r"reduction `amax` splits evenly instead.) A nan is larger than everything, so that it is not lost, and of several the last "
             r"one counts: a comparison with nan is false, and the scan replaces the best whenever it meets another.",
             (Line(r"\max(x, x + \varepsilon) - x = \max(0, \varepsilon)",
                   "maximum(input, input + 1e-3) - input == maximum(0 * input, 1e-3)"),)),
    ),
    sources=(
        Source("Boureau, Ponce and LeCun (2010), A theoretical analysis of feature pooling in visual recognition",
               "https://dl.acm.org/doi/10.5555/3104322.3104338", "maximum against mean"),
        Source("Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning", "https://arxiv.org/abs/1603.07285",
               "section on pooling arithmetic: the output size"),
        Source("PyTorch documentation, max_pool2d", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.MaxPool2d.html", "the "
                                                                                                                            "contract"),
    ),
    edges=(Edge("ties", ties, "the first of the equal elements gets the gradient, in both"),
           Edge("all negative", negative, "the padding is minus infinity and never wins"),
           Edge("0 and -0", zeros_of_both_signs, "they are equal: the first counts, with its sign")),
    notes={"constant": "every window is one tie", "zeros": "every window is one tie", "all nan": "of several nan the last counts",
           "one element": "the padded input is smaller than a window of five rows"},
    order=1,
    alone={"return out, place": "ours writes into arrays that it was given"},
    conventions=(("Ties", "The first in reading order gets the whole gradient."), ("nan", "Wins; of several the last."),
                 ("Padding", "Minus infinity, at most half of the window."),
                 ("stride", "Left out it is the size of the window: windows that touch."),
                 ("Indices", "row · W + column in the plane of the input, without padding; int64. `max_unpool2d` reads them.")),
    differences=(("Kept", "One byte an output (the position in the window); PyTorch keeps the eight-byte index."),
                 ("Two ways", "Small windows are scanned position by position for all outputs at once; large ones, as here, window by "
                              "window. Both have the same bits.")),
    figures=(Figure(wins),),
    speed=({"N": 2, "C": 8, "H": 32, "W": 32},),
)
