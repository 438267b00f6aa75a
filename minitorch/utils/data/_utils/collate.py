"""From a list of samples to a batch: tensors are stacked, containers are taken apart and put together again.

Source: https://docs.pytorch.org/docs/2.13/data.html#dataloader-collate-fn
"""
import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence

import numpy

import minitorch
from minitorch.tensor import Tensor

default_collate_err_msg_format = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def default_convert(data):
    """Arrays become tensors; containers are searched, anything else stays.

    Example:
        >>> import numpy
        >>> from minitorch.utils.data import default_convert
        >>> default_convert([numpy.array([1, 2]), "text", 3])
        [tensor([1, 2]), 'text', 3]
    """
    if isinstance(data, Tensor):
        return data
    if isinstance(data, numpy.ndarray) and data.dtype.kind in "SaUO" or isinstance(data, (numpy.str_, numpy.bytes_)):
        return data
    if isinstance(data, (numpy.ndarray, numpy.generic)):
        return minitorch.as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping_like(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple):
        values = [default_convert(d) for d in data]
        return type(data)(*values) if hasattr(data, "_fields") else values
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _sequence_like(data, [default_convert(d) for d in data])
    return data


def collate(batch, *, collate_fn_map=None):
    """Collate with functions for types of one's own.

    Args:
        batch: the list of samples.
        collate_fn_map: for types (or tuples of types) functions `f(batch, *, collate_fn_map)`; containers of them are searched.

    Raises:
        TypeError: a type that nothing is known about.
        RuntimeError: sequences of different lengths.
    """
    elem = batch[0]
    functions = collate_fn_map or {}
    if type(elem) in functions:
        return functions[type(elem)](batch, collate_fn_map=collate_fn_map)
    for kind, function in functions.items():
        if isinstance(elem, kind):
            return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(elem, Mapping):
        return _mapping_like(elem, {key: collate([d[key] for d in batch], collate_fn_map=collate_fn_map) for key in elem})
    if isinstance(elem, tuple) and hasattr(elem, "_fields"):
        return type(elem)(*(collate(samples, collate_fn_map=collate_fn_map) for samples in zip(*batch)))
    if isinstance(elem, Sequence):
        if any(len(other) != len(elem) for other in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [collate(samples, collate_fn_map=collate_fn_map) for samples in zip(*batch)]
        return columns if isinstance(elem, tuple) else _sequence_like(elem, columns)
    raise TypeError(default_collate_err_msg_format.format(type(elem)))


def _mapping_like(model, items):
    """The items in a mapping of the model's type; in a dict if that cannot be made."""
    try:
        if not isinstance(model, MutableMapping):
            return type(model)(items)
        clone = copy.copy(model)
        clone.update(items)
        return clone
    except TypeError:
        return items


def _sequence_like(model, items):
    """The items in a sequence of the model's type; in a list if that cannot be made."""
    try:
        if not isinstance(model, MutableSequence):
            return type(model)(items)
        clone = copy.copy(model)
        for i, item in enumerate(items):
            clone[i] = item
        return clone
    except TypeError:
        return items


def collate_tensor_fn(batch, *, collate_fn_map=None):
    """Tensors are stacked along a new first dimension."""
    return minitorch.stack(batch, 0)


def collate_numpy_array_fn(batch, *, collate_fn_map=None):
    """Arrays become tensors; those of strings and objects are refused."""
    if batch[0].dtype.kind in "SaUO":
        raise TypeError(default_collate_err_msg_format.format(batch[0].dtype))
    return collate([minitorch.as_tensor(b) for b in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch, *, collate_fn_map=None):
    """NumPy's scalars keep their dtype."""
    return minitorch.as_tensor(numpy.array(batch))


def collate_float_fn(batch, *, collate_fn_map=None):
    """Python's floats become float64."""
    return minitorch.tensor(batch, dtype=minitorch.float64)


def collate_int_fn(batch, *, collate_fn_map=None):
    """Python's ints become int64, bools bool."""
    return minitorch.tensor(batch)


def collate_str_fn(batch, *, collate_fn_map=None):
    """Strings stay a list."""
    return batch


default_collate_fn_map = {
    Tensor: collate_tensor_fn,
    numpy.ndarray: collate_numpy_array_fn,
    (numpy.bool_, numpy.number, numpy.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}


def default_collate(batch):
    """The batch of a list of samples: tensors, arrays and numbers become tensors with a new first dimension.

    Raises:
        TypeError: samples that are neither these, nor strings, nor containers of these.
        RuntimeError: tensors whose shapes, or sequences whose lengths differ.

    Example:
        >>> from minitorch.utils.data import default_collate
        >>> default_collate([{"x": 1.0, "name": "a"}, {"x": 2.0, "name": "b"}])
        {'x': tensor([1., 2.], dtype=torch.float64), 'name': ['a', 'b']}
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)
