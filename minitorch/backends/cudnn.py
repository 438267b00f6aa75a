"""cuDNN, which minitorch does not use: its switches can be set, and nothing depends on them."""
from contextlib import contextmanager

enabled, benchmark, deterministic, allow_tf32, benchmark_limit = True, False, False, True, None


def is_available():
    """Whether cuDNN is there: no."""
    return False


def version():
    """cuDNN's version: None, it is not there."""
    return None


@contextmanager
def flags(enabled=False, benchmark=False, benchmark_limit=10, deterministic=False, allow_tf32=True):
    """Switches that hold within a `with` block."""
    given = dict(enabled=enabled, benchmark=benchmark, benchmark_limit=benchmark_limit, deterministic=deterministic, allow_tf32=allow_tf32)
    before = {name: globals()[name] for name in given}
    globals().update(given)
    try:
        yield
    finally:
        globals().update(before)
