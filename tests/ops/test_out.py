"""`out=`: written to, resized with PyTorch's warning, refused for what cannot hold the result; for every operator that takes it."""
import warnings

import pytest
import torch

import minitorch
from tests.ops.test_bad_inputs import CALLS, good

OUTS = {
    "right": lambda library, t: library.empty(tuple(t.shape), dtype=t.dtype),
    "without elements": lambda library, t: library.empty(0, dtype=t.dtype),
    "of another shape": lambda library, t: library.empty((7,), dtype=t.dtype),
    "wider": lambda library, t: library.empty(tuple(t.shape), dtype=library.float64),
    "of integers": lambda library, t: library.empty(tuple(t.shape), dtype=library.int32),
    "that needs a gradient": lambda library, t: library.empty(tuple(t.shape), dtype=t.dtype).requires_grad_(t.dtype.is_floating_point),
    "a number": lambda library, t: 1.0,
}
IN_KIND = "an operator's result is cast within its kind; PyTorch wants the very dtype of some"
SCALED = "PyTorch computes in the dtype of out"
DIFFERENT = {
    **{(name, "wider"): IN_KIND for name in "abs ceil floor sign signbit trunc nan_to_num max min norm".split()},
    **{(name, "a number"): "PyTorch ignores what is no tensor" for name in "add sub mul div floor_divide".split()},
    ("signbit", "of integers"): IN_KIND, ("histc", "that needs a gradient"): "refused, as by all others",
    **{(name, "of integers"): SCALED for name in "sum mean nansum nanmean prod cumsum cumprod std var logsumexp".split()},
}


def takes_out(name):
    """Whether PyTorch's function gives tensors and takes `out=`."""
    function, args = getattr(torch, name), [good(torch, k) for k in CALLS[name]]
    results = function(*args)
    results = results if isinstance(results, tuple) else (results,)
    if not all(isinstance(t, torch.Tensor) for t in results):
        return False
    outs = tuple(torch.empty(0, dtype=t.dtype) for t in results)
    try:
        function(*args, out=outs if len(outs) > 1 else outs[0])
    except (TypeError, RuntimeError):
        return False
    return True


NAMES = [name for name in CALLS if name not in ("polygamma", "softmax", "log_softmax") and takes_out(name)]


def ends(library, name, make):
    """How a call with `out=` ends: the class of the error, or shapes, dtypes, values, identity and the number of warnings."""
    function, args = getattr(library, name), [good(library, k) for k in CALLS[name]]
    results = function(*args)
    several = isinstance(results, tuple)
    outs = [make(library, t) for t in (results if several else (results,))]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            given = function(*args, out=tuple(outs) if several else outs[0])
        except Exception as error:
            return type(error).__name__
    if not all(isinstance(o, library.Tensor) for o in outs):
        return "ignores it"
    given = given if several else (given,)
    seen = [(tuple(o.shape), str(o.dtype), [f"{float(v):.3f}" for v in o.flatten().tolist()]) for o in outs]
    return ([g is o for g, o in zip(given, outs)], seen, sum("resized" in str(w.message) for w in caught))


@pytest.mark.parametrize("name", NAMES)
def test_out(name):
    different = []
    for how, make in OUTS.items():
        ours, theirs = ends(minitorch, name, make), ends(torch, name, make)
        if ours != theirs and (name, how) not in DIFFERENT:
            different.append(f"{how}: {ours}, expected {theirs}")
    assert not different, f"{name}: " + "; ".join(different)
