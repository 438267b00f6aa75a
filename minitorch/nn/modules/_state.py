"""A module's state: what `state_dict` gives and `load_state_dict` takes."""
import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from functools import partial
from itertools import chain

from minitorch.autograd.modes import no_grad
from minitorch.nn.parameter import Parameter
from minitorch.tensor import Tensor
from minitorch.utils.hooks import RemovableHandle

_EXTRA_STATE = "_extra_state"


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What a state dict lacked and what it had too much."""
    __slots__ = ()

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"

    __str__ = __repr__


def _add(hooks, hook):
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


class Stateful:
    """The part of Module that saves and loads parameters, persistent buffers and extra state.

    Keys are dotted names, in registration order, a module's own before its submodules'.
    """

    _version = 1                                      # of the layout of a class's state; travels in the metadata

    def get_extra_state(self):
        """Something else to be kept in the state dict, under `_extra_state`: to be defined together with `set_extra_state`."""
        raise RuntimeError(f"{self._get_name()} has no extra state: define get_extra_state and set_extra_state, both")

    def set_extra_state(self, state):
        """Take back what `get_extra_state` gave."""
        raise RuntimeError(f"{self._get_name()} has no extra state: define get_extra_state and set_extra_state, both")

    def _has_extra_state(self, method):
        return getattr(type(self), method) is not getattr(Stateful, method)

    def _persistent(self):
        """Parameters and persistent buffers of this module alone, by name, those that are None left out."""
        buffers = ((name, b) for name, b in self._buffers.items() if name not in self._non_persistent_buffers_set)
        return {name: value for name, value in chain(self._parameters.items(), buffers) if value is not None}

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        """Put this module's own state into `destination`; subclasses may do more."""
        for name, value in self._persistent().items():
            destination[prefix + name] = value if keep_vars else value.detach()
        if self._has_extra_state("get_extra_state"):
            destination[prefix + _EXTRA_STATE] = self.get_extra_state()

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        """Parameters and persistent buffers of the whole tree, by dotted name, sharing memory with the module.

        Args:
            destination: the dict to fill; a new OrderedDict when omitted.
            prefix: what to put before every name.
            keep_vars: whether the Parameters themselves are given, not detached tensors.

        Example:
            >>> import minitorch as torch
            >>> list(torch.nn.Sequential(torch.nn.Linear(1, 1)).state_dict())
            ['0.weight', '0.bias']
        """
        if args:
            warnings.warn("Positional args are being deprecated, use kwargs instead. Refer to "
                          "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for details.",
                          FutureWarning, stacklevel=2)
            destination, prefix, keep_vars = (*args, *(destination, prefix, keep_vars)[len(args):])
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            changed = hook(self, destination, prefix, local_metadata)
            destination = destination if changed is None else changed
        return destination

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy a state dict into the parameters and buffers of the tree; returns what was missing and unexpected.

        Args:
            state_dict: tensors by dotted name.
            strict: whether a missing or unexpected name is an error.
            assign: whether the tensors of the dict take the place of the module's instead of being copied into them
                (a parameter keeps its `requires_grad`).

        Raises:
            TypeError: `state_dict` is not a mapping.
            RuntimeError: names (when `strict`) or shapes do not fit; every trouble is listed.

        Example:
            >>> import minitorch as torch
            >>> torch.nn.Linear(2, 1).load_state_dict(torch.nn.Linear(2, 1).state_dict())
            <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing, unexpected, errors = [], [], []
        metadata = getattr(state_dict, "_metadata", None)
        state_dict = OrderedDict(state_dict)          # hooks may change it
        if metadata is not None:
            state_dict._metadata = metadata

        def load(module, local, prefix):
            local_metadata = {} if metadata is None else metadata.get(prefix[:-1], {})
            if assign:
                local_metadata["assign_to_params_buffers"] = True
            module._load_from_state_dict(local, prefix, local_metadata, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    place = f"{prefix}{name}."
                    load(child, {key: value for key, value in local.items() if key.startswith(place)}, place)
            keys = _IncompatibleKeys(missing, unexpected)
            for hook in module._load_state_dict_post_hooks.values():
                assert hook(module, keys) is None, (
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, if "
                    "incompatible_keys need to be modified, it should be done inplace.")

        load(self, state_dict, "")
        if strict:
            named = lambda keys: ", ".join(f'"{key}"' for key in keys)
            unexpected_text = [f"Unexpected key(s) in state_dict: {named(unexpected)}. "] if unexpected else []
            missing_text = [f"Missing key(s) in state_dict: {named(missing)}. "] if missing else []
            errors = missing_text + unexpected_text + errors
        if errors:
            lines = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{lines}")
        return _IncompatibleKeys(missing, unexpected)

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs):
        """Take this module's own state out of `state_dict`; troubles are added to the three lists. Subclasses may do more."""
        for hook, with_module in self._load_state_dict_pre_hooks.values():
            leading = (self,) if with_module else ()
            hook(*leading, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own = self._persistent()
        for name, value in own.items():
            key = prefix + name
            if key in state_dict:
                self._load_value(name, key, value, state_dict[key], local_metadata.get("assign_to_params_buffers", False), error_msgs)
            elif strict:
                missing_keys.append(key)

        extra_key = prefix + _EXTRA_STATE
        if self._has_extra_state("set_extra_state"):
            if extra_key in state_dict:
                self.set_extra_state(state_dict[extra_key])
            elif strict:
                missing_keys.append(extra_key)
        elif strict and extra_key in state_dict:
            unexpected_keys.append(extra_key)

        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra_key:
                    name, dot, _ = key[len(prefix):].partition(".")
                    if name not in (self._modules if dot else own):
                        unexpected_keys.append(key)

    def _load_value(self, name, key, value, loaded, assign, error_msgs):
        """Copy one tensor into the parameter or buffer `value`, or put it in its place."""
        if not isinstance(loaded, Tensor):
            error_msgs.append(f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
                              f"but received {type(loaded)}")
            return
        if value.ndim == 0 and loaded.ndim == 1 and len(loaded) == 1:
            loaded = loaded[0]                        # scalars were saved as one element before torch 0.4
        if loaded.shape != value.shape:
            error_msgs.append(f"size mismatch for {key}: copying a param with shape {loaded.shape} from checkpoint, "
                              f"the shape in current model is {value.shape}.")
            return
        try:
            with no_grad():
                if not assign:
                    value.copy_(loaded)
                    return
                if isinstance(value, Parameter):
                    if isinstance(loaded, Parameter):
                        loaded.requires_grad_(value.requires_grad)
                    else:
                        loaded = Parameter(loaded, requires_grad=value.requires_grad)
                setattr(self, name, loaded)
        except Exception as error:
            error_msgs.append(f'While copying the parameter named "{key}", whose dimensions in the model are {value.shape} and whose '
                              f"dimensions in the checkpoint are {loaded.shape}, an exception occurred : {error.args}.")

    def register_state_dict_pre_hook(self, hook):
        """Call `hook(module, prefix, keep_vars)` before this module's state is gathered; returns a RemovableHandle."""
        return _add(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook):
        """Call `hook(module, state_dict, prefix, local_metadata)` after this module's state was gathered; it may change the dict in place.

        Example:
            >>> import minitorch as torch
            >>> m = torch.nn.Linear(1, 1)
            >>> handle = m.register_state_dict_post_hook(lambda module, state, prefix, metadata: state.pop("bias") and None)
            >>> list(m.state_dict())
            ['weight']
        """
        return _add(self._state_dict_hooks, partial(_call_returning_nothing, hook))

    def _register_state_dict_hook(self, hook):
        return _add(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook):
        """Call `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)` before loading."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        return _add(self._load_state_dict_pre_hooks, (hook, with_module))

    def register_load_state_dict_post_hook(self, hook):
        """Call `hook(module, incompatible_keys)` after this module was loaded; it may change the two lists in place."""
        return _add(self._load_state_dict_post_hooks, hook)


def _call_returning_nothing(hook, *args):
    if hook(*args) is not None:
        raise RuntimeError("state_dict post-hook must return None")
