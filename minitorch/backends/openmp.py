"""OpenMP, which minitorch does not use."""


def is_available():
    """Whether OpenMP is there: no."""
    return False
