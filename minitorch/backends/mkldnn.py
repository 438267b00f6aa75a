"""oneDNN, which minitorch does not use: its switch can be set, and nothing depends on it."""
enabled = True


def is_available():
    """Whether oneDNN is there: no."""
    return False
