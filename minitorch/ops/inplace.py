"""In place: in memory as the name says, in the graph as a new value.

`x.op_(...)` records `op(old x)`, writes, raises the version that all views share, and gives x the new node. If x is a
view, its base's history becomes `assign(base, value, region)`, and every other view reads its history anew through the
base when next asked for it. Nothing is written before all checks have passed.
"""
import functools
import warnings
import weakref

import numpy

from minitorch import dtypes
from minitorch.autograd.operator import OUT, differentiable, edge, named
from minitorch.autograd.saved import stack
from minitorch.backend import array_module, as_strided, device_name, extent, may_share_memory, on_own_device, to_device
from minitorch.ops.shape import broadcast_shape, laid_out, overlaps, region_view, strides_of
from minitorch.tensor import Leaf, Node, Output, Tensor, mode, region_of, version_counter, wrap


def shares_places(t):
    """Whether several elements of a tensor lie at one place, as those of an expanded one do."""
    return not t._array.flags.c_contiguous and t._array.size > 1 and overlaps(t._array.shape, strides_of(t))


def check_writable(t, recorded, shared=False):
    """Refuse what torch refuses, before anything is written; `shared`: one value is written, so elements may share their places."""
    if t._origin == "inference" and not mode.inference:
        raise RuntimeError("Inplace update to inference tensor outside InferenceMode is not allowed. You can make a clone to get a normal "
                           "tensor before doing inplace update.")
    if recorded:
        base = t._base
        if base is not None:
            if t._origin == "multi":
                raise RuntimeError(f"Output {t.output_nr} of {type(t.grad_fn).__name__.removesuffix('Backward0')} is a view and is being "
                                   "modified inplace. This view is the output of a function that "
                                   "returns multiple views. Such functions do not allow the output views to be modified inplace. You "
                                   "should replace the inplace operation by an out-of-place one.")
            if t._origin == "custom":
                raise RuntimeError(f"Output {t.output_nr} of {type(t.grad_fn).__name__.removesuffix('Backward')} is a view and is being "
                                   "modified inplace. This view was created inside a custom Function (or because an input was returned "
                                   "as-is) and the autograd logic to handle view+inplace would override the custom backward associated "
                                   "with the custom Function, leading to incorrect gradients. Clone the output of the custom Function.")
            if t._origin == "no_grad":
                raise RuntimeError("A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that "
                                   "this use case is ambiguous and error-prone, it is forbidden. "
                                   "You can clarify your code by moving both the view and the inplace either both inside the no_grad "
                                   "block (if you don't want the inplace to be tracked) or both "
                                   "outside (if you want the inplace to be tracked).")
            if base._requires_grad and (base._node is None or type(base._node) is Leaf):
                raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
        elif t._requires_grad and (t._node is None or type(t._node) is Leaf):
            raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    if not shared and shares_places(t):
        raise RuntimeError("unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
                           "Please clone() the tensor before performing the operation.")


def check_result(t, result):
    """The result must have the tensor's shape, and a dtype of no higher category."""
    if result._array.shape != t._array.shape:
        raise RuntimeError(f"output with shape {list(t._array.shape)} doesn't match the broadcast shape {list(result._array.shape)}")
    check_category(t, result._array.dtype)


def check_category(t, kind):
    """A result is not written into a tensor of a lower category."""
    if dtypes.CATEGORY[kind] > dtypes.CATEGORY[t._array.dtype]:
        result = dtypes.BY_NUMPY[kind].legacy.removesuffix("Tensor")
        raise RuntimeError(f"result type {result} can't be cast to the desired output type {t.dtype.legacy.removesuffix('Tensor')}")


IN_PLACE_DOC = """In-place version of `{}`.

    Raises:
        RuntimeError: the tensor is a leaf that requires a gradient, or the result does not fit it.
    """


def gone():
    """A weak reference to what nobody can have kept."""


def inplace(function, name=None, shared=False):
    """The in-place method of a function whose first argument is the tensor; `shared`: it writes one value, as `check_writable` says."""
    @functools.wraps(function)
    def method(self, *args, **settings):
        recorded = mode.grad and self.requires_grad
        for other in (*args, *settings.values()) if settings else args:
            if isinstance(other, Tensor):
                recorded = recorded or mode.grad and other.requires_grad
                if self._base is not None or other._base is not None:
                    check_apart(self, other)
        check_writable(self, recorded, shared)
        if settings and settings.get("dtype") not in (None, self.dtype):
            raise RuntimeError(f"Bad in-place call: input tensor dtype {self.dtype} and output tensor dtype {settings['dtype']} should "
                               "match")
        before = wrap(self._array, self.requires_grad, edge(self) if self.requires_grad else None)
        if recorded and stack.pairs:                  # hooks may keep the old value in any form
            before._array = self._array.copy()
        kept = weakref.ref(before) if recorded else gone
        try:
            result = function(before, *args, **settings)
        except NotImplementedError:                   # torch looks first whether the result could be written at all
            shape = broadcast_shape(*(a._array.shape for a in (self, *args) if isinstance(a, Tensor)))
            if shape != self._array.shape:
                raise RuntimeError(f"output with shape {list(self._array.shape)} doesn't match the broadcast shape {list(shape)}") from None
            check_category(self, dtypes.result_numpy([getattr(a, "_array", a) for a in (self, *args)]))
            raise
        check_result(self, result)
        del before
        if kept() is not None:                        # the tape keeps the old value: a copy, now that it is to change
            kept()._array = kept()._array.copy()
        write(self, result, shared)
        return self
    method.__name__ = method.__qualname__ = name or function.__name__.removesuffix("_op") + "_"
    method.__doc__ = IN_PLACE_DOC.format(function.__name__)
    return on_own_device(method)


def places_of(t):
    """The array to write through, of a tensor whose elements may share their places, which NumPy shows read-only."""
    if t._base is None or not shares_places(t):
        return t._array
    offset, shape, strides = region_of(t, t._base)
    return as_strided(t._base._array, shape, strides, offset)


def write(self, result, shared=False):
    """Put a result's values into a tensor's memory, and its history into the tensor's."""
    array = result._array
    if array is not self._array:
        if may_share_memory(array, self._array):
            array = array.copy()
        (places_of(self) if shared else self._array)[...] = array
    version_counter(self)[0] += 1
    if mode.grad and (result._requires_grad or self.requires_grad):       # under no_grad the history stays as it is
        if result._array.dtype != self._array.dtype:
            from minitorch.ops.conversion import cast
            result = cast(result, dtype=self._array.dtype)
        write_history(self, result)


def write_history(self, result):
    """Give a tensor (through its base, if it is a view) the history of the value that was written into it."""
    if self._base is None:
        keep_retained(self, result._node)
        self._node, self._requires_grad = result._node, result._requires_grad
        rebind(result, self)
        return
    base = self._base
    settings = dict(region=region_of(self, base), base_strides=strides_of(base))
    operands = (base, result)
    edges = [edge(t) for t in operands if t._requires_grad]
    mask = sum(bit for bit, t in zip((1, 2), operands) if t._requires_grad)
    whole = assign.op.finish(base._array, operands, settings, edges, mask)
    keep_retained(base, whole._node)
    base._node, base._requires_grad = whole._node, whole._requires_grad


def keep_retained(t, node):
    """`retain_grad` follows in-place writes: the tensor's gradient is that of its newest value."""
    old = t._node
    owner, nr = (old.node, old.nr) if type(old) is Output else (old, 0)
    if isinstance(owner, Node) and owner.retained and nr in owner.retained and owner.retained[nr]() is t and node is not None:
        new, place = (node.node, node.nr) if type(node) is Output else (node, 0)
        new.retained, new.hooks = {**(new.retained or {}), place: owner.retained.pop(nr)}, new.hooks or {}


def rebind(result, t):
    """What the new node kept of its own output is now the tensor's memory, at its new version."""
    node = result._node
    if not isinstance(node, Node) or node.plan is None or type(node).saved is not Node.saved:      # hooks have it: no longer this memory
        return
    saved = list(node.saved)
    for k, (kind, _) in enumerate(node.plan.keeps):
        if kind == OUT and saved[2 * k][0] is result._array:
            counter = version_counter(t)
            saved[2 * k:2 * k + 2] = (t._array, counter), counter[0]
            node.saved = saved


@differentiable(name="CopySlices")
def assign(base, value, *, region, base_strides):
    """`base` with `value` written into a region (offset, shape, strides) of its memory."""
    new = laid_out(base, base_strides)
    new = laid_out(base.copy(), base_strides) if new is base else new
    offset, shape, strides = region
    as_strided(new, shape, strides, offset)[...] = value
    return new

@assign.derivative("base")                            # what was overwritten has no more influence
def _(grad, region, base_strides):
    zero = array_module(getattr(grad, "_array", grad)).zeros((), grad.dtype if not isinstance(grad, Tensor) else grad._array.dtype)
    return assign(grad, zero, region=region, base_strides=base_strides)

@assign.derivative("value")
def _(grad, value_shape, region, base_strides):
    return region_view(grad, region=region, base_strides=base_strides)


assign.op.node.name = lambda self: "torch::autograd::CopySlices"


def overwrite(out, result, resize=False):
    """`out=`: a result written into a given tensor, which takes its shape if it has another."""
    if result._array.shape != out._array.shape:
        if out._array.size:
            warnings.warn(f"An output with one or more elements was resized since it had shape {list(out.shape)}, which does not match the "
                          f"required output shape {list(result.shape)}. Give out= the right shape, or one without elements.", stacklevel=3)
        out._array = array_module(result._array).empty(result._array.shape, out._array.dtype)
    check_result(out, result)
    write(out, result.detach() if result._requires_grad else result)
    return out


# ---- methods that only exist in place ------------------------------------------------------------------------------------

def copied(self, other):
    from minitorch.ops.conversion import cast, move
    from minitorch.ops.shape import expand_op
    if device_name(other._array) != device_name(self._array):
        other = move(other, device=device_name(self._array))
    if other._array.dtype != self._array.dtype:
        other = cast(other, dtype=self._array.dtype)
    if other._array.shape != self._array.shape:
        other = expand_op(other, shape=self._array.shape)
    return keep_second(self, other)


@differentiable(name="CopyBackwards")
def keep_second(input, src):
    return src

@keep_second.derivative
def _(grad, needs):
    from minitorch.ops.choosing import zeros_of
    return zeros_of(grad) if needs[0] else None, grad if needs[1] else None


keep_second.op.node.name = lambda self: "torch::autograd::CopyBackwards"
_copy = inplace(copied, "copy_")


def copy_(self, other, non_blocking=False):
    """Write the values of `other` (broadcast, converted to this dtype) into this tensor.

    Raises:
        TypeError: `other` is neither a Tensor nor a number.
        RuntimeError: the shapes do not fit, the two share a part of their memory, or the tensor is a leaf that requires a gradient.

    Example:
        >>> import minitorch as torch
        >>> torch.zeros(2, dtype=torch.int64).copy_(torch.tensor([1.5, -2.5]))
        tensor([ 1, -2])
    """
    if isinstance(other, (int, float, numpy.generic)):
        return fill_(self, other)
    if not isinstance(other, Tensor):
        raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(other).__name__}")
    here, there = self._array.shape, other._array.shape
    if here != there and (len(there) > len(here) or any(n not in (1, m) for n, m in zip(there[::-1], here[::-1]))):
        raise RuntimeError(f"output with shape {list(here)} doesn't match the broadcast shape: the source has shape {list(there)}")
    check_apart(self, other)
    if mode.grad and (self.requires_grad or other.requires_grad):
        return _copy(self, other)
    check_writable(self, False)
    array = other._array
    self._array[...] = array if type(array) is type(self._array) is numpy.ndarray else to_device(array, device_name(self._array))
    version_counter(self)[0] += 1
    return self


def check_apart(t, other):
    """Refuse a source that shares a part of the memory that is written to, but not all of it."""
    a, b = t._array, other._array
    if not (a.size and b.size and may_share_memory(a, b)) or extent(a) == extent(b) and a.shape == b.shape and a.strides == b.strides:
        return
    if is_dense(t) and is_dense(other):
        raise RuntimeError("unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
                           "location. Please clone() the tensor before performing the operation.")


def is_dense(t):
    """Whether a tensor's elements lie side by side, each at a place of its own, in whatever order."""
    start, end = extent(t._array)
    return end - start == t._array.nbytes and not overlaps(t._array.shape, strides_of(t))


def filled(self, value):
    from minitorch.ops.conversion import cast
    from minitorch.ops.shape import expand_op
    if isinstance(value, Tensor):
        value = value if value._array.dtype == self._array.dtype else cast(value, dtype=self._array.dtype)
        return fill_second(self, expand_op(value, shape=self._array.shape))
    return constant_fill(self, array_module(self._array).full(self._array.shape, value, self._array.dtype))


fill_second = named(keep_second, "FillBackward3")


@differentiable(name="FillBackward2")
def constant_fill(input, array):
    return array

@constant_fill.derivative("input")
def _(grad):
    from minitorch.ops.choosing import zeros_of
    return zeros_of(grad)


_fill = inplace(filled, "fill_", shared=True)


def fill_(self, value):
    """Write one value, a number or a 0-d tensor, everywhere.

    Raises:
        TypeError: the value is no number.
        RuntimeError: a tensor with dimensions, a number that the dtype cannot hold, or a leaf that requires a gradient.

    Example:
        >>> import minitorch as torch
        >>> torch.empty(2).fill_(3)
        tensor([3., 3.])
    """
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
        if mode.grad and value.requires_grad and shares_places(self):
            raise RuntimeError("unsupported operation: an expanded tensor is filled with a tensor that requires a gradient. Fill it before "
                               "it is expanded, or clone() it.")
        return _fill(self, value)
    if not isinstance(value, (int, float, numpy.generic)):
        raise TypeError(f"fill_(): argument 'value' (position 1) must be Number, not {type(value).__name__}")
    value = dtypes.number_for(value.item() if isinstance(value, numpy.generic) else value, self._array.dtype)
    if mode.grad and self.requires_grad:
        return _fill(self, value)
    check_writable(self, False, shared=True)
    places_of(self)[...] = value
    version_counter(self)[0] += 1
    return self


zero_fill = named(constant_fill, "ZeroBackward0")
_zero = inplace(lambda self: zero_fill(self, array_module(self._array).zeros(self._array.shape, self._array.dtype)), "zero_", True)


def zero_(self):
    """Write zeros.

    Example:
        >>> import minitorch as torch
        >>> torch.ones(2).zero_()
        tensor([0., 0.])
    """
    return _zero(self) if mode.grad and self.requires_grad else fill_(self, 0)


@differentiable
def replaced(input, other, *, values):
    return values.astype(input.dtype)

@replaced.derivative                                  # a comparison has slope 0 wherever it has one
def _(grad, input_shape, other_shape):
    from minitorch.ops.choosing import zeros_of
    from minitorch.ops.reduction import sum_to
    zero = zeros_of(grad)
    return zero, sum_to(zero, shape=tuple(other_shape))


def unrecorded(function):
    """`x.logical_and_(y)`: the answer in x's own dtype; the history stays as it was."""
    @functools.wraps(function)
    def method(self, *args, **settings):
        values = function(self, *args, **settings)
        check_writable(self, False)
        check_result(self, values)
        self._array[...] = values._array
        version_counter(self)[0] += 1
        return self
    method.__name__ = method.__qualname__ = function.__name__ + "_"
    method.__doc__ = f"In-place version of `{function.__name__}`."
    return on_own_device(method)


def compared(function):
    """`x.eq_(y)`: the answer in x's own dtype, with the history of a constant."""
    node = function.__name__.capitalize() + "Backward"
    of_number, of_tensor = named(replaced, node + "0"), named(replaced, node + "1")

    @functools.wraps(function)
    def answer(self, other=None):
        values = function(self, other) if other is not None else function(self)
        if values._array.shape != self._array.shape:
            return values
        if isinstance(other, Tensor):
            return of_tensor(self, other, values=values._array)
        return of_number(self, wrap(array_module(self._array).zeros((), self._array.dtype)), values=values._array)
    return inplace(answer, function.__name__ + "_")
