"""What the optimizers' pages share: names that mean the same on all of them, and descents on a badly scaled quadratic."""
import numpy as np

NAMES = {
    "theta": (r"\theta", "parameters that are learned"),
    "g": ("g", "gradient of the parameters", "from the second line on with the decay in it"),
    "t": ("t", "step", "counted from 1"),
    "lr": (r"\gamma", "learning rate"),
    "weight_decay": (r"\lambda", "weight decay"),
    "momentum": (r"\mu", "share of the buffer that is kept", "the momentum"),
    "eps": (r"\varepsilon", "keeps the square root away from zero", "added outside of the root: it keeps the denominator away from zero"),
    "b": ("b", "momentum buffer"),
    "maximize": (r"\mathrm{maximize}", "whether to go up the gradient"),
    "decays": (r"[\lambda \neq 0]", "whether there is weight decay"),
    "step": (r"\delta", "factor of the update", "minus the step size"),
    "square": ("q", "what is squared, squared"),
    "rest": (r"\Delta", "distance from a running mean to the new value"),
    "denom": ("D", "denominator of the update"),
    "update": ("u", "update before its factor"),
    "v": ("v", "second moment: running mean of the squared gradient"),
    "share": ("c", "share of the new value in what is remembered"),
}


def chosen(*names, **more):
    """The variables of these names, and more."""
    return {name: NAMES[name] for name in names} | more


def descend(name, settings, curvatures, start, steps):
    """The path, (steps + 1, 2), of one of our optimizers on f(θ) = Σ h θ² / 2, from a start."""
    import minitorch
    p = minitorch.nn.Parameter(minitorch.tensor(list(start), dtype=minitorch.float64))
    optimizer = getattr(minitorch.optim, name)([p], **settings)
    path = [p.detach().numpy().copy()]
    for _ in range(steps):
        p.grad = minitorch.from_numpy(np.asarray(curvatures) * path[-1])
        optimizer.step()
        path.append(p.detach().numpy().copy())
    return np.array(path)


def loss(path, curvatures):
    """f along a path."""
    return (path ** 2 * curvatures).sum(1) / 2


def map_of(title, paths, curvatures):
    """A Plot of paths, {name: (path, style)}, above level lines of f."""
    from ...atlas.plot import Plot
    plot = Plot(title, "θ₁, curvature " + f"{curvatures[0]:g}", "θ₂, curvature " + f"{curvatures[1]:g}")
    reach = np.abs(np.concatenate([path for path, _ in paths.values()])).max(0) * 1.1
    turn = np.linspace(0, 2 * np.pi, 61)
    for level in loss(reach[None] * (1, 0), curvatures)[0] * np.array([1, 0.3, 0.08]):
        radii = np.sqrt(2 * level / np.asarray(curvatures))
        x, y = radii[0] * np.cos(turn), radii[1] * np.sin(turn)
        plot.line(x, np.clip(y, -reach[1], reach[1]), "", "axis")
    for name, (path, style) in paths.items():
        plot.line(path[:, 0], path[:, 1], name, style)
    return plot
