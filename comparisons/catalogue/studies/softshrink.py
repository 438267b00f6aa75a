"""Soft shrinkage: every number is brought nearer to zero, and becomes zero if it was near."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._activation import GROUP, chosen, docs, graph, joints, matrix, nan_of_vectors, placed, taken

LAMBDA = 0.5


def soft_shrink(torch, x):
    """The public function."""
    return torch.nn.functional.softshrink(x, LAMBDA)


def what_is_left(torch, x):
    """The same function as what a hard tanh with the bounds ±λ takes away leaves."""
    return x - torch.nn.functional.hardtanh(x, -LAMBDA, LAMBDA)


def scene(s):
    """The step, what is taken away, a grid to search, an orthonormal regression, and what both libraries take at the joints."""
    import torch
    rng = np.random.RandomState(3)
    Q, t = np.linalg.qr(rng.standard_normal((9, 4)))[0], rng.standard_normal(9)
    few, grid = s.x.reshape(-1)[:12], np.arange(-4000, 4001) / 1000
    cost = (grid[:, None] - few) ** 2 / 2 + LAMBDA * np.abs(grid[:, None])
    at = np.stack([taken(what_is_left, (-LAMBDA, LAMBDA), library)[1] for library in (None, torch)])
    return {"far": (np.abs(s.x) > LAMBDA) + 0.0, "cut": np.clip(s.x, -LAMBDA, LAMBDA), "best": grid[cost.argmin(0)], "few_y":
            s.y.reshape(-1)[:12], "Q": Q, "t": t, "w": taken(soft_shrink, Q.T @ t)[0], "left_over_at": at} | joints(soft_shrink,
                                                                                                              (-LAMBDA, LAMBDA))


def picture(study):
    """The function, its slope, and the identity."""
    plot, said = graph("Soft shrinkage, its slope, and the identity", soft_shrink, -1.5, 1.5, (-LAMBDA, LAMBDA), [(lambda x: x, "x")])
    return plot, f"{said} Far out the function stays λ = {LAMBDA} below the dashed identity, or above it on the left."


STUDY = Study(
    "nn.functional.softshrink",
    title="Soft shrinkage", group=GROUP,
    lead="Every number is brought nearer to zero by the same amount, and is zero if it was no farther: the step that makes a solution "
         "sparse.",
    sizes={"N": 6, "C": 7}, extra_sizes={"N·C": 42}, inputs=matrix, call=lambda torch, input: soft_shrink(torch, input),
    functions={"softshrink": "Forward", "softshrink_backward": "Backward"},
    variables=chosen("input", "x", "y", "lambd", "grad", "grad_x"),
    scene=scene,
    forward=(Line(r"\v{y} = \v{x} - \min(\max(\v{x}, -\v{lambd}), \v{lambd})", "y == x - minimum(maximum(x, -lambd), lambd)"),),
    backward=(Line(r"\v{grad_x} = \v{grad} \odot \mathbb{1}[|\v{input}| > \v{lambd}]", "grad_x == grad * (abs(input) > lambd)"),),
    derivation=(
        Step("Three pieces",
             r"What is taken away is $\v{x}$ itself where that is between $-\v{lambd}$ and $\v{lambd}$, and else the bound on its side. "
             r"Written for both sides at once: the distance from zero shrinks by $\v{lambd}$ but not below 0, and the sign stays.",
             (Line(r"\v{y} = \v{x} - \min(\max(\v{x}, -\v{lambd}), \v{lambd}) = \mathrm{sign}(\v{x}) \max(|\v{x}| - \v{lambd}, 0)",
                   "where(x > lambd, x - lambd, where(x < -lambd, x + lambd, 0)) == x - minimum(maximum(x, -lambd), lambd) "
                   "== sign(x) * maximum(abs(x) - lambd, 0)"),)),
        Step("The price of size",
             r"Let $z$ stand for $\v{x}$, at the cost of half the squared error, and let the size of $z$ cost $\v{lambd}$ for each unit. "
             r"For a positive $z$ the cost has the slope $z - \v{x} + \v{lambd}$, so the best is $z = \v{x} - \v{lambd}$, if that is "
             r"positive. For a negative one it is $z = \v{x} + \v{lambd}$. If neither holds, the cost rises from 0 to both sides, and 0 "
             r"is best. That is $\v{y}$: soft shrinkage is the best answer when absolute values are counted.",
             (Line(r"\v{y} = \mathrm{argmin}_z \big( \tfrac{1}{2} (z - \v{x})^2 + \v{lambd}\,|z| \big)", "best == few_y", rtol=1e-3,
                   note="searched on a grid of thousandths"),
              Line(r"\v{x} - \v{y} = \v{lambd}\,\mathrm{sign}(\v{y})\quad \text{where}\ \v{y} \ne 0",
                   "(x - y) * (y != 0) == lambd * sign(y)"))),
        Step("The slope",
             r"The first term of $\v{x} - \min(\max(\v{x}, -\v{lambd}), \v{lambd})$ has the slope 1 everywhere, the second has it strictly "
             r"between the bounds and 0 beyond. What is left is 1 beyond the bounds and 0 between. It does not depend on how far beyond.",
             (Line(r"\frac{\partial \v{y}}{\partial \v{x}} = 1 - \mathbb{1}[|\v{x}| < \v{lambd}] = \mathbb{1}[|\v{x}| > \v{lambd}]",
                   "central(lambda z: z - minimum(maximum(z, -lambd), lambd), x) == 1.0 - (abs(x) < lambd) == far", rtol=1e-6),
              Line(r"\v{grad_x} = \v{grad} \odot \mathbb{1}[|\v{x}| > \v{lambd}]",
                   "gradient(lambda z: grad * where(far > 0, z - cut, 0 * z), input) == grad * far == grad_x"))),
        Step("At the joints",
             r"The function is continuous. At $\v{lambd}$ its slope is 0 from the left and 1 from the right, at $-\v{lambd}$ the other way "
             r"round; both libraries take the flat side, as for hard shrinkage, whose backward is the same. This is a choice: what "
             r"$\v{x} - \mathrm{hardtanh}(\v{x})$ takes there is $1 - 0$, for the hard tanh is flat at its own joints.",
             (Line(r"\frac{\v{y}(\v{lambd}) - \v{y}(\v{lambd} - \varepsilon)}{\varepsilon} = 0,\quad \frac{\v{y}(\v{lambd} + "
                   r"\varepsilon) - "
                   r"\v{y}(\v{lambd})}{\varepsilon} = 1", "np.array([left_of[1], right_of[1]]) == np.array([0.0, 1.0])", rtol=1e-6),
              Line(r"\frac{\partial \v{y}}{\partial \v{x}}(-\v{lambd}) = \frac{\partial \v{y}}{\partial \v{x}}(\v{lambd}) = 0",
                   "ours_at == theirs_at == np.zeros(2)"),
              Line(r"1 - \mathrm{hardtanh}'(\pm\v{lambd}) = 1", "left_over_at == np.ones((2, 2))"))),
        Step("Two parts of a whole",
             r"What is left and what is taken away add up to the number. The part taken away is the nearest point of the interval from "
             r"$-\v{lambd}$ to $\v{lambd}$; where it is not on the border, nothing is left. So the two never work against each other: "
             r"their product is the length of what is left, times $\v{lambd}$.",
             (Line(r"\v{x} = \v{y} + \min(\max(\v{x}, -\v{lambd}), \v{lambd})", "x == y + cut"),
              Line(r"\v{y} \odot \min(\max(\v{x}, -\v{lambd}), \v{lambd}) = \v{lambd}\,|\v{y}|", "y * cut == lambd * abs(y)"))),
        Step("Regression with a sparse answer",
             r"Let the columns of $Q$ be orthonormal, and fit $Q w$ to $t$ with the price $\v{lambd}$ on the sum of $|w_j|$. As $Q^\top "
             r"Q$ is the identity, the squared error is that of $w$ to $Q^\top t$ plus a constant: every coordinate is a problem of its "
             r"own, the one above, and the answer is soft shrinkage of $Q^\top t$. What it leaves unexplained correlates with every "
             r"column by at most $\v{lambd}$. If the columns are not orthonormal, steps of a gradient with a shrinkage after each lead "
             r"there; a few such steps with learned matrices are a network whose activation is this function.",
             (Line(r"|t - Q w|^2 = |Q^\top t - w|^2 + |t|^2 - |Q^\top t|^2",
                   "((t - Q @ w) ** 2).sum() == ((Q.T @ t - w) ** 2).sum() + (t ** 2).sum() - ((Q.T @ t) ** 2).sum()"),
              Line(r"Q^\top (t - Q w) = \min(\max(Q^\top t, -\v{lambd}), \v{lambd})",
                   "Q.T @ (t - Q @ w) == minimum(maximum(Q.T @ t, -lambd), lambd)"))),
    ),
    sources=(
        Source("Donoho and Johnstone (1994), Ideal spatial adaptation by wavelet shrinkage", "https://doi.org/10.1093/biomet/81.3.425",
               "hard and soft shrinkage of coefficients in noise"),
        Source("Tibshirani (1996), Regression shrinkage and selection via the lasso", "https://doi.org/10.1111/j.2517-6161.1996.tb02080.x",
               "the orthonormal case"),
        Source("Daubechies, Defrise and De Mol (2004), An iterative thresholding algorithm for linear inverse problems",
               "https://arxiv.org/abs/math/0307152", "steps of a gradient with soft shrinkage between them"),
        Source("Gregor and LeCun (2010), Learning fast approximations of sparse coding",
               "https://icml.cc/Conferences/2010/papers/449.pdf", "these steps as layers of a network"),
        docs("softshrink"),
    ),
    edges=(Edge("at -0.5 and 0.5", placed(-LAMBDA, LAMBDA), "both become 0, without a gradient"),),
    notes={"zeros": "nearer than the bound: 0", "constant": "beyond the bound: 2.5", "one infinity": "infinity stays; its slope is 1",
           "huge, 1e20": "too large for λ to be seen", "tiny, 1e-20": "all is nearer than the bound",
           "one nan": "nan stays. In the middle of an array PyTorch closes there, here the gradient passes",
           "all nan": "nan stays; PyTorch's slope is 0 or 1 by the place in memory"},
    order=1,
    conventions=(("At ±λ", "Both joints belong to the flat side: the gradient is 0."), ("lambd", "1/2 unless given; a negative one is "
                                                                                                 "refused."),
                 ("Saved", "The input, of which the backward asks only whether it was beyond the bounds.")),
    differences=(nan_of_vectors("0"),),
    figures=(Figure(picture),),
    speed=({"N": 64, "C": 64}, {"N": 512, "C": 512}),
)
