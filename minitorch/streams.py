"""Streams and events of CUDA devices: queues of work, and marks in them by which a program measures time."""
from minitorch import backend
from minitorch.tensor import device as _Device


def _index(place):
    """The number of a device; the current one's for None or "cuda"."""
    place = _Device("cuda" if place is None else place)
    return backend.existing(backend.current_device() if place.index is None else place.index)


class Stream:
    """A queue of work of a device, beside the one that all work goes to.

    Args:
        device: whose queue; default: the current device.
        priority: lower numbers go first.

    Raises:
        RuntimeError: there is no device.
    """

    def __init__(self, device=None, priority=0):
        if not backend.device_count():
            raise RuntimeError("torch.cuda.Stream requires CUDA support: set MINITORCH_BACKEND=cupy where there is a device")
        index = _index(device)
        with backend.library_on(f"cuda:{index}"):
            self._take(backend.devices().Stream(non_blocking=True, priority=priority), index)

    def _take(self, queue, index):
        self._queue, self.device, self.device_index = queue, _Device("cuda", index), index
        return self

    cuda_stream = property(lambda self: self._queue.ptr)

    def synchronize(self):
        """Wait until all that is in the queue is done."""
        self._queue.synchronize()

    def query(self):
        """Whether all that is in the queue is done."""
        return bool(self._queue.done)

    def record_event(self, event=None):
        """Put a mark into the queue; returns it."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event):
        """Let what comes later in this queue wait for a mark in another."""
        event.wait(self)

    def wait_stream(self, stream):
        """Let what comes later in this queue wait for all that is now in another."""
        self.wait_event(stream.record_event())

    def __eq__(self, other):
        return isinstance(other, Stream) and (self.device, self.cuda_stream) == (other.device, other.cuda_stream)

    def __hash__(self):
        return hash((self.device, self.cuda_stream))

    def __repr__(self):
        return f"<torch.cuda.Stream device={self.device} cuda_stream={hex(self.cuda_stream)}>"


class Event:
    """A mark in a queue of work: `elapsed_time` of two of them is the time that the device took between them.

    Args:
        enable_timing: whether it measures time.
        blocking: whether waiting for it lets the processor rest.
        interprocess: accepted; events are not shared between processes here.

    Raises:
        RuntimeError: there is no device.
    """

    def __init__(self, enable_timing=False, blocking=False, interprocess=False):
        if not backend.device_count():
            raise RuntimeError("torch.cuda.Event requires CUDA support: set MINITORCH_BACKEND=cupy where there is a device")
        self.timed, self.blocking, self._mark = enable_timing, blocking, None

    def record(self, stream=None):
        """Mark where a queue (the current one unless given) is now."""
        stream = current_stream() if stream is None else stream
        with backend.library_on(str(stream.device)):
            self._mark = self._mark or backend.devices().Event(block=self.blocking, disable_timing=not self.timed)
            self._mark.record(stream._queue)

    def wait(self, stream=None):
        """Let what comes later in a queue (the current one unless given) wait for this mark."""
        if self._mark is not None:
            (current_stream() if stream is None else stream)._queue.wait_event(self._mark)

    def query(self):
        """Whether the device has reached the mark."""
        return self._mark is None or bool(self._mark.done)

    def synchronize(self):
        """Wait until the device has reached the mark."""
        if self._mark is not None:
            self._mark.synchronize()

    def elapsed_time(self, end_event):
        """The milliseconds from this mark to another; both must have been reached.

        Raises:
            ValueError: an event that measures no time, or was not recorded.
        """
        if not (self.timed and end_event.timed):
            raise ValueError("Both events must be created with argument 'enable_timing=True'.")
        if self._mark is None or end_event._mark is None:
            raise ValueError("Both events must be recorded before calculating elapsed time.")
        return backend.devices().get_elapsed_time(self._mark, end_event._mark)


class StreamContext:
    """`with torch.cuda.stream(s):` makes s the queue of the work within the block, and its device the current one; None changes nothing."""

    def __init__(self, stream):
        self.stream, self.parts = stream, ()

    def __enter__(self):
        if self.stream is not None:
            self.parts = backend.library_on(str(self.stream.device)), self.stream._queue
        for part in self.parts:
            part.__enter__()

    def __exit__(self, *error):
        for part in reversed(self.parts):
            part.__exit__(*error)
        self.parts = ()


def stream(stream):
    """`with torch.cuda.stream(s):` makes s the queue of the work within the block."""
    return StreamContext(stream)


def _found(queue, device):
    """The stream of a queue of CuPy's."""
    index = _index(device)
    with backend.library_on(f"cuda:{index}"):
        return object.__new__(Stream)._take(queue(), index)


def current_stream(device=None):
    """The queue that work goes to.

    Raises:
        AssertionError: there is no device.
    """
    return _found(backend.devices().get_current_stream, device)


def default_stream(device=None):
    """The queue that work goes to outside `with torch.cuda.stream(...)`.

    Raises:
        AssertionError: there is no device.
    """
    return _found(lambda: backend.devices().Stream.null, device)


def set_stream(stream):
    """Make a stream the queue of the work from now on, and its device the current one; nothing for None."""
    if stream is not None:
        backend.set_device(stream.device_index)
        stream._queue.use()
