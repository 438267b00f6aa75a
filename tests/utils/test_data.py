"""Data sets, samplers, collation and DataLoader: the same draws, batches, errors and warnings as torch's."""
import collections
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch
import minitorch.nn
from tests.nn.programs import assert_same

LIBRARIES = (minitorch, torch)


def plain(value):
    """Batches as nested lists with their types, to be compared between the libraries."""
    if hasattr(value, "tolist"):
        return str(value.dtype).rpartition(".")[2], tuple(value.shape), value.stride(), value.tolist()
    if isinstance(value, collections.abc.Mapping):
        return type(value).__name__, {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(v) for v in value]
    return value


def state(library):
    return library.get_rng_state().numpy().tobytes()


def epochs(library, make, seed, count=2):
    """What a loader gives in some epochs, what the generators are afterwards."""
    library.manual_seed(seed)
    loader = make(library)
    result = [[plain(batch) for batch in loader] for _ in range(count)]
    generator = getattr(loader, "generator", None)
    return result, state(library), None if generator is None else generator.get_state().numpy().tobytes()


def tensors(library, n, kind="plain"):
    x, y = library.arange(n * 6).reshape(n, 2, 3).float(), library.arange(n) % 3
    return (x.permute(0, 2, 1), y) if kind == "permuted" else (x, y)


@settings(deadline=None, max_examples=80)
@given(n=st.integers(1, 40), batch_size=st.one_of(st.none(), st.integers(1, 12)), shuffle=st.booleans(), drop_last=st.booleans(),
       own=st.booleans(), kind=st.sampled_from(("plain", "permuted", "subset", "nested", "list", "samples")), seed=st.integers(-5, 2**33))
def test_epochs_are_torchs(n, batch_size, shuffle, drop_last, own, kind, seed):
    def make(library):
        data = library.utils.data.TensorDataset(*tensors(library, n, kind))
        if kind in ("subset", "nested"):
            data = library.utils.data.Subset(data, list(range(n))[::-1])
        if kind == "nested":
            data = library.utils.data.Subset(data, library.arange(n).tolist())
        if kind == "list":
            data = [(float(i), i, "text") for i in range(n)]
        if kind == "samples":
            data = library.utils.data.ConcatDataset([data, [data[0]]])
        return library.utils.data.DataLoader(data, batch_size, shuffle, drop_last=drop_last and batch_size is not None,
                                             generator=library.Generator().manual_seed(seed + 1) if own else None)
    ours, theirs = (epochs(library, make, seed) for library in LIBRARIES)
    assert ours == theirs
    assert len(make(minitorch)) == len(make(torch)) == len(theirs[0][0])


def test_the_draws_happen_when_torch_draws():
    """A loader's `iter` draws one number; the sampler draws at the first batch."""
    for shuffle, own in itertools.product((False, True), (False, True)):
        seen = []
        for library in LIBRARIES:
            library.manual_seed(3)
            generator = library.Generator().manual_seed(4) if own else None
            loader = library.utils.data.DataLoader(range(10), 3, shuffle, generator=generator)
            steps = [state(library)]
            batches = iter(loader)
            steps.append(state(library))
            first = next(batches).tolist()
            steps.append(state(library))
            rest = [b.tolist() for b in batches]
            steps.append(state(library))
            seen.append((steps, first, rest, own and generator.get_state().numpy().tobytes()))
        assert seen[0] == seen[1]


SAMPLERS = {
    "sequential": lambda d, g: d.SequentialSampler(range(7)),
    "random": lambda d, g: d.RandomSampler(range(50), generator=g),
    "random, fewer": lambda d, g: d.RandomSampler(range(50), num_samples=20, generator=g),
    "random, more": lambda d, g: d.RandomSampler(range(5), num_samples=12, generator=g),
    "with replacement": lambda d, g: d.RandomSampler(range(9), replacement=True, num_samples=70, generator=g),
    "with replacement, 64": lambda d, g: d.RandomSampler(range(9), replacement=True, num_samples=64, generator=g),
    "subset": lambda d, g: d.SubsetRandomSampler([5, 3, 8, 1], generator=g),
    "weighted": lambda d, g: d.WeightedRandomSampler([0.1, 3, 0.5, 1], 30, generator=g),
    "weighted, without replacement": lambda d, g: d.WeightedRandomSampler([0.1, 3, 0.5, 1], 3, replacement=False, generator=g),
    "batches": lambda d, g: d.BatchSampler(d.RandomSampler(range(11), generator=g), 4, False),
    "batches, last dropped": lambda d, g: d.BatchSampler(d.RandomSampler(range(11), generator=g), 4, True),
    "batches of an iterator": lambda d, g: d.BatchSampler(iter("abcde"), 2, False),
}


@pytest.mark.parametrize("own", (False, True))
@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers(name, own):
    seen = []
    for library in LIBRARIES:
        library.manual_seed(12)
        sampler = SAMPLERS[name](library.utils.data, library.Generator().manual_seed(5) if own else None)
        seen.append(([list(sampler), list(sampler)], state(library), len(sampler) if name != "batches of an iterator" else None))
    assert seen[0] == seen[1]


@settings(deadline=None, max_examples=40)
@given(n=st.integers(1, 30), cuts=st.lists(st.integers(0, 30), max_size=3), fractions=st.booleans(), own=st.booleans())
@pytest.mark.filterwarnings("ignore:Length of split")
def test_random_split(n, cuts, fractions, own):
    edges = [0, *sorted(min(c, n) for c in cuts), n]
    lengths = [b - a for a, b in zip(edges, edges[1:])]
    if fractions and sum(length / n for length in lengths) == 1:
        lengths = [length / n for length in lengths]
    seen = []
    for library in LIBRARIES:
        library.manual_seed(1)
        generator = {"generator": library.Generator().manual_seed(2)} if own else {}
        parts = library.utils.data.random_split(range(n), lengths, **generator)
        seen.append(([(type(p).__name__, p.indices, list(p), len(p)) for p in parts], state(library)))
    assert seen[0] == seen[1]


# ---- collation -----------------------------------------------------------------------------------------------------------

Point = collections.namedtuple("Point", "x y")


class Frozen(collections.abc.Mapping):
    def __init__(self, items):
        self.items_ = dict(items)

    def __getitem__(self, key):
        return self.items_[key]

    def __iter__(self):
        return iter(self.items_)

    def __len__(self):
        return len(self.items_)


BATCHES = {
    "tensors": lambda t: [t.ones(2), t.zeros(2)],
    "0-d tensors": lambda t: [t.tensor(1), t.tensor(2)],
    "permuted tensors": lambda t: [t.arange(6).reshape(2, 3).t(), t.zeros(3, 2, dtype=t.int64)],
    "numbers": lambda t: [1.5, 2.5],
    "integers": lambda t: [1, 2**40],
    "bools": lambda t: [True, False],
    "mixed numbers": lambda t: [1.5, 2],
    "strings": lambda t: ["a", "b"],
    "bytes": lambda t: [b"a", b"b"],
    "arrays": lambda t: [np.ones(2, "f4"), np.zeros(2, "f4")],
    "integer arrays": lambda t: [np.ones((2, 1), "i2"), np.zeros((2, 1), "i2")],
    "0-d arrays": lambda t: [np.array(1.0), np.array(2.0)],
    "NumPy's numbers": lambda t: [np.float32(1), np.float32(2)],
    "NumPy's bools": lambda t: [np.bool_(True), np.bool_(False)],
    "NumPy's float64": lambda t: [np.float64(1), np.float64(2)],
    "tuples": lambda t: [(1, "a", t.ones(1)), (2, "b", t.zeros(1))],
    "lists": lambda t: [[1, 2.0], [3, 4.0]],
    "named tuples": lambda t: [Point(1, 2), Point(3, 4)],
    "dicts": lambda t: [{"x": 1, "y": {"z": t.ones(1)}}, {"x": 2, "y": {"z": t.zeros(1)}}],
    "ordered dicts": lambda t: [collections.OrderedDict(b=1, a=2), collections.OrderedDict(b=3, a=4)],
    "default dicts": lambda t: [collections.defaultdict(int, a=1), collections.defaultdict(int, a=2)],
    "mappings": lambda t: [Frozen({"a": 1}), Frozen({"a": 2})],
    "ranges": lambda t: [range(3), range(3, 6)],
    "one sample": lambda t: [(t.ones(2), 1)],
    "tensors of two shapes": lambda t: [t.ones(2), t.ones(3)],
    "lists of two lengths": lambda t: [[1, 2], [1]],
    "objects": lambda t: [object(), object()],
    "None": lambda t: [None, None],
    "arrays of strings": lambda t: [np.array(["a"]), np.array(["b"])],
    "arrays of objects": lambda t: [np.array([None]), np.array([None])],
    "sets": lambda t: [{1}, {2}],
    "no samples": lambda t: [],
}


def verdict(action):
    try:
        return plain(action())
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("name", BATCHES)
def test_collation(name):
    ours, theirs = (verdict(lambda: t.utils.data.default_collate(BATCHES[name](t))) for t in LIBRARIES)
    assert str(ours) == str(theirs).replace("torch.", "minitorch.") if "object" in str(theirs) else ours == theirs
    for t in LIBRARIES:
        batch = BATCHES[name](t)
        converted = verdict(lambda: t.utils.data.default_convert(batch))
        if t is minitorch:
            mine = converted
    if name not in ("objects", "sets", "None"):
        assert mine == converted


def test_collation_with_functions_of_ones_own():
    for library in LIBRARIES:
        collate = library.utils.data._utils.collate
        functions = {**collate.default_collate_fn_map, str: lambda batch, *, collate_fn_map=None: "-".join(batch)}
        assert collate.collate([("a", 1), ("b", 2)], collate_fn_map=functions)[0] == "a-b"


def test_rows_of_tensors_that_need_gradients_are_stacked():
    """The quick way to a batch of a TensorDataset takes whole rows; it leaves to the slow one what is not the same."""
    for library in LIBRARIES:
        x = library.arange(6.0).reshape(3, 2).requires_grad_()
        batch, = next(iter(library.utils.data.DataLoader(library.utils.data.TensorDataset(x), 2)))
        batch.sum().backward()
        assert x.grad.tolist() == [[1, 1], [1, 1], [0, 0]]

        class Doubled(library.utils.data.TensorDataset):
            def __getitem__(self, index):
                return tuple(2 * t for t in super().__getitem__(index))
        assert next(iter(library.utils.data.DataLoader(Doubled(library.ones(2)), 2)))[0].tolist() == [2, 2]
        loader = library.utils.data.DataLoader(library.utils.data.TensorDataset(library.arange(3)), batch_sampler=[[0, -1], [2, 0, 0]])
        assert [b[0].tolist() for b in loader] == [[0, 2], [2, 0, 0]]
        batch, = next(iter(loader))
        batch.zero_()
        assert loader.dataset.tensors[0].tolist() == [0, 1, 2]
        with pytest.raises(IndexError):
            list(library.utils.data.DataLoader(library.utils.data.TensorDataset(library.arange(3)), batch_sampler=[[3]]))


# ---- one program, two libraries -----------------------------------------------------------------------------------------------

PROGRAMS = {
    "data sets": """
        D = torch.utils.data
        a, b = D.TensorDataset(torch.arange(3)), D.TensorDataset(torch.arange(3, 5), torch.ones(2))
        attempt(D.TensorDataset, torch.ones(2), torch.ones(3))
        both = a + b
        print(type(both).__name__, len(both), both[0], both[3], both[-1], both.cumulative_sizes)
        attempt(lambda: both[-6])
        raised(lambda: both[5])
        attempt(D.ConcatDataset, [])
        class Stream(D.IterableDataset):
            def __init__(self, n): self.n = n
            def __iter__(self): return iter(range(self.n))
            def __len__(self): return self.n
        chain = Stream(2) + Stream(3)
        print(type(chain).__name__, list(chain), len(chain))
        attempt(D.ConcatDataset, [Stream(1)])
        attempt(list, D.ChainDataset([[1]]))
        attempt(len, D.ChainDataset([[1]]))
        s = D.Subset(range(10), [3, 1, 7])
        print(list(s), len(s), s[1], s.__getitems__([0, 2]), a[0:2], D.Subset(a, [2, 0]).__getitems__([1]))
        class Half(D.Subset):
            def __getitem__(self, i): return 0
        attempt(Half, a, [0])
        print(isinstance(Stream(1), D.Dataset), D.Dataset[int] is not None)
        attempt(lambda: D.Dataset()[0])
        p = D.StackDataset(range(3), "abc")
        q = D.StackDataset(x=range(3), y=D.Subset("xyz", [2, 1, 0]))
        print(p[1], len(p), p.__getitems__([0, 2]), q[0], q.__getitems__([1]), list(D.DataLoader(q, 2)))
        attempt(D.StackDataset)
        attempt(D.StackDataset, range(3), range(2))
        attempt(D.StackDataset, x=range(3), y=range(2))
        attempt(D.StackDataset, range(3), x=range(3))
    """,
    "splits": """
        D = torch.utils.data
        attempt(D.random_split, range(10), [3, 4])
        attempt(D.random_split, range(10), [1.5, -0.5])
        print([len(s) for s in D.random_split(range(10), [0.34, 0.33, 0.33])])
        print([len(s) for s in D.random_split(range(2), [0.4, 0.3, 0.3])])
        print([len(s) for s in D.random_split(range(0), [0, 0])])
    """,
    "sampler errors": """
        D = torch.utils.data
        attempt(D.RandomSampler, range(3), replacement=1)
        attempt(D.RandomSampler, range(3), num_samples=0)
        attempt(D.RandomSampler, range(3), num_samples=1.5)
        attempt(D.RandomSampler, [])
        attempt(D.WeightedRandomSampler, [1.0], 0)
        attempt(D.WeightedRandomSampler, [1.0], True)
        attempt(D.WeightedRandomSampler, [1.0], 1, replacement=1)
        attempt(D.WeightedRandomSampler, [[1.0]], 1)
        attempt(D.BatchSampler, range(3), 0, False)
        attempt(D.BatchSampler, range(3), True, False)
        attempt(D.BatchSampler, range(3), 2, 1)
        raised(lambda: iter(D.Sampler()))
    """,
    "loader arguments": """
        D = torch.utils.data
        class Stream(D.IterableDataset):
            def __iter__(self): return iter(range(5))
        for settings in ({"num_workers": -1}, {"timeout": -1}, {"prefetch_factor": 2}, {"persistent_workers": True},
                         {"shuffle": True, "sampler": [1]}, {"batch_sampler": [[1]], "batch_size": 2},
                         {"batch_sampler": [[1]], "shuffle": True}, {"batch_sampler": [[1]], "drop_last": True},
                         {"batch_size": None, "drop_last": True}, {"batch_size": 0}, {"batch_size": -1}, {"drop_last": 1},
                         {"multiprocessing_context": "fork"}):
            attempt(D.DataLoader, range(3), **settings)
        for settings in ({"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}):
            attempt(D.DataLoader, Stream(), **settings)
        attempt(D.DataLoader, [], shuffle=True)
        loader = D.DataLoader(range(3))
        for name in ("batch_size", "sampler", "batch_sampler", "drop_last", "dataset", "persistent_workers"):
            attempt(setattr, loader, name, 1)
        loader.collate_fn = list
        print(list(loader), loader.batch_size, loader.num_workers, loader.timeout, loader.pin_memory, loader.worker_init_fn)
        attempt(iter, D.DataLoader(range(3), timeout=1))
        list(D.DataLoader(range(3), pin_memory=True))
        print(D.get_worker_info())
        import pickle
        raised(pickle.dumps, iter(loader))
    """,
    "streams": """
        D = torch.utils.data
        class Stream(D.IterableDataset):
            def __init__(self, n, length=None): self.n, self.length = n, length
            def __iter__(self): return iter(range(self.n))
            def __repr__(self): return "Stream"
            def __len__(self):
                if self.length is None: raise TypeError("no length")
                return self.length
        for settings in ({}, {"batch_size": 2}, {"batch_size": 2, "drop_last": True}, {"batch_size": None},
                         {"batch_size": 2, "collate_fn": tuple}):
            loader = D.DataLoader(Stream(5), **settings)
            print(list(loader), list(loader))
            attempt(len, loader)
            loader = D.DataLoader(Stream(5, 5), **settings)
            print(len(loader), len(list(loader)))
        loader = D.DataLoader(Stream(5, 3), batch_size=None)
        print(len(loader), list(loader))
        it = iter(D.DataLoader(Stream(3), 2))
        print(next(it), next(it))
        raised(next, it)
        raised(next, it)
    """,
    "samplers of one's own": """
        D = torch.utils.data
        class Back(D.Sampler):
            def __init__(self, n): self.n = n
            def __iter__(self): return iter(range(self.n - 1, -1, -1))
            def __len__(self): return self.n
        loader = D.DataLoader(range(5), 2, sampler=Back(5))
        print(list(loader), len(loader), len(iter(loader)))
        loader = D.DataLoader(torch.arange(5), batch_sampler=[[1, 2], [0]])
        print(list(loader), len(loader), loader.batch_size, loader.drop_last)
        loader = D.DataLoader({"a": 1, "b": 2}, sampler=["a", "b"], batch_size=None)
        print(list(loader))
        loader = D.DataLoader(range(6), batch_size=None, sampler=D.BatchSampler(D.SequentialSampler(range(6)), 4, False))
        raised(list, loader)
        class Many(D.Dataset):
            def __getitem__(self, i): return i * 10
            def __getitems__(self, indices): return [i * 100 for i in indices]
            def __len__(self): return 4
        print(list(D.DataLoader(Many(), 3)), list(D.DataLoader(Many(), None)))
        print([b for b in D.DataLoader(["x", "y", "z"], 2, collate_fn=lambda samples: "".join(samples))])
    """,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program):
    assert_same(PROGRAMS[program])


def test_workers_are_refused():
    with pytest.raises(NotImplementedError, match="num_workers=0"):
        minitorch.utils.data.DataLoader(range(3), num_workers=2)
