"""Every overload that PyTorch declares of a function or method is taken: by position, by keyword, each option alone, all, and with `out=`.

PyTorch lists its overloads in the `.pyi` files that come with it. From the names and annotations of their parameters calls are made,
and each call must end equally in both libraries: values, dtypes, shapes, types of the results, or the class of the error.
"""
import ast
import math
import pathlib
import re

import numpy as np
import pytest
import torch

import minitorch

HOME = pathlib.Path(torch.__file__).parent / "_C"
OPTION = {"dtype": ["float32", None], "device": ["cpu", None], "layout": ["strided", None], "pin_memory": [False],
          "requires_grad": [True, False], "memory_format": ["contiguous_format", "preserve_format", None], "generator": [None],
          "names": None, "out_dtype": None}
VALUES = {"index": "whole", "mask": "mask", "condition": "mask", "min": "other", "max": "larger", "batch1": "batch", "batch2": "batch",
          "vec": "vector", "vec1": "vector", "vec2": "vector", "self": "matrix", "input": "matrix", "y": "matrix", "value": "number"}
GRID = np.arange(1.0, 10.0).reshape(3, 3) / 8 + np.eye(3)
TENSORS = {"matrix": GRID, "other": GRID[::-1] / 2, "larger": GRID + 1, "whole": np.array([[0, 1, 1], [2, 0, 1], [1, 1, 0]]),
           "mask": GRID > 1, "batch": np.stack([GRID, GRID.T]), "vector": GRID[0], "number": np.array(0.5)}
# what is left out: names that differ in their own ways (their entries say how), and overloads
IN_THEIR_OWN_WAY = frozenset("""apply_ map_ map2_ record_stream cuda pin_memory is_pinned to new new_tensor data_ptr backward resize_ set_
    bernoulli_ cauchy_ exponential_ geometric_ log_normal_ normal_ random_ uniform_ empty empty_like new_empty empty_strided
    new_empty_strided histogram numpy index_put_ index_put lu_solve randint_like is_contiguous contiguous nonzero""".split())
NOT_TAKEN = frozenset("mul floor_divide".split())     # methods that take `out=` here, and not there
# a factor before the operand, deprecated, and the names that a number has in place of a tensor: see comparisons/unsupported.py
EARLIER, NUMBER_NAME = re.compile("^(alpha|beta|value)$"), re.compile("^(self|element|test_element|scalar.?)$")


def overloads(path, of=None):
    """name -> [(positional parameters, keyword-only ones)], each (name, annotation, whether it may be left out)."""
    body = ast.parse((HOME / path).read_text()).body
    body = next(n for n in body if isinstance(n, ast.ClassDef) and n.name == of).body if of else body
    table = {}
    for f in body:
        if isinstance(f, ast.FunctionDef):
            a = f.args
            defaults = [None] * (len(a.args) - len(a.defaults)) + a.defaults
            one, two = ([(p.arg, ast.unparse(p.annotation) if p.annotation else "", d is not None) for p, d in pairs]
                        for pairs in (zip(a.args, defaults), zip(a.kwonlyargs, a.kw_defaults)))
            table.setdefault(f.name, []).append((one, two))
    return table


FUNCTIONS, METHODS = overloads("_VariableFunctions.pyi"), overloads("__init__.pyi", "TensorBase")


def drawn(name, annotation):
    """Values for a parameter: names of tensors and dtypes (looked up in each library), numbers, sequences; None where none is known."""
    if name in OPTION:
        return OPTION[name]
    if name in VALUES and "Tensor" in annotation:
        return [VALUES[name]]
    dims, values = name.startswith("dim") or name == "axis", []
    for part in map(str.strip, annotation.split("|")):
        if part == "Tensor":
            values.append("other")
        elif part in ("_int", "SymInt"):
            values += [0, -1] if dims else [1, 2]
        elif part in ("Number", "_float"):
            values += [2, 0.5]
        elif part == "_bool":
            values += [True, False]
        elif part == "_size" or part.startswith("Sequence["):
            values += [(0, 1), [-1, 0]] if dims or name in ("dims", "shifts") else [(3, 3), [3, 3]]
        elif "Tensor" in part and ("tuple" in part or "list" in part.lower()):
            values += [["matrix", "other"], ("matrix", "other")]
        elif part == "None":
            values.append(None)
    return values or None


def made(library, value, grad):
    """A drawn value in a library."""
    if isinstance(value, str) and value in TENSORS:
        t = library.from_numpy(TENSORS[value].copy())
        return t.requires_grad_() * 1 if grad and t.dtype.is_floating_point else t
    if isinstance(value, str) and value != "cpu":
        return getattr(library, value)
    return type(value)(made(library, v, grad) for v in value) if isinstance(value, (list, tuple)) else value


def shown(library, value):
    """A result in plain values."""
    if isinstance(value, library.Tensor):
        return str(value.dtype), tuple(value.shape), value.requires_grad, [rounded(v) for v in value.detach().flatten().tolist()]
    if isinstance(value, (list, tuple)):
        return type(value).__name__.removesuffix("_out").removeprefix("torch.return_types."), [shown(library, v) for v in value]
    return rounded(value) if isinstance(value, (int, float, str, type(None))) else str(value).replace("minitorch", "torch")


class Near(float):
    """A number that equals what is nearly equal, and nan."""
    __hash__ = float.__hash__

    def __eq__(self, other):
        return math.isclose(self, other, rel_tol=1e-5, abs_tol=1e-7) or math.isnan(self) and math.isnan(other)


def rounded(v):
    """A number to compare."""
    return Near(v) if isinstance(v, float) else v


def empty_like(library, value):
    """What `out=` may be for a result."""
    if isinstance(value, (list, tuple)):
        return tuple(empty_like(library, v) for v in value)
    return library.empty(value.shape, dtype=value.dtype)


def ends(library, name, method, args, settings, out):
    """How a call ends: the class of the error, or the result; with `out`, whether the result is what was given."""
    library.manual_seed(0)
    args, settings = [made(library, a, not out) for a in args], {k: made(library, v, not out) for k, v in settings.items()}
    try:
        function = getattr(args.pop(0), name) if method else getattr(library, name)
        if not out:
            return shown(library, function(*args, **settings))
        given = empty_like(library, function(*args, **settings))
        result = function(*args, **settings, out=given)
        return shown(library, result), [a is b for a, b in zip(result, given)] if isinstance(given, tuple) else result is given
    except Exception as error:
        return type(error).__name__


def calls(positional, keywords, method):
    """(positional arguments, keywords, with `out`) of the calls that an overload allows; none if a value is not known."""
    words = [(n, drawn(n, a), optional) for n, a, optional in positional if n != "self" or not method]
    extra = [(n, drawn(n, a), optional) for n, a, optional in keywords if n != "out"]
    if any(v is None for _, v, _ in words + extra) or any(NUMBER_NAME.match(n) for n, *_ in words):
        return
    lead, first = ["matrix"] if method else [], [(n, v) for n, v, optional in words if not optional]
    if any(EARLIER.match(n) for n, *_ in words) or any("str" in a.split(" | ") for _, a, _ in positional):
        return
    needed = {n: v[0] for n, v, optional in extra if not optional}
    start, options = [v[0] for _, v in first], [(n, v) for n, v, optional in words + extra if optional]
    yield lead + start, needed, False
    yield lead, {**{n: v[0] for n, v in first}, **needed}, False
    for k, (n, values) in enumerate(first):
        for v in values[1:]:
            yield lead + start[:k] + [v] + start[k + 1:], needed, False
            yield lead + start[:k], {n: v, **{m: w[0] for m, w in first[k + 1:]}, **needed}, False
    for n, values in options:
        for v in values:
            yield lead + start, {**needed, n: v}, False
    for k in range(len(first) + 1, len(words) + 1):
        yield lead + [v[0] for _, v, _ in words[:k]], needed, False
    yield lead + start, {**needed, **{n: v[0] for n, v in options}}, False
    if any(n == "out" for n, *_ in keywords):
        yield lead + start, needed, True
        yield lead + start, {**needed, "out": None}, False
        for n, values in options:
            if n != "requires_grad":
                yield lead + start, {**needed, n: values[0]}, True


def differing(name, method):
    """The calls of a name that end differently, and how many were made."""
    count, different = 0, []
    for positional, keywords in (METHODS if method else FUNCTIONS)[name]:
        for args, settings, out in calls(positional, keywords, method):
            if method and name in NOT_TAKEN and (out or "out" in settings):
                continue
            count += 1
            theirs, ours = (ends(library, name, method, args, settings, out) for library in (torch, minitorch))
            if theirs != ours:
                different.append(f"({args}, {settings}{', out' * out}): {ours}, expected {theirs}")
    return different, count


def names(table, has):
    """The names of a table that minitorch has too."""
    return sorted(n for n in table if not n.startswith("_") and n not in IN_THEIR_OWN_WAY and has(n))


@pytest.mark.parametrize("name", names(FUNCTIONS, lambda n: hasattr(minitorch, n)))
def test_every_overload_of_a_function(name):
    different, _ = differing(name, False)
    assert not different, f"torch.{name}" + "\n".join(different)


@pytest.mark.parametrize("name", names(METHODS, lambda n: callable(getattr(minitorch.Tensor, n, None))))
def test_every_overload_of_a_method(name):
    different, _ = differing(name, True)
    assert not different, f"Tensor.{name}" + "\n".join(different)


def test_many_calls_are_made():
    made_of = [differing(n, False)[1] for n in ("sum", "std", "clamp", "addmm", "sort", "reshape", "index_add", "zeros")]
    assert min(made_of) >= 5 and sum(made_of) > 120


def test_wrong_names_are_found(monkeypatch):
    monkeypatch.setattr(minitorch, "sum", lambda input, dim=None: minitorch.Tensor.sum(input, dim))
    assert differing("sum", False)[0]
