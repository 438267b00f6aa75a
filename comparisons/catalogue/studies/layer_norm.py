"""Layer normalization: each position by the mean and the spread of its own features."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study


def inputs(rng, N, T, C):
    """A batch of N sequences of T positions with C features; a scale near 1 and a shift near 0."""
    return {"input": rng.standard_normal((N, T, C)), "weight": 1 + 0.3 * rng.standard_normal(C), "bias": 0.3 * rng.standard_normal(C)}


def scene(s):
    """The normalized input, its gradient, and what flows back through the standard deviation, position by position."""
    xhat = s.xc * s.rstd
    d_rstd = (s.grad_xhat * s.xc).sum(1, keepdims=True)
    return {"xhat": xhat, "grad_y": s.grad_y, "d_rstd": d_rstd, "d_xc": s.rstd * s.grad_xhat - s.rstd * xhat * s.c2,
            "centred_slope": 2 * s.xc / s.C}


def constant_feature(values):
    """One feature that is the same everywhere."""
    values["input"][..., 0] = 3


def with_offset(values):
    """Inputs far from zero."""
    values["input"] += 1e6


def offsets(study):
    """The error of the output against the offset of the input, in two passes and in one."""
    import torch

    import minitorch

    from ...atlas.plot import Plot
    from ...atlas.run import inputs as draw
    x = draw(study, np.float64, {"N": 16, "T": 16, "C": 256})["input"].reshape(-1, 256)
    powers = np.arange(0, 6.5, 0.5)
    errors = {"ours": [], "PyTorch": [], "one pass, not used": []}
    for power in powers:
        moved = (x + 10 ** power).astype(np.float32)
        exact = moved.astype(np.float64)
        exact = (exact - exact.mean(1, keepdims=True)) / np.sqrt(exact.var(1, keepdims=True) + 1e-5)
        for name, library in (("ours", minitorch), ("PyTorch", torch)):
            y = library.nn.functional.layer_norm(library.from_numpy(moved), (256,)).numpy()
            errors[name].append(np.abs(y - exact).max())
        mean = moved.mean(1, keepdims=True)
        var = np.maximum((moved * moved).mean(1, keepdims=True) - mean * mean, 0)
        errors["one pass, not used"].append(np.abs((moved - mean) / np.sqrt(var + np.float32(1e-5)) - exact).max())
    plot = Plot("Error of the output against the offset of the input", "offset added to x", "largest error of y", logx=True, logy=True)
    for (name, values), style in zip(errors.items(), ("ours", "reference", "third")):
        plot.line(10 ** powers, values, name, style)
    lost = errors["one pass, not used"][6] / errors["ours"][6]
    return plot, ("Error against float64 when a constant is added to the input. The mean is taken away before squaring (two passes), so "
                  "the "
                  f"error grows in step with the offset. Squaring first and subtracting after (dotted) is {lost:,.0f} times worse at "
                  f"1,000.")


def projection(study):
    """A gradient before and after."""
    from ...atlas.identities import names
    from ...atlas.plot import Plot
    s = names(study)
    before, after = s["grad_xhat"][0], (s["grad_xhat"] - s["c1"] - s["xhat"] * s["c2"])[0]
    plot = Plot("The gradient of one position before and after the projection", "feature", "gradient")
    plot.bars(np.arange(len(before)), {"arrives at the normalized input": (before, "third"), "leaves, over r": (after, "ours")})
    return plot, (f"What leaves has mean {abs(after.mean()):.0e} and inner product {abs(after @ s['xhat'][0]):.0e} with the normalized "
                  f"input: "
                  "both parts are gone, the second up to epsilon.")


STUDY = Study(
    "nn.functional.layer_norm",
    title="Layer normalization", group="Normalization",
    lead="Each position is shifted and scaled by the mean and the spread of its own features, then given a learned scale and shift.",
    sizes={"N": 3, "T": 5, "C": 8}, extra_sizes={"N·T": 15}, inputs=inputs,
    call=lambda torch, input, weight, bias: torch.nn.functional.layer_norm(input, (input.shape[-1],), weight, bias),
    functions={"layer_norm": "Forward", "layer_norm_backward": "Backward"},
    helpers=("inverse_root", "project"),
    variables={
        "input": ("X", "input, as it was given"),
        "normalized_shape": ("D", "the sizes of the dimensions that are normalized"),
        "weight": (r"\gamma", "learned scale"),
        "bias": (r"\beta", "learned shift"),
        "eps": (r"\varepsilon", "keeps the square root away from zero"),
        "inputs": ("X", "input, as a matrix"),
        "w": (r"\gamma", "scale as a row"),
        "b": (r"\beta", "shift as a row"),
        "n": ("n", "number of elements that are averaged", "the features of a position, C"),
        "x": ("x", "input, as the kernel walks it", "a row for each position"),
        "mean": (r"\mu", "mean"),
        "xc": (r"\tilde{x}", "centred input"),
        "var": (r"\sigma^2", "biased variance"),
        "rstd": ("r", "one over the standard deviation"),
        "xhat": (r"\hat{x}", "normalized input"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_y": (r"\bar{y}", "gradient that arrives at the output", "a row for each position"),
        "product_y": (r"\bar{y}\tilde{x}", "arriving gradient times the centred input"),
        "bias_sums": (r"\bar{\beta}", "gradient of the shift"),
        "weight_sums": (r"\bar{\gamma}", "gradient of the scale"),
        "c1": ("c_1", "mean of the gradient at the normalized input"),
        "c2": ("c_2", "mean of the gradient at the normalized input times that input"),
        "grad_xhat": (r"\bar{\hat{x}}", "gradient at the normalized input"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
        "grad_weight": (r"\bar{\gamma}", "gradient of the scale, in its shape"),
        "grad_bias": (r"\bar{\beta}", "gradient of the shift, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{mean} = \frac{1}{\v{n}} \sum_j \v{x}_j", "mean == x.sum(1, keepdims=True) / n"),
        Line(r"\v{xc} = \v{x} - \v{mean}", "xc == x - mean"),
        Line(r"\v{var} = \frac{1}{\v{n}} \sum_j \v{xc}_j^2", "var == (xc ** 2).sum(1, keepdims=True) / n"),
        Line(r"\v{rstd} = \frac{1}{\sqrt{\v{var} + \v{eps}}}", "rstd == 1 / sqrt(var + eps)"),
        Line(r"\v{xhat} = \v{rstd}\,\v{xc}", "xhat == rstd * xc"),
        Line(r"\v{y} = \v{w} \odot \v{xhat} + \v{b}", "xhat * w + b == (x - mean) * rstd * weight + bias"),
    ),
    backward=(
        Line(r"\v{bias_sums} = \sum_{N,T} \v{grad_y}", "grad_bias == grad_y.sum(0)"),
        Line(r"\v{weight_sums} = \sum_{N,T} \v{grad_y} \odot \v{xhat}", "grad_weight == (grad_y * xhat).sum(0)"),
        Line(r"\v{grad_xhat} = \v{grad_y} \odot \v{w}", "grad_xhat == grad_y * w"),
        Line(r"\v{c1} = \frac{1}{\v{n}} \sum_j \v{grad_xhat}_j", "c1 == grad_xhat.sum(1, keepdims=True) / n"),
        Line(r"\v{c2} = \frac{1}{\v{n}} \sum_j \v{grad_xhat}_j\,\v{xhat}_j", "c2 == (grad_xhat * xhat).sum(1, keepdims=True) / n"),
        Line(r"\v{grad_x} = \v{rstd}\,(\v{grad_xhat} - \v{c1} - \v{xhat}\,\v{c2})",
             "gradient(lambda x: grad_xhat * (x - x.mean(1, keepdims=True)) / sqrt(((x - x.mean(1, keepdims=True)) ** 2)"
             ".mean(1, keepdims=True) + eps), x) == rstd * (grad_xhat - c1 - xhat * c2)"),
    ),
    derivation=(
        Step("The bar, and the last line",
             r"Write $\bar{a}$ for the derivative of the loss by $a$. The last line, $\v{y} = \v{w} \odot \v{xhat} + \v{b}$, is linear "
             r"in each of "
             "its three values, so their gradients can be read off. Scale and shift serve every position, so theirs are sums over all of "
             "them.",
             (Line(r"\v{grad_xhat} = \v{grad_y} \odot \v{w}", "slope(lambda z: grad_y * (z * w + b), xhat) == grad_xhat"),
              Line(r"\v{grad_weight} = \sum_{N,T} \v{grad_y} \odot \v{xhat}",
                   "gradient(lambda z: grad_y * (xhat * z + b), w)[0] == (grad_y * xhat).sum(0) == grad_weight"),
              Line(r"\v{grad_bias} = \sum_{N,T} \v{grad_y}", "gradient(lambda z: grad_y * (xhat * w + z), b)[0] == grad_y.sum(0) == "
                                                             "grad_bias"))),
        Step("Three roads from x to the output",
             r"One feature $\v{x}_j$ reaches $\v{xhat}_i$ directly when $i = j$, through the mean, and through the variance. Start at "
             r"the end: in "
             r"$\v{xhat} = \v{rstd}\,\v{xc}$ both factors depend on $\v{xc}$, the second one directly and $\v{rstd}$ through the "
             r"variance, and the "
             "product rule adds the two roads.",
             (Line(r"\bar{\v{xc}}_j = \v{rstd}\,\v{grad_xhat}_j + \bar{\v{rstd}}\,\frac{\partial \v{rstd}}{\partial \v{xc}_j}",
                   "gradient(lambda z: grad_xhat * z / sqrt((z ** 2).mean(1, keepdims=True) + eps), xc) "
                   "== rstd * grad_xhat + d_rstd * slope(lambda v: 1 / sqrt(v + eps), var) * centred_slope"),
              Line(r"\bar{\v{rstd}} = \sum_i \v{grad_xhat}_i\,\v{xc}_i", "slope(lambda r: (grad_xhat * r * xc).sum(1, keepdims=True), "
                                                                         "rstd) "
                   "== (grad_xhat * xc).sum(1, keepdims=True)"))),
        Step("The road through the variance",
             r"$\v{rstd}$ is a power of $\v{var} + \v{eps}$, and the variance is a mean of squares; each is differentiated by itself.",
             (Line(r"\frac{\partial \v{rstd}}{\partial \v{var}} = -\frac{1}{2}\,\v{rstd}^3",
                   "slope(lambda v: (v + eps) ** -0.5, var) == -rstd ** 3 / 2"),
              Line(r"\frac{\partial \v{var}}{\partial \v{xc}_j} = \frac{2}{\v{n}}\,\v{xc}_j",
                   "gradient(lambda z: (z ** 2).sum(1) / n, xc) == 2 / n * xc"))),
        Step("Both factors together",
             r"The chain rule multiplies them. One of the three factors $\v{rstd}$ makes $\v{xc}_j$ into $\v{xhat}_j$, another makes the "
             r"sum into one "
             r"of $\v{grad_xhat}\,\v{xhat}$, and with $1/\v{n}$ that sum is the mean $\v{c2}$. One $\v{rstd}$ is left.",
             (Line(r"\bar{\v{rstd}}\,\frac{\partial \v{rstd}}{\partial \v{xc}_j} = -\frac{\v{rstd}^3}{\v{n}}\,\v{xc}_j \sum_i "
                   r"\v{grad_xhat}_i\,\v{xc}_i = -\v{rstd}\,\v{xhat}_j\,\v{c2}",
                   "d_rstd * slope(lambda v: (v + eps) ** -0.5, var) * centred_slope "
                   "== -rstd ** 3 / n * xc * (grad_xhat * xc).sum(1, keepdims=True) == -rstd * xhat * c2"),
              Line(r"\bar{\v{xc}}_j = \v{rstd}\,(\v{grad_xhat}_j - \v{xhat}_j\,\v{c2})", "d_xc == rstd * (grad_xhat - xhat * c2)"))),
        Step("The road through the mean",
             r"Since $\v{xc} = \v{x} - \v{mean}$, and every $\v{x}_j$ has a share of $1/\v{n}$ in the mean, the gradient of $\v{x}$ is "
             r"the gradient "
             r"of $\v{xc}$ less its own mean. The mean of $\v{xhat}$ is zero, so only the first term has one, and it is "
             r"$\v{rstd}\,\v{c1}$.",
             (Line(r"\sum_j \v{xhat}_j = 0", "1 + xhat.sum(1) == 1 + 0 * xhat[:, 0]"),
              Line(r"\frac{1}{\v{n}} \sum_i \bar{\v{xc}}_i = \v{rstd}\,\v{c1}", "d_xc.sum(1, keepdims=True) / n == rstd * c1"),
              Line(r"\v{grad_x}_j = \bar{\v{xc}}_j - \frac{1}{\v{n}} \sum_i \bar{\v{xc}}_i = \v{rstd}\,(\v{grad_xhat}_j - \v{c1} - "
                   r"\v{xhat}_j\,\v{c2})",
                   "gradient(lambda x: d_xc * (x - x.mean(1, keepdims=True)), x) == d_xc - d_xc.sum(1, keepdims=True) / n "
                   "== rstd * (grad_xhat - c1 - xhat * c2)"))),
        Step("What it means",
             r"The gradient is projected: its part along the constant vector and its part along $\v{xhat}$ are taken away. Moving "
             r"$\v{x}$ in "
             r"either direction changes nothing after normalization, so no gradient may point there. Along $\v{xhat}$ this holds up to "
             r"the share of "
             r"$\v{eps}$ in the variance, for the squares of $\v{xhat}$ have the mean $1 - \v{eps}\,\v{rstd}^2$.",
             (Line(r"\sum_j \v{grad_x}_j = 0", "1 + (rstd * (grad_xhat - c1 - xhat * c2)).sum(1) == 1 + 0 * c1[:, 0]"),
              Line(r"\frac{1}{\v{n}} \sum_j \v{grad_x}_j\,\v{xhat}_j = \v{eps}\,\v{rstd}^3\,\v{c2}",
                   "(rstd * (grad_xhat - c1 - xhat * c2) * xhat).sum(1, keepdims=True) / n == eps * rstd ** 3 * c2", rtol=1e-7))),
    ),
    sources=(
        Source("Ba, Kiros and Hinton (2016), Layer Normalization", "https://arxiv.org/abs/1607.06450",
               "equation 3: mean and spread of a layer; equation 4: with gain and bias, in a recurrent layer"),
        Source("Xu et al. (2019), Understanding and Improving Layer Normalization", "https://arxiv.org/abs/1911.07013",
               "what the two subtracted terms do to the gradient"),
        Source("PyTorch documentation, layer_norm", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.layer_norm.html",
               "the contract"),
    ),
    edges=(Edge("one constant feature", constant_feature, "only its own column is moved; nothing special happens"),
           Edge("offset 1e6", with_offset, "the input has already lost its low digits")),
    notes={"constant": "the variance is zero: epsilon decides, and the output is the shift",
           "huge, 1e20": "the squares overflow float32: ours divides by infinity and gives the shift, PyTorch's sum of infinities gives "
                         "nan",
           "tiny, 1e-20": "epsilon hides the spread",
           "one element": "one feature is its own mean: the output is the shift"},
    alone={"if n == 0:": "without features there is nothing to average; our loop over blocks has no turn then",
           "return input.clone()": "the answer in that case"},
    equivalent={"inverse_root(eps, var": "a sum does not mind the order of its terms"},
    conventions=(("Variance", "Divides by n, not by n - 1: `correction=0`."), ("Epsilon", "Inside the square root, 1e-5 by default."),
                 ("Axes", "Any number of trailing dimensions; here the last."),
                 ("Saved", "`mean` and `rstd` and the input; `xhat` is made again in the backward, so that it need not be kept.")),
    differences=(("Overflow", "An input whose squares overflow: `rstd` is 0 here and the output is the shift; PyTorch returns nan."),
                 ("Sums", "Ours are products with ones (BLAS), PyTorch's are Welford's updates in vector lanes: `mean` and `var` differ by "
                          "rounding, everything after them inherits it.")),
    figures=(Figure(offsets, "agreement"), Figure(projection)),
    speed=({"N": 8, "T": 16, "C": 64}, {"N": 8, "T": 128, "C": 512}),
)
