"""The softmax family, GELU, SiLU and the rectifiers."""
from minitorch.testing.strategies import dims, optional, tensors

from .entry import Entry, cases, lib

SOFT = "Bridle (1990), Probabilistic Interpretation of Feedforward Classification Network Outputs"


def softmax_bad(name):
    """Bad calls of torch.softmax and log_softmax."""
    return {
        "shape": lambda torch: getattr(torch, name)(torch.ones(2, 3), 2),
        "no dimension": lambda torch: getattr(torch, name)(torch.tensor(1.0), 1),
        "dtype": lambda torch: getattr(torch, name)(torch.ones(2, dtype=torch.int64), 0),
        "argument": lambda torch: getattr(torch, name)(torch.ones(2)),
        "no tensor": lambda torch: getattr(torch, name)([1.0], 0),
    }


ENTRIES = [
    Entry(
        "softmax", cases(tensors(), lambda x: dims(x), dtype=optional(lib.float64)),
        also=("Tensor.softmax",),
        op="kernels.activation.softmax", bad=softmax_bad("softmax"), grad_fn=True,
        formula=r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}", source=SOFT,
    ),
    Entry(
        "log_softmax", cases(tensors(), lambda x: dims(x), dtype=optional(lib.float64)),
        also=("Tensor.log_softmax",),
        op="kernels.activation.log_softmax", bad=softmax_bad("log_softmax"), grad_fn=True,
        formula=r"y_i = x_i - \log \sum_j e^{x_j}", source=SOFT,
    ),
    Entry(
        "nn.functional.softmax", cases(tensors(), dim=optional(lambda x: dims(x)), dtype=optional(lib.float64)),
        op="kernels.activation.softmax", grad_fn=True,
        bad={
            "shape": lambda torch: torch.nn.functional.softmax(torch.ones(2, 3), -3),
            "dtype": lambda torch: torch.nn.functional.softmax(torch.ones(2, dtype=torch.bool), 0),
            "argument": lambda torch: torch.nn.functional.softmax(torch.ones(2), dims=0),
        },
        formula=r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}", source=SOFT,
    ),
    Entry(
        "nn.functional.log_softmax", cases(tensors(), dim=optional(lambda x: dims(x)), dtype=optional(lib.float64)),
        op="kernels.activation.log_softmax", grad_fn=True,
        bad={
            "shape": lambda torch: torch.nn.functional.log_softmax(torch.ones(2, 3), -3),
            "dtype": lambda torch: torch.nn.functional.log_softmax(torch.ones(2, dtype=torch.bool), 0),
            "argument": lambda torch: torch.nn.functional.log_softmax(torch.ones(2), dims=0),
        },
        formula=r"y_i = x_i - \log \sum_j e^{x_j}", source=SOFT,
    ),
    Entry(
        "nn.functional.softmin", cases(tensors(), dim=optional(lambda x: dims(x)), dtype=optional(lib.float64)),
        op="kernels.activation.softmax", grad_fn=True,
        bad={
            "shape": lambda torch: torch.nn.functional.softmin(torch.ones(2, 3), 2),
            "dtype": lambda torch: torch.nn.functional.softmin(torch.ones(2, dtype=torch.int64), 0),
            "argument": lambda torch: torch.nn.functional.softmin(torch.ones(2), 0, 3, None, 1),
        },
        formula=r"y_i = \frac{e^{-x_i}}{\sum_j e^{-x_j}}", source="torch.nn.functional.softmin",
    ),
    Entry(
        "nn.functional.gelu", cases(tensors(low=-6, high=6), approximate=optional("tanh")),
        op="kernels.activation.gelu", grad_fn=True,
        bad={
            "shape": lambda torch: torch.nn.functional.gelu([1.0]),
            "dtype": lambda torch: torch.nn.functional.gelu(torch.ones(2, dtype=torch.int64)),
            "argument": lambda torch: torch.nn.functional.gelu(torch.ones(2), approximate="erf"),
            "position": lambda torch: torch.nn.functional.gelu(torch.ones(2), "tanh"),
        },
        formula=r"y = x\,\Phi(x)", source="Hendrycks and Gimpel (2016), Gaussian Error Linear Units, section 2",
    ),
    Entry(
        "nn.functional.silu", cases(tensors(low=-6, high=6), inplace=optional(False)),
        op="kernels.activation.silu", grad_fn=True,
        bad={
            "shape": lambda torch: torch.nn.functional.silu([1.0]),
            "dtype": lambda torch: torch.nn.functional.silu(torch.ones(2, dtype=torch.int64)),
            "argument": lambda torch: torch.nn.functional.silu(torch.ones(2), beta=2),
            "leaf in place": lambda torch: torch.nn.functional.silu(torch.ones(2, requires_grad=True), inplace=True),
        },
        formula=r"y = x\,\sigma(x)", source="Elfwing, Uchibe and Doya (2017), Sigmoid-Weighted Linear Units",
    ),
    Entry(
        "relu", cases(tensors(avoid=(0.0,))),
        also=("Tensor.relu", "Tensor.relu_", "relu_", "nn.functional.relu", "nn.functional.relu_"),
        op="kernels.activation.relu", grad_fn=True,
        bad={
            "shape": lambda torch: torch.relu([1.0]),
            "dtype": lambda torch: torch.relu(torch.ones(2, dtype=torch.bool)),
            "argument": lambda torch: torch.relu(torch.ones(2), 1),
            "integers": lambda torch: torch.relu(torch.tensor([-1, 2])),
            "leaf in place": lambda torch: torch.nn.functional.relu(torch.ones(2, requires_grad=True), inplace=True),
        },
        formula=r"y = \max(x, 0)", source="Nair and Hinton (2010), Rectified Linear Units Improve Restricted Boltzmann Machines",
    ),
    Entry(
        "nn.functional.leaky_relu", cases(tensors(avoid=(0.0,)), optional(0.25)),
        also=("nn.functional.leaky_relu_",),
        op="kernels.activation.leaky_relu", grad_fn=True,
        bad={
            "shape": lambda torch: torch.nn.functional.leaky_relu([1.0]),
            "dtype": lambda torch: torch.nn.functional.leaky_relu(torch.ones(2, dtype=torch.int64)),
            "argument": lambda torch: torch.nn.functional.leaky_relu(torch.ones(2), torch.ones(2)),
            "leaf in place": lambda torch: torch.nn.functional.leaky_relu(torch.ones(2, requires_grad=True), inplace=True),
        },
        formula=r"y = \max(x, 0) + a \min(x, 0)", source="Maas, Hannun and Ng (2013), Rectifier Nonlinearities",
    ),
]
