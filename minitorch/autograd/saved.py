"""What a graph keeps for backward, in the hands of the program: packed when it is kept, unpacked when it is needed.

While a pair of hooks is installed, nodes are made of a subclass whose `saved` is a property: writing it packs, reading it unpacks. A node
made at any other time has the plain slot, so hooks cost nothing where there are none.
"""
import functools
import threading

from minitorch.autograd import operator
from minitorch.autograd.operator import FREED, edge
from minitorch.autograd.plan import ARG, OUT, SAVE
from minitorch.backend import ARRAYS
from minitorch.tensor import Node, Output, Tensor, mode, version_counter, wrap


class Stack(threading.local):
    """The thread's pairs of hooks, the innermost last, and the message with which new ones are refused."""
    pairs = ()
    refusal = None


stack, plain_node, slot = Stack(), operator.new_node, Node.saved
lock, installed = threading.Lock(), 0


class Packed:
    """One kept tensor: what the pack hook made of it, and the history to give it back with."""
    __slots__ = ("unpack", "value", "history")

    def __init__(self, t, history=None):
        pack, self.unpack = stack.pairs[-1]
        before, version, mode.grad = mode.grad, version_counter(t)[0], False
        try:
            self.value, self.history = pack(t), history
        finally:
            mode.grad = before
        if version_counter(t)[0] != version:
            raise RuntimeError("A saved tensor pack hook is modifying its input in place, but the program still uses that tensor: return a "
                               "changed copy instead")

    def tensor(self, history=None):
        """The tensor again, new, attached to where the kept one was."""
        t, history = self.unpack(self.value), history or self.history
        if not isinstance(t, Tensor):
            raise TypeError("Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                            f"{type(t).__name__}")
        return wrap(t._array, history is not None, history)


def history_of(t):
    """Where a tensor's gradient goes, None if it has none."""
    return edge(t) if t.requires_grad else None


def keep(node, values):
    """Write `node.saved`: (value, version) for each thing that the plan keeps, tensors packed."""
    if values is FREED or not stack.pairs:
        slot.__set__(node, values)
        return
    kept, pairs = [], iter(values)
    for (kind, i), value, version in zip(node.plan.keeps, pairs, pairs):
        if kind == ARG:
            value = [packed(t) for t in value] if type(value) in (list, tuple) else packed(value)
        elif kind == OUT:
            array, counter = value
            floating = array.dtype.kind == "f"
            t = wrap(array, floating, (Output(node, i) if node.outputs else node) if floating else None)
            t._counter = counter
            value = Packed(t)
        elif kind == SAVE and isinstance(value, ARRAYS):
            value = Packed(wrap(value))
        kept += value, version
    slot.__set__(node, kept)


def packed(value):
    """A tensor packed; what is no tensor as it is."""
    return Packed(value, history_of(value)) if isinstance(value, Tensor) else value


def unpacked(value):
    """A kept value back: a packed one as a Tensor."""
    return value.tensor() if type(value) is Packed else value


def given_back(node):
    """Read `node.saved`: the same pairs as a plain node's, every tensor new and at version 0."""
    kept = slot.__get__(node)
    if kept is FREED:
        return kept
    values, pairs = [], iter(kept)
    for (kind, _), value, version in zip(node.plan.keeps, pairs, pairs):
        if kind == ARG and type(value) in (list, tuple):
            values += [unpacked(v) for v in value], [0 if type(v) is Packed else None for v in value]
        elif type(value) is Packed:
            t = value.tensor()
            values += (t, 0) if kind == ARG else ((t._array, [0]), 0) if kind == OUT else (t._array, None)
        else:
            values += value, version
    return values


@functools.cache
def packing(cls):
    """The class of nodes that differs from `cls` in what it does with `saved`."""
    return type(cls.__name__, (cls,), {"__slots__": (), "saved": property(given_back, keep)})


def new_node(cls):
    """A node, of the packing kind where this thread has hooks."""
    return plain_node(packing(cls) if stack.pairs else cls)


def install(count):
    """Count the installed pairs of all threads; nodes are made plainly when there are none."""
    global installed
    with lock:
        installed += count
        operator.new_node = new_node if installed else plain_node


class saved_tensors_hooks:
    """Inside, every tensor that an operation keeps for backward passes `pack_hook`, and `unpack_hook` when it is needed.

    Only the innermost pair is called. What was kept inside is unpacked by the same pair wherever backward runs.

    Args:
        pack_hook: a function of a Tensor; what it returns is kept in its place.
        unpack_hook: a function of that, which returns a Tensor of the same values.

    Raises:
        TypeError: in backward, `unpack_hook` returns no Tensor.
        RuntimeError: `pack_hook` writes into its argument, or hooks are disabled.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda numbers: torch.tensor(numbers)):
        ...     y = (x * x).sum()
        >>> y.backward()
        >>> x.grad
        tensor([2., 4.])
    """

    def __init__(self, pack_hook, unpack_hook):
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self):
        if stack.refusal is not None:
            raise RuntimeError(stack.refusal)
        stack.pairs += (self.pack_hook, self.unpack_hook),
        install(1)

    def __exit__(self, *error):
        stack.pairs = stack.pairs[:-1]
        install(-1)


class save_on_cpu(saved_tensors_hooks):
    """Inside, what operations keep for backward waits in the host's memory, and returns to its device when it is needed.

    Args:
        pin_memory: accepted as in torch; copies are ordinary memory.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> with torch.autograd.graph.save_on_cpu():
        ...     y = (x * x).sum()
        >>> y.backward()
        >>> x.grad
        tensor([2., 4.])
    """

    def __init__(self, pin_memory=False, device_type="cuda"):
        super().__init__(lambda t: (t.device, t.detach().cpu()), lambda kept: kept[1].to(kept[0]))


class disable_saved_tensors_hooks:
    """Inside, installing hooks for saved tensors is an error with this message.

    Example:
        >>> import minitorch as torch
        >>> with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
        ...     with torch.autograd.graph.save_on_cpu():
        ...         pass
        Traceback (most recent call last):
        RuntimeError: not here
    """

    def __init__(self, error_message):
        self.message = error_message

    def __enter__(self):
        if stack.pairs:
            raise RuntimeError(self.message)
        self.before, stack.refusal = stack.refusal, self.message

    def __exit__(self, *error):
        stack.refusal = self.before

    def __call__(self, function):
        @functools.wraps(function)
        def call(*args, **settings):
            with type(self)(self.message):
                return function(*args, **settings)
        return call
