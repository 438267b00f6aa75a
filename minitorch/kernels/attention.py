"""Scaled dot-product attention: each query takes a mean of the values, weighted by how well its key fits.

    y = softmax(s q kᵀ + mask) v,   s = 1/√E unless given

Source: Vaswani et al. (2017), Attention Is All You Need, eq. 1.
"""
import math

from minitorch import dtypes
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module
from minitorch.kernels.blocks import wide
from minitorch.ops.reduction import sum_to
from minitorch.tensor import wrap


def bias_of(attn_mask, is_causal, scores):
    """What is added to the scores (…, L, S): 0 where a query may look, -inf where not, and a floating mask as it is; None for nothing."""
    xp = array_module(scores)
    if is_causal:
        causal = xp.tri(*scores.shape[-2:], dtype=bool)      # query i looks at the keys 0 … i
        if attn_mask is None:
            attn_mask = causal
        elif attn_mask.dtype == bool:
            attn_mask = attn_mask & causal
        else:
            attn_mask = xp.where(causal, attn_mask, -xp.inf)
    if attn_mask is not None and attn_mask.dtype == bool:
        attn_mask = xp.where(attn_mask, 0.0, -xp.inf)
    return attn_mask if attn_mask is None else attn_mask.astype(scores.dtype, copy=False)


def least(array):
    """The least finite number of a floating array's dtype."""
    return float(array_module(array).finfo(array.dtype).min)


def softmax_parts(scores):
    """exp(scores - their row's maximum), in the memory of the scores, and its row sums.

    A row without any key, all -inf, gets zeros and the sum 1: its maximum counts as the least finite number. Any other sum is at least
    1, for the maximum itself gives exp(0).
    """
    xp = array_module(scores)
    if scores.shape[-1] == 0:
        return scores, xp.ones((*scores.shape[:-1], 1), scores.dtype)
    top = xp.maximum(scores.max(axis=-1, keepdims=True), least(scores))
    shifted = xp.subtract(scores, top, out=scores)
    exps = xp.exp(shifted, out=shifted)
    total = xp.maximum(exps @ xp.ones((scores.shape[-1], 1), scores.dtype), 1)
    return exps, total


@differentiable(outputs="y", saves="exps total", name="ScaledDotProductFlashAttentionForCpuBackward0")
def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_mask=None, *, is_causal=False, scale=None):
    """y (…, L, Ev) of query (…, L, E), key (…, S, E), value (…, S, Ev), equal in their leading dimensions.

    Args:
        attn_mask: broadcasts to (…, L, S): booleans, True where a query may look, or floats to add to the scores.
        dropout_mask: (…, L, S), what the weights are multiplied with: 0 or 1/(1-p).
        is_causal: query i sees the keys 0 … i only.
        scale: of the scores, 1/√E if None.
    """
    xp = array_module(query)
    q, k, v = wide(query), wide(key), wide(value)
    scale = max(query.shape[-1], 1) ** -0.5 if scale is None else scale
    scores = (q * scale) @ k.swapaxes(-1, -2)
    bias = bias_of(attn_mask, is_causal, scores)
    if bias is not None:
        scores += bias
    exps, total = softmax_parts(scores)
    kept = exps if dropout_mask is None else exps * dropout_mask
    sums = kept @ v
    out = xp.empty_like(query) if sums.shape == query.shape else xp.empty(sums.shape, query.dtype)    # in the query's layout, as torch
    y = xp.divide(sums, total, out=out, casting="same_kind")
    return y, exps, total


# With weights w = exps / total, kept after dropout as m w:  y = (m w) v,  so  dv = (m w)ᵀ dy  and  dw = m (dy vᵀ).
# Softmax: ds = w (dw - Σ_j w_j dw_j). That sum is y · dy too, but not to the last bit: where one key has all the weight, the sum over keys
# is dw of that key and ds is exactly 0, and y · dy leaves the rounding of dw, times a query as large as it likes.
# The division by total is made once in dy, which is (L, Ev), and not in w, which is (L, S).
@scaled_dot_product_attention.derivative("query", "key", "value", "attn_mask")
def scaled_dot_product_attention_backward(grad, query, key, value, attn_mask_shape, dropout_mask, exps, total, needs, scale):
    xp = array_module(query)
    q, k, v = wide(query), wide(key), wide(value)
    scale = max(query.shape[-1], 1) ** -0.5 if scale is None else scale
    grad_sums = wide(grad) / total
    kept = exps if dropout_mask is None else exps * dropout_mask
    grad_value = kept.swapaxes(-1, -2) @ grad_sums if needs[2] else None
    grad_scores = grad_sums @ v.swapaxes(-1, -2)
    if dropout_mask is not None:
        grad_scores *= dropout_mask
    along = xp.einsum("...j,...j->...", exps, grad_scores)[..., None] / total
    grad_scores -= along
    grad_scores *= exps
    grad_query = (grad_scores @ k) * scale if needs[0] else None
    grad_key = (grad_scores.swapaxes(-1, -2) @ q) * scale if needs[1] else None
    grad_attn_mask = sum_to(grad_scores, shape=attn_mask_shape) if needs[3] else None
    return grad_query, grad_key, grad_value, grad_attn_mask


@scaled_dot_product_attention.definition
def _(query, key, value, attn_mask=None, dropout_mask=None, *, is_causal=False, scale=None):
    scale = max(query.shape[-1], 1) ** -0.5 if scale is None else scale
    scores = (query * scale) @ key.transpose(-1, -2)
    if is_causal:
        causal = wrap(array_module(query._array).tri(*scores.shape[-2:], dtype=bool))
        scores = scores.masked_fill(~causal, -math.inf)
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == dtypes.bool else scores + attn_mask
    if scores.shape[-1] == 0:
        return scores @ value
    top = scores.detach().amax(dim=-1, keepdim=True).clamp(min=least(scores._array))
    exps = (scores - top).exp()
    total = exps.sum(dim=-1, keepdim=True).clamp(min=1)
    kept = exps if dropout_mask is None else exps * dropout_mask
    sums = kept @ value
    return sums / total
