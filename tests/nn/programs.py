"""One program text, run with either library: what it prints, warns and raises must be the same."""
import contextlib
import difflib
import io
import re
import textwrap
import warnings

import torch

import minitorch
import minitorch.nn


def attempt(action, *args, **kwargs):
    """Print what `action` raises (class and message), or the type of what it returns."""
    try:
        result = action(*args, **kwargs)
    except Exception as error:                        # whatever it is, the other library must raise the same
        print(f"{type(error).__name__}: {error}")
        return None
    print("returned", type(result).__name__)
    return result


def raised(action, *args, **kwargs):
    """Print the class of what `action` raises: for errors whose text is ours."""
    try:
        action(*args, **kwargs)
    except Exception as error:
        print(type(error).__name__)
    else:
        print("nothing")


def plain(value):
    """A tensor, or a container of tensors, as plain Python values, rounded so that the last bits do not matter."""
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return round(value, 5) + 0.0
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def outcome(text, library):
    """What a program prints with `torch` bound to one of the libraries; warnings and an uncaught error are printed too."""
    names = {"torch": library, "nn": library.nn, "F": library.nn.functional, "init": library.nn.init, "utils": library.nn.utils,
             "attempt": attempt, "raised": raised, "plain": plain, "__name__": "program"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        warnings.simplefilter("always", FutureWarning)
        library.manual_seed(0)
        try:
            exec(compile(textwrap.dedent(text), "program", "exec"), names)
        except Exception as error:
            print(f"uncaught {type(error).__name__}: {error}")
    for warning in caught:
        if warning.category in (UserWarning, FutureWarning):
            print(f"warned {warning.category.__name__}: {warning.message}", file=printed)
    return re.sub(r"0x[0-9a-f]+", "0x", printed.getvalue()).replace("minitorch", "torch")


def assert_same(text):
    """Both libraries print the same, and no program ends by an error that it did not expect."""
    expected = outcome(text, torch)
    assert "uncaught" not in expected, expected
    found = outcome(text, minitorch)
    difference = "\n".join(difflib.unified_diff(expected.splitlines(), found.splitlines(), "torch", "minitorch", lineterm="", n=1))
    assert found == expected, difference
