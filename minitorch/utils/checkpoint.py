"""Memory for time: a part of the network keeps nothing for backward and runs again when backward needs it.

Without `use_reentrant`, operations inside keep a number instead of a tensor (`autograd.graph.saved_tensors_hooks`); the first number that
backward asks for runs the function again, and the tensors that are kept this time are handed out, each once. With `use_reentrant`, the part
is one node of the graph, whose backward runs the function and a backward pass of its own.
"""
import warnings
import weakref
from contextlib import contextmanager, nullcontext

from minitorch.autograd.function import Function
from minitorch.autograd.graph import backward
from minitorch.autograd.modes import enable_grad, no_grad
from minitorch.autograd.operator import version_of
from minitorch.autograd.saved import Packed, history_of, saved_tensors_hooks, stack
from minitorch.random import fork_rng, get_rng_state, set_rng_state
from minitorch.tensor import Tensor, mode

__all__ = ["CheckpointError", "CheckpointFunction", "check_backward_validity", "checkpoint", "checkpoint_sequential", "detach_variable",
           "noop_context_fn", "set_checkpoint_early_stop"]

UNSAID = ("the use_reentrant parameter should be passed explicitly. use_reentrant=False is recommended, but if you need to preserve the "
          "current default behavior, you can pass use_reentrant=True.")
DETERMINISM = ("default", "none")
switch = {"early_stop": None}


class CheckpointError(RuntimeError):
    """What was computed again is not what was computed first."""


class Stop(Exception):
    """All that backward asks for has been computed again."""


def noop_context_fn():
    """Two contexts that change nothing: for the first run and for those in backward."""
    return nullcontext(), nullcontext()


@contextmanager
def set_checkpoint_early_stop(enable):
    """Inside, whether a run in backward ends as soon as all that is needed has been computed (the default); overrides the argument.

    Example:
        >>> import minitorch as torch
        >>> from minitorch.utils.checkpoint import checkpoint, set_checkpoint_early_stop
        >>> x = torch.ones(2, requires_grad=True)
        >>> with set_checkpoint_early_stop(False):
        ...     y = checkpoint(lambda x: print("run") or x.exp(), x, use_reentrant=False)
        run
        >>> y.sum().backward()
        run
    """
    before, switch["early_stop"] = switch["early_stop"], enable
    try:
        yield
    finally:
        switch["early_stop"] = before


def checkpoint(function, *args, use_reentrant=None, context_fn=noop_context_fn, determinism_check="default", debug=False, early_stop=True,
               preserve_rng_state=True, **kwargs):
    """Run a function without keeping what its derivative needs: backward runs it again.

    Args:
        use_reentrant: False (recommended) works with any way of differentiating; True makes one node of the function: then only `backward`
            into all leaves works, arguments nested in others get no gradient, and keywords are refused.
        context_fn: returns two contexts, for the first run and for those in backward.
        determinism_check: "default" compares shapes, dtypes and devices of both runs, "none" does not.
        debug: accepted as in torch.
        early_stop: end a run in backward as soon as all that is needed has been computed.
        preserve_rng_state: both runs draw the same random numbers.

    Raises:
        CheckpointError: in backward, the second run keeps other tensors than the first.
        ValueError: keywords, or options of the other kind, with use_reentrant=True.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> y = torch.utils.checkpoint.checkpoint(lambda x: (x ** 2).sum(), x, use_reentrant=False)
        >>> y.backward()
        >>> x.grad
        tensor([2., 4.])

    Source: Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost
    """
    if use_reentrant is None:
        warnings.warn(f"torch.utils.checkpoint: {UNSAID}", stacklevel=2)
        use_reentrant = True
    if use_reentrant:
        if kwargs:
            raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}: use_reentrant=True takes none")
        if context_fn is not noop_context_fn or debug:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False")
        return CheckpointFunction.apply(function, preserve_rng_state, *args)
    if determinism_check not in DETERMINISM:
        raise ValueError(f"determinism_check should be one of {DETERMINISM}, but got {determinism_check}")
    first, again = context_fn()
    if not mode.grad:
        with first:
            return function(*args, **kwargs)
    early_stop = early_stop if switch["early_stop"] is None else switch["early_stop"]
    frame = Frame(function, args, kwargs, again, preserve_rng_state, determinism_check == "default", early_stop)
    with first, saved_tensors_hooks(frame.pack, frame.unpack):
        return function(*args, **kwargs)


# ---- without re-entering ---------------------------------------------------------------------------------------------------

class Holder:
    """What the graph keeps in a tensor's place: its number; while backward runs, the tensor computed again, and for which pass."""
    __slots__ = ("number", "tensor", "current", "__weakref__")

    def __init__(self, number):
        self.number, self.tensor, self.current = number, None, None


class Frame:
    """One checkpointed call: what it was called with, and which tensors it would have kept."""

    def __init__(self, function, args, kwargs, context, preserve_rng_state, check, early_stop):
        self.function, self.inputs, self.context = function, mapped(Kept, args, kwargs), context
        self.rng_state = get_rng_state() if preserve_rng_state else None
        self.check, self.early_stop, self.facts, self.holders = check, early_stop, [], []

    def pack(self, t):
        """In the first run: a number instead of a tensor."""
        holder = Holder(len(self.holders))
        self.holders.append(weakref.ref(holder))
        self.facts.append(facts_of(t))
        return holder

    def unpack(self, holder):
        """In backward: the tensor of that number, computed again with all others when the first of them is asked for."""
        now = mode.current
        if holder.current is None or holder.current is not now:
            self.compute(now)
        if holder.tensor is None:
            raise CheckpointError("torch.utils.checkpoint: a tensor was asked for twice in one backward pass. In the backward of a "
                                  "Function, read ctx.saved_tensors once.")
        t, holder.tensor = holder.tensor, None
        if now is None:
            holder.current = None
        return t

    def compute(self, now):
        """Run the function again; hand what it keeps to those holders that somebody still has."""
        facts = []

        def pack(t):
            number = len(facts)
            facts.append(facts_of(t))
            holder = self.holders[number]() if number < len(self.holders) else None
            if holder is not None:
                holder.tensor, holder.current = t.detach(), now if now is not None else self
            if self.early_stop and len(facts) == len(self.facts):
                raise Stop
            return t.detach()
        args, kwargs = mapped(lambda k: k.again(), *self.inputs, Kept)
        with fork_rng(enabled=self.rng_state is not None):
            if self.rng_state is not None:
                set_rng_state(self.rng_state)
            try:
                with enable_grad(), saved_tensors_hooks(pack, lambda t: t), self.context:
                    self.function(*args, **kwargs)
            except Stop:
                pass_ended = True
            else:
                pass_ended = len(facts) == len(self.facts)
        if not pass_ended:
            raise CheckpointError("torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                                  f"recomputation.\nNumber of tensors saved during forward: {len(self.facts)}\nNumber of tensors saved "
                                  f"during recomputation: {len(facts)}")
        for number, (first, second) in enumerate(zip(self.facts, facts) if self.check else ()):
            if first != second:
                raise CheckpointError("torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                                      f"during the forward pass.\ntensor at position {number}: saved {first}, recomputed {second}")


class Kept:
    """An argument of a checkpointed call, as backward finds it: checked for changes, or packed by outer hooks."""

    def __init__(self, t):
        self.packed = Packed(t, history_of(t)) if stack.pairs else None
        self.t, self.version = (None, None) if stack.pairs else (t, version_of(t))

    def again(self):
        """The tensor for the second run.

        Raises:
            RuntimeError: it was changed in place since.
        """
        if self.packed is not None:
            return self.packed.tensor()
        if version_of(self.t) != self.version:
            raise RuntimeError("one of the variables needed for gradient computation has been modified by an inplace operation: an "
                               f"argument of a checkpointed function, {list(self.t.shape)}, is at version {version_of(self.t)}; "
                               f"expected version {self.version} instead.")
        return self.t



def mapped(function, args, kwargs, kind=Tensor):
    """A function applied to the arguments that are tensors themselves; what is inside others is left alone, as in torch."""
    return ([function(a) if isinstance(a, kind) else a for a in args],
            {name: function(a) if isinstance(a, kind) else a for name, a in kwargs.items()})


def facts_of(t):
    """What must be the same when a tensor is computed again."""
    return {"shape": tuple(t.shape), "dtype": t.dtype, "device": str(t.device)}


# ---- re-entering -----------------------------------------------------------------------------------------------------------

def detach_variable(inputs):
    """Tensors cut from their history, each a leaf that requires a gradient if the tensor did; other values as they are.

    Raises:
        RuntimeError: the inputs are no tuple.

    Example:
        >>> import minitorch as torch
        >>> torch.utils.checkpoint.detach_variable((torch.ones(1, requires_grad=True) * 2, 3))
        (tensor([2.], requires_grad=True), 3)
    """
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs)


def check_backward_validity(inputs):
    """Warn if no input requires a gradient: then the re-entering kind computes none.

    Example:
        >>> import minitorch as torch
        >>> torch.utils.checkpoint.check_backward_validity([torch.ones(1, requires_grad=True)])
    """
    if not any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


class CheckpointFunction(Function):
    """The re-entering kind: one node, whose backward runs the function and differentiates it.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> y = torch.utils.checkpoint.checkpoint(lambda x: x ** 2, x, use_reentrant=True)
        >>> y.grad_fn.name()
        'CheckpointFunctionBackward'
    """

    @staticmethod
    def forward(ctx, function, preserve_rng_state, *args):
        """The function's output, without a history of its own."""
        check_backward_validity(args)
        ctx.function, ctx.rng_state = function, get_rng_state() if preserve_rng_state else None
        ctx.others = [None if isinstance(a, Tensor) else a for a in args]
        ctx.places = [k for k, a in enumerate(args) if isinstance(a, Tensor)]
        ctx.save_for_backward(*[args[k] for k in ctx.places])
        with no_grad():
            return function(*args)

    @staticmethod
    def backward(ctx, *grads):
        """A backward pass inside: arguments as leaves, the function again, its gradients."""
        if mode.current is not None and (mode.current.owners or not mode.current.accumulate):
            raise RuntimeError("When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` "
                               "parameter to .backward(): set use_reentrant=False, or call .backward() without `inputs`.")
        args = list(ctx.others)
        for k, t in zip(ctx.places, ctx.saved_tensors):
            args[k] = t
        args = detach_variable(tuple(args))
        with fork_rng(enabled=ctx.rng_state is not None):
            if ctx.rng_state is not None:
                set_rng_state(ctx.rng_state)
            with enable_grad():
                outputs = ctx.function(*args)
        outputs = (outputs,) if isinstance(outputs, Tensor) else outputs
        live = [(out, g) for out, g in zip(outputs, grads) if isinstance(out, Tensor) and out.requires_grad]
        if not live:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward(*zip(*live))
        return None, None, *(a.grad if isinstance(a, Tensor) else None for a in args)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    """Run functions one after another, in segments that keep only what goes between them; the last segment keeps all.

    Args:
        functions: a `nn.Sequential`, or a list of functions.
        segments: how many.

    Raises:
        ValueError: a keyword other than preserve_rng_state.

    Example:
        >>> import minitorch as torch
        >>> net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1))
        >>> torch.utils.checkpoint.checkpoint_sequential(net, 2, torch.ones(4, 2), use_reentrant=False).shape
        torch.Size([4, 1])
    """
    if use_reentrant is None:
        warnings.warn(f"torch.utils.checkpoint.checkpoint_sequential: {UNSAID}", stacklevel=2)
        use_reentrant = True
    preserve_rng_state = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
    functions = list(functions.children()) if hasattr(functions, "children") else functions

    def chain(part):
        def run(value):
            for function in part:
                value = function(value)
            return value
        return run
    size, end = len(functions) // segments, 0
    for start in range(0, size * (segments - 1), size):
        end = start + size
        input = checkpoint(chain(functions[start:end]), input, use_reentrant=use_reentrant, preserve_rng_state=preserve_rng_state)
    return chain(functions[end:])(input)
