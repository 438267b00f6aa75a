"""Arguments: torch's freedom in naming them, the promotion of operands, and the errors for what does not fit."""
import functools
import inspect

from minitorch import dtypes
from minitorch.backend import ARRAYS, device_count, device_name, devices_of, on_own_device

NUMBERS = frozenset((int, float))
ALIASES = (("input", "self", "x", "a", "x1"), ("other", "x2"))            # torch's name and NumPy's of the first two operands


def bind(op, args, settings):
    """Arguments in torch's freedom: keywords for tensors, settings by position, `input` and `other` for the first and second."""
    settings, arity = dict(settings), len(op.params)
    if len(args) > arity:
        names = list(op.defaults)
        if len(args) - arity > len(names):
            raise TypeError(f"{op.name}() takes {arity + len(names)} positional arguments but {len(args)} were given")
        for name, value in zip(names, args[arity:]):
            if name in settings:
                raise TypeError(f"{op.name}() got multiple values for argument '{name}'")
            settings[name] = value
        args = args[:arity]
    args = list(args)
    for i in range(len(args), arity):
        name = op.params[i]
        aliases = ALIASES[i] if i < 2 else ()
        given = next((k for k in (name, *aliases) if k in settings), None)
        value = op.optional[i] if given is None else settings.pop(given)
        if value is inspect.Parameter.empty:
            raise TypeError(f"{op.name}() missing required argument '{name}' (position {i + 1})")
        args.append(value)
    for name in settings:
        if name not in op.defaults:
            raise TypeError(f"{op.name}() got an unexpected keyword argument '{name}'")
    for name in op.required:
        if name not in settings:
            raise TypeError(f"{op.name}() missing required argument: '{name}'")
    return tuple(args), settings


def refuse_others(op, arguments):
    """Called without any Tensor: arrays are computed with, anything else is an error."""
    for i, a in enumerate(arguments):
        if isinstance(a, ARRAYS) or hasattr(a, "dtype") or i in op.lists and any(hasattr(t, "dtype") for t in a):
            return
    if arguments:
        raise TypeError(f"{op.name}(): argument '{op.params[0]}' (position 1) must be Tensor, not {type(arguments[0]).__name__}")


def refuse_two_devices(arrays):
    """Torch's error for arguments that lie on several devices; nothing if they do not."""
    places = {}
    for a in arrays:
        places |= {device_name(x): None for x in (a if type(a) in (list, tuple) else (a,)) if isinstance(x, ARRAYS)}
    if len(places) > 1:
        first, second = list(places)[:2]
        raise RuntimeError(f"Expected all tensors to be on the same device, but found at least two devices, {first} and {second}! "
                           "Move one with .to()")


def on_one_device(forward):
    """A forward that computes on its arguments' device, whichever is current, and refuses two; without devices, the forward itself.

    CuPy takes arrays of the host here and there, as indices for example. Torch takes them as indices in brackets only: a setting here.
    """
    if not device_count():
        return forward

    @functools.wraps(forward)
    def guarded(*arrays, **settings):
        places = devices_of(arrays)
        if len(places) > 1 or settings and len((places | devices_of(settings.values())) - {-1}) > 1:
            raise TypeError(f"{forward.__name__}: arguments on several devices")      # the caller names them
        return on_own(*arrays, **settings)
    on_own = on_own_device(forward)
    return guarded


def do_broadcast(arrays):
    """Whether shapes fit each other."""
    shapes = [getattr(a, "shape", ()) for a in arrays]
    return all(len({s[-k] for s in shapes if len(s) >= k and s[-k] != 1}) < 2 for k in range(1, max(map(len, shapes)) + 1))


def unequal_sizes(op, arrays):
    """Torch's words for operands that do not broadcast."""
    shapes = [getattr(a, "shape", ()) for a in arrays]
    width = max(map(len, shapes))
    for k in range(1, width + 1):
        sizes = [s[-k] for s in shapes if len(s) >= k and s[-k] != 1]
        if len(set(sizes)) > 1:
            return (f"The size of tensor a ({sizes[0]}) must match the size of tensor b ({sizes[1]}) "
                    f"at non-singleton dimension {width - k}")
    return f"{op.name}(): shapes {shapes} do not broadcast"


@on_own_device
def promote(op, arrays):
    """The operands in their common dtype, torch's; Python numbers stay, unless they would change what NumPy computes."""
    apart, arrays = arrays[:op.apart], arrays[op.apart:]
    kind = dtypes.result_numpy([a for a in arrays if a is not None])
    if op.promotes == "float" and kind.kind != "f":
        kind = dtypes.default_numpy()
    fixed = apart
    for i, a in enumerate(arrays, op.apart):
        if (a is None and op.optional[i] is not None or not op.numbers and not isinstance(a, ARRAYS)
                or i == 0 and op.tensor_first and not isinstance(a, ARRAYS)):
            raise TypeError(f"{op.name}(): argument '{op.params[i]}' (position {i + 1}) must be Tensor, not {type(a).__name__}")
        if isinstance(a, ARRAYS):
            fixed.append(a if a.dtype is kind or a.dtype == kind else a.astype(kind))
        elif a is None or kind.kind == "f" and type(a) in NUMBERS:
            fixed.append(a)
        elif kind.kind == "f":
            fixed.append(float(a))
        elif kind.kind == "b":
            fixed.append(bool(a))
        else:                                     # out-of-range integers wrap, as in torch
            a, (low, high) = int(a), dtypes.BOUNDS[kind]
            fixed.append(a if low <= a <= high else dtypes.int64.numpy.type(a).astype(kind))
    return fixed
