"""Bilinear interpolation: images of another size, each new pixel a mean of the old ones around it."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

SIZE = (5, 9)
SEEN = "all inputs are seen here, so the piece of the matrix begins at the first one: low is 0"


def inputs(rng, N, C, H, W):
    """Images of standard normal numbers, to be made lower and wider."""
    return {"input": rng.standard_normal((N, C, H, W))}


def middles(n, m):
    """Where the middles of m outputs lie among the middles of n inputs."""
    return (np.arange(m) + 0.5) * n / m - 0.5


def hat(z):
    """A tent: 1 at 0, falling to 0 at a distance of 1."""
    return np.maximum(0, 1 - abs(z))


def matrix_of(n, m):
    """The weights of n inputs in each of m outputs: tents, after what lies outside was moved to the edge."""
    return hat(np.clip(middles(n, m), 0, n - 1)[:, None] - np.arange(n))


def smoothed(n, m):
    """The same with tents as wide as the outputs are apart, each row divided by its sum: antialias."""
    width = max(n / m, 1)
    weights = hat((np.arange(n) + 0.5 - ((np.arange(m) + 0.5) * n / m)[:, None]) / width)
    return weights / weights.sum(1, keepdims=True)


def cubic(z, a):
    """The cubic kernel of width 4, as its two polynomials."""
    z = abs(z)
    return np.where(z < 1, (a + 2) * z ** 3 - (a + 3) * z ** 2 + 1, np.where(z < 2, a * z ** 3 - 5 * a * z ** 2 + 8 * a * z - 4 * a, 0))


def pixel_by_pixel(x, size):
    """The definition: each new pixel from the four around its middle."""
    H, W = x.shape[2:]
    y = np.empty((*x.shape[:2], *size), x.dtype)
    for o, q in np.ndindex(*size):
        u, v = np.clip(middles(H, size[0])[o], 0, H - 1), np.clip(middles(W, size[1])[q], 0, W - 1)
        i, j = min(int(u), H - 2), min(int(v), W - 2)
        s, t = u - i, v - j
        y[:, :, o, q] = ((1 - s) * (1 - t) * x[:, :, i, j] + (1 - s) * t * x[:, :, i, j + 1] + s * (1 - t) * x[:, :, i + 1, j]
                         + s * t * x[:, :, i + 1, j + 1])
    return y


def scene(s):
    """The matrices of both axes, the places, and what the kernel makes of other sizes and modes."""
    from minitorch.kernels import interpolation
    full = interpolation.resample(s.out, dim=-2, size=s.OH, mode="linear")
    spots = middles(s.W, s.OW)
    before = np.clip(np.floor(np.clip(spots, 0, None)), 0, s.W - 1).astype(int)

    def rows(n, m, mode, **settings):
        return interpolation.resample(np.eye(n)[None], dim=-2, size=m, mode=mode, **settings)[0]
    return {"M": matrix_of(s.W, s.OW), "M_h": matrix_of(s.H, s.OH), "whole": full, "matrix_of": matrix_of, "hat": hat, "cubic": cubic,
            "pixel_by_pixel": pixel_by_pixel, "middles": middles, "spots": spots, "before": before,
            "fractions": np.clip(np.clip(spots, 0, None) - before, 0, 1), "rows": rows, "smoothed": smoothed, "o": np.arange(s.OW),
            "lines": s.input.reshape(-1, s.W), "out_lines": s.out.reshape(-1, s.OW), "x1": s.input[:1, :1], "z": np.linspace(0, 0.95, 20)}


def far(values):
    """A large constant: weights that add up to 1 keep it."""
    values["input"] += 1000


def kernels(study):
    """The weights of the modes, against the distance."""
    from ...atlas.plot import Plot
    z = np.linspace(-3, 3, 121)
    plot = Plot("Weight of an input against its distance from the output", "distance, in inputs", "weight")
    plot.line(z, hat(z), "linear", "ours")
    plot.line(z, cubic(z, -0.75), "cubic", "reference")
    plot.line(z, hat(z / 2) / 2, "linear, half as many outputs, antialias", "third")
    low = cubic(z, -0.75).min()
    return plot, (f"The tent sees two inputs and never leaves the range between them. The cubic sees four and falls to {low:.3f} beyond "
                  f"the first: it overshoots at edges, which sharpens them. With antialias the tent is as wide as the outputs are apart, "
                  f"so that no input is passed over.")


STUDY = Study(
    "nn.functional.interpolate",
    title="Bilinear interpolation", group="Convolution and pooling",
    lead="Images of another size: the new pixels are laid evenly over the old ones, and each is a mean of those around it, the nearer the "
         "heavier.",
    sizes={"N": 2, "C": 3, "H": 8, "W": 4}, extra_sizes={"OH": 5, "OW": 9, "N·C·H": 48}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.interpolate(input, SIZE, mode="bilinear"),
    functions={"resample": "Forward, along one axis", "taps": "Which inputs an output sees, and how much", "times": "The product",
               "resample_backward": "Backward", "spread": "By the matrix turned over"},
    variables={
        "input": ("X", "input, as it was given"),
        "spacing": (r"\Delta", "distance between two outputs, in inputs"),
        "spot": ("u", "where the middle of an output lies, in inputs"),
        "first": ("i_0", "the last input before that place"),
        "fraction": ("t", "how far the place lies beyond that input"),
        "around": (r"\omega", "inputs around the place, counted from that one, and their weights"),
        "mixing": ("M", "weights of the inputs in each output"),
        "x": ("x", "input, as the kernel walks it", "lines along the axis; in the function spread: what is made of y"),
        "y": ("y", "output", "lines along the axis"),
        "out": ("Y", "output, as it is returned", "of one axis: the second call does the other"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{spot} = \v{spacing}\,(o + \tfrac{1}{2}) - \tfrac{1}{2},\quad \v{spacing} = W / OW", "spots == W / OW * (o + 0.5) - 0.5"),
        Line(r"\v{out}_o = (1 - \v{fraction})\,\v{x}_{\v{first}} + \v{fraction}\,\v{x}_{\v{first} + 1}",
             "out_lines == (1 - fractions) * lines[:, before] + fractions * lines[:, minimum(before + 1, W - 1)]",
             note="u = first + t; at the edge both are the last"),
        Line(r"\v{y} = \v{mixing}\,\v{x}", "out_lines == x @ mixing.T", note="the same for all outputs"),
    ),
    backward=(
        Line(r"\v{grad_input} = \v{mixing}^\top\,\v{grad}", "grad_input == grad @ M"),
    ),
    derivation=(
        Step("Where the outputs lie",
             r"""Take pixels as intervals: input $i$ reaches from $i$ to $i + 1$, its middle is at $i + 1/2$. The $OW$ outputs share the
             same stretch out, so each is $\v{spacing} = W / OW$ long, and the middle of output $o$ is at $\v{spacing}\,(o + 1/2)$. Values
             belong to middles; counted from the middle of the first input the place is $\v{spot}$. With `align_corners` the values are
             points instead, and the outermost lie on each other: then $OW - 1$ steps cover $W - 1$.""",
             (Line(r"\v{spot} = \frac{1}{2}\Big(\frac{o\,W}{OW} + \frac{(o + 1)\,W}{OW}\Big) - \frac{1}{2}",
                   "(o * W / OW + (o + 1) * W / OW) / 2 - 0.5 == middles(W, OW) == spots"),
              Line(r"\v{spot} = o\,\frac{W - 1}{OW - 1}", "einsum('oi,i->o', rows(W, OW, 'linear', align_corners=True), arange(W)) == "
                   "o * (W - 1) / (OW - 1)", note="with align_corners: what a ramp reads there"))),
        Step("Between two inputs",
             r"""The place lies between the inputs $\v{first}$ and $\v{first} + 1$, a part $\v{fraction}$ of the way. The straight line
             through two values is their weighted mean. Before the first middle and behind the last there is no line; the place is moved
             to the edge, and the value there is repeated.""",
             (Line(r"\v{x}_{\v{first}} + \v{fraction}\,(\v{x}_{\v{first} + 1} - \v{x}_{\v{first}}) = "
                   r"(1 - \v{fraction})\,\v{x}_{\v{first}} + \v{fraction}\,\v{x}_{\v{first} + 1}",
                   "stack([np.interp(spots, arange(W), line) for line in lines]) == "
                   "(1 - fractions) * lines[:, before] + fractions * lines[:, minimum(before + 1, W - 1)] == out_lines"),)),
        Step("Tents, and a matrix",
             r"""Seen from an input, its weight is 1 where the place is its own, and falls to 0 at its neighbours: a tent. All weights
             together are a matrix $\v{mixing}$ with at most two numbers in a row. They add up to 1, so a constant stays what it is, and
             as none is negative no output leaves the range of its inputs. Ours multiplies by small dense pieces of it, for few outputs at
             a time: BLAS is faster at that than gathering is.""",
             (Line(r"\v{mixing}_{oi} = \max(0,\ 1 - |\v{spot}_o - i|)", "mixing == maximum(0, 1 - abs(np.clip(spots, 0, W - 1)[:, None] - "
                   "arange(W)))", note="the place moved to the edge first"),
              Line(r"\sum_i \v{mixing}_{oi} = 1", "mixing.sum(1) == 1 + 0 * spots"))),
        Step("Two axes, one after the other",
             r"""An image is resampled along its rows, then along its columns. The first is a product from the right and the second one
             from the left, so the order does not matter. Written out, each new pixel is a mean of four, with the products of the weights:
             that is why the kernel only ever needs one axis, and why it serves lines and volumes too.""",
             (Line(r"Y = M_H\,X\,M_W^\top", "M_h @ (input @ M.T) == (M_h @ input) @ M.T == whole"),
              Line(r"Y_{oq} = (1-s)(1-t)\,X_{ij} + (1-s)\,t\,X_{i,j+1} + s\,(1-t)\,X_{i+1,j} + s\,t\,X_{i+1,j+1}",
                   "pixel_by_pixel(input, (OH, OW)) == whole"))),
        Step("The gradient",
             r"""The output is linear in the input, so its derivative is the matrix, and an input collects the gradients of all outputs
             that saw it, times its weight in each: a product with the matrix turned over. Since the rows add up to 1, the gradients are
             dealt out whole. The derivative of this product is the matrix again, and so on for any order.""",
             (Line(r"\frac{\partial \v{y}_o}{\partial \v{x}_i} = \v{mixing}_{oi}", "jacobian(lambda z: z @ M.T, lines[0]) == mixing"),
              Line(r"\v{grad_input} = \v{mixing}^\top\,\v{grad}",
                   "gradient(lambda z: grad[:1, :1] * (z @ matrix_of(W, OW).T), x1) == grad[:1, :1] @ M == grad_input[:1, :1]"),
              Line(r"\sum_i \v{grad_input}_i = \sum_o \v{grad}_o", "grad_input.sum(3) == grad.sum(3)"))),
        Step("When images shrink",
             r"""If the outputs are more than two inputs apart, some inputs lie in no tent: they are passed over, fine patterns turn into
             coarse ones, and the gradient of these inputs is exactly 0. With `antialias` the tents are made as wide as the outputs are
             apart, and each row is divided by its sum. Then every input counts.""",
             (Line(r"2 \sum_o M_{oi} = 0, 1, 1, 0, 0, 1, 1, 0", "rows(8, 2, 'linear').sum(0) * 2 == np.array([0, 1, 1, 0, 0, 1, 1, 0])",
                   note="from 8 to 2: half of the inputs are not seen"),
              Line(r"M_{oi} = \frac{h_{oi}}{\sum_j h_{oj}},\quad h_{oi} = \max\big(0,\ 1 - |i + \tfrac{1}{2} - \v{spacing}\,(o + "
                   r"\tfrac{1}{2})| / \v{spacing}\big)", "rows(8, 3, 'linear', antialias=True) == smoothed(8, 3)", note="from 8 to 3"))),
        Step("Other kernels",
             r"""The other modes put something else in place of the tent, and all the rest stays. `nearest` has a single 1 in each row, at
             the input that the beginning of the output falls into; `nearest-exact` takes its middle. `bicubic` has four weights, a
             piecewise cubic of the distance that passes through the inputs and has no bends; its free number $a$ is $-3/4$, and $-1/2$
             with `antialias`.""",
             (Line(r"\v{out}_o = \v{x}_{\lfloor o\,W / OW \rfloor}", "rows(W, OW, 'nearest') == eye(4)[np.floor(o * W / OW).astype(int)]",
                   note="nearest"),
              Line(r"c(z) = (a + 2)\,z^3 - (a + 3)\,z^2 + 1\ \text{ or }\ a\,z^3 - 5a\,z^2 + 8a\,z - 4a",
                   "rows(8, 8 * 20, 'cubic')[70, 1:5] == cubic(middles(8, 160)[70] - arange(1, 5), -0.75)",
                   note="within 1, and from 1 to 2; here output 70 of 160"),
              Line(r"\sum_k c(z - k) = 1", "sum(cubic(z - k, -0.75) for k in (-1, 0, 1, 2)) == 1 + 0 * z"))),
    ),
    sources=(
        Source("Keys (1981), Cubic convolution interpolation for digital image processing", "https://doi.org/10.1109/TASSP.1981.1163711",
               "interpolation by kernels; the cubic one"),
        Source("PyTorch documentation, interpolate", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.interpolate.html",
               "the contract"),
    ),
    edges=(Edge("offset 1000", far, "weights add up to 1: every output moves by 1000"),),
    notes={"constant": "stays exactly what it is, up to rounding", "one element": "the one is repeated",
           "one infinity": "our weights are a matrix, and 0 times infinity is nan in all outputs of its lines; PyTorch reads two",
           "one nan": "our weights are a matrix, and 0 times nan is nan in all outputs of its lines; PyTorch reads two"},
    order=1,
    equivalent={"inputs + 1)": "the neighbours are cut off at the last input anyway, two lines below",
                "min(floor(spot), inputs)": "as above",
                "(high + low)": SEEN, "* high for": SEEN, "line[i + low]": SEEN, "line[i] +=": SEEN},
    conventions=(("align_corners", "False: pixels are intervals, and the edges of the image stay. True: pixels are points, and the "
                                   "outermost stay; results then depend on the size in a way that scaling twice does not undo."),
                 ("scale_factor", "The places follow the factor as it was given, not the rounded size; `recompute_scale_factor=True` "
                                  "follows the size."),
                 ("nearest", "Takes the input at the beginning of the output, not the nearest to its middle: that is `nearest-exact`."),
                 ("Saved", "Nothing but the shape of the input.")),
    differences=(("Order", "The last axis first, then the others, each by products of matrices; PyTorch computes each pixel from its "
                           "four. They differ by rounding."),
                 ("Places", "Found in float64 here and their weights rounded once; PyTorch finds them in the input's precision. In float32 "
                            "this is most of the difference."),),
    figures=(Figure(kernels),),
    speed=({"N": 2, "C": 8, "H": 32, "W": 32},),
)
