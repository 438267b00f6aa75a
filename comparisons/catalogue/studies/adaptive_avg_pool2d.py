"""Adaptive average pooling: the number of windows is given, and they share the input out."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

OUTPUT = (4, 3)


def inputs(rng, N, C, H, W):
    """Images of standard normal numbers, of sizes that the number of windows does not divide."""
    return {"input": rng.standard_normal((N, C, H, W))}


def shares(n, m):
    """Ones where an element belongs to a window: (m, n)."""
    A = np.zeros((m, n))
    for o in range(m):
        A[o, o * n // m:-(-(o + 1) * n // m)] = 1
    return A


def scene(s):
    """The two matrices of ones and zeros, and the means by a plain loop."""
    A, B = shares(s.H, s.OH), shares(s.W, s.OW)

    def means(x):
        y = np.zeros((*x.shape[:2], *OUTPUT), x.dtype)
        for i, j in np.ndindex(OUTPUT):
            y[:, :, i, j] = x[:, :, A[i] > 0][:, :, :, B[j] > 0].mean((2, 3))
        return y
    o = np.arange(s.OH)
    return {"A": A, "B": B, "means": means, "n": np.outer(A.sum(1), B.sum(1)), "starts": o * s.H // s.OH,
            "stops": -(-(o + 1) * s.H // s.OH), "first_row": A.argmax(1), "last_row": s.H - A[:, ::-1].argmax(1),
            "x1": s.input[:1, :1], "g1": s.grad[:1, :1], "total_of": s.total.reshape(s.out.shape),
            "even": (shares(12, 4), np.kron(np.eye(4), np.ones(3)))}


def offset(values):
    """Far from zero: the mean stays a mean, there is no padding."""
    values["input"] += 1000


def overlap(study):
    """How many windows see each element, for several numbers of windows."""
    from ...atlas.plot import Plot
    n = 12
    plot = Plot("How many windows see each element of a line of twelve", "element", "windows")
    for m, style in ((4, "ours"), (5, "third"), (7, "reference")):
        plot.line(np.arange(n), shares(n, m).sum(0), f"{m} windows", style)
    twice = {m: int((shares(n, m).sum(0) > 1).sum()) for m in (4, 5, 7)}
    return plot, (f"Four windows of twelve elements touch, and none is seen twice. Five windows share {twice[5]} elements between "
                  f"neighbours, seven share {twice[7]}: these elements count more in the gradient.")


STUDY = Study(
    "nn.functional.adaptive_avg_pool2d",
    title="Adaptive average pooling", group="Convolution and pooling",
    lead="The number of outputs is given and the windows share the input out, so that images of any size end in one size.",
    sizes={"N": 2, "C": 8, "H": 9, "W": 7}, extra_sizes={"OH": 4, "OW": 3, "N·C": 16}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.adaptive_avg_pool2d(input, OUTPUT),
    functions={"adaptive_avg_pool2d": "Forward", "totals_of_windows": "The sum of each window", "adaptive_avg_pool2d_backward": "Backward",
               "spread_over_windows": "To all elements of each window"},
    variables={
        "input": ("X", "input, as it was given"),
        "output_size": ("M", "the number of windows along height and width"),
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
        Line(r"\v{total}_{ij} = \sum_{u = \lfloor iH/OH \rfloor}^{\lceil (i+1)H/OH \rceil - 1}\ \sum_{v = \lfloor jW/OW \rfloor}"
             r"^{\lceil (j+1)W/OW \rceil - 1} \v{input}_{uv}", "total_of == A @ input @ B.T"),
        Line(r"\v{out}_{ij} = \v{total}_{ij} / n_{ij}", "out == means(input)"),
    ),
    backward=(
        Line(r"\v{share}_{ij} = \v{grad}_{ij} / n_{ij}", "share == grad / n"),
        Line(r"\v{grad_input}_{uv} = \sum_{(i,j)\,\ni\,(u,v)} \v{share}_{ij}", "grad_input == A.T @ (grad / n) @ B"),
    ),
    derivation=(
        Step("Sharing a line out",
             r"Cut a line of length $H$ into $OH$ equal pieces; piece $i$ reaches from $iH/OH$ to $(i+1)H/OH$, which need not be whole "
             r"numbers. The window has every element that the piece touches: its start is rounded down and its end up. No element is "
             r"left "
             r"out, and no window is empty, even if there are more windows than elements.",
             (Line(r"\mathrm{start}(i) = \lfloor iH / OH \rfloor", "first_row == np.floor(arange(OH) * H / OH) == starts"),
              Line(r"\mathrm{stop}(i) = \lceil (i+1)H / OH \rceil", "last_row == np.ceil((arange(OH) + 1) * H / OH) == stops"))),
        Step("Uneven windows",
             r"If $OH$ divides $H$, all windows have $H/OH$ rows and touch: this is average pooling with window and stride $H/OH$. "
             r"Else their "
             r"sizes may differ by one, and neighbours share the row that the cut goes through: where $iH/OH$ is not whole, rounding "
             r"down and up land on different sides of it. They never share more than this one row.",
             (Line(r"A = I \otimes \mathbb{1}^\top", "even[0] == even[1]", note="if 4 windows share 12 rows"),
              Line(r"\mathrm{stop}(i) - \mathrm{start}(i+1) = \lceil x \rceil - \lfloor x \rfloor,\quad x = (i+1)H/OH",
                   "last_row[:-1] - first_row[1:] == np.ceil((arange(3) + 1) * H / OH) - np.floor((arange(3) + 1) * H / OH)"))),
        Step("The mean as a product of matrices",
             r"With $A_{iu} = 1$ where row $u$ belongs to window $i$, else 0, and $B$ likewise for columns, the sums over all windows "
             r"are a "
             r"product of three matrices: rows first, columns after. The number of elements is a product too. There is no padding, so "
             r"every "
             r"output is a true mean.",
             (Line(r"\v{total} = A\,\v{input}\,B^\top", "einsum('iu,ncuv,jv->ncij', A, input, B) == A @ input @ B.T == total_of"),
              Line(r"n_{ij} = \sum_u A_{iu}\,\sum_v B_{jv}", "total_of / out == n"))),
        Step("The gradient",
             r"The output is linear in the input. Its derivative is the coefficient, $1/n_{ij}$ inside of the window and 0 outside, "
             r"and the "
             r"chain rule adds up over the windows that an element lies in: one, two where a cut goes through its row or its column, "
             r"four "
             r"where both do. The sum is the transpose of the same product.",
             (Line(r"\frac{\partial \v{out}_{ij}}{\partial \v{input}_{uv}} = \frac{A_{iu}\,B_{jv}}{n_{ij}}",
                   "jacobian(means, x1)[0, 0, :, :, 0, 0] == einsum('iu,jv->ijuv', A, B) / n[:, :, None, None]"),
              Line(r"\v{grad_input} = A^\top\,\v{share}\,B", "gradient(lambda z: g1 * means(z), x1) == A.T @ (g1 / n) @ B "
                   "== grad_input[:1, :1]"))),
        Step("Every gradient is dealt out",
             r"Nothing is lost to padding and the counts are those of the windows, so the sums of the gradients before and after are "
             r"equal. "
             r"For the same reason a constant image comes out as that constant.",
             (Line(r"\sum_{u,v} \v{grad_input}_{uv} = \sum_{i,j} \v{grad}_{ij}", "grad_input.sum((2, 3)) == grad.sum((2, 3))"),
              Line(r"\sum_{u,v} \frac{A_{iu}\,B_{jv}}{n_{ij}} = 1", "einsum('iu,jv->ij', A, B) / n == 1 + 0 * n"))),
        Step("One window: the global mean",
             r"With $OH = OW = 1$ the window is the whole plane, and the operator is the mean over height and width: the layer before "
             r"the "
             r"classifier of most convolutional networks. PyTorch computes this case with its reduction, and its graph node is a mean's; "
             r"ours bears the same name there.",
             (Line(r"\v{out} = \frac{1}{HW} \sum_{u,v} \v{input}_{uv}", "einsum('iu,ncuv,jv->ncij', np.ones((1, H)), input, "
                                                                        "np.ones((1, W)))"
                   "[:, :, 0, 0] / (H * W) == input.mean((2, 3))", note="for one window"),)),
    ),
    sources=(
        Source("He, Zhang, Ren and Sun (2014), Spatial pyramid pooling in deep convolutional networks", "https://arxiv.org/abs/1406.4729",
               "windows from rounded quotients, so that images of any size end in one size"),
        Source("Lin, Chen and Yan (2013), Network in network", "https://arxiv.org/abs/1312.4400", "section 3.2: global average pooling"),
        Source("PyTorch documentation, AdaptiveAvgPool2d", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.AdaptiveAvgPool2d.html",
               "the contract"),
    ),
    edges=(Edge("offset 1000", offset, "no padding: every output moves by 1000"),),
    notes={"constant": "exactly that constant, up to the rounding of a sum", "one element": "more windows than elements: each has the "
                                                                                            "same one",
           "one infinity": "infinite in every window that sees it; the gradient knows nothing of it"},
    order=1,
    conventions=(("Windows", "From ⌊iH/OH⌋ to ⌈(i+1)H/OH⌉: they may overlap by a row, and none is empty."),
                 ("None", "In `output_size` keeps the size of the input along that dimension."),
                 ("Saved", "Nothing but the shape of the input.")),
    differences=(("Order of sums", "Rows first, then columns; PyTorch adds element by element. They differ by rounding."),),
    figures=(Figure(overlap),),
    speed=({"N": 2, "C": 8, "H": 30, "W": 31},),
)
