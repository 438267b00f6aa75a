"""vmap: a function of one sample made a function of a batch.

PyTorch runs the function once, on tensors that hide the batch's dimension. Here it runs once for each sample, and the results are stacked:
the same values and derivatives, in the time of a loop; and what PyTorch refuses inside (`.item()`, branches on values) simply works.
"""
import functools

from minitorch.func.trees import broadcast, flatten
from minitorch.ops.joining import stack
from minitorch.random import get_rng_state, set_rng_state
from minitorch.tensor import Tensor

RANDOMNESS = ("error", "different", "same")


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    r"""A function that applies `func` to every sample of a batch, one after another, and stacks what it returns.

    .. math:: y_b = f(x_b)

    Args:
        func: takes Tensors, nested or not, and returns Tensors, nested or not.
        in_dims: along which dimension samples are counted: one int for all arguments, or the structure of the arguments;
            None for what every sample shares.
        out_dims: where the results count them: an int, or the structure of the output; None for what is the same for all.
        randomness: what a random draw inside means: an "error", "different" draws for the samples (in their order; PyTorch's one
            large draw gives other numbers), or the "same" for all.
        chunk_size: accepted as in torch; samples are always computed one after another.

    Raises:
        ValueError: when called: in_dims do not fit the arguments, sizes differ, there is nothing to count, or an output is no Tensor.
        RuntimeError: another randomness; or, when called, a draw where it is an error.

    Example:
        >>> import minitorch as torch
        >>> torch.func.vmap(torch.dot)(torch.ones(3, 2), torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
        tensor([ 3.,  7., 11.])
        >>> torch.func.vmap(lambda x, y: x * y, in_dims=(1, None), out_dims=1)(torch.ones(2, 3), torch.tensor(5.0)).shape
        torch.Size([2, 3])
    """
    if randomness not in RANDOMNESS:
        raise RuntimeError(f"Only allowed values for randomness are {', '.join(RANDOMNESS)}. Got {randomness}")
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(f"vmap: chunk_size should be None or greater than 0, got {chunk_size}")

    @functools.wraps(func)
    def batched(*args, **kwargs):
        leaves, build = flatten(args)
        dims = places(in_dims, args, leaves)
        count = batch_size(leaves, dims)

        def sample(k):
            return func(*build([t if d is None else t.select(d, k) if count else blank(t, d) for t, d in zip(leaves, dims)]), **kwargs)
        rows = [flatten(result) for result in drawn(sample, max(count, 1), randomness)]
        outputs, again = rows[0]
        for t in outputs:
            if not isinstance(t, Tensor):
                raise ValueError(f"vmap: the function must only return Tensors, got {type(t).__name__}")
        where = broadcast(out_dims, again(outputs))
        if where is None or not all(d is None or isinstance(d, int) for d in where):
            raise ValueError(f"vmap: out_dims={out_dims} does not have the structure of the function's output")
        return again([joined([row[k] for row, _ in rows], d, count) for k, d in enumerate(where)])
    return batched


def places(in_dims, args, leaves):
    """The dimension that counts samples for each leaf, None for a shared one; negative ones from the end."""
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(f"vmap: expected in_dims to be an int, or a tuple in the structure of the inputs, got {type(in_dims).__name__}")
    if not leaves:
        raise ValueError("vmap: got no inputs: there is nothing to count samples in")
    dims = broadcast(in_dims, args)
    if dims is None:
        raise ValueError(f"vmap: in_dims={in_dims} does not have the structure of the inputs")
    found = []
    for t, d in zip(leaves, dims):
        if d is not None:
            if not isinstance(d, int):
                raise ValueError(f"vmap: in_dims must be int or None, got {type(d).__name__}")
            if not isinstance(t, Tensor):
                raise ValueError(f"vmap: got in_dim={d} for an input of type {type(t).__name__}: only Tensors have samples, use None")
            if not -t.ndim <= d < t.ndim:
                raise ValueError(f"vmap: got in_dim={d} for an input of {t.ndim} dimensions")
            d %= t.ndim
        found.append(d)
    return found


def batch_size(leaves, dims):
    """How many samples there are."""
    sizes = {t.shape[d] for t, d in zip(leaves, dims) if d is not None}
    if not sizes:
        raise ValueError("vmap: at least one input must have samples: every in_dim is None")
    if len(sizes) > 1:
        raise ValueError(f"vmap: inputs have different numbers of samples: {sorted(sizes)}")
    return sizes.pop()


def blank(t, dim):
    """A sample of an empty batch: it shows which shapes come out."""
    return t.new_zeros([n for k, n in enumerate(t.shape) if k != dim])


def joined(values, dim, count):
    """The samples' results along a new dimension; the first of them where all share one."""
    if dim is None:
        return values[0]
    together = stack(values, dim)
    return together if count else together.narrow(dim, 0, 0)


def drawn(sample, count, randomness):
    """All samples' results, with what their random draws may be."""
    results, before = [], get_rng_state()
    for k in range(count):
        if randomness == "same":
            set_rng_state(before)
        results.append(sample(k))
        if randomness == "error" and (get_rng_state() != before)._array.any():
            set_rng_state(before)
            raise RuntimeError("vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
                               "randomness flags on vmap or perform the randomness operation out of vmap")
    return results
