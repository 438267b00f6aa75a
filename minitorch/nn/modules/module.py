"""Module: the base of every layer and network.

Its parts are in files of their own: the tree of modules (`_tree.py`), calls and hooks (`_hooks.py`), the state dict (`_state.py`). Here are
attributes, registration, conversion, modes and printing.
Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Module.html
"""
from collections import OrderedDict
from textwrap import indent

from minitorch import dtypes
from minitorch.autograd.modes import no_grad
from minitorch.nn.modules._hooks import (
    Hooked,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
)
from minitorch.nn.modules._state import Stateful
from minitorch.nn.modules._tree import Tree
from minitorch.nn.modules.utils import _typename
from minitorch.nn.parameter import Buffer, Parameter
from minitorch.ops.creation import empty_like
from minitorch.tensor import Tensor
from minitorch.tensor import device as Device

__all__ = ["Module", "register_module_forward_hook", "register_module_forward_pre_hook", "register_module_full_backward_hook",
           "register_module_full_backward_pre_hook"]

_HOOK_TABLES = ("_backward_pre_hooks", "_backward_hooks", "_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
                "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_state_dict_hooks", "_state_dict_pre_hooks",
                "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks")


class Module(Tree, Hooked, Stateful):
    """Base of all layers and networks: what is assigned to its attributes is registered.

    A Parameter becomes one of `parameters()`, a Buffer one of `buffers()`, a Module one of `children()`; any other value is an
    ordinary attribute. Subclasses call `super().__init__()` first and define `forward`.

    Example:
        >>> import minitorch as torch
        >>> class Scale(torch.nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.factor = torch.nn.Parameter(torch.tensor(2.0))
        ...     def forward(self, x):
        ...         return x * self.factor
        >>> Scale()(torch.ones(2))
        tensor([2., 2.], grad_fn=<MulBackward0>)
    """

    call_super_init = False                           # whether __init__ goes on to the next class of a multiple inheritance

    def __init__(self, *args, **kwargs):
        if not self.call_super_init:
            if kwargs:
                raise TypeError(f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'")
            if args:
                raise TypeError(f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given")
        state = self.__dict__
        state["training"] = True
        state["_parameters"], state["_buffers"], state["_modules"] = {}, {}, {}
        state["_non_persistent_buffers_set"] = set()
        for table in _HOOK_TABLES:
            state[table] = OrderedDict()
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *input):
        """What the module computes: to be defined by every subclass."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    # ---- attributes ----------------------------------------------------------------------------------------------------

    def __setattr__(self, name, value):
        state = self.__dict__
        if isinstance(value, Parameter):
            self._forget(name, "parameters", "_buffers", "_modules")
            self.register_parameter(name, value)
        elif name in state.get("_parameters", ()):
            if value is not None:
                raise TypeError(f"cannot assign '{_typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)")
            state["_parameters"][name] = None
        elif isinstance(value, Module):
            self._forget(name, "module", "_parameters", "_buffers")
            state["_modules"][name] = value
        elif name in state.get("_modules", ()):
            if value is not None:
                raise TypeError(f"cannot assign '{_typename(value)}' as child module '{name}' (torch.nn.Module or None expected)")
            state["_modules"][name] = None
        elif name in state.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(f"cannot assign '{_typename(value)}' as buffer '{name}' (torch.nn.Buffer, torch.Tensor or None expected)")
            if isinstance(value, Buffer):
                self.register_buffer(name, value, value.persistent)
            state["_buffers"][name] = value
        elif isinstance(value, Buffer):
            self._forget(name, "buffer", "_parameters", "_modules")
            self.register_buffer(name, value, value.persistent)
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name, kind, *tables):
        """Take a name out of everything but the table that it is about to enter."""
        state = self.__dict__
        if "_parameters" not in state:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        state.pop(name, None)
        for table in tables:
            state[table].pop(name, None)
        state["_non_persistent_buffers_set"].discard(name)

    def __getattr__(self, name):                      # only asked when the ordinary ways have found nothing
        state = self.__dict__
        for table in ("_parameters", "_buffers", "_modules"):
            if table in state and name in state[table]:
                return state[table][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name):
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self):
        names = {*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers}
        return sorted(name for name in names if not name[:1].isdigit())

    def __setstate__(self, state):
        self.__dict__.update(state)
        for table in _HOOK_TABLES:
            self.__dict__.setdefault(table, OrderedDict())
        self.__dict__.setdefault("_non_persistent_buffers_set", set())

    # ---- registration --------------------------------------------------------------------------------------------------

    def _check_name(self, kind, name, table):
        if table not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {_typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[table]:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name, param):
        """Add a parameter under a name; None keeps the name without a parameter.

        Raises:
            KeyError: the name is empty, has a dot or is taken.
            TypeError: `param` is no Parameter.
            ValueError: `param` is not a leaf.
        """
        self._check_name("parameter", name, "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"cannot assign '{_typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)")
        if param is not None and param.grad_fn is not None:
            raise ValueError(f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
                             f"express '{name}' as a function of another Tensor, compute the value in the forward() method.")
        self._parameters[name] = param

    def register_buffer(self, name, tensor, persistent=True):
        """Add a buffer: state that is not trained, such as a running mean.

        Args:
            name: how it is reached as an attribute.
            tensor: a Tensor, or None to keep the name.
            persistent: whether it belongs to the `state_dict`.

        Raises:
            KeyError: the name is empty, has a dot or is taken.
            TypeError: `tensor` is no Tensor.

        Example:
            >>> import minitorch as torch
            >>> m = torch.nn.Module()
            >>> m.register_buffer("steps", torch.tensor(3))
            >>> m.steps
            tensor(3)
        """
        self._check_name("buffer", name, "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"cannot assign '{_typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)")
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name, module):
        """Add a submodule under a name; None keeps the name without a module.

        Raises:
            KeyError: the name is empty, has a dot or is taken.
            TypeError: `module` is no Module.
        """
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{_typename(module)} is not a Module subclass")
        self._check_name("module", name, "_modules")
        self._modules[name] = module

    def register_module(self, name, module):
        """The same as `add_module`."""
        self.add_module(name, module)

    # ---- conversion ----------------------------------------------------------------------------------------------------

    def _apply(self, fn, recurse=True):
        """Replace every parameter, gradient and buffer by `fn` of it; parameters stay the same objects, so optimizers go on."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        with no_grad():
            for parameter in self._parameters.values():
                if parameter is not None:
                    parameter.data = fn(parameter.data)
                    if parameter.grad is not None:
                        parameter.grad.data = fn(parameter.grad.data)
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    self._buffers[name] = fn(buffer)
        return self

    def to(self, *args, **kwargs):
        """Move parameters and buffers to a device, and the floating ones to a dtype; in place, returns the module.

        Forms: `to(device)`, `to(dtype)`, `to(device, dtype)`, `to(tensor)` (its device and dtype), with `device=`, `dtype=`.

        Raises:
            TypeError: the dtype is not floating.

        Example:
            >>> import minitorch as torch
            >>> torch.nn.Linear(1, 1).to(torch.float64).weight.dtype
            torch.float64
        """
        place, dtype = _parse_to(*args, **kwargs)
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}")

        def convert(t):
            t = t if place is None else t.to(place)
            return t.to(dtype) if dtype is not None and t.is_floating_point() else t
        return self._apply(convert)

    def to_empty(self, *, device, recurse=True):
        """Move to a device without copying the values: memory is new and not initialised."""
        return self._apply(lambda t: empty_like(t, device=device), recurse)

    def cpu(self):
        """Move parameters and buffers to the CPU."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device=None):
        """Move parameters and buffers to a CUDA device."""
        return self._apply(lambda t: t.cuda(device))

    def type(self, dst_type):
        """Convert every parameter and buffer, of any kind, to a dtype."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self):
        """Convert floating parameters and buffers to float32."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self):
        """Convert floating parameters and buffers to float64."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self):
        """Convert floating parameters and buffers to float16."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    # ---- modes ---------------------------------------------------------------------------------------------------------

    def train(self, mode=True):
        """Set training mode (or evaluation mode) here and in every submodule; returns the module.

        Raises:
            ValueError: `mode` is not a bool.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """Set evaluation mode: dropout passes everything, batch norm uses its running statistics."""
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        """Say for every parameter whether it is to be trained; returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Drop the gradients of all parameters, or set them to zero."""
        for parameter in self.parameters():
            if parameter.grad is not None:
                if set_to_none:
                    parameter.grad = None
                else:
                    parameter.grad.detach_().requires_grad_(False).zero_()

    # ---- printing ------------------------------------------------------------------------------------------------------

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self):
        """The settings of the layer, for its printed form: to be defined by subclasses that have some."""
        return ""

    def __repr__(self):
        settings = self.extra_repr()
        return _frame(self._get_name(), settings, [f"({name}): {module!r}" for name, module in self._modules.items()])


def _frame(name, settings, children):
    """`Name(settings)` on one line when there is one line, else every setting's line and child on indented lines."""
    if not children and "\n" not in settings:
        return f"{name}({settings})"
    lines = "\n".join([settings] * bool(settings) + children)
    return f"{name}(\n{indent(lines, '  ', lambda line: True)}\n)"


def _parse_to(place=None, dtype=None, non_blocking=False, copy=False, *, device=None, tensor=None, memory_format=None, **unknown):
    """The (device, dtype) that the arguments of `to` ask for."""
    if unknown or not isinstance(place, str | int | Device | dtypes.dtype | Tensor | None):
        got = f"{next(iter(unknown))}={next(iter(unknown.values()))!r}" if unknown else type(place).__name__
        raise TypeError(f"to() received an invalid combination of arguments - got {got}, but it takes a device and a dtype, or a tensor")
    if isinstance(place, Tensor) or tensor is not None:
        like = place if tensor is None else tensor
        return like.device, like.dtype
    if isinstance(place, dtypes.dtype):
        place, dtype = None, place
    place = device if place is None else place
    return None if place is None else Device(place), dtype
