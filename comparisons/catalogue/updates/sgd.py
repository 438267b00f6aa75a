"""SGD: the gradient, with momentum, Nesterov's look ahead, dampening and weight decay."""
import numpy as np

from ..study import Figure, Line, Source, Step
from . import Update
from ._shared import chosen, descend, loss, map_of

CURVATURES = (1.0, 50.0)
START = (-1.0, 0.25)


def rates(kappa=CURVATURES[1]):
    """The best settings of each method for curvatures from 1 to kappa."""
    root = kappa ** 0.5
    return {"gradient descent": {"lr": 2 / (1 + kappa)},
            "heavy ball": {"lr": 4 / (1 + root) ** 2, "momentum": ((root - 1) / (root + 1)) ** 2},
            "Nesterov": {"lr": 1 / kappa, "momentum": (root - 1) / (root + 1), "nesterov": True}}


STYLES = {"gradient descent": "third", "heavy ball": "reference", "Nesterov": "ours"}


def scene(s):
    """The whole history by hand, and settings to speak of."""
    settings = s.settings
    mu, tau, lam, gamma = (settings[k] for k in ("momentum", "dampening", "weight_decay", "lr"))
    theta, decayed, b = s.start, [], None
    for g in s.gradients:
        decayed.append(g + lam * theta)
        b = decayed[-1] if b is None else mu * b + (1 - tau) * decayed[-1]
        theta = theta - gamma * b
    constant = 0.0
    for k in range(2000):
        constant = 1.0 if k == 0 else mu * constant + (1 - tau)
    kappa = CURVATURES[1]
    best, h = rates(), np.linspace(1, kappa, 9)
    ball, ahead = best["heavy ball"], best["Nesterov"]
    h_ahead = np.linspace(1, 0.999 * kappa, 9)
    return {"decayed": np.array(decayed), "last": theta, "T": len(decayed), "constant": constant, "ahead": looking_ahead(s, mu, gamma),
            "nesterov_theta": ours(s, {"lr": gamma, "momentum": mu, "nesterov": True, "weight_decay": lam}),
            "nesterov_hand": by_hand(s, mu, gamma, lam), "kappa": kappa, "gamma_best": best["gradient descent"]["lr"], "h": h,
            "ball_gamma": ball["lr"], "ball_mu": ball["momentum"], "ahead_gamma": ahead["lr"], "ahead_mu": ahead["momentum"],
            "ball_moduli": moduli(1 + ball["momentum"] - ball["lr"] * h, ball["momentum"] + 0 * h), "h_ahead": h_ahead,
            "ahead_moduli": moduli((1 + ahead["momentum"]) * (1 - ahead["lr"] * h_ahead), ahead["momentum"] * (1 - ahead["lr"] * h_ahead)),
            "plain": descend("SGD", {"lr": best["gradient descent"]["lr"]}, CURVATURES, START, 5),
            "ball": descend("SGD", ball, CURVATURES, START, 5), "hs": np.array(CURVATURES), "START": np.array(START)}


def moduli(linear, constant):
    """The larger modulus of the roots of z² - linear z + constant, element by element."""
    return np.array([np.abs(np.roots([1, -a, c])).max() for a, c in zip(linear, constant)])


def ours(s, settings):
    """Where our SGD ends with these settings."""
    import minitorch
    p = minitorch.nn.Parameter(minitorch.from_numpy(s.start.copy()))
    optimizer = minitorch.optim.SGD([p], **settings)
    for g in s.gradients:
        p.grad = minitorch.from_numpy(g.copy())
        optimizer.step()
    return p.detach().numpy()


def by_hand(s, mu, gamma, lam):
    """The same by Nesterov's line of the formula."""
    theta, b = s.start, 0
    for g in s.gradients:
        g = g + lam * theta
        b = mu * b + g
        theta = theta - gamma * (g + mu * b)
    return theta


def looking_ahead(s, mu, gamma):
    """Sutskever's form on a quadratic, and PyTorch's: the points at which both take their gradients."""
    h = np.array([1.0, 3.0, 5.0])
    theta, velocity, first = s.start, 0 * s.start, []
    for _ in range(6):
        point = theta + mu * velocity
        first.append(point)
        velocity = mu * velocity - gamma * h * point
        theta = theta + velocity
    second = descend("SGD", {"lr": gamma, "momentum": mu, "nesterov": True}, h, s.start, 5)
    return np.array(first), second


def paths(study):
    """Three descents on a narrow valley."""
    found = {n: (descend("SGD", r, CURVATURES, START, 30), STYLES[n]) for n, r in rates().items()}
    plot = map_of("Three descents on a narrow valley", found, CURVATURES)
    ends = ", ".join(f"{n} {np.linalg.norm(p[-1]):.0e}" for n, (p, _) in found.items())
    return plot, f"Thirty steps, each method with its best settings for a condition of {CURVATURES[1]:g}. Distance left: {ends}."


def speeds(study):
    """The loss over the steps, and what theory says of it."""
    from ...atlas.plot import Plot
    plot, kappa, found = Plot("The loss over the steps", "step", "loss", logy=True), CURVATURES[1], {}
    for name, settings in rates().items():
        values = loss(descend("SGD", settings, CURVATURES, START, 120), CURVATURES)
        plot.line(np.arange(121), np.maximum(values, 1e-18), name, STYLES[name])
        found[name] = (values[110] / values[60]) ** (1 / 100)
    root = kappa ** 0.5
    return plot, (f"Measured shrinking of the distance a step: gradient descent {found['gradient descent']:.3f}, theory "
                  f"{(kappa - 1) / (kappa + 1):.3f}; heavy ball {found['heavy ball']:.3f}, theory {(root - 1) / (root + 1):.3f}; Nesterov "
                  f"{found['Nesterov']:.3f}, theory {(ahead_rate(kappa)):.3f}.")


def ahead_rate(kappa):
    """The largest modulus of Nesterov's roots over all curvatures."""
    settings = rates(kappa)["Nesterov"]
    z, mu = 1 - settings["lr"], settings["momentum"]
    return float(moduli([(1 + mu) * z], [mu * z])[0])


UPDATE = Update(
    "optim.SGD", title="SGD", kernel="sgd",
    lead="""The gradient, multiplied by the learning rate, is taken from the parameters; with momentum it is a sum of all gradients so far,
        in which old ones fade.""",
    variants={
        "momentum": {"lr": 0.1, "momentum": 0.9},
        "plain": {"lr": 0.1},
        "Nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        "dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 0.9},
        "everything": {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1, "maximize": True},
        "weight decay": {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1},
    },
    checked="weight decay",
    states={"momentum_buffer": ("b", "Made at the first step, as a copy of that step's gradient; only with momentum.")},
    variables=chosen(
        "theta", "g", "t", "lr", "weight_decay", "momentum", "b", "maximize", "decays", "step", "share",
        dampening=(r"\tau", "share of the gradient that the buffer does not take"),
        nesterov=(r"\mathrm{nesterov}", "whether to look ahead along the buffer"),
        first=(r"[t = 1]", "whether the buffer has no value yet"),
    ),
    formula=(
        Line(r"\v{g}_t = \nabla f(\v{theta}_{t-1}) + \v{weight_decay}\,\v{theta}_{t-1}", "g_1 == g_0 + weight_decay * theta_0"),
        Line(r"\v{b}_t = \v{momentum}\,\v{b}_{t-1} + (1 - \v{dampening})\,\v{g}_t", "b == momentum * b_0 + (1 - dampening) * g_1",
             "at the first step the gradient itself"),
        Line(r"\v{theta}_t = \v{theta}_{t-1} - \v{lr}\,\v{b}_t", "theta == theta_0 - lr * b"),
        Line(r"\v{theta}_t = \v{theta}_{t-1} - \v{lr}\,(\v{g}_t + \v{momentum}\,\v{b}_t)", "nesterov_theta == nesterov_hand",
             "instead, with Nesterov"),
    ),
    theory=(
        Step("The buffer is a sum in which old gradients fade",
             r"""Put the line of $\v{b}_{t-1}$ into that of $\v{b}_t$, and so on to the first step. Each step back multiplies by
             $\v{momentum}$ once more. The first gradient alone comes without the factor $1 - \v{dampening}$, for at the first step the
             buffer is the gradient.""",
             (Line(r"\v{b}_t = \v{momentum}^{t-1} \v{g}_1 + (1 - \v{dampening}) \sum_{k=2}^{t} \v{momentum}^{t-k}\,\v{g}_k",
                   "b == momentum ** (T - 1) * decayed[0] + (1 - dampening) * sum(momentum ** (T - 1 - k) * decayed[k] for k in "
                   "range(1, T))"),)),
        Step("How large a step momentum makes",
             r"""Let all gradients be the same $\v{g}$. The sum of the powers of $\v{momentum}$ is $1/(1 - \v{momentum})$ in the end, so the
             parameters move by a multiple of $\v{lr}\,\v{g}$. With a momentum of 0.9 and no dampening that is ten times as far as
             without: whoever switches momentum on divides the learning rate by ten.""",
             (Line(r"\lim_{t \to \infty} \v{b}_t = \frac{1 - \v{dampening}}{1 - \v{momentum}}\,\v{g}",
                   "constant == (1 - dampening) / (1 - momentum)"),)),
        Step("Why the first gradient is not dampened",
             r"""Take $\v{dampening} = \v{momentum}$, so that the buffer is a mean. The weights of its gradients then add up to one at
             every step, from the first on, because the first weight fills exactly what the geometric sum still lacks. Adam starts at
             zero instead, and has to divide by this sum; see there.""",
             (Line(r"\v{momentum}^{t-1} + (1 - \v{momentum}) \sum_{k=2}^{t} \v{momentum}^{t-k} = \v{momentum}^{t-1} + (1 - "
                   r"\v{momentum}^{t-1}) = 1",
                   "momentum ** (T - 1) + (1 - momentum) * sum(momentum ** (T - 1 - k) for k in range(1, T)) == momentum ** (T - 1) + "
                   "(1 - momentum ** (T - 1)) == 1"),)),
        Step("Descent on a quadratic",
             r"""Near a minimum every smooth function looks like $\frac{1}{2} \sum h\,\v{theta}^2$, with a curvature $h$ for each
             direction. The gradient is $h\,\v{theta}$, and each direction shrinks by its own factor. A direction is unstable if
             $\v{lr}\,h > 2$. So the largest curvature bounds the learning rate, and the smallest then crawls: with a condition
             $\kappa = h_{\max} / h_{\min}$ the best that one learning rate can do is to make the two factors opposite.""",
             (Line(r"\v{theta}_t = (1 - \v{lr}\,h)^t\,\v{theta}_0", "plain[5] == (1 - gamma_best * hs) ** 5 * START"),
              Line(r"1 - \v{lr}\,h_{\min} = -(1 - \v{lr}\,h_{\max}) = \frac{\kappa - 1}{\kappa + 1}",
                   "1 - gamma_best == -(1 - gamma_best * kappa) == (kappa - 1) / (kappa + 1)",
                   "at the best rate, 2 over the sum of both"))),
        Step("The heavy ball",
             r"""With momentum and without dampening, $\v{lr}\,\v{b}_t = \v{theta}_{t-1} - \v{theta}_t$, so the buffer can be replaced by
             the last two positions: a ball with inertia. Trying $\v{theta}_t = z^t$ gives a quadratic equation for $z$, whose two roots
             have the product $\v{momentum}$. While they are complex, both therefore have the modulus $\sqrt{\v{momentum}}$, whatever the
             curvature: steep and flat directions shrink alike.""",
             (Line(r"\v{theta}_{t+1} = \v{theta}_t - \v{lr}\,h\,\v{theta}_t + \v{momentum}\,(\v{theta}_t - \v{theta}_{t-1})",
                   "ball[5] == ball[4] - ball_gamma * hs * ball[4] + ball_mu * (ball[4] - ball[3])"),
              Line(r"z^2 - (1 + \v{momentum} - \v{lr}\,h)\,z + \v{momentum} = 0 \;\Rightarrow\; |z| = \sqrt{\v{momentum}}",
                   "ball_moduli == sqrt(ball_mu) + 0 * h", rtol=1e-6,
                   note=r"for all h with (1 − √μ)² ≤ γh ≤ (1 + √μ)²"),
              Line(r"\sqrt{\v{momentum}} = \frac{\sqrt{\kappa} - 1}{\sqrt{\kappa} + 1}",
                   "sqrt(ball_mu) == (sqrt(kappa) - 1) / (sqrt(kappa) + 1)",
                   "the smallest momentum for which all roots are complex: the root of the condition, not the condition"))),
        Step("Nesterov looks ahead",
             r"""Sutskever's form measures the gradient not at $\v{theta}$ but where the velocity would carry it, at $\varphi = \v{theta} +
             \v{momentum}\,\mathrm{v}$. PyTorch stores that point: subtract two neighbouring $\varphi$, write the velocity as
             $-\v{lr}\,\v{b}$, and its line with $\v{g}_t + \v{momentum}\,\v{b}_t$ is what remains. So the parameters that a network
             holds between steps are the look-ahead points, and no gradient is measured anywhere else.""",
             (Line(r"\varphi_{t+1} = \varphi_t - \v{lr}\,(\v{g}_{t+1} + \v{momentum}\,\v{b}_{t+1})", "ahead[0] == ahead[1]",
                   "both forms, six steps on a quadratic"),
              Line(r"z^2 - (1 + \v{momentum})(1 - \v{lr}\,h)\,z + \v{momentum}\,(1 - \v{lr}\,h) = 0 \;\Rightarrow\; |z| = "
                   r"\sqrt{\v{momentum}\,(1 - \v{lr}\,h)}", "ahead_moduli[1:] == sqrt(ahead_mu * (1 - ahead_gamma * h_ahead))[1:]",
                   "while the roots are complex: steep directions, with γh near 1, are damped more than by the heavy ball", rtol=1e-6))),
        Step("Where the learning rate multiplies",
             r"""PyTorch multiplies the whole buffer by the learning rate of the present step; in Sutskever's form the velocity remembers
             the old rates. At a constant rate both are the same. When a schedule changes it from $\v{lr}$ to $\v{lr}'$, PyTorch's ball
             changes its speed at once. The two steps then differ by the change times the old buffer.""",
             (Line(r"\v{lr}'(\v{momentum}\,\v{b} + \v{g}) - (\v{lr}\,\v{momentum}\,\v{b} + \v{lr}'\v{g}) = (\v{lr}' - \v{lr})\,"
                   r"\v{momentum}\,\v{b}",
                   "0.5 * (momentum * b_0 + g_1) - (lr * momentum * b_0 + 0.5 * g_1) == (0.5 - lr) * momentum * b_0"),)),
        Step("Weight decay is the gradient of a penalty",
             r"""Adding $\v{weight_decay}\,\v{theta}$ to the gradient is descent on $f + \frac{\v{weight_decay}}{2} |\v{theta}|^2$. Without
             momentum it is also the same as shrinking the parameters first. With momentum the penalty's gradient goes through the buffer
             as well, and with Adam it is divided by its denominator, which is why AdamW exists.""",
             (Line(r"\nabla \frac{\v{weight_decay}}{2} |\v{theta}|^2 = \v{weight_decay}\,\v{theta}",
                   "slope(lambda z: weight_decay / 2 * z ** 2, theta_0) == weight_decay * theta_0"),
              Line(r"\v{theta} - \v{lr}\,(\v{g} + \v{weight_decay}\,\v{theta}) = (1 - \v{lr}\,\v{weight_decay})\,\v{theta} - \v{lr}\,\v{g}",
                   "theta_0 - lr * (g_0 + weight_decay * theta_0) == (1 - lr * weight_decay) * theta_0 - lr * g_0"))),
    ),
    figures=(Figure(paths), Figure(speeds)),
    conventions=(
        ("First step of momentum", "The buffer is a copy of the first gradient (with its decay), not $(1 - \\v{dampening})$ of it."),
        ("Dampening", "Only the new gradient is dampened. It is 0 by default, so a momentum of 0.9 makes steps ten times as large in the "
                      "end. Nesterov allows none."),
        ("Where the rate multiplies", "After the buffer: `lr` does not stand in `momentum_buffer`; a schedule acts on the whole of it."),
        ("Order", "Sign (`maximize`), decay, momentum, Nesterov, step. So `maximize` does not turn the decay around: the parameters still "
                  "shrink."),
        ("State", "Without momentum there is none; the number of steps is never counted."),
    ),
    sources=(
        Source("Sutskever, Martens, Dahl and Hinton (2013), On the importance of initialization and momentum in deep learning",
               "https://proceedings.mlr.press/v28/sutskever13.html",
               "equations 1 and 2: momentum; 3 and 4: Nesterov's, with the velocity −γb"),
        Source("Polyak (1964), Some methods of speeding up the convergence of iteration methods",
               "https://doi.org/10.1016/0041-5553(64)90137-5", "the heavy ball and its best settings"),
        Source("Nesterov (1983), A method for solving the convex programming problem with convergence rate O(1/k²)",
               "https://www.mathnet.ru/eng/dan46009", "the look ahead"),
        Source("Goh (2017), Why momentum really works", "https://distill.pub/2017/momentum/", "the roots, direction by direction"),
        Source("PyTorch documentation, SGD", "https://docs.pytorch.org/docs/2.13/generated/torch.optim.SGD.html",
               "the contract, and a note on the form of the velocity"),
    ),
    scene=scene,
)
