"""PyTorch you can read: PyTorch's names, semantics and numbers, written in NumPy.

    >>> import minitorch as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (x ** 2).sum().backward()
    >>> x.grad
    tensor([2., 4.])
"""
import warnings

warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minitorch\.")    # inf and nan are results here, as in PyTorch

# ---- tensors, dtypes and devices
from minitorch.dtypes import (
    bool, can_cast, double, dtype, finfo, float, float16, float32, float64, get_default_dtype, half, iinfo, int, int8, int16, int32, int64,
    long, promote_types, result_type, set_default_dtype, short, uint8,
)
from minitorch.tensor import Size, Tensor, contiguous_format, device, layout, memory_format, preserve_format, strided
from minitorch import ops, return_types
from minitorch.printing import set_printoptions

# ---- automatic differentiation
from minitorch import autograd
from minitorch.autograd import (
    enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled,
)

# ---- creation and conversion
from minitorch.ops.creation import (
    arange, empty, empty_like, eye, full, full_like, get_default_device, is_complex, is_floating_point, is_nonzero, is_same_size, is_signed,
    is_tensor, linspace, numel, ones, ones_like, set_default_device, tril_indices, triu_indices, zeros, zeros_like,
)
from minitorch.ops.layouts import empty_permuted, empty_strided, frombuffer, logspace, scalar_tensor
from minitorch.ops.tapers import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window
from minitorch.ops.data import as_tensor, asarray, tensor
from minitorch.ops.conversion import clone, detach, from_numpy
from minitorch.ops.dlpack import from_dlpack, to_dlpack
from minitorch.ops.resizing import fill
from minitorch.ops.legacy import (
    BoolTensor, ByteTensor, CharTensor, DoubleTensor, FloatTensor, HalfTensor, IntTensor, LongTensor, ShortTensor, set_default_tensor_type,
)

# ---- elementwise
from minitorch.ops.arithmetic import (
    add, addcdiv, addcmul, ceil, div, float_power, floor, floor_divide, fmod, frac, lerp, mul, neg, positive, pow, remainder, round, rsub,
    sub, true_divide, trunc,
)
from minitorch.ops.elementwise import (
    acos, asin, atan, atan2, cos, cosh, erf, exp, exp2, expm1, hypot, log, log10, log1p, log2, logaddexp, logit, reciprocal, rsqrt,
    sigmoid, sin, sinh, sqrt, square, tan, tanh,
)
from minitorch.ops.choosing import (
    abs, clamp, clamp_max, clamp_min, maximum, minimum, nan_to_num, sign, where,
)
from minitorch.ops.comparison import (
    allclose, bitwise_and, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor,
    eq, equal, ge, gt, isclose, isfinite, isinf, isnan, le, logical_and,
    logical_not, logical_or, logical_xor, lt, ne,
)
from minitorch.ops.numbers import (
    copysign, deg2rad, fmax, fmin, frexp, gcd, heaviside, isneginf, isposinf, isreal, lcm, ldexp, nextafter, rad2deg, sgn, signbit,
)
from minitorch.ops.real import adjoint, angle, conj, conj_physical, imag, is_conj, is_neg, real, resolve_conj, resolve_neg
from minitorch.ops.special_functions import (
    acosh, asinh, atanh, digamma, erfc, erfinv, i0, igamma, igammac, lgamma, logaddexp2, mvlgamma, polygamma, sinc, xlogy,
)

# ---- reductions and scans
from minitorch.ops.reduction import (
    all, amax, amin, any, argmax, argmin, count_nonzero, logsumexp, max, mean, min, prod, std, std_mean, sum, var, var_mean,
)
from minitorch.ops.sorting import (
    argsort, cumprod, cumsum, diff, repeat_interleave, sort, topk, unique,
)
from minitorch.ops.scans import cummax, cummin, cumulative_trapezoid, gradient, logcumsumexp, trapezoid
from minitorch.ops.statistics import (
    aminmax, corrcoef, cov, kthvalue, median, mode, nanmean, nanmedian, nanquantile, nansum, quantile, renorm,
)
from minitorch.ops.counting import bincount, bucketize, histc, histogram, isin, searchsorted, unique_consecutive

# ---- shapes and joining
from minitorch.ops.shape import (
    as_strided, broadcast_tensors, broadcast_to, flatten, movedim, permute, ravel, reshape, squeeze, swapaxes, t, transpose, unflatten,
    unsqueeze,
)
from minitorch.ops.joining import (
    atleast_1d, atleast_2d, cat, chunk, flip, hstack, meshgrid, narrow, roll, split, stack, tensor_split, tile, unbind, vstack,
)
from minitorch.ops.arranging import (
    atleast_3d, block_diag, cartesian_prod, column_stack, combinations, diagflat, dsplit, dstack, fliplr, flipud, hsplit, msort, rot90,
    split_with_sizes, unravel_index, vsplit,
)
from minitorch.ops.shape import broadcast_shapes

# ---- indexing
from minitorch.ops.indexing import (
    argwhere, index_put, masked_fill, masked_select, nonzero,
)
from minitorch.ops.gathering import (
    gather, index_add, index_copy, index_fill, index_select, scatter, take_along_dim,
)
from minitorch.ops.scattering import (
    diagonal_scatter, index_reduce, masked_scatter, put, scatter_reduce, select_scatter, slice_scatter, take,
)
from minitorch.ops.gathering import scatter_add_function as scatter_add
from minitorch.ops.diagonals import (
    diag, diag_embed, diagonal, select, tril, triu,
)

# ---- random numbers
from minitorch import random
from minitorch.ops.sampling import (
    bernoulli, multinomial, normal, rand, rand_like, randint, randint_like, randn, randn_like, randperm,
)
from minitorch.random import (
    Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state,
)

# ---- products and linear algebra
from minitorch.ops.linalg import (
    addmm, baddbmm, bmm, dot, einsum, matmul, mm, mv, outer, tensordot, trace, vdot,
)
from minitorch.ops.products import addbmm, addmv, addr, chain_matmul, inner, kron, matrix_power
from minitorch.ops.products import older_cross as cross, older_vander as vander
from minitorch.ops.inverses import inverse, triangular_solve
from minitorch.ops.determinants import logdet, older_det as det, older_slogdet as slogdet
from minitorch.ops.factorizations import cholesky_inverse, cholesky_solve
from minitorch.ops.factorizations import orgqr, older_cholesky as cholesky, older_qr as qr
from minitorch.ops.elimination import lu_unpack, older_lu as lu, older_lu_solve as lu_solve
from minitorch.ops.spectral import older_svd as svd
from minitorch.ops.pseudoinverse import pinverse
from minitorch.ops.exponential import exponential as matrix_exp
from minitorch.ops.norms import dist, older_norm as norm
from minitorch.ops.distances import cdist
from minitorch import linalg

# ---- kernels that are functions of torch, and the packages built on them
from minitorch.kernels.methods import log_softmax, relu, softmax
from minitorch import nn, optim, utils
from minitorch.nn.functional import (
    adaptive_avg_pool1d, avg_pool1d, bilinear, celu_, channel_shuffle, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d,
    conv_transpose3d, cosine_similarity, hardshrink, native_channel_shuffle, pairwise_distance, pdist, pixel_shuffle, pixel_unshuffle,
    prelu, rms_norm, rrelu_, selu_, threshold_,
)
from minitorch.nn._top import (
    adaptive_max_pool1d, alpha_dropout, alpha_dropout_, batch_norm, celu, constant_pad_nd, dropout, dropout_, feature_alpha_dropout,
    feature_alpha_dropout_, feature_dropout, feature_dropout_, group_norm, instance_norm, layer_norm, max_pool1d, max_pool1d_with_indices,
    max_pool2d, max_pool3d, rrelu, selu, threshold,
)
from minitorch.nn._top_losses import (
    binary_cross_entropy_with_logits, cosine_embedding_loss, ctc_loss, embedding, embedding_bag, hinge_embedding_loss, kl_div,
    margin_ranking_loss, poisson_nll_loss, triplet_margin_loss,
)
from minitorch import func
from minitorch.func import vmap
from minitorch.serialization import load, save

# ---- methods as functions, above all those that change their argument
from minitorch.ops.changing import (
    abs_, acos_, acosh_, addmv_, as_strided_, asin_, asinh_, atan_, atanh_, ceil_, clamp_, clamp_max_, clamp_min_, conj_physical_, cos_,
    cosh_, deg2rad_, detach_, erf_, erfc_, exp2_, exp_, expm1_, fill_, floor_, frac_, gcd_, i0_, index_put_, lcm_, ldexp_, log10_,
    log1p_, log2_, log_, logit_, nan_to_num_, neg_, rad2deg_, reciprocal_, relu_, resize_as_, round_, rsqrt_, sigmoid_, sin_, sinc_,
    sinh_, sqrt_, square_, tan_, tanh_, trunc_, xlogy_, zero_, get_device, is_inference,
)

# ---- devices, switches and constants
from minitorch import backends, cpu, cuda
from minitorch.cuda import OutOfMemoryError
from minitorch.settings import (
    are_deterministic_algorithms_enabled, compile, get_device_module, get_float32_matmul_precision, get_num_threads,
    is_deterministic_algorithms_warn_only_enabled, set_float32_matmul_precision, set_num_threads, use_deterministic_algorithms,
)
from math import e, inf, nan, pi
newaxis = None

from minitorch import special

ops.guard(globals())

# ---- other names of the same functions
concat = concatenate = cat
row_stack = vstack
arccosh, arcsinh, arctanh, fix, trapz = acosh, asinh, atanh, trunc, trapezoid
absolute, arccos, arcsin, arctan, arctan2, clip = abs, acos, asin, atan, atan2, clamp
arccos_, arccosh_, arcsin_, arcsinh_, arctan_, arctanh_, clip_, fix_, negative_ = (
    acos_, acosh_, asin_, asinh_, atan_, atanh_, clamp_, trunc_, neg_)
divide, multiply, negative, subtract = div, mul, neg, sub
ger = outer
greater, greater_equal, less, less_equal, not_equal, moveaxis, swapdims = gt, ge, lt, le, ne, movedim, transpose

__version__ = "0.1.0"
