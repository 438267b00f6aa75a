"""Data sets, samplers, collation and the DataLoader, from one seed; and checkpoints."""
import io

import torch as pytorch
from hypothesis import strategies as st

from minitorch.testing.strategies import floats, optional, sides, tensors

from .entry import Entry, case, cases

DOCS = "https://docs.pytorch.org/docs/2.13/data.html"
SIZES, BATCHES = st.integers(1, 60), st.integers(1, 9)


@st.composite
def dataset_cases(draw, several=True, **settings):
    """One to three tensors of the same number of rows, and settings."""
    n = draw(sides(max_side=7))
    shapes = [(n, *draw(st.sampled_from(((), (2,), (1, 3))))) for _ in range(draw(st.integers(1, 3 if several else 1)))]
    return case(*(draw(tensors(shape)) for shape in shapes), **{name: draw(value) for name, value in settings.items()})


def everything(loader):
    """What two epochs give."""
    return [list(loader), list(loader)]


def tensor_dataset(torch, *rows):
    """All samples of a TensorDataset, and its length."""
    data = torch.utils.data.TensorDataset(*rows)
    return [data[i] for i in range(len(data))], len(data), data[0:2]


def plain_dataset(torch, *rows):
    """A data set of one's own, and one added to another."""
    class Rows(torch.utils.data.Dataset):
        def __len__(self):
            return len(rows[0])

        def __getitem__(self, i):
            return [r[i] for r in rows]
    both = Rows() + Rows()
    return [both[i] for i in range(len(both))], len(both)


def stream(torch, rows):
    """An IterableDataset of the rows."""
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(rows)

        def __len__(self):
            return len(rows)
    return Stream()


def streamed(torch, rows, batch_size):
    """Batches of a stream."""
    return everything(torch.utils.data.DataLoader(stream(torch, rows), batch_size))


def chained(torch, rows, batch_size):
    """Batches of two streams, one after the other."""
    chain = torch.utils.data.ChainDataset([stream(torch, rows), stream(torch, rows)])
    return everything(torch.utils.data.DataLoader(chain, batch_size)), len(chain)


def concatenated(torch, *rows):
    """All samples of several data sets, also by indices from the end."""
    data = torch.utils.data.ConcatDataset(rows)
    return [data[i] for i in range(len(data))], [data[-1 - i] for i in range(len(data))], data.cumulative_sizes


def stacked(torch, *rows):
    """All samples of data sets side by side, as tuples and as dicts."""
    data = torch.utils.data.StackDataset(*rows), torch.utils.data.StackDataset(first=rows[0])
    return [[d[i] for i in range(len(d))] for d in data], [d.__getitems__(list(range(len(d)))) for d in data]


def subset(torch, rows, indices):
    """The samples of a Subset, one by one and at once."""
    data = torch.utils.data.Subset(rows, indices)
    return [data[i] for i in range(len(data))], data.__getitems__(list(range(len(data)))), len(data)


def loaded(torch, *rows, own=False, **settings):
    """Two epochs of a DataLoader."""
    generator = torch.Generator().manual_seed(5) if own else None
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*rows), generator=generator, **settings)
    return everything(loader), len(loader), torch.rand(1)


def sampled(name):
    """Two passes of the sampler of this name over n, and what the generator gives then."""
    def call(torch, n, *args, own=False, **settings):
        generator = {"generator": torch.Generator().manual_seed(5)} if own else {}
        source = list(range(n, 2 * n)) if name == "SubsetRandomSampler" else range(n)
        sampler = getattr(torch.utils.data, name)(source, *args, **settings, **generator)
        return list(sampler), list(sampler), len(sampler), torch.rand(1)
    return call


def backwards(torch, n, batch_size):
    """Batches in the order of a sampler of one's own."""
    class Backwards(torch.utils.data.Sampler):
        def __iter__(self):
            return iter(range(n - 1, -1, -1))

        def __len__(self):
            return n
    return everything(torch.utils.data.DataLoader(range(n), batch_size, sampler=Backwards()))


def weighted(torch, weights, number, replacement):
    """A pass of a WeightedRandomSampler."""
    sampler = torch.utils.data.WeightedRandomSampler(weights, number, replacement)
    return list(sampler), len(sampler)


def batched(torch, n, batch_size, drop_last):
    """A pass of a BatchSampler over random indices."""
    sampler = torch.utils.data.BatchSampler(torch.utils.data.RandomSampler(range(n)), batch_size, drop_last)
    return list(sampler), len(sampler)


def split(torch, n, fractions):
    """The parts of a random split into such fractions, or lengths."""
    parts = torch.utils.data.random_split(range(n), fractions)
    return [p.indices for p in parts], [list(p) for p in parts]


@st.composite
def split_cases(draw):
    """A number of samples, and lengths that sum to it or fractions that sum to 1."""
    n = draw(st.integers(4, 50))
    first = draw(st.integers(0, n))
    return case(n, draw(st.sampled_from(([first, n - first], [0.5, 0.25, 0.25], [0.75, 0.25]))))


@st.composite
def weight_cases(draw):
    """Weights, how many indices, and whether they may come again."""
    weights = draw(st.lists(st.sampled_from((0.25, 0.5, 1.0, 3.0)), min_size=1, max_size=8))
    replacement = draw(st.booleans())
    return case(weights, draw(st.integers(1, 20 if replacement else len(weights))), replacement)


def samples_of(rows):
    """Samples of nested containers of the rows."""
    return [{"row": row, "pair": (row, 2.5), "list": [k, "text"]} for k, row in enumerate(rows)]


def read_again(torch, x, y):
    """What `load` gives of what `save` wrote: tensors, one a view of another, among plain values."""
    file = io.BytesIO()
    torch.save({"x": x, "rows": [x[:1], (y, 3, "text", None)]}, file)
    file.seek(0)
    return torch.load(file)


def read(torch, x, **settings):
    """What `load` gives of a file that PyTorch wrote, in its present or its older format."""
    file = io.BytesIO()
    pytorch.save({"x": pytorch.from_numpy(x.detach().numpy().copy()), "n": 3}, file, **settings)
    file.seek(0)
    return torch.load(file)


def loader(torch, *args, **settings):
    """A loader of three numbers."""
    return torch.utils.data.DataLoader(range(3), *args, **settings)


SHARED = {"differentiable": (), "memory": False, "random": True}
ENTRIES = [
    Entry("utils.data.TensorDataset", dataset_cases(), call=tensor_dataset,
          bad={"shape": lambda torch: torch.utils.data.TensorDataset(torch.ones(2), torch.ones(3)),
               "dtype": lambda torch: torch.utils.data.TensorDataset([1, 2]),
               "argument": lambda torch: torch.utils.data.TensorDataset(torch.ones(2))[2],
               "nothing": lambda torch: torch.utils.data.TensorDataset().__len__()},
          formula=r"i \mapsto (x_i, y_i, \ldots)", source=DOCS + "#torch.utils.data.TensorDataset"),
    Entry("utils.data.Dataset", dataset_cases(), call=plain_dataset,
          bad={"argument": lambda torch: torch.utils.data.Dataset()[0],
               "shape": lambda torch: len(torch.utils.data.Dataset()),
               "dtype": lambda torch: torch.utils.data.Dataset() + 1},
          formula=r"i \mapsto x_i", source=DOCS + "#torch.utils.data.Dataset"),
    Entry("utils.data.IterableDataset", dataset_cases(several=False, batch_size=BATCHES), call=streamed,
          bad={"argument": lambda torch: loader_of_a_stream(torch, shuffle=True),
               "shape": lambda torch: loader_of_a_stream(torch, sampler=[1]),
               "dtype": lambda torch: loader_of_a_stream(torch, batch_sampler=[[1]])},
          formula=r"x_0, x_1, \ldots", source=DOCS + "#torch.utils.data.IterableDataset"),
    Entry("utils.data.ChainDataset", dataset_cases(several=False, batch_size=BATCHES), call=chained,
          bad={"argument": lambda torch: list(torch.utils.data.ChainDataset([[1]])),
               "shape": lambda torch: len(torch.utils.data.ChainDataset([[1]])),
               "dtype": lambda torch: list(torch.utils.data.ChainDataset(3))},
          formula=r"x_0, \ldots, x_{n-1}, y_0, \ldots", source=DOCS + "#torch.utils.data.ChainDataset"),
    Entry("utils.data.ConcatDataset", dataset_cases(), call=concatenated,
          bad={"argument": lambda torch: torch.utils.data.ConcatDataset([]),
               "shape": lambda torch: torch.utils.data.ConcatDataset([[1]])[-2],
               "dtype": lambda torch: torch.utils.data.ConcatDataset([stream(torch, [1])])},
          formula=r"x_0, \ldots, x_{n-1}, y_0, \ldots", source=DOCS + "#torch.utils.data.ConcatDataset"),
    Entry("utils.data.StackDataset", dataset_cases(), call=stacked,
          bad={"argument": lambda torch: torch.utils.data.StackDataset(), "shape": lambda torch: torch.utils.data.StackDataset("ab", "abc"),
               "dtype": lambda torch: torch.utils.data.StackDataset("ab", x="ab")},
          formula=r"i \mapsto (x_i, y_i)", source=DOCS + "#torch.utils.data.StackDataset"),
    Entry("utils.data.Subset", cases(tensors((6, 2)), st.lists(st.integers(-6, 5), max_size=5)), call=subset,
          bad={"argument": lambda torch: torch.utils.data.Subset([1], [0])[1], "shape": lambda torch: torch.utils.data.Subset([1], [2])[0],
               "dtype": lambda torch: torch.utils.data.Subset(3, [0])[0]},
          formula=r"k \mapsto x_{i_k}", source=DOCS + "#torch.utils.data.Subset", no_empty="indices must point to rows"),
    Entry("utils.data.random_split", split_cases(), call=split, **SHARED,
          bad={"argument": lambda torch: torch.utils.data.random_split(range(3), [1, 1]),
               "shape": lambda torch: torch.utils.data.random_split(range(3), [1.5, -0.5]),
               "dtype": lambda torch: torch.utils.data.random_split(range(3), 2)},
          formula=r"\text{parts of a random permutation}", source=DOCS + "#torch.utils.data.random_split"),
    Entry("utils.data.DataLoader",
          dataset_cases(batch_size=BATCHES, shuffle=st.booleans(), drop_last=st.booleans(), own=st.booleans()), call=loaded, **SHARED,
          bad={"argument": lambda torch: loader(torch, 0), "shape": lambda torch: loader(torch, 2, batch_sampler=[[1]]),
               "dtype": lambda torch: next(iter(torch.utils.data.DataLoader([None]))),
               "workers": lambda torch: loader(torch, num_workers=-1), "timeout": lambda torch: loader(torch, timeout=-1),
               "shuffle and sampler": lambda torch: loader(torch, shuffle=True, sampler=[1])},
          formula=r"(x_i)_{i \in B_k}", source=DOCS + "#torch.utils.data.DataLoader",
          differences=("Data is loaded in the calling process only: num_workers above 0 is refused.",)),
    Entry("utils.data.SequentialSampler", cases(SIZES), call=lambda torch, n: list(torch.utils.data.SequentialSampler(range(n))), **SHARED,
          bad={"argument": lambda torch: torch.utils.data.SequentialSampler(),
               "shape": lambda torch: len(torch.utils.data.SequentialSampler(3)),
               "dtype": lambda torch: list(torch.utils.data.SequentialSampler(None))},
          formula=r"0, 1, 2, \ldots", source=DOCS + "#torch.utils.data.SequentialSampler"),
    Entry("utils.data.Sampler", cases(SIZES, BATCHES), call=backwards, **SHARED,
          bad={"argument": lambda torch: iter(torch.utils.data.Sampler()), "shape": lambda torch: len(torch.utils.data.Sampler()),
               "dtype": lambda torch: list(torch.utils.data.Sampler())},
          formula=r"\text{any order of indices}", source=DOCS + "#torch.utils.data.Sampler"),
    Entry("utils.data.RandomSampler",
          cases(SIZES, replacement=optional(True), num_samples=optional(st.integers(1, 70)), own=optional(True)),
          call=sampled("RandomSampler"), **SHARED,
          bad={"argument": lambda torch: torch.utils.data.RandomSampler(range(3), num_samples=0),
               "dtype": lambda torch: torch.utils.data.RandomSampler(range(3), replacement=1),
               "shape": lambda torch: torch.utils.data.RandomSampler([])},
          formula=r"\text{a random permutation of } 0 \ldots n - 1", source=DOCS + "#torch.utils.data.RandomSampler"),
    Entry("utils.data.SubsetRandomSampler", cases(SIZES, own=optional(True)), call=sampled("SubsetRandomSampler"), **SHARED,
          bad={"argument": lambda torch: list(torch.utils.data.SubsetRandomSampler(3)),
               "shape": lambda torch: torch.utils.data.SubsetRandomSampler(),
               "dtype": lambda torch: list(torch.utils.data.SubsetRandomSampler(None))},
          formula=r"\text{a random permutation of given indices}", source=DOCS + "#torch.utils.data.SubsetRandomSampler"),
    Entry("utils.data.WeightedRandomSampler", weight_cases(), call=weighted, **SHARED,
          bad={"argument": lambda torch: torch.utils.data.WeightedRandomSampler([1.0], 0),
               "dtype": lambda torch: torch.utils.data.WeightedRandomSampler([1.0], 1, 1),
               "shape": lambda torch: torch.utils.data.WeightedRandomSampler([[1.0]], 1),
               "too many": lambda torch: list(torch.utils.data.WeightedRandomSampler([1.0], 2, False))},
          formula=r"P(i) \propto w_i", source=DOCS + "#torch.utils.data.WeightedRandomSampler"),
    Entry("utils.data.BatchSampler", cases(SIZES, BATCHES, st.booleans()), call=batched, **SHARED,
          bad={"argument": lambda torch: torch.utils.data.BatchSampler(range(3), 0, False),
               "dtype": lambda torch: torch.utils.data.BatchSampler(range(3), 2, 1),
               "shape": lambda torch: torch.utils.data.BatchSampler(range(3), [2], False)},
          formula=r"(i_0, \ldots, i_{b-1}), (i_b, \ldots), \ldots", source=DOCS + "#torch.utils.data.BatchSampler"),
    Entry("utils.data.default_collate", dataset_cases(several=False),
          call=lambda torch, rows: torch.utils.data.default_collate(samples_of(rows)), memory=False,
          bad={"argument": lambda torch: torch.utils.data.default_collate([]),
               "shape": lambda torch: torch.utils.data.default_collate([torch.ones(2), torch.ones(3)]),
               "lengths": lambda torch: torch.utils.data.default_collate([[1, 2], [1]]),
               "dtype": lambda torch: torch.utils.data.default_collate([None, None])},
          formula=r"(x_i)_i \mapsto \text{one tensor}", source=DOCS + "#torch.utils.data.default_collate"),
    Entry("utils.data.default_convert", cases(tensors(dtype=floats())),
          call=lambda torch, x: torch.utils.data.default_convert([x, {"array": x.detach().numpy(), "text": "t"}, (1, 2.5)]),
          bad={"argument": lambda torch: torch.utils.data.default_convert(),
               "dtype": lambda torch: torch.utils.data.default_convert(pytorch.ones(1, dtype=pytorch.complex64).numpy().astype("c32")),
               "shape": lambda torch: torch.utils.data.default_convert(1, 2)},
          formula=r"\text{arrays become tensors}", source=DOCS + "#torch.utils.data.default_convert"),
    Entry("save", cases(tensors(), tensors()), call=read_again, differentiable=(), memory=False,
          bad={"argument": lambda torch: torch.save(torch.ones(2), 3), "shape": lambda torch: torch.save(torch.ones(2)),
               "no directory": lambda torch: torch.save(torch.ones(2), "/nonexistent/x.pt"),
               "dtype": lambda torch: torch.save(torch.ones(2), None)},
          formula=r"\text{load}(\text{save}(x)) = x", source="https://docs.pytorch.org/docs/2.13/generated/torch.save.html",
          differences=("What a checkpoint cannot hold (modules, functions, NumPy arrays) is refused when saving; "
                       "torch refuses it when loading.",)),
    Entry("load", cases(tensors(strided=False), _use_new_zipfile_serialization=optional(False)), call=read, differentiable=(), memory=False,
          bad={"argument": lambda torch: torch.load(3), "shape": lambda torch: torch.load(io.BytesIO(b"")),
               "no file": lambda torch: torch.load("/nonexistent/x.pt"),
               "dtype": lambda torch: torch.load(io.StringIO("text"))},
          formula=r"\text{load}(\text{save}(x)) = x", source="https://docs.pytorch.org/docs/2.13/generated/torch.load.html",
          differences=("No code runs with weights_only=False either; the mmap argument has no effect.",)),
]


def loader_of_a_stream(torch, **settings):
    """A loader of a stream with arguments that it does not take."""
    return torch.utils.data.DataLoader(stream(torch, [1, 2]), **settings)
