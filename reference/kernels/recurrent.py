"""The long short-term memory in plain PyTorch: one layer in one direction, and its backward derived by hand."""
import torch


def order(length, reverse):
    """The steps in the order in which they are taken."""
    return range(length - 1, -1, -1) if reverse else range(length)


def before(first, states, reverse):
    """What each step started from: `first`, then the state that the step before it left."""
    return torch.cat([states[1:], first[None]]) if reverse else torch.cat([first[None], states[:-1]])


def squash(z):
    """The gates of their sums z: σ for i, f and o, tanh for the candidate g."""
    zi, zf, zg, zo = z.chunk(4, dim=-1)
    return torch.cat([torch.sigmoid(zi), torch.sigmoid(zf), torch.tanh(zg), torch.sigmoid(zo)], dim=-1)


def show(i, f, g, o, c):
    """What the gates make of the cell: the next cell, its tanh, and what of that is shown."""
    kept = f * c
    c_next = kept + i * g
    tc = torch.tanh(c_next)
    m = o * tc
    return c_next, tc, m


def lstm_cell(z, h, c, w_hh_t, w_hr=None):
    """One step; z is what the input and the biases give to the gates."""
    gates = squash(z + h @ w_hh_t)
    i, f, g, o = gates.chunk(4, dim=-1)
    c_next, tc, m = show(i, f, g, o, c)
    h_next = m if w_hr is None else m @ w_hr.T
    return h_next, c_next, gates, tc


def lstm(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None, *, reverse=False):
    """All steps: x (T, B, I), h (B, H or P), c (B, H) to y (T, B, H or P) and the last h and c; gates, cells, tcs are for the backward."""
    w_hh_t = w_hh.T
    gates = x @ w_ih.T                                # (T, B, 4H); at first the input's part, each step makes its own whole
    if b_ih is not None:
        gates += b_ih + b_hh
    y = x.new_empty(*x.shape[:2], h.shape[-1])
    cells = x.new_empty(*x.shape[:2], c.shape[-1])
    tcs = x.new_empty(*x.shape[:2], c.shape[-1])
    for t in order(len(x), reverse):
        h, c, gates[t], tcs[t] = lstm_cell(gates[t], h, c, w_hh_t, w_hr)
        y[t], cells[t] = h, c
    return y, h, c, gates, cells, tcs


def lstm_cell_backward(grad_m, grad_c, i, f, g, o, c, tc):
    """One step back: from m and c after it to the sums of its gates and to c before it."""
    d_c = grad_c + grad_m * o * (1 - tc * tc)
    d_i = d_c * g * i * (1 - i)
    d_f = d_c * c * f * (1 - f)
    d_g = d_c * i * (1 - g * g)
    d_o = grad_m * tc * o * (1 - o)
    grad_c_prev = d_c * f
    return torch.cat([d_i, d_f, d_g, d_o], dim=-1), grad_c_prev


def lstm_backward(grad_y, grad_h, grad_c, x, h, c, w_ih, w_hh, w_hr, y, gates, cells, tcs, *, reverse=False):
    """Back through time; weights and biases serve every step, so their gradients are sums over all of them."""
    h_prev = before(h, y, reverse)
    c_prev = before(c, cells, reverse)
    d_gates = torch.empty_like(gates)
    d_h = torch.empty_like(y)
    for t in order(len(x), not reverse):
        d_h[t] = grad_h + grad_y[t]
        grad_m = d_h[t] if w_hr is None else d_h[t] @ w_hr
        d_gates[t], grad_c = lstm_cell_backward(grad_m, grad_c, *gates[t].chunk(4, dim=-1), c_prev[t], tcs[t])
        grad_h = d_gates[t] @ w_hh
    grad_x = d_gates @ w_ih
    grad_w_ih = torch.einsum("tbg,tbi->gi", d_gates, x)
    grad_w_hh = torch.einsum("tbg,tbh->gh", d_gates, h_prev)
    grad_b = d_gates.sum((0, 1))
    grad_w_hr = None
    if w_hr is not None:
        m = gates.chunk(4, dim=-1)[3] * tcs           # the hidden state before its projection
        grad_w_hr = torch.einsum("tbp,tbh->ph", d_h, m)
    return grad_x, grad_h, grad_c, grad_w_ih, grad_w_hh, grad_b, grad_b, grad_w_hr
