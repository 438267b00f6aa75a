"""Hard shrinkage: what is small becomes zero, the rest stays as it is."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, graph, joints, matrix, nan_of_vectors, placed

LAMBDA = 0.5


def hard_shrink(torch, x):
    """The public function."""
    return torch.nn.functional.hardshrink(x, LAMBDA)


def scene(s):
    """The step, a fine grid of midpoints, and what both libraries take at the joints."""
    grid = (np.arange(40_000) + 0.5) / 10_000 - 2
    return {"far": (np.abs(s.x) > LAMBDA) + 0.0, "midpoints": grid, "eps": 1e-7} | joints(hard_shrink, (-LAMBDA, LAMBDA))


def picture(study):
    """The function and its slope."""
    plot, said = graph("Hard shrinkage and its slope", hard_shrink, -1.5, 1.5, (-LAMBDA, LAMBDA))
    return plot, f"{said} At the joints the function itself jumps by λ = {LAMBDA}; the value there is that of the flat side, 0."


def risks(study):
    """The mean squared error of an estimate by either shrinkage, against what is estimated."""
    from ...atlas.plot import Plot
    means, z, shrink = np.linspace(0, 6, 61), np.linspace(-8, 8, 4001), 2.0
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    x = means[:, None] + z
    hard, soft = np.where(np.abs(x) > shrink, x, 0), np.sign(x) * np.maximum(np.abs(x) - shrink, 0)
    hard, soft = (((y - means[:, None]) ** 2) @ density for y in (hard, soft))
    plot = Plot("Squared error of a number in noise, after hard and after soft shrinkage by 2", "the number", "mean squared error")
    plot.line(means, hard, "hard", "ours")
    plot.line(means, soft, "soft", "reference")
    plot.line(means, np.ones_like(means), "none", "third")
    return plot, (f"A number μ is seen as x = μ + noise of spread 1 and estimated by shrinking x with λ = {shrink:g}. If it is 0, the mean "
                  f"squared error falls from 1 to {hard[0]:.2f} (hard) or {soft[0]:.2f} (soft). If it is large, hard shrinkage leaves it "
                   "alone "
                  f"and soft shrinkage pays λ² on top, {soft[-1]:.2f}. Near λ hard shrinkage is worst, {hard.max():.2f}.")


STUDY = Study(
    "nn.functional.hardshrink",
    title="Hard shrinkage", group=GROUP,
    lead="Numbers nearer to zero than a bound become zero, all others stay: what is left is sparse and not distorted.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=matrix, call=lambda torch, input: hard_shrink(torch, input),
    functions={"hardshrink": "Forward", "hardshrink_backward": "Backward"},
    variables=chosen("input", "x", "y", "lambd", "grad", "grad_x"),
    scene=scene,
    forward=(Line(r"\v{y} = \v{x} \odot \mathbb{1}[|\v{x}| > \v{lambd}]", "y == x * (abs(x) > lambd)"),),
    backward=(Line(r"\v{grad_x} = \v{grad} \odot \mathbb{1}[|\v{input}| > \v{lambd}]", "grad_x == grad * (abs(input) > lambd)"),),
    derivation=(
        Step("The cheaper of two answers",
             r"Let a number $z$ stand for $\v{x}$, at the cost of half the squared error, and let every number that is not zero cost "
             r"$\v{lambd}^2 / 2$ besides. Only two answers can be best: $z = \v{x}$, without error, or $z = 0$, without the price. The "
             r"first wins where $\v{x}^2 > \v{lambd}^2$. So hard shrinkage is the best answer when non-zeros are counted, whatever their "
             r"size.",
             (Line(r"\min_z \big( \tfrac{1}{2} (z - \v{x})^2 + \tfrac{1}{2} \v{lambd}^2\,\mathbb{1}[z \ne 0] \big) = \min\big(\tfrac{1}{2} "
                   r"\v{lambd}^2, \tfrac{1}{2} \v{x}^2\big)",
                   "(y - x) ** 2 / 2 + lambd ** 2 / 2 * (y != 0) == minimum(lambd ** 2 / 2, x ** 2 / 2)", note="reached at y"),)),
        Step("The slope",
             r"Where $|\v{x}| > \v{lambd}$ the function is the identity on both sides of the point, with the slope 1; where $|\v{x}| < "
             r"\v{lambd}$ it is constant, with the slope 0.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}} = \mathbb{1}[|\v{x}| > \v{lambd}]",
                   "central(lambda z: where(abs(z) > lambd, z, 0), x) == far", rtol=1e-6),
              Line(r"\v{grad_x} = \v{grad} \odot \mathbb{1}[|\v{x}| > \v{lambd}]",
                   "gradient(lambda z: grad * where(far > 0, z, 0 * z), input) == grad * far == grad_x"))),
        Step("At the joints",
             r"The function jumps at $\v{lambd}$ and at $-\v{lambd}$, and the value there belongs to the flat piece. So from that side "
             r"the slope is 0; from the other side the quotient grows beyond all bounds as the step shrinks, and there is no slope. Both "
             r"libraries take the one that exists.",
             (Line(r"\frac{\v{y}(\v{lambd}) - \v{y}(\v{lambd} - \varepsilon)}{\varepsilon} = 0,\quad \frac{\v{y}(\v{lambd} + "
                   r"\varepsilon) - \v{y}(\v{lambd})}{\varepsilon} = \frac{\v{lambd}}{\varepsilon} + 1",
                   "np.array([left_of[1], right_of[1]]) == np.array([0, lambd / eps + 1])", rtol=1e-6),
              Line(r"\frac{\partial \v{y}}{\partial \v{x}}(-\v{lambd}) = \frac{\partial \v{y}}{\partial \v{x}}(\v{lambd}) = 0",
                   "ours_at == theirs_at == np.zeros(2)"))),
        Step("What the gradient does not know",
             r"Between two points a function without jumps rises by the integral of its slope. This one rises by that and by its two "
             r"jumps. A gradient knows nothing of them: a step of an optimizer that carries an input across $\v{lambd}$ changes the "
             r"output by $\v{lambd}$ more than the gradient foretold.",
             (Line(r"\v{y}(2) - \v{y}(-2) = \int_{-2}^{2} \frac{\partial \v{y}}{\partial \v{x}}\,d\v{x} + 2 \v{lambd}",
                   "2.0 - -2.0 == (abs(midpoints) > lambd).mean() * 4 + 2 * lambd", rtol=1e-6),)),
        Step("Nothing, not nearly nothing",
             r"What is shrunk becomes a positive zero, whatever its sign was, and its gradient is 0 whatever arrives: it is chosen, not "
             r"multiplied by 0, which would make nan of an infinity. Applied once more the function changes nothing: what is left is "
             r"beyond the bound already.",
             (Line(r"\v{y}(\v{y}(\v{x})) = \v{y}(\v{x})", "where(abs(y) > lambd, y, 0) == y"),)),
    ),
    sources=(
        Source("Donoho and Johnstone (1994), Ideal spatial adaptation by wavelet shrinkage", "https://doi.org/10.1093/biomet/81.3.425",
               "hard and soft shrinkage of coefficients in noise, and how large λ should be"),
        Source("Blumensath and Davies (2009), Iterative hard thresholding for compressed sensing", "https://arxiv.org/abs/0805.0510",
               "steps of a gradient with hard shrinkage between them"),
        docs("hardshrink"),
    ),
    edges=(Edge("at -0.5 and 0.5", placed(-LAMBDA, LAMBDA), "both become 0, without a gradient"),),
    notes={"zeros": "nearer than the bound: 0", "constant": "beyond the bound: nothing changes", "one infinity": "infinity stays; its "
                                                                                                                 "slope "
           "is 1", "tiny, 1e-20": "all is nearer than the bound", "one nan": "nan stays. In the middle of an array PyTorch closes there, "
                                                                             "here "
           "the gradient passes", "all nan": "nan stays; PyTorch's slope is 0 or 1 by the place in memory"},
    order=1,
    conventions=(("At ±λ", "Both joints belong to the flat side: the value is 0 and so is the gradient."), ("lambd", "1/2 unless given."),
                 ("Saved", "The input: it says which numbers stayed, and so would the output.")),
    differences=(nan_of_vectors("0"),),
    figures=(Figure(picture), Figure(risks)),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
