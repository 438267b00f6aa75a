"""The linear layer in plain PyTorch, and its backward derived by hand."""


def rows_of(x):
    """(*, I) as a matrix (rows, I)."""
    return x.reshape(x.shape[:-1].numel(), x.shape[-1])


def linear(input, weight, bias=None):
    """y (*, O) of input (*, I), weight (O, I) and a bias that broadcasts to y, usually (O). A weight (I) gives y (*)."""
    inputs, matrix = rows_of(input), rows_of(weight)
    out = (inputs @ matrix.T).reshape((*input.shape[:-1], *weight.shape[:-1]))
    if bias is not None:
        out += bias
    return out


def linear_backward(grad, input, weight, bias):
    """Y = X Wᵀ + b:  ∂L/∂X = Ȳ W,  ∂L/∂W = Ȳᵀ X,  ∂L/∂b = the sum of Ȳ's rows."""
    inputs, matrix = rows_of(input), rows_of(weight)
    grads = grad.reshape(len(inputs), len(matrix))
    grad_input = (grads @ matrix).reshape(input.shape)
    grad_weight = (grads.T @ inputs).reshape(weight.shape)
    grad_bias = None if bias is None else grad.sum_to_size(bias.shape)
    return grad_input, grad_weight, grad_bias
