"""save and load: files that either library reads, shared memory, errors of damaged files, and no code from hostile ones."""
import collections
import io
import os
import pathlib
import pickle
import pickletools
import struct
import sys
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch
import minitorch.nn
from minitorch.pickling.reader import CALLS, NAMED
from tests.nn.programs import assert_same

LIBRARIES = (minitorch, torch)
PAIRS = [(a, b) for a in LIBRARIES for b in LIBRARIES]
pairs = pytest.mark.parametrize("writer, reader", PAIRS, ids=lambda library: library.__name__)
DTYPES = "float16 float32 float64 uint8 int8 int16 int32 int64 bool".split()


def stored(library, value, **settings):
    """The bytes of a file."""
    file = io.BytesIO()
    library.save(value, file, **settings)
    return file.getvalue()


def loaded(library, data, **settings):
    return library.load(io.BytesIO(data), **settings)


def plain(value):
    """A value with all that a checkpoint keeps, to be compared between the libraries."""
    if isinstance(value, torch.Tensor | minitorch.Tensor):
        return (type(value).__name__, str(value.dtype), tuple(value.shape), value.stride(), value.requires_grad, value.tolist(),
                {k: plain(v) for k, v in value.__dict__.items()})
    if isinstance(value, dict):
        attributes = getattr(value, "__dict__", None)
        return type(value).__name__, [(plain(k), plain(v)) for k, v in value.items()], plain(dict(attributes)) if attributes else None
    if isinstance(value, list | tuple):
        return type(value).__name__, [plain(v) for v in value]
    if isinstance(value, set):
        return sorted(map(plain, value))
    return repr(value)


def everything(library):
    x = library.arange(24.0).reshape(4, 6)
    attributed = library.ones(2)
    attributed.note = "kept"
    parameter = library.nn.Parameter(library.ones(2))
    parameter.scale = 2.5
    metadata = collections.OrderedDict(weight=library.ones(1))
    metadata._metadata = collections.OrderedDict({"": {"version": 1}})
    again = ["shared"]
    return {
        "tensors": [library.tensor([1, 0, 3]).to(getattr(library, d)) for d in DTYPES],
        "whole": x, "part": x[1:3, 1:], "turned": x.t(), "steps": x[:, ::2],
        "expanded": library.ones(1, 1).expand(2, 3), "empty": library.zeros(0, 3), "0-d": library.tensor(2.5),
        "parameter": library.nn.Parameter(x), "frozen": library.nn.Parameter(x, requires_grad=False),
        "needs a gradient": library.ones(1, requires_grad=True), "attributes": attributed, "parameter's attributes": parameter,
        "size": x.shape, "dtype": library.int16, "device": x.device, "layout": x.layout, "metadata": metadata,
        "integers": [0, 255, 256, 65535, 65536, -1, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**100, -2**100],
        "floats": [0.0, -0.0, 1e-300, float("inf"), float("nan")], "complex": 1 - 2j, "constants": (None, True, False),
        "text": ["", "é", "\U0001f600", "a" * 300], "bytes": b"\x00\xff", "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "nested": {1: {2.5: [{"a": ()}]}, (1, 2): None}, "set": {1, 2}, "counter": collections.Counter("aab"),
        "ordered": collections.OrderedDict(b=1, a=2), "twice": [again, again], "many": list(range(1000)),
    }


@pairs
def test_everything_a_checkpoint_holds(writer, reader):
    data = stored(writer, everything(writer))
    expected = plain(loaded(torch, stored(torch, everything(torch))))
    found = loaded(reader, data)
    assert plain(found) == expected
    assert found["twice"][0] is found["twice"][1]
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert names[0] == "archive/data.pkl" and "archive/version" in names and all(n.startswith("archive/") for n in names)


@pairs
def test_shared_memory_is_shared_again(writer, reader):
    x = writer.zeros(4, 3)
    found = loaded(reader, stored(writer, {"x": x, "row": x[1], "turned": x.t(), "end": x[2:], "p": writer.nn.Parameter(x), "same": x,
                                           "other": x.clone()}))
    found["x"].fill_(7)
    assert found["same"] is found["x"] and found["row"].tolist() == [7] * 3 and found["turned"][2, 3] == 7 and found["end"][1, 2] == 7
    assert found["p"][3, 0].item() == 7 and found["other"].sum() == 0


@pairs
def test_a_program_continues_in_the_other_library(writer, reader):
    """Model, optimizer and scheduler of a checkpoint: one more step gives the same parameters everywhere."""
    def parts(library):
        library.manual_seed(0)
        net = library.nn.Sequential(library.nn.Linear(3, 4), library.nn.Tanh(), library.nn.Linear(4, 1))
        optimizer = library.optim.AdamW(net.parameters(), lr=0.1, amsgrad=True)
        return net, optimizer, library.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)

    def train(library, net, optimizer, scheduler):
        for k in range(2):
            optimizer.zero_grad()
            (net(library.linspace(-1, 1, 6).reshape(2, 3)) ** 2).sum().backward()
            optimizer.step()
            scheduler.step()

    first = parts(writer)
    train(writer, *first)
    data = stored(writer, {"net": first[0].state_dict(), "optimizer": first[1].state_dict(), "scheduler": first[2].state_dict()})
    train(writer, *first)
    second = parts(reader)
    checkpoint = loaded(reader, data)
    second[0].load_state_dict(checkpoint["net"])
    second[1].load_state_dict(checkpoint["optimizer"])
    second[2].load_state_dict(checkpoint["scheduler"])
    train(reader, *second)
    for a, b in zip(first[0].parameters(), second[0].parameters()):
        assert np.allclose(a.detach().numpy(), b.detach().numpy(), atol=1e-6)
    assert first[2].get_last_lr() == second[2].get_last_lr()


def test_states_of_an_optimizer_are_stored_one_by_one():
    """In memory they are views of one buffer; in a file each has a stored array of its own, and only one that is asked for is there."""
    parameters = [minitorch.nn.Parameter(minitorch.ones(100)) for _ in range(50)]
    optimizer = minitorch.optim.Adam(parameters)
    for p in parameters:
        p.grad = minitorch.ones(100)
    optimizer.step()
    assert len(stored(minitorch, optimizer.state[parameters[3]]["exp_avg"])) < 3000
    state = loaded(torch, stored(minitorch, optimizer.state_dict()))["state"]
    assert len({state[k]["exp_avg"].untyped_storage().data_ptr() for k in state}) == 50
    assert all(state[k]["exp_avg"].untyped_storage().nbytes() == 400 for k in state)


trees = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2**80, 2**80), st.floats(), st.text(max_size=5), st.binary(min_size=1, max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.tuples(inner, inner),
                            st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), inner, max_size=4)),
    max_leaves=12)


@settings(deadline=None, max_examples=60)
@given(tree=trees)
def test_any_tree_of_plain_values(tree):
    expected = plain(tree)
    for writer, reader in PAIRS:
        assert plain(loaded(reader, stored(writer, tree))) == expected


def test_recursive_containers():
    for writer, reader in PAIRS:
        value = {"list": []}
        value["list"].append(value)
        found = loaded(reader, stored(writer, value))
        assert found["list"][0] is found


def test_torchs_older_format_is_read():
    data = stored(torch, everything(torch), _use_new_zipfile_serialization=False)
    assert plain(loaded(minitorch, data)) == plain(loaded(torch, data))
    x = torch.zeros(3)
    found = loaded(minitorch, stored(torch, [x, x[1:]], _use_new_zipfile_serialization=False))
    found[0].fill_(2)
    assert found[1].tolist() == [2, 2]
    for cut in (1, 5, 12, len(data) // 2):
        assert error(minitorch, data[:-cut]) in (RuntimeError, pickle.UnpicklingError, EOFError)


# ---- paths and file objects ------------------------------------------------------------------------------------------------

@pairs
def test_paths(writer, reader, tmp_path):
    for path in (tmp_path / "a.pt", str(tmp_path / "b.tar.pth"), tmp_path / "noextension"):
        writer.save({"x": writer.ones(2)}, path)
        writer.save({"x": writer.zeros(2)}, path)
        assert reader.load(path)["x"].tolist() == [0, 0]
        with open(path, "rb") as file:
            assert reader.load(file)["x"].tolist() == [0, 0]
    with open(tmp_path / "c.pt", "wb") as file:
        writer.save([1, 2], file)
    assert reader.load(tmp_path / "c.pt") == [1, 2]
    assert len(os.listdir(tmp_path)) == 4


def test_the_mappings_of_torch_read_our_files(tmp_path):
    """Stored arrays begin at multiples of 64 bytes, uncompressed, as torch's do."""
    minitorch.save([minitorch.arange(5), minitorch.arange(7.0)], tmp_path / "x.pt")
    found = torch.load(tmp_path / "x.pt", mmap=True)
    assert found[0].tolist() == list(range(5)) and found[1].tolist() == list(range(7))
    data = (tmp_path / "x.pt").read_bytes()
    for info in zipfile.ZipFile(tmp_path / "x.pt").infolist():
        name, extra = struct.unpack("<HH", data[info.header_offset + 26:info.header_offset + 30])
        assert info.compress_type == zipfile.ZIP_STORED and (info.header_offset + 30 + name + extra) % 64 == 0


def test_an_interrupted_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.pt"
    minitorch.save({"x": 1}, path)
    os.chmod(path, 0o600)
    for wrong in (object(), lambda: 1):
        with pytest.raises(pickle.PicklingError):
            minitorch.save({"x": 2, "wrong": wrong}, path)
    assert minitorch.load(path) == {"x": 1} and os.listdir(tmp_path) == ["x.pt"]
    minitorch.save({"x": 3}, path)
    assert minitorch.load(path) == {"x": 3} and os.stat(path).st_mode & 0o777 == 0o600
    os.symlink(path, tmp_path / "link.pt")
    minitorch.save({"x": 4}, tmp_path / "link.pt")
    assert os.path.islink(tmp_path / "link.pt") and minitorch.load(path) == {"x": 4}


def test_a_pipe_is_written_to(tmp_path):
    import threading
    os.mkfifo(tmp_path / "pipe")
    received = []
    reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    minitorch.save([1, 2], tmp_path / "pipe")
    reader.join()
    assert loaded(torch, received[0]) == [1, 2]


def error(library, data, **settings):
    """The class of what `load` raises; None if it returns."""
    try:
        loaded(library, data, **settings)
    except Exception as problem:
        return type(problem)


def test_what_cannot_be_saved():
    for value in (object(), len, minitorch.nn.Linear(1, 1), np.float64(1), np.ones(2), collections.defaultdict(int), pathlib.Path("x")):
        with pytest.raises(pickle.PicklingError, match="state dict"):
            stored(minitorch, {"a": [value]})
    with pytest.raises(pickle.PicklingError, match="string"):
        stored(minitorch, 2**3000)


PROGRAMS = {
    "arguments": """
        import io
        attempt(torch.save, 1, "/nonexistent/x.pt")
        attempt(torch.load, "/nonexistent/x.pt")
        attempt(torch.save, 1, 3)
        attempt(torch.load, 3)
        raised(torch.load, io.StringIO("abc"))
        raised(torch.load, io.BytesIO(b""))
        file = io.BytesIO()
        torch.save({"x": torch.ones(2)}, file)
        for location in ("cpu", torch.device("cpu"), {"cpu": "cpu"}, {}, {"cuda:0": "cpu"}, lambda storage, location: storage,
                         lambda storage, location: print(location), lambda storage, location: storage.cpu()):
            file.seek(0)
            print(torch.load(file, map_location=location))
        for location in ("cuda", "cuda:1", torch.device("cuda"), {"cpu": "cuda:0"}):
            file.seek(0)
            attempt(torch.load, file, map_location=location)
        for settings in ({"weights_only": True}, {"weights_only": False}, {"weights_only": None}):
            file.seek(0)
            print(torch.load(file, **settings))
    """,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program):
    assert_same(PROGRAMS[program])


# ---- damaged files ---------------------------------------------------------------------------------------------------------

GOOD = stored(torch, {"a": torch.arange(6.0).reshape(2, 3), "b": [1, 2, "text"], "c": torch.nn.Parameter(torch.ones(300))})


def repacked(skip=(), replace={}, compression=zipfile.ZIP_STORED, add={}):
    """The good file with records left out, replaced or added."""
    source, file = zipfile.ZipFile(io.BytesIO(GOOD)), io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name in source.namelist():
            record = name.partition("/")[2]
            if record not in skip:
                archive.writestr(name, replace.get(record, source.read(name)))
        for record, data in add.items():
            archive.writestr(f"archive/{record}", data)
    return file.getvalue()


DAMAGED = {
    "nothing": b"",
    "text": b"garbage" * 100,
    "first half": GOOD[:len(GOOD) // 2],
    "end missing": GOOD[:-10],
    "magic alone": GOOD[:4],
    "no structure": repacked(skip=("data.pkl",)),
    "no stored array": repacked(skip=("data/0",)),
    "no version": repacked(skip=("version",)),
    "short array": repacked(replace={"data/0": b"1234"}),
    "wrong structure": repacked(replace={"data.pkl": b"1234"}),
    "empty structure": repacked(replace={"data.pkl": b""}),
    "a pickle": pickle.dumps([1, 2]),
    "a newer pickle": pickle.dumps({"a": 1}, 5),
    "a program": repacked(add={"constants.pkl": b""}),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_raise_torchs_errors(name):
    assert error(minitorch, DAMAGED[name]) is error(torch, DAMAGED[name]) is not None


def test_files_that_are_odd_but_whole():
    for data in (repacked(), repacked(skip=("byteorder",)), repacked(compression=zipfile.ZIP_DEFLATED), repacked(add={"more": b"x"})):
        assert plain(loaded(minitorch, data)) == plain(loaded(torch, data))
    other = "big" if sys.byteorder == "little" else "little"
    source = zipfile.ZipFile(io.BytesIO(GOOD))
    swapped = {f"data/{k}": np.frombuffer(source.read(f"archive/data/{k}"), "f4").byteswap().tobytes() for k in range(2)}
    data = repacked(replace={**swapped, "byteorder": other.encode()})
    assert plain(loaded(minitorch, data)) == plain(loaded(torch, data)) == plain(loaded(torch, GOOD))


def test_a_changed_stored_array_is_noticed():
    """By its checksum; torch does not look at it."""
    array = zipfile.ZipFile(io.BytesIO(GOOD)).read("archive/data/0")
    place = GOOD.index(array)
    data = bytearray(GOOD)
    data[place + 5] ^= 0xFF
    assert error(minitorch, bytes(data)) is RuntimeError


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_damage_does_more_than_raise(data):
    """Cut, changed or random bytes: an error of three classes, or a value; never anything else, never a crash."""
    structure = zipfile.ZipFile(io.BytesIO(GOOD)).read("archive/data.pkl")
    kind = data.draw(st.sampled_from(("cut", "change", "pickle cut", "pickle change", "random")))
    if kind == "random":
        damaged = data.draw(st.binary(max_size=200))
    else:
        damaged = bytearray(structure if "pickle" in kind else GOOD)
        if "cut" in kind:
            damaged = damaged[:data.draw(st.integers(0, len(damaged)))]
        else:
            for _ in range(data.draw(st.integers(1, 4))):
                damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        damaged = repacked(replace={"data.pkl": bytes(damaged)}) if "pickle" in kind else bytes(damaged)
    assert error(minitorch, damaged) in (None, RuntimeError, EOFError, pickle.UnpicklingError)


# ---- hostile files ---------------------------------------------------------------------------------------------------------

class Command:
    """What runs a command when an ordinary unpickler reads it."""

    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


def with_structure(structure):
    return repacked(replace={"data.pkl": structure})


ran = []


def note(*args):
    ran.append(args)


def pickled(*parts):
    """A pickle of protocol 2 of parts: names become GLOBAL, bytes are taken as they are."""
    out = b"\x80\x02"
    for part in parts:
        out += b"c%b\n" % part.rpartition(".")[0].encode() + part.rpartition(".")[2].encode() + b"\n" if isinstance(part, str) else part
    return out + b"."


STORAGE = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x06tQ"
TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n("


def tensor_of(offset, size, stride):
    return pickled(TENSOR + STORAGE + b"".join(pickle.dumps(v, 2)[2:-1] for v in (offset, size, stride)) + b"\x89}tR")


HOSTILE = {
    "a command": pickle.dumps(Command(note, 1), 2),
    "os.system": pickle.dumps(Command(os.system, "exit 3"), 2),
    "eval": pickled("__builtin__.eval", pickle.dumps(("1",), 2)[2:-1], b"R"),
    "builtins.eval": pickled("builtins.eval", pickle.dumps(("1",), 2)[2:-1], b"R"),
    "a name of minitorch": pickled("minitorch.save", pickle.dumps((1, "x"), 2)[2:-1], b"R"),
    "a method by its path": b"\x80\x04\x8c\x05torch\x8c\x0bSize.__new__\x93.",
    "getattr": pickled("builtins.getattr", b")R"),
    "numpy": pickle.dumps(np.ones(2), 2),
    "a module": pickle.dumps(minitorch.nn.Linear(1, 1), 2),
    "a class": pickle.dumps(collections.deque, 2),
    "a call of a value": pickled(b"K\x01)R"),
    "a call of a dtype": pickled("torch.float32", b")R"),
    "a call of a tensor": pickled(tensor_of(0, (1,), (1,))[2:-1] + b")R"),
    "INST": b"(S'1'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'1'\no.",
    "NEWOBJ": pickled("collections.deque", b")\x81"),
    "EXT1": b"\x80\x02\x82\x01.",
    "attributes of a class": pickled("collections.OrderedDict", b"}X\x01\x00\x00\x00aK\x01sb"),
    "attributes of a dict": pickled(b"}}X\x01\x00\x00\x00aK\x01sb"),
    "attributes that hide methods": pickled("collections.OrderedDict", b")R}X\x05\x00\x00\x00itemsK\x01sb"),
    "slots": pickled("collections.OrderedDict", b")R}}X\x01\x00\x00\x00aK\x01s\x86b"),
    "appending to a dict": pickled(b"}K\x01a"),
    "items of a list": pickled(b"]K\x01K\x02s"),
    "items of a tensor": pickled(tensor_of(0, (1,), (1,))[2:-1] + b"K\x00K\x02s"),
    "an unhashable key": pickled(b"}]K\x02s"),
    "too little on the stack": pickled(b"0"),
    "a memo that is not there": pickled(b"h\x07"),
    "another persistent id": pickled(b"K\x01Q"),
    "a persistent id\'s kind": pickled(STORAGE.replace(b"X\x07\x00\x00\x00storage", b"X\x06\x00\x00\x00module")),
    "a tensor behind its storage": tensor_of(7, (1,), (1,)),
    "a tensor longer than its storage": tensor_of(0, (7,), (1,)),
    "a stride behind the storage": tensor_of(0, (2, 2), (5, 1)),
    "a negative offset": tensor_of(-1, (2,), (1,)),
    "a negative stride": tensor_of(5, (2,), (-1,)),
    "a negative size": tensor_of(0, (-2,), (1,)),
    "a huge size": tensor_of(0, (2**62, 2**62), (1, 1)),
    "sizes that are no integers": tensor_of(0, (2.0,), (1,)),
    "strides for other dimensions": tensor_of(0, (2,), (1, 1)),
    "a storage of a list": pickled(TENSOR + b"]K\x00K\x01\x85K\x01\x85\x89}tR"),
    "a bare storage read as another": pickled(STORAGE.replace(b"FloatStorage", b"DoubleStorage").replace(b"K\x06", b"K\x03")),
    "a storage of more elements": pickled(STORAGE.replace(b"K\x06", b"\x8a\x05\xff\xff\xff\xff\x7f")),
    "a storage elsewhere": pickled(STORAGE.replace(b"X\x01\x00\x00\x000", b"X\x09\x00\x00\x00../../etc")),
    "bytes in another encoding": pickled("_codecs.encode", pickle.dumps(("1", "rot13"), 2)[2:-1], b"R"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("weights_only", (True, False, None))
@pytest.mark.parametrize("name", HOSTILE)
def test_no_code_runs(name, weights_only, monkeypatch):
    called = []
    monkeypatch.setattr(os, "system", lambda *args: called.append(args))
    for data in (with_structure(HOSTILE[name]), HOSTILE[name]):
        assert error(minitorch, data, weights_only=weights_only) in (pickle.UnpicklingError, RuntimeError)
    assert not ran and not called


def test_bombs_are_refused():
    """A small file that claims to hold much: nothing is reserved before the file is known to have it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        structure = pickled(STORAGE.replace(b"K\x06", b"\x8a\x06\x00\x00\x00\x00\x00\x01"))
        for name, data in (("data.pkl", structure), ("version", b"3\n"), ("data/0", bytes(1000))):
            archive.writestr(f"archive/{name}", data)
    assert error(minitorch, file.getvalue()) is RuntimeError
    legacy = b"".join(pickle.dumps(v, 2) for v in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    legacy += pickled(STORAGE.replace(b"K\x06", b"\x8a\x06\x00\x00\x00\x00\x00\x01")) + pickle.dumps(["0"], 2)
    assert error(minitorch, legacy) in (RuntimeError, pickle.UnpicklingError)


def test_only_constructors_of_data_are_known():
    """The whole list of what a file can name."""
    assert all(name.split(".")[0] in ("torch", "collections", "builtins", "_codecs") for name in CALLS)
    assert sorted(n for n in CALLS if not n.startswith("torch.")) == [
        "_codecs.encode", "builtins.bytes", "builtins.complex", "builtins.set", "collections.Counter", "collections.OrderedDict"]
    assert not any(callable(value) for value in NAMED.values())


def test_our_pickles_use_no_more_operations_than_torch_reads():
    structure = zipfile.ZipFile(io.BytesIO(stored(minitorch, everything(minitorch)))).read("archive/data.pkl")
    assert max(op.proto for op, _, _ in pickletools.genops(structure)) == 2
