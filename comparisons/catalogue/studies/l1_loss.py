"""The absolute error: the median is what it learns."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study
from ._loss import GROUP, PAIR, REDUCED, chosen, docs, result


def inputs(rng, N, D):
    """Predictions and targets, nowhere equal."""
    return {"input": rng.standard_normal((N, D)), "target": rng.standard_normal((N, D))}


def call(torch, input, target):
    """The mean."""
    return torch.nn.functional.l1_loss(input, target)


def scene(s):
    """The output, its gradient, and an odd number of targets for one prediction."""
    y, grad_input = result(call, {"input": s.input, "target": s.target}, cotangent=s.grad)
    many = np.sort(s.target.reshape(-1))[:-1]
    return {"y": y, "grad_input": grad_input, "many": many, "median": np.median(many), "below": (many < 0.3).sum(),
        "above": (many > 0.3).sum(),
            "width": 0.7}


def equal(values):
    """The targets themselves."""
    values["input"][...] = values["target"]


def broadcast(values):
    """One prediction for all targets."""
    values["input"] = values["input"][:1].copy()


def steps(study):
    """Descent on one number, by the squared and the absolute error."""
    import minitorch

    from ...atlas.plot import Plot
    plot = Plot("Descent to 0 from 1, learning rate 0.15", "step", "distance", logy=True)
    ends = {}
    for name, style in (("mse_loss", "ours"), ("l1_loss", "reference")):
        x = minitorch.tensor([1.0], requires_grad=True)
        path = [1.0]
        for _ in range(40):
            loss = getattr(minitorch.nn.functional, name)(x, minitorch.zeros(1))
            g, = minitorch.autograd.grad(loss, x)
            x = (x - 0.15 * g).detach().requires_grad_()
            path.append(abs(float(x.detach().numpy()[0])))
        plot.line(range(41), path, "squared" if name == "mse_loss" else "absolute", style)
        ends[name] = path[-1]
    return plot, (f"The absolute error's gradient has one size everywhere: it comes near in a straight line and then jumps to and fro, at "
                  f"{ends['l1_loss']:.2f} for ever, unless the learning rate falls. The squared error arrives.")


STUDY = Study(
    "nn.functional.l1_loss", title="Absolute error", group=GROUP,
    lead="""The size of the difference. Its gradient is a sign, so far-off targets pull no harder than near ones, and its best prediction is
        the median.""",
    sizes={"N": 4, "D": 5}, inputs=inputs, call=call, functions={"l1_loss": "Forward", "l1_loss_backward": "Backward"},
    variables=chosen("input", "target", "reduction", "diff", "loss", "y", "grad", "grad_x",
                     signs=(r"\mathrm{sign}\,d", "sign of the difference", "0 where that is 0 or nan")),
    scene=scene, order=1,
    forward=(
        Line(r"\v{diff} = \v{input} - \v{target}", "diff == input - target"),
        Line(r"\v{loss} = |\v{diff}|", "loss == sqrt(diff ** 2)"),
        Line(r"\v{y} = \frac{1}{N D} \sum \v{loss}", "y == loss.sum() / (N * D)"),
    ),
    backward=(
        Line(r"\v{grad_x} = \frac{1}{N D}\,\v{grad} \; \mathrm{sign}(\v{diff})",
             "central(lambda z: grad / (N * D) * abs(z - target), input) == grad / (N * D) * sign(diff) == grad_x == grad_input",
             "and the opposite for the target", rtol=1e-6),
    ),
    derivation=(
        Step("Two lines and a kink",
             r"""Above zero $|\v{diff}|$ is $\v{diff}$, with slope 1; below it is $-\v{diff}$, with slope $-1$. At zero there is no slope:
             any number from $-1$ to 1 supports the curve from below. PyTorch takes 0, the one in the middle, and the sign function gives
             just that. So where the prediction is exact, nothing pulls.""",
             (Line(r"\frac{\partial \v{loss}}{\partial \v{input}} = \mathrm{sign}(\v{diff})",
                   "central(lambda z: abs(z - target), input) == sign(diff) == diff / abs(diff)", rtol=1e-6),)),
        Step("The best prediction is a median",
             r"""For one prediction $a$ and many targets the gradient counts: one for each target below, minus one for each above. It
             vanishes where both are equally many, that is at a median. How far away the outer targets are does not matter.""",
             (Line(r"\frac{\partial}{\partial a} \sum |a - \v{target}| = \#\{\v{target} < a\} - \#\{\v{target} > a\}",
                   "central(lambda a: abs(a - many).sum(), 0.3) == below - above", "at a = 0.3", rtol=1e-6),
              Line(r"\sum \mathrm{sign}(\mathrm{median} - \v{target}) = 0", "1 + sign(median - many).sum() == 1"))),
        Step("A likelihood in disguise",
             r"""Of Laplace's distribution, which has heavier tails than the normal one: far-off targets are less of a surprise to it.""",
             (Line(r"-\log \frac{e^{-|\v{diff}| / b}}{2 b} = \frac{|\v{diff}|}{b} + \log 2 b",
                   "-log(exp(-abs(diff) / width) / (2 * width)) == abs(diff) / width + log(2 * width)"),)),
        Step("There is no second order",
             r"""A sign does not change when its argument moves a little, so the second derivative is zero wherever it exists. Newton's
             method and everything that looks at curvature learn nothing from this loss; `smooth_l1_loss` and `huber_loss` round the kink
             off.""",
             (Line(r"\frac{\partial^2 \v{loss}}{\partial \v{input}^2} = 0", "1 + central(lambda z: sign(z - target), input) == 1 + 0 * "
                                                                            "input",
                   rtol=1e-6),)),
    ),
    sources=(
        Source("Boyd and Vandenberghe (2004), Convex Optimization", "https://web.stanford.edu/~boyd/cvxbook/",
               "section 6.1.2: penalty functions, and what they do with outliers"),
        docs("l1_loss"),
    ),
    edges=(Edge("input equal to target", equal, "at the kink: the slope is 0"),
           Edge("one prediction for all", broadcast, "shapes broadcast, with a warning; the gradient is summed back")),
    notes=PAIR | {"huge, 1e20": "no square, nothing overflows", "tiny, 1e-20": "the loss of the targets alone",
                  "one infinity": "the loss is infinite, the gradient still a sign", "one nan": "the mean spreads it; the sign of nan is "
                                                                                                "0, "
                  "so no gradient shows it"},
    equivalent={"wide(target - input)": "a size has no sign"},
    conventions=(REDUCED, ("At zero", "The gradient is 0 where input and target are equal, and where either is nan."),
                 ("Saved", "Input and target, for a sign; a bit each would do.")),
    figures=(Figure(steps),),
    speed=({"N": 64, "D": 64}, {"N": 512, "D": 512}),
)
