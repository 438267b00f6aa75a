"""Transposed convolution: the gradient of a convolution used as a forward, so that images grow."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from .conv2d import correlation, turn

STRIDE, PADDING, EXTRA, DILATION = (2, 3), (1, 2), (1, 0), (1, 2)


def inputs(rng, N, O, C, KH, KW, OH, OW):
    """N images of O channels, C filters for each of them with KH times KW elements, and a bias for each of the C planes that come out."""
    return {"input": rng.standard_normal((N, O, OH, OW)), "weight": rng.standard_normal((O, C, KH, KW)) / 4,
            "bias": 0.3 * rng.standard_normal(C)}


def stamped(x, w, extra=EXTRA, s=STRIDE, p=PADDING, d=DILATION):
    """The definition: each element of x times its filters, added up where they lie, and p lines cut off all around."""
    (OH, OW), (KH, KW) = x.shape[2:], w.shape[2:]
    sides = [t * (n - 1) + e * (k - 1) + 1 + more for t, n, e, k, more in zip(s, (OH, OW), d, (KH, KW), extra)]
    y = np.zeros((len(x), w.shape[1], *sides), np.result_type(x, w))
    for k in range(KH):
        for l in range(KW):
            y[:, :, k * d[0]:k * d[0] + s[0] * (OH - 1) + 1:s[0], l * d[1]:l * d[1] + s[1] * (OW - 1) + 1:s[1]] += np.einsum(
                "oc,noij->ncij", w[:, :, k, l], x)
    return y[:, :, p[0]:sides[0] - p[0], p[1]:sides[1] - p[1]]


def element_by_element(x, w, H, W):
    """The same for every place of the output by itself: all (i, k) and (j, l) that arrive there."""
    y = np.zeros((w.shape[1], H, W))
    (s, t), (p, q), (d, e) = STRIDE, PADDING, DILATION
    for i, j, k, l in np.ndindex(*x.shape[1:], *w.shape[2:]):
        u, v = i * s + k * d - p, j * t + l * e - q
        if 0 <= u < H and 0 <= v < W:
            y[:, u, v] += w[:, :, k, l].T @ x[:, i, j]
    return y


def stretched(x, s):
    """Zeros between the elements: s - 1 after each but the last."""
    y = np.zeros((*x.shape[:2], *(t * (n - 1) + 1 for t, n in zip(s, x.shape[2:]))), x.dtype)
    y[:, :, ::s[0], ::s[1]] = x
    return y


def arrivals(n, K, s, d=1):
    """How many elements of the input reach each place of a line, before anything is cut off."""
    seen = np.zeros(s * (n - 1) + d * (K - 1) + 1)
    for k in range(K):
        seen[k * d:k * d + s * (n - 1) + 1:s] += 1
    return seen


def scene(s):
    """The definition in two ways, the convolution with the same settings, the columns, and one image."""
    around = [(d * (k - 1) - p, d * (k - 1) - p + more) for d, k, p, more in zip(DILATION, (s.KH, s.KW), PADDING, EXTRA)]
    zeros_between = np.pad(stretched(s.input, STRIDE), ((0, 0), (0, 0), *around))
    columns = s.kernel[0].T @ s.grad_rows[0]
    added = np.zeros((s.N, s.C, s.H + 2 * PADDING[0] - EXTRA[0], s.W + 2 * PADDING[1] - EXTRA[1]))
    parts = columns.reshape(s.KH, s.C, s.KW, s.OH, s.N, s.OW)
    for k, l in np.ndindex(s.KH, s.KW):
        down, across = k * DILATION[0], l * DILATION[1]
        added[:, :, down:down + STRIDE[0] * (s.OH - 1) + 1:STRIDE[0],
              across:across + STRIDE[1] * (s.OW - 1) + 1:STRIDE[1]] += parts[k, :, l].transpose(2, 0, 1, 3)
    folded = np.zeros((s.N, s.C, s.H, s.W))
    kept = added[:, :, PADDING[0]:, PADDING[1]:][:, :, :s.H, :s.W]
    folded[:, :, :kept.shape[2], :kept.shape[3]] = kept
    return {"stamped": stamped, "element_by_element": element_by_element, "correlation": correlation, "turn": turn,
            "s": STRIDE, "p": PADDING, "d": DILATION, "extra": EXTRA, "x1": s.input[:1], "g1": s.grad[:1], "folded": folded,
            "columns": columns, "zeros_between": zeros_between, "arrivals": arrivals,
            "out": s.out + s.bias[:, None, None],     # the code adds the bias in place
            "x_rows": s.input.transpose(1, 2, 0, 3).reshape(s.O, -1),
            "sizes_in": np.array([(H + 2 * 1 - 1 * 2 - 1) // 2 + 1 for H in (s.H - 1, s.H)])}


def far(values):
    """A constant that the kernel's overlaps make visible."""
    values["input"] += 1000


def checkerboard(study):
    """How many elements arrive at each place of a line."""
    from ...atlas.plot import Plot
    plot = Plot("Elements that arrive at each place of the output", "place", "elements")
    counts = {}
    for (K, s), style in zip(((3, 2), (4, 2), (3, 1)), ("reference", "ours", "third")):
        counts[K, s] = arrivals(9, K, s)[:17]
        plot.line(np.arange(len(counts[K, s])), counts[K, s], f"{K} wide, stride {s}", style)
    middle = {key: sorted(set(seen[4:10].astype(int))) for key, seen in counts.items()}
    low, high = middle[3, 2]
    return plot, (f"Three wide with stride 2, places get {low} or {high} elements by turns, in two dimensions {low ** 2}, {low * high} or "
                  f"{high ** 2}: the checkerboard. Where the stride divides the width, as 2 does 4, all inner places get the same number "
                  f"({middle[4, 2][0]}).")


STUDY = Study(
    "nn.functional.conv_transpose2d",
    title="Transposed convolution", group="Convolution and pooling",
    lead="Each element of the input stamps its filters on the output, a stride apart, and where stamps overlap they add up: what a "
         "convolution's backward does, as a forward.",
    sizes={"N": 4, "O": 8, "C": 7, "KH": 3, "KW": 2, "OH": 5, "OW": 6},
    extra_sizes={"H": 10, "W": 14, "KH·C·KW": 42, "OH·N·OW": 120}, inputs=inputs,
    call=lambda torch, input, weight, bias: torch.nn.functional.conv_transpose2d(input, weight, bias, STRIDE, PADDING, EXTRA, 1, DILATION),
    functions={"conv_transpose2d": "Forward", "conv_transpose2d_backward": "Backward",
               "products": "What both use: by the columns", "correlate": "The convolution"},
    variables={
        "input": ("X", "input, as it was given", "(N, O, OH, OW): named as the output of the convolution whose adjoint this is"),
        "weight": ("W", "filters", "(O, C / groups, KH, KW), as the convolution from C to O channels has them"),
        "bias": ("b", "one number for each filter, added to its plane", "here for each of the C planes"),
        "stride": ("s", "distance between two positions of the window"),
        "padding": ("p", "lines of padding on each side", "here: cut off"),
        "output_padding": ("e", "lines at the end that are not cut off"),
        "dilation": ("d", "distance between two elements of the kernel, on the input", "here: on the output"),
        "groups": ("G", "groups of channels that do not see each other"),
        "like": ("Y", "stands for the output: only its shape counts"),
        "kernel": ("K", "the filters as the rows of a matrix", "row by row of the kernel, then channels, then columns"),
        "columns": (r"\mathcal{X}", "what each element of the kernel sees at each output position, as a matrix"),
        "rows": ("R", "outputs of each filter as a row"),
        "planes": ("P", "the rows as planes, images inside", "(O, OH, N, OW)"),
        "out": ("Y", "output, as it is returned"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given", "in the function products: what stands in its place"),
        "grad_rows": (r"\bar{R}", "gradient at the rows of outputs", "here the input itself, as rows"),
        "grad_kernel": (r"\bar{K}", "gradient of the matrix of filters"),
        "grad_weight": (r"\bar{W}", "gradient of the filters"),
        "grad_bias": (r"\bar{b}", "gradient of the bias"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{out}_{ncuv} = \v{bias}_c + \sum_{o} \sum_{i\v{stride} + k\v{dilation} - \v{padding} = u}\ "
             r"\sum_{j\v{stride} + l\v{dilation} - \v{padding} = v} \v{weight}_{ockl}\,\v{input}_{noij}",
             "out == stamped(input, weight) + bias[:, None, None]"),
        Line(r"\v{out} = \v{bias} + \mathrm{fold}(\v{kernel}^\top\,\v{grad_rows})", "out == folded + bias[:, None, None]",
             note="grad_rows: the input, as rows"),
    ),
    backward=(
        Line(r"\v{grad_bias}_c = \sum_{n,u,v} \v{grad}_{ncuv}", "grad_bias == grad.sum((0, 2, 3))"),
        Line(r"\v{grad_input} = \mathrm{conv}(\v{grad}, \v{weight})", "grad_input == correlation(grad, weight, s, p, d)"),
        Line(r"\v{grad_kernel} = \mathrm{rows}(\v{input})\,\v{columns}(\v{grad})^\top",
             "grad_weight == gradient(lambda z: grad * stamped(input, z), weight)"),
    ),
    derivation=(
        Step("Stamps",
             r"Give every element of the input a place on the output, $\v{stride}$ apart. There it lays down its filters, each element "
             r"$(k, l)$ $\v{dilation}$ away from the last; what lies on one place is added. At last $\v{padding}$ lines are cut off on "
             r"every side. Read from the output, place $u$ gets what satisfies $i\v{stride} + k\v{dilation} - \v{padding} = u$. A "
             r"convolution has the same equation, and reads it the other way: there $u$ is where window $i$ looks.",
             (Line(r"\v{out}_{ncuv} - \v{bias}_c = \sum_{(i,k)\,\mapsto\,u}\ \sum_{(j,l)\,\mapsto\,v}\ \sum_o "
                   r"\v{weight}_{ockl}\,\v{input}_{noij}", "out[0] - bias[:, None, None] == element_by_element(input[0], weight, H, W)"),)),
        Step("It is the transpose of a convolution",
             r"A convolution is linear, so it is a matrix $M$, with a row for each element of its output $z * W$ and a column for each "
             r"element of its input $z$. The entry is $\v{weight}_{ockl}$ where window $i$ looks at $u$ with $k$, else 0. The sum above "
             r"has the same entries, and adds up over the rows: it multiplies by $M^\top$. So the two are adjoint: an inner product does "
             r"not change when one is moved to the other side as the other.",
             (Line(r"\v{out} - \v{bias} = M^\top \v{input},\quad M = \frac{\partial\,\mathrm{conv}(z, \v{weight})}{\partial z}",
                   "einsum('oijcuv,oij->cuv', jacobian(lambda z: correlation(z, weight, s, p, d)[0], np.zeros((1, C, H, W)))"
                   "[:, :, :, 0], input[0]) == out[0] - bias[:, None, None]"),
              Line(r"\langle \mathrm{conv}(\v{grad}, \v{weight}),\ \v{input} \rangle = \langle \v{grad},\ \v{out} - \v{bias} \rangle",
                   "np.ravel((correlation(grad, weight, s, p, d) * input).sum()) == np.ravel((grad * (out - bias[:, None, "
                   "None])).sum())"))),
        Step("So the code is there already",
             r"The backward of a convolution multiplies by $M^\top$: it makes the gradient of the columns, $\v{kernel}^\top$ times the "
             r"rows, and adds every entry to the place that it is a copy of. Here the input takes the gradient's place. That is why the "
             r"names are those of the convolution: our input has $O$ channels and $OH \times OW$ places, our output $C$ channels and "
             r"$H \times W$, and the weight is the very same for both.",
             (Line(r"\v{columns} = \v{kernel}^\top\,\v{grad_rows}", "kernel[0].T @ x_rows == columns"),
              Line(r"\v{out} = \v{bias} + \mathrm{fold}(\v{columns})", "stamped(input, weight) + bias[:, None, None] == "
                   "folded + bias[:, None, None] == out"))),
        Step("The gradient of the input",
             r"The transpose of $M^\top$ is $M$: the gradient of the input is the convolution of the arriving gradient, with the same "
             r"stride, padding and dilation. No case is special; what the output padding added is looked at by the last windows or by "
             r"none.",
             (Line(r"\v{grad_input}_{noij} = \sum_{c,k,l} \v{weight}_{ockl}\,\v{grad}_{n,\,c,\,i\v{stride} + k\v{dilation} - \v{padding},"
                   r"\,j\v{stride} + l\v{dilation} - \v{padding}}",
                   "gradient(lambda z: g1 * stamped(z, weight), x1) == correlation(g1, weight, s, p, d) == grad_input[:1]"),)),
        Step("The gradient of the filters",
             r"The loss changes with $\v{weight}$ as $\langle \v{grad}, M^\top \v{input} \rangle = \langle M \v{grad}, \v{input} \rangle$. "
             r"The right side is the loss of a convolution whose input is $\v{grad}$ and at whose output the gradient $\v{input}$ arrives. "
             r"Its gradient of the filters is known: the rows of the one times the columns of the other. The bias enters every place once.",
             (Line(r"\v{grad_weight}_{ockl} = \sum_{n,i,j} \v{input}_{noij}\,\v{grad}_{n,\,c,\,i\v{stride} + k\v{dilation} - \v{padding},"
                   r"\,j\v{stride} + l\v{dilation} - \v{padding}}",
                   "gradient(lambda z: grad * stamped(input, z), weight) == gradient(lambda z: input * correlation(grad, z, s, p, d), "
                   "weight) == grad_weight"),
              Line(r"\v{grad_bias}_c = \sum_{n,u,v} \v{grad}_{ncuv}",
                   "gradient(lambda z: grad * z[:, None, None], bias) == grad.sum((0, 2, 3)) == grad_bias"))),
        Step("How large the output is",
             r"The last element sits at $\v{stride}\,(OH - 1)$, its stamp is $\v{dilation}\,(KH - 1) + 1$ long, and $2\v{padding}$ lines "
             r"are cut off. But a convolution with a stride rounds down: up to $\v{stride}$ sizes of its input lead to the same $OH$, and "
             r"its adjoint has to be told which one is meant. $\v{output_padding}$ says so. It pads nothing with zeros: it cuts less off "
             r"at the end, so if there is anything on these lines it is kept.",
             (Line(r"H = \v{stride}\,(OH - 1) + \v{dilation}\,(KH - 1) + 1 - 2\v{padding} + \v{output_padding}",
                   "np.array(stamped(input, weight).shape[2:]) == np.array(s) * (np.array([OH, OW]) - 1) + np.array(d) * "
                   "(np.array([KH, KW]) - 1) + 1 - 2 * np.array(p) + np.array(extra) == np.array(out.shape[2:])"),
              Line(r"OH = \lfloor (H + 2\v{padding} - \v{dilation}\,(KH - 1) - 1) / \v{stride} \rfloor + 1",
                   "sizes_in == np.array([OH, OH])", note="of 9 rows as of 10"))),
        Step("Zeros between, and then a convolution",
             r"The same numbers come from setting $\v{stride} - 1$ zeros between the elements of the input and convolving, by steps of "
             r"one, with the kernel turned by 180°, at the padding $\v{dilation}\,(KH - 1) - \v{padding}$. Most products are then with "
             r"zeros; only for stride 1 there are none, and there ours goes this way, if it is less work. Under `create_graph` the "
             r"definition in primitive operations goes it always.",
             (Line(r"\v{out} - \v{bias} = \mathrm{corr}\big(\mathrm{stretch}_s(\v{input}),\ \mathrm{turn}(\v{weight})\big)",
                   "correlation(zeros_between, turn(weight), d=d) == stamped(input, weight) == out - bias[:, None, None]"),)),
        Step("The checkerboard",
             r"How many elements arrive at a place? As many as there are $k$ with $u + \v{padding} - k\v{dilation}$ divisible by "
             r"$\v{stride}$. If the stride does not divide the width of the kernel, neighbours get different numbers, and an even input "
             r"comes out patterned. If it does, all inner places get $K / \v{stride}$, each from other elements of the kernel.",
             (Line(r"\#\{ k\ :\ k \equiv u\ \mathrm{mod}\ \v{stride} \} = K / \v{stride}",
                   "arrivals(9, 4, 2)[4:-4] == 4 / 2 + 0 * arrivals(9, 4, 2)[4:-4]",
                   note="4 wide, stride 2, inside; dilation 1, no padding"),
              Line(r"\#\{ k\ :\ k \equiv u\ \mathrm{mod}\ \v{stride} \} = 1, 2, 1, 2, \ldots",
                   "arrivals(9, 3, 2)[3:7] == np.array([1, 2, 1, 2])",
                   note="3 wide, stride 2"))),
    ),
    sources=(
        Source("Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning", "https://arxiv.org/abs/1603.07285",
               "relation 14, and the chapter on transposed convolution: the matrix, its transpose, the output sizes"),
        Source("Odena, Dumoulin and Olah (2016), Deconvolution and checkerboard artifacts", "https://distill.pub/2016/deconv-checkerboard/",
               "uneven overlap"),
        Source("PyTorch documentation, conv_transpose2d",
               "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.conv_transpose2d.html", "the contract"),
    ),
    edges=(Edge("offset 1000", far, "the overlaps show: every output is 1000 times the sum of the kernel's elements that arrive there"),),
    notes={"zeros": "what is left is the bias", "one infinity": "infinity times a weight, in every place that its stamp covers",
           "one nan": "nan wherever its stamp lies, and in the gradient of its channel's filters",
           "constant": "patterned: this stride does not divide this kernel", "size 0": "no images, no gradients: zeros",
           "one element": "a stamp of one element, of which the padding cuts off more than all: both refuse"},
    mutants=(("(p, p - extra)", "(p - extra, p)", "output padding at the wrong end"),
             ("s * (n - 1) + d * (k - 1) + 1 - before", "d * (n - 1) + s * (k - 1) + 1 - before", "stride and dilation exchanged")),
    alone={"if not needs_input": "gradients that nobody asks for are not computed", "return None, None": "the answer in that case",
           "if not may_share_memory": "the product of a single image is written where it belongs"},
    conventions=(("Weight", "(in, out / groups, KH, KW): the input's channels first, as the convolution back would have it."),
                 ("Output padding", "Smaller than the stride or the dilation; lines that are kept, not zeros that are added."),
                 ("Padding", "Cuts off: a larger one makes the output smaller. There is no 'same' and no 'valid'."),
                 ("Settings", "`groups` comes before `dilation`, unlike in `conv2d`."),
                 ("Saved", "The input and the weight.")),
    differences=(("Order of sums", "PyTorch hands the sum to oneDNN; ours folds a product of BLAS. The two differ by rounding."),
                 ("float16", "Summed in float32 here, then rounded once.")),
    figures=(Figure(checkerboard),),
    speed=({"N": 2, "O": 8, "C": 8, "KH": 4, "KW": 4, "OH": 16, "OW": 16},),
)
