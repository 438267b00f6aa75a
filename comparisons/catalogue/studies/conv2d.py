"""Convolution: one small kernel at every position, and why its gradient is a convolution again."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

PADDING, DILATION = 1, (2, 1)


def inputs(rng, N, C, O, KH, KW, H, W):
    """N images of C channels, O filters of KH times KW elements that are near their usual size, and a bias each."""
    return {"input": rng.standard_normal((N, C, H, W)), "weight": rng.standard_normal((O, C, KH, KW)) / 5,
            "bias": 0.3 * rng.standard_normal(O)}


def correlation(x, w, s=(1, 1), p=(0, 0), d=(1, 1)):
    """The definition: a sum over channels and over the elements of the kernel, at every output position."""
    KH, KW = w.shape[2:]
    padded = np.zeros((*x.shape[:2], x.shape[2] + 2 * p[0], x.shape[3] + 2 * p[1]), np.result_type(x, w))
    padded[:, :, p[0]:p[0] + x.shape[2], p[1]:p[1] + x.shape[3]] = x
    OH, OW = ((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(padded.shape[2:], (KH, KW), s, d))
    y = 0
    for k in range(KH):
        for l in range(KW):
            seen = padded[:, :, k * d[0]:k * d[0] + s[0] * (OH - 1) + 1:s[0], l * d[1]:l * d[1] + s[1] * (OW - 1) + 1:s[1]]
            y = y + np.einsum("oc,ncij->noij", w[:, :, k, l], seen)
    return y


def turn(w):
    """A kernel turned by half a turn, inputs and outputs exchanged."""
    return w.swapaxes(0, 1)[..., ::-1, ::-1]


def stretched(g, s, H, W):
    """Zeros between the elements of a gradient, s - 1 after each, in an array of H by W."""
    out = np.zeros((*g.shape[:2], H, W), g.dtype)
    out[:, :, ::s[0], ::s[1]] = g
    return out


def scene(s):
    """The convolution as a function, one image of it, the columns, and the same with a stride and with groups."""
    p, d = (PADDING, PADDING), DILATION
    x1, g1 = s.input[:1], s.grad[:1]
    ones = np.eye(s.C * s.KH * s.KW).reshape(s.C * s.KH * s.KW, s.C, s.KH, s.KW)           # each sees one element of the kernel
    order = np.arange(s.C * s.KH * s.KW).reshape(s.C, s.KH, s.KW).swapaxes(0, 1).reshape(-1)
    columns = correlation(s.input, ones[order], p=p, d=d).transpose(1, 2, 0, 3).reshape(s.C * s.KH * s.KW, -1)
    reach = ((s.KH - 1) * d[0], (s.KW - 1) * d[1])
    x2 = s.input[:1, :, :9, :5]                       # with the stride (2, 3): OH = (9 + 2 - 4 - 1) // 2 + 1, OW = (5 + 2 - 1 - 1) // 3 + 1
    y2 = correlation(x2, s.weight, (2, 3), p, d)
    g2 = s.grad[:1, :, :y2.shape[2], :y2.shape[3]]
    wide = stretched(g2, (2, 3), 9 + 2 * p[0] - reach[0], 5 + 2 * p[1] - reach[1])
    return {"correlation": correlation, "turn": turn, "p": p, "d": d, "x1": x1, "g1": g1, "columns": columns,
            "grad_columns": s.kernel[0].T @ s.grad_rows[0],
            "folded_image": gradient_of_copy(s, p, d), "reach": reach, "q": (reach[0] - p[0], reach[1] - p[1]),
            "x2": x2, "g2": g2, "wide": wide, "grouped": grouped(s, p, d), "half": (s.input[:, :2], s.input[:, 2:])}


def gradient_of_copy(s, p, d):
    """Each entry of the columns' gradient added to the element of the input that it is a copy of, by a plain loop."""
    given = (s.kernel[0].T @ s.grad_rows[0]).reshape(s.KH, s.C, s.KW, s.OH, s.N, s.OW)
    padded = np.zeros((s.N, s.C, s.H + 2 * p[0], s.W + 2 * p[1]))
    for k in range(s.KH):
        for l in range(s.KW):
            padded[:, :, k * d[0]:k * d[0] + s.OH, l * d[1]:l * d[1] + s.OW] += given[k, :, l].transpose(2, 0, 1, 3)
    return padded[:, :, p[0]:p[0] + s.H, p[1]:p[1] + s.W]


def grouped(s, p, d):
    """A kernel for two groups as one for all channels: zero wherever output and input belong to different groups."""
    full = s.weight[:4].copy()
    full[:2, 2:] = full[2:, :2] = 0
    return full


def far(values):
    """A border that the padding makes visible."""
    values["input"] += 1000


def borders(study):
    """Through how many windows the gradient reaches each position of a line."""
    from ...atlas.plot import Plot
    size, K = 16, 3
    plot = Plot("How often each position of a line is seen by a kernel of three", "position", "windows that see it")
    counts = {}
    for (s, p, d), style in zip(((1, 0, 1), (1, 1, 1), (2, 1, 1)), ("reference", "ours", "third")):
        OH = (size + 2 * p - d * (K - 1) - 1) // s + 1
        seen = [sum(0 <= i + p - k * d < s * OH and (i + p - k * d) % s == 0 for k in range(K)) for i in range(size)]
        counts[s, p] = seen
        plot.line(np.arange(size), seen, f"stride {s}, padding {p}", style)
    return plot, (f"With stride 1 and no padding the outer positions are seen {counts[1, 0][0]} and {counts[1, 0][1]} times instead "
                  f"of 3; "
                  f"padding 1 raises the first to {counts[1, 1][0]}. With stride 2 the counts alternate between {counts[2, 1][4]} and "
                  f"{counts[2, 1][5]}: the checkerboard that strided convolutions leave in their input's gradient.")


STUDY = Study(
    "nn.functional.conv2d",
    title="Convolution", group="Convolution and pooling",
    lead="One small kernel is laid over the input at every position; each output is the sum of products of what lies below it.",
    sizes={"N": 6, "C": 4, "O": 5, "KH": 3, "KW": 2, "H": 11, "W": 7},
    extra_sizes={"OH": 9, "OW": 8, "KH·C·KW": 24, "OH·N·OW": 432}, inputs=inputs,
    call=lambda torch, input, weight, bias: torch.nn.functional.conv2d(input, weight, bias, padding=PADDING, dilation=DILATION),
    functions={"conv2d": "Forward", "correlate": "The sum, as a product of matrices", "conv2d_backward": "Backward",
               "products": "Gradients by the columns", "turned": "The turned kernel"},
    variables={
        "input": ("X", "input, as it was given"),
        "weight": ("W", "filters", "(O, C / groups, KH, KW)"),
        "bias": ("b", "one number for each filter, added to its plane"),
        "stride": ("s", "distance between two positions of the window"),
        "padding": ("p", "lines of padding on each side"),
        "dilation": ("d", "distance between two elements of the kernel, on the input"),
        "groups": ("G", "groups of channels that do not see each other"),
        "kernel": ("K", "the filters as the rows of a matrix", "row by row of the kernel, then channels, then columns"),
        "columns": (r"\mathcal{X}", "what each element of the kernel sees at each output position, as a matrix"),
        "rows": ("R", "outputs of each filter as a row"),
        "planes": ("P", "the rows as planes, images inside", "(O, OH, N, OW)"),
        "out": ("Y", "output, as it is returned"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "turn": (r"\tau", "whether the turned kernel is used for the gradient of the input"),
        "grad_rows": (r"\bar{R}", "gradient at the rows of outputs"),
        "grad_kernel": (r"\bar{K}", "gradient of the matrix of filters"),
        "grad_columns": (r"\bar{\mathcal{X}}", "gradient of the columns"),
        "grad_weight": (r"\bar{W}", "gradient of the filters"),
        "grad_bias": (r"\bar{b}", "gradient of the bias"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{out}_{noij} = \v{bias}_o + \sum_{c,k,l} \v{weight}_{ockl}\,\v{input}_{n,\,c,\,i \v{stride} + k \v{dilation} - "
             r"\v{padding},"
             r"\,j \v{stride} + l \v{dilation} - \v{padding}}",
             "out == correlation(input, weight, p=p, d=d) + bias[:, None, None]"),
        Line(r"\v{rows} = \v{kernel}\,\v{columns}", "kernel[0] @ columns "
             "== correlation(input, weight, p=p, d=d).transpose(1, 2, 0, 3).reshape(O, OH * N * OW)"),
    ),
    backward=(
        Line(r"\v{grad_bias}_o = \sum_{n,i,j} \v{grad}_{noij}", "grad_bias == grad.sum((0, 2, 3))"),
        Line(r"\v{grad_kernel} = \v{grad_rows}\,\v{columns}^\top", "grad_kernel[0] == grad_rows[0] @ columns.T"),
        Line(r"\v{grad_columns} = \v{kernel}^\top\,\v{grad_rows}", "grad_columns == kernel[0].T @ grad_rows[0]"),
        Line(r"\v{grad_input}_{ncuv} = \sum_{o,k,l} \v{weight}_{ockl}\,\v{grad}_{n,\,o,\,u + \v{padding} - k \v{dilation},"
             r"\,v + \v{padding} - l \v{dilation}}", "grad_input == correlation(grad, turn(weight), p=q, d=d)", note=r"for stride 1"),
    ),
    derivation=(
        Step("A sum over the elements of the kernel",
             r"Fix one element $(k, l)$ of the kernel. While the window moves over all output positions $(i, j)$, this element sees a "
             r"shifted copy of the input: shifted by $k\v{dilation} - \v{padding}$ rows, of which every $\v{stride}$-th is taken. So a "
             r"convolution is no more than $KH \cdot KW$ shifted copies, each mixed over its channels by a matrix and added up. "
             r"The kernel is not turned, as mathematics would for a convolution: this is a cross-correlation, as in every library of "
             r"deep learning. An index that falls outside of the input reads the padding, zero.",
             (Line(r"\v{out}_{noij} = \v{bias}_o + \sum_{k,l} \Big(\sum_c \v{weight}_{ockl}\,\v{input}_{n,c,i + k\v{dilation} - "
                   r"\v{padding},"
                   r"j + l\v{dilation} - \v{padding}}\Big)",
                   "out[:, :, 3, 4] == bias + sum(input[:, :, 3 + 2 * k - 1, 4 + l - 1] @ weight[:, :, k, l].T "
                   "for k in range(KH) for l in range(KW))"),)),
        Step("The sum as one product of matrices",
             r"Write the shifted copies below each other, a row for each $(k, c, l)$ and a column for each output position of each "
             r"image: "
             r"the matrix $\v{columns}$. With the filters as rows of $\v{kernel}$ in the same order, the whole sum is one product. Every "
             r"input element stands in $\v{columns}$ as often as windows see it, up to $KH \cdot KW$ times: that is the price. Ours "
             r"therefore "
             r"makes $\v{columns}$ for a few images at a time, and lets the rows of the kernel share one copy where that is cheaper.",
             (Line(r"\v{rows} = \v{kernel}\,\v{columns}",
                   "correlation(input, weight, p=p, d=d).transpose(1, 2, 0, 3).reshape(O, OH * N * OW) == kernel[0] @ columns"),)),
        Step("Gradients of a product",
             r"Write $\bar{a}$ for the derivative of the loss by $a$. For $\v{rows} = \v{kernel}\,\v{columns}$ one element is "
             r"$\v{rows}_{op} = \sum_m \v{kernel}_{om} \v{columns}_{mp}$. A change of $\v{kernel}_{om}$ moves the row $o$ by "
             r"$\v{columns}_{mp}$ "
             r"at every $p$, so the chain rule sums over $p$; a change of $\v{columns}_{mp}$ moves the column $p$, and the sum is "
             r"over the "
             r"filters $o$. The bias enters every position once.",
             (Line(r"\v{grad_kernel}_{om} = \sum_p \v{grad_rows}_{op}\,\v{columns}_{mp}",
                   "gradient(lambda z: grad_rows[0] * (z @ columns), kernel[0]) == grad_rows[0] @ columns.T == grad_kernel[0]"),
              Line(r"\v{grad_columns}_{mp} = \sum_o \v{kernel}_{om}\,\v{grad_rows}_{op}",
                   "gradient(lambda z: grad_rows[0][:, :9] * (kernel[0] @ z), columns[:, :9]) == kernel[0].T @ grad_rows[0][:, :9] "
                   "== grad_columns[:, :9]"),
              Line(r"\v{grad_bias}_o = \sum_{n,i,j} \v{grad}_{noij}",
                   "gradient(lambda z: grad * z[:, None, None], bias) == grad.sum((0, 2, 3)) == grad_bias"))),
        Step("The gradient of the filters is a correlation too",
             r"Undo the matrix: the row $(k, c, l)$ of $\v{columns}$ was a shifted copy of channel $c$. The gradient of a filter's "
             r"element is "
             r"thus the inner product of the arriving gradient with what this element saw. Read as a window, the gradient slides over "
             r"the "
             r"input in steps of $\v{dilation}$, its own elements $\v{stride}$ apart: stride and dilation have changed places.",
             (Line(r"\v{grad_weight}_{ockl} = \sum_{n,i,j} \v{grad}_{noij}\,\v{input}_{n,\,c,\,i\v{stride} + k\v{dilation} - \v{padding},"
                   r"\,j\v{stride} + l\v{dilation} - \v{padding}}",
                   "gradient(lambda z: grad * correlation(input, z, p=p, d=d), weight) "
                   "== correlation(input.swapaxes(0, 1), grad.swapaxes(0, 1), s=d, p=p).swapaxes(0, 1)[:, :, :KH, :KW] == "
                   "grad_weight"),)),
        Step("Back through the copies",
             r"Copying an element several times and adding up gradients at all its copies are adjoint: if $x$ is used in $m$ places, its "
             r"gradient is the sum of the $m$ gradients there. So every entry of $\v{grad_columns}$ is added to the input element "
             r"that it is a "
             r"copy of, and what was a copy of padding is dropped. This folding works for every stride.",
             (Line(r"\v{grad_input}_{ncuv} = \sum_{(k,l,i,j)\,\mapsto\,(u,v)} (\v{grad_columns})_{kcl,\,nij}",
                   "gradient(lambda z: g1 * correlation(z, weight, p=p, d=d), x1) == folded_image[:1] == grad_input[:1]"),)),
        Step("For stride 1 the folding is a correlation with the turned kernel",
             r"Which windows see the input position $u$? Those with $i + k\v{dilation} - \v{padding} = u$: for each $k$ exactly one, "
             r"$i = u + \v{padding} - k\v{dilation}$. Insert that, and the sum over $(i, j)$ is gone. The index now falls with $k$; "
             r"name the "
             r"elements from the other end, $k' = KH - 1 - k$, and it rises again: a correlation of $\v{grad}$ with the kernel turned by "
             r"180°, its input and output channels exchanged, at the padding $\v{dilation}(KH - 1) - \v{padding}$. Ours takes this "
             r"way where it "
             r"is less work ($\v{turn}$).",
             (Line(r"\v{grad_input}_{ncuv} = \sum_{o,k,l} \v{weight}_{ockl}\,\v{grad}_{n,o,u + \v{padding} - k\v{dilation},v + "
                   r"\v{padding} - l\v{dilation}}",
                   "gradient(lambda z: g1 * correlation(z, weight, p=p, d=d), x1) == sum(np.einsum('oc,noij->ncij', weight[:, :, k, l], "
                   "np.pad(g1, ((0, 0), (0, 0), (9, 9), (9, 9)))[:, :, 9 + 1 - 2 * k:9 + 1 - 2 * k + H, 9 + 1 - l:9 + 1 - l + W]) "
                   "for k in range(KH) for l in range(KW))"),
              Line(r"\v{grad_input} = \mathrm{corr}\big(\v{grad},\ \mathrm{turn}(\v{weight})\big)",
                   "correlation(grad, turn(weight), p=q, d=d) == folded_image == grad_input"))),
        Step("With a stride: zeros between",
             r"With a stride, $i\v{stride} = u + \v{padding} - k\v{dilation}$ has a solution only when the right side is divisible by "
             r"$\v{stride}$. Setting $\v{stride} - 1$ zeros after each element of the gradient makes the other positions read zero, "
             r"and the "
             r"formula of stride 1 holds again, for the stretched gradient. This is the transposed convolution; computed so, most "
             r"products would be with zeros, which is why a strided gradient is folded.",
             (Line(r"\bar{X} = \mathrm{corr}\big(\mathrm{stretch}_s(\bar{Y}),\ \mathrm{turn}(W)\big)",
                   "gradient(lambda z: g2 * correlation(z, weight, (2, 3), p, d), x2) == correlation(wide, turn(weight), p=q, d=d)"),)),
        Step("Groups",
             r"With $\v{groups}$ groups the channels are dealt into as many parts that do not see each other: a convolution for each "
             r"part, "
             r"side by side. It equals one with a kernel that is zero between different groups, at $1/\v{groups}$ of the work; all "
             r"formulas "
             r"hold for each group by itself. With as many groups as channels it is called depthwise.",
             (Line(r"Y = \big[\,W^{(1)} * X^{(1)},\ W^{(2)} * X^{(2)}\,\big]",
                   "correlation(input, grouped, p=p, d=d) == concatenate([correlation(half[0], weight[:2, :2], p=p, d=d), "
                   "correlation(half[1], weight[2:4, 2:], p=p, d=d)], axis=1)"),)),
    ),
    sources=(
        Source("Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning", "https://arxiv.org/abs/1603.07285",
               "relations 6 and 14: output sizes and the transposed convolution"),
        Source("Chellapilla, Puri and Simard (2006), High performance convolutional neural networks for document processing",
               "https://inria.hal.science/inria-00112631", "unrolling the convolution into a product of matrices"),
        Source("PyTorch documentation, conv2d", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.conv2d.html",
               "the contract"),
    ),
    edges=(Edge("offset 1000", far, "the border is a step from 1000 down to the padding's 0, and dominates the outer outputs"),),
    notes={"zeros": "what is left is the bias", "constant": "all inner outputs of a filter are equal; the padding shows at the border",
           "one infinity": "infinity times a weight, in every window that sees it; the gradient of the filters is nan where it meets "
                           "zeros",
           "one nan": "nan in every window that sees it, and in the whole gradient of the filters", "size 0": "no images, no "
                                                                                                              "gradients: zeros"},
    alone={"if not needs_input": "gradients that nobody asks for are not computed", "return None, None": "the answer in that case",
           "if not may_share_memory": "the product of a single image is written where it belongs"},
    equivalent={"may_share_memory(out, planes)": "sharing is symmetric"},
    conventions=(("Not turned", "A cross-correlation: element (0, 0) of the kernel sees the upper left of its window."),
                 ("Output size", "⌊(H + 2p - d (KH - 1) - 1) / s⌋ + 1: lines at the end that no whole window fills are never seen."),
                 ("Padding in words", "'same' pads d (KH - 1) in all, an odd one with its larger half behind, and refuses a stride; "
                                      "'valid' is no padding."),
                 ("Saved", "The input and the weight. The columns, up to KH · KW times as large, are made again.")),
    differences=(("Order of sums", "PyTorch hands the sum to oneDNN, in an order that depends on the processor; ours is BLAS's. The two "
                                   "differ by rounding."),
                 ("float16", "Summed in float32 here, then rounded once.")),
    figures=(Figure(borders),),
    speed=({"N": 2, "C": 8, "O": 8, "KH": 3, "KW": 3, "H": 32, "W": 32},),
)
