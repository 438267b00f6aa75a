"""Promotion over all pairs of dtypes, and the casting rules of in-place operations: PyTorch's tables."""
import itertools
import operator

import pytest
import torch

import minitorch

NAMES = ["float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool"]
OPERATIONS = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv, "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow, "eq": operator.eq, "lt": operator.lt, "ge": operator.ge, "and": operator.and_, "or": operator.or_,
    "xor": operator.xor,
}
IN_PLACE = {"add": operator.iadd, "sub": operator.isub, "mul": operator.imul, "truediv": operator.itruediv, "floordiv": operator.ifloordiv,
            "pow": operator.ipow, "and": operator.iand, "mod": operator.imod}


def operands(library, a, b, rank):
    """A pair of operands: vectors, a vector and a 0-d tensor, or a vector and a Python number of b's category."""
    left = library.tensor([1, 1, 1]).to(getattr(library, a))
    if rank == "vector":
        right = library.tensor([1, 1, 1]).to(getattr(library, b))
    elif rank == "0-d":
        right = library.tensor(1).to(getattr(library, b))
    else:
        right = {"f": 1.0, "b": True}.get(b[0], 1)
    return left, right


def verdict(operation, pair):
    try:
        result = operation(*pair)
    except Exception as error:                        # whatever it is, the other library must raise the same class
        return type(error).__name__
    return str(result.dtype), result.tolist()


@pytest.mark.parametrize("rank", ["vector", "0-d", "number"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_results(name, rank):
    for a, b in itertools.product(NAMES, NAMES):
        for order in (1, -1):
            theirs, ours = [verdict(OPERATIONS[name], operands(library, a, b, rank)[::order]) for library in (torch, minitorch)]
            assert ours == theirs, (name, rank, a, b, order)


@pytest.mark.parametrize("rank", ["vector", "0-d", "number"])
@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name, rank):
    for a, b in itertools.product(NAMES, NAMES):
        theirs, ours = [verdict(IN_PLACE[name], operands(library, a, b, rank)) for library in (torch, minitorch)]
        assert ours == theirs, (name, rank, a, b)


def test_tables():
    for a, b in itertools.product(NAMES, NAMES):
        pairs = [(getattr(library, a), getattr(library, b)) for library in (torch, minitorch)]
        assert str(torch.promote_types(*pairs[0])) == str(minitorch.promote_types(*pairs[1]))
        assert torch.can_cast(*pairs[0]) == minitorch.can_cast(*pairs[1])


@pytest.mark.parametrize("name", ["exp", "sqrt", "sigmoid", "tanh", "log1p", "sin", "abs", "sign", "floor", "round", "neg", "square", "sum",
                                  "mean", "prod",
                                  "cumsum", "max", "argmax", "all", "any", "logical_not", "isnan", "reciprocal", "erf", "std",
                                  "bitwise_not", "relu", "ceil"])
def test_one_operand(name):
    for kind in NAMES:
        found = []
        for library in (torch, minitorch):
            x = library.tensor([0, 1, 1]).to(getattr(library, kind))
            call = (lambda library, x: library.cumsum(x, 0)) if name == "cumsum" else lambda library, x: getattr(library, name)(x)
            try:
                result = call(library, x)
                found.append((str(result.dtype), tuple(result.shape)))
            except Exception as error:                # whatever it is, the other library must raise the same class
                found.append(type(error).__name__)
        assert found[1] == found[0], kind


def test_default_dtype():
    for library in (torch, minitorch):
        library.set_default_dtype(library.float64)
    try:
        for make in (lambda t: t.tensor([1.0]), lambda t: t.zeros(2), lambda t: t.ones(2, dtype=t.int64) * 1.5,
                     lambda t: t.arange(0, 1, 0.5), lambda t: t.ones(2, dtype=t.int64) / 2):
            assert str(make(torch).dtype) == str(make(minitorch).dtype)
    finally:
        for library in (torch, minitorch):
            library.set_default_dtype(library.float32)
    with pytest.raises(TypeError):
        minitorch.set_default_dtype(minitorch.int64)


def test_attributes():
    for name in NAMES:
        for attribute in ("itemsize", "is_floating_point", "is_signed", "is_complex"):
            assert getattr(getattr(torch, name), attribute) == getattr(getattr(minitorch, name), attribute)
