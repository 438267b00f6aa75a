"""What a PyTorch user's hands expect of a Tensor: Python's protocol, NumPy's, copies, flags, errors; each program in both libraries."""
import copy
import math
import operator
import pickle
import subprocess
import sys
import weakref

import numpy as np
import pytest

import minitorch
from tests.both import agree

NAMES = {"np": np, "copy": copy, "pickle": pickle, "math": math, "operator": operator}

# One line each: an expression that both libraries must answer alike, in value or in the class of the error
EXPRESSIONS = {
    "length and loops": """
        len(torch.ones(2, 3))
        len(torch.ones(()))
        [row.shape for row in torch.ones(2, 3)]
        list(torch.tensor(1.0))
        list(torch.arange(3))
        [type(v).__name__ for v in torch.arange(2)]
        [x * y for x, y in zip(*torch.ones(2, 3))]
        list(reversed(torch.tensor([1.0, 2.0])))
        list(enumerate(torch.arange(2)))
        dict(zip("ab", torch.eye(2)))
        (lambda a, b: a + b)(*torch.ones(2))
        (lambda a, b: a + b)(*torch.ones(3))
        2 in torch.arange(3)
        5 in torch.arange(3)
        torch.tensor(2) in torch.arange(3)
        torch.ones(3) in torch.ones(2, 3)
        "x" in torch.arange(3)
        None in torch.arange(3)
        callable(torch.ones(2))
    """,
    "Python's functions": """
        sum(torch.tensor([1.0, 3.0, 2.0]))
        sum([torch.ones(2), torch.ones(2)])
        sum([torch.tensor(1), 2, 2.5])
        sum(torch.ones(2, 2))
        max(torch.tensor([1.0, 3.0, 2.0]))
        max([torch.tensor(1.0), torch.tensor(3.0)])
        min(torch.tensor(1.0), 0.5)
        max(torch.ones(2, 2))
        sorted([torch.tensor(3.0), torch.tensor(1.0)])
        sorted(torch.tensor([3.0, 1.0, 2.0]), reverse=True)
        any(torch.tensor([0, 1]))
        all(torch.ones(2, 2))
        abs(torch.tensor(-1.0))
        round(torch.tensor(1.666), 2)
        round(torch.tensor([1.6, 2.5]))
        divmod(torch.tensor(7), 2)
        pow(torch.tensor(2.0), 3)
        pow(2, torch.tensor(3.0))
        math.sqrt(torch.tensor(4.0))
        math.floor(torch.tensor(1.5))
        math.isnan(torch.tensor(1.5))
        math.prod(torch.ones(2, 3).shape)
        list(map(float, torch.tensor([1.0, 2.0])))
        list(range(torch.tensor(3)))
        bin(torch.tensor(3))
        chr(torch.tensor(65))
    """,
    "conversions": """
        bool(torch.tensor([0.0]))
        bool(torch.ones(2))
        bool(torch.ones(0))
        not torch.tensor(0)
        int(torch.tensor(-1.7))
        int(torch.tensor([3]))
        int(torch.ones(2))
        int(torch.tensor(float("nan")))
        float(torch.tensor(1))
        float(torch.ones(0))
        float(torch.tensor(1.0, requires_grad=True))
        complex(torch.tensor(1.0))
        operator.index(torch.tensor(3))
        operator.index(torch.tensor(3.0))
        operator.index(torch.tensor([3, 4]))
        "abc"[torch.tensor(1)]
        [1, 2, 3][torch.tensor([1])]
        [1, 2, 3][torch.tensor(1.0)]
        range(5)[torch.tensor(2)]
        torch.ones(1, 1).item()
        torch.ones(2).item()
        torch.ones(0).item()
        type(torch.tensor(2.5, dtype=torch.float16).item()).__name__
        type(torch.tensor(2, dtype=torch.uint8).item()).__name__
        type(torch.tensor(True).item()).__name__
        torch.ones(2, 3).tolist()
        torch.tensor(1.5).tolist()
        torch.ones(2, 0).tolist()
        torch.ones(2, requires_grad=True).tolist()
    """,
    "text": """
        f"{torch.tensor(1.5)}"
        f"{torch.tensor(1.5):.3f}"
        f"{torch.tensor(3):5d}"
        f"{torch.tensor(3):>5}"
        f"{torch.tensor([1.5]):.3f}"
        f"{torch.ones(2)}"
        f"{torch.ones(2)!r}"
        f"{torch.ones(2):>30}"
        "{:.2e}".format(torch.tensor(12345.0))
        "%s and %.2f and %d" % (torch.ones(1), torch.tensor(1.5), torch.tensor(3))
        f"{torch.tensor(1.5, requires_grad=True):.2f}"
        f"{torch.nn.Parameter(torch.tensor(1.5)):.2f}"
        f"{torch.nn.Parameter(torch.ones(2))}"
        str(torch.Size((2, 3)))
        repr(torch.tensor([1.0, 5.0, 3.0]).max(0))
        repr(torch.float32), repr(torch.strided), repr(torch.contiguous_format), repr(torch.device("cuda:1"))
    """,
    "comparisons with what is no number": """
        torch.ones(2) == None
        torch.ones(2) != None
        torch.ones(2) == "x"
        torch.ones(2) != "x"
        torch.ones(2) == [1, 1]
        [1, 2] == torch.tensor([1, 2])
        torch.ones(2) == np.ones(2)
        torch.ones(2) == True
        torch.ones(2) == torch.ones(3)
        torch.ones(2) < "x"
        torch.ones(2) < None
        torch.ones(2) in [torch.ones(2)]
        torch.tensor(1) in [torch.tensor(1)]
        len({torch.ones(2): 1, torch.ones(2): 2})
        hash(torch.ones(2)) == hash(torch.ones(2))
    """,
    "operators with what is no number": """
        torch.ones(2) + None
        torch.ones(2) + "x"
        torch.ones(2) + [1, 2]
        "x" + torch.ones(2)
        [1] + torch.ones(1)
        None + torch.ones(2)
        torch.ones(2) - "x"
        torch.ones(2) * "x"
        torch.ones(2) / None
        torch.ones(2) // None
        torch.ones(2) % None
        torch.ones(2) ** None
        torch.ones(2) @ 2
        2 @ torch.ones(2)
        torch.ones(2) & 1.5
        ~torch.ones(2)
        ~torch.tensor([True, False])
        -torch.tensor([True])
        +torch.tensor([True])
        torch.tensor(3) << 2
        torch.tensor([-8, 8]) >> 1
        1 << torch.tensor([0, 3])
        torch.tensor(3.0) << 1
        torch.ones(2)()
        torch.ones(2).no_such_thing
        torch.no_such_thing
    """,
    "sizes": """
        torch.ones(2, 3).size(), torch.ones(2, 3).size(-1), torch.ones(2, 3).size(dim=0)
        torch.ones(2, 3).size(2)
        torch.ones(()).size(0)
        torch.ones(2, 3).size("x")
        torch.ones(2, 3).stride(), torch.ones(2, 3).stride(1), torch.ones(2, 3).t().stride()
        torch.ones(2, 3)[:, 1].stride(), torch.ones(2, 3)[:, 1].storage_offset()
        torch.ones(2, 3)[1][1:].storage_offset()
        torch.ones(4, 6)[::2, ::3].stride()
        torch.ones(1).expand(3).stride()
        torch.ones(()).stride()
        torch.ones(2, 3).is_contiguous(), torch.ones(2, 3).t().is_contiguous(), torch.ones(1, 3).t().is_contiguous()
        torch.ones(2, 3).t().contiguous().stride()
        torch.ones(2, 3).t().clone().stride()
        torch.ones(2, 3).t().clone(memory_format=torch.contiguous_format).stride()
        torch.ones(2, 3).dim(), torch.ones(2, 3).ndim, torch.ones(2, 3).ndimension(), torch.ones(2, 3).numel(), torch.ones(2, 3).nelement()
        torch.ones(2, dtype=torch.float64).element_size(), torch.ones(2, 3).nbytes, torch.ones(2, 3).itemsize
        torch.ones(2).type(), torch.ones(2, dtype=torch.int64).type(), torch.ones(2, dtype=torch.bool).type()
        torch.ones(2, 3).device, torch.ones(2, 3).device.type, torch.ones(2, 3).device.index, torch.ones(2, 3).get_device()
        torch.ones(2, 3, 4).mT.shape
        torch.ones(2).mT
        torch.ones(2).H
        torch.ones(2, 3).T, torch.ones(2, 3).H, torch.ones(2, 3).mT
        torch.ones(2, 3)[None].shape, torch.ones(2, 3)[:, None].shape, torch.ones(2, 3)[..., None].shape
        torch.ones(2, 3)[torch.newaxis, :, None].shape
        torch.ones(2, 3)[True].shape, torch.ones(2, 3)[False].shape
        torch.arange(5)[::2]
        torch.arange(5)[::-1]
        torch.arange(5)[::0]
        torch.arange(6)[np.array([1, 0])], torch.arange(6)[np.int64(1)], torch.arange(6)[range(3)], torch.arange(6)[torch.tensor(1)]
        torch.arange(6)[1.5]
        torch.arange(6)["x"]
        torch.tensor(5)[0]
        torch.tensor(5)[...], torch.tensor(5)[()], torch.tensor(5)[None]
        torch.arange(4).__delitem__(0)
    """,
    "Size": """
        torch.Size((2, 3)) == (2, 3), torch.Size((2, 3)) == [2, 3], hash(torch.Size((2, 3))) == hash((2, 3))
        torch.Size((2, 3))[0], torch.Size((2, 3))[1:], torch.Size((2, 3)) + (1,), (1,) + torch.Size((2, 3)), torch.Size((2,)) * 2
        type(torch.Size((2, 3))[1:]).__name__, type(torch.Size((2,)) + (1,)).__name__, type((1,) + torch.Size((2,))).__name__
        torch.Size((2, 3)) + [1]
        [1] + torch.Size((2,))
        torch.Size([2.5])
        torch.Size(2)
        torch.Size((2, 3)).numel(), torch.Size().numel(), torch.Size((2, 3)).index(3), 3 in torch.Size((2, 3))
        torch.Size(torch.tensor([2, 3])), torch.Size(range(3))
        isinstance(torch.ones(2).shape, torch.Size), isinstance(torch.ones(2).shape, tuple)
    """,
    "return types": """
        torch.tensor([1.0, 5.0]).max(0).values, torch.tensor([1.0, 5.0]).max(0).indices
        type(torch.tensor([1.0, 5.0]).sort()).__name__, str(type(torch.tensor([1.0, 5.0]).topk(1)))
        isinstance(torch.ones(2).max(0), torch.return_types.max), isinstance(torch.ones(2).max(0), tuple), len(torch.ones(2).max(0))
        torch.return_types.max((1, 2)).values
        torch.return_types.max((1,))
        torch.ones(2).max(0)[2]
        torch.ones(2).max(0).no_such_field
        torch.ones(2).max(0) + (1,)
        pickle.loads(pickle.dumps(torch.tensor([3.0, 1.0]).sort())).indices
        copy.deepcopy(torch.tensor([3.0, 1.0]).sort()).values
    """,
    "types and constants": """
        isinstance(torch.ones(2), torch.Tensor), isinstance(torch.nn.Parameter(torch.ones(2)), torch.Tensor)
        type(torch.ones(2)) is torch.Tensor
        isinstance(torch.ones(2), torch.FloatTensor), isinstance(torch.ones(2), torch.LongTensor), isinstance(1, torch.FloatTensor)
        isinstance(torch.nn.Parameter(torch.ones(2)), torch.FloatTensor), isinstance(torch.ones(2), torch.autograd.Variable)
        repr(torch.FloatTensor), torch.FloatTensor.__name__, torch.LongTensor.dtype
        torch.e, torch.pi, torch.inf, torch.newaxis, math.isnan(torch.nan)
        torch.float is torch.float32, torch.long is torch.int64, torch.half is torch.float16
        isinstance(torch.float32, torch.dtype), isinstance(torch.strided, torch.layout)
        isinstance(torch.contiguous_format, torch.memory_format)
        pickle.loads(pickle.dumps(torch.float32)) is torch.float32, copy.deepcopy(torch.float32) is torch.float32
        pickle.loads(pickle.dumps(torch.strided)) is torch.strided, pickle.loads(pickle.dumps(torch.device("cpu"))) == torch.device("cpu")
        pickle.loads(pickle.dumps(torch.Size([1, 2]))), copy.deepcopy(torch.Size([2]))
        torch.finfo(torch.float32).eps, torch.finfo(torch.float16).max, torch.finfo().dtype, torch.iinfo(torch.int64).max
        torch.device("cpu") == torch.device("cpu"), torch.device("cpu") == "cpu", torch.device("cuda", 1).index
        type(torch.nn.Parameter(torch.ones(2)) + 1).__name__, type(torch.nn.Parameter(torch.ones(2)).detach()).__name__
        type(torch.nn.Parameter(torch.ones(2)).data).__name__, type(torch.nn.Parameter(torch.ones(2)).to(torch.float32)).__name__
        torch.compile(lambda x: x + 1, backend="eager")(torch.ones(2))
        torch.autograd.Variable(torch.ones(2), requires_grad=True)
    """,
    "NumPy": """
        np.asarray(torch.ones(2)).tolist(), np.asarray(torch.ones(2)).dtype.name, np.asarray(torch.ones(2), dtype="f8").dtype.name
        np.array([torch.ones(2), torch.ones(2)]).tolist(), np.array([torch.tensor(1.0), torch.tensor(2.0)]).tolist()
        np.asarray(torch.ones(2, requires_grad=True))
        torch.ones(2, requires_grad=True).numpy()
        torch.ones(2, requires_grad=True).numpy(force=True).tolist()
        np.shares_memory(np.asarray(x := torch.ones(2)), x.numpy()), np.shares_memory(np.array(x), x.numpy())
        np.sum(torch.ones(2)), np.mean(torch.ones(2)), np.argmax(torch.tensor([1.0, 3.0]))
        np.exp(torch.ones(2)), np.add(torch.ones(2), np.ones(2)), np.maximum(torch.ones(2), 2), np.isnan(torch.ones(2))
        torch.ones(2) + np.ones(2), torch.ones(2) * np.float32(2), np.float64(2) * torch.ones(2), np.float32(2) - torch.ones(2)
        np.concatenate([torch.ones(2), torch.ones(2)]).tolist(), np.stack([torch.ones(2)]).tolist()
        np.allclose(torch.ones(2), np.ones(2)), np.array_equal(torch.ones(2), np.ones(2))
        np.ones(3)[torch.tensor([0, 1])].tolist(), np.ones(3)[torch.tensor(1)].tolist()
        np.where(torch.tensor([True, False]), 1, 2).tolist(), np.linspace(0, torch.tensor(1.0), 3).tolist()
    """,
    "what cannot be set": """
        setattr(torch.ones(2), "shape", (1, 2))
        setattr(torch.ones(2), "dtype", torch.int64)
        setattr(torch.ones(2), "is_leaf", False)
        setattr(torch.ones(2), "grad_fn", None)
        setattr(torch.ones(2), "T", 1)
        setattr(torch.ones(2), "requires_grad", 1)
        setattr(torch.ones(2, dtype=torch.int64), "requires_grad", True)
        torch.ones(2, dtype=torch.bool).requires_grad_()
        (torch.ones(2, requires_grad=True) * 2).requires_grad_(False)
        (torch.ones(2, requires_grad=True) * 2).requires_grad_().is_leaf
        setattr(torch.ones(2, requires_grad=True), "grad", torch.ones(3))
        setattr(torch.ones(2, requires_grad=True), "grad", torch.ones(2, dtype=torch.float64))
        setattr(torch.ones(2, requires_grad=True), "grad", [1, 1])
        setattr(torch.ones(2, requires_grad=True), "grad", np.ones(2))
        setattr(torch.ones(2), "data", [1])
        setattr(torch.ones(2, requires_grad=True), "data", torch.ones(2, dtype=torch.int64))
        delattr(torch.ones(2), "data")
        torch.ones(2).foo
        torch.nn.Parameter([1.0])
        torch.nn.Parameter(torch.ones(2, dtype=torch.int64))
    """,
}
LINES = [line.strip() for lines in EXPRESSIONS.values() for line in lines.splitlines() if line.strip()]


@pytest.mark.parametrize("line", LINES)
def test_expressions(line):
    agree(lambda torch: eval(line, NAMES | {"torch": torch}))


# ---- programs of several steps ---------------------------------------------------------------------------------------------

def in_place_operators(torch):
    found = []
    for name in ("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"):
        x = torch.tensor([3.0, 5.0])
        y = getattr(operator, name)(x, 2)
        found += [y is x, x.clone(), x._version]
    for name in ("iand", "ior", "ixor", "ilshift", "irshift"):
        x = torch.tensor([6, 5])
        y = getattr(operator, name)(x, 2)
        found += [y is x, x.clone()]
    x = torch.ones(2, 2)
    y = x
    x @= x
    n = 2
    n += torch.ones(2)
    return [*found, x, y is x, n]


def in_place_with_text(torch):
    x = torch.ones(2)
    x += "x"


def part_in_place(torch):
    x = torch.ones(3)
    x[0] += 5
    x[1:] *= 2
    return x, x._version


def attributes(torch):
    x = torch.ones(2)
    x.note, x.is_special = "hello", True
    return x.note, vars(x), hasattr(x, "other"), "add" in dir(x)


def requires_grad_flags(torch):
    x = torch.ones(2)
    x.requires_grad = True
    same = x.requires_grad_(False) is x
    x.requires_grad_(requires_grad=True)
    return x, same, x.is_leaf


def gradients_by_hand(torch):
    x = torch.ones(2, requires_grad=True)
    x.grad = torch.ones(2)
    kept = x.grad
    (x * 2).sum().backward()
    found = [kept is x.grad, x.grad.clone()]
    del x.grad
    found.append(x.grad)
    x.grad = None
    y = torch.ones(2)
    y.grad = torch.ones(2)
    return found, x.grad, y.grad


def data_and_detach(torch):
    x = torch.ones(2, requires_grad=True)
    found = []
    for other in (x.data, x.detach(), x.detach().data):
        other.add_(1)
        found += [x.clone().detach(), x._version, other._version, other.requires_grad]
    x.data = torch.zeros(3)
    return found, x


def weakly_held(torch):
    x = torch.ones(2)
    held = weakref.ref(x)
    before = held() is x
    del x
    return before, held() is None


def keys_of_a_dict(torch):
    x, y = torch.ones(2), torch.ones(2)
    d = {x: "x", y: "y"}
    return d[x], d[y], len(d), x in d, [x, y].index(x), x in {x}


def devices_as_programs_ask(torch):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.cuda.manual_seed_all(1)
    torch.cuda.empty_cache()
    with torch.device("cpu"):
        inside = torch.ones(2).device.type
    model = torch.nn.Linear(2, 2).to(device)
    return str(device), torch.cuda.device_count(), next(model.parameters()).is_cuda, inside, torch.cuda.memory_allocated()


def switches_as_programs_set_them(torch):
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32, matmul.allow_tf32, torch.backends.mkldnn.enabled, cudnn.benchmark_limit
    cudnn.benchmark = cudnn.deterministic = matmul.allow_tf32 = True
    seen = cudnn.benchmark, cudnn.deterministic, matmul.allow_tf32
    cudnn.benchmark, cudnn.deterministic, _, matmul.allow_tf32 = before[:4]
    torch.use_deterministic_algorithms(False)
    torch.set_float32_matmul_precision("highest")
    return before, seen, torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision(), torch.is_grad_enabled()


PROGRAMS = [f for f in list(globals().values())
            if callable(f) and getattr(f, "__module__", "") == __name__ and not f.__name__.startswith("test_")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(program):
    agree(program)


def test_no_wrapper_is_left_by_compile():
    model = minitorch.nn.Linear(2, 2)
    assert minitorch.compile(model) is model
    assert minitorch.compile(mode="reduce-overhead")(model) is model


def test_threads():
    before = minitorch.get_num_threads()
    try:
        minitorch.set_num_threads(2)
        assert minitorch.get_num_threads() == 2
        assert minitorch.ones(300, 300).matmul(minitorch.ones(300, 300))[0, 0] == 300
    finally:
        minitorch.set_num_threads(before)


def test_a_new_process_imports_quickly():
    """What takes long (SciPy) is imported when first used."""
    program = "import sys, minitorch; print([m for m in ('scipy', 'hypothesis', 'ctypes.util') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "[]"


