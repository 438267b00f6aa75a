"""How a module sees the gradients that go in and out of it.

Two identities stand around the module: one its outputs pass, one its inputs. In backward the first one is reached with the
gradients of the outputs (backward pre-hooks run), the second with those of the inputs (full backward hooks run).
"""
import warnings
from functools import partial

from minitorch.autograd.function import Function
from minitorch.autograd.modes import is_grad_enabled
from minitorch.ops.creation import zeros
from minitorch.tensor import Tensor

_NO_INPUT = ("Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require gradients. "
             "See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook "
             "for more details.")


class BackwardHookFunction(Function):
    """Identity on tensors; its backward hands the gradients to a callback and passes on what that returns.

    A gradient that nobody sent is zeros, for the callback already (`materialize`) or only behind it.
    """

    @staticmethod
    def forward(ctx, callback, materialize, *tensors):
        ctx.callback = callback
        zeros_like = lambda t: partial(zeros, t.shape, dtype=t.dtype, device=t.device)
        ctx.zeros = [zeros_like(t) if t.requires_grad and not materialize else None for t in tensors]
        ctx.set_materialize_grads(materialize)
        ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx, *grads):
        grads = ctx.callback(grads)
        return None, None, *(zero() if grad is None and zero else grad for grad, zero in zip(grads, ctx.zeros, strict=True))


class Boundary:
    """The two identities of one call, and the user's hooks that run at them.

    Args:
        module: the module, the hooks' first argument.
        hooks: called with (module, grad_input, grad_output) at the inputs.
        pre_hooks: called with (module, grad_output) at the outputs.
    """

    def __init__(self, module, hooks, pre_hooks):
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.inputs = self.outputs = None             # the places of the tensors, once they passed an identity
        self.n_inputs = self.n_outputs = 0
        self.one_output = False
        self.grad_outputs = None

    def around_inputs(self, args):
        """The arguments of `forward`, their tensors behind the first identity."""
        self.n_inputs = len(args)
        args, self.inputs = self._pass(args, self._at_inputs, True)
        return args

    def around_outputs(self, result):
        """The result of `forward`, its tensors behind the second identity."""
        self.one_output = not isinstance(result, tuple)
        results = (result,) if self.one_output else result
        self.n_outputs = len(results)
        passed, self.outputs = self._pass(results, self._at_outputs, False)
        return passed[0] if self.one_output else passed

    @staticmethod
    def _pass(values, callback, materialize):
        places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
        if not (is_grad_enabled() and any(values[i].requires_grad for i in places)):
            return values, None
        passed = BackwardHookFunction.apply(callback, materialize, *[values[i] for i in places])
        values = list(values)
        for i, value in zip(places, passed, strict=True):
            values[i] = value
        return tuple(values), places

    def _at_outputs(self, grads):
        grad_outputs = _spread(grads, self.outputs, self.n_outputs)
        for hook in self.pre_hooks:
            changed = hook(self.module, grad_outputs)
            if changed is not None:
                if len(changed) != len(grad_outputs):
                    raise RuntimeError("Backward pre hook returned an invalid number of grad_output, "
                                       f"got {len(changed)}, but expected {len(grad_outputs)}")
                grad_outputs = changed
        if self.inputs is None:                       # no input needs a gradient: the other identity is never reached
            warnings.warn(_NO_INPUT, stacklevel=2)
            for hook in self.hooks:
                changed = hook(self.module, (None,) * self.n_inputs, grad_outputs)
                if changed is not None and not (isinstance(changed, tuple) and all(grad is None for grad in changed)):
                    raise RuntimeError("Backward hook for Modules where no input requires gradient should always return None or None for "
                                       "all gradients.")
        else:
            self.grad_outputs = grad_outputs
        return [grad_outputs[i] for i in self.outputs]

    def _at_inputs(self, grads):
        if self.grad_outputs is None:                 # the outputs had no part in this gradient, as in a second derivative
            return grads
        grad_inputs = _spread(grads, self.inputs, self.n_inputs)
        for hook in self.hooks:
            changed = hook(self.module, grad_inputs, self.grad_outputs)
            if changed is not None:
                if len(changed) != len(grad_inputs):
                    raise RuntimeError("Backward hook returned an invalid number of grad_input, "
                                       f"got {len(changed)}, but expected {len(grad_inputs)}")
                grad_inputs = changed
        self.grad_outputs = None
        return [grad_inputs[i] for i in self.inputs]


def _spread(grads, places, n):
    """The gradients of tensors at their places among n values, None at the others."""
    spread = [None] * n
    for i, grad in zip(places, grads, strict=True):
        spread[i] = grad
    return tuple(spread)
