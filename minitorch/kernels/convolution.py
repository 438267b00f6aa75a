"""2-d convolution (a cross-correlation, as in every deep learning library), few images at a time through one small buffer.

    y[n, o, i, j] = b[o] + Σ_{c,k,l} W[o, c, k, l] x[n, c, i·s + k·d - p, j·s + l·d - p]

The sum is a matrix product: W (O, KH·C·KW) times the *columns* (KH·C·KW, OH·OW), what each element of the kernel sees. For row k of the
kernel they are the input rows unrolled along its width: all rows of the kernel may read the same, shifted by k·d rows.
Backward rebuilds the columns instead of keeping them, so memory stays that of input and output.

Source: Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, relations 6 and 14; im2col: Chellapilla, Puri and
Simard (2006), High performance convolutional neural networks for document processing.
"""
from functools import lru_cache
from typing import NamedTuple

from minitorch.autograd.operator import differentiable
from minitorch.backend import array_module, may_share_memory, on_host
from minitorch.kernels.windows import pair, tap
from minitorch.ops.joining import stack
from minitorch.ops.linalg import matmul
from minitorch.ops.padding import pad
from minitorch.ops.shape import reshape

BUFFER = 1 << 20                                      # bytes of columns that are made at a time


class Geometry(NamedTuple):
    """The sizes of one convolution: kernel (KH, KW), output (OH, OW); `padding` is ((top, bottom), (left, right))."""
    N: int
    C: int
    H: int
    W: int
    O: int
    KH: int
    KW: int
    OH: int
    OW: int
    stride: tuple
    padding: tuple
    dilation: tuple
    groups: int


def geometry(input, weight, bias, stride, padding, dilation, groups):
    """The geometry of a call.

    Raises:
        TypeError: a setting is no whole number.
        RuntimeError: shapes or settings that do not go together.
    """
    if isinstance(groups, bool) or not isinstance(groups, int):
        raise TypeError(f"conv2d(): argument 'groups' must be int, not {type(groups).__name__}")
    padding = padding if isinstance(padding, str) else pair(padding, "conv2d", "padding")
    sizes = _geometry(input.shape, weight.shape, pair(stride, "conv2d", "stride"), padding, pair(dilation, "conv2d", "dilation"), groups)
    if bias is not None and bias.shape != (sizes.O,):
        raise RuntimeError(f"Given weight of size {list(weight.shape)}, expected bias to be 1-dimensional with {sizes.O} elements, "
                           f"but got bias of size {list(bias.shape)} instead")
    return sizes


@lru_cache(maxsize=1024)
def _geometry(input_shape, weight_shape, stride, padding, dilation, groups):
    if len(weight_shape) != 4:
        raise RuntimeError("conv2d: expected weight (out_channels, in_channels / groups, kernel height, kernel width), "
                           f"got weight of size {list(weight_shape)}")
    if len(input_shape) != 4:
        raise RuntimeError(f"Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: {list(input_shape)}")
    for name, values in (("stride", stride), ("dilation", dilation), ("groups", (groups,))):
        if min(values) <= 0:
            raise RuntimeError(f"non-positive {name} is not supported: conv2d got {name}={values if len(values) > 1 else groups}")
    (N, C, H, W), (O, CG, KH, KW) = input_shape, weight_shape
    padding = _both_sides(padding, stride, dilation, (KH, KW))
    if O < groups or O % groups:
        raise RuntimeError(f"Given groups={groups}, expected weight to be at least {groups} at dimension 0 and divisible by {groups}, "
                           f"but got weight of size {list(weight_shape)} instead")
    if C != CG * groups:
        raise RuntimeError(f"Given groups={groups}, weight of size {list(weight_shape)}, expected input{list(input_shape)} to have "
                           f"{CG * groups} channels, but got {C} channels instead")
    if KH == 0 or KW == 0:
        raise RuntimeError(f"conv2d: the kernel should have at least one element, but got weight of size {list(weight_shape)}")
    padded = [size + before + after for size, (before, after) in zip((H, W), padding)]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, (KH, KW))]
    if padded[0] < reach[0] or padded[1] < reach[1]:
        raise RuntimeError(f"Calculated padded input size per channel: ({padded[0]} x {padded[1]}). "
                           f"Kernel size: ({reach[0]} x {reach[1]}). Kernel size can't be greater than actual input size")
    if (H == 0 or W == 0) and N and C:
        raise RuntimeError(f"Only zero batch or zero channel inputs are supported, but got input shape: {list(input_shape)}")
    OH, OW = [(size - r) // s + 1 for size, r, s in zip(padded, reach, stride)]
    return Geometry(N, C, H, W, O, KH, KW, OH, OW, stride, padding, dilation, groups)


def _both_sides(padding, stride, dilation, kernel):
    """((top, bottom), (left, right)) of a padding in numbers, "same" or "valid"."""
    if not isinstance(padding, str):
        if min(padding) < 0:
            raise RuntimeError(f"negative padding is not supported: conv2d got padding={padding}")
        return tuple((p, p) for p in padding)
    if padding not in ("same", "valid"):
        raise RuntimeError(f"Invalid padding string: {padding!r}; it should be 'same' or 'valid'")
    if padding == "valid":
        return (0, 0), (0, 0)
    if stride != (1, 1):
        raise RuntimeError("padding='same' is not supported for strided convolutions: give the padding as numbers")
    totals = [d * (k - 1) for d, k in zip(dilation, kernel)]
    return tuple((total // 2, total - total // 2) for total in totals)   # an odd one has its larger half behind, as in torch


def check_dtypes(input, weight, bias):
    """One dtype for all, and not bool."""
    for name, other in (("weight", weight), ("bias", bias)):
        if other is not None and other.dtype != input.dtype:
            raise RuntimeError(f"Input type ({input.dtype}) and {name} type ({other.dtype}) should be the same: "
                               "convert one of them with .to(dtype)")
    if input.dtype.kind == "b":
        raise NotImplementedError("conv2d is not implemented for 'Bool': convert the tensors with .float()")


# ---- the columns of few images ------------------------------------------------------------------------------------------

class Columns:
    """The column buffer of n images: the matrix X (G, KH·C/G·KW, OH·n·OW) of what each element of the kernel sees, to multiply with.

    `array[g, f, c, l, r, n, j]` is what column l of the kernel sees for output column j in row `r·s + offset f` of the padded input.
    There are two ways: with one offset for each row of the kernel, the array is X. Or the rows of the kernel share the columns: row k
    starts at r = k·d // s of the offset k·d mod s, so KH products read one buffer that is about KH times smaller. `parts` and `matrices`
    are what each product reads. What lies in the padding is zero from the start and stays so.
    """

    def __init__(self, xp, sizes, count, dtype):
        N, C, H, W, O, KH, KW, OH, OW, (sh, sw), ((top, _), (left, _)), (dh, dw), G = sizes
        shared = shares_rows(sizes)
        offsets = sorted({k * dh % sh for k in range(KH)}) if shared else [k * dh for k in range(KH)]
        depth = OH + (KH - 1) * dh // sh if shared else OH
        self.array = xp.zeros((G, len(offsets), C // G, KW, depth, count, OW), dtype)
        self.parts = [self.array]
        if shared:
            self.parts = [self.array[:, offsets.index(k * dh % sh), :, :, k * dh // sh:k * dh // sh + OH] for k in range(KH)]
        self.matrices = [part.reshape(G, -1, OH * count * OW) for part in self.parts]    # views, however the parts lie
        self.split, self.buffer = (count, G, C // G), None
        rows = [tap(offset - top, sh, H, depth) for offset in offsets]
        columns = [tap(l * dw - left, sw, W, OW) for l in range(KW)]
        self.taps = [((slice(None), f, slice(None), l, r_out, slice(None), c_out), (slice(None), slice(None), r_in, slice(None), c_in))
                     for f, (r_out, r_in) in enumerate(rows) for l, (c_out, c_in) in enumerate(columns)]

    def arrange(self, images):
        """(n, C, H, W) seen as (G, C/G, H, n, W)."""
        return images.reshape(*self.split, *images.shape[2:]).transpose(1, 2, 3, 0, 4)

    def fill(self, images):
        """Unroll the images."""
        images = self.arrange(images)
        for seen, source in self.taps:
            self.array[seen] = images[source]

    def fold(self, images):
        """Add every entry to the input element that it was unrolled from: the adjoint of `fill`. The columns are zero afterwards."""
        arranged = self.arrange(images)
        for seen, source in self.taps:
            arranged[source] += self.array[seen]
        self.array[...] = 0                           # also what was folded into the padding
        return images

    def rows_of(self, kernel):
        """The parts of the kernel's matrix that belong to `matrices`."""
        return (kernel,) if len(self.parts) == 1 else kernel.reshape(*kernel.shape[:2], len(self.parts), -1).transpose(2, 0, 1, 3)

    def product(self, kernel, out):
        """W X; of one image written where it belongs, into `out`."""
        xp, shape = array_module(out), (*kernel.shape[:2], self.matrices[0].shape[-1])
        if self.buffer is None:
            self.buffer = xp.empty((2, *shape), kernel.dtype)
        rows, part = self.buffer
        if len(out) == 1 and out.dtype == kernel.dtype:
            rows = out.reshape(shape)
        first, *others = zip(self.rows_of(kernel), self.matrices)
        xp.matmul(*first, out=rows)
        for weights, matrix in others:
            rows += xp.matmul(weights, matrix, out=part)
        return rows

    def times(self, grad_rows, kernel_sums):
        """Add Ȳ Xᵀ to the gradient of the kernel."""
        for part, matrix in zip(self.rows_of(kernel_sums), self.matrices):
            part += grad_rows @ matrix.swapaxes(-1, -2)
        return kernel_sums

    def spread(self, kernel, grad_rows):
        """Wᵀ Ȳ in place of the columns; what the rows of the kernel share is added up."""
        if len(self.parts) == 1:
            outer(array_module(kernel), kernel, grad_rows, self.matrices[0])
            return
        self.array[...] = 0
        for weights, part in zip(self.rows_of(kernel), self.parts):
            part += outer(array_module(kernel), weights, grad_rows).reshape(part.shape)


def outer(xp, kernel, grad_rows, out=None):
    """Wᵀ Ȳ of every group; for one filter a group there is nothing to sum, which BLAS is slow at."""
    product = xp.multiply if kernel.shape[-2] == 1 else xp.matmul
    return product(kernel.swapaxes(-1, -2), grad_rows, out=out)


def shares_rows(sizes):
    """Whether the rows of the kernel share the columns: not where adding up their products costs more than unrolling them."""
    return sizes.KH > 1 and sizes.O < sizes.C * sizes.KW


def few_images(input, sizes, dtype):
    """Slices of the batch whose columns fit the buffer, each with its columns; large images one by one, all at once on a device."""
    N, C, H, W, O, KH, KW, OH, OW, stride, _, dilation, G = sizes
    if N == 0 or C == 0:                              # of no channels torch makes no channels
        return
    rows = (OH + (KH - 1) * dilation[0] // stride[0]) * min(KH, stride[0]) if shares_rows(sizes) else OH * KH
    size = dtype.itemsize * OW * max(C * KW * rows, O * OH)
    count = N if not on_host(input) else 1 if 8 * size > BUFFER else BUFFER // size
    count = -(-N // -(-N // count))                   # slices of about equal size
    columns = None
    for first in range(0, N, count):
        last = min(first + count, N)
        if columns is None or columns.array.shape[5] != last - first:    # the last slice may be smaller
            columns = Columns(array_module(input), sizes, last - first, dtype)
        yield slice(first, last), columns


def working_dtype(x):
    """The type in which products are summed: float32 for float16."""
    return array_module(x).dtype("f4") if x.dtype == "f2" else x.dtype


def as_matrix(weight, sizes):
    """The weight as a matrix for each group: (G, O/G, KH·C/G·KW)."""
    O, CG, KH, KW = weight.shape
    kernel = weight.reshape(sizes.groups, O // sizes.groups, CG, KH, KW).transpose(0, 1, 3, 2, 4)
    kernel = array_module(weight).ascontiguousarray(kernel, working_dtype(weight))
    return kernel.reshape(sizes.groups, O // sizes.groups, KH * CG * KW)


def as_weight(kernel, shape):
    """The weight whose matrix this is: `as_matrix` backwards."""
    O, CG, KH, KW = shape
    G = len(kernel)
    return kernel.reshape(G, O // G, KH, CG, KW).swapaxes(2, 3).reshape(shape)


def correlate(input, weight, bias, sizes):
    """The convolution itself, for a geometry that is known: Y = W X + b."""
    xp, dtype = array_module(input), working_dtype(input)
    out = xp.empty((sizes.N, sizes.O if sizes.C else 0, sizes.OH, sizes.OW), input.dtype)
    kernel = as_matrix(weight, sizes)
    for images, columns in few_images(input, sizes, dtype):
        columns.fill(input[images])
        rows = columns.product(kernel, out[images])
        planes = rows.reshape(sizes.O, sizes.OH, -1, sizes.OW)
        if bias is not None:
            planes += bias.reshape(-1, 1, 1, 1)
        if not may_share_memory(planes, out):
            out[images] = planes.transpose(2, 0, 1, 3)
    return out


# ---- forward, definition, backward --------------------------------------------------------------------------------------

@differentiable(name="ConvolutionBackward0")
def conv2d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    """The filters `weight` (O, C / groups, KH, KW) slid over `input` (N, C, H, W), plus `bias` (O): (N, O, OH, OW)."""
    sizes = geometry(input, weight, bias, stride, padding, dilation, groups)
    check_dtypes(input, weight, bias)
    return correlate(input, weight, bias, sizes)


@conv2d.definition
def _(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    sizes = geometry(input, weight, bias, stride, padding, dilation, groups)
    (top, bottom), (left, right) = sizes.padding
    padded = pad(input, (left, right, top, bottom))
    seen = [padded[:, :, rows, columns] for rows in spans(sizes, 0) for columns in spans(sizes, 1)]
    columns = reshape(stack(seen, 2), (sizes.N, groups, sizes.C // groups * len(seen), sizes.OH * sizes.OW))
    kernel = reshape(weight, (groups, sizes.O // groups, sizes.C // groups * len(seen)))
    out = reshape(matmul(kernel, columns), (sizes.N, sizes.O, sizes.OH, sizes.OW))
    if bias is not None:
        out = out + reshape(bias, (-1, 1, 1))
    return out if sizes.C else out[:, :0]


def spans(sizes, axis):
    """What each row (axis 0) or column (axis 1) of the kernel sees of the padded input: slices."""
    kernel, outputs, s, d = (sizes.KH, sizes.KW)[axis], (sizes.OH, sizes.OW)[axis], sizes.stride[axis], sizes.dilation[axis]
    return [slice(k * d, k * d + s * (outputs - 1) + 1, s) for k in range(kernel)]


# With the columns X (C·KH·KW, P) of an image, Y = W X + b:  ∂L/∂b = Σ_P Ȳ,  ∂L/∂W = Ȳ Xᵀ,  ∂L/∂X = Wᵀ Ȳ, summed over images; and each
# entry of ∂L/∂X is added to the input element that it is a copy of. For stride 1 these additions are a convolution again, of ȳ with
# the kernel turned by 180°: ∂L/∂x[c, i, j] = Σ_{o,k,l} W[o, c, k, l] ȳ[o, i + p - k·d, j + p - l·d].
@conv2d.derivative
def conv2d_backward(grad, input, weight, bias, needs, stride, padding, dilation, groups):
    sizes = geometry(input, weight, bias, stride, padding, dilation, groups)
    if grad.size == 0:
        return zeros(input), zeros(weight), zeros(bias)
    turn = worth_turning(sizes)
    grad_bias = plane_sums(grad) if needs[2] else None
    folded, grad_weight = products(grad, input, weight, sizes, needs[0] and not turn, needs[1])
    grad_input = correlate(grad, turned(weight, sizes), None, turned_geometry(sizes)) if needs[0] and turn else folded
    return grad_input, grad_weight, grad_bias


def zeros(x):
    """The gradient of what no output depends on."""
    return None if x is None else array_module(x).zeros(x.shape, x.dtype)


def products(grad, input, weight, sizes, needs_input, needs_weight):
    """∂L/∂x by folding Wᵀ Ȳ, and ∂L/∂W = Ȳ Xᵀ, few images at a time; None for what is not needed."""
    if not needs_input and not needs_weight:
        return None, None
    xp, dtype = array_module(grad), working_dtype(grad)
    result = xp.zeros(input.shape, dtype) if needs_input else None
    kernel = as_matrix(weight, sizes)
    kernel_sums = xp.zeros_like(kernel)
    for images, columns in few_images(input, sizes, dtype):
        grad_rows = as_rows(grad[images], sizes, dtype)
        if needs_weight:
            columns.fill(input[images])
            grad_kernel = columns.times(grad_rows, kernel_sums)
        if needs_input:
            columns.spread(kernel, grad_rows)
            grad_input = columns.fold(result[images])  # noqa: F841
    grad_weight = as_weight(grad_kernel, weight.shape) if needs_weight else None
    return result, grad_weight


def as_rows(grad, sizes, dtype):
    """Gradients of outputs as a matrix for each group: (G, O/G, OH·n·OW)."""
    rows = array_module(grad).ascontiguousarray(grad.transpose(1, 2, 0, 3), dtype)
    return rows.reshape(sizes.groups, sizes.O // sizes.groups, -1)


def worth_turning(sizes):
    """Whether ∂L/∂x is to be had as a convolution of ȳ, and at less cost: its columns are of O channels."""
    reach = [d * (k - 1) for d, k in zip(sizes.dilation, (sizes.KH, sizes.KW))]
    return sizes.stride == (1, 1) and sizes.O <= 2 * sizes.C and all(max(p) <= r for p, r in zip(sizes.padding, reach))


def turned(weight, sizes):
    """The kernel turned by 180°, its inputs and outputs exchanged: (C, O/G, KH, KW)."""
    O, CG, KH, KW = weight.shape
    G = sizes.groups
    return weight.reshape(G, O // G, CG, KH, KW).swapaxes(1, 2)[..., ::-1, ::-1].reshape(G * CG, O // G, KH, KW)


def turned_geometry(sizes):
    """The geometry of the convolution from ȳ to ∂L/∂x."""
    N, C, H, W, O, KH, KW, OH, OW, stride, padding, dilation, G = sizes
    padding = tuple((d * (k - 1) - before, d * (k - 1) - after) for d, k, (before, after) in zip(dilation, (KH, KW), padding))
    return Geometry(N, O, OH, OW, C, KH, KW, H, W, stride, padding, dilation, G)


def plane_sums(grad):
    """Sums over images and positions for every channel, by products with ones."""
    N, O, OH, OW = grad.shape
    planes = grad.reshape(N, O, OH * OW).astype(working_dtype(grad), copy=False)
    return (planes @ array_module(grad).ones(OH * OW, planes.dtype)).sum(axis=0)
