"""What a component on a device may do that its twin on the host does not, each with its reason, and how a report of
`comparisons.devices.check` is judged by it. The strict double, the emulated device and a real one are judged alike.
"""
from . import cuda
from .catalogue import ENTRIES

# What cannot be the same on both
ASKS_FOR_NUMPY = "the call asks for a NumPy array, which a device refuses as in torch"
NAMES_THE_DEVICE = "the answer names the device"
NOT_COMPARED = dict.fromkeys(
    ("Tensor.numpy", "from_numpy", "tensor of tensors", "as_tensor of tensors", "asarray of tensors", "load", "utils.data.default_convert"),
    ASKS_FOR_NUMPY) | dict.fromkeys(
    ("Tensor.device", "Tensor.get_device", "Tensor.is_cpu", "Tensor.is_cuda", "Tensor.type", "get_default_device"), NAMES_THE_DEVICE) | {
    "Tensor.apply_": "a Python function of each element is refused on a device, as in torch",
    "Tensor.map_": "a Python function of each element is refused on a device, as in torch",
    "Tensor.to the device": "a copy from a device has a history, the tensor itself has none",
    "Tensor.cpu": "a copy from a device has a history, the tensor itself has none",
    "nn.utils.parameters_to_vector": "CuPy's elementwise results lie in C's order: torch's keep the operands' and cannot be viewed",
}

# What waits for the device, and why it must
ANSWER, SIZE, INDICES = "the answer is Python's", "the size of the result is a value", "indices are Python's"
CHANCES = "the draws are made on the host, by torch's streams, and depend on the values"
AVERAGE = "momentum=None: the number of batches so far is a factor; torch waits too"
LABELS = "how long the sequences are is Python's; their labels are laid out on the host"
WAITS = dict.fromkeys(
    ("allclose", "equal", "is_nonzero", "Tensor.is_nonzero", "Tensor.item", "Tensor.tolist", "Tensor.share_memory_", "Tensor.__contains__",
     "Tensor.__bool__", "Tensor.__int__", "Tensor.__float__", "Tensor.__index__", "autograd.gradcheck", "autograd.gradgradcheck",
     "utils.data.IterableDataset", "utils.data.ChainDataset", "save"), ANSWER) | dict.fromkeys(
    ("nonzero", "argwhere", "masked_select", "unique", "unique along a dimension", "unique_consecutive", "bincount",
     "repeat_interleave with counts"), SIZE) | dict.fromkeys(
    ("utils.data.random_split", "utils.data.DataLoader", "utils.data.Sampler", "utils.data.RandomSampler", "utils.data.SubsetRandomSampler",
     "utils.data.WeightedRandomSampler", "utils.data.BatchSampler"), INDICES) | dict.fromkeys(
    ("bernoulli", "Tensor.bernoulli_", "multinomial", "nn.functional.rrelu", "nn.functional.rrelu_", "rrelu from a generator"),
    CHANCES) | dict.fromkeys(
    ("nn.BatchNorm1d", "nn.BatchNorm2d"), AVERAGE) | {
    "Tensor.__getitem__": "CuPy turns masks into indices", "Tensor.__setitem__": "CuPy turns masks into indices",
    "index_put": "CuPy turns masks into indices",
    **dict.fromkeys(("embedding_bag", "nn.functional.embedding_bag"), "the length of the longest bag is the size of a matrix"),
    **{f"special.{name}": "how many terms the recurrence has is a value, where the degrees are a tensor" for name in (
        *(f"{kind}chebyshev_polynomial_{letter}" for kind in ("", "shifted_") for letter in "tuvw"), "hermite_polynomial_h",
        "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p")},
    "nn.functional.one_hot": "the number of classes is a value where it is not given",
    "nn.functional.embedding": "max_norm: which rows are used is a value", "nn.Embedding": "max_norm: which rows are used is a value",
    "nn.init.trunc_normal_": "it draws until all values fit",
    "ctc_loss": LABELS, "nn.functional.ctc_loss": LABELS, "nn.functional.ctc_loss of impossible targets": LABELS,
    "linalg.matrix_exp": "how often it squares is a value",
    "linalg.lstsq": "whether there are residuals is a value", "linalg.lstsq and the rest": "whether there are residuals is a value",
    "autograd.graph.save_on_cpu": "what is kept goes to the host, as its name says",
}

# What is copied to the device beside the inputs, apart from the draws of random entries (made on the host, by torch's streams)
LAYERS = "the call makes layers, whose first weights are drawn on the host, by torch's streams"
POOLING = "the places of windows that are not all alike, a few numbers"
COPIES = dict.fromkeys(("Tensor.new_tensor", "Tensor.new", "utils.data.default_collate", "save", "repeat_interleave with counts",
                        "combinations", "autograd.gradgradcheck"), "data of the host") | dict.fromkeys(
    ("func.functional_call", "func.stack_module_state", "nn.utils.stateless.functional_call"), LAYERS) | {
    "autograd.graph.save_on_cpu": "what was kept comes back from the host"} | {
    "ctc_loss": LABELS, "nn.functional.ctc_loss": LABELS, "nn.functional.ctc_loss of impossible targets": LABELS,
    "nn.functional.local_response_norm": POOLING} | {
    "prod": "its second order stacks the factors, and CuPy copies the addresses of many arrays"} | dict.fromkeys(
    ("autograd.functional.jacobian", "autograd.functional.hessian", "func.jacrev", "func.jacfwd", "func.hessian",
     "nn.functional.conv3d", "nn.functional.conv_transpose2d", "nn.functional.conv_transpose3d", "nn.functional.grid_sample by cubics"),
    "parts are stacked, and CuPy copies the addresses of many arrays") | dict.fromkeys(
    ("Tensor.__getitem__", "Tensor.__setitem__", "index_put"), "lists of Python as indices") | {
    f"nn.{kind}Pool2d": POOLING for kind in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax")} | {
    f"nn.functional.{kind}_pool{d}d": POOLING for kind in ("max", "avg", "adaptive_avg", "adaptive_max") for d in (1, 2, 3)} | {
    f"nn.functional.lp_pool{d}d": POOLING for d in (1, 2, 3)} | {
    f"nn.functional.{name}": POOLING for d in (1, 2, 3) for name in (
        f"max_unpool{d}d", f"max_pool{d}d_with_indices", f"adaptive_max_pool{d}d_with_indices")} | dict.fromkeys(
    ("nn.functional.interpolate", "nn.functional.upsample", "nn.functional.upsample_bilinear", "nn.functional.upsample_nearest"),
    "the weights of few inputs in few outputs, once for each size") | {
    **dict.fromkeys(("max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d", "adaptive_max_pool1d"), POOLING),
    "rrelu from a generator": CHANCES, "nn.functional.interpolate by area": POOLING,
    "nn.functional.affine_grid": "the ends of a line, two numbers"}

# What needs a library that NVIDIA compiles for its GPUs and the emulated device has not (or cuBLAS's factorizations of batches): CuPy's
# error says so
CUSOLVER = "cuSOLVER"
NOT_EMULATED = dict.fromkeys((
    "nn.init.orthogonal_", "norm of matrices", "linalg.matrix_exp", "linalg.eigh", "linalg.eigh of a sum", "linalg.eigvalsh",
    "linalg.svd", "linalg.svd of full matrices", "svd", "Tensor.svd", "svd of values alone", "linalg.svdvals", "linalg.cond",
    "linalg.cond in other norms", "linalg.matrix_rank", "linalg.matrix_rank of thin products", "linalg.pinv", "pinverse", "linalg.lstsq",
    "linalg.lstsq and the rest", "linalg.inv", "linalg.inv_ex", "linalg.tensorinv", "linalg.solve", "linalg.solve from the right",
    "linalg.solve_ex", "linalg.tensorsolve", "linalg.det", "linalg.slogdet", "logdet", "linalg.cholesky", "linalg.cholesky of a product",
    "linalg.cholesky_ex", "linalg.qr", "linalg.qr complete", "linalg.qr alone", "linalg.matrix_power of the inverse"), CUSOLVER)

# Bad inputs that only their values show: looking at them would wait for the device, so nobody does
VALUES = {
    "scatter_reduce", "scatter_reduce of equal values", "scatter_reduce of products", "scatter_reduce of zeros", "take", "put",
    "masked_scatter", "cov", "histc", "histc over the data's range",
    "Tensor.__getitem__", "gather", "scatter", "scatter of a number", "scatter_add", "index_select", "index_fill", "index_put", "normal",
    "nn.functional.max_unpool1d", "nn.functional.max_unpool2d", "nn.functional.max_unpool3d", "nn.functional.linear_cross_entropy",
    "embedding", "nn.functional.embedding", "nn.Embedding", "nn.functional.one_hot", "nn.functional.nll_loss",
    "nn.functional.cross_entropy",
    "nn.functional.multi_margin_loss", "nn.functional.multilabel_margin_loss", "nn.functional.gaussian_nll_loss",
    "nn.NLLLoss", "nn.CrossEntropyLoss", "nn.functional.binary_cross_entropy", "nn.BCELoss",
    "linalg.inv", "linalg.inv_ex", "linalg.tensorinv", "linalg.matrix_power of the inverse", "linalg.solve", "linalg.solve_ex",
    "linalg.tensorsolve", "linalg.cholesky", "linalg.cholesky_ex", "linalg.lu_factor", "linalg.svd", "linalg.cond in other norms",
}
ONLY_ON_DEVICES = {"optim.Adam": ("capturable",), "optim.RMSprop": ("capturable",)}      # what torch takes on a device alone

TABLES = (NOT_COMPARED, WAITS, COPIES, NOT_EMULATED, VALUES, ONLY_ON_DEVICES)


def judge(name, report):
    """Values, dtypes, shapes, gradients, second order, error classes; nothing waits for the device or copies to it without a reason.

    Raises:
        AssertionError: with what is wrong.
    """
    entry = ENTRIES[name]
    if name in NOT_COMPARED:
        assert report["error"], "it could be compared after all: take it out of the list"
        return
    if name in NOT_EMULATED and cuda.kind == "emulated":
        assert any(word in str(report["error"]) for word in ("ImportError", "CUBLASError")), \
            "it runs on the emulated device: take it out of the list"
        return
    assert report["error"] is None, report["error"]
    assert report["cases"]
    seen = {k: sum(report.get(part, {}).get(k, 0) for part in ("forward", "backward")) for k in ("synchronize", "to device")}
    assert not seen["synchronize"] or name in WAITS, "it waits for the device: find another way, or say why in WAITS"
    assert not seen["to device"] or name in COPIES or entry.random, "it copies from the host: find another way, or say why in COPIES"
    assert not report.get("left the device"), "results lie on the host"
    for kind, verdict in report["bad"].items():
        assert kind in ONLY_ON_DEVICES.get(name, ()) or name in VALUES and verdict.startswith("on the device returns"), (kind, verdict)
