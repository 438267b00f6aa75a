"""Public names that have nothing to compare, each with the reason; a test asks for an entry of every other public name."""

OLD = "warns, then calls the function whose name ends in _; tests/nn compares warning and values"

EXEMPT = {
    **{f"nn.init.{name}": OLD for name in ("constant", "dirac", "eye", "kaiming_normal", "kaiming_uniform", "normal", "orthogonal",
                                           "sparse", "uniform", "xavier_normal", "xavier_uniform")},
    "nn.utils.clip_grad_norm": OLD,
    **{name: "the entry of no_grad runs all the modes together" for name in (
        "enable_grad", "inference_mode", "set_grad_enabled", "is_grad_enabled", "is_inference_mode_enabled", "autograd.enable_grad",
        "autograd.inference_mode", "autograd.no_grad", "autograd.set_grad_enabled")},
    **{f"autograd.{name}": "messages, not values; tests/test_autograd.py holds them" for name in ("detect_anomaly", "set_detect_anomaly")},
    **{f"Tensor.{name}": "the entry of Tensor.is_leaf compares it for a leaf, a result, and what was cut off" for name in (
        "requires_grad", "retains_grad", "output_nr", "grad_fn")},
    **{name: "a dtype; every entry compares dtypes, tests/test_dtypes.py their promotion" for name in (
        "float16", "float32", "float64", "half", "float", "double", "int8", "int16", "int32", "int64", "uint8", "short", "int", "long",
        "bool", "dtype")},
    "Tensor.set_": "takes over another tensor's memory; tests/ops/test_protocol.py compares what is seen",
    "set_printoptions": "tests/test_printing.py compares the printed text under its options",
    "strided": "a constant: the only layout there is", "layout": "a type of one value",
    "default_generator": "an object, not a function: its stream is what every random entry compares",
    "random.seed": "the same function at its other place",
    "seed": "entropy of the system: no two calls agree; a test holds it against initial_seed()",
    "utils.data.get_worker_info": "always None here: data is loaded in the calling process",
}
