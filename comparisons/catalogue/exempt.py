"""Public names that have nothing to compare, each with the reason; a test asks for an entry of every other public name."""

OLD = "warns, then calls the function whose name ends in _; tests/nn compares warning and values"

EXEMPT = {
    **{f"nn.init.{name}": OLD for name in ("constant", "dirac", "eye", "kaiming_normal", "kaiming_uniform", "normal", "orthogonal",
                                           "sparse", "uniform", "xavier_normal", "xavier_uniform")},
    "nn.utils.clip_grad_norm": OLD,
    "default_generator": "an object, not a function: its stream is what every random entry compares",
    "random.seed": "the same function at its other place",
    "seed": "entropy of the system: no two calls agree; a test holds it against initial_seed()",
    "utils.data.get_worker_info": "always None here: data is loaded in the calling process",
}
