"""Derivatives as functions of functions: grad, vjp, jvp, jacrev, jacfwd, hessian.

A transform opens a level: its inputs become variables of their own, the function runs, the derivative is read from the graph, and the
results are closed: cut from the graph if all that they depend on are this level's own variables, with their history if an outer
transform, or a tensor that requires a gradient, is behind them. So transforms nest to any order, and a derivative is recorded only
where somebody can ask for it.
"""
import functools

from minitorch.autograd.functional import by_columns, by_rows
from minitorch.autograd.modes import enable_grad
from minitorch.autograd.operator import edge
from minitorch.autograd.products import Linearization, or_zeros, pullback
from minitorch.func.trees import flatten, leaves_of, like, mapped
from minitorch.ops.joining import cat, split
from minitorch.tensor import Leaf, Output, Tensor, mode


class Level:
    """The variables of one transform, and whether anything outside listens to what is computed from them."""

    def __init__(self):
        self.listens, self.own = mode.grad, set()

    def variable(self, t):
        """A tensor's values as a variable of this level; what is outside sees through it."""
        if not isinstance(t, Tensor):
            raise ValueError(f"a transform differentiates with respect to Tensors, got {type(t).__name__}")
        if self.listens and t.requires_grad:
            return t.view_as(t)
        t = t.detach().requires_grad_()
        self.own.add(edge(t))
        return t

    def outside(self, *tensors):
        """Whether a gradient of these tensors reaches anything but this level's own variables, and is recorded there."""
        if not self.listens:
            return False
        seen, waiting = set(), [edge(t) for t in tensors if isinstance(t, Tensor) and t.requires_grad]
        while waiting:
            node = waiting.pop()
            node = node.node if type(node) is Output else node
            if node in seen:
                continue
            seen.add(node)
            if type(node) is Leaf and node not in self.own:
                return True
            waiting += [e for e in node.edges if e is not None]
        return False

    def closed(self, tree):
        """Results as they leave the level."""
        return mapped(lambda t: t.detach() if isinstance(t, Tensor) and t.requires_grad and not self.outside(t) else t, tree)


# ---- what functions take and return --------------------------------------------------------------------------------------

def chosen(args, argnums, name):
    """The arguments to differentiate with respect to: one, or a tuple of them."""
    for k in argnums if isinstance(argnums, tuple) else (argnums,):
        if not isinstance(k, int) or isinstance(k, bool):
            raise RuntimeError(f"{name}: argnums must be int or tuple of ints, got {argnums!r}")
        if not -len(args) <= k < len(args):
            raise RuntimeError(f"{name}: got argnum={k}, but only {len(args)} positional inputs")
    if isinstance(argnums, tuple):
        if not argnums:
            raise RuntimeError(f"{name}: argnums must not be empty")
        if len({k % len(args) for k in argnums}) != len(argnums):
            raise RuntimeError(f"{name}: argnums elements must be unique, got {argnums}")
        return tuple(args[k] for k in argnums)
    return args[argnums]


def with_chosen(args, argnums, values):
    """The arguments with the chosen ones replaced."""
    args = list(args)
    for k, value in zip(argnums, values) if isinstance(argnums, tuple) else ((argnums, values),):
        args[k] = value
    return args


def opened(level, args, argnums, name):
    """All arguments with the chosen ones as variables; those variables; and how to give results their structure."""
    leaves, build = flatten(chosen(args, argnums, name))
    variables = [level.variable(t) for t in leaves]
    return with_chosen(args, argnums, build(variables)), variables, build


def parted(result, has_aux, name):
    """A function's output, and what it returned beside it."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise RuntimeError(f"{name}: has_aux=True, so the function must return (output, aux), got {type(result).__name__}")
    for t in leaves_of(result[1]):
        if not isinstance(t, Tensor):
            raise RuntimeError(f"{name}: expected aux to hold Tensors alone, got {type(t).__name__}")
    return result


def tensor_leaves(output, name):
    """The leaves of an output, all of them Tensors."""
    leaves, build = flatten(output)
    if not leaves:
        raise RuntimeError(f"{name}: expected the function to return Tensors, got none")
    for t in leaves:
        if not isinstance(t, Tensor):
            raise RuntimeError(f"{name}: expected the function to return only Tensors, got {type(t).__name__}")
    return leaves, build


# ---- gradients -----------------------------------------------------------------------------------------------------------

def grad(func, argnums=0, has_aux=False):
    r"""A function that computes the gradient of `func`, whose output is a single number.

    .. math:: \nabla f(x)

    Args:
        func: takes Tensors, or nested lists, tuples and dicts of them; returns a 0-d Tensor, or (that, aux) with `has_aux`.
        argnums: which argument to differentiate with respect to; a tuple for several.
        has_aux: `func` returns something beside its output, which is handed through.

    Returns:
        a function of the same arguments that returns the gradient in the argument's structure; (gradient, aux) with `has_aux`.

    Raises:
        RuntimeError: when called: the output is no 0-d Tensor, or there is no such argument.

    Example:
        >>> import minitorch as torch
        >>> torch.func.grad(torch.sin)(torch.tensor(0.0))
        tensor(1.)
        >>> torch.func.grad(torch.func.grad(lambda x: x ** 3))(torch.tensor(2.0))
        tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def gradient(*args, **kwargs):
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found
    return gradient


def grad_and_value(func, argnums=0, has_aux=False):
    r"""Like `grad`, and returns (gradient, output); (gradient, (output, aux)) with `has_aux`.

    .. math:: (\nabla f(x), f(x))

    Example:
        >>> import minitorch as torch
        >>> torch.func.grad_and_value(lambda x: (x ** 2).sum())(torch.tensor([1.0, 2.0]))
        (tensor([2., 4.]), tensor(5.))
    """
    @functools.wraps(func)
    def gradient(*args, **kwargs):
        level = Level()
        with enable_grad():
            args, variables, build = opened(level, args, argnums, "grad")
            output, aux = parted(func(*args, **kwargs), has_aux, "grad")
            if not isinstance(output, Tensor):
                raise RuntimeError(f"grad: expected the function to return a Tensor, got {type(output).__name__}")
            if output.ndim:
                raise RuntimeError(f"grad: expected the function to return a scalar tensor, got shape {list(output.shape)}; use jacrev, "
                                   "or vjp with a cotangent")
            found = or_zeros(pullback((output,), variables, None, level.outside(output)), variables)
        found, output = level.closed(build(found)), level.closed(output)
        return found, (output, level.closed(aux)) if has_aux else output
    return gradient


def vjp(func, *primals, has_aux=False):
    r"""The output at some inputs, and the function that multiplies a vector by the Jacobian there.

    .. math:: v \mapsto J^\top v

    Args:
        primals: the inputs, nested or not.

    Returns:
        (output, product) or (output, product, aux). `product(cotangents)` takes the structure of the output and returns that of the
        inputs: one value for one input, a tuple for several.

    Raises:
        RuntimeError: outputs are no Tensors, or cotangents do not have their structure.

    Example:
        >>> import minitorch as torch
        >>> output, product = torch.func.vjp(lambda x: x ** 2, torch.tensor([1.0, 3.0]))
        >>> product(torch.tensor([1.0, 10.0]))
        (tensor([ 2., 60.]),)
    """
    level = Level()
    with enable_grad():
        args, variables, build = opened(level, primals, tuple(range(len(primals))), "vjp")
        result, aux = parted(func(*args), has_aux, "vjp")
        outputs, _ = tensor_leaves(result, "vjp")
    closed = level.closed(result)

    def product(cotangents, retain_graph=True, create_graph=None):
        if not like(cotangents, result):
            raise RuntimeError("vjp: expected cotangents in the structure of the function's output")
        given = leaves_of(cotangents)
        for t, c in zip(outputs, given):
            if not isinstance(c, Tensor):
                raise RuntimeError(f"vjp: expected Tensors as cotangents, got {type(c).__name__}")
        inner = Level()
        inner.own, inner.listens = level.own, mode.grad if create_graph is None else create_graph
        with enable_grad():
            found = or_zeros(pullback(outputs, variables, given, inner.outside(*outputs, *given), retain_graph), variables)
        return inner.closed(build(found))
    return (closed, product, level.closed(aux)) if has_aux else (closed, product)


# ---- along a direction ---------------------------------------------------------------------------------------------------

def jvp(func, primals, tangents, *, strict=False, has_aux=False):
    r"""The output at some inputs, and its derivative along a direction; by differentiating the backward pass, see `autograd.products`.

    .. math:: (f(x), J v)

    Args:
        primals, tangents: tuples of the same structure: the point and the direction.
        strict: an output that depends on no input is an error instead of zeros.

    Returns:
        (output, derivative) or (output, derivative, aux), both in the structure of the output.

    Raises:
        RuntimeError: primals and tangents are no tuples of one structure, or outputs are no Tensors.

    Example:
        >>> import minitorch as torch
        >>> torch.func.jvp(lambda x: x ** 2, (torch.tensor([1.0, 3.0]),), (torch.tensor([1.0, 10.0]),))
        (tensor([1., 9.]), tensor([ 2., 60.]))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple) or not primals:
        raise RuntimeError("jvp: expected primals and tangents to be tuples, not empty: jvp(f, (x,), (v,))")
    line = Direction(func, primals, has_aux, "jvp")
    if strict and not all(out.requires_grad for out in line.outputs):
        raise RuntimeError("jvp: an output of the function is independent of the inputs, which strict=True does not allow")
    derivative = line.along(tangents)
    return (line.value, derivative, line.aux) if has_aux else (line.value, derivative)


class Direction:
    """A function at a point, ready to be followed in any direction."""

    def __init__(self, func, primals, has_aux, name):
        self.level, self.primals, self.name = Level(), primals, name
        with enable_grad():
            args, self.variables, _ = opened(self.level, primals, tuple(range(len(primals))), name)
            result, aux = parted(func(*args), has_aux, name)
            self.outputs, self.build = tensor_leaves(result, name)
            self.line = Linearization(self.outputs, self.variables)
        self.value, self.aux = self.level.closed(result), self.level.closed(aux)
        self.level.own |= {edge(seed) for seed in self.line.seeds}

    def along(self, tangents):
        """The derivative along one direction."""
        given = leaves_of(tangents)
        if not like(tangents, self.primals):
            raise RuntimeError(f"{self.name}: expected primals and tangents to have the same structure")
        for t, x in zip(given, self.variables):
            if not isinstance(t, Tensor) or t.shape != x.shape:
                raise RuntimeError(f"{self.name}: expected a tangent of shape {list(x.shape)}, got "
                                   f"{list(t.shape) if isinstance(t, Tensor) else type(t).__name__}")
        with enable_grad():
            pushed = self.line.push(given, self.level.outside(*self.outputs, *given))
        return self.level.closed(self.build(or_zeros(pushed, self.outputs)))


def linearize(func, *primals):
    r"""The output at some inputs, and the function that follows it in any direction without running `func` again.

    .. math:: v \mapsto J v

    Example:
        >>> import minitorch as torch
        >>> output, derivative = torch.func.linearize(lambda x: x ** 2, torch.tensor([1.0, 3.0]))
        >>> derivative(torch.tensor([1.0, 10.0]))
        tensor([ 2., 60.])
    """
    line = Direction(func, primals, False, "linearize")
    return line.value, lambda *tangents: line.along(tangents)


# ---- matrices ------------------------------------------------------------------------------------------------------------

def jacobian_by(blocks_of, name):
    """jacrev or jacfwd, which differ in how they find the blocks of the Jacobian."""
    def transform(func, argnums, has_aux):
        @functools.wraps(func)
        def jacobian(*args, **kwargs):
            level = Level()
            with enable_grad():
                args, variables, build = opened(level, args, argnums, name)
                result, aux = parted(func(*args, **kwargs), has_aux, name)
                outputs, build_output = tensor_leaves(result, name)
                blocks = blocks_of(outputs, variables, level.outside(*outputs))
            found = level.closed(build_output([build(row) for row in blocks]))
            return (found, level.closed(aux)) if has_aux else found
        return jacobian
    return transform


def by_joint_rows(outputs, inputs, create_graph):
    """`by_rows`, the rows of all outputs as one tensor an input, as in torch: if one of them has a history, all have."""
    columns = []
    for column in zip(*by_rows(outputs, inputs, create_graph)):
        if create_graph and len(column) > 1:
            counts = [out.numel() for out in outputs]
            flat = cat([block.reshape((n, *block.shape[out.ndim:])) for block, out, n in zip(column, outputs, counts)])
            column = [part.reshape(block.shape) for part, block in zip(split(flat, counts), column)]
        columns.append(column)
    return list(zip(*columns))


rows, columns = jacobian_by(by_joint_rows, "jacrev"), jacobian_by(by_columns, "jacfwd")


def jacrev(func, argnums=0, *, has_aux=False, chunk_size=None, _preallocate_and_copy=False):
    r"""A function that computes the Jacobian of `func` by rows: a backward pass for each element of the output.

    .. math:: J_{ij} = \partial y_i / \partial x_j

    Args:
        argnums, has_aux: see `grad`.
        chunk_size: accepted as in torch; rows are always computed one after another.

    Returns:
        a function that returns, in the structure of the output, the structure of the argument, each a Tensor of shape
        `(*output.shape, *input.shape)`.

    Raises:
        ValueError: a chunk_size that is not positive.

    Example:
        >>> import minitorch as torch
        >>> torch.func.jacrev(lambda x: x ** 2)(torch.tensor([1.0, 3.0]))
        tensor([[2., 0.],
                [0., 6.]])
    """
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(f"jacrev: chunk_size should be greater than 0, got {chunk_size}")
    return rows(func, argnums, has_aux)


def jacfwd(func, argnums=0, has_aux=False, *, randomness="error"):
    r"""A function that computes the Jacobian of `func` by columns: a pass for each element of the input.

    .. math:: J_{ij} = \partial y_i / \partial x_j

    Args:
        argnums, has_aux: see `grad`.
        randomness: accepted as in torch; `func` runs once.

    Example:
        >>> import minitorch as torch
        >>> torch.func.jacfwd(lambda x: x ** 2)(torch.tensor([1.0, 3.0]))
        tensor([[2., 0.],
                [0., 6.]])
    """
    return columns(func, argnums, has_aux)


def hessian(func, argnums=0):
    r"""A function that computes the Hessian of `func`: `jacfwd(jacrev(func))`.

    .. math:: H_{ij} = \partial^2 y / \partial x_i \partial x_j

    Example:
        >>> import minitorch as torch
        >>> torch.func.hessian(lambda x: (x ** 3).sum())(torch.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
