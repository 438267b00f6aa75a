"""Public names that have nothing to compare, each with the reason; a test asks for an entry of every other public name."""

EXEMPT = {
    "default_generator": "an object, not a function: its stream is what every random entry compares",
    "random.seed": "the same function at its other place",
    "seed": "entropy of the system: no two calls agree; a test holds it against initial_seed()",
    "utils.data.get_worker_info": "always None here: data is loaded in the calling process",
}
