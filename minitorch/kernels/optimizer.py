"""The updates of the optimizers, on arrays, block by block.

An update reads and writes every element of a parameter θ and of its moments about ten times. On a block of 32K elements
these passes stay in the processor's cache. So the moments of all parameters lie one after another in flat buffers
(`FlatState`), and a block is either a part of one large parameter, in place, or several small ones gathered side by side and written back.
Every kernel takes `blocks`, which yields (θ, g, states, scratch) with the states in the order of the kernel's docstring;
`add_scaled(y, x, a)` is y ← y + ax and `scale(y, a)` is y ← ay, both in place.

Statements round where PyTorch's single-tensor optimizers do. A float16 block is computed in float32 and rounded when it is stored.
"""
from itertools import groupby

from minitorch.backend import array_module, on_host

BLOCK, DEVICE_BLOCK = 2**15, 2**24                    # elements: what a core's cache holds; a device has no use for small blocks
SMALL = 2**13                                         # parameters up to this size are gathered


def sgd(blocks, first, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False):
    """g ← g + λθ;  b ← μb + (1 − τ)g, at first b ← g;  θ ← θ − γb, with Nesterov θ ← θ − γ(g + μb).

    Args:
        blocks: θ, g and, if μ is not 0, the states (b,).
        first: whether b has no value yet.

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), in PyTorch's form.
    """
    xp, add_scaled, scale = blocks.xp, blocks.add_scaled, blocks.scale
    for theta, g, states, (_, _, g_new) in blocks:
        if maximize:
            g = xp.negative(g, out=g_new)
        if weight_decay != 0:
            g_new[...] = g
            g = add_scaled(g_new, theta, weight_decay)
        if momentum != 0:
            b, = states
            if first:
                b[...] = g
            else:
                scale(b, momentum)
                add_scaled(b, g, 1 - dampening)
            if nesterov:
                g_new[...] = g
                g = add_scaled(g_new, b, momentum)
            else:
                g = b
        add_scaled(theta, g, -lr)


def adam(blocks, t, *, lr, beta1, beta2, eps, weight_decay=0.0, amsgrad=False, maximize=False, decoupled_weight_decay=False):
    """m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  θ ← θ − γ/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).

    Weight decay λ first: g ← g + λθ (L2 penalty), or θ ← θ − γλθ if decoupled. AMSGrad divides by the largest v so far.

    Args:
        blocks: θ, g and the states (m, v), with AMSGrad (m, v, v_max).
        t: the number of this step, from 1.

    Source: Kingma and Ba, "Adam" (2015), algorithm 1; Loshchilov and Hutter (2019), algorithm 2; Reddi et al. (2018), algorithm 2.
    """
    xp, add_scaled, scale = blocks.xp, blocks.add_scaled, blocks.scale
    bias_correction1 = 1 - beta1 ** t
    bias_correction2 = 1 - beta2 ** t
    step_size = lr / bias_correction1
    bias_correction2_sqrt = bias_correction2 ** 0.5
    floor = blocks.number(eps)
    for theta, g, (m, v, *v_max), (update, denom, g_new) in blocks:
        if maximize:
            g = xp.negative(g, out=g_new)
        if weight_decay != 0:
            if decoupled_weight_decay:
                scale(theta, 1 - lr * weight_decay)
            else:
                g_new[...] = g
                g = add_scaled(g_new, theta, weight_decay)
        # β₁m + (1 − β₁)g = m + (1 − β₁)(g − m)
        xp.subtract(g, m, out=update)
        add_scaled(m, update, 1 - beta1)
        xp.multiply(g, g, out=update)
        scale(v, beta2)
        add_scaled(v, update, 1 - beta2)
        v_hat = xp.maximum(v_max[0], v, out=v_max[0]) if amsgrad else v
        xp.sqrt(v_hat, out=denom)
        scale(denom, 1 / bias_correction2_sqrt)
        denom += floor
        xp.divide(m, denom, out=update)
        add_scaled(theta, update, -step_size)


def rmsprop(blocks, *, lr, alpha, eps, weight_decay=0.0, momentum=0.0, centered=False, maximize=False):
    """v ← αv + (1 − α)g²;  ĝ = g / (√v + ε), centred g / (√(v − ḡ²) + ε);  b ← μb + ĝ;  θ ← θ − γb.

    Args:
        blocks: θ, g and the states (v,), then b if μ > 0, then ḡ, the running mean of g, if centred.

    Source: Hinton, "Neural Networks for Machine Learning", lecture 6; centred: Graves (2013), section 4.2.
    """
    xp, add_scaled, scale = blocks.xp, blocks.add_scaled, blocks.scale
    floor = blocks.number(eps)
    for theta, g, states, (update, denom, g_new) in blocks:
        v = states[0]
        if maximize:
            g = xp.negative(g, out=g_new)
        if weight_decay != 0:
            g_new[...] = g
            g = add_scaled(g_new, theta, weight_decay)
        xp.multiply(g, g, out=update)
        scale(v, alpha)
        add_scaled(v, update, 1 - alpha)
        if centered:
            g_mean = states[-1]
            xp.subtract(g, g_mean, out=update)
            if 1 - alpha < 0.5:                       # PyTorch's lerp starts from the nearer end
                add_scaled(g_mean, update, 1 - alpha)
            else:
                g_mean[...] = g
                add_scaled(g_mean, update, -alpha)
            xp.multiply(g_mean, g_mean, out=update)
            xp.subtract(v, update, out=denom)
            xp.sqrt(denom, out=denom)
        else:
            xp.sqrt(v, out=denom)
        denom += floor
        xp.divide(g, denom, out=update)
        if momentum > 0:
            b = states[1]
            scale(b, momentum)
            b += update
            update = b
        add_scaled(theta, update, -lr)


def adagrad(blocks, t, *, lr, lr_decay, eps, weight_decay=0.0, maximize=False):
    """γ̃ = γ / (1 + (t − 1)η);  s ← s + g²;  θ ← θ − γ̃ g / (√s + ε).

    Args:
        blocks: θ, g and the states (s,), the sum of squares.
        t: the number of this step, from 1.

    Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods" (2011), section 1.
    """
    xp, add_scaled = blocks.xp, blocks.add_scaled
    decayed_lr = lr / (1 + (t - 1) * lr_decay)
    floor = blocks.number(eps)
    for theta, g, (s,), (update, denom, g_new) in blocks:
        if maximize:
            g = xp.negative(g, out=g_new)
        if weight_decay != 0:
            g_new[...] = g
            g = add_scaled(g_new, theta, weight_decay)
        xp.multiply(g, g, out=update)
        s += update
        xp.sqrt(s, out=denom)
        denom += floor
        xp.divide(g, denom, out=update)
        add_scaled(theta, update, -decayed_lr)


# ---- how parameters become blocks -------------------------------------------------------------------------------------

class Blocks:
    """What a kernel iterates over: blocks of one dtype, and arithmetic on them.

    Args:
        xp: the arrays' library.
        work: the dtype in which is computed.
        blocks: an iterable of (θ, g, states, scratch).
    """

    def __init__(self, xp, work, blocks):
        self.xp, self.work, self.blocks = xp, work, blocks

    def __iter__(self):
        return iter(self.blocks)

    def number(self, value):
        """A number as PyTorch's operations on this dtype take it."""
        return self.xp.asarray(value, dtype=self.work)

    def add_scaled(self, y, x, a):
        """y ← y + ax, in place."""
        y += x * self.number(a)
        return y

    def scale(self, y, a):
        """y ← ay, in place."""
        y *= self.number(a)


class FlatBlocks(Blocks):
    """Blocks of one dimension without gaps, in the host's memory: BLAS needs one pass, and rounds y + ax once, as PyTorch does."""

    def __init__(self, xp, work, blocks):
        from scipy.linalg import blas  # which takes long to import

        super().__init__(xp, work, blocks)
        self.axpy, self.scal = (blas.saxpy, blas.sscal) if work.itemsize == 4 else (blas.daxpy, blas.dscal)

    def add_scaled(self, y, x, a):
        """y ← y + ax, in place."""
        self.axpy(x, y, None, a)
        return y

    def scale(self, y, a):
        """y ← ay, in place."""
        if a == 0:                                    # BLAS takes 0 · nan for 0
            y *= self.number(a)
        else:
            self.scal(a, y)


def whole(theta, g, *states):
    """A single parameter, of any shape and layout, as one block.

    Example:
        >>> import numpy
        >>> theta, g, b = numpy.ones(2), numpy.full(2, 0.5), numpy.zeros(2)
        >>> sgd(whole(theta, g, b), True, lr=0.1, momentum=0.9)
        >>> theta, b
        (array([0.95, 0.95]), array([0.5, 0.5]))
    """
    return Blocks(array_module(theta), work_dtype(theta), [whole_block(theta, g, states)])


def whole_block(theta, g, states):
    """The only block of `whole`."""
    xp, work = array_module(theta), work_dtype(theta)
    scratch = xp.empty(theta.shape, work), xp.empty(theta.shape, theta.dtype), xp.empty(theta.shape, work)
    return theta, g.astype(work, copy=False), states, scratch


def work_dtype(array):
    """The dtype in which PyTorch computes on an array: float32 for float16, else its own."""
    return array_module(array).dtype("f4") if array.dtype.itemsize == 2 else array.dtype


def memory_order(array):
    """The axes from the largest stride to the smallest; None if that is the order in which they come."""
    axes = sorted(range(array.ndim), key=lambda axis: (-array.strides[axis], axis))
    return None if axes == sorted(axes) else axes


def shaped(flat, shape, axes):
    """A flat buffer as an array of a shape whose axes lie in memory in the given order."""
    if axes is None:
        return flat.reshape(shape)
    return flat.reshape([shape[axis] for axis in axes]).transpose(sorted(range(len(axes)), key=axes.__getitem__))


class FlatState:
    """The states of parameters of one dtype in flat buffers.

    Args:
        thetas: the parameters' arrays; a state has the layout of its parameter.
        count: how many states a parameter has.
        value: what the states are filled with.

    Attributes:
        home: for each parameter the tuple of its states, views of the buffers.
    """

    def __init__(self, thetas, count, value=0.0):
        like, xp = thetas[0], array_module(thetas[0])
        self.xp, self.work, self.block = xp, work_dtype(like), BLOCK if on_host(like) else DEVICE_BLOCK
        self.casts = self.work != like.dtype
        self.kind = Blocks if self.casts or not on_host(like) else FlatBlocks
        self.axes, sizes = [memory_order(a) for a in thetas], [a.size for a in thetas]
        small, self.large = [i for i, n in enumerate(sizes) if n <= SMALL], [i for i, n in enumerate(sizes) if n > SMALL]
        self.span, total = [None] * len(thetas), 0
        for i in small + self.large:
            self.span[i] = slice(total, total + sizes[i])
            total += sizes[i]
        self.flat = [xp.full(total, value, like.dtype) for _ in range(count)]
        self.home = [tuple(shaped(flat[span], a.shape, axes) for flat in self.flat) for a, span, axes in zip(thetas, self.span, self.axes)]
        width = min(self.block, total)
        self.gathered = xp.empty(width, like.dtype), xp.empty(width, self.work)
        self.scratch = xp.empty(width, self.work), xp.empty(width, like.dtype), xp.empty(width, self.work)
        self.parts = {i: [self._part(i, lo, min(lo + self.block, sizes[i])) for lo in range(0, sizes[i], self.block)] for i in self.large}
        self.packs, members = [], []
        for i in small:
            if members and self.span[i].stop - self.span[members[0]].start > self.block:
                self.packs.append(Pack(self, members, thetas))
                members = []
            members.append(i)
        if members:
            self.packs.append(Pack(self, members, thetas))
        self.thetas, self.targets = [None] * len(thetas), {}
        for i, theta in enumerate(thetas):
            self.use(i, theta)

    def _part(self, i, lo, hi):
        """Of a part of a large parameter: where it is, its states, its scratch."""
        start = self.span[i].start
        return lo, hi, tuple(flat[start + lo:start + hi] for flat in self.flat), tuple(buffer[:hi - lo] for buffer in self.scratch)

    def use(self, i, theta):
        """Update this array as parameter i from now on: it is kept until another takes its place."""
        self.thetas[i] = theta
        if i in self.parts:
            flat = theta if self.axes[i] is None else theta.transpose(self.axes[i])
            self.targets[i] = [flat.ravel()[lo:hi] for lo, hi, _, _ in self.parts[i]] if flat.flags.c_contiguous else None

    def blocks(self, grads, chosen=None):
        """The blocks of the parameters at the indices `chosen` (None: of all); small ones are written back after their block.

        Parameters whose elements do not lie side by side come as blocks of their own shape, after the others.
        """
        large = self.large if chosen is None else [i for i in self.large if i in chosen]
        yield self.kind(self.xp, self.work, self._blocks(grads, chosen, large))
        odd = [i for i in large if self.targets[i] is None]
        if odd:
            yield Blocks(self.xp, self.work, [whole_block(self.thetas[i], grads[i], self.home[i]) for i in odd])

    def _blocks(self, grads, chosen, large):
        for pack in self.packs:
            yield from pack.blocks(self.thetas, grads, chosen)
        for i in large:
            targets, parts = self.targets[i], self.parts[i]
            if targets is None:
                continue
            g = (grads[i] if self.axes[i] is None else grads[i].transpose(self.axes[i])).ravel()
            for theta, (lo, hi, states, scratch) in zip(targets, parts):
                g_part = g if len(parts) == 1 else g[lo:hi]
                if self.casts:
                    self.gathered[1][:hi - lo] = g_part
                    g_part = self.gathered[1][:hi - lo]
                yield theta, g_part, states, scratch


class Pack:
    """Small parameters that lie side by side in the flat buffers and make one block."""

    def __init__(self, state, members, thetas):
        lo, hi = state.span[members[0]].start, state.span[members[-1]].stop
        self.theta, self.g = (buffer[:hi - lo] for buffer in state.gathered)
        self.states, self.scratch = [flat[lo:hi] for flat in state.flat], [buffer[:hi - lo] for buffer in state.scratch]
        self.places = []
        for i in members:
            part, shape, axes = slice(state.span[i].start - lo, state.span[i].stop - lo), thetas[i].shape, state.axes[i]
            self.places.append((i, part, shaped(self.theta[part], shape, axes), shaped(self.g[part], shape, axes)))

    def blocks(self, thetas, grads, chosen):
        """One block of all members, or one for every run of neighbours that are chosen."""
        if chosen is None:
            yield from self._run(thetas, grads, self.places, self.theta, self.g, self.states, self.scratch)
            return
        for wanted, run in groupby(self.places, key=lambda place: place[0] in chosen):
            if wanted:
                run = list(run)
                part = slice(run[0][1].start, run[-1][1].stop)
                yield from self._run(thetas, grads, run, self.theta[part], self.g[part],
                                     [state[part] for state in self.states], [buffer[part] for buffer in self.scratch])

    def _run(self, thetas, grads, places, theta, g, states, scratch):
        if not theta.size:
            return
        for i, _, theta_i, g_i in places:
            theta_i[...] = thetas[i]
            g_i[...] = grads[i]
        yield theta, g, states, scratch
        for i, _, theta_i, _ in places:
            thetas[i][...] = theta_i
