"""Apple's Metal, which minitorch does not use."""


def is_available():
    """Whether Apple's Metal is there: no."""
    return False


def is_built():
    """Whether minitorch was built for Apple's Metal: no."""
    return False
