"""Root-mean-square normalization: each position by the length of its own features, and no mean."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

EPS = 1e-5


def inputs(rng, N, T, C):
    """A batch of N sequences of T positions with C features; a scale near 1."""
    return {"input": rng.standard_normal((N, T, C)), "weight": 1 + 0.3 * rng.standard_normal(C)}


def scene(s):
    """Both normalizations as functions of any x, and what flows back through the factor r, position by position."""
    def rms(z):
        return z / np.sqrt((z * z).mean(1, keepdims=True) + s.eps)

    def centre(z):
        return z - z.mean(1, keepdims=True)

    def project(z):
        r = 1 / np.sqrt((z * z).mean(1, keepdims=True) + s.eps)
        return r * (s.grad_xhat - r * z * (s.grad_xhat * r * z).mean(1, keepdims=True))

    def layer(z):
        return centre(z) / np.sqrt(z.var(1, keepdims=True) + s.eps) if not np.iscomplexobj(z) else rms(centre(z))
    return {"rms": rms, "layer": layer, "centre": centre, "project": project, "d_rstd": (s.grad_xhat * s.x).sum(1, keepdims=True)}


def with_offset(values):
    """Inputs far from zero."""
    values["input"] += 1e6


def zero_position(values):
    """One position without any length."""
    values["input"][0, 0] = 0


def lengths(study):
    """The lengths of the output and of the gradient against the size of the input."""
    import minitorch

    from ...atlas.plot import Plot
    from ...atlas.run import inputs as draw
    values = draw(study, np.float64, {"N": 2, "T": 4, "C": 64})
    x = values["input"].reshape(-1, 64)
    x /= np.sqrt((x * x).mean(1, keepdims=True))
    powers = np.arange(-6, 3.01, 0.25)
    outputs, gradients = [], []
    ones = minitorch.from_numpy(np.random.RandomState(1).standard_normal(x.shape))
    for power in powers:
        tensor = minitorch.from_numpy(x * 10 ** power).requires_grad_()
        y = minitorch.nn.functional.rms_norm(tensor, (64,), eps=EPS)
        y.backward(ones)
        outputs.append(np.sqrt((y.detach().numpy() ** 2).mean()))
        gradients.append(np.sqrt((tensor.grad.numpy() ** 2).mean()))
    plot = Plot("Output and gradient against the size of the input", "root mean square of x", "root mean square", logx=True, logy=True)
    plot.line(10 ** powers, outputs, "output", "ours")
    plot.line(10 ** powers, gradients, "gradient of x", "reference")
    turn = np.sqrt(EPS)
    return plot, (f"Where x is larger than the root of epsilon ({turn:.4f}) the output has length 1 whatever the input's, and the gradient "
                  f"falls as one over it: at 100 it is {gradients[-1] / gradients[-9]:.4f} of that at 1. Far below, the operator is a mere "
                  f"factor of {1 / turn:,.0f}, and so is its derivative: the gradient is at most {max(gradients):,.0f}.")


STUDY = Study(
    "nn.functional.rms_norm",
    title="Root-mean-square normalization", group="Normalization",
    lead="Each position is divided by the root mean square of its own features, then given a learned scale; no mean is taken away.",
    sizes={"N": 3, "T": 5, "C": 8}, extra_sizes={"N·T": 15}, inputs=inputs,
    call=lambda torch, input, weight: torch.nn.functional.rms_norm(input, (input.shape[-1],), weight, EPS),
    functions={"rms_norm": "Forward", "rms_norm_backward": "Backward"},
    variables={
        "input": ("X", "input, as it was given"),
        "normalized_shape": ("D", "the sizes of the dimensions that are normalized"),
        "weight": (r"\gamma", "learned scale"),
        "eps": (r"\varepsilon", "keeps the square root away from zero"),
        "inputs": ("X", "input, as a matrix"),
        "w": (r"\gamma", "scale as a row"),
        "n": ("n", "number of elements that are averaged", "the features of a position, C"),
        "x": ("x", "input, as the kernel walks it", "a row for each position"),
        "square": ("m_2", "mean of the squares"),
        "rstd": ("r", "one over the standard deviation", "here one over the root mean square: the deviation from zero"),
        "xhat": (r"\hat{x}", "normalized input"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_y": (r"\bar{y}", "gradient that arrives at the output", "a row for each position"),
        "product_y": (r"\bar{y}\tilde{x}", "arriving gradient times the centred input", "the normalized input in place of the centred one"),
        "weight_sums": (r"\bar{\gamma}", "gradient of the scale"),
        "c2": ("c_2", "mean of the gradient at the normalized input times that input"),
        "grad_xhat": (r"\bar{\hat{x}}", "gradient at the normalized input"),
        "across": (r"\bar{\hat{x}}_\perp", "gradient at the normalized input less its part along that input"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
        "grad_weight": (r"\bar{\gamma}", "gradient of the scale, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{square} = \frac{1}{\v{n}} \sum_j \v{x}_j^2", "square == (x ** 2).sum(1, keepdims=True) / n"),
        Line(r"\v{rstd} = \frac{1}{\sqrt{\v{square} + \v{eps}}}", "rstd == 1 / sqrt(square + eps)"),
        Line(r"\v{xhat} = \v{rstd}\,\v{x}", "xhat == rstd * x"),
        Line(r"\v{y} = \v{w} \odot \v{xhat}", "y == rms(x) * weight"),
    ),
    backward=(
        Line(r"\v{weight_sums} = \sum_{N,T} \v{grad_y} \odot \v{xhat}", "grad_weight == (grad_y * xhat).sum(0)"),
        Line(r"\v{grad_xhat} = \v{grad_y} \odot \v{w}", "grad_xhat == grad_y * w"),
        Line(r"\v{c2} = \frac{1}{\v{n}} \sum_j \v{grad_xhat}_j\,\v{xhat}_j", "c2 == (grad_xhat * xhat).sum(1, keepdims=True) / n"),
        Line(r"\v{across} = \v{grad_xhat} - \v{xhat}\,\v{c2}", "across == grad_xhat - xhat * c2"),
        Line(r"\v{grad_x} = \v{rstd}\,\v{across}",
             "gradient(lambda z: grad_xhat * rms(z), x) == rstd * (grad_xhat - xhat * c2)"),
    ),
    derivation=(
        Step("The bar, and the last line",
             r"Write $\bar{a}$ for the derivative of the loss by $a$. The last line, $\v{y} = \v{w} \odot \v{xhat}$, is linear in both "
             r"of its "
             r"factors: the gradient of each is the arriving gradient times the other. The scale serves every position, so its gradient is "
             r"the sum over all of them.",
             (Line(r"\v{grad_xhat} = \v{grad_y} \odot \v{w}", "slope(lambda z: grad_y * (z * w), xhat) == grad_xhat"),
              Line(r"\v{grad_weight} = \sum_{N,T} \v{grad_y} \odot \v{xhat}",
                   "gradient(lambda z: grad_y * (xhat * z), w)[0] == (grad_y * xhat).sum(0) == grad_weight"))),
        Step("Two roads from x to the output",
             r"One feature $\v{x}_j$ reaches $\v{xhat}_j = \v{rstd}\,\v{x}_j$ directly, and every $\v{xhat}_i = \v{rstd}\,\v{x}_i$ through "
             r"the common factor $\v{rstd}$. The product rule adds the two roads. What arrives at $\v{rstd}$ comes from all features, "
             r"since "
             r"it multiplies all of them.",
             (Line(r"\v{grad_x}_j = \v{rstd}\,\v{grad_xhat}_j + \bar{\v{rstd}}\,\frac{\partial \v{rstd}}{\partial \v{x}_j}",
                   "gradient(lambda z: grad_xhat * rms(z), x) == rstd * grad_xhat + d_rstd * "
                   "gradient(lambda z: ((z * z).mean(1) + eps) ** -0.5, x)"),
              Line(r"\bar{\v{rstd}} = \sum_i \v{grad_xhat}_i\,\v{x}_i",
                   "slope(lambda r: (grad_xhat * r * x).sum(1, keepdims=True), rstd) == (grad_xhat * x).sum(1, keepdims=True)"))),
        Step("The road through the factor",
             r"$\v{rstd}$ is the power $-\frac{1}{2}$ of $\v{square} + \v{eps}$, and $\v{square}$ is a mean of squares. Each is "
             r"differentiated by itself, and the chain rule multiplies: the 2 of the square and the half of the root go away.",
             (Line(r"\frac{\partial \v{rstd}}{\partial \v{square}} = -\frac{1}{2}\,\v{rstd}^3",
                   "slope(lambda v: (v + eps) ** -0.5, square) == -rstd ** 3 / 2"),
              Line(r"\frac{\partial \v{square}}{\partial \v{x}_j} = \frac{2}{\v{n}}\,\v{x}_j",
                   "gradient(lambda z: (z ** 2).sum(1) / n, x) == 2 / n * x"),
              Line(r"\frac{\partial \v{rstd}}{\partial \v{x}_j} = -\frac{\v{rstd}^3}{\v{n}}\,\v{x}_j",
                   "gradient(lambda z: ((z * z).mean(1) + eps) ** -0.5, x) == -rstd ** 3 / n * x"))),
        Step("Both together",
             r"Of the three factors $\v{rstd}$ one makes $\v{x}_j$ into $\v{xhat}_j$, another makes the sum one of $\v{grad_xhat}_i\,"
             r"\v{xhat}_i$, which with $1/\v{n}$ is the mean $\v{c2}$, and one is left. It can be taken out of both roads.",
             (Line(r"\bar{\v{rstd}}\,\frac{\partial \v{rstd}}{\partial \v{x}_j} = -\frac{\v{rstd}^3}{\v{n}}\,\v{x}_j \sum_i "
                   r"\v{grad_xhat}_i\,\v{x}_i = -\v{rstd}\,\v{xhat}_j\,\v{c2}",
                   "d_rstd * gradient(lambda z: ((z * z).mean(1) + eps) ** -0.5, x) "
                   "== -rstd ** 3 / n * x * (grad_xhat * x).sum(1, keepdims=True) == -rstd * xhat * c2"),
              Line(r"\v{grad_x}_j = \v{rstd}\,(\v{grad_xhat}_j - \v{xhat}_j\,\v{c2}) = \v{rstd}\,\v{across}_j",
                   "gradient(lambda z: grad_xhat * rms(z), x) == rstd * (grad_xhat - xhat * c2) == rstd * across"))),
        Step("What it means",
             r"Stretching $\v{x}$ changes nothing after normalization, so the gradient may not point along $\v{x}$: its part in that "
             r"direction is taken away. This is exact but for the share of $\v{eps}$, because the squares of $\v{xhat}$ have a mean a "
             r"little "
             r"under 1.",
             (Line(r"\frac{1}{\v{n}} \sum_j \v{xhat}_j^2 = 1 - \v{eps}\,\v{rstd}^2", "(xhat ** 2).mean(1, keepdims=True) == 1 - eps * "
                                                                                     "rstd ** 2"),
              Line(r"\frac{1}{\v{n}} \sum_j \v{grad_x}_j\,\v{xhat}_j = \v{rstd}\,\v{c2}\,(1 - 1 + \v{eps}\,\v{rstd}^2) "
                   r"= \v{eps}\,\v{rstd}^3\,\v{c2}",
                   "(gradient(lambda z: grad_xhat * rms(z), x) * xhat).mean(1, keepdims=True) == rstd * c2 * (1 - 1 + eps * rstd ** 2) "
                   "== eps * rstd ** 3 * c2", rtol=1e-7))),
        Step("Beside layer normalization",
             r"Write $\mathrm{RN}$ for this operator without its scale, $\mathrm{LN}$ for layer normalization without scale and shift, and "
             r"$P$ for taking the mean away. The variance of $\v{x}$ is the mean square of $P\v{x}$, so layer normalization is this "
             r"operator "
             r"after $P$. $P$ is linear and its matrix is symmetric, so the gradient passes back through $P$ itself: that is where layer "
             r"normalization's second subtracted mean comes from. Here the direction of the constant vector is left alone: an offset of "
             r"the "
             r"features stays in the output, and may have a gradient.",
             (Line(r"\mathrm{LN}(\v{x}) = \mathrm{RN}(P\,\v{x})", "layer(x) == rms(centre(x))"),
              Line(r"\nabla_{\v{x}} \langle \v{grad_xhat}, \mathrm{LN}(\v{x}) \rangle = P\,\nabla_{P\v{x}} \langle \v{grad_xhat}, "
                   r"\mathrm{RN}(P\,\v{x}) \rangle", "gradient(lambda z: grad_xhat * layer(z), x) == centre(project(centre(x)))"))),
    ),
    sources=(
        Source("Zhang and Sennrich (2019), Root Mean Square Layer Normalization", "https://arxiv.org/abs/1910.07467",
               "the definition, and what is lost with the mean"),
        Source("PyTorch documentation, rms_norm", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.rms_norm.html",
               "the contract"),
    ),
    edges=(Edge("one position of zeros", zero_position, "epsilon alone divides: the output is 0, the gradient is large but finite"),
           Edge("offset 1e6", with_offset, "nothing takes the mean away: all features come out near 1 times their scale")),
    notes={"zeros": "the output is 0; the gradient is the arriving one over the root of epsilon",
           "constant": "every feature comes out as 1 up to epsilon, times its scale: a constant is not taken away here",
           "one infinity": "infinity times one over infinity is nan, every other feature of the position becomes 0",
           "huge, 1e20": "the squares overflow float32, one over infinity is 0",
           "tiny, 1e-20": "epsilon alone divides", "one element": "one feature comes out as its sign, up to epsilon"},
    equivalent={"inverse_root(eps, square": "a sum does not mind the order of its terms"},
    conventions=(("No mean, no shift", "The mean is not taken away and there is no bias; both would be layer normalization's."),
                 ("Epsilon", "Inside the square root. If it is not given it is the machine epsilon of the input's dtype (1.2e-7 in "
                             "float32, "
                             "2.2e-16 in float64), not 1e-5 as in the other normalizations; this page gives 1e-5."),
                 ("Axes", "Any number of trailing dimensions; here the last."),
                 ("Saved", "`rstd`, one number a position, and the input; `xhat` is made again in the backward.")),
    differences=(("Sums", "Ours are products with ones (BLAS), PyTorch's run in vector lanes: `square` differs by rounding, and everything "
                          "after it."),),
    figures=(Figure(lengths),),
    speed=({"N": 8, "T": 16, "C": 64}, {"N": 8, "T": 128, "C": 512}),
)
