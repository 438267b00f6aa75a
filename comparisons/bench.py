"""Times both libraries on the same programs: one process each, equal threads, taking turns.

A worker is this module run with a library's name. It reads requests and writes answers, one JSON line each, so that only
one of the two ever computes, and neither sees the other's memory, threads or caches. Times are the processor's, all threads
of the worker together: other work on the machine does not count, and nobody gains by a second thread.
"""
import gc
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from .benchmarks import BENCHMARKS
from .libraries import BOTH, environment, library
from .surface import SURFACE

ROOT = Path(__file__).resolve().parent.parent
ALL = BENCHMARKS | SURFACE


# ---- the worker ------------------------------------------------------------------------------------------------------

def prepare(module, name):
    """The benchmark's step, run twice, and the seconds of the second run."""
    step = ALL[name].make(module)
    step()
    start = time.process_time()
    step()
    return step, time.process_time() - start


def run(step, times):
    """Seconds a call, over `times` calls. What other work left to collect is collected before the clock starts."""
    gc.collect()
    start = time.process_time()
    for _ in range(times):
        step()
    return (time.process_time() - start) / times


def resident():
    """(bytes resident now, most bytes resident since `forget_peak`); without /proc both are the process's peak."""
    try:
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return tuple(int(status[key].split()[0]) * 1024 for key in ("VmRSS", "VmHWM"))
    except FileNotFoundError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return peak, peak


def forget_peak():
    """Let the peak of the resident memory start from what is resident now, where the system can do that."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def growth(module, name):
    """Bytes by which three steps raise the peak of resident memory, in a library that a small step has warmed up."""
    make = BENCHMARKS[name].make
    make(module, scale=1 / 64)()
    gc.collect()
    step = make(module)
    before, _ = resident()
    forget_peak()
    for _ in range(3):
        step()
    return resident()[1] - before


def serve(name):
    """Answer requests until the input ends."""
    answers = sys.stdout
    sys.stdout = sys.stderr
    module = library(name)
    if hasattr(module, "set_num_threads"):
        module.set_num_threads(1)
    step = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                step, answer = prepare(module, request["name"])
            elif request["do"] == "run":
                answer = run(step, request["times"])
            else:
                answer = growth(module, request["name"])
            reply = {"value": answer}
        except Exception as error:                       # reported to the parent, which shows it in the row
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=answers, flush=True)


# ---- the parent ------------------------------------------------------------------------------------------------------

class Worker:
    """A library in a process of its own."""

    def __init__(self, name, threads=1):
        self.name = name
        self.process = subprocess.Popen([sys.executable, "-m", "comparisons.bench", name], cwd=ROOT, env=environment(threads),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, do, **request):
        """Send a request and wait for its value."""
        try:
            self.process.stdin.write(json.dumps({"do": do} | request) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise RuntimeError(f"the worker of {self.name} has ended") from None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker of {self.name} has ended")
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(f"{self.name}: {reply['error']}")
        return reply["value"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def timing(workers, name, rounds=25, turn=0.05, budget=20.0):
    """Median seconds of both and the median ratio: {"minitorch": s, "torch": s, "ratio": r}.

    The two take turns of about `turn` seconds. There are `rounds` of them, or as many as fit in `budget` seconds, but at least five.
    """
    once = [worker.ask("prepare", name=name) for worker in workers]
    times = [max(1, min(2000, round(turn / seconds))) for seconds in once]
    length = sum(count * seconds for count, seconds in zip(times, once))
    rounds = max(min(rounds, 5), min(rounds, int(budget / length)))
    samples = [[worker.ask("run", times=count) for worker, count in zip(workers, times)] for _ in range(rounds)]
    ours, theirs = zip(*samples)
    return {"minitorch": statistics.median(ours), "torch": statistics.median(theirs), "ratio": statistics.median(a / b for a, b in samples)}


def memory(name):
    """Bytes by which the benchmark's step raises resident memory, in a fresh process of each library; or an error's text."""
    found = {}
    for which in BOTH:
        with Worker(which) as worker:
            try:
                found[which] = worker.ask("growth", name=name)
            except RuntimeError as error:
                return str(error)
    return found


def geometric_mean(ratios):
    """The mean whose logarithm is the mean of the logarithms."""
    return math.exp(statistics.mean(map(math.log, ratios)))


def measure(names, rounds=25):
    """Yield (benchmark, result) for each name; a result is timing's dictionary, or an error's text."""
    workers = [Worker(name) for name in BOTH]
    try:
        for name in names:
            try:
                yield ALL[name], timing(workers, name, rounds)
            except RuntimeError as error:
                yield ALL[name], str(error)
    finally:
        for worker in workers:
            worker.close()


if __name__ == "__main__":
    serve(sys.argv[1])
