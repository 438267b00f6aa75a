"""PyTorch you can read: PyTorch's names, semantics and numbers, written in NumPy.

    >>> import minitorch as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (x ** 2).sum().backward()
    >>> x.grad
    tensor([2., 4.])
"""
import warnings

warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minitorch\.")    # inf and nan are results here, as in PyTorch

# dtypes and devices
from minitorch.dtypes import (  # noqa: E402
    bool, can_cast, double, dtype, float, float16, float32, float64, get_default_dtype, half, int, int8, int16, int32, int64, long, promote_types,
    result_type, set_default_dtype, short, uint8,
)
from minitorch.tensor import Size, Tensor, device, strided  # noqa: E402
from minitorch import autograd, ops, return_types  # noqa: E402

# automatic differentiation
from minitorch.autograd import (  # noqa: E402
    enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled,
)

# creation
from minitorch.ops.creation import (  # noqa: E402
    arange, as_tensor, asarray, empty, empty_like, eye, full, full_like, get_default_device, is_floating_point, is_tensor, linspace, numel, ones, ones_like,
    set_default_device, tensor, tril_indices, triu_indices, zeros, zeros_like,
)
from minitorch.ops.conversion import clone, detach, from_numpy  # noqa: E402

# elementwise
from minitorch.ops.elementwise import (  # noqa: E402
    abs, acos, add, addcdiv, addcmul, allclose, asin, atan, atan2, bitwise_and, bitwise_not, bitwise_or, bitwise_xor, ceil, clamp, clamp_max, clamp_min,
    cos, cosh, div, eq, equal, erf, exp, exp2, expm1, float_power, floor, floor_divide, fmod, frac, ge, gt, hypot, isclose, isfinite, isinf, isnan, le,
    lerp, log, log1p, log2, log10, logaddexp, logical_and, logical_not, logical_or, logical_xor, logit, lt, maximum, minimum, mul, nan_to_num, ne, neg,
    positive, pow, reciprocal, remainder, round, rsqrt, rsub, sigmoid, sign, sin, sinh, sqrt, square, sub, tan, tanh, true_divide, trunc, where,
)

# reductions
from minitorch.ops.reduction import (  # noqa: E402
    all, amax, amin, any, argmax, argmin, count_nonzero, logsumexp, max, mean, min, prod, std, std_mean, sum, var, var_mean,
)

# shapes
from minitorch.ops.shape import (  # noqa: E402
    as_strided, atleast_1d, atleast_2d, broadcast_tensors, broadcast_to, cat, chunk, flatten, flip, hstack, meshgrid, movedim, narrow, permute, ravel,
    reshape, roll, split, squeeze, stack, t, tensor_split, tile, transpose, unbind, unflatten, unsqueeze, vstack,
)
from minitorch.ops.shape import broadcast_shape as broadcast_shapes  # noqa: E402

# indexing
from minitorch.ops.indexing import (  # noqa: E402
    argwhere, diag, diag_embed, diagonal, gather, index_add, index_copy, index_fill, index_put, index_select, masked_fill, masked_select, nonzero,
    scatter, select, take_along_dim, tril, triu,
)
from minitorch.ops.indexing import scatter_add_function as scatter_add  # noqa: E402

# sorting and scans
from minitorch.ops.sorting import argsort, cumprod, cumsum, diff, norm, repeat_interleave, sort, topk, unique  # noqa: E402

# products
from minitorch.ops.linalg import addmm, baddbmm, bmm, dot, einsum, matmul, mm, mv, outer, tensordot, trace  # noqa: E402
from minitorch.printing import set_printoptions  # noqa: E402

concat = concatenate = cat
absolute, arccos, arcsin, arctan, arctan2, clip, divide, multiply, negative, subtract = abs, acos, asin, atan, atan2, clamp, div, mul, neg, sub
greater, greater_equal, less, less_equal, not_equal, moveaxis, swapaxes, swapdims = gt, ge, lt, le, ne, movedim, transpose, transpose

__version__ = "0.1.0"
