"""Attention in several heads: projections, heads apart, attention in each, heads together, one more projection."""
import numpy as np

from ..attention import plain
from ..study import Edge, Figure, Line, Source, Step, Study, with_parameters


def inputs(rng, N, L, S, H, D):
    """N sequences: L queries, S keys and values of E = H · D features; the parameters; masks that hide the last key of the first two."""
    E = H * D
    normal = rng.standard_normal
    hidden = np.zeros((N, S), bool), np.zeros((L, S), bool)
    if min(N, L, S) > 1:
        hidden[0][0, S - 1:], hidden[1][1, :2] = True, True
    return {"query": normal((L, N, E)), "key": normal((S, N, E)), "value": normal((S, N, E)),
            "in_proj_weight": normal((3 * E, E)) / np.sqrt(E), "in_proj_bias": 0.3 * normal(3 * E),
            "out_proj_weight": normal((E, E)) / np.sqrt(E), "out_proj_bias": 0.3 * normal(E),
            "bias_k": normal((1, 1, E)), "bias_v": normal((1, 1, E)),
            "key_padding_mask": hidden[0], "attn_mask": hidden[1], "num_heads": np.array(H)}


def call(torch, query, key, value, in_proj_weight, in_proj_bias, out_proj_weight, out_proj_bias, bias_k, bias_v, key_padding_mask,
         attn_mask, num_heads):
    """Twice: queries that look at others, with masks and weights; then at themselves and what came before, with two keys more."""
    L, _, E = query.shape
    heads = int(num_heads)
    projections = {"in_proj_weight": in_proj_weight, "in_proj_bias": in_proj_bias}
    layer = with_parameters(torch.nn.MultiheadAttention(E, heads), **projections)
    with_parameters(layer.out_proj, weight=out_proj_weight, bias=out_proj_bias)
    out, weights = layer(query, key, value, key_padding_mask=key_padding_mask, attn_mask=attn_mask)
    other = torch.nn.MultiheadAttention(E, heads, add_bias_kv=True, add_zero_attn=True, batch_first=True)
    with_parameters(other, **projections, bias_k=bias_k, bias_v=bias_v)
    with_parameters(other.out_proj, weight=out_proj_weight, bias=out_proj_bias)
    x, later = query.transpose(0, 1), torch.ones(L, L, dtype=torch.bool).triu(1)
    with plain(torch):
        return out, weights, other(x, x, x, attn_mask=later, need_weights=False)[0]


def softmax(a):
    """Rows to weights, also of complex numbers."""
    e = np.exp(a - a.real.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def scene(s):
    """The layer as a function of what stands in the formula, and every gradient by the chain of its parts."""
    def apart(x):
        return x.reshape(len(x), s.N, s.H, s.D).transpose(1, 2, 0, 3)

    def together(x):
        return x.transpose(2, 0, 1, 3).reshape(x.shape[2], s.N, s.E)

    def found(q, k, v):
        return softmax(q @ k.swapaxes(-1, -2) / np.sqrt(s.D) + s.added) @ v

    def layer(query=s.query, key=s.key, value=s.value, W=s.in_proj_weight, b=s.in_proj_bias, W_o=s.out_proj_weight, b_o=s.out_proj_bias):
        parts = [apart(x @ w.T + c) for x, w, c in zip((query, key, value), np.split(W, 3), np.split(b, 3))]
        return together(found(*parts)) @ W_o.T + b_o

    def chain(q, k, v, added, grad):
        """The gradients of the projected queries, keys and values, and of the heads and scores on the way."""
        P = softmax(q @ k.swapaxes(-1, -2) / np.sqrt(s.D) + added)
        grad_joined = grad @ s.out_proj_weight
        grad_heads = apart(grad_joined)
        grad_P = grad_heads @ v.swapaxes(-1, -2)
        grad_scores = P * (grad_P - (P * grad_P).sum(-1, keepdims=True))
        parts = grad_scores @ k / np.sqrt(s.D), grad_scores.swapaxes(-1, -2) @ q / np.sqrt(s.D), P.swapaxes(-1, -2) @ grad_heads
        return *(together(g) for g in parts), grad_joined, grad_heads, grad_scores

    grad = np.random.RandomState(5).standard_normal(s.out.shape)
    names = "grad_queries", "grad_keys", "grad_values", "grad_joined", "grad_heads", "grad_scores"
    found_gradients = dict(zip(names, chain(s.q, s.k, s.v, s.added, grad)))
    grads = [found_gradients[n] for n in names[:3]]
    W_q, W_k, W_v = np.split(s.in_proj_weight, 3)
    X, b = s.query, s.in_proj_bias
    blocks = [np.einsum("lne,lnf->ef", g, x) for g, x in zip(grads, (s.query, s.key, s.value))]
    to_self = chain(*(apart(X @ w.T + c) for w, c in zip((W_q, W_k, W_v), np.split(b, 3))), 0, grad)[:3]

    def self_loss(x):
        q, k, v = (apart(x @ w.T + c) for w, c in zip((W_q, W_k, W_v), np.split(b, 3)))
        return (grad * (together(softmax(q @ k.swapaxes(-1, -2) / np.sqrt(s.D)) @ v) @ s.out_proj_weight.T)).sum()

    return found_gradients | {
        "apart": apart, "together": together, "found": found, "layer": layer, "loss": lambda **given: (grad * layer(**given)).sum(),
        "softmax": softmax, "grad": grad, "P": softmax(s.q @ s.k.swapaxes(-1, -2) / np.sqrt(s.D) + s.added), "W_q": W_q, "W_k": W_k,
        "W_v": W_v, "X": X, "blocks": blocks, "grad_in_proj_weight": np.concatenate(blocks), "self_loss": self_loss, "to_self": to_self,
        "grad_in_proj_bias": np.concatenate([g.sum((0, 1)) for g in grads])}


def blind(values):
    """The first query may look nowhere."""
    values["attn_mask"][0] = True


def padded(values):
    """All keys of the first sequence are padding."""
    values["key_padding_mask"][0] = True


def averaged(study):
    """The weights of one query in each head, and their mean."""
    from ...atlas.identities import names
    from ...atlas.plot import Plot
    P = names(study)["P"][1, :, 0]
    mean = P.mean(0)
    plot = Plot("The weights of one query, head by head, and their mean", "key", "weight")
    plot.bars(np.arange(P.shape[1]), {"head 0": (P[0], "reference"), "head 1": (P[1], "third"), "mean, as returned": (mean, "ours")})
    apart = np.abs(P[0] - P[1]).sum() / 2
    return plot, (f"What `need_weights` gives by default is the mean over the heads. The two heads put {apart:.0%} of their weight on "
                  f"different keys; the mean, whose largest weight is {mean.max():.2f}, is what neither of them does "
                  f"({P[0].max():.2f} and {P[1].max():.2f}).")


def ranks(study):
    """The singular values of the matrix by which a head compares two positions."""
    from ...atlas.plot import Plot
    E, plot = 32, Plot("Singular values of what a head compares by", "number", "singular value", logy=True)
    rng = np.random.RandomState(study.seed)
    q, k = rng.standard_normal((E, E)) / np.sqrt(E), rng.standard_normal((E, E)) / np.sqrt(E)
    for (H, style) in ((1, "reference"), (4, "third"), (8, "ours")):
        D = E // H
        values = np.linalg.svd(q[:D].T @ k[:D], compute_uv=False)
        plot.line(np.arange(1, E + 1), np.maximum(values, 1e-17), f"{H} head{'s' if H > 1 else ''}", style)
    return plot, (f"A head compares the features of two positions by one matrix. With {E} features and 8 heads it has rank "
                  f"{np.sum(values > 1e-10)}: the other {np.sum(values <= 1e-10)} singular values are rounding. More heads see more "
                  "patterns at a time, each through a narrower window.")


STUDY = Study(
    "nn.MultiheadAttention",
    title="Multi-head attention", group="Attention",
    lead="Queries, keys and values are projected, cut into heads that attend by themselves, put beside each other and projected once more.",
    sizes={"N": 4, "L": 8, "S": 5, "H": 2, "D": 3}, extra_sizes={"E": 6, "3E": 18, "L+1": 9, "L+2": 10},
    inputs=inputs, call=call, scene=scene, empty="N", outputs=("out", "weights", "self-attention"), traced="nn._attention",
    functions={"multi_head_attention_forward": "The layer", "_project": "Three projections out of one weight", "_heads_of": "Heads apart",
               "_attend": "Attention, with its weights", "_additive": "A mask as something to add", "_added_of": "Both masks",
               "_one_more_key": "One more key"},
    variables={
        "query": ("Q", "what each position looks for", "before its projection"),
        "key": ("K", "what each position offers to be found by", "before its projection"),
        "value": ("V", "what each position gives", "before its projection"),
        "num_heads": ("H", "number of heads"),
        "head_dim": ("D", "features of a head"),
        "in_proj_weight": ("W", "weights of the three projections, below each other", "rows of the queries, of the keys, of the values"),
        "in_proj_bias": ("b", "biases of the three projections, one after the other"),
        "w_q": (r"W_q", "weights of the queries' projection"),
        "w_k": (r"W_k", "weights of the keys' projection"),
        "w_v": (r"W_v", "weights of the values' projection"),
        "out_proj_weight": (r"W_o", "weights of the output's projection"),
        "out_proj_bias": (r"b_o", "bias of the output's projection"),
        "bias_k": (r"k_{+}", "a learned key that every query may look at"),
        "bias_v": (r"v_{+}", "the value of the learned key"),
        "key_padding_mask": (r"M_K", "which keys of a sequence are padding", "True: nobody may look there"),
        "attn_mask": ("M", "which keys a query may look at", "True: it may not"),
        "added": (r"\tilde{M}", "what the masks add to the scores", "0 or -∞"),
        "queries": (r"\hat{Q}", "projected queries"),
        "keys": (r"\hat{K}", "projected keys"),
        "values": (r"\hat{V}", "projected values"),
        "q": ("q", "queries, head by head"),
        "k": ("k", "keys, head by head"),
        "v": ("v", "values, head by head"),
        "scores": ("A", "how well each key fits each query"),
        "weights": ("P", "weights of the keys for each query", "of each head, then their mean over the heads"),
        "heads": ("O", "what each head found"),
        "joined": ("J", "what the heads found, beside each other"),
        "out": ("Y", "output, as it is returned"),
        "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
        "grad_joined": (r"\bar{J}", "gradient of what the heads found, beside each other"),
        "grad_heads": (r"\bar{O}", "gradient of what each head found"),
        "grad_scores": (r"\bar{A}", "gradient of the scores"),
        "grad_queries": (r"\bar{\hat{Q}}", "gradient of the projected queries"),
        "grad_keys": (r"\bar{\hat{K}}", "gradient of the projected keys"),
        "grad_values": (r"\bar{\hat{V}}", "gradient of the projected values"),
        "grad_in_proj_weight": (r"\bar{W}", "gradient of the three projections' weights"),
        "grad_in_proj_bias": (r"\bar{b}", "gradient of the three projections' biases"),
        "grad_query": (r"\bar{Q}", "gradient of the queries", "before their projection"),
    },
    forward=(
        Line(r"\v{queries} = \v{query}\,\v{w_q}^{\top} + b_q,\quad \v{w_q} = \v{in_proj_weight}_{0 \ldots E-1}",
             "queries == query @ in_proj_weight[:E].T + in_proj_bias[:E]"),
        Line(r"\v{keys} = \v{key}\,\v{w_k}^{\top} + b_k,\quad \v{w_k} = \v{in_proj_weight}_{E \ldots 2E-1}",
             "keys == key @ in_proj_weight[E:2 * E].T + in_proj_bias[E:2 * E]"),
        Line(r"\v{values} = \v{value}\,\v{w_v}^{\top} + b_v,\quad \v{w_v} = \v{in_proj_weight}_{2E \ldots 3E-1}",
             "values == value @ in_proj_weight[2 * E:].T + in_proj_bias[2 * E:]"),
        Line(r"\v{q}_{nhld} = \v{queries}_{l,n,hD+d}", "q == queries.reshape(L, N, H, D).transpose(1, 2, 0, 3)",
             "k and v are cut in the same way"),
        Line(r"\v{weights}_{nh} = \mathrm{softmax}(\v{q}_{nh} \v{k}_{nh}^{\top} / \sqrt{D} + \v{added}_n)",
             "weights == softmax(einsum('nhld,nhsd->nhls', q, k) / sqrt(D) + added)"),
        Line(r"\v{heads}_{nh} = \v{weights}_{nh} \v{v}_{nh}", "heads == einsum('nhls,nhsd->nhld', weights, v)"),
        Line(r"\v{joined}_{l,n,hD+d} = \v{heads}_{nhld}", "joined == heads.transpose(2, 0, 1, 3).reshape(L, N, E)"),
        Line(r"\v{out} = \v{joined}\,\v{out_proj_weight}^{\top} + \v{out_proj_bias}", "out == layer()"),
    ),
    backward=(
        Line(r"\v{grad_joined} = \v{grad}\,\v{out_proj_weight}",
             "gradient(lambda z: grad * (z @ out_proj_weight.T + out_proj_bias), joined) == grad_joined"),
        Line(r"\v{grad_heads}_{nhld} = \v{grad_joined}_{l,n,hD+d}", "gradient(lambda z: grad_joined * together(z), heads) == grad_heads"),
        Line(r"\v{grad_queries}_{l,n,hD+d} = \frac{1}{\sqrt{D}} \sum_s \v{grad_scores}_{nhls}\,\v{k}_{nhsd}",
             "gradient(lambda z: grad_joined * together(found(apart(z), k, v)), queries) == grad_queries"),
        Line(r"\v{grad_keys}_{s,n,hD+d} = \frac{1}{\sqrt{D}} \sum_l \v{grad_scores}_{nhls}\,\v{q}_{nhld}",
             "gradient(lambda z: grad_joined * together(found(q, apart(z), v)), keys) == grad_keys"),
        Line(r"\v{grad_values}_{s,n,hD+d} = \sum_l \v{weights}_{nhls}\,\v{grad_heads}_{nhld}",
             "gradient(lambda z: grad_joined * together(found(q, k, apart(z))), values) == grad_values"),
        Line(r"\v{grad_in_proj_weight} = \begin{bmatrix} \v{grad_queries}^{\top} \v{query} \\ \v{grad_keys}^{\top} \v{key} \\ "
             r"\v{grad_values}^{\top} \v{value} \end{bmatrix}",
             "gradient(lambda z: loss(W=z), in_proj_weight) == grad_in_proj_weight == concatenate(blocks)"),
        Line(r"\v{grad_query} = \v{grad_queries}\,\v{w_q}",
             "gradient(lambda z: loss(query=z), query) == grad_queries @ in_proj_weight[:E]"),
    ),
    derivation=(
        Step("One weight is three",
             r"""`in_proj_weight` has 3E rows: the first E make the queries, the next E the keys, the last E the values. A row makes one
             feature of one of them. Where query, key and value are one tensor $X$ (self-attention) the whole weight serves in one product,
             whose columns are then cut in three: one large product is faster than three small ones.""",
             (Line(r"X \v{in_proj_weight}^{\top} = [\,X \v{w_q}^{\top} \;\; X \v{w_k}^{\top} \;\; X \v{w_v}^{\top}\,]",
                   "query @ in_proj_weight.T == concatenate([query @ w.T for w in (W_q, W_k, W_v)], -1)"),)),
        Step("A head is a slice of features",
             r"""Cutting the E features of a position into H pieces of D costs nothing: feature $hD + d$ is feature $d$ of head $h$. So
             head $h$ owns the rows $hD$ to $hD + D - 1$ of each third of the weight. Two positions are compared by one number, in which
             the two projections stand side by side: a head knows their product only, an E by E matrix of rank D or less.""",
             (Line(r"\v{q}_{nhl} \cdot \v{k}_{nhs} = \sum_d \v{queries}_{l,n,hD+d}\,\v{keys}_{s,n,hD+d}",
                   "einsum('nhld,nhsd->nhls', q, k) == einsum('lnhd,snhd->nhls', queries.reshape(L, N, H, D), keys.reshape(S, N, H, D))"),
              Line(r"(\v{w_q} x)_h \cdot (\v{w_k} x')_h = x^{\top} \Big( \sum_d W_{hD+d}^{\top} W_{E+hD+d} \Big)\, x'",
                   "einsum('le,se->ls', query[:, 0] @ W_q[:D].T, key[:, 0] @ W_k[:D].T) == query[:, 0] @ "
                   "(in_proj_weight[:D].T @ in_proj_weight[E:E + D]) @ key[:, 0].T", "for the first head, without biases"))),
        Step("The output is a sum over heads",
             r"""Beside each other, times a matrix, plus a bias: the block of columns $hD$ to $hD + D - 1$ of `out_proj.weight` meets
             head $h$ alone. Each head writes into all E features of the output by a block of its own, and what they write is added.""",
             (Line(r"\v{out} = \v{out_proj_bias} + \sum_h \v{heads}_h\,(\v{out_proj_weight}_{\,:,\,hD \ldots hD+D-1})^{\top}",
                   "out == out_proj_bias + sum(einsum('nld,ed->lne', heads[:, h], out_proj_weight[:, h * D:h * D + D]) "
                   "for h in (0, 1))"),)),
        Step("Backward through the output, and through the cut",
             r"""Write $\bar{a}$ for the derivative of the loss by $a$. The last step is a linear layer: what arrives times its weight.
             Putting heads beside each other moves numbers and changes none, so the gradient is moved back the same way.""",
             (Line(r"\v{grad_joined} = \v{grad}\,\v{out_proj_weight}",
                   "gradient(lambda z: grad * (z @ out_proj_weight.T + out_proj_bias), joined) == grad @ out_proj_weight == grad_joined"),
              Line(r"\bar{W}_o = \sum_{l,n} \v{grad}_{ln}\,\v{joined}_{ln}^{\top}",
                   "gradient(lambda z: loss(W_o=z), out_proj_weight) == einsum('lne,lnf->ef', grad, joined)"))),
        Step("Backward through each head",
             r"""Heads do not see each other, so each gets the backward of one attention, derived on the page Attention: nothing new
             is needed. With $\bar{P} = \v{grad_heads}\,\v{v}^{\top}$ the softmax gives the gradient of the scores, and these are a product
             of queries and keys.""",
             (Line(r"\v{grad_scores} = \v{weights} \odot \Big( \bar{P} - \sum_s \v{weights}_s \bar{P}_s \Big)",
                   "gradient(lambda a: grad_heads * (softmax(a) @ v), q @ k.swapaxes(-1, -2) / sqrt(D) + added) == grad_scores"),
              Line(r"\bar{q} = \v{grad_scores}\,\v{k} / \sqrt{D}, \quad \bar{k} = \v{grad_scores}^{\top} \v{q} / \sqrt{D}",
                   "gradient(lambda z: grad_heads * found(z, k, v), q) + 0 * q == grad_scores @ k / sqrt(D) == apart(grad_queries)"))),
        Step("The gradient of a stack is the stack of the gradients",
             r"""A row of `in_proj_weight` stands in one of the three projections and in no other. So the derivative by a row of the first
             third sees the queries only, and each third is the weight of a linear layer with its own input: the gradient at its output,
             transposed, times its input, summed over positions and sequences. Values are as keys. Below each other the three are the
             gradient of the whole.""",
             (Line(r"\bar{W}_q = \sum_{l,n} \v{grad_queries}_{ln}\,\v{query}_{ln}^{\top}",
                   "gradient(lambda z: loss(W=concatenate([z, W_k, W_v])), W_q) == einsum('lne,lnf->ef', grad_queries, query)"),
              Line(r"\bar{W}_k = \sum_{s,n} \v{grad_keys}_{sn}\,\v{key}_{sn}^{\top}",
                   "gradient(lambda z: loss(W=concatenate([W_q, z, W_v])), W_k) == einsum('sne,snf->ef', grad_keys, key)"),
              Line(r"\v{grad_in_proj_weight} = \begin{bmatrix} \bar{W}_q \\ \bar{W}_k \\ \bar{W}_v \end{bmatrix}",
                   "gradient(lambda z: loss(W=z), in_proj_weight) == concatenate(blocks) == grad_in_proj_weight"))),
        Step("In self-attention one tensor gets three gradients",
             r"""Where $X$ is query, key and value at once it reaches the loss by three roads, and its gradient is their sum. It is one
             product again: the three gradients beside each other, times the stacked weight.""",
             (Line(r"\bar{X} = \v{grad_queries}\,\v{w_q} + \v{grad_keys}\,\v{w_k} + \v{grad_values}\,\v{w_v} = "
                   r"[\,\v{grad_queries} \;\; \v{grad_keys} \;\; \v{grad_values}\,]\,\v{in_proj_weight}",
                   "gradient(self_loss, X) == to_self[0] @ W_q + to_self[1] @ W_k + to_self[2] @ W_v == "
                   "concatenate(to_self, -1) @ in_proj_weight"),)),
        Step("The bias of the keys learns nothing",
             r"""Adding one vector $b_k$ to every key adds the same number $\v{q} \cdot b_k / \sqrt{D}$ to all scores of a query, and a
             softmax does not notice. So the middle third of `in_proj_bias` has no influence and its gradient is zero, up to rounding.
             (An optimizer that divides by the size of the gradient, such as Adam, makes whole steps out of that rounding; they do no
             harm.) It counts only where there are keys without it: the learned one of `add_bias_kv`, the zeros of `add_zero_attn`.""",
             (Line(r"\sum_{s} \v{grad_keys}_{sn} = \frac{1}{\sqrt{D}} \sum_l \v{q}_{nl} \sum_s \v{grad_scores}_{nls} = 0",
                   "1 + grad_keys.sum(0) == 1 + einsum('nhls,nhld->nhd', grad_scores, q).reshape(N, E) / sqrt(D) "
                   "== 1 + 0 * grad_keys.sum(0)"),
              Line(r"\bar{b}_k = 0", "1 + gradient(lambda z: loss(b=z), in_proj_bias)[E:2 * E] == 1 + 0 * in_proj_bias[:E]"),
              Line(r"\v{grad_in_proj_bias} = \Big[ \sum \v{grad_queries} \;\; 0 \;\; \sum \v{grad_values} \Big]",
                   "gradient(lambda z: loss(b=z), in_proj_bias) == grad_in_proj_bias"))),
    ),
    sources=(
        Source("Vaswani et al. (2017), Attention Is All You Need", "https://arxiv.org/abs/1706.03762",
               "section 3.2.2: the heads and the output's projection"),
        Source("PyTorch documentation, MultiheadAttention",
               "https://docs.pytorch.org/docs/2.13/generated/torch.nn.MultiheadAttention.html",
               "the contract, and when its fast path is taken"),
    ),
    edges=(Edge("a query that sees no key", blind, "nothing to take a mean of: with `need_weights` its row is nan in both"),
           Edge("a sequence of padding alone", padded, "the same for all its queries")),
    notes={"zeros": "queries of 0: what is left are biases, and keys fit as well as the bias of the queries says",
           "huge, 1e20": "where queries meet keys of the same size the scores overflow, and infinity less infinity is nan",
           "one infinity": "its position is lost; where it is a key too, all who may look at it", "size 0": "no sequence, nothing to do",
           "one nan": "as an infinity", "one element": "one key has the weight 1"},
    equivalent={"k.transpose(-2, -1)": "the order in which two dimensions to be exchanged are named does not matter"},
    conventions=(
        ("Layout", "(L, N, E): positions first, sequences second. `batch_first=True` takes (N, L, E) and gives it back; it is a transpose "
                   "before and after, nothing else changes, and the weights are (N, L, S) in any case."),
        ("Packing", "`in_proj_weight` (3E, E) are three weights below each other: queries, keys, values. With `kdim` or `vdim` there are "
                    "`q_proj_weight`, `k_proj_weight` and `v_proj_weight` instead, and still one `in_proj_bias`. Its initialization sees "
                    "one matrix of 3E rows: the bound of `xavier_uniform_` is $\\sqrt{6/4E}$, and $\\sqrt{6/2E}$ for weights apart."),
        ("Order of heads", "Features $hD$ to $hD + D - 1$ belong to head $h$, in the rows of each third and in the columns of "
                           "`out_proj.weight`. Where batch and heads share one dimension, as in masks of (N·H, L, S), sequence $n$ and "
                           "head $h$ stand at $nH + h$."),
        ("Boolean masks", "True: may *not* look, in `attn_mask` and `key_padding_mask`. "
                          "`scaled_dot_product_attention` means the opposite."),
        ("Floating masks", "Are added to the scores. Both masks are made floating and added to each other; -∞ and -∞ is still -∞."),
        ("need_weights", "Decides what is computed: with it (the default) the weights of every head are made, averaged over the heads "
                         "(`average_attn_weights`) and returned; without it the fused attention runs, which is faster and returns None."),
        ("Dropout", "Falls on the weights in training; the weights that are returned are those after dropout."),
        ("is_causal", "Only a hint: the mask must be given too."),
        ("One tensor", "Which product is made is decided by identity (`query is key`), not by equality: give the same tensor three times."),
        ("Saved", "Projections keep their inputs and weights, the heads their q, k, v and the exponentials, each as its own operation."),
    ),
    differences=(
        ("Fast path", "PyTorch leaves this code for one fused C++ function when no gradient is wanted, the layer is in evaluation and "
                      "`batch_first`, query, key and value are one tensor with a batch, H is even, no mask is floating, and neither "
                      "`add_bias_kv` nor `add_zero_attn` is set. Values differ by rounding then. Ours has one path."),
        ("A query that sees no key", "In PyTorch: nan with `need_weights`, the bias of the output's projection without, and nan in the "
                                     "fast path whether weights are asked for or not. Ours is as PyTorch's first two."),
    ),
    figures=(Figure(averaged), Figure(ranks)),
    speed=({"N": 4, "L": 16, "S": 24, "H": 4, "D": 8}, {"N": 8, "L": 64, "S": 64, "H": 8, "D": 16}),
)
