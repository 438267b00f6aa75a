"""2-d transposed convolution: the adjoint of `conv2d`, its outputs in place of its inputs.

    y[n, o, i·s + k·d - p, j·s + l·d - p] += W[c, o, k, l] x[n, c, i, j]        for all c, i, j, k, l

What conv2d's backward does with the gradient of its outputs is done here with the input, and conv2d itself is the backward.

Source: Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, relation 14.
"""
from functools import lru_cache

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module
from minitorch.kernels.convolution import (
    Geometry,
    check_dtypes,
    correlate,
    plane_sums,
    products,
    spans,
    turned,
    turned_geometry,
    working_dtype,
    worth_turning,
    zeros,
)
from minitorch.kernels.windows import pair
from minitorch.ops.joining import flip, stack
from minitorch.ops.linalg import matmul
from minitorch.ops.padding import constant_pad
from minitorch.ops.shape import reshape, transpose


def geometry(input, weight, bias, stride, padding, output_padding, groups, dilation):
    """The geometry of the convolution whose adjoint this is: from our outputs (N, C, H, W) to our inputs (N, O, OH, OW).

    Raises:
        TypeError: a setting is no whole number.
        RuntimeError: shapes or settings that do not go together.
    """
    if isinstance(groups, bool) or not isinstance(groups, int):
        raise TypeError(f"conv_transpose2d(): argument 'groups' must be int, not {type(groups).__name__}")
    pairs = [pair(value, "conv_transpose2d", name) for value, name in (
        (stride, "stride"), (padding, "padding"), (output_padding, "output_padding"), (dilation, "dilation"))]
    sizes = _geometry(input.shape, weight.shape, *pairs, groups)
    if bias is not None and bias.shape != (sizes.C,):
        raise RuntimeError(f"Given transposed=1, weight of size {list(weight.shape)}, expected bias to be 1-dimensional with {sizes.C} "
                           f"elements, but got bias of size {list(bias.shape)} instead")
    return sizes


@lru_cache(maxsize=1024)
def _geometry(input_shape, weight_shape, stride, padding, output_padding, dilation, groups):
    if len(weight_shape) != 4:
        raise RuntimeError("conv_transpose2d: expected weight (in_channels, out_channels / groups, kernel height, kernel width), "
                           f"got weight of size {list(weight_shape)}")
    if len(input_shape) != 4:
        raise RuntimeError(f"Expected 3D (unbatched) or 4D (batched) input to conv_transpose2d, but got input of size: {list(input_shape)}")
    for name, values in (("stride", stride), ("dilation", dilation), ("groups", (groups,))):
        if min(values) <= 0:
            raise RuntimeError(f"non-positive {name} is not supported: conv_transpose2d got {name}={values}")
    for name, values in (("padding", padding), ("output_padding", output_padding)):
        if min(values) < 0:
            raise RuntimeError(f"negative {name} is not supported: conv_transpose2d got {name}={values}")
    (N, I, *inputs), (O, CG, *kernel) = input_shape, weight_shape
    if O < groups or O % groups:
        raise RuntimeError(f"Given groups={groups}, expected weight to be at least {groups} at dimension 0 and divisible by {groups}, "
                           f"but got weight of size {list(weight_shape)} instead")
    if I != O:
        raise RuntimeError(f"Given transposed=1, weight of size {list(weight_shape)}, expected input{list(input_shape)} to have {O} "
                           f"channels, but got {I} channels instead")
    if 0 in (CG, *kernel):
        raise RuntimeError(f"conv_transpose2d: the kernel should have at least one element, but got weight of size {list(weight_shape)}")
    if 0 in inputs:
        raise RuntimeError(f"Only zero batch or zero channel inputs are supported, but got input shape: {list(input_shape)}")
    if any(extra >= max(s, d) for extra, s, d in zip(output_padding, stride, dilation)):
        raise RuntimeError("output padding must be smaller than either stride or dilation, but got "
                           f"output_padding={output_padding}, stride={stride}, dilation={dilation}")
    sides = tuple((p, p - extra) for p, extra in zip(padding, output_padding))      # the extra places are padding that is kept
    H, W = (s * (n - 1) + d * (k - 1) + 1 - before - after
            for s, n, d, k, (before, after) in zip(stride, inputs, dilation, kernel, sides))
    if H < 1 or W < 1:
        raise RuntimeError(f"Given input size per channel: {tuple(inputs)}. Calculated output size per channel: {(H, W)}. "
                           "Output size is too small: use less padding")
    return Geometry(N, CG * groups, H, W, O, *kernel, *inputs, stride, sides, dilation, groups)


@differentiable(name="ConvolutionBackward0")
def conv_transpose2d(input, weight, bias=None, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Each element of `input` (N, I, H, W) times its filters `weight` (I, O / groups, KH, KW), added up where they overlap, plus `bias`."""
    sizes = geometry(input, weight, bias, stride, padding, output_padding, groups, dilation)
    check_dtypes(input, weight, bias)
    if worth_turning(sizes):
        out = correlate(input, turned(weight, sizes), None, turned_geometry(sizes))
    else:
        like = array_module(input).empty((sizes.N, sizes.C, sizes.H, sizes.W), working_dtype(input))
        out, _ = products(input, like, weight, sizes, True, False)
    if bias is not None:
        out += bias.reshape(-1, 1, 1)
    return out.astype(input.dtype, copy=False)


@conv_transpose2d.definition
def _(input, weight, bias=None, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    sizes = geometry(input, weight, bias, stride, padding, output_padding, groups, dilation)
    N, C, H, W, O, KH, KW, OH, OW, (sh, sw), _, _, G = sizes
    spread = constant_pad(reshape(input, (N, O, OH, 1, OW, 1)), sides=((0, 0),) * 3 + ((0, sh - 1), (0, 0), (0, sw - 1)), value=0)
    spread = reshape(spread, (N, O, OH * sh, OW * sw))     # the input with stride - 1 zeros behind each element: then a convolution
    around = turned_geometry(sizes)
    (top, bottom), (left, right) = around.padding
    padded = constant_pad(spread, sides=((0, 0), (0, 0), (top, bottom - (sh - 1)), (left, right - (sw - 1))), value=0)
    dense = around._replace(stride=(1, 1))
    seen = [padded[:, :, rows, columns] for rows in spans(dense, 0) for columns in spans(dense, 1)]
    columns = reshape(stack(seen, 2), (N, G, O // G * len(seen), H * W))
    kernel = flip(transpose(reshape(weight, (G, O // G, C // G, KH, KW)), 1, 2), (-1, -2))
    out = reshape(matmul(reshape(kernel, (G, C // G, O // G * len(seen))), columns), (N, C, H, W))
    if bias is not None:
        out = out + reshape(bias, (-1, 1, 1))
    return out


# The transpose of the transpose: with Y = Wᵀ X folded,  ∂L/∂x is conv2d of ȳ,  ∂L/∂W is conv2d's with x in place of its gradient,
# ∂L/∂b = Σ ȳ.
@conv_transpose2d.derivative
def conv_transpose2d_backward(grad, input, weight, bias, needs, stride, padding, output_padding, groups, dilation):
    sizes = geometry(input, weight, bias, stride, padding, output_padding, groups, dilation)
    if grad.size == 0:
        return zeros(input), zeros(weight), zeros(bias)
    grad_bias = plane_sums(grad) if needs[2] else None
    grad_input = correlate(grad, weight, None, sizes) if needs[0] else None
    _, grad_weight = products(input, grad, weight, sizes, False, needs[1])
    return grad_input, grad_weight, grad_bias
