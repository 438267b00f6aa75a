"""The embedding: rows of a table, and the sum of gradients into them."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study

PADDING, BY_USES, LIMIT = range(3)                   # what `options` holds: a row without gradient or -1, whether to divide, a norm or 0


def inputs(rng, N, T, V, C):
    """N sequences of T indices, some of them twice, into V rows of C features; no option is used."""
    indices = rng.randint(0, V, (N, T))
    indices[:, :2] = 1 % max(V, 1)
    return {"indices": indices, "weight": rng.standard_normal((V, C)), "options": np.array([-1, 0, 0])}


def call(torch, indices, weight, options):
    """The look-up with these options."""
    padding, by_uses, limit = (int(k) for k in options)
    return torch.nn.functional.embedding(indices, weight, None if padding < 0 else padding, limit or None, scale_grad_by_freq=bool(by_uses))


def more(module, indices, weight, options):
    """The gradient with a padding row, divided by the uses of each row."""
    grad = weight[indices] * 2 + 1
    return module.embedding_backward(grad, indices, weight_shape=tuple(weight.shape), padding_idx=3, scale_grad_by_freq=True)


def scene(s):
    """The matrix that looks up, and the loss."""
    index = s.indices.reshape(-1)
    one_hot, G = np.eye(s.V)[index], s.grad.reshape(-1, s.C)
    by_hand = np.zeros((s.V, s.C))
    for k, v in enumerate(index):
        by_hand[v] += G[k]
    return {"index": index, "one_hot": one_hot, "G": G, "grad_y": G, "K": len(index), "y": s.weight[index], "by_hand": by_hand,
            "uses": one_hot.sum(0)[:, None], "grad_weight": by_hand}


def option(place, value):
    """An edge case that uses an option."""
    def change(values):
        values["options"][place] = value
    return change


def all_one_row(values):
    """Every position has the same index."""
    values["indices"][...] = 2


def outside(values):
    """An index beyond the table."""
    values["indices"][0, 0] = 99


def uses(study):
    """The gradient of each row with and without the division by its uses."""
    from ...atlas.plot import Plot
    rng = np.random.RandomState(study.seed)
    rows, width, count = 12, 64, 600
    shares = 1 / np.arange(1, rows + 1) ** 1.5
    index = rng.choice(rows, count, p=shares / shares.sum())
    one_hot = np.eye(rows)[index]
    total = one_hot.T @ (rng.standard_normal((count, width)) + 0.5)
    n = np.maximum(one_hot.sum(0), 1)
    plain, divided = (np.sqrt((g ** 2).mean(1)) for g in (total, total / n[:, None]))
    plot = Plot("The gradient of each row, rows by how often they are used", "row", "size of its gradient", logy=True)
    plot.line(np.arange(1, rows + 1), plain, "sum", "ours")
    plot.line(np.arange(1, rows + 1), divided, "divided by uses", "reference")
    apart = plain[0] / plain[-1], divided[0] / divided[-1]
    return plot, (f"{count} look-ups, drawn as words of a language are: row 1 is used {n[0]:.0f} times, row {rows} {n[-1]:.0f} times. "
                  f"The sum gives row 1 a gradient {apart[0]:.0f} times that of row {rows}, divided by its uses {apart[1]:.1f} times.")


STUDY = Study(
    "nn.functional.embedding",
    title="Embedding", group="Embedding",
    lead="An index takes its row from a table; back, each row gets the sum of the gradients of all its uses.",
    sizes={"N": 2, "T": 4, "V": 7, "C": 3}, extra_sizes={"N·T": 8}, inputs=inputs, call=call, more=more, scene=scene,
    differentiable=("weight",), varied="weight",
    functions={"embedding": "Forward", "embedding_backward": "Backward"},
    variables={
        "indices": ("i", "which row each position takes"),
        "weight": ("W", "the table: a row for each index"),
        "padding_idx": ("p", "the index whose row gets no gradient", "-1: none"),
        "scale_grad_by_freq": (r"\div", "whether the gradient of a row is divided by its uses"),
        "sparse": (r"\circ", "whether the gradient is sparse", "taken, and ignored: it is dense"),
        "count": ("V", "rows of the table"),
        "width": ("C", "features of a row"),
        "index": ("i", "which row each position takes, as a vector"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_y": (r"\bar{y}", "gradient that arrives at the output", "a row for each position"),
        "uses": ("u", "how often each row was taken"),
        "grad_weight": (r"\bar{W}", "gradient of the table"),
        "y": ("y", "output", "a row for each position"),
    },
    forward=(
        Line(r"\v{y}_k = \v{weight}_{\v{index}_k}", "y == einsum('kv,vc->kc', one_hot, weight)"),
    ),
    backward=(
        Line(r"\v{grad_weight}_v = \sum_{k:\,\v{index}_k = v} \v{grad_y}_k",
             "gradient(lambda w: G * w[index], weight) == by_hand == one_hot.T @ G"),
        Line(r"\v{uses}_v = \sum_k [\v{index}_k = v]", "uses[:, 0] == stack([(index == v).sum() for v in range(V)])",
             "how often a row is used: with `scale_grad_by_freq` its gradient is divided by that"),
    ),
    derivation=(
        Step("A look-up is a product",
             r"""Write $S$ for the matrix with a row for each position and a column for each row of the table, where $S_{kv} =
             [\v{index}_k = v]$: one 1 in each row, else zeros. In the sum over v that a product is, one summand is left, and that is
             the row taken. So the embedding is a linear layer of one-hot vectors, without the multiplications by zero.""",
             (Line(r"\v{y}_{kc} = \sum_v S_{kv} \v{weight}_{vc} = \v{weight}_{\v{index}_k c}",
                   "einsum('kv,vc->kc', one_hot, weight) == weight[index]"),
              Line(r"\sum_v S_{kv} = 1", "one_hot.sum(1) == 1 + 0 * index"))),
        Step("Its transpose is a sum of rows",
             r"""Write $\bar{a}$ for the derivative of the loss by $a$. $\v{y}_{kc}$ depends on $\v{weight}_{vc}$ with the factor
             $S_{kv}$, so the chain rule sums over all positions: $\bar{W} = S^{\top} \bar{y}$, as for any matrix. In it $S_{kv}$
             picks the positions that took row v. Where the forward gathers, the backward scatters and adds; a row that nobody took
             gets zero.""",
             (Line(r"\frac{\partial \v{y}_{kc}}{\partial \v{weight}_{vd}} = S_{kv}\,[c = d]",
                   "jacobian(lambda w: w[index], weight) == einsum('kv,cd->kcvd', one_hot, eye(C))"),
              Line(r"\v{grad_weight}_{vc} = \sum_k S_{kv}\,\v{grad_y}_{kc} = \sum_{k:\,\v{index}_k = v} \v{grad_y}_{kc}",
                   "gradient(lambda w: G * w[index], weight) == einsum('kv,kc->vc', one_hot, G) == by_hand"))),
        Step("Adding, not writing",
             r"""`grad_weight[index] = grad_y` would keep the last use of a row and forget the others: NumPy's `a[index] += b` does just
             that, for it reads all rows before it writes any. `np.add.at` and PyTorch's `index_add_` add each in turn. Ours
             multiplies larger gradients by $S^{\top}$ as a sparse matrix: the same sums in the order of k, so each run gives the
             same bits. Atomic additions on a device do not.""",
             (Line(r"\sum_v \v{grad_weight}_v = \sum_k \v{grad_y}_k", "grad_weight.sum(0) == G.sum(0)", "nothing is lost"),)),
        Step("The pair is adjoint",
             r"""Gather and scatter belong to each other like a matrix and its transpose: the inner product of any $\bar{y}$ with what
             was gathered is that of what was scattered with the table. From it follows the second order: $\bar{W}$ is linear in
             $\bar{y}$, and its derivative by that is the look-up again. By $W$ there is none.""",
             (Line(r"\sum_{k,c} \v{grad_y}_{kc} (S W)_{kc} = \sum_{v,c} (S^{\top} \v{grad_y})_{vc} \v{weight}_{vc}",
                   "(G * weight[index]).sum() == (by_hand * weight).sum()"),
              Line(r"\frac{\partial}{\partial \v{grad_y}} \langle \v{grad_weight}, W \rangle = S W",
                   "gradient(lambda g: (one_hot.T @ g) * weight, G) == weight[index]"))),
        Step("Divided by the uses",
             r"""With `scale_grad_by_freq` row v is divided by the number of its uses: $u = S^{\top} \mathbf{1}$, a mean instead of a
             sum. A row without uses has the sum 0 and is divided by 1. This is not the gradient of the loss any more, but a step
             length for each row: frequent words would otherwise move as many times faster.""",
             (Line(r"\v{uses} = S^{\top} \mathbf{1}", "uses[:, 0] == one_hot.T @ (1 + 0 * index)"),
              Line(r"\frac{1}{\v{uses}_v} \sum_{k:\,\v{index}_k = v} \v{grad_y}_k = \frac{\sum_k S_{kv}\,\v{grad_y}_k}{\sum_k S_{kv}}",
                   "by_hand[uses[:, 0] > 0] / uses[uses[:, 0] > 0] == stack([G[index == v].mean(0) for v in range(V) if (index == "
                   "v).any()])"))),
    ),
    sources=(
        Source("Bengio et al. (2003), A Neural Probabilistic Language Model", "https://www.jmlr.org/papers/v3/bengio03a.html",
               "section 2: the matrix of shared word features"),
        Source("Mikolov et al. (2013), Efficient Estimation of Word Representations in Vector Space", "https://arxiv.org/abs/1301.3781",
               "what such rows come to mean"),
        Source("PyTorch documentation, embedding", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.embedding.html",
               "the contract"),
    ),
    edges=(Edge("a padding row that is used", option(PADDING, 1), "its row is looked up as any other, and gets no gradient"),
           Edge("divided by the uses", option(BY_USES, 1), "the gradient of a row is the mean over its uses"),
           Edge("a largest norm of 1", option(LIMIT, 1), "longer rows that are taken are shortened in the table itself, before the "
                                                         "look-up"),
           Edge("one row for all", all_one_row, "its gradient is the sum of all"),
           Edge("an index beyond the table", outside, "refused by both, as is a negative one")),
    notes={"zeros": "the table is 0", "one infinity": "stays in its row", "one nan": "stays in its row",
    "size 0": "no index: no row gets a gradient"},
    conventions=(
        ("Padding",
         "`padding_idx` stops the gradient of its row, not its value: `nn.Embedding` fills it with zeros at the start, after that "
         "nothing does. "
                    "A negative one counts from the end."),
        ("Largest norm", "`max_norm` changes the table in place, at each call, and only rows that are taken: by max_norm / (norm + 1e-7). "
                         "No gradient flows through the factor."),
        ("Start",
         "`nn.Embedding` draws from a normal distribution of deviation 1, not from ±1/√V as a linear layer of one-hot vectors would."),
        ("Sparse", "`sparse=True` is taken; the gradient is dense."),
        ("Saved", "The indices and the shape of the table: neither its values nor the output."),
        ("Second order", "Differentiated once more, PyTorch leaves the division by uses out; so does ours."),
    ),
    differences=(("Order of sums",
    "Both add the uses of a row in the order of positions: the gradients have the same bits on one thread."),),
    figures=(Figure(uses),),
    speed=({"N": 16, "T": 32, "V": 1000, "C": 64}, {"N": 32, "T": 64, "V": 5000, "C": 128}),
)
