"""Scaled dot-product attention: each query takes a mean of the values, by how well their keys fit."""
import numpy as np

from ..attention import plain
from ..study import Edge, Figure, Line, Source, Step, Study


def inputs(rng, N, L, S, E, V):
    """N sequences: L queries, S keys and values; a mask in which the first query may not look at the last key."""
    mask = rng.standard_normal((L, S))
    mask[:1, S - 1:] = -np.inf if S > 1 else 0
    return {"query": rng.standard_normal((N, L, E)), "key": rng.standard_normal((N, S, E)), "value": rng.standard_normal((N, S, V)),
            "attn_mask": mask}


def call(torch, query, key, value, attn_mask):
    """With a mask to add and dropout, by PyTorch's plain formula: its fused kernel has no second derivative."""
    torch.manual_seed(3)
    with plain(torch):
        return torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p=0.25)


def more(module, query, key, value, attn_mask):
    """The masks that this call has not: causal, and of booleans."""
    scores = query @ key.swapaxes(-1, -2)
    seen = attn_mask > 0
    return tuple(module.bias_of(mask, causal, scores) for mask, causal in ((None, True), (seen, True), (attn_mask, True), (seen, False)))


def softmax(a):
    """Rows to weights, also of complex numbers."""
    e = np.exp(a - a.real.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def scene(s):
    """Weights, and the loss as a function of what stands in the formula."""
    def loss(query=s.query, key=s.key, value=s.value, mask=s.attn_mask):
        return (s.grad * ((s.dropout_mask * softmax(s.scale * query @ key.swapaxes(-1, -2) + mask)) @ value)).sum()

    A = s.scale * s.query @ s.key.swapaxes(-1, -2) + s.attn_mask
    P = softmax(A)
    grad_P = s.dropout_mask * (s.grad @ s.value.swapaxes(-1, -2))
    return {"loss": loss, "softmax": softmax, "A": A, "P": P, "grad_P": grad_P, "scores": A, "shifted": A - s.top, "bias": s.attn_mask,
            "grad_scores": P * (grad_P - (P * grad_P).sum(-1, keepdims=True)), "qk": s.query @ s.key.swapaxes(-1, -2)}


def blind(values):
    """A query that may look nowhere."""
    values["attn_mask"][0] = -np.inf


def single(values):
    """Each query sees one key."""
    values["attn_mask"][:, 1:] = -np.inf


def far(values):
    """Scores of which the exponential overflows."""
    values["attn_mask"] += 200


def sharpness(study):
    """The largest weight of a query on random keys, with and without the scale, against the number of features."""
    from ...atlas.plot import Plot
    sizes, rng = 2 ** np.arange(1, 11), np.random.RandomState(study.seed)
    largest = {"1": [], "1/√E": []}
    for E in sizes:
        q, k = rng.standard_normal((64, E)), rng.standard_normal((64, E))
        for name, scale in (("1", 1), ("1/√E", E ** -0.5)):
            largest[name].append(softmax(scale * q @ k.T).max(-1).mean())
    plot = Plot("The largest of 64 weights against the number of features", "features E", "largest weight", logx=True)
    plot.line(sizes, largest["1/√E"], "s = 1/√E", "ours")
    plot.line(sizes, largest["1"], "s = 1", "third")
    return plot, (f"Queries and keys are normal. Without the scale one key takes {largest['1'][-1]:.0%} of the weight at E = "
                   f"{sizes[-1]:,}: "
                  f"P (1 - P) is nearly 0 and so is the gradient. With it the largest share stays near {largest['1/√E'][-1]:.0%}.")


def overflow(study):
    """The error of the weights with and without the row's maximum, against the size of the scores."""
    from ...atlas.plot import Plot
    rng = np.random.RandomState(study.seed)
    base = rng.standard_normal((32, 16))
    factors = np.linspace(1, 60, 60)
    errors = {"shifted": [], "bare": []}
    for factor in factors:
        a = (factor * base).astype(np.float32)
        exact = softmax(a.astype(np.float64))
        with np.errstate(all="ignore"):
            bare = np.exp(a) / np.exp(a).sum(-1, keepdims=True)
        errors["shifted"].append(np.abs(softmax(a) - exact).max())
        errors["bare"].append(np.abs(bare - exact).max())
    lost = factors[~np.isfinite(errors["bare"])]
    plot = Plot("Error of the weights against the size of the scores", "standard deviation of the scores", "largest error", logy=True)
    plot.line(factors, errors["shifted"], "maximum taken away", "ours")
    plot.line(factors, errors["bare"], "not taken away", "third")
    return plot, (f"Float32 against float64. The bare exponential is as good until it overflows: from a deviation of {lost[0]:.0f} on its "
                  "weights are nan (the dotted line ends). Taking the maximum away costs one subtraction and no accuracy.")


STUDY = Study(
    "nn.functional.scaled_dot_product_attention",
    title="Attention", group="Attention",
    lead="Each query takes a mean of the values, weighted by how well their keys fit: a softmax of scaled inner products.",
    sizes={"N": 2, "L": 3, "S": 5, "E": 4, "V": 6}, inputs=inputs, call=call, more=more, scene=scene, empty="S",
    functions={"scaled_dot_product_attention": "Forward", "bias_of": "Masks as something to add",
    "softmax_parts": "Exponentials and their sums",
               "scaled_dot_product_attention_backward": "Backward"},
    variables={
        "query": ("Q", "what each position looks for"),
        "key": ("K", "what each position offers to be found by"),
        "value": ("V", "what each position gives"),
        "attn_mask": ("M", "which keys a query may look at", "or what is added to the scores"),
        "dropout_mask": ("D", "what the weights are multiplied by: 0 or 1/(1 - p)"),
        "is_causal": (r"\triangle", "whether a query sees no later key"),
        "scale": ("s", "factor of the scores", "1/√E unless given"),
        "scores": ("A", "how well each key fits each query"),
        "causal": (r"[j \leq i]", "true where the key is not later than the query"),
        "top": ("a", "largest score of each query"),
        "shifted": ("A - a", "scores less the largest of each query"),
        "exps": (r"\tilde{P}", "weights before they are divided by their sum"),
        "total": ("Z", "their sum for each query"),
        "kept": (r"\tilde{P} \odot D", "weights that dropout leaves, before the division"),
        "sums": ("U", "output before the division"),
        "y": ("y", "output"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_sums": (r"\bar{U}", "gradient at the output before the division"),
        "along": ("b", "mean of the gradients of the weights, weighted by them, over their sum"),
        "grad_scores": (r"\bar{A}", "gradient of the scores", "made in three moves in one piece of memory"),
        "grad_query": (r"\bar{Q}", "gradient of the queries"),
        "grad_key": (r"\bar{K}", "gradient of the keys"),
        "grad_value": (r"\bar{V}", "gradient of the values"),
        "grad_attn_mask": (r"\bar{M}", "gradient of what is added to the scores"),
    },
    forward=(
        Line(r"\v{scores} = \v{scale}\,\v{query} \v{key}^{\top} + \v{attn_mask}",
             "maximum(scores, -99) == maximum(einsum('nle,nse->nls', query, key) "
             "/ sqrt(E) + attn_mask, -99)"),
        Line(r"\v{exps} = e^{\v{shifted}}", "exps == exp(A - A.max(-1, keepdims=True))"),
        Line(r"\v{total}_i = \sum_j \v{exps}_{ij}", "total == exps.sum(-1, keepdims=True)"),
        Line(r"\v{sums} = (\v{exps} \odot \v{dropout_mask})\,\v{value}", "sums == einsum('nls,nsv->nlv', exps * dropout_mask, value)"),
        Line(r"\v{y}_i = \v{sums}_i / \v{total}_i", "y == (dropout_mask * softmax(A)) @ value"),
    ),
    backward=(
        Line(r"\v{grad_sums}_i = \v{grad}_i / \v{total}_i", "gradient(lambda u: grad * u / total, sums) == grad_sums"),
        Line(r"\v{grad_value} = (\v{exps} \odot \v{dropout_mask})^{\top} \v{grad_sums}",
             "gradient(lambda v: loss(value=v), value) == (exps * dropout_mask).swapaxes(-1, -2) @ grad_sums == grad_value"),
        Line(r"\v{grad_scores} = \v{exps} \odot (\v{dropout_mask} \odot \v{grad_sums} \v{value}^{\top} - \v{along})",
             "gradient(lambda a: grad * ((dropout_mask * softmax(a)) @ value), A) == exps * (dropout_mask * (grad_sums @ "
             "value.swapaxes(-1, -2)) - along)"),
        Line(r"\v{grad_query} = \v{scale}\,\v{grad_scores}\,\v{key}",
             "gradient(lambda q: loss(query=q), query) == scale * grad_scores @ key == grad_query"),
        Line(r"\v{grad_key} = \v{scale}\,\v{grad_scores}^{\top} \v{query}",
             "gradient(lambda k: loss(key=k), key) == scale * grad_scores.swapaxes(-1, -2) @ query == grad_key"),
        Line(r"\v{grad_attn_mask} = \sum_N \v{grad_scores}",
             "gradient(lambda m: loss(mask=m), attn_mask) == grad_scores.sum(0) == grad_attn_mask"),
    ),
    derivation=(
        Step("Softmax, and why the maximum may go",
             r"""Write $P$ for the weights, $P_{ij} = e^{A_{ij}} / \sum_k e^{A_{ik}}$. A number that is taken from all scores of a query
             is a factor above and below, and cancels. The kernel takes the largest: no exponential exceeds 1, and $\v{total}$ is at
             least 1, for the largest itself gives $e^0$. As the weights do not depend on $\v{top}$, the backward need not know which
             score it was.""",
             (Line(r"P_{ij} = \frac{e^{A_{ij} - a_i}}{\sum_k e^{A_{ik} - a_i}} = \frac{\v{exps}_{ij}}{\v{total}_i}",
                   "exp(A) / exp(A).sum(-1, keepdims=True) == exp(A - top) / exp(A - top).sum(-1, keepdims=True) == exps / total"),)),
        Step("The Jacobian of a softmax",
             r"""One query, one row: drop the index $i$. With $Z = \sum_k e^{A_k}$, $\partial Z / \partial A_k = e^{A_k}$, and $e^{A_j}$
             depends on $A_k$ only if $j = k$; $[j = k]$ is 1 then and else 0. The quotient rule gives two terms, each a product of
             weights.""",
             (Line(r"\frac{\partial P_j}{\partial A_k} = \frac{[j = k]\,e^{A_j} Z - e^{A_j} e^{A_k}}{Z^2} = P_j\,([j = k] - P_k)",
                   "jacobian(softmax, A[0, 1]) == (eye(S) * exp(A[0, 1]) * exp(A[0, 1]).sum() - np.outer(exp(A[0, 1]), exp(A[0, 1]))) "
                   "/ exp(A[0, 1]).sum() ** 2 == P[0, 1][:, None] * (eye(S) - P[0, 1])"),)),
        Step("Times what arrives",
             r"""Write $\bar{a}$ for the derivative of the loss by $a$. A score $A_k$ reaches the loss through every weight of its row,
             so its gradient is a sum over them. Of the first term one summand is left, and in the second $P_k$ does not depend on
             $j$: the Jacobian, S by S for each query, is never built.""",
             (Line(r"\bar{A}_k = \sum_j \bar{P}_j P_j ([j = k] - P_k) = P_k \Big( \bar{P}_k - \sum_j P_j \bar{P}_j \Big)",
                   "gradient(lambda a: grad_P * softmax(a), A) == einsum('nlj,nlj,nljk->nlk', grad_P, P, eye(S) - P[:, :, None, :]) "
                   "== P * (grad_P - (P * grad_P).sum(-1, keepdims=True))"),)),
        Step("From the output to the weights",
             r"""In components $y_{ic} = \sum_j D_{ij} P_{ij} V_{jc}$. $P_{ij}$ stands in row $i$ of the output, once for each feature
             $c$; $V_{jc}$ stands in column $c$, once for each query $i$. Sums over the other index are products of matrices.""",
             (Line(r"\bar{P}_{ij} = D_{ij} \sum_c \bar{Y}_{ic} V_{jc}",
                   "gradient(lambda p: grad * ((dropout_mask * p) @ value), P) == dropout_mask * einsum('nlv,nsv->nls', grad, value) == "
                   "grad_P"),
              Line(r"\v{grad_value}_{jc} = \sum_i D_{ij} P_{ij} \bar{Y}_{ic}",
                   "gradient(lambda v: grad * ((dropout_mask * P) @ v), value) == einsum('nls,nlv->nsv', dropout_mask * P, grad) == "
                   "grad_value"))),
        Step("The division, once and where it is small",
             r"""Every term of $\bar{A}$ has the factor $P_{ij} = \v{exps}_{ij} / \v{total}_i$. The division is moved over to what
             arrives, L by V numbers and not L by S: with $\v{grad_sums} = \v{grad} / \v{total}$ the kept exponentials serve as they
             are, in the forward and in the backward, and normalized weights never exist.""",
             (Line(r"\v{along}_i = \frac{1}{\v{total}_i} \sum_j P_{ij} \bar{P}_{ij}",
                   "along == (P * grad_P).sum(-1, keepdims=True) / total"),
              Line(r"\v{grad_scores} = \v{exps} \odot (\v{dropout_mask} \odot \v{grad_sums} \v{value}^{\top} - \v{along})",
                   "P * (grad_P - (P * grad_P).sum(-1, keepdims=True)) == exps * (dropout_mask * (grad_sums @ value.swapaxes(-1, -2)) - "
                   "along)"),
              Line(r"\sum_j \v{grad_scores}_{ij} = 0", "1 + grad_scores.sum(-1) == 1 + 0 * grad_scores[..., 0]",
                   "shifting all scores of a query changes nothing"))),
        Step("The same sum over features, and why it is not used",
             r"""Put $\bar{P}$ into the sum that the Jacobian asks for, and change the order of summation: the sum over $j$ in the middle
             is the output. A sum over S keys has become one over V features of two things that are at hand, which is what an
             implementation needs that never holds all keys at once. To the last bit it is another sum. Where one key has all the
             weight, the sum over keys is that key's $\bar{P}$ itself and the bracket is exactly 0; the sum over features leaves the
             rounding of $\bar{P}$, and queries of $10^{20}$ make a key's gradient of $10^{13}$ from it.""",
             (Line(r"\sum_j P_{ij} \bar{P}_{ij} = \sum_c \bar{Y}_{ic} \sum_j D_{ij} P_{ij} V_{jc} = \sum_c \bar{Y}_{ic}\,y_{ic}",
                   "(P * grad_P).sum(-1) == einsum('nlv,nls,nsv->nl', grad, dropout_mask * P, value) == (grad * y).sum(-1)"),)),
        Step("The scores are bilinear",
             r"""$A_{ij} = s \sum_e Q_{ie} K_{je} + M_{ij}$: the same two readings as before, and the mask gets $\v{grad_scores}$ as it
             is, summed over what it was broadcast to, here the batch.""",
             (Line(r"\v{grad_query}_{ie} = \v{scale} \sum_j \v{grad_scores}_{ij} \v{key}_{je}",
                   "gradient(lambda q: loss(query=q), query) == scale * einsum('nls,nse->nle', grad_scores, key) == grad_query"),
              Line(r"\v{grad_key}_{je} = \v{scale} \sum_i \v{grad_scores}_{ij} \v{query}_{ie}",
                   "gradient(lambda k: loss(key=k), key) == scale * einsum('nls,nle->nse', grad_scores, query) == grad_key"),
              Line(r"\v{grad_attn_mask} = \sum_N \v{grad_scores}",
                   "gradient(lambda m: loss(mask=m), attn_mask) == grad_scores.sum(0) == grad_attn_mask"))),
        Step("Masks, and a query that sees nothing",
             r"""$M_{ij} = -\infty$ makes $\v{exps}_{ij} = 0$: the key has no weight, and every gradient through it has the factor 0. If
             a whole row is hidden, $-\infty - (-\infty)$ would be nan; so $\v{top}$ counts as the least finite number, all
             exponentials are 0, $\v{total}$ is raised to 1, and the output is 0, as PyTorch's. Elsewhere that bound does nothing,
             for $\v{total} \geq 1$ holds by itself.""",
             (Line(r"\v{exps}_{ij} = 0", "exps[:, :1, S - 1:] == 0 * exps[:, :1, S - 1:]", "for the key that the first query may not see"),
              Line(r"\v{grad_scores}_{ij} = 0", "grad_scores[:, :1, S - 1:] == 0 * grad_scores[:, :1, S - 1:]"))),
        Step("Why the scale",
             r"""If the features of queries and keys are independent with mean 0 and variance 1, each product $Q_{ie} K_{je}$ has
             variance 1 and their sum over E features has variance E. Weights of scores that are $\sqrt{E}$ wide are nearly 0 and 1,
             where $P_j ([j = k] - P_k)$ vanishes. Divided by $\sqrt{E}$ the scores have variance 1 for any E.""",
             (Line(r"\v{scale} = \frac{1}{\sqrt{E}}", "scale == 1 / sqrt(E)"),)),
    ),
    sources=(
        Source("Vaswani et al. (2017), Attention Is All You Need", "https://arxiv.org/abs/1706.03762",
               "equation 1: the forward; section 3.2.1 and its footnote: the scale"),
        Source("Dao et al. (2022), FlashAttention", "https://arxiv.org/abs/2205.14135",
               "appendix B.2: the backward with the inner product of output and gradient, and without kept weights"),
        Source("PyTorch documentation, scaled_dot_product_attention",
               "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.scaled_dot_product_attention.html", "the contract"),
    ),
    edges=(Edge("a query that sees no key", blind, "the output is 0 and no gradient passes"),
           Edge("one key each", single, "its weight is 1 whatever the score: queries and keys get no gradient"),
           Edge("scores of 200", far, "the exponential would overflow; the maximum is taken away first")),
    notes={"zeros": "the queries are 0: the mask alone decides",
           "huge, 1e20": "one key takes all: the bracket of the softmax's gradient is exactly 0, for the sum in it is over keys",
           "one nan": "its query is lost; through its gradient all keys and values",
           "one infinity": "a score of infinity less itself is nan",
           "size 0": "without keys the output is 0; PyTorch gives the mask no gradient then, ours an empty one",
           "one element": "one key has the weight 1"},
    conventions=(
        ("Boolean masks", "True: may look. `nn.MultiheadAttention` means the opposite, True: hidden."),
        ("Floating masks", "Are added to the scores after the scale, and get a gradient."),
        ("Causal",
         "`is_causal` counts from the upper left, query i sees keys 0 to i, also where L and S differ: not what a cache of keys needs."),
        ("Dropout", "Falls on the weights, after the softmax; rows do not sum to 1 then. It has no `training`: give 0 when evaluating."),
        ("Saved",
         "`exps` and `total` beside the inputs: L · S + L numbers. PyTorch's fused kernel keeps the logarithm of the sum and makes the "
         "weights anew."),
        ("Groups", "`enable_gqa`: several heads of queries share one of keys and values."),
    ),
    differences=(
        ("Memory",
         "Ours holds all L · S scores; PyTorch's fused kernel walks over blocks of keys, with a running maximum, and never holds them "
         "all."),
    ),
    figures=(Figure(overflow, "agreement"), Figure(sharpness)),
    speed=({"N": 4, "L": 32, "S": 32, "E": 16, "V": 16}, {"N": 8, "L": 128, "S": 128, "E": 64, "V": 64}),
)
