"""Does a program ask CuPy only for what CuPy has? Read from the source: nothing is run, and CuPy need not be there.

    uses, findings = check(package("minitorch"))
    print(*findings, sep="\\n")                        # minitorch/ops/x.py:12: CuPy 14.2.0 has no cupy.einsum_path

The library is followed from where it comes in, `import cupy`, through returns, assignments, parameters, attributes, `with` and tables to
each place where something is asked of it: so `xp`, `np`, `linalg` are the library where CuPy can come to be called so, whatever the name,
and `numpy`, which the host's own code imports, is not. A parameter called `xp` is the library even if nobody is seen to call with one.
What is asked is judged by `cupy_double/manifest.json`: that the name exists, and that the call binds to its parameters.

Of arrays it is not known where they lie. A call of a method, or an attribute, is a mistake if NumPy's arrays take it and CuPy's do not
(`x.mean(where=m)`, `x.setflags(...)`); not on arrays that come straight from NumPy or were asked whether they are the host's.

It sees names and signatures. Values, dtypes, devices and what waits for one it does not see: `cupy_double` does.
"""
from pathlib import Path

from .program import Finding, Program

__all__ = ["Finding", "check", "package"]


def package(folder):
    """{file: source} of a package, the files named from the folder that it lies in."""
    folder = Path(folder)
    return {path.relative_to(folder.parent).as_posix(): path.read_text() for path in sorted(folder.rglob("*.py"))}


def check(sources):
    """What a program asks of CuPy, and what of that CuPy has not.

    Args:
        sources: {file: source}; the names of the modules are those of the files.

    Returns:
        the set of (file, line, name in CuPy), and the sorted list of findings.
    """
    return Program(sources).run()
