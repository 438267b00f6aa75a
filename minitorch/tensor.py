"""Tensor: an array, its history, and what it shares with the other tensors on its memory.

No operation is imported here: `minitorch.ops` installs the methods and operators from its table.
"""
import itertools
import threading
import warnings
import weakref

from minitorch import dtypes
from minitorch.backend import address, device_count, device_name


class Mode(threading.local):
    """The thread's switches: whether history is recorded, whether new tensors are inference tensors, which backward pass runs."""
    grad = True
    inference = False
    current = None


mode = Mode()


new_size, new_tensor = tuple.__new__, object.__new__   # past the checks of Size(...) and Tensor(...)


class Size(tuple):
    """The shape of a tensor: a tuple of ints with `numel`.

    Example:
        >>> import minitorch as torch
        >>> torch.ones(2, 3).shape
        torch.Size([2, 3])
    """
    __slots__ = ()

    def __new__(cls, sizes=()):
        if isinstance(sizes, Tensor):
            sizes = sizes.tolist()
        items = []
        for i, s in enumerate(sizes):
            if not hasattr(s, "__index__") or isinstance(s, float):
                raise TypeError(f"torch.Size() takes an iterable of 'int' (item {i} is '{type(s).__name__}')")
            items.append(s.__index__())
        return new_size(cls, items)

    def __repr__(self):
        return f"torch.Size([{', '.join(map(str, self))}])"

    def numel(self):
        """The number of elements of a tensor of this shape."""
        n = 1
        for s in self:
            n *= s
        return n

    def __getitem__(self, index):
        part = tuple.__getitem__(self, index)
        return new_size(Size, part) if isinstance(index, slice) else part

    def __add__(self, other):
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(tuple.__add__(self, other))

    def __radd__(self, other):
        return Size(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, n):
        return new_size(Size, tuple.__mul__(self, n))

    __rmul__ = __mul__

    def __reduce__(self):
        return Size, (tuple(self),)


DEVICE_TYPES = ("cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy", "vulkan",
                "mps", "meta", "hpu", "mtia", "privateuseone")


class device:
    """Where a tensor's memory is: `cpu`, or `cuda` with an index (arrays of CuPy).

    Example:
        >>> import minitorch as torch
        >>> torch.device("cuda:1"), torch.device("cpu").type
        (device(type='cuda', index=1), 'cpu')
    """
    __slots__ = ("type", "index")

    def __new__(cls, type=None, index=None, *, device=None):
        place = type if device is None else device
        if isinstance(place, cls) and index is None:
            return place
        if isinstance(place, int) and not isinstance(place, bool) and index is None:
            if not device_count() and place >= 0:
                raise RuntimeError("Cannot access accelerator device when none is available: name the device in full, as in 'cuda:0'")
            place, index = "cuda", place
        if not isinstance(place, str) or not (index is None or isinstance(index, int) and not isinstance(index, bool)):
            raise TypeError(f"device() takes a device, a string such as 'cuda:0' or an index, got {place!r} and index {index!r}")
        kind, colon, number = place.partition(":")
        if kind not in DEVICE_TYPES:
            raise RuntimeError(f"Expected one of {', '.join(DEVICE_TYPES)} device type at start of device string: {place!r}")
        if colon and (index is not None or not number.isdecimal() or number != str(int(number))):
            raise RuntimeError(f"Invalid device string: {place!r}: expected a type, or a type and an index, such as 'cuda:1'")
        if index is not None and index < 0:
            raise RuntimeError(f"Device index must not be negative, got {index}")
        self = object.__new__(cls)
        self.type, self.index = kind, int(number) if colon else index
        return self

    def __repr__(self):
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __reduce__(self):
        return device, (str(self),)


class Tensor:
    """An array with a dtype, a device and, when `requires_grad`, a history that `backward` walks.

    A view (`_base` is set) shares its memory and its version with its base. `_seen` is the base's version for which the
    view's history is right; when the base has moved on, the history is read anew through the base. `_origin` says why an
    in-place operation on a view is refused ("multi", "no_grad"), or that a tensor was made in inference mode.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
    """
    __slots__ = ("_array", "_requires_grad", "_node", "_base", "_counter", "_grad", "_seen", "_origin", "__dict__", "__weakref__")
    __array_priority__ = 1000                         # array * Tensor is ours to answer (NumPy and CuPy both ask)

    shape = property(lambda self: new_size(Size, self._array.shape))
    ndim = property(lambda self: self._array.ndim)
    dtype = property(lambda self: dtypes.BY_NUMPY[self._array.dtype])
    device = property(lambda self: device(device_name(self._array)))
    itemsize = property(lambda self: self._array.itemsize)
    nbytes = property(lambda self: self._array.size * self._array.itemsize)
    is_cuda = property(lambda self: self.device.type == "cuda")
    is_cpu = property(lambda self: self.device.type == "cpu")
    is_sparse = is_quantized = is_meta = is_mps = is_nested = is_mkldnn = property(lambda self: False)
    layout = property(lambda self: strided)
    is_leaf = property(lambda self: not self.requires_grad or self._node is None or type(self._node) is Leaf)
    _version = property(lambda self: 0 if self._counter is None else self._counter[0])

    @property
    def requires_grad(self):
        """Whether operations on this tensor are recorded."""
        return self._requires_grad or self._base is not None and self._base._requires_grad and self._stale()

    @requires_grad.setter
    def requires_grad(self, value):
        if not isinstance(value, bool):
            raise RuntimeError(f"requires_grad must be a bool, got {type(value).__name__}")
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad=True):
        """Record operations on this leaf from now on (or no longer); returns the tensor.

        Raises:
            RuntimeError: the tensor is not a leaf, or its dtype is not floating.
            TypeError: the argument is no bool.
        """
        if not isinstance(requires_grad, bool):
            raise TypeError(f"requires_grad_(): argument 'requires_grad' (position 1) must be bool, not {type(requires_grad).__name__}")
        if not requires_grad and not self.is_leaf:
            raise RuntimeError("you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
                               "in a subgraph that doesn't require differentiation use var_no_grad = var.detach().")
        if requires_grad and self._array.dtype.kind != "f":
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if requires_grad and self._origin == "inference" and not mode.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        if self.is_leaf:
            self._requires_grad = bool(requires_grad)
        return self

    @property
    def grad(self):
        """The gradient that backward has gathered for this leaf (or for a tensor after `retain_grad`)."""
        if self._grad is None and not self.is_leaf and not self.retains_grad:
            warnings.warn("The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
                          "populated "
                          "during autograd.backward(). Call .retain_grad() on the non-leaf Tensor if you want it.", stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, value):
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}")
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value.dtype is not self.dtype:
                raise RuntimeError(f"attempting to assign a gradient of dtype '{value.dtype}' to a tensor that has grad_dtype "
                                   f"'{self.dtype}': convert it with .to()")
            if value._array.shape != self._array.shape:
                raise RuntimeError(f"assigned grad has data of a different size: expected {list(self._array.shape)}, got "
                                   f"{list(value._array.shape)}")
        self._grad = value

    @grad.deleter
    def grad(self):
        self._grad = None

    @property
    def grad_fn(self):
        """The node of the operation that made this tensor, or None for a leaf."""
        if not self.requires_grad:
            return None
        if self._base is not None:
            self._stale()
        node = self._node
        return None if node is None or type(node) is Leaf else node.node if type(node) is Output else node

    @property
    def output_nr(self):
        """Which output of its `grad_fn` this tensor is."""
        return self._node.nr if type(self._node) is Output else 0

    @property
    def retains_grad(self):
        """Whether `retain_grad` was called on this non-leaf."""
        owner = self._node.node if type(self._node) is Output else self._node
        return bool(self.requires_grad and not self.is_leaf and owner.retained and any(ref() is self for ref in owner.retained.values()))

    @property
    def data(self):
        """A tensor on the same memory, without history and with a version of its own."""
        return wrap(self._array)

    @data.setter
    def data(self, value):
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self._requires_grad and value._array.dtype.kind != "f":
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self._array = value._array
        if type(self._node) is Leaf:
            self._node = None

    @data.deleter
    def data(self):
        raise RuntimeError("Deleting tensor data is not allowed. Delete the tensor instead, or assign it other data.")

    def _stale(self):
        """For a view whose base was changed in place: read the history anew through the base. True if it requires a gradient."""
        base = self._base
        version = 0 if base._counter is None else base._counter[0]
        if self._seen != version:
            self._seen = version
            self._reread(base)
        return self._requires_grad

    def _is_view(self):
        return self._base is not None


def wrap(array, requires_grad=False, node=None, cls=Tensor):
    """A tensor of an array (taken as it is)."""
    self = new_tensor(cls)
    self._array, self._requires_grad, self._node = array, requires_grad, node
    self._base = self._counter = self._grad = None
    self._origin = "inference" if mode.inference else None
    return self


def version_counter(t):
    """The one version that all tensors on a memory share; made when first asked for (few tensors need one)."""
    if t._counter is None:
        t._counter = [0]
    return t._counter


def link_view(view, base, origin=None):
    """Make `view` a view of `base` (or of what `base` is a view of): one memory, one version."""
    root = base if base._base is None else base._base
    view._counter = version_counter(root)
    view._base, view._seen = root, root._counter[0]
    view._origin = view._origin or (base._origin if base._origin in ("multi", "no_grad", "custom") else None) or origin


def region_of(view, base):
    """Which elements of the memory of `base` a view shows: (offset, shape, strides), counted in elements."""
    size = view._array.itemsize
    return (address(view._array) - address(base._array)) // size, view._array.shape, tuple(s // size for s in view._array.strides)


class layout:
    """How a tensor's elements lie in memory; `torch.strided` is the only layout there is."""

    def __repr__(self):
        return "torch.strided"

    def __reduce__(self):
        return "strided"


class memory_format:
    """In which order memory holds the dimensions: `torch.contiguous_format`, or as in the original, `torch.preserve_format`."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name


strided = layout()
contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")


# ---- the graph's parts: what edges lead to ----------------------------------------------------------------------------

class Node:
    """One recorded call. `edges` lead to where each needed argument came from: a Node, one Output of a Node, or a Leaf.

    Every operator has a subclass of its own that bears PyTorch's name of it (`MulBackward0`); `tensor.grad_fn` is a node.
    """
    __slots__ = ("op", "plan", "edges", "saved", "settings", "shape", "dtype", "outputs", "seq", "hooks", "retained", "__dict__",
                 "__weakref__")

    def name(self):
        """The operation's name, PyTorch's."""
        return type(self).__name__

    def __repr__(self):
        return f"<{type(self).__name__} object at {hex(id(self))}>"

    @property
    def next_functions(self):
        """Where the gradients go: (node, which of its outputs) for every tensor argument, (None, 0) where none is needed."""
        places, count = argument_places(self)
        found = [(None, 0)] * count
        for k, e in zip(places, self.edges):
            found[k] = (None, 0) if e is None else (e.node, e.nr) if type(e) is Output else (e, 0)
        return tuple(found)

    @property
    def metadata(self):
        """A dict for whatever the program wants to note at this node."""
        return self.__dict__.setdefault("metadata", {})

    def register_hook(self, hook):
        """Call `hook(grad_inputs, grad_outputs)` after this node's derivative ran; a tuple that it returns replaces grad_inputs."""
        return add_hook(self, ("post", 0, hook))

    def register_prehook(self, hook):
        """Call `hook(grad_outputs)` before this node's derivative runs; a tuple that it returns replaces grad_outputs."""
        return add_hook(self, ("pre", 0, hook))


def argument_places(node):
    """Which argument each edge belongs to, and how many there are: a node's edges are those of the needed arguments alone."""
    if node.plan is None or node.op.lists:
        return range(len(node.edges)), len(node.edges)
    return node.plan.order, len(node.op.params)


class Output:
    """One of several outputs of a node, made where it is needed: two of one node and number are the same place.

    It holds the node; the node holds only (shape, dtype) of each output, so the two are no cycle.
    """
    __slots__ = ("node", "nr", "shape", "dtype")

    def __init__(self, node, nr):
        self.node, self.nr = node, nr
        self.shape, self.dtype = node.outputs[nr]

    def __eq__(self, other):
        return type(other) is Output and self.node is other.node and self.nr == other.nr

    def __hash__(self):
        return hash((id(self.node), self.nr))


class Leaf(Node):
    """Where a gradient ends: the leaf's `.grad`. Held by graphs; holds its tensor weakly, so nothing here is a cycle."""
    __slots__ = ("tensor",)

    def __init__(self, tensor, seq):
        self.tensor, self.shape, self.dtype, self.seq = weakref.ref(tensor), tensor._array.shape, tensor._array.dtype, seq
        self.edges, self.outputs, self.hooks, self.retained, self.plan = (), None, None, None, None

    variable = property(lambda self: self.tensor())

    def name(self):
        return "torch::autograd::AccumulateGrad"


    def __lt__(self, other):
        return False                                  # two leaves whose turn is the same come as they were pushed on the heap


Leaf.__name__ = Leaf.__qualname__ = "AccumulateGrad"
Leaf.watched = False                                  # whether any leaf ever had a hook, so that their order can be seen
hook_numbers = itertools.count()


class RemovableHandle:
    """What registering a hook returns: `remove()` unregisters it, as does leaving a `with` block."""

    def __init__(self, hooks, key):
        self.hooks, self.id = hooks, key

    def remove(self):
        """Unregister the hook; a second call does nothing."""
        self.hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()


def add_hook(owner, hook):
    """Append (kind, output number, function) to the hooks of a node."""
    if owner.hooks is None:
        owner.hooks = {}
    if type(owner) is Leaf:
        Leaf.watched = True
    key = next(hook_numbers)
    owner.hooks[key] = hook
    return RemovableHandle(owner.hooks, key)
