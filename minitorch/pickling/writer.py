"""Writing the pickle of a checkpoint."""
import struct
from collections import Counter, OrderedDict
from pickle import PicklingError

from minitorch import dtypes
from minitorch.tensor import Size, Tensor, device, strided


class Writer:
    """Writes one object.

    Args:
        place: a function of a tensor that says where its elements are stored: (key, location, numel, offset).
    """

    def __init__(self, place):
        self.place, self.out, self.memo, self.alive = place, bytearray(b"\x80\x02"), {}, []

    def dump(self, value):
        """The pickle of an object, as bytes."""
        self.write(value)
        return bytes(self.out + b".")

    def write(self, value):
        """Append an object, or a reference to it if it was written before."""
        if id(value) in self.memo:
            n = self.memo[id(value)]
            self.out += b"h" + bytes([n]) if n < 256 else b"j" + struct.pack("<I", n)
            return
        writer = WRITERS.get(type(value))
        if writer is not None:
            writer(self, value)
        elif isinstance(value, Tensor):
            self.tensor(value)
        else:
            kind = f"{type(value).__module__}.{type(value).__qualname__}"
            raise PicklingError("a checkpoint holds tensors, numbers, strings, None and lists, tuples, dicts and sets of these, got an "
                                f"object of type {kind}: save the state dict of a module or an optimizer, .item() or torch.as_tensor() of "
                                "a NumPy value, dict() of a kind of dict")

    def remember(self, value):
        """What comes again is written as a reference. The value is kept alive, so that its id stays its own."""
        n = self.memo[id(value)] = len(self.memo)
        self.alive.append(value)
        self.out += b"q" + bytes([n]) if n < 256 else b"r" + struct.pack("<I", n)

    def name(self, path):
        """A name of PyTorch's, or of Python's."""
        module, _, name = path.rpartition(".")
        self.out += f"c{module}\n{name}\n".encode()

    def call(self, path, *args):
        """The result of a call."""
        self.name(path)
        self.tuple(args, False)
        self.out += b"R"

    def none(self, value):
        self.out += b"N"

    def bool(self, value):
        self.out += b"\x88" if value else b"\x89"

    def int(self, value):
        if 0 <= value < 256:
            self.out += b"K" + bytes([value])
        elif 0 <= value < 65536:
            self.out += b"M" + struct.pack("<H", value)
        elif -2**31 <= value < 2**31:
            self.out += b"J" + struct.pack("<i", value)
        else:
            size = value.bit_length() // 8 + 1
            if size > 255:
                raise PicklingError(f"an integer of {size} bytes is too long for a checkpoint; save it as a string")
            self.out += b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)

    def float(self, value):
        self.out += b"G" + struct.pack(">d", value)

    def str(self, value):
        data = value.encode("utf-8", "surrogatepass")
        self.out += b"X" + struct.pack("<I", len(data)) + data
        self.remember(value)

    def tuple(self, value, remember=True):
        if not 1 <= len(value) <= 3:
            self.out += b"(" if value else b")"
        for item in value:
            self.write(item)
        self.out += (b"", b"\x85", b"\x86", b"\x87")[len(value)] if len(value) <= 3 else b"t"
        if remember and value:
            self.remember(value)

    def list(self, value):
        self.out += b"]"
        self.remember(value)
        if value:
            self.out += b"("
            for item in value:
                self.write(item)
            self.out += b"e"

    def dict(self, value):
        self.out += b"}"
        self.remember(value)
        self.items(value)

    def items(self, value):
        """The items of a dict that was begun."""
        if value:
            self.out += b"("
            for key, item in value.items():
                self.write(key)
                self.write(item)
            self.out += b"u"

    def ordered_dict(self, value):
        self.call("collections.OrderedDict")
        self.remember(value)
        self.items(value)
        if value.__dict__:                            # a state dict's _metadata
            self.write(value.__dict__)
            self.out += b"b"

    def counter(self, value):
        self.call("collections.Counter", dict(value))
        self.remember(value)

    def set(self, value):
        self.call("__builtin__.set", list(value))
        self.remember(value)

    def complex(self, value):
        self.call("__builtin__.complex", value.real, value.imag)

    def bytes(self, value):
        self.call("_codecs.encode", value.decode("latin-1"), "latin1")

    def size(self, value):
        self.call("torch.Size", tuple(value))

    def dtype(self, value):
        self.name(f"torch.{value.name}")

    def device(self, value):
        self.call("torch.device", str(value))

    def layout(self, value):
        self.call("torch.serialization._get_layout", "torch.strided")

    def tensor(self, value):
        """`_rebuild_parameter(_rebuild_tensor_v2(storage, offset, size, stride, ...))`, with the attributes that users set."""
        from minitorch.nn.parameter import Parameter
        if isinstance(value, Parameter):
            data = value.data
            self.alive.append(data)
            if value.__dict__:
                self.call("torch._utils._rebuild_parameter_with_state", data, value.requires_grad, OrderedDict(), dict(value.__dict__))
            else:
                self.call("torch._utils._rebuild_parameter", data, value.requires_grad, OrderedDict())
        elif value.__dict__:
            self.name("torch._tensor._rebuild_from_type_v2")
            self.out += b"("
            self.name("torch._utils._rebuild_tensor_v2")
            self.name("torch.Tensor")
            self.tensor_arguments(value)
            self.write(dict(value.__dict__))
            self.out += b"tR"
        else:
            self.name("torch._utils._rebuild_tensor_v2")
            self.tensor_arguments(value)
            self.out += b"R"
        self.remember(value)

    def tensor_arguments(self, value):
        """(storage, offset, size, stride, requires_grad, hooks)"""
        key, location, numel, offset = self.place(value)
        self.out += b"(("
        self.write("storage")
        self.name("torch." + value.dtype.legacy.replace("Tensor", "Storage"))
        for item in (key, location, numel):
            self.write(item)
        self.out += b"tQ"
        self.write(offset)
        self.tuple(tuple(value._array.shape), False)
        self.tuple(tuple(value.stride()), False)
        self.write(value.requires_grad)
        self.write(OrderedDict())
        self.out += b"t"


WRITERS = {
    type(None): Writer.none, bool: Writer.bool, int: Writer.int, float: Writer.float, complex: Writer.complex, str: Writer.str,
    bytes: Writer.bytes, tuple: Writer.tuple, list: Writer.list, dict: Writer.dict, set: Writer.set, OrderedDict: Writer.ordered_dict,
    Counter: Writer.counter, Size: Writer.size, dtypes.dtype: Writer.dtype, device: Writer.device, type(strided): Writer.layout,
}
