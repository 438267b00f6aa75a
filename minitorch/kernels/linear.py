"""The linear layer: one matrix product for all rows of the input.

    y = x Wᵀ + b
"""
from minitorch.autograd.operator import differentiable, named
from minitorch.kernels.blocks import column_sums, product, wide
from minitorch.ops.linalg import matmul
from minitorch.ops.reduction import sum_to
from minitorch.ops.shape import transpose


def rows_of(x):
    """(*, I) as a matrix (rows, I)."""
    return x if x.ndim == 2 else x.reshape(product(x.shape[:-1]), x.shape[-1])


@differentiable(name="AddmmBackward0")
def linear(input, weight, bias=None):
    """y (*, O) of input (*, I), weight (O, I) and a bias that broadcasts to y, usually (O). A weight (I) gives y (*)."""
    check(input, weight, bias)
    inputs, matrix = wide(rows_of(input)), wide(rows_of(weight))
    out = (inputs @ matrix.T).reshape((*input.shape[:-1], *weight.shape[:-1]))
    if bias is not None:
        out += bias
    return out.astype(input.dtype, copy=False)

linear.op.late = 1                                    # in PyTorch the weight's transpose is a node of its own


@linear.definition
def _(input, weight, bias=None):
    out = matmul(input, weight if weight.ndim == 1 else transpose(weight, 0, 1))
    if bias is not None:
        out = out + bias
    return out


# With all rows of x and of ∂L/∂y as matrices, Y = X Wᵀ + b:  ∂L/∂X = Ȳ W,  ∂L/∂W = Ȳᵀ X,  ∂L/∂b = the sum of Ȳ's rows.
@linear.derivative
def linear_backward(grad, input, weight, bias, needs):
    inputs, matrix = wide(rows_of(input)), wide(rows_of(weight))
    grads = wide(grad).reshape(len(inputs), len(matrix))
    grad_input = (grads @ matrix).reshape(input.shape) if needs[0] else None
    grad_weight = (grads.T @ inputs).reshape(weight.shape) if needs[1] else None
    grad_bias = bias_gradient(grad, grads, bias) if needs[2] else None
    return grad_input, grad_weight, grad_bias


def bias_gradient(grad, grads, bias):
    """The gradient summed to the bias: column sums for one of size (O)."""
    return column_sums(grads) if bias.ndim == 1 and bias.shape == grad.shape[-1:] else sum_to(wide(grad), shape=bias.shape)


def check(input, weight, bias):
    """Matrices that fit, of one dtype.

    Raises:
        RuntimeError: they do not.
        NotImplementedError: bool.
    """
    if input.ndim == 0 or weight.ndim == 0:
        raise RuntimeError(f"both arguments to linear need to be at least 1D, but they are {input.ndim}D and {weight.ndim}D")
    if weight.ndim > 2 or weight.ndim == 1 and bias is not None and (input.ndim, bias.ndim) != (1, 0):
        raise RuntimeError(f"linear: expected weight (out_features, in_features), but got weight of size {list(weight.shape)}")
    if input.shape[-1] != weight.shape[-1]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({product(input.shape[:-1])}x{input.shape[-1]} and "
                           f"{weight.shape[-1]}x{product(weight.shape[:-1])}): the input's last dimension should be in_features")
    if bias is not None:
        shape = (*input.shape[:-1], *weight.shape[:-1])
        extra = len(shape) - bias.ndim
        if extra < 0 or any(b != n and b != 1 for b, n in zip(bias.shape, shape[extra:])):
            raise RuntimeError(f"linear: a bias of size {list(bias.shape)} does not broadcast to the output's size {list(shape)}")
    for name, other in (("weight", weight), ("bias", bias)):
        if other is not None and other.dtype != input.dtype:
            raise RuntimeError(f"linear: input and {name} must have the same dtype, but got {input.dtype} and {other.dtype}: "
                               "convert one of them with .to(dtype)")
    if input.dtype.kind == "b":
        raise NotImplementedError("linear is not implemented for 'Bool': convert the tensors with .float()")


# The same under the names that torch's node has for other shapes: it reshapes more than two dimensions to a matrix and back.
without_bias = named(linear, "MmBackward0")
of_many = named(linear, "ViewBackward0")
of_many_without_bias = named(linear, "UnsafeViewBackward0")
