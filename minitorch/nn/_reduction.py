"""`size_average` and `reduce`, the older way to say `reduction`."""
import warnings


def legacy_get_string(size_average, reduce, emit_warning=True):
    """The `reduction` that two older settings mean, with a warning; None counts as True.

    Example:
        >>> legacy_get_string(False, None, emit_warning=False)
        'sum'
    """
    reduction = "none" if reduce is not None and not reduce else "sum" if size_average is not None and not size_average else "mean"
    if emit_warning:
        warnings.warn(f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.", stacklevel=3)
    return reduction
