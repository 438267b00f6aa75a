"""Where the state of a parameter group lies: flat buffers, of which the tensors in `optimizer.state` are views."""
from operator import is_

from minitorch import dtypes
from minitorch.backend import array_module, device_name, extent, on_host, on_own_device, use_device_of
from minitorch.kernels.optimizer import FlatState, whole
from minitorch.tensor import Tensor, version_counter, wrap


class Layout:
    """The places of a group's states, made anew when the group's parameters or its kinds of state change.

    Parameters and gradients stay where they are. A state tensor that is loaded from a checkpoint is moved to the buffers with
    its values; one that somebody replaces later is used where it is.

    Args:
        params: the group's parameters.
        names: the names of the states that have their parameter's shape.
        counted: whether there is a "step" as well.
        value: what new states are filled with.
        fused: whether "step" is float32 whatever the default dtype.
    """

    def __init__(self, params, names, counted, value, fused):
        self.params, self.names, self.counted, self.value = list(params), tuple(names), counted, value
        self.all_names = ("step", *self.names) if counted else self.names
        self.step_dtype = step_dtype(fused)
        self.places, self.buffers = [None] * len(self.params), []

    def fits(self, params, names):
        """Whether this is still the layout of a group."""
        return self.names == tuple(names) and len(params) == len(self.params) and all(map(is_, params, self.params))

    def updates(self, state):
        """Pairs of the number of this step (or: whether the state is new) and the blocks of all parameters with a gradient."""
        fresh, alone = [], []
        for buffer in self.buffers:
            buffer.forget()
        for k, p in enumerate(self.params):
            grad = p.grad
            if grad is not None and (self.places[k] is None or not self._choose(k, p, grad, state, alone)):
                fresh.append(k)
        if fresh:
            self.place(fresh, state)
            for k in fresh:
                self._choose(k, self.params[k], self.params[k].grad, state, alone)
        for buffer in self.buffers:
            if buffer.chosen:
                use_device_of(buffer.state.thetas[buffer.chosen[0]])
                yield from buffer.updates(self.counted)
        for p, grad, new in alone:
            number = self._count(state[p]) if self.counted else new
            use_device_of(p._array)
            yield number, whole(p._array, grad._array, *(state[p][name]._array for name in self.names))
        for buffer in self.buffers:
            buffer.new = False

    def _choose(self, k, p, grad, state, alone):
        """Let parameter k, which has a place, take part in this step; False if its state is gone."""
        (buffer, i, home), theta = self.places[k], p._array
        if home:
            own = state[p]
            for name, array in home:
                tensor = own.get(name)
                if tensor is None:
                    return False
                if tensor._array is not array:        # replaced by hand, or shared with another optimizer
                    alone.append((p, grad, buffer.new))
                    version_counter(p)[0] += 1
                    return True
        if theta is not buffer.state.thetas[i]:
            buffer.use(i, theta)
        buffer.grads[i] = grad._array
        buffer.chosen.append(i)
        (p._counter or version_counter(p))[0] += 1
        return True

    def place(self, fresh, state):
        """Give the parameters numbered `fresh` a place; states that they have already keep their values."""
        names = self.all_names
        arrays = [self.params[k]._array for k in fresh]
        together = {}
        for k, array, rank in zip(fresh, arrays, disjoint(arrays)):
            known = all(isinstance(state[self.params[k]].get(name), Tensor) for name in names)
            together.setdefault((array.dtype, device_name(array), rank, known), []).append(k)
        for (*_, known), members in together.items():
            buffer = Buffer([self.params[k]._array for k in members], len(self.names), self.value, self.step_dtype.numpy, not known)
            self.buffers.append(buffer)
            for i, k in enumerate(members):
                home = ((buffer.step_home[i],) if self.counted else ()) + buffer.state.home[i]
                self.places[k] = buffer, i, tuple(zip(names, home))
        for k in fresh:
            for name, array in self.places[k][2]:
                adopt(state[self.params[k]], name, array)
        used = {id(place[0]) for place in self.places if place is not None}
        self.buffers = [buffer for buffer in self.buffers if id(buffer) in used]

    def place_missing(self, state, chosen):
        """Make the state of those of the parameters numbered `chosen` that have none."""
        missing = [k for k in chosen if any(name not in state[self.params[k]] for name in self.all_names)]
        if missing:
            self.place(missing, state)

    def _count(self, own):
        """Count a step in a state of its own; the number of this step."""
        step = own["step"]._array
        step += 1
        return float(step) if on_host(step) else step


class Buffer:
    """Parameters that got their state together, what of them takes part in a step, and their step counts.

    The counts stay on the host: reading them costs no synchronisation.
    """

    @on_own_device
    def __init__(self, arrays, count, value, step_dtype, new):
        self.state, self.dtype, self.shapes, self.new = FlatState(arrays, count, value), arrays[0].dtype, [a.shape for a in arrays], new
        self.steps = array_module().zeros(len(arrays), step_dtype)
        self.step_home = [self.steps[i:i + 1].reshape(()) for i in range(len(arrays))]
        self.forget()

    def use(self, i, theta):
        """Let the array of parameter i be another, of the same dtype and shape."""
        if theta.dtype != self.dtype or theta.shape != self.shapes[i]:
            raise RuntimeError(f"the optimizer's state was made for a parameter of dtype {self.dtype} and shape {list(self.shapes[i])}, "
                               f"which now has {theta.dtype} and {list(theta.shape)}: make a new optimizer for it")
        self.state.use(i, theta)

    def updates(self, counted):
        """(number of the step, blocks) of the chosen parameters."""
        everyone = len(self.chosen) == len(self.shapes)
        if counted:
            self.steps[... if everyone else self.chosen] += 1
            counts = self.steps.tolist()
        else:
            counts = [self.new] * len(self.shapes)
        numbers = {counts[i] for i in self.chosen}
        for t in sorted(numbers):
            chosen = None if everyone and len(numbers) == 1 else {i for i in self.chosen if counts[i] == t}
            for blocks in self.state.blocks(self.grads, chosen):
                yield t, blocks
        self.forget()

    def forget(self):
        """Let go of the choice, and with it of the gradients."""
        self.grads, self.chosen = [None] * len(self.shapes), []


def step_dtype(fused=False):
    """The dtype of "step": float32, but float64 if that is the default dtype and the optimizer is not fused."""
    return dtypes.float64 if dtypes.get_default_dtype() is dtypes.float64 and not fused else dtypes.float32


@on_own_device
def adopt(own, name, array):
    """Make `array` the memory of a state tensor: a new one, or one that has values and the same dtype, shape and device."""
    tensor = own.get(name)
    if not isinstance(tensor, Tensor):
        own[name] = wrap(array)
    elif (tensor._array.dtype, tensor._array.shape, device_name(tensor._array)) == (array.dtype, array.shape, device_name(array)):
        array[...] = tensor._array
        tensor._array = array


def disjoint(arrays):
    """A number for each array, such that arrays with the same number do not overlap in memory."""
    numbers, ends = [0] * len(arrays), []
    for (start, stop), i in sorted((extent(array), i) for i, array in enumerate(arrays)):
        number = next((n for n, end in enumerate(ends) if end <= start), len(ends))
        ends[number:number + 1] = [stop]
        numbers[i] = number
    return numbers
