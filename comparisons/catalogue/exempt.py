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
    **{name: "a constant; tests/test_tensor.py compares it" for name in (
        "e", "pi", "inf", "nan", "newaxis", "contiguous_format", "preserve_format", "memory_format")},
    "linalg.LinAlgError": "an exception; tests/ops/test_linalg.py meets it",
    "compile": "there is no compiler: the model itself is returned, as tests/test_tensor.py shows",
    "autograd.Variable": "makes a Tensor, as tests/test_tensor.py shows",
    "autograd.graph.Node": "what grad_fn is; tests/test_saved_tensors.py compares what nodes do",
    "utils.checkpoint.CheckpointError": "a class of errors; tests/test_checkpoint.py raises it",
    "utils.checkpoint.noop_context_fn": "two contexts that do nothing",
    "Tensor.as_subclass": "the same tensor under another class, as tests/test_tensor.py shows",
    "Tensor.cuda": "there is no device in the tests of PyTorch's CPU build; tests/test_backend.py moves tensors to a double of one",
    **{f"cuda.{name}": "asks a device, and the PyTorch beside it has none; tests/test_cuda.py compares how it refuses" for name in (
        "can_device_access_peer", "current_device", "current_stream", "default_stream", "device", "device_of", "get_device_capability",
        "get_device_name", "get_device_properties", "get_rng_state", "init", "initial_seed", "ipc_collect", "is_bf16_supported",
        "mem_get_info", "reset_max_memory_allocated", "reset_peak_memory_stats", "set_device", "set_rng_state", "set_stream", "stream",
        "synchronize", "Event", "Stream", "StreamContext")},
    "OutOfMemoryError": "a class of errors; tests/test_cuda.py raises and catches it",
    "cuda.OutOfMemoryError": "the same class at its other place",
    **{f"backends.{name}": "a switch that nothing depends on; tests/test_tensor.py sets and reads it" for name in (
        "cuda.matmul", "cudnn.allow_tf32", "cudnn.benchmark", "cudnn.benchmark_limit", "cudnn.deterministic", "cudnn.enabled",
        "mkldnn.enabled")},
    **{f"backends.{name}.is_available": "True in PyTorch's build, False here" for name in ("mkl", "mkldnn", "openmp")},
    "testing.assert_close": "a verdict, not a value; tests/testing/test_testing.py compares it with PyTorch's",
    "set_printoptions": "tests/test_printing.py compares the printed text under its options",
    "strided": "a constant: the only layout there is", "layout": "a type of one value",
    "default_generator": "an object, not a function: its stream is what every random entry compares",
    "random.seed": "the same function at its other place",
    "seed": "entropy of the system: no two calls agree; a test holds it against initial_seed()",
    "utils.data.get_worker_info": "always None here: data is loaded in the calling process",
}
