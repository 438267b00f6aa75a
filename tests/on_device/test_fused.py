"""Fused chains: on a device each is one kernel, with the values that NumPy gives it statement by statement."""
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from comparisons import cuda

cuda.start()
import cupy  # noqa: E402

from minitorch.kernels import activation, optimizer  # noqa: E402
from minitorch.ops import elementwise  # noqa: E402
from tests.on_device.fused_chains import CHAINS, DTYPES, arguments, chains  # noqa: E402

TOLERANCES = {"float16": 1e-2, "float32": 4e-6, "float64": 1e-13}
each_chain = pytest.mark.parametrize(("chain", "given", "settings"), CHAINS, ids=[f"{c[0].__name__}-{i}" for i, c in enumerate(CHAINS)])


def uploaded(values):
    return [cupy.asarray(v) if isinstance(v, np.ndarray) else v for v in values]


def assert_same(chain, ours, theirs, settings, tolerance):
    """Run a chain on NumPy's arrays and on the device's: what it returns and all arrays are equal after it. Gives the kernels launched."""
    with cuda.launched() as kernels:
        found = chain(*theirs, **settings)
    expected = chain(*ours, **settings)
    pairs = list(zip(theirs, ours)) + ([(found, expected)] if expected is not None else [])
    for device, host in pairs:
        if isinstance(host, np.ndarray):
            assert device.dtype == host.dtype and device.shape == host.shape
            np.testing.assert_allclose(cupy.asnumpy(device), host, tolerance, tolerance)
    return kernels


def test_every_chain_is_here():
    assert chains() == {chain for chain, _, _ in CHAINS}


@pytest.mark.parametrize("dtype", DTYPES)
@each_chain
def test_a_chain_is_one_kernel_with_the_values_of_numpy(chain, given, settings, dtype):
    values = arguments(given, dtype)
    kernels = assert_same(chain, values, uploaded(values), settings, TOLERANCES[dtype])
    if cuda.kind == "emulated":
        assert len(kernels) == 1 and kernels[0].startswith(chain.__name__)
        assert ("float64" in kernels[0]) == (dtype == "float64")


@pytest.mark.parametrize("shape", ((), (0,), (2, 0), (2, 1, 4)), ids=str)
@pytest.mark.parametrize("chain", (elementwise.logistic,))
def test_any_shape(chain, shape):
    values = arguments((shape, shape), "float32")
    assert_same(chain, values, uploaded(values), {}, TOLERANCES["float32"])


def test_arrays_with_gaps():
    given = ((4, 6),) * 3
    ours, theirs = arguments(given, "float32"), uploaded(arguments(given, "float32"))
    cut = [lambda a: a[:, ::2], lambda a: a.T[::2].T, lambda a: a[:, 1::2]]
    kernels = assert_same(activation.silu_slopes, [c(a) for c, a in zip(cut, ours)], [c(a) for c, a in zip(cut, theirs)], {}, 4e-6)
    assert cuda.kind == "real" or len(kernels) == 1
    np.testing.assert_array_equal(cupy.asnumpy(theirs[2][:, ::2]), ours[2][:, ::2])      # what lies between is left alone


def test_a_new_number_compiles_nothing():
    chain, given, settings = next(case for case in CHAINS if case[0] is optimizer.sgd_update)
    made = set()
    for step in (-0.1, -0.2, -1, np.float64(-0.3)):
        values = arguments((*given[:-1], step), "float32")
        assert_same(chain, values, uploaded(values), settings, TOLERANCES["float32"])
        kernels = list(chain.kernels.values())
        made.add((len(kernels), sum(len(kernel._memo) for kernel in kernels)))
    assert len(made) == 1
    assert all(kernel.new_fusion is None for chain in chains() for kernel in chain.kernels.values()), "not fused in CuPy's plain way"


@pytest.mark.emulated
@pytest.mark.parametrize("architecture", ("7.5", "8.0", "9.0"))
def test_nvrtc_compiles_every_chain(architecture):
    environment = os.environ | {"EMULATED_CUDA_MODE": "compile", "EMULATED_CUDA_ARCH": architecture, "MINITORCH_BACKEND": "cupy"}
    program = "from comparisons import cuda; cuda.start('emulated'); from tests.on_device import fused_chains; fused_chains.compile_all()"
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=Path(__file__).parents[2], env=environment, text=True,
                          capture_output=True, timeout=500)
    assert said.returncode == 0 and len(said.stdout.splitlines()) == len(CHAINS) * len(DTYPES), said.stderr
