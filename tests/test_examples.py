"""Every example in a docstring runs and gives what it says; every public function and class has a docstring."""
import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import minitorch
from comparisons.check import libraries
from comparisons.names import all_listed

FLAGS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


def module_names():
    """All modules of the library and of what compares it."""
    for package in ("minitorch", "comparisons"):
        yield package
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
            if not module.name.endswith("__main__"):
                yield module.name


def examples(module):
    """The examples of what a module defines. An operator is a function that a decorator made: its docstring is its forward's."""
    finder = doctest.DocTestFinder()
    found = {t.name: t for t in finder.find(module, module.__name__, extraglobs={"np": np})}
    for name, value in vars(module).items():
        if inspect.isfunction(value) and hasattr(value, "op") and value.op.forward.__module__ == module.__name__:
            for t in finder.find(value, f"{module.__name__}.{name}", module=False, extraglobs={"np": np}):
                found.setdefault(t.name, t)
    return [t for t in found.values() if t.examples]


@pytest.mark.parametrize("name", module_names())
def test_examples_run(name):
    module = importlib.import_module(name)
    state = minitorch.get_rng_state(), minitorch.get_default_dtype()
    runner, report = doctest.DocTestRunner(optionflags=FLAGS), []
    try:
        for example in examples(module):
            runner.run(example, out=report.append)
    finally:
        minitorch.set_rng_state(state[0])
        minitorch.set_default_dtype(state[1])
    assert runner.failures == 0, "".join(report)


def test_every_public_name_has_a_docstring():
    ours, _ = libraries()
    missing = []
    for name in all_listed():
        found = ours
        for part in name.split("."):
            found = getattr(found, part)
        protocol = name.rpartition(".")[2].startswith("__")
        if (inspect.isfunction(found) or inspect.isclass(found)) and not protocol and not inspect.getdoc(found):
            missing.append(name)
    assert not missing
