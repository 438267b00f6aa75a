"""Group normalization: each group of channels of each sample by its own mean and spread."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study


def groups_of(C):
    """Two groups where the channels can be halved, else one."""
    return 1 if C % 2 else 2


def inputs(rng, N, C, L):
    """A batch of N samples with C channels of L places; a scale near 1 and a shift near 0."""
    return {"input": rng.standard_normal((N, C, L)), "weight": 1 + 0.3 * rng.standard_normal(C), "bias": 0.3 * rng.standard_normal(C)}


def normalized(z, eps, axes=(2, 3)):
    """Less its mean, over its spread."""
    z = z - z.mean(axes, keepdims=True)
    return z / np.sqrt((z * z).mean(axes, keepdims=True) + eps)


def scene(s):
    """The normalized input, its gradient, and each road of the gradient alone."""
    xhat = s.xc * s.rstd
    grad_xhat = s.grad_y * s.w

    def norm(z, groups):
        return normalized(z.reshape(s.N, groups, s.C // groups, s.L), s.eps).reshape(s.input.shape)
    return {"xhat": xhat, "g": grad_xhat, "norm": norm, "norm_of": lambda z: normalized(z, s.eps), "axes": (2, 3),
            "d_rstd": (grad_xhat * s.xc).sum((2, 3), keepdims=True), "d_xc": s.rstd * (grad_xhat - xhat * s.c2),
            "layer": normalized(s.input, s.eps, (1, 2)), "instance": normalized(s.input, s.eps, (2,))}


def loud_channel(values):
    """One channel a thousand times larger than the others."""
    values["input"][:, 0] *= 1000


def with_offset(values):
    """Inputs far from zero."""
    values["input"] += 1e6


def sharing(study):
    """How small a quiet channel comes out, beside a louder one of its group and alone."""
    import minitorch

    from ...atlas.plot import Plot
    x = np.random.RandomState(3).standard_normal((1, 4, 256))
    powers = np.arange(0, 3.01, 0.25)
    plot = Plot("A quiet channel beside a loud one", "loud channel over the others", "root mean square of a quiet channel's output",
                logx=True, logy=True)
    ends = {}
    for groups, style in ((1, "third"), (2, "reference"), (4, "ours")):
        sizes = []
        for power in powers:
            loud = x.copy()
            loud[:, 0] *= 10 ** power
            y = minitorch.nn.functional.group_norm(minitorch.from_numpy(loud), groups).numpy()
            sizes.append(np.sqrt((y[:, 1] ** 2).mean()))
        plot.line(10 ** powers, sizes, f"{groups} groups" if groups > 1 else "1 group", style)
        ends[groups] = sizes[-1]
    return plot, (f"The first of four channels is made louder; drawn is the second. In one group with it, at a thousand times, it comes "
                  f"out at "
                  f"{ends[1]:.4f}, in two groups (still beside it) at {ends[2]:.4f}, in a group of its own at {ends[4]:.2f}: channels of "
                  f"one "
                  "group share a spread.")


STUDY = Study(
    "nn.functional.group_norm",
    title="Group normalization", group="Normalization",
    lead="""The channels of each sample fall into groups; a group is shifted and scaled by its own mean and spread, then each channel is
        given a learned scale and shift.""",
    sizes={"N": 3, "C": 8, "L": 5}, extra_sizes={"G": 2, "C/G": 4}, inputs=inputs,
    call=lambda torch, input, weight, bias: torch.nn.functional.group_norm(input, groups_of(input.shape[1]), weight, bias),
    functions={"group_norm": "Forward", "group_norm_backward": "Backward"},
    helpers=("group_sums", "group_dots", "channel_sums", "channel_dots"),
    variables={
        "input": ("X", "input, as it was given"),
        "num_groups": ("G", "the number of groups that the channels fall into"),
        "weight": (r"\gamma", "learned scale"),
        "bias": (r"\beta", "learned shift"),
        "eps": (r"\varepsilon", "keeps the square root away from zero"),
        "w": (r"\gamma", "scale as a row", "here a column: one number a channel, beside the places"),
        "b": (r"\beta", "shift as a row", "here a column: one number a channel, beside the places"),
        "n": ("n", "number of elements that are averaged", "those of a group: C/G channels of L places"),
        "x": ("x", "input, as the kernel walks it", "sample, group, channel in the group, place"),
        "mean": (r"\mu", "mean"),
        "xc": (r"\tilde{x}", "centred input"),
        "var": (r"\sigma^2", "biased variance"),
        "rstd": ("r", "one over the standard deviation"),
        "scale": ("a", "factor of each channel", "learned scale over standard deviation"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_y": (r"\bar{y}", "gradient that arrives at the output", "in the shape of x"),
        "place_sums": (r"\xi", "arriving gradient summed over the places of a channel"),
        "place_dots": (r"\zeta", "arriving gradient times the normalized input, summed over the places of a channel"),
        "bias_sums": (r"\bar{\beta}", "gradient of the shift"),
        "weight_sums": (r"\bar{\gamma}", "gradient of the scale"),
        "c1": ("c_1", "mean of the gradient at the normalized input"),
        "c2": ("c_2", "mean of the gradient at the normalized input times that input"),
        "back": ("B", "what the mean and the variance send back"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
        "grad_weight": (r"\bar{\gamma}", "gradient of the scale, in its shape"),
        "grad_bias": (r"\bar{\beta}", "gradient of the shift, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{mean} = \frac{1}{\v{n}} \sum_{k,l} \v{x}_{kl}", "mean == x.sum(axes, keepdims=True) / n"),
        Line(r"\v{xc} = \v{x} - \v{mean}", "xc == x - mean"),
        Line(r"\v{var} = \frac{1}{\v{n}} \sum_{k,l} \v{xc}_{kl}^2", "var == (xc ** 2).sum(axes, keepdims=True) / n"),
        Line(r"\v{rstd} = \frac{1}{\sqrt{\v{var} + \v{eps}}}", "rstd == 1 / sqrt(var + eps)"),
        Line(r"\v{y}_{kl} = \v{w}_k\,\v{rstd}\,\v{xc}_{kl} + \v{b}_k", "norm(input, 2) * weight[:, None] + bias[:, None] == "
             "(w * rstd * xc + b).reshape(input.shape)"),
    ),
    backward=(
        Line(r"\v{place_sums}_k = \sum_l \v{grad_y}_{kl}", "place_sums == grad_y.sum(3, keepdims=True)"),
        Line(r"\v{place_dots}_k = \v{rstd} \sum_l \v{grad_y}_{kl}\,\v{xc}_{kl}", "place_dots == (grad_y * xhat).sum(3, keepdims=True)"),
        Line(r"\v{bias_sums}_k = \sum_N \v{place_sums}_k", "grad_bias == grad.sum((0, 2))"),
        Line(r"\v{weight_sums}_k = \sum_N \v{place_dots}_k", "grad_weight == (grad * norm(input, 2)).sum((0, 2))"),
        Line(r"\v{c1} = \frac{1}{\v{n}} \sum_k \v{w}_k\,\v{place_sums}_k", "c1 == g.mean(axes, keepdims=True)"),
        Line(r"\v{c2} = \frac{1}{\v{n}} \sum_k \v{w}_k\,\v{place_dots}_k", "c2 == (g * xhat).mean(axes, keepdims=True)"),
        Line(r"\v{grad_x} = \v{w}\,\v{rstd}\,\v{grad_y} - \v{rstd}^2\,\v{c2}\,\v{xc} - \v{rstd}\,\v{c1}",
             "gradient(lambda z: grad_y * w * norm_of(z), x) == w * rstd * grad_y - rstd ** 2 * c2 * xc - rstd * c1 == grad_x"),
    ),
    derivation=(
        Step("The bar, and the last line",
             r"Write $\bar{a}$ for the derivative of the loss by $a$, and $\hat{x} = \v{rstd}\,\v{xc}$ for the normalized input. The "
             r"output is "
             r"linear in $\hat{x}$, in the scale and in the shift. Scale and shift of a channel serve all places of all samples, so their "
             r"gradients are sums over both.",
             (Line(r"\bar{\hat{x}}_{kl} = \v{w}_k\,\v{grad_y}_{kl}", "slope(lambda z: grad_y * (z * w + b), xhat) == w * grad_y"),
              Line(r"\v{grad_weight}_k = \sum_{N,l} \v{grad_y}_{kl}\,\hat{x}_{kl}",
                   "gradient(lambda z: grad_y * (xhat * z + b), w).ravel() == (grad_y * xhat).sum((0, 3)).ravel() == grad_weight"),
              Line(r"\v{grad_bias}_k = \sum_{N,l} \v{grad_y}_{kl}",
                   "gradient(lambda z: grad_y * (xhat * w + z), b).ravel() == grad_y.sum((0, 3)).ravel() == grad_bias"))),
        Step("The road through the spread",
             r"No group sees another, so take one, and write $j$ for one of its $\v{n}$ elements. In $\hat{x} = \v{rstd}\,\v{xc}$ both "
             r"factors "
             r"depend on $\v{xc}$. The factor $\v{rstd}$ is a power of a mean of squares, and its gradient is a sum over the group, "
             r"since it "
             r"multiplies all of it.",
             (Line(r"\frac{\partial \v{rstd}}{\partial \v{xc}_j} = -\frac{1}{2}\,\v{rstd}^3 \cdot \frac{2}{\v{n}}\,\v{xc}_j "
                   r"= -\frac{\v{rstd}^3}{\v{n}}\,\v{xc}_j",
                   "gradient(lambda z: ((z * z).mean(axes) + eps) ** -0.5, xc) == -rstd ** 3 / 2 * (2 / n * xc) == -rstd ** 3 / n * xc"),
              Line(r"\bar{\v{rstd}} = \sum_i \bar{\hat{x}}_i\,\v{xc}_i",
                   "slope(lambda r: (g * r * xc).sum(axes, keepdims=True), rstd) == (g * xc).sum(axes, keepdims=True)"))),
        Step("Both roads to the centred input",
             r"The product rule adds them. Two of the three factors $\v{rstd}$ turn $\v{xc}$ into $\hat{x}$, once outside the sum and once "
             r"in it, and with $1/\v{n}$ the sum is the mean $\v{c2}$.",
             (Line(r"\bar{\v{xc}}_j = \v{rstd}\,\bar{\hat{x}}_j - \bar{\v{rstd}}\,\frac{\v{rstd}^3}{\v{n}}\,\v{xc}_j "
                   r"= \v{rstd}\,(\bar{\hat{x}}_j - \hat{x}_j\,\v{c2})",
                   "gradient(lambda z: g * z / sqrt((z * z).mean(axes, keepdims=True) + eps), xc) "
                   "== rstd * g - d_rstd * rstd ** 3 / n * xc == d_xc"),)),
        Step("The road through the mean",
             r"Every $\v{x}_j$ has a share of $1/\v{n}$ in the mean that is taken from all, so its gradient is that of $\v{xc}_j$ less "
             r"the mean "
             r"of them all. The mean of $\hat{x}$ is zero, so only the first term has one: $\v{rstd}\,\v{c1}$.",
             (Line(r"\sum_j \hat{x}_j = 0", "1 + xhat.sum(axes) == np.ones((N, G))"),
              Line(r"\v{grad_x}_j = \bar{\v{xc}}_j - \frac{1}{\v{n}} \sum_i \bar{\v{xc}}_i = \v{rstd}\,(\bar{\hat{x}}_j - \v{c1} - "
                   r"\hat{x}_j\,\v{c2})",
                   "gradient(lambda z: d_xc * (z - z.mean(axes, keepdims=True)), x) == d_xc - d_xc.mean(axes, keepdims=True) "
                   "== rstd * (g - c1 - xhat * c2)"))),
        Step("Two sums for four gradients",
             r"The scale is one number a channel, so it can be taken out of the sum over the places. What is left are the sums "
             r"$\v{place_sums}$ "
             r"and $\v{place_dots}$ of each channel: added up over samples they are the gradients of shift and scale, added up over the "
             r"channels of a group, times the scale, they are the means $\v{c1}$ and $\v{c2}$. The large arrays are summed once.",
             (Line(r"\v{c1} = \frac{1}{\v{n}} \sum_{k,l} \v{w}_k\,\v{grad_y}_{kl} = \frac{1}{\v{n}} \sum_k \v{w}_k\,\v{place_sums}_k",
                   "g.mean(axes, keepdims=True) == (w * grad_y).sum(axes, keepdims=True) / n == (w * place_sums).sum(2, keepdims=True) / "
                   "n"),
              Line(r"\v{c2} = \frac{1}{\v{n}} \sum_{k,l} \v{w}_k\,\v{grad_y}_{kl}\,\hat{x}_{kl} = \frac{1}{\v{n}} \sum_k \v{w}_k\,"
                   r"\v{place_dots}_k", "(g * xhat).mean(axes, keepdims=True) == (w * grad_y * xhat).sum(axes, keepdims=True) / n "
                   "== (w * place_dots).sum(2, keepdims=True) / n"))),
        Step("One group, and a group for each channel",
             r"With $G = 1$ the statistics are those of the whole sample: layer normalization over channels and places, but for scale and "
             r"shift, which here belong to a channel. With $G = C$ each channel of each sample stands alone: instance normalization. In "
             r"neither does one sample see another, which sets all three apart from batch normalization.",
             (Line(r"\mathrm{GN}_1(\v{input}) = \mathrm{LN}_{C,L}(\v{input})", "norm(input, 1) == layer"),
              Line(r"\mathrm{GN}_C(\v{input}) = \mathrm{IN}(\v{input})", "norm(input, C) == instance"))),
    ),
    sources=(
        Source("Wu and He (2018), Group Normalization", "https://arxiv.org/abs/1803.08494", "equation 7: which elements share a mean"),
        Source("Ulyanov, Vedaldi and Lempitsky (2016), Instance Normalization", "https://arxiv.org/abs/1607.08022", "a group for each "
                                                                                                                    "channel"),
        Source("PyTorch documentation, group_norm", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.group_norm.html",
               "the contract"),
    ),
    edges=(Edge("one loud channel", loud_channel, "the spread of its group is its own: the others of the group come out small"),
           Edge("offset 1e6", with_offset, "float32 keeps 4 or 5 bits of what lies under the offset: the rounding of the mean is as "
                                           "large as a part of the spread")),
    notes={"constant": "the variance is zero: epsilon decides, and the output is the shift", "tiny, 1e-20": "epsilon hides the spread",
           "one element": "a mean of one value says nothing: refused"},
    alone={"x = grouped": "our loop over blocks gives x", "x, grad_y = grouped": "our loop over blocks gives both"},
    equivalent={"inverse_root(eps, var": "a sum does not mind the order of its terms",
                "channel_dots(xc, grad_y)": "a product does not mind the order of its factors"},
    conventions=(("Variance", "Divides by n, not by n - 1."), ("Epsilon", "Inside the square root, 1e-5 by default."),
                 ("Groups", "Neighbouring channels; `num_groups` must divide their number."),
                 ("Scale and shift", "One number a channel, not a group and not a place."),
                 ("Training and evaluation", "The same: no running statistics."),
                 ("Saved", "`mean` and `rstd`, one number a group of a sample, and the input.")),
    differences=(("Sums", "Ours are products with ones (BLAS), PyTorch's run in vector lanes: the mean differs by rounding, which shows "
                          "where an "
                          "offset dwarfs the spread."),),
    figures=(Figure(sharing),),
    speed=({"N": 4, "C": 16, "L": 64}, {"N": 8, "C": 32, "L": 256}),
)
