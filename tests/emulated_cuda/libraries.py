"""The libraries compiled for GPUs that CuPy calls: cuBLAS by blas.c, Thrust's sorts by NumPy, the random generators refused."""
import ctypes
import functools
import importlib.util
import re
from pathlib import Path

import numpy as np

from . import compiler, memory, record, settings

SKIP, EXECUTION_FAILED = -1, 13                       # blas.c: nothing to do; cublasStatus_t
Report = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


@Report
def report_blas(name, *addresses):
    """What a function of blas.c asks before it begins."""
    record.launch(name.decode())
    try:
        memory.check((a for a in addresses if a), name.decode())
    except memory.IllegalAddress:
        return EXECUTION_FAILED
    return 0 if settings.RUN else SKIP


def asked_of_blas():
    """The functions of cuBLAS that CuPy's module refers to."""
    folder = Path(importlib.util.find_spec("cupy_backends").origin).parent / "cuda" / "libs"
    module = next(folder.glob("cublas.*.so"))
    return set(re.findall(r"U (cublas\w+)", compiler.command("nm", "-D", "--undefined-only", str(module))))


def written_in(text):
    """The functions of cuBLAS that blas.c defines, those of its macro for both types."""
    return set(re.findall(r"^int (cublas\w+)\(", text, re.M)) | {f"cublas{t}{rest}" for rest in re.findall(r"int cublas##S##(\w+)\(", text)
                                                                 for t in "SD"}


def provide_blas():
    """Open the stand-ins for libcublas and libcublasLt under these names, before CuPy looks for them."""
    text = (compiler.HERE / "blas.c").read_text()
    text += "".join(f"int {name}(void) {{ return NOT_SUPPORTED; }}\n" for name in sorted(asked_of_blas() - written_in(text)))
    for name, source in (("libcublasLt.so.12", ""), ("libcublas.so.12", text)):
        version = compiler.place() / f"{name}.map"
        if not version.exists():
            compiler.write(version, lambda beside, name=name: Path(beside).write_text(name + " { *; };\n"))
        library = compiler.build_c(source, name, "-O3", f"-Wl,-soname,{name}", f"-Wl,--version-script={version}", "-lm")
    ctypes.c_void_p.in_dll(library, "report").value = ctypes.cast(report_blas, ctypes.c_void_p).value


def view(address, dtype, shape):
    """Memory of a device as an array of NumPy's."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer((ctypes.c_char * size).from_address(address), dtype).reshape(tuple(shape))


def sort(dtype, data, keys, shape):
    view(data, dtype, shape).sort(axis=-1)


def argsort(dtype, indices, data, keys, shape):
    view(indices, np.intp, shape)[...] = view(data, dtype, shape).argsort(axis=-1, kind="stable")


def lexsort(dtype, indices, keys, count, length):
    view(indices, np.intp, (length,))[...] = np.lexsort(view(keys, dtype, (count, length)))


def recorded(function):
    """The function as a launch: counted, and done only where kernels are executed."""
    @functools.wraps(function)
    def launched(dtype, data, *rest):
        record.launch(f"thrust::{function.__name__}")
        memory.check((data,), function.__name__)
        if settings.RUN:
            function(dtype, data, *rest)
    return launched


def refuse_random(*_, **__):
    """CuPy's generators are compiled into it for a GPU."""
    raise NotImplementedError("CuPy's random generators are compiled for a GPU, and do not run on the emulated device: draw on the host")


def replace_in_cupy():
    """Exchange what CuPy reaches through Python: Thrust and the random generators."""
    import cupy
    from cupy.cuda import thrust
    for function in (sort, argsort, lexsort):
        setattr(thrust, function.__name__, recorded(function))
    for name in ("XORWOW", "MRG32k3a", "Philox4x3210", "Generator", "default_rng"):
        setattr(cupy.random, name, refuse_random)
