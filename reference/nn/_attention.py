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
    heads, width = num_heads, E // num_heads
    key_padding_mask = _additive(key_padding_mask, query.dtype)
    is_causal = is_causal and key_padding_mask is None and not need_weights
    attn_mask = None if is_causal else _additive(attn_mask, query.dtype)
    mask = _mask_of(attn_mask, key_padding_mask, L, key.shape[0], N, heads)

    if use_separate_proj_weight:
        q, k, v = _project_separately(query, key, value, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias)
    else:
        q, k, v = _project(query, key, value, in_proj_weight, in_proj_bias)
    q = _heads_of(q, N, heads, width)
    k = _heads_of(k, N, heads, width) if static_k is None else static_k.reshape(N, heads, -1, width)
    v = _heads_of(v, N, heads, width) if static_v is None else static_v.reshape(N, heads, -1, width)
    if bias_k is not None:
        k, v, mask = _one_more_key(k, v, mask, bias_k.expand(1, N, E), bias_v.expand(1, N, E))
    if add_zero_attn:
        k, v, mask = _one_more_key(k, v, mask, k.new_zeros((1, N, E)), v.new_zeros((1, N, E)))
    dropout_p = dropout_p if training else 0.0

    weights = None
    if need_weights:
        y, weights = _attend(q, k, v, mask, dropout_p)
        weights = weights.mean(dim=1) if average_attn_weights else weights
    else:
        y = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
    joined = y.permute(2, 0, 1, 3).reshape(L, N, E)   # heads beside each other again
    out = joined @ out_proj_weight.T + (0 if out_proj_bias is None else out_proj_bias)
    if not batched:
        out, weights = out.squeeze(1), None if weights is None else weights.squeeze(0)
    return out, weights


def _project(query, key, value, weight, bias):
    """Query, key and value times their third of one weight."""
    w_q, w_k, w_v = weight.chunk(3)
    b_q, b_k, b_v = (0, 0, 0) if bias is None else bias.chunk(3)
    return query @ w_q.T + b_q, key @ w_k.T + b_k, value @ w_v.T + b_v


def _heads_of(t, N, heads, width):
    """Features (L, N, E) as (N, H, L, E/H): head h has the features from h · E/H on."""
    parted = t.reshape(len(t), N, heads, width)
    return parted.permute(1, 2, 0, 3)


def _attend(q, k, v, mask, dropout_p):
    """Attention that returns its weights, after dropout, as well."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if mask is not None:
        scores = scores + mask
    weights = torch.softmax(scores, dim=-1)
    if dropout_p > 0:
        weights = F.dropout(weights, dropout_p)
    y = weights @ v
    return y, weights


def _one_more_key(k, v, mask, key, value):
    """One more key and value (1, N, E) behind the others, which every query may look at."""
    N, heads, _, width = k.shape
    k = torch.cat([k, _heads_of(key, N, heads, width)], dim=2)
    v = torch.cat([v, _heads_of(value, N, heads, width)], dim=2)
    mask = None if mask is None else torch.cat([mask, mask.new_zeros((*mask.shape[:-1], 1))], dim=-1)
    return k, v, mask


def _project_separately(query, key, value, w_q, w_k, w_v, bias):
    """Query, key and value times weights of their own, with their third of one bias."""
    b_q, b_k, b_v = (0, 0, 0) if bias is None else bias.chunk(3)
    return query @ w_q.T + b_q, key @ w_k.T + b_k, value @ w_v.T + b_v


def _additive(mask, dtype):
    """A mask as numbers to add to the scores: booleans become -inf where True."""
    if mask is None:
        return None
    if mask.dtype != torch.bool:
        return mask
    return mask.new_zeros(mask.shape, dtype=dtype).masked_fill(mask, -math.inf)


def _mask_of(attn_mask, key_padding_mask, L, S, N, heads):
    """Both masks added, so that the sum broadcasts to the scores (N, H, L, S); None without any."""
    if attn_mask is not None:
        attn_mask = attn_mask if attn_mask.dim() == 2 else attn_mask.reshape(N, heads, L, S)
    padding = None if key_padding_mask is None else key_padding_mask[:, None, None, :]
    return padding if attn_mask is None else attn_mask if padding is None else attn_mask + padding
