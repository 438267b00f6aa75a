"""The linear layer: matrix calculus from scratch, by indices and by traces."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study


def inputs(rng, N, T, I, O):                         # noqa: E741
    """N sequences of T positions with I features, to O features."""
    return {"input": rng.standard_normal((N, T, I)), "weight": rng.uniform(-1, 1, (O, I)) / max(I, 1) ** 0.5, "bias": rng.uniform(-1, 1, O)}


def scene(s):
    """The loss as a function of all three, and random small changes of them."""
    rng = np.random.RandomState(1)
    X, W, b, G = s.inputs, s.weight, s.bias, s.grads

    def loss(X=X, W=W, b=b):
        return (G * (X @ W.T + b)).sum()

    return {"loss": loss, "X": X, "W": W, "b": b, "G": G, "Y": X @ W.T + b, "dX": rng.standard_normal(X.shape), "M": len(X),
            "dW": rng.standard_normal(W.shape), "db": rng.standard_normal(b.shape), "tr": np.trace, "ones": np.ones((len(X), 1))}


def vector(values):
    """One input without a batch."""
    return values | {"input": values["input"][0, 0].copy()}


def nothing(values):
    """A batch without a position."""
    return values | {"input": values["input"][:, :0].copy()}


def rank(study):
    """The singular values of the weight's gradient, for batches of several sizes."""
    from ...atlas.plot import Plot
    rng, plot, found = np.random.RandomState(study.seed), Plot("Singular values of the weight's gradient", "number", "singular value"), {}
    for rows, style in ((4, "third"), (16, "reference"), (64, "ours")):
        values = np.linalg.svd(rng.standard_normal((rows, 32)).T @ rng.standard_normal((rows, 32)), compute_uv=False)
        plot.line(np.arange(1, 33), values, f"{rows} rows", style)
        found[rows] = int((values > 1e-9 * values[0]).sum())
    return plot, (f"A weight of 32 by 32 and random rows. {found[4]} rows give a gradient of rank {found[4]}, 16 of rank {found[16]}, 64 "
                  f"of "
                  f"rank {found[64]}: a small batch moves the matrix in few directions only.")


STUDY = Study(
    "nn.functional.linear",
    title="Linear layer", group="Linear",
    lead="Every row of the input goes through one matrix: the layer that most others are made of, and the place to learn matrix calculus.",
    sizes={"N": 2, "T": 3, "I": 5, "O": 4}, extra_sizes={"N·T": 6}, inputs=inputs, scene=scene,
    call=lambda torch, input, weight, bias: torch.nn.functional.linear(input, weight, bias),
    functions={"linear": "Forward", "linear_backward": "Backward"},
    variables={
        "input": ("X", "input, as it was given"),
        "weight": ("W", "a row for each output feature"),
        "bias": ("b", "one number for each output feature"),
        "inputs": ("X", "input, as a matrix"),
        "matrix": ("W", "weight, as a matrix"),
        "out": ("Y", "output, as it is returned"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grads": (r"\bar{Y}", "gradient that arrives at the output, as a matrix"),
        "grad_input": (r"\bar{X}", "gradient of the input, in its shape"),
        "grad_weight": (r"\bar{W}", "gradient of the weight"),
        "grad_bias": (r"\bar{b}", "gradient of the bias"),
    },
    forward=(
        Line(r"\v{out} = \v{inputs} \v{matrix}^{\top} + \mathbf{1}\,\v{bias}^{\top}", "Y == einsum('ni,oi->no', inputs, matrix) + bias"),
    ),
    backward=(
        Line(r"\v{grad_input} = \v{grads}\,\v{matrix}", "gradient(lambda X: loss(X=X), X) == grads @ matrix == grad_input.reshape(-1, I)"),
        Line(r"\v{grad_weight} = \v{grads}^{\top} \v{inputs}", "gradient(lambda W: loss(W=W), W) == grads.T @ inputs == grad_weight"),
        Line(r"\v{grad_bias} = \v{grads}^{\top} \mathbf{1}", "gradient(lambda b: loss(b=b), b) == grads.sum(0) == grad_bias"),
    ),
    derivation=(
        Step("What a gradient is",
             r"""Let L be the loss, one number. Write $\bar{X}_{ni} = \partial L / \partial X_{ni}$: a matrix of the shape of $X$. To
             first order a small change $dX$ changes the loss by the sum of all elements' shares. That sum, the inner product of two
             matrices, is a trace: the diagonal of $\bar{X}^{\top} dX$ holds one column's sum each. Leading dimensions only number
             the rows: N · T of them here, counted by n below.""",
             (Line(r"dL = \sum_{n,i} \bar{X}_{ni}\,dX_{ni} = \mathrm{tr}(\bar{X}^{\top} dX)",
                   "slope(lambda t: loss(X=X + t * dX), 0.0) == (gradient(lambda X: loss(X=X), X) * dX).sum() == tr(gradient(lambda X: "
                   "loss(X=X), X).T @ dX)"),)),
        Step("By indices: which output hears which input",
             r"""$Y_{no} = \sum_i X_{ni} W_{oi} + b_o$. Differentiate one element by one element: row m of the input stands in row m of
             the output only, with the factor $W_{oi}$; row p of the weight in column p only, with the factor $X_{ni}$. $[n = m]$ is
             1 if that is so, else 0.""",
             (Line(r"\frac{\partial Y_{no}}{\partial X_{mi}} = [n = m]\,W_{oi}",
                   "jacobian(lambda X: X @ W.T + b, X) == einsum('nm,oi->nomi', eye(M), W)"),
              Line(r"\frac{\partial Y_{no}}{\partial W_{pi}} = [o = p]\,X_{ni}",
                   "jacobian(lambda W: X @ W.T + b, W) == einsum('op,ni->nopi', eye(O), X)"),
              Line(r"\frac{\partial Y_{no}}{\partial b_p} = [o = p]",
                   "jacobian(lambda b: X @ W.T + b, b) == einsum('op,n->nop', eye(O), ones[:, 0])"))),
        Step("By indices: the chain rule",
             r"""The chain rule sums over everything through which a number is heard: all n and o. The bracket leaves one summand of one
             of the two sums. The sum that is left has its index in the middle of a product of matrices once the first is transposed
             where needed.""",
             (Line(r"\bar{X}_{mi} = \sum_{n,o} \bar{Y}_{no} [n = m] W_{oi} = \sum_o \bar{Y}_{mo} W_{oi} = (\bar{Y} W)_{mi}",
                   "einsum('no,nomi->mi', G, jacobian(lambda X: X @ W.T + b, X)) == einsum('mo,oi->mi', G, W) == G @ W"),
              Line(r"\bar{W}_{pi} = \sum_{n,o} \bar{Y}_{no} [o = p] X_{ni} = \sum_n \bar{Y}_{np} X_{ni} = (\bar{Y}^{\top} X)_{pi}",
                   "einsum('no,nopi->pi', G, jacobian(lambda W: X @ W.T + b, W)) == einsum('np,ni->pi', G, X) == G.T @ X"),
              Line(r"\bar{b}_p = \sum_{n,o} \bar{Y}_{no} [o = p] = \sum_n \bar{Y}_{np}",
                   "einsum('no,nop->p', G, jacobian(lambda b: X @ W.T + b, b)) == G.sum(0) == grad_bias"))),
        Step("Two rules for traces",
             r"""The same without indices, by two rules. A transpose has the same diagonal. And in $\mathrm{tr}(AB) = \sum_{i,j} A_{ij}
             B_{ji}$ the two factors may change places, so of any product the last factor may come to the front.""",
             (Line(r"\mathrm{tr}(A) = \mathrm{tr}(A^{\top})", "tr(G.T @ dX @ W.T) == tr((G.T @ dX @ W.T).T)"),
              Line(r"\mathrm{tr}(AB) = \sum_{i,j} A_{ij} B_{ji} = \mathrm{tr}(BA)",
                   "tr(X @ (W.T @ G.T)) == (X * (W.T @ G.T).T).sum() == tr((W.T @ G.T) @ X)"))),
        Step("By traces: differentials",
             r"""Change all three a little and keep what is linear: the product rule for matrices, order kept. Then put it into $dL =
             \mathrm{tr}(\bar{Y}^{\top} dY)$, which is the first step said of $Y$.""",
             (Line(r"dY = dX\,W^{\top} + X\,dW^{\top} + \mathbf{1}\,db^{\top}",
                   "slope(lambda t: (X + t * dX) @ (W + t * dW).T + b + t * db, 0.0) == dX @ W.T + X @ dW.T + ones @ db[None]"),
              Line(r"dL = \mathrm{tr}(\bar{Y}^{\top} dX\,W^{\top}) + \mathrm{tr}(\bar{Y}^{\top} X\,dW^{\top}) + "
                   r"\mathrm{tr}(\bar{Y}^{\top} \mathbf{1}\,db^{\top})",
                   "slope(lambda t: loss(X + t * dX, W + t * dW, b + t * db), 0.0) "
                   "== tr(G.T @ dX @ W.T) + tr(G.T @ X @ dW.T) + tr(G.T @ ones @ db[None])"))),
        Step("By traces: bring the change to the end",
             r"""Turn each term until it reads $\mathrm{tr}(\bar{A}^{\top} dA)$; what stands before $dA$, transposed, is the gradient,
             since this holds for every $dA$. In the first the last factor comes to the front. The second is transposed, then its
             first factor goes to the back. The third is a number already: an inner product with $db$.""",
             (Line(r"\mathrm{tr}(\bar{Y}^{\top} dX\,W^{\top}) = \mathrm{tr}(W^{\top} \bar{Y}^{\top} dX) = \mathrm{tr}((\bar{Y} W)^{\top} "
                   r"dX)",
                   "tr(G.T @ dX @ W.T) == tr(W.T @ G.T @ dX) == tr((G @ W).T @ dX)"),
              Line(r"\mathrm{tr}(\bar{Y}^{\top} X\,dW^{\top}) = \mathrm{tr}(dW\,X^{\top} \bar{Y}) = \mathrm{tr}((\bar{Y}^{\top} "
                   r"X)^{\top} dW)",
                   "tr(G.T @ X @ dW.T) == tr(dW @ X.T @ G) == tr((G.T @ X).T @ dW)"),
              Line(r"\mathrm{tr}(\bar{Y}^{\top} \mathbf{1}\,db^{\top}) = (\bar{Y}^{\top} \mathbf{1})^{\top} db",
                   "tr(G.T @ ones @ db[None]) == ((G.T @ ones).T @ db)[0]"))),
        Step("A third proof: shapes",
             r"""$\bar{X}$ must be N · T by I, and can only be made of $\bar{Y}$ (N · T by O) and $W$ (O by I), for $Y$ is linear in $X$:
             $\bar{Y} W$ is the only product that fits. $\bar{W}$ must be O by I, from $\bar{Y}$ and $X$: $\bar{Y}^{\top} X$. It
             proves nothing, but it catches a forgotten transpose at once.""",
             (Line(r"\bar{W} = \sum_n \bar{Y}_n X_n^{\top}", "grad_weight == sum(G[n][:, None] * X[n] for n in range(M))",
                   "as many outer products as rows: its rank is no larger"),)),
        Step("What it costs",
             r"""Three products of the same size: $X W^{\top}$, $\bar{Y} W$ and $\bar{Y}^{\top} X$, each with $2\,NT\,I\,O$ operations.
             So a backward costs two forwards. Nothing is saved but what was given: the output is not needed. And the layer is linear
             in each of its three values apart, so second derivatives are mixed ones: $\bar{X}$ depends on $W$,
             $\bar{W}$ on $X$, neither on itself.""",
             (Line(r"\frac{\partial}{\partial X} \langle \bar{W}, dW \rangle = \bar{Y}\,dW",
                   "gradient(lambda X: (G.T @ X) * dW, X) == G @ dW"),
              Line(r"\frac{\partial}{\partial W} \langle \bar{X}, dX \rangle = \bar{Y}^{\top} dX",
                   "gradient(lambda W: (G @ W) * dX, W) == G.T @ dX"))),
    ),
    sources=(
        Source("Giles (2008), Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic Differentiation",
               "https://doi.org/10.1007/978-3-540-68942-3_4", "the derivation by traces, also for inverse, determinant and more"),
        Source("Petersen and Pedersen, The Matrix Cookbook", "https://www.math.uwaterloo.ca/~hwolkowi/matrixcookbook.pdf",
               "derivatives of traces"),
        Source("Parr and Howard (2018), The Matrix Calculus You Need For Deep Learning", "https://arxiv.org/abs/1802.01528",
               "the derivation by indices"),
        Source("PyTorch documentation, linear", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.linear.html",
               "the contract"),
    ),
    edges=(Edge("one vector", vector, "a row without a batch: the output is a vector too"),
           Edge("no positions", nothing, "an empty output; the gradients of weight and bias are zeros")),
    notes={"one infinity": "its row of the output is infinite, and of the weight's gradient the column", "zeros": "the output is the bias",
           "huge, 1e20": "nothing is squared: no overflow", "size 0": "an empty output; the gradients of weight and bias are zeros"},
    conventions=(
        ("Weight",
         "(out, in): the transpose of what $Y = X W$ would want, so that a row belongs to an output and lies together in memory."),
        ("Start",
         "`nn.Linear` draws weight and bias uniformly from ±1/√I. For the weight that is Kaiming's rule with a = √5: the root cancels."),
        ("Leading dimensions", "Any number, also none; rows are independent, so a batch of sequences is one product."),
        ("Names in the graph",
         "AddmmBackward0 for a matrix with a bias, else MmBackward0 or ViewBackward0: PyTorch's node tells how it was computed."),
        ("Saved", "Input and weight. Of the bias only the shape matters."),
    ),
    differences=(("Order of summation", "Each BLAS sums in an order of its own: products differ by rounding that grows with √I."),
                 ("Half precision", "Ours computes 16-bit inputs in float32 and rounds once.")),
    figures=(Figure(rank),),
    speed=({"N": 8, "T": 16, "I": 64, "O": 64}, {"N": 8, "T": 64, "I": 256, "O": 256}),
)
