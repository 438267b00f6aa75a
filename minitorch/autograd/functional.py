"""Jacobians, Hessians and their products with vectors: torch.autograd.functional.

Each function takes a function of Tensors, and its arguments: a Tensor or a tuple of Tensors. Results have the same structure. They are cut
from the graph unless `create_graph`. With `strict`, an input that the outputs do not depend on is an error instead of zeros.
"""
from minitorch.autograd.modes import enable_grad, set_grad_enabled
from minitorch.autograd.products import Linearization, basis, is_tensor, or_zeros, pullback, stacked
from minitorch.tensor import mode

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

NOT_STRICT = "This is not allowed in strict mode."
STRATEGIES = ("forward-mode", "reverse-mode")


# ---- what goes in and comes out ------------------------------------------------------------------------------------------

def tensors_of(value, what, function):
    """A tuple of tensors, and whether it was one."""
    several = isinstance(value, tuple)
    for k, t in enumerate(value if several else (value,)):
        if not is_tensor(t):
            place = f"value at index {k}" if several else f"given {what}"
            raise TypeError(f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but the {place} has type "
                            f"{type(t).__name__}.")
    return (value if several else (value,)), several


def variables(tensors, create_graph, requires_grad=True):
    """The same values as variables of their own: with the history they have if a graph is wanted, else leaves."""
    return tuple(t.view_as(t) if create_graph and t.requires_grad else t.detach().requires_grad_(requires_grad) for t in tensors)


def evaluated(func, inputs, function, strict):
    """The function's outputs, and whether they are a tuple."""
    outputs, several = tensors_of(func(*inputs), "outputs of the user-provided function", function)
    for k, out in enumerate(outputs if strict else ()):
        if not out.requires_grad:
            raise RuntimeError(f"Output {k} of the user-provided function does not require gradients. The outputs must be computed in a "
                               "differentiable manner from the input when running in strict mode.")
    return outputs, several


def the_scalar(outputs, several, function):
    """The one number that functions of second order need."""
    if several:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if outputs[0]._array.size != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {function} should contain a single element, got shape "
                           f"{list(outputs[0].shape)}")


def directions(v, like, several, create_graph, function, what):
    """The vector of a product: given in the shapes of `like`, or None where `like` is a single number."""
    if v is None:
        if len(like) != 1 or like[0]._array.size != 1:
            raise RuntimeError(f"The vector v can only be None if {what} is a single Tensor with a single element.")
        return None
    v = variables(tensors_of(v, "v", function)[0], create_graph, False)
    if len(v) != len(like):
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(v)}." if several else
                           "The given v should contain a single Tensor.")
    for k, (a, b) in enumerate(zip(v, like)):
        if a.shape != b.shape:
            raise RuntimeError(f"{f'Entry {k} in ' if several else ''}v has invalid size: should be {b.shape} but got {a.shape}.")
    return v


def filled(found, like, strict, create_graph, what):
    """Zeros for what nothing depends on; with `strict`, an error that says so, and one for what has no history where one is wanted."""
    for k, f in enumerate(found if strict else ()):
        if f is None:
            raise RuntimeError(f"{what} is independent of entry {k}. {NOT_STRICT}")
        if create_graph and not f.requires_grad:
            raise RuntimeError(f"{what} is independent of input {k}. This is not allowed in strict mode when create_graph=True.")
    return or_zeros(found, like)


def dependent(found, strict, what):
    """With `strict`, refuse gradients that are not there or do not depend on the inputs."""
    for k, f in enumerate(found if strict else ()):
        if f is None or not f.requires_grad:
            raise RuntimeError(f"{what} with respect to input {k} is independent of the inputs of the user-provided function. {NOT_STRICT}")


def returned(tensors, several, create_graph):
    """As many tensors as went in, with or without history."""
    tensors = tensors if create_graph else tuple(t.detach() for t in tensors)
    return tensors if several else tensors[0]


# ---- first order ---------------------------------------------------------------------------------------------------------

def vjp(func, inputs, v=None, create_graph=False, strict=False):
    r"""The outputs, and v times the Jacobian.

    .. math:: g = J^\top v

    Args:
        v: a cotangent for every output; may be left out if the output is a single number.

    Returns:
        (outputs, product), the product in the structure of the inputs.

    Raises:
        TypeError: inputs, outputs or v are not Tensors.
        RuntimeError: v does not fit the outputs; with strict, an output does not depend on an input.

    Example:
        >>> import minitorch as torch
        >>> torch.autograd.functional.vjp(lambda x: x ** 2, torch.tensor([1.0, 3.0]), torch.tensor([1.0, 10.0]))
        (tensor([1., 9.]), tensor([ 2., 60.]))
    """
    with enable_grad():
        inputs, several = tensors_of(inputs, "inputs", "vjp")
        inputs = variables(inputs, create_graph)
        outputs, several_out = evaluated(func, inputs, "vjp", strict)
        v = directions(v, outputs, several_out, create_graph, "vjp", "the user-provided function returns what")
    with set_grad_enabled(create_graph or mode.grad):
        product = filled(pullback(outputs, inputs, v, create_graph), inputs, strict, create_graph, "The user-provided function's output")
    return returned(outputs, several_out, create_graph), returned(product, several, create_graph)


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    r"""The outputs, and the Jacobian times v: the derivative along v.

    .. math:: \dot y = J v = \frac{\partial}{\partial u} (J^\top u)^\top v

    Args:
        v: a tangent for every input; may be left out if the input is a single number.

    Returns:
        (outputs, product), the product in the structure of the outputs.

    Raises:
        TypeError: inputs, outputs or v are not Tensors.
        RuntimeError: v does not fit the inputs; with strict, an output does not depend on an input.

    Example:
        >>> import minitorch as torch
        >>> torch.autograd.functional.jvp(lambda x: x ** 2, torch.tensor([1.0, 3.0]), torch.tensor([1.0, 10.0]))
        (tensor([1., 9.]), tensor([ 2., 60.]))
    """
    with enable_grad():
        inputs, several = tensors_of(inputs, "inputs", "jvp")
        inputs = variables(inputs, create_graph)
        v = directions(v, inputs, several, create_graph, "jvp", "the input to the user-provided function")
        outputs, several_out = evaluated(func, inputs, "jvp", strict)
        line = Linearization(outputs, inputs)
        dependent(line.pulled, strict, "The gradient")
    with set_grad_enabled(create_graph or mode.grad):
        product = filled(line.push(v, create_graph), outputs, strict, create_graph, "The gradient with respect to the input")
    return returned(outputs, several_out, create_graph), returned(product, several_out, create_graph)


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    r"""The Jacobian: for every output and input a tensor of shape `(*output.shape, *input.shape)`.

    .. math:: J_{ij} = \frac{\partial y_i}{\partial x_j}

    Args:
        vectorize: accepted as in torch; here rows (or columns) are always computed one after another, so memory does not grow.
        strategy: "reverse-mode", a backward pass for each element of the outputs, or "forward-mode", one for each element of the inputs.

    Returns:
        A Tensor; a tuple of them if there are several inputs or outputs; a tuple of tuples, outputs first, if several of both.

    Raises:
        RuntimeError: with strict, an output does not depend on an input; or strict meets vectorize or forward-mode.
        NotImplementedError: forward-mode with create_graph, or without vectorize.
        AssertionError: another strategy.

    Example:
        >>> import minitorch as torch
        >>> torch.autograd.functional.jacobian(lambda x, y: x * y.sum(), (torch.ones(2), torch.tensor([2.0, 3.0])))
        (tensor([[5., 0.],
                [0., 5.]]), tensor([[1., 1.],
                [1., 1.]]))
    """
    if strategy not in STRATEGIES:
        raise AssertionError(f"strategy must be one of {STRATEGIES}, got {strategy!r}: the first is for few inputs")
    forward = strategy == "forward-mode"
    if forward and create_graph:
        raise NotImplementedError("jacobian: create_graph=True and strategy='forward-mode' are not supported together: use 'reverse-mode'")
    if forward and strict:
        raise RuntimeError("jacobian: strict=True and strategy='forward-mode' are not supported together: use 'reverse-mode'")
    if forward and not vectorize:
        raise NotImplementedError("jacobian: strategy='forward-mode' asks for vectorize=True")
    with enable_grad():
        inputs, several = tensors_of(inputs, "inputs", "jacobian")
        create_graph = create_graph or forward and mode.grad and any(t.requires_grad for t in inputs)     # torch's forward mode keeps it
        inputs = variables(inputs, create_graph)
        outputs, several_out = evaluated(func, inputs, "jacobian", strict)
        if vectorize and strict:
            raise RuntimeError("jacobian: strict=True and vectorize=True are not supported together: leave one of them out")
        if forward:
            blocks = by_columns(outputs, inputs, create_graph)
        else:
            blocks = by_rows(outputs, inputs, create_graph, strict, empty=vectorize)
    blocks = tuple(tuple(b if create_graph else b.detach() for b in row) for row in blocks)
    blocks = blocks if several else tuple(row[0] for row in blocks)
    return blocks if several_out else blocks[0]


def by_rows(outputs, inputs, create_graph=False, strict=False, empty=True):
    """The blocks of the Jacobian by outputs and inputs: a backward pass for each row."""
    blocks = []
    for i, out in enumerate(outputs):
        rows = []
        for e in basis(out):
            found = pullback((out,), inputs, (e,), create_graph, retain_graph=True)
            for k, f in enumerate(found if strict else ()):
                if f is None:
                    raise RuntimeError(f"Output {i} of the user-provided function is independent of input {k}. {NOT_STRICT}")
                if create_graph and not f.requires_grad:
                    raise RuntimeError(f"The jacobian of the user-provided function is independent of input {i}. This is not allowed in "
                                       "strict mode when create_graph=True.")
            rows.append(or_zeros(found, inputs))
        columns = zip(*rows) if rows else [()] * len(inputs)
        blocks.append(tuple(stacked(c).reshape((*out.shape, *x.shape)) if c or not empty else x.new_zeros((*out.shape, *x.shape))
                            for c, x in zip(columns, inputs)))
    return blocks


def by_columns(outputs, inputs, create_graph=False):
    """The same blocks: one pass along the linearised function for each column."""
    line, blocks = Linearization(outputs, inputs), []
    for k, x in enumerate(inputs):
        columns = []
        for e in basis(x):
            tangents = [e if j == k else None if t is None else t.detach().new_zeros(t.shape) for j, t in enumerate(line.pulled)]
            columns.append(or_zeros(line.push(tangents, create_graph), outputs))
        rows = zip(*columns) if columns else [()] * len(outputs)
        blocks.append([stacked(r).reshape((*x.shape, *out.shape)).permute((*range(x.ndim, x.ndim + out.ndim), *range(x.ndim))) if r else
                       out.detach().new_zeros((*out.shape, *x.shape)) for r, out in zip(rows, outputs)])
    return tuple(zip(*blocks))


# ---- second order --------------------------------------------------------------------------------------------------------

def hessian(func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode"):
    r"""The Hessian of a function that returns a single number: the Jacobian of its gradient.

    .. math:: H_{ij} = \frac{\partial^2 y}{\partial x_i \partial x_j}

    Args:
        vectorize, outer_jacobian_strategy: see `jacobian`.

    Returns:
        A Tensor of shape `(*input.shape, *input.shape)`; a tuple of tuples if the inputs are a tuple.

    Raises:
        RuntimeError: the function returns several numbers; with strict, the Jacobian does not depend on an input.

    Example:
        >>> import minitorch as torch
        >>> torch.autograd.functional.hessian(lambda x: (x ** 3).sum(), torch.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    inputs, several = tensors_of(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in STRATEGIES:
        raise AssertionError(f"outer_jacobian_strategy must be one of {STRATEGIES}, got {outer_jacobian_strategy!r}")

    def scalar(*args):
        outputs, several_out = evaluated(func, args, "hessian", strict)
        the_scalar(outputs, several_out, "hessian")
        return outputs[0].squeeze()

    def gradient(*args):
        if outer_jacobian_strategy == "forward-mode":
            args = tuple(t.view_as(t) for t in args)
        found = jacobian(scalar, args, create_graph=True)
        for k, f in enumerate(found if strict else ()):
            if not f.requires_grad:
                raise RuntimeError(f"While computing the hessian, found that the jacobian of the user-provided function with respect to "
                                   f"input {k} is independent of the input. {NOT_STRICT}")
        return found

    found = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return found if several else found[0][0]


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    r"""The output, and v times the Hessian, with two backward passes.

    .. math:: p = v^\top H

    Args:
        v: a vector for every input; may be left out if the input is a single number.

    Raises:
        RuntimeError: the function returns several numbers, or v does not fit the inputs.

    Example:
        >>> import minitorch as torch
        >>> torch.autograd.functional.vhp(lambda x: (x ** 3).sum(), torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0]))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        inputs, several, outputs, v, gradient = first_gradient(func, inputs, v, create_graph, strict, "vhp")
    with set_grad_enabled(create_graph or mode.grad):
        product = pullback(gradient, inputs, v, create_graph)
        product = filled(product, inputs, strict, create_graph, "The hessian of the user-provided function")
    return returned(outputs, False, create_graph), returned(product, several, create_graph)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    r"""The output, and the Hessian times v, with three backward passes; `vhp` gives the same with two where H is symmetric.

    .. math:: p = H v

    Args:
        v: a vector for every input; may be left out if the input is a single number.

    Raises:
        RuntimeError: the function returns several numbers, or v does not fit the inputs.

    Example:
        >>> import minitorch as torch
        >>> torch.autograd.functional.hvp(lambda x: (x ** 3).sum(), torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0]))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        inputs, several, outputs, v, gradient = first_gradient(func, inputs, v, create_graph, strict, "hvp")
        line = Linearization(gradient, inputs)
        dependent(line.pulled, strict, "The hessian of the user-provided function")
    with set_grad_enabled(create_graph or mode.grad):
        product = filled(line.push(v, create_graph), inputs, strict, create_graph, "The hessian of the user-provided function")
    return returned(outputs, False, create_graph), returned(product, several, create_graph)


def first_gradient(func, inputs, v, create_graph, strict, function):
    """What both products with the Hessian begin with: the gradient, with its history."""
    inputs, several = tensors_of(inputs, "inputs", function)
    inputs = variables(inputs, create_graph)
    v = directions(v, inputs, several, create_graph, function, "the input to the user-provided function")
    outputs, several_out = evaluated(func, inputs, function, strict)
    the_scalar(outputs, several_out, function)
    found = pullback(outputs, inputs, None, create_graph=True)
    dependent(found, strict, "The jacobian of the user-provided function")
    return inputs, several, outputs, v, filled(found, inputs, strict, False, "The output of the user-provided function")
