"""Derivatives against differences: gradcheck and gradgradcheck.

The numerical Jacobian is read off column by column from central differences, (f(x + ε) - f(x - ε)) / 2ε; the analytical
one row by row from backward. They must agree within atol + rtol · |numerical|.
"""
import warnings

from minitorch.autograd.graph import grad
from minitorch.backend import array_module, on_own_device
from minitorch.tensor import Tensor, mode, wrap


class GradcheckError(RuntimeError):
    """The derivative that backward gives is not the function's."""


def tensors_of(value):
    """The tensors among one value or a sequence of them."""
    return tuple(v for v in (value if isinstance(value, (tuple, list)) else (value,)) if isinstance(v, Tensor))


def floating_outputs(func, inputs):
    """The outputs of a function that have a gradient to check."""
    return tuple(t for t in tensors_of(func(*inputs)) if t.dtype.is_floating_point)


@on_own_device
def numerical_jacobian(func, inputs, x, eps):
    """For each output the matrix ∂output/∂x, of shape (x.numel, output.numel), by central differences."""
    array = x._array
    columns = []
    for place in array_module(array).ndindex(array.shape):
        kept = array[place].copy()
        sides = []
        for sign in (1, -1):
            array[place] = kept + sign * eps
            before, mode.grad = mode.grad, False
            try:
                sides.append([t._array.copy() for t in floating_outputs(func, inputs)])
            finally:
                array[place], mode.grad = kept, before
        columns.append([(up - down).ravel() / (2 * eps) for up, down in zip(*sides)])
    xp = array_module(array)
    outputs = [t._array for t in floating_outputs(func, inputs)]
    return [xp.stack([c[k] for c in columns]) if columns else xp.zeros((0, o.size), o.dtype) for k, o in enumerate(outputs)]


@on_own_device
def analytical_jacobian(output, inputs):
    """For each input the matrix ∂output/∂input, of shape (input.numel, output.numel), a backward for each element."""
    xp = array_module(output._array)
    jacobians = [xp.zeros((x._array.size, output._array.size), x._array.dtype) for x in inputs]
    if not output.requires_grad:
        return jacobians
    for k in range(output._array.size):
        seed = xp.zeros(output._array.size, output._array.dtype)
        seed[k] = 1
        found = grad(output, inputs, wrap(seed.reshape(output._array.shape)), retain_graph=True, allow_unused=True)
        for j, g in zip(jacobians, found):
            if g is not None:
                j[:, k] = g._array.ravel()
    return jacobians


@on_own_device
def close(a, b, atol, rtol):
    """Whether two matrices agree: |a - b| ≤ atol + rtol |b|."""
    return bool((abs(a - b) <= atol + rtol * abs(b)).all())


def report(k, i, numerical, analytical):
    """The error's text, with both matrices."""
    return (f"Jacobian mismatch for output {k} with respect to input {i},\nnumerical:{wrap(numerical)}\nanalytical:{wrap(analytical)}\n"
            "The derivative of an operation between them is wrong, or the inputs lie on a kink, or they are not float64.")


def gradcheck(func, inputs, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True, nondet_tol=0.0, check_undefined_grad=True,
              check_grad_dtypes=False, check_batched_grad=False, check_batched_forward_grad=False, check_forward_ad=False,
              check_backward_ad=True, fast_mode=False, masked=False):
    """Compare the gradients of `func` at `inputs` with central differences.

    Args:
        func: takes the inputs, returns a tensor or several.
        inputs: tensors; those in float64 that require a gradient are checked.
        eps: the step of the differences.
        atol, rtol: |analytical - numerical| ≤ atol + rtol · |numerical|.
        raise_exception: raise rather than return False.

    Returns:
        True if all agree.

    Raises:
        GradcheckError: they do not.
        ValueError: no input requires a gradient.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([0.5, -1.5], dtype=torch.float64, requires_grad=True)
        >>> torch.autograd.gradcheck(torch.tanh, x)
        True
    """
    if check_forward_ad or check_batched_grad or check_batched_forward_grad:
        raise ValueError("gradcheck: only reverse mode, one cotangent at a time, is checked: leave check_forward_ad and "
                         "check_batched_grad False")
    inputs = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
    checked = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError("gradcheck expects at least one input tensor to require gradient, but none of the them have requires_grad=True.")
    for i, x in enumerate(inputs):
        if isinstance(x, Tensor) and x.requires_grad and x._array.dtype != "f8":
            warnings.warn(f"Input #{i} requires gradient and is not a double precision floating point. This check will likely fail if all "
                          "the inputs are not of double precision.",
                          stacklevel=2)
    try:
        outputs = floating_outputs(func, inputs)
        if not any(t.requires_grad for t in outputs):
            require_flat(func, inputs, checked, eps, atol)
            return True
        for k, output in enumerate(outputs):
            first = analytical_jacobian(output, checked)
            again = analytical_jacobian(floating_outputs(func, inputs)[k], checked)
            for i, (x, analytical, second) in enumerate(zip(checked, first, again)):
                if not close(analytical, second, nondet_tol, 0):
                    raise GradcheckError("Backward is not reentrant, i.e., running backward with same input and grad_output multiple "
                                         f"times gives different values (output {k}, input {i}), "
                                         "although analytical gradient matches numerical gradient. The tolerance for nondeterminism was "
                                         f"{nondet_tol}.")
                numerical = numerical_jacobian(func, inputs, x, eps)[k]
                if not close(analytical, numerical, atol, rtol):
                    raise GradcheckError(report(k, i, numerical, analytical))
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def require_flat(func, inputs, checked, eps, atol):
    """A function without a gradient must not move with its inputs."""
    for i, x in enumerate(checked):
        for k, numerical in enumerate(numerical_jacobian(func, inputs, x, eps)):
            if not close(numerical, numerical * 0, atol, 0):
                raise GradcheckError(f"Numerical gradient for function expected to be zero: output {k} does not require a gradient but "
                                     f"moves with input {i}")


def gradgradcheck(func, inputs, grad_outputs=None, *, eps=1e-6, atol=1e-5, rtol=1e-3, gen_non_contig_grad_outputs=False,
                  raise_exception=True, nondet_tol=0.0, check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False,
                  check_fwd_over_rev=False, check_rev_over_rev=True, fast_mode=False, masked=False):
    """Compare the gradients of the gradients of `func` with central differences.

    Args:
        grad_outputs: the cotangents of the first backward; random ones unless given.

    Raises:
        GradcheckError: they do not agree.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([0.5, -1.5], dtype=torch.float64, requires_grad=True)
        >>> torch.autograd.gradgradcheck(torch.exp, x)
        True
    """
    inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    if grad_outputs is None:
        from minitorch.ops.sampling import randn_like
        grad_outputs = tuple(randn_like(t).requires_grad_() for t in floating_outputs(func, inputs))
    grad_outputs = tuple(grad_outputs) if isinstance(grad_outputs, (tuple, list)) else (grad_outputs,)
    n = len(grad_outputs)

    def first_order(*args):
        values, seeds = args[:-n], args[-n:]
        wanted = [x for x in values if isinstance(x, Tensor) and x.requires_grad]
        before, mode.grad = mode.grad, True
        try:
            outputs = floating_outputs(func, values)
            live = [(t, s) for t, s in zip(outputs, seeds) if t.requires_grad]
            found = grad([t for t, _ in live], wanted, [s for _, s in live], create_graph=True, allow_unused=True)
        finally:
            mode.grad = before
        return tuple(g for g in found if g is not None)
    return gradcheck(first_order, inputs + grad_outputs, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
                     nondet_tol=nondet_tol)
