"""Whether history is recorded: context managers and decorators, per thread; and anomaly detection."""
import functools
import inspect
import traceback
import warnings

from minitorch.autograd import operator
from minitorch.backend import array_module
from minitorch.tensor import mode


class Switch:
    """A context manager that is a decorator as well: functions, generators and classes' methods."""

    def __call__(self, function):
        if inspect.isgeneratorfunction(function):
            @functools.wraps(function)
            def generate(*args, **kwargs):
                generator = function(*args, **kwargs)
                try:
                    with self.clone():
                        value = generator.send(None)
                    while True:
                        try:
                            sent = yield value
                        except GeneratorExit:
                            with self.clone():
                                generator.close()
                            raise
                        except BaseException as error:
                            with self.clone():
                                value = generator.throw(error)
                        else:
                            with self.clone():
                                value = generator.send(sent)
                except StopIteration as stop:
                    return stop.value
            return generate

        @functools.wraps(function)
        def call(*args, **kwargs):
            with self.clone():
                return function(*args, **kwargs)
        return call

    def clone(self):
        return type(self)()


class no_grad(Switch):
    """Operations inside are not recorded.

    Example:
        >>> import minitorch as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> with torch.no_grad():
        ...     (x * 2).requires_grad
        False
    """
    target = False

    def __new__(cls, function=None):                  # `@no_grad` without parentheses
        self = object.__new__(cls)
        return self if function is None else self(function)

    def __enter__(self):
        self.before, mode.grad = mode.grad, self.target

    def __exit__(self, *error):
        mode.grad = self.before


class enable_grad(no_grad):
    """Operations inside are recorded, also within `no_grad`."""
    target = True


class set_grad_enabled(Switch):
    """Switch recording on or off, as a function or for a `with` block.

    Example:
        >>> import minitorch as torch
        >>> with torch.set_grad_enabled(False):
        ...     torch.is_grad_enabled()
        False
    """

    def __init__(self, mode):
        self.mode, self.before = mode, globals()["mode"].grad
        globals()["mode"].grad = mode

    def __call__(self, function):
        mode.grad = self.before                       # a decorator changes nothing until the function is called
        return super().__call__(function)

    def __enter__(self):
        mode.grad = self.mode

    def __exit__(self, *error):
        mode.grad = self.before

    def clone(self):
        return set_grad_enabled(self.mode)


class inference_mode(Switch):
    """No history, and tensors made inside can never get one.

    Raises:
        RuntimeError: later, when such a tensor is changed in place, or saved for backward, outside.
    """

    def __new__(cls, mode=True):
        self = object.__new__(cls)
        if callable(mode):
            self.mode = True
            return self(mode)
        self.mode = mode
        return self

    def __enter__(self):
        self.before = mode.grad, mode.inference
        mode.grad, mode.inference = mode.grad and not self.mode, self.mode

    def __exit__(self, *error):
        mode.grad, mode.inference = self.before

    def clone(self):
        return inference_mode(self.mode)


def is_grad_enabled():
    """Whether operations are being recorded in this thread."""
    return mode.grad


def is_inference_mode_enabled():
    """Whether this thread is in inference mode."""
    return mode.inference


# ---- anomaly detection ---------------------------------------------------------------------------------------------------

def record_lines():
    """Number nodes as ever, and remember the line of the program that made each."""
    seq = plain_seq()
    operator.traces[seq] = "".join(traceback.format_stack()[:-2])
    return seq


plain_seq = operator.next_seq


class set_detect_anomaly:
    """Errors in backward, and nan in a gradient, name the line of the forward that made the node.

    Raises:
        RuntimeError: in backward, when a derivative gives nan and `check_nan` is on.
    """

    def __init__(self, mode, check_nan=True):
        self.before = operator.traces, operator.next_seq, operator.nan_is_error
        if mode:
            operator.traces, operator.next_seq = operator.traces if operator.traces is not None else {}, record_lines
        else:
            operator.traces, operator.next_seq = None, plain_seq
        operator.nan_is_error = check_nan

    def __enter__(self):
        return None

    def __exit__(self, *error):
        operator.traces, operator.next_seq, operator.nan_is_error = self.before


class detect_anomaly(set_detect_anomaly):
    """`with detect_anomaly():` errors in backward, and nan in a gradient, name the line of the forward.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor(0.0, requires_grad=True)
        >>> with torch.autograd.detect_anomaly():
        ...     (x.sqrt() * 0).backward()
        Traceback (most recent call last):
        RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
    """

    def __init__(self, check_nan=True):
        self.check_nan = check_nan

    def __enter__(self):
        super().__init__(True, self.check_nan)


def is_anomaly_enabled():
    """Whether anomaly detection is on."""
    return operator.traces is not None


def watched_vjp(node, grads, create_graph):
    """A node's derivative while anomaly detection is on: an error or a nan names the forward's line."""
    try:
        received = node.op.vjp(node, grads, create_graph)
        for k, g in enumerate(received if operator.nan_is_error else ()):
            array = getattr(g, "_array", g)
            if array is not None and array.dtype.kind == "f" and array_module(array).isnan(array).any():
                raise RuntimeError(f"Function '{type(node).__name__}' returned nan values in its {k}th output.")
    except Exception:
        line = operator.traces.get(node.seq, "(made before anomaly detection was on)")
        warnings.warn(f"Error detected in {type(node).__name__}. Traceback of forward call that caused the error:\n{line}", stacklevel=2)
        raise
    return received


operator.watched_vjp = watched_vjp
