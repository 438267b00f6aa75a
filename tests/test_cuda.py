"""Devices without a device: minitorch over NumPy answers and refuses as PyTorch's CPU build does; memory shared with other libraries."""
import numpy as np
import pytest
import torch

import minitorch
from minitorch.testing.comparison import error_class, outcome

QUESTIONS = """
    torch.cuda.is_available()
    torch.cuda.device_count()
    torch.cuda.current_device()
    torch.cuda.set_device(-1)
    torch.cuda.set_device("cpu")
    torch.cuda.set_device("cuda")
    torch.cuda.synchronize()
    torch.cuda.synchronize(0)
    torch.cuda.get_device_name()
    torch.cuda.get_device_properties(0)
    torch.cuda.get_device_capability()
    torch.cuda.memory_allocated()
    torch.cuda.memory_allocated(7)
    torch.cuda.memory_reserved("cuda:1")
    torch.cuda.max_memory_allocated("cpu")
    torch.cuda.mem_get_info()
    torch.cuda.empty_cache()
    torch.cuda.ipc_collect()
    torch.cuda.init()
    torch.cuda.is_bf16_supported()
    torch.cuda.Stream()
    torch.cuda.Event(enable_timing=True)
    torch.cuda.stream(None).__enter__()
    torch.cuda.set_stream(None)
    torch.cuda.current_stream()
    torch.cuda.default_stream()
    torch.cuda.initial_seed()
    torch.cuda.get_rng_state()
    torch.cuda.set_rng_state(torch.get_rng_state())
    torch.cuda.device(0).__enter__()
    torch.cuda.device("cpu")
    torch.cuda.device_of(torch.ones(2)).__enter__()
    torch.cuda.can_device_access_peer(0, 1)
    torch.get_device_module().__name__.split(".")[-1]
    torch.get_device_module("cpu").is_available()
    torch.get_device_module("cpu").device_count()
    torch.get_device_module("cpu").current_device()
    torch.get_device_module("cpu").synchronize()
    torch.get_device_module("nowhere")
    str(torch.device("cuda", 1))
    str(torch.device(type="cuda", index=1))
    str(torch.device(device="cuda:1"))
    str(torch.device(torch.device("cuda")))
    str(torch.device("hpu"))
    torch.device("cuda:1") == "cuda:1"
    torch.device(1)
    torch.device(-1)
    torch.device(True)
    torch.device(None)
    torch.device("")
    torch.device("cuda:")
    torch.device("cuda:-1")
    torch.device("cuda:01")
    torch.device("cuda:1:2")
    torch.device("cuda ")
    torch.device("CUDA")
    torch.device("cuda", -1)
    torch.device("cuda", "1")
    torch.device("cuda", 1.0)
    torch.device("cuda", True)
    torch.device("cuda:0", 1)
    torch.device(torch.device("cuda"), 1)
    torch.ones(2, device="cuda")
    torch.ones(2, device="cuda:1")
    torch.ones(2, device=0)
    torch.ones(2).to("mps")
    torch.tensor([1.0], device="cuda")
    str(torch.ones(2, device="cpu:3").device)
    str(torch.ones(2).to("cpu:3").device)
    torch.ones(2).to("cuda")
    torch.ones(2).to(0)
    torch.ones(2).to(device="cuda", dtype=torch.float64)
    torch.ones(2).cuda()
    torch.ones(2).cuda(1)
    torch.ones(2).cuda("cpu")
    torch.ones(2).cuda("nowhere")
    str(torch.ones(2).to("cpu", torch.float64, non_blocking=True, copy=True).dtype)
    torch.nn.Linear(2, 2).cuda()
    torch.nn.Linear(2, 2).cuda(1)
    torch.nn.Linear(2, 2).to("cuda")
    torch.nn.Linear(2, 2).to("nowhere")
    str(torch.nn.Linear(2, 2).cpu().weight.device)
    str(torch.nn.Linear(2, 2).to("cpu", torch.float64).weight.dtype)
    str(torch.nn.Linear(2, 2).to(torch.ones(2, dtype=torch.float64)).weight.dtype)
    hasattr(torch.ones(2), "__cuda_array_interface__")
    torch.ones(2).__dlpack__(stream=1)
    torch.ones(2).__dlpack__(stream="a")
    torch.ones(2, requires_grad=True).__dlpack__()
    torch.from_dlpack(5)
    torch.from_dlpack(np.ones(2, ">f4"))
    torch.from_dlpack(np.zeros(2), device="cuda")
    torch.from_dlpack(np.zeros(2), copy=True).tolist()
    torch.from_dlpack(np.zeros(2), device="cpu", copy=False).tolist()
    [tuple(map(int, torch.ones(2).__dlpack_device__()))]
    (lambda c: [torch.from_dlpack(c), torch.from_dlpack(c)])(torch.to_dlpack(torch.ones(2)))
    (torch.set_default_device("cuda:1"), str(torch.get_default_device()) if torch.cuda.is_available() else None)
    torch.set_default_device(None)
"""


def asked(question):
    """How a question ends in each library: what it returns, or the class of its error."""
    found = []
    for library in (minitorch, torch):
        ends, value = outcome(lambda library=library: eval(question, {"torch": library, "np": np}))
        found.append(value if ends == "returns" else error_class(value))
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("question", [line.strip() for line in QUESTIONS.strip().splitlines()])
def test_question_is_answered_as_by_a_build_without_cuda(question):
    try:
        ours, theirs = asked(question)
    finally:
        torch.set_default_device(None)
        minitorch.set_default_device(None)
    assert ours == theirs


def test_refusals_say_what_to_do():
    for call in (lambda: minitorch.ones(2).cuda(), lambda: minitorch.cuda.current_device(), lambda: minitorch.ones(2, device="cuda:1")):
        with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled.* set MINITORCH_BACKEND=cupy"):
            call()


def test_out_of_memory_is_one_class():
    assert minitorch.OutOfMemoryError is minitorch.cuda.OutOfMemoryError
    with pytest.raises(minitorch.cuda.OutOfMemoryError):
        raise minitorch.OutOfMemoryError("CUDA out of memory")


def test_a_default_device_that_is_not_there_is_refused_when_it_is_used():
    for library in (minitorch, torch):
        library.set_default_device("cuda")
        try:
            with pytest.raises(AssertionError):
                library.ones(2)
        finally:
            library.set_default_device(None)
        with library.device("cpu"):
            assert library.ones(2).device.type == "cpu"


# ---- memory shared with other libraries -----------------------------------------------------------------------------------

KINDS = ("float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "bool")


@pytest.mark.parametrize("kind", KINDS)
def test_memory_is_shared_with_pytorch_both_ways(kind):
    theirs = torch.arange(6).reshape(2, 3).to(getattr(torch, kind)).t()
    ours = minitorch.from_dlpack(theirs)
    assert (str(ours.dtype), tuple(ours.shape), ours.stride()) == (f"torch.{kind}", (3, 2), theirs.stride())
    ours[0, 1] = 1
    theirs[2, 0] = 0
    assert ours.tolist() == theirs.tolist() and ours.data_ptr() == theirs.data_ptr()
    back = torch.from_dlpack(ours)
    back[1, 1] = 0
    assert back.data_ptr() == ours.data_ptr() and back.dtype == theirs.dtype and ours.tolist() == back.tolist()


@pytest.mark.parametrize("take", ["from_dlpack", "utils.dlpack.from_dlpack"])
def test_capsules_go_both_ways(take):
    def at(library):
        for part in take.split("."):
            library = getattr(library, part)
        return library
    ours, theirs = minitorch.zeros(3), torch.zeros(3)
    at(torch)(minitorch.utils.dlpack.to_dlpack(ours)).add_(1)
    at(minitorch)(torch.utils.dlpack.to_dlpack(theirs)).add_(2)
    assert ours.tolist() == [1.0] * 3 and theirs.tolist() == [2.0] * 3


@pytest.mark.parametrize("library", [minitorch, torch])
def test_memory_is_shared_with_numpy_both_ways(library):
    array = np.arange(6.0)[::2]
    t = library.from_dlpack(array)
    t[0] = 7
    assert array[0] == 7 and t.stride() == (2,)
    again = np.from_dlpack(t)
    again[1] = 8
    assert array.tolist() == [7.0, 8.0, 4.0] and np.shares_memory(again, array)
    assert np.from_dlpack(library.ones(2, dtype=library.bool)).dtype == bool
    assert np.from_dlpack(library.tensor(3.0)).shape == () and np.from_dlpack(library.zeros(0, 3)).shape == (0, 3)


@pytest.mark.parametrize("library", [minitorch, torch])
def test_broadcast_views_are_shared_writable(library):
    x = library.ones(3)
    view = np.from_dlpack(x.expand(2, 3))
    view[0, 1] = 5
    assert view.strides == (0, 4) and x.tolist() == [1.0, 5.0, 1.0]


def test_the_memory_outlives_the_other_library_s_array():
    ours = minitorch.from_dlpack(torch.arange(1000.0))
    for capsule in (torch.to_dlpack(torch.full((1000,), 3.0)),):
        other = minitorch.from_dlpack(capsule)
    assert ours[999].item() == 999.0 and other.sum().item() == 3000.0


def test_negative_strides_are_refused():
    with pytest.raises(ValueError, match="negative strides"):         # PyTorch 2.13 ends the process here
        minitorch.from_dlpack(np.arange(3.0)[::-1])


def test_dtypes_that_minitorch_lacks_are_refused():
    with pytest.raises(TypeError):
        minitorch.from_dlpack(np.ones(2, np.complex64))


def test_tensors_of_other_libraries_become_tensors():
    theirs = torch.zeros(2)
    minitorch.as_tensor(theirs)[0] = 1
    minitorch.asarray(theirs, copy=True)[1] = 1
    assert theirs.tolist() == [1.0, 0.0]


def test_devices_of_other_kinds_are_refused():
    class Elsewhere:
        def __dlpack__(self, **settings):
            raise NotImplementedError

        def __dlpack_device__(self):
            return 8, 0
    with pytest.raises(RuntimeError, match="kind 8"):
        minitorch.from_dlpack(Elsewhere())
