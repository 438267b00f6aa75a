"""MultiheadAttention (torch has it in `nn.modules.activation`, which offers it here too).

Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.MultiheadAttention.html
"""
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.linear import Linear
from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.ops.creation import empty


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear layer under the name that PyTorch prints for the output projection."""


class MultiheadAttention(Module):
    """Attention in several heads, each of which looks with its own projections of query, key and value.

        head_h = softmax(q_h k_hᵀ / √(E/H) + mask) v_h,   y = [head_1 … head_H] W_oᵀ + b_o

    Args:
        embed_dim: features E of query and output.
        num_heads: heads H, a divisor of E.
        dropout: the probability with which an attention weight becomes zero in training.
        bias: whether the projections have biases.
        add_bias_kv: one more, learned, key and value for every sequence.
        add_zero_attn: one more key and value of zeros.
        kdim, vdim: features of key and value; E if None.
        batch_first: query, key, value and output are (N, L, E), not (L, N, E).

    Shape:
        - query (L, N, E), key (S, N, kdim), value (S, N, vdim), or with N first, or without N.
        - output as query; weights (N, L, S), or (N, H, L, S) if not averaged.

    Example:
        >>> import minitorch as torch
        >>> attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)
        >>> x = torch.randn(3, 5, 8)
        >>> y, weights = attention(x, x, x)
        >>> y.shape, weights.shape
        (torch.Size([3, 5, 8]), torch.Size([3, 5, 5]))

    Source: Vaswani et al. (2017), Attention Is All You Need, section 3.2.2.
    """

    def __init__(self, embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None,
                 batch_first=False, device=None, dtype=None):
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} instead")
        super().__init__()
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.head_dim = embed_dim // num_heads
        assert self.head_dim * num_heads == embed_dim, f"embed_dim must be divisible by num_heads, got {embed_dim} and {num_heads}"
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
            self.register_parameter(name, None if shape is None else Parameter(empty(*shape, device=device, dtype=dtype)))
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self._reset_parameters()

    def _reset_parameters(self):
        if self._qkv_same_embed_dim:
            init.xavier_uniform_(self.in_proj_weight)
        else:
            init.xavier_uniform_(self.q_proj_weight)
            init.xavier_uniform_(self.k_proj_weight)
            init.xavier_uniform_(self.v_proj_weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        if self.bias_k is not None:
            init.xavier_normal_(self.bias_k)
            init.xavier_normal_(self.bias_v)

    def forward(self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True,
                is_causal=False):
        """The output, and the attention weights or None.

        Args:
            key_padding_mask: (N, S), or (S) without a batch: True (or -inf) at keys that nobody may look at.
            need_weights: whether to return the weights; without them the work is less.
            attn_mask: (L, S) or (N·H, L, S): True (or -inf) where a query may *not* look.
            average_attn_weights: the mean of the weights over the heads.
            is_causal: a hint that attn_mask, which must be given, hides what comes later.
        """
        swap = self.batch_first and query.dim() == 3
        if swap:                                      # (N, L, E) -> (L, N, E); one tensor stays one: one projection serves
            first = {id(t): t for t in (query, key, value)}
            swapped = {k: t.transpose(0, 1) if t.dim() == 3 else t for k, t in first.items()}
            query, key, value = (swapped[id(t)] for t in (query, key, value))
        y, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v,
            self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, training=self.training,
            key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim, q_proj_weight=self.q_proj_weight, k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight, average_attn_weights=average_attn_weights, is_causal=is_causal)
        return (y.transpose(0, 1) if swap else y), weights
