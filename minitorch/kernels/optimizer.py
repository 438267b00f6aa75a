"""The updates of the optimizers, on arrays, block by block.

An update reads and writes every element of a parameter θ and of its moments about ten times. On a block of 32K elements
these passes stay in the processor's cache. So the moments of all parameters lie one after another in flat buffers
(`FlatState`), and a block is either a part of one large parameter, in place, or several small ones gathered side by side and written back.
Every kernel takes `blocks`, which yields (θ, g, states, scratch) with the states in the order of the kernel's docstring, and runs its
update on each: statement by statement on the CPU; on a device a block is one parameter, and its update one fused kernel.

Statements round where PyTorch's single-tensor optimizers do. A float16 block is computed in float32 and rounded when it is stored.
"""
from itertools import groupby
from types import MethodType

from minitorch.backend import array_module, fused, on_host

BLOCK = 2**15                                         # elements: what a core's cache holds
SMALL = 2**13                                         # parameters up to this size are gathered
NO_SCRATCH = (None, None, None)                       # on a device intermediate values stay in registers


class Arithmetic:
    """What an update is written in: an array library, and sums with multiples, in place.

    Args:
        xp: the library.
        work: the dtype in which is computed, if numbers must be brought to it.
    """

    def __init__(self, xp, work=None):
        self.xp, self.work = xp, work

    def number(self, value):
        """A number as PyTorch's operations on this dtype take it."""
        return value if self.work is None else self.xp.asarray(value, dtype=self.work)

    def add_scaled(self, y, x, a):
        """y ← y + ax, in place."""
        y += x * self.number(a)
        return y

    def scale(self, y, a):
        """y ← ay, in place."""
        y *= self.number(a)

    def plus_scaled(self, y, x, a, out):
        """y + ax, in the memory of `out` if that is given."""
        if out is None:
            return y + x * a
        out[...] = y
        return self.add_scaled(out, x, a)


def sgd(blocks, first, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False):
    """g ← g + λθ;  b ← μb + (1 − τ)g, at first b ← g;  θ ← θ − γb, with Nesterov θ ← θ − γ(g + μb).

    Args:
        blocks: θ, g and, if μ is not 0, the states (b,).
        first: whether b has no value yet.

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), in PyTorch's form.
    """
    advance, first, decays = blocks.of(sgd_update), bool(first), weight_decay != 0
    for theta, g, states, (_, _, g_space) in blocks:
        b = states[0] if momentum != 0 else None
        advance(theta, g, b, g_space, weight_decay, momentum, 1 - dampening, -lr,
                first=first, decays=decays, nesterov=nesterov, maximize=maximize)


@fused(library=Arithmetic)
def sgd_update(on, theta, g, b, g_space, weight_decay, momentum, share, step, *, first, decays, nesterov, maximize):
    """`sgd` on one block."""
    if maximize:
        g = on.xp.negative(g, out=g_space)
    if decays:
        g = on.plus_scaled(g, theta, weight_decay, out=g_space)
    if b is not None:
        if first:
            b[...] = g
        else:
            on.scale(b, momentum)
            on.add_scaled(b, g, share)
        if nesterov:
            g = on.plus_scaled(g, b, momentum, out=g_space)
        else:
            g = b
    on.add_scaled(theta, g, step)


def adam(blocks, t, *, lr, beta1, beta2, eps, weight_decay=0.0, amsgrad=False, maximize=False, decoupled_weight_decay=False):
    """m ← β₁m + (1 − β₁)g;  v ← β₂v + (1 − β₂)g²;  θ ← θ − γ/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).

    Weight decay λ first: g ← g + λθ (L2 penalty), or θ ← θ − γλθ if decoupled. AMSGrad divides by the largest v so far.

    Args:
        blocks: θ, g and the states (m, v), with AMSGrad (m, v, v_max).
        t: the number of this step, from 1.

    Source: Kingma and Ba, "Adam" (2015), algorithm 1; Loshchilov and Hutter (2019), algorithm 2; Reddi et al. (2018), algorithm 2.
    """
    bias_correction1 = 1 - beta1 ** t
    bias_correction2 = 1 - beta2 ** t
    step_size = lr / bias_correction1
    bias_correction2_sqrt = bias_correction2 ** 0.5
    decay = 1 - lr * weight_decay if decoupled_weight_decay else weight_decay
    advance, decays = blocks.of(adam_update), weight_decay != 0
    for theta, g, states, (space, denom_space, g_space) in blocks:
        m, v, v_max = states if amsgrad else (*states, None)
        advance(theta, g, m, v, v_max, space, denom_space, g_space, decay, 1 - beta1, beta2, 1 - beta2, 1 / bias_correction2_sqrt, eps,
                -step_size, decays=decays, decoupled=decoupled_weight_decay, maximize=maximize)


@fused(library=Arithmetic)
def adam_update(on, theta, g, m, v, v_max, space, denom_space, g_space, decay, share1, beta2, share2, correction, eps, step,
                *, decays, decoupled, maximize):
    """`adam` on one block."""
    xp = on.xp
    if maximize:
        g = xp.negative(g, out=g_space)
    if decays:
        if decoupled:
            on.scale(theta, decay)
        else:
            g = on.plus_scaled(g, theta, decay, out=g_space)
    # β₁m + (1 − β₁)g = m + (1 − β₁)(g − m)
    rest = xp.subtract(g, m, out=space)
    on.add_scaled(m, rest, share1)
    square = xp.multiply(g, g, out=space)
    on.scale(v, beta2)
    on.add_scaled(v, square, share2)
    v_hat = v if v_max is None else xp.maximum(v_max, v, out=v_max)
    denom = xp.sqrt(v_hat, out=denom_space)
    on.scale(denom, correction)
    denom += on.number(eps)
    update = xp.divide(m, denom, out=space)
    on.add_scaled(theta, update, step)


def rmsprop(blocks, *, lr, alpha, eps, weight_decay=0.0, momentum=0.0, centered=False, maximize=False):
    """v ← αv + (1 − α)g²;  ĝ = g / (√v + ε), centred g / (√(v − ḡ²) + ε);  b ← μb + ĝ;  θ ← θ − γb.

    Args:
        blocks: θ, g and the states (v,), then b if μ > 0, then ḡ, the running mean of g, if centred.

    Source: Hinton, "Neural Networks for Machine Learning", lecture 6; centred: Graves (2013), section 4.2.
    """
    advance, decays, near = blocks.of(rmsprop_update), weight_decay != 0, 1 - alpha < 0.5
    for theta, g, states, (space, denom_space, g_space) in blocks:
        v, b, g_mean = states[0], states[1] if momentum > 0 else None, states[-1] if centered else None
        advance(theta, g, v, b, g_mean, space, denom_space, g_space, weight_decay, alpha, 1 - alpha, eps, momentum, -lr,
                decays=decays, near=near, maximize=maximize)


@fused(library=Arithmetic)
def rmsprop_update(on, theta, g, v, b, g_mean, space, denom_space, g_space, weight_decay, alpha, share, eps, momentum, step,
                   *, decays, near, maximize):
    """`rmsprop` on one block; `near`: whether the share of g in its running mean is below a half."""
    xp = on.xp
    if maximize:
        g = xp.negative(g, out=g_space)
    if decays:
        g = on.plus_scaled(g, theta, weight_decay, out=g_space)
    square = xp.multiply(g, g, out=space)
    on.scale(v, alpha)
    on.add_scaled(v, square, share)
    if g_mean is not None:
        rest = xp.subtract(g, g_mean, out=space)
        if near:                                      # PyTorch's lerp starts from the nearer end
            on.add_scaled(g_mean, rest, share)
        else:
            g_mean[...] = g
            on.add_scaled(g_mean, rest, -alpha)
        square = xp.multiply(g_mean, g_mean, out=space)
        variance = xp.subtract(v, square, out=denom_space)
        denom = xp.sqrt(variance, out=denom_space)
    else:
        denom = xp.sqrt(v, out=denom_space)
    denom += on.number(eps)
    update = xp.divide(g, denom, out=space)
    if b is not None:
        on.scale(b, momentum)
        b += update
        update = b
    on.add_scaled(theta, update, step)


def adagrad(blocks, t, *, lr, lr_decay, eps, weight_decay=0.0, maximize=False):
    """γ̃ = γ / (1 + (t − 1)η);  s ← s + g²;  θ ← θ − γ̃ g / (√s + ε).

    Args:
        blocks: θ, g and the states (s,), the sum of squares.
        t: the number of this step, from 1.

    Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods" (2011), section 1.
    """
    decayed_lr = lr / (1 + (t - 1) * lr_decay)
    advance, decays = blocks.of(adagrad_update), weight_decay != 0
    for theta, g, (s,), (space, denom_space, g_space) in blocks:
        advance(theta, g, s, space, denom_space, g_space, weight_decay, eps, -decayed_lr, decays=decays, maximize=maximize)


@fused(library=Arithmetic)
def adagrad_update(on, theta, g, s, space, denom_space, g_space, weight_decay, eps, step, *, decays, maximize):
    """`adagrad` on one block."""
    xp = on.xp
    if maximize:
        g = xp.negative(g, out=g_space)
    if decays:
        g = on.plus_scaled(g, theta, weight_decay, out=g_space)
    square = xp.multiply(g, g, out=space)
    s += square
    denom = xp.sqrt(s, out=denom_space)
    denom += on.number(eps)
    update = xp.divide(g, denom, out=space)
    on.add_scaled(theta, update, step)


# ---- how parameters become blocks -------------------------------------------------------------------------------------

class Blocks(Arithmetic):
    """What a kernel iterates over: blocks of one dtype, and arithmetic on them.

    Args:
        xp: the arrays' library.
        work: the dtype in which is computed.
        blocks: an iterable of (θ, g, states, scratch).
    """

    def __init__(self, xp, work, blocks):
        super().__init__(xp, work)
        self.blocks = blocks

    def __iter__(self):
        return iter(self.blocks)

    def of(self, update):
        """An update of one block: here statement by statement, in this arithmetic."""
        return MethodType(update.__wrapped__, self)


class DeviceBlocks(Blocks):
    """Blocks on a device, where an update is one kernel and needs no scratch."""

    def of(self, update):
        """An update of one block: itself."""
        return update


class FlatBlocks(Blocks):
    """Blocks of one dimension without gaps, in the host's memory: BLAS needs one pass, and rounds y + ax once, as PyTorch does."""

    def __init__(self, xp, work, blocks):
        from scipy.linalg import blas  # which takes long to import

        super().__init__(xp, work, blocks)
        self.axpy, self.scal = (blas.saxpy, blas.sscal) if work.itemsize == 4 else (blas.daxpy, blas.dscal)

    def number(self, value):
        """A number as PyTorch's operations on this dtype take it: NumPy's do so too where that is the arrays' own."""
        return value

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
    kind = Blocks if on_host(theta) else DeviceBlocks
    return kind(array_module(theta), work_dtype(theta), [whole_block(theta, g, states)])


def whole_block(theta, g, states):
    """The only block of `whole`."""
    xp, work = array_module(theta), work_dtype(theta)
    dtypes = work, theta.dtype, work
    scratch = [xp.empty(theta.shape, dtype) for dtype in dtypes] if on_host(theta) else NO_SCRATCH
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
        self.xp, self.work, self.host = xp, work_dtype(like), on_host(like)
        self.casts = self.work != like.dtype
        self.single = Blocks if self.host else DeviceBlocks
        self.kind = FlatBlocks if self.host and not self.casts else self.single
        self.axes, sizes = [memory_order(a) for a in thetas], [a.size for a in thetas]
        self.block, limit = (BLOCK, SMALL) if self.host else (max(sizes), 0)
        small, self.large = [i for i, n in enumerate(sizes) if n <= limit], [i for i, n in enumerate(sizes) if n > limit]
        self.span, total = [None] * len(thetas), 0
        for i in small + self.large:
            self.span[i] = slice(total, total + sizes[i])
            total += sizes[i]
        self.flat = [xp.full(total, value, like.dtype) for _ in range(count)]
        self.home = [tuple(shaped(flat[span], a.shape, axes) for flat in self.flat) for a, span, axes in zip(thetas, self.span, self.axes)]
        width = min(self.block, total) if self.host else 0
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
        scratch = [buffer[:hi - lo] for buffer in self.scratch] if self.host else NO_SCRATCH
        return lo, hi, [flat[start + lo:start + hi] for flat in self.flat], scratch

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
            yield self.single(self.xp, self.work, [whole_block(self.thetas[i], grads[i], self.home[i]) for i in odd])

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
                if self.casts and self.host:
                    self.gathered[1][:hi - lo] = g_part
                    g_part = self.gathered[1][:hi - lo]
                elif self.casts:
                    g_part = g_part.astype(self.work)
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
