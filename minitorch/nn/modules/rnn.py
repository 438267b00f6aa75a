"""Recurrent layers: LSTM.

Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.LSTM.html
"""
import math
import warnings

from minitorch.kernels.recurrent import lstm
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import Parameter
from minitorch.ops.creation import empty, zeros
from minitorch.ops.joining import cat, stack


class RNNBase(Module):
    """What recurrent layers share: parameters by layer and direction, their initial values, and the checks of input and states.

    Layer k has `weight_ih_lk` (G·H, I), `weight_hh_lk` (G·H, H), `bias_ih_lk` and `bias_hh_lk` (G·H), and with a projection
    `weight_hr_lk` (P, H); the other direction has the same names with `_reverse`. G gates are stacked in one matrix: 4 in an LSTM.
    """

    GATES = {"LSTM": 4}

    def __init__(self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
                 proj_size=0, device=None, dtype=None):
        super().__init__()
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._check_arguments(dropout)
        self._all_weights = []
        gates = self.GATES[mode] * hidden_size
        for layer in range(num_layers):
            size = input_size if layer == 0 else self._state_size() * self._directions()
            shapes = {"weight_ih": (gates, size), "weight_hh": (gates, self._state_size())}
            if bias:
                shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
            if proj_size:
                shapes |= {"weight_hr": (proj_size, hidden_size)}
            for direction in ("", "_reverse")[:self._directions()]:
                for name, shape in shapes.items():
                    setattr(self, f"{name}_l{layer}{direction}", Parameter(empty(*shape, device=device, dtype=dtype)))
                self._all_weights.append([f"{name}_l{layer}{direction}" for name in shapes])
        self.reset_parameters()

    def _check_arguments(self, dropout):
        for name in ("input_size", "hidden_size", "num_layers", "proj_size"):
            if not isinstance(getattr(self, name), int):
                raise TypeError(f"{name} should be of type int, got: {type(getattr(self, name)).__name__}")
        for name in ("bias", "batch_first", "bidirectional"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} should be of type bool, got: {type(getattr(self, name)).__name__}")
        if isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(f"dropout should be a number in [0, 1], the probability of an element to become zero, got {dropout}")
        for name in ("input_size", "hidden_size", "num_layers"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than zero, got {getattr(self, name)}")
        if not 0 <= self.proj_size < self.hidden_size:
            raise ValueError("proj_size has to be 0 (no projection) or between 1 and hidden_size - 1, "
                             f"got {self.proj_size} with hidden_size {self.hidden_size}")
        if dropout > 0 and self.num_layers == 1:
            warnings.warn("dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater "
                          f"than 1, but got dropout={dropout} and num_layers={self.num_layers}", stacklevel=4)

    def _directions(self):
        return 2 if self.bidirectional else 1

    def _state_size(self):
        return self.proj_size or self.hidden_size

    def reset_parameters(self):
        """Draw every parameter, biases too, from U(-1/√H, 1/√H), in the order of registration."""
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    @property
    def all_weights(self):
        """The parameters: a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self):
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self):
        return [getattr(self, name) for name in self._flat_weights_names]

    def flatten_parameters(self):
        """Nothing to do: PyTorch's packing of the parameters for cuDNN has no counterpart here."""

    def extra_repr(self):
        """Arguments as in the constructor, those that differ from their defaults."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0, "bidirectional": False}
        for name, default in defaults.items():
            if getattr(self, name) != default:
                parts.append(f"{name}={getattr(self, name)}")
        return ", ".join(parts)

    def check_input(self, input):
        """The dtype and the last dimension of a batched input fit the weights.

        Raises:
            ValueError: another dtype than the weights'.
            RuntimeError: not three dimensions, or another number of features than `input_size`.
        """
        weight = self._flat_weights[0]
        if input.dtype != weight.dtype:
            raise ValueError(f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                             f"Convert input: input.to({weight.dtype}), or convert model: model.to({input.dtype})")
        if input.dim() != 3:
            raise RuntimeError(f"input must have 3 dimensions, got {input.dim()}")
        if input.shape[-1] != self.input_size:
            raise RuntimeError(f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.shape[-1]}")
        if input.shape[1 if self.batch_first else 0] == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN: the input has no time step")

    def check_hidden_size(self, hx, expected_hidden_size, msg="Expected hidden size {}, got {}"):
        """A state has the expected shape.

        Raises:
            RuntimeError: it does not.
        """
        if tuple(hx.shape) != tuple(expected_hidden_size):
            raise RuntimeError(msg.format(tuple(expected_hidden_size), list(hx.shape)))


class LSTM(RNNBase):
    """Long short-term memory over sequences, in several layers and, if asked, in both directions.

    For each step t, with the gates i (write), f (forget), o (show) and the candidate g:

        i, f, o = σ(W_i* x_t + b_i* + W_h* h_{t-1} + b_h*),   g = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)
        c_t = f ⊙ c_{t-1} + i ⊙ g,   h_t = o ⊙ tanh(c_t)      (h_t = W_hr (o ⊙ tanh(c_t)) with a projection)

    Layer k > 0 reads the h_t of layer k-1, after dropout in training.

    Args:
        input_size: features I of the input.
        hidden_size: features H of the hidden and the cell state.
        num_layers: layers on top of each other.
        bias: whether there are b_ih and b_hh (only their sum matters).
        batch_first: input and output are (B, T, features), not (T, B, features); states are not affected.
        dropout: probability with which outputs of every layer but the last become zero in training.
        bidirectional: a second set of weights reads the sequence from its end; outputs are joined.
        proj_size: if not 0, features P of the projected hidden state.

    Shape:
        - input: (T, B, I), (B, T, I) or (T, I); h_0: (layers·D, B, P or H), c_0: (layers·D, B, H), zeros if omitted; D directions.
        - output: (T, B, D·(P or H)) or as the input; (h_n, c_n) as (h_0, c_0).

    Example:
        >>> import minitorch as torch
        >>> rnn = torch.nn.LSTM(10, 20, num_layers=2)
        >>> output, (h_n, c_n) = rnn(torch.randn(5, 3, 10))
        >>> output.shape, h_n.shape, c_n.shape
        (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]), torch.Size([2, 3, 20]))

    Source: Hochreiter and Schmidhuber (1997), Long Short-Term Memory; Gers et al. (2000), Learning to Forget;
    Sak et al. (2014), Long Short-Term Memory Recurrent Neural Network Architectures (projections).
    """

    def __init__(self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False, proj_size=0,
                 device=None, dtype=None):
        super().__init__("LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype)

    def forward(self, input, hx=None):
        if input.dim() not in (2, 3):
            raise ValueError(f"LSTM: Expected input to be 2D or 3D, got {input.dim()}D instead")
        batched = input.dim() == 3
        batch_dim = 0 if self.batch_first else 1
        if hx is not None:
            self._check_states_dim(hx, batched)
        if not batched:
            input = input.unsqueeze(batch_dim)
            hx = None if hx is None else (hx[0].unsqueeze(1), hx[1].unsqueeze(1))
        self.check_input(input)
        batch, layers = input.shape[batch_dim], self.num_layers * self._directions()
        if hx is None:
            sizes = self._state_size(), self.hidden_size
            hx = tuple(zeros(layers, batch, size, dtype=input.dtype, device=input.device) for size in sizes)
        self.check_hidden_size(hx[0], (layers, batch, self._state_size()), "Expected hidden[0] size {}, got {}")
        self.check_hidden_size(hx[1], (layers, batch, self.hidden_size), "Expected hidden[1] size {}, got {}")

        x = input.transpose(0, 1) if self.batch_first else input          # (T, B, I)
        y, h_n, c_n = self._run(x, *hx)
        if self.batch_first:
            y = y.transpose(0, 1)
        if not batched:
            y, h_n, c_n = y.squeeze(batch_dim), h_n.squeeze(1), c_n.squeeze(1)
        return y, (h_n, c_n)

    def _run(self, x, h_0, c_0):
        """All layers on x (T, B, I): the outputs of the last layer, and the last states of every layer and direction."""
        h_n, c_n = [], []
        weights, states = iter(self.all_weights), zip(h_0.unbind(0), c_0.unbind(0))
        for layer in range(self.num_layers):
            ys = []
            for reverse in (False, True)[:self._directions()]:
                w_ih, w_hh, *rest = next(weights)
                b_ih, b_hh = rest[:2] if self.bias else (None, None)
                w_hr = rest[-1] if self.proj_size else None
                y, h, c = lstm(x, *next(states), w_ih, w_hh, b_ih, b_hh, w_hr, reverse=reverse)
                ys.append(y)
                h_n.append(h)
                c_n.append(c)
            x = cat(ys, dim=-1) if self.bidirectional else y
            if self.dropout and layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout, self.training)
        return x, stack(h_n), stack(c_n)

    def _check_states_dim(self, hx, batched):
        dims, wanted = (hx[0].dim(), hx[1].dim()), 3 if batched else 2
        if dims != (wanted, wanted):
            raise RuntimeError(f"For {'batched 3-D' if batched else 'unbatched 2-D'} input, hx and cx should also be {wanted}-D "
                               f"but got ({dims[0]}-D, {dims[1]}-D) tensors")
