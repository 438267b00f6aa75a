"""How the functions under CuPy are exchanged.

CuPy's modules are compiled, and call each other through pointers: a module keeps, in `__pyx_capi__`, a capsule a function, whose name is
the C type of the function, and the others take the pointers when they are imported. Whoever exchanges capsules before that decides what
CuPy calls. The pointers put there are small C functions made from those types: each calls Python and, if that raised, sets the exception
where CuPy looks for it, which a callback of ctypes alone cannot.
"""
import ctypes
import re
from collections import defaultdict

from . import compiler

new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype, new_capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
name_of = ctypes.pythonapi.PyCapsule_GetName
name_of.restype, name_of.argtypes = ctypes.c_void_p, [ctypes.py_object]

TYPES = {"PyObject *": ctypes.py_object, "int": ctypes.c_int, "unsigned int": ctypes.c_uint, "size_t": ctypes.c_size_t,
         "intptr_t": ctypes.c_ssize_t, "float": ctypes.c_float}
FAILED = defaultdict(lambda: 0, {"int": -1, "float": -1})   # what Cython's functions return when they raise
HEAD = """#include <stddef.h>
#include <stdint.h>
typedef struct _object PyObject;
void PyErr_SetObject(PyObject *type, PyObject *value);
PyObject *raised_type, *raised;                       /* the exception that Python left, if any */

static int has_raised(void) {
    if (!raised) return 0;
    PyErr_SetObject(raised_type, raised);
    raised = 0;
    return 1;
}
"""
FUNCTION = """
{result} (*ask_{name})({asked});
{result} answer_{name}({taken}) {{
    {result} answer = ask_{name}({passed});
    return has_raised() ? {failed} : answer;
}}
"""
_raised = [None]                                      # kept alive until C has set it


def signature(capsule):
    """(type of the result, types of the arguments, how many of them are the function's own) by the capsule's name."""
    name = ctypes.string_at(name_of(capsule)).decode()
    result, arguments = re.fullmatch(r"(.*?) ?\((.*)\)", name).groups()
    arguments = [] if arguments == "void" else arguments.split(", ")
    own = next((k for k, a in enumerate(arguments) if "__pyx_skip_dispatch" in a), len(arguments))
    return result, [re.sub(r"(?<!struct )\b__pyx_\w+$", "", a).strip() for a in arguments], own


def c_function(name, result, arguments, own):
    """The C text of one function."""
    return FUNCTION.format(
        name=name, result=result, failed=FAILED[result],
        asked=", ".join(arguments[:own]) or "void",
        taken=", ".join(f"{a} a{k}" for k, a in enumerate(arguments)) or "void",
        passed=", ".join(f"a{k}" for k in range(own)))


def exchange(module, functions):
    """Put Python functions under the names of a module of CuPy's, for C and for Python."""
    capsules = module.__pyx_capi__
    types = {name: signature(capsules[name]) for name in functions}
    library = compiler.build_c(HEAD + "".join(c_function(name, *types[name]) for name in functions), module.__name__.rpartition(".")[2])
    raised_type, raised = (ctypes.c_void_p.in_dll(library, name) for name in ("raised_type", "raised"))
    for name, function in functions.items():
        result, arguments, own = types[name]
        ask = ctypes.PYFUNCTYPE(TYPES.get(result, ctypes.py_object), *(TYPES[a] for a in arguments[:own]))(
            guarded(function, result, raised_type, raised))
        ctypes.c_void_p.in_dll(library, f"ask_{name}").value = ctypes.cast(ask, ctypes.c_void_p).value
        address = ctypes.cast(getattr(library, f"answer_{name}"), ctypes.c_void_p).value
        old = capsules[name]
        capsules[name] = new_capsule(address, name_of(old), None)
        if hasattr(module, name):
            setattr(module, name, function)
        for kept in (library, ask, old):              # CuPy calls these until the process ends
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))


def guarded(function, result, raised_type, raised):
    """The function for C: what it raises is left for C to set."""
    failed = None if "*" in result else FAILED[result]

    def answer(*arguments):
        try:
            return function(*arguments)
        except BaseException as error:
            _raised[0] = error
            raised_type.value, raised.value = id(type(error)), id(error)
            return failed
    return answer
