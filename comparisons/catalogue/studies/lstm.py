"""The LSTM: one layer over a whole sequence, and back through time."""
import numpy as np

from ..study import Edge, Figure, Line, Source, Step, Study, with_parameters


def inputs(rng, T, B, I, H):                          # noqa: E741
    """T steps of B sequences with I features, states of H, and parameters as they are drawn by default."""
    def flat(*shape):
        return rng.uniform(-H ** -0.5, H ** -0.5, shape)
    return {"input": rng.standard_normal((T, B, I)), "h_0": rng.standard_normal((1, B, H)), "c_0": rng.standard_normal((1, B, H)),
            "w_ih": flat(4 * H, I), "w_hh": flat(4 * H, H), "b_ih": flat(4 * H), "b_hh": flat(4 * H)}


def call(torch, input, h_0, c_0, w_ih, w_hh, b_ih, b_hh):
    """The layer with these parameters: all hidden states, the last one, the last cell."""
    layer = with_parameters(torch.nn.LSTM(w_ih.shape[1], w_hh.shape[1]), weight_ih_l0=w_ih, weight_hh_l0=w_hh, bias_ih_l0=b_ih,
                            bias_hh_l0=b_hh)
    return layer(input, (h_0, c_0))


def sigma(z):
    """The logistic function, also of complex numbers."""
    return 1 / (1 + np.exp(-z))


def step(x, h, c, w_ih, w_hh, b):
    """One step by the formulas; b may differ between the sequences."""
    i, f, g, o = np.split(x @ w_ih.T + h @ w_hh.T + b, 4, axis=-1)
    c = sigma(f) * c + sigma(i) * np.tanh(g)
    return sigma(o) * np.tanh(c), c


def scene(s):
    """The loss as a function of everything, and what arrives at the first step from all later ones, by complex steps."""
    from ...atlas.identities import gradient
    b = s.b_ih + s.b_hh

    def rest(h, c, first=1, x=s.x, w_ih=s.w_ih, w_hh=s.w_hh, b=np.broadcast_to(b, (s.T, s.B, 4 * s.H))):
        loss = 0
        for t in range(first, s.T):
            h, c = step(x[t], h, c, w_ih, w_hh, b[t])
            loss = loss + (s.grad_y[t] * h).sum()
        return loss + (s.grad_h * h).sum() + (s.grad_c * c).sum()

    def loss(h=s.h, c=s.c, b=b, **others):
        return rest(h, c, 0, b=np.broadcast_to(b, (s.T, s.B, 4 * s.H)), **others)

    def cell(h, c, t=0):
        return step(s.x[t], h, c, s.w_ih, s.w_hh, b)

    d = gradient(lambda b: loss(b=b), np.broadcast_to(b, (s.T, s.B, 4 * s.H)).copy())    # by the sums of all steps
    d_c = gradient(lambda c: rest(s.o * np.tanh(c), c) + (s.grad_y[0] * s.o * np.tanh(c)).sum(), s.c_next)
    d_i, d_f, d_g, d_o = np.split(d[0], 4, axis=-1)
    return {"sigma": sigma, "rest": rest, "loss": loss, "cell": cell, "a": s.x[0] @ s.w_ih.T + b + s.h @ s.w_hh.T,
            "gates": s.concatenate([s.i, s.f, s.g, s.o], -1), "tc": np.tanh(s.c_next), "forgets": forgets(s, b),
            "grad_m": s.grad_y[0] + gradient(lambda h: rest(h, s.c_next), s.m), "grad_c": gradient(lambda c: rest(s.m, c), s.c_next),
            "d": d, "d_gates": d[0], "d_c": d_c, "d_i": d_i, "d_f": d_f, "d_g": d_g, "d_o": d_o,
            "stretch": np.repeat([0.5, 0.5, 1, 0.5], s.H), "lift": np.repeat([0.5, 0.5, 0, 0.5], s.H)}

def forgets(s, b):
    """The forget gate of every step, (T, B, H)."""
    h, c, found = s.h, s.c, []
    for x in s.x:
        found.append(sigma((x @ s.w_ih.T + h @ s.w_hh.T + b)[:, s.H:2 * s.H]))
        h, c = step(x, h, c, s.w_ih, s.w_hh, b)
    return np.stack(found)


# ---- edge cases ----------------------------------------------------------------------------------------------------------


def no_states(values):
    """The usual start."""
    values["h_0"][...] = values["c_0"][...] = 0


def saturated(values):
    """Sums far outside of where the gates bend."""
    values["input"] *= 1e4


def huge_cell(values):
    """A cell of which the tanh is 1."""
    values["c_0"] *= 1e30


# ---- figures ---------------------------------------------------------------------------------------------------------------


def drift(study):
    """The error of the hidden state, step by step."""
    import torch

    import minitorch

    from ...atlas.plot import Plot
    from ...atlas.run import inputs as draw
    sizes = {"T": 100, "B": 8, "I": 16, "H": 32}
    true = run(minitorch, draw(study, np.float64, sizes))
    plot = Plot("Error of the hidden state over time", "step t", "largest error of h", logy=True)
    worst = {}
    for name, library, style in (("ours", minitorch, "ours"), ("PyTorch", torch, "reference")):
        values = {k: v.astype(np.float32) for k, v in draw(study, np.float64, sizes).items()}
        errors = np.abs(run(library, values) - true).max((1, 2))
        plot.line(np.arange(100), errors, name, style)
        worst[name] = errors
    grown = worst["ours"][50:].mean() / worst["ours"][5:15].mean()
    return plot, (f"Float32 against float64. The mean error after step 50 is {grown:.1f} times that of the steps 5 to 15: rounding does "
                   "not "
                  "pile up, for the gates forget old errors as they forget old values.")


def run(library, values):
    """All hidden states of the study's call."""
    return call(library, **{k: library.from_numpy(v.copy()) for k, v in values.items()})[0].numpy().astype(np.float64)


def fading(study):
    """How much gradient is left in the cell, going back, for some biases of the forget gate."""
    from ...atlas.plot import Plot
    from ...atlas.run import inputs as draw
    length, left = 60, {}
    for bias in (-1, 1, 3):
        s = draw(study, np.float64, {"T": length, "B": 8, "I": 16, "H": 32})
        s["b_ih"][32:64] = bias
        h, c, kept = s["h_0"][0], s["c_0"][0], np.ones((8, 32))
        gates = []
        for x in s["input"]:
            gates.append(sigma((x @ s["w_ih"].T + h @ s["w_hh"].T + s["b_ih"] + s["b_hh"])[:, 32:64]))
            h, c = step(x, h, c, s["w_ih"], s["w_hh"], s["b_ih"] + s["b_hh"])
        left[bias] = []
        for f in gates[::-1]:
            kept = kept * f
            left[bias].append(np.sqrt((kept ** 2).mean()))
    plot = Plot("The direct road, going back in time", "steps back", "gradient left", logy=True)
    for (bias, values), style in zip(left.items(), ("third", "reference", "ours")):
        plot.line(np.arange(1, length + 1), values, f"forget bias {bias:+d}", style)
    return plot, (f"The product of the forget gates. A bias of +3 leaves {left[3][-1]:.0%} after {length} steps, +1 leaves "
                  f"{left[1][-1]:.0e}, -1 leaves {left[-1][-1]:.0e}.")


STUDY = Study(
    "nn.LSTM",
    title="LSTM", group="Recurrent",
    lead="A cell carries its state from step to step by adding, not through a matrix; three gates decide what it keeps, takes in and "
         "shows.",
    sizes={"T": 5, "B": 2, "I": 3, "H": 4}, extra_sizes={"4H": 16}, inputs=inputs, call=call,
    functions={"lstm": "The sequence", "lstm_cell": "One step", "show": "From the gates to the cell and what it shows",
               "lstm_backward": "Back through time", "lstm_cell_backward": "One step back"},
    variables={
        "x": ("x", "input, as the kernel walks it", "every step outside of the cell, one step in it"),
        "h": ("h_{t-1}", "hidden state that enters"),
        "c": ("c_{t-1}", "cell that enters"),
        "w_ih": ("W_x", "weights of the input", "the gates i, f, g, o below each other"),
        "w_hh": ("W_h", "weights of the hidden state", "in the same order"),
        "b_ih": ("b_x", "bias on the input's side"),
        "b_hh": ("b_h", "bias on the hidden state's side"),
        "z": ("z", "the part of the gates' sums that the input and the biases make", "becomes the gates themselves, in the same memory"),
        "gates": (r"\Gamma", "all four gates side by side"),
        "stretch": (r"\kappa", "factor before and after a tanh", "1/2 for a logistic gate, 1 for the candidate"),
        "lift": (r"1 - \kappa", "what the factor leaves to 1"),
        "i": ("i", "input gate: how much is written"),
        "f": ("f", "forget gate: how much is kept"),
        "g": ("g", "candidate: what is written"),
        "o": ("o", "output gate: how much is shown"),
        "c_next": ("c_t", "cell that leaves"),
        "tc": (r"\tau", "tanh of the cell that leaves"),
        "m": ("m", "hidden state before a projection"),
        "h_next": ("h_t", "hidden state that leaves"),
        "y": ("y", "output", "the hidden states of all steps"),
        "grad_y": (r"\bar{y}", "gradient that arrives at the output"),
        "grad_h": (r"\bar{h}", "gradient that arrives at the hidden state", "from later steps"),
        "grad_c": (r"\bar{c}", "gradient that arrives at the cell", "from later steps"),
        "d_h": (r"\delta_h", "all of the gradient at the hidden states"),
        "grad_m": (r"\bar{m}", "gradient at the hidden state before a projection"),
        "d_c": (r"\delta_c", "all of the gradient at the cell"),
        "d_i": (r"\delta_i", "gradient at the input gate's sum"),
        "d_f": (r"\delta_f", "gradient at the forget gate's sum"),
        "d_g": (r"\delta_g", "gradient at the candidate's sum"),
        "d_o": (r"\delta_o", "gradient at the output gate's sum"),
        "d_gates": (r"\delta", "gradient at all the gates' sums, side by side"),
        "grad_c_prev": (r"\bar{c}_{t-1}", "gradient at the cell of the step before"),
        "grad_x": (r"\bar{x}", "gradient of the input"),
        "grad_w_ih": (r"\bar{W}_x", "gradient of the input's weights"),
        "grad_w_hh": (r"\bar{W}_h", "gradient of the hidden state's weights"),
        "grad_b": (r"\bar{b}", "gradient of either bias"),
    },
    scene=scene,
    forward=(
        Line(r"\v{z} = \v{w_ih}\,\v{x}_t + \v{b_ih} + \v{b_hh}", "z == x[0] @ w_ih.T + b_ih + b_hh"),
        Line(r"\v{gates} = (\sigma, \sigma, \tanh, \sigma)(\v{z} + \v{w_hh}\,\v{h})",
             "gates == concatenate([sigma((z + h @ w_hh.T)[:, :2 * H]), tanh((z + h @ w_hh.T)[:, 2 * H:3 * H]), sigma((z + h @ "
             "w_hh.T)[:, 3 * H:])], 1) == concatenate([i, f, g, o], 1)",
             "all four gates side by side: i, f, g, o"),
        Line(r"\v{c_next} = \v{f} \odot \v{c} + \v{i} \odot \v{g}", "cells[0] == f * c + i * g"),
        Line(r"\v{tc} = \tanh(\v{c_next})", "tcs[0] == tanh(c_next)"),
        Line(r"\v{h_next} = \v{o} \odot \v{tc}", "y[0] == o * tcs[0]"),
    ),
    backward=(
        Line(r"\v{d_c} = \v{grad_c} + \v{grad_m} \odot \v{o} \odot (1 - \v{tc}^2)",
             "d_c == grad_c + grad_m * o * (1 - tc ** 2)"),
        Line(r"\v{d_i} = \v{d_c} \odot \v{g} \odot \v{i} \odot (1 - \v{i})", "d_i == d_c * g * i * (1 - i)"),
        Line(r"\v{d_f} = \v{d_c} \odot \v{c} \odot \v{f} \odot (1 - \v{f})", "d_f == d_c * c * f * (1 - f)"),
        Line(r"\v{d_g} = \v{d_c} \odot \v{i} \odot (1 - \v{g}^2)", "d_g == d_c * i * (1 - g ** 2)"),
        Line(r"\v{d_o} = \v{grad_m} \odot \v{tc} \odot \v{o} \odot (1 - \v{o})", "d_o == grad_m * tc * o * (1 - o)"),
        Line(r"\v{grad_c_prev} = \v{d_c} \odot \v{f}",
             "gradient(lambda c: loss(c=c), c) == d_c * f"),
        Line(r"\v{grad_x} = \v{w_ih}^{\top} \v{d_gates}", "gradient(lambda x: loss(x=x), x) == d @ w_ih"),
        Line(r"\v{grad_w_ih} = \sum_{t} \v{d_gates}_t\,\v{x}_t^{\top}",
             "gradient(lambda w: loss(w_ih=w), w_ih) == einsum('tbg,tbi->gi', d, x) == grad_w_ih"),
        Line(r"\v{grad_w_hh} = \sum_{t} \v{d_gates}_t\,\v{h}^{\top}",
             "gradient(lambda w: loss(w_hh=w), w_hh) == einsum('tbg,tbh->gh', d, h_prev) == grad_w_hh"),
        Line(r"\v{grad_b} = \sum_{t} \v{d_gates}_t", "gradient(lambda b: loss(b=b), b_ih + b_hh) == d.sum((0, 1))"),
    ),
    derivation=(
        Step("Two slopes from their own values",
             r"""Gates are squashed sums. With $\sigma(a) = 1/(1 + e^{-a})$ the quotient rule gives $e^{-a}/(1 + e^{-a})^2$, and
             $e^{-a}/(1 + e^{-a})$ is $1 - \sigma(a)$. For tanh, sinh over cosh, each the slope of the other, it gives $(\cosh^2 a -
             \sinh^2 a)/\cosh^2 a$. Both slopes need the value alone, so the gates are kept and their sums forgotten: `gates` is one
             piece of memory, first for the sums, then for what is made of them.""",
             (Line(r"\sigma'(a) = \frac{e^{-a}}{(1 + e^{-a})^2} = \sigma(a)\,(1 - \sigma(a))",
                   "slope(sigma, a) == exp(-a) / (1 + exp(-a)) ** 2 == sigma(a) * (1 - sigma(a))"),
              Line(r"\tanh'(a) = 1 - \tanh^2(a)", "slope(tanh, a) == 1 - tanh(a) ** 2"))),
        Step("All gates by one tanh",
             r"""Multiply numerator and denominator of $\sigma$ by $e^{a/2}$ and add and take away $e^{-a/2}$ above: the logistic
             function is a tanh, stretched and lifted. So `squash` runs one tanh over the four blocks: multiplied by $\v{stretch}$
             before and after, and lifted by $\v{lift}$, with $\v{stretch} = 1/2$ where a gate is logistic and 1 for the candidate. No
             exponential can overflow in it.""",
             (Line(r"\sigma(a) = \frac{e^{a/2}}{e^{a/2} + e^{-a/2}} = \frac{1}{2}\tanh\frac{a}{2} + \frac{1}{2}",
                   "sigma(a) == exp(a / 2) / (exp(a / 2) + exp(-a / 2)) == tanh(a / 2) / 2 + 1 / 2"),
              Line(r"\v{gates} = \v{stretch}\,\tanh(\v{stretch}\,(\v{z} + \v{w_hh}\,\v{h})) + (\v{lift})",
                   "gates == stretch * tanh(stretch * (z + h @ w_hh.T)) + lift"))),
        Step("The cell has two readers",
             r"""Write $\bar{a}$ for the derivative of the loss by $a$. The hidden state reads the cell now, through $\v{m} = \v{o} \odot
             \tanh \v{c_next}$; the next step reads it later, and $\v{grad_c}$ is what came back from there. A value with two readers
             gets the sum of what they send. The slope of the first reader is $\v{o}\,(1 - \v{tc}^2)$. Without a projection
             $\v{grad_m}$ is all that arrives at $\v{h_next}$: from the loss at this step, and from the gates of the next one.""",
             (Line(r"\v{grad_m} = \v{grad_y}_t + \v{grad_h}", "gradient(lambda h: (grad_y[0] * h).sum() + rest(h, c_next), m) == grad_m"),
              Line(r"\frac{\partial \v{m}}{\partial \v{c_next}} = \v{o} \odot (1 - \v{tc}^2)",
                   "slope(lambda c: o * tanh(c), c_next) == o * (1 - tc ** 2)"),
              Line(r"\v{d_c} = \v{grad_c} + \v{grad_m} \odot \v{o} \odot (1 - \v{tc}^2)",
                   "d_c == grad_c + grad_m * o * (1 - tc ** 2)"))),
        Step("Each factor gets the other",
             r"""$\v{c_next} = \v{f} \odot \v{c} + \v{i} \odot \v{g}$ and $\v{m} = \v{o} \odot \v{tc}$ are products, element by element,
             and in a product the slope of one factor is the other. The output gate does not stand in the cell: it gets $\v{grad_m}$
             and not $\v{d_c}$.""",
             (Line(r"\frac{\partial \v{c_next}}{\partial \v{i}} = \v{g}", "slope(lambda z: f * c + z * g, i) == g"),
              Line(r"\frac{\partial \v{c_next}}{\partial \v{f}} = \v{c}", "slope(lambda z: z * c + i * g, f) == c"),
              Line(r"\frac{\partial \v{c_next}}{\partial \v{g}} = \v{i}", "slope(lambda z: f * c + i * z, g) == i"),
              Line(r"\frac{\partial \v{c_next}}{\partial \v{c}} = \v{f}", "slope(lambda z: f * z + i * g, c) == f"),
              Line(r"\frac{\partial \v{m}}{\partial \v{o}} = \v{tc}", "slope(lambda z: z * tanh(c_next), o) == tc"))),
        Step("On to the sums",
             r"""Times the slope of its squashing, each becomes the gradient at a sum: the factors of the code, in the code's order. The
             left side here differentiates everything that follows from the sums of the first step, all later steps included.""",
             (Line(r"\v{d_i} = \v{d_c} \odot \v{g} \odot \sigma'(a_i) = \v{d_c} \odot \v{g} \odot \v{i} \odot (1 - \v{i})",
                   "d_i == d_c * g * slope(sigma, a[:, :H]) == d_c * g * i * (1 - i)"),)),
        Step("One step back",
             r"""The sums are linear in the step's input and in the hidden state that entered: $a = \v{w_ih}\,\v{x}_t + \v{w_hh}\,\v{h} +
             \ldots$ In components $a_k = \sum_j W_{kj} h_j + \ldots$, so $h_j$ reaches every $a_k$ with the factor $W_{kj}$, and its
             gradient is $\sum_k \delta_k W_{kj}$: the matrix transposed. What goes to $\v{h}$ is the $\v{grad_h}$ of the step
             before, what goes to $\v{c}$ its $\v{grad_c}$, and the loop begins anew.""",
             (Line(r"\frac{\partial a_k}{\partial h_j} = (\v{w_hh})_{kj}", "jacobian(lambda h: h @ w_hh.T, h[0]) == w_hh"),
              Line(r"\bar{h}_{t-1} = \v{w_hh}^{\top} \v{d_gates}", "gradient(lambda h: loss(h=h), h) == d_gates @ w_hh == d[0] @ w_hh"))),
        Step("Weights serve every step",
             r"""A weight is read at each step, by each sequence of the batch. It has as many readers, and its gradient is the sum over
             them: $\bar{W}_{kj} = \sum_t \sum_b \delta_{tbk}\,x_{tbj}$. The loop keeps all $\v{d_gates}$, so that this sum over T
             and B is one product of matrices after it, not T small ones within. $\v{b_ih}$ and $\v{b_hh}$ are only ever added to
             each other: one gradient serves both.""",
             (Line(r"\v{grad_w_ih} = \sum_t \v{d_gates}_t\,\v{x}_t^{\top}",
                   "gradient(lambda w: loss(w_ih=w), w_ih) == d.reshape(-1, 4 * H).T @ x.reshape(-1, I) == grad_w_ih"),)),
        Step("The road without a matrix",
             r"""From a cell to the cell before it there are two roads. One leads through $\v{h}$, the matrix $\v{w_hh}$ and four
             squashings, as in any recurrent network, where the product of such matrices over many steps grows or dies. The other is
             a product of forget gates, element by element: numbers between 0 and 1 that the network sets itself. Let the hidden
             state that each step reads stand still, and only the second is left. One step as a whole is the sum of both.""",
             (Line(r"\frac{\partial c_T}{\partial c_0}\Big|_{h} = \prod_{t=1}^{T} f_t",
                   "slope(lambda c: (((c * forgets[0] + 1) * forgets[1] + 2) * forgets[2] + 3) * forgets[3] * forgets[4], c) "
                   "== forgets.prod(0)"),
              Line(r"\frac{\partial c_{t+1}}{\partial c_t} = \mathrm{diag}(f_{t+1}) + \frac{\partial c_{t+1}}{\partial h_t}\,\mathrm{diag}"
                   r"(o_t\,(1 - \tau_t^2))",
                   "jacobian(lambda c: cell(o * tanh(c), c, 1)[1].sum(0), c_next)[:, 0] == forgets[1][0] * eye(H) "
                   "+ jacobian(lambda h: cell(h, c_next, 1)[1].sum(0), m)[:, 0] * (o * (1 - tc ** 2))[0]"))),
    ),
    sources=(
        Source("Hochreiter and Schmidhuber (1997), Long Short-Term Memory", "https://doi.org/10.1162/neco.1997.9.8.1735",
               "the cell with its input and output gate"),
        Source("Gers, Schmidhuber and Cummins (2000), Learning to Forget: Continual Prediction with LSTM",
               "https://doi.org/10.1162/089976600300015015", "the forget gate"),
        Source("Werbos (1990), Backpropagation Through Time: What It Does and How to Do It", "https://doi.org/10.1109/5.58337",
               "the backward loop"),
        Source("Greff et al. (2017), LSTM: A Search Space Odyssey", "https://arxiv.org/abs/1503.04069",
               "section II: forward and backward (with peepholes, which PyTorch lacks)"),
        Source("PyTorch documentation, LSTM", "https://docs.pytorch.org/docs/2.13/generated/torch.nn.LSTM.html", "the contract"),
    ),
    edges=(Edge("states of zeros", no_states, "what a call without states starts from"),
           Edge("saturated, 1e4 x", saturated, "gates at 0 and 1: their slopes vanish and nothing overflows"),
           Edge("a cell of 1e30", huge_cell, "its tanh is 1; the cell itself is kept")),
    notes={"huge, 1e20": "the sums are huge, the gates 0 and 1", "one nan": "stays in its sequence, from its step on",
           "one infinity": "the gates of its sequence saturate; the weights' gradient multiplies it by a slope of 0: nan",
           "size 0": "a sequence needs a step: both refuse", "one element": "one number as input, state and gate"},
    alone={"stretch, lift = stretches": "the factors of the one tanh that squashes all gates; the reference calls sigmoid and tanh",
           "y[t], cells[t] = h, c": "our step writes both where they stay",
           "i_space": "each block of the gradient is written where it belongs", "return grad_c_prev": "the blocks are written in place"},
    conventions=(
        ("Gate order",
         "i, f, g, o in the 4H rows of every weight and bias, as in PyTorch and cuDNN. Keras has i, f, c, o, which is the same; ONNX "
                       "has i, o, f, c: rows must be moved."),
        ("Two biases", "`bias_ih` and `bias_hh` are both parameters, though only their sum matters: their gradients are equal, and an "
                       "optimizer that takes both takes twice the step."),
        ("Axes", "Time first, (T, B, I), unless `batch_first`; the states are (layers · directions, B, H) even then."),
        ("Start", "All parameters are uniform in ±1/√H, also the forget gate's bias: it is not set to 1."),
        ("Weights", "(4H, I) and (4H, H): a step multiplies by the transpose. Ours lays `w_hh` out for that once a sequence."),
        ("Saved", "Gates, cells and their tanh: 6 H numbers for a step of a sequence. The sums are not, nor is the hidden state twice."),
        ("Projection", "`proj_size` shows W_r m instead of m: h, y and W_h shrink, the cell does not."),
    ),
    differences=(
        ("Squashing", "Ours is one tanh for all gates, PyTorch's has vector code for sigmoid and tanh: the gates differ by a few ulp."),
        ("Input's part", "Ours multiplies all steps with W_x in one product before the loop, so does PyTorch; the BLAS is not the same."),
    ),
    figures=(Figure(drift, "agreement"), Figure(fading)),
    speed=({"T": 16, "B": 8, "I": 32, "H": 32}, {"T": 32, "B": 16, "I": 64, "H": 64}),
)
