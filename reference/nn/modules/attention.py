"""The multi-head attention layer in plain PyTorch."""
import torch
from torch import nn

from reference.nn._attention import multi_head_attention_forward


class MultiheadAttention(nn.Module):
    """Attention in several heads; parameters and arguments as torch.nn.MultiheadAttention's."""

    def __init__(self, embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None,
                 batch_first=False, device=None, dtype=None):
        super().__init__()
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.add_zero_attn = add_zero_attn

        same = self._qkv_same_embed_dim
        shapes = {"in_proj_weight": (3 * embed_dim, embed_dim) if same else None,
                  "q_proj_weight": None if same else (embed_dim, embed_dim),
                  "k_proj_weight": None if same else (embed_dim, self.kdim),
                  "v_proj_weight": None if same else (embed_dim, self.vdim),
                  "in_proj_bias": (3 * embed_dim,) if bias else None,
                  "bias_k": (1, 1, embed_dim) if add_bias_kv else None,
                  "bias_v": (1, 1, embed_dim) if add_bias_kv else None}
        for name, shape in shapes.items():
            self.register_parameter(name, None if shape is None else nn.Parameter(torch.empty(*shape, device=device, dtype=dtype)))
        self.out_proj = nn.Linear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self._reset_parameters()

    def _reset_parameters(self):
        if self._qkv_same_embed_dim:
            nn.init.xavier_uniform_(self.in_proj_weight)
        else:
            nn.init.xavier_uniform_(self.q_proj_weight)
            nn.init.xavier_uniform_(self.k_proj_weight)
            nn.init.xavier_uniform_(self.v_proj_weight)
        if self.in_proj_bias is not None:
            nn.init.zeros_(self.in_proj_bias)
            nn.init.zeros_(self.out_proj.bias)
        if self.bias_k is not None:
            nn.init.xavier_normal_(self.bias_k)
            nn.init.xavier_normal_(self.bias_v)

    def forward(self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True,
                is_causal=False):
        swap = self.batch_first and query.dim() == 3
        if swap:                                      # (N, L, E) -> (L, N, E); one tensor stays one: one projection serves
            first = {id(t): t for t in (query, key, value)}
            swapped = {k: t.transpose(0, 1) for k, t in first.items()}
            query, key, value = (swapped[id(t)] for t in (query, key, value))
        y, weights = multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v,
            self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, training=self.training,
            key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim, q_proj_weight=self.q_proj_weight, k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight, average_attn_weights=average_attn_weights, is_causal=is_causal)
        return (y.transpose(0, 1) if swap else y), weights
