"""Unfolding: what every window of an image sees, written out as columns of a matrix."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

KERNEL, DILATION, PADDING, STRIDE = (3, 2), (2, 2), (2, 1), (2, 3)


def inputs(rng, N, C, H, W):
    """Images of standard normal numbers."""
    return {"input": rng.standard_normal((N, C, H, W))}


def places(H, W, kernel=KERNEL, dilation=DILATION, padding=PADDING, stride=STRIDE):
    """Where each position of each window looks, as a number of the padded plane and as one of the plane (-1: padding): (KH·KW, OH·OW)."""
    padded = H + 2 * padding[0], W + 2 * padding[1]
    OH, OW = ((n - d * (k - 1) - 1) // s + 1 for n, k, d, s in zip(padded, kernel, dilation, stride))
    rows = np.arange(kernel[0])[:, None] * dilation[0] + np.arange(OH) * stride[0]
    cols = np.arange(kernel[1])[:, None] * dilation[1] + np.arange(OW) * stride[1]
    row, col = (np.broadcast_to(a, (kernel[0], kernel[1], OH, OW)).reshape(kernel[0] * kernel[1], OH * OW)
                for a in (rows[:, None, :, None] - padding[0], cols[None, :, None, :] - padding[1]))
    inside = (row >= 0) & (row < H) & (col >= 0) & (col < W)
    return np.where(inside, row * W + col, -1)


def columns_of(x, **settings):
    """The definition: an element of the image for each entry of the columns, 0 for the padding."""
    N, C, H, W = x.shape
    where = places(H, W, **settings)
    flat = np.concatenate([x.reshape(N, C, H * W), np.zeros((N, C, 1), x.dtype)], 2)
    return flat[:, :, where].reshape(N, C * where.shape[0], where.shape[1])


def matrix(H, W):
    """The columns of one plane as a matrix of zeros and ones times that plane: (KH·KW·OH·OW, H·W)."""
    where = places(H, W).reshape(-1)
    return (where[:, None] == np.arange(H * W)).astype(float)


def scene(s):
    """The matrix of zeros and ones, the gradient added up by a plain loop, and a convolution by the definition."""
    where = places(s.H, s.W)
    P = matrix(s.H, s.W)
    gathered = np.zeros((s.N, s.C, s.H * s.W))
    given = s.grad.reshape(s.N, s.C, *where.shape)
    for m, p in np.ndindex(where.shape):
        if where[m, p] >= 0:
            gathered[:, :, where[m, p]] += given[:, :, m, p]
    weight = np.random.RandomState(3).standard_normal((5, s.C, *KERNEL))
    padded = np.pad(s.input, ((0, 0), (0, 0), *((p, p) for p in PADDING)))
    convolved = sum(np.einsum("oc,ncij->noij", weight[:, :, k, l],
                              padded[:, :, k * DILATION[0]:, l * DILATION[1]:][:, :, :STRIDE[0] * (s.OH - 1) + 1:STRIDE[0],
                                                                               :STRIDE[1] * (s.OW - 1) + 1:STRIDE[1]])
                    for k, l in np.ndindex(*KERNEL))
    planes = s.input.reshape(s.N, s.C, s.H * s.W)
    first = [next(o for o in range(s.OH) if o * STRIDE[0] + k * DILATION[0] - PADDING[0] >= 0) for k in range(s.KH)]
    last = [max(o for o in range(s.OH) if o * STRIDE[0] + k * DILATION[0] - PADDING[0] < s.H) for k in range(s.KH)]
    return {"last": np.array(last), "P": P, "columns_of": columns_of, "where_from": where, "gathered": gathered.reshape(s.input.shape),
            "flat_input": planes,
            "given": s.grad.reshape(s.N, s.C, -1), "x1": s.input[:1, :1], "g1": s.grad[:1, :s.KH * s.KW], "kernel": weight.reshape(5, -1),
            "convolved": convolved.reshape(s.N, 5, -1), "first": np.array(first), "k": np.arange(s.KH),
            "s": STRIDE, "p": PADDING, "d": DILATION,
            "patches": s.input[:, :, :8, :12].reshape(s.N, s.C, 4, 2, 3, 4).transpose(0, 1, 3, 5, 2, 4).reshape(s.N, s.C * 8, 12)}


def far(values):
    """A constant far from zero: the padding shows."""
    values["input"] += 1000


def copies(study):
    """How much larger the columns are than the image."""
    from ...atlas.plot import Plot
    sizes = np.array([1, 2, 3, 5, 7])
    plot = Plot("Size of the columns, as a multiple of an image of 56 × 56", "height and width of the kernel", "times", logy=True)
    grown = {}
    for s, style in ((1, "ours"), (2, "third"), (4, "reference")):
        grown[s] = [(places(56, 56, (k, k), (1, 1), (k // 2, k // 2), (s, s)) >= -1).sum() / 56 ** 2 for k in sizes]
        plot.line(sizes, grown[s], f"stride {s}", style)
    return plot, (f"Every element is copied as often as windows see it. With stride 1 a kernel of 3 × 3 makes {grown[1][2]:.0f} copies, "
                  f"one of 7 × 7 makes {grown[1][4]:.0f}; stride 2 divides that by 4. This is why a convolution makes the columns of few "
                  f"images at a time, and again in the backward.")


STUDY = Study(
    "nn.functional.unfold",
    title="Unfold", group="Convolution and pooling",
    lead="What every window of an image sees, written out as the columns of a matrix: with them, a convolution is a product of matrices.",
    sizes={"N": 4, "C": 7, "H": 11, "W": 14}, extra_sizes={"KH": 3, "KW": 2, "OH": 6, "OW": 5, "C·KH·KW": 42, "OH·OW": 30},
    inputs=inputs,
    call=lambda torch, input: torch.nn.functional.unfold(input, KERNEL, DILATION, PADDING, STRIDE),
    functions={"unfold": "Forward", "unfold_backward": "Backward", "fold": "The sum of the copies",
               "window_places": "Where the windows look"},
    variables={
        "input": ("X", "input, as it was given", "in the function fold: the gradient that arrived"),
        "kernel_size": ("K", "height and width of the window"),
        "stride": ("s", "distance between two positions of the window"),
        "padding": ("p", "lines of padding on each side"),
        "dilation": ("d", "distance between two elements of the kernel, on the input"),
        "columns": (r"\mathcal{X}", "what each element of the kernel sees at each output position, as a matrix",
                    "(N, C, KH, KW, OH, OW) before it is flattened"),
        "out": ("Y", "output, as it is returned"),
        "row_taps": ("T_h", "for each row of the kernel: which windows see lines of the image there, and which lines"),
        "column_taps": ("T_w", "for each column of the kernel: which windows see columns of the image there, and which columns"),
        "output_size": ("M", "height and width of the image that is made"),
        "image": ("I", "the columns added up where they were copied from"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{out}_{n,\,(c,k,l),\,(i,j)} = \v{input}_{n,\,c,\,i\v{stride} + k\v{dilation} - \v{padding},\ j\v{stride} + "
             r"l\v{dilation} - \v{padding}}", "out == columns_of(input)", note="in the padding: 0"),
    ),
    backward=(
        Line(r"\v{grad_input}_{ncuv} = \sum_{(k,l,i,j)\,\mapsto\,(u,v)} \v{grad}_{n,\,(c,k,l),\,(i,j)}", "grad_input == gathered"),
    ),
    derivation=(
        Step("A copy for every look",
             r"""Window $(i, j)$ begins at row $i\v{stride} - \v{padding}$ and column $j\v{stride} - \v{padding}$, and its position $(k,
             l)$ looks $k\v{dilation}$ rows and $l\v{dilation}$ columns further. What it sees there is written into the row $(c, k, l)$
             and the column $(i, j)$ of the output: all windows side by side, each as one column. Nothing is computed; an element of the
             image stands in the columns as often as windows see it, and what lies in the padding is 0.""",
             (Line(r"\v{out}_{n,\,(c,k,l),\,(i,j)} = \v{input}_{n,\,c,\,i\v{stride} + k\v{dilation} - \v{padding},\ j\v{stride} + "
                   r"l\v{dilation} - \v{padding}}",
                   "out[:, 6 * 2 + 2 * 1 + 1, 3 * OW + 2] == input[:, 2, 3 * 2 + 1 * 2 - 2, 2 * 3 + 1 * 2 - 1]",
                   note="here c = 2, k = 1, l = 1, i = 3, j = 2"),)),
        Step("Slices, not looks",
             r"""Fix a position $(k, l)$. Its looks lie on a grid, $\v{stride}$ apart, so all of them are one slice of the image: $KH
             \cdot KW$ copies of slices are all that is done. The padding is never made. Which windows see a line of the image with row
             $k$? Those with $0 \le i\v{stride} + k\v{dilation} - \v{padding} < H$, and solved for $i$ that is an interval
             ($\v{row_taps}$; for columns $\v{column_taps}$). The other windows keep the 0 that they had.""",
             (Line(r"i_{\mathrm{first}} = \max\big(0,\ \lceil (\v{padding} - k\v{dilation}) / \v{stride} \rceil\big)",
                   "first == maximum(0, np.ceil((p[0] - k * d[0]) / s[0]))"),
              Line(r"i_{\mathrm{last}} = \min\big(OH - 1,\ \lfloor (H - 1 + \v{padding} - k\v{dilation}) / \v{stride} \rfloor\big)",
                   "last == minimum(OH - 1, np.floor((H - 1 + p[0] - k * d[0]) / s[0]))"))),
        Step("A matrix of zeros and ones",
             r"""Copying is linear. Lay a channel of the image out as a vector $x$ and its columns as a vector too: the second is a matrix
             $P$ times the first. A row of $P$ has a single 1, where its entry was copied from, or none if that was padding. A column of
             $P$ has as many ones as there are copies of its element.""",
             (Line(r"\v{out}_{nc} = P\,\v{input}_{nc}", "out.reshape(N, C, -1) == flat_input @ P.T"),
              Line(r"\sum_m P_{rm} = 1 \text{ or } 0", "P.sum(1) == (where_from.reshape(-1) >= 0)"))),
        Step("Why: a convolution becomes a product",
             r"""A convolution sums, for each filter and window, the filter's elements times what the window sees. With the filters as the
             rows of a matrix $W$, in the order $(c, k, l)$, and the windows as columns, that is the product of the two. Such a product is
             what processors do best, and its gradients are products again.""",
             (Line(r"\mathrm{conv}(\v{input}, W) = W\,\v{out}", "convolved == kernel @ out", note="five filters, same settings"),)),
        Step("The gradient",
             r"""Each entry of the output is one element of the image, so its derivative by that element is 1 and by all others 0: it is
             $P$. By the chain rule an element collects the gradients of all its copies, and that is the product with $P$ turned over.
             What arrives at copies of the padding goes nowhere.""",
             (Line(r"\frac{\partial \v{out}_{nc}}{\partial \v{input}_{nc}} = P",
                   "jacobian(columns_of, x1).reshape(KH * KW * OH * OW, H * W) == P"),
              Line(r"\v{grad_input}_{nc} = P^\top\,\v{grad}_{nc}",
                   "gradient(lambda z: g1 * columns_of(z), x1).reshape(-1) == g1.reshape(-1) @ P == grad_input[0, 0].reshape(-1)"),
              Line(r"\v{grad_input} = \mathrm{fold}(\v{grad})", "(given @ P).reshape(N, C, H, W) == gathered == grad_input"))),
        Step("The two undo each other's derivative",
             r"""So the backward of `unfold` is `fold`. The backward of `fold` multiplies by $P$ again: it is `unfold`. Neither keeps
             anything but sizes, and derivatives of any order go back and forth between the two. In an inner product one may be moved to
             the other side as the other. They are not inverse, though: $P^\top P$ is diagonal, and counts copies.""",
             (Line(r"\langle \mathrm{unfold}(\v{input}),\ \v{grad} \rangle = \langle \v{input},\ \mathrm{fold}(\v{grad}) \rangle",
                   "np.ravel((out * grad).sum()) == np.ravel((input * grad_input).sum())"),
              Line(r"P^\top P = \mathrm{diag}(\mathrm{copies})", "P.T @ P == np.diag(P.sum(0))"))),
        Step("Windows that touch",
             r"""If the stride is the size of the window, and the windows fill the image, every element is copied once. Then nothing is
             left but another order: the columns are the image in patches, as vision transformers cut it, and a reshape and a transpose do
             the same.""",
             (Line(r"\v{out} = \mathrm{reshape}(\mathrm{transpose}(\mathrm{reshape}(\v{input})))",
                   "columns_of(input[:, :, :8, :12], kernel=(2, 4), stride=(2, 4), padding=(0, 0), dilation=(1, 1)) == patches",
                   note="patches of 2 × 4"),)),
    ),
    sources=(
        Source("Chellapilla, Puri and Simard (2006), High performance convolutional neural networks for document processing",
               "https://inria.hal.science/inria-00112631", "unrolling the convolution into a product of matrices"),
        Source("Dosovitskiy et al. (2020), An image is worth 16x16 words", "https://arxiv.org/abs/2010.11929",
               "section 3.1: an image as a sequence of flattened patches"),
        Source("PyTorch documentation, Unfold", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.Unfold.html", "the contract"),
    ),
    edges=(Edge("offset 1000", far, "the zeros of the padding stand out"),),
    notes={"one infinity": "in all of its copies, of which there are none here: this stride skips column 0",
           "one nan": "in all of its copies, of which there are none here",
           "constant": "with zeros where windows look into the padding", "one element": "every window looks into the padding"},
    conventions=(("Rows", "Channels first, then rows and columns of the window: (c · KH + k) · KW + l."),
                 ("Columns", "Windows in reading order: i · OW + j."),
                 ("Not `Tensor.unfold`", "That one gives windows along one dimension as a view, without copies."),
                 ("Settings", "In the order `kernel_size, dilation, padding, stride`, unlike in `conv2d`."),
                 ("Saved", "Nothing but the shape of the input.")),
    differences=(("Convolutions", "PyTorch's convolutions, and ours, do not call this: they make the columns of few images at a time, in "
                                  "an order of their own."),),
    figures=(Figure(copies),),
    speed=({"N": 2, "C": 8, "H": 32, "W": 32},),
)
