"""One program, run with either library: verdict, error class, dtype, shape and values must agree."""
import numpy as np
import torch

import minitorch


def shown(value):
    """A result as plain Python, the same for both libraries."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        array = value.detach().numpy()
        rounded = np.round(array.astype("f8"), 5) + 0.0 if array.dtype.kind == "f" else array
        return str(value.dtype), tuple(value.shape), value.requires_grad, str(rounded.tolist())
    if isinstance(value, (list, tuple)):
        return [shown(v) for v in value]
    if isinstance(value, dict):
        return {k: shown(v) for k, v in value.items()}
    if hasattr(value, "next_functions"):
        return value.name()
    if isinstance(value, (torch.dtype, minitorch.dtype, torch.device, minitorch.device)):
        return str(value)
    return value


def outcome(program, library):
    """What a program returns, or the class of what it raises."""
    try:
        return shown(program(library))
    except Exception as error:                        # whatever it is, the other library must raise the same class
        return f"raises {type(error).__name__}"


def agree(program):
    """Run a program with both libraries (from one seed) and compare."""
    found = []
    for library in (torch, minitorch):
        library.manual_seed(0)
        found.append(outcome(program, library))
    theirs, ours = found
    assert ours == theirs, f"torch: {theirs}\nours:  {ours}"
    return theirs
