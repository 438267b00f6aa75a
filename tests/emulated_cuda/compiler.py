"""The compilers and their cache: CuPy's kernels by g++, the emulator's own C files by gcc.

What is built lies in a directory named after all that it depends on: headers, flags, version of the compiler. A file is written beside
its place and renamed into it, so processes that build the same one at the same time do not disturb each other.
"""
import ctypes
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from . import settings

HERE = Path(__file__).parent
# -fwhole-program: only the entries are kept, and what CuPy's headers define besides is not compiled, which makes it three times as fast.
# -fno-gnu-unique: shared memory in templates would otherwise be one for all kernels of that name.
# -fno-threadsafe-statics: shared memory of a class with a constructor would otherwise need the C++ library.
FLAGS = ("-std=c++17", "-O1", "-fwhole-program", "-fno-gnu-unique", "-fno-threadsafe-statics", "-fvisibility=hidden", "-fPIC",
         "-fno-exceptions", "-fno-rtti", "-fno-asynchronous-unwind-tables", "-w", "-pipe")
HEADERS = f"-I{HERE / 'headers'}"
C_FLAGS = ("-std=gnu11", "-O2", "-fPIC", "-shared", "-Wl,-Bsymbolic", "-w")
TOGETHER = re.compile(r"(__device__ void (?:bitonic_sort_step|merge)\([^{]*\{)")     # of CuPy's argpartition
OURS = ("-I", "-D", "-U")                             # which of NVRTC's options g++ is given
KERNEL = re.compile(r"__global__\s+(?:__launch_bounds__\([^)]*\)\s*)?void\s+(?:__launch_bounds__\([^)]*\)\s*)?(\w+)\s*\(([^{]*?)\)\s*\{")
DYNAMIC = re.compile(r"extern\s+__shared__\s+(?:__align__\(\d+\)\s+)?([\w: ]+?)\s+(\w+)\s*\[\s*\]\s*;")
statistics = Counter()                                # "built", "seconds", "found"


class CompilerMissing(RuntimeError):
    """There is no g++."""


@functools.cache
def compiler_version():
    """What g++ says of itself.

    Raises:
        CompilerMissing: if there is none.
    """
    if shutil.which("g++") is None:
        raise CompilerMissing("the emulated CUDA device compiles CuPy's kernels by g++, and there is none on the PATH: apt-get install g++")
    return subprocess.run(["g++", "--version"], capture_output=True, text=True, check=True).stdout


def digest(*parts):
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


@functools.cache
def place():
    """The directory of what these sources and this compiler build."""
    sources = (path.read_text() for path in sorted(HERE.rglob("*")) if path.suffix in (".h", ".cuh", ".c"))
    found = settings.CACHE / digest(compiler_version(), settings.CUPY_VERSION, *FLAGS, *C_FLAGS, *sources)
    found.mkdir(parents=True, exist_ok=True)
    return found


def write(path, make):
    """`make(file)` writes a file beside `path`, which then takes its place."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
    os.close(handle)
    try:
        make(beside)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    finally:
        if os.path.exists(beside):
            os.unlink(beside)


def command(*words, text=None):
    """Run a compiler.

    Raises:
        subprocess.CalledProcessError: if it fails; `stderr` says why.
    """
    return subprocess.run(words, input=text, capture_output=True, text=True, check=True).stdout


def build_c(text, name, *flags, open_as=ctypes.CDLL):
    """The library made of C text, opened where those opened later find it."""
    path = place() / f"{name}-{digest(text, *flags)}.so"
    if not path.exists():
        write(path, lambda beside: command("gcc", *C_FLAGS, "-x", "c", "-", "-o", beside, *flags, text=text))
    return open_as(str(path), mode=ctypes.RTLD_GLOBAL)


@functools.cache
def linker():
    """ld and the compiler's own library: without the driver of g++ linking takes a twentieth of the time."""
    return command("g++", "-print-prog-name=ld").strip(), command("g++", "-print-libgcc-file-name").strip()


@functools.cache
def precompiled(prelude, options):
    """The header that a kernel begins with, precompiled with these options."""
    header = place() / f"{prelude}-{digest(*options)}.h"
    if not (compiled := header.with_suffix(".h.gch")).exists():
        write(header, lambda beside: Path(beside).write_text(f"#include <{prelude}.h>\n"))
        write(compiled, lambda beside: command("g++", *FLAGS, HEADERS, *options, "-x", "c++-header", str(header), "-o", beside))
    return header


def is_address(parameter):
    """Whether a kernel's parameter begins with an address of memory: a pointer or a CArray."""
    return "*" in parameter or "CArray<" in parameter


def split(parameters):
    """The parameters of a kernel, apart: a comma within <> does not part them."""
    found, depth = [""], 0
    for character in parameters:
        depth += (character == "<") - (character == ">")
        if character == "," and not depth:
            found.append("")
        else:
            found[-1] += character
    return [p for p in found if p.strip()]


def kernels_of(source, expressions):
    """{symbol: (expression of the kernel, [whether a parameter is an address])}"""
    declared = {name: [is_address(p) for p in split(parameters)] for name, parameters in KERNEL.findall(source)}
    if not expressions:
        return {name: (name, addresses) for name, addresses in declared.items()}
    return {f"instance_{k}": (expression, declared.get(re.match(r"[\w:]*", expression)[0].rpartition(":")[2], []))
            for k, expression in enumerate(expressions)}


def translate(source, kernels):
    """The text for g++: dynamic shared memory gets an address, and each kernel an entry with C linkage.

    CuPy's argpartition has no barriers: it relies on the threads of a warp stepping together, which these do not, so it is given some.
    """
    source = TOGETHER.sub(r"\1 emulated::step_together step;", source)
    source = DYNAMIC.sub(r"\1* \2 = reinterpret_cast<\1*>(dynamic_shared_memory);", source)
    return source + "\n" + "".join(f"KERNEL_ENTRY({symbol}, ({expression}))\n" for symbol, (expression, _) in kernels.items())


def build(text, options, path):
    """Compile and link a kernel.

    Raises:
        subprocess.CalledProcessError: if g++ refuses it.
    """
    started = time.perf_counter()
    ld, libgcc = linker()
    header = precompiled("prelude_for_xsf" if "xsf/" in text else "prelude", options)
    with tempfile.TemporaryDirectory() as directory:
        compiled = f"{directory}/kernel.o"
        command("g++", *FLAGS, HEADERS, *options, "-include", str(header), "-x", "c++", "-", "-c", "-o", compiled, text=text)
        write(path, lambda beside: command(ld, "-shared", "-o", beside, compiled, libgcc))
    statistics["built"] += 1
    statistics["seconds"] += time.perf_counter() - started


def compile_kernels(source, options=(), arch=None, filename="kernel.cu", name_expressions=None, *_):
    """In the place of CuPy's function that calls NVRTC: (a description of what was built, {expression: symbol}).

    Raises:
        CompileException: CuPy's, with what g++ said.
    """
    from cupy.cuda.compiler import CompileException
    options = tuple(o for o in options if o.startswith(OURS) and "_cccl" not in o)
    kernels = kernels_of(source, name_expressions)
    text = translate(source, kernels)
    path = place() / f"{digest(text, *options)}.so"
    if path.exists():
        statistics["found"] += 1
    else:
        try:
            build(text, options, path)
        except subprocess.CalledProcessError as error:
            said = [line for line in error.stderr.splitlines() if "error:" in line] or error.stderr.splitlines()
            raise CompileException("\n".join(said[:20]), source, filename, options, "g++") from None
    described = {"path": str(path), "addresses": {symbol: addresses for symbol, (_, addresses) in kernels.items()}}
    mapping = {expression: symbol for symbol, (expression, _) in kernels.items()} if name_expressions else None
    return json.dumps(described).encode(), mapping


def replace_nvrtc():
    """Let CuPy compile by g++, and keep nothing in a cache of its own."""
    from cupy.cuda import compiler

    class NoCache(compiler._KernelCacheBackend):
        def load(self, name):
            return None

        def save(self, name, payload, source=None):
            return None

    compiler._set_kernel_cache_backend(NoCache())
    compiler._compile_using_nvrtc_no_warning = compile_kernels
