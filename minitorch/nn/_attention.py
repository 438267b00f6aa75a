"""The attention section of torch.nn.functional: scaled dot-product attention, and attention with several heads."""
import math
import warnings

from minitorch import dtypes
from minitorch.backend import array_module, on_own_device
from minitorch.kernels import attention as kernel
from minitorch.nn import functional as F
from minitorch.ops.joining import cat
from minitorch.ops.shape import broadcast_shape
from minitorch.random import bernoulli_mask
from minitorch.tensor import Tensor, wrap


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """softmax(scale · query keyᵀ + mask) value: for each query a mean of the values, weighted by how well its key fits.

    Args:
        attn_mask: booleans, True where a query may look, or floats that are added to the scores. A query that may look nowhere gets zeros.
        dropout_p: the probability with which a weight becomes zero; always applied, so pass 0.0 in evaluation.
        is_causal: query i looks at the keys 0 … i only.
        scale: of the scores; 1/√E if None.
        enable_gqa: groups of query heads (dimension -3) share one head of key and value.

    Shape:
        query (…, L, E), key (…, S, E), value (…, S, Ev), attn_mask broadcasts to (…, L, S) -> (…, L, Ev).
        The leading dimensions broadcast.

    Raises:
        RuntimeError: fewer than two dimensions, shapes that do not fit, dtypes that differ or are not floating, or a mask beside is_causal.

    Example:
        >>> import minitorch as torch
        >>> q = torch.eye(2)
        >>> torch.nn.functional.scaled_dot_product_attention(q, q, q, is_causal=True)
        tensor([[1.0000, 0.0000],
                [0.3302, 0.6698]])

    Source: Vaswani et al. (2017), Attention Is All You Need, eq. 1.
    """
    for name, t in (("query", query), ("key", key), ("value", value)):
        if not isinstance(t, Tensor):
            raise TypeError(f"scaled_dot_product_attention(): argument '{name}' must be Tensor, not {type(t).__name__}")
    if attn_mask is not None and not isinstance(attn_mask, Tensor):
        raise TypeError(f"scaled_dot_product_attention(): argument 'attn_mask' must be Tensor, not {type(attn_mask).__name__}")
    dims = query.dim(), key.dim(), value.dim()
    if min(dims) < 2:
        raise RuntimeError("Expected query, key, and value to all be at least 2 dimensional, "
                           f"got {dims[0]}, {dims[1]} and {dims[2]} dimensions")
    if not query.dtype == key.dtype == value.dtype:
        raise RuntimeError(f"Expected query, key, and value to have the same dtype, got {query.dtype}, {key.dtype} and {value.dtype}: "
                           "convert them with .to(dtype)")
    if not query.dtype.is_floating_point:
        raise RuntimeError(f"expected query, key and value to be floating, got {query.dtype}: convert them with .float()")
    if dropout_p > 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
    if enable_gqa:
        key, value = (_repeat_heads(t, query) for t in (key, value))
    if query.shape[-1] != key.shape[-1]:
        raise RuntimeError(f"Expected query and key to have the same last dimension, got {list(query.shape)} and {list(key.shape)}")
    if key.shape[-2] != value.shape[-2]:
        raise RuntimeError(f"Expected as many values as keys (dimension -2), got {list(key.shape)} and {list(value.shape)}")
    shape = *broadcast_shape(query.shape[:-2], key.shape[:-2]), query.shape[-2], key.shape[-2]
    batch = broadcast_shape(shape[:-2], value.shape[:-2])
    query, key, value = (t if t.shape[:-2] == batch else t.expand(*batch, *t.shape[-2:]) for t in (query, key, value))
    if attn_mask is not None:
        _check_mask(attn_mask, query, value, shape, dropout_p, is_causal)
    dropout_mask = _dropout_mask(query, shape, dropout_p) if dropout_p > 0 else None
    return kernel.scaled_dot_product_attention(query, key, value, attn_mask, dropout_mask, is_causal=is_causal, scale=scale)


def _repeat_heads(t, query):
    """Key or value with each head as often as query heads share it."""
    if query.dim() < 3 or t.dim() < 3:
        raise IndexError("enable_gqa needs a dimension of heads: expected at least 3 dimensions, "
                         f"got {list(query.shape)} and {list(t.shape)}")
    heads, shared = query.shape[-3], t.shape[-3]
    if shared == 0 or heads % shared:
        raise RuntimeError(f"Number of heads in key and value must divide the number of heads in query: got {shared} and {heads}")
    return t if heads == shared else t.repeat_interleave(heads // shared, dim=-3)


def _check_mask(attn_mask, query, value, shape, dropout_p, is_causal):
    """A mask is boolean or floating and broadcasts to the scores; beside is_causal torch's fused kernel alone takes one."""
    if attn_mask.dtype not in (dtypes.bool, dtypes.float32, query.dtype):
        raise RuntimeError(f"Expected attn_mask dtype to be bool or float or to match query dtype, got {attn_mask.dtype} and {query.dtype}")
    fused = query.dim() == 4 and query.shape[-1] == value.shape[-1] and dropout_p <= 0 and not attn_mask.requires_grad
    if is_causal and not fused:
        raise RuntimeError("Explicit attn_mask should not be set when is_causal=True: let the mask itself hide what comes later")
    given = tuple(attn_mask.shape)
    if len(given) > len(shape) or any(n not in (1, full) for n, full in zip(given[::-1], shape[::-1])):
        raise RuntimeError(f"Expected attn_mask to broadcast to the scores' shape {list(shape)}, got {list(given)}")


@on_own_device
def _dropout_mask(like, shape, p):
    """What dropout multiplies the attention weights with: 0 with probability p, else 1/(1-p)."""
    xp = array_module(like._array)
    if p >= 1:
        return wrap(xp.zeros(shape, like._array.dtype))
    mask = bernoulli_mask(xp.empty(shape, like._array.dtype), 1 - p).astype(like._array.dtype)
    mask /= 1 - p
    return wrap(mask)


def multi_head_attention_forward(query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v,
                                 add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None,
                                 need_weights=True, attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None,
                                 k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None, average_attn_weights=True,
                                 is_causal=False):
    """Attention in several heads, each on its own projections of query, key and value: the work of `nn.MultiheadAttention`.

        head_h = softmax(q_h k_hᵀ / √(E/H) + mask) v_h,   y = [head_1 … head_H] W_oᵀ + b_o

    Args:
        query, key, value: (L, N, E), (S, N, Ek), (S, N, Ev), or without N.
        embed_dim_to_check: E.
        num_heads: H, a divisor of E.
        in_proj_weight, in_proj_bias: (3E, E) and (3E): the projections of query, key and value below each other.
        bias_k, bias_v: (1, 1, E), one more key and value for every sequence.
        add_zero_attn: one more key and value of zeros.
        dropout_p: the probability with which a weight becomes zero in training.
        out_proj_weight, out_proj_bias: (E, E), (E).
        key_padding_mask: (N, S), True (or -inf) at keys that nobody may look at; floats are added to the scores.
        need_weights: whether to return the weights too; without them the work is less.
        attn_mask: (L, S) or (N·H, L, S), True (or -inf) where a query may *not* look.
        use_separate_proj_weight: take q_proj_weight (E, E), k_proj_weight (E, Ek) and v_proj_weight (E, Ev) for in_proj_weight.
        static_k, static_v: (N·H, S, E/H), in place of the projected keys and values.
        average_attn_weights: the mean of the weights over the heads.
        is_causal: a hint that attn_mask hides what comes later, so that it need not be read; attn_mask must be given.

    Returns:
        y (L, N, E), and the weights (N, L, S), or (N, H, L, S) if not averaged, or None.

    Raises:
        AssertionError: shapes that do not fit each other.
        RuntimeError: an attn_mask of another shape, or is_causal without one.

    Source: Vaswani et al. (2017), Attention Is All You Need, section 3.2.2.
    """
    _check_dims(query, key, value, key_padding_mask, attn_mask, num_heads)
    batched = query.dim() == 3
    if not batched:
        query, key, value = (t.unsqueeze(1) for t in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight, is_causal, attn_mask)
    L, N, E = query.shape
    head_dim = E // num_heads
    key_padding_mask = _additive(key_padding_mask, "key_padding_mask", query.dtype, attn_mask)
    is_causal = is_causal and key_padding_mask is None and not need_weights
    attn_mask = None if is_causal else _additive(attn_mask, "attn_mask", query.dtype)
    added = _added_of(attn_mask, key_padding_mask, L, key.shape[0], N, num_heads)

    if use_separate_proj_weight:
        queries, keys, values = _project_separately(query, key, value, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias)
    else:
        queries, keys, values = _project(query, key, value, in_proj_weight, in_proj_bias)
    q = _heads_of(queries, N, num_heads, head_dim)
    k = _heads_of(keys, N, num_heads, head_dim) if static_k is None else _given(static_k, q, "static_k")
    v = _heads_of(values, N, num_heads, head_dim) if static_v is None else _given(static_v, q, "static_v")
    _check_padding(key_padding_mask, k)
    if bias_k is not None or bias_v is not None:
        _check_bias(bias_k, bias_v, static_k, static_v)
        k, v, added = _one_more_key(k, v, added, bias_k.expand(1, N, E), bias_v.expand(1, N, E))
    if add_zero_attn:
        k, v, added = _one_more_key(k, v, added, k.new_zeros((1, N, E)), v.new_zeros((1, N, E)))
    dropout_p = dropout_p if training else 0.0

    weights = None
    if need_weights:
        heads, weights = _attend(q, k, v, added, dropout_p)
        weights = weights.mean(dim=1) if average_attn_weights else weights
    else:
        heads = scaled_dot_product_attention(q, k, v, added, dropout_p, is_causal)
    joined = heads.permute(2, 0, 1, 3).reshape(L, N, E)   # heads beside each other again
    out = F.linear(joined, out_proj_weight, out_proj_bias)
    if not batched:
        out, weights = out.squeeze(1), None if weights is None else weights.squeeze(0)
    return out, weights


def _project(query, key, value, weight, bias):
    """Query, key and value times their third of one weight; in one product where they are the same tensor."""
    assert weight is not None, "in_proj_weight is None: give it, or use_separate_proj_weight with its three weights"
    if query is key and key is value:
        return F.linear(query, weight, bias).chunk(3, dim=-1)
    w_q, w_k, w_v = weight.chunk(3)
    b_q, b_k, b_v = (None, None, None) if bias is None else bias.chunk(3)
    if key is value:
        w_kv, b_kv = weight[len(w_q):], None if bias is None else bias[len(w_q):]
        return F.linear(query, w_q, b_q), *F.linear(key, w_kv, b_kv).chunk(2, dim=-1)
    return F.linear(query, w_q, b_q), F.linear(key, w_k, b_k), F.linear(value, w_v, b_v)


def _heads_of(features, N, num_heads, head_dim):
    """Features (L, N, E) as (N, H, L, E/H): head h has the features from h · E/H on."""
    parted = features.reshape(len(features), N, num_heads, head_dim)
    return parted.permute(1, 2, 0, 3)


def _attend(q, k, v, added, dropout_p):
    """Attention that returns its weights, after dropout, as well; a query that may look nowhere gets nan, as in torch."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if added is not None:
        scores = scores + added
    weights = F.softmax(scores, dim=-1)
    if dropout_p > 0:
        weights = F.dropout(weights, dropout_p)
    heads = weights @ v
    return heads, weights


def _one_more_key(k, v, added, key, value):
    """One more key and value (1, N, E) behind the others, which every query may look at."""
    N, num_heads, _, head_dim = k.shape
    k = cat([k, _heads_of(key, N, num_heads, head_dim)], dim=2)
    v = cat([v, _heads_of(value, N, num_heads, head_dim)], dim=2)
    added = None if added is None else cat([added, added.new_zeros((*added.shape[:-1], 1))], dim=-1)
    return k, v, added


def _project_separately(query, key, value, w_q, w_k, w_v, bias):
    """Query, key and value times weights of their own, with their third of one bias."""
    for name, w, x in (("q_proj_weight", w_q, query), ("k_proj_weight", w_k, key), ("v_proj_weight", w_v, value)):
        assert w is not None, f"use_separate_proj_weight is True but {name} is None"
        expected = (query.shape[-1], x.shape[-1])
        assert tuple(w.shape) == expected, f"expecting {name} of shape {expected}, but got {tuple(w.shape)}"
    b_q, b_k, b_v = (None, None, None) if bias is None else bias.chunk(3)
    return F.linear(query, w_q, b_q), F.linear(key, w_k, b_k), F.linear(value, w_v, b_v)


def _given(static, q, name):
    """Keys or values given as (N·H, S, E/H), in place of the projected ones, as (N, H, S, E/H)."""
    N, heads, _, width = q.shape
    assert len(static) == N * heads and static.shape[2] == width, (
        f"expecting {name} of shape ({N * heads}, S, {width}), but got {tuple(static.shape)}")
    return static.reshape(N, heads, static.shape[1], width)


def _additive(mask, name, dtype, other=None):
    """A mask as numbers to add to the scores: booleans become -inf where True."""
    if mask is None:
        return None
    _check_kind(mask, name, other)
    if mask.dtype != dtypes.bool:
        return mask
    return mask.new_zeros(mask.shape, dtype=dtype).masked_fill(mask, -math.inf)


def _added_of(attn_mask, key_padding_mask, L, S, N, num_heads):
    """What both masks add, which broadcasts to the scores (N, H, L, S); None without any."""
    if attn_mask is not None:
        _check_shape(attn_mask, (L, S) if attn_mask.dim() == 2 else (N * num_heads, L, S))
        attn_mask = attn_mask if attn_mask.dim() == 2 else attn_mask.reshape(N, num_heads, L, S)
    padding = None if key_padding_mask is None else key_padding_mask[:, None, None, :]
    return padding if attn_mask is None else attn_mask if padding is None else attn_mask + padding


# ---- what is asked of the arguments ----------------------------------------------------------------------------------


def _check_dims(query, key, value, key_padding_mask, attn_mask, num_heads):
    """Every argument has the number of dimensions that goes with the query's, three with a batch and two without."""
    dims = query.dim()
    assert dims in (2, 3), f"query should be unbatched 2D or batched 3D tensor but received {dims}-D query tensor"
    kind = "batched (3-D)" if dims == 3 else "unbatched (2-D)"
    assert key.dim() == value.dim() == dims, (
        f"For {kind} query, expected key and value to be {dims}-D but found {key.dim()}-D and {value.dim()}-D tensors respectively")
    if key_padding_mask is not None:
        assert key_padding_mask.dim() == dims - 1, (
            f"For {kind} query, expected key_padding_mask to be None or {dims - 1}-D but found {key_padding_mask.dim()}-D tensor instead")
    if attn_mask is not None:
        assert attn_mask.dim() in (2, 3), (
            f"For {kind} query, expected attn_mask to be None, 2-D or 3-D but found {attn_mask.dim()}-D tensor instead")
        if dims == 2 and attn_mask.dim() == 3:
            expected = (num_heads, query.shape[0], key.shape[0])
            assert tuple(attn_mask.shape) == expected, f"Expected attn_mask shape to be {expected} but got {tuple(attn_mask.shape)}"


def _check_sizes(query, key, value, embed_dim, num_heads, apart, is_causal, attn_mask):
    """Keys and values fit each other, and the heads the features; the hint of causality comes with its mask."""
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint: pass the causal mask too")
    E = query.shape[-1]
    assert E == embed_dim, f"was expecting embedding dimension of {embed_dim}, but got {E}"
    assert E % num_heads == 0, f"embed_dim {E} not divisible by num_heads {num_heads}"
    fit = key.shape[:2] == value.shape[:2] if apart else key.shape == value.shape
    assert fit, f"key shape {key.shape} does not match value shape {value.shape}"


def _check_padding(key_padding_mask, k):
    """The mask of keys is as long as the keys."""
    N, _, S, _ = k.shape
    assert key_padding_mask is None or tuple(key_padding_mask.shape) == (N, S), (
        f"expecting key_padding_mask of shape {(N, S)} (batch, keys), but got {tuple(key_padding_mask.shape)}")


def _check_bias(bias_k, bias_v, static_k, static_v):
    """One more key goes with one more value, and neither with given ones."""
    assert bias_k is not None and bias_v is not None, "bias_k and bias_v are given together or not at all"
    assert static_k is None and static_v is None, "bias_k and bias_v cannot be added to static_k and static_v"


def _check_kind(mask, name, other):
    """A mask is of booleans or floats; two masks should be of one kind."""
    known = mask.dtype == dtypes.bool or mask.dtype.is_floating_point
    assert known, f"only bool and floating types of {name} are supported, got {mask.dtype}"
    if other is not None and other.dtype != mask.dtype:
        warnings.warn(f"Support for mismatched {name} and attn_mask is deprecated. Use same type for both instead.", stacklevel=5)


def _check_shape(attn_mask, expected):
    """A mask of queries and keys is for all heads, or for each head of each sequence."""
    if tuple(attn_mask.shape) != expected:
        raise RuntimeError(f"The shape of the {attn_mask.dim()}D attn_mask is {tuple(attn_mask.shape)}, but should be {expected}.")
