"""Parts of a network that run again in backward."""
import warnings

from .autograd import entry, leaf, ones, same_shape


def at(torch):
    """torch.utils.checkpoint."""
    return torch.utils.checkpoint


def part(x, y, scale=1.0):
    """Two outputs of two inputs."""
    return (x * y).tanh() * scale, x.exp() + y


def both_kinds(torch, x, c):
    """Gradients of both kinds, a second order of one, how often the function ran."""
    found, runs = [], []

    def noted(*args, **settings):
        runs.append(1)
        return part(*args, **settings)
    for options in ({"use_reentrant": False, "scale": 2.0}, {"use_reentrant": True}, {"use_reentrant": False, "preserve_rng_state": False}):
        a, b = leaf(x), leaf(c)
        one, two = at(torch).checkpoint(noted, a, b, **options)
        (one * c + two * two).backward(c)
        found += [one, two, a.grad, b.grad, len(runs)]
    a = leaf(x)
    y = at(torch).checkpoint(lambda v: v.exp() * v, a, use_reentrant=False)
    first, = torch.autograd.grad(y, a, c, create_graph=True)
    return found, first, torch.autograd.grad(first, a, c)


def in_segments(torch, x, c):
    """Functions in one to four segments."""
    found = []
    for segments in (1, 2, 4):
        a = leaf(x)
        y = at(torch).checkpoint_sequential([torch.tanh, torch.exp, torch.sin, lambda v: v * c], segments, a, use_reentrant=False)
        y.backward(c)
        found += [y, a.grad]
    return found


def by_its_name(torch, x, c):
    """The re-entering kind itself."""
    a = leaf(x)
    y = at(torch).CheckpointFunction.apply(lambda v: v.exp() * v, True, a)
    y.backward(c)
    return y, a.grad, y.grad_fn.name()


def stopped(torch, x, c):
    """What runs again, with and without stopping early."""
    runs = []
    for setting in (True, False):
        with at(torch).set_checkpoint_early_stop(setting):
            y = at(torch).checkpoint(lambda v: (v.exp(), runs.append(setting))[0], leaf(x), use_reentrant=False)
        y.backward(c)
    return runs


def cut(torch, x):
    """Leaves of the same values."""
    a, b, n = at(torch).detach_variable((leaf(x) * 2, x, 3))
    return a, a.is_leaf, a.requires_grad, b.requires_grad, n


def warned(torch, x):
    """Which inputs are worth a warning."""
    counts = []
    for inputs in ([leaf(x)], [x], [], [3, leaf(x)]):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            at(torch).check_backward_validity(inputs)
        counts.append(len(seen))
    return counts


def different(torch, **options):
    """A function that is another one the second time."""
    runs = []

    def f(x):
        runs.append(1)
        return (x[:1] if len(runs) > 1 else x).exp().sin().sum()
    at(torch).checkpoint(f, ones(torch), use_reentrant=False, **options).backward()


ENTRIES = [
    entry("utils.checkpoint.checkpoint", both_kinds, same_shape(), bad={
        "keyword": lambda torch: at(torch).checkpoint(part, ones(torch), ones(torch), use_reentrant=True, scale=2),
        "another function": different, "check": lambda torch: different(torch, determinism_check="some"),
        "argument": lambda torch: at(torch).checkpoint(),
        "gradient": lambda torch: torch.autograd.grad(at(torch).checkpoint(torch.exp, a := ones(torch), use_reentrant=True).sum(), a),
    }, source="Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost"),
    entry("utils.checkpoint.checkpoint_sequential", in_segments, same_shape(), bad={
        "keyword": lambda torch: at(torch).checkpoint_sequential([torch.exp], 1, ones(torch), use_reentrant=False, no=1),
        "argument": lambda torch: at(torch).checkpoint_sequential([torch.exp]),
        "segments": lambda torch: at(torch).checkpoint_sequential([torch.exp], 0, ones(torch), use_reentrant=False),
    }),
    entry("utils.checkpoint.CheckpointFunction", by_its_name, same_shape(), bad={
        "argument": lambda torch: at(torch).CheckpointFunction.apply(),
        "function": lambda torch: at(torch).CheckpointFunction.apply(3, True),
        "inputs": lambda torch: at(torch).CheckpointFunction.apply(torch.exp, True, a := ones(torch)).sum().backward(inputs=[a]),
    }),
    entry("utils.checkpoint.set_checkpoint_early_stop", stopped, same_shape(), bad={
        "argument": lambda torch: at(torch).set_checkpoint_early_stop(), "keyword": lambda torch: at(torch).set_checkpoint_early_stop(no=1),
        "too many": lambda torch: at(torch).set_checkpoint_early_stop(True, 1),
    }),
    entry("utils.checkpoint.detach_variable", cut, bad={
        "list": lambda torch: at(torch).detach_variable([ones(torch)]), "argument": lambda torch: at(torch).detach_variable(),
        "dtype": lambda torch: at(torch).detach_variable(3),
    }),
    entry("utils.checkpoint.check_backward_validity", warned, bad={
        "dtype": lambda torch: at(torch).check_backward_validity(3), "argument": lambda torch: at(torch).check_backward_validity(),
        "keyword": lambda torch: at(torch).check_backward_validity([], no=1),
    }),
]
