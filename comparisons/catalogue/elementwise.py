"""Elementwise functions."""
from minitorch.testing.strategies import broadcastable, dtypes, optional, tensors

from .entry import Entry, cases

ENTRIES = [
    Entry(
        "tanh", cases(tensors()),
        also=("Tensor.tanh", "Tensor.tanh_", "nn.functional.tanh"),
        bad={
            "argument": lambda torch: torch.tanh(torch.ones(2), 1),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).tanh_(),
            "shape": lambda torch: torch.tanh([1.0, 2.0]),
        },
        formula=r"y = \tanh x = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}", source="Abramowitz and Stegun, 4.5.3",
        grad_fn=True,
    ),
    Entry(
        "exp", cases(tensors()),
        also=("Tensor.exp", "Tensor.exp_"),
        bad={
            "argument": lambda torch: torch.exp(),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).exp_(),
            "shape": lambda torch: torch.exp(1.0),
        },
        formula=r"y = e^{x}", source="Abramowitz and Stegun, 4.2.1",
        grad_fn=True,
    ),
    Entry(
        "add", cases(broadcastable(2), alpha=optional(2)),
        also=("Tensor.add", "Tensor.add_"),
        bad={
            "shape": lambda torch: torch.add(torch.ones(2), torch.ones(3)),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).add_(1.5),
            "argument": lambda torch: torch.add(torch.ones(2), "x"),
            "fractional alpha": lambda torch: torch.add(torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.int64), alpha=0.5),
        },
        formula=r"y = a + \alpha b", source="torch.add",
    ),
    Entry(
        "mul", cases(broadcastable(2, dtype=dtypes(), mixed=True)),
        also=("Tensor.mul", "Tensor.mul_", "Tensor.__mul__", "Tensor.__rmul__", "Tensor.__imul__", "multiply"),
        bad={
            "shape": lambda torch: torch.mul(torch.ones(2, 3), torch.ones(2)),
            "dtype": lambda torch: torch.ones(2, dtype=torch.int64).mul_(torch.ones(2)),
            "argument": lambda torch: torch.mul(torch.ones(2), None),
        },
        formula=r"y = a b", source="torch.mul",
    ),
    Entry(
        "atan2", cases(broadcastable(2, avoid=(0.0,))),
        also=("Tensor.atan2", "Tensor.atan2_", "arctan2"),
        bad={
            "shape": lambda torch: torch.atan2(torch.ones(2), torch.ones(3)),
            "dtype": lambda torch: torch.atan2(torch.ones(2), 1.0),
            "argument": lambda torch: torch.atan2(torch.ones(2)),
        },
        formula=r"y = \arg(x_2 + i\,x_1)", source="torch.atan2",
    ),
]
