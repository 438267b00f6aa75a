"""Optimizer: parameter groups, state, hooks and checkpoints; a subclass adds the rule.

Source: https://docs.pytorch.org/docs/2.13/optim.html
"""
import functools
import warnings
from collections import OrderedDict, defaultdict
from copy import deepcopy
from itertools import chain

from minitorch.autograd.modes import enable_grad, set_grad_enabled
from minitorch.backend import on_own_device
from minitorch.ops.data import tensor
from minitorch.optim.layout import Layout, step_dtype
from minitorch.tensor import Tensor
from minitorch.utils.hooks import RemovableHandle

_global_pre_hooks, _global_post_hooks = OrderedDict(), OrderedDict()


class _Required:
    def __repr__(self):
        return "<required parameter>"


required = _Required()


def register_optimizer_step_pre_hook(hook):
    """Call `hook(optimizer, args, kwargs)` before every step of every optimizer; it may return new (args, kwargs)."""
    return _register(_global_pre_hooks, hook)


def register_optimizer_step_post_hook(hook):
    """Call `hook(optimizer, args, kwargs)` after every step of every optimizer."""
    return _register(_global_post_hooks, hook)


def _register(hooks, hook, prepend=False):
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def with_grad_if_differentiable(step):
    """A step records history only if the optimizer was made with `differentiable=True`."""
    @functools.wraps(step)
    def wrapper(self, *args, **kwargs):
        with set_grad_enabled(self.defaults["differentiable"]):
            return step(self, *args, **kwargs)
    return wrapper


def scalar(value):
    """A hyperparameter as the kernels take it: a number, or on a device a 0-d array (so nothing waits for its value)."""
    if not isinstance(value, Tensor):
        return value
    return value.item() if value.is_cpu else value._array.reshape(())


def evaluate(closure):
    """The loss of a closure, recorded whatever the mode; None without a closure."""
    if closure is None:
        return None
    with enable_grad():
        return closure()


def check_step_settings(fused, foreach, differentiable):
    """The combinations of implementations that exclude each other; here they all compute the same."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def check_capturable(group):
    """A captured graph needs a device: the parameters that are updated must be on one."""
    if group["capturable"] and not all(p.is_cuda for p in group["params"] if p.grad is not None):
        raise AssertionError("If capturable=True, params and state_steps must be on supported devices: "
                             "['cuda', 'xpu', 'hpu', 'privateuseone', 'xla'].")


class Optimizer:
    """What all optimizers share.

    Args:
        params: the tensors to optimize, in an order that is the same in every run; or (name, tensor) pairs; or dicts with
            "params" and settings of their own, one for each parameter group.
        defaults: the settings of groups that do not give their own.

    Attributes:
        param_groups: a list of dicts, each with "params" and every setting.
        state: for each parameter that has been updated a dict of its state.

    Raises:
        TypeError: `params` is a tensor, or holds something that is no tensor.
        ValueError: no parameters, or a tensor that is the result of an operation.

    Example:
        >>> import minitorch as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.SGD([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([0., 0.])
    """

    def __init__(self, params, defaults):
        self.defaults = defaults
        self._make_hooks()
        self._patch_step_function()
        if isinstance(params, Tensor):
            raise TypeError("params argument given to the optimizer should be an iterable of Tensors or dicts, "
                            f"but got {_typename(params)}: put it in a list")
        self.state = defaultdict(dict)
        self.param_groups = []
        self._layouts = {}
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _make_hooks(self):
        for name in ("step_pre", "step_post", "state_dict_pre", "state_dict_post", "load_state_dict_pre", "load_state_dict_post"):
            self.__dict__.setdefault(f"_optimizer_{name}_hooks", OrderedDict())

    def _patch_step_function(self):
        """Let `step` of this class call the hooks; done when the first optimizer of the class is made."""
        if not getattr(type(self).step, "hooked", False):
            type(self).step = self.profile_hook_step(type(self).step)
            type(self).step.hooked = True

    @staticmethod
    def profile_hook_step(func):
        """`func`, a step, with the step hooks before and after it; it updates parameters of any device, whichever is current."""
        func = on_own_device(func)

        @functools.wraps(func)
        def wrapper(*args, **kwargs):
            self = args[0]
            for hook in chain(_global_pre_hooks.values(), self._optimizer_step_pre_hooks.values()):
                result = hook(self, args, kwargs)
                if result is not None:
                    if not (isinstance(result, tuple) and len(result) == 2):
                        raise RuntimeError(f"{func} must return None or a tuple of (new_args, new_kwargs), but got {result}.")
                    args, kwargs = result
            out = func(*args, **kwargs)
            for hook in chain(self._optimizer_step_post_hooks.values(), _global_post_hooks.values()):
                hook(self, args, kwargs)
            return out
        return wrapper

    def __getstate__(self):
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._layouts = {}
        self._make_hooks()
        self._patch_step_function()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self):
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n" + "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"

    def step(self, closure=None):
        """Update the parameters once.

        Args:
            closure: a function that computes the loss anew and calls backward; its value is returned.
        """
        raise NotImplementedError

    def zero_grad(self, set_to_none=True):
        """Forget the gradients of all parameters (or fill them with zeros, with `set_to_none=False`)."""
        for group in self.param_groups:
            for p in group["params"]:
                grad = p.grad
                if grad is None:
                    continue
                if set_to_none:
                    p.grad = None
                    continue
                if grad.grad_fn is not None:
                    grad.detach_()
                else:
                    grad.requires_grad_(False)
                grad.zero_()

    def add_param_group(self, param_group):
        """Add a parameter group, such as layers that are to be trained from now on.

        Args:
            param_group: a dict with "params" (a tensor, or a list of tensors or of (name, tensor) pairs), and settings.

        Raises:
            TypeError: not a dict, a set of parameters, or something that is no tensor.
            ValueError: a tensor that is the result of an operation; a parameter of another group; names for some only.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError("optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                            "will change between runs. Please use a list instead.")
        params = [params] if isinstance(params, Tensor) else list(params)
        names = [p[0] for p in params if isinstance(p, tuple)]
        params = [p[1] if isinstance(p, tuple) else p for p in params]
        param_group["params"] = params
        if names:
            if len(names) != len(params):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["param_names"] = names
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {_typename(p)}")
            if not self.defaults.get("differentiable", None) and not (p.is_leaf or p.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        if len(params) != len({id(p) for p in params}):
            warnings.warn("optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                          "see github.com/pytorch/pytorch/issues/40967 for more information", stacklevel=3)
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                raise ValueError("all optimizer param groups should be with/without names. cannot add param group "
                                 f"{'with' if names else 'without'} names to the optimizer")
        taken = {id(p) for group in self.param_groups for p in group["params"]}
        if not taken.isdisjoint(map(id, params)):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    # ---- updates ------------------------------------------------------------------------------------------------------

    def _updates(self, group, names, counted=True, value=0.0):
        """What is to be updated in a group now: pairs of the number of this step and blocks of (θ, g, states, scratch).

        Args:
            names: the names of the state tensors, in the order in which the kernel takes them.
            counted: whether the state has a "step". Without one the first of a pair says whether the states are new.
            value: what new states are filled with.
        """
        return self._layout(group, names, counted, value).updates(self.state)

    def _layout(self, group, names, counted, value):
        layout = self._layouts.get(id(group))
        if layout is None or not layout.fits(group["params"], names):
            layout = self._layouts[id(group)] = Layout(group["params"], names, counted, value, bool(group.get("fused")))
        return layout

    def _ensure_state(self, group, names, value=0.0):
        """Make the states that `_updates` would make, for a step in operations of tensors."""
        if group.get("foreach"):
            raise AssertionError("_foreach ops don't support autograd")
        layout = self._layout(group, names, True, value)
        layout.place_missing(self.state, [k for k, p in enumerate(group["params"]) if p.grad is not None])

    def _make_state(self, group, names, value):
        """Make the states of all parameters of a group, with or without gradients."""
        self._layout(group, names, True, value).place_missing(self.state, range(len(group["params"])))

    def _make_step_tensors(self):
        """Older checkpoints hold "step" as a number."""
        for group in self.param_groups:
            for p in group["params"]:
                own = self.state.get(p)
                if own and not isinstance(own["step"], Tensor):
                    own["step"] = tensor(float(own["step"]), dtype=step_dtype(group.get("fused")))

    # ---- checkpoints --------------------------------------------------------------------------------------------------

    def state_dict(self):
        """The state as a dict of "state" (by parameter number) and "param_groups" (settings, and the parameters' numbers).

        It is in PyTorch's format: either library loads what the other saved.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        number, groups, start = {}, [], 0
        for group in self.param_groups:
            for i, p in enumerate(group["params"], start):
                number.setdefault(id(p), i)
            groups.append({**{k: v for k, v in group.items() if k != "params"}, "params": [number[id(p)] for p in group["params"]]})
            start += len(group["params"])
        state = {number[id(k)] if isinstance(k, Tensor) else k: v for k, v in self.state.items()}
        state_dict = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            result = hook(self, state_dict)
            state_dict = state_dict if result is None else result
        return state_dict

    def load_state_dict(self, state_dict):
        """Take over a state made by `state_dict`; the parameters are matched by their order.

        State tensors get the dtype and the device of their parameter, but for "step". Tensors that need no conversion are
        taken as they are, not copied, as in PyTorch.

        Raises:
            ValueError: another number of groups, or of parameters in a group.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            result = hook(self, state_dict)
            state_dict = state_dict if result is None else result
        groups, saved_groups = self.param_groups, deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(group["params"]) != len(saved["params"]) for group, saved in zip(groups, saved_groups)):
            raise ValueError("loaded state dict contains a parameter group that doesn't match the size of optimizer's group")
        parameter = dict(zip(chain.from_iterable(g["params"] for g in saved_groups), chain.from_iterable(g["params"] for g in groups)))
        settings = {number: saved for saved in reversed(saved_groups) for number in saved["params"]}
        state = defaultdict(dict)
        for k, v in state_dict["state"].items():
            if k in parameter:
                state[parameter[k]] = _adapt(v, parameter[k], settings[k])
            else:
                state[k] = v
        for group, saved in zip(groups, saved_groups):
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved_groups})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    # ---- hooks --------------------------------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook):
        """Call `hook(optimizer, args, kwargs)` before each step; it may return new (args, kwargs). Returns a handle with `remove()`."""
        return _register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook):
        """Call `hook(optimizer, args, kwargs)` after each step. Returns a handle with `remove()`."""
        return _register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook, prepend=False):
        """Call `hook(optimizer)` before `state_dict`. Returns a handle with `remove()`."""
        return _register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook, prepend=False):
        """Call `hook(optimizer, state_dict)` after `state_dict`; it may return another one. Returns a handle with `remove()`."""
        return _register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook, prepend=False):
        """Call `hook(optimizer, state_dict)` before a state is loaded; it may return another one. Returns a handle with `remove()`."""
        return _register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook, prepend=False):
        """Call `hook(optimizer)` after a state was loaded. Returns a handle with `remove()`."""
        return _register(self._optimizer_load_state_dict_post_hooks, hook, prepend)


def _adapt(value, p, settings, key=None):
    """A loaded value for parameter `p`: floating state gets p's dtype; "step" keeps its own, or is float32 if fused or capturable."""
    if isinstance(value, Tensor):
        if key == "step":
            return value.float() if settings.get("fused") or settings.get("capturable") else value
        return value.to(dtype=p.dtype, device=p.device) if p.dtype.is_floating_point else value.to(device=p.device)
    if isinstance(value, dict):
        return {k: _adapt(v, p, settings, k) for k, v in value.items()}
    if hasattr(value, "__iter__"):
        return type(value)(_adapt(v, p, settings) for v in value)
    return value


def _typename(value):
    """PyTorch's name of a value's type, for messages."""
    if isinstance(value, Tensor):
        return f"torch.{'cuda.' if value.is_cuda else ''}{value.dtype.legacy}"
    kind = type(value)
    return kind.__qualname__ if kind.__module__ in ("builtins", "__builtin__") else f"{kind.__module__}.{kind.__qualname__}"
