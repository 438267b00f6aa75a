"""DataLoader: batches of a data set, one epoch after another.

Source: https://docs.pytorch.org/docs/2.13/data.html#torch.utils.data.DataLoader
"""
import warnings
from math import ceil
from typing import Generic, TypeVar

import minitorch
from minitorch.backend import NAME
from minitorch.utils.data._utils.collate import default_collate, default_convert
from minitorch.utils.data._utils.fetch import IterableFetcher, MapFetcher
from minitorch.utils.data.dataset import IterableDataset
from minitorch.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

T = TypeVar("T", covariant=True)


def get_worker_info():
    """About the worker process that this is; None, as in the main process: data is loaded there."""
    return None


class _InfiniteConstantSampler(Sampler):
    """What a stream is asked with: None again and again."""

    def __iter__(self):
        while True:
            yield None


class DataLoader(Generic[T]):
    """Iterates over a data set in batches; every `iter()` is one epoch.

    The draws are PyTorch's: one number from `generator` (or the default generator) at `iter()`, the sampler's at the first batch.

    Args:
        dataset: a Dataset, or anything with `__getitem__` and `__len__`; or an IterableDataset.
        batch_size: how many samples a batch has; None for single samples.
        shuffle: draw the samples in random order.
        sampler: an iterable of indices instead.
        batch_sampler: an iterable of lists of indices instead.
        num_workers: 0; data is loaded in the calling process.
        collate_fn: what makes a batch of a list of samples.
        pin_memory: has no effect without an accelerator.
        drop_last: leave a shorter last batch out.
        timeout, worker_init_fn, multiprocessing_context, prefetch_factor, persistent_workers, pin_memory_device, in_order: as in
            PyTorch for `num_workers=0`.
        generator: where the order is drawn from.

    Raises:
        ValueError: arguments that exclude each other.
        NotImplementedError: `num_workers` above 0.

    Example:
        >>> import minitorch as torch
        >>> data = torch.utils.data.TensorDataset(torch.arange(5), torch.arange(5) ** 2)
        >>> for x, y in torch.utils.data.DataLoader(data, batch_size=2):
        ...     print(x.tolist(), y.tolist())
        [0, 1] [0, 1]
        [2, 3] [4, 9]
        [4] [16]
    """

    _initialized = False

    def __init__(self, dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None,
                 pin_memory=False, drop_last=False, timeout=0, worker_init_fn=None, multiprocessing_context=None, generator=None, *,
                 prefetch_factor=None, persistent_workers=False, pin_memory_device="", in_order=True):
        if num_workers < 0:
            raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if num_workers > 0:
            raise NotImplementedError(f"num_workers={num_workers}: minitorch loads data in the calling process only; use num_workers=0")
        if prefetch_factor is not None:
            raise ValueError("prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable "
                             "multiprocessing, otherwise set prefetch_factor to None.")
        if persistent_workers:
            raise ValueError("persistent_workers option needs num_workers > 0")
        if multiprocessing_context is not None:
            raise ValueError("multiprocessing_context can only be used with multi-process loading (num_workers > 0), "
                             f"but got num_workers={num_workers}")
        self._streams = isinstance(dataset, IterableDataset)
        if self._streams:
            for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if value is not None:
                    raise ValueError(f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}")
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            sampler = (_InfiniteConstantSampler() if self._streams else RandomSampler(dataset, generator=generator) if shuffle
                       else SequentialSampler(dataset))
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size, self.drop_last, self.generator = batch_size, drop_last, generator
        self.sampler, self.batch_sampler = sampler, batch_sampler
        self.num_workers, self.prefetch_factor, self.persistent_workers, self.multiprocessing_context = 0, None, False, None
        self.pin_memory, self.pin_memory_device, self.timeout, self.worker_init_fn = pin_memory, pin_memory_device, timeout, worker_init_fn
        self.in_order = in_order
        self.collate_fn = collate_fn if collate_fn is not None else default_collate if self._auto_collation else default_convert
        self._IterableDataset_len_called = None
        self._initialized = True

    def __setattr__(self, attr, val):
        if self._initialized and attr in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"):
            raise ValueError(f"{attr} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(attr, val)

    @property
    def _auto_collation(self):
        return self.batch_sampler is not None

    @property
    def _index_sampler(self):
        return self.batch_sampler if self._auto_collation else self.sampler

    def __iter__(self):
        return _Epoch(self)

    def __len__(self):
        if not self._streams:
            return len(self._index_sampler)
        length = self._IterableDataset_len_called = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else ceil(length / self.batch_size)


class _Epoch:
    """One pass over a data set."""

    def __init__(self, loader):
        self._dataset, self._streams, self._promised = loader.dataset, loader._streams, loader._IterableDataset_len_called
        self._index_sampler, self._num_yielded = loader._index_sampler, 0
        if loader.pin_memory and loader.pin_memory_device:
            warnings.warn("pin_memory_device is deprecated, the current accelerator will be used as the device,"
                          f"ignore pin_memory_device='{loader.pin_memory_device}'.", stacklevel=3)
        if loader.pin_memory and NAME == "numpy":
            warnings.warn("'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.",
                          stacklevel=3)
        self._sampler_iter = iter(self._index_sampler)
        # PyTorch draws the workers' seed here, with and without workers
        self._base_seed = minitorch.empty((), dtype=minitorch.int64).random_(generator=loader.generator).item()
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        fetcher = IterableFetcher if self._streams else MapFetcher
        self._fetcher = fetcher(self._dataset, loader._auto_collation, loader.collate_fn, loader.drop_last)

    def __iter__(self):
        return self

    def __next__(self):
        data = self._fetcher.fetch(next(self._sampler_iter))
        self._num_yielded += 1
        if self._streams and self._promised is not None and self._num_yielded > self._promised:
            warnings.warn(f"Length of IterableDataset {self._dataset} was reported to be {self._promised}(when accessing len(dataloader)), "
                          f"but {self._num_yielded} samples have been fetched. ", stacklevel=2)
        return data

    def __len__(self):
        return len(self._index_sampler)

    def __getstate__(self):
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)
