"""A module called with other tensors for its own: what torch.nn.utils.stateless and torch.func share."""
import warnings
from contextlib import contextmanager

__all__ = ["functional_call"]


def functional_call(module, parameters_and_buffers, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """The older name of `torch.func.functional_call`, for one dict; warns as torch's does.

    Example:
        >>> import minitorch as torch
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     torch.nn.utils.stateless.functional_call(torch.nn.Linear(2, 1), {"weight": torch.ones(1, 2), "bias": torch.zeros(1)},
        ...                                              torch.tensor([3.0, 4.0]))
        tensor([7.])
    """
    warnings.warn("torch.nn.utils.stateless.functional_call is deprecated: use torch.func.functional_call", FutureWarning, stacklevel=2)
    return called_with(module, parameters_and_buffers, args, kwargs, tie_weights, strict)


def called_with(module, tensors, args, kwargs, tie_weights, strict):
    """The module's output with these tensors in place of its own."""
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with reparametrized(module, tensors, tie_weights, strict):
        return module(*args, **(kwargs or {}))


@contextmanager
def reparametrized(module, tensors, tie_weights, strict):
    """Other tensors in a module's tables; at the end its own again. What forward assigned anew goes into `tensors`."""
    own = {name: t for kind in (module.named_parameters, module.named_buffers) for name, t in kind(remove_duplicate=False)}
    if strict:
        extra, missing = [n for n in tensors if n not in own], [n for n in own if n not in tensors]
        tied = {id(own[n]) for n in tensors if n in own} if tie_weights else set()
        missing = [n for n in missing if id(own[n]) not in tied]
        if extra or missing:
            raise RuntimeError(f"Error(s) in loading tensors for {type(module).__name__}: unexpected keys {extra}, missing keys {missing}")
    swapped = dict(tensors)
    if tie_weights:
        swapped = tied_names(own, tensors)
    before = {}
    try:
        for name, t in swapped.items():
            path, _, last = name.rpartition(".")
            table = table_of(module.get_submodule(path), last)
            if table is None:                         # as in torch, a name that nothing uses does no harm
                continue
            before[name] = table, last, table[last]
            table[last] = t
        yield
    finally:
        for name, (table, last, value) in reversed(before.items()):
            if name in tensors and table[last] is not swapped[name]:
                tensors[name] = table[last]
            table[last] = value


def table_of(module, name):
    """The dict of a module that holds a parameter or a buffer, None if none does."""
    return next((table for table in (module._parameters, module._buffers) if name in table), None)


def tied_names(own, tensors):
    """The same tensors under all names that the module has for them.

    Raises:
        ValueError: two names of one tensor are given different ones.
    """
    groups = {}
    for name, t in own.items():
        groups.setdefault(id(t), []).append(name)
    found = dict(tensors)
    for names in groups.values():
        given = [n for n in names if n in tensors]
        if len({id(tensors[n]) for n in given}) > 1:
            raise ValueError(f"functional_call got multiple values for keys {given}, which are tied. Consider using tie_weights=False")
        if given:
            found |= {n: tensors[given[0]] for n in names}
    return found
