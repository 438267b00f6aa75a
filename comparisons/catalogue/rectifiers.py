"""Activations of straight pieces."""
from hypothesis import strategies as st

from minitorch.testing.strategies import OMIT, optional, tensors

from .entry import Entry, Tolerance, case, cases

DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn."
SIXTH = Tolerance("torch's slope is 1/6 rounded to float32 also for float64", float64=2.0**27)


def bad(name, *args, inplace=True):
    """Bad calls that all activations share; `args` are what the function needs beside its input."""
    call = lambda torch, x, *more, **settings: getattr(torch.nn.functional, name)(x, *args, *more, **settings)
    found = {
        "shape": lambda torch: call(torch, torch.ones(2, 0)),
        "dtype": lambda torch: call(torch, torch.tensor([True, False])),
        "integers": lambda torch: call(torch, torch.tensor([-1, 2])),
        "half": lambda torch: call(torch, torch.tensor([-1.0, 2.0], dtype=torch.float16)),
        "argument": lambda torch: call(torch, torch.ones(2), slope=1),
        "no tensor": lambda torch: call(torch, [1.0]),
    }
    if inplace:
        found["leaf in place"] = lambda torch: call(torch, torch.ones(2, requires_grad=True), inplace=True)
    return found


@st.composite
def prelu_cases(draw):
    """One weight, or one for each channel."""
    x = draw(tensors(avoid=(0.0,), low=-4, high=4))
    channels = x.shape[1] if x.ndim > 1 else 1
    shape = draw(st.sampled_from(((), (1,), (channels,) if x.ndim else ())))
    return case(x, draw(tensors(shape, str(x.dtype), strided=False)))


@st.composite
def rrelu_cases(draw):
    """With the mean slope, and with drawn ones."""
    x = draw(tensors(avoid=(0.0,), low=-4, high=4))
    return case(x, *draw(st.sampled_from(((), (0.25, 0.5), (0.5, 0.5)))), training=draw(st.sampled_from((True, OMIT, False))))


F = lambda torch: torch.nn.functional

ENTRIES = [
    Entry(
        "nn.functional.hardtanh", cases(tensors(low=-4, high=4, avoid=(-2.0, -1.0, 0.5, 1.0)), optional(-2), max_val=optional(0.5)),
        op="kernels.rectifiers.hardtanh", grad_fn=True,
        bad=bad("hardtanh") | {
            "bounds": lambda torch: F(torch).hardtanh(torch.ones(2), 2, 1),
            "no sign": lambda torch: F(torch).hardtanh(torch.tensor([1, 2], dtype=torch.uint8)),
            "bounds of integers": lambda torch: F(torch).hardtanh(torch.tensor([1, 5]), 0.5, 2.5),
            "tensor": lambda torch: F(torch).hardtanh(torch.ones(2), torch.ones(1))},
        formula=r"y = \min(\max(x, a), b)", source=DOCS + "Hardtanh.html",
    ),
    Entry(
        "nn.functional.hardtanh_", cases(tensors(low=-4, high=4, avoid=(-2.0, -1.0, 0.5, 1.0)), -2, 0.5),
        call=lambda torch, x, *bounds: F(torch).hardtanh_(x + 0, *bounds), grad_fn=True,
        bad={"shape": lambda torch: F(torch).hardtanh_(torch.ones(0)), "dtype": lambda torch: F(torch).hardtanh_(torch.tensor(True)),
             "argument": lambda torch: F(torch).hardtanh_(torch.ones(2), 0, 1, 2, 3),
             "leaf": lambda torch: F(torch).hardtanh_(torch.ones(2, requires_grad=True))},
        formula=r"x \leftarrow \min(\max(x, a), b)", source=DOCS + "Hardtanh.html",
    ),
    Entry(
        "nn.functional.relu6", cases(tensors(low=-2, high=8, avoid=(0.0, 6.0)), inplace=optional(False)),
        op="kernels.rectifiers.hardtanh", grad_fn=True, bad=bad("relu6"),
        formula=r"y = \min(\max(x, 0), 6)", source="Howard et al. (2017), MobileNets",
    ),
    Entry(
        "nn.functional.hardsigmoid", cases(tensors(low=-5, high=5, avoid=(-3.0, 3.0)), inplace=optional(False)), order=1,
        op="kernels.rectifiers.hardsigmoid", grad_fn=True, bad=bad("hardsigmoid"), tolerance=SIXTH,
        formula=r"y = \min(\max(x + 3, 0), 6) / 6", source=DOCS + "Hardsigmoid.html",
        differences=("The slope is 1/6 in float64 too, where torch rounds it to float32.",
                     "There is a second derivative, zero; torch has none."),
    ),
    Entry(
        "nn.functional.hardswish", cases(tensors(low=-5, high=5, avoid=(-3.0, 3.0)), inplace=optional(False)),
        op="kernels.rectifiers.hardswish", grad_fn=True, bad=bad("hardswish"),
        formula=r"y = x \min(\max(x + 3, 0), 6) / 6", source="Howard et al. (2019), Searching for MobileNetV3, section 5.2",
    ),
    Entry(
        "nn.functional.hardshrink", cases(tensors(avoid=(-0.5, 0.5, 1.0, -1.0)), optional(1.0)), also=("hardshrink", "Tensor.hardshrink"),
        op="kernels.rectifiers.hardshrink", grad_fn=True,
        bad=bad("hardshrink", inplace=False) | {"negative": lambda torch: F(torch).hardshrink(torch.ones(2), -1),
                                                "tensor": lambda torch: F(torch).hardshrink(torch.ones(2), torch.ones(1))},
        formula=r"y = 0 \text{ if } |x| \le \lambda \text{ else } x", source="Donoho and Johnstone (1994), equation 5",
    ),
    Entry(
        "nn.functional.softshrink", cases(tensors(avoid=(-0.5, 0.5, 1.0, -1.0)), optional(1.0)),
        op="kernels.rectifiers.softshrink", grad_fn=True,
        bad=bad("softshrink", inplace=False) | {"negative": lambda torch: F(torch).softshrink(torch.ones(2), -1),
                                                "tensor": lambda torch: F(torch).softshrink(torch.ones(2), torch.ones(1))},
        formula=r"y = \mathrm{sign}(x) \max(|x| - \lambda, 0)", source="Donoho and Johnstone (1994), equation 5",
    ),
    Entry(
        "nn.functional.tanhshrink", cases(tensors(low=-4, high=4)), bad=bad("tanhshrink", inplace=False), grad_fn=True,
        formula=r"y = x - \tanh x", source=DOCS + "Tanhshrink.html",
    ),
    Entry(
        "nn.functional.threshold", cases(tensors(low=-4, high=4, avoid=(0.0, 1.0)), st.sampled_from((0, 1.0)), st.sampled_from((-2.0, 5))),
        also=("nn.functional.threshold_", "threshold", "threshold_"), op="kernels.rectifiers.threshold", grad_fn=True,
        bad=bad("threshold", 1.0, 20.0) | {
            "tensor": lambda torch: F(torch).threshold(torch.ones(2), torch.ones(1), 1),
            "integers rounded": lambda torch: F(torch).threshold(torch.tensor([1, 5]), 1.5, 7.9),
            "no value": lambda torch: F(torch).threshold(torch.ones(2), 1.0)},
        formula=r"y = x \text{ if } x > \theta \text{ else } v", source=DOCS + "Threshold.html",
    ),
    Entry(
        "nn.functional.prelu", prelu_cases(), also=("prelu", "Tensor.prelu"), op="kernels.rectifiers.prelu", grad_fn=True,
        bad={
            "shape": lambda torch: F(torch).prelu(torch.ones(2, 3), torch.ones(2)),
            "two dimensions": lambda torch: F(torch).prelu(torch.ones(2, 3), torch.ones(3, 1)),
            "no channels": lambda torch: F(torch).prelu(torch.tensor(1.0), torch.ones(2)),
            "one dimension": lambda torch: F(torch).prelu(torch.ones(3), torch.ones(3)),
            "dtype": lambda torch: F(torch).prelu(torch.ones(2, 3), torch.ones(3, dtype=torch.float64)),
            "integers": lambda torch: F(torch).prelu(torch.ones(2, dtype=torch.int64), torch.ones(1, dtype=torch.int64)),
            "argument": lambda torch: F(torch).prelu(torch.ones(2)),
            "no tensor": lambda torch: F(torch).prelu(torch.ones(2), [1.0])},
        formula=r"y = \max(x, 0) + w_c \min(x, 0)", source="He et al. (2015), Delving Deep into Rectifiers, equation 1",
    ),
    Entry(
        "nn.functional.rrelu", rrelu_cases(), also=("rrelu",), random=True, grad_fn=False,
        bad=bad("rrelu") | {
            "bounds": lambda torch: F(torch).rrelu(torch.ones(2), 0.5, 0.1),
            "drawn for halves": lambda torch: F(torch).rrelu(torch.ones(2, dtype=torch.float16), training=True),
            "drawn for integers": lambda torch: F(torch).rrelu(torch.ones(2, dtype=torch.int64), training=True)},
        formula=r"y = \max(x, 0) + s \min(x, 0), \quad s \sim \mathcal U(l, u)", source="Xu et al. (2015), section 2.4",
    ),
    Entry(
        "nn.functional.rrelu_", rrelu_cases(), also=("rrelu_",), random=True,
        call=lambda torch, x, *bounds, **mode: F(torch).rrelu_(x + 0, *bounds, **mode),
        bad={"shape": lambda torch: F(torch).rrelu_(torch.ones(0)), "dtype": lambda torch: F(torch).rrelu_(torch.tensor(True)),
             "argument": lambda torch: F(torch).rrelu_(torch.ones(2), 0.5, 0.1),
             "leaf": lambda torch: F(torch).rrelu_(torch.ones(2, requires_grad=True))},
        formula=r"x \leftarrow \max(x, 0) + s \min(x, 0), \quad s \sim \mathcal U(l, u)", source="Xu et al. (2015), section 2.4",
    ),
]
