"""Samplers: in which order indices are drawn. The draws are PyTorch's, number for number.

Source: https://docs.pytorch.org/docs/2.13/data.html#data-loading-order-and-sampler
"""
from itertools import islice
from typing import Generic, TypeVar

import minitorch

T = TypeVar("T", covariant=True)


class Sampler(Generic[T]):
    """An iterable of indices, or of lists of them; a subclass writes `__iter__` and usually `__len__`."""

    def __iter__(self):
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ...

    Args:
        data_source: something with a length.
    """

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(range(len(self.data_source)))

    def __len__(self):
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The indices in random order.

    Without a generator of its own, every pass draws a seed from the default generator and continues from a fresh one.

    Args:
        data_source: something with a length.
        replacement: draw each index independently.
        num_samples: how many to draw; the length when omitted.
        generator: where they are drawn from.

    Raises:
        TypeError: `replacement` is no bool.
        ValueError: `num_samples` is no positive integer.
    """

    def __init__(self, data_source, replacement=False, num_samples=None, generator=None):
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self):
        """How many indices a pass gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self):
        n, generator = len(self.data_source), self.generator
        if generator is None:
            generator = minitorch.Generator()
            generator.manual_seed(int(minitorch.empty((), dtype=minitorch.int64).random_().item()))
        if self.replacement:
            for start in range(0, self.num_samples + 1, 32):
                count = min(32, self.num_samples - start)
                yield from minitorch.randint(high=n, size=(count,), dtype=minitorch.int64, generator=generator).tolist()
        else:
            for _ in range(self.num_samples // n):
                yield from minitorch.randperm(n, generator=generator).tolist()
            yield from minitorch.randperm(n, generator=generator).tolist()[:self.num_samples % n]

    def __len__(self):
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Given indices in random order.

    Args:
        indices: a sequence of indices.
        generator: where the permutation is drawn from.
    """

    def __init__(self, indices, generator=None):
        self.indices = indices
        self.generator = generator

    def __iter__(self):
        for i in minitorch.randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self):
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with given weights.

    Args:
        weights: a sequence of weights, which need not sum to 1.
        num_samples: how many to draw.
        replacement: whether an index can come again.
        generator: where they are drawn from.

    Raises:
        ValueError: `num_samples` is no positive integer, `replacement` no bool, or `weights` not one-dimensional.

    Example:
        >>> from minitorch.utils.data import WeightedRandomSampler
        >>> list(WeightedRandomSampler([0.0, 1.0, 0.0], 4))
        [1, 1, 1, 1]
    """

    def __init__(self, weights, num_samples, replacement=True, generator=None):
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights = minitorch.as_tensor(weights, dtype=minitorch.float64)
        if self.weights.dim() != 1:
            raise ValueError(f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}")
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self):
        yield from minitorch.multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator).tolist()

    def __len__(self):
        return self.num_samples


class BatchSampler(Sampler[list]):
    """Lists of the indices of another sampler.

    Args:
        sampler: a sampler or any iterable.
        batch_size: how long a list is.
        drop_last: whether a shorter last list is left out.

    Raises:
        ValueError: `batch_size` is no positive integer, or `drop_last` no bool.

    Example:
        >>> from minitorch.utils.data import BatchSampler
        >>> list(BatchSampler(range(5), 2, False)), list(BatchSampler(range(5), 2, True))
        ([[0, 1], [2, 3], [4]], [[0, 1], [2, 3]])
    """

    def __init__(self, sampler, batch_size, drop_last):
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self):
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self):
        return len(self.sampler) // self.batch_size if self.drop_last else -(-len(self.sampler) // self.batch_size)
