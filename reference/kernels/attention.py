"""Scaled dot-product attention in plain PyTorch, and its backward derived by hand."""
import math

import torch


def bias_of(attn_mask, is_causal, scores):
    """What is added to the scores (…, L, S): 0 where a query may look, -inf where not, and a floating mask as it is; None for nothing."""
    if is_causal:
        causal = scores.new_ones(scores.shape[-2:], dtype=torch.bool).tril()  # query i looks at the keys 0 … i
        if attn_mask is None:
            attn_mask = causal
        elif attn_mask.dtype == torch.bool:
            attn_mask = attn_mask & causal
        else:
            attn_mask = attn_mask.masked_fill(~causal, -math.inf)
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        attn_mask = scores.new_zeros(attn_mask.shape).masked_fill(~attn_mask, -math.inf)
    return attn_mask if attn_mask is None else attn_mask.to(scores.dtype)


def softmax_parts(scores):
    """exp(scores - their row's maximum) and its row sums; a row without any key, all -inf, gets zeros and the sum 1."""
    if scores.shape[-1] == 0:
        return scores, torch.ones_like(scores.sum(-1, keepdim=True))
    top = scores.amax(dim=-1, keepdim=True).clamp(min=torch.finfo(scores.dtype).min)
    shifted = scores - top
    exps = torch.exp(shifted)
    total = exps.sum(dim=-1, keepdim=True).clamp(min=1)
    return exps, total


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_mask=None, *, is_causal=False, scale=None):
    """y (…, L, Ev) of query (…, L, E), key (…, S, E), value (…, S, Ev); exps and total (…, L, S) and (…, L, 1) are for the backward."""
    scale = max(query.shape[-1], 1) ** -0.5 if scale is None else scale
    scores = (query * scale) @ key.transpose(-1, -2)
    bias = bias_of(attn_mask, is_causal, scores)
    if bias is not None:
        scores = scores + bias
    exps, total = softmax_parts(scores)
    kept = exps if dropout_mask is None else exps * dropout_mask
    sums = kept @ value
    y = sums / total
    return y, exps, total


def scaled_dot_product_attention_backward(grad, query, key, value, attn_mask_shape, dropout_mask, exps, total, *, scale=None):
    """Gradients of query, key, value and a floating mask."""
    scale = max(query.shape[-1], 1) ** -0.5 if scale is None else scale
    grad_sums = grad / total
    kept = exps if dropout_mask is None else exps * dropout_mask
    grad_value = kept.transpose(-1, -2) @ grad_sums
    grad_scores = grad_sums @ value.transpose(-1, -2)
    if dropout_mask is not None:
        grad_scores = grad_scores * dropout_mask
    along = (exps * grad_scores).sum(dim=-1, keepdim=True) / total
    grad_scores = grad_scores - along
    grad_scores = grad_scores * exps
    grad_query = (grad_scores @ key) * scale
    grad_key = (grad_scores.transpose(-1, -2) @ query) * scale
    grad_attn_mask = None if attn_mask_shape is None else grad_scores.sum_to_size(attn_mask_shape)
    return grad_query, grad_key, grad_value, grad_attn_mask
