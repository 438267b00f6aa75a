"""Products with a Jacobian: from the right by walking the graph backward, from the left by walking that walk backward again.

A vector-Jacobian product is one backward pass. It is linear in its cotangent u, so differentiating it with respect to u gives
the other product, with nothing but backward passes:

    g(u) = Jᵀu   →   ∂(gᵀv)/∂u = Jv
"""
from minitorch.autograd.graph import grad
from minitorch.tensor import Tensor


def pullback(outputs, inputs, cotangents=None, create_graph=False, retain_graph=None):
    """Jᵀu for each input, None for an input that no output depends on; outputs without history (or None) count for nothing."""
    cotangents = [None] * len(outputs) if cotangents is None else cotangents
    live = [(out, u) for out, u in zip(outputs, cotangents, strict=True) if out is not None and out.requires_grad]
    if not live:
        return (None,) * len(inputs)
    outs, us = zip(*live)
    return grad(outs, inputs, us, retain_graph, create_graph, allow_unused=True)


class Linearization:
    """The graph from which Jv is read for any v: Jᵀu at a u that is a variable. `pulled` is None for inputs that count for nothing."""

    def __init__(self, outputs, inputs):
        self.seeds = tuple(out.detach().new_zeros(out.shape).requires_grad_() for out in outputs)     # Jᵀu is linear: any u will do
        self.pulled = pullback(outputs, inputs, self.seeds, create_graph=True)

    def push(self, tangents=None, create_graph=False):
        """Jv for each output, None for an output that depends on no input."""
        return pullback(self.pulled, self.seeds, tangents, create_graph, retain_graph=True)


def basis(t):
    """The unit vectors of a tensor's space, each in its shape."""
    from minitorch.ops.creation import eye
    n = t._array.size
    return [row.reshape(t.shape) for row in eye(n, dtype=t.dtype, device=t.device)] if n else []


def stacked(rows):
    """Tensors of one shape along a new first dimension."""
    from minitorch.ops.joining import stack
    return stack(rows)


def or_zeros(found, like):
    """Zeros for what is None."""
    return tuple(t.detach().new_zeros(t.shape) if f is None else f for f, t in zip(found, like, strict=True))


def is_tensor(value):
    """Whether a value is a Tensor."""
    return isinstance(value, Tensor)
