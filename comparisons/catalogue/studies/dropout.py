"""Dropout: a random mask, and why what is left is made larger."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

CHANCE = 0.3


def inputs(rng, N, C):
    """Standard normal numbers."""
    return {"input": rng.standard_normal((N, C))}


def call(torch, input):
    """Dropout from one seed: both libraries draw the same mask."""
    torch.manual_seed(7)
    return torch.nn.functional.dropout(input, CHANCE)


def scene(s):
    """The mask as the library draws it, all masks of three elements with their chances, and the scale."""
    import minitorch
    minitorch.manual_seed(7)
    drawn = minitorch.bernoulli(minitorch.full(s.input.shape, 1 - CHANCE, dtype=minitorch.float64)).numpy()
    x, grad = minitorch.from_numpy(s.input.copy()).requires_grad_(), np.random.RandomState(5).standard_normal(s.input.shape)
    call(minitorch, x).backward(minitorch.from_numpy(grad))
    masks = np.array([[(k >> j) & 1 for j in range(3)] for k in range(8)], float)
    chances = np.prod(np.where(masks, 1 - CHANCE, CHANCE), axis=1)
    return {"p": CHANCE, "kept": s.mask + 0.0, "masks": masks, "chances": chances, "c": 1 / (1 - CHANCE), "drawn": drawn,
            "few": s.input[0, :3], "w": np.array([0.5, -1.0, 2.0]), "grad": grad, "gradient_x": x.grad.numpy()}


def spread(study):
    """Mean and spread of a sum of dropped-out numbers, measured and computed."""
    import minitorch

    from ...atlas.plot import Plot
    chances = np.arange(0.1, 0.95, 0.1)
    minitorch.manual_seed(0)
    ones = minitorch.ones(2000, 50, dtype=minitorch.float64)
    sums = np.array([minitorch.nn.functional.dropout(ones, float(p)).numpy().mean(1) for p in chances])
    plot = Plot("A mean of 50 ones after dropout: average and spread", "chance to be dropped", "")
    plot.line(chances, sums.mean(1), "average", "ours")
    plot.line(chances, sums.std(1), "spread", "third")
    plot.line(chances, np.sqrt(chances / (1 - chances) / 50), "√(p / (1 - p) / 50)", "reference")
    return plot, (f"Over 2,000 draws the average stays within {np.abs(sums.mean(1) - 1).max():.3f} of 1 for every chance, thanks to "
                  f"the factor "
                  f"1/(1 - p). The spread grows as computed, from {sums[0].std():.2f} to {sums[-1].std():.2f}: that is the noise that "
                  "regularizes.")


STUDY = Study(
    "nn.functional.dropout",
    title="Dropout", group="Regularization",
    lead="In training each number is set to zero by chance, and the others are made larger so that the mean stays; in evaluation "
         "nothing happens.",
    sizes={"N": 6, "C": 7}, inputs=inputs, call=call,
    functions={"dropout": "Forward, and of the gradient backward", "masked": "Mask and scale", "scale_of": "The factor"},
    variables={
        "input": ("X", "input, as it was given"),
        "mask": ("M", "what is kept", "true with the chance 1 - p"),
        "p": ("p", "probabilities", "here one number: the chance to be dropped"),
        "scale": ("s", "factor of what is kept", "1 / (1 - p), rounded to the input's precision"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
    },
    scene=scene,
    forward=(Line(r"\v{mask}_i \sim \mathrm{Bernoulli}(1 - \v{p})", ""),
             Line(r"\v{scale} = \frac{1}{1 - \v{p}}", "scale == 1 / (1 - p)"),
             Line(r"\v{y} = \v{scale}\,\v{mask} \odot \v{input}", "input * kept / (1 - p) == input * drawn / (1 - p)")),
    backward=(Line(r"\v{grad_input} = \v{scale}\,\v{mask} \odot \v{grad}",
                   "gradient(lambda z: grad * (z * kept / (1 - p)), input) == grad * drawn / (1 - p)",
                   note="the forward again, with the mask that was kept"),),
    derivation=(
        Step("The mean is kept",
             r"An element survives with the chance $1 - \v{p}$. Its mean over all masks would be $(1 - \v{p})\,\v{input}$; divided by "
             r"$1 - \v{p}$ it is the input itself. This is inverted dropout: the correction is made in training, so that evaluation "
             r"is the "
             r"identity. (The original paper scaled the weights in evaluation instead.) For three elements all eight masks can be "
             r"counted.",
             (Line(r"\mathrm{E}[\v{mask}_i] = 1 - \v{p}", "chances @ masks == (1 - p) * np.ones(3)"),
              Line(r"\mathrm{E}[\v{y}] = \v{scale}\,(1 - \v{p})\,\v{input} = \v{input}", "chances @ (masks * few * c) == few"))),
        Step("The variance is not",
             r"A zero or one has the same mean as its square. So the mean of $\v{y}^2$ is $\v{scale}^2 (1 - \v{p})\,\v{input}^2$, and "
             r"the variance "
             r"is what that exceeds $\v{input}^2$ by. It acts in proportion to the number's own size; at $\v{p} = 1/2$ it is "
             r"$\v{input}^2$.",
             (Line(r"\mathrm{Var}[\v{y}] = \frac{\v{input}^2}{1 - \v{p}} - \v{input}^2 = \frac{\v{p}}{1 - \v{p}}\,\v{input}^2",
                   "chances @ (masks * few * c) ** 2 - few ** 2 == few ** 2 / (1 - p) - few ** 2 == p / (1 - p) * few ** 2"),)),
        Step("The gradient",
             r"For a given mask the function is linear in the input, and elementwise: its slope is $\v{scale}$ where the mask is one "
             r"and 0 where it "
             r"is zero. The backward is therefore the forward again, with the same mask, on the arriving gradient. The mask must be "
             r"kept: a new "
             r"draw would give another function's gradient.",
             (Line(r"\v{grad_input} = \v{scale}\,\v{mask} \odot \v{grad}",
                   "gradient(lambda z: grad * (z * kept / (1 - p)), input) == grad * kept / (1 - p) == gradient_x"),)),
        Step("What it penalizes",
             r"Feed $\v{y}$ into a linear unit with weights $w$ and a squared error. The masks are independent, so the variances add "
             r"up: the "
             r"expected error is the error without dropout, plus a penalty on the weights, each in proportion to its input's square. "
             r"Dropout is, for this one unit, a ridge regression whose strength is $\v{p} / (1 - \v{p})$.",
             (Line(r"\mathrm{E}\big[(w^\top \v{y} - t)^2\big] = (w^\top \v{input} - t)^2 + \frac{\v{p}}{1 - \v{p}} \sum_i "
                   r"w_i^2\,\v{input}_i^2",
                   "chances @ ((masks * few * c) @ w - 0.7) ** 2 == (few @ w - 0.7) ** 2 + p / (1 - p) * (w ** 2 * few ** 2).sum()"),)),
        Step("The mask is PyTorch's",
             r"The mask is drawn from the default generator before the kernel runs, by the numbers that PyTorch would draw for the "
             r"same seed, size "
             r"and order in memory: equal seeds give equal masks, bit for bit. The kernel gets it as an argument, so that running it a "
             r"second time, for a check or a second derivative, draws nothing.",
             (Line(r"\v{mask} = [u < 1 - \v{p}]", "kept == drawn", note="as bernoulli draws it from the same seed"),)),
        Step("The factor is rounded first",
             r"PyTorch divides the mask by $1 - \v{p}$ in the input's precision and multiplies. Ours rounds the same quotient once "
             r"and multiplies "
             r"twice; a product with zero or one is exact, so the bits agree.",
             (Line(r"(\v{input} \odot \v{mask})\,\v{scale} = \v{input} \odot (\v{mask} / (1 - \v{p}))",
                   "input * kept * c == input * (kept / (1 - p))"),)),
    ),
    sources=(
        Source("Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), Dropout",
               "https://jmlr.org/papers/v15/srivastava14a.html", "section 9.1: the penalty of linear regression; section 10: the "
                                                                 "inverted form"),
        Source("Wager, Wang and Liang (2013), Dropout training as adaptive regularization", "https://arxiv.org/abs/1307.1493",
               "the penalty beyond linear regression"),
        Source("PyTorch documentation, dropout", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.dropout.html",
               "the contract"),
    ),
    edges=(Edge("all ones", lambda values: values["input"].fill(1), "what is kept is 1/(1 - p), the rest zero"),),
    notes={"one infinity": "infinity if it is kept, nan if it is dropped: infinity times zero", "one nan": "nan, also where it is "
                                                                                                           "dropped",
           "all nan": "nan, also where it is dropped"},
    equivalent={"masked(mask, input, scale, space)": "a product does not mind the order of its factors, and the mask is 0 or 1 in it "
                                                     "either way"},
    order=1,
    conventions=(("p", "The chance to be dropped, 1/2 by default; 0 returns the input itself, 1 zeros."),
                 ("training=False", "The input itself, not a copy."), ("Saved", "The mask, one byte an element.")),
    differences=(("None", "The same mask and the same bits from the same seed."),),
    figures=(Figure(spread),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
