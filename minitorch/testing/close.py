"""`assert_close`, as torch.testing's."""
import numpy as np

from .comparison import array_of, dtype_name, is_tensor

# torch.testing's (rtol, atol) by dtype; other dtypes must be equal
CLOSE = {"float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def assert_close(actual, expected, *, rtol=None, atol=None, equal_nan=False, check_dtype=True, msg=None):
    r"""Two tensors, arrays, numbers, or nested sequences and mappings of them, are close: $|a - e| \le atol + rtol\,|e|$.

    Args:
        rtol, atol: both or none; by dtype if not given (the looser of the two dtypes if they differ).
        equal_nan: nan equals nan.
        check_dtype: dtypes must be equal too; else both are promoted.
        msg: what the error says instead, or a function of the message.

    Raises:
        AssertionError: if not; shape, dtype, or how many elements are how far apart.
        ValueError: if only one of rtol and atol is given.

    Example:
        >>> import minitorch as torch
        >>> assert_close(torch.tensor([1.0]), torch.tensor([1.0 + 1e-7]))
        >>> assert_close(torch.tensor([1.0]), torch.tensor([1.1]))
        Traceback (most recent call last):
            ...
        AssertionError: Tensor-likes are not close!
        ...
    """
    if (rtol is None) != (atol is None):
        raise ValueError(f"rtol and atol must both be specified or both be left out, but rtol is {rtol} and atol is {atol}")
    try:
        _compare(actual, expected, rtol, atol, equal_nan, check_dtype, "")
    except AssertionError as error:
        if msg is None:
            raise
        raise AssertionError(msg(str(error)) if callable(msg) else msg) from None


def _compare(a, e, rtol, atol, equal_nan, check_dtype, path):
    where = f"\n\nThe failure occurred for item {path}" if path else ""
    if isinstance(a, dict) and isinstance(e, dict):
        if a.keys() != e.keys():
            raise AssertionError(f"The keys of the mappings do not match: {sorted(map(str, a))} and {sorted(map(str, e))}{where}")
        for key in e:
            _compare(a[key], e[key], rtol, atol, equal_nan, check_dtype, f"{path}[{key!r}]")
        return
    if isinstance(a, (list, tuple)) and isinstance(e, (list, tuple)):
        if len(a) != len(e):
            raise AssertionError(f"The length of the sequences mismatch: {len(a)} != {len(e)}{where}")
        for i, (p, q) in enumerate(zip(a, e)):
            _compare(p, q, rtol, atol, equal_nan, check_dtype, f"{path}[{i}]")
        return
    scalars = not (_tensor_like(a) or _tensor_like(e))
    if _tensor_like(a) != _tensor_like(e):
        raise TypeError(f"No comparison pair was able to handle inputs of type {type(a)} and {type(e)}{where}")
    names = [dtype_name(v) if _tensor_like(v) else "float64" for v in (a, e)]
    a, e = (array_of(v) if is_tensor(v) else np.asarray(v) for v in (a, e))
    if a.shape != e.shape:
        raise AssertionError(f"The values for attribute 'shape' do not match: {tuple(a.shape)} != {tuple(e.shape)}.{where}")
    if check_dtype and not scalars and names[0] != names[1]:
        raise AssertionError(f"The values for attribute 'dtype' do not match: {names[0]} != {names[1]}.{where}")
    if rtol is None:
        bounds = [CLOSE.get(n, (0.0, 0.0)) for n in names]
        rtol, atol = (max(b[i] for b in bounds) for i in (0, 1))
    _values(a, e, rtol, atol, equal_nan, scalars, where)


def _tensor_like(value):
    return is_tensor(value) or isinstance(value, np.ndarray)


def _values(a, e, rtol, atol, equal_nan, scalars, where):
    wide = np.result_type(a, e, np.float64) if {a.dtype.kind, e.dtype.kind} & set("fc") else np.result_type(a, e)
    x, y = a.astype(wide), e.astype(wide)
    if x.dtype.kind == "b":
        x, y = x.astype(np.int8), y.astype(np.int8)
    with np.errstate(invalid="ignore", over="ignore"):
        apart, allowed = np.abs(x - y), atol + rtol * np.abs(y)
        good = (x == y) | (np.isfinite(x) & np.isfinite(y) & (apart <= allowed))
    if equal_nan:
        good |= (x != x) & (y != y)
    if good.all():
        return
    if scalars or not a.shape:
        raise AssertionError(f"Scalars are not close!\n\nExpected {e} but got {a}.\nAbsolute difference: {apart} (up to {atol} allowed)\n"
                             f"Relative difference: {apart / np.abs(y) if y else np.inf} (up to {rtol} allowed){where}")
    worst = np.unravel_index(np.where(good, -1.0, np.nan_to_num(apart, nan=np.inf)).argmax(), apart.shape)
    bad = int((~good).sum())
    raise AssertionError(f"Tensor-likes are not close!\n\nMismatched elements: {bad} / {good.size} ({100 * bad / good.size:.1f}%)\n"
                         f"Greatest absolute difference: {apart[worst]} at index {tuple(map(int, worst))} (up to {atol} allowed){where}")
