"""The attention section of torch.nn.functional in plain PyTorch, on the reference's kernel."""
import math

import torch
from torch.nn import functional as F

import reference.kernels.attention as kernel


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """softmax(scale · query keyᵀ + mask) value; masks and groups of heads as in torch."""
    if enable_gqa:
        key, value = (t.repeat_interleave(query.shape[-3] // t.shape[-3], dim=-3) for t in (key, value))
    shape = *torch.broadcast_shapes(query.shape[:-2], key.shape[:-2]), query.shape[-2], key.shape[-2]
    batch = torch.broadcast_shapes(shape[:-2], value.shape[:-2])
    query, key, value = (t.expand(*batch, *t.shape[-2:]) for t in (query, key, value))
    dropout_mask = F.dropout(query.new_ones(shape), dropout_p) if dropout_p > 0 else None
    y, *_ = kernel.scaled_dot_product_attention(query, key, value, attn_mask, dropout_mask, is_causal=is_causal, scale=scale)
    return y


def multi_head_attention_forward(query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v,
                                 add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None,
                                 need_weights=True, attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None,
                                 k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None, average_attn_weights=True,
                                 is_causal=False):
    """Attention in several heads, each on its own projections of query, key and value; y, and the weights or None."""
    batched = query.dim() == 3
    if not batched:
        query, key, value = (t.unsqueeze(1) for t in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    L, N, E = query.shape
    head_dim = E // num_heads
    key_padding_mask = _additive(key_padding_mask, query.dtype)
    is_causal = is_causal and key_padding_mask is None and not need_weights
    attn_mask = None if is_causal else _additive(attn_mask, query.dtype)
    added = _added_of(attn_mask, key_padding_mask, L, key.shape[0], N, num_heads)

    if use_separate_proj_weight:
        queries, keys, values = _project_separately(query, key, value, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias)
    else:
        queries, keys, values = _project(query, key, value, in_proj_weight, in_proj_bias)
    q = _heads_of(queries, N, num_heads, head_dim)
    k = _heads_of(keys, N, num_heads, head_dim) if static_k is None else static_k.reshape(N, num_heads, -1, head_dim)
    v = _heads_of(values, N, num_heads, head_dim) if static_v is None else static_v.reshape(N, num_heads, -1, head_dim)
    if bias_k is not None:
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
    out = _linear(joined, out_proj_weight, out_proj_bias)
    if not batched:
        out, weights = out.squeeze(1), None if weights is None else weights.squeeze(0)
    return out, weights


def _project(query, key, value, weight, bias):
    """Query, key and value times their third of one weight; in one product where they are the same tensor."""
    if query is key and key is value:
        return _linear(query, weight, bias).chunk(3, dim=-1)
    w_q, w_k, w_v = weight.chunk(3)
    b_q, b_k, b_v = (None, None, None) if bias is None else bias.chunk(3)
    if key is value:
        w_kv, b_kv = weight[len(w_q):], None if bias is None else bias[len(w_q):]
        return _linear(query, w_q, b_q), *_linear(key, w_kv, b_kv).chunk(2, dim=-1)
    return _linear(query, w_q, b_q), _linear(key, w_k, b_k), _linear(value, w_v, b_v)


def _linear(x, weight, bias):
    return x @ weight.T if bias is None else x @ weight.T + bias


def _heads_of(features, N, num_heads, head_dim):
    """Features (L, N, E) as (N, H, L, E/H): head h has the features from h · E/H on."""
    parted = features.reshape(len(features), N, num_heads, head_dim)
    return parted.permute(1, 2, 0, 3)


def _attend(q, k, v, added, dropout_p):
    """Attention that returns its weights, after dropout, as well."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if added is not None:
        scores = scores + added
    weights = torch.softmax(scores, dim=-1)
    if dropout_p > 0:
        weights = F.dropout(weights, dropout_p)
    heads = weights @ v
    return heads, weights


def _one_more_key(k, v, added, key, value):
    """One more key and value (1, N, E) behind the others, which every query may look at."""
    N, num_heads, _, head_dim = k.shape
    k = torch.cat([k, _heads_of(key, N, num_heads, head_dim)], dim=2)
    v = torch.cat([v, _heads_of(value, N, num_heads, head_dim)], dim=2)
    added = None if added is None else torch.cat([added, added.new_zeros((*added.shape[:-1], 1))], dim=-1)
    return k, v, added


def _project_separately(query, key, value, w_q, w_k, w_v, bias):
    """Query, key and value times weights of their own, with their third of one bias."""
    b_q, b_k, b_v = (None, None, None) if bias is None else bias.chunk(3)
    return _linear(query, w_q, b_q), _linear(key, w_k, b_k), _linear(value, w_v, b_v)


def _additive(mask, dtype):
    """A mask as numbers to add to the scores: booleans become -inf where True."""
    if mask is None:
        return None
    if mask.dtype != torch.bool:
        return mask
    return mask.new_zeros(mask.shape, dtype=dtype).masked_fill(mask, -math.inf)


def _added_of(attn_mask, key_padding_mask, L, S, N, num_heads):
    """What both masks add, which broadcasts to the scores (N, H, L, S); None without any."""
    if attn_mask is not None:
        attn_mask = attn_mask if attn_mask.dim() == 2 else attn_mask.reshape(N, num_heads, L, S)
    padding = None if key_padding_mask is None else key_padding_mask[:, None, None, :]
    return padding if attn_mask is None else attn_mask if padding is None else attn_mask + padding
