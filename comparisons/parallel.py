"""Checks many components at once, in processes of their own; what comes back is a row of the table."""
import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass

from . import catalogue, check
from .libraries import limit_threads


@dataclass(frozen=True)
class Row:
    """One component's result: the worst differences in ulp of the largest value (nan: not compared), and what is wrong if anything."""

    name: str
    ok: bool
    message: str
    examples: int
    names: int
    worst: dict
    seconds: float


def check_one(name, examples, seed):
    """Check the entry of this name; the Row of what was found."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")                 # torch's remarks on how it computes something are no findings
        result = check.check(catalogue.ENTRIES[name], examples=examples, seed=seed)
    worst = {what: float(value) for what, value in asdict(result.worst).items()}
    return Row(name, result.ok, result.message(), result.examples, len(result.names), worst, result.seconds)


def check_all(names, examples=25, seed=0, processes=2):
    """Yield the Row of each named entry as it comes. With one process, or one name, everything happens in this process."""
    if processes == 1 or len(names) == 1:
        for name in names:
            yield check_one(name, examples, seed)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=limit_threads) as pool:
        tasks = [pool.submit(check_one, name, examples, seed) for name in names]
        try:
            for task in as_completed(tasks):
                yield task.result()
        finally:
            for task in tasks:
                task.cancel()
