"""`save` and `load`: checkpoints in PyTorch's own file format, without running code from a file.

A file is a zip archive: `data.pkl` is the structure (`minitorch.pickling`), `data/0`, `data/1` ... are the stored arrays, uncompressed.
Tensors whose memory overlaps share a stored array, and share memory again after loading.
"""
import io
import os
import struct
import sys
import zipfile
import zlib
from contextlib import contextmanager, nullcontext
from pickle import UnpicklingError

import numpy

from minitorch.backend import as_strided, device_count, device_name, extent, on_own_device, to_device, to_host
from minitorch.ops.conversion import full_name
from minitorch.pickling import Reader, Writer
from minitorch.tensor import device as device_class
from minitorch.tensor import wrap

ZIP_MAGIC, LEGACY_MAGIC, LEGACY_PROTOCOL = b"PK\x03\x04", 0x1950A86A20F9469CFC6C, 1001
ALIGNMENT = 64
DEFLATE = 1032                                        # how many bytes one compressed byte can stand for


def save(obj, f, pickle_module=None, pickle_protocol=2, _use_new_zipfile_serialization=True, _disable_byteorder_record=False):
    """Write a checkpoint that `load`, PyTorch's too, reads.

    A file at a path is written beside and then renamed, so that an interrupted save leaves the old one whole.

    Args:
        obj: tensors, numbers, strings, None, dtypes, devices, sizes, in lists, tuples, dicts, OrderedDicts, Counters and sets.
        f: a path, or a file open for writing.
        pickle_module, pickle_protocol: accepted; the file is always protocol 2.

    Raises:
        PicklingError: `obj` holds something else, such as a module: save its `state_dict()`.
        RuntimeError: the directory does not exist.

    Example:
        >>> import io
        >>> import minitorch as torch
        >>> file = io.BytesIO()
        >>> torch.save({"weight": torch.ones(2), "epoch": 3}, file)
        >>> _ = file.seek(0)
        >>> torch.load(file)
        {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    if not _use_new_zipfile_serialization:
        raise NotImplementedError("minitorch writes PyTorch's zip format only; leave _use_new_zipfile_serialization at True")
    if not isinstance(f, (str, os.PathLike)):
        if not hasattr(f, "write"):
            raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
        write_archive(obj, f, "archive")
        return
    path = os.path.realpath(os.fspath(f))
    directory, name = os.path.split(path)
    if not os.path.isdir(directory):
        raise RuntimeError(f"Parent directory {os.path.dirname(os.fspath(f))} does not exist.")
    stem = os.path.splitext(name)[0] or "archive"
    if os.path.exists(path) and not os.path.isfile(path):             # a pipe or a device cannot be replaced
        with open(path, "wb") as file:
            write_archive(obj, file, stem)
        return
    beside = f"{path}.{os.getpid()}.tmp"
    try:
        with open(beside, "wb") as file:
            write_archive(obj, file, stem)
        if os.path.exists(path):
            os.chmod(beside, os.stat(path).st_mode & 0o7777)
        os.replace(beside, path)
    finally:
        if os.path.exists(beside):
            os.remove(beside)


def write_archive(obj, file, name):
    """Write the records of a checkpoint under the directory `name` of a zip archive."""
    arrays = []

    def collect(tensor):
        arrays.append(tensor._array)
        return "0", "cpu", 0, 0

    Writer(collect).dump(obj)
    storages = Storages(arrays)
    structure = Writer(storages.place).dump(obj)
    with zipfile.ZipFile(file, "w") as archive:
        records = [("data.pkl", structure), (".format_version", b"1"), (".storage_alignment", str(ALIGNMENT).encode()),
                   ("byteorder", sys.byteorder.encode())]
        for record, data in records:
            write_record(archive, f"{name}/{record}", data)
        for key, storage in enumerate(storages.used):
            write_record(archive, f"{name}/data/{key}", memoryview(to_host(storage)).cast("B") if storage.size else b"")
        write_record(archive, f"{name}/version", b"3\n")


def write_record(archive, name, data):
    """Write one file of an archive uncompressed, its data at a multiple of 64 bytes, so that it can be mapped into memory."""
    info = zipfile.ZipInfo(name)
    info.file_size = len(data)
    gap = -(archive.fp.tell() + 30 + len(name.encode()) + 4) % ALIGNMENT
    info.extra = b"FB" + struct.pack("<H", gap) + b"Z" * gap
    with archive.open(info, "w", force_zip64=len(data) >= 2**31) as record:
        record.write(data)


class Storages:
    """Which stretch of memory each tensor of a checkpoint is stored in: overlapping arrays share one."""

    def __init__(self, arrays):
        self.stretch, self.numbers, self.used, self.alive = {}, {}, [], arrays
        spans = [(device_name(array), *extent(array), array) for array in {id(array): array for array in arrays}.values() if array.size]
        current = None
        for where, start, stop, array in sorted(spans, key=lambda span: span[:3]):
            if current is None or where != current.where or start >= current.stop:
                current = Stretch(where, start, array)
            if array.dtype != current.first.dtype:
                raise RuntimeError("Cannot save multiple tensors or storages that view the same data as different types")
            current.stop = max(current.stop, stop)
            self.stretch[id(array)] = current

    def place(self, tensor):
        """(key, location, numel, offset) of a tensor; the keys count up in the order of asking."""
        array = tensor._array
        stretch = self.stretch.get(id(array))
        if stretch is None:                           # without elements
            self.used.append(array)
            return str(len(self.used) - 1), device_name(array), 0, 0
        if stretch not in self.numbers:
            self.numbers[stretch] = len(self.used)
            self.used.append(stretch.bytes())
        itemsize = array.itemsize
        numel, offset = (stretch.stop - stretch.start) // itemsize, (extent(array)[0] - stretch.start) // itemsize
        return str(self.numbers[stretch]), stretch.where, numel, offset


class Stretch:
    """A stretch of memory from the first byte to the last of arrays that overlap."""

    def __init__(self, where, start, first):
        self.where, self.start, self.stop, self.first = where, start, start, first

    def bytes(self):
        """The memory as an array of bytes, gaps included."""
        return bytes_from(self.first, self.stop - self.start)


@on_own_device
def bytes_from(array, count):
    """So many bytes of memory from the first element of an array on."""
    return as_strided(as_strided(array, (1,), (1,)).view("u1"), (count,), (1,))


# ---- reading ----------------------------------------------------------------------------------------------------------

def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None, **pickle_load_args):
    """Read a checkpoint that `save`, PyTorch's too, wrote.

    No code runs, with `weights_only=False` neither: what is no tensor, number, string or container of them is an error.

    Args:
        f: a path, or a file open for reading that can seek.
        map_location: where the tensors go: a device, a dict from saved locations to devices, or a function of (storage, location).
        weights_only, pickle_module, mmap, pickle_load_args: accepted; they change nothing.

    Raises:
        UnpicklingError: the file asks for something unknown, or is no checkpoint.
        RuntimeError: the archive is damaged, or was saved on a device that is not here.
        EOFError: the file is empty.
    """
    if isinstance(f, (str, os.PathLike)):
        opened = open(f, "rb")
    else:
        for method in ("seek", "read"):
            if not hasattr(f, method):
                raise AttributeError(f"'{type(f).__name__}' object has no attribute '{method}'. You can only torch.load from a file that "
                                     "is seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead.")
        opened = nullcontext(f)
    restore = restorer(map_location)
    with opened as file:
        start = file.tell()
        magic = file.read(4)
        file.seek(start)
        if not isinstance(magic, bytes):
            raise AssertionError(f"Expected bytes, got {type(magic).__name__}")
        if magic == ZIP_MAGIC:
            return read_archive(file, restore)
        return read_legacy(file, restore)


def read_archive(file, restore):
    """Read the zip format."""
    total = file.seek(0, 2)
    with zip_errors("zip archive: failed finding central directory"):
        archive = zipfile.ZipFile(file)
    with archive:
        names = set(archive.namelist())
        root = archive.namelist()[0].partition("/")[0] if names else "archive"
        if f"{root}/constants.pkl" in names:
            raise RuntimeError("Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``: the file holds a "
                               "program, not a checkpoint")

        def open_record(record):
            if f"{root}/{record}" not in names:
                raise RuntimeError(f"PytorchStreamReader failed locating file {record}: file not found. The checkpoint is damaged")
            return archive.open(f"{root}/{record}")

        if f"{root}/version" not in names and f"{root}/.data/version" not in names:
            raise RuntimeError('Expected hasRecord("version") to be true, but got false: the checkpoint is damaged')
        order = sys.byteorder
        if f"{root}/byteorder" in names:
            with zip_errors("byteorder"), open_record("byteorder") as record:
                order = record.read(10).decode("ascii", "replace")
        stored = {}

        def load_storage(dtype, key, location, numel):
            if key not in stored:
                with zip_errors(f"data/{key}"), open_record(f"data/{key}") as record:
                    info, nbytes = archive.getinfo(record.name), numel * dtype.itemsize
                    if info.file_size != nbytes or info.compress_size > total or nbytes > DEFLATE * total:
                        raise RuntimeError(f"record size ({info.file_size} bytes) does not match expected size ({nbytes} bytes = {numel} "
                                           f"elements * {dtype.itemsize} bytes/element) for {dtype}, or the file is too short for it")
                    array = numpy.empty(numel, dtype.numpy)
                    read_into(record, array)
                stored[key] = restore(array if order == sys.byteorder else array.byteswap(), location)
            if stored[key].dtype != dtype.numpy or stored[key].size != numel:
                raise RuntimeError(f"the file names the storage {key} as {stored[key].size} elements of {stored[key].dtype} and as {numel} "
                                   f"of {dtype}")
            return stored[key]

        with zip_errors("data.pkl"), open_record("data.pkl") as record:
            if archive.getinfo(record.name).file_size > DEFLATE * total:
                raise RuntimeError("the structure claims to be longer than the file can hold")
            structure = io.BytesIO(record.read())
        return Reader(load_storage, rebuild_tensor).load(structure)


def read_legacy(file, restore):
    """Read the format that PyTorch wrote before 1.6: pickles one after another, then the stored arrays."""
    waiting = {}

    def load_storage(dtype, key, location, numel):
        if key not in waiting:
            here = file.tell()
            remaining = file.seek(0, 2) - here
            file.seek(here)
            if numel * dtype.itemsize > remaining:
                raise RuntimeError("unexpected EOF: the file might be corrupted")
            waiting[key] = numpy.empty(numel, dtype.numpy), restore(numpy.empty(0, dtype.numpy), location)
        return waiting[key][0]

    reader = Reader(load_storage, rebuild_tensor)
    if reader.load(file) != LEGACY_MAGIC or reader.load(file) != LEGACY_PROTOCOL:
        raise UnpicklingError("Invalid magic number; corrupt file?")
    system = reader.load(file)
    result = reader.load(file)
    keys = reader.load(file)
    for key in keys if isinstance(keys, list) else ():
        if key not in waiting:
            raise UnpicklingError(f"the file stores {key!r}, which nothing uses")
        array = waiting[key][0]
        count = file.read(8)
        if len(count) != 8 or struct.unpack("<q", count)[0] != array.size:
            raise RuntimeError(f"the storage {key} is damaged")
        read_into(file, array)
        if isinstance(system, dict) and system.get("little_endian", True) != (sys.byteorder == "little"):
            array.byteswap(inplace=True)
    return result


@on_own_device
def rebuild_tensor(storage, offset, size, stride, requires_grad):
    """A tensor on a stored array, if its elements all lie within."""
    last = offset + sum((n - 1) * s for n, s in zip(size, stride)) if 0 not in size else offset - 1
    if last >= storage.size:
        raise UnpicklingError(f"a tensor of size {list(size)} and stride {list(stride)} from {offset} does not fit into its {storage.size} "
                              "stored elements")
    array = as_strided(storage, size, stride, offset) if 0 not in size else storage[:0].reshape(size)
    tensor = wrap(array)
    return tensor.requires_grad_() if requires_grad else tensor


def read_into(file, array):
    """Fill an array with the next bytes of a file."""
    view = memoryview(array).cast("B") if array.size else memoryview(b"")
    position = 0
    while position < len(view):
        data = file.read(min(len(view) - position, 2**24))
        if not data:
            raise RuntimeError(f"unexpected EOF, expected {len(view) - position} more bytes. The file might be corrupted.")
        view[position:position + len(data)] = data
        position += len(data)


@contextmanager
def zip_errors(what):
    """Errors of the zip module as the RuntimeError that PyTorch raises."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError, KeyError, OverflowError,
            OSError) as error:
        raise RuntimeError(f"PytorchStreamReader failed reading {what}: {error}. The checkpoint is damaged") from error


def restorer(map_location):
    """The function of (array, location) that brings a stored array to where it belongs."""
    if map_location is None:
        return move
    if isinstance(map_location, dict):
        return lambda array, location: move(array, str(map_location.get(location, location)))
    if isinstance(map_location, (str, device_class)):
        return lambda array, location: move(array, str(map_location))

    def restore(array, location):
        result = map_location(Storage(array), location)
        return move(array, location) if result is None else result.array
    return restore


def move(array, location):
    """The array at a location: `cpu`, `cuda:N`, or `cuda` for the current device."""
    if location.partition(":")[0] == "cuda":
        if not device_count():
            raise RuntimeError("Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are "
                               "running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your "
                               "storages to the CPU.")
        place = full_name(location)
        if int(place[5:]) >= device_count():
            raise RuntimeError(f"Attempting to deserialize object on CUDA device {place[5:]} but torch.cuda.device_count() is "
                               f"{device_count()}. Please use torch.load with map_location to map your storages to an existing device.")
        return to_device(array, place)
    if location != "cpu":
        raise RuntimeError(f"don't know how to restore data location of a storage (tagged with {location}): pass map_location='cpu'")
    return array


class Storage:
    """What a function given as `map_location` receives and returns: a stored array that can move."""

    def __init__(self, array):
        self.array = array

    def cpu(self):
        """The storage in the host's memory."""
        return Storage(to_host(self.array))

    def cuda(self, device=None):
        """The storage on a CUDA device, the current one unless given."""
        return Storage(move(self.array, str(device_class("cuda" if device is None else device))))
