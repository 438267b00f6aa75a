"""`autograd.Function`: an operation whose forward and backward the user writes on Tensors."""
import functools
import inspect
import warnings
import weakref

from minitorch.autograd import operator
from minitorch.autograd.operator import edge, needs_grad, version_of
from minitorch.autograd.saved import Packed, history_of, stack
from minitorch.backend import as_array
from minitorch.tensor import Leaf, Node, Output, Tensor, link_view, mode, version_counter, wrap


class FunctionCtx:
    """What forward leaves for backward: saved tensors, marks, and any attribute."""

    def __init__(self):
        self._saved, self._dirty, self._constant, self._materialize, self._node = (), (), (), True, None
        self.needs_input_grad = ()

    def save_for_backward(self, *tensors):
        """Keep tensors (or None) for backward, which sees them as `saved_tensors` and checks that nothing changed them."""
        self._saved = tuple((t, version_of(t)) for t in tensors)

    def save_for_forward(self, *tensors):
        """Keep tensors for a forward-mode derivative; there is none here, so they are only kept."""
        self.saved_for_forward = tensors

    @property
    def saved_tensors(self):
        """The tensors that forward saved.

        Raises:
            RuntimeError: one was changed in place since, or the graph was freed.
        """
        if self._saved is operator.FREED:
            raise RuntimeError("Trying to backward through the graph a second time (or directly access saved tensors after they have "
                               "already been freed). "
                               "Specify retain_graph=True if you need to backward through the graph a second time.")
        found = [t.load(self._node()) if isinstance(t, Result) else t.tensor() if isinstance(t, Packed) else t for t, _ in self._saved]
        for t, (_, version) in zip(found, self._saved):
            if version is not None and version_of(t) != version:
                raise RuntimeError(f"one of the variables needed for gradient computation has been modified by an inplace operation: "
                                   f"[torch.{t.dtype.legacy} {list(t.shape)}] is at version {version_of(t)}; expected version {version} "
                                   "instead.")
        return tuple(found)

    def _keep(self, node, results):
        """Saved results without their history, which would lead back here; all of it packed where hooks are installed."""
        self._node, kept = weakref.ref(node), []
        for k, (t, version) in enumerate(self._saved):
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(f"save_for_backward can only save variables, but argument {k} is of type {type(t).__name__}")
            nr = next((nr for nr, r in enumerate(results) if r is t), None)
            if nr is not None:
                kept.append((Result(t, nr), None if stack.pairs else version))
            elif stack.pairs and t is not None:
                kept.append((Packed(t, history_of(t)), None))
            else:
                kept.append((t, version))
        self._saved = tuple(kept)

    def mark_dirty(self, *tensors):
        """Name the inputs that forward changed in place."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors):
        """Name the outputs that have no gradient."""
        self._constant = tensors

    def set_materialize_grads(self, value):
        """Whether backward sees zeros (True) or None for an output that nobody used."""
        self._materialize = value


class Result:
    """A saved output: its memory and version (or what a pack hook made of it), and which of the outputs it is."""

    def __init__(self, t, nr):
        self.nr, self.attached = nr, t._requires_grad
        self.kept = Packed(t) if stack.pairs else (t._array, version_counter(t))

    def load(self, node):
        """The tensor again, attached to its node."""
        history = (node if node.outputs is None else Output(node, self.nr)) if self.attached else None
        if isinstance(self.kept, Packed):
            return self.kept.tensor(history)
        t = wrap(self.kept[0], self.attached, history)
        t._counter = self.kept[1]
        return t


class FunctionCall:
    """The operator side of one call of a Function: the same Node, another vjp."""
    broadcasts = listed = False

    def __init__(self, cls, ctx, args):
        self.cls, self.ctx, self.name, self.keeps_undefined = cls, ctx, cls.__name__, not ctx._materialize
        self.tensors = [isinstance(a, Tensor) for a in args]

    def vjp(self, node, grads, create_graph):
        """The user's backward on Tensors; one gradient for each argument of forward."""
        grads = [g if create_graph or g is None else wrap(as_array(g)) for g in self.expand(node, grads)]
        received = self.cls.backward(self.ctx, *grads)
        received = received if isinstance(received, tuple) else (received,)
        if len(received) > len(node.edges) and all(g is None for g in received[len(node.edges):]):
            received = received[:len(node.edges)]
        if len(received) != len(node.edges):
            raise RuntimeError(f"function {self.name}Backward returned an incorrect number of gradients (expected {len(node.edges)}, got "
                               f"{len(received)})")
        result = []
        for k, (g, target) in enumerate(zip(received, node.edges)):
            if g is not None and not isinstance(g, Tensor):
                raise RuntimeError(f"function {self.name}Backward returned a {type(g).__name__} as gradient {k}, expected a Tensor or None")
            if g is not None and not self.tensors[k]:
                raise RuntimeError(f"function {self.name}Backward returned a gradient different than None at position {k + 1}, but the "
                                   "corresponding forward input was not a Variable")
            if g is not None and target is not None and g._array.shape != target.shape:
                from minitorch.ops.reduction import sum_to
                try:
                    g = sum_to(g, shape=target.shape)
                except (ValueError, RuntimeError, IndexError):
                    raise RuntimeError(f"Function {self.name}Backward returned an invalid gradient at index {k} - got {list(g.shape)} but "
                                       f"expected shape compatible with {list(target.shape)}") from None
            result.append(g if g is None or create_graph else g._array)
        return result

    def free(self, node):
        """Let go of what forward saved."""
        if self.ctx._saved:
            self.ctx._saved = operator.FREED

    def expand(self, node, grads):
        """One cotangent for every output of forward: outputs without history get zeros, or None."""
        if node.outputs is None:
            return grads
        given, full = iter(grads), []
        for _, kind in node.outputs:
            full.append(next(given) if self.keeps_undefined or kind.kind == "f" else None)
        return full


class Function:
    """Subclass with static `forward(ctx, *args)` and `backward(ctx, *grads)`, call with `apply`.

    Example:
        >>> import minitorch as torch
        >>> class Cube(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x ** 3
        ...     @staticmethod
        ...     def backward(ctx, grad):
        ...         x, = ctx.saved_tensors
        ...         return grad * 3 * x ** 2
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> Cube.apply(x).backward()
        >>> x.grad
        tensor(12.)
    """

    def __init__(self, *args, **kwargs):
        warnings.warn(f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should invoke them "
                      "on the class itself: use its `apply`.", DeprecationWarning, stacklevel=2)

    @staticmethod
    def forward(*args, **kwargs):
        """The operation on Tensors: (ctx, *args), or (*args) where `setup_context` is given."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        """The gradients of forward's arguments, None where there is none."""
        raise NotImplementedError("You must implement either the backward or vjp method for your custom autograd.Function to use it with "
                                  "backward mode AD.")

    vjp = backward

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Fill ctx from inputs and output, when forward takes no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    def __call__(self, *args, **kwargs):
        raise RuntimeError("Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
                           "with static forward method: make forward and backward static, and call apply on the class.")

    @classmethod
    def apply(cls, *args, **kwargs):
        """Run forward and record the call; what is given by keyword takes its place among forward's parameters."""
        ctx = type(f"{cls.__name__}Backward", (FunctionCtx,), {})()
        takes_ctx = cls.setup_context is Function.setup_context
        if not takes_ctx:
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, bound.kwargs
        inputs = placed(cls.forward, takes_ctx, args, kwargs) if kwargs else args
        ctx.needs_input_grad = tuple(needs_grad(a) for a in inputs)
        recorded = mode.grad and any(ctx.needs_input_grad)
        before, mode.grad = mode.grad, False
        try:
            if takes_ctx:
                out = cls.forward(ctx, *inputs)
            else:
                out = cls.forward(*inputs)
                cls.setup_context(ctx, inputs, out)
        finally:
            mode.grad = before
        return record(cls, ctx, inputs, out) if recorded else out


def placed(forward, takes_ctx, args, kwargs):
    """The arguments in the order of forward's parameters: each has a place, for backward gives a gradient at each.

    Raises:
        TypeError: forward has no such parameter (those after `*` have no place), it is given twice, or one before it is missing.
    """
    code = forward.__code__
    names = code.co_varnames[takes_ctx:code.co_argcount]
    for name in kwargs:
        if name not in names:
            raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
        if name in names[:len(args)]:
            raise TypeError(f"forward() got multiple values for argument '{name}'")
    end = max(map(names.index, kwargs)) + 1
    for position, name in enumerate(names[len(args):end], len(args)):
        if name not in kwargs:
            raise TypeError(f"forward() missing required argument: '{name}' (position {position})")
    return (*args, *(kwargs[name] for name in names[len(args):end]))


def record(cls, ctx, args, out):
    """The node of one call, and its outputs attached to it."""
    outs = out if isinstance(out, tuple) else (out,)
    if any(all(t is not o for o in outs) for t in ctx._dirty):
        raise RuntimeError("Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
                           "modified inplace must all be outputs of the Function.")
    call = FunctionCall(cls, ctx, args)
    if cls.vjp is not Function.vjp:
        if cls.backward is not Function.backward:
            raise RuntimeError(f"{cls.__name__}: implement either backward or vjp, which are two names of one function, not both")
        call.cls = type(cls.__name__, (cls,), {"backward": cls.vjp})
    node = type(f"{cls.__name__}Backward", (FunctionNode,), {"__slots__": ()})()
    node.op, node.plan, node.hooks, node.retained, node.saved, node.settings = call, None, None, None, (), None
    node.edges = [edge(a) if needs_grad(a) else None for a in args]
    results = []
    for o in outs:
        if not isinstance(o, Tensor):
            results.append(o)
        elif any(o is t for t in ctx._dirty):
            results.append(dirty(o))
        else:                                         # an input handed through, or a view of one, is a view with a history of its own
            whole = next((a for a in args if isinstance(a, Tensor) and (o is a or o._base is not None and o._base is (a._base or a))), None)
            fresh = o if whole is None else wrap(o._array)
            if whole is not None:
                link_view(fresh, whole, "custom" if len(outs) == 1 else "multi")
            results.append(fresh)
    tensors = [(o, r) for o, r in zip(outs, results) if isinstance(r, Tensor)]
    node.outputs = None if len(outs) == 1 else [(r._array.shape, r._array.dtype) for _, r in tensors]
    node.shape, node.dtype, node.seq = tensors[0][1]._array.shape, tensors[0][1]._array.dtype, operator.next_seq()
    for nr, (o, r) in enumerate(tensors):
        if r._array.dtype.kind == "f" and not any(o is t for t in ctx._constant):
            attach(r, node if node.outputs is None else Output(node, nr), r is o)
    ctx._keep(node, [r for _, r in tensors])
    return tuple(results) if isinstance(out, tuple) else results[0]


class FunctionNode(Node):
    """The node of a Function's call; shows what its ctx has, as torch's nodes do, which are their ctx."""
    __slots__ = ()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return getattr(self.op.ctx, name)


def dirty(t):
    """An input that forward changed in place: its version rises, and it becomes the output."""
    if t.requires_grad and (t._node is None or type(t._node) is Leaf):
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    version_counter(t)[0] += 1
    return t


def attach(t, port, through_base):
    """Give a tensor its history; the base of a view that was changed has it through the view's region."""
    if through_base and t._base is not None:
        from minitorch.ops.inplace import write_history
        history = wrap(t._array, True, port)
        write_history(t, history)
    else:
        t._requires_grad, t._node = True, port


def once_differentiable(backward):
    """Decorate a backward that cannot be differentiated again: under `create_graph` its results raise when they are.

    Source: torch.autograd.function.once_differentiable
    """
    @functools.wraps(backward)
    def call(ctx, *grads):
        recorded = mode.grad and any(needs_grad(g) for g in grads)
        before, mode.grad = mode.grad, False
        try:
            result = backward(ctx, *grads)
        finally:
            mode.grad = before
        if not recorded:
            return result
        several = isinstance(result, tuple)
        stopped = tuple(Stop.apply(g, *grads) if isinstance(g, Tensor) else g for g in (result if several else (result,)))
        return stopped if several else stopped[0]
    return call


class Stop(Function):
    """The end of differentiation, with torch's error."""

    @staticmethod
    def forward(ctx, value, *origins):
        return value.detach()

    @staticmethod
    def backward(ctx, grad):
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
