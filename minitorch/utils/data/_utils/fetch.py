"""From indices to collated data."""
from minitorch.backend import array_module, on_own_device
from minitorch.tensor import wrap
from minitorch.utils.data._utils.collate import default_collate
from minitorch.utils.data.dataset import Subset, TensorDataset, _samples


class MapFetcher:
    """Takes samples by index."""

    def __init__(self, dataset, auto_collation, collate_fn, drop_last):
        self.dataset, self.auto_collation, self.collate_fn = dataset, auto_collation, collate_fn

    def fetch(self, index):
        """The data at an index, or with batches at a list of indices."""
        if not self.auto_collation:
            return self.collate_fn(self.dataset[index])
        if self.collate_fn is default_collate:
            rows = rows_of(self.dataset, index)
            if rows is not None:
                return rows
        return self.collate_fn(_samples(self.dataset, index))


class IterableFetcher:
    """Takes samples from a stream, as many as there are indices."""

    def __init__(self, dataset, auto_collation, collate_fn, drop_last):
        self.auto_collation, self.collate_fn, self.drop_last = auto_collation, collate_fn, drop_last
        self.stream, self.ended = iter(dataset), False

    def fetch(self, index):
        """The next sample, or with batches as many as `index` is long."""
        if self.ended:
            raise StopIteration
        if not self.auto_collation:
            return self.collate_fn(next(self.stream))
        data = []
        for _ in index:
            try:
                data.append(next(self.stream))
            except StopIteration:
                self.ended = True
                break
        if not data or self.drop_last and len(data) < len(index):
            raise StopIteration
        return self.collate_fn(data)


def rows_of(dataset, indices):
    """What `default_collate` makes of the samples of a TensorDataset (or of a Subset of one), at once; None where it needs the samples."""
    while type(dataset) is Subset:
        dataset, indices = dataset.dataset, [dataset.indices[i] for i in indices]
    if type(dataset) is not TensorDataset or any(tensor.requires_grad for tensor in dataset.tensors):
        return None
    size = len(dataset)
    if not all(type(i) is int and -size <= i < size for i in indices):
        return None
    return [wrap(rows(tensor._array, indices)) for tensor in dataset.tensors]


@on_own_device
def rows(array, indices):
    """The rows of an array at a list of indices."""
    return array.take(array_module(array).asarray(indices), axis=0)
