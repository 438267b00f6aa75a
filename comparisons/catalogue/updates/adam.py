"""Adam: the mean of the gradients, divided by the root of the mean of their squares, element by element."""
import numpy as np

from ..study import Figure, Line, Source, Step
from . import Update
from ._shared import chosen, descend, map_of

CURVATURES = (1.0, 50.0)
START = (-1.0, 0.25)
RUNS = {"gradient descent": ("SGD", {"lr": 2 / 51}, "third"), "AdaGrad": ("Adagrad", {"lr": 0.3}, "reference"),
        "Adam": ("Adam", {"lr": 0.05}, "ours")}


def scene(s):
    """The history by hand, and the first step in other forms."""
    s1, s2 = s.settings["betas"]
    m = v = 0 * s.start
    for g in s.gradients:
        m, v = s1 * m + (1 - s1) * g, s2 * v + (1 - s2) * g * g
    powers = np.arange(len(s.gradients))[::-1, None]
    first = s.gradients[0]
    return {"m_hand": ((1 - s1) * s1 ** powers * s.gradients).sum(0), "v_hand": ((1 - s2) * s2 ** powers * s.gradients ** 2).sum(0),
            "m_loop": m, "v_loop": v, "T": len(s.gradients), "powers": powers, "first": first, "beta1": s1, "beta2": s2,
            "m_first": (1 - s1) * first, "v_first": (1 - s2) * first ** 2, "weights1": (1 - s1) * s1 ** powers,
            "after_one": walked(s, [first], eps=0.0), "scaled": walked(s, 1000 * s.gradients, eps=0.0),
            "unscaled": walked(s, s.gradients, eps=0.0), "sparse": sparse(), "m_mean": drift()}


def walked(s, gradients, **settings):
    """Where our Adam ends without weight decay."""
    import minitorch
    p = minitorch.nn.Parameter(minitorch.from_numpy(s.start.copy()))
    optimizer = minitorch.optim.Adam([p], lr=s.lr, betas=s.settings["betas"], **settings)
    for g in gradients:
        p.grad = minitorch.from_numpy(np.array(g))
        optimizer.step()
    return p.detach().numpy()


def sparse():
    """How far a step goes after a long time without gradients, in learning rates, with the usual betas."""
    import minitorch
    p = minitorch.nn.Parameter(minitorch.zeros(1, dtype=minitorch.float64))
    optimizer = minitorch.optim.Adam([p], lr=1.0, eps=1e-30)
    p.grad = minitorch.zeros(1, dtype=minitorch.float64)
    for k in range(20000):
        if k == 19999:
            p.grad = minitorch.ones(1, dtype=minitorch.float64)
            before = p.detach().clone()
        optimizer.step()
    return float((before - p.detach()).numpy()[0])


def drift(steps=5, draws=200000):
    """The mean over many draws of v, over that of g², after some steps with the usual betas."""
    rng = np.random.RandomState(1)
    v = sum(0.001 * 0.999 ** (steps - 1 - k) * rng.standard_normal(draws) ** 2 for k in range(steps))
    return v.mean() / (1 - 0.999 ** steps)


def paths(study):
    """Adam in a narrow valley."""
    found = {n: (descend(name, settings, CURVATURES, START, 60), style) for n, (name, settings, style) in RUNS.items()}
    first = found["Adam"][0][1] - found["Adam"][0][0]
    return map_of("Adam in a narrow valley", found, CURVATURES), (
        f"Sixty steps. Adam's first step is {abs(first[0]):.4f} along θ₁ and {abs(first[1]):.4f} along θ₂, although the gradients there "
        f"are {abs(CURVATURES[0] * START[0]):g} and {abs(CURVATURES[1] * START[1]):g}: it follows signs at first, so the valley's shape "
        "matters less, and a constant rate does not come to rest.")


def starts(study):
    """The size of the first steps with and without the corrections."""
    from ...atlas.plot import Plot
    plot = Plot("How far a step goes, for a constant gradient", "step t", "step in learning rates", logx=True)
    t = np.unique(np.round(10 ** np.linspace(0, 4, 200)))
    plot.line(t, (1 - 0.9 ** t) / np.sqrt(1 - 0.999 ** t), "without correction", "reference")
    plot.line(t, np.ones_like(t), "Adam", "ours")
    worst = ((1 - 0.9 ** t) / np.sqrt(1 - 0.999 ** t)).max()
    return plot, (f"Both moments start at zero, but the first fills within tens of steps and the second within thousands. Uncorrected, "
                  f"their ratio would be {0.1 / np.sqrt(0.001):.2f} at the first step and {worst:.1f} at its worst.")


UPDATE = Update(
    "optim.Adam", title="Adam", kernel="adam",
    lead="""Two running means, of the gradients and of their squares; the update is the first over the root of the second, so every element
        moves by about the learning rate, however large its gradients are.""",
    variants={
        "default": {"lr": 0.1},
        "AMSGrad": {"lr": 0.1, "amsgrad": True},
        "L2 penalty": {"lr": 0.1, "betas": (0.8, 0.95), "weight_decay": 0.1, "eps": 0.001},
        "decoupled, up the gradient": {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True},
    },
    checked="L2 penalty",
    states={
        "step": ("t", "A 0-d float32 tensor on the CPU, also for parameters on a device; 0 when it is made, counted up before it is used."),
        "exp_avg": ("m", "Zeros at the first step."),
        "exp_avg_sq": ("v", "Zeros at the first step."),
        "max_exp_avg_sq": ("v_max", "With `amsgrad` only: the largest `exp_avg_sq` so far, before any correction."),
    },
    variables=chosen(
        "theta", "g", "t", "lr", "weight_decay", "eps", "maximize", "decays", "step", "square", "rest", "denom", "update", "v",
        m=("m", "first moment: running mean of the gradient"),
        v_max=(r"v^{\max}", "largest second moment so far"),
        v_hat=(r"\hat{v}", "second moment that is divided by", "with AMSGrad the largest so far"),
        beta1=(r"\beta_1", "share of the first moment that is kept"),
        beta2=(r"\beta_2", "share of the second moment that is kept"),
        share1=("c_1", "share of the new gradient in the first moment"),
        share2=("c_2", "share of the new square in the second moment"),
        bias_correction1=("B_1", "sum of the weights in the first moment"),
        bias_correction2=("B_2", "sum of the weights in the second moment"),
        bias_correction2_sqrt=(r"\sqrt{B_2}", "root of the sum of the weights in the second moment"),
        correction=("k", "what the root of the second moment is multiplied by"),
        step_size=(r"\gamma_t", "learning rate over the sum of the first moment's weights"),
        amsgrad=(r"\mathrm{amsgrad}", "whether to divide by the largest second moment"),
        decay=(r"\lambda'", "factor of the parameters that decay", "λ, or 1 − γλ if decoupled"),
        decoupled=(r"\mathrm{decoupled}", "whether the decay stays out of the moments"),
    ),
    formula=(
        Line(r"\v{g}_t = \nabla f(\v{theta}_{t-1}) + \v{weight_decay}\,\v{theta}_{t-1}", "g == g_0 + weight_decay * theta_0"),
        Line(r"\v{m}_t = \v{beta1}\,\v{m}_{t-1} + (1 - \v{beta1})\,\v{g}_t", "m == beta1 * m_0 + (1 - beta1) * g"),
        Line(r"\v{v}_t = \v{beta2}\,\v{v}_{t-1} + (1 - \v{beta2})\,\v{g}_t^2", "v == beta2 * v_0 + (1 - beta2) * g ** 2"),
        Line(r"\v{bias_correction1} = 1 - \v{beta1}^t, \quad \v{bias_correction2} = 1 - \v{beta2}^t",
             "stack([bias_correction1, bias_correction2]) == stack([1 - beta1 ** t, 1 - beta2 ** t])"),
        Line(r"\v{denom}_t = \sqrt{\v{v}_t / \v{bias_correction2}} + \v{eps}", "denom == sqrt(v / bias_correction2) + eps"),
        Line(r"\v{theta}_t = \v{theta}_{t-1} - \v{lr}\,\frac{\v{m}_t / \v{bias_correction1}}{\v{denom}_t}",
             "theta == theta_0 - lr * (m / bias_correction1) / denom"),
    ),
    theory=(
        Step("What the moments are",
             r"""Put the line of $\v{m}_{t-1}$ into that of $\v{m}_t$, and so on until the zeros of the start. Both moments are weighted
             sums of everything so far; a step back multiplies the weight by $\v{beta1}$ or $\v{beta2}$.""",
             (Line(r"\v{m}_t = (1 - \v{beta1}) \sum_{k=1}^{t} \v{beta1}^{t-k}\,\nabla_k", "m_loop == m_hand", "the gradient of step k: ∇ₖ"),
              Line(r"\v{v}_t = (1 - \v{beta2}) \sum_{k=1}^{t} \v{beta2}^{t-k}\,\nabla_k^2", "v_loop == v_hand"))),
        Step("Why they are divided by 1 − βᵗ",
             r"""A mean has weights that add up to one. These do not: the zeros of the start hold the rest, $\v{beta1}^t$. The geometric sum
             gives what is there, and dividing by it makes the moments true means. If the gradients have the same distribution at every
             step, the expectation of the corrected $\v{v}$ is exactly that of the squared gradient, at every step.""",
             (Line(r"(1 - \v{beta1}) \sum_{k=1}^{t} \v{beta1}^{t-k} = 1 - \v{beta1}^t = \v{bias_correction1}",
                   "weights1.sum() == 1 - beta1 ** T == bias_correction1"),
              Line(r"\mathrm{E}[\v{v}_t] / \v{bias_correction2} = \mathrm{E}[\nabla^2]", "m_mean == 1", "mean of 200,000 draws",
                   rtol=0.01))),
        Step("The first step has the size of the learning rate",
             r"""At $t = 1$ the corrected moments are the gradient and its square, whatever the betas are. Their ratio is a sign, and every
             element moves by $\v{lr}$ (less by epsilon's share). Without the corrections it would be
             $(1 - \v{beta1}) / \sqrt{1 - \v{beta2}}$ times that.""",
             (Line(r"\frac{\v{m}_1 / (1 - \v{beta1})}{\sqrt{\v{v}_1 / (1 - \v{beta2})}} = \frac{\nabla_1}{|\nabla_1|}",
                   "m_first / (1 - beta1) / sqrt(v_first / (1 - beta2)) == sign(first)"),
              Line(r"\v{theta}_1 = \v{theta}_0 - \v{lr} \; \mathrm{sign}(\nabla_1)", "after_one == start - lr * sign(first)",
                   "measured, with ε = 0"))),
        Step("No scale, and no step far beyond the rate",
             r"""With $\v{eps} = 0$, a loss multiplied by 1,000 multiplies $\v{m}$ by 1,000 and the root of $\v{v}$ too: the path is the
             same. A step is largest where the first gradient comes after a long silence; then $\v{m} = (1 - \v{beta1})\,\v{g}$,
             $\v{v} = (1 - \v{beta2})\,\v{g}^2$ and both corrections are one. With 0.9 and 0.999 that is 3.16 learning rates.""",
             (Line(r"\v{theta}_t(1000\,\nabla) = \v{theta}_t(\nabla)", "scaled == unscaled", "measured"),
              Line(r"\frac{|\v{m}_t|}{\sqrt{\v{v}_t}} = \frac{1 - \v{beta1}}{\sqrt{1 - \v{beta2}}}", "sparse == 0.1 / sqrt(0.001)",
                   "after 19,999 silent steps", rtol=1e-6))),
        Step("Where epsilon stands",
             r"""PyTorch adds it to the root of the corrected second moment, as the paper's algorithm does. The paper's quicker form, at the
             end of its section 2, corrects the rate instead and adds an epsilon to the bare root. That is the same update with an epsilon
             that grows with $t$, from $\sqrt{1 - \v{beta2}}\,\v{eps}$ to $\v{eps}$. Where gradients are much smaller than $\v{eps}$, Adam
             is momentum with the rate $\v{lr} / \v{eps}$.""",
             (Line(r"\frac{\v{m} / \v{bias_correction1}}{\sqrt{\v{v} / \v{bias_correction2}} + \v{eps}} = "
                   r"\frac{\sqrt{\v{bias_correction2}}}{\v{bias_correction1}} \cdot "
                   r"\frac{\v{m}}{\sqrt{\v{v}} + \v{eps} \sqrt{\v{bias_correction2}}}",
                   "m / bias_correction1 / (sqrt(v / bias_correction2) + eps) == sqrt(bias_correction2) / bias_correction1 * m / "
                   "(sqrt(v) + eps * sqrt(bias_correction2))"),)),
        Step("As the kernel writes it",
             r"""A running mean moves towards the new value by its share of the distance: one multiplication less. The corrections are
             numbers, computed once a step in double precision; that of the second moment multiplies the root, that of the first goes into
             the factor of the update, $\v{step} = -\v{step_size}$.""",
             (Line(r"\v{m}_t = \v{m}_{t-1} + \v{share1}\,(\v{g}_t - \v{m}_{t-1})", "m == m_0 + share1 * (g - m_0)"),
              Line(r"\v{denom} = \v{correction} \sqrt{\v{v_hat}} + \v{eps}", "denom == correction * sqrt(v_hat) + eps"),
              Line(r"\v{theta}_t = \v{theta}_{t-1} + \v{step}\,\v{update}, \quad \v{update} = \v{m} / \v{denom}",
                   "theta == theta_0 + step * m / denom"))),
        Step("AMSGrad",
             r"""When a rare large gradient leaves $\v{v}$ faster than its worth, effective rates grow again and the method may not
             converge. Dividing by the largest $\v{v}$ so far forbids that. PyTorch takes the maximum before the correction, so early in
             training a step can still grow.""", ()),
    ),
    figures=(Figure(paths), Figure(starts)),
    conventions=(
        ("Epsilon", "Outside of the root and after the correction, $10^{-8}$ by default."),
        ("First step", "Every element with a gradient moves by `lr`, up or down."),
        ("Weight decay", "`weight_decay` is an L2 penalty here: it goes through both moments. With `decoupled_weight_decay=True` this "
                         "class "
                         "is AdamW."),
        ("Where the rate multiplies", "Last, together with the first correction, as a Python number. The moments do not contain it."),
        ("Beta of the literature", "PyTorch's `betas` are what is kept, $\\v{beta1} = 0.9$ and $\\v{beta2} = 0.999$; $1 - \\v{beta2}$ is "
                                   "what is new."),
        ("A gradient of None", "The parameter is left out and its `step` is not counted, so its corrections stay behind those of its "
                               "neighbours."),
    ),
    differences=(
        ("Squares", "PyTorch adds $(1 - \\v{beta2})\\,\\v{g}^2$ in one fused rounding; here the square is rounded first. `exp_avg_sq` "
                    "differs "
                    "by an ulp or two, and everything after it inherits that."),
    ),
    sources=(
        Source("Kingma and Ba (2015), Adam: A Method for Stochastic Optimization", "https://arxiv.org/abs/1412.6980",
               "algorithm 1: the step; section 2.1: the bound; section 3, equations 1 to 4: the correction"),
        Source("Reddi, Kale and Kumar (2018), On the Convergence of Adam and Beyond", "https://arxiv.org/abs/1904.09237",
               "algorithm 2: AMSGrad, without corrections"),
        Source("PyTorch documentation, Adam", "https://docs.pytorch.org/docs/2.13/generated/torch.optim.Adam.html", "the contract"),
    ),
    scene=scene,
)
