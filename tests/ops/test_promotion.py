"""Type promotion as PyTorch's: every pair of dtypes, as tensors with dimensions, 0-d tensors and Python numbers, out of place and in place.

One table an operator: for each pair the dtype and values of the result, or the class of the error.
"""
import itertools
import warnings

import pytest
import torch

import minitorch

warnings.filterwarnings("ignore")

DTYPES = "float64 float32 float16 int64 int32 int16 int8 uint8 bool".split()
NUMBERS = (2, -1, 1.5, True)
ARITHMETIC = ("add sub mul div true_divide floor_divide remainder fmod pow rsub atan2 maximum minimum fmax fmin copysign xlogy "
              "float_power").split()
COMPARISON = "eq ne lt le gt ge logical_and logical_or logical_xor".split()
BITS = "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift gcd lcm".split()
OPERATORS = ("__add__ __sub__ __mul__ __truediv__ __floordiv__ __mod__ __pow__ __radd__ __rsub__ __rmul__ __rtruediv__ __rfloordiv__ "
             "__rmod__ __rpow__ __and__ __or__ __xor__ __lshift__ __rshift__ __lt__ __eq__").split()
REFLECTED = [name for name in OPERATORS if name.startswith("__r") and name != "__rshift__"]
IN_PLACE = ("add_ sub_ mul_ div_ true_divide_ floor_divide_ remainder_ fmod_ pow_ atan2_ copysign_ xlogy_ eq_ lt_ ge_ logical_and_ "
            "logical_xor_ bitwise_and_ bitwise_xor_ bitwise_left_shift_ bitwise_right_shift_ gcd_").split()


def operands(library):
    """Every dtype with dimensions and without, and numbers; values that no operator overflows on."""
    found = {}
    for name in DTYPES:
        kind = getattr(library, name)
        found[name] = library.tensor([3, 1, 2], dtype=kind)
        found[name + " 0-d"] = library.tensor(2, dtype=kind)
    return found | {f"number {n!r}": n for n in NUMBERS}


def outcome(call):
    """The dtype and values of a result, or the class of the error."""
    try:
        result = call()
    except Exception as error:
        return type(error).__name__
    if result is NotImplemented:
        return "NotImplemented"
    return str(result.dtype).removeprefix("torch."), tuple(result.shape), [f"{float(v) + 0.0:.1f}" for v in result.flatten().tolist()]


def table(library, name):
    """What an operator gives for every pair of which one is a tensor."""
    found = {}
    for (a, x), (b, y) in itertools.product(operands(library).items(), repeat=2):
        tensors = isinstance(x, library.Tensor), isinstance(y, library.Tensor)
        if name.endswith("_"):                        # a method: in place, or Python's operator
            if not tensors[0] or tensors[1] and name in REFLECTED:         # which Python calls beside numbers alone
                continue
            x = x.clone()
            call = lambda: getattr(x, name)(y)
        else:
            if not any(tensors):
                continue
            call = lambda: getattr(library, name)(x, y)
        found[a, b] = outcome(call)
    return found


@pytest.mark.parametrize("name", [*ARITHMETIC, *COMPARISON, *BITS, *OPERATORS, *IN_PLACE])
def test_promotion(name):
    ours, theirs = table(minitorch, name), table(torch, name)
    different = {pair: (ours[pair], theirs[pair]) for pair in theirs if ours[pair] != theirs[pair]}
    assert not different, f"{name}: {len(different)} of {len(theirs)} pairs differ, as " + "; ".join(
        f"{a}, {b}: {o}, expected {t}" for (a, b), (o, t) in list(different.items())[:6])


@pytest.mark.parametrize("name", ["result_type", "promote_types", "can_cast"])
def test_what_is_asked_of_dtypes(name):
    """`result_type` of all operands; `promote_types` and `can_cast` of all dtypes."""
    def answers(library):
        if name == "result_type":
            values = operands(library)
            pairs = itertools.product(values, repeat=2)
            return {(a, b): str(library.result_type(values[a], values[b])) for a, b in pairs}
        function = getattr(library, name)
        return {(a, b): str(function(getattr(library, a), getattr(library, b))) for a, b in itertools.product(DTYPES, repeat=2)}
    assert answers(minitorch) == answers(torch)
