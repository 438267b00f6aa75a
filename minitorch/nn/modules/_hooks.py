"""Calling a module, and the hooks around the call."""
import warnings
from collections import OrderedDict

from minitorch.nn.modules._backward_hooks import Boundary
from minitorch.tensor import Tensor
from minitorch.utils.hooks import RemovableHandle

_global_forward_pre_hooks = OrderedDict()
_global_forward_hooks = OrderedDict()
_global_backward_pre_hooks = OrderedDict()
_global_backward_hooks = OrderedDict()


def register_module_forward_pre_hook(hook):
    """Call `hook(module, args)` before the forward of every module; returns a RemovableHandle."""
    return _add(_global_forward_pre_hooks, hook)


def register_module_forward_hook(hook):
    """Call `hook(module, args, output)` after the forward of every module; returns a RemovableHandle."""
    return _add(_global_forward_hooks, hook)


def register_module_full_backward_pre_hook(hook):
    """Call `hook(module, grad_output)` before the backward of every module; returns a RemovableHandle."""
    return _add(_global_backward_pre_hooks, hook)


def register_module_full_backward_hook(hook):
    """Call `hook(module, grad_input, grad_output)` after the backward of every module; returns a RemovableHandle."""
    return _add(_global_backward_hooks, hook)


def _add(hooks, hook, prepend=False, **flags):
    """Put a hook into a table, and its id into each table of `flags` whose flag is set."""
    tables = {id(table): table for table, _ in flags.values()}
    handle = RemovableHandle(hooks, extra_dict=list(tables.values()))
    hooks[handle.id] = hook
    for table, is_set in flags.values():
        if is_set:
            table[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


class Hooked:
    """The part of Module that runs `forward` with the hooks around it.

    Order of a call: forward pre-hooks, the boundary that will see the gradients of the inputs, `forward`, forward hooks,
    the boundary that will see the gradients of the outputs.
    """

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call `hook(module, args)` before `forward`; what it returns, if not None, replaces the arguments.

        Args:
            hook: returns None, one value, or a tuple of arguments; with `with_kwargs` it is called as
                `hook(module, args, kwargs)` and returns None or `(args, kwargs)`.
            prepend: whether it runs before the hooks that are there already.

        Example:
            >>> import minitorch as torch
            >>> m = torch.nn.Identity()
            >>> handle = m.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
            >>> m(torch.ones(2))
            tensor([2., 2.])
        """
        return _add(self._forward_pre_hooks, hook, prepend, with_kwargs=(self._forward_pre_hooks_with_kwargs, with_kwargs))

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Call `hook(module, args, output)` after `forward`; what it returns, if not None, replaces the output.

        Args:
            hook: with `with_kwargs` it is called as `hook(module, args, kwargs, output)`.
            prepend: whether it runs before the hooks that are there already.
            always_call: whether it also runs when something raised on the way.

        Example:
            >>> import minitorch as torch
            >>> m = torch.nn.Identity()
            >>> with m.register_forward_hook(lambda module, args, output: output + 1):
            ...     m(torch.ones(2))
            tensor([2., 2.])
        """
        return _add(self._forward_hooks, hook, prepend, with_kwargs=(self._forward_hooks_with_kwargs, with_kwargs),
                    always_call=(self._forward_hooks_always_called, always_call))

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call `hook(module, grad_output)` before the gradients go into the module; it may return other ones.

        Args:
            hook: gets the gradients of the outputs as a tuple; returns None or a tuple as long.
            prepend: whether it runs before the hooks that are there already.
        """
        return _add(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Call `hook(module, grad_input, grad_output)` when the gradients of the inputs are there; it may return other ones.

        Args:
            hook: gets tuples with an entry an input (an output), None for one without a gradient; returns None or a tuple
                in place of `grad_input`.
            prepend: whether it runs before the hooks that are there already.

        Example:
            >>> import minitorch as torch
            >>> m = torch.nn.ReLU()
            >>> handle = m.register_full_backward_hook(lambda module, grad_input, grad_output: print(grad_input))
            >>> m(torch.tensor([-1.0, 1.0], requires_grad=True)).sum().backward()
            (tensor([0., 1.]),)
        """
        return _add(self._backward_hooks, hook, prepend)

    def __call__(self, *args, **kwargs):
        if not (self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or self._backward_pre_hooks or
                _global_forward_hooks or _global_forward_pre_hooks or _global_backward_hooks or _global_backward_pre_hooks):
            return self.forward(*args, **kwargs)
        state = {"args": args, "kwargs": kwargs, "result": None, "called": set()}
        try:
            return self._call_hooked(args, kwargs, state)
        except Exception:
            self._call_remaining(state)
            raise

    def _call_hooked(self, args, kwargs, state):
        """The call with every hook. `state` says how far it came, for the hooks that run in any case."""
        for hook in [*_global_forward_pre_hooks.values()]:
            args = _as_tuple(hook(self, args), args)
        for key, hook in [*self._forward_pre_hooks.items()]:
            if key in self._forward_pre_hooks_with_kwargs:
                changed = hook(self, args, kwargs)
                if changed is not None:
                    if not (isinstance(changed, tuple) and len(changed) == 2):
                        raise RuntimeError(f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}.")
                    args, kwargs = changed
            else:
                args = _as_tuple(hook(self, args), args)
            state.update(args=args, kwargs=kwargs)

        hooks = [*_global_backward_hooks.values(), *self._backward_hooks.values()]
        pre_hooks = [*_global_backward_pre_hooks.values(), *self._backward_pre_hooks.values()]
        boundary = Boundary(self, hooks, pre_hooks) if hooks or pre_hooks else None
        if boundary is not None:
            args = boundary.around_inputs(args)
        result = state["result"] = self.forward(*args, **kwargs)

        for hook in [*_global_forward_hooks.values()]:
            changed = hook(self, args, result)
            result = state["result"] = result if changed is None else changed
        for key, hook in [*self._forward_hooks.items()]:
            state["called"].add(key)
            changed = hook(self, args, kwargs, result) if key in self._forward_hooks_with_kwargs else hook(self, args, result)
            result = state["result"] = result if changed is None else changed

        if boundary is not None:
            if not isinstance(result, Tensor | tuple):
                warnings.warn("For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                              f"{type(result)}", stacklevel=2)
            result = boundary.around_outputs(result)
        return result

    def _call_remaining(self, state):
        """After an exception: the hooks that asked to be called in any case and were not; what they raise is only warned of."""
        for key, hook in [*self._forward_hooks.items()]:
            if key in self._forward_hooks_always_called and key not in state["called"]:
                try:
                    if key in self._forward_hooks_with_kwargs:
                        changed = hook(self, state["args"], state["kwargs"], state["result"])
                    else:
                        changed = hook(self, state["args"], state["result"])
                    state["result"] = state["result"] if changed is None else changed
                except Exception as error:
                    warnings.warn("module forward hook with ``always_call=True`` raised an exception that was silenced as another error "
                                  f"was raised in forward: {error}", stacklevel=2)


def _as_tuple(changed, args):
    """A pre-hook's arguments: the old ones for None, one value as a tuple."""
    return args if changed is None else changed if isinstance(changed, tuple) else (changed,)
