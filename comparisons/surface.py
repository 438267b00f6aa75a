"""What `bench --operators` times: every operator on about a million float32 elements, forward alone, then forward and backward.

A row is the call as a program writes it; the names in it choose its inputs from INPUTS, the same in both libraries.
What takes more than twice PyTorch's time because NumPy does says so in its catalogue entry (`limit`).
"""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .catalogue.limits import limit_of

INPUTS = {
    "x": lambda rng: rng.standard_normal((1000, 1000)),
    "y": lambda rng: rng.standard_normal((1000, 1000)),
    "z": lambda rng: rng.standard_normal((1000, 1000)),
    "positive": lambda rng: rng.uniform(0.1, 2, (1000, 1000)),
    "within": lambda rng: rng.uniform(-0.9, 0.9, (1000, 1000)),           # where asin, atanh and erfinv are defined
    "part": lambda rng: rng.uniform(0.05, 0.95, (1000, 1000)),            # probabilities
    "above": lambda rng: rng.uniform(1.1, 3, (1000, 1000)),
    "v": lambda rng: rng.standard_normal(1_000_000),
    "w": lambda rng: rng.standard_normal(1_000_000),
    "row": lambda rng: rng.standard_normal(1000),
    "whole": lambda rng: rng.integers(1, 100, (1000, 1000)),
    "whole2": lambda rng: rng.integers(1, 100, (1000, 1000)),
    "places": lambda rng: rng.integers(0, 1000, (1000, 1000)),
    "lines": lambda rng: rng.integers(0, 1000, 1000),
    "spots": lambda rng: rng.integers(0, 1_000_000, 1_000_000),
    "labels": lambda rng: rng.integers(0, 1000, 1000),
    "signs": lambda rng: rng.choice([-1.0, 1.0], (1000, 1000)).astype(np.float32),
    "mask": lambda rng: rng.random((1000, 1000)) < 0.5,
    "mask2": lambda rng: rng.random((1000, 1000)) < 0.5,
    "edges": lambda rng: np.sort(rng.standard_normal(1000)),
    "batches": lambda rng: rng.standard_normal((100, 100, 100)),
    "batches2": lambda rng: rng.standard_normal((100, 100, 100)),
    "triples": lambda rng: rng.standard_normal((333_333, 3)),
    "triples2": lambda rng: rng.standard_normal((333_333, 3)),
    "square": lambda rng: rng.standard_normal((400, 400)) + 20 * np.eye(400),
    "spd": lambda rng: (lambda a: a @ a.T / 400 + np.eye(400))(rng.standard_normal((400, 400))),
    "right": lambda rng: rng.standard_normal((400, 400)),
    "points": lambda rng: rng.standard_normal((1000, 32)),
    "points2": lambda rng: rng.standard_normal((1000, 32)),
    "signal": lambda rng: rng.standard_normal((16, 32, 2000)),
    "kernel1": lambda rng: rng.standard_normal((32, 32, 3)),
    "image": lambda rng: rng.standard_normal((16, 16, 64, 64)),
    "kernel2": lambda rng: rng.standard_normal((16, 16, 3, 3)),
    "volume": lambda rng: rng.standard_normal((8, 8, 16, 32, 32)),
    "kernel3": lambda rng: rng.standard_normal((8, 8, 3, 3, 3)),
    "channels": lambda rng: rng.standard_normal(16),
    "grid": lambda rng: rng.uniform(-1, 1, (16, 64, 64, 2)),
    "cube": lambda rng: rng.standard_normal((8, 32, 32)),
    "columns": lambda rng: rng.standard_normal((4, 144, 1764)),
    "table": lambda rng: rng.standard_normal((10_000, 100)),
    "tokens": lambda rng: rng.integers(0, 10_000, (100, 100)),
    "heads": lambda rng: rng.standard_normal((16, 8, 128, 64)),
    "heads2": lambda rng: rng.standard_normal((16, 8, 128, 64)),
    "heads3": lambda rng: rng.standard_normal((16, 8, 128, 64)),
    "frames": lambda rng: rng.standard_normal((100, 50, 200)),
    "spelling": lambda rng: rng.integers(1, 200, (50, 20)),
}

# inputs: functions of the library that are called with these and nothing else
PLAIN = {
    "x": """abs neg exp expm1 exp2 sqrt square sign sgn sin cos tan atan sinh cosh tanh asinh sigmoid erf erfc ceil floor round trunc frac
        nan_to_num isnan isinf isfinite isneginf isposinf signbit logical_not sinc positive deg2rad rad2deg clone ravel relu
        sum mean prod std var std_mean var_mean max min amax amin aminmax argmax argmin all any median nansum nanmean nanmedian norm
        count_nonzero sort argsort unique nonzero argwhere tril triu diag diagonal trace t rot90 zeros_like ones_like empty_like
        rand_like randn_like special.entr special.ndtr special.erfcx special.i0e special.i1 fliplr flipud""",
    "positive": "log log1p log2 log10 rsqrt reciprocal lgamma digamma special.log_ndtr i0",
    "within": "asin acos atanh erfinv arctanh",
    "part": "logit special.ndtri bernoulli",
    "above": "acosh",
    "whole": "bitwise_not",
    "x, y": """add sub mul div true_divide floor_divide remainder fmod rsub maximum minimum fmax fmin atan2 hypot logaddexp logaddexp2 eq ne
        lt le gt ge equal isclose allclose logical_and logical_or logical_xor copysign xlogy nextafter heaviside matmul mm inner dist
        special.xlog1py""",
    "positive, y": "pow float_power",
    "whole, whole2": "bitwise_and bitwise_or bitwise_xor gcd lcm",
    "mask, x, y": "where",
    "x, mask": "masked_select",
    "row": "diag_embed diagflat",
    "v, w": "dot vdot",
    "row, row": "outer",
    "x, row": "mv",
    "batches, batches2": "bmm",
    "triples, triples2": "linalg.cross",
    "square": """inverse logdet det linalg.inv linalg.det linalg.slogdet linalg.qr linalg.svd linalg.pinv
        linalg.matrix_exp linalg.lu linalg.svdvals linalg.lu_factor""",
    "spd": "linalg.cholesky linalg.eigh linalg.eigvalsh",
    "square, right": "linalg.solve linalg.lstsq",
}

# the component's name (and more words where several forms are timed): the call
FORMS = {
    "arange": "torch.arange(1_000_000)", "linspace": "torch.linspace(0, 1, 1_000_000)", "full": "torch.full((1000, 1000), 2.0)",
    "ones": "torch.ones(1000, 1000)", "zeros": "torch.zeros(1000, 1000)", "empty": "torch.empty(1000, 1000)", "eye": "torch.eye(1000)",
    "randn": "torch.randn(1000, 1000)", "rand": "torch.rand(1000, 1000)", "randint": "torch.randint(0, 10, (1000, 1000))",
    "randperm": "torch.randperm(1_000_000)", "normal": "torch.normal(0.0, 1.0, (1000, 1000))",
    "multinomial": "torch.multinomial(part, 10)", "Tensor.to": "x.to(torch.float64)", "Tensor.half": "x.half()",
    "Tensor.long": "x.long()", "Tensor.double": "x.double()", "clamp": "torch.clamp(x, -1, 1)",
    "pow with a number": "torch.pow(positive, 3)", "add of a row": "torch.add(x, row)", "addcmul": "torch.addcmul(x, y, z)",
    "addcdiv": "torch.addcdiv(x, y, positive)", "lerp": "torch.lerp(x, y, 0.3)", "masked_fill": "x.masked_fill(mask, 0.0)",
    "sum of rows": "torch.sum(x, 1)", "sum of columns": "torch.sum(x, 0)", "mean of rows": "torch.mean(x, 1)",
    "prod of rows": "torch.prod(part, 1)", "std of rows": "torch.std(x, 1)", "var of columns": "torch.var(x, 0)",
    "amax of rows": "torch.amax(x, 1)", "max along a dimension": "torch.max(x, 1)", "max along a dimension, columns": "torch.max(x, 0)",
    "argmax of rows": "torch.argmax(x, 1)", "median along a dimension": "torch.median(x, 1)", "quantile": "torch.quantile(x, 0.3, 1)",
    "mode": "torch.mode(x, 1)", "kthvalue": "torch.kthvalue(x, 10, 1)", "norm of rows": "torch.norm(x, dim=1)",
    "logsumexp": "torch.logsumexp(x, 1)", "cumsum": "torch.cumsum(x, 1)", "cumprod": "torch.cumprod(part, 1)",
    "cummax": "torch.cummax(x, 1)", "cummin": "torch.cummin(x, 1)", "logcumsumexp": "torch.logcumsumexp(x, 1)", "diff": "torch.diff(x)",
    "trapezoid": "torch.trapezoid(x)", "cov": "torch.cov(x)", "corrcoef": "torch.corrcoef(x)", "renorm": "torch.renorm(x, 2, 0, 1.0)",
    "reshape": "x.t().reshape(-1)", "Tensor.repeat": "row.repeat(1000, 1)", "repeat_interleave": "torch.repeat_interleave(row, 1000)",
    "tile": "torch.tile(row, (1000,))", "flip": "torch.flip(x, (0, 1))", "cross": "torch.cross(triples, triples2, dim=1)",
    "hstack": "torch.hstack([x, y])", "roll": "torch.roll(x, 3, 1)", "cat": "torch.cat([x, y])", "stack": "torch.stack([x, y], 1)",
    "vstack": "torch.vstack([x, y])", "split": "torch.split(x, 100)", "tensor_split": "torch.tensor_split(x, 10)",
    "meshgrid": "torch.meshgrid(row, row, indexing='ij')", "Tensor.contiguous": "x.t().contiguous()",
    "Tensor.unfold": "v.unfold(0, 10, 5)", "Tensor.expand": "row.expand(1000, 1000)", "permute": "torch.permute(batches, (2, 0, 1))",
    "Tensor.__getitem__": "x[lines]", "Tensor.__getitem__ with a mask": "x[mask]",
    "Tensor.__getitem__ with two index tensors": "x[places, places]", "Tensor.__getitem__ with a slice": "x[10:900, ::2]",
    "index_put": "torch.index_put(x, (lines,), y)", "index_put adding": "torch.index_put(v, (spots,), w, accumulate=True)",
    "index_select": "torch.index_select(x, 1, lines)", "index_add": "torch.index_add(x, 0, lines, y)",
    "index_copy": "torch.index_copy(x, 0, lines, y)", "index_fill": "torch.index_fill(x, 0, lines, 1.0)",
    "gather": "torch.gather(x, 1, places)", "scatter": "torch.scatter(x, 1, places, y)",
    "scatter_add": "torch.scatter_add(x, 1, places, y)", "scatter_reduce": "torch.scatter_reduce(x, 1, places, y, 'amax')",
    "take": "torch.take(x, spots)", "take_along_dim": "torch.take_along_dim(x, places, 1)",
    "masked_scatter": "torch.masked_scatter(x, mask, y)", "topk": "torch.topk(x, 10)",
    "sort of rows, whole numbers": "torch.sort(whole)", "unique of whole numbers": "torch.unique(whole)",
    "unique_consecutive": "torch.unique_consecutive(whole)", "searchsorted": "torch.searchsorted(edges, x)",
    "bucketize": "torch.bucketize(x, edges)", "bincount": "torch.bincount(spots)", "histc": "torch.histc(x, 100)",
    "isin": "torch.isin(whole, lines)", "nn.functional.one_hot": "F.one_hot(lines, 1000)",
    "einsum": "torch.einsum('bij,bjk->bik', batches, batches2)", "einsum of a bilinear form": "torch.einsum('bi,ij,bj->b', x, y, z)",
    "tensordot": "torch.tensordot(batches, batches2, 1)", "kron": "torch.kron(row, row)", "addmm": "torch.addmm(row, x, y)",
    "baddbmm": "torch.baddbmm(batches, batches, batches2)", "cdist": "torch.cdist(points, points2)",
    "cdist of p 1": "torch.cdist(points, points2, p=1.0)", "linalg.norm": "torch.linalg.norm(x)",
    "linalg.vector_norm": "torch.linalg.vector_norm(x, 3)", "linalg.matrix_norm": "torch.linalg.matrix_norm(x)",
    "linalg.matrix_power": "torch.linalg.matrix_power(square, 5)",
    "linalg.solve_triangular": "torch.linalg.solve_triangular(spd, right, upper=True)",
    "linalg.inv of many": "torch.linalg.inv(batches)", "linalg.det of many": "torch.linalg.det(batches)",
    "linalg.householder_product": "torch.linalg.householder_product(square, right[0])",
    "linalg.vecdot": "torch.linalg.vecdot(x, y)", "vander": "torch.vander(row, 1000)", "combinations": "torch.combinations(row)",
    "cartesian_prod": "torch.cartesian_prod(row, row)", "polygamma": "torch.polygamma(1, positive)",
    "mvlgamma": "torch.mvlgamma(above, 2)", "igamma": "torch.special.gammainc(positive, above)",
    "special.zeta": "torch.special.zeta(above, positive)", "gradient": "torch.gradient(x, dim=1)[0]", "angle": "torch.angle(x)",
    "group_norm": "torch.group_norm(image, 4)",
    "softmax of rows": "torch.softmax(x, 1)", "log_softmax": "torch.log_softmax(x, 1)", "softmax of columns": "torch.softmax(x, 0)",
}

# functions of nn.functional: the call
LAYERS = {
    "softmin": "F.softmin(x, 1)", "relu": "F.relu(x)", "relu6": "F.relu6(x)", "leaky_relu": "F.leaky_relu(x)",
    "prelu": "F.prelu(x, row)", "elu": "F.elu(x)", "selu": "F.selu(x)", "celu": "F.celu(x)", "gelu": "F.gelu(x)",
    "gelu with tanh": "F.gelu(x, approximate='tanh')", "silu": "F.silu(x)", "mish": "F.mish(x)", "glu": "F.glu(x)",
    "softplus": "F.softplus(x)", "softsign": "F.softsign(x)", "tanhshrink": "F.tanhshrink(x)", "hardtanh": "F.hardtanh(x)",
    "hardsigmoid": "F.hardsigmoid(x)", "hardswish": "F.hardswish(x)", "hardshrink": "F.hardshrink(x)", "softshrink": "F.softshrink(x)",
    "threshold": "F.threshold(x, 0.1, 2.0)", "logsigmoid": "F.logsigmoid(x)", "rrelu": "F.rrelu(x, training=True)",
    "linear": "F.linear(x, y, row)", "bilinear": "F.bilinear(points, points2, cube)",
    "conv1d": "F.conv1d(signal, kernel1)", "conv2d": "F.conv2d(image, kernel2, channels, padding=1)",
    "conv3d": "F.conv3d(volume, kernel3)", "conv_transpose1d": "F.conv_transpose1d(signal, kernel1, stride=2)",
    "conv_transpose2d": "F.conv_transpose2d(image, kernel2, channels, padding=1)", "max_pool1d": "F.max_pool1d(signal, 2)",
    "max_pool2d": "F.max_pool2d(image, 2)", "max_pool3d": "F.max_pool3d(volume, 2)", "avg_pool1d": "F.avg_pool1d(signal, 2)",
    "max_unpool2d": "F.max_unpool2d(*F.max_pool2d(image, 2, return_indices=True), 2)",
    "avg_pool2d": "F.avg_pool2d(image, 2)", "avg_pool3d": "F.avg_pool3d(volume, 2)",
    "adaptive_avg_pool1d": "F.adaptive_avg_pool1d(signal, 7)", "adaptive_avg_pool2d": "F.adaptive_avg_pool2d(image, 7)",
    "adaptive_max_pool2d": "F.adaptive_max_pool2d(image, 7)", "lp_pool2d": "F.lp_pool2d(image.abs(), 2, 2)",
    "batch_norm": "F.batch_norm(image, None, None, channels, channels, training=True)",
    "layer_norm": "F.layer_norm(x, (1000,), row, row)", "group_norm": "F.group_norm(image, 4, channels, channels)",
    "instance_norm": "F.instance_norm(image)", "rms_norm": "F.rms_norm(x, (1000,), row)",
    "local_response_norm": "F.local_response_norm(image, 5)", "normalize": "F.normalize(x)", "dropout": "F.dropout(x, 0.5)",
    "dropout2d": "F.dropout2d(image, 0.5)", "embedding": "F.embedding(tokens, table)",
    "embedding_bag": "F.embedding_bag(tokens, table)", "pad": "F.pad(image, (1, 1, 1, 1))",
    "pad by reflection": "F.pad(image, (1, 1, 1, 1), mode='reflect')", "interpolate": "F.interpolate(image, scale_factor=2)",
    "interpolate, bilinear": "F.interpolate(image, scale_factor=2, mode='bilinear')",
    "interpolate, bicubic": "F.interpolate(image, scale_factor=2, mode='bicubic')", "unfold": "F.unfold(image, 3)",
    "fold": "F.fold(columns, (44, 44), 3)", "pixel_shuffle": "F.pixel_shuffle(image, 2)",
    "pixel_unshuffle": "F.pixel_unshuffle(image, 2)", "channel_shuffle": "F.channel_shuffle(image, 4)",
    "grid_sample": "F.grid_sample(image, grid, align_corners=False)",
    "scaled_dot_product_attention": "F.scaled_dot_product_attention(heads, heads2, heads3)",
    "cosine_similarity": "F.cosine_similarity(x, y)", "pairwise_distance": "F.pairwise_distance(x, y)", "pdist": "F.pdist(points)",
    "cross_entropy": "F.cross_entropy(x, labels)", "nll_loss": "F.nll_loss(x, labels)", "mse_loss": "F.mse_loss(x, y)",
    "l1_loss": "F.l1_loss(x, y)", "smooth_l1_loss": "F.smooth_l1_loss(x, y)", "huber_loss": "F.huber_loss(x, y)",
    "binary_cross_entropy": "F.binary_cross_entropy(part, mask.float())",
    "binary_cross_entropy_with_logits": "F.binary_cross_entropy_with_logits(x, mask.float())",
    "kl_div": "F.kl_div(x, part.detach(), reduction='batchmean')",
    "margin_ranking_loss": "F.margin_ranking_loss(v, w, v.detach().sign())", "triplet_margin_loss": "F.triplet_margin_loss(x, y, z)",
    "cosine_embedding_loss": "F.cosine_embedding_loss(x, y, row.detach().sign())",
    "hinge_embedding_loss": "F.hinge_embedding_loss(x, signs.detach())", "soft_margin_loss": "F.soft_margin_loss(x, signs.detach())",
    "multi_margin_loss": "F.multi_margin_loss(x, labels)", "poisson_nll_loss": "F.poisson_nll_loss(x, positive.detach())",
    "gaussian_nll_loss": "F.gaussian_nll_loss(x, y, positive)",
    "ctc_loss": "F.ctc_loss(frames.log_softmax(2), spelling, [100] * 50, [20] * 50)",
}

# what has no gradient, or none in PyTorch
NO_GRADIENT = """
    isnan isinf isfinite isneginf isposinf signbit logical_not argmax argmin all any count_nonzero argsort unique nonzero argwhere
    zeros_like ones_like empty_like rand_like randn_like bitwise_not floor_divide eq ne lt le gt ge equal isclose allclose logical_and
    logical_or logical_xor heaviside bitwise_and bitwise_or bitwise_xor gcd lcm arange linspace full ones zeros empty eye randn rand
    randint randperm normal multinomial Tensor.long unique_consecutive searchsorted bucketize bincount histc isin nn.functional.one_hot
    vander igamma special.zeta
""".split() + ["argmax of rows", "sort of rows, whole numbers", "unique of whole numbers"]


@dataclass(frozen=True)
class Operator:
    """One row: an operator of the catalogue, forward alone or both ways."""

    name: str
    call: str
    backward: bool
    memory = False

    @property
    def entry(self):
        """The public name of the component that is timed."""
        return self.name.split(" ")[0].rstrip(",")

    @property
    def text(self):
        """The call."""
        return self.call + (", and backward" if self.backward else "")

    @cached_property
    def inputs(self):
        """The names of INPUTS in the call."""
        return [name for name in compile(self.call, self.name, "eval").co_names if name in INPUTS]

    def make(self, torch, scale=1):
        """The step to time."""
        rng, scope = np.random.default_rng(0), {"torch": torch, "F": torch.nn.functional}
        for name in self.inputs:
            values = INPUTS[name](rng)
            scope[name] = torch.tensor(values.astype(np.float32) if values.dtype == np.float64 else values)
        forward = eval("lambda: " + self.call, scope)
        if not self.backward:
            return forward
        leaves = [scope[name].requires_grad_() for name in self.inputs if scope[name].dtype == torch.float32]
        cotangents = []

        def step():
            for leaf in leaves:
                leaf.grad = None
            out = first(forward())
            if not cotangents:
                cotangents.append(torch.tensor(rng.standard_normal(tuple(out.shape)).astype(np.float32)))
            out.backward(cotangents[0])
        return step


def first(result):
    """The differentiable tensor of a result: itself, or the first of several that has a history."""
    return result if hasattr(result, "backward") else next(r for r in result if r.requires_grad)


def operators():
    """All rows by name: "exp" and "exp backward"."""
    calls = {name: f"torch.{name}({inputs})" for inputs, names in PLAIN.items() for name in names.split()}
    calls |= FORMS | {f"nn.functional.{name}": call for name, call in LAYERS.items()}
    place = {name: i for i, name in enumerate(calls)}
    rows = [Operator(name, call, False) for name, call in calls.items()]
    rows += [Operator(name + " backward", call, True) for name, call in calls.items() if name not in NO_GRADIENT]
    return {row.name: row for row in sorted(rows, key=lambda row: place[row.name.removesuffix(" backward")])}


def reasons(ratios):
    """Of the rows that take more than twice PyTorch's time, slowest first: (name, ratio, what its catalogue entry says of it)."""
    slow = sorted((name for name in ratios if ratios[name] > 2), key=ratios.get, reverse=True)
    return [(name, ratios[name], limit_of(SURFACE[name].entry)) for name in slow]


SURFACE = operators()
