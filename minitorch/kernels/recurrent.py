"""The long short-term memory: one layer in one direction, over a whole sequence.

    i, f, o = σ(W x_t + b + U h_{t-1} + b'),  g = tanh(...)      gates: write, forget, show; and what to write
    c_t = f c_{t-1} + i g,  h_t = o tanh(c_t)                    (with a projection: h_t = R (o tanh(c_t)))

Source: Hochreiter and Schmidhuber (1997), Long Short-Term Memory; the forget gate: Gers et al. (2000), Learning to Forget.
"""
from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, fused
from minitorch.kernels.blocks import column_sums
from minitorch.ops.joining import stack


def order(length, reverse):
    """The steps in the order in which they are taken."""
    return range(length - 1, -1, -1) if reverse else range(length)


def before(first, states, reverse):
    """What each step started from: `first`, then the state that the step before it left."""
    xp = array_module(states)
    return xp.concatenate([states[1:], first[None]]) if reverse else xp.concatenate([first[None], states[:-1]])


def chunk(gates):
    """The blocks i, f, g, o of (..., 4H), as views."""
    size = gates.shape[-1] // 4
    return gates[..., :size], gates[..., size:2 * size], gates[..., 2 * size:3 * size], gates[..., 3 * size:]


def stretches(width, dtype, xp):
    """What makes the gates of a tanh, σ(z) = tanh(z/2) / 2 + 1/2: the factors, 1/2 and for the candidate g 1, and what they leave to 1."""
    stretch = xp.full(width, 0.5, dtype)
    chunk(stretch)[2][:] = 1
    return stretch, 1 - stretch


@fused
def squash(xp, recurrent, stretch, lift, gates):
    """The gates of their sums, in the memory of the input's part of these, by one tanh for all."""
    gates += recurrent
    gates *= stretch
    xp.tanh(gates, out=gates)
    gates *= stretch
    gates += lift
    return gates


@fused
def show(xp, i, f, g, o, c, c_space, tc_space, m_space):
    """What the gates make of the cell: the next cell, its tanh, and what of that is shown."""
    kept = xp.multiply(f, c, out=c_space)
    c_next = xp.add(kept, i * g, out=c_space)
    tc = xp.tanh(c_next, out=tc_space)
    m = xp.multiply(o, tc, out=m_space)
    return m


def lstm_cell(z, h, c, w_hh_t, w_hr, stretch, lift, c_space, tc_space, h_space):
    """One step; z is what the input and the biases give to the gates, and becomes these."""
    xp = array_module(c)
    gates = squash(h @ w_hh_t, stretch, lift, z)
    i, f, g, o = chunk(gates)
    m_space = h_space if w_hr is None else xp.empty_like(c)
    m = show(i, f, g, o, c, c_space, tc_space, m_space)
    h_next = m if w_hr is None else xp.matmul(m, w_hr.T, out=h_space)
    return h_next, c_space


@differentiable(outputs="y h_n c_n", saves="gates cells tcs")
def lstm(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None, *, reverse=False):
    """All steps: x (T, B, I), h (B, H or P), c (B, H) to y (T, B, H or P) and the last h and c; gates, cells, tcs are for the backward."""
    xp = array_module(x)
    w_hh_t = xp.ascontiguousarray(w_hh.T)
    gates = matmul(x, w_ih.T)                         # (T, B, 4H); at first the input's part, each step makes its own whole
    if b_ih is not None:
        gates += b_ih + b_hh
    stretch, lift = stretches(gates.shape[-1], gates.dtype, xp)
    y = xp.empty((*x.shape[:2], h.shape[-1]), x.dtype)
    cells = xp.empty((*x.shape[:2], c.shape[-1]), x.dtype)
    tcs = xp.empty((*x.shape[:2], c.shape[-1]), x.dtype)
    for t in order(len(x), reverse):
        h, c = lstm_cell(gates[t], h, c, w_hh_t, w_hr, stretch, lift, cells[t], tcs[t], y[t])
    return y, h.copy(), c.copy(), gates, cells, tcs


def matmul(x, w):
    """x (T, B, I) times w (I, N) as one product of matrices, (T, B, N)."""
    return (x.reshape(-1, x.shape[-1]) @ w).reshape(*x.shape[:-1], w.shape[-1])


def outer(d, x):
    """The gradient of W where z = W x at every step, Σ_t Σ_b d xᵀ, as one product: (T, B, N) and (T, B, I) to (N, I)."""
    return d.reshape(-1, d.shape[-1]).T @ x.reshape(-1, x.shape[-1])


# σ' = σ (1 - σ) and tanh' = 1 - tanh², of the kept values. c_t is read by m_t = o tanh(c_t) now and by the step after it:
# d_c = grad_c + grad_m o (1 - tc²). In c_t = f c_{t-1} + i g each factor gets d_c times the other; o gets grad_m tc.
@fused
def lstm_cell_backward(xp, grad_m, grad_c, i, f, g, o, c, tc, i_space, f_space, g_space, o_space, c_space):
    """One step back: from m and c after it to the sums of its gates and to c before it."""
    d_c = grad_c + grad_m * o * (1 - tc * tc)
    d_i = d_c * g * i * (1 - i)
    d_f = d_c * c * f * (1 - f)
    d_g = d_c * i * (1 - g * g)
    d_o = grad_m * tc * o * (1 - o)
    i_space[...] = d_i
    f_space[...] = d_f
    g_space[...] = d_g
    o_space[...] = d_o
    grad_c_prev = xp.multiply(d_c, f, out=c_space)
    return grad_c_prev


@lstm.derivative
def lstm_backward(grad_y, grad_h, grad_c, x, h, c, w_ih, w_hh, w_hr, y, gates, cells, tcs, needs, reverse):
    """Back through time; weights and biases serve every step, so their gradients are sums over all of them."""
    xp = array_module(x)
    h_prev = before(h, y, reverse)
    c_prev = before(c, cells, reverse)
    d_gates = xp.empty_like(gates)
    d_h = xp.empty_like(y)
    c_space = xp.empty_like(c)
    for t in order(len(x), not reverse):
        d_h[t] = grad_h + grad_y[t]
        grad_m = d_h[t] if w_hr is None else d_h[t] @ w_hr
        grad_c = lstm_cell_backward(grad_m, grad_c, *chunk(gates[t]), c_prev[t], tcs[t], *chunk(d_gates[t]), c_space)
        grad_h = d_gates[t] @ w_hh
    grad_x = matmul(d_gates, w_ih) if needs[0] else None
    grad_w_ih = outer(d_gates, x) if needs[3] else None
    grad_w_hh = outer(d_gates, h_prev) if needs[4] else None
    grad_b = column_sums(d_gates.reshape(-1, d_gates.shape[-1])) if needs[5] or needs[6] else None
    grad_w_hr = None
    if needs[7]:
        m = chunk(gates)[3] * tcs                     # the hidden state before its projection
        grad_w_hr = outer(d_h, m)
    return grad_x, grad_h, grad_c, grad_w_ih, grad_w_hh, grad_b, grad_b if grad_b is None else grad_b.copy(), grad_w_hr


@lstm.definition
def _(x, h, c, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None, *, reverse=False):
    z = x @ w_ih.T
    if b_ih is not None:
        z = z + (b_ih + b_hh)
    steps = list(z.unbind(0))
    for t in order(len(x), reverse):
        zi, zf, zg, zo = (steps[t] + h @ w_hh.T).chunk(4, dim=-1)
        i = zi.sigmoid()
        f = zf.sigmoid()
        g = zg.tanh()
        o = zo.sigmoid()
        c = f * c + i * g
        m = o * c.tanh()
        h = m if w_hr is None else m @ w_hr.T
        steps[t] = h
    return stack(steps), h, c
