"""`nn.functional`: max pooling that returns where the maxima lie, whether asked for or not."""
from minitorch.nn._pooling import adaptive_max_pool2d, max_pool2d
from minitorch.nn._pooling_kinds import adaptive_max_pool1d, adaptive_max_pool3d, max_pool1d, max_pool3d


def windows(pool):
    """The pooling over windows with its places."""
    def function(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        return pool(input, kernel_size, stride, padding, dilation, ceil_mode, True)
    return titled(function, pool)


def shares(pool):
    """The pooling of so many parts with its places."""
    def function(input, output_size, return_indices=False):
        return pool(input, output_size, True)
    return titled(function, pool)


def titled(function, pool):
    """The function under its name."""
    function.__name__ = function.__qualname__ = pool.__name__ + "_with_indices"
    function.__doc__ = f"`{pool.__name__}` and the places of the maxima: (values, indices)."
    return function


max_pool1d_with_indices, max_pool2d_with_indices, max_pool3d_with_indices = map(windows, (max_pool1d, max_pool2d, max_pool3d))
adaptive_max_pool1d_with_indices, adaptive_max_pool2d_with_indices, adaptive_max_pool3d_with_indices = map(
    shares, (adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d))
