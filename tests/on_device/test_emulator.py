"""The emulated CUDA device itself: its threads, barriers and warps, its libraries, its cache and its counts, against NumPy."""
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from comparisons import cuda

cuda.start()
import cupy  # noqa: E402
import cupyx  # noqa: E402
from cupy.cuda.compiler import CompileException  # noqa: E402
from cupyx.scipy import special  # noqa: E402

from tests import emulated_cuda  # noqa: E402

pytestmark = pytest.mark.emulated

RNG = np.random.default_rng(0)
ROOT = Path(__file__).parents[2]


def on_device(program, *, wait=True, **environment):
    """Run a program with its own emulated device, under other settings; gives what it printed, or the process."""
    head = "from tests import emulated_cuda\ncupy = emulated_cuda.install()\nimport numpy as np\n"
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", head + program], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=os.environ | environment)
    return finished(process) if wait else process


def finished(process):
    said = process.communicate(timeout=300)[0]
    assert process.returncode == 0, said
    return said.strip()


def launch(source, blocks, threads, *arguments, name="kernel", shared=0):
    cupy.RawKernel(source, name)((blocks,), (threads,), arguments, shared_mem=shared)


def equal(ours, theirs, tolerance=0.0):
    ours, theirs = cupy.asnumpy(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


# ---- threads, barriers, warps, atomics ------------------------------------------------------------------------------------

REVERSE = r"""
extern "C" __global__ void kernel(const float* x, float* y) {
    __shared__ float row[256];
    int t = threadIdx.x, n = blockDim.x;
    row[t] = x[blockIdx.x * n + t];
    __syncthreads();
    y[blockIdx.x * n + t] = row[n - 1 - t];
}"""
SOFTMAX = r"""
extern "C" __global__ void kernel(const double* x, double* y, int n) {
    extern __shared__ double part[];
    const double* row = x + blockIdx.x * n;
    int t = threadIdx.x;
    double greatest = -INFINITY, sum = 0;
    for (int k = t; k < n; k += blockDim.x) greatest = max(greatest, row[k]);
    part[t] = greatest;
    __syncthreads();
    for (int half = blockDim.x / 2; half; half /= 2) {
        if (t < half) part[t] = max(part[t], part[t + half]);
        __syncthreads();
    }
    greatest = part[0];
    __syncthreads();
    for (int k = t; k < n; k += blockDim.x) sum += exp(row[k] - greatest);
    part[t] = sum;
    __syncthreads();
    for (int half = blockDim.x / 2; half; half /= 2) {
        if (t < half) part[t] += part[t + half];
        __syncthreads();
    }
    for (int k = t; k < n; k += blockDim.x) y[blockIdx.x * n + k] = exp(row[k] - greatest) / part[0];
}"""
WARP_SUM = r"""
extern "C" __global__ void kernel(const float* x, float* sums, int* up, int* lanes, unsigned* votes) {
    float sum = x[threadIdx.x];
    for (int step = 16; step; step /= 2) sum += __shfl_xor_sync(~0u, sum, step);
    sums[threadIdx.x] = sum;
    up[threadIdx.x] = __shfl_up_sync(~0u, (int)threadIdx.x, 3, 8);
    lanes[threadIdx.x] = __shfl_down_sync(~0u, (int)threadIdx.x, 1) + 1000 * __shfl_sync(~0u, (int)threadIdx.x, 5);
    votes[threadIdx.x] = __ballot_sync(~0u, threadIdx.x % 3 == 0);
}"""


def reversed_rows(source):
    x = RNG.random((3, 256), dtype=np.float32)
    y = cupy.zeros_like(x)
    launch(source, 3, 256, cupy.asarray(x), y)
    return cupy.asnumpy(y), x[:, ::-1]


def test_a_barrier_lets_threads_see_each_other():
    equal(*reversed_rows(REVERSE))


def test_without_its_barrier_a_kernel_is_wrong():
    ours, right = reversed_rows(REVERSE.replace("__syncthreads();", ""))
    assert not np.array_equal(ours, right)


@pytest.mark.parametrize("threads", [1, 32, 256, 1024])
def test_dynamic_shared_memory_and_many_barriers(threads):
    x = RNG.standard_normal((4, 300))
    y = cupy.zeros_like(x)
    launch(SOFTMAX, 4, threads, cupy.asarray(x), y, np.int32(300), shared=8 * threads)
    e = np.exp(x - x.max(1, keepdims=True))
    equal(y, e / e.sum(1, keepdims=True), 1e-12)


def test_some_threads_may_end_before_a_barrier():
    source = r"""extern "C" __global__ void kernel(int* y) {
        __shared__ int seen;
        if (threadIdx.x >= 40) return;
        if (threadIdx.x == 39) seen = 7;
        __syncthreads();
        y[threadIdx.x] = seen;
    }"""
    y = cupy.zeros(64, "i4")
    launch(source, 1, 64, y)
    equal(y, np.where(np.arange(64) < 40, 7, 0).astype("i4"))


def test_warps_read_each_other():
    x = RNG.integers(0, 100, 64).astype("f4")
    sums, up, lanes, votes = cupy.zeros(64, "f4"), cupy.zeros(64, "i4"), cupy.zeros(64, "i4"), cupy.zeros(64, "u4")
    launch(WARP_SUM, 1, 64, cupy.asarray(x), sums, up, lanes, votes)
    t = np.arange(64, dtype="i4")
    equal(sums, np.repeat(x.reshape(2, 32).sum(1), 32))
    equal(up, np.where(t % 8 < 3, t, t - 3))
    equal(lanes, np.where(t % 32 == 31, t, t + 1) + 1000 * (t // 32 * 32 + 5))
    equal(votes, np.array([sum(1 << k for k in range(32) if (first + k) % 3 == 0) for first in (0, 32)], "u4").repeat(32))


def test_atomics_add_from_every_block():
    source = 'extern "C" __global__ void kernel(int* bins, const int* x) { atomicAdd(bins + x[blockIdx.x * blockDim.x + threadIdx.x], 1); }'
    x, bins = RNG.integers(0, 7, 20 * 96).astype("i4"), cupy.zeros(7, "i4")
    launch(source, 20, 96, bins, cupy.asarray(x))
    equal(bins, np.bincount(x, minlength=7).astype("i4"))


def test_kernels_of_one_name_keep_their_shared_memory_apart():
    source = r"""
    template <typename T> __global__ void kernel(T* y) {
        __shared__ T kept[SIZE];
        kept[threadIdx.x] = SIZE;
        __syncthreads();
        y[threadIdx.x] = kept[SIZE - 1 - threadIdx.x];
    }"""
    for size in (8, 256, 8):
        module = cupy.RawModule(code=source.replace("SIZE", str(size)), name_expressions=("kernel<float>", "kernel<long long>"))
        for expression, dtype in (("kernel<float>", "f4"), ("kernel<long long>", "i8")):
            y = cupy.zeros(size, dtype)
            module.get_function(expression)((1,), (size,), (y,))
            equal(y, np.full(size, size, dtype))


def test_a_deep_stack_fits():
    source = r"""
    __device__ double down(int n) { volatile double row[64]; row[n % 64] = n; return n ? down(n - 1) + row[n % 64] : 0; }
    extern "C" __global__ void kernel(double* y) { y[threadIdx.x] = down(200); __syncthreads(); }"""
    y = cupy.zeros(1024)
    launch(source, 1, 1024, y)
    equal(y, np.full(1024, 20100.0))


def test_a_block_too_large_is_refused():
    with pytest.raises(RuntimeError, match="cudaErrorInvalidConfiguration: kernel on .* at most 1024 threads"):
        launch(REVERSE, 1, 2048, cupy.zeros(2048, "f4"), cupy.zeros(2048, "f4"))


def test_order_of_threads_shows_in_what_depends_on_it():
    program = """
z = cupy.zeros(3)
z[cupy.asarray([0, 1, 0])] = cupy.asarray([1.0, 2.0, 3.0])
print(z.tolist(), cupy.arange(2000.0).sum())"""
    assert on_device(program, EMULATED_CUDA_ORDER="forward") == "[3.0, 2.0, 0.0] 1999000.0"
    assert on_device(program, EMULATED_CUDA_ORDER="reverse") == "[1.0, 2.0, 0.0] 1999000.0"


# ---- CuPy's own kernels ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "i4", "i8", "?"])
@pytest.mark.parametrize("name", ["sum", "max", "argmin", "any", "sort", "cumsum"])
def test_reductions_sorts_and_scans(name, dtype):
    x = RNG.integers(0, 2 if name in ("sum", "cumsum", "any") else 90, (2, 1500)).astype(dtype)
    for axis in (0, 1):
        equal(getattr(cupy, name)(cupy.asarray(x), axis=axis), getattr(np, name)(x, axis=axis))


@pytest.mark.parametrize("size", [0, 1, 31, 33, 513, 1025, 5000])
def test_scans_of_every_length(size):
    x = RNG.random(size)
    equal(cupy.cumsum(cupy.asarray(x)), np.cumsum(x), 1e-12)
    equal(cupy.cumprod(cupy.asarray(x + 0.5)), np.cumprod(x + 0.5), 1e-9)


def test_orders():
    x, y = RNG.integers(0, 9, (3, 700)), np.sort(RNG.random(3000))
    equal(cupy.argsort(cupy.asarray(x), axis=1, kind="stable"), np.argsort(x, axis=1, kind="stable"))
    equal(cupy.lexsort(cupy.asarray(x)), np.lexsort(x))
    for side in ("left", "right"):
        equal(cupy.searchsorted(cupy.asarray(y), cupy.asarray(y[::7]), side=side), np.searchsorted(y, y[::7], side=side))
    for k in (0, 17, 2999):
        shuffled = RNG.permutation(y)
        found = cupy.asnumpy(cupy.partition(cupy.asarray(shuffled), k))
        assert found[k] == y[k] and (found[:k] <= y[k]).all() and np.array_equal(np.sort(found), y)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
@pytest.mark.parametrize("name", ["add", "maximum", "minimum"])
def test_scatters_with_repeated_indices(name, dtype):
    places, values = RNG.integers(0, 5, 400), RNG.integers(-50, 50, 400).astype(dtype)
    ours, theirs = cupy.zeros(5, dtype), np.zeros(5, dtype)
    getattr(cupy, name).at(ours, cupy.asarray(places), cupy.asarray(values))
    getattr(np, name).at(theirs, places, values)
    equal(ours, theirs)


def test_scatter_add_of_half_precision():
    ours, theirs, places = cupy.zeros(4, "f2"), np.zeros(4, "f2"), RNG.integers(0, 4, 100)
    cupyx.scatter_add(ours, cupy.asarray(places), cupy.ones(100, "f2"))
    np.add.at(theirs, places, np.float16(1))
    equal(ours, theirs)


def test_every_half_precision_number_converts():
    bits = np.arange(2**16, dtype=np.uint16).view(np.float16)
    equal(cupy.asarray(bits).astype("f4"), bits.astype("f4"))
    finite = bits[np.isfinite(bits)].astype("f4")
    ties = (finite[:-1] + finite[1:]) / 2
    ends = np.float32([65504, 65519.9, 65520, -65520, 1e9, 2e-8, 3e-8, 1e-9, np.inf, np.nan])
    with np.errstate(over="ignore"):
        for values in (ties, ends, (RNG.standard_normal(4000) * 10.0 ** RNG.integers(-9, 6, 4000)).astype("f4")):
            equal(cupy.asarray(values).astype("f2"), values.astype("f2"))


@pytest.mark.parametrize("name", ["erf", "erfinv", "gammaln", "digamma", "log_ndtr", "ndtri", "i0", "i1e"])
def test_special_functions(name):
    from scipy import special as scipy_special
    x = RNG.uniform(0.01, 0.99, 300)
    equal(getattr(special, name)(cupy.asarray(x)), getattr(scipy_special, name)(x), 1e-11)


def test_kernels_of_ones_own():
    x = RNG.standard_normal((7, 9)).astype("f4")
    gelu = cupy.ElementwiseKernel("T x", "T y", "y = T(0.5) * x * (T(1) + erf(x * T(0.70710678)))", "gelu")
    norm = cupy.ReductionKernel("T x", "T y", "x * x", "a + b", "y = sqrt(a)", "0", "norm")
    step = cupy.fuse(kernel_name="step")(lambda x, y: cupy.where(x > 0, x * y, cupy.tanh(x)))
    from scipy.special import erf
    equal(gelu(cupy.asarray(x)), 0.5 * x * (1 + erf(x * np.float32(0.70710678))).astype("f4"), 1e-6)
    equal(norm(cupy.asarray(x), axis=1), np.linalg.norm(x, axis=1), 1e-6)
    equal(step(cupy.asarray(x), cupy.asarray(x)), np.where(x > 0, x * x, np.tanh(x)), 1e-6)


def test_a_kernel_that_does_not_compile():
    with pytest.raises(CompileException, match="missing.*not declared"):
        launch(REVERSE.replace("row[n", "missing[n"), 1, 1, cupy.zeros(1, "f4"), cupy.zeros(1, "f4"))


# ---- the stand-ins for libraries ------------------------------------------------------------------------------------------

def by_columns(x):
    return x.swapaxes(-1, -2).copy().swapaxes(-1, -2)


LAYOUTS = {
    "by rows": lambda a, b: (a, b),
    "a by columns": lambda a, b: (by_columns(a), b),
    "b by columns": lambda a, b: (a, by_columns(b)),
    "both by columns": lambda a, b: (by_columns(a), by_columns(b)),
    "gaps": lambda a, b: (a[..., ::2], b[..., ::2, :]),
    "backwards": lambda a, b: (a[..., ::-1], b[..., ::-1, :]),
    "one for many": lambda a, b: (a[:, None], b),
    "two matrices": lambda a, b: (a[0], b[1]),
    "matrix and vector": lambda a, b: (a[0], b[0, :, 1]),
    "vector and matrix": lambda a, b: (a[0, 2], b[0]),
    "two vectors": lambda a, b: (a[0, 2], b[0, :, 1]),
    "nothing to sum": lambda a, b: (a[..., :0], b[..., :0, :]),
}


@pytest.mark.parametrize(("dtype", "tolerance"), [("f4", 1e-5), ("f8", 1e-12), ("f2", 1e-2), ("i4", 0)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_products_in_every_layout(layout, dtype, tolerance):
    a, b = (RNG.integers(-9, 9, shape).astype(dtype) for shape in ((2, 5, 7), (2, 7, 4)))
    ours, theirs = LAYOUTS[layout](cupy.asarray(a), cupy.asarray(b)), LAYOUTS[layout](a, b)
    equal(ours[0] @ ours[1], theirs[0] @ theirs[1], tolerance)


def test_sums_of_products():
    a, b = RNG.standard_normal((3, 4, 5)), RNG.standard_normal((4, 3, 6))
    equal(cupy.tensordot(cupy.asarray(a), cupy.asarray(b), ((0, 1), (1, 0))), np.tensordot(a, b, ((0, 1), (1, 0))), 1e-12)
    equal(cupy.einsum("ijk,jil->lk", cupy.asarray(a), cupy.asarray(b)), np.einsum("ijk,jil->lk", a, b), 1e-12)


def test_what_is_not_emulated_says_so():
    with pytest.raises(NotImplementedError, match="draw on the host"):
        cupy.random.default_rng(0)
    with pytest.raises(RuntimeError, match="NOT_SUPPORTED"):
        cupy.ones((2, 2), "c8") @ cupy.ones((2, 2), "c8")


# ---- counts, devices, settings --------------------------------------------------------------------------------------------

def happened(call):
    with emulated_cuda.counted() as counts:
        call()
    return dict(counts)


def test_counts():
    x = cupy.ones((4, 5), "f4")
    x + x, x[x > 0], x * 2.5                          # their kernels are loaded now
    assert happened(lambda: cupy.asarray(np.ones(3))) == {"to device": 1}
    assert happened(lambda: x * 2.5) == {"launches": 1}
    assert happened(lambda: x.get()) == happened(lambda: cupy.asnumpy(x)) == happened(lambda: float(x[0, 0])) == {"synchronize": 1}
    assert happened(lambda: cupy.cuda.Device().synchronize()) == {"synchronize": 1}
    assert happened(lambda: x[np.array([0, 1])]).get("to device") == 1
    assert happened(lambda: x[x > 0])["synchronize"] == 1
    with emulated_cuda.launched() as kernels:
        x.astype("f8")
        x @ x.T
        cupy.sort(x)
    assert [k for k in kernels if "copy" not in k] == ["cublasGemmEx", "thrust::sort"] and "cupy_copy__float32_float64" in kernels


@pytest.mark.parametrize("wait", [
    lambda x: float(x.sum()), lambda x: x.get(), lambda x: x[x > 0], lambda x: cupy.cuda.Device().synchronize(),
    lambda x: cupy.cuda.Stream.null.synchronize(), lambda x: cupy.cuda.Event().synchronize()])
def test_whatever_waits_is_an_error_where_that_is_said(wait):
    x = cupy.ones((4, 5), "f4")
    with emulated_cuda.no_synchronize():
        x + x
        with pytest.raises(emulated_cuda.DeviceSynchronized):
            wait(x)
    wait(x)


def test_new_memory_is_not_zero():
    assert on_device("print(cupy.empty(100, 'f4').sum())") == "nan"


def test_memory_of_another_device():
    with cupy.cuda.Device(1):
        there = cupy.ones(4, "f4")
    with pytest.raises(ValueError, match="device"):
        cupy.ones(4, "f4") + there
    with pytest.raises(RuntimeError, match="runs on device 0 and uses memory of device 1"):
        launch('extern "C" __global__ void kernel(float* x) { x[0] = 1; }', 1, 1, there)
    here = cupy.asarray(there)
    assert here.device.id == 0 and there.device.id == 1
    equal(here, np.ones(4, "f4"))


def test_number_of_devices():
    assert on_device("print(cupy.cuda.runtime.getDeviceCount())", EMULATED_CUDA_DEVICES="3") == "3"
    with pytest.raises(RuntimeError, match="cudaErrorInvalidDevice"):
        cupy.cuda.Device(7).use()


def test_processes_that_build_the_same_kernel_do_not_disturb_each_other(tmp_path):
    program = "x = cupy.arange(5000.0)\nprint((x * 2).sum(), (x[None] @ x[:, None]).item())"
    processes = [on_device(program, wait=False, EMULATED_CUDA_CACHE=str(tmp_path)) for _ in range(2)]
    assert {finished(p) for p in processes} == {"24995000.0 41654167500.0"}
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix not in (".so", ".h", ".gch", ".map")]


@pytest.mark.parametrize("arch", ["7.5", "8.0", "9.0"])
def test_kernels_compile_for_real_devices(arch):
    program = """
x = cupy.ones((8, 33), "f4")
x.sum(axis=1), cupy.cumsum(x), x.astype("f2") + 1, x @ x.T, cupy.sort(x)
gelu = cupy.fuse(kernel_name="gelu")(lambda x: 0.5 * x * (1 + cupy.tanh(0.7978845608 * (x + 0.044715 * x * x * x))))
gelu(x)
try:
    cupy.ElementwiseKernel("T x", "T y", "y = missing", "wrong")(x)
except cupy.cuda.compiler.CompileException as error:
    print("missing" in str(error), cupy.cuda.Device().compute_capability, "cublasGemmEx" in emulated_cuda.launches)"""
    assert on_device(program, EMULATED_CUDA_MODE="compile", EMULATED_CUDA_ARCH=arch) == f"True {arch.replace('.', '')} True"


@pytest.mark.parametrize(("program", "said"), [
    ("import cupy\nfrom tests import emulated_cuda\nemulated_cuda.install()", "must come before `import cupy`"),
    ("import importlib.metadata as m\nm.version = lambda name: '13.0.0'\nfrom tests import emulated_cuda\nemulated_cuda.install()",
     "made for CuPy 14.2.0, found 13.0.0: pip install cupy-cuda12x==14.2.0"),
    ("import os\nos.environ['PATH'] = ''\nfrom tests import emulated_cuda\nemulated_cuda.install()", "there is none on the PATH"),
    ("import os\nos.environ['EMULATED_CUDA_MODE'] = 'walk'\nfrom tests import emulated_cuda", "expected run or compile"),
])
def test_what_install_needs(program, said):
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, text=True, capture_output=True, check=False)
    assert found.returncode and said in found.stderr
