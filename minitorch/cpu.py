"""The CPU, asked as a device: what `torch.get_device_module("cpu")` gives, so that one program serves every device."""


def is_available():
    """True: there is a CPU."""
    return True


def device_count():
    """1: all processors are one device."""
    return 1


def current_device():
    """`"cpu"`."""
    return "cpu"


def set_device(device):
    """Nothing: there is one."""


def synchronize(device=None):
    """Nothing: what was asked of the CPU is done when the call returns."""
