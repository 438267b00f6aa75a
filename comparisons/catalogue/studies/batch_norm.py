"""Batch normalization: each channel by the mean and the spread that it has over the batch, and what it remembers of them."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

MOMENTUM = 0.1


def inputs(rng, N, C, L):
    """A batch of N signals of C channels and length L; a scale near 1 and a shift near 0."""
    return {"input": rng.standard_normal((N, C, L)) * (1 + np.arange(C)[:, None]) + 0.5, "weight": 1 + 0.3 * rng.standard_normal(C),
            "bias": 0.3 * rng.standard_normal(C)}


def per_channel(v):
    """One number for each channel, against (N, C, L)."""
    return v[:, None]


def normalized(x, eps):
    """The definition, in training."""
    mean = x.mean((0, 2), keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean((0, 2), keepdims=True) + eps)


def scene(s):
    """The normalized input and its gradient, the gradient in evaluation, and running statistics as the library itself moves them."""
    import minitorch
    n = s.N * s.L
    mean, var = s.input.mean((0, 2)), s.input.var((0, 2))
    running_mean, running_var = np.full(s.C, 0.25), np.full(s.C, 2.0)
    minitorch.nn.functional.batch_norm(*map(minitorch.from_numpy, (s.input, running_mean, running_var)), training=True, momentum=MOMENTUM)
    rstd, xhat = 1 / np.sqrt(var + s.eps), normalized(s.input, s.eps)
    grad_xhat = s.grad * per_channel(s.weight)
    x = minitorch.from_numpy(s.input.copy()).requires_grad_()
    frozen = [minitorch.from_numpy(v.copy()) for v in (mean, var, s.weight, s.bias)]
    minitorch.nn.functional.batch_norm(x, *frozen).backward(minitorch.from_numpy(s.grad.copy()))
    return {"n": n, "mean": mean, "var": var, "rstd": rstd, "xhat": xhat, "grad_xhat": grad_xhat, "running_mean": running_mean,
            "running_var": running_var, "in_evaluation": x.grad.numpy(), "col": per_channel, "normalized": normalized,
            "xc": s.input - per_channel(mean), "beta": MOMENTUM, "k1": grad_xhat.mean((0, 2)), "k2": (grad_xhat * xhat).mean((0, 2))}


def constant_channel(values):
    """One channel that is the same everywhere."""
    values["input"][:, 0] = 3


def with_offset(values):
    """Inputs far from zero."""
    values["input"] += 1e6


def forgetting(study):
    """The running variance over steps, from one."""
    import minitorch

    from ...atlas.plot import Plot
    rng, steps = np.random.RandomState(study.seed), np.arange(41)
    plot = Plot("The running variance over training steps; the data's is 4", "step", "running variance")
    last = {}
    for size, style in ((3, "third"), (64, "ours")):
        mean, var, found = np.zeros(200), np.ones(200), [1.0]
        for _ in steps[1:]:
            batch = minitorch.from_numpy(2 * rng.standard_normal((size, 200)))
            minitorch.nn.functional.batch_norm(batch, *map(minitorch.from_numpy, (mean, var)), training=True, momentum=MOMENTUM)
            found.append(var.mean())
        last[size] = found[-1]
        plot.line(steps, found, f"batches of {size}", style)
    plot.line(steps, 4 - 3 * (1 - MOMENTUM) ** steps, "expected", "reference")
    return plot, (f"Mean over 200 channels. The start is forgotten by a factor of 0.9 a step: after {steps[-1]} steps it has a weight of "
                  f"{(1 - MOMENTUM) ** steps[-1]:.1%}. Because the unbiased variance is stored, batches of three arrive at "
                  f"{last[3]:.2f}, near 4; the biased one would aim at {4 * 2 / 3:.2f}.")


STUDY = Study(
    "nn.functional.batch_norm",
    title="Batch normalization", group="Normalization",
    lead="Each channel is shifted and scaled by its mean and spread over the batch; evaluation uses running averages of both instead.",
    sizes={"N": 4, "C": 3, "L": 5}, extra_sizes={"N·L": 20, "C·L": 15}, inputs=inputs,
    call=lambda torch, input, weight, bias: torch.nn.functional.batch_norm(input, None, None, weight, bias, training=True),
    functions={"batch_statistics": "Statistics of the batch", "batch_norm": "Forward", "batch_norm_backward": "Backward"},
    more=lambda module, input, weight, bias: module.batch_statistics(input),
    variables={
        "input": ("X", "input, as it was given"),
        "weight": (r"\gamma", "learned scale"),
        "bias": (r"\beta", "learned shift"),
        "eps": (r"\varepsilon", "keeps the square root away from zero"),
        "inputs": ("X", "input, as a matrix"),
        "n": ("n", "number of elements that are averaged", "one channel's: batch times length"),
        "first": (r"\mu_0", "mean as the first pass finds it, rounded"),
        "left": (r"\Delta", "sum of what is left after the rounded mean is taken away"),
        "squares": ("q", "sum of the squares of what is left"),
        "drift": (r"\delta", "mean of what is left: the rounding of the first mean"),
        "mean": (r"\mu", "mean"),
        "var": (r"\sigma^2", "biased variance"),
        "rstd": ("r", "one over the standard deviation"),
        "scale": ("a", "factor of each channel", "learned scale over standard deviation"),
        "shift": ("h", "what is added to each channel after the factor"),
        "xc": (r"\tilde{x}", "centred input"),
        "xhat": (r"\hat{x}", "normalized input"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "products": (r"\pi", "sums of arriving gradient times centred input"),
        "c1": ("c_1", "mean of the gradient at the normalized input"),
        "c2": ("c_2", "mean of the gradient at the normalized input times that input"),
        "grad_xhat": (r"\bar{\hat{x}}", "gradient at the normalized input"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
        "grad_weight": (r"\bar{\gamma}", "gradient of the scale, in its shape"),
        "grad_bias": (r"\bar{\beta}", "gradient of the shift, in its shape"),
    },
    scene=scene,
    forward=(
        Line(r"\v{mean} = \frac{1}{\v{n}} \sum_{N,L} \v{input}", "mean == input.sum((0, 2)) / n"),
        Line(r"\v{var} = \frac{1}{\v{n}} \sum_{N,L} (\v{input} - \v{mean})^2", "var == ((input - col(mean)) ** 2).sum((0, 2)) / n"),
        Line(r"\v{rstd} = \frac{1}{\sqrt{\v{var} + \v{eps}}}", "rstd == 1 / sqrt(var + eps)"),
        Line(r"\v{y} = \v{weight} \odot \v{rstd}\,(\v{input} - \v{mean}) + \v{bias}",
             "y.reshape(N, C, L) == normalized(input, eps) * col(weight) + col(bias)"),
    ),
    backward=(
        Line(r"\v{grad_bias} = \sum_{N,L} \v{grad}", "grad_bias == grad.sum((0, 2))"),
        Line(r"\v{grad_weight} = \sum_{N,L} \v{grad} \odot \v{xhat}", "grad_weight == (grad * xhat).sum((0, 2))"),
        Line(r"\v{grad_x} = \v{weight}\,\v{rstd}\,\Big(\v{grad} - \frac{\v{grad_bias}}{\v{n}} - "
             r"\v{xhat}\,\frac{\v{grad_weight}}{\v{n}}\Big)",
             "grad_x.reshape(N, C, L) == col(weight * rstd) * (grad - col(grad_bias / n) - xhat * col(grad_weight / n))",
             note="in training"),
    ),
    derivation=(
        Step("Two passes, and a correction",
             r"The mean is taken first, the squares after it is taken away: $\mathrm{E}[x^2] - \mathrm{E}[x]^2$ would lose all digits "
             r"where "
             r"the mean is large. The mean $\v{first}$ is rounded, so what is left has a small mean $\v{drift}$ of its own. Adding it "
             r"mends "
             r"the mean; and since squares around a wrong centre are too large by its square, subtracting $\v{drift}^2$ mends the "
             r"variance.",
             (Line(r"\v{mean} = \v{first} + \frac{1}{\v{n}} \sum (\v{input} - \v{first})",
                   "mean == 0.7 + (input - 0.7).mean((0, 2))", note="for any centre, here 0.7"),
              Line(r"\v{var} = \frac{1}{\v{n}} \sum (\v{input} - \v{first})^2 - \v{drift}^2",
                   "var == ((input - 0.7) ** 2).mean((0, 2)) - (input - 0.7).mean((0, 2)) ** 2"))),
        Step("One multiplication and one addition",
             r"Per channel everything but the input is a number, so the layer is affine: collect them. This is also why a trained batch "
             r"normalization can be folded into the convolution before it.",
             (Line(r"\v{y} = (\v{weight}\,\v{rstd})\,\v{input} + (\v{bias} - \v{weight}\,\v{rstd}\,\v{mean})",
                   "normalized(input, eps) * col(weight) + col(bias) == col(weight * rstd) * input + col(bias - weight * rstd * mean) "
                   "== y.reshape(N, C, L)"),)),
        Step("Scale and shift",
             r"Write $\bar{a}$ for the derivative of the loss by $a$. $\v{y} = \v{weight} \odot \v{xhat} + \v{bias}$ is linear in each "
             r"of its "
             r"three values. Scale and shift serve a whole channel, so their gradients are sums over it; ours sums $\v{grad}\,\v{xc}$ "
             r"and "
             r"multiplies by $\v{rstd}$ at the end, once a channel instead of once an element.",
             (Line(r"\v{grad_weight} = \sum_{N,L} \v{grad} \odot \v{xhat}",
                   "gradient(lambda z: grad * (xhat * col(z) + col(bias)), weight) == (grad * xhat).sum((0, 2)) == products * rstd "
                   "== grad_weight"),
              Line(r"\v{grad_bias} = \sum_{N,L} \v{grad}", "gradient(lambda z: grad * (xhat * col(weight) + col(z)), bias) "
                   "== grad.sum((0, 2)) == grad_bias"),
              Line(r"\v{grad_xhat} = \v{grad} \odot \v{weight}", "slope(lambda z: grad * (z * col(weight) + col(bias)), xhat) == "
                                                                 "grad_xhat"))),
        Step("In training: three roads from x to the output",
             r"Element $j$ of a channel reaches $\v{xhat}_i$ directly when $i = j$, through the mean, and through the variance. As "
             r"for layer "
             r"normalization, the product rule on $\v{xhat} = \v{rstd}\,\v{xc}$ adds the road through $\v{rstd}$: with "
             r"$\partial \v{rstd} / \partial \v{var} = -\v{rstd}^3 / 2$ and $\partial \v{var} / \partial \v{xc}_j = 2\v{xc}_j / "
             r"\v{n}$ it is "
             r"$-\v{rstd}^3 \v{xc}_j \frac{1}{\v{n}} \sum_i \v{grad_xhat}_i \v{xc}_i$.",
             (Line(r"\frac{\partial \v{rstd}}{\partial \v{var}} = -\frac{1}{2}\,\v{rstd}^3", "slope(lambda v: (v + eps) ** -0.5, var) "
                   "== -rstd ** 3 / 2"),
              Line(r"\bar{\v{xc}}_j = \v{rstd}\,\Big(\v{grad_xhat}_j - \v{xhat}_j\,\frac{1}{\v{n}} \sum_i "
                   r"\v{grad_xhat}_i\,\v{xhat}_i\Big)",
                   "gradient(lambda z: grad_xhat * z / sqrt((z ** 2).mean((0, 2), keepdims=True) + eps), xc) "
                   "== col(rstd) * (grad_xhat - xhat * col(k2))"))),
        Step("The road through the mean",
             r"Since $\v{xc} = \v{input} - \v{mean}$ and each element has a share of $1/\v{n}$ in the mean, the gradient of the input is "
             r"that of $\v{xc}$ less its own mean. $\v{xhat}$ has mean zero, so only the first term contributes. The factor "
             r"$\v{weight}$ is "
             r"one number for the channel and leaves the means: they become $\v{c1} = \v{grad_bias} / \v{n}$ and "
             r"$\v{c2} = \v{grad_weight} / \v{n}$, sums that are there already.",
             (Line(r"\v{grad_x} = \v{rstd}\,\Big(\v{grad_xhat} - \frac{1}{\v{n}} \sum \v{grad_xhat} - \v{xhat}\,\frac{1}{\v{n}} \sum "
                   r"\v{grad_xhat}\,\v{xhat}\Big)",
                   "gradient(lambda z: grad_xhat * normalized(z, eps), input) == col(rstd) * (grad_xhat - col(k1) - xhat * col(k2))"),
              Line(r"\v{grad_x} = \v{weight}\,\v{rstd}\,(\v{grad} - \v{c1} - \v{xhat}\,\v{c2})",
                   "col(weight * rstd) * (grad - col(grad.mean((0, 2))) - xhat * col((grad * xhat).mean((0, 2)))) "
                   "== grad_x.reshape(N, C, L)"))),
        Step("What it means",
             r"The gradient of a channel has mean zero and is orthogonal to $\v{xhat}$ up to $\v{eps}$: moving a whole channel, or "
             r"stretching it, changes nothing after normalization. It also couples the batch: one sample's gradient depends on all "
             r"others.",
             (Line(r"\sum_{N,L} \v{grad_x} = 0", "1 + grad_x.reshape(N, C, L).sum((0, 2)) == 1 + 0 * c1"),
              Line(r"\frac{1}{\v{n}} \sum_{N,L} \v{grad_x}\,\v{xhat} = \v{weight}\,\v{eps}\,\v{rstd}^3\,\v{c2}",
                   "(grad_x.reshape(N, C, L) * xhat).mean((0, 2)) == weight * eps * rstd ** 3 * grad_weight / n", rtol=1e-6))),
        Step("In evaluation: constants",
             r"The running statistics do not depend on the input, and two of the three roads are closed. What is left is the factor "
             r"of the "
             r"affine map; samples no longer see each other.",
             (Line(r"\v{grad_x} = \v{weight}\,\v{rstd}\,\v{grad}", "slope(lambda z: grad * (col(weight * rstd) * (z - col(mean)) + "
                                                                   "col(bias)), "
                   "input) == col(weight * rstd) * grad == in_evaluation", note="in evaluation"),)),
        Step("What is remembered",
             r"In training the running statistics move a part $m$, the momentum, towards those of the batch; it weighs the new, not "
             r"the old, "
             r"so it is one minus what other texts call momentum. The variance that normalizes is the biased one, over $\v{n}$; the "
             r"variance "
             r"that is remembered is unbiased, over $\v{n} - 1$, for it estimates the variance of data that no batch has. With "
             r"$\v{n} = 1$ it does not exist, and training refuses.",
             (Line(r"\mu_{run} = (1 - m)\,\mu_{run} + m\,\v{mean}", "running_mean == (1 - beta) * 0.25 + beta * mean", note="from 1/4"),
              Line(r"\sigma^2_{run} = (1 - m)\,\sigma^2_{run} + m\,\frac{\v{n}}{\v{n} - 1}\,\v{var}",
                   "running_var == (1 - beta) * 2 + beta * n / (n - 1) * var == (1 - beta) * 2 + beta * input.var((0, 2), ddof=1)",
                   note="from 2"))),
    ),
    sources=(
        Source("Ioffe and Szegedy (2015), Batch normalization", "https://arxiv.org/abs/1502.03167",
               "algorithm 1: the forward; section 3: the gradient; algorithm 2: the unbiased variance in evaluation"),
        Source("Chan, Golub and LeVeque (1983), Algorithms for computing the sample variance", "https://doi.org/10.1080/00031305.1983.10483115",
               "the corrected two-pass algorithm"),
        Source("PyTorch documentation, BatchNorm1d", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.BatchNorm1d.html",
               "the contract"),
    ),
    edges=(Edge("one constant channel", constant_channel, "its variance is zero: epsilon decides, and the output is the shift"),
           Edge("offset 1e6", with_offset, "the input has lost its low digits, and the two round differently: ours corrects the first "
                                           "mean")),
    notes={"constant": "the variance is zero: the output is the shift, and the gradient is rounding noise over the root of epsilon",
           "huge, 1e20": "squares overflow float32", "tiny, 1e-20": "epsilon hides the spread",
           "one element": "one value a channel has no unbiased variance: refused", "one nan": "its whole channel is nan",
           "size 0": "no values a channel: empty, and the statistics stay as they are"},
    equivalent={"first = ": "any centre serves: the second pass corrects it",
                "drift = left": "what is left is rounding", "mean = first": "what is left is rounding",
                "var = squares / n": "the square of what is left is rounding"},
    conventions=(("momentum", "Weighs the new batch: 0.1 keeps 0.9 of the old. None makes a cumulative average (the layers do that)."),
                 ("Two variances", "Biased to normalize, unbiased to remember."),
                 ("Saved", "`mean` and `rstd` of the batch and the input; not the normalized input."),
                 ("training=False", "Running statistics are constants to the gradient.")),
    differences=(("What is left", "`left` and `drift` are nothing but rounding errors of the mean, so both sides have others; the mean "
                                  "agrees."),
                 ("Sums", "Ours: products with ones and a correction; PyTorch: sums in double on some paths, Welford on others. They "
                          "differ by "
                          "rounding."),),
    figures=(Figure(forgetting),),
    speed=({"N": 16, "C": 8, "L": 256},),
)
