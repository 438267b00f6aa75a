"""Folding: columns of windows added up to an image, each entry where its window would have looked."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from .conv_transpose2d import stamped
from .unfold import DILATION, KERNEL, PADDING, STRIDE, columns_of, matrix, places

OUTPUT = (11, 14)


def inputs(rng, N, C):
    """Columns of standard normal numbers: what 6 × 5 windows of 3 × 2 positions say of an image of 11 × 14."""
    return {"input": rng.standard_normal((N, C * 6, 30))}


def added(columns, H, W, **settings):
    """The definition, entry by entry: each is added to the element of the image that its window looks at."""
    where = places(H, W, **settings)
    N, C = len(columns), columns.shape[1] // len(where)
    columns = columns.reshape(N, C, *where.shape)
    y = np.zeros((N, C, H * W + 1), columns.dtype)
    for m, r in np.ndindex(where.shape):
        y[:, :, where[m, r]] += columns[:, :, m, r]       # the padding is -1, the last
    return y[:, :, :-1].reshape(N, C, H, W)


def bell(K):
    """The squares of a sine: K numbers of which those half a window apart add up to 1."""
    return np.sin(np.pi * (np.arange(K) + 0.5) / K) ** 2


def scene(s):
    """The folded image, the matrix of zeros and ones, an image and its windows, and filters of a transposed convolution."""
    from minitorch.kernels.unfolding import fold
    rng = np.random.RandomState(5)
    P = matrix(s.H, s.W)
    x = rng.standard_normal((s.N, s.C, s.H, s.W))
    tall = {"kernel": (4, 6), "stride": (2, 3), "padding": (0, 0), "dilation": (1, 1)}
    even = x[:, :, :10, :12]
    weights = np.outer(bell(4), bell(6)).reshape(1, 1, 24, 1)
    seen = columns_of(even, **tall)
    weight = rng.standard_normal((8, s.C, s.KH, s.KW))
    return {"P": P, "added": added, "columns_of": columns_of, "x": x, "copies": P.sum(0).reshape(s.H, s.W), "even": even, "tall": tall,
            "image": fold(s.input, output_size=OUTPUT, kernel_size=KERNEL, dilation=DILATION, padding=PADDING, stride=STRIDE),
            "flat_input": s.input.reshape(s.N, s.C, -1), "x1": s.input[:1, :6], "g1": s.grad[:1, :1], "bell": bell,
            "weighted": (weights * seen.reshape(s.N, s.C, 24, -1)).reshape(seen.shape), "weight": weight,
            "kernel": weight.reshape(8, -1), "small": rng.standard_normal((s.N, 8, s.OH, s.OW)), "stamped": stamped,
            "s": STRIDE, "p": PADDING, "d": DILATION}


def far(values):
    """A constant: the number of windows at each place shows."""
    values["input"] += 1000


def windows_that_sum_to_one(study):
    """Weights of overlapping windows along a line, and their sum."""
    from ...atlas.plot import Plot
    K, s, n = 8, 4, 24
    plot = Plot("Windows eight wide, half of that apart, weighted by the square of a sine", "place", "weight")
    total = np.zeros(n)
    for o in range((n - K) // s + 1):
        line = np.zeros(n)
        line[o * s:o * s + K] = bell(K)
        total += line
        if o in (1, 2):
            plot.line(np.arange(n), line, f"window {o}", "reference" if o == 1 else "third")
    plot.line(np.arange(n), total, "all windows", "ours")
    return plot, (f"Where two windows overlap, the weights add up to 1 (here to {total[s:-s].min():.6f} at least), so folding what was "
                  f"unfolded and weighted gives the image back; only the first and the last {s} places see a single window.")


STUDY = Study(
    "nn.functional.fold",
    title="Fold", group="Convolution and pooling",
    lead="Columns of windows are added up to an image, each entry where its window would have looked: the adjoint of unfold.",
    sizes={"N": 4, "C": 7}, extra_sizes={"H": 11, "W": 14, "KH": 3, "KW": 2, "OH": 6, "OW": 5, "C·KH·KW": 42, "OH·OW": 30}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.fold(input, OUTPUT, KERNEL, DILATION, PADDING, STRIDE),
    functions={"fold": "Forward", "fold_backward": "Backward", "unfold": "The gradient of every term",
               "window_places": "Where the windows look"},
    variables={
        "input": ("X", "input, as it was given", "(N, C · KH · KW, OH · OW); in the function unfold: the gradient that arrived"),
        "output_size": ("M", "height and width of the image that is made"),
        "kernel_size": ("K", "height and width of the window"),
        "stride": ("s", "distance between two positions of the window"),
        "padding": ("p", "lines of padding on each side", "what falls there is dropped"),
        "dilation": ("d", "distance between two elements of the kernel, on the input", "here: on the image"),
        "columns": (r"\mathcal{X}", "what each element of the kernel sees at each output position, as a matrix",
                    "(N, C, KH, KW, OH, OW): the input, in its parts"),
        "image": ("I", "the columns added up where they were copied from"),
        "row_taps": ("T_h", "for each row of the kernel: which windows see lines of the image there, and which lines"),
        "column_taps": ("T_w", "for each column of the kernel: which windows see columns of the image there, and which columns"),
        "out": ("Y", "output, as it is returned", "of the function unfold"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{image}_{ncuv} = \sum_{(k,l,i,j)\,\mapsto\,(u,v)} \v{input}_{n,\,(c,k,l),\,(i,j)}", "image == added(input, H, W)",
             note="is + kd - p = u and js + ld - p = v"),
    ),
    backward=(
        Line(r"\v{grad_input}_{n,\,(c,k,l),\,(i,j)} = \v{grad}_{n,\,c,\,i\v{stride} + k\v{dilation} - \v{padding},\ j\v{stride} + "
             r"l\v{dilation} - \v{padding}}", "grad_input == columns_of(grad)", note="in the padding: 0"),
    ),
    derivation=(
        Step("Where the entries go",
             r"""Column $(i, j)$ belongs to window $(i, j)$, which begins at row $i\v{stride} - \v{padding}$; its entry $(c, k, l)$ goes
             $k\v{dilation}$ rows further, and likewise across. What meets at a place is added; what falls into the padding is dropped.
             For one $(k, l)$ no two windows meet, for they are $\v{stride}$ apart: so all of them are added at once, one slice to
             another, $KH \cdot KW$ times.""",
             (Line(r"\v{image}_{ncuv} = \sum_{i\v{stride} + k\v{dilation} - \v{padding} = u}\ "
                   r"\sum_{j\v{stride} + l\v{dilation} - \v{padding} = v} \v{input}_{n,\,(c,k,l),\,(i,j)}",
                   "added(input, H, W) == image"),)),
        Step("A matrix turned over",
             r"""Unfolding copies: as a matrix it is $P$, zeros and ones, with a row for each entry of the columns and a column for each
             element of the image. Folding has the same ones: entry $r$ is copied from place $m$ there, and is added to it here. It adds
             up over $r$, so it multiplies by $P^\top$.""",
             (Line(r"\v{image}_{nc} = P^\top\,\v{input}_{nc}", "image.reshape(N, C, -1) == flat_input @ P"),)),
        Step("The gradient",
             r"""Each entry is a term of one place, with the factor 1, or of none. So its gradient is the gradient of that place, or 0:
             the backward reads what each window sees of the arriving gradient. That is `unfold`, a product with $P$.""",
             (Line(r"\frac{\partial \v{image}_{nc}}{\partial \v{input}_{nc}} = P^\top",
                   "jacobian(lambda z: added(z, H, W), x1).reshape(H * W, -1) == P.T"),
              Line(r"\v{grad_input}_{nc} = P\,\v{grad}_{nc}",
                   "gradient(lambda z: g1 * added(z, H, W), x1).reshape(-1) == P @ g1.reshape(-1) == grad_input[0, :6].reshape(-1)"))),
        Step("Fold after unfold",
             r"""Unfold an image and fold the columns: every element comes back as often as it was copied. $P^\top P$ has these numbers on
             its diagonal and nothing else. They do not depend on the image, so unfolding and folding ones tells them, and where none of
             them is 0 a division gives the image back. A 0 means that no window looks there, and what was there is lost.""",
             (Line(r"\mathrm{fold}(\mathrm{unfold}(x)) = \mathrm{fold}(\mathrm{unfold}(\mathbb{1})) \odot x",
                   "added(columns_of(x), H, W) == added(columns_of(x * 0 + 1), H, W) * x == copies * x"),)),
        Step("Overlap and add",
             r"""Or weigh the entries of each window before they are added, so that the weights that meet at a place sum to 1. Windows
             half of their size apart, with the square of a sine, do: half a window further the sine has become a cosine. So an image can
             be taken apart, changed window by window, and put together without seams; in audio this is how a spectrogram becomes sound.""",
             (Line(r"\sin^2 \frac{\pi (k + 1/2)}{K} + \sin^2 \frac{\pi (k + K/2 + 1/2)}{K} = 1",
                   "bell(6)[:3] + bell(6)[3:] == 1 + 0 * bell(3)"),
              Line(r"\mathrm{fold}(w \odot \mathrm{unfold}(x)) = x",
                   "added(weighted, 10, 12, **tall)[:, :, 2:-2, 3:-3] == even[:, :, 2:-2, 3:-3]",
                   note="where two windows meet along each side: 4 × 6, strides 2 and 3"))),
        Step("A transposed convolution",
             r"""Let the columns be a product of matrices, the filters turned over times the pixels of a small image. Folding them lays
             down a stamp for each pixel: that is a transposed convolution. As unfolding is the first half of a convolution, folding is
             the second half of its adjoint.""",
             (Line(r"\mathrm{fold}(W^\top x) = \mathrm{conv}^\top(x, W)",
                   "added(einsum('om,nop->nmp', kernel, small.reshape(N, 8, -1)), H, W) == stamped(small, weight, (0, 1), s, p, d)"),)),
    ),
    sources=(
        Source("Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning", "https://arxiv.org/abs/1603.07285",
               "the chapter on transposed convolution: the matrix turned over"),
        Source("Allen and Rabiner (1977), A unified approach to short-time Fourier analysis and synthesis",
               "https://doi.org/10.1109/PROC.1977.10770", "overlap and add"),
        Source("PyTorch documentation, Fold", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.Fold.html",
               "the contract; fold after unfold"),
    ),
    edges=(Edge("offset 1000", far, "every place is 1000 times the number of windows that meet there, 0 where there are none"),),
    notes={"constant": "counts how many windows meet", "one infinity": "dropped here: it falls into the padding",
           "one nan": "dropped here: it falls into the padding",
           "one element": "one image of one channel: only these sizes are free"},
    conventions=(("Rows", "Channels first, then rows and columns of the window: (c · KH + k) · KW + l."),
                 ("Sizes", "The number of columns must be the number of windows that fit the output size; it is not found from them, for "
                           "several sizes have the same number."),
                 ("Sum", "Not a mean: it is no inverse of `unfold` where windows overlap."),
                 ("Saved", "Nothing.")),
    differences=(("Order of sums", "Position by position of the window, in both: the same bits."),),
    figures=(Figure(windows_that_sum_to_one),),
    speed=({"N": 4, "C": 7}, {"N": 16, "C": 64}),
)
