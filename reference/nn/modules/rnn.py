"""The LSTM layer in plain PyTorch, on the reference's kernel."""
import math

import torch
from torch import nn

from reference.kernels.recurrent import lstm


class LSTM(nn.Module):
    """Long short-term memory; parameters and arguments as torch.nn.LSTM's."""

    def __init__(self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False, proj_size=0,
                 device=None, dtype=None):
        super().__init__()
        self.hidden_size, self.num_layers, self.bias, self.batch_first = hidden_size, num_layers, bias, batch_first
        self.dropout, self.bidirectional, self.proj_size = dropout, bidirectional, proj_size
        self._all_weights = []
        state = proj_size or hidden_size
        for layer in range(num_layers):
            size = input_size if layer == 0 else state * self._directions()
            for direction in ("", "_reverse")[:self._directions()]:
                shapes = {"weight_ih": (4 * hidden_size, size), "weight_hh": (4 * hidden_size, state)}
                if bias:
                    shapes.update(bias_ih=(4 * hidden_size,), bias_hh=(4 * hidden_size,))
                if proj_size:
                    shapes.update(weight_hr=(proj_size, hidden_size))
                for name, shape in shapes.items():
                    self.register_parameter(f"{name}_l{layer}{direction}", nn.Parameter(torch.empty(shape, device=device, dtype=dtype)))
                self._all_weights.append([f"{name}_l{layer}{direction}" for name in shapes])
        self.reset_parameters()

    def _directions(self):
        return 2 if self.bidirectional else 1

    def reset_parameters(self):
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            nn.init.uniform_(weight, -bound, bound)

    @property
    def all_weights(self):
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def forward(self, input, hx=None):
        batched = input.dim() == 3
        batch_dim = 0 if self.batch_first else 1
        if not batched:
            input = input.unsqueeze(batch_dim)
            hx = None if hx is None else (hx[0].unsqueeze(1), hx[1].unsqueeze(1))
        batch, layers = input.shape[batch_dim], self.num_layers * self._directions()
        if hx is None:
            sizes = self.proj_size or self.hidden_size, self.hidden_size
            hx = tuple(input.new_zeros(layers, batch, size) for size in sizes)

        x = input.transpose(0, 1) if self.batch_first else input          # (T, B, I)
        y, h_n, c_n = self._run(x, *hx)
        if self.batch_first:
            y = y.transpose(0, 1)
        if not batched:
            y, h_n, c_n = y.squeeze(batch_dim), h_n.squeeze(1), c_n.squeeze(1)
        return y, (h_n, c_n)

    def _run(self, x, h_0, c_0):
        h_n, c_n = [], []
        weights, states = iter(self.all_weights), zip(h_0, c_0)
        for layer in range(self.num_layers):
            ys = []
            for reverse in (False, True)[:self._directions()]:
                w_ih, w_hh, *rest = next(weights)
                b_ih, b_hh = rest[:2] if self.bias else (None, None)
                w_hr = rest[-1] if self.proj_size else None
                y, h, c, *_ = lstm(x, *next(states), w_ih, w_hh, b_ih, b_hh, w_hr, reverse=reverse)
                ys.append(y)
                h_n.append(h)
                c_n.append(c)
            x = torch.cat(ys, dim=-1) if self.bidirectional else y
            if self.dropout and layer < self.num_layers - 1:
                x = nn.functional.dropout(x, self.dropout, self.training)
        return x, torch.stack(h_n), torch.stack(c_n)
