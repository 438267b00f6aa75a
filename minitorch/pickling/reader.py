"""Reading the pickle of a checkpoint: an interpreter that knows the few operations and names that a checkpoint needs."""
import pickletools
import struct
from collections import Counter, OrderedDict
from pickle import UnpicklingError

from minitorch import dtypes
from minitorch.tensor import Size, Tensor, device, strided


class Global:
    """A name that the file mentions and that calls something, when it is called."""

    def __init__(self, name):
        self.name = name


class StorageType:
    """torch.FloatStorage and its like: a dtype of stored elements."""

    def __init__(self, dtype):
        self.dtype = dtype


class Stored:
    """A stored array, which only `make_tensor` takes."""

    def __init__(self, array):
        self.array, self.used = array, False


class Reader:
    """Reads one object.

    Args:
        load_storage: a function of (dtype, key, location, numel) that gives a stored array of one dimension.
        rebuild: a function of (storage, offset, size, stride, requires_grad) that makes a tensor.
    """

    def __init__(self, load_storage, rebuild):
        self.load_storage, self.rebuild = load_storage, rebuild

    def load(self, file):
        """The object whose pickle begins where a file stands; the file stands behind it afterwards.

        Raises:
            EOFError: there is nothing.
            UnpicklingError: a name that is not known, or anything that a checkpoint does not hold.
        """
        if not (first := file.read(1)):
            raise EOFError("Ran out of input")
        file.seek(-len(first), 1)
        self.stack, self.marks, self.memo, self.storages = [], [], {}, []
        try:
            for opcode, argument, _ in pickletools.genops(file):
                if opcode.name == "STOP":
                    if not all(stored.used for stored in self.storages):
                        raise UnpicklingError("the file holds a storage that is not a tensor's: save tensors, minitorch has no storages")
                    return self.stack.pop()
                STEPS[opcode.name](self, argument)
        except UnpicklingError:
            raise
        except KeyError as error:
            raise UnpicklingError(f"Unsupported operand {error}") from error
        except (ValueError, IndexError, TypeError, AttributeError, OverflowError, RecursionError, struct.error) as error:
            raise UnpicklingError(f"the file is damaged, or not a checkpoint: {error}") from error
        raise EOFError("Ran out of input")

    def pop_mark(self):
        """What lies above the last mark."""
        items, self.stack = self.stack, self.marks.pop()
        return items

    def push(self, value):
        self.stack.append(value)

    def nothing(self, argument):
        """PROTO and FRAME say nothing that is needed."""

    def mark(self, argument):
        self.marks.append(self.stack)
        self.stack = []

    def find(self, path):
        """What a name stands for; only what is listed here exists."""
        path = path.replace("__builtin__.", "builtins.", 1) if path.startswith("__builtin__.") else path
        if path in NAMED:
            return NAMED[path]
        if path in CALLS:
            return Global(path)
        raise UnpicklingError(f"Unsupported global: GLOBAL {path} was not an allowed global by default. minitorch reads tensors, numbers, "
                              "strings and containers of them, and never runs code that a file names; convert the checkpoint to a state "
                              "dict where it was made")

    def find_global(self, argument):
        module, _, name = argument.partition(" ")
        self.push(self.find(f"{module}.{name}"))

    def find_stack_global(self, argument):
        name, module = self.stack.pop(), self.stack.pop()
        if type(name) is not str or type(module) is not str:
            raise UnpicklingError("STACK_GLOBAL needs two strings")
        self.push(self.find(f"{module}.{name}"))

    def reduce(self, argument):
        args, function = self.stack.pop(), self.stack.pop()
        if type(function) is not Global or type(args) is not tuple:
            raise UnpicklingError(f"Trying to call reduce for unrecognized function {function!r}")
        self.push(CALLS[function.name](self, *args))

    def build(self, argument):
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is not OrderedDict or not are_attributes(state, OrderedDict):
            raise UnpicklingError(f"Can only build OrderedDict, but got {type(target)}")
        target.__dict__.update(state)

    def append(self, argument):
        item = self.stack.pop()
        self.extend_list([item])

    def appends(self, argument):
        self.extend_list(self.pop_mark())

    def extend_list(self, items):
        if type(self.stack[-1]) is not list:
            raise UnpicklingError(f"Can only append to lists, but got {type(self.stack[-1])}")
        self.stack[-1].extend(items)

    def add_items(self, argument):
        items = self.pop_mark()
        if type(self.stack[-1]) is not set:
            raise UnpicklingError(f"Can only add to sets, but got {type(self.stack[-1])}")
        self.stack[-1].update(items)

    def set_item(self, argument):
        value, key = self.stack.pop(), self.stack.pop()
        self.update_dict([key, value])

    def set_items(self, argument):
        self.update_dict(self.pop_mark())

    def update_dict(self, items):
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter):
            raise UnpicklingError(f"Can only set items of dict, collections.OrderedDict, collections.Counter, but got {type(target)}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key] = value

    def tuple_of(count):
        """TUPLE1, TUPLE2 and TUPLE3."""
        def step(self, argument):
            if len(self.stack) < count:
                raise UnpicklingError("a tuple lacks items")
            self.stack[-count:] = [tuple(self.stack[-count:])]
        return step

    def persistent(self, argument):
        pid = self.stack.pop()
        if type(pid) is not tuple or len(pid) < 5 or pid[0] != "storage":
            raise UnpicklingError("Only persistent_load of storage is allowed")
        kind, key, location, numel = pid[1:5]
        if type(kind) is not StorageType or type(key) is not str or type(location) is not str or type(numel) is not int or numel < 0:
            raise UnpicklingError("a storage is named by a type, a key, a location and a number of elements")
        self.storages.append(Stored(self.load_storage(kind.dtype, key, location, numel)))
        self.push(self.storages[-1])

    def get(self, argument):
        if argument not in self.memo:
            raise UnpicklingError(f"Memo value not found at index {argument}")
        self.push(self.memo[argument])

    def put(self, argument):
        self.memo[argument] = self.stack[-1]

    def memoize(self, argument):
        self.memo[len(self.memo)] = self.stack[-1]

    # what the names of `CALLS` do

    def make_tensor(self, storage, offset, size, stride, requires_grad=False, hooks=None, metadata=None):
        ints = [offset, *size, *stride]
        if type(storage) is not Stored or len(size) != len(stride) or not all(type(n) is int and n >= 0 for n in ints):
            raise UnpicklingError("a tensor is made of a storage, an offset, sizes and strides")
        storage.used = True
        return self.rebuild(storage.array, offset, tuple(size), tuple(stride), requires_grad is True)

    def make_parameter(self, data, requires_grad=True, hooks=None, attributes=None):
        from minitorch.nn.parameter import Parameter
        if not isinstance(data, Tensor):
            raise UnpicklingError(f"a parameter is made of a tensor, got {type(data)}")
        return self.with_attributes(Parameter(data, requires_grad is True), attributes)

    def make_typed_tensor(self, function, kind, args, attributes):
        if type(function) is not Global or type(kind) is not Global or kind.name != "torch.Tensor":
            raise UnpicklingError("only plain tensors with attributes are known")
        return self.with_attributes(CALLS[function.name](self, *args), attributes)

    def with_attributes(self, tensor, attributes):
        if not attributes:
            return tensor
        if not isinstance(tensor, Tensor) or not are_attributes(attributes, type(tensor)):
            raise UnpicklingError("the attributes of a tensor are a dict, and none of them is one of the class")
        tensor.__dict__.update(attributes)
        return tensor

    def make_ordered_dict(self, items=()):
        return OrderedDict(items)

    def make_counter(self, items=None):
        return Counter(items if type(items) is dict else {})

    def make_set(self, items=()):
        return set(items)

    def make_size(self, sizes=()):
        return Size(sizes)

    def make_device(self, *args):
        return device(*args)

    def make_complex(self, real, imag=0.0):
        return complex(real, imag)

    def make_bytes(self, text="", encoding="latin1"):
        if type(text) is not str or encoding not in ("latin1", "latin-1"):
            raise UnpicklingError("bytes are text in latin1")
        return text.encode("latin-1")

    def make_layout(self, name):
        if name != "torch.strided":
            raise UnpicklingError(f"minitorch has strided tensors only, got the layout {name!r}")
        return strided


def are_attributes(state, cls):
    """Whether this is a dict of attributes that hide none of the class's."""
    return type(state) is dict and all(type(name) is str and not hasattr(cls, name) for name in state)


NAMED = {f"torch.{d.name}": d for d in dtypes.DTYPES}
NAMED |= {"torch." + d.legacy.replace("Tensor", "Storage"): StorageType(d) for d in dtypes.DTYPES}

CALLS = {
    "torch._utils._rebuild_tensor": Reader.make_tensor,
    "torch._utils._rebuild_tensor_v2": Reader.make_tensor,
    "torch._utils._rebuild_parameter": Reader.make_parameter,
    "torch._utils._rebuild_parameter_with_state": Reader.make_parameter,
    "torch._tensor._rebuild_from_type_v2": Reader.make_typed_tensor,
    "torch.Tensor": None,
    "collections.OrderedDict": Reader.make_ordered_dict,
    "collections.Counter": Reader.make_counter,
    "torch.Size": Reader.make_size,
    "torch.device": Reader.make_device,
    "torch.serialization._get_layout": Reader.make_layout,
    "builtins.set": Reader.make_set,
    "builtins.bytes": Reader.make_bytes,
    "builtins.complex": Reader.make_complex,
    "_codecs.encode": Reader.make_bytes,
}

STEPS = {
    **dict.fromkeys(("PROTO", "FRAME"), Reader.nothing),
    "GLOBAL": Reader.find_global, "STACK_GLOBAL": Reader.find_stack_global, "REDUCE": Reader.reduce, "NEWOBJ": Reader.reduce,
    "BUILD": Reader.build, "BINPERSID": Reader.persistent,
    "APPEND": Reader.append, "APPENDS": Reader.appends, "ADDITEMS": Reader.add_items, "SETITEM": Reader.set_item,
    "SETITEMS": Reader.set_items,
    "MARK": Reader.mark, "TUPLE": lambda self, _: self.push(tuple(self.pop_mark())),
    "TUPLE1": Reader.tuple_of(1), "TUPLE2": Reader.tuple_of(2), "TUPLE3": Reader.tuple_of(3),
    "EMPTY_TUPLE": lambda self, _: self.push(()), "EMPTY_LIST": lambda self, _: self.push([]),
    "EMPTY_DICT": lambda self, _: self.push({}), "EMPTY_SET": lambda self, _: self.push(set()),
    "NONE": lambda self, _: self.push(None), "NEWTRUE": lambda self, _: self.push(True), "NEWFALSE": lambda self, _: self.push(False),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "BINFLOAT", "LONG1", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES",
                     "SHORT_BINBYTES"), Reader.push),
    "MEMOIZE": Reader.memoize, **dict.fromkeys(("BINGET", "LONG_BINGET"), Reader.get),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), Reader.put),
}
