"""Running results along an axis, and results gathered at repeated places, for functions that not every library accumulates."""
import numpy

from minitorch.backend import array_module, on_host


def accumulate(name, array, axis):
    """The running result of a function of two operands ("maximum", "logaddexp") along an axis.

    Without an own loop in the library it doubles the reach of each place, log₂ n times.
    """
    if on_host(array):
        return getattr(numpy, name).accumulate(array, axis)
    xp = array_module(array)
    function, reach, n = getattr(xp, name), 1, array.shape[axis]
    ahead = (slice(None),) * axis
    while reach < n:
        joined = function(array[(*ahead, slice(reach, None))], array[(*ahead, slice(None, n - reach))])
        array = xp.concatenate([array[(*ahead, slice(None, reach))], joined], axis)
        reach *= 2
    return array


def scatter_at(name, target, places, values):
    """target[places] = name(target[places], values) on flat arrays, in place; places that come twice take part twice."""
    xp = array_module(target)
    if on_host(target) or name != "multiply":
        getattr(xp, name).at(target, places, values)
        return
    order = xp.argsort(places, kind="stable")         # products of equal places, side by side, by doubling
    ids, products, reach = places[order], values[order], 1
    while reach < ids.size:
        same = ids[reach:] == ids[:-reach]
        joined = xp.where(same, products[reach:] * products[:-reach], products[reach:])
        products = xp.concatenate([products[:reach], joined])
        reach *= 2
    last = xp.concatenate([ids[1:] != ids[:-1], xp.ones(min(ids.size, 1), "?")])
    factors = xp.ones(target.size + ids.size, target.dtype)                # places more, for what is not the last of its kind
    factors[xp.where(last, ids, target.size + xp.arange(ids.size))] = products
    target *= factors[:target.size]
