"""The strict double of CuPy: ordinary programs run, and each planted mistake is caught."""
import math
import pickle

import numpy as np
import pytest

from tests import cupy_double
from tests.cupy_double import cupy, cupyx, no_synchronize
from tests.cupy_double.surface import MANIFEST


def matrix(dtype="f4"):
    return cupy.asarray(np.arange(12, dtype=dtype).reshape(3, 4) + 1)


def host(array):
    return array.get()


# ---- mistakes: each harmless with NumPy, each an error with CuPy, or not to be relied on there ----------------------------

def in_place_on_a_broadcast_view():
    view = cupy.broadcast_to(cupy.ones(4, "f4"), (3, 4))
    view += matrix()


def duplicate_indices():
    matrix()[cupy.asarray([0, 1, 0])] = matrix()


def assign(value):
    matrix()[0] = value


def write_into(view, value=0):
    view[...] = value


def two_devices():
    with cupy.cuda.Device(1):
        other = cupy.ones(4, "f4")
    return matrix() * other


MISTAKES = {
    # NumPy on arrays of the device
    "a ufunc of NumPy": (TypeError, lambda: np.exp(matrix())),
    "a function of NumPy": (TypeError, lambda: np.sum(matrix())),
    "concatenate of NumPy": (TypeError, lambda: np.concatenate([matrix(), matrix()])),
    "where of NumPy": (TypeError, lambda: np.where(matrix() > 2, matrix(), 0)),
    "linalg of NumPy": (TypeError, lambda: np.linalg.norm(matrix())),
    "at of NumPy": (TypeError, lambda: np.add.at(matrix(), [0], 1.0)),
    # arrays of the host among those of the device
    "device + host": (TypeError, lambda: matrix() + np.ones(4, "f4")),
    "host + device": (TypeError, lambda: np.ones(4, "f4") + matrix()),
    "device * a 0-d host array": (TypeError, lambda: matrix() * np.array(2.0)),
    "device @ host": (TypeError, lambda: matrix() @ np.ones((4, 2), "f4")),
    "host @ device": (TypeError, lambda: np.ones((2, 3), "f4") @ matrix()),
    "a host array for a ufunc": (TypeError, lambda: cupy.exp(np.ones(3))),
    "a host array for a function": (TypeError, lambda: cupy.sum(np.ones(3))),
    "a list for a function": (TypeError, lambda: cupy.sum([1.0, 2.0])),
    "a host array to concatenate": (TypeError, lambda: cupy.concatenate([matrix(), np.ones((3, 4), "f4")])),
    "numbers to stack": (TypeError, lambda: cupy.stack([1.0, 2.0])),
    "a host array for a method": (TypeError, lambda: matrix().dot(np.ones(4, "f4"))),
    "a host array to where": (TypeError, lambda: cupy.where(matrix() > 2, matrix(), np.ones(4, "f4"))),
    "a host array as out": (TypeError, lambda: cupy.exp(matrix(), out=np.ones((3, 4), "f4"))),
    "a number as the condition": (TypeError, lambda: cupy.where(True, matrix(), 0.0)),
    "assignment of a host array": (ValueError, lambda: assign(np.ones(4, "f4"))),
    "assignment of a list": (ValueError, lambda: assign([1, 2, 3, 4])),
    "a list of device arrays and numbers": (TypeError, lambda: cupy.array([matrix().sum(), 1.0])),
    "a device array as an index of NumPy's": (TypeError, lambda: np.ones(5)[cupy.asarray([0, 1])]),
    # conversion that nobody asked for
    "np.asarray": (TypeError, lambda: np.asarray(matrix())),
    "np.array of a list": (TypeError, lambda: np.array([matrix().sum(), matrix().sum()])),
    "np.float32()": (TypeError, lambda: np.float32(matrix().sum())),
    "np.ascontiguousarray": (TypeError, lambda: np.ascontiguousarray(matrix())),
    "np.from_dlpack": (RuntimeError, lambda: np.from_dlpack(matrix())),
    "round()": (TypeError, lambda: round(matrix().sum(), 2)),
    "range()": (TypeError, lambda: range(cupy.asarray(3))),
    "an index of a list": (TypeError, lambda: [1, 2][cupy.asarray(1)]),
    "hash()": (TypeError, lambda: {matrix(): 1}),
    "item(1)": (TypeError, lambda: matrix().item(1)),
    # keywords that CuPy has not
    "where= of a ufunc": (TypeError, lambda: cupy.divide(matrix(), matrix(), where=matrix() > 0)),
    "order= of a ufunc": (TypeError, lambda: cupy.add(matrix(), matrix(), order="C")),
    "subok= of a ufunc": (TypeError, lambda: cupy.add(matrix(), matrix(), subok=False)),
    "initial= of sum": (TypeError, lambda: cupy.sum(matrix(), axis=0, initial=0.0)),
    "initial= of max": (TypeError, lambda: matrix().max(initial=0.0)),
    "where= of mean": (TypeError, lambda: matrix().mean(axis=0, where=matrix() > 1)),
    "correction= of std": (TypeError, lambda: cupy.std(matrix(), correction=1)),
    "min= of clip": (TypeError, lambda: cupy.clip(matrix(), min=0)),
    "stable= of argsort": (TypeError, lambda: cupy.argsort(matrix(), stable=True)),
    "kind= of argsort": (ValueError, lambda: cupy.argsort(matrix(), kind="quicksort")),
    "no axis for take_along_axis": (TypeError, lambda: cupy.take_along_axis(matrix(), cupy.zeros((3, 1), "i8"))),
    # names that CuPy has not
    "errstate": (AttributeError, lambda: cupy.errstate(all="ignore")),
    "einsum_path": (AttributeError, lambda: cupy.einsum_path("ij,jk->ik", matrix(), matrix().T)),
    "sliding_window_view at the top": (AttributeError, lambda: cupy.sliding_window_view(matrix(), 2)),
    "vecdot": (AttributeError, lambda: cupy.vecdot(matrix(), matrix())),
    "linalg.vector_norm": (AttributeError, lambda: cupy.linalg.vector_norm(matrix())),
    "setflags": (AttributeError, lambda: matrix().setflags(write=False)),
    "flags.writeable": (AttributeError, lambda: matrix().flags.writeable),
    "ctypes": (AttributeError, lambda: matrix().ctypes),
    "__array_interface__": (AttributeError, lambda: matrix().__array_interface__),
    "a special function that CuPy has not": (AttributeError, lambda: cupyx.scipy.special.erfi(matrix())),
    # ufunc methods that CuPy has not
    "maximum.reduce": (NotImplementedError, lambda: cupy.maximum.reduce(matrix(), axis=0)),
    "logical_or.reduce": (NotImplementedError, lambda: cupy.logical_or.reduce(matrix(), axis=0)),
    "maximum.accumulate": (NotImplementedError, lambda: cupy.maximum.accumulate(matrix())),
    "multiply.at": (NotImplementedError, lambda: cupy.multiply.at(matrix(), cupy.asarray([0]), 2.0)),
    "subtract.at of floats": (TypeError, lambda: cupy.subtract.at(matrix(), cupy.asarray([0]), 2.0)),
    "add.at of bytes": (TypeError, lambda: cupy.add.at(matrix("u1"), cupy.asarray([0]), 2)),
    "scatter_add of bools": (TypeError, lambda: cupyx.scatter_add(matrix("?"), cupy.asarray([0]), True)),
    # dtypes
    "objects": (ValueError, lambda: cupy.array([None])),
    "strings": (ValueError, lambda: cupy.array(["a"])),
    "out= of a lower kind": (TypeError, lambda: cupy.exp(matrix(), out=cupy.ones((3, 4), "i8"))),
    "in place down in kind": (TypeError, lambda: cupy.ones(3, "i8").__iadd__(cupy.ones(3, "f4"))),
    "floats as indices": (IndexError, lambda: matrix()[cupy.ones(2)]),
    # axes
    "the axis of a 0-d array": (np.exceptions.AxisError, lambda: matrix().sum().sum(axis=0)),
    "the last axis of a 0-d array": (np.exceptions.AxisError, lambda: cupy.max(matrix()[0, 0], axis=-1)),
    "reduce of a 0-d array": (np.exceptions.AxisError, lambda: cupy.add.reduce(matrix()[0, 0])),
    "cumsum of a 0-d array": (np.exceptions.AxisError, lambda: cupy.cumsum(matrix()[0, 0], 0)),
    # what is undefined on a device
    "in place on a broadcast view": (cupy_double.UndefinedBehaviour, in_place_on_a_broadcast_view),
    "assignment into a broadcast view": (cupy_double.UndefinedBehaviour, lambda: write_into(cupy.broadcast_to(cupy.ones(1), 3))),
    "assignment into windows that overlap": (cupy_double.UndefinedBehaviour, lambda: write_into(
        cupy.lib.stride_tricks.as_strided(cupy.ones(5), (3, 3), (8, 8)))),
    "fill of a broadcast view": (cupy_double.UndefinedBehaviour, lambda: cupy.broadcast_to(cupy.ones(1), 3).fill(0)),
    "out= a broadcast view": (cupy_double.UndefinedBehaviour, lambda: cupy.exp(cupy.ones(3), out=cupy.broadcast_to(cupy.ones(1), 3))),
    "an index twice in an assignment": (cupy_double.UndefinedBehaviour, duplicate_indices),
    "an index twice in put_along_axis": (cupy_double.UndefinedBehaviour, lambda: cupy.put_along_axis(
        matrix(), cupy.zeros((3, 2), "i8"), matrix()[:, :2], 1)),
    "an index that wraps onto another": (cupy_double.UndefinedBehaviour, lambda: cupy.ones(3).__setitem__(
        cupy.asarray([0, 3]), cupy.ones(2))),
    # devices
    "arrays of two devices": (ValueError, two_devices),
    "a device that is not there": (RuntimeError, lambda: cupy.cuda.Device(2)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_refused(name):
    error, mistake = MISTAKES[name]
    with pytest.raises(error):
        mistake()


WAITS = {
    "float()": lambda: float(matrix().sum()), "int()": lambda: int(matrix().sum()), "bool()": lambda: bool(matrix().sum()),
    "if": lambda: 1 if matrix().any() else 2, "item()": lambda: matrix().sum().item(), "tolist()": lambda: matrix().tolist(),
    "get()": lambda: matrix().get(), "asnumpy": lambda: cupy.asnumpy(matrix()), "math.sqrt": lambda: math.sqrt(matrix().sum()),
    "repr()": lambda: repr(matrix()), "str()": lambda: str(matrix()), "format": lambda: f"{matrix().sum():.2f}",
    "pickle": lambda: pickle.dumps(matrix()), "tobytes()": lambda: matrix().tobytes(),
    "x[mask]": lambda: matrix()[matrix() > 3], "x[mask] = 0": lambda: matrix().__setitem__(matrix() > 3, 0),
    "x[start:] of an array": lambda: matrix()[cupy.asarray(1):], "where(condition)": lambda: cupy.where(matrix() > 3),
    "nonzero": lambda: cupy.nonzero(matrix()), "x.nonzero()": lambda: matrix().nonzero(), "unique": lambda: cupy.unique(matrix()),
    "bincount": lambda: cupy.bincount(cupy.asarray([0, 1])), "repeat of counts": lambda: cupy.repeat(matrix(), [1, 2, 1], axis=0),
    "tril_indices": lambda: cupy.tril_indices(3), "sliding_window_view": lambda: cupy.lib.stride_tricks.sliding_window_view(matrix(), 2, 1),
    "argpartition": lambda: cupy.argpartition(matrix(), 2), "fill of an array": lambda: matrix().fill(matrix().sum()),
    "Device.synchronize": lambda: cupy.cuda.Device().synchronize(), "Stream.synchronize": lambda: cupy.cuda.Stream.null.synchronize(),
}


@pytest.mark.parametrize("name", WAITS)
def test_wait_is_counted_and_refused(name):
    with cupy_double.counted() as counts:
        WAITS[name]()
    assert counts["synchronize"] >= 1
    with no_synchronize(), pytest.raises(cupy_double.DeviceSynchronized):
        WAITS[name]()
    with cupyx.allow_synchronize(False), pytest.raises(cupyx.DeviceSynchronized):
        WAITS[name]()


def test_copies_to_the_device_are_counted():
    indices = np.array([0, 2])
    with cupy_double.counted() as counts, no_synchronize():
        x = cupy.asarray(np.ones((3, 4)))
        x[indices], x[[0, 1]], cupy.array([1, 2]), x.set(np.zeros((3, 4)))
    assert counts == {"to device": 5}
    with cupy_double.counted() as counts:
        cupy.asarray(1.0), cupy.zeros(3), cupy.arange(3), cupy.full(3, 2.0), x[0], x[1:], x[cupy.arange(2)], x * 2.0
    assert not counts, "what a kernel writes need not be copied over"


# ---- ordinary use ---------------------------------------------------------------------------------------------------------

def same(device_value, expected):
    found = host(device_value)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)


A, B = np.arange(12, dtype="f4").reshape(3, 4) + 1, np.array([[2], [0], [1]])

PROGRAMS = {
    "arithmetic": lambda xp, a, b: (a * 2 - 1) / (a + 1.5) ** 2 // 0.01 % 3,
    "reflected": lambda xp, a, b: 2 - 1 / a,
    "comparison and logic": lambda xp, a, b: ~((a > 3) & (a <= 8)) | (a == 5),
    "a NumPy scalar": lambda xp, a, b: np.float32(2) * a + np.float64(1),
    "in place": lambda xp, a, b: a.__iadd__(1).__imul__(2.0),
    "out=": lambda xp, a, b: xp.exp(a, out=xp.empty_like(a)),
    "dtype=": lambda xp, a, b: xp.add(a, a, dtype="f8"),
    "reductions": lambda xp, a, b: a.sum(axis=0) + a.max(0) + a.mean(axis=0, keepdims=True) + a.var(0, ddof=1),
    "argmax": lambda xp, a, b: a.argmax(axis=1),
    "ufunc.reduce": lambda xp, a, b: xp.add.reduce(a, axis=1),
    "ufunc.outer": lambda xp, a, b: xp.multiply.outer(a[0], a[1]),
    "matmul": lambda xp, a, b: a @ a.T,
    "einsum": lambda xp, a, b: xp.einsum("ij,ij->i", a, a),
    "tensordot": lambda xp, a, b: xp.tensordot(a, a, axes=([1], [1])),
    "where": lambda xp, a, b: xp.where(a > 3, a, 0.0),
    "shapes": lambda xp, a, b: a.reshape(2, -1).T[:, None].swapaxes(0, 1),
    "concatenate": lambda xp, a, b: xp.concatenate([a, a], axis=1),
    "slices": lambda xp, a, b: a[1:, ::2],
    "integer indices": lambda xp, a, b: a[b[:, 0], b],
    "a mask": lambda xp, a, b: a[a > 3],
    "take_along_axis": lambda xp, a, b: xp.take_along_axis(a, b, axis=1),
    "take": lambda xp, a, b: a.take(b, axis=0),
    "sort": lambda xp, a, b: xp.sort(a[::-1] % 5, axis=0),
    "argsort": lambda xp, a, b: xp.argsort(a % 3, axis=1, kind="stable"),
    "cumsum": lambda xp, a, b: xp.cumsum(a, axis=1),
    "astype": lambda xp, a, b: a.astype("i8"),
    "broadcast_to": lambda xp, a, b: xp.broadcast_to(a[0], (2, 4)),
    "as_strided": lambda xp, a, b: xp.lib.stride_tricks.as_strided(a, (2, 2), (16, 4)),
    "a diagonal can be written": lambda xp, a, b: xp.fill_diagonal(a, 0) or a,
    "linalg.norm": lambda xp, a, b: xp.asarray(xp.linalg.norm(a)),
    "pad": lambda xp, a, b: xp.pad(a, ((1, 0), (0, 2))),
    "0-d": lambda xp, a, b: xp.asarray(a.sum() * 2.0),
    "size 0": lambda xp, a, b: a[:0].sum(axis=0),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_ordinary_program_has_the_values_of_numpy(name):
    program = PROGRAMS[name]
    same(program(cupy, cupy.asarray(A), cupy.asarray(B)), program(np, A.copy(), B))


def assigned(xp, key, value):
    x = xp.asarray(A) if xp is cupy else A.copy()
    x[key(xp)] = value(xp)
    return x


@pytest.mark.parametrize("key, value", [
    (lambda xp: 0, lambda xp: xp.ones(4)),
    (lambda xp: (slice(None), 1), lambda xp: 5.0),
    (lambda xp: xp.asarray([2, 0]), lambda xp: xp.ones((2, 4))),
    (lambda xp: xp.asarray([0, 0, 1]), lambda xp: 7),
    (lambda xp: xp.asarray([0, 0]), lambda xp: xp.arange(4.0)),
    (lambda xp: xp.asarray([True, False, True]), lambda xp: xp.ones((2, 4))),
    (lambda xp: Ellipsis, lambda xp: xp.asarray(3.0)),
])
def test_assignment(key, value):
    """An index twice is well-defined where both places get the same element."""
    same(assigned(cupy, key, value), assigned(np, key, value))


def test_repeated_indices_add_up():
    index, x = cupy.asarray([0, 2, 0]), cupy.zeros(3)
    cupyx.scatter_add(x, index, cupy.asarray([1.0, 2.0, 3.0]))
    cupy.add.at(x, index, 1.0)
    cupy.maximum.at(x, cupy.asarray([1, 1]), cupy.asarray([5.0, 4.0]))
    same(x, np.array([6.0, 5.0, 3.0]))


def test_what_is_computed_is_an_array():
    x = matrix()
    for value in (x.sum(), x[0, 0], x.max(), x.argmax(), cupy.add.reduce(x, axis=None), cupy.any(x > 3), cupy.allclose(x, x),
                  cupy.array_equal(x, x), cupy.exp(1.0), cupy.linalg.norm(x), cupy.dot(x[0], x[0])):
        assert type(value) is cupy.ndarray and value.shape == ()
    assert not isinstance(x, np.ndarray)


def test_indices_out_of_range_wrap_and_powers_are_no_error():
    same(cupy.arange(3)[cupy.asarray([3, 4, -1])], np.array([0, 1, 2]))
    same(cupy.take_along_axis(cupy.arange(3), cupy.asarray([5]), 0), np.array([2]))
    same(cupy.asarray([2, 1, -1]) ** -1, np.array([0, 1, -1]))
    with np.errstate(all="raise"):
        cupy.log(cupy.zeros(3)), cupy.zeros(3) / 0
    with pytest.raises(IndexError):
        cupy.arange(3)[3]


def test_layout_is_cupys():
    """Elementwise results lie in C's order; a copy keeps the axes; of the host's layouts only C's and Fortran's survive the way."""
    x = cupy.ones((2, 3, 4))
    assert (x.transpose(1, 0, 2) + 1).flags.c_contiguous and x.T.flags.f_contiguous and not (x.T * 2).flags.f_contiguous
    assert cupy.array(x.transpose(1, 0, 2)).strides == x.transpose(1, 0, 2).strides
    assert cupy.asarray(np.ones((2, 3)).T).flags.f_contiguous
    assert cupy.asarray(np.ones((2, 3, 4)).transpose(1, 0, 2)).flags.c_contiguous
    assert cupy.asarray(x) is x and cupy.array(x) is not x


def test_memory_is_the_devices_own():
    numbers = np.zeros(3)
    x = cupy.asarray(numbers)
    x += 1
    host(x)[...] = 7
    same(x, np.ones(3))
    assert not numbers.any()
    view = x[1:]
    view[...] = 4
    same(x, np.array([1.0, 4.0, 4.0]))
    assert cupy.may_share_memory(x, view) is True and view.base is not None and x.base is None


def test_devices():
    with cupy.cuda.Device(1):
        x = cupy.ones(3)
        same(x + 1, np.full(3, 2.0))
    assert x.device == cupy.cuda.Device(1) and x[0].device.id == 1 and cupy.ones(1).device.id == 0
    assert cupy.asarray(x).device.id == 0, "a copy on the current device"
    assert cupy.cuda.is_available() and cupy.cuda.runtime.getDeviceCount() == 2


def test_the_manifest_is_of_one_version_and_complete():
    assert MANIFEST["version"] == cupy.__version__ == "14.2.0"
    for place, least in {"cupy": 400, "cupy.ndarray": 60, "cupy.linalg": 20, "cupyx.scipy.special": 90, "cupyx": 10}.items():
        assert len(MANIFEST[place]) >= least
    assert MANIFEST["cupy"]["sum"] == "a, axis=, dtype=, out=, keepdims=" and MANIFEST["cupy"]["add"] == "<ufunc 2 1>"
