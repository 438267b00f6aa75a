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

    w_q, w_k, w_v = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight.chunk(3)
    b_q, b_k, b_v = (None, None, None) if in_proj_bias is None else in_proj_bias.chunk(3)
    q, k, v = F.linear(query, w_q, b_q), F.linear(key, w_k, b_k), F.linear(value, w_v, b_v)
    attn_mask = _mask_by_head(attn_mask, L, key.shape[0], N, heads)       # broadcasts to (N, H, L, S)
    padding = None if key_padding_mask is None else key_padding_mask[:, None, None, :]
    more = 0                                          # keys beyond those given
    if bias_k is not None:
        k, v = torch.cat([k, bias_k.expand(1, N, E)]), torch.cat([v, bias_v.expand(1, N, E)])
        more += 1

    q, k, v = (t.reshape(len(t), N, heads, width).permute(1, 2, 0, 3) for t in (q, k, v))        # (N, H, L or S, E/H)
    k = k if static_k is None else static_k.reshape(N, heads, -1, width)
    v = v if static_v is None else static_v.reshape(N, heads, -1, width)
    if add_zero_attn:
        k, v = (torch.cat([t, t.new_zeros((N, heads, 1, width))], dim=2) for t in (k, v))
        more += 1
    if more and attn_mask is not None:
        attn_mask = torch.cat([attn_mask, attn_mask.new_zeros((*attn_mask.shape[:-1], more))], dim=-1)
    if more and padding is not None:
        padding = torch.cat([padding, padding.new_zeros((N, 1, 1, more))], dim=-1)
    mask = padding if attn_mask is None else attn_mask if padding is None else attn_mask + padding
    dropout_p = dropout_p if training else 0.0

    weights = None
    if need_weights:
        y, weights = _attend(q, k, v, mask, dropout_p)
        weights = weights.mean(dim=1) if average_attn_weights else weights
        weights = weights if batched else weights.squeeze(0)
    else:
        y = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
    y = y.permute(2, 0, 1, 3).reshape(L, N, E)        # heads beside each other again
    y = F.linear(y, out_proj_weight, out_proj_bias)
    return (y if batched else y.squeeze(1)), weights


def _attend(q, k, v, mask, dropout_p):
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if mask is not None:
        scores = scores + mask
    weights = F.softmax(scores, dim=-1)
    if dropout_p > 0:
        weights = F.dropout(weights, dropout_p)
    return weights @ v, weights


def _additive(mask, dtype):
    """A mask as numbers to add to the scores: booleans become -inf where True."""
    if mask is None or mask.dtype != torch.bool:
        return mask
    return mask.new_zeros(mask.shape, dtype=dtype).masked_fill(mask, -math.inf)


def _mask_by_head(attn_mask, L, S, N, heads):
    """The mask (L, S) as it is, or (N·H, L, S) as (N, H, L, S)."""
    return attn_mask if attn_mask is None or attn_mask.dim() == 2 else attn_mask.reshape(N, heads, L, S)
