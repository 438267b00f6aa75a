"""What the studies of activations share: names that mean the same in all of them, slopes measured on both sides, and their picture."""
import numpy as np

from ._loss import docs  # noqa: F401

GROUP = "Activations"

NAMES = {
    "input": ("X", "input, as it was given"),
    "x": ("x", "input, as the kernel walks it"),
    "y": ("y", "output"),
    "outside": (r"\omega", "1 where the input is on a bound or beyond it, else 0"),
    "lambd": (r"\lambda", "distance from zero within which an input counts as nothing"),
    "threshold": (r"\theta", "bound at which another formula begins"),
    "slope": ("y'", "derivative of the output by the input"),
    "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
    "grad_x": (r"\bar{x}", "gradient of the input"),
}


def chosen(*names, **more):
    """The variables of these names, and more."""
    return {name: NAMES[name] for name in names} | more


def matrix(rng, N, C):
    """Numbers on both sides of zero, in no joint."""
    return {"input": rng.standard_normal((N, C))}


def wider(factor):
    """Inputs of a larger spread, for joints that lie farther out."""
    def inputs(rng, N, C):
        return {"input": factor * rng.standard_normal((N, C))}
    return inputs


def placed(*points):
    """An edge case: the first rows of the input lie on these points."""
    def change(values):
        values["input"].reshape(-1)[:2 * len(points)] = np.repeat(points, 2)[:values["input"].size]
    return change


def taken(f, points, library=None):
    """(values, slopes) of `f(library, tensor)` at some points, in float64; ours if no library is given."""
    if library is None:
        import minitorch as library
    x = library.from_numpy(np.array(points, np.float64)).requires_grad_()
    y = f(library, x)
    y.sum().backward()
    return y.detach().numpy(), x.grad.numpy()


def gradient_of(f, s):
    """For a scene: the gradient of the input, flat, that our `f` gives for the cotangent of the traced run."""
    import minitorch
    x = minitorch.from_numpy(s.input.copy()).requires_grad_()
    f(minitorch, x).backward(minitorch.from_numpy(np.array(s.grad)))
    return x.grad.numpy().reshape(-1)


def joints(f, points, step=1e-7):
    """For a scene: the slopes that both libraries take at some points, `ours_at` and `theirs_at`, and those of straight lines to the
    points a step to the left and to the right, `left_of` and `right_of`."""
    import torch
    points = np.array(points, np.float64)
    at, left, right = (taken(f, points + move)[0] for move in (0, -step, step))
    return {"ours_at": taken(f, points)[1], "theirs_at": taken(f, points, torch)[1], "left_of": (at - left) / step, "right_of":
            (right - at) / step}


def graph(title, f, low, high, points, also=()):
    """(Plot, sentence): a function and its slope, piece by piece between its joints, and as dots what is taken at them; "" without joints.

    Args:
        f: `f(library, tensor)`.
        also: (function of an array, name), a curve to compare with.
    """
    import torch

    from ...atlas.plot import Plot
    plot = Plot(title, "x", "")
    ends, first = [low, *points, high], True
    for start, end in zip(ends, ends[1:]):
        x = np.linspace(start, end, 80)
        x[0], x[-1] = start + 1e-9, end - 1e-9
        y, slope = taken(f, x)
        plot.line(x, y, "function" if first else "", "ours")
        plot.line(x, slope, "slope" if first else "", "third")
        first = False
    for curve, name in also:
        x = np.linspace(low, high, 161)
        plot.line(x, curve(x), name, "reference")
    if not points:
        return plot, ""
    values, ours = taken(f, points)
    theirs = taken(f, points, torch)[1]
    plot.dots(points, values)
    plot.dots(points, ours, "third")
    below, above = (taken(f, np.array(points) + move)[1] for move in (-1e-6, 1e-6))
    parts = [f"at {number(p)} it is {number(a)}" + ("" if a == b else f" (PyTorch: {number(b)})") + f", between {number(left)} on the left "
             f"and {number(right)} on the right" for p, a, b, left, right in zip(points, ours, theirs, below, above)]
    return plot, f"The dots are the joints. The slope that both libraries take: {'; '.join(parts)}."


def number(value):
    """A number as prose has it."""
    return f"{round(float(value), 3) + 0.0:g}".replace("-", "−")


def nan_of_vectors(body):
    """A difference: what PyTorch's loops over vectors make of nan."""
    text = (f"PyTorch's slope at nan depends on the place: {body} in the elements that it takes several at a time, 1 in the few that are "
            "left over at the end. Here it is 1 everywhere, as in PyTorch's loop over single elements.")
    return ("nan", text)
