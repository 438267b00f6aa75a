"""`assert_matches_torch`: a function or layer of one's own beside PyTorch's."""
import sys

import numpy as np

from .comparison import TOLERANCES, Side, array_of, compare_numeric, compare_outputs, compare_sides, is_tensor


def assert_matches_torch(ours, theirs, *inputs, order=2, seed=0, ulps=None, state=True, **settings):
    """A callable of minitorch equals one of torch: values, gradients under random cotangents, second order, inputs left unchanged.

    Two modules are first brought to the same state: torch's is loaded into ours, so both need the same names.

    Args:
        ours: function or Module of minitorch.
        theirs: its counterpart in torch.
        inputs: NumPy arrays (or tensors of either library), which become tensors of each library; floating ones are differentiated.
            Lists are searched for arrays; everything else is passed as it is. `settings` too.
        order: highest order of derivatives to compare; 0 for values alone.
        seed: of the cotangents, and given to both libraries' `manual_seed` before each call.
        ulps: bounds by dtype name, `{"float32": 256}`, in units in the last place of the largest value; `TOLERANCES` if None.
        state: load torch's state into ours.

    Returns:
        The largest differences found, in such units.

    Raises:
        Mismatch: an AssertionError that says what differs, where and by how much.

    Example:
        >>> import minitorch, torch
        >>> worst = assert_matches_torch(minitorch.tanh, torch.tanh, np.linspace(-2, 2, 5))
        >>> worst.forward <= 1
        True
    """
    libraries = sys.modules["minitorch"], _torch()
    tolerances = TOLERANCES | (ulps or {})
    inputs, settings = [_plain(v) for v in inputs], {k: _plain(v) for k, v in settings.items()}
    parameters = [list(f.parameters()) if hasattr(f, "parameters") else [] for f in (ours, theirs)]
    if state and hasattr(ours, "load_state_dict") and hasattr(theirs, "state_dict"):
        ours.load_state_dict({k: libraries[0].from_numpy(np.array(array_of(v))) for k, v in theirs.state_dict().items()})
    needs = [a.dtype.kind == "f" and order > 0 for a in _arrays([*inputs, *settings.values()])]
    a, b = (Side(library, call, inputs, settings, needs, [p for p in own if p.requires_grad], seed)
            for library, call, own in zip(libraries, (ours, theirs), parameters))
    b.run()
    a.run()
    rng = np.random.RandomState(seed)
    worst = compare_sides(a, b, rng, order, tolerances)
    if state and hasattr(ours, "state_dict") and hasattr(theirs, "state_dict"):
        compare_outputs(dict(ours.state_dict()), dict(theirs.state_dict()), tolerances, flags=False)
    if order and a.leaves and all(array_of(t).dtype == np.float64 for t in a.leaves):
        a.run()
        worst.numeric = compare_numeric(a, rng)
    return worst


def _torch():
    if "torch" not in sys.modules:
        raise RuntimeError("assert_matches_torch compares with torch, which is not imported: import torch first")
    return sys.modules["torch"]


def _plain(value):
    if is_tensor(value):
        return np.array(array_of(value))
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


def _arrays(values):
    return [a for v in values for a in ([v] if isinstance(v, np.ndarray) else _arrays(v) if type(v) in (list, tuple) else [])]
