"""Nearest neighbours: images of another size, each new pixel a copy of an old one."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

SIZE = (5, 9)
CUT = "the cut is for products that are rounded up beyond the last input; here none is"
SEEN = "all inputs are seen here, so the piece of the matrix begins at the first one: low is 0"


def inputs(rng, N, C, H, W):
    """Images of standard normal numbers, to be made lower and wider."""
    return {"input": rng.standard_normal((N, C, H, W))}


def begin(n, m):
    """The input that the beginning of each of m outputs falls into, in whole numbers."""
    return np.arange(m) * n // m


def middle(n, m):
    """The input that the middle of each output falls into: nearest-exact."""
    return (2 * np.arange(m) + 1) * n // (2 * m)


def choice(taken, n):
    """A matrix with one 1 in each row."""
    return np.eye(n)[taken]


def scene(s):
    """The choices as matrices, both axes, and the gradient added up by a plain loop."""
    from minitorch.kernels import interpolation

    def rows(n, m, mode):
        return interpolation.resample(np.eye(n)[None], dim=-2, size=m, mode=mode)[0]
    gathered = np.zeros(s.input.shape)
    for o, i in enumerate(begin(s.W, s.OW)):
        gathered[..., i] += s.grad[..., o]
    edges = np.array([-(-i * s.OW // s.W) for i in range(s.W + 1)])
    return {"M": choice(begin(s.W, s.OW), s.W), "begin": begin, "middle": middle, "rows": rows, "o": np.arange(s.OW), "gathered": gathered,
            "whole": interpolation.resample(s.out, dim=-2, size=s.OH, mode="nearest"), "x1": s.input[:1, :1], "choice": choice,
            "tripled": interpolation.resample(interpolation.resample(s.input, dim=-1, size=3 * s.W, mode="nearest"), dim=-2,
                                              size=3 * s.H, mode="nearest"),
            "first_taker": np.array([np.flatnonzero(begin(s.W, s.OW) == i)[0] for i in range(s.W)]),
            "last_taker": np.array([np.flatnonzero(begin(s.W, s.OW) == i)[-1] for i in range(s.W)]), "edges": edges}


def far(values):
    """Copies keep every digit."""
    values["input"] += 1e6


def rounded(n, m):
    """How many of m outputs take another input when the distance is rounded to float32, as it is for float32 images."""
    spacing = np.float32(n / m)
    return int((np.minimum(np.floor(np.arange(m, dtype=np.float32) * spacing), n - 1) != begin(n, m)).sum())


def rounding(study):
    """Where float32 takes another input than whole numbers would."""
    from ...atlas.plot import Plot
    sizes = np.arange(2, 129)
    wrong = {n: np.array([rounded(n, m) for m in sizes]) for n in (64, 100)}
    plot = Plot("Outputs that take another input, for the distance is rounded to float32", "outputs", "how many take another input")
    plot.line(sizes, wrong[100], "from 100 inputs", "reference")
    plot.line(sizes, wrong[64], "from 64 inputs", "ours")
    worst = int(sizes[wrong[100].argmax()])
    return plot, (f"Where an output begins exactly at an input, the rounded product may fall just below it, and the input before is taken. "
                  f"From 100 inputs this happens for {int((wrong[100] > 0).sum())} of {len(sizes)} sizes, most often to {worst} outputs "
                  f"({wrong[100].max()} of them). Ours rounds as PyTorch does, so both take the same.")


STUDY = Study(
    "nn.functional.upsample_nearest",
    title="Nearest neighbours", group="Convolution and pooling",
    lead="Images of another size without any arithmetic: each new pixel is a copy of an old one.",
    sizes={"N": 2, "C": 3, "H": 8, "W": 4}, extra_sizes={"OH": 5, "OW": 9, "N·C·H": 48}, inputs=inputs,
    call=lambda torch, input: torch.nn.functional.interpolate(input, SIZE, mode="nearest"),
    functions={"resample": "Forward, along one axis", "taps": "Which input an output takes",
               "resample_backward": "Backward", "spread": "By the matrix turned over", "times": "The product"},
    variables={
        "input": ("X", "input, as it was given"),
        "spacing": (r"\Delta", "distance between two outputs, in inputs"),
        "shift": (r"\delta", "from where in an output its place is taken: its beginning or its middle", "0, or 1/2 for nearest-exact"),
        "taken": ("j", "the input that each output takes"),
        "mixing": ("M", "weights of the inputs in each output", "here a single 1 in each row"),
        "x": ("x", "input, as the kernel walks it", "lines along the axis; in the function spread: what is made of y"),
        "y": ("y", "output", "lines along the axis"),
        "out": ("Y", "output, as it is returned", "of one axis: the second call does the other"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{taken}_o = \lfloor (o + \v{shift})\,\v{spacing} \rfloor,\quad \v{spacing} = W / OW",
             "taken == np.floor((o + shift) * W / OW) == begin(W, OW)"),
        Line(r"\v{out}_o = \v{input}_{\v{taken}_o}", "out == input[..., taken]"),
    ),
    backward=(
        Line(r"\v{grad_input}_i = \sum_{o\,:\ \v{taken}_o = i} \v{grad}_o", "grad_input == gathered"),
    ),
    derivation=(
        Step("Which input",
             r"""Pixels are intervals: output $o$ reaches from $o\,\v{spacing}$ to $(o + 1)\,\v{spacing}$, measured in inputs, and input
             $i$ from $i$ to $i + 1$. `nearest` takes the input that the beginning of the output falls into; `nearest-exact` the one that
             its middle falls into, and only that is the nearest. Neither looks at any other input.""",
             (Line(r"\v{taken}_o = \lfloor o\,W / OW \rfloor", "rows(4, 9, 'nearest') == choice(begin(4, 9), 4)", note="nearest"),
              Line(r"\v{taken}_o = \lfloor (o + \tfrac{1}{2})\,W / OW \rfloor", "rows(4, 9, 'nearest-exact') == choice(middle(4, 9), 4)",
                   note="nearest-exact"))),
        Step("Why the beginning is a bad place",
             r"""Make an image $k$ times smaller: each output covers $k$ inputs. The beginning is in the first of them, whose middle lies
             $(k - 1)/2$ before the middle of the output, so the whole picture moves up and to the left. The middle falls into input
             $\lfloor k/2 \rfloor$ of them, at most half a pixel away. Where images grow $k$ times there is no such fault: beginning and
             middle of an output lie in the same input.""",
             (Line(r"o\,k + \tfrac{1}{2} = (o + \tfrac{1}{2})\,k - \frac{k - 1}{2}",
                   "begin(40, 8) + 0.5 == (arange(8) + 0.5) * 5 - (5 - 1) / 2", note="the middle of what is taken; here 5 times smaller"),
              Line(r"\lfloor (o + \tfrac{1}{2})\,k \rfloor = o\,k + \lfloor k/2 \rfloor", "middle(40, 8) == arange(8) * 5 + 5 // 2"),
              Line(r"\lfloor (o + \tfrac{1}{2}) / k \rfloor = \lfloor o / k \rfloor", "middle(8, 24) == begin(8, 24)",
                   note="growing: 3 times here"))),
        Step("A matrix with one 1 in each row",
             r"""Copying is linear: it multiplies by a matrix $\v{mixing}$ whose row $o$ has a 1 at $\v{taken}_o$. The forward does not
             make it, it takes. Two axes are taken one after the other; if both grow $k$ times, every pixel becomes a block of $k \times
             k$.""",
             (Line(r"\v{out} = \v{input}\,\v{mixing}^\top", "input @ mixing.T == out"),
              Line(r"Y = X \otimes \mathbb{1}_{k \times k}", "np.kron(input, np.ones((3, 3))) == tripled", note="here k = 3"))),
        Step("The gradient",
             r"""The derivative of an output by the input that it took is 1, by all others 0. An input collects the gradients of all its
             copies: the product with the matrix turned over. Since $\v{taken}$ rises, the takers of input $i$ are neighbours, and
             solving $i \le o\,W/OW < i + 1$ for $o$ says which. Where images shrink, what nobody took gets exactly 0.""",
             (Line(r"\v{grad_input} = \v{grad}\,\v{mixing}",
                   "gradient(lambda z: grad[:1, :1] * z[..., taken], x1) == (grad @ mixing)[:1, :1] "
                   "== grad_input[:1, :1]"),
              Line(r"\v{grad_input}_i = \sum_{o = \lceil i\,OW/W \rceil}^{\lceil (i+1)\,OW/W \rceil - 1} \v{grad}_o",
                   "stack([grad[..., a:b].sum(-1) for a, b in zip(edges, edges[1:])], -1) == gathered == grad_input"),
              Line(r"\mathrm{takers} = \lceil i\,OW / W \rceil, \ldots, \lceil (i + 1)\,OW / W \rceil - 1",
                   "stack([first_taker, last_taker]) == stack([edges[:-1], edges[1:] - 1])", note="the first and the last"))),
        Step("Rounding decides",
             r"""A floor is a step: where $o\,\v{spacing}$ is a whole number, the last bit of the product decides between two inputs. In
             whole numbers $\lfloor o\,W / OW \rfloor$ has no doubt, but PyTorch has $\v{spacing}$ in float32 for everything that is not
             float64, for small images ($OH + OW \le 128$) and in every backward; the product is rounded to float32 always, then cut. Ours
             rounds in the same places, so that the same inputs are taken; exact arithmetic would take others.""",
             (Line(r"\lfloor \mathrm{fl}(o \cdot \mathrm{fl}(W / OW)) \rfloor = \lfloor o\,W / OW \rfloor \text{ here}",
                   "np.floor(np.float32(o) * np.float32(W / OW)) == begin(W, OW)", note="see the figure for sizes where they differ"),)),
    ),
    sources=(
        Source("Keys (1981), Cubic convolution interpolation for digital image processing", "https://doi.org/10.1109/TASSP.1981.1163711",
               "nearest neighbours as the simplest interpolation kernel"),
        Source("PyTorch documentation, interpolate", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.interpolate.html",
               "the contract; the note on nearest and nearest-exact"),
    ),
    edges=(Edge("offset 1e6", far, "copies keep every digit"),),
    notes={"constant": "copies", "one element": "the one is repeated", "one infinity": "in its copies, and nowhere else",
           "one nan": "in its copies, and nowhere else"},
    order=1,
    equivalent={"inputs + 1), 1.0)": CUT, "inputs), 1.0)": CUT, "(o - shift)": "the shift is 0 here",
                "single(o * exact": "the shift is 0 here",
                "(high + low)": SEEN, "* high for": SEEN, "line[i + low]": SEEN, "line[i] +=": SEEN},
    conventions=(("nearest", "Takes the input at the beginning of the output; it agrees with older libraries, and shifts what it shrinks."),
                 ("nearest-exact", "Takes the input at the middle, as image libraries do."),
                 ("align_corners", "Is refused: there is nothing to align."),
                 ("uint8", "Is taken as it is: nothing is computed."),
                 ("Saved", "Nothing but the shape of the input.")),
    differences=(("Backward", "A product with small dense pieces of the matrix; PyTorch adds one gradient after the other."),),
    figures=(Figure(rounding),),
    speed=({"N": 2, "C": 8, "H": 32, "W": 32},),
)
