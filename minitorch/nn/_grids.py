"""`nn.functional`: images sampled at the places of a grid, and grids of affine maps.

The values at the corners around each place are looked up and weighed, on Tensors: so every order of derivatives is there.
"""
from minitorch.autograd.modes import no_grad
from minitorch.backend import on_own_device
from minitorch.kernels.blocks import product
from minitorch.nn._convolution import check_tensors
from minitorch.ops.choosing import sign, where_op
from minitorch.ops.creation import arange, linspace, ones, ones_like, zeros_like
from minitorch.ops.gathering import sum_rows
from minitorch.ops.joining import stack
from minitorch.ops.linalg import matmul
from minitorch.ops.shape import expand, reshape

MODES, PADDINGS = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")


def affine_grid(theta, size, align_corners=None):
    """The places where an affinely mapped image is to be sampled: (x, y) = θ (x', y', 1), for output places x', y' from -1 to 1.

    Args:
        theta: matrices (N, 2, 3), for volumes (N, 3, 4).
        size: that of the output, (N, C, H, W) or (N, C, D, H, W).
        align_corners: whether -1 and 1 are the middles of the outermost elements, else their edges.

    Shape:
        (N, 2, 3) -> (N, H, W, 2); (N, 3, 4) -> (N, D, H, W, 3).

    Raises:
        ValueError: matrices or sizes that do not fit. NotImplementedError: another number of sizes than 4 or 5.

    Example:
        >>> import minitorch as torch
        >>> torch.nn.functional.affine_grid(torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]), (1, 1, 1, 2), align_corners=True)
        tensor([[[[-1.,  0.],
                  [ 1.,  0.]]]])

    Source: Jaderberg et al. (2015), https://arxiv.org/abs/1506.02025, equation 1
    """
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    axes = len(size) - 2
    if axes not in (2, 3):
        raise NotImplementedError(f"affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
                                  f"{size}.")
    if theta.ndim != 3 or tuple(theta.shape[1:]) != (axes, axes + 1):
        raise ValueError(f"Expected a batch of {axes}D affine matrices of shape Nx{axes}x{axes + 1} for size {tuple(size)}. "
                         f"Got {theta.shape}.")
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {tuple(size)}")
    N, places = size[0], tuple(size[2:])
    if theta.shape[0] != N:
        raise RuntimeError(f"affine_grid: expected {N} matrices for size {tuple(size)}, got {theta.shape[0]}")
    options = {"dtype": theta.dtype, "device": theta.device}
    columns = []
    for k, n in enumerate(reversed(places)):           # x lies along the last axis
        line = linspace(-1, 1, n, **options) if n > 1 else zeros_like(ones(1, **options))
        line = line if align_corners else line * ((n - 1) / n)
        columns.append(expand(reshape(line, (n, *(1,) * k)), places))
    base = stack([*columns, ones(places, **options)], -1)
    grid = matmul(reshape(base, (1, -1, axes + 1)), theta.transpose(1, 2))
    return reshape(grid, (N, *places, axes))


@on_own_device
def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """The values of images at places between their elements: y[n, c, i, j] = Σ w x[n, c, ·], over the elements around grid[n, i, j].

    Args:
        input: (N, C, H, W), or (N, C, D, H, W).
        grid: (N, OH, OW, 2) of places (x, y), or (N, OD, OH, OW, 3) of (x, y, z); -1 and 1 are the ends of the input.
        mode: "bilinear" (of a volume trilinear), "nearest", or "bicubic" (images only).
        padding_mode: what lies outside: "zeros", "border" (the last element) or "reflection" (mirrored at the ends).
        align_corners: whether the ends are the middles of the outermost elements, else their edges.

    Shape:
        (N, C, H, W), (N, OH, OW, 2) -> (N, C, OH, OW).

    Raises:
        ValueError: an unknown mode or padding. RuntimeError: shapes or dtypes that do not fit.

    Example:
        >>> import minitorch as torch
        >>> x = torch.tensor([[[[0.0, 10.0]]]])
        >>> torch.nn.functional.grid_sample(x, torch.tensor([[[[-1.0, 0.0], [0.0, 0.0]]]]), align_corners=True)
        tensor([[[[0., 5.]]]])

    Source: Jaderberg et al. (2015), https://arxiv.org/abs/1506.02025, equation 5
    """
    if mode not in MODES:
        raise ValueError(f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: {mode!r}")
    if padding_mode not in PADDINGS:
        raise ValueError("nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
                         f"{padding_mode!r}")
    check_sampling(input, grid, mode)
    axes, align = input.ndim - 2, bool(align_corners)
    N, C, *sizes = input.shape
    if 0 in (N, C, *grid.shape):
        return (input.sum() + grid.sum()) * expand(zeros_like(input[..., :1].sum()), (N, C, *grid.shape[1:-1]))
    taps = []
    for k, n in enumerate(sizes):
        place = grid[..., axes - 1 - k]
        place = ((place + 1) * (n - 1) if align else (place + 1) * n - 1) / 2
        if mode != "bicubic":
            place = folded(place, n, padding_mode, align)
        taps.append([seen(first, w, n, padding_mode, align) for first, w in weighed(place, mode)])
    indices, weights = [], []
    for corner in corners(taps):
        index, weight, step = arange(0, N * product(sizes), product(sizes), device=grid.device).reshape(N, *(1,) * axes), None, 1
        for (at, w), n in zip(reversed(corner), reversed(sizes)):
            index, step = index + at * step, step * n
            weight = w if weight is None else weight * w
        indices.append(reshape(index, (-1,)))
        weights.append(reshape(weight, (-1,)))
    table = reshape(reshape(input, (N, C, -1)).transpose(1, 2), (-1, C))
    total = sum_rows(table, stack(weights, 1), stack(indices, 1))
    return reshape(reshape(total, (N, -1, C)).transpose(1, 2), (N, C, *grid.shape[1:-1])).contiguous()


def corners(taps):
    """All choices of one tap an axis."""
    if not taps:
        return [()]
    return [(tap, *rest) for tap in taps[0] for rest in corners(taps[1:])]


def weighed(place, mode):
    """The elements around places, as whole numbers in the grid's dtype, and their weights."""
    with no_grad():
        first = place.detach().round() if mode == "nearest" else place.detach().floor()
    if mode == "nearest":
        return [(first, ones_like(first) + sign(place) * 0)]    # the grid's gradient is zero, not missing
    t = place - first
    if mode == "bilinear":
        return [(first, 1 - t), (first + 1, t)]
    return [(first + k, cubic(abs(t - k), abs(k - 0.5) < 1)) for k in (-1, 0, 1, 2)]


def cubic(t, near):
    """The cubic kernel with a = -0.75, between 0 and 1 or between 1 and 2."""
    a = -0.75
    return ((a + 2) * t - (a + 3)) * t * t + 1 if near else (((t - 5) * t + 8) * t - 4) * a


def seen(first, weight, n, padding_mode, align):
    """The index of whole-numbered places in the input, and their weights: 0 outside, with "zeros"."""
    with no_grad():
        at = folded(first, n, padding_mode, align)
        inside = (first >= 0) & (first <= n - 1)
        at = at.clamp(0, n - 1).nan_to_num(0.0).long()
    return at, where_op(inside, weight, 0.0) if padding_mode == "zeros" else weight


def folded(place, n, padding_mode, align):
    """Places outside put on the border, or mirrored at the ends; with "zeros" left where they are."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        low, span = (0.0, n - 1) if align else (-0.5, n)
        if span == 0:
            return place * 0
        off = abs(place - low)
        with no_grad():
            turns = (off.detach() / span).floor()
            odd = turns % 2 == 1
        rest = off - turns * span
        place = where_op(odd, span - rest, rest) + low
    return place.clamp(0, n - 1)


def check_sampling(input, grid, mode):
    """Refuse shapes and dtypes that do not fit, by torch's classes."""
    check_tensors("grid_sampler", input=input, grid=grid)
    if input.shape[:1] != grid.shape[:1]:
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, but got input with sizes {list(input.shape)} "
                           f"and grid with sizes {list(grid.shape)}")
    if input.ndim not in (4, 5) or input.ndim != grid.ndim:
        raise RuntimeError(f"grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes "
                           f"{list(input.shape)} and grid with sizes {list(grid.shape)}")
    if grid.shape[-1] != input.ndim - 2:
        raise RuntimeError(f"grid_sampler(): expected grid to have size {input.ndim - 2} in last dimension, but got grid with sizes "
                           f"{list(grid.shape)}")
    if 0 in input.shape[2:]:
        raise RuntimeError(f"grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes {list(input.shape)}")
    if mode == "bicubic" and input.ndim != 4:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if not input.is_floating_point():
        raise NotImplementedError(f"grid_sampler() is not implemented for {input.dtype}: convert the tensors, for instance with .float()")
    if input.dtype is not grid.dtype:
        raise RuntimeError(f"grid_sampler(): expected input and grid to have same dtype, but got {input.dtype} and {grid.dtype}")
