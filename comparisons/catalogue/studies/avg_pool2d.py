"""Average pooling: the mean of each window, and by what its sum is divided at the border."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

KERNEL, STRIDE, PADDING = (7, 5), (3, 2), (3, 1)


def inputs(rng, N, C, H, W):
    """Images of standard normal numbers."""
    return {"input": rng.standard_normal((N, C, H, W))}


def inside(size, o, axis):
    """The elements of the input along an axis that window o has."""
    start = o * STRIDE[axis] - PADDING[axis]
    return slice(max(start, 0), max(min(start + KERNEL[axis], size), 0))


def means(x, outputs, divisors):
    """The definition: the sum over each window, over its divisor."""
    y = np.zeros((*x.shape[:2], *outputs), x.dtype)
    for i, j in np.ndindex(outputs):
        y[:, :, i, j] = x[:, :, inside(x.shape[2], i, 0), inside(x.shape[3], j, 1)].sum((2, 3)) / divisors[i, j]
    return y


def scene(s):
    """The divisors of three kinds, the definition, and the two matrices of ones and zeros whose product with an image sums its windows."""
    OH, OW = s.OH, s.OW
    padded = [[min(o * t - p + k, n + p) - (o * t - p) for o in range(m)]
              for m, n, k, t, p in zip((OH, OW), (s.H, s.W), KERNEL, STRIDE, PADDING)]
    rows, columns = np.zeros((OH, s.H)), np.zeros((OW, s.W))
    for i in range(OH):
        rows[i, inside(s.H, i, 0)] = 1
    for j in range(OW):
        columns[j, inside(s.W, j, 1)] = 1
    return {"A": rows, "B": columns, "with_padding": np.outer(*padded), "without": np.outer(rows.sum(1), columns.sum(1)),
            "means": lambda x: means(x, (OH, OW), np.outer(*padded)), "total_of": s.total.reshape(s.out.shape), "x1": s.input[:1, :1],
            "g1": s.grad[:1, :1]}


def large(values):
    """A border that the padding makes visible."""
    values["input"] += 1000


def weights(study):
    """What one input row counts in all outputs together."""
    from ...atlas.identities import names
    from ...atlas.plot import Plot
    s = names(study)
    by_size, by_inside = (1 / d[:, 1] @ s["A"] for d in (s["with_padding"], s["without"]))
    plot = Plot("What each row of a column counts in all outputs together", "row", "sum of its shares")
    plot.line(np.arange(s["H"]), by_size, "with the padding", "ours")
    plot.line(np.arange(s["H"]), by_inside, "without", "third")
    return plot, (f"Counted without the padding, a row at the upper border counts {by_inside[0] / by_size[0]:.2f} times as much as "
                  f"with it: the same sum is shared among fewer elements. The steps come from the stride.")


STUDY = Study(
    "nn.functional.avg_pool2d",
    title="Average pooling", group="Convolution and pooling",
    lead="Each window gives the mean of its elements; the gradient is shared among them equally.",
    sizes={"N": 2, "C": 8, "H": 9, "W": 6}, extra_sizes={"OH": 4, "OW": 3, "N·C": 16}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.avg_pool2d(input, KERNEL, STRIDE, PADDING, ceil_mode=True),
    functions={"avg_pool2d": "Forward", "totals_of_windows": "The sum of each window", "avg_pool2d_backward": "Backward",
               "spread_over_windows": "To all elements of each window"},
    variables={
        "input": ("X", "input, as it was given"),
        "kernel_size": ("K", "height and width of the window"),
        "stride": ("s", "distance between two positions of the window"),
        "padding": ("p", "lines of padding on each side"),
        "windows": (r"\mathcal{W}", "what each window has of the rows and of the columns"),
        "x": ("x", "input, as the kernel walks it", "one plane after the other"),
        "along_rows": ("V", "sums over the windows' rows alone", "backward: the gradients before they are given to the rows"),
        "total": ("T", "sum over the lines that are averaged or normalized", "of each window"),
        "out": ("Y", "output, as it is returned"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "share": (r"\bar{T}", "the part of a gradient that each element gets"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{along_rows}_{iv} = \sum_{u \in \mathrm{rows}(i)} \v{x}_{uv}",
             "A @ x == stack([x[:, A[i] > 0].sum(1) for i in range(OH)], 1)"),
        Line(r"\v{total}_{ij} = \sum_{v \in \mathrm{columns}(j)} \v{along_rows}_{iv}", "total_of == A @ input @ B.T"),
        Line(r"\v{out}_{ij} = \v{total}_{ij} / n_{ij}", "out == means(input)"),
    ),
    backward=(
        Line(r"\v{share}_{ij} = \v{grad}_{ij} / n_{ij}", "share == grad / with_padding"),
        Line(r"\v{grad_input}_{uv} = \sum_{(i,j)\,\ni\,(u,v)} \v{share}_{ij}", "grad_input == A.T @ (grad / with_padding) @ B"),
    ),
    derivation=(
        Step("A window is a pair of intervals",
             r"Window $(i, j)$ has the rows from $i\v{stride} - \v{padding}$ on and the columns from $j\v{stride} - \v{padding}$ on, "
             r"as far as "
             r"they lie in the input: padding adds zero to a sum. Since rows and columns are chosen independently, the sum over the "
             r"window "
             r"may be taken over the rows first, once for all windows in this line, and over the columns after. With $A_{iu} = 1$ "
             r"where row "
             r"$u$ belongs to window $i$, else 0, and $B$ likewise for columns, that is a product of three matrices.",
             (Line(r"\v{total}_{ij} = \sum_{u,v} A_{iu}\,\v{input}_{uv}\,B_{jv}", "einsum('iu,ncuv,jv->ncij', A, input, B) == total_of"),
              Line(r"\v{total} = A\,\v{input}\,B^\top", "A @ input @ B.T == total_of"))),
        Step("By what the sum is divided",
             r"Inside, $n_{ij} = KH \cdot KW$. At the border there are three conventions. With `count_include_pad`, the default, the "
             r"padding "
             r"counts as elements that are zero; but what a last window under `ceil_mode` has beyond the padding does not count. "
             r"Without it, "
             r"only elements of the input count, and the output is a true mean. With `divisor_override` one number is given, and 1 makes "
             r"the pooling a sum.",
             (Line(r"n_{ij} = \big(\min(i\v{stride} - \v{padding} + KH,\ H + \v{padding}) - i\v{stride} + \v{padding}\big)\,(\cdots)",
                   "(total_of / out)[0, 0] == with_padding", note="with the padding"),
              Line(r"n_{ij} = \sum_u A_{iu} \sum_v B_{jv}", "A.sum(1)[:, None] * B.sum(1) == without", note="without"))),
        Step("How many windows there are",
             r"A window of $KH$ rows fits where $i\v{stride} + KH \le H + 2\v{padding}$, so the last one is the floor of a quotient. "
             r"`ceil_mode` takes the ceiling, that a few rows at the end are not lost, unless that window would begin beyond the "
             r"input and its left padding: it would have nothing to average.",
             (Line(r"OH = \Big\lceil \frac{H + 2\v{padding} - KH}{\v{stride}} \Big\rceil + 1",
                   "OH == np.ceil((H + 2 * 3 - 7) / 3) + 1", note="here"),)),
        Step("The gradient",
             r"The output is linear in the input, so the derivative is the coefficient: $1 / n_{ij}$ for each element of the window, "
             r"0 for "
             r"all others. The chain rule adds up over the windows that an element lies in. That is the transpose of the same product of "
             r"matrices: first to the columns, then to the rows.",
             (Line(r"\frac{\partial \v{out}_{ij}}{\partial \v{input}_{uv}} = \frac{A_{iu} B_{jv}}{n_{ij}}",
                   "jacobian(means, x1)[0, 0, :, :, 0, 0] == einsum('iu,jv->ijuv', A, B) / with_padding[:, :, None, None]"),
              Line(r"\v{grad_input} = A^\top\,\v{share}\,B", "gradient(lambda z: g1 * means(z), x1) == A.T @ (g1 / with_padding) @ B "
                   "== grad_input[:1, :1]"))),
        Step("What is conserved",
             r"Where windows touch without overlapping, padding or remainder, each gradient is dealt out completely: the sums before and "
             r"after are equal. In general what the padding would have got is missing, and each output hands on the part of its gradient "
             r"that its elements of the input make of $n_{ij}$.",
             (Line(r"\sum_{u,v} \v{grad_input}_{uv} = \sum_{i,j} \v{grad}_{ij}\,\frac{\sum_u A_{iu} \sum_v B_{jv}}{n_{ij}}",
                   "grad_input.sum((2, 3)) == (grad * without / with_padding).sum((2, 3))"),)),
        Step("A convolution with equal weights",
             r"Average pooling is a depthwise convolution whose kernel has all its weights equal to $1 / (KH \cdot KW)$. Its gradient "
             r"of the "
             r"input is therefore a correlation of the arriving gradient with the turned kernel, which is the same kernel again. Being "
             r"separable, it costs about $KH + KW$ additions an output here, not $KH \cdot KW$.",
             (Line(r"\v{total}_{ij} = \sum_{k,l} 1 \cdot \v{input}_{i\v{stride} + k - \v{padding},\ j\v{stride} + l - \v{padding}}",
                   "total_of == sum(np.pad(input, ((0, 0), (0, 0), (3, 9), (1, 9)))[:, :, k:k + 3 * 3 + 1:3, l:l + 2 * 2 + 1:2] "
                   "for k in range(7) for l in range(5))"),)),
    ),
    sources=(
        Source("Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning", "https://arxiv.org/abs/1603.07285",
               "section on pooling arithmetic: the output size"),
        Source("Boureau, Ponce and LeCun (2010), A theoretical analysis of feature pooling in visual recognition",
               "https://dl.acm.org/doi/10.5555/3104322.3104338", "maximum against mean"),
        Source("PyTorch documentation, AvgPool2d", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.AvgPool2d.html", "the "
                                                                                                                           "contract"),
    ),
    edges=(Edge("offset 1000", large, "the padding pulls the means at the border towards zero"),),
    notes={"constant": "3 inside, less at the border: the padding counts", "one element": "a window of seven rows over one element",
           "one infinity": "infinite means in every window that sees it; the gradient knows nothing of it"},
    order=1,
    conventions=(("Border", "`count_include_pad=True` divides by the padding too; what lies beyond the padding never counts."),
                 ("ceil_mode", "A last window that would begin beyond input and left padding is left out."),
                 ("divisor_override", "Any number but 0; it replaces all counts."), ("Saved", "Nothing but the shape of the input.")),
    differences=(("Order of sums", "Rows first, then columns, where windows are large; PyTorch adds element by element. They differ by "
                                   "rounding."),
                 ("Integers", "int64 alone, cut towards zero, as in PyTorch.")),
    figures=(Figure(weights),),
    speed=({"N": 2, "C": 8, "H": 32, "W": 32},),
)
