"""Intel's MKL, which minitorch does not use."""


def is_available():
    """Whether Intel's MKL is there: no."""
    return False
