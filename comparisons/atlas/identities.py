"""Evaluates the displayed identities of a study in plain NumPy float64, at random points."""
import ast
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from scipy import special

from ..tracing import Recorder
from . import run

STEP = 1e-30                                         # of a complex step: nothing is subtracted, so nothing rounds
TOOLS = {n: getattr(np, n) for n in ("exp", "log", "sqrt", "tanh", "sin", "cos", "abs", "sign", "where", "maximum", "minimum", "pi",
                                     "stack", "concatenate", "arange", "eye", "einsum", "zeros_like", "ones_like", "log1p", "expm1")}


def slope(f, x):
    """The derivative of an elementwise `f` at every element of x, by a complex step. `f` may use no abs, maximum or comparison of x."""
    return np.asarray(f(np.asarray(x) + 1j * STEP)).imag / STEP


def gradient(f, x):
    """The gradient of `f(x).sum()`, by a complex step for every element of x."""
    return jacobian(lambda z: np.sum(f(z)), x)


def jacobian(f, x):
    """The derivative of every element of f(x) by every element of x, of shape (*f(x).shape, *x.shape), by complex steps."""
    x = np.asarray(x)
    columns = []
    for k in range(x.size):
        moved = x.astype(complex)
        moved.reshape(-1)[k] += 1j * STEP
        columns.append(np.asarray(f(moved)).imag / STEP)
    return np.moveaxis(np.array(columns), 0, -1).reshape(*columns[0].shape, *x.shape) if columns else np.zeros(x.shape)


def central(f, x, step=1e-6):
    """The derivative of an elementwise `f` by central differences, where a complex step cannot pass."""
    return (f(x + step) - f(x - step)) / (2 * step)


@dataclass(frozen=True)
class Verdict:
    """How far the sides of an identity are apart, as a part of the largest value; `error` says what is wrong, if anything."""

    where: str
    tex: str
    check: str
    apart: float
    error: str = ""


def names(study):
    """What the checks may speak of: inputs, sizes, what the kernel's local variables got first, and the study's own scene."""
    values = run.inputs(study)
    found = dict(values) | dict(study.shown_sizes)
    kernel = run.kernel(study)
    if kernel.reference is not None:
        ours, theirs = (run.functions(study, module) for module in (kernel.ours, kernel.reference))
        traced = {n: f for n, f in ours.items() if n in study.functions and n in theirs}
        first, _ = kernel.run()
        with Recorder(traced) as record:
            first()
        for name in study.functions:
            for binding in record.bindings:
                if binding.function == name:
                    found.setdefault(binding.name, binding.value)
    if study.scene is not None:
        found |= study.scene(SimpleNamespace(**TOOLS | found))
    return found


def verdicts(study):
    """A Verdict for every displayed formula of a study."""
    space = {"np": np, "special": special, "slope": slope, "gradient": gradient, "jacobian": jacobian, "central": central} | TOOLS
    space |= names(study)
    return [verdict(where, line, space) for where, line in study.lines()]


def verdict(where, line, space):
    """The Verdict of one line in a dict of names."""
    if not line.check:
        missing = "" if "=" not in line.tex else "it says =, and has no check"
        return Verdict(where, line.tex, "", 0.0, missing)
    tree = ast.parse(line.check, mode="eval").body
    if not isinstance(tree, ast.Compare) or not all(isinstance(o, ast.Eq) for o in tree.ops):
        return Verdict(where, line.tex, line.check, np.inf, "a check is expressions joined by ==")
    try:
        sides = [np.asarray(eval(compile(ast.Expression(s), "<check>", "eval"), dict(space))) for s in (tree.left, *tree.comparators)]
        apart = max(distance(a, b) for a, b in zip(sides, sides[1:]))
    except (ArithmeticError, AttributeError, IndexError, LookupError, NameError, TypeError, ValueError) as error:
        return Verdict(where, line.tex, line.check, np.inf, f"{type(error).__name__}: {error}")
    return Verdict(where, line.tex, line.check, apart, "" if apart <= line.rtol else f"the sides are {apart:.1e} apart")


def distance(a, b):
    """The largest difference as a part of the largest value. Shapes must broadcast to that of one of them."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    if shape not in (a.shape, b.shape):
        raise ValueError(f"shapes {a.shape} and {b.shape}")
    if not a.size and not b.size:
        raise ValueError("nothing to compare: no elements")
    top = max(np.max(np.abs(a), initial=0), np.max(np.abs(b), initial=0))
    apart = np.max(np.abs(a.astype(complex) - b), initial=0)
    return float(np.nan_to_num(apart / top if top else apart, nan=np.inf))
