"""Attention: the function, the function with several heads, and the layer."""
from contextlib import nullcontext

import numpy as np
from hypothesis import strategies as st

from minitorch.testing.strategies import broadcastable_shapes, fill, floats, optional, seeds, sides, tensors

from .entry import Entry, case

FUSED = "torch's fused kernel has no second derivative and reads past a mask beside is_causal: the comparison is with its plain formula."


def plain(torch):
    """A context in which torch computes attention by its plain formula; nothing changes in another library."""
    if torch.__name__ != "torch":
        return nullcontext()
    from torch.nn.attention import SDPBackend, sdpa_kernel
    return sdpa_kernel(SDPBackend.MATH)


@st.composite
def masks(draw, shape, dtype, empty=False, blind=True):
    """A mask that broadcasts to `shape`: booleans (True: look), or floats with some -inf; without `blind` every row sees a key.

    Beside an `empty` tensor there are only booleans, for there torch gives floats no gradient.
    """
    given = tuple(n if draw(st.integers(0, 3)) else 1 for n in shape)[draw(st.integers(0, max(len(shape) - 2, 0))):]
    seen = fill(given, "bool", draw(seeds))
    if not blind and given[-1]:
        seen[..., 0] = True
    if empty or draw(st.booleans()):
        return seen
    return np.where(seen, draw(tensors(given, dtype, strided=False)), -np.inf).astype(dtype)


@st.composite
def attention_cases(draw):
    """Queries, keys and values whose leading dimensions broadcast; masks, causality, dropout, scales, groups of heads."""
    L, S, E, V = (draw(sides(max_side=4)) for _ in range(4))
    groups = draw(st.integers(0, 4)) == 4
    if groups:
        B, heads, n = draw(sides(max_side=2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
        lead = ((B, heads * n), (B, heads), (B, heads))
    else:
        lead = draw(broadcastable_shapes(3, max_dims=2, max_side=3))
        if 0 in (L, S, E, V, *np.broadcast_shapes(*lead)):                # here torch forgets to broadcast: see `differences`
            lead = [np.broadcast_shapes(*lead)] * 3
    dtype = draw(floats())
    q, k, v = (draw(tensors((*batch, *shape), dtype, low=-2, high=2)) for batch, shape in zip(lead, ((L, E), (S, E), (S, V))))
    settings = {"dropout_p": draw(optional(0.4)), "scale": draw(optional(st.sampled_from((0.5, -1.5))))}
    if groups:
        settings["enable_gqa"] = True
    kind = draw(st.sampled_from(("none", "mask", "causal")))
    if kind == "mask":
        batch = lead[0] if groups else np.broadcast_shapes(*lead[:2])
        settings["attn_mask"] = draw(masks((*batch, L, S), dtype, 0 in (q.size, k.size, v.size)))
    elif kind == "causal":
        settings["is_causal"] = True
    return case(q, k, v, **settings)


def attend(torch, *args, **settings):
    """scaled_dot_product_attention by its plain formula."""
    with plain(torch):
        return torch.nn.functional.scaled_dot_product_attention(*args, **settings)


@st.composite
def heads_settings(draw, L, S, N, heads, dtype, blind):
    """The settings of a call with several heads: masks for S keys, the weights. Torch refuses some masks without elements."""
    whole = 0 not in (L, S, N)
    settings = {"need_weights": draw(optional(False)), "average_attn_weights": draw(optional(False))}
    blind = blind or settings["need_weights"] is False
    if draw(st.integers(0, 2)) == 2:
        shape = draw(st.sampled_from(((L, S), (N * heads, L, S) if N and whole else (L, S))))
        settings["attn_mask"] = _hidden(draw(masks(shape, dtype, not whole, blind)), shape)
        if settings["attn_mask"].dtype == bool and S == L and len(shape) == 2 and draw(st.booleans()):
            settings["attn_mask"] = ~np.tri(L, dtype=bool)
            settings["is_causal"] = True
    if draw(st.integers(0, 2)) == 2 and whole:
        shape = (S,) if N is None else (N, S)
        settings["key_padding_mask"] = _hidden(draw(masks(shape, dtype, blind=blind)), shape)
    return settings


def _hidden(mask, shape):
    """The mask in full shape, True where a key is hidden: here booleans mean the opposite."""
    mask = np.array(np.broadcast_to(mask, shape))
    return ~mask if mask.dtype == bool else mask


@st.composite
def layer_cases(draw):
    """Calls of the layer: one tensor for query, key and value, two or three of them, with and without a batch and each option."""
    heads, dtype = draw(st.integers(1, 2)), draw(floats())
    E, batch_first, batched = heads * draw(st.integers(1, 2)), draw(optional(True)), draw(st.integers(0, 3)) > 0
    options = {"dropout": draw(optional(0.4)), "bias": draw(optional(False)), "add_bias_kv": draw(optional(True)),
               "add_zero_attn": draw(optional(True)), "batch_first": batch_first}
    number = draw(st.integers(1, 3))
    sizes = [E, E, E]
    if number == 3 and draw(st.booleans()):
        options["kdim"], options["vdim"] = sizes[1:] = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    N, L = draw(sides(max_side=2)) if batched else None, draw(sides(max_side=3))
    S = L if number == 1 else draw(sides(max_side=3))
    shapes = []
    for length, size in zip((L, S, S), sizes):
        shapes.append((length, size) if not batched else (N, length, size) if batch_first is True else (length, N, size))
    x = [draw(tensors(shape, dtype, low=-2, high=2)) for shape in shapes[:number]]
    blind = options["add_bias_kv"] is True or options["add_zero_attn"] is True
    return case(*x, **draw(heads_settings(L, S, N, heads, dtype, blind))).built(E, heads, **options)


def attend_to(torch, module, query, key=None, value=None, **settings):
    """The layer by the plain formula; what is left out is the tensor before it."""
    key = query if key is None else key
    value = key if value is None else value
    with plain(torch):
        return module(query, key, value, **settings)


@st.composite
def function_cases(draw):
    """Calls of the function: projections together or apart, static keys and values, one more key and value."""
    heads, dtype, N = draw(st.integers(1, 2)), draw(floats()), draw(st.integers(1, 2))
    width, L, S = draw(st.integers(1, 2)), draw(sides(max_side=3)), draw(sides(max_side=3))
    E, apart, static = heads * width, draw(st.booleans()), draw(st.integers(0, 3)) == 3
    sizes = [E, draw(st.integers(1, 3)), draw(st.integers(1, 3))] if apart else [E, E, E]
    tensor = lambda *shape: draw(tensors(shape, dtype, low=-1, high=1))
    q, k, v = (tensor(n, N, size) for n, size in zip((L, S, S), sizes))
    more = not static and draw(st.booleans())
    settings = draw(heads_settings(L, S, N, heads, dtype, blind=False))
    settings["training"] = draw(optional(False))
    if apart:
        settings |= {"use_separate_proj_weight": True}
        settings |= {f"{name}_proj_weight": tensor(E, size) for name, size in zip("qkv", sizes)}
    if static:
        settings |= {"static_k": tensor(N * heads, S, width), "static_v": tensor(N * heads, S, width)}
    bias = lambda n: tensor(n) if draw(st.booleans()) else None
    bias_k, bias_v = (tensor(1, 1, E) if more else None for _ in range(2))
    return case(q, k, v, E, heads, None if apart else tensor(3 * E, E), bias(3 * E), bias_k, bias_v, draw(st.booleans()),
                draw(st.sampled_from((0.0, 0.4))), tensor(E, E), bias(E), **settings)


def attend_in_heads(torch, *args, **settings):
    """multi_head_attention_forward by the plain formula."""
    with plain(torch):
        return torch.nn.functional.multi_head_attention_forward(*args, **settings)


def bad_heads(torch, x=(4, 2, 6), key=None, heads=2, checked=6, **settings):
    """A call in heads of which one thing may be wrong."""
    x = torch.ones(x)
    key = x if key is None else torch.ones(key)
    return torch.nn.functional.multi_head_attention_forward(
        x, key, key, checked, heads, torch.ones(18, 6), None, None, None, False, 0.0, torch.ones(6, 6), None, **settings)


def bad_layer(torch, *shapes, dtype=None, **settings):
    """A call of a layer of 6 features and 2 heads with tensors of these shapes."""
    x = [torch.ones(s, dtype=dtype) for s in shapes]
    return torch.nn.MultiheadAttention(6, 2)(*x, **settings)


HEADS = (r"\mathrm{head}_h = \mathrm{softmax}(q_h k_h^\top / \sqrt{E/H} + m)\,v_h, \quad "
         r"y = [\mathrm{head}_1 \ldots \mathrm{head}_H]\,W_o^\top + b_o")
X = (4, 2, 6)

ENTRIES = [
    Entry(
        "nn.functional.scaled_dot_product_attention", attention_cases(), theirs=attend,
        op="kernels.attention.scaled_dot_product_attention",
        bad={
            "shape": lambda torch: attend(torch, torch.ones(2, 4, 5), torch.ones(2, 6, 4), torch.ones(2, 6, 5)),
            "values": lambda torch: attend(torch, torch.ones(2, 4, 5), torch.ones(2, 6, 5), torch.ones(2, 7, 5)),
            "dimensions": lambda torch: attend(torch, torch.ones(5), torch.ones(6, 5), torch.ones(6, 5)),
            "batch": lambda torch: attend(torch, torch.ones(3, 4, 5), torch.ones(2, 4, 5), torch.ones(2, 4, 5)),
            "dtype": lambda torch: attend(torch, torch.ones(2, 4, 5), torch.ones(2, 4, 5), torch.ones(2, 4, 5, dtype=torch.float64)),
            "integers": lambda torch: attend(torch, *[torch.ones(2, 4, 5, dtype=torch.int64)] * 3),
            "mask's dtype": lambda torch: attend(torch, *[torch.ones(2, 4, 5)] * 3, attn_mask=torch.ones(4, 4, dtype=torch.int64)),
            "mask's shape": lambda torch: attend(torch, *[torch.ones(2, 4, 5)] * 3, attn_mask=torch.ones(4, 3)),
            "mask too large": lambda torch: attend(torch, *[torch.ones(2, 4, 5)] * 3, attn_mask=torch.ones(1, 1, 4, 4)),
            "two masks": lambda torch: attend(torch, *[torch.ones(2, 4, 5)] * 3, attn_mask=torch.ones(4, 4), is_causal=True),
            "argument": lambda torch: attend(torch, [1.0], torch.ones(2, 5), torch.ones(2, 5)),
            "dropout": lambda torch: attend(torch, *[torch.ones(2, 4, 5)] * 3, dropout_p=1.5),
            "groups": lambda torch: attend(torch, torch.ones(1, 4, 2, 5), *[torch.ones(1, 3, 2, 5)] * 2, enable_gqa=True),
        },
        formula=r"y = \mathrm{softmax}(s\,q\,k^\top + m)\,v, \quad s = 1/\sqrt{E}",
        source="Vaswani et al. (2017), Attention Is All You Need, eq. 1", random=True,
        differences=(FUSED, "Where a tensor is empty torch may return the query's leading dimensions unbroadcast; ours always broadcast."),
    ),
    Entry(
        "nn.functional.multi_head_attention_forward", function_cases(), theirs=attend_in_heads,
        bad={
            "shape": lambda torch: bad_heads(torch, key=(3, 2, 5)),
            "dimensions": lambda torch: bad_heads(torch, x=(6,)),
            "checked size": lambda torch: bad_heads(torch, checked=5),
            "heads": lambda torch: bad_heads(torch, heads=4),
            "batch": lambda torch: bad_heads(torch, key=(3, 1, 6)),
            "mask's shape": lambda torch: bad_heads(torch, attn_mask=torch.ones(4, 3)),
            "mask's dimensions": lambda torch: bad_heads(torch, attn_mask=torch.ones(4)),
            "padding's dtype": lambda torch: bad_heads(torch, key_padding_mask=torch.ones(2, 4, dtype=torch.int64)),
            "padding's shape": lambda torch: bad_heads(torch, key_padding_mask=torch.ones(4, 2, dtype=torch.bool)),
            "argument": lambda torch: bad_heads(torch, is_causal=True),
        },
        formula=HEADS, source="Vaswani et al. (2017), Attention Is All You Need, section 3.2.2", random=True, differences=(FUSED,),
    ),
    Entry(
        "nn.MultiheadAttention", layer_cases(), call=attend_to,
        bad={
            "shape": lambda torch: bad_layer(torch, (4, 2, 5), (4, 2, 5), (4, 2, 5)),
            "keys": lambda torch: bad_layer(torch, X, (3, 2, 6), X),
            "dimensions": lambda torch: bad_layer(torch, (4, 6), X, X),
            "four dimensions": lambda torch: bad_layer(torch, (1, *X), X, X),
            "dtype": lambda torch: bad_layer(torch, X, X, X, dtype=torch.float64),
            "padding": lambda torch: bad_layer(torch, X, X, X, key_padding_mask=torch.ones(4, 2, dtype=torch.bool)),
            "padding without a batch": lambda torch: bad_layer(torch, *[(4, 6)] * 3, key_padding_mask=torch.ones(1, 4, dtype=torch.bool)),
            "mask": lambda torch: bad_layer(torch, X, X, X, attn_mask=torch.ones(4, 4, 4, 4)),
            "heads in the mask": lambda torch: bad_layer(torch, X, X, X, attn_mask=torch.ones(3, 4, 4)),
            "argument": lambda torch: torch.nn.MultiheadAttention(6, 4),
            "no head": lambda torch: torch.nn.MultiheadAttention(6, 0),
            "causal without a mask": lambda torch: bad_layer(torch, X, X, X, is_causal=True),
        },
        formula=HEADS, source="Vaswani et al. (2017), Attention Is All You Need, section 3.2.2",
        random=True, memory=False, differences=(FUSED,),
    ),
]
