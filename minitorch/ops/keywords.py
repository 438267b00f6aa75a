"""Arguments as PyTorch takes them: NumPy's names beside its own (`x.sum(axis=0, keepdims=True)`), and flags that are bools, not numbers."""
import functools
import inspect

OWN_NAME = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}
NUMPY_NAMES = frozenset(OWN_NAME)
IN_PYTHON = frozenset("split unflatten unique unique_consecutive stft".split())     # written in Python there: nothing but their own names


def as_torch_takes(function):
    """A function that answers to NumPy's names and refuses a flag that is no bool; one that has neither is returned as it is.

    Example:
        >>> import minitorch as torch
        >>> torch.ones(2, 3).sum(axis=0)
        tensor([2., 2., 2.])
    """
    parameters = inspect.signature(function).parameters
    flags = {name: k for k, (name, p) in enumerate(parameters.items()) if isinstance(p.default, bool)}
    if function.__name__ in IN_PYTHON or not flags and "dim" not in parameters:
        return function
    placed = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]       # what follows *sizes has no place
    name_of = {k: name for name, k in flags.items() if name in placed}
    first = min(name_of, default=len(parameters))

    @functools.wraps(function)
    def method(*args, **settings):
        if settings:
            if not NUMPY_NAMES.isdisjoint(settings):
                settings = renamed(settings, parameters)
            for name in settings:
                if name in flags:
                    check_flag(function, name, settings[name])
        for k in range(first, len(args)):
            if k in name_of:
                check_flag(function, name_of[k], args[k])
        return function(*args, **settings)
    return method


def renamed(settings, parameters):
    """Keywords with NumPy's names replaced by the function's own, where it has such a parameter."""
    return {OWN_NAME[k] if k not in parameters and OWN_NAME.get(k) in parameters else k: v for k, v in settings.items()}


def check_flag(function, name, value):
    """Refuse a flag that is neither True nor False (NumPy's are taken too)."""
    if value is not True and value is not False and type(value).__name__ not in ("bool", "bool_"):
        raise TypeError(f"{function.__name__}(): argument '{name}' must be bool, not {type(value).__name__}")
