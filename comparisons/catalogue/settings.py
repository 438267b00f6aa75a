"""Switches, threads and devices, as ordinary programs ask for them on a machine without a GPU."""
from hypothesis import strategies as st

from .entry import Entry, cases

FACT = r"\text{a fact}"


def switched(on, off, get, *reset):
    """A switch: what is read after it was set, and after it was set back."""
    def call(torch, *args, **settings):
        try:
            getattr(torch, on)(*args, **settings)
            return [getattr(torch, name)() for name in get]
        finally:
            getattr(torch, off)(*reset)
    return call


def threads(torch, number):
    """The number of threads while it is set to another."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(number)
        return torch.get_num_threads()
    finally:
        torch.set_num_threads(before)


def question(name, *also, **options):
    """The entry of functions without arguments that answer the same everywhere."""
    def at(torch, path=name):
        for part in path.split("."):
            torch = getattr(torch, part)
        return torch
    return Entry(name, cases(), also=also, bad={
        "argument": lambda torch: at(torch)(1, 2, 3, 4), "keyword": lambda torch: at(torch)(no_such=1),
        "dtype": lambda torch: at(torch)(torch.float32, None, None),
    }, formula=FACT, source=f"torch.{name}", order=0, **options)


def seeds(name):
    """The entry of a function that seeds devices: without any it does nothing, whatever the CPU's generator has drawn."""
    def call(torch, seed):
        torch.manual_seed(7)
        result = getattr(torch.cuda, name)(seed)
        return result, torch.rand(3)
    return Entry(f"cuda.{name}", cases(st.integers(0, 2**31)), call=call, bad={
        "dtype": lambda torch: getattr(torch.cuda, name)("x"), "argument": lambda torch: getattr(torch.cuda, name)(),
        "shape": lambda torch: getattr(torch.cuda, name)([1]),
    }, formula=FACT, source=f"torch.cuda.{name}", order=0)


def attention(kind):
    """The entry of a switch of attention: what is read after it was set."""
    enable, enabled = f"enable_{kind}_sdp", f"{kind}_sdp_enabled"

    def call(torch, on):
        try:
            getattr(torch.backends.cuda, enable)(on)
            return getattr(torch.backends.cuda, enabled)()
        finally:
            getattr(torch.backends.cuda, enable)(True)
    return Entry(f"backends.cuda.{enable}", cases(st.booleans()), call=call, bad={
        "dtype": lambda torch: getattr(torch.backends.cuda, enabled)("x"), "argument": lambda torch: getattr(torch.backends.cuda, enable)(),
        "shape": lambda torch: getattr(torch.backends.cuda, enable)(True, False),
    }, formula=FACT, source=f"torch.backends.cuda.{enable}", order=0)


def cudnn_flags(torch, **settings):
    """cuDNN's switches, set one by one and for the length of a block."""
    cudnn = torch.backends.cudnn
    before = cudnn.benchmark, cudnn.deterministic, cudnn.enabled
    cudnn.benchmark, cudnn.deterministic = True, True
    seen = [cudnn.benchmark, cudnn.deterministic, cudnn.enabled]
    cudnn.benchmark, cudnn.deterministic, cudnn.enabled = before
    with cudnn.flags(**settings):
        seen += [cudnn.enabled, cudnn.benchmark, cudnn.deterministic]
    return [*seen, cudnn.benchmark, cudnn.deterministic, cudnn.enabled, cudnn.is_available()]


ENTRIES = [
    Entry("use_deterministic_algorithms", cases(st.booleans(), warn_only=st.booleans()),
          call=switched("use_deterministic_algorithms", "use_deterministic_algorithms",
                        ("are_deterministic_algorithms_enabled", "is_deterministic_algorithms_warn_only_enabled"), False), bad={
        "dtype": lambda torch: torch.use_deterministic_algorithms("x"), "argument": lambda torch: torch.use_deterministic_algorithms(),
        "shape": lambda torch: torch.use_deterministic_algorithms(True, False),
    }, formula=FACT, source="torch.use_deterministic_algorithms", order=0),
    question("are_deterministic_algorithms_enabled"), question("is_deterministic_algorithms_warn_only_enabled"),
    Entry("set_float32_matmul_precision", cases(st.sampled_from(("highest", "high", "medium"))),
          call=switched("set_float32_matmul_precision", "set_float32_matmul_precision", ("get_float32_matmul_precision",), "highest"), bad={
        "dtype": lambda torch: torch.get_float32_matmul_precision("x"), "argument": lambda torch: torch.set_float32_matmul_precision(),
        "shape": lambda torch: torch.set_float32_matmul_precision("high", "low"),
    }, formula=FACT, source="torch.set_float32_matmul_precision", order=0),
    question("get_float32_matmul_precision"),
    Entry("set_num_threads", cases(st.integers(1, 2)), call=threads, bad={
        "dtype": lambda torch: torch.set_num_threads("x"), "argument": lambda torch: torch.set_num_threads(0),
        "shape": lambda torch: torch.set_num_threads(1.5),
    }, formula="n", source="torch.set_num_threads", order=0),
    Entry("get_num_threads", cases(), call=lambda torch: torch.get_num_threads() >= 1, bad={
        "dtype": lambda torch: torch.get_num_threads("x"), "argument": lambda torch: torch.get_num_threads(1),
        "shape": lambda torch: torch.get_num_threads(no_such=1),
    }, formula="n", source="torch.get_num_threads", order=0),
    # ---- devices that are not there
    question("cuda.is_available"), question("cuda.device_count"), question("cuda.is_initialized"),
    *(Entry(f"cuda.{name}", cases(), bad={
        "dtype": lambda torch, name=name: getattr(torch.cuda, name)("x", "y"),
        "argument": lambda torch, name=name: getattr(torch.cuda, name)(no_such=1),
        "shape": lambda torch, name=name: getattr(torch.cuda, name)(0, 1, 2),
    }, formula="n", source=f"torch.cuda.{name}", order=0)
      for name in ("memory_allocated", "memory_reserved", "max_memory_allocated", "max_memory_reserved")),
    *map(question, ("cuda.empty_cache", "cuda.get_rng_state_all", "cuda.get_arch_list", "cuda.seed", "cuda.seed_all")),
    Entry("cuda.memory_stats", cases(), call=lambda torch: dict(torch.cuda.memory_stats()) if not torch.cuda.is_available() else {}, bad={
        "argument": lambda torch: torch.cuda.memory_stats(1, 2), "keyword": lambda torch: torch.cuda.memory_stats(no_such=1),
        "dtype": lambda torch: torch.cuda.memory_stats(None, torch.float32),
    }, formula=FACT, source="torch.cuda.memory_stats", order=0),
    Entry("get_device_module", cases(st.sampled_from(("cpu", "cuda", "cuda:1"))),
          call=lambda torch, place: torch.get_device_module(place).__name__.rpartition(".")[2], bad={
        "argument": lambda torch: torch.get_device_module("nowhere"), "keyword": lambda torch: torch.get_device_module(no_such=1),
        "dtype": lambda torch: torch.get_device_module("cpu", torch.float32),
    }, formula=FACT, source="torch.get_device_module", order=0),
    Entry("cuda.set_rng_state_all", cases([]), bad={
        "dtype": lambda torch: torch.cuda.set_rng_state_all(1), "argument": lambda torch: torch.cuda.set_rng_state_all(),
        "shape": lambda torch: torch.cuda.set_rng_state_all([], []),
    }, formula=FACT, source="torch.cuda.set_rng_state_all", order=0),
    seeds("manual_seed"), seeds("manual_seed_all"),
    # ---- what stands behind the operators
    attention("flash"), attention("mem_efficient"), attention("math"),
    *map(question, ("backends.cuda.flash_sdp_enabled", "backends.cuda.mem_efficient_sdp_enabled", "backends.cuda.math_sdp_enabled",
                    "backends.cuda.is_built", "backends.cudnn.is_available", "backends.cudnn.version", "backends.mps.is_available",
                    "backends.mps.is_built")),
    Entry("backends.cudnn.flags", cases(enabled=st.booleans(), benchmark=st.booleans(), deterministic=st.booleans()), call=cudnn_flags,
          bad={
        "dtype": lambda torch: torch.backends.cudnn.is_available("x"), "argument": lambda torch: torch.backends.cudnn.version(1),
        "shape": lambda torch: torch.backends.cudnn.flags(no_such=1),
    }, formula=FACT, source="torch.backends.cudnn.flags", order=0),
]
