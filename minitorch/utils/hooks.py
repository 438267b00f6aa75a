"""What registering a hook returns, and the boundary that lets a module see its gradients.

Source: https://docs.pytorch.org/docs/2.13/generated/torch.nn.Module.html
"""
import weakref
from collections import OrderedDict
from itertools import count

_next_id = count().__next__


class RemovableHandle:
    """A registered hook, which `remove()` (or the end of a `with` block) takes away again.

    Args:
        hooks_dict: the OrderedDict that holds the hook; only a weak reference is kept.
        extra_dict: one more OrderedDict, or several, from which the hook's id is to go too.

    Example:
        >>> from collections import OrderedDict
        >>> hooks = OrderedDict()
        >>> handle = RemovableHandle(hooks)
        >>> hooks[handle.id] = print
        >>> handle.remove()
        >>> len(hooks)
        0
    """

    def __init__(self, hooks_dict, *, extra_dict=None):
        self.id = _next_id()
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        extras = [] if extra_dict is None else [extra_dict] if isinstance(extra_dict, dict) else extra_dict
        self.extra_dict_ref = tuple(weakref.ref(extra) for extra in extras)

    def remove(self):
        """Take the hook away; nothing happens if it is gone already."""
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self):
        return self.hooks_dict_ref(), self.id, tuple(reference() for reference in self.extra_dict_ref)

    def __setstate__(self, state):
        hooks_dict, self.id, extras = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks_dict is None else hooks_dict)
        self.extra_dict_ref = tuple(weakref.ref(OrderedDict() if extra is None else extra) for extra in extras)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()
